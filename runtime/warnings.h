/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* warnings.h - what goes wrong in a script while it runs, told with its place. */
#ifndef GFT_RUNTIME_WARNINGS_H
#define GFT_RUNTIME_WARNINGS_H

#include <stdbool.h>

#include "gft/kernel.h"

struct diag;
struct output;

struct warnings {
	const struct gft_meta *meta; /* borrowed, as the rest */
	struct ksession *ks;
	struct output *out;
	const struct diag *diag;
	bool color, silent;
	bool *told; /* by number: the first time was told */
};

/*
 * Tells what has gone wrong since the last call: each place once.  At the end
 * (last) the places that went wrong more than once are told with their counts.
 */
void warnings_tell(struct warnings *w, bool last);
void warnings_fini(struct warnings *w);

#endif
