/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * alone.h - main() of a fuzz target without libFuzzer: runs the files that it is
 * given (standard input without any), and with -s SECONDS then damaged copies
 * of them for so long.  It knows nothing of coverage, but needs no clang: this
 * is how the tests run the targets, in the build with ASan and UBSan.
 */
#ifndef GFT_FUZZ_ALONE_H
#define GFT_FUZZ_ALONE_H

#ifndef GFT_LIBFUZZER

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gft/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t alone_seed = 88172645463325252ULL;

static uint64_t alone_random(void)
{
	alone_seed ^= alone_seed << 13;
	alone_seed ^= alone_seed >> 7;
	alone_seed ^= alone_seed << 17;
	return alone_seed;
}

static void alone_read(FILE *f, struct buf *b)
{
	char part[4096];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(b, part, n);
}

/* A few bytes changed, a part moved or left out. */
static void alone_damage(struct buf *b)
{
	static const uint8_t special[] = { 0, 1, 0x7f, 0x80, 0xff, '(', '}', '"' };

	for (unsigned k = (unsigned)(alone_random() % 8) + 1; k--;) {
		size_t at = b->len ? alone_random() % b->len : 0, n = alone_random() % 16;

		switch (b->len ? alone_random() % 5 : 4) {
		case 0: b->data[at] = (char)alone_random(); break;
		case 1: b->data[at] = (char)special[alone_random() % sizeof(special)]; break;
		case 2: b->data[at] = (char)(b->data[at] + (alone_random() & 1 ? 1 : -1)); break;
		case 3:
			if (alone_random() % 8 == 0)
				b->len = at;
			break;
		default:
			while (n--)
				buf_putc(b, (char)alone_random());
		}
	}
}

int main(int argc, char **argv)
{
	struct buf *seeds = calloc((size_t)argc + 1, sizeof(*seeds)), b = BUF_INIT;
	unsigned long runs = 0;
	int nseeds = 0, seconds = 0;
	time_t end;

	for (int i = 1; i < argc; i++) {
		FILE *f;

		if (!strcmp(argv[i], "-s") && i + 1 < argc) {
			seconds = atoi(argv[++i]);
			continue;
		}
		f = fopen(argv[i], "r");
		if (!f) {
			perror(argv[i]);
			return 1;
		}
		alone_read(f, &seeds[nseeds++]);
		fclose(f);
	}
	if (!nseeds && !seconds)
		alone_read(stdin, &seeds[nseeds++]);
	for (int i = 0; i < nseeds; i++)
		LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&seeds[i]), seeds[i].len);
	for (end = time(NULL) + seconds; time(NULL) < end; runs++) {
		const struct buf *s = &seeds[nseeds ? alone_random() % (unsigned)nseeds : 0];

		buf_reset(&b);
		buf_add(&b, s->data ? s->data : "", s->len);
		alone_damage(&b);
		LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&b), b.len);
	}
	printf("%d files, %lu damaged ones\n", nseeds, runs);
	buf_free(&b);
	for (int i = 0; i < nseeds; i++)
		buf_free(&seeds[i]);
	free(seeds);
	return 0;
}

#endif
#endif
