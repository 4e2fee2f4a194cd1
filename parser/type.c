/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* type.c - constructing, comparing and naming types (type.h). */
#include "gft/type.h"

#include <string.h>

#include "gft/arena.h"
#include "gft/hist.h"

#define INT(n, s)                                                                                                      \
	{                                                                                                              \
		.kind = TY_INT, .size = (n), .align = (n), .is_signed = (s)                                            \
	}
#define LITERAL(n)                                                                                                     \
	{                                                                                                              \
		.kind = TY_INT, .size = (n), .align = (n), .is_signed = true, .flexible = true                         \
	}
#define PLAIN(k, n, al)                                                                                                \
	{                                                                                                              \
		.kind = (k), .size = (n), .align = (al)                                                                \
	}

const struct gft_type ty_none = PLAIN(TY_NONE, 0, 1);
const struct gft_type ty_void = PLAIN(TY_VOID, 0, 1);
const struct gft_type ty_bool = PLAIN(TY_BOOL, 1, 1);
const struct gft_type ty_i8 = INT(1, true), ty_i16 = INT(2, true), ty_i32 = INT(4, true), ty_i64 = INT(8, true);
const struct gft_type ty_u8 = INT(1, false), ty_u16 = INT(2, false), ty_u32 = INT(4, false), ty_u64 = INT(8, false);
const struct gft_type ty_count_t = PLAIN(TY_COUNT, 8, 8);
const struct gft_type ty_func_t = PLAIN(TY_FUNC, 4, 4);
const struct gft_type ty_probe_t = PLAIN(TY_PROBE, 4, 4);
const struct gft_type ty_ksym_t = PLAIN(TY_KSYM, 8, 8);
const struct gft_type ty_usym_t = PLAIN(TY_USYM, sizeof(struct ty_usym), 8);
const struct gft_type ty_gotype_t = {
	.kind = TY_USYM, .size = sizeof(struct ty_usym), .align = 8, .display = TD_GOTYPE
};
const struct gft_type ty_code_t = PLAIN(TY_CODE, sizeof(struct ty_code), 8);

const struct gft_type *ty_int(unsigned size, bool is_signed)
{
	switch (size) {
	case 1: return is_signed ? &ty_i8 : &ty_u8;
	case 2: return is_signed ? &ty_i16 : &ty_u16;
	case 4: return is_signed ? &ty_i32 : &ty_u32;
	default: return is_signed ? &ty_i64 : &ty_u64;
	}
}

const struct gft_type *ty_literal(unsigned size)
{
	static const struct gft_type l8 = LITERAL(1), l16 = LITERAL(2), l32 = LITERAL(4), l64 = LITERAL(8);

	return size == 1 ? &l8 : size == 2 ? &l16 : size == 4 ? &l32 : &l64;
}

struct gft_type *ty_new(struct arena *a, enum ty_kind kind)
{
	struct gft_type *t = ARENA_NEW(a, struct gft_type);

	t->kind = kind;
	t->align = 8;
	switch (kind) {
	case TY_BOOL: t->size = t->align = 1; break;
	case TY_INT: t->size = 8, t->is_signed = true; break;
	case TY_PTR:
	case TY_KSYM:
	case TY_CGROUP:
	case TY_COUNT: t->size = 8; break;
	case TY_FUNC:
	case TY_PROBE:
	case TY_USERNAME: t->size = t->align = 4; break;
	case TY_STACK: t->size = sizeof(struct ty_stack); break;
	case TY_USYM: t->size = sizeof(struct ty_usym); break;
	case TY_CODE: t->size = sizeof(struct ty_code); break;
	case TY_TIMESTAMP: t->size = sizeof(struct ty_timestamp); break;
	case TY_MAC: t->size = 6, t->align = 1; break;
	case TY_INET: t->size = sizeof(struct ty_inet), t->align = 4; break;
	case TY_SUM:
	case TY_AVG:
	case TY_MIN:
	case TY_MAX:
	case TY_STATS: t->size = sizeof(struct ty_agg); break;
	default: t->align = 1; break;
	}
	return t;
}

/* Long text is handled in words (bpf-templates/memory.h). */
static uint32_t ty_string_align(uint32_t size)
{
	return size > 64 || size % 8 == 0 ? 8 : 1;
}

const struct gft_type *ty_string(struct arena *a, uint32_t size)
{
	struct gft_type *t = ty_new(a, TY_STRING);

	t->size = size;
	t->align = ty_string_align(size);
	return t;
}

const struct gft_type *ty_buffer(struct arena *a, uint32_t max)
{
	struct gft_type *t = ty_new(a, TY_BUFFER);

	t->count = max;
	t->size = 4 + ((max + 3) & ~3U);
	t->align = t->size > 64 ? 8 : 4;
	return t;
}

const struct gft_type *ty_ptr(struct arena *a, const struct gft_type *elem, enum ty_space space)
{
	struct gft_type *t = ty_new(a, TY_PTR);

	t->elem = elem;
	t->space = space;
	return t;
}

const struct gft_type *ty_array(struct arena *a, const struct gft_type *elem, uint32_t count)
{
	struct gft_type *t = ty_new(a, TY_ARRAY);

	t->elem = elem;
	t->count = count;
	t->size = elem->size * count;
	t->align = elem->align;
	return t;
}

const struct gft_type *ty_tuple(struct arena *a, const struct gft_type *const *types, const char *const *names,
				uint32_t n)
{
	struct gft_type *t = ty_new(a, names ? TY_RECORD : TY_TUPLE);
	struct ty_field *f = ARENA_ARRAY(a, struct ty_field, n ? n : 1);
	uint32_t off = 0;

	t->align = 1;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t al = types[i]->align ? types[i]->align : 1;

		off = (off + al - 1) / al * al;
		f[i].name = names ? names[i] : NULL;
		f[i].type = types[i];
		f[i].off = off;
		off += types[i]->size;
		if (al > t->align)
			t->align = al;
	}
	t->fields = f;
	t->nfields = n;
	t->size = (off + t->align - 1) / t->align * t->align;
	return t;
}

bool ty_bitfield(struct arena *a, struct ty_field *f, uint64_t bit_off, uint32_t bits, uint32_t size)
{
	uint32_t unit = f->type->size;
	uint64_t off;

	if (!ty_is_int(f->type) || !bits || bits > 64 || bit_off + bits > (uint64_t)size * 8)
		return false;
	/* as the C ABI places them: inside of one unit of the declared type */
	off = bit_off / 8 / unit * unit;
	if (bit_off - off * 8 + bits > unit * 8 || off + unit > size) {
		struct gft_type *t;

		/* packed: the smallest word that holds them */
		off = bit_off / 8;
		for (unit = 1; unit <= 8 && bit_off - off * 8 + bits > unit * 8; unit *= 2)
			;
		if (unit > 8)
			return false;
		if (unit > size) /* not even that: just its bytes */
			unit = size;
		if (off + unit > size)
			off = size - unit;
		if (bit_off - off * 8 + bits > unit * 8)
			return false;
		t = arena_memdup(a, f->type, sizeof(*t));
		t->size = unit;
		t->align = 1;
		f->type = t;
	}
	f->off = (uint32_t)off;
	f->bit_off = (uint8_t)(bit_off - off * 8);
	f->bit_size = (uint8_t)bits;
	return true;
}

uint32_t ty_hist_buckets(unsigned bits)
{
	return gft_hist_buckets(bits);
}

bool ty_is_int(const struct gft_type *t)
{
	return t->kind == TY_INT || t->kind == TY_BOOL;
}

bool ty_is_agg(const struct gft_type *t)
{
	return t->kind >= TY_COUNT;
}

bool ty_is_scalar(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_BOOL:
	case TY_INT:
	case TY_PTR:
	case TY_KSYM:
	case TY_FUNC:
	case TY_PROBE:
	case TY_USERNAME:
	case TY_CGROUP: return true;
	default: return false;
	}
}

bool ty_has_names(const struct gft_type *t)
{
	return t->kind == TY_INT && (t->display == TD_ENUM || t->display == TD_WORDS);
}

bool ty_equal(const struct gft_type *a, const struct gft_type *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->size != b->size || a->is_signed != b->is_signed || a->count != b->count)
		return false;
	switch (a->kind) {
	case TY_USYM: return a->display == b->display;
	case TY_INT: /* what prints as a name is another type than a number */
		if (!ty_has_names(a) && !ty_has_names(b))
			return true;
		return a->display == b->display && a->nenum_vals == b->nenum_vals &&
		       (a->enum_vals == b->enum_vals || (a->name && b->name && strcmp(a->name, b->name) == 0));
	case TY_PTR:
		if (a->space != b->space)
			return false;
		/* fallthrough */
	case TY_ARRAY: return a->elem && b->elem ? ty_equal(a->elem, b->elem) : a->elem == b->elem;
	case TY_STRUCT:
	case TY_GO: return a->name && b->name ? strcmp(a->name, b->name) == 0 : a->fields == b->fields;
	case TY_TUPLE:
	case TY_RECORD:
		if (a->nfields != b->nfields)
			return false;
		for (uint32_t i = 0; i < a->nfields; i++) {
			if (!ty_equal(a->fields[i].type, b->fields[i].type))
				return false;
			if (a->fields[i].name && strcmp(a->fields[i].name, b->fields[i].name) != 0)
				return false;
		}
		return true;
	case TY_STACK: return a->stack_kind == b->stack_kind && a->stack_mode == b->stack_mode;
	case TY_HIST: return a->bits == b->bits;
	case TY_LHIST: return a->min == b->min && a->max == b->max && a->step == b->step;
	case TY_TSERIES: return a->step == b->step && a->agg == b->agg;
	default: return true;
	}
}

bool ty_same(const struct gft_type *a, const struct gft_type *b)
{
	if (a == b)
		return true;
	if (!ty_equal(a, b) || a->flexible != b->flexible)
		return false;
	for (uint32_t i = 0; (a->kind == TY_TUPLE || a->kind == TY_RECORD) && i < a->nfields; i++)
		if (!ty_same(a->fields[i].type, b->fields[i].type))
			return false;
	return true;
}

const struct ty_field *ty_field_named(const struct gft_type *t, const char *name)
{
	for (uint32_t i = 0; i < t->nfields; i++)
		if (t->fields[i].name && !strcmp(t->fields[i].name, name))
			return &t->fields[i];
	return NULL;
}

const struct ty_field *ty_part(const struct gft_type *t, const struct gft_type *like, uint32_t i)
{
	if (t->kind != TY_RECORD || like->kind != TY_RECORD)
		return i < t->nfields ? &t->fields[i] : NULL;
	return ty_field_named(t, like->fields[i].name);
}

static const char *fields_name(struct arena *a, const struct gft_type *t)
{
	const char *s = "";

	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct ty_field *f = &t->fields[i];

		s = arena_printf(a, "%s%s%s%s%s", s, i ? "," : "", f->name ? f->name : "", f->name ? "=" : "",
				 ty_name(a, f->type));
	}
	return s;
}

const char *ty_name(struct arena *a, const struct gft_type *t)
{
	switch (t->kind) {
	case TY_NONE: return "none";
	case TY_VOID: return "void";
	case TY_BOOL: return "bool";
	case TY_INT:
		if (t->display == TD_ENUM && t->name)
			return arena_printf(a, "enum %s", t->name);
		return arena_printf(a, "%sint%u", t->is_signed ? "" : "u", t->size * 8);
	case TY_FLOAT: return arena_printf(a, "float%u", t->size * 8);
	case TY_PTR:
		if (!t->elem || t->elem->kind == TY_VOID)
			return "void *";
		return arena_printf(a, t->elem->kind == TY_PTR ? "%s*" : "%s *", ty_name(a, t->elem));
	case TY_STRING: return arena_printf(a, "string[%u]", t->size);
	case TY_BUFFER: return arena_printf(a, "buffer[%u]", t->count);
	case TY_ARRAY: return arena_printf(a, "%s[%u]", ty_name(a, t->elem), t->count);
	case TY_TUPLE:
	case TY_RECORD: return arena_printf(a, "(%s)", fields_name(a, t));
	case TY_STRUCT: return t->name ? t->name : "struct";
	case TY_STACK:
		return t->stack_kind == STACK_KERNEL ? "kstack" : t->stack_kind == STACK_USER ? "ustack" : "gostack";
	case TY_KSYM: return "ksym_t";
	case TY_USYM: return t->display == TD_GOTYPE ? "gotype_t" : "usym_t";
	case TY_CODE: return "caller_t";
	case TY_FUNC: return "func_t";
	case TY_PROBE: return "probe_t";
	case TY_TIMESTAMP: return "timestamp";
	case TY_USERNAME: return "username";
	case TY_MAC: return "macaddr_t";
	case TY_INET: return "inet";
	case TY_CGROUP: return "cgroup_path_t";
	case TY_GO: return t->name ? t->name : "Go value";
	case TY_COUNT: return "count_t";
	case TY_SUM: return t->is_signed ? "sum_t" : "usum_t";
	case TY_AVG: return "avg_t";
	case TY_MIN: return "min_t";
	case TY_MAX: return "max_t";
	case TY_STATS: return "stats_t";
	case TY_HIST: return "hist_t";
	case TY_LHIST: return "lhist_t";
	case TY_TSERIES: return "tseries_t";
	}
	return "?";
}
