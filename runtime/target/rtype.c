/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Placeholder so that the tree links: to be overwritten by the real rtype.c. */
#include "gft/gotype.h"

bool tgt_rtype_name(struct tgt *t, uint64_t vaddr, const char **name)
{
	(void)t, (void)vaddr, (void)name;
	return false;
}
