# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What bpftrace users type from memory, on a real kernel."""

import os
import pathlib
import re
import subprocess
import tempfile

from gft import Gft, NothingLeft, check, gft

CALLS = ("-c", "./examples/bin/calls -n 3 -sleep 20ms")


def script(text, *args, command=(), status=0):
    with NothingLeft():
        r = gft("-q", *args, "-e", text, *command)
    check(r.status == status, f"status {r.status}", r)
    return r


def begin(text, *expected, args=(), params=(), before="", macros=""):
    """Runs the text in begin; what it prints are these lines, in order."""
    r = script(before + "config = { print_maps_on_exit = false } " + macros + " begin { " + text + " }", *args,
               command=params)
    got = [s for s in r.out.split("\n") if s]
    check(got == list(expected), "other lines than expected", r)


def maps(out):
    return dict(re.findall(r"^(@\w*(?:\[[^]]*\])?): (.*)$", out, re.M))


def test_for_range():
    begin(r'$s = 0; for ($i : 0..10) { if ($i == 3) { continue; } if ($i == 8) { break; } $s += $i; } print($s);', "25")
    begin(r'for ($i : (1+1)..4) { for ($j : $i..4) { print(($i, $j)); } }', "(2, 2)", "(2, 3)", "(3, 3)")
    begin(r'for ($i : 5..3) { print($i); } for ($i : (-2)..1) { print($i); }', "-2", "-1", "0")
    begin(r'$n = 0; for ($i : 0..100000) { $n++; } print($n);', "100000")


def test_without_parentheses():
    begin('$i = 3; for $j : 1..$i { if $j { print($j); } } @a[1] = 2; for $kv : @a { print($kv); } while $i { $i--; } '
          'unroll 2 { print($i); } for $k : (1 + 1)..(2 * 2) { print($k); }', "1", "2", "(1, 2)", "0", "0", "2", "3")
    r = script("begin { for $x : 1..2 print($x); }", status=1)
    check("loops are for ($i : 0..10) { ... }" in r.err, "how it is said", r)


def test_pointers_stepped():
    """By the size of what they point to, as in C."""
    begin('$p = (int64*)16; $p += 2; print($p); $p -= 1; print($p++); print(++$p); print($p--); print(--$p); '
          '@p = (int32*)8; @p++; @p += 3; print(@p); @k[1] = (uint8*)1; @k[1] += 5; @k[1]--; print(@k[1]); $c = (int8*)0; $c++; print($c);',
          "0x20", "0x18", "0x28", "0x28", "0x18", "@p: 0x18", "0x5", "0x1")
    begin('let $s : struct S *; $s++; print($s); $s += 2; print($s);', "0xc", "0x24", before="struct S { int a[3]; };\n")


def test_for_return():
    begin(r'for ($i : 0..10) { if ($i == 2) { print($i); return; } } print("no");', "2")
    begin(r'for ($i : 0..10) { for ($j : 0..10) { if ($j == 2) { print("out"); exit(); } } } print("no");', "out")


def test_for_strings():
    begin(r'$t = "none"; for ($i : 0..3) { $t = $i == 1 ? "one" : "other"; $l = "inner"; print($l); } print($t);',
          "inner", "inner", "inner", "other")


def test_while():
    begin(r'$n = 0; while ($n < 1000) { $n++; if ($n == 500) { break; } } print($n);', "500")


def test_endless_loop():
    r = script(r'begin { $n = 0; while (1) { $n++; } print($n); }')
    check("1048576" in r.out and "1 loop cut off" in r.err, "an endless loop ends, and is told", r)


def test_unroll():
    begin(r'unroll (3) { print("u"); } unroll (1..3) { print("v"); }', "u", "u", "u", "v", "v")


def test_for_map():
    r = script(r'begin { @m["a", 1] = 10; @m["b", 2] = 20; for ($kv : @m) { @sum += $kv.1; @k[$kv.0.0] = $kv.0.1; } }')
    check(maps(r.out) == {"@m[a, 1]": "10", "@m[b, 2]": "20", "@sum": "30", "@k[a]": "1", "@k[b]": "2"}, "maps", r)


def test_for_counts():
    r = script(r'u:main.add* { @c[func] = count(); } '
               r'end { for ($kv : @c) { printf("%s=%d\n", $kv.0, $kv.1); delete(@c, $kv.0); } }', command=CALLS)
    check(sorted(re.findall(r"^main\S+=\d+$", r.out, re.M)) == ["main.add1=3", "main.add3=3", "main.add=3"], "counts", r)
    check(not maps(r.out), "everything was deleted", r)


def test_loops_in_functions():
    r = script(r'u:main.add1 { for ($i : 0..2) { @h[func, $i] = sum(arg1); } } '
               r'ur:main.doSomething { $k = 0; while ($k < 3) { $k++; if (duration > 0) { @d[$k] = count(); } } }',
               command=CALLS)
    check(maps(r.out) == {"@h[main.add1, 0]": "12", "@h[main.add1, 1]": "12", "@d[1]": "3", "@d[2]": "3", "@d[3]": "3"},
          "maps", r)


def test_aggregations_read():
    begin(r'@c = count(); @c = count(); if (@c > 1) { print("two"); } @s = sum(-5); @s = sum(2); @a = avg(10); '
          r'@a = avg(21); @i = min(-4); @i = min(8); @x = max(3); @x = max(7); '
          r'print((@s, @a, @i, @x)); print((int64)@c * 3); @k["x"] = count(); print(@k["y"] + @k["x"]);',
          "two", "(-3, 15, -4, 7)", "6", "1")


def test_maps_asked():
    begin(r'@m["a"] = 1; @m["b"] = 2; print(len(@m)); if (find(@m, "b", $v)) { print($v); } print(find(@m, "c", $v));',
          "2", "2", "false")


def test_text_functions():
    begin(r'$s = "hello world"; print((strlen($s), strncmp($s, "help", 3), strncmp($s, "help", 4) == 0)); '
          r'print(strcontains($s, "lo w")); print(strcontains($s, "lo  w")); printf("%c%c\n", $s[0], $s[4]); '
          r'$i = 70; print($s[$i]); print((string[4])"abcdefgh");', "(11, 0, false)", "true", "false", "ho", "0", "abcd")


def test_text_behind_pointers():
    """The functions about text take a pointer to characters as it is."""
    r = gft("-q", "-e", 't:syscalls:sys_enter_execve / comm != "x" / { $p = args.filename; print((strlen($p), strcontains($p, "tru"), '
            'strstr($p, "in"), strncmp($p, "/bin", 4))); exit(); }', "-c", "/bin/true")
    check(r.out == "(9, true, 2, 0)\n", "text", r)


def test_parts_compared():
    begin(r'print((1, "a") == (1, "a")); print((1, ("b", 2)) != (1, ("c", 2))); $r = (x = 1, y = "s"); '
          r'print($r == (x = 1, y = "s")); print($r.y); $t = (7, 8); print($t[1]);', "true", "true", "true", "s", "8")


def test_names_of_numbers():
    begin(r'printf("%s %s %d\n", strerror(2), signal_name(9), signal_name(9)); print(bswap((uint32)1)); '
          r'print(ntop(0x0100007f));', "No such file or directory SIGKILL 9", "16777216", "127.0.0.1")


def test_syscall_names():
    r = script(r'tracepoint:raw_syscalls:sys_enter / pid == cpid / { @[syscall_name(args.id)] = count(); }',
               command=CALLS)
    check("@[write]" in maps(r.out) and "@[exit_group]" in maps(r.out), "names", r)


def test_text_as_bool():
    begin('print(((bool)"hello", (bool)"", (bool)comm)); if ((bool)str($1)) { print("given"); }', "(true, false, true)", "given", params=("x",))


def test_delete_tells():
    begin(r'@m[1] = 2; print(delete(@m, 1)); print(delete(@m, 1)); delete(@m, 1); @s = 1; delete(@s); print(@s);',
          "true", "false", "@s: 0")


def test_clocks():
    import time

    year = time.strftime("%Y")
    begin(r'print(strftime("%Y", nsecs)); print(strftime("%Y", nsecs(boot))); print(nsecs(boot) > 0);',
          year, year, "true")
    if tuple(int(n) for n in os.uname().release.split(".")[:2]) >= (6, 1):  # the kernel's clock of that name
        begin(r'print(strftime("%Y", nsecs(tai))); print(strftime("%Y", nsecs(sw_tai)));', year, year)


def test_process_builtins():
    begin(r'printf("%s %d %d\n", username, ncpus > 0, jiffies > 0); print(has_cpid); print(pid(init) > 0);',
          "root 1 1", "false", "true")
    r = script(r'u:main.add / pid == cpid / { @ = count(); }', command=CALLS)
    check(maps(r.out) == {"@": "3"}, "hits of the child", r)


def test_messages():
    r = script('begin { warnf("careful %d", 3);\nerrorf("bad"); }')
    check("stdin:1:9-31: WARNING: careful 3\n" in r.err and "stdin:2:1-14: ERROR: bad\n" in r.err, "with their places", r)
    r = script(r'begin { $s = "\x1b[31m"; errorf("%s", $s); cat("/no/%s", $s); }', "--unsafe", "-f", "json")
    check("\x1b" not in r.err and r.err.count(r"\x1b[31m") == 2, "a terminal obeys none of it", r)


def test_cat_and_system():
    begin(r'cat("/proc/sys/kernel/%s", "ostype");', "Linux")
    begin(r'system("echo %d | tr 3 4", 3);', "4", args=("--unsafe",))
    r = script('begin { system("echo x"); }', status=1)
    check("--unsafe" in r.err, "refused", r)


def test_signal():
    r = script(r'u:main.add { signal(SIGTERM); }', "--unsafe", command=CALLS)
    check(r.out.count("student") < 3, "the target was ended", r)
    for bad in ("u:main.add { signal(0); }", "u:main.add { signal_thread(65); }", "begin { signal(SIGTERM); }",
                "interval:s:1 { signal(SIGTERM); }"):
        script(bad, "--unsafe", command=CALLS, status=1)


def test_join():
    r = script(r't:syscalls:sys_enter_execve / pid == cpid / { join(args.argv); join(args.argv, "-"); }', command=CALLS)
    check("./examples/bin/calls -n 3 -sleep 20ms\n./examples/bin/calls--n-3--sleep-20ms\n" in r.out, "arguments", r)


def test_buffers():
    r = script(r'u:main.(*Student).String { printf("%r|%rh\n", buf(fetch(+0(%ax):u64), fetch(+8(%ax):u64)), '
               r'buf(fetch(+0(%ax):u64), 4)); }', command=CALLS)
    check(r.out.count("Grace Hopper|47 72 61 63\n") == 3, "bytes", r)


def test_symbols():
    r = script(r'u:main.add { print(usym(reg("ip"))); print(*uaddr("runtime.ncpu") > 0); }', command=CALLS)
    check(re.findall(r"^(?:main.add|true)$", r.out, re.M) == ["main.add", "true"] * 3, "names and addresses", r)


def frames(out):
    return re.findall(r"^ {8}([^\s+]+)\+\d+", out, re.M)


def test_stacks():
    """The caller is there at the entry, where the frame is not set up yet, and at the return, where it is gone."""
    for probe in ("u", "ur"):
        r = script(probe + r':main.add3 { @[ustack] = count(); @g[gostack(2)] = count(); }', command=CALLS)
        want = ["main.add3", "main.add1", "main.add", "main.doSomething", "main.main", "runtime.main", "runtime.goexit"]
        check(frames(r.out) == want + want[:2], "frames", r)
        check(r.out.count("]: 3") == 2 and "/calls/main.go:" in r.out, "counts, and lines", r)


def test_stack_modes():
    r = script(r'u:main.add { printf("%s%s", ustack(perf, 1), ustack(raw, 1)); exit(); }', command=CALLS)
    check(re.search(r"^\t[0-9a-f]+ main\.add\+\d+ \(/\S+/calls\)\n\n[0-9a-f]+$", r.out, re.M), "modes", r)
    r = script("u:main.add { print(ustack(raw, 1)); @[ustack(raw, 1)] = 1; exit(); }", "-f", "json", command=CALLS)
    check(re.search(r'"data": "\\n[0-9a-f]+\\n"', r.out) and re.search(r'"@": \{"\\n[0-9a-f]+\\n": 1\}', r.out), "in JSON", r)


def test_stack_build_id():
    """The file's build id, and where in it; a file that has none, and the kernel, give the address."""
    with tempfile.TemporaryDirectory() as d:
        c = pathlib.Path(d, "x.c")
        c.write_text("#include <unistd.h>\n__attribute__((noinline)) int work(int n) { __asm__ volatile(\"\"); return n + 1; }\n"
                     "int main(void) { for (int i = 0; i < 3; i++) { work(i); usleep(10000); } return 0; }\n")
        for how, want in (("sha1", None), ("0xabcd", "abcd".ljust(40, "0")), ("none", "")):
            exe = f"{d}/x-{how}"
            subprocess.run(["gcc", "-O1", "-fno-omit-frame-pointer", f"-Wl,--build-id={how}", "-o", exe, c], check=True)
            if want is None:
                note = subprocess.run(["readelf", "-n", exe], capture_output=True, text=True, check=True).stdout
                want = re.search(r"Build ID: ([0-9a-f]{40})", note)[1]
            at = re.search(r"^0*([0-9a-f]+) T work$", subprocess.run(["nm", exe], capture_output=True, text=True, check=True).stdout, re.M)[1]
            # the process is gone when the map is printed
            r = script("u:work { @[ustack(build_id, 1)] = count(); }", command=("-c", exe))
            first = f"{want} 0x{at}" if want else r"[0-9a-f]{6,16}"
            check(re.search(rf"^@\[\n{first}\n\]: 3$", r.out, re.M), f"--build-id={how}", r)
            r = gft("-q", "--record", f"{d}/rec", "-e", 'u:work { graph(); graph_tag("s", ustack(build_id, 1)); }', "-c", exe).ok()
            again = gft("replay", f"{d}/rec").ok()
            check(re.search(rf"^-- s=\n{first}$", again.out, re.M) and again.out == r.out, "replayed", again)
    r = script("config = { stack_mode = build_id } tracepoint:sched:sched_switch { print(kstack(1)); exit(); }")
    check(re.search(r"^ffff[0-9a-f]{12}$", r.out, re.M) and "WARNING: kstack has no build_id mode" in r.err, "kstack", r)


def test_stack_of_kernel():
    r = script(r'tracepoint:sched:sched_switch { @[kstack(5)] = count(); } interval:ms:300 { exit(); }')
    check(any("schedule" in f for f in frames(r.out)), "frames", r)
    for probe, first in (("rt:sched_switch", "bpf_trace_run4"), ("begin", "__bpf_prog_test_run_raw_tp")):
        r = script(probe + r' { print(kstack(3)); exit(); }')
        check(frames(r.out)[:1] == [first], "without gft's own frames", r)


def test_settings():
    text = (r'config = { stack_mode = raw; str_trunc_trailer = "~"; MAX_STRLEN = 5; BPFTRACE_PRINT_MAPS_ON_EXIT = 1 } '
            r'u:"main.(*Student).String" { $s = str(fetch(+0(%ax):u64)); print($s); print(ustack(1)); @ = 1; exit(); }')
    r = script(text, command=CALLS)
    check("Grace~\n" in r.out and re.search(r"^[0-9a-f]+$", r.out, re.M) and "@: 1" in r.out, "settings", r)
    for var in ("GFT_PRINT_MAPS_ON_EXIT", "BPFTRACE_PRINT_MAPS_ON_EXIT"):
        os.environ[var] = "0"
        try:
            r = script(text, command=CALLS)
        finally:
            del os.environ[var]
        check("@: 1" not in r.out, "the environment wins", r)
    for var, near in (("GFT_MAX_STRLN", "GFT_MAX_STRLEN"), ("BPFTRACE_max_map_keys", "BPFTRACE_MAX_MAP_KEYS"), ("GFT_CHECK", None)):
        os.environ[var] = "1000"
        try:
            r = gft("-e", "begin { exit(); }").ok()
        finally:
            del os.environ[var]
        check((f"WARNING: the environment's {var} is no setting of gft\nHINT: did you mean {near}?\n" if near else "") in r.err
              and ("WARNING" in r.err) == bool(near), f"{var} in the environment", r)


def test_kernel_events():
    r = script("software:faults:1 { @[comm] = count(); }", command=CALLS)
    check("@[calls]" in maps(r.out), "page faults of the target", r)
    for probe in ("s:cs:1", "rt:sched_switch", "rawtracepoint:sched:sched_switch"):
        r = script(probe + " { @[comm] = count(); } interval:ms:300 { exit(); }")
        check(maps(r.out), f"no hits of {probe}", r)


def test_kernel_functions():
    for probe in ("k:vfs_read", "kr:vfs_read", "f:vfs_read", "fr:vfs_read"):
        r = gft("-q", "-e", probe + " { @ = count(); } interval:ms:300 { exit(); }")
        check(r.status == 0 and maps(r.out) or r.status == 1 and "this kernel has no" in r.err, "hits, or why not", r)


def test_own_signal():
    import signal

    with Gft("-q", "-e", r'self:signal:SIGUSR1 { @n++; printf("got %d\n", @n); if (@n == 2) { exit(); } }') as g:
        g.p.send_signal(signal.SIGUSR1)
        g.until("got 1", 1)
        g.p.send_signal(signal.SIGUSR1)
        g.until("got 2", 1)


def test_macros():
    begin(r'$y = 7; print(us(5000)); print(sq(3) + sq($y + 1)); print($y); $p = 1; $q = 2; swap($p, $q); '
          r'print(($p, $q)); bump(@z, "k"); bump(@z, "k"); print(@z["k"]); hi; hi(2); print(text(2)); '
          r'if (text(1) == "one") { print(NAME); } print(TWICE); $y > 3 ? hi() : hi(4);',
          "5", "73", "7", "(2, 1)", "@z[k]: 6", "hi", "hi", "hi", "many", "def", "3", "hi",
          before=r'''
#define MAX 3
#define TWICE (MAX)
#define NAME "def"
''', macros=r'macro us(t) { t / 1000 } macro sq(x) { $y = x; $y * $y } macro hi() { printf("hi\n") } '
          r'macro swap($a, $b) { $t = $a; $a = $b; $b = $t; } macro bump(@m, k) { @m[k] = sum(MAX); } '
          r'macro hi(n) { for ($i : 0..n) { hi(); } } macro text(c) { $s = c > 1 ? "many" : "one"; $s }')


def test_macro_of_an_expression():
    """What is given for $x may be any expression, which is put in each place, unless the macro assigns to $x."""
    r = script('macro one($x) { $x + 1 } macro two($x) { one($x + 1) * 10 } macro both($x) { $y = $x + 1; $z = $x + 2; $y + $z } '
               'begin { @a = 1; print(one(5)); print(two(@a + 1)); $y = 2; print(both({ $y += 1; $y })); print($y); }')
    check(r.out.startswith("6\n40\n10\n4\n"), "values", r)
    # of a macro's own uses, too
    begin("print(one(one(one(1)))); print(two(one(two(1)) * 2));", "4", "430",
          macros="macro one(x) { x + 1 } macro two(x) { one(x) * 10 }")
    for text in ("macro f(x) { x + f(x) }", "macro f(x) { g(x) } macro g(x) { f(x + 1) }"):
        r = script(text + " begin { print(f(1)); }", status=1)
        check("macro f uses itself" in r.err, "refused", r)
    for text in ("macro f($x) { $x += 1; }", "macro f($x) { let $z = $x++; }", "macro f($x) { let $x = 1; }"):
        r = script(text + " begin { f(1 + 2); @a = 1; f(@a); $v = 1; f($v); }", status=1)
        check(r.err.count("assigns to its parameter $x: it must be given a variable") == 2 or "let" in text, "refused", r)


def test_macros_by_kind():
    """One for variables and one for all else; what it is given says which is meant."""
    r = script('macro kind($x) { 1 } macro kind(x) { 2 } macro kind(@x) { 3 } macro both($a, $b) { 1 } macro both($a, b) { 2 } '
               'macro both(a, $b) { 3 } macro both(a, b) { 4 } begin { $v = 1; @m = 1; print((kind($v), kind(5), kind(@m), kind($v + 1))); '
               'print((both($v, $v), both($v, 1), both(1, $v), both(1, 1))); clear(@m); }')
    check(r.out.startswith("(1, 2, 3, 2)\n(1, 2, 3, 4)\n"), "which of them", r)
    r = script("macro f($x) { 1 } macro f(x) { 2 } macro f($y) { 3 } begin { }", status=1)
    check("macro f is defined already" in r.err, "twice", r)


def test_pointers_follow_variables():
    """What is given to a variable later may make it wider; a pointer to it is one to what it is then."""
    begin('$b = 1; $p = &$b; $v = *$p; $b = 70000; print(*$p); print((sizeof(*$p), sizeof($v))); '
          '$s = "ab"; let $q = &$s; $s = "longer"; print(*$q); let $x; @d = &$x; $x = 300; print(*@d);',
          "70000", "(4, 4)", "longer", "300")
    script("begin { $b = 1; $c = 300; $p = &$b; $p = &$c; }", status=1)


def test_macro_in_predicate():
    r = script('macro sq(x) { $y = x; $y * $y } u:main.add1 / sq(arg0) > 3 / { @n = count(); }', command=CALLS)
    check(maps(r.out) == {"@n": "2"}, "hits", r)


def test_blocks_as_values():
    begin(r'$v = { $k = 5; $k + 1 }; print($v); $w = if ($v > 6) { "big" } else if ($v > 2) { "mid" } '
          r'else { "small" }; print($w); print({ $t = (1, "x"); $t });', "6", "mid", "(1, x)")


def test_options_of_the_script():
    text = 'print(getopt("min", 10, "least")); print(getopt("name", "x")); print(getopt("v")); print(getopt("n", -1));'
    begin(text, "10", "x", "false", "-1")
    begin(text, "3", "foo", "true", "-4", params=("--", "--min=3", "--v", "--name=foo", "--n=-4"))
    for given, why in (("--max=1", "gft: neither gft nor the script has an option --max=1"), ("--min=x", "must be a number")):
        r = script("begin { " + text + " }", command=("--", given), status=1)
        check(why in r.err, "refused", r)


def test_options_among_gfts():
    """What gft does not know may be the script's: it is asked, and gft's own names are what a mistake is compared with."""
    text = 'begin { print(($1, getopt("min", 10), $2, getopt("v"), getopt("b", true))); }'
    r = gft("-q", "--min=3", "-e", text, "one", "--v", "--b=False", "--", "two")
    check(r.out == "(one, 3, two, true, false)\n", "options everywhere", r)
    for args, why in ((("-e", text, "--max=1"), "neither gft nor the script has an option --max=1"),
                      (("-e", text, "--unsfe"), "did you mean --unsafe?"), (("--min=1",), "unknown option --min=1"),
                      (("-l", "--unsfe"), "did you mean --unsafe?"), (("info", "--min=1"), "unknown option --min=1")):
        r = gft(*args, status=1)
        r.fails_with_one_error()
        check(why in r.err, why, r)


def test_parameters_as_text():
    """str($1) is what was given, also where it reads as a number; or a part of it, as of any text behind a pointer."""
    begin('print(str($1)); print(str($1, 3)); print(str($1 + 2)); print(str($2)); print(str($2) == "0x1F"); print($2 + 1); '
          'print(str($3, 2)); print($3 == "hell"); print(strlen(str($9))); printf("%lu", $4); print(str($2 + 99, 1));',
          "hello", "hel", "llo", "0x1F", "true", "32", "he", "true", "0", "18446744073709551615",
          params=("hello", "0x1F", "hell", "0xffffffffffffffff"))


def test_parameters_as_durations():
    """Beside a number they are numbers, as the script spells them; alone they stay text."""
    begin('print($1); print($1 + 1); print($1 > 1ms); print($2 * 2); print($3 + 0); print($# > 3 ? $4 : 4); unroll ($#) { print("r"); }',
          "10ms", "10000001", "true", "2000000", "1000", "4", "r", "r", "r", params=("10ms", "1e6", "1_000"))
    begin('print(getopt("slow", 1s)); print(getopt("n", 0)); print(getopt("all", 7));', "3000", "-16", "0",
          params=("--", "--slow=3us", "--n=-0x10", "--all=False"))
    r = script("begin { print($2); }", command=("a",))
    check("no such parameter was given" in r.err, "a warning", r)


def test_comptime():
    """A prefix; what a known condition leaves out is not checked."""
    begin('if comptime is_str($1) { print("text"); } else { print($1 / 2); } if (comptime false) { print(@never); } '
          "print(comptime 2 * 3); $r = (comptime=4); print($r.comptime);", "text", "6", "4", params=("text",))
    r = script("begin { if comptime pid { } }", status=1)
    check("not known before the script runs" in r.err, "refused", r)


def test_whole_maps_as_types():
    """typeof() and sizeof() of a map with keys are of its values."""
    begin('@k["a"] = (uint8)1; let $v : typeof(@k) = 44; print((sizeof(@k), sizeof($v), $v)); @c[1] = count(); print(sizeof(@c));',
          "(1, 1, 44)", "8")


def test_text_as_conditions_and_bytes():
    begin('$s = "abc"; if ($s && !"") { print($s[1]); } print($s ? 1 : 2); while ($s) { $s = ""; } '
          'print((int8[])"text"); $b = (uint8[3])"ab"; print($b[1]);', "98", "1", "[116,101,120,116,0]", "98")


def test_known_beforehand():
    """Where a number must be known when the script starts, constants and options are such numbers."""
    r = script("#define N 3\n"
               r'config = { print_maps_on_exit = false } begin { unroll (1..N) { print("u"); } unroll (N - 2) { print("v"); } '
               r'@ = lhist(5, 0, N * 10, getopt("step", 5)); print(@); }')
    check(r.out.count("u\n") == 2 and r.out.count("v\n") == 1 and "[5, 10)" in r.out, "rounds, and the bucket", r)
    r = script('u:main.doSomething { graph(min = getopt("min", 10s)); }', command=CALLS)
    check("main.doSomething()" not in r.out, "a tree in spite of min", r)
    r = script('u:main.doSomething { graph(min = getopt("min", 10s)); }', command=(*CALLS, "--", "--min=5"))
    check(r.out.count("main.doSomething()") == 3, "trees", r)


def test_goroutine_of_the_thread():
    """goid in probes of the kernel and timers, by the thread's own storage; graphs can be dropped and tagged there."""
    r = script(r't:syscalls:sys_enter_write / pid == cpid / { @[goid] = count(); } '
               r't:sched:sched_switch / goid / { @s[comm, goid] = count(); } rt:sched_wakeup / goid > 1000 / { @x = 1; }',
               command=CALLS)
    check(maps(r.out)["@[1]"] == "3" and "@s[calls, 1]" in maps(r.out) and "@x" not in maps(r.out), "goroutines", r)
    r = script(r'u:main.doSomething { graph(); } t:syscalls:sys_enter_write / pid == cpid / { @n++; '
               r'graph_tag("bytes", args.count); if (@n == 2) { graph_drop(); } }', command=CALLS)
    check(r.out.count("main.doSomething()") == 2 and r.out.count("-- bytes=26") == 2, "graphs", r)
    for command, why in (((), "of which Go program?"), (("-c", "/bin/true"), "is no Go program")):
        r = gft("-q", "-e", "t:syscalls:sys_enter_write { print(goid); }", *command)
        check(r.status == 1 and why in r.err, "what is missing", r)


def test_kernel_words():
    r = script(r'rt:sched_switch { @[arg0 == (uint64)args.preempt] = count(); @k[probetype, ctx != 0] = count(); } '
               r'rt:sched_wak* { @p[probe] = count(); } interval:ms:300 { exit(); }')
    m = maps(r.out)
    check("@[true]" in m and "@[false]" not in m and "@k[rawtracepoint, true]" in m, "words and arguments", r)
    check("@p[rawtracepoint:sched_wakeup]" in m, "a pattern", r)
    script("rt:sched_wakeup { print(arg1); }", status=1)
    r = script(r'struct R { unsigned long words[16], ip; }; u:main.add { $x = (struct R *)ctx; print($x->ip == reg("ip")); '
               r'$w = ((struct R *)ctx)->words; print($w[15] == $x.words[15]); exit(); }', command=CALLS)
    check("true\ntrue\n" in r.out, "the record's own layout", r)
    r = script(r'p:hz:99,s:cpu-clock:1000000 { @[usermode, reg("ip") != 0] = count(); } interval:ms:300 { exit(); }')
    check(set(maps(r.out)) <= {"@[1, true]", "@[0, true]"} and maps(r.out), "registers of a timer", r)
    r = script(r'begin, rt:sched_switch, u:main.add { @[probetype, usermode] = count(); }', command=CALLS)
    check(set(maps(r.out)) == {"@[begin, 0]", "@[rawtracepoint, 0]", "@[uprobe, 1]"}, "whose mode", r)


def test_names_and_forms():
    """Named probes, parameters in probes, conditions without parentheses, settings as values."""
    begin(r'if $1 { print("one"); } else if !$2 { print("none"); } unroll 2 { print(probetype); } '
          r'print(config.max_map_keys); $n = 2; while $n { $n--; } print($n); return 5;',
          "one", "begin", "begin", "4096", "0", params=("1",))
    r = script("first=BEG$1, two=end { printf(\"%s\\n\", probe); }", command=("IN",))
    check(r.out.split() == ["begin", "end"], "parameters in the probe's name", r)


def test_missing_probes():
    text = "t:foo:bar {} rt:nosuch {} s:nosuch:1 {} k:nosuch_* {} u:main.nosuch {} begin { print(1); }"
    r = gft("-q", "-e", text, "./examples/bin/calls")
    check(r.status == 1 and r.err.count("ERROR:") == 5, "five errors", r)
    r = script("config = { missing_probes = warn } " + text, command=("./examples/bin/calls",))
    check(r.out == "1\n" and r.err.count("WARNING:") == 5, "five warnings", r)
    # where there are kprobes, vfs_read is there
    r = script("config = { missing_probes = ignore } k:vfs_read {} " + text.replace("print(1);", "print(1); exit();"), command=("./examples/bin/calls",))
    check(r.out == "1\n" and r.err == "", "silence", r)
    r = gft("-q", "-e", "config = { max_probes = 2 } u:main.* {}", "./examples/bin/calls")
    check(r.status == 1 and "max_probes" in r.err, "more probes than allowed", r)


def test_discarded():
    r = script('begin { strlen("x"); _ = strlen("x"); if (1) { return; print(1); } exit(); print(2); }')
    check(r.err.count("Return value discarded.") == 1 and r.err.count("Unreachable statement") == 2, "warnings", r)


def test_script_help():
    r = script('begin { print(getopt("min", 10, "the least")); print(getopt("v")); }', command=("--", "--help"))
    check(r.out.split() == ["Options", "of", "the", "script,", "behind", "--:", "--min=10", "the", "least", "--v"],
          "options", r)
    r = script("u:main.* { @[func] = count(); } end { print(1); }", "--probe-filter", "add.$", command=CALLS)
    check(set(maps(r.out)) == {"@[main.add1]", "@[main.add3]"} and "\n1\n" not in r.out, "only what matches", r)


def test_returned_values():
    """Nobody takes the value, but it is computed."""
    r = script(r'begin { return @a++; } begin { return print("p"); } begin { return (bool)comm; } '
               r'u:main.add { return pid ? 1 : fetch($arg1:u64); }', command=CALLS)
    check("p\n" in r.out and maps(r.out) == {"@a": "1"}, "what it does besides", r)


def test_words_as_fields():
    begin('$r = (let = 1, macro = 2, while = 3, return = 4, config = 5, hist = 6); print($r.let + $r.return); print($r);',
          "5", "{ .let = 1, .macro = 2, .while = 3, .return = 4, .config = 5, .hist = 6 }")


def test_buffers_compared():
    begin('$b = buf("abc", 3); print($b == buf("abc", 3)); print($b == buf("abd", 3)); print($b != buf("abd", 3));',
          "true", "false", "true")


def test_buffers_of_several_sizes():
    begin('$b = buf("hi", 2); $c = buf("bye", 3); print($b == $c); print($b == buf("hi\\0", 3)); $b = $c; print($b); '
          '$b = buf("a", 1); print($b); $d = nsecs ? buf("x", 1) : buf("yyyyyyy", 7); print($d); print(buf("key", 6)); '
          '@m[buf("ab", 2)] = 1; @m[buf("abcdefgh", 8)] = 2; @m[buf("ab", 2)] += 5; print(@m); clear(@m);',
          "false", "false", "bye", "a", "x", r"key\x00\x00\x00", r"@m[abcdefgh]: 2", "@m[ab]: 6")


def test_records_in_another_order():
    """Fields are known by their names."""
    begin('$r = (a = 1, b = "x"); $r = (b = "longer", a = 70000); print($r); print((a = 1, b = 2) == (b = 2, a = 1)); '
          'print((a = 1, b = 2) == (b = 1, a = 2)); @m[(a = 1, b = "x")] = 1; @m[(b = "x", a = 1)]++; print(@m); clear(@m); '
          '$n = (x = 1, y = (p = 1, q = 2)); $n = (y = (q = 300000, p = 4), x = 7); print($n.y.q);',
          "{ .a = 70000, .b = longer }", "true", "false", "@m[{ .a = 1, .b = x }]: 2", "300000")
    r = script("begin { print((a = 1, a = 2)); $r = (a = 1, b = 2); $r = (a = 1, c = 2); }", status=1)
    check("has a field 'a' already" in r.err and "Type mismatch for $r" in r.err, "refused", r)


def test_old_names_of_settings():
    """What settings were called before bpftrace 0.20, as Debian 12's manual has them."""
    for name, value, text, want in (("BPFTRACE_STRLEN", "5", 'print(str($1)); print(config().max_strlen);', "5"),
                                    ("BPFTRACE_MAP_KEYS_MAX", "7", "print(config.max_map_keys);", "7"),
                                    ("BPFTRACE_CAT_BYTES_MAX", "1", 'cat("/proc/loadavg"); print(config.max_cat_bytes);', "1")):
        r = gft("-q", "-e", "begin { " + text + " }", "hello", env=dict(os.environ, **{name: value}))
        check(r.out.rstrip().endswith(want) and not r.err, name, r)


def test_types_of_a_file():
    """Where the kernel's types come from another file: BPFTRACE_BTF, or gft's own name of it."""
    text = "begin { print((curtask.pid == tid, sizeof(struct task_struct) > 1000)); }"
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"no BTF")
        f.flush()
        for name, path, want in (("BPFTRACE_BTF", "/sys/kernel/btf/vmlinux", "(true, true)\n"), ("GFT_BTF", "/nowhere", ""),
                                 ("GFT_BTF", f.name, "")):
            if want and not os.path.exists(path):
                continue
            r = gft("-q", "-e", text, env=dict(os.environ, **{name: path}))
            check(r.out == want and (want or path in r.err), f"{name}={path}", r)


def test_records_of_several_tracepoints():
    """One clause, and in each event the field is somewhere else, or of another type: the clause runs with its own of each."""
    text = ("t:syscalls:sys_enter_openat, t:syscalls:sys_enter_open, t:syscalls:sys_enter_newfstatat / pid == cpid / "
            "{ @name[tid] = args.filename; } "
            "t:syscalls:sys_exit_open* / pid == cpid && @name[tid] / "
            "{ if (str(@name[tid]) == $1) { printf(\"%s %d\\n\", probe, args.ret); } delete(@name, tid); } end { clear(@name); }")
    r = gft("-q", "-e", text, "-c", "/bin/cat /nowhere/to/be/found", "--", "/nowhere/to/be/found")
    check(r.out.strip() == "tracepoint:syscalls:sys_exit_openat -2", "the name that was opened", r)
    # whole records too; what is the same everywhere makes one program of all
    r = gft("-q", "-e", "t:syscalls:sys_enter_close, t:syscalls:sys_enter_openat / pid == cpid / { print(args); exit(); }", "-c", "/bin/cat /nowhere")
    check(re.search(r"^{ .__syscall_nr = \d+, .(fd|dfd) = ", r.out), "whole", r)
    n = gft("-d", "c", "-e", "t:syscalls:sys_enter_*stat { @ += args.__syscall_nr; }").ok().out.count("gft_clause_1")
    check(n == 0, "one clause is enough where the place is the same", None)
    r = script("t:syscalls:sys_enter_close, t:syscalls:sys_enter_openat { print(args.fd); $x = args.filename; }", status=1)
    check("sys_enter_openat has no field 'fd'" in r.err and "sys_enter_close has no field 'filename'" in r.err, "which one lacks it", r)


def test_first_tick():
    """The first tick comes a whole period after begin, however long it took to attach what stands behind it."""
    r = script("begin { @start = nsecs; } i:ms:200 { print((nsecs - @start >= 200000000, elapsed >= 199000000)); exit(); } "
               "u:runtime.* { @n++; } end { clear(@start); clear(@n); }", command=("-c", "./examples/bin/calls -n 100 -sleep 20ms"))
    check("(true, true)\n" in r.out, "200 ms", r)


def test_count_of_nothing():
    """A second in which nothing was counted says so; at the end, of maps without content only a count() is there."""
    begin('@ = count(); clear(@); print(@); @x[1] = 1; clear(@x); print(@x); print("end");', "@: 0", "end")
    r = script("begin { @ = count(); clear(@); print(@); }", "-f", "json")
    check(r.out == '{"type": "map", "data": {"@": 0}}\n' * 2, "in JSON", r)
    r = script("t:syscalls:sys_enter_reboot { @n = count(); @k[1] = count(); @s = sum(1); @m = max(1); @h = hist(1); @x = 1; } "
               "begin { @a = count(); delete(@a); @b = count(); zero(@b); @c = count(); clear(@c); exit(); }")
    check(maps(r.out) == {"@a": "0", "@b": "0", "@c": "0", "@n": "0"}, "never hit, deleted, cleared", r)
    r = script("let @n = percpuhash(1); begin { @n = count(); clear(@n); }")
    check(not maps(r.out), "a declared hash has nothing in it", r)


def test_stacks_for_flame_graphs():
    def mine(out):  # the command writes to the same file
        return re.sub(r"^student: .*\n", "", out, flags=re.M)

    r = script('u:main.add { print(reg("pc") == reg("ip")); print(ustack(perf, 2)); exit(); }', command=CALLS)
    check(re.search(r"^true\n\n\t[0-9a-f]+ main\.add\+\d+ \(/\S+/examples/bin/calls\)\n"
                    r"\t[0-9a-f]+ main\.doSomething\+\d+ \(/\S+/calls\)\n\n", mine(r.out), re.M), "address, name and file", r)
    r = script('u:main.add { print(ustack(1)); print(1); exit(); }', command=CALLS)
    check(re.search(r"^\n        main\.add\+\d+@/\S+:\d+\n\n1\n", mine(r.out), re.M), "a blank line behind it", r)


def test_odd_files():
    """What editors and generators leave in files is read, or is one error."""
    with tempfile.TemporaryDirectory() as d:
        def run_file(data, status=0):
            with open(f"{d}/x.gft", "wb") as f:
                f.write(data)
            r = gft("-q", f"{d}/x.gft")
            check(r.status == status and (r.err.count(": ERROR: ") + r.err.count("\ngft: ") + r.err.startswith("gft: ") == status),
                  f"status {status} was expected", r)
            return r

        check(run_file(b"\xef\xbb\xbfbegin { print(1); }\n").out == "1\n", "a byte order mark", d)
        check(run_file(b"#!/usr/bin/env gft\r\n#define X 1\r\nbegin\r\n/pid/\r\n{\r\n\tprint(X);\r\n}\r\n").out == "1\n", "CRLF", d)
        check("begin { print($x); }\n" in run_file(b"begin { print($x); }\r\n", 1).err, "no CR on the terminal", d)
        check(run_file(b"begin { print(1); /*" + b"x" * 1000000 + b"*/ }").out == "1\n", "a long file", d)
        run_file(b"begin { print(1); /*" + b"x" * (1 << 20) + b"*/ }", 1)
        run_file(b"", 1)
        run_file(b"// nothing\n", 1)
        run_file(b"begin { print(1);\0 }", 1)
        run_file(b"begin { \xff\xfe }", 1)
        check(run_file(b'begin { print("\xff\xc3"); }').out == "\\xff\\xc3\n", "bytes that are no UTF-8", d)
        for text in (b"(" * 10000 + b"1" + b")" * 10000, b"1+" * 20000 + b"1", b"!" * 20000 + b"1", b"{ " * 10000):
            run_file(b"begin { print(" + text + b"); }", 1)
        run_file(b"begin { " + b"if (1) { " * 10000 + b"}" * 10000 + b" }", 1)
        run_file(b"".join(b"begin { print(%d); }\n" % i for i in range(10000)), 1)
        name = b"a" * 10000
        check(run_file(b"begin { $%s = 1; @%s = $%s; print(@%s); clear(@%s); }" % ((name,) * 5)).out.startswith(f"@{'a' * 10000}: 1\n"),
              "long names", d)
