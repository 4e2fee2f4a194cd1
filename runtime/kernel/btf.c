/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * btf.c - the kernel's BTF as types of the language (btf.h).
 *
 * libbpf checks the form of BTF when it loads it; what the types say of each
 * other is bounded here: depth, number of fields, and that what lies in a
 * struct ends inside of it.
 */
#include "gft/btf.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/type.h"
#include "runtime/kernel/session.h"

#define DEPTH_MAX  40
#define FIELDS_MAX 100000 /* of one struct and all that lies in it */
#define SIZE_MOST  0x40000000u
#define BTFS_MAX   254 /* vmlinux and modules: 8 bits of a handle */
#define ID_BITS	   24

static struct {
	struct btf *btf[BTFS_MAX];
	const char *module[BTFS_MAX];
	unsigned n;
	bool tried, modules;
	int error;
} all;

struct conv {
	struct arena *a;
	unsigned which; /* number in all.btf */
	const struct btf *btf;
	uint32_t fields; /* so far */
};

static const struct gft_type *convert(struct conv *c, uint32_t id, unsigned depth);

/* --- loading ------------------------------------------------------------------------------ */

static void drop_all(void)
{
	for (unsigned i = all.n; i; i--) {
		btf__free(all.btf[i - 1]);
		free((char *)all.module[i - 1]);
	}
	memset(&all, 0, sizeof(all));
}

int kernel_btf_use(const char *path)
{
	drop_all();
	if (!path)
		return 0;
	ks_log_start();
	all.btf[0] = btf__parse(path, NULL);
	all.tried = all.modules = true;
	all.error = all.btf[0] ? 0 : -errno;
	all.n = all.btf[0] != NULL;
	free(ks_log_take());
	return all.error;
}

const char *kernel_btf_path(void)
{
	const char *own = getenv("GFT_BTF"), *theirs = getenv("BPFTRACE_BTF");

	return own && *own ? own : theirs && *theirs ? theirs : NULL;
}

static bool vmlinux(void)
{
	if (!all.tried && kernel_btf_path()) {
		kernel_btf_use(kernel_btf_path());
	} else if (!all.tried) {
		all.tried = true;
		ks_log_start();
		all.btf[0] = btf__load_vmlinux_btf();
		all.error = all.btf[0] ? 0 : -errno;
		all.n = all.btf[0] != NULL;
		free(ks_log_take());
	}
	return all.n != 0;
}

static void modules(void)
{
	DIR *d = all.modules ? NULL : opendir("/sys/kernel/btf");

	all.modules = true;
	ks_log_start();
	for (struct dirent *e; d && (e = readdir(d)) && all.n < BTFS_MAX;) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "vmlinux"))
			continue;
		all.btf[all.n] = btf__load_module_btf(e->d_name, all.btf[0]);
		if (!all.btf[all.n])
			continue;
		all.module[all.n] = xstrdup(e->d_name);
		all.n++;
	}
	if (d)
		closedir(d);
	free(ks_log_take());
}

const struct btf *ks_vmlinux_btf(void)
{
	return vmlinux() ? all.btf[0] : NULL;
}

unsigned ks_btfs(struct btf *const **v)
{
	if (vmlinux() && !all.modules)
		modules();
	*v = all.btf;
	return all.n;
}

/* The type of that name and kind: in vmlinux, else in a module. */
static uint32_t find(struct conv *c, const char *name, uint32_t kind)
{
	if (!vmlinux())
		return 0;
	for (unsigned i = 0; i < all.n; i++) {
		int id = btf__find_by_name_kind(all.btf[i], name, kind); /* a module's has vmlinux's in it */

		if (id > 0) {
			c->which = i;
			c->btf = all.btf[i];
			return (uint32_t)id;
		}
		if (i + 1 == all.n)
			modules();
	}
	return 0;
}

static void no_btf(char *err, size_t err_sz, const char *otherwise)
{
	if (vmlinux())
		snprintf(err, err_sz, "%s", otherwise);
	else
		snprintf(err, err_sz, "the kernel's types are not known: %s cannot be read (%s)",
			 kernel_btf_path() ? kernel_btf_path() : "/sys/kernel/btf/vmlinux",
			 all.error == -ESRCH ? "not there" : strerror(-all.error));
}

/* --- types ---------------------------------------------------------------------------------- */

static const char *name_of(const struct conv *c, uint32_t off)
{
	const char *s = off ? btf__name_by_offset(c->btf, off) : NULL;

	return s && *s ? s : NULL;
}

static const struct btf_type *type_at(const struct conv *c, uint32_t id)
{
	return id ? btf__type_by_id(c->btf, id) : NULL;
}

/* Behind const, volatile, typedefs and tags. */
static const struct btf_type *bare(const struct conv *c, uint32_t *id, bool *user)
{
	const struct btf_type *t = type_at(c, *id);

	for (unsigned i = 0; t && i < DEPTH_MAX; i++) {
		switch (btf_kind(t)) {
		case BTF_KIND_TYPE_TAG:
			if (user && name_of(c, t->name_off) && !strcmp(name_of(c, t->name_off), "user"))
				*user = true;
			/* fallthrough */
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPEDEF:
			*id = t->type;
			t = type_at(c, *id);
			break;
		default: return t;
		}
	}
	return NULL;
}

static const struct gft_type *record(struct conv *c, const struct btf_type *t, uint32_t id)
{
	struct gft_type *n = ty_new(c->a, TY_STRUCT);
	bool is_union = btf_is_union(t);
	const char *name = name_of(c, t->name_off);

	if (btf_kind(t) == BTF_KIND_FWD)
		is_union = btf_kflag(t);
	n->name = name ? arena_printf(c->a, "%s %s", is_union ? "union" : "struct", name) : NULL;
	n->align = 8;
	n->lazy = TY_LAZY_NAME;
	if (btf_kind(t) != BTF_KIND_FWD && t->size <= SIZE_MOST) {
		n->size = t->size;
		n->lazy = c->which << ID_BITS | id;
	}
	return n;
}

static const struct gft_type *integer(struct conv *c, const struct btf_type *t)
{
	const char *name = name_of(c, t->name_off);
	uint32_t n = t->size;

	if (btf_int_encoding(t) & BTF_INT_BOOL && n == 1)
		return &ty_bool;
	if (n == 1 || n == 2 || n == 4 || n == 8)
		return ty_int(n, (btf_int_encoding(t) & BTF_INT_SIGNED) || (name && !strcmp(name, "char")));
	return ty_array(c->a, &ty_u8, n <= 64 ? n : 0);
}

static const struct gft_type *enumeration(struct conv *c, const struct btf_type *t)
{
	struct gft_type *n = ty_new(c->a, TY_INT);
	struct ty_enum_val *v = ARENA_ARRAY(c->a, struct ty_enum_val, btf_vlen(t) + 1u);

	if (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8)
		return &ty_i32;
	for (uint16_t i = 0; i < btf_vlen(t); i++) {
		const char *name;

		if (btf_is_enum64(t)) {
			name = name_of(c, btf_enum64(t)[i].name_off);
			v[i].val = (int64_t)btf_enum64_value(&btf_enum64(t)[i]);
		} else {
			name = name_of(c, btf_enum(t)[i].name_off);
			v[i].val = btf_kflag(t) ? btf_enum(t)[i].val : (int64_t)(uint32_t)btf_enum(t)[i].val;
		}
		v[i].name = name ? name : "";
	}
	n->size = n->align = t->size;
	n->is_signed = btf_kflag(t);
	n->display = TD_ENUM;
	n->name = name_of(c, t->name_off);
	n->enum_vals = v;
	n->nenum_vals = btf_vlen(t);
	return n;
}

static const struct gft_type *array(struct conv *c, const struct btf_type *t, unsigned depth)
{
	uint32_t id = btf_array(t)->type, n = btf_array(t)->nelems;
	const struct btf_type *of = bare(c, &id, NULL);
	const struct gft_type *e = convert(c, id, depth + 1);
	const char *name = of ? name_of(c, of->name_off) : NULL;

	if (e->kind == TY_VOID || (e->size && n > SIZE_MOST / e->size))
		return &ty_void;
	if (of && btf_is_int(of) && of->size == 1 && name && !strcmp(name, "char") && n)
		return ty_string(c->a, n);
	return ty_array(c->a, e, n);
}

static const struct gft_type *convert(struct conv *c, uint32_t id, unsigned depth)
{
	const struct btf_type *t = bare(c, &id, NULL);
	const struct gft_type *e;
	bool user = false;

	if (!t || depth > DEPTH_MAX)
		return &ty_void;
	switch (btf_kind(t)) {
	case BTF_KIND_INT: return integer(c, t);
	case BTF_KIND_FLOAT:
		if (t->size == 4 || t->size == 8) {
			struct gft_type *n = ty_new(c->a, TY_FLOAT);

			n->size = n->align = t->size;
			return n;
		}
		return &ty_void;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: return enumeration(c, t);
	case BTF_KIND_PTR:
		id = t->type;
		bare(c, &id, &user);
		e = convert(c, t->type, depth + 1);
		return ty_ptr(c->a, e, user ? TS_USER : TS_BPF);
	case BTF_KIND_ARRAY: return array(c, t, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_FWD: return record(c, t, id);
	default: return &ty_void;
	}
}

/* --- fields ----------------------------------------------------------------------------------- */

struct members {
	struct ty_field *v;
	uint32_t n, cap;
};

/* Fields of a record that lies base bits into one of size bytes; those without a name are looked into. */
static void members(struct conv *c, struct members *m, const struct btf_type *t, uint64_t base, uint32_t size,
		    unsigned depth)
{
	for (uint16_t i = 0; i < btf_vlen(t) && c->fields < FIELDS_MAX; i++) {
		const struct btf_member *bm = &btf_members(t)[i];
		uint64_t off = base + btf_member_bit_offset(t, i);
		uint32_t bits = btf_member_bitfield_size(t, i), id = bm->type;
		const struct btf_type *of = bare(c, &id, NULL);
		struct ty_field f = { .name = name_of(c, bm->name_off) };

		if (!of)
			continue;
		if (!f.name) {
			if (btf_is_composite(of) && depth < DEPTH_MAX)
				members(c, m, of, off, size, depth + 1);
			continue;
		}
		c->fields++;
		f.type = convert(c, bm->type, depth + 1);
		/* before kflag the width of a bitfield stood in its type */
		if (!btf_kflag(t) && btf_is_int(of) && btf_int_bits(of) != of->size * 8) {
			bits = btf_int_bits(of);
			off += btf_int_offset(of);
		}
		if (bits) {
			if (!ty_bitfield(c->a, &f, off, bits, size))
				continue;
		} else {
			if (off / 8 + f.type->size > size || f.type->kind == TY_VOID)
				continue;
			f.off = (uint32_t)(off / 8);
		}
		ARENA_PUSH(c->a, m->v, m->n, m->cap, f);
	}
}

static bool fill(struct conv *c, struct gft_type *t, unsigned depth);

/* What lies in a struct must be known before the struct can be printed or read as a whole. */
static void fill_inside(struct conv *c, const struct gft_type *t, unsigned depth)
{
	while (t->kind == TY_ARRAY)
		t = t->elem;
	if (t->kind == TY_STRUCT && t->lazy && t->lazy != TY_LAZY_NAME)
		fill(c, (struct gft_type *)(uintptr_t)t, depth + 1);
}

static bool fill(struct conv *c, struct gft_type *t, unsigned depth)
{
	uint32_t id = t->lazy & ((1u << ID_BITS) - 1);
	const struct btf_type *bt;
	struct members m = { 0 };

	c->which = t->lazy >> ID_BITS;
	if (c->which >= all.n || depth > DEPTH_MAX)
		return false;
	c->btf = all.btf[c->which];
	bt = type_at(c, id);
	if (!bt || !btf_is_composite(bt))
		return false;
	members(c, &m, bt, 0, t->size, 0);
	t->fields = m.v;
	t->nfields = m.n;
	t->lazy = 0;
	for (uint32_t i = 0; i < m.n; i++)
		fill_inside(c, m.v[i].type, depth);
	return true;
}

bool kernel_btf_fill(struct arena *a, struct gft_type *t)
{
	struct conv c = { .a = a };

	if (!t->lazy)
		return true;
	return t->lazy != TY_LAZY_NAME && vmlinux() && fill(&c, t, 0);
}

/* --- by name ------------------------------------------------------------------------------------ */

static uint32_t find_tag(struct conv *c, char tag, const char *name)
{
	uint32_t id;

	switch (tag) {
	case 's': return find(c, name, BTF_KIND_STRUCT);
	case 'u': return find(c, name, BTF_KIND_UNION);
	case 'e': id = find(c, name, BTF_KIND_ENUM); return id ? id : find(c, name, BTF_KIND_ENUM64);
	default: return find(c, name, BTF_KIND_TYPEDEF);
	}
}

const struct gft_type *kernel_btf_type(struct arena *a, char tag, const char *name, char *err, size_t err_sz)
{
	struct conv c = { .a = a };
	uint32_t id = find_tag(&c, tag, name);

	if (id)
		return convert(&c, id, 0);
	no_btf(err, err_sz, "neither the script nor the running kernel defines it");
	return NULL;
}

/* A typedef of a number: "typedef unsigned int u32;" */
static bool number_stub(const struct conv *c, const struct btf_type *t, const char *name, struct buf *out)
{
	static const char *const words[] = { [1] = "char", [2] = "short", [4] = "int", [8] = "long" };
	const char *own = name_of(c, t->name_off);
	uint8_t how = btf_int_encoding(t);

	if (t->size > 8 || !words[t->size])
		return false;
	if (how & BTF_INT_BOOL && t->size == 1)
		buf_printf(out, "typedef _Bool %s;\n", name);
	else if (own && !strcmp(own, "char"))
		buf_printf(out, "typedef char %s;\n", name);
	else
		buf_printf(out, "typedef %ssigned %s %s;\n", how & BTF_INT_SIGNED ? "" : "un", words[t->size], name);
	return true;
}

bool kernel_btf_stub(char tag, const char *name, struct buf *out)
{
	struct conv c = { 0 };
	uint32_t id = find_tag(&c, tag, name);
	const struct btf_type *t = id ? bare(&c, &id, NULL) : NULL;
	int64_t size;
	int align;

	if (!t || btf_is_fwd(t) || btf_kind(t) == BTF_KIND_FUNC || btf_is_func_proto(t))
		return false;
	if (tag == 'e') {
		/* the compiler gives it the size of what it holds */
		buf_printf(out, "enum %s { gft_kernel_e_%s%s }%s;\n", name, name, t->size == 8 ? " = 1UL << 32" : "",
			   t->size == 1 ? " __attribute__((packed))" : "");
		return true;
	}
	if (btf_is_int(t) && number_stub(&c, t, name, out))
		return true;
	size = btf__resolve_size(c.btf, id);
	align = btf__align_of(c.btf, id);
	if (size < 0 || size > SIZE_MOST)
		return false;
	if (tag == 't')
		buf_puts(out, "typedef struct");
	else
		buf_printf(out, "%s %s", tag == 'u' ? "union" : "struct", name);
	buf_printf(out, " { unsigned char gft_kernel_%c_%s[%lld] __attribute__((aligned(%d))); }%s%s;\n", tag, name,
		   (long long)size, align > 0 ? align : 1, tag == 't' ? " " : "", tag == 't' ? name : "");
	return true;
}

const char *kernel_btf_whose(void)
{
	static char whose[sizeof(struct utsname) + 4096];
	const char *path = kernel_btf_path();
	struct utsname u;

	if (path)
		vmlinux();
	if (all.tried ? !all.n : access("/sys/kernel/btf/vmlinux", R_OK) != 0)
		return NULL;
	if (uname(&u))
		return NULL;
	snprintf(whose, sizeof(whose), "%s %s %s", u.release, u.version, path ? path : "");
	return whose;
}

/* Whether an enum has a constant of this name. */
static bool has_constant(const struct conv *c, const struct btf_type *t, const char *name)
{
	for (uint16_t i = 0; i < btf_vlen(t); i++) {
		const char *s = name_of(c, btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off);

		if (s && !strcmp(s, name))
			return true;
	}
	return false;
}

const struct gft_type *kernel_btf_constant(struct arena *a, const char *name)
{
	struct conv c = { .a = a };
	uint32_t id = 1;

	if (!vmlinux())
		return NULL;
	for (c.which = 0; c.which < all.n; c.which++) {
		c.btf = all.btf[c.which];
		/* a module's has vmlinux's in front */
		for (; id < btf__type_cnt(c.btf); id++) {
			const struct btf_type *t = type_at(&c, id);

			if (t && btf_is_any_enum(t) && has_constant(&c, t, name))
				return convert(&c, id, 0);
		}
		if (c.which + 1 == all.n)
			modules();
		id = btf__type_cnt(all.btf[0]);
	}
	return NULL;
}

/* The function's type behind a FUNC, or behind a typedef of a pointer. */
static const struct btf_type *prototype(struct conv *c, uint32_t id)
{
	const struct btf_type *t = type_at(c, id);

	for (int i = 0; t && i < 4; i++) {
		if (btf_is_func_proto(t))
			return t;
		t = type_at(c, t->type);
	}
	return NULL;
}

static const struct gft_type *args_of(struct conv *c, const struct btf_type *proto, uint16_t skip, bool with_result)
{
	struct gft_type *t = ty_new(c->a, TY_STRUCT);
	struct ty_field *f = ARENA_ARRAY(c->a, struct ty_field, btf_vlen(proto) + 2u);
	uint16_t n = btf_vlen(proto);

	t->space = TS_CTX;
	t->ptr_space = TS_KERNEL;
	t->count = 1;
	t->align = 8;
	t->fields = f;
	for (uint16_t i = skip; i < n; i++) {
		const struct btf_param *p = &btf_params(proto)[i];
		const char *name = name_of(c, p->name_off);
		const struct gft_type *pt = convert(c, p->type, 0);

		/* a struct by value, and what comes behind one, is not a word each; type 0 is "..." */
		if (!ty_is_scalar(pt) || !p->type)
			break;
		f[t->nfields].name = name ? name : arena_printf(c->a, "arg%u", (unsigned)(i - skip));
		f[t->nfields].type = pt;
		f[t->nfields++].off = 8u * (uint32_t)(i - skip);
	}
	t->size = 8u * (uint32_t)(n - skip);
	if (with_result && proto->type) {
		const struct gft_type *rt = convert(c, proto->type, 0);

		if (ty_is_scalar(rt)) {
			f[t->nfields].name = "retval";
			f[t->nfields].type = rt;
			f[t->nfields++].off = t->size;
			t->size += 8;
		}
	}
	return t;
}

const struct gft_type *kernel_btf_args(struct arena *a, const char *kind, const char *name, char *err, size_t err_sz)
{
	/* functions that the kernel's macros make for each tracepoint: these have the arguments' names */
	static const char *const made[] = { "__traceiter_%s", "__probestub_%s", "__bpf_trace_%s" };
	struct conv c = { .a = a };
	const struct btf_type *proto;
	uint32_t id = 0;

	if (strcmp(kind, "rawtracepoint") != 0) {
		id = find(&c, name, BTF_KIND_FUNC);
		proto = id ? prototype(&c, id) : NULL;
		if (proto)
			return args_of(&c, proto, 0, true);
		no_btf(err, err_sz, "the kernel's BTF has no such function");
		return NULL;
	}
	/* __bpf_trace_ is named after a class of events, which may be called as one of them */
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]) && !id; i++) {
		char *s = arena_printf(a, made[i], name);

		id = find(&c, s, BTF_KIND_FUNC);
	}
	if (!id)
		id = find(&c, arena_printf(a, "btf_trace_%s", name), BTF_KIND_TYPEDEF);
	proto = id ? prototype(&c, id) : NULL;
	if (proto && btf_vlen(proto))
		return args_of(&c, proto, 1, false);
	no_btf(err, err_sz, "the kernel's BTF has no such raw tracepoint");
	return NULL;
}
