/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * explain.c - the programs of gft's own that graph(parks), graph(syscalls) and
 * graph(children) need: at functions of the runtime, and at tracepoints.
 *
 * Where a goroutine's state changes was read from the runtime's sources of Go
 * 1.19 to 1.24 and 1.27 (src/runtime/proc.go, coro.go, preempt.go): everything
 * goes through casgstatus, but for
 *
 *   - preemptPark, which changes to "preempted" itself; back it is ready();
 *   - coroutines (iter.Pull, since 1.23), which change hands by an exchange of their own;
 *   - system calls since 1.26, which do without the call when nobody looks.
 *     A probe at the entry of reentersyscall and exitsyscall sees those.
 */
#include <stdlib.h>
#include <string.h>

#include "codegen/emit.h"
#include "gft/resolve.h"
#include "gft/setup.h"

struct hook {
	const char *func, *prog;
	const char *action;  /* C; c is struct gft_ctx *, l the binary's layout */
	uint32_t want;	     /* GRAPH_* */
	enum site_role role; /* SITE_ENTRY or SITE_EXIT */
	int since;	     /* Go 1.N; 0: all */
	bool must;	     /* without it there is nothing */
};

static const struct hook hooks[] = {
	{ "runtime.casgstatus", "status", "gft_on_status(&c, l)", GRAPH_PARKS, SITE_ENTRY, 0, true },
	{ "runtime.preemptPark", "preempt", "gft_change(&c, l, gft_reg(&c, ax), GFT_PARKED, GFT_WR_PREEMPTED)",
	  GRAPH_PARKS, SITE_ENTRY, 0, false },
	{ "runtime.coroswitch_m", "coroutine", "gft_change(&c, l, gft_reg(&c, ax), GFT_PARKED, GFT_WR_COROUTINE)",
	  GRAPH_PARKS, SITE_ENTRY, 22, false },
	{ "runtime.coroswitch", "corogo", "gft_change(&c, l, gft_reg(&c, r14), GFT_RUNNING, 0)", GRAPH_PARKS, SITE_EXIT,
	  22, false },
	{ "runtime.reentersyscall", "entersys", "gft_change(&c, l, gft_reg(&c, r14), GFT_SYSCALL, 0)", GRAPH_PARKS,
	  SITE_ENTRY, 26, false },
	{ "runtime.exitsyscall", "exitsys", "gft_change(&c, l, gft_reg(&c, r14), GFT_RUNNING, 0)", GRAPH_PARKS,
	  SITE_ENTRY, 26, false },
	{ "runtime.newproc1", "newproc", "gft_on_go(&c, l)", GRAPH_CHILDREN, SITE_EXIT, 0, true },
};

static const struct {
	const char *target, *prog, *action;
	uint32_t want;
} tracepoints[] = {
	{ "sched:sched_switch", "sched", "gft_sched_switch", GRAPH_PARKS },
	{ "raw_syscalls:sys_enter", "syscall", "gft_sys_enter", GRAPH_SYSCALLS },
	{ "raw_syscalls:sys_exit", "sysret", "gft_sys_exit", GRAPH_SYSCALLS },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

uint32_t explain_max_programs(void)
{
	return N(hooks) * GFT_BINARIES + N(tracepoints);
}

/* The N of "go1.N"; INT32_MAX when the binary does not say: then it may be any. */
static int minor_of(const char *version)
{
	return strncmp(version, "go1.", 4) ? INT32_MAX : atoi(version + 4);
}

static void hook_program(struct em *m, int bin, const struct hook *h, struct meta_prog *mp)
{
	const struct resolver *r = m->p->res;
	uint32_t *funcs = NULL;
	size_t n = r->match(r->ctx, bin, h->func, &funcs);

	*mp = (struct meta_prog){ .name = arena_printf(m->a, "gft_%s_%d", h->prog, bin),
				  .kind = MP_UPROBE,
				  .internal = true,
				  .must = h->must,
				  .binary = bin,
				  .role = (uint8_t)h->role,
				  .want_args = h->role == SITE_ENTRY,
				  .want_sp = true,
				  .uses_regs = true };
	mp->places = ARENA_ARRAY(m->a, struct meta_place, n + 1);
	for (size_t i = 0; i < n; i++)
		mp->places[mp->nplaces++] = (struct meta_place){ funcs[i], 0 };
	free(funcs);
	buf_printf(m->out,
		   "\nSEC(\"uprobe.multi\")\nint %s(struct pt_regs *regs)\n{\n"
		   "\tconst volatile struct gft_layout *l = &gft_layouts[%d];\n"
		   "\tstruct gft_ctx c = {};\n\n"
		   "\tif (gft_hit(&c, regs))\n\t\t%s;\n\treturn 0;\n}\n",
		   mp->name, bin, h->action);
}

void explain_hooks(struct em *m, struct gft_meta *meta, int bin)
{
	int minor = minor_of(m->p->res->go_version(m->p->res->ctx, bin));

	for (size_t i = 0; i < N(hooks); i++)
		if (hooks[i].want & m->p->explain && hooks[i].since <= minor)
			hook_program(m, bin, &hooks[i], &meta->progs[meta->nprogs++]);
}

void explain_tracepoints(struct em *m, struct gft_meta *meta)
{
	for (size_t i = 0; i < N(tracepoints); i++) {
		struct meta_prog *mp = &meta->progs[meta->nprogs];

		if (!(tracepoints[i].want & m->p->explain))
			continue;
		*mp = (struct meta_prog){ .name = arena_printf(m->a, "gft_%s", tracepoints[i].prog),
					  .kind = MP_TRACEPOINT,
					  .internal = true,
					  .target = tracepoints[i].target };
		buf_printf(m->out, "\nSEC(\"tracepoint\")\nint %s(void *ctx)\n{\n\treturn %s(ctx);\n}\n", mp->name,
			   tracepoints[i].action);
		meta->nprogs++;
	}
}
