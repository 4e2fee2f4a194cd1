/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * btf.h - types of the running kernel, from its BTF (/sys/kernel/btf: vmlinux
 * and modules).  Implemented by runtime/kernel.
 *
 * BTF is read at the first question.  Structs come lazy (type.h): task_struct
 * alone leads to thousands of others.  Names are borrowed from the BTF, which
 * stays; the rest lives in the arena.  Functions that return NULL fill err with
 * one sentence fragment.
 */
#ifndef GFT_BTF_H
#define GFT_BTF_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct gft_type;

/* tag: 's' struct, 'u' union, 'e' enum, 't' typedef. */
const struct gft_type *kernel_btf_type(struct arena *a, char tag, const char *name, char *err, size_t err_sz);

/* As kernel_stub() of resolve.h. */
bool kernel_btf_stub(char tag, const char *name, struct buf *out);

/* Which kernel's types these are, as a name of it; NULL: it has none.  Reads no types but of a file. */
const char *kernel_btf_whose(void);

/* The enum that has a constant of this name, or NULL. */
const struct gft_type *kernel_btf_constant(struct arena *a, const char *name);

/* Fills in the fields of a lazy struct, and of the structs inside of it.  False: it is not of the kernel. */
bool kernel_btf_fill(struct arena *a, struct gft_type *t);

/*
 * Arguments of a kernel function or (kind "rawtracepoint") a raw tracepoint as a
 * TY_STRUCT in TS_CTX: a word each (count is 1).  A function's result follows
 * behind its arguments as the field "retval", when it has one.
 */
const struct gft_type *kernel_btf_args(struct arena *a, const char *kind, const char *name, char *err, size_t err_sz);

/*
 * Names of one kind (tag as above, but 't') that match: pattern is a name or a
 * glob; each once, sorted.  Returns how many; the caller frees *names, and the
 * names are borrowed.
 */
size_t kernel_btf_names(char tag, const char *pattern, const char ***names);
/* The definitions in C of these names, which kernel_btf_names() gave, in their order: a blank line behind each. */
void kernel_btf_define(char tag, const char *const *names, size_t n, struct buf *out);

/* The file that the environment's GFT_BTF or BPFTRACE_BTF names to be taken for the kernel's; NULL: none. */
const char *kernel_btf_path(void);

/* Answers all of that from the BTF of a file, for tests; NULL goes back to the running kernel's.  0 or a negative
 * errno. */
int kernel_btf_use(const char *path);

#endif
