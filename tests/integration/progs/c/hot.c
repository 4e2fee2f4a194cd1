/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* hot.c - calls one function until it is ended. */
__attribute__((noinline)) void hot(long i)
{
	__asm__ volatile("" ::"r"(i) : "memory");
}

int main(void)
{
	for (long i = 0;; i++)
		hot(i);
}
