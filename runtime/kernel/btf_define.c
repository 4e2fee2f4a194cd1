/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * btf_define.c - the kernel's types as text of C, for gft -lv 'struct ...'.
 *
 * libbpf writes a type together with all that it needs; of that text this
 * file keeps the definitions that were asked for.  A definition begins with its
 * keyword in the first column, and ends at the next line that begins with '}'.
 */
#include <bpf/btf.h>
#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gft/btf.h"
#include "gft/buf.h"
#include "runtime/kernel/session.h"

static bool of_kind(const struct btf_type *t, char tag)
{
	switch (tag) {
	case 's': return btf_is_struct(t);
	case 'u': return btf_is_union(t);
	case 'e': return btf_is_any_enum(t);
	default: return false;
	}
}

static const char *keyword(char tag)
{
	return tag == 's' ? "struct " : tag == 'u' ? "union " : "enum ";
}

/* The first type of this BTF itself: those of a module follow behind vmlinux's. */
static uint32_t first_id(struct btf *const *v, unsigned i)
{
	return i ? btf__type_cnt(v[0]) : 1;
}

size_t kernel_btf_names(char tag, const char *pattern, const char ***names)
{
	bool glob = strpbrk(pattern, "*?[") != NULL;
	size_t n = 0, cap = 0, kept = 0;
	struct btf *const *v;
	unsigned btfs = ks_btfs(&v);

	*names = NULL;
	for (unsigned i = 0; i < btfs; i++) {
		for (uint32_t id = first_id(v, i); id < btf__type_cnt(v[i]); id++) {
			const struct btf_type *t = btf__type_by_id(v[i], id);
			const char *name = t && of_kind(t, tag) ? btf__name_by_offset(v[i], t->name_off) : NULL;

			if (!name || !*name || (glob ? fnmatch(pattern, name, 0) : strcmp(pattern, name)))
				continue;
			if (n == cap) {
				cap = cap ? cap * 2 : 64;
				*names = xrealloc(*names, cap * sizeof(**names));
			}
			(*names)[n++] = name;
		}
	}
	if (n)
		qsort(*names, n, sizeof(**names), cmp_names);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp((*names)[kept - 1], (*names)[i]) != 0)
			(*names)[kept++] = (*names)[i];
	return kept;
}

struct wanted {
	const char *const *names;
	size_t n;
	struct buf *text; /* one for each; empty: not yet found */
};

/* The name in the head of a definition, as one of the wanted; libbpf writes the second of a name as NAME___2. */
static long which(const struct wanted *w, const char *head, size_t len)
{
	char name[256];
	const char *key = name, *const * at;

	if (len >= sizeof(name))
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)len, head);
	at = bsearch(&key, w->names, w->n, sizeof(*w->names), cmp_names);
	if (!at) {
		char *suffix = strstr(name, "___");

		for (char *next; suffix && (next = strstr(suffix + 1, "___"));)
			suffix = next;
		if (!suffix || strspn(suffix + 3, "0123456789") != strlen(suffix + 3))
			return -1;
		*suffix = '\0';
		at = bsearch(&key, w->names, w->n, sizeof(*w->names), cmp_names);
	}
	return at ? at - w->names : -1;
}

/* Keeps the definitions of text that are wanted and were not yet found. */
static void keep(const struct wanted *w, char tag, const char *text)
{
	const char *word = keyword(tag);
	size_t len = strlen(word);

	for (const char *line = text, *next; *line; line = next) {
		const char *end = line;
		size_t name;
		long i;

		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		if (strncmp(line, word, len) != 0)
			continue;
		name = strcspn(line + len, " ;{\n");
		if (strncmp(line + len + name, " {", 2) != 0)
			continue;
		/* "struct empty {};" is one line */
		while (*end && strncmp(end, "}", 1) != 0 &&
		       !(end == line && memchr(line, '}', (size_t)(next - line)))) {
			end = strchr(end, '\n');
			end = end ? end + 1 : line + strlen(line);
		}
		next = strchr(end, '\n');
		next = next ? next + 1 : end + strlen(end);
		i = which(w, line + len, name);
		if (i < 0 || w->text[i].len)
			continue;
		buf_printf(&w->text[i], "%s%s", word, w->names[i]);
		buf_add(&w->text[i], line + len + name, (size_t)(next - line) - len - name);
	}
}

static void __attribute__((format(printf, 2, 0))) print(void *ctx, const char *fmt, va_list ap)
{
	buf_vprintf(ctx, fmt, ap);
}

void kernel_btf_define(char tag, const char *const *names, size_t n, struct buf *out)
{
	struct wanted w = { names, n, xcalloc(n ? n : 1, sizeof(*w.text)) };
	struct btf *const *v;
	unsigned btfs = ks_btfs(&v);

	for (unsigned i = 0; i < btfs; i++) {
		struct btf_dump *d = NULL;
		struct buf text = BUF_INIT;

		for (uint32_t id = first_id(v, i); id < btf__type_cnt(v[i]); id++) {
			const struct btf_type *t = btf__type_by_id(v[i], id);
			const char *name = t && of_kind(t, tag) ? btf__name_by_offset(v[i], t->name_off) : NULL;
			const char *const *at;

			at = name && *name ? bsearch(&name, names, n, sizeof(*names), cmp_names) : NULL;
			if (!at || w.text[at - names].len)
				continue;
			if (!d)
				d = btf_dump__new(v[i], print, &text, NULL);
			if (!d || btf_dump__dump_type(d, id) < 0)
				break;
		}
		keep(&w, tag, buf_str(&text));
		btf_dump__free(d);
		buf_free(&text);
	}
	for (size_t i = 0; i < n; i++) {
		if (w.text[i].len)
			buf_printf(out, "%s\n", buf_str(&w.text[i]));
		buf_free(&w.text[i]);
	}
	free(w.text);
}
