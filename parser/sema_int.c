/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_int.c - widths and signs of integers, as bpftrace has them since 0.27.
 *
 * A literal has the least signed type that holds it and is flexible: it takes
 * the sign of what it meets.  A variable, a map's key and its value have the
 * least type that holds all they are given.  Operators compute with 64 bits.
 */
#include <string.h>

#include "parser/sema.h"

__extension__ typedef __int128 wide; /* holds all of int64 and uint64 */

/* --- literals ------------------------------------------------------------------------------ */

static wide value(const struct expr *e)
{
	return e->is_unsigned ? (wide)e->ival : (wide)(int64_t)e->ival;
}

const struct gft_type *sema_literal_type(const struct expr *e)
{
	int64_t v = (int64_t)e->ival;
	unsigned size;

	if (e->is_unsigned)
		return &ty_u64;
	size = v == (int8_t)v ? 1 : v == (int16_t)v ? 2 : v == (int32_t)v ? 4 : 8;
	return v < 0 ? ty_int(size, true) : ty_literal(size);
}

static bool bits(enum op op, wide x, wide y, wide *out)
{
	bool negative = x < 0 || y < 0;
	uint64_t a = (uint64_t)x, b = (uint64_t)y, r;

	if ((op == OP_SHL || op == OP_SHR) && (y < 0 || y > 63))
		return false;
	if (negative && (x > INT64_MAX || y > INT64_MAX))
		return false;
	switch (op) {
	case OP_AND: r = a & b; break;
	case OP_OR: r = a | b; break;
	case OP_XOR: r = a ^ b; break;
	case OP_SHL: r = a << b; break;
	default: r = a >> b; break; /* zeros come in, as while the script runs */
	}
	*out = negative ? (wide)(int64_t)r : (wide)r;
	return true;
}

static bool compute(enum op op, wide x, wide y, wide *out)
{
	switch (op) {
	case OP_ADD: *out = x + y; break;
	case OP_SUB: *out = x - y; break;
	case OP_MUL:
		if (__builtin_mul_overflow(x, y, out))
			return false;
		break;
	case OP_DIV:
	case OP_MOD:
		if (!y)
			return false;
		*out = op == OP_DIV ? x / y : x % y;
		break;
	case OP_AND:
	case OP_OR:
	case OP_XOR:
	case OP_SHL:
	case OP_SHR: return bits(op, x, y, out);
	default: return false;
	}
	return true;
}

bool sema_fold(struct expr *e)
{
	wide v;

	e->is_const = false;
	if (!expr_is_literal(e->a) || (e->kind == EX_BINARY && !expr_is_literal(e->b)))
		return false;
	if (e->kind == EX_BINARY) {
		if (!compute(e->op, value(e->a), value(e->b), &v))
			return false;
	} else if (e->op == OP_NEG) {
		v = -value(e->a);
	} else if (e->op == OP_BNOT) {
		v = (wide)~e->a->ival;
	} else {
		return false;
	}
	if (v < INT64_MIN || v > (wide)UINT64_MAX)
		return false;
	e->is_const = true;
	e->is_unsigned = v > INT64_MAX;
	e->ival = (uint64_t)v;
	e->type = sema_literal_type(e);
	return true;
}

void sema_wraps(struct sema *s, const struct expr *e)
{
	bool binary = e->kind == EX_BINARY;
	wide v, x;

	if (!s->report)
		return;
	if (binary && (e->op == OP_SHL || e->op == OP_SHR)) {
		if (expr_is_literal(e->b) && e->b->ival > 63)
			diag_warn(s->d, e->loc,
				  "bits are shifted by 0 to 63: of this count its lowest 6 bits are taken");
		return;
	}
	if (!expr_is_literal(e->a) || (binary && !expr_is_literal(e->b)))
		return;
	x = value(e->a);
	if (binary && (e->op == OP_ADD || e->op == OP_SUB || e->op == OP_MUL)) {
		if (compute(e->op, x, value(e->b), &v) && v >= INT64_MIN && v <= (wide)UINT64_MAX)
			return;
	} else if (binary || e->op != OP_NEG || x <= -(wide)INT64_MIN) {
		return;
	}
	diag_warn(s->d, e->loc, "the result does not fit 64 bits: its lowest 64 are kept");
}

/* --- types of several --------------------------------------------------------------------------- */

const struct gft_type *sema_join_ints(const struct gft_type *x, const struct gft_type *y)
{
	bool sx = x->is_signed, sy = y->is_signed;
	unsigned size = x->size > y->size ? x->size : y->size;

	if (x->flexible && y->flexible)
		return x->size >= y->size ? x : y;
	if (x->flexible)
		sx = sy;
	else if (y->flexible)
		sy = sx;
	if (sx != sy) { /* both in a signed one: of all 64 bits the unsigned one's highest becomes the sign */
		if ((sx ? x : y)->size <= (sx ? y : x)->size)
			size = size == 8 ? 8 : size * 2;
		sx = true;
	}
	/* how it prints stays with the type that says so */
	if (!x->flexible && x->size == size && x->is_signed == sx)
		return x;
	if (!y->flexible && y->size == size && y->is_signed == sx)
		return y;
	return ty_int(size, sx);
}

const struct gft_type *sema_arith(enum op op, const struct gft_type *a, const struct gft_type *b)
{
	/* what has no type yet begins as 0 */
	if (a->kind == TY_NONE)
		a = ty_literal(1);
	if (b->kind == TY_NONE)
		b = ty_literal(1);

	bool sa = a->kind == TY_INT && a->is_signed, sb = b->kind == TY_INT && b->is_signed;

	if (a->flexible && !b->flexible)
		sa = sb;
	else if (b->flexible && !a->flexible)
		sb = sa;
	return ty_int(8, op == OP_SUB || sa || sb);
}

bool sema_compares_signed(const struct gft_type *a, const struct gft_type *b)
{
	if (a->kind == TY_INT && b->kind == TY_INT)
		return sema_join_ints(a, b)->is_signed;
	if (a->kind == TY_PTR || b->kind == TY_PTR)
		return false;
	return (a->kind == TY_INT && a->is_signed) || (b->kind == TY_INT && b->is_signed);
}

const struct gft_type *sema_step(enum op op, const struct gft_type *t)
{
	return ty_int(8, op == OP_SUB || t->kind != TY_INT || t->is_signed);
}

/* --- what fits where ----------------------------------------------------------------------------- */

/* Whether a value of type from, which is no tuple and no record, is not whole in one of type to. */
typedef bool spoils_fn(const struct gft_type *to, const struct gft_type *from);

/* The first part of from that spoils() says so of: its types in *part and *in. */
static bool spoilt(const struct gft_type *to, const struct gft_type *from, spoils_fn *spoils,
		   const struct gft_type **part, const struct gft_type **in)
{
	if (to->kind != from->kind || (to->kind != TY_TUPLE && to->kind != TY_RECORD)) {
		*part = from;
		*in = to;
		return spoils(to, from);
	}
	for (uint32_t i = 0; i < to->nfields; i++) {
		const struct ty_field *f = ty_part(from, to, i);

		if (f && spoilt(to->fields[i].type, f->type, spoils, part, in))
			return true;
	}
	return false;
}

static bool cuts(const struct gft_type *to, const struct gft_type *from)
{
	return to->kind == TY_STRING && from->kind == TY_STRING && from->size > to->size;
}

/* What has room for all text that the script reads is cut at the end like any text. */
static void text_fits(struct sema *s, const struct gft_type *t, const struct expr *e)
{
	const struct gft_type *text, *room;

	if (!spoilt(t, e->type, cuts, &text, &room) || room->size >= s->p->config.max_strlen)
		return;
	if (e->kind == EX_STR && e->len < room->size)
		return;
	sema_error(s, e->loc, "text of %u bytes does not fit %s", text->size, sema_type_name(s, room));
	sema_hint(s, "a cast cuts it: (%s)", sema_type_name(s, room));
}

void sema_fits(struct sema *s, const struct gft_type *t, const struct expr *e)
{
	int64_t n;
	wide v, low, high;

	if (t)
		text_fits(s, t, e);

	if (!t || t->kind != TY_INT || !sema_const_int(e, &n))
		return;
	v = expr_is_literal(e) ? value(e) : (wide)n;
	high = ((wide)1 << (t->size * 8 - t->is_signed)) - 1;
	low = t->is_signed ? -high - 1 : 0;
	if (v >= low && v <= high)
		return;
	if (v < 0 && !low) {
		sema_error(s, e->loc, "a negative number does not fit %s", sema_type_name(s, t));
		sema_hint(s, "a cast takes its bits as they are: (%s)", sema_type_name(s, t));
		return;
	}
	sema_error(s, e->loc,
		   v > INT64_MAX ? "%llu does not fit %s, which holds %lld to %lld"
				 : "%lld does not fit %s, which holds %lld to %lld",
		   (long long)v, sema_type_name(s, t), (long long)low, (long long)high);
	sema_hint(s, "a cast cuts it: (%s)", sema_type_name(s, t));
}

/* Whether every number of type from is one of type to. */
static bool holds(const struct gft_type *to, const struct gft_type *from)
{
	if (from->flexible) /* not negative, and of one bit less than its size has */
		return from->size <= to->size;
	if (from->is_signed == to->is_signed)
		return from->size <= to->size;
	return to->is_signed && from->size < to->size;
}

static bool loses(const struct gft_type *to, const struct gft_type *from)
{
	return to->kind == TY_INT && from->kind == TY_INT && !holds(to, from);
}

void sema_implicit(struct sema *s, const struct expr *e, const struct gft_type *to)
{
	const struct gft_type *lost, *in;
	int64_t v;

	if (!s->report || sema_const_int(e, &v) || !spoilt(to, e->type, loses, &lost, &in))
		return;
	diag_warn(s->d, e->loc,
		  "Expression of type: %s being cast to type: %s. This may cause unexpected results. Use an explicit "
		  "cast "
		  "to suppress this warning.",
		  sema_type_name(s, lost), sema_type_name(s, in));
}
