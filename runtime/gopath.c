/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gopath.c - one Go value by its path, "args.s.list[3].x", to the steps that
 * bring its bytes into the blob.  Semantic analysis has followed the same path
 * and told what is wrong with it; here a path that leads nowhere shows nothing.
 */
#include "runtime/goplan.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Where the value is while the path is followed. */
struct cursor {
	const struct go_type *type;
	const struct go_param *param; /* its bytes are this parameter's, from off on; NULL: they are in memory, */
	uint32_t at;		      /* behind the pointer that is in the blob here, */
	int64_t off;		      /* at this distance */
	int32_t count;		      /* blob offset of the length that must be above index; -1: it is no element */
	uint32_t index;
};

static void fill(struct planner *p, const struct go_type *t)
{
	if (t && t->lazy)
		tgt_type_fill(p->t, t);
}

/* Brings the first len bytes of what c means into the blob; -1 when there is no room. */
static int bring(struct planner *p, struct go_node *n, const struct cursor *c, uint32_t len, int *op)
{
	int at;

	*op = -1;
	n->xmm = false;
	if (c->param)
		return plan_pieces(p, n, c->param, (uint32_t)c->off, len);
	at = plan_room(p, len);
	for (uint32_t done = 0; at >= 0 && done < len; done += GFT_CAP_LEN) {
		uint32_t part = len - done > GFT_CAP_LEN ? GFT_CAP_LEN : len - done;
		int64_t off = c->off + done;

		if (off != (int32_t)off)
			return -1;
		*op = plan_step(p, (struct gft_cap_op){ .kind = c->count < 0 ? GFT_CAP_MEM : GFT_CAP_ELEM,
							.dst = (uint16_t)((uint32_t)at + done),
							.len = (uint16_t)part,
							.from = (uint16_t)c->at,
							.count = (uint16_t)(c->count < 0 ? 0 : c->count),
							.scale = (uint16_t)c->index,
							.off = (int32_t)off });
		if (*op < 0)
			return -1;
	}
	return at;
}

static bool through_pointer(struct planner *p, struct go_node *n, struct cursor *c)
{
	int at, op;

	if (c->type->kind != GO_PTR)
		return true;
	fill(p, c->type);
	if (!c->type->elem || (at = bring(p, n, c, 8, &op)) < 0)
		return false;
	*c = (struct cursor){ .type = c->type->elem, .at = (uint32_t)at, .count = -1 };
	fill(p, c->type);
	return true;
}

static void move(struct cursor *c, const struct go_type *t, uint64_t by)
{
	c->type = t;
	c->off += (int64_t)by;
}

/* Also a field of a struct without a name of its own, which C has. */
static const struct go_field *find_field(struct planner *p, const struct go_type *t, const char *name, size_t len,
					 uint32_t *off, unsigned depth)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct go_field *f = &t->fields[i], *in;
		uint32_t at = *off + f->off;

		if (strlen(f->name) == len && !memcmp(f->name, name, len)) {
			*off = at;
			return f;
		}
		if (!t->c || !f->embedded || depth > 6)
			continue;
		fill(p, f->type);
		in = find_field(p, f->type, name, len, &at, depth + 1);
		if (in) {
			*off = at;
			return in;
		}
	}
	return NULL;
}

static bool field(struct planner *p, struct go_node *n, struct cursor *c, const char *name, size_t len)
{
	const struct go_field *f;
	uint32_t off = 0;

	if (!through_pointer(p, n, c))
		return false;
	fill(p, c->type);
	f = find_field(p, c->type, name, len, &off, 0);
	if (!f)
		return false;
	move(c, f->type, off);
	fill(p, c->type);
	return true;
}

static bool element(struct planner *p, struct go_node *n, struct cursor *c, uint64_t k)
{
	static const struct go_type byte = { .kind = GO_UINT, .name = "uint8", .size = 1, .align = 1 };
	const struct go_type *e;
	int at, op;

	if (c->type->kind == GO_PTR && c->type->c) { /* it may point to many */
		if (!through_pointer(p, n, c) || !c->type->size)
			return false;
		move(c, c->type, k * c->type->size);
		return true;
	}
	if (!through_pointer(p, n, c))
		return false;
	fill(p, c->type);
	e = c->type->kind == GO_STRING ? &byte : c->type->elem;
	if (!e || k > UINT16_MAX)
		return false;
	fill(p, e);
	if (c->type->kind == GO_ARRAY && k < c->type->count) {
		move(c, e, k * e->size);
		return true;
	}
	if (c->type->kind != GO_SLICE && c->type->kind != GO_STRING)
		return false;
	at = bring(p, n, c, 16, &op);
	if (at < 0)
		return false;
	*c = (struct cursor){
		.type = e, .at = (uint32_t)at, .off = (int64_t)(k * e->size), .count = at + 8, .index = (uint32_t)k
	};
	return true;
}

static const struct go_param *param(const struct go_param *v, uint32_t n, bool results, const char *name, size_t len)
{
	char *end;
	unsigned long k = strtoul(name, &end, 10), i = 0;
	bool number = end != name && (size_t)(end - name) == len;

	for (; n--; v++) {
		if (v->result != results)
			continue;
		if (number ? i == k : strlen(v->name) == len && !memcmp(v->name, name, len))
			return v;
		/* a function of C has one result, without a name: ret.field */
		if (results && !number && v->type->c)
			return v;
		i++;
	}
	return NULL;
}

/* Follows what is behind the parameter's name. */
static bool follow(struct planner *p, struct go_node *n, struct cursor *c, const char *s)
{
	while (*s) {
		size_t len = strcspn(s + 1, ".[");
		char *end;

		if (*s == '[') {
			if (!element(p, n, c, strtoull(s + 1, &end, 10)) || *end != ']')
				return false;
			s = end + 1;
			continue;
		}
		if (len == 1 && s[1] == '*') { /* what the pointer leads to, all of it */
			if (c->type->kind != GO_PTR || !through_pointer(p, n, c))
				return false;
		} else if (*s != '.' || !field(p, n, c, s + 1, len)) {
			return false;
		}
		s += 1 + len;
	}
	return true;
}

/* The first len bytes of the stack at off, as bring() does it. */
static int bring_stack(struct planner *p, int64_t off, uint32_t len, int *op)
{
	int at = off == (int32_t)off && off < INT32_MAX / 2 ? plan_room(p, len) : -1;

	for (uint32_t done = 0; at >= 0 && done < len; done += GFT_CAP_LEN) {
		uint32_t part = len - done > GFT_CAP_LEN ? GFT_CAP_LEN : len - done;

		*op = plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_STACK,
							.dst = (uint16_t)((uint32_t)at + done),
							.len = (uint16_t)part,
							.off = (int32_t)off + (int32_t)done });
		if (*op < 0)
			return -1;
	}
	return at;
}

/*
 * "fetch:REG:OFF,OFF:TYPE": what lies in registers from REG on, or behind REG by
 * these offsets.  REG is a number, "sp", or "@" and an address of the binary in hexadecimal.
 */
static void plan_place(struct planner *p, struct go_node *n, const char *s)
{
	const char *list = strchr(s, ':'), *type = list ? strchr(list + 1, ':') : NULL;
	const struct go_type *t = type ? plan_type(p->t, type + 1) : NULL;
	uint64_t reg = *s == '@' ? strtoull(s + 1, NULL, 16) : strtoull(s, NULL, 10);
	struct cursor c = { .type = t, .count = -1 };
	int at, op = -1;

	if (!t || !t->size || t->size > GFT_CAP_BYTES / 2)
		return;
	fill(p, t);
	if (*s == '@') {
		c.at = p->v->ip;
		c.off = (int64_t)(reg - p->v->site_vaddr);
		at = bring(p, n, &c, list + 1 < type ? 8 : t->size, &op);
		s = list + 1;
	} else if (*s == 's') {
		int64_t off = strtoll(list + 1, (char **)(uintptr_t)&s, 10);

		at = bring_stack(p, off, s < type ? 8 : t->size, &op);
		s += s < type;
	} else if (list + 1 == type) {
		at = plan_room(p, t->size);
		s = type;
		for (uint32_t k = 0; at >= 0 && k < t->size / 8; k++)
			if (plan_step(p, (struct gft_cap_op){ .kind = GFT_CAP_REG,
							      .reg = (uint8_t)(reg + k),
							      .dst = (uint16_t)((uint32_t)at + 8 * k) }) < 0)
				return;
	} else {
		at = plan_room(p, 8);
		if (at < 0 || plan_step(p, (struct gft_cap_op){
						   .kind = GFT_CAP_REG, .reg = (uint8_t)reg, .dst = (uint16_t)at }) < 0)
			return;
		s = list + 1;
	}
	for (c.at = (uint32_t)at; at >= 0 && s < type; s++) {
		c.off = strtoll(s, (char **)(uintptr_t)&s, 10);
		at = bring(p, n, &c, s < type ? 8 : t->size, &op);
		c.at = (uint32_t)at;
	}
	if (at < 0)
		return;
	n->type = t;
	n->room = 0;
	n->off = (uint16_t)at;
	n->root_op = (int8_t)op;
}

void plan_path(struct planner *p, struct go_node *n, const struct go_param *v, uint32_t nv, const char *path)
{
	static const struct go_type unknown = { .kind = GO_UNKNOWN, .name = "?" };
	struct cursor c = { .count = -1 };
	const char *name = strchr(path, '.');
	size_t len;
	int at, op;

	n->type = &unknown;
	n->op = n->type_op = n->root_op = -1;
	n->room = UINT16_MAX;
	if (!strncmp(path, "fetch:", 6)) {
		plan_place(p, n, path + 6);
		return;
	}
	if (!name)
		return; /* args, ret: the values behind this one */
	name++;
	len = strcspn(name, ".[");
	c.param = param(v, nv, path[0] == 'r', name, len);
	if (!c.param)
		return;
	c.type = c.param->type;
	fill(p, c.type);
	if (c.param->result && c.type->c && strlen(c.param->name) != len && !isdigit((unsigned char)*name))
		len = (size_t)-1; /* ret.field: the name is the first step */
	if (!follow(p, n, &c, name + (ptrdiff_t)len))
		return;
	fill(p, c.type);
	at = c.type->size <= GFT_CAP_BYTES / 2 ? bring(p, n, &c, c.type->size, &op) : -1;
	if (at < 0)
		return;
	n->type = c.type;
	n->room = 0;
	n->off = (uint16_t)at;
	n->root_op = (int8_t)(c.param ? -1 : op);
}
