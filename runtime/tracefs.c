/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * tracefs.c - tracepoints: their names, and their records by the format files
 * (the kernel's Documentation/trace/events.rst, "Event formats").
 */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/type.h"
#include "runtime/targets.h"
#include "runtime/tracefs.h"

const char *targets_tracefs(void)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	static int tried;

	for (size_t i = 0; i < 2; i++) {
		char p[64];

		snprintf(p, sizeof(p), "%s/events", roots[i]);
		if (!access(p, R_OK | X_OK))
			return roots[i];
	}
	/* mounted nowhere, as in many containers: root may mount it where it belongs */
	if (!tried++ && !mount("tracefs", roots[0], "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return targets_tracefs();
	return NULL;
}

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names and what points to them as one block, so that freeing the array frees all; the names are freed. */
static const char **one_block(const char **v, size_t n, size_t bytes)
{
	const char **out = xrealloc(NULL, n * sizeof(*v) + bytes);
	char *text = (char *)(out + n);

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(v[i]) + 1;

		out[i] = memcpy(text, v[i], len);
		text += len;
		free((void *)v[i]);
	}
	return out;
}

/* Matches of "category:event"; the strings live until the process ends. */
size_t tracefs_list(const char *pattern, const char ***out)
{
	const char *root = targets_tracefs();
	const char **v = NULL;
	size_t n = 0, cap = 0, bytes = 0;
	char cat[128];
	struct buf path = BUF_INIT;
	const char *colon = strchr(pattern, ':');
	DIR *d, *d2;

	*out = NULL;
	if (!root || !colon || (size_t)(colon - pattern) >= sizeof(cat))
		return 0;
	memcpy(cat, pattern, (size_t)(colon - pattern));
	cat[colon - pattern] = 0;
	buf_printf(&path, "%s/events", root);
	d = opendir(buf_str(&path));
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] == '.' || fnmatch(cat, e->d_name, 0))
			continue;
		buf_reset(&path);
		buf_printf(&path, "%s/events/%s", root, e->d_name);
		d2 = opendir(buf_str(&path));
		for (struct dirent *e2; d2 && (e2 = readdir(d2));) {
			struct buf name = BUF_INIT;

			if (e2->d_name[0] == '.' || e2->d_type != DT_DIR || fnmatch(colon + 1, e2->d_name, 0))
				continue;
			buf_printf(&name, "%s:%s", e->d_name, e2->d_name);
			if (n == cap) {
				cap = cap ? cap * 2 : 16;
				v = xrealloc(v, cap * sizeof(*v));
			}
			v[n++] = name.data;
			bytes += name.len + 1;
		}
		if (d2)
			closedir(d2);
	}
	if (d)
		closedir(d);
	buf_free(&path);
	if (n)
		qsort(v, n, sizeof(*v), cmp_names);
	*out = n ? one_block(v, n, bytes) : NULL;
	free(v);
	return n;
}

/* "field:char comm[16];	offset:8;	size:16;	signed:0;" */
static bool field_line(struct arena *a, char *line, struct ty_field *out)
{
	char *decl = strstr(line, "field:"), *semi, *name, *br;
	unsigned off, size;
	int sg = 0;

	if (!decl || !(semi = strchr(decl, ';')))
		return false;
	if (sscanf(semi + 1, " offset:%u; size:%u; signed:%d;", &off, &size, &sg) != 3)
		return false;
	*semi = 0;
	decl += 6;
	br = strchr(decl, '[');
	if (br)
		*br = 0;
	name = strrchr(decl, ' ');
	if (!name)
		return false;
	memset(out, 0, sizeof(*out));
	out->name = arena_strdup(a, name + 1);
	out->off = off;
	if (strstr(decl, "__data_loc"))
		return false;
	if (br && strstr(decl, "char"))
		out->type = ty_string(a, size);
	else if (!br && (size == 1 || size == 2 || size == 4 || size == 8))
		out->type = ty_int(size, sg != 0);
	else
		return false;
	return size <= 4096;
}

const struct gft_type *tracefs_args(struct arena *a, const char *name, char *err, size_t err_sz)
{
	const char *root = targets_tracefs();
	const char *colon = strchr(name, ':');
	struct ty_field *f = NULL;
	size_t n = 0, cap = 0;
	char line[1024];
	struct buf path = BUF_INIT;
	FILE *in;

	if (!root || !colon) {
		snprintf(err, err_sz, "tracefs is not mounted, so the fields of tracepoints are not known");
		return NULL;
	}
	buf_printf(&path, "%s/events/%.*s/%s/format", root, (int)(colon - name), name, colon + 1);
	in = fopen(buf_str(&path), "re");
	buf_free(&path);
	if (!in) {
		snprintf(err, err_sz, "the format file of %s cannot be read", name);
		return NULL;
	}
	while (fgets(line, sizeof(line), in)) {
		struct ty_field one;

		if (field_line(a, line, &one))
			ARENA_PUSH(a, f, n, cap, one);
	}
	fclose(in);

	struct gft_type *t = ty_new(a, TY_STRUCT);

	t->name = name;
	t->space = TS_KERNEL;
	t->fields = f;
	t->nfields = (uint32_t)n;
	return t;
}
