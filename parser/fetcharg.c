/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* fetcharg.c - reading FETCHARGs; the grammar is in fetcharg.h. */
#include "parser/fetcharg.h"

#include <ctype.h>
#include <string.h>

#include "gft/arena.h"
#include "gft/buf.h"
#include "gft/diag.h"

#define LEVELS	    8
#define ARRAY_LIMIT 64
#define NAME_LIMIT  4096 /* how far lookahead goes */

const char *const fa_reg_names[] = { "ax",  "cx",  "dx",  "bx",	 "sp",	"bp",  "si", "di",    "r8", "r9",
				     "r10", "r11", "r12", "r13", "r14", "r15", "ip", "flags", NULL };

static const enum fa_reg go_regs[] = { FR_AX, FR_BX, FR_CX, FR_DI, FR_SI, FR_R8, FR_R9, FR_R10, FR_R11 };

int fa_go_reg(enum fa_reg r)
{
	for (int i = 0; i < 9; i++) {
		if (go_regs[i] == r)
			return i;
	}
	return -1;
}

enum fa_reg fa_reg_of_go(unsigned n)
{
	return go_regs[n < 9 ? n : 0];
}

unsigned fa_words(const struct fa_type *t)
{
	switch (t->kind) {
	case FT_GOSTRING:
	case FT_ERROR:
	case FT_IFACE:
	case FT_EFACE: return 2;
	case FT_SLICE: return 3;
	default: return 0;
	}
}

const char *fa_reg_name(enum fa_reg r)
{
	return fa_reg_names[r];
}

int fa_reg_by_name(const char *name, size_t len)
{
	char n[8];

	if (!len || len >= sizeof(n))
		return -1;
	memcpy(n, name, len);
	n[len] = 0;
	/* rax, eax; r8d, r8w, r8b; al, cl: the register that they are part of */
	if (len == 3 && (n[0] == 'r' || n[0] == 'e') && !isdigit((unsigned char)n[1]))
		memmove(n, n + 1, 3);
	else if (n[0] == 'r' && isdigit((unsigned char)n[1]) && strchr("dwb", n[len - 1]))
		n[len - 1] = 0;
	else if (len == 2 && n[1] == 'l' && strchr("abcd", n[0]))
		n[1] = 'x';
	else if (len == 3 && n[2] == 'l')
		n[2] = 0;
	for (int i = 0; fa_reg_names[i]; i++)
		if (!strcmp(fa_reg_names[i], n))
			return i;
	return !strcmp(n, "stack") ? FR_SP : -1;
}

struct in {
	struct arena *a;
	const char *s;
	size_t len, p;
	const char *msg;
	size_t at;
};

static char peek(const struct in *in)
{
	return in->p < in->len ? in->s[in->p] : 0;
}

static char peek2(const struct in *in)
{
	return in->p + 1 < in->len ? in->s[in->p + 1] : 0;
}

/* Blanks and comments. */
static void blanks(struct in *in)
{
	for (;;) {
		while (isspace((unsigned char)peek(in)))
			in->p++;
		if (peek(in) == '/' && peek2(in) == '/') {
			while (in->p < in->len && in->s[in->p] != '\n')
				in->p++;
		} else if (peek(in) == '/' && peek2(in) == '*') {
			const char *e = memmem(in->s + in->p + 2, in->len - in->p - 2, "*/", 2);

			in->p = e ? (size_t)(e - in->s) + 2 : in->len;
		} else {
			return;
		}
	}
}

static bool bad(struct in *in, const char *msg)
{
	if (!in->msg) {
		in->msg = msg;
		in->at = in->p;
	}
	return false;
}

static bool number(struct in *in, uint64_t *out)
{
	uint64_t v = 0;
	unsigned base = 10;
	size_t from = in->p;

	if (peek(in) == '0' && (peek2(in) | 32) == 'x') {
		base = 16;
		in->p += 2;
		from = in->p;
	}
	for (; in->p < in->len; in->p++) {
		unsigned c = (unsigned char)in->s[in->p], d = isdigit(c) ? c - '0' : (c | 32) - 'a' + 10;

		if (!(isdigit(c) || (base == 16 && isxdigit(c))))
			break;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) || __builtin_add_overflow(v, (uint64_t)d, &v))
			return bad(in, "this number does not fit 64 bits");
	}
	if (in->p == from)
		return bad(in, "a number was expected here");
	*out = v;
	return true;
}

static size_t word(const struct in *in, size_t p)
{
	size_t n = 0;

	while (p + n < in->len && (isalnum((unsigned char)in->s[p + n]) || in->s[p + n] == '_'))
		n++;
	return n;
}

/* --- LOCATION ----------------------------------------------------------------------------- */

static bool location(struct in *in, struct fetcharg *f, unsigned depth);

static bool reg(struct in *in, struct fetcharg *f)
{
	size_t n;
	int r;

	in->p++; /* % */
	n = word(in, in->p);
	r = fa_reg_by_name(in->s + in->p, n);
	if (r < 0) {
		size_t k = 0;

		while (fa_reg_names[k])
			k++;
		const char *w = arena_strndup(in->a, in->s + in->p, n), *near = diag_nearest(w, fa_reg_names, k);

		return bad(in, near ? arena_printf(in->a, "unknown register %%%s; did you mean %%%s?", w, near)
				    : arena_printf(in->a,
						   "unknown register %%%s: registers are %%ax %%bx %%cx %%dx %%si %%di "
						   "%%bp %%sp %%r8 to %%r15 %%ip %%flags",
						   w));
	}
	f->base = FA_REG;
	f->reg = (enum fa_reg)r;
	in->p += n;
	return true;
}

static bool dollar(struct in *in, struct fetcharg *f)
{
	static const char stack[] = "stack", arg[] = "arg", retval[] = "retval";
	size_t n = word(in, in->p + 1);
	const char *w = in->s + in->p + 1;
	size_t skip = 0;
	uint64_t v = 0;

	if (n == 6 && !memcmp(w, retval, 6)) {
		f->base = FA_RETVAL;
	} else if (n == 5 && !memcmp(w, stack, 5)) {
		f->base = FA_STACK;
	} else if (n > 5 && !memcmp(w, stack, 5)) {
		f->base = FA_STACKN;
		skip = 5;
	} else if (n > 3 && !memcmp(w, arg, 3)) {
		f->base = FA_ARG;
		skip = 3;
	} else {
		return bad(in, "unknown fetch variable: there are $stack, $stackN, $argN and $retval");
	}
	if (skip) {
		in->p += 1 + skip;
		if (!number(in, &v))
			return false;
		if (v > 4096 || (f->base == FA_ARG && (!v || v > 64)))
			return bad(in, f->base == FA_ARG ? "arguments are $arg1 to $arg64"
							 : "the stack is read up to $stack4096");
		f->num = (uint32_t)v;
		return true;
	}
	in->p += 1 + n;
	return true;
}

static bool at_symbol(struct in *in, struct fetcharg *f)
{
	size_t from = ++in->p, n = 0;
	unsigned depth = 0;

	if (isdigit((unsigned char)peek(in))) {
		f->base = FA_ADDR;
		return number(in, &f->addr);
	}
	/* Go symbols hold brackets: main.(*T).x, main.m[int] */
	while (in->p + n < in->len) {
		char c = in->s[in->p + n];

		if (c == '(' || c == '[')
			depth++;
		else if ((c == ')' || c == ']') && depth)
			depth--;
		else if (!depth &&
			 (c == ':' || c == ')' || c == ',' || c == '+' || c == '-' || isspace((unsigned char)c)))
			break;
		n++;
	}
	if (!n)
		return bad(in, "a symbol or an address was expected behind '@'");
	f->base = FA_SYMBOL;
	f->sym = arena_strndup(in->a, in->s + from, n);
	in->p += n;
	if (peek(in) == '+' || peek(in) == '-') {
		bool neg = in->s[in->p++] == '-';
		uint64_t v;

		if (!number(in, &v))
			return false;
		f->addr = neg ? 0 - v : v;
	}
	return true;
}

static bool deref(struct in *in, struct fetcharg *f, int64_t off)
{
	if (f->nderef == LEVELS)
		return bad(in, "more than 8 levels of memory");
	f->offs[f->nderef++] = off;
	return true;
}

/* [+|-]N(LOCATION): memory at LOCATION's value + N */
static bool memory(struct in *in, struct fetcharg *f, unsigned depth)
{
	bool neg = false;
	uint64_t v;

	if (peek(in) == '+' || peek(in) == '-')
		neg = in->s[in->p++] == '-';
	/* the kernel's +u8(...) says user memory: it always is here */
	if (peek(in) == 'u')
		in->p++;
	if (!number(in, &v))
		return false;
	if (v > INT64_MAX)
		return bad(in, "this offset is too large");
	if (peek(in) != '(')
		return bad(in, "'(' was expected: an offset is written +8(%ax)");
	in->p++;
	blanks(in);
	if (!location(in, f, depth + 1))
		return false;
	blanks(in);
	if (peek(in) != ')')
		return bad(in, "')' was expected");
	in->p++;
	return deref(in, f, neg ? -(int64_t)v : (int64_t)v);
}

static bool location(struct in *in, struct fetcharg *f, unsigned depth)
{
	char c = peek(in);

	if (depth > LEVELS + 8)
		return bad(in, "nested too deeply");
	switch (c) {
	case '%': return reg(in, f);
	case '$': return dollar(in, f);
	case '@': return at_symbol(in, f);
	case '\\': {
		bool neg;
		uint64_t v;

		in->p++;
		neg = peek(in) == '-';
		in->p += neg;
		f->base = FA_IMM;
		if (!number(in, &v))
			return false;
		f->addr = neg ? 0 - v : v;
		return true;
	}
	case '*': /* the pointer that lies there: what follows is read at it */
		in->p++;
		blanks(in);
		return location(in, f, depth + 1) && deref(in, f, 0);
	case '(':
		in->p++;
		blanks(in);
		if (!location(in, f, depth + 1))
			return false;
		blanks(in);
		if (peek(in) != ')')
			return bad(in, "')' was expected");
		in->p++;
		return true;
	default:
		if (c == '+' || c == '-' || isdigit((unsigned char)c))
			return memory(in, f, depth);
		return bad(in, "a register, memory, or variable was expected: %ax, +8(%ax), @SYMBOL, $argN");
	}
}

/* --- TYPE ------------------------------------------------------------------------------------ */

static bool bits(const char *s, size_t n, unsigned *out)
{
	unsigned v = 0;

	if (!n || n > 3)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	*out = v;
	return true;
}

static bool bitfield(struct in *in, struct fa_type *t)
{
	uint64_t w, o, size;

	in->p++; /* b */
	if (!number(in, &w))
		return false;
	if (peek(in) != '@')
		return bad(in, "a bit field is b<width>@<offset>/<size>");
	in->p++;
	if (!number(in, &o))
		return false;
	if (peek(in) != '/')
		return bad(in, "a bit field is b<width>@<offset>/<size>");
	in->p++;
	if (!number(in, &size))
		return false;
	if ((size != 8 && size != 16 && size != 32 && size != 64) || !w || w + o > size || o > size)
		return bad(in, "a bit field is b<width>@<offset>/<size>: size is 8, 16, 32 or 64, and width + offset "
			       "fit in it");
	t->kind = FT_BITFIELD;
	t->bits = (uint16_t)size;
	t->bit_width = (uint8_t)w;
	t->bit_off = (uint8_t)o;
	return true;
}

/* Length of what stands in brackets, with them. */
static size_t brackets(const struct in *in)
{
	unsigned depth = 0;

	for (size_t n = 0; n < NAME_LIMIT && in->p + n < in->len && in->s[in->p + n] != '\n'; n++) {
		if (in->s[in->p + n] == '[')
			depth++;
		else if (in->s[in->p + n] == ']' && !--depth)
			return n + 1;
	}
	return 0;
}

static bool type(struct in *in, struct fetcharg *f)
{
	static const struct {
		const char *name;
		enum fa_type_kind kind;
	} named[] = {
		{ "string", FT_STRING }, { "ustring", FT_STRING }, { "gostring", FT_GOSTRING },
		{ "slice", FT_SLICE },	 { "error", FT_ERROR },	   { "iface", FT_IFACE },
		{ "eface", FT_EFACE },	 { "bool", FT_BOOL },	   { "duration", FT_DURATION },
	};
	static const char *const known[] = { "u8",    "u16",   "u32",	"u64",	  "s8",	     "s16",	 "s32",
					     "s64",   "x8",    "x16",	"x32",	  "x64",     "f32",	 "f64",
					     "c8",    "c64",   "c512",	"string", "ustring", "gostring", "slice",
					     "error", "iface", "eface", "bool",	  "duration" };
	struct fa_type *t = &f->type;
	size_t n = word(in, in->p), from = in->p;
	const char *s = n ? in->s + in->p : "";
	unsigned b = 0;
	bool found = false;

	f->has_type = true;
	if (*s == 'b' && n > 1 && isdigit((unsigned char)s[1])) {
		if (!bitfield(in, t))
			return false;
		found = true;
		n = 0;
	}
	for (size_t i = 0; !found && i < sizeof(named) / sizeof(named[0]); i++)
		if (strlen(named[i].name) == n && !memcmp(named[i].name, s, n)) {
			t->kind = named[i].kind;
			t->bits = 64;
			found = true;
		}
	if (!found && n > 1 && strchr("usxfc", *s) && bits(s + 1, n - 1, &b)) {
		found = *s == 'f'   ? b == 32 || b == 64
			: *s == 'c' ? b >= 8 && b <= 512 && b % 8 == 0
				    : b == 8 || b == 16 || b == 32 || b == 64;
		if (!found)
			return bad(in, arena_printf(in->a, "no such type %.*s: %s", (int)n, s,
						    *s == 'f'	? "floats are f32 and f64"
						    : *s == 'c' ? "characters are c8 to c512 in steps of 8 bits"
								: "integers have 8, 16, 32 or 64 bits"));
		t->kind = *s == 'f' ? FT_FLOAT : *s == 'c' ? FT_CHARS : FT_INT;
		t->bits = (uint16_t)b;
		t->is_signed = *s == 's';
		t->hex = *s == 'x';
	}
	in->p += n;
	/* a Go type: main.Student, net/http.Request */
	if (!found && n && (peek(in) == '.' || peek(in) == '/')) {
		while (in->p < in->len && (word(in, in->p) || in->s[in->p] == '.' || in->s[in->p] == '/'))
			in->p += word(in, in->p) ? word(in, in->p) : 1;
		/* main.Pair[int,string]; with digits alone it is an array */
		if (peek(in) == '[' && !isdigit((unsigned char)peek2(in)))
			in->p += brackets(in);
		t->kind = FT_NAMED;
		t->name = arena_strndup(in->a, in->s + from, in->p - from);
		found = true;
	}
	if (!found) {
		const char *w = arena_strndup(in->a, s, n),
			   *near = diag_nearest(w, known, sizeof(known) / sizeof(known[0]));

		in->p = from;
		return bad(
			in,
			!n     ? "a type was expected behind ':'"
			: near ? arena_printf(in->a, "unknown type '%s'; did you mean '%s'?", w, near)
			       : arena_printf(in->a,
					      "unknown type '%s': types are u8 to u64, s8 to s64, x8 to x64, f32, f64, "
					      "c8 to c512, string, b<width>@<offset>/<size>, gostring, slice, error, "
					      "iface, eface, bool, duration, or a type of the program, main.T",
					      w));
	}
	if (peek(in) == '[') {
		uint64_t k;

		in->p++;
		if (!number(in, &k))
			return false;
		if (peek(in) != ']')
			return bad(in, "']' was expected");
		in->p++;
		if (!k || k > ARRAY_LIMIT)
			return bad(in, "an array has 1 to 64 elements");
		t->array = (uint32_t)k;
	}
	return true;
}

/* --- the whole ---------------------------------------------------------------------------------- */

/* "name =" with dots in the name, but not "==": its length, or 0. */
static size_t name_part(const struct in *in, size_t *name_len)
{
	size_t p = in->p;

	if (p >= in->len || !(isalpha((unsigned char)in->s[p]) || in->s[p] == '_'))
		return 0;
	while (p < in->len && (isalnum((unsigned char)in->s[p]) || in->s[p] == '_' || in->s[p] == '.'))
		p++;
	*name_len = p - in->p;
	while (p < in->len && isspace((unsigned char)in->s[p]))
		p++;
	if (p + 1 >= in->len || in->s[p] != '=' || in->s[p + 1] == '=')
		return 0;
	return p + 1 - in->p;
}

/* Whether a LOCATION may end at p: $arg1:u8 and $arg1 are registers, $arg1 + 1 is the script's variable. */
static bool ends(const struct in *in, size_t p)
{
	while (p < in->len && isspace((unsigned char)in->s[p]))
		p++;
	return p < in->len && (in->s[p] == ':' || in->s[p] == ',' || in->s[p] == ')');
}

/*
 * Whether text looks like a LOCATION and not like an expression.  "-8" and
 * "(" begin both: they are LOCATIONs when a register or the like follows
 * their '('.
 */
static bool looks_like(const struct in *in)
{
	size_t p = in->p;
	unsigned open = 0; /* parentheses before it */
	char c;

	while (p < in->len && (in->s[p] == '*' || in->s[p] == '(' || isspace((unsigned char)in->s[p])) && open < 32)
		open += in->s[p++] == '(';
	c = p < in->len ? in->s[p] : 0;
	if (c == '%' || c == '\\')
		return true;
	if (c == '$') {
		size_t n = word(in, p + 1);
		const char *w = in->s + p + 1;

		return ((n == 6 && !memcmp(w, "retval", 6)) ||
			(n >= 5 && !memcmp(w, "stack", 5) && (n == 5 || isdigit((unsigned char)w[5]))) ||
			(n > 3 && !memcmp(w, "arg", 3) && isdigit((unsigned char)w[3]))) &&
		       ends(in, p + 1 + n);
	}
	if (c == '@') {
		unsigned inner = 0; /* brackets since then: @[fetch(%ax:u8)] is a map all the same */

		/* @name is a map: a symbol says its type, an address begins with a digit */
		if (p + 1 < in->len && isdigit((unsigned char)in->s[p + 1]))
			return true;
		for (size_t q = p + 1; q < in->len && q < p + NAME_LIMIT && in->s[q] && !strchr(",;\n?", in->s[q]);
		     q++) {
			if (in->s[q] == ':' && !inner)
				return true;
			if (in->s[q] == '(' || in->s[q] == '[')
				inner++;
			else if ((in->s[q] == ')' || in->s[q] == ']') && inner)
				inner--;
			else if (in->s[q] == ')' && !open--)
				return false;
		}
		return false;
	}
	/* +8( is the start of no expression */
	if (c == '+' || c == '-')
		p += 1 + (p + 1 < in->len && in->s[p + 1] == 'u');
	if (p >= in->len || !isdigit((unsigned char)in->s[p]))
		return false;
	while (p < in->len && isalnum((unsigned char)in->s[p]))
		p++;
	return p < in->len && in->s[p] == '(';
}

long fetcharg_match(struct arena *a, const char *text, size_t len, struct fetcharg **out, const char **name,
		    const char **msg, size_t *at)
{
	struct in in = { .a = a, .s = text, .len = len };
	struct fetcharg *f;
	size_t n, nlen = 0, from;

	*out = NULL;
	*name = NULL;
	blanks(&in);
	n = name_part(&in, &nlen);
	if (n) {
		*name = arena_strndup(a, text + in.p, nlen);
		in.p += n;
		blanks(&in);
	}
	if (!looks_like(&in)) {
		/* the grammar knows no dotted names: the scanner takes this one */
		if (!n || !memchr(*name, '.', nlen))
			*name = NULL;
		return 0;
	}
	f = ARENA_NEW(a, struct fetcharg);
	from = in.p;
	f->type.kind = FT_INT;
	f->type.bits = 64;
	f->type.hex = true;
	if (!location(&in, f, 0))
		goto bad;
	/* (*+0(%ax)):T and @ADDR:T read at the address that came out */
	blanks(&in);
	if (peek(&in) == ':') {
		in.p++;
		blanks(&in);
		f->type.hex = false;
		if (!type(&in, f))
			goto bad;
	}
	f->text = arena_strndup(a, text + from, in.p - from);
	blanks(&in);
	if (peek(&in) != ',' && peek(&in) != ')') {
		bad(&in, "',' or ')' was expected behind this fetch argument");
		goto bad;
	}
	*out = f;
	return (long)in.p;
bad:
	*msg = in.msg;
	*at = in.at;
	return -1;
}

void fetcharg_dump(const struct fetcharg *f, struct buf *out)
{
	buf_puts(out, f->text);
}
