/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * dwopen.c - DWARF with no more of it than is needed.
 *
 * libdw takes every .debug_ section that it finds, and Go compresses them: of a
 * compiler's 26 MB 28 MB are inflated, two thirds of them lists of locations and
 * ranges that nobody asks for.  So libdw is shown the file with the names of
 * those sections taken away, in a private mapping of which only the pages with
 * section headers are copied.  Nothing is written to the file.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dwtypes.h"

static const char *const always[] = { "info", "abbrev", "str", "line_str", "str_offsets", "addr" };
static const char *const locations[] = { "loc", "loclists" };

static bool wanted(const char *name, bool locs)
{
	name += name[1] == 'z' ? strlen(".zdebug_") : strlen(".debug_");
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++) {
		if (!strcmp(name, always[i]))
			return true;
	}
	for (size_t i = 0; locs && i < sizeof(locations) / sizeof(*locations); i++) {
		if (!strcmp(name, locations[i]))
			return true;
	}
	return false;
}

/* Takes the names of sections away that are not wanted; false when the headers make no sense. */
static bool hide(uint8_t *map, size_t size, bool locs)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)map;
	Elf64_Shdr *sh, *names;

	if (size < sizeof(*eh) || memcmp(map, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_shentsize != sizeof(*sh) || !eh->e_shnum || (eh->e_shoff & 7) || eh->e_shoff > size ||
	    (size - eh->e_shoff) / sizeof(*sh) < eh->e_shnum || eh->e_shstrndx >= eh->e_shnum)
		return false;
	sh = (Elf64_Shdr *)(map + eh->e_shoff);
	names = &sh[eh->e_shstrndx];
	if (names->sh_type != SHT_STRTAB || names->sh_offset > size || names->sh_size > size - names->sh_offset ||
	    !names->sh_size || map[names->sh_offset + names->sh_size - 1])
		return false;
	for (unsigned i = 1; i < eh->e_shnum; i++) {
		const char *s =
			sh[i].sh_name < names->sh_size ? (const char *)map + names->sh_offset + sh[i].sh_name : "";

		if ((has_prefix(s, ".debug_") || has_prefix(s, ".zdebug_")) && !wanted(s, locs))
			sh[i].sh_name = (Elf64_Word)(names->sh_size - 1); /* "" */
	}
	return true;
}

bool dwt_open_lean(struct lean *l, int fd, bool locs)
{
	struct stat st;

	*l = (struct lean){ .map = MAP_FAILED };
	if (fstat(fd, &st) || st.st_size <= 0 || (uint64_t)st.st_size > SIZE_MAX)
		return false;
	l->size = (size_t)st.st_size;
	l->map = mmap(NULL, l->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	if (l->map == MAP_FAILED)
		return false;
	elf_version(EV_CURRENT);
	if (hide(l->map, l->size, locs))
		l->elf = elf_memory(l->map, l->size);
	if (l->elf)
		l->dw = dwarf_begin_elf(l->elf, DWARF_C_READ, NULL);
	if (!l->dw)
		dwt_close_lean(l);
	return l->dw;
}

void dwt_close_lean(struct lean *l)
{
	if (l->dw)
		dwarf_end(l->dw);
	if (l->elf)
		elf_end(l->elf);
	if (l->map && l->map != MAP_FAILED)
		munmap(l->map, l->size);
	*l = (struct lean){ .map = MAP_FAILED };
}
