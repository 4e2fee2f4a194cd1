/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* events.c - programs that are no uprobes: timers, counters, tracepoints, kernel functions, and those that gft runs. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/kernel/session.h"

/* --- perf_event ------------------------------------------------------------------------- */

/* Names as bpftrace has them. */
static const struct counter {
	const char *name, *alias;
	uint32_t type;
	uint64_t config, period;
} counters[] = {
	{ "cpu-clock", "cpu", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 1000000 },
	{ "task-clock", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 1000000 },
	{ "page-faults", "faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 100 },
	{ "context-switches", "cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, 1000 },
	{ "cpu-migrations", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, 1 },
	{ "minor-faults", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, 100 },
	{ "major-faults", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1 },
	{ "alignment-faults", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS, 1 },
	{ "emulation-faults", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS, 1 },
	{ "dummy", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY, 1 },
	{ "bpf-output", NULL, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, 1 },
	{ "cpu-cycles", "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 1000000 },
	{ "instructions", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 1000000 },
	{ "cache-references", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, 1000000 },
	{ "cache-misses", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, 1000000 },
	{ "branch-instructions", "branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000 },
	{ "branch-misses", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, 100000 },
	{ "bus-cycles", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES, 100000 },
	{ "frontend-stalls", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1000000 },
	{ "backend-stalls", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1000000 },
	{ "ref-cycles", NULL, PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES, 1000000 },
};

static const struct counter *find_counter(uint32_t type, const char *name)
{
	for (size_t i = 0; name && i < sizeof(counters) / sizeof(counters[0]); i++) {
		const struct counter *c = &counters[i];

		if (c->type == type && (!strcmp(name, c->name) || (c->alias && !strcmp(name, c->alias))))
			return c;
	}
	return NULL;
}

bool ks_counter_names(bool hardware, void (*fn)(void *ctx, const char *name), void *ctx)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if ((counters[i].type == PERF_TYPE_HARDWARE) != hardware)
			continue;
		fn(ctx, counters[i].name);
		if (counters[i].alias)
			fn(ctx, counters[i].alias);
	}
	return true;
}

static void note_timer(struct ksession *s, int fd, const struct perf_event_attr *a)
{
	if (a->type != PERF_TYPE_SOFTWARE || a->config != PERF_COUNT_SW_CPU_CLOCK || a->freq)
		return;
	if (s->ntimers == s->ctimers) {
		s->ctimers = s->ctimers ? 2 * s->ctimers : 8;
		s->timers = xrealloc(s->timers, s->ctimers * sizeof(*s->timers));
	}
	s->timers[s->ntimers++] = (struct ks_timer){ fd, a->sample_period };
}

void ks_restart_timers(struct ksession *s)
{
	for (size_t i = 0; i < s->ntimers; i++)
		ioctl(s->timers[i].fd, PERF_EVENT_IOC_PERIOD, &s->timers[i].period);
}

/* Opens the event on one processor, or on each that is running; links own the descriptors. */
static int attach_perf(struct ksession *s, uint32_t prog, struct perf_event_attr *a, bool every_cpu, const char *what,
		       struct kernel_error *err)
{
	int made = 0, e = 0;

	a->size = sizeof(*a);
	ks_log_start();
	for (int cpu = 0; cpu < s->ncpus && (every_cpu || !made); cpu++) {
		int fd = (int)syscall(SYS_perf_event_open, a, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
		struct bpf_link *l = fd < 0 ? NULL : bpf_program__attach_perf_event(s->progs[prog], fd);

		if (l) {
			ks_add_link(s, l);
			note_timer(s, fd, a);
			made++;
			continue;
		}
		/* a processor that is off is no failure */
		if (!e || errno != ENODEV)
			e = errno;
		if (fd >= 0)
			close(fd);
	}
	free(ks_log_take());
	if (made)
		return 0;
	if (e == EACCES || e == EPERM)
		ks_error(err, "the kernel gives no %s (perf_event_open: %s): run as root, or with CAP_PERFMON", what,
			 strerror(e));
	else if (e == ENOENT || e == EOPNOTSUPP || e == ENODEV)
		ks_error(err,
			 "this machine has no %s (perf_event_open: %s): virtual machines often have no hardware "
			 "counters",
			 what, strerror(e));
	else if (e == EINVAL && a->freq)
		ks_error(
			err,
			"the kernel gives no %s at %llu Hz: is that above /proc/sys/kernel/perf_event_max_sample_rate?",
			what, (unsigned long long)a->sample_freq);
	else
		ks_error(err, "the kernel gives no %s: perf_event_open: %s", what, strerror(e));
	return -(e ? e : ENODEV);
}

static int attach_timer(struct ksession *s, uint32_t prog, bool every_cpu, struct kernel_error *err)
{
	const struct meta_prog *mp = &s->meta->progs[prog];
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK };

	if (mp->freq) {
		a.freq = 1;
		a.sample_freq = mp->freq;
	} else {
		a.sample_period = mp->period;
	}
	return attach_perf(s, prog, &a, every_cpu, "timer", err);
}

static int attach_counter(struct ksession *s, uint32_t prog, uint32_t type, struct kernel_error *err)
{
	const struct meta_prog *mp = &s->meta->progs[prog];
	const struct counter *c = find_counter(type, mp->target);
	struct perf_event_attr a = { .type = type };

	if (!c) {
		ks_error(err, "there is no %s event %s", type == PERF_TYPE_HARDWARE ? "hardware" : "software",
			 mp->target ? mp->target : "?");
		return -ENOENT;
	}
	a.config = c->config;
	a.sample_period = mp->period ? mp->period : c->period;
	return attach_perf(s, prog, &a, true, c->name, err);
}

/* --- the kernel's own places -------------------------------------------------------------- */

static struct bpf_link *attach_tracepoint(struct bpf_program *p, const char *target)
{
	const char *colon = strchr(target, ':');
	char cat[128];

	if (!colon || (size_t)(colon - target) >= sizeof(cat)) {
		errno = EINVAL;
		return NULL;
	}
	snprintf(cat, sizeof(cat), "%.*s", (int)(colon - target), target);
	return bpf_program__attach_tracepoint(p, cat, colon + 1);
}

static int attach_place(struct ksession *s, uint32_t prog, struct kernel_error *err)
{
	const struct meta_prog *mp = &s->meta->progs[prog];
	const char *target = mp->target ? mp->target : "", *kind, *hint = "";
	struct bpf_link *l = NULL;
	int e;

	LIBBPF_OPTS(bpf_kprobe_opts, ko, .offset = mp->offset, .retprobe = mp->kind == MP_KRETPROBE);
	ks_log_start();
	switch (mp->kind) {
	case MP_TRACEPOINT:
		kind = "tracepoint";
		l = attach_tracepoint(s->progs[prog], target);
		break;
	case MP_RAWTRACEPOINT:
		kind = "rawtracepoint";
		/* bpftrace also takes "category:event"; the kernel wants the event alone */
		l = bpf_program__attach_raw_tracepoint(s->progs[prog],
						       strchr(target, ':') ? strchr(target, ':') + 1 : target);
		break;
	case MP_KPROBE:
	case MP_KRETPROBE:
		kind = mp->kind == MP_KPROBE ? "kprobe" : "kretprobe";
		l = bpf_program__attach_kprobe_opts(s->progs[prog], target, &ko);
		break;
	default:
		kind = mp->kind == MP_FENTRY ? "fentry" : "fexit";
		l = bpf_program__attach_trace(s->progs[prog]);
		break;
	}
	e = errno;
	if (l) {
		free(ks_log_take());
		ks_add_link(s, l);
		return 0;
	}
	if (e == ENOENT && mp->kind == MP_TRACEPOINT)
		hint = access("/sys/kernel/tracing/events", R_OK) && access("/sys/kernel/debug/tracing/events", R_OK)
			       ? "; tracefs is not mounted (mount -t tracefs nodev /sys/kernel/tracing)"
			       : "; gft -l 'tracepoint:*' lists those that there are";
	else if (e == ENOENT || e == EOPNOTSUPP)
		hint = "; gft --info says what this kernel has";
	else if (e == EPERM || e == EACCES)
		hint = "; run as root, or with CAP_BPF and CAP_PERFMON";
	ks_error(err, "%s:%s cannot be attached: %s%s", kind, target, strerror(e), hint);
	if (err)
		err->log = ks_log_take();
	return -(e ? e : EINVAL);
}

int ksession_attach(struct ksession *s, uint32_t prog, struct kernel_error *err)
{
	switch (s->meta->progs[prog].kind) {
	case MP_INTERVAL: return attach_timer(s, prog, false, err);
	case MP_PROFILE: return attach_timer(s, prog, true, err);
	case MP_SOFTWARE: return attach_counter(s, prog, PERF_TYPE_SOFTWARE, err);
	case MP_HARDWARE: return attach_counter(s, prog, PERF_TYPE_HARDWARE, err);
	case MP_TRACEPOINT:
	case MP_RAWTRACEPOINT:
	case MP_KPROBE:
	case MP_KRETPROBE:
	case MP_FENTRY:
	case MP_FEXIT: return attach_place(s, prog, err);
	default: ks_error(err, "%s is not of a kind that is attached", s->meta->progs[prog].name); return -EINVAL;
	}
}

/* --- begin, end, signals ---------------------------------------------------------------------- */

int ksession_run(struct ksession *s, uint32_t prog, uint32_t *value, struct kernel_error *err)
{
	__u64 ctx[12] = { 0 }; /* as many arguments as a raw tracepoint may have */
	LIBBPF_OPTS(bpf_test_run_opts, o, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));

	if (bpf_prog_test_run_opts(bpf_program__fd(s->progs[prog]), &o)) {
		int e = errno;

		ks_error(err, "the kernel does not run %s: %s%s", s->meta->progs[prog].name, strerror(e),
			 e == EPERM ? "; run as root, or with CAP_BPF and CAP_PERFMON" : "");
		return -e;
	}
	if (value)
		*value = o.retval;
	return 0;
}
