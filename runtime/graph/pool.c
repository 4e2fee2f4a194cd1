/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* pool.c - chunks of memory that go round between trees (pool.h). */
#include "runtime/graph/pool.h"

#include <stdlib.h>

#include "gft/buf.h"

#define CLASS_SIZE(c) ((size_t)1024 << (2 * (c)))
#define KEEP_BYTES    ((size_t)8 << 20) /* of free chunks, in each class */

struct pool_chunk {
	struct pool_chunk *next;
	size_t size;	/* bytes, header included */
	unsigned class; /* POOL_CLASSES: larger than all of them */
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
	for (unsigned c = 0; c < POOL_CLASSES; c++)
		free_list(p->spare[c]);
	*p = (struct pool){ 0 };
}

static struct pool_chunk *chunk_get(struct pool *p, unsigned class, size_t size)
{
	struct pool_chunk *c = class < POOL_CLASSES ? p->spare[class] : NULL;

	if (c) {
		p->spare[class] = c->next;
		p->nspare[class]--;
	} else {
		c = xmalloc(size);
		c->size = size;
		c->class = class;
	}
	p->bytes += size;
	return c;
}

static void chunk_put(struct pool *p, struct pool_chunk *c)
{
	p->bytes -= c->size;
	if (c->class < POOL_CLASSES && p->nspare[c->class] < KEEP_BYTES / c->size) {
		c->next = p->spare[c->class];
		p->spare[c->class] = c;
		p->nspare[c->class]++;
	} else {
		free(c);
	}
}

/* The chunk that follows c in a tree, with room for need bytes. */
static struct pool_chunk *chunk_after(struct pool *p, const struct pool_chunk *c, size_t need)
{
	unsigned class = !c ? 0 : c->class + 1 < POOL_CLASSES ? c->class + 1 : POOL_CLASSES - 1;

	need += sizeof(*c);
	while (class < POOL_CLASSES && need > CLASS_SIZE(class))
		class ++;
	return chunk_get(p, class, class < POOL_CLASSES ? CLASS_SIZE(class) : need);
}

void *pool_alloc(struct pool *p, struct pool_arena *a, size_t size)
{
	struct pool_chunk *c = a->top;
	void *mem;

	size = (size + 15) & ~(size_t)15;
	if (!c || c->size - sizeof(*c) - a->used < size) {
		c = chunk_after(p, c, size);
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
