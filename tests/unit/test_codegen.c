/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The C of checked programs, and what the running half is told of them. */
#include "sema_help.h"

/* The C of a script holds each of the words (NULL-ended); a word that begins with '-' stands nowhere in it. */
static void c_has(const char *script, ...)
{
	struct checked c = made(script);
	const char *w;
	va_list ap;

	va_start(ap, script);
	while ((w = va_arg(ap, const char *)))
		if (*w == '-' ? strstr(c.gen.text, w + 1) != NULL : !strstr(c.gen.text, w))
			fail_msg("%s\n%s: %s\n%s", script, *w == '-' ? "should not have" : "no", w, c.gen.text);
	va_end(ap);
	assert_null(strstr(c.gen.text, "#error"));
	done(&c);
}

static void test_needs(void **state)
{
	struct checked c = made("u:main.* { @[func] = count(); }");
	const struct gft_meta *m = c.gen.meta;

	(void)state;
	/* counting pays for nothing else */
	assert_false(m->needs.graph || m->needs.frames || m->needs.goroutine || m->needs.ring);
	assert_int_equal(m->nprogs, 2); /* assembly is one of its own */
	for (uint32_t i = 0; i < m->nprogs; i++) {
		assert_int_equal(m->progs[i].role, SITE_ENTRY);
		assert_false(m->progs[i].want_args || m->progs[i].want_sp || m->progs[i].uses_regs);
	}
	assert_int_equal(m->nmaps, 1);
	assert_true(m->maps[0].percpu);
	assert_string_equal(m->maps[0].name, "@");
	done(&c);
	c_has("u:main.* { @[func] = count(); }", "-gft_goroutine(", "-gft/ring.h", "-gft/graph.h", "-gft_lookup",
	      "__sync_fetch_and_add((__u64 *)row, 1)", "BPF_MAP_TYPE_PERCPU_HASH", NULL);

	c = made("u:main.add { @[goid] = arg0; }");
	m = c.gen.meta;
	assert_true(m->needs.goroutine);
	assert_false(m->needs.ring || m->needs.graph || m->needs.frames);
	assert_int_equal(m->nprogs, 1);
	assert_true(m->progs[0].want_args);
	assert_false(m->maps[0].percpu);
	done(&c);

	c = made("u:main.add { print(caller); }");
	m = c.gen.meta;
	assert_true(m->needs.ring && m->progs[0].want_sp);
	assert_false(m->needs.graph || m->needs.frames);
	done(&c);

	c = made("ur:main.add { @ = hist(duration); }");
	m = c.gen.meta;
	assert_true(m->needs.frames && m->needs.goroutine);
	assert_false(m->needs.graph || m->needs.ring);
	assert_int_equal(m->nprogs, 4); /* entry, exit, the end of goroutines, recovered panics */
	assert_true(m->progs[2].internal && m->progs[3].internal);
	assert_string_equal(m->progs[2].name, "gft_goexit_0");
	assert_string_equal(m->progs[3].name, "gft_deferreturn_0");
	done(&c);
	c_has("ur:main.add { @ = hist(duration); }", "gft_frames_push(&c)", "gft_frames_pop(&c)", "if (c.matched)",
	      "#define GFT_FRAMES 1", "-GFT_WANT_GRAPH", NULL);

	c = made("begin { exit(); }");
	m = c.gen.meta;
	assert_int_equal(m->nprogs, 1);
	assert_int_equal(m->progs[0].kind, MP_BEGIN);
	assert_false(m->needs.goroutine || m->needs.graph);
	done(&c);

	/* C has no goroutines, and no hook on their end */
	c = made("u:./c:work { graph(); }");
	m = c.gen.meta;
	assert_true(m->needs.graph);
	assert_int_equal(m->nprogs, 2);
	done(&c);
	c_has("u:./c:work { graph(); }", "GFT_ABI_SYSV", "-gft_goexit", NULL);
}

static void test_graph(void **state)
{
	struct checked c = made("u:main.add { fetch(n = %ax:s64, t = +0(%bx):gostring, c = comm); graph(min = 1ms); }\n"
				"u:main.main {}");
	const struct gft_meta *m = c.gen.meta;
	const struct meta_prog *add = &m->progs[0];

	(void)state;
	assert_true(m->needs.graph && m->needs.ring && m->needs.goroutine);
	assert_int_equal(m->ngraphs, 1);
	assert_int_equal(m->graphs[0].min_ns, 1000000);
	assert_int_equal(m->nprogs, 5);
	assert_int_equal(add->payload.n, 3);
	assert_string_equal(add->payload.fields[0].name, "n");
	assert_int_equal(add->payload.fields[0].off, 16);
	assert_int_equal(add->payload.fields[1].off, 24);
	assert_int_equal(add->payload.fields[2].off, 24 + 256);
	assert_int_equal(add->payload.size, 24 + 256 + 16);
	assert_int_equal(add->capture_off, 0);
	assert_int_equal(m->progs[1].payload.size, 0);
	assert_true(add->want_args && add->want_sp);
	done(&c);
	c_has("u:main.add { graph(); }", "#define GFT_WANT_GRAPH 1", "c->graph = 1;", "gft_graph_entry(&c, 0)",
	      "gft_graph_exit(&c, 0)", "gft_goexit_0", "gft_check_root(&c, true)", NULL);
	c_has("u:main.add { fetch(%ax:u8); graph(); }", "struct gft_fetch_0 {", "f->present |= 0x1ULL",
	      "gft_payload_0(&c", "gft_reg(c, ax)", NULL);
	c_has("u:main.asm { graph(); }", "GFT_ABI_GO_STACK", "#define GFT_WANT_TLS 1", NULL);
	c = made("u:main.add { graph(args, ret); }");
	m = c.gen.meta;
	assert_true(m->site_plans);
	assert_int_equal(m->progs[0].capture_off, 16);
	assert_true(m->progs[1].capture_off != 0);
	done(&c);
	/* values of a script without graphs go nowhere */
	c = made("u:main.add { fetch(%ax:u8); }");
	assert_int_equal(c.gen.meta->progs[0].payload.size, 0);
	assert_false(c.gen.meta->needs.ring);
	done(&c);
}

static void test_fetch(void **state)
{
	(void)state;
	c_has("u:main.add { @m = fetch(+16(+8(%bx)):u32); }", "gft_reg(c, bx)", "gft_load(&at1, at1 + 8LL)",
	      "at1 += 16LL", "bpf_probe_read_user((char *)&x", NULL);
	c_has("u:main.add { @m = fetch((*+8(%bx)):u32); }", "gft_load(&at1, at1 + 8LL)", "-at1 += ", NULL);
	c_has("u:main.add { @m = fetch(@main.counter+8:u64); }", "0x5008ULL + gft_bias(c)", "#define GFT_WANT_BIAS 1",
	      NULL);
	c_has("u:main.add { @m = fetch($stack2:u64); }", "gft_word(gft_reg_sp(c) + 16)", NULL);
	c_has("u:main.add { @m = fetch($arg3:u64); }", "gft_arg(c, c->abi, 2)", NULL);
	c_has("ur:main.add { @m = fetch($retval:u64); }", "gft_retval(c)", NULL);
	c_has("u:main.add { @m = fetch(%ax:b3@5/8); }", ">> 5) & 0x7ULL", NULL);
	c_has("u:main.add { @m = fetch(%ax:bool); }", "!= 0", NULL);
	/* a short text in a long text's place: no more is read than it has */
	c_has("u:main.add { @m = fetch(+0(%ax):c64); @m = \"a text of more than eight\"; }",
	      "bpf_probe_read_user(t0, 8,", "-bpf_probe_read_user(t0, 26", NULL);
	c_has("u:main.add { print(args.s); }", "gft_reg(c, bx)", "gft_reg(c, cx)", "gft_tail_text(", NULL);
	c_has("u:main.walk { print(args.n.student.age); }", "gft_load(&at", "+ 8LL)", "+= 16LL", NULL);
}

static void test_expressions(void **state)
{
	(void)state;
	/* the sign of the operation is that of the operands */
	c_has("u:main.add { @m = arg0 / 3; }", "((__u64)gft_arg(c, c->abi, 0) / (__u64)3LL)", NULL);
	c_has("u:main.add { @m = (int64)arg0 / 3; }", "gft_sdiv(", NULL);
	c_has("u:main.add { @m = arg0 % arg1; }", "gft_umod(", NULL);
	c_has("u:main.add { @m = (int32)arg0 < 5; }", "((__s64)((__s32)gft_arg(c, c->abi, 0)) < (__s64)5LL)", NULL);
	c_has("u:main.add { @m = arg0 < 5; }", "((__u64)gft_arg(c, c->abi, 0) < (__u64)5LL)", NULL);
	c_has("u:main.add { @m = arg0 << arg1; }", "& 63)", NULL);
	c_has("u:main.add { @m = (int8)arg0 >> 2; }", "((__s64)((__u64)((__s8)gft_arg(c, c->abi, 0)) >> (2LL & 63)))",
	      NULL);
	/* the right side of && runs only when the left is true: the lookup stands inside */
	c_has("u:main.add { if (arg0 > 1 && @x++ > 3) { exit(); } }", "&& ", "({ __u32 k", "gft_row(&m0_x", NULL);
	c_has("u:main.add { print(comm == \"x\"); }", "gft_str_eq(", NULL);
	c_has("u:main.add { print(arg0 > 1 ? comm : \"none\"); }", "if (((__u64)", "} else {", NULL);
	c_has("u:main.add { @m[1] = 1; if (has_key(@m, 1)) { delete(@m, 1); } }", "bpf_map_lookup_elem(&m0_m",
	      "barrier_var(", "bpf_map_delete_elem(&m0_m", NULL);
	c_has("u:main.add { $x = 5; $x += 2; $x /= 3; @m = $x++; }", "v_x_0 = ((__s64)((__u64)v_x_0 + (__u64)2LL))",
	      "gft_sdiv(v_x_0, 3LL)", "((__s64)((v_x_0 += 1) - 1))", NULL);
	c_has("u:main.add { @m[pid, comm] = (a = 1, b = comm).a; }", "gft_comm(", "aligned(8)", NULL);
	/* what the script names must not end a comment or a string */
	c_has("u:\"main.add\" { print(\"a\\\"b\\\\\\n?\?/\"); }", "a\\\"b\\\\\\012\\077\\077/", NULL);
	c_has("t:sched:sched_switch { @m[args.prev_pid] = args.prev_comm; }", "*(u32 *)(%1 + 24)", "gft_chars_kernel(",
	      NULL);
	c_has("u:main.add { arg0 > 1 ? printf(\"a\") : printf(\"b\"); }", "gft_event(c, 0,", "gft_event(c, 1,",
	      "} else {", NULL);
}

static void test_statements(void **state)
{
	struct checked c;
	const struct gft_meta *m;

	(void)state;
	c_has("u:main.add { if (arg0) { @a = 1; } else if (arg1) { @b = 2; } else { @c = 3; } }",
	      "if (gft_arg(c, c->abi, 0))", "else\n", NULL);
	c_has("u:main.add { unroll (3) { @a++; if (@a > 2) { break; } } }", "< 3;", "break;", NULL);
	c_has("u:main.add / arg0 > 1 / { exit(5); }", "if (!((__u64)", "return;", NULL);
	c_has("u:main.add { @a = sum(arg0); @b = min(arg0); @c = max((int8)arg0); @d = hist(arg0, 2); "
	      "@e = lhist(arg0, -10, 10, 2); @f = stats(1); @g = avg(1); }",
	      "gft_agg_sum(row,", "gft_agg_min(row, gft_arg(c, c->abi, 0), 0)", "gft_agg_max(row, ((__s8)gft_arg",
	      ", 1);", "gft_agg_hist(row, gft_arg(c, c->abi, 0), 0, 2,", ", -10LL, 10LL, 2ULL, 12)", "gft_zero_row[",
	      NULL);
	c_has("u:main.add { @a = 5; @a += 2; @a -= 1; @a *= 2; @a >>= 1; }", "bpf_map_update_elem(&m0_a",
	      "__sync_fetch_and_add(p, (__u64)2LL)", "0 - (__u64)1LL", "*p = ((__s64)((__u64)*p * (__u64)2LL))",
	      "(1LL & 63)", NULL);

	c = made("begin { printf(\"%s %d\\n\", comm, -1); print(@m, 3); print(@m[1]); clear(@m); zero(@m); time(); "
		 "exit(2); "
		 "@m[1] = count(); print((1, comm)); }");
	m = c.gen.meta;
	assert_int_equal(m->nevents, 8);
	assert_int_equal(m->events[0].kind, EV_PRINTF);
	assert_string_equal(m->events[0].fmt, "%s %d\n");
	assert_int_equal(m->events[0].nargs, 2);
	assert_int_equal(m->events[0].args[1].off, 32);
	assert_int_equal(m->events[1].kind, EV_PRINT_MAP);
	assert_int_equal(m->events[1].map, 0);
	assert_int_equal(m->events[2].kind, EV_PRINT_KEY);
	assert_int_equal(m->events[3].kind, EV_CLEAR);
	assert_int_equal(m->events[4].kind, EV_ZERO);
	assert_int_equal(m->events[5].kind, EV_TIME);
	assert_string_equal(m->events[5].fmt, "%H:%M:%S\n");
	assert_int_equal(m->events[6].kind, EV_EXIT);
	assert_int_equal(m->events[7].kind, EV_PRINT);
	done(&c);
}

/* For kernels that refuse the loop: the compiler repeats what stands in it, and break leaves it as before. */
static void test_no_loops(void **state)
{
	struct checked c = right("u:main.add { unroll (3) { @a++; unroll (2) { @b++; } if (@a > 2) { break; } } }");
	const char *inner;

	(void)state;
	c.p->no_loops = true;
	codegen(c.p, &c.gen);
	inner = strstr(c.gen.text, "unroll(full)");
	assert_non_null(inner);
	assert_non_null(strstr(inner + 1, "unroll(full)"));
	assert_null(strstr(c.gen.text, "barrier_var(i"));
	assert_non_null(strstr(c.gen.text, "break;"));
	done(&c);
}

static void test_maps(void **state)
{
	struct checked c =
		made("config = { max_map_keys = 77 } begin { @a = 1; @b[pid] = comm; @ccccccccccccccccccccc[1] = "
		     "hist(pid); exit(); }");
	const struct gft_meta *m = c.gen.meta;

	(void)state;
	assert_int_equal(m->nmaps, 3);
	assert_null(m->maps[0].key);
	assert_int_equal(m->maps[0].max_entries, 1);
	assert_int_equal(m->maps[1].max_entries, 77);
	assert_int_equal(m->maps[1].key->size, 4);
	assert_int_equal(m->maps[1].value->size, 16);
	assert_true(m->maps[2].percpu);
	/* the kernel's names have 15 characters */
	assert_true(strlen(m->maps[2].bpf_name) <= 15);
	assert_int_equal(m->config.max_map_keys, 77);
	done(&c);
}

static void test_plain_probes(void **state)
{
	struct checked c = made("begin { @ = 1; } end { @ = 2; } i:ms:5 { @ = 3; } profile:hz:99 { @ = 4; } "
				"t:sched:sched_wak* { @ = 5; }");
	const struct gft_meta *m = c.gen.meta;
	static const enum meta_prog_kind kinds[] = { MP_BEGIN,	 MP_END,	MP_INTERVAL,
						     MP_PROFILE, MP_TRACEPOINT, MP_TRACEPOINT };

	(void)state;
	assert_int_equal(m->nprogs, 6);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(m->progs[i].kind, kinds[i]);
		assert_int_equal(m->progs[i].probe_id, TY_PROBE_STATIC + i);
	}
	assert_int_equal(m->progs[2].period, 5000000);
	assert_int_equal(m->progs[3].freq, 99);
	assert_string_equal(m->progs[5].target, "sched:sched_waking");
	assert_int_equal(m->nprobe_names, 6);
	done(&c);
}

/* The same text for the same script, wherever its functions lie. */
static void test_pure(void **state)
{
	static const char script[] =
		"u:main.add { fetch(%ax:s64); graph(); } ur:main.* { @[func, comm] = hist(duration); }";
	struct checked a = made(script), b = made(script);

	(void)state;
	assert_string_equal(a.gen.text, b.gen.text);
	assert_null(strstr(a.gen.text, "0x1000"));
	done(&a);
	done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needs),	   cmocka_unit_test(test_graph),
		cmocka_unit_test(test_fetch),	   cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_statements), cmocka_unit_test(test_no_loops),
		cmocka_unit_test(test_maps),	   cmocka_unit_test(test_plain_probes),
		cmocka_unit_test(test_pure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
