# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Sixty things that bpftrace users type, recast on a Go program: the numbers are those of the list they come from.

The program is examples/calls, three rounds of 20 ms: add, add1, add3 and minus are called once in each, and
(*Student).String prints the name.  Its arguments are a Pair {round, 2 * round}.
"""

import json
import os
import re
import tempfile

from gft import Gft, NothingLeft, Skip, check, gft, run, ROOT, GFT

CALLS = ("-c", "./examples/bin/calls -n 3 -sleep 20ms")
SLOW = ("-c", "./examples/bin/calls -n 20 -sleep 20ms")
B = "./examples/bin/calls"


def maps(out):
    return dict(re.findall(r"^(@\w*(?:\[[^]]*\])?): (.*)$", out, re.M))


def script(text, *args, command=CALLS):
    r = gft("-q", *args, "-e", text, *command).ok()
    check("WARNING:" not in r.err and "ERROR:" not in r.err, "complaints", r)
    return r


def lines(r):
    return [s for s in r.out.split("\n") if s and not s.startswith("student: ")]


def case(text, want, *args, command=CALLS):
    """want: the lines that the script prints, or a regular expression for all of its output."""
    r = script(text, *args, command=command)
    if isinstance(want, list):
        check(lines(r) == want, f"other lines than {want}", r)
    elif isinstance(want, dict):
        check(maps(r.out) == want, f"other maps than {want}", r)
    else:
        check(re.search(want, r.out, re.M), f"nothing like {want}", r)


def test_01_to_02_lists():
    check("uprobe:" + B + ":main.add1\n" in gft("-l", f"uprobe:{B}:*").ok().out, "1: functions", None)
    check("tracepoint:sched:sched_switch\n" in gft("-l", "*sched*").ok().out, "1: what has sched in its name", None)
    check("args.b int" in gft("-lv", f"uprobe:{B}:main.add1").ok().out, "2: arguments and types", None)


def test_03_to_08_printing():
    with NothingLeft():
        case(r'begin { printf("hello world\n"); }', ["hello world"], command=())                              # 3
        case(r'begin { printf("%-8s %-6s %s\n", "TIME", "PID", "NAME"); }', ["TIME     PID    NAME"], command=())
        case(r'u:main.add { printf("%s %d\n", comm, pid == cpid); }', ["calls 1"] * 3)                        # 5
        case(r'u:main.(*Student).String { printf("%s\n", str(*arg0, *(arg0 + 8))); }', ["Grace Hopper"] * 3)  # 6
        case(r'u:main.(*Student).String { printf("%d %s\n", args.s.age, args.s.name); }',
             [f"{36 + i} Grace Hopper" for i in (1, 2, 3)])                                                   # 7
        case(r'u:main.add1 { print(args); exit(); }', r"a.*1.*b.*2")                                          # 8


def test_09_to_12_counting():
    with NothingLeft():
        case('u:main.add { @[comm] = count(); }', {"@[calls]": "3"})                                          # 9
        case('u:main.add { @ = count(); } interval:ms:50 { print(@); clear(@); }', r"^@: [1-3]$", command=SLOW)
        case('u:main.add* { @[probe] = count(); @f[func] = count(); }',                                       # 11
             {f"@[uprobe:{B}:main.{f}]": "3" for f in ("add", "add1", "add3")} |
             {f"@f[main.{f}]": "3" for f in ("add", "add1", "add3")})
        case('u:main.add { @ = count(); } interval:ms:100 { exit(); }', r"^@: \d+$", command=SLOW)            # 12


LATENCY = 'u:main.doSomething { @start[goid] = nsecs; } ur:main.doSomething /@start[goid]/ { %s; delete(@start, goid); }'


def test_13_to_16_latency():
    with NothingLeft():
        case(LATENCY % "@ns = hist(nsecs - @start[goid])", r"^@ns:\n\[16M, 32M\) +[23] \|@+")                 # 13
        case(LATENCY % "@us[func] = hist((nsecs - @start[goid]) / 1000)", r"^@us\[main.doSomething\]:\n\[16K, 32K\) +[23]")
        case(LATENCY % "@ = lhist((nsecs - @start[goid]) / 1e6, 0, 100, 5)", r"^\[20, 25\) +[1-3] \|")        # 15
        case('u:main.add1 { @s[func] = stats(arg0); @a = avg(arg0); @i = min(arg0); @x = max(arg0); @t = sum(arg0); }',
             {"@s[main.add1]": "{ .count = 3, .average = 2, .total = 6 }", "@a": "2", "@i": "1", "@x": "3", "@t": "6"})


def test_17_to_19_results():
    with NothingLeft():
        case("ur:main.add3 { @[retval] = count(); }", {"@[6]": "1", "@[9]": "1", "@[12]": "1"})              # 17
        case("ur:main.add3 /retval != 9/ { @ = count(); }", {"@": "2"})                                       # 18
        case("ur:main.add3 { @bytes = hist(retval); }", r"^@bytes:\n\[4, 8\) +1 .*\n\[8, 16\) +2 ")           # 19


def test_20_to_23_predicates():
    with NothingLeft():
        case("u:main.add /pid == cpid/ { @ = count(); }", {"@": "3"})                                         # 20
        case("u:main.add1 /arg0 == $1/ { @ = count(); }", {"@": "1"}, command=(*CALLS, "2"))                  # 21
        case('u:main.add /comm == "calls"/ { @ = count(); } u:main.(*Student).String '
             '/str(*arg0, 12) == "Grace Hopper"/ { @s = count(); }', {"@": "3", "@s": "3"})                   # 22
        case('u:main.(*Student).String /strncmp(str(*arg0, 12), "Gra", 3) == 0 && strcontains(args.s.name, "Hop")/ '
             '{ @ = count(); }', {"@": "3"})                                                                  # 23


def test_24_to_26_stacks():
    with NothingLeft():
        case("u:main.add3 { @[ustack] = count(); }", r"^@\[\n {8}main\.add3\+\d+.*\n {8}main\.add1\+[^]]*\n\]: 3$")
        case("u:main.add3 { @[ustack(2)] = count(); @p[ustack(perf, 1)] = count(); }",                        # 25
             r"^@p\[\n\t[0-9a-f]+ main\.add3\+\d+.*\n\]: 3$")
        case(r'u:main.add3 { printf("%s\n", ustack(2)); exit(); }', r"^ {8}main\.add3\+.*\n {8}main\.add1\+")


def test_27_to_31_scheduler():
    with NothingLeft():
        burn = ("-c", "sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done'")
        case('profile:hz:99 /comm == "sh"/ { @[ustack] = count(); @c[comm] = count(); @cpu = lhist(cpu, 0, 64, 1); }',
             r"^@c\[sh\]: \d+$", command=burn)                                                                # 27, 28
        r = script('tracepoint:sched:sched_switch /pid == cpid/ { @[ustack] = count(); @k[kstack(3)] = count(); }')
        check("runtime.futex" in r.out and "schedule" in r.out, "29: stacks of the switch", r)
        case('tracepoint:sched:sched_switch { @t[args.prev_pid] = nsecs; $n = args.next_pid; if (@t[$n]) '
             '{ @us = hist((nsecs - @t[$n]) / 1000); delete(@t, $n); } } end { clear(@t); }', r"^@us:\n\[")   # 30
        case('tracepoint:sched:sched_wakeup { @q[args.pid] = nsecs; } tracepoint:sched:sched_switch '
             '/@q[args.next_pid]/ { @us = hist((nsecs - @q[args.next_pid]) / 1000); delete(@q, args.next_pid); } '
             'end { clear(@q); }', r"^@us:\n\[")                                                              # 31


def test_32_to_36_kernel():
    with NothingLeft():
        case(r'tracepoint:syscalls:sys_enter_openat /pid == cpid/ { printf("%s %s\n", comm, str(args.filename)); }',
             r"^calls /sys/kernel/mm/transparent_hugepage/hpage_pmd_size$|^calls /\S+$")                      # 32
        case('tracepoint:raw_syscalls:sys_enter /comm == "calls"/ { @[args.id] = count(); '
             '@n[syscall_name(args.id)] = count(); }', r"^@n\[write\]: 3$")                                   # 33
        case('tracepoint:syscalls:sys_exit_write /pid == cpid/ { @ = hist(args.ret); }', r"^@:\n\[16, 32\) +3 ")
        case('tracepoint:syscalls:sys_enter_* /pid == cpid/ { @[probe] = count(); }',
             r"^@\[tracepoint:syscalls:sys_enter_write\]: 3$")                                                # 35
        case('software:faults:1 { @[comm] = count(); }', r"^@\[calls\]: \d+$")                                # 36


def test_37_to_41_reports():
    with NothingLeft():
        case('u:main.* { @[func] = sum(10); } end { print(@, 2); clear(@); }', r"\A(student.*\n)*(@\[.*\]: \d+\n){2}\n*\Z")
        case('u:main.add { @["a"] = sum(5000); } end { print(@, 10, 1000); clear(@); }', r"^@\[a\]: 15$")     # 38
        case(r'u:main.add { time("%H:%M:%S  "); printf("x\n"); exit(); }', r"^\d\d:\d\d:\d\d  x$")            # 39
        case(r'u:main.add { printf("%s\n", strftime("%H:%M:%S.%f", nsecs)); exit(); }', r"^\d\d:\d\d:\d\d\.\d{6}$")
        case(r'u:main.add { printf("%-8d|\n", elapsed / 1e6); exit(); }', r"^\d+ +\|$")                       # 41


def test_42_to_48_values():
    with NothingLeft():
        case("u:main.add1 { @a[pid == cpid, comm] = count(); @b[comm, func] = count(); }",                    # 42
             {"@a[true, calls]": "3", "@b[calls, main.add1]": "3"})
        case(r'u:main.add1 { @[goid] = (nsecs, arg0); } ur:main.add1 { $s = @[goid]; '
             r'printf("%d %d\n", $s.0 > 0, $s.1); delete(@, goid); }', ["1 1", "1 2", "1 3"])                 # 43
        case(r'u:main.(*Student).String { @fn[goid] = str(*arg0, 12); } ur:main.(*Student).String '
             r'{ printf("%s\n", @fn[goid]); delete(@fn, goid); }', ["Grace Hopper"] * 3)                      # 44
        case('u:main.add { @start[goid] = 7; } ur:main.add { if (has_key(@start, goid)) { @h++; } '
             'if (find(@start, goid, $ts)) { @f = $ts; } delete(@start, goid); }', {"@h": "3", "@f": "7"})    # 45
        case("u:main.add { @start[goid] = 7; } end { clear(@start); }", {})                                   # 46
        case("config = { print_maps_on_exit=0 } u:main.add { @start[goid] = 7; }", {})
        case(r'u:main.add* { @m[func] = count(); } end { for ($kv : @m) { printf("%s %d\n", $kv.0, $kv.1); } clear(@m); }',
             r"^main\.add3 3$")                                                                               # 47
        case('begin { for ($i : 0..3) { print($i); } unroll(2) { print("u"); } }', ["0", "1", "2", "u", "u"], command=())


def test_49_to_53_structures():
    with NothingLeft():
        pair = "struct P { long a, b; };\nstruct S { char *name; long len, age; };\n"
        case(pair + r'u:main.add { $p = (struct P *)arg0; printf("%d %d\n", $p.a, $p->b); }', ["1 2", "2 4", "3 6"])
        case(pair + r'u:main.(*Student).String { $p = (struct S *)arg0; printf("%s\n", str($p.name, $p.len)); }',
             ["Grace Hopper"] * 3)                                                                            # 50
        case(r'u:main.(*Student).String { printf("%r %rh\n", buf(*arg0, *(arg0 + 8)), buf(*arg0, 2)); }',
             ["Grace Hopper 47 72"] * 3)                                                                      # 51
        case('u:main.add1 { $x = arg0 > 1 ? "big" : "small"; @[$x] = count(); }', {"@[small]": "1", "@[big]": "2"})
        case(r'u:main.add,u:main.add1 { printf("%*s%s\n", @depth[goid]++ * 2, "", func); } '
             r'ur:main.add,ur:main.add1 { @depth[goid]--; } end { clear(@depth); }', ["main.add", "  main.add1"] * 3)


def test_54_to_59_more():
    with NothingLeft():
        case("u:main.add { if (@n++ > 0) { exit(); } }", {"@n": "2"}, command=SLOW)                           # 54
        case(r'u:main.add1 { printf("%s %s\n", usym(reg("ip")), usym(*reg("sp"))); exit(); }', ["main.add1 main.add"])
        case('u:main.(*Student).String { print(*uaddr("main.strings")); }', ["0", "1", "2"])                  # 56
        case("config = { missing_probes = ignore; max_strlen = 200 } u:main.nosuch {} u:main.add { @ = count(); }",
             {"@": "3"})                                                                                      # 57
        case("macro us(t) { (nsecs - t) / 1000 } u:main.doSomething { @s = nsecs; } "
             "ur:main.doSomething { if (us(@s) > 19000) { @slow++; } } end { clear(@s); }", {"@slow": "3"})   # 58
        case('u:main.add1 /arg0 >= getopt("min", 10, "least")/ { @ = count(); }', {"@": "2"},
             command=(*CALLS, "--", "--min=2"))                                                               # 59


def test_60_feeding_others():
    with NothingLeft(), tempfile.TemporaryDirectory() as d:
        gft("-q", "-f", "json", "-o", f"{d}/out.json", "-e", "u:main.add { @[func] = count(); }", *CALLS).ok()
        with open(f"{d}/out.json", encoding="utf-8") as f:
            got = [json.loads(s) for s in f]
        check(got == [{"type": "map", "data": {"@": {"main.add": 3}}}], "a file of JSON", got)
        with open(f"{d}/hello.gft", "w", encoding="utf-8") as f:
            f.write(f'#!{GFT}\nbegin {{ printf("hello %s\\n", str($1)); }}\n')
        os.chmod(f"{d}/hello.gft", 0o755)
        r = run([f"{d}/hello.gft", "you"], cwd=ROOT)
        check(r.out == "hello you\n", "a script with #!", r)
        case('begin { system("echo %d", 42); }', ["42"], "--unsafe", command=())
        r = script("u:main.add { @++; if (@ == 2) { signal(SIGTERM); } }", "--unsafe", command=SLOW)
        check(r.out.count("student") < 4, "signal() ends the program", r)


def test_60_own_signal():
    import signal

    with Gft("-q", "-e", "begin { @ = 5; } self:signal:SIGUSR1 { print(@); exit(); }") as g:
        g.p.send_signal(signal.SIGUSR1)
        g.until("@: 5", 1)
