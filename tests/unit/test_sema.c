/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Semantic analysis: types, names, places, classes of probes, and what is said of mistakes. */
#include "sema_help.h"

/* --- types ------------------------------------------------------------------------------------ */

/* The types of map @m, as messages name them; key "" for a scalar. */
static void map_is(const char *script, const char *key, const char *value)
{
	struct checked c = right(script);
	const struct map *m = map_of(&c, "@m");
	const char *k = m->key ? ty_name(c.a, m->key) : "";

	if (strcmp(k, key) != 0 || strcmp(ty_name(c.a, m->value), value) != 0)
		fail_msg("%s\nexpected [%s] %s, got [%s] %s", script, key, value, k, ty_name(c.a, m->value));
	done(&c);
}

static void test_inference(void **state)
{
	(void)state;
	map_is("begin { @m = 1; }", "", "int8");
	map_is("begin { @m = pid; }", "", "uint32");
	map_is("begin { @m = pid; @m = -1; }", "", "int64");
	map_is("begin { @m = pid; } end { @m = -1; }", "", "int64");
	map_is("begin { @m = true; }", "", "bool");
	map_is("begin { @m = true; @m = 7; }", "", "int8");
	map_is("begin { @m = comm; }", "", "string[16]");
	map_is("begin { @m = comm; } end { @m = \"a text of more than sixteen\"; }", "", "string[28]");
	map_is("begin { @m++; }", "", "int64");
	map_is("begin { @m[pid] += 2; }", "uint32", "int64");
	map_is("begin { @m[pid, comm] = nsecs; }", "(uint32,string[16])", "uint64");
	map_is("begin { @m[1, \"a\"] = 1; @m[2, \"abc\"] = 1; }", "(int8,string[4])", "int8");
	map_is("begin { @m[\"a\"] = 1; } end { @m[comm] = 1; }", "string[16]", "int8");
	map_is("begin { @m = (1, comm); }", "", "(int8,string[16])");
	map_is("begin { @m = (1, (true, \"x\")); }", "", "(int8,(bool,string[2]))");
	map_is("begin { @m = (a = 1, b = comm); }", "", "(a=int8,b=string[16])");
	map_is("begin { @m = (a = true, b = pid); @m = (a = 1, b = -1); }", "", "(a=int8,b=int64)");
	map_is("u:main.add { @m[func] = probe; }", "func_t", "probe_t");
	map_is("u:main.add { @m = fetch(%ax:u8); }", "", "uint8");
	map_is("u:main.add { @m = fetch(%ax:s16); }", "", "int16");
	/* from a use further down, over maps and variables */
	map_is("begin { @m = @other; } end { @other = comm; }", "", "string[16]");
	map_is("begin { @m = @a; } end { @a = @b; } i:s:1 { @b = -1; }", "", "int8");
	map_is("begin { $x = pid; @m = $x; $x = -1; }", "", "int64");
	map_is("begin { @m = pid > 1 ? comm : \"none at all, and long\"; }", "", "string[22]");
	map_is("begin { @m = pid - 1; }", "", "int64");
	map_is("begin { @m = pid / 3; }", "", "uint64");
	map_is("begin { @m = (uint8)pid; }", "", "uint8");
	map_is("begin { @m = nsecs >> 3; }", "", "uint64");
	map_is("begin { @m = 5 > 3 && pid != 1; }", "", "bool");
	/* texts of the script are put together before it runs */
	map_is("begin { @m = \"ab\" + \"cde\"; }", "", "string[6]");
	map_is("begin { @m = \"hello\" + 3; }", "", "string[3]");
	map_is("begin { @m = \"a\" < \"b\"; }", "", "bool");
	map_is("begin { @m = (__builtin_comm, __builtin_pid); }", "", "(string[16],uint32)");
}

static void test_aggregations(void **state)
{
	struct checked c;

	(void)state;
	map_is("begin { @m = count(); }", "", "count_t");
	map_is("u:main.* { @m[func] = sum(arg0); }", "func_t", "usum_t");
	c = right("begin { @m = hist(pid, 3); @l = lhist(pid, 0, 100, 10); @s = min(-1); @u = max(pid); }");
	assert_int_equal(map_of(&c, "@m")->value->bits, 3);
	assert_int_equal(map_of(&c, "@m")->value->size, 8 * ty_hist_buckets(3));
	assert_int_equal(map_of(&c, "@l")->value->size, 12 * 8);
	assert_int_equal(map_of(&c, "@l")->value->step, 10);
	assert_true(map_of(&c, "@s")->value->is_signed);
	assert_false(map_of(&c, "@u")->value->is_signed);
	done(&c);
	/* the sign of what is counted is that of all uses */
	c = right("begin { $x = pid; @h = hist($x); $x = -1; @g = hist(@v); } end { @v = -1; @h = hist(pid); "
		  "@l = lhist(pid, 0, 10, 1); @l = lhist(-1, 0, 10, 1); }");
	assert_true(map_of(&c, "@h")->value->is_signed);
	assert_true(map_of(&c, "@g")->value->is_signed);
	done(&c);
	wrong(1, "begin { @m = count(); @m = sum(1); }",
	      "Type mismatch for @m: trying to assign value of type 'sum_t' when map already has a type 'count_t'",
	      "t:1:9-11: NOTE: @m gets its type here", NULL);
	wrong(1, "begin { @m = hist(pid, 2); @m = hist(pid, 3); }", "Type mismatch", NULL);
	wrong(1, "begin { @m = lhist(pid, 0, 10, 1); @m = lhist(pid, 0, 20, 1); }", "Type mismatch", NULL);
	wrong(1, "begin { @m = count(); @m += 1; }", "@m is an aggregation", NULL);
	wrong(1, "begin { @m = count(); @m++; }", "@m is an aggregation", NULL);
	wrong(1, "begin { $x = count(); }", "a variable can hold", "@name = count()", NULL);
	wrong(1, "begin { count(); }", "must be assigned to a map", NULL);
	wrong(1, "begin { @m = pid ? count() : count(); }", "aggregation", NULL);
	wrong(1, "begin { @m = fetch(count()); }", "cannot be part of an expression", NULL);
	wrong(1, "begin { @m = hist(comm); }", "hist needs a number, not string[16]", NULL);
	wrong(1, "begin { @m = hist(pid, 6); }", "0 to 5", NULL);
	wrong(1, "begin { @m = lhist(pid, 10, 0, 1); }", "min < max", NULL);
	wrong(1, "begin { @m = lhist(pid, 0, 2000, 1); }", "1000 steps", NULL);
	wrong(1, "begin { @m = lhist(pid, 0, tid, 1); }", "plain numbers", NULL);
}

/* bpftrace's rules, see sema_int.c. */
static void test_widths(void **state)
{
	static const struct {
		const char *given, *type; /* what @m is given */
	} rows[] = {
		/* literals: the least signed type; operators on literals are literals */
		{ "127", "int8" },
		{ "128", "int16" },
		{ "-128", "int8" },
		{ "-129", "int16" },
		{ "32768", "int32" },
		{ "2147483648", "int64" },
		{ "9223372036854775807", "int64" },
		{ "9223372036854775808", "uint64" },
		{ "-9223372036854775807 - 1", "int64" },
		{ "100 + 28", "int16" },
		{ "1 << 16", "int32" },
		{ "1 << 63", "uint64" },
		{ "-8 >> 1", "int64" },
		{ "300 - 299", "int8" },
		{ "~0", "uint64" },
		{ "~(-1)", "int8" },
		{ "-7 / 2 * 100", "int16" },
		{ "18446744073709551615 + 1", "uint64" },
		{ "sizeof(uint64)", "int8" },
		/* operators on the rest give 64 bits, signed when one side is, or by '-' */
		{ "(uint8)1 + (uint8)1", "uint64" },
		{ "(uint8)1 + 1", "uint64" },
		{ "(uint8)1 + (-1)", "int64" },
		{ "(uint8)1 - 1", "int64" },
		{ "(int8)1 * (uint64)2", "int64" },
		{ "nsecs & 0xff", "uint64" },
		{ "(uint8)1 >> (int8)1", "int64" },
		{ "~(uint8)1", "uint64" },
		{ "-(int8)1", "int64" },
		{ "(int16)1 < (uint64)2", "bool" },
		{ "true ? (uint8)1 : 300", "uint16" },
		{ "true ? (uint8)1 : -1", "int16" },
		/* several: the least type that holds all */
		{ "1; @m = 300", "int16" },
		{ "(uint8)1; @m = 5", "uint8" },
		{ "5; @m = (uint8)1", "uint8" },
		{ "(uint8)1; @m = 200", "uint16" },
		{ "(uint8)1; @m = -1", "int16" },
		{ "(uint32)1; @m = (int8)1", "int64" },
		{ "(int64)1; @m = (uint32)1", "int64" },
		{ "(uint64)1; @m = (int64)2", "int64" },
		{ "(uint64)1; @m = 2", "uint64" },
		{ "(1, -1); @m = (300, (uint8)1)", "(int16,int16)" },
		/* steps and operators with '=' */
		{ "0; @m++", "int64" },
		{ "(uint8)255; @m++", "uint64" },
		{ "(uint32)1; @m--", "int64" },
		{ "(uint32)5; @m |= 1", "uint64" },
		{ "0; @m += nsecs", "uint64" },
		{ "0; @m -= nsecs", "int64" },
		{ "1; $a = 1; $b = $a + (uint8)2; @m = $b; $a = 2", "uint64" },
		{ "1; $a = 1; $b = $a + (uint8)2; @m = $b; $a = -2", "int64" },
		/* elsewhere */
		{ "1; for ($i : 0..300) { @m = $i; }", "int16" },
		{ "1; for ($i : 0..pid) { @m = $i; }", "uint32" },
		{ "1; for ($i : 0..cpu) { @m = $i; }", "uint64" },
		{ "1; let $d : uint16 = 7; $d++; $d += 5; @m = $d;", "uint16" },
		{ "bswap(0x1234)", "uint16" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), "begin { @m = %s; }", rows[i].given);
		map_is(text, "", rows[i].type);
	}
	map_is("begin { @m += 1; @m += nsecs; } end { $x = (uint8)1; $x = @m; }", "", "int64");
	map_is("begin { @m[1] = 1; @m[(uint8)200] = 1; @m[-1] = 1; }", "int16", "int8");
	map_is("begin { @m[1, 1] = 1; @m[300, pid] = 1; }", "(int16,uint32)", "int8");
	wrong(1, "begin { let $x : uint8 = 300; }", "300 does not fit uint8", NULL);
	wrong(1, "begin { let $x : uint64 = -1; }", "a negative number does not fit uint64", NULL);
	wrong(1, "begin { let $x : int64 = 9223372036854775808; }", "9223372036854775808 does not fit int64", NULL);
}

static void test_conflicts(void **state)
{
	(void)state;
	/* both places are told */
	wrong(1, "begin { @m = 1; }\nend { @m = comm; }",
	      "t:2:7-16: ERROR: Type mismatch for @m: trying to assign value of type "
	      "'string[16]' when map already has a type 'int8'",
	      "t:1:9-11: NOTE: @m gets its type here", NULL);
	wrong(1, "begin { @m[1] = 1; }\nend { @m[comm] = 2; }",
	      "t:2:10-14: ERROR: Argument mismatch for @m: trying to access with arguments: "
	      "'string[16]' when map expects arguments: 'int8'",
	      "t:1:9-14: NOTE: @m is first used here", NULL);
	wrong(1, "begin { @m[1] = 1; @m[1, 2] = 2; }", "arguments: '(int8,int8)' when map expects arguments: 'int8'",
	      NULL);
	wrong(1, "begin { @m[1] = 1; }\nend { @m = 2; }", "@m has keys", "t:1:9-", NULL);
	wrong(1, "begin { @m = 1; }\nend { @m[1] = 2; }", "@m is a single value", "t:1:9-", NULL);
	wrong(1, "begin { $x = 1; $x = comm; }", "value of type 'string[16]' when variable already has a type 'int8'",
	      NULL);
	wrong(1, "begin { $x = comm; $x += 1; }", "$x", NULL);
	wrong(1, "begin { @m = (1, 2); @m = (1, 2, 3); }", "Type mismatch", NULL);
	wrong(1, "begin { @m = (a = 1); @m = (b = 1); }", "Type mismatch", NULL);
	wrong(1, "begin { @m = 1; print(@nosuch + @m); }", "@nosuch is read but never assigned", NULL);
	wrong(1, "begin { let $x; print($x); }", "$x is read but never assigned", NULL);
	wrong(1, "begin { let $x : string = 5; }",
	      "value of type 'int8' when variable already has a type 'string[1024]'", NULL);
	wrong(1, "begin { let $x : uint8 = comm; }",
	      "value of type 'string[16]' when variable already has a type 'uint8'", NULL);
	wrong(1, "begin { if (1) { $x = 1; } print($x); }", "undefined variable $x", "lives in the block", NULL);
	wrong(1, "begin { $count = 1; print($cuont); }", "did you mean $count?", NULL);
	wrong(1, "begin { $x = exit(); }", "a variable can hold", NULL);
	wrong(1, "begin { @m = printf(\"\"); }", "no value that @m can hold", NULL);
	wrong(1, "begin { _ = exit(); }", "no value", NULL);
	wrong(1, "begin { print((1, exit())); }", "cannot be part of a tuple", NULL);
	wrong(1, "begin { @m[exit()] = 1; }", "cannot be a key", NULL);
	wrong(1, "begin { print(1 ? 2 : comm); }", "have 'int8' and 'string[16]'", NULL);
	wrong(1, "begin { $x = 1 + (pid ? exit() : exit()); }", "give no value", NULL);
}

static void test_operators(void **state)
{
	static const char *const bad[] = { "comm + 1",	 "-comm",	   "!(1, 2)",	  "comm < comm", "1 / 0",
					   "5 % 0",	 "func == comm",   "(1, 2) && 1", "(1, 2) + 1",	 "~(1, 2)",
					   "(int8)comm", "*comm",	   "(string)1",	  "pid.x",	 "(1, 2).2",
					   "(a = 1).b",	 "(1, 2) ? 1 : 2", "\"a\" == 1" };
	static const char *const good[] = { "comm == \"x\"",  "1 - 2",
					    "pid ? 1 : 2",    "*arg0",
					    "*(int8 *)arg0",  "(bool)arg0",
					    "(1, comm).1",    "(a = 1, b = 2).b",
					    "-pid",	      "sizeof(uint16)",
					    "arg0 ?: 7",      "reg(\"rsp\")",
					    "!(pid > 1)",     "str(arg0) != comm",
					    "has_key(@x, 1)", "pid()" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "u:main.add { print(%s); }", bad[i]);
		wrong(1, text, ": ERROR: ", NULL);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[128];
		struct checked c;

		snprintf(text, sizeof(text), "u:main.add { @x[1] = 1; print(%s); }", good[i]);
		c = right(text);
		done(&c);
	}
}

/* --- names and where they may stand ----------------------------------------------------------------- */

static void test_names(void **state)
{
	(void)state;
	wrong(1, "begin { print(nsec); }", "unknown name 'nsec'", "did you mean 'nsecs'?", NULL);
	wrong(1, "begin { print(zzzzzzz); }", "unknown name", "variables are written $name", NULL);
	wrong(1, "begin { prinft(\"x\"); }", "unknown function 'prinft'", "did you mean printf()?", NULL);
	wrong(1, "begin { print(count); }", "count is a function", "@map = count()", NULL);
	wrong(1, "u:main.add { print(reg(\"zx\")); }", "unknown register 'zx'", NULL);
	wrong(1, "u:main.add { fetch(+0(%ax):main.Studnt); }", "there is no type main.Studnt", NULL);
	wrong(1, "u:main.addd { }", "no function of ./prog matches main.addd", "main.add", NULL);
	wrong(1, "u:./nosuch:main.add { }", "./nosuch: there is no such file", NULL);
	wrong(1, "t:nosuch:x { }", "no tracepoint matches nosuch:x", NULL);
	wrong(1, "t:sched:sched_switch { print(args.prev_pidd); }", "has no field 'prev_pidd'",
	      "did you mean 'prev_pid'?", NULL);
	wrong(1, "u:main.add { print((uint63)arg0); }", "unknown type 'uint63'", "did you mean 'uint", NULL);
	wrong(1, "config = { max_map_kays = 5 } begin { exit(); }", "did you mean 'max_map_keys'?", NULL);
	map_is("config = { max_map_keys = \"5\"; print_maps_on_exit = \"0\" } begin { @m = config.max_map_keys == 5; }",
	       "", "bool");
	wrong(1, "config = { max_map_keys = \"-5\" } begin { exit(); }", "it must be a number from 1", NULL);
	wrong(1, "i:s:1 { print(kstack(perf, 3, 4)); }", "kstack takes 0 to 2 arguments, not 3", NULL);
	wrong(1, "", "the script has no probe", NULL);
	/* all of them in one run, in the order of the text */
	wrong(4, "begin { print(nosuch1); @m = nosuch2(); }\nend { $x = comm + 1; }\nu:main.nosuch3 { print(goid); }",
	      "nosuch1", "nosuch2", "t:2:12", "nosuch3", NULL);
}

static void test_where(void **state)
{
	static const struct {
		const char *name;
		bool u, ur, begin, timer, tp;
	} t[] = {
		{ "pid", 1, 1, 1, 1, 1 },
		{ "comm", 1, 1, 1, 1, 1 },
		{ "nsecs", 1, 1, 1, 1, 1 },
		{ "probe", 1, 1, 1, 1, 1 },
		{ "func", 1, 1, 1, 1, 1 },
		{ "goid", 1, 1, 0, 1, 1 },
		{ "arg0", 1, 0, 0, 0, 0 },
		{ "arg12", 1, 0, 0, 0, 0 },
		{ "retval", 0, 1, 0, 0, 0 },
		{ "duration", 0, 1, 0, 0, 0 },
		{ "depth", 1, 1, 0, 0, 0 },
		{ "caller", 1, 1, 0, 0, 0 },
		{ "args.a", 1, 0, 0, 0, 0 },
		{ "ret.msg", 0, 1, 0, 0, 0 },
		{ "fetch(%ax)", 1, 1, 0, 0, 0 },
		{ "fetch($arg1)", 1, 0, 0, 0, 0 },
		{ "fetch($retval)", 0, 1, 0, 0, 0 },
		{ "fetch($stack1)", 1, 1, 0, 0, 0 },
		{ "reg(\"ax\")", 1, 1, 0, 1, 0 },
		{ "args.prev_pid", 0, 0, 0, 0, 1 },
	};
	static const char *const probes[] = { "u:main.add", "ur:main.add", "begin", "i:s:1", "t:sched:sched_switch" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const bool ok[] = { t[i].u, t[i].ur, t[i].begin, t[i].timer, t[i].tp };

		for (int k = 0; k < 5; k++) {
			char text[128];
			struct checked c;

			snprintf(text, sizeof(text), "%s { print(%s); }", probes[k], t[i].name);
			c = check(text);
			if (!c.n != ok[k])
				fail_msg("%s: %s", text, c.errors);
			done(&c);
		}
	}
	/* a clause of several probes may use what all of them have */
	wrong(1, "u:main.add, ur:main.add { print(arg0); }", "arg0 has no value in a uretprobe", NULL);
	wrong(1, "u:main.add, begin { print(goid); }", "goid has no value", NULL);
	wrong(1, "u:main.add, begin { print(fetch(%ax)); }", "known in uprobes", NULL);
	wrong(1, "u:main.add, begin { fetch(nsecs); }", "needs a uprobe", NULL);
	wrong(1, "u:main.add, begin { print(args.a); }", "args", NULL);
	wrong(1, "u:main.add, t:sched:sched_switch { print(args.prev_pid); }", "args", NULL);
	wrong(1, "u:main.add, u:./stripped:main.add { print(args.a); }", "several binaries", NULL);
	wrong(1, "u:main.add, u:./stripped:main.add { print(fetch(@main.counter:u64)); }", "several binaries", NULL);
	wrong(1, "ur:main.add { graph(); }", "graph cannot be used in this probe", NULL);
	wrong(1, "u:main.add+4 { graph(); }", "at a function's entry", NULL);
	wrong(1, "begin { graph(); }", "graph", NULL);
	/* tracepoints: what their records have in common */
	wrong(1, "t:sched:sched_switch, t:sched:sched_wakeup { print(args.prev_pid); }", "no field 'prev_pid'", NULL);
	struct checked c = right("t:sched:sched_wak* { print(args.pid); }");

	assert_int_equal(c.p->nplain, 2);
	assert_string_equal(c.p->plain[1].target, "sched:sched_waking");
	done(&c);
	wrong(1, "t:sched:sched_switch { $x = args; }", "name a field", NULL);
	wrong(1, "t:sched:sched_switch { @[args] = 1; }", "no value as a whole", NULL);
}

static void test_printf(void **state)
{
	struct checked c;

	(void)state;
	wrong(1, "begin { printf(\"%d\\n\"); }", "t:1:9", NULL);
	wrong(1, "begin { printf(\"x\", 1); }", "t:1:9", NULL);
	wrong(1, "begin { printf(\"%d\", comm); }", "t:1:9", NULL);
	wrong(1, "begin { printf(\"%q\", 1); }", "t:1:9", NULL);
	wrong(1, "begin { printf(comm); }", "literal", NULL);
	wrong(1, "begin { printf(); }", "printf takes 1 to 128 arguments, not 0", NULL);
	wrong(1, "begin { @m = hist(pid); printf(\"%d\", @m); }", "hist", NULL);
	c = right("u:main.add { printf(\"%s %d %c %p %-5x|%%\\n\", comm, -1, 65, arg0, pid); printf(\"\\n\"); }");
	assert_int_equal(c.p->nevents, 2);
	assert_int_equal(c.p->events[0].nargs, 5);
	assert_int_equal(c.p->events[0].args[0].off, 16);
	assert_int_equal(c.p->events[0].args[1].off, 32);
	assert_int_equal(c.p->events[0].args[4].off, 48);
	assert_int_equal(c.p->events[0].size % 8, 0);
	assert_int_equal(c.p->events[1].size, 16);
	done(&c);
}

/* --- fetch ------------------------------------------------------------------------------------------- */

static void test_fetch_types(void **state)
{
	static const struct {
		const char *arg, *type;
		uint32_t size, align;
	} t[] = {
		{ "%ax:u8", "uint8", 1, 1 },
		{ "%ax:s16", "int16", 2, 2 },
		{ "%ax:x32", "uint32", 4, 4 },
		{ "%ax:u64", "uint64", 8, 8 },
		{ "%ax", "uint64", 8, 8 },
		{ "%ax:bool", "bool", 1, 1 },
		{ "%ax:duration", "int64", 8, 8 },
		{ "%ax:c24", "string[3]", 3, 1 },
		{ "%ax:b3@5/16", "uint16", 2, 2 },
		{ "+0(%ax):f32", "float32", 4, 4 },
		{ "+0(%ax):f64", "float64", 8, 8 },
		{ "+0(%ax):c512", "string[64]", 64, 8 },
		{ "+0(%ax):string", "string[256]", 256, 8 },
		{ "+0(%ax):ustring", "string[256]", 256, 8 },
		{ "+0(%ax):gostring", "string[256]", 256, 8 },
		{ "%ax:gostring", "string[256]", 256, 8 },
		{ "+0(%ax):u16[3]", "uint16[3]", 6, 2 },
		{ "+0(%ax):c64[2]", "string[8][2]", 16, 8 },
		{ "@main.counter+8:s64", "int64", 8, 8 },
		{ "$stack3:u64", "uint64", 8, 8 },
		{ "\\-5:s64", "int64", 8, 8 },
		{ "$arg4:x16", "uint16", 2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char text[128];
		struct checked c;
		const struct gft_type *ty;

		snprintf(text, sizeof(text), "u:main.add { graph(); fetch(v = %s); }", t[i].arg);
		c = right(text);
		assert_int_equal(c.p->clauses[0].nitems, 1);
		assert_string_equal(c.p->clauses[0].items[0]->name, "v");
		ty = c.p->clauses[0].items[0]->type;
		if (strcmp(ty_name(c.a, ty), t[i].type) != 0 || ty->size != t[i].size || ty->align != t[i].align)
			fail_msg("%s: %s, size %u, align %u", t[i].arg, ty_name(c.a, ty), ty->size, ty->align);
		done(&c);
	}
	wrong(1, "u:main.add { fetch(%ax:string); }", "text lies in memory", "+0(%ax):string", NULL);
	wrong(1, "u:main.add { fetch(%r11:gostring); }", "text lies in memory", NULL); /* no register follows */
	wrong(1, "u:main.add { fetch(%ax:c128); }", "8 characters at most", NULL);
	wrong(1, "u:main.add { fetch(%r10:slice); }", "several words", NULL);
	wrong(1, "u:main.add { fetch(%ax:u8[4]); }", "not in a register", NULL);
	wrong(1, "u:main.add { fetch(+0(%ax):string[4]); }", "arrays of strings", NULL);
	wrong(1, "u:main.add { fetch(+0(%ax):c512[64]); }", "too long", NULL);
	wrong(1, "u:main.add { fetch(@main.nosuch:u64); }", "./prog has no symbol main.nosuch", NULL);
	wrong(1, "u:main.add { $x = fetch(%ax, %bx); }", "one value in an expression, not 2", NULL);
	wrong(1, "u:main.add { fetch(); }", "at least one value", NULL);
}

static void test_slots(void **state)
{
	struct checked c = right("u:main.add { fetch(%ax:u8, n = %bx:u64); if (arg0 > 1) { fetch(comm); } }");
	const struct clause_info *ci = &c.p->clauses[0];

	(void)state;
	assert_int_equal(ci->nitems, 3);
	assert_string_equal(ci->items[0]->name, "arg1");
	assert_string_equal(ci->items[1]->name, "n");
	assert_string_equal(ci->items[2]->name, "arg3");
	assert_int_equal(ci->items[2]->slot, 2);
	done(&c);
	wrong(1, "u:main.add { fetch((1, 2)); }", "cannot be put onto a graph line", NULL);
}

/* --- values by name ------------------------------------------------------------------------------------ */

/* Where the value of the only print() comes from. */
static struct go_access by_name(const char *script)
{
	struct checked c = right(script);
	const struct expr *e = c.p->clauses[0].clause->block->first->e->args[0];
	struct go_access a;

	assert_non_null(e->go);
	a = *e->go;
	a.type = NULL;
	done(&c);
	return a;
}

static void test_by_name(void **state)
{
	struct go_access a;

	(void)state;
	a = by_name("u:main.add { print(args.a); }");
	assert_int_equal(a.words, 1);
	assert_int_equal(a.word[0].base, FA_REG);
	assert_int_equal(a.word[0].reg, FR_AX);
	assert_int_equal(a.word[0].nderef, 0);
	a = by_name("u:main.add { print(args.s); }");
	assert_int_equal(a.words, 2);
	assert_int_equal(a.word[0].reg, FR_BX);
	assert_int_equal(a.word[1].reg, FR_CX);
	a = by_name("u:main.add { print(args.ok); }");
	assert_int_equal(a.word[0].reg, FR_DI);
	assert_int_equal(a.word[0].type.kind, FT_BOOL);
	a = by_name("ur:main.add { print(ret.0); }");
	assert_int_equal(a.word[0].reg, FR_AX);
	a = by_name("ur:main.add { print(ret.1); }");
	assert_int_equal(a.words, 2);
	a = by_name("ur:main.add { print(ret.msg); }");
	assert_int_equal(a.words, 2);
	/* on the stack, and parts of it */
	a = by_name("u:main.addBig { print(args.v.age); }");
	assert_int_equal(a.word[0].base, FA_STACK);
	assert_int_equal(a.word[0].nderef, 1);
	assert_int_equal(a.word[0].offs[0], 8 + 16);
	a = by_name("u:main.addBig { print(args.v.name); }");
	assert_int_equal(a.word[0].offs[0], 8);
	assert_int_equal(a.word[1].offs[0], 16);
	/* pointers are followed */
	a = by_name("u:main.walk { print(args.n.student.age); }");
	assert_int_equal(a.word[0].base, FA_REG);
	assert_int_equal(a.word[0].reg, FR_AX);
	assert_int_equal(a.word[0].nderef, 2);
	assert_int_equal(a.word[0].offs[0], 8);
	assert_int_equal(a.word[0].offs[1], 16);
	a = by_name("u:main.walk { print(args.n.student.name); }");
	assert_int_equal(a.word[1].offs[1], 8);
	a = by_name("u:main.walk { print(args.small); }");
	assert_int_equal(a.word[0].type.bits, 8);
	wrong(1, "u:main.add { print(args.b); }", "main.add has no argument 'b'", "it has a, s, ok, f", NULL);
	wrong(1, "ur:main.add { print(ret.5); }", "no result '5'", NULL);
	wrong(1, "u:main.add { @ = args.f; }", "main.add", NULL); /* a float, in a vector register */
	wrong(1, "u:main.addBig { @ = args.v; }", "cannot be used in an expression", "take a field", NULL);
	wrong(1, "u:main.addBig { print(args.v.agee); }", "no field 'agee'", "did you mean 'age'?", NULL);
	wrong(1, "u:main.add { print(args.a.x); }", "no field 'x'", NULL);
	wrong(1, "ur:main.add { print(args.a); }", "arguments are gone at the exit", NULL);
	wrong(1, "u:main.add { print(ret.0); }", "no result at the entry", NULL);
	wrong(1, "u:main.main { print(args.x); }", "main.main: nothing is known", "fetch(n = %ax:s64)", NULL);
	wrong(1, "u:./stripped:main.add { print(args.a); }", "nothing is known", NULL);
	/* in ax of one, on the stack of the other */
	wrong(1, "u:main.add,main.addBig { @ = args.a; }", "this lies at another place", "main.add",
	      "give each its own clause", NULL);
	wrong(1, "u:./stripped:main.add { graph(args); }", "needs DWARF", NULL);
	wrong(1, "u:./c:work { graph(args); }", "needs DWARF", NULL);
}

/* --- classes --------------------------------------------------------------------------------------------- */

static void classes_are(const char *script, const char *want)
{
	struct checked c = right(script);
	struct buf b = BUF_INIT;

	for (uint32_t i = 0; i < c.p->nclasses; i++) {
		const struct prog_class *k = &c.p->classes[i];

		buf_printf(&b, "%s%s%s%s", b.len ? "; " : "",
			   k->role == SITE_ENTRY  ? "entry"
			   : k->role == SITE_EXIT ? "exit"
						  : "place",
			   k->graph ? " graph" : "", k->frames ? " frames" : "");
		for (uint32_t j = 0; j < k->nclauses; j++)
			buf_printf(&b, " %u", k->clauses[j]);
		buf_putc(&b, ':');
		for (uint32_t j = 0; j < k->nplaces; j++) {
			if (k->places[j].func == META_NO_FUNC)
				buf_printf(&b, " 0x%llx", (unsigned long long)k->places[j].addr);
			else
				buf_printf(&b, " %s", bins[k->binary].funcs[k->places[j].func].name);
		}
	}
	if (strcmp(buf_str(&b), want) != 0)
		fail_msg("%s\nexpected %s\n     got %s", script, want, buf_str(&b));
	buf_free(&b);
	done(&c);
}

static void test_unwound(void **state)
{
	static const char *const ok[] = {
		"ur:main.add { @[unwound] = count(); }",
		"ur:main.add / !unwound / { print(retval); }",
		"ur:main.add / pid && !unwound && retval / { print(caller); }",
		"ur:main.add / unwound == 0 / { print(ret); fetch(%ax); }",
		"ur:main.add { if (unwound) { return; } print(retval); }",
		"ur:main.add { if (!unwound) { print(retval); } else { @ = count(); } }",
		"ur:main.add { if (unwound || pid == 1) { @ = count(); } else { print(retval); } }",
		"ur:main.add { $x = unwound ? 0 : retval; print($x); }",
		"ur:main.add { print(unwound != 1 ? retval : 2); }",
		"ur:main.add { print(unwound || retval); }",
		"ur:main.add { if (unwound) { @ = count(); } else { { return; } } print(duration); }",
		"ur:main.add { @[unwound] = count(); } ur:main.add { print(retval); }",
	};
	static const char *const bad[] = {
		"ur:main.add { @[unwound] = count(); print(retval); }",
		"ur:main.add / unwound / { print(retval); }",
		"ur:main.add / !unwound || retval / { @ = count(); }",
		"ur:main.add { if (unwound) { @ = count(); } print(retval); }",
		"ur:main.add { if (!unwound) { @ = count(); } else { print(retval); } }",
		"ur:main.add { if (!unwound) { return; } print(retval); }",
		"ur:main.add { if (unwound) { if (pid) { return; } } print(retval); }",
		"ur:main.add { print(unwound ? retval : 0); }",
		"ur:main.add { if (unwound != 0) { print(retval); } }",
		"ur:main.add { if (!unwound) { @ = count(); return; } else { @ = count(); } print(retval); }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ok) / sizeof(ok[0]); i++) {
		struct checked c = right(ok[i]);

		done(&c);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		wrong(1, bad[i], "retval: there is no exit when a panic removed the call", "behind !unwound", NULL);
	wrong(1, "ur:main.add { @[unwound, caller] = count(); }", "caller: there is no exit", NULL);
	wrong(1, "ur:main.add { @[unwound, ustack] = count(); }", "ustack(): there is no exit", NULL);
	wrong(1, "ur:main.add / unwound / { print(ret); }", "print(): there is no exit", NULL);
	wrong(1, "ur:main.add / unwound / { fetch(%ax); }", "fetch(): there is no exit", NULL);
	wrong(1, "f:vfs_read { print(reg(\"ip\")); }", "reg: f:vfs_read is called as a function is", NULL);
	wrong(1, "fr:vfs_read { print(reg(\"ip\")); }", "has no registers", NULL);
	wrong(1, "ur:main.add / unwound / { print(reg(\"ax\")); }", "reg(): there is no exit", NULL);
	wrong(1, "u:main.add { print(unwound); }", "unwound has no value in a uprobe", NULL);
}

static void test_classes(void **state)
{
	(void)state;
	classes_are("u:main.add { @ = count(); }", "entry 0: main.add");
	classes_are("u:main.add,main.main { @ = count(); }", "entry 0: main.add main.main");
	/* equal lists of clauses share a program */
	classes_are("u:main.add* { @ = count(); } u:main.add { @ = count(); } u:main.addBig { @ = count(); }",
		    "entry 0 1: main.add; entry 0 2: main.addBig");
	classes_are("u:main.add { @ = count(); } u:main.main { @ = count(); } u:main.add,main.main { @ = count(); }",
		    "entry 0 2: main.add; entry 1 2: main.main");
	classes_are("u:main.*,!main.add*,!main.asm { @ = count(); }", "entry 0: main.main main.walk");
	classes_are("u:main.add, ur:main.add { @ = count(); }", "entry 0: main.add; exit 0: main.add");
	/* named twice in one clause: run once */
	classes_are("u:main.add, u:main.add { @ = count(); }", "entry 0: main.add");
	/* graphs need both halves, of functions without a clause of their own too */
	classes_are("u:main.add { graph(); }", "entry graph 0: main.add; exit graph: main.add");
	classes_are("u:main.add { graph(); } u:main.main {}",
		    "entry graph 0: main.add; entry graph 1: main.main; exit graph: main.add main.main");
	classes_are("u:main.add", "entry graph 0: main.add; exit graph: main.add");
	classes_are("u:main.main { graph(); } ur:main.add { @ = count(); }",
		    "entry graph: main.add; entry graph 0: main.main; exit graph 1: main.add; exit graph: main.main");
	/* frames: entries of what measures */
	classes_are("ur:main.add { @ = hist(duration); }", "entry frames: main.add; exit frames 0: main.add");
	/* entries differ where what runs for removed calls does */
	classes_are("ur:main.add* { @ = hist(duration); } ur:main.addBig { @u[unwound] = count(); }",
		    "entry frames: main.add; entry frames: main.addBig; exit frames 0: main.add; "
		    "exit frames 0 1: main.addBig");
	/* places; assembly has another way to pass arguments, so a program of its own */
	classes_are("u:main.add+8 { @ = count(); }", "place 0: 0x1008");
	classes_are("u:0x1004 { @ = count(); }", "place 0: 0x1004");
	classes_are("u:@main.go:7 { @ = count(); }", "place 0: 0x1010 0x1110");
	classes_are("u:main.add,main.asm { @ = count(); }", "entry 0: main.add; entry 0: main.asm");
	classes_are("u:main.add { @ = count(); } u:./c:work { @ = count(); }", "entry 0: main.add; entry 1: work");
	wrong(1, "u:main.add+3 { }", "inside of an instruction", NULL);
	wrong(1, "u:main.add+64 { }", "outside of main.add, which has 64 bytes", NULL);
	wrong(1, "ur:main.add+4 { }", "takes a function, not an address", NULL);
	wrong(1, "u:@main.go:8 { }", "no code at main.go:8", NULL);
}

static void test_graph_options(void **state)
{
	struct checked c = right("u:main.add { graph(min = 10ms, depth = 3, limit = 100, args, ret); } u:main.main");

	(void)state;
	assert_int_equal(c.p->ngraphs, 2);
	assert_int_equal(c.p->graphs[0].min_ns, 10000000);
	assert_int_equal(c.p->graphs[0].depth, 3);
	assert_int_equal(c.p->graphs[0].limit, 100);
	assert_true(c.p->graphs[0].flags & GRAPH_ARGS && c.p->graphs[0].flags & GRAPH_RET);
	assert_int_equal(c.p->graphs[1].min_ns, 0);
	assert_true(c.p->capture_args && c.p->capture_ret);
	assert_true(c.p->classes[0].capture);
	done(&c);
	wrong(1, "u:main.add { graph(dpeth = 3); }", "no option 'dpeth'", "did you mean 'depth'?", NULL);
	wrong(1, "u:main.add { graph(5); }", "named options", NULL);
	wrong(1, "u:main.add { graph(min = nsecs); }", "known when the script starts", NULL);
	wrong(1, "u:main.add { graph(min = -1); }", "must be a number", NULL);
}

static void test_calls(void **state)
{
	(void)state;
	wrong(1, "begin { exit(1, 2); }", "exit takes 0 to 1 arguments, not 2", NULL);
	wrong(1, "begin { exit(comm); }", "must be a number", NULL);
	wrong(1, "begin { print(1, 2); }", "whole map only", NULL);
	wrong(1, "begin { @m = 1; clear(@m[1]); }", "whole map", NULL);
	wrong(1, "begin { clear(5); }", "needs a map", NULL);
	wrong(1, "begin { @m[1] = 1; print(has_key(@m)); }", "a map and a key", NULL);
	wrong(1, "begin { @m[1] = 1; delete(@m[1], 1); }", "given twice", NULL);
	wrong(1, "begin { @m[1, 2] = 1; print(has_key(@m, 1, 2) + 1); }", "1 to 2 arguments, not 3", NULL);
	wrong(1, "begin { time(comm); }", "literal", NULL);
	wrong(1, "begin { exit(status = 1); }", "no named arguments", NULL);
	wrong(1, "u:main.add { print(str(arg0, 0)); }", "at least 1", NULL);
	wrong(1, "u:main.add { print(buf((uint8[4])pid, 5)); }", "1 to 4", NULL);
	wrong(1, "u:main.add { print(str(arg0, comm)); }", "length must be a number", NULL);
	wrong(1, "u:main.add { print(str((1, 2))); }", "needs a pointer", NULL);
	wrong(1, "begin { unroll (0) { } }", "unroll", NULL);
	wrong(1, "begin { break; }", "outside of a loop", NULL);
	wrong(1, "begin { let $x = 1; if (1) { let $x = 2; } }", "declared already", "here", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inference),    cmocka_unit_test(test_widths),
		cmocka_unit_test(test_aggregations), cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_operators),    cmocka_unit_test(test_names),
		cmocka_unit_test(test_where),	     cmocka_unit_test(test_printf),
		cmocka_unit_test(test_fetch_types),  cmocka_unit_test(test_slots),
		cmocka_unit_test(test_by_name),	     cmocka_unit_test(test_classes),
		cmocka_unit_test(test_unwound),	     cmocka_unit_test(test_graph_options),
		cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
