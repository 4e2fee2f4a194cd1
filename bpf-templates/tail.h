/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * tail.h - long text of events, packed behind the event's other values.
 *
 * Each function writes at most size bytes at r + end, says so in the struct
 * gft_tail at r + off, and returns where the next text goes.  most is the
 * largest end there can be: the verifier wants to see that it fits.
 */
#ifndef GFT_TAIL_H
#define GFT_TAIL_H

static __always_inline __u64 gft_tail_start(__u64 end, __u64 most)
{
	barrier_var(end);
	if (end > most)
		end = most;
	barrier_var(end);
	return end;
}

static __always_inline __u64 gft_tail_done(char *r, __u32 off, __u64 end, __u64 n)
{
	struct gft_tail *t = (void *)(r + off);

	t->off = end;
	t->len = n;
	return end + n;
}

/* n bytes of the target's at addr. */
static __always_inline __u64 gft_tail_text(char *r, __u32 off, __u64 end, __u32 most, __u32 size, __u64 addr, __u64 n)
{
	end = gft_tail_start(end, most);
	barrier_var(n);
	if ((__s64)n <= 0)
		n = 0;
	if (n > size)
		n = size;
	if (bpf_probe_read_user(r + end, (__u32)n, (void *)addr))
		n = 0;
	return gft_tail_done(r, off, end, n);
}

/* str(addr, n): as gft_str() of fetch.h. */
static __always_inline __u64 gft_tail_str(char *r, __u32 off, __u64 end, __u32 most, __u32 size, __u64 addr, __u64 n)
{
	__s64 len;

	if (n)
		return gft_tail_text(r, off, end, most, size, addr, n);
	end = gft_tail_start(end, most);
	len = bpf_probe_read_user_str(r + end, size, (void *)addr);
	if (len <= 0)
		len = 0;
	else if (len == size)
		bpf_probe_read_user(r + end + size - 1, 1, (void *)(addr + size - 1));
	else
		len--;
	return gft_tail_done(r, off, end, len);
}

struct gft_tail_move {
	char *dst;
	const char *src;
	__u64 pieces, most; /* constants */
	__u64 end, n;
};

static long gft_tail_piece(__u32 i, struct gft_tail_move *m)
{
	__u64 at = i, to;
	const __u64 *s;
	__u64 *d;

	if (at >= m->pieces)
		return 1;
	at *= 64;
	barrier_var(at);
	to = m->end + at;
	barrier_var(to);
	if (to > m->most)
		return 1;
	s = (const void *)(m->src + at);
	d = (void *)(m->dst + to);
	for (int k = 0; k < 8; k++)
		d[k] = s[k];
	m->n = at + 64;
	/* behind its end, text is zero */
	return !(s[7] >> 56);
}

/* Text that lies in scratch memory: size is a constant, its place has whole pieces of 64 bytes. */
static __always_inline __u64 gft_tail_copy(char *r, __u32 off, __u64 end, __u32 most, __u32 size, const char *src)
{
	volatile struct gft_tail *t = (void *)(r + off);
	__u64 n = 0;

	end = (gft_tail_start(end, most) + 7) & ~7ULL;
	if (size > GFT_INLINE) {
		struct gft_tail_move m = { r, src, (size + 63) / 64, most + 8 + (size + 63) / 64 * 64 - 64, end, 0 };

		bpf_loop((size + 63) / 64, gft_tail_piece, &m, 0);
		n = m.n;
	} else {
#pragma clang loop unroll(disable)
		for (__u32 at = 0; at < size; at += 64) {
			const __u64 *s = (const void *)(src + at);
			__u64 *d = (void *)(r + end + at);

			for (int k = 0; k < 8; k++)
				d[k] = s[k];
			n = at + 64;
			if (!(s[7] >> 56))
				break;
		}
	}
	/* by way of memory: the verifier would look at what follows once for each length */
	t->len = n;
	n = t->len;
	if (n > size)
		n = size;
	t->off = end;
	t->len = n;
	return end + n;
}

#endif
