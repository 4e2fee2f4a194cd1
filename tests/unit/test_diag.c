/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The queue of diagnostics, how it is printed, and what the parser says of typical mistakes. */
#include "script_help.h"

static char *printed(const struct diag *d, bool color, bool warnings)
{
	char *out;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	assert_non_null(f);
	diag_print(d, f, color, warnings);
	fclose(f);
	return out;
}

static void test_print(void **state)
{
	struct arena *a = arena_new();
	struct diag *d = diag_new(a);
	const struct source *s = diag_add_source(d, "x.gft", "one\n\ttwo three\n", 15);
	char *out;

	(void)state;
	diag_error(d, (struct src_loc){ 9, 14, s->index, 0 }, "second %d", 2);
	diag_hint(d, "try %s", "this");
	diag_error(d, (struct src_loc){ 0, 3, s->index, 0 }, "first");
	diag_note(d, (struct src_loc){ 5, 8, s->index, 0 }, "see here");
	diag_warn(d, (struct src_loc){ 0, 1, s->index, 0 }, "hm");
	assert_int_equal(diag_errors(d), 2);
	assert_int_equal(diag_warnings(d), 1);
	out = printed(d, false, false);
	assert_string_equal(out, "x.gft:1:1-4: ERROR: first\n"
				 "one\n"
				 "~~~\n"
				 "x.gft:2:2-5: NOTE: see here\n"
				 "    two three\n"
				 "    ~~~\n"
				 "x.gft:2:6-11: ERROR: second 2\n"
				 "    two three\n"
				 "        ~~~~~\n"
				 "HINT: try this\n");
	free(out);
	out = printed(d, false, true);
	assert_non_null(strstr(out, "x.gft:1:1-2: WARNING: hm\n"));
	free(out);
	out = printed(d, true, true);
	assert_non_null(strstr(out, "\033["));
	free(out);
	arena_free(a);
}

/* The same mistake at the same place is one; more than 64 are counted only. */
static void test_many(void **state)
{
	struct arena *a = arena_new();
	struct diag *d = diag_new(a);
	const struct source *s = diag_add_source(d, "x", "abc", 3);
	char *out;

	(void)state;
	for (int i = 0; i < 3; i++)
		diag_error(d, (struct src_loc){ 0, 1, s->index, 0 }, "same");
	assert_int_equal(diag_errors(d), 1);
	for (int i = 0; i < 200; i++)
		diag_error(d, (struct src_loc){ 0, 1, s->index, 0 }, "e%d", i);
	assert_int_equal(diag_errors(d), 201);
	out = printed(d, false, false);
	assert_non_null(strstr(out, "ERROR: e62\n"));
	assert_null(strstr(out, "ERROR: e63\n"));
	free(out);
	arena_free(a);
}

static void test_places(void **state)
{
	struct source s = { .text = "ab\n\ncd", .len = 6 };
	static const unsigned want[][2] = { { 1, 1 }, { 1, 2 }, { 1, 3 }, { 2, 1 }, { 3, 1 }, { 3, 2 }, { 3, 3 } };

	(void)state;
	for (uint32_t i = 0; i < 7; i++) {
		unsigned line, col;

		source_line_col(&s, i, &line, &col);
		assert_int_equal(line, want[i][0]);
		assert_int_equal(col, want[i][1]);
	}
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "uprobe", "uretprobe", "interval", "count" };

	(void)state;
	assert_string_equal(diag_nearest("uprob", names, 4), "uprobe");
	assert_string_equal(diag_nearest("intervall", names, 4), "interval");
	assert_string_equal(diag_nearest("cuont", names, 4), "count");
	assert_null(diag_nearest("zebra", names, 4));
	assert_null(diag_nearest("", names, 4));
}

/* Nothing that a terminal would obey comes out of a message. */
static void test_hostile(void **state)
{
	struct script s = script_parse("u:f { $x = \x1b[31m; } \x1b]0;x\x07 {}");

	(void)state;
	assert_true(s.nerrors > 0);
	assert_null(strchr(s.errors, '\033'));
	assert_null(strchr(s.errors, '\a'));
	script_free(&s);
	s = script_parse("u:f { $x = \"\x1b[31m\" 2; }");
	assert_true(s.nerrors > 0);
	assert_null(strchr(s.errors, '\033'));
	script_free(&s);
	s = script_parse("u:f { 2 \"\x1b[31m\"; }");
	assert_true(s.nerrors > 0);
	assert_null(strchr(s.errors, '\033'));
	script_free(&s);
}

static void test_expected(void **state)
{
	(void)state;
	script_fails("begin { $x = ; }", 1, "t:1:14-15: ERROR: syntax error: unexpected ';', expected an expression");
	script_fails("begin { $x = 1 $y = 2; }", 1,
		     "unexpected '$y', expected ';'\nbegin { $x = 1 $y = 2; }\n"
		     "               ~~\nHINT: is a ';' missing before it?");
	script_fails("begin { f(1 2); }", 1, "unexpected '2', expected ')'");
	script_fails("begin { @m[1 2] = 3; }", 1, "unexpected '2', expected ']'");
	script_fails("begin { a ? b; }", 1, "unexpected ';', expected ':'");
	script_fails("begin { else {} }", 1, "unexpected 'else', expected a statement");
	script_fails("begin { if $x > 2 {} }", 1, "unexpected '>'");
	script_fails("begin { let x = 1; }", 1, "unexpected 'x', expected a variable");
	script_fails("begin { let $x 1; }", 1, "unexpected '1'");
	script_fails("begin { a.1b; }", 1, "invalid integer suffix 'b'");
	script_fails("begin { a.+; }", 1, "unexpected '+', expected a name or a number");
	script_fails("begin /pid = 1/ {}", 1, "HINT: comparing is ==");
	script_fails("begin { if (pid = 1) {} }", 1, "HINT: comparing is ==");
	script_fails("begin { pid = 1; }", 1, "values are assigned to variables, $name, and maps, @name");
	script_fails("begin { a.b = 1; 1 = 2; f() = 3; }", 3, "unexpected '='");
	script_fails("begin /pid == 1 { print(1); }", 1, "unexpected '{', expected '/' at the end of the predicate");
	script_fails("begin /pid == 1", 1, "the predicate is never closed");
	script_fails("begin { \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" 1 "
		     "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
		     "bbbbbbbbbbbbbbbbbbbb\"; }",
		     1, "unexpected '1'");
	script_fails("config = { a b } begin { }", 1, "unexpected 'b', expected '='");
	script_fails("config = { a = ; } begin { }", 1, "expected a value");
	script_fails("import x; begin { }", 1, "expected a string");
	script_fails("let @m = hash(x); begin { }", 1, "expected a number");
	script_fails("begin { (int8[1][2][3][4][5])x; }", 1, "at most 4 dimensions");
	script_fails("begin { $0; }", 1, "parameters are counted from $1");
}

/* What opened is named, not where its absence was noticed. */
static void test_open(void **state)
{
	(void)state;
	script_fails("begin { $x = 1;\n", 1, "t:1:7-8: ERROR: this '{' is never closed");
	script_fails("u:f < a; ", 1, "t:1:5-6: ERROR: this '<' is never closed");
	script_fails("u:f < graph() >", 1, "HINT: in < ... > every statement ends with ';'");
	script_fails("begin { f(1; } end { }", 1, "t:1:10-11: ERROR: this '(' is never closed");
	script_fails("begin { @m[1; } end { }", 1, "t:1:11-12: ERROR: this '[' is never closed");
	script_fails("begin { f(g(1); }", 1, "t:1:10-11: ERROR: this '(' is never closed");
	script_fails("begin { if (f(1) { } }", 1, "unexpected '{', expected ')'");
	script_fails("begin { 1 } /* x", 1, "t:1:13-15: ERROR: this comment is never closed");
	script_fails("begin { 1 /* x } ", 1, "t:1:11-13: ERROR: this comment is never closed");
	script_fails("begin { f(\"x); }\nend { }", 1, "t:1:11-17: ERROR: this string is never closed");
	script_fails("struct x { int a;", 1, "t:1:1-7: ERROR: this struct is never closed");
	script_fails("%{ int a;", 1, "t:1:1-3: ERROR: this '%{' is never closed");
}

/* One mistake leaves the rest readable. */
static void test_recovery(void **state)
{
	struct script s =
		script_parse("begin { $x = ; $y = 1; f(; } u:f { $z = ); $w = 2 } end { if ) { $b = 1; } $c = 3 }");

	(void)state;
	assert_int_equal(s.nerrors, 4);
	assert_int_equal(s.ast->nclauses, 3);
	assert_non_null(strstr(buf_str(&s.tree), "assign =(variable $y, int 1)"));
	assert_non_null(strstr(buf_str(&s.tree), "assign =(variable $w, int 2)"));
	assert_non_null(strstr(buf_str(&s.tree), "assign =(variable $c, int 3)"));
	script_free(&s);
	script_fails("u:f { fetch(%axx:u8); $x = ; } u:g { fetch(+8(%ax:s64); } i:x:1 { $y 1; }", 5,
		     "unknown unit 'x'");
	script_fails("begin /pid == / { $x = 1; } end { $y = ; }", 2, "expected an expression");
	script_fails("config = { a b } import x; let @m = hash(; begin { $x = ; }", 4, "t:1:57-58: ERROR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),	cmocka_unit_test(test_many),	 cmocka_unit_test(test_places),
		cmocka_unit_test(test_nearest), cmocka_unit_test(test_hostile),	 cmocka_unit_test(test_expected),
		cmocka_unit_test(test_open),	cmocka_unit_test(test_recovery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
