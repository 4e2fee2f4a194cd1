/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <fcntl.h>
#include <unistd.h>

#include "runtime/gft.h"

/* What the caller closed must not become a map or a file of gft's, to which its output would then be written. */
static void hold_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY); /* a write says EBADF, as to a file that is closed */
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	hold_standard_files();
	return gft_main(argc, argv);
}
