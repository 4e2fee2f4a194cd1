/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_unwound.c - clauses that run for calls that a panic removed.
 *
 * A clause that names unwound runs for such calls too.  Then there is no exit:
 * registers and stack are those of another function, so results, and whatever
 * else is read from them, may only stand where unwound is known to be false.
 */
#include <string.h>

#include "parser/sema.h"

static bool is_unwound(const struct expr *e)
{
	return e->kind == EX_IDENT && e->builtin && !strcmp(e->builtin->name, "unwound");
}

bool sema_returned(const struct expr *e, bool truth)
{
	int64_t v;

	switch (e->kind) {
	case EX_IDENT: return is_unwound(e) && !truth;
	case EX_UNARY: return e->op == OP_NOT && sema_returned(e->a, !truth);
	case EX_BINARY:
		switch (e->op) {
		case OP_LAND:
			return truth ? sema_returned(e->a, true) || sema_returned(e->b, true)
				     : sema_returned(e->a, false) && sema_returned(e->b, false);
		case OP_LOR:
			return truth ? sema_returned(e->a, true) && sema_returned(e->b, true)
				     : sema_returned(e->a, false) || sema_returned(e->b, false);
		case OP_EQ:
		case OP_NE:
			return is_unwound(e->a) && sema_const_int(e->b, &v) && (v == 0 || v == 1) &&
			       ((e->op == OP_EQ) == truth) == !v;
		default: return false;
		}
	default: return false;
	}
}

/* An expression inside of e has told, or was right: what it needs is no matter of e's any more. */
struct sema_hit sema_hit_begin(struct sema *s)
{
	struct sema_hit h = { s->ci ? s->ci->needs & NEED_HIT : 0, s->nhit };

	if (s->ci)
		s->ci->needs &= ~(uint32_t)NEED_HIT;
	return h;
}

void sema_hit_end(struct sema *s, struct sema_hit h, const struct expr *e)
{
	uint32_t mine;

	if (!s->ci)
		return;
	mine = s->ci->needs & NEED_HIT;
	s->ci->needs = (s->ci->needs & ~(uint32_t)NEED_HIT) | h.needs;
	s->hit |= mine;
	if (!mine || s->returned || !(s->ci->needs & NEED_UNWOUND) || s->nhit != h.n)
		return;
	s->nhit++;
	sema_error(s, e->loc, "%s%s: there is no exit when a panic removed the call",
		   e->kind == EX_FETCH ? "fetch"
		   : e->name	       ? e->name
				       : "this",
		   e->kind == EX_CALL || e->kind == EX_FETCH ? "()" : "");
	sema_hint(s, "a clause that names unwound runs for such calls too: ask for this behind !unwound, as in "
		     "if (!unwound) { ... }");
}
