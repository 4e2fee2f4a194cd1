/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ret.h - returning in the kernel's place.
 *
 * A probed ret is single-stepped, which costs ten times what the rest of the
 * hit does.  Where programs may write registers (Linux 6.18, 7384893d970e,
 * without lockdown) an exit program does what the instruction does, and the
 * kernel goes on where the registers say (4363264111e1).
 *
 * Several programs may sit on one ret, of several gft: only one may return.
 * A site's cookie holds the low 12 bits of the ret's address.  When rip differs
 * in them, somebody has returned already, and rsp is 8 bytes further; and
 * where nobody has, rip points to the breakpoint.  Nothing is written when
 * anything is in doubt: the kernel steps then.
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

/* The last thing of an exit program. */
static __always_inline void gft_return(struct gft_ctx *c)
{
	__u64 to = 0, ip, sp;
	__u8 here = 0;

	if (gft_rets != GFT_RETS_EMULATED || !c->may_return || gft_has_shadow_stack())
		return;
	ip = gft_reg(c, ip);
	sp = gft_reg(c, sp);
	if (bpf_probe_read_user(&here, sizeof(here), (void *)ip) || here != 0xcc)
		return;
	if (bpf_probe_read_user(&to, sizeof(to), (void *)sp) || !to || to == ip)
		return;
	GFT_REG_WRITE(c, sp, sp + 8);
	GFT_REG_WRITE(c, ip, to);
}

#endif
