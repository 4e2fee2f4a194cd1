/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_expr.c - types of expressions. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gft/ctypes.h"
#include "parser/scan.h"
#include "parser/sema.h"

#define ARRAY_BYTES (1u << 28)

bool sema_is_cond(const struct gft_type *t)
{
	return ty_is_int(t) || t->kind == TY_PTR || t->kind == TY_NONE;
}

void sema_truth(struct sema *s, struct expr *e)
{
	uint32_t depth = e->depth;
	struct expr *empty;

	if (e->type->kind != TY_STRING)
		return;
	empty = expr_new(s->p->ast, EX_STR, e->loc);
	empty->str = "";
	*e = *expr_binary(s->p->ast, OP_NE, arena_memdup(s->a, e, sizeof(*e)), empty, e->loc);
	e->depth = depth;
	sema_expr(s, e);
}

const struct gft_type *sema_storage(struct sema *s, const struct gft_type *t)
{
	return t->kind == TY_STRUCT || t->kind == TY_ARRAY ? sema_copied(s, t) : t;
}

const struct gft_type *sema_join(struct sema *s, const struct gft_type *x, const struct gft_type *y)
{
	if (x->kind == TY_NONE)
		return y;
	if (x->kind == TY_INT && y->kind == TY_INT)
		return sema_join_ints(x, y);
	if (y->kind == TY_NONE || ty_same(x, y))
		return x;
	if (ty_is_int(x) && ty_is_int(y)) /* a bool and an integer */
		return x->kind == TY_INT ? x : y;
	if (x->kind == TY_STRING && y->kind == TY_STRING)
		return x->size >= y->size ? x : y;
	if (x->kind == TY_BUFFER && y->kind == TY_BUFFER)
		return x->count >= y->count ? x : y;
	if (x->kind == TY_FUNC && y->kind == TY_FUNC)
		return x;
	/* a pointer that leads here or there says so only by itself; one to nothing in particular takes part */
	if (x->kind == TY_PTR && y->kind == TY_PTR) {
		const struct gft_type *best = x->elem && x->elem->kind != TY_VOID ? x : y;

		if (best == x && y->elem && y->elem->kind != TY_VOID && !ty_equal(x->elem, y->elem))
			return NULL;
		return sema_pointer_to(s, best, x->space == y->space ? (enum ty_space)x->space : TS_ANY);
	}
	if ((x->kind == TY_TUPLE || x->kind == TY_RECORD) && y->kind == x->kind && x->nfields == y->nfields) {
		const struct gft_type **t = ARENA_ARRAY(s->a, const struct gft_type *, x->nfields + 1);
		const char **names = x->kind == TY_RECORD ? ARENA_ARRAY(s->a, const char *, x->nfields + 1) : NULL;

		for (uint32_t i = 0; i < x->nfields; i++) {
			const struct ty_field *f = ty_part(y, x, i);

			t[i] = f ? sema_join(s, x->fields[i].type, f->type) : NULL;
			if (!t[i])
				return NULL;
			if (names)
				names[i] = x->fields[i].name;
		}
		return ty_tuple(s->a, t, names, x->nfields);
	}
	return NULL;
}

static bool compare(enum op op, int64_t v, int64_t w, int64_t *out)
{
	switch (op) {
	case OP_EQ: *out = v == w; return true;
	case OP_NE: *out = v != w; return true;
	case OP_LT: *out = v < w; return true;
	case OP_LE: *out = v <= w; return true;
	case OP_GT: *out = v > w; return true;
	case OP_GE: *out = v >= w; return true;
	case OP_LAND: *out = v && w; return true;
	case OP_LOR: *out = v || w; return true;
	default: return false;
	}
}

bool sema_const_int(const struct expr *e, int64_t *out)
{
	int64_t v, w;

	switch (e->kind) {
	case EX_INT:
	case EX_BOOL:
	case EX_NPARAMS: *out = (int64_t)e->ival; return true;
	case EX_POSPARAM: *out = (int64_t)e->ival; return e->is_const && !e->str;
	case EX_CALL: return sema_const_call(e, out);
	case EX_SIZEOF: *out = (int64_t)e->ival; return e->type->kind != TY_NONE;
	case EX_UNARY:
		if (e->is_const)
			*out = (int64_t)e->ival;
		else if ((e->op != OP_NEG && e->op != OP_NOT) || !sema_const_int(e->a, &v))
			return false;
		else
			*out = e->op == OP_NOT ? !v : (int64_t)(0 - (uint64_t)v);
		return true;
	case EX_BINARY:
		if (e->is_const) {
			*out = (int64_t)e->ival;
			return true;
		}
		if (!sema_const_int(e->a, &v) || !sema_const_int(e->b, &w))
			return false;
		if (e->op == OP_ADD)
			*out = (int64_t)((uint64_t)v + (uint64_t)w);
		else if (e->op == OP_SUB)
			*out = (int64_t)((uint64_t)v - (uint64_t)w);
		else if (e->op == OP_MUL)
			*out = (int64_t)((uint64_t)v * (uint64_t)w);
		else
			return compare(e->op, v, w, out);
		return true;
	default: return false;
	}
}

void sema_asked(struct sema *s, struct expr *e)
{
	s->asked++;
	sema_expr(s, e);
	s->asked--;
}

/* Of typeof() and sizeof(), which read nothing: a map's name alone means its values. */
static const struct gft_type *operand_type(struct sema *s, struct expr *e)
{
	const struct map *m = e->kind == EX_MAP && !e->nargs ? sema_map(s, e) : NULL;

	if (!m || (m->key_seen && !m->keyed) || (!m->key_seen && s->report)) {
		sema_asked(s, e);
		return e->type;
	}
	e->type = ty_is_agg(m->value) && sema_agg_value(m->value) ? sema_agg_value(m->value) : m->value;
	return e->type;
}

const struct gft_type *sema_typespec(struct sema *s, const struct typespec *ts)
{
	static const struct {
		const char *name;
		const struct gft_type *t;
	} names[] = {
		{ "bool", &ty_bool },  { "int8", &ty_i8 },	{ "int16", &ty_i16 },	 { "int32", &ty_i32 },
		{ "int64", &ty_i64 },  { "uint8", &ty_u8 },	{ "uint16", &ty_u16 },	 { "uint32", &ty_u32 },
		{ "uint64", &ty_u64 }, { "char", &ty_i8 },	{ "int", &ty_i32 },	 { "short", &ty_i16 },
		{ "long", &ty_i64 },   { "size_t", &ty_u64 },	{ "ssize_t", &ty_i64 },	 { "uintptr_t", &ty_u64 },
		{ "int8_t", &ty_i8 },  { "int16_t", &ty_i16 },	{ "int32_t", &ty_i32 },	 { "int64_t", &ty_i64 },
		{ "uint8_t", &ty_u8 }, { "uint16_t", &ty_u16 }, { "uint32_t", &ty_u32 }, { "uint64_t", &ty_u64 },
		{ "pid_t", &ty_i32 },  { "void", &ty_void },
	};
	const struct gft_type *t = NULL;

	if (ts->kind == TS_TYPEOF) {
		t = operand_type(s, ts->of);
	} else if (ts->kind == TS_NAME) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strcmp(names[i].name, ts->name))
				t = names[i].t;
		if (!t && !strcmp(ts->name, "string")) {
			uint64_t n = ts->ndims ? ts->dims[0] : s->p->config.max_strlen;

			if (n > SEMA_STRING_MAX || !n) {
				sema_error(s, ts->loc, "a string of %llu bytes is too long here",
					   (unsigned long long)n);
				sema_hint(s, "text has at most %d bytes", SEMA_STRING_MAX);
				n = SEMA_STRING_MAX;
			}
			return ty_string(s->a, (uint32_t)n);
		}
		if (!t)
			t = sema_c_typedef(s, ts);
		if (t && t->kind == TY_NONE)
			return t;
	} else {
		t = sema_c_tag(s, ts);
		if (t->kind == TY_NONE)
			return t;
	}
	if (!t) {
		sema_error(s, ts->loc, "unknown type '%s'", ts->name);
		const char *n[32];
		size_t k = 0;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && k < 32; i++)
			n[k++] = names[i].name;
		const char *near = diag_nearest(ts->name, n, k);

		if (near)
			sema_hint(s, "did you mean '%s'?", near);
		else
			sema_hint(s, "types are int8 to int64, uint8 to uint64, bool, string[N], those of C, and "
				     "pointers to them");
		return &ty_u64;
	}
	for (uint32_t i = 0; i < ts->ptrs; i++)
		t = ty_ptr(s->a, t, sema_int_space(s));
	for (uint32_t i = ts->ndims; i; i--) {
		uint64_t n = ts->dims[i - 1] == UINT64_MAX ? 0 : ts->dims[i - 1];

		if (t->kind == TY_VOID || n > UINT32_MAX || n * t->size > ARRAY_BYTES) {
			sema_error(s, ts->loc, "an array of %llu %s is too large", (unsigned long long)n,
				   sema_type_name(s, t));
			n = 1;
		}
		t = ty_array(s->a, t, (uint32_t)n);
	}
	return t;
}

/* --- names ------------------------------------------------------------------------- */

static const char *where_name(uint32_t w)
{
	return w & W_ENTRY   ? "a uprobe"
	       : w & W_EXIT  ? "a uretprobe"
	       : w & W_BEGIN ? "begin and end"
	       : w & W_TIMER ? "a timer or counter"
	       : w & W_TP    ? "a tracepoint"
	       : w & W_RAW   ? "a raw tracepoint"
	       : w & W_KRET  ? "a kernel function's return"
	       : w & W_GO    ? "an event of Go"
			     : "a kernel probe";
}

static const struct function *nearest_function(const char *name)
{
	const char *near;
	size_t n = 0;

	while (function_names()[n])
		n++;
	near = diag_nearest(name, function_names(), n);
	return near ? function_find(near) : NULL;
}

/* Whether the name alone is one of the event's values: "args" or "ret", or NULL. */
static const char *value_of_event(struct sema *s, const struct expr *e)
{
	static const char *const of[] = { "args", "ret" };
	bool report = s->report;

	for (size_t i = 0; i < 2; i++) {
		struct expr *f = expr_new(s->p->ast, EX_FIELD, e->loc);

		f->name = e->name;
		f->a = expr_new(s->p->ast, EX_IDENT, e->loc);
		f->a->name = of[i];
		s->report = false; /* only asked */
		sema_expr(s, f);
		s->report = report;
		if (f->type->kind != TY_NONE)
			return of[i];
	}
	return NULL;
}

/* argN of each of the clause's raw tracepoints: the kernel attaches none that reads more than the event has. */
static void check_raw_arg(struct sema *s, const struct expr *e)
{
	unsigned long n = strtoul(e->name + 3, NULL, 10);

	for (uint32_t i = 0; i < s->p->nplain; i++) {
		const struct plain_probe *pp = &s->p->plain[i];

		if (pp->clause != s->ci->clause->index || !pp->args || n < pp->args->nfields)
			continue;
		sema_error(s, e->loc, "there is no %s: %s has %u argument%s", e->name, pp->target, pp->args->nfields,
			   pp->args->nfields == 1 ? "" : "s");
		sema_hint(s, "-lv shows them");
		return;
	}
}

static void check_ident(struct sema *s, struct expr *e)
{
	const struct builtin *b = e->builtin ? e->builtin : builtin_find(e->name);

	if (sema_task_name(s, e))
		return;
	if (!strcmp(e->name, "args") || !strcmp(e->name, "ret")) {
		if (s->tp_args && e->name[0] == 'a') {
			e->type = s->tp_args;
			e->number = TS_CTX;
			return;
		}
		e->type = &ty_none;
		if (sema_go_value(s, e))
			return;
		if (!sema_has_probe(s, s->ci->clause)) /* that its probe is not there was told */
			return;
		sema_error(s, e->loc, "%s: %s", e->name,
			   !(s->ci->where & W_UPROBE) && s->tp_args_why ? s->tp_args_why : "this probe has none");
		return;
	}
	if (!b) {
		const struct function *f = function_find(e->name);
		const char *near, *of;
		size_t n = 0;

		e->type = &ty_none;
		if (f && f->id == FN_STACK) { /* ustack is ustack() */
			e->kind = EX_CALL;
			sema_call(s, e);
			return;
		}
		if (f) {
			sema_error(s, e->loc, "%s is a function: it needs parentheses", e->name);
			sema_hint(s, "%s", f->help);
			return;
		}
		if (sema_target_constant(s, e))
			return;
		if (sema_is_nil(e)) {
			sema_error(s, e->loc, "nil is for comparisons: args.x == nil, ret.err != nil");
			return;
		}
		sema_error(s, e->loc, "unknown name '%s'", e->name);
		while (builtin_names()[n])
			n++;
		near = diag_nearest(e->name, builtin_names(), n);
		f = near ? NULL : nearest_function(e->name);
		of = s->report ? value_of_event(s, e) : NULL;
		if (sema_is_define(s, e->name))
			sema_hint(s, "a #define is a number or text; what else is named is a macro: macro %s() { ... }",
				  e->name);
		else if (of)
			sema_hint(s, "did you mean %s.%s?", of, e->name);
		else if (near)
			sema_hint(s, "did you mean '%s'?", near);
		else if (f)
			sema_hint(s, f->id == FN_STACK ? "did you mean '%s'?" : "did you mean %s()?", f->name);
		else if (!strcasecmp(e->name, "true") || !strcasecmp(e->name, "false"))
			sema_hint(s, "true and false are written small");
		else if (!strcasecmp(e->name, "null") || !strcasecmp(e->name, "none"))
			sema_hint(s, "0 is no address; values of Go are compared with nil: args.p == nil");
		else
			sema_hint(s, "variables are written $name, maps @name");
		return;
	}
	e->builtin = b;
	e->type = b->type;
	if (sema_kernel_name(s, e))
		return;
	if (s->ci->where & ~b->where) {
		sema_error(s, e->loc, "%s has no value in %s", e->name, where_name(s->ci->where & ~b->where));
		if (b->where & W_EXIT && !(b->where & W_ENTRY))
			sema_hint(s, "use it in a uretprobe: ur:FUNC { ... }");
		else if (!strncmp(e->name, "arg", 3) && s->ci->where & W_EXIT)
			sema_hint(s, "keep it at the entry: u:FUNC { @a[goid] = %s; } and read @a[goid] at the exit",
				  e->name);
		return;
	}
	if (b->where & W_GO && builtin_find(e->name) == b && sema_go_builtin(s, e, b))
		return;
	s->ci->needs |= b->needs;
	if (s->ci->where == W_RAW && !strncmp(e->name, "arg", 3))
		check_raw_arg(s, e);
	if (b->needs & NEED_G)
		sema_thread(s, e->loc, e->name);
}

/* --- operators ------------------------------------------------------------------------ */

static bool is_name(const struct gft_type *t)
{
	return t->kind == TY_FUNC || t->kind == TY_PROBE;
}

/* Values of several parts, compared part by part. */
static bool comparable(const struct gft_type *t)
{
	return t->kind == TY_TUPLE || t->kind == TY_RECORD || t->kind == TY_ARRAY || t->kind == TY_BUFFER || is_name(t);
}

/* A literal name, compared with a number that has names, is its number: args.reason == "sleep". */
static void name_to_number(struct sema *s, const struct expr *named, struct expr *name)
{
	const struct gft_type *t = named->type;
	const char *names[256], *near;
	uint32_t n = 0;

	if (name->kind != EX_STR || !ty_has_names(t) || !t->nenum_vals)
		return;
	for (uint32_t i = 0; i < t->nenum_vals; i++) {
		if (n < 256)
			names[n++] = t->enum_vals[i].name;
		if (!strcmp(t->enum_vals[i].name, name->str)) {
			name->kind = EX_INT;
			name->ival = (uint64_t)t->enum_vals[i].val;
			name->type = &ty_i64;
			return;
		}
	}
	near = diag_nearest(name->str, names, n);
	sema_error(s, name->loc, "there is no '%s' among the names of this number", name->str);
	if (near)
		sema_hint(s, "did you mean '%s'?", near);
	name->type = &ty_none;
}

/* $1 of a command line is text when it is no plain number; beside a number 10ms and 1e6 are numbers. */
static void param_to_number(struct sema *s, struct expr *e, const struct gft_type *other)
{
	int64_t n;

	if (e->kind != EX_POSPARAM || !e->str || !ty_is_int(other) || !scan_signed(e->str, &n))
		return;
	e->str = NULL;
	e->ival = (uint64_t)n;
	sema_expr(s, e);
}

static void check_binary(struct sema *s, struct expr *e)
{
	struct expr *a = e->a, *b = e->b;
	bool returned = s->returned;

	if ((e->op == OP_EQ || e->op == OP_NE) && !sema_nil(s, e)) {
		e->type = &ty_bool;
		return;
	}
	sema_expr(s, a);
	if (e->op == OP_LAND || e->op == OP_LOR)
		s->returned = returned || sema_returned(a, e->op == OP_LAND);
	sema_expr(s, b);
	s->returned = returned;
	param_to_number(s, a, b->type);
	param_to_number(s, b, a->type);
	switch (e->op) {
	case OP_LAND:
	case OP_LOR:
		e->type = &ty_bool;
		sema_truth(s, a);
		sema_truth(s, b);
		if (!sema_is_cond(a->type) || !sema_is_cond(b->type)) {
			const struct expr *bad = sema_is_cond(a->type) ? b : a;

			sema_error(s, bad->loc, "'%s' needs conditions, not %s", op_text(e->op),
				   sema_type_name(s, bad->type));
		}
		return;
	case OP_EQ:
	case OP_NE:
		e->type = &ty_bool;
		if ((a->type->kind == TY_STRING && b->type->kind == TY_STRING) || sema_name_equal(s, e) ||
		    sema_type_equal(s, e))
			return;
		name_to_number(s, a, b);
		name_to_number(s, b, a);
		if (comparable(a->type) && comparable(b->type) && sema_join(s, a->type, b->type))
			return;
		break;
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE: e->type = &ty_bool; break;
	default: break;
	}
	if (a->type->kind == TY_NONE || b->type->kind == TY_NONE) {
		if (e->type->kind == TY_NONE && e->op >= OP_ADD && e->op <= OP_SHR && !s->report)
			e->type = a->type->kind == TY_NONE ? b->type : a->type;
		if (e->type->kind == TY_NONE || !ty_is_int(e->type))
			e->type = e->op >= OP_EQ ? &ty_bool : &ty_i64;
		return;
	}
	if (sema_fold_text(s, e))
		return;
	if (!sema_is_cond(a->type) || !sema_is_cond(b->type)) {
		sema_error(s, e->loc, "Type mismatch for '%s': comparing %s with %s", op_text(e->op),
			   sema_type_name(s, a->type), sema_type_name(s, b->type));
		sema_operand(s, a, "left");
		sema_operand(s, b, "right");
		sema_name_hint(s, e);
		if (e->type->kind == TY_NONE)
			e->type = &ty_i64;
		return;
	}
	if (e->type->kind == TY_BOOL) {
		sema_pointers_differ(s, e);
		e->is_unsigned = !sema_compares_signed(a->type, b->type);
		if (a->type->kind == TY_INT && b->type->kind == TY_INT) {
			sema_implicit(s, a, sema_join_ints(a->type, b->type));
			sema_implicit(s, b, sema_join_ints(a->type, b->type));
		}
		return;
	}
	if (sema_pointer_math(s, e))
		return;
	if (!sema_fold(e)) {
		e->type = sema_arith(e->op, a->type, b->type);
		sema_wraps(s, e);
	}
	if (e->op != OP_SUB) { /* nsecs - @start is what everybody writes, and right */
		sema_implicit(s, a, e->type);
		sema_implicit(s, b, e->type);
	}
	if ((e->op == OP_DIV || e->op == OP_MOD) && (expr_is_literal(b) || b->kind == EX_BOOL) && !b->ival)
		sema_error(s, b->loc, "division by zero");
}

static bool has_no_bits(const struct gft_type *t)
{
	return t->kind == TY_BOOL || t->kind == TY_PTR;
}

static void check_unary(struct sema *s, struct expr *e)
{
	if (e->op == OP_ADDR)
		sema_begins(s, e->a);
	sema_expr(s, e->a);
	switch (e->op) {
	case OP_NOT:
		e->type = &ty_bool;
		sema_truth(s, e->a);
		break;
	case OP_BNOT:
	case OP_NEG:
		if (!sema_fold(e)) {
			e->type = ty_int(8, e->a->type->kind != TY_INT || e->a->type->is_signed);
			sema_wraps(s, e);
		}
		break;
	case OP_DEREF: sema_deref(s, e); return;
	default: sema_address(s, e); return;
	}
	if (!sema_is_cond(e->a->type) || (e->op == OP_BNOT && has_no_bits(e->a->type)))
		sema_error(s, e->loc, "'%s' needs %s, not %s", op_text(e->op),
			   e->op == OP_BNOT ? "an integer" : "a number", sema_type_name(s, e->a->type));
}

static void check_not_agg(struct sema *s, struct expr *e)
{
	if (!ty_is_agg(e->type))
		return;
	sema_error(s, e->loc, "an aggregation must be assigned to a map itself, not chosen by an expression");
	sema_hint(s, "if (...) { @a = count(); } else { @b = count(); }");
	e->type = &ty_none;
}

static bool acts(const struct expr *e)
{
	return e->kind == EX_CALL || e->kind == EX_BLOCK;
}

static void check_ternary(struct sema *s, struct expr *e)
{
	struct expr *then = e->b ? e->b : e->a;
	bool returned = s->returned;

	sema_expr(s, e->a);
	s->returned = returned || sema_returned(e->a, true);
	if (e->b)
		sema_expr(s, e->b);
	s->returned = returned || sema_returned(e->a, false);
	sema_expr(s, e->c);
	s->returned = returned;
	if (e->b)
		sema_truth(s, e->a);
	if (!sema_is_cond(e->a->type))
		sema_error(s, e->a->loc, "a condition must be a number, not %s", sema_type_name(s, e->a->type));

	const struct gft_type *j = sema_join(s, sema_storage(s, then->type), sema_storage(s, e->c->type));

	if (!j) {
		sema_error(s, e->loc, "Branches must return the same type or compatible types: have '%s' and '%s'",
			   sema_type_name(s, then->type), sema_type_name(s, e->c->type));
		j = then->type;
	}
	e->type = j;
	sema_implicit(s, then, j);
	sema_implicit(s, e->c, j);
	/* as a statement it chooses between two calls */
	if (j->kind == TY_VOID && (!e->value_unused || !acts(then) || !acts(e->c)))
		sema_error(s, e->loc, "the two sides of '?:' give no value"), e->type = &ty_none;
	else if (!sema_value_fits(s, then->loc, then->type) || !sema_value_fits(s, e->c->loc, e->c->type))
		e->type = &ty_none;
	check_not_agg(s, e);
}

/* if (a) { ... 1 } else { ... 2 } as a value */
static void check_if(struct sema *s, struct expr *e)
{
	const struct gft_type *j, *x = &ty_void, *y = &ty_void;
	bool returned = s->returned;

	sema_tidy_value(s, e->block);
	sema_tidy_value(s, e->block2);
	e->number = (int)sema_branches(s, e->a, e->block, e->block2, !e->value_unused);
	s->returned = returned;
	if (e->block->value)
		x = sema_storage(s, e->block->value->type);
	if (e->block2->value)
		y = sema_storage(s, e->block2->value->type);
	if (e->value_unused)
		j = &ty_void;
	else if (e->number != IF_UNKNOWN)
		j = e->number == IF_ALWAYS ? x : y;
	else
		j = sema_join(s, x, y);
	if (!j) {
		sema_error(s, e->loc, "Branches must return the same type or compatible types: have '%s' and '%s'",
			   sema_type_name(s, x), sema_type_name(s, y));
		j = x;
	}
	e->type = j;
	check_not_agg(s, e);
}

/* Of text a byte, of an array or behind a pointer an element, of a tuple a part. */
static void check_index(struct sema *s, struct expr *e)
{
	const struct gft_type *t;
	int64_t n;

	sema_expr(s, e->a);
	sema_expr(s, e->b);
	e->type = &ty_i64;
	t = e->a->type;
	if (e->b->type->kind != TY_NONE && !ty_is_int(e->b->type))
		sema_error(s, e->b->loc, "an index must be a number, not %s", sema_type_name(s, e->b->type));
	switch (t->kind) {
	case TY_NONE: return;
	case TY_STRING:
		e->type = &ty_i8;
		if (s->report && sema_const_int(e->b, &n) && (n < 0 || n >= t->size))
			sema_error(s, e->b->loc, "the text has %u bytes, from 0 to %u", t->size, t->size - 1);
		return;
	case TY_ARRAY:
	case TY_PTR:
		if (sema_element(s, e))
			return;
		break;
	case TY_TUPLE:
		if (!sema_const_int(e->b, &n)) {
			sema_error(s, e->b->loc, "a tuple's index must be a plain number");
		} else if (n < 0 || n >= t->nfields) {
			sema_error(s, e->b->loc, "%s has no element %lld", sema_type_name(s, t), (long long)n);
		} else {
			e->kind = EX_TUPIDX;
			e->ival = (uint64_t)n;
			sema_expr(s, e);
		}
		return;
	default: break;
	}
	sema_error(s, e->loc, "%s has no elements", sema_type_name(s, t));
	if (ty_is_int(t))
		sema_hint(s, "an address needs a type: ((int32 *)$p)[1]");
}

static void check_tuple(struct sema *s, struct expr *e)
{
	const struct gft_type **t = ARENA_ARRAY(s->a, const struct gft_type *, e->nargs + 1);

	for (uint32_t i = 0; i < e->nargs; i++) {
		sema_expr(s, e->args[i]);
		t[i] = sema_storage(s, e->args[i]->type);
		if (!sema_value_fits(s, e->args[i]->loc, e->args[i]->type)) {
			t[i] = &ty_i64;
		} else if (ty_is_agg(t[i]) || t[i]->kind == TY_VOID || t[i]->kind == TY_FLOAT) {
			sema_error(s, e->args[i]->loc, "%s cannot be part of a tuple", sema_type_name(s, t[i]));
			t[i] = &ty_i64;
		}
		for (uint32_t k = 0; e->kind == EX_RECORD && k < i; k++)
			if (!strcmp(e->argnames[k], e->argnames[i]))
				sema_error(s, e->args[i]->loc, "the record has a field '%s' already", e->argnames[i]);
	}
	e->type = ty_tuple(s->a, t, e->kind == EX_RECORD ? e->argnames : NULL, e->nargs);
}

/* Of a pointer, by the size of what it points to (ival). */
static void check_incdec(struct sema *s, struct expr *e)
{
	const struct gft_type *t;

	if (e->a->kind == EX_VAR) {
		const struct var *v = e->a->var ? e->a->var : sema_find_var(s, e->a->name);

		if (!v || (v->declared ? v->declared : v->type)->kind == TY_PTR) {
			sema_expr(s, e->a);
			e->type = e->a->type;
			if (v)
				e->ival = sema_pointer_step(s, e->loc, e->type);
			return;
		}
		t = sema_step(e->op, v->type);
		sema_assign_var(s, e->a, t, e->loc);
		if (v->declared)
			t = v->declared;
		if (!ty_is_int(e->a->var->type) && e->a->var->type->kind != TY_NONE)
			sema_error(s, e->loc, "'%s%s' needs a number", op_text(e->op), op_text(e->op));
	} else {
		t = sema_step(e->op, sema_map(s, e->a)->value);
		if (e->a->map->value->kind == TY_PTR) {
			t = e->a->map->value;
			e->ival = sema_pointer_step(s, e->loc, t);
		}
		if (!ty_is_agg(sema_map(s, e->a)->value))
			sema_assign_map(s, e->a, t, e->loc);
		else
			sema_error(s, e->loc, "%s is an aggregation: '%s%s' cannot be used on it", e->a->map->name,
				   op_text(e->op), op_text(e->op));
	}
	e->type = t;
}

/* With its NUL; what is long is handled in words of 8 bytes. */
static const struct gft_type *literal_type(struct sema *s, uint32_t len)
{
	uint32_t n = len < SEMA_STRING_MAX ? len + 1 : SEMA_STRING_MAX;

	return ty_string(s->a, n > 64 ? (n + 7) & ~7U : n);
}

static void check_expr(struct sema *s, struct expr *e)
{
	switch (e->kind) {
	case EX_INT: e->type = e->given ? e->given : sema_literal_type(e); break;
	case EX_BOOL: e->type = &ty_bool; break;
	case EX_STR:
		if (e->type->kind != TY_STRING)
			e->type = literal_type(s, e->len);
		if (e->len + 1 > SEMA_STRING_MAX) {
			sema_error(s, e->loc, "this string has %u bytes; a string in an expression has at most %d",
				   e->len, SEMA_STRING_MAX - 1);
			sema_hint(s, "text that is only printed belongs into printf's format");
		}
		break;
	case EX_POSPARAM:
	case EX_NPARAMS:
		if (s->report && e->kind == EX_POSPARAM && !e->name && !s->p->ast->counts_params)
			diag_warn(s->d, e->loc, "no such parameter was given: it is 0, and empty as text");
		if (e->str && e->type->kind != TY_STRING)
			e->type = literal_type(s, e->len);
		else if (!e->str)
			e->type = sema_literal_type(e);
		break;
	case EX_VAR: sema_var(s, e); break;
	case EX_MAP:
		sema_map_read(s, e);
		if (sema_map(s, e)->wrong)
			sema_set_wrong(s, e->loc);
		break;
	case EX_IDENT:
		if (!sema_macro(s, e))
			check_ident(s, e);
		break;
	case EX_CALL:
		if (!sema_macro(s, e))
			sema_call(s, e);
		break;
	case EX_UNARY:
		if (e->op != OP_DEREF || !sema_go_value(s, e))
			check_unary(s, e);
		break;
	case EX_BINARY: check_binary(s, e); break;
	case EX_TERNARY: check_ternary(s, e); break;
	case EX_CAST: sema_cast(s, e); break;
	case EX_FIELD:
		if (sema_go_value(s, e) || sema_setting(s, e))
			break;
		sema_expr(s, e->a);
		sema_field(s, e);
		break;
	case EX_TUPIDX:
		if (sema_go_value(s, e))
			break;
		sema_expr(s, e->a);
		if (e->a->type->kind == TY_TUPLE && e->ival < e->a->type->nfields) {
			e->field = &e->a->type->fields[e->ival];
			e->type = e->field->type;
		} else if (e->a->kind == EX_INT) {
			sema_error(s, e->loc, "numbers are whole: there is no arithmetic with fractions in BPF");
			sema_hint(
				s,
				"compute in a smaller unit: 1500us for 1.5ms; fetch(...:f64) shows one that is there");
		} else if (e->a->type->kind != TY_NONE) {
			sema_error(s, e->loc, "%s has no element %llu", sema_type_name(s, e->a->type),
				   (unsigned long long)e->ival);
		}
		break;
	case EX_TUPLE:
	case EX_RECORD: check_tuple(s, e); break;
	case EX_INCDEC: check_incdec(s, e); break;
	case EX_FETCH: sema_fetch(s, e); break;
	case EX_SIZEOF: {
		const struct gft_type *t;

		sema_type_operand(s, e);
		if (e->spec) {
			t = sema_typespec(s, e->spec);
		} else {
			t = operand_type(s, e->a);
		}
		e->ival = t->size;
		e->type = sema_literal_type(e);
		break;
	}
	case EX_INDEX:
		if (!sema_go_value(s, e))
			check_index(s, e);
		break;
	case EX_IF: check_if(s, e); break;
	case EX_BLOCK:
		sema_tidy_value(s, e->block);
		sema_block(s, e->block, !e->value_unused);
		e->type = e->block->value ? e->block->value->type : &ty_void;
		check_not_agg(s, e);
		break;
	case EX_OFFSETOF: sema_offsetof(s, e); break;
	}
}

void sema_expr(struct sema *s, struct expr *e)
{
	const struct sema_use *outer = s->use;
	struct sema_hit h = sema_hit_begin(s);

	/* e is the use of a macro, or becomes one here: what is wrong inside tells of it */
	if (e->from) {
		s->use = e->from;
		diag_set_context(s->d, &s->use->said);
	}
	check_expr(s, e);
	sema_hit_end(s, h, e);
	s->use = outer;
	diag_set_context(s->d, outer ? &outer->said : NULL);
}
