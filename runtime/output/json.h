/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* json.h - what the files of the JSON format share. */
#ifndef GFT_OUTPUT_JSON_H
#define GFT_OUTPUT_JSON_H

#include "runtime/output/format.h"

/* A string, with or without its quotes; what is no UTF-8 becomes U+FFFD. */
void json_string(struct buf *b, const char *s, size_t len);
void json_escape(struct buf *b, const char *s, size_t len);

/* A number, divided by div (0 and 1: as it is); a string when a double cannot hold it exactly. */
void json_int(struct buf *b, int64_t v, bool is_signed, uint64_t div);
/* A moment as "2026-11-21T17:10:59.000001234Z". */
void json_time(struct buf *b, int64_t wall_ns);

/* Any value; div divides integers and aggregations. */
void json_value(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data, uint64_t div);
/* A map's key, always a string: "k1,k2". */
void json_key(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data);

/* json_graph.c */
void *json_init(struct output *o);
void json_fini(struct output *o);
void json_graph(struct output *o, const struct graph_tree *tree);
void json_graph_enter(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
void json_graph_leave(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
void json_graph_leaf(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
void json_graph_stack(struct output *o, const struct graph_tree *tree);

#endif
