/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * emit_room.c - where values of several bytes live while a clause runs.
 *
 * BPF's stack has 512 bytes for everything.  What is short lies there, as long
 * as the clause has not put much there already; the rest gets a place in the
 * program's scratch memory (bpf-templates/scratch.h).  Places are given in the
 * order of the text: a block's end frees those of its variables, a statement's
 * end those of its temporaries.  Clauses of one program run one after the
 * other and share the room; only what fetch() keeps for the record has a place
 * of its own, in front.
 */
#include <string.h>

#include "codegen/emit.h"

#define STACK_ONE 64  /* bytes of one value */
#define STACK_ALL 128 /* of all values of a clause */

static uint32_t round8(uint32_t n)
{
	return (n + 7) & ~7U;
}

/* Long text is walked in pieces of 64 bytes (bpf-templates/text.h): its place has no half ones. */
static const char *scratch(struct em *m, uint32_t size)
{
	uint32_t at = m->room;

	m->room += size > 64 ? (size + 63) & ~63U : round8(size);
	if (m->room > m->room_most)
		m->room_most = m->room;
	m->claims[m->ci->clause->index] = true;
	return arena_printf(m->a, "(c->scratch + %u)", at);
}

static bool on_stack(struct em *m, uint32_t size)
{
	if (size > STACK_ONE || m->stack + round8(size) > STACK_ALL)
		return false;
	m->stack += round8(size);
	return true;
}

const char *emit_room(struct em *m, struct buf *b, const char *prefix, uint32_t size, bool zero)
{
	const char *name;

	if (on_stack(m, size)) {
		name = arena_printf(m->a, "%s%u", prefix, m->tmp++);
		buf_printf(b, "char %s[%u] __attribute__((aligned(8)))%s; ", name, size, zero ? " = {}" : "");
		return name;
	}
	name = scratch(m, size);
	if (zero)
		buf_printf(b, "gft_zero(%s, %u); ", name, size);
	return name;
}

const char *emit_scratch(struct em *m, uint32_t size)
{
	return scratch(m, size);
}

/* Whether bytes of the type's place belong to no part of it: they must be zero in a key. */
bool emit_has_gaps(const struct gft_type *t)
{
	uint32_t end = 0;

	if (t->kind != TY_TUPLE && t->kind != TY_RECORD)
		return t->kind != TY_STRING && t->kind != TY_BUFFER && !emit_is_scalar(t);
	for (uint32_t i = 0; i < t->nfields; i++) {
		if (t->fields[i].off != end || emit_has_gaps(t->fields[i].type))
			return true;
		end += t->fields[i].type->size;
	}
	return end != t->size;
}

const char *emit_var(struct em *m, const struct var *v)
{
	if (m->places[v->id])
		return m->places[v->id];
	return arena_printf(m->a, "%sv_%s_%u", v->captured ? "l->" : "", v->name + 1, v->id);
}

/* A variable begins as zero wherever its block is entered. */
void emit_declare(struct em *m, const struct var *v)
{
	const char *name = arena_printf(m->a, "v_%s_%u", v->name + 1, v->id);
	bool scalar = emit_is_scalar(v->type);

	if (v->type->kind == TY_NONE)
		return;
	if (!scalar && !on_stack(m, v->type->size)) {
		m->places[v->id] = scratch(m, v->type->size);
		if (!v->set_at_once || emit_has_gaps(v->type))
			emit_line(m, "gft_zero(%s, %u); /* %s */", m->places[v->id], v->type->size, v->name);
		else
			emit_line(m, "/* %s: %s */", m->places[v->id], v->name);
	} else if (!v->captured) {
		if (scalar)
			emit_line(m, "%s %s = 0;", emit_ctype(v->type), name);
		else
			emit_line(m, "char %s[%u] __attribute__((aligned(8))) = {};", name, v->type->size);
	} else if (scalar) {
		buf_printf(&m->locals, "\t%s %s;\n", emit_ctype(v->type), name);
		buf_printf(&m->blur, "\tl->%s += gft_unknown();\n", name);
		emit_line(m, "l->%s = 0;", name);
	} else {
		buf_printf(&m->locals, "\tchar %s[%u] __attribute__((aligned(8)));\n", name, v->type->size);
		emit_line(m, "__builtin_memset(l->%s, 0, %u);", name, v->type->size);
	}
}

/* --- what fetch() keeps until the record is written -------------------------------------- */

#define KEPT_SHORT 16 /* bytes of a value in the clause's struct */

void emit_kept_places(struct em *m)
{
	m->kept = ARENA_ARRAY(m->a, const char **, m->p->nclauses + 1);
	for (uint32_t i = 0; i < m->p->nclauses; i++) {
		const struct clause_info *ci = &m->p->clauses[i];

		m->kept[i] = ARENA_ARRAY(m->a, const char *, ci->nitems + 1);
		m->ci = ci;
		for (uint32_t k = 0; k < ci->nitems; k++)
			if (ci->items[k]->e && !emit_is_scalar(ci->items[k]->type) &&
			    ci->items[k]->type->size > KEPT_SHORT)
				m->kept[i][k] = scratch(m, ci->items[k]->type->size);
	}
	m->base = m->room;
}

const char *emit_kept(struct em *m, uint32_t clause, int slot)
{
	const char *place = m->kept[clause][slot];

	return place ? place : arena_printf(m->a, "(char *)&f->v%d", slot);
}
