/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* emit_outside.c - C of what sema_outside.c checks: debugf, kaddr, percpu_kaddr, write_user. */
#include <string.h>

#include "codegen/emit.h"
#include "parser/debugfmt.h"

#define PRINTK_ARGS 3 /* of bpf_trace_printk(); more need bpf_trace_vprintk(), of Linux 5.16 */

static void debugf(struct em *m, const struct expr *e)
{
	static const char *const casts[] = { "", "8", "16", "", "32", "", "", "", "64" };
	struct debug_conv conv[DEBUG_ARGS_MAX];
	struct buf b = BUF_INIT, args = BUF_INIT, text = BUF_INIT;
	unsigned x = m->tmp++;
	const char *why;
	size_t n;

	debug_format(m->a, e->args[0]->str, conv, &n, &why);
	emit_line(m, "{");
	m->indent++;
	emit_cstring(&text, e->str, strlen(e->str));
	emit_line(m, "static const char f%u[] = \"%s\";", x, buf_str(&text));
	for (uint32_t i = 1; i < e->nargs; i++) {
		const struct debug_conv *c = &conv[i - 1];

		if (c->type == 's') {
			const char *p = emit_at(m, &b, e->args[i]);

			buf_printf(&b, "__u64 x%u_%u = (__u64)%s; ", x, i, p);
		} else {
			buf_printf(&b, "__u64 x%u_%u = (__%c%s)%s; ", x, i, c->type == 'd' ? 's' : 'u', casts[c->bytes],
				   emit_val(m, e->args[i]));
		}
		buf_printf(&args, ", x%u_%u", x, i);
	}
	emit_line(m, "%s", buf_str(&b));
	if (n <= PRINTK_ARGS) {
		emit_line(m, "bpf_trace_printk(f%u, sizeof(f%u)%s);", x, x, buf_str(&args));
	} else {
		emit_line(m, "__u64 v%u[] = { %s };", x, buf_str(&args) + 2);
		emit_line(m, "bpf_trace_vprintk(f%u, sizeof(f%u), v%u, sizeof(v%u));", x, x, x, x);
	}
	m->indent--;
	emit_line(m, "}");
	buf_free(&b);
	buf_free(&args);
	buf_free(&text);
}

static void write_user(struct em *m, const struct expr *e)
{
	const struct expr *from = e->args[1];
	struct buf b = BUF_INIT;
	const char *p;

	/* not gft_address(): the verifier must see that it is the program's own memory */
	if (from->kind == EX_UNARY && from->op == OP_ADDR)
		from = from->a;
	if (from->kind == EX_VAR) {
		p = arena_printf(m->a, "%s%s", emit_is_scalar(from->var->type) ? "&" : "", emit_var(m, from->var));
	} else if (emit_is_scalar(from->type)) {
		unsigned x = m->tmp++;

		buf_printf(&b, "%s x%u = %s; ", emit_wide(from->type), x, emit_val(m, from));
		p = arena_printf(m->a, "&x%u", x);
	} else {
		p = emit_at(m, &b, from);
	}
	emit_line(m, "{ %s%s; }", buf_str(&b),
		  emit_checked(m, e->loc, "probe_write_user",
			       arena_printf(m->a, "bpf_probe_write_user((void *)%s, %s, %llu)", emit_val(m, e->args[0]),
					    p, (unsigned long long)e->ival)));
	buf_free(&b);
}

void emit_outside(struct em *m, const struct expr *e)
{
	if (e->fn->id == FN_DEBUGF)
		debugf(m, e);
	else
		write_user(m, e);
}

const char *emit_kaddr(struct em *m, const struct expr *e)
{
	const char *addr = arena_printf(m->a, "0x%llxULL", (unsigned long long)e->ival);

	if (e->fn->id == FN_KADDR)
		return addr;
	return arena_printf(m->a, "gft_percpu(%s, %s, %s)", e->str ? e->str : "0", addr,
			    e->nargs > 1 ? emit_val(m, e->args[1]) : "bpf_get_smp_processor_id()");
}
