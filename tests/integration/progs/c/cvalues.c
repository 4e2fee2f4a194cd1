/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cvalues.c - functions with known arguments and results, one of each way that
 * the ABI passes them.  test_c.py knows what they are.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NOINLINE __attribute__((noinline, noclone))
#define KEEP(x)	 __asm__ volatile("" : : "g"(x) : "memory")

enum color { RED, GREEN = 5, BLUE };
enum flags { F_READ = 1, F_WRITE = 2, F_EXEC = 4 };

struct point {
	int x, y;
};

struct student {
	const char *name;
	int age;
	struct point at;
	struct student *next;
	double mean;
	unsigned char tag[4];
	char nick[8];
};

struct bits {
	unsigned a : 3;
	unsigned b : 13;
	int c : 5;
	enum color d : 4;
	unsigned long e : 40;
};

union number {
	int i;
	float f;
	unsigned char b[4];
};

struct mixed {
	double d;
	long n;
};

struct big {
	long v[5];
};

struct outer {
	int kind;
	union {
		long n;
		const char *text;
	};
	int grid[2][3];
};

NOINLINE int add(int a, int b)
{
	return a + b;
}

NOINLINE long widths(char a, short b, int c, long d, unsigned char e, unsigned f, long g, int h, bool i)
{
	return a + b + c + d + e + f + g + h + i;
}

NOINLINE int show(struct student *s, enum color c, const char *text)
{
	KEEP(s);
	return s->age + (int)c + (int)strlen(text);
}

NOINLINE struct point make(int x, int y)
{
	struct point p = { x, y };

	return p;
}

NOINLINE struct point swap(struct point p, union number u)
{
	struct point q = { p.y + u.i, p.x };

	return q;
}

NOINLINE double real(double d, float f, int k)
{
	return d * (double)f + k;
}

NOINLINE struct mixed mixed(struct mixed m, long k)
{
	m.n += k;
	return m;
}

NOINLINE struct big large(int a, struct big b, int c)
{
	b.v[0] += a + c;
	return b;
}

NOINLINE int packed(struct bits b, struct bits *p)
{
	KEEP(p);
	return (int)(b.a + b.b) + b.c + (int)(p->e + b.e + b.d);
}

NOINLINE int nested(struct outer *o, enum flags f, int (*fn)(int, int), void *none)
{
	KEEP(none);
	return fn(o->grid[1][2], (int)f);
}

NOINLINE unsigned long pointers(const unsigned long *p, char **list, signed char neg, _Bool yes)
{
	KEEP(list);
	return p[2] + (unsigned long)neg + yes;
}

NOINLINE char *text_of(struct student *s)
{
	KEEP(s);
	return (char *)s->nick;
}

NOINLINE void nothing(void)
{
	__asm__ volatile("nop");
}

NOINLINE int wide(__int128 w, long double l, int last)
{
	return (int)w + (int)l + last;
}

static NOINLINE int leaves(int n)
{
	return add(n, 1);
}

int main(int argc, char **argv)
{
	struct student bob = { "Bob", 33, { 7, 8 }, NULL, 1.5, { 1, 2, 3, 4 }, "bo" };
	struct student al = { "Al \"x\"\n", 22, { -1, 2 }, &bob, 3.5, { 9, 8, 7, 6 }, "al" };
	struct bits b = { 5, 4097, -7, BLUE, 0x1234567890 };
	struct outer o = { 2, { .n = 77 }, { { 1, 2, 3 }, { 4, 5, 6 } } };
	struct big big = { { 1, 2, 3, 4, 5 } };
	struct mixed m = { 2.5, 40 };
	union number u = { .i = 1 };
	unsigned long list[3] = { 10, 20, 30 };
	char *words[] = { "one", "two", NULL };
	long sum = 0;

	(void)argv;
	sum += add(argc, -2);
	sum += widths(-1, -2, -3, 1L << 40, 250, 4000000000U, 7, -8, true);
	sum += show(&al, BLUE, "hello");
	sum += make(3, -4).x;
	sum += swap((struct point){ 1, 2 }, u).x;
	sum += (long)real(1.5, 2.0F, 3);
	sum += mixed(m, 2).n;
	sum += large(1, big, 2).v[0];
	sum += packed(b, &b);
	sum += nested(&o, F_READ | F_EXEC, add, NULL);
	sum += (long)pointers(list, words, -5, argc == 1);
	sum += text_of(&al)[0];
	nothing();
	sum += wide(-9, 4.5L, 6);
	sum += leaves(argc);
	fprintf(stderr, "%ld\n", sum);
	return 0;
}
