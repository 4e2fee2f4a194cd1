/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* import.h - import "FILE": reading what a script imports. */
#ifndef GFT_RUNTIME_IMPORT_H
#define GFT_RUNTIME_IMPORT_H

#include <stdbool.h>

struct ast;
struct parse_opts;

/*
 * Reads and parses everything that a script imports, and what that imports,
 * each file once, and adds it to the script.  Mistakes are queued in the
 * script's diagnostics.
 */
void import_all(struct ast *ast, const struct parse_opts *opts);

#endif
