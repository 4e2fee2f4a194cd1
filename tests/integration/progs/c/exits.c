/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* exits.c - every way to leave a function of C. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline, noclone))

static jmp_buf back;

NOINLINE int callee(int n)
{
	__asm__ volatile("");
	return n * 3;
}

NOINLINE int jumps_away(int n)
{
	__asm__ volatile("");
	if (n > 2)
		return callee(n);
	return n;
}

NOINLINE int through_table(int n, int (*f[])(int))
{
	__asm__ volatile("");
	return f[n](n);
}

NOINLINE int jumper(int n)
{
	__asm__ volatile("");
	if (n > 1)
		longjmp(back, 1);
	return n;
}

NOINLINE void instant(int n)
{
	__asm__ volatile("" : : "r"(n));
}

NOINLINE int rarely(int n)
{
	__asm__ volatile("");
	if (__builtin_expect(n == 3, 0)) {
		fprintf(stderr, "three\n");
		return -1;
	}
	return n + 1;
}

int main(void)
{
	int (*table[])(int) = { callee, jumps_away, callee };
	volatile int sum = 0;

	for (int i = 0; i < 5; i++) {
		sum += jumps_away(i);
		instant(i);
		sum += rarely(i);
	}
	for (volatile int i = 0; i < 3; i++)
		if (!setjmp(back))
			sum += jumper(i);
	sum += through_table(1, table);
	fprintf(stderr, "%d\n", sum);
	return 0;
}
