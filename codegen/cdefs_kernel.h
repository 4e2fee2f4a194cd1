/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* cdefs_kernel.h - types of the running kernel that the script's C uses without defining them. */
#ifndef GFT_CODEGEN_CDEFS_KERNEL_H
#define GFT_CODEGEN_CDEFS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "gft/buf.h"

struct arena;
struct ctypes_result;
struct gft_type;
struct resolver;

struct kernel_types {
	const struct resolver *res;
	struct kernel_wanted {
		char tag;
		const char *name;
		bool banned; /* the C defines it, further down */
	} * v;
	size_t n, cap;
	struct buf text; /* their stand-ins, as C; the caller frees it */
};

/*
 * Looks through what was wrong with the C for types that only the kernel knows,
 * and writes k->text anew.  False: there is nothing new in it, so to read the C
 * once more would not help.
 */
bool cdefs_kernel_want(struct arena *a, struct kernel_types *k, const struct ctypes_result *r);

/* Turns a stand-in, as the tables have it, into the kernel's type; other types stay as they are. */
void cdefs_kernel_type(struct arena *a, const struct resolver *res, struct gft_type *t);

#endif
