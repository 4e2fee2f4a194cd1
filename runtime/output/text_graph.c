/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * text_graph.c - a call tree as text, two lines for each call:
 *
 *     21 17:10:59.088813              main.add(a=3) { main.doSomething+37 main.go:15
 *     21 17:10:59.088815 1.2us        } main.add+68 main.go:29
 *
 * day and time, a column of 10 for the duration, two blanks for each level.
 * Names of sites and callers are made once and kept: in a busy trace that is
 * most of what a line costs.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/output/text.h"
#include "runtime/output/value.h"

#define MAX_INDENT 64	      /* levels; deeper ones get their number instead */
#define PAGE	   256U	      /* sites whose texts lie together */
#define MAX_SITES  (1U << 20) /* sites whose texts are kept */
#define CALLERS	   8192	      /* a power of two */
#define STAMP	   18	      /* "21 17:10:59.088812" */
#define DURATION   10
#define SLOW_NS	   1000000000ULL

#define DIM   "\033[2m"
#define BOLD  "\033[1m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

struct text {
	char *s;
	size_t len;
};

struct site_text {
	struct text func, place; /* "main.add"; "main.add+68 main.go:29" */
};

struct caller_text {
	uint32_t site;
	int64_t rel;
	struct text place;
};

struct text_state {
	int64_t second;				   /* the one that stamp is for */
	char stamp[13];				   /* "21 17:10:59." */
	struct site_text *sites[MAX_SITES / PAGE]; /* pages, made when a site of theirs first appears */
	struct caller_text callers[CALLERS];
	struct site_text other; /* of a site that is not kept */
};

void *text_init(struct output *o)
{
	struct text_state *s = xcalloc(1, sizeof(*s));

	(void)o;
	s->second = INT64_MIN;
	return s;
}

static void site_text_free(struct site_text *t)
{
	free(t->func.s);
	free(t->place.s);
	*t = (struct site_text){ 0 };
}

void text_fini(struct output *o)
{
	struct text_state *s = o->state;

	for (size_t i = 0; i < MAX_SITES / PAGE; i++) {
		for (size_t k = 0; s->sites[i] && k < PAGE; k++)
			site_text_free(&s->sites[i][k]);
		free(s->sites[i]);
	}
	for (size_t i = 0; i < CALLERS; i++)
		free(s->callers[i].place.s);
	site_text_free(&s->other);
	free(s);
}

/* --- names ------------------------------------------------------------------------------ */

static struct text take(struct buf *b)
{
	struct text t = { b->data, b->len };

	return t; /* the buffer's memory now belongs to the text */
}

static void put_text(struct output *o, const struct text *t)
{
	buf_add(&o->b, t->s, t->len);
}

static void put_place(struct buf *b, const struct output *o, const struct code_info *c)
{
	const char *file = c->file, *prefix = o->opts.trim_prefix;

	value_place(b, c);
	if (!file)
		return;
	if (prefix && strncmp(file, prefix, strlen(prefix)) == 0)
		file += strlen(prefix);
	buf_putc(b, ' ');
	value_escape(b, file, strlen(file));
	buf_putc(b, ':');
	buf_u64(b, c->line);
}

static const struct sym_source *syms_of(const struct output *o)
{
	return o->opts.values ? o->opts.values->syms : NULL;
}

static const struct site_info *site_of(const struct output *o, uint32_t site)
{
	const struct sym_source *syms = syms_of(o);

	return syms && site != GFT_NO_SITE ? syms->site(syms->ctx, site) : NULL;
}

static void site_text_make(const struct output *o, struct site_text *t, uint32_t site)
{
	const struct site_info *s = site_of(o, site);
	struct buf func = BUF_INIT, place = BUF_INIT;

	if (s) {
		struct code_info c = { .func = s->func, .file = s->file, .off = s->off, .line = s->line };

		value_escape(&func, s->func, strlen(s->func));
		put_place(&place, o, &c);
	} else {
		buf_printf(&func, "site %u", site);
		buf_printf(&place, "site %u", site);
	}
	t->func = take(&func);
	t->place = take(&place);
}

static const struct site_text *site_text(struct output *o, uint32_t site)
{
	struct text_state *s = o->state;
	struct site_text **page, *t;

	if (site >= MAX_SITES) {
		site_text_free(&s->other);
		site_text_make(o, &s->other, site);
		return &s->other;
	}
	page = &s->sites[site / PAGE];
	if (!*page)
		*page = xcalloc(PAGE, sizeof(**page));
	t = &(*page)[site % PAGE];
	if (!t->func.s)
		site_text_make(o, t, site);
	return t;
}

static void put_caller(struct output *o, const struct graph_node *n)
{
	struct text_state *s = o->state;
	uint64_t h = ((uint64_t)n->caller_rel ^ (uint64_t)n->site << 40) * 0x9e3779b97f4a7c15ULL;
	struct caller_text *c = &s->callers[h >> 51 & (CALLERS - 1)];
	const struct sym_source *syms = syms_of(o);
	struct code_info info = { 0 };
	struct buf b = BUF_INIT;

	if (c->place.s && c->site == n->site && c->rel == n->caller_rel) {
		put_text(o, &c->place);
		return;
	}
	if (syms)
		syms->caller(syms->ctx, n->site, n->caller_rel, &info);
	if (!info.func) { /* may become known later: not kept */
		put_place(&o->b, o, &info);
		return;
	}
	put_place(&b, o, &info);
	free(c->place.s);
	*c = (struct caller_text){ n->site, n->caller_rel, take(&b) };
	put_text(o, &c->place);
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

static const struct payload *payload_at(const struct output *o, uint32_t site, const struct gft_payload *data)
{
	const struct site_info *s = data ? site_of(o, site) : NULL;
	uint64_t mask;

	if (!s || !s->payload->n)
		return NULL;
	mask = s->payload->n < 64 ? (1ULL << s->payload->n) - 1 : UINT64_MAX;
	return data->present & mask ? s->payload : NULL;
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
	const struct payload *p = payload_at(o, n->site, n->args);

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
	const struct payload *p = payload_at(o, n->exit_site, n->rets);

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
