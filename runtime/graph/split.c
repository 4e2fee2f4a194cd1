/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * split.c - graph(parks): a call's time by what its goroutine did.
 *
 * A tree has one clock, which never goes back, and one sum for each thing that
 * a goroutine can do; every nanosecond that the clock moves is added to one of
 * them.  A call's split is what the sums grew by while it ran, and its start
 * and end are read from the same clock: so the parts are its duration, exactly.
 */
#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "runtime/graph/builder.h"

uint64_t split_time(struct tree *t, uint64_t ts)
{
	if (!split_wanted(t))
		return ts;
	if (ts > t->split->clock) {
		t->split->spent[t->split->doing] += ts - t->split->clock;
		t->split->clock = ts;
	}
	return t->split->clock;
}

void split_open(struct graph_builder *b, struct tree *t, uint64_t ts, uint8_t doing)
{
	t->split = xcalloc(1, sizeof(*t->split));
	t->split->frame = xcalloc(t->cap_frames, sizeof(*t->split->frame));
	b->stack_bytes += sizeof(*t->split) + t->cap_frames * sizeof(*t->split->frame);
	t->split->clock = ts;
	t->split->doing = doing;
}

static void add_wait(struct frame_split *fs, const char *reason, uint64_t ns, uint64_t count)
{
	for (uint32_t i = 0; i < fs->nwaits; i++)
		if (fs->waits[i].reason == reason || !strcmp(fs->waits[i].reason, reason)) {
			fs->waits[i].ns += ns;
			fs->waits[i].count += count;
			return;
		}
	if (fs->nwaits == fs->cap_waits) {
		fs->cap_waits = fs->cap_waits ? fs->cap_waits * 2 : 2;
		fs->waits = xrealloc(fs->waits, fs->cap_waits * sizeof(*fs->waits));
	}
	fs->waits[fs->nwaits++] = (struct graph_wait){ reason, ns, count };
}

/* The time of a wait that goes on, up to now, belongs to the calls that are open now. */
static void flush(struct tree *t)
{
	if (!t->split->park_reason || !t->nframes)
		return;
	add_wait(&t->split->frame[t->nframes - 1], t->split->park_reason, t->split->clock - t->split->park_since, 0);
	t->split->park_since = t->split->clock;
}

void split_push(struct tree *t)
{
	struct frame_split *fs;

	t->nframes--; /* what was waited before the call is its caller's */
	flush(t);
	fs = &t->split->frame[t->nframes++];
	memcpy(fs->spent, t->split->spent, sizeof(fs->spent));
	fs->waits = NULL;
	fs->nwaits = fs->cap_waits = 0;
}

static int longest_first(const void *x, const void *y)
{
	const struct graph_wait *a = x, *b = y;

	if (a->ns != b->ns)
		return a->ns < b->ns ? 1 : -1;
	return strcmp(a->reason, b->reason);
}

/* The leaf of the wait is over, or as much of it as its caller saw. */
static void leaf_end(struct graph_builder *b, struct tree *t)
{
	struct graph_node *n = t->split->park;

	if (!n)
		return;
	t->split->park = NULL;
	n->end_ns = t->split->clock;
	if (!t->closing)
		n->flags &= ~(uint32_t)GN_OPEN;
	if (b->cfg.leaf)
		b->cfg.leaf(b->cfg.ctx, &t->t, n, builder_depth(t, t->split->park_frames));
	if (!b->cfg.tree && t->nframes == t->split->park_frames) {
		pool_rewind(&b->pool, &t->mem, t->split->park_mark);
		builder_forget(b, t);
	}
}

const struct graph_split *split_pop(struct graph_builder *b, struct tree *t, size_t i, bool keep)
{
	struct frame_split *fs = &t->split->frame[i];
	struct graph_split *s = NULL;

	flush(t);
	if (t->split->park && i + 1 <= t->split->park_frames)
		leaf_end(b, t);
	if (keep) {
		s = pool_alloc(&b->pool, &t->mem, sizeof(*s) + fs->nwaits * sizeof(*s->waits));
		for (int k = 0; k < GFT_DOINGS; k++)
			s->ns[k] = t->split->spent[k] - fs->spent[k];
		s->nwaits = fs->nwaits;
		if (fs->nwaits) {
			memcpy(s->waits, fs->waits, fs->nwaits * sizeof(*s->waits));
			qsort(s->waits, s->nwaits, sizeof(*s->waits), longest_first);
		}
	}
	if (i && fs->nwaits && !t->split->frame[i - 1].nwaits) {
		free(t->split->frame[i - 1].waits);
		t->split->frame[i - 1].waits = fs->waits;
		t->split->frame[i - 1].nwaits = fs->nwaits;
		t->split->frame[i - 1].cap_waits = fs->cap_waits;
	} else {
		for (uint32_t k = 0; i && k < fs->nwaits; k++)
			add_wait(fs - 1, fs->waits[k].reason, fs->waits[k].ns, fs->waits[k].count);
		free(fs->waits);
	}
	fs->waits = NULL;
	fs->nwaits = 0;
	return s;
}

void split_park(struct graph_builder *b, struct tree *t, const char *reason, const struct graph_node *leaf,
		struct pool_mark mark)
{
	t->split->park_reason = reason;
	t->split->park_since = t->split->clock;
	t->split->park_frames = t->nframes;
	t->split->park_mark = mark;
	t->split->park = builder_node(b, t, leaf, true);
	if (t->nframes)
		add_wait(&t->split->frame[t->nframes - 1], reason, 0, 1);
}

void split_change(struct graph_builder *b, struct tree *t, uint8_t doing)
{
	flush(t);
	leaf_end(b, t);
	t->split->park_reason = NULL;
	t->split->doing = doing;
}

void split_lost(struct graph_builder *b, struct tree *t, const struct gft_rec_call *r)
{
	if (!split_wanted(t) || t->split->doing == GFT_RUNNING || r->h.flags & GFT_RF_SWITCH)
		return;
	split_time(t, r->h.ts_ns);
	split_change(b, t, GFT_RUNNING);
}

void split_free(struct graph_builder *b, struct tree *t)
{
	if (!t->split)
		return;
	for (size_t i = 0; i < t->nframes; i++)
		free(t->split->frame[i].waits);
	b->stack_bytes -= sizeof(*t->split) + t->cap_frames * sizeof(*t->split->frame);
	free(t->split->frame);
	free(t->split);
	t->split = NULL;
}

void split_grow(struct graph_builder *b, struct tree *t, size_t before)
{
	b->stack_bytes += (t->cap_frames - before) * sizeof(*t->split->frame);
	t->split->frame = xrealloc(t->split->frame, t->cap_frames * sizeof(*t->split->frame));
}
