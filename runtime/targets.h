/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * targets.h - the binaries of one run, and the answers that semantic analysis
 * asks for (resolve.h), from real files and this kernel.
 */
#ifndef GFT_RUNTIME_TARGETS_H
#define GFT_RUNTIME_TARGETS_H

#include <sys/types.h>

#include "gft/resolve.h"
#include "gft/target.h"

struct targets;

struct targets_opts {
	const char *binary; /* the command's operand, or the program of -c; NULL: none */
	const pid_t *pids;  /* -p: their executables, through /proc; borrowed */
	size_t npids;
	const char *debug_dir;
	const char *operand; /* first parameter of the script: a binary that does not exist? */
};

struct targets *targets_new(const struct targets_opts *opts); /* opens nothing yet */
void targets_free(struct targets *t);
void targets_resolver(struct targets *t, struct resolver *out);

/* Places where functions of a pattern were inlined; text tells of up to three. */
size_t targets_inlined(struct targets *t, int bin, const char *pattern, char *text, size_t size);

/*
 * The code at vaddr; is_return: vaddr is a return address, so that the call
 * before it counts.  False, with out as it was, when no function is there.
 */
struct code_info;
bool targets_code(struct tgt *t, uint64_t vaddr, bool is_return, struct code_info *out);

/* Behind it: out->copies there, and where level is not 0 the function of that level (struct code_info). */
void targets_copies(struct tgt *t, uint64_t vaddr, bool is_return, uint32_t level, struct code_info *out);

int targets_count(const struct targets *t);
bool targets_has_library(const struct targets *t);		     /* one of them is a shared library */
int targets_by_inode(const struct targets *t, dev_t dev, ino_t ino); /* -1: none */
struct tgt *targets_tgt(const struct targets *t, int bin);
const char *targets_path(const struct targets *t, int bin); /* the path to attach to */

/* Opens (or finds) a binary; its number, or a negative errno with err. */
int targets_open(struct targets *t, const char *name, char *err, size_t err_sz);

/* All that the name may mean (resolver.binaries). */
int targets_open_all(struct targets *t, const char *name, const char *const *patterns, size_t n, int *out, size_t max,
		     char *err, size_t err_sz);

/* Where a program that was named without a slash is: PATH's first match, malloc'd; or NULL. */
char *targets_which(const char *name);

/* The root of tracefs, or NULL. */
const char *targets_tracefs(void);

#endif
