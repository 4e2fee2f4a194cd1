/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ctypes.h - the C of a script as data: structs, unions, enums, typedefs,
 * constants, and the functions of %{ ... %}.
 *
 * libclang reads the C text behind libgft-ctypes.so (codegen/ctypes.c), which
 * is loaded only when a script has C that is more than "#define NAME NUMBER"
 * and the result is not in the cache.  What it found comes back as one block
 * of tables, the same that is kept in the cache; cdefs_open() checks it and
 * makes types of it.
 */
#ifndef GFT_CTYPES_H
#define GFT_CTYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct gft_type;

/* --- the library ---------------------------------------------------------------- */

struct ctypes_job {
	const char *text; /* the whole translation unit */
	size_t len;
	const char *const *args; /* of the compiler: "-Idir", "-include", "file" */
	size_t nargs;
	/* names that are asked for: what no name leads to is left out */
	const char *const *words;
	size_t nwords;
	const char *front; /* read in front of everything, or NULL */
	size_t front_len;
};

/* A mistake in the C text. */
struct ctypes_diag {
	bool in_text;	  /* off is an offset in the job's text; else file and line say where */
	uint32_t off;	  /* and where the file was included, when in_text is false */
	const char *file; /* malloc'd or NULL */
	unsigned line;
	const char *msg; /* malloc'd */
};

struct ctypes_result {
	void *tables; /* malloc'd struct ctypes_head; NULL on errors */
	size_t len;
	struct ctypes_diag *diags; /* malloc'd: errors only */
	size_t ndiags;
	char **files; /* malloc'd, the names too: every file that was read */
	size_t nfiles;
};

/* Exported by libgft-ctypes.so: 0, or -1 with diags.  Never exits, never prints. */
typedef int (*gft_ctypes_parse_fn)(const struct ctypes_job *job, struct ctypes_result *out);
typedef void (*gft_ctypes_release_fn)(struct ctypes_result *r);
#define GFT_CTYPES_PARSE   "gft_ctypes_parse"
#define GFT_CTYPES_RELEASE "gft_ctypes_release"

/* --- the tables ------------------------------------------------------------------ */

#define CTYPES_MAGIC 0x33747467u /* another one when a table changes */

enum ctypes_kind {
	CT_VOID = 0, /* and functions, and what is only declared */
	CT_BOOL,
	CT_CHAR, /* an array of them is text */
	CT_INT,
	CT_FLOAT,
	CT_PTR,
	CT_ARRAY,
	CT_STRUCT,
	CT_UNION,
	CT_ENUM,
};

struct ctypes_type {
	uint8_t kind;
	uint8_t is_signed;
	uint8_t incomplete; /* struct, union: declared, not defined */
	uint8_t align;	    /* 1, 2, 4, 8, 16, ... as far as a byte goes */
	uint32_t name;	    /* tag; 0: none */
	uint64_t size;
	uint32_t elem;	/* PTR, ARRAY */
	uint32_t first; /* STRUCT, UNION: of its fields; ENUM: of its values */
	uint64_t count; /* how many; ARRAY: elements */
};

struct ctypes_field {
	uint32_t name, type; /* name 0: bits that nobody reads, left out */
	uint64_t bit_off;
	uint32_t bits; /* 0: not a bitfield */
	uint32_t pad;
};

struct ctypes_value {
	int64_t val;
	uint32_t name, pad;
};

enum ctypes_name_kind { CN_STRUCT = 0, CN_UNION, CN_ENUM, CN_TYPEDEF, CN_INT, CN_STRING, CN_FUNC };

/* What a name means. */
struct ctypes_name {
	uint8_t kind;
	uint8_t is_unsigned; /* CN_INT */
	uint8_t in_text;     /* it was defined in the script's own text */
	uint8_t pad;
	uint32_t name;
	uint32_t type;	/* of a tag, typedef; CN_FUNC: its result; CN_INT of an enum: that, else 0 */
	uint32_t first; /* CN_FUNC: of its parameters (in the fields table) */
	uint32_t count;
	uint32_t str; /* CN_STRING */
	int64_t val;  /* CN_INT */
};

struct ctypes_head {
	uint32_t magic;
	uint32_t ntypes, nfields, nvalues, nnames, nstr; /* tables follow in this order, then nstr bytes of text */
};

/* --- what semantic analysis asks ------------------------------------------------- */

struct cdefs;

struct cdefs_func {
	const char *name;
	const struct gft_type *ret;
	const struct gft_type **params;
	uint32_t nparams;
};

struct cdefs_const {
	int64_t val;
	bool is_unsigned, in_text;
	const char *str;	     /* NULL: a number */
	const struct gft_type *type; /* an enum's, or NULL */
};

/*
 * Types of a block of tables, in the arena; the block may be freed.  NULL when
 * it is damaged.
 */
struct cdefs *cdefs_open(struct arena *a, const void *tables, size_t len);

/* tag: 's' struct, 'u' union, 'e' enum, 't' typedef.  NULL: there is none. */
const struct gft_type *cdefs_type(const struct cdefs *c, char tag, const char *name);
/* The same, where the script's own text defines it, and no header. */
const struct gft_type *cdefs_own_type(const struct cdefs *c, char tag, const char *name);
const struct cdefs_const *cdefs_const(const struct cdefs *c, const char *name);
const struct cdefs_func *cdefs_func(const struct cdefs *c, const char *name);
/* Names of that kind (enum ctypes_name_kind) for suggestions, at most max. */
size_t cdefs_names(const struct cdefs *c, int kind, const char **names, size_t max);

#endif
