/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sort.c - the order of a map's rows: numbers by value, the smallest first;
 * histograms by how much they counted; everything else by key.  Equal rows are
 * ordered by key, so that one content always prints alike.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/output/format.h"
#include "runtime/output/value.h"

struct order {
	const struct gft_type *key, *val;
};

static int order_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int order_number(const struct gft_type *t, const void *a, const void *b)
{
	int64_t x = 0, y = 0;
	bool is_signed;

	value_number(t, a, &x, &is_signed);
	value_number(t, b, &y, &is_signed);
	if (is_signed)
		return (x > y) - (x < y);
	return order_u64((uint64_t)x, (uint64_t)y);
}

static int order_key(const struct gft_type *t, const char *a, const char *b)
{
	int r = 0;

	switch (t->kind) {
	case TY_STRING: return strncmp(a, b, t->size);
	case TY_TUPLE:
	case TY_RECORD:
	case TY_STRUCT:
		for (uint32_t i = 0; i < t->nfields && !r; i++)
			r = order_key(t->fields[i].type, a + t->fields[i].off, b + t->fields[i].off);
		return r;
	case TY_ARRAY:
		for (uint32_t i = 0; i < t->count && !r; i++)
			r = order_key(t->elem, a + (size_t)i * t->elem->size, b + (size_t)i * t->elem->size);
		return r;
	default: return value_has_number(t) ? order_number(t, a, b) : memcmp(a, b, t->size);
	}
}

static int order_value(const struct gft_type *t, const void *a, const void *b)
{
	struct gft_type avg;

	switch (t->kind) {
	case TY_HIST:
	case TY_LHIST: return order_u64(value_hist_total(t, a), value_hist_total(t, b));
	case TY_STATS:
		avg = *t;
		avg.kind = TY_AVG;
		return order_number(&avg, a, b);
	case TY_INT:
	case TY_BOOL:
	case TY_COUNT:
	case TY_SUM:
	case TY_AVG:
	case TY_MIN:
	case TY_MAX: return order_number(t, a, b);
	default: return 0;
	}
}

static int order_row(const void *pa, const void *pb, void *ctx)
{
	const struct output_row *a = pa, *b = pb;
	const struct order *o = ctx;
	int r = order_value(o->val, a->val, b->val);

	if (r || !o->key || !a->key || !b->key)
		return r;
	return order_key(o->key, a->key, b->key);
}

struct output_row *output_sort(struct output_row *rows, size_t *n, const struct gft_type *key,
			       const struct gft_type *val, uint64_t top)
{
	struct order o = { key, val };

	if (*n > 1)
		qsort_r(rows, *n, sizeof(*rows), order_row, &o);
	if (top && *n > top) {
		rows += *n - top;
		*n = top;
	}
	return rows;
}
