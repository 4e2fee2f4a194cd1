/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* stream_type.h - whether a type that came from a file may be used to print bytes. */
#ifndef GFT_GRAPH_STREAM_TYPE_H
#define GFT_GRAPH_STREAM_TYPE_H

#include "gft/type.h"

/*
 * How many values printing one of t visits, given "weight" of each of its
 * fields (or of its element, weight[0]); 0 when t is not sound: it would be
 * read beyond its size, or print far more than its bytes can hold.
 */
uint64_t stream_type_weight(const struct gft_type *t, const uint64_t *weight);

#endif
