/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * pclntab.c - finding and checking Go's table of functions.
 *
 * The table is part of every Go program, stripped or not: the runtime itself
 * needs it.  Its layout is that of src/runtime/symtab.go and, for the magic
 * numbers, src/internal/abi/symtab.go and src/debug/gosym/pclntab.go.
 */
#include <stdio.h>

#include "internal.h"

#define MAX_FUNCS (1U << 24)

/* runtime.moduledata: the same offsets from Go 1.16 to 1.27 (DWARF of binaries of those). */
#define MD_MINPC 160
#define MD_MAXPC 168
#define MD_TEXT	 176

static enum pcln_ver magic_ver(uint32_t magic)
{
	switch (magic) {
	case 0xfffffffa: return PCLN_116;
	case 0xfffffff0: return PCLN_118;
	case 0xfffffff1: return PCLN_120;
	default: return PCLN_NONE;
	}
}

static size_t functab_entry(const struct pcln *p)
{
	return p->ver == PCLN_116 ? 16 : 8;
}

/* Smallest runtime._func, without the tables that follow it. */
static size_t func_size(const struct pcln *p)
{
	switch (p->ver) {
	case PCLN_116: return 44;
	case PCLN_118: return 40;
	default: return 44;
	}
}

static struct span part(struct span all, uint64_t from, uint64_t to)
{
	struct span r = { NULL, 0 };

	if (from <= to && to <= all.n) {
		r.p = all.p + from;
		r.n = to - from;
	}
	return r;
}

/* Reads the header at p->all; returns NULL, or what is wrong with it. */
static const char *read_pc_header(struct pcln *p)
{
	const uint8_t *h = p->all.p;
	uint64_t off[5]; /* names, cutab, filetab, pctab, functab */
	size_t base;
	uint64_t n;

	if (p->all.n < 72)
		return "is cut off";
	if (rd32(h) == 0xfffffffb)
		return "is of Go 1.2 to 1.15, which gft does not read";
	p->ver = magic_ver(rd32(h));
	if (p->ver == PCLN_NONE)
		return "has an unknown magic number";
	if (h[4] || h[5] || h[6] != 1 || h[7] != 8)
		return "is not one of an x86-64 program";
	n = rd64(h + 8);
	if (!n || n > MAX_FUNCS)
		return "has an impossible number of functions";
	p->nfunc = (uint32_t)n;
	n = rd64(h + 16);
	if (n > MAX_FUNCS)
		return "has an impossible number of files";
	p->nfiles = (uint32_t)n;
	base = p->ver == PCLN_116 ? 24 : 32;
	for (int i = 0; i < 5; i++)
		off[i] = rd64(h + base + (size_t)i * 8);
	for (int i = 0; i < 5; i++) {
		if (off[i] < 64 || off[i] > p->all.n || (i && off[i] < off[i - 1]))
			return "has tables beyond its end";
	}
	p->names = part(p->all, off[0], off[1]);
	p->cutab = part(p->all, off[1], off[2]);
	p->filetab = part(p->all, off[2], off[3]);
	p->pctab = part(p->all, off[3], off[4]);
	p->funcdata = part(p->all, off[4], p->all.n);
	/* whatever follows the last NUL of the names is padding */
	while (p->names.n && p->names.p[p->names.n - 1])
		p->names.n--;
	while (p->filetab.n && p->filetab.p[p->filetab.n - 1])
		p->filetab.n--;
	if (!p->names.n)
		return "has no names";
	if (((uint64_t)p->nfunc * functab_entry(p)) + functab_entry(p) / 2 > p->funcdata.n)
		return "has more functions than bytes";
	return NULL;
}

/* The functab holds addresses in order and offsets that stay inside. */
static const char *check_functab(const struct pcln *p)
{
	size_t step = functab_entry(p);
	uint64_t prev = 0;

	if (p->ver == PCLN_116)
		return NULL; /* addresses may come from relocations: checked when read */
	for (uint32_t i = 0; i <= p->nfunc; i++) {
		const uint8_t *e = p->funcdata.p + i * step;
		uint32_t pc = rd32(e);

		if (i && pc < prev)
			return "is not in order";
		prev = pc;
		if (i < p->nfunc && (uint64_t)rd32(e + 4) + func_size(p) > p->funcdata.n)
			return "has a function beyond its end";
	}
	return NULL;
}

static uint32_t entry_off(const struct pcln *p, uint32_t i)
{
	return rd32(p->funcdata.p + (size_t)i * 8);
}

uint64_t pcln_entry(struct tgt *t, uint32_t i)
{
	const struct pcln *p = &t->pcln;
	uint64_t v = 0;

	if (p->ver != PCLN_116)
		return p->text + entry_off(p, i);
	if (!tgt_word(t, p->vaddr + (uint64_t)(p->funcdata.p - p->all.p) + (uint64_t)i * 16, &v))
		return 0;
	return v;
}

/* --- where the text is --------------------------------------------------------- */

static bool good_text(const struct tgt *t, uint64_t text)
{
	const struct pcln *p = &t->pcln;
	uint32_t span = entry_off(p, p->nfunc);

	return text && text + span > text && tgt_is_code(t, text + entry_off(p, 0)) &&
	       (!span || tgt_is_code(t, text + span - 1));
}

/*
 * runtime.moduledata begins with the address of the table.  The field text is
 * believed when minpc and maxpc, next to it, agree with functab.
 */
static bool good_moduledata(struct tgt *t, uint64_t md, uint64_t *text)
{
	const struct pcln *p = &t->pcln;
	uint64_t w, minpc, maxpc;

	if (!tgt_word(t, md, &w) || w != p->vaddr || !tgt_word(t, md + MD_MINPC, &minpc) ||
	    !tgt_word(t, md + MD_MAXPC, &maxpc) || !tgt_word(t, md + MD_TEXT, text))
		return false;
	if (p->ver == PCLN_116)
		return minpc < maxpc && tgt_is_code(t, minpc);
	return maxpc - minpc == (uint64_t)entry_off(p, p->nfunc) - entry_off(p, 0) &&
	       minpc == *text + entry_off(p, 0) && good_text(t, *text);
}

static bool find_moduledata(struct tgt *t, uint64_t *md, uint64_t *text)
{
	const struct section *s = tgt_section(t, ".go.module");
	const struct reloc *r;
	size_t n;

	if (s && good_moduledata(t, s->addr, text)) {
		*md = s->addr;
		return true;
	}
	for (unsigned i = 0; i < t->nseg; i++) {
		const struct segment *g = &t->seg[i];

		if (g->type != PT_LOAD || (g->flags & PF_X))
			continue;
		for (uint64_t off = -g->vaddr & 7; off + 8 <= g->filesz; off += 8) {
			if (rd64(t->map + g->off + off) == t->pcln.vaddr && good_moduledata(t, g->vaddr + off, text)) {
				*md = g->vaddr + off;
				return true;
			}
		}
	}
	if (!t->pie)
		return false;
	r = tgt_relocs(t, &n);
	for (size_t i = 0; i < n; i++) {
		if (r[i].addend == t->pcln.vaddr && good_moduledata(t, r[i].vaddr, text)) {
			*md = r[i].vaddr;
			return true;
		}
	}
	return false;
}

static bool find_text(struct tgt *t)
{
	struct pcln *p = &t->pcln;
	uint64_t text = 0;

	if (p->ver == PCLN_116) {
		p->text = pcln_entry(t, 0);
		p->etext = pcln_entry(t, p->nfunc);
		p->text_from = "functab";
		return p->text < p->etext && tgt_is_code(t, p->text);
	}
	/* Go 1.26 no longer fills it in, but keeps the slot */
	if (tgt_word(t, p->vaddr + 24, &text) && good_text(t, text)) {
		p->text_from = "table header";
	} else if (tgt_symbol(t, "runtime.text", &text, NULL) && good_text(t, text)) {
		p->text_from = "symbol runtime.text";
	} else if (find_moduledata(t, &p->moduledata, &text)) {
		p->text_from = "runtime.moduledata";
	} else {
		return false;
	}
	tgt_word(t, p->vaddr + 24, &p->etext);
	p->text_zero = !p->etext;
	p->text = text;
	p->etext = text + entry_off(p, p->nfunc);
	return true;
}

/* --- where the table is ------------------------------------------------------------ */

/* Looks at vaddr; NULL and t->pcln filled, or what is wrong. */
static const char *try_table(struct tgt *t, uint64_t vaddr, struct span bytes, const char *where)
{
	struct pcln p = { .where = where, .vaddr = vaddr, .all = bytes };
	const char *why = read_pc_header(&p);

	if (!why)
		why = check_functab(&p);
	if (why)
		return why;
	t->pcln = p;
	if (!find_text(t)) {
		t->pcln = (struct pcln){ .ver = PCLN_NONE };
		return "does not say where the program's text begins";
	}
	return NULL;
}

/*
 * Externally linked position-independent programs have the table somewhere in
 * .data.rel.ro, without a name: its first eight bytes betray it.
 */
static bool scan_table(struct tgt *t)
{
	for (unsigned i = 0; i < t->nseg; i++) {
		const struct segment *g = &t->seg[i];

		if (g->type != PT_LOAD)
			continue;
		for (uint64_t off = -g->vaddr & 7; off + 72 <= g->filesz; off += 8) {
			const uint8_t *p = t->map + g->off + off;
			uint32_t magic = rd32(p);
			struct span s = { p, g->filesz - off };

			if (magic < 0xfffffff0 || rd32(p + 4) != 0x08010000 || !magic_ver(magic))
				continue;
			if (!try_table(t, g->vaddr + off, s, "found by its magic number"))
				return true;
		}
	}
	return false;
}

int pcln_open(struct tgt *t, struct tgt_error *err)
{
	static const char *const names[] = { ".gopclntab", ".data.rel.ro.gopclntab" };
	uint64_t vaddr;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct section *s = tgt_section(t, names[i]);
		struct span b = tgt_section_bytes(t, s);
		const char *why;

		if (!s || s->type == SHT_NOBITS)
			continue;
		if (!b.p)
			return tgt_fail(t, err, -EBADMSG, "%s lies beyond the end of the file", names[i]);
		why = try_table(t, s->addr, b, names[i]);
		if (why)
			return tgt_fail(t, err, -EBADMSG, "the function table (%s) %s", names[i], why);
		return 0;
	}
	if (tgt_symbol(t, "runtime.pclntab", &vaddr, NULL)) {
		struct span b = tgt_mem_span(t, vaddr);

		if (b.p && !try_table(t, vaddr, b, "symbol runtime.pclntab"))
			return 0;
	}
	scan_table(t);
	return 0;
}

/* --- one function ---------------------------------------------------------------------- */

bool pcln_func(struct tgt *t, uint32_t i, struct pcln_func *out)
{
	const struct pcln *p = &t->pcln;
	const uint8_t *f;
	uint64_t off;

	if (p->ver == PCLN_NONE || i >= p->nfunc)
		return false;
	off = p->ver == PCLN_116 ? rd64(p->funcdata.p + (size_t)i * 16 + 8) : rd32(p->funcdata.p + (size_t)i * 8 + 4);
	if (off > p->funcdata.n || p->funcdata.n - off < func_size(p))
		return false;
	f = p->funcdata.p + off;
	out->entry = pcln_entry(t, i);
	out->start_line = 0;
	if (p->ver == PCLN_116) /* the address comes first, 8 bytes of it: the rest moves by 4 */
		f += 4;
	out->name = (int32_t)rd32(f + 4);
	out->pcsp = rd32(f + 16);
	out->pcfile = rd32(f + 20);
	out->pcln = rd32(f + 24);
	out->cu = rd32(f + 32);
	f += 36;
	if (p->ver == PCLN_120) {
		out->start_line = (int32_t)rd32(f);
		f += 4;
	}
	out->id = f[0];
	out->flag = f[1];
	return true;
}

const char *pcln_name(const struct tgt *t, int32_t off)
{
	const struct pcln *p = &t->pcln;

	/* the last byte of names is NUL: see read_pc_header() */
	return off >= 0 && (size_t)off < p->names.n ? (const char *)p->names.p + off : "";
}
