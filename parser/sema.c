/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema.c - semantic analysis: statements, and the passes over them.
 *
 * Types are inferred over all uses: quiet passes run until nothing widens any
 * more, then one pass reports what is wrong and numbers what user space must
 * know (events, graph() calls).  So an assignment far below may still give a
 * map its type, and each mistake is told once.
 */
#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "parser/sema.h"

#define PASSES_MAX 1000 /* each widens something, and there is little to widen */

void sema_set_wrong(struct sema *s, struct src_loc loc)
{
	if (s->report)
		ARENA_PUSH(s->a, s->wrong, s->nwrong, s->cwrong, loc);
}

bool sema_is_wrong(const struct sema *s, struct src_loc loc)
{
	for (uint32_t i = 0; loc.source != SRC_NOWHERE.source && i < s->nwrong; i++) {
		const struct src_loc *w = &s->wrong[i];

		if (w->source == loc.source && w->use == loc.use && w->begin >= loc.begin && w->end <= loc.end)
			return true;
	}
	return false;
}

void sema_error(struct sema *s, struct src_loc loc, const char *fmt, ...)
{
	va_list ap;

	if (!s->report)
		return;
	s->follows = sema_is_wrong(s, loc);
	if (s->follows)
		return;
	sema_set_wrong(s, loc);
	va_start(ap, fmt);
	diag_verror(s->d, loc, fmt, ap);
	va_end(ap);
}

void sema_hint(struct sema *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->report || s->follows)
		return;
	va_start(ap, fmt);
	diag_hint(s->d, "%s", arena_vprintf(s->a, fmt, ap));
	va_end(ap);
}

void sema_note(struct sema *s, struct src_loc loc, const char *fmt, ...)
{
	va_list ap;

	if (!s->report || s->follows)
		return;
	va_start(ap, fmt);
	diag_note(s->d, loc, "%s", arena_vprintf(s->a, fmt, ap));
	va_end(ap);
}

void sema_operand(struct sema *s, const struct expr *e, const char *side)
{
	if (s->report && !s->follows)
		diag_operand(s->d, e->loc, "%s (%s)", side, sema_type_name(s, e->type));
}

const char *sema_type_name(struct sema *s, const struct gft_type *t)
{
	return t->kind == TY_NONE ? "a value of unknown type" : ty_name(s->a, t);
}

const struct gft_type *sema_text(struct sema *s)
{
	return ty_string(s->a, s->p->config.max_strlen);
}

void sema_cond(struct sema *s, struct expr *e)
{
	sema_expr(s, e);
	sema_truth(s, e);
	if (!sema_is_cond(e->type))
		sema_error(s, e->loc, "a condition must be a number, not %s", sema_type_name(s, e->type));
}

/* What takes its value from a mistake is no mistake of its own. */
static void note_wrong(struct sema *s, const struct stmt *st)
{
	if (!s->report || !sema_is_wrong(s, st->e->loc))
		return;
	if (st->lhs->var)
		st->lhs->var->wrong = true;
	else if (st->lhs->kind == EX_MAP)
		sema_map(s, st->lhs)->wrong = true;
}

/* p += N, p -= N: the number becomes one of bytes. */
static bool step_pointer(struct sema *s, struct stmt *st)
{
	struct expr *lhs = st->lhs;
	const struct gft_type *t = lhs->kind == EX_VAR ? lhs->type : sema_map(s, lhs)->value;
	uint32_t size;

	if (t->kind != TY_PTR || (st->op != OP_ADD && st->op != OP_SUB))
		return false;
	size = sema_pointer_step(s, st->loc, t);
	if (size > 1 && !st->type) {
		struct expr *n = expr_new(s->p->ast, EX_INT, st->e->loc);

		n->ival = size;
		st->e = expr_binary(s->p->ast, OP_MUL, st->e, n, st->e->loc);
		sema_expr(s, st->e);
	}
	st->type = t;
	if (lhs->kind == EX_MAP)
		sema_assign_map(s, lhs, t, st->loc);
	return true;
}

/* What holds &$v or &@m, and nothing else, follows when $v or @m becomes wider. */
static void follow_address(struct sema *s, struct stmt *st)
{
	const struct expr *lhs = st->lhs;
	const struct var *v = lhs->kind == EX_VAR ? lhs->var : NULL;
	const struct gft_type *t = sema_storage(s, st->e->type);

	if (st->e->kind != EX_UNARY || st->e->op != OP_ADDR || t->kind != TY_PTR)
		return;
	if (st->type && !ty_same(t, st->type)) {
		if (v && ty_same(v->type, st->type))
			lhs->var->type = t;
		else if (lhs->kind == EX_MAP && ty_same(sema_map(s, st->lhs)->value, st->type))
			lhs->map->value = t;
		s->changed = true;
	}
	st->type = t;
}

/* Of an aggregation a map takes the number, when it is clear that it holds numbers. */
static void assign_map(struct sema *s, struct stmt *st)
{
	struct map *to = sema_map(s, st->lhs);
	const struct map *from = st->e->kind == EX_MAP ? sema_map(s, st->e) : NULL;
	bool given = to->given;

	sema_assign_map(s, st->lhs, st->e->type, st->loc);
	if (!from || !ty_is_agg(from->value)) {
		sema_implicit(s, st->e, to->value);
		return;
	}
	to->given = given;
	if (given || !s->report)
		return;
	sema_error(s, st->loc, "%s holds %s, which another map cannot take over", from->name,
		   sema_type_name(s, from->value));
	sema_hint(s, "%s = (%s)%s%s takes the number that it stands for now", to->name, sema_type_name(s, st->e->type),
		  from->name, from->keyed ? "[...]" : "");
}

static void check_assign(struct sema *s, struct stmt *st)
{
	struct expr *lhs = st->lhs;

	sema_expr(s, st->e);
	note_wrong(s, st);
	if (ty_is_agg(st->e->type) && st->e->kind != EX_CALL) {
		sema_error(s, st->e->loc, "an aggregation cannot be part of an expression");
		sema_hint(s, "if (CONDITION) { @name = count(); }");
		return;
	}
	if (st->op != OP_NONE) {
		if (lhs->kind == EX_VAR) {
			sema_begins(s, lhs);
			sema_expr(s, lhs);
		}
		if (!ty_is_int(st->e->type) && st->e->type->kind != TY_NONE)
			sema_error(s, st->e->loc, "'%s=' needs a number, not %s", op_text(st->op),
				   sema_type_name(s, st->e->type));
		if (step_pointer(s, st))
			return;
		if (lhs->kind == EX_VAR && lhs->var) {
			st->type = sema_arith(st->op, lhs->type, st->e->type);
			sema_assign_var(s, lhs, st->type, st->loc);
		} else if (lhs->kind == EX_MAP && !ty_is_agg(sema_map(s, lhs)->value)) {
			st->type = sema_arith(st->op, lhs->map->value, st->e->type);
			sema_assign_map(s, lhs, st->type, st->loc);
		} else if (lhs->kind == EX_MAP)
			sema_error(s, st->loc, "%s is an aggregation: '%s=' cannot be used on it", lhs->name,
				   op_text(st->op));
		return;
	}
	follow_address(s, st);
	if (lhs->kind == EX_VAR) {
		bool fresh = !sema_find_var(s, lhs->name);

		sema_assign_var(s, lhs, st->e->type, st->loc);
		if (lhs->var && fresh)
			lhs->var->set_at_once = true;
		if (lhs->var) {
			sema_fits(s, lhs->var->declared, st->e);
			sema_implicit(s, st->e, lhs->var->type);
		}
	} else {
		assign_map(s, st);
	}
}

/* Called for its value alone. */
static bool gives_value(const struct expr *e)
{
	return e->type->kind != TY_VOID && e->type->kind != TY_NONE && !ty_is_agg(e->type) && e->fn->id != FN_DELETE &&
	       e->fn->id != FN_FIND;
}

/* A variable is declared once in all blocks around a place. */
static void check_let(struct sema *s, struct stmt *st)
{
	struct expr *v = st->lhs;
	const struct var *old = v->var ? NULL : sema_find_var(s, v->name);

	if (!v->var && old) {
		v->number = 1; /* told in the last pass */
		st->other_loc = old->loc;
	}
	if (v->number) {
		sema_error(s, st->loc, "%s is declared already", v->name);
		sema_note(s, st->other_loc, "here");
		sema_hint(s, "%s = ... changes it", v->name);
	}
}

static void tell_unused(struct sema *s, const struct expr *e)
{
	switch (e->kind) {
	case EX_CALL:
	case EX_INCDEC:
	case EX_BLOCK:
	case EX_FETCH: break;
	default:
		if (e->type->kind != TY_VOID && e->type->kind != TY_NONE) {
			diag_warn(s->d, e->loc, "Return value discarded.");
			diag_hint(s->d, "print(...) shows it");
		}
		return;
	}
	if (e->kind == EX_CALL && e->fn && gives_value(e)) {
		diag_warn(s->d, e->loc, "Return value discarded.");
		diag_hint(s->d, "_ = %s(...) says that this is meant", e->name);
	}
	if (e->kind == EX_CALL && e->fn && ty_is_agg(e->type)) {
		sema_error(s, e->loc, "%s() must be assigned to a map", e->name);
		sema_hint(s, "@name = %s(%s)", e->name, e->nargs ? "..." : "");
	}
}

static void check_expr_stmt(struct sema *s, struct stmt *st)
{
	struct expr *e = st->e;

	e->value_unused = true;
	sema_expr(s, e);
	if (!s->report)
		return;
	/* a macro's body may be what is not used */
	if (e->from)
		diag_set_context(s->d, &e->from->said);
	tell_unused(s, e);
	diag_set_context(s->d, s->use ? &s->use->said : NULL);
}

/* Whether a condition asks for what only the check knows: is_str() and the like. */
static bool asks(const struct expr *e)
{
	switch (e->kind) {
	case EX_CALL: return e->fn && (e->fn->id == FN_IS || e->fn->id == FN_COMPTIME);
	case EX_UNARY: return asks(e->a);
	case EX_BINARY: return asks(e->a) || asks(e->b);
	default: return false;
	}
}

static void check_branch(struct sema *s, struct block *b, bool never, bool skip, bool is_value)
{
	if (!b || (never && skip))
		return;
	s->never += never;
	sema_block(s, b, is_value);
	s->never -= never;
}

/* Whether the statement behind the block can be reached from it. */
static bool goes_on(const struct block *b)
{
	for (const struct stmt *st = b->first; st; st = st->next)
		if (st->kind == ST_RETURN || (st->kind == ST_BLOCK && !goes_on(st->body)))
			return false;
	return true;
}

/* What never runs may fail(), and behind if (is_str(x)) may be wrong for the x that is no text. */
uint32_t sema_branches(struct sema *s, struct expr *cond, struct block *then, struct block *other, bool is_value)
{
	bool returned = s->returned;
	uint32_t known;
	int64_t v;

	sema_cond(s, cond);
	known = !sema_const_int(cond, &v) ? IF_UNKNOWN : v ? IF_ALWAYS : IF_NEVER;
	s->returned = returned || sema_returned(cond, true);
	check_branch(s, then, known == IF_NEVER, asks(cond), is_value);
	s->returned = returned || sema_returned(cond, false);
	check_branch(s, other, known == IF_ALWAYS, asks(cond), is_value);
	/* what follows: one of the two was run to its end */
	if (goes_on(then))
		s->returned = returned || (other && !goes_on(other) && sema_returned(cond, true));
	return known;
}

static void check_stmt(struct sema *s, struct stmt *st)
{
	switch (st->kind) {
	case ST_EXPR: check_expr_stmt(s, st); break;
	case ST_ASSIGN: check_assign(s, st); break;
	case ST_DISCARD:
		sema_expr(s, st->e);
		if (st->e->type->kind == TY_VOID || ty_is_agg(st->e->type))
			sema_error(s, st->e->loc, "this gives no value that could be thrown away");
		break;
	case ST_LET: {
		const struct gft_type *t = &ty_none;

		if (st->e) {
			sema_expr(s, st->e);
			t = st->e->type;
			note_wrong(s, st);
			follow_address(s, st);
		}
		check_let(s, st);
		if (st->spec) {
			const struct gft_type *given = t;

			t = sema_typespec(s, st->spec);
			if (given->kind == TY_VOID || !sema_join(s, sema_storage(s, t), sema_storage(s, given)))
				sema_error(s, st->loc,
					   "Type mismatch for %s: trying to assign value of type '%s' when variable "
					   "already has a type '%s'",
					   st->lhs->name, sema_type_name(s, given), sema_type_name(s, t));
		}
		sema_assign_var(s, st->lhs, t, st->loc);
		if (!st->e && st->lhs->var)
			st->lhs->var->pass = 0;
		if (st->spec && st->lhs->var && t->kind != TY_NONE && t->kind != TY_VOID) {
			st->lhs->var->declared = st->lhs->var->type = t;
			if (st->e) {
				sema_fits(s, t, st->e);
				sema_implicit(s, st->e, t);
			}
		}
		break;
	}
	case ST_IF: st->count = sema_branches(s, st->e, st->body, st->other, false); break;
	case ST_UNROLL:
	case ST_WHILE:
	case ST_FOR_MAP:
	case ST_FOR_RANGE: sema_loop(s, st); break;
	case ST_BREAK:
	case ST_CONTINUE:
		if (!s->loops)
			sema_error(s, st->loc, "%s outside of a loop", st->kind == ST_BREAK ? "break" : "continue");
		break;
	case ST_RETURN:
		if (!st->e)
			break;
		sema_expr(s, st->e); /* nobody but a test takes the value */
		if (st->e->type->kind == TY_NONE || ty_is_int(st->e->type) || st->e->type->kind == TY_PTR)
			break;
		if (s->ci->clause && s->ci->clause->npoints && s->ci->clause->points[0]->provider == PROV_TEST)
			sema_error(s, st->e->loc, "a test returns a number, 0 when all is right, not %s",
				   sema_type_name(s, st->e->type));
		else if (st->e->type->kind != TY_VOID)
			sema_error(s, st->e->loc, "a clause returns a number or nothing, not %s",
				   sema_type_name(s, st->e->type));
		break;
	case ST_BLOCK: sema_block(s, st->body, false); break;
	}
}

static bool leaves(const struct stmt *st)
{
	return st->kind == ST_RETURN || st->kind == ST_BREAK || st->kind == ST_CONTINUE ||
	       (st->kind == ST_EXPR && st->e->kind == EX_CALL && st->e->fn && st->e->fn->id == FN_EXIT);
}

void sema_block(struct sema *s, struct block *b, bool is_value)
{
	struct scope *sc = ARENA_NEW(s->a, struct scope);
	bool returned = s->returned;

	sc->up = s->scope;
	s->scope = b->scope = sc;
	for (struct stmt *st = b->first; st; st = st->next) {
		check_stmt(s, st);
		if (s->report && st->next && leaves(st)) {
			diag_warn(s->d, st->next->loc, "Unreachable statement");
			diag_hint(s->d, "nothing runs behind %s",
				  st->kind == ST_EXPR	  ? "exit()"
				  : st->kind == ST_RETURN ? "return"
				  : st->kind == ST_BREAK  ? "break"
							  : "continue");
		}
	}
	if (b->value) {
		b->value->value_unused = !is_value;
		sema_expr(s, b->value);
	}
	for (const struct scope_var *v = sc->vars; s->report && v; v = v->next)
		if (v->v->pass != s->pass)
			diag_warn(s->d, v->v->loc, "Variable %s was never assigned to.", v->v->name);
	s->scope = sc->up;
	s->returned = returned;
}

/* A clause without a block is { graph(); }. */
static void make_implicit(struct sema *s, struct clause *c)
{
	struct expr *call = expr_new(s->p->ast, EX_CALL, c->loc);
	struct stmt *st = stmt_new(s->p->ast, ST_EXPR, c->loc);

	if (!c->implicit || c->block->first)
		return;
	call->name = "graph";
	st->e = call;
	block_add(c->block, st);
}

/* The last expression of a brace block may stand without ';': it is a statement like the others. */
static void tidy_block(struct sema *s, struct block *b)
{
	if (b->value) {
		struct stmt *st = stmt_new(s->p->ast, ST_EXPR, b->value->loc);

		st->e = b->value;
		b->value = NULL;
		block_add(b, st);
	}
	sema_tidy(s, b);
}

/* Why a clause whose probes are these (W_*) has no args. */
static const char *why_no_args(uint32_t where)
{
	switch (where) {
	case W_BEGIN: return "begin, end and self run in gft itself: no function was called";
	case W_TIMER: return "a timer interrupts whatever runs: no function was called";
	default: return "this clause has probes that are no tracepoints";
	}
}

static void check_clauses(struct sema *s)
{
	struct program *p = s->p;

	s->changed = false;
	s->pass++;
	for (uint32_t i = 0; i < p->nclauses; i++) {
		struct clause *c = p->clauses[i].clause;
		struct scope top = { 0 };

		s->ci = &p->clauses[i];
		s->scope = &top;
		s->tp_args = NULL;
		s->tp_args_why = why_no_args(s->ci->where);
		if (s->ci->where && !(s->ci->where & ~(W_TP | W_RAW | W_KERNEL | W_KRET)))
			s->tp_args = sema_tp_args(s, c, &s->tp_args_why);
		s->returned = false;
		s->hit = 0;
		if (c->pred) {
			sema_cond(s, c->pred);
			s->returned = sema_returned(c->pred, true);
		}
		if (c->implicit && s->ci->where & ~W_ENTRY) {
			sema_error(s, c->loc, "this probe needs a block: { ... }");
			sema_hint(s, "only a function's entry goes without: u:FUNC means u:FUNC { graph(); }");
			continue;
		}
		sema_block(s, c->block, false);
		s->ci->needs |= s->hit;
	}
}

struct program *sema_check(struct ast *ast, const struct resolver *res, const struct sema_opts *opts)
{
	struct program *p = ARENA_NEW(ast->arena, struct program);
	struct sema s = { .p = p, .a = ast->arena, .d = ast->diag, .res = res, .opts = opts };
	uint32_t i = 0;
	bool wrong;

	p->arena = ast->arena;
	p->diag = ast->diag;
	p->ast = ast;
	p->res = res;
	p->checks = opts->checks;
	p->includes = opts->includes;
	p->nincludes = opts->nincludes;
	p->nclauses = ast->nclauses;
	p->clauses = ARENA_ARRAY(s.a, struct clause_info, p->nclauses + 1);
	for (struct clause *c = ast->clauses; c; c = c->next, i++) {
		c->index = i;
		p->clauses[i].clause = c;
		p->clauses[i].binary = -1;
		make_implicit(&s, c);
		tidy_block(&s, c->block);
	}
	if (!ast->nclauses && !diag_errors(s.d)) {
		struct src_loc all = { 0, (uint32_t)ast->source->len, ast->source->index, 0 };

		diag_error(s.d, all, "the script has no probe");
		diag_hint(s.d, "try: u:main.main { graph(); }");
	}
	s.option_used = ARENA_ARRAY(s.a, bool, opts->noptions + 1);
	for (struct macro *m = ast->macros; m; m = m->next)
		sema_tidy_value(&s, m->body);
	sema_macros(&s);
	sema_defines(&s);
	sema_config(&s);
	sema_probes(&s);
	sema_split_clauses(&s);
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		check_clauses(&s);
		if (!s.changed)
			break;
	}
	s.report = true;
	check_clauses(&s);
	sema_map_decls(&s);
	sema_options_used(&s);
	wrong = diag_errors(s.d) != 0;
	for (struct map *m = p->maps; m; m = m->next)
		if (m->value->kind == TY_NONE && !wrong) {
			diag_error(s.d, m->loc, "%s is never assigned", m->name);
		} else if ((m->key && m->key->kind == TY_TUPLE && !m->key->size) ||
			   (m->value->kind == TY_TUPLE && !m->value->size)) {
			diag_error(s.d, m->loc, "%s: an empty tuple has no bytes that a map could keep", m->name);
		}
	for (i = 0; i < p->nclauses; i++) {
		p->graph |= p->clauses[i].has_graph;
		p->frames |= (p->clauses[i].needs & NEED_TRACKED) != 0;
	}
	for (i = 0; i < p->ngraphs; i++) {
		p->explain |= p->graphs[i].flags & GRAPH_EXPLAIN;
		p->capture_args |= (p->graphs[i].flags & GRAPH_ARGS) != 0;
		p->capture_ret |= (p->graphs[i].flags & GRAPH_RET) != 0;
	}
	if (!diag_errors(s.d))
		sema_classes(&s);
	sema_rows_free(&s);
	return p;
}

/* --- dump ------------------------------------------------------------------------------ */

static const char *const role_names[] = { "entry", "exit", "tail exit", "address" };

void program_dump(const struct program *p, struct buf *out)
{
	for (const struct map *m = p->maps; m; m = m->next) {
		buf_printf(out, "map %s", m->name);
		if (m->key)
			buf_printf(out, "[%s]", ty_name(p->arena, m->key));
		buf_printf(out, ": %s, %u entries at most\n", ty_name(p->arena, m->value), m->max_entries);
	}
	for (uint32_t i = 0; i < p->ngraphs; i++)
		buf_printf(out, "graph %u: min %llu ns, depth %u, limit %u\n", i,
			   (unsigned long long)p->graphs[i].min_ns, p->graphs[i].depth, p->graphs[i].limit);
	for (uint32_t i = 0; i < p->nclauses; i++) {
		const struct clause_info *ci = &p->clauses[i];

		buf_printf(out, "clause %u:", i);
		for (uint32_t k = 0; k < ci->clause->npoints; k++)
			buf_printf(out, " %s", ci->clause->points[k]->raw);
		buf_putc(out, '\n');
		for (uint32_t k = 0; k < ci->nitems; k++)
			buf_printf(out, "  value %s: %s\n", ci->items[k]->name, ty_name(p->arena, ci->items[k]->type));
	}
	for (uint32_t i = 0; i < p->nplain; i++)
		buf_printf(out, "probe %s: clause %u\n", p->plain[i].ap->raw, p->plain[i].clause);
	for (uint32_t i = 0; i < p->nclasses; i++) {
		const struct prog_class *c = &p->classes[i];

		buf_printf(out, "program %u: %s of %u function%s of %s;", i, role_names[c->role], c->nplaces,
			   c->nplaces == 1 ? "" : "s", p->res->binary_name(p->res->ctx, c->binary));
		if (!c->nclauses)
			buf_puts(out, " no clause;");
		for (uint32_t k = 0; k < c->nclauses; k++)
			buf_printf(out, "%s%u", k ? ", " : " clauses ", c->clauses[k]);
		buf_printf(out, "%s%s\n", c->graph ? " graph" : "", c->frames ? " frames" : "");
		for (uint32_t k = 0; k < c->nplaces && k < 20; k++) {
			const struct meta_place *pl = &c->places[k];

			if (pl->func != META_NO_FUNC)
				buf_printf(out, "  %s\n", p->res->func_name(p->res->ctx, c->binary, pl->func));
			else
				buf_printf(out, "  0x%llx\n", (unsigned long long)pl->addr);
		}
		if (c->nplaces > 20)
			buf_printf(out, "  and %u more\n", c->nplaces - 20);
	}
}
