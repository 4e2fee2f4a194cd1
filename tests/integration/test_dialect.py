# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What bpftrace users type from memory, on a real kernel."""

import os
import re

from gft import Gft, NothingLeft, check, gft

CALLS = ("-c", "./examples/bin/calls -n 3 -sleep 20ms")


def script(text, *args, command=(), status=0):
    with NothingLeft():
        r = gft("-q", *args, "-e", text, *command)
    check(r.status == status, f"status {r.status}", r)
    return r


def begin(text, *expected, args=(), params=()):
    """Runs the text in begin; what it prints are these lines, in order."""
    r = script("config = { print_maps_on_exit = false } begin { " + text + " }", *args, command=params)
    got = [s for s in r.out.split("\n") if s]
    check(got == list(expected), "other lines than expected", r)


def maps(out):
    return dict(re.findall(r"^(@\w*(?:\[[^]]*\])?): (.*)$", out, re.M))


def test_for_range():
    begin(r'$s = 0; for ($i : 0..10) { if ($i == 3) { continue; } if ($i == 8) { break; } $s += $i; } print($s);', "25")
    begin(r'for ($i : (1+1)..4) { for ($j : $i..4) { print(($i, $j)); } }', "(2, 2)", "(2, 3)", "(3, 3)")
    begin(r'for ($i : 5..3) { print($i); } for ($i : (-2)..1) { print($i); }', "-2", "-1", "0")
    begin(r'$n = 0; for ($i : 0..100000) { $n++; } print($n);', "100000")


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
    check("1048576" in r.out and "loops cut off" in r.err, "an endless loop ends, and is told", r)


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
