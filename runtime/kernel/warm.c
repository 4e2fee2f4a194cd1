/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * warm.c - memory for programs that run with interrupts off.
 *
 * The elements of a hash that is not allocated as a whole come from a list of
 * each processor's, which begins with one large element or four small ones
 * (kernel/bpf/memalloc.c).  Taking one has the list filled, by an interrupt: a
 * program that runs with interrupts off, and wants two at once, gets only one.
 * So one element is made and removed on each processor before the first hit.
 * To allocate the stacks' map as a whole would do as well, for 70 MB.
 */
#include <sched.h>
#include <stdlib.h>

#include "runtime/kernel/session.h"

static bool interrupts_off(enum meta_prog_kind kind)
{
	switch (kind) {
	case MP_RAWTRACEPOINT:
	case MP_TRACEPOINT:
	case MP_KPROBE:
	case MP_KRETPROBE:
	case MP_FENTRY:
	case MP_FEXIT:
	case MP_INTERVAL:
	case MP_PROFILE:
	case MP_SOFTWARE:
	case MP_HARDWARE: return true;
	default: return false;
	}
}

static void warm_map(struct bpf_map *m, const void *zero)
{
	/* whose row would be found there was made by nobody: no program runs yet */
	if (!bpf_map_update_elem(bpf_map__fd(m), zero, zero, BPF_NOEXIST))
		bpf_map_delete_elem(bpf_map__fd(m), zero);
}

static bool on_demand(const struct bpf_map *m)
{
	return bpf_map__type(m) == BPF_MAP_TYPE_HASH && (bpf_map__map_flags(m) & BPF_F_NO_PREALLOC);
}

void ks_warm(struct ksession *s)
{
	size_t size = CPU_ALLOC_SIZE(s->ncpus), most = 0;
	cpu_set_t *old, *one;
	struct bpf_map *m;
	bool wanted = false;
	void *zero;

	for (uint32_t i = 0; i < s->meta->nprogs && !wanted; i++)
		wanted = !s->meta->progs[i].skip && interrupts_off(s->meta->progs[i].kind);
	if (!wanted)
		return;
	bpf_object__for_each_map(m, s->obj)
	{
		if (on_demand(m) && bpf_map__key_size(m) > most)
			most = bpf_map__key_size(m);
		if (on_demand(m) && bpf_map__value_size(m) > most)
			most = bpf_map__value_size(m);
	}
	zero = xcalloc(1, most + 1);
	old = xcalloc(1, size);
	one = xcalloc(1, size);
	if (!sched_getaffinity(0, size, old)) {
		for (int cpu = 0; cpu < s->ncpus; cpu++) {
			CPU_ZERO_S(size, one);
			CPU_SET_S((size_t)cpu, size, one);
			/* one that is off or not ours is left as it is */
			if (sched_setaffinity(0, size, one))
				continue;
			bpf_object__for_each_map(m, s->obj)
			{
				if (on_demand(m))
					warm_map(m, zero);
			}
		}
		sched_setaffinity(0, size, old);
	}
	free(one);
	free(old);
	free(zero);
}
