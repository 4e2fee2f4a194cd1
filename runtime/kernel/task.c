/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* task.c - where the kernel keeps what proc.h asks of a process: offsets from the kernel's BTF. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "gft/kernel.h"
#include "gft/setup.h"
#include "runtime/kernel/session.h"

static const struct btf_type *plain(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	for (int i = 0; t && i < 32 && (btf_is_mod(t) || btf_is_typedef(t)); i++)
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* Bytes from the start of t to a member, through structs without a name; *type is the member's. */
static bool member(const struct btf *btf, const struct btf_type *t, const char *name, uint32_t *off,
		   const struct btf_type **type, unsigned depth)
{
	const struct btf_member *m = btf_members(t);

	if (depth > 8)
		return false;
	for (uint16_t i = 0; i < btf_vlen(t); i++, m++) {
		const char *n = btf__name_by_offset(btf, m->name_off);
		const struct btf_type *mt = plain(btf, m->type);
		uint32_t at = btf_member_bit_offset(t, i) / 8;

		if (n && !strcmp(n, name)) {
			*off += at;
			if (type)
				*type = mt;
			return true;
		}
		if (n && !*n && mt && btf_is_composite(mt)) {
			uint32_t in = *off + at;

			if (member(btf, mt, name, &in, type, depth + 1)) {
				*off = in;
				return true;
			}
		}
	}
	return false;
}

/* The struct that was found last: to find one takes a walk through all types of the kernel. */
struct found {
	char name[64];
	const struct btf_type *type;
};

static const struct btf_type *find_struct(const struct btf *btf, struct found *last, const char *name)
{
	int id;

	if (strcmp(last->name, name) != 0) {
		id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
		last->type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
		snprintf(last->name, sizeof(last->name), "%s", name);
	}
	return last->type;
}

/* "struct.field.field" */
static bool offset(const struct btf *btf, struct found *last, const char *path, uint32_t *out)
{
	char word[64];
	size_t n = strcspn(path, ".");
	const struct btf_type *t;

	snprintf(word, sizeof(word), "%.*s", (int)n, path);
	t = find_struct(btf, last, word);
	*out = 0;
	for (path += n; t && *path == '.'; path += n) {
		path++;
		n = strcspn(path, ".");
		snprintf(word, sizeof(word), "%.*s", (int)n, path);
		if (!btf_is_composite(t) || !member(btf, t, word, out, &t, 0))
			return false;
	}
	return t != NULL;
}

/* Whether threads can have shadow stacks at all; true when the processor cannot be asked. */
static bool processor_has_shadow_stacks(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t cap = 0;
	bool flags = false, has = false;

	while (f && !flags && getline(&line, &cap, f) > 0) {
		flags = !strncmp(line, "flags", 5);
		has = flags && strstr(line, " user_shstk");
	}
	free(line);
	if (f)
		fclose(f);
	return has || !flags;
}

bool kernel_task_layout(struct gft_task_layout *out)
{
	struct btf *btf;
	const struct {
		const char *path;
		uint32_t *off;
	} want[] = {
		{ "task_struct.pid", &out->pid },
		{ "task_struct.thread_pid", &out->thread_pid },
		{ "task_struct.group_leader", &out->group_leader },
		{ "task_struct.signal", &out->signal },
		{ "signal_struct.live", &out->signal_live },
		{ "signal_struct.flags", &out->signal_flags },
		{ "pid.level", &out->pid_level },
		{ "pid.numbers", &out->pid_numbers },
		{ "pid_namespace.ns.inum", &out->ns_inum },
		{ "upid.nr", &out->upid_nr },
		{ "upid.ns", &out->upid_ns },
	};
	struct found last = { "", NULL };
	bool ok;

	ks_log_start();
	btf = btf__load_vmlinux_btf();
	free(ks_log_take());
	ok = btf != NULL;
	memset(out, 0, sizeof(*out));
	/* asked at each return: not where the answer is known */
	if (ok && processor_has_shadow_stacks() && !offset(btf, &last, "task_struct.thread.features", &out->features))
		out->features = 0;
	for (size_t i = 0; ok && i < sizeof(want) / sizeof(want[0]); i++)
		ok = offset(btf, &last, want[i].path, want[i].off);
	if (ok)
		out->upid_size = find_struct(btf, &last, "upid")->size;
	btf__free(btf);
	out->known = ok;
	return ok;
}
