/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * attach.c - attach points: "u:main.(*T).M", "uprobe:./bin:main.*,!main.x*",
 * "interval:s:1", "tracepoint:sched:sched_switch".
 *
 * They are no token sequences: Go symbols hold ( ) * [ ] , { } and quotes hold
 * anything, so they are scanned raw.
 */
#include <ctype.h>
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
	{ "test", NULL, PROV_TEST },
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

const char *provider_name(enum provider p)
{
	for (size_t i = 0; i < NPROV; i++)
		if (providers[i].p == p)
			return providers[i].name;
	return "";
}

static bool alone(enum provider p)
{
	return p == PROV_BEGIN || p == PROV_END;
}

/* Bytes of "name=" in front of an attach point; 0: it has no name. */
static size_t label_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (isalnum((unsigned char)text[n]) || text[n] == '_'))
		n++;
	return n && n < len && text[n] == '=' && !isdigit((unsigned char)*text) ? n + 1 : 0;
}

bool attach_begins(const char *text, size_t len)
{
	size_t n = label_len(text, len);
	enum provider p;

	text += n;
	len -= n;
	n = 0;
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

/*
 * Offset behind one attach point's text; *bad is where a bracket or quote is
 * left open.  colon: the provider was before it, so a '/' is part of a name.
 */
static uint32_t span(const char *t, uint32_t p, bool colon, const char **bad)
{
	uint32_t open[64];
	unsigned depth = 0;

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

/* Parameters of the command line, $1 ..., in an attach point; in quotes they are plain text. */
static char *expand(struct scan *s, const char *text, size_t len)
{
	struct buf b = BUF_INIT;
	bool quoted = false;
	char *out;

	for (size_t i = 0; i < len; i++) {
		if (quoted && text[i] == '\\' && i + 1 < len)
			buf_putc(&b, text[i++]);
		else
			quoted ^= text[i] == '"';
		if (!quoted && text[i] == '$' && i + 1 < len && isdigit((unsigned char)text[i + 1])) {
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
		else if (c == ':' && *s == ':' && s[1] == ':')
			s++; /* ns::f of C++ is one name */
		else if (*s == c && !depth)
			return s;
	}
	return NULL;
}

/* --- kinds ------------------------------------------------------------------------------- */

/* As scripts spell it, 1_000 and 1e6 too, with no unit. */
static bool number(const char *s, size_t n, uint64_t *out)
{
	size_t read;

	return n && isdigit((unsigned char)*s) && scan_number(s, n, out, &read) == NUMBER_OK && read == n;
}

static void add_pattern(struct scan *s, struct attach_point *ap, const char *text, size_t len, bool exclude,
			struct src_loc loc)
{
	/* the array's size is the power of two that holds npatterns */
	uint32_t cap = ap->npatterns & (ap->npatterns - 1) ? ap->npatterns + 1 : ap->npatterns;
	struct func_pattern fp = { .exclude = exclude, .loc = loc };

	fp.text = unquote(s, text, len, &fp.quoted);
	ARENA_PUSH(s->a, ap->patterns, ap->npatterns, cap, fp);
}

static bool path_like(const char *s)
{
	return *s == '/' || !strncmp(s, "./", 2) || !strncmp(s, "../", 3) || !strncmp(s, "~/", 2);
}

static bool uprobe(struct scan *s, struct attach_point *ap, const char *rest, struct src_loc loc)
{
	const char *end = rest + strlen(rest), *colon = find(rest, end, ':'), *at = find(rest, end, '@'), *plus;
	bool q;

	if (at && (!colon || at < colon)) { /* BINARY@file.go:LINE, BINARY@file.c:LINE:COLUMN */
		const char *c = strrchr(at, ':'), *before = c ? memrchr(at, ':', (size_t)(c - at)) : NULL;
		uint64_t line, column = 0;

		if (before && number(before + 1, (size_t)(c - before - 1), &line)) {
			if (!number(c + 1, (size_t)(end - c - 1), &column) || !column)
				column = UINT64_MAX;
			end = c;
			c = before;
		}
		if (!c || !number(c + 1, (size_t)(end - c - 1), &line) || !line || line > UINT32_MAX ||
		    column > UINT32_MAX) {
			diag_error(s->d, loc,
				   "%s: a line is written BINARY@file.go:LINE, or with a column of C's, "
				   "BINARY@file.c:LINE:COLUMN",
				   ap->raw);
			return false;
		}
		ap->column = (unsigned)column;
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
		if (!strncmp(rest, "cpp:", 4)) /* bpftrace's way to say that a name is C++'s */
			rest += 4;
		colon = find(rest, end, ':');
		if (colon) {
			diag_error(s->d, loc, "%s: too many ':'", ap->raw);
			diag_hint(s->d, "a probe is u:FUNC or u:BINARY:FUNC; \"...\" quotes names that hold ':'");
			return false;
		}
	} else if (path_like(rest) ||
		   (strchr(rest, '/') && s->opts && s->opts->file_exists && s->opts->file_exists(s->opts->ctx, rest))) {
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
	if (number(rest, (size_t)(end - rest), &ap->addr)) { /* no name begins with a digit */
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
		uint64_t ns; /* 0: a frequency */
	} units[] = { { "s", 1000000000 },  { "ms", 1000000 },	    { "us", 1000 },	     { "ns", 1 },
		      { "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 }, { "hz", 0 } };
	const char *colon = strchr(rest, ':');
	size_t n = strspn(rest, "0123456789_");
	const char *unit = colon ? rest : rest + n, *count = colon ? colon + 1 : rest, *what;
	size_t ulen = colon ? (size_t)(colon - rest) : strlen(unit), clen = colon ? strlen(count) : n;
	uint64_t v, ns = ulen || colon ? UINT64_MAX : 1;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].u) == ulen && !strncmp(units[i].u, unit, ulen))
			ns = units[i].ns;
	if (ns == UINT64_MAX) {
		diag_error(s->d, loc, "%s: unknown unit '%.*s'", ap->raw, (int)ulen, unit);
	} else if (!clen) {
		diag_error(s->d, loc, "%s: how often?", ap->raw);
	} else if (!number(count, clen, &v) || !v || (!ns && v > 1000000) ||
		   (ns && (__builtin_mul_overflow(v, ns, &ap->period_ns) || ap->period_ns > INT64_MAX))) {
		ap->period_ns = 0;
		diag_error(s->d, loc, "%s: '%.*s' is no number of %s, or out of range", ap->raw, (int)clen, count,
			   !ns	  ? "times a second"
			   : ulen ? "this unit"
				  : "nanoseconds");
	} else if (ns && ap->period_ns < 1000) {
		diag_error(s->d, loc, "%s: the shortest time is 1us: this is %llu ns", ap->raw,
			   (unsigned long long)ap->period_ns);
		ap->period_ns = 0;
	} else {
		if (!ns)
			ap->freq = v;
		return true;
	}
	what = ap->provider == PROV_PROFILE ? "profile" : "interval";
	diag_hint(s->d, "%s:s:1, %s:ms:100, %s:us:500, %s:hz:99, or %s:5s", what, what, what, what, what);
	return false;
}

/* software:EVENT[:COUNT] */
static bool counter(struct scan *s, struct attach_point *ap, const char *rest, struct src_loc loc)
{
	const char *colon = strchr(rest, ':');

	ap->target = colon ? arena_strndup(s->a, rest, (size_t)(colon - rest)) : rest;
	if (!colon || !strcmp(colon + 1, "*") || (number(colon + 1, strlen(colon + 1), &ap->count) && ap->count))
		return true;
	diag_error(s->d, loc, "%s: '%s' is no number of events", ap->raw, colon + 1);
	diag_hint(s->d, "%.*s:COUNT fires every COUNT events", (int)(colon - ap->raw), ap->raw);
	return false;
}

/* [MODULE:]NAME.  Which module a name is of is not known: it says nothing, but beside a pattern it would. */
static bool in_kernel(struct scan *s, const struct attach_point *ap, const char *rest, struct src_loc loc)
{
	const char *kind = provider_name(ap->provider), *colon = strchr(rest, ':'), *name = colon ? colon + 1 : rest;
	int n = colon ? (int)(colon - rest) : 0;

	if (!*name) {
		diag_error(s->d, loc, "%s: which function?", ap->raw);
		diag_hint(s->d, "%s:FUNC or %s:MODULE:FUNC", kind, kind);
		return false;
	}
	if (strchr(name, ':')) {
		diag_error(s->d, loc, "%s: too many ':'", ap->raw);
		diag_hint(s->d, "a probe is %s:FUNC or %s:MODULE:FUNC", kind, kind);
		return false;
	}
	if (!n || !strpbrk(name, "*?[") || (n == 1 && *rest == '*') || (n == 7 && !memcmp(rest, "vmlinux", 7)))
		return true;
	diag_error(s->d, loc, "%s: which functions %.*s has is not known", ap->raw, n, rest);
	diag_hint(s->d, "a pattern of their names: %s:%.*s_*", kind, n, rest);
	return false;
}

/* What every other kind has behind its ':'. */
static bool other(struct scan *s, struct attach_point *ap, const char *rest, struct src_loc loc)
{
	bool quoted;

	rest = unquote(s, rest, strlen(rest), &quoted);
	switch (ap->provider) {
	case PROV_TRACEPOINT:
		if (!strchr(rest, ':') && strpbrk(rest, "*?[")) { /* of all categories */
			rest = arena_printf(s->a, "*:%s", rest);
			break;
		}
		if (strchr(rest, ':') && rest[0] != ':' && strchr(rest, ':')[1] &&
		    strrchr(rest, ':') == strchr(rest, ':'))
			break;
		diag_error(s->d, loc, "%s: a tracepoint is tracepoint:CATEGORY:NAME", ap->raw);
		diag_hint(s->d, "gft -l 't:sched:*' lists those of a category");
		return false;
	case PROV_KPROBE:
	case PROV_KRETPROBE:
	case PROV_FENTRY:
	case PROV_FEXIT:
	case PROV_RAWTRACEPOINT:
		if (!in_kernel(s, ap, rest, loc))
			return false;
		break;
	case PROV_SELF:
		if (!strncmp(rest, "signal:", 7) && rest[7])
			break;
		diag_error(s->d, loc, "%s: gft's own probes are self:signal:NAME", ap->raw);
		diag_hint(s->d, "self:signal:SIGUSR1");
		return false;
	default: break;
	}
	ap->target = rest;
	return true;
}

const char *attach_foreign(const char *raw, size_t n)
{
	static const struct {
		const char *name, *shrt, *why;
	} v[] = {
		{ "usdt", "U", "Go programs have no USDT places; u:BINARY:FUNC probes a function" },
		{ "watchpoint", "w", "u:FUNC+OFFSET probes an instruction; @x = *uaddr(\"SYMBOL\") reads a variable" },
		{ "asyncwatchpoint", "aw", "u:FUNC+OFFSET probes an instruction" },
		{ "iter", "it", "interval:s:1 runs every so often" },
		{ "bench", NULL, "begin { ... } runs once" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if ((strlen(v[i].name) == n && !strncasecmp(v[i].name, raw, n)) ||
		    (v[i].shrt && strlen(v[i].shrt) == n && !strncmp(v[i].shrt, raw, n)))
			return v[i].why;
	return NULL;
}

static bool parse_one(struct scan *s, struct attach_point *ap, struct src_loc loc)
{
	size_t label = label_len(ap->raw, strlen(ap->raw));
	const char *raw = ap->raw += label, *colon = strchr(raw, ':');
	size_t n = colon ? (size_t)(colon - raw) : strlen(raw);
	struct src_loc head = loc; /* of the provider, when it has no parameters */

	head.begin = loc.begin + (uint32_t)label;

	if (head.begin + n < loc.end && !memcmp(s->src->text + head.begin, raw, n))
		head.end = head.begin + (uint32_t)n;
	ap->loc = loc;
	ap->provider = provider_of(raw, n);
	if (ap->provider == PROV_NONE && s->astray)
		return false;
	s->astray = ap->provider == PROV_NONE;
	if (ap->provider == PROV_NONE && (*raw == '@' || *raw == '$' || strchr(raw, '('))) {
		diag_error(s->d, loc, "a statement outside of a clause");
		diag_hint(s->d, "statements stand in braces behind their probe: PROBE { ... }");
		return false;
	}
	if (ap->provider == PROV_NONE) {
		const char *why = attach_foreign(raw, n);
		const char *names[NPROV], *word = arena_strndup(s->a, raw, n < 64 ? n : 64), *near;

		for (size_t i = 0; i < NPROV; i++)
			names[i] = providers[i].name;
		near = diag_nearest(word, names, NPROV);
		diag_error(s->d, head, why ? "there are no %s probes in gft" : "unknown probe '%s'", word);
		if (why)
			diag_hint(s->d, "%s", why);
		else if (!strcmp(word, "func") || !strcmp(word, "function") || !strcmp(word, "def") ||
			 !strcmp(word, "fn"))
			diag_hint(s->d, "functions are macros, macro add(a, b) { a + b }, or C between %%{ and %%}");
		else if (near)
			diag_hint(s->d, "did you mean '%s'?", near);
		else if (!colon && strchr(word, '.'))
			diag_hint(s->d, "u:%s probes the function's entry, ur:%s its return", word, word);
		else
			diag_hint(s->d, "probes are u:FUNC ur:FUNC begin end interval:s:1 tracepoint:CATEGORY:NAME "
					"profile:hz:99");
		return false;
	}
	if (alone(ap->provider)) {
		if (!colon)
			return true;
		diag_error(s->d, loc, "%.*s stands alone", (int)n, raw);
		return false;
	}
	if (!colon || !colon[1]) {
		if (ap->provider == PROV_UPROBE || ap->provider == PROV_URETPROBE) {
			diag_error(s->d, loc, "%s: which function?", raw);
			diag_hint(s->d, "u:main.main, or a glob: u:main.*");
		} else {
			diag_error(s->d, loc, "%s: of what?", raw);
			diag_hint(s->d, "probes are u:FUNC ur:FUNC begin end interval:s:1 tracepoint:CATEGORY:NAME "
					"profile:hz:99");
		}
		return false;
	}
	switch (ap->provider) {
	case PROV_UPROBE:
	case PROV_URETPROBE: return uprobe(s, ap, colon + 1, loc);
	case PROV_INTERVAL:
	case PROV_PROFILE: return timer(s, ap, colon + 1, loc);
	case PROV_SOFTWARE:
	case PROV_HARDWARE: return counter(s, ap, colon + 1, loc);
	default: return other(s, ap, colon + 1, loc);
	}
}

/* Control characters and what is no UTF-8 at all: told once, as it comes by the thousand. */
static bool plain(struct scan *s, uint32_t from, uint32_t to)
{
	size_t n;

	for (uint32_t p = from; p < to; p += (uint32_t)n) {
		unsigned char c = (unsigned char)s->src->text[p];
		struct src_loc at = { p, p + 1, s->src->index, 0 };

		n = c == '\t' ? 1 : scan_utf8(s->src->text + p, to - p);
		if (n)
			continue;
		if (!s->bad_byte)
			diag_error(s->d, at, "unexpected byte 0x%02x: is this a script?", c);
		s->bad_byte = true;
		return false;
	}
	return true;
}

static void no_probe(struct scan *s, struct src_loc loc)
{
	char c = s->src->text[loc.begin];

	if (s->astray)
		return;
	s->astray = true;
	if (c == '}' || c == '>') {
		diag_error(s->d, loc, "this '%c' closes nothing", c);
	} else {
		diag_error(s->d, loc, "a probe was expected here");
		diag_hint(s->d, "a script is a list of: PROBE /PREDICATE/ { STATEMENTS }");
	}
}

/* The end of what is no probe: of a whole predicate, else of one character. */
static uint32_t behind_predicate(const char *t, uint32_t p)
{
	const char *end = t[p] == '/' ? strpbrk(t + p + 1, "/{}\n") : NULL;

	return end && *end == '/' ? (uint32_t)(end - t) + 1 : p + 1;
}

/* u: main.add, a blank in a probe: told once, for both halves.  *end becomes the end of the second. */
static bool behind_blank(struct scan *s, struct src_loc loc, uint32_t *end)
{
	const char *t = s->src->text, *bad;
	uint32_t p = *end + (uint32_t)strspn(t + *end, " \t"), to;

	if (p == *end || t[*end - 1] != ':' || !attach_begins(t + loc.begin, *end - loc.begin) ||
	    attach_begins(t + p, strcspn(t + p, " \t\n{</,")))
		return false;
	to = span(t, p, false, &bad);
	if (bad || to == p)
		return false;
	loc.end = to;
	diag_error(s->d, loc, "a blank in a probe");
	diag_hint(s->d, "%.*s%.*s", (int)(*end - loc.begin), t + loc.begin, (int)(to - p), t + p);
	*end = to;
	return true;
}

uint32_t attach_scan(struct scan *s, uint32_t pos, struct attach_point ***out, uint32_t *n)
{
	const char *t = s->src->text, *bad;
	struct attach_point **v = NULL, *last = NULL;
	uint32_t count = 0, cap = 0, p = pos;
	struct buf raw = BUF_INIT; /* of last, when it is a list */

	for (;;) {
		struct src_loc loc = { p, p, s->src->index, 0 };
		uint32_t end = span(t, p, last && last->npatterns, &bad), next;

		loc.end = end > p ? end : p + 1;
		if (bad) {
			struct src_loc b = { (uint32_t)(bad - t), (uint32_t)(bad - t) + 1, s->src->index, 0 };

			diag_error(s->d, b, "this '%c' is not closed on its line", *bad);
			diag_hint(s->d, "a part of a name stands in quotes: u:\"net/http.(*conn*\"");
			last = NULL;
		} else if (end == p) {
			no_probe(s, loc);
			end = behind_predicate(t, p);
		} else if (behind_blank(s, loc, &end)) {
			last = NULL;
		} else if (!plain(s, p, end)) {
			last = NULL;
		} else if (last && (last->provider == PROV_UPROBE || last->provider == PROV_URETPROBE) &&
			   last->npatterns && !attach_begins(t + p, end - p)) {
			bool not = t[p] == '!';
			const char *text = expand(s, t + p + not, end - p - not );

			if (!*text) {
				diag_error(s->d, loc, "which functions are excluded?");
				diag_hint(s->d, "u:main.*,!main.noisy*");
			}
			add_pattern(s, last, text, strlen(text), not, loc);
			if (!raw.len)
				buf_puts(&raw, last->raw);
			buf_puts(&raw, not ? ",!" : ",");
			buf_puts(&raw, text);
			last->loc = loc_join(last->loc, loc);
		} else {
			if (raw.len)
				last->raw = arena_strdup(s->a, buf_str(&raw));
			buf_reset(&raw);
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
		if (!last && raw.len)
			buf_reset(&raw);
		next = scan_skip(s->src, next + 1);
		p = next;
		/* a trailing comma */
		if (!t[next] || t[next] == '{' || t[next] == '<' || t[next] == '/')
			break;
	}
	if (count && strchr("{</", t[scan_skip(s->src, p)])) /* a clause, whatever its probes are */
		s->astray = false;
	if (raw.len && last)
		last->raw = arena_strdup(s->a, buf_str(&raw));
	buf_free(&raw);
	*out = v;
	*n = count;
	return p;
}

bool attach_point_parse(struct ast *ast, const char *text, size_t len, uint32_t base, const struct parse_opts *opts,
			struct attach_point *out)
{
	struct scan s = { .ast = ast, .a = ast->arena, .d = ast->diag, .src = ast->source, .opts = opts };
	struct src_loc loc = { base, base + (uint32_t)len, ast->source->index, 0 };

	/* text need not be the source's: then the whole of it is the place */
	memset(out, 0, sizeof(*out));
	out->raw = expand(&s, text, len);
	if (parse_one(&s, out, loc))
		return true;
	out->provider = PROV_NONE;
	return false;
}
