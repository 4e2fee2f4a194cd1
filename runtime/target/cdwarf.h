/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* cdwarf.h - what the readers of C's DWARF share: cdwarf.c (units, functions, lines), ctype.c, cnames.c. */
#ifndef GFT_TARGET_CDWARF_H
#define GFT_TARGET_CDWARF_H

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "internal.h"

struct ctype {
	struct go_type t; /* first: a struct go_type of ours is one of these */
	Dwarf_Die die;
	uint32_t dim; /* of an array: the subrange that counts */
	bool busy;    /* being filled: a struct in itself is damage */
};

struct cfunc {
	Dwarf_Addr pc;
	Dwarf_Die die;
};

struct cunit {
	Dwarf_Die die;
	bool read;
	struct cfunc *fn; /* owned, sorted by pc */
	size_t nfn, cfn;
};

struct crange {
	Dwarf_Addr lo, hi;
	uint32_t unit;
};

struct cdwarf {
	struct tgt *t;
	struct arena *a;
	int fd, rc;
	Dwarf *dw;
	char why[400];
	struct cunit *unit;
	size_t nunit;
	struct crange *range; /* sorted by lo */
	size_t nrange;
	/* types by the address of their entry: entries may be in a second file (dwz) */
	struct ctype **type;
	const void **type_key;
	size_t ntype, type_cap;
	size_t nfields;
	struct {
		int rc; /* 1: not yet known */
		uint32_t n;
		const struct go_param *v;
		const char *why;
	} * params; /* by function */
	size_t nparams;
	struct cnames *names, *local_names; /* cnames.c */
};

/* NULL, rc and err when there is nothing to read. */
struct cdwarf *cdw_get(struct tgt *t, int *rc, struct tgt_error *err);
/* The function that begins at pc, and its unit. */
bool cdw_function(struct cdwarf *c, uint64_t pc, Dwarf_Die *fn, Dwarf_Die *cu);

bool cdw_u(Dwarf_Die *d, unsigned attr, Dwarf_Word *v);
bool cdw_flag(Dwarf_Die *d, unsigned attr);
const char *cdw_name(Dwarf_Die *d); /* never NULL */
/* d becomes its sibling: 0, 1 when it was the last, -1 on damage; entries that form a ring are that. */
int cdw_sibling(Dwarf_Die *d);

/* The type that an attribute refers to; NULL: none (void). */
struct ctype *cdw_type(struct cdwarf *c, Dwarf_Die *d, unsigned attr);
int cdw_fill(struct cdwarf *c, struct ctype *v); /* 0 or -EBADMSG */
/* The type that an entry is, behind typedefs and const; NULL: void. */
struct ctype *cdw_type_of(struct cdwarf *c, const Dwarf_Die *d);
void cdw_names_free(struct cdwarf *c);

#endif
