/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The tree of every kind of statement and expression, clauses, and what stands around them. */
#include "script_help.h"

static void test_literal_lines(void **state)
{
	(void)state;
	script_is("u:main.add < fetch(+8(%ax):s64); graph(); >",
		  "clause(uprobe main.add, block(expression(fetch(+8(%ax):s64)), expression(call graph)))");
	script_is("u:main.add { fetch(+8(%ax):s64); graph(); }",
		  "clause(uprobe main.add, block(expression(fetch(+8(%ax):s64)), expression(call graph)))");
	script_is("u:main.* { graph(); } u:fmt.Print* {}",
		  "clause(uprobe main.*, block(expression(call graph))), clause(uprobe fmt.Print*, block)");
	script_is("u:main.add { graph(); } u:main.* {} u:fmt.Print* {}",
		  "clause(uprobe main.add, block(expression(call graph))), clause(uprobe main.*, block), "
		  "clause(uprobe fmt.Print*, block)");
}

static void test_clauses(void **state)
{
	(void)state;
	script_is("", "");
	script_is(" // nothing\n/* at all */", "");
	script_is("u:f", "clause(uprobe f, no block)");
	script_is("u:f u:g\nu:h {}", "clause(uprobe f, no block), clause(uprobe g, no block), clause(uprobe h, block)");
	script_is("u:f, ur:g, {}", "clause(uprobe f, uretprobe g, block)");
	script_is("u:f /a/", "clause(uprobe f, predicate(name a), no block)");
	script_is("u:f /a/\nu:g /b/ {}",
		  "clause(uprobe f, predicate(name a), no block), clause(uprobe g, predicate(name b), block)");
	script_is("#!/usr/bin/env gft\nu:f {}", "clause(uprobe f, block)");
	script_is("begin{} ; end{};", "clause(begin, block), clause(end, block)");
}

static void test_predicates(void **state)
{
	(void)state;
	script_is("begin /10/5 == 2/ {}", "clause(begin, predicate(binary ==(binary /(int 10, int 5), int 2)), block)");
	script_is("begin/pred/{}", "clause(begin, predicate(name pred), block)");
	script_is("begin /a/ /* c */ // d\n {}", "clause(begin, predicate(name a), block)");
	script_is("begin /a / b/ < >", "clause(begin, predicate(binary /(name a, name b)), block)");
	script_is("begin /* no predicate */ {}", "clause(begin, block)");
	script_is("begin /@start[goid]/ {}", "clause(begin, predicate(map @start(name goid)), block)");
	script_is("ur:f / ret.err == nil / { graph_drop(); }", "clause(uretprobe f, predicate(binary ==(field err(name "
							       "ret), name nil)), block(expression(call graph_drop)))");
	script_is("begin /a < b && c > d/ {}",
		  "clause(begin, predicate(binary &&(binary <(name a, name b), binary >(name c, name d))), block)");
}

/* As one statement of a block. */
static void stmt_is(const char *text, const char *tree)
{
	struct buf s = BUF_INIT, t = BUF_INIT;

	buf_printf(&s, "u:f { %s }", text);
	buf_printf(&t, "clause(uprobe f, block(%s))", tree);
	script_is(buf_str(&s), buf_str(&t));
	buf_free(&s);
	buf_free(&t);
}

static void test_statements(void **state)
{
	(void)state;
	stmt_is("a;", "expression(name a)");
	stmt_is("a", "value(name a)");
	stmt_is("$x = 1;", "assign =(variable $x, int 1)");
	stmt_is("@ = 1;", "assign =(map @, int 1)");
	stmt_is("@m[1] = 2", "assign =(map @m(int 1), int 2)");
	stmt_is("@m[1, a] = 2;", "assign =(map @m(tuple(int 1, name a)), int 2)");
	stmt_is("@m[(1, a)] = 2;", "assign =(map @m(tuple(int 1, name a)), int 2)");
	stmt_is("$x += 1; $x -= 1; $x *= 1; $x /= 1; $x %= 1;",
		"assign +=(variable $x, int 1), assign -=(variable $x, int 1), assign *=(variable $x, int 1), "
		"assign /=(variable $x, int 1), assign %=(variable $x, int 1)");
	stmt_is("$x &= 1; $x |= 1; $x ^= 1; $x <<= 1; $x >>= 1;",
		"assign &=(variable $x, int 1), assign |=(variable $x, int 1), assign ^=(variable $x, int 1), "
		"assign <<=(variable $x, int 1), assign >>=(variable $x, int 1)");
	stmt_is("@n[a] += 2;", "assign +=(map @n(name a), int 2)");
	stmt_is("let $x;", "let(variable $x)");
	stmt_is("let $x = 1;", "let(variable $x, int 1)");
	stmt_is("let $x : uint8;", "let(variable $x, type uint8)");
	stmt_is("let $x : struct a * = p;", "let(variable $x, type struct a*, name p)");
	stmt_is("let $x : typeof(a);", "let(variable $x, type typeof(name a))");
	stmt_is("let $x : string[64];", "let(variable $x, type string[64])");
	stmt_is("_ = f();", "discard(call f)");
	stmt_is("if (a) { b; }", "if(name a, expression(name b))");
	stmt_is("if (a) {} else if (b) {} else { c; }", "if(name a), else(if(name b), else(expression(name c)))");
	stmt_is("unroll (3) { a; }", "unroll(int 3, expression(name a))");
	stmt_is("unroll (1..5) {}", "unroll(int 4)");
	stmt_is("unroll (1..$n) {}", "unroll(binary -(variable $n, int 1))");
	stmt_is("while (a) { break; continue; }", "while(name a, break, continue)");
	stmt_is("for ($k : @m) { a; }", "for map(variable $k, map @m, expression(name a))");
	stmt_is("for ($i : 0..5) {}", "for range(variable $i, int 0, int 5)");
	stmt_is("for ($i:0..@m[5]) {}", "for range(variable $i, int 0, map @m(int 5))");
	stmt_is("for ($i : (-3)..(1+2)) {}", "for range(variable $i, unary -(int 3), binary +(int 1, int 2))");
	stmt_is("return;", "return");
	stmt_is("return 1;", "return(int 1)");
	stmt_is("{ a; }", "block(expression(name a))");
	script_is("u:f { ;; }", "clause(uprobe f, block)");
}

static void test_blocks(void **state)
{
	(void)state;
	script_is("u:f < if (a > b) < x(); > { y() } z(); >",
		  "clause(uprobe f, block(if(binary >(name a, name b), expression(call x)), block(value(call y)), "
		  "expression(call z)))");
	script_is("u:f { < a; > b }", "clause(uprobe f, block(block(expression(name a)), value(name b)))");
	script_is("u:f < > u:g < < > >", "clause(uprobe f, block), clause(uprobe g, block(block))");
	stmt_is("if (1) {} $x = 1; unroll(2) {} { } a",
		"if(int 1), assign =(variable $x, int 1), unroll(int 2), block, value(name a)");
	stmt_is("$x = { $y = 1; $y + 1 };", "assign =(variable $x, block value(assign =(variable $y, int 1), "
					    "value(binary +(variable $y, int 1))))");
	stmt_is("print({ 1 });", "expression(call print(block value(value(int 1))))");
	stmt_is("$x = if (a) { 1 } else { 2 };",
		"assign =(variable $x, if value(name a, value(int 1)), else(value(int 2)))");
	stmt_is("$x = if (a) { 1 } else if (b) { 2 } else { 3 } + 1;",
		"assign =(variable $x, binary +(if value(name a, value(int 1)), else(value(if value(name b, value(int "
		"2)), "
		"else(value(int 3)))), int 1))");
	/* the blocks inside of a condition without a parenthesis do not end it */
	stmt_is("if !({ $a = 1; $a }) { b; }",
		"if(unary !(block value(assign =(variable $a, int 1), value(variable $a))), expression(name b))");
	stmt_is("while !(if a { 1 } else { 2 }) { b; }",
		"while(unary !(if value(name a, value(int 1)), else(value(int 2))), expression(name b))");
}

/* Fully parenthesised. */
static void show(struct buf *b, const struct expr *e)
{
	switch (e->kind) {
	case EX_INT: buf_printf(b, "%llu", (unsigned long long)e->ival); break;
	case EX_VAR:
	case EX_IDENT: buf_puts(b, e->name); break;
	case EX_MAP:
		buf_puts(b, e->name);
		if (e->nargs) {
			buf_putc(b, '[');
			show(b, e->args[0]);
			buf_putc(b, ']');
		}
		break;
	case EX_UNARY:
		buf_printf(b, "(%s", op_text(e->op));
		show(b, e->a);
		buf_putc(b, ')');
		break;
	case EX_INCDEC:
		buf_puts(b, e->postfix ? "(" : e->op == OP_ADD ? "(++" : "(--");
		show(b, e->a);
		buf_puts(b, !e->postfix ? ")" : e->op == OP_ADD ? "++)" : "--)");
		break;
	case EX_BINARY:
		buf_putc(b, '(');
		show(b, e->a);
		buf_puts(b, op_text(e->op));
		show(b, e->b);
		buf_putc(b, ')');
		break;
	case EX_TERNARY:
		buf_putc(b, '(');
		show(b, e->a);
		buf_putc(b, '?');
		if (e->b)
			show(b, e->b);
		buf_putc(b, ':');
		show(b, e->c);
		buf_putc(b, ')');
		break;
	case EX_CAST:
		buf_printf(b, "<%s>", e->spec->name);
		show(b, e->a);
		break;
	case EX_FIELD:
		buf_putc(b, '(');
		show(b, e->a);
		buf_printf(b, "%s%s)", e->arrow ? "->" : ".", e->name);
		break;
	case EX_TUPIDX:
		buf_putc(b, '(');
		show(b, e->a);
		buf_printf(b, ".%llu)", (unsigned long long)e->ival);
		break;
	case EX_INDEX:
		buf_putc(b, '(');
		show(b, e->a);
		buf_putc(b, '[');
		show(b, e->b);
		buf_puts(b, "])");
		break;
	case EX_CALL: buf_printf(b, "%s()", e->name); break;
	default: fail_msg("kind %d", e->kind);
	}
}

static void test_precedence(void **state)
{
	static const char *const t[][2] = {
		{ "1+2*3", "(1+(2*3))" },
		{ "1*2+3", "((1*2)+3)" },
		{ "(1+2)*3", "((1+2)*3)" },
		{ "1-2-3", "((1-2)-3)" },
		{ "8/4/2", "((8/4)/2)" },
		{ "1+2<<3-4", "((1+2)<<(3-4))" },
		{ "a<b==c>d", "((a<b)==(c>d))" },
		{ "a<=b!=c>=d", "((a<=b)!=(c>=d))" },
		{ "a&b==c", "(a&(b==c))" },
		{ "a|b^c&d", "(a|(b^(c&d)))" },
		{ "a||b&&c|d", "(a||(b&&(c|d)))" },
		{ "a&&b||c&&d", "((a&&b)||(c&&d))" },
		{ "a?b:c?d:e", "(a?b:(c?d:e))" },
		{ "a?b?c:d:e", "(a?(b?c:d):e)" },
		{ "a||b?c:d+1", "((a||b)?c:(d+1))" },
		{ "a?:b", "(a?:b)" },
		{ "a ? : $b", "(a?:$b)" },
		{ "a?:b?:c", "(a?:(b?:c))" },
		{ "a?b:c", "(a?b:c)" },
		{ "-a*b", "((-a)*b)" },
		{ "!a==b", "((!a)==b)" },
		{ "~a&b", "((~a)&b)" },
		{ "- -a", "(-(-a))" },
		{ "*$p.x", "(*($p.x))" },
		{ "&$v", "(&$v)" },
		{ "&@m", "(&@m)" },
		{ "-$x++", "(-($x++))" },
		{ "++$x + $y--", "((++$x)+($y--))" },
		{ "--@m[1]", "(--@m[1])" },
		{ "@m[1]++ > 2", "((@m[1]++)>2)" },
		{ "@m[1][0]", "(@m[1][0])" },
		{ "@m.x", "(@m.x)" },
		{ "$p[1].x->y", "((($p[1]).x)->y)" },
		{ "$t.0.1", "(($t.0).1)" },
		{ "a.b.0.c", "(((a.b).0).c)" },
		{ "f().x", "(f().x)" },
		{ "(uint8)a+b", "(<uint8>a+b)" },
		{ "(uint8)a.b", "<uint8>(a.b)" },
		{ "-(int8)a", "(-<int8>a)" },
		{ "(int8)-a", "<int8>(-a)" },
		{ "(my_t)$x", "<my_t>$x" },
		{ "(foo)(a+b)", "<foo>(a+b)" },
		{ "(pid)*tid", "(pid*tid)" },
		{ "(pid)-1", "(pid-1)" },
		{ "(unsigned long)a", "<unsigned long>a" },
		{ "(size_t)a", "<size_t>a" },
		{ "1e6/10ms", "(1000000/10000000)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct buf text = BUF_INIT, got = BUF_INIT;
		struct script s;

		buf_printf(&text, "begin { $r = %s; }", t[i][0]);
		s = script_parse(buf_str(&text));
		if (s.nerrors)
			fail_msg("%s", s.errors);
		show(&got, s.ast->clauses->block->first->e);
		if (strcmp(buf_str(&got), t[i][1]) != 0)
			fail_msg("%s: %s, not %s", t[i][0], buf_str(&got), t[i][1]);
		buf_free(&text);
		buf_free(&got);
		script_free(&s);
	}
}

static void test_expressions(void **state)
{
	(void)state;
	stmt_is("f();", "expression(call f)");
	stmt_is("f(1, \"a\", $x);", "expression(call f(int 1, string \"a\", variable $x))");
	stmt_is("graph(min = 10ms, depth = 5, args, ret);",
		"expression(call graph(min =, int 10000000, depth =, int 5, name args, name ret))");
	stmt_is("();", "expression(tuple)");
	stmt_is("(a,);", "expression(tuple(name a))");
	stmt_is("(a, b,);", "expression(tuple(name a, name b))");
	stmt_is("(a, (b, c));", "expression(tuple(name a, tuple(name b, name c)))");
	stmt_is("(x = 1, y = \"s\");", "expression(record(x =, int 1, y =, string \"s\"))");
	stmt_is("(x == 1);", "expression(binary ==(name x, int 1))");
	stmt_is("sizeof(uint8); sizeof(struct a); sizeof($x);",
		"expression(sizeof(type uint8)), expression(sizeof(type struct a)), expression(sizeof(variable $x))");
	stmt_is("offsetof(struct a, b.c); offsetof($x, a);",
		"expression(offsetof b.c(type struct a)), expression(offsetof a(variable $x))");
	/* words of the language are names of fields there */
	stmt_is("offsetof(struct a, unroll); offsetof($x, let.if); if (offsetof(*$x, while)) { }",
		"expression(offsetof unroll(type struct a)), expression(offsetof let.if(variable $x)), "
		"if(offsetof while(unary *(variable $x)))");
	stmt_is("(int8*[4][])a;", "expression(cast(type int8*[4][], name a))");
	stmt_is("(enum e)1;", "expression(cast(type enum e, int 1))");
	stmt_is("(typeof(uint8))1;", "expression(cast(type uint8, int 1))");
	stmt_is("true; false;", "expression(true), expression(false)");
	stmt_is("$1; $2; $3; $#;",
		"expression(parameter 7), expression(parameter \"main.x\"), expression(parameter 0), expression($#)");
	stmt_is("a.if; a.config; a->fetch; a.count; a.pid; a.let;",
		"expression(field if(name a)), expression(field config(name a)), expression(field fetch(name a)), "
		"expression(field count(name a)), expression(field pid(name a)), expression(field let(name a))");
	stmt_is("18446744073709551615;", "expression(int 18446744073709551615)");
}

static void test_around(void **state)
{
	(void)state;
	script_is("config = { a = 1; b = x; c = \"y\"; d = true } begin {}",
		  "config a(int 1), config b(name x), config c(string \"y\"), config d(true), clause(begin, block)");
	script_is("config = { a = 1; }", "config a(int 1)");
	script_is("config = { }", "");
	script_is("let @a = hash(10); let @b = lruhash(5) begin {}",
		  "map @a hash 10, map @b lruhash 5, clause(begin, block)");
	script_is("import \"a.h\"; import \"b\"; begin {}", "import \"a.h\", import \"b\", clause(begin, block)");
	script_is("macro us(t) { (nsecs - t) / 1000 } macro z(a, $b, @c) { $b = 1; a }",
		  "macro us(name t, block(value(binary /(binary -(name nsecs, name t), int 1000)))), "
		  "macro z(name a, variable $b, map @c, block(assign =(variable $b, int 1), value(name a)))");
	script_is("#include <a.h>\n#define X 1\nstruct s { int a; };\nbegin {}",
		  "definition \"#include <a.h>\", definition \"#define X 1\", definition \"struct s { int a; };\", "
		  "clause(begin, block)");
	script_is("%{ int f(void) { return 1; } %}", "code \" int f(void) { return 1; } \"");
}

/* Each of sixty idioms that users of such tracers know. */
static void test_idioms(void **state)
{
	static const char *const t[] = {
		"uprobe:B:*",
		"t:sched:*sched*",
		"uprobe:B:f",
		"begin { printf(\"hello world\\n\"); }",
		"begin { printf(\"%-8s %-6s %s\\n\", \"TIME\", \"PID\", \"NAME\"); }",
		"uprobe:B:f { printf(\"%s %d\\n\", comm, pid); }",
		"uprobe:B:f { printf(\"%s\\n\", str(arg0)); }",
		"uprobe:B:f { printf(\"%d %s\\n\", args.n, args.name); }",
		"uprobe:B:f { print(args); }",
		"uprobe:B:f { @[comm] = count(); }",
		"uprobe:B:f { @ = count(); } interval:s:1 { print(@); clear(@); }",
		"uprobe:B:f* { @[probe] = count(); } uprobe:B:g* { @[func] = count(); }",
		"u:f interval:s:5 { exit(); }",
		"uprobe:B:f { @start[tid] = nsecs; } uretprobe:B:f /@start[tid]/ { @ns = hist(nsecs - @start[tid]); "
		"delete(@start, tid); }",
		"ur:f { @us[func] = hist((nsecs - @start[tid]) / 1000); }",
		"ur:f { @ = lhist($d / 1e6, 0, 100, 5) }",
		"ur:f { @s[func] = stats($d); @a = avg($d); @b = min($d); @c = max($d); @e = sum($d); }",
		"uretprobe:B:f { @[retval] = count(); }",
		"uretprobe:B:f /retval != 0/ { print(retval); }",
		"uretprobe:B:f { @bytes = hist(retval); }",
		"uprobe:B:f /pid == 1234/ {} u:f /pid == cpid/ {}",
		"uprobe:B:f /pid == $1/ {}",
		"u:f /comm == \"srv\"/ {} u:f /str(arg0) == \"x\"/ {}",
		"u:f /strncmp(str(arg0), \"GET\", 3) == 0/ {} u:f /strcontains(str(arg0), \"x\")/ {}",
		"uprobe:B:f { @[ustack] = count(); }",
		"uprobe:B:f { @[ustack(5)] = count(); @[ustack(perf)] = count(); }",
		"uprobe:B:f { printf(\"%s\\n\", ustack); }",
		"profile:hz:99 /pid == 7/ { @[ustack] = count(); }",
		"profile:hz:99 { @[comm] = count(); @[tid] = count(); @cpu = lhist(cpu, 0, 64, 1); }",
		"tracepoint:sched:sched_switch { @[ustack] = count(); }",
		"t:sched:sched_switch { @t[args.prev_pid] = nsecs; $n = args.next_pid; if (@t[$n]) { @us = hist((nsecs "
		"- @t[$n])/1000); "
		"delete(@t, $n); } }",
		"t:sched:sched_wakeup { @q[args.pid] = nsecs; }",
		"tracepoint:syscalls:sys_enter_openat { printf(\"%s %s\\n\", comm, str(args.filename)); }",
		"tracepoint:raw_syscalls:sys_enter /comm == \"x\"/ { @[args.id] = count(); "
		"print(syscall_name(args.id)); }",
		"tracepoint:syscalls:sys_exit_read /pid == 7/ { @ = hist(args.ret); }",
		"tracepoint:syscalls:sys_enter_* { @[probe] = count(); }",
		"software:faults:1 { @[comm] = count(); } software:cs:1000 {}",
		"i:s:1 { print(@, 10); clear(@); }",
		"i:s:1 { print(@, 10, 1000); }",
		"u:f { time(\"%H:%M:%S  \"); }",
		"u:f { print(strftime(\"%H:%M:%S.%f\", nsecs)); }",
		"u:f { printf(\"%-8d\", elapsed / 1e6) }",
		"u:f { @a[pid, comm] = count(); @[comm, func] = count(); }",
		"u:f { @[tid] = (nsecs, arg0); } ur:f { $s = @[tid]; print($s.0); print($s.1); }",
		"u:f { @fn[tid] = str(arg0); } ur:f { print(@fn[tid]); }",
		"u:f { if (has_key(@start, tid)) {} if (find(@start, tid, $ts)) {} }",
		"end { clear(@start); } config = { print_maps_on_exit=0 }",
		"end { for ($kv : @m) { printf(\"%s %d\\n\", $kv.0, $kv.1); } }",
		"u:f { for ($i : 0..5) {} unroll(5) {} }",
		"struct T { struct { int b; } a; } u:f { $p = (struct T *)arg0; printf(\"%d\", $p.a.b); }",
		"u:f { printf(\"%s\", str($p.name, $p.len)); }",
		"u:f { printf(\"%r\", buf(arg1, arg2)); }",
		"u:f { $x = arg0 > 10 ? \"big\" : \"small\"; @[$x] = count() }",
		"u:f { @depth[tid]++; printf(\"%*s\", @depth[tid], \"\"); } ur:f { @depth[tid]--; }",
		"u:f { if (@n++ > 100) { exit(); } }",
		"u:f { print(usym(arg2)); print(usym(*reg(\"sp\"))); }",
		"u:f { print(uaddr(\"main.counter\")); print(*uaddr(\"x\")); }",
		"config = { missing_probes = ignore; max_strlen = 200 } begin {}",
		"macro us(t) { (nsecs - t) / 1000 } u:f { print(us(@s)); }",
		"begin { print(getopt(\"min\", 10, \"descr\")); }",
		"#!/usr/bin/env gft\nself:signal:SIGUSR1 { print(@); system(\"x\"); signal(SIGSTOP); }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		script_is(t[i], NULL);
}

/* Depth is an error, never the end of the stack; length is none. */
static void test_limits(void **state)
{
	static const struct {
		const char *head, *open, *mid, *close, *tail;
		unsigned n;
		bool fine;
	} t[] = {
		{ "begin { $x = ", "(", "1", ")", "; }", 150, true },
		{ "begin { $x = ", "(", "1", ")", "; }", 100000, false },
		{ "begin ", "{", "", "}", "", 150, true },
		{ "begin ", "{", "", "}", "", 100000, false },
		{ "begin ", "<", "", ">", "", 100000, false },
		{ "begin { $x = ", "{", "1", "}", "; }", 100000, false },
		{ "begin { $x = ", "1+", "1", "", "; }", 150, true },
		{ "begin { $x = ", "1+", "1", "", "; }", 100000, false },
		{ "begin { $x = ", "- ", "1", "", "; }", 100000, false },
		{ "begin { $x = ", "!", "1", "", "; }", 100000, false },
		{ "begin { $x = ", "a?b:", "1", "", "; }", 100000, false },
		{ "begin { $x", "[1]", "", "", "; }", 100000, false },
		{ "begin { a", ".b", "", "", "; }", 100000, false },
		{ "begin { ", "(int8)", "1", "", "; }", 100000, false },
		{ "begin { ", "f(", "1", ")", "; }", 100000, false },
		{ "begin { ", "fetch(", "1", ")", "; }", 100000, false },
		{ "begin { ", "sizeof(", "1", ")", "; }", 100000, false },
		{ "begin { if (a) {} ", "else if (a) {} ", "", "", "}", 20000, false },
		{ "begin { $x = if (a) {} ", "else if (a) {} ", "else {}", "", "; }", 20000, false },
		{ "begin { (", "1,", "1", "", "); }", 50000, true },
		{ "begin { f(1", ", 1", "", "", "); }", 50000, true },
		{ "begin { ", "$x = 1; ", "", "", "}", 50000, true },
		{ "", "u:f {} ", "", "", "", 50000, true },
		{ "", "u:f ", "", "", "", 50000, true },
		{ "begin { (int", "*", "", "", ")1; }", 50000, true },
		{ "begin { offsetof(x, ", "a.", "a", "", "); }", 100000, false },
		{ "begin { (", "long ", "long", "", ")1; }", 100000, false },
		{ "", "begin { fetch(@a } ", "", "", "", 50000, false },
		{ "", "begin { fetch(%ax:a.P[ } ", "", "", "", 40000, false },
		{ "config = { ", "a = 1; ", "", "", "}", 50000, true },
		{ "", "import \"a\"; ", "", "", "", 50000, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct buf b = BUF_INIT;
		struct script s;

		buf_puts(&b, t[i].head);
		for (unsigned k = 0; k < t[i].n; k++)
			buf_puts(&b, t[i].open);
		buf_puts(&b, t[i].mid);
		for (unsigned k = 0; k < t[i].n; k++)
			buf_puts(&b, t[i].close);
		buf_puts(&b, t[i].tail);
		s = script_parse(buf_str(&b));
		if ((s.nerrors == 0) != t[i].fine)
			fail_msg("%s %s x %u: %zu errors: %.300s", t[i].head, t[i].open, t[i].n, s.nerrors, s.errors);
		script_free(&s);
		buf_free(&b);
	}
}

static void test_size(void **state)
{
	struct buf b = BUF_INIT;
	struct script s;

	(void)state;
	buf_puts(&b, "begin {} ");
	buf_pad(&b, ' ', (1u << 20) - b.len);
	s = script_parse(buf_str(&b));
	assert_int_equal(s.nerrors, 0);
	script_free(&s);
	buf_putc(&b, ' ');
	s = script_parse(buf_str(&b));
	assert_int_equal(s.nerrors, 1);
	assert_non_null(strstr(s.errors, "at most 1 MiB"));
	assert_null(s.ast->clauses);
	script_free(&s);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literal_lines), cmocka_unit_test(test_clauses), cmocka_unit_test(test_predicates),
		cmocka_unit_test(test_statements),    cmocka_unit_test(test_blocks),  cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_expressions),   cmocka_unit_test(test_around),  cmocka_unit_test(test_idioms),
		cmocka_unit_test(test_limits),	      cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
