/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fuzz_facts - a real Go program with a few bytes changed: functions, inlining
 * trees, types and parameters by DWARF, Go's own type data, plans of values and
 * their text.
 *
 * The program is the one that GFT_FUZZ_BASE names, with DWARF that is not
 * compressed.  The input is a list of changes, 12 bytes each: which part of the
 * file, how many bytes (1 to 8), where (modulo the part's size), and the value.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/alone.h"
#include "gft/buf.h"
#include "gft/gotype.h"
#include "gft/target.h"
#include "runtime/govalue.h"

#define PARTS 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
	size_t off, size;
};

static uint8_t *base;
static size_t base_size;
static struct part parts[PARTS];
static unsigned nparts;

static void add_part(size_t off, size_t size)
{
	if (nparts < PARTS && size && off < base_size && size <= base_size - off)
		parts[nparts++] = (struct part){ off, size };
}

static void find_parts(void)
{
	static const char *const wanted[] = {
		".gopclntab",	   ".go.buildinfo",   ".go.module",  ".noptrdata",    ".rodata",    ".data",
		".typelink",	   ".itablink",	      ".debug_info", ".debug_abbrev", ".debug_loc", ".debug_ranges",
		".debug_loclists", ".debug_rnglists", ".debug_addr", ".symtab",	      ".text"
	};
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)base;
	const Elf64_Shdr *sh = (const Elf64_Shdr *)(base + eh->e_shoff);
	const char *names = (const char *)base + sh[eh->e_shstrndx].sh_offset;

	add_part(0, sizeof(*eh));
	add_part(eh->e_phoff, eh->e_phnum * sizeof(Elf64_Phdr));
	add_part(eh->e_shoff, eh->e_shnum * sizeof(*sh));
	for (unsigned i = 1; i < eh->e_shnum; i++) {
		const char *name = names + sh[i].sh_name;

		for (size_t k = 0; k < sizeof(wanted) / sizeof(*wanted); k++) {
			if (strcmp(name, wanted[k]) != 0 || sh[i].sh_type == SHT_NOBITS)
				continue;
			add_part(sh[i].sh_offset, sh[i].sh_size);
			if (!strcmp(name, ".gopclntab")) /* its header, as often as all the rest */
				add_part(sh[i].sh_offset, 72);
		}
	}
}

static bool load_base(void)
{
	const char *path = getenv("GFT_FUZZ_BASE");
	struct stat st;
	int fd = open(path ? path : "build/fuzz-base/values", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "fuzz_facts: no base program: name one in GFT_FUZZ_BASE\n");
		exit(1);
	}
	base_size = (size_t)st.st_size;
	base = malloc(base_size);
	if (!base || read(fd, base, base_size) != (ssize_t)base_size)
		exit(1);
	close(fd);
	find_parts();
	return true;
}

static void types(struct tgt *t, const struct go_type *type, unsigned depth)
{
	if (!type || depth > 4)
		return;
	if (type->lazy)
		tgt_type_fill(t, type);
	types(t, type->elem, depth + 1);
	for (uint32_t i = 0; i < type->nfields && i < 6; i++)
		types(t, type->fields[i].type, depth + 1);
}

static void values(struct tgt *t, uint32_t f, uint64_t noise)
{
	static const char *const paths[] = { "args.p.at.x", "args.a[1]", "args.l.list[1].list[0].name", "args",
					     "args.err" };
	static struct gft_capture cap;
	struct tgt_error err;

	for (uint32_t i = 0; i < sizeof(cap.blob); i++)
		cap.blob[i] = base[(noise + i * 7) % base_size];
	for (int results = 0; results < 2; results++) {
		struct go_wanted w = { .paths = paths, .npaths = results ? 0 : 5, .which = GO_ALL, .results = results };
		struct go_values *v = go_values_new(t, f, &w, tgt_func(t, f)->entry, &err);
		struct buf b = BUF_INIT;

		if (!v)
			continue;
		cap.ran = noise * 0x9e3779b97f4a7c15ULL;
		cap.fault = noise & ~cap.ran & 0x1010101;
		for (uint32_t i = 0; i < v->n; i++)
			go_value_print(&b, v, i, &cap);
		go_path_print(&b, v, "args", &cap);
		buf_free(&b);
		go_values_free(v);
	}
}

static void ask(struct tgt *t, uint64_t noise)
{
	static const char *const named[] = { "main.person", "*errors.errorString", "[]int", "map[string]int" };
	struct tgt_inlined_only *only;
	size_t n = tgt_nfuncs(t);
	const struct go_param *p;
	struct tgt_error err;
	struct tgt_rfield rf;
	struct tgt_rtype rt;
	struct buf b = BUF_INIT;
	uint32_t np, *found;
	uint64_t type;

	for (uint32_t k = 0; n && k < 12; k++) {
		uint32_t f = (uint32_t)((noise + k * 7919U) % n);
		struct tgt_sites s;
		const char *file;
		unsigned line;

		tgt_sites(t, f, TGT_WANT_ENTRY | TGT_WANT_EXITS | TGT_WANT_ARGS, &s);
		tgt_sites_fini(&s);
		tgt_line(t, tgt_func(t, f)->entry + k, &file, &line);
		if (!tgt_params(t, f, &p, &np, &err))
			for (uint32_t i = 0; i < np; i++)
				types(t, p[i].type, 0);
		values(t, f, noise + k);
	}
	n = tgt_match(t, "main.*", &found);
	for (size_t i = 0; i < n && i < 30; i++)
		values(t, found[i], noise + i);
	free(found);
	tgt_inlined_only(t, "*e*", &only);
	free(only);
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		types(t, noise & 3 ? NULL : tgt_type_by_name(t, named[i], &err), 0);
	if (tgt_error_type(t, "*fs.PathError", &type) && tgt_rtype(t, type, &rt))
		for (uint32_t i = 0; i < 5 && tgt_rtype_field(t, rt.elem, i, &rf); i++)
			tgt_rtype(t, rf.type, &rt);
	for (uint32_t i = 0; i < 64; i++)
		if (tgt_rtype(t, type + (noise % 4096 + i) * 8, &rt) && rt.kind == GO_STRUCT)
			tgt_rtype_field(t, type + (noise % 4096 + i) * 8, i, &rf);
	tgt_go(t, &err);
	tgt_info(t, &b);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tgt_opts opts = { .display = "input" };
	struct tgt_error err;
	struct tgt *t;
	char path[64];
	uint64_t noise = size;
	uint8_t *copy;
	int fd;

	if (!base)
		load_base();
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)base_size))
		exit(1);
	copy = mmap(NULL, base_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (copy == MAP_FAILED)
		exit(1);
	memcpy(copy, base, base_size);
	for (size_t i = 0; i + 12 <= size && i < 12 * 64; i += 12) {
		const struct part *p = &parts[data[i] % nparts];
		size_t n = data[i + 1] % 8 + 1, at;
		uint64_t val = 0;
		uint32_t off;

		memcpy(&off, data + i + 2, 4);
		memcpy(&val, data + i + 6, 6);
		at = p->off + off % p->size;
		if (n > base_size - at)
			n = base_size - at;
		memcpy(copy + at, &val, n);
		noise = noise * 31 + off + val;
	}
	munmap(copy, base_size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!tgt_open(&t, path, &opts, &err)) {
		ask(t, noise);
		tgt_close(t);
	}
	close(fd);
	return 0;
}
