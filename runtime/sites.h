/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sites.h - the site table of one run: each probe site's number (its cookie),
 * what is known of it, and the lists that programs are attached by.
 */
#ifndef GFT_RUNTIME_SITES_H
#define GFT_RUNTIME_SITES_H

#include "gft/graph.h"
#include "gft/kernel.h"
#include "gft/meta.h"
#include "runtime/targets.h"

struct site_table;

/* Sites of one program of meta->progs. */
struct prog_sites {
	struct ksession_site *v;
	size_t n;
	struct ksession_site *rets; /* for the kernel's uretprobe */
	size_t nrets;
};

struct site_counts {
	uint64_t functions;   /* wanted */
	uint64_t skipped;     /* without any site, or without a safe entry */
	uint64_t no_exit;     /* that never return */
	uint64_t undescribed; /* sites whose values DWARF does not describe */
	uint64_t doubtful;    /* with a way out that cannot be probed */
	uint64_t entries, exits, emulated;
};

/*
 * Chooses every site.  meta and targets are borrowed.  Reasons of skipped
 * functions are kept, see sites_report().  progress (may be NULL) is called
 * now and then with the functions done.
 */
struct site_table *sites_build(const struct gft_meta *meta, struct targets *t, ksession_progress_fn progress,
			       void *ctx);
void site_table_free(struct site_table *s);

/* Cookies of plain rets tell where they are: for kernels whose programs may return in their place (ret.h). */
void sites_mark_returns(struct site_table *s);

const struct prog_sites *sites_of(const struct site_table *s, uint32_t prog);
const struct site_counts *sites_counts(const struct site_table *s);

/* What was skipped and why: one line per reason, or with verbose one per function. */
void sites_report(struct site_table *s, FILE *out, bool verbose);

/* Every site, for -d sites. */
void sites_dump(struct site_table *s, struct buf *out);

/* How a site's Go values are captured; NULL: it has none. */
const struct gft_cap_plan *sites_plan(struct site_table *s, uint32_t site);

/* The same values, to print them. */
const struct go_values *sites_values(const struct site_table *s, uint32_t site);

uint32_t sites_total(const struct site_table *s);
uint64_t sites_vaddr(const struct site_table *s, uint32_t site);
const char *sites_func_name(struct site_table *s, uint32_t site);  /* NULL: no such site */
const char *sites_probe_name(struct site_table *s, uint32_t site); /* "uprobe:BINARY:FUNC" */
/*
 * What func and probe are at a site: all exits of one function have one id, that of its entry with
 * TY_PROBE_EXIT or, when that has none, of the first of them; every other site its own.
 */
uint32_t sites_id(struct site_table *s, uint32_t site);
/* Of an entry: the name that the exits of its function have, "uretprobe:BINARY:FUNC"; NULL: no such site. */
const char *sites_exit_name(struct site_table *s, uint32_t site);
struct sym_source sites_syms(struct site_table *s);

/* Who knows the code at vaddr + bias of binary bin in a process, when it is not in that file. */
typedef bool (*sites_outside_fn)(void *ctx, uint32_t tgid, int bin, uint64_t vaddr, struct code_info *out);
void sites_outside(struct site_table *s, sites_outside_fn fn, void *ctx);

#endif
