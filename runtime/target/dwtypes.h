/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * dwtypes.h - what gotype.c (types) and goparam.c (parameters) share: the open
 * DWARF of a target and what was read from it so far.
 */
#ifndef GFT_TARGET_DWTYPES_H
#define GFT_TARGET_DWTYPES_H

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "internal.h"

/* Go's attributes: src/cmd/internal/dwarf/dwarf.go */
#define AT_GO_KIND	 0x2900
#define AT_GO_KEY	 0x2901
#define AT_GO_ELEM	 0x2902
#define AT_GO_EMBEDDED	 0x2903
#define AT_GO_DICT_INDEX 0x2906
#define AT_GO_CLOSURE	 0x2907 /* since Go 1.23: where a captured variable is in the closure's context */

struct gtype {
	struct go_type t; /* first: a struct go_type of ours is one of these */
	Dwarf_Off def;	  /* the entry that defines it, behind typedefs */
	bool busy;	  /* being filled: a struct in itself is damage */
};

struct fn_entry {
	Dwarf_Addr pc;
	Dwarf_Off off;
};

/* DWARF without what is not needed: dwopen.c */
struct lean {
	Dwarf *dw; /* NULL: not open */
	Elf *elf;
	void *map;
	size_t size;
};
bool dwt_open_lean(struct lean *l, int fd, bool locs);
void dwt_close_lean(struct lean *l);

struct unit {
	Dwarf_Off off;	  /* of its first entry */
	const char *name; /* "net/http": the package, or a file of C */
	bool read;
	struct fn_entry *fn; /* owned, sorted by pc */
	size_t nfn;
};

struct range {
	Dwarf_Addr lo, hi;
	uint32_t unit;
};

struct params {
	int rc; /* 1: not yet known */
	uint32_t n;
	const struct go_param *v;
};

struct type_name {
	const char *s; /* NULL: free */
	Dwarf_Off off;
};

struct gotype {
	struct tgt *t;
	struct arena *a;
	int fd;
	Dwarf *dw; /* NULL: why says why */
	struct lean lean;
	bool locs;   /* dw has lists of locations */
	Dwarf *full; /* all of it, once that was needed; entries have the same offsets */
	bool full_tried;
	int rc;
	char why[400];
	int minor; /* of the compiler, 0: not known */

	struct unit *unit;
	size_t nunit;
	struct range *range; /* sorted by lo */
	size_t nrange;

	struct gtype **type; /* open addressing by key */
	uint64_t *type_key;
	size_t ntype, type_cap;
	size_t nfields;

	struct params *params; /* by function */
	size_t nparams;

	struct type_name *name; /* open addressing by name, once a type was asked for by name */
	size_t nname, name_cap;
	bool names_read;
};

/* NULL, rc and err when there is nothing to read. */
struct gotype *dwt_get(struct tgt *t, int *rc, struct tgt_error *err);

Dwarf *dwt_full(struct gotype *g); /* with locations and ranges; NULL: cannot be read */

bool dwt_flag(Dwarf_Die *d, unsigned attr); /* true: there and set */
/* d becomes its sibling: 0, 1 when it was the last, -1 on damage; entries that form a ring are that. */
int dwt_sibling(Dwarf_Die *d);
const char *dwt_name(Dwarf_Die *d); /* never NULL */

/* The type that an attribute refers to, or NULL; GO_UNKNOWN when it makes no sense. */
struct gtype *dwt_type(struct gotype *g, Dwarf_Die *d, unsigned attr);
int dwt_fill(struct gotype *g, struct gtype *v); /* 0 or -EBADMSG */

#endif
