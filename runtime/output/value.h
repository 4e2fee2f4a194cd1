/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * value.h - what the files that print values share.  The public half is in
 * gft/output.h.
 */
#ifndef GFT_OUTPUT_VALUE_H
#define GFT_OUTPUT_VALUE_H

#include "gft/buf.h"
#include "gft/output.h"

/* The number a value stands for (integers, pointers, addresses, aggregations of one number). */
bool value_number(const struct gft_type *t, const void *data, int64_t *v, bool *is_signed);
/* True when the type has such a number. */
bool value_has_number(const struct gft_type *t);
/* A bitfield of the struct at data. */
int64_t value_bits(const struct ty_field *f, const char *data);
double value_float(const struct gft_type *t, const void *data);

/* The bytes of a string, a buffer or an array of bytes; false for other types. */
bool value_bytes(const struct gft_type *t, const void *data, const char **bytes, size_t *len);
bool value_has_bytes(const struct gft_type *t);

/* A number with its sign, divided by div (0 and 1: as it is). */
void value_int(struct buf *b, int64_t v, bool is_signed, uint64_t div);

/* Rows of hist(), lhist() or tseries(), each with its line end; counts divided by div. */
void value_hist(struct buf *b, const struct gft_type *t, const void *data, uint64_t div);
/* last: the last interval that is shown, also where this one has no value there; 0: its own last one. */
void value_tseries(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t last,
		   uint64_t div);
/* The last interval that has a value; 0: none has. */
uint64_t value_tseries_last(const struct gft_type *t, const void *data);
/* The sum of all counts of hist() or lhist(). */
uint64_t value_hist_total(const struct gft_type *t, const void *data);
/* The buckets that are shown: from *first, and how many; 0 when nothing was counted. */
size_t value_hist_shown(const struct gft_type *t, const void *data, size_t *first);
/* The bounds, both inclusive, and the count of bucket i. */
struct value_bucket {
	int64_t min, max;
	uint64_t count;
	bool has_min, has_max;
	bool is_signed; /* min and max */
};
void value_hist_bucket(const struct gft_type *t, const void *data, size_t i, struct value_bucket *out);

/* The intervals of tseries(), the oldest first; the caller frees *out. */
struct value_tick {
	uint64_t epoch; /* times t->step: CLOCK_MONOTONIC ns */
	int64_t v;
};
size_t value_tseries_ticks(const struct gft_type *t, const void *data, struct value_tick **out);

/* An aggregation that prints in one line: count, sum, avg, min, max, stats. */
void value_agg(struct buf *b, const struct gft_type *t, const void *data, uint64_t div);

void value_stack(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data);
void value_strftime(struct buf *b, const struct value_ctx *vc, const struct ty_timestamp *ts);
/* A CLOCK_MONOTONIC stamp as nanoseconds since 1970. */
int64_t value_wall(const struct value_ctx *vc, uint64_t mono_ns);

/* Bytes of the UTF-8 character that s begins with, and its code point; 0 when there is none. */
size_t value_utf8(const unsigned char *s, size_t len, uint32_t *c);
/* A code point that a terminal obeys, or that changes how the rest of a line looks. */
bool value_harmful(uint32_t c);

/* "func+off", or "0xaddr" when the function is not known; escaped. */
void value_place(struct buf *b, const struct code_info *c);

#endif
