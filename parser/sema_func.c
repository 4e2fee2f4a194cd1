/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* sema_func.c - functions about text, time, symbols and stacks, and those that act outside of gft. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "parser/sema.h"

#define FRAMES_MAX  127 /* GFT_STACK_MAX of bpf-templates/stack.h */
#define JOIN_COUNT  16
#define SIGNALS	    64	 /* the last one of Linux */
#define JOIN_STRING 4096 /* at most; else max_strlen */

static void need_number(struct sema *s, const struct expr *e, const struct expr *a, const char *what)
{
	if (!sema_is_cond(a->type))
		sema_error(s, a->loc, "%s needs %s, not %s", e->name, what, sema_type_name(s, a->type));
}

static bool need_text(struct sema *s, const struct expr *e, const struct expr *a)
{
	if (a->type->kind == TY_STRING)
		return true;
	if (a->type->kind != TY_NONE) {
		sema_error(s, a->loc, "%s needs text, not %s", e->name, sema_type_name(s, a->type));
		if (sema_is_cond(a->type))
			sema_hint(s, "str(pointer) and str(pointer, length) read text");
	}
	return false;
}

static bool is_map(struct sema *s, struct expr *a)
{
	if (a->kind != EX_MAP || a->nargs)
		return false;
	struct map *m = sema_map(s, a);

	return !m->key_seen || m->keyed;
}

static void check_len(struct sema *s, struct expr *e)
{
	struct expr *a = e->args[0];

	e->type = &ty_i64;
	if (sema_go_len(s, e))
		return;
	if (is_map(s, a)) {
		if (!a->map->key_seen)
			sema_error(s, a->loc, "%s is read but never assigned", a->name);
		s->ci->needs |= NEED_LEN;
		return;
	}
	sema_expr(s, a);
	s->ci->needs |= NEED_TEXT;
	if (a->type->kind != TY_NONE && a->type->kind != TY_STRING && a->type->kind != TY_STACK) {
		sema_error(s, a->loc, "len takes a map, a stack or text, not %s", sema_type_name(s, a->type));
		sema_hint(s, "%s", e->fn->help);
	}
}

static void check_find(struct sema *s, struct expr *e)
{
	struct expr *v;
	struct map *m;

	e->type = &ty_bool;
	if (!sema_keyed_arg(s, e))
		return;
	v = e->args[1];
	m = e->args[0]->map;
	if (v->kind != EX_VAR) {
		sema_expr(s, v);
		sema_error(s, v->loc, "find puts the value into a variable");
		sema_hint(s, "%s", e->fn->help);
		return;
	}
	if (ty_is_agg(m->value)) {
		sema_error(s, e->args[0]->loc, "%s is an aggregation: find cannot read it", m->name);
		sema_hint(s, "has_key(%s, key) and %s[key] can be used", m->name, m->name);
		return;
	}
	sema_assign_var(s, v, m->value, e->loc);
}

/* A pointer to characters is the text there, as in bpftrace's library. */
static void read_text(struct sema *s, struct expr **arg)
{
	const struct gft_type *t = (*arg)->type;
	struct expr *call;

	if (t->kind != TY_PTR || !t->elem || t->elem->kind != TY_INT || t->elem->size != 1)
		return;
	call = expr_new(s->p->ast, EX_CALL, (*arg)->loc);
	call->name = "str";
	call->args = arena_memdup(s->a, arg, sizeof(*arg));
	call->nargs = 1;
	*arg = call;
	sema_expr(s, call);
}

static void check_strings(struct sema *s, struct expr *e)
{
	int64_t n;

	e->type = e->fn->id == FN_STRCONTAINS ? &ty_bool : &ty_i64;
	for (uint32_t i = 0; i < e->nargs; i++)
		sema_expr(s, e->args[i]);
	if (e->nargs > 1 && sema_name_call(s, e))
		return;
	for (uint32_t i = 0; i < e->nargs && i < 2; i++) {
		read_text(s, &e->args[i]);
		need_text(s, e, e->args[i]);
	}
	if (e->nargs == 3 && (!sema_const_int(e->args[2], &n) || n < 0))
		sema_error(s, e->args[2]->loc, "strncmp's length must be a plain number");
	else if (e->nargs == 3)
		e->ival = (uint64_t)n;
}

/* Values that lie in memory as a row of bytes. */
static bool has_bytes(const struct gft_type *t)
{
	return t->kind == TY_STRING || t->kind == TY_ARRAY || t->kind == TY_TUPLE || t->kind == TY_RECORD ||
	       t->kind == TY_BUFFER;
}

static void check_memcmp(struct sema *s, struct expr *e)
{
	uint32_t most = UINT32_MAX;
	int64_t n;

	e->type = &ty_i64;
	for (uint32_t i = 0; i < 3; i++)
		sema_expr(s, e->args[i]);
	for (uint32_t i = 0; i < 2; i++) {
		const struct gft_type *t = e->args[i]->type;

		if (t->kind == TY_NONE)
			return;
		if (!has_bytes(t)) {
			sema_error(s, e->args[i]->loc, "memcmp compares text, buffers, arrays and tuples, not %s",
				   sema_type_name(s, t));
			return;
		}
		most = t->size < most ? t->size : most;
	}
	if (!sema_const_int(e->args[2], &n) || n < 0 || n > most)
		sema_error(s, e->args[2]->loc, "memcmp's length must be a plain number, at most %u here", most);
	else
		e->ival = (uint64_t)n;
}

/* Whether the text is made from a variable or map, which may be what the text is assigned to. */
static bool from_name(const struct expr *e)
{
	if (e->kind == EX_STR || e->kind == EX_IDENT || e->go)
		return false;
	if (e->kind == EX_CALL && e->fn && e->fn->id == FN_STR_CONCAT)
		return from_name(e->args[0]) || from_name(e->args[1]);
	return e->kind != EX_CALL;
}

static void check_concat(struct sema *s, struct expr *e)
{
	uint32_t max = s->p->config.max_strlen, n = 1;

	for (uint32_t i = 0; i < 2; i++) {
		sema_expr(s, e->args[i]);
		if (!need_text(s, e, e->args[i]))
			n = max;
		else if (e->args[i]->kind == EX_STR)
			n += e->args[i]->len;
		else
			n += e->args[i]->type->size;
	}
	if (from_name(e->args[0]) || from_name(e->args[1]) || n > max)
		n = max;
	e->type = ty_string(s->a, n > 64 ? (n + 7) & ~7U : n);
}

/* Formats that only user space reads travel by number. */
static int add_string(struct sema *s, const char *text)
{
	struct program *p = s->p;

	for (uint32_t i = 0; i < p->nstrings; i++)
		if (!strcmp(p->strings[i], text))
			return (int)i;
	ARENA_PUSH(s->a, p->strings, p->nstrings, p->cstrings, text);
	return (int)p->nstrings - 1;
}

static void check_strftime(struct sema *s, struct expr *e)
{
	e->type = ty_new(s->a, TY_TIMESTAMP);
	sema_expr(s, e->args[1]);
	if (e->args[0]->kind != EX_STR) {
		sema_error(s, e->args[0]->loc, "strftime's format must be a literal string");
		return;
	}
	need_number(s, e, e->args[1], "a time in nanoseconds");
	e->number = add_string(s, e->args[0]->str);
}

static const struct ty_enum_val syscalls[] = {
#define SYSCALL(nr, name, args) { #name, nr },
#include "gft/syscalls.h"
#undef SYSCALL
};

static const struct gft_type syscall_type = { .kind = TY_INT,
					      .size = 8,
					      .align = 8,
					      .is_signed = true,
					      .display = TD_WORDS,
					      .enum_vals = syscalls,
					      .nenum_vals = sizeof(syscalls) / sizeof(syscalls[0]) };

/* A number that prints as a name. */
static const struct gft_type *named(struct sema *s, bool errors)
{
	struct gft_type *t = ty_new(s->a, TY_INT);
	uint32_t max = errors ? 134 : 65, n = 0;
	struct ty_enum_val *v = ARENA_ARRAY(s->a, struct ty_enum_val, max);

	for (uint32_t i = errors ? 0 : 1; i < max; i++) {
		const char *abbrev = errors ? NULL : sigabbrev_np((int)i);

		if (errors)
			v[n++] = (struct ty_enum_val){ arena_strdup(s->a, strerror((int)i)), i };
		else if (abbrev)
			v[n++] = (struct ty_enum_val){ arena_printf(s->a, "SIG%s", abbrev), i };
	}
	t->display = TD_WORDS;
	t->enum_vals = v;
	t->nenum_vals = n;
	return t;
}

uint32_t sema_length(struct sema *s, const char *fn, struct src_loc loc, int64_t n, uint32_t have)
{
	uint32_t max = s->p->config.max_strlen;

	if (n < 1 || (have && n > have)) {
		if (have)
			sema_error(s, loc, "%s's length must be 1 to %u", fn, have);
		else
			sema_error(s, loc, "%s's length must be at least 1", fn);
		return 1;
	}
	if (n <= (have > max ? have : max))
		return (uint32_t)n;
	if (s->report) {
		diag_warn(s->d, loc, "%lld bytes are too many for %s(): the first %u are taken", (long long)n, fn, max);
		diag_hint(s->d, "config = { max_strlen = N } allows up to %d", SEMA_STRING_MAX);
	}
	return max;
}

static void check_buf(struct sema *s, struct expr *e)
{
	uint32_t have = 0, count = s->p->config.max_strlen;
	struct expr *len;
	int64_t n;

	for (uint32_t i = 0; i < e->nargs; i++)
		sema_expr(s, e->args[i]);
	if (sema_text_of(s, e))
		return;
	if (e->args[0]->type->kind == TY_STRING || e->args[0]->type->kind == TY_ARRAY) {
		count = have = e->args[0]->type->size; /* the program has it: nothing is read */
	} else {
		need_number(s, e, e->args[0], "a pointer, text or an array");
	}
	len = e->nargs > 1 ? e->args[1] : NULL;
	if (len)
		need_number(s, e, len, "a length");
	if (len && sema_const_int(len, &n))
		count = sema_length(s, "buf", len->loc, n, e->args[0]->type->kind == TY_STRING ? 0 : have);
	e->type = ty_buffer(s->a, count);
}

static void check_uaddr(struct sema *s, struct expr *e)
{
	const struct resolver *r = s->res;
	uint64_t vaddr = 0, size = 0;
	struct expr *a = e->args[0];

	e->type = ty_ptr(s->a, &ty_u64, TS_USER);
	if (a->kind != EX_STR) {
		sema_error(s, a->loc, "uaddr takes a symbol's name as a literal: uaddr(\"main.counter\")");
		return;
	}
	if (s->ci->binary < 0)
		return;
	if (!r->symbol(r->ctx, s->ci->binary, a->str, &vaddr, &size)) {
		sema_error(s, a->loc, "%s has no symbol %s", r->binary_name(r->ctx, s->ci->binary), a->str);
		return;
	}
	e->ival = vaddr;
	if (size == 1 || size == 2 || size == 4)
		e->type = ty_ptr(s->a, ty_int((unsigned)size, false), TS_USER);
}

#define N_MODES 4

static void check_stack(struct sema *s, struct expr *e)
{
	static const char *const modes[] = { "bpftrace", "perf", "raw", "build_id" }; /* enum ty_stack_mode */
	struct gft_type *t = ty_new(s->a, TY_STACK);
	int64_t n = FRAMES_MAX;
	uint32_t i = 0;

	t->stack_kind = e->name[0] == 'u' ? STACK_USER : e->name[0] == 'k' ? STACK_KERNEL : STACK_GO;
	t->stack_mode = s->p->config.stack_mode;
	if (e->nargs && e->args[0]->kind == EX_IDENT) {
		const char *mode = e->args[0]->name;

		while (i < N_MODES && strcmp(mode, modes[i]) != 0)
			i++;
		if (i == N_MODES) {
			sema_error(s, e->args[0]->loc, "there is no stack mode '%s'", mode);
			sema_hint(s, "modes are bpftrace, perf, raw, build_id");
		} else {
			t->stack_mode = (uint8_t)i;
		}
		i = 1;
	}
	if (t->stack_kind == STACK_KERNEL && t->stack_mode == STACK_BUILD_ID) {
		if (s->report)
			diag_warn(s->d, e->loc,
				  "kstack has no build_id mode, which is one of files: it is shown as raw");
		t->stack_mode = STACK_RAW;
	}
	if (i < e->nargs) {
		sema_expr(s, e->args[i]);
		if (!sema_const_int(e->args[i], &n) || n < 1 || n > FRAMES_MAX) {
			sema_error(s, e->args[i]->loc, "%s: the number of frames must be 1 to %d", e->name, FRAMES_MAX);
			n = FRAMES_MAX;
		}
	}
	if (i + 1 < e->nargs)
		sema_error(s, e->args[i + 1]->loc, "%s takes a mode, then a number of frames", e->name);
	t->count = (uint32_t)n;
	e->type = t;
}

static void check_join(struct sema *s, struct expr *e)
{
	uint32_t size = s->p->config.max_strlen < JOIN_STRING ? s->p->config.max_strlen : JOIN_STRING;
	struct meta_event *ev;

	size = (size + 7) & ~7U;
	e->type = &ty_void;
	sema_expr(s, e->args[0]);
	need_number(s, e, e->args[0], "a pointer to pointers");
	if (e->nargs > 1 && e->args[1]->kind != EX_STR) {
		sema_error(s, e->args[1]->loc, "join's separator must be a literal string");
		return;
	}
	if (!s->report)
		return;
	ev = sema_event(s, e, EV_JOIN);
	ev->fmt = e->nargs > 1 ? e->args[1]->str : " ";
	ev->args = ARENA_ARRAY(s->a, struct meta_arg, 2);
	ev->args[0] = (struct meta_arg){ .type = &ty_u32, .off = 16 };
	ev->args[1] = (struct meta_arg){ .type = ty_string(s->a, size), .off = 24 };
	ev->nargs = 2;
	ev->size = 24 + JOIN_COUNT * size;
}

/* Whose process it is that the clause's probes interrupt: NULL, the one that was meant. */
static const char *not_meant(const struct clause *c)
{
	for (uint32_t i = 0; c && i < c->npoints; i++)
		switch (c->points[i]->provider) {
		case PROV_BEGIN:
		case PROV_END:
		case PROV_SELF:
		case PROV_TEST: return "gft itself";
		case PROV_INTERVAL:
		case PROV_SOFTWARE:
		case PROV_HARDWARE: return "whatever runs at that moment";
		default: break;
		}
	return NULL;
}

/* Of KILL or SIGKILL; 0: there is none. */
static int signal_number(const char *name)
{
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int i = 1; i <= SIGNALS; i++)
		if (sigabbrev_np(i) && !strcmp(sigabbrev_np(i), name))
			return i;
	return 0;
}

/* signal(9), signal("KILL"), signal(SIGKILL), signal($n) */
static void check_signal(struct sema *s, struct expr *e)
{
	struct expr *a = e->args[0];
	const char *whose = not_meant(s->ci->clause);
	int64_t n;
	int nr;

	e->type = &ty_void;
	if (whose) {
		sema_error(s, e->loc, "%s cannot be used in this probe: it would go to %s", e->name, whose);
		sema_hint(s, "probes of functions, tracepoints and profile are in the process that they see");
		return;
	}
	sema_safe(s, e);
	while (a->kind == EX_BLOCK && !a->block->first && a->block->value)
		a = a->block->value;
	e->args[0] = a;
	nr = a->kind == EX_IDENT ? signal_number(a->name) : 0;
	if (!nr && a->kind == EX_IDENT && !strncmp(a->name, "SIG", 3) && !sema_macro(s, a)) {
		sema_error(s, a->loc, "there is no signal '%s'", a->name);
		return;
	}
	if (!nr && a->kind != EX_STR)
		sema_expr(s, a);
	if (a->kind == EX_STR)
		nr = signal_number(a->str);
	if (nr) {
		a->kind = EX_INT;
		a->ival = (uint64_t)nr;
		a->type = sema_literal_type(a);
	} else if (a->kind == EX_STR) {
		sema_error(s, a->loc, "there is no signal '%s'", a->str);
	} else {
		need_number(s, e, a, "a signal's number or name");
		if (sema_const_int(a, &n) && (n < 1 || n > SIGNALS))
			sema_error(s, a->loc, "signals have the numbers 1 to %d", SIGNALS);
	}
}

bool sema_mode(struct sema *s, struct expr *e, const struct builtin *b)
{
	static const struct {
		const char *builtin, *mode, *c;
	} modes[] = {
		{ "nsecs", "monotonic", "bpf_ktime_get_ns()" },
		{ "nsecs", "boot", "bpf_ktime_get_boot_ns()" },
		{ "nsecs", "tai", "bpf_ktime_get_tai_ns()" },
		{ "nsecs", "sw_tai", "bpf_ktime_get_tai_ns()" },
		{ "pid", "curr_ns", "gft_pid(c)" },
		{ "tid", "curr_ns", "gft_tid(c)" },
		{ "pid", "init", "(__u32)(bpf_get_current_pid_tgid() >> 32)" },
		{ "tid", "init", "(__u32)bpf_get_current_pid_tgid()" },
	};

	if (e->args[0]->kind != EX_IDENT)
		return false;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].builtin, b->name) && !strcmp(modes[i].mode, e->args[0]->name)) {
			struct builtin *own = ARENA_NEW(s->a, struct builtin);

			*own = *b;
			own->c = modes[i].c;
			e->kind = EX_IDENT;
			e->nargs = 0;
			e->number = !strcmp(modes[i].mode, "boot") ? NSECS_BOOT
				    : strstr(modes[i].mode, "tai") ? NSECS_TAI
								   : NSECS_MONOTONIC;
			e->builtin = own;
			e->type = b->type;
			s->ci->needs |= b->needs;
			return true;
		}
	return false;
}

/* comm(pid): user space knows the names of processes. */
static const struct gft_type comm_type = { .kind = TY_INT, .size = 4, .align = 4, .display = TD_COMM };

void sema_func(struct sema *s, struct expr *e)
{
	switch (e->fn->id) {
	case FN_LEN: check_len(s, e); break;
	case FN_FIND: check_find(s, e); break;
	case FN_STRLEN:
	case FN_STRNCMP:
	case FN_STRSTR:
	case FN_STRCONTAINS: check_strings(s, e); break;
	case FN_STR_CONCAT: check_concat(s, e); break;
	case FN_MEMCMP: check_memcmp(s, e); break;
	case FN_STRCAP:
		sema_expr(s, e->args[0]);
		need_text(s, e, e->args[0]);
		e->type = &ty_u64;
		e->ival = e->args[0]->type->size;
		break;
	case FN_STRFTIME: check_strftime(s, e); break;
	case FN_BUF: check_buf(s, e); break;
	case FN_UADDR: check_uaddr(s, e); break;
	case FN_STACK: check_stack(s, e); break;
	case FN_ERRORF: sema_printf(s, e, EV_ERRORF); break;
	case FN_WARNF: sema_printf(s, e, EV_WARNF); break;
	case FN_CAT: sema_printf(s, e, EV_CAT); break;
	case FN_SYSTEM:
		e->type = &ty_void;
		if (sema_safe(s, e))
			sema_printf(s, e, EV_SYSTEM);
		break;
	case FN_JOIN: check_join(s, e); break;
	case FN_SIGNAL:
	case FN_SIGNAL_THREAD: check_signal(s, e); break;
	case FN_DEBUGF:
	case FN_KADDR:
	case FN_PERCPU_KADDR:
	case FN_WRITE_USER: sema_outside(s, e); break;
	case FN_IS:
	case FN_COMPTIME:
	case FN_ASSERT:
	case FN_STATIC_ASSERT:
	case FN_FAIL:
	case FN_CGROUPID:
	case FN_CGROUP_PATH:
	case FN_PTON:
	case FN_NTOP:
	case FN_MACADDR: sema_meta(s, e); break;
	default:
		sema_expr(s, e->args[0]);
		need_number(s, e, e->args[0], "a number");
		switch (e->fn->id) {
		case FN_STRERROR: e->type = named(s, true); break;
		case FN_SIGNAL_NAME: e->type = named(s, false); break;
		case FN_SYSCALL_NAME: e->type = &syscall_type; break;
		case FN_KSYM: e->type = &ty_ksym_t; break;
		case FN_USYM: e->type = &ty_usym_t; break;
		case FN_UPTR:
		case FN_KPTR:
			e->type = sema_pointer_to(s, e->args[0]->type, e->fn->id == FN_UPTR ? TS_USER : TS_KERNEL);
			break;
		case FN_COMM: e->type = &comm_type; break;
		case FN_BSWAP: e->type = ty_int(e->args[0]->type->size ? e->args[0]->type->size : 8, false); break;
		default: e->type = e->args[0]->type; break;
		}
		break;
	}
}
