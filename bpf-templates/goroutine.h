/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * goroutine.h - which goroutine a hit belongs to, and its frame's key.
 *
 * g is r14 in ABIInternal code and in thread-local storage elsewhere.  On a
 * system stack (g0, gsignal) goid is 0: the work is attributed to the
 * goroutine that the thread runs, m.curg, with a key behind all of its own
 * frames (wire.h).  A thread that runs no goroutine, and a program that is not
 * Go, are keyed by thread.
 */
#ifndef GFT_GOROUTINE_H
#define GFT_GOROUTINE_H

static __always_inline __u64 gft_word(__u64 addr)
{
	__u64 v = 0;

	bpf_probe_read_user(&v, sizeof(v), (void *)addr);
	return v;
}

/* The same; fault becomes nonzero when it cannot be read. */
static __always_inline __u64 gft_word_or(__u64 addr, long *fault)
{
	__u64 v = 0;

	*fault |= bpf_probe_read_user(&v, sizeof(v), (void *)addr);
	return v;
}

#ifdef GFT_WANT_BIAS
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 8);
} gft_site_addr SEC(".maps");

/* Where the binary was loaded: the probed instruction's address minus its address in the file. */
static __always_inline __u64 gft_bias(struct gft_ctx *c)
{
	__u32 site = c->site;
	__u64 *v = bpf_map_lookup_elem(&gft_site_addr, &site);

	if (GFT_COOKIE_FLAGS(c->cookie) & GFT_CF_URETPROBE)
		return v ? bpf_get_func_ip(c->tp) - *v : 0;
	return v ? gft_reg(c, ip) - *v : 0;
}
#endif

#ifdef GFT_WANT_TLS
/* The kernel's own names; the loader relocates the offsets by the kernel's BTF. */
struct thread_struct {
	unsigned long fsbase;
} __attribute__((preserve_access_index));
struct task_struct {
	struct thread_struct thread;
} __attribute__((preserve_access_index));

static __always_inline __u64 gft_fs(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	unsigned long fs = 0;

	bpf_probe_read_kernel(&fs, sizeof(fs), __builtin_preserve_access_index(&task->thread.fsbase));
	return fs;
}

static __always_inline __u64 gft_g_from_tls(const volatile struct gft_layout *l)
{
	return gft_word(gft_fs() + l->g_tls);
}

/* The same for a hit: a library has its place from the loader, in a word of its own. */
static __always_inline __u64 gft_g_of_thread(struct gft_ctx *c, const volatile struct gft_layout *l)
{
#ifdef GFT_WANT_BIAS
	if (l->g_tls_slot) {
		__u64 off = gft_word(gft_bias(c) + l->g_tls_slot);

		return off ? gft_word(gft_fs() + off) : 0;
	}
#endif
	return gft_g_from_tls(l);
}
#endif

/* A thread that runs no goroutine: deeper frames have larger keys here too. */
static __always_inline bool gft_by_thread(struct gft_ctx *c)
{
	c->goid = c->tid;
	c->rflags = GFT_RF_THREAD;
	c->key = (1ULL << 47) - gft_sp(c);
	return true;
}

/* Whether rsp can be on the stack that ends at hi: stacks of goroutines and of threads lie far apart. */
static __always_inline bool gft_on_stack(__u64 hi, __u64 sp)
{
	return hi >= sp && !((hi - sp) >> 40);
}

/*
 * Whether a goroutine that runs can have this id and this status.  With the layout
 * of another version the words are other ones: an address, a flag, nothing.  Ids
 * count up from 1, and Go's heap begins at 0xc000000000; of the states 0 is one of
 * no goroutine, and 11 the last (src/runtime/runtime2.go).
 */
static __always_inline bool gft_makes_sense(__u64 goid, __u32 status)
{
	status &= ~0x1000U; /* being scanned */
	return !(goid >> 38) && status - 1 < 11;
}

#ifdef GFT_WANT_GRAPH
/*
 * Goroutines of which a hit could not be read, by their g: a page can be away for
 * a moment, while the kernel splits or moves it.  The goroutine's graph lacks that
 * call, and its next hit says so.
 */
struct gft_fault_key {
	__u64 g;
	__u64 tgid;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__uint(key_size, sizeof(struct gft_fault_key));
	__uint(value_size, 4);
} gft_faults SEC(".maps");

__u32 gft_faulted; /* there was one */

static __noinline int gft_fault_taken(struct gft_ctx *c, __u64 g)
{
	struct gft_fault_key k = { g, 0 };

	if (!c)
		return 0;
	k.tgid = c->tgid;
	c->missed = !bpf_map_delete_elem(&gft_faults, &k);
	return 0;
}

/* A hit that is ignored: stat counts it. */
static __noinline int gft_unread(struct gft_ctx *c, __u32 stat, __u64 g)
{
	struct gft_fault_key k = { g, 0 };
	__u32 one = 1;

	if (!c)
		return 0;
	k.tgid = c->tgid;
	bpf_map_update_elem(&gft_faults, &k, &one, BPF_ANY);
	*(volatile __u32 *)&gft_faulted = 1;
	gft_count(stat, c->site);
	return 0;
}
#else
#define gft_unread(c, stat, g) gft_count(stat, (c)->site)
#endif

/* Fills goid and key.  False when the state of the goroutine cannot be read. */
static __always_inline bool gft_goroutine(struct gft_ctx *c, const volatile struct gft_layout *l, bool tls)
{
	__u64 g, g0, gsignal, m, curg, base = 0, hi = 0, sp = gft_sp(c);
	long fault = 0;
	struct {
		__u32 status, pad; /* lies in front of goid in every version */
		__u64 goid;
	} w = {};

	if (!l->is_go)
		return gft_by_thread(c);
	g = c->regs->r14;
#ifdef GFT_WANT_TLS
	if (tls)
		g = gft_g_of_thread(c, l);
#endif
	if (bpf_probe_read_user(&w, sizeof(w), (void *)(g + l->g_goid - 8)) ||
	    bpf_probe_read_user(&hi, sizeof(hi), (void *)(g + l->g_hi))) {
		gft_unread(c, GFT_ST_READ_FAULT, g);
		return false;
	}
	c->goid = w.goid;
#ifdef GFT_WANT_GOBJ
	c->g = g;
#endif
	if (!c->goid) {
		m = gft_word_or(g + l->g_m, &fault);
		gsignal = m ? gft_word_or(m + l->m_gsignal, &fault) : 0;
		g0 = m ? gft_word_or(m + l->m_g0, &fault) : 0;
		curg = m ? gft_word_or(m + l->m_curg, &fault) : 0;
		base = m && gsignal == g ? GFT_KEY_GSIGNAL : GFT_KEY_G0;
		/* no goroutine has id 0: this is the thread's g0 or gsignal, once it has them */
		if (g0 && g0 != g && base == GFT_KEY_G0) {
			gft_unread(c, GFT_ST_BAD_GOID, g);
			return false;
		}
		if (curg)
			fault |= bpf_probe_read_user(&w, sizeof(w), (void *)(curg + l->g_goid - 8));
		if (fault) { /* of a goroutine or of none: not the thread's own for that */
			gft_unread(c, GFT_ST_READ_FAULT, curg ? curg : g);
			return false;
		}
		c->goid = w.goid;
#ifdef GFT_WANT_GOBJ
		c->g = c->goid ? curg : 0;
#endif
		if (!c->goid)
			return gft_by_thread(c);
		c->rflags = GFT_RF_SWITCH;
	}
	if (!gft_makes_sense(c->goid, w.status)) {
		gft_unread(c, GFT_ST_BAD_GOID, g);
		return false;
	}
	if (!gft_on_stack(hi, sp)) {
		/* g is the goroutine, rsp is already (or still) on the system stack: the runtime is switching */
		m = gft_word(g + l->g_m);
		hi = m ? gft_word(gft_word(m + l->m_g0) + l->g_hi) : 0;
		if (!gft_on_stack(hi, sp)) {
			gft_unread(c, GFT_ST_READ_FAULT, g);
			return false;
		}
		base = GFT_KEY_G0;
		c->rflags = GFT_RF_SWITCH;
	}
	c->key = base + (hi - sp);
	c->rt = l->runtime;
#ifdef GFT_WANT_GRAPH
	if (*(volatile __u32 *)&gft_faulted)
		gft_fault_taken(c, g);
#endif
	return true;
}

#ifdef GFT_WANT_TLS
/*
 * The goroutine of the thread that a probe of the kernel or a timer found, by the
 * layouts of n binaries: g is in its thread-local storage, and must look like one.
 * False, with goid 0, when the thread runs none that is known.
 */
static __always_inline bool gft_thread_goroutine(struct gft_ctx *c, __u32 n)
{
	c->goid = 0;
#pragma unroll
	for (__u32 i = 0; i < GFT_BINARIES; i++) {
		const volatile struct gft_layout *l = &gft_layouts[i];
		__u64 g, m, curg;

		if (i >= n)
			break;
		if (!l->is_go)
			continue;
		g = gft_g_from_tls(l);
		m = g ? gft_word(g + l->g_m) : 0;
		if (!m)
			continue;
		curg = gft_word(m + l->m_curg);
		/* the thread's own g's; on a system stack the goroutine is the one that it works for */
		if (g != curg && g != gft_word(m + l->m_g0) && g != gft_word(m + l->m_gsignal))
			continue;
		c->goid = curg ? gft_word(curg + l->g_goid) : 0;
		if (!c->goid || c->goid >> 48)
			c->goid = 0;
		return c->goid != 0;
	}
	return false;
}
#endif

/*
 * A C function of a binary that holds Go: it runs on the system stack of a
 * thread, for the goroutine that called it (cgo), or for none.
 */
static __always_inline bool gft_goroutine_c(struct gft_ctx *c, const volatile struct gft_layout *l)
{
#ifdef GFT_WANT_TLS
	__u64 g = l->c_host ? 0 : gft_g_from_tls(l), m, curg, hi, goid, sp = gft_sp(c);
	long fault = 0;

	m = g ? gft_word_or(g + l->g_m, &fault) : 0;
	curg = m ? gft_word_or(m + l->m_curg, &fault) : 0;
	goid = curg ? gft_word_or(curg + l->g_goid, &fault) : 0;
	hi = m ? gft_word(gft_word_or(m + l->m_g0, &fault) + l->g_hi) : 0;
	if (fault) {
		gft_unread(c, GFT_ST_READ_FAULT, curg ? curg : g);
		return false;
	}
	if (goid && !(goid >> 38) && gft_on_stack(hi, sp)) {
		c->goid = goid;
		c->rflags = GFT_RF_SWITCH;
		c->rt = l->runtime;
		c->key = GFT_KEY_G0 + (hi - sp);
		return true;
	}
#endif
	return gft_by_thread(c);
}

/* The return address, relative to the probed instruction: independent of where the binary was loaded. */
static __always_inline __s64 gft_caller_rel(struct gft_ctx *c)
{
	return (__s64)(gft_word(gft_sp(c)) - c->regs->ip);
}

/* struct ty_code of include/gft/type.h */
static __always_inline void gft_caller(struct gft_ctx *c, char *dst)
{
	*(__s64 *)dst = gft_caller_rel(c);
	*(__u32 *)(dst + 8) = c->site;
	*(__u32 *)(dst + 12) = c->tgid;
}

#endif
