/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* scan.c - literals and lookahead for the scanner. */
#include "parser/scan.h"

#include <ctype.h>
#include <string.h>

#include "gft/arena.h"

uint32_t scan_skip(const struct source *src, uint32_t pos)
{
	const char *t = src->text;
	uint32_t n = (uint32_t)src->len;

	for (;;) {
		while (pos < n && isspace((unsigned char)t[pos]))
			pos++;
		if (pos + 1 < n && t[pos] == '/' && t[pos + 1] == '/') {
			while (pos < n && t[pos] != '\n')
				pos++;
		} else if (pos + 1 < n && t[pos] == '/' && t[pos + 1] == '*') {
			const char *e = strstr(t + pos + 2, "*/");

			if (!e)
				return n;
			pos = (uint32_t)(e - t) + 2;
		} else {
			return pos;
		}
	}
}

static bool type_word(const char *s, size_t n)
{
	static const char *const words[] = {
		"bool",	    "void",	 "char",     "short",  "int",	  "long",     "string",	 "size_t",
		"ssize_t",  "uintptr_t", "pid_t",    "int8",   "int16",	  "int32",    "int64",	 "uint8",
		"uint16",   "uint32",	 "uint64",   "int8_t", "int16_t", "int32_t",  "int64_t", "uint8_t",
		"uint16_t", "uint32_t",	 "uint64_t", "buffer", "typeof",  "unsigned", "signed",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n && !memcmp(words[i], s, n))
			return true;
	return false;
}

static uint32_t word_end(const char *t, uint32_t p)
{
	while (isalnum((unsigned char)t[p]) || t[p] == '_')
		p++;
	return p;
}

/* The same of "ns::name", a type of C++ or Rust. */
static uint32_t path_end(const char *t, uint32_t p)
{
	uint32_t e = word_end(t, p), next;

	while (e > p && t[e] == ':' && t[e + 1] == ':' && (next = word_end(t, e + 2)) > e + 2)
		e = next;
	return e;
}

bool scan_is_type(const struct source *src, uint32_t pos, bool operand)
{
	const char *t = src->text;
	uint32_t p = scan_skip(src, pos + 1), e = path_end(t, p), n = e - p;
	bool tagged = (n == 6 && !memcmp(t + p, "struct", 6)) || (n == 5 && !memcmp(t + p, "union", 5)) ||
		      (n == 4 && !memcmp(t + p, "enum", 4)),
	     pointer = false;
	char c;

	if (!n || isdigit((unsigned char)t[p]))
		return false;
	if (tagged)
		return true;
	if (type_word(t + p, n)) {
		e = scan_skip(src, e);
		return t[e] == ')' || t[e] == '*' || t[e] == '[' || t[e] == '(' || isalpha((unsigned char)t[e]);
	}
	if (!operand)
		return false;
	/* (name) or (name *) before an operand; (pid) * tid is a product */
	for (c = t[e = scan_skip(src, e)]; c == '*'; c = t[e = scan_skip(src, e + 1)])
		pointer = true;
	if (c != ')')
		return false;
	c = t[e = scan_skip(src, e + 1)];
	return pointer || c == '$' || c == '@' || c == '"' || c == '(' || isalnum((unsigned char)c) || c == '_' ||
	       (n > 2 && !memcmp(t + p + n - 2, "_t", 2) && c && strchr("*-&~!", c));
}

size_t scan_utf8(const char *text, size_t len)
{
	const unsigned char *u = (const unsigned char *)text;
	uint32_t c, least;
	size_t n;

	if (!len || u[0] < 0x20 || u[0] == 0x7f)
		return 0;
	if (u[0] < 0x80)
		return 1;
	n = u[0] >= 0xf0 && u[0] < 0xf5 ? 4 : u[0] >= 0xe0 && u[0] < 0xf0 ? 3 : u[0] >= 0xc2 && u[0] < 0xe0 ? 2 : 0;
	if (!n || n > len)
		return 0;
	c = u[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	least = n == 2 ? 0xa0 : n == 3 ? 0x800 : 0x10000; /* 0x80 to 0x9f are control characters */
	return c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : 99;
}

static bool suffix(const char *s, size_t n, uint64_t *scale)
{
	static const struct {
		const char *s;
		uint64_t v;
	} t[] = {
		{ "", 1 },
		{ "u", 1 },
		{ "l", 1 },
		{ "ul", 1 },
		{ "ll", 1 },
		{ "ull", 1 },
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
		{ "m", 60000000000 },
		{ "h", 3600000000000 },
		{ "d", 86400000000000 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		/* 1M is no minute; 1UL is an unsigned long */
		if (strlen(t[i].s) == n &&
		    !(t[i].v == 1 && strcmp(t[i].s, "ns") ? strncasecmp : strncmp)(t[i].s, s, n)) {
			*scale = t[i].v;
			return true;
		}
	return false;
}

enum number_error scan_number(const char *text, size_t len, uint64_t *out, size_t *read)
{
	unsigned base = 10;
	size_t i = 0;
	uint64_t v = 0, scale = 1;
	bool over = false, digits = false;

	*read = 0;
	if (len > 1 && text[0] == '0' && (text[1] | 32) == 'x') {
		base = 16;
		i = 2;
	} else if (len > 1 && text[0] == '0' && isdigit((unsigned char)text[1])) {
		base = 8;
		i = 1;
	}
	for (; i < len &&
	       (text[i] == '_' || (unsigned)digit(text[i]) < base || (base == 8 && isdigit((unsigned char)text[i])));
	     i++) {
		if (text[i] == '_')
			continue;
		if ((unsigned)digit(text[i]) >= base)
			return NUMBER_OCTAL;
		over |= __builtin_mul_overflow(v, (uint64_t)base, &v) ||
			__builtin_add_overflow(v, (uint64_t)digit(text[i]), &v);
		digits = true;
	}
	if (!digits && base != 8)
		return base == 16 ? NUMBER_NO_HEX : NUMBER_NONE;
	if (base == 10 && i + 1 < len && (text[i] | 32) == 'e' && isdigit((unsigned char)text[i + 1])) {
		unsigned e = 0;

		for (i++; i < len && (text[i] == '_' || isdigit((unsigned char)text[i])); i++)
			e = e < 100 && text[i] != '_' ? e * 10 + (unsigned)digit(text[i]) : e;
		while (e--)
			over |= __builtin_mul_overflow(v, (uint64_t)10, &v);
	}
	if (text[i - 1] == '_') { /* it stands between digits */
		*read = i - 1;
		return NUMBER_SUFFIX;
	}
	*read = i;
	if (!suffix(text + i, len - i, &scale))
		return NUMBER_SUFFIX;
	over |= __builtin_mul_overflow(v, scale, &v);
	*out = v;
	return over ? NUMBER_TOO_LARGE : NUMBER_OK;
}

uint64_t scan_int(struct scan *s, const char *text, size_t len, struct src_loc loc, bool *is_unsigned)
{
	uint64_t v = 0;
	size_t read;

	switch (scan_number(text, len, &v, &read)) {
	case NUMBER_OK: *is_unsigned = v > INT64_MAX; return v;
	case NUMBER_OCTAL:
		diag_error(s->d, loc, "'%.*s' is no octal number: a leading 0 means base 8", (int)len, text);
		break;
	case NUMBER_NO_HEX: diag_error(s->d, loc, "'%.*s' has no hexadecimal digits", (int)len, text); break;
	case NUMBER_NONE: diag_error(s->d, loc, "'%.*s' is no number", (int)len, text); break;
	case NUMBER_TOO_LARGE: diag_error(s->d, loc, "'%.*s' does not fit 64 bits", (int)len, text); break;
	case NUMBER_SUFFIX:
		if (read + 1 == len && text[read] == '_') {
			diag_error(s->d, loc, "'%.*s': '_' stands between digits", (int)len, text);
			break;
		}
		diag_error(s->d, loc, "invalid integer suffix '%.*s'", (int)(len - read), text + read);
		diag_hint(s->d, "durations are 10ns 10us 10ms 10s 10m 10h 10d");
		break;
	}
	return 0;
}

bool scan_signed(const char *text, int64_t *out)
{
	bool minus = *text == '-';
	uint64_t v;
	size_t read;

	text += minus || *text == '+';
	if (scan_number(text, strlen(text), &v, &read) != NUMBER_OK || v > (uint64_t)INT64_MAX + minus)
		return false;
	*out = (int64_t)(minus ? 0 - v : v);
	return true;
}

const char *scan_string(struct scan *s, const char *text, size_t len, struct src_loc loc, uint32_t *out_len)
{
	char *out = arena_alloc(s->a, len);
	size_t n = 0;

	for (size_t i = 1; i + 1 < len; i++) {
		struct src_loc at = loc;

		if (text[i] != '\\') {
			out[n++] = text[i];
			continue;
		}
		at.begin = loc.begin + (uint32_t)i;
		i++;
		switch (text[i]) {
		case 'n': out[n++] = '\n'; break;
		case 't': out[n++] = '\t'; break;
		case 'r': out[n++] = '\r'; break;
		case '"': out[n++] = '"'; break;
		case '\\': out[n++] = '\\'; break;
		case 'x':
		case 'X': {
			unsigned v = 0, k = 0;

			while (k < 2 && i + 1 < len - 1 && digit(text[i + 1]) < 16) {
				v = v * 16 + (unsigned)digit(text[++i]);
				k++;
			}
			if (!k) {
				at.end = at.begin + 2;
				diag_error(s->d, at, "\\x needs hexadecimal digits");
			}
			out[n++] = (char)v;
			break;
		}
		default:
			if (text[i] >= '0' && text[i] <= '7') {
				unsigned v = (unsigned)digit(text[i]), k = 1;

				while (k < 3 && i + 1 < len - 1 && digit(text[i + 1]) < 8) {
					v = v * 8 + (unsigned)digit(text[++i]);
					k++;
				}
				if (v > 255) {
					at.end = at.begin + 1 + k;
					diag_error(s->d, at, "\\%o is no byte: escapes are \\0 to \\377", v);
				}
				out[n++] = (char)v;
				break;
			}
			at.end = at.begin + 2;
			diag_error(s->d, at, "invalid escape character '\\%c'",
				   isprint((unsigned char)text[i]) ? text[i] : '?');
			diag_hint(s->d, "escapes are \\n \\t \\r \\\" \\\\ \\0 to \\377 and \\xHH");
			out[n++] = text[i];
			break;
		}
	}
	out[n] = 0;
	*out_len = (uint32_t)n;
	return out;
}
