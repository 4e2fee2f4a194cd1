/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* text.h - functions that look into strings. */
#ifndef GFT_TEXT_H
#define GFT_TEXT_H

static __always_inline __s64 gft_str_len(const char *s, __u32 size)
{
	__u32 n = 0;

	for (; n < size; n++)
		if (!s[n])
			break;
	return n;
}

static __always_inline __s64 gft_str_ncmp(const char *a, __u32 na, const char *b, __u32 nb, __u64 n)
{
	for (__u32 i = 0; i < n && i < (na > nb ? na : nb); i++) {
		__u8 x = i < na ? a[i] : 0, y = i < nb ? b[i] : 0;

		if (x != y)
			return (__s64)x - y;
		if (!x)
			return 0;
	}
	return 0;
}

struct gft_search_text {
	const char *s, *part;
	__u32 ns, npart;
	__u32 found;
};

/* Whether the part begins at i. */
static long gft_part_at(__u32 i, struct gft_search_text *t)
{
	__u32 j = 0;

	for (; j < t->npart; j++) {
		__u32 k = i + j;
		char c = t->part[j];

		if (!c)
			break;
		if (k >= t->ns || t->s[k] != c)
			return 0;
	}
	t->found = 1;
	return 1;
}

static __always_inline bool gft_str_contains(const char *s, __u32 ns, const char *part, __u32 npart)
{
	struct gft_search_text t = { s, part, gft_str_len(s, ns), npart, 0 };

	/* each place is looked at by one run of a function: nested loops would be verified along every path */
	bpf_loop((__u32)t.ns + 1, gft_part_at, &t, 0);
	return t.found;
}

#endif
