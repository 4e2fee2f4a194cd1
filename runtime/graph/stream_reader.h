/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* stream_reader.h - what the files that read a recorded stream share; the public half is gft/stream.h. */
#ifndef GFT_GRAPH_STREAM_READER_H
#define GFT_GRAPH_STREAM_READER_H

#include "gft/arena.h"
#include "gft/output.h"
#include "gft/stream.h"
#include "runtime/graph/idmap.h"

struct stream {
	const char *data;
	size_t size, pos;
	const char *error;
	struct arena *arena;
	const char **strings;
	size_t nstrings, cap_strings;
	const struct gft_type **types;
	size_t ntypes, cap_types;
	uint64_t *weights; /* of types */
	size_t nweights, cap_weights;
	const struct payload **payloads;
	size_t npayloads, cap_payloads;
	struct graph_opts *opts;
	size_t nopts, cap_opts;
	struct payload *tags;
	size_t ntags, cap_tags;
	struct idmap sites, callers, reasons; /* to struct site_info, struct code_info, a name */
	struct idmap answers, frames;	      /* stream_values.c: to struct code_info, struct stream_stack */
	struct stream_clock clock;
	uint32_t max_strlen;
	const char *trunc_trailer;
	uint64_t end_ns;
	bool ended;
	bool have_ahead; /* the first item was read when the stream was opened */
	int ahead_result;
	struct stream_item ahead;
	struct sym_source syms;
};

/* -EINVAL; why is a constant sentence. */
int stream_damaged(struct stream *s, const char *why);
/* String n; false when there is no such.  Number 0 is NULL. */
bool stream_string(const struct stream *s, uint32_t n, const char **out);
/* A place in code (of the arena), whose function and file are strings; NULL when there are no such strings. */
struct code_info *stream_place(struct stream *s, uint32_t func, uint32_t file, uint32_t line, uint32_t off,
			       uint64_t addr);

/* stream_values.c: chunks; 0 or -EINVAL. */
int stream_read_values(struct stream *s, const char *p, size_t size);
int stream_read_answer(struct stream *s, const char *p, size_t size);
int stream_read_frames(struct stream *s, const char *p, size_t size);

#endif
