/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * names.c - what the kernel itself can be probed by: names of counters, raw
 * tracepoints and functions, and the arguments that BTF gives the latter.
 *
 * A raw tracepoint's arguments are those of the function __traceiter_NAME,
 * which calls its probes (include/linux/tracepoint.h), behind its first.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "gft/arena.h"
#include "gft/type.h"
#include "runtime/kernel/session.h"

#define ITER "__traceiter_"

/* The kernel's types; read once, kept for the life of the process. */
static const struct btf *kernel_btf(void)
{
	static struct btf *btf;
	static bool tried;

	if (!tried) {
		libbpf_set_print(NULL);
		btf = btf__load_vmlinux_btf();
		tried = true;
	}
	return btf;
}

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
	const struct btf *btf = kernel_btf();
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

/* The names' text lives until the process ends, as that of BTF does. */
static bool offer_kallsyms(struct names *l)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[1024], name[512], type;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*x %c %511s", &type, name) == 2 && strchr("tTwW", type) &&
		    !fnmatch(l->pattern, name, 0)) {
			char *copy = xstrdup(name);
			size_t had = l->n;

			offer(l, copy);
			if (l->n == had)
				free(copy);
		}
	fclose(f);
	return true;
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

/* A parameter as scripts see it: numbers as they are, everything else as an address. */
static const struct gft_type *param_type(struct arena *a, const struct btf *btf, uint32_t id)
{
	const struct btf_type *t;
	int r = btf__resolve_type((struct btf *)(uintptr_t)btf, id);

	if (r < 0)
		return &ty_u64;
	t = btf__type_by_id(btf, id);
	while (t && (btf_is_typedef(t) || btf_is_mod(t)))
		t = btf__type_by_id(btf, t->type);
	if (!t)
		return &ty_u64;
	if (btf_is_ptr(t))
		return ty_ptr(a, &ty_void, TS_KERNEL);
	if (btf_is_int(t) && (t->size == 1 || t->size == 2 || t->size == 4 || t->size == 8))
		return btf_int_encoding(t) & BTF_INT_BOOL
			       ? &ty_bool
			       : ty_int(t->size, (btf_int_encoding(t) & BTF_INT_SIGNED) != 0);
	if (btf_is_any_enum(t) && (t->size == 4 || t->size == 8))
		return ty_int(t->size, btf_kflag(t));
	return t->size <= 8 ? &ty_u64 : NULL; /* a struct of several words takes several slots */
}

const struct gft_type *kernel_args(struct arena *a, const char *kind, const char *name, char *err, size_t err_sz)
{
	const struct btf *btf = kernel_btf();
	bool raw = !strcmp(kind, "rawtracepoint");
	char full[256];
	int id;

	if (!btf) {
		snprintf(err, err_sz, "this kernel has no BTF, so the arguments of %s are not known", name);
		return NULL;
	}
	snprintf(full, sizeof(full), "%s%s", raw ? ITER : "", name);
	id = btf__find_by_name_kind(btf, full, BTF_KIND_FUNC);
	if (id < 0) {
		snprintf(err, err_sz, "the kernel's BTF does not describe %s", name);
		return NULL;
	}

	const struct btf_type *proto = btf__type_by_id(btf, btf__type_by_id(btf, (uint32_t)id)->type);
	const struct btf_param *p = btf_params(proto);
	struct ty_field *f = arena_alloc(a, (btf_vlen(proto) + 1) * sizeof(*f));
	struct gft_type *t = ty_new(a, TY_STRUCT);
	uint32_t n = 0;

	for (uint32_t i = raw; i < btf_vlen(proto); i++) {
		const struct gft_type *ft = param_type(a, btf, p[i].type);
		const char *pn = btf__name_by_offset(btf, p[i].name_off);

		if (!ft)
			break;
		f[n++] = (struct ty_field){ .name = arena_strdup(a, pn && *pn ? pn : "?"),
					    .type = ft,
					    .off = 8 * (i - raw) };
	}
	t->name = arena_strdup(a, name);
	t->space = TS_KERNEL;
	t->fields = f;
	t->nfields = n;
	return t;
}
