/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * buf.h - a growable byte buffer that is always NUL-terminated when not empty.
 * Like the arena it never fails: no memory ends the program with status 1.
 */
#ifndef GFT_BUF_H
#define GFT_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

struct buf {
	char *data; /* owned; NULL while empty */
	size_t len; /* bytes, without the NUL */
	size_t cap;
};

#define BUF_INIT                                                                                                       \
	{                                                                                                              \
		NULL, 0, 0                                                                                             \
	}

void buf_free(struct buf *b);  /* releases the memory; the buffer may be used again */
void buf_reset(struct buf *b); /* empties it, keeps the memory */
void buf_reserve(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_pad(struct buf *b, char c, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_u64(struct buf *b, unsigned long long v); /* decimal, fast */
const char *buf_str(struct buf *b);		   /* never NULL */
/* Adds what f has left, and stops when b holds more than max bytes (by at most 8 KiB); ferror(f) tells of mistakes. */
void buf_read(struct buf *b, FILE *f, size_t max);

/* xmalloc family: for long-lived tables outside an arena; never NULL. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);

/* The order of two const char *, for qsort() and bsearch(). */
int cmp_names(const void *a, const void *b);

#endif
