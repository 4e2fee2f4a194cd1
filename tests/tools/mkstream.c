/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* mkstream.c - a recorded stream from its description: mkstream NAME.txt OUT.gftrec */
#include <fcntl.h>

#include "tools/streamtext.h"

int main(int argc, char **argv)
{
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: mkstream FILE.txt OUT\n");
		return 2;
	}
	fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		perror(argv[2]);
		return 1;
	}
	streamtext_write(argv[1], fd);
	return close(fd) < 0;
}
