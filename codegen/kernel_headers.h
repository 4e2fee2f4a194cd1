/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* kernel_headers.h - where the headers of the running kernel's own source lie, if anywhere. */
#ifndef GFT_CODEGEN_KERNEL_HEADERS_H
#define GFT_CODEGEN_KERNEL_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct kernel_headers {
	const char *source, *build; /* folders; of one kernel, and often the same one */
	const char *first;	    /* the header that all others expect to be read before them */
	const char **args;	    /* of the compiler, for a script that includes such headers */
	size_t nargs;
};

/*
 * Finds them: GFT_KERNEL_SOURCE and GFT_KERNEL_BUILD (or BPFTRACE_...) name the
 * folders, or they are the source and build of /lib/modules/RELEASE; where one
 * is missing the other stands for both.  What it gives lives in the arena.
 * False: there are none, and source says where they were looked for.
 */
bool kernel_headers_find(struct arena *a, struct kernel_headers *out);

#endif
