/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * verifier.c - why the kernel's verifier refused a script, in the script's terms.
 *
 * The log is a walk through the program; each source line that it comes to is
 * quoted as "; TEXT", where the compiler has put "NAME:LINE: " in front of a
 * script's own lines.  The last such line is where it stumbled, and the last line
 * of the log says over what (kernel/bpf/verifier.c; the texts have been stable
 * from 5.15 on, or are listed in each of their forms).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/kernel/session.h"

static const struct {
	const char *text;	 /* in the verifier's last words */
	const char *what, *hint; /* what: NULL: the verifier's own words */
	enum kernel_limit limit;
} reasons[] = {
	{ "jumps is too complex", "too many branches for the kernel's verifier, which follows each of them",
	  "fewer rounds of unroll, or for ($i : 0..N) { ... }, whose body is looked at once; fewer conditions in one "
	  "clause",
	  LIMIT_NONE },
	{ "BPF program is too large",
	  "too much for the kernel's verifier, which walks through at most a million instructions",
	  "fewer rounds of unroll, or for ($i : 0..N) { ... }, whose body is looked at once; shorter text "
	  "(max_strlen); in C between %{ and %} loops of a few rounds",
	  LIMIT_NONE },
	{ "program is too large", "too many instructions for the kernel",
	  "split the clause; fewer rounds of unroll; shorter text (max_strlen)", LIMIT_NONE },
	{ "combined stack size", "the script's values need more stack than the kernel gives (512 bytes)",
	  "hold less at a time: fewer variables, shorter text, smaller tuples", LIMIT_STACK },
	{ "too many subprograms", "too many loops and functions in one clause for the kernel", "split the clause",
	  LIMIT_NONE },
	{ "call stack of", "loops or functions nested too deeply for the kernel (8 levels)",
	  "fewer for and while inside of each other", LIMIT_NONE },
	{ "the call stack is too deep", "loops or functions nested too deeply for the kernel (8 levels)",
	  "fewer for and while inside of each other", LIMIT_NONE },
	{ "infinite loop detected", "a loop whose end the kernel's verifier cannot see",
	  "for ($i : 0..N) { ... } always ends; in C code a loop needs a constant bound", LIMIT_NONE },
	{ "back-edge", "a loop whose end the kernel's verifier cannot see",
	  "for ($i : 0..N) { ... } always ends; in C code a loop needs a constant bound", LIMIT_LOOPS },
	{ "unknown func bpf_probe_write_user",
	  "write_user(): this kernel does not let anybody write to the memory of a process",
	  "it is locked down (/sys/kernel/security/lockdown), or write_user() is not possible in this kind of probe",
	  LIMIT_NONE },
	{ "program of this type cannot use helper bpf_probe_write_user",
	  "write_user(): this kernel does not let anybody write to the memory of a process",
	  "it is locked down (/sys/kernel/security/lockdown), or write_user() is not possible in this kind of probe",
	  LIMIT_NONE },
	{ "unknown func", "a function of the kernel that this one is too old for",
	  "gft --info shows what this kernel has; for and while need Linux 5.17", LIMIT_NONE },
	{ "invalid func", "a function of the kernel that this one is too old for",
	  "gft --info shows what this kernel has; for and while need Linux 5.17", LIMIT_NONE },
	{ "cannot use helper", "a function of the kernel that this kind of probe may not call",
	  "do it in another kind of probe", LIMIT_NONE },
	{ "helper call is not allowed", "a function of the kernel that this kind of probe may not call",
	  "do it in another kind of probe", LIMIT_NONE },
	{ "GPL-restricted function", "a function of the kernel that needs a GPL-compatible licence", NULL, LIMIT_NONE },
	{ "invalid mem access", NULL,
	  "C code (%{ ... %}) reads the target by bpf_probe_read_user(&v, sizeof(v), p), and checks what "
	  "bpf_map_lookup_elem() gives; without C code this is a mistake of gft: please report the script",
	  LIMIT_NONE },
};

/* The verifier's last words before its statistics. */
static size_t last_words(const char *log, const char **out)
{
	const char *line = log;
	size_t best = 0;

	*out = "";
	while (line && *line) {
		const char *end = strchr(line, '\n');
		size_t n = end ? (size_t)(end - line) : strlen(line);

		if (!strncmp(line, "-- END", 6))
			break;
		if (n && strncmp(line, "processed ", 10) != 0 && strncmp(line, "-- ", 3) != 0 && line[0] != ';' &&
		    strncmp(line, "libbpf:", 7) != 0 && strncmp(line, "verification time", 17) != 0 &&
		    strncmp(line, "stack depth", 11) != 0) {
			*out = line;
			best = n;
		}
		line = end ? end + 1 : NULL;
	}
	return best;
}

/* "; NAME:LINE: TEXT": a line of a script, not of the templates ("gft/ring.h:18: ..."). */
static bool script_line(const char *line, size_t n, struct kernel_error *err)
{
	const char *name = line + 2, *colon, *end = line + n;
	char *after;
	unsigned long v;

	if (n < 6 || line[0] != ';' || line[1] != ' ' || !strncmp(name, "gft/", 4))
		return false;
	for (colon = name; colon < end; colon++) {
		if (*colon != ':' || colon + 1 >= end || colon[1] < '0' || colon[1] > '9')
			continue;
		v = strtoul(colon + 1, &after, 10);
		if (after >= end || *after != ':' || !v || v > 1000000 || (size_t)(colon - name) >= sizeof(err->source))
			return false;
		memcpy(err->source, name, (size_t)(colon - name));
		err->source[colon - name] = 0;
		err->line = (unsigned)v;
		return true;
	}
	return false;
}

void ks_explain(const char *log, struct kernel_error *err)
{
	const char *begin = strstr(log, "BEGIN PROG LOAD LOG"), *line, *words;
	size_t n = last_words(begin ? begin : log, &words);
	char last[301];

	err->line = 0;
	for (line = begin; line && *line;) {
		const char *end = strchr(line, '\n');

		if (!strncmp(line, "-- END", 6))
			break;
		script_line(line, end ? (size_t)(end - line) : strlen(line), err);
		line = end ? end + 1 : NULL;
	}
	snprintf(last, sizeof(last), "%.*s", (int)(n > 300 ? 300 : n), words);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strstr(last, reasons[i].text)) {
			if (reasons[i].what)
				ks_error(err, "%s", reasons[i].what);
			else
				ks_error(err, "the kernel's verifier refuses the script: %s", last);
			err->hint = reasons[i].hint;
			err->limit = reasons[i].limit;
			return;
		}
	ks_error(err, "the kernel's verifier refuses the script: %s", last);
	err->hint =
		"outside of C code (%{ ... %}) this is a mistake of gft: please report the script with what -v prints";
}
