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

/* "struct.field.field" */
static bool offset(const struct btf *btf, const char *path, uint32_t *out)
{
	char word[64];
	size_t n = strcspn(path, ".");
	const struct btf_type *t;
	int id;

	snprintf(word, sizeof(word), "%.*s", (int)n, path);
	id = btf__find_by_name_kind(btf, word, BTF_KIND_STRUCT);
	t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
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

static uint32_t size_of(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 ? btf__type_by_id(btf, (uint32_t)id)->size : 0;
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
		{ "upid.nr", &out->upid_nr },
		{ "upid.ns", &out->upid_ns },
		{ "pid_namespace.ns.inum", &out->ns_inum },
	};
	bool ok;

	ks_log_start();
	btf = btf__load_vmlinux_btf();
	free(ks_log_take());
	ok = btf != NULL;
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; ok && i < sizeof(want) / sizeof(want[0]); i++)
		ok = offset(btf, want[i].path, want[i].off);
	if (ok) {
		out->upid_size = size_of(btf, "upid");
		ok = out->upid_size != 0;
	}
	/* asked at each return: not where the answer is known */
	if (ok && (!processor_has_shadow_stacks() || !offset(btf, "task_struct.thread.features", &out->features)))
		out->features = 0;
	btf__free(btf);
	out->known = ok;
	return ok;
}
