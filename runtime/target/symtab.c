/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* symtab.c - .symtab and .dynsym, where a binary still has them. */
#include "internal.h"

static bool walk(const struct tgt *t, const struct section *s, bool undefined, sym_fn *fn, void *arg)
{
	struct span syms = tgt_section_bytes(t, s), strs;

	if (s->link >= t->nsec)
		return true;
	strs = tgt_section_bytes(t, &t->sec[s->link]);
	if (!strs.n || strs.p[strs.n - 1])
		return true; /* not a string table */
	for (size_t i = 0; i + sizeof(Elf64_Sym) <= syms.n; i += sizeof(Elf64_Sym)) {
		struct sym out;
		Elf64_Sym e;

		memcpy(&e, syms.p + i, sizeof(e));
		if ((e.st_shndx == SHN_UNDEF && !undefined) || !e.st_name || e.st_name >= strs.n)
			continue;
		out.name = (const char *)strs.p + e.st_name;
		out.value = e.st_value;
		out.size = e.st_size;
		out.type = ELF64_ST_TYPE(e.st_info);
		out.bind = ELF64_ST_BIND(e.st_info);
		out.shndx = e.st_shndx;
		if (*out.name && !fn(arg, &out))
			return false;
	}
	return true;
}

static void each(const struct tgt *t, bool undefined, sym_fn *fn, void *arg)
{
	for (unsigned i = 1; i < t->nsec; i++) {
		const struct section *s = &t->sec[i];

		if ((s->type == SHT_SYMTAB || s->type == SHT_DYNSYM) && !walk(t, s, undefined, fn, arg))
			return;
	}
}

void tgt_each_symbol(const struct tgt *t, sym_fn *fn, void *arg)
{
	each(t, false, fn, arg);
}

void tgt_each_name(const struct tgt *t, sym_fn *fn, void *arg)
{
	each(t, true, fn, arg);
}

struct find {
	const char *name;
	struct sym out;
	bool found;
};

static bool find_one(void *arg, const struct sym *s)
{
	struct find *f = arg;

	if (s->type == STT_FILE || s->type == STT_SECTION || strcmp(s->name, f->name))
		return true;
	f->out = *s;
	f->found = true;
	/* a local name may be there several times: a global one decides */
	return s->bind == STB_LOCAL;
}

static bool find_ifunc(void *arg, const struct sym *s)
{
	struct find *f = arg;

	f->found = s->type == STT_GNU_IFUNC && !strcmp(s->name, f->name);
	return !f->found;
}

static bool find_import(void *arg, const struct sym *s)
{
	struct find *f = arg;

	f->found = s->shndx == SHN_UNDEF && (s->type == STT_FUNC || s->type == STT_NOTYPE) && !strcmp(s->name, f->name);
	return !f->found;
}

bool tgt_is_imported(struct tgt *t, const char *name)
{
	struct find f = { .name = name };

	tgt_each_name(t, find_import, &f);
	return f.found;
}

bool tgt_is_ifunc(struct tgt *t, const char *name)
{
	struct find f = { .name = name };

	tgt_each_symbol(t, find_ifunc, &f);
	return f.found;
}

bool tgt_symbol(struct tgt *t, const char *name, uint64_t *vaddr, uint64_t *size)
{
	struct find f = { .name = name };

	tgt_each_symbol(t, find_one, &f);
	if (!f.found)
		return false;
	if (vaddr)
		*vaddr = f.out.value;
	if (size)
		*size = f.out.size;
	return true;
}
