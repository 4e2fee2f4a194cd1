/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* targets.c - see targets.h. */
#include "runtime/targets.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gft/btf.h"
#include "gft/buf.h"
#include "gft/gotype.h"
#include "gft/graph.h"
#include "gft/kernel.h"
#include "gft/setup.h"
#include "runtime/libname.h"
#include "runtime/tracefs.h"

struct binary {
	char *path, *display;
	dev_t dev;
	ino_t ino;
	struct tgt *tgt;
};

struct targets {
	struct targets_opts opts;
	struct binary b[GFT_BINARIES];
	int n;
};

struct targets *targets_new(const struct targets_opts *opts)
{
	struct targets *t = xcalloc(1, sizeof(*t));

	t->opts = *opts;
	return t;
}

void targets_free(struct targets *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->n; i++) {
		tgt_close(t->b[i].tgt);
		free(t->b[i].path);
		free(t->b[i].display);
	}
	free(t);
}

int targets_count(const struct targets *t)
{
	return t->n;
}

bool targets_has_library(const struct targets *t)
{
	for (int i = 0; i < t->n; i++)
		if (tgt_is_library(t->b[i].tgt))
			return true;
	return false;
}

int targets_by_inode(const struct targets *t, dev_t dev, ino_t ino)
{
	for (int i = 0; i < t->n; i++)
		if (t->b[i].dev == dev && t->b[i].ino == ino)
			return i;
	return -1;
}

struct tgt *targets_tgt(const struct targets *t, int bin)
{
	return t->b[bin].tgt;
}

const char *targets_path(const struct targets *t, int bin)
{
	return t->b[bin].path;
}

char *targets_which(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/') || !path)
		return NULL;
	while (*path) {
		size_t n = strcspn(path, ":");
		struct buf b = BUF_INIT;
		struct stat st;

		buf_add(&b, path, n);
		buf_printf(&b, "%s%s", n ? "/" : "", name);
		if (!stat(buf_str(&b), &st) && S_ISREG(st.st_mode) && !access(buf_str(&b), X_OK))
			return b.data;
		buf_free(&b);
		path += n + (path[n] == ':');
	}
	return NULL;
}

/* The file behind a name: as it is, after ~, or on the PATH. */
static char *find_file(const char *name)
{
	char *w;

	if (name[0] == '~' && name[1] == '/' && getenv("HOME")) {
		struct buf b = BUF_INIT;

		buf_printf(&b, "%s%s", getenv("HOME"), name + 1);
		return b.data;
	}
	if (!strchr(name, '/') && access(name, F_OK) && (w = targets_which(name)))
		return w;
	return xstrdup(name);
}

/* Takes path; tgt: it is open already, and is taken too. */
static int add(struct targets *t, char *path, const char *display, struct tgt *tgt, char *err, size_t err_sz)
{
	struct tgt_opts o = { .display = display, .debug_dir = t->opts.debug_dir };
	struct tgt_error te = { "" };
	struct stat st = { 0 };
	struct binary *b;
	int i = -1, r = 0;

	if (!stat(path, &st))
		i = targets_by_inode(t, st.st_dev, st.st_ino);
	if (i < 0 && t->n == GFT_BINARIES) {
		snprintf(err, err_sz, "%s: more than %d binaries in one script", display, GFT_BINARIES);
		r = -E2BIG;
	} else if (i < 0 && !tgt) {
		r = tgt_open(&tgt, path, &o, &te);
		if (r < 0)
			snprintf(err, err_sz, "%s", te.msg);
	}
	if (i >= 0 || r < 0) {
		tgt_close(tgt);
		free(path);
		return r < 0 ? r : i;
	}
	b = &t->b[t->n];
	b->tgt = tgt;
	b->path = path;
	b->display = xstrdup(display);
	b->dev = st.st_dev;
	b->ino = st.st_ino;
	return t->n++;
}

/* --- names ------------------------------------------------------------------------------------ */

/* Files that a name may mean. */
struct files {
	struct {
		char *path, *display;
	} * v;
	size_t n;
};

static void push(struct files *f, char *path, char *display)
{
	f->v = xrealloc(f->v, (f->n + 1) * sizeof(*f->v));
	f->v[f->n].path = path;
	f->v[f->n++].display = display;
}

static void files_free(struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].path);
		free(f->v[i].display);
	}
	free(f->v);
}

static int executable(struct files *f, pid_t pid, char *err, size_t err_sz)
{
	char link[64], exe[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, exe, sizeof(exe) - 1);
	if (n < 0) {
		int e = errno;

		if (e == ENOENT)
			snprintf(err, err_sz, "there is no process %d", pid);
		else
			snprintf(err, err_sz,
				 "cannot read the executable of process %d: %s: run as root, or with CAP_SYS_PTRACE",
				 pid, strerror(e));
		return -e;
	}
	exe[n] = 0;
	push(f, xstrdup(link), xstrdup(exe));
	return 0;
}

/* "/proc/PID/root" when the first process of -p sees other files than gft does, else "". */
static const char *root_of(const struct targets *t, char *buf, size_t size)
{
	char path[64], a[64] = "", b[64] = "";
	struct stat mine, its;

	buf[0] = 0;
	if (!t->opts.npids)
		return buf;
	snprintf(path, sizeof(path), "/proc/%d/root/", t->opts.pids[0]);
	if (stat("/", &mine) || stat(path, &its))
		return buf;
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", t->opts.pids[0]);
	if (readlink("/proc/self/ns/mnt", a, sizeof(a) - 1) < 0 || readlink(path, b, sizeof(b) - 1) < 0 ||
	    (mine.st_dev == its.st_dev && mine.st_ino == its.st_ino && !strcmp(a, b)))
		return buf;
	snprintf(buf, size, "/proc/%d/root", t->opts.pids[0]);
	return buf;
}

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static char *joined(const char *a, const char *b)
{
	struct buf s = BUF_INIT;

	buf_printf(&s, "%s%s", a, b);
	return s.data;
}

static int by_glob(struct files *f, const char *root, const char *name, char *err, size_t err_sz)
{
	char *pattern = joined(name[0] == '/' ? root : "", name);
	size_t skip = name[0] == '/' ? strlen(root) : 0;
	glob_t g;

	if (!glob(pattern, GLOB_TILDE, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			if (is_file(g.gl_pathv[i]))
				push(f, xstrdup(g.gl_pathv[i]), xstrdup(g.gl_pathv[i] + skip));
		globfree(&g);
	}
	free(pattern);
	if (f->n)
		return 0;
	snprintf(err, err_sz, "no file matches %s%s", name, skip ? " in the process's root directory" : "");
	return -ENOENT;
}

/* Files that the processes run code of: all, or the libraries of that name. */
static void by_maps(struct files *f, const struct targets *t, const char *name)
{
	for (size_t i = 0; i < t->opts.npids; i++) {
		struct mapped *m = NULL;
		size_t n = mapped_files(t->opts.pids[i], &m);

		for (size_t k = 0; k < n; k++)
			if (!name || libname_is(m[k].path, name))
				push(f, xstrdup(m[k].file), xstrdup(m[k].path));
		mapped_free(m, n);
	}
}

static void by_path(struct files *f, const char *root, const char *name)
{
	char *path = find_file(name), *inside = *root && path[0] == '/' ? joined(root, path) : NULL;

	/* a process in another root: what it calls by this name */
	if (inside && is_file(inside)) {
		push(f, inside, path);
		return;
	}
	free(inside);
	push(f, path, xstrdup(name));
}

static int find_files(const struct targets *t, const char *name, struct files *f, char *err, size_t err_sz)
{
	char root[64], *lib;
	int r = 0;

	if (!name)
		name = t->opts.binary;
	if (!name && t->opts.npids) {
		for (size_t i = 0; i < t->opts.npids && !r; i++)
			r = executable(f, t->opts.pids[i], err, err_sz);
		return r;
	}
	if (!name) {
		if (t->opts.operand)
			snprintf(err, err_sz, "no binary was given: there is no program %s here or on the PATH",
				 t->opts.operand);
		else
			snprintf(err, err_sz, "no binary was given");
		return -ESRCH;
	}
	root_of(t, root, sizeof(root));
	if (!strcmp(name, "*")) {
		by_maps(f, t, NULL);
		if (f->n)
			return 0;
		snprintf(err, err_sz, "'*' is every file that a process has mapped: which process?  -p PID says it");
		return -ESRCH;
	}
	if (is_file(name) || strchr(name, '/')) {
		if (strpbrk(name, "*?[") && !is_file(name))
			return by_glob(f, root, name, err, err_sz);
		by_path(f, root, name);
		return 0;
	}
	by_maps(f, t, name);
	if (f->n)
		return 0;
	lib = targets_which(name);
	if (!lib)
		lib = libname_find(root, name);
	if (lib)
		push(f, lib, xstrdup(lib + (strncmp(lib, root, strlen(root)) ? 0 : strlen(root))));
	else
		push(f, xstrdup(name), xstrdup(name));
	return 0;
}

static int open_file(struct targets *t, struct files *f, size_t i, struct tgt *tgt, char *err, size_t err_sz)
{
	char *path = f->v[i].path;

	f->v[i].path = NULL;
	return add(t, path, f->v[i].display, tgt, err, err_sz);
}

int targets_open(struct targets *t, const char *name, char *err, size_t err_sz)
{
	struct files f = { 0 };
	int r = find_files(t, name, &f, err, err_sz);

	if (!r)
		r = open_file(t, &f, 0, NULL, err, err_sz);
	files_free(&f);
	return r;
}

static bool has_any(struct tgt *tgt, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t *m = NULL;
		size_t k = tgt_match(tgt, patterns[i], &m);

		free(m);
		if (k)
			return true;
	}
	return !n;
}

int targets_open_all(struct targets *t, const char *name, const char *const *patterns, size_t n, int *out, size_t max,
		     char *err, size_t err_sz)
{
	struct files f = { 0 };
	int r = find_files(t, name, &f, err, err_sz), found = 0;

	if (!r && f.n == 1) {
		r = open_file(t, &f, 0, NULL, err, err_sz);
		if (r >= 0)
			out[found++] = r;
	}
	for (size_t i = 0; r >= 0 && f.n > 1 && i < f.n; i++) {
		struct tgt_opts o = { .display = f.v[i].display, .debug_dir = t->opts.debug_dir };
		struct tgt_error te = { "" };
		struct tgt *tgt = NULL;
		bool seen = false;

		if (tgt_open(&tgt, f.v[i].path, &o, &te) < 0)
			continue; /* one of many: a script, a library for another processor */
		if (!has_any(tgt, patterns, n)) {
			tgt_close(tgt);
			continue;
		}
		r = open_file(t, &f, i, tgt, err, err_sz);
		for (int k = 0; k < found; k++)
			seen = seen || out[k] == r;
		if (r >= 0 && !seen && (size_t)found < max)
			out[found++] = r;
	}
	files_free(&f);
	return r < 0 ? r : found;
}

/* --- the resolver ------------------------------------------------------------------- */

static bool r_file_exists(void *ctx, const char *path)
{
	char *p = path[0] == '~' ? find_file(path) : NULL;
	struct stat st;
	bool ok = !stat(p ? p : path, &st) && !S_ISDIR(st.st_mode);

	(void)ctx;
	free(p);
	return ok;
}

static int r_binary(void *ctx, const char *name, char *err, size_t err_sz)
{
	return targets_open(ctx, name, err, err_sz);
}

static int r_binaries(void *ctx, const char *name, const char *const *patterns, size_t n, int *out, size_t max,
		      char *err, size_t err_sz)
{
	return targets_open_all(ctx, name, patterns, n, out, max, err, err_sz);
}

static const char *r_binary_name(void *ctx, int bin)
{
	struct targets *t = ctx;

	return t->b[bin].display;
}

static bool r_is_go(void *ctx, int bin)
{
	return tgt_is_go(targets_tgt(ctx, bin));
}

static bool r_has_dwarf(void *ctx, int bin)
{
	return tgt_has_dwarf(targets_tgt(ctx, bin));
}

static const char *r_go_version(void *ctx, int bin)
{
	const struct tgt_go *g = tgt_go(targets_tgt(ctx, bin), NULL);

	return g ? g->version : "";
}

static const char *r_wait_reason(void *ctx, int bin, uint32_t reason)
{
	return tgt_wait_reason(targets_tgt(ctx, bin), reason);
}

static size_t r_match(void *ctx, int bin, const char *pattern, uint32_t **out)
{
	return tgt_match(targets_tgt(ctx, bin), pattern, out);
}

static size_t r_nearest(void *ctx, int bin, const char *pattern, const char **names, size_t max)
{
	return tgt_nearest(targets_tgt(ctx, bin), pattern, names, max);
}

size_t targets_inlined(struct targets *t, int bin, const char *pattern, char *text, size_t size)
{
	struct tgt *tgt = targets_tgt(t, bin);
	struct tgt_inlined v[3];
	size_t n = tgt_inlined(tgt, pattern, v, 3);

	if (size)
		text[0] = 0;
	for (size_t i = 0; i < n && i < 3; i++) {
		const char *file = NULL;
		unsigned line = 0;
		size_t len = strlen(text);

		tgt_line(tgt, v[i].vaddr, &file, &line);
		snprintf(text + len, size - len, "%s%s into %s", i ? ", " : "", v[i].name,
			 tgt_func(tgt, v[i].into)->name);
		len = strlen(text);
		if (file)
			snprintf(text + len, size - len, " (%s:%u)", strrchr(file, '/') ? strrchr(file, '/') + 1 : file,
				 line);
	}
	return n;
}

static size_t r_inlined(void *ctx, int bin, const char *pattern, char *text, size_t size)
{
	return targets_inlined(ctx, bin, pattern, text, size);
}

bool targets_code(struct tgt *t, uint64_t vaddr, bool is_return, struct code_info *out)
{
	uint64_t call = vaddr - (is_return ? 1 : 0);
	long i = tgt_func_at(t, call);
	const struct tgt_func *f;

	if (i < 0)
		return false;
	f = tgt_func(t, (uint32_t)i);
	out->func = f->name;
	out->off = (uint32_t)(vaddr - f->entry);
	if (!tgt_line(t, call, &out->file, &out->line))
		out->file = NULL;
	/* the line of the program, where what waits for others was copied into it */
	if (is_return && !graph_waits_for_others(f->name) &&
	    !tgt_line_outside(t, call, graph_waits_for_others, &out->own_file, &out->own_line))
		out->own_file = NULL;
	return true;
}

void targets_copies(struct tgt *t, uint64_t vaddr, bool is_return, uint32_t level, struct code_info *out)
{
	struct tgt_frame f[COPIES_MAX + 1];
	size_t n = tgt_frames_at(t, vaddr - (is_return ? 1 : 0), f, COPIES_MAX + 1);

	out->copies = n ? (uint32_t)n - 1 : 0;
	if (!level || level > n)
		return;
	out->level = level;
	out->inlined = level < n;
	out->file = f[level - 1].file;
	out->line = f[level - 1].line;
	if (out->inlined) {
		out->func = f[level - 1].func;
		out->off = 0;
	}
}

static const char *r_func_name(void *ctx, int bin, uint32_t f)
{
	return tgt_func(targets_tgt(ctx, bin), f)->name;
}

static uint64_t r_func_entry(void *ctx, int bin, uint32_t f)
{
	return tgt_func(targets_tgt(ctx, bin), f)->entry;
}

static uint64_t r_func_size(void *ctx, int bin, uint32_t f)
{
	const struct tgt_func *fn = tgt_func(targets_tgt(ctx, bin), f);

	return fn->end - fn->entry;
}

static long r_func_at(void *ctx, int bin, uint64_t vaddr)
{
	return tgt_func_at(targets_tgt(ctx, bin), vaddr);
}

static bool r_is_abi0(void *ctx, int bin, uint32_t f)
{
	return tgt_func(targets_tgt(ctx, bin), f)->flags & (TGT_F_ABI0 | TGT_F_ASM);
}

static const char *r_why_none(void *ctx, int bin, const char *name)
{
	if (tgt_is_imported(targets_tgt(ctx, bin), name))
		return "is in one of its shared libraries, not in the file itself: u:libNAME:FUNC";
	return tgt_is_ifunc(targets_tgt(ctx, bin), name)
		       ? "is an IFUNC: the loader chooses one of several functions that have other names, or none"
		       : NULL;
}

static bool r_is_c(void *ctx, int bin, uint32_t f)
{
	return tgt_func(targets_tgt(ctx, bin), f)->flags & TGT_F_SYMBOL;
}

static bool r_is_library(void *ctx, int bin)
{
	return tgt_is_library(targets_tgt(ctx, bin));
}

static int r_params(void *ctx, int bin, uint32_t func, const struct go_param **out, uint32_t *n, char *err,
		    size_t err_sz)
{
	struct tgt_error te = { "" };
	int r = tgt_params(targets_tgt(ctx, bin), func, out, n, &te);

	if (r < 0)
		snprintf(err, err_sz, "%s", te.msg);
	return r;
}

static const struct go_type *r_type_by_name(void *ctx, int bin, const char *name, char *err, size_t err_sz)
{
	struct tgt_error te = { "" };
	const struct go_type *t = tgt_type_by_name(targets_tgt(ctx, bin), name, &te);

	if (!t)
		snprintf(err, err_sz, "%s", te.msg);
	return t;
}

static size_t r_type_addrs(void *ctx, int bin, const char *name, uint64_t **out)
{
	return tgt_rtypes_named(targets_tgt(ctx, bin), name, out);
}

static int r_type_fill(void *ctx, int bin, const struct go_type *type)
{
	return tgt_type_fill(targets_tgt(ctx, bin), type);
}

static int r_c_type(void *ctx, int bin, char tag, const char *name, const uint32_t *funcs, size_t nfuncs,
		    const struct go_type **out, char *err, size_t err_sz)
{
	struct tgt_error te = { "" };
	int r = tgt_c_type(targets_tgt(ctx, bin), tag, name, funcs, nfuncs, out, &te);

	if (r < 0)
		snprintf(err, err_sz, "%s", te.msg);
	return r;
}

static size_t r_c_names(void *ctx, int bin, char tag, const char **names, size_t max)
{
	return tgt_c_names(targets_tgt(ctx, bin), tag, names, max);
}

static int r_check_addr(void *ctx, int bin, uint64_t vaddr, char *err, size_t err_sz)
{
	struct tgt_error te = { "" };
	struct tgt_site site;
	int r = tgt_check_site(targets_tgt(ctx, bin), vaddr, &site, &te);

	if (r < 0)
		snprintf(err, err_sz, "%s", te.msg);
	return r;
}

static size_t r_line_addrs(void *ctx, int bin, const char *file, unsigned line, unsigned column, uint64_t **out)
{
	return tgt_line_to_addrs(targets_tgt(ctx, bin), file, line, column, out);
}

static bool r_symbol(void *ctx, int bin, const char *name, uint64_t *vaddr, uint64_t *size)
{
	return tgt_symbol(targets_tgt(ctx, bin), name, vaddr, size);
}

static size_t r_tracepoints(void *ctx, const char *pattern, const char ***out)
{
	(void)ctx;
	return tracefs_list(pattern, out);
}

static const struct gft_type *r_tracepoint_args(void *ctx, struct arena *a, const char *name, char *err, size_t err_sz)
{
	(void)ctx;
	return tracefs_args(a, name, err, err_sz);
}

static size_t r_events(void *ctx, const char *kind, const char *pattern, const char ***out)
{
	(void)ctx;
	return kernel_names(kind, pattern, out);
}

static const struct gft_type *r_kernel_type(void *ctx, struct arena *a, char tag, const char *name, char *err,
					    size_t err_sz)
{
	(void)ctx;
	return kernel_btf_type(a, tag, name, err, err_sz);
}

static const struct gft_type *r_kernel_constant(void *ctx, struct arena *a, const char *name)
{
	(void)ctx;
	return kernel_btf_constant(a, name);
}

static bool r_kernel_stub(void *ctx, char tag, const char *name, struct buf *out)
{
	(void)ctx;
	return kernel_btf_stub(tag, name, out);
}

static bool r_kernel_fill(void *ctx, struct arena *a, struct gft_type *t)
{
	(void)ctx;
	return kernel_btf_fill(a, t);
}

static int r_kernel_symbol(void *ctx, const char *name, uint64_t *addr, char *err, size_t err_sz)
{
	(void)ctx;
	return kernel_symbol(name, addr, err, err_sz);
}

static const struct gft_type *r_kernel_args(void *ctx, struct arena *a, const char *kind, const char *name, char *err,
					    size_t err_sz)
{
	(void)ctx;
	return kernel_btf_args(a, kind, name, err, err_sz);
}

void targets_resolver(struct targets *t, struct resolver *out)
{
	*out = (struct resolver){
		.ctx = t,
		.file_exists = r_file_exists,
		.binary = r_binary,
		.binaries = r_binaries,
		.binary_name = r_binary_name,
		.is_go = r_is_go,
		.has_dwarf = r_has_dwarf,
		.go_version = r_go_version,
		.wait_reason = r_wait_reason,
		.match = r_match,
		.nearest = r_nearest,
		.why_none = r_why_none,
		.inlined = r_inlined,
		.func_name = r_func_name,
		.func_entry = r_func_entry,
		.func_size = r_func_size,
		.func_at = r_func_at,
		.is_abi0 = r_is_abi0,
		.is_c = r_is_c,
		.is_library = r_is_library,
		.params = r_params,
		.type_fill = r_type_fill,
		.type_by_name = r_type_by_name,
		.type_addrs = r_type_addrs,
		.c_type = r_c_type,
		.c_names = r_c_names,
		.check_addr = r_check_addr,
		.line_addrs = r_line_addrs,
		.symbol = r_symbol,
		.tracepoints = r_tracepoints,
		.tracepoint_args = r_tracepoint_args,
		.events = r_events,
		.kernel_type = r_kernel_type,
		.kernel_constant = r_kernel_constant,
		.kernel_fill = r_kernel_fill,
		.kernel_stub = r_kernel_stub,
		.kernel_symbol = r_kernel_symbol,
		.kernel_args = r_kernel_args,
	};
}
