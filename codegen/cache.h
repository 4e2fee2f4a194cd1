/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cache.h - compiled objects by the hash of everything they are made of.
 *
 * A cache is never needed: every failure means a miss.  What it gives is
 * loaded into the kernel by root, so a file is used only when it lies in a directory
 * of ours that nobody else can write, is ours itself, and hashes to what it says.
 */
#ifndef GFT_CACHE_H
#define GFT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

struct sha256 {
	uint32_t h[8];
	uint64_t len;
	uint8_t block[64];
};
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
/* Of a key's parts: bytes with their number in front; and what tells one state of a file from another. */
void sha256_add_part(struct sha256 *s, const void *data, size_t len);
struct stat;
void sha256_add_file_id(struct sha256 *s, const struct stat *st);
void sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN]);

struct cache;

/* Opens (and makes) the cache; dir NULL: the default one.  NULL: there is none to use. */
struct cache *cache_open(const char *dir);
void cache_close(struct cache *c);

/*
 * The object under a key, malloc'd; NULL: not there, or not to be trusted.  *spoiled (may be NULL): there
 * is a file, but it is damaged or somebody else's.
 */
void *cache_get(struct cache *c, const uint8_t key[SHA256_LEN], size_t *len, bool *spoiled);
/* Keeps an object; removes the oldest files when the cache is over its size. */
void cache_put(struct cache *c, const uint8_t key[SHA256_LEN], const void *object, size_t len);

#endif
