/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * text.h - functions that look into text.
 *
 * Short text (up to GFT_SHORT bytes) is walked in C.  Longer text is walked in
 * pieces of 64 bytes by a function that bpf_loop() calls, so that the verifier
 * looks at one piece, not along every way through all of them; it lies in
 * scratch memory, where every place is a whole number of pieces (emit_room.c).
 */
#ifndef GFT_TEXT_H
#define GFT_TEXT_H

/*
 * A number by way of memory, where the verifier forgets what it knows of it:
 * it looks at what follows once, not once for each value.  To look for 24 bytes
 * in 24 others cost it 130,000 instructions, and a graph() behind that a million;
 * now they are 1,200 and 18,000.
 */
static __always_inline __u64 gft_hide(struct gft_ctx *c, __u64 v)
{
	__u64 known = v;

#ifdef GFT_SCRATCH_BYTES
	if (c->scratch) {
		volatile __u64 *p = gft_scratch_word(c);

		*p = v;
		return *p;
	}
#endif
	bpf_probe_read_kernel(&v, sizeof(v), &known);
	return v;
}

struct gft_walk {
	const char *s, *t;
	__u64 pieces; /* constants where the verifier looks */
	__u64 size, tsize;
	__u64 n, at;
	__s64 result;
};

/* Not zero when a byte of the word is. */
static __always_inline __u64 gft_zero_byte(__u64 w)
{
	return (w - 0x0101010101010101ULL) & ~w & 0x8080808080808080ULL;
}

/* The number of the byte that holds the lowest bit. */
static __always_inline __u64 gft_low_byte(__u64 w)
{
	return ((((w & (0 - w)) - 1) >> 7 & 0x0101010101010101ULL) * 0x0101010101010101ULL) >> 56;
}

static long gft_len_piece(__u32 i, struct gft_walk *w)
{
	__u64 at = i, any = 0;
	const __u64 *p;

	if (at >= w->pieces)
		return 1;
	at *= 64;
	barrier_var(at);
	p = (const void *)(w->s + at);
#pragma unroll
	for (int k = 0; k < 8; k++)
		any |= gft_zero_byte(p[k]);
	w->n = at + 64;
	if (!any)
		return 0;
	/* without a branch: the verifier would look at what follows once for each place */
	at += 64;
#pragma unroll
	for (int k = 7; k >= 0; k--) {
		__u64 z = gft_zero_byte(p[k]), is = 0 - ((z | (0 - z)) >> 63);

		barrier_var(is);
		at = (at & ~is) | (((__u64)i * 64 + 8 * k + gft_low_byte(z)) & is);
	}
	w->n = at;
	return 1;
}

static __always_inline __s64 gft_str_len(struct gft_ctx *c, const char *s, __u32 size)
{
	struct gft_walk w = { .s = s, .pieces = (size + 63) / 64 };
	__u64 n = 0;

	if (size > GFT_SHORT) {
		bpf_loop((size + 63) / 64, gft_len_piece, &w, 0);
		n = gft_hide(c, w.n);
		return n < size ? n : size;
	}
	for (; n < size; n++)
		if (!s[n])
			break;
	/* one length that is not known, or what follows is looked at once for each that there may be */
	n = gft_hide(c, n);
	return n < size ? n : size;
}

/* Eight bytes of both; with n set the walk ends at a NUL, as strncmp() does. */
static long gft_cmp_word(__u32 i, struct gft_walk *w)
{
	__u64 at = i, x, y, k;

	if (at >= w->pieces)
		return 1;
	at *= 8;
	barrier_var(at);
	x = *(const __u64 *)(w->s + at);
	y = *(const __u64 *)(w->t + at);
	if (x == y && (!w->n || !gft_zero_byte(x)))
		return 0;
	k = gft_low_byte((x ^ y) | (w->n ? gft_zero_byte(x) : 0));
	if (at + k < w->size)
		w->result = (__s64)(x >> 8 * k & 255) - (__s64)(y >> 8 * k & 255);
	return 1;
}

/* Of size bytes of both; text: up to a NUL. */
static __always_inline __s64 gft_bytes_cmp(struct gft_ctx *c, const char *a, const char *b, __u32 size, bool text)
{
	struct gft_walk w = { .s = a, .t = b, .pieces = (size + 7) / 8, .size = size, .n = text };

	if (size > GFT_SHORT) {
		bpf_loop((size + 7) / 8, gft_cmp_word, &w, 0);
		return gft_hide(c, w.result);
	}
	for (__u32 i = 0; i < size; i++) {
		__u8 x = a[i], y = b[i];

		if (x != y)
			return (__s64)x - y;
		if (text && !x)
			return 0;
	}
	return 0;
}

static long gft_part_byte(__u32 j, struct gft_walk *w)
{
	__u64 at = w->at + j, k = j;

	if (k >= w->tsize || !w->t[k]) {
		w->result = w->at;
		return 1;
	}
	return at >= w->size || w->s[at] != w->t[k];
}

/* Whether the part begins at i. */
static long gft_part_at(__u32 i, struct gft_walk *w)
{
	__u32 j = 0;

	if (w->tsize > GFT_SHORT) {
		w->at = i;
		bpf_loop((__u32)w->tsize + 1, gft_part_byte, w, 0);
		return w->result >= 0;
	}
	for (; j < GFT_SHORT; j++) {
		__u64 k = (__u64)i + j;
		char c;

		barrier_var(k); /* what is compared is what is added to the address, or older verifiers know no bound */
		if (j >= w->tsize)
			break;
		c = w->t[j];
		if (!c)
			break;
		if (k >= w->size || w->s[k] != c)
			return 0;
	}
	w->result = i;
	return 1;
}

/* Where the part begins; -1: nowhere. */
static __always_inline __s64 gft_str_find(struct gft_ctx *c, const char *s, __u32 size, const char *part, __u32 npart)
{
	struct gft_walk w = { .s = s, .t = part, .size = size, .tsize = npart, .result = -1 };

	/* each place is looked at by one run of a function: nested loops would be verified along every path */
	bpf_loop((__u32)gft_str_len(c, s, size) + 1, gft_part_at, &w, 0);
	return gft_hide(c, w.result);
}

struct gft_join_text {
	char *dst;
	const char *src;
	__u64 size, nsrc; /* constants */
	__u64 at;
};

static long gft_concat_byte(__u32 i, struct gft_join_text *j)
{
	__u64 to = j->at + i, from = i;

	if (from >= j->nsrc || to >= j->size)
		return 1;
	j->dst[to] = j->src[from];
	return !j->src[from];
}

/* Writes b at dst + at, where dst has size bytes, zero from there on. */
static __always_inline void gft_str_append(struct gft_ctx *c, char *dst, __u32 size, __u64 at, const char *b, __u32 nb)
{
	struct gft_join_text j = { dst, b, size, nb, at };

	__u32 n = gft_str_len(c, b, nb);

	/* the kernel cannot load a call of bpf_loop() that it knows to do nothing */
	if (n)
		bpf_loop(n, gft_concat_byte, &j, 0);
}

#endif
