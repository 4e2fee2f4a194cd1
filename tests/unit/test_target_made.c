/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Sites in code written by hand, byte by byte, inside a program made here: the
 * shapes of every Go version, the ones that must be refused, and the tables of
 * Go 1.16, for which there is no compiler to be had.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "gft/wire.h"
#include "runtime/target/internal.h"

#define SLOT  64 /* function i begins at TEXT + i * SLOT */
#define TEXT  0x401000ULL
#define TABLE 0x404000ULL
#define ASM   4

/* rel32 from an instruction that ends at byte end of slot from, to slot to */
#define B(x, n) ((uint8_t)((uint32_t)(x) >> (n)))
#define REL(from, to, end)                                                                                             \
	B(((to) - (from)) * SLOT - (end), 0), B(((to) - (from)) * SLOT - (end), 8),                                    \
		B(((to) - (from)) * SLOT - (end), 16), B(((to) - (from)) * SLOT - (end), 24)
#define CODE(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

#define NONE (-1)

struct made {
	const char *name;
	int flag;
	uint8_t code[SLOT];
	size_t n;
	int entry;     /* offset, or NONE */
	int entry_lax; /* the same without TGT_WANT_ARGS, when not 0 */
	int sp, flags; /* of the entry site */
	int exits[4];  /* offsets + 1 */
	bool doubtful;
	const char *why; /* part of why_no_entry, or of why_no_exit when there is an entry */
};

static const struct made made[] = {
	{ "runtime.morestack_noctxt", ASM, CODE(0x55, 0x5d, 0xc3), NONE, 0, 0, 0, { 0 }, false, "switches stacks" },
	{ "callee", 0, CODE(0x55, 0x5d, 0xc3), 0, 0, 0, 0, { 3 }, false, NULL },
	/* cmp 0x10(%r14),%rsp; jbe; push; mov; pop; ret; call morestack; jmp entry */
	{ "go21",
	  0,
	  CODE(0x49, 0x3b, 0x66, 0x10, 0x76, 6, 0x55, 0x48, 0x89, 0xe5, 0x5d, 0xc3, 0xe8, REL(2, 0, 17), 0xeb, 0xed),
	  6,
	  0,
	  0,
	  0,
	  { 12 },
	  false,
	  NULL },
	{ "go19",
	  0,
	  CODE(0x49, 0x3b, 0x66, 0x10, 0x76, 9, 0x48, 0x83, 0xec, 16, 0x48, 0x83, 0xc4, 16, 0xc3, 0xe8, REL(3, 0, 20),
	       0xeb, 0xea),
	  4,
	  0,
	  0,
	  GFT_CF_STACK_CHECK,
	  { 15 },
	  false,
	  NULL },
	/* lea -0x1000(%rsp),%r12; cmp 0x10(%r14),%r12; jbe */
	{ "large",
	  0,
	  CODE(0x4c, 0x8d, 0xa4, 0x24, 0, 0xf0, 0xff, 0xff, 0x4d, 0x3b, 0x66, 0x10, 0x76, 3, 0x55, 0x5d, 0xc3, 0xe8,
	       REL(4, 0, 22), 0xeb, 0xe8),
	  14,
	  0,
	  0,
	  0,
	  { 17 },
	  false,
	  NULL },
	/* mov %rsp,%r12; sub $0x31000,%r12; jb; cmp; jbe */
	{ "huge",
	  0,
	  CODE(0x49, 0x89, 0xe4, 0x49, 0x81, 0xec, 0, 0x10, 3, 0, 0x72, 9, 0x4d, 0x3b, 0x66, 0x10, 0x76, 3, 0x55, 0x5d,
	       0xc3, 0xe8, REL(5, 0, 26), 0xeb, 0xe4),
	  18,
	  0,
	  0,
	  0,
	  { 21 },
	  false,
	  NULL },
	/* mov %fs:-8,%rcx; cmp 0x10(%rcx),%rsp; jbe; sub: Go 1.16, and assembly */
	{ "go16",
	  ASM,
	  CODE(0x64, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff, 0x48, 0x3b, 0x61, 0x10, 0x76, 9, 0x48, 0x83, 0xec,
	       16, 0x48, 0x83, 0xc4, 16, 0xc3, 0xe8, REL(6, 0, 29), 0xeb, 0xe1),
	  13,
	  0,
	  0,
	  GFT_CF_STACK_CHECK | GFT_CF_G_IN_TLS,
	  { 24 },
	  false,
	  NULL },
	/* the check is also the head of a loop: jmp entry that no morestack precedes */
	{ "checkloop",
	  0,
	  CODE(0x49, 0x3b, 0x66, 0x10, 0x76, 3, 0x55, 0xeb, 0xf7, 0xe8, REL(7, 0, 14), 0xeb, 0xf0),
	  NONE,
	  0,
	  0,
	  0,
	  { 0 },
	  false,
	  "loops back" },
	/* dec %rax; jne entry; ret */
	{ "loop", 0, CODE(0x48, 0xff, 0xc8, 0x75, 0xfb, 0xc3), NONE, 0, 0, 0, { 6 }, false, "loops back" },
	/* the push is the head of a loop: not once per call */
	{ "pushloop",
	  0,
	  CODE(0x49, 0x3b, 0x66, 0x10, 0x76, 4, 0x55, 0x5d, 0xeb, 0xfc, 0xe8, REL(9, 0, 15), 0xeb, 0xef),
	  4,
	  0,
	  0,
	  GFT_CF_STACK_CHECK,
	  { 0 },
	  false,
	  "never returns" },
	{ "leaf", 0, CODE(0x48, 0x8d, 0x40, 1, 0xc3), 0, 0, 0, 0, { 5 }, false, NULL },
	/* xor %ebx,%ebx; test; je: an argument is gone before the branch */
	{ "clobber", 0, CODE(0x31, 0xdb, 0x48, 0x85, 0xc0, 0x74, 1, 0xc3, 0xc3), 0, 5, 0, 0, { 8, 9 }, false, NULL },
	{ "test", 0, CODE(0x48, 0x85, 0xc0, 0x74, 1, 0xc3, 0xc3), 3, 0, 0, 0, { 6, 7 }, false, NULL },
	/* sub $24,%rsp; call; add $24,%rsp; ret */
	{ "moved",
	  0,
	  CODE(0x48, 0x83, 0xec, 24, 0xe8, REL(13, 1, 9), 0x48, 0x83, 0xc4, 24, 0xc3),
	  4,
	  0,
	  24,
	  0,
	  { 14 },
	  false,
	  NULL },
	/* mov 8(%rax),%rax; jmp callee */
	{ "tail", ASM, CODE(0x48, 0x8b, 0x40, 8, 0xe9, REL(14, 1, 9)), 0, 0, 0, GFT_CF_G_IN_TLS, { 5 }, false, NULL },
	{ "tailframe",
	  ASM,
	  CODE(0x55, 0xe9, REL(15, 1, 6)),
	  0,
	  0,
	  0,
	  GFT_CF_G_IN_TLS,
	  { 0 },
	  true,
	  "cannot be probed" },
	{ "tailafter",
	  ASM,
	  CODE(0x55, 0x48, 0x83, 0xec, 16, 0xe8, REL(16, 1, 10), 0x48, 0x83, 0xc4, 16, 0x5d, 0xe9, REL(16, 1, 20)),
	  0,
	  0,
	  0,
	  GFT_CF_G_IN_TLS,
	  { 16 },
	  false,
	  NULL },
	/* jmp *(%rcx,%rax,8) */
	{ "table", ASM, CODE(0xff, 0x24, 0xc1, 0xc3), 0, 0, 0, GFT_CF_G_IN_TLS, { 4 }, false, NULL },
	/* movslq (%rdx,%rax,4),%rax; add %rdx,%rax; jmp *%rax */
	{ "ctable",
	  ASM,
	  CODE(0x48, 0x63, 0x04, 0x82, 0x48, 0x01, 0xd0, 0xff, 0xe0, 0xc3),
	  0,
	  0,
	  0,
	  GFT_CF_G_IN_TLS,
	  { 10 },
	  false,
	  NULL },
	/* mov (%rdx),%rax; jmp *%rax: a closure */
	{ "closure", ASM, CODE(0x48, 0x8b, 0x02, 0xff, 0xe0), 0, 0, 0, GFT_CF_G_IN_TLS, { 4 }, false, NULL },
	{ "unknown", ASM, CODE(0x90, 0xff, 0xe0), 0, 0, 0, GFT_CF_G_IN_TLS, { 0 }, true, "cannot be probed" },
	/* cs nopw: attached without an error, never fires */
	{ "csnop",
	  0,
	  CODE(0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0xc3),
	  NONE,
	  0,
	  0,
	  0,
	  { 11 },
	  false,
	  "refuses" },
	{ "lock", 0, CODE(0xf0, 0x48, 0xff, 0x00, 0xc3), NONE, 0, 0, 0, { 5 }, false, "refuses" },
	{ "syscall", 0, CODE(0x0f, 0x05, 0xc3), NONE, 0, 0, 0, { 3 }, false, "refuses" },
	{ "avx", 0, CODE(0xc5, 0xf9, 0x6f, 0x00, 0xc3), NONE, 0, 0, 0, { 5 }, false, "refuses" },
	/* 66-prefixed and rex.w branches are not emulated everywhere: stepped at the first byte */
	{ "xchg", 0, CODE(0x66, 0x90, 0xc3), 0, 0, 0, 0, { 3 }, false, NULL },
	{ "bad", 0, CODE(0x90, 0x06, 0xc3), 0, 0, 0, 0, { 0 }, true, "cannot be probed" },
	/* jmp into the middle of mov $195,%eax */
	{ "overlap", 0, CODE(0xeb, 1, 0xb8, 0xc3, 0, 0, 0), NONE, 0, 0, 0, { 0 }, true, "cannot be followed" },
	{ "retn", 0, CODE(0x55, 0x5d, 0xc2, 8, 0), 0, 0, 0, 0, { 3 }, false, NULL },
	{ "tomorestack", ASM, CODE(0xe9, REL(29, 0, 5)), 0, 0, 0, GFT_CF_G_IN_TLS, { 0 }, false, "never returns" },
	{ "falls", 0, CODE(0x55, 0x5d), 0, 0, 0, 0, { 0 }, true, "cannot be probed" },
	{ "nothing", 0, CODE(0xc3), 0, 0, 0, 0, { 0 }, false, "nothing but return" },
	/* a conditional tail call: je callee; ret */
	{ "condtail", 0, CODE(0x48, 0x85, 0xc0, 0x0f, 0x84, REL(32, 1, 9), 0xc3), 3, 0, 0, 0, { 10 }, true, NULL },
	/* mov $-16,%rcx; mov %fs:(%rcx),%rax; ret */
	{ "runtime.rt0_go",
	  ASM,
	  CODE(0x48, 0xc7, 0xc1, 0xf0, 0xff, 0xff, 0xff, 0x64, 0x48, 0x8b, 0x01, 0xc3),
	  NONE,
	  0,
	  0,
	  0,
	  { 0 },
	  false,
	  "before there is a goroutine" },
	{ "gopkg.in/yaml%2ev3.Marshal", 0, CODE(0x55, 0x5d, 0xc3), 0, 0, 0, 0, { 3 }, false, NULL },
	{ "example.com/a/b%2ec.(*T[go.shape.int,x/y.Z]).Do",
	  0,
	  CODE(0x55, 0x5d, 0xc3),
	  0,
	  0,
	  0,
	  0,
	  { 3 },
	  false,
	  NULL },
};

#define NMADE (sizeof(made) / sizeof(*made))

static void put(uint8_t *p, size_t at, uint64_t v, size_t n)
{
	memcpy(p + at, &v, n);
}

/*
 * A program without sections: headers, text, and the table where only its
 * magic number tells.  With pie, the words of Go 1.16's functab are relocated.
 */
static size_t make(uint8_t *p, size_t size, enum pcln_ver ver, bool pie)
{
	Elf64_Ehdr eh = { .e_ident = "\177ELF\2\1\1",
			  .e_type = pie ? ET_DYN : ET_EXEC,
			  .e_machine = EM_X86_64,
			  .e_version = 1,
			  .e_phoff = sizeof(eh),
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 3 };
	Elf64_Phdr ph[3] = {
		{ PT_LOAD, PF_R | PF_X, 0, TEXT - 0x1000, 0, 0x4000, 0x4000, 0x1000 },
		{ PT_LOAD, PF_R, 0x4000, TABLE, 0, 0x4000, 0x4000, 0x1000 },
		{ PT_DYNAMIC, PF_R, 0x7000, TABLE + 0x3000, 0, 48, 48, 8 },
	};
	size_t base = ver == PCLN_116 ? 24 : 32, tab = 0x4000, names = 0x80, cu, files, pc, fns, step, func;

	assert_true(size >= 0x8000);
	memset(p, 0, size);
	memcpy(p, &eh, sizeof(eh));
	memcpy(p + sizeof(eh), ph, sizeof(ph));
	memset(p + 0x1000, 0xcc, NMADE * SLOT);
	for (size_t i = 0; i < NMADE; i++)
		memcpy(p + 0x1000 + i * SLOT, made[i].code, made[i].n);

	put(p, tab, ver == PCLN_116 ? 0xfffffffa : ver == PCLN_118 ? 0xfffffff0 : 0xfffffff1, 4);
	p[tab + 6] = 1;
	p[tab + 7] = 8;
	put(p, tab + 8, NMADE, 8);
	put(p, tab + 16, 1, 8);
	if (ver != PCLN_116)
		put(p, tab + 24, TEXT, 8);
	cu = names;
	for (size_t i = 0; i < NMADE; i++)
		cu += (size_t)sprintf((char *)p + tab + cu, "%s", made[i].name) + 1;
	cu = (cu + 7) & ~7UL;
	files = cu + 8;
	pc = files + (size_t)sprintf((char *)p + tab + files, "/src/made.go") + 1;
	/* at 1: file 0 for the whole slot; at 4: line 7 for 4 bytes, then 9 */
	memcpy(p + tab + pc, "\0\2\100\0\20\4\4\74", 9);
	fns = (pc + 16 + 7) & ~7UL;
	put(p, tab + base, names, 8);
	put(p, tab + base + 8, cu, 8);
	put(p, tab + base + 16, files, 8);
	put(p, tab + base + 24, pc, 8);
	put(p, tab + base + 32, fns, 8);
	step = ver == PCLN_116 ? 16 : 8;
	func = ((NMADE + 1) * step + 7) & ~7UL;
	for (size_t i = 0, name = 0; i <= NMADE; i++) {
		size_t at = tab + fns + i * step, f = func + i * 48, w = tab + fns + f;

		if (ver == PCLN_116 && pie) {
			/* R_X86_64_RELATIVE, in an order that is not sorted */
			size_t r = 0x7100 + (NMADE - i) * 24;

			put(p, r, at - tab + TABLE, 8);
			put(p, r + 8, R_X86_64_RELATIVE, 8);
			put(p, r + 16, TEXT + i * SLOT, 8);
		} else if (ver == PCLN_116) {
			put(p, at, TEXT + i * SLOT, 8);
		} else {
			put(p, at, i * SLOT, 4);
		}
		if (i == NMADE)
			break;
		put(p, at + step / 2, f, 4);
		if (ver == PCLN_116)
			w += 4;
		put(p, w + 4, name, 4);
		put(p, w + 20, 1, 4);
		put(p, w + 24, 4, 4);
		w += ver == PCLN_120 ? 40 : 36;
		p[w + 1] = (uint8_t)made[i].flag;
		name += strlen(made[i].name) + 1;
	}
	put(p, 0x7000, DT_RELA, 8);
	put(p, 0x7008, TABLE + 0x3100, 8);
	put(p, 0x7010, DT_RELASZ, 8);
	put(p, 0x7018, (NMADE + 1) * 24, 8);
	return 0x8000;
}

static struct tgt *open_made(enum pcln_ver ver, bool pie)
{
	static uint8_t image[0x8000];
	struct tgt_error err = { "" };
	int fd = memfd_create("made", 0);
	char path[64];
	struct tgt *t;
	size_t n = make(image, sizeof(image), ver, pie);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, image, n), (ssize_t)n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (tgt_open(&t, path, NULL, &err))
		fail_msg("%s", err.msg);
	close(fd);
	assert_int_equal(t->pcln.ver, ver);
	assert_int_equal(tgt_nfuncs(t), NMADE);
	return t;
}

static void check(struct tgt *t, uint32_t i, const struct made *m)
{
	uint64_t start = TEXT + i * SLOT;
	struct tgt_sites s;
	size_t n = 0;

	assert_string_equal(tgt_func(t, i)->name, m->name);
	assert_int_equal(tgt_func(t, i)->entry, start);
	assert_int_equal(tgt_func(t, i)->end, start + SLOT);
	assert_int_equal(tgt_sites(t, i, TGT_WANT_ENTRY | TGT_WANT_EXITS | TGT_WANT_ARGS, &s), 0);
	if (s.has_entry != (m->entry != NONE) || (s.has_entry && s.entry.vaddr != start + (uint64_t)m->entry))
		fail_msg("%s: entry +%ld (%s), not +%d", m->name, s.has_entry ? (long)(s.entry.vaddr - start) : -1,
			 s.why_no_entry ? s.why_no_entry : "", m->entry);
	if (s.has_entry) {
		assert_true(s.args_ok);
		assert_int_equal(s.entry.sp_adj, m->sp);
		assert_int_equal(s.entry.flags, m->flags);
	}
	while (n < 4 && m->exits[n])
		n++;
	if (s.nexits != n)
		fail_msg("%s: %u exits, not %zu", m->name, s.nexits, n);
	for (size_t k = 0; k < n; k++)
		assert_int_equal(s.exits[k].vaddr, start + (uint64_t)m->exits[k] - 1);
	if (s.exits_doubtful != m->doubtful)
		fail_msg("%s: doubtful %d", m->name, s.exits_doubtful);
	if (m->why) {
		const char *why = m->entry == NONE ? s.why_no_entry : s.why_no_exit;

		assert_non_null(why);
		if (!strstr(why, m->why))
			fail_msg("%s: %s", m->name, why);
	}
	tgt_sites_fini(&s);
	if (m->entry_lax) {
		assert_int_equal(tgt_sites(t, i, TGT_WANT_ENTRY, &s), 0);
		assert_true(s.has_entry && !s.args_ok && s.entry.emulated);
		assert_int_equal(s.entry.vaddr, start + (uint64_t)m->entry_lax);
		tgt_sites_fini(&s);
	}
}

static void test_shapes(void **state)
{
	static const enum pcln_ver vers[] = { PCLN_118, PCLN_120 };

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		struct tgt *t = open_made(vers[v], false);

		for (uint32_t i = 0; i < NMADE; i++)
			check(t, i, &made[i]);
		tgt_close(t);
	}
}

static void test_flags(void **state)
{
	struct tgt *t = open_made(PCLN_120, false);
	struct tgt_sites s;

	(void)state;
	for (uint32_t i = 0; i < NMADE; i++) {
		assert_int_equal(tgt_sites(t, i, TGT_WANT_EXITS, &s), 0);
		if (!strcmp(made[i].name, "retn"))
			assert_int_equal(s.exits[0].flags, GFT_CF_NOT_RET);
		/* a uretprobe of somebody else may be there: no program returns in its place */
		if (!strcmp(made[i].name, "nothing")) {
			struct tgt_error err = { "" };
			struct tgt_site site;

			for (uint32_t k = 0; k < s.nexits; k++)
				assert_true(s.exits[k].flags & GFT_CF_NOT_RET);
			assert_int_equal(tgt_check_site(t, TEXT + i * SLOT, &site, &err), 0);
			assert_true(site.flags & GFT_CF_NOT_RET);
		}
		if (!strcmp(made[i].name, "leaf"))
			assert_false(s.exits[0].flags & GFT_CF_NOT_RET);
		if (!strcmp(made[i].name, "tail")) {
			assert_int_equal(s.exits[0].kind, TGT_SITE_TAIL);
			assert_true(s.exits[0].emulated);
			assert_int_equal(s.exits[0].flags, GFT_CF_TAIL_JUMP | GFT_CF_NOT_RET | GFT_CF_G_IN_TLS);
		}
		if (!strcmp(made[i].name, "closure"))
			assert_false(s.exits[0].emulated);
		tgt_sites_fini(&s);
	}
	tgt_close(t);
}

static void expect_one(struct tgt *t, const char *pattern, const char *name)
{
	uint32_t *v;

	assert_int_equal(tgt_match(t, pattern, &v), 1);
	assert_string_equal(tgt_func(t, v[0])->name, name);
	free(v);
}

static void test_names(void **state)
{
	struct tgt *t = open_made(PCLN_120, false);
	const char *near[2];

	(void)state;
	/* as the user knows them, as the linker writes them, by pattern; more often than is looked up without an index
	 */
	for (int i = 0; i < 10; i++) {
		expect_one(t, "gopkg.in/yaml.v3.Marshal", "gopkg.in/yaml%2ev3.Marshal");
		expect_one(t, "gopkg.in/yaml%2ev3.Marshal", "gopkg.in/yaml%2ev3.Marshal");
		expect_one(t, "gopkg.in/yaml.v3.*", "gopkg.in/yaml%2ev3.Marshal");
		expect_one(t, "*yaml*Marshal", "gopkg.in/yaml%2ev3.Marshal");
		expect_one(t, "example.com/a/b.c.(*T[go.shape.int,x/y.Z]).Do",
			   "example.com/a/b%2ec.(*T[go.shape.int,x/y.Z]).Do");
		expect_one(t, "example.com/a/*.(*T[...]).Do", "example.com/a/b%2ec.(*T[go.shape.int,x/y.Z]).Do");
	}
	assert_int_equal(tgt_nearest(t, "yaml.Marshal", near, 2), 1);
	assert_string_equal(near[0], "gopkg.in/yaml%2ev3.Marshal");
	/* what the runtime itself reads says where g is */
	assert_non_null(tgt_go(t, NULL));
	assert_true(tgt_go(t, NULL)->g_tls_known);
	assert_int_equal(tgt_go(t, NULL)->g_tls, -16);
	tgt_close(t);
	t = open_made(PCLN_120, true);
	assert_false(tgt_go(t, NULL)->g_tls_known);
	tgt_close(t);
}

static void test_go116(void **state)
{
	(void)state;
	for (int pie = 0; pie < 2; pie++) {
		struct tgt *t = open_made(PCLN_116, pie);
		const struct tgt_go *g = tgt_go(t, NULL);
		struct tgt_sites s;
		const char *file;
		uint64_t *v;
		unsigned line;

		assert_non_null(g);
		assert_int_equal(g->g_goid, 152);
		assert_non_null(strstr(g->source, "guessed"));
		for (uint32_t i = 0; i < NMADE; i++) {
			assert_string_equal(tgt_func(t, i)->name, made[i].name);
			assert_int_equal(tgt_func(t, i)->entry, TEXT + i * SLOT);
			/* a version that is not said may be 1.16: arguments on the stack */
			assert_true(tgt_func(t, i)->flags & TGT_F_ABI0);
		}
		assert_int_equal(tgt_sites(t, 6, TGT_WANT_ENTRY | TGT_WANT_ARGS, &s), 0);
		assert_int_equal(s.entry.vaddr, TEXT + 6 * SLOT + 13);
		assert_true(s.args_ok);
		tgt_sites_fini(&s);
		assert_true(tgt_line(t, TEXT + 5 * SLOT, &file, &line));
		assert_string_equal(file, "/src/made.go");
		assert_int_equal(line, 7);
		assert_true(tgt_line(t, TEXT + 5 * SLOT + 4, &file, &line));
		assert_int_equal(line, 9);
		assert_int_equal(tgt_line_to_addrs(t, "made.go", 9, 0, &v), NMADE);
		assert_int_equal(v[5], TEXT + 5 * SLOT + 4);
		free(v);
		tgt_close(t);
	}
}

/* Every byte of the headers and of the table, each with a few values. */
static void test_every_byte(void **state)
{
	static const uint8_t values[] = { 0, 0x7f, 0xff };
	static uint8_t image[0x8000];
	static const enum pcln_ver vers[] = { PCLN_116, PCLN_120 };
	unsigned opened = 0, refused = 0;

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		size_t n = make(image, sizeof(image), vers[v], v == 0);
		int fd = memfd_create("made", 0);
		char path[64];

		assert_int_equal(write(fd, image, n), (ssize_t)n);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		for (size_t at = 0; at < 0x4c00; at = at == 0xff ? 0x4000 : at + 1) {
			for (size_t k = 0; k < sizeof(values); k++) {
				struct tgt_error err = { "" };
				struct tgt *t;
				const char *file;
				unsigned line;

				assert_int_equal(pwrite(fd, &values[k], 1, (off_t)at), 1);
				if (tgt_open(&t, path, NULL, &err)) {
					refused++;
					assert_true(strlen(err.msg) > 10);
				} else {
					opened++;
					for (uint32_t i = 0; i < tgt_nfuncs(t); i++) {
						struct tgt_sites s;

						tgt_sites(t, i, TGT_WANT_ENTRY | TGT_WANT_EXITS, &s);
						tgt_sites_fini(&s);
						tgt_line(t, tgt_func(t, i)->entry + 5, &file, &line);
					}
					tgt_close(t);
				}
			}
			assert_int_equal(pwrite(fd, &image[at], 1, (off_t)at), 1);
		}
		close(fd);
	}
	assert_true(opened > 100 && refused > 100);
}

/* With a folder: the programs go there, as seeds of fuzz_target. */
static int write_made(const char *dir)
{
	static const enum pcln_ver vers[] = { PCLN_116, PCLN_118, PCLN_120 };
	static uint8_t image[0x8000];

	for (unsigned i = 0; i < 6; i++) {
		size_t n = make(image, sizeof(image), vers[i / 2], i % 2);
		char path[4096];
		FILE *f;

		snprintf(path, sizeof(path), "%s/made%u", dir, i);
		f = fopen(path, "w");
		if (!f || fwrite(image, 1, n, f) != n || fclose(f)) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes), cmocka_unit_test(test_flags),	  cmocka_unit_test(test_names),
		cmocka_unit_test(test_go116),  cmocka_unit_test(test_every_byte),
	};

	if (argc > 1)
		return write_made(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
