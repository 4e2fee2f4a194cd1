/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* reasons BINARY - the names of the wait reasons of a Go program, one line each: number, name. */
#include <stdio.h>

#include "gft/target.h"

int main(int argc, char **argv)
{
	struct tgt_error err = { "" };
	struct tgt_opts opts = { 0 };
	struct tgt *t;

	if (argc != 2 || tgt_open(&t, argv[1], &opts, &err) < 0) {
		fprintf(stderr, "reasons: %s\n", argc == 2 ? err.msg : "reasons BINARY");
		return 2;
	}
	for (uint32_t i = 0; i < 256; i++)
		if (tgt_wait_reason(t, i))
			printf("%u %s\n", i, tgt_wait_reason(t, i));
	tgt_close(t);
	return 0;
}
