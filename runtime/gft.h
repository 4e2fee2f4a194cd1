/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* gft.h - the program. */
#ifndef GFT_RUNTIME_GFT_H
#define GFT_RUNTIME_GFT_H

#include <stdio.h>

#include "runtime/cli.h"
#include "runtime/targets.h"

int gft_main(int argc, char **argv);

/* gft -l: functions of the binary ("u:main.*"), or tracepoints ("t:sched:*").  Returns the exit status. */
/* gft replay FILE: a stream that --record wrote.  Returns the exit status. */
int replay_main(const struct cli *c);

int list_main(const struct cli *c, struct targets *t);

#endif
