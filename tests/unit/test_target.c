/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Facts of real binaries, built here with every Go compiler there is, and what
 * becomes of damaged ones.
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

#include "gft/wire.h"
#include "runtime/target/insn.h"

/* The line numbers of some of its lines are asserted below. */
static const char program[] = "package main\n"					    /* 1 */
			      "type Shape interface{ Area() int }\n"		    /* 2 */
			      "type Sq struct{ a int }\n"			    /* 3 */
			      "func (s *Sq) Area() int { return s.a }\n"	    /* 4 */
			      "type Emb struct{ Shape }\n"			    /* 5 */
			      "//go:noinline\n"					    /* 6 */
			      "func leaf(a, b int) int { return a*b+1 }\n"	    /* 7 */
			      "//go:noinline\n"					    /* 8 */
			      "func plain(n int) int {\n"			    /* 9 */
			      "	println(n)\n"					    /* 10 */
			      "	return leaf(n, 2)\n"				    /* 11 */
			      "}\n"						    /* 12 */
			      "//go:noinline\n"					    /* 13 */
			      "func large(n int) int {\n"			    /* 14 */
			      "	var a [4096]byte\n"				    /* 15 */
			      "	for i := range a { a[i] = byte(i + n) }\n"	    /* 16 */
			      "	return plain(int(a[n&4095]))\n"			    /* 17 */
			      "}\n"						    /* 18 */
			      "//go:noinline\n"					    /* 19 */
			      "func huge(n int) int {\n"			    /* 20 */
			      "	var a [200000]byte\n"				    /* 21 */
			      "	for i := range a { a[i] = byte(i + n) }\n"	    /* 22 */
			      "	return plain(int(a[n&4095]))\n"			    /* 23 */
			      "}\n"						    /* 24 */
			      "//go:noinline\n"					    /* 25 */
			      "func Map[T, U any](in []T, f func(T) U) []U {\n"	    /* 26 */
			      "	var out []U\n"					    /* 27 */
			      "	for _, v := range in { out = append(out, f(v)) }\n" /* 28 */
			      "	return out\n"					    /* 29 */
			      "}\n"						    /* 30 */
			      "//go:noinline\n"					    /* 31 */
			      "func show(s Shape) int { return s.Area() }\n"	    /* 32 */
			      "func main() {\n"					    /* 33 */
			      "	e := &Emb{&Sq{3}}\n"				    /* 34 */
			      "	x := Map([]int{1}, func(i int) int { return i + 1 })\n"
			      "	println(show(e), leaf(2, 3), plain(4), large(5), huge(6), x[0])\n"
			      "}\n";

struct compiler {
	char path[256];
	int minor;
	char exe[512], pie[512], stripped[512];
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

static void build(struct compiler *c, const char *out, const char *mode, const char *ldflags)
{
	char cmd[2048];

	snprintf(cmd, sizeof(cmd),
		 "cd %s/src && GO111MODULE=off GOTOOLCHAIN=local GOFLAGS= CGO_ENABLED=0 "
		 "GOCACHE=${GFT_GOCACHE:-%s/cache} "
		 "%s build -buildmode=%s -ldflags='%s' -o %s . >%s/log 2>&1 || { cat %s/log; false; }",
		 dir, dir, c->path, mode, ldflags, out, dir, dir);
	assert_int_equal(run(cmd), 0);
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
	snprintf(dir, sizeof(dir), "%s/gft-target.XXXXXX", tmp && strlen(tmp) < 200 ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/src", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/src/main.go", dir);
	f = fopen(path, "w");
	if (!f || fwrite(program, sizeof(program) - 1, 1, f) != 1 || fclose(f))
		return -1;
	if (!glob("/usr/lib/go-1.*/bin/go", 0, NULL, &g)) {
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
	/* each takes a while to build the runtime: the oldest and the newest will do */
	if (ncompilers > 2 && !getenv("GFT_TEST_ALL_GO")) {
		compilers[1] = compilers[ncompilers - 1];
		ncompilers = 2;
	}
	for (size_t i = 0; i < ncompilers; i++) {
		struct compiler *c = &compilers[i];

		snprintf(c->exe, sizeof(c->exe), "%s/exe%d", dir, c->minor);
		snprintf(c->pie, sizeof(c->pie), "%s/pie%d", dir, c->minor);
		snprintf(c->stripped, sizeof(c->stripped), "%s/stripped%d", dir, c->minor);
		build(c, c->exe, "exe", "");
		build(c, c->pie, "pie", "");
		build(c, c->stripped, "exe", "-s -w");
	}
	if (!ncompilers)
		print_message("no /usr/lib/go-1.*/bin/go: tests of Go binaries are skipped\n");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *w)
{
	(void)st;
	(void)flag;
	(void)w;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define NEED_GO()                                                                                                      \
	do {                                                                                                           \
		if (!ncompilers)                                                                                       \
			skip();                                                                                        \
	} while (0)

static struct tgt *open_ok(const char *path, const struct tgt_opts *opts)
{
	struct tgt_error err = { "" };
	struct tgt *t;

	if (tgt_open(&t, path, opts, &err)) {
		print_message("%s\n", err.msg);
		fail();
	}
	return t;
}

static uint32_t one(struct tgt *t, const char *name)
{
	uint32_t *v, i;
	size_t n = tgt_match(t, name, &v);

	if (n != 1)
		print_message("%s: %zu matches\n", name, n);
	assert_int_equal(n, 1);
	i = v[0];
	free(v);
	return i;
}

static size_t matches(struct tgt *t, const char *pattern)
{
	uint32_t *v;
	size_t n = tgt_match(t, pattern, &v);

	for (size_t i = 1; i < n; i++)
		assert_true(v[i - 1] < v[i]);
	free(v);
	return n;
}

static void write_file(const char *path, const void *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), (ssize_t)n);
	close(fd);
}

static uint8_t *read_file(const char *path, size_t *n)
{
	struct stat st;
	uint8_t *p;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0 && !fstat(fd, &st));
	p = malloc((size_t)st.st_size);
	assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
	close(fd);
	*n = (size_t)st.st_size;
	return p;
}

/* --- opening -------------------------------------------------------------------------- */

static void expect_error(const char *path, int rc, const char *text)
{
	struct tgt_error err = { "" };
	struct tgt *t = (void *)1;

	assert_int_equal(tgt_open(&t, path, NULL, &err), rc);
	assert_null(t);
	assert_ptr_equal(strstr(err.msg, path), err.msg);
	if (!strstr(err.msg, text))
		print_message("%s\n", err.msg);
	assert_non_null(strstr(err.msg, text));
}

static void test_errors(void **state)
{
	char path[512];

	(void)state;
	expect_error("/no/such/file", -ENOENT, "cannot open");
	expect_error("/tmp", -EISDIR, "is a directory");
	expect_error("/dev/null", -ENOEXEC, "not a regular file");
	snprintf(path, sizeof(path), "%s/bad", dir);
	write_file(path, "", 0);
	expect_error(path, -ENOEXEC, "empty");
	write_file(path, "#!/bin/sh\n", 10);
	expect_error(path, -ENOEXEC, "script");
	write_file(path, "\177ELF\2\1\1", 7);
	expect_error(path, -EBADMSG, "cut off");
	{
		Elf64_Ehdr eh = { .e_ident = "\177ELF\2\1\1", .e_type = ET_EXEC, .e_machine = EM_AARCH64 };

		write_file(path, &eh, sizeof(eh));
		expect_error(path, -ENOEXEC, "arm64");
		eh.e_machine = EM_X86_64;
		eh.e_type = ET_REL;
		write_file(path, &eh, sizeof(eh));
		expect_error(path, -ENOEXEC, "not a program");
		eh.e_type = ET_EXEC;
		write_file(path, &eh, sizeof(eh));
		expect_error(path, -EBADMSG, "no program headers");
	}
	{
		struct tgt_opts opts = { .display = "pid 7" };
		struct tgt_error err;
		struct tgt *t;

		assert_int_equal(tgt_open(&t, path, &opts, &err), -EBADMSG);
		assert_ptr_equal(strstr(err.msg, "pid 7: "), err.msg);
		assert_int_equal(tgt_open(&t, path, &opts, NULL), -EBADMSG);
	}
	tgt_close(NULL);
}

__asm__(".text\n"
	".type plain_asm, @function\n"
	"plain_asm: dec %edi; js fatal_asm; ret\n"
	".size plain_asm, . - plain_asm\n"
	".type loops_asm, @function\n"
	"loops_asm: dec %edi; jnz loops_asm; js fatal_asm; ret\n"
	".size loops_asm, . - loops_asm\n"
	".type overlaps_asm, @function\n"
	"overlaps_asm: dec %edi; js 1f; .byte 0xb8; 1: nop; nop; nop; nop; js fatal_asm; ret\n"
	".size overlaps_asm, . - overlaps_asm\n"
	".type fatal_asm, @function\n"
	"fatal_asm: ud2\n"
	".size fatal_asm, . - fatal_asm\n");

/* A uretprobe's breakpoint is on the first instruction, which must run once for each call. */
static void test_uretprobes(void **state)
{
	static const struct {
		const char *name;
		bool may;
	} cases[] = { { "plain_asm", true }, { "loops_asm", false }, { "overlaps_asm", false } };
	struct tgt *t = open_ok("/proc/self/exe", NULL);

	(void)state;
	t->unwinds = -1; /* a build with sanitizers has an unwinder in it */
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t f = one(t, cases[i].name);
		struct tgt_site at;
		struct tgt_sites s;

		assert_int_equal(tgt_sites(t, f, TGT_WANT_ENTRY | TGT_WANT_EXITS, &s), 0);
		assert_int_equal(s.uretprobe, cases[i].may);
		assert_int_equal(s.has_entry, cases[i].may);
		assert_true(s.has_entry || s.why_no_entry);
		if (s.has_entry)
			assert_int_equal(tgt_check_site(t, s.entry.vaddr, &at, NULL), 0);
		tgt_sites_fini(&s);
	}
	tgt_close(t);
}

/* A binary that is not Go: this test. */
static void test_not_go(void **state)
{
	struct tgt_error err = { "" };
	struct buf b = BUF_INIT;
	struct tgt *t = open_ok("/proc/self/exe", NULL);
	struct tgt_sites s;
	uint64_t addr, size;
	uint32_t i;

	(void)state;
	assert_false(tgt_is_go(t));
	assert_null(tgt_go(t, &err));
	assert_non_null(strstr(err.msg, "not a Go program"));
	i = one(t, "test_not_go");
	assert_true(tgt_func(t, i)->flags & TGT_F_SYMBOL);
	assert_true(tgt_symbol(t, "test_not_go", &addr, &size));
	assert_int_equal(addr, tgt_func(t, i)->entry);
	assert_true(size > 16);
	assert_int_equal(tgt_sites(t, i, TGT_WANT_ENTRY | TGT_WANT_EXITS, &s), 0);
	assert_true(s.has_entry);
	assert_true(s.nexits > 0 || s.exits_doubtful);
	for (uint32_t k = 0; k < s.nexits; k++)
		assert_true(s.exits[k].flags & GFT_CF_NOT_RET); /* shadow stacks */
	tgt_sites_fini(&s);
	tgt_info(t, &b);
	assert_non_null(strstr(buf_str(&b), "not Go"));
	buf_free(&b);
	tgt_close(t);
}

/* --- functions ---------------------------------------------------------------------------- */

static void check_functions(const struct compiler *c, const char *path)
{
	struct tgt *t = open_ok(path, NULL);
	size_t n = tgt_nfuncs(t);
	const struct tgt_func *f;
	uint32_t i;

	(void)c;
	assert_true(tgt_is_go(t));
	assert_true(n > 1000);
	i = one(t, "main.main");
	f = tgt_func(t, i);
	assert_string_equal(f->name, "main.main");
	assert_int_equal(tgt_func_at(t, f->entry), i);
	assert_int_equal(tgt_func_at(t, f->end - 1), i);
	assert_int_equal(tgt_vaddr_of_offset(t, (uint64_t)tgt_file_offset(t, f->entry)), (int64_t)f->entry);
	assert_int_equal(tgt_func_at(t, 0), -1);
	assert_int_equal(tgt_func_at(t, UINT64_MAX), -1);
	assert_int_equal(tgt_file_offset(t, UINT64_MAX), -1);
	assert_int_equal(tgt_vaddr_of_offset(t, UINT64_MAX), -1);
	assert_null(tgt_func(t, (uint32_t)n));
	for (uint32_t k = 1; k < n; k++) {
		assert_true(tgt_func(t, k - 1)->entry < tgt_func(t, k)->entry);
		assert_true(tgt_func(t, k - 1)->end <= tgt_func(t, k)->entry);
	}
	assert_int_equal(tgt_func(t, one(t, "runtime.memmove"))->flags, TGT_F_ASM | TGT_F_ABI0);
	assert_true(tgt_func(t, one(t, "runtime.goexit"))->flags & TGT_F_TOPFRAME);
	assert_true(tgt_func(t, one(t, "runtime.mcall"))->flags & TGT_F_RUNTIME_STACK);
	assert_int_equal(tgt_func(t, one(t, "main.leaf"))->flags, 0);
	tgt_close(t);
}

static void test_functions(void **state)
{
	(void)state;
	NEED_GO();
	for (size_t i = 0; i < ncompilers; i++) {
		check_functions(&compilers[i], compilers[i].exe);
		check_functions(&compilers[i], compilers[i].pie);
		check_functions(&compilers[i], compilers[i].stripped);
	}
}

static void test_match(void **state)
{
	(void)state;
	NEED_GO();
	for (size_t i = 0; i < ncompilers; i++) {
		struct tgt *t = open_ok(compilers[i].exe, NULL);
		const char *names[4];
		size_t n;

		assert_true(matches(t, "main.*") >= 8);
		assert_int_equal(matches(t, "main.l*e"), 1);
		assert_int_equal(matches(t, "main.[lx]eaf"), 1);
		assert_int_equal(matches(t, "main.[!l]eaf"), 0);
		assert_int_equal(matches(t, "main.?eaf"), 1);
		assert_int_equal(matches(t, "main.(?Sq).Area"), 1);
		assert_int_equal(matches(t, "main.(*Sq).Area"), 1);
		assert_int_equal(matches(t, "main.Map*"), 1);
		assert_int_equal(matches(t, "main.Map[...]"), 1);
		assert_int_equal(matches(t, "*main.leaf*"), 1);
		assert_int_equal(matches(t, "main.leaf*x"), 0);
		assert_int_equal(matches(t, ""), 0);
		assert_int_equal(matches(t, "["), 0);
		assert_int_equal(matches(t, "main.leaf["), 0);
		assert_int_equal(matches(t, "*"), tgt_nfuncs(t));
		if (compilers[i].minor >= 21) {
			one(t, "main.Map[go.shape.int,go.shape.int]");
			assert_int_equal(matches(t, "main.Map[go.shape.*]"), 1);
		}
		n = tgt_nearest(t, "main.laef", names, 4);
		assert_true(n >= 1);
		assert_string_equal(names[0], "main.leaf");
		n = tgt_nearest(t, "leaf", names, 4);
		assert_true(n >= 1);
		assert_string_equal(names[0], "main.leaf");
		n = tgt_nearest(t, "main.Leaf", names, 4);
		assert_string_equal(names[0], "main.leaf");
		n = tgt_nearest(t, "main.sq.Area", names, 4);
		assert_true(n >= 1);
		assert_string_equal(names[0], "main.(*Sq).Area");
		assert_int_equal(tgt_nearest(t, "zzzzzzzzqqqqqqqqqxxxxxx", names, 4), 0);
		assert_int_equal(tgt_nearest(t, "", names, 4), 0);
		assert_int_equal(tgt_nearest(t, "***", names, 4), 0);
		assert_int_equal(tgt_nearest(t, "main.leaf", names, 0), 0);
		tgt_close(t);
	}
}

/* --- sites --------------------------------------------------------------------------------- */

static void site_of(struct tgt *t, const char *name, struct tgt_sites *s)
{
	assert_int_equal(tgt_sites(t, one(t, name), TGT_WANT_ENTRY | TGT_WANT_EXITS | TGT_WANT_ARGS, s), 0);
}

/* leaf has no stack check; the others have its three forms. */
static void check_sites(const struct compiler *c, const char *path)
{
	static const char *const checked[] = { "main.plain", "main.large", "main.huge", "main.show", "main.main" };
	struct tgt *t = open_ok(path, NULL);
	const struct tgt_func *f;
	struct tgt_sites s;

	for (size_t i = 0; i < sizeof(checked) / sizeof(*checked); i++) {
		site_of(t, checked[i], &s);
		assert_true(s.has_entry && s.args_ok && s.entry.emulated);
		assert_int_equal(s.entry.sp_adj, 0);
		assert_int_equal(s.entry.kind, TGT_SITE_ENTRY);
		assert_int_equal(s.entry.file_off, tgt_file_offset(t, s.entry.vaddr));
		if (c->minor >= 21) {
			assert_string_equal(s.entry.insn, "push");
			assert_int_equal(s.entry.flags, 0);
		} else {
			assert_string_equal(s.entry.insn, "jbe");
			assert_int_equal(s.entry.flags, GFT_CF_STACK_CHECK);
		}
		assert_true(s.nexits >= 1);
		assert_false(s.exits_doubtful);
		assert_int_equal(s.exits[0].kind, TGT_SITE_RET);
		assert_int_equal(s.exits[0].sp_adj, 0);
		assert_int_equal(s.exits[0].flags, 0);
		assert_string_equal(s.exits[0].insn, "ret");
		tgt_sites_fini(&s);
	}
	site_of(t, "main.leaf", &s);
	f = tgt_func(t, one(t, "main.leaf"));
	assert_true(s.has_entry && s.args_ok);
	assert_int_equal(s.entry.vaddr, f->entry);
	assert_int_equal(s.nexits, 1);
	tgt_sites_fini(&s);

	site_of(t, "runtime.morestack", &s);
	assert_false(s.has_entry);
	assert_int_equal(s.nexits, 0);
	assert_non_null(strstr(s.why_no_entry, "switches stacks"));
	tgt_sites_fini(&s);
	site_of(t, "runtime.memmove", &s);
	assert_true(s.has_entry && (s.entry.flags & GFT_CF_G_IN_TLS));
	assert_true(s.nexits > 5);
	tgt_sites_fini(&s);
	tgt_close(t);
}

/* What must hold for every function of a program. */
static void check_all_sites(const char *path)
{
	struct tgt *t = open_ok(path, NULL);
	size_t n = tgt_nfuncs(t), entries = 0, emulated = 0, go = 0;
	struct code c = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		struct tgt_site again;
		struct tgt_error err;
		struct tgt_sites s;

		assert_int_equal(tgt_sites(t, i, TGT_WANT_ENTRY | TGT_WANT_EXITS | TGT_WANT_ARGS, &s), 0);
		assert_true(code_read(&c, t, i));
		go++;
		assert_true(s.has_entry || s.why_no_entry);
		assert_true(s.nexits || s.why_no_exit);
		if (s.has_entry) {
			entries++;
			emulated += s.entry.emulated;
			assert_true(s.args_ok);
			assert_true(code_at(&c, s.entry.vaddr - c.f.entry) >= 0);
			assert_int_equal(tgt_check_site(t, s.entry.vaddr, &again, &err), 0);
			assert_int_equal(again.flags & GFT_CF_STACK_CHECK, s.entry.flags & GFT_CF_STACK_CHECK);
			assert_int_equal(again.file_off, s.entry.file_off);
		}
		for (uint32_t k = 0; k < s.nexits; k++) {
			assert_true(s.exits[k].vaddr != s.entry.vaddr);
			assert_true(s.exits[k].vaddr >= c.f.entry && s.exits[k].vaddr < c.f.end);
			assert_int_equal(tgt_check_site(t, s.exits[k].vaddr, &again, &err), 0);
			assert_true(s.exits[k].kind == TGT_SITE_RET || (s.exits[k].flags & GFT_CF_TAIL_JUMP));
		}
		tgt_sites_fini(&s);
	}
	/* measured on 33 programs: 96 % and 82 % at the least */
	assert_true(entries * 100 > go * 93);
	assert_true(emulated * 100 > go * 75);
	code_free(&c);
	tgt_close(t);
}

/* The depth that is followed by hand against the compiler's own record of it. */
static void check_depth(const char *path)
{
	struct tgt *t = open_ok(path, NULL);
	size_t n = tgt_nfuncs(t), same = 0, unknown = 0;
	struct code c = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		int32_t *pcsp;

		if (tgt_func(t, i)->flags & (TGT_F_ASM | TGT_F_SYMBOL))
			continue;
		assert_true(code_read(&c, t, i));
		assert_false(c.overlap);
		assert_int_equal(c.bad, UINT32_MAX);
		pcsp = calloc(c.n + 1, sizeof(*pcsp));
		for (size_t k = 0; k < c.n; k++) {
			pcsp[k] = c.v[k].sp;
			c.v[k].sp = SP_UNKNOWN;
			if (c.v[k].cls == I_RET)
				assert_int_equal(pcsp[k], 0);
		}
		code_track_sp(&c);
		for (size_t k = 0; k < c.n; k++) {
			if (c.v[k].cls == I_INT3 || pcsp[k] == SP_UNKNOWN || c.v[k].sp == SP_UNKNOWN)
				unknown++;
			else if (c.v[k].sp == pcsp[k])
				same++;
			else
				fail_msg("%s+%u: %d by hand, %d recorded", c.f.name, c.v[k].off, c.v[k].sp, pcsp[k]);
		}
		c.valid = false;
		free(pcsp);
	}
	assert_true(same > 5 * unknown / 2);
	code_free(&c);
	tgt_close(t);
}

static void test_sites(void **state)
{
	(void)state;
	NEED_GO();
	for (size_t i = 0; i < ncompilers; i++) {
		check_sites(&compilers[i], compilers[i].exe);
		check_sites(&compilers[i], compilers[i].pie);
		check_sites(&compilers[i], compilers[i].stripped);
	}
}

static void test_all_sites(void **state)
{
	(void)state;
	NEED_GO();
	for (size_t i = 0; i < ncompilers; i++) {
		check_all_sites(compilers[i].stripped);
		check_all_sites(compilers[i].pie);
		check_depth(compilers[i].exe);
	}
}

static void test_check_site(void **state)
{
	struct tgt_error err;
	struct tgt_site s;
	const struct tgt_func *f;
	struct tgt *t;

	(void)state;
	NEED_GO();
	t = open_ok(compilers[0].exe, NULL);
	f = tgt_func(t, one(t, "main.plain"));
	assert_int_equal(tgt_check_site(t, f->entry, &s, &err), 0);
	assert_string_equal(s.insn, "cmp");
	assert_false(s.emulated);
	assert_int_equal(tgt_check_site(t, f->entry + 1, &s, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "inside an instruction of main.plain: the nearest are +0 and +4"));
	assert_int_equal(tgt_check_site(t, 1, &s, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "not in the program's code"));
	/* functions are padded to 32 bytes with int3 */
	for (uint64_t a = f->end - 1; a > f->end - 2; a--) {
		assert_int_equal(tgt_check_site(t, a, &s, &err), -EINVAL);
		assert_non_null(strstr(err.msg, "padding"));
	}
	tgt_close(t);
}

/* --- lines, symbols, layout ------------------------------------------------------------------- */

static void check_lines(const char *path, bool symbols)
{
	struct tgt *t = open_ok(path, NULL);
	const struct tgt_func *f = tgt_func(t, one(t, "main.plain"));
	const char *file;
	struct tgt_sites s;
	uint64_t *v, addr, size;
	unsigned line;

	assert_true(tgt_line(t, f->entry, &file, &line));
	assert_int_equal(line, 9);
	assert_non_null(strstr(file, "/src/main.go"));
	assert_false(tgt_line(t, 0, &file, &line));
	assert_int_equal(tgt_line_to_addrs(t, "main.go", 10, 0, &v), 1);
	assert_true(tgt_line(t, v[0], &file, &line));
	assert_int_equal(line, 10);
	assert_int_equal(tgt_func_at(t, v[0]), one(t, "main.plain"));
	free(v);
	assert_int_equal(tgt_line_to_addrs(t, "src/main.go", 11, 0, &v), 1);
	free(v);
	/* a function's first line stands for the call: exactly once */
	assert_int_equal(tgt_line_to_addrs(t, "main.go", 9, 0, &v), 1);
	assert_int_equal(tgt_sites(t, one(t, "main.plain"), TGT_WANT_ENTRY, &s), 0);
	assert_int_equal(v[0], s.entry.vaddr);
	tgt_sites_fini(&s);
	free(v);
	assert_int_equal(tgt_line_to_addrs(t, "main.go", 12345, 0, &v), 0);
	assert_int_equal(tgt_line_to_addrs(t, "ain.go", 10, 0, &v), 0);
	assert_int_equal(tgt_line_to_addrs(t, "", 10, 0, &v), 0);
	assert_int_equal(tgt_symbol(t, "runtime.buildVersion", &addr, &size), symbols);
	if (symbols)
		assert_int_equal(size, 16);
	tgt_close(t);
}

static void test_lines(void **state)
{
	(void)state;
	NEED_GO();
	for (size_t i = 0; i < ncompilers; i++) {
		check_lines(compilers[i].exe, true);
		check_lines(compilers[i].pie, true);
		check_lines(compilers[i].stripped, false);
	}
}

/* The table by version says what the DWARF of that version says. */
static void test_layout(void **state)
{
	(void)state;
	NEED_GO();
	for (size_t i = 0; i < ncompilers; i++) {
		struct tgt_opts opts = { .no_dwarf = true };
		struct tgt *a = open_ok(compilers[i].exe, NULL), *b = open_ok(compilers[i].pie, &opts);
		struct tgt *s = open_ok(compilers[i].stripped, NULL);
		const struct tgt_go *x = tgt_go(a, NULL), *y = tgt_go(b, NULL), *z = tgt_go(s, NULL);
		struct buf out = BUF_INIT;

		assert_true(tgt_has_dwarf(a));
		assert_false(tgt_has_dwarf(s));
		assert_non_null(x);
		assert_non_null(y);
		assert_non_null(z);
		assert_string_equal(x->source, "DWARF");
		assert_ptr_equal(strstr(y->source, "version table"), y->source);
		assert_ptr_equal(strstr(z->source, "version table"), z->source);
		assert_int_equal(x->minor, compilers[i].minor);
		assert_int_equal(y->minor, compilers[i].minor);
		assert_string_equal(x->version, z->version);
		/* from g_stack_lo to m_p, all of them int16_t */
		assert_memory_equal(&x->g_stack_lo, &y->g_stack_lo, 18 * sizeof(int16_t));
		assert_memory_equal(&x->g_stack_lo, &z->g_stack_lo, 18 * sizeof(int16_t));
		assert_true(x->g_tls_known && y->g_tls_known && z->g_tls_known);
		assert_int_equal(x->g_tls, -8);
		assert_int_equal(y->g_tls, -8);
		assert_int_equal(z->g_tls, -8);
		tgt_info(a, &out);
		assert_non_null(strstr(buf_str(&out), x->version));
		buf_free(&out);
		tgt_close(a);
		tgt_close(b);
		tgt_close(s);
	}
}

/* A debug file of another name, in the directory of --debuginfo. */
static void test_debug_dir(void **state)
{
	struct tgt_opts opts = { .debug_dir = dir };
	char path[600];

	(void)state;
	NEED_GO();
	for (size_t i = 0; i < ncompilers; i++) {
		struct buf out = BUF_INIT;
		uint8_t *p;
		struct tgt *t;
		size_t n;

		snprintf(path, sizeof(path), "%s.debug", compilers[i].stripped);
		p = read_file(compilers[i].exe, &n);
		write_file(path, p, n);
		free(p);
		t = open_ok(compilers[i].stripped, &opts);
		assert_true(tgt_has_dwarf(t));
		assert_non_null(tgt_go(t, NULL));
		assert_string_equal(tgt_go(t, NULL)->source, "DWARF");
		tgt_info(t, &out);
		assert_non_null(strstr(buf_str(&out), path));
		buf_free(&out);
		tgt_close(t);
		unlink(path);
	}
}

/* --- what newer or other linkers do, and damage ------------------------------------------------- */

static Elf64_Shdr *section(uint8_t *p, const char *name)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)p;
	Elf64_Shdr *sh = (Elf64_Shdr *)(p + eh->e_shoff);
	const char *names = (const char *)p + sh[eh->e_shstrndx].sh_offset;

	for (unsigned i = 0; i < eh->e_shnum; i++) {
		if (!strcmp(names + sh[i].sh_name, name))
			return &sh[i];
	}
	return NULL;
}

/* Go 1.26 leaves the text's address out of the header; some linkers drop the section's name. */
static void test_fallbacks(void **state)
{
	char path[512];

	(void)state;
	NEED_GO();
	snprintf(path, sizeof(path), "%s/patched", dir);
	for (size_t i = 0; i < ncompilers; i++) {
		struct tgt *t, *ref = open_ok(compilers[i].stripped, NULL);
		uint64_t entry = tgt_func(ref, one(ref, "main.main"))->entry;
		Elf64_Shdr *s, *info;
		uint8_t *p;
		size_t n;

		tgt_close(ref);
		p = read_file(compilers[i].stripped, &n);
		s = section(p, ".gopclntab");
		assert_non_null(s);
		memset(p + s->sh_offset + 24, 0, 8);
		write_file(path, p, n);
		t = open_ok(path, NULL);
		assert_string_equal(t->pcln.text_from, "runtime.moduledata");
		assert_int_equal(tgt_func(t, one(t, "main.main"))->entry, entry);
		tgt_close(t);

		s->sh_name = 0;
		info = section(p, ".go.buildinfo");
		assert_non_null(info);
		info->sh_name = 0;
		write_file(path, p, n);
		t = open_ok(path, NULL);
		assert_string_equal(t->pcln.where, "found by its magic number");
		assert_int_equal(tgt_func(t, one(t, "main.main"))->entry, entry);
		assert_int_equal(tgt_go(t, NULL)->minor, compilers[i].minor);
		tgt_close(t);

		/* not a version anywhere: guessed */
		memset(p + info->sh_offset, 0, 64);
		write_file(path, p, n);
		t = open_ok(path, NULL);
		assert_string_equal(tgt_go_version(t), "");
		assert_non_null(tgt_go(t, NULL));
		assert_non_null(strstr(tgt_go(t, NULL)->source, "guessed"));
		tgt_close(t);
		free(p);

		/* with symbols: runtime.text */
		p = read_file(compilers[i].exe, &n);
		s = section(p, ".gopclntab");
		memset(p + s->sh_offset + 24, 0, 8);
		write_file(path, p, n);
		t = open_ok(path, NULL);
		assert_string_equal(t->pcln.text_from, "symbol runtime.text");
		tgt_close(t);
		/* Go 1.15's table */
		p[s->sh_offset] = 0xfb;
		write_file(path, p, n);
		expect_error(path, -EBADMSG, "Go 1.2 to 1.15");
		free(p);
	}
}

/* Everything that a user could do with a binary; nothing may crash. */
static void exercise(const char *path, unsigned *opened)
{
	struct tgt_error err = { "" };
	struct tgt_go const *g;
	struct buf b = BUF_INIT;
	const char *names[3], *file;
	uint32_t *v;
	uint64_t *addrs;
	unsigned line;
	struct tgt *t;
	size_t n;
	int rc = tgt_open(&t, path, NULL, &err);

	if (rc) {
		assert_true(rc < 0);
		assert_true(strlen(err.msg) > strlen(path) + 5);
		assert_null(strchr(err.msg, '\n'));
		return;
	}
	(*opened)++;
	n = tgt_match(t, "main.*", &v);
	for (size_t i = 0; i < n && i < 20; i++) {
		struct tgt_sites s;
		struct tgt_site one_site;

		tgt_sites(t, v[i], TGT_WANT_ENTRY | TGT_WANT_EXITS, &s);
		tgt_check_site(t, tgt_func(t, v[i])->entry + 3, &one_site, &err);
		tgt_sites_fini(&s);
		tgt_line(t, tgt_func(t, v[i])->entry, &file, &line);
	}
	free(v);
	for (uint32_t i = 0; i < tgt_nfuncs(t); i += 97) {
		struct tgt_sites s;

		tgt_sites(t, i, TGT_WANT_ENTRY | TGT_WANT_EXITS | TGT_WANT_ARGS, &s);
		tgt_sites_fini(&s);
		tgt_line(t, tgt_func(t, i)->entry + 5, &file, &line);
	}
	tgt_nearest(t, "main.mian", names, 3);
	tgt_line_to_addrs(t, "main.go", 10, 0, &addrs);
	free(addrs);
	g = tgt_go(t, &err);
	assert_true(g || err.msg[0]);
	tgt_info(t, &b);
	buf_free(&b);
	tgt_close(t);
}

static uint32_t seed = 20240229;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static void test_cut_off(void **state)
{
	unsigned opened = 0;
	char path[512];
	uint8_t *p;
	size_t n;

	(void)state;
	NEED_GO();
	snprintf(path, sizeof(path), "%s/cut", dir);
	p = read_file(compilers[ncompilers - 1].stripped, &n);
	write_file(path, p, n);
	for (size_t k = 1; k <= 150; k++) {
		/* the file shrinks: no need to write it again */
		size_t len = k < 100 ? n - n / 100 * k : (150 - k) * 16;

		assert_int_equal(truncate(path, (off_t)len), 0);
		exercise(path, &opened);
	}
	free(p);
	assert_int_equal(opened, 0);
}

static void flip(const char *from, size_t at, size_t range, unsigned times, unsigned bytes)
{
	unsigned opened = 0;
	char path[512];
	uint8_t *p;
	size_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/flip", dir);
	p = read_file(from, &n);
	write_file(path, p, n);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	for (unsigned k = 0; k < times; k++) {
		size_t where[8];

		for (unsigned j = 0; j < bytes; j++) {
			uint8_t b = (uint8_t)(rnd() & 1 ? rnd() : rnd() & 1 ? 0xff : 0);

			where[j] = at + rnd() % range;
			assert_int_equal(pwrite(fd, &b, 1, (off_t)where[j]), 1);
		}
		exercise(path, &opened);
		for (unsigned j = 0; j < bytes; j++)
			assert_int_equal(pwrite(fd, p + where[j], 1, (off_t)where[j]), 1);
	}
	close(fd);
	free(p);
}

static void test_damaged(void **state)
{
	(void)state;
	NEED_GO();
	for (size_t i = 0; i < ncompilers; i++) {
		Elf64_Shdr *s;
		uint8_t *p;
		size_t n;

		p = read_file(compilers[i].stripped, &n);
		s = section(p, ".gopclntab");
		assert_non_null(s);
		flip(compilers[i].stripped, 0, 0x400, 150, 2);
		flip(compilers[i].stripped, ((Elf64_Ehdr *)p)->e_shoff, 64 * 20, 100, 2);
		flip(compilers[i].stripped, s->sh_offset, 72, 150, 1);
		flip(compilers[i].stripped, s->sh_offset, s->sh_size, 100, 8);
		flip(compilers[i].stripped, 0x1000, n - 0x1000, 50, 8);
		flip(compilers[i].pie, 0, n, 30, 8);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),	  cmocka_unit_test(test_not_go),     cmocka_unit_test(test_uretprobes),
		cmocka_unit_test(test_functions), cmocka_unit_test(test_match),	     cmocka_unit_test(test_sites),
		cmocka_unit_test(test_all_sites), cmocka_unit_test(test_check_site), cmocka_unit_test(test_lines),
		cmocka_unit_test(test_layout),	  cmocka_unit_test(test_debug_dir),  cmocka_unit_test(test_fallbacks),
		cmocka_unit_test(test_cut_off),	  cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
