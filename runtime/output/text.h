/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* text.h - the state of the text format, shared by its files. */
#ifndef GFT_OUTPUT_TEXT_H
#define GFT_OUTPUT_TEXT_H

#include "runtime/output/format.h"

struct text_state;

void *text_init(struct output *o);
void text_fini(struct output *o);
void text_graph(struct output *o, const struct graph_tree *tree);
void text_graph_enter(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
void text_graph_leave(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
void text_graph_leaf(struct output *o, const struct graph_tree *tree, const struct graph_node *n, unsigned depth);
void text_graph_stack(struct output *o, const struct graph_tree *tree);
void text_map(struct output *o, const char *name, const struct gft_type *key, const struct gft_type *val,
	      const struct output_row *rows, size_t n, uint64_t div);

#endif
