/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * stream_read.c - a recorded stream, read (stream.h).
 *
 * The file is not trusted: numbers are checked against what was read before
 * them, sizes against the bytes that are there, and types against what they
 * may print (stream_type.h).  References only point backwards, so nothing in
 * the file can be circular.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/type.h"
#include "runtime/graph/stream_reader.h"
#include "runtime/graph/stream_type.h"

#define MAX_OPTS 65536 /* graph() numbers are 16 bits wide */

static const struct payload no_payload;

int stream_damaged(struct stream *s, const char *why)
{
	s->error = why;
	return -EINVAL;
}

/* --- symbols ----------------------------------------------------------------------- */

static const struct site_info *site(void *ctx, uint32_t id)
{
	const struct stream *s = ctx;

	return (const struct site_info *)idmap_get(&s->sites, id, 0);
}

static void caller(void *ctx, uint32_t id, int64_t rel, struct code_info *out)
{
	const struct stream *s = ctx;
	const struct code_info *c = (const struct code_info *)idmap_get(&s->callers, id, (uint64_t)rel);

	*out = c ? *c : (struct code_info){ 0 };
}

static uint64_t reason_key(uint32_t reason, int64_t from)
{
	return (uint64_t)reason << 48 | ((uint64_t)from & 0xffffffffffffULL);
}

static const char *wait_reason(void *ctx, uint32_t id, uint32_t reason, int64_t from)
{
	const struct stream *s = ctx;

	return (const char *)idmap_get(&s->reasons, id, reason_key(reason, from));
}

/* --- chunks that describe -------------------------------------------------------------- */

bool stream_string(const struct stream *s, uint32_t n, const char **out)
{
	if (n > s->nstrings)
		return false;
	*out = n ? s->strings[n - 1] : NULL;
	return true;
}

static int read_string(struct stream *s, const char *p, size_t size)
{
	/* a NUL in the middle ends it: names are C strings */
	ARENA_PUSH(s->arena, s->strings, s->nstrings, s->cap_strings, arena_strndup(s->arena, p, size));
	return 0;
}

static bool read_fields(struct stream *s, const char *p, uint32_t n, struct ty_field *f, uint64_t *weight)
{
	for (uint32_t i = 0; i < n; i++) {
		struct stream_field sf;

		memcpy(&sf, p + i * sizeof(sf), sizeof(sf));
		if (!sf.type || sf.type > s->ntypes || !stream_string(s, sf.name, &f[i].name))
			return false;
		f[i].type = s->types[sf.type - 1];
		f[i].off = sf.off;
		f[i].bit_off = sf.bit_off;
		f[i].bit_size = sf.bit_size;
		weight[i] = s->weights[sf.type - 1];
	}
	return true;
}

static bool read_enum_vals(const struct stream *s, const char *p, uint32_t n, struct ty_enum_val *v)
{
	for (uint32_t i = 0; i < n; i++) {
		struct stream_enum_val sv;

		memcpy(&sv, p + i * sizeof(sv), sizeof(sv));
		if (!stream_string(s, sv.name, &v[i].name) || !v[i].name)
			return false;
		v[i].val = sv.val;
	}
	return true;
}

static int read_type(struct stream *s, const char *p, size_t size)
{
	struct stream_type st;
	struct gft_type *t;
	struct ty_field *fields;
	struct ty_enum_val *vals;
	uint64_t *weight, w;
	size_t tail;

	if (size < sizeof(st))
		return stream_damaged(s, "a type is cut off");
	memcpy(&st, p, sizeof(st));
	tail = size - sizeof(st);
	if (st.nfields > tail / sizeof(struct stream_field))
		return stream_damaged(s, "a type is cut off");
	tail -= st.nfields * sizeof(struct stream_field);
	if (st.nenum_vals != tail / sizeof(struct stream_enum_val) || tail % sizeof(struct stream_enum_val))
		return stream_damaged(s, "a type is cut off");
	if (st.elem > s->ntypes || st.is_signed > 1)
		return stream_damaged(s, "a type makes no sense");

	t = ARENA_NEW(s->arena, struct gft_type);
	fields = ARENA_ARRAY(s->arena, struct ty_field, st.nfields);
	vals = ARENA_ARRAY(s->arena, struct ty_enum_val, st.nenum_vals);
	weight = ARENA_ARRAY(s->arena, uint64_t, st.nfields + 1);
	*t = (struct gft_type){
		.kind = (enum ty_kind)st.kind,
		.size = st.size,
		.align = st.align,
		.is_signed = st.is_signed,
		.display = st.display,
		.space = st.space,
		.count = st.count,
		.fields = fields,
		.nfields = st.nfields,
		.enum_vals = vals,
		.nenum_vals = st.nenum_vals,
		.min = st.min,
		.max = st.max,
		.step = st.step,
		.bits = st.bits,
		.agg = st.agg,
		.stack_kind = st.stack_kind,
		.stack_mode = st.stack_mode,
	};
	p += sizeof(st);
	if (st.elem) {
		t->elem = s->types[st.elem - 1];
		weight[0] = s->weights[st.elem - 1];
	}
	if (!stream_string(s, st.name, &t->name) || !read_fields(s, p, st.nfields, fields, weight) ||
	    !read_enum_vals(s, p + st.nfields * sizeof(struct stream_field), st.nenum_vals, vals))
		return stream_damaged(s, "a type makes no sense");
	w = stream_type_weight(t, weight);
	if (!w)
		return stream_damaged(s, "a type makes no sense");
	ARENA_PUSH(s->arena, s->types, s->ntypes, s->cap_types, t);
	ARENA_PUSH(s->arena, s->weights, s->nweights, s->cap_weights, w);
	return 0;
}

static int read_payload(struct stream *s, const char *p, size_t size)
{
	struct stream_payload sp;
	struct payload_field *fields;
	struct payload *pl;
	uint64_t weight = 0;

	if (size < sizeof(sp))
		return stream_damaged(s, "a payload's description is cut off");
	memcpy(&sp, p, sizeof(sp));
	size -= sizeof(sp);
	if (sp.n > GFT_PAYLOAD_MAX || size != sp.n * sizeof(struct stream_payload_field))
		return stream_damaged(s, "a payload's description is cut off");
	if (sp.size < sizeof(struct gft_payload))
		return stream_damaged(s, "a payload makes no sense");
	pl = ARENA_NEW(s->arena, struct payload);
	fields = ARENA_ARRAY(s->arena, struct payload_field, sp.n);
	for (uint32_t i = 0; i < sp.n; i++) {
		struct stream_payload_field f;

		memcpy(&f, p + sizeof(sp) + i * sizeof(f), sizeof(f));
		if (!f.type || f.type > s->ntypes || !stream_string(s, f.name, &fields[i].name) ||
		    f.off < sizeof(struct gft_payload) || f.off > sp.size ||
		    s->types[f.type - 1]->size > sp.size - f.off)
			return stream_damaged(s, "a payload makes no sense");
		fields[i].type = s->types[f.type - 1];
		fields[i].off = f.off;
		weight += s->weights[f.type - 1];
	}
	if (weight > 8 * (uint64_t)sp.size + 1024)
		return stream_damaged(s, "a payload makes no sense");
	*pl = (struct payload){ sp.size, sp.n, fields };
	ARENA_PUSH(s->arena, s->payloads, s->npayloads, s->cap_payloads, pl);
	return 0;
}

static int read_site(struct stream *s, const char *p, size_t size)
{
	struct stream_site ss;
	struct site_info *si;

	if (size != sizeof(ss))
		return stream_damaged(s, "a site is cut off");
	memcpy(&ss, p, sizeof(ss));
	si = ARENA_NEW(s->arena, struct site_info);
	if (idmap_get(&s->sites, ss.site, 0) || ss.site == GFT_NO_SITE || !stream_string(s, ss.func, &si->func) ||
	    !si->func || !stream_string(s, ss.file, &si->file) || ss.role > SITE_OTHER || ss.payload > s->npayloads)
		return stream_damaged(s, "a site makes no sense");
	si->line = ss.line;
	si->off = ss.off;
	si->func_id = ss.func_id;
	si->role = (uint8_t)ss.role;
	si->payload = ss.payload ? s->payloads[ss.payload - 1] : &no_payload;
	idmap_put(&s->sites, ss.site, 0, (uintptr_t)si);
	return 0;
}

struct code_info *stream_place(struct stream *s, uint32_t func, uint32_t file, uint32_t line, uint32_t off,
			       uint64_t addr)
{
	struct code_info *c = ARENA_NEW(s->arena, struct code_info);

	if (!stream_string(s, func, &c->func) || !stream_string(s, file, &c->file))
		return NULL;
	c->line = line;
	c->off = off;
	c->addr = addr;
	return c;
}

static int read_caller(struct stream *s, const char *p, size_t size)
{
	struct stream_caller sc = { 0 };
	struct code_info *c;

	if (size != sizeof(sc) && size != offsetof(struct stream_caller, own_line))
		return stream_damaged(s, "a caller is cut off");
	memcpy(&sc, p, size);
	c = stream_place(s, sc.func, sc.file, sc.line, sc.off, sc.addr);
	if (c)
		c->own_line = sc.own_line;
	if (!c || !stream_string(s, sc.own_file, &c->own_file))
		return stream_damaged(s, "a caller makes no sense");
	idmap_put(&s->callers, sc.site, (uint64_t)sc.rel, (uintptr_t)c);
	return 0;
}

static int read_reason(struct stream *s, const char *p, size_t size)
{
	struct stream_reason sr;
	const char *name;

	if (size != sizeof(sr))
		return stream_damaged(s, "a wait reason is cut off");
	memcpy(&sr, p, sizeof(sr));
	if (!stream_string(s, sr.name, &name) || !name)
		return stream_damaged(s, "a wait reason makes no sense");
	idmap_put(&s->reasons, sr.site, reason_key(sr.reason, sr.from), (uintptr_t)name);
	return 0;
}

static int read_tag(struct stream *s, const char *p, size_t size)
{
	uint32_t body[2];

	if (size != sizeof(body) || s->ntags >= MAX_OPTS)
		return stream_damaged(s, "a tag makes no sense");
	memcpy(body, p, sizeof(body));
	if (body[0] > s->npayloads)
		return stream_damaged(s, "a tag makes no sense");
	if (s->have_ahead) /* as for options */
		return stream_damaged(s, "tags come too late");
	ARENA_PUSH(s->arena, s->tags, s->ntags, s->cap_tags, body[0] ? *s->payloads[body[0] - 1] : no_payload);
	return 0;
}

static int read_opts(struct stream *s, const char *p, size_t size)
{
	struct stream_opts so;
	struct graph_opts o;

	if (size != sizeof(so) || s->nopts >= MAX_OPTS)
		return stream_damaged(s, "options make no sense");
	memcpy(&so, p, sizeof(so));
	o = (struct graph_opts){ .min_ns = so.min_ns, .depth = so.depth, .limit = so.limit, .flags = so.flags };
	if (s->have_ahead) /* the array may be in use already: it must not move */
		return stream_damaged(s, "options come too late");
	ARENA_PUSH(s->arena, s->opts, s->nopts, s->cap_opts, o);
	return 0;
}

static int read_clock(struct stream *s, const char *p, size_t size)
{
	if (size != sizeof(s->clock))
		return stream_damaged(s, "the clock makes no sense");
	memcpy(&s->clock, p, sizeof(s->clock));
	return 0;
}

/* --- chunks that are items ----------------------------------------------------------------- */

static int read_record(struct stream *s, const char *p, size_t size, struct stream_item *item)
{
	struct gft_rec_hdr h;

	if (size < sizeof(h))
		return stream_damaged(s, "a record is cut off");
	memcpy(&h, p, sizeof(h));
	s->end_ns = h.ts_ns;
	*item = (struct stream_item){ .kind = STREAM_ITEM_RECORD, .data = p, .size = size };
	return 1;
}

static int read_text(struct stream *s, const char *p, size_t size, struct stream_item *item)
{
	uint32_t head[2];

	if (size < sizeof(head))
		return stream_damaged(s, "a text is cut off");
	memcpy(head, p, sizeof(head));
	*item = (struct stream_item){ .kind = STREAM_ITEM_TEXT, .data = p + sizeof(head), .size = size - sizeof(head) };
	if (!stream_string(s, head[0], &item->text_kind))
		return stream_damaged(s, "a text makes no sense");
	if (!item->text_kind)
		item->text_kind = "printf";
	return 1;
}

static int read_gone(struct stream *s, const char *p, size_t size, struct stream_item *item)
{
	uint32_t tgid;
	uint64_t ts = 0;

	if (size != 8 && size != 8 + sizeof(ts))
		return stream_damaged(s, "the end of a process is cut off");
	memcpy(&tgid, p, sizeof(tgid));
	if (size > 8)
		memcpy(&ts, p + 8, sizeof(ts));
	*item = (struct stream_item){ .kind = STREAM_ITEM_GONE, .tgid = tgid, .ts_ns = ts };
	return 1;
}

static int read_end(struct stream *s, const char *p, size_t size)
{
	if (size != sizeof(s->end_ns))
		return stream_damaged(s, "the end is cut off");
	memcpy(&s->end_ns, p, sizeof(s->end_ns));
	s->ended = true;
	return 0;
}

/* 1: an item; 0: something that only describes; -EINVAL. */
static int read_chunk(struct stream *s, uint32_t kind, const char *p, size_t size, struct stream_item *item)
{
	switch (kind) {
	case STREAM_STRING: return read_string(s, p, size);
	case STREAM_TYPE: return read_type(s, p, size);
	case STREAM_PAYLOAD: return read_payload(s, p, size);
	case STREAM_SITE: return read_site(s, p, size);
	case STREAM_CALLER: return read_caller(s, p, size);
	case STREAM_OPTS: return read_opts(s, p, size);
	case STREAM_CLOCK: return read_clock(s, p, size);
	case STREAM_RECORD: return read_record(s, p, size, item);
	case STREAM_TEXT: return read_text(s, p, size, item);
	case STREAM_GONE: return read_gone(s, p, size, item);
	case STREAM_END: return read_end(s, p, size);
	case STREAM_REASON: return read_reason(s, p, size);
	case STREAM_TAG: return read_tag(s, p, size);
	case STREAM_VALUES: return stream_read_values(s, p, size);
	case STREAM_ANSWER: return stream_read_answer(s, p, size);
	case STREAM_FRAMES: return stream_read_frames(s, p, size);
	case STREAM_LOST: *item = (struct stream_item){ .kind = STREAM_ITEM_LOST }; return 1;
	default: return 0; /* of a later version */
	}
}

static int next(struct stream *s, struct stream_item *item)
{
	while (!s->ended) {
		size_t left = s->size - s->pos, padded;
		uint32_t head[2];
		int r;

		if (s->error)
			return -EINVAL;
		if (!left)
			return stream_damaged(s, "the recording has no end: it was cut off");
		if (left < sizeof(head))
			return stream_damaged(s, "the recording ends in the middle");
		memcpy(head, s->data + s->pos, sizeof(head));
		left -= sizeof(head);
		padded = ((size_t)head[1] + 7) & ~(size_t)7;
		if (padded > left)
			return stream_damaged(s, "the recording ends in the middle");
		r = read_chunk(s, head[0], s->data + s->pos + sizeof(head), head[1], item);
		if (r < 0)
			return r;
		s->pos += sizeof(head) + padded;
		if (r > 0)
			return r;
	}
	return 0;
}

int stream_next(struct stream *s, struct stream_item *item)
{
	if (s->have_ahead && s->ahead_result != 2) {
		int r = s->ahead_result;

		*item = s->ahead;
		s->ahead_result = 2; /* given out */
		return r;
	}
	return next(s, item);
}

struct stream *stream_open(const void *data, size_t size, const char **err)
{
	struct stream_head h;
	struct stream *s;

	if (size < sizeof(h) || memcmp(data, STREAM_MAGIC, sizeof(h.magic)) != 0) {
		*err = "this is not a recording of gft";
		return NULL;
	}
	memcpy(&h, data, sizeof(h));
	if (h.wire_version != GFT_WIRE_VERSION) {
		*err = "this recording was made by another version of gft, with other records";
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->arena = arena_new();
	s->data = data;
	s->size = size;
	s->pos = sizeof(h);
	s->syms = (struct sym_source){ .ctx = s, .site = site, .caller = caller, .wait_reason = wait_reason };
	s->ahead_result = next(s, &s->ahead);
	s->have_ahead = true;
	return s;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	idmap_fini(&s->sites);
	idmap_fini(&s->callers);
	idmap_fini(&s->reasons);
	idmap_fini(&s->answers);
	idmap_fini(&s->frames);
	arena_free(s->arena);
	free(s);
}

const char *stream_error(const struct stream *s)
{
	return s->error ? s->error : "";
}

const struct sym_source *stream_syms(const struct stream *s)
{
	return &s->syms;
}

const struct graph_opts *stream_graph_opts(const struct stream *s, size_t *n)
{
	*n = s->nopts;
	return s->opts;
}

const struct payload *stream_tags(const struct stream *s, size_t *n)
{
	*n = s->ntags;
	return s->tags;
}

uint64_t stream_end_ns(const struct stream *s)
{
	return s->end_ns;
}
