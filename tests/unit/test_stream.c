/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * test_stream.c - recorded streams: what is written is read back, and a file
 * that was damaged in any way ends in an error or in other text, never worse.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/output.h"
#include "gft/stream.h"
#include "gft/type.h"

static struct arena *a;
static const struct payload no_values;
static struct payload values;
static struct site_info sites[4];

static const struct site_info *site(void *ctx, uint32_t id)
{
	(void)ctx;
	return id >= 1000000 && id < 1000004 ? &sites[id - 1000000] : NULL;
}

static void caller(void *ctx, uint32_t id, int64_t rel, struct code_info *out)
{
	(void)ctx;
	(void)id;
	*out = (struct code_info){
		.func = rel == -5 ? "main.main" : NULL, .file = "/m.go", .off = 3, .line = 4, .addr = 9
	};
}

static const struct sym_source syms = { .site = site, .caller = caller };

static int setup(void **state)
{
	static struct ty_enum_val enum_vals[] = { { "RED", 1 } };
	static const char *const names[] = { "x", "y" };
	const struct gft_type *pair_types[] = { &ty_i32, NULL };
	struct gft_type *color;
	struct payload_field *f;

	(void)state;
	a = arena_new();
	color = ty_new(a, TY_INT);
	color->display = TD_ENUM;
	color->name = "color";
	color->enum_vals = enum_vals;
	color->nenum_vals = 1;
	pair_types[1] = ty_string(a, 12);
	f = ARENA_ARRAY(a, struct payload_field, 4);
	f[0] = (struct payload_field){ "c", color, 16 };
	f[1] = (struct payload_field){ "p", ty_tuple(a, pair_types, names, 2), 24 };
	f[2] = (struct payload_field){ "a", ty_array(a, &ty_u16, 4), 40 };
	f[3] = (struct payload_field){ NULL, &ty_i64, 48 };
	values = (struct payload){ 56, 4, f };
	for (uint32_t i = 0; i < 4; i++)
		sites[i] = (struct site_info){ .func = i < 2 ? "main.f" : "main.g",
					       .file = i < 2 ? "/m.go" : NULL,
					       .line = 10 + i,
					       .off = i,
					       .func_id = i / 2,
					       .role = i % 2 ? SITE_EXIT : SITE_ENTRY,
					       .payload = i == 0 ? &values : &no_values };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

struct record {
	struct gft_rec_entry e;
	struct gft_payload p;
	int64_t color;
	struct {
		int32_t x;
		char y[12];
	} pair;
	uint16_t a[4];
	int64_t last;
};

/* What was written to the file, malloc'd; it is closed. */
static char *written(int fd, size_t *size)
{
	char *data;

	*size = (size_t)lseek(fd, 0, SEEK_END);
	data = xmalloc(*size);
	assert_int_equal(pread(fd, data, *size, 0), *size);
	close(fd);
	return data;
}

/* A recording of one graph, as bytes; the caller frees. */
static char *make(size_t *size)
{
	struct record r = {
		.e = { .c = { .h = { GFT_REC_ENTRY, GFT_RF_OPEN, 0, 1000000, 1000 }, .goid = 9, .tgid = 2, .key = 64 },
		       .caller_rel = -5 },
		.p = { 15, 0 },
		.color = 1,
		.pair = { -1, "hello" },
		.a = { 1, 2, 3, 4 },
		.last = 7,
	};
	struct gft_rec_call exit = {
		.h = { GFT_REC_EXIT, GFT_RF_ROOT_EXIT, 0, 1000001, 3000 }, .goid = 9, .tgid = 2, .key = 64
	};
	struct gft_rec_event event = { .h = { GFT_REC_EVENT, 0, 0, 0, 0 } };
	const struct graph_opts opts[] = { { 5, 4, 3, 2 }, { 0 } };
	int fd = memfd_create("s", MFD_CLOEXEC);
	struct stream_writer *w = stream_writer_new(fd, &syms);

	stream_write_clock(w, 1000000000, -1);
	stream_write_opts(w, opts, 2);
	r.e.c.h.aux = 1;
	stream_write(w, &r, sizeof(r));
	stream_write(w, &event, sizeof(event)); /* left out */
	stream_write(w, "abc", 3);		/* left out */
	stream_write_text(w, "printf", "hi\n", 3);
	r.e.c.h.flags = 0;
	r.e.c.h.site = 1000002;
	r.e.c.key = 128;
	r.e.caller_rel = 77; /* not known */
	stream_write(w, &r, sizeof(r.e));
	stream_write_gone(w, 55, 9998);
	stream_write(w, &exit, sizeof(exit));
	assert_int_equal(stream_writer_close(w, 9999), 0);
	return written(fd, size);
}

static void test_round_trip(void **state)
{
	size_t size, n;
	char *data = make(&size);
	const char *err = NULL;
	struct stream *s = stream_open(data, size, &err);
	const struct site_info *si;
	struct code_info c;
	struct stream_item it;
	struct buf b = BUF_INIT;

	(void)state;
	assert_non_null(s);
	assert_int_equal(stream_value_ctx(s).wall_offset_ns, 1000000000);
	assert_int_equal(stream_value_ctx(s).boot_offset_ns, -1);
	assert_int_equal(stream_graph_opts(s, &n)[0].limit, 3);
	assert_int_equal(n, 2);

	assert_int_equal(stream_next(s, &it), 1);
	assert_int_equal(it.kind, STREAM_ITEM_RECORD);
	assert_int_equal(it.size, sizeof(struct record));
	assert_int_equal((uintptr_t)it.data % 8, 0);
	si = stream_syms(s)->site(stream_syms(s)->ctx, 1000000);
	assert_string_equal(si->func, "main.f");
	assert_string_equal(si->file, "/m.go");
	assert_int_equal(si->line, 10);
	value_print_payload(&b, NULL, si->payload, &((const struct record *)it.data)->p);
	assert_string_equal(buf_str(&b), "c=RED, p={ .x = -1, .y = hello }, a=[1,2,3,4], 7");
	stream_syms(s)->caller(stream_syms(s)->ctx, 1000000, -5, &c);
	assert_string_equal(c.func, "main.main");
	assert_int_equal(c.line, 4);
	assert_null(stream_syms(s)->site(stream_syms(s)->ctx, 1000001)); /* not yet */

	assert_int_equal(stream_next(s, &it), 1);
	assert_int_equal(it.kind, STREAM_ITEM_TEXT);
	assert_string_equal(it.text_kind, "printf");
	assert_memory_equal(it.data, "hi\n", 3);
	assert_int_equal(stream_next(s, &it), 1);
	si = stream_syms(s)->site(stream_syms(s)->ctx, 1000002);
	assert_null(si->file);
	assert_int_equal(si->payload->size, 0);
	stream_syms(s)->caller(stream_syms(s)->ctx, 1000002, 77, &c);
	assert_null(c.func);
	assert_int_equal(stream_next(s, &it), 1);
	assert_int_equal(it.kind, STREAM_ITEM_GONE);
	assert_int_equal(it.tgid, 55);
	assert_int_equal(it.ts_ns, 9998);
	assert_int_equal(stream_next(s, &it), 1);
	assert_int_equal(stream_next(s, &it), 0);
	assert_int_equal(stream_next(s, &it), 0);
	assert_int_equal(stream_end_ns(s), 9999);
	assert_string_equal(stream_error(s), "");
	buf_free(&b);
	stream_free(s);
	free(data);
}

static void on_tree(void *ctx, const struct graph_tree *t)
{
	output_graph(ctx, t);
}

/* Reads everything and prints it; the number of items. */
static unsigned play(const char *bytes, size_t size, int *result)
{
	char *data = xmalloc(size); /* exactly as large as it is, for the sanitizer */
	const char *err = NULL;
	struct value_ctx vc = { 0 };
	struct output_opts oo = { .fd = -1, .buffering = OUTPUT_FULL, .values = &vc };
	struct graph_config gc = { .tree = on_tree };
	struct graph_builder *b;
	struct stream_item it;
	struct stream *s;
	struct output *o;
	unsigned items = 0;

	memcpy(data, bytes, size);
	s = stream_open(data, size, &err);
	*result = -EINVAL;
	if (!s) {
		assert_non_null(err);
		free(data);
		return 0;
	}
	vc.syms = gc.syms = stream_syms(s);
	gc.opts = stream_graph_opts(s, &gc.nopts);
	o = output_new(&oo, &err);
	gc.ctx = o;
	b = graph_builder_new(&gc);
	while ((*result = stream_next(s, &it)) > 0) {
		items++;
		if (it.kind == STREAM_ITEM_RECORD)
			graph_feed(b, it.data, it.size);
		else if (it.kind == STREAM_ITEM_TEXT)
			output_text(o, it.text_kind, it.data, it.size);
		else
			graph_process_gone(b, it.tgid, it.ts_ns);
	}
	if (*result < 0)
		assert_string_not_equal(stream_error(s), "");
	graph_finish(b, stream_end_ns(s));
	graph_builder_free(b);
	output_free(o);
	stream_free(s);
	free(data);
	return items;
}

static const char *known(void *ctx, uint32_t id)
{
	(void)ctx;
	return id == 7 ? "name 7" : NULL;
}

static size_t frames(void *ctx, const struct gft_type *t, const struct ty_stack *st, uint64_t *ips, size_t max)
{
	(void)ctx;
	(void)t;
	for (uint64_t i = 0; i < 3 && i < max; i++)
		ips[i] = 0x1000 * (st->id + i);
	return max < 3 ? max : 3;
}

static void place(void *ctx, uint32_t pid, uint64_t addr, struct code_info *out)
{
	(void)ctx;
	*out = (struct code_info){ .func = out->off ? "behind.call" : "at",
				   .file = "/a.go",
				   .off = pid,
				   .line = (uint32_t)addr,
				   .addr = addr };
}

/* Values that only the run can name print the same from its recording, without whoever knew the names. */
static void test_names(void **state)
{
	static const struct value_ctx vc = { .func_name = known,
					     .probe_name = known,
					     .string = known,
					     .stack = frames,
					     .symbol = place,
					     .syms = &syms,
					     .max_strlen = 4,
					     .trunc_trailer = "~" };
	static const struct gft_type stack = { .kind = TY_STACK, .size = sizeof(struct ty_stack), .align = 8 },
				     usym = { .kind = TY_USYM, .size = sizeof(struct ty_usym), .align = 8 },
				     when = { .kind = TY_TIMESTAMP, .size = sizeof(struct ty_timestamp), .align = 8 },
				     func = { .kind = TY_FUNC, .size = 4, .align = 4 },
				     user = { .kind = TY_USERNAME, .size = 4, .align = 4 },
				     text = { .kind = TY_STRING, .size = 4, .align = 1 };
	struct record {
		struct gft_rec_call c;
		struct gft_payload p;
		struct ty_stack stack;
		struct ty_usym usym;
		struct ty_timestamp when;
		uint32_t func[2], user;
		char text[4];
	} r = { .c = { .h = { GFT_REC_TAG, 0, 0, 1000000, 1000 }, .goid = 9, .tgid = 2, .key = 64 },
		.p = { 127, 0 },
		.stack = { 5, 12, 3 },
		.usym = { 0x99, 13, 0 },
		.when = { 1, 7, 0 },
		.func = { 7, 8 },
		.text = "abcd" };
#define FIELD(name, t, member)                                                                                         \
	{                                                                                                              \
		name, t, offsetof(struct record, member) - offsetof(struct record, p)                                  \
	}
	const struct payload_field f[] = { FIELD("s", &stack, stack),  FIELD("y", &usym, usym),
					   FIELD("w", &when, when),    FIELD("f", &func, func),
					   FIELD("g", &func, func[1]), FIELD("u", &user, user),
					   FIELD("t", &text, text) };
	const struct payload p = { sizeof(r) - sizeof(r.c), 7, f };
	int fd = memfd_create("s", MFD_CLOEXEC);
	struct stream_writer *w = stream_writer_new(fd, &syms);
	const char *err;
	char *data;
	struct value_ctx replayed;
	struct stream_item it;
	struct stream *s;
	size_t size, n, whole = 0;

	(void)state;
	stream_writer_values(w, &vc);
	stream_write_tags(w, &p, 1);
	stream_write(w, &r, sizeof(r));
	stream_write(w, &r, sizeof(r) - 8); /* cut short: nobody is asked about it */
	r.stack.id = 6;
	r.c.h.aux = 1; /* no such tag */
	stream_write(w, &r, sizeof(r));
	stream_write_lost(w);
	assert_int_equal(stream_writer_close(w, 1), 0);
	data = written(fd, &size);
	s = stream_open(data, size, &err);
	assert_non_null(s);
	assert_int_equal(stream_tags(s, &n)->n, 7);
	assert_int_equal(n, 1);
	for (n = 0; stream_next(s, &it) > 0; n++)
		whole += it.kind == STREAM_ITEM_RECORD && it.size == sizeof(r);
	assert_int_equal(n, 4);
	assert_int_equal(whole, 2);
	assert_int_equal(it.kind, STREAM_ITEM_LOST);
	replayed = stream_value_ctx(s);
	r.stack.id = 5;
	for (size_t i = 0; i < p.n; i++) {
		struct buf x = BUF_INIT, y = BUF_INIT;

		value_print(&x, &vc, f[i].type, (char *)&r.p + f[i].off);
		value_print(&y, &replayed, f[i].type, (char *)&r.p + f[i].off);
		assert_string_equal(buf_str(&x), buf_str(&y));
		assert_true(x.len > 0);
		buf_free(&x);
		buf_free(&y);
	}
	/* what nobody was asked about is a number */
	{
		struct buf x = BUF_INIT;

		r.stack.id = 6;
		value_print(&x, &replayed, &stack, &r.stack);
		assert_string_equal(buf_str(&x), "\n");
		r.func[0] = 9;
		value_print(&x, &replayed, &func, r.func);
		assert_string_equal(buf_str(&x), "\n9");
		buf_free(&x);
	}
	stream_free(s);
	free(data);
}

static const char *harmful(void *ctx, uint32_t n)
{
	(void)ctx;
	(void)n;
	return "\x1b[2J%%\n";
}

/* A file's format of times, and what stands behind text that was cut, are not the script's that is trusted. */
static void test_harmful_texts(void **state)
{
	static const struct value_ctx vc = { .string = harmful, .max_strlen = 4, .trunc_trailer = "\x1b[31m" };
	static const struct gft_type when = { .kind = TY_TIMESTAMP, .size = sizeof(struct ty_timestamp), .align = 8 },
				     text = { .kind = TY_STRING, .size = 4, .align = 1 };
	struct record {
		struct gft_rec_call c;
		struct gft_payload p;
		struct ty_timestamp when;
		char text[8];
	} r = { .c = { .h = { GFT_REC_TAG, 0, 0, 1000000, 1000 } }, .p = { 3, 0 }, .text = "abcd" };
	const struct payload_field f[] = {
		{ "w", &when, offsetof(struct record, when) - offsetof(struct record, p) },
		{ "t", &text, offsetof(struct record, text) - offsetof(struct record, p) },
	};
	const struct payload p = { sizeof(r) - sizeof(r.c), 2, f };
	int fd = memfd_create("s", MFD_CLOEXEC);
	struct stream_writer *w = stream_writer_new(fd, &syms);
	struct buf b = BUF_INIT;
	struct stream_item it;
	struct value_ctx got;
	const char *err;
	char *data;
	struct stream *s;
	size_t size;

	(void)state;
	stream_writer_values(w, &vc);
	stream_write_tags(w, &p, 1);
	stream_write(w, &r, sizeof(r));
	assert_int_equal(stream_writer_close(w, 1), 0);
	data = written(fd, &size);
	s = stream_open(data, size, &err);
	assert_non_null(s);
	while (stream_next(s, &it) > 0)
		;
	got = stream_value_ctx(s);
	value_print(&b, &got, &when, &r.when);
	value_print(&b, &got, &text, r.text);
	assert_string_equal(buf_str(&b), "\\x1b[2J%\nabcd\\x1b[31m");
	buf_free(&b);
	stream_free(s);
	free(data);
}

static void test_cut_anywhere(void **state)
{
	size_t size;
	char *data = make(&size);
	unsigned last = 0, items;
	int r;

	(void)state;
	for (size_t n = 0; n < size; n++) {
		items = play(data, n, &r);
		assert_int_equal(r, -EINVAL);
		assert_true(items >= last); /* what was there before the cut is read */
		last = items;
	}
	assert_int_equal(last, 5);
	assert_int_equal(play(data, size, &r), 5);
	assert_int_equal(r, 0);
	free(data);
}

static void test_damage_anywhere(void **state)
{
	static const uint8_t vals[] = { 0, 1, 2, 0x7f, 0x80, 0xff };
	size_t size;
	char *data = make(&size);
	uint32_t seed = 1;
	int r;

	(void)state;
	for (size_t i = 0; i < size; i++) {
		char old = data[i];

		for (size_t k = 0; k < sizeof(vals); k++) {
			data[i] = (char)vals[k];
			play(data, size, &r);
		}
		data[i] = old;
	}
	for (unsigned run = 0; run < 5000; run++) {
		char *copy = xmalloc(size);

		memcpy(copy, data, size);
		for (unsigned k = 0; k < 1 + run % 8; k++) {
			seed = seed * 1664525 + 1013904223;
			copy[(seed >> 8) % size] = (char)(seed >> 3);
		}
		play(copy, size, &r);
		free(copy);
	}
	free(data);
}

static void test_not_a_stream(void **state)
{
	struct stream_head h = { .wire_version = GFT_WIRE_VERSION + 1 };
	const char *err = NULL;

	(void)state;
	assert_null(stream_open("", 0, &err));
	assert_non_null(strstr(err, "not a recording"));
	memcpy(h.magic, STREAM_MAGIC, 8);
	assert_null(stream_open(&h, sizeof(h), &err));
	assert_non_null(strstr(err, "version"));
	stream_free(NULL);
}

/* Nested structs whose fields overlap would print 16^n values: they are refused. */
static void test_type_bomb(void **state)
{
	struct buf b = BUF_INIT;
	struct stream_head h = { .wire_version = GFT_WIRE_VERSION };
	const char *err;
	struct stream_item it;
	struct stream *s;

	(void)state;
	memcpy(h.magic, STREAM_MAGIC, 8);
	buf_add(&b, &h, sizeof(h));
	for (uint32_t level = 0; level < 10; level++) {
		struct stream_type t = {
			.kind = level ? TY_STRUCT : TY_INT, .size = 1, .align = 1, .nfields = level ? 16 : 0
		};
		struct stream_field f = { .type = level };
		uint32_t head[2] = { STREAM_TYPE, (uint32_t)(sizeof(t) + t.nfields * sizeof(f)) };

		buf_add(&b, head, sizeof(head));
		buf_add(&b, &t, sizeof(t));
		for (uint32_t i = 0; i < t.nfields; i++)
			buf_add(&b, &f, sizeof(f));
		buf_pad(&b, 0, -head[1] & 7);
	}
	s = stream_open(b.data, b.len, &err);
	assert_int_equal(stream_next(s, &it), -EINVAL);
	assert_string_equal(stream_error(s), "a type makes no sense");
	stream_free(s);
	buf_free(&b);
}

static void test_write_error(void **state)
{
	struct stream_writer *w = stream_writer_new(-1, &syms);

	(void)state;
	stream_write_text(w, "printf", "x", 1);
	assert_int_equal(stream_writer_close(w, 1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),	cmocka_unit_test(test_names),
		cmocka_unit_test(test_harmful_texts),	cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_damage_anywhere), cmocka_unit_test(test_not_a_stream),
		cmocka_unit_test(test_type_bomb),	cmocka_unit_test(test_write_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
