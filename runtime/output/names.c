/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* names.c - see names.h. */
#include "runtime/output/names.h"

#include <stdlib.h>
#include <string.h>

#define PAGE	  256U	     /* sites whose texts lie together */
#define MAX_SITES (1U << 20) /* sites whose texts are kept */
#define CALLERS	  8192	     /* a power of two */

struct caller_text {
	uint32_t site;
	int64_t rel;
	struct text place;
};

struct names {
	const struct names_ops *ops;
	struct site_text *sites[MAX_SITES / PAGE]; /* pages, made when a site of theirs first appears */
	struct caller_text callers[CALLERS];
	struct site_text other; /* of a site that is not kept */
};

struct names *names_new(const struct names_ops *ops)
{
	struct names *n = xcalloc(1, sizeof(*n));

	n->ops = ops;
	return n;
}

static void site_text_free(struct site_text *t)
{
	free(t->func.s);
	free(t->place.s);
	*t = (struct site_text){ 0 };
}

void names_free(struct names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < MAX_SITES / PAGE; i++) {
		for (size_t k = 0; n->sites[i] && k < PAGE; k++)
			site_text_free(&n->sites[i][k]);
		free(n->sites[i]);
	}
	for (size_t i = 0; i < CALLERS; i++)
		free(n->callers[i].place.s);
	site_text_free(&n->other);
	free(n);
}

static struct text take(struct buf *b)
{
	struct text t = { b->data, b->len };

	return t; /* the buffer's memory now belongs to the text */
}

static const struct sym_source *syms_of(const struct output *o)
{
	return o->opts.values ? o->opts.values->syms : NULL;
}

const struct site_info *names_info(const struct output *o, uint32_t site)
{
	const struct sym_source *syms = syms_of(o);

	return syms && site != GFT_NO_SITE ? syms->site(syms->ctx, site) : NULL;
}

const struct payload *names_payload(const struct output *o, uint32_t site, const struct gft_payload *data)
{
	const struct site_info *s = data ? names_info(o, site) : NULL;
	uint64_t mask;

	if (!s || !s->payload->n)
		return NULL;
	mask = s->payload->n < 64 ? (1ULL << s->payload->n) - 1 : UINT64_MAX;
	return data->present & mask ? s->payload : NULL;
}

/* --- system calls ----------------------------------------------------------------------- */

static const struct syscall {
	const char *name;
	unsigned char args;
} syscalls[] = {
#define SYSCALL(nr, name, args) [nr] = { #name, args },
#include "gft/syscalls.h"
#undef SYSCALL
};

void names_syscall(struct buf *b, uint32_t nr)
{
	if (nr < sizeof(syscalls) / sizeof(syscalls[0]) && syscalls[nr].name)
		buf_puts(b, syscalls[nr].name);
	else
		buf_u64(b, nr);
}

unsigned names_syscall_args(uint32_t nr)
{
	return nr < sizeof(syscalls) / sizeof(syscalls[0]) && syscalls[nr].name ? syscalls[nr].args : 6;
}

int64_t names_syscall_arg(uint64_t word)
{
	int64_t n = word <= UINT32_MAX && (int32_t)word < 0 ? (int32_t)word : (int64_t)word;

	return n < 0 && n <= -4096 ? (int64_t)word : n;
}

void names_errno(struct buf *b, int number)
{
	const char *name = strerrorname_np(number);

	if (name)
		buf_puts(b, name);
	else
		buf_printf(b, "-%d", number);
}

const char *names_trim(const struct output *o, const char *file)
{
	const char *prefix = o->opts.trim_prefix;

	return prefix && strncmp(file, prefix, strlen(prefix)) == 0 ? file + strlen(prefix) : file;
}

static void site_text_make(const struct names *n, const struct output *o, struct site_text *t, uint32_t site)
{
	struct buf func = BUF_INIT, place = BUF_INIT;

	n->ops->site(o, &func, &place, names_info(o, site), site);
	t->func = take(&func);
	t->place = take(&place);
}

const struct site_text *names_site(struct names *n, const struct output *o, uint32_t site)
{
	struct site_text **page, *t;

	if (site >= MAX_SITES) {
		site_text_free(&n->other);
		site_text_make(n, o, &n->other, site);
		return &n->other;
	}
	page = &n->sites[site / PAGE];
	if (!*page)
		*page = xcalloc(PAGE, sizeof(**page));
	t = &(*page)[site % PAGE];
	if (!t->func.s)
		site_text_make(n, o, t, site);
	return t;
}

void names_caller(struct names *n, struct output *o, const struct graph_node *node)
{
	uint64_t h = ((uint64_t)node->caller_rel ^ (uint64_t)node->site << 40) * 0x9e3779b97f4a7c15ULL;
	struct caller_text *c = &n->callers[h >> 51 & (CALLERS - 1)];
	const struct sym_source *syms = syms_of(o);
	struct code_info info = { 0 };
	struct buf b = BUF_INIT;

	if (c->place.s && c->site == node->site && c->rel == node->caller_rel) {
		buf_add(&o->b, c->place.s, c->place.len);
		return;
	}
	if (syms)
		syms->caller(syms->ctx, node->site, node->caller_rel, &info);
	if (!info.func) { /* may become known later: not kept */
		n->ops->code(o, &o->b, &info);
		return;
	}
	n->ops->code(o, &b, &info);
	free(c->place.s);
	*c = (struct caller_text){ node->site, node->caller_rel, take(&b) };
	buf_add(&o->b, c->place.s, c->place.len);
}
