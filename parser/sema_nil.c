/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_nil.c - x == nil, x != nil: of a value of Go the first word decides,
 * whatever its type is: an address, or an interface's word for its type.
 */
#include <string.h>

#include "parser/sema.h"

bool sema_is_nil(const struct expr *e)
{
	return e->kind == EX_IDENT && !strcmp(e->name, "nil");
}

/* fetch(%bx:error): the first word is read alone. */
static bool fetched(struct expr *e)
{
	struct fetcharg *f = e->kind == EX_FETCH && e->nitems == 1 ? e->items[0].arg : NULL;

	if (!f || f->type.array)
		return false;
	switch (f->type.kind) {
	case FT_SLICE:
	case FT_ERROR:
	case FT_IFACE:
	case FT_EFACE: f->type = (struct fa_type){ .kind = FT_INT, .bits = 64 }; return true;
	default: return false;
	}
}

/* Of what is no value of Go by its place or name: a pointer, or a number that can be an address. */
static bool address(const struct gft_type *t)
{
	return t->kind == TY_PTR || (t->kind == TY_INT && t->size == 8 && !t->is_signed);
}

bool sema_nil(struct sema *s, struct expr *e)
{
	struct expr *nil = sema_is_nil(e->b) ? e->b : e->a, *x = nil == e->b ? e->a : e->b;

	if (!sema_is_nil(nil) || sema_is_nil(x))
		return true;
	if (!fetched(x)) {
		bool named = sema_go_word(s, x);

		if (!named)
			sema_expr(s, x);
		if (named ? !x->go : !address(x->type)) {
			if (!named && x->type->kind != TY_NONE) {
				sema_error(s, x->loc, "%s is never nil", sema_type_name(s, x->type));
				if (x->type->kind == TY_STRING)
					sema_hint(s, "compare it with \"\"");
			}
			return false;
		}
	}
	nil->kind = EX_INT;
	nil->ival = 0;
	return true;
}
