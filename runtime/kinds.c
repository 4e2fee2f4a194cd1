/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* kinds.c - see kinds.h. */
#include "runtime/kinds.h"

#include <stdio.h>

#include "gft/kernel.h"

bool kinds_possible(const struct gft_meta *m)
{
	const struct kernel_caps *caps = NULL;

	kernel_caps(&caps);
	for (uint32_t i = 0; i < m->nprogs; i++) {
		enum meta_prog_kind k = m->progs[i].kind;
		bool kprobe = k == MP_KPROBE || k == MP_KRETPROBE;

		if (kprobe ? caps->kprobe : (k != MP_FENTRY && k != MP_FEXIT) || kernel_has_fentry())
			continue;
		enum meta_missing miss = m->config.missing_probes;

		m->progs[i].skip = miss != MISSING_ERROR;
		if (miss == MISSING_IGNORE)
			continue;
		fprintf(stderr, "gft: %s%s: this kernel has no %s\n", miss == MISSING_WARN ? "left out: " : "",
			m->probe_names[m->progs[i].probe_id - TY_PROBE_STATIC].probe,
			kprobe ? "probes of kernel functions (CONFIG_KPROBES)"
			       : "fentry and fexit probes (BTF and CONFIG_FUNCTION_TRACER)");
		if (miss == MISSING_WARN)
			continue;
		fputs("HINT: gft --info says what it has; tracepoints (t:GROUP:EVENT) and raw tracepoints are always "
		      "there\n",
		      stderr);
		return false;
	}
	return true;
}
