/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* FETCHARGs: what is one, what it means, and what is said of one that is wrong. */
#include "script_help.h"

/* base, offsets and type in one line: "ax +8 s64" */
static void text_of(const struct fetcharg *f, char *out, size_t size)
{
	static const char *const kinds[] = {
		[FT_FLOAT] = "f",     [FT_CHARS] = "c",		 [FT_STRING] = "string", [FT_GOSTRING] = "gostring",
		[FT_SLICE] = "slice", [FT_ERROR] = "error",	 [FT_IFACE] = "iface",	 [FT_EFACE] = "eface",
		[FT_BOOL] = "bool",   [FT_DURATION] = "duration"
	};
	struct buf b = BUF_INIT;
	const struct fa_type *t = &f->type;

	switch (f->base) {
	case FA_REG: buf_puts(&b, fa_reg_name(f->reg)); break;
	case FA_ADDR: buf_printf(&b, "0x%llx", (unsigned long long)f->addr); break;
	case FA_SYMBOL: buf_printf(&b, "%s%+lld", f->sym, (long long)f->addr); break;
	case FA_STACK: buf_puts(&b, "stack"); break;
	case FA_STACKN: buf_printf(&b, "stack%u", f->num); break;
	case FA_ARG: buf_printf(&b, "arg%u", f->num); break;
	case FA_RETVAL: buf_puts(&b, "retval"); break;
	case FA_IMM: buf_printf(&b, "imm %lld", (long long)f->addr); break;
	}
	for (uint32_t i = 0; i < f->nderef; i++)
		buf_printf(&b, " %+lld", (long long)f->offs[i]);
	buf_putc(&b, ' ');
	switch (t->kind) {
	case FT_INT: buf_printf(&b, "%c%u", t->hex ? 'x' : t->is_signed ? 's' : 'u', t->bits); break;
	case FT_FLOAT:
	case FT_CHARS: buf_printf(&b, "%s%u", kinds[t->kind], t->bits); break;
	case FT_BITFIELD: buf_printf(&b, "b%u@%u/%u", t->bit_width, t->bit_off, t->bits); break;
	case FT_NAMED: buf_puts(&b, t->name); break;
	default: buf_puts(&b, kinds[t->kind]); break;
	}
	if (t->array)
		buf_printf(&b, "[%u]", t->array);
	snprintf(out, size, "%s", buf_str(&b));
	buf_free(&b);
}

static void test_valid(void **state)
{
	static const struct {
		const char *text, *want, *name;
	} t[] = {
		{ "%ax:u64)", "ax u64", NULL },
		{ "%ax)", "ax x64", NULL },
		{ "%rax:s32)", "ax s32", NULL },
		{ "%eax:x32)", "ax x32", NULL },
		{ "%al:u8)", "ax u8", NULL },
		{ "%sil:u8)", "si u8", NULL },
		{ "%r15:u64)", "r15 u64", NULL },
		{ "%r8d:u32)", "r8 u32", NULL },
		{ "%r10w:u16)", "r10 u16", NULL },
		{ "%sp:u64)", "sp u64", NULL },
		{ "%ip:x64)", "ip x64", NULL },
		{ "+8(%ax):s64)", "ax +8 s64", NULL },
		{ "-8(%sp):u16)", "sp -8 u16", NULL },
		{ "8(%ax):u8)", "ax +8 u8", NULL },
		{ "+0x10(%bx):x8)", "bx +16 x8", NULL },
		{ "+u8(%ax):u8)", "ax +8 u8", NULL },
		{ " + 8(%ax):u8)", NULL, NULL },
		{ "+16(+8(%ax)):u64)", "ax +8 +16 u64", NULL },
		{ "+1(+2(+3(+4(%ax)))):u8)", "ax +4 +3 +2 +1 u8", NULL },
		{ "(*+0(%ax)):c64)", "ax +0 +0 c64", NULL },
		{ "*+8(%ax):string)", "ax +8 +0 string", NULL },
		{ "(+8(%ax)):s64)", "ax +8 s64", NULL },
		{ "(%ax):u64)", "ax u64", NULL },
		{ "@0x1234:u32)", "0x1234 u32", NULL },
		{ "@main.counter:u64)", "main.counter+0 u64", NULL },
		{ "@main.table+16:u64)", "main.table+16 u64", NULL },
		{ "@main.(*T).x-8:u8)", "main.(*T).x-8 u8", NULL },
		{ "+4(@main.p):u8)", "main.p+0 +4 u8", NULL },
		{ "$stack:x64)", "stack x64", NULL },
		{ "$stack3:u64)", "stack3 u64", NULL },
		{ "$arg1:s64)", "arg1 s64", NULL },
		{ "$arg1)", "arg1 x64", NULL },
		{ "$retval:s32)", "retval s32", NULL },
		{ "+8($arg2):s64)", "arg2 +8 s64", NULL },
		{ "\\42:u8)", "imm 42 u8", NULL },
		{ "\\-1:s64)", "imm -1 s64", NULL },
		{ "+0(%ax):f32)", "ax +0 f32", NULL },
		{ "+0(%ax):f64)", "ax +0 f64", NULL },
		{ "+0(%ax):c8)", "ax +0 c8", NULL },
		{ "+0(%ax):c512)", "ax +0 c512", NULL },
		{ "+0(%ax):ustring)", "ax +0 string", NULL },
		{ "+0(%ax):gostring)", "ax +0 gostring", NULL },
		{ "+0(%ax):slice)", "ax +0 slice", NULL },
		{ "+0(%ax):error)", "ax +0 error", NULL },
		{ "+0(%ax):iface)", "ax +0 iface", NULL },
		{ "+0(%ax):eface)", "ax +0 eface", NULL },
		{ "+0(%ax):bool)", "ax +0 bool", NULL },
		{ "%ax:duration)", "ax duration", NULL },
		{ "+0(%ax):u8[4])", "ax +0 u8[4]", NULL },
		{ "+0(%ax):b4@2/16)", "ax +0 b4@2/16", NULL },
		{ "+0(%ax):main.Student)", "ax +0 main.Student", NULL },
		{ "+0(%ax):net/http.Request)", "ax +0 net/http.Request", NULL },
		{ "+0(%ax):main.Pair[int,string])", "ax +0 main.Pair[int,string]", NULL },
		{ "+0(%ax):main.T[3])", "ax +0 main.T[3]", NULL },
		{ "%ax:u64, %bx:u64)", "ax u64", NULL },
		{ "  %ax : u64 )", "ax u64", NULL },
		{ "n=%ax:u64)", "ax u64", "n" },
		{ "s.name = (*+0(%ax)):c64)", "ax +0 +0 c64", "s.name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena *a = arena_new();
		struct fetcharg *f;
		const char *name, *msg = NULL;
		char got[128] = "";
		size_t at, len = strlen(t[i].text);
		long n = fetcharg_match(a, t[i].text, len, &f, &name, &msg, &at);

		if (!t[i].want) {
			assert_int_equal(n, 0);
			arena_free(a);
			continue;
		}
		if (n <= 0)
			fail_msg("%s: %ld %s", t[i].text, n, msg ? msg : "");
		assert_true(t[i].text[n] == ')' || t[i].text[n] == ',');
		text_of(f, got, sizeof(got));
		assert_string_equal(got, t[i].want);
		assert_string_equal(name ? name : "-", t[i].name ? t[i].name : "-");
		arena_free(a);
	}
}

static void test_expressions(void **state)
{
	static const char *const t[] = {
		"1 + 2)",
		"args.x)",
		"-5)",
		"- 5)",
		"$x)",
		"$arg1 + 1)",
		"$argument)",
		"$stacks)",
		"@a)",
		"@a[1])",
		"@a == 1)",
		"*$p)",
		"(1, 2))",
		"f(1))",
		"n = 1)",
		"+1)",
		"\"s\")",
		"@)",
		"@a ? 1 : 2)",
		"n == 1)",
		"(uint8)$x)",
		"!x)",
		"",
		")",
		"@a) ? x : y",
		"@a) } i:s:1",
		"$1)",
		"@[fetch(%ax:u8), 1])",
		"((@a[fetch(+0(%ax):u8)], 2), 1)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena *a = arena_new();
		struct fetcharg *f;
		const char *name, *msg = NULL;
		size_t at;
		long n = fetcharg_match(a, t[i], strlen(t[i]), &f, &name, &msg, &at);

		if (n)
			fail_msg("%s: %ld %s", t[i], n, msg ? msg : "");
		assert_null(name);
		arena_free(a);
	}
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		const char *msg;
	} t[] = {
		{ "%axx:u64)", 1, "unknown register %axx; did you mean %ax?" },
		{ "%zzz:u64)", 1, "unknown register %zzz: registers are" },
		{ "%:u64)", 1, "unknown register" },
		{ "+8(%ax:u64)", 6, "')' was expected" },
		{ "+8(%ax", 6, "')' was expected" },
		{ "(%ax:u64)", 4, "')' was expected" },
		{ "%ax:u65)", 4, "integers have 8, 16, 32 or 64 bits" },
		{ "%ax:c7)", 4, "in steps of 8 bits" },
		{ "%ax:f16)", 4, "floats are f32 and f64" },
		{ "%ax:strin)", 4, "did you mean 'string'?" },
		{ "%ax:nosuch)", 4, "unknown type 'nosuch'" },
		{ "%ax:)", 4, "a type was expected" },
		{ "%ax:", 4, "a type was expected" },
		{ "+0(%ax):u8[0])", 13, "1 to 64 elements" },
		{ "+0(%ax):u8[65])", 14, "1 to 64 elements" },
		{ "+0(%ax):u8[x])", 11, "a number was expected" },
		{ "+0(%ax):b9@0/8)", 14, "width + offset fit" },
		{ "+0(%ax):b1/8)", 10, "a bit field is" },
		{ "$stack9999:u64)", 10, "$stack4096" },
		{ "$arg0:u64)", 5, "$arg1 to $arg64" },
		{ "@99999999999999999999999:u8)", 20, "does not fit 64 bits" },
		{ "+9223372036854775808(%ax):u8)", 20, "too large" },
		{ "+1(+2(+3(+4(+5(+6(+7(+8(+9(%ax))))))))):u8)", 39, "more than 8 levels" },
		{ "%ax:u8 x)", 7, "',' or ')' was expected" },
		{ "%ax", 3, "',' or ')' was expected" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct arena *a = arena_new();
		struct fetcharg *f;
		const char *name, *msg = "";
		size_t at = 0;
		long n = fetcharg_match(a, t[i].text, strlen(t[i].text), &f, &name, &msg, &at);

		if (n != -1 || !strstr(msg, t[i].msg) || at != t[i].at)
			fail_msg("%s: %ld at %zu: %s", t[i].text, n, at, msg);
		arena_free(a);
	}
}

/* A parenthesis inside a parenthesis, ten thousand times. */
static void test_deep(void **state)
{
	struct arena *a = arena_new();
	struct buf b = BUF_INIT;
	struct fetcharg *f;
	const char *name, *msg = "";
	size_t at;

	(void)state;
	buf_pad(&b, '(', 20);
	buf_puts(&b, "%ax");
	buf_pad(&b, ')', 20);
	assert_int_equal(fetcharg_match(a, buf_str(&b), b.len, &f, &name, &msg, &at), -1);
	assert_non_null(strstr(msg, "nested too deeply"));
	buf_reset(&b);
	buf_pad(&b, '(', 10000);
	assert_true(fetcharg_match(a, buf_str(&b), b.len, &f, &name, &msg, &at) <= 0);
	buf_free(&b);
	arena_free(a);
}

static void test_registers(void **state)
{
	(void)state;
	for (int i = 0; i < FR_MAX; i++) {
		assert_int_equal(fa_reg_by_name(fa_reg_names[i], strlen(fa_reg_names[i])), i);
		assert_string_equal(fa_reg_name((enum fa_reg)i), fa_reg_names[i]);
	}
	assert_null(fa_reg_names[FR_MAX]);
	assert_int_equal(fa_reg_by_name("", 0), -1);
	assert_int_equal(fa_reg_by_name("r16", 3), -1);
	assert_int_equal(fa_reg_by_name("rflagsflags", 11), -1);
	assert_int_equal(fa_reg_by_name("esp", 3), FR_SP);
}

/* In scripts: names, several arguments, expressions among them. */
static void test_in_scripts(void **state)
{
	(void)state;
	script_is("u:f { fetch(+8(%ax):s64); }", "clause(uprobe f, block(expression(fetch(+8(%ax):s64))))");
	script_is("u:f { fetch(a.b = (*+0(%ax)):c64, n = args.n, $x + 1, %bx); }",
		  "clause(uprobe f, block(expression(fetch(a.b = (*+0(%ax)):c64, n =, field n(name args), "
		  "binary +(variable $x, int 1), %bx))))");
	script_is("u:f { fetch(a.b = 1); }", "clause(uprobe f, block(expression(fetch(a.b =, int 1))))");
	script_is("u:f { $x = fetch(%ax:u64) + fetch(%bx:u64); }",
		  "clause(uprobe f, block(assign =(variable $x, binary +(fetch(%ax:u64), fetch(%bx:u64)))))");
	script_is("u:f { @[fetch(@m)] = 1; } i:s:1 { }", NULL);
	script_is("u:f { fetch; $fetch = args.fetch; }", NULL);
	script_is("u:f { fetch /* of */ ( // the first\n %ax:u64 /* no */ , %bx:u64 ); }", NULL);
	script_fails("u:f { fetch(%axx:u64); fetch(+8(%ax:s64); graph(); } u:g { fetch(%ax:nosuch); }", 3,
		     "t:1:14-17: ERROR: unknown register %axx; did you mean %ax?");
	script_fails("u:f { fetch(1 +); }", 1, "expected an expression");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid), cmocka_unit_test(test_expressions), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_deep),  cmocka_unit_test(test_registers),	  cmocka_unit_test(test_in_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
