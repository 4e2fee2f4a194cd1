/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * goabi.c - where Go passes a value, given its type: ABIInternal of Go >= 1.17
 * on amd64 (src/cmd/compile/abi-internal.md) and ABI0, which is the same
 * algorithm without registers.  A pure function of types: it knows no binary.
 *
 *	| results that did not fit    |
 *	| (aligned to 8)              |
 *	| arguments that did not fit  | +8
 *	| return address              |  0, the places count from here
 */
#include "internal.h"

#define STACK_PIECE 32768U /* a piece's size has 16 bits: larger values have several */
#define STACK_MAX   (1U << 30)
#define MAX_DEPTH   80	 /* of types in types */
#define MAX_STEPS   4096 /* parts of one value, those without bytes included */

struct regs {
	unsigned ints, floats; /* used */
	unsigned n, steps;
	struct go_piece piece[GOABI_INTS + GOABI_FLOATS];
};

static bool take(struct regs *r, enum go_place place, uint32_t off, uint32_t size)
{
	unsigned *used = place == GO_IN_XMM ? &r->floats : &r->ints;

	if (*used >= (place == GO_IN_XMM ? GOABI_FLOATS : GOABI_INTS))
		return false;
	r->piece[r->n++] =
		(struct go_piece){ .place = (uint8_t)place, .reg = (uint8_t)*used, .size = (uint16_t)size, .off = off };
	++*used;
	return true;
}

static bool take_words(struct regs *r, uint32_t off, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!take(r, GO_IN_REG, off + i * 8, 8))
			return false;
	}
	return true;
}

static bool to_regs(struct regs *r, const struct go_type *t, uint32_t off, unsigned depth)
{
	if (depth > MAX_DEPTH || ++r->steps > MAX_STEPS)
		return false;
	switch (t->kind) {
	case GO_BOOL:
	case GO_INT:
	case GO_UINT: return t->size <= 8 && take(r, GO_IN_REG, off, t->size);
	case GO_PTR:
	case GO_MAP:
	case GO_CHAN:
	case GO_FUNC: return take_words(r, off, 1);
	case GO_STRING:
	case GO_INTERFACE:
	case GO_EFACE: return take_words(r, off, 2);
	case GO_SLICE: return take_words(r, off, 3);
	case GO_FLOAT: return t->size <= 8 && take(r, GO_IN_XMM, off, t->size);
	case GO_COMPLEX:
		return t->size <= 16 && take(r, GO_IN_XMM, off, t->size / 2) &&
		       take(r, GO_IN_XMM, off + t->size / 2, t->size / 2);
	case GO_ARRAY:
		if (t->count != 1)
			return !t->count;
		return to_regs(r, t->elem, off, depth + 1);
	case GO_STRUCT:
		for (uint32_t i = 0; i < t->nfields; i++) {
			if (!to_regs(r, t->fields[i].type, off + t->fields[i].off, depth + 1))
				return false;
		}
		return true;
	case GO_UNION:
	case GO_UNKNOWN: break;
	}
	return false;
}

static void on_stack(struct arena *a, struct goabi_val *v, uint64_t at)
{
	uint32_t size = v->type->size, n = (size + STACK_PIECE - 1) / STACK_PIECE;

	v->npieces = n;
	v->pieces = n ? ARENA_ARRAY(a, struct go_piece, n) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t off = i * STACK_PIECE, left = size - off;

		v->pieces[i] = (struct go_piece){ .place = GO_ON_STACK,
						  .size = (uint16_t)(left < STACK_PIECE ? left : STACK_PIECE),
						  .off = off,
						  .stack = (int32_t)(at + off + 8) };
	}
}

static uint64_t align_up(uint64_t n, uint32_t align)
{
	return align > 1 ? (n + align - 1) / align * align : n;
}

int goabi_assign(struct arena *a, struct goabi_val *v, size_t n, bool abi0)
{
	struct regs r = { 0 };
	uint64_t stack = 0;
	bool results = false;

	for (size_t i = 0; i < n; i++) {
		const struct go_type *t = v[i].type;
		struct regs before;

		if (t->kind == GO_UNKNOWN || t->lazy)
			return -EBADMSG;
		if (v[i].result && !results) {
			results = true;
			stack = align_up(stack, 8);
			r.ints = r.floats = 0;
		}
		if (r.ints < v[i].min_int)
			r.ints = v[i].min_int;
		if (r.floats < v[i].min_float)
			r.floats = v[i].min_float;
		if (stack < v[i].min_stack)
			stack = v[i].min_stack;
		r.n = r.steps = 0;
		before = r;
		if (!abi0 && t->size && to_regs(&r, t, 0, 0)) {
			v[i].npieces = r.n;
			v[i].pieces = r.n ? arena_memdup(a, r.piece, r.n * sizeof(*r.piece)) : NULL;
			continue;
		}
		/* wholly on the stack; what it tried to take is free for smaller values that follow */
		r = before;
		stack = align_up(stack, t->align);
		if (stack > STACK_MAX || t->size > STACK_MAX)
			return -E2BIG;
		on_stack(a, &v[i], stack);
		stack += t->size;
	}
	return 0;
}
