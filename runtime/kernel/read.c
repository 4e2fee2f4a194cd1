/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* read.c - what a running script has to tell: records, maps, counters. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gft/setup.h"
#include "runtime/kernel/session.h"

int ksession_poll(struct ksession *s, int timeout_ms, ksession_record_fn fn, void *ctx)
{
	int n;

	if (!s->rb) {
		if (timeout_ms && poll(NULL, 0, timeout_ms) < 0)
			return -errno;
		return 0;
	}
	s->fn = fn;
	s->fn_ctx = ctx;
	s->fn_result = 0;
	s->fn_count = 0;
	n = ring_buffer__consume(s->rb);
	if (!s->fn_count && timeout_ms && n >= 0) {
		n = ring_buffer__poll(s->rb, timeout_ms);
		/* records that were too few for a wake-up */
		if (!n)
			n = ring_buffer__consume(s->rb);
	}
	if (s->fn_result)
		return s->fn_result;
	return s->fn_count ? s->fn_count : n;
}

int ksession_poll_fd(const struct ksession *s)
{
	return s->rb ? ring_buffer__epoll_fd(s->rb) : -1;
}

/* --- maps -------------------------------------------------------------------------------------- */

/* Buckets of one moment are added; of two moments the later one has the bucket. */
static void combine_series(const struct gft_type *t, struct ty_tseries_bucket *a, const struct ty_tseries_bucket *b)
{
	bool less;

	for (uint32_t i = 0; i < t->size / sizeof(*a); i++, a++, b++) {
		if (!b->n || b->epoch < a->epoch)
			continue;
		if (!a->n || b->epoch > a->epoch) {
			*a = *b;
			continue;
		}
		less = t->is_signed ? b->total < a->total : (uint64_t)b->total < (uint64_t)a->total;
		switch (t->agg) {
		case TY_MIN: a->total = less ? b->total : a->total; break;
		case TY_MAX: a->total = less ? a->total : b->total; break;
		case TY_NONE: a->total = b->total; break; /* the last value: which is last is not known */
		default: a->total += b->total;
		}
		a->n += b->n;
	}
}

/* Adds one processor's value to the sum, by the value's type. */
static void combine(const struct gft_type *t, void *sum, const void *v)
{
	struct ty_agg *a = sum;
	const struct ty_agg *b = v;
	uint64_t *x = sum;
	const uint64_t *y = v;
	bool less;

	switch (t->kind) {
	case TY_TSERIES: combine_series(t, sum, v); break;
	case TY_SUM:
	case TY_AVG:
	case TY_STATS:
		a->total += b->total;
		a->n += b->n;
		break;
	case TY_MIN:
	case TY_MAX:
		if (!b->n)
			break;
		less = t->is_signed ? b->total < a->total : (uint64_t)b->total < (uint64_t)a->total;
		if (!a->n || (t->kind == TY_MIN ? less : !less))
			a->total = b->total;
		a->n += b->n;
		break;
	default: /* counts and histograms */
		for (uint32_t i = 0; i < t->size / 8; i++)
			x[i] += y[i];
		break;
	}
}

static size_t value_size(const struct meta_map *m)
{
	return ((size_t)m->value->size + 7) & ~(size_t)7;
}

static int lookup(struct ksession *s, uint32_t map, const void *key, char *raw, void *val)
{
	const struct meta_map *m = &s->meta->maps[map];
	size_t n = value_size(m);

	if (bpf_map_lookup_elem(bpf_map__fd(s->maps[map]), key, raw))
		return -errno;
	if (!m->percpu) {
		memcpy(val, raw, m->value->size);
		return 0;
	}
	memset(val, 0, n);
	for (int cpu = 0; cpu < s->ncpus; cpu++)
		combine(m->value, val, raw + (size_t)cpu * n);
	return 0;
}

static size_t key_size(const struct meta_map *m)
{
	return m->key ? m->key->size : 4;
}

int ksession_map_each(struct ksession *s, uint32_t map, ksession_row_fn fn, void *ctx)
{
	const struct meta_map *m = &s->meta->maps[map];
	int fd = bpf_map__fd(s->maps[map]), r = 0;
	char *key = xcalloc(1, key_size(m) + 8), *next = xcalloc(1, key_size(m) + 8);
	char *raw = xcalloc(m->percpu ? (size_t)s->ncpus : 1, value_size(m) + 8), *val = xcalloc(1, value_size(m) + 8);
	bool first = true;
	size_t guard = (size_t)m->max_entries * 4 + 16; /* a map that changes under the walk may lead it in circles */

	while (guard-- && !bpf_map_get_next_key(fd, first ? NULL : key, next)) {
		first = false;
		memcpy(key, next, key_size(m));
		if (lookup(s, map, key, raw, val))
			continue;
		r = fn(ctx, m->key ? key : NULL, val);
		if (r)
			break;
	}
	free(key);
	free(next);
	free(raw);
	free(val);
	return r;
}

struct keys {
	char *v;
	size_t n, cap, size;
};

static int add_key(struct keys *k, const void *key)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 64;
		k->v = xrealloc(k->v, k->cap * k->size);
	}
	memcpy(k->v + k->n++ * k->size, key, k->size);
	return 0;
}

static void all_keys(struct ksession *s, uint32_t map, struct keys *k)
{
	const struct meta_map *m = &s->meta->maps[map];
	int fd = bpf_map__fd(s->maps[map]);
	char *key = xcalloc(1, key_size(m) + 8);
	size_t guard = (size_t)m->max_entries * 2 + 16;
	bool first = true;

	k->size = key_size(m);
	while (guard-- && !bpf_map_get_next_key(fd, first ? NULL : key, key)) {
		first = false;
		add_key(k, key);
	}
	free(key);
}

int ksession_map_clear(struct ksession *s, uint32_t map)
{
	struct keys k = { 0 };

	all_keys(s, map, &k);
	for (size_t i = 0; i < k.n; i++)
		bpf_map_delete_elem(bpf_map__fd(s->maps[map]), k.v + i * k.size);
	free(k.v);
	return 0;
}

int ksession_map_zero(struct ksession *s, uint32_t map)
{
	const struct meta_map *m = &s->meta->maps[map];
	char *zero = xcalloc(m->percpu ? (size_t)s->ncpus : 1, value_size(m) + 8);
	struct keys k = { 0 };

	all_keys(s, map, &k);
	for (size_t i = 0; i < k.n; i++)
		bpf_map_update_elem(bpf_map__fd(s->maps[map]), k.v + i * k.size, zero, BPF_EXIST);
	free(k.v);
	free(zero);
	return 0;
}

int ksession_map_get(struct ksession *s, uint32_t map, const void *key, void *val)
{
	const struct meta_map *m = &s->meta->maps[map];
	char *raw = xcalloc(m->percpu ? (size_t)s->ncpus : 1, value_size(m) + 8);
	char *sum = xcalloc(1, value_size(m) + 8);
	uint32_t none = 0;
	int r = lookup(s, map, m->key ? key : &none, raw, sum);

	if (!r)
		memcpy(val, sum, m->value->size);
	free(raw);
	free(sum);
	return r;
}

/* --- counters --------------------------------------------------------------------------------------- */

size_t ksession_stack(struct ksession *s, uint64_t id, uint64_t *ips, size_t max)
{
	size_t n = 0, depth = s->stacks ? bpf_map__value_size(s->stacks) / 8 : 0;
	uint64_t *all = xcalloc(depth + 1, sizeof(*all));
	uint64_t key = id;

	if (depth && id && !bpf_map_lookup_elem(bpf_map__fd(s->stacks), &key, all))
		while (n < max && all[n]) {
			ips[n] = all[n];
			n++;
		}
	free(all);
	return n;
}

static size_t reap_map(struct bpf_map *map, bool (*alive)(void *ctx, uint32_t tgid), void *ctx)
{
	struct gft_gkey key, *dead = NULL;
	size_t n = 0, cap = 0, guard = 1u << 20;
	bool first = true;
	int fd;

	if (!map || bpf_map__key_size(map) != sizeof(key))
		return 0;
	fd = bpf_map__fd(map);
	while (guard-- && !bpf_map_get_next_key(fd, first ? NULL : &key, &key)) {
		first = false;
		if (alive(ctx, key.tgid))
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 64;
			dead = xrealloc(dead, cap * sizeof(*dead));
		}
		dead[n++] = key;
	}
	for (size_t i = 0; i < n; i++)
		bpf_map_delete_elem(fd, &dead[i]);
	free(dead);
	return n;
}

size_t ksession_reap(struct ksession *s, bool (*alive)(void *ctx, uint32_t tgid), void *ctx)
{
	size_t n = reap_map(s->goroutines, alive, ctx);

	/* deep frames of bpf-templates/frames.h: their key has the process at the same place */
	return n + reap_map(bpf_object__find_map_by_name(s->obj, "gft_deep"), alive, ctx);
}

void ksession_stats(struct ksession *s, uint64_t out[GFT_ST_MAX])
{
	uint64_t *v = xcalloc((size_t)s->ncpus, sizeof(*v));

	memset(out, 0, GFT_ST_MAX * sizeof(*out));
	for (uint32_t k = 0; s->stats && k < GFT_ST_MAX; k++) {
		if (bpf_map_lookup_elem(bpf_map__fd(s->stats), &k, v))
			continue;
		for (int cpu = 0; cpu < s->ncpus; cpu++)
			out[k] += v[cpu];
	}
	free(v);
}

static int most_first(const void *a, const void *b)
{
	const struct ksession_loss *x = a, *y = b;

	return x->count > y->count ? -1 : x->count < y->count;
}

size_t ksession_losses(struct ksession *s, struct ksession_loss *out, size_t max)
{
	struct {
		uint32_t site, stat;
	} key;
	struct ksession_loss *v = NULL;
	size_t n = 0, cap = 0, guard = 1u << 16;
	bool first = true;

	if (!s->loss)
		return 0;
	while (guard-- && !bpf_map_get_next_key(bpf_map__fd(s->loss), first ? NULL : &key, &key)) {
		uint64_t count;

		first = false;
		if (bpf_map_lookup_elem(bpf_map__fd(s->loss), &key, &count))
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 64;
			v = xrealloc(v, cap * sizeof(*v));
		}
		v[n++] = (struct ksession_loss){ key.site, key.stat, count };
	}
	if (n)
		qsort(v, n, sizeof(*v), most_first);
	if (n > max)
		n = max;
	if (n)
		memcpy(out, v, n * sizeof(*v));
	free(v);
	return n;
}
