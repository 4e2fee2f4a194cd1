/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * hist.h - buckets of hist(n, bits).  BPF counts with these and user space
 * prints with them, so both compile this header; like wire.h it uses only
 * fixed-width types and no library.
 *
 * bucket 0: negative values; bucket 1: zero; then one bucket per value below
 * 2^(bits+1); then 2^bits buckets per power of two, up to 64-bit values.
 */
#ifndef GFT_HIST_H
#define GFT_HIST_H

#ifndef GFT_BPF
#include <linux/types.h>
#endif

/* The largest "bits" that hist() takes. */
#define GFT_HIST_MAX_BITS 5

/* How many buckets there are. */
static inline __u32 gft_hist_buckets(__u32 bits)
{
	return 1 + (2U << bits) + ((63 - bits) << bits);
}

/* The bucket of v; neg: v is a negative number (v itself is then not looked at). */
static inline __u32 gft_hist_bucket(__u64 v, int neg, __u32 bits)
{
	__u64 n = v;
	__u32 msb = 0, s;

	if (neg)
		return 0;
	if (v < (2ULL << bits))
		return 1 + (__u32)v;
	s = (__u32)(n > 0xffffffffULL) << 5;
	n >>= s;
	msb |= s;
	s = (__u32)(n > 0xffff) << 4;
	n >>= s;
	msb |= s;
	s = (__u32)(n > 0xff) << 3;
	n >>= s;
	msb |= s;
	s = (__u32)(n > 0xf) << 2;
	n >>= s;
	msb |= s;
	s = (__u32)(n > 0x3) << 1;
	n >>= s;
	msb |= s | (__u32)(n >> 1);
	/* v >> (msb - bits) is in [2^bits, 2^(bits+1)) */
	return 1 + ((msb - bits) << bits) + (__u32)(v >> (msb - bits));
}

/*
 * The smallest value of a bucket; its largest is one less than the next one's.
 * 0 for the bucket of negative values; one past the last bucket gives 0 (2^64).
 */
static inline __u64 gft_hist_low(__u32 bucket, __u32 bits)
{
	__u32 i, power;

	if (bucket < 2)
		return 0;
	i = bucket - 1;
	if (i < (2U << bits))
		return i;
	power = (i >> bits) - 1; /* values are shifted by this much */
	if (power + bits > 63)
		return 0;
	return (__u64)((i & ((1U << bits) - 1)) | (1U << bits)) << power;
}

#endif
