/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * stream.h - a recorded stream: the records of a run with everything that is
 * needed to show them again, on another machine and without the target.
 *
 * A file is a magic number and a list of chunks, each 8-byte aligned:
 *
 *     u32 kind; u32 size; size bytes; zeros up to a multiple of 8
 *
 * A chunk says something that the ones behind it need: strings, types,
 * payloads, sites and callers appear before their first use, so a file that
 * was cut off is readable up to there.  Chunks of a kind that the reader does
 * not know are skipped.  Integers are in host order, like the records.
 *
 * A file may come from anywhere: the reader checks every byte it uses, and
 * bounds what a type can print by the bytes that it describes.
 */
#ifndef GFT_STREAM_H
#define GFT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gft/graph.h"

#define STREAM_MAGIC "gftrec\r\n"

struct stream_head {
	char magic[8];
	uint32_t wire_version; /* GFT_WIRE_VERSION of the records */
	uint32_t reserved;     /* 0 */
};

/* Append-only, like wire.h.  "s" is a string's number, 0 for none; "t" a type's, "p" a payload's (0: empty). */
enum stream_kind {
	STREAM_STRING = 1,  /* its bytes; numbered from 1 in order */
	STREAM_TYPE = 2,    /* struct stream_type, its fields, its enum values; numbered from 1 */
	STREAM_PAYLOAD = 3, /* struct stream_payload, its fields; numbered from 1 */
	STREAM_SITE = 4,    /* struct stream_site */
	STREAM_CALLER = 5,  /* struct stream_caller */
	STREAM_OPTS = 6,    /* struct stream_opts; of graph() number 0, 1, ...; before the first record */
	STREAM_CLOCK = 7,   /* struct stream_clock; before the first record */
	STREAM_RECORD = 8,  /* a record of wire.h */
	STREAM_TEXT = 9,    /* u32 s: kind, u32 0, then text: what printf, time, cat, join and system printed */
	STREAM_GONE = 10,   /* u32 tgid, u32 0, u64 ts_ns (files of before have none): the process is gone */
	STREAM_END = 11,    /* u64 ts_ns: when recording ended */
	STREAM_REASON = 12, /* struct stream_reason */
	STREAM_TAG = 13,    /* u32 p, u32 0: of graph_tag() number 0, 1, ...; before the first record */
	STREAM_VALUES = 14, /* struct stream_values; before the first record */
	STREAM_ANSWER = 15, /* struct stream_answer */
	STREAM_FRAMES = 16, /* u64 id of a stack, then its addresses, u64 each, innermost first */
	STREAM_LOST = 17,   /* nothing: records were lost, and what is open may miss some */
};

struct stream_type {
	uint32_t kind, size, align, count;
	uint32_t elem, name; /* t (0: none), s */
	uint8_t is_signed, display, space, bits, agg, stack_kind, stack_mode, pad;
	uint32_t nfields, nenum_vals;
	int64_t min, max, step;
};

struct stream_field {
	uint32_t name, type, off; /* s, t */
	uint8_t bit_off, bit_size;
	uint16_t pad;
};

struct stream_enum_val {
	uint32_t name, pad; /* s */
	int64_t val;
};

struct stream_payload {
	uint32_t size, n;
};

struct stream_payload_field {
	uint32_t name, type, off, pad; /* s, t */
};

struct stream_site {
	uint32_t site, func, file, line;      /* id, s, s */
	uint32_t off, func_id, role, payload; /* payload: p */
};

struct stream_caller {
	uint32_t site, func; /* func: s; callers that are not known are left out */
	int64_t rel;
	uint64_t addr;
	uint32_t file, line, off, own_file; /* file, own_file: s */
	/* files of before end here, and have no own_file */
	uint32_t own_line, pad;
};

struct stream_reason { /* what a wait reason of a PARKED record means */
	uint32_t site, reason;
	int64_t from;
	uint32_t name, pad; /* s */
};

struct stream_opts {
	uint64_t min_ns;
	uint32_t depth, limit, flags, pad;
};

struct stream_values {			    /* how values print: struct value_ctx */
	uint32_t max_strlen, trunc_trailer; /* trunc_trailer: s */
};

/* The kind of STREAM_TEXT that is no output: what the run lost (runtime/losses.h). */
#define STREAM_LOSSES "losses"

/* What the run knew of a number in a value; a later answer replaces one before. */
enum stream_question {
	STREAM_Q_FUNC = 1,   /* n: a probe's id; text: the function */
	STREAM_Q_PROBE = 2,  /* n: a probe's id; text: the probe's name */
	STREAM_Q_CODE = 3,   /* n: an address of process pid, 0: of the kernel; text: the function */
	STREAM_Q_RETURN = 4, /* the same, where a call returns to */
	STREAM_Q_FORMAT = 5, /* n: a format's number; text */
	STREAM_Q_USER = 6,   /* n: a user's id; text: the name */
	STREAM_Q_CGROUP = 7, /* n: a control group; pid: a sum of the pattern; text: its paths */
	STREAM_Q_FILE = 8,   /* n: an address of process pid; text: the build id of the file there, and the offset */
};

/* STREAM_Q_CODE and STREAM_Q_RETURN with the level of struct code_info, from this bit on */
#define STREAM_Q_LEVEL 8

struct stream_answer {
	uint32_t question, pid;
	uint64_t n, addr;
	uint32_t text, file, line, off; /* s, s */
};

struct stream_clock {
	int64_t wall_offset_ns, boot_offset_ns; /* struct value_ctx */
};

/* --- writing ---------------------------------------------------------------------- */

struct stream_writer;
struct value_ctx;

/* fd is borrowed; syms too, and asked about each site and caller when it first appears. */
struct stream_writer *stream_writer_new(int fd, const struct sym_source *syms);
/*
 * Who knows what values mean (borrowed); before any record.  Numbers that only
 * this run can name (probes, addresses, stacks, formats, users) are asked about
 * when a record has them, and the answers are written.  Captured Go values
 * (TY_GO, capture.h) are kept as the text they print as: in the file such a
 * field has a type of size 4 and holds a string's number, and the capture is left
 * out of the record.  (Files of before have the capture itself, of which nothing
 * can be shown.)  Without this, none of these values can be shown.
 */
void stream_writer_values(struct stream_writer *w, const struct value_ctx *vc);
void stream_write_clock(struct stream_writer *w, int64_t wall_offset_ns, int64_t boot_offset_ns);
void stream_write_opts(struct stream_writer *w, const struct graph_opts *opts, size_t n);
/* graph_tag() by number; before the first record. */
void stream_write_tags(struct stream_writer *w, const struct payload *tags, size_t n);
/* A record of any kind but EVENT (what those print is written as text). */
void stream_write(struct stream_writer *w, const void *rec, size_t size);
/* kind as in output_text(); text as it is shown: what came from the target is escaped. */
void stream_write_text(struct stream_writer *w, const char *kind, const char *text, size_t len);
void stream_write_gone(struct stream_writer *w, uint32_t tgid, uint64_t ts_ns);
void stream_write_lost(struct stream_writer *w); /* graph_lost() */
/* Writes what is left and the end's time, and frees.  0, or -errno of the first write that failed. */
int stream_writer_close(struct stream_writer *w, uint64_t now_ns);

/* --- reading -------------------------------------------------------------------------- */

struct stream;

enum stream_item_kind { STREAM_ITEM_RECORD, STREAM_ITEM_TEXT, STREAM_ITEM_GONE, STREAM_ITEM_LOST };

struct stream_item {
	enum stream_item_kind kind;
	const void *data; /* record, or text (not NUL-terminated); inside the data that was opened */
	size_t size;
	const char *text_kind;
	/* STREAM_ITEM_GONE; ts_ns 0: not known */
	uint32_t tgid;
	uint64_t ts_ns;
};

/*
 * Opens size bytes at data, which are borrowed and 8-byte aligned.  Reads on
 * to the first item, so that clock and options are known.  NULL and *err (a
 * constant sentence) when this is no stream.
 */
struct stream *stream_open(const void *data, size_t size, const char **err);
void stream_free(struct stream *s); /* NULL is allowed */

/* 1 and an item; 0 at the end; -EINVAL when the file is damaged from here on (stream_error() says how). */
int stream_next(struct stream *s, struct stream_item *item);
const char *stream_error(const struct stream *s);

const struct sym_source *stream_syms(const struct stream *s);
const struct graph_opts *stream_graph_opts(const struct stream *s, size_t *n);
/* How to print values of this stream: all but what is of the output itself.  It points into the stream. */
struct value_ctx stream_value_ctx(struct stream *s);
const struct payload *stream_tags(const struct stream *s, size_t *n);
/* When recording ended; of a file that was cut off the time of the last record read. */
uint64_t stream_end_ns(const struct stream *s);

#endif
