/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * insns.c - how long the BPF programs of an object are, in instructions before
 * the verifier has seen them: gft -d object ... | insns.  One line for each
 * program and for each function that programs share.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gelf.h>

#include "gft/buf.h"

struct row {
	const char *name;
	unsigned long n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

int main(void)
{
	struct buf in = BUF_INIT;
	struct row rows[4096];
	size_t nrows = 0, n;
	char chunk[65536];
	Elf_Scn *s = NULL;
	Elf *e;

	while ((n = fread(chunk, 1, sizeof(chunk), stdin)))
		buf_add(&in, chunk, n);
	elf_version(EV_CURRENT);
	e = elf_memory(in.data, in.len);
	if (!e || elf_kind(e) != ELF_K_ELF) {
		fputs("insns: no object on standard input\n", stderr);
		return 1;
	}
	while ((s = elf_nextscn(e, s))) {
		GElf_Shdr h;
		Elf_Data *d = elf_getdata(s, NULL);

		if (!gelf_getshdr(s, &h) || h.sh_type != SHT_SYMTAB || !d || !h.sh_entsize)
			continue;
		for (size_t i = 0; i < h.sh_size / h.sh_entsize && nrows < 4096; i++) {
			GElf_Sym sym;

			if (gelf_getsym(d, (int)i, &sym) && GELF_ST_TYPE(sym.st_info) == STT_FUNC)
				rows[nrows++] = (struct row){ elf_strptr(e, h.sh_link, sym.st_name), sym.st_size / 8 };
		}
	}
	qsort(rows, nrows, sizeof(*rows), by_name);
	for (size_t i = 0; i < nrows; i++)
		printf("%s %lu\n", rows[i].name ? rows[i].name : "?", rows[i].n);
	elf_end(e);
	buf_free(&in);
	return 0;
}
