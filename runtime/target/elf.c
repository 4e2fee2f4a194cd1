/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* elf.c - the file itself: mapping, segments, sections, relocations. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define MAX_FILE (4ULL << 30)

int tgt_fail(const struct tgt *t, struct tgt_error *err, int code, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!err)
		return code;
	n = snprintf(err->msg, sizeof(err->msg), "%s: ", t->display);
	if (n < 0 || (size_t)n >= sizeof(err->msg))
		return code;
	va_start(ap, fmt);
	vsnprintf(err->msg + n, sizeof(err->msg) - (size_t)n, fmt, ap);
	va_end(ap);
	return code;
}

const uint8_t *tgt_bytes(const struct tgt *t, uint64_t off, uint64_t len)
{
	if (off > t->size || len > t->size - off)
		return NULL;
	return t->map + off;
}

static const struct segment *seg_of(const struct tgt *t, uint64_t vaddr)
{
	for (unsigned i = 0; i < t->nseg; i++) {
		const struct segment *s = &t->seg[i];

		if (s->type == PT_LOAD && vaddr >= s->vaddr && vaddr - s->vaddr < s->filesz)
			return s;
	}
	return NULL;
}

struct span tgt_mem_span(const struct tgt *t, uint64_t vaddr)
{
	const struct segment *s = seg_of(t, vaddr);
	struct span r = { NULL, 0 };

	if (!s)
		return r;
	r.p = t->map + s->off + (vaddr - s->vaddr);
	r.n = s->filesz - (vaddr - s->vaddr);
	return r;
}

const uint8_t *tgt_mem(const struct tgt *t, uint64_t vaddr, uint64_t len)
{
	struct span r = tgt_mem_span(t, vaddr);

	return r.p && len <= r.n ? r.p : NULL;
}

const uint8_t *tgt_constant(const struct tgt *t, uint64_t vaddr, uint64_t len)
{
	const struct segment *s = seg_of(t, vaddr);

	return s && !(s->flags & PF_W) ? tgt_mem(t, vaddr, len) : NULL;
}

bool tgt_is_code(const struct tgt *t, uint64_t vaddr)
{
	const struct segment *s = seg_of(t, vaddr);

	return s && (s->flags & PF_X);
}

int64_t tgt_file_offset(const struct tgt *t, uint64_t vaddr)
{
	const struct segment *s = seg_of(t, vaddr);

	return s ? (int64_t)(s->off + (vaddr - s->vaddr)) : -1;
}

int64_t tgt_vaddr_of_offset(const struct tgt *t, uint64_t off)
{
	for (unsigned i = 0; i < t->nseg; i++) {
		const struct segment *s = &t->seg[i];

		if (s->type == PT_LOAD && (s->flags & PF_X) && off >= s->off && off - s->off < s->filesz)
			return (int64_t)(s->vaddr + (off - s->off));
	}
	return -1;
}

const struct section *tgt_section(const struct tgt *t, const char *name)
{
	for (unsigned i = 1; i < t->nsec; i++) {
		if (!strcmp(t->sec[i].name, name))
			return &t->sec[i];
	}
	return NULL;
}

struct span tgt_section_bytes(const struct tgt *t, const struct section *s)
{
	struct span r = { NULL, 0 };

	if (s && s->type != SHT_NOBITS && s->size) {
		r.p = tgt_bytes(t, s->off, s->size);
		r.n = r.p ? s->size : 0;
	}
	return r;
}

/* --- opening ------------------------------------------------------------------ */

static int read_header(struct tgt *t, Elf64_Ehdr *eh, struct tgt_error *err)
{
	static const char *const machines[] = {
		[EM_386] = "32-bit x86", [EM_ARM] = "32-bit Arm", [EM_AARCH64] = "arm64",
		[EM_RISCV] = "RISC-V",	 [EM_PPC64] = "ppc64",	  [EM_S390] = "s390"
	};
	const uint8_t *p = tgt_bytes(t, 0, sizeof(*eh));

	if (t->size < 4 || memcmp(t->map, ELFMAG, SELFMAG)) {
		if (t->size >= 2 && !memcmp(t->map, "#!", 2))
			return tgt_fail(t, err, -ENOEXEC, "is a script, not an ELF binary");
		return tgt_fail(t, err, -ENOEXEC, "is not an ELF binary");
	}
	if (!p)
		return tgt_fail(t, err, -EBADMSG, "the ELF header is cut off");
	memcpy(eh, p, sizeof(*eh));
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_machine != EM_X86_64) {
		const char *m = eh->e_machine < sizeof(machines) / sizeof(*machines) ? machines[eh->e_machine] : NULL;

		return tgt_fail(t, err, -ENOEXEC, "is not an x86-64 binary%s%s%s", m ? " (it is for " : "", m ? m : "",
				m ? ")" : "");
	}
	if (eh->e_ident[EI_OSABI] != ELFOSABI_NONE && eh->e_ident[EI_OSABI] != ELFOSABI_LINUX)
		return tgt_fail(t, err, -ENOEXEC, "is not a Linux binary (ELF OS/ABI %u)", eh->e_ident[EI_OSABI]);
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		return tgt_fail(t, err, -ENOEXEC, "is not a program or a shared library (ELF type %u)", eh->e_type);
	t->pie = eh->e_type == ET_DYN;
	t->entry_point = eh->e_entry;
	return 0;
}

static int read_segments(struct tgt *t, const Elf64_Ehdr *eh, struct tgt_error *err)
{
	const uint8_t *p;

	if (!eh->e_phnum)
		return tgt_fail(t, err, -EBADMSG, "there are no program headers");
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return tgt_fail(t, err, -EBADMSG, "program headers of %u bytes each instead of %zu", eh->e_phentsize,
				sizeof(Elf64_Phdr));
	p = tgt_bytes(t, eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr));
	if (!p)
		return tgt_fail(t, err, -EBADMSG, "the program headers lie beyond the end of the file");
	t->seg = xcalloc(eh->e_phnum, sizeof(*t->seg));
	t->nseg = eh->e_phnum;
	for (unsigned i = 0; i < t->nseg; i++) {
		struct segment *s = &t->seg[i];
		Elf64_Phdr ph;

		memcpy(&ph, p + i * sizeof(ph), sizeof(ph));
		*s = (struct segment){ .type = ph.p_type,
				       .flags = ph.p_flags,
				       .off = ph.p_offset,
				       .vaddr = ph.p_vaddr,
				       .filesz = ph.p_filesz,
				       .memsz = ph.p_memsz,
				       .align = ph.p_align };
		if (ph.p_type != PT_LOAD)
			continue;
		if (!tgt_bytes(t, ph.p_offset, ph.p_filesz))
			return tgt_fail(t, err, -EBADMSG,
					"program header %u reaches beyond the end of the file: it is cut off", i);
		if (ph.p_vaddr + ph.p_memsz < ph.p_vaddr || ph.p_vaddr + ph.p_filesz < ph.p_vaddr ||
		    ph.p_vaddr + ph.p_filesz > INT64_MAX)
			return tgt_fail(t, err, -EBADMSG, "program header %u covers impossible addresses", i);
	}
	return 0;
}

static int read_sections(struct tgt *t, const Elf64_Ehdr *eh, struct tgt_error *err)
{
	struct span names = { NULL, 0 };
	unsigned n = eh->e_shnum, strndx = eh->e_shstrndx;
	const uint8_t *p;

	/* a binary may have none: sstrip, some packers */
	if (!eh->e_shoff)
		return 0;
	if (eh->e_shentsize != sizeof(Elf64_Shdr))
		return n ? tgt_fail(t, err, -EBADMSG, "section headers of %u bytes each instead of %zu",
				    eh->e_shentsize, sizeof(Elf64_Shdr))
			 : 0;
	p = tgt_bytes(t, eh->e_shoff, (uint64_t)(n ? n : 1) * sizeof(Elf64_Shdr));
	if (!p)
		return tgt_fail(t, err, -EBADMSG, "the section headers lie beyond the end of the file: it is cut off");
	if (!n) {
		/* 0xff00 sections or more: their number is in section 0 */
		Elf64_Shdr first;

		memcpy(&first, p, sizeof(first));
		if (first.sh_size > 1 << 20 || !tgt_bytes(t, eh->e_shoff, first.sh_size * sizeof(Elf64_Shdr)))
			return tgt_fail(t, err, -EBADMSG, "the section headers lie beyond the end of the file");
		n = (unsigned)first.sh_size;
		strndx = strndx == SHN_XINDEX ? first.sh_link : strndx;
		if (!n)
			return 0;
	}
	t->sec = xcalloc(n, sizeof(*t->sec));
	t->nsec = n;
	for (unsigned i = 0; i < n; i++) {
		Elf64_Shdr sh;

		memcpy(&sh, p + (size_t)i * sizeof(sh), sizeof(sh));
		t->sec[i] = (struct section){ .name = "",
					      .type = sh.sh_type,
					      .link = sh.sh_link,
					      .flags = sh.sh_flags,
					      .addr = sh.sh_addr,
					      .off = sh.sh_offset,
					      .size = sh.sh_size,
					      .entsize = sh.sh_entsize };
		if (i == strndx)
			names = tgt_section_bytes(t, &t->sec[i]);
		/*
		 * A stripped-to-debug file keeps NOBITS headers only; a section
		 * that the loader needs is covered by a segment, checked above.
		 */
	}
	if (!names.n || names.p[names.n - 1])
		return 0; /* no names: tables are then found through segments */
	for (unsigned i = 0; i < n; i++) {
		uint32_t off = rd32(p + (size_t)i * sizeof(Elf64_Shdr));

		if (off < names.n)
			t->sec[i].name = (const char *)names.p + off;
	}
	return 0;
}

int tgt_open(struct tgt **out, const char *path, const struct tgt_opts *opts, struct tgt_error *err)
{
	struct tgt *t = xcalloc(1, sizeof(*t));
	struct stat st;
	Elf64_Ehdr eh;
	void *map;
	int rc;

	*out = NULL;
	if (err)
		err->msg[0] = 0;
	t->path = xstrdup(path);
	t->display = xstrdup(opts && opts->display ? opts->display : path);
	t->debug_dir = opts && opts->debug_dir ? xstrdup(opts->debug_dir) : NULL;
	t->no_dwarf = opts && opts->no_dwarf;
	t->wrapper_id = -1;
	/* O_NONBLOCK: opening a FIFO must not wait for its writer */
	t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0) {
		rc = tgt_fail(t, err, -errno, "cannot open: %s", strerror(errno));
		goto fail;
	}
	if (fstat(t->fd, &st)) {
		rc = tgt_fail(t, err, -errno, "cannot stat: %s", strerror(errno));
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		rc = tgt_fail(t, err, -EISDIR, "is a directory");
		goto fail;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		rc = tgt_fail(t, err, -ENOEXEC, "%s, not an ELF binary",
			      S_ISREG(st.st_mode) ? "is an empty file" : "is not a regular file");
		goto fail;
	}
	if ((uint64_t)st.st_size > MAX_FILE) {
		rc = tgt_fail(t, err, -EFBIG, "is larger than 4 GiB");
		goto fail;
	}
	/*
	 * Shared: into private mappings that could be made executable the kernel puts
	 * the breakpoints of whoever traces this file now (valid_vma() in
	 * kernel/events/uprobes.c), and gft would read them as the program's code.
	 */
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, t->fd, 0);
	if (map == MAP_FAILED) {
		rc = tgt_fail(t, err, -errno, "cannot map: %s", strerror(errno));
		goto fail;
	}
	t->map = map;
	t->size = (size_t)st.st_size;
	rc = read_header(t, &eh, err);
	if (!rc)
		rc = read_segments(t, &eh, err);
	if (!rc)
		rc = read_sections(t, &eh, err);
	if (!rc)
		rc = pcln_open(t, err);
	if (rc)
		goto fail;
	t->go = t->pcln.ver != PCLN_NONE || tgt_section(t, ".go.buildinfo") || tgt_section(t, ".note.go.buildid");
	*out = t;
	return 0;
fail:
	tgt_close(t);
	return rc;
}

void tgt_close(struct tgt *t)
{
	if (!t)
		return;
	sites_free(t);
	gotype_free(t);
	c_free(t);
	for (size_t i = 0; i < t->ncxx; i++)
		free(t->cxx[i]);
	free(t->cxx);
	free(t->plugin);
	rtype_free(t);
	for (size_t i = 0; i < TGT_WAIT_REASONS; i++)
		free(t->reasons[i]);
	if (t->map)
		munmap((void *)t->map, t->size);
	if (t->fd >= 0)
		close(t->fd);
	buf_free(&t->info_debug);
	free(t->hash);
	free(t->hash_next);
	free(t->fn);
	free(t->fn_pcln);
	free(t->rel);
	free(t->sec);
	free(t->seg);
	free(t->debug_dir);
	free(t->display);
	free(t->path);
	free(t);
}

const char *tgt_path(const struct tgt *t)
{
	return t->path;
}

const char *tgt_display(const struct tgt *t)
{
	return t->display;
}

bool tgt_is_pie(const struct tgt *t)
{
	return t->pie;
}

bool tgt_is_go(const struct tgt *t)
{
	return t->go;
}

/* --- relocations ------------------------------------------------------------------ */

static int cmp_reloc(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

struct collect {
	struct tgt *t;
	size_t cap;
};

static bool collect_relative(void *arg, const Elf64_Rela *ra)
{
	struct collect *c = arg;
	struct tgt *t = c->t;

	if (ELF64_R_TYPE(ra->r_info) != R_X86_64_RELATIVE)
		return true;
	if (t->nrel == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 4096;
		t->rel = xrealloc(t->rel, c->cap * sizeof(*t->rel));
	}
	t->rel[t->nrel++] = (struct reloc){ ra->r_offset, (uint64_t)ra->r_addend };
	return true;
}

/* DT_RELA is what the loader uses; with DT_RELR the words of the file hold the addends already. */
void tgt_each_rela(const struct tgt *t, rela_fn *fn, void *arg)
{
	uint64_t rela = 0, relasz = 0;
	struct span r;

	for (unsigned i = 0; i < t->nseg; i++) {
		const uint8_t *p;

		if (t->seg[i].type != PT_DYNAMIC)
			continue;
		p = tgt_bytes(t, t->seg[i].off, t->seg[i].filesz);
		for (uint64_t j = 0; p && j + sizeof(Elf64_Dyn) <= t->seg[i].filesz; j += sizeof(Elf64_Dyn)) {
			uint64_t tag = rd64(p + j), val = rd64(p + j + 8);

			if (tag == DT_NULL)
				break;
			if (tag == DT_RELA)
				rela = val;
			else if (tag == DT_RELASZ)
				relasz = val;
		}
	}
	if (!rela || !relasz)
		return;
	r = tgt_mem_span(t, rela);
	if (r.n > relasz)
		r.n = relasz;
	for (size_t i = 0; i + sizeof(Elf64_Rela) <= r.n; i += sizeof(Elf64_Rela)) {
		Elf64_Rela ra;

		memcpy(&ra, r.p + i, sizeof(ra));
		if (!fn(arg, &ra))
			return;
	}
}

/* The addends of a position-independent binary, sorted by address. */
const struct reloc *tgt_relocs(struct tgt *t, size_t *n)
{
	struct collect c = { .t = t };
	bool sorted = true;

	if (!t->rel_read) {
		t->rel_read = true;
		tgt_each_rela(t, collect_relative, &c);
		for (size_t i = 1; i < t->nrel && sorted; i++)
			sorted = t->rel[i - 1].vaddr <= t->rel[i].vaddr;
		if (!sorted)
			qsort(t->rel, t->nrel, sizeof(*t->rel), cmp_reloc);
	}
	*n = t->nrel;
	return t->rel;
}

bool tgt_word(struct tgt *t, uint64_t vaddr, uint64_t *out)
{
	const uint8_t *p = tgt_mem(t, vaddr, 8);
	const struct reloc *r;
	size_t n, lo = 0, hi;

	if (!p)
		return false;
	*out = rd64(p);
	if (*out || !t->pie)
		return true;
	r = tgt_relocs(t, &n);
	for (hi = n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (r[mid].vaddr < vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < n && r[lo].vaddr == vaddr)
		*out = r[lo].addend;
	return true;
}
