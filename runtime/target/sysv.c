/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sysv.c - where C passes a value, given its type: the System V psABI for
 * x86-64, 3.2.3 "Parameter Passing".  A pure function of types, as goabi.c.
 *
 *	| arguments in memory, each a multiple of 8 bytes | +8
 *	| return address                                  |  0, the places count from here
 */
#include "internal.h"

#define PIECE	  32768U /* a piece's size has 16 bits: larger values have several */
#define MEMORY	  16U	 /* aggregates above this size lie in memory */
#define MAX_DEPTH 40

enum abi_class { NO_CLASS, INTEGER, SSE, X87, IN_MEMORY };

/* Integer registers in order, as go_piece numbers them: RDI RSI RDX RCX R8 R9; results RAX RDX. */
static const uint8_t arg_regs[] = { 3, 4, 9, 2, 5, 6 }, ret_regs[] = { 0, 9 };

static enum abi_class merge(enum abi_class a, enum abi_class b)
{
	if (a == b || b == NO_CLASS)
		return a;
	if (a == NO_CLASS)
		return b;
	if (a == IN_MEMORY || b == IN_MEMORY)
		return IN_MEMORY;
	if (a == INTEGER || b == INTEGER)
		return INTEGER;
	return a == X87 || b == X87 ? IN_MEMORY : SSE;
}

/* Classes of the eightbytes that a part at off covers; false: the whole value lies in memory. */
static bool classify(const struct go_type *t, uint64_t off, enum abi_class c[2], unsigned depth)
{
	enum abi_class k = INTEGER;

	if (depth > MAX_DEPTH || t->lazy)
		return false;
	if (!t->size)
		return true;
	if (off > MEMORY || t->size > MEMORY - off || (t->align > 1 && off % t->align))
		return false;
	switch (t->c_class) {
	case C_X87: return false; /* inside of an aggregate, or as an argument */
	case C_INT128: c[0] = merge(c[0], INTEGER), c[1] = merge(c[1], INTEGER); return true;
	case C_VECTOR:
		for (uint64_t i = off / 8; i <= (off + t->size - 1) / 8; i++)
			c[i] = merge(c[i], SSE);
		return true;
	default: break;
	}
	switch (t->kind) {
	case GO_STRUCT:
	case GO_UNION:
		for (uint32_t i = 0; i < t->nfields; i++)
			if (!classify(t->fields[i].type, off + t->fields[i].off, c, depth + 1))
				return false;
		return true;
	case GO_ARRAY:
		for (uint64_t i = 0; i < t->count && i < MEMORY; i++)
			if (!classify(t->elem, off + i * t->elem->size, c, depth + 1))
				return false;
		return true;
	case GO_FLOAT:
	case GO_COMPLEX: k = SSE; break;
	case GO_UNKNOWN: return false;
	default: break;
	}
	for (uint64_t i = off / 8; i <= (off + t->size - 1) / 8; i++)
		c[i] = merge(c[i], k);
	return true;
}

struct regs {
	unsigned ints, floats;
};

static void pieces(struct arena *a, struct goabi_val *v, enum go_place place, uint8_t reg, uint64_t at)
{
	uint32_t size = v->type->size, n = (size + PIECE - 1) / PIECE;

	v->npieces = n;
	v->pieces = n ? ARENA_ARRAY(a, struct go_piece, n) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t off = i * PIECE, left = size - off;

		v->pieces[i] = (struct go_piece){ .place = (uint8_t)place,
						  .reg = reg,
						  .size = (uint16_t)(left < PIECE ? left : PIECE),
						  .off = off,
						  .stack = (int32_t)(at + off) };
	}
}

/* Into registers, if there are enough for all of it. */
static bool in_regs(struct arena *a, struct goabi_val *v, const enum abi_class c[2], struct regs *r)
{
	const uint8_t *regs = v->result ? ret_regs : arg_regs;
	unsigned max = v->result ? 2 : 6, maxf = v->result ? 2 : 8, ints = 0, floats = 0, n;
	struct go_piece p[2];

	n = (v->type->size + 7) / 8;
	for (unsigned i = 0; i < n; i++) {
		ints += c[i] == INTEGER;
		floats += c[i] == SSE;
	}
	if (r->ints + ints > max || r->floats + floats > maxf)
		return false;
	v->npieces = 0;
	for (unsigned i = 0; i < n; i++) {
		uint32_t left = v->type->size - i * 8;

		if (c[i] != INTEGER && c[i] != SSE)
			continue; /* padding */
		/* a vector is one register: its second half goes along */
		if (c[i] == SSE && v->type->c_class == C_VECTOR && i)
			continue;
		p[v->npieces++] = (struct go_piece){ .place = c[i] == SSE ? GO_IN_XMM : GO_IN_REG,
						     .reg = c[i] == SSE ? (uint8_t)r->floats++ : regs[r->ints++],
						     .size = (uint16_t)(left < 8 ? left : 8),
						     .off = i * 8 };
	}
	v->pieces = v->npieces ? arena_memdup(a, p, v->npieces * sizeof(p[0])) : NULL;
	return true;
}

/* long double alone: as a result it comes on the x87 stack, also in a struct of its own. */
static bool is_x87(const struct go_type *t, unsigned depth)
{
	if (t->c_class == C_X87)
		return true;
	return depth < 4 && t->kind == GO_STRUCT && t->nfields == 1 && t->size == MEMORY &&
	       is_x87(t->fields[0].type, depth + 1);
}

static bool result_in_memory(const struct go_type *t)
{
	enum abi_class c[2] = { NO_CLASS, NO_CLASS };

	if (t->c_class == C_BY_REF)
		return true;
	return t->size && !is_x87(t, 0) && (t->size > MEMORY || !classify(t, 0, c, 0));
}

static int assign(struct arena *a, struct goabi_val *v, struct regs *r, uint64_t *stack)
{
	enum abi_class c[2] = { NO_CLASS, NO_CLASS };
	const struct go_type *t = v->type;

	if (t->lazy || (t->kind == GO_UNKNOWN && t->c_class == C_BY_KIND && t->size) || t->c_class == C_NOT_KNOWN)
		return -EBADMSG;
	v->npieces = 0;
	v->pieces = NULL;
	if (v->result) {
		if (is_x87(t, 0))
			pieces(a, v, GO_IN_XMM, 0, 0); /* on the x87 stack: as unreadable */
		else if (result_in_memory(t))
			pieces(a, v, GO_AT_REG, ret_regs[0], 0);
		else if (t->size && classify(t, 0, c, 0))
			in_regs(a, v, c, r);
		return 0;
	}
	if (t->c_class == C_BY_REF) {
		if (r->ints < sizeof(arg_regs)) {
			pieces(a, v, GO_AT_REG, arg_regs[r->ints++], 0);
			return 0;
		}
		*stack += 8;
		return 0; /* behind a pointer on the stack: not captured */
	}
	if (!t->size)
		return 0;
	if (t->size <= MEMORY && classify(t, 0, c, 0) && in_regs(a, v, c, r))
		return 0;
	if (t->align > 8)
		*stack = (*stack + t->align - 1) / t->align * t->align;
	if (*stack > 1U << 30 || t->size > 1U << 30)
		return -E2BIG;
	pieces(a, v, GO_ON_STACK, 0, *stack + 8);
	*stack += (t->size + 7) & ~7U;
	return 0;
}

int sysv_assign(struct arena *a, struct goabi_val *v, size_t n)
{
	struct regs args = { 0, 0 }, rets = { 0, 0 };
	uint64_t stack = 0;
	int rc = 0;

	/* the address for a result in memory is the first argument */
	for (size_t i = 0; i < n; i++)
		if (v[i].result && !v[i].type->lazy && result_in_memory(v[i].type))
			args.ints = 1;
	for (size_t i = 0; i < n && !rc; i++)
		rc = assign(a, &v[i], v[i].result ? &rets : &args, &stack);
	return rc;
}
