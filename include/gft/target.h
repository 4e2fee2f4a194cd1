/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * target.h - facts of one binary: its functions, lines, goroutine layout and
 * the places where a probe may sit.  Implemented by runtime/target.
 *
 * Addresses (vaddr) are in the file's own numbering, as in its program
 * headers; a position-independent executable runs at vaddr + bias.  Everything
 * is read lazily: opening a binary maps it and finds its tables, no more.
 * Strings and arrays returned are borrowed and live as long as the target,
 * except where "caller frees" is said.  One target is used by one thread.
 */
#ifndef GFT_TARGET_H
#define GFT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct tgt;

/* One sentence that names the file and the structure that is wrong. */
struct tgt_error {
	char msg[512];
};

struct tgt_opts {
	const char *display;   /* name in messages, when path is a /proc path; NULL: path */
	const char *debug_dir; /* --debuginfo DIR; NULL: only the standard places */
	bool no_dwarf;	       /* do not read DWARF even where there is some */
};

/*
 * Opens a binary.  Returns 0 and *out, or a negative errno with err filled:
 * -ENOENT, -EACCES, -EISDIR; -ENOEXEC not an ELF file, or not one for x86-64
 * Linux; -EBADMSG a table of it is damaged; -EFBIG larger than 4 GiB.
 * A file without any function table opens fine and has no functions.
 */
int tgt_open(struct tgt **out, const char *path, const struct tgt_opts *opts, struct tgt_error *err);
void tgt_close(struct tgt *t); /* NULL is allowed */

const char *tgt_path(const struct tgt *t);    /* the path it was opened by */
const char *tgt_display(const struct tgt *t); /* the name to show */
bool tgt_is_pie(const struct tgt *t);
bool tgt_is_library(const struct tgt *t); /* a shared library, not a program */
bool tgt_is_go(const struct tgt *t);
bool tgt_has_dwarf(struct tgt *t);

/* --- functions ---------------------------------------------------------- */

#define TGT_F_ASM	    0x01 /* assembly: ABI0, r14 need not be g */
#define TGT_F_WRAPPER	    0x02 /* compiler-made method wrapper */
#define TGT_F_RUNTIME_STACK 0x04 /* runs on the system stack by design (systemstack, morestack, ...) */
#define TGT_F_ABI0	    0x08 /* takes its arguments on the stack (Go <= 1.16, or assembly) */
#define TGT_F_SYMBOL	    0x10 /* known from a symbol table only, not from .gopclntab */
#define TGT_F_TOPFRAME	    0x20 /* outermost frame of a stack: goexit, mstart, ... never returns normally */

struct tgt_func {
	const char *name;    /* full symbol name; of C++ and Rust as the source has it, without arguments */
	const char *mangled; /* the symbol, where it is not the name; else NULL */
	uint64_t entry, end; /* vaddr; end is one past the last byte, padding included */
	uint32_t flags;	     /* TGT_F_* */
};

/* Number of functions; reads the table at first use.  0 when there is none. */
size_t tgt_nfuncs(struct tgt *t);
const struct tgt_func *tgt_func(struct tgt *t, uint32_t i); /* i < tgt_nfuncs() */

/*
 * Functions by pattern: an exact name first; when none has that name and the
 * pattern holds * ? or [, a glob in which * matches any run of characters,
 * '/' included, and [...] is a character class.  Go >= 1.21 writes full type
 * arguments ("main.Map[go.shape.int]"): an exact name never needs quoting.
 * Returns the count and a sorted array of indexes (caller frees), or 0.
 */
size_t tgt_match(struct tgt *t, const char *pattern, uint32_t **out);

/* Up to max names near a pattern that matched nothing, nearest first. */
size_t tgt_nearest(struct tgt *t, const char *pattern, const char **names, size_t max);

/*
 * Where functions that match a pattern (a name, or a glob) were inlined.  Up
 * to max places are stored; returns how many there are.
 */
struct tgt_inlined {
	const char *name; /* of the function that was copied */
	uint32_t into;	  /* index of the function that holds the copy */
	uint64_t vaddr;	  /* of the call that it replaced */
};
size_t tgt_inlined(struct tgt *t, const char *pattern, struct tgt_inlined *out, size_t max);

/*
 * Where the code at vaddr was copied from functions that skip() names: the line of the
 * call that the outermost of them replaced.  false: it was not, or that is not known.
 */
bool tgt_line_outside(struct tgt *t, uint64_t vaddr, bool (*skip)(const char *func), const char **file, unsigned *line);

/*
 * The frames that a traceback shows for the code at vaddr, innermost first: functions
 * that were copied into the one that holds it, and that one last.  Up to max are
 * stored (the last one always is); returns how many, 0 when no function is there.
 * Without Go's tables there is only the one.  Strings live as long as t.
 */
struct tgt_frame {
	const char *func, *file; /* file: NULL when not known */
	unsigned line;
};
size_t tgt_frames_at(struct tgt *t, uint64_t vaddr, struct tgt_frame *out, size_t max);

/* One name against a pattern, as tgt_match() has them. */
bool tgt_name_matches(const char *pattern, const char *name);

/*
 * Functions that match a pattern and have no code of their own, because every
 * call of them was replaced by a copy: sorted by name, where = the first
 * copy.  Returns how many; caller frees *out.
 */
struct tgt_inlined_only {
	struct tgt_inlined where;
	uint32_t places;
};
size_t tgt_inlined_only(struct tgt *t, const char *pattern, struct tgt_inlined_only **out);

/* Index of the function that holds vaddr, or -1. */
long tgt_func_at(struct tgt *t, uint64_t vaddr);

/*
 * File and line of the instruction at vaddr.  For a return address pass
 * vaddr - 1.  False when not known.
 */
bool tgt_line(struct tgt *t, uint64_t vaddr, const char **file, unsigned *line);

/*
 * First instruction of a statement of file.go:line, in each function that has
 * one; file may be a base name or a path's tail.  column: the statement that
 * begins there, of what has DWARF's line table and is not Go; 0: any.  Returns
 * the count and an array of vaddr (caller frees).
 */
size_t tgt_line_to_addrs(struct tgt *t, const char *file, unsigned line, unsigned column, uint64_t **out);

/* Whether a name is chosen when the program is loaded (STT_GNU_IFUNC), as strlen of libc: it has no code of its own. */
bool tgt_is_ifunc(struct tgt *t, const char *name);

/* Whether the binary takes a function of that name from a shared library. */
bool tgt_is_imported(struct tgt *t, const char *name);

/* Address and size of a data or function symbol; false when there is none. */
bool tgt_symbol(struct tgt *t, const char *name, uint64_t *vaddr, uint64_t *size);

/* File offset of a vaddr in a mapped segment, or -1: what a uprobe wants. */
int64_t tgt_file_offset(const struct tgt *t, uint64_t vaddr);

/* The build id that the linker wrote, as hexadecimal digits, and how many; 0: none, or size is too small. */
size_t tgt_build_id(const struct tgt *t, char *hex, size_t size);

/* vaddr of a file offset in an executable segment, or -1. */
int64_t tgt_vaddr_of_offset(const struct tgt *t, uint64_t off);

/* len bytes of the file at vaddr, of a segment that no process can write; NULL: there are none.  Valid as long as t. */
const uint8_t *tgt_constant(const struct tgt *t, uint64_t vaddr, uint64_t len);

/* --- Go ------------------------------------------------------------------ */

/* Offsets in bytes; -1 where this version has no such field. */
struct tgt_go {
	char version[48];   /* "go1.23.5" as the binary says, or "" */
	int minor;	    /* 23; from the tables' layout when the version is not said; 0: not known */
	const char *source; /* where the offsets come from: "DWARF", "version table", ... */
	int16_t g_stack_lo, g_stack_hi, g_m, g_goid, g_status, g_waitsince, g_waitreason, g_parent_goid, g_gopc,
		g_startpc, g_sched_sp, g_sched_pc, g_sched_bp;
	int16_t m_g0, m_gsignal, m_curg, m_procid, m_p;
	int32_t g_tls; /* g's place relative to the thread pointer (fs base): -8 */
	bool g_tls_known;
	/*
	 * Of a shared library, whose block the loader places: vaddr of the word that holds
	 * g_tls in the process (an R_X86_64_TPOFF64 relocation); 0: g_tls is right, or not known.
	 */
	uint64_t g_tls_slot;
	bool own_runtime; /* a library with a Go runtime of its own: c-shared, not a plugin */
};

/* NULL when the target is not Go or its layout cannot be known (err says why). */
const struct tgt_go *tgt_go(struct tgt *t, struct tgt_error *err);

/* The name of a wait reason, a number in runtime.g; NULL: not known, or not a Go program. */
const char *tgt_wait_reason(struct tgt *t, uint32_t reason);

/* --- probe sites ----------------------------------------------------------- */

enum tgt_site_kind {
	TGT_SITE_ENTRY, /* once per call, argument registers as at entry if args_ok */
	TGT_SITE_RET,	/* a ret instruction: rsp at the return address */
	TGT_SITE_TAIL,	/* a jump that leaves the function: rsp at the return address */
};

struct tgt_site {
	uint64_t vaddr;
	uint64_t file_off;
	uint32_t sp_adj; /* rsp here = rsp at the return address - sp_adj; TGT_SP_UNKNOWN: tgt_check_site() only */
	uint8_t kind;	 /* enum tgt_site_kind */
	bool emulated;	 /* the kernel emulates the instruction: no single-step */
	uint8_t flags;	 /* GFT_CF_* of wire.h for its cookie */
	char insn[12];	 /* mnemonic, for -l -v */
};

#define TGT_SP_UNKNOWN 0xffffffU

#define TGT_WANT_ENTRY	0x1
#define TGT_WANT_EXITS	0x2
#define TGT_WANT_ARGS	0x4 /* the entry site must have argument registers intact */
#define TGT_WANT_RESULT 0x8 /* exits must have the result: a jump into another function has not */

struct tgt_sites {
	bool has_entry;
	bool args_ok; /* argument registers are intact at the entry site */
	struct tgt_site entry;
	struct tgt_site *exits; /* owned: tgt_sites_fini() */
	uint32_t nexits;
	const char *why_no_entry; /* sentence fragment when !has_entry: "no safe entry site: ..." */
	const char *why_no_exit;  /* when there are no exits: "never returns", ... */
	bool exits_doubtful;	  /* some way out could not be probed: exits may be missed */
	bool instant;		  /* nothing but a return: a call is over where it begins, no exit site */
	/*
	 * Not Go, and some way out cannot be probed: the kernel's uretprobe at the
	 * function's first byte sees them all.  The entry then is that byte too: behind
	 * it the return address is no longer the caller's.
	 */
	bool uretprobe;
	struct tgt_site ret; /* the site to attach it to */
};

/*
 * Chooses sites of function i.  Never an address inside an instruction, never
 * one the kernel refuses or silently ignores; on any doubt there is no site and
 * a reason.  Returns 0, or -EBADMSG when the function cannot be decoded.
 */
int tgt_sites(struct tgt *t, uint32_t i, unsigned want, struct tgt_sites *out);
void tgt_sites_fini(struct tgt_sites *s);

/*
 * Whether vaddr is the start of an instruction a uprobe can sit on
 * (FUNC+OFFSET, 0xADDR): 0, or -EINVAL with err.
 */
int tgt_check_site(struct tgt *t, uint64_t vaddr, struct tgt_site *out, struct tgt_error *err);

/* All that gft knows of the binary, on one screen (gft info). */
void tgt_info(struct tgt *t, struct buf *out);

#endif
