/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sema_task.c - what only the kernel knows: the current task and its
 * relatives, and what the kernel's own functions and raw tracepoints are called
 * with.
 *
 * The types are those of the running kernel (BTF), so the offsets that end up
 * in the generated C are right for it and for no other.
 */
#include <string.h>

#include "gft/ctypes.h"
#include "parser/sema.h"

/* arch/x86/include/asm/ptrace.h, struct pt_regs: where a kprobe's program finds the System V arguments */
static const uint32_t reg_offs[] = { 112, 104, 96, 88, 72, 64 };
#define REG_AX_OFF 80
#define REG_ARGS   6

/* --- tasks --------------------------------------------------------------------------------- */

static const struct gft_type *task_type(struct sema *s, char *err, size_t size)
{
	const struct resolver *r = s->res;
	const struct gft_type *t = cdefs_type(s->opts->cdefs, 's', "task_struct"); /* the script's own counts first */

	return t || !r->kernel_type ? t : r->kernel_type(r->ctx, s->a, 's', "task_struct", err, size);
}

static struct expr *field_of(struct sema *s, struct expr *a, const char *name)
{
	struct expr *e = expr_new(s->p->ast, EX_FIELD, a->loc);

	e->a = a;
	e->name = name;
	return e;
}

/* Names that stand for fields of a task: ppid is curtask.real_parent.tgid, ppid(t) is t.real_parent.tgid. */
bool sema_task_name(struct sema *s, struct expr *e)
{
	static const struct {
		const char *name, *first, *then;
	} names[] = {
		{ "ppid", "real_parent", "tgid" },
		{ "pcomm", "real_parent", "comm" },
		{ "leader_tid", "group_leader", "pid" },
		{ "leader_comm", "group_leader", "comm" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct expr *task, *f;
		bool unused = e->value_unused;

		if (strcmp(names[i].name, e->name) != 0 || e->nargs > 1)
			continue;
		task = e->nargs ? e->args[0] : expr_new(s->p->ast, EX_IDENT, e->loc);
		if (!e->nargs)
			task->name = "curtask";
		f = field_of(s, field_of(s, task, names[i].first), names[i].then);
		f->loc = f->a->loc = e->loc;
		*e = *f;
		e->value_unused = unused;
		sema_expr(s, e);
		return true;
	}
	return false;
}

/*
 * The states in args.prev_state of sched:sched_switch and in curtask.__state: macros of include/linux/sched.h, which
 * BTF does not have and no header of programs either.  They are as they were in Linux 1.0.
 */
bool sema_task_state(struct sema *s, struct expr *e)
{
	static const char *const names[] = { "TASK_RUNNING", "TASK_INTERRUPTIBLE", "TASK_UNINTERRUPTIBLE" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], e->name) != 0)
			continue;
		e->kind = EX_INT;
		e->ival = i;
		sema_expr(s, e);
		return true;
	}
	return false;
}

/* --- arguments of the kernel's functions ------------------------------------------------------ */

/* A kprobe's program is given registers, the others a word for each argument. */
static const struct gft_type *in_registers(struct sema *s, const struct gft_type *t, bool at_exit)
{
	struct gft_type *n = arena_memdup(s->a, t, sizeof(*t));
	struct ty_field *f = ARENA_ARRAY(s->a, struct ty_field, t->nfields + 1);

	n->fields = f;
	n->nfields = 0;
	for (uint32_t i = 0; i < t->nfields; i++) {
		bool result = i + 1 == t->nfields && !strcmp(t->fields[i].name, "retval");

		if (result != at_exit || (!result && t->fields[i].off / 8 >= REG_ARGS))
			continue;
		f[n->nfields] = t->fields[i];
		f[n->nfields++].off = result ? REG_AX_OFF : reg_offs[t->fields[i].off / 8];
	}
	n->size = 168;
	return n;
}

const struct gft_type *sema_kernel_args(struct sema *s, const struct plain_probe *pp, const char **why)
{
	const struct resolver *r = s->res;
	enum provider p = pp->ap->provider;
	const struct gft_type *t = NULL;
	char err[256] = "this program knows no types of the kernel";

	if (r->kernel_args)
		t = r->kernel_args(r->ctx, s->a, provider_name(p), pp->target, err, sizeof(err));
	if (!t) {
		*why = arena_printf(s->a, "%s: %s; arg0, arg1, ... are its words", pp->target, err);
		return NULL;
	}
	if (p == PROV_KPROBE || p == PROV_KRETPROBE)
		return in_registers(s, t, p == PROV_KRETPROBE);
	if (p == PROV_FENTRY && t->nfields && !strcmp(t->fields[t->nfields - 1].name, "retval")) {
		struct gft_type *n = arena_memdup(s->a, t, sizeof(*t));

		n->nfields--;
		n->size -= 8;
		return n;
	}
	return t;
}

/* --- names -------------------------------------------------------------------------------------- */

static bool has_result(const struct gft_type *t)
{
	return t && t->nfields && !strcmp(t->fields[t->nfields - 1].name, "retval");
}

bool sema_kernel_name(struct sema *s, struct expr *e)
{
	if (!strcmp(e->name, "curtask")) {
		char err[256] = "this program knows no types of the kernel";
		const struct gft_type *t = task_type(s, err, sizeof(err));

		e->type = t ? ty_ptr(s->a, t, TS_KERNEL) : &ty_none;
		if (!t)
			sema_error(s, e->loc, "curtask: %s", err);
		return true;
	}
	/* of a function whose type is known the result has one too */
	if (!strcmp(e->name, "retval") && s->ci->where == W_KRET && has_result(s->tp_args)) {
		struct expr *args = expr_new(s->p->ast, EX_IDENT, e->loc), *f = field_of(s, args, "retval");
		bool unused = e->value_unused;

		args->name = "args";
		*e = *f;
		e->value_unused = unused;
		sema_expr(s, e);
		return true;
	}
	return false;
}
