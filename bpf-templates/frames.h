/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * frames.h - kernel-side frames: when each open call began, by key.
 *
 * Only scripts that use duration or depth have this.  Frames of a goroutine
 * are ordered by key, so the frame of an exit, and the frames that a panic
 * removed, are found by binary search when the top is not it.  The first
 * frames lie in the goroutine's state, the rest in a hash by index.
 */
#ifndef GFT_FRAMES_H
#define GFT_FRAMES_H

struct gft_deep_key {
	__u64 goid;
	__u32 tgid;
	__u32 i;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct gft_deep_key));
	__uint(value_size, sizeof(struct gft_frame));
} gft_deep SEC(".maps");

static __always_inline struct gft_frame *gft_frame_at(struct gft_ctx *c, struct gft_gstate *st, __u32 i)
{
	struct gft_deep_key k = { gft_goid_in(c), c->tgid, i };

	if (i < GFT_INLINE_FRAMES) {
		barrier_var(i); /* or the compiler drops the mask that the verifier wants to see */
		return &st->f[i & (GFT_INLINE_FRAMES - 1)];
	}
	return bpf_map_lookup_elem(&gft_deep, &k);
}

struct gft_search {
	struct gft_ctx *c;
	struct gft_gstate *st;
	__u64 key;
	__u32 lo, hi;
};

static long gft_search_step(__u32 i, struct gft_search *s)
{
	struct gft_frame *f;
	__u32 mid = (s->lo + s->hi) / 2;

	if (s->lo >= s->hi)
		return 1;
	f = gft_frame_at(s->c, s->st, mid);
	if (!f || f->key < s->key)
		s->lo = mid + 1;
	else
		s->hi = mid;
	return 0;
}

/* Index of the first frame whose key is not below key. */
static __always_inline __u32 gft_lower_bound(struct gft_ctx *c, struct gft_gstate *st, __u64 key)
{
	struct gft_search s = { c, st, key, 0, st->n };

	/* a loop in C would be verified along every path through all of its steps */
	bpf_loop(21, gft_search_step, &s, 0);
	return s.lo;
}

struct gft_clear {
	struct gft_deep_key k;
};

static long gft_clear_step(__u32 i, struct gft_clear *d)
{
	bpf_map_delete_elem(&gft_deep, &d->k);
	d->k.i++;
	return 0;
}

/* Frames from index n on are gone; those of the hash must not stay there when the goroutine does not come back. */
static __always_inline void gft_frames_cut(struct gft_ctx *c, __u32 n)
{
	struct gft_clear d = { { gft_goid_in(c), c->tgid, n < GFT_INLINE_FRAMES ? GFT_INLINE_FRAMES : n } };

	if (c->st->n > d.k.i)
		bpf_loop(c->st->n - d.k.i, gft_clear_step, &d, 0);
	c->st->n = n;
}

static __always_inline void gft_frames_drop(struct gft_ctx *c)
{
	gft_frames_cut(c, 0);
}

static __always_inline void gft_frames_unwind(struct gft_ctx *c)
{
	struct gft_frame *top;
	__u32 n = c->st->n;

	if (!n)
		return;
	top = gft_frame_at(c, c->st, n - 1);
	if (top && top->key < c->key)
		return;
	n = gft_lower_bound(c, c->st, c->key);
	if (n < c->st->n)
		gft_count(GFT_ST_UNWOUND, c->site);
	gft_frames_cut(c, n);
}

static __always_inline void gft_frames_push(struct gft_ctx *c)
{
	struct gft_gstate *st;
	struct gft_frame fresh = { c->key, c->ts };
	__u32 n;

	if (!c->st)
		gft_create(c);
	st = c->st;
	if (!st)
		return;
	gft_frames_unwind(c);
	n = st->n;
	if (n >= GFT_MAX_FRAMES) {
		gft_count(GFT_ST_DEPTH, c->site);
		return;
	}
	if (n < GFT_INLINE_FRAMES) {
		barrier_var(n);
		st->f[n & (GFT_INLINE_FRAMES - 1)] = fresh;
	} else {
		struct gft_deep_key k = { gft_goid_in(c), c->tgid, n };

		if (bpf_map_update_elem(&gft_deep, &k, &fresh, BPF_ANY)) {
			gft_count(GFT_ST_DEPTH, c->site);
			return;
		}
	}
	st->n = n + 1;
	c->depth = st->open && n > st->root_n ? n - st->root_n : 0;
}

/* Finds this exit's frame: matched says whether there was one. */
static __always_inline void gft_frames_pop(struct gft_ctx *c)
{
	struct gft_gstate *st = c->st;
	struct gft_frame *f;
	__u32 i;

	if (!st || !st->n) {
		gft_count(GFT_ST_UNMATCHED, c->site);
		return;
	}
	i = st->n - 1;
	f = gft_frame_at(c, st, i);
	if (!f || f->key != c->key) {
		i = gft_lower_bound(c, st, c->key);
		if (i < st->n)
			gft_count(GFT_ST_UNWOUND, c->site);
		f = i < st->n ? gft_frame_at(c, st, i) : 0;
	}
	c->depth = st->open && i > st->root_n ? i - st->root_n : 0;
	if (f && f->key == c->key) {
		c->duration = c->ts - f->ts;
		c->matched = 1;
	} else {
		gft_count(GFT_ST_UNMATCHED, c->site);
	}
	gft_frames_cut(c, i);
}

/* After the exit's clauses: a goroutine without frames and graph needs no state. */
static __always_inline void gft_frames_done(struct gft_ctx *c)
{
	struct gft_gkey k;

	if (!c->st || c->st->n || c->st->open)
		return;
	gft_gkey(c, &k);
	bpf_map_delete_elem(&gft_goroutines, &k);
	c->st = 0;
}

#endif
