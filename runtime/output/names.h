/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * names.h - what graphs say of sites and callers, made once and kept: in a busy
 * trace that is most of what a line costs.  A format gives the two functions
 * that write them; the bytes are its own affair.
 */
#ifndef GFT_OUTPUT_NAMES_H
#define GFT_OUTPUT_NAMES_H

#include "runtime/output/format.h"

struct text {
	char *s;
	size_t len;
};

struct site_text {
	struct text func, place; /* text: "main.add"; "main.add+68 main.go:29" */
};

struct names_ops {
	/* s NULL: nobody knows this site */
	void (*site)(const struct output *o, struct buf *func, struct buf *place, const struct site_info *s,
		     uint32_t site);
	void (*code)(const struct output *o, struct buf *b, const struct code_info *c);
};

struct names;

struct names *names_new(const struct names_ops *ops); /* ops is borrowed */
void names_free(struct names *n);

/* Valid until the next call. */
const struct site_text *names_site(struct names *n, const struct output *o, uint32_t site);
/* Adds the place that called a node to o->b. */
void names_caller(struct names *n, struct output *o, const struct graph_node *node);

/* NULL: not known, or GFT_NO_SITE. */
const struct site_info *names_info(const struct output *o, uint32_t site);
/* The description of a site's values; NULL when data holds none of them. */
const struct payload *names_payload(const struct output *o, uint32_t site, const struct gft_payload *data);
/* "read", or the number; how many arguments it takes; "EAGAIN", or the number. */
void names_syscall(struct buf *b, uint32_t nr);
unsigned names_syscall_args(uint32_t nr);
/* A word that a system call was given: below 0 when it is a small number there, of 32 bits too (AT_FDCWD); or as it is.
 */
int64_t names_syscall_arg(uint64_t word);
void names_errno(struct buf *b, int number);
/* A file's name without the prefix that the user wants cut. */
const char *names_trim(const struct output *o, const char *file);

#endif
