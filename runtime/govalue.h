/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * govalue.h - Go values: the plan that captures them (gft/capture.h), and their
 * text as Go would write it.
 */
#ifndef GFT_RUNTIME_GOVALUE_H
#define GFT_RUNTIME_GOVALUE_H

#include "gft/buf.h"
#include "gft/capture.h"
#include "gft/gotype.h"
#include "gft/meta.h"
#include "gft/target.h"

/* Where a captured value and what it points to lie in a blob. */
struct go_node {
	const struct go_type *type;
	uint16_t off;	      /* of its bytes in the blob */
	uint16_t room;	      /* bytes that were captured there at most (text, elements) */
	int8_t op;	      /* the step that copied what it points to; -1: none */
	int8_t type_op;	      /* interfaces: the step that copied the type word; -1: the word itself */
	int8_t root_op;	      /* the step that copied the value itself, when it was fetched by address; -1 */
	bool xmm;	      /* in a vector register: BPF cannot read it */
	uint16_t aux;	      /* blob offset: the pointer's target, the type word, text */
	struct go_node *kids; /* fields, elements, the target of a pointer */
	uint32_t nkids;
	struct go_node *alts; /* of an error: what is behind its data word, if it is of this shape */
	uint32_t nalts;
	uint8_t shape; /* of an alternative: goerror.c */
};

/* One site's values. */
struct go_values {
	struct gft_cap_plan plan;
	uint32_t n;
	uint32_t nfetch, npaths; /* fetched ones, then ones by path, then arguments or results */
	const char **names;	 /* of a value by path the path */
	struct go_node *nodes;	 /* by value */
	uint16_t ip;		 /* blob offset of the probed address */
	struct tgt *tgt;
	uint64_t site_vaddr;
};

enum go_which { GO_NONE, GO_ALL };

/* What is wanted of a site: all strings are borrowed. */
struct go_wanted {
	const struct meta_go_fetch *fetch;
	uint32_t nfetch;
	const char *const *paths; /* "args.x", "args" */
	uint32_t npaths;
	enum go_which which; /* GO_ALL: all arguments, or results */
	bool results;	     /* this is an exit */
};

/*
 * A plan for fetched values, values by path, then all arguments or results of function func, taken at
 * vaddr.  NULL when nothing is known of them (err says why).
 */
struct go_values *go_values_new(struct tgt *t, uint32_t func, const struct go_wanted *w, uint64_t site_vaddr,
				struct tgt_error *err);
void go_values_free(struct go_values *v);

/* What a TY_GO type's go points to. */
struct go_ref {
	const struct go_values *values;
	uint32_t i;
};

/*
 * A value of C, in C's way (cvalue.c).  xmm: the argument that it is part of, when
 * floats of that are in vector registers; NULL otherwise.
 */
void c_value_print(struct buf *b, const struct gft_capture *cap, const struct go_node *n, const struct go_node *xmm,
		   unsigned depth);

/* Value i as text.  cap holds what the plan copied; size bounds it. */
void go_value_print(struct buf *b, const struct go_values *v, uint32_t i, const struct gft_capture *cap);

/* What print() shows of a hit: the value by that path; of "args" and "ret" all, with their names. */
void go_path_print(struct buf *b, const struct go_values *v, const char *path, const struct gft_capture *cap);

#endif
