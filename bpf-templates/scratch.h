/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * scratch.h - memory for what does not fit on BPF's stack of 512 bytes.
 *
 * A program claims one slot of its processor when it begins and gives it back
 * when it ends; the generator gives each value its place in it.  Programs may
 * interrupt each other on one processor, so there are some slots, each with a
 * busy flag.  The loader makes the array GFT_SCRATCH_SLOTS times as long as
 * there are processors; the script says how much a slot holds
 * (GFT_SCRATCH_BYTES, a multiple of 8).
 */
#ifndef GFT_SCRATCH_H
#define GFT_SCRATCH_H

struct gft_scratch_slot {
	__u64 busy;
	__u64 word; /* gft_hide() of text.h */
	char room[GFT_SCRATCH_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GFT_SCRATCH_SLOTS);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gft_scratch_slot));
} gft_scratch SEC(".maps");

/*
 * Claims a slot and gives its key, or GFT_SCRATCH_NONE.  A global function: the verifier
 * goes on from here once, not once for each slot.
 */
#define GFT_SCRATCH_NONE (~0U)

__noinline __u32 gft_scratch_slot(void)
{
	__u32 first = bpf_get_smp_processor_id() * GFT_SCRATCH_SLOTS;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GFT_SCRATCH_SLOTS; i++) {
		__u32 key = first + i;
		struct gft_scratch_slot *s = bpf_map_lookup_elem(&gft_scratch, &key);

		if (s && !__sync_lock_test_and_set(&s->busy, 1))
			return key;
	}
	return GFT_SCRATCH_NONE;
}

/* NULL when there is none free: the caller leaves its actions out. */
static __always_inline char *gft_scratch_claim(struct gft_ctx *c)
{
	__u32 key = gft_scratch_slot();
	struct gft_scratch_slot *s = bpf_map_lookup_elem(&gft_scratch, &key);

	if (s)
		return s->room;
	gft_count(GFT_ST_SCRATCH, c->site);
	return 0;
}

static __always_inline void gft_scratch_release(char *room)
{
	if (!room)
		return;
	barrier();
	*(volatile __u64 *)(room - __builtin_offsetof(struct gft_scratch_slot, room)) = 0;
}

static __always_inline volatile __u64 *gft_scratch_word(struct gft_ctx *c)
{
	return (void *)(c->scratch - 8);
}

#endif
