/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* value_time.c - strftime() values and stacks: values that take many lookups. */
#include <string.h>
#include <time.h>

#include "runtime/output/value.h"

#define NS	   1000000000LL
#define MAX_FRAMES 1024

int64_t value_wall(const struct value_ctx *vc, uint64_t mono_ns)
{
	return (int64_t)(mono_ns + (uint64_t)(vc ? vc->wall_offset_ns : 0));
}

/* strftime() with %f as microseconds; text of any length. */
static void format_time(struct buf *b, const char *fmt, int64_t wall_ns)
{
	int64_t sec = wall_ns / NS, ns = wall_ns % NS;
	struct buf spec = BUF_INIT;
	struct tm tm;
	time_t tt;
	size_t n;

	if (ns < 0) {
		ns += NS;
		sec--;
	}
	tt = (time_t)sec;
	if (!localtime_r(&tt, &tm))
		return;
	for (const char *p = fmt; *p; p++) {
		if (p[0] == '%' && p[1] == 'f') {
			buf_printf(&spec, "%06lld", (long long)(ns / 1000));
			p++;
			continue;
		}
		buf_putc(&spec, *p);
		if (p[0] == '%' && p[1])
			buf_putc(&spec, *++p);
	}
	/* strftime() returns 0 for "too small" and for "nothing" alike: a blank in front tells them apart */
	n = spec.len * 16 + 256;
	buf_putc(&spec, ' ');
	buf_reserve(b, n);
	n = strftime(b->data + b->len, n, buf_str(&spec), &tm);
	b->len += n ? n - 1 : 0;
	b->data[b->len] = '\0';
	buf_free(&spec);
}

void value_strftime(struct buf *b, const struct value_ctx *vc, const struct ty_timestamp *ts)
{
	const char *fmt = vc && vc->string ? vc->string(vc->ctx, ts->fmt) : NULL;
	int64_t wall = value_wall(vc, ts->ns);

	if (vc && ts->mode == 1)
		wall = (int64_t)((uint64_t)wall - (uint64_t)vc->boot_offset_ns);
	format_time(b, fmt ? fmt : "%H:%M:%S", wall);
}

static void print_code(struct buf *b, const struct gft_type *t, uint64_t ip, const struct code_info *c)
{
	const char *module = c->module ? c->module : "[unknown]";

	/* as perf script and bpftrace write it, for what makes flame graphs of it */
	if (t->stack_mode == STACK_PERF)
		buf_printf(b, "\t%llx ", (unsigned long long)ip);
	else
		buf_pad(b, ' ', 8);
	value_place(b, c);
	if (t->stack_mode == STACK_PERF && t->stack_kind != STACK_KERNEL && !c->inlined) {
		buf_puts(b, " (");
		value_escape(b, module, strlen(module));
		buf_putc(b, ')');
	}
	if (t->stack_mode != STACK_PERF && c->file) {
		buf_putc(b, t->stack_kind == STACK_GO ? ' ' : '@');
		value_escape(b, c->file, strlen(c->file));
		buf_printf(b, ":%u", c->line);
	}
	buf_putc(b, '\n');
}

static void print_frame(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, uint32_t pid, uint64_t ip,
			bool is_return)
{
	struct code_info c = { .addr = ip, .off = is_return };
	uint32_t copies;
	size_t at = b->len;

	if (t->stack_mode == STACK_RAW || t->stack_mode == STACK_BUILD_ID) {
		if (t->stack_mode == STACK_BUILD_ID && pid && vc->file_place)
			vc->file_place(vc->ctx, b, pid, ip);
		if (b->len == at)
			buf_printf(b, "%llx", (unsigned long long)ip);
		buf_putc(b, '\n');
		return;
	}
	if (vc->symbol)
		vc->symbol(vc->ctx, pid, ip, &c);
	copies = c.copies;
	for (uint32_t level = 1; copies && level <= copies + 1; level++) {
		c = (struct code_info){ .addr = ip, .off = is_return, .level = level };
		vc->symbol(vc->ctx, pid, ip, &c);
		print_code(b, t, ip, &c);
	}
	if (!copies)
		print_code(b, t, ip, &c);
}

/* A line end, then a line for each frame: so a stack reads well as a key and behind "%s". */
void value_stack(struct buf *b, const struct value_ctx *vc, const struct gft_type *t, const void *data)
{
	uint64_t ips[MAX_FRAMES];
	struct ty_stack st;
	size_t n = 0, max = t->count && t->count < MAX_FRAMES ? t->count : MAX_FRAMES;

	memcpy(&st, data, sizeof(st));
	buf_putc(b, '\n');
	if (vc && vc->stack && st.id)
		n = vc->stack(vc->ctx, t, &st, ips, max);
	for (size_t i = 0; i < n && i < max; i++)
		print_frame(b, vc, t, t->stack_kind == STACK_KERNEL ? 0 : st.pid, ips[i], i > 0);
}
