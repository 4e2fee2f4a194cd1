/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fuzz_cache - a file of the object cache from a hostile hand.
 *
 * The input is the file as it lies there.  It must be a miss that says so, or
 * the object that was kept; then its tail goes, as if its hash were right, to what
 * reads tables of C definitions.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codegen/cache.h"
#include "codegen/cdefs.h"
#include "fuzz/alone.h"
#include "gft/arena.h"

#define HEADER (16 + 2 * SHA256_LEN)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char object[] = "the object that was kept";
static const uint8_t key[SHA256_LEN] = { 1, 2, 3 };
static char dir[] = "/tmp/gft-fuzz-cache-XXXXXX", path[256];
static uint8_t good[HEADER + sizeof(object)];

static void clean(void)
{
	unlink(path);
	rmdir(dir);
}

/* What a file that was kept looks like. */
static struct cache *start(void)
{
	struct cache *c = mkdtemp(dir) ? cache_open(dir) : NULL;
	int n = snprintf(path, sizeof(path), "%s/", dir), fd;

	for (int i = 0; i < SHA256_LEN; i++)
		n += snprintf(path + n, sizeof(path) - (size_t)n, "%02x", key[i]);
	snprintf(path + n, sizeof(path) - (size_t)n, ".o");
	cache_put(c, key, object, sizeof(object));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, good, sizeof(good)) != (ssize_t)sizeof(good)) {
		perror(path);
		exit(1);
	}
	close(fd);
	atexit(clean);
	return c;
}

static void one(struct cache *c, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool whole, spoiled, same = size == sizeof(good) && !memcmp(data, good, size);
	size_t len = 0;
	void *o;

	whole = fd >= 0 && write(fd, data, size) == (ssize_t)size;
	close(fd);
	if (!whole)
		return;
	o = cache_get(c, key, &len, &spoiled);
	/* another object with its right hash is one too, and libFuzzer may find the hash; but not by chance */
	if (!o != spoiled || (same && !o) || (o && (len != size - HEADER || memcmp(o, data + HEADER, len) != 0)))
		abort();
	free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cache *c;
	struct arena *a = arena_new();
	void *copy;

	if (!c)
		c = start();
	one(c, data, size);
	/* the first bytes of good with the input's in place of its own: damage behind a right header */
	if (size && size <= sizeof(good)) {
		uint8_t part[sizeof(good)];

		memcpy(part, good, sizeof(good));
		memcpy(part + sizeof(good) - size, data, size);
		one(c, part, sizeof(part));
	}
	if (size > HEADER) {
		const struct cdefs *defs;

		copy = malloc(size - HEADER); /* exactly as large as it is */
		memcpy(copy, data + HEADER, size - HEADER);
		defs = cdefs_open(a, copy, size - HEADER);
		cdefs_type(defs, 's', "s");
		cdefs_const(defs, "e");
		cdefs_func(defs, "f");
		free(copy);
	}
	arena_free(a);
	return 0;
}
