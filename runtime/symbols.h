/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* symbols.h - addresses of running processes, and of the kernel, as names. */
#ifndef GFT_RUNTIME_SYMBOLS_H
#define GFT_RUNTIME_SYMBOLS_H

#include "gft/graph.h"
#include "runtime/targets.h"

struct symbols;

struct symbols *symbols_new(struct targets *t);
void symbols_free(struct symbols *s); /* NULL is allowed */

/*
 * Reads where the process has its code, while it lives: the answers are needed when it is gone.
 * False: it is gone, or has none yet.
 */
bool symbols_note(struct symbols *s, pid_t pid);

/*
 * The code at addr of process pid, 0 for the kernel.  is_return: addr is where
 * a call returns to, the call itself is meant.  level: which of the functions that
 * were copied into each other there, 0 for the one that has the code (struct
 * code_info).  What is not known stays empty; strings live as long as symbols.
 */
void symbols_find(struct symbols *s, uint32_t pid, uint64_t addr, bool is_return, uint32_t level,
		  struct code_info *out);

/*
 * Which file process pid has mapped at addr, as the digits of its build id, and where addr lies in
 * it.  False when either is not known: another file is never named.
 */
#define SYMBOLS_BUILD_ID 40 /* digits: the 20 bytes that the kernel takes one to have, 0 where it is shorter */
bool symbols_file_place(struct symbols *s, uint32_t pid, uint64_t addr, char id[SYMBOLS_BUILD_ID + 1], uint64_t *off);

/* The Go type whose description lies at addr in process pid, or NULL; lives as long as the targets. */
const char *symbols_go_type(struct symbols *s, uint32_t pid, uint64_t addr);

/*
 * The code at the address where a process has vaddr of a target's binary, which may
 * lie behind the end of that file: in a library.  out->addr is the address then.
 * False when the process's mappings are not known.
 */
bool symbols_from(struct symbols *s, uint32_t pid, int bin, uint64_t vaddr, struct code_info *out);

#endif
