/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* libname.c - see libname.h.  The cache's format: glibc's sysdeps/generic/dl-cache.h. */
#include "runtime/libname.h"

#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gft/buf.h"

/* --- mapped files ------------------------------------------------------------------------- */

static void add_mapped(struct mapped **v, size_t *n, pid_t pid, unsigned long long start, unsigned long long end,
		       const char *path)
{
	struct buf file = BUF_INIT;
	size_t len = strlen(path);
	struct stat st;

	buf_printf(&file, "/proc/%d/map_files/%llx-%llx", pid, start, end);
	if (stat(buf_str(&file), &st)) { /* needs a privilege that reading the file need not */
		buf_reset(&file);
		buf_printf(&file, "/proc/%d/root%s", pid, path);
		if (stat(buf_str(&file), &st)) {
			buf_free(&file);
			return;
		}
	}
	for (size_t i = 0; i < *n; i++)
		if ((*v)[i].dev == st.st_dev && (*v)[i].ino == st.st_ino) {
			buf_free(&file);
			return;
		}
	if (len > 10 && !strcmp(path + len - 10, " (deleted)"))
		len -= 10;
	*v = xrealloc(*v, (*n + 1) * sizeof(**v));
	(*v)[*n] = (struct mapped){ NULL, file.data, st.st_dev, st.st_ino };
	(*v)[*n].path = xmalloc(len + 1);
	memcpy((*v)[*n].path, path, len);
	(*v)[(*n)++].path[len] = 0;
}

size_t mapped_files(pid_t pid, struct mapped **out)
{
	char name[64], line[4352];
	size_t n = 0;
	FILE *f;

	*out = NULL;
	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	f = fopen(name, "re");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long start, end;
		char perms[8];
		int at = 0;

		if (sscanf(line, "%llx-%llx %7s %*s %*s %*s %n", &start, &end, perms, &at) != 3 || !at ||
		    !strchr(perms, 'x') || line[at] != '/')
			continue;
		line[at + (int)strcspn(line + at, "\n")] = 0;
		add_mapped(out, &n, pid, start, end, line + at);
	}
	if (f)
		fclose(f);
	return n;
}

void mapped_free(struct mapped *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].path);
		free(v[i].file);
	}
	free(v);
}

/* --- names ---------------------------------------------------------------------------------- */

/* "libc.so.6" is libc.so.6, libc.so, libc and c. */
static int base_is(const char *base, const char *name)
{
	size_t n = strlen(name);

	if (!strcmp(base, name))
		return 1;
	if (!strncmp(base, name, n) && (!strncmp(base + n, ".so", 3) || (strstr(name, ".so") && base[n] == '.')))
		return !base[n + 3] || base[n + 3] == '.' || base[n] == '.';
	return !strncmp(base, "lib", 3) && strncmp(name, "lib", 3) != 0 && !strncmp(base + 3, name, n) &&
	       !strncmp(base + 3 + n, ".so", 3);
}

int libname_is(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return base_is(slash ? slash + 1 : path, name);
}

struct head {
	char magic[20]; /* "glibc-ld.so.cache1.1" */
	uint32_t nlibs, len_strings;
	uint8_t flags, pad[3];
	uint32_t extensions, unused[3];
};

struct entry {
	int32_t flags;
	uint32_t key, value; /* offsets from the head */
	uint32_t os;
	uint64_t hwcap;
};

#define FLAGS_X86_64 0x0303 /* ELF, libc6, x86-64 */

static const char *text_at(const char *p, size_t size, uint32_t off)
{
	return off < size && memchr(p + off, 0, size - off) ? p + off : NULL;
}

static char *in_cache(const char *root, const char *p, size_t size, const char *name)
{
	static const char magic[] = "glibc-ld.so.cache1.1";
	const char *start = size > sizeof(struct head) ? memmem(p, size, magic, sizeof(magic) - 1) : NULL;
	char *found = NULL;
	struct head h;

	if (!start || (size_t)(p + size - start) < sizeof(h))
		return NULL;
	size -= (size_t)(start - p);
	memcpy(&h, start, sizeof(h));
	if (h.nlibs > (size - sizeof(h)) / sizeof(struct entry))
		return NULL;
	for (uint32_t i = 0; i < h.nlibs && !found; i++) {
		const char *key, *value;
		struct buf b = BUF_INIT;
		struct entry e;

		memcpy(&e, start + sizeof(h) + i * sizeof(e), sizeof(e));
		key = text_at(start, size, e.key);
		value = text_at(start, size, e.value);
		if (e.flags != FLAGS_X86_64 || !key || !value || *value != '/' || !base_is(key, name))
			continue;
		buf_printf(&b, "%s%s", root, value);
		if (access(buf_str(&b), R_OK))
			buf_free(&b);
		else
			found = b.data;
	}
	return found;
}

/* A system without that cache: Alpine, and images that hold one program. */
static char *in_folders(const char *root, const char *name)
{
	static const char *const dirs[] = {
		"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
		"/usr/local/lib"
	};

	for (size_t d = 0; d < sizeof(dirs) / sizeof(dirs[0]); d++) {
		struct buf b = BUF_INIT;
		char *found = NULL;
		glob_t g;

		buf_printf(&b, "%s%s/*.so*", root, dirs[d]);
		if (!glob(buf_str(&b), 0, NULL, &g)) {
			for (size_t i = 0; i < g.gl_pathc && !found; i++)
				if (libname_is(g.gl_pathv[i], name))
					found = xstrdup(g.gl_pathv[i]);
			globfree(&g);
		}
		buf_free(&b);
		if (found)
			return found;
	}
	return NULL;
}

char *libname_find(const char *root, const char *name)
{
	struct buf path = BUF_INIT;
	char *found = NULL;
	struct stat st;
	int fd;

	buf_printf(&path, "%s/etc/ld.so.cache", root);
	fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	buf_free(&path);
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < 1 << 26) {
		void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);

		if (p != MAP_FAILED) {
			found = in_cache(root, p, (size_t)st.st_size, name);
			munmap(p, (size_t)st.st_size);
		}
	}
	if (fd >= 0)
		close(fd);
	return found ? found : in_folders(root, name);
}
