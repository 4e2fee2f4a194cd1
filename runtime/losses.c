/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* losses.c - see losses.h. */
#include "runtime/losses.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "gft/stream.h"

#define MOST_ROWS 4096 /* of all losses that are read from a file */
#define ROWS	  3    /* probes told of each loss */
#define ROWS_V	  20

/* Behind the kernel half's counters (enum gft_stat): what user space counts. */
enum {
	LOSS_GRAPH_UNMATCHED = GFT_ST_MAX,
	LOSS_BAD,
	LOSS_LIMIT,
	LOSS_OPEN,
	LOSSES,
};

/* In the order in which they are told.  The names are those of the JSON and of recordings. */
static const struct {
	uint32_t loss;
	const char *name, *what, *one, *hint;
} kinds[] = {
	{ GFT_ST_RING_FULL, "ring_full", "records lost: the ring buffer was full",
	  "record lost: the ring buffer was full", "a larger --buffer, or fewer functions" },
	{ GFT_ST_MAP_FULL, "map_full", "graphs not begun: too many goroutines at once",
	  "graph not begun: too many goroutines at once", NULL },
	{ GFT_ST_UNMATCHED, "exit_without_entry", "exits without an entry: calls that began before gft attached",
	  "exit without an entry: a call that began before gft attached", NULL },
	{ GFT_ST_UNWOUND, "unwound", "calls that a panic or Goexit removed", "call that a panic or Goexit removed",
	  NULL },
	{ GFT_ST_READ_FAULT, "read_fault", "hits ignored: the goroutine or its stack could not be read",
	  "hit ignored: the goroutine or its stack could not be read", NULL },
	{ GFT_ST_BAD_GOID, "bad_goid", "hits ignored: the goroutine id made no sense",
	  "hit ignored: the goroutine id made no sense",
	  "the layout of runtime.g is of another version of Go than the program's: gft info shows which" },
	{ GFT_ST_VALUE_FAULT, "value_fault", "values of goroutines that are 0: they could not be read",
	  "value of a goroutine that is 0: it could not be read", NULL },
	{ GFT_ST_SCRATCH, "no_scratch", "actions skipped: no scratch buffer was free",
	  "action skipped: no scratch buffer was free", NULL },
	{ GFT_ST_DEPTH, "too_deep", "calls not tracked: too deep", "call not tracked: too deep", NULL },
	{ GFT_ST_STACK_LOST, "stack_lost", "stacks lost", "stack lost", NULL },
	{ GFT_ST_PROCS, "process_not_followed", "processes not followed: too many at once",
	  "process not followed: too many at once", NULL },
	{ GFT_ST_CHILDREN, "child_not_followed",
	  "goroutines not followed: started more than 8 levels below a graph's root",
	  "goroutine not followed: started more than 8 levels below a graph's root", NULL },
	{ GFT_ST_LOOP, "loop_cut_off", "loops cut off: while ends after 1048576 rounds, for after 8388608",
	  "loop cut off: while ends after 1048576 rounds, for after 8388608", NULL },
	{ LOSS_GRAPH_UNMATCHED, "graph_exit_without_entry", "exits without an entry in an open graph",
	  "exit without an entry in an open graph", NULL },
	{ LOSS_BAD, "bad_record", "records made no sense", "record made no sense", NULL },
	{ LOSS_LIMIT, "over_limit", "calls not shown: graphs over their limit",
	  "call not shown: a graph over its limit", NULL },
	{ LOSS_OPEN, "open_at_end", "graphs were still open at the end", "graph was still open at the end", NULL },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct loss {
	uint64_t count, graphs; /* graphs: of it the builder's */
	struct output_loss_at *at;
	size_t n, cap;
};

struct losses {
	struct loss of[LOSSES];
	size_t rows;
};

struct losses *losses_new(void)
{
	return xcalloc(1, sizeof(struct losses));
}

void losses_free(struct losses *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < LOSSES; i++) {
		for (size_t k = 0; k < l->of[i].n; k++)
			free((char *)(uintptr_t)l->of[i].at[k].probe);
		free(l->of[i].at);
	}
	free(l);
}

void losses_count(struct losses *l, enum gft_stat stat, uint64_t count)
{
	if ((unsigned)stat < GFT_ST_MAX)
		l->of[stat].count += count;
}

static void at(struct losses *l, uint32_t loss, const char *probe, size_t len, uint64_t count)
{
	struct loss *x = &l->of[loss];
	char *name;

	/* a function has several exits, and they have one name */
	for (size_t i = 0; i < x->n; i++)
		if (strlen(x->at[i].probe) == len && !memcmp(x->at[i].probe, probe, len)) {
			x->at[i].count += count;
			return;
		}
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 4;
		x->at = xrealloc(x->at, x->cap * sizeof(*x->at));
	}
	name = xmalloc(len + 1);
	memcpy(name, probe, len);
	name[len] = '\0';
	x->at[x->n++] = (struct output_loss_at){ name, count };
	l->rows++;
}

void losses_at(struct losses *l, enum gft_stat stat, const char *probe, uint64_t count)
{
	if (!probe)
		probe = "begin, end, timers or probes of the kernel";
	if ((unsigned)stat < GFT_ST_MAX)
		at(l, stat, probe, strlen(probe), count);
}

void losses_bad(struct losses *l, uint64_t count)
{
	l->of[LOSS_BAD].count += count;
}

static void graphs(struct losses *l, uint32_t loss, uint64_t count)
{
	l->of[loss].count += count;
	l->of[loss].graphs += count;
}

void losses_graphs(struct losses *l, const struct graph_stats *g)
{
	graphs(l, LOSS_GRAPH_UNMATCHED, g->unmatched);
	graphs(l, LOSS_BAD, g->bad);
	graphs(l, LOSS_LIMIT, g->over_limit);
	graphs(l, LOSS_OPEN, g->open_at_end);
}

/* --- telling ----------------------------------------------------------------------------------- */

static const char *what(const struct loss *x, size_t kind)
{
	return x->count == 1 ? kinds[kind].one : kinds[kind].what;
}

static void tell(const struct loss *x, size_t kind, size_t most, bool verbose)
{
	struct buf b = BUF_INIT;
	uint64_t rest = 0;

	buf_printf(&b, "%" PRIu64 " %s", x->count, what(x, kind));
	if (kinds[kind].hint)
		buf_printf(&b, " (%s)", kinds[kind].hint);
	buf_putc(&b, '\n');
	for (size_t i = 0; i < x->n; i++) {
		if (i >= most) {
			rest += x->at[i].count;
			continue;
		}
		buf_printf(&b, "  %" PRIu64 " at ", x->at[i].count);
		value_escape(&b, x->at[i].probe, strlen(x->at[i].probe)); /* functions of the target */
		buf_putc(&b, '\n');
	}
	if (rest)
		buf_printf(&b, "  %" PRIu64 " at %zu others%s\n", rest, x->n - most, verbose ? "" : " (-v shows more)");
	fputs(buf_str(&b), stderr);
	buf_free(&b);
}

static int most_first(const void *a, const void *b)
{
	const struct output_loss_at *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->probe, y->probe);
}

void losses_tell(struct losses *l, struct output *o, bool verbose)
{
	if (l->of[GFT_ST_RING_FULL].count)
		output_lost(o, l->of[GFT_ST_RING_FULL].count);
	for (size_t i = 0; i < N(kinds); i++) {
		struct loss *x = &l->of[kinds[i].loss];

		if (x->n)
			qsort(x->at, x->n, sizeof(*x->at), most_first);
		if (!x->count || (kinds[i].loss == GFT_ST_UNWOUND && !verbose))
			continue;
		tell(x, i, verbose ? ROWS_V : ROWS, verbose);
		output_loss(o, kinds[i].name, what(x, i), x->count, x->at, x->n);
	}
	output_flush(o);
}

/* --- in a recording: "COUNT NAME", and behind it " COUNT PROBE" for each probe -------------------- */

void losses_write(const struct losses *l, struct stream_writer *w)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < N(kinds); i++) {
		const struct loss *x = &l->of[kinds[i].loss];

		if (x->count <= x->graphs)
			continue;
		buf_printf(&b, "%" PRIu64 " %s\n", x->count - x->graphs, kinds[i].name);
		for (size_t k = 0; k < x->n; k++)
			buf_printf(&b, " %" PRIu64 " %s\n", x->at[k].count, x->at[k].probe);
	}
	if (b.len)
		stream_write_text(w, STREAM_LOSSES, buf_str(&b), b.len);
	buf_free(&b);
}

/* A line: its number, and what stands behind the blank; false: there is none. */
static bool number(const char *p, const char *end, uint64_t *v, const char **rest)
{
	uint64_t n = 0;

	if (p == end || *p < '0' || *p > '9')
		return false;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	if (p == end || *p != ' ')
		return false;
	*v = n;
	*rest = p + 1;
	return true;
}

static uint32_t loss_named(const char *name, size_t len)
{
	for (size_t i = 0; i < N(kinds); i++)
		if (strlen(kinds[i].name) == len && !memcmp(kinds[i].name, name, len))
			return kinds[i].loss;
	return LOSSES;
}

void losses_read(struct losses *l, const char *text, size_t size)
{
	const char *end = text + size, *p, *line_end, *rest;
	uint32_t loss = LOSSES;
	uint64_t v;

	for (p = text; p < end; p = line_end + 1) {
		bool row = *p == ' ';

		line_end = memchr(p, '\n', (size_t)(end - p));
		if (!line_end)
			line_end = end;
		if (!number(p + row, line_end, &v, &rest)) {
			loss = row ? loss : LOSSES;
		} else if (!row) {
			loss = loss_named(rest, (size_t)(line_end - rest));
			if (loss < LOSSES)
				l->of[loss].count += v;
		} else if (loss < LOSSES && l->rows < MOST_ROWS) {
			struct buf b = BUF_INIT;

			value_escape_but(&b, rest, (size_t)(line_end - rest), "");
			at(l, loss, buf_str(&b), b.len, v);
			buf_free(&b);
		}
	}
}
