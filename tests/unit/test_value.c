/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* test_value.c - values as text: every type, escaping, durations, printf and its check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/hist.h"
#include "gft/output.h"

static struct arena *a;

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	a = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static const char *func_name(void *ctx, uint32_t id)
{
	(void)ctx;
	return id == 7 ? "main.f\n" : NULL;
}

static size_t stack(void *ctx, const struct gft_type *t, const struct ty_stack *st, uint64_t *ips, size_t max)
{
	size_t n = 0;

	(void)ctx;
	(void)t;
	for (; n < st->nr && n < max; n++)
		ips[n] = 0x1000 + n;
	return n;
}

static void symbol(void *ctx, uint32_t pid, uint64_t addr, struct code_info *out)
{
	(void)ctx;
	(void)pid;
	if (addr == 0x1001)
		return;
	out->func = "main.f";
	out->off = (uint32_t)(addr & 0xff);
	if (addr == 0x1002) {
		out->file = "/x.go";
		out->line = 9;
	}
}

/* At 0x1000 two copies in main.f; of the outer one, as in a damaged recording, no name is known. */
static void copies(void *ctx, uint32_t pid, uint64_t addr, struct code_info *out)
{
	uint32_t level = out->level;

	if (addr != 0x1000) {
		symbol(ctx, pid, addr, out);
		return;
	}
	*out = (struct code_info){ .func = "main.f", .off = 7, .copies = 2, .level = level, .addr = addr };
	out->inlined = level == 1 || level == 2;
	if (out->inlined)
		out->func = level == 1 ? "main.\ng" : NULL;
	if (level == 3) {
		out->file = "/x.go";
		out->line = 3;
	}
}

static void file_place(void *ctx, struct buf *b, uint32_t pid, uint64_t addr)
{
	(void)ctx;
	(void)pid;
	if (addr == 0x1000)
		buf_puts(b, "ab12 0x00");
}

static const char *string(void *ctx, uint32_t n)
{
	static const char *const s[] = { "%H:%M:%S.%f", "%Y%%f", "" };

	(void)ctx;
	return n < 3 ? s[n] : NULL;
}

static const struct value_ctx vc = {
	.func_name = func_name,
	.stack = stack,
	.symbol = symbol,
	.file_place = file_place,
	.string = string,
	.wall_offset_ns = 1000000000,
	.boot_offset_ns = 300000000,
	.max_strlen = 8,
	.trunc_trailer = "..",
};

static struct buf out;

static const char *show(const struct gft_type *t, const void *data)
{
	buf_reset(&out);
	value_print(&out, &vc, t, data);
	return buf_str(&out);
}

static const char *show_key(const struct gft_type *t, const void *data)
{
	buf_reset(&out);
	value_print_key(&out, &vc, t, data);
	return buf_str(&out);
}

#define VALUE(ctype, v) ((const ctype[]){ v })

static void test_numbers(void **state)
{
	struct gft_type t = { .kind = TY_INT, .size = 4, .align = 4 };
	struct ty_enum_val vals[] = { { "RED", 1 }, { "BLUE", -1 } };

	(void)state;
	assert_string_equal(show(&ty_u8, VALUE(uint8_t, 255)), "255");
	assert_string_equal(show(&ty_i8, VALUE(int8_t, -128)), "-128");
	assert_string_equal(show(&ty_i16, VALUE(int16_t, -2)), "-2");
	assert_string_equal(show(&ty_u32, VALUE(uint32_t, UINT32_MAX)), "4294967295");
	assert_string_equal(show(&ty_i64, VALUE(int64_t, INT64_MIN)), "-9223372036854775808");
	assert_string_equal(show(&ty_u64, VALUE(uint64_t, UINT64_MAX)), "18446744073709551615");
	assert_string_equal(show(&ty_bool, VALUE(uint8_t, 1)), "true");
	assert_string_equal(show(&ty_bool, VALUE(uint8_t, 0)), "false");
	t.display = TD_HEX;
	t.is_signed = true;
	assert_string_equal(show(&t, VALUE(int32_t, -1)), "0xffffffff");
	t.display = TD_DURATION;
	assert_string_equal(show(&t, VALUE(int32_t, -1500)), "-1.5us");
	t.display = TD_CHAR;
	assert_string_equal(show(&t, VALUE(int32_t, 'x')), "x");
	assert_string_equal(show(&t, VALUE(int32_t, 27)), "\\x1b");
	t.display = TD_ENUM;
	t.enum_vals = vals;
	t.nenum_vals = 2;
	assert_string_equal(show(&t, VALUE(int32_t, -1)), "BLUE");
	assert_string_equal(show(&t, VALUE(int32_t, 5)), "5");
	assert_string_equal(show(ty_ptr(a, &ty_void, TS_USER), VALUE(uint64_t, 50)), "0x32");
	t = (struct gft_type){ .kind = TY_FLOAT, .size = 8, .align = 8 };
	assert_string_equal(show(&t, VALUE(double, 0.1)), "0.1");
	assert_string_equal(show(&t, VALUE(double, -1e300)), "-1e+300");
	t.size = 4;
	assert_string_equal(show(&t, VALUE(float, 0.1f)), "0.1");
}

static void test_text(void **state)
{
	struct {
		uint32_t len;
		char data[8];
	} b = { 3, "a\0\\zzzz" };

	(void)state;
	assert_string_equal(show(ty_string(a, 16), "abc\0zzzzzzzzzzzz"), "abc");
	assert_string_equal(show(ty_string(a, 4), "abcd"), "abcd"); /* not cut by max_strlen */
	assert_string_equal(show(ty_string(a, 8), "abcdefgh"), "abcdefgh..");
	assert_string_equal(show(ty_string(a, 8), "abcdefg"), "abcdefg");
	assert_string_equal(show(ty_buffer(a, 8), &b), "a\\x00\\");
	b.len = UINT32_MAX; /* never beyond what is there */
	assert_string_equal(show(ty_buffer(a, 8), &b), "a\\x00\\zzzz\\x00");
}

static const char *escaped(const char *s, size_t len)
{
	buf_reset(&out);
	value_escape(&out, s, len);
	return buf_str(&out);
}

#define ESCAPED(s) escaped(s, sizeof(s) - 1)

static void test_escape(void **state)
{
	(void)state;
	assert_string_equal(ESCAPED(""), "");
	assert_string_equal(ESCAPED("plain ~"), "plain ~");
	assert_string_equal(ESCAPED("a\n\t\r\\\x1b[0m\x7f\0b"), "a\\n\\t\\r\\\\x1b[0m\\x7f\\x00b");
	assert_string_equal(ESCAPED("C:\\dir"), "C:\\dir"); /* as bpftrace prints it */
	assert_string_equal(ESCAPED("grün · 日本 😀"), "grün · 日本 😀");
	assert_string_equal(ESCAPED("\xc3"), "\\xc3");					   /* cut off */
	assert_string_equal(ESCAPED("\xc0\x80\xe0\x80\x80"), "\\xc0\\x80\\xe0\\x80\\x80"); /* overlong */
	assert_string_equal(ESCAPED("\xed\xa0\x80"), "\\xed\\xa0\\x80");		   /* a surrogate */
	assert_string_equal(ESCAPED("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");	   /* beyond the last */
	assert_string_equal(ESCAPED("\xc2\x9b"), "\\xc2\\x9b");				   /* C1: CSI */
	assert_string_equal(ESCAPED("\xe2\x80\xae"), "\\xe2\\x80\\xae");		   /* right-to-left override */
}

static const char *duration(uint64_t ns)
{
	buf_reset(&out);
	value_duration(&out, ns);
	return buf_str(&out);
}

static void test_duration(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} d[] = {
		{ 0, "0ns" },
		{ 812, "812ns" },
		{ 999, "999ns" },
		{ 1000, "1us" },
		{ 1200, "1.2us" },
		{ 1234, "1.234us" },
		{ 45200, "45.2us" },
		{ 45678, "45.68us" },
		{ 456789, "456.8us" },
		{ 999949, "999.9us" },
		{ 999950, "1ms" },
		{ 999999, "1ms" },
		{ 1000000, "1ms" },
		{ 1001400, "1.001ms" },
		{ 999950000, "1s" },
		{ 1001000000, "1.001s" },
		{ 59994000000, "59.99s" },
		{ 59996000000, "1m00s" },
		{ 60000000000, "1m00s" },
		{ 123500000000, "2m03.5s" },
		{ 599960000000, "10m00s" },
		{ 3599400000000, "59m59s" },
		{ 3600000000000, "1h00m" },
		{ 90061000000000, "25h01m" },
		{ UINT64_MAX, "5124095h35m" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(d) / sizeof(d[0]); i++)
		assert_string_equal(duration(d[i].ns), d[i].text);
}

static void test_aggregates(void **state)
{
	const struct gft_type *pair_types[] = { &ty_i32, ty_string(a, 4) };
	const struct gft_type *pair = ty_tuple(a, pair_types, NULL, 2);
	const struct gft_type *nested_types[] = { &ty_i64, pair };
	const struct gft_type *nested = ty_tuple(a, nested_types, NULL, 2);
	const struct gft_type *one_types[] = { &ty_i64 };
	const char *names[] = { "m", "n" };
	const struct gft_type *rec = ty_tuple(a, pair_types, names, 2);
	const struct gft_type *rows = ty_array(a, ty_array(a, &ty_i16, 2), 2);
	struct {
		int32_t i;
		char s[4];
	} p = { -2, "ab" };
	struct {
		int64_t i;
		int32_t j;
		char s[4];
	} q = { 1, 2, "x" };
	const int16_t r[] = { 5, 6, 7, 8 };
	struct ty_field bits[] = { { .name = "lo", .type = &ty_u8, .bit_size = 3 },
				   { .name = "hi", .type = &ty_i8, .bit_off = 3, .bit_size = 5 } };
	struct gft_type s = { .kind = TY_STRUCT, .size = 1, .align = 1, .fields = bits, .nfields = 2 };

	(void)state;
	assert_string_equal(show(pair, &p), "(-2, ab)");
	assert_string_equal(show_key(pair, &p), "-2, ab");
	assert_string_equal(show(nested, &q), "(1, (2, x))");
	assert_string_equal(show_key(nested, &q), "1, (2, x)");
	assert_string_equal(show(ty_tuple(a, one_types, NULL, 1), VALUE(int64_t, 3)), "(3)");
	assert_string_equal(show(rec, &p), "{ .m = -2, .n = ab }");
	assert_string_equal(show(rows, r), "[[5,6],[7,8]]");
	assert_string_equal(show(&s, VALUE(uint8_t, 0xfd)), "{ .lo = 5, .hi = -1 }");
}

/* Names of types are the target's, too. */
static void test_harmful_names(void **state)
{
	struct ty_enum_val vals[] = { { "\x1b[31mRED", 1 } };
	struct gft_type e = {
		.kind = TY_INT, .size = 4, .align = 4, .display = TD_ENUM, .enum_vals = vals, .nenum_vals = 1
	};
	struct ty_field f[] = { { .name = "a\x1b]0;b\x07", .type = &e } };
	struct gft_type s = { .kind = TY_STRUCT, .size = 4, .align = 4, .fields = f, .nfields = 1 };

	(void)state;
	assert_string_equal(show(&s, VALUE(int32_t, 1)), "{ .a\\x1b]0;b\\x07 = \\x1b[31mRED }");
}

static void test_copies(void **state)
{
	struct gft_type *t = ty_new(a, TY_STACK);
	struct ty_stack st = { 1, 5, 1 };
	struct value_ctx inlined = vc;
	struct buf b = BUF_INIT;

	(void)state;
	inlined.symbol = copies;
	t->stack_kind = STACK_GO;
	value_print(&b, &inlined, t, &st);
	assert_string_equal(buf_str(&b), "\n        main.\\ng (inlined)\n        0x1000\n        main.f+7 /x.go:3\n");
	buf_reset(&b);
	t->stack_mode = STACK_PERF;
	value_print(&b, &inlined, t, &st);
	assert_non_null(strstr(buf_str(&b), "\t1000 main.\\ng (inlined)\n\t1000 0x1000"));
	buf_free(&b);
}

static void test_lookups(void **state)
{
	struct gft_type *t = ty_new(a, TY_STACK);
	struct ty_stack st = { 1, 5, 3 };
	struct ty_usym u = { 0x1005, 5, 0 };
	struct ty_timestamp ts = { 3661250000999, 0, 0 };
	struct ty_inet in = { 2, { 127, 0, 0, 1 } };

	(void)state;
	assert_string_equal(show(t, &st), "\n        main.f+0\n        0x1001\n        main.f+2@/x.go:9\n");
	t->stack_kind = STACK_GO;
	t->count = 1;
	assert_string_equal(show(t, &st), "\n        main.f+0\n");
	t->stack_mode = STACK_PERF;
	t->count = 2;
	assert_string_equal(show(t, &st), "\n\t1000 main.f+0 ([unknown])\n\t1001 0x1001 ([unknown])\n");
	t->stack_mode = STACK_RAW;
	assert_string_equal(show(t, &st), "\n1000\n1001\n");
	t->stack_mode = STACK_BUILD_ID;
	assert_string_equal(show(t, &st), "\nab12 0x00\n1001\n");
	t->stack_kind = STACK_KERNEL;
	assert_string_equal(show(t, &st), "\n1000\n1001\n");
	st.id = 0;
	assert_string_equal(show(t, &st), "\n");
	assert_string_equal(show(&ty_usym_t, &u), "main.f");
	assert_string_equal(show(&ty_ksym_t, VALUE(uint64_t, 0x1001)), "0x1001");
	assert_string_equal(show(&ty_func_t, VALUE(uint32_t, 7)), "main.f\\n");
	assert_string_equal(show(&ty_func_t, VALUE(uint32_t, 8)), "8");
	assert_string_equal(show(&ty_probe_t, VALUE(uint32_t, 8)), "8");
	assert_string_equal(show(ty_new(a, TY_TIMESTAMP), &ts), "01:01:02.250000");
	ts.mode = 1;
	assert_string_equal(show(ty_new(a, TY_TIMESTAMP), &ts), "01:01:01.950000");
	ts.fmt = 1;
	assert_string_equal(show(ty_new(a, TY_TIMESTAMP), &ts), "1970%f");
	ts.fmt = 2;
	assert_string_equal(show(ty_new(a, TY_TIMESTAMP), &ts), "");
	assert_string_equal(show(ty_new(a, TY_INET), &in), "127.0.0.1");
	in.af = 10;
	assert_string_equal(show(ty_new(a, TY_INET), &in), "7f00:1::");
	in.af = 99;
	assert_string_equal(show(ty_new(a, TY_INET), &in), "(address family 99)");
	assert_string_equal(show(ty_new(a, TY_MAC), "\x00\x1a\xff\x01\x02\x03"), "00:1A:FF:01:02:03");
	assert_string_equal(show(ty_new(a, TY_USERNAME), VALUE(uint32_t, 0)), "root");
}

/* Nothing at all is known: every lookup falls back to a number. */
static void test_no_context(void **state)
{
	static const enum ty_kind kinds[] = { TY_STACK, TY_KSYM,      TY_USYM,	   TY_CODE,  TY_FUNC,
					      TY_PROBE, TY_TIMESTAMP, TY_USERNAME, TY_CGROUP };
	const uint64_t zeros[4] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		buf_reset(&out);
		value_print(&out, NULL, ty_new(a, kinds[i]), zeros);
		assert_true(out.len > 0);
	}
}

static void test_agg(void **state)
{
	struct ty_agg agg = { -9, 2 };
	struct gft_type *t = ty_new(a, TY_AVG);

	(void)state;
	t->is_signed = true;
	assert_string_equal(show(t, &agg), "-4");
	t->kind = TY_SUM;
	assert_string_equal(show(t, &agg), "-9");
	t->kind = TY_STATS;
	assert_string_equal(show(t, &agg), "{ .count = 2, .average = -4, .total = -9 }");
	t->is_signed = false;
	t->kind = TY_MAX;
	assert_string_equal(show(t, &agg), "18446744073709551607");
	agg.n = 0;
	t->kind = TY_AVG;
	assert_string_equal(show(t, &agg), "0");
	assert_string_equal(show(&ty_count_t, VALUE(uint64_t, 3)), "3");
}

static void test_payload(void **state)
{
	struct payload_field f[] = { { "a", &ty_i64, 16 }, { NULL, &ty_i64, 24 }, { "c\n", ty_string(a, 8), 32 } };
	const struct payload p = { 40, 3, f };
	struct {
		struct gft_payload h;
		int64_t v[2];
		char s[8];
	} d = { { 7, 0 }, { 1, -2 }, "x" };

	(void)state;
	buf_reset(&out);
	value_print_payload(&out, &vc, &p, &d.h);
	assert_string_equal(buf_str(&out), "a=1, -2, c\\n=x");
	d.h = (struct gft_payload){ 0xfe, 4 };
	buf_reset(&out);
	value_print_payload(&out, &vc, &p, &d.h);
	assert_string_equal(buf_str(&out), "-2, c\\n=(fault)");
}

/* --- printf --------------------------------------------------------------------------- */

static const char *fmt1(const char *fmt, const struct gft_type *t, const void *data)
{
	struct value_arg arg = { t, data };

	buf_reset(&out);
	value_printf(&out, &vc, fmt, &arg, 1);
	return buf_str(&out);
}

static void test_printf(void **state)
{
	struct {
		uint32_t len;
		char data[8];
	} b = { 2, "\n\xfe" };
	const struct gft_type *i64 = &ty_i64, *str = ty_string(a, 8);
	int64_t width = -6, num = 42;
	struct value_arg args[] = { { i64, &width }, { i64, &num }, { str, "ab" } };
	struct gft_type *f = ty_new(a, TY_FLOAT);

	(void)state;
	assert_string_equal(fmt1("%d|", i64, VALUE(int64_t, 0x1ffffffff)), "-1|"); /* 32 bits, as in C */
	assert_string_equal(fmt1("%ld|", i64, VALUE(int64_t, 0x1ffffffff)), "8589934591|");
	assert_string_equal(fmt1("%lld|", &ty_i8, VALUE(int8_t, -1)), "-1|");
	assert_string_equal(fmt1("%hhx", i64, VALUE(int64_t, 0x1ff)), "ff");
	assert_string_equal(fmt1("%hd", i64, VALUE(int64_t, 0x18000)), "-32768");
	assert_string_equal(fmt1("%u", i64, VALUE(int64_t, -1)), "4294967295");
	assert_string_equal(fmt1("%llu", i64, VALUE(int64_t, -1)), "18446744073709551615");
	assert_string_equal(fmt1("%zx", i64, VALUE(int64_t, -1)), "ffffffffffffffff");
	assert_string_equal(fmt1("[%5d]", i64, VALUE(int64_t, 7)), "[    7]");
	assert_string_equal(fmt1("[%-5d]", i64, VALUE(int64_t, 7)), "[7    ]");
	assert_string_equal(fmt1("[%05d]", i64, VALUE(int64_t, -7)), "[-0007]");
	assert_string_equal(fmt1("[%+d]", i64, VALUE(int64_t, 7)), "[+7]");
	assert_string_equal(fmt1("[%.3d]", i64, VALUE(int64_t, 7)), "[007]");
	assert_string_equal(fmt1("%#x %%", i64, VALUE(int64_t, 255)), "0xff %");
	assert_string_equal(fmt1("%#o", i64, VALUE(int64_t, 8)), "010");
	assert_string_equal(fmt1("%X", i64, VALUE(int64_t, 255)), "FF");
	assert_string_equal(fmt1("[%10p]", i64, VALUE(int64_t, 10)), "[       0xa]");
	assert_string_equal(fmt1("%c%%", i64, VALUE(int64_t, 'q')), "q%");
	assert_string_equal(fmt1("%s", i64, VALUE(int64_t, -5)), "-5");
	assert_string_equal(fmt1("[%6s]", str, "ab"), "[    ab]");
	assert_string_equal(fmt1("[%-6s]", str, "ab"), "[ab    ]");
	assert_string_equal(fmt1("[%.1s]", str, "ab"), "[a]");
	assert_string_equal(fmt1("[%.2s]", str, "a\xc3\xbc"), "[a]"); /* no half characters */
	assert_string_equal(fmt1("%r", ty_buffer(a, 8), &b), "\\x0a\\xfe");
	assert_string_equal(fmt1("%rx", ty_buffer(a, 8), "\2\0\0\0ab\0\0\0\0\0"), "\\x61\\x62");
	assert_string_equal(fmt1("%rh", ty_buffer(a, 8), &b), "0a fe");
	assert_string_equal(fmt1("%r", ty_buffer(a, 8), "\2\0\0\0ab\0\0\0\0\0"), "ab");
	assert_string_equal(fmt1("[%8T]", i64, VALUE(int64_t, 1200)), "[   1.2us]");
	assert_string_equal(fmt1("%.2f", f, VALUE(double, 0.125)), "0.12");
	assert_string_equal(fmt1("%d %d", i64, VALUE(int64_t, 1)), "1 %d"); /* never beyond the arguments */
	assert_string_equal(fmt1("100%", i64, VALUE(int64_t, 1)), "100%");
	assert_string_equal(fmt1("%5", i64, VALUE(int64_t, 1)), "%5");
	assert_string_equal(fmt1("\033[31m%s", str, "\033"), "\033[31m\\x1b");
	assert_string_equal(fmt1("%99999999999d", i64, VALUE(int64_t, 1)) + 4095, "1");
	buf_reset(&out);
	value_printf(&out, &vc, "[%*d] %s", args, 3);
	assert_string_equal(buf_str(&out), "[42    ] ab");
}

static const char *check(const char *fmt, size_t n, const struct gft_type *t1, const struct gft_type *t2)
{
	const struct gft_type *t[] = { t1, t2 };

	return value_printf_check(&out, fmt, t, n);
}

static void test_printf_check(void **state)
{
	const struct gft_type *str = ty_string(a, 2);

	(void)state;
	assert_null(check("plain %%", 0, NULL, NULL));
	assert_null(check("%d %s", 2, &ty_i64, str));
	assert_null(check("%s", 1, &ty_i64, NULL));
	assert_null(check("%*d", 2, &ty_i64, &ty_u8));
	assert_null(check("%-08.3llx %p", 2, &ty_i64, &ty_u8));
	assert_null(check("%rh %r", 2, ty_buffer(a, 8), str));
	assert_null(check("%d", 1, &ty_count_t, NULL));
	assert_null(check("%T", 1, &ty_u64, NULL));
	assert_string_equal(check("%d %d", 1, &ty_i64, NULL),
			    "not enough arguments for format string (1 supplied, 2 expected)");
	assert_string_equal(check("%d", 2, &ty_i64, &ty_i64),
			    "too many arguments for format string (2 supplied, 1 expected)");
	assert_string_equal(check("%d", 1, str, NULL), "unsupported format specifier for type 'string[2]': d");
	assert_string_equal(check("%5lld", 1, str, NULL), "unsupported format specifier for type 'string[2]': 5lld");
	assert_string_equal(check("%*d", 2, str, &ty_i64), "unsupported format specifier for type 'string[2]': *");
	assert_string_equal(check("%r", 1, &ty_i64, NULL), "unsupported format specifier for type 'int64': r");
	assert_string_equal(check("%y", 1, &ty_i64, NULL), "unknown format specifier: %y");
	assert_string_equal(check("100%", 0, NULL, NULL), "unknown format specifier: %");
	assert_string_equal(check("%\n", 0, NULL, NULL), "unknown format specifier: %\\n");
}

/* Every bucket's edges fall into it, for every precision. */
static void test_hist_buckets(void **state)
{
	(void)state;
	for (uint32_t bits = 0; bits <= GFT_HIST_MAX_BITS; bits++) {
		uint32_t n = gft_hist_buckets(bits);

		assert_int_equal(gft_hist_bucket(5, 1, bits), 0);
		assert_int_equal(gft_hist_bucket(0, 0, bits), 1);
		assert_int_equal(gft_hist_bucket(UINT64_MAX, 0, bits), n - 1);
		assert_int_equal(gft_hist_low(n, bits), 0);
		for (uint32_t i = 1; i < n; i++) {
			uint64_t low = gft_hist_low(i, bits);

			assert_int_equal(gft_hist_bucket(low, 0, bits), i);
			assert_int_equal(gft_hist_bucket(gft_hist_low(i + 1, bits) - 1, 0, bits), i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	     cmocka_unit_test(test_text),
		cmocka_unit_test(test_escape),	     cmocka_unit_test(test_duration),
		cmocka_unit_test(test_aggregates),   cmocka_unit_test(test_harmful_names),
		cmocka_unit_test(test_lookups),	     cmocka_unit_test(test_copies),
		cmocka_unit_test(test_no_context),   cmocka_unit_test(test_agg),
		cmocka_unit_test(test_payload),	     cmocka_unit_test(test_printf),
		cmocka_unit_test(test_printf_check), cmocka_unit_test(test_hist_buckets),
	};
	int status = cmocka_run_group_tests(tests, setup, teardown);

	buf_free(&out);
	return status;
}
