/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cache.c - files of the object cache.
 *
 *   DIR/<64 hex digits of the key>.o: struct header, then the object
 *
 * All access is relative to the directory's descriptor, checked once after it
 * was opened.  Files are written under another name and renamed, so that a
 * reader sees a whole file or none; the age of a file is its time of last use.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codegen/cache.h"

#define CACHE_MAX  (64u << 20) /* bytes of all files */
#define OBJECT_MAX (16u << 20) /* bytes of one */
#define STALE_TMP  3600	       /* seconds after which a half-written file is nobody's */

static const char magic[8] = "gftobj1\n";

struct header {
	char magic[8];
	uint64_t len;
	uint8_t key[SHA256_LEN];  /* a file under a wrong name is not used */
	uint8_t hash[SHA256_LEN]; /* of the object */
};

struct cache {
	int dir;
};

/* --- SHA-256 (FIPS 180-4) ---------------------------------------------------------------- */

static const uint32_t sha_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t ror(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void sha256_block(struct sha256 *s, const uint8_t *p)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 |
		       p[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) + w[i - 7] + (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
	memcpy(v, s->h, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t a = v[0], e = v[4];
		uint32_t t1 =
			v[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + sha_k[i] + w[i];
		uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		s->h[i] += v[i];
}

void sha256_init(struct sha256 *s)
{
	static const uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memset(s, 0, sizeof(*s));
	memcpy(s->h, h, sizeof(h));
}

void sha256_add(struct sha256 *s, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		size_t have = s->len % 64, n = 64 - have < len ? 64 - have : len;

		memcpy(s->block + have, p, n);
		s->len += n;
		p += n;
		len -= n;
		if (have + n == 64)
			sha256_block(s, s->block);
	}
}

void sha256_add_part(struct sha256 *s, const void *data, size_t len)
{
	uint64_t n = len;

	sha256_add(s, &n, sizeof(n));
	sha256_add(s, data, len);
}

void sha256_add_file_id(struct sha256 *s, const struct stat *st)
{
	uint64_t id[3] = { (uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec };

	sha256_add(s, id, sizeof(id));
}

void sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN])
{
	uint64_t bits = s->len * 8;
	uint8_t tail[72] = { 0x80 };
	size_t pad = 1 + (119 - s->len % 64) % 64;

	for (int i = 0; i < 8; i++)
		tail[pad + i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(s, tail, pad + 8);
	for (int i = 0; i < SHA256_LEN; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

/* --- the directory -------------------------------------------------------------------------- */

/* Makes the directory and those above it; whether it is good is checked after opening it. */
static void make_dirs(const char *path)
{
	char *p = strdup(path);

	for (char *s = p ? p + 1 : NULL; s && (s = strchr(s, '/')); s++) {
		*s = 0;
		mkdir(p, 0755);
		*s = '/';
	}
	if (p)
		mkdir(p, 0700);
	free(p);
}

static bool default_dir(char *path, size_t size)
{
	const char *env = secure_getenv("GFT_CACHE_DIR"), *home = secure_getenv("HOME"),
		   *xdg = secure_getenv("XDG_CACHE_HOME");
	int n;

	if (env && env[0])
		n = snprintf(path, size, "%s", env);
	else if (!geteuid())
		n = snprintf(path, size, "/var/cache/gft");
	else if (xdg && xdg[0] == '/')
		n = snprintf(path, size, "%s/gft", xdg);
	else if (home && home[0] == '/')
		n = snprintf(path, size, "%s/.cache/gft", home);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

struct cache *cache_open(const char *dir)
{
	char path[4096];
	struct stat st;
	struct cache *c;
	int fd;

	if (!dir) {
		if (!default_dir(path, sizeof(path)))
			return NULL;
		dir = path;
	}
	make_dirs(dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	c = malloc(sizeof(*c));
	if (!c || fstat(fd, &st) || st.st_uid != geteuid() || (st.st_mode & 022)) {
		free(c);
		close(fd);
		return NULL;
	}
	c->dir = fd;
	return c;
}

void cache_close(struct cache *c)
{
	if (!c)
		return;
	close(c->dir);
	free(c);
}

/* --- files ------------------------------------------------------------------------------------ */

#define NAME_LEN (2 * SHA256_LEN + 2)

static void name_of(const uint8_t key[SHA256_LEN], char name[NAME_LEN + 1])
{
	for (int i = 0; i < SHA256_LEN; i++)
		snprintf(name + 2 * i, 3, "%02x", key[i]);
	memcpy(name + 2 * SHA256_LEN, ".o", 3);
}

static bool is_ours(const char *name)
{
	return strlen(name) == NAME_LEN && strspn(name, "0123456789abcdef") == 2 * SHA256_LEN &&
	       !strcmp(name + 2 * SHA256_LEN, ".o");
}

static bool read_all(int fd, void *buf, size_t n)
{
	char *p = buf;

	while (n) {
		ssize_t r = read(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

static bool write_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		ssize_t r = write(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

static void hash_of(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, data, len);
	sha256_end(&s, out);
}

static void *read_object(int fd, const uint8_t key[SHA256_LEN], size_t *len)
{
	struct stat st;
	struct header h;
	uint8_t hash[SHA256_LEN];
	void *o;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
		return NULL;
	if (!read_all(fd, &h, sizeof(h)) || memcmp(h.magic, magic, sizeof(magic)) || memcmp(h.key, key, SHA256_LEN))
		return NULL;
	if (!h.len || h.len > OBJECT_MAX || (uint64_t)st.st_size != sizeof(h) + h.len)
		return NULL;
	o = malloc(h.len);
	if (!o)
		return NULL;
	if (read_all(fd, o, h.len)) {
		hash_of(o, h.len, hash);
		if (!memcmp(hash, h.hash, SHA256_LEN)) {
			*len = h.len;
			return o;
		}
	}
	free(o);
	return NULL;
}

void *cache_get(struct cache *c, const uint8_t key[SHA256_LEN], size_t *len, bool *spoiled)
{
	char name[NAME_LEN + 1];
	void *o;
	bool bad;
	int fd;

	if (!spoiled)
		spoiled = &bad;
	*spoiled = false;
	if (!c)
		return NULL;
	name_of(key, name);
	/* O_NONBLOCK: a FIFO in its place must not hold us up */
	fd = openat(c->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		*spoiled = errno != ENOENT;
		return NULL;
	}
	o = read_object(fd, key, len);
	*spoiled = !o;
	if (o)
		futimens(fd, NULL);
	close(fd);
	return o;
}

struct entry {
	char name[NAME_LEN + 1];
	struct timespec used;
	uint64_t size;
};

static int by_age(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

/* Removes the oldest files until all fit; and what a killed writer left. */
static void trim(struct cache *c)
{
	int fd = openat(c->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct entry *e = NULL;
	size_t n = 0, cap = 0;
	uint64_t total = 0;
	struct dirent *de;
	struct stat st;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((de = readdir(d))) {
		bool tmp = !strncmp(de->d_name, "tmp.", 4);

		if ((!tmp && !is_ours(de->d_name)) || fstatat(c->dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (tmp) {
			if (st.st_mtime + STALE_TMP < time(NULL))
				unlinkat(c->dir, de->d_name, 0);
			continue;
		}
		if (n == cap) {
			struct entry *more = realloc(e, (cap = cap ? 2 * cap : 64) * sizeof(*e));

			if (!more)
				break;
			e = more;
		}
		memcpy(e[n].name, de->d_name, NAME_LEN + 1);
		e[n].used = st.st_mtim;
		e[n].size = (uint64_t)st.st_size;
		total += e[n++].size;
	}
	closedir(d);
	if (total > CACHE_MAX)
		qsort(e, n, sizeof(*e), by_age);
	for (size_t i = 0; i < n && total > CACHE_MAX; i++) {
		unlinkat(c->dir, e[i].name, 0);
		total -= e[i].size;
	}
	free(e);
}

void cache_put(struct cache *c, const uint8_t key[SHA256_LEN], const void *object, size_t len)
{
	static unsigned count;
	char name[NAME_LEN + 1], tmp[64];
	struct header h;
	bool ok;
	int fd;

	if (!c || !len || len > OBJECT_MAX)
		return;
	memset(&h, 0, sizeof(h));
	memcpy(h.magic, magic, sizeof(magic));
	memcpy(h.key, key, SHA256_LEN);
	h.len = len;
	hash_of(object, len, h.hash);
	name_of(key, name);
	snprintf(tmp, sizeof(tmp), "tmp.%d.%u", (int)getpid(), __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED));
	unlinkat(c->dir, tmp, 0);
	fd = openat(c->dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	ok = write_all(fd, &h, sizeof(h)) && write_all(fd, object, len);
	ok = !close(fd) && ok;
	if (!ok || renameat(c->dir, tmp, c->dir, name))
		unlinkat(c->dir, tmp, 0);
	else
		trim(c);
}
