/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * arena.h - memory of the front end: everything that lives as long as the
 * script (tokens, nodes, types, generated text) comes from one arena and goes
 * with one call.  Allocation never returns NULL: when the machine has no
 * memory left the program says so and exits with status 1.
 */
#ifndef GFT_ARENA_H
#define GFT_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is allowed */

/* size bytes, zeroed, aligned to 16. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_memdup(struct arena *a, const void *p, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);

#define ARENA_NEW(a, type)	((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

/* Appends val to an array kept as pointer p, count n and capacity cap. */
#define ARENA_PUSH(a, p, n, cap, val)                                                                                  \
	do {                                                                                                           \
		if ((n) == (cap)) {                                                                                    \
			size_t new_cap_ = (cap) ? (size_t)(cap)*2 : 8;                                                 \
			void *new_p_ = arena_alloc((a), new_cap_ * sizeof(*(p)));                                      \
			if ((n) != 0)                                                                                  \
				__builtin_memcpy(new_p_, (p), (size_t)(n) * sizeof(*(p)));                             \
			(p) = new_p_;                                                                                  \
			(cap) = new_cap_;                                                                              \
		}                                                                                                      \
		(p)[(n)++] = (val);                                                                                    \
	} while (0)

#endif
