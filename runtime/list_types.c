/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * list_types.c - gft -l 'struct NAME', 'union NAME', 'enum NAME' and 'type NAME':
 * which types there are, and with -v their definitions.
 *
 * As in scripts, what the program describes comes before what the kernel does.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gft/arena.h"
#include "gft/btf.h"
#include "gft/buf.h"
#include "gft/diag.h"
#include "gft/gotype.h"
#include "gft/output.h"
#include "gft/target.h"
#include "runtime/gft.h"

#define NAMES_MAX 400000

static const struct {
	const char *word;
	char tag;
} kinds[] = { { "struct", 's' }, { "union", 'u' }, { "enum", 'e' }, { "type", 'g' } };

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The name behind the word, or NULL: the pattern is none of a type. */
static const char *type_pattern(const char *pattern, size_t *kind)
{
	for (size_t i = 0; i < KINDS; i++) {
		size_t len = strlen(kinds[i].word);

		if (strncmp(pattern, kinds[i].word, len) != 0 || (pattern[len] != ' ' && pattern[len] != '\t'))
			continue;
		*kind = i;
		pattern += len;
		return pattern + strspn(pattern, " \t");
	}
	return NULL;
}

bool list_is_type(const char *pattern)
{
	size_t kind;

	return type_pattern(pattern, &kind) != NULL;
}

static void names_only(const char *word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf b = BUF_INIT;

		value_escape(&b, names[i], strlen(names[i]));
		printf("%s %s\n", word, buf_str(&b));
		buf_free(&b);
	}
}

/* Names come from a file that may be hostile, but for tabs and ends of lines. */
static void put_text(struct buf *text)
{
	const char *s = buf_str(text);

	for (size_t n; *s; s += n + (s[n] != '\0')) {
		struct buf b = BUF_INIT;
		size_t tabs = strspn(s, "\t");

		n = strcspn(s, "\n");
		buf_pad(&b, '\t', tabs);
		value_escape(&b, s + tabs, n - tabs);
		puts(buf_str(&b));
		buf_free(&b);
	}
}

/* Names of the program that match; all: every one. */
static size_t program_names(struct tgt *t, char tag, const char *pattern, const char ***out, bool all)
{
	const char **names = xcalloc(NAMES_MAX, sizeof(*names));
	size_t n = tag == 'g' ? tgt_go_type_names(t, names, NAMES_MAX) : tgt_c_names(t, tag, names, NAMES_MAX);
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (all || !fnmatch(pattern, names[i], 0))
			names[kept++] = names[i];
	if (kept)
		qsort(names, kept, sizeof(*names), cmp_names);
	*out = names;
	return kept;
}

static bool list_program(struct tgt *t, size_t kind, const char *pattern, bool verbose, struct tgt_error *err)
{
	bool glob = strpbrk(pattern, "*?[") != NULL, found = false;
	const char **names = &pattern, **own = NULL;
	struct buf text = BUF_INIT;
	size_t n = 1;

	/* an exact name first: Go's may hold brackets and stars of their own */
	if (!tgt_define(t, kinds[kind].tag, pattern, &text, err)) {
		found = true;
	} else if (glob) {
		n = program_names(t, kinds[kind].tag, pattern, &own, false);
		names = own;
	}
	if (!verbose && (found || glob)) {
		names_only(kinds[kind].word, names, n);
		found = n != 0;
	} else if (found) {
		put_text(&text);
	} else if (glob) {
		for (size_t i = 0; i < n; i++) {
			buf_reset(&text);
			if (tgt_define(t, kinds[kind].tag, names[i], &text, err))
				continue;
			found = true;
			put_text(&text);
			putchar('\n');
		}
	}
	free(own);
	buf_free(&text);
	return found;
}

static bool list_kernel(size_t kind, const char *pattern, bool verbose)
{
	struct buf text = BUF_INIT;
	const char **names;
	size_t n = kernel_btf_names(kinds[kind].tag, pattern, &names);

	if (!verbose) {
		names_only(kinds[kind].word, names, n);
	} else {
		kernel_btf_define(kinds[kind].tag, names, n, &text);
		put_text(&text);
	}
	free(names);
	buf_free(&text);
	return n != 0;
}

/* The nearest name, or of Go the one in some package. */
static const char *nearest(char tag, const char *pattern, const char *const *names, size_t n)
{
	const char *near = diag_nearest(pattern, names, n);

	for (size_t i = 0; !near && tag == 'g' && i < n; i++) {
		const char *dot = strrchr(names[i], '.');

		if (dot && !strcasecmp(dot + 1, pattern))
			near = names[i];
	}
	return near;
}

static void hint(struct tgt *t, size_t kind, const char *pattern)
{
	bool go = t && tgt_is_go(t);
	const char **names = NULL, *near = NULL;
	size_t n;

	if (t) {
		n = program_names(t, kinds[kind].tag, "", &names, true);
		near = nearest(kinds[kind].tag, pattern, names, n);
	}
	if (!near && kinds[kind].tag != 'g') {
		free(names);
		n = kernel_btf_names(kinds[kind].tag, "*", &names);
		near = diag_nearest(pattern, names, n);
	}
	if (!near && go && kinds[kind].tag != 'g') { /* "struct Pair" of Go is a type */
		free(names);
		kind = KINDS - 1;
		n = program_names(t, 'g', "", &names, true);
		near = nearest('g', pattern, names, n);
	}
	if (near) {
		struct buf b = BUF_INIT;

		value_escape(&b, near, strlen(near));
		fprintf(stderr, "HINT: did you mean '%s %s'?\n", kinds[kind].word, buf_str(&b));
		buf_free(&b);
	} else {
		fprintf(stderr, "HINT: gft -l '%s *'%s lists them\n", kinds[kind].word,
			kinds[kind].tag == 'g' ? " BINARY" : "");
	}
	free(names);
}

int list_types(const struct cli *c, struct tgt *t, const char *pattern)
{
	struct tgt_error err = { "" };
	size_t kind = 0;
	const char *name = type_pattern(pattern, &kind);

	if (kinds[kind].tag == 'g' && !t) {
		fprintf(stderr, "gft: types of Go need their binary\nHINT: gft -lv 'type main.*' ./binary\n");
		return 1;
	}
	if (t && list_program(t, kind, name, c->verbose, &err))
		return 0;
	if (kinds[kind].tag != 'g' && list_kernel(kind, name, c->verbose))
		return 0;
	fprintf(stderr, "gft: there is no %s %s%s", kinds[kind].word, name,
		t ? "" : ": the running kernel does not describe it");
	fprintf(stderr, "%s%s\n", t ? ": " : "", t ? err.msg : "");
	hint(t, kind, name);
	return 1;
}
