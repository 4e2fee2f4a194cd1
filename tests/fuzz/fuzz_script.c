/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fuzz_script - a script from a careless hand: parse it, check it against made
 * targets, write its C, print what was wrong with it.
 *
 * With GFT_FUZZ_COMPILE=N in the environment about every Nth script that passes
 * its checks is compiled too (slow), and must compile.  The scripts of examples/ and
 * tests/golden/ are good seeds; script.dict holds the words of the language.
 */
#define SEMA_HELP_PLAIN
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/alone.h"
#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/compile.h"
#include "parser/fetcharg.h"
#include "parser/parse.h"
#include "unit/sema_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool exists(void *ctx, const char *path)
{
	(void)ctx;
	return strlen(path) % 2;
}

static void inside(const struct source *s, struct src_loc loc)
{
	if (loc.begin > loc.end || loc.end > s->len)
		abort();
}

/* A FETCHARG's text need not end in a NUL. */
static void one_fetcharg(struct arena *a, const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	struct fetcharg *f;
	const char *name, *msg = NULL;
	size_t at = 0;
	long n;

	if (!text)
		return;
	if (size)
		memcpy(text, data, size);
	n = fetcharg_match(a, text, size, &f, &name, &msg, &at);
	if (n > (long)size || at > size || (n > 0 && !f) || (n < 0 && !msg))
		abort();
	free(text);
}

/* What passes the checks gives C; and that compiles. */
static void emitted(struct program *p, const uint8_t *data, size_t size)
{
	const char *every = getenv("GFT_FUZZ_COMPILE");
	unsigned long n = every ? strtoul(every, NULL, 10) : 0, hash = 5381;
	struct compile_opts co = { .no_cache = true };
	struct compile_result r;
	struct generated gen;
	struct buf b = BUF_INIT;

	program_dump(p, &b);
	codegen(p, &gen);
	buf_reset(&b);
	codegen_number_lines(gen.text, gen.len, &b);
	if (strlen(gen.text) != gen.len || strstr(gen.text, "#error"))
		abort();
	for (size_t i = 0; i < size; i++)
		hash = hash * 33 + data[i];
	if (n && hash % n == 0) {
		int e = compile_bpf("gft", buf_str(&b), b.len, &co, &r);

		for (size_t i = 0; i < r.ndiags && e == -1; i++)
			if (strstr(r.diags[i].text, "BPF stack limit"))
				e = 0;
		if (e) {
			for (size_t i = 0; i < r.ndiags; i++)
				fprintf(stderr, "%s:%u: %s\n", r.diags[i].file, r.diags[i].line, r.diags[i].text);
			fprintf(stderr, "%.*s\n%s\n", (int)size, (const char *)data, r.err);
			abort();
		}
		compile_release(&r);
	}
	buf_free(&b);
}

/* C definitions are for Clang, and import for the file system: not here. */
static bool closed(const struct ast *ast)
{
	return !ast->c_texts && !ast->imports;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const params[] = { "7", "main.x", "" };
	struct parse_opts opts = { .file_exists = exists, .params = params, .nparams = 3 };
	struct arena *a = arena_new();
	struct diag *d = diag_new(a);
	const struct source *s = diag_add_source(d, "input", (const char *)data, size);
	struct ast *ast = parse_script(a, d, s, &opts);
	struct attach_point ap;
	struct buf b = BUF_INIT;
	FILE *null = fopen("/dev/null", "w");

	ast_dump(ast, &b);
	for (const struct clause *c = ast->clauses; c; c = c->next) {
		if (!c->block)
			abort();
		inside(s, c->loc);
		inside(s, c->block->loc);
		for (uint32_t i = 0; i < c->npoints; i++)
			inside(s, c->points[i]->loc);
	}
	if (!diag_errors(d) && closed(ast)) {
		static const struct sema_opts so = { .unsafe = true, .checks = true };
		struct program *p = sema_check(ast, &fake, &so);

		if (!diag_errors(d))
			emitted(p, data, size);
	}
	if (size && size < 256 && !memchr(data, 0, size))
		attach_point_parse(ast, s->text, size, 0, &opts, &ap);
	one_fetcharg(a, data, size);
	if (null) {
		diag_print(d, null, false, true);
		fclose(null);
	}
	buf_free(&b);
	arena_free(a);
	return 0;
}
