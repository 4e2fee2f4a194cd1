/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* goevent.h - what is known of a goroutine by its g: go:EVENT and some builtins. */
#ifndef GFT_GOEVENT_H
#define GFT_GOEVENT_H

static __always_inline const volatile struct gft_layout *gft_layout(struct gft_ctx *c)
{
	return &gft_layouts[c->layout & (GFT_BINARIES - 1)];
}

/* The event is about the goroutine of this g, which need not be the one that runs. */
static __always_inline bool gft_about(struct gft_ctx *c, __u64 g)
{
	c->g = g;
	if (bpf_probe_read_user(&c->goid, sizeof(c->goid), (void *)(g + gft_layout(c)->g_goid))) {
		gft_count(GFT_ST_READ_FAULT, c->site);
		return false;
	}
	if (c->goid >> 38) {
		gft_count(GFT_ST_BAD_GOID, c->site);
		return false;
	}
	return true;
}

/* What there is to say of a goroutine: 0 when it cannot be read, which is counted. */
static __always_inline __u64 gft_go_word(struct gft_ctx *c, __u64 addr)
{
	long fault = 0;
	__u64 v = gft_word_or(addr, &fault);

	if (fault)
		gft_count(GFT_ST_VALUE_FAULT, c->site);
	return v;
}

static __always_inline __u8 gft_go_reason(struct gft_ctx *c)
{
	__u8 v = 0;

	if (bpf_probe_read_user(&v, sizeof(v), (void *)(c->g + gft_layout(c)->g_waitreason)))
		gft_count(GFT_ST_VALUE_FAULT, c->site);
	return v;
}

static __always_inline __u64 gft_go_parent(struct gft_ctx *c)
{
	return c->g && gft_layout(c)->g_parent >= 0 ? gft_go_word(c, c->g + gft_layout(c)->g_parent) : 0;
}

/* struct ty_usym of include/gft/type.h */
static __always_inline void gft_go_start(struct gft_ctx *c, char *dst)
{
	*(__u64 *)dst = c->g ? gft_go_word(c, c->g + gft_layout(c)->g_startpc) : 0;
	*(__u32 *)(dst + 8) = c->tgid;
	*(__u32 *)(dst + 12) = 0;
}

/* struct ty_usym, of the description of a type */
static __always_inline void gft_go_type(struct gft_ctx *c, char *dst, __u64 addr)
{
	*(__u64 *)dst = addr;
	*(__u32 *)(dst + 8) = c->tgid;
	*(__u32 *)(dst + 12) = 0;
}

#define gft_go_type_ax(c, dst) gft_go_type(c, dst, gft_reg(c, ax))
#define gft_go_type_bx(c, dst) gft_go_type(c, dst, gft_reg(c, bx))

/* Who runs: the goroutine of r14, or on the system stack the one that the thread works for. */
static __always_inline __u64 gft_go_creator(struct gft_ctx *c)
{
	const volatile struct gft_layout *l = gft_layout(c);
	__u64 g = gft_reg(c, r14), goid = gft_go_word(c, g + l->g_goid), m, curg;

	if (goid)
		return goid;
	m = gft_go_word(c, g + l->g_m);
	curg = m ? gft_go_word(c, m + l->m_curg) : 0;
	return curg ? gft_go_word(c, curg + l->g_goid) : 0;
}

/* Bytes of the stack of the g in ax: stack.lo is its first word in all versions. */
static __always_inline __u64 gft_go_stack(struct gft_ctx *c)
{
	__u64 gp = gft_reg(c, ax);

	return gft_go_word(c, gp + gft_layout(c)->g_hi) - gft_go_word(c, gp);
}

#endif
