/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * define.c - a type's definition as text, for gft -lv 'struct ...' and 'type ...'.
 *
 * Entries of DWARF are read directly: the types that the rest of this room
 * hands out look through typedefs, and here a field has to have the type that
 * its source gives it.
 */
#include <errno.h>
#include <string.h>

#include "cdwarf.h"
#include "dwtypes.h"
#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/gotype.h"

#define NEST_MAX   24
#define MEMBER_MAX 20000

/* --- C ---------------------------------------------------------------------------------------- */

struct defining {
	struct buf *out;
	uint32_t members; /* so far, of the type and what lies in it without a name */
};

static bool refers(Dwarf_Die *d, unsigned attr, Dwarf_Die *to)
{
	Dwarf_Attribute at;

	return dwarf_attr_integrate(d, attr, &at) && dwarf_formref_die(&at, to);
}

static void record(struct defining *x, Dwarf_Die *d, unsigned depth);

/*
 * Writes "TYPE NAME" as C declares it.  inner is what stands to the right of
 * the type so far: the name, with a '*' in front for each pointer and "[N]" behind.
 */
static void declare(struct defining *x, Dwarf_Die *type, const char *inner, unsigned depth, unsigned tabs)
{
	int tag = type ? dwarf_tag(type) : 0;
	struct buf b = BUF_INIT;
	const char *word = "", *gap = *inner ? " " : "";
	Dwarf_Die to, *next = type && refers(type, DW_AT_type, &to) ? &to : NULL;

	if (depth > NEST_MAX)
		tag = -1;
	switch (tag) {
	case 0: buf_printf(x->out, "void%s%s", gap, inner); break;
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type: {
		int of = next ? dwarf_tag(next) : 0;
		const char *star = tag == DW_TAG_pointer_type ? "*" : tag == DW_TAG_reference_type ? "&" : "&&";
		bool paren = of == DW_TAG_array_type || of == DW_TAG_subroutine_type;

		buf_printf(&b, "%s%s%s%s", paren ? "(" : "", star, inner, paren ? ")" : "");
		declare(x, next, buf_str(&b), depth + 1, tabs);
		break;
	}
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		word = tag == DW_TAG_const_type	     ? "const"
		       : tag == DW_TAG_volatile_type ? "volatile"
		       : tag == DW_TAG_restrict_type ? "restrict"
						     : "_Atomic";
		if (next && dwarf_tag(next) == DW_TAG_pointer_type) {
			buf_printf(&b, " %s%s%s", word, gap, inner);
			declare(x, next, buf_str(&b), depth + 1, tabs);
		} else {
			buf_printf(x->out, "%s ", word);
			declare(x, next, inner, depth + 1, tabs);
		}
		break;
	case DW_TAG_array_type: {
		Dwarf_Die r;
		Dwarf_Word n;
		bool any = false;

		buf_puts(&b, inner);
		for (int has = dwarf_child(type, &r); !has; has = cdw_sibling(&r)) {
			if (dwarf_tag(&r) != DW_TAG_subrange_type)
				continue;
			any = true;
			if (cdw_u(&r, DW_AT_count, &n))
				buf_printf(&b, "[%llu]", (unsigned long long)n);
			else if (cdw_u(&r, DW_AT_upper_bound, &n))
				buf_printf(&b, "[%llu]", (unsigned long long)n + 1);
			else
				buf_puts(&b, "[]");
		}
		if (!any)
			buf_puts(&b, "[]");
		declare(x, next, buf_str(&b), depth + 1, tabs);
		break;
	}
	case DW_TAG_subroutine_type: {
		struct defining params = { &b, x->members };
		Dwarf_Die p;
		int n = 0;

		buf_printf(&b, "%s(", inner);
		/* counted as members are: functions that take each other are many, soon */
		for (int has = dwarf_child(type, &p); !has && params.members < MEMBER_MAX; has = cdw_sibling(&p)) {
			Dwarf_Die pt;

			if (dwarf_tag(&p) != DW_TAG_formal_parameter && dwarf_tag(&p) != DW_TAG_unspecified_parameters)
				continue;
			params.members++;
			buf_puts(&b, n++ ? ", " : "");
			if (dwarf_tag(&p) == DW_TAG_unspecified_parameters)
				buf_puts(&b, "...");
			else
				declare(&params, refers(&p, DW_AT_type, &pt) ? &pt : NULL, "", depth + 1, tabs);
		}
		x->members = params.members;
		buf_puts(&b, n ? ")" : "void)");
		declare(x, next, buf_str(&b), depth + 1, tabs);
		break;
	}
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		word = tag == DW_TAG_union_type ? "union" : tag == DW_TAG_enumeration_type ? "enum" : "struct";
		if (*cdw_name(type)) {
			buf_printf(x->out, "%s %s%s%s", word, cdw_name(type), gap, inner);
		} else {
			buf_printf(x->out, "%s ", word);
			record(x, type, tabs);
			buf_printf(x->out, "%s%s", gap, inner);
		}
		break;
	default: buf_printf(x->out, "%s%s%s", type && *cdw_name(type) ? cdw_name(type) : "?", gap, inner); break;
	}
	buf_free(&b);
}

static void enumerators(struct defining *x, Dwarf_Die *d, unsigned tabs)
{
	Dwarf_Die m;

	for (int has = dwarf_child(d, &m); !has && x->members < MEMBER_MAX; has = cdw_sibling(&m)) {
		Dwarf_Attribute at;
		Dwarf_Sword v;
		Dwarf_Word u;

		if (dwarf_tag(&m) != DW_TAG_enumerator || !dwarf_attr(&m, DW_AT_const_value, &at))
			continue;
		x->members++;
		buf_pad(x->out, '\t', tabs);
		buf_printf(x->out, "%s = ", cdw_name(&m));
		if (!dwarf_formsdata(&at, &v))
			buf_printf(x->out, "%lld,\n", (long long)v);
		else
			buf_printf(x->out, "%llu,\n", dwarf_formudata(&at, &u) ? 0ULL : (unsigned long long)u);
	}
}

/* "{ ... }", what stands in it tabs + 1 in. */
static void record(struct defining *x, Dwarf_Die *d, unsigned tabs)
{
	Dwarf_Die m;
	Dwarf_Word bits;

	if (tabs > NEST_MAX) {
		buf_puts(x->out, "{ ... }");
		return;
	}
	buf_puts(x->out, "{\n");
	if (dwarf_tag(d) == DW_TAG_enumeration_type)
		enumerators(x, d, tabs + 1);
	else
		for (int has = dwarf_child(d, &m); !has && x->members < MEMBER_MAX; has = cdw_sibling(&m)) {
			Dwarf_Die type;

			if (dwarf_tag(&m) != DW_TAG_member || cdw_flag(&m, DW_AT_external) ||
			    cdw_flag(&m, DW_AT_declaration))
				continue;
			x->members++;
			buf_pad(x->out, '\t', tabs + 1);
			declare(x, refers(&m, DW_AT_type, &type) ? &type : NULL, cdw_name(&m), 0, tabs + 1);
			if (cdw_u(&m, DW_AT_bit_size, &bits))
				buf_printf(x->out, ": %llu", (unsigned long long)bits);
			buf_puts(x->out, ";\n");
		}
	buf_pad(x->out, '\t', tabs);
	buf_puts(x->out, x->members >= MEMBER_MAX ? "... }" : "}");
}

/* C++: what a class is made from. */
static void bases(struct defining *x, Dwarf_Die *d)
{
	const char *sep = " : ";
	Dwarf_Die m, type;

	for (int has = dwarf_child(d, &m); !has; has = cdw_sibling(&m)) {
		if (dwarf_tag(&m) != DW_TAG_inheritance || !refers(&m, DW_AT_type, &type))
			continue;
		buf_printf(x->out, "%s%s", sep, cdw_name(&type));
		sep = ", ";
	}
}

static int define_c(struct tgt *t, char tag, const char *name, struct buf *out, struct tgt_error *err)
{
	struct defining x = { .out = out };
	const struct go_type *type;
	int rc = tgt_c_type(t, tag, name, NULL, 0, &type, err);
	Dwarf_Die d;

	if (rc)
		return rc;
	d = ((const struct ctype *)type)->die; /* a type of C is one of these */
	buf_printf(out, "%s %s", tag == 'u' ? "union" : tag == 'e' ? "enum" : "struct", name);
	if (tag != 'e')
		bases(&x, &d);
	buf_putc(out, ' ');
	record(&x, &d, 0);
	buf_puts(out, ";\n");
	return 0;
}

/* --- Go --------------------------------------------------------------------------------------- */

static const char *part(struct gotype *g, Dwarf_Die *d, unsigned attr)
{
	struct gtype *v = dwt_type(g, d, attr);

	return v ? v->t.name : "?";
}

static void go_fields(const struct go_type *t, struct buf *out)
{
	buf_puts(out, t->nfields ? "struct {\n" : "struct {");
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct go_field *f = &t->fields[i];

		buf_printf(out, "\t%s%s%s // +%u\n", f->embedded ? "" : f->name, f->embedded ? "" : " ", f->type->name,
			   f->off);
	}
	buf_puts(out, "}\n");
}

/* What a type that has a name is made from, where its entry says so. */
static void go_other(struct gotype *g, const struct gtype *v, struct buf *out)
{
	static const char *const bits[] = { [1] = "8", [2] = "16", [4] = "32", [8] = "64", [16] = "128" };
	const struct go_type *t = &v->t;
	const char *n = t->size <= 16 && bits[t->size] ? bits[t->size] : "";
	Dwarf_Word kind = 0;
	Dwarf_Die d;

	if (!dwarf_offdie(g->dw, v->def, &d)) {
		buf_printf(out, "... // %u bytes\n", t->size);
		return;
	}
	cdw_u(&d, AT_GO_KIND, &kind);
	kind &= 0x1f;
	switch (t->kind) {
	case GO_BOOL: buf_puts(out, "bool\n"); break;
	case GO_STRING: buf_puts(out, "string\n"); break;
	case GO_INT: buf_printf(out, "int%s\n", kind == 2 ? "" : n); break;
	case GO_UINT: buf_printf(out, "uint%s\n", kind == 12 ? "ptr" : kind == 7 ? "" : n); break;
	case GO_FLOAT: buf_printf(out, "float%s\n", n); break;
	case GO_COMPLEX: buf_printf(out, "complex%s\n", n); break;
	case GO_SLICE: buf_printf(out, "[]%s\n", t->elem ? t->elem->name : "?"); break;
	case GO_ARRAY:
		buf_printf(out, "[%llu]%s\n", (unsigned long long)t->count, t->elem ? t->elem->name : "?");
		break;
	case GO_PTR: buf_printf(out, t->elem ? "*%s\n" : "unsafe.Pointer\n", t->elem ? t->elem->name : ""); break;
	case GO_MAP: buf_printf(out, "map[%s]%s\n", part(g, &d, AT_GO_KEY), part(g, &d, AT_GO_ELEM)); break;
	case GO_CHAN: buf_printf(out, "chan %s\n", part(g, &d, AT_GO_ELEM)); break;
	case GO_INTERFACE: buf_puts(out, "interface { ... } // its methods are not in DWARF\n"); break;
	case GO_EFACE: buf_puts(out, "interface {}\n"); break;
	case GO_FUNC: buf_puts(out, "func(...)\n"); break;
	default: buf_printf(out, "... // %u bytes\n", t->size); break;
	}
}

static int define_go(struct tgt *t, const char *name, struct buf *out, struct tgt_error *err)
{
	const struct go_type *type;
	struct gotype *g;
	int rc;

	g = dwt_get(t, &rc, err);
	if (!g)
		return rc;
	type = tgt_type_by_name(t, name, err);
	if (!type)
		return -ENOENT;
	buf_printf(out, "type %s ", name);
	if (type->kind == GO_STRUCT)
		go_fields(type, out);
	else if (*name == '*') /* a pointer that nothing mentions has no entry */
		buf_printf(out, "*%s\n", type->elem ? type->elem->name : "?");
	else
		go_other(g, (const struct gtype *)type, out);
	return 0;
}

int tgt_define(struct tgt *t, char tag, const char *name, struct buf *out, struct tgt_error *err)
{
	return tag == 'g' ? define_go(t, name, out, err) : define_c(t, tag, name, out, err);
}
