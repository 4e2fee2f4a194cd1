/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * json_value.c - a value of any type as JSON.
 *
 *     int, enum, pointer, duration   a number; a string when a double cannot hold it exactly
 *     bool                           true, false
 *     float                          a number; "nan", "inf", "-inf"
 *     string, character              a string
 *     buffer, array, tuple           [1,2,"x"]
 *     record, struct                 {"m": 2, "n": 3}
 *     count, sum, min, max, avg      a number
 *     stats                          {"count": 3, "average": 2, "total": 6}
 *     hist, lhist                    [{"min": 4, "max": 7, "count": 1}], both bounds inside
 *     tseries                        [{"interval_start":"2026-...Z","value":3}]
 *     a Go value                     a number, string, true, false, null; else the text that Go would write
 *     the rest                       a string: what the text format prints
 */
#include "runtime/output/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/output/value.h"

#define MAX_NESTING 32 /* of aggregate types; the compiler makes none deeper */

/* --- scalars ------------------------------------------------------------------------------ */

static void escape_char(struct buf *b, uint32_t c)
{
	switch (c) {
	case '"': buf_puts(b, "\\\""); break;
	case '\\': buf_puts(b, "\\\\"); break;
	case '\n': buf_puts(b, "\\n"); break;
	case '\r': buf_puts(b, "\\r"); break;
	case '\t': buf_puts(b, "\\t"); break;
	default: buf_printf(b, "\\u%04x", c);
	}
}

/* What a terminal obeys is escaped too: a JSON reader gets the same text, and so does who only looks. */
void json_escape(struct buf *b, const char *str, size_t len)
{
	const unsigned char *s = (const unsigned char *)str;
	size_t i = 0, plain = 0;

	while (i < len) {
		uint32_t c = s[i];
		size_t n = 1;

		if (c >= 0x80) {
			n = value_utf8(s + i, len - i, &c);
			if (n && !value_harmful(c)) {
				i += n;
				continue;
			}
			if (!n) {
				n = 1;
				c = 0xfffd;
			}
		} else if (c >= 0x20 && c != 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		buf_add(b, s + plain, i - plain);
		escape_char(b, c);
		plain = i += n;
	}
	buf_add(b, s + plain, i - plain);
}

void json_string(struct buf *b, const char *s, size_t len)
{
	buf_putc(b, '"');
	json_escape(b, s, len);
	buf_putc(b, '"');
}

/* A double has 53 bits for the digits. */
static bool is_exact(int64_t v, bool is_signed)
{
	uint64_t u = is_signed && v < 0 ? -(uint64_t)v : (uint64_t)v;

	return !u || 64 - __builtin_clzll(u) - __builtin_ctzll(u) <= 53;
}

void json_int(struct buf *b, int64_t v, bool is_signed, uint64_t div)
{
	bool exact;

	if (div > 1) {
		if (is_signed && v < 0)
			v = (int64_t) - (-(uint64_t)v / div);
		else
			v = (int64_t)((uint64_t)v / div);
	}
	exact = is_exact(v, is_signed);
	if (!exact)
		buf_putc(b, '"');
	value_int(b, v, is_signed, 1);
	if (!exact)
		buf_putc(b, '"');
}

void json_time(struct buf *b, int64_t wall_ns)
{
	int64_t sec = wall_ns / 1000000000, ns = wall_ns % 1000000000;
	struct tm tm = { 0 };
	time_t tt;

	if (ns < 0) {
		ns += 1000000000;
		sec--;
	}
	tt = (time_t)sec;
	gmtime_r(&tt, &tm);
	buf_printf(b, "\"%04d-%02d-%02dT%02d:%02d:%02d.%09dZ\"", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		   tm.tm_hour, tm.tm_min, tm.tm_sec, (int)ns);
}

/* --- text --------------------------------------------------------------------------------- */

/* Types whose text is put together from target text and from what gft knows: without quotes. */
static void put_text(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	struct buf text = BUF_INIT;
	const char *name = NULL, *s;
	uint32_t id;
	size_t n;

	switch (t->kind) {
	case TY_STRING:
		value_bytes(t, data, &s, &n);
		json_escape(b, s, n);
		if (n == t->size && vc && vc->trunc_trailer && vc->max_strlen && t->size >= vc->max_strlen)
			json_escape(b, vc->trunc_trailer, strlen(vc->trunc_trailer));
		return;
	case TY_FUNC:
	case TY_PROBE:
		memcpy(&id, data, sizeof(id));
		if (vc && t->kind == TY_FUNC && vc->func_name)
			name = vc->func_name(vc->ctx, id);
		else if (vc && t->kind == TY_PROBE && vc->probe_name)
			name = vc->probe_name(vc->ctx, id);
		if (name) {
			json_escape(b, name, strlen(name));
			return;
		}
		break;
	default: break;
	}
	value_print(&text, vc, t, data);
	json_escape(b, buf_str(&text), text.len);
	buf_free(&text);
}

/* --- keys --------------------------------------------------------------------------------- */

/* Frames without the blanks that set them off in text. */
static void key_stack(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	struct buf text = BUF_INIT;
	const char *s;

	value_print(&text, vc, t, data);
	for (s = buf_str(&text); *s;) {
		size_t n = strcspn(s, "\n");
		size_t skip = strspn(s, " ");

		n += s[n] == '\n';
		skip = skip < n ? skip : 0;
		json_escape(b, s + skip, n - skip);
		s += n;
	}
	buf_free(&text);
}

static void key(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const char *data, unsigned depth)
{
	if (depth > MAX_NESTING)
		return;
	switch (t->kind) {
	case TY_STACK: key_stack(b, vc, t, data); break;
	case TY_TUPLE:
		if (depth)
			buf_putc(b, '(');
		for (uint32_t i = 0; i < t->nfields; i++) {
			if (i)
				buf_putc(b, ',');
			key(b, vc, t->fields[i].type, data + t->fields[i].off, depth + 1);
		}
		if (depth)
			buf_putc(b, ')');
		break;
	case TY_RECORD:
		buf_putc(b, '{');
		for (uint32_t i = 0; i < t->nfields; i++) {
			buf_printf(b, "%s.%s=", i ? "," : "", t->fields[i].name);
			key(b, vc, t->fields[i].type, data + t->fields[i].off, depth + 1);
		}
		buf_putc(b, '}');
		break;
	case TY_ARRAY:
		buf_putc(b, '[');
		for (uint32_t i = 0; i < t->count; i++) {
			if (i)
				buf_putc(b, ',');
			key(b, vc, t->elem, data + (size_t)i * t->elem->size, depth + 1);
		}
		buf_putc(b, ']');
		break;
	default: put_text(b, vc, t, data);
	}
}

void json_key(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	buf_putc(b, '"');
	key(b, vc, t, data, 0);
	buf_putc(b, '"');
}

/* --- values ------------------------------------------------------------------------------- */

static void put_number(struct buf *b, const struct gft_type *t, const void *data, uint64_t div)
{
	bool is_signed;
	int64_t v = 0;

	value_number(t, data, &v, &is_signed);
	json_int(b, v, is_signed, div);
}

static void put_int(struct buf *b, const struct gft_type *t, const void *data, uint64_t div)
{
	const char *s = data;

	if (t->display == TD_CHAR)
		json_string(b, s, *s ? 1 : 0);
	else if (t->display == TD_COMM || t->display == TD_WORDS) {
		buf_putc(b, '"');
		put_text(b, NULL, t, data);
		buf_putc(b, '"');
	} else
		put_number(b, t, data, div);
}

static void put_float(struct buf *b, const struct gft_type *t, const void *data)
{
	double d = value_float(t, data);

	if (isfinite(d))
		value_print(b, NULL, t, data);
	else
		buf_puts(b, isnan(d) ? "\"nan\"" : d < 0 ? "\"-inf\"" : "\"inf\"");
}

/* --- Go values ---------------------------------------------------------------------------- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A whole text in quotes, as value_escape_quoted() leaves it: its own characters into out. */
static bool unquote(struct buf *out, const char *s)
{
	if (*s++ != '"')
		return false;
	for (; *s != '"'; s++) {
		if (!*s)
			return false;
		if (*s != '\\') {
			buf_putc(out, *s);
			continue;
		}
		switch (*++s) {
		case 'n': buf_putc(out, '\n'); break;
		case 'r': buf_putc(out, '\r'); break;
		case 't': buf_putc(out, '\t'); break;
		case 'x':
			if (hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0)
				return false;
			buf_putc(out, (char)(hex_digit(s[1]) << 4 | hex_digit(s[2])));
			s += 2;
			break;
		case '\0': return false;
		default: buf_putc(out, *s);
		}
	}
	return !s[1];
}

/* A number in decimal, as JSON has them; true when it was one. */
static bool put_literal(struct buf *b, const char *s)
{
	size_t sign = *s == '-', digits = strspn(s + sign, "0123456789"), n = sign + digits, more;
	uint64_t u = strtoull(s + sign, NULL, 10);

	if (!digits || digits > 20 || (digits > 1 && s[sign] == '0'))
		return false;
	if (!s[n]) {
		json_int(b, (int64_t)(sign ? -u : u), sign, 1);
		return true;
	}
	if (s[n] == '.') {
		more = strspn(s + n + 1, "0123456789");
		n += 1 + more;
		if (!more)
			return false;
	}
	if (s[n] == 'e') {
		n += 1 + (s[n + 1] == '-' || s[n + 1] == '+');
		more = strspn(s + n, "0123456789");
		n += more;
		if (!more)
			return false;
	}
	if (s[n])
		return false;
	buf_puts(b, s);
	return true;
}

/* Captured Go values come as Go would write them: what JSON has too becomes that, the rest is text. */
static void put_go(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	struct buf text = BUF_INIT, plain = BUF_INIT;
	char len[21];
	const char *s;
	int end = 0;

	value_print(&text, vc, t, data);
	s = buf_str(&text);
	if (strcmp(s, "nil") == 0)
		buf_puts(b, "null");
	else if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0)
		buf_puts(b, s);
	else if (sscanf(s, "(fault)(len %20[0-9])%n", len, &end) == 1 && end && !s[end])
		buf_printf(b, "{\"fault\": true, \"len\": %s}", len);
	else if (strcmp(s, "(fault)") == 0)
		buf_puts(b, "{\"fault\": true}");
	else if (unquote(&plain, s))
		json_string(b, buf_str(&plain), plain.len);
	else if (!put_literal(b, s))
		json_string(b, s, text.len);
	buf_free(&plain);
	buf_free(&text);
}

/* --- aggregates --------------------------------------------------------------------------- */

static void put_buffer(struct buf *b, const struct gft_type *t, const void *data)
{
	const char *s;
	size_t n;

	value_bytes(t, data, &s, &n);
	buf_putc(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(b, ',');
		buf_u64(b, (unsigned char)s[i]);
	}
	buf_putc(b, ']');
}

static void put(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t div,
		unsigned depth);

static void put_array(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const char *data,
		      unsigned depth)
{
	buf_putc(b, '[');
	for (uint32_t i = 0; i < t->count; i++) {
		if (i)
			buf_putc(b, ',');
		put(b, vc, t->elem, data + (size_t)i * t->elem->size, 1, depth);
	}
	buf_putc(b, ']');
}

static void put_fields(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const char *data,
		       unsigned depth)
{
	bool named = t->kind != TY_TUPLE;

	buf_putc(b, named ? '{' : '[');
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct ty_field *f = &t->fields[i];
		int64_t v;

		if (i)
			buf_puts(b, named ? ", " : ",");
		if (named && f->name) {
			json_string(b, f->name, strlen(f->name));
			buf_puts(b, ": ");
		} else if (named) { /* an anonymous member */
			buf_printf(b, "\"%u\": ", i);
		}
		if (!f->bit_size) {
			put(b, vc, f->type, data + f->off, 1, depth);
			continue;
		}
		v = value_bits(f, data);
		if (f->type->kind == TY_BOOL)
			buf_puts(b, v ? "true" : "false");
		else
			json_int(b, v, f->type->is_signed, 1);
	}
	buf_putc(b, named ? '}' : ']');
}

static void put_stats(struct buf *b, const struct gft_type *t, const void *data, uint64_t div)
{
	struct gft_type avg = *t;
	struct ty_agg agg;

	memcpy(&agg, data, sizeof(agg));
	avg.kind = TY_AVG;
	buf_puts(b, "{\"count\": ");
	json_int(b, (int64_t)agg.n, false, 1);
	buf_puts(b, ", \"average\": ");
	put_number(b, &avg, data, div);
	buf_puts(b, ", \"total\": ");
	json_int(b, agg.total, t->is_signed, div);
	buf_putc(b, '}');
}

static void put_hist(struct buf *b, const struct gft_type *t, const void *data, uint64_t div)
{
	size_t first, n = value_hist_shown(t, data, &first);

	buf_putc(b, '[');
	for (size_t i = 0; i < n; i++) {
		struct value_bucket k;

		value_hist_bucket(t, data, first + i, &k);
		buf_puts(b, i ? ",{" : "{");
		if (k.has_min) {
			buf_puts(b, "\"min\": ");
			json_int(b, k.min, k.is_signed, 1);
			buf_puts(b, ", ");
		}
		if (k.has_max) {
			buf_puts(b, "\"max\": ");
			json_int(b, k.max, k.is_signed, 1);
			buf_puts(b, ", ");
		}
		buf_puts(b, "\"count\": ");
		json_int(b, (int64_t)k.count, false, div);
		buf_putc(b, '}');
	}
	buf_putc(b, ']');
}

/* The one place without blanks in an object: as bpftrace has it. */
static void put_tseries(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data,
			uint64_t div)
{
	struct value_tick *tick;
	size_t n = value_tseries_ticks(t, data, &tick);

	buf_putc(b, '[');
	for (size_t i = 0; i < n; i++) {
		buf_puts(b, i ? ",{\"interval_start\":" : "{\"interval_start\":");
		json_time(b, value_wall(vc, tick[i].epoch * (uint64_t)t->step));
		buf_puts(b, ",\"value\":");
		json_int(b, tick[i].v, t->is_signed, div);
		buf_putc(b, '}');
	}
	buf_putc(b, ']');
	free(tick);
}

static void put(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t div,
		unsigned depth)
{
	if (depth++ > MAX_NESTING) {
		buf_puts(b, "null");
		return;
	}
	switch (t->kind) {
	case TY_NONE:
	case TY_VOID: buf_puts(b, "null"); break;
	case TY_BOOL: buf_puts(b, *(const char *)data ? "true" : "false"); break;
	case TY_INT: put_int(b, t, data, div); break;
	case TY_PTR:
	case TY_COUNT:
	case TY_SUM:
	case TY_AVG:
	case TY_MIN:
	case TY_MAX: put_number(b, t, data, div); break;
	case TY_FLOAT: put_float(b, t, data); break;
	case TY_BUFFER: put_buffer(b, t, data); break;
	case TY_ARRAY: put_array(b, vc, t, data, depth); break;
	case TY_TUPLE:
	case TY_RECORD:
	case TY_STRUCT: put_fields(b, vc, t, data, depth); break;
	case TY_GO: put_go(b, vc, t, data); break;
	case TY_STATS: put_stats(b, t, data, div); break;
	case TY_HIST:
	case TY_LHIST: put_hist(b, t, data, div); break;
	case TY_TSERIES: put_tseries(b, vc, t, data, div); break;
	case TY_STRING:
	case TY_STACK:
	case TY_KSYM:
	case TY_USYM:
	case TY_CODE:
	case TY_FUNC:
	case TY_PROBE:
	case TY_TIMESTAMP:
	case TY_USERNAME:
	case TY_CGROUP:
	case TY_MAC:
	case TY_INET:
		buf_putc(b, '"');
		put_text(b, vc, t, data);
		buf_putc(b, '"');
		break;
	}
}

void json_value(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t div)
{
	put(b, vc, t, data, div, 0);
}
