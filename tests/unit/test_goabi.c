/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Places of arguments and results: cases of the rules with types made here,
 * then whole programs against what the Go compilers say themselves, in DWARF
 * (places of arguments at the entry) and with -S (bytes of stack).
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/target/internal.h"

/* --- types made by hand ------------------------------------------------------------------------ */

#define BASE(k, s)                                                                                                     \
	{                                                                                                              \
		.kind = (k), .name = #k, .size = (s), .align = (s)                                                     \
	}

static const struct go_type i8 = BASE(GO_INT, 1), u8 = BASE(GO_UINT, 1), i32 = BASE(GO_INT, 4), i64 = BASE(GO_INT, 8),
			    f32 = BASE(GO_FLOAT, 4), f64 = BASE(GO_FLOAT, 8), ptr = BASE(GO_PTR, 8),
			    str = { .kind = GO_STRING, .name = "string", .size = 16, .align = 8 },
			    slice = { .kind = GO_SLICE, .name = "[]int", .size = 24, .align = 8, .elem = &i64 },
			    eface = { .kind = GO_EFACE, .name = "any", .size = 16, .align = 8 },
			    c64 = { .kind = GO_COMPLEX, .name = "complex64", .size = 8, .align = 4 },
			    c128 = { .kind = GO_COMPLEX, .name = "complex128", .size = 16, .align = 8 },
			    unknown = { .kind = GO_UNKNOWN, .name = "?", .size = 8, .align = 8 };

#define ARRAY(n, e, s, a)                                                                                              \
	{                                                                                                              \
		.kind = GO_ARRAY, .name = "array", .size = (s), .align = (a), .elem = (e), .count = (n)                \
	}
#define STRUCT(f, s, a)                                                                                                \
	{                                                                                                              \
		.kind = GO_STRUCT, .name = "struct", .size = (s), .align = (a), .fields = (f),                         \
		.nfields = sizeof(f) / sizeof(*(f))                                                                    \
	}

static const struct go_type empty = { .kind = GO_STRUCT, .name = "struct {}", .align = 1 };
static const struct go_type a0 = ARRAY(0, &i64, 0, 8), a1 = ARRAY(1, &str, 16, 8), a2 = ARRAY(2, &i64, 16, 8),
			    a11 = ARRAY(1, &a1, 16, 8), a12 = ARRAY(1, &a2, 16, 8), a2e = ARRAY(2, &empty, 0, 1),
			    big = ARRAY(100000, &u8, 100000, 1);
static const struct go_field doc_f[] = { { "x", &i64, 0, false }, { "y", &a2, 8, false } };
static const struct go_type doc = STRUCT(doc_f, 24, 8);
static const struct go_field mix_f[] = {
	{ "a", &i8, 0, false }, { "f", &f32, 4, false }, { "s", &str, 8, false }, { "_", &i32, 24, false }
};
static const struct go_type mix = STRUCT(mix_f, 32, 8);
static const struct go_field free_f[] = { { "z", &a0, 0, false }, { "e", &empty, 0, false }, { "n", &i64, 0, false } };
static const struct go_type with_free = STRUCT(free_f, 8, 8);
static const struct go_field hard_f[] = { { "z", &a2e, 0, false }, { "n", &i64, 0, false } };
static const struct go_type with_hard = STRUCT(hard_f, 8, 8);
static const struct go_field ten_f[] = {
	{ "a", &slice, 0, false }, { "b", &slice, 24, false }, { "c", &slice, 48, false }, { "d", &i8, 72, false }
};
static const struct go_type ten = STRUCT(ten_f, 80, 8);

static void describe(struct buf *b, const struct goabi_val *v, size_t n)
{
	static const char *const regs[] = { "AX", "BX", "CX", "DI", "SI", "R8", "R9", "R10", "R11" };

	for (size_t i = 0; i < n; i++) {
		buf_puts(b, i ? " " : "");
		buf_puts(b, v[i].npieces ? "" : "-");
		for (uint32_t k = 0; k < v[i].npieces; k++) {
			const struct go_piece *p = &v[i].pieces[k];

			buf_puts(b, k ? "+" : "");
			if (p->place == GO_ON_STACK)
				buf_printf(b, "s%d", p->stack);
			else if (p->place == GO_IN_XMM)
				buf_printf(b, "X%u", p->reg);
			else
				buf_puts(b, regs[p->reg]);
			if (p->size != v[i].type->size && p->size != 8)
				buf_printf(b, ":%u", p->size);
		}
	}
}

/* nargs of types are arguments, the rest results */
static void check(const char *want, bool abi0, size_t nargs, size_t n, const struct go_type *const *types)
{
	struct arena *a = arena_new();
	struct goabi_val v[64];
	struct buf b = BUF_INIT;

	memset(v, 0, sizeof(v));
	assert_true(n <= 64);
	for (size_t i = 0; i < n; i++) {
		v[i].type = types[i];
		v[i].result = i >= nargs;
	}
	assert_int_equal(goabi_assign(a, v, n, abi0), 0);
	describe(&b, v, n);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
	arena_free(a);
}

#define CHECK(want, abi0, nargs, ...)                                                                                  \
	do {                                                                                                           \
		const struct go_type *const types_[] = { __VA_ARGS__ };                                                \
		check((want), (abi0), (nargs), sizeof(types_) / sizeof(*types_), types_);                              \
	} while (0)

static void test_rules(void **state)
{
	(void)state;
	/* the example of Go's description, with amd64's registers */
	CHECK("AX s8 BX s24 AX+BX", false, 3, &u8, &a2, &u8, &doc, &str);
	CHECK("s8 s16 s32 s40 s64", true, 3, &u8, &a2, &u8, &doc, &str);
	/* the tenth word; a value that does not fit leaves its registers to the next */
	CHECK("AX BX CX DI SI R8 R9 R10 R11 s8", false, 10, &i64, &i64, &i64, &i64, &i64, &i64, &i64, &i64, &i64, &i64);
	CHECK("AX+BX+CX DI+SI+R8 R9+R10 s8 R11 s24", false, 6, &slice, &slice, &str, &eface, &i8, &i8);
	CHECK("s8 AX", false, 2, &ten, &i64);
	/* floats have registers of their own */
	CHECK("X0 AX X1 BX X2+X3 X4:4+X5:4 X6", false, 7, &f32, &i64, &f64, &ptr, &c128, &c64, &f64);
	CHECK("X0 X1 X2 X3 X4 X5 X6 X7 X8 X9 X10 X11 X12 X13 s8 X14 s24", false, 17, &f64, &f64, &f64, &f64, &f64, &f64,
	      &f64, &f64, &f64, &f64, &f64, &f64, &f64, &f64, &c128, &f64, &f64);
	/* arrays, and values without bytes */
	CHECK("- AX+BX s8 CX+DI s24 -", false, 6, &a0, &a1, &a2, &a11, &a12, &empty);
	CHECK("AX s8", false, 2, &with_free, &with_hard);
	/* structs by parts */
	CHECK("AX:1+X0:4+BX+CX+DI:4 SI", false, 2, &mix, &i8);
	/* results begin anew; those that do not fit follow the arguments' stack, aligned */
	CHECK("AX s8 s24 AX s32", false, 3, &i64, &a2, &(const struct go_type)ARRAY(3, &u8, 3, 1), &i64, &a2);
	/* a value without bytes aligns the stack all the same */
	CHECK("s8 - s16", true, 3, &i8, &a0, &i8);
	CHECK("s8 s9 s16", true, 2, &i8, &i8, &i8);
	check("", false, 0, 0, NULL);
}

static void test_pieces(void **state)
{
	struct arena *a = arena_new();
	struct goabi_val v[] = { { .type = &mix }, { .type = &big }, { .type = &i64, .min_int = 7 }, { .type = &i64 } };

	(void)state;
	assert_int_equal(goabi_assign(a, v, 4, false), 0);
	assert_int_equal(v[0].npieces, 5);
	assert_int_equal(v[0].pieces[1].off, 4);
	assert_int_equal(v[0].pieces[3].off, 16);
	assert_int_equal(v[0].pieces[4].off, 24);
	/* a piece has 16 bits of size */
	assert_int_equal(v[1].npieces, 4);
	assert_int_equal(v[1].pieces[3].off, 98304);
	assert_int_equal(v[1].pieces[3].size, 100000 - 98304);
	assert_int_equal(v[1].pieces[3].stack, 8 + 98304);
	/* registers taken by what is not known */
	assert_int_equal(v[2].pieces[0].reg, 7);
	assert_int_equal(v[3].pieces[0].reg, 8);
	v[0].type = &unknown;
	assert_int_equal(goabi_assign(a, v, 4, false), -EBADMSG);
	arena_free(a);
}

/* Types that only damage can make: no end of parts. */
static void test_hostile(void **state)
{
	static struct go_field f[70][2];
	static struct go_type t[70];
	struct arena *a = arena_new();
	struct goabi_val v = { .type = &t[69] };

	(void)state;
	t[0] = empty;
	for (int i = 1; i < 70; i++) {
		f[i][0] = f[i][1] = (struct go_field){ "x", &t[i - 1], 0, false };
		t[i] = (struct go_type)STRUCT(f[i], 0, 1);
	}
	t[69].size = 8;
	assert_int_equal(goabi_assign(a, &v, 1, false), 0);
	assert_int_equal(v.pieces[0].place, GO_ON_STACK);
	/* a struct in itself */
	f[1][0].type = &t[1];
	t[1].size = 8;
	v.type = &t[1];
	assert_int_equal(goabi_assign(a, &v, 1, false), 0);
	t[1].size = UINT32_MAX;
	assert_int_equal(goabi_assign(a, &v, 1, false), -E2BIG);
	arena_free(a);
}

/* --- programs -------------------------------------------------------------------------------------- */

static const char program[] =
	"package main\n"
	"type A struct{ a, b, c, d, e, f, g, h, i, j int }\n"
	"type B struct { x [3]int8; y string }\n"
	"type C struct { f float32; g [1]complex128; s []string; z struct{} }\n"
	"type I interface{ M(A, B, C) (B, C, A) }\n"
	"//go:noinline\n"
	"func (c C) M(a A, b B, d C) (B, C, A) { c.f += d.f; return b, c, a }\n"
	"//go:noinline\n"
	"func f1(a int8, b B, c int16, d A, e bool) (int8, B, [2]int32, A) {\n"
	"	if e { a++ }; d.a += int(c); return a, b, [2]int32{1, 2}, d }\n"
	"//go:noinline\n"
	"func f2(s string, t []byte, i interface{}, e error, x, y int8) (error, [0]int, float32) {\n"
	"	if x > y { return nil, [0]int{}, 1 }; return e, [0]int{}, float32(len(s) + len(t)) }\n"
	"//go:noinline\n"
	"func f3(a, b, c, d, e, f, g int, h C, i C, k int8) (int8, C) { h.f += float32(a); return k, h }\n"
	"//go:noinline\n"
	"func f4() (a [2]string, b int8, c [3]int8, d string) { return }\n"
	"//go:noinline\n"
	"func f5(a [1]string, b [0]int, c struct{}, d int32, e [1][1]int8) *int { return nil }\n"
	"//go:noinline\n"
	"func f6(x ...[2]int) func(int) int { return func(i int) int { return i + len(x) } }\n"
	"func main() {\n"
	"	var i I = C{}; i.M(A{}, B{}, C{})\n"
	"	f1(1, B{}, 2, A{}, true); f2(\"\", nil, nil, nil, 1, 2); f3(1, 2, 3, 4, 5, 6, 7, C{}, C{}, 8)\n"
	"	f4(); f5([1]string{}, [0]int{}, struct{}{}, 1, [1][1]int8{}); println(f6()(1))\n"
	"}\n";

static char dir[256];
static char go_path[8][256];
static int go_minor[8];
static size_t ngo;

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[512];
	glob_t g;
	FILE *f;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/gft-goabi.XXXXXX", tmp && strlen(tmp) < 200 ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/main.go", dir);
	f = fopen(path, "w");
	if (!f || fwrite(program, sizeof(program) - 1, 1, f) != 1 || fclose(f))
		return -1;
	if (!glob("/usr/lib/go-*/bin/go", 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc && ngo < 8; i++) {
			if (sscanf(g.gl_pathv[i], "/usr/lib/go-1.%d/", &go_minor[ngo]) == 1 && go_minor[ngo] >= 18)
				snprintf(go_path[ngo++], sizeof(go_path[0]), "%s", g.gl_pathv[i]);
		}
		globfree(&g);
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void build(size_t i, const char *flags, const char *out)
{
	char cmd[2048];
	int n = snprintf(cmd, sizeof(cmd),
			 "cd %s && GO111MODULE=off GOTOOLCHAIN=local GOFLAGS= CGO_ENABLED=0 "
			 "GOCACHE=${GFT_GOCACHE:-%s/cache} %s build %s -o %s main.go >%s/log 2>&1",
			 dir, dir, go_path[i], flags, out, dir);

	assert_true(n < (int)sizeof(cmd));
	if (system(cmd))
		fail_msg("failed: %s", cmd);
}

static struct tgt *open_built(void)
{
	struct tgt_error err;
	char path[512];
	struct tgt *t;

	snprintf(path, sizeof(path), "%s/exe", dir);
	if (tgt_open(&t, path, NULL, &err))
		fail_msg("%s", err.msg);
	return t;
}

static void close_target(struct tgt *t)
{
	gotype_free(t);
	rtype_free(t);
	tgt_close(t);
}

/* "main.f1 STEXT size=0x... args=0x... locals=0x...": arguments, results and room to spill the registers */
static uint64_t stack_bytes(const struct go_param *p, uint32_t n)
{
	uint64_t stack = 0, spill = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct go_type *t = p[i].type;

		if (p[i].result && i && !p[i - 1].result)
			stack = (stack + 7) & ~7ULL;
		if (p[i].npieces && p[i].pieces[0].place != GO_ON_STACK) {
			if (!p[i].result)
				spill = (spill + t->align - 1) / t->align * t->align + t->size;
		} else if (p[i].npieces) {
			stack = (uint64_t)p[i].pieces[0].stack - 8 + t->size;
		} else {
			stack = (stack + t->align - 1) / t->align * t->align;
		}
	}
	return ((stack + 7) & ~7ULL) + ((spill + 7) & ~7ULL);
}

static void test_frame_sizes(void **state)
{
	char path[512], line[4096];

	(void)state;
	if (!ngo) {
		print_message("skipped: no Go compiler in /usr/lib/go-*/bin\n");
		skip();
	}
	for (size_t i = 0; i < ngo; i++) {
		unsigned seen = 0;
		struct tgt *t;
		FILE *f;

		build(i, "-gcflags=-S", "exe");
		t = open_built();
		snprintf(path, sizeof(path), "%s/log", dir);
		f = fopen(path, "r");
		assert_non_null(f);
		while (fgets(line, sizeof(line), f)) {
			char *end = strstr(line, " STEXT "), *args = strstr(line, " args=0x");
			const struct go_param *p;
			struct tgt_error err;
			uint32_t *ix, n;

			if (strncmp(line, "main.", 5) || !end || !args || strstr(line, "dupok"))
				continue;
			*end = 0;
			if (tgt_match(t, line, &ix) != 1)
				fail_msg("no function %s", line);
			if (tgt_params(t, ix[0], &p, &n, &err))
				fail_msg("%s", err.msg);
			free(ix);
			if (stack_bytes(p, n) != strtoull(args + 8, NULL, 16))
				fail_msg("%s, Go 1.%d: %#lx bytes, not %s", line, go_minor[i],
					 (unsigned long)stack_bytes(p, n), args);
			seen++;
		}
		fclose(f);
		close_target(t);
		assert_true(seen >= 8);
	}
}

/* DWARF's location at the entry, as "r0 r3" or "s8"; registers that stand there twice once */
static bool dwarf_place(Dwarf_Die *d, Dwarf_Addr pc, struct buf *b)
{
	Dwarf_Attribute at;
	int last = -1;
	Dwarf_Op *op;
	size_t n;

	buf_reset(b);
	if (!dwarf_attr(d, DW_AT_location, &at) || dwarf_getlocation_addr(&at, pc, &op, &n, 1) != 1 || !n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (op[i].atom == DW_OP_fbreg || op[i].atom == DW_OP_call_frame_cfa) {
			buf_printf(b, "s%d ", op[i].atom == DW_OP_fbreg ? (int)op[i].number + 8 : 8);
			return n == 1;
		}
		if (op[i].atom >= DW_OP_reg0 && op[i].atom <= DW_OP_reg31 && op[i].atom - DW_OP_reg0 != last) {
			last = op[i].atom - DW_OP_reg0;
			buf_printf(b, "r%d ", last);
		}
	}
	return true;
}

static void our_place(const struct go_param *p, struct buf *b)
{
	static const int number[] = { 0, 3, 2, 5, 4, 8, 9, 10, 11 };

	buf_reset(b);
	for (uint32_t i = 0; i < p->npieces; i++) {
		const struct go_piece *x = &p->pieces[i];

		if (x->place == GO_ON_STACK) {
			buf_printf(b, "s%d ", x->stack);
			return;
		}
		buf_printf(b, "r%d ", x->place == GO_IN_XMM ? 17 + x->reg : number[x->reg]);
	}
}

struct tally {
	unsigned functions, agree, differ, own;
};

static void compare(struct tgt *t, Dwarf_Die *fn, struct tally *c)
{
	struct buf theirs = BUF_INIT, ours = BUF_INIT;
	const struct go_param *p;
	const struct tgt_func *f;
	struct tgt_error err;
	uint32_t n, k = 0;
	Dwarf_Addr pc;
	Dwarf_Die d;
	long i;

	if (dwarf_lowpc(fn, &pc) || (i = tgt_func_at(t, pc)) < 0)
		return;
	f = tgt_func(t, (uint32_t)i);
	if (f->entry != pc || (f->flags & TGT_F_ASM) || dwarf_child(fn, &d))
		return;
	if (tgt_params(t, (uint32_t)i, &p, &n, &err))
		fail_msg("%s", err.msg);
	c->functions++;
	do {
		Dwarf_Attribute at;
		bool result = false;

		if (dwarf_tag(&d) != DW_TAG_formal_parameter)
			continue;
		if (dwarf_attr_integrate(&d, DW_AT_variable_parameter, &at))
			dwarf_formflag(&at, &result);
		if (result)
			continue;
		assert_true(k < n && !p[k].result);
		our_place(&p[k], &ours);
		if (p[k++].npieces && dwarf_place(&d, pc, &theirs)) {
			bool same = !strcmp(buf_str(&ours), buf_str(&theirs));

			c->agree += same;
			c->differ += !same;
			c->own += !same && has_prefix(f->name, "main.");
			if (!same)
				print_message("  %s %s: %s, DWARF says %s\n", f->name, p[k - 1].name, buf_str(&ours),
					      buf_str(&theirs));
		}
	} while (!dwarf_siblingof(&d, &d));
	buf_free(&ours);
	buf_free(&theirs);
}

static void test_against_dwarf(void **state)
{
	(void)state;
	if (!ngo) {
		print_message("skipped: no Go compiler in /usr/lib/go-*/bin\n");
		skip();
	}
	for (size_t i = 0; i < ngo; i++) {
		struct tally c = { 0 };
		Dwarf_CU *cu = NULL;
		Dwarf_Die die, d;
		struct tgt *t;
		uint8_t type;
		Dwarf *dw;

		build(i, "", "exe");
		t = open_built();
		dw = dwarf_begin(t->fd, DWARF_C_READ);
		assert_non_null(dw);
		while (!dwarf_get_units(dw, cu, &cu, NULL, &type, &die, NULL)) {
			if (dwarf_child(&die, &d))
				continue;
			do {
				if (dwarf_tag(&d) == DW_TAG_subprogram)
					compare(t, &d, &c);
			} while (!dwarf_siblingof(&d, &d));
		}
		print_message("  Go 1.%d: %u functions, %u arguments agree, %u differ\n", go_minor[i], c.functions,
			      c.agree, c.differ);
		dwarf_end(dw);
		close_target(t);
		/*
		 * DWARF is wrong about a few of the runtime, seen by disassembly:
		 * findScavengeCandidate tests its max in rdi.
		 */
		assert_int_equal(c.own, 0);
		assert_true(c.agree > 1000 && c.differ <= 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),	      cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_hostile),	      cmocka_unit_test(test_frame_sizes),
		cmocka_unit_test(test_against_dwarf),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
