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

#define STACK_ONE  64  /* bytes of one value */
#define STACK_ALL  128 /* of all values of a clause */
#define STACK_LOOP 64  /* where loops are functions of their own, whose stacks add up */

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
	uint32_t all = m->ci->needs & NEED_LOOP ? STACK_LOOP : STACK_ALL;

	if (m->p->little_stack || size > STACK_ONE || m->stack + round8(size) > all)
		return false;
	m->stack += round8(size);
	return true;
}

/* Zeros the bytes of tuples that lie between their parts; false: t has parts with gaps of their own. */
static bool zero_between(struct buf *b, const char *place, const struct gft_type *t, uint32_t base)
{
	uint32_t end = 0;

	if (t->kind != TY_TUPLE && t->kind != TY_RECORD)
		return !emit_has_gaps(t);
	for (uint32_t i = 0; i <= t->nfields; i++) {
		uint32_t off = i < t->nfields ? t->fields[i].off : t->size;

		if (off > end)
			buf_printf(b, "__builtin_memset(%s + %u, 0, %u); ", place, base + end, off - end);
		if (i == t->nfields)
			break;
		if (!zero_between(b, place, t->fields[i].type, base + off))
			return false;
		end = off + t->fields[i].type->size;
	}
	return true;
}

/* All that is written to place is a whole value of type t: what lies between its parts becomes zero. */
static void zero_gaps(struct buf *b, const char *place, const struct gft_type *t)
{
	struct buf parts = BUF_INIT;

	if (zero_between(&parts, place, t, 0))
		buf_puts(b, buf_str(&parts));
	else
		buf_printf(b, "gft_zero(%s, %u); ", place, t->size);
	buf_free(&parts);
}

const char *emit_room_of(struct em *m, struct buf *b, const struct gft_type *t)
{
	const char *name;

	if (on_stack(m, t->size)) {
		name = arena_printf(m->a, "t%u", m->tmp++);
		buf_printf(b, "char %s[%u] __attribute__((aligned(8)))%s; ", name, t->size,
			   emit_has_gaps(t) ? " = {}" : "");
		return name;
	}
	name = scratch(m, t->size);
	zero_gaps(b, name, t);
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

/*
 * An integer lies in 64 bits: what is assigned fits the type that was found for
 * it.  A declared one has its own width, to which C cuts.
 */
static const char *var_ctype(const struct var *v)
{
	return v->declared ? emit_ctype(v->type) : emit_wide(v->type);
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
		if (!v->set_at_once) {
			emit_line(m, "gft_zero(%s, %u); /* %s */", m->places[v->id], v->type->size, v->name);
		} else {
			struct buf b = BUF_INIT;

			zero_gaps(&b, m->places[v->id], v->type);
			emit_line(m, "%s/* %s: %s */", buf_str(&b), m->places[v->id], v->name);
			buf_free(&b);
		}
	} else if (!v->captured) {
		if (scalar)
			emit_line(m, "%s %s = 0;", var_ctype(v), name);
		else
			emit_line(m, "char %s[%u] __attribute__((aligned(8))) = {};", name, v->type->size);
	} else if (scalar) {
		buf_printf(&m->locals, "\t%s %s;\n", var_ctype(v), name);
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
