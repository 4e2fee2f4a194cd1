/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * format.h - what a format implements.
 *
 * A format writes into o->b and calls output_end() when something is complete:
 * a line, a map, a tree.  When bytes leave for the file is decided there, so a
 * reader never sees half of something because of buffering.  Members that are
 * NULL mean that the format has nothing to say.
 */
#ifndef GFT_OUTPUT_FORMAT_H
#define GFT_OUTPUT_FORMAT_H

#include "gft/buf.h"
#include "gft/output.h"

struct output_format {
	const char *name, *alias;	 /* alias may be NULL */
	bool escapes;			 /* all text, also what a script's printf() made */
	void *(*init)(struct output *o); /* the format's own state, o->state */
	void (*fini)(struct output *o);	 /* may still write */
	void (*text)(struct output *o, const char *kind, const char *text, size_t len);
	void (*value)(struct output *o, const struct gft_type *t, const void *data);
	/* rows are sorted, and only those that "top" leaves */
	void (*map)(struct output *o, const char *name, const struct gft_type *key, const struct gft_type *val,
		    const struct output_row *rows, size_t n, uint64_t div);
	void (*graph)(struct output *o, const struct graph_tree *tree);
	void (*graph_enter)(struct output *o, const struct graph_tree *tree, const struct graph_node *n,
			    unsigned depth);
	void (*graph_leave)(struct output *o, const struct graph_tree *tree, const struct graph_node *n,
			    unsigned depth);
	void (*graph_leaf)(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
	void (*graph_stack)(struct output *o, const struct graph_tree *tree);
	void (*end_of_run)(struct output *o);
	void (*attached)(struct output *o, uint64_t probes);
	void (*lost)(struct output *o, uint64_t events);
	void (*loss)(struct output *o, const char *name, const char *what, uint64_t count,
		     const struct output_loss_at *at, size_t n);
	void (*warning)(struct output *o, const char *kind, const char *msg, const char *helper, int64_t retcode,
			const char *file, unsigned line, unsigned col, uint64_t count);
};

struct output {
	struct output_opts opts;
	const struct output_format *format;
	void *state;
	struct buf b; /* not written yet */
	int error;    /* 0, or -errno of the first write that failed; nothing is written after it */
};

extern const struct output_format output_format_text, output_format_json;

/* Something is complete. */
void output_end(struct output *o);
/* In the middle of something long: writes when much has gathered. */
void output_room(struct output *o);

/* Sorts rows as bpftrace does and cuts them to the last "top"; returns the first one that stays. */
struct output_row *output_sort(struct output_row *rows, size_t *n, const struct gft_type *key,
			       const struct gft_type *val, uint64_t top);

#endif
