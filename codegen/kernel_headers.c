/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * kernel_headers.c - a kernel's source tells its compiler where headers are in
 * its Makefile (LINUXINCLUDE); this is the same list, for x86.  "build" has what
 * the configuration made of the source: a distribution may keep the two apart.
 */
#include "codegen/kernel_headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gft/arena.h"

static const char *named(const char *own, const char *theirs)
{
	const char *a = getenv(own), *b = getenv(theirs);

	return a && *a ? a : b && *b ? b : NULL;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static void add(struct arena *a, struct kernel_headers *k, size_t *cap, const char *option, const char *dir,
		const char *below)
{
	ARENA_PUSH(a, k->args, k->nargs, *cap, option);
	if (dir)
		ARENA_PUSH(a, k->args, k->nargs, *cap, arena_printf(a, "%s/%s", dir, below));
}

bool kernel_headers_find(struct arena *a, struct kernel_headers *k)
{
	static const char *const defines[] = { "-D__KERNEL__", "-D__BPF_TRACING__", "-DKBUILD_MODNAME=\"gft\"",
					       "-DKBUILD_BASENAME=\"gft\"" };
	struct utsname u;
	size_t cap = 0;

	memset(k, 0, sizeof(*k));
	k->source = named("GFT_KERNEL_SOURCE", "BPFTRACE_KERNEL_SOURCE");
	k->build = named("GFT_KERNEL_BUILD", "BPFTRACE_KERNEL_BUILD");
	if (!k->source && !k->build) {
		if (uname(&u))
			u.release[0] = 0;
		k->source = arena_printf(a, "/lib/modules/%s/source", u.release);
		k->build = arena_printf(a, "/lib/modules/%s/build", u.release);
		if (!is_folder(k->source) && is_folder(k->build))
			k->source = k->build;
	} else if (!k->source) {
		k->source = k->build;
	}
	if (!k->build || !is_folder(k->build))
		k->build = k->source;
	k->first = arena_printf(a, "%s/include/linux/kconfig.h", k->source);
	if (access(k->first, R_OK) != 0)
		return false;
	add(a, k, &cap, "-I", k->source, "arch/x86/include");
	add(a, k, &cap, "-I", k->build, "arch/x86/include/generated");
	add(a, k, &cap, "-I", k->source, "include");
	add(a, k, &cap, "-I", k->build, "include");
	add(a, k, &cap, "-I", k->source, "arch/x86/include/uapi");
	add(a, k, &cap, "-I", k->build, "arch/x86/include/generated/uapi");
	add(a, k, &cap, "-I", k->source, "include/uapi");
	add(a, k, &cap, "-I", k->build, "include/generated/uapi");
	add(a, k, &cap, "-include", k->source, "include/linux/compiler-version.h");
	add(a, k, &cap, "-include", k->source, "include/linux/kconfig.h");
	add(a, k, &cap, "-include", k->source, "include/linux/compiler_types.h");
	for (size_t i = 0; i < sizeof(defines) / sizeof(defines[0]); i++)
		add(a, k, &cap, defines[i], NULL, NULL);
	return true;
}
