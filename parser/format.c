/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * format.c - see format.h.
 *
 * The scanner's tokens are written again with other blanks between them;
 * attach points, C and the arguments of fetch() are tokens as they stand.
 * Comments lie in the gaps between tokens.  To be sure, the result is parsed and
 * must give the same tree.
 */
#include "parser/format.h"

#include <ctype.h>
#include <string.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "parser/scan.h"
#include "script.tab.h"

struct token {
	int t;
	uint32_t begin, end;
};

/* What an open bracket is. */
enum group { G_BLOCK, G_CAST, G_PLAIN };

struct format {
	const char *text;
	struct token *v;
	size_t n, cap;
	struct buf out;
	enum group open[SCAN_DEPTH_MAX + 1];
	unsigned depth, blocks; /* brackets that are open; and blocks among them */
	bool cast;		/* the last ')' closed a cast */
	bool unary;		/* the last token was an operator in front of its operand */
	bool line;		/* a line ends before what comes next */
	bool blank;		/* ... and a blank one follows */
	bool stmt;		/* a statement, or something at top level, begins next */
	bool deep;		/* the last thing at top level had several lines */
};

static bool read_tokens(struct format *f, struct arena *a, const struct source *src, const struct parse_opts *opts)
{
	struct scan *s = ARENA_NEW(a, struct scan);
	struct ast *ast = ARENA_NEW(a, struct ast);
	YYLTYPE loc = { 0, 0, 0, 0 };
	yyscan_t y;
	YYSTYPE v;
	int t;

	s->a = ast->arena = a;
	s->ast = ast;
	s->d = ast->diag = diag_new(a);
	s->src = ast->source = src;
	s->opts = opts;
	if (scan_begin(s, &y))
		return false;
	while ((t = script_raw_lex(&v, &loc, y)))
		ARENA_PUSH(a, f->v, f->n, f->cap, ((struct token){ t, loc.begin, loc.end }));
	script_raw_lex_destroy(y);
	return !diag_errors(s->d);
}

/* --- blanks ----------------------------------------------------------------------------- */

static bool is_operand(const struct format *f, int t)
{
	switch (t) {
	case IDENT:
	case VAR:
	case MAP:
	case INT:
	case PARAM:
	case NPARAMS:
	case STRING:
	case TRUE:
	case FALSE:
	case UNDERSCORE:
	case FETCHARG:
	case ']':
	case '}': return true;
	case ')': return !f->cast;
	default: return false;
	}
}

static bool is_open(int t)
{
	return t == '(' || t == LTYPE || t == '[' || t == '{' || t == LVALUE || t == LANGLE;
}

static bool is_close(int t)
{
	return t == ')' || t == ']' || t == '}' || t == RANGLE;
}

/* Whether operator t stands in front of its operand. */
static bool is_unary(const struct format *f, int prev, int t)
{
	if (t == '!' || t == '~')
		return true;
	return (t == '-' || t == '*' || t == '&' || t == INC || t == DEC) && !is_operand(f, prev);
}

/* Whether a blank stands between p and k, of one line. */
static bool is_apart(const struct format *f, const struct token *p, const struct token *k)
{
	bool in_type = f->depth && f->open[f->depth - 1] == G_CAST;

	if (k->t == '=' || k->t == ASSIGN || p->t == PRED || k->t == PRED || k->t == ENDPRED || k->t == ELSE ||
	    k->t == LANGLE || k->t == '{')
		return true;
	if (k->t == ',' || k->t == ';' || k->t == ')' || k->t == ']' || k->t == '.' || k->t == ARROW ||
	    k->t == DOTDOT || k->t == NOBLOCK)
		return false;
	if (p->t == '(' || p->t == LTYPE || p->t == '[' || p->t == '.' || p->t == ARROW || p->t == DOTDOT)
		return false;
	if (in_type && k->t == '*')
		return p->t != '*';
	if (f->unary) /* two of them must not become another operator */
		return f->text[p->end - 1] == f->text[k->begin];
	if (p->t == ')' && f->cast)
		return false;
	if (k->t == '(' || k->t == LTYPE)
		return p->t == IF || p->t == IF_VALUE || p->t == WHILE || p->t == FOR || p->t == UNROLL ||
		       !(is_operand(f, p->t) || p->t == SIZEOF || p->t == OFFSETOF || p->t == TYPEOF || p->t == FETCH);
	if (k->t == '[')
		return !is_operand(f, p->t) && p->t != '*';
	if ((k->t == INC || k->t == DEC) && is_operand(f, p->t))
		return false;
	if (p->t == '?' && k->t == ':')
		return false;
	return true;
}

/* --- lines -------------------------------------------------------------------------------- */

static void end_line(struct format *f, unsigned indent)
{
	while (f->out.len && (f->out.data[f->out.len - 1] == ' ' || f->out.data[f->out.len - 1] == '\t'))
		f->out.len--;
	if (f->out.len && f->out.data[f->out.len - 1] != '\n')
		buf_putc(&f->out, '\n');
	if (f->blank && f->out.len > 1 && f->out.data[f->out.len - 2] != '\n')
		buf_putc(&f->out, '\n');
	buf_pad(&f->out, '\t', indent);
	f->line = f->blank = false;
}

static bool at_line(const struct format *f)
{
	size_t n = f->out.len;

	while (n && f->out.data[n - 1] == '\t')
		n--;
	return !n || f->out.data[n - 1] == '\n';
}

/* Text of the source, without blanks at its end and at the ends of its lines. */
static void raw(struct format *f, uint32_t begin, uint32_t end)
{
	for (uint32_t p = begin; p < end;) {
		const char *nl = memchr(f->text + p, '\n', end - p);
		uint32_t stop = nl ? (uint32_t)(nl - f->text) : end, last = stop;

		while (last > p && strchr(" \t\r", f->text[last - 1]))
			last--;
		buf_add(&f->out, f->text + p, last - p);
		if (nl)
			buf_putc(&f->out, '\n');
		p = stop + 1;
	}
}

/* The end of the comment (or the line of "#!") at p, or p. */
static uint32_t comment_end(const struct format *f, uint32_t p)
{
	const char *t = f->text + p, *e;

	if ((t[0] == '/' && t[1] == '/') || (!p && t[0] == '#' && t[1] == '!'))
		return p + (uint32_t)strcspn(t, "\n");
	if (t[0] != '/' || t[1] != '*')
		return p;
	e = strstr(t + 2, "*/");
	return e ? p + (uint32_t)(e - t) + 2 : p + (uint32_t)strlen(t);
}

/*
 * What lies between two tokens: comments are written, and blank lines between
 * statements noted.  Returns whether a line ends in it.
 */
static bool gap(struct format *f, uint32_t p, uint32_t end, unsigned indent)
{
	unsigned lines = 0;
	bool broken = false;

	while (p < end) {
		uint32_t e = comment_end(f, p);

		if (f->text[p] == '\n')
			lines++;
		if (e == p || e > end) {
			p++;
			continue;
		}
		broken |= lines != 0;
		if (lines || f->out.len == 0) { /* a line of its own */
			f->blank |= lines > 1 && f->stmt;
			end_line(f, indent);
		} else if (!at_line(f)) {
			buf_putc(&f->out, ' ');
		}
		raw(f, p, e);
		if (f->text[p] == '#' || f->text[p + 1] == '/')
			f->line = true;
		lines = 0;
		p = e;
	}
	f->blank |= lines > 1 && f->stmt && f->out.len;
	f->line |= lines && f->stmt;
	return broken || lines;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* Whether a '}' ends a statement, when k follows. */
static bool ends_statement(const struct token *k)
{
	switch (k->t) {
	case IDENT:
	case VAR:
	case MAP:
	case IF:
	case WHILE:
	case FOR:
	case UNROLL:
	case LET:
	case RETURN:
	case BREAK:
	case CONTINUE:
	case FETCH:
	case UNDERSCORE:
	case INC:
	case DEC:
	case '{':
	case '(': return true;
	default: return false;
	}
}

static void write_token(struct format *f, const struct token *k)
{
	if (k->t == ARGNAME) { /* "name =" of fetch() */
		uint32_t e = k->begin;

		while (e < k->end && f->text[e] != '=' && !isspace((unsigned char)f->text[e]))
			e++;
		raw(f, k->begin, e);
		buf_puts(&f->out, " =");
		return;
	}
	raw(f, k->begin, k->end);
}

static void open_group(struct format *f, const struct token *p, const struct token *k)
{
	bool block = k->t == '{' || k->t == LVALUE || k->t == LANGLE;

	if (f->depth <= SCAN_DEPTH_MAX)
		f->open[f->depth] = block ? G_BLOCK
				    : k->t == LTYPE && p && p->t != SIZEOF && p->t != OFFSETOF && p->t != TYPEOF
					    ? G_CAST
					    : G_PLAIN;
	f->depth++;
	f->blocks += block;
}

static void close_group(struct format *f)
{
	if (!f->depth)
		return;
	f->depth--;
	f->blocks -= f->open[f->depth] == G_BLOCK;
	f->cast = f->open[f->depth] == G_CAST;
}

/* Whether a line that ends in front of k stays. */
static bool breakable(const struct token *p, const struct token *k)
{
	switch (k->t) {
	case '{':
	case LVALUE:
	case LANGLE:
	case ELSE:
	case ';':
	case ',':
	case ')':
	case ']':
	case '.':
	case ARROW:
	case NOBLOCK:
	case DOTDOT: return false;
	default: return p->t != '(' && p->t != LTYPE && p->t != '[' && p->t != DOTDOT && p->t != '.' && p->t != ARROW;
	}
}

static void one(struct format *f, size_t i)
{
	const struct token *k = &f->v[i], *p = i ? &f->v[i - 1] : NULL;
	const struct token *next = i + 1 < f->n ? &f->v[i + 1] : NULL;
	bool closes = k->t == '}' || k->t == RANGLE;
	bool opens = k->t == '{' || k->t == LVALUE || k->t == LANGLE, top = f->stmt && !f->depth, broken;
	bool empty = p && closes && is_open(p->t), unary;
	unsigned indent = f->blocks - (closes && f->blocks ? 1 : 0);

	if (empty && strspn(f->text + p->end, " \t\r\n\f\v") == k->begin - p->end) { /* {} */
		f->line = f->blank = false;
		write_token(f, k);
		close_group(f);
		f->line = f->stmt = true;
		f->unary = false;
		return;
	}
	if (closes)
		f->stmt = true;
	broken = p ? gap(f, p->end, k->begin, f->blocks) : gap(f, 0, k->begin, 0);
	if (closes) {
		f->line = true;
		f->blank = false;
	}
	if (p && is_open(p->t) && (p->t == '{' || p->t == LVALUE || p->t == LANGLE))
		f->blank = false;
	if (top && f->deep && (k->t == POINTS || k->t == MACRO) && f->line)
		f->blank = true;
	if (k->t == NOBLOCK) {
		f->line = f->stmt = true;
		f->deep = false;
		return;
	}
	/* what continues a line that a '}' has ended */
	if (f->line && !closes && f->stmt && p && p->t == '}' && (k->t == ELSE || (f->depth && !ends_statement(k))) &&
	    !at_line(f))
		f->line = false;
	if (f->line)
		end_line(f, f->stmt || opens ? indent : indent + 1);
	else if (broken && p && !f->stmt && breakable(p, k))
		end_line(f, indent + 1);
	else if (p && !at_line(f) && is_apart(f, p, k))
		buf_putc(&f->out, ' ');
	unary = !f->stmt && p ? is_unary(f, p->t, k->t)
			      : k->t == '-' || k->t == '!' || k->t == '*' || k->t == INC || k->t == DEC;
	if (is_open(k->t))
		open_group(f, p, k);
	write_token(f, k);
	if (k->t != ')')
		f->cast = false;
	if (is_close(k->t))
		close_group(f);
	f->unary = unary;
	if (top)
		f->deep = false;
	f->stmt = opens || closes || k->t == ';' || k->t == CTEXT;
	f->line = f->stmt || (!f->depth && k->t == ')' && next && next->t != '{' && next->t != LANGLE);
	f->deep |= closes && !f->depth;
	if (f->line && !f->depth)
		f->stmt = true;
}

static const char *tree(struct arena *a, const struct source *src, const struct parse_opts *opts)
{
	struct diag *d = diag_new(a);
	const struct source *own = diag_add_source(d, src->name, src->text, src->len);
	const struct ast *ast = parse_script(a, d, own, opts);
	struct buf b = BUF_INIT;
	const char *text;

	if (diag_errors(d))
		return NULL;
	ast_dump(ast, &b);
	text = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return text;
}

bool format_script(struct arena *a, const struct source *src, const struct parse_opts *opts, struct buf *out)
{
	struct format f = { .text = src->text, .out = BUF_INIT, .stmt = true };
	const char *was = tree(a, src, opts), *is = NULL;

	if (was && read_tokens(&f, a, src, opts)) {
		struct source new = *src;

		for (size_t i = 0; i < f.n; i++)
			one(&f, i);
		f.stmt = true;
		gap(&f, f.n ? f.v[f.n - 1].end : 0, (uint32_t)src->len, 0);
		f.blank = false;
		end_line(&f, 0);
		new.text = buf_str(&f.out);
		new.len = f.out.len;
		is = tree(a, &new, opts);
	}
	if (is && !strcmp(was, is))
		buf_add(out, f.out.data ? f.out.data : "", f.out.len);
	else
		is = NULL;
	buf_free(&f.out);
	return is != NULL;
}
