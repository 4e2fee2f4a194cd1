/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* compiler.h - Clang in a process of its own. */
#ifndef GFT_CODEGEN_COMPILER_H
#define GFT_CODEGEN_COMPILER_H

#include <stdbool.h>

struct clang_job;
struct compile_result;

/*
 * Compiles the job by the library of that path.  Returns 0; -1 when there were
 * errors, or the compiler crashed (out->diags); another negative errno when the
 * library cannot be used, or the process cannot be had (out->err).
 */
int compiler_run(const char *path, const struct clang_job *job, bool verbose, struct compile_result *out);

#endif
