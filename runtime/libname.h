/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* libname.h - the file of a shared library that is known by name, and the files that processes have mapped. */
#ifndef GFT_RUNTIME_LIBNAME_H
#define GFT_RUNTIME_LIBNAME_H

#include <stddef.h>
#include <sys/types.h>

/* A file that a process runs code of. */
struct mapped {
	char *path; /* as the process calls it */
	char *file; /* a path that opens it from here: through /proc, also when it was deleted */
	dev_t dev;
	ino_t ino;
};

/* The distinct files of the executable mappings of a process; mapped_free() them.  0 when it is gone. */
size_t mapped_files(pid_t pid, struct mapped **out);
void mapped_free(struct mapped *v, size_t n);

/* Whether "libc", "libc.so.6" or "c" is a name of the library with this path. */
int libname_is(const char *path, const char *name);

/*
 * The library of that name by the loader's cache below root ("" or "/proc/PID/root"),
 * else in the loader's standard folders.  Malloc'd path with root in front, or NULL.
 */
char *libname_find(const char *root, const char *name);

#endif
