/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * import.c - see import.h.
 *
 * A name is looked for beside the file that imports it; a folder stands for
 * all scripts and headers in it, by name.  A file that was read already is not
 * read again, so scripts may import each other.
 */
#include "runtime/import.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/diag.h"
#include "parser/import.h"
#include "parser/parse.h"

#define FILES_MAX 256
#define SIZE_MOST (1u << 20)

struct importing {
	struct ast *root;
	const struct parse_opts *opts;
	struct {
		dev_t dev;
		ino_t ino;
	} seen[FILES_MAX];
	unsigned nseen;
};

static bool seen(struct importing *im, const struct stat *st)
{
	for (unsigned i = 0; i < im->nseen; i++)
		if (im->seen[i].dev == st->st_dev && im->seen[i].ino == st->st_ino)
			return true;
	if (im->nseen < FILES_MAX) {
		im->seen[im->nseen].dev = st->st_dev;
		im->seen[im->nseen++].ino = st->st_ino;
	}
	return false;
}

static bool has_suffix(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n > k && !strcmp(s + n - k, end);
}

static bool read_text(const char *path, struct buf *out, int *error)
{
	FILE *f = fopen(path, "re");

	if (!f) {
		*error = errno;
		return false;
	}
	buf_read(out, f, SIZE_MOST);
	*error = ferror(f) ? EIO : out->len > SIZE_MOST ? EFBIG : 0;
	fclose(f);
	return !*error;
}

static void imports_of(struct importing *im, struct ast *ast);

static void one_file(struct importing *im, struct ast *into, const char *path, struct src_loc loc)
{
	struct diag *d = im->root->diag;
	const struct source *src;
	struct buf b = BUF_INIT;
	struct stat st;
	struct ast *ast;
	int e = 0;

	if (stat(path, &st) || !S_ISREG(st.st_mode)) {
		diag_error(d, loc, "import: %s is no file", path);
		return;
	}
	if (seen(im, &st))
		return;
	if (im->nseen == FILES_MAX) {
		diag_error(d, loc, "import: more than %d files", FILES_MAX);
		return;
	}
	if (has_suffix(path, ".h")) {
		import_header(into, path, loc);
		return;
	}
	if (!read_text(path, &b, &e)) {
		diag_error(d, loc, "import: %s cannot be read: %s", path,
			   e == EFBIG ? "a script has at most 1 MiB" : strerror(e));
		buf_free(&b);
		return;
	}
	src = diag_add_source(d, path, buf_str(&b), b.len);
	buf_free(&b);
	ast = parse_script(im->root->arena, d, src, im->opts);
	imports_of(im, ast);
	import_script(into, ast);
}

/* Every script and header of a folder. */
static void folder(struct importing *im, struct ast *into, const char *path, struct src_loc loc)
{
	char *names[FILES_MAX];
	size_t n = 0;
	DIR *d = opendir(path);

	if (!d) {
		diag_error(im->root->diag, loc, "import: the folder %s cannot be read: %s", path, strerror(errno));
		return;
	}
	for (struct dirent *e; (e = readdir(d)) && n < FILES_MAX;)
		if (e->d_name[0] != '.' &&
		    (has_suffix(e->d_name, ".gft") || has_suffix(e->d_name, ".bt") || has_suffix(e->d_name, ".h")))
			names[n++] = arena_printf(im->root->arena, "%s/%s", path, e->d_name);
	closedir(d);
	if (!n)
		diag_error(im->root->diag, loc, "import: the folder %s holds no .gft, .bt or .h file", path);
	qsort(names, n, sizeof(*names), cmp_names);
	for (size_t i = 0; i < n; i++)
		one_file(im, into, names[i], loc);
}

static void imports_of(struct importing *im, struct ast *ast)
{
	struct diag *d = im->root->diag;

	for (const struct import *i = ast->imports; i; i = i->next) {
		const char *slash = strrchr(ast->source->name, '/'), *path = i->path;
		struct stat st;

		if (path[0] != '/' && slash)
			path = arena_printf(im->root->arena, "%.*s/%s", (int)(slash - ast->source->name),
					    ast->source->name, path);
		if (stat(path, &st)) {
			diag_error(d, i->loc, "import: there is no %s", path);
			diag_hint(d, "a name is looked for beside the script that imports it");
		} else if (S_ISDIR(st.st_mode)) {
			folder(im, ast, path, i->loc);
		} else if (!has_suffix(path, ".gft") && !has_suffix(path, ".bt") && !has_suffix(path, ".h")) {
			diag_error(d, i->loc, "import: %s is neither a script nor a header", path);
			diag_hint(d, "it takes .gft, .bt and .h files, and folders of them");
		} else {
			one_file(im, ast, path, i->loc);
		}
	}
	ast->imports = NULL;
}

void import_all(struct ast *ast, const struct parse_opts *opts)
{
	struct importing im = { .root = ast, .opts = opts };
	struct stat st;

	if (!ast->imports)
		return;
	if (!stat(ast->source->name, &st))
		seen(&im, &st);
	imports_of(&im, ast);
}
