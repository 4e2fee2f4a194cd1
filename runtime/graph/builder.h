/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* builder.h - what the files of the graph builder share. */
#ifndef GFT_GRAPH_BUILDER_H
#define GFT_GRAPH_BUILDER_H

#include "runtime/graph/tree.h"

#define EARLY_TAGS 64 /* more than that many goroutines open graphs at the same moment: their tags are lost */

struct tree_list {
	struct tree *oldest, *newest;
};

struct graph_builder {
	struct graph_config cfg;
	struct graph_stats stats;
	struct pool pool;
	struct tree_table table;
	struct tree_list open, evicted;
	size_t nevicted;
	struct tree *last; /* the tree of the record before, or NULL: records come in runs */
	struct tree *spare;
	size_t nspare;
	size_t stack_bytes; /* trees in use and their stacks */
	uint64_t last_ts;
	/* tags of graphs whose first call comes next */
	struct early_tag {
		uint64_t goid, ts;
		uint32_t tgid;
		size_t size;
		char *rec;
	} early[EARLY_TAGS];
	size_t nearly;
};

/* builder.c */
int builder_bad(struct graph_builder *b);
struct tree *builder_find(struct graph_builder *b, uint32_t tgid, uint64_t goid, bool is_thread);
void builder_lost(struct graph_builder *b, struct tree *t);
/* A new tree for the record's goroutine; one that is still open there is closed first. */
struct tree *builder_open(struct graph_builder *b, const struct gft_rec_call *r);
struct frame *builder_push(struct graph_builder *b, struct tree *t);
struct graph_node *builder_node(struct graph_builder *b, struct tree *t, const struct graph_node *as, bool leaf);
/* --stream: a node that has been shown is not kept. */
void builder_forget(struct graph_builder *b, struct tree *t);
/* The level of a leaf below the outermost n frames: frames that are not kept have none. */
static inline unsigned builder_depth(const struct tree *t, size_t n)
{
	return n ? t->frames[n - 1].kept : 0;
}

/* split.c: graph(parks) */
static inline bool split_wanted(const struct tree *t)
{
	return t->split != NULL;
}
/* The tree's time: never back, so that parts add up.  Trees without parks: ts. */
uint64_t split_time(struct tree *t, uint64_t ts);
void split_open(struct graph_builder *b, struct tree *t, uint64_t ts, uint8_t doing);
void split_push(struct tree *t);
/* There is room for cap_frames frames now, before for fewer. */
void split_grow(struct graph_builder *b, struct tree *t, size_t before);
/* The innermost frame, index i, ends: its node's split (in the tree's memory; NULL: keep is false), waits go to its
 * caller. */
const struct graph_split *split_pop(struct graph_builder *b, struct tree *t, size_t i, bool keep);
/* It waits, behind split_change(); leaf is its node to be, mark the tree's memory before what leaf holds. */
void split_park(struct graph_builder *b, struct tree *t, const char *reason, const struct graph_node *leaf,
		struct pool_mark mark);
/* The goroutine does something else from now (split_time()) on; what it waited for is over. */
void split_change(struct graph_builder *b, struct tree *t, uint8_t doing);
/* Records were lost before one that only a running goroutine makes. */
void split_lost(struct graph_builder *b, struct tree *t, const struct gft_rec_call *r);
void split_free(struct graph_builder *b, struct tree *t);

/* leaves.c: records that are no calls */
int leaf_state(struct graph_builder *b, const void *rec, size_t size);
int leaf_syscall(struct graph_builder *b, const void *rec, size_t size);
int leaf_go(struct graph_builder *b, const void *rec, size_t size);
int leaf_stack(struct graph_builder *b, const void *rec, size_t size);

#endif
