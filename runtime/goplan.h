/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * goplan.h - what the files that plan captures share: goplan.c (values by
 * type), gopath.c (one value by its path) and goerror.c (errors).
 */
#ifndef GFT_RUNTIME_GOPLAN_H
#define GFT_RUNTIME_GOPLAN_H

#include "runtime/govalue.h"

#define TEXT_MAX    64	/* bytes of a string that is an argument */
#define INNER_TEXT  32	/* of one inside of another value */
#define POINTEE_MAX 96	/* bytes of a struct behind a pointer */
#define ELEMS_MAX   8	/* elements of a slice */
#define NODES_MAX   400 /* parts of all values of a site */

struct planner {
	struct go_values *v;
	struct tgt *t;
	uint32_t nodes;
	uint32_t end;	  /* of the bytes that are being planned: what lies behind was not copied */
	uint32_t waiting; /* values that are still to be planned: leave them some steps */
};

/* Room in the blob, 8-aligned; -1 when it is full. */
int plan_room(struct planner *p, uint32_t size);
/* Number of a new step, or -1. */
int plan_step(struct planner *p, struct gft_cap_op op);
/* Copies len bytes behind the pointer at blob offset from; gives the new place, noted in n, or -1. */
int plan_follow(struct planner *p, struct go_node *n, uint32_t from, int32_t off, uint32_t len);
/* The same, as many bytes as the word at count says, times scale. */
int plan_counted(struct planner *p, struct go_node *n, uint32_t from, uint32_t count, uint32_t scale, uint32_t max);
/* Parts of n; NULL when there are too many. */
struct go_node *plan_kids(struct planner *p, struct go_node *n, uint32_t count);
/* What the value of type t, whose own bytes are at off of the blob, points to. */
void plan_value(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off, unsigned depth);
/* size bytes of a parameter's own, from the registers and the stack; their place, or -1.  Sets n->xmm. */
int plan_pieces(struct planner *p, struct go_node *n, const struct go_param *a, uint32_t from, uint32_t size);

/* A type of fetch(): slice, error, iface, eface need no DWARF; NULL: there is none of that name. */
const struct go_type *plan_type(struct tgt *t, const char *name);

/* gopath.c: "args.s.list[3].x" of a function with these parameters, up to its own bytes. */
void plan_path(struct planner *p, struct go_node *n, const struct go_param *v, uint32_t nv, const char *path);

/* goerror.c: what lies behind an error's or interface's data word; n->aux is where its type word is. */
void plan_dynamic(struct planner *p, struct go_node *n, bool is_error, unsigned depth);

#endif
