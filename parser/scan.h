/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* scan.h - what the scanner keeps between tokens, and what it shares with the grammar. */
#ifndef GFT_PARSER_SCAN_H
#define GFT_PARSER_SCAN_H

#include "parser/fetcharg.h"
#include "parser/parse.h"

#define SCAN_DEPTH_MAX 200

typedef struct src_loc YYLTYPE;
#define YYLTYPE_IS_DECLARED 1

#ifndef YY_TYPEDEF_YY_SCANNER_T
#define YY_TYPEDEF_YY_SCANNER_T
typedef void *yyscan_t;
#endif

union YYSTYPE;

struct exprs {
	struct expr **v;
	const char **names; /* NULL until one is named */
	uint32_t n, cap, ncap;
};

struct open_bracket {
	char c;	       /* { < ( [ */
	bool is_cond;  /* ( of if, while, unroll, for: a statement follows its ) */
	bool is_fetch; /* ( of fetch */
	bool is_path;  /* ( of offsetof: behind its , any word is a field's name */
	bool is_value; /* { of a block in an expression */
	bool in_cond;  /* in_cond of the level around it */
	bool told;     /* a mistake in it was told: that it stays open is no other one */
	struct src_loc loc;
};

struct scan {
	struct ast *ast;
	struct arena *a;
	struct diag *d;
	const struct source *src;
	const struct parse_opts *opts;
	uint32_t pos; /* offset of the next byte */
	struct open_bracket open[SCAN_DEPTH_MAX + 1];
	unsigned depth;
	int last;		  /* token before this one */
	struct open_bracket shut; /* the bracket that was closed last */
	struct open_bracket left; /* one that the last token left open; c is 0 if none */
	bool in_let;		  /* the declaration of a map: it ends at its ) */
	bool in_head;		  /* behind attach points: predicate, block or nothing */
	bool in_pred;
	int cond;	/* which of them it was */
	bool in_cond;	/* if, while, unroll or for without a parenthesis: its block follows, on this level */
	bool at_stmt;	/* a statement could begin here */
	bool fetch_arg; /* an argument of fetch() begins here */
	bool bare_if;	/* a branch without braces was told: its else is no other mistake */
	bool bad_byte;	/* text that is no script was told of */
	bool astray;	/* outside of the clauses something stands that is no probe: told once until one comes */
	bool ended;	/* an error that makes all that follows meaningless was told */
	/* ends of the tree's lists */
	struct config_item **config_end;
	struct map_decl **map_decls_end;
	struct macro **macros_end;
	struct import **imports_end;
};

/*
 * Reads a list of attach points at pos of the source: their parsed forms in
 * *out (n of them) and the offset behind the last one as the result.
 */
uint32_t attach_scan(struct scan *s, uint32_t pos, struct attach_point ***out, uint32_t *n);

/* Whether text begins as a clause does: "begin", "u:", ... */
bool attach_begins(const char *text, size_t len);

/* What to take instead of probes of bpftrace that gft leaves out, by their name of n bytes; NULL: they are none. */
const char *attach_foreign(const char *raw, size_t n);

/*
 * Around the tokens of s->src, whose text must end in a NUL (struct source
 * promises it): 0, or -1 when there is no memory; then the next token and its
 * place, 0 at the end; then what ends it.
 */
int scan_begin(struct scan *s, yyscan_t *y);
int script_raw_lex(union YYSTYPE *v, YYLTYPE *loc, yyscan_t y);
int script_raw_lex_destroy(yyscan_t y);

/* Offset behind blanks and comments. */
uint32_t scan_skip(const struct source *src, uint32_t pos);

/*
 * Whether the parenthesis at pos opens a cast or a type: "(uint8)",
 * "(struct x *)".  Behind an operator (operand) a name alone is one when what
 * follows begins an operand as well: "(my_t)$x".
 */
bool scan_is_type(const struct source *src, uint32_t pos, bool operand);

/* Length of the UTF-8 character at text; 0 when it is none, or a control character. */
size_t scan_utf8(const char *text, size_t len);

enum number_error { NUMBER_OK, NUMBER_NONE, NUMBER_OCTAL, NUMBER_NO_HEX, NUMBER_SUFFIX, NUMBER_TOO_LARGE };

/*
 * A number as scripts spell it: 10, 0x1f, 017, 1_000, 1e6, 10ms (in ns), 1ul.
 * All of text must be one; *out is set where NUMBER_OK is given, *read tells how
 * many characters the number has in front of its suffix.
 */
enum number_error scan_number(const char *text, size_t len, uint64_t *out, size_t *read);

/* The same with a sign, from -2^63 to 2^63-1, of text that ends with a NUL; false: it is none. */
bool scan_signed(const char *text, int64_t *out);

/* An integer literal; queues an error and gives 0 when it makes no sense. */
uint64_t scan_int(struct scan *s, const char *text, size_t len, struct src_loc loc, bool *is_unsigned);

/* A string literal with its quotes: unescaped, in the arena. */
const char *scan_string(struct scan *s, const char *text, size_t len, struct src_loc loc, uint32_t *out_len);

#endif
