/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* goplan.c - from types and places to the steps that capture values. */
#include <stdlib.h>
#include <string.h>

#include "runtime/govalue.h"

#define TEXT_MAX    64	/* bytes of a string that is an argument */
#define INNER_TEXT  32	/* of one inside of another value */
#define POINTEE_MAX 96	/* bytes of a struct behind a pointer */
#define ELEMS_MAX   8	/* elements of a slice */
#define NODES_MAX   400 /* parts of all values of a site */
#define DEPTH_MAX   6

struct planner {
	struct go_values *v;
	struct tgt *t;
	uint32_t nodes;
	uint32_t end; /* of the bytes that are being planned: what lies behind was not copied */
};

/* Room in the blob, 8-aligned; -1 when it is full. */
static int room(struct planner *p, uint32_t size)
{
	uint32_t at = (p->v->plan.size + 7) & ~7U;

	if (at + size + 8 > GFT_CAP_BYTES)
		return -1;
	p->v->plan.size = at + size;
	return (int)at;
}

static int step(struct planner *p, struct gft_cap_op op)
{
	if (p->v->plan.n == GFT_CAP_OPS)
		return -1;
	p->v->plan.op[p->v->plan.n] = op;
	return (int)p->v->plan.n++;
}

/* Copies len bytes behind the pointer at blob offset from; gives the new place or -1. */
static int follow(struct planner *p, struct go_node *n, uint32_t from, int32_t off, uint32_t len)
{
	int at;

	if (!len || len > GFT_CAP_LEN || p->v->plan.n == GFT_CAP_OPS || (at = room(p, len)) < 0)
		return -1;
	n->op = (int8_t)step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEM,
						     .dst = (uint16_t)at,
						     .len = (uint16_t)len,
						     .from = (uint16_t)from,
						     .off = off });
	n->aux = (uint16_t)at;
	n->room = (uint16_t)len;
	return at;
}

/* The same, as many bytes as the word at count says, times scale. */
static int follow_counted(struct planner *p, struct go_node *n, uint32_t from, uint32_t count, uint32_t scale,
			  uint32_t max)
{
	int at;

	if (!max || !scale || scale > max || p->v->plan.n == GFT_CAP_OPS || (at = room(p, max)) < 0)
		return -1;
	n->op = (int8_t)step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEMN,
						     .dst = (uint16_t)at,
						     .len = (uint16_t)(max / scale * scale),
						     .from = (uint16_t)from,
						     .count = (uint16_t)count,
						     .scale = (uint16_t)scale });
	n->aux = (uint16_t)at;
	n->room = (uint16_t)(max / scale * scale);
	return at;
}

static struct go_node *kids(struct planner *p, struct go_node *n, uint32_t count)
{
	if (!count || p->nodes + count > NODES_MAX)
		return NULL;
	p->nodes += count;
	n->kids = xcalloc(count, sizeof(*n->kids));
	n->nkids = count;
	return n->kids;
}

static bool scalar(const struct go_type *t)
{
	switch (t->kind) {
	case GO_BOOL:
	case GO_INT:
	case GO_UINT:
	case GO_FLOAT:
	case GO_COMPLEX: return true;
	default: return false;
	}
}

static void plan_value(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off, unsigned depth);

static void plan_pointer(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off, unsigned depth)
{
	const struct go_type *e = t->elem;
	uint32_t len, end = p->end;
	int at;

	if (!e || depth > 1)
		return;
	if (e->lazy)
		tgt_type_fill(p->t, e);
	len = e->size > POINTEE_MAX ? POINTEE_MAX : e->size;
	if (e->kind == GO_UNKNOWN || (at = follow(p, n, off, 0, len)) < 0 || !kids(p, n, 1))
		return;
	p->end = (uint32_t)at + len;
	plan_value(p, n->kids, e, (uint32_t)at, depth + 1);
	p->end = end;
}

static void plan_slice(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off, unsigned depth)
{
	const struct go_type *e = t->elem;
	uint32_t count, max, end = p->end;
	int at;

	if (e && e->lazy)
		tgt_type_fill(p->t, e);
	if (!e || !e->size || e->size > 64 || depth > 2)
		return;
	max = depth ? INNER_TEXT : TEXT_MAX;
	if (e->kind == GO_STRING)
		max = 48;
	if (e->kind != GO_STRING && !scalar(e))
		max = e->size; /* the first one */
	at = follow_counted(p, n, off, off + 8, e->size, max < e->size ? e->size : max);
	if (at < 0)
		return;
	count = n->room / e->size;
	if (count > ELEMS_MAX && !(e->size == 1))
		count = ELEMS_MAX;
	if (e->size == 1 && e->kind == GO_UINT)
		return; /* bytes print as text */
	if (!kids(p, n, count))
		return;
	p->end = (uint32_t)at + n->room;
	for (uint32_t i = 0; i < count; i++)
		plan_value(p, &n->kids[i], e, (uint32_t)at + i * e->size, depth + 2);
	p->end = end;
}

static void plan_interface(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off)
{
	bool error = t->name && !strcmp(t->name, "error");
	int type_at = -1, data, text;

	n->type_op = -1;
	n->aux = (uint16_t)off;
	if (t->kind == GO_INTERFACE) {
		struct go_node tmp = { .op = -1 };

		/* abi.ITab: Inter, Type */
		type_at = follow(p, &tmp, off, 8, 8);
		if (type_at < 0) {
			n->type_op = -2;
			return;
		}
		n->type_op = tmp.op;
		n->aux = (uint16_t)type_at;
	}
	/*
	 * Errors and text: behind the data word may lie a string header, first in
	 * errors.errorString and fmt.wrapError, and in an interface of a string.
	 * What it is, only the type word tells; reading it in vain does no harm.
	 */
	if ((error || t->kind == GO_EFACE) && kids(p, n, 1)) {
		struct go_node *k = n->kids;

		k->op = k->type_op = -1;
		data = follow(p, k, off + 8, 0, 16);
		if (data < 0)
			return;
		k->off = (uint16_t)data;
		text = follow_counted(p, k, (uint32_t)data, (uint32_t)data + 8, 1, INNER_TEXT * 2);
		if (text < 0)
			k->op = -1;
	}
}

static void plan_value(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off, unsigned depth)
{
	n->type = t;
	n->off = (uint16_t)off;
	n->op = n->type_op = -1;
	if (off + t->size > p->end &&
	    (off >= p->end || t->size <= 24 || (t->kind != GO_STRUCT && t->kind != GO_ARRAY))) {
		n->room = UINT16_MAX; /* not captured */
		return;
	}
	if (depth > DEPTH_MAX)
		return;
	switch (t->kind) {
	case GO_STRING: follow_counted(p, n, off, off + 8, 1, depth ? INNER_TEXT : TEXT_MAX); break;
	case GO_SLICE: plan_slice(p, n, t, off, depth); break;
	case GO_PTR: plan_pointer(p, n, t, off, depth); break;
	case GO_INTERFACE:
	case GO_EFACE: plan_interface(p, n, t, off); break;
	case GO_MAP: follow(p, n, off, 0, 8); break; /* the count comes first in both kinds of maps */
	case GO_CHAN: follow(p, n, off, 0, 16); break;
	case GO_FUNC: follow(p, n, off, 0, 8); break;
	case GO_STRUCT:
		if (t->nfields > 32 || !kids(p, n, t->nfields))
			break;
		for (uint32_t i = 0; i < t->nfields; i++) {
			const struct go_field *f = &t->fields[i];

			if (f->type->lazy)
				tgt_type_fill(p->t, f->type);
			plan_value(p, &n->kids[i], f->type, off + f->off, depth + 1);
		}
		break;
	case GO_ARRAY: {
		uint32_t count = t->count > ELEMS_MAX ? ELEMS_MAX : (uint32_t)t->count;

		if (!t->elem || !t->elem->size || !kids(p, n, count))
			break;
		for (uint32_t i = 0; i < count; i++)
			plan_value(p, &n->kids[i], t->elem, off + i * t->elem->size, depth + 1);
		break;
	}
	default: break;
	}
}

/* Steps that bring the value's own bytes into the blob, at off. */
static bool plan_pieces(struct planner *p, struct go_node *n, const struct go_param *a, uint32_t off)
{
	for (uint32_t i = 0; i < a->npieces; i++) {
		const struct go_piece *pc = &a->pieces[i];
		uint32_t done = 0;

		switch (pc->place) {
		case GO_IN_REG:
			if (step(p, (struct gft_cap_op){ .kind = GFT_CAP_REG,
							 .reg = pc->reg,
							 .dst = (uint16_t)(off + pc->off) }) < 0)
				return false;
			break;
		case GO_IN_XMM: n->xmm = true; break;
		default:
			for (; done < pc->size; done += GFT_CAP_LEN) {
				uint32_t len = pc->size - done > GFT_CAP_LEN ? GFT_CAP_LEN : pc->size - done;

				if (step(p, (struct gft_cap_op){ .kind = GFT_CAP_STACK,
								 .dst = (uint16_t)(off + pc->off + done),
								 .len = (uint16_t)len,
								 .off = pc->stack + (int32_t)done }) < 0)
					return false;
			}
			break;
		}
	}
	return true;
}

/* The types of fetch() that need no DWARF. */
static const struct go_type *fetch_type(struct tgt *t, const char *name)
{
	static const struct go_type byte = { .kind = GO_UINT, .name = "uint8", .size = 1, .align = 1 };
	static const struct go_type slice = {
		.kind = GO_SLICE, .name = "[]uint8", .size = 24, .align = 8, .elem = &byte
	};
	static const struct go_type error = { .kind = GO_INTERFACE, .name = "error", .size = 16, .align = 8 };
	static const struct go_type iface = { .kind = GO_INTERFACE, .name = "interface", .size = 16, .align = 8 };
	static const struct go_type eface = { .kind = GO_EFACE, .name = "interface {}", .size = 16, .align = 8 };
	struct tgt_error err;

	if (!strcmp(name, "slice"))
		return &slice;
	if (!strcmp(name, "error"))
		return &error;
	if (!strcmp(name, "iface"))
		return &iface;
	if (!strcmp(name, "eface"))
		return &eface;
	return tgt_type_by_name(t, name, &err);
}

/* A fetched value: copied from the address in word i of the blob. */
static void plan_fetch(struct planner *p, struct go_node *node, const char *type, uint32_t i)
{
	static const struct go_type unknown = { .kind = GO_UNKNOWN, .name = "?" };
	const struct go_type *t = fetch_type(p->t, type);
	int at, op = -1;

	node->type = t ? t : &unknown;
	node->op = node->type_op = node->root_op = -1;
	node->room = UINT16_MAX;
	if (!t)
		return;
	if (t->lazy)
		tgt_type_fill(p->t, t);
	if (!t->size || t->size > GFT_CAP_BYTES / 2 || (at = room(p, t->size)) < 0)
		return;
	for (uint32_t done = 0; done < t->size; done += GFT_CAP_LEN) {
		uint32_t len = t->size - done > GFT_CAP_LEN ? GFT_CAP_LEN : t->size - done;

		op = step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEM,
						  .dst = (uint16_t)((uint32_t)at + done),
						  .len = (uint16_t)len,
						  .from = (uint16_t)(8 * i),
						  .off = (int32_t)done });
		if (op < 0)
			return;
	}
	node->room = 0;
	node->off = (uint16_t)at;
	node->root_op = (int8_t)op;
}

/* An argument or result: copied from its registers and stack words. */
static void plan_param(struct planner *p, struct go_node *node, const struct go_param *a)
{
	int at;

	if (a->type->lazy)
		tgt_type_fill(p->t, a->type);
	node->type = a->type;
	node->op = node->type_op = node->root_op = -1;
	at = a->type->size <= GFT_CAP_BYTES / 2 ? room(p, a->type->size) : -1;
	if (at < 0 || !plan_pieces(p, node, a, (uint32_t)at))
		node->room = UINT16_MAX; /* not captured */
	else
		node->off = (uint16_t)at;
}

struct go_values *go_values_new(struct tgt *t, uint32_t func, enum go_which which, const struct meta_go_fetch *fetch,
				uint32_t nfetch, uint64_t site_vaddr, struct tgt_error *err)
{
	const struct go_param *params = NULL;
	struct planner p = { .t = t };
	struct go_values *v;
	uint32_t n = 0;
	int at;

	if (which != GO_NONE && tgt_params(t, func, &params, &n, err) < 0) {
		n = 0;
		if (!nfetch)
			return NULL;
	}
	v = xcalloc(1, sizeof(*v));
	p.v = v;
	v->tgt = t;
	v->site_vaddr = site_vaddr;
	v->names = xcalloc(n + nfetch + 1, sizeof(*v->names));
	v->nodes = xcalloc(n + nfetch + 1, sizeof(*v->nodes));
	/* the addresses of fetched values come first in the blob */
	v->plan.size = 8 * nfetch;
	at = room(&p, 8);
	v->ip = (uint16_t)at;
	step(&p, (struct gft_cap_op){ .kind = GFT_CAP_IP, .dst = (uint16_t)at });
	/* first the bytes of every value, then what they point to: registers come for certain */
	for (uint32_t i = 0; i < nfetch; i++) {
		v->names[v->n] = fetch[i].name;
		plan_fetch(&p, &v->nodes[v->n++], fetch[i].type, i);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (params[i].result != (which == GO_RESULTS))
			continue;
		v->names[v->n] = params[i].name;
		plan_param(&p, &v->nodes[v->n++], &params[i]);
	}
	for (uint32_t i = 0; i < v->n; i++) {
		struct go_node *node = &v->nodes[i];

		p.end = node->off + node->type->size;
		if (node->room != UINT16_MAX)
			plan_value(&p, node, node->type, node->off, 0);
	}
	return v;
}

static void free_node(struct go_node *n)
{
	for (uint32_t i = 0; i < n->nkids; i++)
		free_node(&n->kids[i]);
	free(n->kids);
}

void go_values_free(struct go_values *v)
{
	if (!v)
		return;
	for (uint32_t i = 0; i < v->n; i++)
		free_node(&v->nodes[i]);
	free(v->nodes);
	free(v->names);
	free(v);
}
