/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ring.h - records to user space.
 *
 * A wake-up for each record would cost more than the record: the reader polls,
 * and is woken only when a good part of the buffer is full.
 */
#ifndef GFT_RING_H
#define GFT_RING_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} gft_ring SEC(".maps");

static __always_inline void *gft_reserve(__u32 size, __u32 site)
{
	void *r = bpf_ringbuf_reserve(&gft_ring, size, 0);

	if (!r)
		gft_count(GFT_ST_RING_FULL, site);
	return r;
}

static __always_inline __u64 gft_wakeup(void)
{
	return bpf_ringbuf_query(&gft_ring, BPF_RB_AVAIL_DATA) >= gft_wakeup_bytes ? BPF_RB_FORCE_WAKEUP
										   : BPF_RB_NO_WAKEUP;
}

static __always_inline void gft_submit(void *r)
{
	bpf_ringbuf_submit(r, gft_wakeup());
}

/* A record that was put together elsewhere: its first size bytes, most at most.  Whether there was room. */
static __always_inline bool gft_output(void *r, __u64 size, __u32 most)
{
	__u64 wakeup = gft_wakeup();

	barrier_var(size); /* or the compiler drops the check that the verifier wants to see */
	if (size > most)
		size = most;
	return !bpf_ringbuf_output(&gft_ring, r, size, wakeup);
}

static __always_inline void gft_event_head(struct gft_ctx *c, struct gft_rec_event *r, __u16 number)
{
	r->h.kind = GFT_REC_EVENT;
	r->h.flags = 0;
	r->h.aux = number;
	r->h.site = c->site;
	r->h.ts_ns = bpf_ktime_get_ns();
}

/* An action's output (struct gft_rec_event); the caller fills what follows and submits. */
static __always_inline void *gft_event(struct gft_ctx *c, __u16 number, __u32 size)
{
	struct gft_rec_event *r = gft_reserve(size, c->site);

	if (r)
		gft_event_head(c, r, number);
	return r;
}

/*
 * With long text, a record is put together in scratch memory and copied to the
 * ring: it is then as long as its text is, not as text could be.
 */
static __always_inline void gft_event_output(struct gft_ctx *c, void *r, __u64 size, __u32 most)
{
	if (!gft_output(r, size, most))
		gft_count(GFT_ST_RING_FULL, c->site);
}

#endif
