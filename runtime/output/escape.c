/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * escape.c - text and durations that people read.
 *
 * A traced program can put any bytes into a string; a terminal obeys some of
 * them.  What is not plainly printable leaves as \xNN.
 */
#include <stdint.h>
#include <string.h>

#include "gft/buf.h"
#include "gft/output.h"
#include "runtime/output/value.h"

/* Code points that change how the rest of a line looks: C1 controls, bidirectional overrides, line separators. */
bool value_harmful(uint32_t c)
{
	return c < 0xa0 || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       c == 0xfeff;
}

size_t value_utf8(const unsigned char *s, size_t len, uint32_t *out)
{
	size_t n;
	uint32_t c, min;

	if (s[0] >= 0xc2 && s[0] < 0xe0)
		n = 2, c = s[0] & 0x1f, min = 0x80;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		n = 3, c = s[0] & 0xf, min = 0x800;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		n = 4, c = s[0] & 7, min = 0x10000;
	else
		return 0;
	if (len < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*out = c;
	return n;
}

/* Bytes of the UTF-8 character that s begins with, 0 when there is none that may be shown. */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	uint32_t c;
	size_t n = value_utf8(s, len, &c);

	return n && !value_harmful(c) ? n : 0;
}

void value_escape(struct buf *b, const char *str, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)str;
	size_t i = 0, begin = 0;

	while (i < len) {
		size_t n = s[i] < 0x80 ? s[i] >= 0x20 && s[i] != 0x7f : utf8_len(s + i, len - i);

		if (n) {
			i += n;
			continue;
		}
		buf_add(b, s + begin, i - begin);
		buf_putc(b, '\\');
		switch (s[i]) {
		case '\n': buf_putc(b, 'n'); break;
		case '\t': buf_putc(b, 't'); break;
		case '\r': buf_putc(b, 'r'); break;
		default:
			buf_putc(b, 'x');
			buf_putc(b, hex[s[i] >> 4]);
			buf_putc(b, hex[s[i] & 15]);
		}
		begin = ++i;
	}
	buf_add(b, s + begin, i - begin);
}

/* In quotes everything can be told apart. */
void value_escape_quoted(struct buf *b, const char *s, size_t len)
{
	while (len) {
		size_t n = 0;

		while (n < len && s[n] != '"' && s[n] != '\\')
			n++;
		value_escape(b, s, n);
		if (n < len) {
			buf_putc(b, '\\');
			buf_putc(b, s[n++]);
		}
		s += n;
		len -= n;
	}
}

void value_escape_but(struct buf *b, const char *s, size_t len, const char *keep)
{
	while (len) {
		size_t n = 0;

		while (n < len && !(s[n] && strchr(keep, s[n])))
			n++;
		value_escape(b, s, n);
		if (n < len)
			buf_putc(b, s[n++]);
		s += n;
		len -= n;
	}
}

/* v thousandths as V.vvv without zeros at the end. */
static void fraction(struct buf *b, uint64_t v, const char *unit)
{
	unsigned frac = (unsigned)(v % 1000);

	buf_u64(b, v / 1000);
	if (frac) {
		buf_putc(b, '.');
		buf_putc(b, (char)('0' + frac / 100));
		if (frac % 100)
			buf_putc(b, (char)('0' + frac / 10 % 10));
		if (frac % 10)
			buf_putc(b, (char)('0' + frac % 10));
	}
	buf_puts(b, unit);
}

/* Four significant digits of v thousandths, v below 1,000,000. */
static uint64_t round4(uint64_t v)
{
	if (v >= 100000)
		return (v + 50) / 100 * 100;
	if (v >= 10000)
		return (v + 5) / 10 * 10;
	return v;
}

void value_duration(struct buf *b, uint64_t ns)
{
	uint64_t v;

	if (ns < 1000) {
		buf_u64(b, ns);
		buf_puts(b, "ns");
		return;
	}
	v = round4(ns); /* thousandths of a microsecond */
	if (ns < 1000000 && v < 1000000) {
		fraction(b, v, "us");
		return;
	}
	v = round4((ns + 500) / 1000);
	if (ns < 1000000000 && v < 1000000) {
		fraction(b, v, "ms");
		return;
	}
	v = round4(ns / 1000000 + (ns % 1000000 >= 500000));
	if (v < 60000) {
		fraction(b, v, "s");
		return;
	}
	v = ns / 100000000 + (ns % 100000000 >= 50000000); /* tenths of a second */
	if (v < 6000) {
		buf_printf(b, "%um%02u", (unsigned)(v / 600), (unsigned)(v / 10 % 60));
		if (v % 10)
			buf_printf(b, ".%u", (unsigned)(v % 10));
		buf_putc(b, 's');
		return;
	}
	v = (v + 5) / 10; /* seconds */
	if (v < 3600)
		buf_printf(b, "%um%02us", (unsigned)(v / 60), (unsigned)(v % 60));
	else
		buf_printf(b, "%lluh%02um", (unsigned long long)((v + 30) / 3600), (unsigned)((v + 30) / 60 % 60));
}
