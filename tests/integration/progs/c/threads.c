/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* threads.c - threads that end in the middle of their calls, while the program goes on. */
#include <pthread.h>
#include <unistd.h>

__attribute__((noinline)) void leaf(long i)
{
	__asm__ volatile("" ::"r"(i) : "memory");
}

__attribute__((noinline)) void work(long i)
{
	leaf(i);
	pthread_exit(NULL);
}

static void *begin(void *arg)
{
	work((long)arg);
	return NULL;
}

int main(void)
{
	for (long i = 0; i < 20; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, begin, (void *)i))
			return 1;
		pthread_join(t, NULL);
	}
	sleep(1);
	return 0;
}
