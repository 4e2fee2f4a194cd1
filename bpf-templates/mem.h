/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * mem.h - reading memory of the traced process and of the kernel.
 *
 * The kernel's helpers fill the destination with zeros when they fail.
 */
#ifndef GFT_MEM_H
#define GFT_MEM_H

#include <gft/memory.h>

static __always_inline long gft_read_user(void *dst, __u32 size, __u64 addr)
{
	return bpf_probe_read_user(dst, size, (void *)addr);
}

static __always_inline long gft_read_kernel(void *dst, __u32 size, __u64 addr)
{
	return bpf_probe_read_kernel(dst, size, (void *)addr);
}

/* On x86-64 the kernel's addresses are those of the upper half (Documentation/arch/x86/x86_64/mm.rst). */
static __always_inline long gft_read_any(void *dst, __u32 size, __u64 addr)
{
	if ((__s64)addr < 0)
		return bpf_probe_read_kernel(dst, size, (void *)addr);
	return bpf_probe_read_user(dst, size, (void *)addr);
}

/*
 * char a[n] as text in size bytes: what is behind a NUL may be anything in
 * memory, and must be zero in a value.
 */
static __always_inline long gft_chars(bool kernel, char *dst, __u32 size, __u32 n, __u64 addr)
{
	const void *p = (const void *)addr, *last = (const void *)(addr + n - 1);
	long e;

	gft_zero(dst, size);
	e = kernel ? bpf_probe_read_kernel_str(dst, n, p) : bpf_probe_read_user_str(dst, n, p);
	if (e == n && kernel) /* the helper put a NUL in place of the last */
		bpf_probe_read_kernel(dst + n - 1, 1, last);
	else if (e == n)
		bpf_probe_read_user(dst + n - 1, 1, last);
	return e < 0 ? e : 0;
}

static __always_inline long gft_chars_user(char *dst, __u32 size, __u32 n, __u64 addr)
{
	return gft_chars(false, dst, size, n, addr);
}

static __always_inline long gft_chars_kernel(char *dst, __u32 size, __u32 n, __u64 addr)
{
	return gft_chars(true, dst, size, n, addr);
}

static __always_inline long gft_chars_any(char *dst, __u32 size, __u32 n, __u64 addr)
{
	return gft_chars((__s64)addr < 0, dst, size, n, addr);
}

/* A word of the program's own memory at any address: byte by byte. */
#define gft_askew(type, p)                                                                                             \
	({                                                                                                             \
		struct {                                                                                               \
			type v;                                                                                        \
		} __attribute__((packed)) *w_ = (void *)(p);                                                           \
		w_->v;                                                                                                 \
	})

/*
 * The address of the program's own memory as a number: by way of memory, where
 * the verifier forgets what it is, and reads through it are those of the kernel's.
 */
static __always_inline __u64 gft_address(void *p)
{
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), &p);
	return v;
}

/* str() and buf() of the kernel's memory; see fetch.h for the process's. */
static __always_inline void gft_str_kernel(char *dst, __u32 size, __u64 addr, __u64 n)
{
	gft_zero(dst, size);
	barrier_var(n); /* or the compiler looks at fewer bits of it than the verifier */
	if (!n) {
		if (bpf_probe_read_kernel_str(dst, size, (void *)addr) == size)
			bpf_probe_read_kernel(dst + size - 1, 1, (void *)(addr + size - 1));
	} else if (n >= size) {
		bpf_probe_read_kernel(dst, size, (void *)addr);
	} else {
		bpf_probe_read_kernel(dst, (__u32)n, (void *)addr);
	}
}

static __always_inline void gft_buf_kernel(char *dst, __u32 max, __u64 addr, __u64 n)
{
	gft_zero(dst, 4 + ((max + 3) & ~3U));
	barrier_var(n);
	if (n > max)
		n = max;
	if (!bpf_probe_read_kernel(dst + 4, (__u32)n, (void *)addr))
		*(__u32 *)dst = (__u32)n;
}

#endif
