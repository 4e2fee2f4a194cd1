/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * internal.h - what the files of runtime/target share.
 *
 * Every byte of the file is reached through tgt_bytes() or tgt_mem(), which
 * check it against the size of the mapping: a binary is hostile input.
 */
#ifndef GFT_TARGET_INTERNAL_H
#define GFT_TARGET_INTERNAL_H

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/gotype.h"
#include "gft/target.h"

struct section {
	const char *name; /* in the mapping, or "" */
	uint32_t type, link;
	uint64_t flags, addr, off, size, entsize;
};

struct segment {
	uint32_t type, flags;
	uint64_t off, vaddr, filesz, memsz, align;
};

/* One R_X86_64_RELATIVE relocation: the word at vaddr is addend + bias. */
struct reloc {
	uint64_t vaddr, addend;
};

/* Layout of .gopclntab: Go's src/runtime/symtab.go, src/internal/abi/symtab.go. */
enum pcln_ver {
	PCLN_NONE = 0,
	PCLN_116 = 116, /* Go 1.16, 1.17: absolute addresses */
	PCLN_118 = 118, /* Go 1.18, 1.19: offsets from runtime.text */
	PCLN_120 = 120, /* Go 1.20 and later: a _func knows its first line */
};

/* A range of bytes of the mapping. */
struct span {
	const uint8_t *p;
	size_t n;
};

struct pcln {
	enum pcln_ver ver;
	const char *where;				    /* how it was found, for gft info */
	uint64_t vaddr;					    /* of the header */
	struct span all;				    /* from the header to the end of its section or segment */
	struct span names, cutab, filetab, pctab, funcdata; /* funcdata begins with functab */
	uint32_t nfunc, nfiles;
	uint64_t text, etext;  /* first and one past the last address of Go's text */
	const char *text_from; /* how text was found, for gft info */
	bool text_zero;	       /* the header does not say where the text is (Go >= 1.26) */
	uint64_t moduledata;   /* vaddr, or 0 */
};

/* The fields of runtime._func that gft uses. */
struct pcln_func {
	uint64_t entry;
	int32_t name;
	uint32_t pcsp, pcfile, pcln, cu;
	int32_t start_line; /* 0: not recorded */
	uint8_t id, flag;
};

#define TGT_WAIT_REASONS 64

struct tgt {
	char *path, *display, *debug_dir;
	bool no_dwarf, pie, go;
	int fd;
	const uint8_t *map;
	size_t size;
	uint64_t entry_point;

	struct segment *seg; /* owned */
	unsigned nseg;
	struct section *sec; /* owned */
	unsigned nsec;

	struct reloc *rel; /* owned, sorted by vaddr; read at first need */
	size_t nrel;
	bool rel_read;

	struct pcln pcln;
	uint64_t moduledata; /* tgt_moduledata(), once read */
	bool moduledata_read;
	char version[48];
	bool version_read, minor_read;
	struct span modinfo; /* lines of what it was built from, "path\tmain", after tgt_go_version() */
	int minor;	     /* tgt_minor() */

	struct tgt_func *fn; /* owned, sorted by entry; read at first need */
	uint32_t *fn_pcln;   /* owned: index in functab, or NO_PCLN */
	size_t nfn;
	size_t nfn_go;
	bool fn_read;
	int wrapper_id; /* funcID of method wrappers, or -1 */

	uint32_t *hash, *hash_next; /* owned: index of names */
	size_t nhash;
	unsigned nlookups; /* by exact name, before there is an index */

	struct tgt_go go_layout;
	int go_state; /* 0: not read, 1: known, -1: not known */
	char go_why[256];

	struct buf info_debug; /* path of a separate debug file, once looked for */
	bool debug_looked;

	void *site_scratch; /* owned by sites.c */
	int unwinds;	    /* it may unwind its stack: 1 yes, -1 no, 0 not looked */

	struct gotype *gotype; /* owned by gotype.c */
	struct rtypes *rtypes; /* owned by rtype.c */
	struct cdwarf *cdwarf; /* owned by cdwarf.c */
	char *plugin;	       /* owned: the path of package main of a plugin */
	bool plugin_read;
	char **cxx; /* owned: names that were demangled */
	size_t ncxx;

	bool reasons_read;
	char *reasons[TGT_WAIT_REASONS]; /* owned; NULL: the program does not say */
};

#define NO_PCLN 0xffffffffU

static inline uint16_t rd16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t rd32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t rd64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* elf.c */
int tgt_fail(const struct tgt *t, struct tgt_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
const uint8_t *tgt_bytes(const struct tgt *t, uint64_t off, uint64_t len); /* NULL: outside the file */
const uint8_t *tgt_mem(const struct tgt *t, uint64_t vaddr, uint64_t len); /* NULL: not in the file */
struct span tgt_mem_span(const struct tgt *t, uint64_t vaddr);		   /* from vaddr to the end of its segment */
const struct section *tgt_section(const struct tgt *t, const char *name);
struct span tgt_section_bytes(const struct tgt *t, const struct section *s);
bool tgt_is_code(const struct tgt *t, uint64_t vaddr);
/* The 8-byte word at vaddr as the loader would leave it, without the bias. */
bool tgt_word(struct tgt *t, uint64_t vaddr, uint64_t *out);
typedef bool rela_fn(void *arg, const Elf64_Rela *ra); /* false: stop */
void tgt_each_rela(const struct tgt *t, rela_fn *fn, void *arg);
const struct reloc *tgt_relocs(struct tgt *t, size_t *n);

/* symtab.c */
struct sym {
	const char *name;
	uint64_t value, size;
	unsigned char type, bind;
	uint16_t shndx;
};
typedef bool sym_fn(void *arg, const struct sym *s); /* false: stop */
void tgt_each_symbol(const struct tgt *t, sym_fn *fn, void *arg);
void tgt_each_name(const struct tgt *t, sym_fn *fn, void *arg); /* those that it takes from elsewhere, too */

/* pclntab.c */
int pcln_open(struct tgt *t, struct tgt_error *err); /* 0 also when there is none */
bool pcln_func(struct tgt *t, uint32_t i, struct pcln_func *out);
const char *pcln_name(const struct tgt *t, int32_t off); /* never NULL */
uint64_t pcln_entry(struct tgt *t, uint32_t i);		 /* i <= nfunc: the last is the end */

/* pcvalue.c: the tables of pc-dependent values */
struct pcvalue {
	const uint8_t *p, *end;
	uint64_t pc; /* the value holds for addresses below pc, from the previous pc on */
	int32_t val;
	bool first;
};
bool pcvalue_init(const struct tgt *t, struct pcvalue *it, uint32_t off, uint64_t entry);
bool pcvalue_next(struct pcvalue *it); /* false at the end or on damage */
bool pcvalue_at(const struct tgt *t, uint32_t off, uint64_t entry, uint64_t pc, int32_t *val);
const char *pcln_file(const struct tgt *t, const struct pcln_func *f, int32_t fileno); /* NULL: not known */

/* buildinfo.c */
const char *tgt_go_version(struct tgt *t); /* "" when not known */
int go_minor_of(const char *version);	   /* "go1.23.5" -> 23; 0: not known */

/* golayout.c: 23 for Go 1.23, by what the binary says or else contains; 0: not known */
int tgt_minor(struct tgt *t);

/* dwarf.c */
bool dwarf_go_layout(struct tgt *t, struct tgt_go *g);
const char *debug_file(struct tgt *t); /* path of a separate debug file, or NULL */
/* Version of the DWARF, and units of Go code; 0: none that can be read. */
unsigned dwarf_version(struct tgt *t, size_t *units);

/* tls.c */
bool tls_of_g(struct tgt *t, int32_t *off);
uint64_t tls_slot_of_g(struct tgt *t); /* of a library; 0: not known */

/* funcs.c */
bool name_is(const char *name, const char *want); /* equal, ".abi0" apart */
bool has_prefix(const char *s, const char *prefix);

/* sites.c */
void sites_free(struct tgt *t);

/* goabi.c: places of arguments and results, from their types alone */
#define GOABI_INTS   9	/* RAX RBX RCX RDI RSI R8 R9 R10 R11 */
#define GOABI_FLOATS 15 /* X0 to X14 */
struct goabi_val {
	const struct go_type *type; /* filled, and not GO_UNKNOWN */
	bool result;
	/*
	 * Where it begins at the earliest, when arguments before it are not
	 * known: registers already taken, bytes of the stack's arguments.
	 */
	uint8_t min_int, min_float;
	uint32_t min_stack;
	/* out */
	uint32_t npieces;
	struct go_piece *pieces; /* in the arena; NULL when npieces is 0 */
};
/*
 * Assigns receiver, arguments, results, in this order.  -EBADMSG when a type is
 * not known, -E2BIG when no stack could hold them.
 */
int goabi_assign(struct arena *a, struct goabi_val *v, size_t n, bool abi0);

/* cxxname.c: malloc'd, or NULL when the symbol is none of C++ or Rust */
char *cxx_full_name(const char *symbol); /* "ns::f(int) const" */
char *cxx_name(const char *symbol);	 /* "ns::f" */

/* sysv.c: the same for C; -EBADMSG when a type is not known.  No value has min_*. */
int sysv_assign(struct arena *a, struct goabi_val *v, size_t n);

/* cdwarf.c, ctype.c: what is not Go (functions with TGT_F_SYMBOL), as their namesakes of gotype.h and target.h */
int c_params(struct tgt *t, uint32_t i, const struct go_param **out, uint32_t *n, struct tgt_error *err);
int c_type_fill(struct tgt *t, const struct go_type *type);
bool c_line(struct tgt *t, uint64_t vaddr, const char **file, unsigned *line);
size_t c_line_to_addrs(struct tgt *t, const char *file, unsigned line, unsigned column, uint64_t **out);
void c_free(struct tgt *t);

/* rtype.c: where Go's type data is, and how many types are converted to error; false: not found */
bool tgt_types(struct tgt *t, uint64_t *lo, uint64_t *hi, size_t *errors);
/* rtype.c: vaddr of runtime.firstmoduledata, or 0 */
uint64_t tgt_moduledata(struct tgt *t);

/* gotype.c, rtype.c: release what they read; tgt_params() and the others read it again */
void gotype_free(struct tgt *t);
void rtype_free(struct tgt *t);

/* gotype.c */
/* What could not be read is a type without anything inside; -EBADMSG. */
int type_spoil(struct go_type *t);

#endif
