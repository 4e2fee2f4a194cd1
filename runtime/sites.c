/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sites.c - see sites.h. */
#include "runtime/sites.h"

#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "gft/setup.h"
#include "runtime/govalue.h"

struct entry {
	uint64_t vaddr;
	uint32_t func;
	uint16_t prog;
	uint8_t bin, role;
	bool emulated;
	char insn[11];
	struct more *more; /* NULL: nothing was asked of it yet */
};

/* What is known of a site only when it is needed: most sites of a large program are never hit. */
struct more {
	bool filled;
	struct site_info info;
	struct payload payload; /* with the site's own values */
	struct go_values *values;
	char *probe_name, *exit_name;
};

struct skip {
	uint32_t func;
	int bin;
	const char *why;
};

/* What the exits of a function are called by. */
struct func_id {
	uint32_t func, site;
	uint8_t bin, exit;
};

struct site_table {
	const struct gft_meta *meta;
	struct targets *t;
	struct entry *v;
	uint32_t n, cap;
	struct prog_sites *progs;
	struct site_counts counts;
	sites_outside_fn outside;
	void *outside_ctx;
	uint32_t tgid; /* whose return addresses are asked for */
	struct skip *skips;
	size_t nskips, cskips;
	struct func_id *ids; /* of functions with a probe, sorted; NULL: not made yet */
	uint32_t nids;
};

/* What is wanted of one function, and what its entry's pass has already found of its exits. */
struct wanted {
	unsigned flags; /* TGT_WANT_* */
	bool no_entry;	/* its entry cannot be probed: neither may its exits */
	bool known;	/* exits are those of found */
	struct tgt_sites found;
};

static struct more *more(struct entry *e)
{
	if (!e->more)
		e->more = xcalloc(1, sizeof(*e->more));
	return e->more;
}

static struct go_values *values_of(const struct entry *e)
{
	return e->more ? e->more->values : NULL;
}

/* --- choosing ------------------------------------------------------------------------ */

static void skip(struct site_table *s, int bin, uint32_t func, const char *why)
{
	if (s->nskips == s->cskips) {
		s->cskips = s->cskips ? s->cskips * 2 : 64;
		s->skips = xrealloc(s->skips, s->cskips * sizeof(*s->skips));
	}
	s->skips[s->nskips++] = (struct skip){ func, bin, why };
	s->counts.skipped++;
}

static void add(struct site_table *s, uint32_t prog, const struct meta_prog *mp, uint32_t func,
		const struct tgt_site *site)
{
	struct prog_sites *ps = &s->progs[prog];
	struct entry *e;

	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 256;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	e = &s->v[s->n];
	memset(e, 0, sizeof(*e));
	e->vaddr = site->vaddr;
	e->func = func;
	e->prog = (uint16_t)prog;
	e->bin = (uint8_t)mp->binary;
	e->role = mp->role == SITE_EXIT && site->kind == TGT_SITE_TAIL ? SITE_TAIL_EXIT : mp->role;
	e->emulated = site->emulated;
	memcpy(e->insn, site->insn, sizeof(e->insn));
	e->insn[sizeof(e->insn) - 1] = 0;
	if (site->flags & GFT_CF_URETPROBE) {
		ps->rets = xrealloc(ps->rets, (ps->nrets + 1) * sizeof(*ps->rets));
		ps->rets[ps->nrets++] =
			(struct ksession_site){ site->file_off, GFT_COOKIE(s->n, site->sp_adj, site->flags) };
	} else {
		ps->v[ps->n++] = (struct ksession_site){ site->file_off, GFT_COOKIE(s->n, site->sp_adj, site->flags) };
	}
	s->n++;
	s->counts.emulated += site->emulated;
}

static void reserve(struct prog_sites *ps, size_t *cap, size_t extra)
{
	if (ps->n + extra <= *cap)
		return;
	*cap = (ps->n + extra) * 2;
	ps->v = xrealloc(ps->v, *cap * sizeof(*ps->v));
}

/* The script looks at results, and shows no graph: at a jump into another function there is nothing to see. */
static bool result_only(const struct meta_prog *mp)
{
	return mp->role == SITE_EXIT && mp->uses_regs && !mp->graph && !mp->internal;
}

/* What is wanted of each function of each binary: its exits are of no use without its entry. */
static void collect_wants(const struct gft_meta *meta, struct targets *t, struct wanted **want)
{
	for (uint32_t p = 0; p < meta->nprogs; p++) {
		const struct meta_prog *mp = &meta->progs[p];

		if (mp->kind != MP_UPROBE || mp->role == SITE_OTHER)
			continue;
		if (!want[mp->binary])
			want[mp->binary] = xcalloc(tgt_nfuncs(targets_tgt(t, mp->binary)) + 1, sizeof(**want));
		for (uint32_t i = 0; i < mp->nplaces; i++)
			want[mp->binary][mp->places[i].func].flags |=
				mp->role == SITE_ENTRY ? TGT_WANT_ENTRY | (mp->want_args ? TGT_WANT_ARGS : 0)
						       : TGT_WANT_EXITS | (result_only(mp) ? TGT_WANT_RESULT : 0);
	}
}

static void choose_entries(struct site_table *s, uint32_t p, struct wanted *want, size_t *cap,
			   ksession_progress_fn progress, void *ctx)
{
	const struct meta_prog *mp = &s->meta->progs[p];
	struct tgt *tgt = targets_tgt(s->t, mp->binary);

	for (uint32_t i = 0; i < mp->nplaces; i++) {
		uint32_t f = mp->places[i].func;
		struct wanted *w = &want[f];
		struct tgt_sites ts = { 0 };
		int r = tgt_sites(tgt, f, w->flags, &ts);
		const char *why = NULL;

		if (progress && !(i & 255))
			progress(ctx, i, mp->nplaces);
		s->counts.functions += !mp->internal;
		if (r < 0)
			why = "its code cannot be decoded";
		else if (!ts.has_entry)
			why = ts.why_no_entry ? ts.why_no_entry : "no safe place for a probe";
		else if (mp->want_args && !ts.args_ok)
			why = "no place where its arguments are still in their registers";
		else if ((w->flags & TGT_WANT_EXITS) && ts.instant)
			why = "it does nothing but return: entry and exit are one instruction";
		if (why) {
			if (!mp->internal || mp->must)
				skip(s, mp->binary, f, why);
			w->no_entry = true;
		} else {
			reserve(&s->progs[p], cap, 1);
			add(s, p, mp, f, &ts.entry);
			s->counts.entries += !mp->internal;
		}
		/* the function was decoded to its end: its exits need not be looked for again */
		if (!why && (w->flags & TGT_WANT_EXITS) && !w->known) {
			w->found = ts;
			w->known = true;
		} else {
			tgt_sites_fini(&ts);
		}
	}
}

static void choose_exits(struct site_table *s, uint32_t p, struct wanted *want, size_t *cap)
{
	const struct meta_prog *mp = &s->meta->progs[p];
	struct tgt *tgt = targets_tgt(s->t, mp->binary);

	for (uint32_t i = 0; i < mp->nplaces; i++) {
		uint32_t f = mp->places[i].func;
		struct wanted *w = &want[f];
		const struct tgt_sites *ts = &w->found;
		bool alone = !(w->flags & TGT_WANT_ENTRY), jumps = false;

		if (alone && !mp->internal)
			s->counts.functions++;
		if (w->no_entry)
			continue;
		if (!w->known && tgt_sites(tgt, f, w->flags & ~TGT_WANT_ENTRY, &w->found) < 0) {
			skip(s, mp->binary, f, "its code cannot be decoded");
			continue;
		}
		w->known = true;
		reserve(&s->progs[p], cap, ts->nexits);
		for (uint32_t k = 0; k < ts->nexits; k++) {
			if (result_only(mp) && ts->exits[k].kind == TGT_SITE_TAIL) {
				jumps = true;
				continue;
			}
			add(s, p, mp, f, &ts->exits[k]);
			s->counts.exits += !mp->internal;
		}
		if (ts->uretprobe) {
			add(s, p, mp, f, &ts->ret);
			s->counts.exits += !mp->internal;
			continue;
		}
		if (!ts->nexits && alone && (!mp->internal || mp->must))
			skip(s, mp->binary, f, ts->why_no_exit ? ts->why_no_exit : "it has no return instruction");
		else if (ts->exits_doubtful || jumps)
			s->counts.doubtful++;
		else if (!ts->nexits)
			s->counts.no_exit++;
	}
}

static void free_wants(struct targets *t, struct wanted **want)
{
	for (int b = 0; b < GFT_BINARIES; b++) {
		for (size_t i = 0; want[b] && i < tgt_nfuncs(targets_tgt(t, b)); i++)
			if (want[b][i].known)
				tgt_sites_fini(&want[b][i].found);
		free(want[b]);
	}
}

static void choose_addrs(struct site_table *s, uint32_t p, size_t *cap)
{
	const struct meta_prog *mp = &s->meta->progs[p];
	struct tgt *tgt = targets_tgt(s->t, mp->binary);

	for (uint32_t i = 0; i < mp->nplaces; i++) {
		struct tgt_error err;
		struct tgt_site site;
		long f = tgt_func_at(tgt, mp->places[i].addr);

		if (tgt_check_site(tgt, mp->places[i].addr, &site, &err) < 0)
			continue; /* semantic analysis asked the same and told */
		if (site.sp_adj == TGT_SP_UNKNOWN && mp->want_sp) {
			skip(s, mp->binary, f < 0 ? 0 : (uint32_t)f,
			     "how deep the stack is at this address cannot be told");
			continue;
		}
		if (site.sp_adj == TGT_SP_UNKNOWN)
			site.sp_adj = 0;
		reserve(&s->progs[p], cap, 1);
		add(s, p, mp, f < 0 ? META_NO_FUNC : (uint32_t)f, &site);
		s->counts.functions++;
		s->counts.entries++;
	}
}

static void plan_sites(struct site_table *s);

struct site_table *sites_build(const struct gft_meta *meta, struct targets *t, ksession_progress_fn progress, void *ctx)
{
	struct site_table *s = xcalloc(1, sizeof(*s));
	struct wanted *want[GFT_BINARIES] = { 0 };
	size_t *caps = xcalloc(meta->nprogs + 1, sizeof(*caps));

	s->meta = meta;
	s->t = t;
	s->progs = xcalloc(meta->nprogs + 1, sizeof(*s->progs));
	collect_wants(meta, t, want);
	/* entries first: a function whose entry is skipped gets no exits either */
	for (uint32_t p = 0; p < meta->nprogs; p++)
		if (meta->progs[p].kind == MP_UPROBE && meta->progs[p].role == SITE_ENTRY)
			choose_entries(s, p, want[meta->progs[p].binary], &caps[p], progress, ctx);
	for (uint32_t p = 0; p < meta->nprogs; p++) {
		if (meta->progs[p].kind != MP_UPROBE || meta->progs[p].role == SITE_ENTRY)
			continue;
		if (meta->progs[p].role == SITE_OTHER)
			choose_addrs(s, p, &caps[p]);
		else
			choose_exits(s, p, want[meta->progs[p].binary], &caps[p]);
	}
	free_wants(t, want);
	for (uint32_t p = 0; p < meta->nprogs; p++)
		if (s->progs[p].n && s->progs[p].n < caps[p])
			s->progs[p].v = xrealloc(s->progs[p].v, s->progs[p].n * sizeof(*s->progs[p].v));
	free(caps);
	if (s->n && s->n < s->cap) {
		s->cap = s->n;
		s->v = xrealloc(s->v, s->n * sizeof(*s->v));
	}
	plan_sites(s);
	return s;
}

void site_table_free(struct site_table *s)
{
	if (!s)
		return;
	free(s->ids);
	for (uint32_t i = 0; i < s->n; i++) {
		struct more *e = s->v[i].more;

		if (!e)
			continue;
		free(e->probe_name);
		free(e->exit_name);
		if (e->values) {
			for (uint32_t k = 0; k < e->payload.n; k++)
				if (e->payload.fields[k].type->kind == TY_GO) {
					free((void *)(uintptr_t)e->payload.fields[k].type->go);
					free((void *)(uintptr_t)e->payload.fields[k].type);
				}
			free((void *)(uintptr_t)e->payload.fields);
			go_values_free(e->values);
		}
		free(e);
	}
	for (uint32_t p = 0; p < s->meta->nprogs; p++) {
		free(s->progs[p].v);
		free(s->progs[p].rets);
	}
	free(s->progs);
	free(s->skips);
	free(s->v);
	free(s);
}

void sites_mark_returns(struct site_table *s)
{
	for (uint32_t p = 0; p < s->meta->nprogs; p++)
		for (size_t i = 0; i < s->progs[p].n; i++) {
			uint64_t *cookie = &s->progs[p].v[i].cookie;
			const struct entry *e = &s->v[GFT_COOKIE_SITE(*cookie)];
			uint32_t flags = GFT_COOKIE_FLAGS(*cookie);

			if (e->role == SITE_ENTRY || flags & GFT_CF_NOT_RET || strcmp(e->insn, "ret") != 0)
				continue;
			*cookie = GFT_COOKIE(GFT_COOKIE_SITE(*cookie), e->vaddr & 0xfff, flags | GFT_CF_RET);
		}
}

const struct prog_sites *sites_of(const struct site_table *s, uint32_t prog)
{
	return &s->progs[prog];
}

const struct site_counts *sites_counts(const struct site_table *s)
{
	return &s->counts;
}

/* --- Go values ---------------------------------------------------------------------------- */

/* The payload of a site is its program's, and a field for each captured value. */
static void site_payload(struct more *e, const struct meta_prog *mp)
{
	const struct go_values *v = e->values;
	uint32_t n = mp->payload.n, all = n + v->nfetch;
	struct payload_field *f;

	if (mp->capture_all)
		all += v->n - v->nfetch - v->npaths;
	if (all > GFT_PAYLOAD_MAX)
		all = GFT_PAYLOAD_MAX;
	f = xcalloc(all + 1, sizeof(*f));
	if (n)
		memcpy(f, mp->payload.fields, n * sizeof(*f));
	for (uint32_t i = n; i < all; i++) {
		struct gft_type *t = xcalloc(1, sizeof(*t));
		struct go_ref *ref = xcalloc(1, sizeof(*ref));
		uint32_t k = i - n < v->nfetch ? i - n : i - n + v->npaths;

		*ref = (struct go_ref){ v, k };
		*t = (struct gft_type){ .kind = TY_GO, .size = sizeof(struct gft_capture), .align = 8, .go = ref };
		f[i] = (struct payload_field){ v->names[k], t, mp->capture_off };
		if (!f[i].name || !f[i].name[0])
			f[i].name = "_";
		else if (f[i].name[0] == '~')
			f[i].name = NULL; /* the compiler's name of a result that has none: ~r0 */
	}
	e->payload = (struct payload){ mp->payload.size, all, f };
}

static void plan_sites(struct site_table *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct entry *e = &s->v[i];
		const struct meta_prog *mp = &s->meta->progs[e->prog];
		bool results = e->role == SITE_EXIT || e->role == SITE_TAIL_EXIT;
		struct go_wanted w = { .fetch = mp->go_fetches,
				       .nfetch = mp->ngo_fetches,
				       .paths = mp->go_paths,
				       .npaths = mp->ngo_paths,
				       .which = mp->capture_all ? GO_ALL : GO_NONE,
				       .results = results };
		struct tgt_error err;

		/* by a tail jump there are no results yet */
		if (e->role == SITE_TAIL_EXIT) {
			w.npaths = 0;
			w.which = GO_NONE;
		}
		if (e->func == META_NO_FUNC || (!w.nfetch && !w.npaths && w.which == GO_NONE))
			continue;
		more(e)->values = go_values_new(targets_tgt(s->t, e->bin), e->func, &w, e->vaddr, &err);
		if (!e->more->values)
			s->counts.undescribed++;
		else if (mp->capture_off)
			site_payload(e->more, mp);
	}
}

const struct go_values *sites_values(const struct site_table *s, uint32_t site)
{
	return site < s->n ? values_of(&s->v[site]) : NULL;
}

const struct gft_cap_plan *sites_plan(struct site_table *s, uint32_t site)
{
	return site < s->n && values_of(&s->v[site]) ? &values_of(&s->v[site])->plan : NULL;
}

/* --- telling ----------------------------------------------------------------------------- */

static int by_reason(const void *a, const void *b)
{
	return strcmp(((const struct skip *)a)->why, ((const struct skip *)b)->why);
}

void sites_report(struct site_table *s, FILE *out, bool verbose)
{
	if (s->nskips)
		qsort(s->skips, s->nskips, sizeof(*s->skips), by_reason);
	for (size_t i = 0, j; i < s->nskips; i = j) {
		for (j = i; j < s->nskips && !strcmp(s->skips[j].why, s->skips[i].why); j++)
			if (verbose)
				fprintf(out, "skipped %s: %s\n",
					tgt_func(targets_tgt(s->t, s->skips[j].bin), s->skips[j].func)->name,
					s->skips[j].why);
		if (!verbose && j - i == 1)
			fprintf(out, "skipped %s: %s\n",
				tgt_func(targets_tgt(s->t, s->skips[i].bin), s->skips[i].func)->name, s->skips[i].why);
		else if (!verbose)
			fprintf(out, "skipped %zu functions: %s (-v names them)\n", j - i, s->skips[i].why);
	}
	if (s->counts.doubtful)
		fprintf(out, "%llu function%s ha%s a way out that cannot be probed: exits may be missed there\n",
			(unsigned long long)s->counts.doubtful, s->counts.doubtful == 1 ? "" : "s",
			s->counts.doubtful == 1 ? "s" : "ve");
}

static const char *const role_names[] = { "entry", "exit", "tail", "address" };

void sites_dump(struct site_table *s, struct buf *out)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct entry *e = &s->v[i];

		buf_printf(out, "%u %s 0x%llx %s %s %s\n", i, role_names[e->role], (unsigned long long)e->vaddr,
			   e->insn[0] ? e->insn : "?", e->emulated ? "emulated" : "stepped", sites_func_name(s, i));
	}
}

/* --- what a site is ------------------------------------------------------------------------ */

uint32_t sites_total(const struct site_table *s)
{
	return s->n;
}

uint64_t sites_vaddr(const struct site_table *s, uint32_t site)
{
	return site < s->n ? s->v[site].vaddr : 0;
}

static const struct site_info *info(void *ctx, uint32_t site)
{
	struct site_table *s = ctx;
	struct entry *e;
	struct more *m;

	if (site >= s->n)
		return NULL;
	e = &s->v[site];
	m = more(e);
	if (!m->filled) {
		struct tgt *t = targets_tgt(s->t, e->bin);
		const struct tgt_func *f = e->func == META_NO_FUNC ? NULL : tgt_func(t, e->func);
		unsigned line = 0;

		/* a way out of the function may lie in its cold part */
		const struct tgt_func *at = f;
		long i = f && (e->vaddr < f->entry || e->vaddr >= f->end) ? tgt_func_at(t, e->vaddr) : -1;

		if (i >= 0)
			at = tgt_func(t, (uint32_t)i);
		m->info.func = at ? at->name : "?";
		m->info.off = at ? (uint32_t)(e->vaddr - at->entry) : 0;
		if (!tgt_line(t, e->vaddr, &m->info.file, &line))
			m->info.file = NULL;
		m->info.line = line;
		m->info.func_id = e->func;
		m->info.role = e->role;
		m->info.payload = m->values && m->payload.fields ? &m->payload : &s->meta->progs[e->prog].payload;
		m->filled = true;
	}
	return &m->info;
}

/*
 * Go before 1.20 changes a goroutine to waiting in some places without saying
 * why: there the reason is what the goroutine waited for before.  Who did it tells.
 */
static const char *old_reason(const char *from)
{
	static const struct {
		const char *func, *reason;
	} v[] = {
		{ "runtime.gcAssistAlloc", "GC assist marking" },
		{ "runtime.stopTheWorld", "stopping the world" },
		{ "runtime.gcMarkTermination", "garbage collection" },
		{ "runtime.gcMarkDone", "GC mark termination" },
		{ "runtime.markroot", "garbage collection scan" },
		{ "runtime.gcBgMarkWorker", "GC worker (active)" },
		{ "runtime.writeheapdump", "dumping heap" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (!strncmp(from, v[i].func, strlen(v[i].func)))
			return v[i].reason;
	return NULL;
}

static const char *wait_reason(void *ctx, uint32_t site, uint32_t reason, int64_t from)
{
	struct site_table *s = ctx;
	const struct tgt_go *g;
	struct code_info c = { 0 };
	struct tgt *t;

	if (reason == GFT_WR_PREEMPTED)
		return "preempted";
	if (reason == GFT_WR_COROUTINE)
		return "coroutine";
	if (site >= s->n)
		return NULL;
	t = targets_tgt(s->t, s->v[site].bin);
	g = tgt_go(t, NULL);
	if (g && g->minor < 20 && targets_code(t, s->v[site].vaddr + (uint64_t)from, true, &c) && old_reason(c.func))
		return old_reason(c.func);
	return tgt_wait_reason(t, reason);
}

static void caller(void *ctx, uint32_t site, int64_t rel, struct code_info *out)
{
	struct site_table *s = ctx;

	memset(out, 0, sizeof(*out));
	if (site >= s->n)
		return;
	out->addr = s->v[site].vaddr + (uint64_t)rel;
	if (targets_code(targets_tgt(s->t, s->v[site].bin), out->addr, true, out) || !s->outside || !s->tgid)
		return;
	/* not even where the process has that file: the number would mean nothing */
	if (!s->outside(s->outside_ctx, s->tgid, s->v[site].bin, out->addr, out))
		out->addr = 0;
}

static void process(void *ctx, uint32_t tgid)
{
	((struct site_table *)ctx)->tgid = tgid;
}

void sites_outside(struct site_table *s, sites_outside_fn fn, void *ctx)
{
	s->outside = fn;
	s->outside_ctx = ctx;
}

struct sym_source sites_syms(struct site_table *s)
{
	return (struct sym_source){
		.ctx = s, .site = info, .caller = caller, .process = process, .wait_reason = wait_reason
	};
}

const char *sites_func_name(struct site_table *s, uint32_t site)
{
	if (site >= s->n)
		return NULL;
	if (s->v[site].func == META_NO_FUNC)
		return "?";
	return tgt_func(targets_tgt(s->t, s->v[site].bin), s->v[site].func)->name;
}

const char *sites_probe_name(struct site_table *s, uint32_t site)
{
	struct entry *e;
	struct buf b = BUF_INIT;

	if (site >= s->n)
		return NULL;
	e = &s->v[site];
	if (!more(e)->probe_name && s->meta->progs[e->prog].event) {
		buf_printf(&b, "go:%s", s->meta->progs[e->prog].event);
		more(e)->probe_name = b.data;
	} else if (!more(e)->probe_name) {
		buf_printf(&b, "%s:%s:", e->role == SITE_EXIT || e->role == SITE_TAIL_EXIT ? "uretprobe" : "uprobe",
			   tgt_display(targets_tgt(s->t, e->bin)));
		if (e->role == SITE_OTHER)
			buf_printf(&b, "%s+%u", sites_func_name(s, site), info(s, site)->off);
		else
			buf_puts(&b, sites_func_name(s, site));
		more(e)->probe_name = b.data;
	}
	return e->more->probe_name;
}

static bool is_exit(const struct entry *e)
{
	return e->role == SITE_EXIT || e->role == SITE_TAIL_EXIT;
}

/* By function; an entry comes in front of the exits. */
static int cmp_id(const void *x, const void *y)
{
	const struct func_id *a = x, *b = y;

	if (a->bin != b->bin)
		return a->bin < b->bin ? -1 : 1;
	if (a->func != b->func)
		return a->func < b->func ? -1 : 1;
	if (a->exit != b->exit)
		return a->exit < b->exit ? -1 : 1;
	return a->site < b->site ? -1 : a->site > b->site;
}

static void make_ids(struct site_table *s)
{
	s->ids = xcalloc(s->n + 1, sizeof(*s->ids));
	for (uint32_t i = 0; i < s->n; i++) {
		const struct entry *e = &s->v[i];
		const struct meta_prog *mp = &s->meta->progs[e->prog];

		if (mp->internal || mp->event || e->func == META_NO_FUNC || (!is_exit(e) && e->role != SITE_ENTRY))
			continue;
		s->ids[s->nids++] = (struct func_id){ e->func, i, e->bin, is_exit(e) };
	}
	qsort(s->ids, s->nids, sizeof(*s->ids), cmp_id);
}

uint32_t sites_id(struct site_table *s, uint32_t site)
{
	const struct entry *e;
	struct func_id key;
	uint32_t lo = 0, hi;

	if (site >= s->n || !is_exit(&s->v[site]) || s->meta->progs[s->v[site].prog].event)
		return site;
	if (!s->ids)
		make_ids(s);
	e = &s->v[site];
	key = (struct func_id){ e->func, 0, e->bin, 0 };
	for (hi = s->nids; lo < hi;) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (cmp_id(&s->ids[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == s->nids || s->ids[lo].func != e->func || s->ids[lo].bin != e->bin)
		return site;
	return s->ids[lo].exit ? s->ids[lo].site : s->ids[lo].site | TY_PROBE_EXIT;
}

const char *sites_exit_name(struct site_table *s, uint32_t site)
{
	struct entry *e;
	struct buf b = BUF_INIT;

	if (site >= s->n)
		return NULL;
	e = &s->v[site];
	if (e->role != SITE_ENTRY || s->meta->progs[e->prog].event)
		return sites_probe_name(s, site);
	if (!more(e)->exit_name) {
		buf_printf(&b, "uretprobe:%s:%s", tgt_display(targets_tgt(s->t, e->bin)), sites_func_name(s, site));
		more(e)->exit_name = b.data;
	}
	return e->more->exit_name;
}
