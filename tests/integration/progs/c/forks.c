/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * forks.c - a program that starts others.
 *
 *   forks          three children: one that works, one that runs this program
 *                  again, one that runs /bin/true; all in turn
 *   forks again    what the second child runs: work(100), work(101)
 *   forks end HOW  outer() does not return: exec, kill, again
 *   forks loop     work() every 10 ms until it is killed; a child each time it gets SIGUSR1
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static volatile sig_atomic_t more;

NOINLINE int work(int n)
{
	usleep(1000);
	return n * 2;
}

NOINLINE int outer(const char *how)
{
	work(50);
	if (!strcmp(how, "exec"))
		execl("/bin/true", "true", (char *)NULL);
	if (!strcmp(how, "again"))
		execl("/proc/self/exe", "forks", "again", (char *)NULL);
	raise(SIGKILL);
	return 1;
}

static void on_signal(int sig)
{
	(void)sig;
	more = 1;
}

static void child(int i)
{
	pid_t p = fork();

	if (!p) {
		work(10 + i);
		if (i == 1)
			execl("/proc/self/exe", "forks", "again", (char *)NULL);
		if (i == 2)
			execl("/bin/true", "true", (char *)NULL);
		_exit(0);
	}
	waitpid(p, NULL, 0);
	printf("%d\n", (int)p);
}

int main(int argc, char **argv)
{
	if (argc > 2) {
		outer(argv[2]);
		return 1;
	}
	if (argc > 1 && !strcmp(argv[1], "again")) {
		work(100);
		work(101);
		return 0;
	}
	if (argc > 1) {
		signal(SIGUSR1, on_signal);
		for (;;) {
			usleep(10000);
			work(1);
			if (more)
				child(0);
			more = 0;
			fflush(stdout);
		}
	}
	printf("%d\n", (int)getpid());
	for (int i = 0; i < 3; i++) {
		work(i);
		child(i);
	}
	return 3;
}
