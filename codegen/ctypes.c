/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ctypes.c - C text to tables, by libclang's C interface (libgft-ctypes.so).
 *
 * The translation unit is parsed for this machine, since that is what lays out
 * the memory that scripts read.  Bodies of functions are skipped: the BPF
 * compiler sees them later.  Of what the headers define only that is kept
 * which the script names, and what that consists of.
 *
 * Macros: for each name that the script uses, "#ifdef NAME" and a variable
 * that is set to it stand behind the text; libclang evaluates those that are
 * constants, and what is wrong with the others is nobody's mistake.
 *
 * Records are numbered when they are first met and read later, from a list, so
 * neither depth nor cycles of types matter.
 */
#include "gft/ctypes.h"

#include <clang-c/Index.h>
#include <stdlib.h>
#include <string.h>

#define TYPES_MAX  200000
#define SIZE_MOST  0x40000000u /* bytes of a type that a script can name */
#define DIAGS_MAX  32
#define FRONT_PATH "/gft-front.h" /* there is none: the job has its text */
#define FLAT_DEPTH 32		  /* anonymous members in anonymous members */

struct bytes {
	char *p;
	size_t n, cap;
};

struct record {
	CXCursor decl;
	uint32_t type;
};

struct parse {
	const struct ctypes_job *job;
	CXTranslationUnit tu;
	struct bytes types, fields, values, names, str;
	uint32_t ntypes, nfields, nvalues, nnames;
	struct record *seen; /* hashed by declaration: a power of two of places */
	size_t nseen, cap_seen;
	uint32_t *todo; /* places in types whose fields are to be read, and their declarations */
	CXCursor *todo_decl;
	size_t ntodo, cap_todo;
	size_t tail; /* offset in the text where the lines for macros begin */
	bool failed; /* no memory, or more than anybody wants */
};

static void add(struct parse *p, struct bytes *b, const void *data, size_t n)
{
	if (b->n + n > b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 4096;
		char *q;

		while (cap < b->n + n)
			cap *= 2;
		q = realloc(b->p, cap);
		if (!q) {
			p->failed = true;
			return;
		}
		b->p = q;
		b->cap = cap;
	}
	memcpy(b->p + b->n, data, n);
	b->n += n;
}

static uint32_t text(struct parse *p, const char *s)
{
	uint32_t at = (uint32_t)p->str.n;

	if (!s || !*s)
		return 0;
	add(p, &p->str, s, strlen(s) + 1);
	return at;
}

static uint32_t cx_text(struct parse *p, CXString s)
{
	uint32_t at = text(p, clang_getCString(s));

	clang_disposeString(s);
	return at;
}

static uint32_t add_type(struct parse *p, struct ctypes_type t)
{
	if (p->ntypes >= TYPES_MAX)
		p->failed = true;
	if (p->failed)
		return 0;
	add(p, &p->types, &t, sizeof(t));
	return p->ntypes++;
}

static struct ctypes_type *type_at(struct parse *p, uint32_t i)
{
	return (struct ctypes_type *)(void *)p->types.p + i;
}

/* --- types ----------------------------------------------------------------------- */

static uint32_t type_of(struct parse *p, CXType t);

static uint32_t plain(struct parse *p, CXType t, enum ctypes_kind kind, bool is_signed)
{
	long long size = clang_Type_getSizeOf(t), align = clang_Type_getAlignOf(t);
	struct ctypes_type ct = { .kind = (uint8_t)kind, .is_signed = is_signed };

	ct.size = size > 0 ? (uint64_t)size : 0;
	ct.align = (uint8_t)(align > 0 && align <= 64 ? align : 1);
	return add_type(p, ct);
}

/* Numbers that the language has not (128 bits, complex) are bytes. */
static uint32_t as_bytes(struct parse *p, CXType t)
{
	long long size = clang_Type_getSizeOf(t);
	uint32_t elem = add_type(p, (struct ctypes_type){ .kind = CT_INT, .size = 1, .align = 1 });

	if (size <= 0 || size > 4096)
		return 0;
	return add_type(
		p,
		(struct ctypes_type){
			.kind = CT_ARRAY, .align = 1, .size = (uint64_t)size, .elem = elem, .count = (uint64_t)size });
}

/* Where a declaration is, or would be, in the table of those that were met. */
static struct record *place(struct parse *p, CXCursor decl)
{
	size_t i = clang_hashCursor(decl) & (p->cap_seen - 1);

	while (p->seen[i].type && !clang_equalCursors(p->seen[i].decl, decl))
		i = (i + 1) & (p->cap_seen - 1);
	return &p->seen[i];
}

static struct record *seen(struct parse *p, CXCursor decl)
{
	if ((p->nseen + 1) * 2 > p->cap_seen) {
		struct record *old = p->seen;
		size_t n = p->cap_seen;

		p->cap_seen = n ? n * 2 : 256;
		p->seen = calloc(p->cap_seen, sizeof(*p->seen));
		if (!p->seen) {
			p->seen = old;
			p->cap_seen = n;
			p->failed = true;
			return NULL;
		}
		for (size_t i = 0; i < n; i++)
			if (old[i].type)
				*place(p, old[i].decl) = old[i];
		free(old);
	}
	return place(p, decl);
}

static enum CXChildVisitResult enum_value(CXCursor c, CXCursor parent, CXClientData data)
{
	struct parse *p = data;
	struct ctypes_value v = { 0 };

	(void)parent;
	if (clang_getCursorKind(c) != CXCursor_EnumConstantDecl)
		return CXChildVisit_Continue;
	v.val = clang_getEnumConstantDeclValue(c);
	v.name = cx_text(p, clang_getCursorSpelling(c));
	add(p, &p->values, &v, sizeof(v));
	p->nvalues++;
	return CXChildVisit_Continue;
}

static bool is_signed(CXType t)
{
	switch (clang_getCanonicalType(t).kind) {
	case CXType_Char_S:
	case CXType_SChar:
	case CXType_Short:
	case CXType_Int:
	case CXType_Long:
	case CXType_LongLong: return true;
	default: return false;
	}
}

/* "struct foo" has the tag foo; what has none spells as a place in clang. */
static uint32_t tag(struct parse *p, CXCursor decl)
{
	CXString s = clang_getCursorSpelling(decl);
	const char *c = clang_getCString(s);
	uint32_t at = c && !strchr(c, '(') && !strchr(c, ' ') && !clang_Cursor_isAnonymous(decl) ? text(p, c) : 0;

	clang_disposeString(s);
	return at;
}

static void to_do(struct parse *p, uint32_t type, CXCursor decl)
{
	if (p->ntodo == p->cap_todo) {
		size_t cap = p->cap_todo ? p->cap_todo * 2 : 64;
		uint32_t *t = realloc(p->todo, cap * sizeof(*t));
		CXCursor *d;

		if (t)
			p->todo = t;
		d = t ? realloc(p->todo_decl, cap * sizeof(*d)) : NULL;
		if (d)
			p->todo_decl = d;
		if (!t || !d) {
			p->failed = true;
			return;
		}
		p->cap_todo = cap;
	}
	p->todo[p->ntodo] = type;
	p->todo_decl[p->ntodo++] = decl;
}

static uint32_t declared(struct parse *p, CXType t, enum ctypes_kind kind)
{
	CXCursor decl = clang_getTypeDeclaration(t);
	long long size = clang_Type_getSizeOf(t), align = clang_Type_getAlignOf(t);
	struct ctypes_type ct = { .kind = (uint8_t)kind };
	struct record *r = seen(p, decl);
	uint32_t i;

	if (!r)
		return 0;
	if (r->type)
		return r->type;
	ct.name = tag(p, decl);
	ct.incomplete = size < 0 || (unsigned long long)size > SIZE_MOST;
	ct.size = ct.incomplete ? 0 : (uint64_t)size;
	ct.align = (uint8_t)(align > 0 && align <= 64 ? align : 1);
	if (kind == CT_ENUM) {
		ct.is_signed = is_signed(clang_getEnumDeclIntegerType(decl));
		ct.first = p->nvalues;
		clang_visitChildren(decl, enum_value, p);
		ct.count = p->nvalues - ct.first;
	}
	i = add_type(p, ct);
	if (!i)
		return 0;
	r->decl = decl;
	r->type = i;
	p->nseen++;
	if (kind != CT_ENUM && !ct.incomplete)
		to_do(p, i, decl);
	return i;
}

static uint32_t array(struct parse *p, CXType t)
{
	CXType of = clang_getArrayElementType(t);
	long long n = t.kind == CXType_ConstantArray ? clang_getArraySize(t) : 0, size = clang_Type_getSizeOf(of);
	struct ctypes_type ct = { .kind = CT_ARRAY };
	long long align = clang_Type_getAlignOf(of);

	if (n < 0 || size < 0 || (size && (unsigned long long)n > SIZE_MOST / (unsigned long long)size))
		return 0;
	ct.elem = type_of(p, of);
	ct.count = (uint64_t)n;
	ct.size = (uint64_t)n * (uint64_t)size;
	ct.align = (uint8_t)(align > 0 && align <= 64 ? align : 1);
	return add_type(p, ct);
}

static uint32_t type_of(struct parse *p, CXType t)
{
	t = clang_getCanonicalType(t);
	switch (t.kind) {
	case CXType_Bool: return plain(p, t, CT_BOOL, false);
	case CXType_Char_S: return plain(p, t, CT_CHAR, true);
	case CXType_Char_U: return plain(p, t, CT_CHAR, false);
	case CXType_UChar:
	case CXType_UShort:
	case CXType_UInt:
	case CXType_ULong:
	case CXType_ULongLong:
	case CXType_WChar:
	case CXType_Char16:
	case CXType_Char32: return plain(p, t, CT_INT, false);
	case CXType_SChar:
	case CXType_Short:
	case CXType_Int:
	case CXType_Long:
	case CXType_LongLong: return plain(p, t, CT_INT, true);
	case CXType_Float:
	case CXType_Double: return plain(p, t, CT_FLOAT, true);
	case CXType_Pointer: {
		struct ctypes_type ct = { .kind = CT_PTR, .size = 8, .align = 8 };

		ct.elem = type_of(p, clang_getPointeeType(t));
		return add_type(p, ct);
	}
	case CXType_ConstantArray:
	case CXType_IncompleteArray: return array(p, t);
	case CXType_Enum: return declared(p, t, CT_ENUM);
	case CXType_Record:
		return declared(p, t,
				clang_getCursorKind(clang_getTypeDeclaration(t)) == CXCursor_UnionDecl ? CT_UNION
												       : CT_STRUCT);
	case CXType_Atomic: return type_of(p, clang_Type_getValueType(t));
	case CXType_Void:
	case CXType_FunctionProto:
	case CXType_FunctionNoProto:
	case CXType_Invalid: return 0;
	default: return as_bytes(p, t);
	}
}

/* --- fields ------------------------------------------------------------------------ */

struct fields {
	struct parse *p;
	uint64_t base; /* bits: of the anonymous member that is being read */
	unsigned depth;
};

static enum CXVisitorResult field(CXCursor c, CXClientData data)
{
	struct fields *f = data;
	struct parse *p = f->p;
	CXType t = clang_getCursorType(c);
	long long off = clang_Cursor_getOffsetOfField(c);
	CXCursor decl = clang_getTypeDeclaration(clang_getCanonicalType(t));
	CXString name = clang_getCursorSpelling(c);
	const char *s = clang_getCString(name);
	/* what clang calls "(anonymous ...)" has no name */
	bool anonymous = !s || !*s || strchr(s, '(') != NULL;
	enum CXCursorKind k = clang_getCursorKind(decl);

	if (off >= 0 && anonymous && (k == CXCursor_StructDecl || k == CXCursor_UnionDecl)) {
		struct fields inner = { p, f->base + (uint64_t)off, f->depth + 1 };

		if (inner.depth < FLAT_DEPTH)
			clang_Type_visitFields(clang_getCanonicalType(t), field, &inner);
	} else if (off >= 0 && !anonymous) {
		struct ctypes_field ct = { .bit_off = f->base + (uint64_t)off };

		ct.name = text(p, s);
		ct.type = type_of(p, t);
		if (clang_Cursor_isBitField(c))
			ct.bits = (uint32_t)clang_getFieldDeclBitWidth(c);
		add(p, &p->fields, &ct, sizeof(ct));
		p->nfields++;
	}
	clang_disposeString(name);
	return p->failed ? CXVisit_Break : CXVisit_Continue;
}

/* Reads the fields of every record that was met, and of those met by that. */
static void read_records(struct parse *p)
{
	for (size_t i = 0; i < p->ntodo && !p->failed; i++) {
		uint32_t at = p->todo[i], first = p->nfields;
		struct fields f = { p, 0, 0 };

		clang_Type_visitFields(clang_getCursorType(p->todo_decl[i]), field, &f);
		type_at(p, at)->first = first;
		type_at(p, at)->count = p->nfields - first;
	}
	p->ntodo = 0;
}

/* --- names --------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static bool wanted(const struct parse *p, const char *name)
{
	/* words are sorted */
	return name && *name && bsearch(name, p->job->words, p->job->nwords, sizeof(*p->job->words), compare) != NULL;
}

static void add_name(struct parse *p, struct ctypes_name n, const char *name)
{
	n.name = text(p, name);
	add(p, &p->names, &n, sizeof(n));
	p->nnames++;
}

static bool in_text(CXCursor c)
{
	return clang_Location_isFromMainFile(clang_getCursorLocation(c)) != 0;
}

static void function(struct parse *p, CXCursor c, const char *name)
{
	struct ctypes_name n = { .kind = CN_FUNC };
	int args = clang_Cursor_getNumArguments(c);
	uint32_t types[16];

	if (args < 0 || args > 16 || !in_text(c)) /* bodies were skipped: a prototype looks the same */
		return;
	n.type = type_of(p, clang_getCursorResultType(c));
	for (int i = 0; i < args; i++)
		types[i] = type_of(p, clang_getCursorType(clang_Cursor_getArgument(c, (unsigned)i)));
	/* behind the fields of what was met: their tables are one */
	read_records(p);
	n.first = p->nfields;
	n.count = (uint32_t)args;
	for (int i = 0; i < args; i++) {
		struct ctypes_field f = { .type = types[i] };

		add(p, &p->fields, &f, sizeof(f));
		p->nfields++;
	}
	add_name(p, n, name);
}

/* "gft_macro_NAME": the value that macro NAME has, when it has one. */
static void macro(struct parse *p, CXCursor c, const char *name)
{
	struct ctypes_name n = { .kind = CN_INT };
	CXEvalResult r = clang_Cursor_Evaluate(c);

	if (!r)
		return;
	switch (clang_EvalResult_getKind(r)) {
	case CXEval_Int:
		n.is_unsigned = clang_EvalResult_isUnsignedInt(r) != 0;
		n.val = n.is_unsigned ? (int64_t)clang_EvalResult_getAsUnsigned(r) : clang_EvalResult_getAsLongLong(r);
		add_name(p, n, name);
		break;
	case CXEval_StrLiteral:
		n.kind = CN_STRING;
		n.str = text(p, clang_EvalResult_getAsStr(r));
		add_name(p, n, name);
		break;
	default: break;
	}
	clang_EvalResult_dispose(r);
}

static enum CXChildVisitResult constant(CXCursor c, CXCursor parent, CXClientData data)
{
	struct parse *p = data;
	struct ctypes_name n = { .kind = CN_INT, .in_text = in_text(c) };
	CXString s;

	if (clang_getCursorKind(c) != CXCursor_EnumConstantDecl)
		return CXChildVisit_Continue;
	s = clang_getCursorSpelling(c);
	if (wanted(p, clang_getCString(s))) {
		n.val = clang_getEnumConstantDeclValue(c);
		n.type = type_of(p, clang_getCursorType(parent));
		add_name(p, n, clang_getCString(s));
	}
	clang_disposeString(s);
	return CXChildVisit_Continue;
}

static enum CXChildVisitResult visit(CXCursor c, CXCursor parent, CXClientData data)
{
	struct parse *p = data;
	enum CXCursorKind k = clang_getCursorKind(c);
	struct ctypes_name n = { .in_text = in_text(c) };
	CXString s = clang_getCursorSpelling(c);
	const char *name = clang_getCString(s);
	bool inside = false;

	(void)parent;
	switch (k) {
	case CXCursor_StructDecl:
	case CXCursor_UnionDecl:
		inside = n.in_text; /* struct A { struct B { ... } b; } defines both */
		/* the text's own also say what the kernel's pointers lead to */
		if (clang_isCursorDefinition(c) && name && *name && !strpbrk(name, "( ") &&
		    (n.in_text || wanted(p, name))) {
			n.kind = k == CXCursor_StructDecl ? CN_STRUCT : CN_UNION;
			n.type = type_of(p, clang_getCursorType(c));
			add_name(p, n, name);
		}
		break;
	case CXCursor_EnumDecl:
		if (!clang_isCursorDefinition(c))
			break;
		if (wanted(p, name)) {
			n.kind = CN_ENUM;
			n.type = type_of(p, clang_getCursorType(c));
			add_name(p, n, name);
		}
		clang_visitChildren(c, constant, p);
		break;
	case CXCursor_TypedefDecl:
		if (wanted(p, name)) {
			n.kind = CN_TYPEDEF;
			n.type = type_of(p, clang_getTypedefDeclUnderlyingType(c));
			add_name(p, n, name);
		}
		break;
	case CXCursor_FunctionDecl:
		if (wanted(p, name))
			function(p, c, name);
		break;
	case CXCursor_VarDecl:
		if (name && !strncmp(name, "gft_macro_", 10))
			macro(p, c, name + 10);
		break;
	default: break;
	}
	clang_disposeString(s);
	return p->failed ? CXChildVisit_Break : inside ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

/* --- what was wrong, and what was read --------------------------------------------------- */

struct inclusions {
	struct parse *p;
	struct ctypes_result *out;
	size_t cap;
	/* when a file is looked for: */
	CXFile file;
	uint32_t off;
	bool found;
};

static void one_file(CXFile f, CXSourceLocation *stack, unsigned n, CXClientData data)
{
	struct inclusions *in = data;
	CXString s;

	if (!n) /* the text itself */
		return;
	if (in->file) {
		unsigned off = 0;

		if (!in->found && clang_File_isEqual(f, in->file)) {
			clang_getFileLocation(stack[n - 1], NULL, NULL, NULL, &off);
			in->off = off;
			in->found = true;
		}
		return;
	}
	if (in->out->nfiles == in->cap) {
		size_t cap = in->cap ? in->cap * 2 : 32;
		char **v = realloc(in->out->files, cap * sizeof(*v));

		if (!v)
			return;
		in->out->files = v;
		in->cap = cap;
	}
	s = clang_getFileName(f);
	if (clang_getCString(s) && strcmp(clang_getCString(s), FRONT_PATH) != 0 &&
	    (in->out->files[in->out->nfiles] = strdup(clang_getCString(s))))
		in->out->nfiles++;
	clang_disposeString(s);
}

static void mistakes(struct parse *p, struct ctypes_result *out)
{
	unsigned n = clang_getNumDiagnostics(p->tu);

	for (unsigned i = 0; i < n && out->ndiags < DIAGS_MAX; i++) {
		CXDiagnostic d = clang_getDiagnostic(p->tu, i);
		struct ctypes_diag *cd;
		CXString s = clang_getDiagnosticSpelling(d), name;
		unsigned line = 0, off = 0;
		CXFile file = NULL;

		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error) {
			clang_getExpansionLocation(clang_getDiagnosticLocation(d), &file, &line, NULL, &off);
			/* not isFromMainFile(), which says no inside of a macro */
			bool ours = file && clang_File_isEqual(file, clang_getFile(p->tu, "/gft-script.c"));

			if (!ours || off < p->tail) {
				if (!out->diags)
					out->diags = calloc(DIAGS_MAX, sizeof(*out->diags));
				if (!out->diags)
					break;
				cd = &out->diags[out->ndiags++];
				cd->in_text = ours;
				cd->off = off;
				cd->line = line;
				cd->msg = strdup(clang_getCString(s) ? clang_getCString(s) : "?");
				if (!ours && file) {
					struct inclusions in = { .p = p, .out = out, .file = file };

					clang_getInclusions(p->tu, one_file, &in);
					cd->off = in.off;
					name = clang_getFileName(file);
					cd->file = strdup(clang_getCString(name) ? clang_getCString(name) : "?");
					clang_disposeString(name);
				}
			}
		}
		clang_disposeString(s);
		clang_disposeDiagnostic(d);
	}
}

static void give_up(struct ctypes_result *out, const char *why)
{
	if (!out->diags)
		out->diags = calloc(DIAGS_MAX, sizeof(*out->diags));
	if (out->diags && out->ndiags < DIAGS_MAX)
		out->diags[out->ndiags++] = (struct ctypes_diag){ .in_text = true, .msg = strdup(why) };
}

/* --- the whole ----------------------------------------------------------------------------- */

/* The text, and behind it a variable for each word that may be a macro. */
static char *with_macros(struct parse *p, size_t *len)
{
	struct bytes b = { 0 };

	add(p, &b, p->job->text, p->job->len);
	add(p, &b, "\n", 1);
	p->tail = b.n;
	for (size_t i = 0; i < p->job->nwords; i++) {
		const char *w = p->job->words[i];
		size_t n = strlen(w);

		add(p, &b, "#ifdef ", 7);
		add(p, &b, w, n);
		add(p, &b, "\n__auto_type gft_macro_", 23);
		add(p, &b, w, n);
		add(p, &b, " = ", 3); /* in parentheses text would not be evaluated */
		add(p, &b, w, n);
		add(p, &b, ";\n#endif\n", 9);
	}
	*len = b.n;
	add(p, &b, "", 1);
	return b.p;
}

static void tables(struct parse *p, struct ctypes_result *out)
{
	struct ctypes_head h = { CTYPES_MAGIC, p->ntypes, p->nfields, p->nvalues, p->nnames, (uint32_t)p->str.n };
	struct bytes b = { 0 };

	add(p, &b, &h, sizeof(h));
	add(p, &b, p->types.p, p->types.n);
	add(p, &b, p->fields.p ? p->fields.p : "", p->fields.n);
	add(p, &b, p->values.p ? p->values.p : "", p->values.n);
	add(p, &b, p->names.p ? p->names.p : "", p->names.n);
	add(p, &b, p->str.p, p->str.n);
	if (p->failed) {
		free(b.p);
		give_up(out, "the C text defines more than gft can hold");
		return;
	}
	out->tables = b.p;
	out->len = b.n;
}

static void parse(struct parse *p, struct ctypes_result *out)
{
	/* gnu11 has macros called linux and unix, which are good names for a script's own */
	static const char *const fixed[] = { "-x",	"c",	  "-std=gnu11", "--target=x86_64-linux-gnu",
					     "-Ulinux", "-Uunix", "-w",		"-ferror-limit=20" };
	size_t nfixed = sizeof(fixed) / sizeof(fixed[0]), len = 0;
	const char **args = calloc(nfixed + 2 + p->job->nargs, sizeof(*args));
	char *whole = with_macros(p, &len);
	CXIndex index = clang_createIndex(0, 0);
	struct inclusions in = { .p = p, .out = out };
	enum CXErrorCode e;

	if (!args || !whole || !index || p->failed) {
		give_up(out, "no memory to read the C text");
		goto end;
	}
	memcpy(args, fixed, nfixed * sizeof(*args));
	if (p->job->front) {
		args[nfixed++] = "-include";
		args[nfixed++] = FRONT_PATH;
	}
	for (size_t i = 0; i < p->job->nargs; i++)
		args[nfixed + i] = p->job->args[i];

	struct CXUnsavedFile files[] = { { "/gft-script.c", whole, len },
					 { FRONT_PATH, p->job->front, p->job->front_len } };

	e = clang_parseTranslationUnit2(index, "/gft-script.c", args, (int)(nfixed + p->job->nargs), files,
					p->job->front ? 2 : 1,
					CXTranslationUnit_SkipFunctionBodies | CXTranslationUnit_KeepGoing, &p->tu);
	if (e) {
		give_up(out, e == CXError_Crashed ? "the C parser crashed on this text" : "the C parser gives up");
		goto end;
	}
	clang_getInclusions(p->tu, one_file, &in);
	mistakes(p, out);
	if (!out->ndiags) {
		add(p, &p->str, "", 1); /* offset 0 is no name */
		add_type(p, (struct ctypes_type){ .kind = CT_VOID, .align = 1 });
		clang_visitChildren(clang_getTranslationUnitCursor(p->tu), visit, p);
		read_records(p);
		tables(p, out);
	}
	clang_disposeTranslationUnit(p->tu);
end:
	if (index)
		clang_disposeIndex(index);
	free(args);
	free(whole);
}

__attribute__((visibility("default"))) int gft_ctypes_parse(const struct ctypes_job *job, struct ctypes_result *out);
__attribute__((visibility("default"))) void gft_ctypes_release(struct ctypes_result *r);

int gft_ctypes_parse(const struct ctypes_job *job, struct ctypes_result *out)
{
	struct parse p = { .job = job };

	memset(out, 0, sizeof(*out));
	parse(&p, out);
	free(p.types.p);
	free(p.fields.p);
	free(p.values.p);
	free(p.names.p);
	free(p.str.p);
	free(p.seen);
	free(p.todo);
	free(p.todo_decl);
	return out->tables ? 0 : -1;
}

void gft_ctypes_release(struct ctypes_result *r)
{
	for (size_t i = 0; i < r->ndiags; i++) {
		free((char *)r->diags[i].file);
		free((char *)r->diags[i].msg);
	}
	for (size_t i = 0; i < r->nfiles; i++)
		free(r->files[i]);
	free(r->diags);
	free(r->files);
	free(r->tables);
	memset(r, 0, sizeof(*r));
}
