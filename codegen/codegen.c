/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * codegen.c - the whole C file, and meta.
 *
 * Layout of the text: feature switches, templates, maps, one function per
 * clause, one BPF program per class of functions, one per other probe.
 */
#include "codegen/codegen.h"

#include <stddef.h>
#include <string.h>

#include "codegen/emit.h"
#include "gft/capture.h"
#include "gft/resolve.h"
#include "gft/setup.h"
#include "parser/goevent.h"

/* --- clauses ------------------------------------------------------------------------- */

static void clause_struct(struct em *m, const struct clause_info *ci)
{
	uint32_t i = ci->clause->index;

	emit_line(m, "struct gft_fetch_%u {", i);
	emit_line(m, "\t__u64 present;");
	for (uint32_t k = 0; k < ci->nitems; k++) {
		const struct fetch_item *it = ci->items[k];

		if (!it->e)
			continue;
		if (emit_is_scalar(it->type))
			emit_line(m, "\t%s v%u;", emit_ctype(it->type), k);
		else if (!m->kept[i][k])
			emit_line(m, "\tchar v%u[%u] __attribute__((aligned(8)));", k, it->type->size);
	}
	emit_line(m, "};");
}

static void clause_function(struct em *m, const struct clause_info *ci)
{
	const struct clause *c = ci->clause;

	buf_puts(m->out, "\n/* ");
	for (uint32_t k = 0; k < c->npoints; k++) {
		/* a name may hold the two characters that end a comment */
		for (const char *p = c->points[k]->raw; *p; p++)
			buf_putc(m->out, (*p == '*' && p[1] == '/') || (*p == '/' && p[1] == '*') ? '_'
					 : (unsigned char)*p < 0x20				  ? '?'
												  : *p);
		buf_puts(m->out, k + 1 < c->npoints ? ", " : "");
	}
	buf_puts(m->out, " */\n");
	if (ci->nitems)
		clause_struct(m, ci);
	struct buf text = BUF_INIT, *out = m->out;

	m->ci = ci;
	m->room = m->base;
	m->stack = 0;
	buf_reset(&m->locals);
	buf_reset(&m->blur);
	buf_reset(&m->bodies);
	m->out = &text;
	m->indent++;
	if (c->pred) {
		emit_src(m, c->pred->loc);
		emit_line(m, "if (!%s)", emit_val(m, c->pred));
		emit_line(m, "\treturn;");
	}
	emit_block(m, c->block);
	m->out = out;
	if (ci->needs & NEED_LOOP)
		emit_locals(m, out);
	buf_add(out, m->bodies.data ? m->bodies.data : "", m->bodies.len);
	m->indent--;
	/* what runs in two places of a program is a function, or its stack would have to hold the values twice */
	emit_line(m, "static %s void gft_clause_%u(struct gft_ctx *c%s)",
		  ci->needs & NEED_UNWOUND ? "__noinline" : "__always_inline", c->index,
		  ci->nitems ? arena_printf(m->a, ", struct gft_fetch_%u *f", c->index) : "");
	emit_line(m, "{");
	if (ci->needs & NEED_LOOP)
		emit_line(m, "\tstruct gft_locals_%u locals = { .c = c%s }, *l = &locals;", c->index,
			  ci->nitems ? ", .f = f" : "");
	buf_add(out, text.data, text.len);
	emit_line(m, "}");
	buf_free(&text);
	buf_puts(m->out, "#line 1 \"gft\"\n");
}

/* --- payloads -------------------------------------------------------------------------- */

/* Go values that are captured whole are no fields of the program: each site has its own. */
static bool captured(const struct fetch_item *it)
{
	return it->type->kind == TY_GO;
}

static const char *go_type_name(const struct fa_type *t)
{
	return t->kind == FT_NAMED   ? t->name
	       : t->kind == FT_SLICE ? "slice"
	       : t->kind == FT_ERROR ? "error"
	       : t->kind == FT_IFACE ? "iface"
				     : "eface";
}

static int go_reg_of(const struct fetcharg *f)
{
	return f->base == FA_REG && !f->nderef ? fa_go_reg(f->reg) : -1;
}

static void payload_of(struct em *m, const struct prog_class *pc, struct meta_prog *mp)
{
	struct payload *out = &mp->payload;
	struct payload_field *f;
	bool capture = pc->capture;
	uint32_t n = 0, off = sizeof(struct gft_payload);

	memset(out, 0, sizeof(*out));
	for (uint32_t k = 0; k < pc->nclauses; k++)
		n += m->p->clauses[pc->clauses[k]].nitems;
	if (!pc->graph || (!n && !pc->capture))
		return;
	if (n > GFT_PAYLOAD_MAX)
		n = GFT_PAYLOAD_MAX;
	f = ARENA_ARRAY(m->a, struct payload_field, n + 1);
	mp->go_fetches = ARENA_ARRAY(m->a, struct meta_go_fetch, n + 1);
	out->fields = f;
	for (uint32_t k = 0; k < pc->nclauses; k++) {
		const struct clause_info *ci = &m->p->clauses[pc->clauses[k]];

		for (uint32_t i = 0; i < ci->nitems && out->n < n; i++) {
			const struct gft_type *t = ci->items[i]->type;
			uint32_t al = t->align ? t->align : 1;

			if (captured(ci->items[i])) {
				if (mp->ngo_fetches < GO_VALUES_MAX)
					mp->go_fetches[mp->ngo_fetches++] =
						(struct meta_go_fetch){ ci->items[i]->name,
									go_type_name(&ci->items[i]->arg->type),
									go_reg_of(ci->items[i]->arg) };
				capture = true;
				continue;
			}
			off = (off + al - 1) / al * al;
			f[out->n++] = (struct payload_field){ ci->items[i]->name, t, off };
			off += t->size;
		}
	}
	out->size = (off + 7) & ~7U;
	if (capture) {
		mp->capture_off = out->size;
		out->size += sizeof(struct gft_capture);
		m->plans = true;
	}
}

/* The function that writes a class's values into its record. */
static void payload_function(struct em *m, const struct prog_class *pc, uint32_t number, const struct meta_prog *mp)
{
	const struct payload *pl = &mp->payload;
	uint32_t slot = 0, word = 0;

	buf_printf(m->out, "\nstatic __always_inline void gft_payload_%u(struct gft_ctx *c, char *r", number);
	for (uint32_t k = 0; k < pc->nclauses; k++)
		if (m->p->clauses[pc->clauses[k]].nitems)
			buf_printf(m->out, ", struct gft_fetch_%u *f%u", pc->clauses[k], pc->clauses[k]);
	buf_puts(m->out, ")\n{\n");
	m->indent++;
	emit_line(m, "__u64 fault = 0, present = 0;");
	buf_putc(m->out, '\n');
	for (uint32_t k = 0; k < pc->nclauses; k++) {
		const struct clause_info *ci = &m->p->clauses[pc->clauses[k]];
		uint32_t cl = pc->clauses[k];

		for (uint32_t i = 0; i < ci->nitems; i++) {
			const struct fetch_item *it = ci->items[i];
			const struct payload_field *pf = &pl->fields[slot];
			struct buf b = BUF_INIT;
			const char *dst;

			if (captured(it) ? word >= mp->ngo_fetches : slot >= pl->n)
				continue;
			emit_src(m, it->loc);
			if (captured(it)) {
				/* its address, for the site's plan to follow */
				dst = arena_printf(m->a, "(r + %u)",
						   mp->capture_off + (uint32_t)offsetof(struct gft_capture, blob) +
							   8 * word);
				emit_line(m, "*(__u64 *)%s = 0;", dst);
				emit_line(m, "if (f%u->present & 0x%llxULL) {", cl, 1ULL << i);
				emit_line(m, "\tpresent |= 0x%llxULL;", 1ULL << (pl->n + word++));
				if (go_reg_of(it->arg) < 0) {
					emit_fetch_address(m, &b, dst, it->arg);
					emit_line(m, "\t%s", buf_str(&b));
				}
				emit_line(m, "}");
				buf_free(&b);
				continue;
			}
			dst = arena_printf(m->a, "r + %u", pf->off);
			/* the verifier does not know that the clause, which ran, had scratch memory */
			emit_line(m, "if (f%u->present & 0x%llxULL%s) {", cl, 1ULL << i,
				  m->kept[cl][i] ? " && c->scratch" : "");
			emit_line(m, "\tpresent |= 0x%llxULL;", 1ULL << slot);
			if (it->arg)
				emit_fetch(m, &b, dst, it->type, it->arg,
					   arena_printf(m->a, "fault |= 0x%llxULL", 1ULL << slot));
			else if (emit_is_scalar(it->type))
				buf_printf(&b, "*(%s *)(%s) = f%u->v%u;", emit_ctype(it->type), dst, cl, i);
			else if (m->kept[cl][i])
				emit_convert(m, &b, dst, it->type, m->kept[cl][i], it->type);
			else
				buf_printf(&b, "__builtin_memcpy(%s, f%u->v%u, %u);", dst, cl, i, it->type->size);
			emit_line(m, "\t%s", buf_str(&b));
			emit_line(m, "}");
			buf_free(&b);
			slot++;
		}
	}
	buf_puts(m->out, "#line 1 \"gft\"\n");
	if (mp->capture_off) {
		/* which values there are besides, the site's plan knows */
		if (pc->capture && slot + word < 64)
			emit_line(m, "present |= ~0ULL << %u;", slot + word);
		emit_line(m, "gft_capture(c, (struct gft_capture *)(r + %u));",
			  pl->size - (uint32_t)sizeof(struct gft_capture));
	}
	emit_line(m, "((struct gft_payload *)r)->present = present;");
	emit_line(m, "((struct gft_payload *)r)->fault = fault;");
	m->indent--;
	emit_line(m, "}");
}

/* probetype: which of the names in the head */
static const char *provider_init(struct em *m, uint32_t needs, enum provider p)
{
	return needs & NEED_PROVIDER ? arena_printf(m->a, ", .provider = %d", (int)p) : "";
}

/* --- programs --------------------------------------------------------------------------- */

static void call_clauses(struct em *m, const struct prog_class *pc)
{
	for (uint32_t k = 0; k < pc->nclauses; k++) {
		const struct clause_info *ci = &m->p->clauses[pc->clauses[k]];
		bool needs_entry = pc->role == SITE_EXIT && ci->needs & NEED_FRAMES, claims = m->claims[pc->clauses[k]];

		/* duration means nothing when the call began before gft attached */
		emit_line(m, "%s%s%s%s%sgft_clause_%u(&c%s);", needs_entry || claims ? "if (" : "",
			  needs_entry ? "c.matched" : "", needs_entry && claims ? " && " : "",
			  claims ? "c.scratch" : "", needs_entry || claims ? ")\n\t\t" : "", pc->clauses[k],
			  ci->nitems ? arena_printf(m->a, ", &f%u", pc->clauses[k]) : "");
	}
}

/* Whether a program of those clauses works in scratch memory. */
static bool claims(const struct em *m, const uint32_t *clauses, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		if (m->claims[clauses[k]])
			return true;
	return false;
}

/* What runs for the calls that were removed (bpf-templates/frames.h). */
static void unwound_function(struct em *m)
{
	const struct program *p = m->p;

	buf_puts(m->out,
		 "\nstatic __always_inline void gft_unwound(struct gft_ctx *c, __u32 list)\n{\n\tswitch (list) {\n");
	m->indent++;
	for (uint32_t i = 0; i < p->nunwound; i++) {
		const struct unwound_list *l = &p->unwound[i];
		bool room = claims(m, l->clauses, l->n);

		emit_line(m, "case %u:", i + 1);
		m->indent++;
		emit_line(m, "c->layout = %d;", l->binary);
		emit_line(m, "c->provider = %d;", (int)PROV_URETPROBE);
		if (room)
			emit_line(m, "c->scratch = gft_scratch_claim(c);");
		for (uint32_t k = 0; k < l->n; k++) {
			uint32_t cl = l->clauses[k];
			bool items = p->clauses[cl].nitems != 0;

			/* its values are of the hit, and are asked for behind !unwound */
			if (items)
				emit_line(m, "struct gft_fetch_%u f%u = {};", cl, cl);
			emit_line(m, "%sgft_clause_%u(c%s);", m->claims[cl] ? "if (c->scratch)\n\t\t\t" : "", cl,
				  items ? arena_printf(m->a, ", &f%u", cl) : "");
		}
		if (room) {
			emit_line(m, "gft_scratch_release(c->scratch);");
			emit_line(m, "c->scratch = 0;");
		}
		emit_line(m, "break;");
		m->indent--;
	}
	m->indent--;
	buf_puts(m->out, "\t}\n}\n");
}

static void write_payload(struct em *m, const struct prog_class *pc, uint32_t number, const char *to)
{
	buf_printf(m->out, "\t\tgft_payload_%u(&c, %s", number, to);
	for (uint32_t k = 0; k < pc->nclauses; k++)
		if (m->p->clauses[pc->clauses[k]].nitems)
			buf_printf(m->out, ", &f%u", pc->clauses[k]);
	buf_puts(m->out, ");\n");
}

/* Whether the class's graph(min) may let its first line wait with that line's values. */
static bool holds(const struct em *m, const struct prog_class *pc)
{
	for (uint32_t k = 0; k < pc->nclauses && m->min && pc->role == SITE_ENTRY; k++)
		if (m->p->clauses[pc->clauses[k]].has_graph)
			return true;
	return false;
}

static void submit(struct em *m, const struct prog_class *pc, uint32_t number, const struct payload *pl,
		   const char *rec)
{
	emit_line(m, "if (r) {");
	if (pl->size)
		write_payload(m, pc, number, arena_printf(m->a, "(char *)r + sizeof(struct %s)", rec));
	emit_line(m, "\tgft_submit(r);");
	if (pl->size && holds(m, pc)) {
		if (pl->size > m->held)
			m->held = pl->size;
		emit_line(m, "} else if (c.held) {");
		write_payload(m, pc, number, "c.held");
	}
	emit_line(m, "}");
}

/* Go values that the class's print()s show. */
static void go_paths(struct em *m, const struct prog_class *pc, struct meta_prog *mp)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < pc->nclauses; k++)
		n += m->p->clauses[pc->clauses[k]].ngo_paths;
	if (!n)
		return;
	m->plans = true;
	mp->go_paths = ARENA_ARRAY(m->a, const char *, n);
	for (uint32_t k = 0; k < pc->nclauses; k++) {
		const struct clause_info *ci = &m->p->clauses[pc->clauses[k]];

		for (uint32_t i = 0, j; i < ci->ngo_paths; i++) {
			for (j = 0; j < mp->ngo_paths && strcmp(mp->go_paths[j], ci->go_paths[i]) != 0; j++)
				;
			if (j == mp->ngo_paths)
				mp->go_paths[mp->ngo_paths++] = ci->go_paths[i];
		}
	}
}

static bool c_in_go(const struct program *p, const struct prog_class *pc)
{
	return pc->abi == ABI_SYSV && p->res->is_go(p->res->ctx, pc->binary);
}

/* Programs with one of these want to know the process of each hit; others ask for it where they name it. */
#define NEEDS_IDS (NEED_KEY | NEED_CALLER | NEED_RING | NEED_PIDNS | NEED_STACK | NEED_GOBJ)

static void class_program(struct em *m, const struct prog_class *pc, uint32_t number, struct meta_prog *mp)
{
	bool goroutine = (pc->needs & (NEED_G | NEED_KEY)) != 0;
	/* an event may drop or tag the graph of its goroutine */
	bool state = pc->graph || pc->frames || (pc->event && m->p->graph && goroutine);

	payload_of(m, pc, mp);
	go_paths(m, pc, mp);
	if (mp->payload.size)
		payload_function(m, pc, number, mp);
	mp->name = arena_printf(m->a, "gft_uprobe_%u", number);
	mp->kind = MP_UPROBE;
	mp->loc = pc->loc;
	mp->binary = pc->binary;
	mp->role = pc->role;
	mp->event = pc->event ? pc->event->name : NULL;
	mp->want_args = pc->role == SITE_ENTRY && (pc->needs & NEED_ARGS || pc->event);
	mp->capture_all = pc->capture;
	mp->want_sp = (pc->needs & (NEED_KEY | NEED_CALLER)) != 0;
	mp->uses_regs = (pc->needs & NEED_REGS) != 0;
	mp->graph = pc->graph;
	mp->places = pc->places;
	mp->nplaces = pc->nplaces;

	buf_printf(m->out, "\nSEC(\"uprobe.multi\")\nint %s(struct pt_regs *regs)\n{\n", mp->name);
	m->indent++;
	emit_line(m, "struct gft_ctx c = { .abi = %s%s%s%s%s%s%s };",
		  pc->abi == ABI_GO_REGS    ? "GFT_ABI_GO_REGS"
		  : pc->abi == ABI_GO_STACK ? "GFT_ABI_GO_STACK"
					    : "GFT_ABI_SYSV",
		  pc->role == SITE_OTHER ? ", .inside = 1" : "",
		  pc->event || pc->needs & NEED_GOBJ ||
				  (pc->graph && pc->role == SITE_ENTRY && m->p->explain & GRAPH_SYSCALLS)
			  ? arena_printf(m->a, ", .layout = %d", pc->binary)
			  : "",
		  pc->role == SITE_ENTRY || pc->abi == ABI_SYSV ? "" : ", .at_ret = 1",
		  provider_init(m, pc->needs, pc->role == SITE_EXIT ? PROV_URETPROBE : PROV_UPROBE),
		  pc->unwound ? arena_printf(m->a, ", .if_unwound = %u", pc->unwound) : "",
		  goroutine || pc->event || pc->graph || pc->frames || (pc->needs & NEEDS_IDS) ? ""
											       : ", .lazy_ids = 1");
	for (uint32_t k = 0; k < pc->nclauses; k++)
		if (m->p->clauses[pc->clauses[k]].nitems)
			emit_line(m, "struct gft_fetch_%u f%u = {};", pc->clauses[k], pc->clauses[k]);
	buf_putc(m->out, '\n');
	emit_line(m, "if (!gft_hit%s(&c, regs))", pc->role == SITE_EXIT ? "_exit" : "");
	emit_line(m, "\treturn 0;");
	if (pc->event && pc->at->filter) {
		emit_line(m, "if (!(%s))", pc->at->filter);
		emit_line(m, "\treturn 0;");
	}
	if (pc->event && pc->event->g && (goroutine || pc->needs & NEED_GOBJ)) {
		emit_line(m, "if (!gft_about(&c, %s))", pc->event->g);
		emit_line(m, "\treturn 0;");
	} else if (goroutine) {
		if (c_in_go(m->p, pc))
			emit_line(m, "if (!gft_goroutine_c(&c, &gft_layouts[%d]))", pc->binary);
		else
			emit_line(m, "if (!gft_goroutine(&c, &gft_layouts[%d], %s))", pc->binary,
				  pc->abi == ABI_GO_STACK ? "true" : "false");
		emit_line(m, "\treturn 0;");
	}
	if (pc->role == SITE_EXIT && pc->needs & NEED_ID && !pc->event) {
		m->ids = true;
		emit_line(m, "gft_exit_id(&c);");
	}
	if (state) {
		emit_line(m, "c.ts = bpf_ktime_get_ns();");
		emit_line(m, "gft_lookup(&c);");
	}
	if (pc->frames && m->p->nunwound)
		emit_line(m, "gft_frames_gone(&c, %s);", pc->role == SITE_EXIT ? "true" : "false");
	if (pc->graph)
		emit_line(m, "gft_check_root(&c, %s);", pc->role == SITE_EXIT ? "true" : "false");
	if (pc->frames)
		emit_line(m, pc->role == SITE_EXIT ? "gft_frames_pop(&c);" : "gft_frames_push(&c);");
	if (claims(m, pc->clauses, pc->nclauses))
		emit_line(m, "c.scratch = gft_scratch_claim(&c);");
	call_clauses(m, pc);
	if (pc->graph && pc->role == SITE_ENTRY) {
		emit_line(m, "struct gft_rec_entry *r = gft_graph_entry(&c, %u);", mp->payload.size);
		submit(m, pc, number, &mp->payload, "gft_rec_entry");
		if (m->p->explain & GRAPH_STACK)
			emit_line(m, "gft_root_stack(&c);");
	} else if (pc->graph) {
		emit_line(m, "struct gft_rec_call *r = gft_graph_exit(&c, %u);", mp->payload.size);
		submit(m, pc, number, &mp->payload, "gft_rec_call");
	}
	if (claims(m, pc->clauses, pc->nclauses))
		emit_line(m, "gft_scratch_release(c.scratch);");
	if (pc->frames && pc->role == SITE_EXIT)
		emit_line(m, "gft_frames_done(&c);");
	if (pc->role == SITE_EXIT && pc->abi != ABI_SYSV) {
		m->rets = true;
		emit_line(m, "gft_return(&c);");
	}
	emit_line(m, "return 0;");
	m->indent--;
	emit_line(m, "}");
}

/*
 * Functions of the runtime that tell what became of calls that do not return:
 * one program each for every Go binary with state.
 */
static const struct watched {
	const char *func, *prog, *action;
	bool entry_does; /* an entry probe of the script at the same place does it too */
	bool optional;	 /* programs without it have nothing of the kind */
} watched[] = {
	{ "runtime.goexit1", "goexit", "gft_goroutine_gone", false, false },
	{ "runtime.deferreturn", "deferreturn", "gft_called_gone", true, false },
	/* iter.Pull's goroutines end elsewhere; the compiler copies coroexit into the wrapper that defers it */
	{ "runtime.coroexit", "coroexit", "gft_goroutine_gone", false, true },
	{ "runtime.corostart.deferwrap1", "coroend", "gft_goroutine_gone", false, true },
};
#define NWATCHED (sizeof(watched) / sizeof(watched[0]))

/* Whether a probe of the script that follows calls is at the function's entry. */
static bool entry_probed(const struct program *p, int bin, uint32_t func)
{
	for (uint32_t i = 0; i < p->nclasses; i++) {
		const struct prog_class *pc = &p->classes[i];

		if (pc->binary != bin || pc->role != SITE_ENTRY || !(pc->graph || pc->frames))
			continue;
		for (uint32_t k = 0; k < pc->nplaces; k++)
			if (pc->places[k].func == func)
				return true;
	}
	return false;
}

static bool watch_program(struct em *m, int bin, const struct watched *w, struct meta_prog *mp)
{
	const struct resolver *r = m->p->res;
	uint32_t *funcs = NULL;
	size_t n = r->match(r->ctx, bin, w->func, &funcs);
	bool tls = false;

	if (!n && w->optional) {
		__builtin_free(funcs);
		return false;
	}
	memset(mp, 0, sizeof(*mp));
	mp->name = arena_printf(m->a, "gft_%s_%d", w->prog, bin);
	mp->kind = MP_UPROBE;
	mp->internal = true;
	mp->binary = bin;
	mp->role = SITE_ENTRY;
	mp->places = ARENA_ARRAY(m->a, struct meta_place, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (w->entry_does && entry_probed(m->p, bin, funcs[i]))
			continue;
		mp->places[mp->nplaces++] = (struct meta_place){ funcs[i], 0 };
		tls = tls || r->is_abi0(r->ctx, bin, funcs[i]);
	}
	__builtin_free(funcs);
	m->tls = m->tls || tls;
	buf_printf(m->out,
		   "\nSEC(\"uprobe.multi\")\nint %s(struct pt_regs *regs)\n{\n"
		   "\tstruct gft_ctx c = {};\n\n"
		   "\tif (gft_hit(&c, regs) && gft_goroutine(&c, &gft_layouts[%d], %s))\n"
		   "\t\t%s(&c);\n"
		   "\treturn 0;\n}\n",
		   mp->name, bin, tls ? "true" : "false", w->action);
	return true;
}

/* gft's own programs at functions of a Go runtime, once for each binary. */
static void watch_runtime(struct em *m, struct gft_meta *meta, int bin, uint64_t *seen)
{
	const struct resolver *r = m->p->res;

	if (bin >= GFT_BINARIES || *seen & (1ULL << bin) || !r->is_go(r->ctx, bin))
		return;
	*seen |= 1ULL << bin;
	for (size_t w = 0; w < NWATCHED; w++)
		meta->nprogs += watch_program(m, bin, &watched[w], &meta->progs[meta->nprogs]);
	explain_hooks(m, meta, bin);
}

/* What the context of such a program is. */
static const char *how_to_read(enum meta_prog_kind kind, uint32_t needs)
{
	if (!(needs & NEED_REGS))
		return "";
	switch (kind) {
	case MP_INTERVAL:
	case MP_PROFILE:
	case MP_SOFTWARE:
	case MP_HARDWARE:
	case MP_KPROBE:
	case MP_KRETPROBE: return ", .regs = ctx, .abi = GFT_ABI_SYSV, .inside = 1";
	case MP_RAWTRACEPOINT:
	case MP_FENTRY:
	case MP_FEXIT: return ", .abi = GFT_ABI_WORDS";
	default: return "";
	}
}

/* Programs that the kernel calls as functions stand on its stack; the others leave registers from before them. */
static const char *own_frames(enum meta_prog_kind kind, uint32_t needs)
{
	if (!(needs & NEED_STACK))
		return "";
	switch (kind) {
	case MP_BEGIN:
	case MP_END:
	case MP_SIGNAL:
	case MP_TEST:
	case MP_RAWTRACEPOINT:
	case MP_FENTRY:
	case MP_FEXIT: return ", .own = 1";
	default: return "";
	}
}

/* A probe of the kernel or a timer asks for the goroutine that it found running, or for its graph. */
static void emit_thread(struct em *m, const struct clause_info *ci)
{
	if (!(ci->needs & NEED_KEY) || !m->p->graph) {
		emit_line(m, "gft_thread_goroutine(&c, %d);", m->p->nbinaries);
		return;
	}
	emit_line(m, "c.ts = bpf_ktime_get_ns();");
	emit_line(m, "if (gft_thread_goroutine(&c, %d))", m->p->nbinaries);
	emit_line(m, "\tgft_lookup(&c);");
	emit_line(m, "if (c.st)"); /* inside of all that is open */
	emit_line(m, "\tc.key = c.st->above;");
}

static void plain_program(struct em *m, const struct plain_probe *pp, uint32_t number, struct meta_prog *mp)
{
	const struct clause_info *ci = &m->p->clauses[pp->clause];
	const char *sec;
	bool own;

	mp->loc = pp->ap->loc;
	mp->probe_id = pp->probe_id;
	mp->period = pp->ap->period_ns;
	mp->freq = pp->ap->freq;
	mp->target = pp->target;
	mp->offset = pp->ap->offset;
	mp->optional = pp->ap->expanded || m->p->config.missing_probes != MISSING_ERROR;
	mp->name = arena_printf(m->a, "gft_probe_%u", number);
	switch (pp->ap->provider) {
	case PROV_BEGIN: mp->kind = MP_BEGIN, sec = "raw_tp"; break;
	case PROV_END: mp->kind = MP_END, sec = "raw_tp"; break;
	case PROV_INTERVAL: mp->kind = MP_INTERVAL, sec = "perf_event"; break;
	case PROV_PROFILE: mp->kind = MP_PROFILE, sec = "perf_event"; break;
	case PROV_SOFTWARE: mp->kind = MP_SOFTWARE, sec = "perf_event"; break;
	case PROV_HARDWARE: mp->kind = MP_HARDWARE, sec = "perf_event"; break;
	case PROV_RAWTRACEPOINT: mp->kind = MP_RAWTRACEPOINT, sec = "raw_tp"; break;
	case PROV_SELF: mp->kind = MP_SIGNAL, sec = "raw_tp"; break;
	case PROV_TEST: mp->kind = MP_TEST, sec = "raw_tp"; break;
	case PROV_KPROBE: mp->kind = MP_KPROBE, sec = "kprobe"; break;
	case PROV_KRETPROBE: mp->kind = MP_KRETPROBE, sec = "kretprobe"; break;
	case PROV_FENTRY: mp->kind = MP_FENTRY, sec = "fentry"; break;
	case PROV_FEXIT: mp->kind = MP_FEXIT, sec = "fexit"; break;
	default: mp->kind = MP_TRACEPOINT, sec = "tracepoint"; break;
	}
	if (pp->ap->count) /* of a counter, or a signal's number */
		mp->period = pp->ap->count;
	own = mp->kind == MP_BEGIN || mp->kind == MP_END || mp->kind == MP_SIGNAL || mp->kind == MP_TEST;
	buf_printf(m->out, "\nSEC(\"%s\")\nint %s(void *ctx)\n{\n", sec, mp->name);
	m->indent++;
	emit_line(m, "struct gft_ctx c = { .tp = ctx, .site = GFT_NO_SITE, .probe_id = 0x%xU%s%s%s };", pp->probe_id,
		  how_to_read(mp->kind, ci->needs), provider_init(m, ci->needs, pp->ap->provider),
		  own_frames(mp->kind, ci->needs));
	if (ci->nitems)
		emit_line(m, "struct gft_fetch_%u f%u = {};", pp->clause, pp->clause);
	buf_putc(m->out, '\n');
	/* begin, end and signals run in gft itself, when it says so */
	if (!own) {
		emit_line(m, "if (!*(volatile __u32 *)&gft_ready)");
		emit_line(m, "\treturn 0;");
	}
	emit_line(m, "gft_ids(&c);");
	if (mp->kind == MP_TEST)
		emit_line(m, "gft_result = 0;");
	if (!own && mp->kind != MP_INTERVAL) {
		emit_line(m, "if (!gft_pid_wanted(c.tgid))");
		emit_line(m, "\treturn 0;");
	}
	if (!own && ci->needs & NEED_G)
		emit_thread(m, ci);
	if (m->claims[pp->clause]) {
		emit_line(m, "c.scratch = gft_scratch_claim(&c);");
		emit_line(m, "if (!c.scratch)");
		emit_line(m, "\treturn 0;");
	}
	emit_line(m, "gft_clause_%u(&c%s);", pp->clause, ci->nitems ? arena_printf(m->a, ", &f%u", pp->clause) : "");
	if (m->claims[pp->clause])
		emit_line(m, "gft_scratch_release(c.scratch);");
	emit_line(m, mp->kind == MP_TEST ? "return gft_result;" : "return 0;");
	m->indent--;
	emit_line(m, "}");
}

/* --- maps and the head --------------------------------------------------------------------- */

static void maps(struct em *m, struct gft_meta *meta)
{
	meta->maps = ARENA_ARRAY(m->a, struct meta_map, m->p->nmaps + 1);
	for (struct map *mp = m->p->maps; mp; mp = mp->next) {
		bool percpu = ty_is_agg(mp->value);

		meta->maps[meta->nmaps++] = (struct meta_map){
			.name = mp->name,
			.bpf_name = mp->bpf_name,
			.key = mp->key,
			.value = mp->value,
			.percpu = percpu,
			.always = !mp->key && mp->value->kind == TY_COUNT && !mp->kind,
			.max_entries = mp->key ? mp->max_entries : 1,
		};
		buf_printf(m->out,
			   "\n/* %s */\nstruct {\n\t__uint(type, BPF_MAP_TYPE_%s);\n\t__uint(max_entries, %u);\n%s"
			   "\t__uint(key_size, %u);\n\t__uint(value_size, %u);\n} %s SEC(\".maps\");\n",
			   mp->name,
			   mp->kind ? mp->kind->bpf
			   : percpu ? "PERCPU_HASH"
				    : "HASH",
			   mp->key ? mp->max_entries : 1,
			   percpu || (mp->kind && mp->kind->lru) ? "" : "\t__uint(map_flags, BPF_F_NO_PREALLOC);\n",
			   mp->key ? mp->key->size : 4, mp->value->size, mp->bpf_name);
	}
}

static void needs(struct em *m, struct gft_meta *meta, uint32_t all)
{
	struct program *p = m->p;

	meta->needs.graph = p->graph;
	meta->needs.frames = p->frames;
	meta->needs.unwound = p->nunwound != 0;
	meta->needs.ring = p->graph || (all & NEED_RING);
	meta->needs.stacks = (all & NEED_STACK) != 0;
	meta->needs.stacks |= (all & NEED_GOBJ) != 0; /* where functions begin: addresses, as in stacks */
	meta->needs.tls = (p->explain & GRAPH_SYSCALLS) != 0;
	m->tls |= meta->needs.tls;
	for (uint32_t i = 0; i < p->nplain; i++)
		if (p->clauses[p->plain[i].clause].needs & NEED_G)
			meta->needs.goroutine = m->tls = true;
	for (uint32_t i = 0; i < p->nclasses; i++) {
		if (p->classes[i].needs & (NEED_G | NEED_KEY | NEED_GOBJ) || p->classes[i].event)
			meta->needs.goroutine = true;
		m->events |= p->classes[i].event != NULL;
		if (!(p->classes[i].needs & (NEED_G | NEED_KEY)))
			continue;
		/* assembly, and C of a Go program */
		if (p->classes[i].abi == ABI_GO_STACK || c_in_go(p, &p->classes[i]))
			m->tls = true;
		/* a library learns g's place from a word in the process */
		if ((p->classes[i].abi == ABI_GO_STACK || meta->needs.tls) && p->res->is_library &&
		    p->res->is_library(p->res->ctx, p->classes[i].binary))
			m->bias = true;
	}
}

/* Which tests of names the probes without a site pass: those of sites are the loader's. */
static void name_table(struct em *m, struct buf *head)
{
	const struct program *p = m->p;

	buf_printf(head, "#define GFT_STATIC_NAMES %u\n", p->nprobe_names ? p->nprobe_names : 1);
	/* volatile: one that the compiler knew all of would have no place in the object, but a type */
	buf_puts(head, "const volatile __u64 gft_static_names[GFT_STATIC_NAMES] = {");
	for (uint32_t i = 0; i < p->nprobe_names; i++) {
		uint64_t bits = 0;

		for (uint32_t k = 0; k < p->nname_tests; k++) {
			const struct meta_name_test *t = &p->name_tests[k];

			if (meta_name_test(t, t->probe ? p->probe_names[i].probe : p->probe_names[i].func))
				bits |= 1ULL << k;
		}
		buf_printf(head, "%s0x%llxULL", i ? ", " : " ", (unsigned long long)bits);
	}
	buf_puts(head, " };\n#include <gft/names.h>\n");
}

void codegen(struct program *p, struct generated *out)
{
	struct buf head = BUF_INIT, body = BUF_INIT;
	struct em m = { .p = p, .a = p->arena, .out = &body };
	struct gft_meta *meta = ARENA_NEW(p->arena, struct gft_meta);
	uint32_t all = 0, nprogs = p->nclasses + p->nplain + NWATCHED * GFT_BINARIES + explain_max_programs();
	uint64_t seen = 0;

	for (uint32_t i = 0; i < p->nclauses; i++)
		all |= p->clauses[i].needs;
	needs(&m, meta, all);
	meta->progs = ARENA_ARRAY(m.a, struct meta_prog, nprogs);

	m.places = ARENA_ARRAY(m.a, const char *, p->nvars + 1);
	m.claims = ARENA_ARRAY(m.a, bool, p->nclauses + 1);
	emit_kept_places(&m);
	maps(&m, meta);
	for (uint32_t i = 0; i < p->nplain; i++)
		m.tests |= p->plain[i].ap->provider == PROV_TEST;
	if (m.tests)
		buf_puts(&body, "\n/* of the test that runs: 1 when it fails */\nvolatile __u32 gft_result;\n");
	for (uint32_t i = 0; i < p->nclauses; i++)
		clause_function(&m, &p->clauses[i]);
	if (p->nunwound)
		unwound_function(&m);
	for (uint32_t i = 0; i < p->nclasses; i++)
		class_program(&m, &p->classes[i], i, &meta->progs[meta->nprogs++]);
	for (uint32_t i = 0; i < p->nclasses && (p->graph || p->frames); i++) {
		int bin = p->classes[i].binary;

		watch_runtime(&m, meta, bin, &seen);
		/* the runtime that a plugin runs in is that of the program that loads it */
		if (bin < GFT_BINARIES && p->res->is_library && p->res->is_library(p->res->ctx, bin)) {
			char err[512];

			bin = p->res->binary(p->res->ctx, NULL, err, sizeof(err));
			if (bin >= 0)
				watch_runtime(&m, meta, bin, &seen);
		}
	}
	explain_tracepoints(&m, meta);
	for (uint32_t i = 0; i < p->nplain; i++)
		plain_program(&m, &p->plain[i], i, &meta->progs[meta->nprogs++]);

	buf_puts(&head, "/* Generated by gft from a script. */\n");
	if (p->graph)
		buf_puts(&head, "#define GFT_WANT_GRAPH 1\n");
	if (m.levels)
		buf_puts(&head, "#define GFT_LEVELS 1\n");
	if (m.min)
		buf_puts(&head, "#define GFT_MIN 1\n");
	if (m.held)
		buf_printf(&head, "#define GFT_HELD %u\n", m.held);
	if (p->explain)
		buf_puts(&head, "#define GFT_EXPLAIN 1\n");
	if (p->explain & GRAPH_PARKS)
		buf_puts(&head, "#define GFT_PARKS 1\n");
	if (p->explain & GRAPH_SYSCALLS)
		buf_puts(&head, "#define GFT_SYSCALLS 1\n");
	if (p->explain & GRAPH_CHILDREN)
		buf_puts(&head, "#define GFT_CHILDREN 1\n");
	if (p->frames)
		buf_puts(&head, "#define GFT_FRAMES 1\n");
	if (p->nunwound)
		buf_puts(&head, "#define GFT_UNWOUND 1\n");
	if (m.tls)
		buf_puts(&head, "#define GFT_WANT_TLS 1\n");
	if (all & NEED_GOBJ || m.events)
		buf_puts(&head, "#define GFT_WANT_GOBJ 1\n");
	if (m.bias)
		buf_puts(&head, "#define GFT_WANT_BIAS 1\n");
	if (all & NEED_PROVIDER) {
		buf_puts(&head, "#define GFT_WANT_PROVIDER");
		for (int i = 0; i < PROV_NONE; i++)
			buf_printf(&head, "%s \"%s\"", i ? "," : "", provider_name((enum provider)i));
		buf_putc(&head, '\n');
	}
	if (all & NEED_STACK)
		buf_puts(&head, "#define GFT_STACKS 1\n");
	if (m.nwarnings)
		buf_printf(&head, "#define GFT_WARNINGS %u\n", m.nwarnings);
	if (m.room_most)
		buf_printf(&head, "#define GFT_SCRATCH_BYTES %u\n", m.room_most);
	buf_puts(&head, "#include <gft/bpf.h>\n");
	if (m.nwarnings)
		buf_puts(&head, "#include <gft/warn.h>\n");
	if (meta->needs.ring)
		buf_puts(&head, "#include <gft/ring.h>\n");
	if (m.room_most)
		buf_puts(&head, "#include <gft/scratch.h>\n");
	buf_puts(&head, "#include <gft/goroutine.h>\n");
	if (all & NEED_GOBJ || m.events)
		buf_puts(&head, "#include <gft/goevent.h>\n");
	if (m.rets)
		buf_puts(&head, "#include <gft/ret.h>\n");
	if (p->graph || p->frames)
		buf_puts(&head, "#include <gft/graph.h>\n");
	if (p->frames)
		buf_puts(&head, "#include <gft/frames.h>\n");
	if (p->explain)
		buf_puts(&head, "#include <gft/explain.h>\n");
	buf_puts(&head, "#include <gft/proc.h>\n");
	if (m.plans)
		buf_puts(&head, "#include <gft/plan.h>\n");
	buf_puts(&head, "#include <gft/fetch.h>\n#include <gft/value.h>\n");
	if (all & (NEED_LOOP | NEED_LEN))
		buf_puts(&head, "#include <gft/loop.h>\n");
	if (all & NEED_TEXT)
		buf_puts(&head, "#include <gft/text.h>\n");
	if (m.ids)
		buf_puts(&head, "#include <gft/id.h>\n");
	if (m.names)
		name_table(&m, &head);
	if (m.tails)
		buf_puts(&head, "#include <gft/tail.h>\n");
	if (all & NEED_STACK)
		buf_puts(&head, "#include <gft/stack.h>\n");
	if (all & NEED_AGG)
		buf_puts(&head, "#include <gft/agg.h>\n");
	emit_own_c(&m, &head);
	if (m.every)
		buf_printf(&head, "\n/* calls seen by each graph(every = N) */\n__u64 gft_every[%u];\n", p->ngraphs);
	if (m.rate)
		buf_printf(&head, "\n/* when the next graph(rate = N/s) may open, ns */\n__u64 gft_rate[%u];\n",
			   p->ngraphs);
	if (m.zero)
		buf_printf(&head,
			   "\n/* a fresh row of any map */\nstatic const char gft_zero_row[%u] "
			   "__attribute__((aligned(8)));\n",
			   (m.zero + 7) & ~7U);
	buf_add(&head, body.data ? body.data : "", body.len);

	meta->events = p->events;
	meta->nevents = p->nevents;
	meta->graphs = p->graphs;
	meta->ngraphs = p->ngraphs;
	meta->tags = p->tags;
	meta->ntags = p->ntags;
	meta->name_tests = p->name_tests;
	meta->nname_tests = m.names ? p->nname_tests : 0;
	meta->probe_names = p->probe_names;
	meta->nprobe_names = p->nprobe_names;
	meta->strings = p->strings;
	meta->nstrings = p->nstrings;
	meta->config = p->config;
	meta->warnings = m.warnings;
	meta->nwarnings = m.nwarnings;
	meta->site_ids = m.ids;
	meta->site_addrs = m.bias;
	meta->site_plans = m.plans;
	out->text = arena_strndup(p->arena, buf_str(&head), head.len);
	out->len = head.len;
	out->meta = meta;
	buf_free(&head);
	buf_free(&body);
	buf_free(&m.locals);
	buf_free(&m.blur);
	buf_free(&m.bodies);
}
