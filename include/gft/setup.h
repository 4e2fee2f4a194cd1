/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * setup.h - what the loader tells the BPF half, and the keys of its maps that
 * user space walks.  Compiled by both halves, like wire.h.
 */
#ifndef GFT_SETUP_H
#define GFT_SETUP_H

#ifndef GFT_BPF
#include <linux/types.h>
#endif

#define GFT_BINARIES 8	/* of one script */
#define GFT_PIDS     16 /* that -p takes */

/* One binary's goroutines: byte offsets, as struct tgt_go has them. */
struct gft_layout {
	__s32 is_go;
	__s32 g_hi, g_goid, g_m;       /* struct g: stack.hi, goid, m */
	__s32 m_curg, m_gsignal, m_g0; /* struct m */
	__s32 g_tls;		       /* place of g relative to the thread pointer */
};

/* Key of the map gft_goroutines. */
struct gft_gkey {
	__u64 goid;
	__u32 tgid;
	__u32 thread;
};

#endif
