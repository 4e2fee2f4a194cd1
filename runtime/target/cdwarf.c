/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cdwarf.c - DWARF of everything that Go did not compile: which unit and which
 * entry a function has, and its source lines.
 *
 * Units are looked at once, their functions when one of them is asked for.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cdwarf.h"

#define MAX_RANGES 4000000U
#define MAX_FUNCS  4000000U
#define MAX_NEST   32 /* namespaces and classes in each other */

bool cdw_u(Dwarf_Die *d, unsigned name, Dwarf_Word *v)
{
	Dwarf_Attribute at;

	return dwarf_attr_integrate(d, name, &at) && !dwarf_formudata(&at, v);
}

bool cdw_flag(Dwarf_Die *d, unsigned name)
{
	Dwarf_Attribute at;
	bool v = false;

	return dwarf_attr_integrate(d, name, &at) && !dwarf_formflag(&at, &v) && v;
}

const char *cdw_name(Dwarf_Die *d)
{
	const char *s = dwarf_diename(d);

	return s ? s : "";
}

int cdw_sibling(Dwarf_Die *d)
{
	const void *at = d->addr;
	int rc = dwarf_siblingof(d, d);

	return !rc && (const char *)d->addr <= (const char *)at ? -1 : rc;
}

/* --- units -------------------------------------------------------------------------------- */

static int cmp_range(const void *a, const void *b)
{
	const struct crange *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return x->hi < y->hi ? -1 : x->hi > y->hi;
}

static void add_range(struct cdwarf *c, size_t *cap, Dwarf_Addr lo, Dwarf_Addr hi)
{
	if (lo >= hi || c->nrange >= MAX_RANGES)
		return;
	if (c->nrange == *cap) {
		*cap = *cap ? *cap * 2 : 256;
		c->range = xrealloc(c->range, *cap * sizeof(*c->range));
	}
	c->range[c->nrange++] = (struct crange){ lo, hi, (uint32_t)c->nunit };
}

static void read_units(struct cdwarf *c)
{
	size_t cap = 0, rcap = 0;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (c->nunit < MAX_RANGES && !dwarf_get_units(c->dw, cu, &cu, NULL, &type, &die, NULL)) {
		Dwarf_Addr base, lo, hi;
		ptrdiff_t at = 0;

		if (type != DW_UT_compile || (c->t->go && dwarf_srclang(&die) == DW_LANG_Go))
			continue;
		if (c->nunit == cap) {
			cap = cap ? cap * 2 : 64;
			c->unit = xrealloc(c->unit, cap * sizeof(*c->unit));
		}
		while ((at = dwarf_ranges(&die, at, &base, &lo, &hi)) > 0)
			add_range(c, &rcap, lo, hi);
		c->unit[c->nunit++] = (struct cunit){ .die = die };
	}
	if (c->nrange)
		qsort(c->range, c->nrange, sizeof(*c->range), cmp_range);
}

static void open_it(struct cdwarf *c)
{
	struct tgt *t = c->t;
	const struct section *s = tgt_section(t, ".debug_info");
	const char *file = NULL;

	if (!s)
		s = tgt_section(t, ".zdebug_info");
	c->rc = -ENODATA;
	if (t->no_dwarf) {
		snprintf(c->why, sizeof(c->why), "types of arguments come from DWARF, which was not to be read");
		return;
	}
	if (s && s->type != SHT_NOBITS && s->size && tgt_bytes(t, s->off, s->size)) {
		c->fd = fcntl(t->fd, F_DUPFD_CLOEXEC, 0);
	} else {
		file = debug_file(t);
		c->fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	}
	if (c->fd < 0) {
		snprintf(c->why, sizeof(c->why),
			 "has no DWARF, so the types of arguments are not known: neither in the file itself nor in a "
			 "debug file (looked for by build id and .gnu_debuglink in %s%s/usr/lib/debug)",
			 t->debug_dir ? t->debug_dir : "", t->debug_dir ? " and " : "");
		return;
	}
	c->dw = dwarf_begin(c->fd, DWARF_C_READ);
	if (!c->dw) {
		c->rc = -EBADMSG;
		snprintf(c->why, sizeof(c->why), "the DWARF%s%s cannot be read: %s", file ? " in " : "",
			 file ? file : "", dwarf_errmsg(-1));
		return;
	}
	read_units(c);
	if (!c->nunit) {
		dwarf_end(c->dw);
		c->dw = NULL;
		snprintf(c->why, sizeof(c->why), "the DWARF%s%s describes no code", file ? " in " : "",
			 file ? file : "");
		return;
	}
	c->rc = 0;
}

struct cdwarf *cdw_get(struct tgt *t, int *rc, struct tgt_error *err)
{
	struct cdwarf *c = t->cdwarf;

	if (!c) {
		c = t->cdwarf = xcalloc(1, sizeof(*c));
		c->t = t;
		c->fd = -1;
		c->a = arena_new();
		open_it(c);
	}
	*rc = c->rc;
	if (!c->rc)
		return c;
	tgt_fail(t, err, c->rc, "%s", c->why);
	return NULL;
}

void c_free(struct tgt *t)
{
	struct cdwarf *c = t->cdwarf;

	if (!c)
		return;
	if (c->dw)
		dwarf_end(c->dw);
	if (c->fd >= 0)
		close(c->fd);
	for (size_t i = 0; i < c->nunit; i++)
		free(c->unit[i].fn);
	free(c->unit);
	free(c->range);
	free(c->type);
	free(c->type_key);
	free(c->params);
	cdw_names_free(c);
	arena_free(c->a);
	free(c);
	t->cdwarf = NULL;
}

/* --- functions -------------------------------------------------------------------------------- */

static int cmp_func(const void *a, const void *b)
{
	const struct cfunc *x = a, *y = b;

	return x->pc < y->pc ? -1 : x->pc > y->pc;
}

/* The first byte; a function that is split into hot and cold parts has ranges, the hot one first. */
static bool entry_of(Dwarf_Die *d, Dwarf_Addr *pc)
{
	Dwarf_Addr base, hi;

	if (!dwarf_lowpc(d, pc))
		return true;
	return dwarf_hasattr(d, DW_AT_ranges) && dwarf_ranges(d, 0, &base, pc, &hi) > 0;
}

static void collect(struct cunit *u, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die d;

	if (depth > MAX_NEST || dwarf_child(parent, &d))
		return;
	do {
		Dwarf_Addr pc;

		switch (dwarf_tag(&d)) {
		case DW_TAG_subprogram:
			if (u->nfn >= MAX_FUNCS || !entry_of(&d, &pc))
				break;
			if (u->nfn == u->cfn) {
				u->cfn = u->cfn ? u->cfn * 2 : 64;
				u->fn = xrealloc(u->fn, u->cfn * sizeof(*u->fn));
			}
			u->fn[u->nfn++] = (struct cfunc){ pc, d };
			break;
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_structure_type:
		case DW_TAG_class_type: collect(u, &d, depth + 1); break;
		default: break;
		}
	} while (!cdw_sibling(&d));
}

static struct cunit *unit_of(struct cdwarf *c, uint64_t pc, int back)
{
	size_t lo = 0, hi = c->nrange;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->range[mid].lo <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* inline functions of C++ may be claimed by several units */
	for (; lo; lo--) {
		if (pc < c->range[lo - 1].hi && !back--)
			return &c->unit[c->range[lo - 1].unit];
		if (pc - c->range[lo - 1].lo > 1U << 24)
			break;
	}
	return NULL;
}

bool cdw_function(struct cdwarf *c, uint64_t pc, Dwarf_Die *fn, Dwarf_Die *cu)
{
	struct cunit *u;

	for (int i = 0; i < 4 && (u = unit_of(c, pc, i)); i++) {
		struct cfunc key = { .pc = pc }, *f;

		if (!u->read) {
			u->read = true;
			collect(u, &u->die, 0);
			if (u->nfn)
				qsort(u->fn, u->nfn, sizeof(*u->fn), cmp_func);
		}
		f = u->nfn ? bsearch(&key, u->fn, u->nfn, sizeof(*u->fn), cmp_func) : NULL;
		if (f) {
			*fn = f->die;
			*cu = u->die;
			return true;
		}
	}
	return false;
}

/* --- lines ------------------------------------------------------------------------------------ */

bool c_line(struct tgt *t, uint64_t vaddr, const char **file, unsigned *line)
{
	int rc, ln;
	struct cdwarf *c = cdw_get(t, &rc, NULL);
	struct cunit *u = c ? unit_of(c, vaddr, 0) : NULL;
	Dwarf_Line *l = u ? dwarf_getsrc_die(&u->die, vaddr) : NULL;
	const char *name = l ? dwarf_linesrc(l, NULL, NULL) : NULL;

	if (!name || dwarf_lineno(l, &ln) || ln <= 0)
		return false;
	*file = name;
	*line = (unsigned)ln;
	return true;
}

/* Whether path is file, or ends in "/file". */
static bool path_ends(const char *path, const char *file)
{
	size_t np = strlen(path), nf = strlen(file);

	if (nf > np || strcmp(path + np - nf, file))
		return false;
	return nf == np || *file == '/' || path[np - nf - 1] == '/';
}

struct places {
	struct {
		long func;
		uint64_t addr;
	} * v;
	size_t n, cap;
};

/* One address for each function: the lowest. */
static void add_place(struct tgt *t, struct places *p, uint64_t addr)
{
	long f = tgt_func_at(t, addr);

	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].func != f)
			continue;
		if (addr < p->v[i].addr)
			p->v[i].addr = addr;
		return;
	}
	if (f < 0)
		return;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 4;
		p->v = xrealloc(p->v, p->cap * sizeof(*p->v));
	}
	p->v[p->n].func = f;
	p->v[p->n++].addr = addr;
}

static void lines_of_unit(struct tgt *t, Dwarf_Die *cu, const char *file, int line, int column, struct places *p)
{
	Dwarf_Lines *lines;
	Dwarf_Files *files;
	size_t n, nfiles;
	bool any = false;

	/* most units do not have the file: do not read their lines */
	if (dwarf_getsrcfiles(cu, &files, &nfiles))
		return;
	for (size_t i = 0; i < nfiles && !any; i++) {
		const char *name = dwarf_filesrc(files, i, NULL, NULL);

		any = name && path_ends(name, file);
	}
	if (!any || dwarf_getsrclines(cu, &lines, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		Dwarf_Line *l = dwarf_onesrcline(lines, i);
		const char *name;
		Dwarf_Addr addr;
		bool end, begins;
		int ln, col;

		if (!l || dwarf_lineno(l, &ln) || ln != line || dwarf_lineendsequence(l, &end) || end ||
		    dwarf_linebeginstatement(l, &begins) || !begins || dwarf_lineaddr(l, &addr) ||
		    (column && (dwarf_linecol(l, &col) || col != column)))
			continue;
		name = dwarf_linesrc(l, NULL, NULL);
		if (name && path_ends(name, file))
			add_place(t, p, addr);
	}
}

size_t c_line_to_addrs(struct tgt *t, const char *file, unsigned line, unsigned column, uint64_t **out)
{
	struct places p = { 0 };
	int rc;
	struct cdwarf *c = cdw_get(t, &rc, NULL);
	size_t n = 0;

	*out = NULL;
	for (size_t i = 0; c && line <= INT32_MAX && column <= INT32_MAX && i < c->nunit; i++)
		lines_of_unit(t, &c->unit[i].die, file, (int)line, (int)column, &p);
	if (p.n)
		*out = xcalloc(p.n, sizeof(**out));
	for (size_t i = 0; i < p.n; i++) {
		struct tgt_site s;
		struct tgt_error err;

		if (!tgt_check_site(t, p.v[i].addr, &s, &err))
			(*out)[n++] = p.v[i].addr;
	}
	free(p.v);
	return n;
}
