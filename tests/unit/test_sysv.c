/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Places of C's arguments and results, against the examples and rules of the psABI. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/target/internal.h"

#define BASE(k, s)                                                                                                     \
	{                                                                                                              \
		.kind = (k), .name = #k, .size = (s), .align = (s), .c = true                                          \
	}
#define STRUCT(f, s, a)                                                                                                \
	{                                                                                                              \
		.kind = GO_STRUCT, .name = "struct", .size = (s), .align = (a), .fields = (f),                         \
		.nfields = sizeof(f) / sizeof(*(f)), .c = true                                                         \
	}

static const struct go_type i8 = BASE(GO_INT, 1), i32 = BASE(GO_INT, 4), i64 = BASE(GO_INT, 8), f32 = BASE(GO_FLOAT, 4),
			    f64 = BASE(GO_FLOAT, 8), ptr = BASE(GO_PTR, 8),
			    ld = { .kind = GO_UNKNOWN, .size = 16, .align = 16, .c_class = C_X87 },
			    i128 = { .kind = GO_UNKNOWN, .size = 16, .align = 16, .c_class = C_INT128 },
			    vec = { .kind = GO_ARRAY,
				    .size = 16,
				    .align = 16,
				    .c_class = C_VECTOR,
				    .elem = &f32,
				    .count = 4 },
			    unknown = { .kind = GO_UNKNOWN, .size = 8, .align = 8 };
static const struct go_field two_i[] = { { "x", &i32, 0, false }, { "y", &i32, 4, false } };
static const struct go_type point = STRUCT(two_i, 8, 4);
static const struct go_field two_l[] = { { "x", &i64, 0, false }, { "y", &i64, 8, false } };
static const struct go_type pair = STRUCT(two_l, 16, 8);
static const struct go_field mix_f[] = { { "d", &f64, 0, false }, { "n", &i64, 8, false } };
static const struct go_type mix = STRUCT(mix_f, 16, 8);
static const struct go_field fi_f[] = { { "f", &f32, 0, false }, { "i", &i32, 4, false } };
static const struct go_type fi = STRUCT(fi_f, 8, 4); /* one eightbyte of both: integer */
static const struct go_field three_f[] = { { "a", &f32, 0, false }, { "b", &f32, 4, false }, { "c", &f32, 8, false } };
static const struct go_type three = STRUCT(three_f, 12, 4);
static const struct go_field odd_f[] = { { "c", &i8, 0, false }, { "n", &i64, 1, false } };
static const struct go_type odd = STRUCT(odd_f, 9, 1); /* packed */
static const struct go_field ld_f[] = { { "l", &ld, 0, false } };
static const struct go_type ld_struct = STRUCT(ld_f, 16, 16);
static const struct go_type big = { .kind = GO_ARRAY, .size = 40, .align = 8, .elem = &i64, .count = 5 };
static const struct go_field big_f[] = { { "v", &big, 0, false } };
static const struct go_type large = STRUCT(big_f, 40, 8);
static const struct go_type by_ref = { .kind = GO_STRUCT, .size = 8, .align = 8, .c_class = C_BY_REF };
static const struct go_type empty = { .kind = GO_STRUCT, .size = 0, .align = 1 };

/* "DI SI+X0 [8]": registers, bytes behind the return address, (REG) what a register points to. */
static void describe(struct buf *b, const struct goabi_val *v, size_t n)
{
	static const char *const regs[] = { "AX", "BX", "CX", "DI", "SI", "R8", "R9", "R10", "R11", "DX" };

	for (size_t i = 0; i < n; i++) {
		buf_puts(b, i ? " " : "");
		buf_puts(b, v[i].npieces ? "" : "-");
		for (uint32_t k = 0; k < v[i].npieces; k++) {
			const struct go_piece *p = &v[i].pieces[k];

			buf_puts(b, k ? "+" : "");
			switch (p->place) {
			case GO_IN_REG: buf_puts(b, regs[p->reg]); break;
			case GO_IN_XMM: buf_printf(b, "X%u", p->reg); break;
			case GO_AT_REG: buf_printf(b, "(%s)", regs[p->reg]); break;
			default: buf_printf(b, "[%d]", p->stack);
			}
		}
	}
}

#define MAX 16

static void places(const struct go_type *ret, const char *want, const struct go_type *const *args)
{
	struct arena *a = arena_new();
	struct goabi_val v[MAX] = { 0 };
	struct buf b = BUF_INIT;
	size_t n = 0;

	for (; args[n]; n++)
		v[n].type = args[n];
	if (ret) {
		v[n].type = ret;
		v[n++].result = true;
	}
	assert_int_equal(sysv_assign(a, v, n), 0);
	describe(&b, v, n);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
	arena_free(a);
}

#define ARGS(...)                                                                                                      \
	(const struct go_type *const[])                                                                                \
	{                                                                                                              \
		__VA_ARGS__, NULL                                                                                      \
	}

static void test_numbers(void **state)
{
	(void)state;
	places(&i32, "DI SI AX", ARGS(&i32, &ptr));
	places(&f64, "DI X0 SI X1 X0", ARGS(&i32, &f64, &i8, &f32));
	places(NULL, "DI SI DX CX R8 R9 [8] [16]", ARGS(&i64, &i64, &i64, &i64, &i64, &i64, &i8, &i64));
	places(NULL, "X0 X1 X2 X3 X4 X5 X6 X7 [8] DI",
	       ARGS(&f64, &f64, &f64, &f64, &f64, &f64, &f64, &f64, &f64, &i32));
	places(&i128, "DI+SI DX AX+DX", ARGS(&i128, &i32));
	places(&ld, "[8] DI X0", ARGS(&ld, &i32)); /* a result that cannot be read */
	places(&vec, "X0 X1 X0", ARGS(&vec, &f32));
}

static void test_structs(void **state)
{
	(void)state;
	places(&point, "DI AX", ARGS(&point));
	places(&pair, "DI+SI AX+DX", ARGS(&pair));
	places(&mix, "X0+DI SI X0+AX", ARGS(&mix, &i64));
	places(&fi, "DI AX", ARGS(&fi));
	places(&three, "X0+X1 X0+X1", ARGS(&three));
	places(&empty, "- DI -", ARGS(&empty, &i32));
	/* all or nothing: the last register stays free for what is small enough */
	places(NULL, "DI SI DX CX R8 [8] R9", ARGS(&i64, &i64, &i64, &i64, &i64, &pair, &i64));
	places(NULL, "DI [8] SI [48]", ARGS(&i32, &large, &i32, &odd));
	places(&large, "SI (AX)", ARGS(&i32));
	places(&odd, "SI (AX)", ARGS(&i32));
	places(&ld_struct, "DI X0", ARGS(&i32));
	places(&by_ref, "(SI) DX (AX)", ARGS(&by_ref, &i32));
}

/* Damaged types: a part that ends beyond 32 bits lies in memory like all that is too large. */
static void test_damaged(void **state)
{
	static const struct go_field far_v[] = { { "v", &vec, 0xfffffff0U, false } },
				     far_i[] = { { "i", &i32, 0xfffffffcU, false } };
	static const struct go_type vast = BASE(GO_INT, 0xfffffff0U),
				    wide = { .kind = GO_ARRAY, .size = 16, .align = 1, .elem = &vast, .count = 2 };
	static const struct go_type sv = STRUCT(far_v, 16, 16), si = STRUCT(far_i, 8, 4);

	(void)state;
	places(NULL, "[8] [24] [40]", ARGS(&sv, &wide, &si));
}

static void test_not_known(void **state)
{
	struct arena *a = arena_new();
	struct goabi_val v = { .type = &unknown };

	(void)state;
	assert_int_equal(sysv_assign(a, &v, 1), -EBADMSG);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_structs),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
