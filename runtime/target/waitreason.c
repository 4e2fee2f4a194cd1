/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * waitreason.c - what a goroutine waits for, by the number that is in its g.
 *
 * The numbers changed with nearly every version.  A program that has its
 * symbols says the names itself (runtime.waitReasonStrings, an array of
 * strings); for the others there is a table, read from binaries of each
 * version and the same as in src/runtime/runtime2.go.
 */
#include "internal.h"

/* 1.16 to 1.18 are taken to be as 1.19, 1.20 as 1.21, 1.22 as 1.23, 1.25 (but for those of synctest) as 1.24 */
#define FIRST 16

/* Up to Go 1.25 versions put in and took out: a reason's number is how many before it the version has. */
static const struct {
	const char *name;
	uint8_t first, last; /* minor versions */
} upto25[] = {
	{ "", 16, 25 },
	{ "GC assist marking", 16, 25 },
	{ "IO wait", 16, 25 },
	{ "chan receive (nil chan)", 16, 25 },
	{ "chan send (nil chan)", 16, 25 },
	{ "dumping heap", 16, 25 },
	{ "garbage collection", 16, 25 },
	{ "garbage collection scan", 16, 25 },
	{ "panicwait", 16, 25 },
	{ "select", 16, 25 },
	{ "select (no cases)", 16, 25 },
	{ "GC assist wait", 16, 25 },
	{ "GC sweep wait", 16, 25 },
	{ "GC scavenge wait", 16, 25 },
	{ "chan receive", 16, 25 },
	{ "chan send", 16, 25 },
	{ "finalizer wait", 16, 25 },
	{ "force gc (idle)", 16, 25 },
	{ "semacquire", 16, 25 },
	{ "sleep", 16, 25 },
	{ "sync.Cond.Wait", 16, 25 },
	{ "timer goroutine (idle)", 16, 19 },
	{ "sync.Mutex.Lock", 20, 25 },
	{ "sync.RWMutex.RLock", 20, 25 },
	{ "sync.RWMutex.Lock", 20, 25 },
	{ "sync.WaitGroup.Wait", 24, 25 },
	{ "trace reader (blocked)", 16, 25 },
	{ "wait for GC cycle", 16, 25 },
	{ "GC worker (idle)", 16, 25 },
	{ "GC worker (active)", 20, 25 },
	{ "preempted", 16, 25 },
	{ "debug call", 16, 25 },
	{ "GC mark termination", 20, 25 },
	{ "stopping the world", 20, 25 },
	{ "flushing proc caches", 22, 25 },
	{ "trace goroutine status", 22, 25 },
	{ "trace proc status", 22, 25 },
	{ "page trace flush", 22, 25 },
	{ "coroutine", 22, 25 },
	{ "GC weak to strong wait", 22, 25 },
	{ "synctest.Run", 24, 25 },
	{ "synctest.Wait", 24, 25 },
	{ "chan receive (synctest)", 24, 25 },
	{ "chan send (synctest)", 24, 25 },
	{ "select (synctest)", 24, 25 },
};

/* 1.26, which put them into another order, and later, until somebody looks */
static const char *const go26[] = {
	"",
	"GC assist marking",
	"IO wait",
	"dumping heap",
	"garbage collection",
	"garbage collection scan",
	"panicwait",
	"GC assist wait",
	"GC sweep wait",
	"GC scavenge wait",
	"finalizer wait",
	"force gc (idle)",
	"GOMAXPROCS updater (idle)",
	"semacquire",
	"sleep",
	"chan receive (nil chan)",
	"chan send (nil chan)",
	"select (no cases)",
	"select",
	"chan receive",
	"chan send",
	"sync.Cond.Wait",
	"sync.Mutex.Lock",
	"sync.RWMutex.RLock",
	"sync.RWMutex.Lock",
	"sync.WaitGroup.Wait",
	"trace reader (blocked)",
	"wait for GC cycle",
	"GC worker (idle)",
	"GC worker (active)",
	"preempted",
	"debug call",
	"GC mark termination",
	"stopping the world",
	"flushing proc caches",
	"trace goroutine status",
	"trace proc status",
	"page trace flush",
	"coroutine",
	"GC weak to strong wait",
	"synctest.Run",
	"synctest.Wait",
	"chan receive (durable)",
	"chan send (durable)",
	"select (durable)",
	"sync.WaitGroup.Wait (durable)",
	"cleanup wait",
};

/* The string at runtime.waitReasonStrings[reason], or NULL. */
static const char *own_name(struct tgt *t, uint32_t reason)
{
	uint64_t at = 0, size = 0, ptr, len;
	const uint8_t *text;
	char *copy;

	if (!t->reasons_read) {
		t->reasons_read = true;
		if (tgt_symbol(t, "runtime.waitReasonStrings", &at, &size) && size / 16 <= TGT_WAIT_REASONS) {
			for (uint64_t i = 0; i < size / 16; i++) {
				if (!tgt_word(t, at + i * 16, &ptr) || !tgt_word(t, at + i * 16 + 8, &len) || len > 64)
					break;
				text = tgt_mem(t, ptr, len);
				if (!text)
					continue;
				copy = xcalloc(1, len + 1);
				memcpy(copy, text, len);
				t->reasons[i] = copy;
			}
		}
	}
	return reason < TGT_WAIT_REASONS ? t->reasons[reason] : NULL;
}

const char *tgt_wait_reason(struct tgt *t, uint32_t reason)
{
	const char *name = own_name(t, reason);
	const struct tgt_go *g = tgt_go(t, NULL);

	if (name)
		return name;
	if (!g || g->minor < FIRST)
		return NULL;
	if (g->minor >= 26)
		return reason < sizeof(go26) / sizeof(go26[0]) ? go26[reason] : NULL;
	for (size_t i = 0; i < sizeof(upto25) / sizeof(upto25[0]); i++)
		if (upto25[i].first <= g->minor && g->minor <= upto25[i].last && !reason--)
			return upto25[i].name;
	return NULL;
}
