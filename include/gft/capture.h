/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * capture.h - how Go values get from the target into a record.
 *
 * Every function has its own arguments, and a program for each would be too
 * many: so the BPF half runs a small plan per site instead.  A plan copies
 * registers and stack words into a blob, then follows pointers that it has
 * copied.  User space made the plan from the types and knows what lies where.
 * Compiled by both halves, like wire.h.
 */
#ifndef GFT_CAPTURE_H
#define GFT_CAPTURE_H

#ifndef GFT_BPF
#include <linux/types.h>
#endif

#define GFT_CAP_OPS   48  /* steps of one plan; faults are a mask of 64 */
#define GFT_CAP_BYTES 512 /* a blob; a power of two */
#define GFT_CAP_LEN   128 /* bytes that one step copies at most */
#define GFT_CAP_WORDS 8	  /* words at the blob's beginning that may be fetched addresses */

enum gft_cap_kind {
	GFT_CAP_REG = 1,   /* integer argument register reg, 8 bytes */
	GFT_CAP_STACK = 2, /* len bytes at the return address's slot + off */
	GFT_CAP_MEM = 3,   /* len bytes at (the pointer at blob + from) + off; nothing when it is nil */
	GFT_CAP_MEMN = 4,  /* (the word at blob + count) * scale bytes, len at most, at (the pointer at blob + from) */
	GFT_CAP_IP = 5,	   /* the probed address, 8 bytes: tells where the binary was loaded */
	GFT_CAP_ELEM = 6,  /* MEM, but nothing unless the word at blob + count is above scale: an element */
	GFT_CAP_IF = 7,	   /* is the word at blob + from, less the probed address, off?  Then the next scale steps
			      are left out, else the next len: what follows depends on a dynamic type */
	GFT_CAP_STR = 8,   /* text up to a NUL, len bytes with it at most, at the pointer at blob + from */
};

#define GFT_CAP_CTX 9 /* GFT_CAP_REG's register with a closure's captured variables: RDX */

struct gft_cap_op {
	__u8 kind, reg;
	__u16 dst, len, from, count, scale;
	__s32 off;
};

struct gft_cap_plan {
	__u32 n, size;
	struct gft_cap_op op[GFT_CAP_OPS];
};

/* In a record.  The blob's first words are the program's: addresses of fetched values. */
struct gft_capture {
	__u64 fault; /* bit i: step i could not read */
	__u64 ran;   /* bit i: step i copied something */
	__u32 site;  /* whose plan it was */
	__u32 pad;
	__u8 blob[GFT_CAP_BYTES + GFT_CAP_LEN];
};

#endif
