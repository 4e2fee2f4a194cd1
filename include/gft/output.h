/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * output.h - everything that prints.  One interface, one file per format
 * behind it (struct output_format); callers never know which one is on.
 *
 * Text that comes from a target (strings, names, file paths) is escaped by
 * the format before it is written: control characters never reach a terminal
 * raw.  Script text (printf formats) is written as it is.
 */
#ifndef GFT_OUTPUT_H
#define GFT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gft/graph.h"
#include "gft/type.h"

struct buf;
struct output;

/* How values that are only numbers on the wire become text. */
struct value_ctx {
	void *ctx;
	const struct sym_source *syms;
	/* name of a probe id (TY_FUNC, TY_PROBE); NULL: not known */
	const char *(*func_name)(void *ctx, uint32_t probe_id);
	const char *(*probe_name)(void *ctx, uint32_t probe_id);
	/* frames of a stack, innermost first; returns how many were written */
	size_t (*stack)(void *ctx, const struct gft_type *t, const struct ty_stack *st, uint64_t *ips, size_t max);
	/*
	 * An address of process pid, or of the kernel (pid 0), as text: "func+off" and file, line.
	 * out->off is 1 when calls return there: then the call before it is meant.  out->level
	 * says which of the functions there, 0 the one that has the code (struct code_info).
	 */
	void (*symbol)(void *ctx, uint32_t pid, uint64_t addr, struct code_info *out);
	/* the Go type whose description lies at addr in process pid; NULL: not known, also the function may be */
	const char *(*go_type)(void *ctx, uint32_t pid, uint64_t addr);
	/* "BUILD-ID 0xOFFSET" of addr in the file that pid has mapped there; nothing, also NULL: that is not known */
	void (*file_place)(void *ctx, struct buf *b, uint32_t pid, uint64_t addr);
	const char *(*string)(void *ctx, uint32_t n); /* strftime formats */
	/* a user, and the paths of a control group (of hierarchies like filter; NULL: all), escaped; NULL: as here */
	void (*user)(void *ctx, struct buf *b, uint32_t uid);
	void (*cgroup)(void *ctx, struct buf *b, uint64_t id, const char *filter);
	/* a captured Go value (TY_GO) as text, escaped; NULL: not known here */
	void (*go_value)(void *ctx, struct buf *b, const struct gft_type *t, const void *data);
	int64_t wall_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	int64_t boot_offset_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
	uint32_t max_strlen;
	const char *trunc_trailer; /* "..": shown behind a string cut at max_strlen */
	bool raw_text;		   /* strings are not escaped: the format does it (output_escapes()) */
	bool hex_pointers;
};

enum output_buffering { OUTPUT_LINE, OUTPUT_FULL, OUTPUT_NONE };

struct output_opts {
	const char *format; /* "text" (also "ftrace"), "json"; NULL: text */
	int fd;		    /* borrowed: not closed */
	bool color;
	bool tty; /* fd is a terminal: progress and colour make sense */
	enum output_buffering buffering;
	const char *trim_prefix;	/* cut from file paths; NULL: none */
	const struct value_ctx *values; /* borrowed */
};

/* NULL and *err (a constant sentence) for a format that does not exist. */
struct output *output_new(const struct output_opts *opts, const char **err);
/* True for a format that escapes whatever it writes: what printf() makes must not be escaped before. */
bool output_escapes(const struct output *o);
void output_free(struct output *o); /* flushes */
int output_flush(struct output *o); /* 0, or -errno of the first write that failed (-EPIPE: reader gone) */
int output_error(const struct output *o);

/* printf(), time(), cat(), join(), system(): kind is bpftrace's JSON "type". */
void output_text(struct output *o, const char *kind, const char *text, size_t len);
void output_value(struct output *o, const struct gft_type *t, const void *data);

struct output_row {
	const void *key; /* NULL for a scalar */
	const void *val; /* already summed over CPUs */
};

/* A map, rows in any order: the format sorts them.  top 0: all; div 0 or 1: as they are. */
void output_map(struct output *o, const char *name, const struct gft_type *key, const struct gft_type *val,
		const struct output_row *rows, size_t n, uint64_t top, uint64_t div);

void output_graph(struct output *o, const struct graph_tree *tree);
/* --stream */
void output_graph_enter(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
void output_graph_leave(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);

void output_graph_leaf(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
void output_graph_stack(struct output *o, const struct graph_tree *tree);

/* Everything has run; what is left to print is the maps. */
void output_end_of_run(struct output *o);

/* Facts about the run that a format may want in its stream (JSON); text prints them on stderr elsewhere. */
void output_attached(struct output *o, uint64_t probes);
void output_lost(struct output *o, uint64_t events);
/* One kind of loss: a name for programs and words for people, how often, and at which probes as far as that is known.
 */
struct output_loss_at {
	const char *probe;
	uint64_t count;
};
void output_loss(struct output *o, const char *name, const char *what, uint64_t count, const struct output_loss_at *at,
		 size_t n);
void output_warning(struct output *o, const char *kind, const char *msg, const char *helper, int64_t retcode,
		    const char *file, unsigned line, unsigned col, uint64_t count);

/* --- values as text, for every format ------------------------------------------- */

/* A value as print() shows it, escaped where it holds target text. */
void value_print(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data);

/* A value as a map key: tuples without their outer parentheses. */
void value_print_key(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data);

/* "name=value, name=value" of a payload; values not present are left out, faults are (fault). */
void value_print_payload(struct buf *b, const struct value_ctx *vc, const struct payload *p,
			 const struct gft_payload *data);

/* What value_ctx.user and .cgroup are for: this machine's names, or the number. */
void value_username(struct buf *b, uint32_t uid);
void value_cgroup_path(struct buf *b, uint64_t id, const char *filter);

/* Text from a target: control characters and invalid UTF-8 as \n, \t, \xNN. */
void value_escape(struct buf *b, const char *s, size_t len);
/* The same for what stands in quotes: " and \ have a \ in front. */
void value_escape_quoted(struct buf *b, const char *s, size_t len);
/* As value_escape(), but for the characters of keep (ASCII), which stay. */
void value_escape_but(struct buf *b, const char *s, size_t len, const char *keep);

/* 45.2us, 812ns, 1.001s, 2m03.5s: four significant digits at most. */
void value_duration(struct buf *b, uint64_t ns);

/*
 * printf with the script's format and the arguments' types and bytes.
 * args[i].data points to the value.  %s takes anything printable.
 */
struct value_arg {
	const struct gft_type *type;
	const void *data;
};
void value_printf(struct buf *b, const struct value_ctx *vc, const char *fmt, const struct value_arg *args, size_t n);

/* The letter of the conversion that shows argument i (from 0), or 0. */
char value_printf_conversion(const char *fmt, size_t i);

/*
 * Checks a format at compile time.  Returns NULL, or a message (in buf b) such
 * as "not enough arguments for format string (1 supplied, 2 expected)".
 */
const char *value_printf_check(struct buf *b, const char *fmt, const struct gft_type *const *types, size_t n);

#endif
