/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_var.c - variables: finding, making, assigning and reading them. */
#include <string.h>

#include "parser/sema.h"

struct var *sema_find_var(struct sema *s, const char *name)
{
	for (struct scope *sc = s->scope; sc; sc = sc->up)
		for (struct scope_var *v = sc->vars; v; v = v->next)
			if (!strcmp(v->v->name, name))
				return v->v;
	return NULL;
}

static const char *nearest_var(struct sema *s, const char *name)
{
	const char *names[64];
	size_t n = 0;

	for (struct scope *sc = s->scope; sc; sc = sc->up)
		for (struct scope_var *v = sc->vars; v && n < 64; v = v->next)
			names[n++] = v->v->name;
	return diag_nearest(name, names, n);
}

struct var *sema_new_var(struct sema *s, const struct expr *e)
{
	struct var *v = ARENA_NEW(s->a, struct var);

	v->name = e->name;
	v->id = s->p->nvars++;
	v->type = &ty_none;
	v->loc = e->loc;
	v->callbacks = s->callbacks;
	return v;
}

static void use_var(struct sema *s, struct var *v)
{
	if (v->callbacks < s->callbacks)
		v->captured = true;
}

void sema_begins(struct sema *s, const struct expr *e)
{
	struct var *v = e->kind != EX_VAR ? NULL : e->var ? e->var : sema_find_var(s, e->name);

	if (v)
		v->pass = s->pass;
}

void sema_assign_var(struct sema *s, struct expr *lhs, const struct gft_type *t, struct src_loc loc)
{
	struct var *v = lhs->var ? lhs->var : sema_find_var(s, lhs->name);

	if (!v)
		v = sema_new_var(s, lhs);
	use_var(s, v);
	if (sema_find_var(s, lhs->name) != v) {
		struct scope_var *sv = ARENA_NEW(s->a, struct scope_var);

		sv->v = v;
		sv->next = s->scope->vars;
		s->scope->vars = sv;
	}
	lhs->var = v;
	v->written = true;
	v->pass = s->pass;
	if (!sema_value_fits(s, loc, t))
		return;
	t = sema_storage(s, t);
	if (t->kind == TY_VOID || ty_is_agg(t)) {
		sema_error(s, loc, "%s gives no value that a variable can hold",
			   ty_is_agg(t) ? "an aggregation" : "this");
		if (ty_is_agg(t))
			sema_hint(s, "aggregations live in maps: @name = count()");
		return;
	}

	const struct gft_type *j = sema_join(s, v->type, t);

	if (!j) {
		sema_error(s, loc,
			   "Type mismatch for %s: trying to assign value of type '%s' when variable already has a type "
			   "'%s'",
			   v->name, sema_type_name(s, t), sema_type_name(s, v->type));
		return;
	}
	if (v->declared)
		j = v->declared;
	if (!ty_same(j, v->type)) {
		v->type = j;
		s->changed = true;
	}
	lhs->type = v->type;
}

void sema_var(struct sema *s, struct expr *e)
{
	struct var *v = e->var ? e->var : sema_find_var(s, e->name);

	if (!v) {
		const char *near = nearest_var(s, e->name);

		sema_error(s, e->loc, "undefined variable %s", e->name);
		if (near)
			sema_hint(s, "did you mean %s?", near);
		else
			sema_hint(s,
				  "a variable lives in the block where it is first assigned, or where 'let %s;' "
				  "stands; between clauses values travel in maps: @name[goid] = ...",
				  e->name);
		e->type = &ty_i64;
		return;
	}
	use_var(s, v);
	e->var = v;
	e->type = v->type;
	if (s->report && v->pass != s->pass && !s->asked) {
		diag_warn(s->d, e->loc, "Variable used before it was assigned: %s", e->name);
		v->pass = s->pass;
	}
	if (v->wrong)
		sema_set_wrong(s, e->loc);
	if (s->report && v->type->kind == TY_NONE) {
		if (!diag_errors(s->d))
			sema_error(s, e->loc, "%s is read but never assigned", e->name);
		e->type = &ty_i64;
	}
}
