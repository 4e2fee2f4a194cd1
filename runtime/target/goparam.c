/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * goparam.c - the parameters of functions: names and types from DWARF, places
 * from goabi.c.
 *
 * DWARF's locations serve only where older compilers leave a parameter without
 * an entry ("_", before Go 1.22): then the registers of the ones that follow
 * say how many were skipped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dwtypes.h"

#define MAX_PARAMS 1000U

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
	} while (!dwt_sibling(&d));
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

/* The unit named after a function's package: "net/http.(*Client).Do" is in "net/http". */
static struct unit *unit_of_package(struct gotype *g, const char *func)
{
	size_t end = strcspn(func, "([");
	char name[512];
	size_t n = 0;

	while (end && func[end - 1] != '/')
		end--;
	end += strcspn(func + end, ".");
	/* in symbols some characters of a path are written as %2e */
	for (size_t i = 0; i < end && n < sizeof(name) - 1; i++) {
		unsigned c;

		if (func[i] == '%' && sscanf(func + i + 1, "%2x", &c) == 1 && c) {
			name[n++] = (char)c;
			i += 2;
		} else {
			name[n++] = func[i];
		}
	}
	name[n] = 0;
	for (size_t i = 0; i < g->nunit; i++) {
		if (!strcmp(g->unit[i].name, name))
			return &g->unit[i];
	}
	return NULL;
}

/* Units of a Go program do not overlap, but nothing keeps a damaged one from it: look a little to the left. */
static bool find_function(struct gotype *g, const struct tgt_func *f, Dwarf_Die *out)
{
	struct unit *u = unit_of_package(g, f->name);
	size_t lo = 0, hi;

	if (u && in_unit(g, u, f->entry, out))
		return true;
	if (!dwt_full(g))
		return false;
	for (hi = g->nrange; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (g->range[mid].lo <= f->entry)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (int i = 0; lo && i < 4; i++) {
		const struct range *r = &g->range[--lo];

		if (f->entry < r->hi && in_unit(g, &g->unit[r->unit], f->entry, out))
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

/* DWARF's location at pc; 0 operations when there is none. */
static size_t location(struct gotype *g, Dwarf_Die *d, uint64_t pc, Dwarf_Op **op)
{
	Dwarf_Attribute at;
	Dwarf_Die all;
	size_t n;

	if (!g->locs) {
		if (!dwt_full(g) || !dwarf_offdie(g->full, dwarf_dieoffset(d), &all))
			return 0;
		d = &all;
	}
	return dwarf_attr(d, DW_AT_location, &at) && dwarf_getlocation_addr(&at, pc, op, &n, 1) == 1 ? n : 0;
}

/* The earliest place of v, if DWARF's location at pc is one that its type can have. */
static void hint(struct gotype *g, Dwarf_Die *d, uint64_t pc, struct goabi_val *v)
{
	struct goabi_val alone = { .type = v->type };
	struct seen s = { 0 };
	Dwarf_Op *op;
	size_t nop = location(g, d, pc, &op);
	int first[2] = { -1, -1 }, next[2];

	if (!nop)
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

struct reading {
	struct go_param *v;
	const char **names;	   /* of v, as DWARF has them */
	struct go_param *captured; /* of a closure */
	uint32_t ncaptured, ccaptured;
	struct goabi_val *val; /* one more than v: the hidden one has none */
	uint32_t n, cap, namecap, nnames, valcap, nval, nresult;
	bool saw_dict;
	bool in_regs, in_memory; /* where DWARF has small arguments */
};

/*
 * What assembly calls of a Go function is a wrapper that takes ABI0 arguments.
 * In .gopclntab it looks as any other wrapper; its arguments lie in memory
 * where others of that size are in registers.
 */
static void see_abi0(struct gotype *g, struct reading *r, Dwarf_Die *d, uint64_t pc, const struct go_type *type)
{
	Dwarf_Op *op;
	size_t n;

	if (type->size > 8 || type->kind == GO_STRUCT || type->kind == GO_ARRAY)
		return;
	n = location(g, d, pc, &op);
	if (n == 1 && op[0].atom >= DW_OP_reg0 && op[0].atom <= DW_OP_reg31)
		r->in_regs = true;
	else if (n == 1 && (op[0].atom == DW_OP_fbreg || op[0].atom == DW_OP_call_frame_cfa))
		r->in_memory = true;
}

/* --- parameters --------------------------------------------------------------------------------------- */

static const char *param_name(struct gotype *g, const char *name, bool result, uint32_t k)
{
	const char *dot = strstr(name, "\302\267"); /* "x·2": the compiler's number of an inlined copy */

	if (!result)
		return !strcmp(name, "_") || *name == '~' || *name == '.' ? ""
		       : dot && dot != name ? arena_strndup(g->a, name, (size_t)(dot - name))
					    : name;
	/* "~b0" of a "_", "~r2" of Go 1.16 that counts the arguments too */
	if (!*name || !strcmp(name, "_") || *name == '~' || *name == '.')
		return arena_printf(g->a, "~r%u", k);
	return dot && dot != name ? arena_strndup(g->a, name, (size_t)(dot - name)) : name;
}

/* The type of the hidden parameter, and of no other. */
static const struct go_type pointer = { .kind = GO_PTR, .name = "unsafe.Pointer", .size = 8, .align = 8 };

/*
 * The compiler describes some results twice (seen up to Go 1.23, where a function
 * with a defer or a loop has several returns).  No two parameters of a function have
 * one name but "_".
 */
static bool seen_before(const struct reading *r, const char *name, bool result)
{
	for (uint32_t i = 0; i < r->n; i++) {
		if (r->v[i].result == result && !strcmp(r->names[i], name))
			return *name && strcmp(name, "_") != 0;
	}
	return false;
}

static int add_param(struct gotype *g, struct reading *r, Dwarf_Die *d, const struct tgt_func *f)
{
	struct gtype *type = dwt_type(g, d, DW_AT_type);
	bool result = dwt_flag(d, DW_AT_variable_parameter);
	const char *name = dwt_name(d);
	struct goabi_val val = { .result = result };
	uint32_t n = r->n;

	if (!type || r->n >= MAX_PARAMS || dwt_fill(g, type))
		return -EBADMSG;
	if (seen_before(r, name, result))
		return 0;
	val.type = &type->t;
	if (!result && g->minor && g->minor <= 21)
		hint(g, d, f->entry, &val);
	if (!result && (f->flags & TGT_F_WRAPPER))
		see_abi0(g, r, d, f->entry, &type->t);
	if (!strcmp(name, ".dict")) {
		r->saw_dict = true; /* it has an entry since Go 1.27, but is not of the source */
		val.type = &pointer;
		ARENA_PUSH(g->a, r->val, r->nval, r->valcap, val);
		return 0;
	}
	ARENA_PUSH(g->a, r->v, n, r->cap,
		   ((struct go_param){ param_name(g, name, result, r->nresult), &type->t, result, 0, NULL }));
	r->n = n;
	ARENA_PUSH(g->a, r->names, r->nnames, r->namecap, name);
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

/* A variable that a closure captured: its value, or for "&x" its address, is in the context. */
static void add_captured(struct gotype *g, struct reading *r, Dwarf_Die *d)
{
	const char *name = dwt_name(d);
	bool ref = name[0] == '&';
	struct gtype *type = dwt_type(g, d, DW_AT_type);
	Dwarf_Attribute at;
	Dwarf_Word off;
	struct go_piece *pc;
	uint32_t n = r->ncaptured;

	if (!dwarf_attr(d, AT_GO_CLOSURE, &at) || dwarf_formudata(&at, &off) || off > 1 << 20 || !type ||
	    n >= MAX_PARAMS || dwt_fill(g, type))
		return;
	if (ref &&
	    (type->t.kind != GO_PTR || !type->t.elem || dwt_fill(g, (struct gtype *)(uintptr_t)type->t.elem->priv)))
		return;
	pc = ARENA_NEW(g->a, struct go_piece);
	*pc = (struct go_piece){ .place = GO_IN_CTX, .reg = ref, .stack = (int32_t)off };
	pc->size = (uint16_t)(ref ? type->t.elem->size : type->t.size);
	if (!pc->size || (ref ? type->t.elem->size : type->t.size) > UINT16_MAX)
		return;
	ARENA_PUSH(g->a, r->captured, n, r->ccaptured,
		   ((struct go_param){ param_name(g, name + ref, false, 0), ref ? type->t.elem : &type->t, false, 1,
				       pc }));
	r->ncaptured = n;
}

/* Between the arguments and the results. */
static void put_captured(struct gotype *g, struct reading *r)
{
	struct go_param *v;
	uint32_t k = 0;

	if (!r->ncaptured)
		return;
	v = ARENA_ARRAY(g->a, struct go_param, r->n + r->ncaptured);
	while (k < r->n && !r->v[k].result) {
		v[k] = r->v[k];
		k++;
	}
	memcpy(v + k, r->captured, r->ncaptured * sizeof(*v));
	if (r->n > k)
		memcpy(v + k + r->ncaptured, r->v + k, (r->n - k) * sizeof(*v));
	r->v = v;
	r->n += r->ncaptured;
}

static int read_params(struct gotype *g, const struct tgt_func *f, Dwarf_Die *fn, struct params *out)
{
	struct reading r = { 0 };
	bool abi0 = f->flags & (TGT_F_ABI0 | TGT_F_ASM);
	Dwarf_Die d;
	int rc = 0, has = dwarf_child(fn, &d);

	for (; !has && !rc; has = dwt_sibling(&d)) {
		if (dwarf_tag(&d) == DW_TAG_formal_parameter)
			rc = add_param(g, &r, &d, f);
		else if (dwarf_tag(&d) == DW_TAG_variable && dwarf_hasattr(&d, AT_GO_CLOSURE))
			add_captured(g, &r, &d);
	}
	if (!rc && has < 0)
		rc = -EBADMSG;
	if (rc)
		return rc;
	if (!r.n && (f->flags & TGT_F_ASM))
		return -ENOENT; /* the assembler does not know them */
	results_last(&r);
	abi0 = abi0 || (r.in_memory && !r.in_regs);
	rc = place(g, &r, dict_of(dwt_name(fn), g->minor), abi0);
	put_captured(g, &r);
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
	if (f->flags & TGT_F_SYMBOL)
		return c_params(t, i, out, n, err);
	g = dwt_get(t, &rc, err);
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
		if (!find_function(g, f, &fn))
			p->rc = -ENOENT;
		else
			p->rc = read_params(g, f, &fn, p);
	}
	*out = p->v;
	*n = p->n;
	if (p->rc == -ENOENT)
		return tgt_fail(t, err, p->rc, "the DWARF does not describe the arguments of %s%s", f->name,
				f->flags & TGT_F_ASM ? ", which is written in assembly" : "");
	if (p->rc)
		return tgt_fail(t, err, p->rc, "the DWARF of %s is damaged: its parameters cannot be read", f->name);
	return 0;
}
