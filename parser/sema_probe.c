/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_probe.c - attach points against the targets, and the site classes.
 *
 * Each uprobe becomes (binary, role, function, clause) rows.  Rows of one
 * function and role give its list of clauses; functions with equal lists share
 * one BPF program, a "class".  In a script with graph() every function that
 * has any uprobe clause takes part in graphs at its entry and its exits.
 */
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "gft/setup.h"
#include "parser/goevent.h"
#include "parser/sema.h"

struct row {
	int bin;
	uint8_t role;
	uint8_t abi;
	uint32_t func; /* META_NO_FUNC: addr */
	uint64_t addr;
	uint32_t clause; /* NO_CLAUSE: only takes part in graphs */
	struct src_loc loc;
	const struct go_event *event; /* of a go:EVENT, and where it happens */
	const struct go_event_place *at;
};
#define NO_CLAUSE 0xffffffffU

/* Rows found by sema_probes(), used by sema_classes(); not in the arena, which stays as long as the program runs. */
struct rows {
	struct row *v;
	size_t n, cap;
};

static void push_row(struct rows *rs, const struct row *r)
{
	if (rs->n == rs->cap) {
		rs->cap = rs->cap ? rs->cap * 2 : 16;
		rs->v = xrealloc(rs->v, rs->cap * sizeof(*rs->v));
	}
	rs->v[rs->n++] = *r;
}

void sema_rows_free(struct sema *s)
{
	if (s->rows)
		free(s->rows->v);
	s->rows = NULL;
}

static bool wanted(struct sema *s, const char *probe)
{
	return !s->opts->wants || s->opts->wants(s->opts->wants_ctx, probe);
}

static void add_row(struct sema *s, struct row r)
{
	struct rows *rs = s->rows;
	const struct resolver *res = s->res;

	if (s->opts->wants &&
	    !wanted(s, arena_printf(s->a, "%s:%s:%s", r.role == SITE_EXIT ? "uretprobe" : "uprobe",
				    res->binary_name(res->ctx, r.bin),
				    r.func != META_NO_FUNC ? res->func_name(res->ctx, r.bin, r.func)
							   : arena_printf(s->a, "0x%llx", (unsigned long long)r.addr))))
		return;
	if (!rs)
		rs = s->rows = ARENA_NEW(s->a, struct rows);
	push_row(rs, &r);
}

static int cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint8_t abi_of(struct sema *s, int bin, uint32_t func)
{
	const struct resolver *r = s->res;

	if (!r->is_go(r->ctx, bin) || (func != META_NO_FUNC && r->is_c && r->is_c(r->ctx, bin, func)))
		return ABI_SYSV;
	return func != META_NO_FUNC && r->is_abi0(r->ctx, bin, func) ? ABI_GO_STACK : ABI_GO_REGS;
}

/*
 * What an attach point names is not there: an error, a warning or nothing, as
 * the setting missing_probes says.  True when a hint may follow.
 */
static bool __attribute__((format(printf, 3, 4))) missing(struct sema *s, struct src_loc loc, const char *fmt, ...)
{
	enum meta_missing m = s->p->config.missing_probes;
	const char *msg;
	va_list ap;

	if (m == MISSING_IGNORE)
		return false;
	va_start(ap, fmt);
	msg = arena_vprintf(s->a, fmt, ap);
	va_end(ap);
	if (m == MISSING_WARN)
		diag_warn(s->d, loc, "%s", msg);
	else
		diag_error(s->d, loc, "%s", msg);
	return m == MISSING_ERROR;
}

static void no_match(struct sema *s, int bin, const struct func_pattern *fp)
{
	const struct resolver *r = s->res;
	char where[512] = "";
	const char *near[5];
	size_t places;
	size_t n = r->nearest(r->ctx, bin, fp->text, near, 5);

	places = r->inlined ? r->inlined(r->ctx, bin, fp->text, where, sizeof(where)) : 0;
	if (places) {
		if (!missing(s, fp->loc, "%s exists only inlined in %s: there is no call to probe", fp->text,
			     r->binary_name(r->ctx, bin)))
			return;
		diag_hint(s->d,
			  "the compiler copied %s%s; probe the function that holds the copy, or build with -gcflags=-l",
			  where, places > 3 ? arena_printf(s->a, " and to %zu more places", places - 3) : "");
		return;
	}
	if (r->why_none && r->why_none(r->ctx, bin, fp->text)) {
		missing(s, fp->loc, "%s of %s %s", fp->text, r->binary_name(r->ctx, bin),
			r->why_none(r->ctx, bin, fp->text));
		return;
	}
	if (!missing(s, fp->loc, "no function of %s matches %s", r->binary_name(r->ctx, bin), fp->text))
		return;
	if (n == 1) {
		diag_hint(s->d, "the nearest name is %s", near[0]);
	} else if (n) {
		char *list = arena_strdup(s->a, near[0]);

		for (size_t i = 1; i < n; i++)
			list = arena_printf(s->a, "%s, %s", list, near[i]);
		diag_hint(s->d, "the nearest names are %s", list);
	} else {
		diag_hint(s->d, "gft -l 'u:*' %s lists its functions", r->binary_name(r->ctx, bin));
	}
}

static void add_functions(struct sema *s, const struct clause *c, const struct attach_point *ap, int bin, uint8_t role,
			  bool one)
{
	const struct resolver *r = s->res;
	uint32_t *all = NULL;
	size_t n = 0, cap = 0;

	for (uint32_t i = 0; i < ap->npatterns; i++) {
		const struct func_pattern *fp = &ap->patterns[i];
		uint32_t *m = NULL;
		size_t k = r->match(r->ctx, bin, fp->text, &m);

		if (fp->exclude) {
			size_t w = 0;

			for (size_t j = 0; j < n; j++)
				if (!k || !bsearch(&all[j], m, k, sizeof(*m), cmp_u32))
					all[w++] = all[j];
			n = w;
		} else if (!k) {
			if (one)
				no_match(s, bin, fp);
		} else {
			for (size_t j = 0; j < k; j++)
				ARENA_PUSH(s->a, all, n, cap, m[j]);
		}
		free(m);
	}
	if (!n)
		return;
	qsort(all, n, sizeof(*all), cmp_u32);
	for (size_t i = 0; i < n; i++)
		if (!i || all[i] != all[i - 1])
			add_row(s, (struct row){ .bin = bin,
						 .role = role,
						 .abi = abi_of(s, bin, all[i]),
						 .func = all[i],
						 .clause = c->index,
						 .loc = ap->loc });
}

static void add_addr(struct sema *s, const struct clause *c, const struct attach_point *ap, int bin, uint64_t vaddr)
{
	const struct resolver *r = s->res;
	char err[512];

	if (r->check_addr(r->ctx, bin, vaddr, err, sizeof(err)) < 0) {
		diag_error(s->d, ap->loc, "%s", err);
		return;
	}
	add_row(s, (struct row){ .bin = bin,
				 .role = SITE_OTHER,
				 .abi = abi_of(s, bin, META_NO_FUNC),
				 .func = META_NO_FUNC,
				 .addr = vaddr,
				 .clause = c->index,
				 .loc = ap->loc });
}

static void uprobe_in(struct sema *s, const struct clause *c, const struct attach_point *ap, int bin, bool one);

static void know_go(struct sema *s, int bin)
{
	s->p->go = true;
	if (bin >= s->p->nbinaries)
		s->p->nbinaries = bin + 1;
}

void sema_thread(struct sema *s, struct src_loc loc, const char *what)
{
	const struct resolver *r = s->res;
	char err[512];
	int bin;

	if (!(s->ci->where & ~W_UPROBE) || s->p->go)
		return;
	bin = r->binary(r->ctx, NULL, err, sizeof(err));
	if (bin >= 0 && r->is_go(r->ctx, bin)) {
		know_go(s, bin);
	} else if (bin < 0) {
		sema_error(s, loc, "%s: of which Go program? %s", what, err);
		sema_hint(s, "give it behind the script, by -p PID or -c COMMAND");
	} else {
		sema_error(s, loc, "%s: %s is no Go program", what, r->binary_name(r->ctx, bin));
	}
}

static void uprobe(struct sema *s, const struct clause *c, const struct attach_point *ap)
{
	const struct resolver *r = s->res;
	const char **patterns = ARENA_ARRAY(s->a, const char *, ap->npatterns + 1);
	int bins[GFT_BINARIES], n;
	char err[512] = "";
	size_t k = 0;

	for (uint32_t i = 0; i < ap->npatterns; i++)
		if (!ap->patterns[i].exclude)
			patterns[k++] = ap->patterns[i].text;
	if (r->binaries) {
		n = r->binaries(r->ctx, ap->binary, patterns, k, bins, GFT_BINARIES, err, sizeof(err));
	} else {
		bins[0] = r->binary(r->ctx, ap->binary, err, sizeof(err));
		n = bins[0] < 0 ? bins[0] : 1;
	}
	if (!n)
		missing(s, ap->loc, "none of the files of %s has a function %s", ap->binary ? ap->binary : "-p",
			k ? patterns[0] : "there");
	if (n < 0) {
		diag_error(s->d, ap->loc, "%s", err);
		if (n == -ESRCH && !(ap->binary && !strcmp(ap->binary, "*")))
			diag_hint(s->d, "give it behind the script (gft -e '...' ./binary), by -p PID or -c COMMAND, "
					"or in the probe: u:./binary:FUNC");
		return;
	}
	for (int i = 0; i < n; i++)
		uprobe_in(s, c, ap, bins[i], n == 1);
}

/* In one binary; of several, those without a function that a list of patterns has are no mistake. */
static void uprobe_in(struct sema *s, const struct clause *c, const struct attach_point *ap, int bin, bool one)
{
	const struct resolver *r = s->res;
	uint8_t role = ap->provider == PROV_URETPROBE ? SITE_EXIT : SITE_ENTRY;

	if (r->is_go(r->ctx, bin))
		know_go(s, bin);
	if (s->p->clauses[c->index].binary < 0)
		s->p->clauses[c->index].binary = bin;
	if (role == SITE_EXIT && (ap->has_offset || ap->has_addr || ap->has_line)) {
		diag_error(s->d, ap->loc, "a uretprobe takes a function, not an address in it");
		return;
	}
	if (ap->has_addr) {
		add_addr(s, c, ap, bin, ap->addr);
	} else if (ap->has_line) {
		uint64_t *addrs = NULL;
		size_t n = r->line_addrs(r->ctx, bin, ap->file, ap->line, ap->column, &addrs);

		if (!n && ap->column) {
			if (missing(s, ap->loc, "%s has no code that begins at %s:%u:%u", r->binary_name(r->ctx, bin),
				    ap->file, ap->line, ap->column))
				diag_hint(s->d, r->is_go(r->ctx, bin) ? "of Go only lines are known, no columns"
								      : "without a column it is where the line begins");
		} else if (!n) {
			missing(s, ap->loc, "%s has no code at %s:%u", r->binary_name(r->ctx, bin), ap->file, ap->line);
		}
		for (size_t i = 0; i < n; i++)
			add_addr(s, c, ap, bin, addrs[i]);
		free(addrs);
	} else if (ap->has_offset && ap->npatterns == 1) {
		uint32_t *m = NULL;
		size_t n = r->match(r->ctx, bin, ap->patterns[0].text, &m);

		if (!n)
			no_match(s, bin, &ap->patterns[0]);
		for (size_t i = 0; i < n; i++) {
			if (ap->offset >= r->func_size(r->ctx, bin, m[i])) {
				diag_error(s->d, ap->loc, "+%llu is outside of %s, which has %llu bytes",
					   (unsigned long long)ap->offset, r->func_name(r->ctx, bin, m[i]),
					   (unsigned long long)r->func_size(r->ctx, bin, m[i]));
				break;
			}
			add_addr(s, c, ap, bin, r->func_entry(r->ctx, bin, m[i]) + ap->offset);
		}
		free(m);
	} else {
		add_functions(s, c, ap, bin, role, one);
	}
}

static void plain(struct sema *s, const struct clause *c, struct attach_point *ap, const char *target)
{
	struct program *p = s->p;
	struct plain_probe pp = { .ap = ap, .clause = c->index, .target = target };
	const char *colon = strchr(ap->raw, ':');
	struct meta_probe_name name = { arena_printf(s->a, "%s%s%s", provider_name(ap->provider),
						     ap->expanded ? ":" : "",
						     ap->expanded ? target
						     : colon	  ? colon
								  : ""),
					ap->provider >= PROV_KPROBE && target ? target : "" };

	if (!wanted(s, name.probe))
		return;
	pp.probe_id = TY_PROBE_STATIC + p->nprobe_names;
	ARENA_PUSH(s->a, p->probe_names, p->nprobe_names, p->cprobe_names, name);
	ARENA_PUSH(s->a, p->plain, p->nplain, p->cplain, pp);
}

/* The nearest of n names, which are freed, or NULL. */
static const char *nearest_of(struct sema *s, const char *target, const char **names, size_t n)
{
	const char *near = diag_nearest(target, names, n);

	near = near ? arena_strdup(s->a, near) : NULL;
	free(names);
	return near;
}

/* One of the same category, or of all when there is no such category; NULL: none is alike. */
static const char *nearest_tracepoint(struct sema *s, const char *target)
{
	const struct resolver *r = s->res;
	const char *colon = strchr(target, ':'), **names = NULL;
	size_t n = 0;

	if (colon)
		n = r->tracepoints(r->ctx, arena_printf(s->a, "%.*s:*", (int)(colon - target), target), &names);
	if (!n) {
		free(names);
		names = NULL;
		n = r->tracepoints(r->ctx, "*:*", &names);
	}
	return nearest_of(s, target, names, n);
}

static void tracepoint(struct sema *s, const struct clause *c, struct attach_point *ap)
{
	const struct resolver *r = s->res;
	const char **names = NULL;
	size_t n = r->tracepoints(r->ctx, ap->target, &names);

	ap->expanded = true;
	if (!n && missing(s, ap->loc, "no tracepoint matches %s", ap->target)) {
		const char *near = nearest_tracepoint(s, ap->target);

		if (near)
			diag_hint(s->d, "did you mean tracepoint:%s?", near);
		else
			diag_hint(s->d, "gft -l 't:*' lists them; they need tracefs and root");
	}
	for (size_t i = 0; i < n; i++)
		plain(s, c, ap, arena_strdup(s->a, names[i]));
	free(names);
}

/* Of a kind of the kernel's events, the name that is nearest to one that is not there. */
static const char *nearest_event(struct sema *s, const char *kind, const char *target)
{
	const struct resolver *r = s->res;
	const char **names = NULL;
	size_t n = r->events(r->ctx, kind, "*", &names);

	return nearest_of(s, target, names, n == SIZE_MAX || strpbrk(target, "*?[") ? 0 : n);
}

/* What goes by a name of the kernel's: one exact name, or a pattern of some. */
static void kernel_place(struct sema *s, const struct clause *c, struct attach_point *ap)
{
	const char *colon = strrchr(ap->target, ':'), *kind = provider_name(ap->provider), *plus;
	const struct resolver *r = s->res;
	const char **names = NULL;
	size_t n = SIZE_MAX;

	/* a module's name helps nobody to find its function, but must be one; an event's category is none */
	if (colon && ap->provider != PROV_SOFTWARE && ap->provider != PROV_HARDWARE) {
		const char *module = arena_strndup(s->a, ap->target, (size_t)(colon - ap->target));

		if (ap->provider != PROV_RAWTRACEPOINT && r->events && !r->events(r->ctx, "module", module, &names)) {
			missing(s, ap->loc, "no module of the kernel is called %s", module);
			return;
		}
		free(names);
		names = NULL;
		ap->target = colon + 1;
	}
	plus = ap->provider == PROV_KPROBE ? strchr(ap->target, '+') : NULL;
	if (plus) {
		char *end;

		ap->offset = strtoull(plus + 1, &end, 0);
		if (end == plus + 1 || *end)
			diag_error(s->d, ap->loc, "%s: '%s' is no offset", ap->raw, plus + 1);
		ap->target = arena_strndup(s->a, ap->target, (size_t)(plus - ap->target));
	}
	ap->expanded = strpbrk(ap->target, "*?[") || (colon && strpbrk(ap->raw, "*?[")); /* in a module's name, too */
	if (r->events)
		n = r->events(r->ctx, kind, ap->target, &names);
	if (n == SIZE_MAX && ap->expanded) {
		diag_error(s->d, ap->loc, "%s: the kernel does not tell its names for a pattern: give one exact name",
			   ap->raw);
	} else if (n == SIZE_MAX) {
		plain(s, c, ap, ap->target);
	} else if (!n && missing(s, ap->loc, "no %s%s matches %s", kind,
				 ap->provider == PROV_SOFTWARE || ap->provider == PROV_HARDWARE ? " event" : "",
				 ap->target)) {
		const char *near = nearest_event(s, kind, ap->target);

		if (near)
			diag_hint(s->d, "did you mean %s:%s?", kind, near);
		else
			diag_hint(s->d, "gft -l '%s:*' lists them", ap->provider == PROV_RAWTRACEPOINT ? "rt" : kind);
	}
	for (size_t i = 0; n != SIZE_MAX && i < n; i++)
		plain(s, c, ap, arena_strdup(s->a, names[i]));
	free(names);
}

/* self:signal:SIGUSR1 */
static void self(struct sema *s, const struct clause *c, struct attach_point *ap)
{
	const char *name = ap->target + strlen("signal:");

	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int i = 1; i < 65; i++) {
		if (!sigabbrev_np(i) || strcmp(sigabbrev_np(i), name) != 0)
			continue;
		if (i == SIGKILL || i == SIGSTOP || i == SIGINT || i == SIGTERM || i == SIGHUP || i == SIGCHLD) {
			diag_error(s->d, ap->loc, "%s: this signal has its own meaning for gft", ap->raw);
			diag_hint(s->d, "SIGUSR1 and SIGUSR2 are free");
			return;
		}
		ap->count = (uint64_t)i;
		plain(s, c, ap, name);
		return;
	}
	diag_error(s->d, ap->loc, "%s: there is no such signal", ap->raw);
	diag_hint(s->d, "SIGUSR1 and SIGUSR2 are free: self:signal:SIGUSR1");
}

/* --- go:EVENT --------------------------------------------------------------------------- */

static bool has_function(struct sema *s, int bin, const char *pattern)
{
	uint32_t *m = NULL;
	size_t n = s->res->match(s->res->ctx, bin, pattern, &m);

	free(m);
	return n != 0;
}

/*
 * Of functions with one name the one that does the work is left: the others
 * are what assembly calls it by, a few instructions each.
 */
static size_t the_function(struct sema *s, int bin, uint32_t *m, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (s->res->func_size(s->res->ctx, bin, m[i]) > s->res->func_size(s->res->ctx, bin, m[0]))
			m[0] = m[i];
	return 1;
}

/* The functions where an event happens in this program; the number of them. */
static size_t event_rows(struct sema *s, const struct clause *c, const struct attach_point *ap, int bin,
			 const struct go_event *ev)
{
	const struct resolver *r = s->res;
	size_t found = 0;

	for (uint32_t i = 0; i < GO_PLACES && ev->at[i].pattern; i++) {
		const struct go_event_place *at = &ev->at[i];
		uint32_t *m = NULL;
		size_t n;

		if ((at->unless && has_function(s, bin, at->unless)) || (at->where && !has_function(s, bin, at->where)))
			continue;
		n = r->match(r->ctx, bin, at->pattern, &m);
		if (n > 1 && !strpbrk(at->pattern, "[?"))
			n = the_function(s, bin, m, n);
		for (size_t k = 0; k < n; k++) {
			if (r->is_abi0(r->ctx, bin, m[k])) {
				diag_error(
					s->d, ap->loc,
					"go:%s needs Go 1.17 or later, where the runtime's arguments are in registers",
					ev->name);
				break;
			}
			add_row(s, (struct row){ .bin = bin,
						 .role = at->exit ? SITE_EXIT : SITE_ENTRY,
						 .abi = ABI_GO_REGS,
						 .func = m[k],
						 .clause = c->index,
						 .loc = ap->loc,
						 .event = ev,
						 .at = at });
		}
		found += n;
		free(m);
	}
	return found;
}

static void no_event(struct sema *s, const struct attach_point *ap, const char *name, const struct go_event *evs,
		     size_t n)
{
	const char *names[64], *near;

	for (size_t i = 0; i < n && i < 64; i++)
		names[i] = evs[i].name;
	diag_error(s->d, ap->loc, "there is no event go:%s", name);
	near = diag_nearest(name, names, n < 64 ? n : 64);
	if (near)
		diag_hint(s->d, "did you mean go:%s?", near);
	else
		diag_hint(s->d, "gft -l 'go:*' BINARY lists them");
}

/* go:EVENT, go:BINARY:EVENT; the event may be a pattern. */
static void go_events_of(struct sema *s, const struct clause *c, const struct attach_point *ap)
{
	const struct resolver *r = s->res;
	const char *colon = strrchr(ap->target, ':'), *name = colon ? colon + 1 : ap->target;
	char *binary = colon ? arena_strndup(s->a, ap->target, (size_t)(colon - ap->target)) : NULL;
	size_t n, matched = 0, found = 0;
	const struct go_event *evs = go_events(&n), *last = NULL;
	char err[512];
	int bin = r->binary(r->ctx, binary, err, sizeof(err));

	if (bin < 0) {
		diag_error(s->d, ap->loc, "%s", err);
		if (bin == -ESRCH)
			diag_hint(s->d, "give it behind the script (gft -e '...' ./binary), by -p PID or -c COMMAND, "
					"or in the probe: go:./binary:EVENT");
		return;
	}
	if (!r->is_go(r->ctx, bin)) {
		diag_error(s->d, ap->loc, "%s: %s is no Go program", ap->raw, r->binary_name(r->ctx, bin));
		return;
	}
	s->p->go = true;
	if (s->p->clauses[c->index].binary < 0)
		s->p->clauses[c->index].binary = bin;
	for (size_t i = 0; i < n; i++) {
		if (fnmatch(name, evs[i].name, 0))
			continue;
		matched++;
		last = &evs[i];
		found += event_rows(s, c, ap, bin, &evs[i]);
	}
	if (!matched)
		no_event(s, ap, name, evs, n);
	else if (!found)
		diag_error(s->d, ap->loc, "go:%s: %s has no %s, where gft would look", last->name,
			   r->binary_name(r->ctx, bin), last->at[0].pattern);
}

uint32_t sema_clause_events(struct sema *s, uint32_t clause, const struct go_event ***out)
{
	uint32_t n = 0, cap = 0;

	*out = NULL;
	for (size_t i = 0; s->rows && i < s->rows->n; i++) {
		const struct row *r = &s->rows->v[i];

		if (r->clause == clause && r->event && (!n || (*out)[n - 1] != r->event))
			ARENA_PUSH(s->a, *out, n, cap, r->event);
	}
	return n;
}

static uint32_t where_of(enum provider p)
{
	switch (p) {
	case PROV_UPROBE: return W_ENTRY;
	case PROV_URETPROBE: return W_EXIT;
	case PROV_BEGIN:
	case PROV_END:
	case PROV_TEST:
	case PROV_SELF: return W_BEGIN;
	case PROV_INTERVAL:
	case PROV_PROFILE:
	case PROV_SOFTWARE:
	case PROV_HARDWARE: return W_TIMER;
	case PROV_TRACEPOINT: return W_TP;
	case PROV_RAWTRACEPOINT: return W_RAW;
	case PROV_KRETPROBE:
	case PROV_FEXIT: return W_KRET;
	case PROV_GO: return W_GO;
	default: return W_KERNEL;
	}
}

bool sema_has_probe(const struct sema *s, const struct clause *c)
{
	for (uint32_t i = 0; i < s->p->nplain; i++)
		if (s->p->plain[i].clause == c->index)
			return true;
	for (size_t i = 0; s->rows && i < s->rows->n; i++)
		if (s->rows->v[i].clause == c->index)
			return true;
	return false;
}

/* Of a clause whose probes are all missing, as the script allows, nothing is left that needs one. */
static void leave_out(struct sema *s, struct clause *c)
{
	if (sema_has_probe(s, c))
		return;
	c->pred = NULL;
	c->block->first = c->block->last = NULL;
	c->block->value = NULL;
}

void sema_probes(struct sema *s)
{
	for (uint32_t i = 0; i < s->p->nclauses; i++) {
		struct clause *c = s->p->clauses[i].clause;

		for (uint32_t k = 0; k < c->npoints; k++) {
			struct attach_point *ap = c->points[k];

			if (ap->provider == PROV_NONE)
				continue;
			s->p->clauses[i].where |= where_of(ap->provider);
			switch (ap->provider) {
			case PROV_UPROBE:
			case PROV_URETPROBE: uprobe(s, c, ap); break;
			case PROV_BEGIN:
			case PROV_END:
			case PROV_INTERVAL:
			case PROV_PROFILE:
			case PROV_TEST: plain(s, c, ap, NULL); break;
			case PROV_SOFTWARE:
			case PROV_HARDWARE:
			case PROV_RAWTRACEPOINT:
			case PROV_KPROBE:
			case PROV_KRETPROBE:
			case PROV_FENTRY:
			case PROV_FEXIT: kernel_place(s, c, ap); break;
			case PROV_SELF: self(s, c, ap); break;
			case PROV_TRACEPOINT: tracepoint(s, c, ap); break;
			case PROV_GO: go_events_of(s, c, ap); break;
			default:
				diag_error(s->d, ap->loc, "%s: this kind of probe is not supported yet", ap->raw);
				diag_hint(s->d, "probes are u ur begin end interval profile tracepoint rawtracepoint "
						"software hardware self go kprobe kretprobe fentry fexit");
				break;
			}
		}
	}
	if (s->p->config.missing_probes != MISSING_ERROR)
		for (uint32_t i = 0; i < s->p->nclauses; i++)
			leave_out(s, s->p->clauses[i].clause);
}

/* What two records have in common: fields of one name, type and place. */
static const struct gft_type *common_fields(struct sema *s, const struct gft_type *a, const struct gft_type *b)
{
	struct ty_field *f = ARENA_ARRAY(s->a, struct ty_field, a->nfields + 1);
	struct gft_type *t = ty_new(s->a, TY_STRUCT);

	*t = *a;
	t->fields = f;
	t->nfields = 0;
	for (uint32_t i = 0; i < a->nfields; i++)
		if (sema_same_field(&a->fields[i], ty_field_named(b, a->fields[i].name)))
			f[t->nfields++] = a->fields[i];
	return t;
}

const struct gft_type *sema_tp_args(struct sema *s, const struct clause *c, const char **why)
{
	const struct gft_type *first = NULL;

	*why = NULL;
	for (uint32_t i = 0; i < s->p->nplain; i++) {
		struct plain_probe *pp = &s->p->plain[i];
		char err[256];

		if (pp->clause != c->index)
			continue;
		if (!pp->args && pp->ap->provider != PROV_TRACEPOINT) {
			pp->args = sema_kernel_args(s, pp, why);
			if (!pp->args)
				return NULL;
		}
		if (!pp->args) {
			pp->args = s->res->tracepoint_args(s->res->ctx, s->a, pp->target, err, sizeof(err));
			if (!pp->args) {
				*why = arena_strdup(s->a, err);
				return NULL;
			}
		}
		first = first ? common_fields(s, first, pp->args) : pp->args;
	}
	return first;
}

bool sema_inside(const struct sema *s, bool all)
{
	const struct clause *c = s->ci->clause;
	uint32_t inside = 0;

	for (uint32_t i = 0; i < c->npoints; i++)
		inside += c->points[i]->has_offset || c->points[i]->has_addr || c->points[i]->has_line;
	return all ? inside == c->npoints : inside != 0;
}

uint32_t sema_clause_funcs(struct sema *s, uint32_t clause, uint32_t **out)
{
	uint32_t n = 0, cap = 0;

	*out = NULL;
	for (size_t i = 0; s->rows && i < s->rows->n; i++)
		if (s->rows->v[i].clause == clause && s->rows->v[i].func != META_NO_FUNC)
			ARENA_PUSH(s->a, *out, n, cap, s->rows->v[i].func);
	return n;
}

uint32_t sema_clause_funcs_of(struct sema *s, uint32_t clause, int bin, uint32_t **out)
{
	uint32_t n = 0, cap = 0;

	*out = NULL;
	for (size_t i = 0; s->rows && i < s->rows->n; i++)
		if (s->rows->v[i].clause == clause && s->rows->v[i].bin == bin && s->rows->v[i].func != META_NO_FUNC)
			ARENA_PUSH(s->a, *out, n, cap, s->rows->v[i].func);
	return n;
}

static uint32_t binaries_of(struct sema *s, uint32_t clause, bool all, int **out)
{
	uint32_t n = 0, cap = 0, k;

	*out = NULL;
	for (size_t i = 0; s->rows && i < s->rows->n; i++) {
		const struct row *r = &s->rows->v[i];

		if (!all && r->clause != clause)
			continue;
		for (k = 0; k < n && (*out)[k] != r->bin; k++)
			;
		if (k == n)
			ARENA_PUSH(s->a, *out, n, cap, r->bin);
	}
	return n;
}

uint32_t sema_clause_binaries(struct sema *s, uint32_t clause, int **out)
{
	uint32_t n = binaries_of(s, clause, false, out);

	return n ? n : binaries_of(s, clause, true, out);
}

bool sema_one_binary(struct sema *s)
{
	for (size_t i = 0; s->rows && i < s->rows->n; i++)
		if (s->rows->v[i].clause == s->ci->clause->index && s->rows->v[i].bin != s->ci->binary)
			return false;
	return true;
}

/* --- classes ------------------------------------------------------------------------- */

static int cmp_place(const struct row *a, const struct row *b)
{
	if (a->bin != b->bin)
		return a->bin < b->bin ? -1 : 1;
	if (a->role != b->role)
		return a->role < b->role ? -1 : 1;
	if (a->at != b->at) /* of one table: in its order */
		return a->at < b->at ? -1 : 1;
	if (a->func != b->func)
		return a->func < b->func ? -1 : 1;
	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static int cmp_row(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int c = cmp_place(a, b);

	if (c)
		return c;
	return a->clause < b->clause ? -1 : a->clause > b->clause;
}

/* The number of the list of those clauses, from 1. */
static uint32_t unwound_list(struct sema *s, int bin, const uint32_t *clauses, uint32_t n)
{
	struct program *p = s->p;
	struct unwound_list l = { .binary = bin, .n = n };

	for (uint32_t i = 0; i < p->nunwound; i++)
		if (p->unwound[i].binary == bin && p->unwound[i].n == n &&
		    !memcmp(p->unwound[i].clauses, clauses, n * sizeof(*clauses)))
			return i + 1;
	l.clauses = arena_memdup(s->a, clauses, n * sizeof(*clauses));
	ARENA_PUSH(s->a, p->unwound, p->nunwound, p->cunwound, l);
	return p->nunwound;
}

/* Which clauses run when a call that begins at the row's entry is removed: those of its exits that ask for it. */
static uint32_t unwound_of(struct sema *s, const struct row *r)
{
	const struct rows *rs = s->rows;
	struct row key = *r;
	uint32_t list[256], n = 0;
	size_t lo = 0, hi = rs->n;

	if (r->role != SITE_ENTRY || r->event)
		return 0;
	key.role = SITE_EXIT;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cmp_place(&rs->v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < rs->n && !cmp_place(&rs->v[lo], &key) && n < 256; lo++) {
		uint32_t c = rs->v[lo].clause;

		if (c != NO_CLAUSE && s->p->clauses[c].needs & NEED_UNWOUND && (!n || list[n - 1] != c))
			list[n++] = c;
	}
	return n ? unwound_list(s, r->bin, list, n) : 0;
}

static struct prog_class *find_class(struct sema *s, const struct row *r, const uint32_t *clauses, uint32_t n,
				     bool frames)
{
	uint32_t unwound = frames ? unwound_of(s, r) : 0;
	struct program *p = s->p;

	for (uint32_t i = 0; i < p->nclasses; i++) {
		struct prog_class *c = &p->classes[i];

		if (c->binary == r->bin && c->role == r->role && c->abi == r->abi && c->frames == frames &&
		    c->unwound == unwound && c->at == r->at && c->nclauses == n &&
		    (!n || !memcmp(c->clauses, clauses, n * sizeof(*clauses))))
			return c;
	}

	struct prog_class c = { .binary = r->bin,
				.role = r->role,
				.abi = r->abi,
				.frames = frames,
				.unwound = unwound,
				.loc = r->loc,
				.event = r->event,
				.at = r->at };

	c.graph = p->graph && r->role != SITE_OTHER && !r->event;
	c.clauses = arena_memdup(s->a, clauses, (n + 1) * sizeof(*clauses));
	c.nclauses = n;
	for (uint32_t i = 0; i < n; i++)
		c.needs |= p->clauses[clauses[i]].needs;
	if (c.graph)
		c.needs |= NEED_G | NEED_KEY | NEED_RING | (c.role == SITE_ENTRY ? NEED_CALLER : 0);
	if (frames)
		c.needs |= NEED_G | NEED_KEY;
	c.capture = c.graph && (r->abi != ABI_SYSV || s->res->has_dwarf(s->res->ctx, r->bin)) &&
		    (c.role == SITE_ENTRY ? p->capture_args : p->capture_ret);
	if (c.capture && c.role == SITE_ENTRY)
		c.needs |= NEED_ARGS;
	ARENA_PUSH(s->a, p->classes, p->nclasses, p->cclasses, c);
	return &p->classes[p->nclasses - 1];
}

/* Values of all clauses on one function share its graph line. */
static void check_values(struct sema *s, const struct row *r, const uint32_t *clauses, uint32_t n)
{
	uint32_t values = 0, whole = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct clause_info *ci = &s->p->clauses[clauses[i]];

		values += ci->nitems;
		for (uint32_t k = 0; k < ci->nitems; k++)
			whole += ci->items[k]->type->kind == TY_GO;
	}
	if (values > GFT_PAYLOAD_MAX)
		diag_error(s->d, r->loc, "the clauses of this function fetch %u values; a graph line has at most %d",
			   values, GFT_PAYLOAD_MAX);
	else if (whole > GO_VALUES_MAX)
		diag_error(s->d, r->loc, "the clauses of this function fetch %u whole Go values; there can be %d",
			   whole, GO_VALUES_MAX);
}

void sema_classes(struct sema *s)
{
	struct program *p = s->p;
	struct rows *rs = s->rows;
	size_t n = rs ? rs->n : 0;
	struct {
		struct meta_place *v;
		uint32_t n, cap;
	} *places = NULL; /* of each class */
	uint32_t nplaces = 0;

	if (!n)
		return;
	/* the other half of each call: graphs need both, frames need the exit's entry */
	for (size_t i = 0; i < n; i++) {
		struct row r = rs->v[i];
		bool frames = (p->clauses[r.clause].needs & NEED_TRACKED) != 0;

		if (r.role == SITE_OTHER || r.event || !(p->graph || frames))
			continue;
		r.role = r.role == SITE_ENTRY ? SITE_EXIT : SITE_ENTRY;
		r.clause = NO_CLAUSE;
		push_row(rs, &r);
	}
	n = rs->n;
	qsort(rs->v, n, sizeof(*rs->v), cmp_row);
	for (size_t i = 0, j; i < n; i = j) {
		uint32_t list[256], k = 0;
		const struct row *r = &rs->v[i];
		bool frames = p->frames && p->graph && r->role != SITE_OTHER && !r->event;

		for (j = i; j < n && !cmp_place(&rs->v[i], &rs->v[j]); j++) {
			uint32_t c = rs->v[j].clause;

			if (c == NO_CLAUSE) {
				frames |= !p->graph; /* here only because of duration or depth */
				continue;
			}
			if (p->clauses[c].needs & NEED_TRACKED && r->role != SITE_OTHER && !r->event)
				frames = true;
			if (k && list[k - 1] == c)
				continue;
			if (k < 256)
				list[k++] = c;
			else
				diag_error(s->d, r->loc, "more than 256 clauses on one function");
		}

		check_values(s, r, list, k);

		struct prog_class *c = find_class(s, r, list, k, frames);
		struct meta_place pl = { r->func, r->addr };
		size_t ci = (size_t)(c - p->classes);

		if (ci == nplaces) {
			places = xrealloc(places, ++nplaces * sizeof(*places));
			memset(&places[ci], 0, sizeof(*places));
		}
		if (places[ci].n == places[ci].cap) {
			places[ci].cap = places[ci].cap ? places[ci].cap * 2 : 4;
			places[ci].v = xrealloc(places[ci].v, places[ci].cap * sizeof(*places[ci].v));
		}
		places[ci].v[places[ci].n++] = pl;
		if (r->role == SITE_ENTRY)
			p->nfuncs++;
	}
	for (uint32_t i = 0; i < nplaces; i++) {
		p->classes[i].places = arena_memdup(s->a, places[i].v, places[i].n * sizeof(*places[i].v));
		p->classes[i].nplaces = places[i].n;
		free(places[i].v);
	}
	free(places);
}
