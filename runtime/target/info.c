/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* info.c - gft info: what is known of a binary, on one screen. */
#include <stdlib.h>

#include "internal.h"

static void size_of_file(const struct tgt *t, struct buf *b)
{
	if (t->size < 10U << 20)
		buf_printf(b, "%.1f MB", (double)t->size / 1e6);
	else
		buf_printf(b, "%zu MB", t->size / 1000000);
}

static void field(struct buf *b, const char *name)
{
	buf_printf(b, "  %-12s ", name);
}

static void functions(struct tgt *t, struct buf *b)
{
	size_t n = tgt_nfuncs(t), assembly = 0, wrapper = 0;

	for (size_t i = 0; i < n; i++) {
		assembly += (t->fn[i].flags & TGT_F_ASM) != 0;
		wrapper += (t->fn[i].flags & TGT_F_WRAPPER) != 0;
	}
	field(b, "functions");
	if (!n) {
		buf_puts(b, "none: no Go function table and no symbols\n");
		return;
	}
	buf_printf(b, "%zu", n);
	if (t->nfn_go)
		buf_printf(b, " (%zu Go, %zu of them assembly, %zu method wrappers; %zu from symbols)", t->nfn_go,
			   assembly, wrapper, n - t->nfn_go);
	buf_putc(b, '\n');
	if (t->pcln.ver == PCLN_NONE)
		return;
	field(b, "table");
	buf_printf(b, "%s at 0x%llx, layout of Go 1.%d%s\n", t->pcln.where, (unsigned long long)t->pcln.vaddr,
		   (int)t->pcln.ver - 100, t->pcln.ver == PCLN_120 ? " and later" : "");
	field(b, "text");
	buf_printf(b, "0x%llx to 0x%llx (from %s)\n", (unsigned long long)t->pcln.text,
		   (unsigned long long)t->pcln.etext, t->pcln.text_from);
}

static void layout(struct tgt *t, struct buf *b)
{
	struct tgt_error err = { "" };
	const struct tgt_go *g = tgt_go(t, &err);

	field(b, "goroutines");
	if (!g) {
		/* the message begins with the file's name, which is shown above */
		const char *why = err.msg;
		size_t n = strlen(t->display);

		if (!strncmp(why, t->display, n) && why[n] == ':')
			why += n + 2;
		buf_printf(b, "%s\n", why);
		return;
	}
	buf_printf(b, "goid at %d, stack at %d..%d, status at %d of runtime.g (%s)\n", g->g_goid, g->g_stack_lo,
		   g->g_stack_hi, g->g_status, g->source);
	field(b, "g");
	if (g->g_tls_slot)
		buf_printf(b, "r14, and in assembly fs: plus the word at 0x%llx\n", (unsigned long long)g->g_tls_slot);
	else if (g->g_tls_known)
		buf_printf(b, "r14, and fs:%d in assembly\n", g->g_tls);
	else
		buf_puts(b, "r14; its place in thread-local storage is not known\n");
}

/* The value of a line of the build information, "build\t-ldflags=-s -w" by "build\t-ldflags=". */
static struct span setting(const struct tgt *t, const char *key)
{
	const char *p = (const char *)t->modinfo.p, *end = p ? p + t->modinfo.n : NULL;
	size_t n = strlen(key);

	while (p && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);

		if (len > n && !memcmp(p, key, n))
			return (struct span){ (const uint8_t *)p + n, len - n };
		p = nl ? nl + 1 : end;
	}
	return (struct span){ NULL, 0 };
}

static void put(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n && i < 120; i++)
		buf_putc(b, s.p[i] == '\t' ? ' ' : s.p[i] < 0x20 || s.p[i] > 0x7e ? '?' : (char)s.p[i]);
	if (s.n > 120)
		buf_puts(b, "...");
}

/* What it was built from and how, as far as that was recorded. */
static void built(struct tgt *t, struct buf *b)
{
	static const char *const keys[] = { "build\t-buildmode=",  "build\t-ldflags=",	  "build\t-gcflags=",
					    "build\t-tags=",	   "build\tCGO_ENABLED=", "build\tGOAMD64=",
					    "build\tvcs.revision=" };
	struct span s = setting(t, "mod\t");
	bool any = false;

	if (!s.p)
		s = setting(t, "path\t");
	if (s.p) {
		field(b, "module");
		put(b, s);
		buf_putc(b, '\n');
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		s = setting(t, keys[i]);
		if (!s.p)
			continue;
		if (!any)
			field(b, "built");
		buf_printf(b, "%s%s", any ? ", " : "", keys[i] + strlen("build\t"));
		put(b, s);
		any = true;
	}
	if (any)
		buf_putc(b, '\n');
}

static void linked(struct tgt *t, struct buf *b)
{
	char id[160];
	size_t n = tgt_build_id(t, id, sizeof(id));

	if (!n)
		return;
	field(b, "build id");
	buf_printf(b, "%s\n", id);
}

static void debug(struct tgt *t, struct buf *b)
{
	unsigned version;
	size_t units = 0;

	field(b, "DWARF");
	if (!tgt_has_dwarf(t)) {
		buf_puts(b, "none: arguments have no names (looked for by build id and debug link too)\n");
		return;
	}
	version = t->no_dwarf || !t->go ? 0 : dwarf_version(t, &units);
	if (version)
		buf_printf(b, "version %u, %zu packages", version, units);
	else
		buf_printf(b, "yes%s", t->no_dwarf ? " (not used)" : "");
	if (t->info_debug.len)
		buf_printf(b, ", in %s", t->info_debug.data);
	buf_putc(b, '\n');
}

/* Go's own type data: names of dynamic types, texts of errors. */
static void types(struct tgt *t, struct buf *b)
{
	size_t errors;
	uint64_t lo, hi;

	field(b, "types");
	if (!tgt_types(t, &lo, &hi, &errors)) {
		buf_puts(b, "not found: interfaces show no dynamic types\n");
		return;
	}
	buf_printf(b, "0x%llx to 0x%llx, %zu types of errors\n", (unsigned long long)lo, (unsigned long long)hi,
		   errors);
}

static void copies(struct tgt *t, struct buf *b)
{
	struct tgt_inlined_only *v;
	size_t n = tgt_inlined_only(t, "*", &v);

	free(v);
	if (!n)
		return;
	field(b, "inlined");
	buf_printf(b, "%zu functions have no code of their own (gft -l names them)\n", n);
}

void tgt_info(struct tgt *t, struct buf *b)
{
	const char *version = tgt_go_version(t);

	buf_printf(b, "%s\n", t->display);
	field(b, "file");
	size_of_file(t, b);
	buf_printf(b, ", x86-64%s%s\n", t->pie ? ", position independent" : "",
		   tgt_section(t, ".symtab") ? "" : ", stripped");
	field(b, "language");
	if (!t->go)
		buf_puts(b, "not Go\n");
	else
		buf_printf(b, "%s\n", *version ? version : "Go, version not recorded");
	built(t, b);
	linked(t, b);
	functions(t, b);
	copies(t, b);
	debug(t, b);
	if (t->go) {
		types(t, b);
		layout(t, b);
	}
}
