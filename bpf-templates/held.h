/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * held.h - graph(min): the root's record waits.
 *
 * Until a call inside of the root or a tag is recorded the graph is one call:
 * if that is too short, nothing of it is ever written.  What the first line
 * says is kept in the goroutine's state; its values, where it has some, are
 * put together with it as the record that they will be, in an element of
 * their own, which stays as long as the state does.
 */
#ifndef GFT_HELD_BPF_H
#define GFT_HELD_BPF_H

#ifdef GFT_HELD
/* What a new element is made from: too large for BPF's stack. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gft_held));
} gft_held_new SEC(".maps");

/*
 * The root's record with payload bytes of values waits: c->held is where they are written.  False when
 * there is no room for it; it is written now, then.
 */
static __always_inline bool gft_hold(struct gft_ctx *c, __u32 payload)
{
	struct gft_held *h, *fresh;
	struct gft_gkey k;
	__u32 first = 0;

	if (payload > GFT_HELD)
		return false;
	gft_gkey(c, &k);
	h = bpf_map_lookup_elem(&gft_held, &k);
	if (!h) {
		fresh = bpf_map_lookup_elem(&gft_held_new, &first);
		if (!fresh || bpf_map_update_elem(&gft_held, &k, fresh, BPF_NOEXIST))
			return false;
		h = bpf_map_lookup_elem(&gft_held, &k);
		if (!h)
			return false;
	}
	gft_head(c, &h->r.c, GFT_REC_ENTRY, GFT_RF_OPEN, c->graph - 1);
	h->r.caller_rel = c->st->caller_rel;
	c->held = h->payload;
	return true;
}

/* Writes it, with the payload bytes that it was held with; false when that is not possible. */
static __always_inline bool gft_held_write(struct gft_ctx *c, __u64 payload)
{
	struct gft_held *h;
	struct gft_gkey k;

	gft_gkey(c, &k);
	h = bpf_map_lookup_elem(&gft_held, &k);
	return h && gft_output(h, sizeof(h->r) + payload, sizeof(*h));
}
#endif

/* The record is due. */
static __noinline int gft_release(struct gft_ctx *c)
{
	struct gft_rec_entry *r;
	struct gft_gstate *st;

	if (!c)
		return 0;
	st = c->st;
	if (!st || !st->min)
		return 0;
	st->min = 0;
#ifdef GFT_HELD
	if (st->held) {
		if (!gft_held_write(c, st->held)) {
			gft_count(GFT_ST_RING_FULL, st->site);
			gft_lose(st, GFT_LOST_ROOT);
		}
		return 0;
	}
#endif
	r = gft_reserve(sizeof(*r), st->site);
	if (!r) {
		gft_lose(st, GFT_LOST_ROOT);
		return 0;
	}
	gft_head(c, &r->c, GFT_REC_ENTRY, GFT_RF_OPEN, st->open - 1);
	r->c.h.flags = GFT_RF_OPEN | st->rflags;
	r->c.h.site = st->site;
	r->c.h.ts_ns = st->start;
	r->c.key = st->root_key;
	r->caller_rel = st->caller_rel;
	gft_submit(r);
	return 0;
}

/* The root is over: whether nothing of it was written, nor will be. */
static __always_inline bool gft_too_short(struct gft_ctx *c)
{
	if (!c->st->min)
		return false;
	if (c->ts - c->st->start < c->st->min || (c->st->lost & GFT_DROPPED))
		return true;
	gft_release(c);
	return false;
}

/* Its root opens: whether the record waits. */
static __always_inline bool gft_waits(struct gft_ctx *c, __u32 payload)
{
	c->st->min = 0;
	if (!c->min)
		return false;
	c->st->caller_rel = gft_caller_rel(c);
#ifdef GFT_HELD
	c->st->held = payload;
	if (payload && !gft_hold(c, payload))
		return false;
#else
	if (payload)
		return false;
#endif
	c->st->above = c->key;
	c->st->min = c->min;
	c->st->start = c->ts;
	c->st->site = c->site;
	c->st->rflags = c->rflags;
	return true;
}

#endif
