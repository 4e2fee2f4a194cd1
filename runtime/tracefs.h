/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* tracefs.h - tracepoints of this kernel. */
#ifndef GFT_RUNTIME_TRACEFS_H
#define GFT_RUNTIME_TRACEFS_H

#include <stddef.h>

struct arena;
struct gft_type;
struct buf;

/* Names that match "category:event" (globs), sorted; the array is malloc'd, the strings stay. */
size_t tracefs_list(const char *pattern, const char ***out);

/* Its fields as the kernel declares them, a line each; nothing when they cannot be read. */
void tracefs_describe(const char *name, struct buf *out);

/* The record of a tracepoint; NULL with err.  Text of variable length has the size 0 there. */
const struct gft_type *tracefs_args(struct arena *a, const char *name, char *err, size_t err_sz);

#endif
