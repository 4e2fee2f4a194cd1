/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* plan.h - running a site's plan (include/gft/capture.h). */
#ifndef GFT_PLAN_H
#define GFT_PLAN_H

#include <gft/capture.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gft_cap_plan));
} gft_plans SEC(".maps");

/*
 * In assembly: the compiler would make one load through a chosen pointer of
 * the cases below, and the verifier allows no arithmetic on the context.
 */
#define GFT_REG(r, f)                                                                                                  \
	({                                                                                                             \
		__u64 v_;                                                                                              \
		asm volatile("%[v] = *(u64 *)(%[regs] + %[off])"                                                       \
			     : [v] "=r"(v_)                                                                            \
			     : [regs] "r"(r), [off] "i"(__builtin_offsetof(struct pt_regs, f)));                       \
		v_;                                                                                                    \
	})

static __always_inline __u64 gft_int_reg(struct pt_regs *r, __u32 n)
{
	switch (n) {
	case 0: return GFT_REG(r, ax);
	case 1: return GFT_REG(r, bx);
	case 2: return GFT_REG(r, cx);
	case 3: return GFT_REG(r, di);
	case 4: return GFT_REG(r, si);
	case 5: return GFT_REG(r, r8);
	case 6: return GFT_REG(r, r9);
	case 7: return GFT_REG(r, r10);
	case 8: return GFT_REG(r, r11);
	case GFT_CAP_CTX: return GFT_REG(r, dx);
	default: return 0;
	}
}

static __always_inline long gft_cap_step(struct gft_ctx *c, struct gft_capture *cap, const struct gft_cap_op *op,
					 bool *ran)
{
	/* in 64 bits: older verifiers do not carry a bound from a register's half to the whole */
	__u64 dst = op->dst & (GFT_CAP_BYTES - 1), from = op->from & (GFT_CAP_BYTES - 1);
	__u64 count = op->count & (GFT_CAP_BYTES - 1), len = op->len, p, n;

	if (len > GFT_CAP_LEN)
		len = GFT_CAP_LEN;
	*ran = true;
	switch (op->kind) {
	case GFT_CAP_REG: *(__u64 *)(cap->blob + dst) = gft_int_reg(c->regs, op->reg); return 0;
	case GFT_CAP_IP: *(__u64 *)(cap->blob + dst) = c->regs->ip; return 0;
	case GFT_CAP_STACK: return bpf_probe_read_user(cap->blob + dst, len, (void *)(gft_sp(c) + op->off));
	case GFT_CAP_ELEM:
		if (*(__u64 *)(cap->blob + count) <= op->scale)
			break;
		/* fallthrough */
	case GFT_CAP_MEM:
		p = *(__u64 *)(cap->blob + from);
		if (!p)
			break;
		return bpf_probe_read_user(cap->blob + dst, len, (void *)(p + op->off));
	case GFT_CAP_STR:
		p = *(__u64 *)(cap->blob + from);
		if (!p || !len)
			break;
		return bpf_probe_read_user_str(cap->blob + dst, len, (void *)p) < 0;
	case GFT_CAP_MEMN:
		p = *(__u64 *)(cap->blob + from);
		n = *(__u64 *)(cap->blob + count);
		if (!p || (__s64)n <= 0)
			break;
		n = n > GFT_CAP_LEN ? len : n * op->scale;
		if (n > len)
			n = len;
		barrier_var(n); /* a comparison with a constant is what every verifier understands */
		if (n > GFT_CAP_LEN)
			break;
		return bpf_probe_read_user(cap->blob + dst, n, (void *)(p + op->off));
	}
	/* what the record's memory held before is no pointer for a later step */
	*(__u64 *)(cap->blob + dst) = 0;
	*(__u64 *)(cap->blob + dst + 8) = 0;
	*ran = false;
	return 0;
}

static __always_inline void gft_capture(struct gft_ctx *c, struct gft_capture *cap)
{
	__u64 fault = 0, ran = 0;
	__u32 site = c->site, skip = 0;
	const struct gft_cap_plan *plan = bpf_map_lookup_elem(&gft_plans, &site);

	/* steps follow pointers that earlier steps copied, and nothing else */
	for (__u32 i = 0; plan && i < GFT_CAP_OPS; i++) {
		const struct gft_cap_op *op = &plan->op[i];
		bool did;

		if (i >= plan->n)
			break;
		if (skip) {
			skip--;
			continue;
		}
		if (op->kind == GFT_CAP_IF) {
			__u64 w = *(__u64 *)(cap->blob + (op->from & (GFT_CAP_BYTES - 1)));

			skip = (__s32)(w - c->regs->ip) == op->off ? op->scale : op->len;
			continue;
		}
		if (gft_cap_step(c, cap, op, &did))
			fault |= 1ULL << i;
		else if (did)
			ran |= 1ULL << i;
	}
	cap->fault = fault;
	cap->ran = ran;
	cap->site = site;
	cap->pad = 0;
}

/* The same for print(): no fetched values come before it. */
static __always_inline void gft_capture_alone(struct gft_ctx *c, struct gft_capture *cap)
{
	for (int i = 0; i < GFT_CAP_WORDS; i++)
		((__u64 *)cap->blob)[i] = 0;
	gft_capture(c, cap);
}

#endif
