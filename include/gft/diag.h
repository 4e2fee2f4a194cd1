/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * diag.h - source text and the user's mistakes in it.
 *
 * A mistake becomes a diagnostic with a place; diagnostics queue up so that
 * one run reports them all, and are printed together:
 *
 *     FILE:LINE:COL-ENDCOL: ERROR: message
 *     the source line
 *         ~~~~
 *     HINT: what to try
 *
 * as bpftrace writes them: ENDCOL is one past the last byte, and a place of
 * several lines is FILE:LINE-ENDLINE, shown with its first line.
 */
#ifndef GFT_DIAG_H
#define GFT_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena;

/* A piece of script text.  len counts bytes; text[len] is NUL. */
struct source {
	const char *name; /* as shown in messages: -e text is "stdin", as in bpftrace */
	const char *text;
	size_t len;
	uint16_t index; /* its number in the diag engine */
};

/* A span of one source, in byte offsets; end is one past the last byte. */
struct src_loc {
	uint32_t begin, end;
	uint16_t source;
	uint16_t use; /* which use of a macro it is a copy for (diag_add_use()); 0: it stands there itself */
};

/* A place of no source: the message has none. */
#define SRC_NOWHERE ((struct src_loc){ .source = UINT16_MAX })

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag;

struct diag *diag_new(struct arena *a);

/* Registers a source; name and text are copied into the arena, without a byte order mark. */
const struct source *diag_add_source(struct diag *d, const char *name, const char *text, size_t len);
const struct source *diag_source(const struct diag *d, uint16_t index);

/*
 * Queues a diagnostic.  At most 64 errors are kept (the rest is counted), and
 * a second one with the same place and message is dropped.
 */
void diag_error(struct diag *d, struct src_loc loc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_warn(struct diag *d, struct src_loc loc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_verror(struct diag *d, struct src_loc loc, const char *fmt, va_list ap);

/*
 * What is queued from now on stands in a place that was made from another: each
 * diagnostic gets a note for it and for those around it.  NULL: nothing does.
 * Borrowed.
 */
struct diag_context {
	struct src_loc loc;
	const char *msg;
	const struct diag_context *outer;
};
void diag_set_context(struct diag *d, const struct diag_context *c);
/* The number for src_loc.use of such a place (borrowed); 0 when there are 65,535 already: it stays unknown. */
uint16_t diag_add_use(struct diag *d, const struct diag_context *c);

/* Adds to the diagnostic queued last: what to try, or a second place. */
void diag_hint(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diag_note(struct diag *d, struct src_loc loc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same for one side of an operator: told as the diagnostic itself is, "ERROR: left (int8)", as in bpftrace. */
void diag_operand(struct diag *d, struct src_loc loc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

size_t diag_errors(const struct diag *d);
size_t diag_warnings(const struct diag *d);

/* Prints what is queued, errors first, in source order; colour if asked. */
void diag_print(const struct diag *d, FILE *out, bool color, bool warnings);

/* A whole line (from 1) of the source of that name, without its indent; false: there is none. */
bool diag_line(const struct diag *d, const char *name, unsigned line, struct src_loc *loc);

/* Writes "FILE:LINE:COL-ENDCOL: ", or "FILE:LINE-ENDLINE: "; nothing when loc is in no source. */
void diag_span(const struct diag *d, struct src_loc loc, FILE *out);
/* One message that is not queued, with its place and the uses of macros around it, as diag_print() shows them. */
void diag_place(const struct diag *d, struct src_loc loc, const char *kind, const char *msg, FILE *out, bool color);

/* Line and column (both from 1, column in bytes) of an offset. */
void source_line_col(const struct source *s, uint32_t off, unsigned *line, unsigned *col);

/*
 * Nearest of names to word by edit distance, or NULL if none is near enough to
 * be worth suggesting (distance at most a third of the word's length, 1 at least).
 */
const char *diag_nearest(const char *word, const char *const *names, size_t n);

#endif
