/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * rtype.c - names of run-time types, from the type descriptors that every Go
 * program carries: they are there in stripped binaries too.
 *
 * A descriptor is an abi.Type (src/internal/abi/type.go), whose layout has not
 * changed since Go 1.16.  Its name lies at runtime.types + its nameOff, and
 * where that is only runtime.moduledata says.
 */
#include <stdlib.h>

#include "internal.h"

/* abi.Type, bytes from its start */
#define T_SIZE	  0
#define T_PTRDATA 8
#define T_TFLAG	  20
#define T_ALIGN	  21
#define T_FALIGN  22
#define T_KIND	  23
#define T_STR	  40
#define T_BYTES	  48

#define TFLAG_EXTRA_STAR 2
#define TFLAG_DIRECT	 0x20 /* Go >= 1.26 */
#define KIND_DIRECT	 0x20 /* before */
#define KIND_MASK	 0x1f
#define LAST_KIND	 26 /* unsafe.Pointer */

/* abi.Name: flags, length, bytes */
#define NAME_FLAGS   0x0f
#define NAME_MAX_LEN 65535U

/* runtime.moduledata, in words from its start (src/runtime/symtab.go) */
#define MD_MINPC     20
#define MD_MAXPC     21
#define MD_TEXT	     22
#define MD_ETEXT     23
#define MD_TYPES_116 35
#define MD_TYPES_120 37 /* covctrs and ecovctrs came before it */

struct entry {
	uint64_t vaddr;	  /* 0: free */
	const char *name; /* NULL: not a type */
};

struct rtypes {
	struct arena *a;
	uint64_t types, etypes; /* 0: not found */
	bool old_names;		/* Go 1.16: lengths of two bytes */
	struct entry *v;	/* open addressing by vaddr */
	size_t n, cap;
	bool errors_read;
	uint64_t *errors; /* owned: types that are converted to error */
	size_t nerrors, cerrors;
};

/* --- where the types are ---------------------------------------------------------------------- */

static bool word(struct tgt *t, uint64_t at, unsigned i, uint64_t *v)
{
	return tgt_word(t, at + (uint64_t)i * 8, v);
}

/* It begins with the address of the function table, and agrees with it on where the text is. */
static bool is_moduledata(struct tgt *t, uint64_t at)
{
	uint64_t head, minpc, maxpc, text, etext;

	return word(t, at, 0, &head) && head == t->pcln.vaddr && word(t, at, MD_MINPC, &minpc) &&
	       word(t, at, MD_MAXPC, &maxpc) && word(t, at, MD_TEXT, &text) && word(t, at, MD_ETEXT, &etext) &&
	       text <= minpc && minpc < maxpc && text < etext && tgt_is_code(t, minpc) && minpc == pcln_entry(t, 0);
}

static uint64_t scan_moduledata(struct tgt *t)
{
	const struct reloc *r;
	size_t n = 0;

	for (unsigned i = 0; i < t->nseg; i++) {
		const struct segment *g = &t->seg[i];

		if (g->type != PT_LOAD || (g->flags & PF_X))
			continue;
		for (uint64_t off = -g->vaddr & 7; off + 8 <= g->filesz; off += 8) {
			if (rd64(t->map + g->off + off) == t->pcln.vaddr && is_moduledata(t, g->vaddr + off))
				return g->vaddr + off;
		}
	}
	/* position-independent: the word is 0 in the file */
	r = t->pie ? tgt_relocs(t, &n) : NULL;
	for (size_t i = 0; i < n; i++) {
		if (r[i].addend == t->pcln.vaddr && is_moduledata(t, r[i].vaddr))
			return r[i].vaddr;
	}
	return 0;
}

static uint64_t find_moduledata(struct tgt *t)
{
	const struct section *s = tgt_section(t, ".go.module"); /* since Go 1.26 */
	uint64_t at;

	if (t->pcln.ver == PCLN_NONE)
		return 0;
	if (t->pcln.moduledata && is_moduledata(t, t->pcln.moduledata))
		return t->pcln.moduledata;
	if (s && is_moduledata(t, s->addr))
		return s->addr;
	if (tgt_symbol(t, "runtime.firstmoduledata", &at, NULL) && is_moduledata(t, at))
		return at;
	return scan_moduledata(t);
}

/* A stripped binary is searched for it, and each frame of a stack asks. */
uint64_t tgt_moduledata(struct tgt *t)
{
	if (!t->moduledata_read) {
		t->moduledata = find_moduledata(t);
		t->moduledata_read = true;
	}
	return t->moduledata;
}

static void find_types(struct tgt *t, struct rtypes *r)
{
	int minor = tgt_minor(t);
	uint64_t md = tgt_moduledata(t), lo, hi;
	unsigned at = t->pcln.ver == PCLN_120 ? MD_TYPES_120 : MD_TYPES_116;

	/* Go 1.27 has the length of the descriptors between the two */
	if (!md || !word(t, md, at, &lo) || !word(t, md, at + (minor >= 27 ? 2 : 1), &hi))
		return;
	if (hi <= lo || hi - lo < T_BYTES || !tgt_mem(t, lo, hi - lo))
		return;
	r->types = lo;
	r->etypes = hi;
	r->old_names = minor ? minor < 17 : false;
}

static struct rtypes *get(struct tgt *t)
{
	if (!t->rtypes) {
		t->rtypes = xcalloc(1, sizeof(*t->rtypes));
		t->rtypes->a = arena_new();
		find_types(t, t->rtypes);
	}
	return t->rtypes;
}

void rtype_free(struct tgt *t)
{
	if (!t->rtypes)
		return;
	free(t->rtypes->v);
	free(t->rtypes->errors);
	arena_free(t->rtypes->a);
	free(t->rtypes);
	t->rtypes = NULL;
}

/* --- one type ------------------------------------------------------------------------------------ */

static bool power_of_two(uint8_t n)
{
	return n && !(n & (n - 1));
}

/* The text of a Name at an offset from the types: *n bytes, without NUL; NULL: there is none. */
static const char *find_string(struct tgt *t, const struct rtypes *r, uint32_t off, bool star, size_t *n)
{
	uint64_t left = r->etypes - r->types;
	const uint8_t *p;
	size_t len = 0, at = 1;

	if (!off || off >= left || left - off < 4)
		return NULL;
	left -= off;
	p = tgt_mem(t, r->types + off, left);
	if (!p || (p[0] & ~NAME_FLAGS))
		return NULL;
	if (r->old_names) {
		len = (size_t)p[1] << 8 | p[2];
		at = 3;
	} else {
		/* three bytes of seven bits hold the longest name that is believed */
		do
			len |= (size_t)(p[at] & 0x7f) << (7 * (at - 1));
		while (p[at++] & 0x80 && at < 4);
	}
	if (!len || len > NAME_MAX_LEN || len > left - at)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (p[at + i] < 0x20 || p[at + i] == 0x7f)
			return NULL;
	}
	if (star) {
		if (p[at] != '*' || len < 2)
			return NULL;
		at++;
		len--;
	}
	*n = len;
	return (const char *)p + at;
}

static const char *read_string(struct tgt *t, struct rtypes *r, uint32_t off, bool star)
{
	size_t n;
	const char *s = find_string(t, r, off, star, &n);

	return s ? arena_strndup(r->a, s, n) : NULL;
}

/* Whether the T_BYTES at p may be a descriptor. */
static bool plausible(const uint8_t *p)
{
	unsigned kind = p[T_KIND] & KIND_MASK;

	return kind && kind <= LAST_KIND && power_of_two(p[T_ALIGN]) && p[T_ALIGN] <= 16 && power_of_two(p[T_FALIGN]) &&
	       p[T_FALIGN] <= 16 && rd64(p + T_PTRDATA) <= rd64(p + T_SIZE) && rd64(p + T_SIZE) <= 1ULL << 47;
}

static const char *read_name(struct tgt *t, struct rtypes *r, uint64_t vaddr)
{
	const uint8_t *p = tgt_mem(t, vaddr, T_BYTES);

	if (!p || !plausible(p))
		return NULL;
	return read_string(t, r, rd32(p + T_STR), p[T_TFLAG] & TFLAG_EXTRA_STAR);
}

static struct entry *entry_of(const struct rtypes *r, uint64_t vaddr)
{
	size_t i = (size_t)((vaddr * 0x9e3779b97f4a7c15ULL) >> 20) & (r->cap - 1);

	while (r->v[i].vaddr && r->v[i].vaddr != vaddr)
		i = (i + 1) & (r->cap - 1);
	return &r->v[i];
}

static void grow(struct rtypes *r)
{
	struct entry *old = r->v;
	size_t cap = r->cap;

	r->cap = cap ? cap * 2 : 64;
	r->v = xcalloc(r->cap, sizeof(*r->v));
	for (size_t i = 0; i < cap; i++) {
		if (old[i].vaddr)
			*entry_of(r, old[i].vaddr) = old[i];
	}
	free(old);
}

bool tgt_rtype_name(struct tgt *t, uint64_t vaddr, const char **name)
{
	struct rtypes *r = get(t);
	struct entry *e;

	if (!r->types || (vaddr & 7) || vaddr < r->types || vaddr > r->etypes - T_BYTES)
		return false;
	if (r->n * 2 >= r->cap)
		grow(r);
	e = entry_of(r, vaddr);
	if (!e->vaddr) {
		*e = (struct entry){ vaddr, read_name(t, r, vaddr) };
		r->n++;
	}
	if (e->name)
		*name = e->name;
	return e->name;
}

size_t tgt_rtypes_named(struct tgt *t, const char *name, uint64_t **out)
{
	struct rtypes *r = get(t);
	size_t want = strlen(name), n = 0, cap = 0, len;
	const uint8_t *p = r->types ? tgt_mem(t, r->types, r->etypes - r->types) : NULL;

	*out = NULL;
	/* they lie among other data, and no list has them all: whatever looks like one is looked at */
	for (uint64_t at = -r->types & 7; p && at + T_BYTES <= r->etypes - r->types; at += 8) {
		const char *s;

		if (!plausible(p + at))
			continue;
		s = find_string(t, r, rd32(p + at + T_STR), p[at + T_TFLAG] & TFLAG_EXTRA_STAR, &len);
		if (!s || len != want || memcmp(s, name, len) != 0)
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 8;
			*out = xrealloc(*out, cap * sizeof(**out));
		}
		(*out)[n++] = r->types + at;
	}
	return n;
}

/* --- more of a type ------------------------------------------------------------------------------- */

/* enum abi.Kind of src/internal/abi/type.go to ours. */
static enum go_kind kind_of(unsigned k)
{
	static const uint8_t kinds[LAST_KIND + 1] = {
		[1] = GO_BOOL, GO_INT,	     GO_INT,  GO_INT,	GO_INT,	  GO_INT,     GO_UINT,	  GO_UINT,  GO_UINT,
		GO_UINT,       GO_UINT,	     GO_UINT, GO_FLOAT, GO_FLOAT, GO_COMPLEX, GO_COMPLEX, GO_ARRAY, GO_CHAN,
		GO_FUNC,       GO_INTERFACE, GO_MAP,  GO_PTR,	GO_SLICE, GO_STRING,  GO_STRUCT,  GO_PTR,
	};

	return k <= LAST_KIND ? (enum go_kind)kinds[k] : GO_UNKNOWN;
}

bool tgt_rtype(struct tgt *t, uint64_t vaddr, struct tgt_rtype *out)
{
	const uint8_t *p;

	*out = (struct tgt_rtype){ .name = NULL };
	if (!tgt_rtype_name(t, vaddr, &out->name) || !(p = tgt_mem(t, vaddr, T_BYTES)))
		return false;
	out->kind = kind_of(p[T_KIND] & KIND_MASK);
	out->size = rd64(p + T_SIZE);
	out->direct = tgt_minor(t) >= 26 ? p[T_TFLAG] & TFLAG_DIRECT : p[T_KIND] & KIND_DIRECT;
	/* abi.PtrType: Elem; unsafe.Pointer has none */
	if (out->kind == GO_PTR && (p[T_KIND] & KIND_MASK) != LAST_KIND && !tgt_word(t, vaddr + T_BYTES, &out->elem))
		out->elem = 0;
	return true;
}

bool tgt_rtype_field(struct tgt *t, uint64_t vaddr, uint32_t i, struct tgt_rfield *out)
{
	int minor = tgt_minor(t);
	struct rtypes *r = get(t);
	struct tgt_rtype rt;
	uint64_t fields, n, name;

	/* abi.StructType: PkgPath, Fields (a slice); abi.StructField: Name, Typ, Offset */
	if (!tgt_rtype(t, vaddr, &rt) || rt.kind != GO_STRUCT || !tgt_word(t, vaddr + T_BYTES + 8, &fields) ||
	    !tgt_word(t, vaddr + T_BYTES + 16, &n) || i >= n || n > 65536)
		return false;
	fields += 24ULL * i;
	if (!tgt_word(t, fields, &name) || !tgt_word(t, fields + 8, &out->type) || !tgt_word(t, fields + 16, &out->off))
		return false;
	if (minor && minor < 19)
		out->off >>= 1; /* the lowest bit said that it is embedded */
	if (name <= r->types || name >= r->etypes || name - r->types > UINT32_MAX)
		return false;
	out->name = read_string(t, r, (uint32_t)(name - r->types), false);
	return out->name && out->off < rt.size + 1;
}

/* --- itabs -------------------------------------------------------------------------------------------- */

/* abi.ITab: Inter, Type; abi.InterfaceType: PkgPath, Methods (a slice) */
#define ITAB_FUN    24
#define INTER_COUNT (T_BYTES + 16)

/* runtime.moduledata, in words: itablinks is a slice of pointers to itabs; Go 1.27 has them in a row. */
#define MD_ITABLINKS_118 45
#define MD_ITABLINKS_120 47
#define MD_ITABLINKS_126 48 /* epclntab came before it */
#define MD_ITABOFF_127	 40
#define ITABS_MAX	 1000000U

static void add_itab(struct tgt *t, struct rtypes *r, uint64_t itab)
{
	const char *name = NULL;
	uint64_t inter, type;

	if (!tgt_word(t, itab, &inter) || !tgt_word(t, itab + 8, &type) || !tgt_rtype_name(t, inter, &name) ||
	    strcmp(name, "error") != 0)
		return;
	if (r->nerrors == r->cerrors) {
		r->cerrors = r->cerrors ? r->cerrors * 2 : 64;
		r->errors = xrealloc(r->errors, r->cerrors * sizeof(*r->errors));
	}
	r->errors[r->nerrors++] = type;
}

static void read_itabs(struct tgt *t, struct rtypes *r)
{
	int minor = tgt_minor(t);
	uint64_t md = tgt_moduledata(t), v, n;

	if (!md || t->pcln.ver == PCLN_116)
		return;
	if (minor >= 27) {
		if (!word(t, md, MD_ITABOFF_127, &v) || !word(t, md, MD_ITABOFF_127 + 1, &n) || n > 24ULL * ITABS_MAX)
			return;
		v += r->types;
		for (uint64_t end = v + n; v + ITAB_FUN <= end;) {
			uint64_t inter, methods;

			add_itab(t, r, v);
			if (!tgt_word(t, v, &inter) || !tgt_word(t, inter + INTER_COUNT, &methods) ||
			    methods > ITABS_MAX)
				return;
			v += ITAB_FUN + 8 * (methods ? methods : 1);
		}
		return;
	}
	md += 8ULL * (t->pcln.ver == PCLN_118 ? MD_ITABLINKS_118 : minor >= 26 ? MD_ITABLINKS_126 : MD_ITABLINKS_120);
	if (!tgt_word(t, md, &v) || !tgt_word(t, md + 8, &n) || n > ITABS_MAX)
		return;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t itab;

		if (!tgt_word(t, v + 8 * i, &itab))
			return;
		add_itab(t, r, itab);
	}
}

bool tgt_error_type(struct tgt *t, const char *name, uint64_t *vaddr)
{
	struct rtypes *r = get(t);
	const char *s = NULL;

	if (!r->errors_read) {
		r->errors_read = true;
		if (r->types)
			read_itabs(t, r);
	}
	for (size_t i = 0; i < r->nerrors; i++) {
		if (tgt_rtype_name(t, r->errors[i], &s) && !strcmp(s, name)) {
			*vaddr = r->errors[i];
			return true;
		}
	}
	return false;
}

bool tgt_types(struct tgt *t, uint64_t *lo, uint64_t *hi, size_t *errors)
{
	struct rtypes *r = get(t);
	uint64_t ignored;

	tgt_error_type(t, "", &ignored); /* reads the itabs */
	*lo = r->types;
	*hi = r->etypes;
	*errors = r->nerrors;
	return r->types;
}
