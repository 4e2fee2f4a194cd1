/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * warn.h - what goes wrong in a script while it runs, by place of the script.
 *
 * Each place counts, in a variable that user space looks at: a probe that hits
 * the same mistake a million times costs a million additions, and one message.
 */
#ifndef GFT_WARN_H
#define GFT_WARN_H

struct gft_warning gft_warnings[GFT_WARNINGS];

static __always_inline void gft_warn(struct gft_warning *w, __s64 ret)
{
	w->ret = ret;
	__sync_fetch_and_add(&w->count, 1);
}

/* A divisor on its way to gft_udiv() and its kin. */
static __always_inline __s64 gft_divisor(__s64 b, struct gft_warning *w)
{
	if (!b)
		gft_warn(w, 0);
	return b;
}

/* A helper's result, which is negative when it failed. */
static __always_inline long gft_checked(long ret, struct gft_warning *w)
{
	if (ret < 0)
		gft_warn(w, ret);
	return ret;
}

/* Whether there is anything at addr: 0, or what the read of its first byte gives. */
static __always_inline long gft_try(__u64 addr)
{
	__u8 x;

	return (__s64)addr < 0 ? bpf_probe_read_kernel(&x, 1, (void *)addr) : bpf_probe_read_user(&x, 1, (void *)addr);
}

/* What a map was asked for, or NULL. */
static __always_inline void *gft_found(void *p, struct gft_warning *w)
{
	if (!p)
		gft_warn(w, 0);
	return p;
}

/* Finds or makes a map's row; zero is a row of the right size in .rodata. */
static __always_inline void *gft_row(void *map, const void *key, const void *zero, struct gft_warning *w)
{
	void *v = bpf_map_lookup_elem(map, key);
	long r;

	if (v)
		return v;
	r = bpf_map_update_elem(map, key, zero, BPF_NOEXIST);
	if (r && r != -17) /* EEXIST: another processor was faster */
		gft_warn(w, r);
	return bpf_map_lookup_elem(map, key);
}

#endif
