/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * script.h - what a script's own C may use besides bpf.h and the kernel's
 * helpers; codegen/cdefs.c gives the same names to the C parser.
 */
#ifndef GFT_SCRIPT_H
#define GFT_SCRIPT_H

/* of uapi.h; <linux/bpf.h> may come now */
#undef BPF_MAP_TYPE_HASH
#undef BPF_MAP_TYPE_ARRAY
#undef BPF_MAP_TYPE_PROG_ARRAY
#undef BPF_MAP_TYPE_PERCPU_HASH
#undef BPF_MAP_TYPE_PERCPU_ARRAY
#undef BPF_MAP_TYPE_LRU_HASH
#undef BPF_MAP_TYPE_LRU_PERCPU_HASH
#undef BPF_MAP_TYPE_RINGBUF
#undef BPF_ANY
#undef BPF_NOEXIST
#undef BPF_EXIST
#undef BPF_F_NO_PREALLOC
#undef BPF_RB_NO_WAKEUP
#undef BPF_RB_FORCE_WAKEUP
#undef BPF_RB_AVAIL_DATA
#undef BPF_RB_RING_SIZE

typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long uint64_t;
typedef unsigned long uintptr_t;
typedef unsigned long size_t;
typedef long ssize_t;
typedef int pid_t;

#endif
