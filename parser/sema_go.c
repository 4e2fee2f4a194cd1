/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_go.c - args.NAME, ret.NAME, ret.0 and what follows them: fields and
 * pointers, to a place that a fetch can read.
 *
 * A clause may run on several functions: what it reads must then lie at the
 * same place, with the same type, in each of them.
 */
#include <stdlib.h>
#include <string.h>

#include "gft/gotype.h"
#include "parser/sema.h"

#define STRING_ROOM    64
#define PATH_MAX_STEPS 8

/* A chain of names from args or ret to the value. */
struct path {
	const struct expr *root;		 /* the name args or ret */
	const struct expr *step[PATH_MAX_STEPS]; /* the field expressions, outermost last */
	uint32_t n;
};

/* Where a Go value is while the path is followed. */
struct place {
	const struct go_type *type;
	const struct go_param *param; /* its bytes are the parameter's pieces, from off on; NULL: in memory */
	uint32_t off;
	struct fetcharg at; /* in memory: the address, with the last offset open */
};

static bool collect(const struct expr *e, struct path *p)
{
	if (e->kind == EX_IDENT) {
		if (strcmp(e->name, "args") != 0 && strcmp(e->name, "ret") != 0)
			return false;
		p->root = e;
		return true;
	}
	if ((e->kind != EX_FIELD && e->kind != EX_TUPIDX) || !collect(e->a, p))
		return false;
	if (p->n == PATH_MAX_STEPS)
		return false;
	p->step[p->n++] = e;
	return true;
}

static const char *step_name(struct sema *s, const struct expr *e)
{
	return e->kind == EX_TUPIDX ? arena_printf(s->a, "%llu", (unsigned long long)e->ival) : e->name;
}

/* The word of 8 bytes (or less) at off of a place, as a fetch; false when it is in a vector register. */
static bool word_at(const struct place *pl, uint32_t off, uint32_t size, struct fetcharg *out)
{
	static const enum fa_reg regs[] = { FR_AX, FR_BX, FR_CX, FR_DI, FR_SI, FR_R8, FR_R9, FR_R10, FR_R11 };

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
			out->reg = regs[pc->reg < 9 ? pc->reg : 0];
			return at == pc->off;
		}
		out->base = FA_STACK;
		out->offs[0] = pc->stack + (int64_t)(at - pc->off);
		out->nderef = 1;
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

static const struct go_param *find_param(struct sema *s, const struct path *p, const struct go_param *v, uint32_t n,
					 char *list, size_t size)
{
	bool results = p->root->name[0] == 'r';
	const struct expr *st = p->step[0];
	uint32_t k = 0;

	list[0] = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].result != results)
			continue;
		if (st->kind == EX_TUPIDX ? st->ival == k : !strcmp(v[i].name, st->name))
			return &v[i];
		snprintf(list + strlen(list), size - strlen(list), "%s%s", list[0] ? ", " : "",
			 v[i].name[0] ? v[i].name : "_");
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

static bool field(struct sema *s, struct place *pl, const struct expr *e, const char *func)
{
	const char *name = step_name(s, e), *names[64];
	uint32_t n = 0;

	if (pl->type->kind == GO_PTR) {
		fill(s, pl->type->elem);
		if (!pl->type->elem || !dereference(pl)) {
			sema_error(s, e->loc, "%s: this pointer cannot be followed", func);
			return false;
		}
	}
	fill(s, pl->type);
	for (uint32_t i = 0; i < pl->type->nfields; i++) {
		const struct go_field *f = &pl->type->fields[i];

		if (!strcmp(f->name, name)) {
			if (pl->param)
				pl->off += f->off;
			else
				pl->at.offs[pl->at.nderef - 1] += f->off;
			pl->type = f->type;
			fill(s, pl->type);
			return true;
		}
		if (n < 64)
			names[n++] = f->name;
	}
	sema_error(s, e->loc, "%s: %s has no field '%s'", func, pl->type->name ? pl->type->name : "this value", name);
	if (diag_nearest(name, names, n))
		sema_hint(s, "did you mean '%s'?", diag_nearest(name, names, n));
	return false;
}

static const struct gft_type *leaf_type(struct sema *s, const struct go_type *t)
{
	struct gft_type *r;

	switch (t->kind) {
	case GO_BOOL: return &ty_bool;
	case GO_INT:
		if (!t->name || strcmp(t->name, "time.Duration") != 0)
			return ty_int(t->size, true);
		r = ty_new(s->a, TY_INT);
		r->display = TD_DURATION;
		return r;
	case GO_UINT: return ty_int(t->size, false);
	case GO_STRING: return ty_string(s->a, STRING_ROOM);
	case GO_PTR:
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

/* One function's answer. */
static bool resolve(struct sema *s, const struct expr *e, const struct path *p, uint32_t func, struct go_access *out)
{
	const struct resolver *r = s->res;
	const char *name = r->func_name(r->ctx, s->ci->binary, func);
	const struct go_param *v, *param;
	struct place pl;
	char list[256], err[512];
	uint32_t n;

	if (r->params(r->ctx, s->ci->binary, func, &v, &n, err, sizeof(err)) < 0) {
		sema_error(s, p->root->loc, "%s", err);
		sema_hint(s, p->root->name[0] == 'a'
				     ? "read values by place: fetch(n = %%ax:s64) is the first integer argument, "
				       "fetch(+8(%%ax):s64) a field behind it"
				     : "read results by place at the exit: ur:FUNC { fetch(r = %%ax:s64); }");
		return false;
	}
	param = find_param(s, p, v, n, list, sizeof(list));
	if (!param) {
		sema_error(s, p->step[0]->loc, "%s has no %s '%s'", name,
			   p->root->name[0] == 'a' ? "argument" : "result", step_name(s, p->step[0]));
		if (list[0])
			sema_hint(s, "it has %s", list);
		return false;
	}
	memset(&pl, 0, sizeof(pl));
	pl.param = param;
	pl.type = param->type;
	fill(s, pl.type);
	for (uint32_t i = 1; i < p->n; i++)
		if (!field(s, &pl, p->step[i], name))
			return false;
	memset(out, 0, sizeof(*out));
	out->type = leaf_type(s, pl.type);
	if (!out->type) {
		sema_error(s, e->loc, "%s: a value of type %s cannot be used in an expression", name,
			   pl.type->name ? pl.type->name : "this");
		sema_hint(s, pl.type->kind == GO_STRUCT ? "take a field of it, or show all: graph(args, ret)"
							: "graph(args, ret) shows it");
		return false;
	}
	out->words = pl.type->kind == GO_STRING ? 2 : 1;
	for (uint32_t i = 0; i < out->words; i++) {
		uint32_t size = pl.type->kind == GO_STRING ? 8 : pl.type->size;

		if (!word_at(&pl, i * 8, size, &out->word[i])) {
			sema_error(s, e->loc, "%s: this value is in a vector register, which BPF cannot read", name);
			return false;
		}
		out->word[i].type.kind = pl.type->kind == GO_BOOL ? FT_BOOL : FT_INT;
		out->word[i].type.bits = (uint16_t)(size * 8);
		out->word[i].type.is_signed = pl.type->kind == GO_INT;
		out->word[i].text = "args";
	}
	return true;
}

static bool same(const struct go_access *a, const struct go_access *b)
{
	if (a->words != b->words || !ty_equal(a->type, b->type))
		return false;
	for (uint32_t i = 0; i < a->words; i++)
		if (a->word[i].base != b->word[i].base || a->word[i].reg != b->word[i].reg ||
		    a->word[i].nderef != b->word[i].nderef ||
		    memcmp(a->word[i].offs, b->word[i].offs, sizeof(a->word[i].offs)) != 0)
			return false;
	return true;
}

bool sema_go_value(struct sema *s, struct expr *e)
{
	struct path p = { 0 };
	struct go_access first, *acc;
	uint32_t *funcs, n;

	if (s->tp_args || !(s->ci->where & W_UPROBE) || !collect(e, &p))
		return false;
	e->type = &ty_none;
	if (e->go) {
		e->type = e->go->type;
		return true;
	}
	if (s->ci->where & ~W_UPROBE || !sema_one_binary(s)) {
		sema_error(s, p.root->loc,
			   s->ci->where & ~W_UPROBE ? "%s: this clause has probes that are no functions"
						    : "%s: this clause has functions of several binaries",
			   p.root->name);
		sema_hint(s, "give each its own clause");
		return true;
	}
	if (!p.n) {
		sema_error(s, e->loc, "%s as a whole cannot be used in an expression", e->name);
		sema_hint(s, "name one: %s.x; or show all on each line: graph(args, ret)", e->name);
		return true;
	}
	if ((p.root->name[0] == 'a') != !(s->ci->where & W_EXIT) || (s->ci->where & W_ENTRY && s->ci->where & W_EXIT)) {
		sema_error(s, p.root->loc,
			   p.root->name[0] == 'a' ? "arguments are gone at the exit"
						  : "there is no result at the entry");
		sema_hint(s, p.root->name[0] == 'a' ? "keep it at the entry: u:FUNC { @a[goid] = args.x; }"
						    : "use it in a uretprobe: ur:FUNC { ... }");
		return true;
	}
	n = sema_clause_funcs(s, s->ci->clause->index, &funcs);
	for (uint32_t i = 0; i < n; i++) {
		struct go_access a;

		if (!resolve(s, e, &p, funcs[i], &a))
			return true;
		if (!i) {
			first = a;
		} else if (!same(&first, &a)) {
			const struct resolver *r = s->res;

			sema_error(s, e->loc, "this lies at another place, or has another type, in %s than in %s",
				   r->func_name(r->ctx, s->ci->binary, funcs[i]),
				   r->func_name(r->ctx, s->ci->binary, funcs[0]));
			sema_hint(s, "give each its own clause");
			return true;
		}
	}
	if (!n)
		return true;
	acc = ARENA_NEW(s->a, struct go_access);
	*acc = first;
	e->go = acc;
	e->type = acc->type;
	s->ci->needs |= NEED_REGS | (p.root->name[0] == 'a' ? NEED_ARGS : 0);
	return true;
}
