/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * attach.c - attach points: "u:main.(*T).M", "uprobe:./bin:main.*,!main.x*",
 * "interval:s:1", "tracepoint:sched:sched_switch".
 *
 * They are no token sequences: Go symbols hold ( ) * [ ] , { } and quotes hold
 * anything, so they are scanned raw.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "parser/scan.h"

static const struct {
	const char *name, *shrt;
	enum provider p;
} providers[] = {
	{ "begin", NULL, PROV_BEGIN },
	{ "end", NULL, PROV_END },
	{ "uprobe", "u", PROV_UPROBE },
	{ "uretprobe", "ur", PROV_URETPROBE },
	{ "interval", "i", PROV_INTERVAL },
	{ "profile", "p", PROV_PROFILE },
	{ "tracepoint", "t", PROV_TRACEPOINT },
	{ "rawtracepoint", "rt", PROV_RAWTRACEPOINT },
	{ "software", "s", PROV_SOFTWARE },
	{ "hardware", "h", PROV_HARDWARE },
	{ "self", NULL, PROV_SELF },
	{ "kprobe", "k", PROV_KPROBE },
	{ "kretprobe", "kr", PROV_KRETPROBE },
	{ "fentry", "f", PROV_FENTRY },
	{ "fexit", "fr", PROV_FEXIT },
	{ "kfunc", NULL, PROV_FENTRY },
	{ "kretfunc", NULL, PROV_FEXIT },
	{ "go", NULL, PROV_GO },
};
#define NPROV (sizeof(providers) / sizeof(providers[0]))

static enum provider provider_of(const char *s, size_t n)
{
	for (size_t i = 0; i < NPROV; i++)
		if ((strlen(providers[i].name) == n && !strncasecmp(providers[i].name, s, n)) ||
		    (providers[i].shrt && strlen(providers[i].shrt) == n && !strncmp(providers[i].shrt, s, n)))
			return providers[i].p;
	return PROV_NONE;
}

static bool alone(enum provider p)
{
	return p == PROV_BEGIN || p == PROV_END;
}

bool attach_begins(const char *text, size_t len)
{
	size_t n = 0;
	enum provider p;

	while (n < len && isalpha((unsigned char)text[n]))
		n++;
	p = provider_of(text, n);
	if (p == PROV_NONE)
		return false;
	if (n < len && text[n] == ':')
		return !alone(p);
	return alone(p) && (n == len || !(isalnum((unsigned char)text[n]) || text[n] == '_' || text[n] == '.'));
}

/* --- raw spans ------------------------------------------------------------------------ */

/* Offset behind one attach point's text; *bad is where a bracket or quote is left open. */
static uint32_t span(const char *t, uint32_t p, const char **bad)
{
	uint32_t open[64];
	unsigned depth = 0;
	bool colon = false;

	*bad = NULL;
	for (;; p++) {
		char c = t[p];

		if (!c || c == '\n' || (!depth && (c == ' ' || c == '\t' || c == '\r'))) {
			if (depth)
				*bad = t + open[depth - 1];
			return p;
		}
		if (c == '"') {
			uint32_t from = p++;

			while (t[p] && t[p] != '\n' && t[p] != '"')
				p += t[p] == '\\' && t[p + 1] && t[p + 1] != '\n' ? 2 : 1;
			if (t[p] != '"') {
				*bad = t + from;
				return p;
			}
			continue;
		}
		if (c == '(' || c == '[') {
			if (depth == 64)
				return p;
			open[depth++] = p;
		} else if ((c == ')' || c == ']') && depth) {
			depth--;
		} else if (!depth) {
			if (c == '{' || c == '<' || c == ',' || c == ';' || c == '}' || (c == '/' && !colon))
				return p;
			if (c == ':')
				colon = true;
		}
	}
}

/* Parameters of the command line, $1 ..., in an attach point. */
static char *expand(struct scan *s, const char *text, size_t len)
{
	struct buf b = BUF_INIT;
	char *out;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '$' && i + 1 < len && isdigit((unsigned char)text[i + 1])) {
			size_t n = 0;

			while (i + 1 < len && isdigit((unsigned char)text[i + 1]) && n < 1000)
				n = n * 10 + (size_t)(text[++i] - '0');
			if (s->opts && n >= 1 && n <= s->opts->nparams)
				buf_puts(&b, s->opts->params[n - 1]);
			continue;
		}
		buf_putc(&b, text[i]);
	}
	out = arena_strdup(s->a, buf_str(&b));
	buf_free(&b);
	return out;
}

/* Without its quotes; a quoted part may stand anywhere. */
static const char *unquote(struct scan *s, const char *text, size_t len, bool *quoted)
{
	char *out = arena_alloc(s->a, len + 1);
	size_t n = 0;
	bool in = false;

	*quoted = false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"') {
			in = !in;
			*quoted = true;
		} else if (in && text[i] == '\\' && i + 1 < len) {
			out[n++] = text[++i];
		} else {
			out[n++] = text[i];
		}
	}
	return out;
}

/* First c outside of brackets and quotes, or NULL. */
static const char *find(const char *s, const char *end, char c)
{
	unsigned depth = 0;
	bool in = false;

	for (; s < end; s++) {
		if (*s == '"')
			in = !in;
		else if (in)
			continue;
		else if (*s == '(' || *s == '[')
			depth++;
		else if ((*s == ')' || *s == ']') && depth)
			depth--;
		else if (*s == c && !depth)
			return s;
	}
	return NULL;
}

/* --- kinds ------------------------------------------------------------------------------- */

static bool number(const char *s, size_t n, uint64_t *out)
{
	char buf[32], *e;

	if (!n || n >= sizeof(buf) || !isdigit((unsigned char)*s))
		return false;
	memcpy(buf, s, n);
	buf[n] = 0;
	*out = strtoull(buf, &e, 0);
	return !*e;
}

static void add_pattern(struct scan *s, struct attach_point *ap, const char *text, size_t len, bool exclude, struct src_loc loc)
{
	struct func_pattern *v = ARENA_ARRAY(s->a, struct func_pattern, ap->npatterns + 1);
	struct func_pattern *fp = &v[ap->npatterns];

	if (ap->npatterns)
		memcpy(v, ap->patterns, ap->npatterns * sizeof(*v));
	ap->patterns = v;
	fp->text = unquote(s, text, len, &fp->quoted);
	fp->exclude = exclude;
	fp->loc = loc;
	ap->npatterns++;
}

static bool path_like(const char *s)
{
	return *s == '/' || !strncmp(s, "./", 2) || !strncmp(s, "../", 3) || !strncmp(s, "~/", 2);
}

static bool uprobe(struct scan *s, struct attach_point *ap, const char *rest, struct src_loc loc)
{
	const char *end = rest + strlen(rest), *colon = find(rest, end, ':'), *at = find(rest, end, '@'), *plus;
	bool q;

	if (at && (!colon || at < colon)) { /* BINARY@file.go:LINE */
		const char *c = strrchr(at, ':');
		uint64_t line;

		if (!c || !number(c + 1, (size_t)(end - c - 1), &line) || !line || line > UINT32_MAX) {
			diag_error(s->d, loc, "%s: a line is written BINARY@file.go:LINE", ap->raw);
			return false;
		}
		ap->binary = at > rest ? unquote(s, rest, (size_t)(at - rest), &q) : NULL;
		ap->file = unquote(s, at + 1, (size_t)(c - at - 1), &q);
		ap->line = (unsigned)line;
		ap->has_line = true;
		return true;
	}
	if (colon) {
		ap->binary = unquote(s, rest, (size_t)(colon - rest), &q);
		rest = colon + 1;
		if (!*ap->binary)
			ap->binary = NULL;
		colon = find(rest, end, ':');
		if (colon) {
			diag_error(s->d, loc, "%s: too many ':'", ap->raw);
			diag_hint(s->d, "a probe is u:FUNC or u:BINARY:FUNC; \"...\" quotes names that hold ':'");
			return false;
		}
	} else if (path_like(rest) || (strchr(rest, '/') && s->opts && s->opts->file_exists &&
				       s->opts->file_exists(s->opts->ctx, rest))) {
		diag_error(s->d, loc, "%s: which function of this binary?", ap->raw);
		diag_hint(s->d, "u:%s:main.*", rest);
		return false;
	}
	if (!*rest) {
		diag_error(s->d, loc, "%s: which function?", ap->raw);
		diag_hint(s->d, "u:main.main, or a glob: u:main.*");
		return false;
	}
	if (rest[0] == '0' && (rest[1] | 32) == 'x') {
		if (!number(rest, (size_t)(end - rest), &ap->addr)) {
			diag_error(s->d, loc, "%s: %s is no address", ap->raw, rest);
			return false;
		}
		ap->has_addr = true;
		return true;
	}
	plus = find(rest, end, '+');
	if (plus && number(plus + 1, (size_t)(end - plus - 1), &ap->offset)) {
		ap->has_offset = ap->offset != 0;
		end = plus;
	}
	add_pattern(s, ap, rest, (size_t)(end - rest), *rest == '!', loc);
	if (*rest == '!') {
		diag_error(s->d, loc, "%s: an exclusion follows what it excludes from", ap->raw);
		diag_hint(s->d, "u:main.*,!main.noisy*");
		return false;
	}
	return true;
}

static bool timer(struct scan *s, struct attach_point *ap, const char *rest, struct src_loc loc)
{
	static const struct {
		const char *u;
		uint64_t ns;
	} units[] = { { "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 }, { "m", 60000000000 }, { "h", 3600000000000 } };
	const char *colon = strchr(rest, ':');
	size_t n = strspn(rest, "0123456789");
	const char *unit = colon ? rest : rest + n;
	size_t ulen = colon ? (size_t)(colon - rest) : strlen(rest + n);
	uint64_t v;

	if (!number(colon ? colon + 1 : rest, colon ? strlen(colon + 1) : n, &v) || !v)
		goto bad;
	if (colon && ulen == 2 && !strncmp(unit, "hz", 2)) {
		if (v > 1000000)
			goto bad;
		ap->freq = v;
		return true;
	}
	if (!ulen && !colon) {
		ap->period_ns = v;
		return true;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].u) == ulen && !strncmp(units[i].u, unit, ulen)) {
			if (__builtin_mul_overflow(v, units[i].ns, &ap->period_ns))
				goto bad;
			return true;
		}
bad:
	diag_error(s->d, loc, "%s: no such period", ap->raw);
	diag_hint(s->d, "interval:s:1, interval:ms:100, interval:us:500, interval:hz:10, or interval:5s");
	return false;
}

static bool parse_one(struct scan *s, struct attach_point *ap, struct src_loc loc)
{
	const char *raw = ap->raw, *colon = strchr(raw, ':');
	size_t n = colon ? (size_t)(colon - raw) : strlen(raw);

	ap->loc = loc;
	ap->provider = provider_of(raw, n);
	if (ap->provider == PROV_NONE || (!colon && !alone(ap->provider))) {
		const char *names[NPROV], *word = arena_strndup(s->a, raw, n), *near;

		for (size_t i = 0; i < NPROV; i++)
			names[i] = providers[i].name;
		near = diag_nearest(word, names, NPROV);
		diag_error(s->d, loc, ap->provider == PROV_NONE ? "unknown probe '%s'" : "%s: of what?", word);
		if (ap->provider == PROV_NONE && near)
			diag_hint(s->d, "did you mean '%s'?", near);
		else
			diag_hint(s->d, "probes are u:FUNC ur:FUNC begin end interval:s:1 tracepoint:CATEGORY:NAME profile:hz:99");
		ap->provider = PROV_NONE;
		return false;
	}
	if (alone(ap->provider)) {
		if (!colon)
			return true;
		diag_error(s->d, loc, "%.*s stands alone", (int)n, raw);
		return false;
	}
	switch (ap->provider) {
	case PROV_UPROBE:
	case PROV_URETPROBE: return uprobe(s, ap, colon + 1, loc);
	case PROV_INTERVAL:
	case PROV_PROFILE: return timer(s, ap, colon + 1, loc);
	case PROV_TRACEPOINT:
		if (!strchr(colon + 1, ':')) {
			diag_error(s->d, loc, "%s: a tracepoint is tracepoint:CATEGORY:NAME", raw);
			diag_hint(s->d, "gft -l 't:sched:*' lists those of a category");
			return false;
		}
		ap->target = colon + 1;
		return true;
	default: ap->target = colon + 1; return true;
	}
}

uint32_t attach_scan(struct scan *s, uint32_t pos, struct attach_point ***out, uint32_t *n)
{
	const char *t = s->src->text, *bad;
	struct attach_point **v = NULL, *last = NULL;
	uint32_t count = 0, cap = 0, p = pos;

	for (;;) {
		struct src_loc loc = { p, p, s->src->index };
		uint32_t end = span(t, p, &bad), next;

		loc.end = end > p ? end : p + 1;
		if (bad) {
			struct src_loc b = { (uint32_t)(bad - t), (uint32_t)(bad - t) + 1, s->src->index };

			diag_error(s->d, b, "this '%c' is not closed on its line", *bad);
		} else if (end == p) {
			diag_error(s->d, loc, "a probe was expected here");
			diag_hint(s->d, "a script is a list of: PROBE /PREDICATE/ { STATEMENTS }");
			end = p + 1;
		} else if (last && (last->provider == PROV_UPROBE || last->provider == PROV_URETPROBE) && last->npatterns &&
			   !attach_begins(t + p, end - p)) {
			bool not = t[p] == '!';
			const char *text = expand(s, t + p + not, end - p - not);

			add_pattern(s, last, text, strlen(text), not, loc);
			last->raw = arena_printf(s->a, "%s,%s%s", last->raw, not ? "!" : "", text);
			last->loc = loc_join(last->loc, loc);
		} else {
			last = ARENA_NEW(s->a, struct attach_point);
			last->raw = expand(s, t + p, end - p);
			if (!parse_one(s, last, loc))
				last->provider = PROV_NONE;
			ARENA_PUSH(s->a, v, count, cap, last);
		}
		next = scan_skip(s->src, end);
		p = end;
		if (t[next] != ',')
			break;
		next = scan_skip(s->src, next + 1);
		p = next;
		/* a trailing comma */
		if (!t[next] || t[next] == '{' || t[next] == '<' || t[next] == '/')
			break;
	}
	*out = v;
	*n = count;
	return p;
}

bool attach_point_parse(struct ast *ast, const char *text, size_t len, uint32_t base, const struct parse_opts *opts,
			struct attach_point *out)
{
	struct scan s = { .ast = ast, .a = ast->arena, .d = ast->diag, .src = ast->source, .opts = opts };
	struct src_loc loc = { base, base + (uint32_t)len, ast->source->index };

	memset(out, 0, sizeof(*out));
	out->raw = expand(&s, text, len);
	return parse_one(&s, out, loc);
}
