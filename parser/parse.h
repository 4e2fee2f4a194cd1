/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* parse.h - script text to a syntax tree. */
#ifndef GFT_PARSER_PARSE_H
#define GFT_PARSER_PARSE_H

#include "parser/ast.h"

struct parse_opts {
	/* how "a/b:c" is told apart from a Go symbol; NULL: no file exists */
	bool (*file_exists)(void *ctx, const char *path);
	void *ctx;
	const char *const *params; /* positional parameters, $1 is params[0] */
	size_t nparams;
};

/*
 * Parses a source that d knows (diag_add_source).  Always returns a tree;
 * mistakes are queued in d and parsing goes on behind them where it can.
 */
struct ast *parse_script(struct arena *a, struct diag *d, const struct source *s, const struct parse_opts *opts);

/*
 * Parses attach point text alone (for -l and for translated command lines).
 * base is the offset of text[0] in the source, for locations.
 */
bool attach_point_parse(struct ast *ast, const char *text, size_t len, uint32_t base, const struct parse_opts *opts,
			struct attach_point *out);

#endif
