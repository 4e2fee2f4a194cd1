/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* caps.c - what this kernel can do, found by trying. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "gft/btf.h"
#include "gft/kernel.h"
#include "runtime/kernel/uapi.h"

#define INSN(op, d, s, o, i) ((struct bpf_insn){ .code = (op), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define MOV(d, i)	     INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define EXIT()		     INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int load(enum bpf_prog_type type, enum bpf_attach_type attach, const struct bpf_insn *insns, size_t n)
{
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = attach);
	int fd = bpf_prog_load(type, NULL, "Dual BSD/GPL", insns, n, &o);

	return fd < 0 ? -errno : fd;
}

static bool loads(enum bpf_prog_type type, enum bpf_attach_type attach, const struct bpf_insn *insns, size_t n)
{
	int fd = load(type, attach, insns, n);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool helper(enum bpf_func_id id, const struct bpf_insn *extra, size_t n)
{
	struct bpf_insn p[16];

	memcpy(p, extra, n * sizeof(*p));
	p[n++] = INSN(BPF_JMP | BPF_CALL, 0, 0, 0, (int)id);
	p[n++] = MOV(BPF_REG_0, 0);
	p[n++] = EXIT();
	return loads(BPF_PROG_TYPE_KPROBE, 0, p, n);
}

/* A link at "/", which is no regular file: the kernel gets as far as saying so only when it has uprobe_multi. */
static bool has_multi(void)
{
	const struct bpf_insn p[] = { MOV(BPF_REG_0, 0), EXIT() };
	const unsigned long off = 0;
	LIBBPF_OPTS(bpf_link_create_opts, o, .uprobe_multi.path = "/", .uprobe_multi.offsets = &off,
		    .uprobe_multi.cnt = 1);
	int fd = load(BPF_PROG_TYPE_KPROBE, UAPI_TRACE_UPROBE_MULTI, p, 2), link;

	if (fd < 0)
		return false;
	link = bpf_link_create(fd, -1, UAPI_TRACE_UPROBE_MULTI, &o);
	close(fd);
	if (link >= 0)
		close(link);
	return link == -EBADF;
}

static bool readable(const char *path)
{
	return !access(path, R_OK);
}

static bool has_perf(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE,
				     .size = sizeof(a),
				     .config = PERF_COUNT_SW_CPU_CLOCK,
				     .sample_period = 1000000000 };
	int fd = (int)syscall(SYS_perf_event_open, &a, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool has_ringbuf(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "gft_try", 0, 0, (uint32_t)sysconf(_SC_PAGESIZE), NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool has_raw_tp(void)
{
	const struct bpf_insn p[] = { MOV(BPF_REG_0, 0), EXIT() };
	LIBBPF_OPTS(bpf_test_run_opts, o);
	int fd = load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, p, 2), r;

	if (fd < 0)
		return false;
	r = bpf_prog_test_run_opts(fd, &o);
	close(fd);
	return !r;
}

static bool has_write_regs(void)
{
	/* regs->ip = 0, never run */
	const struct bpf_insn p[] = { MOV(BPF_REG_2, 0), INSN(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_2, 128, 0),
				      MOV(BPF_REG_0, 0), EXIT() };

	return loads(BPF_PROG_TYPE_KPROBE, UAPI_TRACE_UPROBE_MULTI, p, 4);
}

static bool has_fentry(void)
{
	const struct bpf_insn p[] = { MOV(BPF_REG_0, 0), EXIT() };
	LIBBPF_OPTS(bpf_prog_load_opts, o, .expected_attach_type = BPF_TRACE_FENTRY);
	int id = libbpf_find_vmlinux_btf_id("bpf_fentry_test1", BPF_TRACE_FENTRY), fd, link = -1;

	if (id <= 0)
		return false;
	o.attach_btf_id = (uint32_t)id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "Dual BSD/GPL", p, 2, &o);
	if (fd < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, fd);
	if (link >= 0)
		close(link);
	close(fd);
	return link >= 0;
}

static bool file_has(const char *path, const char *what, const char *unless)
{
	char text[4096];
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n <= 0)
		return false;
	text[n] = 0;
	return strstr(text, what) && !(unless && strstr(text, unless));
}

/* securityfs is not mounted everywhere; the command line says it too, when it was asked for there. */
static bool has_lockdown(void)
{
	return file_has("/sys/kernel/security/lockdown", "[", "[none]") ||
	       file_has("/proc/cmdline", "lockdown=", "lockdown=none");
}

/* Whether all of a process's threads pass the pid filter: early uprobe_multi compared threads. */
bool kernel_uprobe_multi_pid(void)
{
	static int known = -1;
	struct utsname u;
	int major = 0, minor = 0;

	if (known >= 0)
		return known;
	known = 0;
	/*
	 * The one thing that is not tried: a trial needs a second thread to hit a
	 * probe in gft itself, which costs more than it saves.  Fixed in 6.10
	 * ("bpf: Fix the multi-uprobe pid filter").
	 */
	if (!uname(&u) && sscanf(u.release, "%d.%d", &major, &minor) == 2)
		known = major > 6 || (major == 6 && minor >= 10);
	return known;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static void explain(struct kernel_caps *c, int e)
{
	if (e == ENOSYS)
		snprintf(c->why, sizeof(c->why),
			 "this kernel (%s) has no bpf() system call (CONFIG_BPF_SYSCALL), or a seccomp filter hides it",
			 c->release);
	else if (e == EPERM || e == EACCES)
		snprintf(c->why, sizeof(c->why),
			 "bpf(BPF_PROG_LOAD) is refused (%s): gft needs root, or CAP_BPF and CAP_PERFMON%s%s",
			 strerror(e),
			 geteuid() ? "; try sudo" : "; in a container grant them (--privileged, or --cap-add)",
			 c->lockdown ? "; the kernel is locked down" : "");
	else
		snprintf(c->why, sizeof(c->why), "bpf(BPF_PROG_LOAD) fails on this kernel (%s): %s", c->release,
			 strerror(e));
}

static int probe_caps(struct kernel_caps *c)
{
	const struct bpf_insn nothing[] = { MOV(BPF_REG_0, 0), EXIT() };
	const struct bpf_insn none[1] = { { 0 } };
	libbpf_print_fn_t old = libbpf_set_print(quiet);
	const char *force = getenv("GFT_NO_UPROBE_MULTI");
	struct utsname u;
	int fd;

	if (!uname(&u))
		snprintf(c->release, sizeof(c->release), "%.64s", u.release);
	c->btf = readable(kernel_btf_path() ? kernel_btf_path() : "/sys/kernel/btf/vmlinux");
	c->uprobe = readable("/sys/bus/event_source/devices/uprobe/type");
	c->lockdown = has_lockdown();
	fd = load(BPF_PROG_TYPE_KPROBE, 0, nothing, 2);
	if (fd < 0) {
		explain(c, -fd);
		libbpf_set_print(old);
		return fd;
	}
	close(fd);
	c->bpf = true;
	c->ringbuf = has_ringbuf();
	c->cookie = helper(BPF_FUNC_get_attach_cookie, none, 0);
	c->uprobe_multi = has_multi() && !(force && *force == '1');
	c->uprobe_multi_pid = c->uprobe_multi && kernel_uprobe_multi_pid();
	c->raw_tp = has_raw_tp();
	c->perf_event = has_perf();
	c->tracepoint = readable("/sys/kernel/tracing/events") || readable("/sys/kernel/debug/tracing/events");
	c->kprobe = readable("/sys/bus/event_source/devices/kprobe/type");
	c->write_regs = has_write_regs();
	libbpf_set_print(old);
	if (!c->ringbuf || !c->cookie) {
		snprintf(c->why, sizeof(c->why), "this kernel (%s) is too old: gft needs %s", c->release,
			 c->ringbuf ? "attach cookies (Linux 5.15)" : "the BPF ring buffer (Linux 5.8)");
		return -EOPNOTSUPP;
	}
	if (!c->uprobe && !c->uprobe_multi) {
		snprintf(c->why, sizeof(c->why),
			 "this kernel (%s) has no uprobes (CONFIG_UPROBE_EVENTS), or /sys is not mounted", c->release);
		return -EOPNOTSUPP;
	}
	return 0;
}

int kernel_caps(const struct kernel_caps **out)
{
	static struct kernel_caps caps;
	static int result;
	static bool known;

	if (!known) {
		result = probe_caps(&caps);
		known = true;
	}
	*out = &caps;
	return result;
}

bool kernel_has_fentry(void)
{
	static int known; /* 1 + the answer */
	const struct kernel_caps *caps = NULL;

	if (!known) {
		libbpf_print_fn_t old = libbpf_set_print(quiet);

		kernel_caps(&caps);
		known = 1 + (caps->btf && has_fentry());
		libbpf_set_print(old);
	}
	return known == 2;
}

/* What only --info asks for: reading the kernel's BTF takes tens of milliseconds. */
static void probe_rest(struct kernel_caps *c)
{
	libbpf_print_fn_t old = libbpf_set_print(quiet);

	c->bpf_loop = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, NULL) == 1;
	c->strncmp = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_strncmp, NULL) == 1;
	c->fentry = kernel_has_fentry();
	libbpf_set_print(old);
}

void kernel_caps_print(const struct kernel_caps *caps, FILE *out)
{
	struct kernel_caps c = *caps;

	if (c.bpf)
		probe_rest(&c);
	const struct {
		const char *name;
		bool has;
		const char *without;
	} rows[] = {
		{ "bpf programs", c.bpf, "nothing runs" },
		{ "ring buffer", c.ringbuf, "needs Linux 5.8" },
		{ "attach cookies", c.cookie, "needs Linux 5.15" },
		{ "uprobe_multi", c.uprobe_multi,
		  "one perf_event for each probe: attaching is slow (Linux 6.6 has it)" },
		{ "uprobe_multi by process", c.uprobe_multi_pid, "-p filters in BPF (Linux 6.10 has it)" },
		{ "uprobes by perf_event", c.uprobe, "no fallback for uprobe_multi" },
		{ "kernel BTF", c.btf, "assembly functions cannot be traced (g lies in TLS)" },
		{ "begin and end probes", c.raw_tp, "begin and end do not run" },
		{ "timers (perf_event)", c.perf_event, "interval and profile do not run" },
		{ "tracepoints", c.tracepoint, "mount -t tracefs nodev /sys/kernel/tracing" },
		{ "kprobes", c.kprobe, "the kernel has none (CONFIG_KPROBES)" },
		{ "fentry", c.fentry, "the kernel has none" },
		{ "register writes in uprobes", c.write_regs,
		  "each ret is stepped by the kernel (Linux 6.18 without lockdown has it)" },
		{ "bpf_loop", c.bpf_loop, "needs Linux 5.17" },
		{ "bpf_strncmp", c.strncmp, "needs Linux 5.17" },
	};

	fprintf(out, "kernel %s%s\n", c.release, c.lockdown ? " (locked down)" : "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool tried = c.bpf || !i;

		fprintf(out, "  %-28s %s%s%s\n", rows[i].name,
			rows[i].has ? "yes"
			: tried	    ? "no"
				    : "?",
			rows[i].has ? "" : "   ",
			rows[i].has ? ""
			: tried	    ? rows[i].without
				    : "not tried");
	}
	if (c.why[0])
		fprintf(out, "%s\n", c.why);
}
