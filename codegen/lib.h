/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* lib.h - finding gft's own shared objects. */
#ifndef GFT_CODEGEN_LIB_H
#define GFT_CODEGEN_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Looks for a library by name beside the program and where it is installed, or
 * only at what the environment variable env says.  False, and path "", when it
 * is nowhere.
 */
bool lib_find(const char *name, const char *env, char *path, size_t size, struct stat *st);

/* Milliseconds of a clock that only goes on. */
double lib_now_ms(void);

#endif
