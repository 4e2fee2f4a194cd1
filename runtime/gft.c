/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * gft.c - the story of the program, pass by pass:
 *
 *   command line -> script text -> tree -> checked program -> BPF C -> object
 *   -> probe sites -> run
 *
 * Each stage can be printed (-d), and --dry-run stops before the kernel.
 */
#include "runtime/gft.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "codegen/cdefs.h"
#include "codegen/codegen.h"
#include "gft/arena.h"
#include "gft/btf.h"
#include "gft/buf.h"
#include "gft/compile.h"
#include "gft/diag.h"
#include "gft/kernel.h"
#include "parser/format.h"
#include "parser/parse.h"
#include "parser/program.h"
#include "parser/scan.h"
#include "runtime/child.h"
#include "runtime/import.h"
#include "runtime/run.h"
#include "runtime/sites.h"

#define SCRIPT_MAX (1 << 20)

struct story {
	struct cli cli;
	struct arena *arena;
	struct diag *diag;
	const struct source *source;
	struct targets *targets;
	struct resolver res;
	struct child child;
	bool has_child, has_filter;
	regex_t filter; /* --probe-filter */
	const struct cdefs *cdefs;
	struct program *program;
	struct generated gen;
	struct compile_result object;
	struct site_table *sites;
	enum kernel_limit limit; /* why there was no object that the kernel takes, and may be one of another form */
};

/* --- script text ---------------------------------------------------------------------------- */

static bool read_file(const char *name, struct buf *out)
{
	FILE *f = strcmp(name, "-") ? fopen(name, "re") : stdin;
	int failed;

	if (!f) {
		fprintf(stderr, "gft: cannot read the script %s: %s\n", name, strerror(errno));
		if (errno == ENOENT)
			fputs("HINT: a script in the command line is given by -e 'SCRIPT'\n", stderr);
		return false;
	}
	buf_read(out, f, SCRIPT_MAX);
	failed = ferror(f);
	if (f != stdin)
		fclose(f);
	if (failed || out->len > SCRIPT_MAX) {
		fprintf(stderr, "gft: %s: %s\n", name, failed ? strerror(errno) : "a script has at most 1 MiB");
		return false;
	}
	return true;
}

static bool script_text(struct story *s)
{
	struct buf b = BUF_INIT;
	const char *name = "stdin";
	bool ok = true;

	if (s->cli.expr) {
		buf_puts(&b, s->cli.expr);
	} else if (s->cli.nuprobes) {
		name = "command line";
		ok = cli_translate(&s->cli, &b);
	} else {
		name = strcmp(s->cli.script_file, "-") ? s->cli.script_file : "stdin";
		ok = read_file(s->cli.script_file, &b);
	}
	if (ok)
		s->source = diag_add_source(s->diag, name, buf_str(&b), b.len);
	buf_free(&b);
	return ok;
}

/* Prints what is queued; true when there is no error. */
static bool told(struct story *s)
{
	diag_print(s->diag, stderr, cli_wants_color(&s->cli, STDERR_FILENO), !s->cli.no_warnings);
	return !diag_errors(s->diag);
}

/* Whether all stages are to be printed: all that are text. */
static bool all_stages(const struct story *s)
{
	return s->cli.stage && !strcmp(s->cli.stage, "all");
}

static bool stage(const struct story *s, const char *name)
{
	return s->cli.stage && (!strcmp(s->cli.stage, name) || (all_stages(s) && strcmp(name, "object") != 0));
}

/* What comes is a stage; true when it is the last one that is wanted. */
static bool heading(const struct story *s, const char *name)
{
	if (all_stages(s))
		printf("%s=== %s\n", strcmp(name, "ast") != 0 ? "\n" : "", name);
	return !all_stages(s);
}

/* --- passes ----------------------------------------------------------------------------------- */

static bool open_targets(struct story *s)
{
	struct targets_opts o = { .binary = s->cli.binary, .debug_dir = s->cli.debug_dir };

	if (s->cli.command) {
		if (!child_parse(&s->child, s->cli.command))
			return false;
		s->has_child = true;
		if (!o.binary)
			o.binary = s->child.path;
	}
	if (s->cli.noperands && !s->cli.nuprobes)
		o.operand = s->cli.operands[0];
	o.pids = s->cli.pids;
	o.npids = s->cli.npids;
	for (size_t i = 0; i < s->cli.npids; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d", s->cli.pids[i]);
		if (access(path, F_OK)) {
			fprintf(stderr, "gft: there is no process %d\nHINT: pidof NAME finds a process\n",
				s->cli.pids[i]);
			return false;
		}
	}
	s->targets = targets_new(&o);
	targets_resolver(s->targets, &s->res);
	return true;
}

/* --probe-filter */
static bool wanted(void *ctx, const char *probe)
{
	return !regexec(ctx, probe, 0, NULL, 0);
}

static bool open_filter(struct story *s)
{
	char why[128];
	int e = regcomp(&s->filter, s->cli.probe_filter, REG_EXTENDED | REG_NOSUB);

	s->has_filter = !e;
	if (e) {
		regerror(e, &s->filter, why, sizeof(why));
		fprintf(stderr, "gft: --probe-filter: '%s' is no regular expression: %s\n", s->cli.probe_filter, why);
	}
	return !e;
}

/* gft ... -- --help: what getopt() asks for. */
static void script_help(const struct program *p)
{
	puts(p->noptions ? "Options of the script, behind --:" : "The script takes no options.");
	for (uint32_t i = 0; i < p->noptions; i++) {
		const struct script_option *o = &p->options[i];
		struct buf b = BUF_INIT;

		buf_printf(&b, "--%s", o->name);
		if (o->value)
			buf_printf(&b, "=%s", o->value);
		printf("  %-24s %s\n", buf_str(&b), o->help);
		buf_free(&b);
	}
}

static struct parse_opts parse_options(struct story *s)
{
	return (struct parse_opts){ .file_exists = s->res.file_exists,
				    .ctx = s->res.ctx,
				    .params = s->cli.operands,
				    .nparams = s->cli.nuprobes ? 0 : s->cli.noperands };
}

/* gft --fmt */
static int reformat(struct story *s)
{
	struct parse_opts po = parse_options(s);
	struct buf b = BUF_INIT;
	int status = 1;

	parse_script(s->arena, s->diag, s->source, &po);
	if (!told(s))
		return 1;
	if (format_script(s->arena, s->source, &po, &b)) {
		fwrite(b.data, 1, b.len, stdout);
		status = 0;
	} else {
		fputs("gft: --fmt: the script would not mean the same any more: this is a mistake of gft\n", stderr);
	}
	buf_free(&b);
	return status;
}

/* Tests run alone, and only when they are asked for. */
static bool choose_tests(struct story *s, struct ast *ast)
{
	struct src_loc all = { 0, (uint32_t)s->source->len, s->source->index, 0 };
	uint32_t before = ast->nclauses;

	ast_keep_tests(ast, s->cli.test);
	if (ast->nclauses || !before)
		return true;
	diag_error(s->diag, all, s->cli.test ? "the script has no test" : "the script has nothing but tests");
	diag_hint(s->diag,
		  s->cli.test ? "test:NAME { if (...) { return 1; } } fails when it returns 1" : "--test runs them");
	return false;
}

static bool front_end(struct story *s)
{
	struct parse_opts po = parse_options(s);
	struct sema_opts so = { .unsafe = s->cli.unsafe,
				.checks = s->cli.checks,
				.options = s->cli.options,
				.noptions = s->cli.noptions,
				.near_option = cli_near };
	struct cdefs_opts co = { .no_cache = s->cli.no_cache,
				 .verbose = s->cli.verbose,
				 .res = &s->res,
				 .kernel = kernel_btf_whose(),
				 .includes = s->cli.includes,
				 .nincludes = s->cli.nincludes,
				 .dirs = s->cli.include_dirs,
				 .ndirs = s->cli.ninclude_dirs };
	struct ast *ast = parse_script(s->arena, s->diag, s->source, &po);
	struct buf b = BUF_INIT;

	import_all(ast, &po);

	if (stage(s, "ast")) {
		bool last = heading(s, "ast");

		ast_dump(ast, &b);
		fputs(buf_str(&b), stdout);
		buf_free(&b);
		if (last) {
			told(s);
			return false;
		}
	}
	if (diag_errors(s->diag)) {
		told(s);
		return false;
	}
	if (!choose_tests(s, ast)) {
		told(s);
		return false;
	}
	so.includes = s->cli.includes;
	so.nincludes = s->cli.nincludes;
	so.cdefs = s->cdefs = cdefs_read(ast, &co);
	if (diag_errors(s->diag)) { /* without its types the rest is a riddle */
		told(s);
		return false;
	}
	if (s->cli.probe_filter) {
		if (!open_filter(s))
			return false;
		so.wants = wanted;
		so.wants_ctx = &s->filter;
	}
	s->program = sema_check(ast, &s->res, &so);
	if (s->cli.script_help) {
		script_help(s->program);
		return false;
	}
	if (!told(s))
		return false;
	if (stage(s, "program")) {
		heading(s, "program");
		program_dump(s->program, &b);
		fputs(buf_str(&b), stdout);
		buf_free(&b);
	}
	return true;
}

/* What Clang says of the script's own C: it is told there, a warning at once.  False: it is about something else. */
static bool in_own_c(struct story *s, const struct clang_diag *d)
{
	const struct source *src;

	if (!s->program)
		return false;
	for (const struct c_text *c = s->program->ast->c_texts; c; c = c->next) {
		struct src_loc loc = { 0, 0, c->loc.source, 0 };
		unsigned line = 1;

		src = diag_source(s->diag, c->loc.source);
		if (!src || !d->file || strcmp(src->name, d->file) != 0)
			continue;
		while (line < d->line && loc.begin < src->len)
			line += src->text[loc.begin++] == '\n';
		loc.begin += d->col ? d->col - 1 : 0;
		if (loc.begin < c->loc.begin || loc.begin >= c->loc.end)
			continue;
		loc.end = loc.begin;
		while (isalnum((unsigned char)src->text[loc.end]) || src->text[loc.end] == '_')
			loc.end++;
		loc.end += loc.end == loc.begin;
		if (d->level == 1 && !s->cli.no_warnings) {
			struct buf text = BUF_INIT;

			buf_printf(&text, "C: %s", d->text);
			diag_place(s->diag, loc, "WARNING", buf_str(&text), stderr,
				   cli_wants_color(&s->cli, STDERR_FILENO));
			buf_free(&text);
		}
		if (d->level != 2)
			return true;
		diag_error(s->diag, loc, "C: %s", d->text);
		if (strstr(d->text, "undeclared") || strstr(d->text, "unknown type") || strstr(d->text, "incomplete"))
			diag_hint(s->diag,
				  "%%{ ... %%} sees the script's own struct, union, enum, typedef and #define, what it "
				  "includes, and the kernel's bpf_... helpers");
		return true;
	}
	return false;
}

/* The headers that functions of %{ ... %} see; NULL: there are none. */
static const struct clang_job *headers(struct story *s)
{
	for (const struct c_text *c = s->program->ast->c_texts; c; c = c->next)
		if (c->is_code)
			return cdefs_headers(s->arena, s->cdefs);
	return NULL;
}

/* A mistake in a header: told where the script's C begins (first; NULL: not told). */
static bool in_header(struct story *s, const struct c_text *first, const struct clang_job *includes,
		      const struct clang_diag *d)
{
	for (size_t i = 0; includes && d->file && d->level == 2 && i < includes->nheaders; i++) {
		if (strcmp(includes->headers[i].path, d->file) != 0)
			continue;
		if (!first)
			return true;
		diag_error(s->diag, first->loc, "C, at line %u of %s: %s", d->line, d->file, d->text);
		diag_hint(s->diag, "functions of %%{ ... %%} are compiled for BPF, with all that the script includes: "
				   "include less");
		return true;
	}
	return false;
}

/* What Clang does not like of the C, by the line of the script that it came from. */
static void clang_says(struct story *s, const struct clang_diag *d)
{
	static const char *const levels[] = { "NOTE", "WARNING", "ERROR" };
	bool color = cli_wants_color(&s->cli, STDERR_FILENO);
	struct src_loc loc;

	if (d->file && diag_line(s->diag, d->file, d->line, &loc))
		diag_place(s->diag, loc, levels[d->level > 2 ? 2 : d->level], d->text, stderr, color);
	else
		fprintf(stderr, "%s:%u:%u: %s: %s\n", d->file ? d->file : "gft", d->line, d->col,
			levels[d->level > 2 ? 2 : d->level], d->text);
}

static bool compile(struct story *s)
{
	struct compile_opts co = { .no_cache = s->cli.no_cache, .verbose = s->cli.verbose, .want_ir = stage(s, "ir") };
	struct clang_file *files = NULL;
	const struct source *src;
	struct buf text = BUF_INIT;
	size_t n = 0, cap = 0;
	bool own = false; /* mistakes are in the script's own C */
	bool header = false;
	int r;

	for (uint16_t i = 0; (src = diag_source(s->diag, i)); i++)
		ARENA_PUSH(s->arena, files, n, cap, ((struct clang_file){ src->name, src->text, src->len }));
	co.sources = files;
	co.nsources = n;
	co.includes = headers(s);
	codegen_number_lines(s->gen.text, s->gen.len, &text);
	r = compile_bpf("gft", buf_str(&text), text.len, &co, &s->object);
	buf_free(&text);
	if (r < -1) {
		fprintf(stderr, "gft: %s\n", s->object.err);
		return false;
	}
	for (size_t i = 0; i < s->object.ndiags; i++) {
		struct clang_diag d = s->object.diags[i];

		if (!r && !s->cli.verbose) { /* it compiles: what the script's own C is warned of */
			in_own_c(s, &d);
			continue;
		}
		/* told for every place of such a program */
		if (strstr(d.text, "BPF stack limit") && !s->program->little_stack) {
			s->limit = LIMIT_STACK;
			return false;
		}
		if (strstr(d.text, "BPF stack limit")) {
			d.text = "the script's values need more than the 512 bytes of stack that a BPF program has";
			d.level = 2;
			clang_says(s, &d);
			fputs("HINT: hold less at a time: fewer variables and smaller tuples in one clause, fewer "
			      "clauses on one function; printf's arguments need no stack\n",
			      stderr);
			return false;
		}
		/* one mistake in a header brings many, and notes about gft's own */
		if (header && (d.level == 0 || in_header(s, NULL, co.includes, &d)))
			continue;
		if (in_header(s, s->program->ast->c_texts, co.includes, &d)) {
			own = header = true;
			continue;
		}
		if (in_own_c(s, &d)) {
			own |= d.level == 2;
			continue;
		}
		clang_says(s, &d);
	}
	if (own)
		told(s);
	else if (r)
		fputs("gft: the script passed its checks but does not compile: this is a mistake of gft\n"
		      "HINT: please report the script together with what -d c prints\n",
		      stderr);
	return r == 0;
}

static bool dump(struct story *s)
{
	struct buf b = BUF_INIT;

	if (stage(s, "ir") && s->object.ir) {
		heading(s, "ir");
		fputs(s->object.ir, stdout);
	}
	if (stage(s, "object"))
		fwrite(s->object.object, 1, s->object.object_len, stdout);
	if (stage(s, "sites")) {
		heading(s, "sites");
		sites_dump(s->sites, &b);
		fputs(buf_str(&b), stdout);
		buf_free(&b);
	}
	return true;
}

/* Whether any probe is left to attach. */
static bool any_site(struct story *s)
{
	const struct site_counts *n = sites_counts(s->sites);

	if (!s->cli.quiet)
		sites_report(s->sites, stderr, s->cli.verbose);
	if (n->entries + n->exits || s->program->nplain)
		return true;
	fputs(s->program->nclasses ? "gft: none of the functions can be probed\n"
				   : "gft: no probe of the script is left: there is nothing to do\n",
	      stderr);
	return false;
}

/* The setting max_bpf_progs: looked at before Clang has worked on them for minutes. */
static bool too_many_programs(const struct story *s)
{
	uint32_t max = s->gen.meta->config.max_bpf_progs, n = s->gen.meta->nprogs;

	if (n > max)
		fprintf(stderr,
			"gft: the script has %u programs, and max_bpf_progs is %u\n"
			"HINT: fewer clauses, or config = { max_bpf_progs = %u }\n",
			n, max, n);
	return n > max;
}

/* The setting max_probes. */
static bool too_many_probes(const struct story *s)
{
	const struct meta_config *cf = &s->gen.meta->config;
	const struct site_counts *n = sites_counts(s->sites);
	uint64_t probes = n->entries + n->exits + s->program->nplain;

	if (cf->max_probes && probes > cf->max_probes)
		fprintf(stderr,
			"gft: the script has %llu probes, and max_probes is %llu\n"
			"HINT: fewer functions, or config = { max_probes = %llu }\n",
			(unsigned long long)probes, (unsigned long long)cf->max_probes, (unsigned long long)probes);
	else
		return false;
	return true;
}

static int check_kernel(void)
{
	const struct kernel_caps *caps = NULL;

	if (!kernel_caps(&caps))
		return 0;
	fprintf(stderr, "gft: %s\n", caps && caps->why[0] ? caps->why : "this kernel cannot run BPF");
	fputs("HINT: gft --dry-run checks a script without the kernel; -d c prints the generated C\n", stderr);
	return -1;
}

/* s->limit: nothing was told, and it may be tried with that avoided. */
static int attempt(struct story *s)
{
	struct run_opts ro = { .diag = s->diag, .cli = &s->cli, .targets = s->targets, .limit = &s->limit };
	int e;

	s->limit = LIMIT_NONE;
	ro.avoidable =
		(s->program->little_stack ? 0 : 1U << LIMIT_STACK) | (s->program->no_loops ? 0 : 1U << LIMIT_LOOPS);
	codegen(s->program, &s->gen);
	if (stage(s, "program") && !all_stages(s))
		return 0;
	if (stage(s, "c")) {
		bool last = heading(s, "c");

		fwrite(s->gen.text, 1, s->gen.len, stdout);
		if (last)
			return 0;
	}
	if (too_many_programs(s) || !compile(s))
		return 1;
	s->sites = sites_build(s->gen.meta, s->targets, NULL, NULL);
	if (s->cli.stage)
		return dump(s) ? 0 : 1;
	if (!any_site(s) || too_many_probes(s))
		return 1;
	if (s->cli.dry_run) {
		const struct site_counts *n = sites_counts(s->sites);

		if (!s->cli.quiet)
			fprintf(stderr, "dry run: %llu functions, %llu entries, %llu exits; nothing was loaded\n",
				(unsigned long long)(n->functions - n->skipped), (unsigned long long)n->entries,
				(unsigned long long)n->exits);
		return 0;
	}
	if (check_kernel() < 0)
		return 1;
	if (s->has_child && !s->child.pid && (e = child_start(&s->child)) < 0) {
		fprintf(stderr, "gft: cannot start a process: %s\n", strerror(-e));
		return 1;
	}
	ro.meta = s->gen.meta;
	ro.object = s->object.object;
	ro.object_len = s->object.object_len;
	ro.sites = s->sites;
	ro.child = s->has_child ? &s->child : NULL;
	return run_script(&ro);
}

static int run(struct story *s)
{
	int status;

	while (status = attempt(s), s->limit != LIMIT_NONE) {
		bool stack = s->limit == LIMIT_STACK;

		/* a value of several parts is reached through a pointer then, which is slower */
		if (s->cli.verbose)
			fprintf(stderr, "gft: %s\n",
				stack ? "the script needs more stack than BPF has: its values are kept in a map"
				      : "this kernel refuses a loop: what unroll repeats is written out");
		*(stack ? &s->program->little_stack : &s->program->no_loops) = true;
		site_table_free(s->sites);
		s->sites = NULL;
		compile_release(&s->object);
		memset(&s->object, 0, sizeof(s->object));
	}
	return status;
}

/* gft info BINARY */
static int about(struct story *s)
{
	char err[512];
	int bin = targets_open(s->targets, NULL, err, sizeof(err));
	struct buf b = BUF_INIT;

	if (bin < 0) {
		fprintf(stderr, "gft: %s\n", err);
		return 1;
	}
	tgt_info(targets_tgt(s->targets, bin), &b);
	fputs(buf_str(&b), stdout);
	buf_free(&b);
	return 0;
}

/* What the patterns of an attach point match without code of its own; exclusions hold here too. */
static void inlined(struct story *s, const struct attach_point *ap)
{
	char err[512];
	int bin = ap->provider == PROV_UPROBE ? targets_open(s->targets, ap->binary, err, sizeof(err)) : -1;
	const char *except[16];
	size_t n = 0;

	for (uint32_t i = 0; i < ap->npatterns; i++)
		if (ap->patterns[i].exclude && n < 15)
			except[n++] = ap->patterns[i].text;
	except[n] = NULL;
	for (uint32_t i = 0; bin >= 0 && i < ap->npatterns; i++)
		if (!ap->patterns[i].exclude && strpbrk(ap->patterns[i].text, "*?["))
			list_inlined(targets_tgt(s->targets, bin), ap->patterns[i].text, except, s->cli.verbose);
}

/* gft -l 'struct NAME' [BINARY] */
static int types(struct story *s, const char *pattern, bool has_binary)
{
	char err[512];
	int bin = has_binary ? targets_open(s->targets, NULL, err, sizeof(err)) : -1;

	if (has_binary && bin < 0) {
		fprintf(stderr, "gft: %s\n", err);
		return 1;
	}
	return list_types(&s->cli, bin >= 0 ? targets_tgt(s->targets, bin) : NULL, pattern);
}

/* gft -l: a pattern as the script of that probe; what a script would attach; or everything. */
static int list(struct story *s)
{
	const char *p = s->cli.list_pattern && *s->cli.list_pattern ? s->cli.list_pattern : NULL;
	bool functions = s->cli.binary || s->cli.npids || s->cli.command, script = s->cli.expr || s->cli.script_file;
	const char *form = NULL;

	if (!script) {
		struct buf b = BUF_INIT;
		const char *colon = p ? strchr(p, ':') : NULL;
		bool known;

		if (p && list_is_type(p))
			return types(s, p, functions);
		if (p && colon && attach_foreign(p, (size_t)(colon - p))) {
			fprintf(stderr, "gft: there are no %.*s probes in gft\nHINT: %s\n", (int)(colon - p), p,
				attach_foreign(p, (size_t)(colon - p)));
			return 1;
		}
		/* "interval" and "interval:" are all of that kind */
		if (p && (!colon || !colon[1]) && !strpbrk(p, "*?[")) {
			char *all = arena_printf(s->arena, colon ? "%s*" : "%s:*", p);

			if (attach_begins(all, strlen(all)))
				p = all, colon = strchr(p, ':');
		}
		known = p && attach_begins(p, strlen(p)) && colon && strncasecmp(p, "test:", 5) != 0;
		if (known && (form = list_form(s->arena, p)))
			p = form, known = false;
		if (!known && (form || !functions))
			return list_everything(&s->cli, p ? p : "*");
		if (known && (p[0] | 32) == 't' && !strchr(colon + 1, ':')) /* t:sched is all of them */
			buf_printf(&b, "%s:* {}", p);
		else
			buf_printf(&b, "%s%s {}", known ? "" : "u:", p ? p : "*");
		s->source = diag_add_source(s->diag, "pattern", buf_str(&b), b.len);
		buf_free(&b);
	} else if (!script_text(s)) {
		return 1;
	}
	if (!front_end(s))
		return 1;
	codegen(s->program, &s->gen);
	list_probes(&s->cli, s->targets, s->gen.meta);
	for (const struct clause *c = s->program->ast->clauses; c; c = c->next)
		for (uint32_t i = 0; i < c->npoints; i++)
			inlined(s, c->points[i]);
	return 0;
}

static int tell(struct story *s)
{
	int status = 1;

	if (s->cli.info) {
		const struct kernel_caps *caps = NULL;
		int r = kernel_caps(&caps);

		kernel_caps_print(caps, stdout);
		return r ? 1 : 0;
	}
	if (s->cli.help)
		return help_main(s->cli.binary);
	if (s->cli.replay)
		return replay_main(&s->cli);
	if (!open_targets(s))
		return 1;
	if (s->cli.about)
		return about(s);
	if (s->cli.list)
		return list(s);
	if (!script_text(s))
		return 1;
	if (s->cli.fmt)
		return reformat(s);
	if (s->cli.script) {
		fputs(s->source->text, stdout);
		return 0;
	}
	if (front_end(s))
		status = run(s);
	else if (s->cli.script_help || (stage(s, "ast") && !all_stages(s) && !diag_errors(s->diag)))
		status = 0;
	return status;
}

/* The status, when what was printed has been written: a reader that went away is no error, a disk that is full is. */
static int written(int status)
{
	if (!fflush(stdout) || errno == EPIPE || status)
		return status;
	fprintf(stderr, "gft: cannot write the output: %s\n", strerror(errno));
	return 1;
}

int gft_main(int argc, char **argv)
{
	struct story s = { 0 };
	int status;

	if (cli_parse(&s.cli, argc, argv, &status) < 0) {
		cli_free(&s.cli);
		return written(status);
	}
	s.arena = arena_new();
	s.diag = diag_new(s.arena);
	status = tell(&s);
	if (s.has_child)
		child_end(&s.child, true);
	if (s.has_filter)
		regfree(&s.filter);
	site_table_free(s.sites);
	compile_release(&s.object);
	targets_free(s.targets);
	arena_free(s.arena);
	cli_free(&s.cli);
	return written(status);
}
