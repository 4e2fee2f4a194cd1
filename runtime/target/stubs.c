/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "internal.h"

bool tgt_has_dwarf(struct tgt *t)
{
	(void)t;
	return false;
}
bool tgt_line(struct tgt *t, uint64_t vaddr, const char **file, unsigned *line)
{
	(void)t;
	(void)vaddr;
	(void)file;
	(void)line;
	return false;
}
size_t tgt_line_to_addrs(struct tgt *t, const char *file, unsigned line, uint64_t **out)
{
	(void)t;
	(void)file;
	(void)line;
	*out = NULL;
	return 0;
}
const struct tgt_go *tgt_go(struct tgt *t, struct tgt_error *err)
{
	tgt_fail(t, err, 0, "not known");
	return NULL;
}
void tgt_info(struct tgt *t, struct buf *out)
{
	buf_printf(out, "%s\n", t->display);
}
