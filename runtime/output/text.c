/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* text.c - the text format: a script's own output and its maps, as bpftrace prints them. */
#include "runtime/output/text.h"

#include "runtime/output/value.h"

static void text_text(struct output *o, const char *kind, const char *text, size_t len)
{
	(void)kind;
	buf_add(&o->b, text, len);
	output_end(o);
}

static void text_value(struct output *o, const struct gft_type *t, const void *data)
{
	value_print(&o->b, o->opts.values, t, data);
	buf_putc(&o->b, '\n'); /* also behind a stack, whose last line has ended, as in bpftrace */
	output_end(o);
}

/* bpftrace puts two line ends between a script's output and its maps. */
static void text_end_of_run(struct output *o)
{
	buf_puts(&o->b, "\n\n");
	output_end(o);
}

static bool has_rows(const struct gft_type *t)
{
	return t->kind == TY_HIST || t->kind == TY_LHIST || t->kind == TY_TSERIES;
}

static void map_value(struct output *o, const struct gft_type *t, const void *data, uint64_t div)
{
	bool is_signed;
	int64_t v;

	if (ty_is_agg(t)) {
		value_agg(&o->b, t, data, div);
	} else if (div > 1 && ty_is_int(t) && value_number(t, data, &v, &is_signed)) {
		value_int(&o->b, v, is_signed, div);
	} else {
		value_print(&o->b, o->opts.values, t, data);
	}
	buf_putc(&o->b, '\n');
}

void text_map(struct output *o, const char *name, const struct gft_type *key, const struct gft_type *val,
	      const struct output_row *rows, size_t n, uint64_t div)
{
	uint64_t last = 0;

	for (size_t i = 0; i < n && val->kind == TY_TSERIES; i++) {
		uint64_t l = value_tseries_last(val, rows[i].val);

		last = l > last ? l : last;
	}
	if (!n)
		buf_putc(&o->b, '\n');
	for (size_t i = 0; i < n; i++) {
		buf_puts(&o->b, name);
		if (key && rows[i].key) {
			buf_putc(&o->b, '[');
			value_print_key(&o->b, o->opts.values, key, rows[i].key);
			buf_putc(&o->b, ']');
		}
		buf_puts(&o->b, has_rows(val) ? ":\n" : ": ");
		if (val->kind == TY_TSERIES)
			value_tseries(&o->b, o->opts.values, val, rows[i].val, last, div);
		else if (has_rows(val))
			value_hist(&o->b, val, rows[i].val, div);
		else
			map_value(o, val, rows[i].val, div);
		if (has_rows(val))
			buf_putc(&o->b, '\n');
		output_room(o);
	}
	output_end(o);
}

const struct output_format output_format_text = {
	.name = "text",
	.alias = "ftrace",
	.init = text_init,
	.fini = text_fini,
	.text = text_text,
	.value = text_value,
	.map = text_map,
	.graph = text_graph,
	.graph_enter = text_graph_enter,
	.graph_leave = text_graph_leave,
	.graph_leaf = text_graph_leaf,
	.graph_stack = text_graph_stack,
	.end_of_run = text_end_of_run,
};
