/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* events.c - see events.h. */
#include "runtime/events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gft/buf.h"
#include "gft/diag.h"

#define ARGS_MAX 128 /* of one printf() */

struct rows {
	const struct meta_map *map;
	struct output_row *v;
	size_t n, cap;
};

static int add_row(void *ctx, const void *key, const void *val)
{
	struct rows *r = ctx;
	size_t ks = r->map->key ? r->map->key->size : 0;

	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->v = xrealloc(r->v, r->cap * sizeof(*r->v));
	}

	char *copy = xmalloc(((ks + 7) & ~(size_t)7) + r->map->value->size + 1);

	if (ks)
		memcpy(copy, key, ks);
	memcpy(copy + ((ks + 7) & ~(size_t)7), val, r->map->value->size);
	r->v[r->n++] = (struct output_row){ ks ? copy : NULL, copy + ((ks + 7) & ~(size_t)7) };
	return 0;
}

static void free_rows(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].key ? (void *)(uintptr_t)r->v[i].key : (void *)(uintptr_t)r->v[i].val);
	free(r->v);
}

static bool is_number(const struct gft_type *t)
{
	return t->kind == TY_INT || t->kind == TY_COUNT || t->kind == TY_SUM || t->kind == TY_AVG ||
	       t->kind == TY_MIN || t->kind == TY_MAX;
}

/* asked: by print(), not at the end, where most maps without content are left out. */
static void print_map(struct events *e, uint32_t map, uint64_t top, uint64_t div, bool asked)
{
	const struct meta_map *m = &e->meta->maps[map];
	struct rows r = { .map = m };

	ksession_map_each(e->ks, map, add_row, &r);
	if (!r.n && (m->always || (asked && !m->key && is_number(m->value)))) { /* nothing was counted: 0 */
		void *zero = xcalloc(1, m->value->size + 1);

		add_row(&r, NULL, zero);
		free(zero);
	}
	if (r.n || asked)
		output_map(e->out, m->name, m->key, m->value, r.v, r.n, top, div);
	free_rows(&r);
}

static int cmp_map_names(const void *a, const void *b)
{
	const struct meta_map *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void events_print_maps(struct events *e)
{
	const struct meta_map **v = xcalloc(e->meta->nmaps + 1, sizeof(*v));

	for (uint32_t i = 0; i < e->meta->nmaps; i++)
		v[i] = &e->meta->maps[i];
	if (e->meta->nmaps)
		qsort(v, e->meta->nmaps, sizeof(*v), cmp_map_names);
	for (uint32_t i = 0; i < e->meta->nmaps; i++)
		print_map(e, (uint32_t)(v[i] - e->meta->maps), 0, 0, false);
	free(v);
}

static uint64_t uint_arg(const struct meta_event *ev, const char *rec, uint32_t i)
{
	const struct gft_type *t;
	uint64_t v = 0;
	unsigned above;

	if (i >= ev->nargs)
		return 0;
	t = ev->args[i].type;
	above = t->size && t->size < 8 ? 64 - t->size * 8 : 0;
	memcpy(&v, rec + ev->args[i].off, 8 - above / 8);
	v <<= above;
	return t->is_signed ? (uint64_t)((int64_t)v >> above) : v >> above;
}

/* A value of the record; long text lies at its end, and is copied to a place of the type's size that own frees. */
static const void *arg_data(const struct events *e, const struct meta_arg *a, const char *rec, char **own)
{
	size_t size = e->rec_size;
	struct gft_tail t;

	*own = NULL;
	if (!a->tail)
		return rec + a->off;
	memcpy(&t, rec + a->off, sizeof(t));
	*own = xcalloc(1, a->type->size + 1);
	if (t.off <= size && t.len <= size - t.off && t.len <= a->type->size)
		memcpy(*own, rec + t.off, t.len);
	return *own;
}

static void format(struct events *e, const struct value_ctx *vc, const struct meta_event *ev, const char *rec,
		   struct buf *b)
{
	struct value_arg args[ARGS_MAX] = { 0 };
	char *own[ARGS_MAX];
	uint32_t n = ev->nargs < ARGS_MAX ? ev->nargs : ARGS_MAX;

	for (uint32_t i = 0; i < n; i++)
		args[i] = (struct value_arg){ ev->args[i].type, arg_data(e, &ev->args[i], rec, &own[i]) };
	value_printf(b, vc, ev->fmt, args, n);
	for (uint32_t i = 0; i < n; i++)
		free(own[i]);
}

static void do_print(struct events *e, const struct meta_event *ev, const char *rec)
{
	char *own;
	const void *data = arg_data(e, &ev->args[0], rec, &own);

	if (ev->map >= 0) {
		struct output_row row = { NULL, data };

		output_map(e->out, e->meta->maps[ev->map].name, NULL, ev->args[0].type, &row, 1, 0, 0);
	} else {
		output_value(e->out, ev->args[0].type, data);
	}
	free(own);
}

/* The same for a terminal, where the output's format does not escape. */
static void format_escaped(struct events *e, const struct meta_event *ev, const char *rec, struct buf *b)
{
	struct value_ctx vc = *e->values;

	vc.raw_text = false;
	format(e, &vc, ev, rec, b);
}

static void say(struct events *e, const char *kind, const char *text, size_t len)
{
	output_text(e->out, kind, text, len);
	if (e->recorder)
		stream_write_text(e->recorder, kind, text, len);
}

static void do_printf(struct events *e, const struct meta_event *ev, const char *rec)
{
	struct buf b = BUF_INIT;

	format(e, e->values, ev, rec, &b);
	output_text(e->out, "printf", buf_str(&b), b.len);
	if (e->recorder && e->values->raw_text) { /* it may be shown on a terminal later */
		b.len = 0;
		format_escaped(e, ev, rec, &b);
	}
	if (e->recorder)
		stream_write_text(e->recorder, "printf", buf_str(&b), b.len);
	buf_free(&b);
}

/* errorf(), warnf(): on standard error with the place in the script, and in the output's own form. */
static void do_message(struct events *e, const struct meta_event *ev, const char *rec)
{
	const struct source *s = e->diag ? diag_source(e->diag, ev->loc.source) : NULL;
	const char *kind = ev->kind == EV_ERRORF ? "errorf" : "warnf";
	struct buf b = BUF_INIT, seen = BUF_INIT;
	unsigned line = 0, col = 0;

	format(e, e->values, ev, rec, &b);
	format_escaped(e, ev, rec, &seen);
	if (s)
		source_line_col(s, ev->loc.begin, &line, &col);
	output_flush(e->out);
	if (s)
		diag_span(e->diag, ev->loc, stderr);
	fprintf(stderr, "%s: %s%s", ev->kind == EV_ERRORF ? "ERROR" : "WARNING", buf_str(&seen),
		seen.len && seen.data[seen.len - 1] == '\n' ? "" : "\n");
	output_warning(e->out, kind, buf_str(&b), NULL, 0, s ? s->name : NULL, line, col, 0);
	buf_free(&b);
	buf_free(&seen);
}

static void copy_out(struct events *e, const char *kind, FILE *f, size_t max)
{
	char chunk[4096];
	size_t n;

	while (max && (n = fread(chunk, 1, max < sizeof(chunk) ? max : sizeof(chunk), f)) > 0) {
		say(e, kind, chunk, n);
		max -= n;
	}
}

static void do_cat(struct events *e, const struct meta_event *ev, const char *rec)
{
	struct value_ctx raw = *e->values; /* a path's own bytes */
	struct buf b = BUF_INIT;
	FILE *f;

	raw.raw_text = true;
	format(e, &raw, ev, rec, &b);
	f = fopen(buf_str(&b), "re");
	if (f) {
		copy_out(e, "cat", f, e->meta->config.max_cat_bytes);
		fclose(f);
	} else {
		int error = errno;

		b.len = 0;
		format_escaped(e, ev, rec, &b);
		fprintf(stderr, "gft: cat: %s: %s\n", buf_str(&b), strerror(error));
	}
	buf_free(&b);
}

static void do_system(struct events *e, const struct meta_event *ev, const char *rec)
{
	struct buf b = BUF_INIT;
	FILE *f;

	format(e, e->values, ev, rec, &b);
	output_flush(e->out);
	f = popen(buf_str(&b), "re");
	if (f) {
		copy_out(e, "syscall", f, SIZE_MAX);
		pclose(f);
	} else {
		fprintf(stderr, "gft: system: %s\n", strerror(errno));
	}
	buf_free(&b);
}

static void do_join(struct events *e, const struct meta_event *ev, const char *rec)
{
	const struct meta_arg *a = ev->args;
	uint32_t n, more, size = a[1].type->size, max = (ev->size - a[1].off) / size;
	const char *cut = e->meta->config.str_trunc_trailer ? e->meta->config.str_trunc_trailer : "";
	struct buf b = BUF_INIT;

	memcpy(&n, rec + a[0].off, sizeof(n));
	memcpy(&more, rec + a[0].off + sizeof(n), sizeof(more));
	for (uint32_t i = 0; i < n && i < max; i++) {
		const char *s = rec + a[1].off + i * size;
		size_t len = strnlen(s, size);

		if (i)
			buf_puts(&b, ev->fmt);
		value_escape(&b, s, len);
		if (len >= size) /* all of the room was used */
			buf_puts(&b, cut);
	}
	if (more) {
		buf_puts(&b, ev->fmt);
		buf_puts(&b, cut);
	}
	buf_putc(&b, '\n');
	say(e, "join", buf_str(&b), b.len);
	buf_free(&b);
}

static void print_key(struct events *e, const struct meta_event *ev, const char *rec)
{
	const struct meta_map *m = &e->meta->maps[ev->map];
	const void *key = rec + ev->args[0].off;
	char *val = xcalloc(1, m->value->size + 8);

	if (!ksession_map_get(e->ks, (uint32_t)ev->map, key, val)) {
		struct output_row row = { key, val };

		output_map(e->out, m->name, m->key, m->value, &row, 1, 0, 0);
	}
	free(val);
}

static void do_time(struct events *e, const struct meta_event *ev)
{
	char text[256];
	time_t now = time(NULL);
	struct tm tm;
	size_t n = localtime_r(&now, &tm) ? strftime(text, sizeof(text), ev->fmt, &tm) : 0;

	say(e, "time", text, n);
}

void events_handle(struct events *e, const void *rec, size_t size)
{
	const struct gft_rec_hdr *h = rec;
	const struct meta_event *ev;

	if (size < sizeof(*h) || h->aux >= e->meta->nevents || size < e->meta->events[h->aux].size) {
		e->bad++;
		return;
	}
	if (e->exiting)
		return;
	ev = &e->meta->events[h->aux];
	e->rec_size = size;
	switch (ev->kind) {
	case EV_PRINTF: do_printf(e, ev, rec); break;
	case EV_ERRORF:
	case EV_WARNF: do_message(e, ev, rec); break;
	case EV_CAT: do_cat(e, ev, rec); break;
	case EV_SYSTEM: do_system(e, ev, rec); break;
	case EV_JOIN: do_join(e, ev, rec); break;
	case EV_PRINT: do_print(e, ev, rec); break;
	case EV_PRINT_MAP: print_map(e, (uint32_t)ev->map, uint_arg(ev, rec, 0), uint_arg(ev, rec, 1), true); break;
	case EV_PRINT_KEY: print_key(e, ev, rec); break;
	case EV_CLEAR: ksession_map_clear(e->ks, (uint32_t)ev->map); break;
	case EV_ZERO: ksession_map_zero(e->ks, (uint32_t)ev->map); break;
	case EV_TIME: do_time(e, ev); break;
	case EV_EXIT:
		e->exiting = true;
		e->exit_ns = h->ts_ns;
		e->status = (int)uint_arg(ev, rec, 0);
		break;
	default: e->bad++; break;
	}
}
