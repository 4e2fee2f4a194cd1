/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* events.h - what asynchronous actions of a script do: printf, print, clear, exit, ... */
#ifndef GFT_RUNTIME_EVENTS_H
#define GFT_RUNTIME_EVENTS_H

#include "gft/kernel.h"
#include "gft/meta.h"
#include "gft/output.h"
#include "gft/stream.h"

struct events {
	const struct gft_meta *meta;
	struct ksession *ks;
	struct output *out;
	struct stream_writer *recorder; /* keeps what is printed; NULL: nobody does */
	const struct value_ctx *values;
	const struct diag *diag;
	bool exiting;	  /* exit() was called */
	int status;	  /* its argument */
	uint64_t exit_ns; /* when */
	uint64_t bad;	  /* records that make no sense */
	size_t rec_size;  /* of the record that is being handled */
};

/* One GFT_REC_EVENT record of size bytes. */
void events_handle(struct events *e, const void *rec, size_t size);

/* Every map that has content (the end of a run). */
void events_print_maps(struct events *e);

#endif
