/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * emit_struct.c - reading memory of the target and the kernel, by C's types.
 *
 * A place (sema_struct.c) is an address in C, a __u64; a value of it is one
 * read of just its bytes.  What cannot be read is zero.
 */
#include <string.h>

#include "codegen/emit.h"

static const char *take(struct em *m, struct buf *b)
{
	const char *s = arena_strndup(m->a, buf_str(b), b->len);

	buf_free(b);
	return s;
}

bool emit_is_place(const struct expr *e)
{
	if (e->go)
		return false;
	if (e->kind == EX_UNARY && e->op == OP_DEREF)
		return true;
	if (e->kind == EX_IDENT) /* args, of a tracepoint */
		return !e->builtin && e->number == TS_CTX;
	return (e->kind == EX_FIELD || e->kind == EX_INDEX) && e->number != TS_BPF;
}

const char *emit_space(unsigned space)
{
	return space == TS_USER ? "user" : space == TS_KERNEL || space == TS_CTX ? "kernel" : "any";
}

/* A read of a place, as one call; with -k a fault is told. */
static const char *read_call(struct em *m, const struct expr *e, const char *what, const char *args)
{
	static const char *const helpers[] = { "probe_read_user", "probe_read_kernel", "probe_read" };
	const char *space = emit_space((unsigned)e->number);

	return emit_checked(m, e->loc,
			    helpers[*space == 'u'   ? 0
				    : *space == 'k' ? 1
						    : 2],
			    arena_printf(m->a, "gft_%s_%s(%s)", what, space, args));
}

/* A function of the kernel may be given an address of the process, as the name of a file to open. */
const char *emit_suffix(unsigned space)
{
	return space == TS_USER || space == TS_BPF ? "" : "_any";
}

/* The address of a place. */
const char *emit_address(struct em *m, const struct expr *e)
{
	const struct gft_type *t;

	switch (e->kind) {
	case EX_UNARY: return arena_printf(m->a, "(__u64)%s", emit_val(m, e->a));
	case EX_FIELD:
		t = e->a->type;
		return arena_printf(m->a, "(%s + %u)",
				    t->kind == TY_PTR ? arena_printf(m->a, "(__u64)%s", emit_val(m, e->a))
						      : emit_address(m, e->a),
				    e->field->off);
	case EX_INDEX:
		t = e->a->type;
		return arena_printf(m->a, "(%s + %uULL * (__u64)%s)",
				    t->kind == TY_PTR ? arena_printf(m->a, "(__u64)%s", emit_val(m, e->a))
						      : emit_address(m, e->a),
				    e->type->size, emit_val(m, e->b));
	default: return "(__u64)c->tp"; /* args, of a tracepoint */
	}
}

/*
 * A word of the probe's own record.  The verifier wants each read at the record
 * plus a constant; the compiler would merge two reads into one at either place.
 */
static const char *word_of_record(struct em *m, uint32_t off, uint32_t size, const char *ctype)
{
	static const char *const words[] = { "", "u8", "u16", "", "u32", "", "", "", "u64" };
	unsigned n = m->tmp++;

	return arena_printf(
		m->a,
		"({ __u64 x%u; asm volatile(\"%%0 = *(%s *)(%%1 + %u)\" : \"=r\"(x%u) : \"r\"(c->tp)); (%s)x%u; })", n,
		words[size <= 8 ? size : 8], off, n, ctype, n);
}

/* Where a field of the record is, when that is a constant. */
static bool fixed_off(const struct expr *e, uint32_t *off)
{
	if (e->kind == EX_IDENT) {
		*off = 0;
		return true;
	}
	if (e->kind != EX_FIELD || e->a->type->kind != TY_STRUCT || !fixed_off(e->a, off))
		return false;
	*off += e->field->off;
	return true;
}

/* Bits of the word x, as a value of type t. */
static const char *bits(struct em *m, const struct ty_field *f, const char *x)
{
	uint64_t mask = f->bit_size < 64 ? (1ULL << f->bit_size) - 1 : ~0ULL;

	if (f->type->is_signed)
		return arena_printf(m->a, "((__s64)((__u64)%s << %u) >> %u)", x, 64 - f->bit_off - f->bit_size,
				    64 - f->bit_size);
	return arena_printf(m->a, "((__u64)%s >> %u & 0x%llxULL)", x, f->bit_off, (unsigned long long)mask);
}

/* The address of what a field of the record tells the place of. */
static const char *data_loc(struct em *m, const struct expr *e)
{
	uint32_t more = e->field->loc == TL_REL ? e->field->off + 4 : 0;

	return arena_printf(m->a, "((__u64)c->tp + %u + (%s & 0xffff))", more,
			    word_of_record(m, e->field->off, 4, "__u64"));
}

const char *emit_place(struct em *m, const struct expr *e)
{
	const struct ty_field *f = e->kind == EX_FIELD && e->field->bit_size ? e->field : NULL;
	const char *c = emit_ctype(f ? f->type : e->type), *x;
	struct buf o = BUF_INIT;
	uint32_t off;
	unsigned n;

	if (e->kind == EX_FIELD && e->field->loc)
		return data_loc(m, e);
	if (e->number == TS_CTX && fixed_off(e, &off)) {
		/* a function's arguments are a word each, whatever their type */
		x = word_of_record(m, off, e->ival ? 8 : f ? f->type->size : e->type->size, c);
		return f ? bits(m, f, x) : x;
	}
	n = m->tmp++;
	buf_printf(&o, "({ %s d%u = 0; %s; ", c, n,
		   read_call(m, e, "read",
			     arena_printf(m->a, "&d%u, %u, %s", n, f ? f->type->size : e->type->size,
					  emit_address(m, e))));
	x = arena_printf(m->a, "d%u", n);
	buf_printf(&o, "%s; })", f ? bits(m, f, x) : x);
	return take(m, &o);
}

void emit_place_into(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e)
{
	uint32_t size = e->type->size;

	if (e->kind == EX_FIELD && e->field->loc) {
		buf_printf(b, "gft_chars_kernel(%s, %u, %u, %s); ", dst, t->size, t->size, data_loc(m, e));
		return;
	}
	if (e->type->kind == TY_STRING) {
		buf_printf(b, "%s; ",
			   read_call(m, e, "chars",
				     arena_printf(m->a, "%s, %u, %u, %s", dst, t->size, size < t->size ? size : t->size,
						  emit_address(m, e))));
		return;
	}
	if (size > t->size)
		size = t->size;
	if (!size) {
		buf_printf(b, "gft_zero(%s, %u); ", dst, t->size);
		return;
	}
	if (size < t->size)
		buf_printf(b, "gft_zero(%s, %u); ", dst, t->size);
	buf_printf(b, "%s; ", read_call(m, e, "read", arena_printf(m->a, "%s, %u, %s", dst, size, emit_address(m, e))));
}

/* A field of a value that the program itself holds. */
const char *emit_own_field(struct em *m, const struct expr *e)
{
	const struct ty_field *f = e->field;
	struct buf o = BUF_INIT;
	const char *p, *x;

	buf_puts(&o, "({ ");
	p = emit_at(m, &o, e->a);
	if (f->type->size > 8 || (f->type->size & (f->type->size - 1))) {
		buf_printf(&o, "__u64 w%u = 0; __builtin_memcpy(&w%u, %s + %u, %u); ", m->tmp, m->tmp, p, f->off,
			   f->type->size);
		x = arena_printf(m->a, "w%u", m->tmp++);
	} else { /* of a packed struct: the verifier takes no word that lies askew */
		x = arena_printf(m->a, f->off % f->type->size ? "gft_askew(%s, %s + %u)" : "*(%s *)(%s + %u)",
				 emit_ctype(f->type), p, f->off);
	}
	buf_printf(&o, "%s; })", f->bit_size ? bits(m, f, x) : x);
	return take(m, &o);
}

void emit_own_part(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e)
{
	uint32_t size = e->type->size < t->size ? e->type->size : t->size;
	const char *p, *i = NULL;

	buf_puts(b, "{ ");
	if (e->kind == EX_INDEX) {
		i = arena_printf(m->a, "i%u", m->tmp++);
		buf_printf(b, "__u64 %s = %s; ", i, emit_val(m, e->b));
	}
	p = arena_printf(m->a, "gft_address(%s)", emit_at(m, b, e->a));
	if (i)
		p = arena_printf(m->a, "%s + %s * %u", p, i, e->type->size);
	else
		p = arena_printf(m->a, "%s + %u", p, e->field->off);
	if (i)
		buf_printf(b, "if (%s < %u) ", i, e->a->type->count);
	if (e->type->kind == TY_STRING)
		buf_printf(b, "gft_chars_kernel(%s, %u, %u, %s); ", dst, t->size, size, p);
	else
		buf_printf(b, "gft_read_kernel(%s, %u, %s); ", dst, size, p);
	if (i)
		buf_printf(b, "else gft_zero(%s, %u); ", dst, t->size);
	buf_puts(b, "} ");
}

const char *emit_pointer_math(struct em *m, const struct expr *e)
{
	const struct gft_type *a = e->a->type, *b = e->b->type, *p = a->kind == TY_PTR ? a : b;
	const char *x = emit_val(m, e->a), *y = emit_val(m, e->b);
	uint32_t size = p->elem && p->elem->size ? p->elem->size : 1;

	if (e->op == OP_SUB && b->kind == TY_PTR)
		return arena_printf(m->a, "gft_sdiv((__s64)((__u64)%s - (__u64)%s), %u)", x, y, size);
	if (a->kind == TY_PTR)
		y = arena_printf(m->a, "%uULL * (__u64)%s", size, y);
	else
		x = arena_printf(m->a, "%uULL * (__u64)%s", size, x);
	return arena_printf(m->a, "((__u64)%s %s %s)", x, op_text(e->op), y);
}

/* &$v, &@m[k], &place */
const char *emit_address_of(struct em *m, const struct expr *a)
{
	struct buf o = BUF_INIT;
	const char *k;

	if (emit_is_place(a))
		return emit_address(m, a);
	if (a->kind == EX_VAR)
		return arena_printf(m->a, "gft_address(%s%s)", emit_is_scalar(a->var->type) ? "&" : "",
				    emit_var(m, a->var));
	buf_puts(&o, "({ ");
	k = emit_key(m, &o, a);
	buf_printf(&o, "gft_address(bpf_map_lookup_elem(&%s, %s)); })", a->map->bpf_name, k);
	return take(m, &o);
}

/* A function of the script may be called r, or c, as what is generated around the call. */
static void other_name(struct em *m, const char *name)
{
	for (uint32_t i = 0; i < m->nown_c; i++)
		if (!strcmp(m->own_c[i], name))
			return;
	ARENA_PUSH(m->a, m->own_c, m->nown_c, m->cown_c, name);
}

/* A function of %{ ... %}: what is no number is given by its address. */
const char *emit_c_call(struct em *m, const struct expr *e)
{
	struct buf o = BUF_INIT, args = BUF_INIT;

	buf_puts(&o, "({ ");
	for (uint32_t i = 0; i < e->nargs; i++) {
		const struct expr *a = e->args[i];

		buf_puts(&args, i ? ", " : "");
		if (a->kind == EX_UNARY && a->op == OP_ADDR && a->a->kind == EX_VAR)
			buf_printf(&args, "(void *)%s%s", emit_is_scalar(a->a->var->type) ? "&" : "",
				   emit_var(m, a->a->var));
		else if (a->type->kind == TY_PTR)
			buf_printf(&args, "(void *)%s", emit_val(m, a));
		else if (emit_is_scalar(a->type))
			buf_puts(&args, emit_val(m, a));
		else
			buf_printf(&args, "(void *)%s", emit_at(m, &o, a));
	}
	other_name(m, e->name);
	if (e->type->kind == TY_VOID)
		buf_printf(&o, "gft_own_%s(%s); })", e->name, buf_str(&args));
	else
		buf_printf(&o, "(%s)gft_own_%s(%s); })", emit_ctype(e->type), e->name, buf_str(&args));
	buf_free(&args);
	return take(m, &o);
}

/*
 * The script's own C, when it has functions: behind the templates, with the
 * script's lines, and what it includes.  Its macros end with it: generated
 * names are short.
 */
void emit_own_c(struct em *m, struct buf *out)
{
	const struct c_text *first = m->p->ast->c_texts;
	bool any = false;

	for (const struct c_text *c = first; c; c = c->next)
		any |= c->is_code;
	if (!any)
		return;
	buf_puts(out, "#include <gft/script.h>\n");
	for (const struct c_text *c = first; m->p->ast->have_btf && c; c = c->next)
		if (strstr(c->text, "BPFTRACE_HAVE_BTF") || (c->text[0] == '#' && strstr(c->text, "include"))) {
			buf_puts(out, "#define BPFTRACE_HAVE_BTF 1\n");
			break;
		}
	if (m->p->ast->c_front)
		buf_puts(out, m->p->ast->c_front);
	for (size_t i = 0; i < m->p->nincludes; i++)
		buf_printf(out, "#include \"%s\"\n", m->p->includes[i]);
	for (const struct c_header *h = m->p->ast->c_headers; h; h = h->next)
		buf_printf(out, "#include \"%s\"\n", h->path);
	/* in front of uapi.h, which takes its place where nobody includes it */
	for (const struct c_text *c = first; c; c = c->next)
		if (strstr(c->text, "<linux/bpf.h>"))
			buf_puts(out, "#include <linux/bpf.h>\n");
	for (const struct c_text *c = first; c; c = c->next) {
		const struct source *s = diag_source(m->p->diag, c->loc.source);
		unsigned line, col;

		if (!s)
			continue;
		if (c->is_code && any) {
			buf_puts(out, "#include <gft/uapi.h>\n");
			any = false;
		}
		if (c->is_code)
			buf_puts(out, "#pragma clang attribute push(__attribute__((always_inline)), apply_to = "
				      "function)\n");
		source_line_col(s, c->loc.begin, &line, &col);
		buf_printf(out, "#line %u \"", line);
		emit_cstring(out, s->name, strlen(s->name));
		buf_puts(out, "\"\n");
		if (c->text[0] != '#')
			buf_pad(out, ' ', col - 1 + (c->is_code ? 2 : 0));
		buf_puts(out, c->text);
		buf_puts(out, !c->is_code && c->text[0] != '#' ? ";\n" : "\n");
		if (c->is_code)
			buf_puts(out, "#pragma clang attribute pop\n");
	}
	for (const struct c_text *c = first; c; c = c->next) {
		const char *p = c->text + strspn(c->text, "# \t");
		size_t n = 0;

		if (c->text[0] != '#' || strncmp(p, "define", 6) != 0)
			continue;
		p += 6 + strspn(p + 6, " \t");
		while ((p[n] >= '0' && p[n] <= '9') || ((p[n] | 32) >= 'a' && (p[n] | 32) <= 'z') || p[n] == '_')
			n++;
		buf_printf(out, "#undef %.*s\n", (int)n, p);
	}
	buf_puts(out, "#line 1 \"gft\"\n");
	for (uint32_t i = 0; i < m->nown_c; i++)
		buf_printf(out, "static __typeof__(%s) *const gft_own_%s = %s;\n", m->own_c[i], m->own_c[i],
			   m->own_c[i]);
}
