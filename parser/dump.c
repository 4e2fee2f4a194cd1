/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* dump.c - the syntax tree as text (-d ast): one node a line, indented. */
#include <string.h>

#include "gft/buf.h"
#include "parser/ast.h"
#include "parser/fetcharg.h"

static void expr(struct buf *b, const struct expr *e, unsigned ind);
static void block(struct buf *b, const struct block *bl, unsigned ind);

static void line(struct buf *b, unsigned ind, const char *fmt, ...)
{
	va_list ap;

	buf_pad(b, ' ', ind * 2);
	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
	buf_putc(b, '\n');
}

static void string(struct buf *b, unsigned ind, const char *what, const char *s, size_t len)
{
	buf_pad(b, ' ', ind * 2);
	buf_puts(b, what);
	buf_puts(b, " \"");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			buf_printf(b, "\\x%02x", c);
		else
			buf_putc(b, (char)c);
	}
	buf_puts(b, "\"\n");
}

static void spec(struct buf *b, const struct typespec *t, unsigned ind)
{
	static const char *const tags[] = { "", "struct ", "union ", "enum ", "typeof" };

	buf_pad(b, ' ', ind * 2);
	buf_printf(b, "type %s%s", tags[t->kind], t->name ? t->name : "");
	buf_pad(b, '*', t->ptrs);
	for (uint32_t i = 0; i < t->ndims; i++) {
		if (t->dims[i] == UINT64_MAX)
			buf_puts(b, "[]");
		else
			buf_printf(b, "[%llu]", (unsigned long long)t->dims[i]);
	}
	buf_putc(b, '\n');
	if (t->of)
		expr(b, t->of, ind + 1);
}

static void args(struct buf *b, const struct expr *e, unsigned ind)
{
	for (uint32_t i = 0; i < e->nargs; i++) {
		if (e->argnames && e->argnames[i])
			line(b, ind, "%s =", e->argnames[i]);
		expr(b, e->args[i], ind);
	}
}

static void expr(struct buf *b, const struct expr *e, unsigned ind)
{
	switch (e->kind) {
	case EX_INT: line(b, ind, "int %llu", (unsigned long long)e->ival); break;
	case EX_STR: string(b, ind, "string", e->str, e->len); break;
	case EX_BOOL: line(b, ind, "%s", e->ival ? "true" : "false"); break;
	case EX_VAR: line(b, ind, "variable %s", e->name); break;
	case EX_MAP: line(b, ind, "map %s", e->name); break;
	case EX_IDENT: line(b, ind, "name %s", e->name); break;
	case EX_POSPARAM:
		if (e->str)
			string(b, ind, "parameter", e->str, e->len);
		else
			line(b, ind, "parameter %lld", (long long)e->ival);
		break;
	case EX_NPARAMS: line(b, ind, "$#"); break;
	case EX_CALL: line(b, ind, "call %s", e->name); break;
	case EX_UNARY: line(b, ind, "unary %s", op_text(e->op)); break;
	case EX_BINARY: line(b, ind, "binary %s", op_text(e->op)); break;
	case EX_TERNARY: line(b, ind, "?:"); break;
	case EX_CAST: line(b, ind, "cast"); break;
	case EX_FIELD: line(b, ind, "field %s", e->name); break;
	case EX_TUPIDX: line(b, ind, "element %llu", (unsigned long long)e->ival); break;
	case EX_INDEX: line(b, ind, "index"); break;
	case EX_TUPLE: line(b, ind, "tuple"); break;
	case EX_RECORD: line(b, ind, "record"); break;
	case EX_INCDEC:
		line(b, ind, "%s%s%s", e->postfix ? "postfix " : "prefix ", op_text(e->op), op_text(e->op));
		break;
	case EX_SIZEOF: line(b, ind, "sizeof"); break;
	case EX_OFFSETOF: line(b, ind, "offsetof %s", e->str ? e->str : ""); break;
	case EX_FETCH:
		line(b, ind, "fetch");
		for (uint32_t i = 0; i < e->nitems; i++) {
			const struct fetch_item *it = &e->items[i];

			if (it->arg)
				line(b, ind + 1, "%s%s%s", it->name ? it->name : "", it->name ? " = " : "",
				     it->arg->text);
			else if (it->name)
				line(b, ind + 1, "%s =", it->name);
			if (it->e)
				expr(b, it->e, ind + 1);
		}
		break;
	case EX_IF: line(b, ind, "if value"); break;
	case EX_BLOCK: line(b, ind, "block value"); break;
	}
	if (e->spec)
		spec(b, e->spec, ind + 1);
	if (e->a)
		expr(b, e->a, ind + 1);
	if (e->b)
		expr(b, e->b, ind + 1);
	if (e->c)
		expr(b, e->c, ind + 1);
	args(b, e, ind + 1);
	if (e->block)
		block(b, e->block, ind + 1);
	if (e->block2) {
		line(b, ind, "else");
		block(b, e->block2, ind + 1);
	}
}

static void stmt(struct buf *b, const struct stmt *s, unsigned ind)
{
	static const char *const names[] = {
		[ST_EXPR] = "expression", [ST_LET] = "let",
		[ST_DISCARD] = "discard", [ST_IF] = "if",
		[ST_UNROLL] = "unroll",	  [ST_WHILE] = "while",
		[ST_FOR_MAP] = "for map", [ST_FOR_RANGE] = "for range",
		[ST_BREAK] = "break",	  [ST_CONTINUE] = "continue",
		[ST_RETURN] = "return",	  [ST_BLOCK] = "block",
	};

	if (s->kind == ST_ASSIGN)
		line(b, ind, "assign %s%s", s->op == OP_NONE ? "" : op_text(s->op), "=");
	else
		line(b, ind, "%s", names[s->kind]);
	if (s->lhs)
		expr(b, s->lhs, ind + 1);
	if (s->spec)
		spec(b, s->spec, ind + 1);
	if (s->e)
		expr(b, s->e, ind + 1);
	if (s->e2)
		expr(b, s->e2, ind + 1);
	if (s->body)
		block(b, s->body, ind + 1);
	if (s->other) {
		line(b, ind, "else");
		block(b, s->other, ind + 1);
	}
}

static void block(struct buf *b, const struct block *bl, unsigned ind)
{
	for (const struct stmt *s = bl->first; s; s = s->next)
		stmt(b, s, ind);
	if (bl->value) {
		line(b, ind, "value");
		expr(b, bl->value, ind + 1);
	}
}

void attach_point_dump(const struct attach_point *ap, struct buf *out)
{
	static const char *const names[] = {
		"begin",      "end",	       "uprobe",   "uretprobe", "interval", "profile",
		"tracepoint", "rawtracepoint", "software", "hardware",	"self",	    "kprobe",
		"kretprobe",  "fentry",	       "fexit",	   "go",	"test",	    "none",
	};

	buf_puts(out, names[ap->provider]);
	if (ap->binary)
		buf_printf(out, " binary=%s", ap->binary);
	for (uint32_t i = 0; i < ap->npatterns; i++)
		buf_printf(out, " %s%s", ap->patterns[i].exclude ? "!" : "", ap->patterns[i].text);
	if (ap->has_offset)
		buf_printf(out, " +%llu", (unsigned long long)ap->offset);
	if (ap->has_addr)
		buf_printf(out, " 0x%llx", (unsigned long long)ap->addr);
	if (ap->has_line)
		buf_printf(out, " %s:%u", ap->file, ap->line);
	if (ap->target)
		buf_printf(out, " %s", ap->target);
	if (ap->period_ns)
		buf_printf(out, " %lluns", (unsigned long long)ap->period_ns);
	if (ap->count)
		buf_printf(out, " every %llu", (unsigned long long)ap->count);
	if (ap->freq)
		buf_printf(out, " %lluhz", (unsigned long long)ap->freq);
	buf_putc(out, '\n');
}

static void heads(const struct ast *ast, struct buf *out)
{
	for (const struct c_text *c = ast->c_texts; c; c = c->next)
		string(out, 0, c->is_code ? "code" : "definition", c->text, strlen(c->text));
	for (const struct import *i = ast->imports; i; i = i->next)
		string(out, 0, "import", i->path, strlen(i->path));
	for (const struct config_item *c = ast->config; c; c = c->next) {
		line(out, 0, "config %s", c->key);
		expr(out, c->value, 1);
	}
	for (const struct map_decl *d = ast->map_decls; d; d = d->next)
		line(out, 0, "map %s %s %llu", d->name, d->kind, (unsigned long long)d->max_entries);
	for (const struct macro *m = ast->macros; m; m = m->next) {
		line(out, 0, "macro %s", m->name);
		for (uint32_t i = 0; i < m->nparams; i++)
			expr(out, m->params[i], 1);
		line(out, 1, "block");
		block(out, m->body, 2);
	}
}

void ast_dump(const struct ast *ast, struct buf *out)
{
	heads(ast, out);
	for (const struct clause *c = ast->clauses; c; c = c->next) {
		line(out, 0, "clause");
		for (uint32_t i = 0; i < c->npoints; i++) {
			buf_puts(out, "  ");
			attach_point_dump(c->points[i], out);
		}
		if (c->pred) {
			line(out, 1, "predicate");
			expr(out, c->pred, 2);
		}
		line(out, 1, c->implicit ? "no block" : "block");
		block(out, c->block, 2);
	}
}
