/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * names.h - comparing func and probe with text: a bit for each comparison of the script.
 *
 * gft_static_names[], of the probes that are no uprobes, stands in front of this
 * in the generated code.
 */
#ifndef GFT_NAMES_H
#define GFT_NAMES_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 16); /* as it is, and as the exit of its function (TY_PROBE_EXIT) */
} gft_site_names SEC(".maps");

/* id: of a uprobe its site; of another probe its number with the highest bit set (TY_PROBE_STATIC). */
static __always_inline bool gft_is_named(__u32 id, __u32 test)
{
	__u64 *v, i = id & ~TY_PROBE_STATIC;

	if (id & TY_PROBE_STATIC) {
		barrier_var(i);
		return i < GFT_STATIC_NAMES && (gft_static_names[i] >> test & 1);
	}
	i = id & TY_PROBE_EXIT;
	id &= ~TY_PROBE_EXIT;
	v = bpf_map_lookup_elem(&gft_site_names, &id);
	return v && ((i ? v[1] : v[0]) >> test & 1);
}

#endif
