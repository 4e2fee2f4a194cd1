/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * losses.h - what a run lost: counted by the kernel half for each probe, and by
 * the graph builder; told on standard error and in the output, kept in a
 * recording and told again when that is shown.
 */
#ifndef GFT_RUNTIME_LOSSES_H
#define GFT_RUNTIME_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gft/graph.h"
#include "gft/output.h"
#include "gft/wire.h"

struct losses;
struct stream_writer;

struct losses *losses_new(void);
void losses_free(struct losses *l); /* NULL is allowed */

/* A counter of the kernel half; one that is 0 is no loss. */
void losses_count(struct losses *l, enum gft_stat stat, uint64_t count);
/* How much of it was at a probe (its name is copied; NULL: not known); those with most first. */
void losses_at(struct losses *l, enum gft_stat stat, const char *probe, uint64_t count);
/* Records that gft itself could not read. */
void losses_bad(struct losses *l, uint64_t count);
/* What the builder of graphs counted. */
void losses_graphs(struct losses *l, const struct graph_stats *g);

/* On standard error (verbose: more probes of each, and what is no loss) and to the output. */
void losses_tell(struct losses *l, struct output *o, bool verbose);

/* Keeps what losses_graphs() does not add: who shows the recording builds its graphs again. */
void losses_write(const struct losses *l, struct stream_writer *w);
/* Text of kind STREAM_LOSSES, from a file of anybody: lines that make no sense are skipped. */
void losses_read(struct losses *l, const char *text, size_t size);

#endif
