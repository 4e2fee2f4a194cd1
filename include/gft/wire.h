/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * wire.h - the records that the BPF half writes and the user half reads.
 *
 * This is the one header that both halves compile, so it uses nothing but
 * fixed-width types (it takes them from <linux/types.h> in user space and from
 * bpf.h in BPF) and includes nothing else.  Enumerations are append-only with
 * explicit values: a recorded stream outlives the program that recorded it.
 *
 * All integers are in host order (the tool and its target share a machine).
 * Records are 8-byte aligned in the ring buffer and in a recorded stream.
 */
#ifndef GFT_WIRE_H
#define GFT_WIRE_H

#ifndef GFT_BPF
#include <linux/types.h>
#endif

/* Version of everything below; a recorded stream carries it. */
#define GFT_WIRE_VERSION 1

enum gft_rec_kind {
	GFT_REC_ENTRY = 1, /* struct gft_rec_entry: a call inside an open graph */
	GFT_REC_EXIT = 2,  /* struct gft_rec_call: that call's return */
	GFT_REC_CLOSE = 3, /* struct gft_rec_call: frames at or below key are gone */
	GFT_REC_EVENT = 4, /* struct gft_rec_event: an action's output */
	GFT_REC_TAG = 5,   /* struct gft_rec_call + payload: graph_tag() */
	GFT_REC_DROP = 6,  /* struct gft_rec_call: graph_drop() */
	GFT_REC_PROC = 7,  /* struct gft_rec_call: its process ended, or runs another program (aux) */
	/* of goroutines whose graph asked for it */
	GFT_REC_STATE = 8,   /* graph(parks): struct gft_rec_park when PARKED, else struct gft_rec_call */
	GFT_REC_SYSCALL = 9, /* graph(syscalls): struct gft_rec_syscall, when it returned */
	GFT_REC_GO = 10,     /* graph(children): struct gft_rec_go: it started a goroutine */
	GFT_REC_STACK = 11,  /* graph(stack): struct gft_rec_stack, behind the ENTRY that opened the graph */
};

/* gft_rec_call.flags */
/*
 * ENTRY: this call opened the graph; aux is its graph() number.  GO: the child
 * has one.  TAG: of the graph that the ENTRY of the same time is about to open.
 */
#define GFT_RF_OPEN	 0x01
#define GFT_RF_ROOT_EXIT 0x02 /* EXIT: the call that opened the graph returned */
#define GFT_RF_LOST	 0x04 /* records of this goroutine were lost before this one */
#define GFT_RF_GONE	 0x08 /* CLOSE: the goroutine ended (runtime.goexit1) */
#define GFT_RF_SWITCH	 0x10 /* the call runs on the thread's system stack (g0) */
#define GFT_RF_THREAD	 0x20 /* goid is a thread id: not a Go goroutine */
#define GFT_RF_DROPPED	 0x40 /* EXIT of a root, CLOSE: graph_drop() was called */

/*
 * Key of a frame: the distance in bytes from the top of its stack to its
 * return address, so that a deeper frame of one goroutine has a larger key and
 * a moved stack does not change it.  System stacks (g0, gsignal) are deeper
 * than any frame of the goroutine that runs on them: they add these bases.
 */
#define GFT_KEY_G0	(1ULL << 48)
#define GFT_KEY_GSIGNAL (2ULL << 48)

/* Header of every record: kind says which struct follows. */
struct gft_rec_hdr {
	__u8 kind;   /* enum gft_rec_kind */
	__u8 flags;  /* GFT_RF_* */
	__u16 aux;   /* ENTRY, GO with OPEN: graph() number; EVENT: event number; STATE: enum gft_doing; TAG: tag */
	__u32 site;  /* site id, index of the site table; EVENT: of the site it ran at, or GFT_NO_SITE */
	__u64 ts_ns; /* CLOCK_MONOTONIC */
};

#define GFT_NO_SITE 0xffffffffU

/*
 * A process may hold several Go runtimes, each with its own goroutine 1: the
 * upper bits of a record's goid say which.
 */
#define GFT_GOID_BITS 56
#define GFT_GOID(x)   ((x) & ((1ULL << GFT_GOID_BITS) - 1))

struct gft_rec_call {
	struct gft_rec_hdr h;
	__u64 goid; /* goroutine id, and its runtime; with RF_THREAD the thread's id */
	__u32 tgid; /* process id in gft's pid namespace */
	__u32 tid;  /* thread id in gft's pid namespace */
	__u64 key;  /* frame key, see above */
		    /* EXIT: payload follows when the site's payload is not empty; TAG: the tag's */
};

struct gft_rec_entry {
	struct gft_rec_call c;
	__s64 caller_rel; /* return address minus the address of the site that fired */
			  /* payload follows when the site's payload is not empty */
};

/* What a graph() asks for besides calls; the numbers are those of GRAPH_* in graph.h. */
#define GFT_GRAPH_STACK	   0x04
#define GFT_GRAPH_PARKS	   0x08
#define GFT_GRAPH_SYSCALLS 0x10
#define GFT_GRAPH_CHILDREN 0x20

/* What a goroutine does: its wall time is the sum of these four. */
enum gft_doing {
	GFT_RUNNING = 0,  /* on a processor */
	GFT_RUNNABLE = 1, /* it could run, and has no processor: in a run queue, or its thread was switched out */
	GFT_PARKED = 2,	  /* waits inside of the runtime: channel, lock, timer, network, collector */
	GFT_SYSCALL = 3,  /* in a system call, or its thread sleeps in the kernel for another reason */
	GFT_DOINGS = 4,
};

/* Wait reasons are numbers of the runtime (runtime.waitReason), and these, which are not read from it. */
#define GFT_WR_PREEMPTED 0x100
#define GFT_WR_COROUTINE 0x101
#define GFT_WR_UNREAD	 0x102 /* it could not be */

/* Places in code are relative to the address of the site that the record names, like caller_rel. */
#define GFT_PARK_FRAMES	 16
#define GFT_STACK_FRAMES 32

struct gft_rec_park {
	struct gft_rec_call c;	    /* aux: GFT_PARKED; key 0 */
	__u32 reason;		    /* of runtime.g, or GFT_WR_* */
	__u32 n;		    /* frames */
	__s64 from;		    /* who changed the state, in the runtime */
	__s64 rel[GFT_PARK_FRAMES]; /* where the goroutine goes on: return addresses, innermost first */
};

struct gft_rec_syscall {
	struct gft_rec_call c; /* its ts is the end; site GFT_NO_SITE; key 0 */
	__u64 start_ns;
	__s64 ret; /* -4095 to -1: an error */
	__u64 args[6];
	__u32 nr, pad;
};

struct gft_rec_go {
	struct gft_rec_call c; /* of the goroutine that said go; key 0 */
	__u64 child;	       /* goid */
	__s64 start;	       /* the function it begins in */
	__s64 from;	       /* behind the go statement */
};

struct gft_rec_stack {
	struct gft_rec_call c;	     /* of the call that opened the graph */
	__u32 n, pad;		     /* frames */
	__s64 rel[GFT_STACK_FRAMES]; /* return addresses, innermost first */
};

/*
 * Payload: values that fetch() and graph(args) attach to a call.  It begins
 * with two masks, bit i for value i: the value was asked for at this hit, and
 * reading it faulted.  The values follow at the offsets of the site's
 * payload description (offsets count from the start of the payload).
 */
struct gft_payload {
	__u64 present;
	__u64 fault;
};
#define GFT_PAYLOAD_MAX 64 /* values per site */

struct gft_rec_event {
	struct gft_rec_hdr h;
	/* the event's arguments follow, laid out by its description */
};

/* Long text of an event lies behind the other values, as long as it is: where, and how many bytes. */
struct gft_tail {
	__u32 off; /* from the start of struct gft_rec_event */
	__u32 len;
};

/* Attach cookie: what the BPF side must know of a site without a lookup. */
#define GFT_COOKIE_SITE(c)   ((__u32)(c))
#define GFT_COOKIE_SP_ADJ(c) ((__s64)((c) << 8) >> 40) /* bytes below the return address that rsp is */
#define GFT_COOKIE_FLAGS(c)  ((__u32)((c) >> 56))
#define GFT_COOKIE(site, sp_adj, flags)                                                                                \
	((__u64)(__u32)(site) | ((__u64)((sp_adj)&0xffffffU) << 32) | ((__u64)(flags) << 56))
#define GFT_CF_STACK_CHECK 0x01 /* the site is the stack check's jbe: drop the hit when CF|ZF */
#define GFT_CF_G_IN_TLS	   0x02 /* r14 is not g here (assembly, ABI0): read g from TLS */
#define GFT_CF_TAIL_JUMP   0x04 /* exit by a jump out of the function: no results */
#define GFT_CF_NOT_RET	   0x08 /* exit site that is not a plain ret: never emulate it */
#define GFT_CF_RET	   0x20 /* a plain ret: in the place of sp_adj, the low 12 bits of its address (ret.h) */
#define GFT_CF_URETPROBE   0x10 /* the kernel's uretprobe: rip is where it returns to, not the probed place */

/* One place of a script where something can go wrong: how often it did, and a helper's last result. */
struct gft_warning {
	__u64 count;
	__s64 ret;
};

/* Counters in the stats map: whatever is not zero is shown at the end. */
enum gft_stat {
	GFT_ST_RING_FULL = 0,	  /* records lost: ring buffer full */
	GFT_ST_MAP_FULL = 1,	  /* goroutine or frame not tracked: map full */
	GFT_ST_UNMATCHED = 2,	  /* exits of calls that began before gft attached */
	GFT_ST_UNWOUND = 3,	  /* frames that left without an exit (panic, Goexit) */
	GFT_ST_READ_FAULT = 4,	  /* goroutine state unreadable */
	GFT_ST_BAD_GOID = 5,	  /* a goid that makes no sense: layout of runtime.g is wrong */
	GFT_ST_SCRATCH = 6,	  /* no free scratch buffer: action skipped */
	GFT_ST_DEPTH = 7,	  /* frames deeper than the depth limit */
	GFT_ST_USER_MAP_FULL = 8, /* not used any more: a script's full map is a warning */
	GFT_ST_STACK_LOST = 9,	  /* a stack could not be stored */
	GFT_ST_LOOP = 10,	  /* a script's loop ended at its limit */
	GFT_ST_PROCS = 11,	  /* a process was not followed: gft_procs is full */
	GFT_ST_CHILDREN = 12,	  /* graph(children): a goroutine was started too many levels below the root */
	GFT_ST_VALUE_FAULT = 13,  /* what a script asked of a goroutine could not be read */
	GFT_ST_MAX = 16,
};

#endif
