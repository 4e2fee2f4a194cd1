/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * compiler.c - Clang in a process of its own, which ends when it is done.
 *
 * LLVM keeps a hundred megabytes that a tracer does not need while it traces,
 * its BPF back end remembers variables of one module for the next (and crashes
 * on them: GEPGlobals of BPFAbstractMemberAccess), and no mistake of it can
 * take gft with it.  What it made comes back through a file in memory.
 */
#include "codegen/compiler.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "codegen/lib.h"
#include "gft/buf.h"
#include "gft/compile.h"

/* --- what comes back: this, the object, the IR, and of each diagnostic a struct diag_head and its two texts --- */

struct answer {
	uint64_t object_len, ir_len, ndiags;
	int32_t status;
	char err[sizeof(((struct compile_result *)0)->err)];
};

struct diag_head {
	uint32_t line, col, file_len, text_len;
	int32_t level;
};

/* --- in the child ------------------------------------------------------------------------------ */

static gft_clang_compile_fn load(const char *path, bool verbose, struct answer *a)
{
	gft_clang_compile_fn compile;
	gft_clang_version_fn version;
	double t0 = lib_now_ms();
	void *h;

	/* RTLD_DEEPBIND would break the sanitizers */
	h = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!h) {
		snprintf(
			a->err, sizeof(a->err),
			"the compiler does not load: %s; is the package of Clang's libraries (libclang-cpp) installed?",
			dlerror());
		a->status = -ELIBACC;
		return NULL;
	}
	*(void **)&compile = dlsym(h, GFT_CLANG_COMPILE);
	*(void **)&version = dlsym(h, GFT_CLANG_VERSION);
	if (!compile || !version) {
		snprintf(a->err, sizeof(a->err), "%.300s is not gft's compiler: it lacks %s", path, GFT_CLANG_COMPILE);
		a->status = -ELIBBAD;
		return NULL;
	}
	if (verbose)
		fprintf(stderr, "loaded %s (%s) in %.1f ms\n", path, version(), lib_now_ms() - t0);
	return compile;
}

static bool put(int fd, const void *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p = (const char *)p + k;
		n -= (size_t)k;
	}
	return true;
}

/* Whether all of the answer was written. */
static bool compile_here(const char *path, const struct clang_job *job, bool verbose, int fd)
{
	struct answer a = { .status = 0 };
	struct clang_result r = { 0 };
	gft_clang_compile_fn compile = load(path, verbose, &a);
	bool ok;

	if (compile)
		a.status = compile(job, &r) ? -1 : 0;
	a.object_len = r.object_len;
	a.ir_len = r.ir ? strlen(r.ir) : 0;
	a.ndiags = r.ndiags;
	ok = put(fd, &a, sizeof(a)) && put(fd, r.object, r.object_len) && put(fd, r.ir, a.ir_len);
	for (size_t i = 0; ok && i < r.ndiags; i++) {
		const struct clang_diag *d = &r.diags[i];
		struct diag_head h = { d->line, d->col, d->file ? (uint32_t)strlen(d->file) : 0,
				       d->text ? (uint32_t)strlen(d->text) : 0, d->level };

		ok = put(fd, &h, sizeof(h)) && put(fd, d->file, h.file_len) && put(fd, d->text, h.text_len);
	}
	return ok;
}

/* --- in gft ------------------------------------------------------------------------------------- */

struct reader {
	const char *p, *end;
};

static bool take(struct reader *r, void *to, size_t n)
{
	if ((size_t)(r->end - r->p) < n)
		return false;
	memcpy(to, r->p, n);
	r->p += n;
	return true;
}

/* n bytes and a NUL, malloc'd; NULL: there are not so many. */
static char *take_text(struct reader *r, uint64_t n)
{
	char *s;

	if ((uint64_t)(r->end - r->p) < n)
		return NULL;
	s = xmalloc((size_t)n + 1);
	take(r, s, (size_t)n);
	s[n] = 0;
	return s;
}

static bool read_answer(struct reader *r, struct answer *a, struct compile_result *out)
{
	if (!take(r, a, sizeof(*a)))
		return false;
	a->err[sizeof(a->err) - 1] = 0;
	memcpy(out->err, a->err, sizeof(out->err));
	if (a->object_len) {
		out->object = take_text(r, a->object_len);
		if (!out->object)
			return false;
		out->object_len = (size_t)a->object_len;
	}
	if (a->ir_len && !(out->ir = take_text(r, a->ir_len)))
		return false;
	if (a->ndiags > (size_t)(r->end - r->p) / sizeof(struct diag_head))
		return false;
	out->diags = xcalloc((size_t)a->ndiags + 1, sizeof(*out->diags));
	for (; out->ndiags < a->ndiags; out->ndiags++) {
		struct clang_diag *d = &out->diags[out->ndiags];
		struct diag_head h;

		if (!take(r, &h, sizeof(h)))
			return false;
		d->line = h.line;
		d->col = h.col;
		d->level = h.level;
		d->file = take_text(r, h.file_len);
		d->text = take_text(r, h.text_len);
		if (!d->file || !d->text) {
			out->ndiags++; /* to be freed */
			return false;
		}
	}
	return true;
}

static int collect(int fd, int wstatus, struct compile_result *out)
{
	struct answer a = { .status = -1 };
	struct reader r = { NULL, NULL };
	struct stat st;
	void *map = MAP_FAILED;
	bool ok;

	if (WIFEXITED(wstatus) && !WEXITSTATUS(wstatus) && !fstat(fd, &st) && st.st_size > 0)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map != MAP_FAILED)
		r = (struct reader){ map, (const char *)map + st.st_size };
	ok = read_answer(&r, &a, out);
	if (map != MAP_FAILED)
		munmap(map, (size_t)st.st_size);
	if (ok)
		return a.status;
	compile_release(out);
	out->diags = xcalloc(1, sizeof(*out->diags));
	out->ndiags = 1;
	*out->diags = (struct clang_diag){ .file = xstrdup(""), .text = xstrdup("the compiler crashed"), .level = 2 };
	return -1;
}

int compiler_run(const char *path, const struct clang_job *job, bool verbose, struct compile_result *out)
{
	int fd = memfd_create("gft-object", MFD_CLOEXEC), wstatus = 0, e;
	pid_t parent = getpid(), pid;

	pid = fd < 0 ? -1 : fork();
	if (!pid) {
		/* who waits for it is gone: so is it */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		_exit(compile_here(path, job, verbose, fd) ? 0 : 1);
	}
	if (pid < 0) {
		e = errno;
		snprintf(out->err, sizeof(out->err), "no process can be started for the compiler: %s", strerror(e));
		if (fd >= 0)
			close(fd);
		return -e;
	}
	while (waitpid(pid, &wstatus, 0) < 0 && errno == EINTR)
		;
	e = collect(fd, wstatus, out);
	close(fd);
	return e;
}
