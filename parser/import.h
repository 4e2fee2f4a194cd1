/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* import.h - putting an imported script into the one that imports it. */
#ifndef GFT_PARSER_IMPORT_H
#define GFT_PARSER_IMPORT_H

#include "parser/ast.h"

/*
 * Adds what an imported script has to into: its clauses, settings and C in
 * front of into's own, so that these come later and win; its macros behind, as
 * the first of a name is used.
 */
void import_script(struct ast *into, struct ast *from);
/* Adds a header that is read in front of the script's own C. */
void import_header(struct ast *into, const char *path, struct src_loc loc);

#endif
