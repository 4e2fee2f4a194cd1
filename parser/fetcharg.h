/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fetcharg.h - the kernel's FETCHARG notation, as fetch() takes it.
 *
 * LOCATION:TYPE, after the kernel's Documentation/trace/kprobetrace and
 * uprobetracer, with go-ftrace's (*...) dereference on top:
 *
 *   %ax %rax %r15d ...     a register (value)
 *   +8(%ax) -8(%sp) 8(%ax) memory at register + offset
 *   +16(+8(%ax))           inner levels are loaded as pointers first
 *   (*+0(%ax)) *+0(%ax)    the pointer loaded from there: TYPE is read at it
 *   @0xADDR @SYMBOL+off    memory at an address of the binary
 *   $stackN $stack         Nth word of the stack, the stack pointer
 *   $argN $retval          ABI's argument register N (from 1), first result
 *   \IMM                   an immediate
 *   (LOCATION)             grouping
 */
#ifndef GFT_PARSER_FETCHARG_H
#define GFT_PARSER_FETCHARG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

enum fa_base {
	FA_REG,	   /* reg: enum fa_reg */
	FA_ADDR,   /* addr: vaddr of the binary */
	FA_SYMBOL, /* sym + addr */
	FA_STACK,  /* $stack: the stack pointer */
	FA_STACKN, /* $stackN: num */
	FA_ARG,	   /* $argN: num, from 1 */
	FA_RETVAL, /* $retval */
	FA_IMM,	   /* \IMM: addr */
};

/* In the order of x86-64 encodings, then ip and flags. */
enum fa_reg {
	FR_AX,
	FR_CX,
	FR_DX,
	FR_BX,
	FR_SP,
	FR_BP,
	FR_SI,
	FR_DI,
	FR_R8,
	FR_R9,
	FR_R10,
	FR_R11,
	FR_R12,
	FR_R13,
	FR_R14,
	FR_R15,
	FR_IP,
	FR_FLAGS,
	FR_MAX
};

enum fa_type_kind {
	FT_INT,	     /* bits 8, 16, 32, 64; is_signed; hex */
	FT_FLOAT,    /* bits 32, 64 */
	FT_CHARS,    /* bits / 8 bytes of text, cut at the first NUL (c8 ... c512) */
	FT_STRING,   /* NUL-terminated text in memory (string, ustring) */
	FT_BITFIELD, /* b<width>@<offset>/<size> */
	FT_GOSTRING, /* string header: pointer, length */
	FT_SLICE,    /* slice header: printed as []byte-like hex of len, cap */
	FT_ERROR,
	FT_IFACE,
	FT_EFACE,
	FT_BOOL,
	FT_DURATION, /* int64 nanoseconds */
	FT_NAMED,    /* a Go type of the binary: name */
};

struct fa_type {
	enum fa_type_kind kind;
	uint16_t bits;
	bool is_signed, hex;
	uint8_t bit_width, bit_off; /* FT_BITFIELD; bits is the container's size */
	uint32_t array;		    /* TYPE[N]: N; 0: not an array; at most 64 */
	const char *name;	    /* FT_NAMED */
};

/* An index that is known only at run time: at this level of loads, index (of struct go_access) times scale is added. */
struct fa_scaled {
	uint8_t level, index;
	uint32_t scale;
};
#define GO_BOUNDS_MAX 4

/* One load: address = previous value + off; deref steps are applied in order. */
struct fetcharg {
	enum fa_base base;
	enum fa_reg reg;
	uint32_t num;
	uint64_t addr;
	const char *sym;
	/*
	 * offs[0..nderef-1]: for each, v = *(u64 *)(v + offs[i]) except the last
	 * one, which is where TYPE is read: at v + offs[nderef-1].  nderef 0: the
	 * value is the base itself (a register, an immediate).  A leading (* adds
	 * one more level with offset 0: (*+0(%ax)) has offs {0, 0}.
	 */
	int64_t offs[8];
	uint32_t nderef;
	struct fa_scaled scaled[GO_BOUNDS_MAX];
	uint32_t nscaled;
	struct fa_type type;
	bool has_type;	  /* ":TYPE" was written; without: u64 as x64 */
	const char *text; /* as written */
};

/*
 * An element on the way to a value: there is one when the length is above index.
 * The length is count, or with count 0 what len reads; with at set the index is
 * known only at run time, as number index of the access, and what is not there
 * is told.
 */
struct go_bound {
	struct fetcharg len;
	uint64_t index, count;
	const struct expr *at;
};

/*
 * A Go value reached by name: one word, or pointer and length of a string; or
 * path alone, when it is captured whole and shown by user space.
 */
struct go_access {
	const struct gft_type *type;
	uint32_t words;
	struct fetcharg word[2];
	uint32_t nbounds;
	struct go_bound bound[GO_BOUNDS_MAX];
	const struct expr *index[GO_BOUNDS_MAX]; /* values that are computed at run time */
	uint32_t nindex;
	const char *path; /* "args.s.list[3].x", "ret.0", "args" */
};

/*
 * Tries to read one FETCHARG at text[0..len): optional blanks, optional
 * "name =", then LOCATION[:TYPE].  It is one only when it begins as a LOCATION
 * does (% + - digit( @ \ $stack $arg $retval or "(*" or "(" ... before these)
 * AND is followed, after blanks, by ',' or ')' or the end.  Returns the number
 * of bytes taken, with *out and *name (NULL: none) set; 0 when the text is not
 * a FETCHARG at all (an expression; *name is set when a dotted name stands before
 * it, "s.name = EXPR"); -1 when it is one with a mistake: *msg says
 * which and *at is its byte offset.
 */
long fetcharg_match(struct arena *a, const char *text, size_t len, struct fetcharg **out, const char **name,
		    const char **msg, size_t *at);

/* Register by name with or without leading r, e, width suffix ("ax", "rax", "eax", "r8d", "al"); -1: none. */
int fa_reg_by_name(const char *name, size_t len);
const char *fa_reg_name(enum fa_reg r);	 /* "ax" */
extern const char *const fa_reg_names[]; /* NULL-ended, for suggestions */
/* Go's integer registers in their order: 0 for AX ... 8 for R11, and back; -1: none of them. */
int fa_go_reg(enum fa_reg r);
enum fa_reg fa_reg_of_go(unsigned n); /* n < 9 */
/* Registers that a value of this type takes when it begins in one: gostring, slice, error, iface, eface; else 0. */
unsigned fa_words(const struct fa_type *t);

void fetcharg_dump(const struct fetcharg *f, struct buf *out);

#endif
