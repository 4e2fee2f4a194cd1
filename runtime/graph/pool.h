/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * pool.h - memory of open trees.
 *
 * A tree allocates from a chain of chunks and gives all of it back at once;
 * chunks go round between trees through the pool.  A tree's first chunk is
 * small, because most trees are, and thousands may be open at a time; each
 * further one is four times as large, up to 64 KiB.
 */
#ifndef GFT_GRAPH_POOL_H
#define GFT_GRAPH_POOL_H

#include <stddef.h>

struct pool_chunk;

#define POOL_CLASSES 4 /* chunks of 1, 4, 16 and 64 KiB */

struct pool {
	struct pool_chunk *spare[POOL_CLASSES];
	size_t nspare[POOL_CLASSES];
	size_t bytes; /* in use by trees */
};

/* One tree's memory: its chunks, the newest first. */
struct pool_arena {
	struct pool_chunk *top;
	size_t used; /* of top */
};

/* A point in an arena to which it can be rewound. */
struct pool_mark {
	struct pool_chunk *top;
	size_t used;
};

void pool_fini(struct pool *p);

/* size bytes, not zeroed, aligned to 16; never NULL. */
void *pool_alloc(struct pool *p, struct pool_arena *a, size_t size);
struct pool_mark pool_mark(const struct pool_arena *a);
/* Gives back what was allocated since the mark was taken. */
void pool_rewind(struct pool *p, struct pool_arena *a, struct pool_mark m);
void pool_release(struct pool *p, struct pool_arena *a);

#endif
