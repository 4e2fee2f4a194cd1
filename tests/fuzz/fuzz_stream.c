/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fuzz_stream.c - a recorded stream of any bytes through reader, builder and
 * text.  With libFuzzer (clang -fsanitize=fuzzer, -DGFT_LIBFUZZER) or alone,
 * where it runs each file that it is given, or standard input.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/alone.h"
#include "gft/buf.h"
#include "gft/output.h"
#include "gft/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_tree(void *ctx, const struct graph_tree *t)
{
	output_graph(ctx, t);
}

static void play(struct stream *s, int fd)
{
	struct value_ctx vc = stream_value_ctx(s);
	struct output_opts oo = { .fd = fd, .buffering = OUTPUT_FULL, .values = &vc };
	struct graph_config gc = { .syms = stream_syms(s), .tree = on_tree, .max_bytes = 1 << 20 };
	const char *err;
	struct output *o = output_new(&oo, &err);
	struct graph_builder *b;
	struct stream_item it;

	gc.opts = stream_graph_opts(s, &gc.nopts);
	gc.tags = stream_tags(s, &gc.ntags);
	gc.ctx = o;
	b = graph_builder_new(&gc);
	while (stream_next(s, &it) > 0) {
		switch (it.kind) {
		case STREAM_ITEM_RECORD: graph_feed(b, it.data, it.size); break;
		case STREAM_ITEM_TEXT: output_text(o, it.text_kind, it.data, it.size); break;
		case STREAM_ITEM_GONE: graph_process_gone(b, it.tgid, it.ts_ns); break;
		case STREAM_ITEM_LOST: graph_lost(b); break;
		}
	}
	graph_finish(b, stream_end_ns(s));
	graph_builder_free(b);
	output_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	void *copy = xmalloc(size); /* aligned, and exactly as large as it is */
	const char *err;
	struct stream *s;

	if (fd < 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (size)
		memcpy(copy, data, size);
	s = stream_open(copy, size, &err);
	if (s)
		play(s, fd);
	stream_free(s);
	free(copy);
	return 0;
}
