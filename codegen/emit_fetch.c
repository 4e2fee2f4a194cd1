/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* emit_fetch.c - FETCHARGs as C. */
#include "codegen/emit.h"

static const char *base_value(struct em *m, const struct fetcharg *f)
{
	switch (f->base) {
	case FA_REG:
		if (f->reg == FR_SP)
			return "gft_reg_sp(c)";
		return arena_printf(m->a, "gft_reg(c, %s)", fa_reg_name(f->reg));
	case FA_SYMBOL:
	case FA_ADDR: m->bias = true; return arena_printf(m->a, "0x%llxULL + gft_bias(c)", (unsigned long long)f->addr);
	case FA_STACK: return "gft_reg_sp(c)";
	case FA_STACKN: return arena_printf(m->a, "gft_word(gft_reg_sp(c) + %u)", f->num * 8);
	case FA_ARG: return arena_printf(m->a, "gft_arg(c, c->abi, %u)", f->num - 1);
	case FA_RETVAL: return "gft_retval(c)";
	case FA_IMM: return arena_printf(m->a, "0x%llxULL", (unsigned long long)f->addr);
	}
	return "0";
}

/* The bytes of type t at address a. */
static void read_memory(struct em *m, struct buf *b, const char *dst, const struct gft_type *t,
			const struct fetcharg *f, const char *a, const char *e)
{
	switch (f->type.kind) {
	case FT_STRING: buf_printf(b, "%s |= gft_cstring(%s, %u, %s); ", e, dst, t->size, a); return;
	case FT_GOSTRING: buf_printf(b, "%s |= gft_gostring(%s, %u, %s); ", e, dst, t->size, a); return;
	case FT_BITFIELD: {
		unsigned n = m->tmp++;

		buf_printf(b, "__u%u w%u = 0; %s |= bpf_probe_read_user(&w%u, sizeof(w%u), (void *)(%s)); ",
			   f->type.bits, n, e, n, n, a);
		buf_printf(b, "*(__u%u *)(%s) = (w%u >> %u) & 0x%llxULL; ", f->type.bits, dst, n, f->type.bit_off,
			   f->type.bit_width >= 64 ? ~0ULL : (1ULL << f->type.bit_width) - 1);
		return;
	}
	case FT_BOOL:
		if (!f->type.array) {
			unsigned n = m->tmp++;

			buf_printf(b,
				   "__u8 w%u = 0; %s |= bpf_probe_read_user(&w%u, 1, (void *)(%s)); *(__u8 *)(%s) = "
				   "w%u != 0; ",
				   n, e, n, a, dst, n);
			return;
		}
		/* fallthrough */
	default: buf_printf(b, "%s |= bpf_probe_read_user(%s, %u, (void *)(%s)); ", e, dst, t->size, a); return;
	}
}

/* What computed indexes add to the address at a level of loads: "" or " + ...". */
static const char *scaled(struct em *m, const struct fetcharg *f, uint32_t level)
{
	const char *s = "";

	for (uint32_t i = 0; i < f->nscaled; i++)
		if (f->scaled[i].level == level)
			s = arena_printf(m->a, "%s + %uULL * %s", s, f->scaled[i].scale, m->index[f->scaled[i].index]);
	return s;
}

void emit_fetch(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct fetcharg *f,
		const char *err)
{
	unsigned n = m->tmp++;
	const char *a = arena_printf(m->a, "at%u", n), *e = arena_printf(m->a, "bad%u", n);
	bool mem = f->nderef || f->base == FA_ADDR || f->base == FA_SYMBOL;

	buf_printf(b, "{ __u64 %s = %s; long %s = 0; ", a, base_value(m, f), e);
	if (mem) {
		/* @ADDR is the memory there: what is read relative to it is relative to that value */
		if (f->nderef && (f->base == FA_ADDR || f->base == FA_SYMBOL))
			buf_printf(b, "%s |= gft_load(&%s, %s); ", e, a, a);
		for (uint32_t i = 0; i + 1 < f->nderef; i++)
			buf_printf(b, "%s |= gft_load(&%s, %s + %lldLL%s); ", e, a, a, (long long)f->offs[i],
				   scaled(m, f, i));
		if (f->nderef && (f->offs[f->nderef - 1] || *scaled(m, f, f->nderef - 1)))
			buf_printf(b, "%s += %lldLL%s; ", a, (long long)f->offs[f->nderef - 1],
				   scaled(m, f, f->nderef - 1));
		/* after a fault the address means nothing: do not read there */
		buf_printf(b, "if (!%s) { ", e);
		read_memory(m, b, dst, t, f, a, e);
		buf_puts(b, "} ");
		buf_printf(b, "if (%s) { gft_zero(%s, %u); ", e, dst, t->size);
		if (err)
			buf_printf(b, "%s; ", err);
		buf_puts(b, "} ");
	} else if (fa_words(&f->type)) {
		/* a Go value in consecutive registers */
		unsigned first = (unsigned)fa_go_reg(f->reg), words = fa_words(&f->type);

		if (f->type.kind == FT_GOSTRING)
			buf_printf(b, "%s = gft_text(%s, %u, %s, gft_reg(c, %s)); if (%s) { %s; } ", e, dst, t->size, a,
				   fa_reg_name(fa_reg_of_go(first + 1)), e, err ? err : "");
		else
			buf_printf(b, "((__u64 *)(%s))[0] = %s; (void)%s; ", dst, a, e);
		for (unsigned i = 1; i < words && f->type.kind != FT_GOSTRING; i++)
			buf_printf(b, "((__u64 *)(%s))[%u] = gft_reg(c, %s); ", dst, i,
				   fa_reg_name(fa_reg_of_go(first + i)));
	} else if (f->type.kind == FT_BITFIELD) {
		buf_printf(b, "*(%s *)(%s) = (%s >> %u) & 0x%llxULL; (void)%s; ", emit_ctype(t), dst, a,
			   f->type.bit_off, f->type.bit_width >= 64 ? ~0ULL : (1ULL << f->type.bit_width) - 1, e);
	} else if (f->type.kind == FT_BOOL) {
		buf_printf(b, "*(__u8 *)(%s) = (__u8)%s != 0; (void)%s; ", dst, a, e);
	} else {
		/* little-endian: the low bytes are the narrower value, or the text in the register */
		buf_printf(b, "__builtin_memcpy(%s, &%s, %u); (void)%s; ", dst, a, t->size > 8 ? 8 : t->size, e);
	}
	buf_puts(b, "} ");
}

void emit_fetch_address(struct em *m, struct buf *b, const char *dst, const struct fetcharg *f)
{
	unsigned n = m->tmp++;

	buf_printf(b, "{ __u64 at%u = %s; long bad%u = 0; ", n, base_value(m, f), n);
	if (f->nderef && (f->base == FA_ADDR || f->base == FA_SYMBOL))
		buf_printf(b, "bad%u |= gft_load(&at%u, at%u); ", n, n, n);
	for (uint32_t i = 0; i + 1 < f->nderef; i++)
		buf_printf(b, "bad%u |= gft_load(&at%u, at%u + %lldLL); ", n, n, n, (long long)f->offs[i]);
	if (f->nderef)
		buf_printf(b, "at%u += %lldLL; ", n, (long long)f->offs[f->nderef - 1]);
	buf_printf(b, "*(__u64 *)%s = bad%u ? 0 : at%u; } ", dst, n, n);
}
