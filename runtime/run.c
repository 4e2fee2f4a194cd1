/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* run.c - see run.h. */
#include "runtime/run.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gft/graph.h"
#include "gft/kernel.h"
#include "gft/output.h"
#include "gft/stream.h"
#include "runtime/consts.h"
#include "runtime/events.h"
#include "runtime/govalue.h"
#include "runtime/kinds.h"
#include "runtime/losses.h"
#include "runtime/symbols.h"
#include "runtime/warnings.h"

#define POLL_MS	       50
#define EARLY_MS       3 /* the first EARLY_POLLS of them */
#define EARLY_POLLS    8
#define REAP_TICKS     40 /* polls between two looks for processes that are gone */
#define MANY_FUNCTIONS 10000
#define LOSS_ROWS      4096

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t script_signals[65]; /* self:signal: those that came */

static void on_signal(int sig)
{
	stop_signal = sig;
}

static void on_script_signal(int sig)
{
	script_signals[sig] = 1;
}

struct run {
	const struct run_opts *o;
	const struct gft_meta *meta;
	struct ksession *ks;
	struct graph_builder *graph;
	struct output *out;
	struct stream_writer *recorder; /* --record */
	struct sym_source syms;
	struct value_ctx values;
	struct events ev;
	struct warnings warnings;
	struct symbols *symbols;
	uint64_t bad_records;
	uint64_t end_ns;	 /* finish() */
	bool processes;		 /* the kernel half keeps a list of processes */
	bool outside;		 /* there may be processes that have no id here: gft is in a pid namespace */
	bool bar;		 /* a progress bar is on the terminal */
	bool draining, finished; /* the end: see finish() */
};

/* --- what the output room asks ------------------------------------------------------------ */

static const char *func_name(void *ctx, uint32_t id)
{
	struct run *r = ctx;

	if (id >= TY_PROBE_STATIC)
		return id - TY_PROBE_STATIC < r->meta->nprobe_names ? r->meta->probe_names[id - TY_PROBE_STATIC].func
								    : NULL;
	return sites_func_name(r->o->sites, id & ~TY_PROBE_EXIT);
}

static const char *probe_name(void *ctx, uint32_t id)
{
	struct run *r = ctx;

	if (id >= TY_PROBE_STATIC)
		return id - TY_PROBE_STATIC < r->meta->nprobe_names ? r->meta->probe_names[id - TY_PROBE_STATIC].probe
								    : NULL;
	if (id & TY_PROBE_EXIT)
		return sites_exit_name(r->o->sites, id & ~TY_PROBE_EXIT);
	return sites_probe_name(r->o->sites, id);
}

static size_t stack(void *ctx, const struct gft_type *t, const struct ty_stack *st, uint64_t *ips, size_t max)
{
	struct run *r = ctx;

	(void)t;
	return ksession_stack(r->ks, st->id, ips, max);
}

static void symbol(void *ctx, uint32_t pid, uint64_t addr, struct code_info *out)
{
	struct run *r = ctx;

	symbols_find(r->symbols, pid, addr, out->off == 1, out->level, out);
	if (!r->meta->config.show_debug_info)
		out->file = NULL;
}

static void file_place(void *ctx, struct buf *b, uint32_t pid, uint64_t addr)
{
	char id[SYMBOLS_BUILD_ID + 1];
	uint64_t off;

	if (symbols_file_place(((struct run *)ctx)->symbols, pid, addr, id, &off))
		buf_printf(b, "%s 0x%02llx", id, (unsigned long long)off);
}

static const char *go_type(void *ctx, uint32_t pid, uint64_t addr)
{
	return symbols_go_type(((struct run *)ctx)->symbols, pid, addr);
}

static bool caller_outside(void *ctx, uint32_t tgid, int bin, uint64_t vaddr, struct code_info *out)
{
	return symbols_from(((struct run *)ctx)->symbols, tgid, bin, vaddr, out);
}

static const char *string(void *ctx, uint32_t n)
{
	struct run *r = ctx;

	return n < r->meta->nstrings ? r->meta->strings[n] : NULL;
}

static void go_value(void *ctx, struct buf *b, const struct gft_type *t, const void *data)
{
	const struct gft_capture *cap = data;
	const struct go_ref *ref = t->go;
	const struct run *r = ctx;
	const struct go_values *v;

	if (ref) {
		go_value_print(b, ref->values, ref->i, cap);
		return;
	}
	/* what print() shows: which site's plan it was, the capture says */
	v = sites_values(r->o->sites, cap->site);
	if (v && t->name)
		go_path_print(b, v, t->name, cap);
	else
		buf_puts(b, "(no such values here)");
}

static int64_t clock_offset(clockid_t clock)
{
	struct timespec a, m, b;
	int64_t best = 0, width = INT64_MAX;

	/* the narrowest of a few readings */
	for (int i = 0; i < 5; i++) {
		int64_t t0, t1;

		clock_gettime(CLOCK_MONOTONIC, &a);
		clock_gettime(clock, &m);
		clock_gettime(CLOCK_MONOTONIC, &b);
		t0 = a.tv_sec * 1000000000LL + a.tv_nsec;
		t1 = b.tv_sec * 1000000000LL + b.tv_nsec;
		if (t1 - t0 < width) {
			width = t1 - t0;
			best = m.tv_sec * 1000000000LL + m.tv_nsec - (t0 + width / 2);
		}
	}
	return best;
}

/* Names of callers that are printed next are this process's. */
static struct output *output_of(struct run *r, const struct graph_tree *tree)
{
	r->syms.process(r->syms.ctx, tree->tgid);
	return r->out;
}

static void tree_done(void *ctx, const struct graph_tree *tree)
{
	output_graph(output_of(ctx, tree), tree);
}

/* --stream */
static void call_enter(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	output_graph_enter(output_of(ctx, tree), tree, n, depth);
}

static void call_leave(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	output_graph_leave(output_of(ctx, tree), tree, n, depth);
}

/* Before graphs are closed that nothing more is heard of: the end of one of them may have been lost. */
static void note_losses(struct run *r)
{
	uint64_t st[GFT_ST_MAX] = { 0 };

	ksession_stats(r->ks, st);
	if (!st[GFT_ST_RING_FULL])
		return;
	graph_lost(r->graph);
	if (r->recorder)
		stream_write_lost(r->recorder);
}

/* A process ended, or runs another program: its graphs end here, in the order of records. */
static int process_over(struct run *r, const void *rec, size_t size)
{
	struct gft_rec_call c;

	if (size < sizeof(c)) {
		r->bad_records++;
		return 0;
	}
	memcpy(&c, rec, sizeof(c));
	if (r->finished)
		return 0;
	note_losses(r);
	graph_process_gone(r->graph, c.tgid, c.h.ts_ns);
	if (r->recorder)
		stream_write_gone(r->recorder, c.tgid, c.h.ts_ns);
	return output_error(r->out) ? 1 : 0;
}

static void leaf(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	output_graph_leaf(output_of(ctx, tree), tree, n, depth);
}

static void root_stack(void *ctx, const struct graph_tree *tree)
{
	output_graph_stack(output_of(ctx, tree), tree);
}

static int record(void *ctx, const void *rec, size_t size)
{
	struct run *r = ctx;
	const struct gft_rec_hdr *h = rec;

	if (size < sizeof(*h)) {
		r->bad_records++;
		return 0;
	}
	if (h->kind == GFT_REC_PROC)
		return process_over(r, rec, size);
	if (h->kind == GFT_REC_EVENT) {
		events_handle(&r->ev, rec, size);
		return r->ev.exiting && !r->draining ? 1 : 0;
	}
	/* what came behind the end is the rest of graphs that have been printed */
	if (r->finished || (r->draining && r->ev.exiting))
		return 0;
	if (r->recorder) {
		if (size >= sizeof(struct gft_rec_call))
			r->syms.process(r->syms.ctx, ((const struct gft_rec_call *)rec)->tgid);
		stream_write(r->recorder, rec, size);
	}
	graph_feed(r->graph, rec, size); /* counts what makes no sense */
	return output_error(r->out) ? 1 : 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* --- setting up ----------------------------------------------------------------------------- */

static void progress(void *ctx, size_t done, size_t total)
{
	struct run *r = ctx;
	int width = 40, n;

	if (!r->bar || !total)
		return;
	n = (int)(done * (size_t)width / total);
	fprintf(stderr, "\r[%.*s%*s] %zu/%zu", n, "########################################", width - n, "", done,
		total);
	fflush(stderr);
}

static void bar_end(struct run *r)
{
	if (r->bar)
		fputs("\r\033[K", stderr);
}

/* --record FILE */
static bool open_recorder(struct run *r, int *fd)
{
	const char *name = r->o->cli->record;

	if (!name)
		return true;
	*fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (*fd < 0) {
		fprintf(stderr, "gft: cannot write %s: %s\n", name, strerror(errno));
		return false;
	}
	r->recorder = stream_writer_new(*fd, &r->syms);
	stream_writer_values(r->recorder, &r->values);
	stream_write_clock(r->recorder, r->values.wall_offset_ns, r->values.boot_offset_ns);
	stream_write_opts(r->recorder, r->meta->graphs, r->meta->ngraphs);
	stream_write_tags(r->recorder, r->meta->tags, r->meta->ntags);
	return true;
}

static bool close_recorder(struct run *r, int fd)
{
	int e = r->recorder ? stream_writer_close(r->recorder, r->end_ns ? r->end_ns : now_ns()) : 0;

	r->recorder = r->ev.recorder = NULL;
	if (fd >= 0 && close(fd) && !e)
		e = -errno;
	if (e)
		fprintf(stderr, "gft: cannot write %s: %s\n", r->o->cli->record, strerror(-e));
	return !e;
}

static bool open_output(struct run *r, int *fd_out)
{
	const struct cli *c = r->o->cli;
	struct output_opts oo = {
		.format = c->format, .fd = STDOUT_FILENO, .values = &r->values, .trim_prefix = c->trim_prefix
	};
	const char *err = NULL;

	*fd_out = -1;
	if (c->output) {
		oo.fd = *fd_out = open(c->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		if (oo.fd < 0) {
			fprintf(stderr, "gft: cannot write %s: %s\n", c->output, strerror(errno));
			return false;
		}
	}
	oo.tty = isatty(oo.fd);
	oo.color = cli_wants_color(c, oo.fd);
	oo.buffering = OUTPUT_LINE;
	if (c->buffering) {
		if (!strcmp(c->buffering, "full"))
			oo.buffering = OUTPUT_FULL;
		else if (!strcmp(c->buffering, "none"))
			oo.buffering = OUTPUT_NONE;
		else if (strcmp(c->buffering, "line") != 0) {
			fprintf(stderr, "gft: -B: '%s' is none of line, full, none\n", c->buffering);
			return false;
		}
	}
	r->out = output_new(&oo, &err);
	if (!r->out)
		fprintf(stderr, "gft: %s\n", err);
	return r->out != NULL;
}

static bool fail(struct run *r, struct kernel_error *e)
{
	struct src_loc loc;

	bar_end(r);
	if (e->line && diag_line(r->o->diag, e->source, e->line, &loc))
		diag_place(r->o->diag, loc, "ERROR", e->msg, stderr, cli_wants_color(r->o->cli, STDERR_FILENO));
	else
		fprintf(stderr, "gft: %s\n", e->msg);
	if (e->hint)
		fprintf(stderr, "HINT: %s\n", e->hint);
	if (e->log && r->o->cli->verbose)
		fputs(e->log, stderr);
	else if (e->log && !e->hint)
		fputs("HINT: -v shows the kernel's own words\n", stderr);
	kernel_error_fini(e);
	return false;
}

/* Which of the script's comparisons of func and probe are true at a site. */
static uint64_t site_names(struct run *r, uint32_t site)
{
	uint64_t bits = 0;

	for (uint32_t k = 0; k < r->meta->nname_tests; k++) {
		const struct meta_name_test *t = &r->meta->name_tests[k];

		if (meta_name_test(t, t->probe ? probe_name(r, site) : func_name(r, site)))
			bits |= 1ULL << k;
	}
	return bits;
}

static bool load(struct run *r)
{
	const struct run_opts *o = r->o;
	struct consts c;
	struct kernel_error err = { .msg = "" };
	struct ksession_opts ko = { .object = o->object,
				    .object_len = o->object_len,
				    .meta = r->meta,
				    .ring_bytes = o->cli->ring_bytes,
				    .verbose = o->cli->verbose };

	if (!ko.ring_bytes && r->meta->config.perf_rb_pages)
		ko.ring_bytes = (size_t)r->meta->config.perf_rb_pages * 4096;
	if (!kinds_possible(r->meta) || !consts_fill(&c, o))
		return false;
	ko.consts = c.v;
	ko.nconsts = c.n;
	ko.processes = c.task.known && consts_watch(o);
	r->outside = c.ino != 0;
	if (r->meta->site_addrs || r->meta->site_plans)
		ko.site_addrs = sites_total(o->sites);
	ko.site_ids = r->meta->site_ids ? sites_total(o->sites) : 0;
	ko.site_names = r->meta->nname_tests ? sites_total(o->sites) : 0;
	if (ksession_load(&r->ks, &ko, &err) < 0) {
		if (!(o->avoidable & 1U << err.limit))
			return fail(r, &err);
		*o->limit = err.limit;
		kernel_error_fini(&err);
		return false;
	}
	/* first who is followed, then whom: what they start in between is not missed */
	r->processes = ko.processes;
	if (ko.processes && ksession_attach_processes(r->ks, false, &err) < 0)
		return fail(r, &err);
	for (size_t i = 0; i < o->cli->npids; i++)
		ksession_want(r->ks, (uint32_t)o->cli->pids[i]);
	if (o->child && c.filter && !o->cli->npids)
		ksession_want(r->ks, (uint32_t)o->child->pid);
	for (uint32_t i = 0; r->meta->site_addrs && i < sites_total(o->sites); i++) {
		uint64_t v = sites_vaddr(o->sites, i);

		ksession_site_addr(r->ks, i, v);
	}
	for (uint32_t i = 0; i < ko.site_ids; i++)
		ksession_site_id(r->ks, i, sites_id(o->sites, i));
	for (uint32_t i = 0; i < ko.site_names; i++)
		ksession_site_names(r->ks, i, site_names(r, i),
				    r->meta->needs.unwound || ko.site_ids ? site_names(r, i | TY_PROBE_EXIT) : 0);
	for (uint32_t i = 0; r->meta->site_plans && i < sites_total(o->sites); i++) {
		const struct gft_cap_plan *plan = sites_plan(o->sites, i);

		if (plan)
			ksession_site_plan(r->ks, i, plan);
	}
	return true;
}

static bool attach(struct run *r, uint64_t *attached)
{
	const struct run_opts *o = r->o;
	struct kernel_error err = { .msg = "" };
	const struct kernel_caps *caps = NULL;
	size_t refused_all = 0, left_out = 0;
	pid_t pid = 0;

	kernel_caps(&caps);
	if (caps && caps->write_regs)
		sites_mark_returns(o->sites);
	/* one process: the kernel's own filter is cheaper than ours, where it is right */
	if (o->cli->npids == 1 && !consts_follow(o) && caps && caps->uprobe_multi && kernel_uprobe_multi_pid())
		pid = o->cli->pids[0];
	for (uint32_t i = 0; i < r->meta->nprogs; i++) {
		const struct meta_prog *mp = &r->meta->progs[i];

		if (mp->kind == MP_BEGIN || mp->kind == MP_END || mp->kind == MP_SIGNAL || mp->kind == MP_TEST) {
			*attached += !mp->internal;
			continue;
		}
		if (mp->skip)
			continue;
		if (mp->kind == MP_UPROBE) {
			const struct prog_sites *ps = sites_of(o->sites, i);
			size_t refused = 0;

			if (ps->n && ksession_attach_uprobes(r->ks, i, targets_path(o->targets, mp->binary), pid, false,
							     ps->v, ps->n, &refused, progress, r, &err) < 0)
				return fail(r, &err);
			refused_all += refused;
			refused = 0;
			if (ps->nrets &&
			    ksession_attach_uprobes(r->ks, i, targets_path(o->targets, mp->binary), pid, true, ps->rets,
						    ps->nrets, &refused, progress, r, &err) < 0)
				return fail(r, &err);
			refused_all += refused;
		} else {
			if (ksession_attach(r->ks, i, &err) >= 0) {
				*attached += !mp->internal;
				continue;
			}
			if (!mp->optional)
				return fail(r, &err);
			if (r->meta->config.missing_probes != MISSING_IGNORE && (o->cli->verbose || !left_out++))
				fprintf(stderr, "gft: left out: %s\n", err.msg);
			kernel_error_fini(&err);
		}
	}
	if (left_out > 1 && !o->cli->verbose)
		fprintf(stderr, "gft: %zu probes are left out (-v lists them)\n", left_out);
	if (r->processes && ksession_attach_processes(r->ks, true, &err) < 0)
		return fail(r, &err);
	bar_end(r);
	if (refused_all)
		fprintf(stderr, "the kernel refused %zu probe site%s\n", refused_all, refused_all == 1 ? "" : "s");
	return true;
}

static void run_all(struct run *r, enum meta_prog_kind kind)
{
	struct kernel_error err = { .msg = "" };

	for (uint32_t i = 0; i < r->meta->nprogs; i++)
		if (r->meta->progs[i].kind == kind && ksession_run(r->ks, i, NULL, &err) < 0)
			fail(r, &err);
}

/* test:NAME one after the other; false: one has failed. */
static bool run_tests(struct run *r)
{
	uint32_t done = 0, failed = 0;

	for (uint32_t i = 0; i < r->meta->nprogs && !stop_signal; i++) {
		const struct meta_prog *mp = &r->meta->progs[i];
		struct kernel_error err = { .msg = "" };
		const char *name, *why = "it returned a value that is not 0";
		struct buf b = BUF_INIT;
		uint32_t value = 0;

		if (mp->kind != MP_TEST)
			continue;
		name = r->meta->probe_names[mp->probe_id - TY_PROBE_STATIC].probe;
		if (ksession_run(r->ks, i, &value, &err) < 0) {
			fail(r, &err);
			value = 1;
			why = "the kernel did not run it";
		}
		ksession_poll(r->ks, 0, record, r); /* what it printed, and whether it was exit() */
		if (r->ev.exiting && r->ev.status) {
			value = 1;
			why = "it ended with exit() or assert()";
		}
		r->ev.exiting = false;
		done++;
		failed += value != 0;
		if (value)
			buf_printf(&b, "FAIL %s: %s\n", name, why);
		else
			buf_printf(&b, "ok   %s\n", name);
		if (value || !r->o->cli->quiet)
			output_text(r->out, "test", buf_str(&b), b.len);
		buf_free(&b);
	}
	output_flush(r->out);
	if (!r->o->cli->quiet)
		fprintf(stderr, "%u test%s, %u failed\n", done, done == 1 ? "" : "s", failed);
	return !failed;
}

/* self:signal:NAME, whose number is the program's period */
static void script_signals_start(const struct gft_meta *m)
{
	struct sigaction sa = { .sa_handler = on_script_signal, .sa_flags = SA_RESTART };

	for (uint32_t i = 0; i < m->nprogs; i++)
		if (m->progs[i].kind == MP_SIGNAL && m->progs[i].period < 65)
			sigaction((int)m->progs[i].period, &sa, NULL);
}

static void script_signals_run(struct run *r)
{
	struct kernel_error err = { .msg = "" };

	for (int sig = 1; sig < 65; sig++) {
		if (!script_signals[sig])
			continue;
		script_signals[sig] = 0; /* first: it may come again while its clauses run */
		for (uint32_t i = 0; i < r->meta->nprogs; i++)
			if (r->meta->progs[i].kind == MP_SIGNAL && r->meta->progs[i].period == (uint64_t)sig &&
			    ksession_run(r->ks, i, NULL, &err) < 0)
				fail(r, &err);
	}
}

/* Only begin and end: nothing to wait for. */
static bool only_begin_end(const struct gft_meta *m)
{
	for (uint32_t i = 0; i < m->nprogs; i++)
		if (!m->progs[i].skip && m->progs[i].kind != MP_BEGIN && m->progs[i].kind != MP_END)
			return false;
	return true;
}

/* --- running ----------------------------------------------------------------------------------- */

static bool pid_alive(pid_t pid)
{
	char path[64], line[256];
	FILE *f;
	bool alive = false;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(line, sizeof(line), f)) {
		const char *p = strrchr(line, ')');

		alive = !p || (p[1] && p[2] != 'Z' && p[2] != 'X');
	}
	fclose(f);
	return alive;
}

/* What ended processes left behind: their goroutines' state, and half-open graphs. */
static bool alive(void *ctx, uint32_t tgid)
{
	struct run *r = ctx;
	uint64_t ts;

	if (!kill((pid_t)tgid, 0) || errno != ESRCH)
		return true;
	/* one that has no id here goes by its first namespace's; of its end the kernel half hears */
	if (r->outside && r->processes)
		return true;
	note_losses(r);
	ts = now_ns();
	graph_process_gone(r->graph, tgid, ts);
	if (r->recorder)
		stream_write_gone(r->recorder, tgid, ts);
	return false;
}

static bool targets_gone(const struct run *r)
{
	if (!r->o->cli->npids)
		return false;
	for (size_t i = 0; i < r->o->cli->npids; i++)
		if (pid_alive(r->o->cli->pids[i]))
			return false;
	return true;
}

static void ready(struct run *r, uint64_t attached)
{
	const struct cli *c = r->o->cli;
	const struct site_counts *n = sites_counts(r->o->sites);

	malloc_trim(0); /* what decoding the target and loading took, and nothing keeps */
	ksession_ready(r->ks, true);
	attached += n->entries + n->exits;
	if (!c->quiet)
		output_attached(r->out, attached);
	if (!c->quiet) {
		if (n->entries + n->exits && n->functions)
			fprintf(stderr, "Attached %llu probe%s to %llu function%s\n", (unsigned long long)attached,
				attached == 1 ? "" : "s", (unsigned long long)(n->functions - n->skipped),
				n->functions - n->skipped == 1 ? "" : "s");
		else
			fprintf(stderr, "Attached %llu probe%s\n", (unsigned long long)attached,
				attached == 1 ? "" : "s");
	}
	if (c->ready_fd >= 0) {
		if (write(c->ready_fd, "r", 1) != 1)
			fprintf(stderr, "gft: --ready-fd %d: %s\n", c->ready_fd, strerror(errno));
		close(c->ready_fd);
	}
}

/* Stacks are printed when their process may be gone: where its code is must be known before. */
static void note_processes(struct run *r, unsigned ticks)
{
	if (ticks > 20 && ticks % REAP_TICKS)
		return;
	if (r->o->child)
		symbols_note(r->symbols, r->o->child->pid);
	for (size_t i = 0; i < r->o->cli->npids; i++)
		symbols_note(r->symbols, r->o->cli->pids[i]);
}

/*
 * A child that is released has left this program's memory, but may not have its own yet; and
 * before gft comes to look again it may be over, where the machine has much to do.
 */
static void note_child(struct run *r)
{
	const struct timespec wait = { 0, 100000 };

	for (int i = 0; i < 50 && !symbols_note(r->symbols, r->o->child->pid); i++)
		nanosleep(&wait, NULL);
}

/* All is read: an exit() whose record found no room is known all the same. */
static void note_exit(struct run *r)
{
	if (!r->ev.exiting)
		r->ev.exiting = ksession_exited(r->ks, &r->ev.status, &r->ev.exit_ns);
}

/* What begin said, and whether it was exit(): then nothing more comes, and the command is not started. */
static void note_begin(struct run *r)
{
	uint64_t ns;
	int status;

	ksession_poll(r->ks, 0, record, r);
	if (!ksession_exited(r->ks, &status, &ns))
		return;
	while (!r->ev.exiting && ksession_poll(r->ks, 0, record, r) > 0)
		;
	note_exit(r);
}

static void loop(struct run *r)
{
	struct timespec last = { 0, 0 };
	unsigned ticks = 0, early = r->meta->needs.stacks || r->meta->needs.graph ? EARLY_POLLS : 0;

	for (;;) {
		struct timespec now;
		int n;

		if (stop_signal || r->ev.exiting || output_error(r->out))
			return;
		script_signals_run(r);
		n = ksession_poll(r->ks, early ? EARLY_MS : POLL_MS, record, r);
		if (n < 0 && n != -EINTR)
			return;
		if (!n)
			note_exit(r);
		output_flush(r->out);
		if (early) { /* a command that is over at once: where its code is must be known before */
			early--;
			note_processes(r, 0);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec == last.tv_sec && now.tv_nsec - last.tv_nsec < POLL_MS * 1000000L)
			continue;
		last = now;
		warnings_tell(&r->warnings, false);
		if (r->meta->needs.stacks)
			note_processes(r, ticks);
		if (++ticks % REAP_TICKS == 0)
			ksession_reap(r->ks, alive, r);
		if (r->o->child) {
			child_poll(r->o->child);
			if (r->o->child->done)
				return;
		}
		if (targets_gone(r))
			return;
	}
}

static void tell_losses(struct run *r)
{
	struct ksession_loss *rows = xcalloc(LOSS_ROWS, sizeof(*rows));
	const struct graph_stats *g = graph_stats(r->graph);
	struct losses *l = losses_new();
	uint64_t st[GFT_ST_MAX] = { 0 };
	size_t n = ksession_losses(r->ks, rows, LOSS_ROWS);

	ksession_stats(r->ks, st);
	for (uint32_t i = 0; i < GFT_ST_MAX; i++)
		losses_count(l, i, st[i]);
	for (size_t i = 0; i < n; i++)
		losses_at(l, rows[i].stat, sites_probe_name(r->o->sites, rows[i].site), rows[i].count);
	free(rows);
	losses_bad(l, r->bad_records + r->ev.bad);
	/* who reads the recording wants to know it, too */
	if (r->recorder)
		losses_write(l, r->recorder);
	losses_graphs(l, g);
	losses_tell(l, r->out, r->o->cli->verbose);
	losses_free(l);
	if (r->o->cli->verbose)
		fprintf(stderr, "%llu records, %llu graphs, %llu calls\n", (unsigned long long)g->records,
			(unsigned long long)g->trees, (unsigned long long)g->nodes);
}

/*
 * Nothing counts any more from one moment on, at exit() that of the call: to detach takes
 * its time, and what is seen while half of the probes are gone would not fit together.
 */
static void finish(struct run *r)
{
	bool exiting;

	ksession_ready(r->ks, false);
	r->end_ns = now_ns();
	ksession_detach(r->ks, progress, r);
	/* what came before the end is shown; what came behind exit() is read and thrown away */
	r->draining = true;
	while (ksession_poll(r->ks, 0, record, r) > 0)
		;
	note_exit(r);
	if (r->ev.exiting && r->ev.exit_ns < r->end_ns)
		r->end_ns = r->ev.exit_ns;
	if (r->graph) {
		note_losses(r);
		graph_finish(r->graph, r->end_ns);
	}
	r->finished = true;
	/* end clauses speak even after exit() */
	exiting = r->ev.exiting;
	r->ev.exiting = false;
	run_all(r, MP_END);
	ksession_poll(r->ks, 0, record, r);
	if (exiting)
		r->ev.exiting = true;
	warnings_tell(&r->warnings, true);
	if (r->meta->nmaps && r->meta->config.print_maps_on_exit) {
		output_end_of_run(r->out);
		events_print_maps(&r->ev);
	}
	output_flush(r->out);
}

/* How the command of -c ended, when it did not end well by itself. */
static void tell_child(const struct run *r)
{
	const struct child *c = r->o->child;

	if (!c || !c->done || r->o->cli->quiet)
		return;
	if (WIFSIGNALED(c->status))
		fprintf(stderr, "%s was ended by signal %d (SIG%s)\n", c->path, WTERMSIG(c->status),
			sigabbrev_np(WTERMSIG(c->status)) ? sigabbrev_np(WTERMSIG(c->status)) : "?");
	else if (WIFEXITED(c->status) && WEXITSTATUS(c->status))
		fprintf(stderr, "%s ended with status %d\n", c->path, WEXITSTATUS(c->status));
}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int run_script(const struct run_opts *o)
{
	struct run r = { .o = o, .meta = o->meta };
	struct graph_config gc = { .opts = o->meta->graphs,
				   .nopts = o->meta->ngraphs,
				   .tags = o->meta->tags,
				   .ntags = o->meta->ntags,
				   .tree = tree_done,
				   .ctx = &r };
	uint64_t attached = 0, nfuncs = sites_counts(o->sites)->functions;
	int status = 1, fd = -1, rec_fd = -1, e;

	signals();
	script_signals_start(o->meta);
	if (o->cli->stream) {
		gc.tree = NULL;
		gc.enter = call_enter;
		gc.leave = call_leave;
		gc.leaf = leaf;
		gc.stack = root_stack;
	}
	r.symbols = symbols_new(o->targets);
	r.syms = sites_syms(o->sites);
	sites_outside(o->sites, caller_outside, &r);
	gc.syms = &r.syms;
	r.values = (struct value_ctx){
		.ctx = &r,
		.syms = &r.syms,
		.func_name = func_name,
		.probe_name = probe_name,
		.stack = stack,
		.symbol = symbol,
		.go_type = go_type,
		.file_place = file_place,
		.string = string,
		.go_value = go_value,
		.wall_offset_ns = clock_offset(CLOCK_REALTIME),
		.boot_offset_ns = clock_offset(CLOCK_BOOTTIME),
		.max_strlen = o->meta->config.max_strlen,
		.trunc_trailer = o->meta->config.str_trunc_trailer,
	};
	r.bar = nfuncs >= MANY_FUNCTIONS && isatty(STDERR_FILENO);
	if (!open_output(&r, &fd) || !open_recorder(&r, &rec_fd))
		goto out;
	r.values.raw_text = output_escapes(r.out);
	r.graph = graph_builder_new(&gc);
	if (!load(&r))
		goto out;
	if (nfuncs >= MANY_FUNCTIONS && !o->cli->quiet)
		fprintf(stderr, "attaching to %llu functions ...\n", (unsigned long long)nfuncs);
	r.warnings = (struct warnings){ .meta = r.meta,
					.ks = r.ks,
					.out = r.out,
					.diag = o->diag,
					.color = cli_wants_color(o->cli, STDERR_FILENO),
					.silent = o->cli->no_warnings };
	r.ev = (struct events){
		.meta = r.meta, .ks = r.ks, .out = r.out, .recorder = r.recorder, .values = &r.values, .diag = o->diag
	};
	if (!attach(&r, &attached))
		goto out;
	status = 0;
	if (stop_signal)
		goto out;
	if (o->cli->test) {
		status = run_tests(&r) ? 0 : 1;
		warnings_tell(&r.warnings, true);
		goto out;
	}
	run_all(&r, MP_BEGIN);
	ready(&r, attached);
	note_begin(&r);
	if (o->child && !r.ev.exiting && (e = child_release(o->child)) < 0) {
		fprintf(stderr, "gft: -c: cannot run %s: %s\n", o->child->path, strerror(-e));
		status = 1;
	} else {
		if (o->child && !r.ev.exiting)
			note_child(&r);
		if (only_begin_end(r.meta))
			ksession_poll(r.ks, 0, record, &r);
		else
			loop(&r);
	}
	finish(&r);
	tell_losses(&r);
	tell_child(&r);
	if (r.ev.exiting)
		status = r.ev.status & 0xff;
	e = output_error(r.out);
	if (e && e != -EPIPE) {
		fprintf(stderr, "gft: cannot write the output: %s\n", strerror(-e));
		status = 1;
	}
out:
	if (!close_recorder(&r, rec_fd))
		status = 1;
	warnings_fini(&r.warnings);
	ksession_free(r.ks);
	symbols_free(r.symbols);
	graph_builder_free(r.graph);
	output_free(r.out);
	if (fd >= 0)
		close(fd);
	return status;
}
