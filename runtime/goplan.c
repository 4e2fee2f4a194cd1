/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* goplan.c - from types and places to the steps that capture values. */
#include "runtime/goprint.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 6

int plan_room(struct planner *p, uint32_t size)
{
	uint32_t at = (p->v->plan.size + 7) & ~7U;

	if (at + size + 8 > GFT_CAP_BYTES)
		return -1;
	p->v->plan.size = at + size;
	return (int)at;
}

int plan_step(struct planner *p, struct gft_cap_op op)
{
	if (p->v->plan.n == GFT_CAP_OPS)
		return -1;
	p->v->plan.op[p->v->plan.n] = op;
	return (int)p->v->plan.n++;
}

int plan_follow(struct planner *p, struct go_node *n, uint32_t from, int32_t off, uint32_t len)
{
	int at;

	if (!len || len > GFT_CAP_LEN || p->v->plan.n == GFT_CAP_OPS || (at = plan_room(p, len)) < 0)
		return -1;
	n->op = (int8_t)plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEM,
							  .dst = (uint16_t)at,
							  .len = (uint16_t)len,
							  .from = (uint16_t)from,
							  .off = off });
	n->aux = (uint16_t)at;
	n->room = (uint16_t)len;
	return at;
}

int plan_counted(struct planner *p, struct go_node *n, uint32_t from, uint32_t count, uint32_t scale, uint32_t max)
{
	int at;

	if (!max || !scale || scale > max || p->v->plan.n == GFT_CAP_OPS || (at = plan_room(p, max)) < 0)
		return -1;
	n->op = (int8_t)plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEMN,
							  .dst = (uint16_t)at,
							  .len = (uint16_t)(max / scale * scale),
							  .from = (uint16_t)from,
							  .count = (uint16_t)count,
							  .scale = (uint16_t)scale });
	n->aux = (uint16_t)at;
	n->room = (uint16_t)(max / scale * scale);
	return at;
}

struct go_node *plan_kids(struct planner *p, struct go_node *n, uint32_t count)
{
	if (!count || p->nodes + count > NODES_MAX)
		return NULL;
	p->nodes += count;
	n->kids = xcalloc(count, sizeof(*n->kids));
	n->nkids = count;
	for (uint32_t i = 0; i < count; i++)
		n->kids[i].op = n->kids[i].type_op = n->kids[i].root_op = -1;
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

/* C: text behind char *, and what an argument points to when that is a struct; all else may be anything. */
static void plan_c_pointer(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off, unsigned depth)
{
	const struct go_type *e = t->elem;
	uint32_t len = depth ? INNER_TEXT : TEXT_MAX, end = p->end;
	int at;

	if (e && e->lazy)
		tgt_type_fill(p->t, e);
	if (!e)
		return;
	if (e->text) {
		if (p->v->plan.n == GFT_CAP_OPS || (at = plan_room(p, len)) < 0)
			return;
		n->op = (int8_t)plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_STR,
								  .dst = (uint16_t)at,
								  .len = (uint16_t)len,
								  .from = (uint16_t)off });
		n->aux = (uint16_t)at;
		n->room = (uint16_t)len;
		return;
	}
	if (depth || (e->kind != GO_STRUCT && e->kind != GO_UNION))
		return;
	len = e->size > POINTEE_MAX ? POINTEE_MAX : e->size;
	if ((at = plan_follow(p, n, off, 0, len)) < 0 || !plan_kids(p, n, 1))
		return;
	p->end = (uint32_t)at + len;
	plan_value(p, n->kids, e, (uint32_t)at, depth + 1);
	p->end = end;
}

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
	if (e->kind == GO_UNKNOWN || (at = plan_follow(p, n, off, 0, len)) < 0 || !plan_kids(p, n, 1))
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
	at = plan_counted(p, n, off, off + 8, e->size, max < e->size ? e->size : max);
	if (at < 0)
		return;
	count = n->room / e->size;
	if (count > ELEMS_MAX && !(e->size == 1))
		count = ELEMS_MAX;
	if (e->size == 1 && e->kind == GO_UINT)
		return; /* bytes print as text */
	if (!plan_kids(p, n, count))
		return;
	p->end = (uint32_t)at + n->room;
	for (uint32_t i = 0; i < count; i++)
		plan_value(p, &n->kids[i], e, (uint32_t)at + i * e->size, depth + 2);
	p->end = end;
}

static void plan_interface(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off, unsigned depth)
{
	bool error = t->name && !strcmp(t->name, "error");
	int type_at = -1;

	n->type_op = -1;
	n->aux = (uint16_t)off;
	if (t->kind == GO_INTERFACE) {
		struct go_node tmp = { .op = -1 };

		/* abi.ITab: Inter, Type */
		type_at = plan_follow(p, &tmp, off, 8, 8);
		if (type_at < 0) {
			n->type_op = -2;
			return;
		}
		n->type_op = tmp.op;
		n->aux = (uint16_t)type_at;
	}
	plan_dynamic(p, n, error, depth);
}

/* The place of a part; what a damaged type puts too far away stays beyond every end. */
static uint32_t part(uint32_t off, uint64_t by)
{
	return by > UINT32_MAX - off ? UINT32_MAX : off + (uint32_t)by;
}

void plan_value(struct planner *p, struct go_node *n, const struct go_type *t, uint32_t off, unsigned depth)
{
	n->type = t;
	n->off = (uint16_t)off;
	n->op = n->type_op = -1;
	if ((off > p->end || t->size > p->end - off) &&
	    (off >= p->end || t->size <= 24 || (t->kind != GO_STRUCT && t->kind != GO_ARRAY))) {
		n->room = UINT16_MAX; /* not captured */
		return;
	}
	if (depth > DEPTH_MAX)
		return;
	switch (t->kind) {
	case GO_STRING: plan_counted(p, n, off, off + 8, 1, depth ? INNER_TEXT : TEXT_MAX); break;
	case GO_SLICE: plan_slice(p, n, t, off, depth); break;
	case GO_PTR:
		if (t->c)
			plan_c_pointer(p, n, t, off, depth);
		else
			plan_pointer(p, n, t, off, depth);
		break;
	case GO_INTERFACE:
	case GO_EFACE: plan_interface(p, n, t, off, depth); break;
	case GO_MAP: plan_follow(p, n, off, 0, 8); break; /* the count comes first in both kinds of maps */
	case GO_CHAN: plan_follow(p, n, off, 0, 16); break;
	case GO_FUNC: plan_follow(p, n, off, 0, 8); break;
	case GO_STRUCT:
	case GO_UNION:
		if (t->nfields > 32 || !plan_kids(p, n, t->nfields))
			break;
		for (uint32_t i = 0; i < t->nfields; i++) {
			const struct go_field *f = &t->fields[i];

			if (f->type->lazy)
				tgt_type_fill(p->t, f->type);
			plan_value(p, &n->kids[i], f->type, part(off, f->off), depth + 1);
		}
		break;
	case GO_ARRAY: {
		uint32_t count = t->count > ELEMS_MAX ? ELEMS_MAX : (uint32_t)t->count;

		if (t->elem && t->elem->text)
			break; /* text: its bytes are there */
		if (!t->elem || !t->elem->size || !plan_kids(p, n, count))
			break;
		for (uint32_t i = 0; i < count; i++)
			plan_value(p, &n->kids[i], t->elem, part(off, (uint64_t)i * t->elem->size), depth + 1);
		break;
	}
	default: break;
	}
}

static int piece_step(struct planner *p, struct go_node *n, const struct go_piece *pc, uint32_t at, uint32_t skip,
		      uint32_t len)
{
	int ctx;

	switch (pc->place) {
	case GO_IN_REG: /* a register is copied whole */
		return plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_REG, .reg = pc->reg, .dst = (uint16_t)at });
	case GO_IN_XMM: n->xmm = true; return 0;
	case GO_AT_REG:
		ctx = plan_room(p, 8);
		if (ctx < 0 ||
		    plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_REG, .reg = pc->reg, .dst = (uint16_t)ctx }) < 0)
			return -1;
		ctx = plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEM,
							.dst = (uint16_t)at,
							.len = (uint16_t)len,
							.from = (uint16_t)ctx,
							.off = pc->stack + (int32_t)skip });
		n->root_op = (int8_t)ctx;
		return ctx;
	case GO_IN_CTX:
		ctx = plan_room(p, 8);
		if (ctx < 0 ||
		    plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_REG, .reg = GFT_CAP_CTX, .dst = (uint16_t)ctx }) <
			    0)
			return -1;
		if (pc->reg) { /* by reference */
			int ref = plan_room(p, 8);

			if (ref < 0 || plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEM,
									 .dst = (uint16_t)ref,
									 .len = 8,
									 .from = (uint16_t)ctx,
									 .off = pc->stack }) < 0)
				return -1;
			ctx = ref;
		}
		return plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEM,
							 .dst = (uint16_t)at,
							 .len = (uint16_t)len,
							 .from = (uint16_t)ctx,
							 .off = (pc->reg ? 0 : pc->stack) + (int32_t)skip });
	default:
		return plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_STACK,
							 .dst = (uint16_t)at,
							 .len = (uint16_t)len,
							 .off = pc->stack + (int32_t)skip });
	}
}

int plan_pieces(struct planner *p, struct go_node *n, const struct go_param *a, uint32_t from, uint32_t size)
{
	int at = size <= GFT_CAP_BYTES / 2 ? plan_room(p, size) : -1;

	for (uint32_t i = 0; at >= 0 && i < a->npieces; i++) {
		const struct go_piece *pc = &a->pieces[i];
		uint32_t lo = pc->off > from ? pc->off : from, hi = pc->off + pc->size;

		if (hi > from + size)
			hi = from + size;
		if (lo < hi && pc->place == GO_IN_REG && lo != pc->off) {
			/* C packs small fields into one register: all of it, and then the part */
			at = at + size <= GFT_CAP_BYTES - 8 ? plan_room(p, 8) : -1;
			if (at < 0 ||
			    plan_step(p, (struct gft_cap_op){
						 .kind = GFT_CAP_REG, .reg = pc->reg, .dst = (uint16_t)at }) < 0)
				return -1;
			return at + (int)(lo - pc->off);
		}
		for (uint32_t done = lo; done < hi; done += GFT_CAP_LEN) {
			uint32_t len = hi - done > GFT_CAP_LEN ? GFT_CAP_LEN : hi - done;

			if (piece_step(p, n, pc, (uint32_t)at + (done - from), done - pc->off, len) < 0)
				return -1;
		}
	}
	return at;
}

const struct go_type *plan_type(struct tgt *t, const char *name)
{
	static const struct go_type byte = { .kind = GO_UINT, .name = "uint8", .size = 1, .align = 1 };
	static const struct go_type slice = {
		.kind = GO_SLICE, .name = "[]uint8", .size = 24, .align = 8, .elem = &byte
	};
	static const struct go_type error = { .kind = GO_INTERFACE, .name = "error", .size = 16, .align = 8 };
	static const struct go_type iface = { .kind = GO_INTERFACE, .name = "interface", .size = 16, .align = 8 };
	static const struct go_type eface = { .kind = GO_EFACE, .name = "interface {}", .size = 16, .align = 8 };
	const struct go_type *found;
	struct tgt_error err;

	if (!strcmp(name, "slice"))
		return &slice;
	if (!strcmp(name, "error"))
		return &error;
	if (!strcmp(name, "iface"))
		return &iface;
	if (!strcmp(name, "eface"))
		return &eface;
	found = tgt_type_by_name(t, name, &err);
	if (found && found->lazy)
		tgt_type_fill(t, found);
	return found;
}

/* A fetched value: copied from the address in word i of the blob. */
static void plan_fetch(struct planner *p, struct go_node *node, const char *type, int reg, uint32_t i)
{
	static const struct go_type unknown = { .kind = GO_UNKNOWN, .name = "?" };
	const struct go_type *t = plan_type(p->t, type);
	int at, op = -1;

	node->type = t ? t : &unknown;
	node->op = node->type_op = node->root_op = -1;
	node->room = UINT16_MAX;
	if (!t)
		return;
	if (t->lazy)
		tgt_type_fill(p->t, t);
	if (!t->size || t->size > GFT_CAP_BYTES / 2 || (at = plan_room(p, t->size)) < 0)
		return;
	for (uint32_t k = 0; reg >= 0 && k < t->size / 8; k++)
		if (plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_REG,
						      .reg = (uint8_t)((uint32_t)reg + k),
						      .dst = (uint16_t)((uint32_t)at + 8 * k) }) < 0)
			return;
	for (uint32_t done = 0; reg < 0 && done < t->size; done += GFT_CAP_LEN) {
		uint32_t len = t->size - done > GFT_CAP_LEN ? GFT_CAP_LEN : t->size - done;

		op = plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_MEM,
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
	at = plan_pieces(p, node, a, 0, a->type->size);
	if (at < 0)
		node->room = UINT16_MAX; /* not captured */
	else
		node->off = (uint16_t)at;
}

struct go_values *go_values_new(struct tgt *t, uint32_t func, const struct go_wanted *w, uint64_t site_vaddr,
				struct tgt_error *err)
{
	const struct go_param *params = NULL;
	bool whole = false, named = w->which != GO_NONE, placed = false;
	struct planner p = { .t = t };
	struct go_values *v;
	uint32_t n = 0, total;
	int at;

	for (uint32_t i = 0; i < w->npaths; i++) {
		bool by_place = !strncmp(w->paths[i], "fetch:", 6);

		named |= !by_place;
		placed |= by_place;
	}
	if (named && tgt_params(t, func, &params, &n, err) < 0) {
		n = 0;
		if (!w->nfetch && !placed)
			return NULL;
	}
	for (uint32_t i = 0; i < w->npaths; i++)
		whole |= !strcmp(w->paths[i], "args") || !strcmp(w->paths[i], "ret");
	total = n + w->nfetch + w->npaths;
	v = xcalloc(1, sizeof(*v));
	p.v = v;
	v->tgt = t;
	v->site_vaddr = site_vaddr;
	v->names = xcalloc(total + 1, sizeof(*v->names));
	v->nodes = xcalloc(total + 1, sizeof(*v->nodes));
	v->nfetch = w->nfetch;
	v->npaths = w->npaths;
	/* the addresses of fetched values come first in the blob */
	v->plan.size = 8 * w->nfetch;
	at = plan_room(&p, 8);
	v->ip = (uint16_t)at;
	plan_step(&p, (struct gft_cap_op){ .kind = GFT_CAP_IP, .dst = (uint16_t)at });
	/* first the bytes of every value, then what they point to: registers come for certain */
	for (uint32_t i = 0; i < w->nfetch; i++) {
		v->names[v->n] = w->fetch[i].name;
		plan_fetch(&p, &v->nodes[v->n++], w->fetch[i].type, w->fetch[i].reg, i);
	}
	for (uint32_t i = 0; i < w->npaths; i++) {
		v->names[v->n] = w->paths[i];
		plan_path(&p, &v->nodes[v->n++], params, n, w->paths[i]);
	}
	for (uint32_t i = 0; i < n && (whole || w->which != GO_NONE); i++) {
		if (params[i].result != w->results)
			continue;
		v->names[v->n] = params[i].name;
		plan_param(&p, &v->nodes[v->n++], &params[i]);
	}
	for (uint32_t i = 0; i < v->n; i++) {
		struct go_node *node = &v->nodes[i];

		p.end = node->off + (node->type ? node->type->size : 0);
		p.waiting = v->n - 1 - i;
		if (node->type && node->room != UINT16_MAX)
			plan_value(&p, node, node->type, node->off, 0);
	}
	return v;
}

void go_node_fini(struct go_node *n)
{
	for (uint32_t i = 0; i < n->nkids; i++)
		go_node_fini(&n->kids[i]);
	free(n->kids);
	for (uint32_t i = 0; i < n->nalts; i++)
		go_node_fini(&n->alts[i]);
	free(n->alts);
	n->kids = n->alts = NULL;
	n->nkids = n->nalts = 0;
}

void go_values_free(struct go_values *v)
{
	if (!v)
		return;
	for (uint32_t i = 0; i < v->n; i++)
		go_node_fini(&v->nodes[i]);
	free(v->nodes);
	free(v->names);
	free(v);
}
