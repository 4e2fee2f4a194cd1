# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Text of any length, and what is made of it, on a real kernel."""

import os
import re

from gft import NothingLeft, check, gft

CALLS = ("-c", "./examples/bin/calls -n 3 -sleep 20ms")
LONG = "0123456789" * 20  # more than fits on BPF's stack beside the rest


def script(text, *args, command=(), status=0):
    with NothingLeft():
        r = gft("-q", *args, "-e", text, *command)
    check(r.status == status, f"status {r.status}", r)
    return r


def begin(text, *expected, before=""):
    r = script(before + " begin { " + text + " }")
    got = [s for s in r.out.split("\n") if s]
    check(got == list(expected), "other lines than expected", r)


def test_long_text():
    begin(f'$s = "{LONG}"; $t = str_concat($s, "abc"); print($t); print((strlen($s), strlen($t), strcap("abc"))); '
          f'print((strstr($t, "9abc"), strstr($t, "9abd"), strcontains($t, "789abc"))); '
          f'print((strncmp($s, $t, 200), strncmp($s, $t, 201), memcmp("abc", "abd", 3), memcmp("abc", "abd", 2))); '
          f'print(str_concat($s, "abc") == $t); print($s == $t); print($t[202]); printf("%s|%.5s|%10s|\\n", $t, $t, "x");',
          LONG + "abc", "(200, 203, 4)", "(199, -1, true)", "(0, -97, -1, 0)", "true", "false", "99",
          LONG + "abc|01234|         x|")


def test_beginnings():
    """Names compared by fewer bytes than their own place has."""
    begin('printf("%d %d %d %d\\n", strncmp(comm, "gfx", 2), strncmp(comm, "gft", 3), strncmp(comm, "gfx", 3) < 0, strncmp("gft!", comm, 4) > 0); '
          '$c = comm; printf("%d %d %d\\n", strncmp($c, "gf", 2), memcmp(comm, "gft", 3), strncmp(comm, "gft", 16)); '
          'printf("%d %d %d\\n", strncmp(probetype, "begx", 3), strncmp(probetype, "begx", 4) < 0, strncmp(probetype, "begin", 16)); '
          'if (strncmp(comm, probetype, 3)) { print("different"); }', "0 0 1 1", "0 0 0", "0 1 0", "different")


def test_long_keys_and_parts():
    r = script(f'begin {{ $s = "{LONG}"; @m[$s] = $s; @t[$s, 1, $s] = ($s, (1, "x")); @r[1] = (a = $s, b = 2); '
               f'$v = "x"; if (find(@m, $s, $v)) {{ print($v); }} print(has_key(@m, "{LONG}")); print(@m["{LONG}"] == $s); '
               f'print(@t[$s, 1, $s].1.1); print(@r[1].a == $s); }}')
    check(r.out.startswith(f"{LONG}\ntrue\ntrue\nx\ntrue\n"), "asked", r)
    check(f"@m[{LONG}]: {LONG}\n" in r.out and f"@t[{LONG}, 1, {LONG}]: ({LONG}, (1, x))\n" in r.out
          and f"@r[1]: {{ .a = {LONG}, .b = 2 }}\n" in r.out, "maps", r)


def test_text_in_loops():
    r = script(f'begin {{ $a = ""; for ($i : 0..5) {{ $a = str_concat($a, "{LONG[:50]}"); if (strlen($a) > 120) {{ break; }} '
               f'@n[$a] = $i; }} print(strlen($a)); for ($kv : @n) {{ printf("%d %d\\n", strlen($kv.0), $kv.1); }} '
               f'$k = 0; while ($k < 3) {{ $t = str_concat($a, "x"); $k++; if ($k == 2) {{ print(strlen($t)); return; }} }} }}')
    lines = r.out.split("\n")
    check(lines[0] == "150" and sorted(lines[1:3]) == ["100 1", "50 0"] and lines[3] == "151", "in loops", r)


def test_cut():
    begin('print(str_concat("abcdef", "ghij")); print("abc");', "abcdefgh..", "abc", before="config = { max_strlen = 8 }")
    begin(f'print(str_concat("{LONG}", "{LONG}") == "{LONG * 2}"); $x = str_concat("{LONG * 5}", "{LONG * 5}"); '
          f'print(strlen($x)); @[$x] = 1; print(@["{LONG * 10}"]); clear(@);', "true", "2000", "1",
          before="config = { max_strlen = 65536 }")


def test_go_strings():
    r = script(r'u:main.(*Student).String / args.s.name == "Grace Hopper" / { @same = count(); '
               r'printf("%s %d %s\n", args.s.name, len(args.s.name), strcontains(args.s.name, "ce H") ? "in" : "out"); '
               r'$n = args.s.name; @n[$n, str_concat($n, "!")] = count(); fetch(n = $n); } '
               r'u:main.(*Student).String / args.s.name == "Grace Hoppe" || args.s.name == "Grace Hopper " / { @no = count(); }',
               command=CALLS)
    check(r.out.count("Grace Hopper 12 in\n") == 3, "text of the target", r)
    check("@same: 3" in r.out and "@no: 0\n" in r.out and "@n[Grace Hopper, Grace Hopper!]: 3" in r.out, "compared", r)


def test_programs_at_once():
    """Programs on every processor and timers that interrupt them: each has memory of its own."""
    r = script(r'u:main.add* { $s = str_concat("function ", args.a == 2 ? "two" : "more"); @[$s] = count(); } '
               .replace("args.a == 2", "arg1 == 2") +
               r'profile:hz:999 { $t = str_concat("cpu ", comm); @p[$t] = count(); } '
               r'u:main.(*Student).String { $n = args.s.name; @n[$n] = count(); }', "--buffer", "1M",
               command=("-c", "./examples/bin/calls -n 20 -sleep 5ms"))
    keys = re.findall(r"^@\[(.*?)\]", r.out, re.M)
    check(sorted(keys) == ["function more", "function two"] and "@n[Grace Hopper]: 20" in r.out, "no text is mixed", r)
    check(all(k.startswith("cpu ") for k in re.findall(r"^@p\[(.*?)\]", r.out, re.M)), "no text is mixed", r)


def test_search_and_graph():
    """What a search has found is one way for the verifier, not one for each place: a graph behind it loads."""
    r = script(r'u:main.minus { if (strcontains("a longer text \t\x41 \"q\"", "a longer text \t\x41 \"q\"")) { print(1); } '
               r'if (strstr(comm, "sixteen or more_") >= 0 || strlen(comm) > 20) { print(2); } graph(); }',
               command=("-c", "./examples/bin/calls -n 1"))
    check(re.search(r"^1$", r.out, re.M) and "main.minus() {" in r.out and not re.search(r"^2$", r.out, re.M), "what it finds", r)


def test_buffers():
    begin(r'printf("%r|%rx|%rh|%r\n", buf("abc\001d", 5), buf("ab", 2), buf("ab"), buf((uint8[4])0x64636261)); '
          r'$t = "text"; printf("%rh\n", buf($t));', r"abc\x01d|\x61\x62|61 62|abcd", "74 65 78 74")
    r = script(r'u:main.(*Student).String { printf("%r\n", buf(fetch(+0(%ax):u64), 12)); printf("%rh\n", '
               r'buf(reg("sp"), 300)); exit(); }', command=CALLS)
    check("\nGrace Hopper\n" in "\n" + r.out, "the target's bytes", r)
    check(re.search(r"^([0-9a-f]{2} ){299}[0-9a-f]{2}$", r.out, re.M), "300 bytes", r)


def test_numbers_as_bytes():
    begin("print((int8[8])5); $x = (uint8[8])0x0102030405060708; print(($x[0], (uint64)$x)); "
          "print((int32[])(uint64)0x100000002); print((uint8[4])0x01020304 == (uint8[4])0x01020304);",
          "[5,0,0,0,0,0,0,0]", "(8, 72623859790382856)", "[2,1]", "true")
    begin("let $x : uint8 = 255; $x++; print($x); let $y : int8 = 127; $y += 1; print($y); let $z : uint16 = (uint16)-1; "
          "print($z); print((sizeof(1), sizeof(300), sizeof(5000000000), sizeof((int16)1)));",
          "0", "-128", "65535", "(1, 2, 8, 2)")


def test_addresses_of_networks():
    begin('print(pton("127.0.0.1")); print(ntop(pton("10.1.2.3"))); print(ntop(pton("fe80::1"))); '
          'print(ntop(AF_INET, 0x0100007f)); print(pton("1.2.3.4") == (uint8[4])0x04030201); '
          'print(macaddr((uint8[6])0x060504030201));',
          "[127,0,0,1]", "10.1.2.3", "fe80::1", "127.0.0.1", "true", "01:02:03:04:05:06")


def test_known_before():
    begin('print((is_str("x"), is_integer(5), is_ptr(5), is_array(pton("1.2.3.4")), is_unsigned_integer(pid))); '
          '$v = 5; print((is_literal(5), is_literal($v), comptime(1 + 2))); '
          'if (is_str($v)) { print(strlen($v)); } else { print($v + 1); } static_assert(sizeof(int32) == 4, "no"); '
          'if (1 == 2) { fail("never"); } assert($v == 5, "five");',
          "(true, true, false, true, true)", "(true, false, 3)", "6")
    r = script('begin { assert(1 == 1, "no"); assert(pid == 0, "pid is not 0"); print("behind"); }', status=1)
    check("assert failed: pid is not 0" in r.err and "behind" not in r.out, "told, and ended", r)


def test_cgroups():
    me = os.stat("/sys/fs/cgroup").st_ino
    r = script('begin { print(cgroupid("/sys/fs/cgroup")); print(cgroup_path(cgroupid("/sys/fs/cgroup"))); '
               'print(cgroup_path(999999999)); }')
    lines = r.out.split("\n")
    check(lines[0] == str(me) and lines[2] == "999999999", "ids", r)


def test_series():
    r = script(r'u:main.add1 { @last = tseries(arg1, 1h, 5); @sum[func] = tseries(1, 1h, 5, "sum"); '
               r'@max = tseries(arg1, 1h, 5, "max"); @min = tseries(arg1, 1h, 5, "min"); @avg = tseries(arg1, 1h, 5, "avg"); } '
               r'end { print(@sum); }', command=CALLS)
    got = dict(re.findall(r"^(@\S+):\n +\d+ +\d+\nhh:mm:ss \|_{51}\|\n\d\d:\d\d:\d\d \| {25}\* {25}\| (\d+)\n", r.out, re.M))
    check(got.get("@sum[main.add1]") == "3" and got.get("@max") == "6" and got.get("@min") == "2"
          and got.get("@avg") == "4", "one row each", r)


def test_kinds_of_maps():
    r = script("let @h = hash(2); let @l = lruhash(2) let @p = percpuhash(9); let @q = percpulruhash(9); begin { "
               "for ($i : 0..9) { @h[$i] = $i; @l[$i] = $i; @p[$i] = count(); @q[$i] = sum($i); } "
               "print((len(@h), len(@l) <= 2, len(@p))); clear(@l); }")
    check("(2, true, 9)" in r.out and r.out.count("@p[") == 9 and "@q[8]: 8" in r.out, "as declared", r)
    check("Map full" in r.err, "a full hash is told", r)


def test_durations():
    r = script(r'ur:main.doSomething { print(duration); printf("%d %s %T\n", duration, duration, duration); $d = duration; '
               r'@d = $d; @n = duration / 1000000; print(1200us); printf("%T\n", 1200us); exit(); }', command=CALLS)
    m = re.search(r"^(\d+\.?\d*ms)\n(\d+) (\S+) (\S+)\n1200000\n1\.2ms\n", r.out, re.M)
    check(m and m[1] == m[3] == m[4] and int(m[2]) > 10_000_000, "as duration and number", r)
    check(re.search(r"^@d: \d+\.?\d*ms$", r.out, re.M) and re.search(r"^@n: \d+$", r.out, re.M), "in maps", r)


def test_names_compared():
    r = script(r'u:main.add*,begin,u:main.minus { @[func == "main.add" ? "add" : func != "main.add3" ? "other" : "three"] '
               r'= count(); @p[strncmp(func, "main.a", 6) == 0, strcontains(func, "add"), probe == "begin"] = count(); } '
               r'end { if (probe == "end") { print("at the end"); } } u:main.add / func == "main.minus" / { print("never"); }',
               command=CALLS)
    got = dict(re.findall(r"^(@.*): (\d+)$", r.out, re.M))
    check(got == {"@[add]": "3", "@[three]": "3", "@[other]": "7", "@p[false, false, true]": "1",
                  "@p[false, false, false]": "3", "@p[true, true, false]": "9"}, "maps", r)
    check("at the end" in r.out and "never" not in r.out, "names of other probes", r)


def test_join_is_cut_and_says_so():
    script = "t:syscalls:sys_enter_execve / pid == cpid / { join(args.argv, \"+\"); }"
    few, many = [str(i) for i in range(15)], [str(i) for i in range(20)]
    r = gft("-q", "-e", script, "-c", "/bin/echo " + " ".join(few)).ok()
    check("+".join(["/bin/echo"] + few) + "\n" in r.out, "16 strings", r)
    r = gft("-q", "-e", script, "-c", "/bin/echo " + " ".join(many)).ok()
    check("+".join(["/bin/echo"] + many[:15] + [".."]) + "\n" in r.out, "no more than 16", r)
    r = gft("-q", "-e", script, "-c", f"/bin/echo {'x' * 1000} {'y' * 3000} end").ok()
    check(f"/bin/echo+{'x' * 1000}+{'y' * 1024}..+end\n" in r.out, "long strings, cut at max_strlen", r.out[:200])
    r = gft("-q", "-e", "config = { max_strlen = 12 } " + script, "-c", "/bin/echo elevenbytes").ok()
    check("/bin/echo+elevenbytes\n" in r.out, "what is a byte shorter is not cut", r)
