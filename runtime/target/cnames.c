/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cnames.c - types of C, C++ and Rust by name.
 *
 * A name may mean different things in different source files.  What given
 * functions declare inside of themselves counts first, then what their units
 * say, and these alone are read when they know it; else all units are, once, into
 * a table sorted by name.  Types that functions declare have a table of their own,
 * which is made when nothing else knows a name: most of DWARF is in functions.
 * Two descriptions that say the same are one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdwarf.h"

/* Limits against damaged or hostile input. */
#define MAX_NAMES    4000000U
#define MAX_NEST     32 /* namespaces and classes in each other */
#define MAX_IMPORTS  4096U
#define MAX_ENTRIES  30000000U
#define MAX_SAME     64	    /* descriptions of one name that are compared */
#define MAX_COMPARED 100000 /* fields, in one comparison */
#define MAX_UNITS    256    /* of functions that are looked into first */

/* The namespaces and classes around an entry. */
struct scope {
	const char *name;
	const struct scope *up;
};

struct cname {
	const char *name;
	const struct scope *in;
	const char *unit; /* its source file, or "" */
	Dwarf_Die die;
	char tag;  /* as tgt_c_type() has them */
	bool bare; /* C++, Rust: the name needs no "struct" in front */
};

struct cnames {
	struct cname *v; /* owned, sorted by name */
	size_t n;
};

/* A walk over units: everything, or what has one name. */
struct walk {
	struct cdwarf *c;
	const char *name; /* the last part of what is looked for; NULL: all */
	const char *unit;
	bool bare;
	bool local; /* what stands inside of functions, and not the rest */
	struct cname *v;
	size_t n, cap;
	uint32_t imports, entries;
};

static char tag_of(Dwarf_Die *d)
{
	switch (dwarf_tag(d)) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type: return 's';
	case DW_TAG_union_type: return 'u';
	case DW_TAG_enumeration_type: return 'e';
	case DW_TAG_typedef:
	case DW_TAG_base_type: return 't';
	default: return 0;
	}
}

static void note(struct walk *w, Dwarf_Die *d, const char *name, char tag, const struct scope *in)
{
	if (!tag || !*name || (w->name && strcmp(name, w->name) != 0) || w->n >= MAX_NAMES)
		return;
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 16;
		w->v = xrealloc(w->v, w->cap * sizeof(*w->v));
	}
	w->v[w->n++] = (struct cname){ name, in, w->unit, *d, tag, w->bare };
}

static const struct scope *scope(struct walk *w, Dwarf_Die *d, const struct scope *in)
{
	struct scope *s = ARENA_NEW(w->c->a, struct scope);

	*s = (struct scope){ cdw_name(d), in };
	return s;
}

/* The constants of an enumeration: each leads to it. */
static void note_constants(struct walk *w, Dwarf_Die *enumeration, const struct scope *in)
{
	Dwarf_Die d;

	if (cdw_flag(enumeration, DW_AT_enum_class))
		in = scope(w, enumeration, in);
	for (int has = dwarf_child(enumeration, &d); !has && w->entries++ < MAX_ENTRIES; has = cdw_sibling(&d))
		if (dwarf_tag(&d) == DW_TAG_enumerator)
			note(w, enumeration, cdw_name(&d), 'c', in);
}

static void walk_unit(struct walk *w, Dwarf_Die *unit, unsigned depth);

/* What a function, or a block in it, declares. */
static void walk_code(struct walk *w, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die d;

	if (depth > MAX_NEST || dwarf_child(parent, &d))
		return;
	do {
		note(w, &d, cdw_name(&d), tag_of(&d), NULL);
		switch (dwarf_tag(&d)) {
		case DW_TAG_enumeration_type: note_constants(w, &d, NULL); break;
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
		case DW_TAG_subprogram: /* functions in functions are an extension of GCC */
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block: walk_code(w, &d, depth + 1); break;
		default: break;
		}
	} while (w->entries++ < MAX_ENTRIES && !cdw_sibling(&d));
}

static void walk(struct walk *w, Dwarf_Die *parent, const struct scope *in, unsigned depth)
{
	Dwarf_Attribute at;
	Dwarf_Die d, to;

	if (depth > MAX_NEST || dwarf_child(parent, &d))
		return;
	do {
		if (!w->local)
			note(w, &d, cdw_name(&d), tag_of(&d), in);
		switch (dwarf_tag(&d)) {
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
			if (dwarf_haschildren(&d))
				walk(w, &d, scope(w, &d, in), depth + 1);
			break;
		case DW_TAG_subprogram:
			if (w->local)
				walk_code(w, &d, depth + 1);
			break;
		case DW_TAG_enumeration_type:
			if (!w->local)
				note_constants(w, &d, in);
			break;
		case DW_TAG_imported_unit: /* what several units share (dwz) */
			if (w->name && w->imports++ < MAX_IMPORTS && dwarf_attr(&d, DW_AT_import, &at) &&
			    dwarf_formref_die(&at, &to))
				walk_unit(w, &to, depth + 8);
			break;
		default: break;
		}
	} while (w->entries++ < MAX_ENTRIES && !cdw_sibling(&d));
}

static void walk_unit(struct walk *w, Dwarf_Die *unit, unsigned depth)
{
	int lang = dwarf_srclang(unit);

	w->unit = *cdw_name(unit) ? cdw_name(unit) : w->unit;
	if (lang > 0)
		w->bare = lang != DW_LANG_C && lang != DW_LANG_C89 && lang != DW_LANG_C99 && lang != DW_LANG_C11;
	walk(w, unit, NULL, depth);
}

static void walk_file(struct walk *w, Dwarf *dw)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (dw && !dwarf_get_units(dw, cu, &cu, NULL, &type, &die, NULL)) {
		if (w->c->t->go && dwarf_srclang(&die) == DW_LANG_Go)
			continue;
		w->unit = "";
		w->bare = false;
		walk_unit(w, &die, 0);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cname *)a)->name, ((const struct cname *)b)->name);
}

/* All names outside of functions, or those inside. */
static const struct cnames *all_names(struct cdwarf *c, bool local)
{
	struct walk w = { .c = c, .unit = "", .local = local };
	struct cnames **all = local ? &c->local_names : &c->names;

	if (*all)
		return *all;
	walk_file(&w, c->dw);
	walk_file(&w, dwarf_getalt(c->dw));
	if (w.n)
		qsort(w.v, w.n, sizeof(*w.v), by_name);
	*all = xcalloc(1, sizeof(**all));
	**all = (struct cnames){ w.v, w.n };
	return *all;
}

static void names_free(struct cnames **all)
{
	if (*all)
		free((*all)->v);
	free(*all);
	*all = NULL;
}

void cdw_names_free(struct cdwarf *c)
{
	names_free(&c->names);
	names_free(&c->local_names);
}

/* --- which of them is meant ----------------------------------------------------------------- */

/* The part of "a::b::c" behind the last "::". */
static const char *last_part(const char *name)
{
	const char *p = name;

	for (const char *s = strstr(name, "::"); s; s = strstr(p, "::"))
		p = s + 2;
	return p;
}

/* Whether "a::b::" of the name are the namespaces around an entry. */
static bool in_scope(const char *name, const char *last, const struct scope *in)
{
	while (last > name) {
		const char *end = last - 2, *begin = end;

		while (begin > name && !(begin - name >= 2 && begin[-1] == ':' && begin[-2] == ':'))
			begin--;
		if (!in || strncmp(in->name, begin, (size_t)(end - begin)) != 0 || in->name[end - begin])
			return false;
		in = in->up;
		last = begin;
	}
	return true;
}

static bool fits(const struct cname *n, char tag)
{
	return n->tag == tag || (tag == 't' && n->bare && n->tag != 'c');
}

/* Whether two descriptions say the same. */
static bool alike(struct cdwarf *c, const struct go_type *a, const struct go_type *b, unsigned depth, unsigned *left)
{
	if (a == b || depth > 8 || !*left)
		return true;
	if (a->lazy)
		cdw_fill(c, (struct ctype *)(uintptr_t)a->priv);
	if (b->lazy)
		cdw_fill(c, (struct ctype *)(uintptr_t)b->priv);
	--*left;
	if (a->kind != b->kind || a->size != b->size || a->count != b->count || a->nfields != b->nfields ||
	    a->bits != b->bits || a->bit_off != b->bit_off || a->nenums != b->nenums)
		return false;
	for (uint32_t i = 0; i < a->nenums; i++)
		if (a->enums[i].value != b->enums[i].value || strcmp(a->enums[i].name, b->enums[i].name) != 0)
			return false;
	for (uint32_t i = 0; i < a->nfields && *left; i++)
		if (a->fields[i].off != b->fields[i].off || strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
		    !alike(c, a->fields[i].type, b->fields[i].type, depth + 1, left))
			return false;
	if (a->kind == GO_ARRAY && a->elem && b->elem)
		return alike(c, a->elem, b->elem, depth + 1, left);
	if (a->kind == GO_PTR) /* to something of the same name */
		return (!a->elem && !b->elem) || (a->elem && b->elem && !strcmp(a->elem->name, b->elem->name));
	return true;
}

static const char *what(char tag)
{
	return tag == 's' ? "struct " : tag == 'u' ? "union " : tag == 'e' ? "enum " : "";
}

/* 1: *out is it; 0: there is none; else a negative errno with err. */
static int choose(struct tgt *t, struct cdwarf *c, char tag, const char *name, const struct cname *v, size_t n,
		  const struct go_type **out, struct tgt_error *err)
{
	const char *last = last_part(name);
	const struct cname *first = NULL;
	unsigned compared = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned left = MAX_COMPARED;
		Dwarf_Die d = v[i].die;
		struct ctype *ct;

		if (!fits(&v[i], tag) || !in_scope(name, last, v[i].in) || cdw_flag(&d, DW_AT_declaration))
			continue;
		ct = cdw_type_of(c, &d);
		if (!ct || ct->t.kind == GO_UNKNOWN)
			continue; /* void, a function, or of a kind that nobody can read */
		if (first && compared++ < MAX_SAME && !alike(c, *out, &ct->t, 0, &left))
			return tgt_fail(t, err, -EEXIST, "describes %s%s in two ways, in %s and in %s", what(tag), name,
					*first->unit ? first->unit : "one unit", *v[i].unit ? v[i].unit : "another");
		if (first)
			continue;
		first = &v[i];
		*out = &ct->t;
		if (ct->t.lazy && cdw_fill(c, ct))
			return tgt_fail(t, err, -EBADMSG, "its DWARF of %s%s is damaged", what(tag), name);
	}
	return first != NULL;
}

/* What the functions themselves declare (local), or their units. */
static int of_functions(struct tgt *t, struct cdwarf *c, char tag, const char *name, const uint32_t *funcs,
			size_t nfuncs, bool local, const struct go_type **out, struct tgt_error *err)
{
	struct walk w = { .c = c, .name = last_part(name), .unit = "" };
	const void *seen[MAX_UNITS];
	size_t nseen = 0;
	int rc;

	for (size_t i = 0; i < nfuncs && nseen < MAX_UNITS; i++) {
		Dwarf_Die fn, cu, origin;
		Dwarf_Attribute at;
		size_t k = 0;

		if (!cdw_function(c, tgt_func(t, funcs[i])->entry, &fn, &cu))
			continue;
		while (k < nseen && seen[k] != (local ? fn.addr : cu.addr))
			k++;
		if (k < nseen)
			continue;
		seen[nseen++] = local ? fn.addr : cu.addr;
		if (!local) {
			walk_unit(&w, &cu, 0);
			continue;
		}
		w.unit = cdw_name(&cu);
		walk_code(&w, &fn, 0);
		/* what was inlined somewhere has its types where it is described for all places */
		if (dwarf_attr(&fn, DW_AT_abstract_origin, &at) && dwarf_formref_die(&at, &origin))
			walk_code(&w, &origin, 0);
	}
	rc = choose(t, c, tag, name, w.v, w.n, out, err);
	free(w.v);
	return rc;
}

/* The same of everything. */
static int of_all(struct tgt *t, struct cdwarf *c, char tag, const char *name, bool local, const struct go_type **out,
		  struct tgt_error *err)
{
	const struct cnames *all = all_names(c, local);
	const char *last = last_part(name);
	size_t lo = 0, hi = all->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(all->v[mid].name, last) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (hi < all->n && !strcmp(all->v[hi].name, last))
		hi++;
	return hi > lo ? choose(t, c, tag, name, all->v + lo, hi - lo, out, err) : 0;
}

int tgt_c_type(struct tgt *t, char tag, const char *name, const uint32_t *funcs, size_t nfuncs,
	       const struct go_type **out, struct tgt_error *err)
{
	struct cdwarf *c;
	int rc;

	*out = NULL;
	c = cdw_get(t, &rc, err);
	if (!c)
		return rc;
	rc = of_functions(t, c, tag, name, funcs, nfuncs, true, out, err);
	if (!rc)
		rc = of_functions(t, c, tag, name, funcs, nfuncs, false, out, err);
	if (!rc)
		rc = of_all(t, c, tag, name, false, out, err);
	if (!rc)
		rc = of_all(t, c, tag, name, true, out, err);
	if (rc)
		return rc < 0 ? rc : 0;
	return tgt_fail(t, err, -ENOENT, "its DWARF does not describe it");
}

size_t tgt_c_names(struct tgt *t, char tag, const char **names, size_t max)
{
	int rc;
	struct cdwarf *c = cdw_get(t, &rc, NULL);
	const struct cnames *all = c ? all_names(c, false) : NULL;
	size_t n = 0;

	for (size_t i = 0; all && i < all->n && n < max; i++)
		if (fits(&all->v[i], tag) && (!n || strcmp(names[n - 1], all->v[i].name) != 0))
			names[n++] = all->v[i].name;
	return n;
}
