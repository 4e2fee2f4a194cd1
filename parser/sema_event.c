/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_event.c - what only Go has: arguments of go:EVENT, and builtins that depend on the program's Go. */
#include <stdlib.h>
#include <string.h>

#include "parser/goevent.h"
#include "parser/sema.h"

/* e becomes a builtin of its own. */
static void own_builtin(struct sema *s, struct expr *e, const char *name, const struct gft_type *t, const char *c)
{
	struct builtin *b = ARENA_NEW(s->a, struct builtin);

	*b = (struct builtin){ .name = name, .type = t, .where = W_GO, .c = c };
	e->kind = EX_IDENT;
	/* not a name that a macro or #define of the script could have: it is looked up again */
	e->name = arena_printf(s->a, "args.%s", name);
	e->builtin = b;
	e->type = t;
	s->ci->needs |= NEED_G | NEED_GOBJ | NEED_REGS;
}

/* A number whose names are those of the program's Go. */
static const struct gft_type *reason_type(struct sema *s)
{
	struct gft_type *t = ty_new(s->a, TY_INT);
	struct ty_enum_val *v = NULL;
	uint32_t n = 0, cap = 0;
	const char *name;

	for (uint32_t i = 0; i < 256 && s->ci->binary >= 0 && s->res->wait_reason; i++) {
		struct ty_enum_val ev = { .val = i };

		name = s->res->wait_reason(s->res->ctx, s->ci->binary, i);
		if (!name)
			continue;
		ev.name = arena_strdup(s->a, name);
		ARENA_PUSH(s->a, v, n, cap, ev);
	}
	t->size = t->align = 1;
	t->is_signed = false;
	t->display = TD_ENUM;
	t->enum_vals = v;
	t->nenum_vals = n;
	return t;
}

static const struct go_event_arg *find_arg(const struct go_event *ev, const char *name)
{
	for (uint32_t i = 0; i < GO_ARGS && ev->args[i].name; i++)
		if (!strcmp(ev->args[i].name, name))
			return &ev->args[i];
	return NULL;
}

static void no_arg(struct sema *s, const struct expr *e, const struct go_event *ev)
{
	const char *list = NULL;

	for (uint32_t i = 0; i < GO_ARGS && ev->args[i].name; i++)
		list = list ? arena_printf(s->a, "%s, args.%s", list, ev->args[i].name)
			    : arena_printf(s->a, "args.%s", ev->args[i].name);
	sema_error(s, e->loc, "go:%s has no argument '%s'", ev->name, e->name);
	if (list)
		sema_hint(s, "it has %s", list);
}

/* The argument that e names, which must be the same in all events of the clause; NULL, told, if it is not. */
static const struct go_event_arg *common_arg(struct sema *s, const struct expr *e, const struct go_event **evs,
					     uint32_t n)
{
	const struct go_event_arg *arg = NULL;

	for (uint32_t i = 0; i < n; i++) {
		const struct go_event_arg *a = find_arg(evs[i], e->name);

		if (!a) {
			no_arg(s, e, evs[i]);
			return NULL;
		}
		if (arg && (!arg->c != !a->c || (arg->c && strcmp(arg->c, a->c) != 0) ||
			    (arg->go && strcmp(arg->go, a->go) != 0))) {
			sema_error(s, e->loc, "args.%s is not the same in go:%s as in go:%s", e->name, evs[i]->name,
				   evs[0]->name);
			sema_hint(s, "give each its own clause");
			return NULL;
		}
		arg = a;
	}
	return arg;
}

static bool is_arg(const struct expr *e)
{
	return e->kind == EX_FIELD && e->a->kind == EX_IDENT && !strcmp(e->a->name, "args");
}

const char *sema_event_value(struct sema *s, const struct expr *e)
{
	const struct go_event **evs;
	const struct go_event_arg *arg;
	uint32_t n;

	if (s->ci->where != W_GO || !is_arg(e))
		return NULL;
	n = sema_clause_events(s, s->ci->clause->index, &evs);
	for (uint32_t i = 0; i < n; i++) {
		arg = find_arg(evs[i], e->name);
		if (!arg || !arg->go)
			return NULL;
	}
	arg = common_arg(s, e, evs, n);
	return arg ? arg->go : NULL;
}

bool sema_event_arg(struct sema *s, struct expr *e)
{
	const struct go_event **evs;
	const struct go_event_arg *arg;
	uint32_t n;

	if (e->kind == EX_IDENT && (!strcmp(e->name, "args") || !strcmp(e->name, "ret"))) {
		sema_error(s, e->loc, "%s as a whole cannot be used here", e->name);
		sema_hint(s, "name one: gft -lv 'go:*' shows the arguments of events");
		e->type = &ty_none;
		return true;
	}
	if (!is_arg(e))
		return false;
	e->type = &ty_none;
	n = sema_clause_events(s, s->ci->clause->index, &evs);
	if (s->ci->where != W_GO) {
		sema_error(s, e->loc, "args: this clause has probes that are no events of Go");
		sema_hint(s, "give each its own clause");
		return true;
	}
	arg = common_arg(s, e, evs, n);
	if (arg && arg->go) {
		sema_error(s, e->loc, "args.%s is a Go value: it can be shown, by print() and printf's %%s", e->name);
		return true;
	}
	if (arg)
		own_builtin(s, e, arg->name, arg->type ? arg->type : reason_type(s), arg->c);
	return true;
}

bool sema_go_builtin(struct sema *s, struct expr *e, const struct builtin *b)
{
	const struct resolver *r = s->res;
	int bin = s->ci->binary, minor;
	const char *v = bin >= 0 && r->is_go(r->ctx, bin) ? r->go_version(r->ctx, bin) : "";

	if (!strcmp(b->name, "go_version")) {
		if (bin >= 0 && !*v)
			v = "unknown";
		e->kind = EX_STR;
		e->str = arena_strdup(s->a, v);
		e->len = (uint32_t)strlen(v);
		e->type = ty_string(s->a, e->len ? e->len : 1);
		return true;
	}
	if (!strcmp(b->name, "wait_reason")) {
		own_builtin(s, e, "reason", reason_type(s), b->c);
		return true;
	}
	if (!strcmp(b->name, "parent_goid")) {
		minor = strncmp(v, "go1.", 4) ? 0 : atoi(v + 4);
		if (minor && minor < 21) {
			sema_error(s, e->loc, "parent_goid: %s does not keep it, Go 1.21 and later do", v);
			sema_hint(s, "go:create { print((args.parent, args.child)); } tells it as it happens");
		}
	}
	return false;
}
