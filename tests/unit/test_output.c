/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* test_output.c - maps as text, and how bytes reach the file. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/hist.h"
#include "gft/output.h"

static struct arena *a;
static int fd;
static struct output *o;
static char text[1 << 16];

static int setup(void **state)
{
	struct output_opts oo = { 0 };
	const char *err = NULL;

	(void)state;
	a = arena_new();
	fd = memfd_create("out", MFD_CLOEXEC);
	oo.fd = fd;
	o = output_new(&oo, &err);
	return o ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	output_free(o);
	close(fd);
	arena_free(a);
	return 0;
}

/* What was written since the last call. */
static const char *written(void)
{
	ssize_t n;

	output_flush(o);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
	return text;
}

static void test_scalars(void **state)
{
	int64_t v = 5;
	uint64_t c = 12;
	struct ty_agg agg = { 6, 3 };
	struct output_row row = { NULL, &v };

	(void)state;
	output_map(o, "@x", NULL, &ty_i64, &row, 1, 0, 0);
	assert_string_equal(written(), "@x: 5\n");
	output_map(o, "@x", NULL, &ty_i64, &row, 1, 0, 2);
	assert_string_equal(written(), "@x: 2\n");
	row.val = "abc";
	output_map(o, "@", NULL, ty_string(a, 8), &row, 1, 0, 0);
	assert_string_equal(written(), "@: abc\n");
	row.val = &c;
	output_map(o, "@c", NULL, &ty_count_t, &row, 1, 0, 10);
	assert_string_equal(written(), "@c: 1\n");
	row.val = &agg;
	output_map(o, "@s", NULL, ty_new(a, TY_STATS), &row, 1, 0, 0);
	assert_string_equal(written(), "@s: { .count = 3, .average = 2, .total = 6 }\n");
	output_map(o, "@none", &ty_i64, &ty_i64, NULL, 0, 0, 0);
	assert_string_equal(written(), "\n");
}

static void test_order(void **state)
{
	const struct gft_type *kt[] = { &ty_i32, ty_string(a, 4) };
	const struct gft_type *key = ty_tuple(a, kt, NULL, 2);
	struct {
		int32_t n;
		char s[4];
	} k[] = { { -1, "b" }, { -1, "a" }, { 3, "c" }, { 2, "d" } };
	int64_t v[] = { 10, 10, -3, 5 };
	char s[][4] = { "w", "x", "y", "z" };
	struct output_row rows[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		rows[i] = (struct output_row){ &k[i], &v[i] };
	output_map(o, "@", key, &ty_i64, rows, 4, 0, 0); /* by value, then by key */
	assert_string_equal(written(), "@[3, c]: -3\n@[2, d]: 5\n@[-1, a]: 10\n@[-1, b]: 10\n");
	output_map(o, "@", key, &ty_i64, rows, 4, 2, 0); /* the largest */
	assert_string_equal(written(), "@[-1, a]: 10\n@[-1, b]: 10\n");
	output_map(o, "@", key, &ty_u64, rows, 4, 1, 0);
	assert_string_equal(written(), "@[3, c]: 18446744073709551613\n");
	for (int i = 0; i < 4; i++)
		rows[i].val = s[i];
	output_map(o, "@", key, ty_string(a, 4), rows, 4, 0, 0); /* by key */
	assert_string_equal(written(), "@[-1, a]: x\n@[-1, b]: w\n@[2, d]: z\n@[3, c]: y\n");
}

#define BAR0   "|                                                    |\n"
#define BAR26  "|@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n"
#define LINE51 "___________________________________________________"
#define BAR52  "|@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"

static void test_hist(void **state)
{
	struct gft_type *t = ty_new(a, TY_HIST), *l = ty_new(a, TY_LHIST);
	static uint64_t h[2048], h2[2048];
	uint64_t lin[4] = { 1, 0, 0, 2 };
	int64_t keys[] = { 1, 2 };
	struct output_row rows[] = { { &keys[0], h }, { &keys[1], h2 } };

	(void)state;
	t->size = 8 * gft_hist_buckets(0);
	h[0] = 1;
	h[gft_hist_bucket(5, 0, 0)] = 2;
	output_map(o, "@h", NULL, t, rows, 1, 0, 0);
	assert_string_equal(written(), "@h:\n"
				       "(..., 0)               1 " BAR26 "[0]                    0 " BAR0
				       "[1]                    0 " BAR0 "[2, 4)                 0 " BAR0
				       "[4, 8)                 2 " BAR52 "\n");
	h2[gft_hist_bucket(1024, 0, 0)] = 1;
	output_map(o, "@h", &ty_i64, t, rows, 2, 0, 0); /* by how much was counted */
	assert_non_null(strstr(written(), "@h[2]:\n[1K, 2K)               1 " BAR52 "\n@h[1]:\n(..., 0)"));
	memset(h, 0, sizeof(h));
	output_map(o, "@h", NULL, t, rows, 1, 0, 0);
	assert_string_equal(written(), "@h:\n\n");
	h[gft_hist_bucket(UINT64_MAX, 0, 0)] = 100000000;
	output_map(o, "@h", NULL, t, rows, 1, 0, 10);
	assert_string_equal(written(), "@h:\n[8E, 16E)       10000000 " BAR52 "\n");
	memset(h, 0, sizeof(h));
	t->bits = 2;
	t->size = 8 * gft_hist_buckets(2);
	h[gft_hist_bucket(7, 0, 2)] = 1;
	h[gft_hist_bucket(9, 0, 2)] = 1;
	output_map(o, "@h", NULL, t, rows, 1, 0, 0);
	assert_string_equal(written(), "@h:\n[7]                    1 " BAR52 "[8, 10)                1 " BAR52 "\n");
	l->min = -5;
	l->max = 15;
	l->step = 10;
	l->size = 32;
	rows[0].val = lin;
	output_map(o, "@l", NULL, l, rows, 1, 0, 0);
	assert_string_equal(written(), "@l:\n"
				       "(..., -5)              1 " BAR26 "[-5, 5)                0 " BAR0
				       "[5, 15)                0 " BAR0 "[15, ...)              2 " BAR52 "\n");
}

static void test_tseries(void **state)
{
	struct ty_tseries_bucket b[3] = { { 5, 10, 1 }, { 3, 20, 2 }, { 4, 0, 0 } };
	struct gft_type *t = ty_new(a, TY_TSERIES);
	struct output_row row = { NULL, b };

	(void)state;
	setenv("TZ", "UTC", 1);
	t->step = 1000000000;
	t->count = 3;
	t->size = sizeof(b);
	t->agg = TY_AVG;
	b[2].epoch = 0;
	output_map(o, "@t", NULL, t, &row, 1, 0, 0);
	assert_string_equal(written(), "@t:\n"
				       "         9                                                  11\n"
				       "hh:mm:ss |" LINE51 "|\n"
				       "00:00:03 |                         *                         | 10\n"
				       "00:00:04 |                                                   | -\n"
				       "00:00:05 |                         *                         | 10\n"
				       "         v" LINE51 "v\n"
				       "         9                                                  11\n\n");
	b[2] = (struct ty_tseries_bucket){ 4, (int64_t)(UINT64_MAX / 2), 1 }; /* unsigned, whatever its bits */
	output_map(o, "@t", NULL, t, &row, 1, 0, 0);
	assert_non_null(strstr(written(),
			       "00:00:04 |                                                   * 9223372036854775807\n"));
	b[0].epoch = UINT64_MAX; /* a clock that is damaged ends nothing, and nothing is endless by it */
	output_map(o, "@t", NULL, t, &row, 1, 0, 0);
	written();
	t->step = 0;
	output_map(o, "@t", NULL, t, &row, 1, 0, 0);
	written();
}

/* Several series end where the last one does; what is older than its intervals is not shown; 0 is marked. */
static void test_tseries_rows(void **state)
{
	struct ty_tseries_bucket one[2] = { { 10, -4, 1 }, { 11, 6, 1 } }, two[2] = { { 12, 0, 1 }, { 10, 7, 1 } },
				 old[2] = { { 8, 1, 1 }, { 9, 1, 1 } };
	int32_t keys[3] = { 1, 2, 3 };
	struct output_row rows[3] = { { &keys[0], one }, { &keys[1], two }, { &keys[2], old } };
	struct gft_type *t = ty_new(a, TY_TSERIES);

	(void)state;
	setenv("TZ", "UTC", 1);
	t->step = 500000;
	t->count = 2;
	t->size = sizeof(one);
	t->is_signed = true;
	output_map(o, "@t", ty_int(4, true), t, rows, 3, 0, 0);
	assert_string_equal(written(), "@t[1]:\n"
				       "                5                                                   7\n"
				       "hh:mm:ss.us     |" LINE51 "|\n"
				       "00:00:00.005500 |                         *                         | 6\n"
				       "00:00:00.006000 |                                                   | -\n"
				       "                v" LINE51 "v\n"
				       "                5                                                   7\n\n"
				       "@t[2]:\n"
				       "                -1                                                  1\n"
				       "hh:mm:ss.us     |" LINE51 "|\n"
				       "00:00:00.006000 |                         *                         | 0\n"
				       "                v" LINE51 "v\n"
				       "                -1                                                  1\n\n"
				       "@t[3]:\n<no data>\n");
}

/* Bounds of whole Ki are shown as such, of step 1 as one number. */
static void test_lhist_bounds(void **state)
{
	uint64_t n[6] = { 1, 0, 1, 0, 0, 1 };
	struct gft_type *t = ty_new(a, TY_LHIST);
	struct output_row row = { NULL, n };

	(void)state;
	t->size = sizeof(n);
	t->step = 1024;
	t->min = -1024;
	t->max = t->min + 4 * t->step;
	output_map(o, "@l", NULL, t, &row, 1, 0, 0);
	assert_string_equal(written(), "@l:\n(..., -1K)             1 " BAR52 "[-1K, 0)               0 " BAR0
				       "[0, 1K)                1 " BAR52 "[1K, 2K)               0 " BAR0
				       "[2K, 3K)               0 " BAR0 "[3K, ...)              1 " BAR52 "\n");
	t->step = 1 << 20;
	t->min = 512 << 10;
	t->max = t->min + 4 * t->step;
	output_map(o, "@l", NULL, t, &row, 1, 0, 0);
	assert_non_null(strstr(written(), "\n[1536K, 2560K)         1 "));
	t->step = 1;
	t->min = 4;
	t->max = 8;
	output_map(o, "@l", NULL, t, &row, 1, 0, 0);
	assert_string_equal(written(), "@l:\n(..., 4)               1 " BAR52 "[4]                    0 " BAR0
				       "[5]                    1 " BAR52 "[6]                    0 " BAR0
				       "[7]                    0 " BAR0 "[8, ...)               1 " BAR52 "\n");
}

static void test_values(void **state)
{
	int64_t v = -3;

	(void)state;
	output_value(o, &ty_i64, &v);
	output_value(o, ty_string(a, 8), "");
	output_text(o, "printf", "no end", 6);
	assert_string_equal(written(), "-3\n\nno end");
}

/* Nothing is printed as a line of its own, also when lines gather. */
static void test_empty_value(void **state)
{
	struct output_opts oo = { .fd = fd, .buffering = OUTPUT_FULL };
	const char *err;
	struct output *out = output_new(&oo, &err);

	(void)state;
	output_value(out, ty_string(a, 8), "a");
	output_value(out, ty_string(a, 8), "");
	output_free(out);
	assert_string_equal(written(), "a\n\n");
}

static void test_unknown_format(void **state)
{
	struct output_opts oo = { .format = "smoke" };
	const char *err = NULL;

	(void)state;
	assert_null(output_new(&oo, &err));
	assert_non_null(err);
	oo.format = "ftrace";
	output_free(output_new(&oo, &err));
	output_free(NULL);
}

/* A reader that is gone is told once, ends nothing, and is no signal. */
static void test_epipe(void **state)
{
	int p[2];
	struct output_opts oo = { 0 };
	struct output *out;
	const char *err;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	oo.fd = p[1];
	out = output_new(&oo, &err);
	assert_int_equal(output_error(out), 0);
	output_text(out, "printf", "x\n", 2);
	assert_int_equal(output_error(out), -EPIPE);
	output_text(out, "printf", "y\n", 2);
	assert_int_equal(output_flush(out), -EPIPE);
	output_free(out);
	close(p[1]);
}

static void *slow_reader(void *arg)
{
	static char got[4 << 20];
	int in = *(int *)arg;
	size_t n = 0;
	ssize_t r;

	while ((r = read(in, got + n, 4099)) > 0)
		n += (size_t)r;
	for (size_t i = 0; i < n; i++)
		if (got[i] != "0123456789\n"[i % 11])
			return NULL;
	return (void *)(uintptr_t)n;
}

/* A pipe takes less than it is given, and a non-blocking one sometimes nothing: all arrives, in order. */
static void test_partial_writes(void **state)
{
	(void)state;
	for (int nonblock = 0; nonblock < 2; nonblock++) {
		struct output_opts oo = { .buffering = nonblock ? OUTPUT_FULL : OUTPUT_LINE };
		struct buf big = BUF_INIT;
		struct output *out;
		const char *err;
		pthread_t th;
		void *n;
		int p[2];

		assert_int_equal(pipe(p), 0);
		if (nonblock)
			assert_int_equal(fcntl(p[1], F_SETFL, O_NONBLOCK), 0);
		oo.fd = p[1];
		out = output_new(&oo, &err);
		for (int i = 0; i < 30000; i++)
			buf_puts(&big, "0123456789\n");
		assert_int_equal(pthread_create(&th, NULL, slow_reader, &p[0]), 0);
		for (int i = 0; i < 5; i++)
			output_text(out, "printf", big.data, big.len);
		assert_int_equal(output_error(out), 0);
		output_free(out);
		close(p[1]);
		pthread_join(th, &n);
		assert_int_equal((uintptr_t)n, 5 * big.len);
		close(p[0]);
		buf_free(&big);
	}
}

static size_t size_of(int f)
{
	return (size_t)lseek(f, 0, SEEK_END);
}

/* line: each event at once; full: when much has gathered, or when asked. */
static void test_buffering(void **state)
{
	struct output_opts oo = { .fd = memfd_create("b", MFD_CLOEXEC) };
	struct output *out;
	const char *err;

	(void)state;
	out = output_new(&oo, &err);
	output_text(out, "printf", "abc", 3);
	assert_int_equal(size_of(oo.fd), 3);
	output_free(out);
	oo.buffering = OUTPUT_FULL;
	out = output_new(&oo, &err);
	output_text(out, "printf", "abc", 3);
	assert_int_equal(size_of(oo.fd), 3);
	output_flush(out);
	assert_int_equal(size_of(oo.fd), 6);
	for (int i = 0; i < 100000; i++)
		output_text(out, "printf", "abc", 3);
	assert_in_range(size_of(oo.fd), 200000, 300005);
	output_free(out);
	assert_int_equal(size_of(oo.fd), 300006);
	close(oo.fd);
}

/* A site that nobody knows, and no symbol source at all. */
static void test_graph_without_symbols(void **state)
{
	struct graph_node child = {
		.start_ns = 1500, .end_ns = 2500, .site = 3, .exit_site = GFT_NO_SITE, .flags = GN_UNWOUND
	};
	struct graph_node root = {
		.child = &child, .last_child = &child, .start_ns = 0, .end_ns = 5000, .site = 1U << 30, .exit_site = 2
	};
	struct graph_tree t = { .root = &root, .goid = 7, .tgid = 8, .nodes = 2 };

	(void)state;
	child.parent = &root;
	setenv("TZ", "UTC", 1);
	output_graph(o, &t);
	assert_string_equal(written(), "01 00:00:00.000000            site 1073741824() { ? goid=7 pid=8\n"
				       "01 00:00:00.000001              site 3() { ?\n"
				       "01 00:00:00.000002 1us          } site 3 (unwound)\n"
				       "01 00:00:00.000005 5us        } site 2\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_hist),
		cmocka_unit_test(test_tseries),
		cmocka_unit_test(test_tseries_rows),
		cmocka_unit_test(test_lhist_bounds),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_empty_value),
		cmocka_unit_test(test_unknown_format),
		cmocka_unit_test(test_epipe),
		cmocka_unit_test(test_partial_writes),
		cmocka_unit_test(test_buffering),
		cmocka_unit_test(test_graph_without_symbols),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
