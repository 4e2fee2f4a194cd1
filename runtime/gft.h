/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* gft.h - the program. */
#ifndef GFT_RUNTIME_GFT_H
#define GFT_RUNTIME_GFT_H

#include <stdio.h>

#include "runtime/cli.h"
#include "runtime/targets.h"

struct arena;

int gft_main(int argc, char **argv);

/* gft help [NAME]: the language's builtins and functions.  Returns the exit status. */
int help_main(const char *name);

/* gft replay FILE: a stream that --record wrote.  Returns the exit status. */
int replay_main(const struct cli *c);

/* gft -l: the probes that a script came to; -v: with their arguments and places. */
struct gft_meta;
void list_probes(const struct cli *c, struct targets *t, const struct gft_meta *m);
/* Functions that match pattern, and none of except (NULL-ended), but have no code of their own: where a copy is. */
void list_inlined(struct tgt *t, const char *pattern, const char *const *except, bool verbose);
/* The kernel's probes whose full name matches.  Returns the exit status. */
int list_everything(const struct cli *c, const char *pattern);
/* A pattern of probes that have no places of their own (i:*, profile:*, self:*), with the name in full; else NULL. */
const char *list_form(struct arena *a, const char *pattern);
/* "struct NAME", "union NAME", "enum NAME", "type NAME" (of Go). */
bool list_is_type(const char *pattern);
/* Those types, of the program (NULL: none was named) and the kernel; -v: their definitions.  Returns the exit status.
 */
int list_types(const struct cli *c, struct tgt *t, const char *pattern);

#endif
