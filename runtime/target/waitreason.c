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

static const char *const go19[] = {
	"",
	"GC assist marking",
	"IO wait",
	"chan receive (nil chan)",
	"chan send (nil chan)",
	"dumping heap",
	"garbage collection",
	"garbage collection scan",
	"panicwait",
	"select",
	"select (no cases)",
	"GC assist wait",
	"GC sweep wait",
	"GC scavenge wait",
	"chan receive",
	"chan send",
	"finalizer wait",
	"force gc (idle)",
	"semacquire",
	"sleep",
	"sync.Cond.Wait",
	"timer goroutine (idle)",
	"trace reader (blocked)",
	"wait for GC cycle",
	"GC worker (idle)",
	"preempted",
	"debug call",
};

static const char *const go21[] = {
	"",
	"GC assist marking",
	"IO wait",
	"chan receive (nil chan)",
	"chan send (nil chan)",
	"dumping heap",
	"garbage collection",
	"garbage collection scan",
	"panicwait",
	"select",
	"select (no cases)",
	"GC assist wait",
	"GC sweep wait",
	"GC scavenge wait",
	"chan receive",
	"chan send",
	"finalizer wait",
	"force gc (idle)",
	"semacquire",
	"sleep",
	"sync.Cond.Wait",
	"sync.Mutex.Lock",
	"sync.RWMutex.RLock",
	"sync.RWMutex.Lock",
	"trace reader (blocked)",
	"wait for GC cycle",
	"GC worker (idle)",
	"GC worker (active)",
	"preempted",
	"debug call",
	"GC mark termination",
	"stopping the world",
};

static const char *const go23[] = {
	"",
	"GC assist marking",
	"IO wait",
	"chan receive (nil chan)",
	"chan send (nil chan)",
	"dumping heap",
	"garbage collection",
	"garbage collection scan",
	"panicwait",
	"select",
	"select (no cases)",
	"GC assist wait",
	"GC sweep wait",
	"GC scavenge wait",
	"chan receive",
	"chan send",
	"finalizer wait",
	"force gc (idle)",
	"semacquire",
	"sleep",
	"sync.Cond.Wait",
	"sync.Mutex.Lock",
	"sync.RWMutex.RLock",
	"sync.RWMutex.Lock",
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
};

static const char *const go24[] = {
	"",
	"GC assist marking",
	"IO wait",
	"chan receive (nil chan)",
	"chan send (nil chan)",
	"dumping heap",
	"garbage collection",
	"garbage collection scan",
	"panicwait",
	"select",
	"select (no cases)",
	"GC assist wait",
	"GC sweep wait",
	"GC scavenge wait",
	"chan receive",
	"chan send",
	"finalizer wait",
	"force gc (idle)",
	"semacquire",
	"sleep",
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
	"chan receive (synctest)",
	"chan send (synctest)",
	"select (synctest)",
};

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

static const struct {
	int minor;
	const char *const *v;
	uint32_t n;
} tables[] = {
#define TABLE(minor, v)                                                                                                \
	{                                                                                                              \
		minor, v, sizeof(v) / sizeof(*(v))                                                                     \
	}
	TABLE(16, go19),		  /* 1.16 to 1.18: taken to be as 1.19 */
	TABLE(20, go21),		  /* 1.20: taken to be as 1.21, which has no reason more */
	TABLE(22, go23),		  /* 1.22: without the last one */
	TABLE(24, go24), TABLE(25, go24), /* not measured: the same but for the last ones, of synctest */
	TABLE(26, go26),		  /* and later, until somebody looks */
#undef TABLE
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
	size_t best = 0;

	if (name)
		return name;
	if (!g || g->minor < tables[0].minor)
		return NULL;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].minor <= g->minor)
			best = i;
	return reason < tables[best].n ? tables[best].v[reason] : NULL;
}
