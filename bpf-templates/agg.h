/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* agg.h - aggregations that the script reads: the rows of all processors together. */
#ifndef GFT_AGG_H
#define GFT_AGG_H

#define GFT_CPUS_MAX 8192

enum { GFT_AGG_COUNT, GFT_AGG_SUM, GFT_AGG_AVG, GFT_AGG_MIN, GFT_AGG_MAX };

static __always_inline __s64 gft_agg_read(void *map, const void *key, int kind, bool is_signed)
{
	__s64 total = 0;
	__u64 n = 0;

	for (__u32 cpu = 0; cpu < GFT_CPUS_MAX; cpu++) {
		struct gft_agg *a;

		if (cpu >= gft_ncpus)
			break;
		a = bpf_map_lookup_percpu_elem(map, key, cpu);
		if (!a)
			break;
		if (kind == GFT_AGG_COUNT) { /* a lone number */
			total += *(__u64 *)a;
			continue;
		}
		if (kind == GFT_AGG_SUM || kind == GFT_AGG_AVG) {
			total += a->total;
		} else if (a->n) {
			bool less = is_signed ? a->total < total : (__u64)a->total < (__u64)total;

			if (!n || (kind == GFT_AGG_MIN ? less : !less))
				total = a->total;
		}
		n += a->n;
	}
	if (kind == GFT_AGG_AVG)
		return !n ? 0 : is_signed ? gft_sdiv(total, (__s64)n) : (__s64)gft_udiv((__u64)total, n);
	return total;
}

#endif
