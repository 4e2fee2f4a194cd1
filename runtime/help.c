/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* help.c - gft help: builtins and functions of scripts, from the language's own tables. */
#include <stdio.h>
#include <string.h>

#include "gft/diag.h"
#include "parser/program.h"
#include "runtime/gft.h"

static const char *where(uint32_t w)
{
	if (w == W_ANY)
		return "";
	if (w == W_ENTRY)
		return " (in u)";
	if (w == W_EXIT)
		return " (in ur)";
	return w == W_UPROBE ? " (in u, ur)" : " (not in every probe)";
}

static void row(const char *name, const char *text, uint32_t w)
{
	printf("  %-16s %s%s\n", name, text, where(w));
}

static int one(const char *name)
{
	const struct builtin *b = builtin_find(name);
	const struct function *f = function_find(name);
	const char *all[512], *near;
	size_t n = 0;

	if (b)
		row(name, b->help, b->where);
	if (f)
		row(name, f->help, f->where);
	if (b || f)
		return 0;
	for (const char *const *v = builtin_names(); *v && n < 512; v++)
		all[n++] = *v;
	for (const char *const *v = function_names(); *v && n < 512; v++)
		all[n++] = *v;
	near = diag_nearest(name, all, n);
	fprintf(stderr, "gft: there is no builtin or function %s\n", name);
	if (near)
		fprintf(stderr, "HINT: did you mean %s?\n", near);
	else
		fputs("HINT: gft help lists them\n", stderr);
	return 1;
}

int help_main(const char *name)
{
	if (name)
		return one(name);
	puts("Builtins:\n  arg0 ... argN    integer argument N (in u)");
	for (const char *const *v = builtin_names(); *v; v++)
		row(*v, builtin_find(*v)->help, builtin_find(*v)->where);
	puts("  args, ret        arguments and results by name: args.n, ret.0 (gft -lv shows them)\n\nFunctions:");
	for (const char *const *v = function_names(); *v; v++)
		if (function_find(*v))
			row(*v, function_find(*v)->help, function_find(*v)->where);
	row("fetch", "fetch(name = +8(%ax):s64, ...): registers and memory, see docs/probes.md", W_UPROBE);
	return 0;
}
