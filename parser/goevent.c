/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * goevent.c - the table of go:EVENT.
 *
 * Read from the runtime's sources, and checked against binaries, of Go 1.19 to
 * 1.24 and 1.27: these functions are never inlined, and take their arguments in
 * registers.  Statuses of goroutines are those of src/runtime/runtime2.go: 1
 * runnable, 2 running, 4 waiting.
 */
#include "parser/goevent.h"

#define ARG_REASON                                                                                                     \
	{                                                                                                              \
		"reason", NULL, "gft_go_reason(c)", "what it waits for, or waited for", NULL                           \
	}

#define BY_CLASS "runtime.mallocgc*SC[0-9]*"

static const struct go_event events[] = {
	{ "create",
	  "a go statement started a goroutine",
	  "gft_reg(&c, ax)",
	  { { "runtime.newproc1", true, NULL, NULL, NULL } },
	  { { "parent", &ty_u64, "gft_go_creator(c)", "goid of the goroutine that started it; 0: the runtime", NULL },
	    { "child", &ty_u64, "c->goid", "its goid", NULL },
	    { "start", &ty_usym_t, "gft_go_start", "the function it begins in", NULL } } },
	{ "exit",
	  "a goroutine ends",
	  "gft_reg(&c, r14)",
	  { { "runtime.goexit1", false, NULL, NULL, NULL },
	    /* of iter.Pull; coroexit is copied into the wrapper that defers it */
	    { "runtime.corostart.deferwrap1", false, NULL, NULL, NULL },
	    { "runtime.coroexit", false, NULL, "runtime.corostart.deferwrap1", NULL } },
	  { { "start", &ty_usym_t, "gft_go_start", "the function it began in", NULL } } },
	{ "park",
	  "a goroutine begins to wait",
	  "gft_reg(&c, ax)",
	  { { "runtime.casgstatus", false, "gft_reg(&c, bx) == 2 && gft_reg(&c, cx) == 4", NULL, NULL } },
	  { ARG_REASON } },
	{ "unpark",
	  "a goroutine can go on",
	  "gft_reg(&c, ax)",
	  { { "runtime.casgstatus", false, "gft_reg(&c, bx) == 4 && gft_reg(&c, cx) == 1", NULL, NULL } },
	  { ARG_REASON } },
	{ "gc-start",
	  "a cycle of the garbage collector begins",
	  NULL,
	  { { "runtime.(*gcControllerState).startCycle", false, NULL, NULL, NULL } },
	  { { 0 } } },
	{ "gc-end",
	  "the collector has marked everything; the world is stopped",
	  NULL,
	  { { "runtime.gcMarkTermination", false, NULL, NULL, NULL } },
	  { { 0 } } },
	{ "panic",
	  "a panic begins",
	  "gft_reg(&c, r14)",
	  { { "runtime.gopanic", false, NULL, NULL, NULL } },
	  { { "value", NULL, NULL, "what it was called with", "fetch:0::eface" },
	    { "type", &ty_gotype_t, "gft_go_type_ax", "the value's type", NULL } } },
	{ "recover",
	  "a panic was recovered",
	  "gft_reg(&c, ax)",
	  { { "runtime.recovery", false, NULL, NULL, NULL } },
	  { { 0 } } },
	{ "stack-grow",
	  "a goroutine's stack is moved to a larger one",
	  "gft_reg(&c, ax)",
	  { { "runtime.copystack", false, "gft_reg(&c, bx) > gft_go_stack(&c)", NULL, NULL } },
	  { { "old", &ty_u64, "gft_go_stack(c)", "bytes it has", NULL },
	    { "new", &ty_u64, "gft_reg(c, bx)", "bytes it gets", NULL } } },
	/*
	 * Since 1.24 mallocgc is a junction; since 1.26 compiled code may call
	 * functions for one size class each around it (src/runtime/malloc.go,
	 * malloc_generated.go).  There the event is at the ends, each of which
	 * an allocation reaches once.
	 */
	{ "malloc",
	  "memory is allocated on the heap",
	  NULL,
	  { { "runtime.mallocgc", false, "gft_reg(&c, ax)", BY_CLASS, NULL },
	    { BY_CLASS, false, NULL, NULL, NULL },
	    { "runtime.mallocgcSmallNoscan", false, NULL, NULL, BY_CLASS },
	    { "runtime.mallocgcSmallScanNoHeader", false, NULL, NULL, BY_CLASS },
	    { "runtime.mallocgcSmallScanHeader", false, NULL, NULL, BY_CLASS },
	    { "runtime.mallocgcLarge", false, NULL, NULL, BY_CLASS },
	    { "runtime.mallocgcTiny", false, NULL, NULL, BY_CLASS } },
	  { { "size", &ty_u64, "gft_reg(c, ax)", "bytes", NULL },
	    { "type", &ty_gotype_t, "gft_go_type_bx", "its type; nil: of none", NULL } } },
};

const struct go_event *go_events(size_t *n)
{
	*n = sizeof(events) / sizeof(events[0]);
	return events;
}
