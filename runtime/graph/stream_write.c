/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * stream_write.c - records to a file (stream.h).  Strings, types, payloads and
 * sites are written when a record first needs them, by the address at which
 * the symbol source keeps them; equal strings at different addresses are found
 * by their text.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gft/buf.h"
#include "gft/type.h"
#include "runtime/graph/stream_writer.h"

#define FULL ((size_t)64 << 10)

static void flush(struct stream_writer *w)
{
	size_t done = 0;

	while (!w->error && done < w->b.len) {
		ssize_t n = write(w->fd, w->b.data + done, w->b.len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || (errno != EINTR && errno != EAGAIN))
			w->error = n == 0 ? -EIO : -errno;
	}
	buf_reset(&w->b);
}

void stream_chunk(struct stream_writer *w, uint32_t kind, const void *a, size_t na, const void *b, size_t nb)
{
	uint32_t head[2] = { kind, (uint32_t)(na + nb) };

	buf_add(&w->b, head, sizeof(head));
	buf_add(&w->b, a, na);
	buf_add(&w->b, b, nb);
	buf_pad(&w->b, '\0', -(na + nb) & 7);
	if (w->b.len >= FULL)
		flush(w);
}

uint32_t stream_put_string(struct stream_writer *w, const char *s)
{
	uint64_t h1 = 0xcbf29ce484222325ULL, h2 = 0x9e3779b97f4a7c15ULL;
	size_t len;
	uint32_t n;

	if (!s)
		return 0;
	len = strlen(s);
	for (size_t i = 0; i < len; i++) { /* 128 bits: no two names meet */
		h1 = (h1 ^ (unsigned char)s[i]) * 0x100000001b3ULL;
		h2 = (h2 ^ h1) * 0xff51afd7ed558ccdULL;
		h2 ^= h2 >> 32;
	}
	n = (uint32_t)idmap_get(&w->strings, h1, h2);
	if (n)
		return n;
	n = ++w->nstrings;
	idmap_put(&w->strings, h1, h2, n);
	stream_chunk(w, STREAM_STRING, s, len, NULL, 0);
	return n;
}

/* Types hold types, but never deep: the compiler's limit on nesting bounds the recursion. */
static uint32_t put_type(struct stream_writer *w, const struct gft_type *t)
{
	uint32_t n;
	struct stream_type st;
	struct buf tail = BUF_INIT;

	if (!t)
		return 0;
	n = (uint32_t)idmap_get(&w->types, (uintptr_t)t, 0);
	if (n)
		return n;
	st = (struct stream_type){
		.kind = t->kind,
		.size = t->size,
		.align = t->align,
		.count = t->count,
		/* what a pointer points to does not matter, and may be the type itself */
		.elem = t->kind == TY_ARRAY ? put_type(w, t->elem) : 0,
		.name = stream_put_string(w, t->name),
		.is_signed = t->is_signed,
		.display = t->display,
		.space = t->space,
		.bits = t->bits,
		.agg = t->agg,
		.stack_kind = t->stack_kind,
		.stack_mode = t->stack_mode,
		.nfields = t->nfields,
		.nenum_vals = t->nenum_vals,
		.min = t->min,
		.max = t->max,
		.step = t->step,
	};
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct ty_field *f = &t->fields[i];
		struct stream_field sf = {
			.name = stream_put_string(w, f->name),
			.type = put_type(w, f->type),
			.off = f->off,
			.bit_off = f->bit_off,
			.bit_size = f->bit_size,
		};

		buf_add(&tail, &sf, sizeof(sf));
	}
	for (uint32_t i = 0; i < t->nenum_vals; i++) {
		struct stream_enum_val v = { stream_put_string(w, t->enum_vals[i].name), 0, t->enum_vals[i].val };

		buf_add(&tail, &v, sizeof(v));
	}
	stream_chunk(w, STREAM_TYPE, &st, sizeof(st), tail.data, tail.len);
	buf_free(&tail);
	n = ++w->ntypes;
	idmap_put(&w->types, (uintptr_t)t, 0, n);
	return n;
}

/* The type of a Go value that is kept as text: stream.h. */
static const struct gft_type go_text = { .kind = TY_GO, .size = 4, .align = 4 };

/* Where the capture is that the payload ends with, and how many values it holds; 0: there is none. */
static uint32_t capture_of(const struct stream_writer *w, const struct payload *p, uint32_t *n)
{
	uint32_t off = 0;

	*n = 0;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct payload_field *f = &p->fields[i];

		if (f->type->kind != TY_GO)
			continue;
		if ((*n && f->off != off) || f->off + f->type->size != p->size)
			return 0;
		off = f->off;
		++*n;
	}
	return w->from && w->from->go_value && off % 4 == 0 ? off : 0;
}

static uint32_t put_payload(struct stream_writer *w, const struct payload *p)
{
	uint32_t ngo, go = capture_of(w, p, &ngo), k = 0;
	struct stream_payload sp = { go ? (go + 4 * ngo + 7) & ~7U : p->size, p->n };
	struct buf tail = BUF_INIT;
	uint32_t n;

	if (!p->size)
		return 0;
	n = (uint32_t)idmap_get(&w->payloads, (uintptr_t)p, 0);
	if (n)
		return n;
	for (uint32_t i = 0; i < p->n; i++) {
		struct stream_payload_field f = {
			.name = stream_put_string(w, p->fields[i].name),
			.type = put_type(w, go && p->fields[i].type->kind == TY_GO ? &go_text : p->fields[i].type),
			.off = p->fields[i].off,
		};

		if (go && p->fields[i].type->kind == TY_GO)
			f.off = go + 4 * k++;
		buf_add(&tail, &f, sizeof(f));
	}
	stream_chunk(w, STREAM_PAYLOAD, &sp, sizeof(sp), tail.data, tail.len);
	buf_free(&tail);
	n = ++w->npayloads;
	idmap_put(&w->payloads, (uintptr_t)p, 0, n);
	return n;
}

static void put_site(struct stream_writer *w, uint32_t site)
{
	const struct site_info *s;
	struct stream_site ss;

	if (site == GFT_NO_SITE || idmap_get(&w->sites, site, 0))
		return;
	idmap_put(&w->sites, site, 0, 1);
	s = w->syms->site(w->syms->ctx, site);
	if (!s)
		return;
	ss = (struct stream_site){
		.site = site,
		.func = stream_put_string(w, s->func),
		.file = stream_put_string(w, s->file),
		.line = s->line,
		.off = s->off,
		.func_id = s->func_id,
		.role = s->role,
		.payload = put_payload(w, s->payload),
	};
	stream_chunk(w, STREAM_SITE, &ss, sizeof(ss), NULL, 0);
}

void stream_put_caller(struct stream_writer *w, uint32_t site, int64_t rel)
{
	struct code_info c = { 0 };
	struct stream_caller sc;

	if (idmap_get(&w->callers, site, (uint64_t)rel))
		return;
	w->syms->caller(w->syms->ctx, site, rel, &c);
	if (!c.func && !c.addr) /* may be known the next time */
		return;
	idmap_put(&w->callers, site, (uint64_t)rel, 1);
	sc = (struct stream_caller){
		.site = site,
		.rel = rel,
		.func = stream_put_string(w, c.func),
		.file = stream_put_string(w, c.file),
		.line = c.line,
		.off = c.off,
		.addr = c.addr,
		.own_file = stream_put_string(w, c.own_file),
		.own_line = c.own_line,
	};
	stream_chunk(w, STREAM_CALLER, &sc, sizeof(sc), NULL, 0);
}

struct stream_writer *stream_writer_new(int fd, const struct sym_source *syms)
{
	struct stream_writer *w = xcalloc(1, sizeof(*w));
	struct stream_head h = { .wire_version = GFT_WIRE_VERSION };

	memcpy(h.magic, STREAM_MAGIC, sizeof(h.magic));
	w->fd = fd;
	w->syms = syms;
	buf_add(&w->b, &h, sizeof(h));
	return w;
}

void stream_write_clock(struct stream_writer *w, int64_t wall_offset_ns, int64_t boot_offset_ns)
{
	struct stream_clock c = { wall_offset_ns, boot_offset_ns };

	stream_chunk(w, STREAM_CLOCK, &c, sizeof(c), NULL, 0);
}

void stream_write_opts(struct stream_writer *w, const struct graph_opts *opts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct stream_opts o = { opts[i].min_ns, opts[i].depth, opts[i].limit, opts[i].flags, 0 };

		stream_chunk(w, STREAM_OPTS, &o, sizeof(o), NULL, 0);
	}
}

/* The record with numbers of texts in the place of its capture; false: it has none, or is damaged. */
static bool with_text(struct stream_writer *w, const char *rec, size_t size, size_t head, uint32_t site)
{
	const struct site_info *s = w->syms->site(w->syms->ctx, site);
	uint32_t n = 0, go = s ? capture_of(w, s->payload, &n) : 0, numbers[GFT_PAYLOAD_MAX + 1] = { 0 }, k = 0;
	struct gft_payload pl;

	if (!go || n > GFT_PAYLOAD_MAX || size != head + s->payload->size)
		return false;
	memcpy(&pl, rec + head, sizeof(pl));
	for (uint32_t i = 0; i < s->payload->n; i++) {
		const struct payload_field *f = &s->payload->fields[i];
		struct buf b = BUF_INIT;

		if (f->type->kind != TY_GO)
			continue;
		if (i < 64 && (pl.present >> i & 1)) {
			w->from->go_value(w->from->ctx, &b, f->type, rec + head + go);
			numbers[k] = stream_put_string(w, buf_str(&b));
		}
		k++;
		buf_free(&b);
	}
	stream_chunk(w, STREAM_RECORD, rec, head + go, numbers, (4 * n + 7U) & ~7U);
	return true;
}

static uint64_t reason_key(uint32_t reason, int64_t from)
{
	return (uint64_t)reason << 48 | ((uint64_t)from & 0xffffffffffffULL);
}

static void put_reason(struct stream_writer *w, const struct gft_rec_park *r)
{
	struct stream_reason sr = { .site = r->c.h.site, .reason = r->reason, .from = r->from };
	const char *name;

	if (!w->syms->wait_reason || idmap_get(&w->reasons, sr.site, reason_key(sr.reason, sr.from)))
		return;
	name = w->syms->wait_reason(w->syms->ctx, sr.site, sr.reason, sr.from);
	if (!name)
		return;
	idmap_put(&w->reasons, sr.site, reason_key(sr.reason, sr.from), 1);
	sr.name = stream_put_string(w, name);
	stream_chunk(w, STREAM_REASON, &sr, sizeof(sr), NULL, 0);
}

/* Names that a record needs to be shown, but for those of its site. */
static void put_names(struct stream_writer *w, const void *rec, size_t size)
{
	struct gft_rec_hdr h;
	union {
		struct gft_rec_entry entry;
		struct gft_rec_park park;
		struct gft_rec_go go;
		struct gft_rec_stack stack;
	} r;

	memcpy(&h, rec, sizeof(h));
	if (h.kind == GFT_REC_ENTRY && size >= sizeof(r.entry)) {
		memcpy(&r.entry, rec, sizeof(r.entry));
		stream_put_caller(w, h.site, r.entry.caller_rel);
	} else if (h.kind == GFT_REC_STATE && h.aux == GFT_PARKED && size >= sizeof(r.park)) {
		memcpy(&r.park, rec, sizeof(r.park));
		put_reason(w, &r.park);
		for (uint32_t i = 0; i < r.park.n && i < GFT_PARK_FRAMES; i++)
			stream_put_caller(w, h.site, r.park.rel[i]);
	} else if (h.kind == GFT_REC_GO && size >= sizeof(r.go)) {
		memcpy(&r.go, rec, sizeof(r.go));
		stream_put_caller(w, h.site, r.go.start + 1); /* graph_go.start */
		stream_put_caller(w, h.site, r.go.from);
	} else if (h.kind == GFT_REC_STACK && size >= sizeof(r.stack)) {
		memcpy(&r.stack, rec, sizeof(r.stack));
		for (uint32_t i = 0; i < r.stack.n && i < GFT_STACK_FRAMES; i++)
			stream_put_caller(w, h.site, r.stack.rel[i]);
	}
}

/* What a record's values are; NULL: it has none. */
static const struct payload *values_of(struct stream_writer *w, const struct gft_rec_hdr *h)
{
	const struct site_info *s;

	if (h->kind == GFT_REC_TAG)
		return h->aux < w->ntags ? &w->tags[h->aux] : NULL;
	if (h->kind != GFT_REC_ENTRY && h->kind != GFT_REC_EXIT)
		return NULL;
	s = w->syms->site(w->syms->ctx, h->site);
	return s ? s->payload : NULL;
}

void stream_write(struct stream_writer *w, const void *rec, size_t size)
{
	struct gft_rec_hdr h;
	size_t head = sizeof(struct gft_rec_call);

	if (size < sizeof(h))
		return;
	memcpy(&h, rec, sizeof(h));
	if (h.kind == GFT_REC_EVENT)
		return;
	put_site(w, h.site);
	put_names(w, rec, size);
	if (h.kind == GFT_REC_ENTRY)
		head = sizeof(struct gft_rec_entry);
	if (size > head)
		stream_put_values(w, values_of(w, &h), (const char *)rec + head, size - head);
	if ((h.kind != GFT_REC_ENTRY && h.kind != GFT_REC_EXIT) || size <= head ||
	    !with_text(w, rec, size, head, h.site))
		stream_chunk(w, STREAM_RECORD, rec, size, NULL, 0);
}

void stream_write_tags(struct stream_writer *w, const struct payload *tags, size_t n)
{
	w->tags = tags;
	w->ntags = n;
	for (size_t i = 0; i < n; i++) {
		uint32_t body[2] = { put_payload(w, &tags[i]), 0 };

		stream_chunk(w, STREAM_TAG, body, sizeof(body), NULL, 0);
	}
}

void stream_write_text(struct stream_writer *w, const char *kind, const char *text, size_t len)
{
	uint32_t head[2] = { stream_put_string(w, kind), 0 };

	stream_chunk(w, STREAM_TEXT, head, sizeof(head), text, len);
}

void stream_write_gone(struct stream_writer *w, uint32_t tgid, uint64_t ts_ns)
{
	uint32_t body[2] = { tgid, 0 };

	stream_chunk(w, STREAM_GONE, body, sizeof(body), &ts_ns, sizeof(ts_ns));
}

void stream_write_lost(struct stream_writer *w)
{
	stream_chunk(w, STREAM_LOST, NULL, 0, NULL, 0);
}

int stream_writer_close(struct stream_writer *w, uint64_t now_ns)
{
	int error;

	stream_chunk(w, STREAM_END, &now_ns, sizeof(now_ns), NULL, 0);
	flush(w);
	error = w->error;
	idmap_fini(&w->strings);
	idmap_fini(&w->types);
	idmap_fini(&w->payloads);
	idmap_fini(&w->sites);
	idmap_fini(&w->callers);
	idmap_fini(&w->reasons);
	idmap_fini(&w->answers);
	idmap_fini(&w->asking);
	buf_free(&w->b);
	free(w);
	return error;
}
