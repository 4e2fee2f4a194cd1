/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_macro.c - what stands for something else: macros, #define'd constants,
 * and options of the script.  Each use is replaced in the tree when it is first
 * seen.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gft/ctypes.h"
#include "parser/clone.h"
#include "parser/scan.h"
#include "parser/sema.h"

#define NESTING_MAX 32	 /* macros in macros */
#define USES_MAX    5000 /* of macros in one script: each is a copy */

struct sema_define {
	const char *name;
	int64_t val;
	const char *str; /* NULL: a number */
	struct sema_define *next;
};

/* --- #define NAME VALUE ---------------------------------------------------------------- */

static const struct sema_define *find_define(struct sema *s, const char *name, size_t n)
{
	for (const struct sema_define *d = s->defines; d; d = d->next)
		if (strlen(d->name) == n && !strncmp(d->name, name, n))
			return d;
	return NULL;
}

/* A number, a string or a name that is defined, maybe in parentheses; false: something else. */
static bool define_value(struct sema *s, const char *v, size_t n, struct sema_define *out)
{
	const struct sema_define *d;
	char *end, *text;

	while (n && isspace((unsigned char)*v))
		v++, n--;
	while (n && isspace((unsigned char)v[n - 1]))
		n--;
	if (n > 2 && *v == '(' && v[n - 1] == ')')
		return define_value(s, v + 1, n - 2, out);
	text = arena_strndup(s->a, v, n);
	if (n >= 2 && *v == '"' && strcspn(text + 1, "\"\\") == n - 2) {
		out->str = arena_strndup(s->a, v + 1, n - 2);
		return true;
	}
	d = find_define(s, v, n);
	if (d) {
		out->val = d->val;
		out->str = d->str;
		return true;
	}
	errno = 0;
	out->val = (int64_t)(*text == '-' ? (unsigned long long)strtoll(text, &end, 0) : strtoull(text, &end, 0));
	return n && end != text && !errno && end[strspn(end, "uUlL")] == 0;
}

/* The name that a "#define" defines, and in *n its length; NULL: c is none. */
static const char *defined_name(const struct c_text *c, size_t *n)
{
	const char *p = c->text, *name;

	if (c->is_code || *p != '#')
		return NULL;
	p += strspn(p, "# \t");
	if (strncmp(p, "define", 6) != 0)
		return NULL;
	name = p + 6 + strspn(p + 6, " \t");
	for (*n = 0; isalnum((unsigned char)name[*n]) || name[*n] == '_'; ++*n)
		;
	return name;
}

bool sema_is_define(struct sema *s, const char *name)
{
	for (const struct c_text *c = s->p->ast->c_texts; c; c = c->next) {
		size_t n;
		const char *p = defined_name(c, &n);

		if (p && n == strlen(name) && !strncmp(p, name, n))
			return true;
	}
	return false;
}

/* "#define NAME VALUE" with a value that needs no C parser. */
static bool plain_define(struct sema *s, const struct c_text *c, struct sema_define *d)
{
	size_t n;
	const char *name = defined_name(c, &n);

	if (!name)
		return false;
	d->name = arena_strndup(s->a, name, n);
	return n && name[n] != '(' && define_value(s, name + n, strcspn(name + n, "\n"), d);
}

bool ast_has_c(const struct ast *ast)
{
	struct sema s = { .a = ast->arena };

	for (const struct c_text *c = ast->c_texts; c; c = c->next) {
		struct sema_define *d = ARENA_NEW(s.a, struct sema_define);

		if (!plain_define(&s, c, d))
			return true;
		d->next = s.defines;
		s.defines = d;
	}
	return false;
}

void sema_defines(struct sema *s)
{
	if (s->opts->cdefs) /* it knows all of them */
		return;
	for (const struct c_text *c = s->p->ast->c_texts; c; c = c->next) {
		struct sema_define *d = ARENA_NEW(s->a, struct sema_define);

		if (!plain_define(s, c, d)) {
			/* whoever read the C has told why it cannot be used */
			if (!diag_errors(s->d))
				diag_error(s->d, c->loc, "nobody has read this C");
			return;
		}
		d->next = s->defines;
		s->defines = d;
	}
}

/* Whether the script itself says "#define NAME": that hides a builtin, what some header says does not. */
static bool own_define(struct sema *s, const char *name)
{
	size_t n = strlen(name);

	for (const struct c_text *c = s->p->ast->c_texts; c; c = c->next) {
		const char *p = c->text + strspn(c->text, "# \t");

		if (c->text[0] != '#' || strncmp(p, "define", 6) != 0)
			continue;
		p += 6 + strspn(p + 6, " \t");
		if (!strncmp(p, name, n) && !isalnum((unsigned char)p[n]) && p[n] != '_')
			return true;
	}
	return false;
}

/* A constant of C: a macro, or an enum's value. */
static bool c_constant(struct sema *s, struct expr *e)
{
	const struct cdefs_const *k = cdefs_const(s->opts->cdefs, e->name);

	if (!k || (!k->in_text && builtin_find(e->name) && !own_define(s, e->name)))
		return false;
	e->kind = k->str ? EX_STR : EX_INT;
	e->ival = (uint64_t)k->val;
	e->is_unsigned = !k->str && k->is_unsigned && k->val < 0;
	e->str = k->str;
	e->len = k->str ? (uint32_t)strlen(k->str) : 0;
	e->given = k->type && k->type->display == TD_ENUM ? k->type : NULL;
	sema_expr(s, e);
	return true;
}

/* --- macros ------------------------------------------------------------------------------ */

void sema_tidy(struct sema *s, struct block *b)
{
	for (struct stmt *st = b->first; st; st = st->next) {
		struct block *in[2] = { st->body, st->other };

		for (int i = 0; i < 2; i++) {
			if (!in[i])
				continue;
			if (in[i]->value) {
				struct stmt *last = stmt_new(s->p->ast, ST_EXPR, in[i]->value->loc);

				last->e = in[i]->value;
				in[i]->value = NULL;
				block_add(in[i], last);
			}
			sema_tidy(s, in[i]);
		}
	}
}

/* Whether the block has a value, or ends in an if whose sides have. */
static bool gives(const struct block *b)
{
	const struct stmt *st = b->first;

	while (st && st->next)
		st = st->next;
	return b->value || (st && st->kind == ST_IF && st->other && gives(st->body) && gives(st->other));
}

void sema_tidy_value(struct sema *s, struct block *b)
{
	struct stmt **last = &b->first, *st;

	if (!b->value && gives(b)) {
		while ((*last)->next)
			last = &(*last)->next;
		st = *last;
		*last = NULL;
		b->last = NULL;
		for (struct stmt *x = b->first; x; x = x->next)
			b->last = x;
		b->value = expr_new(s->p->ast, EX_IF, st->loc);
		b->value->a = st->e;
		b->value->block = st->body;
		b->value->block2 = st->other;
		sema_tidy_value(s, st->body);
		sema_tidy_value(s, st->other);
	}
	sema_tidy(s, b);
}

/* What may be given for a parameter: an expression, for @m a map. */
static bool fits(struct sema *s, const struct macro *m, const struct expr *e)
{
	for (uint32_t i = 0; i < m->nparams; i++) {
		const struct expr *p = m->params[i], *a = e->args[i];

		if (p->kind != EX_MAP || (a->kind == EX_MAP && !a->nargs))
			continue;
		diag_error(s->d, a->loc, "%s: its parameter %s must be given a map", m->name, p->name);
		return false;
	}
	return true;
}

static void expand(struct sema *s, struct expr *e, const struct macro *m)
{
	struct cloning c = { .a = s->a, .macro = m, .args = e->args, .number = s->nuses++ };
	struct sema_use *use = ARENA_NEW(s->a, struct sema_use);
	const struct sema_use *in = s->use;
	struct block *b;
	uint32_t depth = 0;

	while (in && in->number != e->loc.use)
		in = in->outer;
	for (const struct sema_use *u = in; u; u = u->outer, depth++)
		if (u->macro == m || depth >= NESTING_MAX) {
			diag_error(s->d, e->loc, u->macro == m ? "macro %s uses itself" : "macro %s: nested too deeply",
				   m->name);
			*e = (struct expr){ .kind = EX_INT, .loc = e->loc, .type = &ty_i64 };
			return;
		}
	if (s->nuses > USES_MAX || !fits(s, m, e)) {
		if (s->nuses > USES_MAX)
			diag_error(s->d, e->loc, "macros are used more than %d times", USES_MAX);
		*e = (struct expr){ .kind = EX_INT, .loc = e->loc, .type = &ty_i64 };
		return;
	}
	*use = (struct sema_use){ m, in, 0, { e->loc, NULL, s->use ? &s->use->said : NULL } };
	use->said.msg = arena_printf(s->a, "expanded from macro %s here", m->name);
	c.use = use->number = diag_add_use(s->d, &use->said);
	b = clone_block(&c, m->body);
	if (c.assigned) {
		diag_error(s->d, e->loc, "macro %s assigns to its parameter %s: it must be given a variable", m->name,
			   c.assigned->name);
		*e = (struct expr){ .kind = EX_INT, .loc = e->loc, .type = &ty_i64 };
		return;
	}
	if (!b->first && b->value) { /* nothing but an expression */
		bool unused = e->value_unused;

		*e = *b->value;
		e->value_unused = unused;
	} else {
		*e = (struct expr){
			.kind = EX_BLOCK, .loc = e->loc, .type = &ty_none, .block = b, .value_unused = e->value_unused
		};
	}
	e->from = use;
	sema_expr(s, e);
}

static bool same_kinds(const struct macro *x, const struct macro *y)
{
	for (uint32_t i = 0; i < x->nparams && x->nparams == y->nparams; i++)
		if (x->params[i]->kind != y->params[i]->kind)
			return false;
	return x->nparams == y->nparams;
}

/* Two of one name in one file differ in what they take; what is imported gives way. */
static void twice(struct sema *s, const struct macro *m)
{
	for (const struct macro *k = s->p->ast->macros; k != m; k = k->next) {
		if (!same_kinds(k, m) || k->loc.source != m->loc.source || strcmp(k->name, m->name) != 0)
			continue;
		diag_error(s->d, m->loc, "macro %s is defined already", m->name);
		diag_note(s->d, k->loc, "here");
		diag_hint(s->d,
			  "another number of parameters, or $name instead of name, makes another macro of this name");
		return;
	}
}

/* Words that are values everywhere: no parameter hides them. */
static bool is_reserved(const char *name)
{
	static const char *const words[] = { "pid", "tid", "nsecs", "ctx", "args", "kstack", "ustack" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], name))
			return true;
	return !strncmp(name, "arg", 3) && name[3] && !name[3 + strspn(name + 3, "0123456789")];
}

static void check_params(struct sema *s, const struct macro *m)
{
	for (uint32_t i = 0; i < m->nparams; i++) {
		const struct expr *p = m->params[i];

		if ((p->kind != EX_IDENT && p->kind != EX_VAR && p->kind != EX_MAP) || p->nargs) {
			diag_error(s->d, p->loc, "a macro's parameter is a name, a $variable or a @map");
			continue;
		}
		if (p->kind == EX_IDENT && is_reserved(p->name))
			diag_error(s->d, p->loc, "%s is a value of the event: a parameter needs another name", p->name);
		for (uint32_t k = 0; k < i; k++)
			if (m->params[k]->kind == p->kind && !strcmp(m->params[k]->name, p->name)) {
				diag_error(s->d, p->loc, "macro %s has a parameter %s already", m->name, p->name);
				diag_note(s->d, m->params[k]->loc, "here");
				break;
			}
	}
}

void sema_macros(struct sema *s)
{
	for (const struct macro *m = s->p->ast->macros; m; m = m->next) {
		twice(s, m);
		check_params(s, m);
	}
}

/* How many of the macro's $v and @m are given a variable or map; -1: it does not take these arguments. */
static int fitting(const struct macro *m, const struct expr *e)
{
	int n = 0;

	for (uint32_t i = 0; i < m->nparams; i++) {
		bool itself = m->params[i]->kind == e->args[i]->kind && !e->args[i]->nargs;

		if (m->params[i]->kind == EX_MAP && !itself)
			return -1;
		n += m->params[i]->kind == EX_VAR ? (itself ? 2 : -1) : m->params[i]->kind == EX_MAP;
	}
	return n;
}

bool sema_macro(struct sema *s, struct expr *e)
{
	const struct macro *other = NULL, *best = NULL;
	const struct sema_define *d;

	for (const struct macro *m = s->p->ast->macros; m; m = m->next) {
		if (strcmp(m->name, e->name) != 0)
			continue;
		if (m->nparams != e->nargs)
			other = m;
		else if (!best || fitting(m, e) > fitting(best, e))
			best = m;
	}
	if (best) {
		expand(s, e, best);
		return true;
	}
	if (other) {
		sema_error(s, e->loc, "macro %s takes %u argument%s, not %u", e->name, other->nparams,
			   other->nparams == 1 ? "" : "s", e->nargs);
		e->type = &ty_none;
		return true;
	}
	if (e->kind == EX_IDENT && c_constant(s, e))
		return true;
	d = e->kind == EX_IDENT ? find_define(s, e->name, strlen(e->name)) : NULL;
	if (!d)
		return false;
	e->kind = d->str ? EX_STR : EX_INT;
	e->ival = (uint64_t)d->val;
	e->str = d->str;
	e->len = d->str ? (uint32_t)strlen(d->str) : 0;
	sema_expr(s, e);
	return true;
}

/* --- getopt("name", default, "description") ------------------------------------------------- */

static const char *option(struct sema *s, const char *name, bool *given)
{
	size_t n = strlen(name);
	const char *val = NULL;

	*given = false;
	for (size_t i = 0; i < s->opts->noptions; i++) {
		const char *o = s->opts->options[i] + 2;

		if (strncmp(o, name, n) != 0 || (o[n] && o[n] != '='))
			continue;
		s->option_used[i] = *given = true;
		val = o[n] ? o + n + 1 : NULL;
	}
	return val;
}

/* One option has one default, wherever it is asked for. */
static void note_option(struct sema *s, const struct expr *e)
{
	const struct expr *d = e->nargs > 1 ? e->args[1] : NULL;
	struct script_option o = { .name = e->args[0]->str, .help = e->nargs > 2 ? e->args[2]->str : "" };
	int64_t n;

	if (d && d->kind == EX_STR)
		o.value = arena_printf(s->a, "\"%s\"", d->str);
	else if (d && d->kind != EX_BOOL && sema_const_int(d, &n))
		o.value = arena_printf(s->a, "%lld", (long long)n);
	else
		o.on = d && d->ival;
	for (uint32_t i = 0; i < s->p->noptions; i++) {
		const struct script_option *k = &s->p->options[i];

		if (strcmp(k->name, o.name) != 0)
			continue;
		if (k->on != o.on || !k->value != !o.value || (o.value && strcmp(k->value, o.value) != 0))
			diag_error(s->d, e->loc, "option %s has the default %s elsewhere", o.name,
				   k->value ? k->value
				   : k->on  ? "true"
					    : "false");
		return;
	}
	ARENA_PUSH(s->a, s->p->options, s->p->noptions, s->p->coptions, o);
}

static bool one_of(const char *v, const char *const *words, size_t n)
{
	while (n--)
		if (!strcasecmp(v, words[n]))
			return true;
	return false;
}

void sema_getopt(struct sema *s, struct expr *e)
{
	const struct expr *dflt = e->nargs > 1 ? e->args[1] : NULL;
	const char *name = e->args[0]->str, *v;
	struct expr n = { .loc = e->loc, .type = &ty_none, .value_unused = e->value_unused };
	int64_t number = 0;
	bool given;

	e->type = &ty_none;
	if (e->args[0]->kind != EX_STR || (e->nargs > 2 && e->args[2]->kind != EX_STR)) {
		sema_error(s, e->loc, "getopt's name and description must be literal strings");
		return;
	}
	note_option(s, e);
	v = option(s, name, &given);
	if (!dflt || dflt->kind == EX_BOOL) {
		static const char *const yes[] = { "true", "1", "on", "yes" }, *const no[] = { "false", "0", "off",
											       "no" };

		n.kind = EX_BOOL;
		n.ival = given ? !v || one_of(v, yes, 4) : dflt && dflt->ival;
		if (v && !n.ival && !one_of(v, no, 4))
			diag_error(s->d, e->loc, "--%s=%s: it must be true or false", name, v);
	} else if (sema_const_int(dflt, &number)) {
		n.kind = EX_INT;
		if (given) { /* yes and no are numbers as well */
			if (v && (!strcasecmp(v, "true") || !strcasecmp(v, "false")))
				number = tolower((unsigned char)*v) == 't';
			else if (!v || !scan_signed(v, &number))
				diag_error(s->d, e->loc, "--%s%s%s: it must be a number", name, v ? "=" : "",
					   v ? v : "");
		}
		n.ival = (uint64_t)number;
	} else if (dflt->kind == EX_STR) {
		n.kind = EX_STR;
		n.str = given ? v ? v : "" : dflt->str;
		n.len = (uint32_t)strlen(n.str);
	} else {
		sema_error(s, dflt->loc, "getopt's default must be a literal number, string, true or false");
		return;
	}
	*e = n;
	sema_expr(s, e);
}

void sema_options_used(struct sema *s)
{
	for (size_t i = 0; i < s->opts->noptions && !diag_errors(s->d); i++) {
		const char *o = s->opts->options[i], *near = s->opts->near_option ? s->opts->near_option(o) : NULL;

		if (s->option_used[i])
			continue;
		diag_error(s->d, SRC_NOWHERE, "neither gft nor the script has an option %s", o);
		if (near)
			diag_hint(s->d, "did you mean --%s?", near);
		else
			diag_hint(s->d, "gft -h lists gft's, gft ... -- --help those of the script");
	}
}
