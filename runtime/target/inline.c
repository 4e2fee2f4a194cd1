/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * inline.c - functions that the compiler copied into others: the inlining
 * trees that Go's tables keep for tracebacks.
 *
 * Each function that holds inlined calls has FUNCDATA_InlTree, an array of
 * runtime.inlinedCall (src/runtime/symtabinl.go; before 1.20 in symtab.go),
 * and PCDATA_InlTreeIndex says which of them an instruction belongs to.
 */
#include <fnmatch.h>
#include <stdlib.h>

#include "internal.h"

#define PCDATA_INL_TREE_INDEX 2
#define FUNCDATA_INL_TREE     3
#define CALLS_MAX	      65536

/* The layout of one version: bytes of _func before its tables, of inlinedCall, and of its fields. */
struct layout {
	uint32_t func, nfuncdata, call, name, parent_pc;
	unsigned gofunc; /* word of runtime.moduledata */
};

static bool layout_of(struct tgt *t, struct layout *l)
{
	int minor = go_minor_of(tgt_go_version(t));

	switch (t->pcln.ver) {
	case PCLN_118: *l = (struct layout){ 40, 39, 20, 12, 16, 38 }; return true;
	case PCLN_120: *l = (struct layout){ 44, 43, 16, 4, 8, minor >= 27 ? 43 : 40 }; return true;
	default: return false; /* older tables keep it elsewhere */
	}
}

/* As for functions: the exact name, or a glob. */
static bool matches(const char *pattern, bool glob, const char *name)
{
	return !strcmp(pattern, name) || (glob && !fnmatch(pattern, name, 0));
}

/* The inlined calls of function i: their array, and how many. */
static const uint8_t *calls_of(struct tgt *t, const struct layout *l, uint64_t gofunc, uint32_t i, uint32_t *n)
{
	const struct span *d = &t->pcln.funcdata;
	struct pcvalue it;
	uint32_t off, npcdata;
	const uint8_t *f;
	int32_t last = -1;
	uint64_t at;

	if ((uint64_t)i * 8 + 8 > d->n || (off = rd32(d->p + (uint64_t)i * 8 + 4)) > d->n || d->n - off < l->func)
		return NULL;
	f = d->p + off;
	npcdata = rd32(f + 28);
	at = (uint64_t)off + l->func + 4ULL * npcdata + 4 * FUNCDATA_INL_TREE;
	if (f[l->nfuncdata] <= FUNCDATA_INL_TREE || npcdata <= PCDATA_INL_TREE_INDEX || npcdata > 64 || at + 4 > d->n)
		return NULL;
	off = rd32(d->p + at);
	if (off == 0xffffffffU || !pcvalue_init(t, &it, rd32(f + l->func + 4 * PCDATA_INL_TREE_INDEX), 0))
		return NULL;
	while (pcvalue_next(&it))
		if (it.val > last)
			last = it.val;
	if (last < 0 || last >= CALLS_MAX)
		return NULL;
	*n = (uint32_t)last + 1;
	return tgt_mem(t, gofunc + off, (uint64_t)*n * l->call);
}

size_t tgt_inlined(struct tgt *t, const char *pattern, struct tgt_inlined *out, size_t max)
{
	bool glob = strpbrk(pattern, "*?[") != NULL;
	uint64_t md = tgt_moduledata(t), gofunc;
	size_t found = 0;
	struct layout l;

	if (!md || !layout_of(t, &l) || !tgt_word(t, md + 8ULL * l.gofunc, &gofunc))
		return 0;
	for (uint32_t i = 0; i < t->pcln.nfunc; i++) {
		uint32_t n = 0;
		const uint8_t *c = calls_of(t, &l, gofunc, i, &n);

		for (uint32_t k = 0; c && k < n; k++, c += l.call) {
			const char *name = pcln_name(t, (int32_t)rd32(c + l.name));

			if (!matches(pattern, glob, name))
				continue;
			if (found < max) {
				long into = tgt_func_at(t, pcln_entry(t, i));

				if (into < 0)
					continue;
				out[found].name = name;
				out[found].into = (uint32_t)into;
				out[found].vaddr = pcln_entry(t, i) + rd32(c + l.parent_pc);
			}
			found++;
		}
	}
	return found;
}
