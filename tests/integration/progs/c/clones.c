/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* clones.c - functions of one file, whose arguments an optimising compiler changes. */
#include <stdio.h>

#define NOINLINE __attribute__((noinline))

struct big {
	int a, b, c, d;
	long e;
};

static NOINLINE int constant(int a, int b, int k)
{
	__asm__ volatile("");
	return a * b + k;
}

static NOINLINE int member(struct big *p, int k)
{
	__asm__ volatile("");
	return p->c + k;
}

static NOINLINE int unused(int no, int n)
{
	(void)no;
	__asm__ volatile("" : : "r"(n));
	return n;
}

int main(int argc, char **argv)
{
	struct big b = { 1, 2, argc + 2, 4, 5 };

	(void)argv;
	fprintf(stderr, "%d %d %d\n", constant(argc, 7, 3) + constant(argc + 1, 7, 3),
		member(&b, argc) + member(&b, argc + 1), unused(argc, 5 + argc));
	return 0;
}
