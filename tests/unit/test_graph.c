/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * test_graph.c - the graph builder: what golden streams (tests/golden/replay)
 * cannot say, which is sizes, bounds, counts, and random input against a model.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "gft/buf.h"
#include "gft/graph.h"
#include "gft/type.h"

#define FUNCS 8

/* Sites 3f, 3f+1, 3f+2: entry, exit and tail exit of function f; function 7 has a payload. */
static const struct payload no_values;
static struct payload_field one_field = { .name = "v", .off = sizeof(struct gft_payload) };
static const struct payload one_value = { sizeof(struct gft_payload) + 8, 1, &one_field };
static struct site_info sites[3 * FUNCS];

static const struct site_info *site(void *ctx, uint32_t id)
{
	(void)ctx;
	return id < 3 * FUNCS ? &sites[id] : NULL;
}

static void caller(void *ctx, uint32_t id, int64_t rel, struct code_info *out)
{
	(void)ctx;
	(void)id;
	(void)rel;
	*out = (struct code_info){ 0 };
}

static const struct sym_source syms = { .site = site, .caller = caller };

static int setup(void **state)
{
	(void)state;
	one_field.type = &ty_i64;
	for (uint32_t i = 0; i < 3 * FUNCS; i++)
		sites[i] = (struct site_info){ .func = "f",
					       .func_id = i / 3,
					       .role = (uint8_t)(i % 3),
					       .payload = i / 3 == 7 ? &one_value : &no_values };
	return 0;
}

struct fixture {
	struct graph_builder *b;
	struct buf text; /* trees as text */
	uint64_t trees, nodes, max_depth, dropped;
	uint32_t root_flags;
	uint64_t sum; /* of payload values */
	bool quiet;
};

/* f2(f3()f4~()): names, then what closed the call: "" exit, "~" unwound, "^" tail, "?" lost, "*" open. */
static void on_tree(void *ctx, const struct graph_tree *t)
{
	struct fixture *fx = ctx;
	const struct graph_node *n = t->root;
	uint64_t nodes = 0, depth = 0;

	fx->trees++;
	fx->dropped += t->dropped;
	fx->root_flags = n->flags;
	for (;;) {
		nodes++;
		if (depth > fx->max_depth)
			fx->max_depth = depth;
		assert_true(n->end_ns ? n->end_ns >= n->start_ns : (n->flags & GN_OPEN) != 0);
		for (int side = 0; side < 2; side++) {
			const struct gft_payload *p = side ? n->rets : n->args;
			uint64_t v;

			if (p) {
				memcpy(&v, p + 1, sizeof(v));
				fx->sum += v;
			}
		}
		if (!fx->quiet)
			buf_printf(&fx->text, "f%u%s(", n->site / 3,
				   n->flags & GN_UNWOUND     ? "~"
				   : n->flags & GN_TAIL	     ? "^"
				   : n->flags & GN_LOST_EXIT ? "?"
				   : n->flags & GN_OPEN	     ? "*"
							     : "");
		if (n->child) {
			assert_ptr_equal(n->child->parent, n);
			assert_true(n->child->key > n->key);
			n = n->child;
			depth++;
			continue;
		}
		for (;;) {
			if (!fx->quiet)
				buf_putc(&fx->text, ')');
			if (n == t->root || n->next)
				break;
			assert_ptr_equal(n->parent->last_child, n);
			n = n->parent;
			depth--;
		}
		if (n == t->root)
			break;
		n = n->next;
	}
	if (!fx->quiet)
		buf_putc(&fx->text, '\n');
	assert_int_equal(nodes, t->nodes);
	fx->nodes += nodes;
}

static void start(struct fixture *fx, const struct graph_config *extra)
{
	struct graph_config gc = extra ? *extra : (struct graph_config){ 0 };

	gc.syms = &syms;
	gc.tree = on_tree;
	gc.ctx = fx;
	fx->b = graph_builder_new(&gc);
}

static void stop(struct fixture *fx)
{
	graph_builder_free(fx->b);
	buf_free(&fx->text);
}

static int send(struct fixture *fx, uint8_t kind, uint8_t flags, uint32_t s, uint64_t goid, uint64_t key, uint64_t ts)
{
	struct gft_rec_entry e = {
		.c = { .h = { kind, flags, 0, s, ts }, .goid = goid, .tgid = 1, .tid = 1, .key = key },
	};

	return graph_feed(fx->b, &e, kind == GFT_REC_ENTRY ? sizeof(e) : sizeof(e.c));
}

#define ENTRY(f, key, ts) assert_int_equal(send(&fx, GFT_REC_ENTRY, 0, 3 * (f), 1, key, ts), 0)
#define OPEN(f, key, ts)  assert_int_equal(send(&fx, GFT_REC_ENTRY, GFT_RF_OPEN, 3 * (f), 1, key, ts), 0)
#define EXIT(f, key, ts)  assert_int_equal(send(&fx, GFT_REC_EXIT, 0, 3 * (f) + 1, 1, key, ts), 0)
#define END(f, key, ts)	  assert_int_equal(send(&fx, GFT_REC_EXIT, GFT_RF_ROOT_EXIT, 3 * (f) + 1, 1, key, ts), 0)

static void test_simple(void **state)
{
	struct fixture fx = { 0 };

	(void)state;
	start(&fx, NULL);
	OPEN(1, 10, 1);
	ENTRY(2, 20, 2);
	ENTRY(3, 30, 3);
	EXIT(3, 30, 4);
	EXIT(2, 20, 5);
	ENTRY(4, 20, 6);
	EXIT(4, 20, 7);
	assert_int_equal(fx.trees, 0);
	END(1, 10, 8);
	assert_string_equal(buf_str(&fx.text), "f1(f2(f3())f4())\n");
	assert_int_equal(graph_stats(fx.b)->records, 8);
	assert_int_equal(graph_stats(fx.b)->unwound, 0);
	stop(&fx);
}

/* An exit belongs to the call with its key and its function, and to no other. */
static void test_exit_must_fit(void **state)
{
	struct fixture fx = { 0 };

	(void)state;
	start(&fx, NULL);
	OPEN(1, 10, 1);
	ENTRY(2, 20, 2);
	EXIT(3, 20, 3);
	EXIT(2, 21, 4);
	assert_int_equal(graph_stats(fx.b)->unmatched, 2);
	EXIT(2, 20, 5);
	assert_int_equal(graph_stats(fx.b)->unmatched, 2);
	END(1, 10, 6);
	assert_string_equal(buf_str(&fx.text), "f1(f2())\n");
	stop(&fx);
}

static void test_root_exit_closes_everything(void **state)
{
	struct fixture fx = { 0 };

	(void)state;
	start(&fx, NULL);
	OPEN(1, 10, 1);
	ENTRY(2, 20, 2);
	END(5, 10, 3); /* does not fit, but says that the root is gone */
	assert_string_equal(buf_str(&fx.text), "f1~(f2~())\n");
	assert_int_equal(graph_stats(fx.b)->unwound, 2);
	assert_int_equal(graph_stats(fx.b)->unmatched, 1);
	stop(&fx);
}

static void test_largest_key(void **state)
{
	struct fixture fx = { 0 };

	(void)state;
	start(&fx, NULL);
	OPEN(1, 0, 1);
	ENTRY(2, UINT64_MAX, 2);
	EXIT(2, UINT64_MAX, 3);
	END(1, 0, 4);
	assert_string_equal(buf_str(&fx.text), "f1(f2())\n");
	stop(&fx);
}

/* The same goid in two processes, and a thread of that number, are three different things. */
static void test_identity(void **state)
{
	struct fixture fx = { 0 };

	(void)state;
	start(&fx, NULL);
	for (unsigned k = 0; k < 3; k++) {
		struct gft_rec_entry e = {
			.c = { .h = { GFT_REC_ENTRY, GFT_RF_OPEN | (k == 2 ? GFT_RF_THREAD : 0), 0, 3 * k, k + 1 },
			       .goid = 1ULL << 63 | 5,
			       .tgid = k == 1,
			       .key = 10 },
		};

		assert_int_equal(graph_feed(fx.b, &e, sizeof(e)), 0);
	}
	graph_process_gone(fx.b, 1, 0);
	assert_string_equal(buf_str(&fx.text), "f1*()\n");
	graph_finish(fx.b, 100);
	assert_string_equal(buf_str(&fx.text), "f1*()\nf0*()\nf2*()\n");
	assert_int_equal(graph_stats(fx.b)->open_at_end, 2);
	stop(&fx);
}

static void test_deep(void **state)
{
	struct fixture fx = { .quiet = true };
	const unsigned depth = 1000000;
	struct graph_config gc = { .default_limit = 2 * depth, .max_bytes = (size_t)1 << 30 };
	struct timespec t0, t1;

	(void)state;
	start(&fx, &gc);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	OPEN(0, 8, 1);
	for (unsigned i = 1; i < depth; i++)
		assert_int_equal(send(&fx, GFT_REC_ENTRY, i % 100 ? 0 : GFT_RF_LOST, 3 * (i % 7), 1, 8 + 8ULL * i, i),
				 0);
	for (unsigned i = depth - 1; i > 0; i--)
		assert_int_equal(send(&fx, GFT_REC_EXIT, i % 100 ? 0 : GFT_RF_LOST, 3 * (i % 7) + 1, 1, 8 + 8ULL * i,
				      2 * depth - i),
				 0);
	END(0, 8, 2 * depth);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	assert_int_equal(fx.nodes, depth);
	assert_int_equal(fx.max_depth, depth - 1);
	assert_int_equal(graph_stats(fx.b)->unwound, 0);
	assert_true(t1.tv_sec - t0.tv_sec < 20); /* linear: well below a second; quadratic: hours */
	stop(&fx);
}

static void test_limit_and_depth(void **state)
{
	const struct graph_opts opts[] = { { .limit = 3 }, { .depth = 1 }, { .min_ns = 100 } };
	struct graph_config gc = { .opts = opts, .nopts = 3 };
	struct fixture fx = { 0 };

	(void)state;
	start(&fx, &gc);
	for (uint16_t o = 0; o < 3; o++) {
		struct gft_rec_entry e = {
			.c = { .h = { GFT_REC_ENTRY, GFT_RF_OPEN, o, 0, 1 }, .goid = 1, .tgid = 1, .key = 10 }
		};

		assert_int_equal(graph_feed(fx.b, &e, sizeof(e)), 0);
		for (unsigned i = 0; i < 3; i++) {
			ENTRY(1, 20, 2);
			ENTRY(2, 30, 3);
			EXIT(2, 30, 4);
			EXIT(1, 20, 5);
		}
		END(0, 10, 6);
	}
	assert_string_equal(buf_str(&fx.text), "f0(f1(f2()))\nf0(f1()f1()f1())\n");
	assert_int_equal(fx.dropped, 4);
	assert_int_equal(graph_stats(fx.b)->over_limit, 4);
	assert_int_equal(graph_stats(fx.b)->below_min, 1);
	assert_int_equal(graph_stats(fx.b)->unmatched, 0);
	/* a graph() number that the script does not have */
	assert_int_equal(send(&fx, GFT_REC_ENTRY, GFT_RF_OPEN, 0, 1, 10, 1), 0);
	stop(&fx);
}

static void test_payload(void **state)
{
	struct {
		struct gft_rec_entry e;
		struct gft_payload p;
		int64_t v;
	} in = {
		.e = { .c = { .h = { GFT_REC_ENTRY, GFT_RF_OPEN, 0, 21, 1 }, .goid = 1, .tgid = 1, .key = 10 } },
		.p = { 1, 0 },
		.v = 40,
	};
	struct {
		struct gft_rec_call c;
		struct gft_payload p;
		int64_t v;
	} out = {
		.c = { .h = { GFT_REC_EXIT, GFT_RF_ROOT_EXIT, 0, 22, 2 }, .goid = 1, .tgid = 1, .key = 10 },
		.p = { 1, 0 },
		.v = 2,
	};
	struct fixture fx = { 0 };

	(void)state;
	start(&fx, NULL);
	for (size_t cut = 1; cut < 24; cut++) /* a payload that is cut off anywhere */
		assert_int_equal(graph_feed(fx.b, &in, sizeof(in) - cut), -EINVAL);
	assert_int_equal(graph_feed(fx.b, &in, sizeof(in)), 0);
	assert_int_equal(graph_feed(fx.b, &out, sizeof(out) - 1), -EINVAL);
	assert_int_equal(graph_feed(fx.b, &out, sizeof(out)), 0);
	assert_int_equal(fx.sum, 42);
	assert_int_equal(graph_stats(fx.b)->bad, 24);
	/* none at all is allowed */
	assert_int_equal(graph_feed(fx.b, &in, sizeof(in.e)), 0);
	assert_int_equal(graph_feed(fx.b, &out, sizeof(out.c)), 0);
	assert_int_equal(fx.sum, 42);
	assert_int_equal(fx.trees, 2);
	stop(&fx);
}

static void test_bad_records(void **state)
{
	struct fixture fx = { 0 };
	struct gft_rec_entry e = { .c = { .h = { GFT_REC_ENTRY, 0, 0, 0, 1 } } };

	(void)state;
	start(&fx, NULL);
	assert_int_equal(graph_feed(fx.b, &e, 0), -EINVAL);
	assert_int_equal(graph_feed(fx.b, &e, sizeof(e.c.h)), -EINVAL);
	assert_int_equal(graph_feed(fx.b, &e, sizeof(e.c)), -EINVAL); /* an entry needs more */
	assert_int_equal(graph_feed(fx.b, &e, sizeof(e)), -EINVAL);   /* no graph is open */
	assert_int_equal(send(&fx, GFT_REC_EVENT, 0, 0, 1, 1, 1), -EINVAL);
	assert_int_equal(send(&fx, 0, 0, 0, 1, 1, 1), -EINVAL);
	assert_int_equal(send(&fx, 200, 0, 0, 1, 1, 1), -EINVAL);
	assert_int_equal(send(&fx, GFT_REC_ENTRY, GFT_RF_OPEN, 999, 1, 1, 1), -EINVAL);
	assert_int_equal(send(&fx, GFT_REC_ENTRY, GFT_RF_OPEN, GFT_NO_SITE, 1, 1, 1), -EINVAL);
	assert_int_equal(send(&fx, GFT_REC_TAG, 0, 21, 1, 1, 1), -EINVAL); /* no value in it */
	assert_int_equal(graph_stats(fx.b)->bad, 10);
	assert_int_equal(graph_stats(fx.b)->records, 10);
	graph_finish(fx.b, 0);
	assert_int_equal(fx.trees, 0);
	stop(&fx);
}

/* Memory is bounded: the oldest trees go out early, and what follows of them is ignored. */
static void test_max_bytes(void **state)
{
	struct graph_config gc = { .max_bytes = 4 << 20 };
	struct fixture fx = { .quiet = true };
	const unsigned goroutines = 100000;

	(void)state;
	start(&fx, &gc);
	for (unsigned g = 1; g <= goroutines; g++) {
		assert_int_equal(send(&fx, GFT_REC_ENTRY, GFT_RF_OPEN, 0, g, 10, g), 0);
		assert_int_equal(send(&fx, GFT_REC_ENTRY, 0, 3, g, 20, g), 0);
	}
	assert_in_range(fx.trees, goroutines - 4096, goroutines - 1);
	assert_true(fx.root_flags & GN_DAMAGED);
	assert_true(fx.root_flags & GN_OPEN);
	/* goroutine 90,000 was given out: its exits change nothing; the next graph of it is whole again */
	fx.nodes = 0;
	assert_int_equal(send(&fx, GFT_REC_ENTRY, 0, 6, 90000, 30, 1), 0);
	assert_int_equal(send(&fx, GFT_REC_EXIT, GFT_RF_ROOT_EXIT, 1, 90000, 10, 1), 0);
	assert_int_equal(fx.nodes, 0);
	assert_int_equal(graph_stats(fx.b)->over_limit, 1);
	assert_int_equal(send(&fx, GFT_REC_ENTRY, GFT_RF_OPEN, 0, 90000, 10, 5), 0);
	fx.nodes = 0;
	assert_int_equal(send(&fx, GFT_REC_EXIT, GFT_RF_ROOT_EXIT, 1, 90000, 10, 6), 0);
	assert_true(fx.nodes >= 1);
	assert_false(fx.root_flags & GN_DAMAGED);
	graph_finish(fx.b, goroutines);
	assert_int_equal(graph_stats(fx.b)->bad, 0);
	assert_int_equal(graph_stats(fx.b)->unmatched, 0);
	assert_int_equal(fx.trees, goroutines + 1);
	stop(&fx);
}

/* --- --stream ---------------------------------------------------------------------- */

struct lines {
	unsigned enters, leaves, depth, max_depth;
};

static void on_enter(void *ctx, const struct graph_tree *t, const struct graph_node *n, unsigned depth)
{
	struct lines *l = ctx;

	(void)n;
	assert_non_null(t->root);
	assert_int_equal(depth, l->depth);
	l->depth++;
	l->enters++;
}

static void on_leave(void *ctx, const struct graph_tree *t, const struct graph_node *n, unsigned depth)
{
	struct lines *l = ctx;

	(void)n;
	assert_non_null(t->root);
	l->depth--;
	assert_int_equal(depth, l->depth);
	l->leaves++;
}

/* A root that never returns: calls that did are not kept, and the limit does not end the stream. */
static void test_stream_keeps_nothing(void **state)
{
	struct lines l = { 0 };
	struct graph_config gc = {
		.syms = &syms, .enter = on_enter, .leave = on_leave, .ctx = &l, .max_bytes = 1 << 20
	};
	struct fixture fx = { .b = graph_builder_new(&gc) };

	(void)state;
	OPEN(0, 10, 1);
	for (unsigned i = 0; i < 300000; i++) {
		ENTRY(1, 20, i);
		ENTRY(2, 30, i);
		EXIT(2, 30, i);
		EXIT(1, 20, i);
	}
	END(0, 10, 1);
	assert_int_equal(l.enters, 600001);
	assert_int_equal(l.leaves, 600001);
	assert_int_equal(graph_stats(fx.b)->over_limit, 0);
	assert_int_equal(graph_stats(fx.b)->nodes, 600001);
	graph_builder_free(fx.b);
}

/* --- random calls against a model ------------------------------------------------------- */

static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Puts the mark of how a call ended behind its name, which ends at "at". */
static void mark(struct buf *want, size_t at, char c)
{
	buf_putc(want, ' ');
	memmove(want->data + at + 1, want->data + at, want->len - 1 - at);
	want->data[at] = c;
}

static bool model(struct fixture *fx, struct buf *want, uint32_t f, uint64_t key, unsigned depth, uint64_t *ts);

/* What a call calls; false when a panic came out of it that the call did not recover. */
static bool model_children(struct fixture *fx, struct buf *want, uint64_t key, unsigned depth, uint64_t *ts)
{
	for (uint32_t calls = depth < 6 ? rnd(4) : 0; calls; calls--)
		if (!model(fx, want, rnd(7), key + 8 + 8 * rnd(4), depth + 1, ts))
			return rnd(2); /* a function that recovers returns: it calls nothing more */
	return true;
}

/* Makes one call and what it calls; false when a panic goes through it.  Writes what must come out. */
static bool model(struct fixture *fx, struct buf *want, uint32_t f, uint64_t key, unsigned depth, uint64_t *ts)
{
	bool root = depth == 0, alive;
	size_t at;

	assert_int_equal(send(fx, GFT_REC_ENTRY, root ? GFT_RF_OPEN : 0, 3 * f, 1, key, ++*ts), 0);
	buf_printf(want, "f%u", f);
	at = want->len;
	buf_putc(want, '(');
	alive = model_children(fx, want, key, depth, ts);
	buf_putc(want, ')');
	if (!alive || (!root && rnd(12) == 0)) {
		mark(want, at, '~');
		if (root)
			assert_int_equal(send(fx, GFT_REC_CLOSE, 0, GFT_NO_SITE, 1, key, ++*ts), 0);
		return false;
	}
	if (!root && rnd(8) == 0) { /* leaves by a jump to another function, with the same frame */
		assert_int_equal(send(fx, GFT_REC_EXIT, 0, 3 * f + 2, 1, key, ++*ts), 0);
		mark(want, at, '^');
		return model(fx, want, rnd(7), key, depth + 1, ts);
	}
	assert_int_equal(send(fx, GFT_REC_EXIT, root ? GFT_RF_ROOT_EXIT : 0, 3 * f + 1, 1, key, ++*ts), 0);
	return true;
}

static void test_model(void **state)
{
	(void)state;
	for (uint32_t run = 0; run < 3000; run++) {
		struct fixture fx = { 0 };
		struct buf want = BUF_INIT;
		uint64_t ts = 0;

		seed = run;
		start(&fx, NULL);
		model(&fx, &want, rnd(7), 64, 0, &ts);
		buf_putc(&want, '\n');
		assert_string_equal(buf_str(&fx.text), buf_str(&want));
		assert_int_equal(graph_stats(fx.b)->unmatched, 0);
		assert_int_equal(graph_stats(fx.b)->bad, 0);
		buf_free(&want);
		stop(&fx);
	}
}

/* Anything at all: no crash, nothing lost in memory, trees that hold together (on_tree checks). */
static void test_random_records(void **state)
{
	struct graph_config gc = { .max_bytes = 64 << 10, .default_limit = 50 };
	struct fixture fx = { .quiet = true };
	char rec[96];

	(void)state;
	start(&fx, &gc);
	seed = 4711;
	for (unsigned i = 0; i < 400000; i++) {
		struct gft_rec_call c = {
			.h = { (uint8_t)rnd(8), (uint8_t)(rnd(4) ? 0 : rnd(256)), (uint16_t)rnd(2), rnd(26),
			       rnd(1000) },
			.goid = rnd(20),
			.tgid = rnd(2),
			.key = rnd(6) * 10,
		};

		for (size_t k = 0; k < sizeof(rec); k++)
			rec[k] = (char)rnd(256);
		memcpy(rec, &c, sizeof(c));
		graph_feed(fx.b, rec, rnd(4) ? 80 : rnd(97));
		if (rnd(5000) == 0)
			graph_process_gone(fx.b, rnd(2), rnd(2) * rnd(1000));
	}
	graph_finish(fx.b, 1000);
	assert_true(fx.trees > 100);
	assert_int_equal(fx.trees, graph_stats(fx.b)->trees);
	assert_int_equal(fx.nodes, graph_stats(fx.b)->nodes);
	stop(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_exit_must_fit),
		cmocka_unit_test(test_root_exit_closes_everything),
		cmocka_unit_test(test_largest_key),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_limit_and_depth),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_bad_records),
		cmocka_unit_test(test_max_bytes),
		cmocka_unit_test(test_stream_keeps_nothing),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_random_records),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
