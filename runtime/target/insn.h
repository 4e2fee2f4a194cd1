/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * insn.h - machine instructions of one function, as far as probes care.
 */
#ifndef GFT_TARGET_INSN_H
#define GFT_TARGET_INSN_H

#include <Zydis/Zydis.h>

#include "internal.h"

enum insn_class {
	I_OTHER,
	I_PUSH,	    /* push of a general register */
	I_JCC,	    /* conditional jump with a displacement */
	I_JMP,	    /* jump with a displacement */
	I_CALL,	    /* call with a displacement */
	I_NOP,	    /* the single byte 0x90 */
	I_LOOP,	    /* jrcxz, loop, xbegin: branches that are never emulated */
	I_JMP_IND,  /* jump through a register or memory */
	I_CALL_IND, /* call through a register or memory */
	I_RET,
	I_FAR,	/* far return, far jump, iret: not code of a compiler */
	I_INT3, /* padding, or a trap */
	I_STOP, /* ud2, hlt: execution does not go on */
};

#define IF_EMULATED 0x01 /* the kernel emulates it: no single step */
#define IF_REFUSED  0x02 /* the kernel refuses or silently ignores a probe here */
#define IF_RET_IMM  0x04 /* ret imm16 */

#define SP_UNKNOWN (-1)

struct insn {
	uint32_t off;	 /* from the function's entry */
	int32_t sp;	 /* bytes between rsp and the return address before it runs, or SP_UNKNOWN */
	uint64_t target; /* vaddr: JCC, JMP, CALL, LOOP */
	uint8_t len, cls, flags;
	uint8_t cc; /* JCC: condition, the low four bits of the opcode */
	uint16_t mnemonic;
};

/* What one instruction does to rsp and to argument registers. */
struct effect {
	int32_t sp;	 /* change of insn.sp */
	bool sp_unknown; /* rsp is not predictable after it */
	uint32_t wrote;	 /* ARG_* masks */
};

#define ARG_GO 0x1 /* writes a register in which Go passes arguments */
#define ARG_C  0x2 /* the same for C */

struct code {
	struct tgt *t;
	uint32_t index; /* of the function */
	struct tgt_func f;
	const uint8_t *p; /* its bytes */
	struct insn *v;	  /* owned */
	size_t n, cap;
	uint8_t *start, *goal; /* owned bitmaps by byte: begins an instruction; is branched to */
	size_t bits_cap;
	uint32_t bad; /* offset of the first byte that is no instruction, or UINT32_MAX */
	bool overlap; /* a branch into the middle of an instruction */
	bool valid;
	ZydisDecoder dec;
	ZydisDecoder *decp;
};

/* Whether code of n bytes clears X15 (xorps xmm15, xmm15) in front of its first call. */
bool insn_clears_x15(const uint8_t *p, size_t n);
/* Decodes function i into c; false when its bytes are not in the file. */
bool code_read(struct code *c, struct tgt *t, uint32_t i);
/* Index of the instruction at an offset, or -1. */
long code_at(const struct code *c, uint64_t off);
bool code_is_target(const struct code *c, uint32_t off);
bool code_effect(const struct code *c, const struct insn *in, struct effect *e);
/* Fills insn.sp by following the code: functions whose pcsp cannot be trusted. */
void code_track_sp(struct code *c);
void code_free(struct code *c);

static inline bool code_inside(const struct code *c, uint64_t vaddr)
{
	return vaddr >= c->f.entry && vaddr < c->f.end;
}

#endif
