/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* warnings.c - see warnings.h. */
#include "runtime/warnings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gft/buf.h"
#include "gft/output.h"

static const char *message(const struct meta_warning *mw, int64_t ret)
{
	if (mw->msg)
		return mw->msg;
	if (ret == -E2BIG)
		return "Map full; can't update element. Try increasing max_map_keys config or manually setting the max "
		       "entries in a map declaration e.g. `let @a = hash(5000)`";
	return strerror(ret > INT32_MIN && ret < 0 ? (int)-ret : EINVAL);
}

/* count: how often it was in all, at the end; 0: for the first time. */
static void tell(struct warnings *w, uint32_t i, const struct gft_warning *now, uint64_t count)
{
	const struct meta_warning *mw = &w->meta->warnings[i];
	const struct source *s = diag_source(w->diag, mw->loc.source);
	const char *kind = mw->helper ? "helper_error" : "runtime_error", *msg = message(mw, now->ret);
	struct buf text = BUF_INIT;
	unsigned line = 0, col = 0;

	if (s)
		source_line_col(s, mw->loc.begin, &line, &col);
	buf_puts(&text, msg);
	if (count > 1)
		buf_printf(&text, " (%llu times)", (unsigned long long)count);
	output_flush(w->out);
	diag_place(w->diag, mw->loc, "WARNING", buf_str(&text), stderr, w->color);
	if (mw->helper && !w->told[i])
		fprintf(stderr, "Additional Info - helper: %s, retcode: %lld\n", mw->helper, (long long)now->ret);
	/* in the stream as bpftrace writes it, once; a count is more than it has */
	if (!w->told[i])
		output_warning(w->out, kind, msg, mw->helper, now->ret, s ? s->name : NULL, line, col, 0);
	if (count > 1)
		output_warning(w->out, kind, msg, mw->helper, now->ret, s ? s->name : NULL, line, col, count);
	w->told[i] = true;
	buf_free(&text);
}

void warnings_tell(struct warnings *w, bool last)
{
	if (w->silent || !w->meta || !w->meta->nwarnings)
		return;
	if (!w->told)
		w->told = xcalloc(w->meta->nwarnings, sizeof(*w->told));
	for (uint32_t i = 0; i < w->meta->nwarnings; i++) {
		struct gft_warning now;

		ksession_warning(w->ks, i, &now);
		if (now.count && (!w->told[i] || (last && now.count > 1)))
			tell(w, i, &now, last ? now.count : 0);
	}
}

void warnings_fini(struct warnings *w)
{
	free(w->told);
	w->told = NULL;
}
