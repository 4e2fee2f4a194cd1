/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* events.c - see events.h. */
#include "runtime/events.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gft/buf.h"

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

static void print_map(struct events *e, uint32_t map, uint64_t top, uint64_t div, bool even_empty)
{
	const struct meta_map *m = &e->meta->maps[map];
	struct rows r = { .map = m };

	ksession_map_each(e->ks, map, add_row, &r);
	if (r.n || even_empty)
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
	uint64_t v = 0;

	if (i >= ev->nargs)
		return 0;
	memcpy(&v, rec + ev->args[i].off, ev->args[i].type->size > 8 ? 8 : ev->args[i].type->size);
	if (ev->args[i].type->is_signed && ev->args[i].type->size == 4)
		return (uint64_t)(int64_t)(int32_t)v;
	return v;
}

static void do_printf(struct events *e, const struct meta_event *ev, const char *rec)
{
	struct value_arg args[64];
	struct buf b = BUF_INIT;
	uint32_t n = ev->nargs < 64 ? ev->nargs : 64;

	for (uint32_t i = 0; i < n; i++)
		args[i] = (struct value_arg){ ev->args[i].type, rec + ev->args[i].off };
	value_printf(&b, e->values, ev->fmt, args, n);
	output_text(e->out, "printf", buf_str(&b), b.len);
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

	output_text(e->out, "time", text, n);
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
	switch (ev->kind) {
	case EV_PRINTF: do_printf(e, ev, rec); break;
	case EV_PRINT: output_value(e->out, ev->args[0].type, (const char *)rec + ev->args[0].off); break;
	case EV_PRINT_MAP: print_map(e, (uint32_t)ev->map, uint_arg(ev, rec, 0), uint_arg(ev, rec, 1), true); break;
	case EV_PRINT_KEY: print_key(e, ev, rec); break;
	case EV_CLEAR: ksession_map_clear(e->ks, (uint32_t)ev->map); break;
	case EV_ZERO: ksession_map_zero(e->ks, (uint32_t)ev->map); break;
	case EV_TIME: do_time(e, ev); break;
	case EV_EXIT:
		e->exiting = true;
		e->status = (int)uint_arg(ev, rec, 0);
		break;
	default: e->bad++; break;
	}
}
