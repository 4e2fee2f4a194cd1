/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cdefs_kernel.c - see cdefs_kernel.h.
 *
 * "struct foo { struct task_struct t; }" needs of the kernel's struct no more
 * than its size and its alignment.  So where the C parser misses a definition,
 * it is given a stand-in of that size, one line of C, with one member whose
 * name says what it stands for:
 *
 *     struct task_struct { unsigned char gft_kernel_s_task_struct[9792] __attribute__((aligned(8))); };
 *
 * Nothing else comes with it, so it can clash with nothing that the script or a
 * header defines.  When the tables become types, the kernel's own type takes
 * the place of the stand-in.
 */
#include "codegen/cdefs_kernel.h"

#include <ctype.h>
#include <string.h>

#include "gft/arena.h"
#include "gft/ctypes.h"
#include "gft/resolve.h"
#include "gft/type.h"

#define WANTED_MAX 64
#define MARK	   "gft_kernel_"
#define MARK_LEN   (sizeof(MARK) - 1)

static size_t name_len(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	return n;
}

static struct kernel_wanted *find(struct kernel_types *k, const char *name, size_t len)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strncmp(k->v[i].name, name, len) && !k->v[i].name[len])
			return &k->v[i];
	return NULL;
}

/* True: it was not asked for before. */
static bool want(struct arena *a, struct kernel_types *k, char tag, const char *name)
{
	size_t len = name_len(name);

	if (!len || len > 255 || k->n == WANTED_MAX || find(k, name, len))
		return false;
	ARENA_PUSH(a, k->v, k->n, k->cap, ((struct kernel_wanted){ tag, arena_strndup(a, name, len), false }));
	return true;
}

/* What one message of Clang's asks for; a change of its words costs the types of the kernel, and nothing else. */
static bool look_at(struct arena *a, struct kernel_types *k, const char *msg)
{
	static const char *const tags[] = { "struct ", "union ", "enum " };
	const char *unknown = strstr(msg, "unknown type name '"), *again = strstr(msg, "redefinition");
	struct kernel_wanted *w = NULL;
	bool any = false;

	if (unknown)
		return want(a, k, 't', unknown + strlen("unknown type name '"));
	if (again) { /* "redefinition of 'path'", "typedef redefinition with different types (...)" */
		const char *p = strchr(again, '\'');

		w = p ? find(k, p + 1, name_len(p + 1)) : NULL;
		any = w && !w->banned;
		if (w)
			w->banned = true;
		return any;
	}
	if (!strstr(msg, "incomplete"))
		return false;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		for (const char *p = msg; (p = strstr(p, tags[i])); p += strlen(tags[i]))
			if (p > msg && p[-1] == '\'')
				any |= want(a, k, tags[i][0], p + strlen(tags[i]));
	return any;
}

bool cdefs_kernel_want(struct arena *a, struct kernel_types *k, const struct ctypes_result *r)
{
	struct buf text = BUF_INIT;
	bool any = false;

	if (!k->res || !k->res->kernel_stub)
		return false;
	for (size_t i = 0; i < r->ndiags; i++)
		any |= r->diags[i].msg && look_at(a, k, r->diags[i].msg);
	if (!any)
		return false;
	for (size_t i = 0; i < k->n; i++)
		if (!k->v[i].banned)
			k->res->kernel_stub(k->res->ctx, k->v[i].tag, k->v[i].name, &text);
	any = strcmp(buf_str(&text), buf_str(&k->text)) != 0;
	buf_free(&k->text);
	k->text = text;
	return any;
}

void cdefs_kernel_type(struct arena *a, const struct resolver *res, struct gft_type *t)
{
	const char *name = t->kind == TY_STRUCT && t->nfields == 1 ? t->fields[0].name
			   : t->nenum_vals == 1			   ? t->enum_vals[0].name
								   : NULL;
	const struct gft_type *k;
	char err[256];

	if (!name || strncmp(name, MARK, MARK_LEN) != 0 || !name[MARK_LEN] || name[MARK_LEN + 1] != '_')
		return;
	k = res->kernel_type ? res->kernel_type(res->ctx, a, name[MARK_LEN], name + MARK_LEN + 2, err, sizeof(err))
			     : NULL;
	if (!k || k->size != t->size) /* whoever wrote this was not gft */
		return;
	*t = *k;
	if (t->lazy && res->kernel_fill)
		res->kernel_fill(res->ctx, a, t);
}
