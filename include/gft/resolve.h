/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * resolve.h - the questions that semantic analysis asks about targets and the
 * kernel, as an interface: the program answers from real binaries
 * (runtime/resolve.c), tests answer from tables.
 *
 * Functions that can fail fill err (one sentence, err_sz bytes with the NUL)
 * and return a negative errno.  Strings are borrowed and live as long as the
 * resolver.
 */
#ifndef GFT_RESOLVE_H
#define GFT_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct go_param;
struct go_type;
struct gft_type;
struct payload;

struct resolver {
	void *ctx;

	/* Whether a path names an existing file: how "a/b:c" is told apart from a Go symbol. */
	bool (*file_exists)(void *ctx, const char *path);

	/* Opens the binary that an attach point names, NULL for the command's.  Returns its number. */
	int (*binary)(void *ctx, const char *name, char *err, size_t err_sz);
	/*
	 * All that a name may mean: NULL is the executable of each process of -p, a
	 * path may hold wildcards, "*" is every file that those processes have
	 * mapped, "libc" a library.  Of several files only those count that have a
	 * function of one of the patterns.  Returns how many numbers were stored, 0
	 * when there are files but none has such a function, or a negative errno.
	 * NULL: binary() is all there is.
	 */
	int (*binaries)(void *ctx, const char *name, const char *const *patterns, size_t n, int *out, size_t max,
			char *err, size_t err_sz);
	const char *(*binary_name)(void *ctx, int bin); /* as probe shows it */
	bool (*is_go)(void *ctx, int bin);
	bool (*has_dwarf)(void *ctx, int bin);
	const char *(*go_version)(void *ctx, int bin); /* "" when not known */
	/* The name of a wait reason; NULL: not known.  The function may be NULL. */
	const char *(*wait_reason)(void *ctx, int bin, uint32_t reason);

	/* Functions by exact name, then glob; sorted indexes, malloc'd.  0: none. */
	size_t (*match)(void *ctx, int bin, const char *pattern, uint32_t **out);
	/* Why a name has no function, as a sentence's end; NULL: nothing special.  May be NULL itself. */
	const char *(*why_none)(void *ctx, int bin, const char *name);
	size_t (*nearest)(void *ctx, int bin, const char *pattern, const char **names, size_t max);
	/*
	 * Places where functions of that pattern were inlined, and a few of them as
	 * text ("main.f into main.g (a.go:12)"); NULL: not known here.
	 */
	size_t (*inlined)(void *ctx, int bin, const char *pattern, char *text, size_t size);
	const char *(*func_name)(void *ctx, int bin, uint32_t func);
	uint64_t (*func_entry)(void *ctx, int bin, uint32_t func);
	uint64_t (*func_size)(void *ctx, int bin, uint32_t func);
	long (*func_at)(void *ctx, int bin, uint64_t vaddr);
	/* Whether a function is not Go's: C in a Go program.  NULL: there is none. */
	bool (*is_c)(void *ctx, int bin, uint32_t func);
	/* Whether a binary is a shared library; NULL: none is. */
	bool (*is_library)(void *ctx, int bin);
	/* Whether a function takes its arguments on the stack (assembly, Go <= 1.16). */
	bool (*is_abi0)(void *ctx, int bin, uint32_t func);
	/* Arguments and results of a function, and the parts of a lazy type (gotype.h). */
	int (*params)(void *ctx, int bin, uint32_t func, const struct go_param **out, uint32_t *n, char *err,
		      size_t err_sz);
	const struct go_type *(*type_by_name)(void *ctx, int bin, const char *name, char *err, size_t err_sz);
	int (*type_fill)(void *ctx, int bin, const struct go_type *type);
	/* Addresses of the descriptors of the Go types of that name, malloc'd; 0: none.  NULL: not known here. */
	size_t (*type_addrs)(void *ctx, int bin, const char *name, uint64_t **out);
	/*
	 * A type of C by its name, as tgt_c_type() of gotype.h has it, and names of that kind for suggestions.
	 * Both may be NULL: no target describes any.
	 */
	int (*c_type)(void *ctx, int bin, char tag, const char *name, const uint32_t *funcs, size_t nfuncs,
		      const struct go_type **out, char *err, size_t err_sz);
	size_t (*c_names)(void *ctx, int bin, char tag, const char **names, size_t max);
	/* Whether vaddr may be probed; 0 or a negative errno with err. */
	int (*check_addr)(void *ctx, int bin, uint64_t vaddr, char *err, size_t err_sz);
	/* column 0: the first of the line */
	size_t (*line_addrs)(void *ctx, int bin, const char *file, unsigned line, unsigned column, uint64_t **out);
	bool (*symbol)(void *ctx, int bin, const char *name, uint64_t *vaddr, uint64_t *size);

	/* Tracepoints: names by glob of "category:event" (malloc'd array of borrowed strings). */
	size_t (*tracepoints)(void *ctx, const char *pattern, const char ***out);
	/*
	 * Names of a kind ("rawtracepoint", "software", "hardware", "kprobe", "fentry", "module", ...) that a pattern
	 * matches (malloc'd array, borrowed strings).  SIZE_MAX: they cannot be listed.  May be NULL.
	 */
	size_t (*events)(void *ctx, const char *kind, const char *pattern, const char ***out);
	/* The record of a tracepoint as a TY_STRUCT in TS_CTX, or NULL with err. */
	const struct gft_type *(*tracepoint_args)(void *ctx, struct arena *a, const char *name, char *err,
						  size_t err_sz);

	/*
	 * The running kernel's own types (BTF).  Any of these may be NULL: no types.
	 * tag: 's' struct, 'u' union, 'e' enum, 't' typedef.  A struct may come lazy
	 * (type.h); kernel_fill fills in its fields, and those of what lies inside.
	 */
	const struct gft_type *(*kernel_type)(void *ctx, struct arena *a, char tag, const char *name, char *err,
					      size_t err_sz);
	/* The enum that has a constant of this name, or NULL. */
	const struct gft_type *(*kernel_constant)(void *ctx, struct arena *a, const char *name);
	bool (*kernel_fill)(void *ctx, struct arena *a, struct gft_type *t);
	/*
	 * Writes a definition in C of a type's size and alignment, in one line; what is no number has one member or
	 * one constant, which is called gft_kernel_TAG_NAME.  May be NULL.
	 */
	bool (*kernel_stub)(void *ctx, char tag, const char *name, struct buf *out);
	/* The address of a symbol of the kernel: 0, or a negative errno with err.  May be NULL. */
	int (*kernel_symbol)(void *ctx, const char *name, uint64_t *addr, char *err, size_t err_sz);
	/*
	 * What a kernel function or raw tracepoint is called with: a TY_STRUCT with a
	 * word for each argument; a function's result, if it has one, follows as
	 * the field "retval".  kind: "rawtracepoint", or that of a probe of functions.
	 */
	const struct gft_type *(*kernel_args)(void *ctx, struct arena *a, const char *kind, const char *name, char *err,
					      size_t err_sz);
};

#endif
