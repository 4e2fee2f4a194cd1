/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * type.h - types of the language's values and how each lies in memory.
 *
 * Semantic analysis builds these, codegen emits C for them, and the output
 * side prints bytes by them: a record's payload, a map's key and value and a
 * variable all use the layout given here.  Types live in the script's arena
 * and are immutable once semantic analysis is done; pointers to them are
 * borrowed everywhere.
 */
#ifndef GFT_TYPE_H
#define GFT_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "gft/setup.h"

struct arena;

enum ty_kind {
	TY_NONE = 0, /* not known (yet) */
	TY_VOID,
	/* scalars: memory is the C type's */
	TY_BOOL,  /* 1 byte, 0 or 1 */
	TY_INT,	  /* size 1, 2, 4 or 8 */
	TY_PTR,	  /* 8 bytes; elem is what it points to */
	TY_FLOAT, /* size 4 or 8; only fetched and printed */
	/* aggregates */
	TY_STRING, /* size bytes, NUL-terminated inside unless cut at size */
	TY_BUFFER, /* u32 length, then count bytes; size = 4 + count, rounded up to 4 */
	TY_ARRAY,  /* count elements of elem, no gaps */
	TY_TUPLE,  /* fields in order at their natural alignment */
	TY_RECORD, /* the same with names */
	TY_STRUCT, /* a C or Go struct or union; fields at given offsets */
	/* things that user space turns into text */
	TY_STACK,     /* struct ty_stack */
	TY_KSYM,      /* u64 kernel address */
	TY_USYM,      /* struct ty_usym */
	TY_CODE,      /* struct ty_code: a place in the target's code (caller) */
	TY_FUNC,      /* u32 probe id: the function's name */
	TY_PROBE,     /* u32 probe id: the attach point's full name */
	TY_TIMESTAMP, /* struct ty_timestamp: strftime() */
	TY_USERNAME,  /* u32 uid */
	TY_MAC,	      /* 6 bytes */
	TY_INET,      /* struct ty_inet */
	TY_CGROUP,    /* u64 cgroup id: its path */
	TY_GO,	      /* a captured Go value: see govalue.h */
	/* aggregations: map values only; per CPU, summed by user space */
	TY_COUNT,   /* u64 */
	TY_SUM,	    /* struct ty_agg */
	TY_AVG,	    /* struct ty_agg */
	TY_MIN,	    /* struct ty_agg: total is the minimum */
	TY_MAX,	    /* struct ty_agg: total is the maximum */
	TY_STATS,   /* struct ty_agg */
	TY_HIST,    /* u64 bucket[ty_hist_buckets(bits)] */
	TY_LHIST,   /* u64 bucket[(max - min) / step + 2]: below, ..., at or above max */
	TY_TSERIES, /* struct ty_tseries_bucket[count] */
};

/* How a TY_INT prints when nothing else is said. */
enum ty_display {
	TD_DEC = 0,
	TD_HEX,	     /* 0x... */
	TD_CHAR,     /* a character */
	TD_DURATION, /* nanoseconds: 1.2ms */
	TD_ENUM,     /* the name of the value, by enum_vals */
	TD_COMM,     /* the name of the process with that number, if it still runs when that is printed */
	TD_LINE,     /* of TY_CODE: file:line */
	TD_GOTYPE,   /* of TY_USYM: the address is that of a type's description in a Go program */
	TD_WORDS,    /* as TD_ENUM, but in JSON, too */
};

/* Where the memory behind a pointer, or of a struct value, is. */
enum ty_space {
	TS_BPF = 0, /* in the BPF program itself: a variable, a map's value, the stack */
	TS_USER,    /* of the traced process */
	TS_KERNEL,
	TS_ANY, /* of the process or the kernel: the address itself tells */
	TS_CTX, /* the record that the kernel gives to the program (tracepoints) */
};

enum ty_stack_kind { STACK_USER, STACK_KERNEL, STACK_GO };
enum ty_stack_mode { STACK_BPFTRACE, STACK_PERF, STACK_RAW, STACK_BUILD_ID };

struct ty_field {
	const char *name; /* NULL in a tuple */
	const struct gft_type *type;
	uint32_t off;	 /* bytes from the start */
	uint8_t bit_off; /* bitfields: bits from off, and width; width 0: not a bitfield */
	uint8_t bit_size;
	/* of a tracepoint's record: a u32 tells where in the record the data is and, from bit 16, how long */
	uint8_t loc; /* enum ty_loc */
};

enum ty_loc {
	TL_NONE = 0,
	TL_DATA /* __data_loc: from the record's start */,
	TL_REL /* __rel_loc: from the field's end */
};

struct ty_enum_val {
	const char *name;
	int64_t val;
};

struct gft_type {
	enum ty_kind kind;
	uint32_t size;	   /* bytes in memory */
	uint32_t align;	   /* 1, 2, 4 or 8 */
	bool is_signed;	   /* TY_INT, and sums, minima, ... of them */
	bool flexible;	   /* TY_INT: of positive literals only; takes the sign of what it meets */
	uint8_t display;   /* enum ty_display */
	uint8_t space;	   /* enum ty_space: TY_PTR, kaddr()'s TY_INT where it leads; TY_STRUCT, TY_ARRAY where it is */
	uint8_t ptr_space; /* TY_STRUCT, TY_ARRAY: where the pointers in it lead */
	uint32_t lazy;	   /* TY_STRUCT: 0, or its fields are not known yet: TY_LAZY_NAME or a handle */
	uint32_t count;	   /* TY_ARRAY, TY_BUFFER: elements; TY_TSERIES: buckets; TY_STACK: frame limit */
	const struct gft_type *elem; /* TY_PTR, TY_ARRAY */
	const char *name;	     /* TY_STRUCT: tag; enums: tag; TY_GO: type name */
	const struct ty_field *fields;
	uint32_t nfields;
	const struct ty_enum_val *enum_vals;
	uint32_t nenum_vals;
	/* aggregations */
	int64_t min, max, step;		/* TY_LHIST; TY_TSERIES: step is the interval in ns */
	uint8_t bits;			/* TY_HIST: sub-buckets per power of two, as a power (0 to 5) */
	uint8_t agg;			/* TY_TSERIES: enum ty_kind of its function, or TY_NONE for last value */
	uint8_t stack_kind, stack_mode; /* TY_STACK */
	const void *go; /* TY_GO: borrowed struct go_capture of govalue.h; TY_STRUCT of a target: sema_ctype.c's */
};

#define TY_LAZY_NAME   0xffffffffU /* only declared: another source of types may know its name */
#define TY_LAZY_TARGET 0xfffffffeU /* of a target's DWARF: sema_ctype.c */

/* A stack: its frames lie in the stacks map under id. */
struct ty_stack {
	uint64_t id; /* 0: no stack could be taken */
	uint32_t pid;
	uint32_t nr; /* frames */
};

struct ty_usym {
	uint64_t addr;
	uint32_t pid;
	uint32_t site; /* probe id it was taken at */
};

/* site's address + rel, both in the binary's own numbering. */
struct ty_code {
	int64_t rel;
	uint32_t site;
	uint32_t pid;
};

struct ty_timestamp {
	uint64_t ns;  /* CLOCK_MONOTONIC, or CLOCK_BOOTTIME with mode 1 */
	uint32_t fmt; /* string number: format for strftime */
	uint32_t mode;
};

struct ty_inet {
	uint32_t af; /* AF_INET, AF_INET6 */
	uint8_t addr[16];
};

struct ty_agg {
	int64_t total;
	uint64_t n;
};

struct ty_tseries_bucket {
	uint64_t epoch; /* bucket number since the epoch of its clock; 0: unused */
	int64_t total;
	uint64_t n;
};

/* TY_FUNC and TY_PROBE hold probe ids: setup.h. */

/* Buckets of hist(n, bits): negative, zero, then exact up to 2^(bits+1), then 2^bits per power. */
uint32_t ty_hist_buckets(unsigned bits);

bool ty_is_int(const struct gft_type *t);    /* TY_INT, TY_BOOL */
bool ty_is_agg(const struct gft_type *t);    /* an aggregation */
bool ty_is_scalar(const struct gft_type *t); /* fits a register: int, bool, pointer, func, probe, ... */
bool ty_has_names(const struct gft_type *t); /* a number that is shown by its name */
bool ty_equal(const struct gft_type *a, const struct gft_type *b); /* in memory and in name */
bool ty_same(const struct gft_type *a, const struct gft_type *b);  /* and in how their numbers' signs bend */
/* The field of that name, or NULL: tuples have none. */
const struct ty_field *ty_field_named(const struct gft_type *t, const char *name);
/*
 * What of t, a tuple or record, belongs to field i of like: that of the same place, or in records of the same name,
 * wherever it stands; NULL: there is none.
 */
const struct ty_field *ty_part(const struct gft_type *t, const struct gft_type *like, uint32_t i);

/* As messages name it: "int64", "string[64]", "(int64,string[16])", "struct foo *". */
const char *ty_name(struct arena *a, const struct gft_type *t);

/* Constructors; the common ones are shared constants. */
extern const struct gft_type ty_none, ty_void, ty_bool, ty_i8, ty_i16, ty_i32, ty_i64, ty_u8, ty_u16, ty_u32, ty_u64,
	ty_count_t, ty_func_t, ty_probe_t, ty_ksym_t, ty_usym_t, ty_gotype_t, ty_code_t;
const struct gft_type *ty_int(unsigned size, bool is_signed);
/* The type of a positive literal of that size: signed, but flexible. */
const struct gft_type *ty_literal(unsigned size);
const struct gft_type *ty_string(struct arena *a, uint32_t size);
const struct gft_type *ty_buffer(struct arena *a, uint32_t max);
const struct gft_type *ty_ptr(struct arena *a, const struct gft_type *elem, enum ty_space space);
const struct gft_type *ty_array(struct arena *a, const struct gft_type *elem, uint32_t count);
/* Lays fields out: sets each field's off; names may be NULL for a tuple. */
const struct gft_type *ty_tuple(struct arena *a, const struct gft_type *const *types, const char *const *names,
				uint32_t n);
/*
 * Places bits of a record of size bytes: sets f's type, off, bit_off, bit_size
 * from its declared type so that a whole word can be loaded inside of the
 * record.  False when no word of 8 bytes holds them all.
 */
struct ty_field;
bool ty_bitfield(struct arena *a, struct ty_field *f, uint64_t bit_off, uint32_t bits, uint32_t size);
/* A new type of that kind with size and alignment set (aggregations, stacks, ...). */
struct gft_type *ty_new(struct arena *a, enum ty_kind kind);

#endif
