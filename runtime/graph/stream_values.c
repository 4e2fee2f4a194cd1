/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * stream_values.c - values of a recorded stream that are only numbers: names of
 * probes, addresses, stacks, formats, users.
 *
 * The writer prints each such value, for nobody, and writes down what it was
 * told while it did.  So whatever a value asks for, in whatever format it will
 * be shown, is in the file before the record that needs it.
 */
#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "gft/type.h"
#include "runtime/graph/stream_reader.h"
#include "runtime/graph/stream_writer.h"

#define MAX_FRAMES 4096 /* of a stack in a file */

struct stream_stack {
	uint32_t n;
	uint64_t ips[];
};

static uint64_t sum(uint64_t h, const void *data, size_t size)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return h;
}

static uint32_t pattern_sum(const char *filter)
{
	uint64_t h = filter ? sum(0xcbf29ce484222325ULL, filter, strlen(filter)) : 0;

	return (uint32_t)(h ^ h >> 32);
}

static uint64_t key_of(uint32_t question, uint32_t pid)
{
	return (uint64_t)question << 32 | pid;
}

/* --- writing ------------------------------------------------------------------------- */

static void answer(struct stream_writer *w, uint32_t question, uint32_t pid, uint64_t n, const struct code_info *c)
{
	struct stream_answer a = { .question = question, .pid = pid, .n = n };

	if (!c->func || idmap_get(&w->answers, key_of(question, pid), n)) /* may be known the next time */
		return;
	idmap_put(&w->answers, key_of(question, pid), n, 1);
	a.addr = c->addr;
	a.text = stream_put_string(w, c->func);
	a.file = stream_put_string(w, c->file);
	a.line = c->line;
	a.off = c->off;
	stream_chunk(w, STREAM_ANSWER, &a, sizeof(a), NULL, 0);
}

static const char *ask_func(void *ctx, uint32_t id)
{
	struct stream_writer *w = ctx;
	const char *name = w->from->func_name ? w->from->func_name(w->from->ctx, id) : NULL;

	answer(w, STREAM_Q_FUNC, 0, id, &(struct code_info){ .func = name });
	return name;
}

static const char *ask_probe(void *ctx, uint32_t id)
{
	struct stream_writer *w = ctx;
	const char *name = w->from->probe_name ? w->from->probe_name(w->from->ctx, id) : NULL;

	answer(w, STREAM_Q_PROBE, 0, id, &(struct code_info){ .func = name });
	return name;
}

static const char *ask_string(void *ctx, uint32_t n)
{
	struct stream_writer *w = ctx;
	const char *text = w->from->string ? w->from->string(w->from->ctx, n) : NULL;

	answer(w, STREAM_Q_FORMAT, 0, n, &(struct code_info){ .func = text });
	return text;
}

static size_t ask_stack(void *ctx, const struct gft_type *t, const struct ty_stack *st, uint64_t *ips, size_t max)
{
	struct stream_writer *w = ctx;
	size_t n = w->from->stack ? w->from->stack(w->from->ctx, t, st, ips, max) : 0, bytes;
	uintptr_t h;

	if (n > max)
		n = max;
	bytes = n * sizeof(*ips);
	h = (uintptr_t)sum(0xcbf29ce484222325ULL, ips, bytes) | 1;
	/* an id may be that of another stack later, or of more of its frames */
	if (n && idmap_get(&w->answers, key_of(0, 0), st->id) != h) {
		idmap_put(&w->answers, key_of(0, 0), st->id, h);
		stream_chunk(w, STREAM_FRAMES, &st->id, sizeof(st->id), ips, bytes);
	}
	return n;
}

/* What is asked about an address, before it is answered. */
static uint32_t question_of(const struct code_info *c)
{
	return (c->off == 1 ? STREAM_Q_RETURN : STREAM_Q_CODE) | c->level << STREAM_Q_LEVEL;
}

static void ask_symbol(void *ctx, uint32_t pid, uint64_t addr, struct code_info *out)
{
	struct stream_writer *w = ctx;
	uint32_t question = question_of(out);

	if (w->from->symbol)
		w->from->symbol(w->from->ctx, pid, addr, out);
	answer(w, question, pid, addr, out);
}

static void ask_file_place(void *ctx, struct buf *b, uint32_t pid, uint64_t addr)
{
	struct stream_writer *w = ctx;
	size_t at = b->len;

	if (w->from->file_place)
		w->from->file_place(w->from->ctx, b, pid, addr);
	if (b->len > at)
		answer(w, STREAM_Q_FILE, pid, addr, &(struct code_info){ .func = buf_str(b) + at });
}

static void ask_user(void *ctx, struct buf *b, uint32_t uid)
{
	struct stream_writer *w = ctx;
	size_t at = b->len;

	value_username(b, uid);
	answer(w, STREAM_Q_USER, 0, uid, &(struct code_info){ .func = buf_str(b) + at });
}

static void ask_cgroup(void *ctx, struct buf *b, uint64_t id, const char *filter)
{
	struct stream_writer *w = ctx;
	size_t at = b->len;

	value_cgroup_path(b, id, filter);
	answer(w, STREAM_Q_CGROUP, pattern_sum(filter), id, &(struct code_info){ .func = buf_str(b) + at });
}

static const struct site_info *ask_site(void *ctx, uint32_t id)
{
	const struct stream_writer *w = ctx;

	return w->syms->site(w->syms->ctx, id);
}

static void ask_caller(void *ctx, uint32_t id, int64_t rel, struct code_info *out)
{
	struct stream_writer *w = ctx;

	stream_put_caller(w, id, rel);
	w->syms->caller(w->syms->ctx, id, rel, out);
}

static void ask_process(void *ctx, uint32_t tgid)
{
	const struct stream_writer *w = ctx;

	if (w->syms->process)
		w->syms->process(w->syms->ctx, tgid);
}

void stream_writer_values(struct stream_writer *w, const struct value_ctx *vc)
{
	struct stream_values v = { vc->max_strlen, stream_put_string(w, vc->trunc_trailer) };

	w->from = vc;
	w->value_syms = (struct sym_source){ .ctx = w, .site = ask_site, .caller = ask_caller, .process = ask_process };
	w->vc = (struct value_ctx){
		.ctx = w,
		.syms = &w->value_syms,
		.func_name = ask_func,
		.probe_name = ask_probe,
		.stack = ask_stack,
		.symbol = ask_symbol,
		.file_place = ask_file_place,
		.string = ask_string,
		.user = ask_user,
		.cgroup = ask_cgroup,
	};
	stream_chunk(w, STREAM_VALUES, &v, sizeof(v), NULL, 0);
}

/* Whether printing it asks for anything. */
static bool asks(const struct gft_type *t)
{
	switch (t->kind) {
	case TY_STACK:
	case TY_KSYM:
	case TY_USYM:
	case TY_CODE:
	case TY_FUNC:
	case TY_PROBE:
	case TY_TIMESTAMP:
	case TY_USERNAME:
	case TY_CGROUP: return true;
	case TY_ARRAY: return asks(t->elem);
	case TY_TUPLE:
	case TY_RECORD:
	case TY_STRUCT:
		for (uint32_t i = 0; i < t->nfields; i++)
			if (asks(t->fields[i].type))
				return true;
		return false;
	default: return false;
	}
}

void stream_put_values(struct stream_writer *w, const struct payload *p, const char *data, size_t size)
{
	struct gft_payload head;
	struct buf b = BUF_INIT;
	uintptr_t known;

	if (!w->from || !p || size < p->size || size < sizeof(head))
		return;
	known = idmap_get(&w->asking, (uintptr_t)p, 0);
	if (!known) {
		known = 1;
		for (uint32_t i = 0; i < p->n; i++)
			if (asks(p->fields[i].type))
				known = 2;
		idmap_put(&w->asking, (uintptr_t)p, 0, known);
	}
	if (known == 1)
		return;
	memcpy(&head, data, sizeof(head));
	for (uint32_t i = 0; i < p->n && i < 64; i++)
		if ((head.present >> i & 1) && asks(p->fields[i].type)) {
			value_print(&b, &w->vc, p->fields[i].type, data + p->fields[i].off);
			buf_reset(&b);
		}
	buf_free(&b);
}

/* --- reading ------------------------------------------------------------------------- */

#define TEXT_MAX 8192 /* no captured value, path, name or format has nearly as much */

/* Text that is printed as it is when the script has it, and may be anybody's here. */
static const char *harmless(struct stream *s, const char *text, const char *keep)
{
	struct buf b = BUF_INIT;

	if (!text)
		return NULL;
	value_escape_but(&b, text, strnlen(text, TEXT_MAX), keep);
	text = arena_strndup(s->arena, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

int stream_read_values(struct stream *s, const char *p, size_t size)
{
	struct stream_values v;

	if (size != sizeof(v))
		return stream_damaged(s, "what is known of values is cut off");
	memcpy(&v, p, sizeof(v));
	if (s->have_ahead || !stream_string(s, v.trunc_trailer, &s->trunc_trailer) ||
	    (s->trunc_trailer && strlen(s->trunc_trailer) > 64))
		return stream_damaged(s, "what is known of values makes no sense");
	s->trunc_trailer = harmless(s, s->trunc_trailer, "");
	s->max_strlen = v.max_strlen;
	return 0;
}

int stream_read_answer(struct stream *s, const char *p, size_t size)
{
	struct stream_answer a;
	struct code_info *c;

	if (size != sizeof(a))
		return stream_damaged(s, "a name is cut off");
	memcpy(&a, p, sizeof(a));
	c = stream_place(s, a.text, a.file, a.line, a.off, a.addr);
	if (!c)
		return stream_damaged(s, "a name makes no sense");
	if (a.question == STREAM_Q_FORMAT)
		c->func = harmless(s, c->func, "\n\t");
	idmap_put(&s->answers, key_of(a.question, a.pid), a.n, (uintptr_t)c);
	return 0;
}

int stream_read_frames(struct stream *s, const char *p, size_t size)
{
	struct stream_stack *st;
	uint64_t id;

	if (size < sizeof(id) || size % sizeof(*st->ips) || size / sizeof(*st->ips) - 1 > MAX_FRAMES)
		return stream_damaged(s, "a stack is cut off");
	memcpy(&id, p, sizeof(id));
	size -= sizeof(id);
	st = arena_alloc(s->arena, sizeof(*st) + size);
	st->n = (uint32_t)(size / sizeof(*st->ips));
	memcpy(st->ips, p + sizeof(id), size);
	idmap_put(&s->frames, id, 0, (uintptr_t)st);
	return 0;
}

static const struct code_info *find(const struct stream *s, uint32_t question, uint32_t pid, uint64_t n)
{
	return (const struct code_info *)idmap_get(&s->answers, key_of(question, pid), n);
}

static const char *text_of(const struct stream *s, uint32_t question, uint32_t pid, uint64_t n)
{
	const struct code_info *c = find(s, question, pid, n);

	return c ? c->func : NULL;
}

static const char *func_name(void *ctx, uint32_t id)
{
	return text_of(ctx, STREAM_Q_FUNC, 0, id);
}

static const char *probe_name(void *ctx, uint32_t id)
{
	return text_of(ctx, STREAM_Q_PROBE, 0, id);
}

static const char *string(void *ctx, uint32_t n)
{
	return text_of(ctx, STREAM_Q_FORMAT, 0, n);
}

static size_t stack(void *ctx, const struct gft_type *t, const struct ty_stack *st, uint64_t *ips, size_t max)
{
	const struct stream *s = ctx;
	const struct stream_stack *f = (const struct stream_stack *)idmap_get(&s->frames, st->id, 0);
	size_t n = f && f->n < max ? f->n : max;

	(void)t;
	if (!f)
		return 0;
	memcpy(ips, f->ips, n * sizeof(*ips));
	return n;
}

static void symbol(void *ctx, uint32_t pid, uint64_t addr, struct code_info *out)
{
	uint32_t question = question_of(out), level = out->level, copies = 0;
	const struct code_info *c = find(ctx, question, pid, addr);

	if (!c)
		return;
	*out = *c;
	/* every level was asked for that there is */
	question &= (1u << STREAM_Q_LEVEL) - 1;
	while (copies < COPIES_MAX && find(ctx, question | (copies + 2) << STREAM_Q_LEVEL, pid, addr))
		copies++;
	out->copies = copies;
	out->level = level;
	out->inlined = level && level <= copies;
}

/* Text that was escaped when it was recorded, or so a file says that may come from anywhere. */
static void put_text(struct buf *b, const char *text)
{
	size_t len = strnlen(text, TEXT_MAX);

	value_escape(b, text, len);
	if (text[len])
		buf_puts(b, "…");
}

static void file_place(void *ctx, struct buf *b, uint32_t pid, uint64_t addr)
{
	const char *place = text_of(ctx, STREAM_Q_FILE, pid, addr);

	if (place)
		put_text(b, place);
}

static void user(void *ctx, struct buf *b, uint32_t uid)
{
	const char *name = text_of(ctx, STREAM_Q_USER, 0, uid);

	if (name)
		put_text(b, name);
	else
		buf_u64(b, uid);
}

static void cgroup(void *ctx, struct buf *b, uint64_t id, const char *filter)
{
	const char *paths = text_of(ctx, STREAM_Q_CGROUP, pattern_sum(filter), id);

	if (paths)
		put_text(b, paths);
	else
		buf_u64(b, id);
}

static void go_value(void *ctx, struct buf *b, const struct gft_type *t, const void *data)
{
	const char *text = NULL;
	uint32_t n;

	if (t->size == sizeof(n)) {
		memcpy(&n, data, sizeof(n));
		stream_string(ctx, n, &text);
	}
	put_text(b, text ? text : "?");
}

struct value_ctx stream_value_ctx(struct stream *s)
{
	return (struct value_ctx){
		.ctx = s,
		.syms = &s->syms,
		.func_name = func_name,
		.probe_name = probe_name,
		.stack = stack,
		.symbol = symbol,
		.file_place = file_place,
		.string = string,
		.user = user,
		.cgroup = cgroup,
		.go_value = go_value,
		.wall_offset_ns = s->clock.wall_offset_ns,
		.boot_offset_ns = s->clock.boot_offset_ns,
		.max_strlen = s->max_strlen,
		.trunc_trailer = s->trunc_trailer,
	};
}
