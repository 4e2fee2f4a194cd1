/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_graph.c - graph() and its options, graph_drop(), graph_tag(). */
#include <stdlib.h>
#include <string.h>

#include "parser/sema.h"

#define TAKES                                                                                                          \
	"graph takes args, ret, stack, parks, syscalls, children, min = DURATION, depth = LEVELS, limit = CALLS, "     \
	"every = N, rate = N/s"

/* Options that stand alone. */
static const struct flag {
	const char *name;
	uint32_t flag;
	const char *needs; /* function of the runtime without which there is nothing to see */
	bool go;	   /* of Go programs only */
} flags[] = {
	{ "args", GRAPH_ARGS, NULL, false }, /* sema_go_described() tells */
	{ "ret", GRAPH_RET, NULL, false },
	{ "stack", GRAPH_STACK, NULL, true },
	{ "parks", GRAPH_PARKS, "runtime.casgstatus", true },
	{ "syscalls", GRAPH_SYSCALLS, NULL, false },
	{ "children", GRAPH_CHILDREN, "runtime.newproc1", true },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Whether such a thing can be seen in one of the clause's programs, a Go program. */
static void check_go(struct sema *s, const struct expr *e, const struct flag *f, int bin)
{
	const struct resolver *r = s->res;
	uint32_t *m = NULL;
	size_t n = f->needs ? r->match(r->ctx, bin, f->needs, &m) : 0;

	if (f->needs && !n)
		sema_error(s, e->loc, "%s: %s has no %s, where gft would look", e->name, r->binary_name(r->ctx, bin),
			   f->needs);
	else if (n && r->is_abi0(r->ctx, bin, m[0]))
		sema_error(s, e->loc,
			   "%s needs Go 1.17 or later, where the runtime's arguments are in registers: %s is older",
			   e->name, r->binary_name(r->ctx, bin));
	free(m);
}

/* What a graph() is to show must be there in each Go program that the clause names. */
static void check_flag(struct sema *s, const struct expr *e, const struct flag *f)
{
	const struct resolver *r = s->res;
	uint32_t n, go = 0;
	int *bins;

	if (f->flag & (GRAPH_ARGS | GRAPH_RET)) {
		sema_go_described(s, e);
		return;
	}
	if (s->ci->binary < 0 || !s->report || !f->go)
		return;
	n = sema_clause_binaries(s, s->ci->clause->index, &bins);
	for (uint32_t i = 0; i < n; i++) {
		if (!r->is_go(r->ctx, bins[i]))
			continue;
		go++;
		check_go(s, e, f, bins[i]);
	}
	if (!go)
		sema_error(s, e->loc, "%s: %s is no Go program", e->name, r->binary_name(r->ctx, s->ci->binary));
}

/* rate = 10/s, 100/m */
static bool check_rate(struct sema *s, const struct expr *v, struct expr *e)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "s", 1000000000 }, { "ms", 1000000 }, { "m", 60000000000 }, { "h", 3600000000000 } };
	int64_t n = 0;

	if (v->kind != EX_BINARY || v->op != OP_DIV || v->b->kind != EX_IDENT || !sema_const_int(v->a, &n) || n < 1)
		goto bad;
	for (size_t i = 0; i < N(units); i++)
		if (!strcmp(units[i].name, v->b->name) && (uint64_t)n <= units[i].ns) {
			e->graph_rate = (uint64_t)n;
			e->graph_unit = units[i].ns;
			return true;
		}
bad:
	sema_error(s, v->loc, "graph's rate is a number of graphs in a time: rate = 10/s");
	sema_hint(s, "times are s, ms, m, h");
	return false;
}

/* Options that are given a number. */
static const char *const numbers[] = { "min", "depth", "limit", "every", "rate" };

static bool is_flag(const char *name)
{
	for (size_t i = 0; i < N(flags); i++)
		if (!strcmp(flags[i].name, name))
			return true;
	return false;
}

/* An option that there is not, or not in this form. */
static void no_option(struct sema *s, struct src_loc loc, const char *name, bool given)
{
	const char *names[N(flags) + N(numbers)], *near;

	for (size_t i = 0; i < N(flags); i++)
		names[i] = flags[i].name;
	for (size_t i = 0; i < N(numbers); i++) {
		names[N(flags) + i] = numbers[i];
		if (strcmp(numbers[i], name) != 0)
			continue;
		sema_error(s, loc, "graph's %s needs a value", name);
		sema_hint(s, TAKES);
		return;
	}
	if (given && is_flag(name)) {
		sema_error(s, loc, "graph's %s takes no value", name);
		sema_hint(s, "graph(%s)", name);
		return;
	}
	near = diag_nearest(name, names, N(names));
	sema_error(s, loc, "graph has no option '%s'", name);
	if (near)
		sema_hint(s, "did you mean '%s'?", near);
	else
		sema_hint(s, TAKES);
}

static void check_number(struct sema *s, struct expr *e, const char *name, struct expr *v, struct graph_opts *o)
{
	int64_t n = 0;

	if (is_flag(name)) {
		no_option(s, v->loc, name, true);
		return;
	}

	if (!strcmp(name, "rate")) {
		check_rate(s, v, e);
		return;
	}
	/* a constant, a macro, an option of the script */
	if (v->kind == EX_CALL)
		sema_expr(s, v);
	else if (v->kind == EX_IDENT)
		sema_macro(s, v);
	if (!sema_const_int(v, &n) || n < 0) {
		sema_error(s, v->loc, "graph's %s must be a number that is known when the script starts", name);
		return;
	}
	if (!strcmp(name, "min")) {
		o->min_ns = (uint64_t)n;
	} else if (!strcmp(name, "depth")) {
		o->depth = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
		/* depth is enforced by the builder; the kernel side needs no frames for it */
	} else if (!strcmp(name, "limit")) {
		o->limit = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	} else if (!strcmp(name, "every")) {
		if (!n)
			sema_error(s, v->loc, "graph(every = N) records one call of N: N is at least 1");
		e->ival = (uint64_t)n;
	} else {
		no_option(s, v->loc, name, true);
	}
}

static void check_graph(struct sema *s, struct expr *e)
{
	struct graph_opts o = { 0 };

	s->ci->has_graph = true;
	if (sema_inside(s, true)) {
		sema_error(s, e->loc, "a graph opens at a function's entry, not at a place inside");
		sema_hint(s, "u:FUNC { graph(); }");
	}
	for (uint32_t i = 0; i < e->nargs; i++) {
		const char *name = e->argnames ? e->argnames[i] : NULL;
		struct expr *v = e->args[i];
		size_t k = 0;

		if (name) {
			check_number(s, e, name, v, &o);
			continue;
		}
		if (v->kind != EX_IDENT) {
			sema_error(s, v->loc, "graph takes named options");
			sema_hint(s, "graph(min = 10ms, depth = 5, limit = 1000)");
			continue;
		}
		while (k < N(flags) && strcmp(flags[k].name, v->name) != 0)
			k++;
		if (k < N(flags)) {
			o.flags |= flags[k].flag;
			check_flag(s, v, &flags[k]);
			continue;
		}
		no_option(s, v->loc, v->name, false);
	}
	if (e->ival > 1 && e->graph_rate)
		sema_error(s, e->loc, "graph takes every or rate, not both");
	if (s->report) {
		e->number = (int)s->p->ngraphs;
		ARENA_PUSH(s->a, s->p->graphs, s->p->ngraphs, s->p->cgraphs, o);
	}
}

/* graph_drop() and graph_tag() are about a graph that some clause opens. */
static void need_graph(struct sema *s, const struct expr *e)
{
	bool any = false;

	for (uint32_t i = 0; i < s->p->nclauses; i++)
		any |= s->p->clauses[i].has_graph;
	if (any) {
		sema_thread(s, e->loc, e->name);
		return;
	}
	sema_error(s, e->loc, "%s() without a graph(): no clause of this script opens one", e->name);
	sema_hint(s, e->fn->id == FN_GRAPH_DROP
			     ? "u:FUNC { graph(); } opens graphs, ur:FUNC / ... / { graph_drop(); } discards some"
			     : "u:FUNC { graph(); } opens graphs, u:OTHER { graph_tag(\"key\", arg0); } tags them");
}

/* graph_tag("key", value): a payload of one value, described by its number. */
static void check_tag(struct sema *s, struct expr *e)
{
	struct expr *key = e->args[0], *v = e->args[1];
	struct payload_field *f;
	struct payload p;
	uint32_t al;

	need_graph(s, e);
	sema_expr(s, v);
	if (key->kind != EX_STR || !key->len) {
		sema_error(s, key->loc, "graph_tag's key must be a literal string");
		return;
	}
	if (v->type->kind == TY_NONE || v->type->kind == TY_VOID || v->type->kind == TY_STRUCT || ty_is_agg(v->type)) {
		if (v->type->kind != TY_NONE)
			sema_error(s, v->loc, "%s cannot be a tag's value", sema_type_name(s, v->type));
		return;
	}
	if (!s->report)
		return;
	if (s->p->ntags > UINT16_MAX) {
		sema_error(s, e->loc, "too many graph_tag() in one script");
		return;
	}
	al = v->type->align ? v->type->align : 1;
	f = ARENA_ARRAY(s->a, struct payload_field, 1);
	*f = (struct payload_field){ key->str, v->type, (sizeof(struct gft_payload) + al - 1) / al * al };
	p = (struct payload){ (f->off + v->type->size + 7) & ~7U, 1, f };
	e->number = (int)s->p->ntags;
	ARENA_PUSH(s->a, s->p->tags, s->p->ntags, s->p->ctags, p);
}

void sema_graph(struct sema *s, struct expr *e)
{
	e->type = &ty_void;
	switch (e->fn->id) {
	case FN_GRAPH: check_graph(s, e); break;
	case FN_GRAPH_TAG: check_tag(s, e); break;
	default: need_graph(s, e); break;
	}
}
