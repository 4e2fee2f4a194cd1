/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * goconst.c - constants that the kernel could not read.
 *
 * A uprobe reads only pages that are loaded, and a constant whose page nobody has
 * touched is not.  What lies in a segment that the process cannot write is the same
 * in the file: the steps of the plan that failed are run again there, and those
 * that wait for them.  It mirrors gft_capture() of bpf-templates/plan.h.
 */
#include "runtime/goprint.h"

#include <string.h>

static uint64_t word(const struct gft_capture *cap, uint32_t off)
{
	uint64_t w;

	memcpy(&w, cap->blob + (off & (GFT_CAP_BYTES - 1)), 8);
	return w;
}

/* len bytes at addr of the process. */
static bool copy(const struct go_values *v, uint64_t bias, uint64_t addr, void *to, uint64_t len)
{
	const uint8_t *p = tgt_constant(v->tgt, addr - bias, len);

	if (!p)
		return false;
	memcpy(to, p, len);
	return true;
}

enum step { NOTHING, COPIED, UNREADABLE };

static enum step step(const struct go_values *v, uint64_t bias, const struct gft_cap_op *op, struct gft_capture *cap)
{
	uint64_t len = op->len < GFT_CAP_LEN ? op->len : GFT_CAP_LEN, from = word(cap, op->from), n;
	uint8_t *to = cap->blob + (op->dst & (GFT_CAP_BYTES - 1));

	switch (op->kind) {
	case GFT_CAP_ELEM:
		if (word(cap, op->count) <= op->scale)
			return NOTHING;
		/* fallthrough */
	case GFT_CAP_MEM:
		if (!from)
			return NOTHING;
		return copy(v, bias, from + (uint64_t)(int64_t)op->off, to, len) ? COPIED : UNREADABLE;
	case GFT_CAP_STR:
		if (!from || !len)
			return NOTHING;
		for (n = 0; n < len; n++) {
			if (!copy(v, bias, from + n, to + n, 1))
				return UNREADABLE;
			if (!to[n])
				return COPIED;
		}
		to[len - 1] = 0;
		return COPIED;
	case GFT_CAP_MEMN:
		n = word(cap, op->count);
		if (!from || (int64_t)n <= 0)
			return NOTHING;
		n = n > GFT_CAP_LEN ? len : n * op->scale;
		return copy(v, bias, from + (uint64_t)(int64_t)op->off, to, n < len ? n : len) ? COPIED : UNREADABLE;
	default: return UNREADABLE; /* registers and stacks are no constants */
	}
}

bool capture_constants(const struct go_values *v, uint64_t bias, const struct gft_capture *in, struct gft_capture *out)
{
	uint32_t skip = 0;

	if (!in->fault || !v->tgt)
		return false;
	*out = *in;
	for (uint32_t i = 0; i < v->plan.n && i < GFT_CAP_OPS; i++) {
		const struct gft_cap_op *op = &v->plan.op[i];
		uint64_t bit = 1ULL << i;

		if (skip) {
			skip--;
			continue;
		}
		if (op->kind == GFT_CAP_IF) {
			skip = (int32_t)(word(out, op->from) - (bias + v->site_vaddr)) == op->off ? op->scale : op->len;
			continue;
		}
		if (out->ran & bit)
			continue;
		switch (step(v, bias, op, out)) {
		case COPIED:
			out->fault &= ~bit;
			out->ran |= bit;
			break;
		case UNREADABLE: out->fault |= bit; break;
		case NOTHING: break;
		}
	}
	return out->ran != in->ran;
}
