/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_call.c - calls: arguments, events, graph() and fetch(). */
#include <string.h>

#include "gft/buf.h"
#include "gft/capture.h"
#include "gft/output.h"
#include "gft/wire.h"
#include "parser/sema.h"

#define ARRAY_MAX 64

/* Adds an event; done in the reporting pass, so that each call has one number. */
struct meta_event *sema_event(struct sema *s, struct expr *e, enum meta_event_kind kind)
{
	struct program *p = s->p;
	struct meta_event ev = { .kind = kind, .map = -1, .loc = e->loc, .size = 16 };

	e->number = (int)p->nevents;
	ARENA_PUSH(s->a, p->events, p->nevents, p->cevents, ev);
	return &p->events[p->nevents - 1];
}

#define TAIL_FROM 64 /* longer text is packed behind the other values */

/* Lays the values of exprs out behind the event's header. */
void sema_lay_out(struct sema *s, struct meta_event *ev, struct expr **args, uint32_t n)
{
	uint32_t off = 16, tails = 0, capture = 0; /* sizeof(struct gft_rec_event) */

	ev->args = ARENA_ARRAY(s->a, struct meta_arg, n + 1);
	ev->nargs = n;
	for (uint32_t i = 0; i < n; i++) {
		const struct gft_type *t = args[i]->type;
		uint32_t al = t->align ? t->align : 1, size = t->size;

		ev->args[i].tail = t->kind == TY_STRING && t->size > TAIL_FROM;
		if (ev->args[i].tail) {
			al = 4;
			size = sizeof(struct gft_tail);
			tails += ((t->size + 63) & ~63U) + 8;
		}
		off = (off + al - 1) / al * al;
		ev->args[i].type = t;
		ev->args[i].off = off;
		off += size;
		capture |= t->kind == TY_GO;
	}
	/* all captured values of one hit lie in one capture */
	off = capture ? (off + 7) & ~7U : off;
	for (uint32_t i = 0; capture && i < n; i++)
		if (args[i]->type->kind == TY_GO)
			ev->args[i].off = off;
	off += capture ? (uint32_t)sizeof(struct gft_capture) : 0;
	ev->size = (off + 7) & ~7U;
	ev->most = ev->size + tails;
}

static bool printable(const struct gft_type *t)
{
	return t->kind != TY_NONE && t->kind != TY_VOID && !ty_is_agg(t);
}

void sema_printf(struct sema *s, struct expr *e, enum meta_event_kind kind)
{
	const struct gft_type **types = ARENA_ARRAY(s->a, const struct gft_type *, e->nargs + 1);
	struct expr *fmt = e->args[0];

	if (fmt->kind == EX_IDENT || fmt->kind == EX_BINARY) /* the name of a text, "a" + "b" */
		sema_expr(s, fmt);
	for (uint32_t i = 1; i < e->nargs; i++) {
		if (fmt->kind == EX_STR && value_printf_conversion(fmt->str, i - 1) == 's')
			sema_go_printed(s, e->args[i]);
		else
			sema_expr(s, e->args[i]);
		types[i - 1] = e->args[i]->type;
	}
	e->type = &ty_void;
	if (fmt->kind != EX_STR) {
		sema_error(s, fmt->loc, "%s's format must be a literal string", e->name);
		return;
	}
	if (!s->report)
		return;
	for (uint32_t i = 1; i < e->nargs; i++) {
		if (!sema_printable(s, e->args[i]))
			return;
		if (!printable(e->args[i]->type)) {
			if (e->args[i]->type->kind != TY_NONE)
				sema_error(s, e->args[i]->loc, "%s cannot be printed",
					   sema_type_name(s, e->args[i]->type));
			return;
		}
	}

	struct buf b = BUF_INIT;
	const char *msg = value_printf_check(&b, fmt->str, types, e->nargs - 1);

	if (msg)
		sema_error(s, e->loc, "%s", msg);
	buf_free(&b);
	struct meta_event *ev = sema_event(s, e, kind);

	ev->fmt = fmt->str;
	sema_lay_out(s, ev, e->args + 1, e->nargs - 1);
}

static bool is_whole_map(struct sema *s, struct expr *a)
{
	if (a->kind != EX_MAP || a->nargs)
		return false;
	struct map *m = sema_map(s, a);

	return !m->key_seen || m->keyed || ty_is_agg(m->value);
}

static void check_print(struct sema *s, struct expr *e)
{
	struct expr *a = e->args[0];
	bool map = is_whole_map(s, a) || (e->nargs > 1 && a->kind == EX_MAP && !a->nargs);

	e->type = &ty_void;
	if (e->nargs > 1 && !map) {
		sema_error(s, e->args[1]->loc, "print takes top and div for a whole map only");
		sema_hint(s, "print((A, B)) shows several values");
	}
	for (uint32_t i = 1; i < e->nargs; i++) {
		sema_expr(s, e->args[i]);
		if (map && !ty_is_int(e->args[i]->type) && e->args[i]->type->kind != TY_NONE)
			sema_error(s, e->args[i]->loc, "print's %s must be a number", i == 1 ? "top" : "divisor");
	}
	if (map) {
		if (!s->report)
			return;
		if (sema_map(s, a)->value->kind == TY_NONE)
			sema_error(s, a->loc, "%s is printed but never assigned", a->name);
		if (s->loops) {
			diag_warn(s->d, e->loc,
				  "print() of a whole map in a loop shows what the map holds a moment later");
			diag_hint(s->d, "print((@m[key])) sends the value of now");
		}
		struct meta_event *ev = sema_event(s, e, EV_PRINT_MAP);

		ev->map = (int)sema_map(s, a)->number;
		sema_lay_out(s, ev, e->args + 1, e->nargs - 1);
		return;
	}
	if (a->kind == EX_MAP && a->nargs && ty_is_agg(sema_map(s, a)->value)) {
		sema_map_key(s, a);
		if (!s->report)
			return;
		struct meta_event *ev = sema_event(s, e, EV_PRINT_KEY);
		uint32_t size = a->map->key->size;

		/* the key in the map's own layout, which may be wider than this one's */
		ev->map = (int)a->map->number;
		ev->args = ARENA_ARRAY(s->a, struct meta_arg, 1);
		ev->args[0] = (struct meta_arg){ .type = a->map->key, .off = 16 };
		ev->nargs = 1;
		ev->size = (16 + size + 7) & ~7U;
		return;
	}
	sema_go_printed(s, a);
	if (!s->report || a->type->kind == TY_NONE)
		return;
	if (!sema_printable(s, a))
		return;
	if (!printable(a->type)) {
		sema_error(s, a->loc, "%s cannot be printed", sema_type_name(s, a->type));
		return;
	}
	struct meta_event *ev = sema_event(s, e, EV_PRINT);

	/* a map of one value: what it holds now, under its name */
	if (a->kind == EX_MAP && !a->nargs)
		ev->map = (int)a->map->number;
	sema_lay_out(s, ev, e->args, 1);
}

#define TSERIES_MOST 1000 /* intervals; a processor's row has at most 32 KiB */

/* tseries(value, interval, intervals[, "avg"]) */
static void tseries_type(struct sema *s, const struct expr *e, struct gft_type *t)
{
	static const struct {
		const char *name;
		enum ty_kind kind;
	} how[] = { { "avg", TY_AVG }, { "max", TY_MAX }, { "min", TY_MIN }, { "sum", TY_SUM } };
	int64_t step = 1, n = 1;

	t->agg = TY_NONE;
	if (!sema_const_int(e->args[1], &step) || step <= 0) {
		sema_error(s, e->args[1]->loc, "tseries' interval must be a plain number above 0: 1s, 100ms");
		step = 1;
	}
	if (!sema_const_int(e->args[2], &n) || n <= 0 || n > TSERIES_MOST) {
		sema_error(s, e->args[2]->loc, "tseries keeps 1 to %d intervals", TSERIES_MOST);
		n = 1;
	}
	if (e->nargs > 3) {
		const struct expr *a = e->args[3];

		for (size_t i = 0; i < 4; i++)
			if (a->kind == EX_STR && !strcmp(a->str, how[i].name))
				t->agg = (uint8_t)how[i].kind;
		if (t->agg == TY_NONE)
			sema_error(s, a->loc, "tseries' function must be \"avg\", \"max\", \"min\" or \"sum\"");
	}
	t->step = step;
	t->count = (uint32_t)n;
	t->size = t->count * (uint32_t)sizeof(struct ty_tseries_bucket);
}

static const struct gft_type *agg_type(struct sema *s, struct expr *e)
{
	static const enum ty_kind kinds[] = {
		[FN_SUM] = TY_SUM,     [FN_AVG] = TY_AVG,   [FN_MIN] = TY_MIN,	   [FN_MAX] = TY_MAX,
		[FN_STATS] = TY_STATS, [FN_HIST] = TY_HIST, [FN_LHIST] = TY_LHIST, [FN_TSERIES] = TY_TSERIES,
	};
	struct gft_type *t;

	if (e->fn->id == FN_COUNT)
		return &ty_count_t;
	t = ty_new(s->a, kinds[e->fn->id]);
	t->is_signed = e->args[0]->type->kind == TY_INT && e->args[0]->type->is_signed;
	if (e->fn->id == FN_HIST) {
		int64_t bits = 0;

		if (e->nargs > 1 && (!sema_const_int(e->args[1], &bits) || bits < 0 || bits > 5)) {
			sema_error(s, e->args[1]->loc, "hist's bits must be a number from 0 to 5");
			bits = 0;
		}
		t->bits = (uint8_t)bits;
		t->size = ty_hist_buckets((unsigned)bits) * 8;
	} else if (e->fn->id == FN_LHIST) {
		int64_t v[3] = { 0, 1, 1 };

		for (int i = 0; i < 3; i++)
			if (!sema_const_int(e->args[i + 1], &v[i]))
				sema_error(s, e->args[i + 1]->loc, "lhist's bounds and step must be plain numbers");
		if (v[2] <= 0 || v[1] <= v[0] || (v[1] - v[0]) / (v[2] > 0 ? v[2] : 1) > 1000) {
			sema_error(s, e->loc, "lhist needs min < max, a step above 0, and at most 1000 steps");
			v[0] = 0, v[1] = v[2] = 1;
		}
		t->min = v[0], t->max = v[1], t->step = v[2];
		t->size = (uint32_t)((v[1] - v[0]) / v[2] + 2) * 8;
	} else if (e->fn->id == FN_TSERIES) {
		tseries_type(s, e, t);
	}
	return t;
}

struct expr *sema_map_arg(struct sema *s, struct expr *e, bool whole)
{
	struct expr *a = e->args[0];

	if (a->kind != EX_MAP) {
		sema_expr(s, a);
		sema_error(s, a->loc, "%s needs a map", e->name);
		sema_hint(s, "%s", e->fn->help);
		return NULL;
	}
	if (whole && a->nargs) {
		sema_error(s, a->loc, "%s takes a whole map: %s(%s)", e->name, e->name, a->name);
		return NULL;
	}
	sema_map(s, a);
	return a;
}

/* A map and its key as two arguments: makes them one map expression. */
bool sema_keyed_arg(struct sema *s, struct expr *e)
{
	struct expr *a = sema_map_arg(s, e, false);
	uint32_t own = e->fn->id == FN_FIND ? 2 : 1; /* arguments once the key is in the map's */

	if (!a)
		return false;
	if (e->nargs == own + 1 && !a->nargs) {
		a->args = ARENA_ARRAY(s->a, struct expr *, 1);
		a->args[0] = e->args[1];
		a->nargs = 1;
		a->loc = loc_join(a->loc, e->args[1]->loc);
		for (uint32_t i = 1; i < own; i++)
			e->args[i] = e->args[i + 1];
		e->nargs = own;
	} else if (e->nargs == own + 1) {
		sema_error(s, e->args[1]->loc, "%s: the key is given twice", e->name);
		return false;
	} else if (e->fn->id != FN_DELETE && !a->nargs) {
		sema_error(s, e->loc, "%s takes a map and a key", e->name);
		sema_hint(s, "%s", e->fn->help);
		return false;
	}
	sema_map_key(s, a);
	return true;
}

static void check_reg(struct sema *s, struct expr *e)
{
	const struct clause *c = s->ci->clause;
	struct expr *a = e->args[0];

	e->type = &ty_u64;
	for (uint32_t i = 0; i < c->npoints; i++) {
		enum provider p = c->points[i]->provider;

		if (p != PROV_FENTRY && p != PROV_FEXIT)
			continue;
		sema_error(s, e->loc, "reg: %s is called as a function is, and has no registers", c->points[i]->raw);
		sema_hint(s, "args.NAME, arg0 and retval are there; k: and kr: have registers");
		return;
	}
	if (a->kind != EX_STR) {
		sema_error(s, a->loc, "reg takes the register's name as a literal: reg(\"ax\")");
		return;
	}
	e->number = a->len == 2 && !memcmp(a->str, "pc", 2) ? FR_IP : fa_reg_by_name(a->str, a->len);
	if (e->number < 0) {
		size_t n = 0;

		while (fa_reg_names[n])
			n++;
		const char *near = diag_nearest(a->str, fa_reg_names, n);

		sema_error(s, a->loc, "unknown register '%s'", a->str);
		if (near)
			sema_hint(s, "did you mean \"%s\"?", near);
		else
			sema_hint(s, "registers are ax bx cx dx si di bp sp r8 to r15 ip flags");
	}
}

static const char *nearest_macro(struct sema *s, const char *name)
{
	const char **names = NULL;
	size_t n = 0, cap = 0;

	for (const struct macro *m = s->p->ast->macros; m; m = m->next)
		ARENA_PUSH(s->a, names, n, cap, m->name);
	return diag_nearest(name, names, n);
}

void sema_call(struct sema *s, struct expr *e)
{
	const struct function *f = function_find(e->name);

	e->type = &ty_none;
	if (sema_task_name(s, e) || sema_c_call(s, e))
		return;
	if (f && !e->nargs && builtin_find(e->name)) /* comm() is comm */
		f = NULL;
	if (!f) {
		const struct builtin *b = builtin_find(e->name);
		size_t n = 0;

		for (uint32_t i = 0; i < e->nargs && !b; i++)
			sema_expr(s, e->args[i]);
		if (b && e->nargs == 1 && sema_mode(s, e, b))
			return;
		if (b && !e->nargs) { /* pid() is pid */
			e->kind = EX_IDENT;
			sema_expr(s, e);
			return;
		}
		if (b) {
			sema_error(s, e->loc, "%s takes no such argument", e->name);
			sema_hint(s, "%s: %s", e->name, b->help);
			return;
		}
		sema_error(s, e->loc, "unknown function '%s'", e->name);
		while (function_names()[n])
			n++;
		const char *near = diag_nearest(e->name, function_names(), n);

		if (!near)
			near = nearest_macro(s, e->name);
		if (near)
			sema_hint(s, "did you mean %s()?", near);
		return;
	}
	e->fn = f;
	if (e->nargs < f->min || e->nargs > f->max) {
		for (uint32_t i = e->nargs && e->args[0]->kind == EX_MAP;
		     i < e->nargs && f->id != FN_GRAPH && f->id != FN_STACK; i++)
			sema_expr(s, e->args[i]);
		if (f->min == f->max)
			sema_error(s, e->loc, "%s takes %u argument%s, not %u", e->name, f->min, f->min == 1 ? "" : "s",
				   e->nargs);
		else
			sema_error(s, e->loc, "%s takes %u to %u arguments, not %u", e->name, f->min, f->max, e->nargs);
		sema_hint(s, "%s", f->help);
		return;
	}
	if (s->ci->where & ~f->where) {
		sema_error(s, e->loc, "%s cannot be used in this probe", e->name);
		if (f->id == FN_GRAPH)
			sema_hint(s, "a graph opens at a function's entry: u:FUNC { graph(); }");
		if (f->id == FN_STACK)
			sema_hint(s, "a uprobe comes from user space, where the kernel has no stack yet: ustack is the "
				     "program's");
		e->type = f->id == FN_STACK ? &ty_none : &ty_void;
		return;
	}
	s->ci->needs |= f->needs;
	if (f->id != FN_GRAPH && e->argnames)
		for (uint32_t i = 0; i < e->nargs; i++)
			if (e->argnames[i]) {
				sema_error(s, e->args[i]->loc, "%s takes no named arguments", e->name);
				break;
			}
	switch (f->id) {
	case FN_GRAPH:
	case FN_GRAPH_DROP:
	case FN_GRAPH_TAG: sema_graph(s, e); break;
	case FN_PRINTF: sema_printf(s, e, EV_PRINTF); break;
	case FN_PRINT: check_print(s, e); break;
	case FN_TIME:
		e->type = &ty_void;
		if (e->nargs && e->args[0]->kind != EX_STR)
			sema_error(s, e->args[0]->loc, "time's format must be a literal string");
		else if (s->report)
			sema_event(s, e, EV_TIME)->fmt = e->nargs ? e->args[0]->str : "%H:%M:%S\n";
		break;
	case FN_EXIT:
		e->type = &ty_void;
		if (e->nargs) {
			sema_expr(s, e->args[0]);
			if (!ty_is_int(e->args[0]->type) && e->args[0]->type->kind != TY_NONE)
				sema_error(s, e->args[0]->loc, "exit's status must be a number");
		}
		if (s->report) {
			struct meta_event *ev = sema_event(s, e, EV_EXIT);

			ev->args = ARENA_ARRAY(s->a, struct meta_arg, 1);
			ev->args[0] = (struct meta_arg){ .type = &ty_i32, .off = 16 };
			ev->nargs = 1;
			ev->size = 24;
		}
		break;
	case FN_SUM:
	case FN_AVG:
	case FN_MIN:
	case FN_MAX:
	case FN_STATS:
	case FN_HIST:
	case FN_LHIST:
	case FN_TSERIES:
		for (uint32_t i = 0; i < e->nargs; i++)
			sema_expr(s, e->args[i]);
		if (!ty_is_int(e->args[0]->type) && e->args[0]->type->kind != TY_NONE)
			sema_error(s, e->args[0]->loc, "%s needs a number, not %s", e->name,
				   sema_type_name(s, e->args[0]->type));
		/* fallthrough */
	case FN_COUNT: e->type = agg_type(s, e); break;
	case FN_DELETE:
	case FN_HAS_KEY:
		e->type = &ty_bool;
		sema_keyed_arg(s, e);
		break;
	case FN_CLEAR:
	case FN_ZERO: {
		struct expr *a = sema_map_arg(s, e, true);

		e->type = &ty_void;
		if (a && s->report)
			sema_event(s, e, f->id == FN_CLEAR ? EV_CLEAR : EV_ZERO)->map = (int)a->map->number;
		break;
	}
	case FN_REG: check_reg(s, e); break;
	case FN_STR: {
		int64_t n;

		sema_expr(s, e->args[0]);
		if (sema_text_of(s, e))
			break;
		if (e->nargs > 1) {
			sema_expr(s, e->args[1]);
			if (sema_const_int(e->args[1], &n))
				sema_length(s, "str", e->args[1]->loc, n, 0);
		}
		if (e->nargs > 1 && !sema_is_cond(e->args[1]->type))
			sema_error(s, e->args[1]->loc, "str's length must be a number, not %s",
				   sema_type_name(s, e->args[1]->type));
		if (!sema_is_cond(e->args[0]->type))
			sema_error(s, e->args[0]->loc, "str needs a pointer, not %s",
				   sema_type_name(s, e->args[0]->type));
		e->type = sema_text(s);
		break;
	}
	case FN_GETOPT: sema_getopt(s, e); break;
	default: sema_func(s, e); break;
	}
}

/* --- fetch() ------------------------------------------------------------------------ */

static const struct gft_type *header_type(struct sema *s, const char *const *names, const bool *hex, uint32_t n)
{
	const struct gft_type *t[3];

	for (uint32_t i = 0; i < n; i++) {
		struct gft_type *f = ty_new(s->a, TY_INT);

		f->is_signed = !hex[i];
		f->display = hex[i] ? TD_HEX : TD_DEC;
		t[i] = f;
	}
	return ty_tuple(s->a, t, names, n);
}

/* The type that a FETCHARG's TYPE gives, without its array. */
/* A Go value that begins in a register and goes on in the next ones. */
static bool in_registers(struct sema *s, const struct fetcharg *f)
{
	int first = f->base == FA_REG && !f->nderef ? fa_go_reg(f->reg) : -1, bin = s->ci->binary;

	return first >= 0 && !f->type.array && (unsigned)first + fa_words(&f->type) <= 9 &&
	       (bin < 0 || s->res->is_go(s->res->ctx, bin));
}

static const struct gft_type *element_type(struct sema *s, const struct fetcharg *f, struct src_loc loc)
{
	const struct fa_type *t = &f->type;
	bool mem = f->nderef || f->base == FA_ADDR || f->base == FA_SYMBOL;

	switch (t->kind) {
	case FT_INT: {
		if (!t->hex)
			return ty_int(t->bits / 8, t->is_signed);

		struct gft_type *x = ty_new(s->a, TY_INT);

		x->size = x->align = t->bits / 8;
		x->is_signed = false;
		x->display = TD_HEX;
		return x;
	}
	case FT_FLOAT: {
		struct gft_type *x = ty_new(s->a, TY_FLOAT);

		x->size = x->align = t->bits / 8;
		return x;
	}
	case FT_CHARS:
		if (!mem && t->bits > 64)
			sema_error(s, loc, "%s: a register has 8 characters at most", f->text);
		return ty_string(s->a, t->bits / 8);
	case FT_BITFIELD: return ty_int(t->bits / 8, false);
	case FT_BOOL: return &ty_bool;
	case FT_DURATION: {
		struct gft_type *x = ty_new(s->a, TY_INT);

		x->display = TD_DURATION;
		return x;
	}
	case FT_STRING:
	case FT_GOSTRING:
		if (!mem && (t->kind == FT_STRING || !in_registers(s, f))) {
			sema_error(s, loc, "%s: text lies in memory, not in the register itself", f->text);
			sema_hint(s, t->kind == FT_STRING
					     ? "+0(%%ax):string reads the text that %%ax points to"
					     : "+0(%%ax):gostring reads the string header that %%ax points to; "
					       "a string argument lies in two registers: +0(%%ax):c64");
		}
		return ty_string(s->a, s->record_strlen);
	case FT_SLICE: {
		static const char *const n[] = { "ptr", "len", "cap" };
		static const bool hex[] = { true, false, false };

		return header_type(s, n, hex, 3);
	}
	case FT_ERROR:
	case FT_IFACE:
	case FT_EFACE: {
		static const char *const n[] = { "itab", "data" };
		static const char *const ne[] = { "type", "data" };
		static const bool hex[] = { true, true };

		return header_type(s, t->kind == FT_EFACE ? ne : n, hex, 2);
	}
	case FT_NAMED:
		if (mem)
			return &ty_u64;
		sema_error(s, loc, "%s: a Go value lies in memory: +0(%%ax):%s reads what %%ax points to", f->text,
			   t->name);
		sema_hint(s, "types are u8 to u64, s8 to s64, x8 to x64, f32, f64, c8 to c512, string, "
			     "b<width>@<offset>/<size>, "
			     "gostring, slice, error, iface, eface, bool, duration, and TYPE[N]");
		return &ty_u64;
	}
	return &ty_u64;
}

/* @SYMBOL+off becomes an address of the clause's binary. */
static void resolve_symbol(struct sema *s, struct fetcharg *f, struct src_loc loc)
{
	uint64_t vaddr = 0, size = 0;
	int bin = s->ci->binary;

	if (!s->report || bin < 0)
		return;
	if (!sema_one_binary(s)) {
		sema_error(s, loc, "%s: this clause has functions of several binaries", f->text);
		sema_hint(s, "give each binary its own clause");
		return;
	}
	if (!s->res->symbol(s->res->ctx, bin, f->sym, &vaddr, &size)) {
		sema_error(s, loc, "%s has no symbol %s", s->res->binary_name(s->res->ctx, bin), f->sym);
		sema_hint(s, "a stripped binary has none: give the address, @0x...");
		return;
	}
	f->base = FA_ADDR;
	f->addr += vaddr;
}

const struct gft_type *sema_fetcharg_type(struct sema *s, struct fetcharg *f, struct src_loc loc)
{
	const struct gft_type *t;
	bool mem = f->nderef || f->base == FA_ADDR || f->base == FA_SYMBOL;
	uint32_t where = s->ci->where;

	if (where & ~W_UPROBE) {
		sema_error(s, loc, "%s: registers of a function are known in uprobes and uretprobes only", f->text);
		if (where & W_KRET)
			sema_hint(s, "functions of the kernel have retval at their exits");
		else if (where & (W_KERNEL | W_RAW))
			sema_hint(s, "functions of the kernel have arg0, arg1, ... and args.NAME");
		else if (where & W_TP)
			sema_hint(s, "a tracepoint has args.NAME: gft -lv t:GROUP:EVENT");
	}
	s->ci->needs |= NEED_REGS;
	switch (f->base) {
	case FA_ARG:
		if (where & W_EXIT)
			sema_error(s, loc, "%s: arguments are gone at the exit", f->text);
		s->ci->needs |= NEED_ARGS;
		break;
	case FA_RETVAL:
		if (where & W_ENTRY) {
			sema_error(s, loc, "%s: there is no result at the entry", f->text);
			sema_hint(s, "use it in a uretprobe: ur:FUNC { fetch($retval:s64); }");
		}
		break;
	case FA_REG:
		/* argument registers must still be as at entry, whichever is read */
		s->ci->needs |= NEED_ARGS;
		break;
	case FA_SYMBOL: resolve_symbol(s, f, loc); break;
	case FA_STACK:
	case FA_STACKN: break;
	default: break;
	}
	t = element_type(s, f, loc);
	if (!mem && fa_words(&f->type) && f->type.kind != FT_GOSTRING && !in_registers(s, f))
		sema_error(s, loc,
			   "%s: a value of several words lies in memory, +0(%%ax):TYPE, or begins in one of Go's "
			   "registers, ax bx cx di si r8 r9 r10 r11",
			   f->text);
	if (f->type.array) {
		if (f->type.kind == FT_BITFIELD)
			sema_error(s, loc, "%s: arrays of bit fields are not supported", f->text);
		if (!mem)
			sema_error(s, loc, "%s: an array lies in memory, not in a register", f->text);
		if (t->kind == TY_STRING && f->type.kind != FT_CHARS) {
			sema_error(s, loc, "%s: arrays of strings are not supported", f->text);
		} else if (f->type.array > ARRAY_MAX || t->size * f->type.array > 1024) {
			sema_error(s, loc, "%s: an array of %u is too long", f->text, f->type.array);
			sema_hint(s, "at most %d elements and 1024 bytes", ARRAY_MAX);
		} else {
			t = ty_array(s->a, t, f->type.array);
		}
	}
	return t;
}

/* Constant strings and scalars can wait in the clause's struct until the record is written. */
static bool keepable(const struct gft_type *t)
{
	return ty_is_int(t) || t->kind == TY_PTR || t->kind == TY_FUNC || t->kind == TY_STRING || t->kind == TY_CODE;
}

/* Types that are captured whole and printed by user space, pointers followed. */
static bool is_go_type(const struct fa_type *t)
{
	return t->kind == FT_NAMED || t->kind == FT_SLICE || t->kind == FT_ERROR || t->kind == FT_IFACE ||
	       t->kind == FT_EFACE;
}

static const struct gft_type *go_value_type(struct sema *s, struct fetch_item *it)
{
	static const struct gft_type captured = { .kind = TY_GO, .align = 1, .name = "a Go value" };
	const struct fa_type *t = &it->arg->type;
	char err[512];

	if (s->report && s->ci->binary >= 0 && t->kind == FT_NAMED &&
	    !s->res->type_by_name(s->res->ctx, s->ci->binary, t->name, err, sizeof(err)))
		sema_error(s, it->loc, "%s", err);
	if (s->report && s->ci->binary >= 0 && !s->res->is_go(s->res->ctx, s->ci->binary))
		sema_error(s, it->loc, "%s is no Go program: it has no such values",
			   s->res->binary_name(s->res->ctx, s->ci->binary));
	return &captured;
}

void sema_fetch(struct sema *s, struct expr *e)
{
	e->type = &ty_void;
	if (!e->nitems) {
		sema_error(s, e->loc, "fetch reads at least one value");
		sema_hint(s, "fetch(+8(%%ax):s64)");
		return;
	}
	for (uint32_t i = 0; i < e->nitems; i++) {
		struct fetch_item *it = &e->items[i];

		if (it->arg) {
			it->type = sema_fetcharg_type(s, it->arg, it->loc);
			if (e->value_unused && is_go_type(&it->arg->type) && !it->arg->type.array)
				it->type = go_value_type(s, it);
			else if (it->arg->type.kind == FT_NAMED)
				sema_error(s, it->loc, "a whole %s cannot be used in an expression",
					   it->arg->type.name);
		} else {
			sema_expr(s, it->e);
			it->type = it->e->type;
		}
	}
	if (!e->value_unused) {
		struct fetch_item *it = &e->items[0];

		if (e->nitems > 1) {
			sema_error(s, e->loc, "fetch gives one value in an expression, not %u", e->nitems);
			e->type = &ty_none;
			return;
		}
		if (it->arg && (it->arg->type.kind == FT_STRING || it->arg->type.kind == FT_GOSTRING))
			it->type = sema_text(s);
		e->type = it->type;
		if (e->type->kind == TY_FLOAT || e->type->kind == TY_ARRAY || e->type->kind == TY_RECORD)
			if (s->report && it->arg && e->type->size > 128)
				sema_error(s, e->loc, "%s is too large for an expression", it->arg->text);
		return;
	}
	/* a statement: the values go onto the graph line of this call */
	if (s->ci->where & ~W_UPROBE) {
		sema_error(s, e->loc, "fetch attaches values to a call: it needs a uprobe or uretprobe");
		return;
	}
	if (!s->report)
		return;
	for (uint32_t i = 0; i < e->nitems; i++) {
		struct fetch_item *it = &e->items[i];
		struct clause_info *ci = s->ci;

		if (it->e && it->type->kind != TY_NONE && !keepable(it->type)) {
			sema_error(s, it->loc, "%s cannot be put onto a graph line", sema_type_name(s, it->type));
			continue;
		}
		if (ci->nitems >= GFT_PAYLOAD_MAX) {
			sema_error(s, it->loc, "more than %d values in one clause", GFT_PAYLOAD_MAX);
			return;
		}
		it->slot = (int)ci->nitems;
		if (!it->name)
			it->name = arena_printf(s->a, "arg%u", ci->nitems + 1);
		if (!ci->items)
			ci->items = ARENA_ARRAY(s->a, struct fetch_item *, GFT_PAYLOAD_MAX);
		ci->items[ci->nitems++] = it;
	}
}
