/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* funcs.c - the list of functions, from .gopclntab and from symbol tables. */
#include <stdlib.h>

#include "insn.h"

/* abi.FuncFlag of Go's src/internal/abi/symtab.go */
#define FUNC_FLAG_TOPFRAME 1
#define FUNC_FLAG_ASM	   4 /* since Go 1.18 */

bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool name_is(const char *name, const char *want)
{
	size_t n = strlen(want);

	return !strncmp(name, want, n) && (!name[n] || !strcmp(name + n, ".abi0"));
}

static bool runs_on_system_stack(const char *name)
{
	static const char *const exact[] = {
		"systemstack", "systemstack_switch", "newstack",     "mcall",	   "gogo",
		"schedule",    "findRunnable",	     "findrunnable", "execute",	   "park_m",
		"goexit0",     "goschedImpl",	     "rt0_go",	     "sighandler", "sigfwdgo",
		"sysmon",      "gosched_m",	     "gopreempt_m",  "preemptPark"
	};
	static const char *const prefix[] = { "morestack", "mstart", "asmcgocall", "sigtramp" };

	if (!has_prefix(name, "runtime."))
		return false;
	name += strlen("runtime.");
	for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++) {
		if (name_is(name, exact[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(prefix) / sizeof(*prefix); i++) {
		if (has_prefix(name, prefix[i]))
			return true;
	}
	return false;
}

/* Assembly of Go 1.16 and 1.17, which have no flag for it: by the file's name. */
static bool in_assembly_file(struct tgt *t, const struct pcln_func *f)
{
	const char *file;
	int32_t no;
	size_t n;

	if (!pcvalue_at(t, f->pcfile, f->entry, f->entry, &no))
		return false;
	file = pcln_file(t, f, no);
	n = file ? strlen(file) : 0;
	return n > 2 && !strcmp(file + n - 2, ".s");
}

/* "pkg.T.M", "pkg.(*T).M": more than one dot behind the path. */
static bool is_method(const char *name)
{
	const char *slash = strrchr(name, '/'), *dot = strchr(slash ? slash : name, '.');

	return strchr(name, '(') || (dot && strchr(dot + 1, '.'));
}

/*
 * The wrapper through which assembly calls a Go function: it takes ABI0 arguments
 * and sets up X15 and r14, which hold anything before.  No other wrapper clears X15
 * before its call; the one through which Go calls assembly does so behind it.
 */
static bool sets_up_abi(const struct tgt *t, const struct tgt_func *f)
{
	uint64_t n = f->end - f->entry;
	const uint8_t *p;

	/* what a goroutine's function returns to calls this one: r14 is still g, and nothing is passed */
	if (name_is(f->name, "runtime.goexit1"))
		return false;
	p = tgt_mem(t, f->entry, n = n < 256 ? n : 256);
	return p && insn_clears_x15(p, n);
}

static uint32_t go_flags(struct tgt *t, const struct pcln_func *f, const char *name)
{
	uint32_t flags = 0;

	if (f->flag & FUNC_FLAG_TOPFRAME)
		flags |= TGT_F_TOPFRAME;
	if ((f->flag & FUNC_FLAG_ASM) || (t->pcln.ver == PCLN_116 && in_assembly_file(t, f)))
		flags |= TGT_F_ASM | TGT_F_ABI0;
	if (t->wrapper_id >= 0 && f->id == t->wrapper_id)
		flags |= TGT_F_WRAPPER;
	if (t->pcln.ver == PCLN_116 && go_minor_of(tgt_go_version(t)) <= 16)
		flags |= TGT_F_ABI0;
	if (runs_on_system_stack(name))
		flags |= TGT_F_RUNTIME_STACK;
	return flags;
}

/*
 * funcID numbers move between versions, but the wrapper's is always the one
 * after that of systemstack_switch (src/internal/abi/symtab.go, Go >= 1.18).
 */
static void find_wrapper_id(struct tgt *t)
{
	if (t->pcln.ver == PCLN_116)
		return;
	for (uint32_t i = 0; i < t->pcln.nfunc; i++) {
		struct pcln_func f;

		if (pcln_func(t, i, &f) && f.id && name_is(pcln_name(t, f.name), "runtime.systemstack_switch")) {
			t->wrapper_id = f.id + 1;
			return;
		}
	}
}

static void add(struct tgt *t, size_t *cap, struct tgt_func f, uint32_t pcln)
{
	if (t->nfn == *cap) {
		*cap = *cap ? *cap * 2 : 256;
		t->fn = xrealloc(t->fn, *cap * sizeof(*t->fn));
		t->fn_pcln = xrealloc(t->fn_pcln, *cap * sizeof(*t->fn_pcln));
	}
	t->fn_pcln[t->nfn] = pcln;
	t->fn[t->nfn++] = f;
}

static void add_go(struct tgt *t, size_t *cap)
{
	uint64_t prev = 0;

	find_wrapper_id(t);
	for (uint32_t i = 0; i < t->pcln.nfunc; i++) {
		struct tgt_func fn = { 0 };
		struct pcln_func f;

		if (!pcln_func(t, i, &f))
			continue;
		fn.entry = f.entry;
		fn.end = pcln_entry(t, i + 1);
		/* empty entries are markers: runtime.etext and the like */
		if (fn.end <= fn.entry || fn.entry < prev || !tgt_mem(t, fn.entry, fn.end - fn.entry))
			continue;
		fn.name = pcln_name(t, f.name);
		if (!*fn.name)
			continue;
		fn.flags = go_flags(t, &f, fn.name);
		/* methods have wrappers of another kind: do not look at the code of thousands */
		if ((fn.flags & TGT_F_WRAPPER) && !is_method(fn.name) && sets_up_abi(t, &fn))
			fn.flags |= TGT_F_ABI0;
		prev = fn.end;
		add(t, cap, fn, i);
	}
	t->nfn_go = t->nfn;
}

struct collect {
	struct tgt *t;
	struct sym *v;
	size_t n, cap;
};

static bool collect_func(void *arg, const struct sym *s)
{
	struct collect *c = arg;
	const struct pcln *p = &c->t->pcln;

	if (s->type != STT_FUNC || !tgt_is_code(c->t, s->value))
		return true;
	/* marks of the linker, not functions */
	if (!strcmp(s->name, "runtime.text") || !strcmp(s->name, "runtime.etext"))
		return true;
	if (p->ver != PCLN_NONE && s->value >= p->text && s->value < p->etext)
		return true;
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 1024;
		c->v = xrealloc(c->v, c->cap * sizeof(*c->v));
	}
	c->v[c->n++] = *s;
	return true;
}

static size_t underscores(const char *s)
{
	return strspn(s, "_");
}

/* By address; of several names of one address the global, the longer and the plainest one first: malloc, not
 * __libc_malloc. */
static int cmp_sym(const void *a, const void *b)
{
	const struct sym *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if ((x->bind == STB_LOCAL) != (y->bind == STB_LOCAL))
		return x->bind == STB_LOCAL ? 1 : -1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	if (underscores(x->name) != underscores(y->name))
		return underscores(x->name) < underscores(y->name) ? -1 : 1;
	return strcmp(x->name, y->name);
}

static uint64_t code_end(const struct tgt *t, uint64_t vaddr)
{
	uint64_t end = vaddr + tgt_mem_span(t, vaddr).n;

	for (unsigned i = 1; i < t->nsec; i++) {
		const struct section *s = &t->sec[i];

		if ((s->flags & SHF_ALLOC) && vaddr >= s->addr && vaddr - s->addr < s->size && s->addr + s->size < end)
			end = s->addr + s->size;
	}
	return end;
}

static void add_symbols(struct tgt *t, size_t *cap)
{
	struct collect c = { .t = t };

	tgt_each_symbol(t, collect_func, &c);
	if (c.n)
		qsort(c.v, c.n, sizeof(*c.v), cmp_sym);
	for (size_t i = 0; i < c.n; i++) {
		const struct sym *s = &c.v[i];
		uint64_t limit = code_end(t, s->value);
		struct tgt_func fn = { .name = s->name, .entry = s->value, .flags = TGT_F_SYMBOL };
		size_t next = i + 1;

		while (next < c.n && c.v[next].value == s->value)
			next++;
		/* hand-written assembly often has no size: up to the next symbol */
		if (next < c.n && c.v[next].value < limit)
			limit = c.v[next].value;
		if (t->pcln.ver != PCLN_NONE && s->value < t->pcln.text && limit > t->pcln.text)
			limit = t->pcln.text;
		fn.end = s->size && s->size < limit - s->value ? s->value + s->size : limit;
		if (fn.end <= fn.entry) {
			i = next - 1;
			continue;
		}
		if (!strncmp(s->name, "_Z", 2)) {
			char *name = cxx_name(s->name);

			if (name) {
				if (!(t->ncxx & (t->ncxx + 1)))
					t->cxx = xrealloc(t->cxx, (t->ncxx + 1) * 2 * sizeof(*t->cxx));
				t->cxx[t->ncxx++] = name;
				fn.name = name;
				fn.mangled = s->name;
			}
		}
		add(t, cap, fn, NO_PCLN);
		i = next - 1;
	}
	free(c.v);
}

/* Both lists are sorted: merge them, the parallel array with them. */
static void merge(struct tgt *t)
{
	size_t na = t->nfn_go, n = t->nfn, i = 0, j = na;
	struct tgt_func *fn;
	uint32_t *pc;

	if (!na || na == n || t->fn[na - 1].entry < t->fn[na].entry)
		return;
	fn = xcalloc(n, sizeof(*fn));
	pc = xcalloc(n, sizeof(*pc));
	for (size_t k = 0; k < n; k++) {
		size_t *from = j >= n || (i < na && t->fn[i].entry < t->fn[j].entry) ? &i : &j;

		fn[k] = t->fn[*from];
		pc[k] = t->fn_pcln[*from];
		(*from)++;
	}
	free(t->fn);
	free(t->fn_pcln);
	t->fn = fn;
	t->fn_pcln = pc;
}

static void read_functions(struct tgt *t)
{
	size_t cap = 0;

	t->fn_read = true;
	if (t->pcln.ver != PCLN_NONE) {
		cap = t->pcln.nfunc;
		t->fn = xcalloc(cap, sizeof(*t->fn));
		t->fn_pcln = xcalloc(cap, sizeof(*t->fn_pcln));
		add_go(t, &cap);
	}
	add_symbols(t, &cap);
	merge(t);
}

size_t tgt_nfuncs(struct tgt *t)
{
	if (!t->fn_read)
		read_functions(t);
	return t->nfn;
}

const struct tgt_func *tgt_func(struct tgt *t, uint32_t i)
{
	return i < tgt_nfuncs(t) ? &t->fn[i] : NULL;
}

long tgt_func_at(struct tgt *t, uint64_t vaddr)
{
	size_t lo = 0, hi = tgt_nfuncs(t);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->fn[mid].entry <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && vaddr < t->fn[lo - 1].end ? (long)(lo - 1) : -1;
}
