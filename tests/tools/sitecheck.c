/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sitecheck - every probe site that would be chosen in a binary.
 *
 * sitecheck BINARY: one line per site, E (entry) or X (exit) and the address
 * in hexadecimal, to compare with another disassembler.
 * sitecheck --stats BINARY...: a summary.  sitecheck --all BINARY: per function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gft/target.h"
#include "gft/wire.h"

struct reason {
	const char *text;
	unsigned n;
};

static struct reason reasons[64];

static void count(const char *why)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (!reasons[i].text)
			reasons[i].text = why;
		if (!strcmp(reasons[i].text, why)) {
			reasons[i].n++;
			return;
		}
	}
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static double percent(size_t n, size_t of)
{
	return of ? 100.0 * (double)n / (double)of : 0;
}

static void print_function(const struct tgt_func *f, const struct tgt_sites *s)
{
	printf("%s [%llx,%llx) flags %x", f->name, (unsigned long long)f->entry, (unsigned long long)f->end, f->flags);
	if (s->has_entry)
		printf(" E+%llu %s sp %u%s%s%s", (unsigned long long)(s->entry.vaddr - f->entry), s->entry.insn,
		       s->entry.sp_adj, s->entry.emulated ? " emulated" : "", s->args_ok ? " args" : "",
		       s->entry.flags & GFT_CF_STACK_CHECK ? " check" : "");
	else
		printf(" [%s]", s->why_no_entry);
	for (uint32_t k = 0; k < s->nexits; k++)
		printf(" %s+%llu", s->exits[k].kind == TGT_SITE_TAIL ? "T" : "X",
		       (unsigned long long)(s->exits[k].vaddr - f->entry));
	if (!s->nexits)
		printf(" [%s]", s->why_no_exit);
	printf("%s\n", s->exits_doubtful ? " doubtful" : "");
}

int main(int argc, char **argv)
{
	bool stats = false, all = false, no_args = false;

	for (int a = 1; a < argc; a++) {
		size_t n, entry = 0, emulated = 0, args = 0, checks = 0, rets = 0, tails = 0, none = 0, doubtful = 0;
		size_t adjusted = 0, failed = 0;
		struct tgt_error err;
		struct tgt *t;
		double t0;

		if (!strcmp(argv[a], "--stats") || !strcmp(argv[a], "--all") || !strcmp(argv[a], "--no-args")) {
			stats = stats || argv[a][2] == 's';
			all = all || argv[a][2] == 'a';
			no_args = no_args || argv[a][2] == 'n';
			continue;
		}
		if (tgt_open(&t, argv[a], NULL, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		memset(reasons, 0, sizeof(reasons));
		n = tgt_nfuncs(t);
		t0 = now_ms();
		for (uint32_t i = 0; i < n; i++) {
			struct tgt_sites s;

			failed += tgt_sites(t, i, TGT_WANT_ENTRY | TGT_WANT_EXITS | (no_args ? 0 : TGT_WANT_ARGS),
					    &s) != 0;
			if (all)
				print_function(tgt_func(t, i), &s);
			if (s.has_entry) {
				entry++;
				emulated += s.entry.emulated;
				args += s.args_ok;
				checks += (s.entry.flags & GFT_CF_STACK_CHECK) != 0;
				adjusted += s.entry.sp_adj != 0;
				if (!stats && !all)
					printf("E %llx\n", (unsigned long long)s.entry.vaddr);
			} else {
				count(s.why_no_entry);
			}
			for (uint32_t k = 0; k < s.nexits; k++) {
				rets += s.exits[k].kind == TGT_SITE_RET;
				tails += s.exits[k].kind == TGT_SITE_TAIL;
				if (!stats && !all)
					printf("X %llx\n", (unsigned long long)s.exits[k].vaddr);
			}
			none += !s.nexits;
			doubtful += s.exits_doubtful;
			tgt_sites_fini(&s);
		}
		if (stats) {
			printf("%s: %zu functions in %.0f ms\n", argv[a], n, now_ms() - t0);
			printf("  entry %.1f %%, emulated %.1f %%, args ok %.1f %%, on the stack check %.1f %%, rsp "
			       "moved %.1f %%\n",
			       percent(entry, n), percent(emulated, n), percent(args, n), percent(checks, n),
			       percent(adjusted, n));
			printf("  exits: %zu ret, %zu tail jumps; %zu functions have none, %zu doubtful, %zu not "
			       "decoded\n",
			       rets, tails, none, doubtful, failed);
			for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons) && reasons[i].text; i++)
				printf("  %u: %s\n", reasons[i].n, reasons[i].text);
		}
		tgt_close(t);
	}
	return 0;
}
