/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* debugfmt.h - the formats of debugf(), which the kernel reads (bpf_trace_printk). */
#ifndef GFT_PARSER_DEBUGFMT_H
#define GFT_PARSER_DEBUGFMT_H

#include <stddef.h>

struct arena;

#define DEBUG_ARGS_MAX 12 /* MAX_BPRINTF_VARARGS of the kernel */

struct debug_conv {
	char type;	/* d, u, x, X, c, p or s */
	unsigned bytes; /* of a number: 1, 2, 4 or 8 */
};

/*
 * The kernel's format for what the script wrote: numbers have 64 bits in it,
 * already cut to their size, and it ends without newline, which the kernel
 * adds.  conv has DEBUG_ARGS_MAX places.  NULL with *why when the kernel cannot
 * write it.
 */
const char *debug_format(struct arena *a, const char *fmt, struct debug_conv *conv, size_t *n, const char **why);

#endif
