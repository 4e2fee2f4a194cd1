/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel room against the running kernel: a program is compiled, loaded,
 * attached to functions of this very test and read.  Runs twice: with
 * uprobe_multi, and, as another process, with GFT_NO_UPROBE_MULTI=1.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "gft/compile.h"
#include "gft/kernel.h"

/* --- what is probed --------------------------------------------------------------------- */

__attribute__((noinline)) static long first(long x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

__attribute__((noinline)) static long second(long x)
{
	__asm__ volatile("" : "+r"(x));
	return x * 2;
}

/* An instruction that the kernel refuses to probe. */
void locked_instruction(void);
__asm__(".text\n.type locked_instruction, @function\nlocked_instruction:\n\tlock addl $0, -8(%rsp)\n\tret\n"
	".size locked_instruction, . - locked_instruction\n");

/* A thousand places: push %rbp and pop, and back. */
void many(void);
__asm__(".text\n.type many, @function\nmany:\n.rept 1000\n\tpush %rbp\n\tpop %rbp\n.endr\n\tret\n.size many, . - "
	"many\n");
#define MANY_STEP 2

struct place {
	uint64_t addr, off;
	bool found;
};

static int find_off(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct place *p = ctx;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uint64_t start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD && p->addr >= start && p->addr < start + ph->p_filesz) {
			p->off = p->addr - start + ph->p_offset;
			p->found = true;
			return 1;
		}
	}
	return 0;
}

static uint64_t offset_of(void *addr)
{
	struct place p = { .addr = (uint64_t)(uintptr_t)addr };

	dl_iterate_phdr(find_off, &p);
	assert_true(p.found);
	return p.off;
}

/* --- the program --------------------------------------------------------------------------- */

static const char program[] =
	"#define GFT_WARNINGS 1\n"
	"#include <gft/bpf.h>\n"
	"#include <gft/warn.h>\n"
	"#include <gft/ring.h>\n"
	"#include <gft/value.h>\n"
	"const volatile __u64 gft_test_const = 1;\n"
	"struct rec { struct gft_rec_hdr h; __u64 cookie, arg, constant; };\n"
	"struct { __uint(type, BPF_MAP_TYPE_PERCPU_HASH); __uint(max_entries, 64); __uint(key_size, 4);\n"
	"	__uint(value_size, 8); } m_count SEC(\".maps\");\n"
	"struct { __uint(type, BPF_MAP_TYPE_PERCPU_HASH); __uint(max_entries, 64); __uint(key_size, 4);\n"
	"	__uint(value_size, 16); } m_min SEC(\".maps\");\n"
	"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __uint(key_size, 4);\n"
	"	__uint(value_size, 8); } m_last SEC(\".maps\");\n"
	"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __uint(key_size, 16);\n"
	"	__uint(value_size, 8); } gft_goroutines SEC(\".maps\");\n"
	"static const char zero[16];\n"
	"SEC(\"uprobe.multi\") int prog(struct pt_regs *regs)\n"
	"{\n"
	"	struct gft_ctx c = {};\n"
	"	if (!gft_hit(&c, regs))\n"
	"		return 0;\n"
	"	__u32 k = c.site;\n"
	"	__u64 di = *(volatile __u64 *)&regs->di; /* once: no arithmetic on ctx */\n"
	"	__u64 *n = gft_row(&m_count, &k, zero, &gft_warnings[0]);\n"
	"	if (n)\n"
	"		*n += 1;\n"
	"	gft_agg_min(gft_row(&m_min, &k, zero, &gft_warnings[0]), (__s64)di, true);\n"
	"	bpf_map_update_elem(&m_last, &k, &di, BPF_ANY);\n"
	"	if (di == 77)\n"
	"		gft_count(GFT_ST_DEPTH, c.site);\n"
	"	struct { __u64 goid; __u32 tgid, thread; } g = { di, c.tgid + (di == 77), 0 };\n"
	"	__u64 v = 0;\n"
	"	bpf_map_update_elem(&gft_goroutines, &g, &v, BPF_ANY);\n"
	"	struct rec *r = gft_reserve(sizeof(*r), c.site);\n"
	"	if (!r)\n"
	"		return 0;\n"
	"	r->h.kind = GFT_REC_EVENT;\n"
	"	r->h.site = c.site;\n"
	"	r->h.ts_ns = bpf_ktime_get_ns();\n"
	"	r->cookie = c.cookie;\n"
	"	r->arg = di;\n"
	"	r->constant = gft_test_const;\n"
	"	gft_submit(r);\n"
	"	return 0;\n"
	"}\n"
	"static __always_inline int event(__u32 site)\n"
	"{\n"
	"	struct rec *r = gft_reserve(sizeof(*r), site);\n"
	"	if (r) {\n"
	"		__builtin_memset(r, 0, sizeof(*r));\n"
	"		r->h.site = site;\n"
	"		gft_submit(r);\n"
	"	}\n"
	"	return 0;\n"
	"}\n"
	"SEC(\"raw_tp\") int begin(void *ctx) { return event(1000); }\n"
	"SEC(\"perf_event\") int tick(void *ctx) { return gft_ready ? event(1001) : 0; }\n"
	"SEC(\"tracepoint\") int tp(void *ctx) { return gft_ready ? event(1002) : 0; }\n"
	"SEC(\"perf_event\") int profile(void *ctx) { return gft_ready ? event(1003) : 0; }\n"
	"SEC(\"perf_event\") int software(void *ctx) { return gft_ready ? event(1004) : 0; }\n"
	"SEC(\"raw_tp\") int rawtp(void *ctx) { return gft_ready ? event(1005) : 0; }\n"
	"SEC(\"perf_event\") int hardware(void *ctx) { return gft_ready ? event(1006) : 0; }\n";

struct rec {
	struct gft_rec_hdr h;
	uint64_t cookie, arg, constant;
};

enum { P_UPROBE, P_BEGIN, P_TICK, P_TP, P_PROFILE, P_SOFTWARE, P_RAWTP, P_HARDWARE, NPROGS };
enum { M_COUNT, M_MIN, M_LAST, NMAPS };

static struct meta_prog progs[] = {
	[P_UPROBE] = { .name = "prog", .kind = MP_UPROBE },
	[P_BEGIN] = { .name = "begin", .kind = MP_BEGIN },
	[P_TICK] = { .name = "tick", .kind = MP_INTERVAL, .period = 10000000 },
	[P_TP] = { .name = "tp", .kind = MP_TRACEPOINT, .target = "sched:sched_switch" },
	[P_PROFILE] = { .name = "profile", .kind = MP_PROFILE, .freq = 99 },
	[P_SOFTWARE] = { .name = "software", .kind = MP_SOFTWARE, .target = "page-faults", .period = 1 },
	[P_RAWTP] = { .name = "rawtp", .kind = MP_RAWTRACEPOINT, .target = "sched_switch" },
	[P_HARDWARE] = { .name = "hardware", .kind = MP_HARDWARE, .target = "cycles", .period = 1000000 },
};
static const struct gft_type count_t = { .kind = TY_COUNT, .size = 8, .align = 8 };
static const struct gft_type min_t = { .kind = TY_MIN, .size = 16, .align = 8, .is_signed = true };
static const struct gft_type u64_t = { .kind = TY_INT, .size = 8, .align = 8 };
static const struct gft_type u32_t = { .kind = TY_INT, .size = 4, .align = 4 };
static struct meta_map maps[] = {
	[M_COUNT] = { .name = "@count",
		      .bpf_name = "m_count",
		      .key = &u32_t,
		      .value = &count_t,
		      .percpu = true,
		      .max_entries = 64 },
	[M_MIN] = { .name = "@min",
		    .bpf_name = "m_min",
		    .key = &u32_t,
		    .value = &min_t,
		    .percpu = true,
		    .max_entries = 64 },
	[M_LAST] = { .name = "@last", .bpf_name = "m_last", .key = &u32_t, .value = &u64_t, .max_entries = 64 },
};
static const struct gft_meta meta = {
	.progs = progs,
	.nprogs = NPROGS,
	.maps = maps,
	.nmaps = NMAPS,
	.needs = { .ring = true },
};

static struct compile_result object;

static bool can_run(void)
{
	const struct kernel_caps *c;

	if (!kernel_caps(&c))
		return true;
	print_message("skipped: %s\n", c->why);
	return false;
}

static struct ksession *load(void)
{
	struct kernel_error err = { .msg = "" };
	const uint64_t constant = 4711;
	const struct ksession_const consts[] = { { "gft_test_const", &constant, 8 }, { "not_there", &constant, 8 } };
	struct ksession_opts o = { .object = object.object,
				   .object_len = object.object_len,
				   .meta = &meta,
				   .consts = consts,
				   .nconsts = 2,
				   .ring_bytes = 300000 };
	struct ksession *s = NULL;
	int r;

	if (!object.object) {
		struct compile_opts co = { .no_cache = true };

		r = compile_bpf("test", program, strlen(program), &co, &object);
		for (size_t i = 0; i < object.ndiags; i++)
			print_message("%s:%u: %s\n", object.diags[i].file, object.diags[i].line, object.diags[i].text);
		assert_int_equal(r, 0);
		o.object = object.object;
		o.object_len = object.object_len;
	}
	r = ksession_load(&s, &o, &err);
	if (r)
		print_message("%s\n%s\n", err.msg, err.log ? err.log : "");
	kernel_error_fini(&err);
	assert_int_equal(r, 0);
	assert_non_null(s);
	return s;
}

struct got {
	struct rec r[4096];
	size_t n, of[8]; /* of[i]: records of site 1000 + i */
	size_t stop_at;
};

static struct got *fresh(void)
{
	static struct got g;

	memset(&g, 0, sizeof(g));
	return &g;
}

static int on_rec(void *ctx, const void *rec, size_t size)
{
	struct got *g = ctx;

	assert_true(size >= sizeof(struct rec));
	if (g->n < 4096)
		memcpy(&g->r[g->n], rec, sizeof(struct rec));
	if (((const struct rec *)rec)->h.site >= 1000 && ((const struct rec *)rec)->h.site < 1008)
		g->of[((const struct rec *)rec)->h.site - 1000]++;
	g->n++;
	return g->stop_at && g->n == g->stop_at ? 42 : 0;
}

static void attach(struct ksession *s, struct ksession_site *sites, size_t n, size_t refused)
{
	struct kernel_error err = { .msg = "" };
	size_t no = 99;
	int r = ksession_attach_uprobes(s, P_UPROBE, "/proc/self/exe", 0, false, sites, n, &no, NULL, NULL, &err);

	if (r)
		print_message("%s\n%s\n", err.msg, err.log ? err.log : "");
	kernel_error_fini(&err);
	assert_int_equal(r, 0);
	assert_int_equal(no, refused);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_caps(void **state)
{
	const struct kernel_caps *c = NULL;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int r = kernel_caps(&c);

	(void)state;
	assert_non_null(c);
	assert_true(r ? c->why[0] != 0 : c->bpf && c->ringbuf && c->cookie && (c->uprobe || c->uprobe_multi));
	kernel_caps_print(c, f);
	fclose(f);
	assert_non_null(strstr(text, c->release));
	if (getenv("GFT_NO_UPROBE_MULTI"))
		assert_false(c->uprobe_multi);
	else
		print_message("%s", text);
	free(text);
}

/* Records, cookies, constants, the gate, maps and counters. */
static void test_uprobes(void **state)
{
	struct ksession_site sites[2] = { { offset_of((void *)first), GFT_COOKIE(1, 0, 0) },
					  { offset_of((void *)second), GFT_COOKIE(2, 16, 0) } };
	struct ksession_loss loss[4];
	struct got *g = fresh();
	uint64_t st[GFT_ST_MAX], v[2];
	struct ksession *s;
	uint32_t key = 1;

	(void)state;
	if (!can_run())
		skip();
	s = load();
	attach(s, sites, 2, 0);
	first(1); /* the gate is shut */
	assert_int_equal(ksession_poll(s, 0, on_rec, g), 0);
	ksession_ready(s, true);
	first(5);
	first(-3);
	second(77);
	assert_int_equal(ksession_poll(s, 100, on_rec, g), 3);
	assert_int_equal(g->n, 3);
	assert_int_equal(g->r[0].h.site, 1);
	assert_int_equal(g->r[0].arg, 5);
	assert_int_equal(g->r[0].constant, 4711);
	assert_true((int64_t)g->r[1].arg == -3);
	assert_int_equal(g->r[2].h.site, 2);
	assert_true(g->r[2].cookie == GFT_COOKIE(2, 16, 0));
	assert_true(g->r[2].h.ts_ns > g->r[0].h.ts_ns);

	assert_int_equal(ksession_map_get(s, M_COUNT, &key, v), 0);
	assert_int_equal(v[0], 2);
	assert_int_equal(ksession_map_get(s, M_MIN, &key, v), 0);
	assert_true((int64_t)v[0] == -3 && v[1] == 2);
	assert_int_equal(ksession_map_get(s, M_LAST, &key, v), 0);
	assert_true((int64_t)v[0] == -3);
	key = 9;
	assert_int_equal(ksession_map_get(s, M_LAST, &key, v), -ENOENT);
	assert_int_equal(ksession_map_get(s, M_COUNT, &key, v), -ENOENT);

	ksession_stats(s, st);
	assert_int_equal(st[GFT_ST_DEPTH], 1);
	assert_int_equal(st[GFT_ST_RING_FULL], 0);
	assert_int_equal(ksession_losses(s, loss, 4), 1);
	assert_true(loss[0].site == 2 && loss[0].stat == GFT_ST_DEPTH && loss[0].count == 1);

	ksession_ready(s, false);
	first(1);
	assert_int_equal(ksession_poll(s, 0, on_rec, g), 0);
	ksession_ready(s, true);
	ksession_detach(s, NULL, NULL);
	ksession_ready(s, true);
	first(1);
	assert_int_equal(ksession_poll(s, 0, on_rec, g), 0);
	ksession_detach(s, NULL, NULL);
	ksession_free(s);
	ksession_free(NULL);
}

struct rows {
	size_t n;
	uint64_t sum;
};

static int on_row(void *ctx, const void *key, const void *val)
{
	struct rows *r = ctx;

	(void)key;
	r->n++;
	r->sum += *(const uint64_t *)val;
	return r->n == 100;
}

static bool is_me(void *ctx, uint32_t tgid)
{
	return tgid == *(uint32_t *)ctx;
}

static void *call_first(void *arg)
{
	for (long i = 0; i < 500; i++)
		first(i);
	return arg;
}

static void test_maps(void **state)
{
	struct ksession_site sites[2] = { { offset_of((void *)first), 1 }, { offset_of((void *)second), 2 } };
	struct got *g = fresh();
	struct rows rows = { 0, 0 };
	struct ksession *s;
	pthread_t t[4];
	uint32_t key = 1, me;
	uint64_t v[2];

	(void)state;
	if (!can_run())
		skip();
	s = load();
	attach(s, sites, 2, 0);
	ksession_ready(s, true);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, call_first, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	second(77);
	assert_int_equal(ksession_map_each(s, M_COUNT, on_row, &rows), 0);
	assert_int_equal(rows.n, 2);
	assert_int_equal(rows.sum, 2001);
	assert_int_equal(ksession_map_get(s, M_MIN, &key, v), 0);
	assert_true(v[0] == 0 && v[1] == 2000);

	/* 300,000 bytes of ring: all 2001 records are there */
	assert_int_equal(ksession_poll(s, 0, on_rec, g), 2001);

	assert_int_equal(ksession_map_zero(s, M_COUNT), 0);
	assert_int_equal(ksession_map_get(s, M_COUNT, &key, v), 0);
	assert_int_equal(v[0], 0);
	assert_int_equal(ksession_map_clear(s, M_COUNT), 0);
	assert_int_equal(ksession_map_get(s, M_COUNT, &key, v), -ENOENT);
	memset(&rows, 0, sizeof(rows));
	assert_int_equal(ksession_map_each(s, M_COUNT, on_row, &rows), 0);
	assert_int_equal(rows.n, 0);

	/* of the goroutines only those of the process that is not there go */
	me = (uint32_t)g->r[0].h.site; /* any number: everybody is gone */
	assert_true(ksession_reap(s, is_me, &me) >= 2);
	assert_int_equal(ksession_reap(s, is_me, &me), 0);
	ksession_free(s);
}

/* The callback ends a poll, and nothing is lost by it. */
static void test_stop(void **state)
{
	struct ksession_site site = { offset_of((void *)first), 1 };
	struct got *g = fresh();
	struct ksession *s;

	(void)state;
	if (!can_run())
		skip();
	s = load();
	attach(s, &site, 1, 0);
	ksession_ready(s, true);
	for (int i = 0; i < 10; i++)
		first(i);
	g->stop_at = 4;
	assert_int_equal(ksession_poll(s, 100, on_rec, g), 42);
	assert_int_equal(g->n, 4);
	assert_int_equal(ksession_poll(s, 100, on_rec, g), 6);
	for (int i = 0; i < 10; i++)
		assert_int_equal(g->r[i].arg, i);
	ksession_free(s);
}

/* A full ring loses records and says so. */
static void test_ring_full(void **state)
{
	struct ksession_site site = { offset_of((void *)first), 1 };
	struct got *g = fresh();
	uint64_t st[GFT_ST_MAX];
	struct ksession *s;
	int n = 0, r;

	(void)state;
	if (!can_run())
		skip();
	s = load();
	attach(s, &site, 1, 0);
	ksession_ready(s, true);
	for (int i = 0; i < 20000; i++)
		first(i);
	ksession_stats(s, st);
	while ((r = ksession_poll(s, 0, on_rec, g)) > 0)
		n += r;
	assert_int_equal(r, 0);
	assert_true(st[GFT_ST_RING_FULL] > 0);
	assert_int_equal((uint64_t)n + st[GFT_ST_RING_FULL], 20000);
	ksession_free(s);
}

/* One site of three is refused: the others work. */
static void test_refused(void **state)
{
	struct ksession_site sites[3] = { { offset_of((void *)first), 1 },
					  { offset_of((void *)locked_instruction), 2 },
					  { offset_of((void *)second), 3 } };
	struct kernel_error err = { .msg = "" };
	struct got *g = fresh();
	struct ksession *s;
	size_t no = 0;

	(void)state;
	if (!can_run())
		skip();
	s = load();
	attach(s, sites, 3, 1);
	ksession_ready(s, true);
	first(1);
	locked_instruction();
	second(1);
	assert_int_equal(ksession_poll(s, 0, on_rec, g), 2);

	assert_true(ksession_attach_uprobes(s, P_UPROBE, "/proc/self/exe", 0, false, sites + 1, 1, &no, NULL, NULL,
					    &err) < 0);
	assert_int_equal(no, 1);
	print_message("%s\n", err.msg);
	assert_true(err.msg[0]);
	kernel_error_fini(&err);
	assert_true(ksession_attach_uprobes(s, P_UPROBE, "/nonexistent", 0, false, sites, 1, &no, NULL, NULL, &err) <
		    0);
	print_message("%s\n", err.msg);
	kernel_error_fini(&err);
	ksession_free(s);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t progress_calls;

static void on_progress(void *ctx, size_t done, size_t total)
{
	(void)ctx;
	assert_true(done <= total);
	progress_calls++;
}

static void test_many(void **state)
{
	const size_t n = getenv("GFT_NO_UPROBE_MULTI") ? 16 : 1000;
	static struct ksession_site sites[1000];
	struct got *g = fresh();
	struct kernel_error err = { .msg = "" };
	struct ksession *s;
	double t0, t1;

	(void)state;
	if (!can_run())
		skip();
	s = load();
	for (size_t i = 0; i < n; i++)
		sites[i] = (struct ksession_site){ offset_of((char *)many + i * MANY_STEP), i };
	t0 = now_ms();
	assert_int_equal(ksession_attach_uprobes(s, P_UPROBE, "/proc/self/exe", 0, false, sites, n, NULL, on_progress,
						 NULL, &err),
			 0);
	t1 = now_ms();
	ksession_ready(s, true);
	many();
	assert_int_equal(ksession_poll(s, 0, on_rec, g), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(g->r[i].h.site, i);
	print_message("%zu sites attached in %.1f ms", n, t1 - t0);
	t0 = now_ms();
	ksession_detach(s, on_progress, NULL);
	print_message(", detached in %.1f ms\n", now_ms() - t0);
	assert_true(progress_calls > 0);
	ksession_free(s);
}

/* The kernel's filter by process: this one and another. */
static void test_pid(void **state)
{
	struct ksession_site site = { offset_of((void *)first), 1 };
	struct got *g = fresh();
	struct kernel_error err = { .msg = "" };
	struct ksession *s;
	int to[2], back[2], status;
	pthread_t t;
	pid_t pid;
	char c;

	(void)state;
	if (!can_run())
		skip();
	if (getenv("GFT_NO_UPROBE_MULTI") || !kernel_uprobe_multi_pid()) {
		print_message("skipped: this is about uprobe_multi's filter by process, which is not used here\n");
		skip();
	}
	s = load();
	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(back), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(to[0], &c, 1) != 1)
			_exit(1);
		for (int i = 0; i < 10; i++)
			first(i);
		_exit(0);
	}
	assert_int_equal(ksession_attach_uprobes(s, P_UPROBE, "/proc/self/exe", getpid(), false, &site, 1, NULL, NULL,
						 NULL, &err),
			 0);
	ksession_ready(s, true);
	assert_int_equal(write(to[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(ksession_poll(s, 0, on_rec, g), 0);
	pthread_create(&t, NULL, call_first, NULL);
	pthread_join(t, NULL);
	assert_int_equal(ksession_poll(s, 0, on_rec, g), 500);
	ksession_free(s);

	s = load();
	assert_int_equal(
		ksession_attach_uprobes(s, P_UPROBE, "/proc/self/exe", pid, false, &site, 1, NULL, NULL, NULL, &err),
		-ESRCH);
	print_message("%s\n", err.msg);
	kernel_error_fini(&err);
	ksession_free(s);
	for (int i = 0; i < 2; i++) {
		close(to[i]);
		close(back[i]);
	}
}

static void test_begin(void **state)
{
	const struct kernel_caps *caps;
	struct kernel_error err = { .msg = "" };
	struct got *g = fresh();
	struct ksession *s;

	(void)state;
	if (!can_run())
		skip();
	kernel_caps(&caps);
	s = load();
	assert_int_equal(ksession_run(s, P_BEGIN, NULL, &err), 0);
	assert_int_equal(ksession_run(s, P_BEGIN, NULL, &err), 0);
	assert_int_equal(ksession_poll(s, 0, on_rec, g), 2);
	assert_int_equal(g->of[0], 2);
	assert_true(ksession_prog_insns(s, P_BEGIN) > 5);
	ksession_free(s);
}

/* Kinds that a kernel may not have: refused with a sentence, or they fire. */
static void test_others(void **state)
{
	static const uint32_t kinds[] = { P_TICK, P_TP, P_PROFILE, P_SOFTWARE, P_RAWTP, P_HARDWARE };
	struct got *g = fresh();

	(void)state;
	if (!can_run())
		skip();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct kernel_error err = { .msg = "" };
		struct ksession *s = load();
		double end;

		if (ksession_attach(s, kinds[i], &err)) {
			assert_true(err.msg[0]);
			print_message("%s\n", err.msg);
			kernel_error_fini(&err);
			ksession_free(s);
			continue;
		}
		ksession_ready(s, true);
		end = now_ms() + 2000;
		while (g->n < 3 && now_ms() < end) {
			/* work, faults and switches */
			char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			assert_ptr_not_equal(p, MAP_FAILED);
			for (size_t k = 0; k < 1 << 20; k += 4096)
				((volatile char *)p)[k] = 1;
			munmap(p, 1 << 20);
			usleep(1000);
			ksession_poll(s, 5, on_rec, g);
		}
		ksession_detach(s, NULL, NULL);
		if (g->n < 3)
			print_message("%s fired %zu times\n", progs[kinds[i]].name, g->n);
		assert_true(g->n >= 3);
		assert_int_equal(g->r[0].h.site % 1000, kinds[i] - P_BEGIN);
		ksession_free(s);
		memset(g, 0, sizeof(*g));
	}
}

static void test_bad_object(void **state)
{
	struct ksession_opts o = { .object = "no object", .object_len = 9, .meta = &meta };
	struct kernel_error err = { .msg = "" };
	struct ksession *s = NULL;
	static struct meta_prog bad = { .name = "bad", .kind = MP_UPROBE };
	static const struct gft_meta bad_meta = { .progs = &bad, .nprogs = 1 };
	static const char text[] = "#include <gft/bpf.h>\nSEC(\"uprobe.multi\") int bad(struct pt_regs *regs)\n"
				   "{\n#line 3 \"hello.gft\"\n\treturn *(int *)regs->di;\n}\n";
	struct clang_file src = { "hello.gft", "1\n2\nthe third line\n", 0 };
	struct compile_opts co = { .no_cache = true, .sources = &src, .nsources = 1 };
	struct compile_result c;

	(void)state;
	if (!can_run())
		skip();
	src.len = strlen(src.text);
	assert_true(ksession_load(&s, &o, &err) < 0);
	assert_null(s);
	print_message("%s\n", err.msg);
	kernel_error_fini(&err);

	/* the verifier's words, and the script's line among them */
	assert_int_equal(compile_bpf("test", text, strlen(text), &co, &c), 0);
	o = (struct ksession_opts){ .object = c.object, .object_len = c.object_len, .meta = &bad_meta };
	assert_true(ksession_load(&s, &o, &err) < 0);
	assert_null(s);
	print_message("%s\n", err.msg);
	assert_non_null(strstr(err.msg, "invalid mem access"));
	assert_non_null(err.log);
	assert_non_null(strstr(err.log, "hello.gft:3: the third line"));
	kernel_error_fini(&err);
	compile_release(&c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caps),   cmocka_unit_test(test_uprobes),	  cmocka_unit_test(test_maps),
		cmocka_unit_test(test_stop),   cmocka_unit_test(test_ring_full),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),   cmocka_unit_test(test_pid),	  cmocka_unit_test(test_begin),
		cmocka_unit_test(test_others), cmocka_unit_test(test_bad_object),
	};
	int failed;

	failed = cmocka_run_group_tests_name(getenv("GFT_NO_UPROBE_MULTI") ? "kernel, one perf_event each" : "kernel",
					     tests, NULL, NULL);
	compile_release(&object);
	if (!getenv("GFT_NO_UPROBE_MULTI")) {
		fflush(NULL);
		setenv("GFT_NO_UPROBE_MULTI", "1", 1);
		if (!failed)
			execv("/proc/self/exe", argv);
	}
	(void)argc;
	return failed;
}
