/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_loop.c - while, for and unroll.
 *
 * The body of while and for becomes a BPF function that the kernel calls, so a
 * variable from outside that the body uses must lie where both can reach it:
 * such variables are marked captured.
 */
#include <string.h>

#include "parser/sema.h"

#define UNROLL_MAX    100
#define UNROLL_WEIGHT 2000	 /* of all rounds together */
#define UNROLL_VAR    "$0unroll" /* a name that scripts cannot spell */

/* The type that an element of a for over a map has: an aggregation's is the number it stands for. */
static const struct gft_type *element_type(struct sema *s, const struct map *m)
{
	const struct gft_type *t[2] = { m->key, sema_agg_value(m->value) };

	if (!t[1])
		t[1] = m->value;
	return ty_tuple(s->a, t, NULL, 2);
}

/* What the loop goes over, when it can. */
static struct map *looped_map(struct sema *s, struct expr *e)
{
	struct map *m;

	if (e->kind != EX_MAP || e->nargs) {
		sema_expr(s, e);
		sema_error(s, e->loc, "for goes over a map or a range");
		sema_hint(s, "for ($kv : @map) { ... $kv.0 is the key, $kv.1 the value ... }, "
			     "or for ($i : 0..10) { ... }");
		return NULL;
	}
	m = sema_map(s, e);
	if (m->key_seen && !m->keyed) {
		sema_error(s, e->loc, "%s is a single value: for needs a map with keys", m->name);
		return NULL;
	}
	if (!m->key_seen || m->value->kind == TY_NONE) {
		sema_error(s, e->loc, "%s is read but never assigned", m->name);
		return NULL;
	}
	if (ty_is_agg(m->value) && !sema_agg_value(m->value)) {
		sema_error(s, e->loc, "%s holds %s, which has no single value: for cannot go over it", m->name,
			   sema_type_name(s, m->value));
		sema_hint(s, "print(%s) shows it whole", m->name);
		return NULL;
	}
	return m;
}

static void check_map_range(struct sema *s, struct stmt *st)
{
	const struct map *m = looped_map(s, st->e);

	if (m)
		s->ci->needs |= ty_is_agg(m->value) ? NEED_AGG : 0;
	sema_assign_var(s, st->lhs, m ? element_type(s, m) : &ty_none, st->e->loc);
	st->lhs->var->wrong = !m;
}

static void check_bound(struct sema *s, struct expr *e)
{
	sema_expr(s, e);
	if (!ty_is_int(e->type) && e->type->kind != TY_NONE)
		sema_error(s, e->loc, "the bounds of a range must be numbers, not %s", sema_type_name(s, e->type));
}

static const struct gft_type *range_type(struct sema *s, const struct stmt *st)
{
	const struct gft_type *t = sema_join(s, st->e->type, st->e2->type);

	return t && ty_is_int(t) ? t : &ty_i64;
}

static void check_unroll(struct sema *s, struct stmt *st)
{
	int64_t n;

	sema_expr(s, st->e);
	if (!sema_const_int(st->e, &n) || n < 1 || n > UNROLL_MAX)
		sema_error(s, st->e->loc, "unroll's count must be a number from 1 to %d", UNROLL_MAX);
	else
		st->count = (uint64_t)n;
	sema_block(s, st->body, false);
}

/* --- unroll that is too much --------------------------------------------------------------- */

static unsigned weigh_block(const struct block *b);

/* About how much the verifier has to look at. */
static unsigned weigh(const struct expr *e)
{
	const struct function *fn = e && e->kind == EX_CALL ? function_find(e->name) : NULL;
	unsigned w = 1;

	if (!e)
		return 0;
	w += fn && (fn->needs & NEED_TEXT) ? 500 : e->kind == EX_CALL ? 20 : e->kind == EX_MAP ? 5 : 0;
	w += weigh(e->a) + weigh(e->b) + weigh(e->c) + weigh_block(e->block) + weigh_block(e->block2);
	for (uint32_t i = 0; i < e->nargs; i++)
		w += weigh(e->args[i]);
	for (uint32_t i = 0; i < e->nitems; i++)
		w += 5 + weigh(e->items[i].e);
	return w < UNROLL_WEIGHT ? w : UNROLL_WEIGHT;
}

static unsigned weigh_block(const struct block *b)
{
	unsigned w = 0;

	for (const struct stmt *st = b ? b->first : NULL; st && w < UNROLL_WEIGHT; st = st->next) {
		unsigned inner = weigh_block(st->body) + weigh_block(st->other);
		bool again = st->kind == ST_UNROLL && st->e->kind == EX_INT && st->e->ival <= UNROLL_MAX;

		w += 1 + weigh(st->lhs) + weigh(st->e) + weigh(st->e2) + inner * (again ? (unsigned)st->e->ival : 1);
	}
	if (b && b->value)
		w += weigh(b->value);
	/* capped, so that many levels of unroll do not wrap around */
	return w < UNROLL_WEIGHT ? w : UNROLL_WEIGHT;
}

/*
 * The verifier looks at each round of an unroll.  Where that would be too much it
 * becomes a loop, which it looks at once, and which needs a newer kernel.  By
 * then nothing of the body has been checked yet, so that its variables are
 * found to be shared with the loop's function.
 */
static void unroll_or_loop(struct sema *s, struct stmt *st)
{
	int64_t n;

	if (st->body->scope)
		return;
	sema_expr(s, st->e);
	if (!sema_const_int(st->e, &n) || n < 2 || n > UNROLL_MAX ||
	    weigh_block(st->body) * (unsigned)n < UNROLL_WEIGHT)
		return;
	st->kind = ST_FOR_RANGE;
	st->e2 = st->e;
	st->e = expr_new(s->p->ast, EX_INT, st->e->loc);
	st->lhs = expr_new(s->p->ast, EX_VAR, st->loc);
	st->lhs->name = UNROLL_VAR;
}

/* A for has a variable of its own, which must not hide another one. */
static void check_fresh(struct sema *s, struct stmt *st)
{
	struct expr *v = st->lhs;
	const struct var *old = v->var ? NULL : sema_find_var(s, v->name);

	if (old) {
		v->number = 1; /* told in the last pass */
		st->other_loc = old->loc;
	}
	if (!v->var)
		v->var = sema_new_var(s, v);
	if (v->number && strcmp(v->name, UNROLL_VAR) != 0) {
		sema_error(s, v->loc, "%s hides a variable of that name", v->name);
		sema_note(s, st->other_loc, "which is this");
		sema_hint(s, "the variable of a for needs a name of its own");
	}
}

void sema_loop(struct sema *s, struct stmt *st)
{
	struct scope *sc = ARENA_NEW(s->a, struct scope);

	s->loops++;
	if (st->kind == ST_UNROLL)
		unroll_or_loop(s, st);
	if (st->kind == ST_UNROLL) {
		check_unroll(s, st);
		s->loops--;
		return;
	}
	s->ci->needs |= NEED_LOOP;
	sc->up = s->scope;
	if (st->kind == ST_FOR_RANGE) {
		check_bound(s, st->e);
		check_bound(s, st->e2);
	}
	s->callbacks++;
	if (st->kind == ST_WHILE) {
		sema_cond(s, st->e);
	} else {
		s->scope = sc;
		check_fresh(s, st);
		if (st->kind == ST_FOR_RANGE)
			sema_assign_var(s, st->lhs, range_type(s, st), st->lhs->loc);
		else
			check_map_range(s, st);
	}
	sema_block(s, st->body, false);
	s->scope = sc->up;
	s->callbacks--;
	s->loops--;
}
