/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cvalue.c - captured values of C, C++ and Rust as text: { .x = 1, .name = "a" },
 * enumerations by name, pointers as addresses.
 */
#include <string.h>

#include "gft/output.h"
#include "runtime/govalue.h"

#define DEPTH_MAX 12

struct printer {
	struct buf *b;
	const struct gft_capture *cap;
	const struct go_node *xmm;
};

static uint64_t word(const struct printer *p, uint32_t off)
{
	uint64_t w = 0;

	if (off + 8 <= GFT_CAP_BYTES)
		memcpy(&w, p->cap->blob + off, 8);
	return w;
}

static bool faulted(const struct printer *p, int op)
{
	return op >= 0 && (p->cap->fault >> op & 1);
}

static bool ran(const struct printer *p, int op)
{
	return op >= 0 && (p->cap->ran >> op & 1) && !faulted(p, op);
}

/* An integer's bits, extended to 64 by its own sign. */
static uint64_t integer(const struct printer *p, const struct go_node *n)
{
	const struct go_type *t = n->type;
	uint64_t w = word(p, n->off);
	unsigned bits = t->bits ? t->bits : t->size * 8, shift;

	if (t->bits)
		w >>= t->bit_off;
	if (!bits || bits >= 64)
		return w;
	shift = 64 - bits;
	return t->kind == GO_INT ? (uint64_t)((int64_t)(w << shift) >> shift) : w << shift >> shift;
}

static void quoted(const struct printer *p, uint32_t at, uint32_t room)
{
	const char *s = (const char *)p->cap->blob + at;
	size_t len;

	if (at + room > GFT_CAP_BYTES)
		room = at < GFT_CAP_BYTES ? GFT_CAP_BYTES - at : 0;
	len = strnlen(s, room);
	buf_putc(p->b, '"');
	value_escape_quoted(p->b, s, len);
	buf_putc(p->b, '"');
}

/* Text of Rust and gccgo, which has a length and no NUL. */
static void counted_text(const struct printer *p, const struct go_node *n)
{
	uint64_t len = word(p, n->off + 8u);
	uint32_t shown = len < n->room ? (uint32_t)len : n->room;

	if (faulted(p, n->op)) {
		buf_puts(p->b, "(fault)");
		return;
	}
	if (len && !ran(p, n->op))
		shown = 0;
	if (n->aux + shown > GFT_CAP_BYTES)
		shown = 0;
	buf_putc(p->b, '"');
	value_escape_quoted(p->b, (const char *)p->cap->blob + n->aux, shown);
	buf_putc(p->b, '"');
	if (shown < len)
		buf_printf(p->b, "…(len %llu)", (unsigned long long)len);
}

static void print(const struct printer *p, const struct go_node *n, unsigned depth);

static void pointer(const struct printer *p, const struct go_node *n, unsigned depth)
{
	uint64_t addr = word(p, n->off);
	const struct go_type *e = n->type->elem;

	if (!addr) {
		buf_puts(p->b, "NULL");
	} else if (e && e->text && ran(p, n->op)) {
		quoted(p, n->aux, n->room);
		/* all of the room was used, but for the NUL that the kernel puts last */
		if (strnlen((const char *)p->cap->blob + n->aux, n->room) + 1 == n->room)
			buf_puts(p->b, "…");
	} else if (n->nkids && ran(p, n->op)) {
		buf_putc(p->b, '&');
		print(p, n->kids, depth + 1);
	} else {
		buf_printf(p->b, "0x%llx%s", (unsigned long long)addr, faulted(p, n->op) ? " (fault)" : "");
	}
}

/* One name, or several that are or-ed; what no name stands for is a number. */
static void enumeration(const struct printer *p, const struct go_node *n)
{
	const struct go_type *t = n->type;
	int64_t v = (int64_t)integer(p, n);
	uint64_t left = (uint64_t)v;
	bool any = false;

	for (uint32_t i = 0; i < t->nenums; i++)
		if (t->enums[i].value == v) {
			value_escape(p->b, t->enums[i].name, strlen(t->enums[i].name));
			return;
		}
	for (uint32_t i = 0; i < t->nenums && left; i++) {
		uint64_t bit = (uint64_t)t->enums[i].value;

		if (!bit || (bit & (bit - 1)) || !(left & bit))
			continue;
		buf_puts(p->b, any ? " | " : "");
		value_escape(p->b, t->enums[i].name, strlen(t->enums[i].name));
		any = true;
		left &= ~bit;
	}
	if (!any)
		buf_printf(p->b, "%lld", (long long)v);
	else if (left)
		buf_printf(p->b, " | 0x%llx", (unsigned long long)left);
}

static void real(const struct printer *p, uint32_t off, uint32_t size)
{
	double d = 0;
	float f;

	if (off + size > GFT_CAP_BYTES)
		return;
	if (size == 4) {
		memcpy(&f, p->cap->blob + off, 4);
		buf_printf(p->b, "%.7g", (double)f);
	} else {
		memcpy(&d, p->cap->blob + off, 8);
		buf_printf(p->b, "%.15g", d);
	}
}

static void fields(const struct printer *p, const struct go_node *n, unsigned depth)
{
	const struct go_type *t = n->type;

	buf_puts(p->b, n->nkids || !t->nfields ? "{ " : "{ …");
	for (uint32_t i = 0; i < n->nkids; i++) {
		const char *name = t->fields[i].name;

		buf_puts(p->b, i ? ", " : "");
		if (name && *name) {
			buf_putc(p->b, '.');
			value_escape(p->b, name, strlen(name));
			buf_puts(p->b, " = ");
		}
		print(p, &n->kids[i], depth + 1);
	}
	buf_puts(p->b, " }");
}

static void array(const struct printer *p, const struct go_node *n, unsigned depth)
{
	const struct go_type *t = n->type;

	if (t->elem && t->elem->text) {
		quoted(p, n->off, t->size);
		return;
	}
	buf_putc(p->b, '[');
	for (uint32_t i = 0; i < n->nkids; i++) {
		buf_puts(p->b, i ? "," : "");
		print(p, &n->kids[i], depth + 1);
	}
	buf_puts(p->b, n->nkids < t->count ? ",…]" : "]");
}

static void print(const struct printer *p, const struct go_node *n, unsigned depth)
{
	const struct go_type *t = n->type;

	if (depth > DEPTH_MAX || !t || n->room == UINT16_MAX || n->off + t->size > GFT_CAP_BYTES) {
		buf_puts(p->b, "…");
		return;
	}
	switch (t->kind) {
	case GO_BOOL: buf_puts(p->b, integer(p, n) & 0xff ? "true" : "false"); break;
	case GO_INT:
	case GO_UINT:
		if (t->nenums)
			enumeration(p, n);
		else if (t->kind == GO_INT)
			buf_printf(p->b, "%lld", (long long)integer(p, n));
		else
			buf_printf(p->b, "%llu", (unsigned long long)integer(p, n));
		break;
	case GO_FLOAT:
	case GO_COMPLEX:
		if (p->xmm && n->off >= p->xmm->off && n->off < p->xmm->off + p->xmm->type->size) {
			buf_puts(p->b, "(xmm)");
			break;
		}
		real(p, n->off, t->kind == GO_FLOAT ? t->size : t->size / 2);
		if (t->kind == GO_COMPLEX) {
			buf_puts(p->b, " + ");
			real(p, n->off + t->size / 2, t->size / 2);
			buf_putc(p->b, 'i');
		}
		break;
	case GO_STRING: counted_text(p, n); break;
	case GO_PTR: pointer(p, n, depth); break;
	case GO_STRUCT:
	case GO_UNION: fields(p, n, depth); break;
	case GO_ARRAY: array(p, n, depth); break;
	default:
		if (p->xmm)
			buf_puts(p->b, "(xmm)");
		else if (t->size == 16)
			buf_printf(p->b, "0x%llx%016llx", (unsigned long long)word(p, n->off + 8u),
				   (unsigned long long)word(p, n->off));
		else
			buf_puts(p->b, "?");
		break;
	}
}

void c_value_print(struct buf *b, const struct gft_capture *cap, const struct go_node *n, const struct go_node *xmm,
		   unsigned depth)
{
	struct printer p = { b, cap, xmm };

	print(&p, n, depth);
}
