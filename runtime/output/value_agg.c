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

#define BAR  52
#define LINE 53 /* of tseries(), with both ends */
#define NS   1000000000LL

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

/* Steps of whole Ki have bounds like 4K and 2M; not those of whole thousands: 10s is 9765625 Ki nanoseconds. */
static void lhist_bound(struct buf *b, const struct gft_type *t, int64_t v)
{
	bool plain = t->step % 1024 || t->step % 1000 == 0 || !v;
	int64_t unit = plain ? 1 : v % (1024 * 1024) == 0 ? 1024 * 1024 : v % 1024 == 0 ? 1024 : 1;

	value_int(b, v / unit, true, 1);
	if (unit > 1)
		buf_putc(b, unit == 1024 ? 'K' : 'M');
}

static void lhist_label(struct buf *b, const struct gft_type *t, size_t i, size_t n)
{
	int64_t low = (int64_t)((uint64_t)t->min + (uint64_t)(i - 1) * (uint64_t)t->step);

	if (i == 0) {
		buf_puts(b, "(..., ");
		lhist_bound(b, t, t->min);
		buf_putc(b, ')');
		return;
	}
	buf_putc(b, '[');
	lhist_bound(b, t, low);
	if (i < n - 1 && t->step == 1) {
		buf_putc(b, ']');
		return;
	}
	buf_puts(b, ", ");
	if (i == n - 1)
		buf_puts(b, "...");
	else
		lhist_bound(b, t, (int64_t)((uint64_t)low + (uint64_t)t->step));
	buf_putc(b, ')');
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

/* The fraction of a second that the interval needs, as digits, and its name. */
static int fraction(int64_t step, const char **unit)
{
	static const char *const units[] = { "", "ms", "us", "ns" };
	int64_t part = NS;
	int i = 0;

	while (i < 3 && step % part) {
		part /= 1000;
		i++;
	}
	*unit = units[i];
	return i * 3;
}

static void tseries_time(struct buf *b, int64_t wall, int digits)
{
	int64_t sec = wall / NS, ns = wall % NS;
	struct tm tm = { 0 };
	time_t tt;

	if (ns < 0) {
		ns += NS;
		sec--;
	}
	tt = (time_t)sec;
	localtime_r(&tt, &tm);
	buf_printf(b, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	for (int i = digits; i < 9; i++)
		ns /= 10;
	if (digits)
		buf_printf(b, ".%0*lld", digits, (long long)ns);
}

/* The ends of the scale: above and below its line. */
static void tseries_scale(struct buf *b, const struct gft_type *t, size_t indent, int64_t lo, int64_t hi, uint64_t div)
{
	struct buf num = BUF_INIT;
	size_t at = b->len + indent;

	buf_pad(b, ' ', indent);
	value_int(b, lo, t->is_signed, div);
	value_int(&num, hi, t->is_signed, div);
	at = b->len - at + num.len;
	buf_pad(b, ' ', at < LINE ? LINE - at : 1);
	buf_puts(b, buf_str(&num));
	buf_putc(b, '\n');
	buf_free(&num);
}

/* Where v is between lo and hi, in parts of a whole. */
static size_t tseries_column(int64_t lo, int64_t hi, int64_t v, size_t parts)
{
	double at = (double)((uint64_t)v - (uint64_t)lo) * (double)parts;

	return (size_t)(at / (double)((uint64_t)hi - (uint64_t)lo));
}

static void tseries_row(struct buf *b, const struct gft_type *t, int64_t lo, int64_t hi, const int64_t *v, uint64_t div)
{
	char line[LINE + 1];

	memset(line, ' ', LINE);
	line[0] = line[LINE - 1] = '|';
	line[LINE] = 0;
	if (t->is_signed && lo < 0 && hi > 0)
		line[tseries_column(lo, hi, 0, LINE) % LINE] = '.';
	if (v)
		line[tseries_column(lo, hi, *v, LINE - 1) % LINE] = '*';
	buf_printf(b, " %s ", line);
	if (v)
		value_int(b, *v, t->is_signed, div);
	else
		buf_putc(b, '-');
	buf_putc(b, '\n');
}

uint64_t value_tseries_last(const struct gft_type *t, const void *data)
{
	struct value_tick *tick;
	size_t n = value_tseries_ticks(t, data, &tick);
	uint64_t last = n ? tick[n - 1].epoch : 0;

	free(tick);
	return last;
}

/*
 * A row for each interval from the first one with a value to the last one of the map, the value
 * marked on a line from the smallest to the largest, as in bpftrace:
 *
 *              -5                                                  5
 *     hh:mm:ss |___________________________________________________|
 *     12:01:05 |    *                    .                         | -4
 */
void value_tseries(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t last,
		   uint64_t div)
{
	struct value_tick *tick;
	size_t n = value_tseries_ticks(t, data, &tick), i = 0;
	const char *unit;
	int digits = fraction(t->step, &unit);
	size_t indent = 9 + (digits ? (size_t)digits + 1 : 0), begin;
	int64_t lo, hi;

	while (i < n && last > tick[i].epoch && last - tick[i].epoch >= t->count)
		i++;
	if (i == n) {
		buf_puts(b, "<no data>");
		free(tick);
		return;
	}
	lo = hi = tick[i].v;
	for (size_t k = i; k < n; k++) {
		lo = less(t, tick[k].v, lo) ? tick[k].v : lo;
		hi = less(t, hi, tick[k].v) ? tick[k].v : hi;
	}
	if (lo == hi) { /* in the middle, with room on both sides */
		lo -= lo != (t->is_signed ? INT64_MIN : 0);
		hi += hi != (t->is_signed ? INT64_MAX : -1);
	}
	tseries_scale(b, t, indent, lo, hi, div);
	begin = b->len;
	buf_printf(b, digits ? "hh:mm:ss.%s" : "hh:mm:ss%s", unit);
	buf_pad(b, ' ', indent - (b->len - begin));
	buf_putc(b, '|');
	buf_pad(b, '_', LINE - 2);
	buf_puts(b, "|\n");
	for (uint64_t e = tick[i].epoch, rows = 0; rows < t->count && (i < n || e <= last); e++, rows++) {
		bool have = i < n && tick[i].epoch == e;

		tseries_time(b, value_wall(vc, e * (uint64_t)t->step), digits);
		tseries_row(b, t, lo, hi, have ? &tick[i].v : NULL, div);
		i += have;
	}
	buf_pad(b, ' ', indent);
	buf_putc(b, 'v');
	buf_pad(b, '_', LINE - 2);
	buf_puts(b, "v\n");
	tseries_scale(b, t, indent, lo, hi, div);
	free(tick);
}
