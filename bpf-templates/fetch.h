/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* fetch.h - reading the target's registers and memory. */
#ifndef GFT_FETCH_H
#define GFT_FETCH_H

#include <gft/mem.h>
#include <gft/memory.h>

/* GFT_ABI_WORDS: the program's context is an array of the arguments (raw tracepoints, fentry) */
enum { GFT_ABI_GO_REGS, GFT_ABI_GO_STACK, GFT_ABI_SYSV, GFT_ABI_WORDS };

/* Nth integer argument, from 0.  Go's src/cmd/compile/abi-internal.md; System V psABI 3.2.3. */
static __always_inline __u64 gft_arg(struct gft_ctx *c, int abi, __u32 n)
{
	__u32 on_stack = n;

	if (abi == GFT_ABI_GO_REGS) {
		switch (n) {
		case 0: return gft_reg(c, ax);
		case 1: return gft_reg(c, bx);
		case 2: return gft_reg(c, cx);
		case 3: return gft_reg(c, di);
		case 4: return gft_reg(c, si);
		case 5: return gft_reg(c, r8);
		case 6: return gft_reg(c, r9);
		case 7: return gft_reg(c, r10);
		case 8: return gft_reg(c, r11);
		}
		on_stack = n - 9;
	} else if (abi == GFT_ABI_SYSV) {
		switch (n) {
		case 0: return gft_reg(c, di);
		case 1: return gft_reg(c, si);
		case 2: return gft_reg(c, dx);
		case 3: return gft_reg(c, cx);
		case 4: return gft_reg(c, r8);
		case 5: return gft_reg(c, r9);
		}
		on_stack = n - 6;
	}
	__u64 v = 0;

	bpf_probe_read_user(&v, sizeof(v), (void *)(gft_sp(c) + 8 + 8 * on_stack));
	return v;
}

#define gft_retval(c) gft_reg(c, ax)

/* A word of the program's context, read at the context plus a constant (see gft_reg()). */
#define gft_ctx_word(c, n)                                                                                             \
	({                                                                                                             \
		__u64 x_;                                                                                              \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(x_) : "r"((c)->tp), "i"(8 * (n)));                        \
		x_;                                                                                                    \
	})

/* In clauses of functions of the kernel, maybe among others. */
#define gft_any_arg(c, n) ((c)->abi == GFT_ABI_WORDS ? gft_ctx_word(c, n) : gft_arg(c, (c)->abi, n))

static __always_inline __u64 gft_func_ret(void *ctx)
{
	__u64 v = 0;

	bpf_get_func_ret(ctx, &v);
	return v;
}

#define gft_any_retval(c) ((c)->abi == GFT_ABI_WORDS ? gft_func_ret((c)->tp) : gft_reg(c, ax))

/* User mode: the low bits of the code segment's selector. */
#define gft_usermode(c) ((gft_ctx_word(c, 17) & 3) != 0)
_Static_assert(__builtin_offsetof(struct pt_regs, cs) == 8 * 17, "cs is word 17");

/* The context's address as a number: through memory, where the verifier forgets what it is. */
static __always_inline __u64 gft_context(struct gft_ctx *c)
{
	void *p = c->tp;
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), &p);
	return v;
}

#ifdef GFT_WANT_PROVIDER
static const char gft_providers[32][16] __attribute__((aligned(8))) = { GFT_WANT_PROVIDER };

/* the index is masked: where the context lies in memory, the verifier does not know it */
#define gft_probetype(dst, size) __builtin_memcpy(dst, gft_providers[c->provider & 31], (size) < 16 ? (size) : 16)
#endif

/* Loads a pointer; 0, or nonzero when the read faulted. */
static __always_inline long gft_load(__u64 *v, __u64 addr)
{
	return bpf_probe_read_user(v, sizeof(*v), (void *)addr);
}

/* n bytes of text at addr, as many as fit; all of dst is used only when it was cut.  0, or the read's error. */
static __always_inline long gft_text(char *dst, __u32 size, __u64 addr, __u64 n)
{
	gft_zero(dst, size);
	barrier_var(n); /* or the compiler looks at fewer bits of it than the verifier */
	if ((__s64)n <= 0)
		return 0;
	if (n >= size)
		return bpf_probe_read_user(dst, size, (void *)addr);
	return bpf_probe_read_user(dst, (__u32)n, (void *)addr);
}

/* A Go string header at addr: as gft_text(). */
static __always_inline long gft_gostring(char *dst, __u32 size, __u64 addr)
{
	struct {
		__u64 p;
		__u64 n;
	} h;
	long e = bpf_probe_read_user(&h, sizeof(h), (void *)addr);

	if (!e && (__s64)h.n >= 0)
		return gft_text(dst, size, h.p, h.n);
	gft_zero(dst, size);
	return e ? e : -1;
}

/* NUL-terminated text at addr. */
static __always_inline long gft_cstring(char *dst, __u32 size, __u64 addr)
{
	long n;

	gft_zero(dst, size);
	n = bpf_probe_read_user_str(dst, size, (void *)addr);
	if (n == size) /* as in gft_str() */
		bpf_probe_read_user(dst + size - 1, 1, (void *)(addr + size - 1));
	return n < 0 ? n : 0;
}

/* str(p, n): n bytes, or up to a NUL when n is 0; all of dst is used only when it was cut. */
static __always_inline void gft_str(char *dst, __u32 size, __u64 addr, __u64 n)
{
	gft_zero(dst, size);
	if (n) {
		gft_text(dst, size, addr, n);
		return;
	}
	if (bpf_probe_read_user_str(dst, size, (void *)addr) == size)
		bpf_probe_read_user(dst + size - 1, 1, (void *)(addr + size - 1));
}

/* buf(p, n): struct { u32 length; bytes } */
static __always_inline void gft_buf(char *dst, __u32 max, __u64 addr, __u64 n)
{
	gft_zero(dst, 4 + ((max + 3) & ~3U));
	barrier_var(n); /* or the compiler drops a check that the verifier wants to see */
	if (n > max)
		n = max;
	if (!bpf_probe_read_user(dst + 4, (__u32)n, (void *)addr))
		*(__u32 *)dst = (__u32)n;
}

/* Where only the address says whose memory it is. */
static __always_inline void gft_str_any(char *dst, __u32 size, __u64 addr, __u64 n)
{
	if ((__s64)addr < 0)
		gft_str_kernel(dst, size, addr, n);
	else
		gft_str(dst, size, addr, n);
}

static __always_inline void gft_buf_any(char *dst, __u32 max, __u64 addr, __u64 n)
{
	if ((__s64)addr < 0)
		gft_buf_kernel(dst, max, addr, n);
	else
		gft_buf(dst, max, addr, n);
}

/* buf() of a value that the program itself holds. */
static __always_inline void gft_buf_value(char *dst, __u32 max, const char *src, __u64 n)
{
	gft_zero(dst, 4 + ((max + 3) & ~3U));
	barrier_var(n);
	if (n > max)
		n = max;
	if (!bpf_probe_read_kernel(dst + 4, (__u32)n, src))
		*(__u32 *)dst = (__u32)n;
}

/* percpu_kaddr(): where a variable at addr is for one processor, by the kernel's table of offsets. */
static __always_inline __u64 gft_percpu(__u64 offsets, __u64 addr, __u64 cpu)
{
	__u64 off = 0;

	if (cpu >= gft_ncpus || bpf_probe_read_kernel(&off, sizeof(off), (void *)(offsets + 8 * cpu)))
		return 0;
	return addr + off;
}

/* join(p): the strings behind the pointers at addr, up to a null pointer; count is how many, and whether there are
 * more. */
static __always_inline void gft_join(char *count, char *dst, __u32 max, __u32 size, __u64 addr)
{
	__u32 n = 0;
	__u64 p = 0;
	long len;

	__builtin_memset(count, 0, 8);
	for (; n < max; n++, dst += size) {
		p = 0;

		if (bpf_probe_read_user(&p, sizeof(p), (void *)(addr + 8 * n)) || !p)
			break;
		len = bpf_probe_read_user_str(dst, size, (void *)p);
		if (len < 0)
			dst[0] = 0;
		else if (len == size) /* as in gft_str() */
			bpf_probe_read_user(dst + size - 1, 1, (void *)(p + size - 1));
	}
	*(__u32 *)count = n;
	p = 0;
	if (n == max)
		bpf_probe_read_user(&p, sizeof(p), (void *)(addr + 8 * max));
	*(__u32 *)(count + 4) = p != 0;
}

#endif
