/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * uapi.h - numbers of the kernel's interface that are newer than the headers
 * that a release ships: Debian 12's linux/bpf.h is that of 6.1.
 */
#ifndef GFT_KERNEL_UAPI_H
#define GFT_KERNEL_UAPI_H

#include <linux/bpf.h>

/* include/uapi/linux/bpf.h of 6.6, enum bpf_attach_type: BPF_TRACE_UPROBE_MULTI */
#define UAPI_TRACE_UPROBE_MULTI ((enum bpf_attach_type)48)

#endif
