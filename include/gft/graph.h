/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * graph.h - records to call trees, one per (process, goroutine).
 *
 * The builder is pure: it is fed records (wire.h) in the order in which the
 * ring buffer gave them, from the kernel or from a recorded stream, asks a
 * symbol source what a site is, and calls back with each finished tree.
 */
#ifndef GFT_GRAPH_H
#define GFT_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gft/wire.h"

struct gft_type;

/* Values that records of a site carry behind the fixed part (wire.h, struct gft_payload). */
struct payload_field {
	const char *name;
	const struct gft_type *type;
	uint32_t off; /* bytes from the start of the payload */
};

struct payload {
	uint32_t size; /* bytes, struct gft_payload included; 0: no payload */
	uint32_t n;
	const struct payload_field *fields;
};

enum site_role { SITE_ENTRY = 0, SITE_EXIT = 1, SITE_TAIL_EXIT = 2, SITE_OTHER = 3 };

/* What there is to know of a site; borrowed, lives as long as the source. */
struct site_info {
	const char *func; /* name, never NULL */
	const char *file; /* of the site's instruction; NULL: not known */
	uint32_t line;
	uint32_t off;		       /* site's address - function's entry */
	uint32_t func_id;	       /* same for all sites of a function (of one binary) */
	uint8_t role;		       /* enum site_role */
	const struct payload *payload; /* never NULL */
};

#define COPIES_MAX 32 /* functions copied into each other at one place that are told apart */

/* A place in code, as "name+off file:line"; func NULL: not known, addr only. */
struct code_info {
	const char *func, *file;
	const char *module; /* the file that is mapped there; NULL: not known */
	uint32_t off, line;
	uint64_t addr;
	/*
	 * How many functions were copied into func there, one in the other.  Where that is
	 * asked for with level 1, 2, ... it is about the innermost of them, the one around
	 * it, ..., and func itself last, with its own line.
	 */
	uint32_t copies, level;
	bool inlined; /* this is one of the copies */
	/* where file and line are of code that waits for others and was copied into func: those of func; else NULL */
	const char *own_file;
	uint32_t own_line;
};

/* Answers come from the target's tables, or from a recorded stream. */
struct sym_source {
	void *ctx;
	/* NULL: no such site (a damaged record) */
	const struct site_info *(*site)(void *ctx, uint32_t site);
	/* the code at site's address + rel, for a return address */
	void (*caller)(void *ctx, uint32_t site, int64_t rel, struct code_info *out);
	/*
	 * The process that caller() is about from now on: a return address may lie in
	 * another file, which is elsewhere in each process.  NULL: that is not known.
	 */
	void (*process)(void *ctx, uint32_t tgid);
	/*
	 * What a goroutine waits for, by the runtime's number (struct gft_rec_park);
	 * from: who changed its state.  NULL: not known; the function may be NULL too.
	 */
	const char *(*wait_reason)(void *ctx, uint32_t site, uint32_t reason, int64_t from);
};

#define GRAPH_DEFAULT_LIMIT 100000U

/* Options of one graph() call of the script. */
struct graph_opts {
	uint64_t min_ns; /* 0: all */
	uint32_t depth;	 /* levels below the root; 0: all */
	uint32_t limit;	 /* nodes per tree; 0: the default */
	uint32_t flags;	 /* GRAPH_* */
};
#define GRAPH_ARGS     0x01
#define GRAPH_RET      0x02
#define GRAPH_STACK    GFT_GRAPH_STACK
#define GRAPH_PARKS    GFT_GRAPH_PARKS
#define GRAPH_SYSCALLS GFT_GRAPH_SYSCALLS
#define GRAPH_CHILDREN GFT_GRAPH_CHILDREN
#define GRAPH_EXPLAIN  (GRAPH_STACK | GRAPH_PARKS | GRAPH_SYSCALLS | GRAPH_CHILDREN)

/* --- trees ------------------------------------------------------------------ */

/* graph_node.flags */
#define GN_OPEN	     0x01 /* had not returned when the tree was printed */
#define GN_UNWOUND   0x02 /* left without an exit: a panic or Goexit removed it */
#define GN_LOST_EXIT 0x04 /* its exit record was lost: the end is a guess */
#define GN_DAMAGED   0x08 /* records were lost while it ran: children may be missing */
#define GN_TAIL	     0x10 /* left by a jump to another function */
#define GN_SYSTEM    0x20 /* ran on the system stack */
/* What is no call has one of these; site is the hook that saw it, or GFT_NO_SITE. */
#define GN_PARK	     0x40  /* leaf: the goroutine waited; x is a struct graph_park */
#define GN_SYSCALL   0x80  /* leaf: a system call; x is a struct graph_syscall */
#define GN_GO	     0x100 /* leaf: a go statement; x is a struct graph_go */
#define GN_GOROUTINE 0x200 /* root: a goroutine that another one started, see struct graph_tree */
#define GN_DROPPED   0x400 /* graph_drop() was called: how the call ended is known of the root only */
#define GN_LEAF	     (GN_PARK | GN_SYSCALL | GN_GO)

/* graph(parks): the time of a call, by what the goroutine did; the sum is the call's duration. */
struct graph_wait {
	const char *reason;
	uint64_t ns, count;
};

struct graph_split {
	uint64_t ns[GFT_DOINGS];
	uint32_t nwaits; /* reasons that ns[GFT_PARKED] is made of, by time, longest first */
	struct graph_wait waits[];
};

struct graph_park {
	const char *reason; /* never NULL */
	uint32_t n;	    /* frames: return addresses relative to the node's site, innermost first */
	int64_t rel[];
};

struct graph_syscall {
	uint32_t nr;
	int64_t ret; /* -4095 to -1: an error */
	uint64_t args[6];
};

struct graph_go {
	uint64_t goid; /* of the goroutine that was started */
	int64_t start; /* the function it begins in, relative to the node's site */
	bool followed; /* it has a tree of its own */
};

/* graph(stack): the calls that led to the root. */
struct graph_stack {
	uint32_t site, n;
	int64_t rel[];
};

struct graph_node {
	struct graph_node *child, *next, *parent; /* first child, next sibling */
	struct graph_node *last_child;
	uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC; end_ns 0 while open */
	uint64_t key;
	int64_t caller_rel;
	uint32_t site;			/* entry site */
	uint32_t exit_site;		/* GFT_NO_SITE: none */
	uint32_t flags;			/* GN_* */
	const struct gft_payload *args; /* entry's payload, NULL: none */
	const struct gft_payload *rets; /* exit's payload, NULL: none */
	const void *x;			/* of a call: struct graph_split, or NULL; of a leaf: see GN_* */
};

struct graph_tag {
	const char *key;
	const char *value;	     /* of a string, NUL-terminated; NULL for other types */
	const struct gft_type *type; /* the value as it was sent */
	const void *data;
};

/* One finished tree; valid only during the callback. */
struct graph_tree {
	const struct graph_node *root;
	uint64_t goid;
	uint32_t tgid, tid;		 /* tid: of the first record */
	bool is_thread;			 /* goid is a thread id */
	uint16_t opts;			 /* graph() number of the root */
	uint64_t nodes;			 /* nodes kept */
	uint64_t dropped;		 /* calls not kept: the tree's limit */
	uint64_t parent;		 /* root with GN_GOROUTINE: who started it; caller_rel is the go statement */
	int64_t start;			 /* ... and the function it began in, relative to the root's site */
	const struct graph_stack *stack; /* NULL: not asked for, or not yet known */
	const struct graph_tag *tags;
	size_t ntags;
};

struct graph_stats {
	uint64_t records, trees, nodes;
	uint64_t unmatched;   /* exits without an open call in an open graph */
	uint64_t unwound;     /* calls closed without an exit */
	uint64_t lost_marks;  /* records that told of a loss before them */
	uint64_t bad;	      /* records that make no sense: wrong size, unknown site or kind */
	uint64_t below_min;   /* trees not shown: shorter than min */
	uint64_t discarded;   /* trees dropped by graph_drop() */
	uint64_t over_limit;  /* calls not kept */
	uint64_t open_at_end; /* trees printed half-open at the end */
};

struct graph_config {
	const struct sym_source *syms; /* borrowed */
	const struct graph_opts *opts; /* by graph() number; borrowed */
	size_t nopts;
	const struct payload *tags; /* by graph_tag() number: the field's name is the key; borrowed */
	size_t ntags;
	uint32_t default_limit; /* nodes per tree; 0: GRAPH_DEFAULT_LIMIT */
	size_t max_bytes;	/* memory for open trees; 0: 256 MiB; beyond it the oldest are closed */
	/*
	 * A root returned (or was closed); called before the next record is read.
	 * NULL: not wanted; calls that returned are then not kept, so that
	 * default_limit bounds only how many are open at a time.
	 */
	void (*tree)(void *ctx, const struct graph_tree *tree);
	/* --stream: each line as it happens; NULL: not wanted.  depth from 0.  Of a graph that was dropped the root
	 * leaves, no other. */
	void (*enter)(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
	void (*leave)(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
	/* a leaf, when it is over; and the stack of a root, behind its enter */
	void (*leaf)(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
	void (*stack)(void *ctx, const struct graph_tree *tree);
	void *ctx;
};

struct graph_builder;

struct graph_builder *graph_builder_new(const struct graph_config *cfg); /* cfg is copied */
void graph_builder_free(struct graph_builder *b);

/*
 * Feeds one record of any kind but EVENT; others are refused.
 * size is the record's size in bytes.  Returns 0, or -EINVAL for a record that
 * makes no sense (counted as bad; the builder stays usable).
 */
int graph_feed(struct graph_builder *b, const void *rec, size_t size);

/*
 * Records were lost, of which goroutines is not known: what is open now may miss
 * calls, or its end.  Where a goroutine goes on, its own records tell.
 */
void graph_lost(struct graph_builder *b);

/* A process is gone: its open trees are closed and given out, marked open.  now_ns 0: when, is not known. */
void graph_process_gone(struct graph_builder *b, uint32_t tgid, uint64_t now_ns);

/* The end: every open tree is closed and given out, marked open. */
void graph_finish(struct graph_builder *b, uint64_t now_ns);

const struct graph_stats *graph_stats(const struct graph_builder *b);

/* Whether a function is of the runtime or of a package that waits for somebody else: sync, time, net, ... */
bool graph_waits_for_others(const char *func);

/*
 * Where a goroutine waits, of the frames of a park: inner is the runtime's
 * part (a channel, a lock, ...), user the first call outside of the runtime
 * and of what wraps it.  func is NULL where nothing is known.
 */
void graph_park_place(const struct sym_source *syms, uint32_t site, const struct graph_park *p, struct code_info *inner,
		      struct code_info *user);

#endif
