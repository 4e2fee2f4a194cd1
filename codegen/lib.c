/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* lib.c - finding gft's own shared objects, which are loaded only when they are needed. */
#include "codegen/lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The i-th place to look in; false behind the last. */
static bool place(int i, const char *name, const char *env_name, char *path, size_t size)
{
	static const char *const fixed[] = { "/usr/local/lib/gft", "/usr/lib/gft" };
	const char *env = secure_getenv(env_name);
	char exe[4096];
	ssize_t n;
	char *slash;

	/* a library that was asked for by name is used or nothing is */
	if (env && env[0]) {
		snprintf(path, size, "%s", env);
		return i == 0;
	}
	if (i < 3) {
		static const char *const beside[] = { "", "../", "../lib/gft/" };

		n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
		exe[n > 0 ? n : 0] = 0;
		slash = strrchr(exe, '/');
		path[0] = 0;
		if (!slash)
			return true;
		slash[1] = 0;
		if (snprintf(path, size, "%s%s%s", exe, beside[i], name) >= (int)size)
			path[0] = 0;
		return true;
	}
	if (i - 3 >= (int)(sizeof(fixed) / sizeof(fixed[0])))
		return false;
	snprintf(path, size, "%s/%s", fixed[i - 3], name);
	return true;
}

bool lib_find(const char *name, const char *env, char *path, size_t size, struct stat *st)
{
	for (int i = 0; place(i, name, env, path, size); i++)
		if (path[0] && !stat(path, st) && S_ISREG(st->st_mode))
			return true;
	path[0] = 0;
	return false;
}

double lib_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}
