/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * pcvalue.c - tables of values that change along a function's code: line,
 * file, stack depth.  Pairs of a value delta (zig-zag) and a pc delta, both
 * varints; the value begins at -1, a value delta of 0 past the first pair ends
 * the table: step() of Go's src/runtime/symtab.go.
 */
#include "internal.h"

bool pcvalue_init(const struct tgt *t, struct pcvalue *it, uint32_t off, uint64_t entry)
{
	const struct pcln *p = &t->pcln;

	if (p->ver == PCLN_NONE || !off || off >= p->pctab.n)
		return false;
	*it = (struct pcvalue){
		.p = p->pctab.p + off, .end = p->pctab.p + p->pctab.n, .pc = entry, .val = -1, .first = true
	};
	return true;
}

static bool varint(struct pcvalue *it, uint32_t *out)
{
	uint32_t v = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t b;

		if (it->p >= it->end)
			return false;
		b = *it->p++;
		if (shift < 32)
			v |= (uint32_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

bool pcvalue_next(struct pcvalue *it)
{
	uint32_t uv, pc;

	if (!varint(it, &uv) || (!uv && !it->first) || !varint(it, &pc))
		return false;
	it->first = false;
	it->val = (int32_t)((uint32_t)it->val + ((uv >> 1) ^ -(uv & 1)));
	it->pc += pc;
	return true;
}

bool pcvalue_at(const struct tgt *t, uint32_t off, uint64_t entry, uint64_t pc, int32_t *val)
{
	struct pcvalue it;

	if (!pcvalue_init(t, &it, off, entry))
		return false;
	while (pcvalue_next(&it)) {
		if (pc < it.pc) {
			*val = it.val;
			return true;
		}
	}
	return false;
}

const char *pcln_file(const struct tgt *t, const struct pcln_func *f, int32_t fileno)
{
	const struct pcln *p = &t->pcln;
	uint64_t at = ((uint64_t)f->cu + (uint32_t)fileno) * 4;
	uint32_t off;

	if (fileno < 0 || at + 4 > p->cutab.n)
		return NULL;
	off = rd32(p->cutab.p + at);
	/* the last byte of filetab is NUL: see read_pc_header() */
	return off < p->filetab.n ? (const char *)p->filetab.p + off : NULL;
}
