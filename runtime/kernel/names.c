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

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
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

/* Names of functions in /proc/kallsyms, each ended by a NUL: read once, they live until the process ends. */
static const struct buf *kallsyms(void)
{
	static struct buf names;
	FILE *f = names.len ? NULL : fopen("/proc/kallsyms", "re");
	char line[1024], name[512], type;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*x %c %511s", &type, name) == 2 && strchr("tTwW", type))
			buf_add(&names, name, strlen(name) + 1);
	if (f)
		fclose(f);
	return &names;
}

static bool offer_kallsyms(struct names *l)
{
	const struct buf *all = kallsyms();

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
		known = offer_kallsyms(&l);
	if (!known)
		return SIZE_MAX;
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_name);
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

int kernel_symbol(const char *name, uint64_t *addr, char *err, size_t err_sz)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[1024], sym[512], type;
	unsigned long long at, any = 0;
	bool found = false, data = false;

	*addr = 0;
	if (!f) {
		int e = errno;

		snprintf(err, err_sz, "/proc/kallsyms cannot be read: %s", strerror(e));
		return -e;
	}
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %c %511s", &at, &type, sym) != 3)
			continue;
		any |= at;
		data |= !strcmp(sym, "init_task"); /* every kernel has it */
		found = !strcmp(sym, name);
	}
	fclose(f);
	if (found && (at || any)) {
		*addr = at;
		return 0;
	}
	if (found || !any) {
		hidden(err, err_sz);
		return -EPERM;
	}
	snprintf(err, err_sz, "the kernel has no symbol %s%s", name,
		 data ? ""
		      : ", or does not tell: its /proc/kallsyms lists functions only (CONFIG_KALLSYMS_ALL is off)");
	return -ENOENT;
}
