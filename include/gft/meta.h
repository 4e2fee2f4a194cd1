/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * meta.h - what the running half must know of a compiled script.
 *
 * codegen fills this beside the C text: which BPF program goes where, what the
 * maps hold, and what each asynchronous event carries.  The runtime reads
 * nothing else of the script: it never sees the syntax tree.  Everything here
 * lives in the script's arena.
 */
#ifndef GFT_META_H
#define GFT_META_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gft/diag.h"
#include "gft/graph.h"
#include "gft/type.h"

enum meta_prog_kind {
	MP_UPROBE = 0,
	MP_BEGIN,
	MP_END,
	MP_INTERVAL,
	MP_PROFILE,
	MP_TRACEPOINT,
	MP_RAWTRACEPOINT,
	MP_SOFTWARE,
	MP_HARDWARE,
	MP_SIGNAL, /* self:signal:NAME */
	MP_KPROBE,
	MP_KRETPROBE,
	MP_FENTRY,
	MP_FEXIT,
	MP_TEST, /* test:NAME: what it returns is not 0 when it fails */
};

/* One place of a uprobe program: a function's entry or exits, or one address in it. */
struct meta_place {
	uint32_t func; /* index in the binary; META_NO_FUNC: addr only */
	uint64_t addr; /* vaddr for role SITE_OTHER, else 0 */
};
#define META_NO_FUNC 0xffffffffU

/* A value that fetch() captures whole: its address is word number i of the blob. */
struct meta_go_fetch {
	const char *name;
	const char *type; /* "main.Student", or one of slice, error, iface, eface */
	int reg;	  /* in Go's registers from this one on (0 is AX), not in memory; -1 */
};

struct meta_prog {
	const char *name; /* of the BPF function */
	enum meta_prog_kind kind;
	struct src_loc loc; /* of the first clause it runs */

	/* MP_UPROBE: every place runs the same clauses in the same way */
	int binary;	   /* the resolver's number */
	uint8_t role;	   /* SITE_ENTRY, SITE_EXIT, SITE_OTHER */
	bool want_args;	   /* reads argument registers at entry */
	bool want_sp;	   /* needs to know where the return address lies: caller, depth */
	bool uses_regs;	   /* reads registers at all */
	bool internal;	   /* gft's own (the end of goroutines): not counted as a probe of the script */
	const char *event; /* go:EVENT at this function; NULL: the function itself is meant */
	bool must;	   /* internal: that it has no place is told */
	bool graph;	   /* its hits are lines of graphs */
	struct meta_place *places;
	uint32_t nplaces;
	struct payload payload;		  /* what its graph records carry, but for captured values: */
	struct meta_go_fetch *go_fetches; /* fetched Go values: the first captured fields */
	uint32_t ngo_fetches;
	const char **go_paths; /* values that events show: "args.x", "args"; behind the fetched ones */
	uint32_t ngo_paths;
	bool capture_all;     /* and all arguments or results in graph records, behind them */
	uint32_t capture_off; /* of struct gft_capture in the payload; 0: none.  Its fields differ by site */

	/* the others */
	uint64_t period;    /* MP_INTERVAL, MP_PROFILE: ns; MP_SOFTWARE, MP_HARDWARE: count */
	uint64_t freq;	    /* MP_INTERVAL, MP_PROFILE: hertz instead of period; 0: by period */
	const char *target; /* "sched:sched_switch", event name, "SIGUSR1", kernel function */
	uint64_t offset;    /* MP_KPROBE */
	bool optional;	    /* one of many that a pattern named: what cannot be attached is left out */
	bool skip;	    /* not loaded: set by the runtime */
	uint32_t probe_id;  /* TY_PROBE_STATIC + n */
};

/* A script's map.  Scalars have one key, the u32 0. */
struct meta_map {
	const char *name;	    /* "@", "@start" */
	const char *bpf_name;	    /* its name in the object */
	const struct gft_type *key; /* NULL: scalar */
	const struct gft_type *value;
	bool percpu;
	bool always; /* it holds 0 before anything was counted: a count() without keys, as in bpftrace */
	uint32_t max_entries;
};

enum meta_event_kind {
	EV_PRINTF = 0,
	EV_ERRORF,
	EV_WARNF,
	EV_CAT,
	EV_SYSTEM,
	EV_PRINT,     /* print(value): one argument; map: it is what this map of one value holds */
	EV_PRINT_MAP, /* print(@m, top, div): no payload, or top and div as two u64 */
	EV_PRINT_KEY, /* print(@m[k]): payload is the key */
	EV_CLEAR,
	EV_ZERO,
	EV_TIME, /* fmt */
	EV_JOIN, /* u32 count, then count strings of arg type; fmt is the separator */
	EV_EXIT, /* i32 status */
};

struct meta_arg {
	const struct gft_type *type;
	uint32_t off; /* bytes from the start of struct gft_rec_event */
	bool tail;    /* text behind the rest: at off is struct gft_tail of wire.h */
};

struct meta_event {
	enum meta_event_kind kind;
	const char *fmt; /* format, unescaped */
	struct meta_arg *args;
	uint32_t nargs;
	uint32_t size; /* bytes of the whole record, without its tails */
	uint32_t most; /* with the longest tails that there can be */
	int map;       /* map number; -1: none */
	struct src_loc loc;
};

/* A place of the script where something can go wrong while it runs (struct gft_warning of wire.h). */
struct meta_warning {
	struct src_loc loc;
	const char *helper; /* of the kernel, as bpftrace names it; NULL: it is the script's own doing */
	const char *msg;    /* NULL: what the helper's result says */
};

struct meta_probe_name {
	const char *probe; /* "interval:s:1" */
	const char *func;  /* what func yields there, "" when nothing */
};

/* What an attach point that matches nothing is. */
enum meta_missing { MISSING_ERROR, MISSING_WARN, MISSING_IGNORE };

/* func == "main.add", strncmp(probe, "uprobe", 6), strcontains(func, "add"): which names, known before the run. */
enum meta_name_how { NAME_IS, NAME_BEGINS, NAME_HOLDS };

struct meta_name_test {
	enum meta_name_how how;
	bool probe; /* the probe's full name, not the function's */
	const char *text;
};
#define META_NAME_TESTS 64 /* bits of a word */

static inline bool meta_name_test(const struct meta_name_test *t, const char *name)
{
	if (!name)
		name = "";
	switch (t->how) {
	case NAME_IS: return strcmp(name, t->text) == 0;
	case NAME_BEGINS: return strncmp(name, t->text, strlen(t->text)) == 0;
	default: return strstr(name, t->text) != NULL;
	}
}

/* Settings that the running half needs (config block, environment). */
struct meta_config {
	uint32_t max_strlen; /* bytes */
	uint32_t max_map_keys;
	uint32_t max_cat_bytes;
	bool print_maps_on_exit;
	const char *str_trunc_trailer;
	enum meta_missing missing_probes;
	enum ty_stack_mode stack_mode;
	bool show_debug_info;	/* lines in stacks */
	bool ret_emulation;	/* exit programs return by themselves, where the kernel lets them */
	uint64_t max_probes;	/* 0: as many as there are */
	uint32_t max_bpf_progs; /* 1024 unless set: as bpftrace */
	uint32_t perf_rb_pages; /* size of the ring buffer; 0: --buffer's */
};

/* What the program uses: nothing is set up that is not needed. */
struct meta_needs {
	bool graph;	/* opens graphs: records, goroutine map, goexit hook */
	bool frames;	/* kernel-side frames: duration, unwound, depth */
	bool goroutine; /* reads g at all */
	bool ring;	/* has a ring buffer */
	bool stacks;	/* takes stacks */
	bool tls;	/* finds g by the thread: system calls */
	bool unwound;	/* clauses run for calls that were removed: under TY_PROBE_EXIT */
};

struct gft_meta {
	struct meta_prog *progs;
	uint32_t nprogs;
	struct meta_map *maps;
	uint32_t nmaps;
	struct meta_event *events;
	uint32_t nevents;
	struct graph_opts *graphs;
	uint32_t ngraphs;
	struct payload *tags; /* of graph_tag(), by number */
	uint32_t ntags;
	struct meta_probe_name *probe_names; /* by probe id - TY_PROBE_STATIC */
	uint32_t nprobe_names;
	struct meta_warning *warnings;
	uint32_t nwarnings;
	const char **strings; /* formats of strftime() and the like, by number */
	uint32_t nstrings;
	struct meta_config config;
	struct meta_needs needs;
	struct meta_name_test *name_tests; /* the map gft_site_names wants a bit of each for each site */
	uint32_t nname_tests;
	bool site_plans; /* the map gft_plans wants each site's plan (capture.h) */
	bool site_ids;	 /* the map gft_site_id wants each site's id: see sites_id() */
	bool site_addrs; /* the map gft_site_addr wants each site's vaddr */
};

#endif
