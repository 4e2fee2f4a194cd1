/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* match.c - functions by name, by pattern, and names that are nearly right. */
#include <ctype.h>
#include <stdlib.h>

#include "internal.h"

/* --- exact names -------------------------------------------------------------------- */

static uint32_t hash_name(const char *s)
{
	uint32_t h = 2166136261U;

	while (*s)
		h = (h ^ (uint8_t)*s++) * 16777619U;
	return h;
}

static void build_hash(struct tgt *t)
{
	size_t n = tgt_nfuncs(t), size = 16;

	if (t->hash)
		return;
	while (size < n)
		size *= 2;
	t->hash = xcalloc(size, sizeof(*t->hash));
	t->hash_next = xcalloc(n + 1, sizeof(*t->hash_next));
	t->nhash = size;
	/* entries are index + 1; from the last one down, so that a chain ascends */
	for (size_t i = n; i-- > 0;) {
		uint32_t *head = &t->hash[hash_name(t->fn[i].name) & (size - 1)];

		t->hash_next[i] = *head;
		*head = (uint32_t)i + 1;
	}
}

struct list {
	uint32_t *v;
	size_t n, cap;
};

static void push(struct list *l, uint32_t i)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = i;
}

/* Hashing every name costs as much as some twenty searches from end to end. */
#define LINEAR_LOOKUPS 12

/* A name of C++ that says which of several functions it means: "ns::f(int)". */
static void with_arguments(struct tgt *t, const char *name, struct list *l)
{
	size_t n = tgt_nfuncs(t);

	for (size_t i = 0; i < n && t->ncxx; i++) {
		char *full;

		if (!t->fn[i].mangled)
			continue;
		full = cxx_full_name(t->fn[i].mangled);
		if (full && !strcmp(full, name))
			push(l, (uint32_t)i);
		free(full);
	}
}

static void exact(struct tgt *t, const char *name, struct list *l)
{
	if (!t->hash && t->nlookups++ < LINEAR_LOOKUPS) {
		size_t n = tgt_nfuncs(t);

		for (size_t i = 0; i < n; i++) {
			if (!strcmp(t->fn[i].name, name))
				push(l, (uint32_t)i);
		}
		return;
	}
	build_hash(t);
	for (uint32_t i = t->hash[hash_name(name) & (t->nhash - 1)]; i; i = t->hash_next[i - 1]) {
		if (!strcmp(t->fn[i - 1].name, name))
			push(l, i - 1);
	}
}

/* --- globs ------------------------------------------------------------------------------ */

/* Matches one character against the class at *pp, which is left behind its ']'. */
static bool in_class(const char **pp, unsigned char c)
{
	const char *p = *pp + 1;
	bool negate = *p == '!' || *p == '^', in = false;

	if (negate)
		p++;
	for (const char *first = p; *p && (*p != ']' || p == first); p++) {
		unsigned char lo = (unsigned char)*p, hi = lo;

		if (p[1] == '-' && p[2] && p[2] != ']') {
			hi = (unsigned char)p[2];
			p += 2;
		}
		if (c >= lo && c <= hi)
			in = true;
	}
	*pp = *p ? p + 1 : p;
	return in != negate;
}

static bool class_closed(const char *p)
{
	const char *first = p + 1 + (p[1] == '!' || p[1] == '^');

	return *first && strchr(first + 1, ']');
}

/*
 * Backtracks to the last star only, so that it is linear in pattern * name.
 * With literal, '[' stands for itself, and "[...]" for any type arguments.
 */
static bool glob(const char *p, const char *s, bool literal)
{
	const char *star = NULL, *resume = NULL;

	for (;;) {
		bool ok;

		if (literal && !strncmp(p, "...]", 4)) {
			star = p += 3;
			resume = s;
			continue;
		}
		if (*p == '*') {
			while (*p == '*')
				p++;
			if (!*p)
				return true;
			star = p;
			resume = s;
			continue;
		}
		if (!*s) {
			if (!*p)
				return true;
			return false;
		}
		if (*p == '?') {
			p++;
			ok = true;
		} else if (*p == '[' && !literal && class_closed(p)) {
			ok = in_class(&p, (unsigned char)*s);
		} else {
			ok = *p && *p == *s;
			p += ok;
		}
		if (ok) {
			s++;
			continue;
		}
		if (!star)
			return false;
		p = star;
		s = ++resume;
	}
}

bool tgt_name_matches(const char *pattern, const char *name)
{
	size_t fixed = strcspn(pattern, "*?[");

	if (strncmp(name, pattern, fixed) != 0)
		return false;
	return pattern[fixed] ? glob(pattern, name, false) || glob(pattern, name, true) : !name[fixed];
}

static void all_glob(struct tgt *t, const char *pattern, bool literal, struct list *l)
{
	size_t n = tgt_nfuncs(t), fixed = strcspn(pattern, "*?[");

	for (size_t i = 0; i < n; i++) {
		const char *name = t->fn[i].name, *mangled = t->fn[i].mangled;

		if ((!strncmp(name, pattern, fixed) && glob(pattern, name, literal)) ||
		    (mangled && pattern[0] == '_' && !strncmp(mangled, pattern, fixed) &&
		     glob(pattern, mangled, literal)))
			push(l, (uint32_t)i);
	}
}

/*
 * Go writes the dots of an import path's last element as %2e in symbol names
 * (objabi.PathToPrefix of cmd/internal/objabi): gopkg.in/yaml.v3.Marshal is
 * there as gopkg.in/yaml%2ev3.Marshal.  Where the element ends cannot be seen:
 * try with one dot escaped, then two, three.
 */
static void escaped(struct tgt *t, const char *name, bool pattern, struct list *l)
{
	/* a path inside a type's name does not count */
	const char *slash = name + strcspn(name, "([");
	struct buf b = BUF_INIT;

	while (slash > name && *slash != '/')
		slash--;
	if (*slash != '/')
		return;
	for (int dots = 1; dots <= 3 && !l->n; dots++) {
		int left = dots;

		buf_reset(&b);
		buf_add(&b, name, (size_t)(slash + 1 - name));
		for (const char *p = slash + 1; *p; p++) {
			if (*p == '.' && left-- > 0)
				buf_puts(&b, "%2e");
			else
				buf_putc(&b, *p);
		}
		if (left > 0)
			break;
		if (pattern)
			all_glob(t, buf_str(&b), false, l);
		else
			exact(t, buf_str(&b), l);
	}
	buf_free(&b);
}

/* A symbol that is another name of a function's address. */
static void by_symbol(struct tgt *t, const char *name, struct list *l)
{
	uint64_t addr;
	long i;

	if (!tgt_symbol(t, name, &addr, NULL))
		return;
	i = tgt_func_at(t, addr);
	if (i >= 0 && t->fn[i].entry == addr)
		push(l, (uint32_t)i);
}

/* In a plugin package main has another name, which its makers do not know: "plugin/unnamed-HASH". */
static const char *plugin_path(struct tgt *t)
{
	static const char unnamed[] = "plugin/unnamed-";
	uint64_t at, size;

	if (t->plugin_read)
		return t->plugin;
	t->plugin_read = true;
	if (!t->go || !tgt_is_library(t))
		return NULL;
	/* the linker's string; without symbols the name itself tells, unless the plugin has a path of its own */
	if ((tgt_symbol(t, "go:link.thispluginpath", &at, &size) ||
	     tgt_symbol(t, "go.link.thispluginpath", &at, &size)) &&
	    size && size < 4096) {
		const char *s = (const char *)tgt_mem(t, at, size);

		if (s)
			t->plugin = strndup(s, size);
	}
	for (size_t i = 0; !t->plugin && i < tgt_nfuncs(t); i++)
		if (has_prefix(t->fn[i].name, unnamed))
			t->plugin = strndup(t->fn[i].name,
					    sizeof(unnamed) - 1 + strcspn(t->fn[i].name + sizeof(unnamed) - 1, "."));
	return t->plugin;
}

size_t tgt_match(struct tgt *t, const char *pattern, uint32_t **out)
{
	struct list l = { 0 };

	*out = NULL;
	if (!tgt_nfuncs(t))
		return 0;
	exact(t, pattern, &l);
	if (!l.n)
		escaped(t, pattern, false, &l);
	if (!l.n && strpbrk(pattern, "*?["))
		all_glob(t, pattern, false, &l);
	/* main.Map[go.shape.*]: the bracket was meant as itself */
	if (!l.n && strchr(pattern, '['))
		all_glob(t, pattern, true, &l);
	if (!l.n && strpbrk(pattern, "*?"))
		escaped(t, pattern, true, &l);
	if (!l.n && has_prefix(pattern, "main.") && plugin_path(t)) {
		struct buf b = BUF_INIT;

		buf_printf(&b, "%s%s", t->plugin, pattern + 4);
		exact(t, buf_str(&b), &l);
		if (!l.n && strpbrk(pattern, "*?["))
			all_glob(t, buf_str(&b), false, &l);
		buf_free(&b);
	}
	if (!l.n && strchr(pattern, '('))
		with_arguments(t, pattern, &l);
	if (!l.n)
		by_symbol(t, pattern, &l);
	*out = l.v;
	return l.n;
}

/* --- names that are nearly right ------------------------------------------------------------ */

#define NEAR_MAX 64 /* longest text that is compared by edit distance */

/* Edit distance of a and b, or limit + 1 when it is larger. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb, unsigned limit)
{
	unsigned row[NEAR_MAX + 1];

	if (na > NEAR_MAX || nb > NEAR_MAX || (na > nb ? na - nb : nb - na) > limit)
		return limit + 1;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diag = row[0], best;

		row[0] = best = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned up = row[j];
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			unsigned d = diag + !same;

			/* a letter in the wrong case is nearly free, but not equal */
			if (up + 1 < d)
				d = up + 1;
			if (row[j - 1] + 1 < d)
				d = row[j - 1] + 1;
			row[j] = d;
			diag = up;
			if (d < best)
				best = d;
		}
		if (best > limit)
			return limit + 1;
	}
	return row[nb];
}

/* Letters that one text has and the other has not: a lower bound that costs no table. */
static uint64_t letters(const char *s, size_t n)
{
	uint64_t m = 0;

	for (size_t i = 0; i < n; i++)
		m |= 1ULL << (tolower((unsigned char)s[i]) & 63);
	return m;
}

/* What is behind the last '/' of the import path. */
static const char *base_of(const char *name)
{
	const char *end = name + strcspn(name, "([");

	while (end > name && end[-1] != '/')
		end--;
	return end;
}

/* The function's own name: behind the last dot outside brackets. */
static const char *last_word(const char *name)
{
	const char *w = name;
	int depth = 0;

	for (const char *p = name; *p; p++) {
		if (*p == '(' || *p == '[')
			depth++;
		else if (*p == ')' || *p == ']')
			depth--;
		else if (*p == '.' && depth <= 0 && p[1])
			w = p + 1;
	}
	return w;
}

struct near {
	const char *name;
	unsigned score;
};

struct wanted {
	const char *all, *base, *word;
	size_t nall, nbase, nword;
	uint64_t base_letters;
};

#define NO_SCORE 1000000U

static unsigned score_of(const struct wanted *w, const char *name)
{
	const char *base = base_of(name), *word = last_word(base);
	size_t nbase = strlen(base);
	unsigned limit = w->nbase < 6 ? 1 : w->nbase < 12 ? 3 : 4, d;
	unsigned path =
		(size_t)(base - name) == (size_t)(w->base - w->all) && !strncmp(name, w->all, (size_t)(base - name))
			? 0
			: 2;

	if (nbase <= NEAR_MAX && (unsigned)__builtin_popcountll(letters(base, nbase) ^ w->base_letters) <= 2 * limit) {
		d = distance(w->base, w->nbase, base, nbase, limit);
		if (d <= limit)
			return d * 10 + path;
	}
	/* the right function, the package or receiver forgotten or other than thought */
	if (w->nword >= 3 && !strcasecmp(word, w->word))
		return 50 + (strcmp(word, w->word) ? 3 : 0) + path +
		       (unsigned)(nbase > w->nbase ? nbase - w->nbase : w->nbase - nbase) / 4;
	if (w->nall >= 3 && strcasestr(name, w->all))
		return 100 + (unsigned)(strlen(name) - w->nall);
	if (w->nword >= 4 && strcasestr(word, w->word))
		return 400 + (unsigned)strlen(name);
	return NO_SCORE;
}

size_t tgt_nearest(struct tgt *t, const char *pattern, const char **names, size_t max)
{
	size_t n = tgt_nfuncs(t), found = 0, nplain = 0;
	struct wanted w;
	struct near *best;
	char *plain;

	if (!max)
		return 0;
	/* a glob that matched nothing: compare without its stars */
	plain = xstrdup(pattern);
	for (const char *p = pattern; *p; p++) {
		if (*p != '*' && *p != '?')
			plain[nplain++] = *p;
	}
	plain[nplain] = 0;
	best = xcalloc(max, sizeof(*best));
	w = (struct wanted){ .all = plain, .base = base_of(plain), .nall = nplain };
	w.word = last_word(w.base);
	w.nbase = strlen(w.base);
	w.nword = strlen(w.word);
	w.base_letters = letters(w.base, w.nbase);
	for (size_t i = 0; i < n && nplain; i++) {
		unsigned s = score_of(&w, t->fn[i].name);
		size_t at;

		if (s == NO_SCORE || (found == max && s >= best[found - 1].score))
			continue;
		for (at = 0; at < found; at++) {
			if (!strcmp(best[at].name, t->fn[i].name))
				break;
		}
		if (at < found)
			continue; /* names may be there twice */
		if (found < max)
			found++;
		for (at = found - 1; at > 0 && best[at - 1].score > s; at--)
			best[at] = best[at - 1];
		best[at] = (struct near){ t->fn[i].name, s };
	}
	for (size_t i = 0; i < found; i++)
		names[i] = best[i].name;
	free(best);
	free(plain);
	return found;
}
