/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ast.c - making nodes of the syntax tree. */
#include "parser/ast.h"

#include "gft/arena.h"

struct expr *expr_new(struct ast *ast, enum expr_kind kind, struct src_loc loc)
{
	struct expr *e = ARENA_NEW(ast->arena, struct expr);

	e->kind = kind;
	e->loc = loc;
	e->type = &ty_none;
	return e;
}

struct expr *expr_unary(struct ast *ast, enum op op, struct expr *a, struct src_loc loc)
{
	struct expr *e = expr_new(ast, EX_UNARY, loc);

	e->op = op;
	e->a = a;
	return e;
}

struct expr *expr_binary(struct ast *ast, enum op op, struct expr *a, struct expr *b, struct src_loc loc)
{
	struct expr *e = expr_new(ast, EX_BINARY, loc);

	e->op = op;
	e->a = a;
	e->b = b;
	return e;
}

struct stmt *stmt_new(struct ast *ast, enum stmt_kind kind, struct src_loc loc)
{
	struct stmt *s = ARENA_NEW(ast->arena, struct stmt);

	s->kind = kind;
	s->loc = loc;
	return s;
}

struct block *block_new(struct ast *ast, struct src_loc loc)
{
	struct block *b = ARENA_NEW(ast->arena, struct block);

	b->loc = loc;
	return b;
}

static uint32_t deeper(uint32_t depth, uint32_t below)
{
	return below + 1 > depth ? below + 1 : depth;
}

void block_add(struct block *b, struct stmt *s)
{
	if (!s)
		return;
	b->depth = deeper(b->depth, s->lhs ? s->lhs->depth : 0);
	b->depth = deeper(b->depth, s->e ? s->e->depth : 0);
	b->depth = deeper(b->depth, s->e2 ? s->e2->depth : 0);
	b->depth = deeper(b->depth, s->body ? s->body->depth : 0);
	b->depth = deeper(b->depth, s->other ? s->other->depth : 0);
	if (b->last)
		b->last->next = s;
	else
		b->first = s;
	b->last = s;
}

struct src_loc loc_join(struct src_loc a, struct src_loc b)
{
	struct src_loc l = a;

	if (b.source != a.source)
		return a;
	if (b.begin < l.begin)
		l.begin = b.begin;
	if (b.end > l.end)
		l.end = b.end;
	return l;
}

const char *op_text(enum op op)
{
	static const char *const text[] = {
		[OP_NONE] = "=", [OP_ADD] = "+", [OP_SUB] = "-",  [OP_MUL] = "*",  [OP_DIV] = "/",   [OP_MOD] = "%",
		[OP_AND] = "&",	 [OP_OR] = "|",	 [OP_XOR] = "^",  [OP_SHL] = "<<", [OP_SHR] = ">>",  [OP_LAND] = "&&",
		[OP_LOR] = "||", [OP_EQ] = "==", [OP_NE] = "!=",  [OP_LT] = "<",   [OP_LE] = "<=",   [OP_GT] = ">",
		[OP_GE] = ">=",	 [OP_NOT] = "!", [OP_BNOT] = "~", [OP_NEG] = "-",  [OP_DEREF] = "*", [OP_ADDR] = "&",
	};

	return text[op];
}

bool expr_is_literal(const struct expr *e)
{
	switch (e->kind) {
	case EX_INT: return !e->given; /* the value of an enum is one of its own type */
	case EX_SIZEOF:
	case EX_OFFSETOF:
	case EX_NPARAMS: return true;
	case EX_POSPARAM: return !e->str;
	case EX_UNARY:
	case EX_BINARY: return e->is_const;
	default: return false;
	}
}

void ast_keep_tests(struct ast *ast, bool tests)
{
	struct clause *all = ast->clauses, *next;

	ast->clauses = ast->last_clause = NULL;
	ast->nclauses = 0;
	for (struct clause *c = all; c; c = next) {
		uint32_t n = 0;

		next = c->next;
		c->next = NULL;
		for (uint32_t i = 0; i < c->npoints; i++)
			if ((c->points[i]->provider == PROV_TEST) == tests)
				c->points[n++] = c->points[i];
		c->npoints = n;
		if (!n)
			continue;
		if (ast->last_clause)
			ast->last_clause->next = c;
		else
			ast->clauses = c;
		ast->last_clause = c;
		ast->nclauses++;
	}
}
