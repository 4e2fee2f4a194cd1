/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * loop.h - while and for of scripts.
 *
 * The body is a function that the kernel calls: the verifier looks at it once,
 * however often it runs.  fn returns 1 to end the loop.
 */
#ifndef GFT_LOOP_H
#define GFT_LOOP_H

#define GFT_LOOP_MAX  (1U << 23) /* what the kernel allows */
#define GFT_WHILE_MAX (1U << 20)

/*
 * Always 0, which the verifier does not know.  A loop's variables have it added
 * at each round: of a number that counts the rounds it would else look at every
 * value, and at all that comes behind the loop once for each.
 */
__u64 gft_nought;

static __always_inline __u64 gft_unknown(void)
{
	return *(volatile __u64 *)&gft_nought;
}

static __always_inline void gft_loop(__s64 from, __s64 to, void *fn, void *locals, __u32 site)
{
	__u64 n = to > from ? (__u64)to - (__u64)from : 0;

	/* of a loop that never runs the verifier drops the body, and Linux 6.18 then stumbles over its reference */
	if (!n)
		return;
	if (n > GFT_LOOP_MAX) {
		gft_count(GFT_ST_LOOP, site);
		n = GFT_LOOP_MAX;
	}
	bpf_loop((__u32)n, fn, locals, 0);
}

/* For len(): bpf_for_each_map_elem() returns how many it has seen. */
static long gft_next_row(void *map, const void *key, void *val, void *ctx)
{
	return 0;
}

/* A loop that would not end is ended. */
static __always_inline void gft_while(void *fn, void *locals, __u32 site)
{
	if (bpf_loop(GFT_WHILE_MAX, fn, locals, 0) == GFT_WHILE_MAX)
		gft_count(GFT_ST_LOOP, site);
}

#endif
