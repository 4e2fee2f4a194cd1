/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_split.c - a clause whose probes have different records (args) becomes
 * several, one for each kind of record: a field has one type and one place in
 * what is compiled.  sys_enter_open's filename is not where sys_enter_openat's
 * is, and a script names both in one clause.
 */
#include <string.h>

#include "parser/clone.h"
#include "parser/sema.h"

/* What a clause takes of its record. */
struct uses {
	struct arena *a;
	const char **names;
	uint32_t n, cap;
	bool whole; /* args itself */
};

static void in_block(struct uses *u, const struct block *b);

static bool is_args(const struct expr *e)
{
	return e && (e->kind == EX_IDENT || e->kind == EX_CALL) && !strcmp(e->name, "args");
}

static void in_expr(struct uses *u, const struct expr *e)
{
	if (!e)
		return;
	if (e->kind == EX_FIELD && is_args(e->a)) {
		ARENA_PUSH(u->a, u->names, u->n, u->cap, e->name);
		return;
	}
	u->whole |= is_args(e);
	in_expr(u, e->a);
	in_expr(u, e->b);
	in_expr(u, e->c);
	for (uint32_t i = 0; i < e->nargs; i++)
		in_expr(u, e->args[i]);
	for (uint32_t i = 0; i < e->nitems; i++)
		in_expr(u, e->items[i].e);
	if (e->spec)
		in_expr(u, e->spec->of);
	in_block(u, e->block);
	in_block(u, e->block2);
}

static void in_block(struct uses *u, const struct block *b)
{
	if (!b)
		return;
	for (const struct stmt *st = b->first; st; st = st->next) {
		in_expr(u, st->lhs);
		in_expr(u, st->e);
		in_expr(u, st->e2);
		if (st->spec)
			in_expr(u, st->spec->of);
		in_block(u, st->body);
		in_block(u, st->other);
	}
	in_expr(u, b->value);
}

bool sema_same_field(const struct ty_field *x, const struct ty_field *y)
{
	return x && y ? !strcmp(x->name, y->name) && x->off == y->off && ty_equal(x->type, y->type) : !x && !y;
}

static bool same_record(const struct uses *u, const struct gft_type *x, const struct gft_type *y)
{
	if (u->whole) {
		if (x->nfields != y->nfields)
			return false;
		for (uint32_t i = 0; i < x->nfields; i++)
			if (!sema_same_field(&x->fields[i], &y->fields[i]))
				return false;
		return true;
	}
	for (uint32_t i = 0; i < u->n; i++)
		if (!sema_same_field(ty_field_named(x, u->names[i]), ty_field_named(y, u->names[i])))
			return false;
	return true;
}

/* A copy of a clause for those of its probes that have the record's kind; it has no probes yet. */
static struct clause_info *add_clause(struct sema *s, const struct clause_info *of, uint32_t *cap)
{
	struct cloning plain = { .a = s->a };
	struct clause *c = arena_memdup(s->a, of->clause, sizeof(*c));
	struct clause_info ci = *of;

	c->block = clone_block(&plain, of->clause->block);
	c->pred = clone_expr(&plain, of->clause->pred);
	c->points = ARENA_ARRAY(s->a, struct attach_point *, of->clause->npoints);
	c->npoints = 0;
	c->index = s->p->nclauses;
	c->next = NULL;
	ci.clause = c;
	s->p->ast->last_clause->next = c;
	s->p->ast->last_clause = c;
	s->p->ast->nclauses++;
	ARENA_PUSH(s->a, s->p->clauses, s->p->nclauses, *cap, ci);
	return &s->p->clauses[c->index];
}

/* The probe's attach point becomes one of the clause's. */
static void take_point(struct clause *c, struct attach_point *ap)
{
	for (uint32_t i = 0; i < c->npoints; i++)
		if (c->points[i] == ap)
			return;
	c->points[c->npoints++] = ap;
}

static void split(struct sema *s, uint32_t index, const struct uses *macros, uint32_t *cap)
{
	struct clause *c = s->p->clauses[index].clause;
	const struct gft_type **kinds = NULL;
	uint32_t nkinds = 0, kcap = 0, first = s->p->nclauses, k;
	struct uses u = *macros;
	const char *why;

	u.cap = u.n; /* what is found here goes into an array of its own */
	in_block(&u, c->block);
	in_expr(&u, c->pred);
	if ((!u.n && !u.whole) || !sema_tp_args(s, c, &why))
		return;
	for (uint32_t i = 0; i < s->p->nplain; i++) {
		const struct gft_type *t = s->p->plain[i].args;

		if (s->p->plain[i].clause != index)
			continue;
		for (k = 0; k < nkinds && !same_record(&u, kinds[k], t); k++)
			;
		if (k == nkinds) {
			ARENA_PUSH(s->a, kinds, nkinds, kcap, t);
			if (k)
				add_clause(s, &s->p->clauses[index], cap);
		}
		if (k)
			s->p->plain[i].clause = first + k - 1;
	}
	if (nkinds < 2)
		return;
	c->npoints = 0;
	for (uint32_t i = 0; i < s->p->nplain; i++) {
		const struct plain_probe *pp = &s->p->plain[i];

		if (pp->clause == index || pp->clause >= first)
			take_point(s->p->clauses[pp->clause].clause, pp->ap);
	}
}

void sema_split_clauses(struct sema *s)
{
	uint32_t n = s->p->nclauses, cap = n;
	struct uses macros = { .a = s->a };

	for (const struct macro *m = s->p->ast->macros; m; m = m->next)
		in_block(&macros, m->body);
	for (uint32_t i = 0; i < n; i++) {
		const struct clause_info *ci = &s->p->clauses[i];

		if (ci->where && !(ci->where & ~(W_TP | W_RAW | W_KERNEL | W_KRET)))
			split(s, i, &macros, &cap);
	}
}
