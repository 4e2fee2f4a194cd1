/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* attach.c - putting uprobes where they belong, and taking everything away again. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/kernel/session.h"

#define BATCH	 60000 /* sites of one uprobe_multi link */
#define GIVE_UP	 64    /* sites refused alone, and none taken: it is not about them */
#define ENOTSUPP 524   /* the kernel's own: an instruction that cannot be probed */
#define THREADS	 8     /* that make or close perf_event probes, where there is no uprobe_multi */

void ks_add_link(struct ksession *s, struct bpf_link *l)
{
	if (s->nlinks == s->clinks) {
		s->clinks = s->clinks ? s->clinks * 2 : 16;
		s->links = xrealloc(s->links, s->clinks * sizeof(*s->links));
	}
	s->links[s->nlinks++] = l;
}

struct job {
	struct ksession *s;
	struct bpf_program *prog;
	const char *path;
	pid_t pid;
	bool ret;
	const struct ksession_site *sites;
	size_t n, done, refused;
	int last_errno;
	ksession_progress_fn progress;
	void *ctx;
	/* threads */
	struct bpf_link **links;
	pthread_mutex_t lock;
	size_t next;
};

/* --- uprobe_multi -------------------------------------------------------------------------- */

static struct bpf_link *multi(struct job *j, const unsigned long *offs, const __u64 *cookies, size_t n)
{
	LIBBPF_OPTS(bpf_uprobe_multi_opts, o, .offsets = offs, .cookies = cookies, .cnt = n, .retprobe = j->ret);
	struct bpf_link *l = bpf_program__attach_uprobe_multi(j->prog, j->pid ? j->pid : -1, j->path, NULL, &o);

	if (!l)
		j->last_errno = errno;
	return l;
}

/* Whether an error may be one site's fault: other batches then do better. */
static bool about_one_site(int e)
{
	return e == EINVAL || e == EOPNOTSUPP || e == ENOTSUPP || e == EIO || e == EEXIST || e == EFAULT;
}

/* A batch that is refused holds a site that the kernel does not like: halve until it is alone. */
static void multi_range(struct job *j, const unsigned long *offs, const __u64 *cookies, size_t n)
{
	struct bpf_link *l = multi(j, offs, cookies, n);

	if (l) {
		ks_add_link(j->s, l);
		j->done += n;
		return;
	}
	if (n == 1 || !about_one_site(j->last_errno) || (!j->done && j->refused >= GIVE_UP)) {
		j->refused += n;
		return;
	}
	multi_range(j, offs, cookies, n / 2);
	multi_range(j, offs + n / 2, cookies + n / 2, n - n / 2);
}

static void attach_multi(struct job *j)
{
	unsigned long *offs = xcalloc(j->n < BATCH ? j->n : BATCH, sizeof(*offs));
	__u64 *cookies = xcalloc(j->n < BATCH ? j->n : BATCH, sizeof(*cookies));

	for (size_t i = 0; i < j->n; i += BATCH) {
		size_t n = j->n - i < BATCH ? j->n - i : BATCH;

		for (size_t k = 0; k < n; k++) {
			offs[k] = j->sites[i + k].offset;
			cookies[k] = j->sites[i + k].cookie;
		}
		multi_range(j, offs, cookies, n);
		if (j->progress)
			j->progress(j->ctx, i + n, j->n);
	}
	free(offs);
	free(cookies);
}

/* --- one perf_event each ----------------------------------------------------------------------- */

static void *attach_some(void *arg)
{
	struct job *j = arg;

	for (;;) {
		size_t i = __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED);

		if (i >= j->n)
			return NULL;
		LIBBPF_OPTS(bpf_uprobe_opts, o, .bpf_cookie = j->sites[i].cookie, .retprobe = j->ret);
		/* never by process: perf_event would follow one thread of it; the program looks itself (gft_procs) */
		j->links[i] = bpf_program__attach_uprobe_opts(j->prog, -1, j->path, j->sites[i].offset, &o);
		if (!j->links[i])
			__atomic_store_n(&j->last_errno, errno, __ATOMIC_RELAXED);
	}
}

static void attach_perf(struct job *j)
{
	pthread_t t[THREADS];
	size_t n = 0;
	struct timespec ms = { 0, 20 * 1000 * 1000 };

	j->links = xcalloc(j->n, sizeof(*j->links));
	while (n < THREADS && n < (j->n + 15) / 16 && !pthread_create(&t[n], NULL, attach_some, j))
		n++;
	while (n && j->progress && __atomic_load_n(&j->next, __ATOMIC_RELAXED) < j->n) {
		j->progress(j->ctx, __atomic_load_n(&j->next, __ATOMIC_RELAXED), j->n);
		nanosleep(&ms, NULL);
	}
	if (!n)
		attach_some(j);
	for (size_t i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	for (size_t i = 0; i < j->n; i++) {
		if (j->links[i]) {
			ks_add_link(j->s, j->links[i]);
			j->done++;
		} else {
			j->refused++;
		}
	}
	free(j->links);
}

int ksession_attach_uprobes(struct ksession *s, uint32_t prog, const char *path, pid_t pid, bool retprobe,
			    const struct ksession_site *sites, size_t n, size_t *refused, ksession_progress_fn progress,
			    void *ctx, struct kernel_error *err)
{
	struct job j = { .s = s,
			 .prog = s->progs[prog],
			 .path = path,
			 .pid = pid,
			 .ret = retprobe,
			 .sites = sites,
			 .n = n,
			 .progress = progress,
			 .ctx = ctx };
	const struct kernel_caps *caps = NULL;
	char *log;

	if (refused)
		*refused = 0;
	if (!n)
		return 0;
	kernel_caps(&caps);
	ks_log_start();
	if (caps->uprobe_multi)
		attach_multi(&j);
	else
		attach_perf(&j);
	log = ks_log_take();
	if (refused)
		*refused = j.refused;
	if (j.done) {
		free(log);
		return 0;
	}
	if (j.last_errno == EPERM || j.last_errno == EACCES)
		ks_error(err,
			 "the kernel refuses to place probes in %s (%s): run as root, or with CAP_BPF and CAP_PERFMON",
			 path, strerror(j.last_errno));
	else if (j.last_errno == ESRCH)
		ks_error(err, "process %d is gone", pid);
	else if (j.last_errno == ENOTSUPP)
		ks_error(err, "the kernel places no probe in %s: it cannot probe instructions of this kind", path);
	else
		ks_error(err, "the kernel places no probe in %s: %s", path, strerror(j.last_errno));
	if (err)
		err->log = log;
	else
		free(log);
	return -(j.last_errno ? j.last_errno : EINVAL);
}

/* --- detach -------------------------------------------------------------------------------------------- */

struct closing {
	struct bpf_link **links;
	size_t n, next;
};

static void *close_some(void *arg)
{
	struct closing *c = arg;

	for (;;) {
		size_t i = __atomic_fetch_add(&c->next, 1, __ATOMIC_RELAXED);

		if (i >= c->n)
			return NULL;
		bpf_link__destroy(c->links[i]);
	}
}

void ksession_detach(struct ksession *s, ksession_progress_fn progress, void *ctx)
{
	struct closing c = { .links = s->links, .n = s->nlinks };
	struct timespec ms = { 0, 20 * 1000 * 1000 };
	pthread_t t[THREADS];
	size_t n = 0;

	if (s->ready)
		__atomic_store_n(s->ready, 0, __ATOMIC_RELEASE);
	/* each close waits for the kernel's readers: they wait together */
	while (n < THREADS && n + 1 < c.n && !pthread_create(&t[n], NULL, close_some, &c))
		n++;
	if (!n)
		close_some(&c);
	while (n && progress && __atomic_load_n(&c.next, __ATOMIC_RELAXED) < c.n) {
		progress(ctx, __atomic_load_n(&c.next, __ATOMIC_RELAXED), c.n);
		nanosleep(&ms, NULL);
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	s->nlinks = 0;
}
