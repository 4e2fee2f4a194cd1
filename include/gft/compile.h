/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * compile.h - generated C to object bytes, through the object cache.
 */
#ifndef GFT_COMPILE_H
#define GFT_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "gft/clang.h"

struct compile_opts {
	bool no_cache;	       /* neither read nor write the cache */
	const char *cache_dir; /* NULL: $GFT_CACHE_DIR, else /var/cache/gft as root, else ~/.cache/gft */
	bool want_ir;
	bool verbose; /* say on stderr what is loaded and how long it took */
	/* the script's own text, so that clang can quote it: name as in #line */
	const struct clang_file *sources;
	size_t nsources;
	/* what the script's #include brings: a job that has headers, search folders and cwd set; or NULL */
	const struct clang_job *includes;
};

struct compile_result {
	void *object; /* malloc'd */
	size_t object_len;
	char *ir; /* malloc'd or NULL */
	bool from_cache;
	struct clang_diag *diags; /* owned */
	size_t ndiags;
	char err[512]; /* why there is no compiler: libgft-clang.so missing, ... */
};

/*
 * Compiles text (named name in diagnostics).  Returns 0; -1 when Clang found
 * errors (diags); -ENOENT or another negative errno when there is no compiler
 * (err).  Release the result in every case.
 */
int compile_bpf(const char *name, const char *text, size_t len, const struct compile_opts *opts,
		struct compile_result *out);
void compile_release(struct compile_result *r);

/* The templates and headers that the program carries, ended by path NULL. */
struct embedded_file {
	const char *path, *text;
	unsigned long len;
};
extern const struct embedded_file gft_embedded_files[] __attribute__((visibility("hidden")));

#endif
