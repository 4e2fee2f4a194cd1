/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * idmap.h - a hash table from two numbers, or a pointer, to a pointer or a
 * number.  Keys come from files and from targets, so nothing is indexed by them.
 */
#ifndef GFT_GRAPH_IDMAP_H
#define GFT_GRAPH_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap_slot {
	uint64_t a, b;
	uintptr_t val; /* 0: the slot is free */
};

struct idmap {
	struct idmap_slot *slot;
	size_t size, n; /* size: a power of two, or 0 */
};

void idmap_fini(struct idmap *m);
uintptr_t idmap_get(const struct idmap *m, uint64_t a, uint64_t b);	/* 0: not there */
void idmap_put(struct idmap *m, uint64_t a, uint64_t b, uintptr_t val); /* val is not 0; replaces */

#endif
