/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* emit_func.c - functions about text, time, symbols and stacks as C, and comparing values of several parts. */
#include <stdlib.h>
#include <string.h>

#include "codegen/emit.h"
#include "gft/resolve.h"

static const char *take(struct em *m, struct buf *b)
{
	const char *s = arena_strndup(m->a, buf_str(b), b->len);

	buf_free(b);
	return s;
}

/* C of whether the values of types tx and ty at px and py are equal. */
static const char *equal(struct em *m, const char *px, const struct gft_type *tx, const char *py,
			 const struct gft_type *ty)
{
	const char *all = NULL;

	if (tx->kind == TY_STRING)
		return arena_printf(m->a, "gft_str_eq(%s, %u, %s, %u)", px, tx->size, py, ty->size);
	if (emit_is_scalar(tx))
		return arena_printf(m->a, "((__u64)*(%s *)(%s) == (__u64)*(%s *)(%s))", emit_ctype(tx), px,
				    emit_ctype(ty), py);
	if (tx->kind == TY_TUPLE || tx->kind == TY_RECORD) {
		for (uint32_t i = 0; i < tx->nfields; i++) {
			const struct ty_field *f = ty_part(ty, tx, i);
			const char *one = equal(m, arena_printf(m->a, "%s + %u", px, tx->fields[i].off),
						tx->fields[i].type, arena_printf(m->a, "%s + %u", py, f->off), f->type);

			all = all ? arena_printf(m->a, "%s && %s", all, one) : one;
		}
		return all ? arena_printf(m->a, "(%s)", all) : "1";
	}
	/* of buffers of two sizes, one is longer, or what lies behind its length is zero */
	return arena_printf(m->a, "gft_mem_eq(%s, %s, %u)", px, py, tx->size < ty->size ? tx->size : ty->size);
}

/* Of text that is compared with a literal, no more is read than the literal has. */
static const struct gft_type *compared(struct em *m, const struct expr *e, const struct expr *with)
{
	struct gft_type *t;

	if (e->type->kind != TY_STRING || e->kind == EX_VAR || with->kind != EX_STR ||
	    e->type->size <= with->type->size)
		return e->type;
	t = arena_memdup(m->a, e->type, sizeof(*t));
	t->size = with->type->size;
	t->align = with->type->align;
	return t;
}

/* Whether the class runs the clause. */
static bool runs(const struct prog_class *pc, const struct clause_info *ci)
{
	for (uint32_t k = 0; k < pc->nclauses; k++)
		if (pc->clauses[k] == ci->clause->index)
			return true;
	return false;
}

const char *emit_equal(struct em *m, const struct expr *x, const struct expr *y)
{
	const struct gft_type *tx = compared(m, x, y), *ty = compared(m, y, x);
	struct buf o = BUF_INIT;
	const char *px, *py;

	buf_puts(&o, "({ ");
	px = emit_at_as(m, &o, x, tx);
	py = emit_at_as(m, &o, y, ty);
	buf_printf(&o, "%s; })", equal(m, px, tx, py, ty));
	return take(m, &o);
}

/* $text[i], $array[i], $pointer[i] */
const char *emit_index(struct em *m, const struct expr *e)
{
	const char *c = emit_ctype(e->type), *p, *i = emit_val(m, e->b);
	const struct gft_type *t = e->a->type;
	struct buf o = BUF_INIT;
	unsigned n = m->tmp++;

	buf_puts(&o, "({ ");
	p = emit_at(m, &o, e->a);
	buf_printf(&o, "__u64 i%u = %s; i%u < %u ? *(%s *)(%s + i%u * %u) : 0; })", n, i, n,
		   t->kind == TY_ARRAY ? t->count : t->size, c, p, n, e->type->size);
	return take(m, &o);
}

static const char *len(struct em *m, const struct expr *e)
{
	const struct expr *a = e->args[0];
	struct buf o = BUF_INIT;
	const char *p;

	if (a->kind == EX_MAP && !a->nargs && a->map->key)
		return arena_printf(m->a, "bpf_for_each_map_elem(&%s, gft_next_row, 0, 0)", a->map->bpf_name);
	buf_puts(&o, "({ ");
	p = emit_at(m, &o, a);
	if (a->type->kind == TY_STACK)
		buf_printf(&o, "*(__u32 *)(%s + 12); })", p);
	else
		buf_printf(&o, "gft_str_len(c, %s, %u); })", p, a->type->size);
	return take(m, &o);
}

static const char *find(struct em *m, const struct expr *e)
{
	const struct map *map = e->args[0]->map;
	const struct var *v = e->args[1]->var;
	const char *name = emit_var(m, v), *k;
	struct buf o = BUF_INIT;
	unsigned n;

	buf_puts(&o, "({ ");
	k = emit_key(m, &o, e->args[0]);
	n = m->tmp++;
	buf_printf(&o, "char *p%u = bpf_map_lookup_elem(&%s, %s); if (p%u) { ", n, map->bpf_name, k, n);
	if (emit_is_scalar(v->type))
		buf_printf(&o, "%s = *(%s *)p%u; ", name, emit_ctype(map->value), n);
	else
		emit_convert(m, &o, name, v->type, arena_printf(m->a, "p%u", n), map->value);
	/* opaque, as for has_key() */
	buf_printf(&o, "} __u64 h%u = p%u != 0; barrier_var(h%u); h%u; })", n, n, n, n);
	return take(m, &o);
}

/* The first bytes of a value, size at least. */
static const char *first_bytes(struct em *m, struct buf *o, const struct expr *e, uint32_t size)
{
	const struct gft_type part = { .kind = TY_STRING, .size = size, .align = 1 };

	if ((e->kind == EX_VAR && e->type->size >= size) || e->type->kind != TY_STRING)
		return emit_at(m, o, e);
	return emit_at_as(m, o, e, arena_memdup(m->a, &part, sizeof(part)));
}

/* strncmp(), memcmp() */
static const char *compare(struct em *m, const struct expr *e)
{
	uint32_t na = e->args[0]->type->size, nb = e->args[1]->type->size, n = na < nb ? na : nb;
	struct buf o = BUF_INIT;
	const char *p[2] = { "", "" };

	/* text of the whole size has no NUL: the longer one's next byte decides */
	if (e->fn->id == FN_STRNCMP && na != nb)
		n++;
	if (e->ival < n)
		n = (uint32_t)e->ival;
	if (!n)
		return "0LL";
	buf_puts(&o, "({ ");
	for (int i = 0; i < 2; i++)
		p[i] = first_bytes(m, &o, e->args[i], n);
	buf_printf(&o, "gft_bytes_cmp(c, %s, %s, %u, %s); })", p[0], p[1], n,
		   e->fn->id == FN_MEMCMP ? "false" : "true");
	return take(m, &o);
}

/* strcontains(), strstr() */
static const char *find_text(struct em *m, const struct expr *e)
{
	struct buf o = BUF_INIT;
	const char *p[2] = { "", "" };

	buf_puts(&o, "({ ");
	for (int i = 0; i < 2; i++)
		p[i] = emit_at(m, &o, e->args[i]);
	buf_printf(&o, "gft_str_find(c, %s, %u, %s, %u)%s; })", p[0], e->args[0]->type->size, p[1],
		   e->args[1]->type->size, e->fn->id == FN_STRCONTAINS ? " >= 0" : "");
	return take(m, &o);
}

/* Whether a Go type has that name: its address in the file is one of those that have. */
const char *emit_type_test(struct em *m, const struct expr *type, const char *text)
{
	const struct resolver *r = m->p->res;
	struct buf o = BUF_INIT;
	uint64_t done = 0;
	const char *p;

	buf_puts(&o, "({ ");
	p = emit_at(m, &o, type);
	if (!strcmp(text, "nil")) { /* what none is printed as */
		buf_printf(&o, "!*(__u64 *)(%s); })", p);
		return take(m, &o);
	}
	m->bias = true;
	buf_printf(&o, "__u64 type%u = *(__u64 *)(%s) - gft_bias(c); 0", m->tmp, p);
	for (uint32_t i = 0; i < m->p->nclasses; i++) {
		const struct prog_class *pc = &m->p->classes[i];
		uint64_t *addrs = NULL;
		size_t n = 0;

		if (!pc->event || done & 1ULL << pc->binary || !runs(pc, m->ci))
			continue;
		done |= 1ULL << pc->binary;
		if (r->type_addrs)
			n = r->type_addrs(r->ctx, pc->binary, text, &addrs);
		for (size_t k = 0; k < n; k++)
			buf_printf(&o, " || (c->layout == %d && type%u == 0x%llxULL)", pc->binary, m->tmp,
				   (unsigned long long)addrs[k]);
		free(addrs);
	}
	m->tmp++;
	buf_puts(&o, "; })");
	return take(m, &o);
}

const char *emit_name_test(struct em *m, const struct expr *name, int test)
{
	m->names = true;
	return arena_printf(m->a, "gft_is_named(%s, %d)", emit_val(m, name), test - 1);
}

const char *emit_func(struct em *m, const struct expr *e)
{
	const char *a;

	if (e->number && emit_is_scalar(e->args[0]->type) && (e->fn->id == FN_STRNCMP || e->fn->id == FN_STRCONTAINS)) {
		a = emit_name_test(m, e->args[0], e->number);
		return e->fn->id == FN_STRNCMP ? arena_printf(m->a, "(__s64)!%s", a) : a;
	}
	switch (e->fn->id) {
	case FN_LEN:
	case FN_STRLEN: return len(m, e);
	case FN_FIND: return find(m, e);
	case FN_STRNCMP:
	case FN_MEMCMP: return compare(m, e);
	case FN_STRSTR:
	case FN_STRCONTAINS: return find_text(m, e);
	case FN_IS:
	case FN_COMPTIME:
	case FN_STRCAP: return arena_printf(m->a, "%lluULL", (unsigned long long)e->ival);
	case FN_UADDR:
		m->bias = true;
		return arena_printf(m->a, "(0x%llxULL + gft_bias(c))", (unsigned long long)e->ival);
	case FN_KADDR:
	case FN_PERCPU_KADDR: return emit_kaddr(m, e);
	case FN_BSWAP:
		a = emit_val(m, e->args[0]);
		return e->type->size == 1 ? a : arena_printf(m->a, "__builtin_bswap%u(%s)", e->type->size * 8, a);
	default: return arena_printf(m->a, "((%s)%s)", emit_ctype(e->type), emit_val(m, e->args[0]));
	}
}

/* n bytes of an address: an array of them, what a pointer leads to, or a number. */
static void address_bytes(struct em *m, struct buf *b, const char *dst, const struct expr *a, uint32_t n)
{
	unsigned x = m->tmp++;

	if (a->type->kind == TY_ARRAY || a->type->kind == TY_STRING) {
		const char *p;

		buf_puts(b, "{ ");
		p = emit_at(m, b, a);
		buf_printf(b, "__builtin_memcpy(%s, %s, %u); } ", dst, p, n);
	} else if (a->type->kind == TY_PTR) {
		buf_printf(b, "gft_read_%s(%s, %u, (__u64)%s); ", emit_space(a->type->space), dst, n, emit_val(m, a));
	} else {
		buf_printf(b, "{ __u64 x%u = %s; __builtin_memcpy(%s, &x%u, %u); } ", x, emit_val(m, a), dst, x,
			   n < 8 ? n : 8);
	}
}

static void stack(struct buf *b, const char *dst, const struct expr *e)
{
	bool user = e->type->stack_kind != STACK_KERNEL;

	buf_printf(b, "gft_stack(c, %s, %s, %u); ", dst, user ? "GFT_STACK_USER" : "0", e->type->count);
}

const char *emit_try(struct em *m, const struct expr *e, bool ends_at_nul, const char *addr)
{
	return emit_checked(m, e->loc, ends_at_nul ? "probe_read_user_str" : "probe_read_user",
			    arena_printf(m->a, "gft_try(%s)", addr));
}

/* str(p, n), buf(p, n); len: the length, NULL: it is given.  With -k memory that is not there is told. */
static void pointer_read(struct em *m, struct buf *b, const char *what, const char *dst, uint32_t size,
			 const struct expr *e, const char *len)
{
	const char *addr = arena_printf(m->a, "(__u64)%s", emit_val(m, e->args[0]));

	if (m->p->checks) {
		unsigned n = m->tmp++;

		const char *a = arena_printf(m->a, "a%u", n);

		buf_printf(b, "{ __u64 %s = %s; %s; ", a, addr, emit_try(m, e, what[0] == 's' && e->nargs == 1, a));
		addr = a;
	}
	buf_printf(b, "gft_%s%s(%s, %u, %s, ", what, emit_suffix((unsigned)e->number), dst, size, addr);
	buf_printf(b, "%s); ", len ? len : emit_val(m, e->args[1]));
	if (m->p->checks)
		buf_puts(b, "} ");
}

/* buf(); t may be of a longer one. */
static void buffer(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e)
{
	const struct expr *a = e->args[0], *len = e->nargs > 1 ? e->args[1] : NULL;
	uint32_t count = e->type->count, have = a->type->size;
	const char *p, *all = arena_printf(m->a, "%u", count);
	bool own = a->type->kind == TY_STRING || a->type->kind == TY_ARRAY;

	/* a longer one's place, or text that is shorter: zeros behind it */
	if (t->count > count || (own && have < count))
		buf_printf(b, "gft_zero(%s, %u); ", dst, t->size);
	if (!own) {
		pointer_read(m, b, "buf", dst, count, e, len ? NULL : all);
		return;
	}
	buf_puts(b, "{ ");
	p = emit_at(m, b, a);
	if (have < count) {
		buf_printf(b, "gft_buf_value(%s, %u, %s, %u); *(__u32 *)(%s) = %s; } ", dst, have, p, have, dst, all);
		return;
	}
	if (a->type->kind == TY_STRING)
		all = arena_printf(m->a, "gft_str_len(c, %s, %u)", p, have);
	buf_printf(b, "gft_buf_value(%s, %u, %s, %s); } ", dst, count, p, len ? emit_val(m, len) : all);
}

void emit_func_into(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e)
{
	const struct expr *a = e->nargs ? e->args[0] : NULL;
	int clock;

	switch (e->fn->id) {
	case FN_STRFTIME:
		a = e->args[1];
		clock = a->kind == EX_IDENT ? a->number : NSECS_MONOTONIC;
		/* user space knows the monotonic clock and that of boots */
		buf_printf(b, "*(__u64 *)(%s) = %s%s; *(__u32 *)(%s + 8) = %d; *(__u32 *)(%s + 12) = %d; ", dst,
			   emit_val(m, a), clock == NSECS_TAI ? " - bpf_ktime_get_tai_ns() + bpf_ktime_get_ns()" : "",
			   dst, e->number, dst, clock == NSECS_BOOT);
		return;
	case FN_BUF: buffer(m, b, dst, t, e); return;
	case FN_STR_CONCAT: {
		const struct gft_type *ta = a->type, *tb = e->args[1]->type;
		const char *p, *q;

		buf_puts(b, "{ ");
		p = emit_at(m, b, a);
		q = emit_at(m, b, e->args[1]);
		emit_convert(m, b, dst, t, p, ta);
		buf_printf(b, "gft_str_append(c, %s, %u, gft_str_len(c, %s, %u), %s, %u); } ", dst, t->size, p,
			   ta->size, q, tb->size);
		return;
	}
	case FN_USYM:
		buf_printf(b, "*(__u64 *)(%s) = %s; *(__u32 *)(%s + 8) = gft_pid(c); *(__u32 *)(%s + 12) = 0; ", dst,
			   emit_val(m, a), dst, dst);
		return;
	case FN_STACK: stack(b, dst, e); return;
	case FN_NTOP:
		a = e->args[e->nargs - 1];
		buf_printf(b, "__builtin_memset(%s, 0, %u); *(__u32 *)(%s) = %d; ", dst, t->size, dst, e->number);
		address_bytes(m, b, arena_printf(m->a, "%s + 4", dst), a, e->number == 2 ? 4 : 16);
		return;
	case FN_MACADDR: address_bytes(m, b, dst, a, 6); return;
	case FN_CGROUP_PATH: buf_printf(b, "*(__u64 *)(%s) = %s; ", dst, emit_val(m, a)); return;
	case FN_PTON:
		buf_printf(b, "__builtin_memcpy(%s, \"", dst);
		emit_cstring(b, e->str, e->len);
		buf_printf(b, "\", %u); ", e->len);
		return;
	default: /* str() */ pointer_read(m, b, "str", dst, t->size, e, e->nargs > 1 ? NULL : "0"); return;
	}
}
