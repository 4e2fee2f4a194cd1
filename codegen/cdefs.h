/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* cdefs.h - the C of a script, read by libclang or taken from the cache. */
#ifndef GFT_CODEGEN_CDEFS_H
#define GFT_CODEGEN_CDEFS_H

#include <stdbool.h>
#include <stddef.h>

#include "gft/ctypes.h"

struct ast;
struct resolver;

struct cdefs_opts {
	const char *const *includes; /* --include: files read before the script's own C */
	size_t nincludes;
	const char *const *dirs; /* -I */
	size_t ndirs;
	/*
	 * Who knows the kernel's types; kernel tells one kernel from another.  NULL: nobody does, and then
	 * BPFTRACE_HAVE_BTF is not defined either.
	 */
	const struct resolver *res;
	const char *kernel;
	const char *cache_dir; /* as compile_opts */
	bool no_cache, verbose;
};

/*
 * Reads the C of a script (structs, #include, %{ ... %}, ...).  NULL when there
 * is none, or when there were mistakes, which are then queued in the script's
 * diagnostics.  What it gives lives in the script's arena.
 */
const struct cdefs *cdefs_read(struct ast *ast, const struct cdefs_opts *o);

/*
 * What was included, read again, for the BPF compiler: headers, folders and cwd
 * of a job (gft/clang.h), in the arena.  NULL: nothing was.
 */
struct arena;
struct clang_job;
const struct clang_job *cdefs_headers(struct arena *a, const struct cdefs *c);

#endif
