/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* builtins.c - the tables of builtins and functions: a new one is one row here. */
#include <string.h>

#include "parser/program.h"

static const struct gft_type duration_t = { .kind = TY_INT, .size = 8, .align = 8, .display = TD_DURATION };
static const struct gft_type username_t = { .kind = TY_USERNAME, .size = 4, .align = 4 };
static const struct gft_type comm_t = { .kind = TY_STRING, .size = 16, .align = 8 };
static const struct gft_type probetype_t = { .kind = TY_STRING, .size = 16, .align = 8 };
static const struct gft_type ctx_t = { .kind = TY_PTR, .size = 8, .align = 8, .elem = &ty_void, .space = TS_ANY };

static const struct gft_type line_t = {
	.kind = TY_CODE, .size = sizeof(struct ty_code), .align = 8, .display = TD_LINE
};

/*
 * c: for scalars a C expression, c being struct gft_ctx *; for others a call
 * that takes the destination as its first argument: "gft_comm(" + dst + ")".
 */
static const struct builtin builtins[] = {
	{ "pid", &ty_u32, W_ANY, NEED_PIDNS, "gft_pid(c)", "process id" },
	{ "tid", &ty_u32, W_ANY, NEED_PIDNS, "gft_tid(c)", "thread id" },
	{ "uid", &ty_u64, W_ANY, 0, "(__u32)bpf_get_current_uid_gid()", "user id" },
	{ "gid", &ty_u64, W_ANY, 0, "(__u32)(bpf_get_current_uid_gid() >> 32)", "group id" },
	{ "cpu", &ty_u64, W_ANY, 0, "bpf_get_smp_processor_id()", "number of the processor" },
	{ "rand", &ty_u64, W_ANY, 0, "bpf_get_prandom_u32()", "a random number" },
	{ "cgroup", &ty_u64, W_ANY, 0, "bpf_get_current_cgroup_id()", "cgroup id" },
	{ "comm", &comm_t, W_ANY, 0, "gft_comm", "name of the thread" },
	{ "goid", &ty_u64, W_ANY & ~W_BEGIN, NEED_G, "c->goid",
	  "goroutine id; in a program that is not Go the thread id" },
	{ "nsecs", &ty_u64, W_ANY, 0, "bpf_ktime_get_ns()", "monotonic clock, ns" },
	{ "elapsed", &ty_u64, W_ANY, 0, "gft_elapsed()", "ns since gft was ready" },
	{ "username", &username_t, W_ANY, 0, "(__u32)bpf_get_current_uid_gid()", "name of the user" },
	{ "ncpus", &ty_u64, W_ANY, 0, "gft_ncpus", "processors that there may be" },
	{ "numaid", &ty_u64, W_ANY, 0, "bpf_get_numa_node_id()", "number of the memory node" },
	{ "jiffies", &ty_u64, W_ANY, 0, "bpf_jiffies64()", "the kernel's clock ticks" },
	{ "cpid", &ty_u64, W_ANY, 0, "gft_cpid", "process that -c started, or 0" },
	{ "has_cpid", &ty_bool, W_ANY, 0, "(gft_cpid != 0)", "whether -c started a process" },
	{ "func", &ty_func_t, W_ANY, NEED_ID, "c->probe_id", "name of the probed function" },
	{ "probe", &ty_probe_t, W_ANY, NEED_ID, "c->probe_id", "full name of the attach point" },
	{ "curtask", &ty_none, W_ANY, 0, "bpf_get_current_task()", "struct task_struct * of the thread" },
	{ "probetype", &probetype_t, W_ANY, NEED_PROVIDER, "gft_probetype",
	  "kind of the probe: uprobe, interval, ..." },
	{ "usermode", &ty_u8, W_ANY, NEED_REGS, "gft_usermode(c)", "whether the program, not the kernel, was running" },
	{ "ctx", &ctx_t, W_ANY, 0, "gft_context(c)", "address of the probe's own record" },
	{ "retval", &ty_u64, W_EXIT | W_KRET, NEED_REGS, "gft_retval(c)", "first integer result (Go: register ax)" },
	{ "duration", &duration_t, W_EXIT, NEED_G | NEED_KEY | NEED_FRAMES, "c->duration", "ns since this call began" },
	{ "unwound", &ty_bool, W_EXIT, NEED_G | NEED_KEY | NEED_UNWOUND, "c->unwound",
	  "whether a panic or Goexit removed this call: it did not return" },
	{ "depth", &ty_u64, W_UPROBE, NEED_G | NEED_KEY | NEED_FRAMES, "c->depth",
	  "levels below the root of the open graph" },
	{ "caller", &ty_code_t, W_UPROBE, NEED_KEY | NEED_CALLER, "gft_caller", "call site, as func+off" },
	{ "caller_line", &line_t, W_UPROBE, NEED_KEY | NEED_CALLER, "gft_caller", "call site, as file:line" },
	{ "parent_goid", &ty_u64, W_UPROBE | W_GO, NEED_G | NEED_GOBJ, "gft_go_parent(c)",
	  "goid of the goroutine that started this one" },
	{ "go_start", &ty_usym_t, W_UPROBE | W_GO, NEED_G | NEED_GOBJ, "gft_go_start",
	  "the function that this goroutine began in" },
	{ "wait_reason", &ty_none, W_GO, NEED_G | NEED_GOBJ, "gft_go_reason(c)",
	  "in go:park and go:unpark: what the goroutine waits for" },
	{ "go_version", &ty_none, W_UPROBE | W_GO, 0, "", "version of Go that built the program" },
};

static const struct builtin argn = { "arg",	&ty_u64,     W_ENTRY | W_RAW | W_KERNEL, NEED_ARGS | NEED_REGS,
				     "gft_arg", "argument N" };

static const struct function functions[] = {
	{ "graph_drop", FN_GRAPH_DROP, 0, 0, W_ANY & ~W_BEGIN, NEED_G | NEED_KEY | NEED_RING, "graph_drop()" },
	{ "graph_tag", FN_GRAPH_TAG, 2, 2, W_ANY & ~W_BEGIN, NEED_G | NEED_KEY | NEED_RING,
	  "graph_tag(\"key\", value)" },
	{ "graph", FN_GRAPH, 0, 12, W_ENTRY, NEED_GRAPH | NEED_G | NEED_KEY | NEED_RING,
	  "graph(min = 10ms, depth = 5, limit = 1000)" },
	{ "printf", FN_PRINTF, 1, 128, W_ANY, NEED_RING, "printf(\"format\", value, ...)" },
	{ "print", FN_PRINT, 1, 3, W_ANY, NEED_RING, "print(value) or print(@map, top, div)" },
	{ "exit", FN_EXIT, 0, 1, W_ANY, NEED_RING, "exit(status)" },
	{ "time", FN_TIME, 0, 1, W_ANY, NEED_RING, "time(\"%H:%M:%S\\n\")" },
	{ "count", FN_COUNT, 0, 0, W_ANY, 0, "@map = count()" },
	{ "sum", FN_SUM, 1, 1, W_ANY, 0, "@map = sum(value)" },
	{ "avg", FN_AVG, 1, 1, W_ANY, 0, "@map = avg(value)" },
	{ "min", FN_MIN, 1, 1, W_ANY, 0, "@map = min(value)" },
	{ "max", FN_MAX, 1, 1, W_ANY, 0, "@map = max(value)" },
	{ "stats", FN_STATS, 1, 1, W_ANY, 0, "@map = stats(value)" },
	{ "hist", FN_HIST, 1, 2, W_ANY, 0, "@map = hist(value, bits)" },
	{ "lhist", FN_LHIST, 4, 4, W_ANY, 0, "@map = lhist(value, min, max, step)" },
	{ "tseries", FN_TSERIES, 3, 4, W_ANY, 0, "@map = tseries(value, interval, intervals, \"avg\")" },
	{ "delete", FN_DELETE, 1, 2, W_ANY, 0, "delete(@map, key)" },
	{ "clear", FN_CLEAR, 1, 1, W_ANY, NEED_RING, "clear(@map)" },
	{ "zero", FN_ZERO, 1, 1, W_ANY, NEED_RING, "zero(@map)" },
	{ "has_key", FN_HAS_KEY, 1, 2, W_ANY, 0, "has_key(@map, key)" },
	{ "reg", FN_REG, 1, 1, W_UPROBE | W_TIMER | W_KERNEL | W_KRET, NEED_REGS, "reg(\"ax\")" },
	{ "str", FN_STR, 1, 2, W_ANY, 0, "str(pointer, length)" },
	{ "len", FN_LEN, 1, 1, W_ANY, 0, "len(@map), len(ustack), len($text)" },
	{ "find", FN_FIND, 2, 3, W_ANY, 0, "find(@map, key, $variable)" },
	{ "strlen", FN_STRLEN, 1, 1, W_ANY, NEED_TEXT, "strlen(text)" },
	{ "strncmp", FN_STRNCMP, 3, 3, W_ANY, NEED_TEXT, "strncmp(text, text, length)" },
	{ "strcontains", FN_STRCONTAINS, 2, 2, W_ANY, NEED_TEXT, "strcontains(text, part)" },
	{ "strstr", FN_STRSTR, 2, 2, W_ANY, NEED_TEXT, "strstr(text, part)" },
	{ "strcap", FN_STRCAP, 1, 1, W_ANY, 0, "strcap(text)" },
	{ "str_concat", FN_STR_CONCAT, 2, 2, W_ANY, NEED_TEXT, "str_concat(text, text)" },
	{ "memcmp", FN_MEMCMP, 3, 3, W_ANY, NEED_TEXT, "memcmp(value, value, length)" },
	{ "strftime", FN_STRFTIME, 2, 2, W_ANY, 0, "strftime(\"%H:%M:%S\", nsecs)" },
	{ "strerror", FN_STRERROR, 1, 1, W_ANY, 0, "strerror(number)" },
	{ "syscall_name", FN_SYSCALL_NAME, 1, 1, W_ANY, 0, "syscall_name(number)" },
	{ "signal_name", FN_SIGNAL_NAME, 1, 1, W_ANY, 0, "signal_name(number)" },
	{ "buf", FN_BUF, 1, 2, W_ANY, NEED_TEXT, "buf(pointer, length)" },
	{ "ksym", FN_KSYM, 1, 1, W_ANY, 0, "ksym(address)" },
	{ "usym", FN_USYM, 1, 1, W_ANY, 0, "usym(address)" },
	{ "kaddr", FN_KADDR, 1, 1, W_ANY, 0, "kaddr(\"jiffies\")" },
	{ "percpu_kaddr", FN_PERCPU_KADDR, 1, 2, W_ANY, 0, "percpu_kaddr(\"process_counts\", cpu)" },
	{ "debugf", FN_DEBUGF, 1, 13, W_ANY, 0, "debugf(\"format\", value, ...)" },
	{ "write_user", FN_WRITE_USER, 3, 3, W_ANY & ~W_BEGIN, 0, "write_user(address, &$value, length)" },
	{ "uaddr", FN_UADDR, 1, 1, W_UPROBE, NEED_REGS, "uaddr(\"main.counter\")" },
	{ "ustack", FN_STACK, 0, 2, W_ANY, NEED_STACK | NEED_CALLER | NEED_REGS,
	  "ustack, ustack(frames), ustack(perf, frames)" },
	{ "kstack", FN_STACK, 0, 2, W_ANY & ~(W_UPROBE | W_GO), NEED_STACK,
	  "kstack, kstack(frames), kstack(perf, frames)" },
	{ "gostack", FN_STACK, 0, 2, W_ANY, NEED_STACK | NEED_CALLER | NEED_REGS, "gostack, gostack(frames)" },
	{ "ntop", FN_NTOP, 1, 2, W_ANY, 0, "ntop(address)" },
	{ "bswap", FN_BSWAP, 1, 1, W_ANY, 0, "bswap(number)" },
	{ "uptr", FN_UPTR, 1, 1, W_ANY, 0, "uptr(pointer)" },
	{ "kptr", FN_KPTR, 1, 1, W_ANY, 0, "kptr(pointer)" },
	{ "comm", FN_COMM, 1, 1, W_ANY, 0, "comm, or comm(pid) of another process" },
	{ "errorf", FN_ERRORF, 1, 128, W_ANY, NEED_RING, "errorf(\"format\", value, ...)" },
	{ "warnf", FN_WARNF, 1, 128, W_ANY, NEED_RING, "warnf(\"format\", value, ...)" },
	{ "cat", FN_CAT, 1, 128, W_ANY, NEED_RING, "cat(\"/proc/loadavg\")" },
	{ "system", FN_SYSTEM, 1, 128, W_ANY, NEED_RING, "system(\"command\", value, ...)" },
	{ "join", FN_JOIN, 1, 2, W_ANY, NEED_RING, "join(pointer, \" \")" },
	{ "getopt", FN_GETOPT, 1, 3, W_ANY, 0, "getopt(\"name\", default, \"description\")" },
	{ "is_ptr", FN_IS, 1, 1, W_ANY, 0, "is_ptr(value)" },
	{ "is_str", FN_IS, 1, 1, W_ANY, 0, "is_str(value)" },
	{ "is_array", FN_IS, 1, 1, W_ANY, 0, "is_array(value)" },
	{ "is_integer", FN_IS, 1, 1, W_ANY, 0, "is_integer(value)" },
	{ "is_unsigned_integer", FN_IS, 1, 1, W_ANY, 0, "is_unsigned_integer(value)" },
	{ "is_scalar", FN_IS, 1, 1, W_ANY, 0, "is_scalar(@map)" },
	{ "is_literal", FN_IS, 1, 1, W_ANY, 0, "is_literal(value)" },
	{ "comptime", FN_COMPTIME, 1, 1, W_ANY, 0, "comptime(expression)" },
	{ "assert", FN_ASSERT, 2, 2, W_ANY, NEED_RING, "assert(condition, \"message\")" },
	{ "static_assert", FN_STATIC_ASSERT, 2, 2, W_ANY, 0, "static_assert(condition, \"message\")" },
	{ "fail", FN_FAIL, 1, 64, W_ANY, 0, "fail(\"format\", value, ...)" },
	{ "cgroupid", FN_CGROUPID, 1, 1, W_ANY, 0, "cgroupid(\"/sys/fs/cgroup/system.slice\")" },
	{ "cgroup_path", FN_CGROUP_PATH, 1, 2, W_ANY, 0, "cgroup_path(cgroup, \"filter\")" },
	{ "pton", FN_PTON, 1, 1, W_ANY, 0, "pton(\"127.0.0.1\")" },
	{ "macaddr", FN_MACADDR, 1, 1, W_ANY, 0, "macaddr(bytes)" },
	{ "signal_thread", FN_SIGNAL_THREAD, 1, 1, W_ANY, 0, "signal_thread(SIGSTOP)" },
	{ "signal", FN_SIGNAL, 1, 1, W_ANY, 0, "signal(SIGSTOP)" },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

const struct builtin *builtin_find(const char *name)
{
	if (!strncmp(name, "arg", 3) && name[3] >= '0' && name[3] <= '9') {
		const char *p = name + 3;

		while (*p >= '0' && *p <= '9')
			p++;
		if (!*p && p - name <= 5)
			return &argn;
	}
	for (size_t i = 0; i < N(builtins); i++)
		if (!strcmp(builtins[i].name, name))
			return &builtins[i];
	return NULL;
}

const char *builtin_plain(const char *name)
{
	static const char prefix[] = "__builtin_";
	const char *plain = name + sizeof(prefix) - 1;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return name;
	return builtin_find(plain) || !strcmp(plain, "uaddr") ? plain : name;
}

const struct function *function_find(const char *name)
{
	for (size_t i = 0; i < N(functions); i++)
		if (!strcmp(functions[i].name, name))
			return &functions[i];
	return NULL;
}

const char *const *builtin_names(void)
{
	static const char *names[N(builtins) + 1];

	for (size_t i = 0; i < N(builtins); i++)
		names[i] = builtins[i].name;
	return names;
}

const char *const *function_names(void)
{
	static const char *names[N(functions) + 2];

	for (size_t i = 0; i < N(functions); i++)
		names[i] = functions[i].name;
	names[N(functions)] = "fetch";
	return names;
}
