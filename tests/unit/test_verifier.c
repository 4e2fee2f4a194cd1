/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Refusals of the kernel's verifier, as logs of several kernels have them, in the script's terms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "codegen/codegen.h"
#include "gft/buf.h"
#include "runtime/kernel/session.h"

#define HEAD "libbpf: prog 'gft_probe_0': -- BEGIN PROG LOAD LOG --\n"
#define TAIL "processed 84802 insns (limit 1000000) max_states_per_insn 4\n-- END PROG LOAD LOG --\nlibbpf: failed\n"

static void says(const char *log, const char *what, const char *hint, const char *source, unsigned line)
{
	struct kernel_error err = { .msg = "" };

	ks_explain(log, &err);
	if (!strstr(err.msg, what))
		fail_msg("%s: not about '%s'", err.msg, what);
	if (hint && (!err.hint || !strstr(err.hint, hint)))
		fail_msg("%s: the hint is '%s'", err.msg, err.hint ? err.hint : "");
	assert_int_equal(err.line, line);
	if (line)
		assert_string_equal(err.source, source);
}

static void test_reasons(void **state)
{
	(void)state;
	/* the text's own line is the last of the script's; those of the templates do not count */
	says(HEAD "; a.gft:3: unroll(5) { @ @ gft:15\n12: (bf) r6 = r0\n; gft/ring.h:20: if (!r) @ gft:17\n"
		  "The sequence of 8193 jumps is too complex.\n" TAIL,
	     "branches", "fewer rounds", "a.gft", 3);
	/* before Linux 6.9 there is no "@ gft:15" */
	says(HEAD "; a.gft:3: x\n; b.gft:9: \n; a.gft:4: y\nBPF program is too large. Processed 1000001 insn\n" TAIL,
	     "million instructions", "shorter text", "a.gft", 4);
	says(HEAD "combined stack size of 3 calls is 544. Too large\n" TAIL, "512 bytes", "hold less", NULL, 0);
	says(HEAD "; script:1: begin\nthe call stack of 9 frames is too deep !\n" TAIL, "nested", "inside", "script",
	     1);
	says(HEAD "; script:1: begin\n5: infinite loop detected at insn 7\n" TAIL, "end", "for (", "script", 1);
	says(HEAD "; script:2: for\ninvalid func unknown#181\n" TAIL, "too old", "5.17", "script", 2);
	says(HEAD "; script:2: s\nprogram of this type cannot use helper bpf_send_signal#109\n" TAIL, "kind of probe",
	     "another kind", "script", 2);
	says(HEAD "; script:2: f\nR1 invalid mem access 'scalar'\n" TAIL, "R1 invalid mem access 'scalar'",
	     "mistake of gft", "script", 2);
}

/* What can be avoided by another object is told apart. */
static void test_limits(void **state)
{
	static const struct {
		const char *log;
		enum kernel_limit limit;
	} t[] = {
		{ HEAD "combined stack size of 3 calls is 544. Too large\n" TAIL, LIMIT_STACK },
		{ HEAD "429: (79) r0 = *(u64 *)(r10 -120)\nback-edge from insn 429 to 430\n" TAIL, LIMIT_LOOPS },
		{ HEAD "5: infinite loop detected at insn 7\n" TAIL, LIMIT_NONE },
		{ HEAD "R1 invalid mem access 'scalar'\n" TAIL, LIMIT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct kernel_error err = { .msg = "" };

		ks_explain(t[i].log, &err);
		assert_int_equal(err.limit, t[i].limit);
	}
}

/* Whatever a log holds: no crash, and nothing that is too long. */
static void test_odd_logs(void **state)
{
	char log[9000], name[400];

	(void)state;
	says("", "refuses", NULL, NULL, 0);
	says("; script:1: x", "refuses", NULL, NULL, 0);
	says(HEAD, "refuses", NULL, NULL, 0);
	says(HEAD "; script:0: x\n; script:: x\n; :1: x\n;\n; \n;;;\n; s:99999999999999999999: x\n", "refuses", NULL,
	     "", 1);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	snprintf(log, sizeof(log), HEAD "; %s:1: x\n%s%s%s\n" TAIL, name, name, name, name);
	says(log, "nnnn", NULL, NULL, 0);
}

static void test_lines(void **state)
{
	static const char text[] = "int a;\n#line 3 \"s\"\nb\n#include <x>\n\tc\n\n#line 1 \"gft\"\nd\ne";
	struct buf b = BUF_INIT;

	(void)state;
	codegen_number_lines(text, sizeof(text) - 1, &b);
	assert_string_equal(buf_str(&b),
			    "int a;\n#line 3 \"s\"\nb\n#include <x>\n#line 3 \"s\"\n\tc\n\n#line 1 \"gft\"\nd\ne");
	buf_free(&b);
	codegen_number_lines("", 0, &b);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_odd_logs),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
