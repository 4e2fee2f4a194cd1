/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_go.c - args.NAME, ret.NAME, ret.0 and what follows them: fields,
 * pointers and elements, to a place that a fetch can read.
 *
 * A clause may run on several functions: what it reads must then lie at the
 * same place, with the same type, in each of them.  What is only printed is
 * captured whole instead, by each site's own plan (gft/capture.h).
 */
#include <stdlib.h>
#include <string.h>

#include "gft/gotype.h"
#include "parser/sema.h"

#define PATH_MAX_STEPS 8
#define BEHIND	       "*" /* as a field of a pointer: all that it points to (follow_stars()) */

/* A chain of names from args or ret to the value. */
struct path {
	const struct expr *root;		 /* the name args or ret */
	const struct expr *step[PATH_MAX_STEPS]; /* the field expressions, outermost last */
	uint32_t n;
	bool result; /* ret alone: the only result, not all there are */
};

/* Where a Go value is while the path is followed. */
struct place {
	const struct go_type *type;
	const struct go_param *param; /* its bytes are the parameter's pieces, from off on; NULL: in memory */
	uint32_t off;
	struct fetcharg at; /* in memory: the address, with the last offset open */
	uint32_t nbounds, nindex;
	struct go_bound bound[GO_BOUNDS_MAX];
	const struct expr *index[GO_BOUNDS_MAX];
};

/* An index that is a number in the script; others are computed when the probe is hit. */
static bool plain_index(const struct expr *e)
{
	int64_t n;

	return sema_const_int(e->b, &n) && n >= 0 && n <= UINT16_MAX;
}

static bool collect(const struct expr *e, struct path *p)
{
	if (e->kind == EX_IDENT) {
		if (strcmp(e->name, "args") != 0 && strcmp(e->name, "ret") != 0)
			return false;
		p->root = e;
		return true;
	}
	if ((e->kind != EX_FIELD && e->kind != EX_TUPIDX && e->kind != EX_INDEX) || !collect(e->a, p))
		return false;
	if (p->n == PATH_MAX_STEPS)
		return false;
	p->step[p->n++] = e;
	return true;
}

static uint64_t index_of(const struct expr *e)
{
	int64_t n = 0;

	sema_const_int(e->b, &n);
	return (uint64_t)n;
}

/* Checks what is computed in a path: an index by a variable. */
static bool check_indexes(struct sema *s, const struct path *p)
{
	bool any = false;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct expr *e = p->step[i];

		if (e->kind != EX_INDEX || plain_index(e))
			continue;
		any = true;
		sema_expr(s, e->b);
		if (!ty_is_int(e->b->type) && e->b->type->kind != TY_NONE)
			sema_error(s, e->b->loc, "an index must be a number, not %s", sema_type_name(s, e->b->type));
	}
	return any;
}

static const char *step_name(struct sema *s, const struct expr *e)
{
	return e->kind == EX_INDEX && !plain_index(e) ? "[...]"
	       : e->kind == EX_INDEX		      ? arena_printf(s->a, "[%llu]", (unsigned long long)index_of(e))
	       : e->kind == EX_TUPIDX		      ? arena_printf(s->a, "%llu", (unsigned long long)e->ival)
						      : e->name;
}

/* The word of 8 bytes (or less) at off of a place, as a fetch; false when it is in a vector register. */
static bool word_at(const struct place *pl, uint32_t off, uint32_t size, struct fetcharg *out)
{
	static const enum fa_reg regs[] = { FR_AX, FR_BX, FR_CX, FR_DI, FR_SI, FR_R8, FR_R9, FR_R10, FR_R11, FR_DX };

	memset(out, 0, sizeof(*out));
	if (!pl->param) {
		*out = pl->at;
		out->offs[out->nderef - 1] += off;
		return true;
	}
	for (uint32_t i = 0; i < pl->param->npieces; i++) {
		const struct go_piece *pc = &pl->param->pieces[i];
		uint32_t at = pl->off + off;

		if (at < pc->off || at + size > pc->off + pc->size)
			continue;
		if (pc->place == GO_IN_XMM)
			return false;
		if (pc->place == GO_IN_REG) {
			out->base = FA_REG;
			out->reg = regs[pc->reg < sizeof(regs) / sizeof(regs[0]) ? pc->reg : 0];
			if (at == pc->off)
				return true;
			/* C packs small fields: the upper bits of the register */
			out->type.kind = FT_BITFIELD;
			out->type.bit_off = (uint8_t)((at - pc->off) * 8);
			return true;
		}
		if (pc->place == GO_AT_REG) {
			out->base = FA_REG;
			out->reg = regs[pc->reg < sizeof(regs) / sizeof(regs[0]) ? pc->reg : 0];
			out->offs[0] = pc->stack + (int64_t)(at - pc->off);
			out->nderef = 1;
			return true;
		}
		if (pc->place == GO_IN_CTX) {
			out->base = FA_REG;
			out->reg = FR_DX;
		} else {
			out->base = FA_STACK;
		}
		out->offs[0] = pc->stack;
		if (pc->place == GO_IN_CTX && pc->reg)
			out->nderef = 1;
		out->offs[out->nderef++] += (int64_t)(at - pc->off);
		return true;
	}
	return false;
}

/* Follows a pointer: what it points to is in memory. */
static bool dereference(struct place *pl)
{
	struct fetcharg w;

	if (!word_at(pl, 0, 8, &w) || w.nderef == 8)
		return false;
	w.offs[w.nderef++] = 0;
	pl->at = w;
	pl->param = NULL;
	pl->off = 0;
	pl->type = pl->type->elem;
	return true;
}

/* The argument or result that the path names; *first is the step that follows it. */
static const struct go_param *find_param(struct sema *s, const struct path *p, const struct go_param *v, uint32_t n,
					 char *list, size_t size, uint32_t *first)
{
	bool results = p->root->name[0] == 'r';
	const struct expr *st = p->step[0];
	uint32_t k = 0;

	list[0] = 0;
	*first = 1;
	/* a function of C has one result, without a name: ret, ret.field */
	for (uint32_t i = 0; results && i < n; i++)
		if (v[i].result && (p->result || (v[i].type->c && st->kind != EX_TUPIDX))) {
			*first = 0;
			return p->result && i + 1 < n && v[i + 1].result ? NULL : &v[i];
		}
	if (p->result)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].result != results)
			continue;
		if (st->kind == EX_TUPIDX ? st->ival == k : st->kind == EX_FIELD && !strcmp(v[i].name, st->name))
			return &v[i];
		snprintf(list + strlen(list), size - strlen(list), "%s", list[0] ? ", " : "");
		if (results && (!v[i].name[0] || v[i].name[0] == '~')) /* the compiler's own name */
			snprintf(list + strlen(list), size - strlen(list), "ret.%u", k);
		else
			snprintf(list + strlen(list), size - strlen(list), "%s", v[i].name[0] ? v[i].name : "_");
		k++;
	}
	(void)s;
	return NULL;
}

static void fill(struct sema *s, const struct go_type *t)
{
	if (t && t->lazy)
		s->res->type_fill(s->res->ctx, s->ci->binary, t);
}

static bool through_pointer(struct sema *s, struct place *pl, const struct expr *e, const char *func)
{
	if (pl->type->kind == GO_PTR) {
		fill(s, pl->type->elem);
		if (!pl->type->elem || !dereference(pl)) {
			sema_error(s, e->loc, "%s: this pointer cannot be followed", func);
			return false;
		}
	}
	fill(s, pl->type);
	return true;
}

static void move(struct place *pl, uint64_t by)
{
	if (pl->param)
		pl->off += (uint32_t)by;
	else
		pl->at.offs[pl->at.nderef - 1] += (int64_t)by;
}

/* Moves on by an index times the size of an element: a number now, or when the probe is hit. */
static bool move_by_index(struct sema *s, struct place *pl, const struct expr *e, uint32_t scale, const char *func)
{
	struct fetcharg w;

	if (plain_index(e)) {
		move(pl, index_of(e) * scale);
		return true;
	}
	if (pl->param) { /* what lies in memory has an address; registers have no numbers that could be computed */
		if (!word_at(pl, 0, 1, &w) || !w.nderef) {
			sema_error(s, e->loc, "%s: this value is in registers: its index must be a plain number", func);
			return false;
		}
		w.type = (struct fa_type){ 0 };
		pl->at = w;
		pl->param = NULL;
		pl->off = 0;
	}
	if (pl->nindex == GO_BOUNDS_MAX || pl->at.nscaled == GO_BOUNDS_MAX) {
		sema_error(s, e->loc, "%s: too many elements of elements", func);
		return false;
	}
	pl->at.scaled[pl->at.nscaled++] =
		(struct fa_scaled){ (uint8_t)(pl->at.nderef - 1), (uint8_t)pl->nindex, scale };
	pl->index[pl->nindex++] = e->b;
	return true;
}

/* p[3] of C: the pointer may be one to many. */
static bool behind_pointer(struct sema *s, struct place *pl, const struct expr *e, const char *func)
{
	const struct go_type *elem = pl->type->elem;

	fill(s, elem);
	if (!elem || !elem->size || !dereference(pl)) {
		sema_error(s, e->loc, "%s: this pointer cannot be followed", func);
		return false;
	}
	pl->type = elem;
	return move_by_index(s, pl, e, elem->size, func);
}

/* args.b[3]: of an array where it lies, of a slice or text behind its pointer. */
static bool element(struct sema *s, struct place *pl, const struct expr *e, const char *func)
{
	static const struct go_type byte = { .kind = GO_UINT, .name = "uint8", .size = 1, .align = 1 };
	const struct go_type *t, *elem;
	uint64_t k = index_of(e);
	struct go_bound *b = &pl->bound[pl->nbounds];

	if (pl->type->kind == GO_PTR && pl->type->c)
		return behind_pointer(s, pl, e, func);
	if (pl->type->kind == GO_PTR && !through_pointer(s, pl, e, func))
		return false;
	t = pl->type;
	elem = t->kind == GO_STRING ? &byte : t->elem;
	if ((t->kind != GO_ARRAY && t->kind != GO_SLICE && t->kind != GO_STRING) || !elem) {
		sema_error(s, e->loc, "%s: %s has no elements that can be read", func,
			   t->name ? t->name : "this value");
		if (t->kind == GO_MAP)
			sema_hint(s, "print() shows how many keys it holds");
		return false;
	}
	fill(s, elem);
	if (t->kind == GO_ARRAY) {
		if (plain_index(e) && k >= t->count && (t->count || !t->c)) {
			sema_error(s, e->loc, "%s: %s has no element %llu", func, t->name ? t->name : "the array",
				   (unsigned long long)k);
			return false;
		}
		if (!plain_index(e) && t->count) {
			if (pl->nbounds == GO_BOUNDS_MAX) {
				sema_error(s, e->loc, "%s: too many elements of elements", func);
				return false;
			}
			*b = (struct go_bound){ .index = pl->nindex, .count = t->count, .at = e };
			pl->nbounds++;
		}
		pl->type = elem;
		return move_by_index(s, pl, e, elem->size, func);
	}
	if (pl->nbounds == GO_BOUNDS_MAX || !word_at(pl, 8, 8, &b->len)) {
		sema_error(s, e->loc, "%s: too many elements of elements", func);
		return false;
	}
	b->len.type = (struct fa_type){ .kind = FT_INT, .bits = 64 };
	b->index = plain_index(e) ? k : pl->nindex;
	b->at = plain_index(e) ? NULL : e;
	pl->nbounds++;
	if (!dereference(pl)) {
		sema_error(s, e->loc, "%s: this pointer cannot be followed", func);
		return false;
	}
	pl->type = elem;
	return move_by_index(s, pl, e, elem->size, func);
}

/* A field by name, also one of a struct that has no name of its own; its offset is added to *off. */
static const struct go_field *find_field(struct sema *s, const struct go_type *t, const char *name, uint32_t *off,
					 unsigned depth)
{
	for (uint32_t i = 0; i < t->nfields; i++)
		if (!strcmp(t->fields[i].name, name)) {
			*off += t->fields[i].off;
			return &t->fields[i];
		}
	for (uint32_t i = 0; i < t->nfields && t->c && depth < 6; i++) {
		const struct go_field *f = &t->fields[i], *in;
		uint32_t at = *off + f->off;

		if (!f->embedded || (f->type->kind != GO_STRUCT && f->type->kind != GO_UNION))
			continue;
		fill(s, f->type);
		in = find_field(s, f->type, name, &at, depth + 1);
		if (in) {
			*off = at;
			return in;
		}
	}
	return NULL;
}

static bool field(struct sema *s, struct place *pl, const struct expr *e, const char *func)
{
	const char *name = step_name(s, e), *names[64];
	const struct go_field *found;
	uint32_t n = 0, off = 0;

	if (e->kind == EX_INDEX)
		return element(s, pl, e, func);
	if (!through_pointer(s, pl, e, func))
		return false;
	if (!strcmp(name, BEHIND))
		return true;
	found = find_field(s, pl->type, name, &off, 0);
	if (found) {
		move(pl, off);
		pl->type = found->type;
		fill(s, pl->type);
		return true;
	}
	for (uint32_t i = 0; i < pl->type->nfields && n < 64; i++)
		names[n++] = pl->type->fields[i].name;
	sema_error(s, e->loc, "%s: %s has no field '%s'", func, pl->type->name ? pl->type->name : "this value", name);
	if (diag_nearest(name, names, n))
		sema_hint(s, "did you mean '%s'?", diag_nearest(name, names, n));
	return false;
}

static const struct gft_type *leaf_type(struct sema *s, const struct go_type *t)
{
	struct gft_type *r;

	if (t->c && t->nenums && (t->kind == GO_INT || t->kind == GO_UINT))
		return sema_from_c(s, s->ci->binary, t);
	switch (t->kind) {
	case GO_BOOL: return &ty_bool;
	case GO_INT:
		if (t->c || !t->name || strcmp(t->name, "time.Duration") != 0)
			return ty_int(t->size, true);
		r = ty_new(s->a, TY_INT);
		r->display = TD_DURATION;
		return r;
	case GO_UINT: return ty_int(t->size, false);
	case GO_STRING: return sema_text(s);
	case GO_ARRAY: /* text of C */
		if (!t->elem || !t->elem->text)
			return NULL;
		return ty_string(s->a, t->count && t->count < s->p->config.max_strlen ? (uint32_t)t->count
										      : s->p->config.max_strlen);
	case GO_PTR:
		if (t->c) /* leads on by C's types */
			return sema_pointer_to(s, sema_from_c(s, s->ci->binary, t), TS_USER);
		/* fallthrough */
	case GO_MAP:
	case GO_CHAN:
	case GO_FUNC:
		r = ty_new(s->a, TY_INT);
		r->is_signed = false;
		r->display = TD_HEX;
		return r;
	default: return NULL;
	}
}

static void hint_place(struct sema *s, const char *more)
{
	const char *reg = s->res->is_go(s->res->ctx, s->ci->binary) ? "ax" : "di";

	sema_hint(s,
		  "read values by place: fetch(n = %%%s:s64) is the first integer argument, fetch(+8(%%%s):s64) a "
		  "field behind it%s",
		  reg, reg, more);
}

/* Follows the path in one function. */
static bool walk(struct sema *s, const struct path *p, uint32_t func, struct place *pl)
{
	const struct resolver *r = s->res;
	const char *name = r->func_name(r->ctx, s->ci->binary, func);
	const struct go_param *v;
	char list[256], err[512];
	uint32_t n, first;

	memset(pl, 0, sizeof(*pl));
	if (r->params(r->ctx, s->ci->binary, func, &v, &n, err, sizeof(err)) < 0) {
		sema_error(s, p->root->loc, "%s", err);
		if (p->root->name[0] == 'a')
			hint_place(s, "");
		else
			sema_hint(s, "read results by place at the exit: ur:FUNC { fetch(r = %%ax:s64); }");
		return false;
	}
	if (!p->n && !p->result)
		return true;
	pl->param = find_param(s, p, v, n, list, sizeof(list), &first);
	if (!pl->param) {
		if (p->result)
			sema_error(s, p->root->loc, first ? "%s has no result" : "%s has several results: ret.0, ret.1",
				   name);
		else
			sema_error(s, p->step[0]->loc, "%s has no %s '%s'", name,
				   p->root->name[0] == 'a' ? "argument" : "result", step_name(s, p->step[0]));
		if (list[0])
			sema_hint(s, "it has %s", list);
		return false;
	}
	pl->type = pl->param->type;
	fill(s, pl->type);
	for (uint32_t i = first; i < p->n; i++)
		if (!field(s, pl, p->step[i], name))
			return false;
	return true;
}

static bool in_xmm(const struct place *pl)
{
	for (uint32_t i = 0; pl->param && i < pl->param->npieces; i++)
		if (pl->param->pieces[i].place == GO_IN_XMM)
			return true;
	return false;
}

/* The elements on the way to the value: what must be there, and what is computed. */
static void take_way(struct go_access *a, const struct place *pl)
{
	a->nbounds = pl->nbounds;
	memcpy(a->bound, pl->bound, sizeof(a->bound));
	a->nindex = pl->nindex;
	memcpy(a->index, pl->index, sizeof(a->index));
}

/* One function's answer. */
static bool resolve(struct sema *s, const struct expr *e, const struct path *p, uint32_t func, struct go_access *out)
{
	const char *name = s->res->func_name(s->res->ctx, s->ci->binary, func);
	struct place pl;

	memset(out, 0, sizeof(*out));
	if (!walk(s, p, func, &pl))
		return false;
	out->type = leaf_type(s, pl.type);
	if (!out->type) {
		sema_error(s, e->loc, "%s: a value of type %s cannot be used in an expression", name,
			   pl.type->name ? pl.type->name : "this");
		sema_hint(s, pl.nindex ? "by an index that is computed only numbers and text can be had: a field of it"
			     : pl.type->kind == GO_STRUCT ? "take a field of it; print() and printf's %%s show it whole"
			     : pl.type->kind == GO_INTERFACE || pl.type->kind == GO_EFACE || pl.type->kind == GO_SLICE
				     ? "compare it with nil; print(), printf's %%s and graph(args, ret) show it"
				     : "print(), printf's %%s and graph(args, ret) show it");
		return false;
	}
	if (pl.type->bits && pl.type->kind == GO_INT) {
		sema_error(s, e->loc, "%s: a bit-field with a sign can be printed only", name);
		return false;
	}
	out->words = pl.type->kind == GO_STRING ? 2 : 1;
	take_way(out, &pl);
	for (uint32_t i = 0; i < out->words; i++) {
		uint32_t size = pl.type->kind == GO_STRING ? 8 : pl.type->kind == GO_ARRAY ? 1 : pl.type->size;
		struct fa_type *t = &out->word[i].type;

		if (!word_at(&pl, i * 8, size, &out->word[i])) {
			sema_error(s, e->loc,
				   in_xmm(&pl) ? "%s: this value is in a vector register, which BPF cannot read"
					       : "%s: this value cannot be read where it lies",
				   name);
			return false;
		}
		if (pl.type->kind == GO_ARRAY) {
			if (!out->word[i].nderef) {
				sema_error(s, e->loc, "%s: this text lies in registers", name);
				return false;
			}
			t->kind = FT_STRING;
		} else if (t->kind == FT_BITFIELD || pl.type->bits) {
			t->bit_off = (uint8_t)(t->bit_off + (pl.type->bits ? pl.type->bit_off : 0));
			t->bit_width = (uint8_t)(pl.type->bits ? pl.type->bits : size * 8);
			t->kind = FT_BITFIELD;
		} else {
			t->kind = pl.type->kind == GO_BOOL ? FT_BOOL : FT_INT;
		}
		t->bits = (uint16_t)(size * 8);
		t->is_signed = pl.type->kind == GO_INT;
		out->word[i].text = "args";
	}
	return true;
}

static bool same_place(const struct fetcharg *a, const struct fetcharg *b)
{
	if (a->base != b->base || a->reg != b->reg || a->nderef != b->nderef || a->nscaled != b->nscaled)
		return false;
	for (uint32_t i = 0; i < a->nderef; i++)
		if (a->offs[i] != b->offs[i])
			return false;
	for (uint32_t i = 0; i < a->nscaled; i++)
		if (a->scaled[i].level != b->scaled[i].level || a->scaled[i].index != b->scaled[i].index ||
		    a->scaled[i].scale != b->scaled[i].scale)
			return false;
	return true;
}

static bool same(const struct go_access *a, const struct go_access *b)
{
	if (a->words != b->words || !ty_equal(a->type, b->type) || a->nbounds != b->nbounds)
		return false;
	for (uint32_t i = 0; i < a->words; i++)
		if (!same_place(&a->word[i], &b->word[i]))
			return false;
	for (uint32_t i = 0; i < a->nbounds; i++)
		if (a->bound[i].index != b->bound[i].index || a->bound[i].count != b->bound[i].count ||
		    !same_place(&a->bound[i].len, &b->bound[i].len))
			return false;
	return true;
}

/* Whether this clause can have the values of p at all. */
static bool allowed(struct sema *s, const struct path *p)
{
	const char *name = p->root->name;

	if (s->ci->where & ~W_UPROBE || !sema_one_binary(s)) {
		sema_error(s, p->root->loc,
			   s->ci->where & ~W_UPROBE ? "%s: this clause has probes that are no functions"
						    : "%s: this clause has functions of several binaries",
			   name);
		sema_hint(s, "give each its own clause");
		return false;
	}
	if ((name[0] == 'a') != !(s->ci->where & W_EXIT) || (s->ci->where & W_ENTRY && s->ci->where & W_EXIT)) {
		sema_error(s, p->root->loc,
			   name[0] == 'a' ? "arguments are gone at the exit" : "there is no result at the entry");
		sema_hint(s, name[0] == 'a' ? "keep it at the entry: u:FUNC { @a[goid] = args.x; }"
					    : "use it in a uretprobe: ur:FUNC { ... }");
		return false;
	}
	if (name[0] == 'a' && sema_inside(s, false)) {
		sema_error(s, p->root->loc,
			   "args: at a place inside of a function its arguments may have been overwritten");
		sema_hint(s, "keep it at the entry: u:FUNC { @a[goid] = args.x; }; fetch(%%ax:s64) reads what is here");
		return false;
	}
	return true;
}

typedef bool access_fn(struct sema *s, const struct expr *e, const struct path *p, uint32_t func, struct go_access *a);

/* Where a value is must be the same in each of the clause's functions; in_func() says where it is in one. */
static bool everywhere(struct sema *s, struct expr *e, const struct path *p, access_fn *in_func)
{
	uint32_t *funcs, n = sema_clause_funcs(s, s->ci->clause->index, &funcs);
	const struct resolver *r = s->res;
	struct go_access first = { 0 }, *acc;

	for (uint32_t i = 0; i < n; i++) {
		struct go_access a;

		if (!in_func(s, e, p, funcs[i], &a))
			return false;
		if (!i) {
			first = a;
		} else if (!same(&first, &a)) {
			sema_error(s, e->loc, "this lies at another place, or has another type, in %s than in %s",
				   r->func_name(r->ctx, s->ci->binary, funcs[i]),
				   r->func_name(r->ctx, s->ci->binary, funcs[0]));
			sema_hint(s, "give each its own clause");
			return false;
		}
	}
	if (!n)
		return false;
	acc = ARENA_NEW(s->a, struct go_access);
	*acc = first;
	e->go = acc;
	s->ci->needs |= NEED_REGS | (p->root->name[0] == 'a' ? NEED_ARGS : 0);
	return true;
}

/* Whether the path leads to a pointer of Go's, in the clause's first function. */
static bool is_go_pointer(struct sema *s, const struct path *p)
{
	uint32_t *funcs, n = sema_clause_funcs(s, s->ci->clause->index, &funcs);
	bool report = s->report, is;
	struct place pl;

	s->report = false;
	is = n && p->n && walk(s, p, funcs[0], &pl) && pl.type->kind == GO_PTR && !pl.type->c;
	s->report = report;
	return is;
}

/* *args.p becomes a step of the path: what a pointer of Go's leads to has a type, where an address is a word. */
static void follow_stars(struct sema *s, struct expr *e)
{
	struct path p = { 0 };

	if (s->tp_args || !(s->ci->where & W_UPROBE))
		return;
	if (e->kind == EX_FIELD || e->kind == EX_TUPIDX || e->kind == EX_INDEX) {
		follow_stars(s, e->a);
		return;
	}
	if (e->kind != EX_UNARY || e->op != OP_DEREF)
		return;
	follow_stars(s, e->a);
	if (!collect(e->a, &p) || !is_go_pointer(s, &p))
		return;
	e->kind = EX_FIELD;
	e->name = BEHIND;
}

bool sema_go_value(struct sema *s, struct expr *e)
{
	struct path p = { 0 };

	follow_stars(s, e);

	if (s->ci->where & W_GO)
		return sema_event_arg(s, e);
	if (s->tp_args || !(s->ci->where & W_UPROBE) || !collect(e, &p))
		return false;
	e->type = &ty_none;
	check_indexes(s, &p);
	if (e->go) {
		e->type = e->go->type;
		return true;
	}
	if (!allowed(s, &p))
		return true;
	p.result = !p.n && p.root->name[0] == 'r';
	if (!p.n && !p.result) {
		sema_error(s, e->loc, "%s as a whole cannot be used in an expression", e->name);
		sema_hint(s, "name one: %s.x; or show all: print(%s), graph(args, ret)", e->name, e->name);
		return true;
	}
	if (everywhere(s, e, &p, resolve))
		e->type = e->go->type;
	return true;
}

/* Arguments and results by name come from DWARF. */
bool sema_go_described(struct sema *s, const struct expr *e)
{
	const struct resolver *r = s->res;
	int bin = s->ci->binary;

	if (bin < 0 || !s->report)
		return true;
	if (!r->has_dwarf(r->ctx, bin)) {
		sema_error(s, e->loc, "%s needs DWARF, and %s has none", e->name, r->binary_name(r->ctx, bin));
		hint_place(s, "; or name a folder of debug files: --debuginfo DIR");
		return false;
	}
	return true;
}

/* The word that holds a value's length. */
static bool length_of(struct place *pl, struct fetcharg *out)
{
	static const struct go_type word = { .kind = GO_UINT, .name = "uint64", .size = 8, .align = 8 };
	struct go_type ptr;
	bool ok;

	switch (pl->type->kind) {
	case GO_STRING:
	case GO_SLICE: return word_at(pl, 8, 8, out);
	case GO_MAP: /* the number of keys comes first in both kinds of maps, that of waiting values in a channel */
	case GO_CHAN:
		ptr = *pl->type;
		ptr.elem = &word;
		pl->type = &ptr;
		ok = dereference(pl);
		pl->type = &word; /* in any case: ptr is gone with this function */
		return ok && word_at(pl, 0, 8, out);
	default: return false;
	}
}

/* The place of a length, as resolve() of a value. */
static bool resolve_len(struct sema *s, const struct expr *e, const struct path *p, uint32_t func, struct go_access *a)
{
	struct place pl;

	*a = (struct go_access){ .words = 1, .type = &ty_i64 };
	if (!walk(s, p, func, &pl))
		return false;
	if (!length_of(&pl, &a->word[0])) {
		sema_error(s, e->args[0]->loc, "%s has no length", pl.type->name ? pl.type->name : "this value");
		return false;
	}
	a->word[0].type = (struct fa_type){ .kind = FT_INT, .bits = 64 };
	take_way(a, &pl);
	return true;
}

bool sema_go_len(struct sema *s, struct expr *e)
{
	struct path p = { 0 };

	if (s->tp_args || !(s->ci->where & W_UPROBE) || !collect(e->args[0], &p) || !p.n)
		return false;
	check_indexes(s, &p);
	if (!e->go && allowed(s, &p))
		everywhere(s, e, &p, resolve_len);
	return true;
}

/* The place of the word that is 0 when the value is nil. */
static bool resolve_word(struct sema *s, const struct expr *e, const struct path *p, uint32_t func, struct go_access *a)
{
	struct place pl;

	*a = (struct go_access){ .words = 1, .type = &ty_u64 };
	if (!walk(s, p, func, &pl))
		return false;
	switch (pl.type->kind) {
	case GO_PTR:
	case GO_INTERFACE:
	case GO_EFACE:
	case GO_SLICE:
	case GO_MAP:
	case GO_CHAN:
	case GO_FUNC: break;
	default:
		sema_error(s, e->loc, "%s is never nil", pl.type->name ? pl.type->name : "this value");
		if (pl.type->kind == GO_STRING)
			sema_hint(s, "compare it with \"\"");
		return false;
	}
	if (!word_at(&pl, 0, 8, &a->word[0])) {
		sema_error(s, e->loc, "this value cannot be read where it lies");
		return false;
	}
	a->word[0].type = (struct fa_type){ .kind = FT_INT, .bits = 64 };
	a->word[0].text = "args";
	take_way(a, &pl);
	return true;
}

bool sema_go_word(struct sema *s, struct expr *x)
{
	struct path p = { 0 };

	if (s->tp_args || !(s->ci->where & W_UPROBE) || s->ci->where & W_GO || !collect(x, &p))
		return false;
	p.result = !p.n && p.root->name[0] == 'r';
	if (!p.n && !p.result)
		return false;
	check_indexes(s, &p);
	x->go = NULL;
	if (allowed(s, &p))
		everywhere(s, x, &p, resolve_word);
	return true;
}

/* --- values that are only printed ----------------------------------------------------------- */

static const char *path_text(struct sema *s, const struct path *p)
{
	const char *t = p->root->name;

	for (uint32_t i = 0; i < p->n; i++)
		t = arena_printf(s->a, "%s%s%s", t, p->step[i]->kind == EX_INDEX ? "" : ".", step_name(s, p->step[i]));
	return t;
}

/*
 * Numbers, bools and text are values of the language; the rest is shown as Go
 * writes it, and what lies elsewhere in each function.
 */
static bool shown_whole(struct sema *s, const struct expr *e, const struct path *p)
{
	uint32_t *funcs, n = sema_clause_funcs(s, s->ci->clause->index, &funcs);
	bool report = s->report, whole = false;
	struct go_access first, a;
	struct place pl;

	s->report = false; /* what is wrong is told by who uses it */
	for (uint32_t i = 0; i < n && !whole; i++) {
		const struct gft_type *leaf;

		if (!walk(s, p, funcs[i], &pl))
			break;
		leaf = leaf_type(s, pl.type);
		whole = !leaf || leaf->display == TD_HEX || leaf->kind == TY_PTR || !resolve(s, e, p, funcs[i], &a) ||
			(i && !same(&first, &a));
		if (!i)
			first = a;
	}
	s->report = report;
	return whole;
}

static void remember_path(struct sema *s, const struct expr *e, const char *path)
{
	struct clause_info *ci = s->ci;

	for (uint32_t i = 0; i < ci->ngo_paths; i++)
		if (!strcmp(ci->go_paths[i], path))
			return;
	if (ci->ngo_paths == GO_VALUES_MAX) {
		sema_error(s, e->loc, "more than %d Go values are printed in one clause", GO_VALUES_MAX);
		return;
	}
	if (!ci->go_paths)
		ci->go_paths = ARENA_ARRAY(s->a, const char *, GO_VALUES_MAX);
	ci->go_paths[ci->ngo_paths++] = path;
}

/* e is printed as what lies at that place: "fetch:REG:OFF,OFF:TYPE" (gopath.c). */
static void shown_by_place(struct sema *s, struct expr *e, const char *path)
{
	if (!e->go) {
		struct go_access *acc = ARENA_NEW(s->a, struct go_access);
		struct gft_type *t = ty_new(s->a, TY_GO);

		acc->path = t->name = path;
		t->align = 8;
		acc->type = t;
		e->go = acc;
	}
	e->type = e->go->type;
	remember_path(s, e, e->go->path);
}

/* Whether a plan can begin there: one of Go's registers, the stack, or an address of the binary. */
static bool plan_begins(const struct fetcharg *f)
{
	return f->base == FA_ADDR || f->base == FA_SYMBOL ||
	       (f->base == FA_REG && (fa_go_reg(f->reg) >= 0 || (f->reg == FR_SP && f->nderef)));
}

/* print(fetch(%bx:error)): the same for a value whose place the script says; "fetch:REG:OFF,OFF:TYPE" (gopath.c). */
static bool fetched_whole(struct sema *s, struct expr *e)
{
	static const char *const names[] = {
		[FT_SLICE] = "slice", [FT_ERROR] = "error", [FT_IFACE] = "iface", [FT_EFACE] = "eface"
	};
	static const struct gft_type unresolved = { .kind = TY_GO, .align = 8, .name = "a Go value" };
	const struct fetcharg *f = e->kind == EX_FETCH && e->nitems == 1 ? e->items[0].arg : NULL;
	enum fa_type_kind k = f ? f->type.kind : FT_INT;
	const char *name = k == FT_NAMED ? f->type.name : k < sizeof(names) / sizeof(*names) ? names[k] : NULL;
	bool is_go = s->ci->binary < 0 || s->res->is_go(s->res->ctx, s->ci->binary);
	const char *path;
	char err[512];

	if (!name || f->type.array || !plan_begins(f) || !(s->ci->where & W_UPROBE) || !is_go)
		return false;
	sema_fetcharg_type(s, e->items[0].arg, e->items[0].loc); /* says what is wrong with it */
	if (s->report && k == FT_NAMED && s->ci->binary >= 0 &&
	    !s->res->type_by_name(s->res->ctx, s->ci->binary, name, err, sizeof(err)))
		sema_error(s, e->items[0].loc, "%s", err);
	if (f->base == FA_SYMBOL) { /* its address is looked up in the last pass, or was told to be missing */
		e->type = &unresolved;
		return true;
	}
	path = f->base != FA_REG ? arena_printf(s->a, "fetch:@%llx:", (unsigned long long)f->addr)
	       : f->reg == FR_SP ? "fetch:sp:"
				 : arena_printf(s->a, "fetch:%d:", fa_go_reg(f->reg));
	for (uint32_t i = 0; i < f->nderef; i++)
		path = arena_printf(s->a, "%s%s%lld", path, i ? "," : "", (long long)f->offs[i]);
	shown_by_place(s, e, arena_printf(s->a, "%s:%s", path, name));
	return true;
}

void sema_go_printed(struct sema *s, struct expr *e)
{
	struct path p = { 0 };
	struct go_access *acc;
	struct gft_type *t;
	uint32_t *funcs, n;
	const char *where;
	struct place pl;

	if (fetched_whole(s, e))
		return;
	follow_stars(s, e);
	where = sema_event_value(s, e);
	if (where) {
		shown_by_place(s, e, where);
		s->ci->needs |= NEED_G | NEED_GOBJ | NEED_REGS | NEED_ARGS;
		return;
	}
	if (s->tp_args || !(s->ci->where & W_UPROBE) || !collect(e, &p)) {
		sema_expr(s, e);
		return;
	}
	/* an index that is computed leads to a number or text, or nowhere */
	for (uint32_t i = 0; i < p.n; i++)
		if (p.step[i]->kind == EX_INDEX && !plain_index(p.step[i])) {
			sema_expr(s, e);
			return;
		}
	if (!e->go && p.n && !shown_whole(s, e, &p)) {
		sema_expr(s, e);
		return;
	}
	e->type = &ty_none;
	if (!p.n && !sema_go_described(s, e))
		return;
	if (!e->go) {
		if (!allowed(s, &p))
			return;
		n = sema_clause_funcs(s, s->ci->clause->index, &funcs);
		for (uint32_t i = 0; p.n && i < n; i++)
			if (!walk(s, &p, funcs[i], &pl))
				return;
		acc = ARENA_NEW(s->a, struct go_access);
		acc->path = path_text(s, &p);
		t = ty_new(s->a, TY_GO);
		t->name = acc->path;
		t->align = 8;
		acc->type = t;
		e->go = acc;
	}
	e->type = e->go->type;
	if (!e->go->path)
		return;
	remember_path(s, e, e->go->path);
	s->ci->needs |= NEED_REGS | (p.root->name[0] == 'a' ? NEED_ARGS : 0);
}
