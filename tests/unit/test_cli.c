/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The command line, and go-ftrace's as a script. */
#include <fcntl.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gft/buf.h"
#include "runtime/cli.h"

#define ARGS 24

/* Files that operands name: an ELF file and a text file. */
static const char elf[] = "/tmp/gft-test-cli-elf", text[] = "/tmp/gft-test-cli.gft";

struct line {
	struct cli c;
	char *argv[ARGS + 1];
	char copy[4096];
	int result, status;
	char said[4096]; /* on standard error */
};

/* Words parted by one blank each; 'a b' is one word. */
static void run(struct line *l, const char *words)
{
	int argc = 0, saved, pipes[2];
	ssize_t n;
	char *p;

	memset(l, 0, sizeof(*l));
	snprintf(l->copy, sizeof(l->copy), "gft %s", words);
	for (p = l->copy; *p && argc < ARGS;) {
		char end = *p == '\'' ? '\'' : ' ';

		l->argv[argc++] = p + (end == '\'');
		p = strchr(p + 1, end);
		if (!p)
			break;
		*p++ = 0;
		if (end == '\'' && *p == ' ')
			p++;
	}
	optind = 0; /* getopt anew */
	fflush(stderr);
	assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
	saved = dup(2);
	dup2(pipes[1], 2);
	l->result = cli_parse(&l->c, argc, l->argv, &l->status);
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
	close(pipes[1]);
	n = read(pipes[0], l->said, sizeof(l->said) - 1);
	l->said[n > 0 ? n : 0] = 0;
	close(pipes[0]);
}

static struct line l;

static const struct cli *ok(const char *words)
{
	cli_free(&l.c);
	run(&l, words);
	if (l.result)
		fail_msg("gft %s: %s", words, l.said);
	return &l.c;
}

static void bad(const char *words, const char *want)
{
	cli_free(&l.c);
	run(&l, words);
	if (l.result != -1 || l.status != 1 || !strstr(l.said, want) || !strstr(l.said, "HINT: "))
		fail_msg("gft %s: result %d, status %d\nexpected %s\ngot %s", words, l.result, l.status, want, l.said);
}

static int setup(void **state)
{
	FILE *f = fopen(elf, "we");

	(void)state;
	if (!f)
		return -1;
	fputs("\177ELF", f);
	fclose(f);
	f = fopen(text, "we");
	if (!f)
		return -1;
	fputs("begin { exit(); }\n", f);
	return fclose(f);
}

static int teardown(void **state)
{
	(void)state;
	cli_free(&l.c);
	unlink(elf);
	unlink(text);
	return 0;
}

/* What gft does not know is kept for the script, a part of a name of gft's too. */
static void test_options_of_the_script(void **state)
{
	const struct cli *c = ok("--min=3 -e x --buf 5 --verb=1 -- --unsafe y");

	(void)state;
	assert_int_equal(c->noptions, 4);
	assert_string_equal(c->options[0], "--min=3");
	assert_string_equal(c->options[1], "--buf");
	assert_string_equal(c->options[2], "--verb=1");
	assert_string_equal(c->options[3], "--unsafe");
	assert_false(c->unsafe);
	assert_int_equal(c->ring_bytes, 0);
	assert_int_equal(c->noperands + (c->binary != NULL), 2);
	assert_string_equal(cli_near("--unsfe=1"), "unsafe");
	assert_null(cli_near("--zzzzzz"));
	bad("--min=3", "unknown option --min=3");
}

static void test_what_to_run(void **state)
{
	const struct cli *c;

	(void)state;
	c = ok("-e 'begin { }' ./prog 5 x");
	assert_string_equal(c->expr, "begin { }");
	assert_string_equal(c->binary, "./prog");
	assert_int_equal(c->noperands, 2);
	assert_string_equal(c->operands[0], "5");
	assert_null(c->script_file);
	c = ok("/tmp/gft-test-cli.gft ./prog a");
	assert_string_equal(c->script_file, text);
	assert_string_equal(c->binary, "./prog");
	assert_int_equal(c->noperands, 1);
	c = ok("- ./prog");
	assert_string_equal(c->script_file, "-");
	/* options behind operands, and -- */
	c = ok("-e x ./prog -q -- -v");
	assert_true(c->quiet);
	assert_false(c->verbose);
	assert_int_equal(c->noperands, 1);
	assert_string_equal(c->operands[0], "-v");
	/* a process is the target: what follows are parameters, unless it is a file */
	c = ok("-e x -p 12 7");
	assert_null(c->binary);
	assert_int_equal(c->noperands, 1);
	c = ok("-e x -p 12 /tmp/gft-test-cli-elf 7");
	assert_string_equal(c->binary, elf);
	c = ok("-e x -c './a -n 3' word");
	assert_string_equal(c->command, "./a -n 3");
	assert_null(c->binary);
	assert_int_equal(c->noperands, 1);
	c = ok("-l u:main.* /tmp/gft-test-cli-elf");
	assert_true(c->list);
	assert_string_equal(c->list_pattern, "u:main.*");
	assert_string_equal(c->binary, elf);
	c = ok("-l /tmp/gft-test-cli-elf");
	assert_null(c->list_pattern);
	c = ok("--info");
	assert_true(c->info);
	c = ok("info /tmp/gft-test-cli-elf");
	assert_true(c->about);
	assert_string_equal(c->binary, elf);
	c = ok("replay /tmp/gft-test-cli.gft");
	assert_true(c->replay);
	bad("-q", "no script");
	bad("/tmp/gft-test-cli-elf", "is a binary, not a script");
	bad("-e a -e b ./prog", "-e is given twice");
	bad("-e a -u b ./prog", "-e and -u are both given");
	bad("-u main.*", "no binary");
	bad("replay", "takes one file");
	bad("info a b", "takes one file");
}

static void test_options(void **state)
{
	char many[8 + 2 * GFT_PIDS + 8] = "";

	const struct cli *c;

	(void)state;
	c = ok("-e x ./p -o out -f text -B full -P /src/ --debuginfo /d --record r --stream --dry-run --no-cache "
	       "--no-warnings --unsafe --script");
	assert_string_equal(c->output, "out");
	assert_string_equal(c->format, "text");
	assert_string_equal(c->buffering, "full");
	assert_string_equal(c->trim_prefix, "/src/");
	assert_string_equal(c->debug_dir, "/d");
	assert_string_equal(c->record, "r");
	assert_true(c->stream && c->dry_run && c->no_cache && c->no_warnings && c->unsafe && c->script);
	assert_int_equal(c->ready_fd, -1);
	assert_true(c->exclude_vendor);
	c = ok("-e x ./p");
	assert_int_equal(c->color, COLOR_AUTO);
	assert_false(c->stream || c->dry_run || c->no_cache || c->verbose || c->quiet);
	c = ok("-e x ./p -p 1,22 -p 333");
	assert_int_equal(c->npids, 3);
	assert_int_equal(c->pids[1], 22);
	c = ok("-e x ./p -p '4 5'");
	assert_int_equal(c->npids, 2);
	assert_int_equal(ok("-e x ./p --buffer 16M")->ring_bytes, 16 << 20);
	assert_int_equal(ok("-e x ./p --buffer=512k")->ring_bytes, 512 << 10);
	assert_int_equal(ok("-e x ./p --buffer 4096")->ring_bytes, 4096);
	assert_int_equal(ok("-e x ./p --color")->color, COLOR_ALWAYS);
	assert_int_equal(ok("-e x ./p --color=never")->color, COLOR_NEVER);
	assert_int_equal(ok("-e x ./p --colour=auto")->color, COLOR_AUTO);
	assert_int_equal(ok("-e x ./p --ready-fd 3")->ready_fd, 3);
	assert_false(ok("-u x ./p --exclude-vendor=false")->exclude_vendor);
	assert_true(ok("-u x ./p --exclude-vendor=true")->exclude_vendor);
	assert_string_equal(ok("-d ast -e x ./p")->stage, "ast");
	assert_string_equal(ok("-e x ./p -d c")->stage, "c");
	/* go-ftrace's -d takes no value */
	c = ok("-u main.* -d ./p");
	assert_null(c->stage);
	assert_true(c->verbose);
	assert_string_equal(c->binary, "./p");
	assert_true(ok("-u main.* ./p -d")->verbose);
	assert_true(ok("-u main.* ./p --debug")->verbose);
	bad("-e x ./p -p 12x", "'12x' is not a process id");
	bad("-e x ./p -p 0", "is not a process id");
	bad("-e x ./p -p -5", "is not a process id");
	bad("-e x ./p -p 99999999999", "is not a process id");
	bad("-e x ./p -p ''", "no process id");
	for (size_t i = 0; i <= GFT_PIDS; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "%s7", i ? "," : "-e x -p ");
	bad(many, "more than 1024");
	assert_int_equal(ok("-e x ./p")->follow, FOLLOW_AUTO);
	assert_int_equal(ok("-e x ./p --no-follow")->follow, FOLLOW_NO);
	assert_int_equal(ok("-e x ./p --follow")->follow, FOLLOW_YES);
	bad("-e x ./p --buffer 5X", "'5X' is not a size");
	bad("-e x ./p --buffer 0", "is not a size");
	bad("-e x ./p --buffer -1", "is not a size");
	bad("-e x ./p --buffer 99999999999G", "is not a size");
	bad("-e x ./p --color=pink", "none of auto, always, never");
	bad("-e x ./p --exclude-vendor=maybe", "neither true nor false");
	bad("-e x ./p -f xml", "no format 'xml'");
	bad("-e x ./p --ready-fd x", "is not a descriptor");
	bad("-l --bufer 5", "did you mean --buffer?");
	bad("-l --buf 5", "did you mean --buffer?");
	bad("--qqqqqqqqq", "unknown option --qqqqqqqqq");
	bad("-e x ./p --quiet=1", "--quiet=1: this option takes no value");
	bad("-e x ./p -Z", "unknown option -Z");
	bad("-e", "-e needs a value");
	bad("-e x ./p --buffer", "--buffer needs a value");
}

/* A go-ftrace command line and the script that it means. */
static void test_translation(void **state)
{
	static const struct {
		const char *line, *script;
	} t[] = {
		{ "-u main.add ./p", "u:main.add { graph(); }\n" },
		{ "-u main.* ./p", "u:main.*,!*/vendor/* { graph(); }\n" },
		{ "-u main.* --exclude-vendor=false ./p", "u:main.* { graph(); }\n" },
		{ "-u a/vendor/b.* ./p", "u:a/vendor/b.* { graph(); }\n" },
		{ "-u main.a -u main.b ./p", "u:main.a { graph(); }\nu:main.b { graph(); }\n" },
		/* targets: only they open graphs */
		{ "-u main.* ./p main.add", "u:main.*,!*/vendor/* {  }\nu:main.add { graph(); }\n" },
		{ "-u main.* ./p 'main.(*T).M'", "u:main.*,!*/vendor/* {  }\nu:main.(*T).M { graph(); }\n" },
		/* a list of values is no target */
		{ "-u main.* ./p 'main.add(n=(+8(%ax)):s64)'",
		  "u:main.*,!*/vendor/* { graph(); }\nu:main.add { fetch(n=(+8(%ax)):s64); }\n" },
		{ "-u main.a ./p 'main.(*T).M(s.name=(*+0(%ax)):c64, s.len=(+8(%ax)):s64)'",
		  "u:main.a { graph(); }\nu:main.(*T).M { fetch(s.name=(*+0(%ax)):c64, s.len=(+8(%ax)):s64); }\n" },
		{ "-u main.a ./p 'main.b()'", "u:main.a { graph(); }\nu:main.b {  }\n" },
		{ "-u main.a -D main.root ./p", "u:main.a {  }\nu:main.root { graph(); }\n" },
		{ "-u main.a -D main.root ./p main.b", "u:main.a {  }\nu:main.root { graph(); }\nu:main.b {  }\n" },
		{ "-u main.a ./p main.b 'main.c(%ax:u8)'",
		  "u:main.a {  }\nu:main.b { graph(); }\nu:main.c { fetch(%ax:u8); }\n" },
		/* names that the scanner would stop at */
		{ "-u 'main.F[go.shape.struct { A int }]' ./p", "u:\"main.F[go.shape.struct { A int }]\"" },
		{ "-u main.M[int,string] ./p", "u:\"main.M[int,string]\"" },
		{ "-u net/http.x ./p", "u:net/http.x { graph(); }\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct buf b = BUF_INIT;

		assert_true(cli_translate(ok(t[i].line), &b));
		if (strncmp(buf_str(&b), t[i].script, strlen(t[i].script)) != 0 ||
		    (t[i].script[strlen(t[i].script) - 1] == '\n' && b.len != strlen(t[i].script)))
			fail_msg("gft %s\nexpected %s\ngot %s", t[i].line, t[i].script, buf_str(&b));
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_to_run),
		cmocka_unit_test(test_options_of_the_script),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_translation),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
