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
#include "gft/btf.h"
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

/* --- the fields of a record ------------------------------------------------------------------ */

/* Integers that pointers and arrays in format files are of; a single number's size is said there. */
static const struct gft_type *int_by_name(const char *s)
{
	static const struct {
		const char *name;
		const struct gft_type *t;
	} ints[] = {
		{ "char", &ty_i8 },
		{ "unsigned char", &ty_u8 },
		{ "u8", &ty_u8 },
		{ "__u8", &ty_u8 },
		{ "uint8_t", &ty_u8 },
		{ "short", &ty_i16 },
		{ "unsigned short", &ty_u16 },
		{ "u16", &ty_u16 },
		{ "__u16", &ty_u16 },
		{ "int", &ty_i32 },
		{ "unsigned int", &ty_u32 },
		{ "unsigned", &ty_u32 },
		{ "u32", &ty_u32 },
		{ "__u32", &ty_u32 },
		{ "s32", &ty_i32 },
		{ "__s32", &ty_i32 },
		{ "uint32_t", &ty_u32 },
		{ "pid_t", &ty_i32 },
		{ "uid_t", &ty_u32 },
		{ "gid_t", &ty_u32 },
		{ "long", &ty_i64 },
		{ "unsigned long", &ty_u64 },
		{ "u64", &ty_u64 },
		{ "__u64", &ty_u64 },
		{ "s64", &ty_i64 },
		{ "__s64", &ty_i64 },
		{ "uint64_t", &ty_u64 },
		{ "size_t", &ty_u64 },
		{ "long long", &ty_i64 },
		{ "unsigned long long", &ty_u64 },
		{ "loff_t", &ty_i64 },
	};

	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
		if (!strcmp(ints[i].name, s))
			return ints[i].t;
	return NULL;
}

/* Takes words that change nothing out of a declaration, and blanks from its ends. */
static char *clean(char *s)
{
	static const char *const words[] = { "const ", "volatile ", "__user ", "__rcu " };
	char *p;
	size_t n;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		while ((p = strstr(s, words[i])) && (p == s || p[-1] == ' ' || p[-1] == '*'))
			memmove(p, p + strlen(words[i]), strlen(p + strlen(words[i])) + 1);
	while (*s == ' ')
		s++;
	for (n = strlen(s); n && (s[n - 1] == ' ' || s[n - 1] == '\t');)
		s[--n] = 0;
	return s;
}

/* A struct that is known by its name until somebody asks for a field. */
static const struct gft_type *named_record(struct arena *a, const char *name, uint32_t size)
{
	struct gft_type *t = ty_new(a, TY_STRUCT);

	t->name = arena_strdup(a, name);
	t->size = size;
	t->lazy = TY_LAZY_NAME;
	return t;
}

/* The type that a declaration without its name and brackets is of; size 0: behind a pointer. */
static const struct gft_type *base_type(struct arena *a, char *s, unsigned size, bool is_signed)
{
	const struct gft_type *t = NULL;
	size_t n = strlen(s);
	char err[128];

	if (n && s[n - 1] == '*') {
		s[n - 1] = 0;
		return ty_ptr(a, base_type(a, clean(s), 0, false), TS_BPF);
	}
	if (!strncmp(s, "struct ", 7) || !strncmp(s, "union ", 6))
		return named_record(a, s, size);
	if (!strncmp(s, "enum ", 5) && size)
		t = kernel_btf_type(a, 'e', s + 5, err, sizeof(err));
	if (!t && !strcmp(s, "bool"))
		t = &ty_bool;
	if (!t)
		t = int_by_name(s);
	if (size && (!t || t->size != size || (t->kind == TY_INT && t->display == TD_DEC)))
		t = size == 1 || size == 2 || size == 4 || size == 8 ? ty_int(size, is_signed) : &ty_void;
	return t ? t : &ty_void;
}

/*
 * "field:char comm[16];	offset:8;	size:16;	signed:0;"
 * "field:__data_loc char[] name;	offset:8;	size:4;	signed:0;"
 */
static bool field_line(struct arena *a, char *line, struct ty_field *out)
{
	char *decl = strstr(line, "field:"), *semi, *name, *br;
	unsigned off, size, count = 0;
	const struct gft_type *t;
	int sg = 0;
	size_t n;

	if (!decl || !(semi = strchr(decl, ';')))
		return false;
	if (sscanf(semi + 1, " offset:%u; size:%u; signed:%d;", &off, &size, &sg) != 3 || !size || size > 4096)
		return false;
	*semi = 0;
	memset(out, 0, sizeof(*out));
	decl = clean(decl + 6);
	if (!strncmp(decl, "__data_loc ", 11) || !strncmp(decl, "__rel_loc ", 10)) {
		out->loc = decl[2] == 'd' ? TL_DATA : TL_REL;
		decl = clean(strchr(decl, ' '));
	}
	/* "type name[N]"; of data elsewhere "type[] name" */
	br = strrchr(decl, '[');
	n = strlen(decl);
	if (br && n && decl[n - 1] == ']') {
		count = (unsigned)strtoul(br + 1, NULL, 10);
		*br = 0;
		decl = clean(decl);
	} else {
		br = NULL;
	}
	n = strlen(decl);
	while (n && decl[n - 1] != ' ' && decl[n - 1] != '*' && decl[n - 1] != ']')
		n--;
	name = decl + n;
	if (!*name || !n)
		return false;
	out->name = arena_strdup(a, name);
	out->off = off;
	*name = 0;
	decl = clean(decl);
	if ((name = strstr(decl, "[]")))
		*name = 0;
	decl = clean(decl);
	if (out->loc) {
		/* text as such; of anything else the address */
		out->type =
			!strcmp(decl, "char") ? ty_string(a, 0) : ty_ptr(a, base_type(a, decl, 0, false), TS_KERNEL);
		return true;
	}
	if (br && !strcmp(decl, "char")) {
		out->type = ty_string(a, size);
		return true;
	}
	if (br) {
		t = int_by_name(decl);
		if (!t && count && size % count == 0)
			t = base_type(a, decl, size / count, sg != 0);
		if (!t || !t->size || size % t->size)
			return false;
		out->type = ty_array(a, t, size / t->size);
		return true;
	}
	out->type = base_type(a, decl, size, sg != 0);
	return out->type->kind != TY_VOID;
}

const struct gft_type *tracefs_args(struct arena *a, const char *name, char *err, size_t err_sz)
{
	const char *root = targets_tracefs();
	const char *colon = strchr(name, ':');
	struct ty_field *f = NULL;
	size_t n = 0, cap = 0;
	uint32_t size = 0;
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

		/* in front a BPF program finds a pointer of the kernel's, not common_type and its like */
		if (!field_line(a, line, &one) || one.off < 8)
			continue;
		ARENA_PUSH(a, f, n, cap, one);
		if (one.off + (one.loc ? 4 : one.type->size) > size)
			size = one.off + (one.loc ? 4 : one.type->size);
	}
	fclose(in);

	struct gft_type *t = ty_new(a, TY_STRUCT);

	t->size = size;

	t->name = name;
	t->space = TS_CTX;
	t->ptr_space = !strncmp(name, "syscalls:", 9) ? TS_USER : TS_KERNEL;
	t->fields = f;
	t->nfields = (uint32_t)n;
	return t;
}

void tracefs_describe(const char *name, struct buf *out)
{
	const char *root = targets_tracefs(), *colon = strchr(name, ':');
	struct buf path = BUF_INIT;
	char line[1024];
	FILE *in;

	if (!root || !colon)
		return;
	buf_printf(&path, "%s/events/%.*s/%s/format", root, (int)(colon - name), name, colon + 1);
	in = fopen(buf_str(&path), "re");
	buf_free(&path);
	while (in && fgets(line, sizeof(line), in)) {
		const char *f = strstr(line, "field:"), *end = f ? strchr(f, ';') : NULL;

		/* what all events have is no argument of this one */
		if (end && !strstr(f, " common_"))
			buf_printf(out, "    %.*s\n", (int)(end - f - 6), f + 6);
	}
	if (in)
		fclose(in);
}
