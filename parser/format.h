/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* format.h - a script in its canonical form (gft --fmt). */
#ifndef GFT_PARSER_FORMAT_H
#define GFT_PARSER_FORMAT_H

#include <stdbool.h>

struct arena;
struct buf;
struct parse_opts;
struct source;

/*
 * Writes src, which parses without a mistake, in canonical form: a statement a
 * line, tabs, blanks around operators; comments and line breaks inside of
 * statements are kept.  What it writes is the same when it is given that again.
 * False: the result would be another script (a mistake of gft): out is as it was.
 */
bool format_script(struct arena *a, const struct source *src, const struct parse_opts *opts, struct buf *out);

#endif
