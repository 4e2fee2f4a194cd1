/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* cli.h - the command line. */
#ifndef GFT_RUNTIME_CLI_H
#define GFT_RUNTIME_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "gft/setup.h"

struct buf;

enum cli_follow { FOLLOW_AUTO, FOLLOW_YES, FOLLOW_NO };
enum cli_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct cli {
	/* what to run: one of these */
	const char *expr;	 /* -e */
	const char *script_file; /* SCRIPT.gft, or "-" */
	const char **uprobes;	 /* -u, go-ftrace's way */
	size_t nuprobes;
	bool list; /* -l */
	const char *list_pattern;
	bool info;   /* --info */
	bool about;  /* gft info BINARY: all that is known of it */
	bool replay; /* gft replay FILE (binary) */
	bool help;   /* gft help [NAME] (binary) */

	/* on what */
	const char *binary;
	const char **operands; /* behind the binary: parameters, or go-ftrace's target functions */
	size_t noperands;
	const char **options; /* --name=value that gft does not know, or behind "--": the script's own (getopt) */
	size_t noptions;
	bool script_help; /* -- --help: the script's options */
	const char *probe_filter;
	const char *command;	/* -c */
	const char **drilldown; /* -D */
	size_t ndrilldown;
	pid_t pids[GFT_PIDS]; /* -p */
	size_t npids;

	/* how */
	const char *output;    /* -o */
	const char *format;    /* -f */
	const char *buffering; /* -B */
	const char *stage;     /* -d */
	const char *no_stage;  /* what followed -d, when it is no stage: go-ftrace's -d takes none */
	const char *trim_prefix;
	const char *debug_dir;
	const char **includes; /* --include */
	size_t nincludes;
	const char **include_dirs; /* -I */
	size_t ninclude_dirs;
	const char *record;
	size_t ring_bytes; /* --buffer */
	enum cli_color color;
	enum cli_follow follow; /* processes that traced ones start */
	int ready_fd;		/* -1: none */
	bool exclude_vendor;
	bool stream;
	bool fmt;  /* --fmt: print the script anew */
	bool test; /* --test: run its probes test:NAME */
	bool dry_run, script, verbose, quiet, no_cache, unsafe, no_warnings, checks;
};

/*
 * Reads the command line.  Returns 0, or -1 when the program should end now
 * with *status (help and version were printed, or a mistake was told).
 */
int cli_parse(struct cli *c, int argc, char **argv, int *status);

/* Whether what goes to descriptor fd is coloured: --color, a terminal, NO_COLOR, TERM. */
bool cli_wants_color(const struct cli *c, int fd);

/* The name of gft's option that is nearly the one of "--NAME" or "--NAME=VALUE", or begins so; NULL: none does. */
const char *cli_near(const char *option);

void cli_free(struct cli *c);

/* The go-ftrace command line as a script.  False, with an error told, when it makes no sense. */
bool cli_translate(const struct cli *c, struct buf *out);

#endif
