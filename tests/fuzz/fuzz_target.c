/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fuzz_target - a binary from a hostile hand: open it, ask everything.
 *
 * The input is the file; small programs made by tests/unit/test_target_made.c
 * and the first megabyte of real ones are good seeds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/alone.h"
#include "gft/buf.h"
#include "gft/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct tgt *t)
{
	struct tgt_error err;
	struct buf b = BUF_INIT;
	const char *names[3], *file;
	uint64_t *addrs, addr, len;
	uint32_t *found;
	unsigned line;

	for (uint32_t i = 0; i < tgt_nfuncs(t) && i < 500; i++) {
		const struct tgt_func *f = tgt_func(t, i);
		struct tgt_sites s;
		struct tgt_site one;

		tgt_sites(t, i, TGT_WANT_ENTRY | TGT_WANT_EXITS | (i & 1 ? TGT_WANT_ARGS : 0), &s);
		if (s.has_entry && tgt_check_site(t, s.entry.vaddr, &one, &err))
			abort();
		for (uint32_t k = 0; k < s.nexits; k++) {
			if (tgt_check_site(t, s.exits[k].vaddr, &one, &err))
				abort();
		}
		tgt_sites_fini(&s);
		tgt_check_site(t, f->entry + i % 7, &one, &err);
		tgt_line(t, f->entry + 3, &file, &line);
		if (tgt_func_at(t, f->entry) < 0)
			abort();
	}
	tgt_match(t, "main.[a-z]*", &found);
	free(found);
	tgt_nearest(t, "runtime.gopakr", names, 3);
	for (unsigned column = 0; column < 2; column++) { /* 0: any column */
		tgt_line_to_addrs(t, "main.go", 7, column, &addrs);
		free(addrs);
	}
	tgt_symbol(t, "runtime.buildVersion", &addr, &len);
	tgt_go(t, &err);
	tgt_info(t, &b);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tgt_opts opts = { .display = "input", .no_dwarf = true };
	struct tgt_error err;
	struct tgt *t;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	if (write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (!tgt_open(&t, path, &opts, &err)) {
			ask(t);
			tgt_close(t);
		}
	}
	close(fd);
	return 0;
}
