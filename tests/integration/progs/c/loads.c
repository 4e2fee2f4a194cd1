/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* loads.c - loads libraries made by Go (golib), and calls each four times. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	for (int k = 1; k < argc; k++) {
		void *lib = dlopen(argv[k], RTLD_NOW);
		int (*work)(int) = lib ? (int (*)(int))dlsym(lib, "GoWork") : NULL;

		if (!work) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		for (int i = 0; i < 4; i++) {
			fprintf(stderr, "%d\n", work(i));
			usleep(10000);
		}
	}
	return 0;
}
