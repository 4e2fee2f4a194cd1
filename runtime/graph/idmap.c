/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* idmap.c - open addressing with linear probing (idmap.h). */
#include "runtime/graph/idmap.h"

#include <stdlib.h>

#include "gft/buf.h"

static struct idmap_slot *find(const struct idmap *m, uint64_t a, uint64_t b)
{
	uint64_t h = (a + 0x9e3779b97f4a7c15ULL) * 0xc2b2ae3d27d4eb4fULL ^ b;
	size_t i;

	h = (h ^ h >> 29) * 0x9e3779b97f4a7c15ULL;
	for (i = (size_t)(h >> 24) & (m->size - 1); m->slot[i].val; i = (i + 1) & (m->size - 1))
		if (m->slot[i].a == a && m->slot[i].b == b)
			break;
	return &m->slot[i];
}

void idmap_fini(struct idmap *m)
{
	free(m->slot);
	*m = (struct idmap){ 0 };
}

uintptr_t idmap_get(const struct idmap *m, uint64_t a, uint64_t b)
{
	return m->n ? find(m, a, b)->val : 0;
}

void idmap_put(struct idmap *m, uint64_t a, uint64_t b, uintptr_t val)
{
	struct idmap_slot *s;

	if (2 * (m->n + 1) > m->size) {
		struct idmap old = *m;

		m->size = old.size ? old.size * 2 : 256;
		m->slot = xcalloc(m->size, sizeof(*m->slot));
		for (size_t i = 0; i < old.size; i++)
			if (old.slot[i].val)
				*find(m, old.slot[i].a, old.slot[i].b) = old.slot[i];
		free(old.slot);
	}
	s = find(m, a, b);
	if (!s->val)
		m->n++;
	*s = (struct idmap_slot){ a, b, val };
}
