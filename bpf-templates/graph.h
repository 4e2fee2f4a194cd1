/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * graph.h - graphs, kernel half.
 *
 * A goroutine needs state only while a graph is open on it, or, with
 * GFT_FRAMES, while it has frames that the script asks for.  Between them the
 * first goroutines keep theirs: made and removed for each call, it would cost
 * more than all else.  The root is known
 * by its key: whatever has a larger key runs inside of it, whatever has not
 * tells that the root is gone.  User space rebuilds the tree from keys, so the
 * plain graph keeps one word per goroutine and no stack of calls.
 */
#ifndef GFT_GRAPH_BPF_H
#define GFT_GRAPH_BPF_H

#ifdef GFT_FRAMES
#define GFT_INLINE_FRAMES 16 /* a power of two */
#define GFT_MAX_FRAMES	  (1 << 20)

struct gft_frame {
	__u64 key;
	__u64 ts;
#ifdef GFT_UNWOUND
	__u32 site; /* of the entry */
	__u32 if_unwound;
#endif
};
#endif

#define GFT_LOST_SOME 1 /* a record of this goroutine was lost */
#define GFT_DROPPED   4 /* graph_drop() was called: only the root's end is still told */
#define GFT_LOST_ROOT 2 /* the graph's first record was: the rest would make no sense, and is lost too */

struct gft_gstate {
	__u64 root_key;
	__u64 above; /* no call that is recorded as open has a larger key */
	__u32 open;  /* 1 + number of the graph() */
	__u32 lost;  /* GFT_LOST_* */
	__u32 kept;  /* between graphs and calls, and counted in gft_kept */
#ifdef GFT_EXPLAIN
	__u32 want;  /* GFT_GRAPH_* of its graph() */
	__u32 ktid;  /* thread that runs it, by the kernel's own number; 0: none, or not known */
	__u32 doing; /* enum gft_doing */
	__u16 off;   /* its thread was switched out */
	__u16 level; /* of go statements below the root */
#endif
#ifdef GFT_MIN
	/* graph(min): the root's record, held back until it is known that the graph is shown */
	__u64 min; /* ns; 0: it is written */
	__u64 start;
	__s64 caller_rel;
	__u32 site;
	__u32 rflags;
	__u64 held; /* bytes of its values, which are in gft_held */
#endif
#ifdef GFT_FRAMES
	__u32 n; /* frames */
#ifdef GFT_LEVELS
	__u32 levels; /* graph(depth): of calls below the root that are recorded; 0: all */
#endif
	__u32 root_n; /* the root's index; -1: the goroutine itself is the root */
	struct gft_frame f[GFT_INLINE_FRAMES];
#endif
};

#ifdef GFT_FRAMES
/* frames.h: frames at or below this hit's key are gone; all frames are. */
static __always_inline void gft_frames_unwind(struct gft_ctx *c);
static __always_inline void gft_frames_drop(struct gft_ctx *c);
#endif

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(key_size, sizeof(struct gft_gkey));
	__uint(value_size, sizeof(struct gft_gstate));
} gft_goroutines SEC(".maps");

#define GFT_KEPT_MOST 16384 /* states that are kept unused: the others have room */

__u32 gft_kept;

#ifdef GFT_HELD /* bytes of the longest values of a first line that graph(min) holds back, a multiple of 8 */
struct gft_held {
	struct gft_rec_entry r;
	char payload[GFT_HELD];
};

/* By goroutine, as long as its state is there: the first line of its graph (held.h). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct gft_gkey));
	__uint(value_size, sizeof(struct gft_held));
} gft_held SEC(".maps");
#endif

#ifdef GFT_PARKS
/* By the kernel's number of a thread: the goroutine with a graph(parks) that runs on it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gft_gkey));
} gft_threads SEC(".maps");
#endif

#ifdef GFT_SYSCALLS
#define GFT_SYS_RUNTIMES 4 /* of one process */

/* A Go runtime of a process: which binary's layout it has, and where its threads have their g. */
struct gft_sysrt {
	__u32 layout; /* 1 + the binary's number; 0: none */
	__s32 tls;    /* from fs */
};

struct gft_sysproc {
	struct gft_sysrt rt[GFT_SYS_RUNTIMES];
};

/* By the kernel's number of a process that has had a graph(syscalls): its runtimes that had. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gft_sysproc));
} gft_sysprocs SEC(".maps");
#endif

/* A goroutine's state goes, and what belongs to it (held.h). */
static __always_inline void gft_state_delete(struct gft_gkey *k)
{
#ifdef GFT_HELD
	bpf_map_delete_elem(&gft_held, k);
#endif
	bpf_map_delete_elem(&gft_goroutines, k);
}

/* A goroutine's id and its runtime's number (wire.h): of one of c's runtime, and of c's own. */
static __always_inline __u64 gft_goid_of(struct gft_ctx *c, __u64 goid)
{
	return goid | (__u64)c->rt << GFT_GOID_BITS;
}

static __always_inline __u64 gft_goid_in(struct gft_ctx *c)
{
	return gft_goid_of(c, c->goid);
}

static __always_inline void gft_gkey(struct gft_ctx *c, struct gft_gkey *k)
{
	k->goid = gft_goid_in(c);
	k->tgid = c->tgid;
	k->thread = c->rflags & GFT_RF_THREAD;
}

/*
 * GFT_LOST_* come and go in one step: where the kernel is preemptible, gft_sched_switch() may find
 * that a record is lost while another program of the same goroutine is at it.
 */
static __always_inline void gft_lose(struct gft_gstate *st, __u32 what)
{
	__sync_fetch_and_or(&st->lost, what);
}

static __always_inline void gft_lost_told(struct gft_gstate *st)
{
	if (st->lost & GFT_LOST_SOME)
		__sync_fetch_and_and(&st->lost, ~GFT_LOST_SOME);
}

static __always_inline void gft_lookup(struct gft_ctx *c)
{
	struct gft_gkey k;

	gft_gkey(c, &k);
	c->st = bpf_map_lookup_elem(&gft_goroutines, &k);
	if (c->missed && c->st && c->st->open)
		gft_lose(c->st, GFT_LOST_SOME);
}

/* Its end has something to clear (proc.h). */
static __always_inline void gft_has_state(struct gft_ctx *c)
{
	__u32 tgid = c->tgid, fresh = GFT_PROC_STATE, *what = bpf_map_lookup_elem(&gft_procs, &tgid);

	if (!what)
		bpf_map_update_elem(&gft_procs, &tgid, &fresh, BPF_NOEXIST);
	else if (!(*what & GFT_PROC_STATE))
		__sync_fetch_and_or(what, GFT_PROC_STATE);
}

static __always_inline void gft_create(struct gft_ctx *c)
{
	static const struct gft_gstate zero;
	struct gft_gkey k;

	gft_gkey(c, &k);
	if (bpf_map_update_elem(&gft_goroutines, &k, &zero, BPF_NOEXIST)) {
		gft_count(GFT_ST_MAP_FULL, c->site);
		return;
	}
	gft_has_state(c);
	c->st = bpf_map_lookup_elem(&gft_goroutines, &k);
}

static __noinline int gft_state_keep(struct gft_ctx *c)
{
	struct gft_gkey k;

	if (!c || !c->st)
		return 0;
	/* of a thread's end nothing is heard where the kernel has no BTF */
	if (!(c->rflags & GFT_RF_THREAD) && *(volatile __u32 *)&gft_kept < GFT_KEPT_MOST) {
		c->st->kept = 1;
		__sync_fetch_and_add(&gft_kept, 1);
		return 0;
	}
	gft_gkey(c, &k);
	gft_state_delete(&k);
	c->st = 0;
	return 0;
}

/* Neither a graph nor a frame is left in the state: it stays for the goroutine's next one, or goes. */
static __always_inline void gft_state_unused(struct gft_ctx *c)
{
	if (!c->st->kept)
		gft_state_keep(c);
}

/* The graph is over: state is unused unless frames are still kept in it. */
static __always_inline void gft_end(struct gft_ctx *c)
{
	c->st->open = 0;
	c->st->lost = 0;
#ifdef GFT_MIN
	c->st->min = 0;
#endif
#ifdef GFT_PARKS
	if (c->st->ktid)
		bpf_map_delete_elem(&gft_threads, &c->st->ktid);
	c->st->ktid = 0;
#endif
#ifdef GFT_FRAMES
	if (c->st->n)
		return;
#endif
	gft_state_unused(c);
}

#ifdef GFT_WANT_GRAPH
static __always_inline void gft_head(struct gft_ctx *c, struct gft_rec_call *r, __u8 kind, __u8 flags, __u16 aux)
{
	r->h.kind = kind;
	r->h.flags = flags | c->rflags;
	r->h.aux = aux;
	r->h.site = c->site;
	r->h.ts_ns = c->ts;
	r->goid = gft_goid_in(c);
	r->tgid = c->tgid;
	r->tid = c->tid;
	r->key = c->key;
}

#ifdef GFT_MIN
#include <gft/held.h>
#endif

/* What the record of a root's end says of those before it, which may be lost. */
static __always_inline __u8 gft_lost_flags(struct gft_ctx *c)
{
	return (c->st->lost & GFT_LOST_SOME ? GFT_RF_LOST : 0) | (c->st->lost & GFT_DROPPED ? GFT_RF_DROPPED : 0);
}

/* Frames at or below this hit's key are gone, the root among them. */
static __always_inline void gft_close(struct gft_ctx *c, __u8 flags)
{
	struct gft_rec_call *r = 0;

#ifdef GFT_MIN
	if (gft_too_short(c)) {
		gft_end(c);
		return;
	}
#endif
	if (!(c->st->lost & GFT_LOST_ROOT))
		r = gft_reserve(sizeof(*r), c->site);
	if (r) {
		gft_head(c, r, GFT_REC_CLOSE, flags | gft_lost_flags(c), 0);
		gft_submit(r);
	}
	gft_end(c);
}

/* A root that left without an exit (a panic unwound it) ends its graph at the next hit outside of it. */
static __always_inline void gft_check_root(struct gft_ctx *c, bool exit)
{
	if (c->st && c->st->open && (exit ? c->key < c->st->root_key : c->key <= c->st->root_key))
		gft_close(c, 0);
}

/* graph_drop(): the open graph will not be shown, and nothing more of it is recorded. */
static __always_inline void gft_graph_drop(struct gft_ctx *c)
{
	struct gft_rec_call *r;

	if (!c->st || !c->st->open || (c->st->lost & (GFT_LOST_ROOT | GFT_DROPPED)))
		return;
#ifdef GFT_MIN
	if (c->st->min) {
		gft_lose(c->st, GFT_DROPPED);
		return;
	}
#endif
	gft_lose(c->st, GFT_DROPPED);
	r = gft_reserve(sizeof(*r), c->site);
	if (!r) /* the root's end says it */
		return;
	gft_head(c, r, GFT_REC_DROP, 0, 0);
	gft_submit(r);
}

/*
 * graph_tag(): gives the record, behind which is room for one value; the caller
 * writes that and says gft_submit().  It is the record and not the payload behind
 * it, because up to Linux 6.1 the verifier believes that a pointer into a record
 * can be NULL where the caller asks, and then misses the record's end.
 */
static __always_inline struct gft_rec_call *gft_graph_tag(struct gft_ctx *c, __u16 number, __u32 payload)
{
	struct gft_rec_call *r;
	struct gft_payload *p;

	bool open = c->st && c->st->open;

	/* behind graph() itself: the graph opens when the clauses are done */
	if (open ? c->st->lost & (GFT_LOST_ROOT | GFT_DROPPED) : !c->graph)
		return 0;
#ifdef GFT_MIN
	c->min = 0; /* the tag is written: so must be the root that it is of */
	if (open && c->st->min)
		gft_release(c);
#endif
	r = gft_reserve(sizeof(*r) + payload, c->site);
	if (!r) {
		if (open)
			gft_lose(c->st, GFT_LOST_SOME);
		return 0;
	}
	gft_head(c, r, GFT_REC_TAG, open ? 0 : GFT_RF_OPEN, number);
	p = (struct gft_payload *)(r + 1);
	p->present = 1;
	p->fault = 0;
	return r;
}

/*
 * graph(rate = N/s): slot is the time when the budget would be used up; each
 * graph moves it by step, and it may be burst ahead.  Two processors at the
 * same moment may both take the last one.
 */
static __always_inline bool gft_rate_take(struct gft_ctx *c, __u64 *slot, __u64 step, __u64 burst)
{
	__u64 now = bpf_ktime_get_ns(), at = *(volatile __u64 *)slot;

	if (c->st && c->st->open) /* inside of a graph this opens none */
		return true;
	if (at < now)
		at = now;
	if (at - now > burst)
		return false;
	*(volatile __u64 *)slot = at + step;
	return true;
}

#ifdef GFT_SYSCALLS
/* A graph(syscalls) opens: its runtime is looked at when a thread of the process makes a system call. */
static __noinline int gft_sys_follow(struct gft_ctx *c)
{
	struct gft_sysproc fresh = {}, *p;
	const volatile struct gft_layout *l;
	struct gft_sysrt rt;
	__u32 tgid;

	if (!c)
		return 0;
	tgid = bpf_get_current_pid_tgid() >> 32;
	l = &gft_layouts[c->layout & (GFT_BINARIES - 1)];
	rt = (struct gft_sysrt){ l->is_go ? c->layout + 1 : 0, l->g_tls };
#ifdef GFT_WANT_BIAS
	if (l->g_tls_slot)
		rt.tls = (__s32)gft_word(gft_bias(c) + l->g_tls_slot);
#endif
	p = bpf_map_lookup_elem(&gft_sysprocs, &tgid);
	if (!p) {
		bpf_map_update_elem(&gft_sysprocs, &tgid, &fresh, BPF_NOEXIST);
		p = bpf_map_lookup_elem(&gft_sysprocs, &tgid);
	}
	/* two threads that come at once may write one row: the one that is missing comes back with its next graph */
	if (!p || !rt.layout)
		return 0;
#pragma unroll
	for (__u32 i = 0; i < GFT_SYS_RUNTIMES; i++) {
		if (p->rt[i].layout == rt.layout)
			break;
		if (!p->rt[i].layout) {
			p->rt[i] = rt;
			break;
		}
	}
	return 0;
}
#endif

#ifdef GFT_EXPLAIN
/* What a graph() asks for besides its calls begins here: its goroutine is running. */
static __always_inline void gft_explain_open(struct gft_ctx *c)
{
	c->opened = 1;
	c->st->want = c->want;
	c->st->level = 0;
	c->st->off = 0;
	c->st->doing = GFT_RUNNING;
#ifdef GFT_PARKS
	if (c->want & GFT_GRAPH_PARKS && !(c->rflags & GFT_RF_THREAD)) {
		__u32 tid = (__u32)bpf_get_current_pid_tgid();
		struct gft_gkey k;

		gft_gkey(c, &k);
		c->st->ktid = bpf_map_update_elem(&gft_threads, &tid, &k, BPF_ANY) ? 0 : tid;
	}
#endif
#ifdef GFT_SYSCALLS
	if (c->want & GFT_GRAPH_SYSCALLS)
		gft_sys_follow(c);
#endif
}
#endif

/*
 * Record of an entry, when a graph is open or graph() was called: the caller
 * writes the payload behind it and submits.  NULL with c->held: the values go
 * there, and the record waits.
 */
static __always_inline struct gft_rec_entry *gft_graph_entry(struct gft_ctx *c, __u32 payload)
{
	struct gft_rec_entry *r;
	__u8 flags = 0;
	__u16 number = 0;

	if (!c->st || !c->st->open) {
		if (!c->graph)
			return 0;
		if (!c->st)
			gft_create(c);
		if (!c->st)
			return 0;
		c->st->root_key = c->key;
		c->st->open = c->graph;
		c->st->lost = 0;
#ifdef GFT_FRAMES
		c->st->root_n = c->st->n ? c->st->n - 1 : 0;
#endif
#ifdef GFT_LEVELS
		c->st->levels = c->levels;
#endif
#ifdef GFT_EXPLAIN
		gft_explain_open(c);
#endif
#ifdef GFT_MIN
		if (gft_waits(c, payload))
			return 0;
#endif
		flags = GFT_RF_OPEN;
		number = c->graph - 1;
	}
#ifdef GFT_LEVELS
	else if (c->st->levels && c->depth > c->st->levels)
		return 0;
#endif
#ifdef GFT_MIN
	if (c->st->min && !(c->st->lost & GFT_DROPPED))
		gft_release(c);
#endif
	if (c->st->lost & GFT_LOST_ROOT) {
		gft_count(GFT_ST_RING_FULL, c->site);
		return 0;
	}
	if (c->st->lost & GFT_DROPPED)
		return 0;
	r = gft_reserve(sizeof(*r) + payload, c->site);
	if (!r) {
		gft_lose(c->st, flags ? GFT_LOST_ROOT : GFT_LOST_SOME);
		return 0;
	}
	if (c->st->lost) {
		flags |= GFT_RF_LOST;
		gft_lost_told(c->st);
	}
	c->st->above = c->key;
	gft_head(c, &r->c, GFT_REC_ENTRY, flags, number);
	r->caller_rel = gft_caller_rel(c);
	return r;
}

static __always_inline struct gft_rec_call *gft_graph_exit(struct gft_ctx *c, __u32 payload)
{
	struct gft_rec_call *r;
	__u8 flags = 0;
	bool root;

	if (!c->st || !c->st->open)
		return 0;
	root = c->key == c->st->root_key;
#ifdef GFT_LEVELS
	if (!root && c->st->levels && c->depth > c->st->levels)
		return 0;
#endif
#ifdef GFT_MIN
	if (c->st->min && !root) /* of a call that began before the root: none of this graph */
		return 0;
	if (root && gft_too_short(c)) {
		gft_end(c);
		return 0;
	}
#endif
	if (c->st->lost & GFT_LOST_ROOT) {
		gft_count(GFT_ST_RING_FULL, c->site);
		if (root)
			gft_end(c);
		return 0;
	}
	if ((c->st->lost & GFT_DROPPED) && !root)
		return 0;
	/* one way for each outcome: older verifiers lose track of a record that is looked at twice */
	r = gft_reserve(sizeof(*r) + payload, c->site);
	if (!r) {
		gft_lose(c->st, GFT_LOST_SOME);
		if (root)
			gft_end(c);
		return 0;
	}
	if (c->st->lost) {
		flags = gft_lost_flags(c);
		gft_lost_told(c->st);
	}
	c->st->above = c->key - 1;
	gft_head(c, r, GFT_REC_EXIT, root ? flags | GFT_RF_ROOT_EXIT : flags, 0);
	if (root)
		gft_end(c);
	return r;
}
#endif

/*
 * runtime.deferreturn begins: it is called at the end of a function with
 * deferred calls, and it is where a function goes on when a panic has been
 * recovered in it.  What that function called is gone, and what comes now may
 * lie deeper than it.
 */
static __always_inline void gft_called_gone(struct gft_ctx *c)
{
	gft_lookup(c);
	if (!c->st)
		return;
#ifdef GFT_FRAMES
#ifdef GFT_UNWOUND
	c->ts = bpf_ktime_get_ns();
#endif
	gft_frames_unwind(c);
#endif
#ifdef GFT_WANT_GRAPH
	struct gft_rec_call *r;

	if (!c->st->open || c->st->above < c->key)
		return;
	c->ts = bpf_ktime_get_ns();
	if (c->key <= c->st->root_key) {
		gft_close(c, 0);
		return;
	}
	if (c->st->lost & (GFT_LOST_ROOT | GFT_DROPPED))
		return;
	c->st->above = c->key - 1;
	r = gft_reserve(sizeof(*r), c->site);
	if (!r) {
		gft_lose(c->st, GFT_LOST_SOME);
		return;
	}
	gft_head(c, r, GFT_REC_CLOSE, c->st->lost & GFT_LOST_SOME ? GFT_RF_LOST : 0, 0);
	gft_lost_told(c->st);
	gft_submit(r);
#endif
}

/* The goroutine ends (runtime.goexit1): so does everything open on it. */
static __always_inline void gft_goroutine_gone(struct gft_ctx *c)
{
	struct gft_gkey k;

	gft_lookup(c);
	if (!c->st)
		return;
#ifdef GFT_UNWOUND
	/* before its graph ends: the clauses may want it */
	c->ts = bpf_ktime_get_ns();
	gft_frames_drop(c);
#endif
#ifdef GFT_WANT_GRAPH
	c->key = 0;
	if (c->st->open) {
		c->ts = bpf_ktime_get_ns();
		gft_close(c, GFT_RF_GONE);
	}
#endif
#ifdef GFT_FRAMES
	if (c->st)
		gft_frames_drop(c);
#endif
#ifdef GFT_PARKS
	if (c->st && c->st->ktid)
		bpf_map_delete_elem(&gft_threads, &c->st->ktid);
#endif
	if (c->st && c->st->kept)
		__sync_fetch_and_add(&gft_kept, -1);
	gft_gkey(c, &k);
	gft_state_delete(&k);
}

#endif
