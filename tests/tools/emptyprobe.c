/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * emptyprobe.c - attaches a BPF program that does nothing: what a probe costs
 * before anything is done in it, for the benchmark.
 *
 *     emptyprobe entry|both|first|first+rets BINARY FUNC
 *
 * entry, both: at the sites that gft would choose; first, first+rets: at the
 * function's first byte (and its returns), where other tracers probe.  Writes
 * a line when attached, ends on SIGINT or SIGTERM.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gft/target.h"
#include "runtime/kernel/uapi.h"

static void nothing(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, po, .expected_attach_type = UAPI_TRACE_UPROBE_MULTI);
	struct sigaction sa = { .sa_handler = nothing };
	struct tgt_error err = { "" };
	struct tgt_sites s = { 0 };
	unsigned long offs[256];
	uint32_t *funcs, n = 0;
	struct tgt *t;
	sigset_t set;
	int prog;

	if (argc != 4) {
		fprintf(stderr, "usage: emptyprobe entry|both|first|first+rets BINARY FUNC\n");
		return 1;
	}
	if (tgt_open(&t, argv[2], NULL, &err) < 0) {
		fprintf(stderr, "emptyprobe: %s\n", err.msg);
		return 1;
	}
	if (!tgt_match(t, argv[3], &funcs) || tgt_sites(t, funcs[0], TGT_WANT_ENTRY | TGT_WANT_EXITS, &s) < 0) {
		fprintf(stderr, "emptyprobe: no sites of %s\n", argv[3]);
		return 1;
	}
	if (argv[1][0] == 'f')
		offs[n++] = (unsigned long)tgt_file_offset(t, tgt_func(t, funcs[0])->entry);
	else if (s.has_entry)
		offs[n++] = s.entry.file_off;
	for (uint32_t i = 0; i < s.nexits && n < 256 && (!strcmp(argv[1], "both") || strchr(argv[1], '+')); i++)
		offs[n++] = s.exits[i].file_off;

	LIBBPF_OPTS(bpf_link_create_opts, lo, .uprobe_multi.path = argv[2], .uprobe_multi.offsets = offs,
		    .uprobe_multi.cnt = n);
	prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "empty", "GPL", insns, 2, &po);
	if (prog < 0 || bpf_link_create(prog, 0, UAPI_TRACE_UPROBE_MULTI, &lo) < 0) {
		perror("emptyprobe");
		return 1;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigemptyset(&set);
	puts("ready");
	fflush(stdout);
	sigsuspend(&set);
	tgt_sites_fini(&s);
	free(funcs);
	tgt_close(t);
	return 0;
}
