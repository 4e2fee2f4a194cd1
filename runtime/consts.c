/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* consts.c - see consts.h. */
#include "runtime/consts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Whether some program sits on returns. */
static bool has_exits(const struct gft_meta *meta)
{
	for (uint32_t i = 0; i < meta->nprogs; i++)
		if (meta->progs[i].kind == MP_UPROBE && meta->progs[i].role == SITE_EXIT)
			return true;
	return false;
}

/* GFT_RETS_* that the kernel and the script allow; the emulation also wants the kernel's types. */
static uint32_t return_mode(const struct gft_meta *meta)
{
	const struct kernel_caps *caps = NULL;

	kernel_caps(&caps);
	if (!caps->write_regs)
		return GFT_RETS_STEPPED;
	return meta->config.ret_emulation ? GFT_RETS_EMULATED : GFT_RETS_KNOWN;
}

static void add_const(struct consts *c, const char *name, const void *data, size_t size)
{
	c->v[c->n++] = (struct ksession_const){ name, data, size };
}

/* Whether only some processes are wanted: -p, or -c without another binary. */
static bool filtered(const struct run_opts *o)
{
	return o->cli->npids || (o->child && !o->cli->binary);
}

/*
 * Whether what those processes start is wanted too.  With -p and a shared
 * library it is not unless asked for: the kernel then keeps the probes out of
 * every other process that uses the library.
 */
bool consts_follow(const struct run_opts *o)
{
	if (!filtered(o) || o->cli->follow == FOLLOW_NO)
		return false;
	return o->child || o->cli->follow == FOLLOW_YES || !targets_has_library(o->targets);
}

bool consts_watch(const struct run_opts *o)
{

	return filtered(o) || o->meta->needs.graph || o->meta->needs.frames;
}

bool consts_fill(struct consts *c, const struct run_opts *o)
{
	struct stat st;
	bool returns;

	memset(c, 0, sizeof(*c));
	for (int i = 0; i < targets_count(o->targets); i++) {
		struct tgt *t = targets_tgt(o->targets, i);
		struct tgt_error err = { "" };
		const struct tgt_go *g;

		if (!tgt_is_go(t) || !o->meta->needs.goroutine)
			continue;
		g = tgt_go(t, &err);
		if (!g) {
			fprintf(stderr, "gft: %s\n", err.msg);
			return false;
		}
		if (o->meta->needs.tls && !g->g_tls_known && !g->g_tls_slot) {
			fprintf(stderr,
				"gft: graph(syscalls): where %s keeps its goroutine in thread-local storage is not "
				"known\n",
				tgt_display(t));
			return false;
		}
		c->layouts[i] = (struct gft_layout){ .is_go = 1,
						     .g_hi = g->g_stack_hi,
						     .g_goid = g->g_goid,
						     .g_m = g->g_m,
						     .m_curg = g->m_curg,
						     .m_gsignal = g->m_gsignal,
						     .m_g0 = g->m_g0,
						     .g_tls = g->g_tls,
						     .runtime = g->own_runtime ? (uint32_t)i + 1 : 0,
						     .c_host = tgt_is_library(t),
						     .g_tls_slot = g->g_tls_slot,
						     .g_waitreason = g->g_waitreason,
						     .g_parent = g->g_parent_goid,
						     .g_gopc = g->g_gopc,
						     .g_startpc = g->g_startpc,
						     .g_pc = g->g_sched_pc,
						     .g_bp = g->g_sched_bp };
		if (o->cli->verbose)
			fprintf(stderr, "%s: %s, goroutine layout from %s (goid at %d)\n", tgt_display(t),
				g->version[0] ? g->version : "Go of unknown version", g->source, g->g_goid);
	}
	c->filter = filtered(o);
	c->follow = consts_follow(o);
	/* in the initial namespace ids need no translation (include/linux/proc_ns.h: PROC_PID_INIT_INO) */
	if (!stat("/proc/self/ns/pid", &st) && st.st_ino != 0xEFFFFFFCU) {
		c->dev = st.st_dev;
		c->ino = st.st_ino;
	}
	add_const(c, "gft_layouts", c->layouts, sizeof(c->layouts));
	c->rets = return_mode(o->meta);
	/* to return in the kernel's place is safe where a shadow stack would be seen */
	returns = c->rets == GFT_RETS_EMULATED && has_exits(o->meta);
	if ((consts_watch(o) || c->ino || returns) && kernel_task_layout(&c->task))
		add_const(c, "gft_task", &c->task, sizeof(c->task));
	else if (c->follow)
		fputs("gft: the kernel has no BTF that describes processes: those that the traced ones start are not "
		      "followed\n",
		      stderr);
	add_const(c, "gft_filter", &c->filter, sizeof(c->filter));
	add_const(c, "gft_follow", &c->follow, sizeof(c->follow));
	add_const(c, "gft_pidns_dev", &c->dev, sizeof(c->dev));
	add_const(c, "gft_pidns_ino", &c->ino, sizeof(c->ino));
	c->cpid = o->child ? (uint32_t)o->child->pid : 0;
	if (returns && !c->task.known)
		c->rets = GFT_RETS_KNOWN;
	add_const(c, "gft_rets", &c->rets, sizeof(c->rets));
	if (o->cli->verbose && returns)
		fprintf(stderr, c->rets == GFT_RETS_EMULATED
					? "exits: gft returns in the kernel's place where it can (ret_emulation = 0 "
					  "forbids it)\n"
					: "exits: the kernel has no BTF that describes threads; it steps each ret\n");
	add_const(c, "gft_cpid", &c->cpid, sizeof(c->cpid));
	return true;
}
