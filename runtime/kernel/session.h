/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* session.h - what the files of the kernel room share. */
#ifndef GFT_KERNEL_SESSION_H
#define GFT_KERNEL_SESSION_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "gft/buf.h"
#include "gft/kernel.h"

struct ksession {
	const struct gft_meta *meta;
	struct bpf_object *obj;
	struct bpf_program **progs; /* by meta number */
	struct bpf_map **maps;	    /* the script's, by meta number */
	struct bpf_map *ring, *stats, *loss, *goroutines, *stacks, *site_addr, *plans, *procs;
	struct ring_buffer *rb;
	void *bss; /* the object's variables, mapped */
	size_t bss_len;
	volatile uint32_t *ready; /* gft_ready, in bss */
	volatile uint64_t *start_ns;
	volatile struct gft_exited *exited; /* gft_exited: the script has shut the gate itself */
	volatile struct gft_warning *warnings;
	struct bpf_link **links;
	size_t nlinks, clinks;
	struct ks_timer {
		int fd; /* owned by its link */
		uint64_t period;
	} * timers; /* those of a fixed period */
	size_t ntimers, ctimers;
	int ncpus;
	/* of the ksession_poll() that runs */
	ksession_record_fn fn;
	void *fn_ctx;
	int fn_result;
	int fn_count;
};

void ks_error(struct kernel_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ks_add_link(struct ksession *s, struct bpf_link *l);

/* Timers count their first period from now on: what was attached behind them, and begin, took its time. */
void ks_restart_timers(struct ksession *s);

/* Has each processor's lists of map elements filled, where programs run with interrupts off (warm.c). */
void ks_warm(struct ksession *s);

/* What libbpf said since ks_log_start(). */
void ks_log_start(void);
char *ks_log_take(void); /* malloc'd, or NULL when it said nothing */

/* The kernel's types (btf.c), or NULL; read once, kept for the life of the process. */
const struct btf *ks_vmlinux_btf(void);
/* All of them: vmlinux's, then the modules', each of which has vmlinux's types in front.  Returns how many. */
unsigned ks_btfs(struct btf *const **v);

/* Counters of perf_event by name, aliases too (events.c); true. */
bool ks_counter_names(bool hardware, void (*fn)(void *ctx, const char *name), void *ctx);

/* Fills err from the verifier's log of a program that it refused (verifier.c). */
void ks_explain(const char *log, struct kernel_error *err);

#endif
