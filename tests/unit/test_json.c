/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* test_json.c - the JSON format: bytes that readers of bpftrace's expect, and always valid JSON. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/hist.h"
#include "gft/output.h"

static struct arena *a;
static int fd;
static struct output *o;
static struct value_ctx vc;
static char *text;

/* --- a reader ------------------------------------------------------------------------------- */

static const char *read_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	while (*p != '"') {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return NULL;
		if (*p++ != '\\')
			continue;
		if (!*p || !strchr("\"\\/bfnrtu", *p))
			return NULL;
		for (int i = *p++ == 'u' ? 4 : 0; i; i--)
			if (!isxdigit((unsigned char)*p++))
				return NULL;
	}
	return p + 1;
}

/* Behind the value at p; NULL when it is no JSON. */
static const char *read_value(const char *p)
{
	static const char *const words[] = { "true", "false", "null" };
	char *end;

	if (*p == '{' || *p == '[') {
		char close = *p == '{' ? '}' : ']';

		if (*++p == close)
			return p + 1;
		for (;;) {
			p += strspn(p, " ");
			if (close == '}' && (!(p = read_string(p)) || *p++ != ':'))
				return NULL;
			p += strspn(p, " ");
			if (!(p = read_value(p)))
				return NULL;
			if (*p == close)
				return p + 1;
			if (*p++ != ',')
				return NULL;
		}
	}
	if (*p == '"')
		return read_string(p);
	for (size_t i = 0; i < 3; i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return p + strlen(words[i]);
	if (*p != '-' && !isdigit((unsigned char)*p))
		return NULL;
	strtod(p, &end);
	return end;
}

static bool is_utf8(const char *str)
{
	const unsigned char *s = (const unsigned char *)str;

	while (*s) {
		int n = *s < 0x80 ? 0 : *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : *s >= 0xc2 ? 1 : -1;

		for (s++; n > 0; n--)
			if ((*s++ & 0xc0) != 0x80)
				return false;
		if (n < 0)
			return false;
	}
	return true;
}

/* --- set up ----------------------------------------------------------------------------------- */

static struct output *make(enum output_buffering buffering)
{
	struct output_opts oo = {
		.format = "json", .fd = fd, .values = &vc, .buffering = buffering, .trim_prefix = "/src/"
	};
	const char *err;

	return output_new(&oo, &err);
}

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "America/New_York", 1); /* nothing here is local time */
	a = arena_new();
	fd = memfd_create("out", MFD_CLOEXEC);
	o = make(OUTPUT_LINE);
	return o ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	output_free(o);
	close(fd);
	arena_free(a);
	free(text);
	return 0;
}

/* What was written since the last call: lines of one JSON object each. */
static const char *written(void)
{
	size_t size;

	output_flush(o);
	size = (size_t)lseek(fd, 0, SEEK_END);
	text = xrealloc(text, size + 1);
	assert_int_equal(pread(fd, text, size, 0), size);
	text[size] = '\0';
	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
	assert_true(is_utf8(text));
	for (const char *p = text; *p; p++) {
		assert_int_equal(*p, '{');
		p = read_value(p);
		assert_non_null(p);
		assert_int_equal(*p, '\n');
	}
	return text;
}

/* --- values ------------------------------------------------------------------------------------ */

static const char *value(const struct gft_type *t, const void *data)
{
	static char data_part[4096];
	const char *s, *head = "{\"type\": \"value\", \"data\": ";

	output_value(o, t, data);
	s = written();
	assert_memory_equal(s, head, strlen(head));
	snprintf(data_part, sizeof(data_part), "%.*s", (int)(strlen(s) - strlen(head) - 2), s + strlen(head));
	return data_part;
}

static const char *i64(int64_t v)
{
	return value(&ty_i64, &v);
}

static const char *u64(uint64_t v)
{
	return value(&ty_u64, &v);
}

static void test_numbers(void **state)
{
	struct gft_type *f = ty_new(a, TY_FLOAT), *shown = ty_new(a, TY_INT);
	struct ty_enum_val red = { "RED", 3 };
	uint64_t v = 0x32;
	double d = 0.1;
	uint8_t yes = 1;

	(void)state;
	assert_string_equal(i64(-5), "-5");
	assert_string_equal(u64(1ULL << 53), "9007199254740992");
	assert_string_equal(u64((1ULL << 53) + 1), "\"9007199254740993\"");
	assert_string_equal(u64((1ULL << 53) + 2), "9007199254740994");
	assert_string_equal(u64(UINT64_MAX), "\"18446744073709551615\"");
	assert_string_equal(u64(1ULL << 63), "9223372036854775808");
	assert_string_equal(i64(INT64_MIN), "-9223372036854775808");
	assert_string_equal(i64(INT64_MAX), "\"9223372036854775807\"");
	assert_string_equal(i64(-9007199254740993), "\"-9007199254740993\"");
	assert_string_equal(value(&ty_bool, &yes), "true");
	assert_string_equal(value(ty_ptr(a, &ty_i16, TS_USER), &v), "50");
	shown->size = 8;
	shown->display = TD_HEX;
	assert_string_equal(value(shown, &v), "50");
	shown->display = TD_DURATION;
	assert_string_equal(value(shown, &v), "50");
	shown->display = TD_ENUM;
	shown->enum_vals = &red;
	shown->nenum_vals = 1;
	v = 3;
	assert_string_equal(value(shown, &v), "3");
	shown->display = TD_WORDS;
	assert_string_equal(value(shown, &v), "\"RED\"");
	v = 4;
	assert_string_equal(value(shown, &v), "\"4\"");
	shown->size = 1;
	shown->display = TD_CHAR;
	assert_string_equal(value(shown, "q"), "\"q\"");
	assert_string_equal(value(shown, "\xff"), "\"\\ufffd\"");
	assert_string_equal(value(shown, ""), "\"\"");
	f->size = 8;
	assert_string_equal(value(f, &d), "0.1");
	d = NAN;
	assert_string_equal(value(f, &d), "\"nan\"");
	d = -INFINITY;
	assert_string_equal(value(f, &d), "\"-inf\"");
	d = 1e300;
	assert_string_equal(value(f, &d), "1e+300");
	assert_string_equal(value(&ty_void, &d), "null");
}

static const char *str(const char *s)
{
	return value(ty_string(a, (uint32_t)strlen(s) + 1), s);
}

static void test_strings(void **state)
{
	char all[257] = { 0 };

	(void)state;
	assert_string_equal(str(""), "\"\"");
	assert_string_equal(str("a\"b\\c\n\r\t/"), "\"a\\\"b\\\\c\\n\\r\\t/\"");
	assert_string_equal(str("\x01\x1b[31m\x7f"), "\"\\u0001\\u001b[31m\\u007f\"");
	assert_string_equal(str("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
			    "\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
	assert_string_equal(str("\xc2\x9b\xe2\x80\xae"), "\"\\u009b\\u202e\""); /* obeyed by terminals */
	assert_string_equal(str("a\xff\xc3"), "\"a\\ufffd\\ufffd\"");
	assert_string_equal(str("\xc0\x80\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"");
	assert_string_equal(str("\xe2\x82"), "\"\\ufffd\\ufffd\""); /* cut inside a character */
	for (int i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	str(all);
	vc.max_strlen = 4;
	vc.trunc_trailer = "..";
	assert_string_equal(value(ty_string(a, 4), "abcd"), "\"abcd..\"");
	assert_string_equal(value(ty_string(a, 4), "abc"), "\"abc\"");
	vc.trunc_trailer = NULL;
}

static void test_aggregates(void **state)
{
	const struct gft_type *inner[] = { &ty_i32, &ty_i32 };
	const char *names[] = { "m", "n" };
	const struct gft_type *pair = ty_tuple(a, inner, NULL, 2);
	const struct gft_type *rec = ty_tuple(a, inner, names, 2);
	const struct gft_type *outer[] = { &ty_i32, ty_string(a, 4), pair, rec };
	struct {
		int32_t one;
		char s[4];
		int32_t p[2], r[2];
	} v = { 1, "x\"", { 4, 5 }, { 2, 3 } };
	const struct gft_type *array = ty_array(a, pair, 2);
	int32_t nums[] = { 1, 2, 3, 4 };
	struct {
		uint32_t n;
		char b[4];
	} bytes = { 3, "a\xff\n" };
	struct ty_field bits[] = { { .name = "lo", .type = &ty_u8, .bit_off = 0, .bit_size = 3 },
				   { .name = NULL, .type = &ty_i8, .bit_off = 3, .bit_size = 5 } };
	struct gft_type *s = ty_new(a, TY_STRUCT);
	uint8_t packed = 0xfd;

	(void)state;
	assert_string_equal(value(ty_tuple(a, outer, NULL, 4), &v), "[1,\"x\\\"\",[4,5],{\"m\": 2, \"n\": 3}]");
	assert_string_equal(value(array, nums), "[[1,2],[3,4]]");
	assert_string_equal(value(ty_buffer(a, 4), &bytes), "[97,255,10]");
	s->fields = bits;
	s->nfields = 2;
	s->size = 1;
	assert_string_equal(value(s, &packed), "{\"lo\": 5, \"1\": -1}");
	s->nfields = 0;
	assert_string_equal(value(s, &packed), "{}");
}

static const char *name_of(void *ctx, uint32_t id)
{
	(void)ctx;
	return id == 1 ? "main.\"f\"\x1b" : NULL;
}

static void test_names(void **state)
{
	uint32_t id = 1;

	(void)state;
	vc.func_name = name_of;
	assert_string_equal(value(&ty_func_t, &id), "\"main.\\\"f\\\"\\u001b\"");
	id = 2;
	assert_string_equal(value(&ty_func_t, &id), "\"2\"");
	assert_string_equal(value(&ty_probe_t, &id), "\"2\"");
	assert_string_equal(value(ty_new(a, TY_MAC), "\1\2\3\4\5\6"), "\"01:02:03:04:05:06\"");
}

static void go_text(void *ctx, struct buf *b, const struct gft_type *t, const void *data)
{
	(void)ctx;
	(void)t;
	buf_puts(b, data);
}

/* Go values are text; what JSON has a type for gets it. */
static void test_go_values(void **state)
{
	static const char *const pairs[][2] = {
		{ "37", "37" },
		{ "-5", "-5" },
		{ "0", "0" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "18446744073709551615", "\"18446744073709551615\"" },
		{ "0.25", "0.25" },
		{ "1e+20", "1e+20" },
		{ "007", "\"007\"" },
		{ "1.", "\"1.\"" },
		{ "1e", "\"1e\"" },
		{ "-", "\"-\"" },
		{ "+Inf", "\"+Inf\"" },
		{ "1.5s", "\"1.5s\"" },
		{ "true", "true" },
		{ "nil", "null" },
		{ "(fault)", "{\"fault\": true}" },
		{ "\"a\\\"b\\n\\x1b\\\\\\xff\"", "\"a\\\"b\\n\\u001b\\\\\\ufffd\"" },
		{ "\"\"", "\"\"" },
		{ "\"37\"", "\"37\"" },
		{ "\"abc…\"(len 9)", "\"\\\"abc…\\\"(len 9)\"" },
		{ "\"x", "\"\\\"x\"" },
		{ "\"\\", "\"\\\"\\\\\"" },
		{ "[\"a\" \"b\"]", "\"[\\\"a\\\" \\\"b\\\"]\"" },
		{ "", "\"\"" },
	};
	struct gft_type *t = ty_new(a, TY_GO);

	(void)state;
	t->go = "";
	vc.go_value = go_text;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(value(t, pairs[i][0]), pairs[i][1]);
	vc.go_value = NULL;
}

static void test_text(void **state)
{
	const struct gft_type *s = ty_string(a, 5);
	const struct value_arg arg[] = { { s, "a\\\x1b\xff" }, { s, "x" } };
	struct buf b = BUF_INIT;

	(void)state;
	output_text(o, "printf", "hi\n", 3);
	output_text(o, "time", "07:00:01\n", 9);
	output_text(o, "join", "a\0b\n", 4); /* the end of the line is the text format's */
	output_text(o, "printf", "", 0);
	assert_string_equal(written(), "{\"type\": \"printf\", \"data\": \"hi\\n\"}\n"
				       "{\"type\": \"time\", \"data\": \"07:00:01\\n\"}\n"
				       "{\"type\": \"join\", \"data\": \"a\\u0000b\"}\n"
				       "{\"type\": \"printf\", \"data\": \"\"}\n");
	assert_true(output_escapes(o));
	vc.raw_text = true; /* once is enough */
	value_printf(&b, &vc, "%s|%-4s|", arg, 2);
	output_text(o, "printf", buf_str(&b), b.len);
	assert_string_equal(written(), "{\"type\": \"printf\", \"data\": \"a\\\\\\u001b\\ufffd|x   |\"}\n");
	vc.raw_text = false;
	buf_free(&b);
	output_end_of_run(o); /* the two line ends are the text format's */
	assert_string_equal(written(), "");
}

/* --- maps -------------------------------------------------------------------------------------- */

static void test_maps(void **state)
{
	const struct gft_type *kt[] = { &ty_i32, ty_string(a, 8),
					ty_tuple(a, (const struct gft_type *[]){ &ty_i32, &ty_i32 }, NULL, 2) };
	const struct gft_type *key = ty_tuple(a, kt, NULL, 2), *nested = ty_tuple(a, kt, NULL, 3);
	struct {
		int32_t n;
		_Alignas(8) char s[8]; /* text of whole words is laid out in words */
		int32_t p[2];
	} k[] = { { -1, "b \"c", { 1, 2 } }, { 3, "a", { 3, 4 } } };
	struct ty_agg agg[] = { { 6, 3 }, { 9, 2 } };
	int64_t v[] = { 10, -3 };
	uint64_t p = 0x32;
	struct output_row rows[] = { { &k[0], &v[0] }, { &k[1], &v[1] } }, row = { NULL, v };

	(void)state;
	output_map(o, "@x", NULL, &ty_i64, &row, 1, 0, 0);
	assert_string_equal(written(), "{\"type\": \"map\", \"data\": {\"@x\": 10}}\n");
	output_map(o, "@x", NULL, &ty_i64, &row, 1, 0, 3);
	assert_string_equal(written(), "{\"type\": \"map\", \"data\": {\"@x\": 3}}\n");
	output_map(o, "@", key, &ty_i64, rows, 2, 0, 0);
	assert_string_equal(written(), "{\"type\": \"map\", \"data\": {\"@\": {\"3,a\": -3, \"-1,b \\\"c\": 10}}}\n");
	output_map(o, "@", nested, &ty_i64, rows, 2, 1, 0);
	assert_string_equal(written(), "{\"type\": \"map\", \"data\": {\"@\": {\"-1,b \\\"c,(1,2)\": 10}}}\n");
	output_map(o, "@", ty_tuple(a, kt, (const char *const[]){ "n", "s", "p" }, 3), &ty_i64, rows, 2, 1, 0);
	assert_string_equal(written(),
			    "{\"type\": \"map\", \"data\": {\"@\": {\"{.n=-1,.s=b \\\"c,.p=(1,2)}\": 10}}}\n");
	output_map(o, "@", key, &ty_i64, NULL, 0, 0, 0);
	assert_string_equal(written(), "");
	row = (struct output_row){ &p, v };
	output_map(o, "@", ty_ptr(a, &ty_void, TS_USER), &ty_i64, &row, 1, 0, 0);
	assert_string_equal(written(), "{\"type\": \"map\", \"data\": {\"@\": {\"0x32\": 10}}}\n");
	rows[0].val = &agg[0];
	rows[1].val = &agg[1];
	output_map(o, "@s", key, ty_new(a, TY_STATS), rows, 2, 1, 0);
	assert_string_equal(written(), "{\"type\": \"stats\", \"data\": {\"@s\": {\"3,a\": "
				       "{\"count\": 2, \"average\": 4, \"total\": 9}}}}\n");
	row = (struct output_row){ NULL, agg };
	output_map(o, "@a", NULL, ty_new(a, TY_AVG), &row, 1, 0, 0);
	output_map(o, "@m", NULL, ty_new(a, TY_MAX), &row, 1, 0, 2);
	assert_string_equal(written(), "{\"type\": \"stats\", \"data\": {\"@a\": 2}}\n"
				       "{\"type\": \"map\", \"data\": {\"@m\": 3}}\n");
}

static void test_hist(void **state)
{
	struct gft_type *t = ty_new(a, TY_HIST), *l = ty_new(a, TY_LHIST);
	static uint64_t h[2048];
	uint64_t lin[4] = { 1, 0, 0, 20 };
	int64_t k = 1;
	struct output_row row = { NULL, h };

	(void)state;
	t->size = 8 * gft_hist_buckets(0);
	h[0] = 1;
	h[gft_hist_bucket(2, 0, 0)] = 2;
	output_map(o, "@h", NULL, t, &row, 1, 0, 0);
	assert_string_equal(written(), "{\"type\": \"hist\", \"data\": {\"@h\": [{\"max\": -1, \"count\": 1},"
				       "{\"min\": 0, \"max\": 0, \"count\": 0},{\"min\": 1, \"max\": 1, \"count\": 0},"
				       "{\"min\": 2, \"max\": 3, \"count\": 2}]}}\n");
	memset(h, 0, sizeof(h));
	row.key = &k;
	output_map(o, "@h", &ty_i64, t, &row, 1, 0, 0);
	assert_string_equal(written(), "{\"type\": \"hist\", \"data\": {\"@h\": {\"1\": []}}}\n");
	h[gft_hist_bucket(UINT64_MAX, 0, 0)] = 1;
	output_map(o, "@h", &ty_i64, t, &row, 1, 0, 0);
	assert_string_equal(written(),
			    "{\"type\": \"hist\", \"data\": {\"@h\": {\"1\": [{\"min\": 9223372036854775808, "
			    "\"max\": \"18446744073709551615\", \"count\": 1}]}}}\n");
	l->min = -5;
	l->max = 15;
	l->step = 10;
	l->size = 32;
	row = (struct output_row){ NULL, lin };
	output_map(o, "@l", NULL, l, &row, 1, 0, 0);
	assert_string_equal(written(),
			    "{\"type\": \"hist\", \"data\": {\"@l\": [{\"max\": -6, \"count\": 1},"
			    "{\"min\": -5, \"max\": 4, \"count\": 0},{\"min\": 5, \"max\": 14, \"count\": 0},"
			    "{\"min\": 15, \"count\": 20}]}}\n");
	lin[0] = 0;
	output_map(o, "@l", NULL, l, &row, 1, 0, 10);
	assert_string_equal(written(), "{\"type\": \"hist\", \"data\": {\"@l\": [{\"min\": 15, \"count\": 2}]}}\n");
}

static void test_tseries(void **state)
{
	struct ty_tseries_bucket b[3] = { { 5, 10, 1 },
					  { 3, 20, 2 },
					  { 1, 7, 1 } }; /* 1: from before the ring went round */
	struct gft_type *t = ty_new(a, TY_TSERIES);
	struct output_row row = { NULL, b };

	(void)state;
	t->step = 1500000000;
	t->count = 3;
	t->size = sizeof(b);
	t->agg = TY_AVG;
	output_map(o, "@t", NULL, t, &row, 1, 0, 0);
	assert_string_equal(written(), "{\"type\": \"tseries\", \"data\": {\"@t\": ["
				       "{\"interval_start\":\"1970-01-01T00:00:04.500000000Z\",\"value\":10},"
				       "{\"interval_start\":\"1970-01-01T00:00:07.500000000Z\",\"value\":10}]}}\n");
	memset(b, 0, sizeof(b));
	output_map(o, "@t", NULL, t, &row, 1, 0, 0);
	assert_string_equal(written(), "{\"type\": \"tseries\", \"data\": {\"@t\": []}}\n");
}

/* --- the run ------------------------------------------------------------------------------------ */

static void test_facts(void **state)
{
	(void)state;
	output_attached(o, 3);
	output_lost(o, 7);
	output_warning(o, "helper_error", "Bad address", "probe_read", -14, "stdin", 1, 37, 0);
	output_warning(o, "warnf", "a \"b\"", NULL, 0, NULL, 2, 3, 0);
	assert_string_equal(written(),
			    "{\"type\": \"attached_probes\", \"count\": 3, \"data\": {\"probes\": 3}}\n"
			    "{\"type\": \"lost_events\", \"count\": 7, \"data\": {\"events\": 7}}\n"
			    "{\"type\": \"helper_error\", \"msg\": \"Bad address\", \"helper\": \"probe_read\", "
			    "\"retcode\": -14, \"filename\": \"stdin\", \"line\": 1, \"col\": 37}\n"
			    "{\"type\": \"warnf\", \"msg\": \"a \\\"b\\\"\", \"filename\": \"\", \"line\": 2, "
			    "\"col\": 3}\n");
}

/* --- graphs ------------------------------------------------------------------------------------- */

static void test_graph_without_symbols(void **state)
{
	struct graph_node child = {
		.start_ns = 1500, .site = 3, .exit_site = GFT_NO_SITE, .flags = GN_OPEN | GN_SYSTEM
	};
	struct graph_node root = {
		.child = &child, .last_child = &child, .start_ns = 500, .end_ns = 5000, .site = 1U << 30, .exit_site = 2
	};
	struct graph_tree t = {
		.root = &root, .goid = 7, .tgid = 8, .tid = 9, .is_thread = true, .nodes = 2, .dropped = 4
	};

	(void)state;
	child.parent = &root;
	output_graph(o, &t);
	assert_string_equal(written(),
			    "{\"type\": \"graph\", \"data\": {\"pid\": 8, \"tid\": 9, \"thread\": 7, "
			    "\"start\": \"1970-01-01T00:00:00.000000500Z\", \"start_ns\": 500, \"duration_ns\": 4500, "
			    "\"func\": null, \"site\": 1073741824, \"caller\": {\"addr\": 0}, \"exit\": {\"site\": 2}, "
			    "\"dropped\": 4, \"calls\": [{\"depth\": 0, \"offset_ns\": 0, \"duration_ns\": 4500, "
			    "\"func\": null, \"site\": 1073741824, \"caller\": {\"addr\": 0}, \"exit\": {\"site\": 2}},"
			    "{\"depth\": 1, \"offset_ns\": 1000, \"duration_ns\": null, \"func\": null, \"site\": 3, "
			    "\"caller\": {\"addr\": 0}, \"flags\": [\"open\",\"system_stack\"]}]}}\n");
}

static const struct payload no_payload;
static const struct site_info bad_site = {
	.func = "main.\xff\"\n", .file = "/src/a\\b\x1b.go", .line = 3, .off = 4, .payload = &no_payload
};

static const struct site_info *site(void *ctx, uint32_t n)
{
	(void)ctx;
	return n == 0 ? &bad_site : NULL;
}

static void caller(void *ctx, uint32_t n, int64_t rel, struct code_info *out)
{
	(void)ctx;
	(void)n;
	*out = (struct code_info){ .func = "\x80", .off = (uint32_t)rel, .file = "/other/x.go", .line = 1 };
}

/* Names in a binary are no more to be trusted than what a program holds. */
static void test_bad_names(void **state)
{
	static const struct sym_source syms = { .site = site, .caller = caller };
	struct graph_node root = { .end_ns = 1, .exit_site = 0, .caller_rel = 5 };
	uint32_t word = 0x0a22ff;
	const struct graph_tag tags[] = { { "k\"", NULL, &ty_u32, &word }, { "s", NULL, ty_string(a, 4), &word } };
	struct graph_tree t = { .root = &root, .tags = tags, .ntags = 2 };

	(void)state;
	vc.syms = &syms;
	output_graph(o, &t);
	assert_non_null(strstr(written(),
			       "\"func\": \"main.\\ufffd\\\"\\n\", \"file\": \"a\\\\b\\u001b.go\", \"line\": 3, "
			       "\"caller\": {\"func\": \"\\ufffd\", \"off\": 5, \"file\": \"/other/x.go\", "
			       "\"line\": 1}, \"exit\": {\"off\": 4, \"file\": \"a\\\\b\\u001b.go\", "
			       "\"line\": 3}, \"tags\": {\"k\\\"\": 664319, \"s\": \"\\ufffd\\\"\\n\"}, "
			       "\"dropped\": 0"));
	vc.syms = NULL;
}

/* Neither our stack nor a reader's nesting grows with a tree's depth. */
static void test_deep(void **state)
{
	enum { DEPTH = 100000 };
	struct graph_node *n = xcalloc(DEPTH, sizeof(*n));
	struct graph_tree t = { .root = n, .goid = 1, .nodes = DEPTH };
	const char *s;
	size_t calls = 0;

	(void)state;
	for (int i = 0; i < DEPTH; i++) {
		n[i] = (struct graph_node){ .start_ns = (uint64_t)i,
					    .end_ns = 2 * DEPTH - (uint64_t)i,
					    .exit_site = 1 };
		if (i) {
			n[i].parent = &n[i - 1];
			n[i - 1].child = n[i - 1].last_child = &n[i];
		}
	}
	output_graph(o, &t);
	s = written();
	assert_non_null(strstr(s, "{\"depth\": 99999, \"offset_ns\": 99999, \"duration_ns\": 2, "));
	assert_ptr_equal(strchr(s, '\n'), s + strlen(s) - 1);
	/* not by strstr(): a sanitizer's measures the rest of the text at each call */
	for (; *s; s++)
		calls += *s == '{' && !strncmp(s, "{\"depth\": ", 10);
	assert_int_equal(calls, DEPTH);
	free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_aggregates),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_go_values),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_hist),
		cmocka_unit_test(test_tseries),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_graph_without_symbols),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
