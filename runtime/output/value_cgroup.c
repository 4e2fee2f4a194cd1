/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * value_cgroup.c - the path of a cgroup by its id.
 *
 * Of cgroup v2 the id is the inode number of the group's folder.  Each
 * hierarchy that is mounted is named as its first component, "unified" for v2.
 */
#include <fnmatch.h>
#include <ftw.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>

#include "runtime/output/value.h"

/* nftw() hands nothing through. */
static struct {
	uint64_t id;
	const char *name; /* of the hierarchy */
	size_t root;	  /* length of the mount point's path */
	struct buf *out;
} walk;

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type != FTW_D || st->st_ino != walk.id)
		return 0;
	if (walk.out->len)
		buf_putc(walk.out, ',');
	value_escape(walk.out, walk.name, strlen(walk.name));
	buf_putc(walk.out, ':');
	path += walk.root;
	value_escape(walk.out, *path ? path : "/", *path ? strlen(path) : 1);
	return 0;
}

void value_cgroup_path(struct buf *b, uint64_t id, const char *filter)
{
	struct buf found = BUF_INIT;
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	while (f && (m = getmntent(f))) {
		const char *slash = strrchr(m->mnt_dir, '/');
		bool v2 = !strcmp(m->mnt_type, "cgroup2");

		if (!v2 && strcmp(m->mnt_type, "cgroup") != 0)
			continue;
		walk.id = id;
		walk.name = v2 || !slash ? "unified" : slash + 1;
		walk.root = strlen(m->mnt_dir);
		walk.out = &found;
		if (!filter || !fnmatch(filter, walk.name, 0))
			nftw(m->mnt_dir, visit, 16, FTW_PHYS | FTW_MOUNT);
	}
	if (f)
		endmntent(f);
	if (found.len)
		buf_add(b, found.data, found.len);
	else
		buf_u64(b, id);
	buf_free(&found);
}
