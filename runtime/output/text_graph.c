/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * text_graph.c - a call tree as text, two lines for each call:
 *
 *     21 17:10:59.088813              main.add(a=3) { main.doSomething+37 main.go:15
 *     21 17:10:59.088815 1.2us        } main.add+68 main.go:29
 *
 * and one for what is no call: a wait, a system call, a go statement:
 *
 *     21 17:10:59.088813 10.2ms         ~ chan receive: main.worker+45 main.go:33 in runtime.chanrecv1
 *     21 17:10:59.088813 3.1us          ~ syscall write(1, 0xc000012000, 6) = 6
 *     21 17:10:59.088813                ~ go main.worker goid=18: main.start+80 main.go:12
 *
 * day and time, a column of 10 for the duration, two blanks for each level.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/output/names.h"
#include "runtime/output/text.h"
#include "runtime/output/value.h"

#define MAX_INDENT 64 /* levels; deeper ones get their number instead */
#define STAMP	   18 /* "21 17:10:59.088812" */
#define DURATION   10
#define SLOW_NS	   1000000000ULL

#define DIM   "\033[2m"
#define BOLD  "\033[1m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

struct text_state {
	int64_t second; /* the one that stamp is for */
	char stamp[13]; /* "21 17:10:59." */
	struct names *names;
};

/* --- names ------------------------------------------------------------------------------ */

static void put_place(const struct output *o, struct buf *b, const struct code_info *c)
{
	const char *file;

	value_place(b, c);
	if (!c->file)
		return;
	file = names_trim(o, c->file);
	buf_putc(b, ' ');
	value_escape(b, file, strlen(file));
	buf_putc(b, ':');
	buf_u64(b, c->line);
}

static void put_site(const struct output *o, struct buf *func, struct buf *place, const struct site_info *s,
		     uint32_t site)
{
	if (s) {
		struct code_info c = { .func = s->func, .file = s->file, .off = s->off, .line = s->line };

		value_escape(func, s->func, strlen(s->func));
		put_place(o, place, &c);
	} else {
		buf_printf(func, "site %u", site);
		buf_printf(place, "site %u", site);
	}
}

static const struct names_ops names_ops = { .site = put_site, .code = put_place };

void *text_init(struct output *o)
{
	struct text_state *s = xcalloc(1, sizeof(*s));

	(void)o;
	s->second = INT64_MIN;
	s->names = names_new(&names_ops);
	return s;
}

void text_fini(struct output *o)
{
	struct text_state *s = o->state;

	names_free(s->names);
	free(s);
}

static void put_text(struct output *o, const struct text *t)
{
	buf_add(&o->b, t->s, t->len);
}

static const struct site_text *site_text(struct output *o, uint32_t site)
{
	return names_site(((struct text_state *)o->state)->names, o, site);
}

static void put_caller(struct output *o, const struct graph_node *n)
{
	names_caller(((struct text_state *)o->state)->names, o, n);
}

/* --- lines -------------------------------------------------------------------------------- */

static void two_digits(char *p, unsigned v)
{
	p[0] = (char)('0' + v / 10 % 10);
	p[1] = (char)('0' + v % 10);
}

static void put_stamp(struct output *o, uint64_t mono_ns)
{
	struct text_state *s = o->state;
	int64_t wall = value_wall(o->opts.values, mono_ns);
	int64_t second = wall / 1000000000, ns = wall % 1000000000;
	char micro[6];
	unsigned us;

	if (ns < 0) {
		ns += 1000000000;
		second--;
	}
	if (second != s->second) {
		struct tm tm = { 0 };
		time_t tt = (time_t)second;

		localtime_r(&tt, &tm);
		two_digits(s->stamp, (unsigned)tm.tm_mday);
		s->stamp[2] = ' ';
		two_digits(s->stamp + 3, (unsigned)tm.tm_hour);
		s->stamp[5] = ':';
		two_digits(s->stamp + 6, (unsigned)tm.tm_min);
		s->stamp[8] = ':';
		two_digits(s->stamp + 9, (unsigned)tm.tm_sec);
		s->stamp[11] = '.';
		s->second = second;
	}
	us = (unsigned)(ns / 1000);
	two_digits(micro, us / 10000);
	two_digits(micro + 2, us / 100 % 100);
	two_digits(micro + 4, us % 100);
	if (o->opts.color)
		buf_puts(&o->b, DIM);
	buf_add(&o->b, s->stamp, 12);
	buf_add(&o->b, micro, 6);
	if (o->opts.color)
		buf_puts(&o->b, PLAIN);
}

static void put_duration(struct output *o, uint64_t ns)
{
	bool red = o->opts.color && ns >= SLOW_NS;
	size_t begin, len;

	if (red)
		buf_puts(&o->b, RED);
	begin = o->b.len;
	value_duration(&o->b, ns);
	len = o->b.len - begin;
	if (red)
		buf_puts(&o->b, PLAIN);
	buf_pad(&o->b, ' ', len < DURATION ? DURATION - len : 0);
}

static void put_indent(struct output *o, unsigned depth)
{
	buf_pad(&o->b, ' ', 1 + 2 * (size_t)(depth < MAX_INDENT ? depth : MAX_INDENT));
	if (depth > MAX_INDENT)
		buf_printf(&o->b, "[depth %u] ", depth);
}

static void put_func(struct output *o, const struct graph_node *n)
{
	if (o->opts.color)
		buf_puts(&o->b, BOLD);
	put_text(o, &site_text(o, n->site)->func);
	if (o->opts.color)
		buf_puts(&o->b, PLAIN);
}

static void put_who(struct output *o, const struct graph_tree *tree)
{
	if (o->opts.color)
		buf_puts(&o->b, DIM);
	buf_puts(&o->b, tree->is_thread ? " tid=" : " goid=");
	buf_u64(&o->b, GFT_GOID(tree->goid));
	buf_puts(&o->b, " pid=");
	buf_u64(&o->b, tree->tgid);
	if (o->opts.color)
		buf_puts(&o->b, PLAIN);
}

/* Code that is no caller of a node: few enough that its text is made each time. */
static void put_code(struct output *o, const struct code_info *c)
{
	put_place(o, &o->b, c);
}

static void find_code(const struct output *o, uint32_t site, int64_t rel, struct code_info *c)
{
	const struct sym_source *syms = o->opts.values ? o->opts.values->syms : NULL;

	*c = (struct code_info){ 0 };
	if (syms)
		syms->caller(syms->ctx, site, rel, c);
}

/* The function at a place. */
static void put_func_at(struct output *o, uint32_t site, int64_t rel)
{
	struct code_info c;

	find_code(o, site, rel, &c);
	if (c.func)
		value_escape(&o->b, c.func, strlen(c.func));
	else
		value_place(&o->b, &c);
}

static void open_line(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	const struct payload *p = names_payload(o, n->site, n->args);

	put_stamp(o, n->start_ns);
	buf_pad(&o->b, ' ', DURATION + 1);
	put_indent(o, depth);
	if (n->flags & GN_GOROUTINE)
		put_func_at(o, n->site, tree->start);
	else
		put_func(o, n);
	buf_putc(&o->b, '(');
	if (p)
		value_print_payload(&o->b, o->opts.values, p, n->args);
	buf_puts(&o->b, ") { ");
	put_caller(o, n);
	if (n->flags & GN_GOROUTINE) {
		buf_puts(&o->b, " parent=");
		buf_u64(&o->b, GFT_GOID(tree->parent));
	}
}

/* " [running 12us, parked 10.2ms (sleep 10ms, chan receive 2: 200us)]" */
static void put_split(struct output *o, const struct graph_split *s)
{
	static const char *const doing[] = { "running", "runnable", "parked", "syscall" };
	const char *sep = " [";

	for (int i = 0; i < GFT_DOINGS; i++) {
		if (i && !s->ns[i])
			continue;
		buf_puts(&o->b, sep);
		buf_puts(&o->b, doing[i]);
		buf_putc(&o->b, ' ');
		value_duration(&o->b, s->ns[i]);
		sep = ", ";
		for (uint32_t k = 0; i == GFT_PARKED && k < s->nwaits; k++) {
			buf_puts(&o->b, k ? ", " : ": ");
			value_escape(&o->b, s->waits[k].reason, strlen(s->waits[k].reason));
			if (s->nwaits > 1) {
				buf_putc(&o->b, ' ');
				value_duration(&o->b, s->waits[k].ns);
			}
			if (s->waits[k].count > 1)
				buf_printf(&o->b, " in %llu", (unsigned long long)s->waits[k].count);
		}
	}
	buf_putc(&o->b, ']');
}

static void put_park(struct output *o, const struct graph_node *n)
{
	const struct graph_park *p = n->x;
	struct code_info inner, user;

	value_escape(&o->b, p->reason, strlen(p->reason));
	graph_park_place(o->opts.values ? o->opts.values->syms : NULL, n->site, p, &inner, &user);
	if (user.func) {
		buf_puts(&o->b, ": ");
		put_code(o, &user);
	}
	if (inner.func && (inner.func != user.func || inner.off != user.off)) {
		buf_puts(&o->b, " in ");
		value_escape(&o->b, inner.func, strlen(inner.func));
	}
}

/* Small numbers are most likely meant as numbers; others are addresses or flags. */
static void put_word(struct output *o, uint64_t v)
{
	int64_t n = names_syscall_arg(v);

	if (n > -4096 && n < 65536)
		value_int(&o->b, n, true, 1);
	else
		buf_printf(&o->b, "0x%llx", (unsigned long long)v);
}

static void put_syscall(struct output *o, const struct graph_node *n)
{
	const struct graph_syscall *s = n->x;

	buf_puts(&o->b, "syscall ");
	names_syscall(&o->b, s->nr);
	buf_putc(&o->b, '(');
	for (unsigned i = 0; i < names_syscall_args(s->nr); i++) {
		buf_puts(&o->b, i ? ", " : "");
		put_word(o, s->args[i]);
	}
	buf_puts(&o->b, ") = ");
	if (s->ret < 0 && s->ret > -4096)
		names_errno(&o->b, (int)-s->ret);
	else if (s->ret < 0 || s->ret > INT32_MAX)
		buf_printf(&o->b, "0x%llx", (unsigned long long)s->ret);
	else
		value_int(&o->b, s->ret, true, 1);
}

static void put_go(struct output *o, const struct graph_node *n)
{
	const struct graph_go *g = n->x;

	buf_puts(&o->b, "go ");
	put_func_at(o, n->site, g->start);
	buf_puts(&o->b, " goid=");
	buf_u64(&o->b, GFT_GOID(g->goid));
	buf_puts(&o->b, ": ");
	put_caller(o, n);
	if (!g->followed)
		buf_puts(&o->b, " (not followed)");
}

static void leaf_line(struct output *o, const struct graph_node *n, unsigned depth)
{
	put_stamp(o, n->start_ns);
	buf_putc(&o->b, ' ');
	if (n->flags & GN_GO)
		buf_pad(&o->b, ' ', DURATION);
	else
		put_duration(o, n->end_ns - n->start_ns);
	put_indent(o, depth);
	buf_puts(&o->b, "~ ");
	if (n->flags & GN_PARK)
		put_park(o, n);
	else if (n->flags & GN_SYSCALL)
		put_syscall(o, n);
	else
		put_go(o, n);
	if (n->flags & GN_OPEN)
		buf_puts(&o->b, " (open)");
}

/* The calls that led to the root, before it: the outermost last, as a Go traceback has them. */
static void stack_lines(struct output *o, const struct graph_tree *tree, bool who)
{
	const struct graph_stack *s = tree->stack;
	struct code_info c;

	for (uint32_t i = 0; s && i < s->n; i++) {
		find_code(o, s->site, s->rel[i], &c);
		buf_puts(&o->b, i ? "--             " : "-- called from ");
		put_code(o, &c);
		if (who)
			put_who(o, tree);
		buf_putc(&o->b, '\n');
	}
}

static void close_line(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	const struct payload *p = names_payload(o, n->exit_site, n->rets);

	if (n->flags & GN_OPEN) {
		buf_pad(&o->b, ' ', STAMP + 1 + DURATION);
	} else {
		put_stamp(o, n->end_ns);
		buf_putc(&o->b, ' ');
		put_duration(o, n->end_ns - n->start_ns);
	}
	put_indent(o, depth);
	buf_puts(&o->b, "} ");
	if (p) {
		buf_puts(&o->b, "= ");
		value_print_payload(&o->b, o->opts.values, p, n->rets);
		buf_putc(&o->b, ' ');
	}
	if (n->exit_site != GFT_NO_SITE)
		put_text(o, &site_text(o, n->exit_site)->place);
	else if (n->flags & GN_GOROUTINE)
		put_func_at(o, n->site, tree->start);
	else
		put_text(o, &site_text(o, n->site)->func);
	if (n->flags & GN_OPEN)
		buf_puts(&o->b, " (open)");
	if (n->flags & GN_UNWOUND)
		buf_puts(&o->b, " (unwound)");
	if (n->flags & GN_LOST_EXIT)
		buf_puts(&o->b, " (exit lost)");
	if (n->flags & GN_TAIL)
		buf_puts(&o->b, " (tail jump)");
	if ((n->flags & (GN_DAMAGED | GN_LOST_EXIT)) == GN_DAMAGED)
		buf_puts(&o->b, " (damaged)");
	if (n->flags & GN_DROPPED)
		buf_puts(&o->b, " (dropped)");
	if (n->x)
		put_split(o, n->x);
}

/* What there is to say of a whole tree, and the blank line behind it. */
static void foot(struct output *o, const struct graph_tree *tree)
{
	for (size_t i = 0; i < tree->ntags; i++) {
		const struct graph_tag *tag = &tree->tags[i];

		buf_puts(&o->b, "-- ");
		if (tag->key)
			value_escape(&o->b, tag->key, strlen(tag->key));
		buf_puts(&o->b, "=");
		value_print(&o->b, o->opts.values, tag->type, tag->data);
		buf_putc(&o->b, '\n');
	}
	if (tree->dropped) {
		buf_puts(&o->b, "-- ");
		buf_u64(&o->b, tree->dropped);
		buf_puts(&o->b, tree->dropped == 1 ? " call not shown (limit)\n" : " calls not shown (limit)\n");
	}
	if (tree->root->flags & GN_DAMAGED)
		buf_puts(&o->b, "-- damaged: records were lost here\n");
	buf_putc(&o->b, '\n');
}

void text_graph(struct output *o, const struct graph_tree *tree)
{
	const struct graph_node *n = tree->root;
	unsigned depth = 0;

	stack_lines(o, tree, false);
	for (;;) {
		if (!(n->flags & GN_LEAF))
			open_line(o, tree, n, depth);
		if (n == tree->root)
			put_who(o, tree);
		if (!(n->flags & GN_LEAF))
			buf_putc(&o->b, '\n');
		output_room(o);
		if (n->child) {
			n = n->child;
			depth++;
			continue;
		}
		for (;;) {
			if (n->flags & GN_LEAF)
				leaf_line(o, n, depth);
			else
				close_line(o, tree, n, depth);
			buf_putc(&o->b, '\n');
			output_room(o);
			if (n == tree->root || n->next)
				break;
			n = n->parent;
			depth--;
		}
		if (n == tree->root)
			break;
		n = n->next;
	}
	foot(o, tree);
	output_end(o);
}

/* Lines of several goroutines come mixed: each says whose it is. */
void text_graph_enter(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	open_line(o, tree, n, depth);
	put_who(o, tree);
	buf_putc(&o->b, '\n');
	output_end(o);
}

void text_graph_leave(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	close_line(o, tree, n, depth);
	put_who(o, tree);
	buf_putc(&o->b, '\n');
	if (n == tree->root)
		foot(o, tree);
	output_end(o);
}

void text_graph_leaf(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	leaf_line(o, n, depth);
	put_who(o, tree);
	buf_putc(&o->b, '\n');
	output_end(o);
}

void text_graph_stack(struct output *o, const struct graph_tree *tree)
{
	stack_lines(o, tree, true);
	output_end(o);
}
