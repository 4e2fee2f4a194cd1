/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * builder.c - records to call trees (graph.h).
 *
 * A goroutine's stack is a stack: a record at key K tells that whatever was
 * open with a larger key is gone, and an entry tells the same of an equal key.
 * So nothing is searched: frames are popped until the keys fit, and each
 * frame is pushed and popped once however deep the recursion is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "gft/type.h"
#include "runtime/graph/builder.h"

#define DEFAULT_BYTES ((size_t)256 << 20)
#define FIRST_FRAMES  16
#define KEEP_FRAMES   1024  /* larger stacks are not kept for the next tree */
#define KEEP_TREES    4096  /* trees without use that are kept */
#define MAX_EVICTED   65536 /* goroutines whose records are known to be of a tree that is gone */

static const struct graph_opts no_opts;

struct graph_builder *graph_builder_new(const struct graph_config *cfg)
{
	struct graph_builder *b = xcalloc(1, sizeof(*b));

	b->cfg = *cfg;
	if (!b->cfg.default_limit)
		b->cfg.default_limit = GRAPH_DEFAULT_LIMIT;
	if (!b->cfg.max_bytes)
		b->cfg.max_bytes = DEFAULT_BYTES;
	return b;
}

static void early_del(struct graph_builder *b, size_t i);
static void early_take(struct graph_builder *b, struct tree *t, uint64_t ts);

/* --- trees: taking and giving back ------------------------------------------------- */

static void list_add(struct tree_list *l, struct tree *t)
{
	t->newer = NULL;
	t->older = l->newest;
	if (l->newest)
		l->newest->newer = t;
	else
		l->oldest = t;
	l->newest = t;
}

static void list_del(struct tree_list *l, struct tree *t)
{
	if (t->older)
		t->older->newer = t->newer;
	else
		l->oldest = t->newer;
	if (t->newer)
		t->newer->older = t->older;
	else
		l->newest = t->older;
}

static size_t stack_size(const struct tree *t)
{
	return sizeof(*t) + t->cap_frames * sizeof(*t->frames) + t->cap_tags * sizeof(*t->tags);
}

static struct tree *tree_get(struct graph_builder *b)
{
	struct tree *t = b->spare;

	if (t) {
		b->spare = t->older;
		b->nspare--;
	} else {
		t = xcalloc(1, sizeof(*t));
		t->cap_frames = FIRST_FRAMES;
		t->frames = xmalloc(t->cap_frames * sizeof(*t->frames));
	}
	b->stack_bytes += stack_size(t);
	return t;
}

/* Frees what the tree holds; the tree itself stays valid and empty. */
static void tree_clear(struct graph_builder *b, struct tree *t)
{
	if (!t->evicted)
		b->stack_bytes -= stack_size(t);
	split_free(b, t);
	pool_release(&b->pool, &t->mem);
	pool_release(&b->pool, &t->tag_mem);
	free(t->tags);
	if (t->cap_frames > KEEP_FRAMES) {
		t->cap_frames = FIRST_FRAMES;
		t->frames = xrealloc(t->frames, t->cap_frames * sizeof(*t->frames));
	}
	*t = (struct tree){ .frames = t->frames, .cap_frames = t->cap_frames };
}

static void tree_put(struct graph_builder *b, struct tree *t)
{
	tree_clear(b, t);
	if (t->cap_frames && b->nspare < KEEP_TREES) {
		t->older = b->spare;
		b->spare = t;
		b->nspare++;
		return;
	}
	free(t->frames);
	free(t);
}

static void tree_forget(struct graph_builder *b, struct tree *t)
{
	tree_table_del(&b->table, t);
	if (t->evicted) {
		list_del(&b->evicted, t);
		b->nevicted--;
	} else {
		list_del(&b->open, t);
	}
	if (b->last == t)
		b->last = NULL;
	tree_put(b, t);
}

struct tree *builder_find(struct graph_builder *b, uint32_t tgid, uint64_t goid, bool is_thread)
{
	struct tree *t = b->last;

	if (!t || t->t.goid != goid || t->t.tgid != tgid || t->t.is_thread != is_thread)
		t = tree_table_find(&b->table, tgid, goid, is_thread);
	if (t)
		b->last = t;
	return t;
}

static struct tree *tree_find(struct graph_builder *b, const struct gft_rec_call *r)
{
	return builder_find(b, r->tgid, r->goid, r->h.flags & GFT_RF_THREAD);
}

void graph_builder_free(struct graph_builder *b)
{
	struct tree *t;

	if (!b)
		return;
	while ((t = b->open.oldest))
		tree_forget(b, t);
	while ((t = b->evicted.oldest))
		tree_forget(b, t);
	while ((t = b->spare)) {
		b->spare = t->older;
		free(t->frames);
		free(t);
	}
	while (b->nearly)
		early_del(b, 0);
	tree_table_fini(&b->table);
	pool_fini(&b->pool);
	free(b);
}

/* --- frames ------------------------------------------------------------------------- */

static bool tree_full(const struct tree *t)
{
	return t->t.nodes + t->gone >= t->opts.limit;
}

void builder_forget(struct graph_builder *b, struct tree *t)
{
	t->t.nodes--;
	b->stats.nodes++;
	/* a limit that the script sets is one of what is shown; the other only bounds memory */
	if (b->cfg.nopts && b->cfg.opts[t->t.opts].limit)
		t->gone++;
}

/* A node below the innermost frame that has one, or the root; NULL: a leaf for which there is no room. */
struct graph_node *builder_node(struct graph_builder *b, struct tree *t, const struct graph_node *as, bool leaf)
{
	uint32_t kept = t->nframes ? t->frames[t->nframes - 1].kept : 0;
	struct graph_node *parent = kept ? t->frames[kept - 1].node : NULL;
	struct graph_node *n;

	if (leaf && tree_full(t)) {
		t->t.dropped++;
		b->stats.over_limit++;
		return NULL;
	}
	n = pool_alloc(&b->pool, &t->mem, sizeof(*n));
	*n = *as;
	n->parent = parent;
	if (!parent) {
		t->root = n;
		t->t.root = n;
	} else if (b->cfg.tree) {
		if (parent->last_child)
			parent->last_child->next = n;
		else
			parent->child = n;
		parent->last_child = n;
	}
	t->t.nodes++;
	return n;
}

static struct graph_node *node_new(struct graph_builder *b, struct tree *t, const struct gft_rec_entry *r, uint64_t ts)
{
	const struct graph_node as = {
		.start_ns = ts,
		.key = r->c.key,
		.caller_rel = r->caller_rel,
		.site = r->c.h.site,
		.exit_site = GFT_NO_SITE,
		.flags = GN_OPEN | (r->c.h.flags & GFT_RF_SWITCH ? GN_SYSTEM : 0),
	};

	return builder_node(b, t, &as, false);
}

struct frame *builder_push(struct graph_builder *b, struct tree *t)
{
	if (t->nframes == t->cap_frames) {
		b->stack_bytes += t->cap_frames * sizeof(*t->frames);
		t->cap_frames *= 2;
		t->frames = xrealloc(t->frames, t->cap_frames * sizeof(*t->frames));
		if (split_wanted(t))
			split_grow(b, t, t->cap_frames / 2);
	}
	return &t->frames[t->nframes++];
}

/* Takes the innermost frame off: it ended at end_ns, or, with GN_OPEN and 0, not yet. */
static void frame_pop(struct graph_builder *b, struct tree *t, uint64_t end_ns, uint32_t flags)
{
	struct frame *f = &t->frames[t->nframes - 1];
	struct graph_node *n = f->node;
	const struct graph_split *split = NULL;

	if (split_wanted(t)) {
		split = split_pop(b, t, t->nframes - 1, n && !t->drop);
		if (end_ns)
			end_ns = t->split->clock;
	}
	t->nframes--;
	if (t->nlost > t->nframes)
		t->nlost = t->nframes;
	if (!n)
		return;
	n->flags = (n->flags & ~(uint32_t)GN_OPEN) | flags | (f->lost ? GN_DAMAGED : 0);
	n->end_ns = end_ns;
	if (split)
		n->x = split;
	if (!(flags & GN_OPEN) && end_ns < n->start_ns)
		n->end_ns = n->start_ns;
	if (t->drop)
		n->flags |= GN_DROPPED;
	/* of a graph that was dropped only the root's end is known */
	if (b->cfg.leave && (!t->drop || !t->nframes))
		b->cfg.leave(b->cfg.ctx, &t->t, n, (unsigned)t->nframes);
	if (!b->cfg.tree && t->nframes) {
		pool_rewind(&b->pool, &t->mem, f->mark);
		builder_forget(b, t);
	}
}

/* Frames at or behind key left without an exit. */
static void unwind(struct graph_builder *b, struct tree *t, uint64_t key, uint64_t ts)
{
	ts = split_time(t, ts);
	while (t->nframes && t->frames[t->nframes - 1].key >= key) {
		b->stats.unwound++;
		frame_pop(b, t, ts, t->frames[t->nframes - 1].lost ? GN_LOST_EXIT : GN_UNWOUND);
	}
}

/* Records of this goroutine were lost: its open calls may miss children, and those may have returned. */
void builder_lost(struct graph_builder *b, struct tree *t)
{
	b->stats.lost_marks++;
	while (t->nlost < t->nframes)
		t->frames[t->nlost++].lost = true;
}

/* --- whole trees ------------------------------------------------------------------------ */

/* No frame is open any more: gives the tree out, if it is wanted. */
static void give_out(struct graph_builder *b, struct tree *t, uint64_t end_ns)
{
	uint64_t start = t->root->start_ns, took = end_ns > start ? end_ns - start : 0;

	if (t->drop) {
		b->stats.discarded++;
	} else if (took < t->opts.min_ns) {
		b->stats.below_min++;
	} else {
		b->stats.trees++;
		b->stats.nodes += t->t.nodes;
		if (b->cfg.tree)
			b->cfg.tree(b->cfg.ctx, &t->t);
	}
}

static void tree_done(struct graph_builder *b, struct tree *t, uint64_t end_ns)
{
	give_out(b, t, end_ns);
	tree_forget(b, t);
}

/* Closes a tree whose calls have not returned. */
static void close_open(struct graph_builder *b, struct tree *t, uint64_t now_ns)
{
	split_time(t, now_ns);
	t->closing = true;
	while (t->nframes)
		frame_pop(b, t, 0, GN_OPEN);
	give_out(b, t, now_ns);
}

/* Makes room: the oldest tree is given out as it is, and the rest of its records ignored. */
static void evict(struct graph_builder *b, struct tree *t)
{
	struct graph_tree id = t->t;

	t->root->flags |= GN_DAMAGED;
	close_open(b, t, b->last_ts);
	if (b->nevicted >= MAX_EVICTED)
		tree_forget(b, b->evicted.oldest);
	list_del(&b->open, t);
	tree_clear(b, t);
	free(t->frames); /* it will have none */
	t->frames = NULL;
	t->cap_frames = 0;
	t->t.goid = id.goid;
	t->t.tgid = id.tgid;
	t->t.is_thread = id.is_thread;
	t->evicted = true;
	list_add(&b->evicted, t);
	b->nevicted++;
}

struct tree *builder_open(struct graph_builder *b, const struct gft_rec_call *r)
{
	struct tree *t = tree_find(b, r);

	if (t && t->evicted) {
		tree_forget(b, t);
	} else if (t) { /* what closed the tree before this one was lost */
		builder_lost(b, t);
		unwind(b, t, 0, r->h.ts_ns);
		tree_done(b, t, r->h.ts_ns);
	}
	t = tree_get(b);

	t->t.goid = r->goid;
	t->t.tgid = r->tgid;
	t->t.tid = r->tid;
	t->t.is_thread = r->h.flags & GFT_RF_THREAD;
	t->t.opts = r->h.aux;
	t->opts = b->cfg.nopts ? b->cfg.opts[r->h.aux] : no_opts;
	if (!t->opts.limit)
		t->opts.limit = b->cfg.default_limit;
	tree_table_add(&b->table, t);
	list_add(&b->open, t);
	b->last = t;
	if (b->nearly)
		early_take(b, t, r->h.ts_ns);
	return t;
}

/* --- records ---------------------------------------------------------------------------------- */

int builder_bad(struct graph_builder *b)
{
	b->stats.bad++;
	return -EINVAL;
}

/*
 * The payload behind the fixed part.  A record without one is right too (the
 * site's values were not asked for); false: cut off in the middle.
 */
static bool payload_of(const struct site_info *s, const char *rec, size_t size, size_t fixed, const char **out)
{
	size_t have = size - fixed, want = s->payload->size;

	*out = NULL;
	if (have < sizeof(struct gft_payload))
		return have == 0;
	if (want < sizeof(struct gft_payload))
		return true;
	if (have < want)
		return false;
	*out = rec + fixed;
	return true;
}

static const struct gft_payload *payload_copy(struct graph_builder *b, struct pool_arena *mem,
					      const struct site_info *s, const char *data)
{
	struct gft_payload head;
	void *copy;

	if (!data)
		return NULL;
	memcpy(&head, data, sizeof(head));
	if (!head.present)
		return NULL;
	copy = pool_alloc(&b->pool, mem, s->payload->size);
	memcpy(copy, data, s->payload->size);
	return copy;
}

static int feed_entry(struct graph_builder *b, const struct site_info *s, const void *rec, size_t size)
{
	struct gft_rec_entry r;
	const char *payload;
	struct graph_node *n = NULL;
	struct frame *f;
	struct tree *t;
	struct pool_mark mark;
	uint64_t ts;

	if (size < sizeof(r) || !payload_of(s, rec, size, sizeof(r), &payload))
		return builder_bad(b);
	memcpy(&r, rec, sizeof(r));
	t = tree_find(b, &r.c);
	if (r.c.h.flags & GFT_RF_OPEN) {
		if (b->cfg.nopts && r.c.h.aux >= b->cfg.nopts)
			return builder_bad(b);
		t = builder_open(b, &r.c);
		if (t->opts.flags & GRAPH_PARKS && !t->t.is_thread)
			split_open(b, t, r.c.h.ts_ns, GFT_RUNNING);
	} else if (!t) {
		return builder_bad(b);
	} else if (t->evicted) {
		b->stats.over_limit++;
		return 0;
	} else {
		if (r.c.h.flags & GFT_RF_LOST) {
			builder_lost(b, t);
			split_lost(b, t, &r.c);
		}
		unwind(b, t, r.c.key, r.c.h.ts_ns);
		if (!t->nframes) { /* outside of the root */
			tree_done(b, t, r.c.h.ts_ns);
			return builder_bad(b);
		}
	}

	ts = split_time(t, r.c.h.ts_ns);
	mark = pool_mark(&t->mem);
	if (t->opts.depth && t->nframes > t->opts.depth) {
		/* not kept */
	} else if (tree_full(t)) {
		t->t.dropped++;
		b->stats.over_limit++;
	} else {
		n = node_new(b, t, &r, ts);
		n->args = payload_copy(b, &t->mem, s, payload);
	}
	f = builder_push(b, t);
	*f = (struct frame){ .key = r.c.key, .node = n, .func_id = s->func_id, .mark = mark };
	f->kept = n ? (uint32_t)t->nframes : t->nframes > 1 ? f[-1].kept : 0;
	if (split_wanted(t))
		split_push(t);
	if (n && b->cfg.enter)
		b->cfg.enter(b->cfg.ctx, &t->t, n, (unsigned)t->nframes - 1);
	return 0;
}

static int feed_exit(struct graph_builder *b, const struct site_info *s, const void *rec, size_t size)
{
	struct gft_rec_call r;
	const char *payload;
	struct frame *f;
	struct tree *t;

	if (size < sizeof(r) || !payload_of(s, rec, size, sizeof(r), &payload))
		return builder_bad(b);
	memcpy(&r, rec, sizeof(r));
	t = tree_find(b, &r);
	if (!t) {
		b->stats.unmatched++;
		return 0;
	}
	if (t->evicted) {
		if (r.h.flags & GFT_RF_ROOT_EXIT)
			tree_forget(b, t);
		return 0;
	}
	if (r.h.flags & GFT_RF_LOST) {
		builder_lost(b, t);
		split_lost(b, t, &r);
	}
	if (r.h.flags & GFT_RF_DROPPED)
		t->drop = true;
	split_time(t, r.h.ts_ns);
	if (r.key != UINT64_MAX)
		unwind(b, t, r.key + 1, r.h.ts_ns);
	f = t->nframes ? &t->frames[t->nframes - 1] : NULL;
	if (f && f->key == r.key && f->func_id == s->func_id) {
		if (f->node) {
			f->node->exit_site = r.h.site;
			f->node->rets = payload_copy(b, &t->mem, s, payload);
		}
		frame_pop(b, t, r.h.ts_ns, s->role == SITE_TAIL_EXIT ? GN_TAIL : 0);
	} else {
		b->stats.unmatched++;
	}
	if (r.h.flags & GFT_RF_ROOT_EXIT)
		unwind(b, t, 0, r.h.ts_ns);
	if (!t->nframes)
		tree_done(b, t, r.h.ts_ns);
	return 0;
}

static int feed_close(struct graph_builder *b, const struct gft_rec_call *r)
{
	struct tree *t = tree_find(b, r);

	if (!t) {
		b->stats.unmatched++;
		return 0;
	}
	if (t->evicted) {
		tree_forget(b, t);
		return 0;
	}
	if (r->h.flags & GFT_RF_LOST)
		builder_lost(b, t);
	if (r->h.flags & GFT_RF_DROPPED)
		t->drop = true;
	/* a goroutine that is the root itself ends like a call that returns */
	if (r->h.flags & GFT_RF_GONE && t->root->flags & GN_GOROUTINE) {
		unwind(b, t, 1, r->h.ts_ns);
		frame_pop(b, t, r->h.ts_ns, 0);
	} else {
		unwind(b, t, r->h.flags & GFT_RF_GONE ? 0 : r->key, r->h.ts_ns);
	}
	if (!t->nframes)
		tree_done(b, t, r->h.ts_ns);
	return 0;
}

/* graph_tag(): the name is the field's, the value its bytes.  A second value of one key replaces the first. */
static void tag_add(struct graph_builder *b, struct tree *t, const struct payload_field *f, const char *payload)
{
	struct graph_tag *tag = NULL;
	char *copy;

	for (size_t i = 0; i < t->t.ntags && !tag; i++)
		if (t->tags[i].key == f->name || (f->name && t->tags[i].key && !strcmp(t->tags[i].key, f->name)))
			tag = &t->tags[i];
	if (!tag && t->t.ntags == t->cap_tags) {
		size_t cap = t->cap_tags ? t->cap_tags * 2 : 4;

		b->stack_bytes += (cap - t->cap_tags) * sizeof(*t->tags);
		t->tags = xrealloc(t->tags, cap * sizeof(*t->tags));
		t->cap_tags = cap;
	}
	if (tag && tag->type->size >= f->type->size)
		copy = (char *)(uintptr_t)tag->data;
	else
		copy = pool_alloc(&b->pool, &t->tag_mem, (size_t)f->type->size + 1);
	memcpy(copy, payload + f->off, f->type->size);
	copy[f->type->size] = '\0';
	t->t.tags = t->tags;
	if (!tag)
		tag = &t->tags[t->t.ntags++];
	*tag = (struct graph_tag){ .key = f->name, .type = f->type, .data = copy };
	if (f->type->kind == TY_STRING)
		tag->value = copy;
}

static void add_tags(struct graph_builder *b, struct tree *t, const struct payload *p, const char *data)
{
	struct gft_payload head;

	memcpy(&head, data, sizeof(head));
	for (uint32_t i = 0; i < p->n && i < GFT_PAYLOAD_MAX; i++)
		if ((head.present & ~head.fault) >> i & 1)
			tag_add(b, t, &p->fields[i], data);
}

static void early_del(struct graph_builder *b, size_t i)
{
	free(b->early[i].rec);
	memmove(&b->early[i], &b->early[i + 1], (--b->nearly - i) * sizeof(b->early[0]));
}

/* A tag of a graph that the next call of this goroutine opens. */
static int early_add(struct graph_builder *b, const struct gft_rec_call *r, const char *rec, size_t size)
{
	struct early_tag *e;

	if (b->nearly == EARLY_TAGS) { /* whose graph did not come: its record was lost */
		early_del(b, 0);
		b->stats.unmatched++;
	}
	e = &b->early[b->nearly++];
	*e = (struct early_tag){ r->goid, r->h.ts_ns, r->tgid, size, xmalloc(size) };
	memcpy(e->rec, rec, size);
	return 0;
}

/* The tags that were said where the tree's root began. */
static void early_take(struct graph_builder *b, struct tree *t, uint64_t ts)
{
	for (size_t i = 0; i < b->nearly;) {
		struct early_tag *e = &b->early[i];
		struct gft_rec_hdr h;

		if (e->goid != t->t.goid || e->tgid != t->t.tgid) {
			i++;
			continue;
		}
		memcpy(&h, e->rec, sizeof(h));
		if (e->ts == ts)
			add_tags(b, t, &b->cfg.tags[h.aux], e->rec + sizeof(struct gft_rec_call));
		early_del(b, i);
	}
}

static int feed_tag(struct graph_builder *b, const struct gft_rec_call *r, const char *rec, size_t size)
{
	const struct payload *p = r->h.aux < b->cfg.ntags ? &b->cfg.tags[r->h.aux] : NULL;
	struct tree *t = tree_find(b, r);

	if (!p || p->size < sizeof(struct gft_payload) || size - sizeof(*r) < p->size)
		return builder_bad(b);
	if (r->h.flags & GFT_RF_OPEN)
		return early_add(b, r, rec, size);
	if (!t || t->evicted) {
		b->stats.unmatched++;
		return 0;
	}
	add_tags(b, t, p, rec + sizeof(*r));
	return 0;
}

static int feed_drop(struct graph_builder *b, const struct gft_rec_call *r)
{
	struct tree *t = tree_find(b, r);

	if (t && !t->evicted)
		t->drop = true;
	else
		b->stats.unmatched++;
	return 0;
}

int graph_feed(struct graph_builder *b, const void *rec, size_t size)
{
	const struct site_info *s;
	struct gft_rec_call r;

	b->stats.records++;
	if (size < sizeof(r))
		return builder_bad(b);
	memcpy(&r, rec, sizeof(r));
	b->last_ts = r.h.ts_ns;
	while (b->pool.bytes + b->stack_bytes > b->cfg.max_bytes && b->open.oldest)
		evict(b, b->open.oldest);

	switch (r.h.kind) {
	case GFT_REC_CLOSE: return feed_close(b, &r);
	case GFT_REC_DROP: return feed_drop(b, &r);
	case GFT_REC_TAG: return feed_tag(b, &r, rec, size);
	case GFT_REC_STATE: return leaf_state(b, rec, size);
	case GFT_REC_SYSCALL: return leaf_syscall(b, rec, size);
	case GFT_REC_GO: return leaf_go(b, rec, size);
	case GFT_REC_STACK: return leaf_stack(b, rec, size);
	}
	s = b->cfg.syms->site(b->cfg.syms->ctx, r.h.site);
	if (!s)
		return builder_bad(b);
	switch (r.h.kind) {
	case GFT_REC_ENTRY: return feed_entry(b, s, rec, size);
	case GFT_REC_EXIT: return feed_exit(b, s, rec, size);
	default: return builder_bad(b);
	}
}

void graph_lost(struct graph_builder *b)
{
	for (struct tree *t = b->open.oldest; t; t = t->newer)
		while (t->nlost < t->nframes)
			t->frames[t->nlost++].lost = true;
}

void graph_process_gone(struct graph_builder *b, uint32_t tgid, uint64_t now_ns)
{
	struct tree *t, *newer;

	/* calls that were open took until then, though nothing was heard of them */
	if (now_ns > b->last_ts)
		b->last_ts = now_ns;

	for (t = b->open.oldest; t; t = newer) {
		newer = t->newer;
		if (t->t.tgid != tgid)
			continue;
		close_open(b, t, b->last_ts);
		tree_forget(b, t);
	}
	for (t = b->evicted.oldest; t; t = newer) {
		newer = t->newer;
		if (t->t.tgid == tgid)
			tree_forget(b, t);
	}
}

void graph_finish(struct graph_builder *b, uint64_t now_ns)
{
	struct tree *t;

	while ((t = b->open.oldest)) {
		b->stats.open_at_end++;
		close_open(b, t, now_ns);
		tree_forget(b, t);
	}
	while ((t = b->evicted.oldest))
		tree_forget(b, t);
}

const struct graph_stats *graph_stats(const struct graph_builder *b)
{
	return &b->stats;
}
