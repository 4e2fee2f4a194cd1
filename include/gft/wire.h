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
};

/* gft_rec_call.flags */
#define GFT_RF_OPEN	 0x01 /* ENTRY: this call opened the graph; aux is its graph() number */
#define GFT_RF_ROOT_EXIT 0x02 /* EXIT: the call that opened the graph returned */
#define GFT_RF_LOST	 0x04 /* records of this goroutine were lost before this one */
#define GFT_RF_GONE	 0x08 /* CLOSE: the goroutine ended (runtime.goexit1) */
#define GFT_RF_SWITCH	 0x10 /* the call runs on the thread's system stack (g0) */
#define GFT_RF_THREAD	 0x20 /* goid is a thread id: not a Go goroutine */
#define GFT_RF_DROPPED	 0x40 /* EXIT of a root: graph_drop() was called */

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
	__u16 aux;   /* ENTRY with OPEN: graph() number; EVENT: event number */
	__u32 site;  /* site id, index of the site table; EVENT: of the site it ran at, or GFT_NO_SITE */
	__u64 ts_ns; /* CLOCK_MONOTONIC */
};

#define GFT_NO_SITE 0xffffffffU

struct gft_rec_call {
	struct gft_rec_hdr h;
	__u64 goid; /* goroutine id; with RF_THREAD the thread's id */
	__u32 tgid; /* process id in gft's pid namespace */
	__u32 tid;  /* thread id in gft's pid namespace */
	__u64 key;  /* frame key, see above */
		    /* EXIT, TAG: payload follows when the site's payload is not empty */
};

struct gft_rec_entry {
	struct gft_rec_call c;
	__s64 caller_rel; /* return address minus the address of the site that fired */
			  /* payload follows when the site's payload is not empty */
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

/* Attach cookie: what the BPF side must know of a site without a lookup. */
#define GFT_COOKIE_SITE(c)   ((__u32)(c))
#define GFT_COOKIE_SP_ADJ(c) (((__u32)((c) >> 32)) & 0xffffffU) /* bytes below the return address that rsp is */
#define GFT_COOKIE_FLAGS(c)  ((__u32)((c) >> 56))
#define GFT_COOKIE(site, sp_adj, flags)                                                                                \
	((__u64)(__u32)(site) | ((__u64)((sp_adj)&0xffffffU) << 32) | ((__u64)(flags) << 56))
#define GFT_CF_STACK_CHECK 0x01 /* the site is the stack check's jbe: drop the hit when CF|ZF */
#define GFT_CF_G_IN_TLS	   0x02 /* r14 is not g here (assembly, ABI0): read g from TLS */
#define GFT_CF_TAIL_JUMP   0x04 /* exit by a jump out of the function: no results */
#define GFT_CF_NOT_RET	   0x08 /* exit site that is not a plain ret: never emulate it */

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
	GFT_ST_MAX = 16,
};

#endif
