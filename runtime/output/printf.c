/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * printf.c - the script's formats: bpftrace's, which are C's plus %r (bytes)
 * and gft's %T (a duration from nanoseconds).
 *
 * One reader of conversions serves the check at compile time and the printing
 * at run time, so they cannot disagree.
 */
#include <string.h>

#include "gft/arena.h"
#include "runtime/output/value.h"

#define MAX_WIDTH 4096

struct conv {
	bool minus, plus, space, zero, alt, quote;
	bool star_width, star_prec;
	int width;	/* -1: none */
	int prec;	/* -1: none */
	unsigned bytes; /* of an integer: 1, 2, 4 or 8 */
	char type;	/* the letter; '\0': none that is known */
	char mode;	/* %r: 'x', 'h' or '\0' */
	const char *text;
	size_t len; /* text: the whole conversion, from its % */
};

static const char *read_number(const char *p, int *v)
{
	long n = 0;

	while (*p >= '0' && *p <= '9') {
		if (n < MAX_WIDTH)
			n = n * 10 + (*p - '0');
		p++;
	}
	*v = n > MAX_WIDTH ? MAX_WIDTH : (int)n;
	return p;
}

static const char *read_flags(const char *p, struct conv *c)
{
	for (;; p++) {
		switch (*p) {
		case '-': c->minus = true; break;
		case '+': c->plus = true; break;
		case ' ': c->space = true; break;
		case '0': c->zero = true; break;
		case '#': c->alt = true; break;
		case '\'': c->quote = true; break;
		default: return p;
		}
	}
}

static const char *read_length(const char *p, struct conv *c)
{
	c->bytes = 4;
	switch (*p) {
	case 'h': c->bytes = p[1] == 'h' ? 1 : 2; return p + (p[1] == 'h' ? 2 : 1);
	case 'l': c->bytes = 8; return p + (p[1] == 'l' ? 2 : 1);
	case 'j':
	case 'z':
	case 't':
	case 'L': c->bytes = 8; return p + 1;
	default: return p;
	}
}

/* Reads the conversion at p, which points to a '%'. */
static const char *read_conv(const char *p, struct conv *c)
{
	*c = (struct conv){ .width = -1, .prec = -1, .text = p };
	p = read_flags(p + 1, c);
	if (*p == '*') {
		c->star_width = true;
		p++;
	} else if (*p >= '1' && *p <= '9') {
		p = read_number(p, &c->width);
	}
	if (*p == '.') {
		p++;
		if (*p == '*') {
			c->star_prec = true;
			p++;
		} else {
			p = read_number(p, &c->prec);
		}
	}
	p = read_length(p, c);
	if (*p && strchr("diuoxXcsprTfFeEgG%", *p))
		c->type = *p;
	if (*p)
		p++;
	if (c->type == 'r' && (*p == 'x' || *p == 'h'))
		c->mode = *p++;
	c->len = (size_t)(p - c->text);
	return p;
}

/* --- checking -------------------------------------------------------------------------- */

static bool conv_takes(const struct conv *c, const struct gft_type *t)
{
	switch (c->type) {
	case 's': return t->kind != TY_NONE && t->kind != TY_VOID;
	case 'r': return value_has_bytes(t);
	case 'f':
	case 'F':
	case 'e':
	case 'E':
	case 'g':
	case 'G': return t->kind == TY_FLOAT;
	default: return value_has_number(t) && t->kind != TY_CGROUP; /* the path is user space's */
	}
}

static bool is_number(const struct gft_type *t)
{
	return t->kind == TY_INT || t->kind == TY_BOOL;
}

static const char *mismatch(struct buf *b, const struct conv *c, const struct gft_type *t, const char *what)
{
	struct arena *a = arena_new();

	buf_reset(b);
	buf_printf(b, "unsupported format specifier for type '%s': %s", ty_name(a, t), what);
	if (!*what)
		buf_add(b, c->text + 1, c->len - 1);
	arena_free(a);
	return buf_str(b);
}

char value_printf_conversion(const char *fmt, size_t i)
{
	struct conv c;
	size_t used = 0;

	for (const char *p = fmt; *p;) {
		if (*p != '%') {
			p++;
			continue;
		}
		p = read_conv(p, &c);
		if (!c.type || c.type == '%')
			continue;
		used += (size_t)(c.star_width + c.star_prec);
		if (used++ == i)
			return c.type;
	}
	return 0;
}

const char *value_printf_check(struct buf *b, const char *fmt, const struct gft_type *const *types, size_t n)
{
	const struct gft_type *wrong = NULL;
	struct conv c, wrong_conv = { 0 };
	const char *wrong_what = "";
	size_t used = 0;

	for (const char *p = fmt; *p;) {
		if (*p != '%') {
			p++;
			continue;
		}
		p = read_conv(p, &c);
		if (!c.type) {
			buf_reset(b);
			buf_puts(b, "unknown format specifier: ");
			value_escape(b, c.text, c.len);
			return buf_str(b);
		}
		if (c.type == '%')
			continue;
		for (int i = 0; i < c.star_width + c.star_prec; i++, used++) {
			if (used < n && !wrong && !is_number(types[used])) {
				wrong = types[used];
				wrong_conv = c;
				wrong_what = "*";
			}
		}
		if (used < n && !wrong && !conv_takes(&c, types[used])) {
			wrong = types[used];
			wrong_conv = c;
		}
		used++;
	}
	if (used != n) {
		buf_reset(b);
		buf_printf(b, "%s arguments for format string (%zu supplied, %zu expected)",
			   used > n ? "not enough" : "too many", n, used);
		return buf_str(b);
	}
	return wrong ? mismatch(b, &wrong_conv, wrong, wrong_what) : NULL;
}

/* --- printing ------------------------------------------------------------------------------ */

/* Text in its field; prec counts bytes, or -1. */
static void put_field(struct buf *b, const struct conv *c, const char *s, size_t len)
{
	size_t pad = c->width > 0 && (size_t)c->width > len ? (size_t)c->width - len : 0;

	if (!c->minus)
		buf_pad(b, ' ', pad);
	buf_add(b, s, len);
	if (c->minus)
		buf_pad(b, ' ', pad);
}

/* Reduces v to the conversion's size, as C does. */
static int64_t narrow(int64_t v, unsigned bytes, bool is_signed)
{
	unsigned shift = 64 - bytes * 8;

	if (is_signed)
		return (int64_t)((uint64_t)v << shift) >> shift;
	return (int64_t)(((uint64_t)v << shift) >> shift);
}

/* C's flags of a conversion, to hand it to C's own printf. */
static char *c_flags(char *p, const struct conv *c)
{
	*p++ = '%';
	if (c->minus)
		*p++ = '-';
	if (c->plus)
		*p++ = '+';
	if (c->space)
		*p++ = ' ';
	if (c->zero)
		*p++ = '0';
	if (c->alt)
		*p++ = '#';
	if (c->quote)
		*p++ = '\'';
	*p++ = '*';
	*p++ = '.';
	*p++ = '*';
	return p;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_int(struct buf *b, const struct conv *c, int64_t v)
{
	char fmt[20], *p = c_flags(fmt, c);

	*p++ = 'l';
	*p++ = 'l';
	*p++ = c->type;
	*p = '\0';
	v = narrow(v, c->bytes, c->type == 'd' || c->type == 'i');
	buf_printf(b, fmt, c->width < 0 ? 0 : c->width, c->prec, v);
}

static void put_float(struct buf *b, const struct conv *c, double v)
{
	char fmt[20], *p = c_flags(fmt, c);

	*p++ = c->type;
	*p = '\0';
	buf_printf(b, fmt, c->width < 0 ? 0 : c->width, c->prec, v);
}
#pragma GCC diagnostic pop

static void put_bytes(struct buf *b, const struct conv *c, const struct gft_type *t, const void *data)
{
	struct buf tmp = BUF_INIT;
	const char *s;
	size_t n;

	if (!value_bytes(t, data, &s, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		if (c->mode == 'h')
			buf_printf(&tmp, "%s%02x", i ? " " : "", (unsigned char)s[i]);
		else if (!c->mode && s[i] >= 32 && s[i] < 127)
			buf_putc(&tmp, s[i]);
		else
			buf_printf(&tmp, "\\x%02x", (unsigned char)s[i]);
	}
	put_field(b, c, buf_str(&tmp), tmp.len);
	buf_free(&tmp);
}

static void put_text(struct buf *b, const struct conv *c, const struct value_ctx *vc, const struct value_arg *arg)
{
	struct buf tmp = BUF_INIT;
	size_t len;

	if (c->width <= 0 && c->prec < 0) {
		value_print(b, vc, arg->type, arg->data);
		return;
	}
	value_print(&tmp, vc, arg->type, arg->data);
	len = tmp.len;
	if (c->prec >= 0 && len > (size_t)c->prec) {
		len = (size_t)c->prec;
		while (len && ((unsigned char)tmp.data[len] & 0xc0) == 0x80) /* whole characters only */
			len--;
	}
	put_field(b, c, buf_str(&tmp), len);
	buf_free(&tmp);
}

static void put_number(struct buf *b, const struct conv *c, const struct value_arg *arg)
{
	struct buf tmp = BUF_INIT;
	int64_t v = 0;
	bool is_signed;
	char ch;

	value_number(arg->type, arg->data, &v, &is_signed);
	switch (c->type) {
	case 'c':
		ch = (char)v;
		if (ch)
			value_escape(&tmp, &ch, 1);
		break;
	case 'p': buf_printf(&tmp, "0x%llx", (unsigned long long)v); break;
	case 'T':
		if (is_signed && v < 0) {
			buf_putc(&tmp, '-');
			v = (int64_t) - (uint64_t)v;
		}
		value_duration(&tmp, (uint64_t)v);
		break;
	default: put_int(b, c, v); return;
	}
	put_field(b, c, buf_str(&tmp), tmp.len);
	buf_free(&tmp);
}

static void put_arg(struct buf *b, const struct conv *c, const struct value_ctx *vc, const struct value_arg *arg)
{
	if (!conv_takes(c, arg->type)) { /* the check at compile time did not run */
		value_print(b, vc, arg->type, arg->data);
		return;
	}
	switch (c->type) {
	case 's': put_text(b, c, vc, arg); break;
	case 'r': put_bytes(b, c, arg->type, arg->data); break;
	case 'f':
	case 'F':
	case 'e':
	case 'E':
	case 'g':
	case 'G': put_float(b, c, value_float(arg->type, arg->data)); break;
	default: put_number(b, c, arg);
	}
}

/* The next argument as a width or precision; a negative width means left, a negative precision none. */
static int star(const struct value_arg *args, size_t n, size_t *used)
{
	bool is_signed;
	int64_t v = 0;

	if (*used < n)
		value_number(args[*used].type, args[*used].data, &v, &is_signed);
	(*used)++;
	return v > MAX_WIDTH ? MAX_WIDTH : v < -MAX_WIDTH ? -MAX_WIDTH : (int)v;
}

void value_printf(struct buf *b, const struct value_ctx *vc, const char *fmt, const struct value_arg *args, size_t n)
{
	size_t used = 0;
	struct conv c;

	for (const char *p = fmt; *p;) {
		const char *end = strchrnul(p, '%');

		buf_add(b, p, (size_t)(end - p));
		if (!*end)
			return;
		p = read_conv(end, &c);
		if (c.type == '%') {
			buf_putc(b, '%');
			continue;
		}
		if (c.star_width) {
			c.width = star(args, n, &used);
			if (c.width < 0) {
				c.minus = true;
				c.width = -c.width;
			}
		}
		if (c.star_prec) {
			c.prec = star(args, n, &used);
			if (c.prec < 0)
				c.prec = -1;
		}
		if (!c.type || used >= n)
			buf_add(b, c.text, c.len);
		else
			put_arg(b, &c, vc, &args[used++]);
	}
}
