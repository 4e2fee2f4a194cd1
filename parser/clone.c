/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* clone.c - copies of a macro's body, with its parameters replaced. */
#include "parser/clone.h"

#include <string.h>

#include "gft/arena.h"
#include "parser/fetcharg.h"

static struct expr *clone_lhs(struct cloning *c, const struct expr *e);

static void copied(const struct cloning *c, struct src_loc *loc)
{
	if (c->use)
		loc->use = c->use;
}

static struct expr **clone_list(struct cloning *c, struct expr **v, uint32_t n)
{
	struct expr **list = v ? ARENA_ARRAY(c->a, struct expr *, n + 1) : NULL;

	for (uint32_t i = 0; list && i < n; i++)
		list[i] = clone_expr(c, v[i]);
	return list;
}

static struct fetch_item *clone_items(struct cloning *c, const struct expr *e)
{
	struct fetch_item *v = ARENA_ARRAY(c->a, struct fetch_item, e->nitems + 1);

	for (uint32_t i = 0; i < e->nitems; i++) {
		v[i] = e->items[i];
		v[i].e = clone_expr(c, v[i].e);
		if (v[i].arg)
			v[i].arg = arena_memdup(c->a, v[i].arg, sizeof(*v[i].arg));
	}
	return v;
}

static const struct expr *argument(const struct cloning *c, const struct expr *e)
{
	for (uint32_t i = 0; c->macro && i < c->macro->nparams; i++) {
		const struct expr *p = c->macro->params[i];

		if (p->kind == e->kind && !strcmp(p->name, e->name))
			return c->args[i];
	}
	return NULL;
}

struct expr *clone_expr(struct cloning *c, const struct expr *e)
{
	const struct expr *arg = NULL;
	struct expr *n;

	if (!e)
		return NULL;
	if (e->kind == EX_IDENT || e->kind == EX_VAR || e->kind == EX_MAP)
		arg = argument(c, e);
	/* in the caller's own words; a variable or map itself is put in place of the macro's, which may assign to it */
	if (arg && (e->kind == EX_IDENT || arg->kind != e->kind || arg->nargs)) {
		struct cloning plain = { .a = c->a };

		return clone_expr(&plain, arg);
	}
	n = arena_memdup(c->a, e, sizeof(*e));
	copied(c, &n->loc);
	n->var = NULL;
	n->map = NULL;
	if (arg)
		n->name = arg->name;
	else if (c->macro && e->kind == EX_VAR) /* the macro's own: none of the caller's is meant */
		n->name = arena_printf(c->a, "%s__%u", e->name, c->number);
	n->a = e->kind == EX_INCDEC ? clone_lhs(c, e->a) : clone_expr(c, e->a);
	n->b = clone_expr(c, e->b);
	n->c = clone_expr(c, e->c);
	n->args = clone_list(c, e->args, e->nargs);
	n->block = clone_block(c, e->block);
	n->block2 = clone_block(c, e->block2);
	if (e->nitems)
		n->items = clone_items(c, e);
	if (e->spec && e->spec->of) {
		n->spec = arena_memdup(c->a, e->spec, sizeof(*e->spec));
		n->spec->of = clone_expr(c, e->spec->of);
	}
	return n;
}

/* A copy of what is assigned to. */
static struct expr *clone_lhs(struct cloning *c, const struct expr *e)
{
	struct expr *n = clone_expr(c, e);

	if (n && n->kind != e->kind)
		c->assigned = e;
	return n;
}

static struct stmt *clone_stmt(struct cloning *c, const struct stmt *st)
{
	struct stmt *n = arena_memdup(c->a, st, sizeof(*st));

	copied(c, &n->loc);
	n->next = NULL;
	n->lhs = clone_lhs(c, st->lhs);
	n->e = clone_expr(c, st->e);
	n->e2 = clone_expr(c, st->e2);
	n->body = clone_block(c, st->body);
	n->other = clone_block(c, st->other);
	if (st->spec && st->spec->of) {
		n->spec = arena_memdup(c->a, st->spec, sizeof(*st->spec));
		n->spec->of = clone_expr(c, st->spec->of);
	}
	return n;
}

struct block *clone_block(struct cloning *c, const struct block *b)
{
	struct block *n;

	if (!b)
		return NULL;
	n = arena_memdup(c->a, b, sizeof(*b));
	n->first = n->last = NULL;
	n->scope = NULL;
	n->value = clone_expr(c, b->value);
	for (const struct stmt *st = b->first; st; st = st->next)
		block_add(n, clone_stmt(c, st));
	return n;
}
