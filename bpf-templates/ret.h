/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ret.h - returning in the kernel's place.
 *
 * A probed ret is single-stepped, which costs ten times what the rest of the
 * hit does.  Where programs may write registers (Linux 6.18, 7384893d970e,
 * without lockdown) an exit program does what the instruction does, and the
 * kernel goes on where the registers say (4363264111e1).
 *
 * Nothing is written when anything is in doubt, and the kernel steps then: where
 * another program on the same ret may have returned before (gft_look_at_ret() of
 * bpf.h), a debugger steps through the code, the thread has a shadow stack, or
 * the word on the stack is no address that code can be at.  The sites are
 * chosen, too: no ret that a function begins with, where the kernel may
 * be about to replace the return address on the stack for a uretprobe.
 */
#ifndef GFT_RET_H
#define GFT_RET_H

#define GFT_REG_WRITE(c, name, v)                                                                                      \
	asm volatile("*(u64 *)(%0 + %1) = %2"                                                                          \
		     :                                                                                                 \
		     : "r"((c)->regs), "i"(__builtin_offsetof(struct pt_regs, name)), "r"((__u64)(v))                  \
		     : "memory")

#define GFT_SHADOW_STACK 1 /* ARCH_SHSTK_SHSTK of a thread's features */

/* Where the processor keeps a second stack of return addresses, it expects each ret to take one. */
static __always_inline bool gft_has_shadow_stack(void)
{
	return gft_task.features && (gft_kernel_word(bpf_get_current_task() + gft_task.features) & GFT_SHADOW_STACK);
}

#define GFT_TRAP_FLAG 0x100 /* rflags: a trap after each instruction */
#define GFT_USER_BITS 47    /* of addresses of code, with 4-level and with 5-level page tables */

/* The last thing of an exit program. */
static __always_inline void gft_return(struct gft_ctx *c)
{
	__u64 to = c->ret_to;

	if (gft_rets != GFT_RETS_EMULATED || !to || to >> GFT_USER_BITS || (gft_reg(c, flags) & GFT_TRAP_FLAG) ||
	    gft_has_shadow_stack())
		return;
	GFT_REG_WRITE(c, sp, gft_reg(c, sp) + 8);
	GFT_REG_WRITE(c, ip, to);
}

#endif
