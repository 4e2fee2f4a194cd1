/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * lines.c - which line of a script each line of the generated C is about.
 *
 * One statement becomes several lines of C.  "#line" counts on behind itself, so
 * that what Clang and the verifier say of the later ones would name lines of the
 * script that are not meant, or that do not exist: it is repeated in front of each.
 * The text for people (-d c) goes without, and the script's own C counts its lines
 * as it should: it stands between two pragmas (emit_struct.c).
 */
#include <stdbool.h>
#include <string.h>

#include "codegen/codegen.h"
#include "gft/buf.h"

void codegen_number_lines(const char *text, size_t len, struct buf *out)
{
	const char *at = NULL, *end = text + len;
	size_t at_len = 0;
	bool own = false;

	for (const char *line = text; line < end;) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		size_t n = nl ? (size_t)(nl - line) + 1 : (size_t)(end - line);

		if (n > 24 && !memcmp(line, "#pragma clang attribute ", 24)) {
			own = !strncmp(line + 24, "push", 4);
			at = NULL;
		} else if (own) {
			at = NULL;
		} else if (n > 6 && !memcmp(line, "#line ", 6)) {
			const char *name = memchr(line, '"', n);

			at = name && strncmp(name, "\"gft\"", 5) != 0 ? line : NULL;
			at_len = n;
		} else if (at && line != at + at_len && line[0] != '#' && n > 1) {
			buf_add(out, at, at_len);
		}
		buf_add(out, line, n);
		line += n;
	}
}
