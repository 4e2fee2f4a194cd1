/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * memory.h - filling, copying and comparing the bytes of text and tuples.
 *
 * Sizes are constants.  What is long begins at a multiple of 8 (type.c lays it
 * out so) and is handled in words: up to GFT_INLINE bytes by straight code,
 * which the compiler writes out, beyond that by bpf_loop() (Linux 5.17), whose
 * body the verifier looks at once.
 */
#ifndef GFT_MEMORY_H
#define GFT_MEMORY_H

#define GFT_SHORT  64	/* up to here a place may be at any address */
#define GFT_INLINE 1024 /* multiple of GFT_PIECE */
#define GFT_PIECE  512	/* what the compiler is given at once: it would call memcpy() for more than 1024 */

struct gft_move {
	char *dst;
	const char *src;
	__u64 pieces;
	__u64 differs;
};

static long gft_zero_piece(__u32 i, struct gft_move *m)
{
	__u64 at = i;

	if (at >= m->pieces)
		return 1;
	at *= GFT_PIECE;
	barrier_var(at);
	__builtin_memset(__builtin_assume_aligned(m->dst + at, 8), 0, GFT_PIECE);
	return 0;
}

static long gft_copy_piece(__u32 i, struct gft_move *m)
{
	__u64 at = i;

	if (at >= m->pieces)
		return 1;
	at *= GFT_PIECE;
	barrier_var(at);
	__builtin_memcpy(__builtin_assume_aligned(m->dst + at, 8), __builtin_assume_aligned(m->src + at, 8), GFT_PIECE);
	return 0;
}

static __always_inline void gft_zero(char *dst, __u32 n)
{
	__u32 at = 0;

	if (n <= GFT_SHORT) {
		__builtin_memset(dst, 0, n);
		return;
	}
	if (n > GFT_INLINE) {
		struct gft_move m = { dst, 0, n / GFT_PIECE, 0 };

		bpf_loop(n / GFT_PIECE, gft_zero_piece, &m, 0);
		at = n / GFT_PIECE * GFT_PIECE;
	}
#pragma unroll
	for (int i = 0; i < 2; i++)
		if (n - at >= GFT_PIECE) {
			__builtin_memset(__builtin_assume_aligned(dst + at, 8), 0, GFT_PIECE);
			barrier();
			at += GFT_PIECE;
		}
	__builtin_memset(__builtin_assume_aligned(dst + at, 8), 0, n - at);
}

/*
 * Up to GFT_SHORT bytes at any address.  Of two copies in a row the compiler makes
 * one that allows for overlaps: it loads all bytes, each into a register of its
 * own, before it stores the first, and there is no stack for so many.
 */
static __always_inline void gft_copy_short(char *dst, const char *src, __u32 n)
{
	__builtin_memcpy(dst, src, n);
	if (n > 8)
		barrier();
}

static __always_inline void gft_copy(char *dst, const char *src, __u32 n)
{
	__u32 at = 0;

	if (n <= GFT_SHORT) {
		gft_copy_short(dst, src, n);
		return;
	}
	if (n > GFT_INLINE) {
		struct gft_move m = { dst, src, n / GFT_PIECE, 0 };

		bpf_loop(n / GFT_PIECE, gft_copy_piece, &m, 0);
		at = n / GFT_PIECE * GFT_PIECE;
	}
#pragma unroll
	for (int i = 0; i < 2; i++)
		if (n - at >= GFT_PIECE) {
			__builtin_memcpy(__builtin_assume_aligned(dst + at, 8), __builtin_assume_aligned(src + at, 8),
					 GFT_PIECE);
			barrier();
			at += GFT_PIECE;
		}
	__builtin_memcpy(__builtin_assume_aligned(dst + at, 8), __builtin_assume_aligned(src + at, 8), n - at);
}

/* The bits in which 64 bytes differ. */
static __always_inline __u64 gft_differ(const char *a, const char *b)
{
	const __u64 *x = __builtin_assume_aligned(a, 8), *y = __builtin_assume_aligned(b, 8);

	return (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]) | (x[5] ^ y[5]) |
	       (x[6] ^ y[6]) | (x[7] ^ y[7]);
}

static long gft_differ_piece(__u32 i, struct gft_move *m)
{
	__u64 at = i;

	if (at >= m->pieces)
		return 1;
	at *= 64;
	barrier_var(at);
	m->differs |= gft_differ(m->src + at, m->dst + at);
	return m->differs != 0;
}

static __always_inline bool gft_same_bytes(const char *a, const char *b, __u32 n)
{
	for (__u32 i = 0; i < n; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* Whether n bytes are equal. */
static __always_inline bool gft_mem_eq(const char *a, const char *b, __u32 n)
{
	__u32 at = 0;

	if (n <= GFT_SHORT)
		return gft_same_bytes(a, b, n);
	if (n > GFT_INLINE) {
		struct gft_move m = { (char *)b, a, n / 64, 0 };

		bpf_loop(n / 64, gft_differ_piece, &m, 0);
		if (m.differs)
			return false;
	} else {
#pragma clang loop unroll(disable)
		for (; at + 64 <= n; at += 64)
			if (gft_differ(a + at, b + at))
				return false;
	}
	at = n / 64 * 64;
	return gft_same_bytes(a + at, b + at, n - at);
}

/*
 * Text of different sizes: equal up to the first NUL, or to the end of both.
 * What lies behind a text's NUL is zero, so long ones are equal when their
 * bytes are.
 */
static __always_inline bool gft_str_eq(const char *a, __u32 na, const char *b, __u32 nb)
{
	__u32 n = na < nb ? na : nb;

	if (n > GFT_SHORT) {
		if (!gft_mem_eq(a, b, n))
			return false;
	} else {
		for (__u32 i = 0; i < n; i++) {
			if (a[i] != b[i])
				return false;
			if (!a[i])
				return true;
		}
	}
	return na == nb || (na < nb ? !b[n] : !a[n]);
}

static __always_inline void gft_str_copy(char *dst, __u32 nd, const char *src, __u32 ns)
{
	/* the short text at any place, the rest behind it as well */
	if (ns <= GFT_SHORT || nd <= GFT_SHORT) {
		if (nd > ns)
			gft_zero(dst, nd);
		gft_copy_short(dst, src, nd < ns ? nd : ns);
		return;
	}
	gft_copy(dst, src, nd < ns ? nd : ns);
	if (nd > ns) { /* a rest that begins at a multiple of 8 */
		__u32 at = (ns + 7) & ~7U;

		for (__u32 i = ns; i < at && i < nd; i++)
			dst[i] = 0;
		if (nd > at)
			gft_zero(dst + at, nd - at);
	}
}

#endif
