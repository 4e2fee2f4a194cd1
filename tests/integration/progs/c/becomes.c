/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* becomes.c - a call, a pause, another program in its place: where code lies in both is something else. */
#include <unistd.h>

#ifdef SECOND
__attribute__((noinline)) void padding(int i)
{
	for (int k = 0; k < i; k++)
		__asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop" ::"r"(k) : "memory");
}

__attribute__((noinline)) void second(int i)
{
	__asm__ volatile("" ::"r"(i) : "memory");
}

int main(void)
{
	padding(3);
	second(1);
	usleep(500000);
	return 0;
}
#else
__attribute__((noinline)) void first(int i)
{
	__asm__ volatile("" ::"r"(i) : "memory");
}

int main(int argc, char **argv)
{
	first(argc);
	usleep(300000);
	execv(argv[1], argv + 1);
	return 1;
}
#endif
