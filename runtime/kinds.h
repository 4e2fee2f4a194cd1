/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* kinds.h - kinds of probes that many kernels are built without. */
#ifndef GFT_RUNTIME_KINDS_H
#define GFT_RUNTIME_KINDS_H

#include <stdbool.h>

struct gft_meta;

/*
 * Whether this kernel has what the script's probes are; what it lacks is told.  With
 * the setting missing_probes such programs are marked to be left out instead.
 */
bool kinds_possible(const struct gft_meta *m);

#endif
