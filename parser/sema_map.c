/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_map.c - maps: their declarations, let @m = hash(N), keys, values, and reading them. */
#include <string.h>

#include "parser/sema.h"

static const struct map_kind kinds[] = {
	{ "hash", "HASH", false, false },
	{ "lruhash", "LRU_HASH", false, true },
	{ "percpuhash", "PERCPU_HASH", true, false },
	{ "percpulruhash", "LRU_PERCPU_HASH", true, true },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

const struct map_kind *sema_map_kind(const char *name)
{
	for (size_t i = 0; i < N(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static void check_decl(struct sema *s, const struct map_decl *d, const struct map *m)
{
	const struct map_kind *k = sema_map_kind(d->kind);

	if (!k) {
		const char *names[N(kinds)], *near;

		for (size_t i = 0; i < N(kinds); i++)
			names[i] = kinds[i].name;
		near = diag_nearest(d->kind, names, N(kinds));
		diag_error(s->d, d->loc, "%s: there is no kind of map '%s'", d->name, d->kind);
		if (near)
			diag_hint(s->d, "did you mean '%s'?", near);
		else
			diag_hint(s->d, "kinds are hash(N), lruhash(N), percpuhash(N), percpulruhash(N)");
		return;
	}
	if (!d->max_entries || d->max_entries > 1u << 29)
		diag_error(s->d, d->loc, "%s: a map has room for 1 to %u keys", d->name, 1u << 29);
	if (!m)
		diag_warn(s->d, d->loc, "Unused map: %s", d->name);
	if (!m || m->value->kind == TY_NONE)
		return;
	if (k->percpu != ty_is_agg(m->value)) {
		diag_error(s->d, m->value_loc,
			   k->percpu ? "%s is a %s: it holds aggregations, not %s"
				     : "%s is a %s: it cannot hold %s, which is kept for each processor",
			   d->name, d->kind, sema_type_name(s, m->value));
		diag_hint(s->d, "let %s = %s(%llu)", d->name,
			  k->percpu ? k->lru ? "lruhash" : "hash"
			  : k->lru  ? "percpulruhash"
				    : "percpuhash",
			  (unsigned long long)d->max_entries);
	}
}

void sema_map_decls(struct sema *s)
{
	for (const struct map_decl *d = s->p->ast->map_decls; d; d = d->next) {
		const struct map *m = s->p->maps;

		while (m && strcmp(m->name, d->name) != 0)
			m = m->next;
		check_decl(s, d, m);
		for (const struct map_decl *o = d->next; o; o = o->next)
			if (!strcmp(o->name, d->name)) {
				diag_error(s->d, o->loc, "%s is declared twice", o->name);
				diag_note(s->d, d->loc, "the first time is here");
			}
	}
}

/* --- keys, values, reading --------------------------------------------------------------- */

struct map *sema_map(struct sema *s, struct expr *e)
{
	struct program *p = s->p;

	if (e->map)
		return e->map;
	for (struct map *m = p->maps; m; m = m->next)
		if (!strcmp(m->name, e->name))
			return e->map = m;

	struct map *m = ARENA_NEW(s->a, struct map);

	m->name = e->name;
	m->bpf_name = arena_printf(s->a, "m%u_%.8s", p->nmaps, e->name + 1);
	m->number = p->nmaps++;
	m->loc = e->loc;
	m->key = &ty_none;
	m->value = &ty_none;
	m->max_entries = p->config.max_map_keys;
	for (struct map_decl *d = p->ast->map_decls; d; d = d->next)
		if (!strcmp(d->name, e->name)) {
			m->max_entries = (uint32_t)d->max_entries;
			m->kind = sema_map_kind(d->kind);
		}
	if (p->last_map)
		p->last_map->next = m;
	else
		p->maps = m;
	p->last_map = m;
	return e->map = m;
}

/* Checks the key of a map expression and widens the map's key type by it. */
void sema_map_key(struct sema *s, struct expr *e)
{
	struct map *m = sema_map(s, e);
	struct expr *k = e->nargs ? e->args[0] : NULL;

	if (!m->key_seen) {
		m->key_seen = true;
		m->keyed = k != NULL;
		m->key_loc = e->loc;
		if (!k)
			m->key = NULL;
	}
	if (m->keyed != (k != NULL)) {
		if (k)
			sema_expr(s, k);
		sema_error(s, e->loc,
			   m->keyed ? "%s has keys: it cannot be used without one"
				    : "%s is a single value: it cannot be used with a key",
			   m->name);
		sema_note(s, m->key_loc, "%s is first used here", m->name);
		return;
	}
	if (!k)
		return;
	sema_expr(s, k);
	if (!sema_value_fits(s, k->loc, k->type))
		return;

	const struct gft_type *t = sema_storage(s, k->type);

	if (t->kind == TY_VOID || ty_is_agg(t) || t->kind == TY_FLOAT) {
		sema_error(s, k->loc, "%s cannot be a key", sema_type_name(s, t));
		return;
	}

	const struct gft_type *j = sema_join(s, m->key, t);

	if (!j) {
		sema_error(s, k->loc,
			   "Argument mismatch for %s: trying to access with arguments: '%s' when map expects "
			   "arguments: '%s'",
			   m->name, sema_type_name(s, t), sema_type_name(s, m->key));
		sema_note(s, m->key_loc, "%s is first used here", m->name);
		return;
	}
	if (!ty_same(j, m->key)) {
		m->key = j;
		s->changed = true;
	}
	sema_implicit(s, k, m->key);
}

void sema_assign_map(struct sema *s, struct expr *lhs, const struct gft_type *t, struct src_loc loc)
{
	struct map *m = sema_map(s, lhs);

	sema_map_key(s, lhs);
	m->written = true;
	m->given |= t->kind != TY_NONE;
	if (s->asked) {
		sema_error(s, loc, "nobody computes what is asked for its type only: %s would get no value", m->name);
		return;
	}
	if (t->kind == TY_VOID) {
		sema_error(s, loc, "this gives no value that %s can hold", m->name);
		return;
	}
	if (!sema_value_fits(s, loc, t))
		return;
	t = sema_storage(s, t);
	if (m->value->kind == TY_NONE && t->kind != TY_NONE)
		m->value_loc = lhs->loc;

	const struct gft_type *j = NULL;

	if (ty_is_agg(t) || ty_is_agg(m->value)) {
		if (m->value->kind == TY_NONE || ty_equal(m->value, t))
			j = t;
		else if (t->kind == m->value->kind && t->size == m->value->size && t->min == m->value->min &&
			 t->max == m->value->max && t->step == m->value->step && t->bits == m->value->bits &&
			 t->agg == m->value->agg)
			j = m->value->is_signed ? m->value : t;
	} else {
		j = sema_join(s, m->value, t);
	}
	if (!j) {
		sema_error(s, loc,
			   "Type mismatch for %s: trying to assign value of type '%s' when map already has a type '%s'",
			   m->name, sema_type_name(s, t), sema_type_name(s, m->value));
		if (ty_is_agg(t) && t->kind == m->value->kind)
			sema_hint(s, "a map keeps the bounds, steps and bits that it is first given: other ones need "
				     "another map");
		sema_note(s, m->value_loc, "%s gets its type here", m->name);
		return;
	}
	if (!ty_same(j, m->value)) {
		m->value = j;
		s->changed = true;
	}
	lhs->type = m->value;
}

const struct gft_type *sema_agg_value(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_COUNT: return &ty_u64;
	case TY_SUM:
	case TY_AVG:
	case TY_MIN:
	case TY_MAX: return ty_int(8, t->is_signed);
	default: return NULL;
	}
}

void sema_map_read(struct sema *s, struct expr *e)
{
	struct map *m = sema_map(s, e);

	sema_map_key(s, e);
	e->type = m->value;
	if (s->report && m->value->kind == TY_NONE) {
		sema_error(s, e->loc, "%s is read but never assigned", m->name);
		e->type = &ty_i64;
	} else if (ty_is_agg(m->value)) {
		e->type = sema_agg_value(m->value);
		s->ci->needs |= NEED_AGG;
		if (e->type)
			return;
		sema_error(s, e->loc, "%s holds %s, which has no single value: it cannot be read in an expression",
			   m->name, sema_type_name(s, m->value));
		sema_hint(s, "print(%s) shows it; count, sum, avg, min and max can be read", m->name);
		e->type = &ty_i64;
	}
}
