/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fuzz_script - a script from a careless hand: parse it, dump the tree, print
 * what was wrong with it.
 *
 * The scripts of examples/ and tests/golden/ are good seeds; script.dict holds
 * the words of the language.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/alone.h"
#include "gft/arena.h"
#include "gft/buf.h"
#include "parser/fetcharg.h"
#include "parser/parse.h"

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
