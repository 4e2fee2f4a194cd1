/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * emit_expr.c - expressions as C.
 *
 * Scalars are C expressions; what needs steps (a map lookup, a read of the
 * target) is a GNU statement expression, so that && || ?: keep their meaning.
 * Strings, tuples and other aggregates are written into memory at a place.
 */
#include <string.h>

#include "codegen/emit.h"

bool emit_is_scalar(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_BOOL:
	case TY_INT:
	case TY_PTR:
	case TY_FUNC:
	case TY_PROBE:
	case TY_KSYM:
	case TY_USERNAME: return true;
	default: return false;
	}
}

const char *emit_ctype(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_BOOL: return "__u8";
	case TY_FUNC:
	case TY_PROBE:
	case TY_USERNAME: return "__u32";
	case TY_INT:
		switch (t->size) {
		case 1: return t->is_signed ? "__s8" : "__u8";
		case 2: return t->is_signed ? "__s16" : "__u16";
		case 4: return t->is_signed ? "__s32" : "__u32";
		default: return t->is_signed ? "__s64" : "__u64";
		}
	default: return "__u64";
	}
}

const char *emit_wide(const struct gft_type *t)
{
	return t->kind == TY_INT ? t->is_signed ? "__s64" : "__u64" : emit_ctype(t);
}

void emit_cstring(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f || c == '?')
			buf_printf(b, "\\%03o", c);
		else
			buf_putc(b, (char)c);
	}
}

static const char *take(struct em *m, struct buf *b)
{
	const char *s = arena_strndup(m->a, buf_str(b), b->len);

	buf_free(b);
	return s;
}

const char *emit_key(struct em *m, struct buf *b, const struct expr *e)
{
	const struct map *map = e->map;
	unsigned n = m->tmp++;

	if (map->key && !emit_is_scalar(map->key))
		return emit_at_as(m, b, e->args[0], map->key);
	if (!map->key)
		buf_printf(b, "__u32 k%u = 0; ", n);
	else
		buf_printf(b, "%s k%u = %s; ", emit_ctype(map->key), n, emit_val(m, e->args[0]));
	return arena_printf(m->a, "&k%u", n);
}

/* A pointer to the bytes of an aggregate: its own place, or a temporary. */
const char *emit_at(struct em *m, struct buf *b, const struct expr *e)
{
	return emit_at_as(m, b, e, e->type);
}

const char *emit_at_as(struct em *m, struct buf *b, const struct expr *e, const struct gft_type *t)
{
	const char *name;

	if (e->kind == EX_VAR && ty_equal(e->var->type, t))
		return emit_var(m, e->var);
	name = emit_room_of(m, b, t);
	emit_into(m, b, name, t, e);
	return name;
}

/* Statements that copy src of type ts to dst of type td. */
void emit_convert(struct em *m, struct buf *b, const char *dst, const struct gft_type *td, const char *src,
		  const struct gft_type *ts)
{
	if (emit_is_scalar(td)) {
		buf_printf(b, "*(%s *)(%s) = *(%s *)(%s); ", emit_ctype(td), dst, emit_ctype(ts), src);
	} else if (td->kind == TY_STRING) {
		buf_printf(b, "gft_str_copy(%s, %u, %s, %u); ", dst, td->size, src, ts->size);
	} else if (td->kind == TY_BUFFER && td->size > ts->size) {
		buf_printf(b, "gft_zero(%s, %u); gft_copy_short(%s, %s, %u); ", dst, td->size, dst, src, ts->size);
	} else if ((td->kind == TY_TUPLE || td->kind == TY_RECORD) && !ty_equal(td, ts)) {
		for (uint32_t i = 0; i < td->nfields && i < ts->nfields; i++) {
			const struct ty_field *f = ty_part(ts, td, i);

			emit_convert(m, b, arena_printf(m->a, "%s + %u", dst, td->fields[i].off), td->fields[i].type,
				     arena_printf(m->a, "%s + %u", src, f->off), f->type);
		}
	} else {
		buf_printf(b, "%s(%s, %s, %u); ", td->align == 8 ? "gft_copy" : "gft_copy_short", dst, src, td->size);
	}
}

/* With -k: what is done when memory of the target that e needs cannot be read.  NULL otherwise. */
static const char *unread(struct em *m, const struct expr *e)
{
	if (!m->p->checks)
		return NULL;
	return arena_printf(m->a, "gft_warn(%s, -14)", emit_warning(m, e->loc, "probe_read_user", NULL));
}

/* Conditions, each with an open brace, that the elements on the way to a Go value are there. */
static void emit_bounds(struct em *m, struct buf *b, const struct expr *e)
{
	const struct go_access *g = e->go;
	const char *index[GO_BOUNDS_MAX];

	for (uint32_t i = 0; i < g->nindex; i++) {
		const char *v = emit_val(m, g->index[i]);

		index[i] = arena_printf(m->a, "i%u", m->tmp++);
		buf_printf(b, "__u64 %s = (__s64)%s; ", index[i], v);
	}
	/* from here on: the values above were fetches too */
	for (uint32_t i = 0; i < g->nindex; i++)
		m->index[i] = index[i];
	for (uint32_t i = 0; i < g->nbounds; i++) {
		const struct go_bound *gb = &g->bound[i];
		unsigned n = m->tmp++;

		buf_printf(b, "__u64 n%u = %lluULL; ", n, (unsigned long long)gb->count);
		if (!gb->count)
			emit_fetch(m, b, arena_printf(m->a, "(char *)&n%u", n), &ty_u64, &gb->len, unread(m, e));
		if (gb->at)
			buf_printf(b, "if (n%u <= %s) gft_warn(%s, 0); ", n, index[gb->index],
				   emit_warning(m, gb->at->loc, NULL,
						"There is no element of that number. 0 is being used instead."));
		if (gb->at)
			buf_printf(b, "if (n%u > %s) { ", n, index[gb->index]);
		else
			buf_printf(b, "if (n%u > %lluULL) { ", n, (unsigned long long)gb->index);
	}
}

static const char *closing(const struct go_access *g)
{
	static const char all[] = "} } } } "; /* GO_BOUNDS_MAX of them */

	return &all[2 * (GO_BOUNDS_MAX - g->nbounds)];
}

/* A Go string's address and length, as the C variable w and the number that is returned. */
unsigned emit_go_words(struct em *m, struct buf *b, const struct expr *e)
{
	unsigned n = m->tmp++;

	buf_printf(b, "__u64 w%u[2] = {}; ", n);
	emit_bounds(m, b, e);
	for (int i = 0; i < 2; i++)
		emit_fetch(m, b, arena_printf(m->a, "(char *)&w%u[%d]", n, i), &ty_u64, &e->go->word[i], unread(m, e));
	buf_puts(b, closing(e->go));
	return n;
}

void emit_into(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e)
{
	if (emit_is_scalar(t)) {
		buf_printf(b, "*(%s *)(%s) = %s; ", emit_ctype(t), dst, emit_val(m, e));
		return;
	}
	if (e->go && e->go->words == 1) { /* text in an array */
		if (e->go->nbounds)
			buf_printf(b, "gft_zero(%s, %u); ", dst, t->size);
		buf_puts(b, "{ ");
		emit_bounds(m, b, e);
		emit_fetch(m, b, dst, t, &e->go->word[0], unread(m, e));
		buf_printf(b, "%s} ", closing(e->go));
		return;
	}
	if (e->go) { /* a Go string: pointer and length, then the text */
		unsigned n;

		buf_puts(b, "{ ");
		n = emit_go_words(m, b, e);
		buf_printf(b, "%s; } ",
			   emit_checked(m, e->loc, "probe_read_user",
					arena_printf(m->a, "gft_text(%s, %u, w%u[0], w%u[1])", dst, t->size, n, n)));
		return;
	}
	if (emit_is_place(e)) {
		emit_place_into(m, b, dst, t, e);
		return;
	}
	switch (e->kind) {
	case EX_STR:
	case EX_POSPARAM: {
		uint32_t n = e->len < t->size ? e->len : t->size;

		buf_printf(b, "gft_zero(%s, %u); ", dst, t->size);
		if (n > 64) { /* with the zeros behind it, up to a whole word */
			buf_printf(b, "{ static const char s[%u] __attribute__((aligned(8))) = \"", (n + 7) & ~7U);
			emit_cstring(b, e->str, n);
			buf_printf(b, "\"; gft_copy(%s, s, %u); } ", dst, n);
		} else if (n) {
			buf_printf(b, "__builtin_memcpy(%s, \"", dst);
			emit_cstring(b, e->str, n);
			buf_printf(b, "\", %u); ", n);
		}
		return;
	}
	case EX_IDENT:
		if (t->kind == TY_STRING)
			buf_printf(b, "gft_zero(%s, %u); %s(%s, %u); ", dst, t->size, e->builtin->c, dst, t->size);
		else
			buf_printf(b, "%s(c, %s); ", e->builtin->c, dst);
		return;
	case EX_TERNARY:
		buf_printf(b, "if (%s) { ", emit_val(m, e->a));
		emit_into(m, b, dst, t, e->b ? e->b : e->a);
		buf_puts(b, "} else { ");
		emit_into(m, b, dst, t, e->c);
		buf_puts(b, "} ");
		return;
	case EX_TUPLE:
	case EX_RECORD:
		for (uint32_t i = 0; i < e->type->nfields && i < e->nargs; i++) {
			const struct ty_field *f = ty_part(t, e->type, i);

			emit_into(m, b, arena_printf(m->a, "%s + %u", dst, f->off), f->type, e->args[i]);
		}
		return;
	case EX_MAP: {
		unsigned n;

		buf_puts(b, "{ ");
		const char *k = emit_key(m, b, e);

		n = m->tmp++;
		buf_printf(b, "char *p%u = %s; if (p%u) { ", n, emit_lookup(m, e->loc, e->map->bpf_name, k), n);
		emit_convert(m, b, dst, t, arena_printf(m->a, "p%u", n), e->map->value);
		buf_printf(b, "} else gft_zero(%s, %u); } ", dst, t->size);
		return;
	}
	case EX_VAR: emit_convert(m, b, dst, t, emit_var(m, e->var), e->type); return;
	case EX_INDEX: { /* an element of an array that the program holds */
		unsigned n = m->tmp++;

		if (e->type->size > 64) {
			emit_own_part(m, b, dst, t, e);
			return;
		}

		buf_printf(b, "{ __u64 i%u = %s; ", n, emit_val(m, e->b));
		const char *p = emit_at(m, b, e->a);

		buf_printf(b, "if (i%u < %u) { ", n, e->a->type->count);
		emit_convert(m, b, dst, t, arena_printf(m->a, "%s + i%u * %u", p, n, e->type->size), e->type);
		buf_printf(b, "} else gft_zero(%s, %u); } ", dst, t->size);
		return;
	}
	case EX_TUPIDX:
	case EX_FIELD:
		if (e->a->type->kind == TY_STRUCT && e->type->size > 64) {
			emit_own_part(m, b, dst, t, e);
			return;
		}
		buf_puts(b, "{ ");
		emit_convert(m, b, dst, t, arena_printf(m->a, "%s + %u", emit_at(m, b, e->a), e->field->off), e->type);
		buf_puts(b, "} ");
		return;
	case EX_FETCH: {
		const struct fetch_item *it = &e->items[0];

		if (it->arg && it->type->size < t->size) { /* a longer string's place */
			buf_printf(b, "gft_zero(%s, %u); ", dst, t->size);
			emit_fetch(m, b, dst, it->type, it->arg, unread(m, e));
		} else if (it->arg)
			emit_fetch(m, b, dst, t, it->arg, unread(m, e));
		else
			emit_into(m, b, dst, t, it->e);
		return;
	}
	case EX_BLOCK: emit_block_value(m, b, dst, t, e->block); return;
	case EX_IF:
		if (e->number != IF_UNKNOWN) {
			emit_block_value(m, b, dst, t, e->number == IF_ALWAYS ? e->block : e->block2);
			return;
		}
		buf_printf(b, "if (%s) ", emit_val(m, e->a));
		emit_block_value(m, b, dst, t, e->block);
		buf_puts(b, "else ");
		emit_block_value(m, b, dst, t, e->block2);
		return;
	case EX_CAST: /* text of another size, its bytes, or a number's */
		if (e->type->kind == TY_ARRAY && e->a->type->kind == TY_STRING) {
			buf_puts(b, "{ ");
			buf_printf(b, "gft_copy_short(%s, %s, %u); } ", dst, emit_at(m, b, e->a), t->size);
			return;
		}
		if (e->type->kind == TY_ARRAY) {
			unsigned n = m->tmp++;

			buf_printf(b, "{ __u64 x%u = %s; __builtin_memcpy(%s, &x%u, %u); } ", n, emit_val(m, e->a), dst,
				   n, t->size);
			return;
		}
		buf_puts(b, "{ ");
		/* cut to what the cast says, also in the place of a longer text */
		emit_convert(m, b, dst, t, emit_at(m, b, e->a),
			     t->kind == TY_STRING && e->type->size < e->a->type->size ? e->type : e->a->type);
		buf_puts(b, "} ");
		return;
	case EX_CALL: emit_func_into(m, b, dst, t, e); return;
	default: buf_puts(b, "#error no such aggregate\n"); return;
	}
}

const char *emit_arith(struct em *m, enum op op, const struct gft_type *t, const char *a, const struct expr *y)
{
	const char *b = emit_val(m, y), *c = emit_wide(t);

	switch (op) {
	case OP_DIV:
	case OP_MOD:
		if (!t->is_signed && expr_is_literal(y) && y->ival)
			return arena_printf(m->a, "((__u64)%s %s (__u64)%s)", a, op_text(op), b);
		return arena_printf(m->a, "gft_%s%s(%s, %s)", t->is_signed ? "s" : "u", op == OP_DIV ? "div" : "mod", a,
				    emit_divisor(m, y));
	case OP_SHL: /* as bpftrace, also to the right: zeros come in */
	case OP_SHR: return arena_printf(m->a, "((%s)((__u64)%s %s (%s & 63)))", c, a, op_text(op), b);
	default: /* in unsigned arithmetic, where overflow wraps */
		return arena_printf(m->a, "((%s)((__u64)%s %s (__u64)%s))", c, a, op_text(op), b);
	}
}

static const char *binary(struct em *m, const struct expr *e)
{
	const struct expr *x = e->a, *y = e->b;
	const char *a, *b, *c;

	if (e->number && (x->type->kind == TY_FUNC || x->type->kind == TY_PROBE) && y->type->kind == TY_STRING)
		return arena_printf(m->a, "(%s%s)", e->op == OP_NE ? "!" : "", emit_name_test(m, x, e->number));
	if (x->type->display == TD_GOTYPE && y->type->kind == TY_STRING)
		return arena_printf(m->a, "(%s%s)", e->op == OP_NE ? "!" : "", emit_type_test(m, x, y->str));
	if (!emit_is_scalar(x->type) && (e->op == OP_EQ || e->op == OP_NE))
		return arena_printf(m->a, "(%s%s)", e->op == OP_NE ? "!" : "", emit_equal(m, x, y));
	if ((x->type->kind == TY_PTR || y->type->kind == TY_PTR) && (e->op == OP_ADD || e->op == OP_SUB))
		return emit_pointer_math(m, e);
	a = emit_val(m, x);
	if (e->op < OP_LAND)
		return emit_arith(m, e->op, e->type, a, y);
	b = emit_val(m, y);
	switch (e->op) {
	case OP_LAND:
	case OP_LOR: return arena_printf(m->a, "(%s %s %s)", a, op_text(e->op), b);
	case OP_EQ:
	case OP_NE: return arena_printf(m->a, "((__u64)%s %s (__u64)%s)", a, op_text(e->op), b);
	default:
		c = e->is_unsigned ? "__u64" : "__s64";
		return arena_printf(m->a, "((%s)%s %s (%s)%s)", c, a, op_text(e->op), c, b);
	}
}

const char *emit_agg_read(struct em *m, const struct map *map, const char *key)
{
	static const char *const kinds[] = {
		[TY_COUNT - TY_COUNT] = "COUNT", [TY_SUM - TY_COUNT] = "SUM", [TY_AVG - TY_COUNT] = "AVG",
		[TY_MIN - TY_COUNT] = "MIN",	 [TY_MAX - TY_COUNT] = "MAX",
	};

	return arena_printf(m->a, "gft_agg_read(&%s, %s, GFT_AGG_%s, %d)", map->bpf_name, key,
			    kinds[map->value->kind - TY_COUNT], map->value->is_signed);
}

static const char *incdec(struct em *m, const struct expr *e)
{
	const struct expr *l = e->a;
	uint64_t step = e->type->kind == TY_PTR ? e->ival : 1;
	const char *d = arena_printf(m->a, "%s%llu", e->op == OP_ADD ? "" : "-", (unsigned long long)step);
	struct buf o = BUF_INIT;
	unsigned n;

	if (l->kind == EX_VAR)
		return arena_printf(m->a, e->postfix ? "((%s)((%s += %s) - %s))" : "((%s)(%s += %s))",
				    emit_ctype(e->type), emit_var(m, l->var), d, d);
	buf_puts(&o, "({ ");
	const char *k = emit_key(m, &o, l);

	n = m->tmp++;
	if (m->zero < 8)
		m->zero = 8;
	buf_printf(&o,
		   "__s64 *p%u = gft_row(&%s, %s, gft_zero_row, %s); p%u ? __sync_fetch_and_add(p%u, %s)%s%s : 0; })",
		   n, l->map->bpf_name, k, emit_warning(m, e->loc, "map_update_elem", NULL), n, n, d,
		   e->postfix ? "" : " + ", e->postfix ? "" : d);
	return take(m, &o);
}

static const char *ident(struct em *m, const struct expr *e)
{
	const char *name = e->name;

	uint32_t where = m->ci->where;

	if (!strcmp(e->builtin->name, "arg")) {
		if (where & W_ENTRY || !(where & W_RAW))
			return arena_printf(
				m->a, where & (W_RAW | W_KERNEL) ? "gft_any_arg(c, %s)" : "gft_arg(c, c->abi, %s)",
				name + 3);
		return arena_printf(m->a, where & W_KERNEL ? "gft_any_arg(c, %s)" : "gft_ctx_word(c, %s)", name + 3);
	}
	/* all else runs in the kernel, in a system call of gft's own or of somebody */
	if (!strcmp(e->builtin->name, "usermode") && where & ~(W_UPROBE | W_TIMER | W_GO))
		return where & (W_UPROBE | W_TIMER | W_GO) ? "(c->regs && gft_usermode(c))" : "0";
	/* a function is the same one at its entry and its exits; its probes are not */
	if (!strcmp(e->builtin->name, "func") && where & W_EXIT)
		return arena_printf(m->a, "(c->probe_id & ~0x%xU)", TY_PROBE_EXIT);
	if (!strcmp(e->builtin->name, "retval") && where & W_KRET)
		return "gft_any_retval(c)";
	return e->builtin->c;
}

static const char *call(struct em *m, const struct expr *e)
{
	struct buf o = BUF_INIT;
	unsigned n;

	switch (e->fn->id) {
	case FN_REG:
		if (e->number == FR_SP)
			return "gft_reg_sp(c)";
		return arena_printf(m->a, "gft_reg(c, %s)", fa_reg_name((enum fa_reg)e->number));
	case FN_DELETE: { /* whether the key was there */
		buf_puts(&o, "({ ");
		const char *k = emit_key(m, &o, e->args[0]);

		buf_printf(&o, "%s == 0; })", emit_delete(m, e, k));
		return take(m, &o);
	}
	case FN_HAS_KEY: {
		buf_puts(&o, "({ ");
		const char *k = emit_key(m, &o, e->args[0]);

		/* opaque: the compiler would make arithmetic with the pointer of it, which the verifier refuses */
		n = m->tmp++;
		buf_printf(&o, "__u64 h%u = bpf_map_lookup_elem(&%s, %s) != 0; barrier_var(h%u); h%u; })", n,
			   e->args[0]->map->bpf_name, k, n, n);
		return take(m, &o);
	}
	default: return emit_func(m, e);
	}
}

static const char *literal(struct em *m, const struct expr *e)
{
	if (!e->is_unsigned && (int64_t)e->ival < 0)
		return arena_printf(m->a, "((__s64)%lluULL)", (unsigned long long)e->ival);
	return arena_printf(m->a, "%llu%s", (unsigned long long)e->ival, e->is_unsigned ? "ULL" : "LL");
}

const char *emit_val(struct em *m, const struct expr *e)
{
	struct buf o = BUF_INIT;
	const char *c = emit_ctype(e->type);
	unsigned n;

	if ((e->kind == EX_UNARY || e->kind == EX_BINARY) && e->is_const)
		return literal(m, e);
	if (e->go) {
		n = m->tmp++;
		buf_printf(&o, "({ %s x%u = 0; ", c, n);
		emit_bounds(m, &o, e);
		emit_fetch(m, &o, arena_printf(m->a, "(char *)&x%u", n), e->type, &e->go->word[0], unread(m, e));
		buf_printf(&o, "%sx%u; })", closing(e->go), n);
		return take(m, &o);
	}
	if (emit_is_place(e))
		return emit_place(m, e);
	switch (e->kind) {
	case EX_INT:
	case EX_NPARAMS:
	case EX_OFFSETOF:
	case EX_SIZEOF:
	case EX_POSPARAM: return literal(m, e);
	case EX_BOOL: return e->ival ? "1" : "0";
	case EX_VAR: return emit_var(m, e->var);
	case EX_IDENT: return ident(m, e);
	case EX_CALL: return e->cfunc ? emit_c_call(m, e) : call(m, e);
	case EX_UNARY:
		switch (e->op) {
		case OP_NOT: return arena_printf(m->a, "(!%s)", emit_val(m, e->a));
		case OP_BNOT: return arena_printf(m->a, "((%s)~(__u64)%s)", emit_wide(e->type), emit_val(m, e->a));
		case OP_NEG: return arena_printf(m->a, "((%s)(0 - (__u64)%s))", emit_wide(e->type), emit_val(m, e->a));
		default: return emit_address_of(m, e->a); /* OP_ADDR */
		}
	case EX_BINARY: return binary(m, e);
	case EX_TERNARY:
		c = emit_wide(e->type);
		if (!e->b) {
			n = m->tmp++;
			return arena_printf(m->a, "({ %s e%u = %s; e%u ? e%u : %s; })", c, n, emit_val(m, e->a), n, n,
					    emit_val(m, e->c));
		}
		return arena_printf(m->a, "(%s ? (%s)%s : (%s)%s)", emit_val(m, e->a), c, emit_val(m, e->b), c,
				    emit_val(m, e->c));
	case EX_CAST:
		if (e->a->type->kind == TY_ARRAY && e->type->kind == TY_PTR)
			return emit_address(m, e->a);
		if (e->a->type->kind == TY_ARRAY) {
			const char *p;

			buf_puts(&o, "({ ");
			p = emit_at(m, &o, e->a);
			buf_printf(&o, "%s x%u = 0; __builtin_memcpy(&x%u, %s, %u); x%u; })", c, m->tmp, m->tmp, p,
				   e->type->size, m->tmp);
			m->tmp++;
			return take(m, &o);
		}
		if (e->type->kind == TY_BOOL)
			return arena_printf(m->a, "(%s != 0)", emit_val(m, e->a));
		return arena_printf(m->a, "((%s)%s)", c, emit_val(m, e->a));
	case EX_INCDEC: return incdec(m, e);
	case EX_INDEX: return emit_index(m, e);
	case EX_BLOCK: emit_block_value(m, &o, NULL, e->type, e->block); return take(m, &o);
	case EX_IF:
		if (e->number != IF_UNKNOWN) {
			emit_block_value(m, &o, NULL, e->type, e->number == IF_ALWAYS ? e->block : e->block2);
			return take(m, &o);
		}
		buf_printf(&o, "(%s ? ", emit_val(m, e->a));
		emit_block_value(m, &o, NULL, e->type, e->block);
		buf_puts(&o, " : ");
		emit_block_value(m, &o, NULL, e->type, e->block2);
		buf_puts(&o, ")");
		return take(m, &o);
	case EX_MAP: {
		buf_puts(&o, "({ ");
		const char *k = emit_key(m, &o, e);

		if (ty_is_agg(e->map->value)) {
			buf_printf(&o, "%s; })", emit_agg_read(m, e->map, k));
			return take(m, &o);
		}
		n = m->tmp++;
		buf_printf(&o, "%s *p%u = %s; p%u ? *p%u : 0; })", c, n, emit_lookup(m, e->loc, e->map->bpf_name, k), n,
			   n);
		return take(m, &o);
	}
	case EX_FIELD:
	case EX_TUPIDX: return emit_own_field(m, e);
	case EX_FETCH: {
		const struct fetch_item *it = &e->items[0];

		if (!it->arg)
			return emit_val(m, it->e);
		n = m->tmp++;
		buf_printf(&o, "({ %s x%u = 0; ", c, n);
		emit_fetch(m, &o, arena_printf(m->a, "(char *)&x%u", n), it->type, it->arg, unread(m, e));
		buf_printf(&o, "x%u; })", n);
		return take(m, &o);
	}
	default: return "0";
	}
}
