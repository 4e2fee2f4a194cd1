/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* pool.c - chunks of memory that go round between trees (pool.h). */
#include "runtime/graph/pool.h"

#include <stdlib.h>

#include "gft/buf.h"

#define SMALL_CHUNK ((size_t)4096)
#define BIG_CHUNK   ((size_t)65536)
/* Free chunks that are kept: 4 MiB of small ones, 16 MiB of big ones. */
#define KEEP_SMALL 1024
#define KEEP_BIG   256

struct pool_chunk {
	struct pool_chunk *next;
	size_t size; /* bytes, header included */
	_Alignas(16) char data[];
};

static void free_list(struct pool_chunk *c)
{
	while (c) {
		struct pool_chunk *next = c->next;

		free(c);
		c = next;
	}
}

void pool_fini(struct pool *p)
{
	free_list(p->small);
	free_list(p->big);
	*p = (struct pool){ 0 };
}

static struct pool_chunk *chunk_get(struct pool *p, size_t size)
{
	struct pool_chunk *c = NULL;

	if (size == SMALL_CHUNK && p->small) {
		c = p->small;
		p->small = c->next;
		p->nsmall--;
	} else if (size == BIG_CHUNK && p->big) {
		c = p->big;
		p->big = c->next;
		p->nbig--;
	} else {
		c = xmalloc(size);
		c->size = size;
	}
	p->bytes += size;
	return c;
}

static void chunk_put(struct pool *p, struct pool_chunk *c)
{
	p->bytes -= c->size;
	if (c->size == SMALL_CHUNK && p->nsmall < KEEP_SMALL) {
		c->next = p->small;
		p->small = c;
		p->nsmall++;
	} else if (c->size == BIG_CHUNK && p->nbig < KEEP_BIG) {
		c->next = p->big;
		p->big = c;
		p->nbig++;
	} else {
		free(c);
	}
}

void *pool_alloc(struct pool *p, struct pool_arena *a, size_t size)
{
	struct pool_chunk *c = a->top;
	void *mem;

	size = (size + 15) & ~(size_t)15;
	if (!c || c->size - sizeof(*c) - a->used < size) {
		size_t want = c ? BIG_CHUNK : SMALL_CHUNK;

		if (size > want - sizeof(*c))
			want = size <= BIG_CHUNK - sizeof(*c) ? BIG_CHUNK : size + sizeof(*c);
		c = chunk_get(p, want);
		c->next = a->top;
		a->top = c;
		a->used = 0;
	}
	mem = c->data + a->used;
	a->used += size;
	return mem;
}

struct pool_mark pool_mark(const struct pool_arena *a)
{
	return (struct pool_mark){ a->top, a->used };
}

void pool_rewind(struct pool *p, struct pool_arena *a, struct pool_mark m)
{
	while (a->top != m.top) {
		struct pool_chunk *c = a->top;

		a->top = c->next;
		chunk_put(p, c);
	}
	a->used = m.used;
}

void pool_release(struct pool *p, struct pool_arena *a)
{
	pool_rewind(p, a, (struct pool_mark){ NULL, 0 });
}
