/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * names.c - what the kernel itself can be probed by: names of counters, raw
 * tracepoints and functions.
 *
 * Each raw tracepoint has a function __traceiter_NAME that calls its probes
 * (include/linux/tracepoint.h).
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "gft/buf.h"
#include "runtime/kernel/session.h"

#define ITER "__traceiter_"

struct names {
	const char *pattern;
	const char **v;
	size_t n, cap;
};

static void offer(void *ctx, const char *name)
{
	struct names *l = ctx;

	if (fnmatch(l->pattern, name, 0))
		return;
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = name;
}

static bool offer_btf(struct names *l, bool raw)
{
	const struct btf *btf = ks_vmlinux_btf();
	uint32_t n = btf ? btf__type_cnt(btf) : 0;

	for (uint32_t i = 1; i < n; i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *name = btf_is_func(t) ? btf__name_by_offset(btf, t->name_off) : NULL;
		bool iter = name && !strncmp(name, ITER, sizeof(ITER) - 1);

		if (name && raw == iter)
			offer(l, raw ? name + sizeof(ITER) - 1 : name);
	}
	return btf != NULL;
}

int kernel_symbols(kernel_symbol_fn fn, void *ctx)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[1024];
	bool more = true;

	if (!f)
		return -errno;
	while (more && fgets(line, sizeof(line), f)) {
		char *end, *name;
		uint64_t addr = strtoull(line, &end, 16);

		if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
			continue;
		name = end + 3;
		name[strcspn(name, " \t\n")] = 0; /* the module stands behind it */
		more = !*name || fn(ctx, addr, end[1], name);
	}
	fclose(f);
	return 0;
}

bool kernel_symbol_is_code(char type)
{
	return strchr("tTwW", type) != NULL;
}

static bool add_function(void *ctx, uint64_t addr, char type, const char *name)
{
	(void)addr;
	if (kernel_symbol_is_code(type))
		buf_add(ctx, name, strlen(name) + 1);
	return true;
}

/* Names of the kernel's functions, each ended by a NUL: read once, they live until the process ends. */
static const struct buf *kallsyms(void)
{
	static struct buf names;

	if (!names.len)
		kernel_symbols(add_function, &names);
	return &names;
}

/* "vmlinux", and what is loaded beside it: as kallsyms(). */
static const struct buf *module_names(void)
{
	static struct buf names;
	char line[1024];
	FILE *f;

	if (names.len)
		return &names;
	buf_add(&names, "vmlinux", sizeof("vmlinux"));
	f = fopen("/proc/modules", "re"); /* none: a kernel that has no modules */
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t\n")] = 0;
		buf_add(&names, line, strlen(line) + 1);
	}
	if (f)
		fclose(f);
	return &names;
}

static bool offer_all(struct names *l, const struct buf *all)
{
	for (size_t i = 0; i < all->len; i += strlen(all->data + i) + 1)
		offer(l, all->data + i);
	return all->len != 0;
}

size_t kernel_names(const char *kind, const char *pattern, const char ***out)
{
	struct names l = { .pattern = pattern };
	bool known = false;
	size_t w = 0;

	*out = NULL;
	if (!strcmp(kind, "software") || !strcmp(kind, "hardware"))
		known = ks_counter_names(!strcmp(kind, "hardware"), offer, &l);
	else if (!strcmp(kind, "rawtracepoint"))
		known = offer_btf(&l, true);
	else if (!strcmp(kind, "fentry") || !strcmp(kind, "fexit"))
		known = offer_btf(&l, false);
	else if (!strcmp(kind, "kprobe") || !strcmp(kind, "kretprobe"))
		known = offer_all(&l, kallsyms());
	else if (!strcmp(kind, "module"))
		known = offer_all(&l, module_names());
	if (!known)
		return SIZE_MAX;
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), cmp_names);
	for (size_t i = 0; i < l.n; i++)
		if (!w || strcmp(l.v[w - 1], l.v[i]) != 0)
			l.v[w++] = l.v[i];
	*out = l.v;
	return w;
}

/* Why every address is 0. */
static void hidden(char *err, size_t err_sz)
{
	FILE *f = fopen("/proc/sys/kernel/kptr_restrict", "re");
	int level = -1;

	if (f) {
		if (fscanf(f, "%d", &level) != 1)
			level = -1;
		fclose(f);
	}
	snprintf(err, err_sz, "the kernel hides its addresses%s",
		 level == 2  ? ": sysctl kernel.kptr_restrict=1 (or 0) shows them to root"
		 : level < 0 ? ": run as root"
			     : ": run as root, or with CAP_SYSLOG");
}

/* A look for one symbol. */
struct wanted {
	const char *name;
	uint64_t addr, any; /* any: not 0 when some address was not */
	bool found, data;
};

static bool look_at(void *ctx, uint64_t addr, char type, const char *name)
{
	struct wanted *w = ctx;

	(void)type;
	w->any |= addr;
	w->data |= !strcmp(name, "init_task"); /* every kernel has it */
	w->found = !strcmp(name, w->name);
	if (w->found)
		w->addr = addr;
	return !w->found;
}

int kernel_symbol(const char *name, uint64_t *addr, char *err, size_t err_sz)
{
	struct wanted w = { .name = name };
	int r = kernel_symbols(look_at, &w);

	*addr = w.addr;
	if (r) {
		snprintf(err, err_sz, "/proc/kallsyms cannot be read: %s", strerror(-r));
		return r;
	}
	if (w.found && w.any)
		return 0;
	if (w.found || !w.any) {
		hidden(err, err_sz);
		return -EPERM;
	}
	snprintf(err, err_sz, "the kernel has no symbol %s%s", name,
		 w.data ? ""
			: ", or does not tell: its /proc/kallsyms lists functions only (CONFIG_KALLSYMS_ALL is off)");
	return -ENOENT;
}
