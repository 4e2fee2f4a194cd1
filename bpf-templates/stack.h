/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * stack.h - call stacks, kept once each in a map under their hash.
 *
 * A stack does not fit on BPF's own: it is taken into a slot of the processor.
 * Programs may interrupt each other, so there are some, each with a busy flag.
 *
 * The kernel follows frame pointers, which Go keeps.  Where the frame is not
 * set up yet, or no more (entries and returns), it misses the caller: that
 * return address is put in here.
 */
#ifndef GFT_STACK_H
#define GFT_STACK_H

#define GFT_STACK_MAX	127
#define GFT_STACK_SLOTS 4
#define GFT_STACK_USER	(1ULL << 8) /* BPF_F_USER_STACK */
#define GFT_STACK_OWN	2	    /* gft_stack() and what called it: the lowest bits are how many to skip */

struct gft_stack_slot {
	__u64 busy;
	volatile __u64 n, start; /* numbers that the verifier shall know nothing of */
	__u64 ips[GFT_STACK_MAX + 2];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GFT_STACK_SLOTS);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gft_stack_slot));
} gft_stack_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, 8);
	__uint(value_size, 8 * GFT_STACK_MAX);
} gft_stacks SEC(".maps");

/* Claims a slot and gives its key, GFT_STACK_SLOTS when none is free; global, as gft_scratch_slot(). */
__noinline __u32 gft_stack_slot(void)
{
	for (__u32 i = 0; i < GFT_STACK_SLOTS; i++) {
		__u32 key = i;
		struct gft_stack_slot *s = bpf_map_lookup_elem(&gft_stack_slots, &key);

		if (s && !__sync_lock_test_and_set(&s->busy, 1))
			return key;
	}
	return GFT_STACK_SLOTS;
}

/* Whether the kernel's stack lacks the caller of the probed function. */
static __always_inline bool gft_lacks_caller(struct gft_ctx *c, struct gft_stack_slot *s, __u64 ret)
{
	__u64 bp = c->regs->bp;

	if (c->inside || bp + 8 == gft_sp(c)) /* the frame is set up */
		return false;
	/* newer kernels see some entries themselves; equal addresses may also be recursion, which Go's are */
	return s->ips[2] != ret || (c->abi != GFT_ABI_SYSV && gft_word(bp + 8) == ret);
}

/*
 * The hash of s->n addresses from s->start (0 or 1) on; those behind them become zero.  A global
 * function: the verifier walks through its rounds once, not once for each way that leads here.
 */
__noinline __u64 gft_stack_hash(struct gft_stack_slot *s)
{
	__u64 hash = 0xcbf29ce484222325ULL, n, *ips;

	if (!s)
		return 0;
	ips = &s->ips[s->start & 1];
	n = s->n;
	/* not asking where the end is: the verifier would go on from each possible one */
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GFT_STACK_MAX; i++) {
		__u64 inside = (__u64)((__s64)(i - n) >> 63);

		barrier_var(inside);
		ips[i] &= inside;
		hash = (hash ^ ips[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

/* Takes the stack into the map: dst is a struct ty_stack of include/gft/type.h. */
static __noinline int gft_stack(struct gft_ctx *c, char *dst, __u64 flags, __u32 max)
{
	__u32 key = gft_stack_slot();
	struct gft_stack_slot *s = bpf_map_lookup_elem(&gft_stack_slots, &key);
	__u64 hash, ret;
	__u32 start = 1;
	__u64 n;
	long r;

	__builtin_memset(dst, 0, 16);
	if (!s) {
		gft_count(GFT_ST_SCRATCH, c->site);
		return 0;
	}
	if (max > GFT_STACK_MAX)
		max = GFT_STACK_MAX;
	r = bpf_get_stack(c->tp, s->ips + 1, max * 8, !flags && c->own ? GFT_STACK_OWN : flags);
	if (r <= 0) {
		if (r && r != -14 /* EFAULT: there is none, as of a kernel thread in user space */)
			gft_count(GFT_ST_STACK_LOST, c->site);
		s->busy = 0;
		return 0;
	}
	n = (__u64)r / 8;
	if (flags && c->regs) {
		ret = gft_word(gft_sp(c));
		if (gft_lacks_caller(c, s, ret)) {
			s->ips[0] = s->ips[1];
			s->ips[1] = ret;
			start = 0;
			n++;
		}
	}
	if (n > max)
		n = max;
	s->n = n;
	s->start = start;
	hash = gft_stack_hash(s);
	hash |= 1; /* 0: no stack */
	r = 0;
	if (!bpf_map_lookup_elem(&gft_stacks, &hash))
		r = bpf_map_update_elem(&gft_stacks, &hash, &s->ips[start], BPF_ANY);
	s->busy = 0;
	if (r) {
		gft_count(GFT_ST_STACK_LOST, c->site);
		return 0;
	}
	*(__u64 *)dst = hash;
	*(__u32 *)(dst + 8) = flags ? c->tgid : 0;
	*(__u32 *)(dst + 12) = n;
	return 0;
}

#endif
