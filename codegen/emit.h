/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* emit.h - what the files of C emission share. */
#ifndef GFT_CODEGEN_EMIT_H
#define GFT_CODEGEN_EMIT_H

#include "gft/arena.h"
#include "gft/buf.h"
#include "parser/fetcharg.h"
#include "parser/program.h"

struct em {
	struct program *p;
	struct arena *a;
	struct buf *out; /* the text so far */
	unsigned tmp;	 /* number of the next temporary */
	unsigned indent;
	uint32_t zero; /* bytes of the zero row that maps need */
	bool bias, tls, plans, every, rate, min, levels, tails, names, events, rets, tests, ids;
	uint32_t held; /* bytes of the longest values of a first line that waits (held.h) */
	struct meta_warning *warnings;
	uint32_t nwarnings, cwarnings;
	/* of the clause that is being written: see emit_loop.c */
	const struct clause_info *ci;
	/* see emit_room.c */
	const char **places; /* of variables in scratch memory, by number */
	const char ***kept;  /* of values that fetch() keeps, by clause and slot */
	bool *claims;	     /* by clause: uses scratch memory */
	uint32_t base;	     /* bytes that clauses do not share */
	uint32_t room, room_most, stack;
	const char **own_c; /* functions of the script's own C that it calls, by their names there */
	uint32_t nown_c, cown_c;
	struct buf locals;		  /* members of what its loops share */
	struct buf blur;		  /* statements that hide the numbers among them from the verifier */
	struct buf bodies;		  /* functions of its loops */
	bool callback;			  /* inside of such a function */
	bool loop_is_c;			  /* the innermost loop is one of C */
	const char *index[GO_BOUNDS_MAX]; /* of the Go value that is being read: C of its computed indexes */
	unsigned last_line;
	uint16_t last_source;
};

/* emit_expr.c: a scalar's C expression (arena text). */
const char *emit_val(struct em *m, const struct expr *e);
/* Statements that write e, converted to type t, at dst (a C expression of type char *). */
void emit_into(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e);
/* Writes a map's key from map expression e and returns a C expression of its address. */
const char *emit_key(struct em *m, struct buf *b, const struct expr *e);
/* The number that an aggregation of map stands for; key is the address of its key. */
const char *emit_agg_read(struct em *m, const struct map *map, const char *key);
/* A pointer to the bytes of a value of several words: its own place, or a temporary. */
const char *emit_at(struct em *m, struct buf *b, const struct expr *e);
/* The same as type t: text that is cut or padded. */
const char *emit_at_as(struct em *m, struct buf *b, const struct expr *e, const struct gft_type *t);
/* A Go string's address and length, as the C variable w and the number that is returned. */
unsigned emit_go_words(struct em *m, struct buf *b, const struct expr *e);
/* Statements that copy src of type ts to dst of type td. */
void emit_convert(struct em *m, struct buf *b, const char *dst, const struct gft_type *td, const char *src,
		  const struct gft_type *ts);
const char *emit_ctype(const struct gft_type *t);
/* The C type in which a value of type t is computed: 64 bits of an integer, of its sign. */
const char *emit_wide(const struct gft_type *t);
/* a op y, where op is an arithmetic or bit operator and the result is of type t. */
const char *emit_arith(struct em *m, enum op op, const struct gft_type *t, const char *a, const struct expr *y);
bool emit_is_scalar(const struct gft_type *t);

/* emit_stmt.c: a place that can go wrong while the script runs; the C of its counter. */
const char *emit_warning(struct em *m, struct src_loc loc, const char *helper, const char *msg);
/* With -k: a helper's call whose failure is told; without, the call alone. */
const char *emit_checked(struct em *m, struct src_loc loc, const char *helper, const char *call);
/* The row that a look-up gives, or NULL, which -k tells. */
const char *emit_lookup(struct em *m, struct src_loc loc, const char *bpf_name, const char *key);
/* The call that delete() is. */
const char *emit_delete(struct em *m, const struct expr *e, const char *key);
/* The divisor, whose being zero is told. */
const char *emit_divisor(struct em *m, const struct expr *e);

/* emit_func.c */
/* With -k: a look at an address of the process, of which e reads text up to a NUL or so many bytes. */
const char *emit_try(struct em *m, const struct expr *e, bool ends_at_nul, const char *addr);
/* Whether the name (func or probe) passes the test of that number, from 1. */
const char *emit_name_test(struct em *m, const struct expr *name, int test);
const char *emit_type_test(struct em *m, const struct expr *type, const char *text);
const char *emit_func(struct em *m, const struct expr *e);
void emit_func_into(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e);
const char *emit_equal(struct em *m, const struct expr *x, const struct expr *y);
const char *emit_index(struct em *m, const struct expr *e);

/* emit_outside.c: debugf() and write_user(), statements; kaddr() and percpu_kaddr() */
void emit_outside(struct em *m, const struct expr *e);
const char *emit_kaddr(struct em *m, const struct expr *e);

/* emit_struct.c: memory of the target and the kernel (sema_struct.c says what a place is) */
bool emit_is_place(const struct expr *e);
const char *emit_address(struct em *m, const struct expr *e);
const char *emit_place(struct em *m, const struct expr *e); /* a scalar that is there */
void emit_place_into(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e);
const char *emit_own_field(struct em *m, const struct expr *e);
/* A long part of a struct or array that the program holds: at any place in it, so it is read as memory. */
void emit_own_part(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct expr *e);
const char *emit_pointer_math(struct em *m, const struct expr *e);
const char *emit_address_of(struct em *m, const struct expr *a);
const char *emit_c_call(struct em *m, const struct expr *e);
void emit_own_c(struct em *m, struct buf *out);
/* "user", "kernel" or "any": the end of the names of functions that read there (mem.h). */
const char *emit_space(unsigned space);
/* The same of functions that read the process when they say nothing: "", "_kernel", "_any". */
const char *emit_suffix(unsigned space);

/* emit_fetch.c: reads f into dst; adds to the error variable err (NULL: faults give zero). */
void emit_fetch(struct em *m, struct buf *b, const char *dst, const struct gft_type *t, const struct fetcharg *f,
		const char *err);

/*
 * emit_room.c: a place for a value of type t that is written at once, zero between its parts; declared in b when it
 * is on the stack.  A C expression of type char *.
 */
const char *emit_room_of(struct em *m, struct buf *b, const struct gft_type *t);
const char *emit_scratch(struct em *m, uint32_t size);
bool emit_has_gaps(const struct gft_type *t);
const char *emit_var(struct em *m, const struct var *v);
void emit_declare(struct em *m, const struct var *v);
void emit_kept_places(struct em *m);
const char *emit_kept(struct em *m, uint32_t clause, int slot);

/* emit_loop.c */
void emit_loop(struct em *m, const struct stmt *st);
void emit_jump(struct em *m, const struct stmt *st);
void emit_leave(struct em *m);
void emit_locals(struct em *m, struct buf *out);

/* Writes the address of what f names to the word at dst; 0 when it cannot be known. */
void emit_fetch_address(struct em *m, struct buf *b, const char *dst, const struct fetcharg *f);

/* explain.c: programs of gft's own, for what graph() tells besides calls */
struct gft_meta;
uint32_t explain_max_programs(void);
void explain_hooks(struct em *m, struct gft_meta *meta, int bin); /* at functions of one Go binary */
void explain_tracepoints(struct em *m, struct gft_meta *meta);

/* emit_stmt.c */
void emit_block(struct em *m, const struct block *b);
void emit_block_value(struct em *m, struct buf *o, const char *dst, const struct gft_type *t, const struct block *b);
void emit_line(struct em *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void emit_src(struct em *m, struct src_loc loc);
/* Text as a C string literal without its quotes. */
void emit_cstring(struct buf *b, const char *s, size_t len);

#endif
