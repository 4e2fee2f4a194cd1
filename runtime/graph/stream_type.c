/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * stream_type.c - types from a file (stream_type.h).
 *
 * Fields may overlap, as a union's do, so size alone does not bound what a
 * type prints: ten nested structs of sixteen overlapping fields would print
 * 16^10 values of one byte.  Each type therefore has a weight, and a type
 * whose weight is far beyond its size is refused.
 */
#include "runtime/graph/stream_type.h"

#include "gft/hist.h"

#define MAX_SIZE (1U << 20)

static bool size_ok(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_NONE:
	case TY_VOID: return true;
	case TY_BOOL: return t->size == 1;
	case TY_INT: return t->size == 1 || t->size == 2 || t->size == 4 || t->size == 8;
	case TY_PTR:
	case TY_KSYM:
	case TY_CGROUP:
	case TY_COUNT: return t->size == 8;
	case TY_FLOAT: return t->size == 4 || t->size == 8;
	case TY_STRING: return t->size > 0;
	case TY_BUFFER: return t->size >= 4 && t->count <= t->size - 4;
	case TY_ARRAY: return t->elem && (uint64_t)t->elem->size * t->count <= t->size;
	case TY_TUPLE:
	case TY_RECORD:
	case TY_STRUCT:
	case TY_GO: return true;
	case TY_STACK: return t->size == sizeof(struct ty_stack);
	case TY_USYM: return t->size == sizeof(struct ty_usym);
	case TY_CODE: return t->size == sizeof(struct ty_code);
	case TY_FUNC:
	case TY_PROBE:
	case TY_USERNAME: return t->size == 4;
	case TY_TIMESTAMP: return t->size == sizeof(struct ty_timestamp);
	case TY_MAC: return t->size >= 6;
	case TY_INET: return t->size == sizeof(struct ty_inet);
	case TY_SUM:
	case TY_AVG:
	case TY_MIN:
	case TY_MAX:
	case TY_STATS: return t->size == sizeof(struct ty_agg);
	case TY_HIST: return t->bits <= GFT_HIST_MAX_BITS && t->size == 8 * gft_hist_buckets(t->bits);
	case TY_LHIST:
		return t->step > 0 && t->max > t->min &&
		       ((uint64_t)t->max - (uint64_t)t->min) / (uint64_t)t->step + 2 == t->size / 8;
	case TY_TSERIES: /* a row looks at all buckets: a bound on their square */
		return t->step > 0 && t->count <= 1000 && t->size == t->count * sizeof(struct ty_tseries_bucket);
	}
	return false;
}

static bool field_ok(const struct gft_type *t, const struct ty_field *f)
{
	if (f->off > t->size || f->type->size > t->size - f->off)
		return false;
	if (!f->bit_size)
		return true;
	return (f->type->kind == TY_INT || f->type->kind == TY_BOOL) && f->bit_size <= 64 && f->bit_off < 64;
}

uint64_t stream_type_weight(const struct gft_type *t, const uint64_t *weight)
{
	uint64_t w = 1;

	if (t->size > MAX_SIZE || !size_ok(t))
		return 0;
	if (t->kind == TY_ARRAY)
		w += weight[0] * t->count; /* both are below 2^32 */
	if (t->nfields && t->kind != TY_TUPLE && t->kind != TY_RECORD && t->kind != TY_STRUCT)
		return 0;
	for (uint32_t i = 0; i < t->nfields; i++) {
		if (!field_ok(t, &t->fields[i]))
			return 0;
		w += weight[i];
	}
	return w <= 8 * (uint64_t)t->size + 64 ? w : 0;
}
