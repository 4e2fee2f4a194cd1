/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * id.h - func and probe at exits.
 *
 * A function may have many exits, each a site, and all of them are one probe:
 * what they are called by is one id, or a map by func would have a row for each.
 */
#ifndef GFT_ID_H
#define GFT_ID_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} gft_site_id SEC(".maps");

static __always_inline void gft_exit_id(struct gft_ctx *c)
{
	__u32 site = c->site, *id = bpf_map_lookup_elem(&gft_site_id, &site);

	if (id)
		c->probe_id = *id;
}

#endif
