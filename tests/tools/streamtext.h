/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * streamtext.h - a recorded stream from a description that people write.
 *
 *     func NAME FILE LINE [exit=OFF:LINE] [args=NAME:TYPE,...] [rets=NAME:TYPE,...]
 *     opts [min=DURATION] [depth=N] [limit=N] [parks] [stack] [syscalls] [children]   of the next graph() number
 *     clock SECONDS                                wall clock at time 0
 *     g GOID [PID] | thread TID [PID]              whose records follow
 *     [+DURATION] open F | call F | ret F | tail F | close | gone | drop | tag
 *                 [NAME=VALUE ...] [from=F+OFF:LINE] [key=N] [opts=N] [lost] [system] [dropped] [root] [short]
 *     [+DURATION] running | runnable | syscall | park REASON [F+OFF:LINE ...] [lost]
 *     [+DURATION] sys NR RET TOOK [ARG ...]        a system call returned
 *     [+DURATION] go GOID F F+OFF:LINE [followed]  a go statement
 *     [+DURATION] stack F+OFF:LINE ...             behind open
 *     unwind N                                     N calls leave without a record
 *     text "..."     process-gone PID     lost     end     cut N (bytes off the end)
 *
 * Keys follow from the calls that are open: "call" is one frame deeper, "ret"
 * and "tail" are at the innermost; a record with a key of its own, or one cut
 * short, changes nothing in that.  A value is a number, a "string" with \xNN,
 * or fault.  TYPE: s8-s64 u8-u64 x8-x64 bool dur f64 ptr strN bufN s64[N].
 */
#ifndef GFT_TESTS_STREAMTEXT_H
#define GFT_TESTS_STREAMTEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/stream.h"
#include "gft/type.h"

#define ST_MAX_FUNCS   64
#define ST_MAX_TOKENS  64
#define ST_MAX_DEPTH   200000
#define ST_MAX_GORS    16
#define ST_MAX_CALLERS 256
#define ST_FRAME       64
#define ST_MAX_REASONS 32

struct st_func {
	const char *name, *file;
	uint32_t line, exit_off, exit_line;
	struct payload args, rets;
	struct site_info site[3]; /* entry, exit, tail exit */
};

struct st_gor {
	uint64_t goid;
	uint32_t pid;
	bool thread;
	uint32_t *func; /* of each open call */
	size_t depth;
};

struct streamtext {
	struct arena *a;
	const char *path;
	unsigned line;
	struct st_func f[ST_MAX_FUNCS];
	size_t nf;
	struct st_gor g[ST_MAX_GORS];
	size_t ng;
	struct st_gor *cur;
	struct code_info caller[ST_MAX_CALLERS];
	size_t ncallers;
	const char *reason[ST_MAX_REASONS];
	uint32_t nreasons;
	bool begun; /* the first record was written */
	uint64_t now;
	struct sym_source syms;
	struct stream_writer *w;
	size_t cut;
};

__attribute__((noreturn)) static void st_die(struct streamtext *s, const char *what, const char *tok)
{
	fprintf(stderr, "%s:%u: %s: %s\n", s->path, s->line, what, tok);
	exit(2);
}

static const struct site_info *st_site(void *ctx, uint32_t site)
{
	struct streamtext *s = ctx;

	return site / 3 < s->nf ? &s->f[site / 3].site[site % 3] : NULL;
}

static void st_caller(void *ctx, uint32_t site, int64_t rel, struct code_info *out)
{
	struct streamtext *s = ctx;

	(void)site;
	*out = rel >= 0 && (size_t)rel < s->ncallers ? s->caller[rel] : (struct code_info){ .addr = (uint64_t)rel };
}

static const char *st_wait_reason(void *ctx, uint32_t site, uint32_t reason, int64_t from)
{
	struct streamtext *s = ctx;

	(void)site, (void)from;
	return reason < s->nreasons ? s->reason[reason] : NULL;
}

/* --- words ------------------------------------------------------------------------- */

static int st_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Splits a line; quotes keep blanks, \xNN \n \\ \" are read inside them. */
static size_t st_words(struct streamtext *s, const char *p, const char **tok)
{
	size_t n = 0;

	for (;;) {
		struct buf b = BUF_INIT;
		bool quoted = false;

		while (*p == ' ' || *p == '\t')
			p++;
		if (!*p || *p == '#')
			return n;
		for (; *p && (quoted || (*p != ' ' && *p != '\t')); p++) {
			if (*p == '"') {
				quoted = !quoted;
			} else if (quoted && p[0] == '\\' && p[1] == 'x' && st_hex(p[2]) >= 0 && st_hex(p[3]) >= 0) {
				buf_putc(&b, (char)(st_hex(p[2]) << 4 | st_hex(p[3])));
				p += 3;
			} else if (quoted && p[0] == '\\' && p[1]) {
				p++;
				buf_putc(&b, *p == 'n' ? '\n' : *p == 't' ? '\t' : *p);
			} else {
				buf_putc(&b, *p);
			}
		}
		if (n == ST_MAX_TOKENS)
			st_die(s, "too many words", "");
		tok[n++] = arena_strndup(s->a, buf_str(&b), b.len);
		buf_free(&b);
	}
}

/* The text behind "name=", or NULL. */
static const char *st_opt(const char *tok, const char *name)
{
	size_t n = strlen(name);

	return strncmp(tok, name, n) == 0 && tok[n] == '=' ? tok + n + 1 : NULL;
}

static uint64_t st_duration(struct streamtext *s, const char *t)
{
	char *end;
	double v = strtod(t, &end);

	if (strcmp(end, "ns") == 0)
		return (uint64_t)v;
	if (strcmp(end, "us") == 0)
		return (uint64_t)(v * 1e3);
	if (strcmp(end, "ms") == 0)
		return (uint64_t)(v * 1e6);
	if (strcmp(end, "s") == 0)
		return (uint64_t)(v * 1e9);
	st_die(s, "not a duration", t);
}

/* --- functions ------------------------------------------------------------------------- */

static const struct gft_type *st_type(struct streamtext *s, const char *t)
{
	const char *digits = t + strcspn(t, "0123456789");
	unsigned n = (unsigned)atoi(digits);
	struct gft_type *ty;

	if (strchr(t, '['))
		return ty_array(s->a, &ty_i64, (uint32_t)atoi(strchr(t, '[') + 1));
	if (strncmp(t, "str", 3) == 0)
		return ty_string(s->a, n);
	if (strncmp(t, "buf", 3) == 0)
		return ty_buffer(s->a, n);
	if (strcmp(t, "bool") == 0)
		return &ty_bool;
	if (strcmp(t, "ptr") == 0)
		return ty_ptr(s->a, &ty_void, TS_USER);
	if (!strchr("suxfd", t[0]))
		st_die(s, "unknown type", t);
	ty = ty_new(s->a, t[0] == 'f' ? TY_FLOAT : TY_INT);
	ty->size = ty->align = t[0] == 'd' ? 8 : n / 8;
	ty->is_signed = t[0] == 's';
	ty->display = t[0] == 'x' ? TD_HEX : t[0] == 'd' ? TD_DURATION : TD_DEC;
	return ty;
}

static void st_payload(struct streamtext *s, struct payload *p, const char *text)
{
	char *copy = arena_strdup(s->a, text), *save = NULL;
	struct payload_field *f = ARENA_ARRAY(s->a, struct payload_field, GFT_PAYLOAD_MAX);
	uint32_t off = sizeof(struct gft_payload);

	for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		char *colon = strchr(t, ':');

		if (!colon)
			st_die(s, "NAME:TYPE wanted", t);
		*colon = '\0';
		f[p->n] = (struct payload_field){ t, st_type(s, colon + 1), off };
		off += (f[p->n].type->size + 7) & ~7U;
		p->n++;
	}
	p->fields = f;
	p->size = off;
}

static void st_add_func(struct streamtext *s, const char **tok, size_t n)
{
	uint32_t id = (uint32_t)s->nf;
	struct st_func *f = &s->f[id];

	if (n < 4 || s->nf == ST_MAX_FUNCS)
		st_die(s, "func NAME FILE LINE wanted", "");
	f->name = tok[1];
	f->file = strcmp(tok[2], "-") == 0 ? NULL : tok[2];
	f->line = (uint32_t)atoi(tok[3]);
	f->exit_off = 68;
	f->exit_line = f->line + 5;
	for (size_t i = 4; i < n; i++) {
		const char *v;

		if ((v = st_opt(tok[i], "exit"))) {
			if (sscanf(v, "%u:%u", &f->exit_off, &f->exit_line) != 2)
				st_die(s, "OFF:LINE wanted", v);
		} else if ((v = st_opt(tok[i], "args"))) {
			st_payload(s, &f->args, v);
		} else if ((v = st_opt(tok[i], "rets"))) {
			st_payload(s, &f->rets, v);
		} else {
			st_die(s, "not known", tok[i]);
		}
	}
	f->site[0] = (struct site_info){ f->name, f->file, f->line, 4, id, SITE_ENTRY, &f->args };
	f->site[1] = (struct site_info){ f->name, f->file, f->exit_line, f->exit_off, id, SITE_EXIT, &f->rets };
	f->site[2] =
		(struct site_info){ f->name, f->file, f->exit_line, f->exit_off + 9, id, SITE_TAIL_EXIT, &f->rets };
	s->nf++;
}

static uint32_t st_find(struct streamtext *s, const char *name, size_t len)
{
	for (uint32_t i = 0; i < s->nf; i++)
		if (strncmp(s->f[i].name, name, len) == 0 && !s->f[i].name[len])
			return i;
	return UINT32_MAX;
}

/* --- records ------------------------------------------------------------------------------ */

static void st_goroutine(struct streamtext *s, const char **tok, size_t n, bool thread)
{
	uint64_t goid = n > 1 ? strtoull(tok[1], NULL, 0) : 1;
	uint32_t pid = n > 2 ? (uint32_t)atoi(tok[2]) : 1234;

	for (s->cur = s->g; s->cur < s->g + s->ng; s->cur++)
		if (s->cur->goid == goid && s->cur->pid == pid && s->cur->thread == thread)
			return;
	if (s->ng == ST_MAX_GORS)
		st_die(s, "too many goroutines", "");
	*s->cur = (struct st_gor){ goid, pid, thread, xcalloc(ST_MAX_DEPTH, sizeof(uint32_t)), 0 };
	s->ng++;
}

static int64_t st_from(struct streamtext *s, const char *v)
{
	struct code_info *c = &s->caller[s->ncallers];
	size_t len = strcspn(v, "+");
	uint32_t f;

	if (strncmp(v, "0x", 2) == 0)
		return (int64_t)strtoull(v, NULL, 16);
	*c = (struct code_info){ .func = arena_strndup(s->a, v, len) };
	if (v[len])
		sscanf(v + len, "+%u:%u", &c->off, &c->line);
	f = st_find(s, v, len);
	if (f != UINT32_MAX)
		c->file = s->f[f].file;
	for (size_t i = 0; i < s->ncallers; i++)
		if (strcmp(s->caller[i].func, c->func) == 0 && s->caller[i].off == c->off &&
		    s->caller[i].line == c->line)
			return (int64_t)i;
	if (s->ncallers + 1 == ST_MAX_CALLERS)
		st_die(s, "too many callers", v);
	return (int64_t)s->ncallers++;
}

static void st_value(struct streamtext *s, const struct payload *p, char *data, const char *tok)
{
	struct gft_payload *head = (struct gft_payload *)data;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct payload_field *f = &p->fields[i];
		const char *v = st_opt(tok, f->name);
		int64_t num;
		double d;

		if (!v)
			continue;
		head->present |= 1ULL << i;
		if (strcmp(v, "fault") == 0) {
			head->fault |= 1ULL << i;
			return;
		}
		num = (int64_t)strtoull(v, NULL, 0);
		d = strtod(v, NULL);
		switch (f->type->kind) {
		case TY_STRING: strncpy(data + f->off, v, f->type->size); break;
		case TY_BUFFER:
			*(uint32_t *)(data + f->off) = (uint32_t)strlen(v);
			strncpy(data + f->off + 4, v, f->type->count);
			break;
		case TY_ARRAY:
			for (uint32_t k = 0; k < f->type->count; k++, num++)
				memcpy(data + f->off + 8 * k, &num, 8);
			break;
		case TY_FLOAT: memcpy(data + f->off, &d, 8); break;
		default: memcpy(data + f->off, &num, f->type->size);
		}
		return;
	}
	st_die(s, "not known here", tok);
}

/* Tags by number are the arguments of each function: they come before the first record. */
static void st_begin(struct streamtext *s)
{
	for (size_t i = 0; !s->begun && i < s->nf; i++)
		stream_write_tags(s->w, &s->f[i].args, 1);
	s->begun = true;
}

/* Records that are no calls; false: it is none. */
static bool st_leaf(struct streamtext *s, const char **tok, size_t n)
{
	static const char *const doing[] = { "running", "runnable", "park", "syscall" };
	struct st_gor *g = s->cur;
	struct gft_rec_call c = { .h.ts_ns = s->now, .h.kind = GFT_REC_STATE };
	struct gft_rec_park park = { 0 };
	struct gft_rec_syscall sys = { 0 };
	struct gft_rec_stack stack = { 0 };
	struct gft_rec_go go = { 0 };
	size_t what = 0;

	if (!g)
		return false;
	c.goid = g->goid;
	c.tgid = c.tid = g->pid;
	if (strcmp(tok[n - 1], "lost") == 0) {
		c.h.flags = GFT_RF_LOST;
		n--;
	}
	if (g->thread)
		c.h.flags |= GFT_RF_THREAD;
	while (what < 4 && strcmp(doing[what], tok[0]) != 0)
		what++;
	if (what == GFT_PARKED && n > 1) {
		c.h.aux = GFT_PARKED;
		park.c = c;
		while (park.reason < s->nreasons && strcmp(s->reason[park.reason], tok[1]) != 0)
			park.reason++;
		if (park.reason == s->nreasons && s->nreasons < ST_MAX_REASONS)
			s->reason[s->nreasons++] = tok[1];
		for (size_t i = 2; i < n && park.n < GFT_PARK_FRAMES; i++)
			park.rel[park.n++] = st_from(s, tok[i]);
		stream_write(s->w, &park, sizeof(park));
	} else if (what < 4) {
		c.h.aux = (uint16_t)what;
		stream_write(s->w, &c, sizeof(c));
	} else if (strcmp(tok[0], "sys") == 0 && n > 3) {
		sys.c = c;
		sys.c.h.kind = GFT_REC_SYSCALL;
		sys.c.h.site = GFT_NO_SITE;
		sys.nr = (uint32_t)atoi(tok[1]);
		sys.ret = (int64_t)(tok[2][0] == '-' ? (uint64_t)strtoll(tok[2], NULL, 0) : strtoull(tok[2], NULL, 0));
		sys.start_ns = s->now - st_duration(s, tok[3]);
		for (size_t i = 4; i < n && i < 10; i++)
			sys.args[i - 4] = strtoull(tok[i], NULL, 0);
		stream_write(s->w, &sys, sizeof(sys));
	} else if (strcmp(tok[0], "go") == 0 && n > 3) {
		char start[600];

		go.c = c;
		go.c.h.kind = GFT_REC_GO;
		if (strcmp(tok[n - 1], "followed") == 0)
			go.c.h.flags |= GFT_RF_OPEN;
		go.child = strtoull(tok[1], NULL, 0);
		/* its place is found one behind its start */
		snprintf(start, sizeof(start), "%s+1:1", tok[2]);
		go.start = st_from(s, start) - 1;
		go.from = st_from(s, tok[3]);
		stream_write(s->w, &go, sizeof(go));
	} else if (strcmp(tok[0], "stack") == 0) {
		stack.c = c;
		stack.c.h.kind = GFT_REC_STACK;
		for (size_t i = 1; i < n && stack.n < GFT_STACK_FRAMES; i++)
			stack.rel[stack.n++] = st_from(s, tok[i]);
		stream_write(s->w, &stack, sizeof(stack));
	} else {
		return false;
	}
	return true;
}

static void st_record(struct streamtext *s, const char **tok, size_t n)
{
	static const char *const verbs[] = { "open", "call", "ret", "tail", "close", "gone", "drop", "tag" };
	_Alignas(8) char data[sizeof(struct gft_rec_entry) + 65536] = { 0 };
	struct gft_rec_entry *e = (struct gft_rec_entry *)data;
	const struct payload *p = NULL;
	struct st_gor *g = s->cur;
	size_t verb = 0, at = 1, size;
	uint32_t f = 0;
	bool is_short = false, moves = true;

	while (verb < 8 && strcmp(verbs[verb], tok[0]) != 0)
		verb++;
	if (verb == 8)
		st_die(s, "not known", tok[0]);
	if (!g)
		st_die(s, "no goroutine yet", tok[0]);
	if (verb < 4 || verb == 7) {
		f = n > 1 ? st_find(s, tok[1], strlen(tok[1])) : UINT32_MAX;
		if (f == UINT32_MAX)
			st_die(s, "a function is wanted", n > 1 ? tok[1] : "");
		at = 2;
	}
	for (size_t i = at; i < n; i++)
		if (st_opt(tok[i], "key") || strcmp(tok[i], "short") == 0)
			moves = false;
	if (verb < 2 && moves) {
		if (g->depth == ST_MAX_DEPTH)
			st_die(s, "too deep", "");
		g->func[g->depth++] = f;
	}
	e->c.h.kind = (const uint8_t[]){ GFT_REC_ENTRY, GFT_REC_ENTRY, GFT_REC_EXIT, GFT_REC_EXIT,
					 GFT_REC_CLOSE, GFT_REC_CLOSE, GFT_REC_DROP, GFT_REC_TAG }[verb];
	e->c.h.flags = (uint8_t)((verb == 0   ? GFT_RF_OPEN
				  : verb == 5 ? GFT_RF_GONE
					      : 0) |
				 (g->thread ? GFT_RF_THREAD : 0));
	e->c.h.site = verb == 2 ? 3 * f + 1 : verb == 3 ? 3 * f + 2 : 3 * f;
	e->c.h.ts_ns = s->now;
	e->c.goid = g->goid;
	e->c.tgid = e->c.tid = g->pid;
	e->c.key = verb == 4 || verb == 5 ? 0 : 64 + ST_FRAME * g->depth;
	if (verb < 2)
		e->caller_rel = st_from(s, "runtime.goexit+1:1700");
	if (verb < 2 && g->depth > 1) { /* called by the function below it */
		const struct st_func *by = &s->f[g->func[g->depth - 2]];
		char from[600];

		snprintf(from, sizeof(from), "%s+%u:%u", by->name, 20, by->line + 1);
		e->caller_rel = st_from(s, from);
	}
	if ((verb == 2 || verb == 3) && moves) {
		if (g->depth)
			g->depth--;
		if (!g->depth)
			e->c.h.flags |= GFT_RF_ROOT_EXIT;
	}
	size = verb < 2 ? sizeof(*e) : sizeof(e->c);
	if (verb == 7) {
		p = &s->f[f].args;
		e->c.h.aux = (uint16_t)f;
	} else if (verb < 4)
		p = s->f[f].site[e->c.h.site % 3].payload;
	for (size_t i = at; i < n; i++) {
		const char *v;

		if ((v = st_opt(tok[i], "from")))
			e->caller_rel = st_from(s, v);
		else if ((v = st_opt(tok[i], "key")))
			e->c.key = strtoull(v, NULL, 0);
		else if ((v = st_opt(tok[i], "opts")))
			e->c.h.aux = (uint16_t)atoi(v);
		else if (strcmp(tok[i], "lost") == 0)
			e->c.h.flags |= GFT_RF_LOST;
		else if (strcmp(tok[i], "root") == 0)
			e->c.h.flags |= GFT_RF_ROOT_EXIT;
		else if (strcmp(tok[i], "dropped") == 0)
			e->c.h.flags |= GFT_RF_DROPPED;
		else if (strcmp(tok[i], "system") == 0)
			e->c.h.flags |= GFT_RF_SWITCH, e->c.key += GFT_KEY_G0;
		else if (strcmp(tok[i], "short") == 0)
			is_short = true;
		else if (p && p->size)
			st_value(s, p, data + size, tok[i]);
		else
			st_die(s, "not known", tok[i]);
	}
	size += p ? p->size : 0;
	stream_write(s->w, data, is_short ? size - 12 : size);
}

static void st_line(struct streamtext *s, const char **tok, size_t n)
{
	struct graph_opts o = { 0 };
	const char *v;

	if (tok[0][0] == '+') {
		s->now += st_duration(s, tok[0] + 1);
		tok++, n--;
		if (!n)
			return;
	}
	if (strcmp(tok[0], "func") == 0) {
		st_add_func(s, tok, n);
	} else if (strcmp(tok[0], "g") == 0 || strcmp(tok[0], "thread") == 0) {
		st_goroutine(s, tok, n, tok[0][0] == 't');
	} else if (strcmp(tok[0], "opts") == 0) {
		for (size_t i = 1; i < n; i++) {
			if ((v = st_opt(tok[i], "min")))
				o.min_ns = st_duration(s, v);
			else if ((v = st_opt(tok[i], "depth")))
				o.depth = (uint32_t)atoi(v);
			else if ((v = st_opt(tok[i], "limit")))
				o.limit = (uint32_t)atoi(v);
			else if (strcmp(tok[i], "parks") == 0)
				o.flags |= GRAPH_PARKS;
			else if (strcmp(tok[i], "stack") == 0)
				o.flags |= GRAPH_STACK;
			else if (strcmp(tok[i], "syscalls") == 0)
				o.flags |= GRAPH_SYSCALLS;
			else if (strcmp(tok[i], "children") == 0)
				o.flags |= GRAPH_CHILDREN;
			else
				st_die(s, "not known", tok[i]);
		}
		stream_write_opts(s->w, &o, 1);
	} else if (strcmp(tok[0], "clock") == 0 && n == 2) {
		stream_write_clock(s->w, strtoll(tok[1], NULL, 10) * 1000000000LL, 0);
	} else if (strcmp(tok[0], "unwind") == 0 && n == 2 && s->cur) {
		size_t k = (size_t)atoi(tok[1]);

		s->cur->depth -= k < s->cur->depth ? k : s->cur->depth;
	} else if (strcmp(tok[0], "text") == 0 && n == 2) {
		st_begin(s);
		stream_write_text(s->w, "printf", tok[1], strlen(tok[1]));
	} else if (strcmp(tok[0], "process-gone") == 0 && n == 2) {
		st_begin(s);
		stream_write_gone(s->w, (uint32_t)atoi(tok[1]), s->now);
	} else if (strcmp(tok[0], "lost") == 0 && n == 1) {
		st_begin(s);
		stream_write_lost(s->w);
	} else if (strcmp(tok[0], "cut") == 0 && n == 2) {
		s->cut = (size_t)atoi(tok[1]);
	} else {
		st_begin(s);
		if (!st_leaf(s, tok, n))
			st_record(s, tok, n);
	}
}

/* Writes the stream that the text file at path describes to fd, which is a file.  Ends the program on a mistake. */
static void streamtext_write(const char *path, int fd)
{
	struct streamtext *s = xcalloc(1, sizeof(*s));
	FILE *in = fopen(path, "r");
	const char *tok[ST_MAX_TOKENS];
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	s->path = path;
	if (!in)
		st_die(s, "cannot be read", "");
	s->a = arena_new();
	s->syms = (struct sym_source){ .ctx = s, .site = st_site, .caller = st_caller, .wait_reason = st_wait_reason };
	s->w = stream_writer_new(fd, &s->syms);
	while ((len = getline(&line, &cap, in)) >= 0) {
		unsigned times = 1;
		const char *p = line;
		size_t n;

		if (len && line[len - 1] == '\n')
			line[len - 1] = '\0';
		s->line++;
		if (*p == '*') /* "*1000 call f": that many times */
			times = (unsigned)strtoul(p + 1, (char **)&p, 10);
		n = st_words(s, p, tok);
		while (n && times--)
			st_line(s, tok, n);
	}
	if (stream_writer_close(s->w, s->now) < 0)
		st_die(s, "cannot write", "");
	if (s->cut && ftruncate(fd, lseek(fd, 0, SEEK_END) - (off_t)s->cut) < 0)
		st_die(s, "cannot cut", "");
	for (size_t i = 0; i < s->ng; i++)
		free(s->g[i].func);
	free(line);
	fclose(in);
	arena_free(s->a);
	free(s);
}

#endif
