/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gotype.h - Go types as a binary describes them, and where the arguments and
 * results of a function are.  Implemented by runtime/target from DWARF
 * (types, names) and from the ABI (places): DWARF's own locations are not
 * used, since they are wrong or missing at the places that gft probes.
 */
#ifndef GFT_GOTYPE_H
#define GFT_GOTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct tgt;
struct tgt_error;

enum go_kind {
	GO_UNKNOWN = 0, /* a type that could not be read: size is right, or 0 */
	GO_BOOL,
	GO_INT,	 /* int, int8 ... int64, rune */
	GO_UINT, /* uint, uint8 ... uint64, uintptr, byte */
	GO_FLOAT,
	GO_COMPLEX,
	GO_STRING,    /* pointer, length */
	GO_SLICE,     /* pointer, length, capacity; elem */
	GO_ARRAY,     /* count times elem */
	GO_STRUCT,    /* fields */
	GO_PTR,	      /* elem; NULL: unsafe.Pointer */
	GO_INTERFACE, /* with methods: itab, data */
	GO_EFACE,     /* interface{}: type, data */
	GO_MAP,	      /* one pointer */
	GO_CHAN,      /* one pointer */
	GO_FUNC,      /* one pointer: closure */
	GO_UNION,     /* C: fields that lie over each other */
};

/* Of types that are not Go's: how the System V ABI passes what its kind does not tell (sysv.c). */
enum c_class {
	C_BY_KIND = 0,
	C_X87,	  /* long double: memory, and a result on the x87 stack */
	C_INT128, /* two integer registers */
	C_VECTOR, /* vector registers */
	C_BY_REF, /* C++ objects that are not copied: a pointer to one */
	C_NOT_KNOWN,
};

/* One name of an enumeration. */
struct c_enum {
	const char *name;
	int64_t value;
};

struct go_type;

struct go_field {
	const char *name;
	const struct go_type *type; /* never NULL */
	uint32_t off;		    /* bytes from the struct's start */
	bool embedded;
};

/*
 * Types are read lazily behind pointers: elem of a GO_PTR or GO_SLICE may be a
 * type with lazy set; tgt_type_fill() reads its parts, and before that only kind,
 * name and size are right.  Everything lives as long as the target.
 */
struct go_type {
	enum go_kind kind;
	const char *name;     /* as Go writes it: "*main.Student", "[]uint8", "time.Duration", "error" */
	uint32_t size, align; /* bytes */
	const struct go_type *elem;
	const struct go_field *fields;
	uint32_t nfields;
	uint64_t count; /* GO_ARRAY */
	bool lazy;
	/* types of C and its relatives: they print in C's way */
	bool c;
	bool text;		    /* char: an array of it, or what points to it, is text up to a NUL */
	uint8_t c_class;	    /* enum c_class */
	uint8_t bits, bit_off;	    /* a bit-field: of the size bytes, these bits; bits 0: none */
	const struct c_enum *enums; /* GO_INT, GO_UINT: names of values */
	uint32_t nenums;
	const void *priv; /* the reader's */
};

/* Where a part of a value is: bytes [off, off + size) of the value. */
enum go_place { GO_IN_REG, GO_IN_XMM, GO_ON_STACK, GO_IN_CTX, GO_AT_REG };

struct go_piece {
	uint8_t place; /* enum go_place */
	uint8_t reg;   /* GO_IN_REG: 0 to 8 for RAX RBX RCX RDI RSI R8 R9 R10 R11, 9 for C's RDX;
			  GO_IN_XMM: 0 to 14; GO_AT_REG: as GO_IN_REG, the register that holds the address;
			  GO_IN_CTX: 1 when the variable's address is there, not the variable */
	uint16_t size; /* bytes */
	uint32_t off;  /* in the value */
	int32_t stack; /* GO_ON_STACK: bytes from the return address slot: +8 is the first stack argument;
			  GO_IN_CTX: bytes behind the closure context's address, which is in RDX at the entry;
			  GO_AT_REG: bytes behind the address */
};

struct go_param {
	const char *name; /* "" when the source has none ("_" too); results without a name: "~r0" */
	const struct go_type *type;
	bool result;
	uint32_t npieces; /* 0 for a value of size 0 */
	const struct go_piece *pieces;
};

/*
 * Arguments (receiver first) then results of function i, in source order.  Of a
 * closure the variables that it captured come between them (Go >= 1.23 tells).
 * Before Go 1.22, DWARF leaves out arguments named "_" and receivers of wrappers
 * that the compiler makes: they are not in the array.
 * Returns 0 with *out borrowed from the target; -ENODATA when the binary has no
 * DWARF that describes it (err says what is missing and where it was looked
 * for); -ENOENT when DWARF is there but does not know this function, or it is
 * assembly; -EBADMSG when it is damaged.
 */
int tgt_params(struct tgt *t, uint32_t i, const struct go_param **out, uint32_t *n, struct tgt_error *err);

/* Reads the parts of a lazy type.  0 or a negative errno (the type then is GO_UNKNOWN). */
int tgt_type_fill(struct tgt *t, const struct go_type *type);

/* A type by its Go name ("main.Student", "net/http.Request"), or NULL with err. */
const struct go_type *tgt_type_by_name(struct tgt *t, const char *name, struct tgt_error *err);

/* Names of Go types that have a package in front or are one word, at most max, in no order; they live as long as the
 * target. */
size_t tgt_go_type_names(struct tgt *t, const char **names, size_t max);

/*
 * Writes the definition of a type that has a name, as its source has it: of
 * Go (tag 'g') "type main.Pair struct {...}" with the offset of each field, of
 * C, C++ and Rust (tags as below) "struct pair {...};".  0, or as tgt_c_type().
 */
int tgt_define(struct tgt *t, char tag, const char *name, struct buf *out, struct tgt_error *err);

/*
 * A type of C, C++ or Rust by its name.  tag: 's' struct or class, 'u' union,
 * 'e' enum, 't' typedef, and of C++ and Rust any, 'c' the enum that has such a
 * constant; "ns::name" says in which namespace.  The units of funcs (indexes) are looked into first, then all.
 * Returns 0 and *out, filled; -ENODATA no DWARF, -ENOENT it does not describe
 * the name, -EEXIST it does so in two ways, -EBADMSG damaged: err is a sentence
 * that begins with the file's name.
 */
int tgt_c_type(struct tgt *t, char tag, const char *name, const uint32_t *funcs, size_t nfuncs,
	       const struct go_type **out, struct tgt_error *err);
/* Names of that kind, at most max: for suggestions.  They live as long as the target. */
size_t tgt_c_names(struct tgt *t, char tag, const char **names, size_t max);

/*
 * The dynamic type behind an interface: vaddr of a runtime type descriptor
 * (abi.Type; of an itab: the word at +8) in the binary's own numbering to its
 * name, "*errors.errorString", which has no more of the package's path than its
 * last element.  Read from the file's own type data, so it works in stripped
 * binaries.  False when vaddr is not a type.
 */
bool tgt_rtype_name(struct tgt *t, uint64_t vaddr, const char **name);

/*
 * The descriptors that have exactly that name, ascending, in the binary's own
 * numbering: a malloc'd array in *out.  Several packages may have a type of one
 * name.  0 (*out is NULL): none, or the type data was not found.
 */
size_t tgt_rtypes_named(struct tgt *t, const char *name, uint64_t **out);

/* More of such a type.  Strings live as long as the target. */
struct tgt_rtype {
	const char *name;
	enum go_kind kind; /* GO_INTERFACE also for interface{} */
	uint64_t size;	   /* bytes */
	uint64_t elem;	   /* GO_PTR: vaddr of what it points to, else 0 */
	bool direct;	   /* an interface's data word is the value itself, not its address */
};
bool tgt_rtype(struct tgt *t, uint64_t vaddr, struct tgt_rtype *out);

/* Field i of a struct type; false when there is none. */
struct tgt_rfield {
	const char *name;
	uint64_t type, off; /* vaddr of its type; bytes from the struct's start */
};
bool tgt_rtype_field(struct tgt *t, uint64_t vaddr, uint32_t i, struct tgt_rfield *out);

/*
 * The descriptor of a type of this name that the program converts to error
 * somewhere (an itab in the file says so).
 */
bool tgt_error_type(struct tgt *t, const char *name, uint64_t *vaddr);

#endif
