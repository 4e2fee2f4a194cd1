/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* parse.c - running scanner and grammar over one source. */
#include "parser/parse.h"

#include <string.h>

#include "gft/arena.h"
#include "parser/scan.h"

int yyparse(struct scan *s, yyscan_t y);

#define SOURCE_MAX (1u << 20)

struct ast *parse_script(struct arena *a, struct diag *d, const struct source *src, const struct parse_opts *opts)
{
	struct ast *ast = ARENA_NEW(a, struct ast);
	struct scan *s = ARENA_NEW(a, struct scan);
	const char *nul = memchr(src->text, 0, src->len);
	struct src_loc at = { 0, 0, src->index, 0 };
	yyscan_t y;

	ast->arena = a;
	ast->diag = d;
	ast->source = src;
	s->ast = ast;
	s->a = a;
	s->d = d;
	s->src = src;
	s->opts = opts;
	s->config_end = &ast->config;
	s->map_decls_end = &ast->map_decls;
	s->macros_end = &ast->macros;
	s->imports_end = &ast->imports;
	if (src->len > SOURCE_MAX) {
		diag_error(d, at, "a script has at most 1 MiB");
		return ast;
	}
	if (nul) {
		at.begin = (uint32_t)(nul - src->text);
		at.end = at.begin + 1;
		diag_error(d, at, "unexpected byte 0x00: is this a script?");
		return ast;
	}
	if (scan_begin(s, &y)) {
		diag_error(d, at, "no memory for the scanner");
		return ast;
	}
	yyparse(s, y);
	script_raw_lex_destroy(y);
	return ast;
}
