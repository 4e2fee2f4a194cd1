/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* child.c - see child.h. */
#include "runtime/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gft/buf.h"
#include "runtime/targets.h"

static const char *word(const char *s, struct buf *b, bool *bad)
{
	char quote = 0;

	for (; *s && (quote || (*s != ' ' && *s != '\t' && *s != '\n')); s++) {
		if (!quote && (*s == '\'' || *s == '"'))
			quote = *s;
		else if (quote && *s == quote)
			quote = 0;
		else if (*s == '\\' && quote != '\'' && s[1])
			buf_putc(b, *++s);
		else
			buf_putc(b, *s);
	}
	*bad = quote != 0;
	return s;
}

bool child_parse(struct child *c, const char *command)
{
	const char *s = command + strspn(command, " \t\n");
	size_t n = 0;
	bool bad = false;

	memset(c, 0, sizeof(*c));
	c->gate = c->exec_err = -1;
	while (*s && !bad) {
		struct buf b = BUF_INIT;

		s = word(s, &b, &bad);
		c->argv = xrealloc(c->argv, (n + 2) * sizeof(*c->argv));
		c->argv[n++] = b.data ? b.data : xstrdup("");
		c->argv[n] = NULL;
		s += strspn(s, " \t\n");
	}
	if (bad) {
		fprintf(stderr, "gft: -c: a quote is not closed: %s\n", command);
		return false;
	}
	if (!n) {
		fprintf(stderr, "gft: -c: the command is empty\nHINT: gft -e SCRIPT -c './server -addr :8080'\n");
		return false;
	}
	c->path = strchr(c->argv[0], '/') ? xstrdup(c->argv[0]) : targets_which(c->argv[0]);
	if (!c->path || access(c->path, X_OK)) {
		fprintf(stderr, "gft: -c: cannot run %s: %s\n", c->argv[0],
			c->path ? strerror(errno) : "not found on the PATH");
		return false;
	}
	return true;
}

int child_start(struct child *c)
{
	int gate[2], err[2];
	sigset_t none;

	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	if (pipe2(err, O_CLOEXEC)) {
		close(gate[0]);
		close(gate[1]);
		return -errno;
	}
	fflush(NULL);
	c->pid = fork();
	if (c->pid < 0) {
		int e = errno;

		c->pid = 0;
		close(gate[0]), close(gate[1]), close(err[0]), close(err[1]);
		return -e;
	}
	if (!c->pid) {
		char go;
		int e;

		close(gate[1]);
		/* without the byte gft has died: do not start what nobody asked to run alone */
		if (read(gate[0], &go, 1) != 1)
			_exit(127);
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execv(c->path, c->argv);
		e = errno;
		if (write(err[1], &e, sizeof(e)) < 0)
			_exit(126);
		_exit(127);
	}
	close(gate[0]);
	close(err[1]);
	c->gate = gate[1];
	c->exec_err = err[0];
	return 0;
}

int child_release(struct child *c)
{
	int e = 0;
	ssize_t n;

	if (c->gate < 0)
		return 0;
	if (write(c->gate, "g", 1) != 1)
		e = errno;
	close(c->gate);
	c->gate = -1;
	/* closed by a successful exec */
	do
		n = read(c->exec_err, &e, sizeof(e));
	while (n < 0 && errno == EINTR);
	close(c->exec_err);
	c->exec_err = -1;
	return n == sizeof(e) ? -e : 0;
}

void child_poll(struct child *c)
{
	if (c->pid && !c->done && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->done = true;
}

void child_end(struct child *c, bool kill_it)
{
	if (c->gate >= 0)
		close(c->gate); /* never released: it ends by itself */
	if (c->exec_err >= 0)
		close(c->exec_err);
	if (c->pid && !c->done && kill_it) {
		struct timespec ms = { 0, 10 * 1000 * 1000 };

		kill(c->pid, SIGTERM);
		for (int i = 0; i < 200 && !c->done; i++) {
			child_poll(c);
			if (!c->done)
				nanosleep(&ms, NULL);
		}
		if (!c->done) {
			kill(c->pid, SIGKILL);
			waitpid(c->pid, &c->status, 0);
		}
	}
	for (char **p = c->argv; p && *p; p++)
		free(*p);
	free(c->argv);
	free(c->path);
	memset(c, 0, sizeof(*c));
	c->gate = c->exec_err = -1;
}
