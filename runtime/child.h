/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* child.h - the command of -c: started, held before its first instruction, released when probes are in place. */
#ifndef GFT_RUNTIME_CHILD_H
#define GFT_RUNTIME_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
	char **argv;  /* owned; argv[0] is the program as written */
	char *path;   /* its file, owned */
	pid_t pid;    /* 0: not started */
	int gate;     /* closing it lets the child go; -1: released */
	int exec_err; /* read end: the errno of a failed exec */
	bool done;
	int status; /* of waitpid, when done */
};

/* Splits a command into words: blanks, 'single' and "double" quotes, backslash.  False with a message told. */
bool child_parse(struct child *c, const char *command);

/* Forks; the child waits.  0 or -errno. */
int child_start(struct child *c);

/* Lets it run.  0, or -errno of its exec. */
int child_release(struct child *c);

/* Looks whether it has ended (c->done). */
void child_poll(struct child *c);

/* Asks it to end (SIGTERM), waits a little, insists; frees everything. */
void child_end(struct child *c, bool kill_it);

#endif
