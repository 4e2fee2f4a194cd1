/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* locals.c - types that functions declare inside of themselves. */
#include <stdio.h>

struct both {
	int outside;
};

__attribute__((noinline)) long first(void *p)
{
	struct mine {
		char c;
		long n;
	} *m = p;
	long sum = m->n;

	{
		struct both { /* not the one outside */
			long long pad;
			int inside;
		} b = { 1, (int)m->n };

		__asm__ volatile("" : : "r"(&b) : "memory");
		sum += b.inside;
	}
	return sum;
}

__attribute__((noinline)) long second(void *p)
{
	struct mine {
		short s[2];
		enum shade { DARK = 3, LIGHT } shade;
	} *m = p;

	return m->s[1] + (long)m->shade;
}

__attribute__((noinline)) int third(struct both *b)
{
	__asm__ volatile("" : : "r"(b) : "memory");
	return b->outside;
}

int main(void)
{
	struct {
		char c;
		long n;
	} a = { 'a', 41 };
	struct {
		short s[2];
		int shade;
	} b = { { 7, 8 }, 4 };
	struct both c = { 99 };

	__asm__ volatile("" : : "r"(&a), "r"(&b) : "memory");
	printf("sum %ld\n", first(&a) + second(&b) + third(&c));
	return 0;
}
