/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* symbols.c - see symbols.h. */
#include "runtime/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "gft/buf.h"
#include "gft/gotype.h"
#include "gft/kernel.h"

#define MAX_PROCESSES 1024 /* whose mappings are kept */
#define LOOK_MS	      50   /* between two looks whether a process still runs the same program */

/* One mapping of code.  A name is no file: it may be another one in the process's root, or gone. */
struct range {
	uint64_t start, end, off;
	char *path;
	dev_t dev; /* of the file that is mapped; ino 0: not known */
	ino_t ino;
};

struct process {
	pid_t pid;
	uint64_t used, looked; /* when it was last asked for, and looked at, in ms */
	dev_t dev;	       /* of its program, when its mappings were read */
	ino_t ino;
	struct range *v;
	size_t n, cap;
};

/* A file that processes have mapped and that is no target of the script. */
struct file {
	char *path;
	dev_t dev;
	ino_t ino;
	struct tgt *tgt; /* NULL: it cannot be read */
};

struct ksym {
	uint64_t addr;
	char *name;
};

struct symbols {
	struct targets *targets;
	struct process *procs;
	size_t nprocs;
	struct file *files;
	size_t nfiles;
	struct ksym *ksyms;
	size_t nksyms, cksyms;
	bool kernel_read;
};

struct symbols *symbols_new(struct targets *t)
{
	struct symbols *s = xcalloc(1, sizeof(*s));

	s->targets = t;
	return s;
}

static void clear(struct process *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].path);
	p->n = 0;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nprocs; i++) {
		clear(&s->procs[i]);
		free(s->procs[i].v);
	}
	for (size_t i = 0; i < s->nfiles; i++) {
		tgt_close(s->files[i].tgt);
		free(s->files[i].path);
	}
	for (size_t i = 0; i < s->nksyms; i++)
		free(s->ksyms[i].name);
	free(s->procs);
	free(s->files);
	free(s->ksyms);
	free(s);
}

/* --- processes ---------------------------------------------------------------------------- */

/* s up to the first of end, malloc'd. */
static char *text_of(const char *s, const char *end)
{
	size_t n = strcspn(s, end);
	char *t = xmalloc(n + 1);

	memcpy(t, s, n);
	t[n] = 0;
	return t;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The program that the process runs; false: it is gone, or not ours to see. */
static bool program_of(pid_t pid, struct stat *st)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return !stat(path, st);
}

/* Where it runs another program than before, or is another process with its number, the mappings are no more. */
static void check_process(struct process *p, uint64_t now)
{
	struct stat st;

	if (!p->n || now - p->looked < LOOK_MS)
		return;
	p->looked = now;
	if (p->ino && program_of(p->pid, &st) && (st.st_dev != p->dev || st.st_ino != p->ino))
		clear(p);
}

static struct process *find_process(struct symbols *s, pid_t pid)
{
	uint64_t now = now_ms();
	struct process *p = NULL;

	for (size_t i = 0; i < s->nprocs && !p; i++)
		if (s->procs[i].pid == pid)
			p = &s->procs[i];
	if (!p && s->nprocs < MAX_PROCESSES) {
		s->procs = xrealloc(s->procs, (s->nprocs + 1) * sizeof(*s->procs));
		p = &s->procs[s->nprocs++];
		*p = (struct process){ .pid = pid };
	} else if (!p) { /* the one that nobody has asked for the longest */
		p = &s->procs[0];
		for (size_t i = 1; i < s->nprocs; i++)
			if (s->procs[i].used < p->used)
				p = &s->procs[i];
		clear(p);
		*p = (struct process){ .pid = pid, .v = p->v, .cap = p->cap };
	}
	p->used = now;
	check_process(p, now);
	return p;
}

/* Ways to a mapped file, the surest first; false when there are no more. */
static bool way(pid_t pid, const struct range *r, int i, char *out, size_t size)
{
	switch (i) {
	case 0:
		snprintf(out, size, "/proc/%d/map_files/%llx-%llx", pid, (unsigned long long)r->start,
			 (unsigned long long)r->end);
		return true;
	case 1: snprintf(out, size, "/proc/%d/root%s", pid, r->path); return true;
	case 2: snprintf(out, size, "%s", r->path); return true;
	default: return false;
	}
}

static void identify(pid_t pid, struct range *r)
{
	char path[4500];
	struct stat st;

	/* not by its name alone: that says nothing of a process in another root */
	for (int i = 0; i < 2 && way(pid, r, i, path, sizeof(path)); i++) {
		if (stat(path, &st))
			continue;
		r->dev = st.st_dev;
		r->ino = st.st_ino;
		return;
	}
}

static void add_range(struct process *p, const char *line)
{
	unsigned long long start, end, off;
	char perms[8];
	int at = 0;

	if (sscanf(line, "%llx-%llx %7s %llx %*s %*s %n", &start, &end, perms, &off, &at) != 4 || !at ||
	    !strchr(perms, 'x') || line[at] != '/')
		return;
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 8;
		p->v = xrealloc(p->v, p->cap * sizeof(*p->v));
	}
	p->v[p->n] = (struct range){ start, end, off, text_of(line + at, "\n"), 0, 0 };
	identify(p->pid, &p->v[p->n++]);
}

static const struct range *find_range(const struct process *p, uint64_t addr)
{
	for (size_t i = 0; i < p->n; i++)
		if (addr >= p->v[i].start && addr < p->v[i].end)
			return &p->v[i];
	return NULL;
}

/* A process that ends meanwhile has lines left, and no files: they are those that were there before. */
static void keep_files(struct process *p, const struct process *before)
{
	for (size_t i = 0; i < p->n; i++) {
		struct range *r = &p->v[i];
		const struct range *was = r->ino ? NULL : find_range(before, r->start);

		if (was && was->start == r->start && was->off == r->off && !strcmp(was->path, r->path)) {
			r->dev = was->dev;
			r->ino = was->ino;
		}
	}
}

static void read_maps(struct process *p)
{
	struct process now = { .pid = p->pid, .used = p->used };
	char path[64], line[4352];
	struct stat st;
	bool any = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", p->pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		any = true;
		add_range(&now, line);
	}
	fclose(f);
	if (!any) /* a process that has just ended has an empty list: what was read before is better */
		return;
	now.looked = now_ms();
	if (program_of(p->pid, &st)) {
		now.dev = st.st_dev;
		now.ino = st.st_ino;
	} else {
		now.dev = p->dev;
		now.ino = p->ino;
	}
	keep_files(&now, p);
	clear(p);
	free(p->v);
	*p = now;
}

bool symbols_note(struct symbols *s, pid_t pid)
{
	struct process *p = find_process(s, pid);

	read_maps(p);
	return p->n != 0;
}

static struct tgt *open_file(struct symbols *s, pid_t pid, const struct range *r)
{
	struct tgt_error err = { "" };
	struct tgt_opts o = { .display = r->path };
	char path[4500];
	struct file f = { .dev = r->dev, .ino = r->ino };
	int i;

	i = r->ino ? targets_by_inode(s->targets, r->dev, r->ino) : -1;
	if (i >= 0)
		return targets_tgt(s->targets, i);
	for (size_t k = 0; k < s->nfiles; k++)
		if (r->ino ? s->files[k].ino == r->ino && s->files[k].dev == r->dev
			   : !s->files[k].ino && !strcmp(s->files[k].path, r->path))
			return s->files[k].tgt;
	for (i = 0; !f.tgt && way(pid, r, i, path, sizeof(path)); i++) {
		struct stat st;

		/* a process that is gone leaves only the name: is it still that file? */
		if (r->ino && (stat(path, &st) || st.st_dev != r->dev || st.st_ino != r->ino))
			continue;
		if (tgt_open(&f.tgt, path, &o, &err) < 0)
			f.tgt = NULL;
	}
	f.path = xstrdup(r->path);
	s->files = xrealloc(s->files, (s->nfiles + 1) * sizeof(*s->files));
	s->files[s->nfiles++] = f;
	return f.tgt;
}

static bool find_code(struct tgt *t, uint64_t vaddr, bool is_return, uint32_t level, struct code_info *out)
{
	if (!targets_code(t, vaddr, is_return, out))
		return false;
	targets_copies(t, vaddr, is_return, level, out);
	return true;
}

static void find_user(struct symbols *s, pid_t pid, uint64_t addr, bool is_return, uint32_t level,
		      struct code_info *out)
{
	struct process *p = find_process(s, pid);
	const struct range *r = find_range(p, addr);
	struct tgt *t;
	int64_t vaddr;

	if (!r) {
		read_maps(p);
		r = find_range(p, addr);
	}
	if (r) {
		out->module = r->path;
		t = open_file(s, pid, r);
		vaddr = t ? tgt_vaddr_of_offset(t, addr - r->start + r->off) : -1;
		if (vaddr >= 0)
			find_code(t, (uint64_t)vaddr, is_return, level, out);
		return;
	}
	/* a process that is gone: programs that are loaded at a fixed address need no map */
	for (int i = 0; !p->n && i < targets_count(s->targets); i++) {
		t = targets_tgt(s->targets, i);
		if (!tgt_is_pie(t) && find_code(t, addr, is_return, level, out))
			return;
	}
}

bool symbols_file_place(struct symbols *s, uint32_t pid, uint64_t addr, char id[SYMBOLS_BUILD_ID + 1], uint64_t *off)
{
	struct process *p = find_process(s, (pid_t)pid);
	const struct range *r = find_range(p, addr);
	struct tgt *t;
	char hex[160];
	size_t n;

	if (!r) {
		read_maps(p);
		r = find_range(p, addr);
	}
	t = r && r->ino ? open_file(s, (pid_t)pid, r) : NULL; /* a name alone may be that of another file by now */
	n = t ? tgt_build_id(t, hex, sizeof(hex)) : 0;
	if (!n || n > SYMBOLS_BUILD_ID)
		return false;
	memset(id, '0', SYMBOLS_BUILD_ID);
	memcpy(id, hex, n);
	id[SYMBOLS_BUILD_ID] = 0;
	*off = addr - r->start + r->off;
	return true;
}

/* --- the kernel ------------------------------------------------------------------------------ */

static int cmp_ksym(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static bool add_ksym(void *ctx, uint64_t addr, char type, const char *name)
{
	struct symbols *s = ctx;

	if (!addr || !kernel_symbol_is_code(type))
		return true;
	if (s->nksyms == s->cksyms) {
		s->cksyms = s->cksyms ? s->cksyms * 2 : 65536;
		s->ksyms = xrealloc(s->ksyms, s->cksyms * sizeof(*s->ksyms));
	}
	s->ksyms[s->nksyms++] = (struct ksym){ addr, xstrdup(name) };
	return true;
}

static void read_kernel(struct symbols *s)
{
	s->kernel_read = true;
	kernel_symbols(add_ksym, s);
	if (s->nksyms)
		qsort(s->ksyms, s->nksyms, sizeof(*s->ksyms), cmp_ksym);
}

static void find_kernel(struct symbols *s, uint64_t addr, struct code_info *out)
{
	size_t lo = 0, hi;

	if (!s->kernel_read)
		read_kernel(s);
	for (hi = s->nksyms; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->ksyms[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr - s->ksyms[lo - 1].addr > 1 << 20)
		return;
	out->func = s->ksyms[lo - 1].name;
	out->off = (uint32_t)(addr - s->ksyms[lo - 1].addr);
}

void symbols_find(struct symbols *s, uint32_t pid, uint64_t addr, bool is_return, uint32_t level, struct code_info *out)
{
	memset(out, 0, sizeof(*out));
	out->addr = addr;
	if (pid)
		find_user(s, (pid_t)pid, addr, is_return, level, out);
	else
		find_kernel(s, addr, out);
}

bool symbols_from(struct symbols *s, uint32_t pid, int bin, uint64_t vaddr, struct code_info *out)
{
	struct process *p = find_process(s, (pid_t)pid);
	uint64_t addr = 0;

	for (int tries = 0; tries < 2 && !addr; tries++) {
		/* a process that was seen before may have mapped more since */
		if (tries || !p->n)
			read_maps(p);
		for (size_t i = 0; i < p->n && !addr; i++) {
			const struct range *r = &p->v[i];
			int64_t at;

			if (!r->ino || targets_by_inode(s->targets, r->dev, r->ino) != bin)
				continue;
			at = tgt_vaddr_of_offset(targets_tgt(s->targets, bin), r->off);
			if (at >= 0)
				addr = vaddr + (r->start - (uint64_t)at);
		}
	}
	if (!addr)
		return false;
	out->addr = addr;
	find_user(s, (pid_t)pid, addr, true, 0, out);
	return true;
}

static const char *type_in(struct tgt *t, uint64_t vaddr)
{
	const char *name;

	return tgt_is_go(t) && tgt_rtype_name(t, vaddr, &name) ? name : NULL;
}

/* Whether it is known of any file that the process had mapped which one it is. */
static bool has_files(const struct process *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].ino)
			return true;
	return false;
}

const char *symbols_go_type(struct symbols *s, uint32_t pid, uint64_t addr)
{
	struct process *p = find_process(s, (pid_t)pid);
	const char *name = NULL;

	/* descriptions are data: where a binary's data is, its code tells */
	for (int tries = 0; tries < 2 && !name; tries++) {
		if (tries || !p->n)
			read_maps(p);
		for (size_t i = 0; i < p->n && !name; i++) {
			const struct range *r = &p->v[i];
			int bin = r->ino ? targets_by_inode(s->targets, r->dev, r->ino) : -1;
			struct tgt *t = bin >= 0 ? targets_tgt(s->targets, bin) : NULL;
			int64_t at = t ? tgt_vaddr_of_offset(t, r->off) : -1;

			if (at >= 0)
				name = type_in(t, addr - (r->start - (uint64_t)at));
		}
	}
	for (int i = 0; !has_files(p) && !name && i < targets_count(s->targets); i++)
		if (!tgt_is_pie(targets_tgt(s->targets, i)))
			name = type_in(targets_tgt(s->targets, i), addr);
	return name;
}
