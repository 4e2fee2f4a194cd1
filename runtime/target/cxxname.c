/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cxxname.c - names of C++ and Rust functions as their source has them.
 *
 * The demangler is that of libstdc++, which is loaded when the first such name
 * is met: most targets have none.  Without it names stay as they are.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "internal.h"

typedef char *demangle_fn(const char *name, char *buf, size_t *len, int *status);

static demangle_fn *demangler(void)
{
	static demangle_fn *fn;
	static bool tried;

	if (!tried) {
		void *lib = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);

		tried = true;
		if (lib)
			fn = (demangle_fn *)(uintptr_t)dlsym(lib, "__cxa_demangle");
	}
	return fn;
}

char *cxx_full_name(const char *symbol)
{
	demangle_fn *fn;
	int status = -1;
	char *s;

	if (strncmp(symbol, "_Z", 2) || strlen(symbol) > 4096 || !(fn = demangler()))
		return NULL;
	s = fn(symbol, NULL, NULL, &status);
	if (status || !s) {
		free(s);
		return NULL;
	}
	return s;
}

/* Index of the '(' that the ')' at end closes, or 0. */
static size_t opening(const char *s, size_t end)
{
	int depth = 0;

	for (size_t i = end + 1; i-- > 0;) {
		depth += s[i] == ')' ? 1 : s[i] == '(' ? -1 : 0;
		if (!depth)
			return i;
	}
	return 0;
}

/* Rust's hash: "::h" and 16 hexadecimal digits. */
static bool hash_at(const char *s, size_t len)
{
	return len > 19 && !strncmp(s + len - 19, "::h", 3) && strspn(s + len - 16, "0123456789abcdef") == 16;
}

/* Functions made from templates have their result in front: "int ns::f<int>". */
static size_t result_type(const char *s, size_t n)
{
	size_t at = 0;
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (!strncmp(s + i, "operator", 8))
			break;
		depth += s[i] == '<' || s[i] == '(' ? 1 : s[i] == '>' || s[i] == ')' ? -1 : 0;
		if (s[i] == ' ' && !depth)
			at = i + 1;
	}
	return at;
}

static char *without_result(char *s)
{
	size_t n = strlen(s), at = result_type(s, n);

	memmove(s, s + at, n - at + 1);
	return s;
}

char *cxx_name(const char *symbol)
{
	char *s = cxx_full_name(symbol);
	size_t n = s ? strlen(s) : 0;
	char *clone = s ? strstr(s, " [clone ") : NULL;
	size_t open;

	if (!s)
		return NULL;
	if (clone) { /* "f(int) [clone .constprop.0]": what the symbol has behind its dot */
		const char *dot = strchr(symbol, '.');

		n = (size_t)(clone - s);
		if (n && s[n - 1] == ')' && (open = opening(s, n - 1)))
			n = open;
		s = xrealloc(s, n + (dot ? strlen(dot) : 0) + 1);
		strcpy(s + n, dot ? dot : "");
		return without_result(s);
	}
	/* a member's qualifiers stand behind its arguments */
	while (n > 6 && (!strncmp(s + n - 6, " const", 6) || !strncmp(s + n - 2, " &", 2)))
		n -= s[n - 1] == '&' ? 2 : 6;
	if (n && s[n - 1] == ')' && (open = opening(s, n - 1)))
		s[open] = 0;
	else if (hash_at(s, n))
		s[n - 19] = 0;
	return without_result(s);
}
