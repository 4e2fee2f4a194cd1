/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* replay.c - gft replay FILE: a recorded run shown again, without kernel, root or target. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gft/buf.h"
#include "gft/graph.h"
#include "gft/output.h"
#include "gft/stream.h"
#include "runtime/gft.h"
#include "runtime/losses.h"

static void tree(void *ctx, const struct graph_tree *t)
{
	output_graph(ctx, t);
}

/* What a script printed, from a file of anybody: a terminal gets no control characters but those of lines. */
static void text(struct output *o, const struct stream_item *item)
{
	struct buf b = BUF_INIT;

	if (output_escapes(o)) {
		output_text(o, item->text_kind, item->data, item->size);
		return;
	}
	value_escape_but(&b, item->data, item->size, "\n\t");
	output_text(o, item->text_kind, buf_str(&b), b.len);
	buf_free(&b);
}

static int show(const struct cli *c, struct stream *s, int fd)
{
	struct value_ctx vc = stream_value_ctx(s);
	struct output_opts oo = {
		.format = c->format, .fd = fd, .values = &vc, .trim_prefix = c->trim_prefix, .buffering = OUTPUT_FULL
	};
	struct graph_config gc = { .syms = stream_syms(s), .tree = tree };
	struct graph_builder *b;
	struct losses *losses;
	struct stream_item item;
	const char *err = NULL;
	struct output *o;
	int n, e;

	oo.tty = isatty(fd);
	oo.color = cli_wants_color(c, fd);
	o = output_new(&oo, &err);
	if (!o) {
		fprintf(stderr, "gft: %s\n", err);
		return 1;
	}
	vc.raw_text = output_escapes(o);
	gc.opts = stream_graph_opts(s, &gc.nopts);
	gc.tags = stream_tags(s, &gc.ntags);
	gc.ctx = o;
	b = graph_builder_new(&gc);
	losses = losses_new();
	while ((n = stream_next(s, &item)) > 0 && !output_error(o)) {
		switch (item.kind) {
		case STREAM_ITEM_RECORD: graph_feed(b, item.data, item.size); break;
		case STREAM_ITEM_TEXT:
			if (!strcmp(item.text_kind, STREAM_LOSSES))
				losses_read(losses, item.data, item.size);
			else
				text(o, &item);
			break;
		case STREAM_ITEM_GONE: graph_process_gone(b, item.tgid, item.ts_ns); break;
		case STREAM_ITEM_LOST: graph_lost(b); break;
		}
	}
	graph_finish(b, stream_end_ns(s));
	/* what was lost while it was recorded is told where it was told then */
	e = output_flush(o);
	losses_graphs(losses, graph_stats(b));
	losses_tell(losses, o, c->verbose);
	losses_free(losses);
	e = e ? e : output_error(o);
	if (n < 0)
		fprintf(stderr, "gft: %s: %s\n", c->binary, stream_error(s));
	if (e && e != -EPIPE)
		fprintf(stderr, "gft: cannot write: %s\n", strerror(-e));
	graph_builder_free(b);
	output_free(o);
	return n < 0 || (e && e != -EPIPE);
}

int replay_main(const struct cli *c)
{
	int in = open(c->binary, O_RDONLY | O_CLOEXEC), out = STDOUT_FILENO, status = 1;
	const char *err = NULL;
	struct stream *s = NULL;
	struct stat st;
	void *data = MAP_FAILED;

	if (in < 0 || fstat(in, &st)) {
		fprintf(stderr, "gft: cannot read %s: %s\n", c->binary, strerror(errno));
		goto done;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		fprintf(stderr, "gft: %s is no recorded stream (gft --record FILE makes one)\n", c->binary);
		goto done;
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, in, 0);
	s = data == MAP_FAILED ? NULL : stream_open(data, (size_t)st.st_size, &err);
	if (!s) {
		fprintf(stderr, "gft: %s: %s\n", c->binary, err ? err : strerror(errno));
		goto done;
	}
	if (c->output && (out = open(c->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) < 0) {
		fprintf(stderr, "gft: cannot write %s: %s\n", c->output, strerror(errno));
		goto done;
	}
	status = show(c, s, out);
done:
	stream_free(s);
	if (data != MAP_FAILED)
		munmap(data, (size_t)st.st_size);
	if (out >= 0 && out != STDOUT_FILENO)
		close(out);
	if (in >= 0)
		close(in);
	return status;
}
