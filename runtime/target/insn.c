/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * insn.c - decoding a function from its first byte to its last.
 *
 * What the kernel emulates, steps and refuses is arch/x86/kernel/uprobes.c:
 * branch_setup_xol_ops(), push_setup_xol_ops(), good_insns_64[],
 * good_2byte_insns[] and is_prefix_bad().  Kernels differ in details; this
 * takes what all of them agree on.
 */
#include <stdlib.h>

#include "insn.h"

/* One-byte opcodes that a probe cannot sit on. */
static bool bad_one_byte(uint8_t op)
{
	switch (op) {
	case 0x06:
	case 0x07:
	case 0x0e:
	case 0x16:
	case 0x17:
	case 0x1e:
	case 0x1f:
	case 0x27:
	case 0x2f:
	case 0x37:
	case 0x3f:
	case 0x60:
	case 0x61:
	case 0x62:
	case 0x6c: /* ins, outs */
	case 0x6d:
	case 0x6e:
	case 0x6f:
	case 0x82:
	case 0x8e: /* mov to a segment register: mov %ss masks traps */
	case 0x9a:
	case 0xcc: /* int3, int, into, iret */
	case 0xcd:
	case 0xce:
	case 0xcf:
	case 0xd4:
	case 0xd5:
	case 0xd6:
	case 0xe4: /* in, out */
	case 0xe5:
	case 0xe6:
	case 0xe7:
	case 0xea:
	case 0xec:
	case 0xed:
	case 0xee:
	case 0xef:
	case 0xf1:
	case 0xf4: /* hlt, cli, sti */
	case 0xfa:
	case 0xfb: return true;
	default: return false;
	}
}

/* Two-byte opcodes: system instructions, and those with bits in the table of some kernels only. */
static bool bad_two_byte(uint8_t op)
{
	switch (op) {
	case 0x00:
	case 0x01:
	case 0x05: /* syscall */
	case 0x06:
	case 0x07:
	case 0x08:
	case 0x09:
	case 0x0b: /* ud2 */
	case 0x30:
	case 0x34:
	case 0x35:
	case 0x37:
	case 0x78:
	case 0x79:
	case 0xae: return true;
	default: return false;
	}
}

static bool refused(const ZydisDecodedInstruction *d)
{
	for (unsigned i = 0; i < d->raw.prefix_count; i++) {
		switch (d->raw.prefixes[i].value) {
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0xf0: return true;
		default: break;
		}
	}
	if (d->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
		return true; /* VEX, EVEX: the kernel's decoder knows some of them */
	if (d->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT)
		return bad_one_byte(d->opcode);
	if (d->opcode_map == ZYDIS_OPCODE_MAP_0F)
		return bad_two_byte(d->opcode);
	return d->opcode_map != ZYDIS_OPCODE_MAP_0F38 && d->opcode_map != ZYDIS_OPCODE_MAP_0F3A;
}

static void classify(const ZydisDecodedInstruction *d, uint64_t vaddr, struct insn *in)
{
	bool plain = d->encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY, one = d->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
	bool bare = !d->raw.prefix_count;
	uint8_t op = d->opcode;

	in->cls = I_OTHER;
	if (refused(d))
		in->flags |= IF_REFUSED;
	if (!plain)
		return;
	if (d->raw.imm[0].is_relative)
		in->target = vaddr + d->length + (uint64_t)d->raw.imm[0].value.s;
	if (one && op >= 0x50 && op <= 0x57) {
		in->cls = I_PUSH;
		bare = bare || (d->raw.prefix_count == 1 && d->raw.prefixes[0].value == 0x41);
	} else if ((one && op >= 0x70 && op <= 0x7f) ||
		   (d->opcode_map == ZYDIS_OPCODE_MAP_0F && op >= 0x80 && op <= 0x8f)) {
		in->cls = I_JCC;
		in->cc = op & 15;
	} else if (one && (op == 0xeb || op == 0xe9)) {
		in->cls = I_JMP;
	} else if (one && op == 0xe8) {
		in->cls = I_CALL;
	} else if (one && op == 0x90 && bare) {
		in->cls = I_NOP;
	} else if (d->raw.imm[0].is_relative) {
		in->cls = I_LOOP;
	} else if (one && (op == 0xc3 || op == 0xc2)) {
		in->cls = I_RET;
		in->flags |= op == 0xc2 ? IF_RET_IMM : 0;
	} else if (one && op == 0xff && d->raw.modrm.reg == 4) {
		in->cls = I_JMP_IND;
	} else if (one && op == 0xff && d->raw.modrm.reg == 2) {
		in->cls = I_CALL_IND;
	} else if (one && (op == 0xca || op == 0xcb || op == 0xcf || (op == 0xff && d->raw.modrm.reg == 5))) {
		in->cls = I_FAR;
	} else if (one && op == 0xcc) {
		in->cls = I_INT3;
	} else if ((one && op == 0xf4) || (d->opcode_map == ZYDIS_OPCODE_MAP_0F && op == 0x0b)) {
		in->cls = I_STOP;
	}
	if (bare && in->cls >= I_PUSH && in->cls <= I_NOP && !(in->flags & IF_REFUSED))
		in->flags |= IF_EMULATED;
}

static void set_bit(uint8_t *map, uint64_t i)
{
	map[i / 8] |= (uint8_t)(1 << (i & 7));
}

static bool get_bit(const uint8_t *map, uint64_t i)
{
	return map[i / 8] >> (i & 7) & 1;
}

static void linear(struct code *c, uint64_t size)
{
	uint64_t off = 0;

	while (off < size) {
		ZydisDecodedInstruction d;
		struct insn *in;

		if (!ZYAN_SUCCESS(
			    ZydisDecoderDecodeInstruction(c->decp, NULL, c->p + off, (ZyanUSize)(size - off), &d))) {
			c->bad = (uint32_t)off;
			return;
		}
		if (c->n == c->cap) {
			c->cap = c->cap ? c->cap * 2 : 1024;
			c->v = xrealloc(c->v, c->cap * sizeof(*c->v));
		}
		in = &c->v[c->n++];
		*in = (struct insn){
			.off = (uint32_t)off, .len = d.length, .sp = SP_UNKNOWN, .mnemonic = (uint16_t)d.mnemonic
		};
		classify(&d, c->f.entry + off, in);
		set_bit(c->start, off);
		if (in->target && in->cls != I_CALL && code_inside(c, in->target))
			set_bit(c->goal, in->target - c->f.entry);
		off += d.length;
	}
}

/* The compiler's own record of how deep the stack is: pcsp of the function. */
static void read_pcsp(struct code *c)
{
	struct pcvalue it;
	struct pcln_func f;
	size_t i = 0;

	if (c->t->fn_pcln[c->index] == NO_PCLN || !pcln_func(c->t, c->t->fn_pcln[c->index], &f) ||
	    !pcvalue_init(c->t, &it, f.pcsp, f.entry))
		return;
	while (i < c->n && pcvalue_next(&it)) {
		for (; i < c->n && c->f.entry + c->v[i].off < it.pc; i++)
			c->v[i].sp = it.val < 0 ? SP_UNKNOWN : it.val;
		/* the table's boundaries are the compiler's: ours must be the same */
		if (it.pc < c->f.end && it.pc >= c->f.entry && c->bad == UINT32_MAX &&
		    !get_bit(c->start, it.pc - c->f.entry))
			c->overlap = true;
	}
}

bool code_read(struct code *c, struct tgt *t, uint32_t i)
{
	const struct tgt_func *f = tgt_func(t, i);
	uint64_t size;

	if (c->valid && c->index == i)
		return true;
	c->valid = false;
	if (!f)
		return false;
	size = f->end - f->entry;
	c->p = tgt_mem(t, f->entry, size);
	if (!c->p || size >= UINT32_MAX)
		return false;
	c->t = t;
	c->index = i;
	c->f = *f;
	c->n = 0;
	c->bad = UINT32_MAX;
	c->overlap = false;
	if (!c->decp) {
		c->decp = &c->dec;
		ZydisDecoderInit(c->decp, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	}
	if (size / 8 + 1 > c->bits_cap) {
		c->bits_cap = size / 8 + 1;
		c->start = xrealloc(c->start, c->bits_cap);
		c->goal = xrealloc(c->goal, c->bits_cap);
	}
	memset(c->start, 0, size / 8 + 1);
	memset(c->goal, 0, size / 8 + 1);
	linear(c, size);
	for (uint64_t b = 0; b < size / 8 + 1 && c->bad == UINT32_MAX; b++) {
		if (c->goal[b] & ~c->start[b])
			c->overlap = true;
	}
	/*
	 * pcsp is exact for compiled code.  The assembler records pushes and
	 * pops only, so assembly and C are followed by hand.
	 */
	if (f->flags & (TGT_F_ASM | TGT_F_SYMBOL))
		code_track_sp(c);
	else
		read_pcsp(c);
	c->valid = true;
	return true;
}

long code_at(const struct code *c, uint64_t off)
{
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->v[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->n && c->v[lo].off == off ? (long)lo : -1;
}

bool code_is_target(const struct code *c, uint32_t off)
{
	return get_bit(c->goal, off);
}

/* --- what an instruction changes ---------------------------------------------------- */

static uint32_t arg_mask(ZydisRegister reg)
{
	switch (ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg)) {
	case ZYDIS_REGISTER_RAX:
	case ZYDIS_REGISTER_RBX:
	case ZYDIS_REGISTER_R10:
	case ZYDIS_REGISTER_R11: return ARG_GO;
	case ZYDIS_REGISTER_RCX:
	case ZYDIS_REGISTER_RDI:
	case ZYDIS_REGISTER_RSI:
	case ZYDIS_REGISTER_R8:
	case ZYDIS_REGISTER_R9: return ARG_GO | ARG_C;
	case ZYDIS_REGISTER_RDX: return ARG_GO | ARG_C; /* of Go: captured variables of a closure */
	default: return 0;
	}
}

static bool is_rsp(const ZydisDecodedOperand *o)
{
	return o->type == ZYDIS_OPERAND_TYPE_REGISTER && o->reg.value == ZYDIS_REGISTER_RSP;
}

static bool writes_rsp(const ZydisDecodedOperand *o)
{
	return o->type == ZYDIS_OPERAND_TYPE_REGISTER && (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
	       ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, o->reg.value) == ZYDIS_REGISTER_RSP;
}

static void sp_effect(const ZydisDecodedInstruction *d, const ZydisDecodedOperand *op, struct effect *e)
{
	switch (d->mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
	case ZYDIS_MNEMONIC_PUSHFQ: e->sp = d->operand_width / 8; return;
	case ZYDIS_MNEMONIC_POP:
		e->sp = -(d->operand_width / 8);
		e->sp_unknown = is_rsp(&op[0]);
		return;
	case ZYDIS_MNEMONIC_POPFQ: e->sp = -(d->operand_width / 8); return;
	case ZYDIS_MNEMONIC_CALL: return; /* as deep after it as before */
	case ZYDIS_MNEMONIC_SUB:
	case ZYDIS_MNEMONIC_ADD:
		if (is_rsp(&op[0]) && op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			int32_t v = (int32_t)op[1].imm.value.s;

			e->sp = d->mnemonic == ZYDIS_MNEMONIC_SUB ? v : -v;
			return;
		}
		break;
	case ZYDIS_MNEMONIC_LEA:
		if (is_rsp(&op[0]) && op[1].mem.base == ZYDIS_REGISTER_RSP && op[1].mem.index == ZYDIS_REGISTER_NONE) {
			e->sp = -(int32_t)op[1].mem.disp.value;
			return;
		}
		break;
	default: break;
	}
	for (unsigned i = 0; i < d->operand_count; i++) {
		if (writes_rsp(&op[i]))
			e->sp_unknown = true;
	}
}

static bool decode(const struct code *c, const struct insn *in, ZydisDecodedInstruction *d, ZydisDecodedOperand *op)
{
	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(c->decp, c->p + in->off, in->len, d, op));
}

bool code_effect(const struct code *c, const struct insn *in, struct effect *e)
{
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction d;

	*e = (struct effect){ 0 };
	if (!decode(c, in, &d, op))
		return false;
	sp_effect(&d, op, e);
	for (unsigned i = 0; i < d.operand_count; i++) {
		if (op[i].type == ZYDIS_OPERAND_TYPE_REGISTER && (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
			e->wrote |= arg_mask(op[i].reg.value);
	}
	return true;
}

/* Frame pointer code of C: mov %rsp,%rbp ... lea -N(%rbp),%rsp or leave. */
static void frame_pointer(const ZydisDecodedInstruction *d, const ZydisDecodedOperand *op, int32_t *frame, int32_t *sp)
{
	if (d->mnemonic == ZYDIS_MNEMONIC_MOV && op[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    op[1].type == ZYDIS_OPERAND_TYPE_REGISTER) {
		if (op[0].reg.value == ZYDIS_REGISTER_RBP && is_rsp(&op[1]))
			*frame = *sp;
		else if (is_rsp(&op[0]) && op[1].reg.value == ZYDIS_REGISTER_RBP)
			*sp = *frame;
	} else if (d->mnemonic == ZYDIS_MNEMONIC_LEAVE) {
		*sp = *frame >= 8 ? *frame - 8 : SP_UNKNOWN;
	} else if (d->mnemonic == ZYDIS_MNEMONIC_LEA && is_rsp(&op[0]) && op[1].mem.base == ZYDIS_REGISTER_RBP &&
		   op[1].mem.index == ZYDIS_REGISTER_NONE && *frame != SP_UNKNOWN) {
		*sp = *frame - (int32_t)op[1].mem.disp.value;
	}
}

#define SP_CONFLICT (-2)

static void meet(int32_t *at, int32_t sp)
{
	if (*at == SP_UNKNOWN)
		*at = sp;
	else if (*at != sp)
		*at = SP_CONFLICT;
}

void code_track_sp(struct code *c)
{
	int32_t sp = 0, frame = SP_UNKNOWN;

	for (size_t i = 0; i < c->n; i++) {
		ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
		struct insn *in = &c->v[i];
		ZydisDecodedInstruction d;
		struct effect e = { 0 };

		/* a forward branch may have left its depth here */
		if (sp == SP_UNKNOWN)
			sp = in->sp;
		else
			meet(&in->sp, sp);
		sp = in->sp < 0 ? SP_UNKNOWN : in->sp;
		if ((in->cls == I_JMP || in->cls == I_JCC || in->cls == I_LOOP) && code_inside(c, in->target) &&
		    sp != SP_UNKNOWN) {
			long k = code_at(c, in->target - c->f.entry);

			if (k > (long)i)
				meet(&c->v[k].sp, sp);
			else if (k >= 0 && c->v[k].sp != sp)
				c->v[k].sp = SP_CONFLICT;
		}
		if (in->cls == I_JMP || in->cls == I_JMP_IND || in->cls == I_RET || in->cls == I_FAR ||
		    in->cls == I_STOP || in->cls == I_INT3) {
			sp = SP_UNKNOWN;
			continue;
		}
		if (!decode(c, in, &d, op)) {
			sp = SP_UNKNOWN;
			continue;
		}
		sp_effect(&d, op, &e);
		if (sp != SP_UNKNOWN && !e.sp_unknown)
			sp = sp + e.sp >= 0 ? sp + e.sp : SP_UNKNOWN;
		else
			sp = SP_UNKNOWN;
		frame_pointer(&d, op, &frame, &sp);
	}
	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].sp < 0)
			c->v[i].sp = SP_UNKNOWN;
	}
}

void code_free(struct code *c)
{
	free(c->v);
	free(c->start);
	free(c->goal);
}

bool insn_clears_x15(const uint8_t *p, size_t n)
{
	ZydisDecoder dec;
	ZydisDecodedInstruction d;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];

	ZydisDecoderInit(&dec, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	while (n && ZYAN_SUCCESS(ZydisDecoderDecodeFull(&dec, p, n, &d, op)) && d.mnemonic != ZYDIS_MNEMONIC_CALL) {
		if (d.mnemonic == ZYDIS_MNEMONIC_XORPS && op[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    op[1].type == ZYDIS_OPERAND_TYPE_REGISTER && op[0].reg.value == ZYDIS_REGISTER_XMM15 &&
		    op[1].reg.value == ZYDIS_REGISTER_XMM15)
			return true;
		p += d.length;
		n -= d.length;
	}
	return false;
}
