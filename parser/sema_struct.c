/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_struct.c - C types in expressions: names of types, fields, pointers,
 * arrays, offsetof().
 *
 * Memory of the target or the kernel is never copied as a whole before it must
 * be: an expression such as $p.a.b[2] is a place, of which only what is wanted
 * is read.  Each step notes in e->number where its memory is (enum ty_space);
 * TS_BPF there means that the bytes are the program's own, in a variable or a
 * map's row.  What points from a struct leads to where the struct came from,
 * also after it was copied: that is ptr_space.
 */
#include <string.h>

#include "gft/ctypes.h"
#include "parser/sema.h"

#define STRUCT_MAX  4096  /* bytes of a struct in a variable or map */
#define PRINTED_MAX 16384 /* of one that goes into a record */
#define PATH_STEPS  32
#define NAMES_MAX   512

/* --- where things are ------------------------------------------------------------------- */

enum ty_space sema_int_space(const struct sema *s)
{
	if (!(s->ci->where & ~W_UPROBE))
		return TS_USER;
	if (!(s->ci->where & ~(W_KERNEL | W_RAW | W_KRET)))
		return TS_KERNEL;
	return TS_ANY;
}

/* Where the memory behind an address is. */
static enum ty_space space_behind(const struct sema *s, const struct gft_type *t)
{
	return t->kind == TY_PTR || (t->kind == TY_INT && t->space) ? (enum ty_space)t->space : sema_int_space(s);
}

static const struct gft_type *in_space(struct sema *s, const struct gft_type *t, uint8_t space, uint8_t ptr_space)
{
	struct gft_type *n;

	switch (t->kind) {
	case TY_STRUCT:
	case TY_ARRAY:
		if (t->space == space && t->ptr_space == ptr_space)
			return t;
		n = arena_memdup(s->a, t, sizeof(*t));
		n->space = space;
		n->ptr_space = ptr_space;
		return n;
	case TY_PTR:
		if (t->space != TS_BPF || !ptr_space)
			return t;
		n = arena_memdup(s->a, t, sizeof(*t));
		n->space = ptr_space;
		return n;
	default: return t;
	}
}

const struct gft_type *sema_pointer_to(struct sema *s, const struct gft_type *t, enum ty_space space)
{
	struct gft_type *n;

	if (t->kind != TY_PTR)
		return ty_ptr(s->a, &ty_void, space);
	if (t->space == space)
		return t;
	n = arena_memdup(s->a, t, sizeof(*t));
	n->space = space;
	return n;
}

const struct gft_type *sema_copied(struct sema *s, const struct gft_type *t)
{
	struct gft_type *n;

	if (t->kind != TY_STRUCT && t->kind != TY_ARRAY)
		return t;
	t = in_space(s, t, TS_BPF, t->ptr_space);
	if (t->size <= 64 || t->align == 8)
		return t;
	n = arena_memdup(s->a, t, sizeof(*t)); /* long values are copied in words */
	n->align = 8;
	return n;
}

/* --- names of types ------------------------------------------------------------------------- */

/* Fills what is known of a struct only by name, or by a number of the kernel's types. */
static bool complete(struct sema *s, const struct gft_type *t)
{
	const struct resolver *r = s->res;
	struct gft_type *n = (struct gft_type *)(uintptr_t)t;
	char err[256];

	if (!t->lazy)
		return true;
	if (t->lazy == TY_LAZY_NAME) {
		const struct gft_type *k = NULL;
		const char *name = t->name ? strchr(t->name, ' ') : NULL, *why;
		bool clash;

		if (name)
			k = sema_target_type(s, t->name[0], name + 1, &why, &clash);
		if (name && !k && r->kernel_type)
			k = r->kernel_type(r->ctx, s->a, t->name[0], name + 1, err, sizeof(err));
		if (!k || k->kind != TY_STRUCT)
			return false;
		n->size = k->size;
		n->align = k->align;
		n->fields = k->fields;
		n->nfields = k->nfields;
		n->lazy = k->lazy;
		n->go = k->go;
	}
	if (t->lazy == TY_LAZY_TARGET)
		return sema_target_fill(s, n);
	return !t->lazy || (r->kernel_fill && r->kernel_fill(r->ctx, s->a, n));
}

static const struct {
	char tag;
	const char *what;
	int kind; /* of its names in the script's C */
} tags[] = { [TS_STRUCT] = { 's', "struct", CN_STRUCT },
	     [TS_UNION] = { 'u', "union", CN_UNION },
	     [TS_ENUM] = { 'e', "enum", CN_ENUM } };

static void unknown_type(struct sema *s, const struct typespec *ts, const char *target_why, const char *why)
{
	const char *names[NAMES_MAX], *near, *tag = tags[ts->kind].what;
	size_t n = cdefs_names(s->opts->cdefs, tags[ts->kind].kind, names, NAMES_MAX);

	sema_error(s, ts->loc, "there is no %s %s%s%s%s%s", tag, ts->name, why[0] ? ": " : "", why,
		   target_why[0] ? "; " : "", target_why);
	if (s->report)
		n = sema_target_names(s, tags[ts->kind].tag, names, n, NAMES_MAX);
	near = diag_nearest(ts->name, names, n);
	if (near)
		sema_hint(s, "did you mean %s %s?", tag, near);
	else
		sema_hint(s,
			  "define it in front of the clauses, %s %s { ... };, or #include the header that does; what "
			  "the DWARF of the clause's program and the running kernel describe is known",
			  tag, ts->name);
}

static const struct gft_type *told_clash(struct sema *s, const struct typespec *ts, const char *why)
{
	sema_error(s, ts->loc, "which %s? %s", ts->name, why);
	sema_hint(s, "give each its own clause, or define it in front of the clauses: what the script defines counts");
	return &ty_none;
}

const struct gft_type *sema_c_tag(struct sema *s, const struct typespec *ts)
{
	const struct resolver *r = s->res;
	char tag = tags[ts->kind].tag, err[256] = "";
	const struct gft_type *t = cdefs_type(s->opts->cdefs, tag, ts->name);
	const char *why = "";
	bool clash = false;

	if (!t)
		t = sema_target_type(s, tag, ts->name, &why, &clash);
	if (clash)
		return told_clash(s, ts, why);
	if (!t && r->kernel_type)
		t = r->kernel_type(r->ctx, s->a, tag, ts->name, err, sizeof(err));
	if (t)
		return t;
	/* a pointer may lead to what nobody describes */
	if (ts->ptrs && ts->kind != TS_ENUM && !s->report) {
		struct gft_type *n = ty_new(s->a, TY_STRUCT);

		n->name = arena_printf(s->a, "%s %s", tags[ts->kind].what, ts->name);
		n->lazy = TY_LAZY_NAME;
		return n;
	}
	unknown_type(s, ts, why, err);
	return &ty_none;
}

const struct gft_type *sema_c_typedef(struct sema *s, const struct typespec *ts)
{
	const struct resolver *r = s->res;
	const struct gft_type *t = cdefs_type(s->opts->cdefs, 't', ts->name);
	const char *why;
	bool clash = false;
	char err[256];

	if (!t)
		t = sema_target_type(s, 't', ts->name, &why, &clash);
	if (clash)
		return told_clash(s, ts, why);
	if (!t && r->kernel_type)
		t = r->kernel_type(r->ctx, s->a, 't', ts->name, err, sizeof(err));
	return t;
}

/*
 * sizeof(name), offsetof(name, ...): a name that is no value may be one of a
 * type, which the grammar cannot know.
 */
void sema_type_operand(struct sema *s, struct expr *e)
{
	const struct expr *a = e->a;
	struct typespec ts = { .kind = TS_NAME };
	bool report = s->report;

	if (e->spec || a->kind != EX_IDENT || builtin_find(a->name) || cdefs_const(s->opts->cdefs, a->name))
		return;
	for (const struct macro *m = s->p->ast->macros; m; m = m->next)
		if (!strcmp(m->name, a->name))
			return;
	ts.name = a->name;
	ts.loc = a->loc;
	s->report = false; /* what is wrong is told for the expression */
	if (sema_c_typedef(s, &ts))
		e->spec = arena_memdup(s->a, &ts, sizeof(ts));
	s->report = report;
}

/* --- fields ------------------------------------------------------------------------------------ */

static void no_field(struct sema *s, struct src_loc loc, const struct gft_type *t, const char *name)
{
	const char **names = ARENA_ARRAY(s->a, const char *, t->nfields + 1), *near;

	if (!t->name && t->space == TS_CTX)
		sema_error(s, loc, "this probe has no argument '%s'", name);
	else
		sema_error(s, loc, "%s has no field '%s'", sema_type_name(s, t), name);
	for (uint32_t i = 0; i < t->nfields; i++)
		names[i] = t->fields[i].name ? t->fields[i].name : "";
	near = diag_nearest(name, names, t->nfields);
	if (near)
		sema_hint(s, "did you mean '%s'?", near);
	else if (t->nfields && t->nfields <= 12) {
		char *list = arena_strdup(s->a, names[0]);

		for (uint32_t i = 1; i < t->nfields; i++)
			list = arena_printf(s->a, "%s, %s", list, names[i]);
		sema_hint(s, "it has %s", list);
	}
}

static bool known(struct sema *s, struct src_loc loc, const struct gft_type *t)
{
	if (t->kind != TY_STRUCT || complete(s, t))
		return true;
	sema_error(s, loc, "%s is only declared: nothing says what is in it", sema_type_name(s, t));
	sema_hint(s, "define it in front of the clauses, or #include the header that does");
	return false;
}

/* What a pointer leads to: where the script itself defines a struct, that is what it wants to see there. */
static const struct gft_type *pointee(struct sema *s, const struct gft_type *ptr)
{
	const struct gft_type *t = ptr->elem, *own = NULL;
	const char *name = t && t->kind == TY_STRUCT && t->name ? strchr(t->name, ' ') : NULL;

	if (name)
		own = cdefs_own_type(s->opts->cdefs, t->name[0], name + 1);
	return own ? own : t;
}

void sema_field(struct sema *s, struct expr *e)
{
	const struct gft_type *t = e->a->type;
	uint8_t space = t->space, ptr_space = t->ptr_space;

	e->number = TS_BPF;
	e->type = &ty_none;
	if (t->kind == TY_NONE)
		return;
	if (t->kind == TY_PTR && t->elem && t->elem->kind == TY_STRUCT) {
		space = ptr_space = t->space;
		t = pointee(s, t);
	}
	if (t->kind != TY_STRUCT && t->kind != TY_RECORD) {
		sema_error(s, e->loc, "%s has no fields", sema_type_name(s, t));
		if (ty_is_int(t) || (t->kind == TY_PTR && t->elem && t->elem->kind != TY_PTR))
			sema_hint(s, "an address needs a type: ((struct T *)%s).%s%s",
				  e->a->kind == EX_IDENT || e->a->kind == EX_VAR ? e->a->name : "...", e->name,
				  s->ci->where & W_UPROBE ? "; a field of a Go value is named at once: args.x.y" : "");
		return;
	}
	if (!known(s, e->loc, t))
		return;
	e->field = ty_field_named(t, e->name);
	if (!e->field) {
		no_field(s, e->loc, t, e->name);
		return;
	}
	e->number = t->kind == TY_STRUCT ? space : TS_BPF;
	/* the values that a function was called with: a word each */
	e->ival = t->kind == TY_STRUCT && space == TS_CTX && t->count;
	if (t->kind == TY_RECORD)
		e->type = e->field->type;
	else if (e->field->bit_size && (e->field->type->size & (e->field->type->size - 1))) /* of a packed struct */
		e->type = ty_int(8, e->field->type->is_signed);
	else if (e->field->bit_size && e->field->type->align < e->field->type->size) /* the same */
		e->type = ty_int(e->field->type->size, e->field->type->is_signed);
	else if (e->field->loc && e->field->type->kind == TY_STRING) /* as long as anybody wants */
		e->type = ty_string(s->a, s->p->config.max_strlen);
	else
		e->type = in_space(s, e->field->type, space, ptr_space);
}

/* p[i], and a[i] of an array; false: neither. */
bool sema_element(struct sema *s, struct expr *e)
{
	const struct gft_type *t = e->a->type;
	int64_t n;

	e->number = TS_BPF;
	if (t->kind == TY_PTR) {
		const struct gft_type *to = pointee(s, t);

		if (!to || to->kind == TY_VOID || !known(s, e->loc, to))
			return false;
		e->number = t->space;
		e->type = in_space(s, to, t->space, t->space);
		return true;
	}
	if (t->kind != TY_ARRAY)
		return false;
	e->number = t->space;
	e->type = in_space(s, t->elem, t->space, t->ptr_space);
	/* an array without elements is the tail of a struct, as long as anybody says */
	if (sema_const_int(e->b, &n) && (n < 0 || (t->count && n >= t->count)))
		sema_error(s, e->b->loc, "the array has %u elements, from 0 to %u", t->count,
			   t->count ? t->count - 1 : 0);
	return true;
}

void sema_deref(struct sema *s, struct expr *e)
{
	const struct gft_type *t = e->a->type;

	e->number = space_behind(s, t);
	if (t->kind == TY_NONE) {
		e->type = &ty_none;
	} else if (t->kind == TY_PTR && t->elem && t->elem->kind != TY_VOID) {
		const struct gft_type *to = pointee(s, t);

		e->type = known(s, e->loc, to) ? in_space(s, to, t->space, t->space) : &ty_none;
	} else if (t->kind == TY_INT) {
		e->type = &ty_u64; /* the word at that address */
	} else {
		sema_error(s, e->loc, "'*' needs a pointer, not %s", sema_type_name(s, t));
		if (t->kind == TY_PTR)
			sema_hint(s, "*(int32 *)p says how much to read there");
		e->type = &ty_u64;
	}
}

/* &place, without an operator in the script */
static struct expr *address_of(struct sema *s, struct expr *a)
{
	struct expr *e = expr_new(s->p->ast, EX_UNARY, a->loc);

	e->op = OP_ADDR;
	e->a = a;
	sema_expr(s, e);
	return e;
}

bool sema_text_of(struct sema *s, struct expr *e)
{
	struct expr *a = e->args[0];
	const struct gft_type *t = a->type;

	e->number = space_behind(s, t);
	if (t->kind == TY_STRING && e->fn->id == FN_STR && e->nargs == 1) {
		bool unused = e->value_unused;

		*e = *a;
		e->value_unused = unused;
		return true;
	}
	if ((t->kind != TY_STRING && t->kind != TY_ARRAY) || !sema_is_place(a) || a->number == TS_CTX)
		return false;
	e->args[0] = address_of(s, a);
	e->number = a->number;
	/* buf(array) is all of it */
	if (e->fn->id == FN_BUF && e->nargs == 1 && t->size) {
		struct expr **args = ARENA_ARRAY(s->a, struct expr *, 2);

		args[0] = e->args[0];
		args[1] = expr_new(s->p->ast, EX_INT, a->loc);
		args[1]->ival = t->size;
		args[1]->type = sema_literal_type(args[1]);
		e->args = args;
		e->nargs = 2;
	}
	return false;
}

bool sema_is_place(const struct expr *e)
{
	return (e->kind == EX_FIELD || e->kind == EX_INDEX || (e->kind == EX_UNARY && e->op == OP_DEREF)) && !e->go &&
	       e->number != TS_BPF;
}

/*
 * &place is where it is in the target or the kernel.  A variable and a map's
 * row lie in the kernel, where the program runs.
 */
void sema_address(struct sema *s, struct expr *e)
{
	struct expr *a = e->a;

	e->type = s->report || a->type->kind != TY_NONE ? &ty_u64 : &ty_none;
	if (a->type->kind == TY_NONE)
		return;
	if (sema_is_place(a) && a->number != TS_CTX && !(a->kind == EX_FIELD && a->field->bit_size)) {
		e->type = ty_ptr(s->a, a->type, (enum ty_space)a->number);
		return;
	}
	if (a->kind == EX_VAR || (a->kind == EX_MAP && !ty_is_agg(a->map->value))) {
		e->type = ty_ptr(s->a, a->type, TS_KERNEL);
		return;
	}
	sema_error(s, e->loc,
		   a->kind == EX_FIELD && a->field && a->field->bit_size
			   ? "bits have no address"
			   : "'&' needs something in memory: a variable, a map, a field, what a pointer leads to");
	sema_hint(s, "&$p.field is the address of a field");
}

/* --- functions of %{ ... %} ---------------------------------------------------------------------- */

bool sema_c_call(struct sema *s, struct expr *e)
{
	const struct cdefs_func *f = cdefs_func(s->opts->cdefs, e->name);

	if (!f)
		return false;
	e->cfunc = 1;
	e->type = f->ret->kind == TY_PTR ? sema_pointer_to(s, f->ret, TS_ANY) : f->ret;
	for (uint32_t i = 0; i < e->nargs; i++)
		sema_expr(s, e->args[i]);
	if (e->nargs != f->nparams) {
		sema_error(s, e->loc, "%s takes %u argument%s, not %u", e->name, f->nparams, f->nparams == 1 ? "" : "s",
			   e->nargs);
		return true;
	}
	if (e->type->kind != TY_VOID && !ty_is_int(e->type) && e->type->kind != TY_PTR) {
		sema_error(s, e->loc, "%s gives %s: a function that scripts call gives a number, a pointer or nothing",
			   e->name, sema_type_name(s, e->type));
		e->type = &ty_i64;
	}
	for (uint32_t i = 0; i < e->nargs; i++) {
		const struct gft_type *p = f->params[i], *t = e->args[i]->type;

		if (t->kind == TY_NONE)
			continue;
		if (!ty_is_int(p) && p->kind != TY_PTR)
			sema_error(s, e->args[i]->loc, "%s: its parameter %u is %s; it can be a number or a pointer",
				   e->name, i + 1, sema_type_name(s, p));
		else if (ty_is_int(p) && !sema_is_cond(t))
			sema_error(s, e->args[i]->loc, "%s: its parameter %u is %s, not %s", e->name, i + 1,
				   sema_type_name(s, p), sema_type_name(s, t));
		else if (t->kind == TY_VOID || ty_is_agg(t) || t->kind == TY_FLOAT ||
			 !sema_value_fits(s, e->args[i]->loc, t))
			sema_error(s, e->args[i]->loc, "%s cannot be given to %s", sema_type_name(s, t), e->name);
	}
	return true;
}

/* --- offsetof(struct T, a.b) --------------------------------------------------------------------- */

void sema_offsetof(struct sema *s, struct expr *e)
{
	const struct gft_type *t;
	char path[1024], *save = NULL;
	uint64_t off = 0;
	int steps = 0;

	sema_type_operand(s, e);
	if (e->spec) {
		t = sema_typespec(s, e->spec);
	} else {
		sema_asked(s, e->a);
		t = e->a->type;
	}
	e->ival = 0;
	e->type = sema_literal_type(e);
	if (t->kind == TY_PTR && t->elem && !e->spec)
		t = t->elem;
	if (t->kind == TY_NONE)
		return;
	snprintf(path, sizeof(path), "%s", e->str ? e->str : "");
	for (char *p = strtok_r(path, ".", &save); p && steps < PATH_STEPS; p = strtok_r(NULL, ".", &save), steps++) {
		const struct ty_field *f;

		if (t->kind != TY_STRUCT && t->kind != TY_RECORD) {
			sema_error(s, e->loc, "offsetof: %s has no fields", sema_type_name(s, t));
			return;
		}
		if (!known(s, e->loc, t))
			return;
		f = ty_field_named(t, p);
		if (!f) {
			no_field(s, e->loc, t, p);
			return;
		}
		if (f->bit_size) {
			sema_error(s, e->loc, "offsetof: '%s' is some bits of a word: it has no offset", p);
			return;
		}
		off += f->off;
		t = f->type;
	}
	e->ival = off;
	e->type = sema_literal_type(e);
}

/* --- casts ------------------------------------------------------------------------------------------ */

/* A number's bytes, or text's, as an array: (int8[8])e, (int32[])e, (int8[])"text". */
static void cast_to_array(struct sema *s, struct expr *e, const struct gft_type *from)
{
	const struct gft_type *t = e->type;
	bool text = from->kind == TY_STRING;

	if (text && t->elem->size != 1) {
		sema_error(s, e->loc, "cannot cast %s to %s: text is bytes, (int8[])", sema_type_name(s, from),
			   sema_type_name(s, t));
		e->type = ty_array(s->a, &ty_i8, from->size);
		return;
	}

	if (!t->count && from->size < t->elem->size && !expr_is_literal(e->a)) {
		sema_error(s, e->loc, "cannot cast %s to an array of %s: it has not the bytes of one",
			   sema_type_name(s, from), sema_type_name(s, t->elem));
		e->type = ty_array(s->a, t->elem, 1);
		return;
	}
	if (!t->count)
		e->type = t = ty_array(s->a, t->elem, from->size > t->elem->size ? from->size / t->elem->size : 1);
	if (t->count && t->size == from->size)
		return;
	if (t->count && !text && t->size <= 8 && (from->size < t->size || expr_is_literal(e->a)))
		return;
	sema_error(s, e->loc, "cannot cast %s to %s: they have %u and %u bytes", sema_type_name(s, from),
		   sema_type_name(s, t), from->size, t->size);
	e->type = ty_array(s->a, &ty_u8, from->size);
}

/* A plain number that is cast to an enum must be one of it. */
static void check_enum(struct sema *s, const struct expr *e)
{
	const struct gft_type *t = e->type;
	int64_t n;

	if (t->kind != TY_INT || t->display != TD_ENUM || !sema_const_int(e->a, &n))
		return;
	for (uint32_t i = 0; i < t->nenum_vals; i++)
		if (t->enum_vals[i].val == n)
			return;
	sema_error(s, e->loc, "%s has no name for %lld", sema_type_name(s, t), (long long)n);
	sema_hint(s, "a number that is not plain is taken as it is");
}

void sema_cast(struct sema *s, struct expr *e)
{
	const struct gft_type *from, *t;

	sema_expr(s, e->a);
	t = sema_typespec(s, e->spec);
	from = e->a->type;
	e->type = t;
	if (t->kind == TY_NONE || from->kind == TY_NONE)
		return;
	if (t->kind == TY_STRING && from->kind == TY_STRING)
		return;
	if (t->kind == TY_PTR && t->elem && t->elem->name && !strcmp(t->elem->name, "struct bpf_perf_event_data")) {
		sema_error(s, e->loc, "there is no %s in memory: the kernel makes it up", t->elem->name);
		sema_hint(s, "reg(\"ip\") reads registers");
		return;
	}
	if (t->kind == TY_PTR && (sema_is_cond(from) || (sema_is_place(e->a) && from->kind == TY_ARRAY))) {
		/* an array's name is the address of its first element, as in C */
		e->type = sema_pointer_to(s, t,
					  from->kind == TY_ARRAY ? (enum ty_space)e->a->number : space_behind(s, from));
		return;
	}
	if (t->kind == TY_ARRAY && (ty_is_int(from) || from->kind == TY_PTR || from->kind == TY_STRING) && t->elem &&
	    ty_is_int(t->elem)) {
		cast_to_array(s, e, from);
		return;
	}
	if (ty_is_int(t) && from->kind == TY_ARRAY && from->size == t->size)
		return;					     /* its bytes as a number */
	if (t->kind == TY_BOOL && from->kind == TY_STRING) { /* whether there is any */
		*e = *e->a;
		sema_truth(s, e);
		return;
	}
	if (!sema_is_cond(from)) {
		sema_error(s, e->loc, "cannot cast %s to %s", sema_type_name(s, from), sema_type_name(s, t));
	} else if (!ty_is_int(t)) {
		sema_error(s, e->loc, "cannot cast to %s", sema_type_name(s, t));
		if (t->kind == TY_STRUCT)
			sema_hint(s, "*(%s *)p reads what a pointer leads to", t->name ? t->name : "struct T");
	} else {
		check_enum(s, e);
		return;
	}
	e->type = &ty_i64;
}

/* --- arithmetic --------------------------------------------------------------------------------------- */

static bool is_ptr(const struct gft_type *t)
{
	return t->kind == TY_PTR;
}

static bool same_target(const struct gft_type *a, const struct gft_type *b)
{
	return a->elem && b->elem && ty_equal(a->elem, b->elem);
}

void sema_pointers_differ(struct sema *s, const struct expr *e)
{
	const struct gft_type *a = e->a->type, *b = e->b->type;

	if (!s->report || !is_ptr(a) || !is_ptr(b) || !a->elem || !b->elem || same_target(a, b))
		return;
	if (a->elem->kind == TY_VOID || b->elem->kind == TY_VOID)
		return;
	diag_warn(s->d, e->loc, "pointers to different things are compared: %s and %s", sema_type_name(s, a),
		  sema_type_name(s, b));
	diag_hint(s->d, "a cast says that it is meant: (uint64)$p == (uint64)$q");
}

uint32_t sema_pointer_step(struct sema *s, struct src_loc loc, const struct gft_type *p)
{
	if (p->elem && p->elem->kind == TY_STRUCT)
		known(s, loc, p->elem);
	return p->elem && p->elem->size ? p->elem->size : 1;
}

bool sema_pointer_math(struct sema *s, struct expr *e)
{
	const struct gft_type *a = e->a->type, *b = e->b->type;
	const struct gft_type *p = is_ptr(a) ? a : b;

	if (!is_ptr(a) && !is_ptr(b))
		return false;
	if (e->op == OP_SUB && is_ptr(a) && is_ptr(b)) {
		e->type = &ty_i64;
		if (!same_target(a, b))
			sema_error(s, e->loc, "'-' of pointers to different things: %s and %s", sema_type_name(s, a),
				   sema_type_name(s, b));
		return true;
	}
	if ((e->op != OP_ADD && e->op != OP_SUB) || (is_ptr(a) && is_ptr(b)) || (e->op == OP_SUB && is_ptr(b))) {
		e->type = &ty_u64;
		if (e->op == OP_AND || e->op == OP_OR || e->op == OP_XOR || e->op == OP_SHR || e->op == OP_MOD)
			return true; /* of the address */
		sema_error(s, e->loc, "'%s' cannot be used on %s and %s", op_text(e->op), sema_type_name(s, a),
			   sema_type_name(s, b));
		return true;
	}
	e->type = p;
	sema_pointer_step(s, e->loc, p);
	return true;
}

/* --- whole structs as values ---------------------------------------------------------------------------- */

bool sema_value_fits(struct sema *s, struct src_loc loc, const struct gft_type *t)
{
	if (t->kind != TY_STRUCT && t->kind != TY_ARRAY)
		return true;
	if (!known(s, loc, t))
		return false;
	if (t->kind == TY_STRUCT && t->space == TS_CTX) {
		sema_error(s, loc, "the arguments of a probe are no value as a whole");
		sema_hint(s, "name a field of it: args.%s", t->nfields && t->fields[0].name ? t->fields[0].name : "x");
		return false;
	}
	if (t->size > STRUCT_MAX) {
		sema_error(s, loc, "%s has %u bytes; a variable or map holds %u at most", sema_type_name(s, t), t->size,
			   STRUCT_MAX);
		sema_hint(s, "keep the pointer to it, or the fields that you want");
	}
	return true;
}

bool sema_printable(struct sema *s, struct expr *e)
{
	const struct gft_type *t = e->type;
	const char *left_out = NULL;

	if (t->kind != TY_STRUCT && t->kind != TY_ARRAY)
		return true;
	if (!known(s, e->loc, t))
		return false;
	if (t->kind == TY_STRUCT && t->space == TS_CTX && t->count) {
		sema_error(s, e->loc, "the arguments of this probe cannot be printed as a whole: name one");
		return false;
	}
	if (t->kind == TY_STRUCT && t->space == TS_CTX) {
		/* what lies elsewhere in the record is not in it */
		struct gft_type *n = arena_memdup(s->a, t, sizeof(*t));
		struct ty_field *f = ARENA_ARRAY(s->a, struct ty_field, t->nfields + 1);

		n->nfields = 0;
		n->fields = f;
		for (uint32_t i = 0; i < t->nfields; i++)
			if (!t->fields[i].loc &&
			    (t->fields[i].type->kind != TY_STRUCT || complete(s, t->fields[i].type)))
				f[n->nfields++] = t->fields[i];
			else if (s->report && t->fields[i].loc)
				left_out = left_out ? arena_printf(s->a, "%s, args.%s", left_out, t->fields[i].name)
						    : arena_printf(s->a, "args.%s", t->fields[i].name);
		e->type = n;
		if (left_out) {
			diag_warn(s->d, e->loc, "print(args) does not show what lies behind the record: %s", left_out);
			diag_hint(s->d, "it is printed by its name");
		}
	}
	if (t->size > PRINTED_MAX) {
		sema_error(s, e->loc, "%s has %u bytes; one that is printed has %u at most", sema_type_name(s, t),
			   t->size, PRINTED_MAX);
		sema_hint(s, "print the fields that you want");
		return false;
	}
	return true;
}
