/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* govalue.c - captured Go values as text. */
#include "runtime/goprint.h"

#include <string.h>
#include <time.h>

#include "gft/output.h"

#define DEPTH_MAX 12

uint64_t print_word(const struct printer *p, uint32_t off)
{
	uint64_t w = 0;

	if (off + 8 <= GFT_CAP_BYTES)
		memcpy(&w, p->cap->blob + off, 8);
	return w;
}

bool print_faulted(const struct printer *p, int op)
{
	return op >= 0 && (p->cap->fault >> op & 1);
}

bool print_ran(const struct printer *p, int op)
{
	return op >= 0 && (p->cap->ran >> op & 1);
}

static uint64_t unsigned_at(const struct printer *p, const struct go_node *n)
{
	uint64_t w = print_word(p, n->off);

	return n->type->size < 8 ? w & ((1ULL << n->type->size * 8) - 1) : w;
}

static int64_t signed_at(const struct printer *p, const struct go_node *n)
{
	uint64_t w = print_word(p, n->off);
	unsigned shift = 64 - (n->type->size < 8 ? n->type->size * 8 : 64);

	return (int64_t)(w << shift) >> shift;
}

void print_quoted(const struct printer *p, uint32_t at, uint64_t have, uint64_t len, bool quotes)
{
	size_t n = have < len ? have : len;

	if (quotes)
		buf_putc(p->b, '"');
	if (at + n > sizeof(p->cap->blob))
		n = 0;
	value_escape_quoted(p->b, (const char *)p->cap->blob + at, n);
	if (n < len)
		buf_puts(p->b, "…");
	if (quotes)
		buf_putc(p->b, '"');
	if (n < len && quotes)
		buf_printf(p->b, "(len %llu)", (unsigned long long)len);
}

static void float_text(struct buf *b, const void *data, uint32_t size)
{
	double d = 0;
	float f;

	if (size == 4) {
		memcpy(&f, data, 4);
		buf_printf(b, "%.7g", (double)f);
	} else {
		memcpy(&d, data, 8);
		buf_printf(b, "%.15g", d);
	}
}

/* time.Time: wall has a flag, seconds since 1885 and ns; ext seconds since year 1 (Go's src/time/time.go). */
static bool time_text(const struct printer *p, const struct go_node *n)
{
	uint64_t wall = print_word(p, n->off);
	int64_t ext = (int64_t)print_word(p, n->off + 8), sec;
	char text[64];
	struct tm tm;
	time_t t;

	if (!n->type->name || strcmp(n->type->name, "time.Time") != 0 || n->type->size != 24)
		return false;
	if (!wall && !ext) {
		buf_puts(p->b, "0001-01-01T00:00:00Z");
		return true;
	}
	sec = wall >> 63 ? 59453308800LL + (int64_t)(wall << 1 >> 31) : ext;
	if (__builtin_sub_overflow(sec, 62135596800LL, &t) || !gmtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "-%m-%dT%H:%M:%S", &tm))
		return false;
	buf_printf(p->b, "%04ld%s.%09lluZ", 1900L + tm.tm_year, text, (unsigned long long)(wall & 0x3fffffff));
	return true;
}

static void pointer(const struct printer *p, const struct go_node *n, unsigned depth)
{
	uint64_t addr = print_word(p, n->off);

	if (!addr) {
		buf_puts(p->b, "nil");
	} else if (n->nkids && print_ran(p, n->op)) {
		buf_putc(p->b, '&');
		print_node(p, n->kids, depth + 1);
	} else if (print_faulted(p, n->op)) {
		buf_puts(p->b, "(fault)");
	} else {
		buf_printf(p->b, "0x%llx", (unsigned long long)addr);
	}
}

/* What is known of text or elements that could not be read. */
static void lost(const struct printer *p, uint64_t len)
{
	buf_printf(p->b, "(fault)(len %llu)", (unsigned long long)len);
}

static void slice(const struct printer *p, const struct go_node *n, unsigned depth)
{
	uint64_t ptr = print_word(p, n->off), len = print_word(p, n->off + 8), cap = print_word(p, n->off + 16);
	const struct go_type *e = n->type->elem;
	uint32_t shown;

	if (!ptr && !len) {
		buf_puts(p->b, "nil");
		return;
	}
	if (print_faulted(p, n->op)) {
		lost(p, len);
		return;
	}
	if (e && e->size == 1 && e->kind == GO_UINT && (print_ran(p, n->op) || !len)) {
		print_quoted(p, n->aux, n->room, len, true);
		return;
	}
	buf_putc(p->b, '[');
	shown = print_ran(p, n->op) ? n->nkids : 0;
	if (shown > len)
		shown = (uint32_t)len;
	for (uint32_t i = 0; i < shown; i++) {
		if (i)
			buf_putc(p->b, ' ');
		print_node(p, &n->kids[i], depth + 1);
	}
	if (shown < len)
		buf_printf(p->b, "%s…](len %llu, cap %llu)", shown ? " " : "", (unsigned long long)len,
			   (unsigned long long)cap);
	else
		buf_putc(p->b, ']');
}

static void interface(const struct printer *p, const struct go_node *n)
{
	uint64_t tab = print_word(p, n->off);
	struct tgt_rtype rt;

	if (!tab) {
		buf_puts(p->b, "nil");
		return;
	}
	if (n->type_op == -2 || print_faulted(p, n->type_op)) {
		buf_puts(p->b, n->type_op == -2 ? "…" : "(fault)");
		return;
	}
	if (tgt_rtype(p->v->tgt, print_word(p, n->aux) - p->bias, &rt))
		print_dynamic(p, n, &rt);
	else
		buf_printf(p->b, "(type 0x%llx)(0x%llx)", (unsigned long long)(print_word(p, n->aux) - p->bias),
			   (unsigned long long)print_word(p, n->off + 8U));
}

/* What a map or channel says of itself, where that was read. */
static void inside(const struct printer *p, const struct go_node *n)
{
	bool map = n->type->kind == GO_MAP;
	uint64_t len = print_word(p, n->aux);

	if (!print_word(p, n->off))
		buf_puts(p->b, "nil");
	else if (!print_ran(p, n->op))
		buf_puts(p->b, print_faulted(p, n->op) ? "(fault)" : map ? "map[…]" : "chan(…)");
	else if (map)
		buf_printf(p->b, "map[…](len %llu)", (unsigned long long)len);
	else
		buf_printf(p->b, "chan(len %llu, cap %llu)", (unsigned long long)len,
			   (unsigned long long)print_word(p, n->aux + 8u));
}

static void func(const struct printer *p, const struct go_node *n)
{
	uint64_t code = print_ran(p, n->op) ? print_word(p, n->aux) : 0;
	long f = code ? tgt_func_at(p->v->tgt, code - p->bias) : -1;

	if (!print_word(p, n->off))
		buf_puts(p->b, "nil");
	else if (f >= 0)
		value_escape(p->b, tgt_func(p->v->tgt, (uint32_t)f)->name,
			     strlen(tgt_func(p->v->tgt, (uint32_t)f)->name));
	else
		buf_printf(p->b, "0x%llx", (unsigned long long)print_word(p, n->off));
}

static void structure(const struct printer *p, const struct go_node *n, unsigned depth)
{
	const char *dot = n->type->name ? strrchr(n->type->name, '/') : NULL;

	if (time_text(p, n))
		return;
	if (n->type->name)
		value_escape(p->b, dot ? dot + 1 : n->type->name, strlen(dot ? dot + 1 : n->type->name));
	buf_putc(p->b, '{');
	for (uint32_t i = 0; i < n->nkids; i++) {
		const struct go_field *f = &n->type->fields[i];

		buf_puts(p->b, i ? ", " : "");
		if (f->name && f->name[0]) {
			value_escape(p->b, f->name, strlen(f->name));
			buf_putc(p->b, ':');
		}
		print_node(p, &n->kids[i], depth + 1);
	}
	if (n->nkids < n->type->nfields)
		buf_puts(p->b, "…");
	buf_putc(p->b, '}');
}

void print_node(const struct printer *p, const struct go_node *n, unsigned depth)
{
	const struct go_type *t = n->type;

	if (depth > DEPTH_MAX || !t || n->room == UINT16_MAX ||
	    n->off + (t->size < 8 ? 8 : t->size) > GFT_CAP_BYTES + 8) {
		buf_puts(p->b, "…");
		return;
	}
	if (t->c) {
		c_value_print(p->b, p->cap, n, p->xmm, depth);
		return;
	}
	switch (t->kind) {
	case GO_BOOL: buf_puts(p->b, unsigned_at(p, n) & 1 ? "true" : "false"); break;
	case GO_INT:
		if (t->name && !strcmp(t->name, "time.Duration")) {
			int64_t v = signed_at(p, n);

			if (v < 0)
				buf_putc(p->b, '-');
			value_duration(p->b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
		} else {
			buf_printf(p->b, "%lld", (long long)signed_at(p, n));
		}
		break;
	case GO_UINT:
		buf_printf(p->b, t->name && !strcmp(t->name, "uintptr") ? "0x%llx" : "%llu",
			   (unsigned long long)unsigned_at(p, n));
		break;
	case GO_FLOAT:
	case GO_COMPLEX:
		if (p->xmm && n->off >= p->xmm->off && n->off < p->xmm->off + p->xmm->type->size) {
			buf_puts(p->b, "(xmm)");
			break;
		}
		if (t->kind == GO_FLOAT) {
			float_text(p->b, p->cap->blob + n->off, t->size);
			break;
		}
		buf_putc(p->b, '(');
		float_text(p->b, p->cap->blob + n->off, t->size / 2);
		buf_putc(p->b, ' ');
		float_text(p->b, p->cap->blob + n->off + t->size / 2, t->size / 2);
		buf_puts(p->b, "i)");
		break;
	case GO_STRING:
		if (print_faulted(p, n->op))
			lost(p, print_word(p, n->off + 8u));
		else if (n->op < 0 && print_word(p, n->off + 8u))
			buf_printf(p->b, "\"…\"(len %llu)", (unsigned long long)print_word(p, n->off + 8u));
		else
			print_quoted(p, n->aux, print_ran(p, n->op) ? n->room : 0, print_word(p, n->off + 8u), true);
		break;
	case GO_SLICE: slice(p, n, depth); break;
	case GO_PTR: pointer(p, n, depth); break;
	case GO_INTERFACE:
	case GO_EFACE: interface(p, n); break;
	case GO_MAP:
	case GO_CHAN: inside(p, n); break;
	case GO_FUNC: func(p, n); break;
	case GO_STRUCT: structure(p, n, depth); break;
	case GO_ARRAY:
		buf_putc(p->b, '[');
		for (uint32_t i = 0; i < n->nkids; i++) {
			buf_puts(p->b, i ? " " : "");
			print_node(p, &n->kids[i], depth + 1);
		}
		buf_puts(p->b, n->nkids < t->count ? " …]" : "]");
		break;
	default: buf_puts(p->b, "?"); break;
	}
}

void go_value_print(struct buf *b, const struct go_values *v, uint32_t i, const struct gft_capture *cap)
{
	struct printer p = { b, v, cap, 0, NULL };
	struct gft_capture more;
	const struct go_node *n;

	if (i >= v->n)
		return;
	n = &v->nodes[i];
	p.bias = print_word(&p, v->ip) - v->site_vaddr;
	if (capture_constants(v, p.bias, cap, &more))
		p.cap = cap = &more;
	if (n->xmm)
		p.xmm = n;
	if (n->root_op >= 0 && !print_ran(&p, n->root_op)) { /* its address, or the memory there, could not be read */
		buf_puts(b, !print_faulted(&p, n->root_op) && v->plan.op[n->root_op].kind == GFT_CAP_ELEM
				    ? "(no such element)"
				    : "(fault)");
		return;
	}
	if (n->room == UINT16_MAX) {
		buf_puts(b, "…");
		return;
	}
	for (uint32_t k = 0; k < v->plan.n; k++) /* its own bytes could not be read */
		if ((cap->fault >> k & 1) && v->plan.op[k].kind == GFT_CAP_STACK && v->plan.op[k].dst >= n->off &&
		    v->plan.op[k].dst < n->off + n->type->size) {
			buf_puts(b, "(fault)");
			return;
		}
	print_node(&p, n, 0);
}

void go_path_print(struct buf *b, const struct go_values *v, const char *path, const struct gft_capture *cap)
{
	uint32_t first = v->nfetch + v->npaths, n = v->n - first;
	bool whole = !strcmp(path, "args") || !strcmp(path, "ret");

	for (uint32_t i = 0; !whole && i < v->npaths; i++) {
		if (!strcmp(v->names[v->nfetch + i], path)) {
			go_value_print(b, v, v->nfetch + i, cap);
			return;
		}
	}
	if (!whole)
		buf_puts(b, "?");
	for (uint32_t i = 0; whole && i < n; i++) {
		const char *name = v->names[first + i];

		buf_puts(b, i ? ", " : "");
		/* a result without a name, "~r0", is the value alone, as on a graph's line */
		if (name[0] != '~') {
			value_escape(b, name[0] ? name : "_", strlen(name[0] ? name : "_"));
			buf_putc(b, '=');
		}
		go_value_print(b, v, first + i, cap);
	}
}
