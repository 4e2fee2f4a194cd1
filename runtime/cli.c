/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* cli.c - options and operands; see cli.h. */
#include "runtime/cli.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gft/buf.h"
#include "gft/diag.h"
#include "runtime/targets.h"

enum {
	OPT_COLOR = 256,
	OPT_NO_CACHE,
	OPT_BUFFER,
	OPT_INFO,
	OPT_DRY_RUN,
	OPT_SCRIPT,
	OPT_FMT,
	OPT_TEST,
	OPT_READY_FD,
	OPT_UNSAFE,
	OPT_NO_WARNINGS,
	OPT_DEBUGINFO,
	OPT_RECORD,
	OPT_STREAM,
	OPT_PROBE_FILTER,
	OPT_INCLUDE,
	OPT_FOLLOW,
	OPT_NO_FOLLOW,
};

static const struct option options[] = {
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "colour", optional_argument, NULL, OPT_COLOR },
	{ "probe-filter", required_argument, NULL, OPT_PROBE_FILTER },
	{ "no-cache", no_argument, NULL, OPT_NO_CACHE },
	{ "buffer", required_argument, NULL, OPT_BUFFER },
	{ "info", no_argument, NULL, OPT_INFO },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "script", no_argument, NULL, OPT_SCRIPT },
	{ "fmt", no_argument, NULL, OPT_FMT },
	{ "test", no_argument, NULL, OPT_TEST },
	{ "ready-fd", required_argument, NULL, OPT_READY_FD },
	{ "unsafe", no_argument, NULL, OPT_UNSAFE },
	{ "no-warnings", no_argument, NULL, OPT_NO_WARNINGS },
	{ "debuginfo", required_argument, NULL, OPT_DEBUGINFO },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "stream", no_argument, NULL, OPT_STREAM },
	{ "include", required_argument, NULL, OPT_INCLUDE },
	{ "follow", no_argument, NULL, OPT_FOLLOW },
	{ "no-follow", no_argument, NULL, OPT_NO_FOLLOW },
	{ "uprobe-wildcards", required_argument, NULL, 'u' },
	{ "exclude-vendor", optional_argument, NULL, 'x' },
	{ "drilldown", required_argument, NULL, 'D' },
	{ "trimprefix", required_argument, NULL, 'P' },
	{ "debug", no_argument, NULL, 'v' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* ":" first: a missing value is told by us */
static const char optstring[] = ":e:I:u:c:p:o:f:B:d:lD:P:x::vqkhV";

static void help(FILE *out)
{
	fputs("gft - live function graphs of running Go programs\n"
	      "\n"
	      "  gft [OPTIONS] -e 'SCRIPT' [BINARY] [PARAMETER...]\n"
	      "  gft [OPTIONS] FILE.gft    [BINARY] [PARAMETER...]\n"
	      "  gft [OPTIONS] -u PATTERN... BINARY [TARGET...]     the command line of go-ftrace\n"
	      "  gft -l ['u:PATTERN'] [BINARY]                      list what can be traced\n"
	      "  gft info BINARY                                    what gft knows of a binary\n"
	      "  gft replay FILE                                    show a recorded run again\n"
	      "  gft help [NAME]                                    builtins and functions of scripts\n"
	      "\n"
	      "Try:\n"
	      "  gft -e 'u:main.* { graph(); }' -c './server -addr :8080'     start it, show its call graphs\n"
	      "  gft -e 'u:main.handle { graph(); } u:net/http.* {}' -p 1234  what main.handle calls in net/http\n"
	      "  gft -e 'u:main.handle { graph(min = 100ms, parks); }' -p 1234   slow calls, and what they waited for\n"
	      "  gft -e 'u:main.add { fetch(n = +8(%ax):s64); graph(); }' ./a  with a value read at each call\n"
	      "  gft -e 'ur:main.* { @ms[func] = hist(duration / 1000000); }' -p 1234   latency by function\n"
	      "  gft -e 'u:main.* { @[func] = count(); } interval:s:1 { print(@); clear(@); }' -p 1234\n"
	      "\n"
	      "What to trace:\n"
	      "  -e SCRIPT            the script itself ('-' as FILE reads it from standard input)\n"
	      "  -c COMMAND           start this and trace it from its first instruction; gft ends with it\n"
	      "  -p PID[,PID...]      only these processes; gft ends with them\n"
	      "  --no-follow          with -c, -p: not the processes that those start (--follow: docs/targets.md)\n"
	      "  -u PATTERN           functions to show, name or glob; may be given several times\n"
	      "  -D, --drilldown FUNC with -u: only calls of FUNC open graphs\n"
	      "  -x, --exclude-vendor[=false]  with -u: leave functions of vendored packages out (default)\n"
	      "\n"
	      "Output:\n"
	      "  -o FILE              write there instead of standard output\n"
	      "  -f FORMAT            text, or json: one object a line (docs/output.md)\n"
	      "  --color[=WHEN]       auto (on a terminal), always, never; NO_COLOR is honoured\n"
	      "  -P, --trimprefix DIR cut DIR from the front of file names\n"
	      "  -B MODE              flush output by line, full or none\n"
	      "  --stream             print each call as it happens, not each graph when it is complete\n"
	      "  --record FILE        keep graphs and what printf() says, for gft replay\n"
	      "  -q                   only what the script says and what went wrong;  -v  tell more\n"
	      "  -k                   tell of reads and look-ups that fail;  --no-warnings  of nothing\n"
	      "\n"
	      "To look inside:\n"
	      "  -l [PATTERN]         list probes ('u:main.*', 't:sched:*', '*sched*'), or a script's; -lv with "
	      "arguments;\n"
	      "                       types: -lv 'struct task_struct', -lv 'type main.T' BINARY\n"
	      "  -d STAGE             print ast, program, c, ir, sites, object or all, and stop\n"
	      "  --probe-filter RE    only probes whose full name matches this regular expression\n"
	      "  --unsafe             allow system(), signal() and what else changes more than gft itself\n"
	      "  -- --help            options of the script (getopt); --NAME=VALUE gives them, behind -- where gft has "
	      "one of that name\n"
	      "  --script             print the script that a go-ftrace command line means\n"
	      "  --fmt                print the script in its canonical form, comments kept\n"
	      "  --test               run the probes test:NAME of the script, and say which fail\n"
	      "  --dry-run            do everything but load and attach\n"
	      "  --info               what this kernel can do, and what it lacks\n"
	      "\n"
	      "  --include FILE       a C header whose types the script uses; -I DIR: where to look for headers\n"
	      "  --buffer SIZE        of the ring buffer (8M); --no-cache compiles anew; --debuginfo DIR\n"
	      "  --ready-fd N         writes a byte to descriptor N once every probe is in place\n"
	      "  -h, --help           this          -V, --version\n"
	      "\n"
	      "The language: docs/language.md.  Runs as root (or with CAP_BPF, CAP_PERFMON and read\n"
	      "access to the target) on Linux 5.15 or newer, x86-64.\n",
	      out);
}

static bool bad(const char *fmt, const char *a, const char *hint)
{
	fputs("gft: ", stderr);
	fprintf(stderr, fmt, a);
	fprintf(stderr, "\nHINT: %s\n", hint);
	return false;
}

static bool parse_size(const char *s, size_t *out)
{
	char *end;
	unsigned long long v = strtoull(s, &end, 10);
	unsigned shift = 0;

	switch (toupper((unsigned char)*end)) {
	case 'K': shift = 10, end++; break;
	case 'M': shift = 20, end++; break;
	case 'G': shift = 30, end++; break;
	default: break;
	}
	if (end == s || *end || *s == '-' || v > (1ULL << 34) >> shift || !v)
		return false;
	*out = (size_t)(v << shift);
	return true;
}

#define GFT_TEXT_(x) #x
#define GFT_TEXT(x)  GFT_TEXT_(x)

static bool parse_pids(struct cli *c, const char *s)
{
	while (*s) {
		char *end;
		long v = strtol(s, &end, 10);

		if (end == s || (*end && *end != ',' && *end != ' ') || v <= 0 || v > 4194304)
			return bad("-p: '%s' is not a process id", s,
				   "-p 1234, or -p 1234,1240; pidof NAME finds them");
		if (c->npids == sizeof(c->pids) / sizeof(c->pids[0]))
			return bad("-p: more than %s processes", GFT_TEXT(GFT_PIDS),
				   "leave -p away to trace every process of the binary");
		c->pids[c->npids++] = (pid_t)v;
		s = *end ? end + 1 : end;
	}
	return c->npids != 0 || bad("-p: no process id%s", "", "-p 1234; pidof NAME finds it");
}

/* What a word behind -d asks for, by gft's name for it, or NULL. */
static const char *stage_called(const char *s)
{
	static const char *const stages[] = { "ast", "program", "c", "ir", "object", "sites", "all" };

	if (!strcmp(s, "codegen"))
		return "c";
	if (!strcmp(s, "codegen-opt"))
		return "ir";
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (!strcmp(s, stages[i]))
			return stages[i];
	return NULL;
}

/* bpftrace's: no file is called so. */
static bool is_foreign_stage(const char *s)
{
	return !strcmp(s, "verifier") || !strcmp(s, "libbpf") || !strcmp(s, "dis");
}

static bool is_format(const char *s)
{
	return !strcmp(s, "text") || !strcmp(s, "ftrace") || !strcmp(s, "json");
}

static bool parse_color(struct cli *c, const char *s)
{
	if (!s || !strcmp(s, "always"))
		c->color = COLOR_ALWAYS;
	else if (!strcmp(s, "never"))
		c->color = COLOR_NEVER;
	else if (!strcmp(s, "auto"))
		c->color = COLOR_AUTO;
	else
		return bad("--color: '%s' is none of auto, always, never", s, "--color=never");
	return true;
}

const char *cli_near(const char *option)
{
	const char *names[64];
	size_t n = 0;
	char word[64];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(option + 2, "="), option + 2);
	for (const struct option *o = options; o->name && n < 64; o++) {
		if (*word && !strncmp(o->name, word, strlen(word)))
			return o->name;
		names[n++] = o->name;
	}
	return diag_nearest(word, names, n);
}

static bool no_option(const char *arg)
{
	const char *near = cli_near(arg);
	char hint[96];

	if (!near)
		return bad("unknown option %s", arg, "gft -h lists the options");
	snprintf(hint, sizeof(hint), "did you mean --%s?", near);
	return bad("unknown option %s", arg, hint);
}

/* --NAME and --NAME=VALUE that gft does not know may be the script's: the script is asked when it is read. */
static bool unknown_option(struct cli *c, char **argv)
{
	const char *arg = argv[optind - 1];
	bool is_long = !strncmp(arg, "--", 2);

	for (const struct option *o = options; o->name && is_long; o++)
		if (!strncmp(o->name, arg + 2, strcspn(arg + 2, "=")) && strlen(o->name) == strcspn(arg + 2, "="))
			return bad("%s: this option takes no value", arg, "gft -h lists the options");
	if (optopt && optopt < 256 && !is_long) {
		char s[3] = { '-', (char)optopt, 0 };

		return bad("unknown option %s", s, "gft -h lists the options");
	}
	c->options[c->noptions++] = arg;
	return true;
}

static bool one_option(struct cli *c, int o, char **argv)
{
	const char *stage;

	switch (o) {
	case 'e':
		if (c->expr)
			return bad("-e is given twice%s", "", "put both clauses into one script");
		c->expr = optarg;
		return true;
	case 'u':
		c->uprobes = xrealloc(c->uprobes, (c->nuprobes + 1) * sizeof(*c->uprobes));
		c->uprobes[c->nuprobes++] = optarg;
		return true;
	case 'D':
		c->drilldown = xrealloc(c->drilldown, (c->ndrilldown + 1) * sizeof(*c->drilldown));
		c->drilldown[c->ndrilldown++] = optarg;
		return true;
	case 'c': c->command = optarg; return true;
	case 'p': return parse_pids(c, optarg);
	case 'o': c->output = optarg; return true;
	case 'f': c->format = optarg; return true;
	case 'B': c->buffering = optarg; return true;
	case 'P': c->trim_prefix = optarg; return true;
	case 'd':
		/* go-ftrace's bare -d is "debug"; with a stage it prints that stage */
		stage = stage_called(optarg);
		if (stage) {
			c->stage = stage;
		} else {
			c->no_stage = *optarg != '-' ? optarg : NULL;
			c->verbose = true;
			optind--;
		}
		return true;
	case 'l': c->list = true; return true;
	case 'x':
		if (!optarg || !strcmp(optarg, "true"))
			c->exclude_vendor = true;
		else if (!strcmp(optarg, "false"))
			c->exclude_vendor = false;
		else
			return bad("--exclude-vendor: '%s' is neither true nor false", optarg,
				   "--exclude-vendor=false");
		return true;
	case 'v': c->verbose = true; return true;
	case 'k': c->checks = true; return true;
	case 'q': c->quiet = true; return true;
	case OPT_COLOR: return parse_color(c, optarg);
	case OPT_NO_CACHE: c->no_cache = true; return true;
	case OPT_BUFFER:
		return parse_size(optarg, &c->ring_bytes) ||
		       bad("--buffer: '%s' is not a size", optarg, "--buffer 16M");
	case OPT_PROBE_FILTER: c->probe_filter = optarg; return true;
	case OPT_INFO: c->info = true; return true;
	case OPT_DRY_RUN: c->dry_run = true; return true;
	case OPT_SCRIPT: c->script = true; return true;
	case OPT_FMT: c->fmt = true; return true;
	case OPT_TEST: c->test = true; return true;
	case OPT_UNSAFE: c->unsafe = true; return true;
	case OPT_NO_WARNINGS: c->no_warnings = true; return true;
	case OPT_DEBUGINFO: c->debug_dir = optarg; return true;
	case OPT_STREAM: c->stream = true; return true;
	case OPT_INCLUDE:
		c->includes = xrealloc(c->includes, (c->nincludes + 1) * sizeof(*c->includes));
		c->includes[c->nincludes++] = optarg;
		return true;
	case 'I':
		c->include_dirs = xrealloc(c->include_dirs, (c->ninclude_dirs + 1) * sizeof(*c->include_dirs));
		c->include_dirs[c->ninclude_dirs++] = optarg;
		return true;
	case OPT_FOLLOW: c->follow = FOLLOW_YES; return true;
	case OPT_NO_FOLLOW: c->follow = FOLLOW_NO; return true;
	case OPT_RECORD: c->record = optarg; return true;
	case OPT_READY_FD: {
		char *end;
		long v = strtol(optarg, &end, 10);

		if (*end || end == optarg || v < 0 || v > 1 << 20)
			return bad("--ready-fd: '%s' is not a descriptor", optarg, "--ready-fd 3 3>fifo");
		/* now: later it may be one of gft's own */
		if (fcntl((int)v, F_GETFD) < 0)
			return bad("--ready-fd %s: no such descriptor is open", optarg, "--ready-fd 3 3>fifo");
		c->ready_fd = (int)v;
		return true;
	}
	case ':':
		if (optopt == 'd') { /* a bare -d at the end */
			c->verbose = true;
			return true;
		}
		return bad("%s needs a value", argv[optind - 1], "gft -h shows which");
	default: return unknown_option(c, argv);
	}
}

static bool is_file(const char *s)
{
	struct stat st;

	return !stat(s, &st) && !S_ISDIR(st.st_mode);
}

static bool is_elf(const char *s)
{
	FILE *f = fopen(s, "re");
	char magic[4] = "";
	bool elf = f && fread(magic, 1, 4, f) == 4 && !memcmp(magic, "\177ELF", 4);

	if (f)
		fclose(f);
	return elf;
}

/* Those behind "--", which may be called as gft's own are. */
static size_t split_options(struct cli *c, char **v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (!strcmp(v[i], "--help"))
			c->script_help = true;
		else if (!strncmp(v[i], "--", 2) && v[i][2])
			c->options[c->noptions++] = v[i];
		else
			v[k++] = v[i];
	}
	return k;
}

/* Whether what is no file is meant as one all the same: by its look, or because no script could take it. */
static bool names_program(const struct cli *c, const char *s)
{
	char *path;

	if (strchr(s, '/') || c->nuprobes || c->list)
		return true;
	path = targets_which(s);
	free(path);
	return path != NULL;
}

/* The environment's word on colours, or NULL; *ours: it is GFT_COLOR. */
static const char *own_color(bool *ours)
{
	const char *own = getenv("GFT_COLOR");

	*ours = own != NULL;
	return own ? own : getenv("BPFTRACE_COLOR");
}

static bool known_color(const char *s)
{
	return !strcmp(s, "auto") || !strcmp(s, "always") || !strcmp(s, "never");
}

/* gft info, gft replay, gft help. */
static bool names_command(struct cli *c, char **v, size_t n)
{
	if (c->expr || c->nuprobes || c->list || !n || is_file(v[0]))
		return false;
	c->about = !strcmp(v[0], "info");
	c->replay = !strcmp(v[0], "replay");
	c->help = !strcmp(v[0], "help");
	return c->about || c->replay || c->help;
}

static bool command_operands(struct cli *c, char **v, size_t n)
{
	bool may_be_none = c->help || (c->about && c->npids);

	if (n > 2 || (n == 1 && !may_be_none))
		return bad(c->help ? "gft %s takes one word" : "gft %s takes one file", v[0],
			   c->help    ? "gft help printf"
			   : c->about ? "gft info ./binary"
				      : "gft replay FILE; --record FILE makes one");
	c->binary = n == 2 ? v[1] : NULL;
	return true;
}

/* The script's file, or what -l looks for. */
static bool first_operand(struct cli *c, char **v, size_t n, size_t *taken)
{
	*taken = 0;
	if (!n || c->expr)
		return true;
	if (c->list && !is_file(v[0])) {
		c->list_pattern = v[0];
	} else if (c->list ? !is_elf(v[0]) : !c->nuprobes && !c->info) {
		if (is_elf(v[0]))
			return bad("%s is a binary, not a script", v[0],
				   "say what to trace in it: gft -u 'main.*' BINARY, or gft -e 'u:main.* { graph(); }' "
				   "BINARY");
		c->script_file = v[0];
	} else {
		return true;
	}
	*taken = 1;
	return true;
}

/* What is there and does not go together, or is not there. */
static bool agrees(struct cli *c)
{
	bool variable;
	const char *color = own_color(&variable);

	if (!c->expr && !c->script_file && !c->nuprobes && !c->list && !c->info)
		return bad("no script%s", "", "gft -e 'u:main.* { graph(); }' ./binary; gft -h shows more");
	if (c->nuprobes && c->expr)
		return bad("-e and -u are both given%s", "", "-u PATTERN is u:PATTERN { graph(); } in a script");
	if (c->nuprobes && !c->binary && !c->npids && !c->command)
		return bad("no binary%s", "", "gft -u 'main.*' ./binary");
	if (c->no_stage && (c->expr || is_foreign_stage(c->no_stage)))
		return bad("-d: there is no stage '%s'", c->no_stage,
			   "-d ast, program, c, ir, object, sites or all; -v tells what the kernel's verifier says");
	if (c->color == COLOR_AUTO && color && !known_color(color))
		return bad(variable ? "the environment's GFT_COLOR=%s: it must be auto, always or never"
				    : "the environment's BPFTRACE_COLOR=%s: it must be auto, always or never",
			   color, "GFT_COLOR=never");
	if (c->format && !is_format(c->format))
		return bad("-f: there is no format '%s'", c->format,
			   "there are text, ftrace (another name for text) and json");
	return true;
}

static bool operands(struct cli *c, char **v, size_t n)
{
	bool command;
	size_t taken = 0;

	n = split_options(c, v, n);
	command = names_command(c, v, n);
	if (!command && !first_operand(c, v, n, &taken))
		return false;
	/* only a script has options besides gft's */
	if (c->noptions && !c->expr && !c->script_file)
		return no_option(c->options[0]);
	if (command)
		return command_operands(c, v, n);
	v += taken, n -= taken;
	/* with -p or -c the binary is known: what follows are parameters unless it is a file */
	if (n && (is_file(v[0]) || (!(c->npids || c->command) && names_program(c, v[0])))) {
		c->binary = v[0];
		v++, n--;
	}
	c->operands = (const char **)v;
	c->noperands = n;
	return agrees(c);
}

/*
 * Part of an option's name, which getopt_long() takes for all of it: it may be an
 * option of the script, and what follows is then no value of it.
 */
static bool shortened(char **argv, const char *name)
{
	int value = optarg == argv[optind - 1];
	const char *arg = argv[optind - 1 - value];

	if (!strncmp(arg, "--", 2) && strcspn(arg + 2, "=") == strlen(name))
		return false;
	optind -= value;
	return true;
}

int cli_parse(struct cli *c, int argc, char **argv, int *status)
{
	int o, which;

	memset(c, 0, sizeof(*c));
	c->ready_fd = -1;
	c->exclude_vendor = true;
	*status = 1;
	opterr = 0;
	c->options = xcalloc((size_t)argc + 1, sizeof(*c->options));
	while (which = -1, (o = getopt_long(argc, argv, optstring, options, &which)) != -1) {
		if (which >= 0 && o != '?' && o != ':' && shortened(argv, options[which].name))
			o = '?', optopt = 0;
		if (o == 'h') {
			help(stdout);
			*status = 0;
			return -1;
		}
		if (o == 'V') {
			puts("gft " GFT_VERSION);
			*status = 0;
			return -1;
		}
		if (!one_option(c, o, argv))
			return -1;
	}
	if (argc == 1) {
		help(stderr);
		return -1;
	}
	return operands(c, argv + optind, (size_t)(argc - optind)) ? 0 : -1;
}

bool cli_wants_color(const struct cli *c, int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM"), *own;
	bool variable;

	if (c->color != COLOR_AUTO)
		return c->color == COLOR_ALWAYS;
	own = own_color(&variable);
	if (own && (!strcmp(own, "always") || !strcmp(own, "never")))
		return own[0] == 'a';
	return isatty(fd) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

void cli_free(struct cli *c)
{
	free(c->uprobes);
	free(c->includes);
	free(c->include_dirs);
	free(c->drilldown);
	free(c->options);
}
