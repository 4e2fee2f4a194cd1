/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * diag.c - the queue of diagnostics and how they are printed (diag.h).  It
 * knows sources and places, nothing of the language.
 */
#include "gft/diag.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gft/arena.h"
#include "gft/buf.h"

#define LINE_BEFORE 120 /* bytes of a source line that are shown before and after the place */
#define LINE_AFTER  120
#define MAX_ERRORS  64
#define TAB_WIDTH   4
#define MAX_WORD    128

/* A second place: where a type came from, where a macro was used. */
struct diag_note {
	struct src_loc loc;
	const char *msg;
	bool operand; /* is told as an error or warning itself */
};

struct diag_entry {
	enum diag_level level;
	struct src_loc loc;
	const char *msg;
	const char *hint;
	struct diag_note *notes;
	size_t nnotes, cap_notes;
	size_t seq;
};

struct diag {
	struct arena *arena;
	struct source **sources;
	size_t nsources, cap_sources;
	struct diag_entry *entries;
	size_t nentries, cap_entries;
	size_t errors, warnings;
	bool last_dropped; /* hints for a dropped diagnostic are dropped too */
	const struct diag_context *context;
	const struct diag_context **uses; /* src_loc.use counts from 1 */
	size_t nuses, cap_uses;
};

struct diag *diag_new(struct arena *a)
{
	struct diag *d = ARENA_NEW(a, struct diag);

	d->arena = a;
	return d;
}

const struct source *diag_add_source(struct diag *d, const char *name, const char *text, size_t len)
{
	struct source *s = ARENA_NEW(d->arena, struct source);

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) { /* a byte order mark, as editors leave */
		text += 3;
		len -= 3;
	}
	s->name = arena_strdup(d->arena, name);
	s->text = arena_strndup(d->arena, text, len);
	s->len = len;
	s->index = (uint16_t)d->nsources;
	ARENA_PUSH(d->arena, d->sources, d->nsources, d->cap_sources, s);
	return s;
}

const struct source *diag_source(const struct diag *d, uint16_t index)
{
	return index < d->nsources ? d->sources[index] : NULL;
}

static void diag_add(struct diag *d, enum diag_level level, struct src_loc loc, const char *fmt, va_list ap)
{
	struct diag_entry e = { .level = level, .loc = loc };

	e.msg = arena_vprintf(d->arena, fmt, ap);
	d->last_dropped = true;
	for (size_t i = 0; i < d->nentries; i++) {
		const struct diag_entry *o = &d->entries[i];

		if (o->level == level && o->loc.begin == loc.begin && o->loc.source == loc.source &&
		    strcmp(o->msg, e.msg) == 0)
			return;
	}
	if (level == DIAG_ERROR)
		d->errors++;
	else
		d->warnings++;
	if (level == DIAG_ERROR && d->errors > MAX_ERRORS)
		return;
	d->last_dropped = false;
	e.seq = d->nentries;
	for (const struct diag_context *c = d->context; c; c = c->outer) {
		struct diag_note n = { c->loc, c->msg, false };

		ARENA_PUSH(d->arena, e.notes, e.nnotes, e.cap_notes, n);
	}
	ARENA_PUSH(d->arena, d->entries, d->nentries, d->cap_entries, e);
}

void diag_set_context(struct diag *d, const struct diag_context *c)
{
	d->context = c;
}

uint16_t diag_add_use(struct diag *d, const struct diag_context *c)
{
	if (d->nuses == UINT16_MAX)
		return 0;
	ARENA_PUSH(d->arena, d->uses, d->nuses, d->cap_uses, c);
	return (uint16_t)d->nuses;
}

void diag_verror(struct diag *d, struct src_loc loc, const char *fmt, va_list ap)
{
	diag_add(d, DIAG_ERROR, loc, fmt, ap);
}

void diag_error(struct diag *d, struct src_loc loc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(d, DIAG_ERROR, loc, fmt, ap);
	va_end(ap);
}

void diag_warn(struct diag *d, struct src_loc loc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(d, DIAG_WARNING, loc, fmt, ap);
	va_end(ap);
}

void diag_hint(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	if (d->last_dropped || !d->nentries)
		return;
	va_start(ap, fmt);
	d->entries[d->nentries - 1].hint = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

static void add_note(struct diag *d, struct src_loc loc, bool operand, const char *fmt, va_list ap)
{
	struct diag_note n = { .loc = loc, .operand = operand };
	struct diag_entry *e;

	if (d->last_dropped || !d->nentries)
		return;
	e = &d->entries[d->nentries - 1];
	n.msg = arena_vprintf(d->arena, fmt, ap);
	ARENA_PUSH(d->arena, e->notes, e->nnotes, e->cap_notes, n);
}

void diag_note(struct diag *d, struct src_loc loc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_note(d, loc, false, fmt, ap);
	va_end(ap);
}

void diag_operand(struct diag *d, struct src_loc loc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_note(d, loc, true, fmt, ap);
	va_end(ap);
}

size_t diag_errors(const struct diag *d)
{
	return d->errors;
}

size_t diag_warnings(const struct diag *d)
{
	return d->warnings;
}

void source_line_col(const struct source *s, uint32_t off, unsigned *line, unsigned *col)
{
	unsigned l = 1;
	size_t start = 0;

	if (off > s->len)
		off = (uint32_t)s->len;
	for (size_t i = 0; i < off; i++) {
		if (s->text[i] == '\n') {
			l++;
			start = i + 1;
		}
	}
	*line = l;
	*col = (unsigned)(off - start) + 1;
}

/* One byte of script text as it may reach a terminal: tabs become blanks, other controls '?'. */
static void put_text(FILE *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\t')
			fprintf(out, "%*s", TAB_WIDTH, "");
		else if (c == '\r' && i + 1 == n)
			continue;
		else if (c < 0x20 || c == 0x7f)
			fputc('?', out);
		else
			fputc(c, out);
	}
}

/* Columns that text takes: tabs as put_text() shows them, UTF-8 continuation bytes none. */
static size_t width(const char *s, size_t n)
{
	size_t w = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\t')
			w += TAB_WIDTH;
		else if (((unsigned char)s[i] & 0xc0) != 0x80)
			w++;
	}
	return w;
}

void diag_span(const struct diag *d, struct src_loc loc, FILE *out)
{
	const struct source *s = diag_source(d, loc.source);
	unsigned line, col, last_line, last_col;
	uint32_t last;

	if (!s)
		return;
	source_line_col(s, loc.begin, &line, &col);
	/* blanks and line ends behind the place are not part of it */
	for (last = loc.end < s->len ? loc.end : (uint32_t)s->len;
	     last > loc.begin && isspace((unsigned char)s->text[last - 1]);)
		last--;
	source_line_col(s, last, &last_line, &last_col);
	put_text(out, s->name, strlen(s->name));
	if (last_line > line)
		fprintf(out, ":%u-%u: ", line, last_line);
	else
		fprintf(out, ":%u:%u-%u: ", line, col, last_col > col ? last_col : col + 1);
}

static void print_place(const struct diag *d, struct src_loc loc, const char *kind, const char *color_on,
			const char *msg, FILE *out, bool color)
{
	const struct source *s = diag_source(d, loc.source);
	const char *bold = color ? "\033[1m" : "", *off = color ? "\033[0m" : "";
	size_t start, end, from, to;

	if (!color)
		color_on = "";
	if (!s) {
		/* as every message of gft that is about no place of the script */
		if (!strcmp(kind, "ERROR"))
			fputs("gft: ", out);
		else
			fprintf(out, "%s%s:%s ", color_on, kind, off);
		put_text(out, msg, strlen(msg));
		fputc('\n', out);
		return;
	}
	fprintf(out, "%s", bold);
	diag_span(d, loc, out);
	fprintf(out, "%s%s:%s ", color_on, kind, off);
	put_text(out, msg, strlen(msg));
	fputc('\n', out);

	from = loc.begin < s->len ? loc.begin : s->len;
	for (start = from; start > 0 && s->text[start - 1] != '\n';)
		start--;
	for (end = from; end < s->len && s->text[end] != '\n';)
		end++;
	to = loc.end > end ? end : loc.end;
	if (to < from)
		to = from;
	/* of a very long line only what is around the place, from a character's first byte on */
	if (from - start > LINE_BEFORE) {
		start = from - LINE_BEFORE;
		while (start < from && ((unsigned char)s->text[start] & 0xc0) == 0x80)
			start++;
	}
	if (end - from > LINE_AFTER) {
		end = from + LINE_AFTER;
		while (end > from && ((unsigned char)s->text[end] & 0xc0) == 0x80)
			end--;
	}
	if (to > end)
		to = end;
	put_text(out, s->text + start, end - start);
	fputc('\n', out);
	fprintf(out, "%*s%s", (int)width(s->text + start, from - start), "", color_on);
	for (size_t i = 0, w = width(s->text + from, to - from); i < (w ? w : 1); i++)
		fputc('~', out);
	fputs(off, out);
	fputc('\n', out);
}

bool diag_line(const struct diag *d, const char *name, unsigned line, struct src_loc *loc)
{
	for (size_t i = 0; i < d->nsources; i++) {
		const struct source *s = d->sources[i];
		unsigned at = 1;
		uint32_t p = 0;

		if (strcmp(s->name, name) != 0)
			continue;
		while (at < line && p < s->len)
			at += s->text[p++] == '\n';
		if (at != line || p >= s->len)
			return false;
		while (s->text[p] == ' ' || s->text[p] == '\t')
			p++;
		*loc = (struct src_loc){ p, p + (uint32_t)strcspn(s->text + p, "\n"), s->index, 0 };
		return true;
	}
	return false;
}

void diag_place(const struct diag *d, struct src_loc loc, const char *kind, const char *msg, FILE *out, bool color)
{
	print_place(d, loc, kind, "\033[33m", msg, out, color);
	if (loc.use && loc.use <= d->nuses)
		for (const struct diag_context *c = d->uses[loc.use - 1]; c; c = c->outer)
			print_place(d, c->loc, "NOTE", "\033[36m", c->msg, out, color);
}

static int by_place(const void *pa, const void *pb)
{
	const struct diag_entry *a = pa, *b = pb;

	if (a->level != b->level)
		return a->level == DIAG_ERROR ? -1 : 1;
	if (a->loc.source != b->loc.source)
		return a->loc.source < b->loc.source ? -1 : 1;
	if (a->loc.begin != b->loc.begin)
		return a->loc.begin < b->loc.begin ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

void diag_print(const struct diag *d, FILE *out, bool color, bool warnings)
{
	struct diag_entry *sorted = xmalloc(d->nentries * sizeof(*sorted));

	if (d->nentries)
		memcpy(sorted, d->entries, d->nentries * sizeof(*sorted));
	qsort(sorted, d->nentries, sizeof(*sorted), by_place);
	for (size_t i = 0; i < d->nentries; i++) {
		const struct diag_entry *e = &sorted[i];
		const char *kind = e->level == DIAG_ERROR ? "ERROR" : "WARNING";
		const char *kind_color = e->level == DIAG_ERROR ? "\033[31m" : "\033[33m";

		if (e->level == DIAG_WARNING && !warnings)
			continue;
		print_place(d, e->loc, kind, kind_color, e->msg, out, color);
		for (size_t k = 0; k < e->nnotes; k++) {
			const struct diag_note *n = &e->notes[k];

			print_place(d, n->loc, n->operand ? kind : "NOTE", n->operand ? kind_color : "\033[36m", n->msg,
				    out, color);
		}
		if (e->hint) {
			fputs("HINT: ", out);
			put_text(out, e->hint, strlen(e->hint));
			fputc('\n', out);
		}
	}
	if (d->errors > MAX_ERRORS)
		fprintf(out, "%zu more errors are not shown\n", d->errors - MAX_ERRORS);
	free(sorted);
}

/* Damerau-Levenshtein distance (adjacent swaps count one), capped at limit + 1. */
static size_t distance(const char *a, size_t n, const char *b, size_t m, size_t limit)
{
	size_t row[3][MAX_WORD + 1];

	if (n > MAX_WORD || m > MAX_WORD)
		return limit + 1;
	if ((n > m ? n - m : m - n) > limit)
		return limit + 1;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *cur = row[i % 3], *prev = row[(i - 1) % 3], *prev2 = row[(i + 1) % 3];

		cur[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t cost = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);
			size_t best = prev[j] + 1;

			if (cur[j - 1] + 1 < best)
				best = cur[j - 1] + 1;
			if (prev[j - 1] + cost < best)
				best = prev[j - 1] + cost;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && prev2[j - 2] + 1 < best)
				best = prev2[j - 2] + 1;
			cur[j] = best;
		}
	}
	return row[n % 3][m];
}

const char *diag_nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strlen(word), limit = len / 3, best = 0;
	const char *found = NULL;

	if (limit < 1)
		limit = 1;
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, len, names[i], strlen(names[i]), limit);

		if (d <= limit && (!found || d < best)) {
			found = names[i];
			best = d;
		}
	}
	return found;
}
