/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * tls.c - where a thread keeps g, relative to fs:0.
 *
 * Go's own linker puts it at -8.  With the system's linker it is a variable
 * among others of the TLS segment: symbol runtime.tlsg, or, stripped, whatever
 * the runtime's assembly reads (src/runtime/tls_amd64.s, go_tls.h).
 */
#include <stdlib.h>

#include "insn.h"

static const struct segment *tls_segment(const struct tgt *t)
{
	for (unsigned i = 0; i < t->nseg; i++) {
		if (t->seg[i].type == PT_TLS)
			return &t->seg[i];
	}
	return NULL;
}

/* Size of the executable's TLS block: its end is the thread pointer. */
static int64_t block(const struct segment *s)
{
	uint64_t align = s->align ? s->align : 1;

	if (s->memsz > 1 << 24 || align > 1 << 16)
		return -1;
	return (int64_t)((s->memsz + align - 1) / align * align);
}

/*
 * A program has an interpreter or, static and position independent, says that
 * it is one.  A library may have an interpreter too, as libc, but has a name.
 */
bool tgt_is_library(const struct tgt *t)
{
	bool program = false, named = false;

	for (unsigned i = 0; i < t->nseg; i++) {
		const struct segment *s = &t->seg[i];
		const uint8_t *p;

		program = program || s->type == PT_INTERP;
		p = s->type == PT_DYNAMIC ? tgt_bytes(t, s->off, s->filesz) : NULL;
		for (uint64_t j = 0; p && j + sizeof(Elf64_Dyn) <= s->filesz; j += sizeof(Elf64_Dyn)) {
			uint64_t tag = rd64(p + j);

			if (tag == DT_NULL)
				break;
			named = named || tag == DT_SONAME;
			program = program || (tag == DT_FLAGS_1 && (rd64(p + j + 8) & DF_1_PIE));
		}
	}
	return t->pie && (named || !program);
}

static bool tls_symbol(void *arg, const struct sym *s)
{
	struct sym *out = arg;

	if (s->type != STT_TLS || strcmp(s->name, "runtime.tlsg"))
		return true;
	*out = *s;
	return false;
}

struct slot {
	uint64_t vaddr;
	int64_t addend;
	bool found, local;
};

static bool find_tpoff(void *arg, const Elf64_Rela *ra)
{
	struct slot *s = arg;

	if (ELF64_R_TYPE(ra->r_info) != R_X86_64_TPOFF64 || ra->r_offset != s->vaddr)
		return true;
	/* local: no symbol, the addend is the place in the segment */
	s->addend = ra->r_addend;
	s->found = true;
	s->local = !ELF64_R_SYM(ra->r_info);
	return false;
}

/*
 * Value of reg, set shortly before instruction i by a constant or from the GOT;
 * with slot, the place of that word of the GOT instead.
 */
static bool value_of(struct tgt *t, const struct code *c, size_t i, ZydisRegister reg, int64_t *val, uint64_t *word)
{
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction d;

	while (i-- > 0) {
		const struct insn *in = &c->v[i];
		uint64_t at;

		if (in->cls != I_OTHER ||
		    !ZYAN_SUCCESS(ZydisDecoderDecodeFull(c->decp, c->p + in->off, in->len, &d, op)))
			return false;
		if (d.mnemonic != ZYDIS_MNEMONIC_MOV || op[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
		    op[0].reg.value != reg)
			continue;
		if (op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && !word) {
			*val = op[1].imm.value.s;
			return true;
		}
		if (op[1].type == ZYDIS_OPERAND_TYPE_MEMORY && op[1].mem.base == ZYDIS_REGISTER_RIP) {
			const struct segment *s = tls_segment(t);
			struct slot slot = { .vaddr = 0 };

			at = c->f.entry + in->off + in->len + (uint64_t)op[1].mem.disp.value;
			slot.vaddr = at;
			tgt_each_rela(t, find_tpoff, &slot);
			if (word && slot.found) {
				*word = at;
				return true;
			}
			if (!slot.found || !slot.local || !s || block(s) < 0)
				return false;
			*val = slot.addend - block(s);
			return true;
		}
		return false;
	}
	return false;
}

static bool decode_access(struct tgt *t, const char *name, int32_t *off, uint64_t *word)
{
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction d;
	struct code c = { 0 };
	bool ok = false, done = false;
	uint32_t *idx;
	size_t n = tgt_match(t, name, &idx);

	if (n && code_read(&c, t, idx[0])) {
		for (size_t i = 0; i < c.n && !done; i++) {
			if (c.v[i].cls != I_OTHER ||
			    !ZYAN_SUCCESS(ZydisDecoderDecodeFull(c.decp, c.p + c.v[i].off, c.v[i].len, &d, op)))
				continue;
			for (unsigned o = 0; o < d.operand_count_visible && !done; o++) {
				int64_t v = 0;

				if (op[o].type != ZYDIS_OPERAND_TYPE_MEMORY || op[o].mem.segment != ZYDIS_REGISTER_FS)
					continue;
				done = true;
				ok = op[o].mem.index == ZYDIS_REGISTER_NONE &&
				     (op[o].mem.base == ZYDIS_REGISTER_NONE ||
				      value_of(t, &c, i, op[o].mem.base, &v, word));
				if (word) {
					ok = ok && *word && !op[o].mem.disp.value;
					break;
				}
				v += op[o].mem.disp.value;
				/* the thread's own block lies below fs:0 */
				ok = ok && v < 0 && v >= -(1 << 24) && !(v & 7);
				if (ok)
					*off = (int32_t)v;
			}
		}
	}
	code_free(&c);
	free(idx);
	return ok;
}

static const char *const readers[] = { "runtime.asmcgocall", "runtime.asmcgocall.abi0", "runtime.morestack",
				       "runtime.save_g",     "runtime.stackcheck",	"runtime.rt0_go" };

uint64_t tls_slot_of_g(struct tgt *t)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		uint64_t word = 0;
		int32_t off;

		if (decode_access(t, readers[i], &off, &word))
			return word;
	}
	return 0;
}

bool tls_of_g(struct tgt *t, int32_t *off)
{
	const struct segment *s = tls_segment(t);
	struct sym sym = { 0 };

	/* its block is wherever the loader puts it: nothing in the file says where g is */
	if (tgt_is_library(t))
		return false;
	tgt_each_symbol(t, tls_symbol, &sym);
	if (sym.name && s && block(s) >= 0 && sym.value < s->memsz) {
		*off = (int32_t)((int64_t)sym.value - block(s));
		return true;
	}
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		if (decode_access(t, readers[i], off, NULL))
			return true;
	}
	if (s && s->memsz == 8 && s->align <= 8) {
		*off = -8;
		return true;
	}
	return false;
}
