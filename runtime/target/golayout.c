/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * golayout.c - where the fields of runtime.g and runtime.m are in this binary.
 *
 * DWARF says it; shipped binaries have none, so there is a table by version.
 * Every row was read from the DWARF of a binary built by that version, except
 * where a comment says otherwise.
 */
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

struct row {
	int minor;
	struct tgt_go go;
};

#define OFFSETS(goid, status, since, reason, parent, pc, start, bp, gsig, cur, proc, pp)                               \
	{                                                                                                              \
		.g_stack_lo = 0, .g_stack_hi = 8, .g_m = 48, .g_goid = (goid), .g_status = (status),                   \
		.g_waitsince = (since), .g_waitreason = (reason), .g_parent_goid = (parent), .g_gopc = (pc),           \
		.g_startpc = (start), .g_sched_sp = 56, .g_sched_pc = 64, .g_sched_bp = (bp), .m_g0 = 0,               \
		.m_gsignal = (gsig), .m_curg = (cur), .m_procid = (proc), .m_p = (pp)                                  \
	}

static const struct row rows[] = {
	/* 1.16 to 1.18 and 1.20: taken to be as 1.19; of 1.20's struct the source of runtime2.go agrees */
	{ 19, OFFSETS(152, 144, 168, 176, -1, 296, 312, 104, 80, 192, 72, 208) },  /* DWARF of Go 1.19 binaries */
	{ 21, OFFSETS(152, 144, 168, 176, 272, 280, 296, 104, 80, 192, 72, 208) }, /* DWARF of Go 1.21 binaries */
	{ 22, OFFSETS(152, 144, 168, 176, 272, 280, 296, 104, 80, 192, 72, 208) }, /* DWARF of Go 1.22 binaries */
	{ 23, OFFSETS(160, 152, 176, 184, 280, 288, 304, 104, 80, 192, 72, 208) }, /* DWARF of Go 1.23 binaries */
	{ 24, OFFSETS(160, 152, 176, 184, 280, 288, 304, 104, 80, 192, 72, 208) }, /* DWARF of Go 1.24 binaries */
	/* not measured: 1.24 without gobuf.ret (removed in 1.25), which moves all that follows by 8; m.p unsure */
	{ 25, OFFSETS(152, 144, 168, 176, 272, 280, 296, 96, 72, 184, 64, -1) },
	{ 26, OFFSETS(152, 144, 168, 176, 280, 288, 304, 96, 72, 184, 64, 208) }, /* DWARF of Go 1.26 binaries */
	{ 27, OFFSETS(152, 144, 168, 176, 280, 288, 304, 96, 72, 184, 64, 208) }, /* DWARF of Go 1.27 binaries */
};

static const struct row *row_for(int minor)
{
	const struct row *best = &rows[0];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].minor <= minor)
			best = &rows[i];
	}
	return best;
}

static bool has_function(struct tgt *t, const char *name)
{
	uint32_t *v;
	size_t n = tgt_match(t, name, &v);

	free(v);
	return n != 0;
}

/*
 * The version by what a program contains, where it does not say: the table's
 * magic number, then functions that every program has from some version on.
 */
static int guess_minor(struct tgt *t)
{
	uint64_t md, types, next;

	switch (t->pcln.ver) {
	case PCLN_116: return 17;
	case PCLN_118: return 19;
	case PCLN_120: break;
	default: return 0;
	}
	if (t->pcln.text_zero) { /* pcHeader.textStart is no longer filled in */
		/* runtime.moduledata: etypes follows types, since Go 1.27 the length of the descriptors */
		md = tgt_moduledata(t);
		if (md && tgt_word(t, md + 8 * 37, &types) && tgt_word(t, md + 8 * 38, &next) && next < types)
			return 27;
		return 26;
	}
	if (has_function(t, "runtime.(*synctestBubble).changegstatus"))
		return 25;
	if (has_function(t, "runtime.(*synctestGroup).changegstatus"))
		return 24;
	if (has_function(t, "runtime.(*timers).check"))
		return 23;
	if (has_function(t, "runtime.(*mspan).writeHeapBitsSmall"))
		return 22;
	if (has_function(t, "runtime.(*unwinder).next"))
		return 21;
	return 20;
}

int tgt_minor(struct tgt *t)
{
	if (!t->minor_read) {
		t->minor_read = true;
		t->minor = go_minor_of(tgt_go_version(t));
		if (!t->minor)
			t->minor = guess_minor(t);
	}
	return t->minor;
}

static bool read_layout(struct tgt *t, struct tgt_go *g)
{
	const char *version = tgt_go_version(t);
	struct tgt_go filled;
	const struct row *r;
	bool said;

	*g = (struct tgt_go){ .source = "" };
	snprintf(g->version, sizeof(g->version), "%s", version);
	g->minor = go_minor_of(version);
	said = g->minor != 0;
	if (!said)
		g->minor = tgt_minor(t);
	if (!t->no_dwarf && tgt_has_dwarf(t) && dwarf_go_layout(t, g)) {
		g->source = "DWARF";
		return true;
	}
	if (!g->minor) {
		snprintf(t->go_why, sizeof(t->go_why),
			 "the layout of runtime.g is not known: the binary has no DWARF and does not say "
			 "which Go built it (no .go.buildinfo)");
		return false;
	}
	if (g->minor < 16) {
		snprintf(t->go_why, sizeof(t->go_why), "Go 1.%d is too old: gft knows Go 1.16 and later", g->minor);
		return false;
	}
	r = row_for(g->minor);
	filled = r->go;
	memcpy(filled.version, g->version, sizeof(filled.version));
	filled.minor = g->minor;
	*g = filled;
	if (!said)
		g->source = "version table, the version guessed from the binary's tables";
	else if (r->minor == g->minor)
		g->source = "version table";
	else
		g->source = "version table, nearest version";
	return true;
}

static void read_tls(struct tgt *t, struct tgt_go *g)
{
	g->g_tls_known = tls_of_g(t, &g->g_tls);
	if (!tgt_is_library(t))
		return;
	g->g_tls_slot = tls_slot_of_g(t);
	/* what C calls to start the runtime; a plugin uses that of its host */
	g->own_runtime = has_function(t, "_rt0_amd64_linux_lib");
}

const struct tgt_go *tgt_go(struct tgt *t, struct tgt_error *err)
{
	if (!t->go_state) {
		t->go_state = -1;
		if (!t->go)
			snprintf(t->go_why, sizeof(t->go_why), "is not a Go program");
		else if (read_layout(t, &t->go_layout))
			t->go_state = 1;
		if (t->go_state > 0)
			read_tls(t, &t->go_layout);
	}
	if (t->go_state > 0)
		return &t->go_layout;
	tgt_fail(t, err, 0, "%s", t->go_why);
	return NULL;
}
