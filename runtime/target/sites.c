/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sites.c - where in a function a probe may sit.
 *
 * The entry site must fire exactly once per call.  Go's first instructions
 * compare the stack's limit and call runtime.morestack, which comes back to
 * the function's first byte: a probe there counts such a call twice, and it is
 * single-stepped.  The instruction behind the check is neither.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gft/wire.h"
#include "insn.h"

/* How far the block that calls runtime.morestack may reach: spills, call, reloads, jump. */
#define MORESTACK_INSNS 64

#define NO_ENTRY(why) "no safe entry site: " why

static struct code *scratch(struct tgt *t)
{
	if (!t->site_scratch)
		t->site_scratch = xcalloc(1, sizeof(struct code));
	return t->site_scratch;
}

void sites_free(struct tgt *t)
{
	if (t->site_scratch)
		code_free(t->site_scratch);
	free(t->site_scratch);
	t->site_scratch = NULL;
}

/* --- functions that are left alone --------------------------------------------------- */

static const char *untouchable(const struct tgt_func *f)
{
	static const struct {
		const char *name;
		bool prefix;
		const char *why;
	} list[] = {
		{ "runtime.morestack", true, NO_ENTRY("it switches stacks") },
		{ "runtime.rt0_go", false, NO_ENTRY("it runs before there is a goroutine") },
		{ "_rt0_", true, NO_ENTRY("it runs before there is a goroutine") },
		{ "runtime.mstart", true, NO_ENTRY("it starts a thread and never returns") },
		{ "runtime.goexit", false, NO_ENTRY("it is a return address, not a function that is called") },
		{ "runtime.sigreturn", true, NO_ENTRY("it returns from a signal handler") },
		{ "runtime.sigtramp", true, NO_ENTRY("the kernel calls it on the signal stack") },
		{ "runtime.cgoSigtramp", true, NO_ENTRY("the kernel calls it on the signal stack") },
		{ "runtime.asmcgocall", true, NO_ENTRY("it switches stacks") },
		{ "gogo", false, NO_ENTRY("it switches goroutines") },
		{ "runtime.gogo", false, NO_ENTRY("it switches goroutines") },
		{ "runtime.mcall", false, NO_ENTRY("it switches goroutines") },
		{ "runtime.systemstack", true, NO_ENTRY("it switches stacks") },
		{ "runtime.asyncPreempt", false, NO_ENTRY("it is entered between any two instructions") },
		{ "runtime.gcWriteBarrier", true, NO_ENTRY("it is called with a convention of its own") },
		{ "gcWriteBarrier", true, NO_ENTRY("it is called with a convention of its own") },
		{ "runtime.duffzero", false, NO_ENTRY("it is entered in the middle") },
		{ "runtime.duffcopy", false, NO_ENTRY("it is entered in the middle") },
		{ "runtime.jmpdefer", false, NO_ENTRY("it rewrites its return address") },
		{ "runtime.clone", false, NO_ENTRY("it returns twice") },
		{ "runtime.racecall", true, NO_ENTRY("it switches stacks") },
		{ "runtime.abort", false, NO_ENTRY("it is a trap") },
		{ "runtime.debugCall", true, NO_ENTRY("a debugger calls it") },
	};

	if (f->flags & TGT_F_SYMBOL)
		return strstr(f->name, ".cold") ? NO_ENTRY("it is a part of another function, which jumps into it")
						: NULL;
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		if (list[i].prefix ? has_prefix(f->name, list[i].name) : name_is(f->name, list[i].name))
			return list[i].why;
	}
	return NULL;
}

/* --- describing a site ------------------------------------------------------------------ */

static void fill(const struct code *c, const struct insn *in, enum tgt_site_kind kind, struct tgt_site *s)
{
	const char *m = ZydisMnemonicGetString((ZydisMnemonic)in->mnemonic);
	uint64_t vaddr = c->f.entry + in->off;
	int64_t off = tgt_file_offset(c->t, vaddr);

	memset(s, 0, sizeof(*s));
	s->vaddr = vaddr;
	s->file_off = (uint64_t)off;
	s->kind = (uint8_t)kind;
	s->emulated = in->flags & IF_EMULATED;
	if (c->f.flags & (TGT_F_ASM | TGT_F_ABI0 | TGT_F_SYMBOL))
		s->flags |= GFT_CF_G_IN_TLS;
	snprintf(s->insn, sizeof(s->insn), "%s", m ? m : "?");
}

/* --- entry ------------------------------------------------------------------------------- */

static const char *name_at(const struct code *c, uint64_t vaddr)
{
	long i = tgt_func_at(c->t, vaddr);

	return i >= 0 ? tgt_func(c->t, (uint32_t)i)->name : "";
}

/*
 * Whether the code at instruction k calls runtime.morestack and then jumps
 * back to the entry; *retry is that jump.
 */
static bool is_morestack_block(const struct code *c, long k, size_t *retry)
{
	bool called = false;

	if (k < 0)
		return false;
	for (size_t i = (size_t)k; i < c->n && i < (size_t)k + MORESTACK_INSNS; i++) {
		const struct insn *in = &c->v[i];

		switch (in->cls) {
		case I_OTHER:
		case I_PUSH:
		case I_NOP: continue;
		case I_CALL:
			if (called || !has_prefix(name_at(c, in->target), "runtime.morestack"))
				return false;
			called = true;
			continue;
		case I_JMP: *retry = i; return called && in->target == c->f.entry;
		default: return false;
		}
	}
	return false;
}

/*
 * Index of the jbe of a stack check at the beginning of the function, or -1.
 * Forms: cmp 0x10(%r14),%rsp; jbe - lea -N(%rsp),%r12; cmp 0x10(%r14),%r12;
 * jbe - mov %rsp,%r12; sub $N,%r12; jb; cmp 0x10(%r14),%r12; jbe (stacksplit()
 * of Go's src/cmd/internal/obj/x86/obj6.go), in assembly with g from TLS.
 */
static long stack_check(const struct code *c, size_t *retry)
{
	for (size_t i = 0; i < c->n && i < 12; i++) {
		const struct insn *in = &c->v[i];

		if (i && code_is_target(c, in->off))
			return -1;
		if (in->cls == I_OTHER)
			continue;
		if (in->cls != I_JCC || (in->cc != 6 && in->cc != 2) || !code_inside(c, in->target) ||
		    !is_morestack_block(c, code_at(c, in->target - c->f.entry), retry))
			return -1;
		if (in->cc == 6)
			return (long)i;
	}
	return -1;
}

/* Branches to the first byte, except the one that follows a call of morestack. */
static bool loops_to_entry(const struct code *c, size_t except)
{
	if (!code_is_target(c, 0))
		return false;
	for (size_t i = 0; i < c->n; i++) {
		if (i != except && c->v[i].target == c->f.entry && c->v[i].cls != I_CALL)
			return true;
	}
	return false;
}

static void take(const struct code *c, const struct insn *in, int32_t sp, bool args, struct tgt_sites *out)
{
	fill(c, in, TGT_SITE_ENTRY, &out->entry);
	out->entry.sp_adj = (uint32_t)sp;
	out->has_entry = true;
	/* ABI0 arguments are on the stack: registers do not matter */
	out->args_ok = args || (c->f.flags & TGT_F_ABI0);
}

static void entry_behind_check(const struct code *c, size_t jbe, struct tgt_sites *out)
{
	const struct insn *in = &c->v[jbe], *next = jbe + 1 < c->n ? in + 1 : NULL;
	uint32_t wrote = 0;
	int32_t sp = 0;

	for (size_t i = 0; i < jbe; i++) {
		struct effect e;

		if (!code_effect(c, &c->v[i], &e) || e.sp_unknown || e.sp) {
			out->why_no_entry = NO_ENTRY("its stack check is of an unknown form");
			return;
		}
		wrote |= e.wrote;
	}
	if (next && next->cls == I_PUSH && (next->flags & IF_EMULATED) && !code_is_target(c, next->off)) {
		take(c, next, sp, !(wrote & ARG_GO), out);
		return;
	}
	take(c, in, sp, !(wrote & ARG_GO), out);
	out->entry.flags |= GFT_CF_STACK_CHECK;
}

static bool leaves(const struct code *c, const struct insn *in)
{
	return in->cls == I_RET || in->cls == I_JMP_IND || (in->cls == I_JMP && !code_inside(c, in->target));
}

/* The first instruction that is emulated, runs once per call, and comes before any branch target. */
static bool entry_in_line(const struct code *c, bool want_args, struct tgt_sites *out)
{
	uint32_t mask = (c->f.flags & TGT_F_SYMBOL) ? ARG_C : ARG_GO;
	bool go_code = !(c->f.flags & (TGT_F_ASM | TGT_F_SYMBOL)), clobbered = false;
	int32_t sp = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct insn *in = &c->v[i];
		struct effect e;

		if (code_is_target(c, in->off))
			return false;
		/* two ways to know the depth of the stack: they must agree */
		if (go_code && in->sp != SP_UNKNOWN && in->sp != sp)
			return false;
		if ((in->flags & IF_EMULATED) && !leaves(c, in) && (in->cls != I_CALL || !clobbered) &&
		    (!want_args || !clobbered || (c->f.flags & TGT_F_ABI0))) {
			take(c, in, sp, !clobbered, out);
			return true;
		}
		if (in->cls != I_OTHER && in->cls != I_PUSH && in->cls != I_NOP)
			return false;
		if (!code_effect(c, in, &e) || e.sp_unknown || sp + e.sp < 0)
			return false;
		sp += e.sp;
		clobbered = clobbered || (e.wrote & mask);
	}
	return false;
}

static void choose_entry(const struct code *c, unsigned want, struct tgt_sites *out)
{
	size_t retry = SIZE_MAX;
	long jbe;

	if (!c->n || c->overlap) {
		out->why_no_entry = NO_ENTRY("its code cannot be followed");
		return;
	}
	jbe = stack_check(c, &retry);
	if (loops_to_entry(c, jbe >= 0 ? retry : SIZE_MAX)) {
		out->why_no_entry = NO_ENTRY("it loops back to its first instruction");
		return;
	}
	if (jbe >= 0) {
		entry_behind_check(c, (size_t)jbe, out);
		return;
	}
	if (entry_in_line(c, want & TGT_WANT_ARGS, out))
		return;
	if (c->v[0].flags & IF_REFUSED) {
		out->why_no_entry = NO_ENTRY("the kernel refuses its first instruction");
		return;
	}
	take(c, &c->v[0], 0, true, out);
}

/* --- exits ----------------------------------------------------------------------------------- */

enum jump_kind {
	J_TABLE, /* a switch: stays inside */
	J_TAIL,	 /* leaves the function */
	J_DOUBT,
};

static bool decode_at(const struct code *c, size_t i, ZydisDecodedInstruction *d, ZydisDecodedOperand *op)
{
	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(c->decp, c->p + c->v[i].off, c->v[i].len, d, op));
}

/*
 * What jmp *X at instruction i is.  A table is addressed with a scaled index
 * (Go: jmp *(%rcx,%rax,8)), or its entry is added to its address (C: movslq
 * (%rdx,%rax,4),%rax; add %rdx,%rax).  A method or a closure is loaded from a
 * fixed place.
 */
static enum jump_kind indirect(const struct code *c, size_t i)
{
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction d;
	ZydisRegister reg;

	if (!decode_at(c, i, &d, op))
		return J_DOUBT;
	if (op[0].type == ZYDIS_OPERAND_TYPE_MEMORY) {
		/* in C also an array of functions: a switch's table is at a fixed place */
		if ((c->f.flags & TGT_F_SYMBOL) && op[0].mem.index != ZYDIS_REGISTER_NONE &&
		    op[0].mem.base != ZYDIS_REGISTER_NONE)
			return J_DOUBT;
		return op[0].mem.index != ZYDIS_REGISTER_NONE ? J_TABLE : J_TAIL;
	}
	if (op[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return J_DOUBT;
	reg = op[0].reg.value;
	for (size_t k = i, steps = 0; k-- > 0 && steps < 12; steps++) {
		const struct insn *in = &c->v[k];
		bool writes = false;

		if (in->cls != I_OTHER && in->cls != I_PUSH && in->cls != I_NOP)
			return J_DOUBT;
		if (!decode_at(c, k, &d, op))
			return J_DOUBT;
		for (unsigned o = 0; o < d.operand_count; o++) {
			if (op[o].type == ZYDIS_OPERAND_TYPE_REGISTER &&
			    (op[o].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) &&
			    ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, op[o].reg.value) == reg)
				writes = true;
		}
		if (writes) {
			if (d.mnemonic == ZYDIS_MNEMONIC_ADD || d.mnemonic == ZYDIS_MNEMONIC_MOVSXD)
				return J_TABLE;
			if (d.mnemonic == ZYDIS_MNEMONIC_MOV && op[1].type == ZYDIS_OPERAND_TYPE_MEMORY)
				return op[1].mem.index != ZYDIS_REGISTER_NONE ? J_TABLE : J_TAIL;
			/* the address of another function: runtime.reflectcall */
			if ((d.mnemonic == ZYDIS_MNEMONIC_LEA && op[1].mem.base == ZYDIS_REGISTER_RIP) ||
			    (d.mnemonic == ZYDIS_MNEMONIC_MOV && op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE))
				return J_TAIL;
			return J_DOUBT;
		}
		if (code_is_target(c, in->off))
			return J_DOUBT;
	}
	return J_DOUBT;
}

struct exits {
	const struct code *c;
	struct tgt_sites *out;
	uint32_t cap;
	bool cold; /* its cold part was looked at */
};

/*
 * Whether a program may return in this ret's place.  C may run with a shadow stack, of
 * which an emulated ret takes nothing.  On a function's first instruction another
 * tracer's uretprobe may sit, for which the kernel replaces the return address when all
 * programs have run: where rsp points then.
 */
static bool plain_ret(const struct code *c, const struct insn *in)
{
	return in->off && !(in->flags & IF_RET_IMM) && !(c->f.flags & TGT_F_SYMBOL);
}

static void add_exit(struct exits *x, const struct insn *in, enum tgt_site_kind kind)
{
	struct tgt_sites *o = x->out;
	struct tgt_site *s;

	if (in->flags & IF_REFUSED) {
		o->exits_doubtful = true;
		return;
	}
	/* two probes on one instruction run in no fixed order: the entry stays */
	if (o->has_entry && o->entry.vaddr == x->c->f.entry + in->off) {
		if (in->cls == I_RET)
			o->instant = true;
		else
			o->exits_doubtful = true;
		return;
	}
	if (o->nexits == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 4;
		o->exits = xrealloc(o->exits, x->cap * sizeof(*o->exits));
	}
	s = &o->exits[o->nexits++];
	fill(x->c, in, kind, s);
	if (kind == TGT_SITE_TAIL)
		s->flags |= GFT_CF_TAIL_JUMP | GFT_CF_NOT_RET;
	if (!plain_ret(x->c, in))
		s->flags |= GFT_CF_NOT_RET;
}

static void tail(struct exits *x, const struct insn *in)
{
	if (in->sp == 0)
		add_exit(x, in, TGT_SITE_TAIL);
	else
		x->out->exits_doubtful = true;
}

static bool in_plt(const struct tgt *t, uint64_t vaddr)
{
	for (unsigned i = 1; i < t->nsec; i++) {
		const struct section *s = &t->sec[i];

		if (vaddr >= s->addr && vaddr - s->addr < s->size && (s->flags & SHF_EXECINSTR))
			return has_prefix(s->name, ".plt");
	}
	return false;
}

/* "f.cold": what the compiler put elsewhere of f, because it is rarely run. */
static bool is_cold_part(const struct tgt_func *of, const struct tgt_func *f)
{
	const char *name = of->mangled ? of->mangled : of->name, *other = f->mangled ? f->mangled : f->name;
	size_t n = strlen(name);

	return (of->flags & f->flags & TGT_F_SYMBOL) && !strncmp(other, name, n) && !strncmp(other + n, ".cold", 5);
}

/* The ways out that a function has in its cold part. */
static void cold_exits(struct exits *x, uint32_t index)
{
	struct exits in_cold = *x;
	struct code cold = { 0 };

	if (!code_read(&cold, x->c->t, index) || cold.overlap || cold.bad != UINT32_MAX) {
		x->out->exits_doubtful = true;
		code_free(&cold);
		return;
	}
	in_cold.c = &cold;
	for (size_t i = 0; i < cold.n; i++) {
		const struct insn *in = &cold.v[i];

		if (in->cls == I_RET)
			add_exit(&in_cold, in, TGT_SITE_RET);
		else if (in->cls == I_JMP_IND || in->cls == I_FAR ||
			 ((in->cls == I_JMP || in->cls == I_JCC || in->cls == I_LOOP) &&
			  !code_inside(&cold, in->target) && !code_inside(x->c, in->target)))
			x->out->exits_doubtful = true;
	}
	x->cap = in_cold.cap;
	code_free(&cold);
}

static void direct_jump_out(struct exits *x, const struct insn *in)
{
	struct tgt *t = x->c->t;
	long i = tgt_func_at(t, in->target);
	const struct tgt_func *f = i >= 0 ? tgt_func(t, (uint32_t)i) : NULL;

	if (f && has_prefix(f->name, "runtime.morestack"))
		return;
	if (f && is_cold_part(&x->c->f, f)) {
		if (!x->cold)
			cold_exits(x, (uint32_t)i);
		x->cold = true;
		return;
	}
	if (in->cls == I_JMP && (f ? f->entry == in->target : in_plt(t, in->target)))
		tail(x, in);
	else
		x->out->exits_doubtful = true; /* a conditional tail call, or a part kept elsewhere */
}

static void choose_exits(const struct code *c, struct tgt_sites *out)
{
	struct exits x = { .c = c, .out = out };
	const struct insn *last = NULL;

	if (c->overlap) {
		out->exits_doubtful = true;
		out->why_no_exit = "its code cannot be followed";
		return;
	}
	for (size_t i = 0; i < c->n; i++) {
		const struct insn *in = &c->v[i];

		if (in->cls != I_INT3)
			last = in;
		switch (in->cls) {
		case I_RET: add_exit(&x, in, TGT_SITE_RET); break;
		case I_JMP:
		case I_JCC:
		case I_LOOP:
			if (in->target && !code_inside(c, in->target))
				direct_jump_out(&x, in);
			break;
		case I_JMP_IND: {
			enum jump_kind k = indirect(c, i);

			if (k == J_TAIL)
				tail(&x, in);
			else if (k == J_DOUBT)
				out->exits_doubtful = true;
			break;
		}
		case I_FAR: out->exits_doubtful = true; break;
		default: break;
		}
	}
	/* code that runs off its end goes on in the next function */
	if (c->bad != UINT32_MAX || !last || last->cls == I_OTHER || last->cls == I_JCC || last->cls == I_PUSH)
		out->exits_doubtful = true;
	if (!out->nexits)
		out->why_no_exit = out->instant		 ? "it does nothing but return"
				   : out->exits_doubtful ? "its way out cannot be probed"
							 : "it never returns";
}

static bool unwinder(void *arg, const struct sym *s)
{
	bool *found = arg;

	*found = has_prefix(s->name, "_Unwind_") || !strcmp(s->name, "__cxa_throw") ||
		 !strcmp(s->name, "__gxx_personality_v0");
	return !*found;
}

/*
 * A uretprobe replaces the return address.  Exceptions of C++ and panics of Rust
 * look for their handler by return addresses, and end the program when one makes
 * no sense: never there, nor in a binary that holds Go.
 */
static bool may_unwind(struct tgt *t)
{
	bool found = t->go;

	if (!t->unwinds) {
		if (!found)
			tgt_each_name(t, unwinder, &found);
		t->unwinds = found ? 1 : -1;
	}
	return t->unwinds > 0;
}

static bool jumps_away(const struct tgt_sites *s)
{
	for (uint32_t i = 0; i < s->nexits; i++)
		if (s->exits[i].kind == TGT_SITE_TAIL)
			return true;
	return false;
}

static void by_uretprobe(const struct code *c, unsigned want, struct tgt_sites *out)
{
	if (!(c->f.flags & TGT_F_SYMBOL) || (c->v[0].flags & IF_REFUSED) || may_unwind(c->t))
		return;
	/* the breakpoint is on the first instruction: once for each call, or not at all */
	if (c->overlap || loops_to_entry(c, SIZE_MAX))
		return;
	if (want & TGT_WANT_ENTRY)
		take(c, &c->v[0], 0, true, out);
	fill(c, &c->v[0], TGT_SITE_RET, &out->ret);
	out->ret.sp_adj = (uint32_t)-8; /* the return address was taken from the stack */
	out->ret.flags |= GFT_CF_NOT_RET | GFT_CF_URETPROBE;
	out->ret.emulated = false;
	snprintf(out->ret.insn, sizeof(out->ret.insn), "uretprobe");
	out->uretprobe = true;
	out->exits_doubtful = out->instant = false;
	out->why_no_exit = NULL;
	out->nexits = 0;
}

int tgt_sites(struct tgt *t, uint32_t i, unsigned want, struct tgt_sites *out)
{
	struct code *c = scratch(t);
	const char *why;

	memset(out, 0, sizeof(*out));
	if (!code_read(c, t, i) || !c->n) {
		out->why_no_entry = NO_ENTRY("its code cannot be decoded");
		out->why_no_exit = "its code cannot be decoded";
		out->exits_doubtful = true;
		return -EBADMSG;
	}
	why = untouchable(&c->f);
	if (why) {
		out->why_no_entry = why;
		out->why_no_exit = why + strlen(NO_ENTRY(""));
		return 0;
	}
	if (want & TGT_WANT_ENTRY)
		choose_entry(c, want, out);
	if (want & TGT_WANT_EXITS)
		choose_exits(c, out);
	if ((want & TGT_WANT_EXITS) &&
	    (out->exits_doubtful || out->instant || ((want & TGT_WANT_RESULT) && jumps_away(out))))
		by_uretprobe(c, want, out);
	return 0;
}

void tgt_sites_fini(struct tgt_sites *s)
{
	free(s->exits);
	s->exits = NULL;
	s->nexits = 0;
}

int tgt_check_site(struct tgt *t, uint64_t vaddr, struct tgt_site *out, struct tgt_error *err)
{
	unsigned long long at = vaddr;
	struct code *c = scratch(t);
	const struct insn *in;
	size_t retry;
	long i, k;

	if (!tgt_is_code(t, vaddr))
		return tgt_fail(t, err, -EINVAL, "0x%llx is not in the program's code", at);
	i = tgt_func_at(t, vaddr);
	if (i < 0)
		return tgt_fail(t, err, -EINVAL, "0x%llx is in no known function", at);
	if (!code_read(c, t, (uint32_t)i))
		return tgt_fail(t, err, -EINVAL, "the code around 0x%llx cannot be decoded", at);
	k = code_at(c, vaddr - c->f.entry);
	if (c->overlap || (k < 0 && vaddr - c->f.entry >= c->bad))
		return tgt_fail(t, err, -EINVAL, "the code of %s cannot be followed as far as 0x%llx", c->f.name, at);
	if (k < 0) {
		for (k = 0; (size_t)k < c->n && c->v[k].off + c->v[k].len <= vaddr - c->f.entry;)
			k++;
		return tgt_fail(t, err, -EINVAL, "0x%llx is inside an instruction of %s: the nearest are +%u and +%u",
				at, c->f.name, c->v[k].off, c->v[k].off + c->v[k].len);
	}
	in = &c->v[k];
	if (in->cls == I_INT3)
		return tgt_fail(t, err, -EINVAL, "0x%llx is padding of %s, not an instruction", at, c->f.name);
	if (in->flags & IF_REFUSED)
		return tgt_fail(t, err, -EINVAL, "0x%llx: the kernel cannot probe this instruction (%s)", at,
				ZydisMnemonicGetString((ZydisMnemonic)in->mnemonic));
	fill(c, in, in->cls == I_RET ? TGT_SITE_RET : TGT_SITE_ENTRY, out);
	out->sp_adj = in->cls == I_RET ? 0 : in->sp == SP_UNKNOWN ? TGT_SP_UNKNOWN : (uint32_t)in->sp;
	/* a stack check is run again after the stack has grown: drop what goes there */
	if (in->cls == I_JCC && stack_check(c, &retry) == k)
		out->flags |= GFT_CF_STACK_CHECK;
	if (in->cls == I_RET && !plain_ret(c, in))
		out->flags |= GFT_CF_NOT_RET;
	return 0;
}
