/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* goprint.h - what govalue.c and goerror.c share to make text of captured values. */
#ifndef GFT_RUNTIME_GOPRINT_H
#define GFT_RUNTIME_GOPRINT_H

#include "runtime/goplan.h"

struct printer {
	struct buf *b;
	const struct go_values *v;
	const struct gft_capture *cap;
	uint64_t bias;		   /* address in the process minus address in the file */
	const struct go_node *xmm; /* the value, when floats of it are in vector registers */
};

uint64_t print_word(const struct printer *p, uint32_t off); /* 8 bytes of the blob; 0 beyond its end */
bool print_faulted(const struct printer *p, int op);
bool print_ran(const struct printer *p, int op);
void print_node(const struct printer *p, const struct go_node *n, unsigned depth);

/*
 * len bytes of text, have of them captured at offset at, escaped as in Go's quotes; what was cut is
 * told by ... and, with quotes, the length.
 */
void print_quoted(const struct printer *p, uint32_t at, uint64_t have, uint64_t len, bool quotes);

/*
 * goconst.c: in, and what it lacks because no page was loaded there, from the file where that is constant.
 * bias: address in the process minus address in the file.  False: nothing could be added, out is undefined.
 */
bool capture_constants(const struct go_values *v, uint64_t bias, const struct gft_capture *in, struct gft_capture *out);

/* goerror.c: the value of an interface of dynamic type rt. */
void print_dynamic(const struct printer *p, const struct go_node *n, const struct tgt_rtype *rt);

void go_node_fini(struct go_node *n); /* what it owns, not itself */

#endif
