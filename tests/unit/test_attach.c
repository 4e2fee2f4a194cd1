/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Attach points: where one ends, what it means, what is said of a wrong one. */
#include "script_help.h"

/* Each is a whole clause head; want is its dump. */
static void test_table(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "begin", "begin" },
		{ "BEGIN", "begin" },
		{ "End", "end" },
		{ "begin, end", "begin, end" },
		{ "u:main.add", "uprobe main.add" },
		{ "uprobe:main.add", "uprobe main.add" },
		{ "UPROBE:main.add", "uprobe main.add" },
		{ "ur:main.add", "uretprobe main.add" },
		{ "uretprobe:main.add", "uretprobe main.add" },
		/* Go's names */
		{ "u:main.(*Student).String", "uprobe main.(*Student).String" },
		{ "u:main.Map[go.shape.int]", "uprobe main.Map[go.shape.int]" },
		{ "u:main.Map[go.shape.int,go.shape.string]", "uprobe main.Map[go.shape.int,go.shape.string]" },
		{ "u:main.F[go.shape.struct { A int; B string }]",
		  "uprobe main.F[go.shape.struct { A int; B string }]" },
		{ "u:main.main.func1", "uprobe main.main.func1" },
		{ "u:main.main.func1\xc2\xb7"
		  "dwrap\xc2\xb7"
		  "1",
		  "uprobe main.main.func1\xc2\xb7"
		  "dwrap\xc2\xb7"
		  "1" },
		{ "u:main.\xc3\xa4\xe4\xb8\x96", "uprobe main.\xc3\xa4\xe4\xb8\x96" },
		{ "u:net/http.(*conn).serve", "uprobe net/http.(*conn).serve" },
		{ "u:go.etcd.io/etcd/client/v3/concurrency.(*Mutex).tryAcquire",
		  "uprobe go.etcd.io/etcd/client/v3/concurrency.(*Mutex).tryAcquire" },
		{ "u:main.*", "uprobe main.*" },
		{ "u:main.[a-z]?*", "uprobe main.[a-z]?*" },
		{ "u:\"main.a b{,:}\"", "uprobe main.a b{,:}" },
		{ "u:main.\"x y\".z", "uprobe main.x y.z" },
		{ "u:\"a\\\"b\"", "uprobe a\"b" },
		/* lists */
		{ "u:main.*,!main.noisy*", "uprobe main.* !main.noisy*" },
		{ "u:a,b,!c,d", "uprobe a b !c d" },
		{ "u:a , b,\n !c", "uprobe a b !c" },
		{ "u:a,ur:b", "uprobe a, uretprobe b" },
		{ "u:a,b,ur:c,!d,begin,end", "uprobe a b, uretprobe c !d, begin, end" },
		{ "u:a,", "uprobe a" },
		{ "u:a,begin.x", "uprobe a begin.x" },
		{ "u:a,main.(*T).M,main.M[int]", "uprobe a main.(*T).M main.M[int]" },
		/* binaries */
		{ "u:bin/prog:main.f", "uprobe binary=bin/prog main.f" },
		{ "u:/usr/bin/x:main.f", "uprobe binary=/usr/bin/x main.f" },
		{ "u:./x:main.*", "uprobe binary=./x main.*" },
		{ "u:../x:main.f", "uprobe binary=../x main.f" },
		{ "u:~/x:main.f", "uprobe binary=~/x main.f" },
		{ "u:\"./a b\":main.f", "uprobe binary=./a b main.f" },
		{ "u:libc:malloc", "uprobe binary=libc malloc" },
		{ "u::main.f", "uprobe main.f" },
		{ "u:./x:main.f,main.g", "uprobe binary=./x main.f main.g" },
		/* places in functions */
		{ "u:main.f+16", "uprobe main.f +16" },
		{ "u:./x:main.f+0x10", "uprobe binary=./x main.f +16" },
		{ "u:./x:0x4a5b6c", "uprobe binary=./x 0x4a5b6c" },
		{ "u:0x4a5b6c", "uprobe 0x4a5b6c" },
		{ "u:./x:4096", "uprobe binary=./x 0x1000" },
		{ "u:./x:4096x", "uprobe binary=./x 4096x" },
		{ "u:./x@main.go:12", "uprobe binary=./x main.go:12" },
		{ "u:@main.go:12", "uprobe main.go:12" },
		{ "u:./x@/src/a/main.go:7", "uprobe binary=./x /src/a/main.go:7" },
		/* clocks */
		{ "interval:s:1", "interval 1000000000ns" },
		{ "i:ms:100", "interval 100000000ns" },
		{ "i:us:5", "interval 5000ns" },
		{ "i:ns:5000", "interval 5000ns" },
		{ "i:hz:10", "interval 10hz" },
		{ "i:5s", "interval 5000000000ns" },
		{ "i:250ms", "interval 250000000ns" },
		{ "i:1m", "interval 60000000000ns" },
		{ "i:1000", "interval 1000ns" },
		{ "i:us:1_000", "interval 1000000ns" },
		{ "i:1_000us", "interval 1000000ns" },
		{ "i:s:1e3", "interval 1000000000000ns" },
		{ "p:hz:99", "profile 99hz" },
		{ "profile:ms:10", "profile 10000000ns" },
		/* the others */
		{ "t:sched:sched_switch", "tracepoint sched:sched_switch" },
		{ "tracepoint:syscalls:sys_enter_*", "tracepoint syscalls:sys_enter_*" },
		{ "t:*", "tracepoint *:*" },
		{ "t:*exec*", "tracepoint *:*exec*" },
		{ "rt:sched_switch", "rawtracepoint sched_switch" },
		{ "software:faults", "software faults" },
		{ "s:faults:100", "software faults every 100" },
		{ "s:faults:*", "software faults" },
		{ "s:faults:1_000", "software faults every 1000" },
		{ "h:cycles:1000000", "hardware cycles every 1000000" },
		{ "self:signal:SIGUSR1", "self signal:SIGUSR1" },
		{ "k:vfs_read", "kprobe vfs_read" },
		{ "k:\"vfs.a\"+16", "kprobe vfs.a+16" },
		{ "k:ext4:f", "kprobe ext4:f" },
		{ "k:vmlinux:f*", "kprobe vmlinux:f*" },
		{ "t:\"sched\":sched_switch", "tracepoint sched:sched_switch" },
		{ "kr:vfs_read", "kretprobe vfs_read" },
		{ "f:vfs_read", "fentry vfs_read" },
		{ "fr:vfs_read", "fexit vfs_read" },
		{ "kfunc:vfs_read", "fentry vfs_read" },
		{ "kretfunc:vfs_read", "fexit vfs_read" },
		{ "go:gc-start", "go gc-start" },
		/* $1 is 7, $2 is main.x */
		{ "u:$2", "uprobe main.x" },
		{ "u:./x:$2,main.y$1", "uprobe binary=./x main.x main.y7" },
		{ "i:s:$1", "interval 7000000000ns" },
		{ "u:\"main.$2\\\"$1\"$1", "uprobe main.$2\"$17" },
	};
	static const char *const tails[] = { "", " {}", "{}", " < >", "<>", " /1/ {}", "\n{}", " // x\n{}" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (size_t k = 0; k < sizeof(tails) / sizeof(tails[0]); k++) {
			struct buf text = BUF_INIT, tree = BUF_INIT;

			buf_printf(&text, "%s%s", t[i].text, tails[k]);
			buf_printf(&tree, "clause(%s, %s%s)", t[i].want, k == 5 ? "predicate(int 1), " : "",
				   k ? "block" : "no block");
			script_is(buf_str(&text), buf_str(&tree));
			buf_free(&text);
			buf_free(&tree);
		}
	}
}

static void test_mistakes(void **state)
{
	(void)state;
	script_fails("foo:bar {}", 1, "t:1:1-4: ERROR: unknown probe 'foo'\nfoo:bar {}\n~~~\nHINT: probes are");
	script_fails("uprob:f {}", 1, "did you mean 'uprobe'?");
	script_fails("intervall:s:1 {}", 1, "did you mean 'interval'?");
	script_fails("main.f {}", 1, "unknown probe 'main.f'");
	script_fails("u: {}", 1, "which function?");
	script_fails("u {}", 1, "which function?");
	script_fails("u:./x {}", 1, "which function of this binary?");
	script_fails("u:bin/prog {}", 1, "u:bin/prog:main.*");
	script_fails("u:./x: {}", 1, "which function?");
	script_fails("u:./x:a:b {}", 1, "too many ':'");
	script_fails("u:0xzz {}", 1, "is no address");
	script_fails("u:./x@main.go {}", 1, "BINARY@file.go:LINE");
	script_fails("u:./x@main.go:0 {}", 1, "BINARY@file.go:LINE");
	script_fails("u:!f {}", 1, "an exclusion follows");
	script_fails("u:f,! {}", 1, "which functions are excluded?");
	script_fails("u:main.(f {}\nend {}", 1, "t:1:8-9: ERROR: this '(' is not closed on its line");
	script_fails("u:main.[f {}", 1, "this '[' is not closed on its line");
	script_fails("u:\"main.f {}\n", 1, "t:1:3-4: ERROR: this '\"' is not closed on its line");
	script_fails("begin:x {}", 1, "begin stands alone");
	script_fails("t:sched {}", 1, "tracepoint:CATEGORY:NAME");
	script_fails("t:sched: {}", 1, "tracepoint:CATEGORY:NAME");
	script_fails("self:x {}", 1, "self:signal:SIGUSR1");
	script_fails("k {}", 1, "of what?");
	script_fails("k:vfs_read: {}", 1, "HINT: kprobe:FUNC or kprobe:MODULE:FUNC");
	script_fails("k:ext4:* {}", 1,
		     "which functions ext4 has is not known\nk:ext4:* {}\n~~~~~~~~\nHINT: a pattern of their names: "
		     "kprobe:ext4_*");
	script_fails("f:a:b:c {}", 1, "too many ':'");
	script_fails("t:a:b:c {}", 1, "tracepoint:CATEGORY:NAME");
	script_fails("i:100 {}", 1, "t:1:1-6: ERROR: i:100: the shortest time is 1us: this is 100 ns");
	script_fails("i:ns:999 {}", 1, "the shortest time is 1us");
	script_fails("i:s:1_ {}", 1, "'1_' is no number of this unit");
	script_fails("i:s:1ms {}", 1, "'1ms' is no number of this unit");
	script_fails("i:x:1 {}", 1, "unknown unit 'x'");
	script_fails("i:5x {}", 1, "unknown unit 'x'");
	script_fails("i:s: {}", 1, "how often?");
	script_fails("i:s:0 {}", 1, "'0' is no number of this unit");
	script_fails("i:s:a {}", 1, "'a' is no number of this unit");
	script_fails("i:s:99999999999999999999 {}", 1, "out of range");
	script_fails("p:hz:99999999 {}", 1, "HINT: profile:s:1");
	script_fails("s:faults:x {}", 1, "'x' is no number of events");
	script_fails("begin {} }", 1, "t:1:10-11: ERROR: this '}' closes nothing");
	script_fails("{ }", 1, "a probe was expected here");
	script_fails("u:f {}, u:g {}", 1, "t:1:7-8: ERROR: a probe was expected here");
	/* every one of them is told */
	script_fails("a:b {} c:d {} u: {} i:x:1 {}", 4, "unknown unit");
}

/* For -l: without a script around it. */
static void test_alone(void **state)
{
	struct script s = script_parse("");
	struct attach_point ap;

	(void)state;
	assert_true(attach_point_parse(s.ast, "u:main.(*T).M", 13, 0, &script_opts, &ap));
	assert_int_equal(ap.provider, PROV_UPROBE);
	assert_int_equal(ap.npatterns, 1);
	assert_string_equal(ap.patterns[0].text, "main.(*T).M");
	assert_true(attach_point_parse(s.ast, "t:sched:*rest", 9, 0, NULL, &ap));
	assert_string_equal(ap.target, "sched:*");
	assert_false(attach_point_parse(s.ast, "x:y", 3, 0, &script_opts, &ap));
	assert_int_equal(ap.provider, PROV_NONE);
	assert_int_equal(diag_errors(s.d), 1);
	script_free(&s);
}

/* raw is what was written; places are those of the source. */
static void test_places(void **state)
{
	static const char text[] = "// one\nu:main.*,!main.b , begin { }\n";
	struct script s = script_parse(text);
	const struct clause *c = s.ast->clauses;

	(void)state;
	assert_int_equal(s.nerrors, 0);
	assert_int_equal(c->npoints, 2);
	assert_string_equal(c->points[0]->raw, "u:main.*,!main.b");
	assert_int_equal(c->points[0]->loc.begin, 7);
	assert_int_equal(c->points[0]->loc.end, 23);
	assert_int_equal(c->points[0]->patterns[1].loc.begin, 16);
	assert_true(c->points[0]->patterns[1].exclude);
	assert_string_equal(c->points[1]->raw, "begin");
	assert_int_equal(c->points[1]->loc.begin, 26);
	script_free(&s);
}

/* A list is read in a time that grows with its length. */
static void test_long_list(void **state)
{
	struct buf b = BUF_INIT;
	struct script s;

	(void)state;
	buf_puts(&b, "u:f");
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&b, ",g%u", i);
	s = script_parse(buf_str(&b));
	assert_int_equal(s.nerrors, 0);
	assert_int_equal(s.ast->clauses->points[0]->npatterns, 100001);
	assert_string_equal(s.ast->clauses->points[0]->patterns[100000].text, "g99999");
	assert_string_equal(s.ast->clauses->points[0]->raw, buf_str(&b));
	script_free(&s);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),  cmocka_unit_test(test_mistakes),	 cmocka_unit_test(test_alone),
		cmocka_unit_test(test_places), cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
