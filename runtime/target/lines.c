/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * lines.c - source lines, from the tables that the runtime uses for its own
 * tracebacks: they are in stripped programs too.  Lines of C are cdwarf.c's.
 */
#include <stdlib.h>

#include "internal.h"

static bool go_func(struct tgt *t, size_t i, struct pcln_func *f)
{
	return t->fn_pcln[i] != NO_PCLN && pcln_func(t, t->fn_pcln[i], f);
}

bool tgt_line(struct tgt *t, uint64_t vaddr, const char **file, unsigned *line)
{
	long i = tgt_func_at(t, vaddr);
	struct pcln_func f;
	int32_t no, ln;

	if (i >= 0 && (t->fn[i].flags & TGT_F_SYMBOL))
		return c_line(t, vaddr, file, line);
	if (i < 0 || !go_func(t, (size_t)i, &f) || !pcvalue_at(t, f.pcfile, f.entry, vaddr, &no) ||
	    !pcvalue_at(t, f.pcln, f.entry, vaddr, &ln) || ln <= 0)
		return false;
	*file = pcln_file(t, &f, no);
	if (!*file || !**file)
		return false;
	*line = (unsigned)ln;
	return true;
}

/* Whether path is file, or ends in "/file". */
static bool path_ends(const char *path, const char *file)
{
	size_t np = strlen(path), nf = strlen(file);

	if (nf > np || strcmp(path + np - nf, file))
		return false;
	return nf == np || *file == '/' || path[np - nf - 1] == '/';
}

/*
 * A set of names by their place in filetab: comparing each once is cheaper
 * than once per function.  Bit i of wanted: the name at byte i is the file.
 */
static uint8_t *wanted_files(const struct tgt *t, const char *file)
{
	const struct pcln *p = &t->pcln;
	uint8_t *map = xcalloc(p->filetab.n / 8 + 1, 1);
	bool any = false;

	for (size_t at = 0; at < p->filetab.n;) {
		const char *name = (const char *)p->filetab.p + at;

		if (path_ends(name, file)) {
			map[at / 8] |= (uint8_t)(1 << (at & 7));
			any = true;
		}
		at += strlen(name) + 1; /* filetab ends in NUL */
	}
	if (!any) {
		free(map);
		return NULL;
	}
	return map;
}

static bool wanted(const struct tgt *t, const uint8_t *map, const char *name)
{
	size_t at;

	if (!name)
		return false;
	at = (size_t)((const uint8_t *)name - t->pcln.filetab.p);
	return map[at / 8] >> (at & 7) & 1;
}

/*
 * Lowest address in function f whose file and line are those.  The two tables
 * are walked together: each value holds up to its own next pc.
 */
static bool first_of_line(struct tgt *t, const struct pcln_func *f, const uint8_t *map, unsigned line, uint64_t *addr)
{
	struct pcvalue file, ln;
	uint64_t pc = f->entry;
	const char *name;

	if (!pcvalue_init(t, &file, f->pcfile, f->entry) || !pcvalue_init(t, &ln, f->pcln, f->entry) ||
	    !pcvalue_next(&file))
		return false;
	name = pcln_file(t, f, file.val);
	while (pcvalue_next(&ln)) {
		/* the line holds in [pc, ln.pc), the file in pieces of that */
		while (pc < ln.pc) {
			while (file.pc <= pc) {
				if (!pcvalue_next(&file))
					return false;
				name = pcln_file(t, f, file.val);
			}
			if (ln.val > 0 && (unsigned)ln.val == line && wanted(t, map, name)) {
				*addr = pc;
				return true;
			}
			pc = file.pc < ln.pc ? file.pc : ln.pc;
		}
	}
	return false;
}

size_t tgt_line_to_addrs(struct tgt *t, const char *file, unsigned line, unsigned column, uint64_t **out)
{
	size_t n = tgt_nfuncs(t), found = 0, cap = 0;
	uint8_t *map;

	*out = NULL;
	if (!line || !*file)
		return 0;
	map = t->pcln.ver == PCLN_NONE ? NULL : wanted_files(t, file);
	if (!map)
		return c_line_to_addrs(t, file, line, column, out);
	if (column) { /* pclntab has none */
		free(map);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct pcln_func f;
		uint64_t addr;

		if (!go_func(t, i, &f) || !first_of_line(t, &f, map, line, &addr) || addr >= t->fn[i].end)
			continue;
		/* the first byte may run twice per call: take what stands for the call */
		if (addr == t->fn[i].entry) {
			struct tgt_sites s;

			if (!tgt_sites(t, (uint32_t)i, TGT_WANT_ENTRY, &s) && s.has_entry)
				addr = s.entry.vaddr;
			tgt_sites_fini(&s);
		}
		if (found == cap) {
			cap = cap ? cap * 2 : 4;
			*out = xrealloc(*out, cap * sizeof(**out));
		}
		(*out)[found++] = addr;
	}
	free(map);
	return found;
}
