/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * debugfmt.c - see debugfmt.h.  What the kernel takes is in
 * bpf_bprintf_prepare() (kernel/bpf/helpers.c): flags of [0 +-], a width, then
 * l, ll or nothing and one of d i u x X, or c, s, p.
 */
#include "parser/debugfmt.h"

#include <stdbool.h>
#include <string.h>

#include "gft/arena.h"
#include "gft/buf.h"

struct reading {
	struct arena *a;
	struct buf out;
	struct debug_conv *conv;
	size_t n;
	const char *why;
};

/* Behind the size in front of a conversion's letter. */
static const char *size_of(const char *p, unsigned *bytes)
{
	*bytes = 4;
	if (*p == 'h') {
		*bytes = p[1] == 'h' ? 1 : 2;
		return p + (p[1] == 'h' ? 2 : 1);
	}
	if (!*p || !strchr("ljztL", *p))
		return p;
	*bytes = 8;
	return p + (p[0] == 'l' && p[1] == 'l' ? 2 : 1);
}

static const char *conversion(struct reading *r, const char *p)
{
	const char *begin = p + 1, *flags;
	struct debug_conv c;
	bool alt = false;

	if (*begin == '%') {
		buf_puts(&r->out, "%%");
		return begin + 1;
	}
	for (flags = begin; *flags && strchr("-+ 0#", *flags); flags++)
		alt |= *flags == '#';
	for (p = flags; *p >= '0' && *p <= '9'; p++)
		;
	if (*p == '.' || *p == '*' || *begin == '\'')
		r->why = "a precision, '*' and ''' are not known to the kernel";
	p = size_of(p, &c.bytes);
	c.type = *p;
	if (!r->why && (!*p || !strchr("diuxXpcs", *p)))
		r->why = *p ? arena_printf(r->a, "%%%c is not known to the kernel", *p) : "the format ends in a '%'";
	if (r->n == DEBUG_ARGS_MAX)
		r->why = "more than 12 values";
	if (r->why)
		return p;
	if (c.type == 'i')
		c.type = 'd';
	if (c.type == 'p')
		c.bytes = 8;
	buf_puts(&r->out, c.type == 'p' || (alt && (c.type | 32) == 'x') ? "0x%" : "%");
	for (const char *q = begin; q < p && (q < flags || (*q >= '0' && *q <= '9')); q++)
		if (*q != '#')
			buf_putc(&r->out, *q);
	if (c.type != 'c' && c.type != 's')
		buf_puts(&r->out, "ll");
	buf_putc(&r->out, c.type == 'p' ? 'x' : c.type);
	r->conv[r->n++] = c;
	return p + 1;
}

const char *debug_format(struct arena *a, const char *fmt, struct debug_conv *conv, size_t *n, const char **why)
{
	struct reading r = { .a = a, .out = BUF_INIT, .conv = conv };
	const char *p = fmt, *text = NULL;

	while (*p && !r.why) {
		if (*p == '%') {
			p = conversion(&r, p);
			continue;
		}
		if ((unsigned char)*p >= 0x7f || ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t'))
			r.why = "the kernel writes printable ASCII only";
		if (*p != '\n' || p[1])
			buf_putc(&r.out, *p);
		p++;
	}
	if (!r.why)
		text = arena_strdup(a, buf_str(&r.out));
	buf_free(&r.out);
	*n = r.n;
	*why = r.why;
	return text;
}
