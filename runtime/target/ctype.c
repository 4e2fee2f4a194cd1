/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ctype.c - types of C, C++ and Rust from DWARF, in the terms of gotype.h, and
 * the parameters of functions: names and types from DWARF, places from sysv.c.
 *
 * DWARF's own places are not used: at -O0 they hold only behind the prologue.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cdwarf.h"

/* Limits against damaged or hostile input. */
#define MAX_TYPES  1000000U
#define MAX_FIELDS 65535U
#define MAX_ENUMS  4096U
#define MAX_PARAMS 256U
#define MAX_DEPTH  48

/* --- the table of types ----------------------------------------------------------------- */

static size_t slot_of(const struct cdwarf *c, const void *key)
{
	return (size_t)(((uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15ULL) >> 20) & (c->type_cap - 1);
}

static struct ctype *known(const struct cdwarf *c, const void *key)
{
	if (!c->type_cap)
		return NULL;
	for (size_t i = slot_of(c, key); c->type[i]; i = (i + 1) & (c->type_cap - 1))
		if (c->type_key[i] == key)
			return c->type[i];
	return NULL;
}

static void put(struct cdwarf *c, const void *key, struct ctype *v)
{
	size_t i = slot_of(c, key);

	while (c->type[i])
		i = (i + 1) & (c->type_cap - 1);
	c->type[i] = v;
	c->type_key[i] = key;
	c->ntype++;
}

static struct ctype *fresh(struct cdwarf *c)
{
	struct ctype *v = ARENA_NEW(c->a, struct ctype);

	v->t.name = "?";
	v->t.priv = v;
	v->t.c = true;
	v->t.align = 1;
	return v;
}

static struct ctype *remember(struct cdwarf *c, const void *key)
{
	struct ctype *v = fresh(c);

	if (c->ntype * 2 >= c->type_cap) {
		struct ctype **old = c->type;
		const void **keys = c->type_key;
		size_t cap = c->type_cap;

		c->type_cap = cap ? cap * 2 : 1024;
		c->type = xcalloc(c->type_cap, sizeof(struct ctype *));
		c->type_key = xcalloc(c->type_cap, sizeof(void *));
		c->ntype = 0;
		for (size_t i = 0; i < cap; i++)
			if (old[i])
				put(c, keys[i], old[i]);
		free(old);
		free(keys);
	}
	put(c, key, v);
	return v;
}

/* --- heads: what an entry alone says -------------------------------------------------------- */

static void base_type(struct ctype *v, Dwarf_Die *d, uint32_t size)
{
	Dwarf_Word enc = 0;

	cdw_u(d, DW_AT_encoding, &enc);
	v->t.size = size;
	v->t.align = size && size <= 16 && !(size & (size - 1)) ? size : 1;
	if (size == 16 && enc != DW_ATE_complex_float) {
		v->t.c_class = enc == DW_ATE_signed || enc == DW_ATE_unsigned ? C_INT128 : C_X87;
		return;
	}
	switch (enc) {
	case DW_ATE_boolean: v->t.kind = size <= 8 ? GO_BOOL : GO_UNKNOWN; break;
	case DW_ATE_signed:
	case DW_ATE_signed_char: v->t.kind = size <= 8 ? GO_INT : GO_UNKNOWN; break;
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
	case DW_ATE_address: v->t.kind = size <= 8 ? GO_UINT : GO_UNKNOWN; break;
	case DW_ATE_float: v->t.kind = size == 4 || size == 8 ? GO_FLOAT : GO_UNKNOWN; break;
	case DW_ATE_complex_float:
		v->t.kind = size == 8 || size == 16 ? GO_COMPLEX : GO_UNKNOWN;
		v->t.align = size / 2;
		break;
	default: break;
	}
	/* char, and not signed char or uint8_t, which are numbers */
	v->t.text = size == 1 && !strcmp(cdw_name(d), "char");
}

static void enumeration(struct cdwarf *c, struct ctype *v, Dwarf_Die *d, uint32_t size)
{
	struct c_enum *e = NULL;
	uint32_t n = 0, cap = 0;
	bool negative = false;
	Dwarf_Die m;

	for (int has = dwarf_child(d, &m); !has && n < MAX_ENUMS; has = cdw_sibling(&m)) {
		Dwarf_Attribute at;
		Dwarf_Sword sv;
		Dwarf_Word uv;
		int64_t val;

		if (dwarf_tag(&m) != DW_TAG_enumerator || !dwarf_attr(&m, DW_AT_const_value, &at))
			continue;
		if (!dwarf_formsdata(&at, &sv))
			val = sv;
		else if (!dwarf_formudata(&at, &uv))
			val = (int64_t)uv;
		else
			continue;
		negative = negative || val < 0;
		ARENA_PUSH(c->a, e, n, cap, ((struct c_enum){ cdw_name(&m), val }));
	}
	v->t.kind = size >= 1 && size <= 8 ? (negative ? GO_INT : GO_UINT) : GO_UNKNOWN;
	v->t.size = size;
	v->t.align = size && size <= 8 ? size : 1;
	v->t.enums = e;
	v->t.nenums = n;
}

static void read_head(struct cdwarf *c, struct ctype *v, Dwarf_Die *d)
{
	Dwarf_Word size = 0, cc = 0;
	int tag = dwarf_tag(d);

	v->die = *d;
	if (cdw_u(d, DW_AT_byte_size, &size) && size > 1U << 30)
		return;
	switch (tag) {
	case DW_TAG_base_type: base_type(v, d, (uint32_t)size); break;
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		v->t.kind = GO_PTR;
		v->t.size = v->t.align = 8;
		v->t.lazy = dwarf_hasattr(d, DW_AT_type);
		break;
	case DW_TAG_ptr_to_member_type:
		v->t.size = size ? (uint32_t)size : 8;
		v->t.align = 8;
		v->t.kind = v->t.size == 8 ? GO_UINT : GO_UNKNOWN;
		v->t.c_class = v->t.size == 8 ? C_BY_KIND : C_NOT_KNOWN;
		break;
	case DW_TAG_enumeration_type: enumeration(c, v, d, (uint32_t)size); break;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		v->t.size = (uint32_t)size;
		if (cdw_flag(d, DW_AT_declaration))
			break;
		v->t.kind = tag == DW_TAG_union_type ? GO_UNION : GO_STRUCT;
		v->t.lazy = true;
		if (cdw_u(d, DW_AT_calling_convention, &cc) && cc == DW_CC_pass_by_reference)
			v->t.c_class = C_BY_REF;
		/* Rust's text: address and length, as Go has it */
		if (!strcmp(cdw_name(d), "&str") && size == 16) {
			v->t.kind = GO_STRING;
			v->t.align = 8;
			v->t.lazy = false;
		}
		break;
	case DW_TAG_array_type:
		v->t.kind = GO_ARRAY;
		v->t.size = (uint32_t)size;
		v->t.lazy = true;
		if (cdw_flag(d, DW_AT_GNU_vector))
			v->t.c_class = C_VECTOR;
		break;
	default: break;
	}
}

/* "struct student", "unsigned int", "size_t", "student *" */
static const char *type_name(struct cdwarf *c, Dwarf_Die *d, const char *alias)
{
	const char *name = alias ? alias : cdw_name(d), *head = "";
	Dwarf_Attribute at;
	Dwarf_Die to;

	if (alias)
		return alias;
	switch (dwarf_tag(d)) {
	case DW_TAG_structure_type: head = "struct "; break;
	case DW_TAG_union_type: head = "union "; break;
	case DW_TAG_enumeration_type: head = "enum "; break;
	case DW_TAG_pointer_type:
		if (!dwarf_attr(d, DW_AT_type, &at))
			return "void *";
		for (int i = 0; i < MAX_DEPTH && dwarf_formref_die(&at, &to); i++) { /* const char */
			if (*cdw_name(&to))
				return arena_printf(c->a, "%s *", cdw_name(&to));
			if (!dwarf_attr(&to, DW_AT_type, &at))
				break;
		}
		return "pointer";
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type: return "reference";
	case DW_TAG_array_type: return "array";
	default: break;
	}
	return *head ? arena_printf(c->a, "%s%s", head, *name ? name : "without a name") : *name ? name : "?";
}

struct ctype *cdw_type_of(struct cdwarf *c, const Dwarf_Die *die)
{
	Dwarf_Die d = *die, next;
	const char *alias = NULL;
	struct ctype *v;

	for (int i = 0; i < MAX_DEPTH; i++) {
		Dwarf_Attribute at;
		int tag = dwarf_tag(&d);

		if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type &&
		    tag != DW_TAG_restrict_type && tag != DW_TAG_atomic_type && tag != DW_TAG_template_alias)
			break;
		if (tag == DW_TAG_typedef && !alias && *cdw_name(&d))
			alias = cdw_name(&d);
		if (!dwarf_attr(&d, DW_AT_type, &at) || !dwarf_formref_die(&at, &next))
			return NULL; /* const void */
		d = next;
	}
	v = known(c, d.addr);
	if (v)
		return v;
	if (c->ntype >= MAX_TYPES)
		return fresh(c);
	v = remember(c, d.addr);
	v->t.name = type_name(c, &d, alias);
	read_head(c, v, &d);
	return v;
}

struct ctype *cdw_type(struct cdwarf *c, Dwarf_Die *d, unsigned attr)
{
	Dwarf_Attribute at;
	Dwarf_Die to;

	return dwarf_attr_integrate(d, attr, &at) && dwarf_formref_die(&at, &to) ? cdw_type_of(c, &to) : NULL;
}

/* --- parts ---------------------------------------------------------------------------------------- */

static int spoil(struct ctype *v)
{
	v->busy = false;
	return type_spoil(&v->t);
}

static int fill(struct cdwarf *c, struct ctype *v, unsigned depth);

/* A bit-field is an integer of its own kind of type: the bytes that hold it, and which bits of them. */
static struct ctype *bit_field(struct cdwarf *c, Dwarf_Die *m, const struct ctype *ft, uint32_t *off)
{
	struct ctype *v = fresh(c);
	Dwarf_Word bits, at, byte = 0, size = ft->t.size;

	if (!cdw_u(m, DW_AT_bit_size, &bits) || !bits || bits > 64 || !ft->t.size || ft->t.size > 8)
		return NULL;
	v->t = ft->t;
	v->t.priv = v;
	if (cdw_u(m, DW_AT_data_bit_offset, &at)) {
		*off = (uint32_t)(at / 8 / size * size);
		at -= *off * 8ULL;
	} else if (cdw_u(m, DW_AT_bit_offset, &at)) { /* DWARF 2 and 3: from the other end */
		if (cdw_u(m, DW_AT_byte_size, &byte) && byte && byte <= 8)
			size = byte;
		if (!cdw_u(m, DW_AT_data_member_location, &byte) || at + bits > size * 8)
			return NULL;
		*off = (uint32_t)byte;
		at = size * 8 - at - bits;
	} else {
		return NULL;
	}
	if (at + bits > size * 8)
		return NULL;
	v->t.size = (uint32_t)size;
	v->t.align = 1;
	v->t.bits = (uint8_t)bits;
	v->t.bit_off = (uint8_t)at;
	v->t.text = false;
	return v;
}

static int fill_fields(struct cdwarf *c, struct ctype *v, unsigned depth)
{
	struct go_field *f = NULL;
	uint32_t n = 0, cap = 0, align = 1;
	Dwarf_Die m;
	int has = dwarf_child(&v->die, &m);

	for (; !has; has = cdw_sibling(&m)) {
		int tag = dwarf_tag(&m);
		Dwarf_Word off = 0;
		struct ctype *ft;
		uint32_t at;

		if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) || cdw_flag(&m, DW_AT_external) ||
		    cdw_flag(&m, DW_AT_declaration))
			continue; /* methods, types, static members */
		ft = cdw_type(c, &m, DW_AT_type);
		if (!ft || n >= MAX_FIELDS || c->nfields >= 64UL * MAX_FIELDS)
			return -EBADMSG;
		if (fill(c, ft, depth + 1) && ft->t.kind != GO_UNKNOWN)
			return -EBADMSG;
		if (dwarf_hasattr(&m, DW_AT_bit_size)) {
			ft = bit_field(c, &m, ft, &at);
			off = at;
			if (!ft)
				return -EBADMSG;
		} else if (dwarf_hasattr(&m, DW_AT_data_member_location)) {
			/* a virtual base lies where the object says, not the type */
			if (!cdw_u(&m, DW_AT_data_member_location, &off))
				continue;
		}
		if (off > v->t.size || (ft->t.size > v->t.size - off && !ft->t.bits))
			return -EBADMSG;
		ARENA_PUSH(c->a, f, n, cap, ((struct go_field){ cdw_name(&m), &ft->t, (uint32_t)off, false }));
		f[n - 1].embedded = tag == DW_TAG_inheritance || !*cdw_name(&m);
		c->nfields++;
		if (ft->t.align > align)
			align = ft->t.align;
	}
	/* text of gccgo: address and length, as Go has it */
	if (n == 2 && v->t.size == 16 && !strcmp(f[0].name, "__data") && !strcmp(f[1].name, "__length")) {
		v->t.kind = GO_STRING;
		v->t.align = 8;
		return 0;
	}
	v->t.fields = f;
	v->t.nfields = n;
	v->t.align = align;
	return has < 0 ? -EBADMSG : 0;
}

/* Number of elements of dimension i, and whether there is one. */
static bool dimension(Dwarf_Die *d, uint32_t i, uint64_t *count)
{
	Dwarf_Word n = 0;
	Dwarf_Die sub;

	for (int has = dwarf_child(d, &sub); !has; has = cdw_sibling(&sub)) {
		if (dwarf_tag(&sub) != DW_TAG_subrange_type || i--)
			continue;
		if (!cdw_u(&sub, DW_AT_count, &n))
			n = cdw_u(&sub, DW_AT_upper_bound, &n) && n < 1U << 30 ? n + 1 : 0;
		*count = n;
		return true;
	}
	return false;
}

/* int a[2][3] is one entry with two subranges: an array of arrays here. */
static int fill_array(struct cdwarf *c, struct ctype *v, unsigned depth)
{
	uint64_t count = 0, inner;
	struct ctype *e;

	dimension(&v->die, v->dim, &count);
	if (dimension(&v->die, v->dim + 1, &inner)) {
		if (v->dim >= 8)
			return -EBADMSG;
		e = fresh(c);
		e->t.kind = GO_ARRAY;
		e->t.name = "array";
		e->t.lazy = true;
		e->die = v->die;
		e->dim = v->dim + 1;
	} else {
		e = cdw_type(c, &v->die, DW_AT_type);
	}
	if (!e || (fill(c, e, depth + 1) && e->t.kind != GO_UNKNOWN))
		return -EBADMSG;
	if (e->t.size && count > (1U << 30) / e->t.size)
		return -EBADMSG;
	v->t.elem = &e->t;
	v->t.count = count;
	v->t.size = (uint32_t)count * e->t.size;
	v->t.align = v->t.c_class == C_VECTOR ? v->t.size : e->t.align;
	return 0;
}

static int fill(struct cdwarf *c, struct ctype *v, unsigned depth)
{
	struct ctype *e;
	int rc = 0;

	if (v->t.kind == GO_UNKNOWN)
		return -EBADMSG;
	if (!v->t.lazy)
		return 0;
	if (v->busy || depth > MAX_DEPTH)
		return spoil(v);
	v->busy = true;
	switch (v->t.kind) {
	case GO_PTR:
		e = cdw_type(c, &v->die, DW_AT_type); /* none: const void * */
		v->t.elem = e ? &e->t : NULL;
		break;
	case GO_ARRAY: rc = fill_array(c, v, depth); break;
	case GO_STRUCT:
	case GO_UNION: rc = fill_fields(c, v, depth); break;
	default: break;
	}
	if (rc || v->t.kind == GO_UNKNOWN)
		return spoil(v);
	v->busy = false;
	v->t.lazy = false;
	return 0;
}

int cdw_fill(struct cdwarf *c, struct ctype *v)
{
	return fill(c, v, 0);
}

int c_type_fill(struct tgt *t, const struct go_type *type)
{
	int rc;
	struct cdwarf *c = cdw_get(t, &rc, NULL);

	return c ? fill(c, (struct ctype *)type->priv, 0) : rc;
}

/* --- parameters -------------------------------------------------------------------------------------- */

/* A copy that the compiler made with other parameters than the source has. */
static bool changed_copy(const char *name)
{
	return strstr(name, ".isra.") || strstr(name, ".constprop.") || strstr(name, ".part.");
}

/*
 * Rust passes what its own rules say, which are written nowhere.  Numbers,
 * pointers and pairs of words go as in C in every version so far.
 */
static bool rust_like_c(const struct go_type *t, unsigned depth)
{
	if (depth > 4 || t->lazy)
		return false;
	if (t->kind == GO_STRUCT) {
		const struct go_type *one = NULL;

		if (t->nfields == 2 && t->size == 16)
			return t->fields[0].type->size == 8 && t->fields[1].type->size == 8 &&
			       t->fields[0].type->kind != GO_FLOAT && t->fields[1].type->kind != GO_FLOAT &&
			       rust_like_c(t->fields[0].type, depth + 1) && rust_like_c(t->fields[1].type, depth + 1);
		for (uint32_t i = 0; i < t->nfields; i++) {
			if (!t->fields[i].type->size)
				continue;
			if (one)
				return false;
			one = t->fields[i].type;
		}
		return one && rust_like_c(one, depth + 1);
	}
	return !t->size || t->kind == GO_BOOL || t->kind == GO_INT || t->kind == GO_UINT || t->kind == GO_FLOAT ||
	       t->kind == GO_PTR || t->kind == GO_STRING;
}

struct reading {
	struct go_param *v;
	struct goabi_val *val;
	uint32_t n, cap, cval;
	bool rust;
	const char *why;
	Dwarf_Die die[MAX_PARAMS]; /* of arguments */
};

/* --- where DWARF says that an argument is when the function is entered ---------------------------------- */

/* DWARF's numbers of registers as go_piece has them; -1: it has it not. */
static int int_reg(unsigned dwarf_reg)
{
	static const int8_t of[] = { 0, 9, 2, 1, 4, 3, -1, -1, 5, 6, 7, 8 };

	return dwarf_reg < sizeof(of) ? of[dwarf_reg] : -1;
}

/* Pieces that are in registers at pc.  False: it says something else, or nothing. */
static bool in_registers(struct arena *a, Dwarf_Die *d, uint64_t pc, uint32_t size, struct go_piece **out, uint32_t *n)
{
	struct go_piece p[2];
	uint32_t off = 0;
	Dwarf_Attribute at;
	Dwarf_Op *op;
	size_t nop;

	*n = 0;
	if (!dwarf_attr(d, DW_AT_location, &at) || dwarf_getlocation_addr(&at, pc, &op, &nop, 1) != 1 || !nop)
		return false;
	for (size_t i = 0; i < nop; i++) {
		unsigned reg = op[i].atom - DW_OP_reg0;
		uint32_t len = size - off;
		bool xmm;

		if (op[i].atom == DW_OP_regx)
			reg = (unsigned)op[i].number;
		else if (op[i].atom < DW_OP_reg0 || op[i].atom > DW_OP_reg31)
			return false;
		if (i + 1 < nop) {
			if (op[i + 1].atom != DW_OP_piece || op[i + 1].number > len)
				return false;
			len = (uint32_t)op[++i].number;
		}
		xmm = reg >= 17 && reg < 33;
		if ((!xmm && int_reg(reg) < 0) || *n == 2 || !len || len > 16)
			return false;
		p[(*n)++] = (struct go_piece){ .place = xmm ? GO_IN_XMM : GO_IN_REG,
					       .reg = (uint8_t)(xmm ? reg - 17 : (unsigned)int_reg(reg)),
					       .size = (uint16_t)len,
					       .off = off };
		off += len;
	}
	if (off != size)
		return false;
	*out = arena_memdup(a, p, *n * sizeof(p[0]));
	return true;
}

/* Whether DWARF knows the number itself at pc: then nobody need pass it. */
static bool is_computed(Dwarf_Die *d, const struct go_type *t, uint64_t pc)
{
	Dwarf_Attribute at;
	Dwarf_Op *op;
	size_t n;

	if (t->kind == GO_STRUCT || t->kind == GO_UNION || t->kind == GO_ARRAY || t->size > 8)
		return false;
	if (!dwarf_attr(d, DW_AT_location, &at))
		return dwarf_hasattr(d, DW_AT_const_value);
	if (dwarf_getlocation_addr(&at, pc, &op, &n, 1) != 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (op[i].atom == DW_OP_implicit_value)
			return true;
		/* from a register, as a bool of Clang, or from what was there at the entry */
		if ((op[i].atom >= DW_OP_reg0 && op[i].atom <= DW_OP_breg31) || op[i].atom == DW_OP_fbreg ||
		    op[i].atom == DW_OP_entry_value || op[i].atom == DW_OP_GNU_entry_value)
			return false;
		if (op[i].atom == DW_OP_stack_value)
			return true;
	}
	return false;
}

/* Whether DWARF has an argument in another register than the rules: the compiler changed the function. */
static bool contradicts(struct arena *a, struct reading *r, uint64_t pc)
{
	for (uint32_t i = 0; i < r->n && !r->v[i].result; i++) {
		const struct goabi_val *v = &r->val[i];
		struct go_piece *p;
		uint32_t n;

		if (!in_registers(a, &r->die[i], pc, r->v[i].type->size, &p, &n) || !v->npieces)
			continue;
		for (uint32_t k = 0; k < n && k < v->npieces; k++)
			if (v->pieces[k].place != GO_AT_REG &&
			    (p[k].place != v->pieces[k].place || p[k].reg != v->pieces[k].reg))
				return true;
	}
	return false;
}

static void without_computed(struct reading *r, uint64_t pc)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		if (!r->v[i].result && is_computed(&r->die[i], r->v[i].type, pc))
			continue;
		r->v[k] = r->v[i];
		r->val[k++] = r->val[i];
	}
	r->n = k;
}

/* Only what DWARF says is in a register when the function is entered; what it was left without is not there. */
static void only_in_registers(struct arena *a, struct reading *r, uint64_t pc)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		struct go_piece *p;
		uint32_t n;

		if (r->v[i].result || !in_registers(a, &r->die[i], pc, r->v[i].type->size, &p, &n))
			continue;
		r->v[k] = r->v[i];
		r->val[k] = r->val[i];
		r->val[k].npieces = n;
		r->val[k++].pieces = p;
	}
	r->n = k;
}

static int add_param(struct cdwarf *c, struct reading *r, const char *name, struct ctype *type, bool result)
{
	uint32_t n = r->n;

	if (!type || n >= MAX_PARAMS || (fill(c, type, 0) && type->t.c_class == C_BY_KIND) ||
	    (r->rust && !rust_like_c(&type->t, 0))) {
		r->why = arena_printf(c->a, "how %s%s is passed is not known: its type is %s%s",
				      result ? "the result" : "argument ", result ? "" : name,
				      type ? type->t.name : "not described",
				      r->rust ? ", which Rust passes by rules of its own" : "");
		return -ENOENT;
	}
	ARENA_PUSH(c->a, r->v, n, r->cap, ((struct go_param){ name, &type->t, result, 0, NULL }));
	n = r->n;
	ARENA_PUSH(c->a, r->val, n, r->cval, ((struct goabi_val){ .type = &type->t, .result = result }));
	r->n = n;
	return 0;
}

static int read_params(struct cdwarf *c, const struct tgt_func *f, Dwarf_Die *fn, Dwarf_Die *cu, struct reading *r)
{
	Dwarf_Word cc = 0;
	struct ctype *ret;
	Dwarf_Die d;
	int rc = 0, lang = dwarf_srclang(cu);

	r->rust = lang == DW_LANG_Rust;
	for (int has = dwarf_child(fn, &d); !has && !rc; has = cdw_sibling(&d))
		if (dwarf_tag(&d) == DW_TAG_formal_parameter && r->n < MAX_PARAMS) {
			r->die[r->n] = d;
			rc = add_param(c, r, cdw_name(&d), cdw_type(c, &d, DW_AT_type), false);
		}
	if (rc)
		return rc;
	ret = cdw_type(c, fn, DW_AT_type);
	if (ret && (rc = add_param(c, r, "~r0", ret, true)))
		return rc;
	rc = sysv_assign(c->a, r->val, r->n);
	/* f.isra.0 and the like; Clang and Rust do the same to functions of one file, and keep the name */
	if (!rc && (changed_copy(f->name) || (cdw_u(fn, DW_AT_calling_convention, &cc) && cc == DW_CC_nocall) ||
		    contradicts(c->a, r, f->entry)))
		only_in_registers(c->a, r, f->entry);
	else if (!rc)
		without_computed(r, f->entry);
	for (uint32_t i = 0; !rc && i < r->n; i++) {
		r->v[i].npieces = r->val[i].npieces;
		r->v[i].pieces = r->val[i].pieces;
	}
	return rc;
}

int c_params(struct tgt *t, uint32_t i, const struct go_param **out, uint32_t *n, struct tgt_error *err)
{
	const struct tgt_func *f = tgt_func(t, i);
	struct reading r = { 0 };
	struct cdwarf *c;
	Dwarf_Die fn, cu;
	int rc;

	*out = NULL;
	*n = 0;
	c = cdw_get(t, &rc, err);
	if (!c)
		return rc;
	if (!c->params) {
		c->nparams = tgt_nfuncs(t);
		c->params = xcalloc(c->nparams, sizeof(*c->params));
		for (size_t k = 0; k < c->nparams; k++)
			c->params[k].rc = 1;
	}
	if (c->params[i].rc > 0) {
		if (!cdw_function(c, f->entry, &fn, &cu)) {
			rc = -ENOENT;
		} else {
			rc = read_params(c, f, &fn, &cu, &r);
		}
		c->params[i].rc = rc;
		c->params[i].why = r.why;
		c->params[i].v = rc ? NULL : r.v;
		c->params[i].n = rc ? 0 : r.n;
	}
	*out = c->params[i].v;
	*n = c->params[i].n;
	rc = c->params[i].rc;
	if (rc && c->params[i].why)
		return tgt_fail(t, err, rc, "%s: %s", f->name, c->params[i].why);
	if (rc == -ENOENT)
		return tgt_fail(t, err, rc, "the DWARF does not describe the arguments of %s", f->name);
	if (rc)
		return tgt_fail(t, err, rc, "the DWARF of %s is damaged: its parameters cannot be read", f->name);
	return 0;
}
