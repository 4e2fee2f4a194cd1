/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * text_graph.c - a call tree as text, two lines for each call:
 *
 *     21 17:10:59.088813              main.add(a=3) { main.doSomething+37 main.go:15
 *     21 17:10:59.088815 1.2us        } main.add+68 main.go:29
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
	buf_u64(&o->b, tree->goid);
	buf_puts(&o->b, " pid=");
	buf_u64(&o->b, tree->tgid);
	if (o->opts.color)
		buf_puts(&o->b, PLAIN);
}

static void open_line(struct output *o, const struct graph_node *n, unsigned depth)
{
	const struct payload *p = names_payload(o, n->site, n->args);

	put_stamp(o, n->start_ns);
	buf_pad(&o->b, ' ', DURATION + 1);
	put_indent(o, depth);
	put_func(o, n);
	buf_putc(&o->b, '(');
	if (p)
		value_print_payload(&o->b, o->opts.values, p, n->args);
	buf_puts(&o->b, ") { ");
	put_caller(o, n);
}

static void close_line(struct output *o, const struct graph_node *n, unsigned depth)
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

	for (;;) {
		open_line(o, n, depth);
		if (n == tree->root)
			put_who(o, tree);
		buf_putc(&o->b, '\n');
		output_room(o);
		if (n->child) {
			n = n->child;
			depth++;
			continue;
		}
		for (;;) {
			close_line(o, n, depth);
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
	open_line(o, n, depth);
	put_who(o, tree);
	buf_putc(&o->b, '\n');
	output_end(o);
}

void text_graph_leave(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	close_line(o, n, depth);
	put_who(o, tree);
	buf_putc(&o->b, '\n');
	if (n == tree->root)
		foot(o, tree);
	output_end(o);
}
