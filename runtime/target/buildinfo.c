/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * buildinfo.c - the version of Go that built a program: Go's
 * src/debug/buildinfo/buildinfo.go.
 */
#include <stdio.h>

#include "internal.h"

#define MAGIC		"\xff Go buildinf:"
#define MAGIC_LEN	14
#define FLAG_BIG_ENDIAN 1
#define FLAG_INLINE	2 /* Go >= 1.18: the strings follow the header */

int go_minor_of(const char *v)
{
	int minor = 0;

	if (!has_prefix(v, "go1."))
		return 0;
	for (v += 4; *v >= '0' && *v <= '9' && minor < 1000; v++)
		minor = minor * 10 + (*v - '0');
	return minor;
}

static bool take(struct tgt *t, const char *s, size_t n)
{
	if (!n || n >= sizeof(t->version) || memchr(s, 0, n))
		return false;
	/* "devel go1.24-abcdef ..." is a version too: keep what begins with go1. */
	if (n > 6 && !memcmp(s, "devel ", 6)) {
		s += 6;
		n -= 6;
	}
	if (n < 5 || memcmp(s, "go1.", 4))
		return false;
	memcpy(t->version, s, n);
	t->version[n] = 0;
	/* "go1.23.5 X:boringcrypto": the experiments are not the version */
	t->version[strcspn(t->version, " ")] = 0;
	return true;
}

/* A length of seven bits a byte, then so many bytes. */
static bool string_at(struct span s, size_t *at, struct span *out)
{
	uint64_t len = 0;

	for (unsigned shift = 0; shift < 35 && *at < s.n; shift += 7) {
		uint8_t b = s.p[(*at)++];

		len |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			break;
	}
	if (len > s.n - *at)
		return false;
	*out = (struct span){ s.p + *at, len };
	*at += len;
	return true;
}

static bool parse(struct tgt *t, uint64_t vaddr)
{
	struct span s = tgt_mem_span(t, vaddr);
	uint64_t ptr, data, len;

	if (s.n < 32 || memcmp(s.p, MAGIC, MAGIC_LEN))
		return false;
	if (s.p[15] & FLAG_INLINE) {
		struct span version, mod;
		size_t at = 32;

		if (!string_at(s, &at, &version))
			return false;
		/* what the modules are, between two marks of 16 bytes (cmd/go's modload.ModInfoData) */
		if (string_at(s, &at, &mod) && mod.n > 33 && mod.p[mod.n - 17] == '\n')
			t->modinfo = (struct span){ mod.p + 16, mod.n - 32 };
		return take(t, (const char *)version.p, version.n);
	}
	if (s.p[14] != 8 || (s.p[15] & FLAG_BIG_ENDIAN))
		return false;
	if (!tgt_word(t, vaddr + 16, &ptr) || !tgt_word(t, ptr, &data) || !tgt_word(t, ptr + 8, &len))
		return false;
	s = tgt_mem_span(t, data);
	return len <= s.n && s.p && take(t, (const char *)s.p, len);
}

/* runtime.buildVersion is a string: an address and a length. */
static bool from_symbol(struct tgt *t)
{
	uint64_t v, data, len;
	struct span s;

	if (!tgt_symbol(t, "runtime.buildVersion", &v, NULL) || !tgt_word(t, v, &data) || !tgt_word(t, v + 8, &len))
		return false;
	s = tgt_mem_span(t, data);
	return s.p && len <= s.n && take(t, (const char *)s.p, len);
}

const char *tgt_go_version(struct tgt *t)
{
	const struct section *sec;

	if (t->version_read)
		return t->version;
	t->version_read = true;
	sec = tgt_section(t, ".go.buildinfo");
	if (sec && parse(t, sec->addr))
		return t->version;
	if (from_symbol(t) || !t->go)
		return t->version;
	/* without the section, the header lies 16-byte aligned in a data segment */
	for (unsigned i = 0; i < t->nseg; i++) {
		const struct segment *g = &t->seg[i];

		if (g->type != PT_LOAD || (g->flags & PF_X))
			continue;
		for (uint64_t off = -g->vaddr & 15; off + 32 <= g->filesz; off += 16) {
			if (t->map[g->off + off] == 0xff && parse(t, g->vaddr + off))
				return t->version;
		}
	}
	return t->version;
}
