/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* consts.h - what the BPF half is told before it is loaded: goroutines' layouts, which processes, namespaces. */
#ifndef GFT_RUNTIME_CONSTS_H
#define GFT_RUNTIME_CONSTS_H

#include "gft/kernel.h"
#include "runtime/run.h"

struct consts {
	struct gft_layout layouts[GFT_BINARIES];
	struct gft_task_layout task;
	uint32_t filter, follow, cpid, rets;
	uint64_t dev, ino;
	struct ksession_const v[16];
	size_t n;
};

/* Fills v[0..n); it points into the struct itself.  False, with an error told, when a binary cannot be followed. */
bool consts_fill(struct consts *c, const struct run_opts *o);

/* Whether what the traced processes start is traced too. */
bool consts_follow(const struct run_opts *o);

/* Whether processes that start, change and end matter. */
bool consts_watch(const struct run_opts *o);

#endif
