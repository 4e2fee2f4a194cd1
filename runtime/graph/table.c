/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* table.c - finds the open tree of a goroutine (tree.h). */
#include <stdlib.h>

#include "gft/buf.h"
#include "runtime/graph/tree.h"

static size_t hash(uint32_t tgid, uint64_t goid, bool is_thread)
{
	uint64_t h = goid * 0x9e3779b97f4a7c15ULL;

	h ^= (((uint64_t)tgid << 1) | is_thread) * 0xc2b2ae3d27d4eb4fULL;
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15ULL;
	return (size_t)(h >> 20);
}

static size_t home(const struct tree_table *tt, const struct tree *t)
{
	return hash(t->t.tgid, t->t.goid, t->t.is_thread) & (tt->size - 1);
}

void tree_table_fini(struct tree_table *tt)
{
	free(tt->slot);
	*tt = (struct tree_table){ 0 };
}

struct tree *tree_table_find(const struct tree_table *tt, uint32_t tgid, uint64_t goid, bool is_thread)
{
	size_t i;

	if (!tt->n)
		return NULL;
	for (i = hash(tgid, goid, is_thread) & (tt->size - 1); tt->slot[i]; i = (i + 1) & (tt->size - 1)) {
		struct tree *t = tt->slot[i];

		if (t->t.goid == goid && t->t.tgid == tgid && t->t.is_thread == is_thread)
			return t;
	}
	return NULL;
}

static void insert(struct tree_table *tt, struct tree *t)
{
	size_t i = home(tt, t);

	while (tt->slot[i])
		i = (i + 1) & (tt->size - 1);
	tt->slot[i] = t;
}

void tree_table_add(struct tree_table *tt, struct tree *t)
{
	if (2 * (tt->n + 1) > tt->size) {
		struct tree_table old = *tt;

		tt->size = old.size ? old.size * 2 : 64;
		tt->slot = xcalloc(tt->size, sizeof(*tt->slot));
		for (size_t i = 0; i < old.size; i++)
			if (old.slot[i])
				insert(tt, old.slot[i]);
		free(old.slot);
	}
	insert(tt, t);
	tt->n++;
}

void tree_table_del(struct tree_table *tt, const struct tree *t)
{
	size_t mask = tt->size - 1, hole = home(tt, t);

	while (tt->slot[hole] != t)
		hole = (hole + 1) & mask;
	tt->n--;
	/* what was pushed past the hole moves back, so that no search stops short */
	for (size_t i = (hole + 1) & mask; tt->slot[i]; i = (i + 1) & mask) {
		if (((i - home(tt, tt->slot[i])) & mask) < ((i - hole) & mask))
			continue;
		tt->slot[hole] = tt->slot[i];
		hole = i;
	}
	tt->slot[hole] = NULL;
}
