/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * emit_loop.c - while and for as C.
 *
 * The kernel calls a loop's body as a function (bpf_loop(), which the verifier
 * looks at once, and bpf_for_each_map_elem()).  What the body shares with the
 * code around it lies in struct gft_locals_N of the clause: its context, the
 * variables that are used on both sides, and whether the clause was left.
 */
#include <string.h>

#include "codegen/emit.h"

/* The clause ends here. */
void emit_leave(struct em *m)
{
	if (!m->callback) {
		emit_line(m, "return;");
		return;
	}
	emit_line(m, "l->left = 1;");
	emit_line(m, "return 1;");
}

void emit_jump(struct em *m, const struct stmt *st)
{
	bool last = st->kind == ST_BREAK;

	if (m->loop_is_c)
		emit_line(m, last ? "break;" : "continue;");
	else
		emit_line(m, "return %d;", last);
}

/* The variable of a for over a map: (key, value). */
static void emit_pair(struct em *m, const struct stmt *st)
{
	const struct map *map = st->e->map;
	const struct gft_type *t = st->lhs->var->type;
	const char *v = emit_var(m, st->lhs->var);

	struct buf b = BUF_INIT;

	if (emit_is_scalar(map->key))
		emit_line(m, "*(%s *)(%s + %u) = *(%s *)key;", emit_ctype(map->key), v, t->fields[0].off,
			  emit_ctype(map->key));
	else
		emit_convert(m, &b, arena_printf(m->a, "%s + %u", v, t->fields[0].off), t->fields[0].type,
			     "((char *)key)", map->key);
	if (ty_is_agg(map->value))
		buf_printf(&b, "*(__s64 *)(%s + %u) = %s;", v, t->fields[1].off,
			   emit_agg_read(m, map, arena_printf(m->a, "(%s + %u)", v, t->fields[0].off)));
	else
		emit_convert(m, &b, arena_printf(m->a, "%s + %u", v, t->fields[1].off), t->fields[1].type,
			     "((char *)val)", map->value);
	emit_line(m, "%s", buf_str(&b));
	buf_free(&b);
}

/* The body as a function, put in front of the clause; returns its number. */
static unsigned emit_body(struct em *m, const struct stmt *st)
{
	unsigned n = m->tmp++, indent = m->indent;
	struct buf text = BUF_INIT, *out = m->out;
	bool loop_is_c = m->loop_is_c, callback = m->callback;
	uint32_t cl = m->ci->clause->index;

	m->out = &text;
	m->indent = 0;
	m->callback = true;
	m->loop_is_c = false;
	if (st->kind == ST_FOR_MAP)
		buf_printf(&text,
			   "\nstatic long gft_body_%u(void *map, const void *key, void *val, struct gft_locals_%u "
			   "*l)\n{\n",
			   n, cl);
	else
		buf_printf(&text, "\nstatic long gft_body_%u(__u32 i, struct gft_locals_%u *l)\n{\n", n, cl);
	m->indent = 1;
	emit_line(m, "struct gft_ctx *c = l->c;");
	if (m->ci->nitems)
		emit_line(m, "struct gft_fetch_%u *f = l->f;", cl);
	emit_line(m, "gft_blur_%u(l);", cl);
	if (st->kind == ST_WHILE) {
		emit_src(m, st->e->loc);
		emit_line(m, "if (!%s)", emit_val(m, st->e));
		emit_line(m, "\treturn 1;");
	} else {
		emit_declare(m, st->lhs->var);
		if (st->kind == ST_FOR_RANGE)
			emit_line(m, "%s = l->from_%u + i;", emit_var(m, st->lhs->var), n);
		else
			emit_pair(m, st);
	}
	emit_block(m, st->body);
	emit_line(m, "return 0;");
	buf_puts(&text, "}\n#line 1 \"gft\"\n");
	buf_add(&m->bodies, text.data, text.len);
	buf_free(&text);
	m->out = out;
	m->indent = indent;
	m->callback = callback;
	m->loop_is_c = loop_is_c;
	return n;
}

void emit_loop(struct em *m, const struct stmt *st)
{
	bool loop_is_c = m->loop_is_c;
	unsigned n;

	if (st->kind == ST_UNROLL) {
		n = m->tmp++;
		m->loop_is_c = true;
		if (m->p->no_loops) {
			emit_line(m, "#pragma clang loop unroll(full)");
			emit_line(m, "for (__u64 i%u = 0; i%u < %llu; i%u++)", n, n, (unsigned long long)st->count, n);
		} else {
			/* a counter of 64 bits: of a narrower one that is spilled the verifier loses track */
			emit_line(m, "for (__u64 i%u = 0; i%u < %llu; ({ i%u++; barrier_var(i%u); }))", n, n,
				  (unsigned long long)st->count, n, n);
		}
		emit_block(m, st->body);
		m->loop_is_c = loop_is_c;
		return;
	}
	n = emit_body(m, st);
	emit_line(m, "{");
	m->indent++;
	switch (st->kind) {
	case ST_FOR_RANGE:
		buf_printf(&m->locals, "\t__s64 from_%u;\n", n);
		emit_line(m, "__s64 from = %s;", emit_val(m, st->e));
		emit_line(m, "__s64 to = %s;", emit_val(m, st->e2));
		emit_line(m, "l->from_%u = from;", n);
		emit_line(m, "gft_loop(from, to, gft_body_%u, l, c->site);", n);
		break;
	case ST_FOR_MAP: emit_line(m, "bpf_for_each_map_elem(&%s, gft_body_%u, l, 0);", st->e->map->bpf_name, n); break;
	default: emit_line(m, "gft_while(gft_body_%u, l, c->site);", n); break;
	}
	emit_line(m, "if (l->left)");
	emit_line(m, m->callback ? "\treturn 1;" : "\treturn;");
	m->indent--;
	emit_line(m, "}");
}

/* In front of a clause: what its loops share. */
void emit_locals(struct em *m, struct buf *out)
{
	uint32_t cl = m->ci->clause->index;

	buf_printf(out, "struct gft_locals_%u {\n\tstruct gft_ctx *c;\n", cl);
	if (m->ci->nitems)
		buf_printf(out, "\tstruct gft_fetch_%u *f;\n", cl);
	buf_add(out, m->locals.data ? m->locals.data : "", m->locals.len);
	buf_puts(out, "\t__u32 left; /* the clause is over */\n};\n");
	buf_printf(out, "\nstatic __always_inline void gft_blur_%u(struct gft_locals_%u *l)\n{\n", cl, cl);
	buf_add(out, m->blur.data ? m->blur.data : "", m->blur.len);
	buf_puts(out, "}\n");
}
