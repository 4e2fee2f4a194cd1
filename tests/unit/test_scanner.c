/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Tokens and literals, and which bracket closes what. */
#include "script_help.h"

#include "parser/scan.h"
#include "script.tab.h"

/* Token by token against want, which ends in 0; the text of each lies where its place says. */
static void tokens(const char *text, const int *want)
{
	struct arena *a = arena_new();
	struct scan *s = ARENA_NEW(a, struct scan);
	struct ast *ast = ARENA_NEW(a, struct ast);
	uint32_t end = 0;
	yyscan_t y;
	int t, i = 0;

	s->a = ast->arena = a;
	s->ast = ast;
	s->d = ast->diag = diag_new(a);
	s->src = ast->source = diag_add_source(s->d, "t", text, strlen(text));
	assert_int_equal(scan_begin(s, &y), 0);
	do {
		YYSTYPE v;
		YYLTYPE loc = { 0, 0, 0, 0 };

		t = script_raw_lex(&v, &loc, y);
		if (t != want[i])
			fail_msg("%s: token %d is %d and not %d", text, i, t, want[i]);
		if (t) {
			assert_true(loc.begin >= end && loc.begin <= loc.end && loc.end <= s->src->len);
			end = loc.end;
		}
		i++;
	} while (t);
	assert_int_equal(diag_errors(s->d), 0);
	script_raw_lex_destroy(y);
	arena_free(a);
}

#define TOKENS(text, ...) tokens(text, (const int[]){ __VA_ARGS__, 0 })

static void test_tokens(void **state)
{
	(void)state;
	TOKENS("u:main.f", POINTS, NOBLOCK);
	TOKENS("u:main.f {}", POINTS, '{', '}');
	TOKENS("u:main.f{}", POINTS, '{', '}');
	TOKENS("u:main.f<>", POINTS, LANGLE, RANGLE);
	TOKENS("#!/usr/bin/env gft\nbegin{}", POINTS, '{', '}');
	TOKENS("begin { $x @ @m $1 $# _ _x if else; }", POINTS, '{', VAR, MAP, MAP, PARAM, NPARAMS, UNDERSCORE, IDENT,
	       IF_VALUE, ELSE, ';', '}');
	TOKENS("begin { + - * / % & | ^ ! ~ ? : = , . }", POINTS, '{', '+', '-', '*', '/', '%', '&', '|', '^', '!', '~',
	       '?', ':', '=', ',', '.', '}');
	TOKENS("begin { a <<= >>= += -= *= /= %= &= |= ^= }", POINTS, '{', IDENT, ASSIGN, ASSIGN, ASSIGN, ASSIGN,
	       ASSIGN, ASSIGN, ASSIGN, ASSIGN, ASSIGN, ASSIGN, '}');
	TOKENS("begin { a && || == != <= >= << >> ++ -- -> .. < > }", POINTS, '{', IDENT, LAND, LOR, EQ, NE, LE, GE,
	       SHL, SHR, INC, DEC, ARROW, DOTDOT, '<', '>', '}');
	/* keywords are names behind . and -> */
	TOKENS("begin { a.if b->fetch c.sizeof fetch d.true }", POINTS, '{', IDENT, '.', IDENT, IDENT, ARROW, IDENT,
	       IDENT, '.', IDENT, IDENT, IDENT, '.', IDENT, '}');
	/* numbers with dots */
	TOKENS("begin { 1..5 $t.0.1 }", POINTS, '{', INT, DOTDOT, INT, VAR, '.', INT, '.', INT, '}');
	TOKENS("begin { /* a */ 1 // b }\n 2 }", POINTS, '{', INT, INT, '}');
}

static void test_heads(void **state)
{
	(void)state;
	TOKENS("u:f u:g", POINTS, NOBLOCK, POINTS, NOBLOCK);
	TOKENS("u:f /a/", POINTS, PRED, IDENT, ENDPRED, NOBLOCK);
	TOKENS("u:f /a/ u:g {}", POINTS, PRED, IDENT, ENDPRED, NOBLOCK, POINTS, '{', '}');
	TOKENS("u:f /a/\n#define X 1\n", POINTS, PRED, IDENT, ENDPRED, NOBLOCK, CTEXT);
	TOKENS("begin/a/b/{}", POINTS, PRED, IDENT, '/', IDENT, ENDPRED, '{', '}');
	TOKENS("begin /10/5 == 2/ {}", POINTS, PRED, INT, '/', INT, EQ, INT, ENDPRED, '{', '}');
	TOKENS("begin /a/ /* b */ // c\n {}", POINTS, PRED, IDENT, ENDPRED, '{', '}');
	TOKENS("begin /(a / b)/ < >", POINTS, PRED, '(', IDENT, '/', IDENT, ')', ENDPRED, LANGLE, RANGLE);
	TOKENS("let @m = hash(1); begin {}", LET, MAP, '=', IDENT, '(', INT, ')', POINTS, '{', '}');
	TOKENS("let @m = hash(1) begin {}", LET, MAP, '=', IDENT, '(', INT, ')', POINTS, '{', '}');
	TOKENS("import \"x\"; config = { a = 1 } macro f(a) { a }", IMPORT, STRING, ';', CONFIG, '=', '{', IDENT, '=',
	       INT, '}', MACRO, IDENT, '(', IDENT, ')', '{', IDENT, '}');
	TOKENS("struct a { int b; /* } */ }; enum e { A } begin {}", CTEXT, CTEXT, POINTS, '{', '}');
	TOKENS("struct a { int b; } __attribute__((packed)); begin {}", CTEXT, POINTS, '{', '}');
	TOKENS("struct a { int b; } __attribute__((packed)) union u { int x; } begin {}", CTEXT, CTEXT, POINTS, '{',
	       '}');
	TOKENS("typedef struct { int a; } t; typedef int (*f)(void); begin {}", CTEXT, CTEXT, POINTS, '{', '}');
	TOKENS("#define A \\\n 1\n%{ int f(void) { return 1; } %} begin {}", CTEXT, CTEXT, POINTS, '{', '}');
}

/* '>' ends an angle block only where a statement could begin; '{' is a value where none could. */
static void test_brackets(void **state)
{
	(void)state;
	TOKENS("u:f < a > b; >", POINTS, LANGLE, IDENT, '>', IDENT, ';', RANGLE);
	TOKENS("u:f < if (a > b) < a; > >", POINTS, LANGLE, IF, '(', IDENT, '>', IDENT, ')', LANGLE, IDENT, ';', RANGLE,
	       RANGLE);
	TOKENS("u:f < { a } > u:g", POINTS, LANGLE, '{', IDENT, '}', RANGLE, POINTS, NOBLOCK);
	TOKENS("u:f { < a; > b > c }", POINTS, '{', LANGLE, IDENT, ';', RANGLE, IDENT, '>', IDENT, '}');
	TOKENS("u:f { if (a) {} else < > < > }", POINTS, '{', IF, '(', IDENT, ')', '{', '}', ELSE, LANGLE, RANGLE,
	       LANGLE, RANGLE, '}');
	TOKENS("u:f { a < b; }", POINTS, '{', IDENT, '<', IDENT, ';', '}');
	TOKENS("u:f < a = { 1 } > 2; >", POINTS, LANGLE, IDENT, '=', LVALUE, INT, '}', '>', INT, ';', RANGLE);
	TOKENS("u:f { { } f({ 1 }); }", POINTS, '{', '{', '}', IDENT, '(', LVALUE, INT, '}', ')', ';', '}');
	TOKENS("u:f { $x = if (a) { 1 } else { 2 }; }", POINTS, '{', VAR, '=', IF_VALUE, '(', IDENT, ')', '{', INT, '}',
	       ELSE, '{', INT, '}', ';', '}');
}

static void test_casts(void **state)
{
	static const struct {
		const char *text;
		bool type, operand;
	} t[] = {
		{ "(uint8)1", true, true },	 { "( uint8 * )1", true, true },     { "(int8[4])x", true, true },
		{ "(struct x *)p", true, true }, { "(enum e)1", true, true },	     { "(typeof(a))b", true, true },
		{ "(size_t)x", true, true },	 { "(unsigned long)x", true, true }, { "(string[64])x", true, true },
		{ "(my_t)$x", false, true },	 { "(my_t)*p", false, true },	     { "(t *)p", false, true },
		{ "(t)$p", false, true },	 { "(pid)*tid", false, false },	     { "(pid)+1", false, false },
		{ "(a + b)", false, false },	 { "(pid)", false, false },	     { "(a, b)", false, false },
		{ "()", false, false },		 { "(1)2", false, false },	     { "(bool", false, false },
		{ "(uint8 + 1)", false, false }, { "(structure)", false, false },    { "(", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct source s = { .text = t[i].text, .len = strlen(t[i].text) };

		if (scan_is_type(&s, 0, false) != t[i].type || scan_is_type(&s, 0, true) != t[i].operand)
			fail_msg("%s", t[i].text);
	}
}

static void test_integers(void **state)
{
	static const struct {
		const char *text;
		uint64_t v;
	} t[] = {
		{ "0", 0 },
		{ "1_000_000", 1000000 },
		{ "0x1F", 31 },
		{ "0xdead_beef", 0xdeadbeef },
		{ "017", 15 },
		{ "00", 0 },
		{ "2e3", 2000 },
		{ "1E6", 1000000 },
		{ "0e5", 0 },
		{ "10u", 10 },
		{ "10UL", 10 },
		{ "10ull", 10 },
		{ "10LL", 10 },
		{ "7ns", 7 },
		{ "10us", 10000 },
		{ "10ms", 10000000 },
		{ "5s", 5000000000 },
		{ "1m", 60000000000 },
		{ "1h", 3600000000000 },
		{ "1d", 86400000000000 },
		{ "0x1d", 29 },
		{ "1e1_0", 10000000000 },
		{ "0x1_f", 31 },
		{ "9223372036854775807", INT64_MAX },
	};
	struct arena *a = arena_new();
	struct scan s = { .a = a, .d = diag_new(a) };
	struct src_loc loc = { 0, 1, 0, 0 };
	bool u;

	(void)state;
	diag_add_source(s.d, "t", "x", 1);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		u = false;
		if (scan_int(&s, t[i].text, strlen(t[i].text), loc, &u) != t[i].v || u || diag_errors(s.d))
			fail_msg("%s", t[i].text);
	}
	assert_int_equal(scan_int(&s, "9223372036854775808", 19, loc, &u), 9223372036854775808u);
	assert_true(u);
	assert_int_equal(scan_int(&s, "0xffffffffffffffff", 18, loc, &u), UINT64_MAX);
	assert_true(u);
	assert_int_equal(diag_errors(s.d), 0);
	arena_free(a);
	script_fails("begin { 08; }", 1, "t:1:9-11: ERROR: '08' is no octal number: a leading 0 means base 8");
	script_fails("begin { 12abc; }", 1, "t:1:9-14: ERROR: invalid integer suffix 'abc'");
	script_fails("begin { 1M; }", 1, "invalid integer suffix 'M'");
	script_fails("begin { 1_1_; }", 1, "t:1:9-13: ERROR: '1_1_': '_' stands between digits");
	script_fails("begin { 1e1_; }", 1, "'1e1_': '_' stands between digits");
	script_fails("begin { 5mins; }", 1, "durations are");
	script_fails("begin { 0x; }", 1, "no hexadecimal digits");
	script_fails("begin { 18446744073709551616; }", 1, "does not fit 64 bits");
	script_fails("begin { 2e30; }", 1, "does not fit 64 bits");
	script_fails("begin { 1e99999999999; }", 1, "does not fit 64 bits");
	script_fails("begin { 1000000000d; }", 1, "does not fit 64 bits");
}

static void test_strings(void **state)
{
	static const struct {
		const char *text, *want;
		uint32_t n;
	} t[] = {
		{ "\"\"", "", 0 },
		{ "\"a b\"", "a b", 3 },
		{ "\"\\n\\t\\r\\\"\\\\\"", "\n\t\r\"\\", 5 },
		{ "\"\\0\\7\\377\\1234\"", "\0\7\377\1234", 5 },
		{ "\"\\x41\\x4g\\xff\"", "A\4g\xff", 4 },
		{ "\"\\X41\"", "A", 1 },
		{ "\"// /* { } \"", "// /* { } ", 10 },
		{ "\"\xff\x01\xc3\xa4\"", "\xff\x01\xc3\xa4", 4 },
	};
	struct arena *a = arena_new();
	struct scan s = { .a = a, .d = diag_new(a) };
	struct src_loc loc = { 0, 1, 0, 0 };

	(void)state;
	diag_add_source(s.d, "t", "x", 1);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint32_t n;
		const char *got = scan_string(&s, t[i].text, strlen(t[i].text), loc, &n);

		if (n != t[i].n || memcmp(got, t[i].want, n) || got[n] || diag_errors(s.d))
			fail_msg("%s", t[i].text);
	}
	arena_free(a);
	script_fails("begin { \"a\\q\"; }", 1, "t:1:11-13: ERROR: invalid escape character '\\q'");
	script_fails("begin { \"a\\400\"; }", 1, "t:1:11-15: ERROR: \\400 is no byte: escapes are \\0 to \\377");
	script_fails("begin { \"\\x\"; }", 1, "needs hexadecimal digits");
	script_fails("begin { \"abc); }\nend { }", 1, "t:1:9-17: ERROR: this string is never closed");
	script_fails("begin { \"abc\\\"; }", 1, "this string is never closed");
	script_is("begin { \"%d\\n\\x00\"; }", "clause(begin, block(expression(string \"%d\\x0a\\x00\")))");
}

/* What is no text at all is told once. */
static void test_bytes(void **state)
{
	struct script s = script_parse_n("begin { \0 }", 11);

	(void)state;
	assert_int_equal(s.nerrors, 1);
	assert_non_null(strstr(s.errors, "t:1:9-10: ERROR: unexpected byte 0x00"));
	script_free(&s);
	script_fails("begin { \x01 \x02 \xff 1; }", 1, "t:1:9-10: ERROR: unexpected byte 0x01");
	script_fails("\xff\xfe\x01\x02 { }", 1, "t:1:1-2: ERROR: unexpected byte 0xff");
	script_fails("u:main.\x1b]2J { }", 1, "unexpected byte 0x1b");
	script_fails("begin { $x = \xc2\xa7 1; }", 1, "unexpected character '\xc2\xa7'");
	script_fails("begin { print('a'); }", 1, "text stands in double quotes");
	script_is("// \xff \x01\n/* \xfe */ u:main.\xc3\xa4\xc2\xb7x { print(\"\xff\"); }", NULL);
}

static void test_utf8(void **state)
{
	static const struct {
		const char *s;
		size_t n;
	} t[] = {
		{ "a", 1 },
		{ "\x7f", 0 },
		{ "\n", 0 },
		{ "\xc2\xb7", 2 },
		{ "\xc2\x80", 0 },
		{ "\xc1\x81", 0 },
		{ "\xe2\x82\xac", 3 },
		{ "\xe0\x80\x80", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xe2\x82", 0 },
		{ "\x80", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(scan_utf8(t[i].s, strlen(t[i].s)), t[i].n);
}

static void test_skip(void **state)
{
	static const char text[] = " \t\n// a /*\n /* // */ x";
	struct source s = { .text = text, .len = sizeof(text) - 1 }, open = { .text = "/* x", .len = 4 };

	(void)state;
	assert_int_equal(text[scan_skip(&s, 0)], 'x');
	assert_int_equal(scan_skip(&open, 0), 4);
	assert_int_equal(scan_skip(&open, 4), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens), cmocka_unit_test(test_heads),	cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_casts),  cmocka_unit_test(test_integers), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_bytes),  cmocka_unit_test(test_utf8),	cmocka_unit_test(test_skip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
