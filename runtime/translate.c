/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * translate.c - go-ftrace's and gofuncgraph's command line as a script.
 *
 * -u PATTERN...             every matching function opens graphs and is shown
 * with target operands      only they open graphs, -u functions are shown in them
 * with -D FUNC              only FUNC opens graphs
 * operand 'FUNC(a=..., b)'  a fetch rule: values shown on FUNC's lines
 */
#include <stdio.h>
#include <string.h>

#include "gft/buf.h"
#include "runtime/cli.h"

/* A name as an attach point takes it: quoted when it holds what the scanner would stop at. */
static void pattern(struct buf *b, const char *s)
{
	bool plain = s[0] != 0;

	for (const char *p = s; *p; p++)
		if (strchr(" \t,{<\"'$/", *p) && *p != '/')
			plain = false;
	if (plain) {
		buf_puts(b, s);
		return;
	}
	buf_putc(b, '"');
	for (const char *p = s; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *p);
	}
	buf_putc(b, '"');
}

/* Where an operand's fetch list begins: the last '(' that has '=' or ':' in it; NULL: none. */
static const char *fetch_list(const char *s)
{
	size_t n = strlen(s), depth = 0;

	if (!n || s[n - 1] != ')')
		return NULL;
	for (size_t i = n; i-- > 0;) {
		if (s[i] == ')')
			depth++;
		if (s[i] == '(' && !--depth)
			/* main.(*T).M(...): a list follows a name, a receiver follows a dot */
			return i && s[i - 1] != '.' ? s + i : NULL;
	}
	return NULL;
}

static void clause(struct buf *b, const char *func, size_t len, const char *body, bool exclude)
{
	struct buf name = BUF_INIT;

	buf_add(&name, func, len);
	buf_puts(b, "u:");
	pattern(b, buf_str(&name));
	if (exclude)
		buf_puts(b, ",!*/vendor/*");
	buf_printf(b, " { %s }\n", body);
	buf_free(&name);
}

bool cli_translate(const struct cli *c, struct buf *out)
{
	bool roots = c->ndrilldown != 0;

	for (size_t i = 0; i < c->noperands; i++)
		roots |= fetch_list(c->operands[i]) == NULL;
	for (size_t i = 0; i < c->nuprobes; i++)
		clause(out, c->uprobes[i], strlen(c->uprobes[i]), roots ? "" : "graph();",
		       c->exclude_vendor && !strstr(c->uprobes[i], "/vendor/") && strpbrk(c->uprobes[i], "*?["));
	for (size_t i = 0; i < c->ndrilldown; i++)
		clause(out, c->drilldown[i], strlen(c->drilldown[i]), "graph();", false);
	for (size_t i = 0; i < c->noperands; i++) {
		const char *s = c->operands[i], *list = fetch_list(s);
		struct buf body = BUF_INIT;

		if (!list) {
			clause(out, s, strlen(s), c->ndrilldown ? "" : "graph();", false);
			continue;
		}
		if (list[1] != ')')
			buf_printf(&body, "fetch%s;", list);
		clause(out, s, (size_t)(list - s), buf_str(&body), false);
		buf_free(&body);
	}
	return true;
}
