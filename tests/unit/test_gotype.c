/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Parameters and types of real binaries, built here with every Go compiler
 * there is, against a table made by hand from Go's description of its ABI.
 */
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

static const char program[] =
	"package main\n"
	"import \"unsafe\"\n"
	"type Dur int64\n"
	"type Shape interface{ Area() int }\n"
	"type Sq struct{ a int }\n"
	"func (s *Sq) Area() int { return s.a }\n"
	"type Emb struct{ Shape; n int }\n"
	"type MyErr struct{ s string }\n"
	"func (m *MyErr) Error() string { return m.s }\n"
	"type Small struct { a int8; b uint16; s string }\n"
	"type Ten struct{ a, b, c, d, e, f, g, h, i, j int }\n"
	"type One struct { v [1]int32; z struct{}; f float64 }\n"
	"type Two struct { v [2]int8 }\n"
	"type Emp struct { x [0]int64 }\n"
	"type Node struct { next *Node; val int; kids []*Node; m map[string]*Node }\n"
	"type Deep struct { Node; *Small; _ int8; err error; x any; c complex64; f func(int) string }\n"
	"type List[T any] struct { items []T }\n"
	"//go:noinline\n"
	"func (l *List[T]) Push(x T) int { l.items = append(l.items, x); return len(l.items) }\n"
	"//go:noinline\n"
	"func (l List[T]) At(i int) T { return l.items[i] }\n"
	"//go:noinline\n"
	"func Gen[T any](x T, l []T) (T, int) { return x, len(l) }\n"
	"//go:noinline\n"
	"func ints(a int8, b uint16, c int32, d uint64, e bool, f uintptr, g rune, h byte, i int) int64 {\n"
	"	if e { return int64(a) }; return int64(b) + int64(c) + int64(d) + int64(f) + int64(g) + int64(h) + "
	"int64(i) }\n"
	"//go:noinline\n"
	"func over(a, b, c, d, e, f, g, h int, s string, z int) int { return a+b+c+d+e+f+g+h+z+len(s) }\n"
	"//go:noinline\n"
	"func stk(a Ten, b int8, c Two, d int) (Two, int, Ten) { a.a += int(b); return c, d, a }\n"
	"//go:noinline\n"
	"func arrays(a [0]int, b [1]string, c [2]int, i int) [1]int { return [1]int{c[i] + len(b[0])} }\n"
	"//go:noinline\n"
	"func ifaces(s Shape, e error, a any) (any, error) { return s, e }\n"
	"//go:noinline\n"
	"func floats(a float32, b float64, c int, d complex64, e complex128) (float64, complex128) {\n"
	"	return float64(a) + b + float64(c), complex128(d) + e }\n"
	"//go:noinline\n"
	"func variadic(a string, v ...int) (n int, err error) { return len(a) + len(v), nil }\n"
	"//go:noinline\n"
	"func (n Node) Val(k int) int { return n.val + k }\n"
	"//go:noinline\n"
	"func (n *Node) Ptr(k Dur) (err error) { n.val += int(k); return nil }\n"
	"//go:noinline\n"
	"func mixed(o One, s Small) (Small, One) { return s, o }\n"
	"//go:noinline\n"
	"func multi() (a int, b string, err error) { return 1, \"x\", nil }\n"
	"//go:noinline\n"
	"func blank(_ int, a string, _ Two, b int) (_ int, err error) { return len(a) + b, nil }\n"
	"//go:noinline\n"
	"func words(m map[string]int, c chan int, f func(int) int, p unsafe.Pointer, q *[4]int) uintptr {\n"
	"	c <- f(len(m) + q[1]); return uintptr(p) }\n"
	"//go:noinline\n"
	"func zero(a struct{}, b int, c Two, d Emp, e Two) int { return b + int(c.v[0]) + int(e.v[1]) "
	"}\n"
	"//go:noinline\n"
	"func escape(a Sq, b int) (s *Sq, n int) { s = &a; n = b; keep = &n; return }\n"
	"func inlined(a int, b string) (int, string) { return a + len(b), b }\n"
	"var keep *int\n"
	"var table = []func(int, string) (int, string){ inlined }\n"
	"var Sink any = &MyErr{\"x\"}\n"
	"var Deeps = []*Deep{ {} }\n"
	"func main() {\n"
	"	n := &Node{}; k := 4\n"
	"	f := func(i int) int { k += i; return k }\n"
	"	c := make(chan int, 9)\n"
	"	println(ints(1, 2, 3, 4, false, 5, 6, 7, 8), over(1, 2, 3, 4, 5, 6, 7, 8, \"s\", 9))\n"
	"	t, d, _ := stk(Ten{}, 1, Two{}, 3); println(t.v[0], d, arrays([0]int{}, [1]string{\"x\"}, [2]int{1, "
	"2}, k&1)[0])\n"
	"	a, e := ifaces(&Sq{2}, &MyErr{\"e\"}, 3); println(a != nil, e.Error(), Emb{&Sq{1}, 2}.Area())\n"
	"	var sh Shape = &Emb{&Sq{1}, 2}; println(sh.Area())\n"
	"	x, y := floats(1, 2, 3, 4, 5); println(x, y)\n"
	"	println(variadic(\"v\", 1, 2)); println(n.Val(1)); println(n.Ptr(2) == nil)\n"
	"	sm, on := mixed(One{}, Small{}); println(sm.a, on.f); println(multi()); println(blank(1, \"a\", Two{}, "
	"2))\n"
	"	println(words(nil, c, f, unsafe.Pointer(n), &[4]int{}), zero(struct{}{}, 1, Two{}, struct{ x [0]int64 "
	"}{}, Two{}))\n"
	"	l := &List[int]{}; println(l.Push(3), l.At(0)); println(Gen(\"x\", nil))\n"
	"	s, m := escape(Sq{1}, 2); println(s.a, m, *keep, Sink != nil, len(Deeps), f(1))\n"
	"	println(table[k&0](1, \"x\"))\n"
	"}\n";

/* name type places; "s8" is the stack, 8 bytes above the return address */
static const struct {
	const char *func, *want;
	const char *old;    /* before Go 1.22, when different */
	const char *oldest; /* before Go 1.20, when different */
} table[] = {
	{ "main.ints",
	  "a int8 AX, b uint16 BX, c int32 CX, d uint64 DI, e bool SI, f uintptr R8, g int32 R9, h uint8 R10, "
	  "i int R11 -> ~r0 int64 AX",
	  NULL, NULL },
	{ "main.over",
	  "a int AX, b int BX, c int CX, d int DI, e int SI, f int R8, g int R9, h int R10, s string s8, "
	  "z int R11 -> ~r0 int AX",
	  NULL, NULL },
	{ "main.stk",
	  "a main.Ten s8, b int8 AX, c main.Two s88, d int BX -> ~r0 main.Two s96, ~r1 int AX, "
	  "~r2 main.Ten s104",
	  NULL, NULL },
	{ "main.arrays", "a [0]int -, b [1]string AX+BX, c [2]int s8, i int CX -> ~r0 [1]int AX", NULL, NULL },
	{ "main.ifaces",
	  "s main.Shape AX+BX, e error CX+DI, a interface {} SI+R8 -> ~r0 interface {} AX+BX, "
	  "~r1 error CX+DI",
	  NULL, NULL },
	{ "main.floats",
	  "a float32 X0, b float64 X1, c int AX, d complex64 X2+X3, e complex128 X4+X5 -> "
	  "~r0 float64 X0, ~r1 complex128 X1+X2",
	  NULL, NULL },
	{ "main.variadic", "a string AX+BX, v []int CX+DI+SI -> n int AX, err error BX+CX", NULL, NULL },
	{ "main.Node.Val", "n main.Node AX+BX+CX+DI+SI+R8, k int R9 -> ~r0 int AX", NULL, NULL },
	{ "main.(*Node).Ptr", "n *main.Node AX, k main.Dur BX -> err error AX+BX", NULL, NULL },
	{ "main.mixed", "o main.One AX+X0, s main.Small BX+CX+DI+SI -> ~r0 main.Small AX+BX+CX+DI, ~r1 main.One SI+X0",
	  NULL, NULL },
	{ "main.multi", "-> a int AX, b string BX+CX, err error DI+SI", NULL, NULL },
	{ "main.blank", " int AX, a string BX+CX,  main.Two s8, b int DI -> ~r0 int AX, err error BX+CX",
	  "a string BX+CX, b int DI -> ~r0 int AX, err error BX+CX", NULL },
	{ "main.words",
	  "m map[string]int AX, c chan int BX, f func(int) int CX, p unsafe.Pointer DI, q *[4]int SI -> "
	  "~r0 uintptr AX",
	  NULL, NULL },
	{ "main.zero", "a struct {} -, b int AX, c main.Two s8, d main.Emp -, e main.Two s16 -> ~r0 int AX", NULL,
	  NULL },
	{ "main.escape", "a main.Sq AX, b int BX -> s *main.Sq AX, n int BX", NULL, NULL },
	{ "main.inlined", "a int AX, b string BX+CX -> ~r0 int AX, ~r1 string BX+CX", NULL, NULL },
	/* what it captured: not known before Go 1.23 */
	{ "main.main.func1", "i int AX, k int ctx8* -> ~r0 int AX", "i int AX -> ~r0 int AX", NULL },
	{ "main.(*Sq).Area", "s *main.Sq AX -> ~r0 int AX", NULL, NULL },
	{ "main.Gen[go.shape.string]",
	  "x go.shape.string BX+CX, l []go.shape.string DI+SI+R8 -> "
	  "~r0 go.shape.string AX+BX, ~r1 int CX",
	  NULL,
	  "x go.shape.string_0 BX+CX, l []go.shape.string_0 DI+SI+R8 -> ~r0 go.shape.string_0 AX+BX, ~r1 int CX" },
	{ "main.(*List[go.shape.int]).Push", "l *main.List[go.shape.int] AX, x go.shape.int CX -> ~r0 int AX", NULL,
	  "l *main.List[go.shape.int_0] BX, x go.shape.int_0 CX -> ~r0 int AX" },
	{ "main.List[go.shape.int].At", "l main.List[go.shape.int] AX+BX+CX, i int SI -> ~r0 go.shape.int AX", NULL,
	  "l main.List[go.shape.int_0] BX+CX+DI, i int SI -> ~r0 go.shape.int_0 AX" },
};

#define NTABLE (sizeof(table) / sizeof(*table))

struct compiler {
	char path[256];
	int minor;
	char exe[512], pie[512], stripped[512], plain[512];
};

static struct compiler compilers[8];
static size_t ncompilers;
static char dir[256];

static int run(const char *cmd)
{
	int rc = system(cmd);

	if (rc)
		print_message("failed: %s\n", cmd);
	return rc;
}

static int build(const struct compiler *c, const char *out, const char *mode, const char *ldflags)
{
	char cmd[2048];

	if (snprintf(cmd, sizeof(cmd),
		     "cd %s/src && GO111MODULE=off GOTOOLCHAIN=local GOFLAGS= CGO_ENABLED=0 "
		     "GOCACHE=${GFT_GOCACHE:-%s/cache} "
		     "%s build -buildmode=%s -ldflags='%s' -o %s . >%s/log 2>&1 || { cat %s/log; false; }",
		     dir, dir, c->path, mode, ldflags, out, dir, dir) >= (int)sizeof(cmd))
		return -1;
	return run(cmd);
}

static int cmp_minor(const void *a, const void *b)
{
	return ((const struct compiler *)a)->minor - ((const struct compiler *)b)->minor;
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[512];
	glob_t g;
	FILE *f;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/gft-gotype.XXXXXX", tmp && strlen(tmp) < 200 ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/src", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/src/main.go", dir);
	f = fopen(path, "w");
	if (!f || fwrite(program, sizeof(program) - 1, 1, f) != 1 || fclose(f))
		return -1;
	if (!glob("/usr/lib/go-*/bin/go", 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc && ncompilers < 8; i++) {
			struct compiler *c = &compilers[ncompilers];

			if (sscanf(g.gl_pathv[i], "/usr/lib/go-1.%d/", &c->minor) != 1 || c->minor < 18)
				continue;
			snprintf(c->path, sizeof(c->path), "%s", g.gl_pathv[i]);
			ncompilers++;
		}
		globfree(&g);
	}
	qsort(compilers, ncompilers, sizeof(*compilers), cmp_minor);
	for (size_t i = 0; i < ncompilers; i++) {
		struct compiler *c = &compilers[i];

		snprintf(c->exe, sizeof(c->exe), "%s/exe%d", dir, c->minor);
		snprintf(c->pie, sizeof(c->pie), "%s/pie%d", dir, c->minor);
		snprintf(c->stripped, sizeof(c->stripped), "%s/stripped%d", dir, c->minor);
		snprintf(c->plain, sizeof(c->plain), "%s/plain%d", dir, c->minor);
		if (build(c, c->exe, "exe", "") || build(c, c->stripped, "exe", "-s -w"))
			return -1;
		/* each of these builds the runtime again: the oldest and the newest will do */
		if ((i == 0 || i + 1 == ncompilers) &&
		    (build(c, c->pie, "pie", "") || build(c, c->plain, "exe", "-compressdwarf=false")))
			return -1;
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

static void need_go(void)
{
	if (!ncompilers) {
		print_message("skipped: no Go compiler in /usr/lib/go-*/bin\n");
		skip();
	}
}

static struct tgt *open_target(const char *path, const struct tgt_opts *o)
{
	struct tgt_error err;
	struct tgt *t;

	if (tgt_open(&t, path, o, &err))
		fail_msg("%s", err.msg);
	return t;
}

static void close_target(struct tgt *t)
{
	gotype_free(t);
	rtype_free(t);
	tgt_close(t);
}

static void describe(struct buf *b, const struct go_param *p, uint32_t n)
{
	static const char *const regs[] = { "AX", "BX", "CX", "DI", "SI", "R8", "R9", "R10", "R11" };
	bool results = false;

	for (uint32_t i = 0; i < n; i++) {
		buf_puts(b, p[i].result && !results ? (i ? " -> " : "-> ") : i ? ", " : "");
		results |= p[i].result;
		buf_printf(b, "%s %s ", p[i].name, p[i].type->name);
		for (uint32_t k = 0; k < p[i].npieces; k++) {
			const struct go_piece *x = &p[i].pieces[k];

			buf_puts(b, k ? "+" : "");
			if (x->place == GO_ON_STACK)
				buf_printf(b, "s%d", x->stack);
			else if (x->place == GO_IN_XMM)
				buf_printf(b, "X%u", x->reg);
			else if (x->place == GO_IN_CTX)
				buf_printf(b, "ctx%d%s", x->stack, x->reg ? "*" : "");
			else
				buf_puts(b, regs[x->reg]);
		}
		if (!p[i].npieces)
			buf_puts(b, "-");
	}
}

static void check_table(struct compiler *c, const char *path)
{
	struct tgt *t = open_target(path, NULL);
	unsigned wrong = 0;

	for (size_t i = 0; i < NTABLE; i++) {
		const char *want = table[i].want, *bracket = strchr(table[i].func, '[');
		const struct go_param *p;
		struct buf b = BUF_INIT;
		struct tgt_error err;
		char name[256];
		uint32_t *ix, n;
		int rc;

		if (c->minor < (strstr(want, "ctx") ? 23 : 22) && table[i].old)
			want = table[i].old;
		if (c->minor < 20 && table[i].oldest)
			want = table[i].oldest;
		snprintf(name, sizeof(name), "%s", table[i].func);
		if (bracket && c->minor < 21)
			snprintf(name, sizeof(name), "%.*s[...]%s", (int)(bracket - table[i].func), table[i].func,
				 strchr(bracket, ']') + 1);
		if (tgt_match(t, name, &ix) < 1)
			fail_msg("%s: no function %s", path, name);
		rc = tgt_params(t, ix[0], &p, &n, &err);
		if (rc)
			buf_puts(&b, err.msg);
		else
			describe(&b, p, n);
		if (strcmp(buf_str(&b), want)) {
			print_error("%s, Go 1.%d\n  want %s\n  have %s\n", name, c->minor, want, buf_str(&b));
			wrong++;
		}
		buf_free(&b);
		free(ix);
	}
	close_target(t);
	assert_int_equal(wrong, 0);
}

static void test_table(void **state)
{
	(void)state;
	need_go();
	for (size_t i = 0; i < ncompilers; i++)
		check_table(&compilers[i], compilers[i].exe);
}

static void test_pie_and_plain(void **state)
{
	(void)state;
	need_go();
	check_table(&compilers[0], compilers[0].pie);
	check_table(&compilers[0], compilers[0].plain);
	check_table(&compilers[ncompilers - 1], compilers[ncompilers - 1].pie);
	check_table(&compilers[ncompilers - 1], compilers[ncompilers - 1].plain);
}

/* --- types ----------------------------------------------------------------------------------- */

static const struct go_field *field(const struct go_type *s, const char *name)
{
	for (uint32_t i = 0; i < s->nfields; i++) {
		if (!strcmp(s->fields[i].name, name))
			return &s->fields[i];
	}
	fail_msg("%s has no field %s", s->name, name);
	return NULL;
}

static void check_types(struct tgt *t)
{
	const struct go_type *node, *deep, *p;
	struct tgt_error err;

	node = tgt_type_by_name(t, "main.Node", &err);
	if (!node)
		fail_msg("%s", err.msg);
	assert_int_equal(node->kind, GO_STRUCT);
	assert_string_equal(node->name, "main.Node");
	assert_int_equal(node->size, 48);
	assert_int_equal(node->align, 8);
	assert_int_equal(node->nfields, 4);
	p = field(node, "next")->type;
	assert_int_equal(p->kind, GO_PTR);
	assert_string_equal(p->name, "*main.Node");
	assert_int_equal(tgt_type_fill(t, p), 0);
	assert_ptr_equal(p->elem, node); /* a type that refers to itself is one object */
	p = field(node, "kids")->type;
	assert_int_equal(field(node, "kids")->off, 16);
	assert_int_equal(p->kind, GO_SLICE);
	assert_int_equal(p->size, 24);
	assert_string_equal(p->elem->name, "*main.Node");
	assert_int_equal(field(node, "m")->type->kind, GO_MAP);
	assert_string_equal(field(node, "m")->type->name, "map[string]*main.Node");

	deep = tgt_type_by_name(t, "main.Deep", &err);
	assert_non_null(deep);
	assert_int_equal(deep->nfields, 7);
	assert_true(deep->fields[0].embedded);
	assert_string_equal(deep->fields[0].name, "Node");
	assert_ptr_equal(deep->fields[0].type, node);
	assert_true(deep->fields[1].embedded);
	assert_int_equal(deep->fields[1].off, 48);
	p = deep->fields[1].type;
	assert_int_equal(p->kind, GO_PTR);
	assert_true(p->elem->lazy);
	assert_int_equal(tgt_type_fill(t, p->elem), 0);
	assert_false(p->elem->lazy);
	assert_int_equal(p->elem->nfields, 3);
	assert_int_equal(p->elem->fields[1].off, 2);
	assert_string_equal(deep->fields[2].name, "_");
	assert_int_equal(deep->fields[2].type->size, 1);
	assert_int_equal(field(deep, "err")->type->kind, GO_INTERFACE);
	assert_string_equal(field(deep, "err")->type->name, "error");
	assert_int_equal(field(deep, "x")->type->kind, GO_EFACE);
	assert_int_equal(field(deep, "c")->type->kind, GO_COMPLEX);
	assert_int_equal(field(deep, "c")->type->align, 4);
	assert_int_equal(field(deep, "f")->type->kind, GO_FUNC);
	assert_string_equal(field(deep, "f")->type->name, "func(int) string");

	assert_int_equal(tgt_type_by_name(t, "main.Dur", &err)->kind, GO_INT);
	assert_string_equal(tgt_type_by_name(t, "main.Dur", &err)->name, "main.Dur");
	assert_int_equal(tgt_type_by_name(t, "any", &err)->kind, GO_EFACE);
	assert_int_equal(tgt_type_by_name(t, "string", &err)->kind, GO_STRING);
	p = tgt_type_by_name(t, "main.Two", &err)->fields[0].type;
	assert_int_equal(p->kind, GO_ARRAY);
	assert_int_equal(p->count, 2);
	assert_int_equal(p->elem->kind, GO_INT);
	p = tgt_type_by_name(t, "***main.Two", &err);
	assert_int_equal(p->kind, GO_PTR);
	assert_string_equal(p->name, "***main.Two");
	assert_string_equal(p->elem->elem->name, "*main.Two");
	assert_null(tgt_type_by_name(t, "main.Nope", &err));
	assert_non_null(strstr(err.msg, "main.Nope"));
	assert_null(tgt_type_by_name(t, "", &err));
	assert_null(tgt_type_by_name(t, "*", NULL));
}

static void test_types(void **state)
{
	(void)state;
	need_go();
	for (size_t i = 0; i < ncompilers; i++) {
		struct tgt *t = open_target(compilers[i].exe, NULL);

		check_types(t);
		close_target(t);
	}
}

/* --- without DWARF, and with it elsewhere ------------------------------------------------------ */

static uint32_t index_of(struct tgt *t, const char *name)
{
	uint32_t *ix, i;

	assert_int_equal(tgt_match(t, name, &ix), 1);
	i = ix[0];
	free(ix);
	return i;
}

static void test_no_dwarf(void **state)
{
	struct tgt_opts o = { .no_dwarf = true };
	const struct go_param *p;
	struct tgt_error err;
	struct tgt *t;
	uint32_t n;

	(void)state;
	need_go();
	t = open_target(compilers[0].stripped, NULL);
	assert_int_equal(tgt_params(t, index_of(t, "main.ints"), &p, &n, &err), -ENODATA);
	assert_int_equal(n, 0);
	assert_non_null(strstr(err.msg, "has no DWARF"));
	assert_non_null(strstr(err.msg, "/usr/lib/debug"));
	assert_null(tgt_type_by_name(t, "main.Node", &err));
	close_target(t);
	t = open_target(compilers[0].exe, &o);
	assert_int_equal(tgt_params(t, index_of(t, "main.ints"), &p, &n, &err), -ENODATA);
	close_target(t);
	t = open_target(compilers[0].exe, NULL);
	assert_int_equal(tgt_params(t, 0xfffffff0, &p, &n, &err), -ENOENT);
	assert_int_equal(tgt_params(t, index_of(t, "runtime.memmove"), &p, &n, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "assembly"));
	close_target(t);
}

static void test_debug_file(void **state)
{
	struct tgt_opts o = { .debug_dir = dir };
	const struct go_param *p;
	struct tgt_error err;
	char cmd[4096];
	struct tgt *t;
	uint32_t n;

	(void)state;
	need_go();
	if (system("command -v objcopy >/dev/null 2>&1")) {
		print_message("skipped: no objcopy\n");
		skip();
	}
	snprintf(cmd, sizeof(cmd),
		 "cd %s && objcopy --only-keep-debug %s sep.debug && objcopy -S %s sep 2>/dev/null && "
		 "objcopy --add-gnu-debuglink=sep.debug sep",
		 dir, compilers[0].exe, compilers[0].exe);
	assert_int_equal(run(cmd), 0);
	snprintf(cmd, sizeof(cmd), "%s/sep", dir);
	t = open_target(cmd, &o);
	if (tgt_params(t, index_of(t, "main.ints"), &p, &n, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(n, 10);
	close_target(t);
}

/* --- run-time types -------------------------------------------------------------------------------- */

static bool has_rtype(struct tgt *t, const char *want)
{
	const char *name;

	for (unsigned i = 0; i < t->nseg; i++) {
		const struct segment *g = &t->seg[i];

		for (uint64_t v = (g->vaddr + 7) & ~7ULL; g->type == PT_LOAD && v < g->vaddr + g->filesz; v += 8) {
			if (tgt_rtype_name(t, v, &name) && !strcmp(name, want))
				return true;
		}
	}
	return false;
}

static void check_rtypes(const char *path, bool symbols)
{
	static const char *const names[] = { "*main.MyErr", "main.Sq",	"error",
					     "[]uint8",	    "*main.Sq", "map[string]*main.Node" };
	struct tgt *t = open_target(path, NULL);
	uint64_t sink, type;
	const char *name = NULL;

	if (symbols) {
		assert_true(tgt_symbol(t, "main.Sink", &sink, NULL));
		assert_true(tgt_word(t, sink, &type));
		assert_true(tgt_rtype_name(t, type, &name));
		assert_string_equal(name, "*main.MyErr");
		assert_false(tgt_rtype_name(t, type + 8, &name));
		assert_false(tgt_rtype_name(t, type + 1, &name));
	}
	for (size_t i = 0; i < 5; i++) {
		if (!has_rtype(t, names[i]))
			fail_msg("%s: no type %s", path, names[i]);
	}
	assert_false(tgt_rtype_name(t, 0, &name));
	assert_false(tgt_rtype_name(t, 8, &name));
	assert_false(tgt_rtype_name(t, UINT64_MAX - 7, &name));
	close_target(t);
}

static void test_rtypes(void **state)
{
	(void)state;
	need_go();
	for (size_t i = 0; i < ncompilers; i++) {
		check_rtypes(compilers[i].exe, true);
		check_rtypes(compilers[i].stripped, false);
	}
	check_rtypes(compilers[0].pie, true);
	check_rtypes(compilers[ncompilers - 1].pie, true);
}

/* --- damage ---------------------------------------------------------------------------------------- */

static uint32_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 1664525U + 1013904223U;
	return seed >> 8;
}

static void use_all(const char *path)
{
	struct tgt_error err;
	const char *name;
	struct tgt *t;
	uint64_t v;

	if (tgt_open(&t, path, NULL, &err))
		return;
	for (uint32_t i = 0; i < tgt_nfuncs(t); i++) {
		const struct go_param *p;
		uint32_t n;

		if (!tgt_params(t, i, &p, &n, &err)) {
			for (uint32_t k = 0; k < n; k++) {
				assert_non_null(p[k].name);
				assert_non_null(p[k].type);
				for (uint32_t j = 0; j < p[k].npieces; j++)
					assert_true(p[k].pieces[j].off + p[k].pieces[j].size <= p[k].type->size);
				if (p[k].type->elem)
					tgt_type_fill(t, p[k].type->elem);
			}
		}
	}
	tgt_type_by_name(t, "main.Deep", &err);
	if (tgt_symbol(t, "main.Sink", &v, NULL) && tgt_word(t, v, &v))
		tgt_rtype_name(t, v, &name);
	close_target(t);
}

static void test_damage(void **state)
{
	const char *rounds = getenv("GFT_TEST_ROUNDS");
	static const char *const sections[] = { ".debug_info", ".debug_abbrev", ".debug_ranges",
						".rodata",     ".typelink",	".noptrdata" };
	const struct compiler *c = &compilers[ncompilers ? ncompilers - 1 : 0];
	struct tgt *t;
	char path[512];

	(void)state;
	need_go();
	snprintf(path, sizeof(path), "%s/damaged", dir);
	t = open_target(c->plain, NULL);
	for (int i = 0; i < (rounds ? atoi(rounds) : 60); i++) {
		const struct section *s = tgt_section(t, sections[next_random() % 6]);
		int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, t->map, t->size), (ssize_t)t->size);
		for (uint32_t k = 0; s && s->size && k < 1U << (next_random() % 10); k++) {
			uint8_t byte = (uint8_t)next_random();

			assert_int_equal(pwrite(fd, &byte, 1, (off_t)(s->off + next_random() % s->size)), 1);
		}
		close(fd);
		use_all(path);
	}
	close_target(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	 cmocka_unit_test(test_pie_and_plain), cmocka_unit_test(test_types),
		cmocka_unit_test(test_no_dwarf), cmocka_unit_test(test_debug_file),    cmocka_unit_test(test_rtypes),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
