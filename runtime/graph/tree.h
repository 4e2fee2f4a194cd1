/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * tree.h - an open tree, and the table that finds it by its goroutine.
 *
 * Frames that are open form a stack whose keys grow strictly; a frame that is
 * not kept (depth, limit) is still on it, without a node, so that nesting
 * stays exact.
 */
#ifndef GFT_GRAPH_TREE_H
#define GFT_GRAPH_TREE_H

#include "gft/graph.h"
#include "runtime/graph/pool.h"

struct frame {
	uint64_t key;
	struct graph_node *node; /* NULL: not kept */
	uint32_t func_id;
	bool lost;	       /* records were lost while it was open */
	struct pool_mark mark; /* the arena before the node */
	uint32_t kept;	       /* 1 + index of the innermost frame with a node, this one included */
};

/* graph(parks): what a frame needs besides, so that other graphs' frames stay small. */
struct frame_split {
	uint64_t spent[GFT_DOINGS]; /* the tree's, when the call began */
	struct graph_wait *waits;   /* so far, malloc'd */
	uint32_t nwaits, cap_waits;
};

/* graph(parks): what the goroutine does, since when, and for how long it did each. */
struct tree_split {
	uint8_t doing; /* enum gft_doing */
	uint64_t clock, spent[GFT_DOINGS];
	struct frame_split *frame; /* one for each frame, as many as there is room for frames */
	struct graph_node *park;   /* the leaf that is not over; NULL: none, or it is not kept */
	struct pool_mark park_mark;
	size_t park_frames;	 /* when it began */
	uint64_t park_since;	 /* up to here its time is in waits */
	const char *park_reason; /* NULL: it is not parked */
};

struct tree {
	struct graph_tree t;	    /* goid, tgid and is_thread are the table's key */
	struct tree *older, *newer; /* all trees in the order in which they opened */
	struct graph_opts opts;
	bool drop;    /* graph_drop() was called */
	bool closing; /* given out before it was over: what is open stays marked so */
	bool evicted; /* given out early: the rest of its records is ignored */
	struct graph_node *root;
	struct frame *frames;
	size_t nframes, cap_frames;
	size_t nlost;  /* frames below this one have lost set */
	uint64_t gone; /* --stream: nodes that count for the limit, and are not kept */
	struct graph_tag *tags;
	size_t cap_tags;
	struct pool_arena mem; /* nodes and payloads */
	struct pool_arena tag_mem;
	struct tree_split *split; /* graph(parks); NULL without */
};

/* Open addressing with linear probing; slots hold trees. */
struct tree_table {
	struct tree **slot;
	size_t size; /* a power of two, or 0 */
	size_t n;
};

void tree_table_fini(struct tree_table *tt);
struct tree *tree_table_find(const struct tree_table *tt, uint32_t tgid, uint64_t goid, bool is_thread);
/* The table has no tree of that key. */
void tree_table_add(struct tree_table *tt, struct tree *t);
void tree_table_del(struct tree_table *tt, const struct tree *t);

#endif
