/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema.h - what the files of semantic analysis share. */
#ifndef GFT_PARSER_SEMA_H
#define GFT_PARSER_SEMA_H

#include "gft/arena.h"
#include "gft/resolve.h"
#include "parser/fetcharg.h"
#include "parser/program.h"

/* The longest text: what max_strlen may be, and a literal. */
#define SEMA_STRING_MAX 65536

/* A use of a macro; outer: the use that it stands in.  An argument stands where it was written. */
struct sema_use {
	const struct macro *macro;
	const struct sema_use *outer;
	uint16_t number;	  /* src_loc.use of what comes from it */
	struct diag_context said; /* with what is wrong in it */
};

#define RECORD_STRING 256 /* unless the script says how long text may be */

struct sema {
	struct program *p;
	struct arena *a;
	struct diag *d;
	const struct resolver *res;
	const struct sema_opts *opts;
	struct clause_info *ci; /* the clause being checked */
	struct scope *scope;
	bool report;		/* the last pass: say what is wrong and number events */
	bool changed;		/* a type widened in this pass */
	uint32_t record_strlen; /* bytes of text on a graph line: each record has room for them */
	uint32_t pass;
	unsigned asked; /* operands of sizeof and the like around us, which nobody computes */
	unsigned loops;
	unsigned never;		     /* blocks around us that never run */
	bool returned;		     /* here unwound is false: see sema_unwound.c */
	uint32_t hit;		     /* NEED_HIT of what the clause has so far */
	unsigned nhit;		     /* mistakes with it */
	unsigned callbacks;	     /* loops around us whose body is a function of its own */
	struct rows *rows;	     /* sema_probe.c */
	struct sema_define *defines; /* sema_macro.c */
	const struct sema_use *use;  /* macros that are being expanded */
	uint32_t nuses;
	bool *option_used;
	const struct gft_type *tp_args; /* args of the clause's tracepoints or kernel functions, or NULL */
	const char *tp_args_why;
	struct sema_ctypes *ctypes; /* sema_ctype.c */
	struct src_loc *wrong;	    /* expressions that were complained of, and what takes its value from them */
	uint32_t nwrong, cwrong;
	bool follows; /* the last mistake is not told: it follows from one that is */
};

/*
 * Queues an error in the reporting pass only, unless the place holds an expression
 * that was complained of already: what else is wrong with it may follow from that.
 */
void sema_error(struct sema *s, struct src_loc loc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* More about the last error, when it was told. */
void sema_hint(struct sema *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sema_note(struct sema *s, struct src_loc loc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void sema_operand(struct sema *s, const struct expr *e, const char *side);
/* The place's value comes from something that was complained of; whether it does. */
void sema_set_wrong(struct sema *s, struct src_loc loc);
bool sema_is_wrong(const struct sema *s, struct src_loc loc);

/* sema_map.c: the map that e names, made when it is new; its key and what is assigned to it give it their types */
struct map *sema_map(struct sema *s, struct expr *e);
void sema_map_key(struct sema *s, struct expr *e);
void sema_assign_map(struct sema *s, struct expr *lhs, const struct gft_type *t, struct src_loc loc);
/* e's type becomes that of what is read: told when there is none. */
void sema_map_read(struct sema *s, struct expr *e);
/* The number that an aggregation stands for in an expression; NULL: none. */
const struct gft_type *sema_agg_value(const struct gft_type *t);

/* sema_expr.c */
void sema_expr(struct sema *s, struct expr *e);
/* The operand of sizeof, offsetof and typeof, of which only the type counts. */
void sema_asked(struct sema *s, struct expr *e);
bool sema_const_int(const struct expr *e, int64_t *out);
bool sema_is_cond(const struct gft_type *t);

/* Text where a condition is wanted is true when it is not empty: e becomes e != "". */
void sema_truth(struct sema *s, struct expr *e);
/* The type in which a value of type t is kept in a variable or map. */
const struct gft_type *sema_storage(struct sema *s, const struct gft_type *t);
/* The smallest type that holds both; NULL when there is none. */
const struct gft_type *sema_join(struct sema *s, const struct gft_type *x, const struct gft_type *y);
const struct gft_type *sema_typespec(struct sema *s, const struct typespec *ts);

/* sema_var.c */
/* The variable of that name that can be seen here, or NULL. */
struct var *sema_find_var(struct sema *s, const char *name);
/* A variable that hides others of its name; sema_assign_var() puts it into the scope. */
struct var *sema_new_var(struct sema *s, const struct expr *e);
void sema_assign_var(struct sema *s, struct expr *lhs, const struct gft_type *t, struct src_loc loc);
/* If e is a variable, what it is without a value is meant: it is counted from 0, or its address is given away. */
void sema_begins(struct sema *s, const struct expr *e);
/* e reads a variable. */
void sema_var(struct sema *s, struct expr *e);

/* sema_int.c: widths and signs */
/* The type of a literal (expr_is_literal()) by its value: ival, is_unsigned. */
const struct gft_type *sema_literal_type(const struct expr *e);
/* An operator on literals becomes one: is_const, ival, is_unsigned and type; false: it is none. */
bool sema_fold(struct expr *e);
/* Warns of one that cannot, because its result has more than 64 bits, and of shifts by more than there are. */
void sema_wraps(struct sema *s, const struct expr *e);
/* The least integer type that holds both. */
const struct gft_type *sema_join_ints(const struct gft_type *x, const struct gft_type *y);
/* What an arithmetic or bit operator gives, on integers or bools. */
const struct gft_type *sema_arith(enum op op, const struct gft_type *a, const struct gft_type *b);
/* Whether <, > and the like see negative numbers. */
bool sema_compares_signed(const struct gft_type *a, const struct gft_type *b);
/* What ++ (OP_ADD) and -- (OP_SUB) give on a value of type t. */
const struct gft_type *sema_step(enum op op, const struct gft_type *t);
/* Tells when the number e, if it is a plain one, is not one of type t. */
void sema_fits(struct sema *s, const struct gft_type *t, const struct expr *e);
/* Warns when e, used as a value of type to, may become another number. */
void sema_implicit(struct sema *s, const struct expr *e, const struct gft_type *to);

/* sema_unwound.c: what a clause that runs for removed calls may use */
/* Whether unwound is false wherever cond, which is checked, was found to be truth: a new value of s->returned. */
bool sema_returned(const struct expr *cond, bool truth);
/* Around the check of one expression: what it asks of the hit is taken out of the clause's needs. */
struct sema_hit {
	uint32_t needs;
	unsigned n;
};
struct sema_hit sema_hit_begin(struct sema *s);
void sema_hit_end(struct sema *s, struct sema_hit h, const struct expr *e);

/* sema_loop.c */
void sema_loop(struct sema *s, struct stmt *st);

/* sema_struct.c: memory of the target and the kernel, by C's types */
/* Where an address leads that is only a number, in this clause. */
enum ty_space sema_int_space(const struct sema *s);
/* A pointer type like t (or, t being none, to nothing in particular) that leads to space. */
const struct gft_type *sema_pointer_to(struct sema *s, const struct gft_type *t, enum ty_space space);
/* t as it is once the bytes were copied into the program. */
const struct gft_type *sema_copied(struct sema *s, const struct gft_type *t);
/* Types by name: struct, union, enum (&ty_none with an error told), typedef (NULL: there is none). */
const struct gft_type *sema_c_tag(struct sema *s, const struct typespec *ts);
const struct gft_type *sema_c_typedef(struct sema *s, const struct typespec *ts);
/* Whether e is memory of the target, the kernel or the probe's record, of which nothing was read yet. */
bool sema_is_place(const struct expr *e);
void sema_field(struct sema *s, struct expr *e); /* of e->a, which is checked */
bool sema_element(struct sema *s, struct expr *e);
void sema_deref(struct sema *s, struct expr *e);
void sema_address(struct sema *s, struct expr *e);
void sema_offsetof(struct sema *s, struct expr *e);
/* The operand of sizeof or offsetof that is the name of a type: sets e->spec. */
void sema_type_operand(struct sema *s, struct expr *e);
void sema_cast(struct sema *s, struct expr *e);
/*
 * The pointer that is e's first argument (str, buf): notes in e->number where it leads.  An array that
 * is memory becomes its address; str() of text is the text: then true, and e is that.
 */
bool sema_text_of(struct sema *s, struct expr *e);
/* A call of a function of %{ ... %}; false: there is none of that name. */
bool sema_c_call(struct sema *s, struct expr *e);
/* How many bytes a pointer of that type goes on with each step, 1 at least. */
uint32_t sema_pointer_step(struct sema *s, struct src_loc loc, const struct gft_type *p);
/* p + n, p - n, p - q; false: no pointer takes part. */
bool sema_pointer_math(struct sema *s, struct expr *e);
/* Warns where a comparison's two pointers lead to different types. */
void sema_pointers_differ(struct sema *s, const struct expr *e);
/* Whether a value of type t can be held by a variable or map, or be printed; else an error is told. */
bool sema_value_fits(struct sema *s, struct src_loc loc, const struct gft_type *t);
bool sema_printable(struct sema *s, struct expr *e);

/* sema_ctype.c: types of C that only the DWARF of targets describes */
/*
 * A type by its name, as the binaries of the clause (one without functions: all of the script's) have it; tag
 * as in gotype.h.  NULL: none describes it, with why ("" when there is nothing to say), or in several ways:
 * then *clash is set.
 */
const struct gft_type *sema_target_type(struct sema *s, char tag, const char *name, const char **why, bool *clash);
/* A type of binary bin in the language's terms; never NULL. */
const struct gft_type *sema_from_c(struct sema *s, int bin, const struct go_type *t);
/* Fills n, which is lazy as TY_LAZY_TARGET says; false: nothing describes what is in it. */
bool sema_target_fill(struct sema *s, struct gft_type *n);
/* A name that is a constant of an enum of the clause's binaries, or of the kernel; false: it is none. */
bool sema_target_constant(struct sema *s, struct expr *e);
bool sema_task_state(struct sema *s, struct expr *e);
/* Names of that kind that the clause's binaries describe; n is what names has already. */
size_t sema_target_names(struct sema *s, char tag, const char **names, size_t n, size_t max);

/* sema_task.c: what the kernel knows.  curtask, ppid, ...; retval where a kernel function is probed */
bool sema_task_name(struct sema *s, struct expr *e);
bool sema_kernel_name(struct sema *s, struct expr *e);
/* Arguments of one such probe, as its program finds them; NULL with why. */
const struct gft_type *sema_kernel_args(struct sema *s, const struct plain_probe *pp, const char **why);

/* sema_call.c */
void sema_call(struct sema *s, struct expr *e);
void sema_fetch(struct sema *s, struct expr *e);
/* An event with its number in e; only in the reporting pass.  Then its values behind the header. */
struct meta_event *sema_event(struct sema *s, struct expr *e, enum meta_event_kind kind);
void sema_lay_out(struct sema *s, struct meta_event *ev, struct expr **args, uint32_t n);
void sema_printf(struct sema *s, struct expr *e, enum meta_event_kind kind);
/* The map that is e's first argument; NULL with an error told.  Then with the key that is the second. */
struct expr *sema_map_arg(struct sema *s, struct expr *e, bool whole);
bool sema_keyed_arg(struct sema *s, struct expr *e);
const struct gft_type *sema_fetcharg_type(struct sema *s, struct fetcharg *f, struct src_loc loc);

/* sema_event.c: args.NAME of a go:EVENT; false: it is no such expression. */
bool sema_event_arg(struct sema *s, struct expr *e);
/* Where the Go value lies that e is, an argument of go:EVENT that is only printed; NULL: it is none. */
const char *sema_event_value(struct sema *s, const struct expr *e);
/* Builtins that depend on the program's Go; true: e is done. */
bool sema_go_builtin(struct sema *s, struct expr *e, const struct builtin *b);

/* sema_graph.c: graph(), graph_drop(), graph_tag() */
void sema_graph(struct sema *s, struct expr *e);

/* sema_macro.c */
void sema_defines(struct sema *s);
/* Whether the script has a "#define name", of whatever value. */
bool sema_is_define(struct sema *s, const char *name);
void sema_macros(struct sema *s);
/* Replaces the use of a macro or constant by what it stands for, checked; false: it is none. */
bool sema_macro(struct sema *s, struct expr *e);
void sema_getopt(struct sema *s, struct expr *e);
void sema_options_used(struct sema *s);
/* Blocks of statements have no value: their last expression is a statement. */
void sema_tidy(struct sema *s, struct block *b);
/* The same for a block that stands for a value: an if with two values at its end is its value. */
void sema_tidy_value(struct sema *s, struct block *b);

/* sema_config.c */
void sema_config(struct sema *s);
/* config.max_strlen as the number, text or bool that it is; false: e is no setting. */
bool sema_setting(struct sema *s, struct expr *e);

/* sema_name.c: func == "x", strncmp(func, "x", 1); false: it is no such comparison */
bool sema_name_equal(struct sema *s, struct expr *e);
bool sema_name_call(struct sema *s, struct expr *e);
/* Whether e compares a Go type with its name as text, args.type == "main.T"; e->a is the type then. */
bool sema_type_equal(struct sema *s, struct expr *e);
/* "a" + "b", "text" + 1 and "a" < "b" of literals: e becomes their value; false: they are none */
bool sema_fold_text(struct sema *s, struct expr *e);
/* What to try where the types of e's sides do not go together: names are no text. */
void sema_name_hint(struct sema *s, const struct expr *e);

/* sema_map.c: let @m = hash(N) */
void sema_map_decls(struct sema *s);
const struct map_kind *sema_map_kind(const char *name);

/* sema_meta.c: what is decided while the script is checked */
void sema_meta(struct sema *s, struct expr *e);
bool sema_const_call(const struct expr *e, int64_t *out);

/* sema_outside.c */
void sema_outside(struct sema *s, struct expr *e);
/* Whether e may act on what is outside of gft (told when not). */
bool sema_safe(struct sema *s, const struct expr *e);

/* sema_func.c */
void sema_func(struct sema *s, struct expr *e);
/*
 * A length that the script gives fn() as a number: what of it counts.  More than max_strlen is
 * cut, with a warning; have is how many bytes there are, 0 where nobody knows.
 */
uint32_t sema_length(struct sema *s, const char *fn, struct src_loc loc, int64_t n, uint32_t have);
/* A builtin that takes an argument: nsecs(boot). */
bool sema_mode(struct sema *s, struct expr *e, const struct builtin *b);

/* sema_probe.c */
/* What is asked needs a goroutine: in a probe of the kernel, of a Go program that must be known. */
void sema_thread(struct sema *s, struct src_loc loc, const char *what);
void sema_probes(struct sema *s);  /* attach points: what each clause runs on */
void sema_classes(struct sema *s); /* after the clauses are checked */
void sema_rows_free(struct sema *s);
const struct gft_type *sema_tp_args(struct sema *s, const struct clause *c, const char **why);
/* sema_split.c */
void sema_split_clauses(struct sema *s); /* after sema_probes() */
/* One name, type and place; or there is none in either. */
bool sema_same_field(const struct ty_field *x, const struct ty_field *y);

/* sema_go.c: an expression that begins with args or ret, of a uprobe; false: it is none. */
bool sema_go_value(struct sema *s, struct expr *e);
/* An argument of print(), or of printf()'s %s: a Go value that the language has no type for is captured whole. */
void sema_go_printed(struct sema *s, struct expr *e);
/* x, a Go value by name, gets its first word as its value; without x->go it cannot be nil.  False: it is none by name.
 */
bool sema_go_word(struct sema *s, struct expr *x);
/*
 * sema_nil.c: e is a comparison by == or !=; a nil in it becomes 0, and what it is compared with its first word.
 * False: that can never be nil, which was told.
 */
bool sema_nil(struct sema *s, struct expr *e);
bool sema_is_nil(const struct expr *e);
/* len() of a Go value; false: its argument is none that has a length. */
bool sema_go_len(struct sema *s, struct expr *e);
/* Whether the clause's binary describes its arguments (told when not). */
bool sema_go_described(struct sema *s, const struct expr *e);

/* Whether all of the clause's probes, or one of them, are places inside of functions: FUNC+4, 0xADDR, @FILE:LINE. */
bool sema_inside(const struct sema *s, bool all);
/* Whether any of the clause's probes is there. */
bool sema_has_probe(const struct sema *s, const struct clause *c);
/* The functions of a clause's uprobes (arena). */
uint32_t sema_clause_funcs(struct sema *s, uint32_t clause, uint32_t **out);
/* The same of binary bin alone. */
uint32_t sema_clause_funcs_of(struct sema *s, uint32_t clause, int bin, uint32_t **out);
/* The binaries of a clause's uprobes, or, when it has none, of all clauses (arena). */
uint32_t sema_clause_binaries(struct sema *s, uint32_t clause, int **out);

/* The events of a clause's go:EVENT probes (arena). */
struct go_event;
uint32_t sema_clause_events(struct sema *s, uint32_t clause, const struct go_event ***out);

/* Whether they all are of one binary. */
bool sema_one_binary(struct sema *s);

/* sema.c */
/* An if's condition and its two sides: IF_UNKNOWN, or which of them runs. */
uint32_t sema_branches(struct sema *s, struct expr *cond, struct block *then, struct block *other, bool is_value);
void sema_cond(struct sema *s, struct expr *e);
void sema_block(struct sema *s, struct block *b, bool is_value);
const char *sema_type_name(struct sema *s, const struct gft_type *t);
/* The type of text that is read: max_strlen bytes. */
const struct gft_type *sema_text(struct sema *s);

#endif
