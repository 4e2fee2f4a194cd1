/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * compile.c - generated C to an object: from the cache, or by Clang.
 *
 * Clang's libraries are large, so they are behind libgft-clang.so, which is
 * loaded at a miss only, in a process of its own (compiler.c).  The key of the cache must not need them: instead
 * of the compiler's version it has the identity (size, time) of the shared
 * object and of the Clang library that it would load.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codegen/cache.h"
#include "codegen/compiler.h"
#include "codegen/lib.h"
#include "gft/compile.h"

#ifndef GFT_VERSION
#define GFT_VERSION "0"
#endif

#define LIB_NAME "libgft-clang.so"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- the key -------------------------------------------------------------------------------- */

/* Sources are not in it: they change what diagnostics quote, not code. */
static void key_of(const char *name, const char *text, size_t len, const struct compile_opts *o, const struct stat *st,
		   uint8_t key[SHA256_LEN])
{
	/* where Debian has it; elsewhere the bridge's own time must do */
	static const char *const clang[] = { "/usr/lib/x86_64-linux-gnu/libclang-cpp.so.14",
					     "/usr/lib/llvm-14/lib/libclang-cpp.so.14" };
	struct sha256 s;
	struct stat cst;

	sha256_init(&s);
	sha256_add_part(&s, "gft " GFT_VERSION, sizeof("gft " GFT_VERSION));
	if (st)
		sha256_add_file_id(&s, st);
	for (size_t i = 0; i < sizeof(clang) / sizeof(clang[0]); i++)
		if (!stat(clang[i], &cst))
			sha256_add_file_id(&s, &cst);
	sha256_add_part(&s, name, strlen(name));
	sha256_add_part(&s, text, len);
	for (const struct embedded_file *f = gft_embedded_files; f->path; f++) {
		sha256_add_part(&s, f->path, strlen(f->path));
		sha256_add_part(&s, f->text, f->len);
	}
	for (size_t i = 0; o->includes && i < o->includes->nheaders; i++) {
		sha256_add_part(&s, o->includes->headers[i].path, strlen(o->includes->headers[i].path));
		sha256_add_part(&s, o->includes->headers[i].text, o->includes->headers[i].len);
	}
	sha256_end(&s, key);
}

/* --- compiling ------------------------------------------------------------------------------- */

static int run_clang(const char *lib, const char *name, const char *text, size_t len, const struct compile_opts *o,
		     struct compile_result *out)
{
	struct clang_job job = o->includes ? *o->includes : (struct clang_job){ 0 };
	struct clang_file *files;
	size_t n = 0, i = 0;
	int r;

	job.name = name;
	job.text = text;
	job.len = len;
	job.want_ir = o->want_ir;
	while (gft_embedded_files[n].path)
		n++;
	files = calloc(n + o->nsources + 1, sizeof(*files));
	if (!files) {
		snprintf(out->err, sizeof(out->err), "out of memory");
		return -ENOMEM;
	}
	for (; i < n; i++)
		files[i] = (struct clang_file){ gft_embedded_files[i].path, gft_embedded_files[i].text,
						gft_embedded_files[i].len };
	for (size_t k = 0; k < o->nsources; k++)
		if (o->sources[k].path && o->sources[k].text)
			files[i++] = o->sources[k];
	job.files = files;
	job.nfiles = i;
	r = compiler_run(lib, &job, o->verbose, out);
	free(files);
	return r;
}

int compile_bpf(const char *name, const char *text, size_t len, const struct compile_opts *opts,
		struct compile_result *out)
{
	static const struct compile_opts none;
	const struct compile_opts *o = opts ? opts : &none;
	struct cache *cache = NULL;
	uint8_t key[SHA256_LEN];
	char path[4096];
	struct stat st;
	bool found, spoiled;
	double t0;
	int r;

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&lock);
	found = lib_find(LIB_NAME, "GFT_CLANG_LIB", path, sizeof(path), &st);
	if (!o->no_cache) {
		key_of(name, text, len, o, found ? &st : NULL, key);
		cache = cache_open(o->cache_dir);
	}
	if (cache && !o->want_ir) {
		out->object = cache_get(cache, key, &out->object_len, &spoiled);
		out->from_cache = out->object != NULL;
		if (spoiled && o->verbose)
			fprintf(stderr, "the object in the cache is damaged or not ours: compiling anew\n");
	}
	if (out->from_cache) {
		if (o->verbose)
			fprintf(stderr, "object of %zu bytes from the cache\n", out->object_len);
		r = 0;
		goto end;
	}
	if (!found) {
		const char *env = secure_getenv("GFT_CLANG_LIB");

		if (env && env[0])
			snprintf(out->err, sizeof(out->err), "there is no compiler: GFT_CLANG_LIB=%.300s is not a file",
				 env);
		else
			snprintf(out->err, sizeof(out->err),
				 "there is no compiler: %s is neither beside gft nor in /usr/local/lib/gft or "
				 "/usr/lib/gft; "
				 "install it, or set GFT_CLANG_LIB",
				 LIB_NAME);
		r = -ENOENT;
		goto end;
	}
	t0 = lib_now_ms();
	r = run_clang(path, name, text, len, o, out);
	if (o->verbose && r >= -1)
		fprintf(stderr, "compiled %zu bytes of C to %zu bytes in %.1f ms\n", len, out->object_len,
			lib_now_ms() - t0);
	if (!r && !out->ndiags) /* what was warned of is told the next time too */
		cache_put(cache, key, out->object, out->object_len);
end:
	cache_close(cache);
	pthread_mutex_unlock(&lock);
	return r;
}

void compile_release(struct compile_result *r)
{
	if (!r)
		return;
	free(r->object);
	free(r->ir);
	for (size_t i = 0; i < r->ndiags; i++) {
		free((char *)(uintptr_t)r->diags[i].file);
		free((char *)(uintptr_t)r->diags[i].text);
	}
	free(r->diags);
	memset(r, 0, sizeof(*r));
}
