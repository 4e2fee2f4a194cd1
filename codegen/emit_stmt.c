/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* emit_stmt.c - statements as C. */
#include <string.h>

#include "codegen/emit.h"

void emit_line(struct em *m, const char *fmt, ...)
{
	va_list ap;

	buf_pad(m->out, '\t', m->indent);
	va_start(ap, fmt);
	buf_vprintf(m->out, fmt, ap);
	va_end(ap);
	buf_putc(m->out, '\n');
}

void emit_src(struct em *m, struct src_loc loc)
{
	const struct source *s = diag_source(m->p->diag, loc.source);
	unsigned line, col;

	if (!s)
		return;
	source_line_col(s, loc.begin, &line, &col);
	buf_printf(m->out, "#line %u \"", line);
	emit_cstring(m->out, s->name, strlen(s->name));
	buf_puts(m->out, "\"\n");
}

const char *emit_warning(struct em *m, struct src_loc loc, const char *helper, const char *msg)
{
	struct meta_warning w = { loc, helper, msg };
	uint32_t i;

	/* a clause of several probes stands in the text once */
	for (i = 0; i < m->nwarnings; i++)
		if (m->warnings[i].loc.begin == loc.begin && m->warnings[i].loc.end == loc.end &&
		    m->warnings[i].loc.source == loc.source && m->warnings[i].loc.use == loc.use &&
		    m->warnings[i].helper == helper)
			break;
	if (i == m->nwarnings)
		ARENA_PUSH(m->a, m->warnings, m->nwarnings, m->cwarnings, w);
	return arena_printf(m->a, "&gft_warnings[%u]", i);
}

const char *emit_checked(struct em *m, struct src_loc loc, const char *helper, const char *call)
{
	if (!m->p->checks)
		return call;
	return arena_printf(m->a, "gft_checked(%s, %s)", call, emit_warning(m, loc, helper, NULL));
}

const char *emit_lookup(struct em *m, struct src_loc loc, const char *bpf_name, const char *key)
{
	const char *call = arena_printf(m->a, "bpf_map_lookup_elem(&%s, %s)", bpf_name, key);

	if (!m->p->checks)
		return call;
	return arena_printf(
		m->a, "gft_found(%s, %s)", call,
		emit_warning(m, loc, "map_lookup_elem", "Can't lookup map element because it does not exist."));
}

const char *emit_divisor(struct em *m, const struct expr *e)
{
	if (expr_is_literal(e) && e->ival)
		return emit_val(m, e);
	return arena_printf(
		m->a, "gft_divisor(%s, %s)", emit_val(m, e),
		emit_warning(m, e->loc, NULL,
			     "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being "
			     "used as the result."));
}

static const char *emit_update(struct em *m, struct src_loc loc)
{
	return emit_warning(m, loc, "map_update_elem", NULL);
}

const char *emit_delete(struct em *m, const struct expr *e, const char *key)
{
	const char *call = arena_printf(m->a, "bpf_map_delete_elem(&%s, %s)", e->args[0]->map->bpf_name, key);

	if (!m->p->checks)
		return call;
	return arena_printf(
		m->a, "gft_checked(%s, %s)", call,
		emit_warning(m, e->loc, "map_delete_elem", "Can't delete map element because it does not exist."));
}

/* Long text goes behind the record's other values; the C variable end says where. */
static void emit_tail(struct em *m, const struct meta_arg *arg, const struct expr *e, uint32_t most)
{
	struct buf b = BUF_INIT;
	const char *head = arena_printf(m->a, "r, %u, end, %u, %u", arg->off, most, arg->type->size);

	if (e->go) {
		unsigned n = emit_go_words(m, &b, e);

		emit_line(m, "%s", buf_str(&b));
		if (m->p->checks)
			emit_line(m, "if (w%u[1]) %s;", n, emit_try(m, e, false, arena_printf(m->a, "w%u[0]", n)));
		emit_line(m, "end = gft_tail_text(%s, w%u[0], w%u[1]);", head, n, n);
	} else if (e->kind == EX_CALL && e->fn->id == FN_STR && !*emit_suffix((unsigned)e->number)) {
		emit_line(m, "__u64 at = %s;", emit_val(m, e->args[0]));
		if (m->p->checks)
			emit_line(m, "%s;", emit_try(m, e, e->nargs == 1, "at"));
		emit_line(m, "end = gft_tail_str(%s, at, %s);", head, e->nargs > 1 ? emit_val(m, e->args[1]) : "0");
	} else {
		const char *at = emit_at(m, &b, e);

		emit_line(m, "%s", buf_str(&b));
		emit_line(m, "end = gft_tail_copy(%s, %s);", head, at);
	}
	buf_free(&b);
}

/* A record with long text, put together in scratch memory. */
static void emit_long_event(struct em *m, const struct expr *e, struct expr **args, uint32_t n)
{
	const struct meta_event *ev = &m->p->events[e->number];
	uint32_t most = ev->size, captured = 0;
	struct buf b = BUF_INIT;

	m->tails = true;
	emit_line(m, "{");
	m->indent++;
	emit_line(m, "char *r = %s;", emit_scratch(m, ev->most));
	emit_line(m, "__u64 end = %u;", ev->size);
	emit_line(m, "gft_event_head(c, (void *)r, %d);", e->number);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t room = m->room;

		if (ev->args[i].tail) {
			emit_line(m, "{");
			m->indent++;
			emit_tail(m, &ev->args[i], args[i], most);
			m->indent--;
			emit_line(m, "}");
			most += ((ev->args[i].type->size + 63) & ~63U) + 8;
		} else if (ev->args[i].type->kind == TY_GO) {
			captured = ev->args[i].off;
		} else {
			buf_reset(&b);
			emit_into(m, &b, arena_printf(m->a, "r + %u", ev->args[i].off), ev->args[i].type, args[i]);
			emit_line(m, "%s", buf_str(&b));
		}
		m->room = room;
	}
	if (captured)
		emit_line(m, "gft_capture_alone(c, (struct gft_capture *)(r + %u));", captured);
	emit_line(m, "gft_event_output(c, r, end, %u);", ev->most);
	m->indent--;
	emit_line(m, "}");
	buf_free(&b);
}

/* An event's record: reserve, fill, submit. */
static void emit_event(struct em *m, const struct expr *e, struct expr **args, uint32_t n)
{
	const struct meta_event *ev = &m->p->events[e->number];
	struct buf b = BUF_INIT;
	uint32_t captured = 0;

	if (ev->most > ev->size) {
		emit_long_event(m, e, args, n);
		return;
	}
	emit_line(m, "{");
	m->indent++;
	emit_line(m, "char *r = gft_event(c, %d, %u);", e->number, ev->size);
	emit_line(m, "if (r) {");
	m->indent++;
	for (uint32_t i = 0; i < n; i++) {
		if (ev->args[i].type->kind == TY_GO) {
			captured = ev->args[i].off;
			continue;
		}
		buf_reset(&b);
		emit_into(m, &b, arena_printf(m->a, "r + %u", ev->args[i].off), ev->args[i].type, args[i]);
		emit_line(m, "%s", buf_str(&b));
	}
	if (captured)
		emit_line(m, "gft_capture_alone(c, (struct gft_capture *)(r + %u));", captured);
	if (ev->kind == EV_EXIT)
		emit_line(m, "gft_shut(*(__s32 *)(r + %u));", ev->args[0].off);
	emit_line(m, "gft_submit(r);");
	m->indent--;
	if (ev->kind == EV_EXIT) { /* there was no room for the record */
		emit_line(m, "} else {");
		emit_line(m, "\tgft_shut(%s);", emit_val(m, args[0]));
	}
	emit_line(m, "}");
	m->indent--;
	emit_line(m, "}");
	buf_free(&b);
}

static void emit_print(struct em *m, const struct expr *e)
{
	const struct meta_event *ev = &m->p->events[e->number];
	struct expr *key = ev->kind == EV_PRINT_KEY ? e->args[0]->args[0] : NULL;

	if (ev->kind == EV_PRINT_MAP)
		emit_event(m, e, e->args + 1, e->nargs - 1);
	else if (key)
		emit_event(m, e, &key, 1);
	else
		emit_event(m, e, e->args, 1);
}

static void emit_exit(struct em *m, const struct expr *e)
{
	static struct expr zero = { .kind = EX_INT, .type = &ty_i32 };
	struct expr *status = e->nargs ? e->args[0] : &zero;

	emit_event(m, e, &status, 1);
	emit_leave(m);
}

static void emit_fetch_stmt(struct em *m, const struct expr *e)
{
	struct buf b = BUF_INIT;
	uint64_t mask = 0;

	for (uint32_t i = 0; i < e->nitems; i++) {
		const struct fetch_item *it = &e->items[i];

		mask |= 1ULL << it->slot;
		if (!it->e)
			continue;
		buf_reset(&b);
		emit_into(m, &b, emit_kept(m, m->ci->clause->index, it->slot), it->type, it->e);
		emit_line(m, "%s", buf_str(&b));
	}
	emit_line(m, "f->present |= 0x%llxULL;", (unsigned long long)mask);
	buf_free(&b);
}

/* How long the kernel's half holds the root of a graph back. */
static uint64_t held_ns(const struct graph_opts *o)
{
	/* what else is recorded of the goroutine has a place in the tree: the root cannot wait */
	return o->flags & GRAPH_EXPLAIN ? 0 : o->min_ns;
}

static void emit_graph(struct em *m, const struct expr *e)
{
	const struct graph_opts *o = &m->p->graphs[e->number];
	bool cond = e->ival > 1 || e->graph_rate, depth = false, held = false;

	/* of several graph() at one call the last one counts, with nothing of those before it */
	for (uint32_t i = 0; i < m->p->ngraphs; i++) {
		depth |= m->p->frames && m->p->graphs[i].depth;
		held |= held_ns(&m->p->graphs[i]) != 0;
	}

	/* every Nth call; the counter is one of all processors */
	if (e->ival > 1) {
		emit_line(m, "if (__sync_fetch_and_add(&gft_every[%d], 1) %% %lluULL == 0) {", e->number,
			  (unsigned long long)e->ival);
		m->every = true;
	} else if (e->graph_rate) {
		emit_line(m, "if (gft_rate_take(c, &gft_rate[%d], %lluULL, %lluULL)) {", e->number,
			  (unsigned long long)(e->graph_unit / e->graph_rate),
			  (unsigned long long)(e->graph_unit / e->graph_rate * (e->graph_rate - 1)));
		m->rate = true;
	}
	m->indent += cond;
	emit_line(m, "c->graph = %d;", e->number + 1);
	if (m->p->explain)
		emit_line(m, "c->want = 0x%x;", o->flags & GRAPH_EXPLAIN);
	/* where the kernel's half knows how deep a call is, what lies deeper is not recorded */
	if (depth) {
		m->levels = true;
		emit_line(m, "c->levels = %u;", o->depth);
	}
	if (held) {
		m->min = true;
		emit_line(m, "c->min = %lluULL;", (unsigned long long)held_ns(o));
	}
	m->indent -= cond;
	if (cond)
		emit_line(m, "}");
}

/* graph_tag("key", value) */
static void emit_tag(struct em *m, const struct expr *e)
{
	const struct payload *p = &m->p->tags[e->number];
	struct buf b = BUF_INIT;

	emit_line(m, "{");
	m->indent++;
	emit_line(m, "struct gft_rec_call *r = gft_graph_tag(c, %d, %u);", e->number, p->size);
	emit_line(m, "if (r) {");
	m->indent++;
	emit_into(m, &b, arena_printf(m->a, "(char *)(r + 1) + %u", p->fields[0].off), p->fields[0].type, e->args[1]);
	emit_line(m, "%s", buf_str(&b));
	emit_line(m, "gft_submit(r);");
	m->indent--;
	emit_line(m, "}");
	m->indent--;
	emit_line(m, "}");
	buf_free(&b);
}

static void emit_call(struct em *m, const struct expr *e)
{
	struct buf b = BUF_INIT;

	switch (e->fn->id) {
	case FN_GRAPH: emit_graph(m, e); break;
	case FN_GRAPH_TAG: emit_tag(m, e); break;
	case FN_GRAPH_DROP: emit_line(m, "gft_graph_drop(c);"); break;
	case FN_ERRORF:
	case FN_WARNF:
	case FN_CAT:
	case FN_SYSTEM:
	case FN_PRINTF: emit_event(m, e, e->args + 1, e->nargs - 1); break;
	case FN_PRINT: emit_print(m, e); break;
	case FN_EXIT: emit_exit(m, e); break;
	case FN_TIME:
	case FN_CLEAR:
	case FN_ZERO: emit_event(m, e, NULL, 0); break;
	case FN_DELETE: {
		const char *k = emit_key(m, &b, e->args[0]);

		emit_line(m, "{ %s%s; }", buf_str(&b), emit_delete(m, e, k));
		break;
	}
	case FN_JOIN: {
		const struct meta_event *ev = &m->p->events[e->number];
		uint32_t size = ev->args[1].type->size;

		emit_line(m, "{");
		emit_line(m, "\tchar *r = gft_event(c, %d, %u);", e->number, ev->size);
		emit_line(m, "\tif (r) {");
		emit_line(m, "\t\tgft_join(r + %u, r + %u, %u, %u, (__u64)%s);", ev->args[0].off, ev->args[1].off,
			  (ev->size - ev->args[1].off) / size, size, emit_val(m, e->args[0]));
		emit_line(m, "\t\tgft_submit(r);");
		emit_line(m, "\t}");
		emit_line(m, "}");
		break;
	}
	case FN_DEBUGF:
	case FN_WRITE_USER: emit_outside(m, e); break;
	case FN_SIGNAL:
	case FN_SIGNAL_THREAD:
		emit_line(m, "%s;",
			  emit_checked(m, e->loc, "send_signal",
				       arena_printf(m->a, "bpf_send_signal%s((__u32)%s)",
						    e->fn->id == FN_SIGNAL ? "" : "_thread", emit_val(m, e->args[0]))));
		break;
	default:
		if (emit_is_scalar(e->type))
			emit_line(m, "(void)%s;", emit_val(m, e));
		break;
	}
	buf_free(&b);
}

/* @m[k] = count() and its kin. */
static void emit_agg(struct em *m, const struct expr *l, const struct expr *e)
{
	struct buf b = BUF_INIT;
	const char *k = emit_key(m, &b, l);
	const struct gft_type *t = l->map->value;
	const char *v = e->nargs ? emit_val(m, e->args[0]) : "0";

	if (m->zero < t->size)
		m->zero = t->size;
	emit_line(m, "{");
	m->indent++;
	emit_line(m, "%s", buf_str(&b));
	emit_line(m, "void *row = gft_row(&%s, %s, gft_zero_row, %s);", l->map->bpf_name, k, emit_update(m, l->loc));
	switch (e->fn->id) {
	case FN_COUNT:
		emit_line(m, "if (row)");
		emit_line(m, "\t__sync_fetch_and_add((__u64 *)row, 1);");
		break;
	case FN_MIN:
	case FN_MAX:
		emit_line(m, "gft_agg_%s(row, %s, %d);", e->fn->id == FN_MIN ? "min" : "max", v, t->is_signed);
		break;
	case FN_HIST: emit_line(m, "gft_agg_hist(row, %s, %d, %u, %u);", v, t->is_signed, t->bits, t->size / 8); break;
	case FN_LHIST:
		emit_line(m, "gft_agg_lhist(row, %s, %lldLL, %lldLL, %lldULL, %u);", v, (long long)t->min,
			  (long long)t->max, (long long)t->step, t->size / 8);
		break;
	case FN_TSERIES:
		emit_line(m, "gft_agg_tseries(row, %s, %lldULL, %u, %d, %d);", v, (long long)t->step, t->count,
			  t->agg == TY_MIN    ? -1
			  : t->agg == TY_MAX  ? 1
			  : t->agg == TY_NONE ? 2
					      : 0,
			  t->is_signed);
		break;
	default: emit_line(m, "gft_agg_sum(row, %s);", v); break;
	}
	m->indent--;
	emit_line(m, "}");
	buf_free(&b);
}

static void emit_assign_map(struct em *m, const struct stmt *st)
{
	const struct expr *l = st->lhs;
	const struct gft_type *t = l->map->value;
	struct buf b = BUF_INIT;
	const char *k;

	if (ty_is_agg(t)) {
		emit_agg(m, l, st->e);
		return;
	}
	emit_line(m, "{");
	m->indent++;
	if (st->op != OP_NONE) {
		k = emit_key(m, &b, l);
		emit_line(m, "%s", buf_str(&b));
		/* a new row begins as zero; sums are atomic, the rest is read and written */
		if (m->zero < 8)
			m->zero = 8;
		emit_line(m, "%s *p = gft_row(&%s, %s, gft_zero_row, %s);", emit_ctype(t), l->map->bpf_name, k,
			  emit_update(m, st->loc));
		emit_line(m, "if (p)");
		if (st->op == OP_ADD || st->op == OP_SUB) {
			emit_line(m, "\t__sync_fetch_and_add(p, %s(__u64)%s);", st->op == OP_SUB ? "0 - " : "",
				  emit_val(m, st->e));
		} else {
			emit_line(m, "\t*p = %s;", emit_arith(m, st->op, st->type, "*p", st->e));
		}
	} else {
		const char *v = "&v";

		/* the value before the key, as in bpftrace: both may change a variable */
		if (emit_is_scalar(t)) {
			emit_line(m, "%s v = %s;", emit_ctype(t), emit_val(m, st->e));
		} else {
			v = emit_at_as(m, &b, st->e, t);
			emit_line(m, "%s", buf_str(&b));
			buf_reset(&b);
		}
		k = emit_key(m, &b, l);
		emit_line(m, "%s", buf_str(&b));
		emit_line(m, "gft_checked(bpf_map_update_elem(&%s, %s, %s, BPF_ANY), %s);", l->map->bpf_name, k, v,
			  emit_update(m, st->loc));
	}
	m->indent--;
	emit_line(m, "}");
	buf_free(&b);
}

/* Whether an expression may look at a variable. */
static bool mentions(const struct expr *e, const struct var *v)
{
	if (!e)
		return false;
	if (e->kind == EX_VAR)
		return e->var == v;
	if (e->block || e->nitems)
		return true;
	for (uint32_t i = 0; i < e->nargs; i++)
		if (mentions(e->args[i], v))
			return true;
	return mentions(e->a, v) || mentions(e->b, v) || mentions(e->c, v);
}

static void emit_assign_var(struct em *m, const struct stmt *st)
{
	const struct var *v = st->lhs->var;
	const char *name = emit_var(m, v);
	struct buf b = BUF_INIT;

	if (!emit_is_scalar(v->type)) {
		/* what the variable holds may be needed until the new value is complete */
		if (st->e->kind != EX_VAR && mentions(st->e, v))
			emit_convert(m, &b, name, v->type, emit_at_as(m, &b, st->e, v->type), v->type);
		else
			emit_into(m, &b, name, v->type, st->e);
		emit_line(m, "%s", buf_str(&b));
	} else if (st->op != OP_NONE) {
		emit_line(m, "%s = %s;", name, emit_arith(m, st->op, st->type, name, st->e));
	} else {
		emit_line(m, "%s = %s;", name, emit_val(m, st->e));
	}
	buf_free(&b);
}

/* An expression whose value nobody wants. */
static void emit_expr_stmt(struct em *m, const struct expr *e)
{
	switch (e->kind) {
	case EX_CALL:
		if (e->cfunc)
			emit_line(m, "%s;", emit_c_call(m, e));
		else
			emit_call(m, e);
		break;
	case EX_FETCH: emit_fetch_stmt(m, e); break;
	case EX_BLOCK: emit_block(m, e->block); break;
	case EX_IF:
		if (e->number != IF_UNKNOWN) {
			emit_block(m, e->number == IF_ALWAYS ? e->block : e->block2);
			break;
		}
		emit_line(m, "if (%s)", emit_val(m, e->a));
		emit_block(m, e->block);
		emit_line(m, "else");
		emit_block(m, e->block2);
		break;
	case EX_TERNARY:
		emit_line(m, "if (%s) {", emit_val(m, e->a));
		if (e->b)
			emit_expr_stmt(m, e->b);
		emit_line(m, "} else {");
		emit_expr_stmt(m, e->c);
		emit_line(m, "}");
		break;
	default:
		if (emit_is_scalar(e->type))
			emit_line(m, "(void)%s;", emit_val(m, e));
		break;
	}
}

static void emit_stmt(struct em *m, const struct stmt *st)
{
	emit_src(m, st->loc);
	switch (st->kind) {
	case ST_EXPR: emit_expr_stmt(m, st->e); break;
	case ST_DISCARD:
		if (emit_is_scalar(st->e->type))
			emit_line(m, "(void)%s;", emit_val(m, st->e));
		break;
	case ST_LET:
		if (st->e)
			emit_assign_var(m, &(struct stmt){ .lhs = st->lhs, .e = st->e });
		break;
	case ST_ASSIGN:
		if (st->lhs->kind == EX_VAR)
			emit_assign_var(m, st);
		else
			emit_assign_map(m, st);
		break;
	case ST_IF:
		if (st->count == IF_ALWAYS) {
			emit_block(m, st->body);
			break;
		}
		if (st->count == IF_NEVER) {
			if (st->other)
				emit_block(m, st->other);
			break;
		}
		emit_line(m, "if (%s)", emit_val(m, st->e));
		emit_block(m, st->body);
		if (st->other) {
			emit_line(m, "else");
			emit_block(m, st->other);
		}
		break;
	case ST_UNROLL:
	case ST_WHILE:
	case ST_FOR_MAP:
	case ST_FOR_RANGE: emit_loop(m, st); break;
	case ST_BREAK:
	case ST_CONTINUE: emit_jump(m, st); break;
	case ST_RETURN:
		if (st->e && m->tests && emit_is_scalar(st->e->type)) /* whether a test fails */
			emit_line(m, "gft_result = %s != 0;", emit_val(m, st->e));
		else if (st->e && emit_is_scalar(st->e->type)) /* for what it does besides */
			emit_line(m, "(void)%s;", emit_val(m, st->e));
		else if (st->e && st->e->type->kind == TY_VOID)
			emit_expr_stmt(m, st->e);
		emit_leave(m);
		break;
	case ST_BLOCK: emit_block(m, st->body); break;
	}
}

/* Everything in a block but its value. */
static void emit_inside(struct em *m, const struct block *b)
{
	for (const struct scope_var *sv = b->scope ? b->scope->vars : NULL; sv; sv = sv->next)
		emit_declare(m, sv->v);
	for (const struct stmt *st = b->first; st; st = st->next) {
		uint32_t room = m->room;

		emit_stmt(m, st);
		m->room = room;
	}
}

void emit_block(struct em *m, const struct block *b)
{
	emit_line(m, "{");
	m->indent++;
	uint32_t room = m->room;

	emit_inside(m, b);
	if (b->value)
		emit_expr_stmt(m, b->value);
	m->room = room;
	m->indent--;
	emit_line(m, "}");
}

/* A block as a value: into dst, or (dst NULL) as a C expression. */
void emit_block_value(struct em *m, struct buf *o, const char *dst, const struct gft_type *t, const struct block *b)
{
	struct buf text = BUF_INIT, value = BUF_INIT, *out = m->out;
	uint32_t room = m->room;

	m->out = &text;
	emit_inside(m, b);
	if (dst)
		emit_into(m, &value, dst, t, b->value);
	else
		buf_printf(&value, "(%s)%s; ", emit_wide(t), emit_val(m, b->value));
	m->out = out;
	m->room = room;
	buf_puts(o, dst ? "{\n" : "({\n");
	buf_add(o, text.data ? text.data : "", text.len);
	buf_add(o, value.data, value.len);
	buf_puts(o, dst ? "} " : "})");
	buf_free(&text);
	buf_free(&value);
}
