/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_name.c - func, probe and Go types compared with text, and texts of the script with each other.
 *
 * func and probe are numbers of sites until they are printed.  Which sites have a name is
 * known before the run: each comparison is a bit of a word that the loader
 * writes for each site.
 */
#include <stdlib.h>
#include <string.h>

#include "gft/arena.h"
#include "parser/sema.h"

static bool is_name(const struct expr *e)
{
	return e->type->kind == TY_FUNC || e->type->kind == TY_PROBE;
}

static bool is_text(const struct expr *e)
{
	return (e->kind == EX_STR || e->kind == EX_POSPARAM) && e->str;
}

/* The test's number, from 1. */
static int add(struct sema *s, const struct expr *e, const struct expr *name, enum meta_name_how how, const char *text)
{
	struct meta_name_test t = { how, name->type->kind == TY_PROBE, text };
	struct program *p = s->p;

	if (!s->report)
		return 0;
	for (uint32_t i = 0; i < p->nname_tests; i++)
		if (p->name_tests[i].how == how && p->name_tests[i].probe == t.probe &&
		    !strcmp(p->name_tests[i].text, text))
			return (int)i + 1;
	if (p->nname_tests == META_NAME_TESTS) {
		sema_error(s, e->loc, "more than %d comparisons of func and probe in one script", META_NAME_TESTS);
		sema_hint(s, "give the functions clauses of their own: u:main.add { ... }");
		return 0;
	}
	ARENA_PUSH(s->a, p->name_tests, p->nname_tests, p->cname_tests, t);
	return (int)p->nname_tests;
}

bool sema_name_equal(struct sema *s, struct expr *e)
{
	struct expr *name = is_name(e->a) ? e->a : e->b, *text = name == e->a ? e->b : e->a;

	if (!is_name(name) || !is_text(text))
		return false;
	e->type = &ty_bool;
	e->number = add(s, e, name, NAME_IS, text->str);
	/* the name first, for codegen */
	e->a = name;
	e->b = text;
	return true;
}

bool sema_name_call(struct sema *s, struct expr *e)
{
	const char *text;
	int64_t n;

	if (!is_name(e->args[0]) || !is_text(e->args[1]))
		return false;
	text = e->args[1]->str;
	if (e->fn->id == FN_STRCONTAINS) {
		e->number = add(s, e, e->args[0], NAME_HOLDS, text);
		return true;
	}
	if (e->fn->id != FN_STRNCMP || !sema_const_int(e->args[2], &n) || n < 0)
		return false;
	if ((uint64_t)n > strlen(text)) /* with the NUL behind it */
		e->number = add(s, e, e->args[0], NAME_IS, text);
	else
		e->number = add(s, e, e->args[0], NAME_BEGINS, arena_strndup(s->a, text, (size_t)n));
	return true;
}

#define TYPES_MAX 64 /* of one name, that one comparison is made with */

bool sema_type_equal(struct sema *s, struct expr *e)
{
	struct expr *type = e->a->type->display == TD_GOTYPE ? e->a : e->b, *text = type == e->a ? e->b : e->a;
	uint64_t *addrs = NULL;

	if (type->type->display != TD_GOTYPE || !is_text(text) || s->ci->where != W_GO)
		return false;
	if (s->report && s->res->type_addrs && s->ci->binary >= 0 && strcmp(text->str, "nil") != 0) {
		const char *binary = s->res->binary_name(s->res->ctx, s->ci->binary);
		size_t n = s->res->type_addrs(s->res->ctx, s->ci->binary, text->str, &addrs);

		if (!n) {
			diag_warn(s->d, text->loc, "no type in %s is called %s", binary, text->str);
			sema_hint(s,
				  "names are as print(args.type) shows them: main.T, *main.T, []uint8, interface {}");
		} else if (n > TYPES_MAX) {
			sema_error(s, text->loc, "%zu types in %s are called %s, %d are compared with at most", n,
				   binary, text->str, TYPES_MAX);
		}
	}
	free(addrs);
	e->type = &ty_bool;
	/* the type first, for codegen */
	e->a = type;
	e->b = text;
	return true;
}

/* e becomes a literal: text of n bytes. */
static void becomes_text(struct sema *s, struct expr *e, const char *text, size_t n)
{
	*e = (struct expr){ .kind = EX_STR,
			    .loc = e->loc,
			    .str = text,
			    .len = (uint32_t)n,
			    .type = &ty_none,
			    .value_unused = e->value_unused };
	sema_expr(s, e);
}

bool sema_fold_text(struct sema *s, struct expr *e)
{
	const struct expr *a = e->a, *b = e->b;
	int cmp;

	if (a->kind != EX_STR)
		return false;
	if (e->op == OP_ADD && b->kind == EX_INT && !b->is_unsigned && (int64_t)b->ival >= 0) {
		size_t skip = b->ival > a->len ? a->len : b->ival;

		if (b->ival > a->len)
			diag_warn(s->d, e->loc, "the text has %u bytes: this is always empty", a->len);
		becomes_text(s, e, a->str + skip, a->len - skip);
		return true;
	}
	if (b->kind != EX_STR)
		return false;
	if (e->op == OP_ADD) {
		size_t n = (size_t)a->len + b->len;
		char *both = arena_alloc(s->a, n + 1);

		memcpy(both, a->str, a->len);
		memcpy(both + a->len, b->str, b->len);
		both[n] = 0;
		becomes_text(s, e, both, n);
		return true;
	}
	if (e->op != OP_LT && e->op != OP_LE && e->op != OP_GT && e->op != OP_GE)
		return false;
	cmp = strcmp(a->str, b->str);
	cmp = e->op == OP_LT ? cmp < 0 : e->op == OP_LE ? cmp <= 0 : e->op == OP_GT ? cmp > 0 : cmp >= 0;
	*e = (struct expr){
		.kind = EX_BOOL, .loc = e->loc, .ival = (uint64_t)cmp, .type = &ty_none, .value_unused = e->value_unused
	};
	sema_expr(s, e);
	return true;
}

/* What has a name, but only when it is printed. */
static bool named_later(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_KSYM:
	case TY_USYM:
	case TY_CODE:
	case TY_TIMESTAMP:
	case TY_USERNAME:
	case TY_MAC:
	case TY_INET:
	case TY_CGROUP: return true;
	default: return t->kind == TY_INT && t->display == TD_COMM;
	}
}

void sema_name_hint(struct sema *s, const struct expr *e)
{
	const struct gft_type *a = e->a->type, *b = e->b->type;

	if (a->kind == TY_STRING && b->kind == TY_STRING)
		sema_hint(s, e->op == OP_ADD ? "str_concat($a, $b) joins two"
					     : "strings can be compared by == and != only");
	else if (is_name(e->a) || is_name(e->b))
		sema_hint(s, "func and probe are numbers until they are printed; they can be compared with a "
			     "literal: func == \"main.add\"");
	else if (a->display == TD_GOTYPE || b->display == TD_GOTYPE)
		sema_hint(s, "a type is an address until it is printed; in go:EVENT it can be compared with a "
			     "literal: args.type == \"main.T\"");
	else if (named_later(a) || named_later(b))
		sema_hint(s, "it is no text until it is printed: it can be a key, @[...] = count()%s",
			  a->kind == TY_USERNAME || b->kind == TY_USERNAME ? "; uid is the number" : "");
}
