# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The same script in bpftrace, as far as Debian's old one goes, and in gft: the same output.

What is different on purpose is in docs/coming-from.md; norm() takes it away on both sides.
"""

import re
import shutil

from gft import NothingLeft, Skip, check, gft, run

SAME = [
    r'BEGIN { printf("%d %5d|%-5d|%x %s %c %p\n", 1, 2, 3, 255, "x", 65, 10); exit(); }',
    r'BEGIN { print(1); print("a"); print((1,"a",(2,3))); exit(); }',
    r'BEGIN { @a = avg(3); @c[1,"x"] = sum(2); @c[2,"y"] = sum(1); @d = "str"; exit(); }',
    r'BEGIN { @h = hist(5); @h = hist(100); @h = hist(0); @h = hist(-3); exit(); }',
    r'BEGIN { @l = lhist(5,0,10,2); @l = lhist(-5,0,10,2); @l = lhist(50,0,10,2); exit(); }',
    r'BEGIN { @k[1] = hist(5); @k[2] = hist(7); @k[2] = hist(8); exit(); }',
    r'BEGIN { $x = 7; $y = -2; print($x / 2); print($x % 4); print($y); print($x << 3); exit(); }',
    r'BEGIN { @x[1] = 5; @x[2] = 3; @x[3] = 9; print(@x, 2); print(@x, 2, 3); clear(@x); exit(); }',
    r'tracepoint:syscalls:sys_enter_reboot { @ = count(); @s = sum(1); } BEGIN { @a = count(); clear(@a); exit(); }',
    r'BEGIN { @[1] = count(); @[1] = count(); @[2] = count(); print(@); clear(@); exit(); }',
    r'BEGIN { @min = min(5); @min = min(3); @max = max(5); @max = max(9); exit(); }',
    r'BEGIN { printf("%s\n", strftime("%Y", nsecs)); printf("%r\n", buf("abc", 3)); exit(); }',
    r'BEGIN { unroll(3) { printf("x"); } $i = 0; while ($i < 3) { printf("%d", $i); $i++; } printf("\n"); exit(); }',
    r'BEGIN { @m["b"] = 1; @m["a"] = 2; delete(@m["b"]); exit(); }',
    r'BEGIN { if (comm == "nosuch") { printf("no\n"); } else { printf("%d\n", 0 ? 2 : 3); } exit(); }',
    r'BEGIN { print((int8)300); print((uint16)70000); print(sizeof(int32)); exit(); }',
    r'BEGIN { $m = -8; print($m >> 1); print($m << 2); print($m * 3); print((1, -1, (uint8)7)); print(1 << 16); exit(); }',
    r'BEGIN { @a = -5; @b[1, -2] = 3; @c = (uint8)200; @c += 100; @d[-1] = 1; @d[70000] = -300; exit(); }',
    r'BEGIN { printf("%d %ld %hhx %u %x\n", 5000000000, 5000000000, 511, -1, -1); exit(); }',
    r'BEGIN { $i = 0; while ($i < 300) { $i++; } print($i); $x = (int16)-5; print($x - 1); print(sizeof((int16)1)); exit(); }',
    r'BEGIN { @t = (1, "x"); $t = @t; print($t.0); print(@t.1); exit(); }',
    r'BEGIN { printf("%lld %llu %lx %08d %-8s| %5.2s|\n", -1, -1, 255, 42, "ab", "abcdef"); exit(); }',
    r'BEGIN { print(strncmp("abc","abd",2)); print(ntop(0x0100007f)); exit(); }',
    r'BEGIN { print(1); } END { print(2); } interval:ms:100 { exit(); }',
    r'BEGIN { $i = 0; @x[$i++] = ++$i; print($i); @s["a"] = "x"; exit(); }',
    r'BEGIN { print("a\\b"); printf("a\\b|%s|\n", "c\\d"); @["a\\b"] = "c\\d"; exit(); }',
    r'BEGIN { printf("%s %d\n", 1); }',
    r'BEGIN { @x = 1; @x = "a"; }',
    r'BEGIN { print($y); }',
    r'BEGIN { foo(1); }',
    r'BEGIN { printf("a" }',
]


def norm(out):
    """Without the first line, blanks at line ends (0.17 has one behind "@h:"), and blank lines."""
    lines = [s.rstrip().replace("}, {", "},{") for s in out.split("\n")]
    return [s for s in lines if s and not re.match(r'Attaching \d+ probes?\.\.\.|\{"type": "attached_probes"', s)]


def compare(text, *args):
    theirs = run(["bpftrace", *args, "-e", text], status=None, timeout=30)
    ours = gft(*args, "-e", text)
    check((theirs.status, norm(theirs.out)) == (ours.status, norm(ours.out)), text, theirs, ours)


def test_same_output():
    if not shutil.which("bpftrace"):
        raise Skip("bpftrace is not installed")
    with NothingLeft():
        for text in SAME:
            compare(text)


def test_same_json():
    if not shutil.which("bpftrace"):
        raise Skip("bpftrace is not installed")
    with NothingLeft():
        for text in SAME[:13]:
            compare(text, "-f", "json")
