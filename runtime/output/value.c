/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * value.c - a value of any type as text.
 *
 * Types say how bytes lie in memory (gft/type.h); nothing here trusts the
 * bytes.  What only a running system knows (symbols, stacks, probe names) comes
 * through struct value_ctx, whose members may all be missing.
 */
#include "runtime/output/value.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gft/type.h"

#define CUT_FROM    256 /* text of a graph line: the smallest place that text is cut to fit */
#define MAX_NESTING 32	/* of aggregate types; the compiler makes none deeper */

static uint64_t load_uint(const void *p, uint32_t size)
{
	uint64_t v = 0;

	memcpy(&v, p, size < sizeof(v) ? size : sizeof(v)); /* little-endian */
	return v;
}

static int64_t sign_extend(uint64_t v, unsigned bits)
{
	unsigned shift = bits < 64 ? 64 - bits : 0;

	return (int64_t)(v << shift) >> shift;
}

bool value_has_number(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_BOOL:
	case TY_INT:
	case TY_PTR:
	case TY_KSYM:
	case TY_USYM:
	case TY_CGROUP:
	case TY_USERNAME:
	case TY_COUNT:
	case TY_SUM:
	case TY_AVG:
	case TY_MIN:
	case TY_MAX: return true;
	default: return false;
	}
}

bool value_number(const struct gft_type *t, const void *data, int64_t *v, bool *is_signed)
{
	struct ty_agg agg;

	*is_signed = false;
	switch (t->kind) {
	case TY_INT:
		*v = (int64_t)load_uint(data, t->size);
		*is_signed = t->is_signed;
		if (t->is_signed)
			*v = sign_extend((uint64_t)*v, t->size * 8);
		return true;
	case TY_BOOL:
	case TY_PTR:
	case TY_KSYM:
	case TY_USYM: /* its address comes first */
	case TY_CGROUP:
	case TY_USERNAME:
	case TY_COUNT: *v = (int64_t)load_uint(data, t->kind == TY_USYM ? 8 : t->size); return true;
	case TY_SUM:
	case TY_AVG:
	case TY_MIN:
	case TY_MAX:
		memcpy(&agg, data, sizeof(agg));
		*is_signed = t->is_signed;
		*v = agg.total;
		if (t->kind == TY_AVG) {
			if (!agg.n)
				*v = 0;
			else if (t->is_signed)
				*v = agg.n > INT64_MAX ? 0 : agg.total / (int64_t)agg.n;
			else
				*v = (int64_t)((uint64_t)agg.total / agg.n);
		}
		return true;
	default: return false;
	}
}

double value_float(const struct gft_type *t, const void *data)
{
	double d;
	float f;

	if (t->size == 4) {
		memcpy(&f, data, sizeof(f));
		return (double)f;
	}
	memcpy(&d, data, sizeof(d));
	return d;
}

bool value_has_bytes(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_STRING:
	case TY_BUFFER:
	case TY_MAC:
	case TY_GO: return true;
	case TY_ARRAY: return t->elem && t->elem->kind == TY_INT && t->elem->size == 1;
	default: return false;
	}
}

bool value_bytes(const struct gft_type *t, const void *data, const char **bytes, size_t *len)
{
	const char *p = data;
	uint32_t n;

	if (!value_has_bytes(t))
		return false;
	*bytes = p;
	*len = t->size;
	if (t->kind == TY_STRING) {
		*len = strnlen(p, t->size);
	} else if (t->kind == TY_BUFFER) {
		if (t->size < sizeof(n)) {
			*len = 0;
			return true;
		}
		memcpy(&n, p, sizeof(n));
		*bytes = p + sizeof(n);
		*len = n < t->size - sizeof(n) ? n : t->size - sizeof(n);
		if (*len > t->count)
			*len = t->count;
	}
	return true;
}

void value_int(struct buf *b, int64_t v, bool is_signed, uint64_t div)
{
	uint64_t u = (uint64_t)v;

	if (is_signed && v < 0) {
		u = -u;
		if (div > 1)
			u /= div;
		if (u)
			buf_putc(b, '-');
		buf_u64(b, u);
		return;
	}
	buf_u64(b, div > 1 ? u / div : u);
}

static void print_hex(struct buf *b, uint64_t v)
{
	buf_printf(b, "0x%llx", (unsigned long long)v);
}

static void print_char(struct buf *b, char c)
{
	if (c)
		value_escape(b, &c, 1);
}

/* The name of a process, from /proc; false: it is gone. */
static bool value_comm(struct buf *b, int pid)
{
	char path[40], name[64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(name, 1, sizeof(name), f);
	fclose(f);
	if (n && name[n - 1] == '\n')
		n--;
	value_escape(b, name, n);
	return n != 0;
}

static void print_int(struct buf *b, const struct gft_type *t, int64_t v, bool is_signed)
{
	switch (t->display) {
	case TD_HEX: print_hex(b, t->size < 8 ? (uint64_t)v & ((1ULL << (t->size * 8)) - 1) : (uint64_t)v); return;
	case TD_CHAR: print_char(b, (char)v); return;
	case TD_DURATION:
		if (is_signed && v < 0) {
			buf_putc(b, '-');
			v = (int64_t) - (uint64_t)v;
		}
		value_duration(b, (uint64_t)v);
		return;
	case TD_ENUM:
	case TD_WORDS:
		for (uint32_t i = 0; i < t->nenum_vals; i++) {
			if (t->enum_vals[i].val == v) {
				value_escape(b, t->enum_vals[i].name, strlen(t->enum_vals[i].name));
				return;
			}
		}
		break;
	case TD_COMM:
		if (v > 0 && v <= INT32_MAX && value_comm(b, (int)v))
			return;
		break;
	default: break;
	}
	value_int(b, v, is_signed, 1);
}

/* The shortest text that reads back as the same number. */
static void print_float(struct buf *b, const struct gft_type *t, const void *data)
{
	double d = value_float(t, data);
	char text[40];

	for (int prec = 1; prec <= 17; prec++) {
		snprintf(text, sizeof(text), "%.*g", prec, d);
		if (t->size == 4 ? strtof(text, NULL) == (float)d : strtod(text, NULL) == d)
			break;
	}
	buf_puts(b, text);
}

static void print_string(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const char *s)
{
	size_t n = strnlen(s, t->size);

	if (vc && vc->raw_text)
		buf_add(b, s, n);
	else
		value_escape(b, s, n);
	/* text that was asked for in so many bytes (c64, string[8]) is not cut */
	if (n == t->size && vc && vc->trunc_trailer && vc->max_strlen &&
	    t->size >= (vc->max_strlen < CUT_FROM ? vc->max_strlen : CUT_FROM))
		buf_puts(b, vc->trunc_trailer);
}

/* Printable characters as they are, others as \xNN. */
static void print_bytes(struct buf *b, const struct gft_type *t, const void *data)
{
	const char *s;
	size_t n;

	value_bytes(t, data, &s, &n);
	for (size_t i = 0; i < n; i++) {
		if (s[i] >= 32 && s[i] < 127)
			buf_putc(b, s[i]);
		else
			buf_printf(b, "\\x%02x", (unsigned char)s[i]);
	}
}

void value_place(struct buf *b, const struct code_info *c)
{
	if (!c->func) {
		c->addr ? print_hex(b, c->addr) : buf_putc(b, '?');
		return;
	}
	value_escape(b, c->func, strlen(c->func));
	if (c->inlined) {
		buf_puts(b, " (inlined)");
		return;
	}
	buf_putc(b, '+');
	buf_u64(b, c->off);
}

static void print_symbol(struct buf *b, const struct value_ctx *vc, uint32_t pid, uint64_t addr)
{
	struct code_info c = { .addr = addr };

	if (vc && vc->symbol)
		vc->symbol(vc->ctx, pid, addr, &c);
	if (c.func)
		value_escape(b, c.func, strlen(c.func));
	else
		print_hex(b, addr);
}

/* Of a Go type; an address of none is nil. */
static void print_go_type(struct buf *b, const struct value_ctx *vc, uint32_t pid, uint64_t addr)
{
	const char *name = !addr ? "nil" : vc && vc->go_type ? vc->go_type(vc->ctx, pid, addr) : NULL;

	if (name)
		value_escape(b, name, strlen(name));
	else
		print_hex(b, addr);
}

static void print_code(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	struct code_info c = { 0 };
	struct ty_code code;

	memcpy(&code, data, sizeof(code));
	c.addr = (uint64_t)code.rel;
	if (vc && vc->syms && vc->syms->process)
		vc->syms->process(vc->syms->ctx, code.pid);
	if (vc && vc->syms)
		vc->syms->caller(vc->syms->ctx, code.site, code.rel, &c);
	if (t->display == TD_LINE && c.file) {
		value_escape(b, c.file, strlen(c.file));
		buf_printf(b, ":%u", c.line);
		return;
	}
	value_place(b, &c);
}

static void print_probe(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	uint32_t id = (uint32_t)load_uint(data, 4);
	const char *name = NULL;

	if (vc && t->kind == TY_FUNC && vc->func_name)
		name = vc->func_name(vc->ctx, id);
	else if (vc && t->kind == TY_PROBE && vc->probe_name)
		name = vc->probe_name(vc->ctx, id);
	if (name)
		value_escape(b, name, strlen(name));
	else
		buf_u64(b, id);
}

void value_username(struct buf *b, uint32_t uid)
{
	struct passwd pw, *found = NULL;
	char text[1024];

	if (getpwuid_r(uid, &pw, text, sizeof(text), &found) == 0 && found)
		value_escape(b, found->pw_name, strlen(found->pw_name));
	else
		buf_u64(b, uid);
}

static void print_inet(struct buf *b, const void *data)
{
	char text[INET6_ADDRSTRLEN];
	struct ty_inet in;

	memcpy(&in, data, sizeof(in));
	if (inet_ntop((int)in.af, in.addr, text, sizeof(text)))
		buf_puts(b, text);
	else
		buf_printf(b, "(address family %u)", in.af);
}

int64_t value_bits(const struct ty_field *f, const char *data)
{
	uint64_t v = load_uint(data + f->off, f->type->size) >> (f->bit_off & 63);

	if (f->bit_size < 64)
		v &= (1ULL << f->bit_size) - 1;
	return f->type->is_signed ? sign_extend(v, f->bit_size) : (int64_t)v;
}

static void print(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data,
		  unsigned depth);

static void print_field(struct buf *b, const struct value_ctx *vc, const struct ty_field *f, const char *data,
			unsigned depth)
{
	int64_t v;

	if (!f->bit_size) {
		print(b, vc, f->type, data + f->off, depth);
		return;
	}
	v = value_bits(f, data);
	if (f->type->kind == TY_BOOL)
		buf_puts(b, v ? "true" : "false");
	else
		print_int(b, f->type, v, f->type->is_signed);
}

static void print_tuple(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const char *data,
			unsigned depth)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		if (i)
			buf_puts(b, ", ");
		print_field(b, vc, &t->fields[i], data, depth);
	}
}

static void print_struct(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const char *data,
			 unsigned depth)
{
	buf_puts(b, "{ ");
	for (uint32_t i = 0; i < t->nfields; i++) {
		if (i)
			buf_puts(b, ", ");
		if (t->fields[i].name) {
			buf_putc(b, '.');
			value_escape(b, t->fields[i].name, strlen(t->fields[i].name));
			buf_puts(b, " = ");
		}
		print_field(b, vc, &t->fields[i], data, depth);
	}
	buf_puts(b, t->nfields ? " }" : "}");
}

static void print_array(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const char *data,
			unsigned depth)
{
	buf_putc(b, '[');
	for (uint32_t i = 0; i < t->count; i++) {
		if (i)
			buf_putc(b, ',');
		print(b, vc, t->elem, data + (size_t)i * t->elem->size, depth);
	}
	buf_putc(b, ']');
}

static void print(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, unsigned depth)
{
	const unsigned char *bytes = data;
	struct ty_timestamp stamp;
	struct ty_usym usym;
	bool is_signed;
	int64_t v;

	if (depth++ > MAX_NESTING) {
		buf_puts(b, "...");
		return;
	}
	switch (t->kind) {
	case TY_NONE:
	case TY_VOID: break;
	case TY_BOOL: buf_puts(b, *bytes ? "true" : "false"); break;
	case TY_INT:
		value_number(t, data, &v, &is_signed);
		print_int(b, t, v, is_signed);
		break;
	case TY_PTR: print_hex(b, load_uint(data, 8)); break;
	case TY_FLOAT: print_float(b, t, data); break;
	case TY_STRING: print_string(b, vc, t, data); break;
	case TY_BUFFER: print_bytes(b, t, data); break;
	case TY_ARRAY: print_array(b, vc, t, data, depth); break;
	case TY_TUPLE:
		buf_putc(b, '(');
		print_tuple(b, vc, t, data, depth);
		buf_putc(b, ')');
		break;
	case TY_RECORD:
	case TY_STRUCT: print_struct(b, vc, t, data, depth); break;
	case TY_STACK: value_stack(b, vc, t, data); break;
	case TY_KSYM: print_symbol(b, vc, 0, load_uint(data, 8)); break;
	case TY_USYM:
		memcpy(&usym, data, sizeof(usym));
		t->display == TD_GOTYPE ? print_go_type(b, vc, usym.pid, usym.addr)
					: print_symbol(b, vc, usym.pid, usym.addr);
		break;
	case TY_CODE: print_code(b, vc, t, data); break;
	case TY_FUNC:
	case TY_PROBE: print_probe(b, vc, t, data); break;
	case TY_TIMESTAMP:
		memcpy(&stamp, data, sizeof(stamp));
		value_strftime(b, vc, &stamp);
		break;
	case TY_USERNAME:
		if (vc && vc->user)
			vc->user(vc->ctx, b, (uint32_t)load_uint(data, 4));
		else
			value_username(b, (uint32_t)load_uint(data, 4));
		break;
	case TY_MAC:
		buf_printf(b, "%02X:%02X:%02X:%02X:%02X:%02X", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
			   bytes[5]);
		break;
	case TY_INET: print_inet(b, data); break;
	case TY_CGROUP:
		if (vc && vc->cgroup)
			vc->cgroup(vc->ctx, b, load_uint(data, 8), t->name);
		else
			value_cgroup_path(b, load_uint(data, 8), t->name);
		break;
	case TY_GO:
		if (vc && vc->go_value)
			vc->go_value(vc->ctx, b, t, data);
		else
			buf_puts(b, "?");
		break;
	case TY_COUNT:
	case TY_SUM:
	case TY_AVG:
	case TY_MIN:
	case TY_MAX:
	case TY_STATS: value_agg(b, t, data, 1); break;
	case TY_HIST:
	case TY_LHIST: value_hist(b, t, data, 1); break;
	case TY_TSERIES: value_tseries(b, vc, t, data, 0, 1); break;
	}
}

void value_print(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	print(b, vc, t, data, 0);
}

void value_print_key(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	if (t->kind == TY_TUPLE)
		print_tuple(b, vc, t, data, 0);
	else
		print(b, vc, t, data, 0);
}

void value_print_payload(struct buf *b, const struct value_ctx *vc, const struct payload *p,
			 const struct gft_payload *data)
{
	bool first = true;

	for (uint32_t i = 0; i < p->n && i < GFT_PAYLOAD_MAX; i++) {
		const struct payload_field *f = &p->fields[i];

		if (!(data->present >> i & 1))
			continue;
		if (!first)
			buf_puts(b, ", ");
		first = false;
		if (f->name) {
			value_escape(b, f->name, strlen(f->name));
			buf_putc(b, '=');
		}
		if (data->fault >> i & 1)
			buf_puts(b, "(fault)");
		else
			value_print(b, vc, f->type, (const char *)data + f->off);
	}
}
