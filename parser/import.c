/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* import.c - see import.h. */
#include "parser/import.h"

#include "gft/arena.h"

#define IN_FRONT(into, from, list)                                                                                     \
	do {                                                                                                           \
		__typeof__((from)->list) *end_ = &(from)->list;                                                        \
		while (*end_)                                                                                          \
			end_ = &(*end_)->next;                                                                         \
		*end_ = (into)->list;                                                                                  \
		(into)->list = (from)->list;                                                                           \
	} while (0)

#define BEHIND(into, from, list)                                                                                       \
	do {                                                                                                           \
		__typeof__((into)->list) *end_ = &(into)->list;                                                        \
		while (*end_)                                                                                          \
			end_ = &(*end_)->next;                                                                         \
		*end_ = (from)->list;                                                                                  \
	} while (0)

void import_script(struct ast *into, struct ast *from)
{
	IN_FRONT(into, from, clauses);
	IN_FRONT(into, from, c_texts);
	IN_FRONT(into, from, c_headers);
	IN_FRONT(into, from, config);
	BEHIND(into, from, map_decls);
	BEHIND(into, from, macros);
	if (!into->last_clause)
		into->last_clause = from->last_clause;
	if (!into->last_c_text)
		into->last_c_text = from->last_c_text;
	into->nclauses += from->nclauses;
}

void import_header(struct ast *into, const char *path, struct src_loc loc)
{
	struct c_header *h = ARENA_NEW(into->arena, struct c_header), **end = &into->c_headers;

	h->path = arena_strdup(into->arena, path);
	h->loc = loc;
	while (*end)
		end = &(*end)->next;
	*end = h;
}
