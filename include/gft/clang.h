/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * clang.h - BPF C text to object bytes, by Clang's own libraries.  The code
 * behind it is C++ (codegen/clang.cc) in a shared object, libgft-clang.so, that
 * codegen/compiler.c loads in a process of its own.
 */
#ifndef GFT_CLANG_H
#define GFT_CLANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file of the in-memory file system that the compiler sees, and the only one. */
struct clang_file {
	const char *path; /* as #include names it: "gft/bpf.h" */
	const char *text;
	size_t len;
};

/* One of Clang's diagnostics, as data. */
struct clang_diag {
	const char *file; /* as #line says it, so a script's name when it is in the script */
	unsigned line, col;
	int level; /* 0 note, 1 warning, 2 error */
	const char *text;
};

struct clang_job {
	const char *name; /* of the main file in diagnostics */
	const char *text;
	size_t len;
	const struct clang_file *files;
	size_t nfiles;
	const char *const *defines; /* "NAME=VALUE" */
	size_t ndefines;
	/*
	 * For #include of what is not in files: headers, by the names they were found by;
	 * cwd is what relative ones begin at, search has folders: quote (for "x.h"
	 * only), then others, each in order.  nheaders 0: the rest does not matter.
	 */
	const struct clang_file *headers;
	size_t nheaders;
	const char *cwd;
	const char *const *quote, *const *dirs, *const *system;
	size_t nquote, ndirs, nsystem;
	bool want_ir; /* also give LLVM IR as text, for -d ir */
};

struct clang_result {
	void *object; /* malloc'd ELF object for BPF; NULL on errors */
	size_t object_len;
	char *ir;		  /* malloc'd; NULL unless asked for */
	struct clang_diag *diags; /* malloc'd, texts too */
	size_t ndiags;
};

/*
 * Exported by libgft-clang.so.  Returns 0, or -1 when there were errors (diags
 * say which).  Never exits, never writes to stderr.  The result is the caller's.  To be called once in a process:
 * LLVM's BPF back end keeps pointers into one module and follows them in the next.
 */
typedef int (*gft_clang_compile_fn)(const struct clang_job *job, struct clang_result *out);
typedef const char *(*gft_clang_version_fn)(void);
#define GFT_CLANG_COMPILE "gft_clang_compile"
#define GFT_CLANG_VERSION "gft_clang_version"

#endif
