/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gotype.c - Go types and the parameters of functions, from DWARF.
 *
 * The places come from goabi.c.  DWARF's locations serve only where older
 * compilers leave a parameter without an entry ("_", before Go 1.22): then the
 * registers of the ones that follow say how many were skipped.
 *
 * Everything is found lazily: the address ranges of all units at first use, the
 * functions of a unit when one of them is asked for, a type when something has
 * it.  Types are kept by the offset of their entry, which ends cycles.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* Go's attributes: src/cmd/internal/dwarf/dwarf.go */
#define AT_GO_KIND	 0x2900
#define AT_GO_ELEM	 0x2902
#define AT_GO_EMBEDDED	 0x2903
#define AT_GO_DICT_INDEX 0x2906

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
#define MAX_ENTRIES 8000000UL /* children of one entry */
#define MAX_TYPES   1000000U
#define MAX_FIELDS  65535U
#define MAX_PARAMS  1000U
#define MAX_RANGES  2000000U
#define MAX_DEPTH   64 /* structs and arrays in each other, typedefs in a row */

struct gtype {
	struct go_type t;  /* first: a struct go_type of ours is one of these */
	Dwarf_Off def;	   /* the entry that defines it, behind typedefs */
	uint64_t elem_off; /* key of a made-up pointer's element, else 0 */
	bool busy;	   /* being filled: a struct in itself is damage */
};

struct fn_entry {
	Dwarf_Addr pc;
	Dwarf_Off off;
};

struct unit {
	Dwarf_Off off; /* of its first entry */
	bool read;
	struct fn_entry *fn; /* owned, sorted by pc */
	size_t nfn;
};

struct range {
	Dwarf_Addr lo, hi;
	uint32_t unit;
};

struct params {
	int rc; /* 1: not yet known */
	uint32_t n;
	const struct go_param *v;
};

struct gotype {
	struct tgt *t;
	struct arena *a;
	int fd;
	Dwarf *dw; /* NULL: why says why */
	int rc;
	char why[400];
	int minor; /* of the compiler, 0: not known */

	struct unit *unit;
	size_t nunit;
	struct range *range; /* sorted by lo */
	size_t nrange;

	struct gtype **type; /* open addressing by key */
	uint64_t *type_key;
	size_t ntype, type_cap;
	size_t nfields;

	struct params *params; /* by function */
	size_t nparams;

	const char **name; /* open addressing by name */
	Dwarf_Off *name_off;
	size_t nname, name_cap;
	bool names_read;
};

/* --- attributes --------------------------------------------------------------------------- */

static bool attr_u(Dwarf_Die *d, unsigned name, Dwarf_Word *v)
{
	Dwarf_Attribute at;

	return dwarf_attr_integrate(d, name, &at) && !dwarf_formudata(&at, v);
}

static bool attr_flag(Dwarf_Die *d, unsigned name)
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

static const char *name_of(Dwarf_Die *d)
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

static void add_ranges(struct gotype *g, Dwarf_Die *cu, size_t *cap)
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
		g->range[g->nrange++] = (struct range){ lo, hi, (uint32_t)g->nunit };
	}
}

static void read_units(struct gotype *g)
{
	size_t cap = 0, rcap = 0;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	g->minor = go_minor_of(tgt_go_version(g->t));
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
		add_ranges(g, &die, &rcap);
		g->unit[g->nunit++] = (struct unit){ .off = dwarf_dieoffset(&die) };
	}
	if (g->nrange)
		qsort(g->range, g->nrange, sizeof(*g->range), cmp_range);
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
	g->dw = dwarf_begin(g->fd, DWARF_C_READ);
	if (!g->dw) {
		g->rc = -EBADMSG;
		snprintf(g->why, sizeof(g->why), "the DWARF%s%s cannot be read: %s", file ? " in " : "",
			 file ? file : "", dwarf_errmsg(-1));
		return;
	}
	read_units(g);
	if (!g->nunit) {
		dwarf_end(g->dw);
		g->dw = NULL;
		snprintf(g->why, sizeof(g->why), "the DWARF%s%s describes no Go code", file ? " in " : "",
			 file ? file : "");
		return;
	}
	g->rc = 0;
}

/* NULL, rc and err when there is nothing to read. */
static struct gotype *get(struct tgt *t, int *rc, struct tgt_error *err)
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
	if (g->dw)
		dwarf_end(g->dw);
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
	free(g->name_off);
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

	return attr_die(d, DW_AT_type, &to) && !strcmp(name_of(&to), "runtime.eface");
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
	uint64_t key = 0;

	for (int i = 0; i < MAX_DEPTH; i++) {
		/* ".param0" stands for a type that depends on type arguments: its name is the one behind it */
		bool param = dwarf_hasattr(&d, AT_GO_DICT_INDEX);

		if (!name && !param) {
			key = dwarf_dieoffset(&d);
			v = known_type(g, key);
			if (v)
				return v;
			name = name_of(&d);
		}
		if (dwarf_tag(&d) != DW_TAG_typedef || dwarf_hasattr(&d, AT_GO_KIND) ||
		    !attr_die(&d, DW_AT_type, &next))
			break;
		d = next;
	}
	if (g->ntype >= MAX_TYPES)
		key = 0;
	v = known_type(g, key);
	if (v)
		return v;
	v = new_type(g, key);
	if (!name || !key)
		return v;
	v->t.name = *name ? name : "?";
	v->def = dwarf_dieoffset(&d);
	read_head(v, &d);
	return v;
}

static struct gtype *attr_type(struct gotype *g, Dwarf_Die *d, unsigned attr)
{
	Dwarf_Die to;

	return attr_die(d, attr, &to) ? type_at(g, &to) : NULL;
}

static int spoil(struct gtype *v)
{
	v->busy = false;
	v->t.kind = GO_UNKNOWN;
	v->t.lazy = false;
	v->t.elem = NULL;
	v->t.fields = NULL;
	v->t.nfields = 0;
	return -EBADMSG;
}

static int fill(struct gotype *g, struct gtype *v, unsigned depth);

static int fill_fields(struct gotype *g, struct gtype *v, Dwarf_Die *d, unsigned depth)
{
	struct go_field *f = NULL;
	uint32_t n = 0, cap = 0, align = 1;
	unsigned long left = MAX_ENTRIES;
	Dwarf_Die m;
	int has = dwarf_child(d, &m);

	if (has < 0)
		return -EBADMSG;
	for (; !has; has = --left ? dwarf_siblingof(&m, &m) : -1) {
		Dwarf_Word off;
		struct gtype *ft;

		if (dwarf_tag(&m) != DW_TAG_member)
			continue;
		ft = attr_type(g, &m, DW_AT_type);
		if (!ft || n >= MAX_FIELDS || g->nfields >= 64UL * MAX_FIELDS ||
		    !attr_u(&m, DW_AT_data_member_location, &off))
			return -EBADMSG;
		if (fill(g, ft, depth + 1) || off > v->t.size || ft->t.size > v->t.size - off)
			return -EBADMSG;
		ARENA_PUSH(g->a, f, n, cap, ((struct go_field){ name_of(&m), &ft->t, (uint32_t)off, false }));
		f[n - 1].embedded = attr_flag(&m, AT_GO_EMBEDDED);
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
	struct gtype *e = attr_type(g, d, DW_AT_type);
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
		e = attr_type(g, &d, v->t.kind == GO_PTR ? DW_AT_type : AT_GO_ELEM);
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
	int rc;
	struct gotype *g = get(t, &rc, NULL);

	return g ? fill(g, (struct gtype *)type->priv, 0) : rc;
}

/* --- functions ------------------------------------------------------------------------------------ */

static int cmp_fn(const void *a, const void *b)
{
	const struct fn_entry *x = a, *y = b;

	if (x->pc != y->pc)
		return x->pc < y->pc ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

static void read_functions(struct gotype *g, struct unit *u)
{
	unsigned long left = MAX_ENTRIES;
	size_t cap = 0;
	Dwarf_Die cu, d;

	u->read = true;
	if (!dwarf_offdie(g->dw, u->off, &cu) || dwarf_child(&cu, &d))
		return;
	do {
		Dwarf_Addr pc;

		if (dwarf_tag(&d) != DW_TAG_subprogram || dwarf_lowpc(&d, &pc))
			continue;
		if (u->nfn == cap) {
			cap = cap ? cap * 2 : 128;
			u->fn = xrealloc(u->fn, cap * sizeof(*u->fn));
		}
		u->fn[u->nfn++] = (struct fn_entry){ pc, dwarf_dieoffset(&d) };
	} while (--left && !dwarf_siblingof(&d, &d));
	if (u->nfn)
		qsort(u->fn, u->nfn, sizeof(*u->fn), cmp_fn);
}

static bool in_unit(struct gotype *g, struct unit *u, uint64_t pc, Dwarf_Die *out)
{
	size_t lo = 0, hi;

	if (!u->read)
		read_functions(g, u);
	for (hi = u->nfn; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->fn[mid].pc < pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < u->nfn && u->fn[lo].pc == pc && dwarf_offdie(g->dw, u->fn[lo].off, out);
}

/* Units of a Go program do not overlap, but nothing keeps a damaged one from it: look a little to the left. */
static bool find_function(struct gotype *g, uint64_t pc, Dwarf_Die *out)
{
	size_t lo = 0, hi = g->nrange;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (g->range[mid].lo <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (int i = 0; lo && i < 4; i++) {
		const struct range *r = &g->range[--lo];

		if (pc < r->hi && in_unit(g, &g->unit[r->unit], pc, out))
			return true;
	}
	return false;
}

/*
 * The type arguments of a function for all types of a shape come in a hidden
 * parameter: "main.Map[go.shape.int]", "main.(*List[go.shape.int]).Push".  Its
 * closures and the function for one type have none; nor have the comparisons
 * that the compiler makes.
 */
enum dict { NO_DICT, DICT_FIRST, DICT_SECOND };

static bool is_closure_name(const char *s)
{
	static const char *const made[] = { "func", "gowrap", "deferwrap", "dwrap" };

	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
		size_t n = strlen(made[i]);

		if (!strncmp(s, made[i], n) && s[n] >= '0' && s[n] <= '9')
			return true;
	}
	return false;
}

static enum dict dict_of(const char *name, int minor)
{
	const char *s = strstr(name, "[go.shape.");
	int depth = 0;

	if (!s || has_prefix(name, "type:.") || has_prefix(name, "type.."))
		return NO_DICT;
	for (; *s; s++) {
		depth += *s == '[' ? 1 : *s == ']' ? -1 : 0;
		if (!depth)
			break;
	}
	if (!*s)
		return NO_DICT;
	s++;
	if (!*s)
		return DICT_FIRST;
	if (*s == ')')
		s++;
	else if (*s == '.' && is_closure_name(s + 1))
		return NO_DICT;
	if (*s != '.' || strpbrk(s + 1, ".-"))
		return NO_DICT;
	/* Go 1.18 and 1.19 put it before the receiver */
	return minor && minor < 20 ? DICT_FIRST : DICT_SECOND;
}

/* --- places that DWARF says, for compilers before Go 1.22 ------------------------------------------- */

struct seen {
	unsigned n;
	struct go_piece piece[GOABI_INTS + GOABI_FLOATS];
};

static bool see_reg(struct seen *s, unsigned dwarf_reg)
{
	/* DWARF's numbers of RAX RDX RCX RBX RSI RDI RBP RSP R8 R9 R10 R11 */
	static const int8_t of[] = { 0, -1, 2, 1, 4, 3, -1, -1, 5, 6, 7, 8 };
	struct go_piece p = { .place = GO_IN_REG };

	if (dwarf_reg < sizeof(of) && of[dwarf_reg] >= 0) {
		p.reg = (uint8_t)of[dwarf_reg];
	} else if (dwarf_reg >= 17 && dwarf_reg < 17 + GOABI_FLOATS) {
		p.place = GO_IN_XMM;
		p.reg = (uint8_t)(dwarf_reg - 17);
	} else {
		return false;
	}
	/* Go 1.19 to 1.21 write a part twice */
	if (s->n && s->piece[s->n - 1].place == p.place && s->piece[s->n - 1].reg == p.reg)
		return true;
	if (s->n == GOABI_INTS + GOABI_FLOATS)
		return false;
	s->piece[s->n++] = p;
	return true;
}

/* The earliest place of v, if DWARF's location at pc is one that its type can have. */
static void hint(struct gotype *g, Dwarf_Die *d, uint64_t pc, struct goabi_val *v)
{
	struct goabi_val alone = { .type = v->type };
	struct seen s = { 0 };
	Dwarf_Attribute at;
	Dwarf_Op *op;
	size_t nop;
	int first[2] = { -1, -1 }, next[2];

	if (!dwarf_attr(d, DW_AT_location, &at) || dwarf_getlocation_addr(&at, pc, &op, &nop, 1) != 1 || !nop)
		return;
	if (goabi_assign(g->a, &alone, 1, false) || !alone.npieces)
		return;
	if (alone.pieces[0].place == GO_ON_STACK) {
		if (nop == 1 && op[0].atom == DW_OP_fbreg && op[0].number < 1U << 30)
			v->min_stack = (uint32_t)op[0].number;
		return;
	}
	for (size_t i = 0; i < nop; i++) {
		if (op[i].atom >= DW_OP_reg0 && op[i].atom <= DW_OP_reg31) {
			if (!see_reg(&s, op[i].atom - DW_OP_reg0))
				return;
		} else if (op[i].atom != DW_OP_piece) {
			return;
		}
	}
	if (s.n != alone.npieces)
		return;
	for (unsigned i = 0; i < s.n; i++) {
		unsigned k = s.piece[i].place == GO_IN_XMM;

		if (s.piece[i].place != alone.pieces[i].place)
			return;
		if (first[k] < 0)
			first[k] = next[k] = s.piece[i].reg;
		if (s.piece[i].reg != next[k]++)
			return;
	}
	v->min_int = first[0] > 0 ? (uint8_t)first[0] : 0;
	v->min_float = first[1] > 0 ? (uint8_t)first[1] : 0;
}

/* --- parameters --------------------------------------------------------------------------------------- */

struct reading {
	struct go_param *v;
	struct goabi_val *val; /* one more than v: the hidden one has none */
	uint32_t n, cap, valcap, nval, nresult;
	bool saw_dict;
};

static const char *param_name(struct gotype *g, const char *name, bool result, uint32_t k)
{
	const char *dot = strstr(name, "\302\267"); /* "x·2": the compiler's number of an inlined copy */

	if (!result)
		return !strcmp(name, "_") || has_prefix(name, "~") ? ""
		       : dot && dot != name			   ? arena_strndup(g->a, name, (size_t)(dot - name))
								   : name;
	/* "~b0" of a "_", "~r2" of Go 1.16 that counts the arguments too */
	if (!*name || !strcmp(name, "_") || has_prefix(name, "~"))
		return arena_printf(g->a, "~r%u", k);
	return dot && dot != name ? arena_strndup(g->a, name, (size_t)(dot - name)) : name;
}

static int add_param(struct gotype *g, struct reading *r, Dwarf_Die *d, uint64_t pc)
{
	struct gtype *type = attr_type(g, d, DW_AT_type);
	bool result = attr_flag(d, DW_AT_variable_parameter);
	const char *name = name_of(d);
	struct goabi_val val = { .result = result };
	uint32_t n = r->n;

	if (!type || r->n >= MAX_PARAMS || fill(g, type, 0))
		return -EBADMSG;
	val.type = &type->t;
	if (!result && g->minor && g->minor <= 21)
		hint(g, d, pc, &val);
	if (!strcmp(name, ".dict")) {
		r->saw_dict = true; /* it has an entry since Go 1.27, but is not of the source */
		ARENA_PUSH(g->a, r->val, r->nval, r->valcap, val);
		return 0;
	}
	ARENA_PUSH(g->a, r->v, n, r->cap,
		   ((struct go_param){ param_name(g, name, result, r->nresult), &type->t, result, 0, NULL }));
	r->n = n;
	r->nresult += result;
	ARENA_PUSH(g->a, r->val, r->nval, r->valcap, val);
	return 0;
}

/* Results last, whatever the order of the entries. */
static void results_last(struct reading *r)
{
	for (uint32_t i = 1; i < r->n; i++) {
		for (uint32_t j = i; j && r->v[j - 1].result && !r->v[j].result; j--) {
			struct go_param p = r->v[j];

			r->v[j] = r->v[j - 1];
			r->v[j - 1] = p;
		}
	}
	for (uint32_t i = 1; i < r->nval; i++) {
		for (uint32_t j = i; j && r->val[j - 1].result && !r->val[j].result; j--) {
			struct goabi_val p = r->val[j];

			r->val[j] = r->val[j - 1];
			r->val[j - 1] = p;
		}
	}
}

static const struct go_type pointer = { .kind = GO_PTR, .name = "unsafe.Pointer", .size = 8, .align = 8 };

static int place(struct gotype *g, struct reading *r, enum dict dict, bool abi0)
{
	struct goabi_val hidden = { .type = &pointer };
	uint32_t at = dict == DICT_SECOND && r->nval && !r->val[0].result, k = 0;
	int rc;

	if (r->saw_dict)
		dict = NO_DICT;
	if (dict != NO_DICT) {
		ARENA_PUSH(g->a, r->val, r->nval, r->valcap, hidden);
		for (uint32_t i = r->nval - 1; i > at; i--)
			r->val[i] = r->val[i - 1];
		r->val[at] = hidden;
	}
	rc = goabi_assign(g->a, r->val, r->nval, abi0);
	for (uint32_t i = 0; !rc && i < r->nval; i++) {
		if (k >= r->n || r->val[i].type != r->v[k].type)
			continue; /* the hidden one */
		r->v[k].npieces = r->val[i].npieces;
		r->v[k++].pieces = r->val[i].pieces;
	}
	return rc;
}

static int read_params(struct gotype *g, const struct tgt_func *f, Dwarf_Die *fn, struct params *out)
{
	struct reading r = { 0 };
	unsigned long left = MAX_ENTRIES;
	Dwarf_Die d;
	int rc = 0, has = dwarf_child(fn, &d);

	for (; !has && !rc; has = --left ? dwarf_siblingof(&d, &d) : -1) {
		if (dwarf_tag(&d) == DW_TAG_formal_parameter)
			rc = add_param(g, &r, &d, f->entry);
	}
	if (!rc && has < 0)
		rc = -EBADMSG;
	if (rc)
		return rc;
	results_last(&r);
	rc = place(g, &r, dict_of(name_of(fn), g->minor), f->flags & (TGT_F_ABI0 | TGT_F_ASM));
	out->v = r.v;
	out->n = r.n;
	return rc;
}

int tgt_params(struct tgt *t, uint32_t i, const struct go_param **out, uint32_t *n, struct tgt_error *err)
{
	const struct tgt_func *f = tgt_func(t, i);
	struct gotype *g;
	struct params *p;
	Dwarf_Die fn;
	int rc;

	*out = NULL;
	*n = 0;
	if (!f)
		return tgt_fail(t, err, -ENOENT, "there is no function %u", i);
	g = get(t, &rc, err);
	if (!g)
		return rc;
	if (!g->params) {
		g->nparams = tgt_nfuncs(t);
		g->params = xcalloc(g->nparams, sizeof(*g->params));
		for (size_t k = 0; k < g->nparams; k++)
			g->params[k].rc = 1;
	}
	p = &g->params[i];
	if (p->rc > 0) {
		if ((f->flags & TGT_F_SYMBOL) || !find_function(g, f->entry, &fn))
			p->rc = -ENOENT;
		else
			p->rc = read_params(g, f, &fn, p);
	}
	*out = p->v;
	*n = p->n;
	if (p->rc == -ENOENT)
		return tgt_fail(t, err, p->rc, "the DWARF does not describe %s%s", f->name,
				f->flags & TGT_F_SYMBOL ? ", which is not a Go function" : "");
	if (p->rc)
		return tgt_fail(t, err, p->rc, "the DWARF of %s is damaged: its parameters cannot be read", f->name);
	return 0;
}
