/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* test_losses.c - what a recording says of losses: the same when it is read, and harmless when it is nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gft/stream.h"
#include "runtime/losses.h"

/* What is told of text from a recording: the JSON. */
static char *told(const char *text, size_t size)
{
	static char out[65536];
	struct output_opts oo = { .format = "json", .fd = -1 };
	struct losses *l = losses_new();
	char path[] = "/tmp/gft-losses-XXXXXX";
	struct output *o;
	int fd = mkstemp(path), quiet = dup(STDERR_FILENO);
	ssize_t n;

	assert_true(fd >= 0 && quiet >= 0);
	unlink(path);
	oo.fd = fd;
	o = output_new(&oo, NULL);
	assert_non_null(freopen("/dev/null", "w", stderr));
	losses_read(l, text, size);
	losses_tell(l, o, true);
	output_free(o);
	fflush(stderr);
	dup2(quiet, STDERR_FILENO);
	close(quiet);
	losses_free(l);
	n = pread(fd, out, sizeof(out) - 1, 0);
	assert_true(n >= 0);
	out[n] = '\0';
	close(fd);
	return out;
}

static void test_read(void **state)
{
	static const char text[] =
		"3 too_deep\n 2 uprobe:x:main.f\n 1 \x1b[1m\n\n4 never\n 4 y\n7 over_limit\n 3 z\n"
		" 2 z\n-1 map_full\n99999999999999999999 map_full\n1 map_ful\n1x map_full\n5 map_full";

	(void)state;
	assert_string_equal(
		told(text, sizeof(text) - 1),
		"{\"type\": \"loss\", \"data\": {\"loss\": \"map_full\", \"count\": 5, \"what\": "
		"\"graphs not begun: too many goroutines at once\"}}\n"
		"{\"type\": \"loss\", \"data\": {\"loss\": \"too_deep\", \"count\": 3, \"what\": \"calls not tracked: "
		"too deep\", \"at\": {\"uprobe:x:main.f\": 2, \"\\\\x1b[1m\": 1}}}\n"
		"{\"type\": \"loss\", \"data\": {\"loss\": \"over_limit\", \"count\": 7, \"what\": \"calls not shown: "
		"graphs over their limit\", \"at\": {\"z\": 5}}}\n");
	assert_string_equal(told("", 0), "");
	assert_string_equal(told("\n\n 5 x\n", 7), "");
}

/* Cut off anywhere, and with any byte changed: nothing but what is there is read. */
static void test_damaged(void **state)
{
	static const char text[] = "31 ring_full\n 30 uprobe:x:main.f\n 1 uprobe:x:main.g\n2 open_at_end\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char *exact = malloc(n ? n : 1); /* so that a read behind it is found */

		memcpy(exact, text, n);
		told(exact, n);
		for (size_t i = 0; i < n; i += 3) {
			exact[i] = (char)(exact[i] * 7 + 3);
			told(exact, n);
		}
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
