# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What scripts can say, on a real kernel; the rest of the language is in the golden tests."""

import re

from gft import CALLS, Gft, NothingLeft, Skip, Target, build, cbuild, check, gft, go_newest, go_versions
import tree

COMMAND = ("-c", "./examples/bin/calls -n 3 -sleep 20ms")


def script(text, *args, command=COMMAND):
    with NothingLeft():
        return gft("-q", *args, "-e", text, *command).ok()


def maps(out):
    """{"@x[a]": "3"} of the lines that maps were printed as."""
    return dict(re.findall(r"^(@\w*(?:\[[^]]*\])?): (.*)$", out, re.M))


def says(r, *lines):
    """These lines are in the output, in this order; the target's own are left out."""
    mine = [s for s in r.out.split("\n") if s and not s.startswith("student: ")]
    check(mine == list(lines), "other lines than expected", r)


def test_count():
    r = script("u:main.add* { @ = count(); }")
    check(maps(r.out) == {"@": "9"}, "three rounds of three calls", r)


def test_count_by_function():
    r = script("u:main.*,u:fmt.Printf { @[func] = count(); }")
    check(maps(r.out) == {"@[main.main]": "1", "@[main.doSomething]": "3", "@[main.add]": "3", "@[main.add1]": "3",
                          "@[main.add3]": "3", "@[main.minus]": "3", "@[main.(*Student).String]": "3",
                          "@[fmt.Printf]": "3"}, "counts", r)


def test_count_at_exit():
    r = script("ur:main.add* { @[func] = count(); }")
    check(maps(r.out) == {"@[main.add]": "3", "@[main.add1]": "3", "@[main.add3]": "3"}, "counts", r)


def test_printf():
    r = script(r'u:main.add { printf("%s %d %s\n", func, fetch(+8(%ax):s64), comm); }')
    says(r, "main.add 2 calls", "main.add 4 calls", "main.add 6 calls")


def test_printf_widths():
    r = script(r'begin { printf("[%5d] [%-5d] [%05d] [%x] [%s] [%%]\n", 42, 42, 42, 255, "text"); }', command=())
    says(r, "[   42] [42   ] [00042] [ff] [text] [%]")


def test_print():
    r = script('u:main.add { print(arg0 != 0); print("x"); print(7); exit(); }')
    check(re.search(r"^(true|1)\nx\n7$", r.out, re.M), "values", r)


def test_numbers_wrap():
    r = script("begin { @n = (int32)-2147483648; @three = (int64)3; }"
               "begin { let $d : int32 = @n; $d--; print($d); $d %= (int32)@three; print($d); exit(); }", command=())
    says(r, "2147483647", "1", "@n: -2147483648", "@three: 3")


def test_names_of_fields_are_no_macros():
    r = script("macro size(s) { strlen(s) } go:malloc { @ = max(args.size); } begin { exit(); }")
    check(r.status == 0, "args.size is the event's own", r)


def test_print_map():
    r = script("u:main.add { @[func] = count(); } end { print(@); clear(@); }")
    check(r.out.count("@[main.add]: 3") == 1, "printed once, by the script", r)


def test_arguments():
    """add1 gets 1, 2 in the first round; add3 the same, and gives 6."""
    r = script(r'u:main.add1 { printf("%d %d %d\n", arg0, arg1, reg("bx")); } ur:main.add3 { printf("= %d\n", retval); }')
    says(r, "1 2 2", "= 6", "2 4 4", "= 9", "3 6 6", "= 12")


def test_arguments_of_old_go():
    r = script(r'u:main.add1 { printf("%d %d\n", arg0, arg1); }',
               command=("-c", f"{build('calls', (go_versions() or [go_newest()])[0])} -n 2 -sleep 10ms"))
    says(r, "1 2", "2 4")


def test_predicate():
    r = script(r'u:main.add1 / arg1 > 2 && arg1 != 6 / { printf("%d\n", arg1); }')
    says(r, "4")


def test_if_else():
    r = script(r'u:main.add1 { if (arg1 == 2) { printf("two\n"); } else if (arg1 == 4) { printf("four\n"); } '
               r'else { printf("more\n"); } }')
    says(r, "two", "four", "more")


def test_arithmetic():
    r = script(r'begin { $a = 17; $b = 5; printf("%d %d %d %d %d\n", $a + $b, $a - $b, $a * $b, $a / $b, $a % $b); '
               r'printf("%d %d %d\n", $a & $b, $a | $b, $a ^ $b); printf("%d %d\n", 1 << 4, 256 >> 2); '
               r'printf("%d %d %d\n", $a > $b, $a <= $b, !($a == $b)); printf("%d\n", 2 + 3 * 4 - 10 / 2); }',
               command=())
    says(r, "22 12 85 3 2", "1 21 20", "16 64", "1 0 1", "9")


def test_comparison_in_angle_block():
    r = script(r'u:main.add1 < if (arg1 > 2) { printf("%d\n", arg1); } >')
    says(r, "4", "6")


def test_variables_and_maps():
    r = script(r'u:main.add1 { $sum = arg0 + arg1; @total = @total + $sum; @by[arg0, func] = $sum; @last = $sum; }')
    # bpftrace writes the parts of a key as "1, x"
    check(maps(r.out) == {"@total": "18", "@last": "9", "@by[1, main.add1]": "3", "@by[2, main.add1]": "6",
                          "@by[3, main.add1]": "9"}, "maps", r)


def test_duration():
    r = script(r'ur:main.doSomething { printf("%d\n", duration); }')
    found = [int(s) for s in re.findall(r"^(\d+)$", r.out, re.M)]
    check(len(found) == 3 and all(20e6 < d < 500e6 for d in found), "durations of a function that sleeps 20 ms", r)


def test_slow_script():
    with Target(CALLS, "-sleep", "600ms"):
        r = gft("-q", "examples/slow.gft", "./examples/bin/calls").ok()
    check(len(re.findall(r"^\d+ +main\.doSomething +6\d\d$", r.out, re.M)) == 3, "three slow calls", r)


def test_latency_script():
    r = gft("-q", "examples/latency.gft", *COMMAND).ok()
    m = maps(r.out)
    check(m.get("@calls[main.add]") == "3", "calls", r)
    check(60_000 < int(m["@total_us[main.doSomething]"]) < 1_000_000, "total", r)
    check(20_000 < int(m["@worst_us[main.doSomething]"]) < 500_000, "worst", r)


def test_other_scripts():
    r = gft("-q", "examples/tree.gft", *COMMAND).ok()
    trees = tree.parse(r.out, [])
    check([t.name for t in trees] == ["main.doSomething"] * 3, "trees", r)
    check("age=37" in r.out.replace(" ", ""), "the student's age", r)
    r = gft("-q", "examples/count.gft", *COMMAND).ok()
    check(maps(r.out).get("@[main.add]") == "3", "counts", r)


def test_identity():
    with Target(CALLS, "-sleep", "20ms") as target:
        with Gft("-q", "-e", r'u:main.add { printf("%d %s %d %d\n", pid, comm, goid, tid > 0); }', CALLS) as g:
            g.until(r"\n", 2)
            r = g.stop()
    check(set(r.out.split("\n")[:2]) == {f"{target.pid} calls 1 1"}, "pid, comm, goid", r)


def test_depth_and_caller():
    r = script(r'u:main.add { graph(); } u:main.add3 { printf("%d %s\n", depth, caller); }')
    check(len(re.findall(r"^1 main\.add1\+\d+", r.out, re.M)) == 3, "depth and caller of add3", r)


def test_probe_name():
    r = script("u:main.add { @[probe] = count(); }")
    (key,) = maps(r.out)
    check(re.fullmatch(r"@\[(u|uprobe):.*main\.add\]", key), "name of the probe", r)


def test_begin_and_end():
    r = script(r'begin { printf("first\n"); } u:main.add { @n = count(); } end { printf("last\n"); }')
    says(r, "first", "last", "@n: 3")


def test_interval():
    r = script(r'interval:ms:100 { @n = @n + 1; printf("tick\n"); if (@n == 3) { exit(); } }', command=())
    check(r.out.startswith("tick\ntick\ntick\n"), "ticks", r)


def test_nsecs():
    r = script(r'u:main.add { if (@t > 0) { printf("%d\n", (nsecs - @t) / 1000000); } @t = nsecs; }')
    found = [int(s) for s in re.findall(r"^(\d+)$", r.out, re.M)]
    check(len(found) == 2 and all(20 <= ms < 500 for ms in found), "milliseconds between rounds", r)


def test_tracepoint():
    r = gft("-q", "-e", "tracepoint:sched:sched_switch { @ = count(); } interval:ms:500 { exit(); }")
    if r.status == 1 and re.search("tracepoint|kernel", r.err):
        raise Skip("no tracepoints here: " + r.err.strip().split("\n")[0])
    check(r.status == 0 and int(maps(r.out)["@"]) > 0, "count", r)


def test_fetch_types():
    """Every width of the same bytes: the second field of Pair is 2."""
    r = script("u:main.add { fetch(a = +0(%ax):s64, b = +8(%ax):u8, c = +8(%ax):x16, d = 8(%ax):u32, e = %ax:x64, "
               "f = +0(+0(%ax)):u64, g = +8(%ax):u8[4], h = $arg1, i = %sp); graph(); }",
               command=("-c", "./examples/bin/calls -n 1 -sleep 20ms"))
    (t,) = tree.parse(r.out, [])
    v = t.values()
    check(list(v) == list("abcdefghi"), "names, in order", t.line)
    check((v["a"], v["b"], v["c"], v["d"]) == ("1", "2", "0x2", "2"), "values", t.line)
    check(re.fullmatch(r"0xc0[0-9a-f]+", v["e"]), "a pointer to Go's heap or stack", t.line)
    check(v["f"] == "(fault)", "address 1 cannot be read", t.line)
    check(re.sub(r"\s", "", v["g"]) in ("{2,0,0,0}", "[2,0,0,0]"), "array", t.line)


def test_fetch_text():
    """The text of *Student: name through its pointer, cut at eight characters or by its length."""
    r = script("u:main.(*Student).String { fetch(c = (*+0(%ax)):c64, s = +0(%ax):gostring, n = +8(%ax):s64); graph(); }",
               command=("-c", "./examples/bin/calls -n 1 -sleep 20ms"))
    (t,) = tree.parse(r.out, [])
    v = {k: x.strip('"') for k, x in t.values().items()}
    check(v == {"c": "Grace Ho", "s": "Grace Hopper", "n": "12"}, "values", t.line)


def test_control_characters():
    """A target's text never reaches the terminal raw."""
    exe = build("odd")
    r = script("u:main.say { fetch(s = +0(%ax):c256); graph(); } u:main.inner {}", command=("-c", exe))
    trees = tree.parse(r.out, [])
    check(len(trees) == 3, "trees", r)
    check(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", r.out), "a control character", repr(r.out))
    check(r"\x1b[31mRED" in r.out, "the text itself", r)


def test_graph_options():
    r = script("u:main.doSomething { graph(depth = 1); } u:main.* {}")
    for t in tree.parse(r.out, []):
        check(all(not c.children for c in t.children) and len(t.children) == 3, "deeper than 1", t)
    r = script("u:main.doSomething { graph(min = 10s); } u:main.* {}")
    check(not tree.parse(r.out, []), "a tree in spite of min", r)
    r = script("u:main.doSomething { graph(min = 10ms); } u:main.* {}")
    check(len(tree.parse(r.out, [])) == 3, "trees that took longer than min", r)


def test_angle_clause_without_block():
    r = script("u:main.add")
    check(len(tree.parse(r.out, [])) == 3, "a clause alone means graph()", r)


def test_address_and_offset():
    """Functions by address, as the symbol table gives them; one without a stack check, which would run again when Go preempts."""
    import subprocess

    out = subprocess.run(["nm", CALLS], stdout=subprocess.PIPE, text=True, check=True).stdout
    addr = re.search(r"^([0-9a-f]+) T main\.add3$", out, re.M)[1]
    r = script(f"u:{CALLS}:0x{addr} {{ @ = count(); }}")
    check(maps(r.out) == {"@": "3"}, "hits", r)


def test_interrupted_aggregations():
    """A timer's program that comes in the middle of a uprobe's, with the same rows: nothing is lost."""
    add = "@both = count(); @sum = sum(1); @avg = stats(2); @hist = hist(3); @min = min(5); @max = max(7);"
    r = script("u:hot { " + add + " @u = count(); } software:cpu-clock:40000 { " + add + " @p = count(); } "
               "i:s:4 { exit(); }", command=("-c", cbuild("hot", "-O1")))
    got = maps(r.out)
    n = int(got["@u"]) + int(got["@p"])
    check(n > 20000 and int(got["@both"]) == n, "all hits are counted", r)
    check(int(got["@sum"]) == n and f".count = {n}, .average = 2, .total = {2 * n} " in got["@avg"], "sums", r)
    check(re.search(rf"^\[2, 4\) +{n} \|", r.out, re.M), "a histogram", r)
    check((got["@min"], got["@max"]) == ("5", "7"), "the least and the greatest", r)
