/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * kernel.h - what this kernel can do, and a loaded script in it: load, attach,
 * read, detach.  Implemented by runtime/kernel on libbpf; nothing else of the
 * project includes libbpf.
 *
 * Names that the BPF object and this room agree on (bpf-templates/):
 *   map  gft_ring    ring buffer of records (wire.h); absent when not needed
 *   map  gft_stats   per-CPU array of u64 by enum gft_stat
 *   map  gft_loss    hash {u32 site, u32 stat} -> u64: losses by site
 *   var  gft_ready   .bss u32: 1 opens the gate
 *   var  gft_*       .rodata: constants set before loading; gft_wakeup_bytes and
 *                    gft_ncpus by this room, the others by its caller
 */
#ifndef GFT_KERNEL_H
#define GFT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "gft/meta.h"
#include "gft/wire.h"

struct kernel_error {
	char msg[768];	  /* one sentence: what was refused, why, what to try */
	const char *hint; /* what to try, or NULL */
	char source[128]; /* with line: the script's line that the verifier had come to */
	unsigned line;	  /* 0: none is known */
	char *log;	  /* malloc'd verifier log or NULL: shown with -v only */
	enum kernel_limit {
		LIMIT_NONE,
		LIMIT_STACK, /* it was refused for what it needs of BPF's stack */
		LIMIT_LOOPS, /* for the order of a loop's parts (Linux 6.1 and older) */
	} limit;
};
void kernel_error_fini(struct kernel_error *e);

/* Found by trying each, at first use; a false one has its reason in why. */
struct kernel_caps {
	char release[65];
	bool bpf;	       /* bpf(2) loads a tracing program at all */
	bool btf;	       /* /sys/kernel/btf/vmlinux */
	bool uprobe;	       /* perf_event uprobes attach */
	bool ringbuf;	       /* 5.8 */
	bool cookie;	       /* 5.15 */
	bool uprobe_multi;     /* 6.6: loads and attaches */
	bool uprobe_multi_pid; /* its pid filter follows every thread of the process */
	bool bpf_loop;	       /* 5.17 */
	bool strncmp;	       /* 5.17 */
	bool write_regs;       /* 6.18, no lockdown: uprobe programs may write registers */
	bool raw_tp;	       /* test runs of begin/end programs */
	bool perf_event;       /* perf_event_open works: interval, profile, software */
	bool tracepoint;
	bool kprobe;
	bool fentry;   /* --info alone fills it: ask kernel_has_fentry() */
	bool lockdown; /* confidentiality or integrity lockdown seen */
	char why[768]; /* when !bpf or !(uprobe || uprobe_multi): one sentence and what to do */
};

/*
 * Fills caps.  Returns 0 when scripts can run here, or a negative errno with
 * caps->why set.  slow probes (attach trials) take a few milliseconds; the
 * result is kept for the life of the process.
 */
int kernel_caps(const struct kernel_caps **out);
/* Whether fentry and fexit programs load and attach: looked at when asked, as it reads the kernel's BTF. */
bool kernel_has_fentry(void);
/* Whether the pid filter of uprobe_multi follows every thread of the process. */
bool kernel_uprobe_multi_pid(void);
void kernel_caps_print(const struct kernel_caps *c, FILE *out); /* gft --info */

/*
 * Names of a kind of probe ("software", "hardware", "rawtracepoint", "kprobe",
 * "fentry", ...), or of its modules ("module") that a pattern matches, sorted: a malloc'd array of strings that
 * live until the process ends.  SIZE_MAX when they cannot be listed.
 */
size_t kernel_names(const char *kind, const char *pattern, const char ***out);

/*
 * Walks through the symbols of the running kernel and its modules, in
 * /proc/kallsyms (as nm(1) prints them): addr is 0 where the kernel
 * hides it, type the letter of nm.  name lives during the call, and false ends
 * the walk.  0 or a negative errno: the list cannot be read.
 */
typedef bool (*kernel_symbol_fn)(void *ctx, uint64_t addr, char type, const char *name);
int kernel_symbols(kernel_symbol_fn fn, void *ctx);
bool kernel_symbol_is_code(char type);

/*
 * The address of a symbol of the running kernel or a module of it.  0, -ENOENT
 * there is none of that name, -EPERM the kernel hides its addresses, or another
 * negative errno: then err is a sentence's end that says what to do.
 */
int kernel_symbol(const char *name, uint64_t *addr, char *err, size_t err_sz);

/* --- a loaded script ---------------------------------------------------------- */

struct ksession;

struct ksession_const {
	const char *name; /* of a const volatile variable of the object */
	const void *data;
	size_t size; /* must be at most the variable's */
};

/* The kernel's structures that tell processes apart (setup.h); false without BTF that says it. */
struct gft_task_layout;
bool kernel_task_layout(struct gft_task_layout *out);

struct ksession_opts {
	const void *object;
	size_t object_len;
	const struct gft_meta *meta; /* borrowed for the life of the session */
	const struct ksession_const *consts;
	size_t nconsts;
	size_t ring_bytes;	 /* rounded up to a power of two of pages; 0: 8 MiB, less when that is refused */
	uint32_t max_goroutines; /* entries of the goroutine map; 0: 65,536 */
	uint32_t site_names;	 /* entries of the map gft_site_names, see ksession_site_names() */
	uint32_t site_ids;	 /* entries of the map gft_site_id, see ksession_site_id() */
	uint32_t site_addrs;	 /* entries of the map gft_site_addr, see ksession_site_addr() */
	bool verbose;		 /* keep libbpf's own messages on stderr */
	bool processes;		 /* load the programs that watch processes start, change and end (proc.h) */
};

/* Loads every program and map.  0, or a negative errno with err. */
int ksession_load(struct ksession **out, const struct ksession_opts *opts, struct kernel_error *err);

/* One uprobe site: offset in the file, and cookie. */
struct ksession_site {
	uint64_t offset;
	uint64_t cookie;
};

typedef void (*ksession_progress_fn)(void *ctx, size_t done, size_t total);

/*
 * Attaches program prog (index into meta->progs) at sites of the file path.
 * pid 0: every process.  With uprobe_multi this is one link; without, one
 * perf_event each, made by several threads, with progress called now and then.
 * Sites that the kernel refuses alone are skipped and counted in *refused (may
 * be NULL); -errno only when nothing could be attached.
 */
int ksession_attach_uprobes(struct ksession *s, uint32_t prog, const char *path, pid_t pid, bool retprobe,
			    const struct ksession_site *sites, size_t n, size_t *refused, ksession_progress_fn progress,
			    void *ctx, struct kernel_error *err);

/*
 * Attaches what opts.processes loaded: what adds processes before the first
 * ksession_want(), and with last what forgets those that end, after the
 * script's own probes, which the kernel then runs first.
 */
int ksession_attach_processes(struct ksession *s, bool last, struct kernel_error *err);
/* Takes a process, by its id in gft's pid namespace, into the filter: 0 or a negative errno. */
int ksession_want(struct ksession *s, uint32_t tgid);

/* Attaches a program of any other kind but begin, end, signal and test. */
int ksession_attach(struct ksession *s, uint32_t prog, struct kernel_error *err);

/* Runs a begin, end, signal or test program once, in this process; value: what it returned, or NULL. */
int ksession_run(struct ksession *s, uint32_t prog, uint32_t *value, struct kernel_error *err);

/* Tells the BPF half how to capture a site's values (capture.h; scripts with graph(args) or graph(ret)). */
struct gft_cap_plan;
int ksession_site_plan(struct ksession *s, uint32_t site, const struct gft_cap_plan *plan);

/* Writes what the site is called by.  0, or -errno. */
int ksession_site_id(struct ksession *s, uint32_t site, uint32_t id);
/*
 * Writes the bits of meta's name_tests that the site passes, as itself and, an entry, as the exit of a call that
 * began there and was removed.  0, or -errno.
 */
int ksession_site_names(struct ksession *s, uint32_t site, uint64_t bits, uint64_t as_exit);

/* Tells the BPF half a site's address in its file (scripts that read @SYMBOL); 0 or a negative errno. */
int ksession_site_addr(struct ksession *s, uint32_t site, uint64_t vaddr);

/* What a place of the script (meta->warnings) has counted so far. */
void ksession_warning(const struct ksession *s, uint32_t i, struct gft_warning *out);

/*
 * Whether the script has called exit(): with what status, and when (ktime, ns).  Its record says
 * so, too, in its place among the others; where that was lost, and all else is read, this counts.
 */
bool ksession_exited(const struct ksession *s, int *status, uint64_t *ns);

/* Opens (or shuts) the ready gate. */
void ksession_ready(struct ksession *s, bool on);

/*
 * Waits up to timeout_ms for records and hands each to fn; fn returns 0 to go
 * on, or a value that ends the call and is returned.  Returns the number of
 * records otherwise, or a negative errno (-EINTR on a signal).
 * fd is also readable when there are records (for the caller's own poll).
 */
typedef int (*ksession_record_fn)(void *ctx, const void *rec, size_t size);
int ksession_poll(struct ksession *s, int timeout_ms, ksession_record_fn fn, void *ctx);
int ksession_poll_fd(const struct ksession *s); /* -1 without a ring buffer */

/*
 * Rows of a script's map: fn gets key and value, the value already combined
 * over CPUs by its type (sum, minimum, ...).  fn returns 0 to go on.
 */
typedef int (*ksession_row_fn)(void *ctx, const void *key, const void *val);
int ksession_map_each(struct ksession *s, uint32_t map, ksession_row_fn fn, void *ctx);
int ksession_map_clear(struct ksession *s, uint32_t map); /* removes every key */
int ksession_map_zero(struct ksession *s, uint32_t map);  /* keeps keys, zeroes values */
/* One row; 0, -ENOENT, or another negative errno.  val must hold the value type's size. */
int ksession_map_get(struct ksession *s, uint32_t map, const void *key, void *val);

/* Frames stored under a stack's id, innermost first; returns how many were written. */
size_t ksession_stack(struct ksession *s, uint64_t id, uint64_t *ips, size_t max);

/* Drops goroutine state of processes that are gone; returns entries removed. */
size_t ksession_reap(struct ksession *s, bool (*alive)(void *ctx, uint32_t tgid), void *ctx);

/* Sums of enum gft_stat over CPUs. */
void ksession_stats(struct ksession *s, uint64_t out[GFT_ST_MAX]);
/* Losses by site, most first; returns how many were stored. */
struct ksession_loss {
	uint32_t site, stat;
	uint64_t count;
};
size_t ksession_losses(struct ksession *s, struct ksession_loss *out, size_t max);

/* Detaches everything, in one batch where the kernel can; safe to call twice. */
void ksession_detach(struct ksession *s, ksession_progress_fn progress, void *ctx);
void ksession_free(struct ksession *s); /* detaches too; NULL is allowed */

/* Instruction counts after verification, by program (docs, -v). */
uint32_t ksession_prog_insns(const struct ksession *s, uint32_t prog);

#endif
