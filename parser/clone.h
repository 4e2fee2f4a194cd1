/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* clone.h - copies of a macro's body, or a clause's, before anything of it is checked. */
#ifndef GFT_PARSER_CLONE_H
#define GFT_PARSER_CLONE_H

#include "parser/ast.h"

struct arena;

struct cloning {
	struct arena *a;
	const struct macro *macro; /* NULL: nothing is replaced */
	struct expr **args;	   /* for its parameters */
	uint32_t number;	   /* of this use: its own variables get names of their own */
	uint16_t use;		   /* for the places of the copies (diag_add_use()); 0: they keep theirs */
	const struct expr
		*assigned; /* out: a parameter that is assigned to, where no variable or map was given; or NULL */
};

struct block *clone_block(struct cloning *c, const struct block *b);
struct expr *clone_expr(struct cloning *c, const struct expr *e); /* NULL gives NULL */

#endif
