/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * proc.h - processes that start others, run another program, or end, and threads that end.
 *
 * The loader takes these programs in when there is a process filter (-p, -c),
 * or state that belongs to processes.  A process id that is used again never
 * finds what an earlier process left: its state goes with it, and its row in
 * gft_procs is written anew when a process gets the id.
 */
#ifndef GFT_PROC_H
#define GFT_PROC_H

#define GFT_CLONE_THREAD 0x10000
#define GFT_GROUP_EXIT	 4 /* SIGNAL_GROUP_EXIT of include/linux/sched/signal.h */

#if defined(GFT_WANT_GRAPH) || defined(GFT_FRAMES)
static long gft_drop_goroutine(void *map, const struct gft_gkey *key, struct gft_gstate *value, __u32 *tgid)
{
	struct gft_gkey k = *key;

	if (k.tgid != *tgid)
		return 0;
#ifdef GFT_PARKS
	__u32 tid = value->ktid;

	if (tid)
		bpf_map_delete_elem(&gft_threads, &tid);
#endif
	if (value->kept)
		__sync_fetch_and_add(&gft_kept, -1);
	gft_state_delete(&k);
	return 0;
}

#ifdef GFT_FRAMES
static long gft_drop_frame(void *map, const struct gft_deep_key *key, void *value, __u32 *tgid)
{
	struct gft_deep_key k = *key;

	if (k.tgid == *tgid)
		bpf_map_delete_elem(&gft_deep, &k);
	return 0;
}
#endif

/* The process's program is over: what its goroutines had open will never return. */
static __noinline int gft_process_over(struct gft_ctx *c, __u16 why)
{
	__u32 tgid, *what;

	if (!c)
		return 0;
#ifdef GFT_SYSCALLS
	tgid = bpf_get_current_pid_tgid() >> 32;
	bpf_map_delete_elem(&gft_sysprocs, &tgid);
#endif
	tgid = c->tgid;
	what = bpf_map_lookup_elem(&gft_procs, &tgid);
	if (!what || !(*what & GFT_PROC_STATE))
		return 0;
	*what &= ~GFT_PROC_STATE;
	bpf_for_each_map_elem(&gft_goroutines, gft_drop_goroutine, &tgid, 0);
#ifdef GFT_FRAMES
	bpf_for_each_map_elem(&gft_deep, gft_drop_frame, &tgid, 0);
#endif
#ifdef GFT_WANT_GRAPH
	struct gft_rec_call *r = gft_reserve(sizeof(*r), GFT_NO_SITE);

	if (!r)
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	r->h.kind = GFT_REC_PROC;
	r->h.aux = why;
	r->h.site = GFT_NO_SITE;
	r->h.ts_ns = bpf_ktime_get_ns();
	r->tgid = c->tgid;
	r->tid = c->tid;
	gft_submit(r);
#endif
	return 0;
}

/* A thread ends: what it had open as itself will never return, and its number may be used again. */
static __noinline int gft_thread_over(struct gft_ctx *c)
{
	struct gft_gkey k;

	if (!c)
		return 0;
	c->goid = c->tid;
	c->rflags = GFT_RF_THREAD;
	gft_lookup(c);
	if (!c->st)
		return 0;
#ifdef GFT_WANT_GRAPH
	if (c->st->open) {
		c->ts = bpf_ktime_get_ns();
		gft_close(c, GFT_RF_GONE);
	}
#endif
	if (!c->st)
		return 0;
#ifdef GFT_FRAMES
	if (c->st->n)
		gft_count_gone(GFT_NO_SITE, c->st->n);
	gft_frames_cut(c, 0);
#endif
	gft_gkey(c, &k);
	gft_state_delete(&k);
	return 0;
}
#else
static __always_inline int gft_process_over(struct gft_ctx *c, __u16 why)
{
	return 0;
}

static __always_inline int gft_thread_over(struct gft_ctx *c)
{
	return 0;
}
#endif

/* include/trace/events/task.h: task, clone_flags; in the parent, before the child runs. */
SEC("?raw_tp/task_newtask")
int gft_newtask(__u64 *ctx)
{
	struct gft_ctx c = {};
	__u32 child, *parent, wanted = GFT_PROC_WANTED;

	if (ctx[1] & GFT_CLONE_THREAD)
		return 0;
	child = gft_pidns_ino ? gft_ns_id(ctx[0]) : (__u32)gft_kernel_word(ctx[0] + gft_task.pid);
	if (!child)
		return 0;
	gft_ids(&c);
	parent = bpf_map_lookup_elem(&gft_procs, &c.tgid);
	if (gft_follow && parent && (*parent & GFT_PROC_WANTED)) {
		if (bpf_map_update_elem(&gft_procs, &child, &wanted, BPF_ANY))
			gft_count(GFT_ST_PROCS, GFT_NO_SITE);
	} else if (bpf_map_lookup_elem(&gft_procs, &child)) {
		bpf_map_delete_elem(&gft_procs, &child); /* of an earlier process with this id */
	}
	return 0;
}

SEC("?raw_tp/sched_process_exec")
int gft_exec(void *ctx)
{
	struct gft_ctx c = {};

	gft_ids(&c);
	gft_process_over(&c, GFT_PROC_EXEC);
	return 0;
}

SEC("?raw_tp/sched_process_exit")
int gft_exit(__u64 *ctx)
{
	__u64 signal = gft_kernel_word(ctx[0] + gft_task.signal);
	struct gft_ctx c = { .site = GFT_NO_SITE };
#ifdef GFT_SYSCALLS
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&gft_syscalls, &tid); /* exit() does not come back */
#endif

	gft_ids(&c);
	/* do_exit() has counted this thread off: the last one finds zero */
	if ((__u32)gft_kernel_word(signal + gft_task.signal_live)) {
		/* where all of them are being ended, what they have open is told when that is done */
		if (!(gft_kernel_word(signal + gft_task.signal_flags) & GFT_GROUP_EXIT))
			gft_thread_over(&c);
		return 0;
	}
	gft_process_over(&c, GFT_PROC_EXIT);
	bpf_map_delete_elem(&gft_procs, &c.tgid);
	return 0;
}

#endif
