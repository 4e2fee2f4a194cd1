/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * setup.h - what the loader tells the BPF half, and the keys of its maps that
 * user space walks.  Compiled by both halves, like wire.h.
 */
#ifndef GFT_SETUP_H
#define GFT_SETUP_H

#ifndef GFT_BPF
#include <linux/types.h>
#endif

/* What exit programs do at a plain ret (bpf-templates/ret.h). */
#define GFT_RETS_STEPPED  0 /* this kernel's programs cannot write registers */
#define GFT_RETS_KNOWN	  1 /* they can: another tracer may have returned before */
#define GFT_RETS_EMULATED 2

#define GFT_BINARIES 64	   /* of one script */
#define GFT_PIDS     1024  /* that -p takes */
#define GFT_PROCS    16384 /* processes that are told apart at a time */

/* Values of the map gft_procs. */
#define GFT_PROC_WANTED 1 /* its hits count */
#define GFT_PROC_STATE	2 /* it has goroutines in gft_goroutines */

/* What gft_rec_call.h.aux of a GFT_REC_PROC says. */
#define GFT_PROC_EXEC 1 /* it runs another program from now on */
#define GFT_PROC_EXIT 2

/*
 * Byte offsets in structures of the kernel, read from its BTF by the loader:
 * relocations would make libbpf read all of it for every script.
 */
struct gft_task_layout {
	__u32 known;
	__u32 pid, thread_pid, group_leader, signal; /* struct task_struct */
	__u32 signal_live, signal_flags;	     /* struct signal_struct */
	__u32 pid_level, pid_numbers;		     /* struct pid */
	__u32 upid_size, upid_nr, upid_ns;	     /* struct upid */
	__u32 ns_inum;				     /* struct pid_namespace: ns.inum */
	__u32 features; /* struct task_struct: thread.features; 0: this kernel has no shadow stacks */
};

/*
 * Probe ids (TY_FUNC and TY_PROBE of type.h): of a uprobe its site id; of any
 * other probe TY_PROBE_STATIC plus its number in meta's probe table.
 */
#define TY_PROBE_STATIC 0x80000000U
/* With the site of an entry: the exits of that function, of which there may be several, or none in a call that was
 * removed. */
#define TY_PROBE_EXIT 0x40000000U

/* Slots of scratch memory for each processor: programs that interrupt each other. */
#define GFT_SCRATCH_SLOTS 4

/* One binary's goroutines: byte offsets, as struct tgt_go has them. */
struct gft_layout {
	__s32 is_go;
	__s32 g_hi, g_goid, g_m;       /* struct g: stack.hi, goid, m */
	__s32 m_curg, m_gsignal, m_g0; /* struct m */
	__s32 g_tls;		       /* place of g relative to the thread pointer */
	__u32 runtime;	  /* tells runtimes of one process apart: 0 the program's and its plugins', else a library's */
	__u32 c_host;	  /* a shared library: the process is C's, and C functions belong to threads */
	__u64 g_tls_slot; /* vaddr of the word that holds g_tls in the process, of a library; 0: g_tls is right */
	__s32 g_waitreason, g_parent, g_gopc, g_startpc; /* struct g */
	__s32 g_pc, g_bp;				 /* struct g: sched.pc, sched.bp */
};

/* exit(), in the script's memory: told comes last, when the others are there. */
struct gft_exited {
	__u32 shut; /* it was called: the gate is shut for good */
	__u32 told;
	__s32 status;
	__u32 pad;
	__u64 ns; /* when (ktime) */
};

/* Key of the map gft_goroutines. */
struct gft_gkey {
	__u64 goid;
	__u32 tgid;
	__u32 thread;
};

#endif
