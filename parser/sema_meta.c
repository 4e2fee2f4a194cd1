/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_meta.c - functions that are decided while the script is checked (is_str()
 * and its kin, static_assert(), fail(), cgroupid(), pton()), assert(), and
 * addresses of networks.
 *
 * What depends on types may change from pass to pass, so the answer is written
 * into the call (ival, is_const) each time; the call itself stays.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "gft/buf.h"
#include "gft/output.h"
#include "parser/sema.h"

bool sema_const_call(const struct expr *e, int64_t *out)
{
	*out = (int64_t)e->ival;
	return e->is_const && e->fn;
}

static bool is_literal(const struct expr *e)
{
	return expr_is_literal(e) || e->kind == EX_INT || e->kind == EX_STR || e->kind == EX_BOOL ||
	       e->kind == EX_POSPARAM;
}

/* Whether a map, of which only the name is given, has no keys. */
static void check_scalar(struct sema *s, struct expr *e)
{
	struct expr *a = e->args[0];
	const struct map *m;

	if (a->kind != EX_MAP || a->nargs) {
		sema_expr(s, a);
		sema_error(s, a->loc, "is_scalar takes a map's name, without a key");
		sema_hint(s, "%s", e->fn->help);
		return;
	}
	m = sema_map(s, a);
	if (!m->key_seen)
		sema_error(s, a->loc, "%s is asked about but never used", m->name);
	e->is_const = m->key_seen;
	e->ival = !m->keyed;
}

/* is_str(), is_integer(), ... */
static void check_is(struct sema *s, struct expr *e)
{
	struct expr *a = e->args[0];
	const char *what = e->name + 3;
	const struct gft_type *t;

	e->type = &ty_bool;
	if (!strcmp(what, "scalar")) {
		check_scalar(s, e);
		return;
	}
	sema_expr(s, a);
	t = a->type;
	e->is_const = t->kind != TY_NONE;
	if (!strcmp(what, "str"))
		e->ival = t->kind == TY_STRING;
	else if (!strcmp(what, "ptr"))
		e->ival = t->kind == TY_PTR;
	else if (!strcmp(what, "array"))
		e->ival = t->kind == TY_ARRAY;
	else if (!strcmp(what, "integer"))
		e->ival = t->kind == TY_INT;
	else if (!strcmp(what, "unsigned_integer"))
		e->ival = t->kind == TY_INT && !t->is_signed;
	else
		e->ival = is_literal(a);
}

static void check_comptime(struct sema *s, struct expr *e)
{
	int64_t v = 0;

	sema_expr(s, e->args[0]);
	e->type = e->args[0]->type;
	e->is_const = sema_const_int(e->args[0], &v);
	e->ival = (uint64_t)v;
	if (!e->is_const && e->args[0]->type->kind != TY_NONE)
		sema_error(s, e->args[0]->loc, "this is not known before the script runs");
}

/* Text and numbers of a message that is told while the script is checked. */
static const char *formatted(struct sema *s, const struct expr *e, uint32_t first)
{
	struct expr *const *args = e->args + first;
	const struct gft_type **types = ARENA_ARRAY(s->a, const struct gft_type *, e->nargs + 1);
	struct value_arg *v = ARENA_ARRAY(s->a, struct value_arg, e->nargs + 1);
	uint32_t n = e->nargs - first - 1;
	struct buf b = BUF_INIT;
	const char *msg;

	if (args[0]->kind != EX_STR) {
		sema_error(s, args[0]->loc, "%s's message must be a literal string", e->name);
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct expr *x = args[i + 1];
		int64_t *num = ARENA_NEW(s->a, int64_t);

		sema_expr(s, x);
		types[i] = x->type;
		if ((x->kind == EX_STR || x->kind == EX_POSPARAM) && x->str) {
			char *text = ARENA_ARRAY(s->a, char, x->type->size + 1);

			memcpy(text, x->str, x->len < x->type->size ? x->len : x->type->size);
			v[i] = (struct value_arg){ x->type, text };
		} else if (sema_const_int(x, num)) {
			types[i] = &ty_i64;
			v[i] = (struct value_arg){ &ty_i64, num };
		} else {
			sema_error(s, x->loc, "%s's values must be known before the script runs", e->name);
			return NULL;
		}
	}
	msg = value_printf_check(&b, args[0]->str, types, n);
	if (msg) {
		sema_error(s, e->loc, "%s", msg);
		msg = NULL;
	} else {
		buf_reset(&b);
		value_printf(&b, NULL, args[0]->str, v, n);
		msg = arena_strdup(s->a, buf_str(&b));
	}
	buf_free(&b);
	return msg;
}

static void check_static_assert(struct sema *s, struct expr *e)
{
	const char *msg;
	int64_t v;

	sema_expr(s, e->args[0]);
	if (!s->report || s->never)
		return;
	if (!sema_const_int(e->args[0], &v)) {
		sema_error(s, e->args[0]->loc, "this is not known before the script runs");
		sema_hint(s, "assert() looks while the script runs");
		return;
	}
	msg = v ? NULL : formatted(s, e, 1);
	if (msg)
		sema_error(s, e->loc, "%s", msg);
}

static struct stmt *call_stmt(struct sema *s, struct expr *e, const char *name, struct expr **args, uint32_t n)
{
	struct stmt *st = stmt_new(s->p->ast, ST_EXPR, e->loc);

	st->e = expr_new(s->p->ast, EX_CALL, e->loc);
	st->e->name = name;
	st->e->args = args;
	st->e->nargs = n;
	return st;
}

/* assert(c, msg) is if (c) { } else { errorf("assert failed: %s", msg); exit(1); } */
static void check_assert(struct sema *s, struct expr *e)
{
	struct expr **told = ARENA_ARRAY(s->a, struct expr *, 2), **status = ARENA_ARRAY(s->a, struct expr *, 1);

	told[0] = expr_new(s->p->ast, EX_STR, e->loc);
	told[0]->str = "assert failed: %s";
	told[0]->len = (uint32_t)strlen(told[0]->str);
	told[1] = e->args[1];
	status[0] = expr_new(s->p->ast, EX_INT, e->loc);
	status[0]->ival = 1;
	e->a = e->args[0];
	e->block = block_new(s->p->ast, e->loc);
	e->block2 = block_new(s->p->ast, e->loc);
	block_add(e->block2, call_stmt(s, e, "errorf", told, 2));
	block_add(e->block2, call_stmt(s, e, "exit", status, 1));
	e->kind = EX_IF;
	sema_expr(s, e);
}

static void check_cgroupid(struct sema *s, struct expr *e)
{
	const struct expr *a = e->args[0];
	struct stat st;

	e->type = &ty_u64;
	if (a->kind != EX_STR) {
		sema_error(s, a->loc, "cgroupid takes a path as a literal: cgroupid(\"/sys/fs/cgroup/system.slice\")");
		return;
	}
	/* of cgroup v2 a group's id is the number of its folder (kernfs, on 64-bit systems) */
	if (stat(a->str, &st) != 0) {
		sema_error(s, a->loc, "%s: %s", a->str, strerror(errno));
		return;
	}
	e->kind = EX_INT;
	e->is_unsigned = true;
	e->ival = st.st_ino;
}

static void check_cgroup_path(struct sema *s, struct expr *e)
{
	struct gft_type *t = ty_new(s->a, TY_CGROUP);

	sema_expr(s, e->args[0]);
	if (!ty_is_int(e->args[0]->type) && e->args[0]->type->kind != TY_NONE)
		sema_error(s, e->args[0]->loc, "cgroup_path needs a cgroup's id, not %s",
			   sema_type_name(s, e->args[0]->type));
	if (e->nargs > 1 && e->args[1]->kind != EX_STR)
		sema_error(s, e->args[1]->loc, "cgroup_path's filter must be a literal string");
	else if (e->nargs > 1)
		t->name = e->args[1]->str;
	e->type = t;
}

/* --- addresses of networks ----------------------------------------------------------------------- */

static bool bytes_array(const struct gft_type *t, uint32_t n)
{
	return t->kind == TY_ARRAY && t->elem && t->elem->kind == TY_INT && t->elem->size == 1 && t->count == n;
}

/* char a[n] of C is text by type. */
static bool bytes(const struct gft_type *t, uint32_t n)
{
	return bytes_array(t, n) || (t->kind == TY_STRING && t->size == n);
}

static void check_pton(struct sema *s, struct expr *e)
{
	const struct expr *a = e->args[0];
	char *raw = ARENA_ARRAY(s->a, char, 16);
	int af;

	e->type = ty_array(s->a, &ty_u8, 4);
	if (a->kind != EX_STR) {
		sema_error(s, a->loc, "pton takes an address as a literal: pton(\"127.0.0.1\")");
		return;
	}
	af = strchr(a->str, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(af, a->str, raw) != 1) {
		sema_error(s, a->loc, "'%s' is no IPv4 or IPv6 address", a->str);
		return;
	}
	e->str = raw;
	e->len = af == AF_INET ? 4 : 16;
	e->type = ty_array(s->a, &ty_u8, e->len);
}

static int family(struct sema *s, struct expr *a)
{
	int64_t af = 0;

	if (a->kind == EX_IDENT && (!strcmp(a->name, "AF_INET") || !strcmp(a->name, "AF_INET6"))) {
		a->kind = EX_INT;
		a->ival = a->name[7] ? AF_INET6 : AF_INET;
	}
	sema_expr(s, a);
	if (!sema_const_int(a, &af) || (af != AF_INET && af != AF_INET6)) {
		sema_error(s, a->loc, "ntop's family must be AF_INET or AF_INET6");
		af = AF_INET;
	}
	return (int)af;
}

static void check_ntop(struct sema *s, struct expr *e)
{
	struct expr *a = e->args[e->nargs - 1];
	int af = e->nargs > 1 ? family(s, e->args[0]) : 0;
	const struct gft_type *t;

	sema_expr(s, a);
	t = a->type;
	e->type = ty_new(s->a, TY_INET);
	e->number = af ? af : bytes(t, 16) ? AF_INET6 : AF_INET;
	if (t->kind == TY_NONE || bytes(t, 16) || (bytes(t, 4) && af != AF_INET6))
		return;
	if (t->kind == TY_PTR || (ty_is_int(t) && af != AF_INET6))
		return;
	if (af == AF_INET6) {
		sema_error(s, a->loc, "ntop(AF_INET6, ...) takes the 16 bytes of an address, not %s",
			   sema_type_name(s, t));
		return;
	}
	sema_error(s, a->loc, "ntop takes an IPv4 address as a number, or the 4 or 16 bytes of one, not %s",
		   sema_type_name(s, t));
}

static void check_macaddr(struct sema *s, struct expr *e)
{
	const struct gft_type *t;

	sema_expr(s, e->args[0]);
	t = e->args[0]->type;
	e->type = ty_new(s->a, TY_MAC);
	if (t->kind != TY_NONE && t->kind != TY_PTR && !bytes(t, 6) && !ty_is_int(t))
		sema_error(s, e->args[0]->loc, "macaddr takes 6 bytes or a pointer to them, not %s",
			   sema_type_name(s, t));
}

void sema_meta(struct sema *s, struct expr *e)
{
	const char *msg;

	e->type = &ty_void;
	switch (e->fn->id) {
	case FN_IS: check_is(s, e); break;
	case FN_COMPTIME: check_comptime(s, e); break;
	case FN_ASSERT: check_assert(s, e); break;
	case FN_STATIC_ASSERT: check_static_assert(s, e); break;
	case FN_CGROUPID: check_cgroupid(s, e); break;
	case FN_CGROUP_PATH: check_cgroup_path(s, e); break;
	case FN_PTON: check_pton(s, e); break;
	case FN_NTOP: check_ntop(s, e); break;
	case FN_MACADDR: check_macaddr(s, e); break;
	default: /* fail() */
		msg = s->report && !s->never ? formatted(s, e, 0) : NULL;
		if (msg)
			sema_error(s, e->loc, "%s", msg);
		break;
	}
}
