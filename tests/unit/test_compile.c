/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Compiling and its cache: no root and no kernel needed. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <elf.h>

#include "codegen/cache.h"
#include "gft/compile.h"

static const char program[] = "#include <gft/bpf.h>\n"
			      "SEC(\"uprobe.multi\")\n"
			      "int prog(struct pt_regs *regs)\n"
			      "{\n"
			      "	struct gft_ctx c = {};\n"
			      "	if (!gft_hit(&c, regs))\n"
			      "		return 0;\n"
			      "	gft_count(GFT_ST_DEPTH, c.site);\n"
			      "	return 0;\n"
			      "}\n";

static char dir[64];

static int compile(const char *text, const struct compile_opts *o, struct compile_result *r)
{
	int e = compile_bpf("gft", text, strlen(text), o, r);

	if (r->err[0])
		print_message("%s\n", r->err);
	for (size_t i = 0; i < r->ndiags; i++)
		print_message("%s:%u:%u: %s\n", r->diags[i].file, r->diags[i].line, r->diags[i].col, r->diags[i].text);
	return e;
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/gft-test-cache-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* The only file of the cache. */
static void cached(char *path, size_t size)
{
	char pattern[128];
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/*.o", dir);
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	assert_int_equal(g.gl_pathc, 1);
	snprintf(path, size, "%s", g.gl_pathv[0]);
	globfree(&g);
}

static void test_sha256(void **state)
{
	static const struct {
		const char *text, *hash;
	} v[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	uint8_t out[SHA256_LEN];
	struct sha256 s;
	char hex[65], *million;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		sha256_init(&s);
		for (const char *p = v[i].text; *p; p++)
			sha256_add(&s, p, 1);
		sha256_end(&s, out);
		for (int k = 0; k < SHA256_LEN; k++)
			snprintf(hex + 2 * k, 3, "%02x", out[k]);
		assert_string_equal(hex, v[i].hash);
	}
	million = malloc(1000000);
	memset(million, 'a', 1000000);
	sha256_init(&s);
	sha256_add(&s, million, 1000000);
	sha256_end(&s, out);
	for (int k = 0; k < SHA256_LEN; k++)
		snprintf(hex + 2 * k, 3, "%02x", out[k]);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static void test_object(void **state)
{
	struct compile_opts o = { .no_cache = true, .want_ir = true };
	struct compile_result r;
	const Elf64_Ehdr *eh;

	(void)state;
	assert_int_equal(compile(program, &o, &r), 0);
	assert_true(r.object_len > sizeof(*eh));
	eh = r.object;
	assert_memory_equal(eh->e_ident, ELFMAG, SELFMAG);
	assert_int_equal(eh->e_machine, EM_BPF);
	assert_non_null(memmem(r.object, r.object_len, ".BTF.ext", 9));
	/* BTF quotes the source */
	assert_non_null(memmem(r.object, r.object_len, "gft_count(GFT_ST_DEPTH, c.site);", 32));
	assert_non_null(strstr(r.ir, "define"));
	assert_int_equal(r.ndiags, 0);
	compile_release(&r);
	compile_release(&r);
}

static void test_errors(void **state)
{
	static const char text[] = "#include <gft/bpf.h>\n"
				   "#line 7 \"hello.gft\"\n"
				   "int f(void) { return nothing; }\n"
				   "#line 12 \"hello.gft\"\n"
				   "int g(void) { return f(1, 2) +; }\n";
	struct compile_opts o = { .cache_dir = dir };
	struct compile_result r;
	bool first = false, second = false;

	(void)state;
	assert_int_equal(compile(text, &o, &r), -1);
	assert_null(r.object);
	assert_true(r.ndiags >= 2);
	for (size_t i = 0; i < r.ndiags; i++) {
		if (r.diags[i].level != 2)
			continue;
		assert_string_equal(r.diags[i].file, "hello.gft");
		first |= r.diags[i].line == 7 && strstr(r.diags[i].text, "undeclared identifier 'nothing'");
		second |= r.diags[i].line == 12;
	}
	assert_true(first && second);
	compile_release(&r);
}

/* No header of the host is seen; the main file has the name that the caller gave. */
static void test_no_host_headers(void **state)
{
	struct compile_opts o = { .no_cache = true };
	struct compile_result r;

	(void)state;
	assert_int_equal(compile("#include <stdio.h>\n", &o, &r), -1);
	assert_int_equal(r.ndiags, 1);
	assert_string_equal(r.diags[0].file, "gft");
	assert_int_equal(r.diags[0].line, 1);
	assert_string_equal(r.diags[0].text, "'stdio.h' file not found");
	compile_release(&r);
	assert_int_equal(compile("#include \"/etc/passwd\"\n", &o, &r), -1);
	compile_release(&r);
}

/* Errors of the back end, after which the compiler still works. */
static void test_back_end(void **state)
{
	static const char loop[] = "#line 3 \"a.gft\"\n"
				   "void *memcpy(void *, const void *, unsigned long);\n"
				   "int f(char *a, char *b, unsigned long n) { memcpy(a, b, n); return 0; }\n";
	static const char stack[] = "int g(char *); int f(void) { char big[100000]; return g(big); }\n";
	static const char assembly[] = "int f(void) { asm volatile(\"no such instruction\"); return 0; }\n";
	struct compile_opts o = { .no_cache = true };
	struct compile_result r;

	(void)state;
	assert_int_equal(compile(loop, &o, &r), -1);
	assert_true(r.ndiags >= 1);
	assert_int_equal(r.diags[0].level, 2);
	assert_string_equal(r.diags[0].file, "a.gft");
	assert_int_equal(r.diags[0].line, 4);
	compile_release(&r);
	assert_int_equal(compile(stack, &o, &r), -1);
	assert_true(r.ndiags >= 1);
	compile_release(&r);
	assert_int_equal(compile(assembly, &o, &r), -1);
	assert_true(r.ndiags >= 1);
	compile_release(&r);
	assert_int_equal(compile(program, &o, &r), 0);
	compile_release(&r);
}

/* The lines of a script that BTF quotes are those that the caller gave. */
static void test_sources(void **state)
{
	static const char text[] = "#include <gft/bpf.h>\n"
				   "extern int counter;\n"
				   "SEC(\"uprobe\")\n"
				   "int prog(struct pt_regs *regs)\n"
				   "{\n"
				   "#line 2 \"hello.gft\"\n"
				   "	gft_count(1, (__u32)regs->ip);\n"
				   "	return 0;\n"
				   "}\n";
	struct clang_file src = { "hello.gft", "// first\ngo:main.f { @quoted = count() }\n", 0 };
	struct compile_opts o = { .no_cache = true, .sources = &src, .nsources = 1 };
	struct compile_result r;

	(void)state;
	src.len = strlen(src.text);
	assert_int_equal(compile(text, &o, &r), 0);
	assert_non_null(memmem(r.object, r.object_len, "hello.gft:2: go:main.f { @quoted = count() }", 44));
	compile_release(&r);
}

static void test_cache(void **state)
{
	struct compile_opts o = { .cache_dir = dir };
	struct compile_result first, r;
	struct stat st;
	char path[256];
	int fd;

	(void)state;
	assert_int_equal(compile(program, &o, &first), 0);
	assert_false(first.from_cache);
	cached(path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_true(r.from_cache);
	assert_int_equal(r.object_len, first.object_len);
	assert_memory_equal(r.object, first.object, r.object_len);
	compile_release(&r);

	/* one bit is wrong: not used, and replaced */
	fd = open(path, O_RDWR);
	assert_int_equal(lseek(fd, -50, SEEK_END) > 0, 1);
	assert_int_equal(write(fd, "\x5a\xa5", 2), 2);
	close(fd);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_false(r.from_cache);
	assert_memory_equal(r.object, first.object, r.object_len);
	compile_release(&r);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_true(r.from_cache);
	compile_release(&r);

	/* cut short */
	assert_int_equal(truncate(path, 60), 0);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_false(r.from_cache);
	compile_release(&r);

	/* writable by others */
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_false(r.from_cache);
	compile_release(&r);

	/* a symbolic link, however good what it points to */
	assert_int_equal(rename(path, "/tmp/gft-test-object"), 0);
	assert_int_equal(symlink("/tmp/gft-test-object", path), 0);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_false(r.from_cache);
	compile_release(&r);
	unlink("/tmp/gft-test-object");
	compile_release(&first);
}

static void test_foreign_cache(void **state)
{
	struct compile_opts o = { .cache_dir = dir };
	struct compile_result r;
	char path[256];

	(void)state;
	assert_int_equal(compile(program, &o, &r), 0);
	compile_release(&r);
	cached(path, sizeof(path));

	/* a directory that others can write is not used at all */
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_false(r.from_cache);
	compile_release(&r);
	assert_int_equal(chmod(dir, 0700), 0);

	/* no cache at all is no failure */
	o.cache_dir = "/proc/no/such/directory";
	assert_int_equal(compile(program, &o, &r), 0);
	assert_false(r.from_cache);
	compile_release(&r);

	if (geteuid())
		skip();
	o.cache_dir = dir;
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_false(r.from_cache);
	compile_release(&r);
	assert_int_equal(chown(dir, 65534, 65534), 0);
	assert_int_equal(compile(program, &o, &r), 0);
	assert_false(r.from_cache);
	compile_release(&r);
}

/* What is damaged is not the same as what is not there. */
static void test_spoiled(void **state)
{
	static const char object[] = "an object that is not one, but long enough";
	const size_t whole = 8 + 8 + SHA256_LEN + SHA256_LEN + sizeof(object);
	struct cache *c = cache_open(dir);
	uint8_t key[SHA256_LEN] = { 7 };
	bool spoiled = true;
	char path[256];
	struct stat st;
	size_t len;
	void *got;

	(void)state;
	assert_non_null(c);
	assert_null(cache_get(c, key, &len, &spoiled));
	assert_false(spoiled);
	cache_put(c, key, object, sizeof(object));
	cached(path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, whole);
	for (size_t i = 0; i < whole; i++) { /* each byte counts */
		int fd = open(path, O_RDWR);
		uint8_t b;

		assert_int_equal(pread(fd, &b, 1, (off_t)i), 1);
		b ^= 0x10;
		assert_int_equal(pwrite(fd, &b, 1, (off_t)i), 1);
		assert_null(cache_get(c, key, &len, &spoiled));
		assert_true(spoiled);
		b ^= 0x10;
		assert_int_equal(pwrite(fd, &b, 1, (off_t)i), 1);
		close(fd);
	}
	got = cache_get(c, key, &len, &spoiled);
	assert_non_null(got);
	assert_false(spoiled);
	assert_int_equal(len, sizeof(object));
	free(got);
	for (size_t i = whole; i--;) { /* and each must be there */
		assert_int_equal(truncate(path, (off_t)i), 0);
		assert_null(cache_get(c, key, &len, &spoiled));
		assert_true(spoiled);
	}
	/* what cannot be a file does not hold us up */
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(cache_get(c, key, &len, &spoiled));
	assert_true(spoiled);
	cache_close(c);
}

/* Old files go when there are too many bytes. */
static void test_trim(void **state)
{
	const size_t big = 10u << 20;
	void *data = calloc(1, big), *got;
	struct cache *c = cache_open(dir);
	uint8_t key[SHA256_LEN] = { 0 };
	size_t len;

	(void)state;
	assert_non_null(c);
	for (int i = 0; i < 8; i++) {
		key[0] = (uint8_t)i;
		cache_put(c, key, data, big);
		usleep(20000);
		if (i == 5) { /* the first is used again */
			key[0] = 0;
			got = cache_get(c, key, &len, NULL);
			assert_non_null(got);
			free(got);
			usleep(20000);
		}
	}
	for (int i = 0; i < 8; i++) {
		key[0] = (uint8_t)i;
		got = cache_get(c, key, &len, NULL);
		if (i == 1 || i == 2)
			assert_null(got);
		else
			assert_non_null(got);
		free(got);
	}
	cache_close(c);
	free(data);
}

static void test_no_compiler(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	/* another process: the library is loaded once in each, and stays */
	if (!pid) {
		execl("/proc/self/exe", "test_compile", "--no-compiler", NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int no_compiler(void)
{
	struct compile_opts o = { .no_cache = true };
	struct compile_result r;

	setenv("GFT_CLANG_LIB", "/nonexistent/libgft-clang.so", 1);
	if (compile(program, &o, &r) != -ENOENT || !strstr(r.err, "/nonexistent/libgft-clang.so"))
		return 1;
	compile_release(&r);
	setenv("GFT_CLANG_LIB", "/lib/x86_64-linux-gnu/libz.so.1", 1);
	if (compile(program, &o, &r) != -ELIBBAD)
		return 2;
	compile_release(&r);
	setenv("GFT_CLANG_LIB", "/etc/passwd", 1);
	if (compile(program, &o, &r) != -ELIBACC)
		return 3;
	compile_release(&r);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_object),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test(test_no_host_headers),
		cmocka_unit_test(test_back_end),
		cmocka_unit_test(test_sources),
		cmocka_unit_test_setup_teardown(test_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spoiled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trim, setup, teardown),
		cmocka_unit_test(test_no_compiler),
	};

	if (argc > 1 && !strcmp(argv[1], "--no-compiler"))
		return no_compiler();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
