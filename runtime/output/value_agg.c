/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * value_agg.c - aggregations as text: numbers in one line, histograms as rows
 *
 *     [4, 8)                12 |@@@@@@@@@@@@@                    |
 *
 * with the label left in 16 columns, the count right in 8 and a bar of 52.
 */
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

void value_hist(struct buf *b, const struct gft_type *t, const void *data, uint64_t div)
{
	size_t n = buckets(t), first = n, last = 0;
	uint64_t max = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t v = bucket(data, i);

		if (!v)
			continue;
		if (first == n)
			first = i;
		last = i;
		if (v > max)
			max = v;
	}
	for (size_t i = first; i < n && i <= last; i++) {
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

/*
 * One row for each interval, the oldest first; its value is marked on a line
 * from the smallest to the largest:
 *
 *     12:01:05.000           42 |        *          |
 */
void value_tseries(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t div)
{
	size_t n = t->count < t->size / sizeof(struct ty_tseries_bucket) ? t->count
									 : t->size / sizeof(struct ty_tseries_bucket);
	uint64_t newest = 0, oldest = UINT64_MAX;
	int64_t lo = 0, hi = 0;
	struct ty_tseries_bucket bk;

	for (size_t i = 0; i < n; i++) {
		memcpy(&bk, (const char *)data + i * sizeof(bk), sizeof(bk));
		if (!bk.epoch)
			continue;
		int64_t v = tseries_value(t, &bk);

		if (!newest || less(t, v, lo))
			lo = v;
		if (!newest || less(t, hi, v))
			hi = v;
		newest = bk.epoch > newest ? bk.epoch : newest;
		oldest = bk.epoch < oldest ? bk.epoch : oldest;
	}
	if (!newest)
		return;
	if (newest - oldest >= n) /* left over from before the ring went round */
		oldest = newest - n + 1;
	for (uint64_t left = newest - oldest + 1, epoch = oldest; left; left--, epoch++) {
		for (size_t i = 0; i < n; i++) {
			memcpy(&bk, (const char *)data + i * sizeof(bk), sizeof(bk));
			if (bk.epoch != epoch)
				continue;
			int64_t v = tseries_value(t, &bk), wall = value_wall(vc, epoch * (uint64_t)t->step);
			time_t sec = (time_t)(wall / 1000000000);
			uint64_t span = (uint64_t)hi - (uint64_t)lo, at = (uint64_t)v - (uint64_t)lo;
			size_t col = span ? (size_t)((double)at / (double)span * (BAR - 1)) : 0;
			size_t begin = b->len;
			struct buf num = BUF_INIT;
			struct tm tm;

			if (!localtime_r(&sec, &tm))
				break;
			buf_printf(b, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec,
				   (int)(wall / 1000000 % 1000));
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
			break;
		}
	}
}
