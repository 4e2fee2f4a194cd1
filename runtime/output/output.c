/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * output.c - the front of all formats: finds the format, and moves what it
 * wrote to the file.  A reader that is gone (EPIPE) or a full disk is recorded
 * once; the caller asks with output_error() and decides.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/output/format.h"

#define FULL_BYTES ((size_t)64 << 10) /* gathered before a write when nobody waits for lines */

static const struct output_format *const formats[] = { &output_format_text, &output_format_json };

struct output *output_new(const struct output_opts *opts, const char **err)
{
	const char *name = opts->format ? opts->format : "text";
	struct output *o;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const struct output_format *f = formats[i];

		if (strcmp(name, f->name) != 0 && (!f->alias || strcmp(name, f->alias) != 0))
			continue;
		o = xcalloc(1, sizeof(*o));
		o->opts = *opts;
		o->format = f;
		if (f->init)
			o->state = f->init(o);
		return o;
	}
	if (err)
		*err = "there is no such output format: there are text (also called ftrace) and json";
	return NULL;
}

bool output_escapes(const struct output *o)
{
	return o->format->escapes;
}

void output_free(struct output *o)
{
	if (!o)
		return;
	if (o->format->fini)
		o->format->fini(o);
	output_flush(o);
	buf_free(&o->b);
	free(o);
}

/* Waits until a non-blocking file takes more. */
static void wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	poll(&p, 1, -1);
}

int output_flush(struct output *o)
{
	size_t done = 0;

	while (!o->error && done < o->b.len) {
		ssize_t n = write(o->opts.fd, o->b.data + done, o->b.len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			wait_writable(o->opts.fd);
		else if (n < 0 && errno != EINTR)
			o->error = -errno;
		else if (n == 0)
			o->error = -EIO;
	}
	buf_reset(&o->b);
	return o->error;
}

int output_error(const struct output *o)
{
	return o->error;
}

void output_room(struct output *o)
{
	if (o->b.len >= FULL_BYTES)
		output_flush(o);
}

void output_end(struct output *o)
{
	if (o->opts.buffering == OUTPUT_FULL)
		output_room(o);
	else
		output_flush(o);
}

void output_text(struct output *o, const char *kind, const char *text, size_t len)
{
	if (o->format->text)
		o->format->text(o, kind, text, len);
}

void output_value(struct output *o, const struct gft_type *t, const void *data)
{
	if (o->format->value)
		o->format->value(o, t, data);
}

void output_map(struct output *o, const char *name, const struct gft_type *key, const struct gft_type *val,
		const struct output_row *rows, size_t n, uint64_t top, uint64_t div)
{
	struct output_row *copy = xmalloc(n * sizeof(*copy)), *first;

	if (n)
		memcpy(copy, rows, n * sizeof(*copy));
	first = output_sort(copy, &n, key, val, top);
	if (o->format->map)
		o->format->map(o, name, key, val, first, n, div);
	free(copy);
}

void output_graph(struct output *o, const struct graph_tree *tree)
{
	if (o->format->graph)
		o->format->graph(o, tree);
}

void output_graph_enter(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	if (o->format->graph_enter)
		o->format->graph_enter(o, tree, n, depth);
}

void output_graph_leave(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	if (o->format->graph_leave)
		o->format->graph_leave(o, tree, n, depth);
}

void output_graph_leaf(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	if (o->format->graph_leaf)
		o->format->graph_leaf(o, tree, n, depth);
}

void output_graph_stack(struct output *o, const struct graph_tree *tree)
{
	if (o->format->graph_stack)
		o->format->graph_stack(o, tree);
}

void output_end_of_run(struct output *o)
{
	if (o->format->end_of_run)
		o->format->end_of_run(o);
}

void output_attached(struct output *o, uint64_t probes)
{
	if (o->format->attached)
		o->format->attached(o, probes);
}

void output_lost(struct output *o, uint64_t events)
{
	if (o->format->lost)
		o->format->lost(o, events);
}

void output_loss(struct output *o, const char *name, const char *what, uint64_t count, const struct output_loss_at *at,
		 size_t n)
{
	if (o->format->loss)
		o->format->loss(o, name, what, count, at, n);
}

void output_warning(struct output *o, const char *kind, const char *msg, const char *helper, int64_t retcode,
		    const char *file, unsigned line, unsigned col, uint64_t count)
{
	if (o->format->warning)
		o->format->warning(o, kind, msg, helper, retcode, file, line, col, count);
}
