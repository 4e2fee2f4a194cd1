/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_config.c - settings: the config block, and the environment, which wins. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "gft/buf.h"
#include "parser/scan.h"
#include "parser/sema.h"

#define STRLEN_DEFAULT 1024 /* bpftrace's */

enum kind { NUMBER, FLAG, WORD, TEXT, IGNORED };

/*
 * One row each.  off: of the number, bool or text in struct meta_config.
 * IGNORED ones are bpftrace's that have nothing to act on here: scripts that set
 * them run all the same.
 */
static const struct setting {
	const char *name;
	enum kind kind;
	uint64_t min, max;
	const char *words; /* WORD: "error|warn|ignore", stored as a number */
	uint32_t off, size;
} settings[] = {
#define F(field) offsetof(struct meta_config, field), sizeof(((struct meta_config *)0)->field)
	{ "max_strlen", NUMBER, 1, SEMA_STRING_MAX, NULL, F(max_strlen) },
	{ "max_map_keys", NUMBER, 1, 1 << 29, NULL, F(max_map_keys) },
	{ "max_cat_bytes", NUMBER, 1, 1 << 30, NULL, F(max_cat_bytes) },
	{ "max_probes", NUMBER, 1, UINT32_MAX, NULL, F(max_probes) },
	{ "max_bpf_progs", NUMBER, 1, UINT32_MAX, NULL, F(max_bpf_progs) },
	{ "perf_rb_pages", NUMBER, 1, 1 << 18, NULL, F(perf_rb_pages) },
	{ "print_maps_on_exit", FLAG, 0, 1, NULL, F(print_maps_on_exit) },
	{ "show_debug_info", FLAG, 0, 1, NULL, F(show_debug_info) },
	{ "ret_emulation", FLAG, 0, 1, NULL, F(ret_emulation) },
	{ "missing_probes", WORD, 0, 0, "error|warn|ignore", F(missing_probes) },
	{ "stack_mode", WORD, 0, 0, "bpftrace|perf|raw|build_id", F(stack_mode) },
	{ "str_trunc_trailer", TEXT, 0, 0, NULL, F(str_trunc_trailer) },
#undef F
	{ .name = "cache_user_symbols", .kind = IGNORED },
	{ .name = "cpp_demangle", .kind = IGNORED },
	{ .name = "lazy_symbolication", .kind = IGNORED },
	{ .name = "license", .kind = IGNORED },
	{ .name = "log_size", .kind = IGNORED },
	{ .name = "max_ast_nodes", .kind = IGNORED },
	{ .name = "max_type_res_iterations", .kind = IGNORED },
	{ .name = "on_stack_limit", .kind = IGNORED },
	{ .name = "symbol_source", .kind = IGNORED },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* What settings were called in bpftrace before 0.20. */
static const struct {
	const char *old, *name;
} renamed[] = {
	{ "strlen", "max_strlen" },
	{ "map_keys_max", "max_map_keys" },
	{ "cat_bytes_max", "max_cat_bytes" },
	{ "no_cpp_demangle", "cpp_demangle" },
};

static const struct setting *find(const char *key)
{
	static const struct setting unstable = { .name = "unstable_", .kind = IGNORED }; /* what bpftrace tries out */

	if (!strncasecmp(key, "BPFTRACE_", 9))
		key += 9;
	if (!strncasecmp(key, unstable.name, 9))
		return &unstable;
	for (size_t i = 0; i < N(renamed); i++)
		if (!strcasecmp(renamed[i].old, key))
			key = renamed[i].name;
	for (size_t i = 0; i < N(settings); i++)
		if (!strcasecmp(settings[i].name, key))
			return &settings[i];
	return NULL;
}

static void store(struct sema *s, const struct setting *st, uint64_t n)
{
	/* little-endian, as everything here */
	memcpy((char *)&s->p->config + st->off, &n, st->size);
}

static uint64_t stored(const struct sema *s, const struct setting *st)
{
	uint64_t n = 0;

	memcpy(&n, (const char *)&s->p->config + st->off, st->size);
	return n;
}

static int word_index(const char *words, const char *w)
{
	size_t n = strlen(w);

	for (int i = 0;; i++) {
		size_t k = strcspn(words, "|");

		if (k == n && !strncmp(words, w, n))
			return i;
		if (!words[k])
			return -1;
		words += k + 1;
	}
}

/* False when the setting does not take this value. */
static bool set(struct sema *s, const struct setting *st, uint64_t n, const char *text)
{
	int64_t number;
	int w;

	switch (st->kind) {
	case IGNORED: return true;
	case NUMBER:
	case FLAG:
		if (text && scan_signed(text, &number) && number >= 0) { /* "100" */
			n = (uint64_t)number;
			text = NULL;
		}
		if (text || n < st->min || n > st->max)
			return false;
		if (!strcmp(st->name, "max_strlen")) {
			if (n > 64)
				n = (n + 7) & ~7ULL; /* what is long is handled in words of 8 bytes */
			s->record_strlen = (uint32_t)n;
		}
		store(s, st, n);
		return true;
	case WORD:
		w = text ? word_index(st->words, text) : -1;
		if (w >= 0)
			store(s, st, (uint64_t)w);
		return w >= 0;
	default:
		if (!text)
			return false;
		s->p->config.str_trunc_trailer = text;
		return true;
	}
}

static const char *takes(struct sema *s, const struct setting *st)
{
	switch (st->kind) {
	case NUMBER:
		return arena_printf(s->a, "a number from %llu to %llu", (unsigned long long)st->min,
				    (unsigned long long)st->max);
	case FLAG: return "0 or 1";
	case WORD: return st->words;
	default: return "a string";
	}
}

/* The setting whose name is near the word; NULL: none is. */
static const char *nearest_setting(const char *word)
{
	const char *names[N(settings)];

	for (size_t i = 0; i < N(settings); i++)
		names[i] = settings[i].name;
	return diag_nearest(word, names, N(settings));
}

static void unknown(struct sema *s, const struct config_item *c)
{
	const char *near = nearest_setting(c->key);
	struct buf all = BUF_INIT;

	for (size_t i = 0; i < N(settings); i++)
		if (settings[i].kind != IGNORED)
			buf_printf(&all, "%s%s", all.len ? ", " : "", settings[i].name);
	diag_error(s->d, c->loc, "config: '%s' is not a setting", c->key);
	if (near)
		diag_hint(s->d, "did you mean '%s'?", near);
	else
		diag_hint(s->d, "settings are %s", buf_str(&all));
	buf_free(&all);
}

bool sema_setting(struct sema *s, struct expr *e)
{
	const struct setting *st;

	/* config() too, as all builtins */
	if ((e->a->kind != EX_IDENT && (e->a->kind != EX_CALL || e->a->nargs)) || strcmp(e->a->name, "config") != 0)
		return false;
	st = find(e->name);
	if (!st || st->kind == IGNORED) {
		sema_error(s, e->loc, "config: '%s' is not a setting%s", e->name, st ? " that has a value here" : "");
		e->type = &ty_i64;
		return true;
	}
	e->kind = st->kind == FLAG ? EX_BOOL : st->kind == NUMBER ? EX_INT : EX_STR;
	if (st->kind == WORD) {
		const char *w = st->words;

		for (uint64_t i = stored(s, st); i; i--)
			w += strcspn(w, "|") + 1;
		e->str = arena_strndup(s->a, w, strcspn(w, "|"));
	} else if (st->kind == TEXT) {
		e->str = s->p->config.str_trunc_trailer;
	} else {
		e->ival = stored(s, st);
	}
	e->len = e->str ? (uint32_t)strlen(e->str) : 0;
	sema_expr(s, e);
	return true;
}

/* The environment's name of a setting. */
static const char *variable(struct sema *s, const char *prefix, const char *setting)
{
	char *name = arena_printf(s->a, "%s%s", prefix, setting);

	for (char *p = name; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return name;
}

/* A variable that is nearly a setting's: it would do nothing, silently. */
static void mistyped(struct sema *s, const char *var, size_t prefix)
{
	size_t len = strcspn(var, "=");
	bool upper = true;
	char *name = arena_strndup(s->a, var, len);
	const char *near;

	for (char *p = name + prefix; *p; p++) {
		upper &= !islower((unsigned char)*p);
		*p = (char)tolower((unsigned char)*p);
	}
	near = nearest_setting(name + prefix);
	if (!near || (upper && !strcmp(near, name + prefix)))
		return;
	diag_warn(s->d, SRC_NOWHERE, "the environment's %.*s is no setting of gft", (int)len, var);
	diag_hint(s->d, "did you mean %s?", variable(s, arena_strndup(s->a, var, prefix), near));
}

static void from_variable(struct sema *s, const struct setting *st, const char *name)
{
	const char *v = getenv(name);
	uint64_t n;
	char *end;

	if (!v)
		return;
	n = strtoull(v, &end, 0);
	if (st->kind == FLAG && (!strcmp(v, "true") || !strcmp(v, "false")))
		n = v[0] == 't', end = (char *)(uintptr_t) "";
	if (!set(s, st, n, st->kind == WORD || st->kind == TEXT || end == v || *end ? arena_strdup(s->a, v) : NULL))
		diag_error(s->d, SRC_NOWHERE, "the environment's %s=%s: it must be %s", name, v, takes(s, st));
}

/* GFT_MAX_MAP_KEYS=100, or bpftrace's own name of it. */
static void from_environment(struct sema *s)
{
	static const char *const prefixes[] = { "BPFTRACE_", "GFT_" };

	for (size_t i = 0; i < N(renamed); i++)
		from_variable(s, find(renamed[i].name), variable(s, prefixes[0], renamed[i].old));
	for (size_t i = 0; i < N(settings); i++)
		for (size_t k = 0; k < N(prefixes); k++)
			from_variable(s, &settings[i], variable(s, prefixes[k], settings[i].name));
	for (char **v = environ; *v; v++)
		for (size_t k = 0; k < N(prefixes); k++)
			if (!strncmp(*v, prefixes[k], strlen(prefixes[k])))
				mistyped(s, *v, strlen(prefixes[k]));
}

void sema_config(struct sema *s)
{
	struct meta_config *cf = &s->p->config;

	cf->max_strlen = STRLEN_DEFAULT;
	s->record_strlen = RECORD_STRING;
	cf->max_map_keys = 4096;
	cf->max_bpf_progs = 1024;
	cf->max_cat_bytes = 10240;
	cf->print_maps_on_exit = true;
	cf->str_trunc_trailer = "..";
	cf->show_debug_info = true;
	cf->ret_emulation = true;
	for (struct config_item *c = s->p->ast->config; c; c = c->next) {
		const struct setting *st = find(c->key);
		const struct expr *v = c->value;
		const char *text = v->kind == EX_IDENT ? v->name : v->kind == EX_STR ? v->str : NULL;

		if (!st) {
			unknown(s, c);
		} else if (!set(s, st, v->ival, text)) {
			diag_error(s->d, c->loc, "config: '%s' does not take this value", c->key);
			diag_hint(s->d, "it must be %s", takes(s, st));
		}
	}
	from_environment(s);
}
