# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Functions that reach outside of gft: debugf, kaddr, write_user."""

import os
import re

from gft import NothingLeft, Skip, cbuild, check, gft

TRACE = "/sys/kernel/tracing/trace"


def test_debugf():
    if not os.path.exists(TRACE):
        raise Skip("this kernel has no tracefs")
    mark = f"m{os.getpid()}"
    with NothingLeft():
        gft("-q", "-e", f'begin {{ debugf("{mark} %d %lld %x %s|%hhd|%5u|%c\\n", -1, -1, 0x1234567890, "text", 511, 7, 65); '
            f'debugf("{mark} plain"); debugf("{mark} %p %#x", 255, 16); }}').ok()
    with open(TRACE, encoding="utf-8", errors="replace") as f:
        text = f.read()
    seen = re.findall(rf"bpf_trace_printk: {mark} (.*)", text)
    check(seen == ["-1 -1 34567890 text|-1|    7|A", "plain", "0xff 0x10"], f"in the kernel's log: {seen}")


def test_kaddr():
    with open("/proc/kallsyms", encoding="utf-8") as f:
        text = f.read()
    m = re.search(r"^([0-9a-f]+) [Tt] do_nanosleep$", text, re.M)
    if not m or not int(m[1], 16):
        raise Skip("/proc/kallsyms does not tell addresses")
    with NothingLeft():
        r = gft("-q", "-e", 'begin { print(kaddr("do_nanosleep")); print(ksym(kaddr("do_nanosleep"))); '
                'print(*(uint8 *)kaddr("do_nanosleep") != 0); }').ok()
    check(r.out == f"{int(m[1], 16)}\ndo_nanosleep\n1\n" or r.out == f"{int(m[1], 16)}\ndo_nanosleep\ntrue\n", "its address", r)
    r = gft("-e", 'begin { print(kaddr("no_such_symbol_at_all")); }', status=1)
    check("the kernel has no symbol no_such_symbol_at_all" in r.err, "no such symbol", r)
    if re.search(r" [dDbBrRA] (avenrun)$", text, re.M) and re.search(r" __per_cpu_offset$", text, re.M):
        r = gft("-q", "-e", 'begin { $l = kaddr("avenrun"); print(*$l < 1000000); print(percpu_kaddr("process_counts", 100000)); '
                'print(*percpu_kaddr("process_counts", 0) < 1000000); }').ok()
        check(r.out.replace("true", "1") == "1\n0x0\n1\n", "what is there", r)


def test_write_user():
    exe = cbuild("lists", "-O2", "-g")
    script = 'u:walk { $n = (struct node *)arg0; $v = (int32)77; write_user(&$n.v, &$v, 4); write_user(&$n.text, "new", 4); }'
    r = gft("-e", script, "-c", exe, status=1)
    check("write_user() changes what happens outside of gft: it needs --unsafe" in r.err, "refused", r)
    r = gft("-q", "--unsafe", "-e", script + " ur:head { print((ret.v, ret.text)); }", "-c", exe, status=None)
    if r.status:
        check("this kernel does not let anybody write" in r.err and "locked down" in r.err, "why it is refused", r)
        raise Skip("this kernel does not let anybody write to a process")
    check("(77, new)" in r.out and "sum 175" in r.out, "the program has other values", r)


def test_tests_of_a_script():
    script = """macro twice(x) { x * 2 }
test:good { if (twice(3) != 6) { return 1; } }
test:bad { if (twice(3) == 6) { return 1; } print("not here"); }
test:loop { for ($i : 0..10) { if ($i == 5) { return 1; } } }
test:asserts { @x = 1; assert(@x == 1, "one"); }
test:refuses { assert(@x == 2, "two"); }
test:ends { printf("hello %d\\n", 3); exit(0); }
test:last { $y = @x; return $y == 1 ? 0 : 1; }
begin { print("begin"); exit(); }
"""
    why = "it returned a value that is not 0"
    r = gft("--test", "-e", script, status=1)
    check(r.out == f"ok   test:good\nFAIL test:bad: {why}\nFAIL test:loop: {why}\nok   test:asserts\n"
          "FAIL test:refuses: it ended with exit() or assert()\nhello 3\nok   test:ends\nok   test:last\n", "each test", r)
    check("7 tests, 3 failed" in r.err and "assert failed: two" in r.err, "how many", r)
    r = gft("-q", "-e", script, status=0)
    check(r.out.startswith("begin\n") and "FAIL" not in r.out, "without --test there are none", r)
    r = gft("--test", "-q", "-e", "test:x { print(1); }", status=0)
    check(r.out == "1\n", "quiet", r)
    check("nothing but tests" in gft("-e", "test:x { }", status=1).err, "only tests")
    check("has no test" in gft("--test", "-e", "begin { }", status=1).err, "no tests")
