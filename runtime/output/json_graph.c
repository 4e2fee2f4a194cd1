/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * json_graph.c - call trees as JSON, one object a line:
 *
 *     {"type": "graph", "data": {"pid": 1, "tid": 2, "goid": 3, "start": "...Z", "start_ns": 5, "duration_ns": 9,
 *      <what there is to say of the root>, "tags": {...}, "dropped": 0, "calls": [{"depth": 0, "offset_ns": 0,
 *      "duration_ns": 9, <...>},{"depth": 1, ...}]}}
 *
 * Trees can be 100,000 calls deep, and readers of JSON nest a few hundred: the
 * calls are a flat list in order of entry, the root first, each with its depth.
 * What there is to say of a call:
 *
 *     "func": "main.add", "file": "main.go", "line": 3      of its entry
 *     "caller": {"func": "main.f", "off": 20, "file": "main.go", "line": 9}
 *                                                          {"addr": 4096} when the function is not known
 *     "exit": {"off": 68, "file": "main.go", "line": 8}    where it returned
 *     "args": {"a": 3, "b": {"fault": true}}               a value that could not be read
 *     "ret": {...}
 *     "flags": ["open", "unwound", "exit_lost", "tail_jump", "damaged", "system_stack"]
 *
 *     "split": {"running_ns": 1, "runnable_ns": 0, "parked_ns": 8, "syscall_ns": 0,
 *               "parked": {"sleep": {"count": 1, "ns": 8}}}       graph(parks): the four are duration_ns
 *
 * What is no call stands in the list too, with its depth, offset_ns and duration_ns, and one of
 *
 *     "park": "chan receive", "place": {a caller}, "in": {a caller}
 *     "syscall": "read", "nr": 0, "args": [3, 4096, 10], "ret": 10, "error": "EAGAIN"
 *     "go": "main.worker", "child": 18, "followed": true, "caller": {...}
 *
 * A graph of a goroutine that another one started has "parent", that one's
 * goid; its root is the function it began in.  graph(stack): "stack" is a list
 * of callers, innermost first.
 *
 * What is not known or not there is left out; duration_ns of an open call is
 * null.  Times and ids are always numbers.  tid in place of goid: "thread".
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/output/json.h"
#include "runtime/output/names.h"
#include "runtime/output/value.h"

static void put_str(struct buf *b, const char *name, const char *s)
{
	buf_printf(b, "\"%s\": ", name);
	json_string(b, s, strlen(s));
}

static void put_u64(struct output *o, const char *name, uint64_t v)
{
	buf_puts(&o->b, name);
	buf_u64(&o->b, v);
}

/* --- places --------------------------------------------------------------------------------- */

static void put_line(const struct output *o, struct buf *b, const char *file, uint32_t line)
{
	if (!file)
		return;
	buf_puts(b, ", ");
	put_str(b, "file", names_trim(o, file));
	buf_printf(b, ", \"line\": %u", line);
}

static void put_site(const struct output *o, struct buf *func, struct buf *place, const struct site_info *s,
		     uint32_t site)
{
	if (!s) {
		buf_printf(func, "\"func\": null, \"site\": %u", site);
		buf_printf(place, "{\"site\": %u}", site);
		return;
	}
	put_str(func, "func", s->func);
	put_line(o, func, s->file, s->line);
	buf_printf(place, "{\"off\": %u", s->off);
	put_line(o, place, s->file, s->line);
	buf_putc(place, '}');
}

static void put_code(const struct output *o, struct buf *b, const struct code_info *c)
{
	if (!c->func) {
		buf_puts(b, "{\"addr\": ");
		json_int(b, (int64_t)c->addr, false, 1);
	} else {
		buf_putc(b, '{');
		put_str(b, "func", c->func);
		buf_printf(b, ", \"off\": %u", c->off);
	}
	put_line(o, b, c->file, c->line);
	buf_putc(b, '}');
}

static const struct names_ops names_ops = { .site = put_site, .code = put_code };

void *json_init(struct output *o)
{
	(void)o;
	return names_new(&names_ops);
}

void json_fini(struct output *o)
{
	names_free(o->state);
}

/* --- a call --------------------------------------------------------------------------------- */

static void put_func(struct output *o, const struct graph_node *n)
{
	const struct text *t = &names_site(o->state, o, n->site)->func;

	buf_add(&o->b, t->s, t->len);
}

static void put_exit(struct output *o, const struct graph_node *n)
{
	const struct text *t;

	if (n->exit_site == GFT_NO_SITE)
		return;
	t = &names_site(o->state, o, n->exit_site)->place;
	buf_puts(&o->b, ", \"exit\": ");
	buf_add(&o->b, t->s, t->len);
}

static void put_caller(struct output *o, const struct graph_node *n)
{
	buf_puts(&o->b, ", \"caller\": ");
	names_caller(o->state, o, n);
}

static void find_code(const struct output *o, uint32_t site, int64_t rel, struct code_info *c)
{
	const struct sym_source *syms = o->opts.values ? o->opts.values->syms : NULL;

	*c = (struct code_info){ 0 };
	if (syms)
		syms->caller(syms->ctx, site, rel, c);
}

/* A function's name behind "name": */
static void put_func_at(struct output *o, const char *name, uint32_t site, int64_t rel)
{
	struct code_info c;

	find_code(o, site, rel, &c);
	if (c.func)
		put_str(&o->b, name, c.func);
	else
		buf_printf(&o->b, "\"%s\": null", name);
}

static void put_split(struct output *o, const struct graph_split *s)
{
	static const char *const doing[] = { "running", "runnable", "parked", "syscall" };

	for (int i = 0; i < GFT_DOINGS; i++) {
		buf_printf(&o->b, "%s\"%s_ns\": ", i ? ", " : ", \"split\": {", doing[i]);
		buf_u64(&o->b, s->ns[i]);
	}
	for (uint32_t i = 0; i < s->nwaits; i++) {
		buf_puts(&o->b, i ? ", " : ", \"parked\": {");
		json_string(&o->b, s->waits[i].reason, strlen(s->waits[i].reason));
		put_u64(o, ": {\"count\": ", s->waits[i].count);
		put_u64(o, ", \"ns\": ", s->waits[i].ns);
		buf_putc(&o->b, '}');
	}
	buf_puts(&o->b, s->nwaits ? "}}" : "}");
}

static void put_park(struct output *o, const struct graph_node *n)
{
	const struct graph_park *p = n->x;
	struct code_info inner, user;

	put_str(&o->b, "park", p->reason);
	graph_park_place(o->opts.values ? o->opts.values->syms : NULL, n->site, p, &inner, &user);
	if (user.func) {
		buf_puts(&o->b, ", \"place\": ");
		put_code(o, &o->b, &user);
	}
	if (inner.func) {
		buf_puts(&o->b, ", \"in\": ");
		put_code(o, &o->b, &inner);
	}
}

static void put_syscall(struct output *o, const struct graph_node *n)
{
	const struct graph_syscall *s = n->x;
	int64_t word;

	buf_puts(&o->b, "\"syscall\": \"");
	names_syscall(&o->b, s->nr);
	buf_printf(&o->b, "\", \"nr\": %u, \"args\": [", s->nr);
	for (unsigned i = 0; i < names_syscall_args(s->nr); i++) {
		buf_puts(&o->b, i ? ", " : "");
		word = names_syscall_arg(s->args[i]);
		json_int(&o->b, word, word > -4096 && word < 0, 1);
	}
	buf_puts(&o->b, "], \"ret\": ");
	json_int(&o->b, s->ret, true, 1);
	if (s->ret < 0 && s->ret > -4096) {
		buf_puts(&o->b, ", \"error\": \"");
		names_errno(&o->b, (int)-s->ret);
		buf_putc(&o->b, '"');
	}
}

static void put_go(struct output *o, const struct graph_node *n)
{
	const struct graph_go *g = n->x;

	put_func_at(o, "go", n->site, g->start);
	put_u64(o, ", \"child\": ", GFT_GOID(g->goid));
	buf_printf(&o->b, ", \"followed\": %s", g->followed ? "true" : "false");
	put_caller(o, n);
}

static void put_leaf(struct output *o, const struct graph_node *n)
{
	if (n->flags & GN_PARK)
		put_park(o, n);
	else if (n->flags & GN_SYSCALL)
		put_syscall(o, n);
	else
		put_go(o, n);
}

static void put_values(struct output *o, const char *name, uint32_t site, const struct gft_payload *data)
{
	const struct payload *p = names_payload(o, site, data);
	bool first = true;

	if (!p)
		return;
	buf_printf(&o->b, ", \"%s\": {", name);
	for (uint32_t i = 0; i < p->n && i < GFT_PAYLOAD_MAX; i++) {
		const struct payload_field *f = &p->fields[i];

		if (!(data->present >> i & 1))
			continue;
		buf_puts(&o->b, first ? "" : ", ");
		first = false;
		if (f->name)
			json_string(&o->b, f->name, strlen(f->name));
		else
			buf_printf(&o->b, "\"%u\"", i);
		buf_puts(&o->b, ": ");
		if (data->fault >> i & 1)
			buf_puts(&o->b, "{\"fault\": true}");
		else
			json_value(&o->b, o->opts.values, f->type, (const char *)data + f->off, 1);
	}
	buf_putc(&o->b, '}');
}

static void put_flags(struct output *o, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ GN_OPEN, "open" },	   { GN_UNWOUND, "unwound" }, { GN_LOST_EXIT, "exit_lost" },
		{ GN_TAIL, "tail_jump" },  { GN_DAMAGED, "damaged" }, { GN_SYSTEM, "system_stack" },
		{ GN_DROPPED, "dropped" },
	};
	const char *sep = ", \"flags\": [\"";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & names[i].flag))
			continue;
		buf_puts(&o->b, sep);
		buf_puts(&o->b, names[i].name);
		buf_putc(&o->b, '"');
		sep = ",\"";
	}
	if (sep[1] == '"')
		buf_putc(&o->b, ']');
}

static void put_duration(struct output *o, const struct graph_node *n)
{
	if (n->flags & GN_OPEN)
		buf_puts(&o->b, ", \"duration_ns\": null");
	else
		put_u64(o, ", \"duration_ns\": ", n->end_ns - n->start_ns);
}

static void put_name(struct output *o, const struct graph_tree *tree, const struct graph_node *n)
{
	if (n->flags & GN_GOROUTINE)
		put_func_at(o, "func", n->site, tree->start);
	else
		put_func(o, n);
}

static void put_call(struct output *o, const struct graph_tree *tree, const struct graph_node *n)
{
	put_name(o, tree, n);
	put_caller(o, n);
	put_exit(o, n);
	put_values(o, "args", n->site, n->args);
	put_values(o, "ret", n->exit_site, n->rets);
	put_flags(o, n->flags);
	if (n->x)
		put_split(o, n->x);
}

/* --- trees ---------------------------------------------------------------------------------- */

static void put_who(struct output *o, const char *type, const struct graph_tree *tree)
{
	buf_printf(&o->b, "{\"type\": \"%s\", \"data\": {", type);
	put_u64(o, "\"pid\": ", tree->tgid);
	put_u64(o, ", \"tid\": ", tree->tid);
	put_u64(o, tree->is_thread ? ", \"thread\": " : ", \"goid\": ", GFT_GOID(tree->goid));
	if (tree->parent)
		put_u64(o, ", \"parent\": ", GFT_GOID(tree->parent));
}

static void put_stack(struct output *o, const struct graph_tree *tree)
{
	const struct graph_stack *s = tree->stack;
	struct code_info c;

	if (!s)
		return;
	buf_puts(&o->b, ", \"stack\": [");
	for (uint32_t i = 0; i < s->n; i++) {
		buf_puts(&o->b, i ? ", " : "");
		find_code(o, s->site, s->rel[i], &c);
		put_code(o, &o->b, &c);
	}
	buf_putc(&o->b, ']');
}

static void put_moment(struct output *o, const char *name, uint64_t mono_ns)
{
	buf_printf(&o->b, ", \"%s\": ", name);
	json_time(&o->b, value_wall(o->opts.values, mono_ns));
	buf_printf(&o->b, ", \"%s_ns\": ", name);
	buf_u64(&o->b, mono_ns);
}

/* What is known of a tree when its root has returned. */
static void put_foot(struct output *o, const struct graph_tree *tree)
{
	for (size_t i = 0; i < tree->ntags; i++) {
		const struct graph_tag *tag = &tree->tags[i];
		const char *key = tag->key ? tag->key : "";

		buf_puts(&o->b, i ? ", " : ", \"tags\": {");
		json_string(&o->b, key, strlen(key));
		buf_puts(&o->b, ": ");
		json_value(&o->b, o->opts.values, tag->type, tag->data, 1);
	}
	if (tree->ntags)
		buf_putc(&o->b, '}');
	put_u64(o, ", \"dropped\": ", tree->dropped);
}

static void end(struct output *o)
{
	buf_puts(&o->b, "}}\n");
	output_end(o);
}

static void put_item(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	put_u64(o, n == tree->root ? "{\"depth\": " : ",{\"depth\": ", depth);
	buf_puts(&o->b, ", \"offset_ns\": ");
	value_int(&o->b, (int64_t)(n->start_ns - tree->root->start_ns), true, 1);
	put_duration(o, n);
	buf_puts(&o->b, ", ");
	if (n->flags & GN_LEAF)
		put_leaf(o, n);
	else
		put_call(o, tree, n);
	buf_putc(&o->b, '}');
	output_room(o);
}

void json_graph(struct output *o, const struct graph_tree *tree)
{
	const struct graph_node *n = tree->root;
	unsigned depth = 0;

	put_who(o, "graph", tree);
	put_moment(o, "start", n->start_ns);
	put_duration(o, n);
	buf_puts(&o->b, ", ");
	put_call(o, tree, n);
	put_stack(o, tree);
	put_foot(o, tree);
	buf_puts(&o->b, ", \"calls\": [");
	while (n) {
		put_item(o, tree, n, depth);
		if (n->child) {
			n = n->child;
			depth++;
			continue;
		}
		while (n != tree->root && !n->next) {
			n = n->parent;
			depth--;
		}
		n = n == tree->root ? NULL : n->next;
	}
	buf_putc(&o->b, ']');
	end(o);
}

/* --stream: a line when a call begins, and one when it ends. */
static void put_step(struct output *o, const char *type, const struct graph_tree *tree, unsigned depth)
{
	put_who(o, type, tree);
	put_u64(o, ", \"depth\": ", depth);
}

void json_graph_enter(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	put_step(o, "enter", tree, depth);
	put_moment(o, "start", n->start_ns);
	buf_puts(&o->b, ", ");
	put_name(o, tree, n);
	put_caller(o, n);
	put_values(o, "args", n->site, n->args);
	put_flags(o, n->flags & GN_SYSTEM); /* the rest shows when it leaves */
	end(o);
}

void json_graph_leave(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	put_step(o, "leave", tree, depth);
	if (!(n->flags & GN_OPEN))
		put_moment(o, "end", n->end_ns);
	put_duration(o, n);
	buf_puts(&o->b, ", ");
	put_name(o, tree, n);
	put_exit(o, n);
	put_values(o, "ret", n->exit_site, n->rets);
	put_flags(o, n->flags);
	if (n->x)
		put_split(o, n->x);
	if (n == tree->root)
		put_foot(o, tree);
	end(o);
}

void json_graph_leaf(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	put_step(o, "leaf", tree, depth);
	put_moment(o, "start", n->start_ns);
	put_duration(o, n);
	buf_puts(&o->b, ", ");
	put_leaf(o, n);
	end(o);
}

void json_graph_stack(struct output *o, const struct graph_tree *tree)
{
	put_who(o, "stack", tree);
	put_stack(o, tree);
	end(o);
}
