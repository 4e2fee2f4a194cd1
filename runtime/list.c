/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * list.c - gft -l: what can be traced, and with which arguments.
 *
 * What has a provider in front is read as a script of that one probe, so that
 * lists and scripts know the same forms; this file prints what it came to, and
 * looks through all kinds of probes for a pattern without a provider.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gft/arena.h"
#include "gft/btf.h"
#include "gft/buf.h"
#include "gft/gotype.h"
#include "gft/kernel.h"
#include "gft/output.h"
#include "parser/goevent.h"
#include "runtime/gft.h"
#include "runtime/tracefs.h"

static void site_line(struct tgt *t, uint32_t f)
{
	struct tgt_sites s = { 0 };
	const char *file;
	unsigned line;

	if (tgt_sites(t, f, TGT_WANT_ENTRY | TGT_WANT_EXITS, &s) < 0) {
		puts("    its code cannot be decoded");
		return;
	}
	if (tgt_line(t, tgt_func(t, f)->entry, &file, &line)) {
		struct buf b = BUF_INIT;

		value_escape(&b, file, strlen(file));
		printf("    %s:%u\n", buf_str(&b), line);
		buf_free(&b);
	}
	if (s.has_entry)
		printf("    entry 0x%llx %s, %s%s\n", (unsigned long long)s.entry.vaddr, s.entry.insn,
		       s.entry.emulated ? "emulated" : "stepped",
		       s.args_ok ? "" : ", argument registers already changed");
	else
		printf("    no entry: %s\n", s.why_no_entry ? s.why_no_entry : "?");
	for (uint32_t i = 0; i < s.nexits; i++)
		printf("    exit  0x%llx %s, %s\n", (unsigned long long)s.exits[i].vaddr, s.exits[i].insn,
		       s.exits[i].emulated ? "emulated" : "stepped");
	if (s.uretprobe)
		puts("    exit  by the kernel's uretprobe: some way out cannot be probed");
	else if (!s.nexits)
		printf("    no exit: %s\n", s.why_no_exit ? s.why_no_exit : "?");
	tgt_sites_fini(&s);
}

/* What scripts call the arguments and results, with their types. */
static void params(struct tgt *t, uint32_t f, bool results)
{
	const struct go_param *p;
	struct tgt_error err = { "" };
	uint32_t n = 0, k = 0;

	if (tgt_params(t, f, &p, &n, &err) < 0)
		return;
	for (uint32_t i = 0; i < n; i++) {
		struct buf b = BUF_INIT;

		if (p[i].result && p[i].name[0] && p[i].name[0] != '~')
			buf_printf(&b, "ret.%s %s", p[i].name, p[i].type->name);
		else if (p[i].result)
			buf_printf(&b, "ret.%u %s", k, p[i].type->name);
		else
			buf_printf(&b, "args.%s %s", p[i].name, p[i].type->name);
		k += p[i].result;
		if (p[i].result == results && (p[i].result || p[i].name[0]))
			printf("    %s\n", buf_str(&b));
		buf_free(&b);
	}
}

static void print_uprobe(const struct cli *c, struct targets *t, const struct meta_prog *mp,
			 const struct meta_place *pl)
{
	struct tgt *tgt = targets_tgt(t, mp->binary);
	struct buf b = BUF_INIT;

	if (pl->func == META_NO_FUNC) {
		printf("uprobe:%s:0x%llx\n", tgt_display(tgt), (unsigned long long)pl->addr);
		return;
	}
	value_escape(&b, tgt_func(tgt, pl->func)->name, strlen(tgt_func(tgt, pl->func)->name));
	printf("%s:%s:%s\n", mp->role == SITE_EXIT ? "uretprobe" : "uprobe", tgt_display(tgt), buf_str(&b));
	buf_free(&b);
	if (c->verbose) {
		params(tgt, pl->func, mp->role == SITE_EXIT);
		site_line(tgt, pl->func);
	}
}

/* The fields of an event of the kernel. */
static void describe(const char *kind, const char *name)
{
	struct arena *a = arena_new();
	struct buf b = BUF_INIT;
	const struct gft_type *t;
	char err[256];

	if (!strcmp(kind, "tracepoint")) {
		tracefs_describe(name, &b);
		fputs(buf_str(&b), stdout);
	} else if (kind[0] && strcmp(kind, "software") != 0 && strcmp(kind, "hardware") != 0) {
		bool exits = !strcmp(kind, "fexit") || !strcmp(kind, "kretprobe");

		t = kernel_btf_args(a, kind, name, err, sizeof(err));
		for (uint32_t i = 0; t && i < t->nfields; i++) {
			bool result = !strcmp(t->fields[i].name, "retval");

			/* what such a probe has: a kretprobe has no arguments any more */
			if (result ? exits : strcmp(kind, "kretprobe") != 0)
				printf("    %s %s\n", ty_name(a, t->fields[i].type), t->fields[i].name);
		}
		if (!t && strcmp(kind, "rawtracepoint") != 0)
			printf("    (%s)\n", err);
	}
	buf_free(&b);
	arena_free(a);
}

/* An event of Go with its arguments; once, though it may happen at several functions. */
static void print_event(const char *name, const char *last)
{
	struct arena *a;
	const struct go_event *ev;
	size_t n;

	if (last && !strcmp(name, last))
		return;
	ev = go_events(&n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ev[i].name, name) != 0)
			continue;
		a = arena_new();
		printf("go:%s    %s\n", name, ev[i].help);
		for (uint32_t k = 0; k < GO_ARGS && ev[i].args[k].name; k++)
			printf("    args.%s %s    %s\n", ev[i].args[k].name,
			       ev[i].args[k].go	    ? "any"
			       : ev[i].args[k].type ? ty_name(a, ev[i].args[k].type)
						    : "uint8",
			       ev[i].args[k].help);
		arena_free(a);
	}
}

void list_probes(const struct cli *c, struct targets *t, const struct gft_meta *m)
{
	const char *last = NULL;

	for (uint32_t i = 0; i < m->nprogs; i++) {
		const struct meta_prog *mp = &m->progs[i];
		const char *name, *colon;

		if (mp->kind == MP_UPROBE) {
			if (mp->event) {
				print_event(mp->event, last);
				last = mp->event;
			}
			for (uint32_t k = 0; k < mp->nplaces && !mp->internal && !mp->event; k++)
				print_uprobe(c, t, mp, &mp->places[k]);
			continue;
		}
		name = m->probe_names[mp->probe_id - TY_PROBE_STATIC].probe;
		puts(name);
		colon = strchr(name, ':');
		if (c->verbose && colon && mp->target) {
			char kind[32];

			snprintf(kind, sizeof(kind), "%s",
				 mp->kind == MP_TRACEPOINT	? "tracepoint"
				 : mp->kind == MP_RAWTRACEPOINT ? "rawtracepoint"
				 : mp->kind == MP_FENTRY	? "fentry"
				 : mp->kind == MP_FEXIT		? "fexit"
				 : mp->kind == MP_KPROBE	? "kprobe"
				 : mp->kind == MP_KRETPROBE	? "kretprobe"
								: "");
			describe(kind, mp->target);
		}
	}
}

void list_inlined(struct tgt *t, const char *pattern, const char *const *except, bool verbose)
{
	struct tgt_inlined_only *v;
	size_t n = tgt_inlined_only(t, pattern, &v);
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		const struct tgt_inlined_only *x = &v[i];
		const char *file = NULL, *into;
		unsigned line = 0, k;

		for (k = 0; except[k] && !tgt_name_matches(except[k], x->where.name); k++)
			;
		if (except[k])
			continue;
		buf_reset(&b);
		buf_puts(&b, "inlined:");
		value_escape(&b, tgt_display(t), strlen(tgt_display(t)));
		buf_putc(&b, ':');
		value_escape(&b, x->where.name, strlen(x->where.name));
		into = tgt_func(t, x->where.into)->name;
		buf_puts(&b, " into ");
		value_escape(&b, into, strlen(into));
		if (tgt_line(t, x->where.vaddr, &file, &line)) {
			const char *base = strrchr(file, '/');

			base = base && !verbose ? base + 1 : file;
			buf_puts(&b, " (");
			value_escape(&b, base, strlen(base));
			buf_printf(&b, ":%u)", line);
		}
		if (x->places > 1)
			buf_printf(&b, " and %u other place%s", x->places - 1, x->places > 2 ? "s" : "");
		puts(buf_str(&b));
	}
	buf_free(&b);
	free(v);
}

/* --- without a provider: everything of that name ---------------------------------------------- */

static size_t offer(const struct cli *c, const char *kind, const char *const *names, size_t n, const char *pattern)
{
	size_t shown = 0;

	for (size_t i = 0; n != SIZE_MAX && i < n; i++) {
		struct buf b = BUF_INIT;

		buf_printf(&b, "%s:%s", kind, names[i]);
		if (!fnmatch(pattern, buf_str(&b), 0)) {
			puts(buf_str(&b));
			if (c->verbose)
				describe(kind, names[i]);
			shown++;
		}
		buf_free(&b);
	}
	return shown;
}

static size_t list_kernel(const struct cli *c, const char *pattern)
{
	static const char *const forms[] = { "begin",	     "end",	     "self:signal:SIGUSR1", "interval:s:",
					     "interval:ms:", "interval:us:", "interval:hz:",	    "profile:s:",
					     "profile:ms:",  "profile:us:",  "profile:hz:" };
	static const char *const kinds[] = { "software", "hardware", "rawtracepoint" };
	const struct kernel_caps *caps = NULL;
	const char **names = NULL;
	size_t n, shown = 0;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!fnmatch(pattern, forms[i], FNM_CASEFOLD)) /* BEGIN */
			puts(forms[i]), shown++;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n = kernel_names(kinds[i], "*", &names);
		shown += offer(c, kinds[i], names, n, pattern);
		free(names);
	}
	n = tracefs_list("*:*", &names);
	shown += offer(c, "tracepoint", names, n, pattern);
	free(names);
	/* functions of the kernel are many: only of a kernel that can probe them */
	kernel_caps(&caps);
	if (caps && caps->kprobe) {
		n = kernel_names("kprobe", "*", &names);
		shown += offer(c, "kprobe", names, n, pattern);
		free(names);
	}
	return shown;
}

const char *list_form(struct arena *a, const char *pattern)
{
	static const struct {
		const char *word, *name;
	} kinds[] = { { "i", "interval" },
		      { "interval", "interval" },
		      { "p", "profile" },
		      { "profile", "profile" },
		      { "self", "self" } };
	size_t n = strcspn(pattern, ":");

	for (size_t i = 0; strpbrk(pattern + n, "*?[") && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].word) == n && !strncasecmp(pattern, kinds[i].word, n))
			return arena_printf(a, "%s%s", kinds[i].name, pattern + n);
	return NULL;
}

int list_everything(const struct cli *c, const char *pattern)
{
	if (list_kernel(c, pattern))
		return 0;
	fprintf(stderr, "gft: no probe of the kernel matches %s%s\n", pattern,
		targets_tracefs() ? "" : " (tracefs is not mounted: mount -t tracefs nodev /sys/kernel/tracing)");
	if (strpbrk(pattern, "*?[:"))
		fputs("HINT: functions need their binary: gft -l 'u:main.*' ./binary\n", stderr);
	else if (strchr(pattern, '/') || strchr(pattern, '.'))
		fputs("HINT: nor is there a script of that name\n", stderr);
	else
		fprintf(stderr, "HINT: gft -l '*%s*' looks for a part of a name\n", pattern);
	return 1;
}
