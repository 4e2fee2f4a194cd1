/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_outside.c - functions that reach outside of gft: debugf() to the
 * kernel's log of traces, kaddr() to its symbols, write_user() to the memory of
 * the process.
 */
#include <errno.h>
#include <string.h>

#include "gft/buf.h"
#include "parser/debugfmt.h"
#include "parser/sema.h"

#define WRITE_MAX 4096 /* bytes of one write_user() */

bool sema_safe(struct sema *s, const struct expr *e)
{
	if (s->opts->unsafe)
		return true;
	sema_error(s, e->loc, "%s() changes what happens outside of gft: it needs --unsafe", e->name);
	return false;
}

/* --- debugf("format", ...) ------------------------------------------------------------------ */

static void check_debugf(struct sema *s, struct expr *e)
{
	struct debug_conv conv[DEBUG_ARGS_MAX];
	struct expr *fmt = e->args[0];
	const char *why;
	size_t n;

	e->type = &ty_void;
	for (uint32_t i = 1; i < e->nargs; i++)
		sema_expr(s, e->args[i]);
	if (fmt->kind != EX_STR) {
		sema_error(s, fmt->loc, "debugf's format must be a literal string");
		return;
	}
	e->str = debug_format(s->a, fmt->str, conv, &n, &why);
	if (!e->str) {
		sema_error(s, fmt->loc, "debugf: %s", why);
		sema_hint(s, "the kernel writes it, which knows %%d %%i %%u %%x %%X %%p %%c %%s with a width");
		return;
	}
	if (n != e->nargs - 1) {
		sema_error(s, e->loc, "debugf: the format has %zu conversion%s and there %s %u value%s", n,
			   n == 1 ? "" : "s", e->nargs == 2 ? "is" : "are", e->nargs - 1, e->nargs == 2 ? "" : "s");
		return;
	}
	if (s->report) {
		diag_warn(s->d, e->loc,
			  "debugf() is for looking for mistakes: each hit waits until the kernel has written");
		diag_hint(s->d, "printf() only leaves the values for gft to write");
	}
	for (uint32_t i = 1; i < e->nargs; i++) {
		const struct gft_type *t = e->args[i]->type;
		bool text = conv[i - 1].type == 's';

		if (t->kind == TY_NONE || (text ? t->kind == TY_STRING : sema_is_cond(t)))
			continue;
		sema_error(s, e->args[i]->loc, "debugf: %%%c needs %s, not %s", conv[i - 1].type,
			   text ? "text" : "a number", sema_type_name(s, t));
		sema_hint(s, "the kernel can write numbers and text; %%s of printf writes everything");
	}
}

/* --- kaddr("symbol"), percpu_kaddr("symbol", cpu) ---------------------------------------------- */

/* What a kernel's address leads to is the kernel's, also where other numbers are addresses of a process. */
static const struct gft_type kernel_address = { .kind = TY_INT, .size = 8, .align = 8, .space = TS_KERNEL };

static bool look_up(struct sema *s, const struct expr *e, const char *name, uint64_t *addr)
{
	const struct resolver *r = s->res;
	char err[256] = "the kernel's symbols are not known here";

	if (r->kernel_symbol && !r->kernel_symbol(r->ctx, name, addr, err, sizeof(err)))
		return true;
	sema_error(s, e->args[0]->loc, "%s: %s", e->name, err);
	return false;
}

static void check_kaddr(struct sema *s, struct expr *e)
{
	uint64_t offsets = 0;

	e->type = e->fn->id == FN_KADDR ? &kernel_address : ty_ptr(s->a, &ty_u64, TS_KERNEL);
	if (e->args[0]->kind != EX_STR) {
		sema_error(s, e->args[0]->loc, "%s takes a symbol's name as a literal: %s", e->name, e->fn->help);
		return;
	}
	if (e->nargs > 1) {
		sema_expr(s, e->args[1]);
		if (!sema_is_cond(e->args[1]->type))
			sema_error(s, e->args[1]->loc, "a processor is a number, not %s",
				   sema_type_name(s, e->args[1]->type));
	}
	if (!s->report || !look_up(s, e, e->args[0]->str, &e->ival))
		return;
	/* each processor's copy is so far away */
	if (e->fn->id == FN_PERCPU_KADDR && look_up(s, e, "__per_cpu_offset", &offsets))
		e->str = arena_printf(s->a, "0x%llxULL", (unsigned long long)offsets);
}

/* --- write_user(to, from, length) ---------------------------------------------------------------- */

/* How many bytes lie where the value comes from; 0: they are not the program's own, with an error told. */
static uint32_t own_bytes(struct sema *s, struct expr *from)
{
	const struct expr *of = from->kind == EX_UNARY && from->op == OP_ADDR ? from->a : NULL;

	const struct expr *is = of ? of : from;

	if (from->type->kind == TY_NONE)
		return 0;
	/* a number is computed and kept in 64 bits, whatever its type (emit_wide()) */
	if (is->type->kind == TY_INT && !(of && of->kind == EX_MAP) && !(is->kind == EX_VAR && is->var->declared))
		return 8;
	if (of && (of->kind == EX_VAR || of->kind == EX_MAP))
		return of->type->size;
	if (from->type->kind == TY_STRING || from->type->kind == TY_ARRAY || from->type->kind == TY_STRUCT ||
	    ty_is_int(from->type))
		return from->type->size;
	sema_error(s, from->loc, "write_user writes text, a number, an array or a struct of the script, not %s",
		   sema_type_name(s, from->type));
	sema_hint(s, "$v = ...; write_user(to, &$v, sizeof($v))");
	return 0;
}

static void check_write_user(struct sema *s, struct expr *e)
{
	uint32_t have;
	int64_t n;

	e->type = &ty_void;
	for (uint32_t i = 0; i < 3; i++)
		sema_expr(s, e->args[i]);
	if (!sema_safe(s, e))
		return;
	if (!sema_is_cond(e->args[0]->type))
		sema_error(s, e->args[0]->loc, "write_user writes to an address, not %s",
			   sema_type_name(s, e->args[0]->type));
	else if (e->args[0]->type->kind == TY_PTR && e->args[0]->type->space == TS_KERNEL)
		sema_error(s, e->args[0]->loc, "write_user writes to the process, and this is the kernel's memory");
	have = own_bytes(s, e->args[1]);
	if (!have)
		return;
	if (!sema_value_fits(s, e->args[1]->loc, e->args[1]->type))
		return;
	have = have > WRITE_MAX ? WRITE_MAX : have;
	if (!sema_const_int(e->args[2], &n) || n < 1 || n > have) {
		sema_error(s, e->args[2]->loc, "write_user's length must be a plain number, 1 to %u here", have);
		return;
	}
	e->ival = (uint64_t)n;
}

void sema_outside(struct sema *s, struct expr *e)
{
	switch (e->fn->id) {
	case FN_DEBUGF: check_debugf(s, e); break;
	case FN_WRITE_USER: check_write_user(s, e); break;
	default: check_kaddr(s, e); break;
	}
}
