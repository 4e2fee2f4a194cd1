/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* stream_writer.h - what the files that write a recorded stream share; the public half is gft/stream.h. */
#ifndef GFT_GRAPH_STREAM_WRITER_H
#define GFT_GRAPH_STREAM_WRITER_H

#include "gft/buf.h"
#include "gft/output.h"
#include "gft/stream.h"
#include "runtime/graph/idmap.h"

struct stream_writer {
	int fd, error;
	const struct sym_source *syms;
	const struct value_ctx *from; /* what knows what values mean; NULL: nobody */
	struct value_ctx vc;	      /* the same, and what it says is written down */
	struct sym_source value_syms;
	const struct payload *tags;
	size_t ntags;
	struct buf b;
	struct idmap strings, types, payloads; /* to their numbers */
	struct idmap sites, callers, reasons;  /* 1: written */
	struct idmap answers;		       /* by stream_answer_key(): 1, or of frames a sum of them */
	struct idmap asking;		       /* payloads: 1 + whether their values need to be asked about */
	uint32_t nstrings, ntypes, npayloads;
};

/* A chunk of the bytes a and then b. */
void stream_chunk(struct stream_writer *w, uint32_t kind, const void *a, size_t na, const void *b, size_t nb);
/* The number of a string, written when it is new; 0 for NULL. */
uint32_t stream_put_string(struct stream_writer *w, const char *s);
void stream_put_caller(struct stream_writer *w, uint32_t site, int64_t rel);
/* stream_values.c: what is needed to print the size bytes of a payload; p NULL: nothing is known of them. */
void stream_put_values(struct stream_writer *w, const struct payload *p, const char *data, size_t size);

#endif
