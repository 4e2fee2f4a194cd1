/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * program.h - a checked script: what semantic analysis gives to codegen.
 *
 * The tree (ast.h) with its types filled in, plus what belongs to no single
 * node: maps, events, graph() calls, what each clause needs, and which
 * functions of which binaries run which clauses.
 */
#ifndef GFT_PARSER_PROGRAM_H
#define GFT_PARSER_PROGRAM_H

#include "gft/meta.h"
#include "parser/ast.h"

struct cdefs;
struct resolver;
struct go_event;
struct go_event_place;
struct buf;

/* Where a clause can run: what builtins and functions are allowed there. */
#define W_ENTRY	 0x01  /* uprobe */
#define W_EXIT	 0x02  /* uretprobe */
#define W_BEGIN	 0x04  /* begin, end, self: in gft's own process */
#define W_TIMER	 0x08  /* interval, profile, software, hardware */
#define W_TP	 0x10  /* tracepoint */
#define W_KERNEL 0x20  /* kprobe, fentry */
#define W_RAW	 0x40  /* rawtracepoint */
#define W_KRET	 0x80  /* kretprobe, fexit */
#define W_GO	 0x100 /* go:EVENT */
#define W_UPROBE (W_ENTRY | W_EXIT)
#define W_ANY	 0x1ff

/* What a clause needs from the BPF half: nothing is paid for that nobody uses. */
#define NEED_G	      0x001 /* the goroutine: goid */
#define NEED_KEY      0x002 /* the frame's key */
#define NEED_FRAMES   0x004 /* kernel-side frames: duration, depth */
#define NEED_ARGS     0x008 /* argument registers as at entry */
#define NEED_CALLER   0x010 /* the return address */
#define NEED_RING     0x020
#define NEED_GRAPH    0x040 /* calls graph() */
#define NEED_PIDNS    0x080 /* pid, tid */
#define NEED_REGS     0x100
#define NEED_LOOP     0x400 /* while, for */
#define NEED_AGG      0x800 /* reads an aggregation */
#define NEED_STACK    0x1000
#define NEED_TEXT     0x2000  /* looks into strings */
#define NEED_LEN      0x4000  /* len(@map) */
#define NEED_PROVIDER 0x8000  /* probetype */
#define NEED_GOBJ     0x10000 /* the goroutine's g itself */
#define NEED_UNWOUND  0x20000 /* runs for calls that a panic removed, too: kernel-side frames that say so */
#define NEED_ID	      0x40000 /* the probe's id: func, probe */
#define NEED_TRACKED  (NEED_FRAMES | NEED_UNWOUND)
/* What only the hit itself has: nothing of a call that is gone. */
#define NEED_HIT (NEED_REGS | NEED_CALLER | NEED_STACK)

/* One row of the builtin table (builtins.c): a new builtin is one row. */
struct builtin {
	const char *name;
	const struct gft_type *type;
	uint32_t where; /* W_* */
	uint32_t needs; /* NEED_* */
	const char *c;	/* C of its value (scalars), or the statement that fills dst (others), see emit */
	const char *help;
};

enum fn_id {
	FN_GRAPH,
	FN_GRAPH_DROP,
	FN_GRAPH_TAG,
	FN_PRINTF,
	FN_PRINT,
	FN_EXIT,
	FN_COUNT,
	FN_SUM,
	FN_AVG,
	FN_MIN,
	FN_MAX,
	FN_STATS,
	FN_HIST,
	FN_LHIST,
	FN_TSERIES,
	FN_DELETE,
	FN_CLEAR,
	FN_ZERO,
	FN_HAS_KEY,
	FN_REG,
	FN_STR,
	FN_TIME,
	/* sema_func.c, emit_func.c */
	FN_LEN,
	FN_FIND,
	FN_STRLEN,
	FN_STRNCMP,
	FN_STRCONTAINS,
	FN_STRSTR,
	FN_STRCAP,
	FN_STR_CONCAT,
	FN_MEMCMP,
	FN_STRFTIME,
	FN_STRERROR,
	FN_SIGNAL_NAME,
	FN_SYSCALL_NAME,
	FN_BUF,
	FN_KSYM,
	FN_USYM,
	FN_UADDR,
	FN_STACK,
	FN_NTOP,
	FN_BSWAP,
	FN_UPTR,
	FN_KPTR,
	FN_COMM,
	FN_ERRORF,
	FN_WARNF,
	FN_CAT,
	FN_SYSTEM,
	FN_JOIN,
	FN_SIGNAL,
	FN_SIGNAL_THREAD,
	/* sema_outside.c, emit_outside.c */
	FN_DEBUGF,
	FN_KADDR,
	FN_PERCPU_KADDR,
	FN_WRITE_USER,
	/* sema_meta.c */
	FN_IS,
	FN_COMPTIME,
	FN_ASSERT,
	FN_STATIC_ASSERT,
	FN_FAIL,
	FN_CGROUPID,
	FN_CGROUP_PATH,
	FN_PTON,
	FN_MACADDR,
	FN_GETOPT, /* sema_macro.c */
};

struct function {
	const char *name;
	enum fn_id id;
	uint32_t min, max; /* arguments */
	uint32_t where;
	uint32_t needs;
	const char *help; /* "print(value | @map [, top [, div]])" */
};

const struct builtin *builtin_find(const char *name);
/* __builtin_comm, as bpftrace's own macros call it, is comm: the name without that; else name itself */
const char *builtin_plain(const char *name);
const struct function *function_find(const char *name);
/* Names for suggestions, NULL-ended. */
const char *const *builtin_names(void);
const char *const *function_names(void);

struct var {
	const char *name;
	uint32_t id;
	const struct gft_type *type;
	struct src_loc loc;
	uint32_t callbacks; /* loops around its declaration whose body is a function of its own */
	bool captured;	    /* used in such a loop that does not hold its declaration */
	bool written;
	bool set_at_once;		 /* its block begins with a value for it */
	bool wrong;			 /* its value was complained of */
	uint32_t pass;			 /* the last one that saw a value for it */
	const struct gft_type *declared; /* let $v : type, or NULL */
};

/* Variables that a block declares (struct block's scope). */
struct scope_var {
	struct var *v;
	struct scope_var *next;
};

struct scope {
	struct scope_var *vars;
	struct scope *up;
};

/* let @m = hash(N): a row of the table in sema_map.c */
struct map_kind {
	const char *name;
	const char *bpf; /* the kernel's */
	bool percpu, lru;
};

struct map {
	const char *name; /* "@x" */
	const char *bpf_name;
	uint32_t number;
	struct src_loc loc;	    /* first use */
	const struct gft_type *key; /* NULL: scalar; &ty_none: not known yet */
	const struct gft_type *value;
	struct src_loc key_loc, value_loc;
	bool keyed, key_seen, written;
	bool given; /* a value, other than one that another map's aggregation stands for */
	bool wrong; /* a value of it was complained of */
	uint32_t max_entries;
	const struct map_kind *kind; /* as declared, or NULL */
	struct map *next;
};

struct clause_info {
	struct clause *clause;
	uint32_t where;
	uint32_t needs;
	int binary;		   /* of its first uprobe; -1: none */
	struct fetch_item **items; /* of fetch() statements: values on the graph line */
	uint32_t nitems;
	bool has_graph;
	const char **go_paths; /* Go values that are printed whole: "args.x", "ret" */
	uint32_t ngo_paths;
};

/* Functions (or single addresses) of one binary that run the same clauses in the same way. */
enum prog_abi { ABI_GO_REGS, ABI_GO_STACK, ABI_SYSV };

struct prog_class {
	int binary;
	uint8_t role;		      /* enum site_role: SITE_ENTRY, SITE_EXIT, SITE_OTHER */
	uint8_t abi;		      /* enum prog_abi */
	bool graph;		      /* records go into open graphs */
	bool frames;		      /* keeps kernel-side frames */
	uint32_t unwound;	      /* entries: 1 + number of the list that runs when the call is removed; 0: none */
	bool capture;		      /* Go values by type: graph(args), graph(ret) */
	const struct go_event *event; /* go:EVENT; NULL: a function of the script's own */
	const struct go_event_place *at; /* ... and which of its places */
	uint32_t needs;
	uint32_t *clauses; /* clause indexes, ascending */
	uint32_t nclauses;
	struct meta_place *places;
	uint32_t nplaces;
	struct src_loc loc;
};

/* Clauses that run when a call of some functions was removed. */
struct unwound_list {
	int binary;
	uint32_t *clauses, n;
};

/* A clause on a probe that is no uprobe. */
struct plain_probe {
	struct attach_point *ap;
	uint32_t clause;
	const char *target;	     /* expanded: "sched:sched_switch" */
	const struct gft_type *args; /* of a tracepoint, or NULL */
	uint32_t probe_id;	     /* TY_PROBE_STATIC + n */
};

#define GO_VALUES_MAX 8 /* = GFT_CAP_WORDS; whole Go values that fetch() captures at one site */

struct program {
	/* for codegen() */
	bool little_stack; /* values of several parts are kept in a map, not on BPF's stack */
	bool no_loops;	   /* the compiler is to write out what unroll repeats */
	struct arena *arena;
	struct diag *diag;
	struct ast *ast;
	const struct resolver *res;

	struct clause_info *clauses;
	uint32_t nclauses;
	struct map *maps; /* in order of first use */
	struct map *last_map;
	uint32_t nmaps;
	uint32_t nvars;

	struct meta_event *events;
	uint32_t nevents, cevents;
	struct graph_opts *graphs;
	uint32_t ngraphs, cgraphs;
	struct payload *tags; /* of graph_tag(), by number */
	uint32_t ntags, ctags;
	const char **strings;
	uint32_t nstrings, cstrings;
	struct meta_name_test *name_tests;
	uint32_t nname_tests, cname_tests;
	struct meta_probe_name *probe_names;
	uint32_t nprobe_names, cprobe_names;

	struct prog_class *classes;
	uint32_t nclasses, cclasses;
	struct unwound_list *unwound;
	uint32_t nunwound, cunwound;
	struct plain_probe *plain;
	uint32_t nplain, cplain;
	uint64_t nfuncs; /* functions with a probe */

	struct script_option *options; /* in order of first use */
	uint32_t noptions, coptions;
	struct meta_config config;
	int nbinaries;		     /* 1 + the largest number of a binary that goroutines are looked for in */
	const char *const *includes; /* --include: headers in front of the script's own C */
	size_t nincludes;
	bool checks;			/* -k: reads and look-ups that fail are told */
	bool graph;			/* some clause calls graph() */
	bool capture_args, capture_ret; /* ... with args, ret */
	uint32_t explain;		/* GRAPH_EXPLAIN of all graph() calls */
	bool frames;			/* kernel-side frames are kept */
	bool go;			/* some binary is a Go binary */
};

/* A getopt() of the script, for its help. */
struct script_option {
	const char *name, *value, *help; /* value: the default as text; NULL: a switch */
	bool on;			 /* of a switch: its default */
};

struct sema_opts {
	/* false: a probe of that full name is left out (--probe-filter); NULL: all are wanted */
	bool (*wants)(void *ctx, const char *probe);
	void *wants_ctx;
	const char *const *options; /* of the script: "--name=value", "--name" */
	size_t noptions;
	const char *(*near_option)(
		const char *option); /* of gft's own, what such a one may have been meant to be; or NULL */
	bool unsafe;
	bool checks;		     /* -k */
	const char *const *includes; /* --include */
	size_t nincludes;
	const struct cdefs *cdefs; /* the script's own C, read before (ctypes.h), or NULL */
	/* --drilldown and target operands need no option: they are translated into clauses */
};

/*
 * Checks a tree against the targets.  Returns a program (never NULL); when
 * diag_errors() is not zero it must not be given to codegen.
 */
struct program *sema_check(struct ast *ast, const struct resolver *res, const struct sema_opts *opts);

/* The checked program as text (-d program). */
void program_dump(const struct program *p, struct buf *out);

#endif
