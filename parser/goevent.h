/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * goevent.h - go:EVENT, events of the Go runtime by name: the function that is
 * underneath in each version, and what its arguments are.
 */
#ifndef GFT_PARSER_GOEVENT_H
#define GFT_PARSER_GOEVENT_H

#include <stddef.h>

#include "gft/type.h"

/* args.NAME */
struct go_event_arg {
	const char *name;
	const struct gft_type *type; /* NULL: a wait reason, whose names differ by version */
	const char *c;		     /* as in the table of builtins */
	const char *help;
	const char *go; /* a Go value that is only printed: its place, see gopath.c; type and c are NULL then */
};

/* Functions where the event happens, once each time. */
struct go_event_place {
	const char *pattern; /* a name, or a glob */
	bool exit;	     /* where it returns, not where it begins */
	const char *filter;  /* C: whether this hit is the event; NULL: each is */
	const char *unless;  /* only in programs without such a function; NULL: in all */
	const char *where;   /* only in programs with such a function; NULL: in all */
};

#define GO_PLACES 7
#define GO_ARGS	  4

struct go_event {
	const char *name, *help;
	const char *g; /* C: address of the g that the event is about; NULL: the one that runs */
	struct go_event_place at[GO_PLACES];
	struct go_event_arg args[GO_ARGS];
};

const struct go_event *go_events(size_t *n);

#endif
