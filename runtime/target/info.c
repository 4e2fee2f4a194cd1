/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* info.c - gft info: what is known of a binary, on one screen. */
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
	if (g->g_tls_known)
		buf_printf(b, "r14, and fs:%d in assembly\n", g->g_tls);
	else
		buf_puts(b, "r14; its place in thread-local storage is not known\n");
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
	functions(t, b);
	field(b, "DWARF");
	if (!tgt_has_dwarf(t))
		buf_puts(b, "none\n");
	else if (t->info_debug.len)
		buf_printf(b, "in %s\n", t->info_debug.data);
	else
		buf_printf(b, "yes%s\n", t->no_dwarf ? " (not used)" : "");
	if (t->go)
		layout(t, b);
}
