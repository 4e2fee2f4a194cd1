/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Go values: their text from hand-made blobs, and plans of a real program run
 * here on this process's own memory, in the place of the BPF half.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/goprint.h"
#include "runtime/govalue.h"

/* --- types ------------------------------------------------------------------------------------- */

#define TYPE(var, k, n, s, ...)                                                                                        \
	static const struct go_type var = { .kind = (k), .name = (n), .size = (s), .align = 8, __VA_ARGS__ }

TYPE(t_bool, GO_BOOL, "bool", 1, );
TYPE(t_i8, GO_INT, "int8", 1, );
TYPE(t_i16, GO_INT, "int16", 2, );
TYPE(t_i32, GO_INT, "int32", 4, );
TYPE(t_int, GO_INT, "int", 8, );
TYPE(t_u8, GO_UINT, "uint8", 1, );
TYPE(t_u64, GO_UINT, "uint64", 8, );
TYPE(t_uintptr, GO_UINT, "uintptr", 8, );
TYPE(t_f32, GO_FLOAT, "float32", 4, );
TYPE(t_f64, GO_FLOAT, "float64", 8, );
TYPE(t_c128, GO_COMPLEX, "complex128", 16, );
TYPE(t_dur, GO_INT, "time.Duration", 8, );
TYPE(t_string, GO_STRING, "string", 16, );
TYPE(t_bytes, GO_SLICE, "[]uint8", 24, .elem = &t_u8);
TYPE(t_ints, GO_SLICE, "[]int", 24, .elem = &t_int);
TYPE(t_array, GO_ARRAY, "[3]int", 24, .elem = &t_int, .count = 3);
TYPE(t_pint, GO_PTR, "*int", 8, .elem = &t_int);
TYPE(t_map, GO_MAP, "map[string]int", 8, );
TYPE(t_chan, GO_CHAN, "chan int", 8, );
TYPE(t_func, GO_FUNC, "func()", 8, );
TYPE(t_error, GO_INTERFACE, "error", 16, );
TYPE(t_eface, GO_EFACE, "interface {}", 16, );
TYPE(t_time, GO_STRUCT, "time.Time", 24, );
static const struct go_field pair_fields[] = { { "a", &t_int, 0, false }, { "ok", &t_bool, 8, false } };
TYPE(t_pair, GO_STRUCT, "example.com/x/main.Pair", 16, .fields = pair_fields, .nfields = 2);

/* --- one value by hand ---------------------------------------------------------------------------- */

static struct gft_capture cap;
static struct go_values v;
static struct go_node node, kids[8];

/* A value of type t at offset 64 of an empty blob. */
static void fresh(const struct go_type *t)
{
	memset(&cap, 0, sizeof(cap));
	memset(&v, 0, sizeof(v));
	memset(kids, 0, sizeof(kids));
	node = (struct go_node){ .type = t, .off = 64, .op = -1, .type_op = -1, .root_op = -1 };
	for (int i = 0; i < 8; i++)
		kids[i].op = kids[i].type_op = kids[i].root_op = -1;
	v.n = 1;
	v.nodes = &node;
}

static void put(uint32_t off, const void *data, size_t n)
{
	memcpy(cap.blob + off, data, n);
}

static void word(uint32_t off, uint64_t w)
{
	put(off, &w, 8);
}

static void is(const char *want)
{
	struct buf b = BUF_INIT;

	go_value_print(&b, &v, 0, &cap);
	if (strcmp(buf_str(&b), want) != 0)
		fail_msg("%s: expected %s, got %s", node.type->name, want, buf_str(&b));
	buf_free(&b);
}

static void number(const struct go_type *t, uint64_t w, const char *want)
{
	fresh(t);
	word(64, w);
	is(want);
}

static void test_numbers(void **state)
{
	float f = 1.5f;
	double d[2] = { -0.25, 3 };

	(void)state;
	number(&t_bool, 1, "true");
	number(&t_bool, 0xff00, "false"); /* the rest of the register is not the value's */
	number(&t_i8, 0x1ff, "-1");
	number(&t_i8, 0x7f, "127");
	number(&t_i16, 0xffff8000, "-32768");
	number(&t_i32, 0xffffffff80000000, "-2147483648");
	number(&t_int, 0x8000000000000000, "-9223372036854775808");
	number(&t_u8, 0xabcdef, "239");
	number(&t_u64, UINT64_MAX, "18446744073709551615");
	number(&t_uintptr, 0xc000, "0xc000");
	number(&t_dur, 1500000, "1.5ms");
	number(&t_dur, (uint64_t)-1500000, "-1.5ms");
	fresh(&t_f32);
	put(64, &f, 4);
	is("1.5");
	fresh(&t_f64);
	put(64, d, 8);
	is("-0.25");
	node.xmm = true;
	is("(xmm)");
	fresh(&t_c128);
	put(64, d, 16);
	is("(-0.25 3i)");
}

static void text_of(const char *s, uint64_t len, uint16_t have, const char *want)
{
	fresh(&t_string);
	word(64, 0xc000);
	word(72, len);
	node.op = 1;
	node.aux = 128;
	node.room = have;
	cap.ran = 1 << 1;
	put(128, s, strlen(s));
	is(want);
}

static void test_strings(void **state)
{
	(void)state;
	text_of("hello", 5, 64, "\"hello\"");
	text_of("", 0, 64, "\"\"");
	text_of("a \"q\"\n\x01\xc3\xa4", 9, 64, "\"a \\\"q\\\"\\n\\x01\xc3\xa4\"");
	text_of("hello, wo", 12, 9, "\"hello, wo\xe2\x80\xa6\"(len 12)");
	cap.fault = 1 << 1;
	is("(fault)(len 12)");
	/* no room was left for its text */
	fresh(&t_string);
	word(72, 7);
	is("\"\xe2\x80\xa6\"(len 7)");
	word(72, 0);
	is("\"\"");
	fresh(&t_bytes);
	is("nil");
	word(64, 0xc000);
	word(72, 2);
	word(80, 4);
	node.op = 0;
	node.aux = 128;
	node.room = 64;
	cap.ran = 1;
	put(128, "ab", 2);
	is("\"ab\"");
}

static void test_slices(void **state)
{
	(void)state;
	fresh(&t_ints);
	is("nil");
	word(64, 0xc000);
	word(72, 2);
	word(80, 8);
	node.op = 3;
	node.kids = kids;
	node.nkids = 2;
	for (int i = 0; i < 2; i++) {
		kids[i].type = &t_int;
		kids[i].off = (uint16_t)(128 + 8 * i);
		word(kids[i].off, (uint64_t)(i + 5));
	}
	cap.ran = 1 << 3;
	is("[5 6]");
	word(72, 1);
	is("[5]");
	word(72, 5);
	is("[5 6 \xe2\x80\xa6](len 5, cap 8)");
	word(72, 0);
	is("[]");
	cap.ran = 0;
	word(72, 5);
	is("[\xe2\x80\xa6](len 5, cap 8)");
	cap.fault = 1 << 3;
	is("(fault)(len 5)");
	fresh(&t_array);
	node.kids = kids;
	node.nkids = 2;
	kids[0].type = kids[1].type = &t_int;
	kids[0].off = 64;
	kids[1].off = 72;
	word(72, 9);
	is("[0 9 \xe2\x80\xa6]");
}

static void test_pointers(void **state)
{
	(void)state;
	fresh(&t_pint);
	is("nil");
	word(64, 0xc0001234);
	is("0xc0001234");
	node.op = 2;
	node.kids = kids;
	node.nkids = 1;
	kids[0].type = &t_int;
	kids[0].off = 128;
	word(128, 7);
	cap.ran = 1 << 2;
	is("&7");
	cap.ran = 0;
	cap.fault = 1 << 2;
	is("(fault)");
	fresh(&t_map);
	is("nil");
	word(64, 0xc000);
	node.op = 0;
	node.aux = 128;
	word(128, 3);
	cap.ran = 1;
	is("map[\xe2\x80\xa6](len 3)");
	cap.ran = 0;
	is("map[\xe2\x80\xa6]");
	cap.fault = 1;
	is("(fault)");
	fresh(&t_chan);
	is("nil");
	word(64, 0xc000);
	node.aux = 128;
	node.op = 0;
	cap.ran = 1;
	word(128, 1);
	word(136, 4);
	is("chan(len 1, cap 4)");
	cap.ran = 0;
	node.op = -1; /* there was no step left for it */
	is("chan(\xe2\x80\xa6)");
	fresh(&t_func);
	is("nil");
	word(64, 0xc000);
	is("0xc000");
	fresh(&t_error);
	is("nil");
	fresh(&t_eface);
	is("nil");
	fresh(&t_error);
	word(64, 0xc000);
	node.type_op = 4;
	cap.fault = 1 << 4;
	is("(fault)");
	node.type_op = -2;
	is("\xe2\x80\xa6");
}

static void test_structs(void **state)
{
	(void)state;
	fresh(&t_pair);
	node.kids = kids;
	node.nkids = 2;
	kids[0].type = &t_int;
	kids[0].off = 64;
	kids[1].type = &t_bool;
	kids[1].off = 72;
	word(64, 5);
	word(72, 1);
	is("main.Pair{a:5, ok:true}");
	node.nkids = 1;
	is("main.Pair{a:5\xe2\x80\xa6}");
	/* time.Time, with and without the monotonic clock */
	fresh(&t_time);
	is("0001-01-01T00:00:00Z");
	word(72, 62135596800ULL + 86400);
	word(64, 5);
	is("1970-01-02T00:00:00.000000005Z");
	word(64, 1ULL << 63 | (62135596800ULL - 59453308800ULL + 3600) << 30 | 7);
	is("1970-01-01T01:00:00.000000007Z");
	/* no year that there is: shown as the struct that it is */
	word(64, 5);
	word(72, 1ULL << 63);
	is("time.Time{}");
}

static void test_not_captured(void **state)
{
	(void)state;
	fresh(&t_int);
	node.room = UINT16_MAX;
	is("\xe2\x80\xa6");
	/* its own bytes could not be read */
	fresh(&t_int);
	v.plan.n = 1;
	v.plan.op[0] = (struct gft_cap_op){ .kind = GFT_CAP_STACK, .dst = 64, .len = 8 };
	cap.fault = 1;
	is("(fault)");
	/* no such value */
	v.n = 0;
	is("");
	/* whatever the bytes are, the printer stays inside of the blob */
	srand(1);
	for (int i = 0; i < 20000; i++) {
		static const struct go_type *const all[] = { &t_bool,	&t_i32,	  &t_u64,  &t_f32,   &t_c128,
							     &t_string, &t_bytes, &t_ints, &t_array, &t_pint,
							     &t_map,	&t_chan,  &t_pair, &t_time };
		struct buf b = BUF_INIT;

		fresh(all[rand() % 14]);
		for (uint32_t k = 0; k < sizeof(cap.blob); k++)
			cap.blob[k] = (uint8_t)rand();
		node.op = (int8_t)(rand() % 24 - 1);
		node.aux = (uint16_t)(rand() % GFT_CAP_BYTES);
		node.room = (uint16_t)(rand() % GFT_CAP_LEN);
		cap.ran = (uint32_t)rand();
		cap.fault = (uint32_t)(rand() & rand());
		if (node.type->elem) {
			node.kids = kids;
			node.nkids = node.type->kind == GO_PTR ? 1 : 2;
			for (int k = 0; k < 2; k++) {
				kids[k].type = node.type->elem;
				kids[k].off = (uint16_t)(rand() % (GFT_CAP_BYTES - 8));
			}
		}
		go_value_print(&b, &v, 0, &cap);
		assert_true(b.len < 4096);
		buf_free(&b);
	}
}

/* --- plans of a real program ------------------------------------------------------------------------ */

/* As the kernel reads memory: false for an address that is none. */
static bool read_here(void *to, uint64_t at, uint64_t n)
{
	struct iovec a = { to, n }, b = { (void *)(uintptr_t)at, n };

	return process_vm_readv(getpid(), &a, 1, &b, 1, 0) == (ssize_t)n;
}

/* What the BPF half does with a plan (bpf-templates/plan.h), on this process's memory. */
static void obey(const struct gft_cap_plan *p, const uint64_t *regs, const void *sp)
{
	memset(&cap, 0, sizeof(cap));
	assert_true(p->n <= GFT_CAP_OPS);
	assert_true(p->size <= GFT_CAP_BYTES);
	for (uint32_t i = 0, skip = 0; i < p->n; i++) {
		const struct gft_cap_op *op = &p->op[i];
		uint64_t from = 0, n = op->len;

		/* every step stays inside */
		assert_true(op->kind == GFT_CAP_IF || op->dst + (op->len ? op->len : 8u) <= GFT_CAP_BYTES);
		assert_true((op->kind == GFT_CAP_IF || op->len <= GFT_CAP_LEN) && op->from + 8u <= GFT_CAP_BYTES &&
			    op->count + 8u <= GFT_CAP_BYTES);
		memcpy(&from, cap.blob + op->from, 8);
		if (skip) {
			skip--;
			continue;
		}
		switch (op->kind) {
		case GFT_CAP_IF: skip = (int32_t)(from - 0x401000) == op->off ? op->scale : op->len; continue;
		case GFT_CAP_REG: put(op->dst, &regs[op->reg], 8); break;
		case GFT_CAP_IP: word(op->dst, 0x401000); break;
		case GFT_CAP_STACK: put(op->dst, (const char *)sp + op->off, op->len); break;
		case GFT_CAP_ELEM:
			memcpy(&n, cap.blob + op->count, 8);
			if (n <= op->scale)
				from = 0;
			n = op->len;
			goto copy;
		case GFT_CAP_MEMN:
			memcpy(&n, cap.blob + op->count, 8);
			n = n * op->scale > op->len ? op->len : n * op->scale;
			/* fallthrough */
		case GFT_CAP_MEM:
		copy:
			if (!from || !n) {
				put(op->dst, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
				continue;
			}
			if (!read_here(cap.blob + op->dst, from + (uint64_t)(int64_t)op->off, n)) {
				cap.fault |= 1ULL << i;
				continue;
			}
			break;
		default: fail_msg("step of kind %u", op->kind);
		}
		cap.ran |= 1ULL << i;
	}
}

static struct tgt *calls;

static int open_calls(void **state)
{
	struct tgt_error err;

	(void)state;
	if (access("examples/bin/calls", R_OK) || tgt_open(&calls, "examples/bin/calls", NULL, &err) < 0)
		calls = NULL;
	return 0;
}

static int close_calls(void **state)
{
	(void)state;
	tgt_close(calls);
	return 0;
}

/* The arguments (or results) of a function of the example, as text "a=1, b=2". */
static void planned(const char *func, bool results, const uint64_t *regs, const char *want)
{
	struct go_wanted wanted = { .which = GO_ALL, .results = results };
	struct tgt_error err;
	struct go_values *g;
	struct buf b = BUF_INIT;
	uint32_t *f, stack[64] = { 0 };

	assert_int_equal(tgt_match(calls, func, &f), 1);
	g = go_values_new(calls, f[0], &wanted, 0x401000, &err);
	free(f);
	if (!g)
		fail_msg("%s: %s", func, err.msg);
	obey(&g->plan, regs, stack);
	for (uint32_t i = 0; i < g->n; i++) {
		buf_printf(&b, "%s%s=", i ? ", " : "", g->names[i]);
		go_value_print(&b, g, i, &cap);
	}
	if (strcmp(buf_str(&b), want) != 0)
		fail_msg("%s: expected %s, got %s", func, want, buf_str(&b));
	buf_free(&b);
	go_values_free(g);
}

static void test_plans(void **state)
{
	static const char name[] = "Grace Hopper",
			  format[] = "%d of a text that is far too long for its place, which has room "
				     "for sixty-four bytes";
	const struct {
		uint64_t p, n, age;
	} student = { (uintptr_t)name, sizeof(name) - 1, 37 };
	const struct {
		int64_t a, b;
	} pair = { -5, 6 };
	uint64_t regs[9] = { 0 };

	(void)state;
	if (!calls)
		skip();
	regs[0] = 3, regs[1] = (uint64_t)-4;
	planned("main.add3", false, regs, "a=3, b=-4");
	regs[0] = 2, regs[1] = 1500000000;
	planned("main.doSomething", false, regs, "round=2, sleep=1.5s");
	planned("main.doSomething", true, regs, "~r0=2");
	regs[0] = (uintptr_t)&pair;
	planned("main.add", false, regs, "p=&main.Pair{a:-5, b:6}");
	regs[0] = 0;
	planned("main.add", false, regs, "p=nil");
	regs[0] = (uintptr_t)&student;
	planned("main.(*Student).String", false, regs, "s=&main.Student{name:\"Grace Hopper\", age:37}");
	regs[0] = (uintptr_t)name, regs[1] = 5;
	planned("main.(*Student).String", true, regs, "~r0=\"Grace\"");
	/* w io.Writer, format string, a ...any */
	memset(regs, 0, sizeof(regs));
	regs[2] = (uintptr_t)format, regs[3] = sizeof(format) - 1;
	planned("fmt.Fprintf", false, regs,
		"w=nil, format=\"%d of a text that is far too long for its place, which has room \xe2\x80\xa6\"(len "
		"84), a=nil");
	regs[3] = 2;
	planned("fmt.Fprintf", false, regs, "w=nil, format=\"%d\", a=nil");
	regs[0] = 12, regs[1] = 0;
	planned("fmt.Fprintf", true, regs, "n=12, err=nil");
}

/* Every function's plan stays inside of its blob, and steps follow only what came before. */
/* Parts that a damaged type puts beyond 32 bits are not captured, and print so. */
static void test_damaged(void **state)
{
	static const struct go_type vast = { .kind = GO_INT, .name = "vast", .size = UINT32_MAX - 7 };
	static const struct go_field f[] = { { "near", &t_int, 0, false },
					     { "far", &t_int, UINT32_MAX - 7, false },
					     { "vast", &vast, 8, false } };
	static const struct go_type t = { .kind = GO_STRUCT, .name = "t", .size = 16, .fields = f, .nfields = 3 };
	struct planner p = { .v = &v, .end = 80 };

	(void)state;
	fresh(&t);
	plan_value(&p, &node, &t, 64, 0);
	assert_int_equal(node.nkids, 3);
	assert_int_not_equal(node.kids[0].room, UINT16_MAX);
	assert_int_equal(node.kids[1].room, UINT16_MAX);
	assert_int_equal(node.kids[2].room, UINT16_MAX);
	free(node.kids);
}

static void test_all_plans(void **state)
{
	uint32_t *f;
	size_t n, made = 0;

	(void)state;
	if (!calls)
		skip();
	n = tgt_match(calls, "*", &f);
	assert_true(n > 500);
	for (size_t i = 0; i < n; i++)
		for (int results = 0; results < 2; results++) {
			struct go_wanted wanted = { .which = GO_ALL, .results = results };
			struct tgt_error err;
			struct go_values *g = go_values_new(calls, f[i], &wanted, 0x401000, &err);
			bool written[GFT_CAP_BYTES + GFT_CAP_LEN] = { false };

			if (!g)
				continue;
			made++;
			assert_true(g->plan.n <= GFT_CAP_OPS && g->plan.size <= GFT_CAP_BYTES);
			for (uint32_t k = 0; k < g->plan.n; k++) {
				const struct gft_cap_op *op = &g->plan.op[k];

				if (op->kind == GFT_CAP_IF) { /* jumps ahead, not beyond the end */
					assert_true(k + 1 + op->len <= g->plan.n && k + 1 + op->scale <= g->plan.n);
					continue;
				}
				assert_true(op->dst + (op->len ? op->len : 8u) <= GFT_CAP_BYTES);
				assert_true(op->len <= GFT_CAP_LEN);
				/* a pointer is followed only once some step has copied it */
				if (op->kind == GFT_CAP_MEM || op->kind == GFT_CAP_MEMN || op->kind == GFT_CAP_ELEM)
					for (unsigned b = 0; b < 8; b++)
						if (!written[op->from + b])
							fail_msg("%s: step %u follows bytes that nobody wrote, at %u",
								 tgt_func(calls, f[i])->name, k, op->from);
				memset(written + op->dst, 1, op->len ? op->len : 8);
			}
			go_values_free(g);
		}
	assert_true(made > 500);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	 cmocka_unit_test(test_strings),   cmocka_unit_test(test_slices),
		cmocka_unit_test(test_pointers), cmocka_unit_test(test_structs),   cmocka_unit_test(test_not_captured),
		cmocka_unit_test(test_plans),	 cmocka_unit_test(test_all_plans), cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, open_calls, close_calls);
}
