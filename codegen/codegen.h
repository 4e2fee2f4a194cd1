/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* codegen.h - checked program to BPF C, and to what the running half must know. */
#ifndef GFT_CODEGEN_H
#define GFT_CODEGEN_H

#include <stddef.h>

struct program;
struct gft_meta;

struct generated {
	const char *text; /* in the program's arena */
	size_t len;
	const struct gft_meta *meta;
};

/*
 * A pure function: the same program gives the same text, whatever the
 * targets' addresses are (those are constants that the loader sets), so that
 * the object cache hits.  The program must be free of errors.
 */
void codegen(struct program *p, struct generated *out);

/* The text as it is compiled: each line of a statement says again which line of the script it is about. */
struct buf;
void codegen_number_lines(const char *text, size_t len, struct buf *out);

#endif
