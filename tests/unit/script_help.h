/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* script_help.h - what the parser's tests share: a script parsed, its tree and its mistakes as text. */
#ifndef TESTS_SCRIPT_HELP_H
#define TESTS_SCRIPT_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "parser/fetcharg.h"
#include "parser/parse.h"

struct script {
	struct arena *a;
	struct diag *d;
	struct ast *ast;
	struct buf tree; /* clause(uprobe main.f, block(call graph)) */
	char *errors;	 /* as printed; "" when there are none */
	size_t nerrors;
};

static const char *const script_params[] = { "7", "main.x" };

static bool script_file_exists(void *ctx, const char *path)
{
	(void)ctx;
	return !strcmp(path, "bin/prog");
}

static const struct parse_opts script_opts = { .file_exists = script_file_exists,
					       .params = script_params,
					       .nparams = 2 };

/* The dump's indentation as parentheses, so that a tree is one line. */
static inline void script_fold(const char *dump, struct buf *out)
{
	unsigned depth = 0;

	while (*dump) {
		unsigned d = (unsigned)strspn(dump, " ") / 2;
		size_t n = strcspn(dump, "\n");

		if (out->len && d <= depth) {
			buf_pad(out, ')', depth - d);
			buf_puts(out, ", ");
		} else {
			buf_pad(out, '(', d - depth);
		}
		depth = d;
		buf_add(out, dump + 2 * d, n - 2 * d);
		dump += n + (dump[n] == '\n');
	}
	buf_pad(out, ')', depth);
}

static inline struct script script_parse_n(const char *text, size_t len)
{
	struct script s = { .a = arena_new() };
	struct buf dump = BUF_INIT;
	size_t n;
	FILE *f = open_memstream(&s.errors, &n);

	assert_non_null(f);
	s.d = diag_new(s.a);
	s.ast = parse_script(s.a, s.d, diag_add_source(s.d, "t", text, len), &script_opts);
	ast_dump(s.ast, &dump);
	script_fold(buf_str(&dump), &s.tree);
	buf_free(&dump);
	diag_print(s.d, f, false, true);
	fclose(f);
	s.nerrors = diag_errors(s.d);
	return s;
}

static inline struct script script_parse(const char *text)
{
	return script_parse_n(text, strlen(text));
}

static inline void script_free(struct script *s)
{
	buf_free(&s->tree);
	free(s->errors);
	arena_free(s->a);
}

/* The script is right, and this is its tree (NULL: any). */
static inline void script_is(const char *text, const char *tree)
{
	struct script s = script_parse(text);

	if (s.nerrors)
		fail_msg("%s\n%s", text, s.errors);
	if (tree && strcmp(buf_str(&s.tree), tree) != 0)
		fail_msg("%s\nexpected %s\n     got %s", text, tree, buf_str(&s.tree));
	script_free(&s);
}

/* The script has n mistakes; want stands in what is printed ("LINE:COL-ENDCOL: ERROR: ..."). */
static inline void script_fails(const char *text, size_t n, const char *want)
{
	struct script s = script_parse(text);

	if (s.nerrors != n || !strstr(s.errors, want))
		fail_msg("%s\nexpected %zu errors, with: %s\ngot %zu:\n%s", text, n, want, s.nerrors, s.errors);
	script_free(&s);
}

#endif
