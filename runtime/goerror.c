/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * goerror.c - values behind interfaces, above all errors with their text.
 *
 * Which type an interface holds is known at the hit alone, and BPF cannot look
 * it up.  So the plan has what most types begin with, two words and the text
 * that they may describe, and then steps for a few types of the standard
 * library: each group runs only when the type word is one of theirs.  The
 * groups use the same room, since one of them runs.  Where their descriptors
 * are, the itabs of the binary say.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gft/output.h"
#include "runtime/goprint.h"

#define HEAD 32 /* bytes behind the data word */

/* What a type's parts are; fields of structs as in Go's sources, which have not changed since Go 1.16. */
enum shape {
	SHAPE_NONE = 0,
	SHAPE_PATH, /* text, text, error */
	SHAPE_CALL, /* text, error */
	SHAPE_JOIN, /* []error */
	SHAPE_NET,  /* Op, Net text; Source, Addr interfaces; error */
};

/* How an error's parts make its text: $1, $2 are texts, $e the inner error. */
static const struct known {
	const char *name;
	uint8_t shape;
	const char *text;
} known[] = {
	{ "*fs.PathError", SHAPE_PATH, "$1 $2: $e" },
	{ "*url.Error", SHAPE_PATH, "$1 \\\"$2\\\": $e" },
	{ "*strconv.NumError", SHAPE_PATH, "strconv.$1: parsing \\\"$2\\\": $e" },
	{ "*os.SyscallError", SHAPE_CALL, "$1: $e" },
	{ "*exec.Error", SHAPE_CALL, "exec: \\\"$1\\\": $e" },
	{ "*net.OpError", SHAPE_NET, "$1 $2: $e" },
	{ "*errors.joinError", SHAPE_JOIN, NULL },
};
#define NKNOWN (sizeof(known) / sizeof(*known))

/* Errors whose text is their type. */
static const struct {
	const char *name, *text;
} constant[] = {
	{ "context.deadlineExceededError", "context deadline exceeded" },
	{ "*poll.DeadlineExceededError", "i/o timeout" },
	{ "poll.errNetClosing", "use of closed network connection" },
	{ "*net.timeoutError", "i/o timeout" },
	{ "net.canceledError", "operation was canceled" },
};

static const struct go_type t_string = { .kind = GO_STRING, .name = "string", .size = 16, .align = 8 };
static const struct go_type t_error = { .kind = GO_INTERFACE, .name = "error", .size = 16, .align = 8 };

/* --- planning ---------------------------------------------------------------------------- */

/* Two words and the text that they may be; k is the value behind the interface. */
static bool plan_head(struct planner *p, struct go_node *n, uint32_t data_at)
{
	struct go_node *k = plan_kids(p, n, 1);
	int at;

	if (!k)
		return false;
	at = plan_follow(p, k, data_at, 0, HEAD);
	if (at < 0)
		return false;
	k->root_op = k->op;
	k->off = (uint16_t)at;
	k->op = -1;
	plan_counted(p, k, (uint32_t)at, (uint32_t)at + 8, 1, 2 * INNER_TEXT);
	return true;
}

/* An error at off of the blob, inside of another one. */
static bool plan_inner(struct planner *p, struct go_node *n, uint32_t off, unsigned depth)
{
	struct go_node tmp = { .op = -1 };
	int at;

	n->type = &t_error;
	n->off = n->aux = (uint16_t)off;
	n->op = n->type_op = n->root_op = -1;
	at = plan_follow(p, &tmp, off, 8, 8); /* abi.ITab: Inter, Type */
	if (at < 0)
		return false;
	n->type_op = tmp.op;
	n->aux = (uint16_t)at;
	plan_dynamic(p, n, true, depth);
	return n->nkids > 0;
}

static bool plan_text(struct planner *p, struct go_node *n, uint32_t off)
{
	n->type = &t_string;
	n->off = (uint16_t)off;
	n->op = n->type_op = n->root_op = -1;
	return plan_counted(p, n, off, off + 8, 1, INNER_TEXT) >= 0;
}

static bool plan_join(struct planner *p, struct go_node *a)
{
	/* errs begins the struct, whose head was not copied by this group */
	struct go_node list = { .op = -1 };
	int at = plan_counted(p, &list, a->off, a->off + 8U, 16, 32);

	return at >= 0 && plan_kids(p, a, 2) && plan_inner(p, &a->kids[0], (uint32_t)at, 2) &&
	       plan_inner(p, &a->kids[1], (uint32_t)at + 16, 2);
}

/* The parts of one shape, whose struct has been copied to a->off. */
static bool plan_parts(struct planner *p, struct go_node *a, unsigned depth)
{
	switch (a->shape) {
	case SHAPE_PATH:
		return plan_kids(p, a, 3) && plan_text(p, &a->kids[0], a->off) &&
		       plan_text(p, &a->kids[1], a->off + 16U) && plan_inner(p, &a->kids[2], a->off + 32U, 2);
	case SHAPE_CALL:
		return plan_kids(p, a, 2) && plan_text(p, &a->kids[0], a->off) &&
		       plan_inner(p, &a->kids[1], a->off + 16U, 2);
	case SHAPE_NET:
		return plan_kids(p, a, 3) && plan_text(p, &a->kids[0], a->off) &&
		       plan_text(p, &a->kids[1], a->off + 16U) && plan_inner(p, &a->kids[2], a->off + 64U, depth + 1);
	case SHAPE_JOIN: return plan_join(p, a);
	default: return false;
	}
}

/* One group of steps, for the types of a shape that the binary has. */
static bool plan_group(struct planner *p, const struct go_node *n, struct go_node *a, uint8_t shape, unsigned depth)
{
	static const uint8_t size[] = { [SHAPE_PATH] = 48, [SHAPE_CALL] = 32, [SHAPE_JOIN] = 24, [SHAPE_NET] = 80 };
	uint64_t type[NKNOWN];
	unsigned ntypes = 0, first;
	int at;

	for (size_t i = 0; i < NKNOWN; i++)
		if (known[i].shape == shape && tgt_error_type(p->t, known[i].name, &type[ntypes]))
			ntypes++;
	if (!ntypes)
		return false;
	*a = (struct go_node){ .type = &t_error, .shape = shape, .op = -1, .type_op = -1, .root_op = -1 };
	first = p->v->plan.n;
	for (unsigned i = 0; i < ntypes; i++) {
		int64_t off = (int64_t)(type[i] - p->v->site_vaddr);

		if (off != (int32_t)off || plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_IF,
									     .from = n->aux,
									     .scale = (uint16_t)(ntypes - 1 - i),
									     .off = (int32_t)off }) < 0)
			return false;
	}
	at = plan_follow(p, a, n->off + 8U, 0, size[shape]);
	if (at < 0)
		return false;
	a->root_op = a->op;
	a->off = (uint16_t)at;
	if (!plan_parts(p, a, depth))
		return false;
	/* none of these types: past the group */
	p->v->plan.op[first + ntypes - 1].len = (uint16_t)(p->v->plan.n - first - ntypes);
	return true;
}

static void plan_groups(struct planner *p, struct go_node *n, unsigned depth)
{
	static const uint8_t shapes[] = { SHAPE_PATH, SHAPE_CALL, SHAPE_JOIN, SHAPE_NET };
	uint32_t begin = p->v->plan.size, end = begin;

	n->alts = xcalloc(sizeof(shapes), sizeof(*n->alts));
	for (size_t i = 0; i < sizeof(shapes); i++) {
		struct go_node *a = &n->alts[n->nalts];
		uint32_t steps = p->v->plan.n;

		if (depth && shapes[i] != SHAPE_CALL)
			continue;
		p->v->plan.size = begin;
		if (plan_group(p, n, a, shapes[i], depth) && p->v->plan.n + 2 * p->waiting <= GFT_CAP_OPS) {
			n->nalts++;
			if (p->v->plan.size > end)
				end = p->v->plan.size;
			continue;
		}
		go_node_fini(a);
		p->v->plan.n = steps;
	}
	p->v->plan.size = end;
}

void plan_dynamic(struct planner *p, struct go_node *n, bool is_error, unsigned depth)
{
	uint32_t steps = p->v->plan.n, size = p->v->plan.size;

	if (!plan_head(p, n, n->off + 8U)) {
		free(n->kids);
		n->kids = NULL;
		n->nkids = 0;
		p->v->plan.n = steps;
		p->v->plan.size = size;
		return;
	}
	if (is_error && depth < 2 && p->v->plan.n + 2 * p->waiting <= GFT_CAP_OPS)
		plan_groups(p, n, depth);
}

/* --- printing ------------------------------------------------------------------------------- */

static void cut(struct buf *b, size_t len)
{
	if (b->len > len) {
		b->len = len;
		b->data[len] = 0;
	}
}

/* Text without its quotes, escaped as inside of them. */
static void put_text(const struct printer *p, const struct go_node *n)
{
	uint64_t len = print_word(p, n->off + 8U);

	if (print_ran(p, n->op))
		print_quoted(p, n->aux, n->room, len, false);
	else if (len)
		buf_puts(p->b, print_faulted(p, n->op) ? "(fault)" : "…");
}

static void put_errno(struct buf *b, uint64_t n, bool name)
{
	const char *s = n < 4096 ? (name ? strerrorname_np((int)n) : strerror((int)n)) : NULL;

	if (!s || (!name && !strncmp(s, "Unknown", 7)))
		buf_printf(b, "errno %llu", (unsigned long long)n);
	else if (name || isupper((unsigned char)s[1]))
		buf_puts(b, s);
	else /* as Go's own table has them */
		buf_printf(b, "%c%s", tolower((unsigned char)s[0]), s + 1);
}

static bool error_text(const struct printer *p, const struct go_node *n, const char *type, unsigned depth);

/* The text of an error inside of another one; its type where it has none. */
static void inner_text(const struct printer *p, const struct go_node *n, unsigned depth)
{
	const char *type = NULL;
	struct tgt_rtype rt;

	if (!print_word(p, n->off)) {
		buf_puts(p->b, "nil");
		return;
	}
	if (print_ran(p, n->type_op) && tgt_rtype(p->v->tgt, print_word(p, n->aux) - p->bias, &rt))
		type = rt.name;
	if (!type || !error_text(p, n, type, depth))
		buf_puts(p->b, type ? type : "…");
}

static void fill_in(const struct printer *p, const struct go_node *a, const char *text, unsigned depth)
{
	for (; *text; text++) {
		if (*text != '$') {
			buf_putc(p->b, *text);
			continue;
		}
		text++;
		if (*text == 'e')
			inner_text(p, &a->kids[a->nkids - 1], depth + 1);
		else
			put_text(p, &a->kids[*text - '1']);
	}
}

static bool joined(const struct printer *p, const struct go_node *a, unsigned depth)
{
	uint64_t n = print_word(p, a->off + 8U);

	for (uint32_t i = 0; i < n && i < a->nkids; i++) {
		buf_puts(p->b, i ? "\\n" : "");
		inner_text(p, &a->kids[i], depth + 1);
	}
	if (n > a->nkids)
		buf_printf(p->b, "\\n… (%llu errors)", (unsigned long long)n);
	return true;
}

/* What Error() would say, inside of quotes; false when that is not known. */
static bool error_text(const struct printer *p, const struct go_node *n, const char *type, unsigned depth)
{
	static const char *const first_is_text[] = { "*errors.errorString", "*fmt.wrapError", "*fmt.wrapErrors",
						     "*errors.wrapError" };
	const struct go_node *k = n->nkids ? n->kids : NULL;

	if (depth > 4)
		return false;
	for (size_t i = 0; i < sizeof(constant) / sizeof(*constant); i++) {
		if (!strcmp(constant[i].name, type)) {
			buf_puts(p->b, constant[i].text);
			return true;
		}
	}
	for (size_t i = 0; i < NKNOWN; i++) {
		if (strcmp(known[i].name, type) != 0)
			continue;
		for (uint32_t j = 0; j < n->nalts; j++) {
			const struct go_node *a = &n->alts[j];

			if (a->shape != known[i].shape || !print_ran(p, a->root_op))
				continue;
			if (!known[i].text)
				return joined(p, a, depth);
			fill_in(p, a, known[i].text, depth);
			return true;
		}
	}
	for (size_t i = 0; k && i < sizeof(first_is_text) / sizeof(*first_is_text); i++) {
		if (!strcmp(first_is_text[i], type) && print_ran(p, k->root_op)) {
			put_text(p, k);
			return true;
		}
	}
	if (!strcmp(type, "syscall.Errno") && k && print_ran(p, k->root_op)) {
		put_errno(p->b, print_word(p, k->off), depth == 0);
		return true;
	}
	return false;
}

/* A number, bool or text of dynamic type rt, which lies at off of the blob. */
static bool scalar(const struct printer *p, const struct go_node *k, uint32_t off, const struct tgt_rtype *rt)
{
	struct go_type t = { .kind = rt->kind, .name = rt->name, .size = (uint32_t)rt->size, .align = 1 };
	struct go_node n = { .type = &t, .off = (uint16_t)off, .op = -1, .type_op = -1, .root_op = -1 };

	switch (rt->kind) {
	case GO_BOOL:
	case GO_INT:
	case GO_UINT:
	case GO_FLOAT:
		if (rt->size > 8)
			return false;
		print_node(p, &n, 1);
		return true;
	case GO_STRING:
		if (off != k->off || (!print_ran(p, k->op) && print_word(p, off + 8)))
			return false;
		print_quoted(p, k->aux, print_ran(p, k->op) ? k->room : 0, print_word(p, off + 8), true);
		return true;
	default: return false;
	}
}

/* A struct, or one behind a pointer: the fields that its first bytes hold. */
static bool fields(const struct printer *p, const struct go_node *k, const struct tgt_rtype *rt, uint64_t vaddr)
{
	struct tgt_rtype ft;
	struct tgt_rfield f;
	uint32_t i = 0, shown = 0;

	if (rt->kind == GO_PTR)
		vaddr = rt->elem;
	else if (rt->kind != GO_STRUCT || rt->direct)
		return false;
	buf_puts(p->b, "{");
	for (; tgt_rtype_field(p->v->tgt, vaddr, i, &f); i++) {
		if (i == 8 || f.off >= HEAD || !tgt_rtype(p->v->tgt, f.type, &ft) || f.off + ft.size > HEAD)
			break;
		buf_puts(p->b, i ? ", " : "");
		value_escape(p->b, f.name, strlen(f.name));
		buf_putc(p->b, ':');
		if (scalar(p, k, k->off + (uint32_t)f.off, &ft))
			shown++;
		else
			buf_puts(p->b, "…");
	}
	if (tgt_rtype_field(p->v->tgt, vaddr, i, &f))
		buf_puts(p->b, i ? ", …" : "…");
	buf_puts(p->b, "}");
	return shown > 0;
}

void print_dynamic(const struct printer *p, const struct go_node *n, const struct tgt_rtype *rt)
{
	const struct go_node *k = n->nkids ? n->kids : NULL;
	uint64_t data = print_word(p, n->off + 8U);
	size_t len = p->b->len;
	bool is_errno = !strcmp(rt->name, "syscall.Errno");

	value_escape(p->b, rt->name, strlen(rt->name));
	buf_puts(p->b, is_errno ? "(" : "(\"");
	if (error_text(p, n, rt->name, 0)) {
		buf_puts(p->b, is_errno ? ")" : "\")");
		return;
	}
	cut(p->b, len);
	if (k && print_ran(p, k->root_op)) {
		value_escape(p->b, rt->name, strlen(rt->name));
		if (fields(p, k, rt, print_word(p, n->aux) - p->bias))
			return;
		cut(p->b, len);
	}
	value_escape(p->b, rt->name, strlen(rt->name));
	buf_putc(p->b, '(');
	if (!(k && print_ran(p, k->root_op) && !rt->direct && scalar(p, k, k->off, rt)) && data) {
		bool number = rt->kind >= GO_BOOL && rt->kind <= GO_STRING;

		if (k && number && print_faulted(p, k->root_op))
			buf_puts(p->b, "(fault)");
		else if (!rt->direct) /* the word is the address of the value, not a value */
			buf_puts(p->b, "…");
		else
			buf_printf(p->b, "0x%llx", (unsigned long long)data);
	}
	buf_putc(p->b, ')');
}
