/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* list.c - gft -l: what can be traced. */
#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "gft/output.h"
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
	if (!s.nexits)
		printf("    no exit: %s\n", s.why_no_exit ? s.why_no_exit : "?");
	tgt_sites_fini(&s);
}

static int list_functions(const struct cli *c, struct targets *t, const char *pattern)
{
	char err[512];
	int bin = targets_open(t, NULL, err, sizeof(err));
	uint32_t *m = NULL;
	struct tgt *tgt;
	size_t n;

	if (bin < 0) {
		fprintf(stderr, "gft: %s\nhint: gft -l 'u:main.*' ./binary\n", err);
		return 1;
	}
	tgt = targets_tgt(t, bin);
	n = tgt_match(tgt, pattern, &m);
	for (size_t i = 0; i < n; i++) {
		struct buf b = BUF_INIT;

		value_escape(&b, tgt_func(tgt, m[i])->name, strlen(tgt_func(tgt, m[i])->name));
		printf("uprobe:%s:%s\n", tgt_display(tgt), buf_str(&b));
		buf_free(&b);
		if (c->verbose)
			site_line(tgt, m[i]);
	}
	free(m);
	if (!n) {
		const char *near[5];
		char where[512];
		size_t k = tgt_nearest(tgt, pattern, near, 5),
		       places = targets_inlined(t, bin, pattern, where, sizeof(where));

		if (places) {
			fprintf(stderr, "gft: %s exists only inlined in %s, at %zu place%s: %s%s\n", pattern,
				tgt_display(tgt), places, places == 1 ? "" : "s", where, places > 3 ? ", ..." : "");
			return 1;
		}

		fprintf(stderr, "gft: no function of %s matches %s\n", tgt_display(tgt), pattern);
		for (size_t i = 0; i < k; i++)
			fprintf(stderr, "%s%s%s", i ? ", " : "hint: near are ", near[i], i + 1 == k ? "\n" : "");
	}
	return n ? 0 : 1;
}

static int list_tracepoints(const char *pattern)
{
	const char **names = NULL;
	struct buf b = BUF_INIT;
	size_t n;

	buf_printf(&b, "%s%s", pattern, strchr(pattern, ':') ? "" : ":*");
	n = tracefs_list(buf_str(&b), &names);
	buf_free(&b);
	for (size_t i = 0; i < n; i++)
		printf("tracepoint:%s\n", names[i]);
	free(names);
	if (!n)
		fprintf(stderr, "gft: no tracepoint matches %s%s\n", pattern,
			targets_tracefs() ? ""
					  : " (tracefs is not mounted: mount -t tracefs nodev /sys/kernel/tracing)");
	return n ? 0 : 1;
}

int list_main(const struct cli *c, struct targets *t)
{
	static const char *const tp[] = { "tracepoint:", "t:" }, *const up[] = { "uprobe:", "uretprobe:", "u:", "ur:" };
	const char *p = c->list_pattern ? c->list_pattern : "*";

	for (size_t i = 0; i < 2; i++)
		if (!strncmp(p, tp[i], strlen(tp[i])))
			return list_tracepoints(p + strlen(tp[i]));
	for (size_t i = 0; i < 4; i++)
		if (!strncmp(p, up[i], strlen(up[i])))
			return list_functions(c, t, p + strlen(up[i]));
	return list_functions(c, t, p);
}
