/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * lists.c - structs of every kind, which no script defines: test_ctypes.py
 * knows what is in them.  -DOTHER lays them out in another way.
 */
#include <stdio.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noinline, noclone))
#define KEEP(x)	 __asm__ volatile("" : : "g"(x) : "memory")

typedef struct {
	int a, b;
} pair_t;
enum kind { K_NONE, K_ONE, K_TWO };
struct hidden; /* never defined */
struct __attribute__((packed)) packed {
	char c;
	int i;
	long l;
};
struct flexible {
	int n;
	struct packed tail[];
};
union word {
	int i;
	unsigned char b[4];
};

struct node {
#ifdef OTHER
	long more;
#endif
	int v;
	const char *name;
	struct node *next;
	unsigned f1 : 3, f2 : 7;
	int s : 5;
	_Bool flag : 1;
	struct {
		int in1;
		union {
			int in2;
			float real;
		};
	};
	struct inner {
		short p, q;
	} sub, subs[3];
	int (*fn)(int);
	struct node **pp;
	struct hidden *hidden;
	pair_t pair;
	enum kind kind;
	union word word;
	struct packed packed;
	char text[8];
	int grid[2][3];
	struct flexible *tail;
};

struct node third = { .v = 33, .name = "third", .kind = K_ONE };
struct node second = { .v = 22, .name = "second", .next = &third, .kind = K_TWO };
struct node *list = &second;
struct node first = { .v = 11,
		      .name = "first",
		      .next = &second,
		      .f1 = 5,
		      .f2 = 100,
		      .s = -3,
		      .flag = 1,
		      .in1 = 7,
		      .in2 = 8,
		      .sub = { 1, -2 },
		      .subs = { { 1, 2 }, { 3, 4 }, { 5, 6 } },
		      .pp = &list,
		      .hidden = (struct hidden *)&third,
		      .pair = { 4, 5 },
		      .kind = K_TWO,
		      .word = { 0x41424344 },
		      .packed = { 'z', -9, 99 },
		      .text = "hey",
		      .grid = { { 1, 2, 3 }, { 4, 5, 6 } } };

NOINLINE long walk(struct node *n, enum kind k, pair_t p)
{
	KEEP(n);
	return n->v + (long)k + p.a;
}

NOINLINE struct node *head(struct node *n)
{
	KEEP(n);
	return n;
}

int main(void)
{
	long sum = 0;

	first.tail = malloc(sizeof(*first.tail) + 3 * sizeof(struct packed));
	first.tail->n = 3;
	for (int i = 0; i < 3; i++)
		first.tail->tail[i] = (struct packed){ (char)('a' + i), 10 * i, 100 * i };
	for (struct node *n = &first; n; n = n->next)
		puts(n->name);
	sum += walk(&first, K_ONE, (pair_t){ 20, 30 });
	sum += head(&first)->v;
	printf("sum %ld\n", sum);
	return 0;
}
