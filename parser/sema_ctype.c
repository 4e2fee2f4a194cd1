/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_ctype.c - types of C, C++ and Rust that only the DWARF of the targets
 * describes, in the language's terms.
 *
 * A struct is known by name and size at first; what is in it is read when
 * somebody asks (complete() in sema_struct.c), so lists that lead to
 * themselves end.  Each description is turned into a type once.
 */
#include <errno.h>
#include <string.h>

#include "gft/ctypes.h"
#include "gft/gotype.h"
#include "parser/sema.h"

#define DEPTH_MAX  48
#define FIELDS_MAX 100000 /* of one struct, with what lies in it without a name */
#define BUCKETS	   256

/* A struct of a target; the language's type of it refers to this. */
struct target_struct {
	struct target_struct *next; /* of one bucket */
	const struct go_type *go;
	int bin;
	bool filled, failed;
	struct gft_type *type;
};

/* An answer of sema_target_type(). */
struct answer {
	struct answer *next;
	const struct clause *clause;
	const char *name, *why;
	const struct gft_type *type;
	char tag;
	bool clash;
};

struct sema_ctypes {
	struct target_struct *by_go[BUCKETS];
	struct answer *answers;
};

static struct sema_ctypes *state(struct sema *s)
{
	if (!s->ctypes)
		s->ctypes = ARENA_NEW(s->a, struct sema_ctypes);
	return s->ctypes;
}

/* A name from DWARF goes to a terminal: no control characters. */
static const char *clean(struct sema *s, const char *name)
{
	char *c = NULL;

	for (size_t i = 0; name[i]; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
			c = c ? c : arena_strdup(s->a, name);
			c[i] = '?';
		}
	return c ? c : name;
}

/* --- types ---------------------------------------------------------------------------------- */

static const struct gft_type *convert(struct sema *s, int bin, const struct go_type *t, unsigned depth);

static struct target_struct *remembered(struct sema *s, int bin, const struct go_type *go)
{
	struct target_struct **at = &state(s)->by_go[((uintptr_t)go >> 5) % BUCKETS], *n;
	const char *name = go->name ? go->name : "";
	size_t len = strlen(name), end = strlen(" without a name");

	for (n = *at; n; n = n->next)
		if (n->go == go)
			return n;
	n = ARENA_NEW(s->a, struct target_struct);
	n->go = go;
	n->bin = bin;
	n->next = *at;
	*at = n;
	n->type = ty_new(s->a, TY_STRUCT);
	n->type->name = len < end || strcmp(name + len - end, " without a name") != 0 ? clean(s, name) : NULL;
	n->type->size = go->size;
	n->type->align = 8;
	n->type->lazy = TY_LAZY_TARGET;
	n->type->go = n;
	return n;
}

static const struct gft_type *enumeration(struct sema *s, const struct go_type *t)
{
	struct ty_enum_val *v = ARENA_ARRAY(s->a, struct ty_enum_val, t->nenums + 1);
	const char *name = t->name ? t->name : "";
	struct gft_type *n = ty_new(s->a, TY_INT);

	for (uint32_t i = 0; i < t->nenums; i++)
		v[i] = (struct ty_enum_val){ clean(s, t->enums[i].name), t->enums[i].value };
	n->size = n->align = t->size;
	n->is_signed = t->kind == GO_INT;
	n->display = TD_ENUM;
	if (!strncmp(name, "enum ", 5))
		name += 5;
	n->name = strcmp(name, "without a name") != 0 ? clean(s, name) : NULL;
	n->enum_vals = v;
	n->nenum_vals = t->nenums;
	return n;
}

static const struct gft_type *bytes(struct sema *s, const struct go_type *t)
{
	return t->size && t->size <= 4096 ? ty_array(s->a, &ty_u8, t->size) : &ty_void;
}

static const struct gft_type *number(struct sema *s, const struct go_type *t)
{
	if (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8)
		return bytes(s, t);
	if (t->kind == GO_BOOL && t->size == 1)
		return &ty_bool;
	if (t->nenums)
		return enumeration(s, t);
	return ty_int(t->size, t->kind == GO_INT);
}

/* Text of Rust and gccgo: where it is, and how long. */
static const struct gft_type *counted_text(struct sema *s, const struct go_type *t)
{
	bool rust = t->name && !strcmp(t->name, "&str");
	struct ty_field *f = ARENA_ARRAY(s->a, struct ty_field, 2);
	struct gft_type *n = ty_new(s->a, TY_STRUCT);

	f[0] = (struct ty_field){ .name = rust ? "data_ptr" : "__data", .type = ty_ptr(s->a, &ty_i8, TS_BPF) };
	f[1] = (struct ty_field){ .name = rust ? "length" : "__length", .type = &ty_u64, .off = 8 };
	n->name = rust ? "&str" : "string";
	n->size = 16;
	n->align = 8;
	n->fields = f;
	n->nfields = 2;
	return n;
}

static const struct gft_type *array(struct sema *s, int bin, const struct go_type *t, unsigned depth)
{
	const struct gft_type *e = t->elem ? convert(s, bin, t->elem, depth + 1) : &ty_void;

	if (e->kind == TY_VOID || t->count > UINT32_MAX || (e->size && t->count > (1U << 30) / e->size))
		return bytes(s, t);
	if (t->elem->text && t->count)
		return ty_string(s->a, (uint32_t)t->count);
	return ty_array(s->a, e, (uint32_t)t->count);
}

static void fill_go(struct sema *s, int bin, const struct go_type *t)
{
	if (t->lazy)
		s->res->type_fill(s->res->ctx, bin, t);
}

static const struct gft_type *convert(struct sema *s, int bin, const struct go_type *t, unsigned depth)
{
	struct gft_type *n;

	if (depth > DEPTH_MAX)
		return &ty_void;
	if (t->kind == GO_PTR || t->kind == GO_ARRAY)
		fill_go(s, bin, t);
	switch (t->kind) {
	case GO_BOOL:
	case GO_INT:
	case GO_UINT: return number(s, t);
	case GO_FLOAT:
		if (t->size != 4 && t->size != 8)
			return bytes(s, t);
		n = ty_new(s->a, TY_FLOAT);
		n->size = n->align = t->size;
		return n;
	case GO_PTR: return ty_ptr(s->a, t->elem ? convert(s, bin, t->elem, depth + 1) : &ty_void, TS_BPF);
	case GO_ARRAY: return array(s, bin, t, depth);
	case GO_STRING: return counted_text(s, t);
	case GO_STRUCT:
	case GO_UNION: return remembered(s, bin, t)->type;
	case GO_UNKNOWN: /* a struct that this source file only declares */
		if (!t->size && t->name && (!strncmp(t->name, "struct ", 7) || !strncmp(t->name, "union ", 6)))
			return remembered(s, bin, t)->type;
		return bytes(s, t);
	default: return bytes(s, t);
	}
}

const struct gft_type *sema_from_c(struct sema *s, int bin, const struct go_type *t)
{
	return convert(s, bin, t, 0);
}

/* --- what is in a struct -------------------------------------------------------------------- */

struct members {
	struct ty_field *v;
	uint32_t n, cap, seen;
};

/* Fields of t, which lies base bytes into a record of size bytes; those without a name are looked into. */
static void members(struct sema *s, int bin, struct members *m, const struct go_type *t, uint64_t base, uint32_t size,
		    unsigned depth)
{
	for (uint32_t i = 0; i < t->nfields && m->seen < FIELDS_MAX; i++) {
		const struct go_field *gf = &t->fields[i];
		const struct go_type *ft = gf->type;
		struct ty_field f = { .name = clean(s, gf->name) };
		uint64_t off = base + gf->off;

		m->seen++;
		fill_go(s, bin, ft);
		if (!*f.name || gf->embedded) {
			if ((ft->kind == GO_STRUCT || ft->kind == GO_UNION) && depth < DEPTH_MAX)
				members(s, bin, m, ft, off, size, depth + 1);
			continue;
		}
		f.type = convert(s, bin, ft, 0);
		if (ft->bits) {
			if (!ty_is_int(f.type) || !ty_bitfield(s->a, &f, off * 8 + ft->bit_off, ft->bits, size))
				continue;
		} else {
			if (f.type->kind == TY_VOID || off + f.type->size > size)
				continue;
			f.off = (uint32_t)off;
		}
		ARENA_PUSH(s->a, m->v, m->n, m->cap, f);
	}
}

static void fill_inside(struct sema *s, const struct gft_type *t)
{
	while (t->kind == TY_ARRAY)
		t = t->elem;
	if (t->kind == TY_STRUCT && t->lazy == TY_LAZY_TARGET)
		sema_target_fill(s, (struct gft_type *)(uintptr_t)t);
}

/* Who knows what is in a struct that its source file only declares: the script, or another file. */
static const struct gft_type *defined(struct sema *s, const struct target_struct *ts)
{
	const char *name = strchr(ts->go->name, ' ');
	const struct gft_type *t = name ? cdefs_type(s->opts->cdefs, ts->go->name[0], name + 1) : NULL;
	const struct go_type *go;
	char err[256];

	if (!t && name && s->res->c_type &&
	    !s->res->c_type(s->res->ctx, ts->bin, ts->go->name[0], name + 1, NULL, 0, &go, err, sizeof(err)))
		t = convert(s, ts->bin, go, 0);
	if (!t || t->kind != TY_STRUCT || t->lazy == TY_LAZY_NAME)
		return NULL;
	return t->lazy && !sema_target_fill(s, (struct gft_type *)(uintptr_t)t) ? NULL : t;
}

bool sema_target_fill(struct sema *s, struct gft_type *n)
{
	/* only this file reads or writes it */
	struct target_struct *ts = (struct target_struct *)(uintptr_t)n->go;
	struct gft_type *t = ts->type;

	if (!ts->filled) {
		struct members m = { 0 };
		const struct gft_type *def = NULL;

		ts->filled = true;
		fill_go(s, ts->bin, ts->go);
		if (ts->go->kind == GO_STRUCT || ts->go->kind == GO_UNION)
			members(s, ts->bin, &m, ts->go, 0, ts->go->size, 0);
		else
			def = defined(s, ts);
		ts->failed = !def && ts->go->kind != GO_STRUCT && ts->go->kind != GO_UNION;
		t->fields = def ? def->fields : m.v;
		t->nfields = def ? def->nfields : m.n;
		t->size = def ? def->size : t->size;
		if (!ts->failed)
			t->lazy = 0;
		for (uint32_t i = 0; i < m.n; i++)
			fill_inside(s, m.v[i].type);
	}
	if (ts->failed)
		return false;
	n->fields = t->fields;
	n->nfields = t->nfields;
	n->size = t->size;
	n->lazy = 0;
	return true;
}

/* --- names ------------------------------------------------------------------------------------ */

/* Whether two binaries mean the same: what a script can see of it. */
static bool same_struct(const struct gft_type *a, const struct gft_type *b, unsigned depth)
{
	if (a->kind != b->kind || a->size != b->size || a->nfields != b->nfields || a->nenum_vals != b->nenum_vals)
		return false;
	if (depth > 4)
		return true;
	for (uint32_t i = 0; i < a->nenum_vals; i++)
		if (a->enum_vals[i].val != b->enum_vals[i].val || strcmp(a->enum_vals[i].name, b->enum_vals[i].name))
			return false;
	for (uint32_t i = 0; i < a->nfields; i++) {
		const struct ty_field *x = &a->fields[i], *y = &b->fields[i];

		if (strcmp(x->name, y->name) != 0 || x->off != y->off || x->bit_off != y->bit_off ||
		    x->bit_size != y->bit_size || x->type->kind != y->type->kind || x->type->size != y->type->size ||
		    (x->type->kind == TY_STRUCT && !same_struct(x->type, y->type, depth + 1)))
			return false;
	}
	return true;
}

static const struct gft_type *filled(struct sema *s, const struct gft_type *t)
{
	if (t->kind == TY_STRUCT && t->lazy == TY_LAZY_TARGET)
		sema_target_fill(s, (struct gft_type *)(uintptr_t)t);
	return t;
}

static void look_up(struct sema *s, struct answer *an)
{
	const struct resolver *r = s->res;
	uint32_t clause = s->ci->clause->index, *funcs;
	int *bins, first = -1;
	uint32_t n = sema_clause_binaries(s, clause, &bins);

	an->why = "";
	for (uint32_t i = 0; i < n; i++) {
		uint32_t nf = sema_clause_funcs_of(s, clause, bins[i], &funcs);
		const struct go_type *go;
		const struct gft_type *t;
		char err[512] = "";
		int rc = r->c_type(r->ctx, bins[i], an->tag, an->name, funcs, nf, &go, err, sizeof(err));

		if (rc == -EEXIST || rc == -EBADMSG) {
			an->clash = true;
			an->type = NULL;
			an->why = arena_strdup(s->a, err);
			return;
		}
		if (rc) {
			an->why = arena_strdup(s->a, err);
			continue;
		}
		t = filled(s, convert(s, bins[i], go, 0));
		if (an->type && !same_struct(an->type, t, 0)) {
			an->clash = true;
			an->type = NULL;
			an->why = arena_printf(s->a, "%s and %s describe it differently", r->binary_name(r->ctx, first),
					       r->binary_name(r->ctx, bins[i]));
			return;
		}
		if (!an->type) {
			an->type = t;
			first = bins[i];
		}
	}
}

const struct gft_type *sema_target_type(struct sema *s, char tag, const char *name, const char **why, bool *clash)
{
	struct answer *an;

	*why = "";
	*clash = false;
	/* a probe of the kernel is on no target */
	if (!s->res->c_type || (s->ci->where && !(s->ci->where & ~(W_TP | W_RAW | W_KERNEL | W_KRET))))
		return NULL;
	for (an = state(s)->answers; an; an = an->next)
		if (an->clause == s->ci->clause && an->tag == tag && !strcmp(an->name, name))
			break;
	if (!an) {
		an = ARENA_NEW(s->a, struct answer);
		an->clause = s->ci->clause;
		an->tag = tag;
		an->name = arena_strdup(s->a, name);
		an->next = state(s)->answers;
		state(s)->answers = an;
		look_up(s, an);
	}
	*why = an->why;
	*clash = an->clash;
	return an->type;
}

bool sema_target_constant(struct sema *s, struct expr *e)
{
	const char *why, *last = e->name;
	const struct gft_type *t;
	bool clash;

	t = sema_target_type(s, 'c', e->name, &why, &clash);
	if (clash) {
		sema_error(s, e->loc, "which %s? %s", e->name, why);
		e->type = &ty_none;
		return true;
	}
	for (const char *p = strstr(last, "::"); p; p = strstr(last, "::"))
		last = p + 2;
	if (!t && s->res->kernel_constant)
		t = s->res->kernel_constant(s->res->ctx, s->a, e->name);
	for (uint32_t i = 0; t && i < t->nenum_vals; i++) {
		if (strcmp(t->enum_vals[i].name, last) != 0)
			continue;
		e->kind = EX_INT;
		e->ival = (uint64_t)t->enum_vals[i].val;
		e->given = e->type = t;
		return true;
	}
	return sema_task_state(s, e);
}

size_t sema_target_names(struct sema *s, char tag, const char **names, size_t n, size_t max)
{
	int *bins;
	uint32_t nbins = sema_clause_binaries(s, s->ci->clause->index, &bins);

	for (uint32_t i = 0; s->res->c_names && i < nbins; i++)
		n += s->res->c_names(s->res->ctx, bins[i], tag, names + n, max - n);
	for (size_t i = 0; i < n; i++)
		names[i] = clean(s, names[i]);
	return n;
}
