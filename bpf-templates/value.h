/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* value.h - arithmetic and aggregations of scripts. */
#ifndef GFT_VALUE_H
#define GFT_VALUE_H

#include <gft/hist.h>
#include <gft/memory.h>

/* BPF has no signed division before cpu v4, and none may divide by zero: bpftrace's result is 1. */
static __always_inline __u64 gft_udiv(__u64 a, __u64 b)
{
	return b ? a / b : 1;
}

static __always_inline __u64 gft_umod(__u64 a, __u64 b)
{
	return b ? a % b : 1;
}

static __always_inline __s64 gft_sdiv(__s64 a, __s64 b)
{
	__u64 ua = a < 0 ? 0 - (__u64)a : a, ub = b < 0 ? 0 - (__u64)b : b, q;

	if (!b)
		return 1;
	q = ua / ub;
	return (a < 0) != (b < 0) ? (__s64)(0 - q) : (__s64)q;
}

static __always_inline __s64 gft_smod(__s64 a, __s64 b)
{
	__u64 ua = a < 0 ? 0 - (__u64)a : a, ub = b < 0 ? 0 - (__u64)b : b, m;

	if (!b)
		return 1;
	m = ua % ub;
	return a < 0 ? (__s64)(0 - m) : (__s64)m;
}

struct gft_agg {
	__s64 total;
	__u64 n;
};

/*
 * A row is one processor's, and still two programs may be at it: a timer's interrupts a uprobe's, and
 * where the kernel is preemptible one task's follows another's in the middle.
 */
static __always_inline void gft_agg_sum(struct gft_agg *a, __s64 v)
{
	if (!a)
		return;
	__sync_fetch_and_add(&a->total, v);
	__sync_fetch_and_add(&a->n, 1);
}

#define GFT_AGG_TRIES 3 /* programs that interrupt one another here, each with a new least or greatest value */

static __always_inline void gft_agg_best(struct gft_agg *a, __s64 v, bool is_signed, bool least)
{
	if (!a)
		return;
#pragma unroll
	for (int i = 0; i < GFT_AGG_TRIES; i++) {
		__s64 old = *(volatile __s64 *)&a->total;
		bool less = is_signed ? v < old : (__u64)v < (__u64)old;

		if (*(volatile __u64 *)&a->n && (v == old || less != least))
			break;
		if (__sync_val_compare_and_swap(&a->total, old, v) == old)
			break;
	}
	__sync_fetch_and_add(&a->n, 1);
}

static __always_inline void gft_agg_min(struct gft_agg *a, __s64 v, bool is_signed)
{
	gft_agg_best(a, v, is_signed, true);
}

static __always_inline void gft_agg_max(struct gft_agg *a, __s64 v, bool is_signed)
{
	gft_agg_best(a, v, is_signed, false);
}

static __always_inline void gft_agg_hist(__u64 *h, __s64 v, bool is_signed, __u32 bits, __u32 buckets)
{
	__u64 i = gft_hist_bucket((__u64)v, is_signed && v < 0, bits);

	barrier_var(i); /* the compiler knows that i is small enough, the verifier does not */
	if (h && i < buckets)
		__sync_fetch_and_add(&h[i], 1);
}

static __always_inline void gft_agg_lhist(__u64 *h, __s64 v, __s64 min, __s64 max, __u64 step, __u32 buckets)
{
	__u64 i = v < min ? 0 : v >= max ? buckets - 1 : 1 + (__u64)(v - min) / step;

	barrier_var(i);
	if (h && i < buckets)
		__sync_fetch_and_add(&h[i], 1);
}

struct gft_moment {
	__u64 epoch;
	__s64 total;
	__u64 n;
};

/* how: 0 adds (sum, avg), -1 and 1 keep the least and the greatest, 2 the last */
static __always_inline void gft_agg_tseries(struct gft_moment *row, __s64 v, __u64 step, __u32 count, int how,
					    bool is_signed)
{
	__u64 epoch = bpf_ktime_get_ns() / step, i = epoch % count;
	struct gft_moment *m;
	bool less;

	barrier_var(i);
	if (!row || i >= count)
		return;
	m = &row[i];
	if (m->epoch != epoch || !m->n) {
		m->epoch = epoch;
		m->total = v;
		m->n = 1;
		return;
	}
	m->n++;
	less = is_signed ? v < m->total : (__u64)v < (__u64)m->total;
	if (how == 0)
		m->total += v;
	else if (how == 2 || (how < 0 ? less : !less))
		m->total = v;
}

#endif
