/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cdefs.c - the C of a script as types (ctypes.h).
 *
 * The C parser gets the pieces of C in the script, one behind the other; a
 * place in them is translated back to the script.  What the parser finds is
 * cached under the text and its options, with the identity of every
 * file that was read; a script that is run again does not load libclang.
 */
#include "codegen/cdefs.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "codegen/cache.h"
#include "codegen/cdefs_kernel.h"
#include "codegen/kernel_headers.h"
#include "codegen/lib.h"
#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/clang.h"
#include "gft/diag.h"
#include "gft/type.h"
#include "parser/ast.h"

#ifndef GFT_VERSION
#define GFT_VERSION "0"
#endif

#define LIB_NAME  "libgft-ctypes.so"
#define WORDS_MAX 20000
#define TRIES_MAX 8 /* to read the C: each may show more types that are the kernel's */

/* --- tables to types ------------------------------------------------------------------ */

struct named {
	const char *name;
	uint8_t kind;
	const struct gft_type *type;
	struct cdefs_const num;
	struct cdefs_func func;
};

struct cdefs {
	struct arena *a;
	struct gft_type *types;
	struct named *names;
	uint32_t ntypes, nnames;
	const char **files;
	size_t nfiles, cfiles;
	const char **quote, **dirs;
	size_t nquote, cquote, ndirs, cdirs;
};

struct tables {
	const struct ctypes_head *h;
	const struct ctypes_type *types;
	const struct ctypes_field *fields;
	const struct ctypes_value *values;
	const struct ctypes_name *names;
	const char *str;
};

static bool view(const void *data, size_t len, struct tables *t)
{
	const char *p = data;
	uint64_t need = sizeof(*t->h);

	t->h = data;
	if (len < need || t->h->magic != CTYPES_MAGIC || !t->h->ntypes || !t->h->nstr)
		return false;
	p += sizeof(*t->h);
	t->types = (const void *)p;
	p += (size_t)t->h->ntypes * sizeof(*t->types);
	t->fields = (const void *)p;
	p += (size_t)t->h->nfields * sizeof(*t->fields);
	t->values = (const void *)p;
	p += (size_t)t->h->nvalues * sizeof(*t->values);
	t->names = (const void *)p;
	p += (size_t)t->h->nnames * sizeof(*t->names);
	t->str = p;
	need += (uint64_t)t->h->ntypes * sizeof(*t->types) + (uint64_t)t->h->nfields * sizeof(*t->fields) +
		(uint64_t)t->h->nvalues * sizeof(*t->values) + (uint64_t)t->h->nnames * sizeof(*t->names) + t->h->nstr;
	return need == len && !t->str[t->h->nstr - 1];
}

static bool in_range(uint64_t first, uint64_t count, uint32_t n)
{
	return first <= n && count <= n - first;
}

/* Whether every number in the tables leads somewhere. */
static bool sound(const struct tables *t)
{
	const struct ctypes_head *h = t->h;

	for (uint32_t i = 0; i < h->ntypes; i++) {
		const struct ctypes_type *ct = &t->types[i];

		if (ct->name >= h->nstr || ct->elem >= h->ntypes || ct->size > 0x40000000 || ct->align > 64)
			return false;
		/* an array's element is known before it */
		if (ct->kind == CT_ARRAY && (ct->elem >= i || ct->count > 0x40000000))
			return false;
		if ((ct->kind == CT_STRUCT || ct->kind == CT_UNION) && !in_range(ct->first, ct->count, h->nfields))
			return false;
		if (ct->kind == CT_ENUM && !in_range(ct->first, ct->count, h->nvalues))
			return false;
	}
	for (uint32_t i = 0; i < h->nfields; i++)
		if (t->fields[i].name >= h->nstr || t->fields[i].type >= h->ntypes || t->fields[i].bits > 64 ||
		    t->fields[i].bit_off > 8ULL * 0x40000000)
			return false;
	for (uint32_t i = 0; i < h->nvalues; i++)
		if (t->values[i].name >= h->nstr)
			return false;
	for (uint32_t i = 0; i < h->nnames; i++) {
		const struct ctypes_name *n = &t->names[i];

		if (n->kind > CN_FUNC || n->name >= h->nstr || n->str >= h->nstr || n->type >= h->ntypes ||
		    (n->kind == CN_FUNC && !in_range(n->first, n->count, h->nfields)))
			return false;
	}
	return true;
}

static const char *name_of(struct arena *a, const struct tables *t, uint32_t off)
{
	return off ? arena_strdup(a, t->str + off) : NULL;
}

static void fields_of(struct cdefs *c, const struct tables *t, const struct ctypes_type *ct, struct gft_type *out)
{
	struct ty_field *f = ARENA_ARRAY(c->a, struct ty_field, (uint32_t)ct->count + 1);

	out->fields = f;
	out->nfields = 0;
	for (uint64_t i = 0; i < ct->count; i++) {
		const struct ctypes_field *cf = &t->fields[ct->first + i];
		struct ty_field *o = &f[out->nfields];

		o->name = name_of(c->a, t, cf->name);
		o->type = &c->types[cf->type];
		if (!o->name || o->type->kind == TY_VOID)
			continue;
		if (cf->bits) {
			if (!ty_bitfield(c->a, o, cf->bit_off, cf->bits, out->size))
				continue;
		} else {
			o->off = (uint32_t)(cf->bit_off / 8);
			if ((uint64_t)o->off + o->type->size > out->size)
				continue;
		}
		out->nfields++;
	}
}

static void enum_of(struct cdefs *c, const struct tables *t, const struct ctypes_type *ct, struct gft_type *out)
{
	struct ty_enum_val *v = ARENA_ARRAY(c->a, struct ty_enum_val, (uint32_t)ct->count + 1);

	for (uint64_t i = 0; i < ct->count; i++)
		v[i] = (struct ty_enum_val){ t->str + t->values[ct->first + i].name, t->values[ct->first + i].val };
	for (uint64_t i = 0; i < ct->count; i++)
		v[i].name = arena_strdup(c->a, v[i].name);
	out->display = TD_ENUM;
	out->enum_vals = v;
	out->nenum_vals = (uint32_t)ct->count;
}

/* Everything but what refers to other types' sizes. */
static void one_type(struct cdefs *c, const struct tables *t, uint32_t i)
{
	const struct ctypes_type *ct = &t->types[i];
	struct gft_type *out = &c->types[i];

	out->size = (uint32_t)ct->size;
	out->align = ct->align && ct->align <= 8 ? ct->align : ct->align ? 8 : 1;
	out->is_signed = ct->is_signed;
	switch (ct->kind) {
	case CT_BOOL: out->kind = TY_BOOL; break;
	case CT_CHAR:
	case CT_INT:
		out->kind = TY_INT;
		if (ct->size != 1 && ct->size != 2 && ct->size != 4 && ct->size != 8)
			*out = ty_void;
		break;
	case CT_ENUM:
		out->kind = TY_INT;
		out->name = name_of(c->a, t, ct->name);
		enum_of(c, t, ct, out);
		if (ct->size != 1 && ct->size != 2 && ct->size != 4 && ct->size != 8)
			*out = ty_i32;
		break;
	case CT_FLOAT: out->kind = TY_FLOAT; break;
	case CT_PTR:
		out->kind = TY_PTR;
		out->size = out->align = 8;
		out->elem = &c->types[ct->elem];
		break;
	case CT_ARRAY:
		if (t->types[ct->elem].kind == CT_CHAR && ct->count) {
			out->kind = TY_STRING;
			break;
		}
		out->kind = TY_ARRAY;
		out->elem = &c->types[ct->elem];
		out->count = (uint32_t)ct->count;
		break;
	case CT_STRUCT:
	case CT_UNION:
		out->kind = TY_STRUCT;
		out->name = ct->name ? arena_printf(c->a, "%s %s", ct->kind == CT_UNION ? "union" : "struct",
						    t->str + ct->name)
				     : NULL;
		out->lazy = ct->incomplete ? TY_LAZY_NAME : 0;
		break;
	default: *out = ty_void; break;
	}
}

struct cdefs *cdefs_open(struct arena *a, const void *data, size_t len)
{
	struct cdefs *c = ARENA_NEW(a, struct cdefs);
	struct tables t;

	if (!view(data, len, &t) || !sound(&t))
		return NULL;
	c->a = a;
	c->types = ARENA_ARRAY(a, struct gft_type, t.h->ntypes);
	c->ntypes = t.h->ntypes;
	for (uint32_t i = 0; i < t.h->ntypes; i++)
		one_type(c, &t, i);
	for (uint32_t i = 0; i < t.h->ntypes; i++)
		if (c->types[i].kind == TY_STRUCT && !c->types[i].lazy)
			fields_of(c, &t, &t.types[i], &c->types[i]);
	c->names = ARENA_ARRAY(a, struct named, t.h->nnames + 1);
	c->nnames = t.h->nnames;
	for (uint32_t i = 0; i < t.h->nnames; i++) {
		const struct ctypes_name *n = &t.names[i];
		struct named *o = &c->names[i];

		o->name = arena_strdup(a, t.str + n->name);
		o->kind = n->kind;
		o->type = &c->types[n->type];
		o->num = (struct cdefs_const){ n->val, n->is_unsigned, n->in_text, NULL,
					       n->kind == CN_INT && n->type ? o->type : NULL };
		if (n->kind == CN_STRING)
			o->num.str = n->str ? arena_strdup(a, t.str + n->str) : "";
		if (n->kind == CN_FUNC) {
			o->func = (struct cdefs_func){ o->name, o->type, NULL, n->count };
			o->func.params = ARENA_ARRAY(a, const struct gft_type *, n->count + 1);
			for (uint32_t k = 0; k < n->count; k++)
				o->func.params[k] = &c->types[t.fields[n->first + k].type];
		}
	}
	return c;
}

static const struct named *find(const struct cdefs *c, const char *name, unsigned kinds)
{
	/* the last one counts: a macro hides an enum's value */
	for (uint32_t i = c ? c->nnames : 0; i; i--)
		if (kinds & (1u << c->names[i - 1].kind) && !strcmp(c->names[i - 1].name, name))
			return &c->names[i - 1];
	return NULL;
}

static const struct named *find_tag(const struct cdefs *c, char tag, const char *name)
{
	return find(c, name,
		    1u << (tag == 's'	? CN_STRUCT
			   : tag == 'u' ? CN_UNION
			   : tag == 'e' ? CN_ENUM
					: CN_TYPEDEF));
}

const struct gft_type *cdefs_type(const struct cdefs *c, char tag, const char *name)
{
	const struct named *n = find_tag(c, tag, name);

	return n ? n->type : NULL;
}

const struct gft_type *cdefs_own_type(const struct cdefs *c, char tag, const char *name)
{
	const struct named *n = find_tag(c, tag, name);

	return n && n->num.in_text ? n->type : NULL;
}

const struct cdefs_const *cdefs_const(const struct cdefs *c, const char *name)
{
	const struct named *n = find(c, name, 1u << CN_INT | 1u << CN_STRING);

	return n ? &n->num : NULL;
}

const struct cdefs_func *cdefs_func(const struct cdefs *c, const char *name)
{
	const struct named *n = find(c, name, 1u << CN_FUNC);

	return n ? &n->func : NULL;
}

size_t cdefs_names(const struct cdefs *c, int kind, const char **names, size_t max)
{
	size_t k = 0;

	for (uint32_t i = 0; c && i < c->nnames && k < max; i++)
		if (c->names[i].kind == kind)
			names[k++] = c->names[i].name;
	return k;
}

/* --- the text ----------------------------------------------------------------------------- */

/* What the script's C may use without an #include; the same in bpf-templates/script.h.  The kernel's own differ. */
static const char prelude[] =
	"typedef signed char __s8; typedef short __s16; typedef int __s32; typedef long long __s64; "
	"typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32; "
	"typedef unsigned long long __u64; typedef signed char int8_t; typedef short int16_t; typedef int int32_t; "
	"typedef unsigned char uint8_t; typedef unsigned short uint16_t; typedef unsigned int uint32_t; "
	"typedef unsigned long uintptr_t;\n"
	"#ifdef __KERNEL__\n"
	"typedef __s64 int64_t; typedef __u64 uint64_t;\n"
	"#else\n"
	"typedef long int64_t; typedef unsigned long uint64_t;\n"
	"#endif\n"
	"typedef __SIZE_TYPE__ size_t; typedef long ssize_t; typedef int pid_t; typedef _Bool bool;\n";

/* Where a piece of the script's C stands in the unit. */
struct part {
	const struct source *src;
	uint32_t begin, len; /* in the source */
	size_t at;
};

struct unit {
	struct ast *ast;
	struct buf text;
	struct part *parts;
	size_t nparts, cparts;
	const char **words;
	size_t nwords, cwords;
	const char **args;
	size_t nargs, cargs;
	struct kernel_headers headers; /* nargs 0: there are none */
};

static bool is_c(const struct ast *ast, uint16_t source, uint32_t pos, uint32_t *end)
{
	for (const struct c_text *c = ast->c_texts; c; c = c->next)
		if (c->loc.source == source && pos >= c->loc.begin && pos < c->loc.end) {
			*end = c->loc.end;
			return true;
		}
	return false;
}

static void add_text(struct unit *u, const struct source *src, const struct c_text *c)
{
	uint32_t brackets = c->is_code ? 2 : 0; /* %{ and %} */
	struct part p = { src, c->loc.begin + brackets, c->loc.end - c->loc.begin - 2 * brackets, u->text.len };

	ARENA_PUSH(u->ast->arena, u->parts, u->nparts, u->cparts, p);
	buf_add(&u->text, src->text + p.begin, p.len);
	/* "struct x { ... }" may go without its ';' */
	buf_puts(&u->text, !c->is_code && c->text[0] != '#' && src->text[c->loc.end - 1] != ';' ? ";\n" : "\n");
}

/* Every word of the script outside of its C. */
static void add_words(struct unit *u)
{
	const struct source *s;
	size_t n = 0;

	for (uint16_t i = 0; (s = diag_source(u->ast->diag, i)); i++)
		for (uint32_t p = 0; p < s->len; p++) {
			uint32_t end = p;

			if (is_c(u->ast, i, p, &end)) {
				p = end - 1;
				continue;
			}
			if (!isalpha((unsigned char)s->text[p]) && s->text[p] != '_')
				continue;
			while (isalnum((unsigned char)s->text[end]) || s->text[end] == '_')
				end++;
			if (u->nwords < WORDS_MAX && end - p < 256)
				ARENA_PUSH(u->ast->arena, u->words, u->nwords, u->cwords,
					   arena_strndup(u->ast->arena, s->text + p, end - p));
			p = end - 1;
		}
	if (!u->nwords)
		return;
	qsort(u->words, u->nwords, sizeof(*u->words), cmp_names);
	for (size_t i = 0; i < u->nwords; i++)
		if (!i || strcmp(u->words[i], u->words[n - 1]) != 0)
			u->words[n++] = u->words[i];
	u->nwords = n;
}

static void add_arg(struct unit *u, const char *a, const char *b)
{
	ARENA_PUSH(u->ast->arena, u->args, u->nargs, u->cargs, a);
	if (b)
		ARENA_PUSH(u->ast->arena, u->args, u->nargs, u->cargs, b);
}

static void make_unit(struct unit *u, const struct cdefs_opts *o)
{
	struct arena *a = u->ast->arena;
	uint32_t done[64] = { 0 }, n = 0;

	u->ast->have_btf = o->kernel != NULL;
	kernel_headers_find(u->ast->arena, &u->headers);
	if (o->kernel)
		add_arg(u, "-DBPFTRACE_HAVE_BTF=1", NULL);
	buf_puts(&u->text, prelude);
	for (const struct c_text *c = u->ast->c_texts; c; c = c->next) {
		const struct source *src = diag_source(u->ast->diag, c->loc.source);
		bool seen = false;

		if (!src)
			continue;
		add_text(u, src, c);
		for (uint32_t i = 0; i < n; i++)
			seen |= done[i] == c->loc.source;
		if (seen || n == 64)
			continue;
		done[n++] = c->loc.source;
		/* "file.h" lies beside the script */
		const char *slash = strrchr(src->name, '/');

		add_arg(u, "-iquote", slash ? arena_strndup(a, src->name, (size_t)(slash - src->name) + 1) : ".");
	}
	for (size_t i = 0; i < o->ndirs; i++)
		add_arg(u, arena_printf(a, "-I%s", o->dirs[i]), NULL);
	for (size_t i = 0; i < o->nincludes; i++)
		add_arg(u, "-include", o->includes[i]);
	for (const struct c_header *h = u->ast->c_headers; h; h = h->next)
		add_arg(u, "-include", h->path);
	add_words(u);
}

/* --- the cache ------------------------------------------------------------------------------ */

/* In front of the tables: what was read, as it was then. */
struct dep {
	uint64_t size, mtime, mtime_ns, ctime, ctime_ns, ino;
	uint32_t name_len, pad; /* the name follows, with a NUL, filled to 8 bytes */
};

static bool dep_of(const char *path, struct dep *d)
{
	struct stat st;

	memset(d, 0, sizeof(*d));
	d->name_len = (uint32_t)strlen(path) + 1;
	if (stat(path, &st))
		return false;
	d->size = (uint64_t)st.st_size;
	d->mtime = (uint64_t)st.st_mtim.tv_sec;
	d->mtime_ns = (uint64_t)st.st_mtim.tv_nsec;
	d->ctime = (uint64_t)st.st_ctim.tv_sec;
	d->ctime_ns = (uint64_t)st.st_ctim.tv_nsec;
	d->ino = st.st_ino;
	return true;
}

static void add_dep(struct buf *b, const char *path)
{
	struct dep d;

	dep_of(path, &d);
	buf_add(b, (const char *)&d, sizeof(d));
	buf_add(b, path, d.name_len);
	while (b->len % 8)
		buf_putc(b, 0);
}

static void cache_store(struct cache *cache, const uint8_t key[SHA256_LEN], const struct ctypes_result *r,
			const struct cdefs_opts *o, const char *front)
{
	uint64_t len = front ? strlen(front) + 1 : 0;
	uint64_t n = r->nfiles + o->ndirs;
	struct buf b = BUF_INIT;

	if (!cache)
		return;
	buf_add(&b, (const char *)&n, sizeof(n));
	for (size_t i = 0; i < r->nfiles; i++)
		add_dep(&b, r->files[i]);
	for (size_t i = 0; i < o->ndirs; i++) /* a file that appears there may be another's */
		add_dep(&b, o->dirs[i]);
	buf_add(&b, (const char *)&len, sizeof(len));
	buf_add(&b, front ? front : "", len);
	while (b.len % 8)
		buf_putc(&b, 0);
	buf_add(&b, r->tables, r->len);
	cache_put(cache, key, b.data, b.len);
	buf_free(&b);
}

/*
 * The tables inside of what the cache has, if all files are as they were; their names are put into names, and what
 * stood in front of the C into *front.
 */
static const char *cache_open_entry(struct arena *a, const char *p, size_t len, size_t *left, struct cdefs *names,
				    const char **front)
{
	const char *end = p + len;
	uint64_t n;

	if (len < sizeof(n))
		return NULL;
	memcpy(&n, p, sizeof(n));
	p += sizeof(n);
	while (n--) {
		struct dep was, is;

		if ((size_t)(end - p) < sizeof(was))
			return NULL;
		memcpy(&was, p, sizeof(was));
		p += sizeof(was);
		if (!was.name_len || was.name_len > (size_t)(end - p) || p[was.name_len - 1])
			return NULL;
		dep_of(p, &is);
		if (memcmp(&was, &is, sizeof(was)) != 0)
			return NULL;
		ARENA_PUSH(a, names->files, names->nfiles, names->cfiles, arena_strdup(a, p));
		p += (was.name_len + 7) / 8 * 8;
		if (p > end)
			return NULL;
	}
	if ((size_t)(end - p) < sizeof(n))
		return NULL;
	memcpy(&n, p, sizeof(n));
	p += sizeof(n);
	if (n > (size_t)(end - p) || (n && p[n - 1]))
		return NULL;
	*front = n ? arena_strdup(a, p) : NULL;
	n = (n + 7) / 8 * 8;
	if (n > (size_t)(end - p))
		return NULL;
	p += n;
	*left = (size_t)(end - p);
	return p;
}

static void key_of(const struct unit *u, const struct cdefs_opts *o, const struct stat *lib, uint8_t key[SHA256_LEN])
{
	static const char *const clang[] = { "/usr/lib/x86_64-linux-gnu/libclang-14.so.13" };
	struct sha256 s;
	struct stat st;

	sha256_init(&s);
	sha256_add_part(&s, "gft C 4 " GFT_VERSION, sizeof("gft C 4 " GFT_VERSION));
	if (lib)
		sha256_add_file_id(&s, lib);
	if (!stat(clang[0], &st))
		sha256_add_file_id(&s, &st);
	if (o->kernel)
		sha256_add_part(&s, o->kernel, strlen(o->kernel));
	for (size_t i = 0; i < u->headers.nargs; i++)
		sha256_add_part(&s, u->headers.args[i], strlen(u->headers.args[i]));
	sha256_add_part(&s, u->text.data, u->text.len);
	for (size_t i = 0; i < u->nargs; i++)
		sha256_add_part(&s, u->args[i], strlen(u->args[i]));
	for (size_t i = 0; i < u->nwords; i++)
		sha256_add_part(&s, u->words[i], strlen(u->words[i]));
	sha256_end(&s, key);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A place in the unit's text as one in the script. */
static struct src_loc place_of(const struct unit *u, size_t off)
{
	struct src_loc loc = SRC_NOWHERE; /* of --include */

	for (size_t i = 0; i < u->nparts; i++) {
		const struct part *p = &u->parts[i];

		if (off < p->at || off > p->at + p->len)
			continue;
		loc.begin = p->begin + (uint32_t)(off - p->at);
		loc.end = loc.begin;
		loc.source = p->src->index;
		while (isalnum((unsigned char)p->src->text[loc.end]) || p->src->text[loc.end] == '_')
			loc.end++;
		if (loc.end == loc.begin && loc.end < p->src->len)
			loc.end++;
	}
	return loc;
}

/* Whether text names a header, behind one of these quotes, of folders where those of the kernel are. */
static bool names_kernels(const char *text, const char *quotes)
{
	static const char *const dirs[] = {
		"linux/",  "net/",	 "asm/", "asm-generic/", "uapi/", "trace/", "acpi/",
		"crypto/", "generated/", "kvm/", "rdma/",	 "scsi/", "sound/", "xen/"
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		for (const char *p = text; (p = strstr(p, dirs[i])); p++)
			if (p > text && strchr(quotes, p[-1]))
				return true;
	return false;
}

static bool of_kernel(const char *msg)
{
	return msg && strstr(msg, "file not found") && names_kernels(msg, "'");
}

/* Whether what was wrong with the C is, for one thing, that such a header was not found. */
static bool misses_kernels(const struct ctypes_result *r)
{
	for (size_t i = 0; i < r->ndiags; i++)
		if (of_kernel(r->diags[i].msg))
			return true;
	return false;
}

static bool includes_kernels(const struct unit *u, const struct cdefs_opts *o)
{
	for (const struct c_text *c = u->ast->c_texts; c; c = c->next)
		if (c->text[0] == '#' && strstr(c->text, "include") && names_kernels(c->text, "<\""))
			return true;
	for (size_t i = 0; i < o->nincludes; i++)
		if (names_kernels(arena_printf(u->ast->arena, "<%s", o->includes[i]), "<"))
			return true;
	return false;
}

static void tell(const struct unit *u, const struct ctypes_result *r)
{
	struct diag *d = u->ast->diag;

	for (size_t i = 0; i < r->ndiags; i++) {
		const struct ctypes_diag *c = &r->diags[i];
		struct src_loc loc = place_of(u, c->off);
		struct buf b = BUF_INIT;

		/* what is quoted comes from the script: no control characters of it */
		for (const char *p = c->msg ? c->msg : "?"; *p; p++)
			buf_putc(&b, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
		if (c->in_text || !c->file)
			diag_error(d, loc, "C: %s", buf_str(&b));
		else
			diag_error(d, loc, "C, at line %u of %s: %s", c->line, c->file, buf_str(&b));
		if (strstr(buf_str(&b), "invalid preprocessing directive"))
			diag_hint(d, "comments are // to the end of the line, and /* ... */");
		if (of_kernel(buf_str(&b)) && u->ast->have_btf)
			diag_hint(d,
				  "the kernel's types are known without its headers: leave it out (#ifndef "
				  "BPFTRACE_HAVE_BTF); %s",
				  u->headers.nargs
					  ? "-I DIR names a folder to look in"
					  : arena_printf(u->ast->arena,
							 "there are none in %s, and GFT_KERNEL_SOURCE names another "
							 "folder",
							 u->headers.source));
		else if (of_kernel(buf_str(&b)) && !u->headers.nargs)
			diag_hint(d,
				  "the kernel's headers are not in %s: install them (linux-headers), or name their "
				  "folder in GFT_KERNEL_SOURCE",
				  u->headers.source);
		else if (strstr(buf_str(&b), "file not found"))
			diag_hint(d, "-I DIR names a folder to look in; \"file.h\" is looked for beside the script");
		else if (strstr(buf_str(&b), "incomplete type") || strstr(buf_str(&b), "unknown type name"))
			diag_hint(d, "define it before, or #include the header that does; a pointer to it needs no "
				     "definition");
		buf_free(&b);
	}
}

static struct {
	void *handle; /* for ever: LLVM does not like to be unloaded */
	gft_ctypes_parse_fn parse;
	gft_ctypes_release_fn release;
} lib;

static bool load(const struct unit *u, const char *path)
{
	struct src_loc loc =
		u->ast->c_texts ? u->ast->c_texts->loc : (struct src_loc){ 0, 0, u->ast->source->index, 0 };

	if (lib.parse)
		return true;
	if (!path[0]) {
		diag_error(u->ast->diag, loc,
			   "C needs %s, which is neither beside gft nor in /usr/local/lib/gft or /usr/lib/gft",
			   LIB_NAME);
		diag_hint(u->ast->diag, "install it, or set GFT_CTYPES_LIB");
		return false;
	}
	if (!lib.handle)
		lib.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!lib.handle) {
		diag_error(u->ast->diag, loc, "the reader of C does not load: %s", dlerror());
		diag_hint(u->ast->diag, "is the package of libclang (libclang1) installed?");
		return false;
	}
	*(void **)&lib.release = dlsym(lib.handle, GFT_CTYPES_RELEASE);
	*(void **)&lib.parse = dlsym(lib.handle, GFT_CTYPES_PARSE);
	if (!lib.parse || !lib.release) {
		diag_error(u->ast->diag, loc, "%s is not gft's reader of C", path);
		lib.parse = NULL;
		return false;
	}
	return true;
}

/*
 * Reads the C, and again for as long as that shows more types that only the kernel knows; their stand-ins are put
 * into *front.  With its headers when h is not NULL.
 */
static int read_c(const struct unit *u, const struct kernel_headers *h, const struct resolver *res, const char **front,
		  struct ctypes_result *r)
{
	struct arena *a = u->ast->arena;
	const char **args = ARENA_ARRAY(a, const char *, u->nargs + (h ? h->nargs : 0) + 1);
	struct ctypes_job job = {
		.text = u->text.data, .len = u->text.len, .args = args, .words = u->words, .nwords = u->nwords
	};
	struct kernel_types k = { .res = res };
	int tries = 0, failed;

	for (size_t i = 0; h && i < h->nargs; i++)
		args[job.nargs++] = h->args[i];
	for (size_t i = 0; i < u->nargs; i++)
		args[job.nargs++] = u->args[i];
	*front = NULL;
	for (;;) {
		job.front = *front;
		job.front_len = *front ? strlen(*front) : 0;
		failed = lib.parse(&job, r);
		if (!failed || tries++ == TRIES_MAX || !cdefs_kernel_want(a, &k, r))
			break;
		*front = arena_strdup(a, buf_str(&k.text));
		lib.release(r);
	}
	buf_free(&k.text);
	return failed;
}

static struct cdefs *parse(const struct unit *u, struct cache *cache, const uint8_t key[SHA256_LEN], const char *path,
			   const struct cdefs_opts *o)
{
	const struct resolver *res = o->kernel ? o->res : NULL;
	struct cdefs *c = NULL;
	struct ctypes_result r, again;
	double t0 = lib_now_ms();
	const char *front;
	int failed;
	bool misses;

	if (!load(u, path))
		return NULL;
	failed = read_c(u, NULL, res, &u->ast->c_front, &r);
	misses = failed && misses_kernels(&r);
	/* headers of programs come first: who means the kernel's says so by what only they have, or has no BTF */
	if (u->headers.nargs && (misses || (!o->kernel && includes_kernels(u, o)))) {
		int worse = read_c(u, &u->headers, res, &front, &again);

		if (!worse || misses) {
			lib.release(&r);
			r = again;
			failed = worse;
			u->ast->c_front = front;
		} else {
			lib.release(&again);
		}
	}
	if (failed) {
		tell(u, &r);
	} else {
		c = cdefs_open(u->ast->arena, r.tables, r.len);
		for (size_t i = 0; c && i < r.nfiles; i++)
			ARENA_PUSH(u->ast->arena, c->files, c->nfiles, c->cfiles,
				   arena_strdup(u->ast->arena, r.files[i]));
		cache_store(cache, key, &r, o, u->ast->c_front);
		if (o->verbose)
			fprintf(stderr, "read %zu files of C in %.1f ms\n", r.nfiles + 1, lib_now_ms() - t0);
	}
	lib.release(&r);
	return c;
}

/* The BPF compiler cannot read the kernel's headers: functions in them have instructions of this processor. */
static void refuse_functions(const struct unit *u, const struct cdefs *c)
{
	const struct c_text *code = u->ast->c_texts;

	while (code && !code->is_code)
		code = code->next;
	for (size_t i = 0; code && u->headers.nargs && i < c->nfiles; i++)
		if (!strcmp(c->files[i], u->headers.first)) {
			diag_error(u->ast->diag, code->loc,
				   "C: functions cannot be beside an #include of the kernel's own headers, which hold "
				   "assembly of this processor");
			diag_hint(u->ast->diag, "leave the #include out: %s",
				  u->ast->have_btf ? "structs may have the kernel's types as they are"
						   : "define the struct with what is needed of it");
			return;
		}
}

const struct cdefs *cdefs_read(struct ast *ast, const struct cdefs_opts *o)
{
	struct unit u = { .ast = ast, .text = BUF_INIT };
	struct cdefs names = { 0 }, *c = NULL;
	struct cache *cache = NULL;
	uint8_t key[SHA256_LEN];
	char path[4096];
	struct stat st;
	bool found, spoiled = false;
	void *kept = NULL;
	size_t len = 0, left = 0;

	if (!o->nincludes && !ast->c_headers && !ast_has_c(ast))
		return NULL;
	make_unit(&u, o);
	found = lib_find(LIB_NAME, "GFT_CTYPES_LIB", path, sizeof(path), &st);
	if (!o->no_cache) {
		key_of(&u, o, found ? &st : NULL, key);
		cache = cache_open(o->cache_dir);
		kept = cache ? cache_get(cache, key, &len, &spoiled) : NULL;
		if (spoiled && o->verbose)
			fprintf(stderr, "the C definitions in the cache are damaged or not ours: reading anew\n");
	}
	if (kept) {
		const char *front = NULL;
		const char *tables = cache_open_entry(ast->arena, kept, len, &left, &names, &front);

		c = tables ? cdefs_open(ast->arena, tables, left) : NULL;
		if (c) {
			c->files = names.files;
			c->nfiles = names.nfiles;
			ast->c_front = front;
		}
		if (c && o->verbose)
			fprintf(stderr, "C definitions from the cache\n");
		free(kept);
	}
	if (!c)
		c = parse(&u, cache, key, path, o);
	if (c)
		refuse_functions(&u, c);
	for (uint32_t i = 0; c && o->kernel && o->res && i < c->ntypes; i++)
		cdefs_kernel_type(ast->arena, o->res, &c->types[i]);
	for (size_t i = 0; c && i + 1 < u.nargs; i++)
		if (!strcmp(u.args[i], "-iquote"))
			ARENA_PUSH(ast->arena, c->quote, c->nquote, c->cquote, u.args[i + 1]);
	for (size_t i = 0; c && i < o->ndirs; i++)
		ARENA_PUSH(ast->arena, c->dirs, c->ndirs, c->cdirs, arena_strdup(ast->arena, o->dirs[i]));
	cache_close(cache);
	buf_free(&u.text);
	return c;
}

/* --- headers for the other compiler ------------------------------------------------------------- */

#define HEADER_MAX (16u << 20)

static bool load_header(struct arena *a, const char *path, struct clang_file *out)
{
	FILE *f = fopen(path, "re");
	struct buf b = BUF_INIT;
	struct stat st;
	size_t n;

	if (!f)
		return false;
	if (!fstat(fileno(f), &st) && S_ISREG(st.st_mode)) /* folders are among the names too */
		buf_read(&b, f, HEADER_MAX - 1);
	fclose(f);
	if (b.len)
		*out = (struct clang_file){ path, arena_strndup(a, b.data, b.len), b.len };
	n = b.len;
	buf_free(&b);
	return n != 0;
}

/* Clang's own headers are where one of them was found: ".../clang/14.0.6/include/stddef.h". */
static const char *own_headers(struct arena *a, const struct cdefs *c)
{
	for (size_t i = 0; i < c->nfiles; i++) {
		const char *p = strstr(c->files[i], "/clang/"), *e = p ? strchr(p + 7, '/') : NULL;

		if (e && isdigit((unsigned char)p[7]) && !strncmp(e, "/include/", 9))
			return arena_strndup(a, c->files[i], (size_t)(e - c->files[i]) + strlen("/include"));
	}
	return NULL;
}

const struct clang_job *cdefs_headers(struct arena *a, const struct cdefs *c)
{
	static const char *const system[] = { "/usr/local/include", "/usr/include/x86_64-linux-gnu", "/usr/include" };
	struct clang_job *j;
	struct clang_file *v = NULL, f;
	const char **dirs = NULL, **quote = NULL, *own;
	size_t n = 0, cap = 0, ndirs = 0, cdirs = 0, nquote = 0, cquote = 0;
	char cwd[4096];

	if (!c || !c->nfiles || !getcwd(cwd, sizeof(cwd)))
		return NULL;
	for (size_t i = 0; i < c->nfiles; i++)
		if (load_header(a, c->files[i], &f))
			ARENA_PUSH(a, v, n, cap, f);
	if (!n)
		return NULL;
	own = own_headers(a, c);
	if (own)
		ARENA_PUSH(a, dirs, ndirs, cdirs, own);
	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		ARENA_PUSH(a, dirs, ndirs, cdirs, system[i]);
	for (size_t i = 0; i < c->nquote; i++)
		ARENA_PUSH(a, quote, nquote, cquote, c->quote[i]);
	ARENA_PUSH(a, quote, nquote, cquote, arena_strdup(a, cwd)); /* --include looks there */
	j = ARENA_NEW(a, struct clang_job);
	*j = (struct clang_job){ .headers = v,
				 .nheaders = n,
				 .cwd = arena_strdup(a, cwd),
				 .quote = quote,
				 .nquote = nquote,
				 .dirs = c->dirs,
				 .ndirs = c->ndirs,
				 .system = dirs,
				 .nsystem = ndirs };
	return j;
}
