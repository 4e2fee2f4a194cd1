/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* leaves.c - records that are no calls: waits, system calls, go statements, and the stack of a root. */
#include <stdlib.h>
#include <string.h>

#include "runtime/graph/builder.h"

#define START_OFF 1 /* a function's entry as a return address: one byte into it */

/* The open tree that a record is of.  NULL: none, which happens: its goroutine's graph may just have ended. */
static struct tree *tree_of(struct graph_builder *b, const struct gft_rec_call *r)
{
	struct tree *t = builder_find(b, r->tgid, r->goid, r->h.flags & GFT_RF_THREAD);

	if (!t || t->evicted)
		return NULL;
	if (r->h.flags & GFT_RF_LOST)
		builder_lost(b, t);
	return t;
}

/* --- graph(parks) -------------------------------------------------------------------- */

static int park(struct graph_builder *b, struct tree *t, const void *rec, size_t size)
{
	const struct sym_source *syms = b->cfg.syms;
	struct graph_node leaf = { .flags = GN_PARK | GN_OPEN, .start_ns = t->split->clock };
	struct pool_mark mark;
	struct gft_rec_park r;
	struct graph_park *p;
	const char *reason;

	if (size < sizeof(r))
		return builder_bad(b);
	memcpy(&r, rec, sizeof(r));
	if (r.n > GFT_PARK_FRAMES)
		return builder_bad(b);
	split_change(b, t, GFT_PARKED); /* what it waited for before gives its memory back: this first */
	mark = pool_mark(&t->mem);
	reason = syms->wait_reason ? syms->wait_reason(syms->ctx, r.c.h.site, r.reason, r.from) : NULL;
	if (!reason)
		reason = "unknown reason";
	p = pool_alloc(&b->pool, &t->mem, sizeof(*p) + r.n * sizeof(p->rel[0]));
	p->reason = reason;
	p->n = r.n;
	for (uint32_t i = 0; i < r.n; i++)
		p->rel[i] = r.rel[i];
	leaf.site = r.c.h.site;
	leaf.exit_site = GFT_NO_SITE;
	leaf.x = p;
	split_park(b, t, reason, &leaf, mark);
	return 0;
}

int leaf_state(struct graph_builder *b, const void *rec, size_t size)
{
	struct gft_rec_call r;
	struct tree *t;

	memcpy(&r, rec, sizeof(r));
	if (r.h.aux >= GFT_DOINGS)
		return builder_bad(b);
	t = tree_of(b, &r);
	if (!t || !split_wanted(t))
		return 0;
	split_time(t, r.h.ts_ns);
	if (r.h.aux == GFT_PARKED)
		return park(b, t, rec, size);
	split_change(b, t, (uint8_t)r.h.aux);
	return 0;
}

/* --- leaves of one record -------------------------------------------------------------- */

/* Keeps (or shows) a leaf whose record is complete. */
static void whole(struct graph_builder *b, struct tree *t, struct graph_node *leaf, const void *x, size_t size)
{
	struct pool_mark mark = pool_mark(&t->mem);
	struct graph_node *n;
	void *copy = pool_alloc(&b->pool, &t->mem, size);

	memcpy(copy, x, size);
	leaf->x = copy;
	leaf->exit_site = GFT_NO_SITE;
	n = builder_node(b, t, leaf, true);
	if (n && b->cfg.leaf)
		b->cfg.leaf(b->cfg.ctx, &t->t, n, builder_depth(t, t->nframes));
	if (!b->cfg.tree) {
		pool_rewind(&b->pool, &t->mem, mark);
		if (n)
			builder_forget(b, t);
	}
}

int leaf_syscall(struct graph_builder *b, const void *rec, size_t size)
{
	struct gft_rec_syscall r;
	struct graph_syscall sc;
	struct graph_node leaf;
	struct tree *t;

	if (size < sizeof(r))
		return builder_bad(b);
	memcpy(&r, rec, sizeof(r));
	t = tree_of(b, &r.c);
	if (!t)
		return 0;
	leaf = (struct graph_node){
		.flags = GN_SYSCALL, .start_ns = r.start_ns, .end_ns = split_time(t, r.c.h.ts_ns), .site = GFT_NO_SITE
	};
	/* it lies inside of the call that holds it */
	if (leaf.start_ns > leaf.end_ns)
		leaf.start_ns = leaf.end_ns;
	if (t->nframes && t->frames[t->nframes - 1].kept) {
		uint64_t first = t->frames[t->frames[t->nframes - 1].kept - 1].node->start_ns;

		if (leaf.start_ns < first)
			leaf.start_ns = first;
		if (leaf.end_ns < first)
			leaf.end_ns = first;
	}
	sc = (struct graph_syscall){ .nr = r.nr, .ret = r.ret };
	memcpy(sc.args, r.args, sizeof(sc.args));
	whole(b, t, &leaf, &sc, sizeof(sc));
	return 0;
}

/* The tree of a goroutine that was started: its root is the goroutine itself. */
static void child(struct graph_builder *b, const struct gft_rec_go *r)
{
	struct gft_rec_call c = r->c;
	struct graph_node *n;
	struct tree *t;

	c.goid = r->child;
	c.h.flags &= (uint8_t)~GFT_RF_THREAD;
	t = builder_open(b, &c);
	t->t.parent = r->c.goid;
	t->t.start = r->start + START_OFF;
	n = builder_node(b, t,
			 &(struct graph_node){ .flags = GN_GOROUTINE | GN_OPEN,
					       .start_ns = c.h.ts_ns,
					       .caller_rel = r->from,
					       .site = c.h.site,
					       .exit_site = GFT_NO_SITE },
			 false);
	*builder_push(b, t) = (struct frame){ .node = n, .func_id = UINT32_MAX, .mark = pool_mark(&t->mem), .kept = 1 };
	if (t->opts.flags & GRAPH_PARKS) {
		split_open(b, t, c.h.ts_ns, GFT_RUNNABLE);
		split_push(t);
	}
	if (b->cfg.enter)
		b->cfg.enter(b->cfg.ctx, &t->t, n, 0);
}

int leaf_go(struct graph_builder *b, const void *rec, size_t size)
{
	struct gft_rec_go r;
	struct tree *t;

	if (size < sizeof(r))
		return builder_bad(b);
	memcpy(&r, rec, sizeof(r));
	if ((r.c.h.flags & GFT_RF_OPEN && b->cfg.nopts && r.c.h.aux >= b->cfg.nopts) ||
	    (r.child == r.c.goid && !(r.c.h.flags & GFT_RF_THREAD)))
		return builder_bad(b);
	t = tree_of(b, &r.c);
	if (t) {
		uint64_t now = split_time(t, r.c.h.ts_ns);
		struct graph_node leaf = {
			.flags = GN_GO, .start_ns = now, .end_ns = now, .caller_rel = r.from, .site = r.c.h.site
		};
		struct graph_go g = { r.child, r.start + START_OFF, r.c.h.flags & GFT_RF_OPEN };

		whole(b, t, &leaf, &g, sizeof(g));
	}
	if (r.c.h.flags & GFT_RF_OPEN)
		child(b, &r);
	return 0;
}

int leaf_stack(struct graph_builder *b, const void *rec, size_t size)
{
	struct gft_rec_stack r;
	struct graph_stack *s;
	struct tree *t;

	if (size < sizeof(r))
		return builder_bad(b);
	memcpy(&r, rec, sizeof(r));
	if (r.n > GFT_STACK_FRAMES)
		return builder_bad(b);
	t = tree_of(b, &r.c);
	if (!t || t->t.stack)
		return 0;
	s = pool_alloc(&b->pool, &t->tag_mem, sizeof(*s) + r.n * sizeof(s->rel[0]));
	s->site = r.c.h.site;
	s->n = r.n;
	for (uint32_t i = 0; i < r.n; i++)
		s->rel[i] = r.rel[i];
	t->t.stack = s;
	if (b->cfg.stack)
		b->cfg.stack(b->cfg.ctx, &t->t);
	return 0;
}

/* --- where a goroutine waits ------------------------------------------------------------ */

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* The runtime's doors: they say how, not what for. */
static bool is_door(const char *f)
{
	static const char *const doors[] = { "runtime.gopark", "runtime.goparkunlock", "runtime.mcall",
					     "runtime.systemstack_switch", "runtime.systemstack" };

	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
		if (!strcmp(f, doors[i]))
			return true;
	return false;
}

bool graph_waits_for_others(const char *func)
{
	static const char *const packages[] = { "runtime.",
						"runtime/",
						"internal/",
						"sync.",
						"sync/",
						"time.",
						"syscall.",
						"vendor/",
						"os.",
						"os/",
						"net.",
						"io.",
						"bufio.",
						"iter.",
						"crypto/tls.",
						"context.",
						"golang.org/x/sync/" };

	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (begins(func, packages[i]))
			return true;
	return false;
}

void graph_park_place(const struct sym_source *syms, uint32_t site, const struct graph_park *p, struct code_info *inner,
		      struct code_info *user)
{
	struct code_info c;

	memset(inner, 0, sizeof(*inner));
	memset(user, 0, sizeof(*user));
	for (uint32_t i = 0; syms && i < p->n; i++) {
		memset(&c, 0, sizeof(c));
		syms->caller(syms->ctx, site, p->rel[i], &c);
		if (!c.func)
			continue;
		if (!inner->func && !is_door(c.func))
			*inner = c;
		/* goexit is where every goroutine's stack ends */
		if (!graph_waits_for_others(c.func)) {
			*user = c;
			if (c.own_file) {
				user->file = c.own_file;
				user->line = c.own_line;
			}
			break;
		}
	}
	if (!user->func)
		*user = *inner;
}
