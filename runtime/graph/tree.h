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
};

struct tree {
	struct graph_tree t;	    /* goid, tgid and is_thread are the table's key */
	struct tree *older, *newer; /* all trees in the order in which they opened */
	struct graph_opts opts;
	bool drop;    /* graph_drop() was called */
	bool evicted; /* given out early: the rest of its records is ignored */
	struct graph_node *root;
	struct frame *frames;
	size_t nframes, cap_frames;
	size_t nlost; /* frames below this one have lost set */
	struct graph_tag *tags;
	size_t cap_tags;
	struct pool_arena mem; /* nodes and payloads */
	struct pool_arena tag_mem;
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
