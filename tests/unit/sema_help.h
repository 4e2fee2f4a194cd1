/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_help.h - scripts checked against targets that are tables: a Go binary
 * with arguments by name, a second one without DWARF, one that is not Go, and
 * three tracepoints.
 */
#ifndef TESTS_SEMA_HELP_H
#define TESTS_SEMA_HELP_H

#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SEMA_HELP_PLAIN
#include <cmocka.h>
#else /* in a fuzzer: no test framework */
#define assert_true(x)	       (void)((x) || (abort(), 0))
#define assert_int_equal(a, b) (void)((a) == (b) || (abort(), 0))
#define fail_msg(...)	       (fprintf(stderr, __VA_ARGS__), abort())
#endif

#include "codegen/codegen.h"
#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/gotype.h"
#include "gft/resolve.h"
#include "parser/fetcharg.h"
#include "parser/parse.h"
#include "parser/program.h"

/* --- the types of the Go binary ------------------------------------------------------------ */

static const struct go_type t_int = { .kind = GO_INT, .name = "int", .size = 8, .align = 8 };
static const struct go_type t_i8 = { .kind = GO_INT, .name = "int8", .size = 1, .align = 1 };
static const struct go_type t_bool = { .kind = GO_BOOL, .name = "bool", .size = 1, .align = 1 };
static const struct go_type t_f64 = { .kind = GO_FLOAT, .name = "float64", .size = 8, .align = 8 };
static const struct go_type t_string = { .kind = GO_STRING, .name = "string", .size = 16, .align = 8 };
static const struct go_type t_dur = { .kind = GO_INT, .name = "time.Duration", .size = 8, .align = 8 };
static const struct go_field student_fields[] = { { "name", &t_string, 0, false }, { "age", &t_int, 16, false } };
static const struct go_type t_student = {
	.kind = GO_STRUCT, .name = "main.Student", .size = 24, .align = 8, .fields = student_fields, .nfields = 2
};
static const struct go_type t_pstudent = {
	.kind = GO_PTR, .name = "*main.Student", .size = 8, .align = 8, .elem = &t_student
};
static const struct go_field node_fields[] = { { "student", &t_pstudent, 8, false } };
static const struct go_type t_node = {
	.kind = GO_STRUCT, .name = "main.Node", .size = 16, .align = 8, .fields = node_fields, .nfields = 1
};
static const struct go_type t_pnode = { .kind = GO_PTR, .name = "*main.Node", .size = 8, .align = 8, .elem = &t_node };

#define IN_REG(r, o, s)                                                                                                \
	{                                                                                                              \
		.place = GO_IN_REG, .reg = (r), .off = (o), .size = (s)                                                \
	}
#define ON_STACK(at, o, s)                                                                                             \
	{                                                                                                              \
		.place = GO_ON_STACK, .stack = (at), .off = (o), .size = (s)                                           \
	}
static const struct go_piece p_ax[] = { IN_REG(0, 0, 8) }, p_bx[] = { IN_REG(1, 0, 8) },
			     p_bx_cx[] = { IN_REG(1, 0, 8), IN_REG(2, 8, 8) },
			     p_ax_bx[] = { IN_REG(0, 0, 8), IN_REG(1, 8, 8) }, p_di1[] = { IN_REG(3, 0, 1) },
			     p_s8[] = { ON_STACK(8, 0, 24) }, p_s32[] = { ON_STACK(32, 0, 8) },
			     p_xmm[] = { { .place = GO_IN_XMM, .reg = 0, .size = 8 } };

/* main.add(a int, s string, ok bool, f float64) (int, string) */
static const struct go_param add_params[] = {
	{ "a", &t_int, false, 1, p_ax },  { "s", &t_string, false, 2, p_bx_cx }, { "ok", &t_bool, false, 1, p_di1 },
	{ "f", &t_f64, false, 1, p_xmm }, { "~r0", &t_int, true, 1, p_ax },	 { "msg", &t_string, true, 2, p_ax_bx },
};
/* main.addBig(v Student, a int): both on the stack */
static const struct go_param big_params[] = { { "v", &t_student, false, 1, p_s8 }, { "a", &t_int, false, 1, p_s32 } };
/* main.walk(n *Node, a int, d time.Duration in bx too) */
static const struct go_param walk_params[] = { { "n", &t_pnode, false, 1, p_ax },
					       { "a", &t_int, false, 1, p_bx },
					       { "d", &t_dur, false, 1, p_bx },
					       { "small", &t_i8, false, 1, p_di1 } };

struct fake_func {
	const char *name;
	uint64_t entry, size;
	bool abi0;
	const struct go_param *params;
	uint32_t nparams;
};

static const struct fake_func go_funcs[] = {
	{ "main.add", 0x1000, 64, false, add_params, 6 },   { "main.addBig", 0x1100, 64, false, big_params, 2 },
	{ "main.asm", 0x1200, 16, true, NULL, 0 },	    { "main.main", 0x1300, 64, false, NULL, 0 },
	{ "main.walk", 0x1400, 64, false, walk_params, 4 }, { "runtime.goexit1", 0x2000, 64, false, NULL, 0 },
};
static const struct fake_func c_funcs[] = { { "main", 0x100, 32, false, NULL, 0 },
					    { "work", 0x200, 32, false, NULL, 0 } };

static const struct fake_bin {
	const char *name, *shown;
	bool go, dwarf;
	const struct fake_func *funcs;
	uint32_t n;
} bins[] = {
	{ "", "./prog", true, true, go_funcs, 6 },
	{ "./c", "./c", false, false, c_funcs, 2 },
	{ "./stripped", "./stripped", true, false, go_funcs, 6 },
};

/* --- the resolver ------------------------------------------------------------------------------ */

static int f_binary(void *ctx, const char *name, char *err, size_t size)
{
	(void)ctx;
	for (int i = 0; i < 3; i++)
		if (!strcmp(bins[i].name, name ? name : ""))
			return i;
	snprintf(err, size, "%s: there is no such file", name);
	return -ENOENT;
}

static const char *f_binary_name(void *ctx, int b)
{
	(void)ctx;
	return bins[b].shown;
}

static bool f_is_go(void *ctx, int b)
{
	(void)ctx;
	return bins[b].go;
}

static bool f_has_dwarf(void *ctx, int b)
{
	(void)ctx;
	return bins[b].dwarf;
}

static const char *f_go_version(void *ctx, int b)
{
	(void)ctx;
	return bins[b].go ? "go1.22.1" : "";
}

static size_t f_match(void *ctx, int b, const char *pattern, uint32_t **out)
{
	size_t n = 0;

	(void)ctx;
	*out = calloc(bins[b].n + 1, sizeof(**out));
	for (uint32_t i = 0; i < bins[b].n; i++)
		if (!fnmatch(pattern, bins[b].funcs[i].name, 0))
			(*out)[n++] = i;
	return n;
}

static size_t f_nearest(void *ctx, int b, const char *pattern, const char **names, size_t max)
{
	const char *all[8], *near;

	(void)ctx;
	for (uint32_t i = 0; i < bins[b].n; i++)
		all[i] = bins[b].funcs[i].name;
	near = diag_nearest(pattern, all, bins[b].n);
	if (near && max)
		names[0] = near;
	return near != NULL;
}

static const char *f_func_name(void *ctx, int b, uint32_t f)
{
	(void)ctx;
	assert_true(f < bins[b].n);
	return bins[b].funcs[f].name;
}

static uint64_t f_func_entry(void *ctx, int b, uint32_t f)
{
	(void)ctx;
	return bins[b].funcs[f].entry;
}

static uint64_t f_func_size(void *ctx, int b, uint32_t f)
{
	(void)ctx;
	return bins[b].funcs[f].size;
}

static long f_func_at(void *ctx, int b, uint64_t at)
{
	(void)ctx;
	for (uint32_t i = 0; i < bins[b].n; i++)
		if (at >= bins[b].funcs[i].entry && at < bins[b].funcs[i].entry + bins[b].funcs[i].size)
			return i;
	return -1;
}

static bool f_is_abi0(void *ctx, int b, uint32_t f)
{
	(void)ctx;
	return bins[b].funcs[f].abi0;
}

static int f_params(void *ctx, int b, uint32_t f, const struct go_param **out, uint32_t *n, char *err, size_t size)
{
	(void)ctx;
	assert_true(f < bins[b].n);
	if (!bins[b].dwarf || !bins[b].funcs[f].params) {
		snprintf(err, size, "%s: nothing is known of its arguments", bins[b].funcs[f].name);
		return -ENODATA;
	}
	*out = bins[b].funcs[f].params;
	*n = bins[b].funcs[f].nparams;
	return 0;
}

static int f_type_fill(void *ctx, int b, const struct go_type *t)
{
	(void)ctx;
	(void)b;
	(void)t;
	return 0;
}

static int f_check_addr(void *ctx, int b, uint64_t at, char *err, size_t size)
{
	(void)ctx;
	(void)b;
	if (at % 4 == 0)
		return 0;
	snprintf(err, size, "0x%llx is inside of an instruction", (unsigned long long)at);
	return -EINVAL;
}

static size_t f_line_addrs(void *ctx, int b, const char *file, unsigned line, unsigned column, uint64_t **out)
{
	(void)ctx;
	(void)b;
	*out = NULL;
	if (strcmp(file, "main.go") != 0 || line != 7 || column)
		return 0;
	*out = calloc(2, sizeof(**out));
	(*out)[0] = 0x1010;
	(*out)[1] = 0x1110;
	return 2;
}

static const struct go_type *f_type_by_name(void *ctx, int b, const char *name, char *err, size_t err_sz)
{
	(void)ctx;
	(void)b;
	if (!strcmp(name, "main.Student"))
		return &t_student;
	snprintf(err, err_sz, "there is no type %s", name);
	return NULL;
}

static bool f_symbol(void *ctx, int b, const char *name, uint64_t *at, uint64_t *size)
{
	(void)ctx;
	(void)b;
	*at = 0x5000;
	*size = 8;
	return !strcmp(name, "main.counter");
}

static const char *const tracepoint_names[] = { "sched:sched_switch", "sched:sched_wakeup", "sched:sched_waking" };

static size_t f_tracepoints(void *ctx, const char *pattern, const char ***out)
{
	size_t n = 0;

	(void)ctx;
	*out = calloc(4, sizeof(**out));
	for (int i = 0; i < 3; i++)
		if (!fnmatch(pattern, tracepoint_names[i], 0))
			(*out)[n++] = tracepoint_names[i];
	return n;
}

static const struct gft_type *f_tracepoint_args(void *ctx, struct arena *a, const char *name, char *err, size_t size)
{
	static const struct gft_type comm = { .kind = TY_STRING, .size = 16, .align = 1 };
	static const struct ty_field wakeup[] = { { .name = "comm", .type = &comm, .off = 8 },
						  { .name = "pid", .type = &ty_i32, .off = 24 } };
	static const struct ty_field sw[] = { { .name = "prev_comm", .type = &comm, .off = 8 },
					      { .name = "prev_pid", .type = &ty_i32, .off = 24 } };
	struct gft_type *t;

	(void)ctx;
	(void)err;
	(void)size;
	t = ty_new(a, TY_STRUCT);
	t->name = name;
	t->size = 64;
	t->space = TS_CTX;
	t->ptr_space = TS_KERNEL;
	t->fields = strstr(name, "switch") ? sw : wakeup;
	t->nfields = 2;
	return t;
}

static const struct resolver fake = {
	.binary = f_binary,
	.binary_name = f_binary_name,
	.is_go = f_is_go,
	.has_dwarf = f_has_dwarf,
	.go_version = f_go_version,
	.match = f_match,
	.nearest = f_nearest,
	.func_name = f_func_name,
	.func_entry = f_func_entry,
	.func_size = f_func_size,
	.func_at = f_func_at,
	.is_abi0 = f_is_abi0,
	.params = f_params,
	.type_by_name = f_type_by_name,
	.type_fill = f_type_fill,
	.check_addr = f_check_addr,
	.line_addrs = f_line_addrs,
	.symbol = f_symbol,
	.tracepoints = f_tracepoints,
	.tracepoint_args = f_tracepoint_args,
};

/* --- a checked script -------------------------------------------------------------------------- */

struct checked {
	struct arena *a;
	struct diag *d;
	struct program *p;
	char *errors; /* as printed, warnings too */
	size_t n;     /* errors */
	struct generated gen;
};

static inline struct checked check(const char *text)
{
	static const struct sema_opts opts;
	struct checked c = { .a = arena_new() };
	size_t len;
	FILE *f = open_memstream(&c.errors, &len);

	c.d = diag_new(c.a);
	c.p = sema_check(
		parse_script(c.a, c.d, diag_add_source(c.d, "t", text, strlen(text)), &(struct parse_opts){ 0 }), &fake,
		&opts);
	diag_print(c.d, f, false, true);
	fclose(f);
	c.n = diag_errors(c.d);
	return c;
}

static inline void done(struct checked *c)
{
	free(c->errors);
	arena_free(c->a);
}

/* A script that is right. */
static inline struct checked right(const char *text)
{
	struct checked c = check(text);

	if (c.n)
		fail_msg("%s\n%s", text, c.errors);
	return c;
}

/* A script that is right, with its C. */
static inline struct checked made(const char *text)
{
	struct checked c = right(text);

	codegen(c.p, &c.gen);
	assert_int_equal(strlen(c.gen.text), c.gen.len);
	return c;
}

/* A script with n mistakes; each of the words (NULL-ended) stands in what is told. */
static inline void wrong(size_t n, const char *text, ...)
{
	struct checked c = check(text);
	const char *w;
	va_list ap;

	if (c.n != n)
		fail_msg("%s\nexpected %zu errors, got %zu:\n%s", text, n, c.n, c.errors);
	va_start(ap, text);
	while ((w = va_arg(ap, const char *)))
		if (!strstr(c.errors, w))
			fail_msg("%s\nexpected: %s\ngot: %s", text, w, c.errors);
	va_end(ap);
	done(&c);
}

static inline const struct map *map_of(const struct checked *c, const char *name)
{
	for (const struct map *m = c->p->maps; m; m = m->next)
		if (!strcmp(m->name, name))
			return m;
	fail_msg("no map %s", name);
	return NULL;
}

#endif
