/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* run.h - a compiled script on this kernel: load, attach, show, detach. */
#ifndef GFT_RUNTIME_RUN_H
#define GFT_RUNTIME_RUN_H

#include <stddef.h>

#include "gft/meta.h"
#include "runtime/child.h"
#include "runtime/cli.h"
#include "runtime/sites.h"
#include "runtime/targets.h"

struct run_opts {
	const struct diag *diag; /* where errorf() and warnf() stand */
	const struct cli *cli;
	const struct gft_meta *meta;
	const void *object;
	size_t object_len;
	struct targets *targets;
	struct site_table *sites;
	struct child *child; /* NULL: no -c */
	/*
	 * When the kernel refuses the object for one of these (bits, 1 << enum kernel_limit)
	 * nothing is told, and *limit is set: the caller makes another object.
	 */
	unsigned avoidable;
	enum kernel_limit *limit;
};

/* Returns the exit status. */
int run_script(const struct run_opts *o);

#endif
