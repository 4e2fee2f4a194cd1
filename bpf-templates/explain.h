/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * explain.h - where a goroutine's time goes: graph(parks), graph(syscalls),
 * graph(children), graph(stack).
 *
 * Each is paid for by scripts that ask for it, and writes records of
 * goroutines only whose open graph asked.  What a goroutine does changes in
 * runtime.casgstatus and in the few places that go around it (codegen/explain.c
 * lists them), and when the kernel takes its thread off the processor: to see
 * that, gft_threads knows which goroutine a thread runs.
 */
#ifndef GFT_EXPLAIN_H
#define GFT_EXPLAIN_H

#ifdef GFT_WANT_GRAPH
/* Whether the goroutine's open graph asked for it, and its records still make sense. */
static __always_inline bool gft_explained(struct gft_ctx *c, __u32 want)
{
	return c->st && c->st->open && (c->st->want & want) && !(c->st->lost & (GFT_LOST_ROOT | GFT_DROPPED));
}

/* The head of a record that is no call's; r was reserved. */
static __always_inline void gft_explain_head(struct gft_ctx *c, struct gft_rec_call *r, __u8 kind, __u16 aux)
{
	__u8 flags = c->st->lost & GFT_LOST_SOME ? GFT_RF_LOST : 0;

	gft_lost_told(c->st);
	c->key = 0;
	gft_head(c, r, kind, flags, aux);
}

#define GFT_LOWEST_CODE 0x1000 /* the first page is never mapped */

/*
 * Return addresses along the frame pointers from bp on, relative to the probed
 * instruction, behind the one that rel begins with.  Returns how many there are then.
 */
static __always_inline __u32 gft_walk(struct gft_ctx *c, __u64 bp, __s64 *rel, const __u32 max)
{
	__u64 ip = c->regs->ip, f[2];
	__u32 n = 1;

#pragma clang loop unroll(disable)
	for (__u32 i = 1; i < max; i++) {
		if (!bp || bpf_probe_read_user(f, sizeof(f), (void *)bp))
			break;
		/* no code is there: bp was something else, as in C without frame pointers */
		if (f[1] < GFT_LOWEST_CODE || f[1] >> 47)
			break;
		rel[i] = (__s64)(f[1] - ip);
		n = i + 1;
		if (f[0] <= bp) /* stacks grow down: anything else is no frame */
			break;
		bp = f[0];
	}
	return n;
}

/* --- graph(stack) --------------------------------------------------------------------- */

/* The calls that led to a root: behind the record that opened its graph. */
static __always_inline void gft_root_stack(struct gft_ctx *c)
{
	struct gft_rec_stack *r;
	__u64 bp = c->regs->bp, sp = gft_sp(c);

	if (!c->opened || !gft_explained(c, GFT_GRAPH_STACK))
		return;
	r = gft_reserve(sizeof(*r), c->site);
	if (!r) {
		gft_lose(c->st, GFT_LOST_SOME);
		return;
	}
	gft_explain_head(c, &r->c, GFT_REC_STACK, 0);
	if (bp + 8 == sp) /* the function's own frame is there already */
		bp = gft_word(bp);
	r->rel[0] = gft_caller_rel(c);
	r->n = gft_walk(c, bp, r->rel, GFT_STACK_FRAMES);
	gft_submit(r);
}

/* --- graph(parks) --------------------------------------------------------------------- */

#ifdef GFT_PARKS
/* What the thread does to its goroutine; ends with the graph. */
static __always_inline void gft_thread_set(struct gft_gstate *st, const struct gft_gkey *k)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	if (st->ktid == tid)
		return;
	if (st->ktid)
		bpf_map_delete_elem(&gft_threads, &st->ktid);
	st->ktid = bpf_map_update_elem(&gft_threads, &tid, k, BPF_ANY) ? 0 : tid;
}

static __always_inline void gft_doing(struct gft_ctx *c, __u32 doing)
{
	struct gft_rec_call *r;

	c->st->doing = doing;
	r = gft_reserve(sizeof(*r), c->site);
	if (!r) {
		gft_lose(c->st, GFT_LOST_SOME);
		return;
	}
	gft_explain_head(c, r, GFT_REC_STATE, doing);
	gft_submit(r);
}

static __always_inline void gft_parked(struct gft_ctx *c, const volatile struct gft_layout *l, __u64 gp, __u32 reason)
{
	struct gft_rec_park *r;

	c->st->doing = GFT_PARKED;
	r = gft_reserve(sizeof(*r), c->site);
	if (!r) {
		gft_lose(c->st, GFT_LOST_SOME);
		return;
	}
	gft_explain_head(c, &r->c, GFT_REC_STATE, GFT_PARKED);
	r->reason = reason;
	r->from = gft_caller_rel(c);
	r->rel[0] = (__s64)(gft_word(gp + l->g_pc) - c->regs->ip);
	r->n = gft_walk(c, gft_word(gp + l->g_bp), r->rel, GFT_PARK_FRAMES);
	gft_submit(r);
}

/* The goroutine of gp does something else from now on. */
static __always_inline void gft_change(struct gft_ctx *c, const volatile struct gft_layout *l, __u64 gp, __u32 doing,
				       __u32 reason)
{
	struct gft_gkey k;

	c->goid = gft_word(gp + l->g_goid);
	if (!c->goid)
		return;
	c->rt = l->runtime;
	c->ts = bpf_ktime_get_ns();
	gft_gkey(c, &k);
	gft_lookup(c);
	if (!gft_explained(c, GFT_GRAPH_PARKS))
		return;
	if (doing == GFT_RUNNING) {
		gft_thread_set(c->st, &k);
	} else if (doing != GFT_SYSCALL && c->st->ktid) {
		bpf_map_delete_elem(&gft_threads, &c->st->ktid);
		c->st->ktid = 0;
	}
	c->st->off = 0;
	if (doing == GFT_PARKED)
		gft_parked(c, l, gp, reason);
	else if (doing != c->st->doing)
		gft_doing(c, doing);
}

/* runtime.casgstatus(gp, old, new); statuses are those of src/runtime/runtime2.go, the same since Go 1.14. */
static __always_inline void gft_on_status(struct gft_ctx *c, const volatile struct gft_layout *l)
{
	__u64 gp = gft_reg(c, ax);
	__u32 reason = 0;

	switch ((__u32)gft_reg(c, cx)) {
	case 1: gft_change(c, l, gp, GFT_RUNNABLE, 0); break;
	case 2: gft_change(c, l, gp, GFT_RUNNING, 0); break;
	case 3: gft_change(c, l, gp, GFT_SYSCALL, 0); break;
	case 4:
		if (bpf_probe_read_user(&reason, 1, (void *)(gp + l->g_waitreason)))
			reason = GFT_WR_UNREAD;
		gft_change(c, l, gp, GFT_PARKED, reason);
		break;
	}
}

/* The kernel switches: a thread that runs a goroutine loses or gets its processor. */
static __always_inline void gft_switch(struct gft_ctx *c, __u32 tid, bool out, __u64 state)
{
	struct gft_gkey *found = bpf_map_lookup_elem(&gft_threads, &tid), k;

	if (!found)
		return;
	k = *found;
	c->goid = k.goid;
	c->tgid = k.tgid;
	c->tid = tid;
	c->rflags = 0;
	gft_lookup(c);
	if (!gft_explained(c, GFT_GRAPH_PARKS))
		return;
	if (out && c->st->doing == GFT_RUNNING) {
		c->st->off = 1;
		/* a thread that sleeps waits for the kernel: a page, a lock of the runtime, a signal to go on */
		gft_doing(c, state & 0xff ? GFT_SYSCALL : GFT_RUNNABLE);
	} else if (!out && c->st->off) {
		c->st->off = 0;
		gft_doing(c, GFT_RUNNING);
	}
}

/* tracepoint:sched:sched_switch: prev_pid, prev_state, next_pid */
static __always_inline int gft_sched_switch(void *ctx)
{
	struct gft_ctx c = { .tp = ctx, .site = GFT_NO_SITE };

	if (!*(volatile __u32 *)&gft_ready)
		return 0;
	c.ts = bpf_ktime_get_ns();
	gft_switch(&c, *(__u32 *)(ctx + 24), true, *(__u64 *)(ctx + 32));
	gft_switch(&c, *(__u32 *)(ctx + 56), false, 0);
	return 0;
}
#endif

/* --- graph(syscalls) ------------------------------------------------------------------ */

#ifdef GFT_SYSCALLS
struct gft_in_syscall {
	struct gft_gkey k;
	__u64 ts;
	__u64 args[6];
	__u32 nr, pad;
};

/* By thread: the system call that it is in. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct gft_in_syscall));
} gft_syscalls SEC(".maps");

/* The goroutine that the thread runs, by one runtime of its process; goid is 0 when it runs none of it. */
static __always_inline void gft_sys_goroutine(struct gft_ctx *c, const struct gft_sysrt *rt)
{
	const volatile struct gft_layout *l = &gft_layouts[(rt->layout - 1) & (GFT_BINARIES - 1)];
	__u64 g = gft_word(gft_fs() + rt->tls), m = g ? gft_word(g + l->g_m) : 0, curg;

	c->goid = 0;
	c->rt = l->runtime;
	if (!m)
		return;
	curg = gft_word(m + l->m_curg);
	/* the thread's own g's; on the system stack it works for the goroutine that it runs */
	if (curg && (g == curg || g == gft_word(m + l->m_g0) || g == gft_word(m + l->m_gsignal)))
		c->goid = gft_word(curg + l->g_goid);
}

/* Whose system call it is: of a goroutine of one of the process's runtimes, else of the thread. */
static __always_inline bool gft_sys_whose(struct gft_ctx *c, const struct gft_sysproc *p)
{
#pragma unroll
	for (__u32 i = 0; i < GFT_SYS_RUNTIMES; i++) {
		struct gft_sysrt rt = p->rt[i];

		if (!rt.layout)
			break;
		gft_sys_goroutine(c, &rt);
		if (!c->goid)
			continue;
		gft_lookup(c);
		if (gft_explained(c, GFT_GRAPH_SYSCALLS))
			return true;
	}
	c->goid = c->tid;
	c->rt = 0;
	c->rflags = GFT_RF_THREAD;
	gft_lookup(c);
	return gft_explained(c, GFT_GRAPH_SYSCALLS);
}

/* tracepoint:raw_syscalls:sys_enter: id, args[6] */
static __always_inline int gft_sys_enter(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32, tid = (__u32)id;
	struct gft_ctx c = { .tp = ctx, .site = GFT_NO_SITE };
	const struct gft_sysproc *p;
	struct gft_in_syscall in = {};

	if (!*(volatile __u32 *)&gft_ready)
		return 0;
	p = bpf_map_lookup_elem(&gft_sysprocs, &tgid);
	if (!p)
		return 0;
	gft_ids(&c);
	if (!gft_sys_whose(&c, p))
		return 0;
	gft_gkey(&c, &in.k);
	in.ts = bpf_ktime_get_ns();
	in.nr = *(__u64 *)(ctx + 8);
	in.args[0] = *(__u64 *)(ctx + 16);
	in.args[1] = *(__u64 *)(ctx + 24);
	in.args[2] = *(__u64 *)(ctx + 32);
	in.args[3] = *(__u64 *)(ctx + 40);
	in.args[4] = *(__u64 *)(ctx + 48);
	in.args[5] = *(__u64 *)(ctx + 56);
	if (bpf_map_update_elem(&gft_syscalls, &tid, &in, BPF_ANY))
		gft_count(GFT_ST_MAP_FULL, GFT_NO_SITE);
	return 0;
}

/* tracepoint:raw_syscalls:sys_exit: id, ret */
static __always_inline int gft_sys_exit(void *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct gft_in_syscall *in;
	struct gft_ctx c = { .tp = ctx, .site = GFT_NO_SITE };
	struct gft_rec_syscall *r;

	in = bpf_map_lookup_elem(&gft_syscalls, &tid);
	if (!in)
		return 0;
	gft_ids(&c);
	c.goid = in->k.goid;
	c.rflags = in->k.thread;
	c.ts = bpf_ktime_get_ns();
	gft_lookup(&c);
	if (gft_explained(&c, GFT_GRAPH_SYSCALLS)) {
		r = gft_reserve(sizeof(*r), GFT_NO_SITE);
		if (r) {
			gft_explain_head(&c, &r->c, GFT_REC_SYSCALL, 0);
			r->start_ns = in->ts;
			r->nr = in->nr;
			r->pad = 0;
			__builtin_memcpy(r->args, in->args, sizeof(r->args));
			r->ret = *(__s64 *)(ctx + 16);
			gft_submit(r);
		} else {
			gft_lose(c.st, GFT_LOST_SOME);
		}
	}
	bpf_map_delete_elem(&gft_syscalls, &tid);
	return 0;
}
#endif

/* --- graph(children) ------------------------------------------------------------------ */

#ifdef GFT_CHILDREN
#define GFT_CHILD_LEVELS 8 /* goroutines started by goroutines started by ... */

/* The goroutine that was started gets a graph of its own, whose root it is itself. */
static __always_inline bool gft_child_open(struct gft_ctx *c, __u64 goid)
{
	struct gft_ctx child = { .goid = goid, .rt = c->rt, .tgid = c->tgid, .site = c->site };

	if (c->st->level >= GFT_CHILD_LEVELS) {
		gft_count(GFT_ST_CHILDREN, c->site);
		return false;
	}
	gft_create(&child);
	if (!child.st)
		return false;
	child.st->root_key = 0; /* every frame has a larger one */
	child.st->open = c->st->open;
	child.st->want = c->st->want;
	child.st->level = c->st->level + 1;
	child.st->doing = GFT_RUNNABLE;
#ifdef GFT_FRAMES
	child.st->root_n = (__u32)-1;
#endif
#ifdef GFT_LEVELS
	child.st->levels = c->st->levels;
#endif
	return true;
}

/* The end of runtime.newproc1, which gives the new g; it ran on the system stack for m.curg. */
static __always_inline void gft_on_go(struct gft_ctx *c, const volatile struct gft_layout *l)
{
	__u64 newg = gft_reg(c, ax), g = gft_reg(c, r14), goid, child, m, curg;
	struct gft_rec_go *r;
	bool followed;

	goid = gft_word(g + l->g_goid);
	if (!goid) {
		m = gft_word(g + l->g_m);
		curg = m ? gft_word(m + l->m_curg) : 0;
		goid = curg ? gft_word(curg + l->g_goid) : 0;
	}
	child = gft_word(newg + l->g_goid);
	c->goid = goid;
	c->rt = l->runtime;
	gft_lookup(c);
	if (!child || !gft_explained(c, GFT_GRAPH_CHILDREN))
		return;
	c->ts = bpf_ktime_get_ns();
	/* before it is in a run queue: nothing of it is missed */
	followed = gft_child_open(c, child);
	r = gft_reserve(sizeof(*r), c->site);
	if (!r) {
		struct gft_gkey k = { gft_goid_of(c, child), c->tgid, 0 };

		if (followed)
			bpf_map_delete_elem(&gft_goroutines, &k);
		gft_lose(c->st, GFT_LOST_SOME);
		return;
	}
	gft_explain_head(c, &r->c, GFT_REC_GO, c->st->open - 1);
	if (followed)
		r->c.h.flags |= GFT_RF_OPEN;
	r->child = gft_goid_of(c, child);
	r->start = (__s64)(gft_word(newg + l->g_startpc) - c->regs->ip);
	r->from = (__s64)(gft_word(newg + l->g_gopc) - c->regs->ip);
	gft_submit(r);
}
#endif
#endif

#endif
