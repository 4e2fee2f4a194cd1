/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_map.c - maps with a declaration: let @m = hash(N). */
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
