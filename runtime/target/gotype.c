/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gotype.c - Go types, from DWARF.
 *
 * Everything is found lazily: the names of all units at first use, a type when
 * something has it, its parts when it is asked for them.  Types are
 * kept by the offset of their entry, which ends cycles.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dwtypes.h"

/* Kinds of Go's src/internal/abi/type.go */
enum {
	RK_BOOL = 1,
	RK_INT = 2,
	RK_INT64 = 6,
	RK_UINT = 7,
	RK_UINTPTR = 12,
	RK_FLOAT32 = 13,
	RK_FLOAT64 = 14,
	RK_COMPLEX64 = 15,
	RK_COMPLEX128 = 16,
	RK_ARRAY = 17,
	RK_CHAN = 18,
	RK_FUNC = 19,
	RK_INTERFACE = 20,
	RK_MAP = 21,
	RK_POINTER = 22,
	RK_SLICE = 23,
	RK_STRING = 24,
	RK_STRUCT = 25,
	RK_UNSAFE = 26,
	RK_MASK = 0x1f
};

/* Limits against damaged or hostile input. */
#define MAX_TYPES  1000000U
#define MAX_FIELDS 65535U
#define MAX_RANGES 2000000U
#define MAX_DEPTH  64 /* structs and arrays in each other, typedefs in a row */

/* --- attributes --------------------------------------------------------------------------- */

static bool attr_u(Dwarf_Die *d, unsigned name, Dwarf_Word *v)
{
	Dwarf_Attribute at;

	return dwarf_attr_integrate(d, name, &at) && !dwarf_formudata(&at, v);
}

bool dwt_flag(Dwarf_Die *d, unsigned name)
{
	Dwarf_Attribute at;
	bool v = false;

	return dwarf_attr_integrate(d, name, &at) && !dwarf_formflag(&at, &v) && v;
}

static bool attr_die(Dwarf_Die *d, unsigned name, Dwarf_Die *to)
{
	Dwarf_Attribute at;

	return dwarf_attr_integrate(d, name, &at) && dwarf_formref_die(&at, to);
}

int dwt_sibling(Dwarf_Die *d)
{
	Dwarf_Off at = dwarf_dieoffset(d);
	int rc = dwarf_siblingof(d, d);

	return !rc && dwarf_dieoffset(d) <= at ? -1 : rc;
}

const char *dwt_name(Dwarf_Die *d)
{
	const char *s = dwarf_diename(d);

	return s ? s : "";
}

/* --- opening -------------------------------------------------------------------------------- */

static bool has_info(const struct tgt *t)
{
	const struct section *s = tgt_section(t, ".debug_info");

	if (!s)
		s = tgt_section(t, ".zdebug_info");
	return s && s->type != SHT_NOBITS && s->size && tgt_bytes(t, s->off, s->size);
}

static int cmp_range(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->hi < y->hi ? -1 : x->hi > y->hi;
}

static void add_ranges(struct gotype *g, Dwarf_Die *cu, uint32_t unit, size_t *cap)
{
	Dwarf_Addr base, lo, hi;
	ptrdiff_t at = 0;

	while (g->nrange < MAX_RANGES && (at = dwarf_ranges(cu, at, &base, &lo, &hi)) > 0) {
		if (lo >= hi)
			continue;
		if (g->nrange == *cap) {
			*cap = *cap ? *cap * 2 : 256;
			g->range = xrealloc(g->range, *cap * sizeof(*g->range));
		}
		g->range[g->nrange++] = (struct range){ lo, hi, unit };
	}
}

static void read_units(struct gotype *g)
{
	size_t cap = 0;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (g->nunit < MAX_RANGES && !dwarf_get_units(g->dw, cu, &cu, NULL, &type, &die, NULL)) {
		Dwarf_Attribute at;
		const char *p;

		if (type != DW_UT_compile || dwarf_srclang(&die) != DW_LANG_Go)
			continue;
		/* "Go cmd/compile go1.23.5; regabi" */
		p = !g->minor && dwarf_attr(&die, DW_AT_producer, &at) ? dwarf_formstring(&at) : NULL;
		p = p ? strstr(p, "go1.") : NULL;
		if (p)
			g->minor = atoi(p + 4);
		if (g->nunit == cap) {
			cap = cap ? cap * 2 : 64;
			g->unit = xrealloc(g->unit, cap * sizeof(*g->unit));
		}
		g->unit[g->nunit++] = (struct unit){ .off = dwarf_dieoffset(&die), .name = dwt_name(&die) };
	}
}

Dwarf *dwt_full(struct gotype *g)
{
	size_t cap = 0;
	Dwarf_Die cu;

	if (g->full_tried)
		return g->full;
	g->full_tried = true;
	g->full = g->lean.dw ? dwarf_begin(g->fd, DWARF_C_READ) : g->dw;
	for (size_t i = 0; g->full && i < g->nunit; i++) {
		if (dwarf_offdie(g->full, g->unit[i].off, &cu))
			add_ranges(g, &cu, (uint32_t)i, &cap);
	}
	if (g->nrange)
		qsort(g->range, g->nrange, sizeof(*g->range), cmp_range);
	return g->full;
}

static void close_dwarf(struct gotype *g)
{
	if (g->full && g->full != g->dw)
		dwarf_end(g->full);
	if (g->dw && !g->lean.dw)
		dwarf_end(g->dw);
	dwt_close_lean(&g->lean);
	g->dw = g->full = NULL;
}

static void open_dwarf(struct gotype *g)
{
	struct tgt *t = g->t;
	const char *file = NULL;

	g->rc = -ENODATA;
	if (t->no_dwarf) {
		snprintf(g->why, sizeof(g->why), "types of arguments come from DWARF, which was not to be read");
		return;
	}
	if (has_info(t)) {
		g->fd = fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
	} else {
		file = debug_file(t);
		g->fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	}
	if (g->fd < 0) {
		snprintf(g->why, sizeof(g->why),
			 "has no DWARF, so the types of arguments are not known: neither in the file itself nor in a "
			 "debug file (looked for by build id and .gnu_debuglink in %s%s/usr/lib/debug)",
			 t->debug_dir ? t->debug_dir : "", t->debug_dir ? " and " : "");
		return;
	}
	/* DWARF's own locations are read for older compilers only */
	g->minor = tgt_minor(t);
	g->locs = !g->minor || g->minor <= 21;
	g->dw = dwt_open_lean(&g->lean, g->fd, g->locs) ? g->lean.dw : dwarf_begin(g->fd, DWARF_C_READ);
	if (!g->dw) {
		g->rc = -EBADMSG;
		snprintf(g->why, sizeof(g->why), "the DWARF%s%s cannot be read: %s", file ? " in " : "",
			 file ? file : "", dwarf_errmsg(-1));
		return;
	}
	read_units(g);
	if (!g->nunit) {
		close_dwarf(g);
		snprintf(g->why, sizeof(g->why), "the DWARF%s%s describes no Go code", file ? " in " : "",
			 file ? file : "");
		return;
	}
	g->rc = 0;
}

struct gotype *dwt_get(struct tgt *t, int *rc, struct tgt_error *err)
{
	struct gotype *g = t->gotype;

	if (!g) {
		g = t->gotype = xcalloc(1, sizeof(*g));
		g->t = t;
		g->fd = -1;
		g->a = arena_new();
		open_dwarf(g);
	}
	*rc = g->rc;
	if (!g->rc)
		return g;
	tgt_fail(t, err, g->rc, "%s", g->why);
	return NULL;
}

void gotype_free(struct tgt *t)
{
	struct gotype *g = t->gotype;

	if (!g)
		return;
	close_dwarf(g);
	if (g->fd >= 0)
		close(g->fd);
	for (size_t i = 0; i < g->nunit; i++)
		free(g->unit[i].fn);
	free(g->unit);
	free(g->range);
	free(g->type);
	free(g->type_key);
	free(g->params);
	free(g->name);
	arena_free(g->a);
	free(g);
	t->gotype = NULL;
}

/* --- types -------------------------------------------------------------------------------------- */

static size_t slot_of(uint64_t key, size_t cap)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20) & (cap - 1);
}

static struct gtype *known_type(const struct gotype *g, uint64_t key)
{
	if (!g->type_cap)
		return NULL;
	for (size_t i = slot_of(key, g->type_cap);; i = (i + 1) & (g->type_cap - 1)) {
		if (!g->type[i])
			return NULL;
		if (g->type_key[i] == key)
			return g->type[i];
	}
}

static void put_type(struct gotype *g, uint64_t key, struct gtype *v)
{
	size_t i = slot_of(key, g->type_cap);

	while (g->type[i])
		i = (i + 1) & (g->type_cap - 1);
	g->type[i] = v;
	g->type_key[i] = key;
	g->ntype++;
}

static struct gtype *new_type(struct gotype *g, uint64_t key)
{
	struct gtype *v = ARENA_NEW(g->a, struct gtype);

	v->t.name = "?";
	v->t.priv = v;
	if (g->ntype * 2 >= g->type_cap) {
		struct gtype **old = g->type;
		uint64_t *keys = g->type_key;
		size_t cap = g->type_cap;

		g->type_cap = cap ? cap * 2 : 1024;
		g->type = xcalloc(g->type_cap, sizeof(struct gtype *));
		g->type_key = xcalloc(g->type_cap, sizeof(uint64_t));
		g->ntype = 0;
		for (size_t i = 0; i < cap; i++) {
			if (old[i])
				put_type(g, keys[i], old[i]);
		}
		free(old);
		free(keys);
	}
	put_type(g, key, v);
	return v;
}

static void set(struct gtype *v, enum go_kind kind, uint32_t size, uint32_t align, bool lazy)
{
	v->t.kind = kind;
	v->t.size = size;
	v->t.align = align;
	v->t.lazy = lazy;
}

static void set_number(struct gtype *v, unsigned rk, uint32_t size)
{
	static const uint8_t sizes[] = { [RK_BOOL] = 1, [RK_INT] = 8, 1, 2, 4, 8, 8, 1, 2, 4, 8, 8, 4, 8, 8, 16 };
	enum go_kind kind = rk == RK_BOOL      ? GO_BOOL
			    : rk <= RK_INT64   ? GO_INT
			    : rk <= RK_UINTPTR ? GO_UINT
			    : rk <= RK_FLOAT64 ? GO_FLOAT
					       : GO_COMPLEX;

	if (size != sizes[rk])
		return set(v, GO_UNKNOWN, size, 1, false);
	set(v, kind, size, kind == GO_COMPLEX ? size / 2 : size, false);
}

/* A base type without Go's own attribute, by its encoding. */
static unsigned kind_of_base(Dwarf_Die *d, uint32_t size)
{
	Dwarf_Word enc;

	if (!attr_u(d, DW_AT_encoding, &enc))
		return 0;
	switch (enc) {
	case DW_ATE_boolean: return RK_BOOL;
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		return size == 8 ? RK_INT : size == 4 ? RK_INT + 3U : size == 2 ? RK_INT + 2U : RK_INT + 1U;
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
		return size == 8 ? RK_UINT : size == 4 ? RK_UINT + 3U : size == 2 ? RK_UINT + 2U : RK_UINT + 1U;
	case DW_ATE_float: return size == 4 ? RK_FLOAT32 : RK_FLOAT64;
	case DW_ATE_complex_float: return size == 8 ? RK_COMPLEX64 : RK_COMPLEX128;
	default: return 0;
	}
}

static unsigned reflect_kind(Dwarf_Die *d, uint32_t size)
{
	Dwarf_Word k;

	if (attr_u(d, AT_GO_KIND, &k) && (k & RK_MASK))
		return (unsigned)k & RK_MASK;
	switch (dwarf_tag(d)) {
	case DW_TAG_base_type: return kind_of_base(d, size);
	case DW_TAG_pointer_type: return RK_POINTER;
	case DW_TAG_structure_type: return RK_STRUCT;
	case DW_TAG_array_type: return RK_ARRAY;
	case DW_TAG_subroutine_type: return RK_FUNC;
	default: return 0;
	}
}

static bool is_eface(Dwarf_Die *d)
{
	Dwarf_Die to;

	return attr_die(d, DW_AT_type, &to) && !strcmp(dwt_name(&to), "runtime.eface");
}

/* What an entry alone says; the parts come with fill(). */
static void read_head(struct gtype *v, Dwarf_Die *d)
{
	Dwarf_Word size = 0;
	unsigned k;

	if (attr_u(d, DW_AT_byte_size, &size) && size > UINT32_MAX)
		return;
	k = reflect_kind(d, (uint32_t)size);
	switch (k) {
	case RK_ARRAY:
	case RK_STRUCT: set(v, k == RK_ARRAY ? GO_ARRAY : GO_STRUCT, (uint32_t)size, 1, true); break;
	case RK_CHAN: set(v, GO_CHAN, 8, 8, false); break;
	case RK_MAP: set(v, GO_MAP, 8, 8, false); break;
	case RK_FUNC: set(v, GO_FUNC, 8, 8, false); break;
	case RK_INTERFACE: set(v, is_eface(d) ? GO_EFACE : GO_INTERFACE, 16, 8, false); break;
	case RK_POINTER: set(v, GO_PTR, 8, 8, dwarf_hasattr(d, DW_AT_type)); break;
	case RK_UNSAFE: set(v, GO_PTR, 8, 8, false); break;
	case RK_SLICE: set(v, GO_SLICE, 24, 8, true); break;
	case RK_STRING: set(v, GO_STRING, 16, 8, false); break;
	default:
		if (k >= RK_BOOL && k <= RK_COMPLEX128)
			set_number(v, k, (uint32_t)size);
		else
			set(v, GO_UNKNOWN, (uint32_t)size, 1, false);
	}
}

/* The type of an entry; never NULL, GO_UNKNOWN when it makes no sense. */
static struct gtype *type_at(struct gotype *g, const Dwarf_Die *die)
{
	Dwarf_Die d = *die, next;
	const char *name = NULL;
	struct gtype *v;
	uint64_t key;

	/* typedefs are there for the debugger alone: they have the name of what they stand for */
	for (int i = 0; i < MAX_DEPTH; i++) {
		/* but ".param0", a type that depends on type arguments */
		if (!name && !dwarf_hasattr(&d, AT_GO_DICT_INDEX))
			name = dwt_name(&d);
		if (dwarf_tag(&d) != DW_TAG_typedef || dwarf_hasattr(&d, AT_GO_KIND) ||
		    !attr_die(&d, DW_AT_type, &next))
			break;
		d = next;
	}
	key = dwarf_dieoffset(&d);
	v = known_type(g, key);
	if (v)
		return v;
	if (g->ntype >= MAX_TYPES) {
		v = known_type(g, 0); /* no entry is at 0 */
		return v ? v : new_type(g, 0);
	}
	v = new_type(g, key);
	v->t.name = name && *name ? name : "?";
	v->def = key;
	read_head(v, &d);
	return v;
}

struct gtype *dwt_type(struct gotype *g, Dwarf_Die *d, unsigned attr)
{
	Dwarf_Die to;

	return attr_die(d, attr, &to) ? type_at(g, &to) : NULL;
}

int type_spoil(struct go_type *t)
{
	t->kind = GO_UNKNOWN;
	t->lazy = false;
	t->elem = NULL;
	t->fields = NULL;
	t->nfields = 0;
	return -EBADMSG;
}

static int spoil(struct gtype *v)
{
	v->busy = false;
	return type_spoil(&v->t);
}

static int fill(struct gotype *g, struct gtype *v, unsigned depth);

static int fill_fields(struct gotype *g, struct gtype *v, Dwarf_Die *d, unsigned depth)
{
	struct go_field *f = NULL;
	uint32_t n = 0, cap = 0, align = 1;
	Dwarf_Die m;
	int has = dwarf_child(d, &m);

	if (has < 0)
		return -EBADMSG;
	for (; !has; has = dwt_sibling(&m)) {
		Dwarf_Word off;
		struct gtype *ft;

		if (dwarf_tag(&m) != DW_TAG_member)
			continue;
		ft = dwt_type(g, &m, DW_AT_type);
		if (!ft || n >= MAX_FIELDS || g->nfields >= 64UL * MAX_FIELDS ||
		    !attr_u(&m, DW_AT_data_member_location, &off))
			return -EBADMSG;
		if (fill(g, ft, depth + 1) || off > v->t.size || ft->t.size > v->t.size - off)
			return -EBADMSG;
		ARENA_PUSH(g->a, f, n, cap, ((struct go_field){ dwt_name(&m), &ft->t, (uint32_t)off, false }));
		f[n - 1].embedded = dwt_flag(&m, AT_GO_EMBEDDED);
		g->nfields++;
		if (ft->t.align > align)
			align = ft->t.align;
	}
	v->t.fields = f;
	v->t.nfields = n;
	v->t.align = align;
	return has < 0 ? -EBADMSG : 0;
}

static int fill_array(struct gotype *g, struct gtype *v, Dwarf_Die *d, unsigned depth)
{
	struct gtype *e = dwt_type(g, d, DW_AT_type);
	Dwarf_Word n = 0;
	Dwarf_Die sub;

	if (!e || fill(g, e, depth + 1))
		return -EBADMSG;
	if (!dwarf_child(d, &sub) && dwarf_tag(&sub) == DW_TAG_subrange_type && !attr_u(&sub, DW_AT_count, &n) &&
	    attr_u(&sub, DW_AT_upper_bound, &n))
		n++;
	if (e->t.size ? n > v->t.size / e->t.size || n * e->t.size != v->t.size : v->t.size != 0)
		return -EBADMSG;
	v->t.elem = &e->t;
	v->t.count = n;
	v->t.align = e->t.align;
	return 0;
}

static int fill(struct gotype *g, struct gtype *v, unsigned depth)
{
	struct gtype *e;
	Dwarf_Die d;
	int rc = 0;

	if (v->t.kind == GO_UNKNOWN)
		return -EBADMSG;
	if (!v->t.lazy)
		return 0;
	if (v->busy || depth > MAX_DEPTH || !dwarf_offdie(g->dw, v->def, &d))
		return spoil(v);
	v->busy = true;
	switch (v->t.kind) {
	case GO_PTR:
	case GO_SLICE:
		e = dwt_type(g, &d, v->t.kind == GO_PTR ? DW_AT_type : AT_GO_ELEM);
		v->t.elem = e ? &e->t : NULL;
		rc = e ? 0 : -EBADMSG;
		break;
	case GO_ARRAY: rc = fill_array(g, v, &d, depth); break;
	case GO_STRUCT: rc = fill_fields(g, v, &d, depth); break;
	default: break;
	}
	/* spoiled meanwhile: it holds itself */
	if (rc || v->t.kind == GO_UNKNOWN)
		return spoil(v);
	v->busy = false;
	v->t.lazy = false;
	return 0;
}

int tgt_type_fill(struct tgt *t, const struct go_type *type)
{
	struct gotype *g;
	int rc;

	if (type->c)
		return c_type_fill(t, type);
	g = dwt_get(t, &rc, NULL);

	return g ? fill(g, (struct gtype *)type->priv, 0) : rc;
}

int dwt_fill(struct gotype *g, struct gtype *v)
{
	return fill(g, v, 0);
}

/* --- types by name ----------------------------------------------------------------------------- */

static size_t name_slot(const struct gotype *g, const char *s)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	size_t i;

	for (const char *c = s; *c; c++)
		h = (h ^ (uint8_t)*c) * 0x100000001b3ULL;
	for (i = slot_of(h, g->name_cap); g->name[i].s && strcmp(g->name[i].s, s); i = (i + 1) & (g->name_cap - 1))
		;
	return i;
}

static void add_name(struct gotype *g, const char *s, Dwarf_Off off)
{
	size_t i;

	if (g->nname * 2 >= g->name_cap) {
		struct type_name *old = g->name;
		size_t cap = g->name_cap;

		g->name_cap = cap ? cap * 2 : 4096;
		g->name = xcalloc(g->name_cap, sizeof(*g->name));
		for (size_t k = 0; k < cap; k++) {
			if (old[k].s)
				g->name[name_slot(g, old[k].s)] = old[k];
		}
		free(old);
	}
	i = name_slot(g, s);
	if (g->name[i].s)
		return; /* a typedef and what it stands for have one name */
	g->name[i] = (struct type_name){ s, off };
	g->nname++;
}

static bool is_type_tag(int tag)
{
	switch (tag) {
	case DW_TAG_base_type:
	case DW_TAG_structure_type:
	case DW_TAG_pointer_type:
	case DW_TAG_array_type:
	case DW_TAG_typedef:
	case DW_TAG_subroutine_type: return true;
	default: return false;
	}
}

/* The linker writes no index of names (.debug_pubtypes went with Go 1.19): the units are read through. */
static void read_names(struct gotype *g)
{
	g->names_read = true;
	for (size_t i = 0; i < g->nunit; i++) {
		Dwarf_Die cu, d;

		if (!dwarf_offdie(g->dw, g->unit[i].off, &cu) || dwarf_child(&cu, &d))
			continue;
		do {
			const char *s = is_type_tag(dwarf_tag(&d)) ? dwt_name(&d) : "";

			if (*s && g->nname < MAX_TYPES)
				add_name(g, s, dwarf_dieoffset(&d));
		} while (!dwt_sibling(&d));
	}
}

static struct gtype *named(struct gotype *g, const char *name)
{
	size_t i = name_slot(g, name);
	Dwarf_Die d;

	return g->name[i].s && dwarf_offdie(g->dw, g->name[i].off, &d) ? type_at(g, &d) : NULL;
}

/* A pointer that nothing in the program mentions has no entry. */
static struct gtype *pointer_to(struct gotype *g, struct gtype *elem)
{
	uint64_t key = elem->def + (1ULL << 56); /* no file has so much: a key of its own for each star */
	struct gtype *v = known_type(g, key);

	if (!v) {
		v = new_type(g, key);
		set(v, GO_PTR, 8, 8, false);
		v->def = key;
		v->t.name = arena_printf(g->a, "*%s", elem->t.name);
		v->t.elem = &elem->t;
	}
	return v;
}

static const char *full_name(const char *name)
{
	static const char *const same[][2] = {
		{ "any", "interface {}" }, { "interface{}", "interface {}" }, { "byte", "uint8" }, { "rune", "int32" }
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		if (!strcmp(name, same[i][0]))
			return same[i][1];
	}
	return name;
}

const struct go_type *tgt_type_by_name(struct tgt *t, const char *name, struct tgt_error *err)
{
	const char *base = name;
	struct gtype *v = NULL;
	struct gotype *g;
	int rc, stars = 0;

	g = dwt_get(t, &rc, err);
	if (!g)
		return NULL;
	if (!g->names_read)
		read_names(g);
	if (g->name_cap)
		v = named(g, full_name(name));
	for (; !v && g->name_cap && *base == '*' && stars < 8; stars++)
		v = named(g, full_name(++base));
	for (; v && stars; stars--)
		v = pointer_to(g, v);
	if (v && !dwt_fill(g, v))
		return &v->t;
	tgt_fail(t, err, -ENOENT, v ? "the DWARF of type %s cannot be read" : "the DWARF has no type %s", name);
	return NULL;
}

size_t tgt_go_type_names(struct tgt *t, const char **names, size_t max)
{
	int rc;
	struct gotype *g = dwt_get(t, &rc, NULL);
	size_t n = 0;

	if (g && !g->names_read)
		read_names(g);
	for (size_t i = 0; g && i < g->name_cap && n < max; i++)
		if (g->name[i].s && !strpbrk(g->name[i].s, " *[]{}(),<"))
			names[n++] = g->name[i].s;
	return n;
}
