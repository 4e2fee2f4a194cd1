/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* session.c - loading a compiled script: constants, map sizes, programs. */
#include "runtime/kernel/session.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "gft/btf.h"
#include "gft/setup.h"

#define RING_DEFAULT (8u << 20)
#define POLL_MOST    100000 /* records of one ksession_poll() */
#define RING_LEAST   (256u << 10)

void kernel_error_fini(struct kernel_error *e)
{
	free(e->log);
	e->log = NULL;
}

void ks_error(struct kernel_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
}

/* --- libbpf's messages ------------------------------------------------------------------- */

/* Threads that attach speak at the same time. */
static struct {
	pthread_mutex_t lock;
	struct buf text;
} messages = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_DEBUG)
		return 0;
	pthread_mutex_lock(&messages.lock);
	if (messages.text.len < 4u << 20)
		buf_vprintf(&messages.text, fmt, ap);
	pthread_mutex_unlock(&messages.lock);
	return 0;
}

void ks_log_start(void)
{
	buf_reset(&messages.text);
	libbpf_set_print(on_print);
}

char *ks_log_take(void)
{
	char *s = messages.text.len ? xstrdup(buf_str(&messages.text)) : NULL;

	buf_free(&messages.text);
	return s;
}

/* --- variables of the object ---------------------------------------------------------------- */

/* A variable's place in a data section, by the object's BTF. */
static bool find_var(struct bpf_object *obj, const char *section, const char *name, uint32_t *off, uint32_t *size)
{
	const struct btf *btf = bpf_object__btf(obj);
	int id = btf ? btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC) : -1;
	const struct btf_type *sec;
	const struct btf_var_secinfo *vi;

	if (id < 0)
		return false;
	sec = btf__type_by_id(btf, (uint32_t)id);
	vi = btf_var_secinfos(sec);
	for (uint16_t i = 0; i < btf_vlen(sec); i++) {
		const struct btf_type *var = btf__type_by_id(btf, vi[i].type);
		const char *n = btf__name_by_offset(btf, var->name_off);

		if (n && !strcmp(n, name)) {
			*off = vi[i].offset;
			*size = vi[i].size;
			return true;
		}
	}
	return false;
}

static struct bpf_map *data_map(struct bpf_object *obj, const char *suffix)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, obj)
	{
		const char *n = bpf_map__name(m);
		size_t len = strlen(n), k = strlen(suffix);

		if (len >= k && !strcmp(n + len - k, suffix))
			return m;
	}
	return NULL;
}

/* Sets one constant; one that nothing reads is not in the object, and no mistake. */
static int set_const(struct ksession *s, char *data, size_t size, const struct ksession_const *c,
		     struct kernel_error *err)
{
	uint32_t off, n;

	if (!data || !find_var(s->obj, ".rodata", c->name, &off, &n))
		return 0;
	if (c->size > n || (size_t)off + n > size) {
		ks_error(err, "the object's %s has %u bytes, not %zu: the templates and the program differ", c->name, n,
			 c->size);
		return -EINVAL;
	}
	memcpy(data + off, c->data, c->size);
	return 0;
}

static int set_consts(struct ksession *s, const struct ksession_opts *o, size_t ring, struct kernel_error *err)
{
	struct bpf_map *ro = data_map(s->obj, ".rodata");
	size_t size = 0;
	char *data = ro ? bpf_map__initial_value(ro, &size) : NULL;

	/* the reader is woken before the ring is full, however large it came to be */
	const uint64_t wakeup = ring / 4;
	const uint32_t ncpus = (uint32_t)s->ncpus;
	const struct ksession_const own[] = { { "gft_wakeup_bytes", &wakeup, sizeof(wakeup) },
					      { "gft_ncpus", &ncpus, sizeof(ncpus) } };
	int r = 0;

	for (size_t i = 0; !r && i < o->nconsts; i++)
		r = set_const(s, data, size, &o->consts[i], err);
	for (size_t i = 0; !r && i < sizeof(own) / sizeof(own[0]); i++)
		r = set_const(s, data, size, &own[i], err);
	return r;
}

/* --- loading ---------------------------------------------------------------------------------- */

static size_t ring_size(size_t want)
{
	size_t n = (size_t)sysconf(_SC_PAGESIZE);

	if (!want)
		want = RING_DEFAULT;
	while (n < want && n < 1u << 30)
		n *= 2;
	return n;
}

static int find_parts(struct ksession *s, struct kernel_error *err)
{
	s->progs = xcalloc(s->meta->nprogs + 1, sizeof(*s->progs));
	s->maps = xcalloc(s->meta->nmaps + 1, sizeof(*s->maps));
	for (uint32_t i = 0; i < s->meta->nprogs; i++) {
		s->progs[i] = bpf_object__find_program_by_name(s->obj, s->meta->progs[i].name);
		if (!s->progs[i]) {
			ks_error(err, "the object has no program %s", s->meta->progs[i].name);
			return -ENOENT;
		}
	}
	for (uint32_t i = 0; i < s->meta->nmaps; i++) {
		s->maps[i] = bpf_object__find_map_by_name(s->obj, s->meta->maps[i].bpf_name);
		if (!s->maps[i]) {
			ks_error(err, "the object has no map %s", s->meta->maps[i].bpf_name);
			return -ENOENT;
		}
	}
	s->ring = bpf_object__find_map_by_name(s->obj, "gft_ring");
	s->stats = bpf_object__find_map_by_name(s->obj, "gft_stats");
	s->loss = bpf_object__find_map_by_name(s->obj, "gft_loss");
	s->goroutines = bpf_object__find_map_by_name(s->obj, "gft_goroutines");
	s->stacks = bpf_object__find_map_by_name(s->obj, "gft_stacks");
	s->site_addr = bpf_object__find_map_by_name(s->obj, "gft_site_addr");
	s->plans = bpf_object__find_map_by_name(s->obj, "gft_plans");
	s->procs = bpf_object__find_map_by_name(s->obj, "gft_procs");
	return 0;
}

/* Of proc.h. */
static const struct {
	const char *name, *event;
	bool last; /* a script's own probe of the same event must find the process still known */
} process_programs[] = {
	{ "gft_newtask", "task_newtask", false },
	{ "gft_exec", "sched_process_exec", false },
	{ "gft_exit", "sched_process_exit", true },
};

/* Releases what one attempt to load made. */
static void drop(struct ksession *s)
{
	if (s->bss)
		munmap(s->bss, s->bss_len);
	s->bss = NULL;
	s->ready = NULL;
	s->start_ns = NULL;
	s->exited = NULL;
	s->warnings = NULL;
	ring_buffer__free(s->rb);
	bpf_object__close(s->obj);
	free(s->progs);
	free(s->maps);
	s->rb = NULL;
	s->obj = NULL;
	s->progs = NULL;
	s->maps = NULL;
}

/* How many entries a map has, which the script may not have; no map is empty. */
static void give_room(struct bpf_map *map, uint32_t entries)
{
	if (map)
		bpf_map__set_max_entries(map, entries ? entries : 1);
}

static int open_object(struct ksession *s, const struct ksession_opts *o, size_t ring, struct kernel_error *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, oo, .object_name = "gft", .btf_custom_path = kernel_btf_path());
	const struct kernel_caps *caps = NULL;
	int r;

	s->obj = bpf_object__open_mem(o->object, o->object_len, &oo);
	if (!s->obj) {
		char why[128];

		r = -errno;
		libbpf_strerror(r, why, sizeof(why));
		ks_error(err, "the compiled object cannot be read: %s%s", why,
			 r == -EMFILE ? "; ulimit -n gives more" : "; --no-cache compiles it again");
		return r;
	}
	r = find_parts(s, err);
	if (!r)
		r = set_consts(s, o, ring, err);
	if (r)
		return r;
	for (size_t i = 0; o->processes && i < sizeof(process_programs) / sizeof(process_programs[0]); i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(s->obj, process_programs[i].name);

		if (p)
			bpf_program__set_autoload(p, true);
	}
	kernel_caps(&caps);
	for (uint32_t i = 0; i < s->meta->nprogs; i++)
		if (s->meta->progs[i].kind == MP_UPROBE && !caps->uprobe_multi)
			bpf_program__set_expected_attach_type(s->progs[i], 0);
	for (uint32_t i = 0; i < s->meta->nprogs; i++) {
		const struct meta_prog *mp = &s->meta->progs[i];

		if (mp->skip) {
			bpf_program__set_autoload(s->progs[i], false);
			continue;
		}
		if (mp->kind != MP_FENTRY && mp->kind != MP_FEXIT)
			continue;
		r = bpf_program__set_attach_target(s->progs[i], 0, mp->target);
		if (r) {
			ks_error(err, "%s:%s: this kernel has no such function to attach to, or no BTF: %s",
				 mp->kind == MP_FENTRY ? "fentry" : "fexit", mp->target, strerror(-r));
			return r;
		}
	}
	for (uint32_t i = 0; i < s->meta->nmaps; i++)
		if (s->meta->maps[i].max_entries)
			bpf_map__set_max_entries(s->maps[i], s->meta->maps[i].max_entries);
	give_room(bpf_object__find_map_by_name(s->obj, "gft_site_names"), o->site_names);
	give_room(bpf_object__find_map_by_name(s->obj, "gft_site_id"), o->site_ids);
	give_room(bpf_object__find_map_by_name(s->obj, "gft_scratch"), (uint32_t)s->ncpus * GFT_SCRATCH_SLOTS);
	give_room(s->ring, (uint32_t)ring);
	if (o->max_goroutines) {
		give_room(s->goroutines, o->max_goroutines);
		give_room(bpf_object__find_map_by_name(s->obj, "gft_held"), o->max_goroutines);
	}
	give_room(s->site_addr, o->site_addrs);
	give_room(s->plans, o->site_addrs);
	return 0;
}

static void load_error(int r, const char *log, struct kernel_error *err)
{
	if (err && log && strstr(log, "BEGIN PROG LOAD LOG"))
		ks_explain(log, err);
	else if (r == -EPERM)
		ks_error(err, "the kernel refuses to load BPF programs (EPERM): run as root, or with CAP_BPF and "
			      "CAP_PERFMON; "
			      "in a container these must be granted");
	else if (r == -E2BIG)
		ks_error(err,
			 "the kernel refuses the script's size (E2BIG): fewer or smaller actions, or less --buffer");
	else if (r == -ENOMEM)
		ks_error(err, "the kernel has no memory for the script's maps: a smaller --buffer may help");
	else if (r == -ESRCH && access("/sys/kernel/btf/vmlinux", R_OK))
		ks_error(err, "the script needs the kernel's own types (thread-local storage, of functions in assembly "
			      "and of C), and /sys/kernel/btf/vmlinux is not there");
	else if (kernel_btf_path() && !ks_vmlinux_btf())
		ks_error(err, "%s, which the environment names for the kernel's types, cannot be read",
			 kernel_btf_path());
	else if (r == -EMFILE)
		ks_error(err, "too many open files for the script's maps and programs: ulimit -n gives more");
	else
		ks_error(err, "the kernel does not load the script: %s", strerror(-r));
}

/* Where elapsed counts from: begin has it from the load on, everything else from when gft is ready. */
static void start_clock(struct ksession *s)
{
	struct timespec t;

	if (!s->start_ns)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	*s->start_ns = (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* libbpf maps variables only for skeletons: the gate is written through a mapping of our own. */
static void map_globals(struct ksession *s)
{
	struct bpf_map *bss = data_map(s->obj, ".bss");
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = bss ? bpf_map__value_size(bss) : 0;
	uint32_t off, n;
	char *data;

	if (!size)
		return;
	s->bss_len = (size + page - 1) / page * page;
	data = mmap(NULL, s->bss_len, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	if (data == MAP_FAILED)
		return;
	s->bss = data;
	if (find_var(s->obj, ".bss", "gft_ready", &off, &n) && off + n <= size)
		s->ready = (volatile uint32_t *)(void *)(data + off);
	if (find_var(s->obj, ".bss", "gft_start_ns", &off, &n) && off + n <= size)
		s->start_ns = (volatile uint64_t *)(void *)(data + off);
	start_clock(s);
	if (find_var(s->obj, ".bss", "gft_exited", &off, &n) && off + n <= size && n == sizeof(*s->exited))
		s->exited = (volatile struct gft_exited *)(void *)(data + off);
	if (find_var(s->obj, ".bss", "gft_warnings", &off, &n) && off + n <= size &&
	    n >= s->meta->nwarnings * sizeof(struct gft_warning))
		s->warnings = (volatile struct gft_warning *)(void *)(data + off);
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct ksession *s = ctx;

	s->fn_result = s->fn(s->fn_ctx, data, size);
	s->fn_count++;
	/* libbpf goes on as long as there are records: a busy program must not keep us here for ever */
	return s->fn_result || s->fn_count >= POLL_MOST ? -ECANCELED : 0;
}

int ksession_load(struct ksession **out, const struct ksession_opts *o, struct kernel_error *err)
{
	struct ksession *s = xcalloc(1, sizeof(*s));
	size_t ring = ring_size(o->ring_bytes);
	char *log;
	int r;

	s->meta = o->meta;
	ks_log_start();
	s->ncpus = libbpf_num_possible_cpus();
	free(ks_log_take());
	if (s->ncpus <= 0) {
		r = s->ncpus ? s->ncpus : -EINVAL;
		s->ncpus = 0;
		ks_error(err,
			 "how many processors there are cannot be read (/sys/devices/system/cpu/possible: %s): mount "
			 "sysfs on /sys",
			 strerror(-r));
		goto fail;
	}
	for (;;) {
		ks_log_start();
		r = open_object(s, o, ring, err);
		if (r) {
			free(ks_log_take());
			goto fail;
		}
		r = bpf_object__load(s->obj);
		log = ks_log_take();
		if (!r) {
			if (log && o->verbose)
				fputs(log, stderr);
			free(log);
			break;
		}
		/* EPERM: RLIMIT_MEMLOCK, on kernels before 5.11; E2BIG: more than a ring may have */
		if ((r == -ENOMEM || r == -E2BIG || (r == -EPERM && !strstr(log ? log : "", "PROG LOAD LOG"))) &&
		    s->ring && ring > RING_LEAST) {
			free(log);
			drop(s);
			ring /= 2;
			continue;
		}
		load_error(r, log, err);
		if (err)
			err->log = log;
		else
			free(log);
		goto fail;
	}
	ks_warm(s);
	map_globals(s);
	if (!s->ready) {
		ks_error(err, "the object has no gate (gft_ready): the templates and the program differ");
		r = -EINVAL;
		goto fail;
	}
	if (s->ring) {
		s->rb = ring_buffer__new(bpf_map__fd(s->ring), on_record, s, NULL);
		if (!s->rb) {
			r = -errno;
			ks_error(err, "the ring buffer of %zu KiB cannot be mapped: %s; a smaller --buffer may help",
				 ring >> 10, strerror(-r));
			goto fail;
		}
	}
	*out = s;
	return 0;
fail:
	drop(s);
	free(s);
	return r;
}

void ksession_free(struct ksession *s)
{
	if (!s)
		return;
	ksession_detach(s, NULL, NULL);
	free(s->links);
	free(s->timers);
	drop(s);
	free(s);
}

void ksession_ready(struct ksession *s, bool on)
{
	if (on) {
		start_clock(s);
		ks_restart_timers(s);
	}
	__atomic_store_n(s->ready, on && !(s->exited && s->exited->shut), __ATOMIC_RELEASE);
}

bool ksession_exited(const struct ksession *s, int *status, uint64_t *ns)
{
	if (!s->exited || !__atomic_load_n(&s->exited->told, __ATOMIC_ACQUIRE))
		return false;
	*status = s->exited->status;
	*ns = s->exited->ns;
	return true;
}

int ksession_site_id(struct ksession *s, uint32_t site, uint32_t id)
{
	struct bpf_map *m = bpf_object__find_map_by_name(s->obj, "gft_site_id");

	return m ? bpf_map_update_elem(bpf_map__fd(m), &site, &id, BPF_ANY) : -ENOENT;
}

int ksession_site_names(struct ksession *s, uint32_t site, uint64_t bits, uint64_t as_exit)
{
	const uint64_t v[2] = { bits, as_exit };
	struct bpf_map *m = bpf_object__find_map_by_name(s->obj, "gft_site_names");

	return m ? bpf_map_update_elem(bpf_map__fd(m), &site, v, BPF_ANY) : -ENOENT;
}

int ksession_site_addr(struct ksession *s, uint32_t site, uint64_t vaddr)
{
	if (!s->site_addr)
		return -ENOENT;
	return bpf_map_update_elem(bpf_map__fd(s->site_addr), &site, &vaddr, BPF_ANY);
}

int ksession_site_plan(struct ksession *s, uint32_t site, const struct gft_cap_plan *plan)
{
	if (!s->plans)
		return -ENOENT;
	return bpf_map_update_elem(bpf_map__fd(s->plans), &site, plan, BPF_ANY);
}

int ksession_attach_processes(struct ksession *s, bool last, struct kernel_error *err)
{
	for (size_t i = 0; i < sizeof(process_programs) / sizeof(process_programs[0]); i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(s->obj, process_programs[i].name);
		struct bpf_link *l = NULL;

		if (process_programs[i].last != last)
			continue;
		ks_log_start();
		if (p)
			l = bpf_program__attach_raw_tracepoint(p, process_programs[i].event);
		if (!l) {
			int e = p ? errno : ENOENT;

			free(ks_log_take());
			ks_error(err, "processes cannot be followed: rawtracepoint:%s: %s", process_programs[i].event,
				 strerror(e));
			return -e;
		}
		free(ks_log_take());
		ks_add_link(s, l);
	}
	return 0;
}

int ksession_want(struct ksession *s, uint32_t tgid)
{
	uint32_t wanted = GFT_PROC_WANTED;

	if (!s->procs)
		return -ENOENT;
	return bpf_map_update_elem(bpf_map__fd(s->procs), &tgid, &wanted, BPF_ANY) ? -errno : 0;
}

void ksession_warning(const struct ksession *s, uint32_t i, struct gft_warning *out)
{
	*out = (struct gft_warning){ 0, 0 };
	if (s->warnings && i < s->meta->nwarnings)
		*out = (struct gft_warning){ s->warnings[i].count, s->warnings[i].ret };
}

uint32_t ksession_prog_insns(const struct ksession *s, uint32_t prog)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	if (bpf_prog_get_info_by_fd(bpf_program__fd(s->progs[prog]), &info, &len))
		return 0;
	return info.xlated_prog_len / 8;
}
