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
double value_float(const struct gft_type *t, const void *data);

/* The bytes of a string, a buffer or an array of bytes; false for other types. */
bool value_bytes(const struct gft_type *t, const void *data, const char **bytes, size_t *len);
bool value_has_bytes(const struct gft_type *t);

/* A number with its sign, divided by div (0 and 1: as it is). */
void value_int(struct buf *b, int64_t v, bool is_signed, uint64_t div);

/* Rows of hist(), lhist() or tseries(), each with its line end; counts divided by div. */
void value_hist(struct buf *b, const struct gft_type *t, const void *data, uint64_t div);
void value_tseries(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t div);
/* The sum of all counts of hist() or lhist(). */
uint64_t value_hist_total(const struct gft_type *t, const void *data);
/* An aggregation that prints in one line: count, sum, avg, min, max, stats. */
void value_agg(struct buf *b, const struct gft_type *t, const void *data, uint64_t div);

void value_stack(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data);
void value_strftime(struct buf *b, const struct value_ctx *vc, const struct ty_timestamp *ts);
/* A CLOCK_MONOTONIC stamp as nanoseconds since 1970. */
int64_t value_wall(const struct value_ctx *vc, uint64_t mono_ns);

/* "func+off", or "0xaddr" when the function is not known; escaped. */
void value_place(struct buf *b, const struct code_info *c);

#endif
