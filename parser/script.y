/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * script.y - the grammar.  Actions build nodes, no more; what a name means is
 * the business of semantic analysis.
 */
%code requires {
#include "parser/scan.h"
}

%code {
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gft/arena.h"
#include "parser/program.h"

#define DEPTH_MAX    200
#define NAME_MAX_LEN 1024

#define yylex(v, l, s) script_raw_lex(v, l, y)

#define YYLLOC_DEFAULT(cur, rhs, n)                                              \
	do {                                                                     \
		if (n) {                                                         \
			(cur) = loc_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n));    \
		} else {                                                         \
			(cur) = YYRHSLOC(rhs, 0);                                \
			(cur).begin = (cur).end;                                 \
		}                                                                \
	} while (0)

static void yyerror(YYLTYPE *loc, struct scan *s, yyscan_t y, const char *msg);
static struct expr *deep(struct scan *s, struct expr *e);
static struct expr *call(struct scan *s, struct expr *e, const char *name, struct exprs *args);
static void push(struct scan *s, struct exprs *x, const char *name, struct expr *e);
static struct expr *map_key(struct scan *s, struct expr *e, struct exprs *keys);
static struct expr *bin(struct scan *s, enum op op, struct expr *a, struct expr *b);
static struct expr *un(struct scan *s, enum op op, struct expr *a, YYLTYPE loc);
static struct expr *mk(struct scan *s, enum expr_kind kind, YYLTYPE loc);
static struct expr *param(struct scan *s, uint64_t n, YYLTYPE loc);
static struct expr *tuple(struct scan *s, struct exprs *x, YYLTYPE loc);
static struct stmt *stm(struct scan *s, enum stmt_kind kind, YYLTYPE loc);
static struct stmt *for_loop(struct scan *s, const char *var, YYLTYPE var_loc, struct expr *from, struct expr *to,
			     struct block *body, YYLTYPE loc);
static struct expr *if_value(struct scan *s, struct expr *cond, struct block *then, struct block *other, YYLTYPE loc);
static struct expr *cond(struct scan *s, struct expr *e);
static struct block *shallow(struct scan *s, struct block *b, YYLTYPE loc);
static void add_last(struct block *b, struct stmt *st);
static struct typespec *type_spec(struct scan *s, enum typespec_kind kind, const char *name, YYLTYPE loc);
/* container_of(e, T, path) is (T *)((uint64)e - offsetof(T, path)). */
static struct expr *container(struct scan *s, struct expr *e, struct typespec *t, const char *path, YYLTYPE loc)
{
	struct expr *addr = mk(s, EX_CAST, e->loc), *off = mk(s, EX_OFFSETOF, loc), *sub = mk(s, EX_BINARY, loc);
	struct expr *cast = mk(s, EX_CAST, loc);
	struct typespec *ptr = ARENA_NEW(s->a, struct typespec);

	*ptr = *t;
	ptr->ptrs++;
	addr->spec = type_spec(s, TS_NAME, "uint64", e->loc);
	addr->a = e;
	deep(s, addr);
	off->spec = t;
	off->str = path;
	sub->op = OP_SUB;
	sub->a = addr;
	sub->b = off;
	deep(s, sub);
	cast->spec = ptr;
	cast->a = sub;
	deep(s, cast);
	return cast;
}

static const char *joined(struct scan *s, const char *a, char c, const char *b, YYLTYPE loc);
static void dimension(struct scan *s, struct typespec *t, uint64_t n, YYLTYPE loc);
static struct expr *range_count(struct scan *s, struct expr *from, struct expr *to);
static void add_clause(struct scan *s, struct attach_point **pts, uint32_t n, struct expr *pred, struct block *b,
		       bool implicit, YYLTYPE loc);
}

%define api.pure full
%define api.location.type {struct src_loc}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%lex-param { yyscan_t y }
%parse-param { struct scan *s } { yyscan_t y }

%union {
	struct { uint64_t v; bool is_unsigned; } num;
	struct { const char *s; uint32_t n; } str;
	struct { struct attach_point **v; uint32_t n; } points;
	const char *name;
	enum op op;
	struct expr *expr;
	struct exprs exprs;
	struct stmt *stmt;
	struct block *block;
	struct typespec *spec;
	struct c_text *c_text;
	struct fetch_item item;
	struct { struct fetch_item *v; uint32_t n, cap; } items;
}

%token END_OF_TEXT 0 "end of the script"
%token <points> POINTS "a probe"
%token PRED "a predicate" ENDPRED "'/'" NOBLOCK "the end of the clause"
%token LVALUE "'{' of a value" IF_VALUE "if of a value"
%token LANGLE "'<'" RANGLE "'>' at the end of a block" LTYPE "'(' of a type"
%token <c_text> CTEXT "C code"
%token CONFIG "config" LET "let" MACRO "macro" IMPORT "import"
%token IF "if" ELSE "else" UNROLL "unroll" WHILE "while" FOR "for" BREAK "break" CONTINUE "continue" RETURN "return"
%token FETCH "fetch" SIZEOF "sizeof" OFFSETOF "offsetof" CONTAINER_OF "container_of" TYPEOF "typeof" COMPTIME "comptime" TRUE "true" FALSE "false"
%token STRUCT "struct" UNION "union" ENUM "enum" UNDERSCORE "'_'"
%token <item> FETCHARG "a fetch argument"
%token <name> ARGNAME "an argument's name" IDENT "a name" VAR "a variable" MAP "a map"
%token <num> INT "a number" PARAM "a parameter"
%token NPARAMS "$#"
%token <str> STRING "a string"
%token <op> ASSIGN "an assignment operator"
%token LAND "&&" LOR "||" EQ "==" NE "!=" LE "<=" GE ">=" SHL "<<" SHR ">>" INC "++" DEC "--" ARROW "->" DOTDOT ".."

%right '?' ':'
%left LOR
%left LAND
%left '|'
%left '^'
%left '&'
%left EQ NE
%left '<' '>' LE GE
%left SHL SHR
%left '+' '-'
%left '*' '/' '%'
/* @m[k] is the map's row, not an index into the map */
%precedence WHOLE_MAP
%precedence '['

%type <expr> expr primary postfix unary lval pred value
%type <exprs> args exprs opt_args record
%type <stmt> simple compound if_stmt
%type <block> block stmts tail else_part else_value
%type <spec> typespec type_name
%type <items> items
%type <item> item
%type <name> path c_words word

%%

script:
	%empty
|	script top
;

top:
	POINTS pred block	{ add_clause(s, $1.v, $1.n, $2, $3, false, @1); }
|	POINTS PRED error block	{ yyerrok; }
|	POINTS pred NOBLOCK	{ add_clause(s, $1.v, $1.n, $2, block_new(s->ast, @1), true, @1); }
|	CTEXT			{
					if (s->ast->last_c_text)
						s->ast->last_c_text->next = $1;
					else
						s->ast->c_texts = $1;
					s->ast->last_c_text = $1;
				}
|	CONFIG '=' '{' settings '}'
|	CONFIG '=' '{' settings setting '}'
|	CONFIG '=' '{' error '}' { yyerrok; }
|	LET MAP '=' IDENT '(' INT ')' {
					struct map_decl *d = ARENA_NEW(s->a, struct map_decl);

					d->name = $2;
					d->loc = @2;
					d->kind = $4;
					d->max_entries = $6.v;
					*s->map_decls_end = d;
					s->map_decls_end = &d->next;
				}
|	IMPORT STRING ';'	{
					struct import *i = ARENA_NEW(s->a, struct import);

					i->path = $2.s;
					i->loc = @2;
					*s->imports_end = i;
					s->imports_end = &i->next;
				}
|	MACRO IDENT '(' opt_args ')' block {
					struct macro *m = ARENA_NEW(s->a, struct macro);

					m->name = $2;
					m->loc = @2;
					m->params = $4.v;
					m->nparams = $4.n;
					m->body = $6;
					*s->macros_end = m;
					s->macros_end = &m->next;
				}
|	error block		{ yyerrok; }
|	error ';'		{ yyerrok; }
;

settings:
	%empty
|	settings setting ';'
;

setting:
	IDENT '=' value		{
					struct config_item *c = ARENA_NEW(s->a, struct config_item);

					c->key = $1;
					c->loc = loc_join(@1, @3);
					c->value = $3;
					*s->config_end = c;
					s->config_end = &c->next;
				}
;

value:
	INT			{ $$ = mk(s, EX_INT, @1); $$->ival = $1.v; $$->is_unsigned = $1.is_unsigned; }
|	STRING			{ $$ = mk(s, EX_STR, @1); $$->str = $1.s; $$->len = $1.n; }
|	IDENT			{ $$ = mk(s, EX_IDENT, @1); $$->name = $1; }
|	TRUE			{ $$ = mk(s, EX_BOOL, @1); $$->ival = 1; }
|	FALSE			{ $$ = mk(s, EX_BOOL, @1); }
;

pred:
	%empty			{ $$ = NULL; }
|	PRED expr ENDPRED	{ $$ = $2; }
|	PRED error ENDPRED	{ $$ = NULL; yyerrok; }
;

block:
	'{' tail '}'		{ $$ = shallow(s, $2, @$); }
|	'{' stmts error '}'	{ $$ = shallow(s, $2, @$); yyerrok; }
|	LANGLE stmts RANGLE	{ $$ = shallow(s, $2, @$); }
;

/* the last statement of a brace block may stand without its ';' */
tail:
	stmts
|	stmts simple		{ $$ = $1; add_last($$, $2); }
;

stmts:
	%empty			{ $$ = block_new(s->ast, @$); }
|	stmts simple ';'	{ $$ = $1; block_add($$, $2); }
|	stmts compound		{ $$ = $1; block_add($$, $2); }
|	stmts ';'
|	stmts error ';'		{ $$ = $1; yyerrok; }
|	stmts error block	{ $$ = $1; yyerrok; }
|	stmts error LVALUE tail '}' { $$ = $1; yyerrok; }
;

simple:
	expr			{ $$ = stm(s, ST_EXPR, @$); $$->e = $1; }
|	lval '=' expr		{ $$ = stm(s, ST_ASSIGN, @$); $$->lhs = $1; $$->e = $3; }
|	lval ASSIGN expr	{ $$ = stm(s, ST_ASSIGN, @$); $$->lhs = $1; $$->op = $2; $$->e = $3; }
|	UNDERSCORE '=' expr	{ $$ = stm(s, ST_DISCARD, @$); $$->e = $3; }
|	LET VAR			{ $$ = stm(s, ST_LET, @$); $$->lhs = mk(s, EX_VAR, @2); $$->lhs->name = $2; }
|	LET VAR '=' expr	{ $$ = stm(s, ST_LET, @$); $$->lhs = mk(s, EX_VAR, @2); $$->lhs->name = $2; $$->e = $4; }
|	LET VAR ':' typespec	{ $$ = stm(s, ST_LET, @$); $$->lhs = mk(s, EX_VAR, @2); $$->lhs->name = $2; $$->spec = $4; }
|	LET VAR ':' typespec '=' expr {
					$$ = stm(s, ST_LET, @$);
					$$->lhs = mk(s, EX_VAR, @2);
					$$->lhs->name = $2;
					$$->spec = $4;
					$$->e = $6;
				}
|	BREAK			{ $$ = stm(s, ST_BREAK, @$); }
|	CONTINUE		{ $$ = stm(s, ST_CONTINUE, @$); }
|	RETURN			{ $$ = stm(s, ST_RETURN, @$); }
|	RETURN expr		{ $$ = stm(s, ST_RETURN, @$); $$->e = $2; }
;

compound:
	if_stmt
|	UNROLL unary block	{ $$ = stm(s, ST_UNROLL, @$); $$->e = cond(s, $2); $$->body = $3; }
|	UNROLL '(' unary DOTDOT unary ')' block {
					$$ = stm(s, ST_UNROLL, @$);
					$$->e = range_count(s, $3, $5);
					$$->body = $7;
				}
|	WHILE unary block	{ $$ = stm(s, ST_WHILE, @$); $$->e = cond(s, $2); $$->body = $3; }
|	FOR '(' VAR ':' unary ')' block	{ $$ = for_loop(s, $3, @3, $5, NULL, $7, @$); }
|	FOR '(' VAR ':' unary DOTDOT unary ')' block { $$ = for_loop(s, $3, @3, $5, $7, $9, @$); }
|	FOR VAR ':' unary block	{ $$ = for_loop(s, $2, @2, $4, NULL, $5, @$); }
|	FOR VAR ':' unary DOTDOT unary block { $$ = for_loop(s, $2, @2, $4, $6, $7, @$); }
|	block			{ $$ = stm(s, ST_BLOCK, @$); $$->body = $1; }
;

if_stmt:
	IF unary block else_part {
					$$ = stm(s, ST_IF, loc_join(@1, @2));
					$$->e = cond(s, $2);
					$$->body = $3;
					$$->other = $4;
				}
;

else_part:
	%empty			{ $$ = NULL; }
|	ELSE block		{ $$ = $2; }
|	ELSE if_stmt		{ $$ = block_new(s->ast, @2); block_add($$, $2); $$ = shallow(s, $$, @2); }
;

else_value:
	ELSE block		{ $$ = $2; }
|	ELSE IF unary block else_value {
					$$ = block_new(s->ast, @$);
					$$->value = if_value(s, cond(s, $3), $4, $5, loc_join(@2, @5));
					$$->depth = $$->value->depth + 1;
					$$ = shallow(s, $$, @$);
				}
;

lval:
	VAR			{ $$ = mk(s, EX_VAR, @1); $$->name = $1; }
|	MAP %prec WHOLE_MAP	{ $$ = mk(s, EX_MAP, @1); $$->name = $1; }
|	MAP '[' exprs ']'	{ $$ = mk(s, EX_MAP, @$); $$->name = $1; $$ = map_key(s, $$, &$3); }
;

exprs:
	expr			{ memset(&$$, 0, sizeof($$)); push(s, &$$, NULL, $1); }
|	exprs ',' expr		{ $$ = $1; push(s, &$$, NULL, $3); }
;

opt_args:
	%empty			{ memset(&$$, 0, sizeof($$)); }
|	args
;

args:
	expr			{ memset(&$$, 0, sizeof($$)); push(s, &$$, NULL, $1); }
|	IDENT '=' expr		{ memset(&$$, 0, sizeof($$)); push(s, &$$, $1, $3); }
|	args ',' expr		{ $$ = $1; push(s, &$$, NULL, $3); }
|	args ',' IDENT '=' expr	{ $$ = $1; push(s, &$$, $3, $5); }
;

items:
	item			{ memset(&$$, 0, sizeof($$)); ARENA_PUSH(s->a, $$.v, $$.n, $$.cap, $1); }
|	items ',' item		{ $$ = $1; ARENA_PUSH(s->a, $$.v, $$.n, $$.cap, $3); }
;

item:
	FETCHARG
|	expr			{ memset(&$$, 0, sizeof($$)); $$.e = $1; $$.loc = @1; }
|	IDENT '=' expr		{ memset(&$$, 0, sizeof($$)); $$.name = $1; $$.e = $3; $$.loc = @$; }
|	ARGNAME expr		{ memset(&$$, 0, sizeof($$)); $$.name = $1; $$.e = $2; $$.loc = @$; }
;

primary:
	INT			{ $$ = mk(s, EX_INT, @1); $$->ival = $1.v; $$->is_unsigned = $1.is_unsigned; }
|	STRING			{ $$ = mk(s, EX_STR, @1); $$->str = $1.s; $$->len = $1.n; }
|	TRUE			{ $$ = mk(s, EX_BOOL, @1); $$->ival = 1; }
|	FALSE			{ $$ = mk(s, EX_BOOL, @1); }
|	PARAM			{ $$ = param(s, $1.v, @1); }
|	NPARAMS			{
					$$ = mk(s, EX_NPARAMS, @1);
					$$->ival = s->opts ? s->opts->nparams : 0;
					s->ast->counts_params = true;
				}
|	lval
|	IDENT			{ $$ = mk(s, EX_IDENT, @1); $$->name = builtin_plain($1); }
|	IDENT '(' opt_args ')'	{ $$ = call(s, mk(s, EX_CALL, @$), $1, &$3); }
|	FETCH '(' items ')'	{ $$ = mk(s, EX_FETCH, @$); $$->items = $3.v; $$->nitems = $3.n; deep(s, $$); }
|	FETCH '(' ')'		{ $$ = mk(s, EX_FETCH, @$); }
|	SIZEOF LTYPE typespec ')' { $$ = mk(s, EX_SIZEOF, @$); $$->spec = $3; deep(s, $$); }
|	SIZEOF '(' expr ')'	{ $$ = mk(s, EX_SIZEOF, @$); $$->a = $3; deep(s, $$); }
|	OFFSETOF '(' expr ',' path ')' { $$ = mk(s, EX_OFFSETOF, @$); $$->a = $3; $$->str = $5; deep(s, $$); }
|	OFFSETOF LTYPE typespec ',' path ')' { $$ = mk(s, EX_OFFSETOF, @$); $$->spec = $3; $$->str = $5; deep(s, $$); }
|	CONTAINER_OF '(' expr ',' typespec ',' path ')' { $$ = container(s, $3, $5, $7, @$); }
|	'(' expr ')'		{ $$ = $2; }
|	'(' ')'			{ struct exprs none = { 0 }; $$ = tuple(s, &none, @$); }
|	'(' expr ',' ')'	{ struct exprs one = { 0 }; push(s, &one, NULL, $2); $$ = tuple(s, &one, @$); }
|	'(' expr ',' exprs comma ')' {
					struct exprs all = { 0 };

					push(s, &all, NULL, $2);
					for (uint32_t i = 0; i < $4.n; i++)
						push(s, &all, NULL, $4.v[i]);
					$$ = tuple(s, &all, @$);
				}
|	'(' record ')'		{ $$ = tuple(s, &$2, @$); $$->kind = EX_RECORD; }
|	LVALUE stmts error '}'	{ $$ = mk(s, EX_BLOCK, @$); $$->block = shallow(s, $2, @$); yyerrok; deep(s, $$); }
|	LVALUE tail '}'		{
					$$ = mk(s, EX_BLOCK, @$);
					$$->block = shallow(s, $2, @$);
					deep(s, $$);
				}
|	IF_VALUE unary block else_value { $$ = if_value(s, cond(s, $2), $3, $4, @$); }
;

/* behind a tuple's last value */
comma:
	%empty
|	','
;

record:
	word '=' expr		{ memset(&$$, 0, sizeof($$)); push(s, &$$, $1, $3); }
|	record ',' word '=' expr { $$ = $1; push(s, &$$, $3, $5); }
;

/* words of statements are names of a record's fields like others */
word:
	IDENT
|	LET			{ $$ = "let"; }
|	ELSE			{ $$ = "else"; }
|	UNROLL			{ $$ = "unroll"; }
|	WHILE			{ $$ = "while"; }
|	FOR			{ $$ = "for"; }
|	BREAK			{ $$ = "break"; }
|	CONTINUE		{ $$ = "continue"; }
|	RETURN			{ $$ = "return"; }
|	COMPTIME		{ $$ = "comptime"; }
;

path:
	IDENT
|	path '.' IDENT		{ $$ = joined(s, $1, '.', $3, @$); }
;

postfix:
	primary
|	postfix '.' IDENT	{ $$ = mk(s, EX_FIELD, @$); $$->name = $3; $$->a = $1; deep(s, $$); }
|	postfix ARROW IDENT	{ $$ = mk(s, EX_FIELD, @$); $$->name = $3; $$->a = $1; $$->arrow = true; deep(s, $$); }
|	postfix '.' INT		{ $$ = mk(s, EX_TUPIDX, @$); $$->ival = $3.v; $$->a = $1; deep(s, $$); }
|	postfix '[' expr ']'	{ $$ = mk(s, EX_INDEX, @$); $$->a = $1; $$->b = $3; deep(s, $$); }
|	lval INC		{ $$ = mk(s, EX_INCDEC, @$); $$->a = $1; $$->op = OP_ADD; $$->postfix = true; }
|	lval DEC		{ $$ = mk(s, EX_INCDEC, @$); $$->a = $1; $$->op = OP_SUB; $$->postfix = true; }
;

unary:
	postfix
|	INC lval		{ $$ = mk(s, EX_INCDEC, @$); $$->a = $2; $$->op = OP_ADD; }
|	DEC lval		{ $$ = mk(s, EX_INCDEC, @$); $$->a = $2; $$->op = OP_SUB; }
|	'!' unary		{ $$ = un(s, OP_NOT, $2, @$); }
|	'~' unary		{ $$ = un(s, OP_BNOT, $2, @$); }
|	'-' unary		{ $$ = un(s, OP_NEG, $2, @$); }
|	'*' unary		{ $$ = un(s, OP_DEREF, $2, @$); }
|	'&' unary		{ $$ = un(s, OP_ADDR, $2, @$); }
|	COMPTIME unary		{
					struct exprs one = { 0 };

					push(s, &one, NULL, $2);
					$$ = call(s, mk(s, EX_CALL, @$), "comptime", &one);
				}
|	LTYPE typespec ')' unary { $$ = mk(s, EX_CAST, @$); $$->spec = $2; $$->a = $4; deep(s, $$); }
;

expr:
	unary
|	expr '+' expr		{ $$ = bin(s, OP_ADD, $1, $3); }
|	expr '-' expr		{ $$ = bin(s, OP_SUB, $1, $3); }
|	expr '*' expr		{ $$ = bin(s, OP_MUL, $1, $3); }
|	expr '/' expr		{ $$ = bin(s, OP_DIV, $1, $3); }
|	expr '%' expr		{ $$ = bin(s, OP_MOD, $1, $3); }
|	expr '&' expr		{ $$ = bin(s, OP_AND, $1, $3); }
|	expr '|' expr		{ $$ = bin(s, OP_OR, $1, $3); }
|	expr '^' expr		{ $$ = bin(s, OP_XOR, $1, $3); }
|	expr SHL expr		{ $$ = bin(s, OP_SHL, $1, $3); }
|	expr SHR expr		{ $$ = bin(s, OP_SHR, $1, $3); }
|	expr LAND expr		{ $$ = bin(s, OP_LAND, $1, $3); }
|	expr LOR expr		{ $$ = bin(s, OP_LOR, $1, $3); }
|	expr EQ expr		{ $$ = bin(s, OP_EQ, $1, $3); }
|	expr NE expr		{ $$ = bin(s, OP_NE, $1, $3); }
|	expr '<' expr		{ $$ = bin(s, OP_LT, $1, $3); }
|	expr '>' expr		{ $$ = bin(s, OP_GT, $1, $3); }
|	expr LE expr		{ $$ = bin(s, OP_LE, $1, $3); }
|	expr GE expr		{ $$ = bin(s, OP_GE, $1, $3); }
|	expr '?' expr ':' expr	{ $$ = mk(s, EX_TERNARY, @$); $$->a = $1; $$->b = $3; $$->c = $5; deep(s, $$); }
|	expr '?' ':' expr %prec '?' { $$ = mk(s, EX_TERNARY, @$); $$->a = $1; $$->c = $4; deep(s, $$); }
;

typespec:
	type_name
|	typespec '*'		{ $$ = $1; $$->ptrs++; $$->loc = @$; }
|	typespec '[' INT ']'	{ $$ = $1; dimension(s, $$, $3.v, @$); }
|	typespec '[' ']'	{ $$ = $1; dimension(s, $$, UINT64_MAX, @$); }
;

type_name:
	c_words			{ $$ = type_spec(s, TS_NAME, $1, @$); }
|	STRUCT IDENT		{ $$ = type_spec(s, TS_STRUCT, $2, @$); }
|	UNION IDENT		{ $$ = type_spec(s, TS_UNION, $2, @$); }
|	ENUM IDENT		{ $$ = type_spec(s, TS_ENUM, $2, @$); }
|	TYPEOF '(' expr ')'	{ $$ = type_spec(s, TS_TYPEOF, NULL, @$); $$->of = $3; }
|	TYPEOF LTYPE typespec ')' { $$ = $3; $$->loc = @$; }
;

/* unsigned long long */
c_words:
	IDENT
|	c_words IDENT		{ $$ = joined(s, $1, ' ', $2, @$); }
;

%%

static struct expr *mk(struct scan *s, enum expr_kind kind, YYLTYPE loc)
{
	return expr_new(s->ast, kind, loc);
}

static struct stmt *stm(struct scan *s, enum stmt_kind kind, YYLTYPE loc)
{
	return stmt_new(s->ast, kind, loc);
}

static uint32_t depth_of(const struct expr *e)
{
	return e ? e->depth : 0;
}

/* Trees are walked by recursion: their depth is bounded where they are built. */
static struct expr *deep(struct scan *s, struct expr *e)
{
	uint32_t d = depth_of(e->a);

	d = depth_of(e->b) > d ? depth_of(e->b) : d;
	d = depth_of(e->c) > d ? depth_of(e->c) : d;
	for (uint32_t i = 0; i < e->nargs; i++)
		d = depth_of(e->args[i]) > d ? depth_of(e->args[i]) : d;
	for (uint32_t i = 0; i < e->nitems; i++)
		d = depth_of(e->items[i].e) > d ? depth_of(e->items[i].e) : d;
	if (e->spec && depth_of(e->spec->of) > d)
		d = e->spec->of->depth;
	if (e->block && e->block->depth > d)
		d = e->block->depth;
	if (e->block2 && e->block2->depth > d)
		d = e->block2->depth;
	e->depth = d + 1;
	if (e->depth > DEPTH_MAX) {
		if (!s->ended)
			diag_error(s->d, e->loc, "this expression is nested more than %d deep", DEPTH_MAX);
		s->ended = true;
		*e = (struct expr){ .kind = EX_INT, .loc = e->loc, .type = e->type };
	}
	return e;
}

static struct expr *if_value(struct scan *s, struct expr *cond, struct block *then, struct block *other, YYLTYPE loc)
{
	struct expr *e = mk(s, EX_IF, loc);

	e->a = cond;
	e->block = then;
	e->block2 = other;
	return deep(s, e);
}

/* if (a = 1) would be a record */
static struct expr *cond(struct scan *s, struct expr *e)
{
	if (e->kind == EX_RECORD) {
		diag_error(s->d, e->loc, "syntax error: a condition assigns nothing");
		diag_hint(s->d, "comparing is ==");
	}
	return e;
}

/* The same bound for blocks. */
static struct block *shallow(struct scan *s, struct block *b, YYLTYPE loc)
{
	b->loc = loc;
	if (b->depth <= DEPTH_MAX)
		return b;
	if (!s->ended)
		diag_error(s->d, loc, "this block is nested more than %d deep", DEPTH_MAX);
	s->ended = true;
	return block_new(s->ast, loc);
}

/* The last statement of a block, without its ';': an expression is the block's value. */
static void add_last(struct block *b, struct stmt *st)
{
	if (st->kind != ST_EXPR) {
		block_add(b, st);
		return;
	}
	b->value = st->e;
	if (st->e->depth + 1 > b->depth)
		b->depth = st->e->depth + 1;
}

static struct typespec *type_spec(struct scan *s, enum typespec_kind kind, const char *name, YYLTYPE loc)
{
	struct typespec *t = ARENA_NEW(s->a, struct typespec);

	t->kind = kind;
	t->name = name;
	t->loc = loc;
	return t;
}

static const char *joined(struct scan *s, const char *a, char c, const char *b, YYLTYPE loc)
{
	if (strlen(a) < NAME_MAX_LEN)
		return arena_printf(s->a, "%s%c%s", a, c, b);
	if (!s->ended)
		diag_error(s->d, loc, "this name has more than %d bytes", NAME_MAX_LEN);
	s->ended = true;
	return a;
}

static void dimension(struct scan *s, struct typespec *t, uint64_t n, YYLTYPE loc)
{
	t->loc = loc;
	if (t->ndims == sizeof(t->dims) / sizeof(t->dims[0]))
		diag_error(s->d, loc, "a type has at most 4 dimensions");
	else
		t->dims[t->ndims++] = n;
}

static struct expr *bin(struct scan *s, enum op op, struct expr *a, struct expr *b)
{
	return deep(s, expr_binary(s->ast, op, a, b, loc_join(a->loc, b->loc)));
}

/* unroll (1..5) runs 4 times: a number, when both ends are */
static struct expr *range_count(struct scan *s, struct expr *from, struct expr *to)
{
	struct expr *e;

	if (from->kind != EX_INT || to->kind != EX_INT)
		return bin(s, OP_SUB, to, from);
	e = mk(s, EX_INT, loc_join(from->loc, to->loc));
	e->ival = to->ival > from->ival ? to->ival - from->ival : 0;
	return e;
}

static struct expr *un(struct scan *s, enum op op, struct expr *a, YYLTYPE loc)
{
	return deep(s, expr_unary(s->ast, op, a, loc));
}

static void push(struct scan *s, struct exprs *x, const char *name, struct expr *e)
{
	ARENA_PUSH(s->a, x->v, x->n, x->cap, e);
	x->n--;
	ARENA_PUSH(s->a, x->names, x->n, x->ncap, name);
}

static struct expr *tuple(struct scan *s, struct exprs *x, YYLTYPE loc)
{
	struct expr *e = mk(s, EX_TUPLE, loc);

	e->args = x->v;
	e->argnames = x->names;
	e->nargs = x->n;
	return deep(s, e);
}

/* Over a map, or with to over a range. */
static struct stmt *for_loop(struct scan *s, const char *var, YYLTYPE var_loc, struct expr *from, struct expr *to,
			     struct block *body, YYLTYPE loc)
{
	struct stmt *st = stm(s, to ? ST_FOR_RANGE : ST_FOR_MAP, loc);

	st->lhs = mk(s, EX_VAR, var_loc);
	st->lhs->name = var;
	st->e = from;
	st->e2 = to;
	st->body = body;
	return st;
}

/*
 * str($1), str($1, N) and str($1 + N) are the parameter's text, or a part of it,
 * also where it reads as a number: e becomes a literal.
 */
static bool param_text(struct expr *e, const struct exprs *args)
{
	const struct expr *p = args->n ? args->v[0] : NULL, *n = args->n > 1 ? args->v[1] : NULL;
	uint64_t skip = 0;
	size_t len;

	if (p && p->kind == EX_BINARY && p->op == OP_ADD && p->b->kind == EX_INT) {
		skip = p->b->ival;
		p = p->a;
	}
	if (!p || p->kind != EX_POSPARAM || args->n > 2 ||
	    (n && ((n->kind != EX_INT && n->kind != EX_POSPARAM) || n->str || !n->ival)))
		return false;
	len = p->name ? strlen(p->name) : 0;
	skip = skip > len ? len : skip;
	e->kind = EX_STR;
	e->str = p->name ? p->name + skip : "";
	e->len = (uint32_t)(n && n->ival < len - skip ? n->ival : len - skip);
	return true;
}

static struct expr *call(struct scan *s, struct expr *e, const char *name, struct exprs *args)
{
	bool named = false;

	if (!strcmp(name, "str") && param_text(e, args))
		return e;
	e->name = builtin_plain(name);
	e->args = args->v;
	e->nargs = args->n;
	for (uint32_t i = 0; i < args->n; i++)
		named |= args->names[i] != NULL;
	e->argnames = named ? args->names : NULL;
	return deep(s, e);
}

static struct expr *map_key(struct scan *s, struct expr *e, struct exprs *keys)
{
	struct expr *k = keys->v[0];

	if (keys->n > 1)
		k = tuple(s, keys, loc_join(keys->v[0]->loc, keys->v[keys->n - 1]->loc));
	e->args = ARENA_ARRAY(s->a, struct expr *, 1);
	e->args[0] = k;
	e->nargs = 1;
	return deep(s, e);
}

/* $1: a number when it reads as one, else text; 0 when it was not given. */
static struct expr *param(struct scan *s, uint64_t n, YYLTYPE loc)
{
	struct expr *e = mk(s, EX_POSPARAM, loc);
	const char *p = s->opts && n >= 1 && n <= s->opts->nparams ? s->opts->params[n - 1] : NULL;
	char *end;

	if (!n) {
		diag_error(s->d, loc, "parameters are counted from $1");
		return e;
	}
	e->is_const = true;
	e->name = p;
	if (!p)
		return e;
	errno = 0;
	e->ival = strchr(p, '-') ? (uint64_t)strtoll(p, &end, 0) : strtoull(p, &end, 0);
	e->is_unsigned = !errno && !strchr(p, '-') && e->ival > INT64_MAX;
	if (end == p || *end || errno) {
		e->ival = 0;
		e->str = p;
		e->len = (uint32_t)strlen(p);
	}
	return e;
}

static void add_clause(struct scan *s, struct attach_point **pts, uint32_t n, struct expr *pred, struct block *b,
		       bool implicit, YYLTYPE loc)
{
	struct clause *c = ARENA_NEW(s->a, struct clause);

	c->loc = loc;
	c->points = pts;
	c->npoints = n;
	c->pred = pred;
	c->block = b;
	c->implicit = implicit;
	c->index = s->ast->nclauses++;
	if (s->ast->last_clause)
		s->ast->last_clause->next = c;
	else
		s->ast->clauses = c;
	s->ast->last_clause = c;
}

static void yyerror(YYLTYPE *loc, struct scan *s, yyscan_t y, const char *msg)
{
	(void)y;
	if (!s->ended) /* the parser's stack is full */
		diag_error(s->d, *loc, "%s", strcmp(msg, "memory exhausted") ? msg : "nested too deeply");
	s->ended = true;
}

/* What could have stood there, in the fewest words: of an operator's many neighbours the closing one counts. */
static const char *wanted(struct scan *s, const yypcontext_t *ctx, bool *semi)
{
	yysymbol_kind_t list[YYNTOKENS];
	bool has[YYNTOKENS] = { false };
	int n = yypcontext_expected_tokens(ctx, list, YYNTOKENS);

	for (int i = 0; i < n; i++)
		has[list[i]] = true;
	if (has[YYSYMBOL_INT] && has[YYSYMBOL_STRING] && has[YYSYMBOL_VAR])
		return has[YYSYMBOL_BREAK] ? "a statement" : "an expression";
	if (has[YYSYMBOL_INT] && has[YYSYMBOL_STRING])
		return "a value";
	if (has[YYSYMBOL_ENDPRED])
		return "'/' at the end of the predicate";
	if (n == 1)
		return yysymbol_name(list[0]);
	if (n == 2)
		return arena_printf(s->a, "%s or %s", yysymbol_name(list[0]), yysymbol_name(list[1]));
	for (int i = 0; i < n; i++) {
		const char *name = yysymbol_name(list[i]);

		*semi |= !strcmp(name, "';'");
		if (!strcmp(name, "';'") || !strcmp(name, "')'") || !strcmp(name, "']'") || !strcmp(name, "':'"))
			return name;
	}
	return NULL;
}

/* Offset of the last byte before p that is no blank; p itself at the text's begin. */
static uint32_t before(const struct scan *s, uint32_t p)
{
	uint32_t at = p;

	while (at && isspace((unsigned char)s->src->text[at - 1]))
		at--;
	return at ? at - 1 : p;
}

/* Whether the word that ends at offset at is one of these. */
static bool word_ends(const struct scan *s, uint32_t at, const char *const *words)
{
	const char *t = s->src->text;

	for (; *words; words++) {
		uint32_t n = (uint32_t)strlen(*words);

		if (at + 1 >= n && !memcmp(t + at + 1 - n, *words, n) &&
		    (at + 1 == n || !(isalnum((unsigned char)t[at - n]) || strchr("_$@", t[at - n]))))
			return true;
	}
	return false;
}

/* Whether a bare word ends at offset at, and is the first of its statement. */
static bool begins_statement(const struct scan *s, uint32_t at)
{
	const char *t = s->src->text;
	uint32_t from = at + 1;

	while (from && (isalnum((unsigned char)t[from - 1]) || t[from - 1] == '_'))
		from--;
	return from <= at && from && strchr("{;}", t[before(s, from)]);
}

static const char how_loops_are[] =
	"loops are for ($i : 0..10) { ... }, for ($kv : @map) { ... } and while (...) { ... }";

/* What people type who know another language: how it is said here, or NULL. */
static const char *said_otherwise(struct scan *s, const YYLTYPE *loc, const char *want, bool semi)
{
	static const char *const for_word[] = { "for", NULL };
	static const char *const elif[] = { "elif", "elsif", "elseif", NULL };
	static const char *const words[][2] = { { "and", "and is &&" }, { "or", "or is ||" }, { "not", "not is !" } };
	const char *t = s->src->text;
	uint32_t at = before(s, loc->begin);
	const struct open_bracket *in = s->depth ? &s->open[s->depth - 1] : NULL;

	if (word_ends(s, t[at] == '(' ? before(s, at) : at, for_word) ||
	    (in && in->is_cond && word_ends(s, before(s, in->loc.begin), for_word)))
		return how_loops_are;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *const word[] = { words[i][0], NULL };

		if (word_ends(s, at, word) || (loc->end > loc->begin && word_ends(s, loc->end - 1, word)))
			return words[i][1];
	}
	if (semi && isalpha((unsigned char)t[loc->begin]) && begins_statement(s, at))
		return "variables are $name, and have no type in front: $x = 1, let $x = 1, let $x : uint8 = 1";
	if (t[at] == ',' && (t[loc->begin] == ')' || t[loc->begin] == ']'))
		return "behind the last value stands no ','";
	if (s->in_pred && t[at] == '/' && t[loc->begin] == '/') /* the first was taken for a division */
		return "a clause has one predicate: /A && B/";
	if (t[at] != ')')
		return NULL;
	if (t[loc->begin] == '{' && semi && s->shut.c == '(' && s->shut.loc.begin)
		return word_ends(s, before(s, s->shut.loc.begin), elif)
			       ? "that is else if (...) { ... }"
			       : "statements with a block are if, for, while and unroll";
	if (!want && !semi && s->shut.is_cond) {
		s->bare_if = true;
		return "what depends on a condition stands in braces: if (...) { ... } else { ... }";
	}
	return NULL;
}

/* Whether a value could begin with the token. */
static bool begins_value(yysymbol_kind_t got)
{
	return got == YYSYMBOL_INT || got == YYSYMBOL_STRING || got == YYSYMBOL_VAR || got == YYSYMBOL_IDENT ||
	       got == YYSYMBOL_MAP;
}

static int yyreport_syntax_error(const yypcontext_t *ctx, struct scan *s, yyscan_t y)
{
	yysymbol_kind_t got = yypcontext_token(ctx);
	YYLTYPE *loc = yypcontext_location(ctx);
	const char *text = got == YYSYMBOL_YYEMPTY ? "text" : yysymbol_name(got), *want;
	bool semi = false, assign = !strcmp(text, "'='"), paren = s->depth && s->open[s->depth - 1].c == '(';
	uint32_t n = loc->end - loc->begin;
	const char *otherwise;

	(void)y;
	if (s->ended)
		return 0;
	if (s->left.c) {
		if (!s->left.told)
			diag_error(s->d, s->left.loc, "this '%c' is never closed", s->left.c);
		return 0;
	}
	want = wanted(s, ctx, &semi);
	/* what follows from a mistake in the same parentheses, or before the else, is no other one */
	if ((paren && s->open[s->depth - 1].told) || (got == YYSYMBOL_ELSE && s->bare_if) ||
	    (!strcmp(text, "')'") && s->shut.c == '(' && s->shut.told))
		return 0;
	s->bare_if = false;
	if (paren)
		s->open[s->depth - 1].told = true;
	if (semi && (!strcmp(text, "')'") || !strcmp(text, "']'"))) {
		diag_error(s->d, *loc, "this %s closes nothing", text);
		return 0;
	}
	otherwise = said_otherwise(s, loc, want, semi);
	if (assign && semi && !otherwise)
		want = NULL;
	if (n && got != YYSYMBOL_YYEOF && got != YYSYMBOL_POINTS)
		text = arena_printf(s->a, "'%.*s%s'", (int)(n > 40 ? 40 : n), s->src->text + loc->begin, n > 40 ? "..." : "");
	diag_error(s->d, *loc, "syntax error: unexpected %s%s%s", text, want ? ", expected " : "", want ? want : "");
	if (otherwise)
		diag_hint(s->d, "%s", otherwise);
	else if (assign && (s->in_pred || (s->depth && s->open[s->depth - 1].c == '(')))
		diag_hint(s->d, "comparing is ==");
	else if (assign && !want)
		diag_hint(s->d, "values are assigned to variables, $name, and maps, @name");
	else if (s->in_cond && s->cond == FOR)
		diag_hint(s->d, "%s", how_loops_are);
	else if (s->in_cond)
		diag_hint(s->d, "a condition of several values needs parentheses: if (...) { ... }");
	else if (semi)
		diag_hint(s->d, "is a ';' missing before it?");
	else if (paren && want && !strcmp(want, "')'") && begins_value(got))
		diag_hint(s->d, "is a ',' missing before it?");
	return 0;
}
