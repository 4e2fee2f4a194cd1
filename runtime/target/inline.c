/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * inline.c - functions that the compiler copied into others: the inlining
 * trees that Go's tables keep for tracebacks.
 *
 * Each function that holds inlined calls has FUNCDATA_InlTree, an array of
 * runtime.inlinedCall (src/runtime/symtabinl.go; before 1.20 in symtab.go),
 * and PCDATA_InlTreeIndex says which of them an instruction belongs to.
 */
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
	int minor = tgt_minor(t);

	switch (t->pcln.ver) {
	case PCLN_118: *l = (struct layout){ 40, 39, 20, 12, 16, 38 }; return true;
	case PCLN_120: *l = (struct layout){ 44, 43, 16, 4, 8, minor >= 27 ? 43 : 40 }; return true;
	default: return false; /* older tables keep it elsewhere */
	}
}

/* The inlined calls of function i: their array, how many, and the table of which of them code belongs to. */
static const uint8_t *calls_of(struct tgt *t, const struct layout *l, uint64_t gofunc, uint32_t i, uint32_t *n,
			       uint32_t *table)
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
	*table = rd32(f + l->func + 4 * PCDATA_INL_TREE_INDEX);
	if (off == 0xffffffffU || !pcvalue_init(t, &it, *table, 0))
		return NULL;
	while (pcvalue_next(&it))
		if (it.val > last)
			last = it.val;
	if (last < 0 || last >= CALLS_MAX)
		return NULL;
	*n = (uint32_t)last + 1;
	return tgt_mem(t, gofunc + off, (uint64_t)*n * l->call);
}

/* The way from an instruction outwards, through the copies that it belongs to. */
struct way {
	struct tgt *t;
	struct layout l;
	const uint8_t *calls;
	uint32_t n, table, steps;
	uint64_t entry, at; /* the instruction; then the call that each copy replaced */
	const char *name;   /* of the copy that it belongs to */
};

static bool way_begin(struct way *w, struct tgt *t, uint64_t vaddr)
{
	uint64_t md = tgt_moduledata(t), gofunc;
	long f = tgt_func_at(t, vaddr);

	*w = (struct way){ .t = t, .at = vaddr };
	if (f < 0 || t->fn_pcln[f] == NO_PCLN || !md || !layout_of(t, &w->l) ||
	    !tgt_word(t, md + 8ULL * w->l.gofunc, &gofunc))
		return false;
	w->calls = calls_of(t, &w->l, gofunc, t->fn_pcln[f], &w->n, &w->table);
	w->entry = pcln_entry(t, t->fn_pcln[f]);
	return true;
}

/* Whether at belongs to a copy, whose name is told; *out is where it was copied to. */
static bool way_copy(struct way *w, uint64_t *out)
{
	const uint8_t *c;
	int32_t k;

	/* a copy in a copy in a copy: there are no more than n */
	if (!w->calls || w->steps++ > w->n || !pcvalue_at(w->t, w->table, w->entry, w->at, &k) || k < 0 ||
	    (uint32_t)k >= w->n)
		return false;
	c = w->calls + (size_t)k * w->l.call;
	w->name = pcln_name(w->t, (int32_t)rd32(c + w->l.name));
	*out = w->entry + rd32(c + w->l.parent_pc);
	return true;
}

bool tgt_line_outside(struct tgt *t, uint64_t vaddr, bool (*skip)(const char *func), const char **file, unsigned *line)
{
	struct way w;
	uint64_t out;

	if (!way_begin(&w, t, vaddr))
		return false;
	while (way_copy(&w, &out) && skip(w.name))
		w.at = out;
	return w.at != vaddr && tgt_line(t, w.at, file, line);
}

size_t tgt_frames_at(struct tgt *t, uint64_t vaddr, struct tgt_frame *out, size_t max)
{
	long f = tgt_func_at(t, vaddr);
	size_t n = 0;
	struct way w;
	uint64_t up;

	if (f < 0 || !max)
		return 0;
	if (!way_begin(&w, t, vaddr))
		w = (struct way){ .t = t, .at = vaddr };
	while (way_copy(&w, &up)) {
		if (n + 1 < max) {
			out[n] = (struct tgt_frame){ .func = w.name };
			if (!tgt_line(t, w.at, &out[n].file, &out[n].line))
				out[n].file = NULL;
			n++;
		}
		w.at = up;
	}
	out[n] = (struct tgt_frame){ .func = tgt_func(t, (uint32_t)f)->name };
	if (!tgt_line(t, w.at, &out[n].file, &out[n].line))
		out[n].file = NULL;
	return n + 1;
}

size_t tgt_inlined(struct tgt *t, const char *pattern, struct tgt_inlined *out, size_t max)
{
	uint64_t md = tgt_moduledata(t), gofunc;
	size_t found = 0;
	struct layout l;

	if (!md || !layout_of(t, &l) || !tgt_word(t, md + 8ULL * l.gofunc, &gofunc))
		return 0;
	for (uint32_t i = 0; i < t->pcln.nfunc; i++) {
		uint32_t n = 0, table;
		const uint8_t *c = calls_of(t, &l, gofunc, i, &n, &table);

		for (uint32_t k = 0; c && k < n; k++, c += l.call) {
			const char *name = pcln_name(t, (int32_t)rd32(c + l.name));

			if (!tgt_name_matches(pattern, name))
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

/* --- functions without code of their own ------------------------------------------------------ */

/* By the offset of the name, which the linker keeps once: open addressing. */
struct copy {
	int32_t name; /* 0: free (the name at 0 is empty) */
	uint32_t into, places;
	uint32_t parent_pc;
	bool has_code;
};

struct copies {
	struct copy *v;
	size_t n, cap;
};

static struct copy *copy_of(struct copies *c, int32_t name)
{
	size_t i;

	if (c->n * 2 >= c->cap) {
		struct copy *old = c->v;
		size_t cap = c->cap;

		c->cap = cap ? cap * 2 : 4096;
		c->v = xcalloc(c->cap, sizeof(*c->v));
		for (size_t k = 0; k < cap; k++) {
			if (!old[k].name)
				continue;
			for (i = ((uint32_t)old[k].name * 0x9e3779b1U) & (c->cap - 1); c->v[i].name;
			     i = (i + 1) & (c->cap - 1))
				;
			c->v[i] = old[k];
		}
		free(old);
	}
	for (i = ((uint32_t)name * 0x9e3779b1U) & (c->cap - 1); c->v[i].name && c->v[i].name != name;
	     i = (i + 1) & (c->cap - 1))
		;
	if (!c->v[i].name) {
		c->v[i].name = name;
		c->n++;
	}
	return &c->v[i];
}

static void collect(struct tgt *t, const struct layout *l, uint64_t gofunc, struct copies *c)
{
	for (uint32_t i = 0; i < t->pcln.nfunc; i++) {
		const uint8_t *in;
		struct pcln_func f;
		uint32_t n = 0, table;

		if (pcln_func(t, i, &f) && f.name > 0)
			copy_of(c, f.name)->has_code = true;
		in = calls_of(t, l, gofunc, i, &n, &table);
		for (uint32_t k = 0; in && k < n; k++, in += l->call) {
			int32_t name = (int32_t)rd32(in + l->name);
			struct copy *x;

			if (name <= 0 || (size_t)name >= t->pcln.names.n)
				continue;
			x = copy_of(c, name);
			if (!x->places++) {
				x->into = i;
				x->parent_pc = rd32(in + l->parent_pc);
			}
		}
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tgt_inlined_only *)a)->where.name,
		      ((const struct tgt_inlined_only *)b)->where.name);
}

size_t tgt_inlined_only(struct tgt *t, const char *pattern, struct tgt_inlined_only **out)
{
	uint64_t md = tgt_moduledata(t), gofunc;
	struct tgt_inlined_only *v = NULL;
	struct copies c = { 0 };
	size_t n = 0, cap = 0;
	struct layout l;

	*out = NULL;
	if (!md || !layout_of(t, &l) || !tgt_word(t, md + 8ULL * l.gofunc, &gofunc))
		return 0;
	collect(t, &l, gofunc, &c);
	for (size_t i = 0; i < c.cap; i++) {
		const struct copy *x = &c.v[i];
		const char *name = pcln_name(t, x->name);
		long into;

		if (!x->name || x->has_code || !x->places || !tgt_name_matches(pattern, name))
			continue;
		into = tgt_func_at(t, pcln_entry(t, x->into));
		if (into < 0)
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 64;
			v = xrealloc(v, cap * sizeof(*v));
		}
		v[n++] = (struct tgt_inlined_only){ { name, (uint32_t)into, pcln_entry(t, x->into) + x->parent_pc },
						    x->places };
	}
	free(c.v);
	if (n)
		qsort(v, n, sizeof(*v), by_name);
	*out = v;
	return n;
}
