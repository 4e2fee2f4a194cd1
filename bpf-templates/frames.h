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

/* The level of frame i below the root of the open graph. */
static __always_inline __u32 gft_level(struct gft_gstate *st, __u32 i)
{
	__s32 level = (__s32)(i - st->root_n);

	return st->open && level > 0 ? level : 0;
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

/* Calls that did not return; the site is where gft learned of it. */
__noinline int gft_count_gone(__u32 site, __u32 calls)
{
	gft_count_in(GFT_ST_UNWOUND, site, calls);
	return 0;
}

#ifdef GFT_UNWOUND
/*
 * Clauses for calls that did not return.  Where the frames of such calls go,
 * each, the innermost first, runs the clauses of its function's exit that ask
 * for it.  They see the hit's context with the call's own site and key in it.
 */
static __always_inline void gft_unwound(struct gft_ctx *c, __u32 list); /* generated */

struct gft_sweep {
	struct gft_ctx *c;
	__u32 n; /* frames that stay */
};

static long gft_sweep_step(__u32 i, struct gft_sweep *s)
{
	struct gft_ctx *c = s->c;
	struct gft_gstate *st = c->st;
	struct gft_frame *f;
	__u32 n;

	if (!st)
		return 1;
	n = st->n;
	if (n <= s->n)
		return 1;
	st->n = --n;
	f = gft_frame_at(c, st, n);
	if (f && f->if_unwound) {
		c->key = f->key;
		c->site = f->site;
		c->probe_id = f->site | TY_PROBE_EXIT;
		c->duration = c->ts - f->ts;
		c->depth = gft_level(st, n);
		gft_unwound(c, f->if_unwound);
	}
	if (n >= GFT_INLINE_FRAMES) {
		struct gft_deep_key k = { gft_goid_in(c), c->tgid, n };

		bpf_map_delete_elem(&gft_deep, &k);
	}
	return 0;
}

/* Frames from index n on are gone, and no call of them returned. */
static __always_inline void gft_sweep(struct gft_ctx *c, __u32 n)
{
	struct gft_sweep s = { c, n };
	__u64 key = c->key;
	__u32 site = c->site, probe_id = c->probe_id;
	__u8 layout = c->layout, provider = c->provider;

	c->unwound = 1;
	bpf_loop(c->st->n - n, gft_sweep_step, &s, 0);
	c->unwound = 0;
	c->key = key;
	c->site = site;
	c->probe_id = probe_id;
	c->layout = layout;
	c->provider = provider;
}
#endif

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
	if (c->st->n)
		gft_count_gone(c->site, c->st->n);
#ifdef GFT_UNWOUND
	if (c->st->n)
		gft_sweep(c, 0);
#else
	gft_frames_cut(c, 0);
#endif
}

/* Frames whose keys are not below key are gone. */
static __always_inline void gft_frames_from(struct gft_ctx *c, __u64 key)
{
	struct gft_frame *top;
	__u32 n = c->st->n;

	if (!n)
		return;
	top = gft_frame_at(c, c->st, n - 1);
	if (top && top->key < key)
		return;
	n = gft_lower_bound(c, c->st, key);
	if (n < c->st->n)
		gft_count_gone(c->site, c->st->n - n);
#ifdef GFT_UNWOUND
	if (n < c->st->n)
		gft_sweep(c, n);
#else
	gft_frames_cut(c, n);
#endif
}

static __always_inline void gft_frames_unwind(struct gft_ctx *c)
{
	gft_frames_from(c, c->key);
}

#ifdef GFT_UNWOUND
/* Before anything else of an entry or exit: what is gone when it is reached. */
static __always_inline void gft_frames_gone(struct gft_ctx *c, bool exit)
{
	if (c->st)
		gft_frames_from(c, exit ? c->key + 1 : c->key);
}
#endif

static __always_inline void gft_frames_push(struct gft_ctx *c)
{
	struct gft_gstate *st;
#ifdef GFT_UNWOUND
	struct gft_frame fresh = { c->key, c->ts, c->site, c->if_unwound };
#else
	struct gft_frame fresh = { c->key, c->ts };
#endif
	__u32 n;

	if (!c->st)
		gft_create(c);
	st = c->st;
	if (!st)
		return;
#ifndef GFT_UNWOUND /* else gft_frames_gone() did it */
	gft_frames_unwind(c);
#endif
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
	c->depth = gft_level(st, n);
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
		f = i < st->n ? gft_frame_at(c, st, i) : 0;
		/* its own frame, if it is there, did return */
		if (f && i + (f->key == c->key) < st->n)
			gft_count_gone(c->site, st->n - i - (f->key == c->key));
	}
	c->depth = gft_level(st, i);
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
	if (c->st && !c->st->n && !c->st->open)
		gft_state_unused(c);
}

#endif
