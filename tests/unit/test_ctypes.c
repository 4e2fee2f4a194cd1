/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * C types from where they come: the script's text by libclang, its tables also
 * when they are damaged, and the kernel's BTF, right and hostile.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "codegen/cdefs.h"
#include "codegen/lib.h"
#include "gft/arena.h"
#include "gft/btf.h"
#include "gft/buf.h"
#include "gft/diag.h"
#include "gft/type.h"
#include "parser/parse.h"

/* --- by the script's text ------------------------------------------------------------------ */

struct read {
	struct arena *a;
	struct diag *d;
	const struct cdefs *c;
	char *errors;
};

static struct read read_c(const char *text)
{
	struct cdefs_opts o = { .no_cache = true };
	struct read r = { .a = arena_new() };
	struct ast *ast;
	size_t len;
	FILE *f = open_memstream(&r.errors, &len);

	r.d = diag_new(r.a);
	ast = parse_script(r.a, r.d, diag_add_source(r.d, "t", text, strlen(text)), &(struct parse_opts){ 0 });
	r.c = cdefs_read(ast, &o);
	diag_print(r.d, f, false, true);
	fclose(f);
	return r;
}

static void done(struct read *r)
{
	free(r->errors);
	arena_free(r->a);
}

static const struct ty_field *field(const struct gft_type *t, const char *name)
{
	for (uint32_t i = 0; i < t->nfields; i++)
		if (!strcmp(t->fields[i].name, name))
			return &t->fields[i];
	fail_msg("%s has no field %s", t->name ? t->name : "struct", name);
	return NULL;
}

static void test_layout(void **state)
{
	struct read r = read_c("enum e { A = 3, B = -1 };\n"
			       "typedef unsigned short port_t;\n"
			       "struct in { char c; long l; }\n" /* no ';' */
			       "#define N (2 * 2)\n"
			       "#define TEXT \"te\" \"xt\"\n"
			       "#define F(x) x\n"
			       "struct s { int a; struct in in[N]; unsigned b1 : 3; int b2 : 7; union { int x; struct "
			       "{ short y; port_t z; }; }; enum e e; char name[9]; struct s *next; struct far *far; "
			       "_Bool ok; __int128 w; char tail[]; };\n"
			       "struct p { char c; long l : 37; int i; } __attribute__((packed));\n"
			       "begin { s in e port_t N TEXT F A B p struct s; }");
	const struct gft_type *t = cdefs_type(r.c, 's', "s"), *p = cdefs_type(r.c, 's', "p");

	(void)state;
	assert_non_null(r.c);
	assert_non_null(t);
	assert_int_equal(t->size, 144);
	assert_int_equal(field(t, "in")->off, 8);
	assert_int_equal(field(t, "in")->type->count, 4);
	assert_int_equal(field(t, "in")->type->elem->size, 16);
	assert_int_equal(field(t, "b1")->bit_size, 3);
	assert_int_equal(field(t, "b2")->bit_off, 3);
	assert_int_equal(field(t, "b2")->off, 72);
	/* what has no name is part of what holds it */
	assert_int_equal(field(t, "x")->off, 76);
	assert_int_equal(field(t, "z")->off, 78);
	assert_int_equal(field(t, "z")->type->size, 2);
	assert_int_equal(field(t, "e")->type->display, TD_ENUM);
	assert_int_equal(field(t, "name")->type->kind, TY_STRING);
	assert_int_equal(field(t, "name")->type->size, 9);
	assert_ptr_equal(field(t, "next")->type->elem, t);
	assert_int_equal(field(t, "far")->type->elem->lazy, TY_LAZY_NAME);
	assert_int_equal(field(t, "ok")->type->kind, TY_BOOL);
	assert_int_equal(field(t, "w")->type->kind, TY_ARRAY);
	assert_int_equal(field(t, "tail")->type->count, 0);
	/* packed: the bits lie in a word that is inside of the struct */
	assert_int_equal(p->size, 10);
	assert_true(field(p, "l")->off + field(p, "l")->type->size <= p->size);
	assert_int_equal(field(p, "l")->off * 8 + field(p, "l")->bit_off, 8);
	assert_int_equal(field(p, "i")->off, 6);
	assert_int_equal(cdefs_const(r.c, "N")->val, 4);
	assert_string_equal(cdefs_const(r.c, "TEXT")->str, "text");
	assert_int_equal(cdefs_const(r.c, "B")->val, -1);
	assert_null(cdefs_const(r.c, "F"));
	assert_int_equal(cdefs_type(r.c, 't', "port_t")->size, 2);
	assert_null(cdefs_type(r.c, 'u', "s"));
	done(&r);
}

/* What a struct defines inside of itself has a name of its own. */
static void test_inside(void **state)
{
	struct read r =
		read_c("struct o { struct i { int x; } i; struct { union u { char c[3]; } u; } v; enum e { A = 7 } e; "
		       "struct d { short s; }; };\n"
		       "begin { o i u e A d }");
	const struct gft_type *t = cdefs_type(r.c, 's', "o");

	(void)state;
	assert_non_null(t);
	assert_ptr_equal(field(t, "i")->type, cdefs_type(r.c, 's', "i"));
	assert_int_equal(cdefs_type(r.c, 'u', "u")->size, 3);
	assert_int_equal(cdefs_type(r.c, 's', "d")->size, 2);
	assert_int_equal(t->size, 12); /* of d there is no field */
	assert_int_equal(cdefs_const(r.c, "A")->val, 7);
	done(&r);
}

static void test_functions(void **state)
{
	struct read r = read_c("%{ static int f(const char *s, __u64 n) { return 0; } void g(void) { nonsense; } %}\n"
			       "begin { f g }");
	const struct cdefs_func *f = cdefs_func(r.c, "f");

	(void)state;
	assert_non_null(f);
	assert_int_equal(f->nparams, 2);
	assert_int_equal(f->params[0]->kind, TY_PTR);
	assert_int_equal(f->params[1]->size, 8);
	assert_true(f->ret->is_signed && f->ret->size == 4);
	/* bodies are the compiler's business */
	assert_int_equal(cdefs_func(r.c, "g")->ret->kind, TY_VOID);
	done(&r);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *told;
	} t[] = {
		{ "begin { }\nstruct a { struct a x; };", "t:2:21-22: ERROR: C: field has incomplete type 'struct a'" },
		{ "struct a { int x : 40; };", "t:1:16-17: ERROR: C: width of bit-field" },
		{ "#include \"none.h\"", "t:1:10-11: ERROR: C: 'none.h' file not found" },
		{ "#error \x01stop", "t:1:2-7: ERROR: C: " },
		{ "struct a { int x; };\nstruct a { int y; };", "t:2:8-9: ERROR: C: redefinition of 'a'" },
		{ "#include \"/nosuch/\\n\"", "file not found" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct read r = read_c(t[i].text);

		if (r.c || !strstr(r.errors, t[i].told))
			fail_msg("%s\nwanted: %s\ngot: %s", t[i].text, t[i].told, r.errors);
		done(&r);
	}
	/* nothing to read, nothing to load */
	struct read r = read_c("#define A 1\n#define B (A)\n#define C \"x\"\nbegin { A }");

	assert_null(r.c);
	assert_int_equal(diag_errors(r.d), 0);
	done(&r);
}

/* --- tables ----------------------------------------------------------------------------------- */

static unsigned walk(const struct gft_type *t, unsigned depth)
{
	unsigned n = 1;

	if (depth > 12)
		return n;
	if (t->elem)
		n += walk(t->elem, depth + 1);
	for (uint32_t i = 0; i < t->nfields && n < 5000; i++) {
		assert_non_null(t->fields[i].name);
		assert_true((uint64_t)t->fields[i].off + t->fields[i].type->size <= t->size);
		assert_true(t->fields[i].bit_off + t->fields[i].bit_size <= 64);
		n += strlen(t->fields[i].name) + walk(t->fields[i].type, depth + 1);
	}
	for (uint32_t i = 0; i < t->nenum_vals; i++)
		n += strlen(t->enum_vals[i].name);
	return n;
}

static void test_damaged_tables(void **state)
{
	static const char text[] =
		"enum e { A, B }; struct s { int x; char n[8]; struct s *p; enum e e; int b : 3; struct { "
		"long q[3]; } in; }; typedef struct s t; int f(struct s *p, int n);";
	static const char *const words[] = { "A", "e", "f", "s", "t" };
	struct ctypes_job job = { .text = text, .len = sizeof(text) - 1, .words = words, .nwords = 5 };
	gft_ctypes_parse_fn parse;
	gft_ctypes_release_fn release;
	struct ctypes_result r;
	char path[4096];
	struct stat st;
	unsigned seed = 1;
	char *copy;
	void *lib;

	(void)state;
	assert_true(lib_find("libgft-ctypes.so", "GFT_CTYPES_LIB", path, sizeof(path), &st));
	lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(lib);
	*(void **)&parse = dlsym(lib, GFT_CTYPES_PARSE);
	*(void **)&release = dlsym(lib, GFT_CTYPES_RELEASE);
	assert_int_equal(parse(&job, &r), 0);
	copy = malloc(r.len);
	for (int i = 0; i < 20000; i++) {
		struct arena *a = arena_new();
		struct cdefs *c;
		size_t len = i % 7 ? r.len : (size_t)rand_r(&seed) % (r.len + 1);

		memcpy(copy, r.tables, r.len);
		for (int k = 0; k < 1 + i % 3; k++)
			copy[(size_t)rand_r(&seed) % r.len] = (char)(i % 2 ? rand_r(&seed) : 0xff);
		c = cdefs_open(a, copy, len);
		for (int k = 0; c && k < 4; k++) {
			const struct gft_type *t = cdefs_type(c, "seut"[k], k == 1 ? "e" : k == 3 ? "t" : "s");
			const struct cdefs_func *f = cdefs_func(c, "f");

			if (t)
				walk(t, 0);
			for (uint32_t n = 0; f && n < f->nparams; n++)
				walk(f->params[n], 0);
		}
		arena_free(a);
	}
	free(copy);
	release(&r);
}

static void test_bitfield(void **state)
{
	struct arena *a = arena_new();
	struct ty_field f = { .name = "b", .type = &ty_u32 };

	(void)state;
	assert_true(ty_bitfield(a, &f, 35, 7, 8));
	assert_int_equal(f.off, 4);
	assert_int_equal(f.bit_off, 3);
	/* past the end, and with no word that holds them */
	f.type = &ty_u32;
	assert_false(ty_bitfield(a, &f, 60, 7, 8));
	assert_false(ty_bitfield(a, &f, 0, 0, 8));
	assert_false(ty_bitfield(a, &f, UINT64_MAX - 3, 8, 8));
	f.type = &ty_u64;
	assert_false(ty_bitfield(a, &f, 1, 64, 9));
	/* across two units */
	f.type = &ty_u32;
	assert_true(ty_bitfield(a, &f, 28, 8, 5));
	assert_true(f.off + f.type->size <= 5);
	assert_int_equal(f.off * 8 + f.bit_off, 28);
	arena_free(a);
}

/* --- BTF ---------------------------------------------------------------------------------------- */

static void use(struct btf *btf)
{
	char path[] = "/tmp/gft-btf-XXXXXX";
	int fd = mkstemp(path);
	uint32_t size;
	const void *data = btf__raw_data(btf, &size);

	assert_true(fd >= 0 && data);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
	assert_int_equal(kernel_btf_use(path), 0);
	unlink(path);
	btf__free(btf);
}

static void test_btf(void **state)
{
	struct btf *b = btf__new_empty();
	struct arena *a = arena_new();
	const struct gft_type *t;
	const char **names;
	struct buf text = BUF_INIT;
	char err[256];
	size_t n;
	int i32, c, task, arr, proto, user;

	(void)state;
	i32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	c = btf__add_int(b, "char", 1, 0);
	arr = btf__add_array(b, i32, c, 16);
	task = btf__add_struct(b, "task", 48);
	btf__add_field(b, "pid", i32, 0, 0);
	btf__add_field(b, "comm", arr, 32, 0);
	btf__add_field(b, "flags", i32, 160, 5);
	btf__add_field(b, "next", task + 1, 192, 0);
	btf__add_field(b, "u", task + 2, 256, 0);
	btf__add_field(b, "past", i32, 8 * 46, 0); /* ends outside: not there */
	btf__add_ptr(b, task);
	user = btf__add_ptr(b, btf__add_type_tag(b, "user", c) > 0 ? task + 3 : 0);
	assert_int_equal(user, task + 3);
	proto = btf__add_func_proto(b, i32);
	btf__add_func_param(b, "t", task + 1);
	btf__add_func_param(b, "n", i32);
	btf__add_func(b, "work", BTF_FUNC_GLOBAL, proto);
	proto = btf__add_func_proto(b, i32);
	btf__add_func_param(b, "__data", task + 1);
	btf__add_func_param(b, "who", task + 1);
	btf__add_func(b, "__traceiter_ev", BTF_FUNC_GLOBAL, proto);
	btf__add_enum(b, NULL, 4);
	btf__add_enum_value(b, "UP", 1);
	btf__add_enum(b, "way", 4);
	btf__add_enum_value(b, "LEFT", 5);
	btf__add_enum_value(b, "RIGHT", 7);
	btf__add_typedef(b, "num_t", i32);
	btf__add_typedef(b, "task_t", task + 1);
	btf__add_typedef(b, "fn_t", proto);
	use(b);

	t = kernel_btf_type(a, 's', "task", err, sizeof(err));
	assert_non_null(t);
	assert_int_equal(t->size, 48);
	assert_true(t->lazy != 0);
	assert_true(kernel_btf_fill(a, (struct gft_type *)(uintptr_t)t));
	assert_string_equal(t->name, "struct task");
	assert_int_equal(field(t, "comm")->type->kind, TY_STRING);
	assert_int_equal(field(t, "flags")->bit_size, 5);
	assert_int_equal(field(t, "next")->type->kind, TY_PTR);
	for (uint32_t i = 0; i < t->nfields; i++)
		assert_string_not_equal(t->fields[i].name, "past");
	t = kernel_btf_args(a, "fexit", "work", err, sizeof(err));
	assert_int_equal(t->nfields, 3);
	assert_int_equal(field(t, "n")->off, 8);
	assert_int_equal(field(t, "retval")->off, 16);
	t = kernel_btf_args(a, "rawtracepoint", "ev", err, sizeof(err));
	assert_int_equal(t->nfields, 1);
	assert_int_equal(field(t, "who")->off, 0);
	assert_null(kernel_btf_args(a, "fentry", "nosuch", err, sizeof(err)));
	assert_non_null(strstr(err, "no such function"));
	assert_null(kernel_btf_type(a, 'u', "task", err, sizeof(err)));
	assert_int_equal(kernel_btf_names('s', "nosuch", &names), 0);
	free(names);
	n = kernel_btf_names('s', "ta[rs]k", &names);
	assert_int_equal(n, 1);
	kernel_btf_define('s', names, n, &text);
	assert_non_null(strstr(buf_str(&text), "struct task {\n\tint pid;\n\tchar comm[16];\n\tint flags: 5;\n"));
	free(names);
	buf_free(&text);
	/* what stands for a type in C: its size and alignment, and its name */
	assert_true(kernel_btf_stub('s', "task", &text));
	assert_true(kernel_btf_stub('e', "way", &text));
	assert_true(kernel_btf_stub('t', "num_t", &text));
	assert_true(kernel_btf_stub('t', "task_t", &text));
	assert_false(kernel_btf_stub('s', "way", &text));
	assert_false(kernel_btf_stub('s', "nosuch", &text));
	assert_false(kernel_btf_stub('t', "fn_t", &text));
	assert_string_equal(buf_str(&text),
			    /* a field of it that does not lie as others do: it is packed */
			    "struct task { unsigned char gft_kernel_s_task[48] __attribute__((aligned(1))); };\n"
			    "enum way { gft_kernel_e_way };\n"
			    "typedef signed int num_t;\n"
			    "typedef struct { unsigned char gft_kernel_t_task_t[8] __attribute__((aligned(8))); } "
			    "task_t;\n");
	buf_free(&text);
	assert_non_null(kernel_btf_whose());
	t = kernel_btf_constant(a, "RIGHT");
	assert_string_equal(t->enum_vals[1].name, "RIGHT");
	assert_int_equal(t->enum_vals[1].val, 7);
	assert_int_equal(kernel_btf_constant(a, "UP")->nenum_vals, 1);
	assert_null(kernel_btf_constant(a, "way"));
	arena_free(a);
}

static void test_hostile_btf(void **state)
{
	struct btf *b = btf__new_empty();
	struct arena *a = arena_new();
	const struct gft_type *t;
	const char **names;
	struct buf text = BUF_INIT;
	char err[256];
	size_t n;
	int i32, self, huge, deep;

	(void)state;
	i32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	/* holds itself, twice */
	self = btf__add_struct(b, "self", 8);
	btf__add_field(b, "a", self, 0, 0);
	btf__add_field(b, "b", self, 0, 0);
	/* and by way of a member without a name */
	btf__add_struct(b, "anon", 8);
	btf__add_field(b, "", self + 1, 0, 0);
	btf__add_field(b, "x", i32, 0, 0);
	huge = btf__add_array(b, i32, i32, 0xffffffff);
	btf__add_struct(b, "huge", 0xfffffff0);
	btf__add_field(b, "v", huge, 0, 0);
	deep = btf__add_ptr(b, i32);
	for (int i = 0; i < 5000; i++)
		deep = btf__add_ptr(b, deep);
	btf__add_struct(b, "deep", 8);
	btf__add_field(b, "p", deep, 0, 0);
	/* typedefs of each other */
	deep = btf__add_typedef(b, "loop", deep + 3);
	btf__add_typedef(b, "other", deep);
	use(b);

	t = kernel_btf_type(a, 's', "self", err, sizeof(err));
	assert_non_null(t);
	kernel_btf_fill(a, (struct gft_type *)(uintptr_t)t);
	t = kernel_btf_type(a, 's', "anon", err, sizeof(err));
	kernel_btf_fill(a, (struct gft_type *)(uintptr_t)t);
	assert_non_null(field(t, "x"));
	t = kernel_btf_type(a, 's', "huge", err, sizeof(err));
	assert_false(kernel_btf_fill(a, (struct gft_type *)(uintptr_t)t));
	t = kernel_btf_type(a, 's', "deep", err, sizeof(err));
	assert_true(kernel_btf_fill(a, (struct gft_type *)(uintptr_t)t));
	assert_int_equal(field(t, "p")->type->kind, TY_PTR);
	t = kernel_btf_type(a, 't', "loop", err, sizeof(err));
	assert_true(!t || t->kind == TY_VOID);
	n = kernel_btf_names('s', "*", &names); /* what makes no sense is left out, or as libbpf has it */
	assert_int_equal(n, 4);
	kernel_btf_define('s', names, n, &text);
	free(names);
	buf_free(&text);
	arena_free(a);
}

static int back(void **state)
{
	(void)state;
	return kernel_btf_use(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_damaged_tables),
		cmocka_unit_test(test_bitfield),
		cmocka_unit_test_teardown(test_btf, back),
		cmocka_unit_test_teardown(test_hostile_btf, back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
