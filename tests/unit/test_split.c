/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * test_split.c - graph(parks): the parts of a call's time are its time, exactly,
 * whatever the goroutine does.  Random lives of goroutines, with a model that
 * counts by itself; and records that make no sense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gft/buf.h"
#include "gft/graph.h"
#include "gft/type.h"

#define GORS  5
#define DEPTH 12

static const struct payload no_values;
static struct site_info sites[6];

static const struct site_info *site(void *ctx, uint32_t id)
{
	(void)ctx;
	return id < 6 ? &sites[id] : NULL;
}

static void caller(void *ctx, uint32_t id, int64_t rel, struct code_info *out)
{
	(void)ctx, (void)id, (void)rel;
	*out = (struct code_info){ 0 };
}

static const char *const reasons[] = { "sleep", "chan receive", "select" };

static const char *wait_reason(void *ctx, uint32_t id, uint32_t reason, int64_t from)
{
	(void)ctx, (void)id, (void)from;
	return reason < 3 ? reasons[reason] : NULL;
}

static const struct sym_source syms = { .site = site, .caller = caller, .wait_reason = wait_reason };

static int setup(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		sites[i] = (struct site_info){
			.func = "f", .func_id = i / 2, .role = (uint8_t)(i % 2), .payload = &no_values
		};
	return 0;
}

static uint64_t seed = 88172645463325252ULL;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % n;
}

/* What the model knows of an open call. */
struct call {
	uint64_t start, ns[GFT_DOINGS], wait[3], count[3];
	uint32_t func;
};

struct gor {
	struct call call[DEPTH];
	unsigned depth; /* 0: no graph */
	unsigned doing, reason;
	uint64_t since;
};

struct model {
	struct graph_builder *b;
	struct gor g[GORS];
	uint64_t now, ended, leaves;
	const struct call *expect; /* the call whose end comes now */
	bool stream;
};

static void check_split(const struct graph_tree *t, const struct graph_node *n)
{
	const struct graph_split *s = n->x;
	uint64_t all = 0, waits = 0;

	/* a thread that is no goroutine has no states; behind graph_drop() they were not recorded */
	if (t->is_thread || n->flags & GN_DROPPED) {
		assert_null(s);
		return;
	}
	assert_non_null(s);
	for (int i = 0; i < GFT_DOINGS; i++)
		all += s->ns[i];
	for (uint32_t i = 0; i < s->nwaits; i++)
		waits += s->waits[i].ns;
	assert_int_equal(waits, s->ns[GFT_PARKED]);
	if (!(n->flags & GN_OPEN))
		assert_int_equal(all, n->end_ns - n->start_ns);
}

static void on_leave(void *ctx, const struct graph_tree *t, const struct graph_node *n, unsigned depth)
{
	struct model *m = ctx;
	const struct graph_split *s = n->x;

	(void)depth;
	check_split(t, n);
	m->ended++;
	if (!m->expect)
		return;
	assert_int_equal(n->start_ns, m->expect->start);
	assert_int_equal(n->end_ns, m->now);
	for (int i = 0; i < GFT_DOINGS; i++)
		assert_int_equal(s->ns[i], m->expect->ns[i]);
	for (uint32_t i = 0; i < s->nwaits; i++)
		for (int k = 0; k < 3; k++)
			if (!strcmp(s->waits[i].reason, reasons[k])) {
				assert_int_equal(s->waits[i].ns, m->expect->wait[k]);
				assert_int_equal(s->waits[i].count, m->expect->count[k]);
			}
	m->expect = NULL;
}

static void on_leaf(void *ctx, const struct graph_tree *t, const struct graph_node *n, unsigned depth)
{
	struct model *m = ctx;

	(void)t, (void)depth;
	assert_true(n->flags & GN_LEAF);
	assert_true(n->end_ns >= n->start_ns);
	m->leaves++;
}

static void on_tree(void *ctx, const struct graph_tree *t)
{
	const struct graph_node *n = t->root;

	(void)ctx;
	for (;;) {
		if (!(n->flags & GN_LEAF))
			check_split(t, n);
		else
			assert_null(n->child);
		if (n->parent && !t->is_thread) {
			assert_true(n->start_ns >= n->parent->start_ns);
			assert_true(n->flags & GN_OPEN || n->parent->flags & GN_OPEN || n->end_ns <= n->parent->end_ns);
		}
		if (n->child) {
			n = n->child;
			continue;
		}
		while (n != t->root && !n->next)
			n = n->parent;
		if (n == t->root)
			return;
		n = n->next;
	}
}

/* Time goes on: every open call of the goroutine gets it. */
static void account(struct model *m, struct gor *g)
{
	uint64_t d = m->now - g->since;

	for (unsigned i = 0; i < g->depth; i++) {
		g->call[i].ns[g->doing] += d;
		if (g->doing == GFT_PARKED)
			g->call[i].wait[g->reason] += d;
	}
	g->since = m->now;
}

static void feed_call(struct model *m, unsigned who, uint8_t kind, uint8_t flags, uint32_t s, uint64_t key,
		      uint16_t aux)
{
	struct gft_rec_entry e = {
		.c = { .h = { kind, flags, aux, s, m->now }, .goid = who + 1, .tgid = 1, .key = key }
	};

	assert_int_equal(graph_feed(m->b, &e, kind == GFT_REC_ENTRY ? sizeof(e) : sizeof(e.c)), 0);
}

static void enter(struct model *m, unsigned who, uint16_t opts)
{
	struct gor *g = &m->g[who];
	uint32_t f = rnd(3);

	account(m, g);
	feed_call(m, who, GFT_REC_ENTRY, g->depth ? 0 : GFT_RF_OPEN, 2 * f, (g->depth + 1) * 10, opts);
	if (!g->depth)
		g->doing = GFT_RUNNING;
	g->call[g->depth++] = (struct call){ .start = m->now, .func = f };
}

static void leave(struct model *m, unsigned who)
{
	struct gor *g = &m->g[who];
	struct call *c = &g->call[g->depth - 1];

	account(m, g);
	m->expect = c;
	feed_call(m, who, GFT_REC_EXIT, g->depth == 1 ? GFT_RF_ROOT_EXIT : 0, 2 * c->func + 1, g->depth * 10, 0);
	m->expect = NULL;
	g->depth--;
}

static void change(struct model *m, unsigned who)
{
	struct gor *g = &m->g[who];
	struct gft_rec_park p = { 0 };

	account(m, g);
	g->doing = rnd(GFT_DOINGS);
	p.c = (struct gft_rec_call){ .h = { GFT_REC_STATE, 0, (uint16_t)g->doing, 0, m->now },
				     .goid = who + 1,
				     .tgid = 1 };
	if (g->doing != GFT_PARKED) {
		assert_int_equal(graph_feed(m->b, &p, sizeof(p.c)), 0);
		return;
	}
	g->reason = p.reason = rnd(3);
	p.n = rnd(GFT_PARK_FRAMES + 1);
	for (unsigned i = 0; i < g->depth; i++)
		g->call[i].count[g->reason]++;
	assert_int_equal(graph_feed(m->b, &p, sizeof(p)), 0);
}

static void lives(bool stream, const struct graph_opts *opts, unsigned nopts, unsigned steps)
{
	struct model m = { .now = 1000, .stream = stream };
	struct graph_config gc = {
		.syms = &syms, .opts = opts, .nopts = nopts, .leave = on_leave, .leaf = on_leaf, .ctx = &m
	};

	if (!stream)
		gc.tree = on_tree;
	m.b = graph_builder_new(&gc);
	for (unsigned i = 0; i < steps; i++) {
		unsigned who = rnd(GORS);
		struct gor *g = &m.g[who];

		m.now += rnd(3) ? rnd(1000) : 0;
		switch (rnd(4)) {
		case 0:
			if (g->depth < DEPTH)
				enter(&m, who, (uint16_t)rnd(nopts));
			break;
		case 1:
			if (g->depth)
				leave(&m, who);
			break;
		default:
			if (g->depth)
				change(&m, who);
			break;
		}
	}
	graph_finish(m.b, m.now + 10);
	assert_true(m.ended > steps / 200); /* those that are kept */
	assert_true(m.leaves > steps / 200);
	assert_int_equal(graph_stats(m.b)->bad, 0);
	assert_int_equal(graph_stats(m.b)->unmatched, 0);
	graph_builder_free(m.b);
}

static void test_lives(void **state)
{
	static const struct graph_opts all = { .flags = GRAPH_PARKS };

	(void)state;
	lives(false, &all, 1, 20000);
	lives(true, &all, 1, 20000);
}

/* Calls that are not kept change nothing in the times of those that are. */
static void test_lives_limited(void **state)
{
	static const struct graph_opts opts[] = { { .flags = GRAPH_PARKS, .depth = 2 },
						  { .flags = GRAPH_PARKS, .limit = 5 } };
	(void)state;
	lives(false, opts, 2, 20000);
	lives(true, opts, 2, 20000);
}

/* Whatever comes: no crash, and the parts still are the whole. */
static void test_nonsense(void **state)
{
	static const struct graph_opts opts[] = { { .flags = GRAPH_PARKS | GRAPH_CHILDREN | GRAPH_STACK |
							     GRAPH_SYSCALLS },
						  { .flags = GRAPH_PARKS, .depth = 1, .limit = 3 } };
	static const uint32_t sizes[] = { sizeof(struct gft_rec_call), sizeof(struct gft_rec_entry),
					  sizeof(struct gft_rec_park), sizeof(struct gft_rec_syscall),
					  sizeof(struct gft_rec_go),   sizeof(struct gft_rec_stack) };

	(void)state;
	for (int stream = 0; stream < 2; stream++) {
		struct model m = { 0 };
		struct graph_config gc = {
			.syms = &syms, .opts = opts, .nopts = 2, .leave = on_leave, .leaf = on_leaf, .ctx = &m
		};

		if (!stream)
			gc.tree = on_tree;
		gc.max_bytes = 64 << 10;
		m.b = graph_builder_new(&gc);
		for (int i = 0; i < 200000; i++) {
			_Alignas(8) char rec[512];
			struct gft_rec_call c = { .h = { .kind = (uint8_t)(1 + rnd(11)),
							 .flags = (uint8_t)(rnd(3) ? rnd(2) : rnd(128)),
							 .aux = (uint16_t)rnd(5),
							 .site = rnd(7),
							 .ts_ns = (uint64_t)i + rnd(50) },
						  .goid = 1 + rnd(6),
						  .tgid = 1,
						  .key = rnd(8) * 10 };

			for (size_t k = 0; k < sizeof(rec); k++)
				rec[k] = (char)(rnd(8) ? rnd(4) : rnd(256));
			memcpy(rec, &c, sizeof(c));
			if (c.h.kind == GFT_REC_STATE) { /* a number of frames that may be right */
				((struct gft_rec_park *)(void *)rec)->n = rnd(GFT_PARK_FRAMES + 3);
			} else if (c.h.kind == GFT_REC_STACK) {
				((struct gft_rec_stack *)(void *)rec)->n = rnd(GFT_STACK_FRAMES + 3);
			} else if (c.h.kind == GFT_REC_GO) {
				((struct gft_rec_go *)(void *)rec)->child = 1 + rnd(6);
			}
			graph_feed(m.b, rec, sizes[rnd(6)]);
			if (rnd(20000) == 0)
				graph_process_gone(m.b, 1, rnd(2) * rnd(400000));
		}
		graph_finish(m.b, 300000);
		assert_true(m.ended > 1000);
		graph_builder_free(m.b);
	}
}

/* What was shown: each leaf and each end of a call with its level. */
struct shown {
	char text[256];
	uint64_t dropped, running, parked;
};

static void show(struct shown *s, char what, unsigned depth, const struct graph_node *n)
{
	size_t len = strlen(s->text);

	snprintf(s->text + len, sizeof(s->text) - len, "%c%u%s ", what, depth, n->flags & GN_DROPPED ? "x" : "");
}

static void show_leave(void *ctx, const struct graph_tree *t, const struct graph_node *n, unsigned depth)
{
	struct shown *s = ctx;
	const struct graph_split *split = n->x;

	show(s, 'f', depth, n);
	s->dropped = t->dropped;
	s->running = split ? split->ns[GFT_RUNNING] : 0;
	s->parked = split ? split->ns[GFT_PARKED] : 0;
}

static void show_leaf(void *ctx, const struct graph_tree *t, const struct graph_node *n, unsigned depth)
{
	(void)t;
	show(ctx, 'p', depth, n);
}

/* main.f -> f -> f, which waits; returned says how many return, the last of them with its time. */
static void three(struct model *m, unsigned returned)
{
	enter(m, 0, 0);
	enter(m, 0, 0);
	enter(m, 0, 0);
	m->now = 2000;
	do
		change(m, 0);
	while (m->g[0].doing != GFT_PARKED);
	m->now = 3000;
	m->g[0].doing = GFT_RUNNING;
	feed_call(m, 0, GFT_REC_STATE, 0, 0, 0, GFT_RUNNING);
	while (returned--)
		leave(m, 0);
}

static struct model streamed(struct shown *s, const struct graph_opts *opts)
{
	struct graph_config gc = {
		.syms = &syms, .opts = opts, .nopts = 1, .leave = show_leave, .leaf = show_leaf, .ctx = s
	};
	struct model m = { .now = 1000, .stream = true };

	m.b = graph_builder_new(&gc);
	return m;
}

/* --stream: a wait has the level of what stands above it, and a limit is one of what is shown. */
static void test_stream(void **state)
{
	static const struct graph_opts all = { .flags = GRAPH_PARKS }, shallow = { .flags = GRAPH_PARKS, .depth = 1 },
				       few = { .flags = GRAPH_PARKS, .limit = 4 };
	struct shown s = { 0 };
	struct model m = streamed(&s, &all);

	(void)state;
	three(&m, 3);
	assert_string_equal(s.text, "p3 f2 f1 f0 ");
	graph_builder_free(m.b);

	s = (struct shown){ 0 };
	m = streamed(&s, &shallow);
	three(&m, 3);
	assert_string_equal(s.text, "p2 f1 f0 ");
	graph_builder_free(m.b);

	s = (struct shown){ 0 };
	m = streamed(&s, &few);
	three(&m, 2);
	enter(&m, 0, 0);
	leave(&m, 0);
	leave(&m, 0);
	assert_string_equal(s.text, "p3 f2 f1 f0 ");
	assert_int_equal(s.dropped, 1);
	graph_builder_free(m.b);
}

/* --stream: behind graph_drop() the root's end is shown, and nothing that nobody knows. */
static void test_stream_drop(void **state)
{
	static const struct graph_opts all = { .flags = GRAPH_PARKS };
	struct shown s = { 0 };
	struct model m = streamed(&s, &all);

	(void)state;
	three(&m, 1);
	feed_call(&m, 0, GFT_REC_DROP, 0, 0, 0, 0);
	m.g[0].depth = 1;
	m.now = 9000;
	leave(&m, 0);
	assert_string_equal(s.text, "p3 f2 f0x ");
	assert_int_equal(s.running, 0);
	graph_builder_free(m.b);
}

/* What was open when a process ended was so until then, also for min. */
static void test_process_gone(void **state)
{
	static const struct graph_opts slow = { .flags = GRAPH_PARKS, .min_ns = 5000 };
	struct shown s = { 0 };
	struct model m = streamed(&s, &slow);

	(void)state;
	three(&m, 0);
	m.now = 4000;
	feed_call(&m, 0, GFT_REC_STATE, 0, 0, 0, GFT_RUNNABLE);
	graph_process_gone(m.b, 1, 7000);
	assert_string_equal(s.text, "p3 f2 f1 f0 ");
	assert_int_equal(s.running, 2000);
	assert_int_equal(s.parked, 1000);
	assert_int_equal(graph_stats(m.b)->trees, 1);
	graph_builder_free(m.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),	    cmocka_unit_test(test_lives_limited),
		cmocka_unit_test(test_nonsense),    cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_drop), cmocka_unit_test(test_process_gone),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
