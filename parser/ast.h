/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ast.h - the syntax tree of a script.
 *
 * The grammar builds it, semantic analysis writes types and resolutions into
 * it, codegen reads it.  Everything lives in the script's arena.  Fields that
 * semantic analysis fills are marked (sema).
 */
#ifndef GFT_PARSER_AST_H
#define GFT_PARSER_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gft/diag.h"
#include "gft/type.h"

struct expr;
struct stmt;
struct block;
struct var;
struct map;
struct builtin;
struct function;
struct macro;
struct fetcharg;
struct go_access;
struct sema_use;

/* --- types as written ------------------------------------------------------- */

enum typespec_kind {
	TS_NAME,   /* int64, bool, size_t, string, void, ... */
	TS_STRUCT, /* struct NAME */
	TS_UNION,
	TS_ENUM,
	TS_TYPEOF, /* typeof(expr) */
};

struct typespec {
	enum typespec_kind kind;
	struct src_loc loc;
	const char *name;
	struct expr *of;  /* TS_TYPEOF */
	uint32_t ptrs;	  /* trailing '*' before any dimension */
	uint64_t dims[4]; /* [N] in order; UINT64_MAX for [] */
	uint32_t ndims;
};

/* --- expressions -------------------------------------------------------------- */

enum op {
	OP_NONE = 0,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_SHL,
	OP_SHR,
	OP_LAND,
	OP_LOR,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	/* unary */
	OP_NOT,
	OP_BNOT,
	OP_NEG,
	OP_DEREF,
	OP_ADDR,
};

/* The operator as C and the script write it. */
const char *op_text(enum op op);

enum expr_kind {
	EX_INT,	     /* ival */
	EX_STR,	     /* str: unescaped text, len bytes */
	EX_BOOL,     /* ival */
	EX_VAR,	     /* $name */
	EX_MAP,	     /* @name or @name[key]: args[0] is the key (a tuple when there are several) */
	EX_IDENT,    /* builtin, #define, enum value, macro */
	EX_POSPARAM, /* $1: ival is the number */
	EX_NPARAMS,  /* $# */
	EX_CALL,     /* name(args) */
	EX_UNARY,    /* op a */
	EX_BINARY,   /* a op b */
	EX_TERNARY,  /* a ? b : c; b NULL for a ?: c */
	EX_CAST,     /* (spec) a */
	EX_FIELD,    /* a.name */
	EX_TUPIDX,   /* a.ival */
	EX_INDEX,    /* a[b] */
	EX_TUPLE,    /* (args) */
	EX_RECORD,   /* (argnames = args) */
	EX_INCDEC,   /* ++a a++ --a a--: op is OP_ADD or OP_SUB, postfix says which */
	EX_SIZEOF,   /* sizeof(spec) or sizeof(a) */
	EX_OFFSETOF, /* offsetof(spec or a, name path in str) */
	EX_FETCH,    /* fetch(args): fetch items */
	EX_IF,	     /* if (a) { block } else { block2 } as a value */
	EX_BLOCK,    /* { block; value } as a value */
};

/* One argument of fetch(). */
struct fetch_item {
	const char *name; /* as shown; NULL: arg1, arg2, ... */
	struct src_loc loc;
	struct fetcharg *arg;	     /* the kernel's notation; or */
	struct expr *e;		     /* any expression */
	const struct gft_type *type; /* (sema) of the value */
	int slot;		     /* (sema) number among the site's values */
};

struct expr {
	enum expr_kind kind;
	enum op op;
	struct src_loc loc;
	const struct gft_type *type; /* (sema) */

	const char *name;
	const char *str;
	uint64_t ival;
	uint32_t len;
	uint32_t depth;	  /* of the tree below */
	bool is_unsigned; /* a literal that does not fit int64; (sema) a comparison without negative numbers */
	bool postfix;
	bool is_const;	   /* (sema) value known: ival (or str); of operators: of literals, and so a literal */
	bool arrow;	   /* EX_FIELD by -> */
	bool value_unused; /* (sema) statement position: nothing reads the value */

	struct expr *a, *b, *c;
	struct expr **args;
	const char **argnames; /* NULL, or one per argument (NULL: unnamed) */
	uint32_t nargs;
	struct typespec *spec;
	struct block *block, *block2;
	struct fetch_item *items;
	uint32_t nitems;

	/* (sema) */
	struct var *var;
	struct map *map;
	const struct builtin *builtin;
	const struct function *fn;
	const struct ty_field *field;
	int number;			 /* event, graph(), string, hist parameters: by use */
	const struct go_access *go;	 /* a Go value by name */
	const struct sema_use *from;	 /* the use of a macro that this stands for */
	const struct gft_type *given;	 /* EX_INT: of an enum's constant */
	uint32_t cfunc;			 /* 1 + number of a C function of the script */
	uint64_t graph_rate, graph_unit; /* graph(rate = N/s): N in so many ns; 0: all */
};

/* --- statements --------------------------------------------------------------- */

enum stmt_kind {
	ST_EXPR,
	ST_ASSIGN,  /* lhs op= rhs; op OP_NONE for = */
	ST_LET,	    /* let $v [: spec] [= rhs] */
	ST_DISCARD, /* _ = rhs */
	ST_IF,
	ST_UNROLL,
	ST_WHILE,
	ST_FOR_MAP,   /* for ($v : @map) */
	ST_FOR_RANGE, /* for ($v : lo..hi) */
	ST_BREAK,
	ST_CONTINUE,
	ST_RETURN,
	ST_BLOCK,
};

/* Which clock nsecs(MODE) is (number of its expression). */
enum nsecs_clock { NSECS_MONOTONIC, NSECS_BOOT, NSECS_TAI };

/* What is known of a condition before the script runs. */
enum if_known { IF_UNKNOWN, IF_ALWAYS, IF_NEVER };

struct stmt {
	enum stmt_kind kind;
	enum op op;
	struct src_loc loc;
	struct stmt *next;
	struct expr *lhs; /* ST_ASSIGN; the variable of ST_LET and ST_FOR_* */
	struct expr *e;	  /* value, condition, count, map, lower bound */
	struct expr *e2;  /* upper bound */
	struct typespec *spec;
	struct block *body, *other;
	uint64_t count;		     /* (sema) ST_UNROLL; ST_IF: enum if_known */
	const struct gft_type *type; /* (sema) ST_ASSIGN with an operator: what the operator gives */
	struct src_loc other_loc;    /* (sema) ST_LET: of a declaration before it */
};

struct block {
	struct src_loc loc;
	struct stmt *first, *last;
	struct expr *value;  /* trailing expression without ';', in a block that is a value */
	uint32_t depth;	     /* of the tree below */
	struct scope *scope; /* (sema) */
};

/* --- probes -------------------------------------------------------------------- */

enum provider {
	PROV_BEGIN,
	PROV_END,
	PROV_UPROBE,
	PROV_URETPROBE,
	PROV_INTERVAL,
	PROV_PROFILE,
	PROV_TRACEPOINT,
	PROV_RAWTRACEPOINT,
	PROV_SOFTWARE,
	PROV_HARDWARE,
	PROV_SELF,
	PROV_KPROBE,
	PROV_KRETPROBE,
	PROV_FENTRY,
	PROV_FEXIT,
	PROV_GO,
	PROV_TEST,
	PROV_NONE, /* not understood: an error was queued */
};

/* Its full name: "uprobe". */
const char *provider_name(enum provider p);

/* One alternative of an attach point's function list. */
struct func_pattern {
	const char *text;
	bool exclude;
	bool quoted;
	struct src_loc loc;
};

struct attach_point {
	struct src_loc loc;
	const char *raw; /* as written, parameters expanded */
	enum provider provider;
	/* uprobes */
	const char *binary; /* NULL: the command's */
	struct func_pattern *patterns;
	uint32_t npatterns;
	bool has_offset, has_addr, has_line;
	uint64_t offset, addr;
	const char *file;
	unsigned line, column; /* column 0: any */
	/* the others */
	const char *target; /* "sched:sched_switch", "faults", "signal:SIGUSR1", kernel function, event */
	uint64_t period_ns, freq, count;
	bool expanded; /* (sema) target is a pattern */
};

struct clause {
	struct src_loc loc; /* of the attach points */
	struct attach_point **points;
	uint32_t npoints;
	struct expr *pred;   /* NULL: always */
	struct block *block; /* never NULL */
	bool implicit;	     /* no block was written: { graph(); } */
	uint32_t index;
	struct clause *next;
};

/* --- the rest of a script --------------------------------------------------------- */

struct config_item {
	const char *key;
	struct src_loc loc;
	struct expr *value; /* EX_INT, EX_STR, EX_BOOL, EX_IDENT */
	struct config_item *next;
};

/* let @name = hash(N) */
struct map_decl {
	const char *name;
	struct src_loc loc;
	const char *kind;
	uint64_t max_entries;
	struct map_decl *next;
};

struct macro {
	const char *name;
	struct src_loc loc;
	struct expr **params; /* EX_IDENT, EX_VAR, EX_MAP */
	uint32_t nparams;
	struct block *body;
	struct macro *next;
};

/* #include, #define, struct, union, enum, typedef: C text for the C parser; %{ %}: for the compiler. */
struct c_text {
	struct src_loc loc;
	const char *text;
	bool is_code; /* %{ ... %} */
	struct c_text *next;
};

/* A header that is read in front of the script's own C (import "file.h"). */
struct c_header {
	const char *path;
	struct src_loc loc;
	struct c_header *next;
};

struct import {
	const char *path;
	struct src_loc loc;
	struct import *next;
};

struct ast {
	struct arena *arena;
	struct diag *diag;
	const struct source *source;
	struct clause *clauses, *last_clause;
	uint32_t nclauses;
	struct config_item *config;
	struct map_decl *map_decls;
	struct macro *macros;
	struct c_text *c_texts, *last_c_text;
	struct c_header *c_headers;
	const char *c_front; /* what stands in front of all of it, or NULL */
	bool have_btf;	     /* the C sees the macro BPFTRACE_HAVE_BTF */
	bool counts_params;  /* the script reads $# */
	struct import *imports;
};

/* --- making nodes (ast.c) --------------------------------------------------------- */

struct expr *expr_new(struct ast *ast, enum expr_kind kind, struct src_loc loc);
struct expr *expr_unary(struct ast *ast, enum op op, struct expr *a, struct src_loc loc);
struct expr *expr_binary(struct ast *ast, enum op op, struct expr *a, struct expr *b, struct src_loc loc);
struct stmt *stmt_new(struct ast *ast, enum stmt_kind kind, struct src_loc loc);
struct block *block_new(struct ast *ast, struct src_loc loc);
void block_add(struct block *b, struct stmt *s);
struct src_loc loc_join(struct src_loc a, struct src_loc b);

/* Once checked: whether e is a number that the script spells out, alone or by operators on such; it is ival. */
bool expr_is_literal(const struct expr *e);

/* Leaves out the probes that are no tests, or those that are. */
void ast_keep_tests(struct ast *ast, bool tests);

/* Whether there is C that is more than #define of a number or a string: libclang must read it. */
bool ast_has_c(const struct ast *ast);

/* The tree as text, one node a line, indented (-d ast). */
struct buf;
void ast_dump(const struct ast *ast, struct buf *out);
void attach_point_dump(const struct attach_point *ap, struct buf *out);

#endif
