/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * uapi.h - what is needed of the kernel's include/uapi/linux/bpf.h, as macros:
 * a script's own C may include that header itself.  script.h takes them away
 * in front of it, and where nothing included it codegen includes this once more.
 */
#ifndef __LINUX_BPF_H__
#define BPF_MAP_TYPE_HASH	     1
#define BPF_MAP_TYPE_ARRAY	     2
#define BPF_MAP_TYPE_PROG_ARRAY	     3
#define BPF_MAP_TYPE_PERCPU_HASH     5
#define BPF_MAP_TYPE_PERCPU_ARRAY    6
#define BPF_MAP_TYPE_LRU_HASH	     9
#define BPF_MAP_TYPE_LRU_PERCPU_HASH 10
#define BPF_MAP_TYPE_RINGBUF	     27
#define BPF_ANY			     0
#define BPF_NOEXIST		     1
#define BPF_EXIST		     2
#define BPF_F_NO_PREALLOC	     1
#define BPF_RB_NO_WAKEUP	     1
#define BPF_RB_FORCE_WAKEUP	     2
#define BPF_RB_AVAIL_DATA	     0
#define BPF_RB_RING_SIZE	     1
#endif
