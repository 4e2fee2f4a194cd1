/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * json.c - the JSON format: one object a line, {"type": ..., "data": ...}, as
 * bpftrace writes them (programs that read its output read ours), and graphs of
 * our own (json_graph.c).  Objects are written with ", " and ": ", arrays
 * with ",".
 */
#include "runtime/output/json.h"

#include <string.h>

#include "runtime/output/value.h"

static void begin(struct output *o, const char *type)
{
	buf_puts(&o->b, "{\"type\": ");
	json_string(&o->b, type, strlen(type));
}

static void end(struct output *o)
{
	buf_puts(&o->b, "}\n");
	output_end(o);
}

static void json_text(struct output *o, const char *kind, const char *text, size_t len)
{
	begin(o, kind);
	buf_puts(&o->b, ", \"data\": ");
	if (!strcmp(kind, "join") && len && text[len - 1] == '\n') /* its own, for text */
		len--;
	json_string(&o->b, text, len);
	end(o);
}

static void json_print(struct output *o, const struct gft_type *t, const void *data)
{
	begin(o, "value");
	buf_puts(&o->b, ", \"data\": ");
	json_value(&o->b, o->opts.values, t, data, 1);
	end(o);
}

static const char *map_type(const struct gft_type *val)
{
	switch (val->kind) {
	case TY_HIST:
	case TY_LHIST: return "hist";
	case TY_TSERIES: return "tseries";
	case TY_AVG:
	case TY_STATS: return "stats";
	default: return "map";
	}
}

static void json_map(struct output *o, const char *name, const struct gft_type *key, const struct gft_type *val,
		     const struct output_row *rows, size_t n, uint64_t div)
{
	bool keyed = key && n && rows[0].key;

	if (!n)
		return;
	begin(o, map_type(val));
	buf_puts(&o->b, ", \"data\": {");
	json_string(&o->b, name, strlen(name));
	buf_puts(&o->b, keyed ? ": {" : ": ");
	for (size_t i = 0; i < (keyed ? n : 1); i++) {
		if (i)
			buf_puts(&o->b, ", ");
		if (keyed) {
			json_key(&o->b, o->opts.values, key, rows[i].key);
			buf_puts(&o->b, ": ");
		}
		json_value(&o->b, o->opts.values, val, rows[i].val, div);
		output_room(o);
	}
	buf_puts(&o->b, keyed ? "}}" : "}");
	end(o);
}

/* bpftrace has had its numbers in two places over time; readers look in either. */
static void count(struct output *o, const char *type, const char *what, uint64_t n)
{
	begin(o, type);
	buf_puts(&o->b, ", \"count\": ");
	buf_u64(&o->b, n);
	buf_printf(&o->b, ", \"data\": {\"%s\": ", what);
	buf_u64(&o->b, n);
	buf_putc(&o->b, '}');
	end(o);
}

static void json_attached(struct output *o, uint64_t probes)
{
	count(o, "attached_probes", "probes", probes);
}

static void json_lost(struct output *o, uint64_t events)
{
	count(o, "lost_events", "events", events);
}

static void json_loss(struct output *o, const char *name, const char *what, uint64_t count,
		      const struct output_loss_at *at, size_t n)
{
	begin(o, "loss");
	buf_printf(&o->b, ", \"data\": {\"loss\": \"%s\", \"count\": ", name);
	buf_u64(&o->b, count);
	buf_puts(&o->b, ", \"what\": ");
	json_string(&o->b, what, strlen(what));
	for (size_t i = 0; i < n; i++) {
		buf_puts(&o->b, i ? ", " : ", \"at\": {");
		json_string(&o->b, at[i].probe, strlen(at[i].probe));
		buf_puts(&o->b, ": ");
		buf_u64(&o->b, at[i].count);
	}
	buf_puts(&o->b, n ? "}}" : "}");
	end(o);
}

static void json_warning(struct output *o, const char *kind, const char *msg, const char *helper, int64_t retcode,
			 const char *file, unsigned line, unsigned col, uint64_t count)
{
	begin(o, kind);
	buf_puts(&o->b, ", \"msg\": ");
	json_string(&o->b, msg, strlen(msg));
	if (helper) {
		buf_puts(&o->b, ", \"helper\": ");
		json_string(&o->b, helper, strlen(helper));
		buf_puts(&o->b, ", \"retcode\": ");
		json_int(&o->b, retcode, true, 1);
	}
	buf_puts(&o->b, ", \"filename\": ");
	json_string(&o->b, file ? file : "", file ? strlen(file) : 0);
	buf_printf(&o->b, ", \"line\": %u, \"col\": %u", line, col);
	if (count)
		buf_printf(&o->b, ", \"count\": %llu", (unsigned long long)count);
	end(o);
}

const struct output_format output_format_json = {
	.name = "json",
	.escapes = true,
	.init = json_init,
	.fini = json_fini,
	.text = json_text,
	.value = json_print,
	.map = json_map,
	.graph = json_graph,
	.graph_enter = json_graph_enter,
	.graph_leave = json_graph_leave,
	.graph_leaf = json_graph_leaf,
	.graph_stack = json_graph_stack,
	.attached = json_attached,
	.lost = json_lost,
	.loss = json_loss,
	.warning = json_warning,
};
