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
int tgt_sites(struct tgt *t, uint32_t i, unsigned want, struct tgt_sites *out)
{
	(void)t;
	(void)i;
	(void)want;
	*out = (struct tgt_sites){ .why_no_entry = "not written yet", .why_no_exit = "not written yet" };
	return 0;
}
void tgt_sites_fini(struct tgt_sites *s)
{
	(void)s;
}
int tgt_check_site(struct tgt *t, uint64_t vaddr, struct tgt_site *out, struct tgt_error *err)
{
	(void)vaddr;
	(void)out;
	return tgt_fail(t, err, -EINVAL, "not written yet");
}
void tgt_info(struct tgt *t, struct buf *out)
{
	buf_printf(out, "%s\n", t->display);
}
void sites_free(struct tgt *t)
{
	(void)t;
}
