# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Widths and signs of integers while a script runs; which types they get is in tests/unit/test_sema.c."""

import json

from gft import NothingLeft, build, check, gft

# what is printed, as text, for each value of a print(...): bpftrace's rules
ROWS = [
    ("(sizeof(1), sizeof(300), sizeof(-1), sizeof(70000), sizeof(5000000000))", "(1, 2, 1, 4, 8)"),
    ("(~0, 1 << 63, 0xffffffffffffffff, -9223372036854775807 - 1)",
     "(18446744073709551615, 9223372036854775808, 18446744073709551615, -9223372036854775808)"),
    ("((uint8)300, (int8)200, (uint16)70000, (int64)(uint32)(-1), (uint8)(-10))", "(44, -56, 4464, 4294967295, 246)"),
    ("((uint8)1 - 2, (uint64)5 - 6, (uint8)200 + (uint8)100, (int8)100 * 3)", "(-1, -1, 300, 300)"),
    ("(-7 / 2, -7 % 2, 7 / -2, -8 >> 1)", "(-3, -1, -3, 9223372036854775804)"),
    ("($m / 2, $m % 2, $m >> 60, $m << 1, $m * $m)", "(-3, -1, 15, -14, 49)"),
    ("((uint32)1 > $m, (uint64)1 > 0, (int8)-1 < (uint8)1, (uint8)255 == (int8)-1)", "(true, true, true, false)"),
    ("(-$u, ~$u, ~$m, -$m)", "(18446744073709551611, 18446744073709551610, 6, 7)"),
    ("(1, -1, 300) == ((uint64)1, (int64)-1, (uint16)300)", "true"),
    ("(sizeof((1, 300)), sizeof((1, nsecs)), sizeof((x = 1, y = 70000)))", "(4, 16, 8)"),
    ("(bswap(0x1234), bswap((uint32)0x12345678), bswap(7))", "(13330, 2018915346, 7)"),
    ("(sizeof(pid), sizeof(nsecs), sizeof(cpu), sizeof(sizeof(1)), sizeof($1), sizeof($#))", "(4, 8, 8, 1, 1, 1)"),
]

SCRIPT = r"""
begin {
	$a = (uint8)255; $b = $a++; print(($a, $b, sizeof($a), sizeof($b)));
	let $c : uint8 = 255; print(($c++, $c, ++$c, sizeof($c)));
	let $d : int8 = 127; $d += 1; print($d); $d -= 1; print($d); $d <<= 1; print($d);
	let $e : uint32 = 5; $e -= 6; print(($e, $e > 5));
	$f = (uint32)5; $f |= 1; print(($f, sizeof($f)));
	@g = 0; --@g; print((@g, sizeof(@g)));
	@h[1] = (uint8)200; @h[1] += 100; print(@h[1]);
	@i["x"] = -7; @i["x"] /= 2; print(@i["x"]); @i["x"] >>= 60; print(@i["x"]);
	$n = 0; while ($n < 300) { $n++; } print($n);
	$s = 0; for ($j : 0..300) { $s += $j; } print($s);
	for ($j : -2..2) { print($j); }
	$k = -1; @v[1] = 200; if (find(@v, 1, $k)) { print(($k, sizeof($k))); }
	@w[-1] = 1; @w[70000] = -1; for ($kv : @w) { @seen[$kv.0, sizeof($kv.0)] = $kv.1; }
	$t = (1, (x = 2)); $t = (-300, (x = 70000)); print($t); $t = (5, (x = 6)); print(($t, sizeof($t)));
	printf("%d %ld %hhx %hhd %hd %u %x %lx %c\n", 5000000000, 5000000000, 511, 200, 70000, -1, -1, -1, 65);
	exit(200);
}
"""

SAID = ["(256, 255, 8, 8)", "(255, 0, 1, 1)", "-128", "127", "-2", "(4294967295, true)", "(5, 8)", "(-1, 8)", "300",
        "-3", "15", "300", "44850", "-2", "-1", "0", "1", "(200, 2)", "(-300, { .x = 70000 })", "((5, { .x = 6 }), 8)",
        "705032704 5000000000 ff -56 4464 4294967295 ffffffff ffffffffffffffff A"]


def test_values():
    text = "begin { $m = -7; $u = (uint32)5; " + " ".join(f"print({row[0]});" for row in ROWS) + " exit(); }"
    with NothingLeft():
        r = gft("-q", "--no-warnings", "-e", text, "7").ok()
        for (what, want), line in zip(ROWS, r.out.split("\n")):
            check(line == want, f"print({what}) must be {want}", r)
        r = gft("-q", "--no-warnings", "-f", "json", "-e", text, "7").ok()
    for (what, want), line in zip(ROWS, r.out.split("\n")):
        want = want.replace("(", "[").replace(")", "]").replace(", ", ",").strip("[]").split(",")
        have = json.loads(line)["data"]
        # what a double does not hold is a string in JSON
        check([str(x).lower() for x in (have if isinstance(have, list) else [have])] == want, what, r)


def test_statements():
    with NothingLeft():
        r = gft("-q", "--no-warnings", "-e", SCRIPT, status=200)
    check(r.out.split("\n")[:len(SAID)] == SAID, "values", r)
    for line in ("@g: -1", "@h[1]: 300", "@i[x]: 15", "@v[1]: 200", "@w[70000]: -1", "@w[-1]: 1", "@seen[-1, 4]: 1",
                 "@seen[70000, 4]: -1"):
        check(line in r.out.split("\n"), line, r)


def test_arguments_keep_their_widths():
    """main.ints(a int8, b uint16, c int32, d uint64, e uint) of progs/values."""
    exe = build("values")
    with NothingLeft():
        r = gft("-q", "--no-warnings", "-e", "u:main.ints { $a = args.a; @b[args.b] = args.c; @d = args.d; print((args.a, args.b, args.c, "
                "sizeof($a), sizeof(args.b), sizeof(@b[1]), sizeof(args.d))); print(args.a < args.b); print($a - args.b); exit(); }",
                "-c", exe)
    for line in ("(-1, 65535, -70000, 1, 2, 4, 8)", "true", "-65536", "@b[65535]: -70000", "@d: 9223372036854775813"):
        check(line in r.out.split("\n"), line, r)
