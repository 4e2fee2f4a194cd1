/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * dwarf.c - the layout of runtime.g and runtime.m from debug information,
 * inside the binary or in a file of its own.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dwtypes.h"

/* --- separate debug files: .gnu_debuglink and build-id, as gdb looks for them --------------- */

size_t tgt_build_id(const struct tgt *t, char *hex, size_t size)
{
	struct span s = tgt_section_bytes(t, tgt_section(t, ".note.gnu.build-id"));
	uint32_t namesz, descsz;
	size_t at;

	if (s.n < 12)
		return 0;
	namesz = rd32(s.p);
	descsz = rd32(s.p + 4);
	if (rd32(s.p + 8) != NT_GNU_BUILD_ID || namesz > 16 || descsz > 64 || descsz < 2)
		return 0;
	at = 12 + ((namesz + 3) & ~3U);
	if (at + descsz > s.n || (size_t)descsz * 2 >= size)
		return 0;
	for (uint32_t i = 0; i < descsz; i++)
		snprintf(hex + (size_t)i * 2, 3, "%02x", s.p[at + i]);
	return (size_t)descsz * 2;
}

static bool try_debug(struct tgt *t, const char *path)
{
	char a[PATH_MAX], b[PATH_MAX];

	if (access(path, R_OK))
		return false;
	/* a debug link may name the file itself */
	if (realpath(path, a) && realpath(t->path, b) && !strcmp(a, b))
		return false;
	buf_reset(&t->info_debug);
	buf_puts(&t->info_debug, path);
	return true;
}

static void look_for_debug(struct tgt *t)
{
	const char *dirs[] = { t->debug_dir, "/usr/lib/debug" }, *base = strrchr(t->path, '/');
	char id[160], path[PATH_MAX + 256], dir[PATH_MAX];
	struct span link = tgt_section_bytes(t, tgt_section(t, ".gnu_debuglink"));
	const char *name = link.n && memchr(link.p, 0, link.n) ? (const char *)link.p : NULL;
	int dirlen = base ? (int)(base - t->path) : 1;

	base = base ? base + 1 : t->path;
	for (size_t i = 0; i < 2; i++) {
		if (!dirs[i])
			continue;
		if (tgt_build_id(t, id, sizeof(id))) {
			snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", dirs[i], id, id + 2);
			if (try_debug(t, path))
				return;
		}
	}
	if (t->debug_dir) {
		snprintf(path, sizeof(path), "%s/%s", t->debug_dir, name && !strchr(name, '/') ? name : base);
		if (try_debug(t, path))
			return;
		snprintf(path, sizeof(path), "%s/%s.debug", t->debug_dir, base);
		if (try_debug(t, path))
			return;
	}
	if (!name || !*name || strchr(name, '/'))
		return;
	snprintf(dir, sizeof(dir), "%.*s", dirlen, strchr(t->path, '/') ? t->path : ".");
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (try_debug(t, path))
		return;
	snprintf(path, sizeof(path), "%s/.debug/%s", dir, name);
	if (try_debug(t, path))
		return;
	snprintf(path, sizeof(path), "/usr/lib/debug%s/%s", dir, name);
	try_debug(t, path);
}

const char *debug_file(struct tgt *t)
{
	if (!t->debug_looked) {
		t->debug_looked = true;
		look_for_debug(t);
	}
	return t->info_debug.len ? t->info_debug.data : NULL;
}

static bool own_dwarf(const struct tgt *t)
{
	const struct section *s = tgt_section(t, ".debug_info");

	if (!s)
		s = tgt_section(t, ".zdebug_info");
	return s && s->type != SHT_NOBITS && s->size && tgt_bytes(t, s->off, s->size);
}

bool tgt_has_dwarf(struct tgt *t)
{
	return own_dwarf(t) || debug_file(t);
}

/* --- fields ----------------------------------------------------------------------------------- */

static int16_t member(Dwarf_Die *type, const char *name, Dwarf_Die *found)
{
	unsigned left = 10000;
	Dwarf_Attribute attr;
	Dwarf_Word off;
	Dwarf_Die d;

	if (dwarf_child(type, &d))
		return -1;
	do {
		const char *n = dwarf_diename(&d);

		if (dwarf_tag(&d) != DW_TAG_member || !n || strcmp(n, name))
			continue;
		if (!dwarf_attr(&d, DW_AT_data_member_location, &attr) || dwarf_formudata(&attr, &off) ||
		    off > INT16_MAX)
			return -1;
		if (found)
			*found = d;
		return (int16_t)off;
	} while (--left && !dwarf_siblingof(&d, &d));
	return -1;
}

/* A field of a field: sched.sp */
static int16_t inner(Dwarf_Die *type, const char *outer, const char *name)
{
	Dwarf_Die m, mt;
	Dwarf_Attribute attr;
	int16_t a = member(type, outer, &m), b;

	if (a < 0 || !dwarf_attr(&m, DW_AT_type, &attr) || !dwarf_formref_die(&attr, &mt))
		return -1;
	for (int depth = 0; dwarf_tag(&mt) == DW_TAG_typedef; depth++) {
		if (depth > 8 || !dwarf_attr(&mt, DW_AT_type, &attr) || !dwarf_formref_die(&attr, &mt))
			return -1;
	}
	b = member(&mt, name, NULL);
	return b < 0 ? -1 : (int16_t)(a + b);
}

static void fields_of_g(Dwarf_Die *d, struct tgt_go *g)
{
	g->g_stack_lo = inner(d, "stack", "lo");
	g->g_stack_hi = inner(d, "stack", "hi");
	g->g_m = member(d, "m", NULL);
	g->g_goid = member(d, "goid", NULL);
	g->g_status = member(d, "atomicstatus", NULL);
	g->g_waitsince = member(d, "waitsince", NULL);
	g->g_waitreason = member(d, "waitreason", NULL);
	g->g_parent_goid = member(d, "parentGoid", NULL);
	g->g_gopc = member(d, "gopc", NULL);
	g->g_startpc = member(d, "startpc", NULL);
	g->g_sched_sp = inner(d, "sched", "sp");
	g->g_sched_pc = inner(d, "sched", "pc");
	g->g_sched_bp = inner(d, "sched", "bp");
}

static void fields_of_m(Dwarf_Die *d, struct tgt_go *g)
{
	g->m_g0 = member(d, "g0", NULL);
	g->m_gsignal = member(d, "gsignal", NULL);
	g->m_curg = member(d, "curg", NULL);
	g->m_procid = member(d, "procid", NULL);
	g->m_p = member(d, "p", NULL);
}

static bool is_struct(Dwarf_Die *d, const char *name)
{
	const char *n = dwarf_tag(d) == DW_TAG_structure_type ? dwarf_diename(d) : NULL;

	return n && !strcmp(n, name);
}

static void scan_unit(Dwarf_Die *cu, struct tgt_go *g, bool *have_g, bool *have_m)
{
	unsigned long left = 4000000; /* damaged links between entries may form a ring */
	Dwarf_Die d;

	if (dwarf_child(cu, &d))
		return;
	do {
		if (!*have_g && is_struct(&d, "runtime.g")) {
			fields_of_g(&d, g);
			*have_g = true;
		} else if (!*have_m && is_struct(&d, "runtime.m")) {
			fields_of_m(&d, g);
			*have_m = true;
		}
	} while (--left && !(*have_g && *have_m) && !dwarf_siblingof(&d, &d));
}

/* The linker puts the types of package runtime into the unit of that name. */
bool dwarf_go_layout(struct tgt *t, struct tgt_go *out)
{
	bool have_g = false, have_m = false;
	struct tgt_go tmp = *out;
	int rc;
	struct gotype *g = dwt_get(t, &rc, NULL);
	Dwarf_Die cu;

	for (size_t i = 0; g && i < g->nunit && !(have_g && have_m); i++) {
		if (!strcmp(g->unit[i].name, "runtime") && dwarf_offdie(g->dw, g->unit[i].off, &cu))
			scan_unit(&cu, &tmp, &have_g, &have_m);
	}
	if (!have_g || !have_m || tmp.g_goid < 0 || tmp.g_stack_hi < 0 || tmp.m_curg < 0)
		return false;
	*out = tmp;
	return true;
}

unsigned dwarf_version(struct tgt *t, size_t *units)
{
	int rc;
	struct gotype *g = dwt_get(t, &rc, NULL);
	Dwarf_Half version = 0;
	Dwarf_CU *cu = NULL;

	if (!g || dwarf_get_units(g->dw, NULL, &cu, &version, NULL, NULL, NULL))
		return 0;
	*units = g->nunit;
	return version;
}
