/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * replay.c - shows a recorded stream, or the description of one, through the
 * graph builder and an output format:
 *
 *     replay [--stream] [--color] [--max-bytes N] [--trim PREFIX] [-f FORMAT] FILE
 *     replay --bench N      records a second through builder and text
 *
 * A description may begin with "# replay: OPTIONS".  Times are UTC, so that output does not depend on where it is made.
 * Counts that are not zero follow behind the trees.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <time.h>

#include "gft/output.h"
#include "tools/streamtext.h"

struct replay {
	struct output *out;
	bool stream;
	size_t max_bytes;
};

static void on_tree(void *ctx, const struct graph_tree *tree)
{
	output_graph(((struct replay *)ctx)->out, tree);
}

static void on_enter(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	output_graph_enter(((struct replay *)ctx)->out, tree, n, depth);
}

static void on_leaf(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	output_graph_leaf(((struct replay *)ctx)->out, tree, n, depth);
}

static void on_stack(void *ctx, const struct graph_tree *tree)
{
	output_graph_stack(((struct replay *)ctx)->out, tree);
}

static void on_leave(void *ctx, const struct graph_tree *tree, const struct graph_node *n, unsigned depth)
{
	output_graph_leave(((struct replay *)ctx)->out, tree, n, depth);
}

static void tell(struct output *o, const char *what, uint64_t n)
{
	char line[100];

	if (n)
		output_text(o, "printf", line,
			    (size_t)snprintf(line, sizeof(line), "%s: %llu\n", what, (unsigned long long)n));
}

static void tell_all(struct output *o, const struct graph_stats *st)
{
	tell(o, "records", st->records);
	tell(o, "trees", st->trees);
	tell(o, "nodes", st->nodes);
	tell(o, "unmatched", st->unmatched);
	tell(o, "unwound", st->unwound);
	tell(o, "lost marks", st->lost_marks);
	tell(o, "bad", st->bad);
	tell(o, "below min", st->below_min);
	tell(o, "discarded", st->discarded);
	tell(o, "over limit", st->over_limit);
	tell(o, "open at end", st->open_at_end);
}

static struct graph_config config(struct replay *r, const struct sym_source *syms)
{
	struct graph_config gc = { .syms = syms, .max_bytes = r->max_bytes, .ctx = r };

	if (r->stream) {
		gc.enter = on_enter;
		gc.leave = on_leave;
		gc.leaf = on_leaf;
		gc.stack = on_stack;
	} else {
		gc.tree = on_tree;
	}
	return gc;
}

static int show(struct replay *r, struct output_opts *oo, const void *data, size_t size)
{
	struct graph_builder *b;
	struct graph_config gc;
	struct stream_item item;
	struct value_ctx vc;
	struct stream *s;
	const char *err;
	int n;

	s = stream_open(data, size, &err);
	if (!s) {
		fprintf(stderr, "replay: %s\n", err);
		return 1;
	}
	vc = stream_value_ctx(s);
	oo->values = &vc;
	r->out = output_new(oo, &err);
	if (!r->out) {
		fprintf(stderr, "replay: %s\n", err);
		return 1;
	}
	gc = config(r, stream_syms(s));
	gc.opts = stream_graph_opts(s, &gc.nopts);
	gc.tags = stream_tags(s, &gc.ntags);
	b = graph_builder_new(&gc);
	while ((n = stream_next(s, &item)) > 0) {
		switch (item.kind) {
		case STREAM_ITEM_RECORD: graph_feed(b, item.data, item.size); break;
		case STREAM_ITEM_TEXT: output_text(r->out, item.text_kind, item.data, item.size); break;
		case STREAM_ITEM_GONE: graph_process_gone(b, item.tgid, item.ts_ns); break;
		case STREAM_ITEM_LOST: graph_lost(b); break;
		}
	}
	graph_finish(b, stream_end_ns(s));
	if (n < 0) {
		output_text(r->out, "printf", stream_error(s), strlen(stream_error(s)));
		output_text(r->out, "printf", "\n", 1);
	}
	tell_all(r->out, graph_stats(b));
	graph_builder_free(b);
	output_free(r->out);
	stream_free(s);
	return 0;
}

static int show_file(struct replay *r, struct output_opts *oo, const char *path)
{
	size_t n = strlen(path);
	struct stat st;
	void *data;
	int fd, status;

	if (n > 4 && strcmp(path + n - 4, ".txt") == 0) {
		fd = memfd_create("stream", MFD_CLOEXEC);
		if (fd >= 0)
			streamtext_write(path, fd);
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		return 1;
	}
	data = mmap(NULL, st.st_size ? (size_t)st.st_size : 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		perror(path);
		return 1;
	}
	status = show(r, oo, data, (size_t)st.st_size);
	munmap(data, st.st_size ? (size_t)st.st_size : 1);
	close(fd);
	return status;
}

/* --- the benchmark --------------------------------------------------------------------- */

#define BENCH_FUNCS 200

static struct site_info bench_site[2 * BENCH_FUNCS];
static char bench_name[BENCH_FUNCS][64];
static const struct payload bench_empty;
static struct payload_field bench_field = { .name = "n", .off = sizeof(struct gft_payload) };
static const struct payload bench_args = { sizeof(struct gft_payload) + 8, 1, &bench_field };

static const struct site_info *bench_get(void *ctx, uint32_t site)
{
	(void)ctx;
	return site < 2 * BENCH_FUNCS ? &bench_site[site] : NULL;
}

static void bench_caller(void *ctx, uint32_t site, int64_t rel, struct code_info *out)
{
	(void)ctx;
	(void)site;
	*out = (struct code_info){
		.func = bench_name[rel % BENCH_FUNCS],
		.file = "/home/someone/src/project/file.go",
		.off = 33,
		.line = (uint32_t)rel,
	};
}

/* Trees of 40 calls in 64 goroutines, a quarter of the calls with a value. */
static size_t bench_make(char *data, uint32_t *size, size_t n)
{
	size_t pos = 0, i = 0, goid = 0;
	uint64_t ts = 1000000000;

	while (i + 80 <= n) {
		uint64_t key = 64;
		uint32_t stack[64], depth = 0;

		goid = goid % 64 + 1;
		for (unsigned k = 0; k < 80; k++) {
			/* down five, up four, ...: and at the end all the way up */
			bool enter = depth == 0 ? k == 0 : 80 - k > depth && (k % 9 < 5 || depth == 1);
			struct gft_rec_entry e = { .c = { .goid = goid, .tgid = 77, .tid = 78 } };
			size_t len;

			ts += 300;
			e.c.h.ts_ns = ts;
			if (enter) {
				uint32_t f = (uint32_t)((i + k) * 7 % BENCH_FUNCS);
				struct {
					struct gft_payload p;
					uint64_t v;
				} v = { { 1, 0 }, i };

				e.c.h.kind = GFT_REC_ENTRY;
				e.c.h.flags = depth == 0 ? GFT_RF_OPEN : 0;
				e.c.h.site = 2 * f;
				e.c.key = key += 64;
				e.caller_rel = (int64_t)(depth ? stack[depth - 1] : 0);
				len = sizeof(e);
				memcpy(data + pos, &e, len);
				if (f % 4 == 0) {
					memcpy(data + pos + len, &v, sizeof(v));
					len += sizeof(v);
				}
				stack[depth++] = f;
			} else {
				e.c.h.kind = GFT_REC_EXIT;
				e.c.h.flags = depth == 1 ? GFT_RF_ROOT_EXIT : 0;
				e.c.h.site = 2 * stack[--depth] + 1;
				e.c.key = key;
				key -= 64;
				len = sizeof(e.c);
				memcpy(data + pos, &e, len);
			}
			pos += len;
			size[i + k] = (uint32_t)len;
		}
		i += 80;
	}
	return i;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int bench(struct replay *r, size_t n)
{
	struct sym_source syms = { .site = bench_get, .caller = bench_caller };
	struct value_ctx vc = { .syms = &syms };
	struct output_opts oo = { .buffering = OUTPUT_FULL, .values = &vc };
	char *data = xmalloc(n * 80 + 1);
	uint32_t *size = xmalloc(n * sizeof(*size));
	const char *err;

	bench_field.type = &ty_u64;
	for (uint32_t f = 0; f < BENCH_FUNCS; f++) {
		snprintf(bench_name[f], sizeof(bench_name[f]), "example.com/project/package.(*Type%u).Method", f);
		bench_site[2 * f] = (struct site_info){ bench_name[f], "/home/someone/src/project/file.go", 10, 4, f,
							SITE_ENTRY,    f % 4 ? &bench_empty : &bench_args };
		bench_site[2 * f + 1] =
			(struct site_info){ bench_name[f], "/home/someone/src/project/file.go", 40, 99, f, SITE_EXIT,
					    &bench_empty };
	}
	n = bench_make(data, size, n);
	oo.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	r->out = output_new(&oo, &err);
	for (int text = 0; text < 2; text++) {
		struct graph_config gc = config(r, &syms);
		struct graph_builder *b;
		const char *p = data;
		double t0;

		if (!text)
			gc.tree = NULL;
		b = graph_builder_new(&gc);
		t0 = seconds();
		for (size_t i = 0; i < n; i++) {
			graph_feed(b, p, size[i]);
			p += size[i];
		}
		output_flush(r->out);
		t0 = seconds() - t0;
		printf("%s: %zu records, %.3f s, %.2f million records/s, %llu trees, %llu bad\n",
		       text ? "builder and text" : "builder alone   ", n, t0, (double)n / t0 / 1e6,
		       (unsigned long long)graph_stats(b)->trees,
		       (unsigned long long)(graph_stats(b)->bad + graph_stats(b)->unmatched + graph_stats(b)->unwound));
		graph_builder_free(b);
	}
	output_free(r->out);
	free(data);
	free(size);
	return 0;
}

/* False for an option that does not exist. */
static bool options(struct replay *r, struct output_opts *oo, uint64_t *bench_n, int argc, char **argv)
{
	static const struct option options[] = {
		{ "bench", required_argument, NULL, 'b' }, { "stream", no_argument, NULL, 's' },
		{ "color", no_argument, NULL, 'c' },	   { "max-bytes", required_argument, NULL, 'm' },
		{ "trim", required_argument, NULL, 't' },  { 0 },
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "f:", options, NULL)) >= 0) {
		switch (c) {
		case 'b': *bench_n = strtoull(optarg, NULL, 0); break;
		case 's': r->stream = true; break;
		case 'c': oo->color = true; break;
		case 'm': r->max_bytes = strtoull(optarg, NULL, 0); break;
		case 't': oo->trim_prefix = optarg; break;
		case 'f': oo->format = optarg; break;
		default: return false;
		}
	}
	return true;
}

/* The options in a description's first line; line is kept: options point into it. */
static bool options_of_file(struct replay *r, struct output_opts *oo, const char *path, char *line, size_t size)
{
	static const char mark[] = "# replay: ";
	FILE *f = fopen(path, "r");
	char *argv[16] = { "replay" }, *save = NULL;
	uint64_t ignored;
	int argc = 1;

	if (!f)
		return true; /* who opens it next will say so */
	if (fgets(line, (int)size, f) && strncmp(line, mark, strlen(mark)) == 0)
		for (char *w = strtok_r(line + strlen(mark), " \n", &save); w && argc < 15;
		     w = strtok_r(NULL, " \n", &save))
			argv[argc++] = w;
	fclose(f);
	return options(r, oo, &ignored, argc, argv);
}

int main(int argc, char **argv)
{
	struct output_opts oo = { .fd = STDOUT_FILENO, .buffering = OUTPUT_FULL };
	struct replay r = { 0 };
	uint64_t bench_n = 0;
	const char *path;
	char line[200];

	setenv("TZ", "UTC", 1);
	if (!options(&r, &oo, &bench_n, argc, argv))
		return 2;
	if (bench_n)
		return bench(&r, bench_n);
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: replay [options] FILE\n");
		return 2;
	}
	path = argv[optind];
	if (!options_of_file(&r, &oo, path, line, sizeof(line)))
		return 2;
	return show_file(&r, &oo, path);
}
