/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * value_agg.c - aggregations as text: numbers in one line, histograms as rows
 *
 *     [4, 8)                12 |@@@@@@@@@@@@@                    |
 *
 * with the label left in 16 columns, the count right in 8 and a bar of 52.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gft/hist.h"
#include "runtime/output/value.h"

#define BAR 52

void value_agg(struct buf *b, const struct gft_type *t, const void *data, uint64_t div)
{
	struct gft_type avg = *t;
	struct ty_agg agg;
	bool is_signed;
	int64_t v = 0;

	if (t->kind != TY_STATS) {
		value_number(t, data, &v, &is_signed);
		value_int(b, v, is_signed, div);
		return;
	}
	memcpy(&agg, data, sizeof(agg));
	avg.kind = TY_AVG;
	value_number(&avg, data, &v, &is_signed);
	buf_puts(b, "{ .count = ");
	buf_u64(b, agg.n);
	buf_puts(b, ", .average = ");
	value_int(b, v, t->is_signed, div);
	buf_puts(b, ", .total = ");
	value_int(b, agg.total, t->is_signed, div);
	buf_puts(b, " }");
}

static uint64_t bucket(const void *data, size_t i)
{
	uint64_t v;

	memcpy(&v, (const char *)data + i * sizeof(v), sizeof(v));
	return v;
}

static size_t buckets(const struct gft_type *t)
{
	size_t n;

	if (t->kind == TY_HIST)
		n = gft_hist_buckets(t->bits <= GFT_HIST_MAX_BITS ? t->bits : GFT_HIST_MAX_BITS);
	else
		n = t->step > 0 && t->max > t->min ? ((uint64_t)t->max - (uint64_t)t->min) / (uint64_t)t->step + 2 : 0;
	return n < t->size / 8 ? n : t->size / 8;
}

uint64_t value_hist_total(const struct gft_type *t, const void *data)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < buckets(t); i++)
		sum += bucket(data, i);
	return sum;
}

/* 1024 as 1K, 2^40 as 1T; numbers that are no multiple of 1024 as they are. */
static void print_power(struct buf *b, uint64_t v)
{
	static const char unit[] = "\0KMGTPE";
	unsigned u = 0;

	while (v && v % 1024 == 0) {
		v /= 1024;
		u++;
	}
	buf_u64(b, v);
	if (u)
		buf_putc(b, unit[u]);
}

static void hist_label(struct buf *b, const struct gft_type *t, size_t i)
{
	uint32_t n = (uint32_t)i;
	uint64_t low = gft_hist_low(n, t->bits), next = gft_hist_low(n + 1, t->bits);

	if (i == 0) {
		buf_puts(b, "(..., 0)");
		return;
	}
	buf_putc(b, '[');
	print_power(b, low);
	if (next - low == 1) {
		buf_putc(b, ']');
		return;
	}
	buf_puts(b, ", ");
	if (next)
		print_power(b, next);
	else
		buf_puts(b, "16E");
	buf_putc(b, ')');
}

static void lhist_label(struct buf *b, const struct gft_type *t, size_t i, size_t n)
{
	int64_t low = (int64_t)((uint64_t)t->min + (uint64_t)(i - 1) * (uint64_t)t->step);

	if (i == 0)
		buf_printf(b, "(..., %lld)", (long long)t->min);
	else if (i == n - 1)
		buf_printf(b, "[%lld, ...)", (long long)low);
	else
		buf_printf(b, "[%lld, %lld)", (long long)low, (long long)((uint64_t)low + (uint64_t)t->step));
}

static void bar(struct buf *b, size_t label_len, uint64_t v, uint64_t max, uint64_t div)
{
	size_t width = max ? (size_t)((double)v / (double)max * BAR) : 0;
	char count[24];
	int n = snprintf(count, sizeof(count), "%llu", (unsigned long long)(div > 1 ? v / div : v));

	buf_pad(b, ' ', label_len < 16 ? 16 - label_len : 0);
	buf_pad(b, ' ', n < 8 ? 8 - (size_t)n : 0);
	buf_puts(b, count);
	buf_puts(b, " |");
	buf_pad(b, '@', width);
	buf_pad(b, ' ', BAR - width);
	buf_puts(b, "|\n");
}

size_t value_hist_shown(const struct gft_type *t, const void *data, size_t *first)
{
	size_t n = buckets(t);

	for (*first = 0; *first < n && !bucket(data, *first);)
		++*first;
	while (n > *first && !bucket(data, n - 1))
		n--;
	return n - *first;
}

void value_hist_bucket(const struct gft_type *t, const void *data, size_t i, struct value_bucket *out)
{
	uint64_t step = (uint64_t)t->step, low = (uint64_t)t->min + (i - 1) * step;

	*out = (struct value_bucket){ .count = bucket(data, i), .has_min = i > 0, .has_max = true, .is_signed = true };
	if (t->kind == TY_LHIST) {
		out->min = (int64_t)low;
		out->max = (int64_t)(i ? low + step - 1 : (uint64_t)t->min - 1);
		out->has_max = i + 1 < buckets(t);
	} else if (i == 0) {
		out->max = -1;
	} else {
		out->is_signed = false;
		out->min = (int64_t)gft_hist_low((uint32_t)i, t->bits);
		out->max = (int64_t)(gft_hist_low((uint32_t)i + 1, t->bits) - 1);
	}
}

void value_hist(struct buf *b, const struct gft_type *t, const void *data, uint64_t div)
{
	size_t n = buckets(t), first, end = value_hist_shown(t, data, &first);
	uint64_t max = 0;

	end += first;
	for (size_t i = first; i < end; i++)
		max = bucket(data, i) > max ? bucket(data, i) : max;
	for (size_t i = first; i < end; i++) {
		size_t begin = b->len;

		if (t->kind == TY_HIST)
			hist_label(b, t, i);
		else
			lhist_label(b, t, i, n);
		bar(b, b->len - begin, bucket(data, i), max, div);
	}
}

/* --- tseries() ----------------------------------------------------------------------- */

static int64_t tseries_value(const struct gft_type *t, const struct ty_tseries_bucket *bk)
{
	if (t->agg != TY_AVG || !bk->n || bk->n > INT64_MAX)
		return bk->total;
	return t->is_signed ? bk->total / (int64_t)bk->n : (int64_t)((uint64_t)bk->total / bk->n);
}

static bool less(const struct gft_type *t, int64_t a, int64_t b)
{
	return t->is_signed ? a < b : (uint64_t)a < (uint64_t)b;
}

static int order_ticks(const void *a, const void *b)
{
	const struct value_tick *x = a, *y = b;

	return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

size_t value_tseries_ticks(const struct gft_type *t, const void *data, struct value_tick **out)
{
	size_t n = t->size / sizeof(struct ty_tseries_bucket), have = 0, kept = 0;
	struct value_tick *v;

	n = t->count < n ? t->count : n;
	v = *out = xmalloc((n + 1) * sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		struct ty_tseries_bucket bk;

		memcpy(&bk, (const char *)data + i * sizeof(bk), sizeof(bk));
		if (bk.epoch)
			v[have++] = (struct value_tick){ bk.epoch, tseries_value(t, &bk) };
	}
	qsort(v, have, sizeof(*v), order_ticks);
	for (size_t i = 0; i < have; i++) {
		if (v[have - 1].epoch - v[i].epoch >= n) /* left over from before the ring went round */
			continue;
		if (!kept || v[kept - 1].epoch != v[i].epoch)
			v[kept++] = v[i];
	}
	return kept;
}

/*
 * One row for each interval, the oldest first; its value is marked on a line
 * from the smallest to the largest:
 *
 *     12:01:05.000           42 |        *          |
 */
void value_tseries(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t div)
{
	struct value_tick *tick;
	size_t n = value_tseries_ticks(t, data, &tick);
	int64_t lo = n ? tick[0].v : 0, hi = lo;

	for (size_t i = 0; i < n; i++) {
		lo = less(t, tick[i].v, lo) ? tick[i].v : lo;
		hi = less(t, hi, tick[i].v) ? tick[i].v : hi;
	}
	for (size_t i = 0; i < n; i++) {
		int64_t v = tick[i].v, wall = value_wall(vc, tick[i].epoch * (uint64_t)t->step);
		time_t sec = (time_t)(wall / 1000000000);
		uint64_t span = (uint64_t)hi - (uint64_t)lo, at = (uint64_t)v - (uint64_t)lo;
		size_t col = span ? (size_t)((double)at / (double)span * (BAR - 1)) : 0;
		size_t begin = b->len;
		struct buf num = BUF_INIT;
		struct tm tm;

		if (!localtime_r(&sec, &tm))
			continue;
		buf_printf(b, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall / 1000000 % 1000));
		value_int(&num, v, t->is_signed, div);
		buf_pad(b, ' ', 16 - (b->len - begin < 16 ? b->len - begin : 16));
		buf_pad(b, ' ', num.len < 8 ? 8 - num.len : 0);
		buf_puts(b, buf_str(&num));
		buf_free(&num);
		buf_puts(b, " |");
		buf_pad(b, ' ', col);
		buf_putc(b, '*');
		buf_pad(b, ' ', BAR - 1 - col);
		buf_puts(b, "|\n");
	}
	free(tick);
}
