# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Arguments and results by name, against the source that passes them (progs/values)."""

import re

from gft import NothingLeft, build, check, gft, go_newest, go_versions

# function: (arguments, result), as gft must print them; None: not looked at
TABLE = {
    "main.ints": ("a=-1, b=65535, c=-70000, d=9223372036854775813, e=42", "41"),
    "main.small": ("b=true, r=120, c=7", "false"),
    "main.bytes": ('b="GET / HTTP/1.1", n=nil', "14"),
    "main.slices": ('a=[1 -2 3], s=["a" "bc"], none=nil', "[1 -2]"),
    "main.floats": ("f=(xmm), n=9, g=(xmm)", "(xmm)"),
    "main.many": ("a=1, b=2, c=3, d=4, e=5, f=6, g=7, h=8, i=9, j=10, k=11", '21, "many"'),
    "main.times": ("d=1.5ms, t=2023-11-14T22:13:20.000000005Z", "3ms"),
    "main.maps": ("m=map[…](len 2), none=nil, c=chan(len 1, cap 4)", "2"),
    "main.funcs": ("f=main.double, none=nil", "2"),
    "main.double": ("x=1", "2"),
    "main.variadic": ('sep="-", xs=[7 8]', "2"),
    "main.point.add": ("p=main.point{x:1, y:2}, q=main.point{x:10, y:20}", "main.point{x:11, y:22}"),
    "main.fails": ('err=*errors.errorString("disk full"), none=nil', '*fmt.wrapError("wrapped: disk full")'),
    "main.faces": ('a=string("a string"), b=int(7), w=*os.File(0x…)', 'string("a string")'),
    "main.structs": ('p=main.person{name:"Ada", age:36, at:&main.point{x:3, y:4}}, '
                     'q=&main.person{name:"Ada", age:36, at:0x…}, none=nil', "&main.point{x:3, y:4}"),
    "main.(*person).older": ('p=&main.person{name:"Ada", age:36, at:0x…}, by=2', "age=38, err=nil"),
    "main.arrays": (None, "[3]"),
}

ENTRY = re.compile(r"^\d+ [\d:.]+ +(main\.(?:\(\*\w+\)\.)?[\w.]+)\((.*)\) \{ ")
EXIT = re.compile(r"^\d+ [\d:.]+ \S+ +\} (?:= (.*) )?(main\.\S+)\+\d+ ")


def values_of(go, variant):
    exe = build("values", go, variant)
    with NothingLeft():
        r = gft("-q", "-e", "u:main.work { graph(args, ret); } u:main.* {}", "-c", exe).ok()
    check(re.search(r"^ok$", r.out, re.M), "the target did not survive", r)
    args, rets = {}, {}
    for line in r.out.splitlines():
        line = re.sub(r"0x[0-9a-f]+", "0x…", line)
        if m := ENTRY.match(line):
            args.setdefault(m[1], m[2])
        elif m := EXIT.match(line):
            rets.setdefault(m[2], m[1])
    for name, (want_args, want_ret) in TABLE.items():
        check(want_args is None or args.get(name) == want_args, f"Go {go[0]} {variant}: arguments of {name}",
              f"want {want_args}", f"got  {args.get(name)}")
        check(rets.get(name) == want_ret, f"Go {go[0]} {variant}: result of {name}",
              f"want {want_ret}", f"got  {rets.get(name)}")
    texts = re.findall(r'main\.text\(s=(.*?), empty=(.*?)\) \{', r.out)
    check(texts == [(r'"hello \"world\"\n"', '""'), ('"' + ("abcdefghijklmnopqrstuvwxyz" * 3)[:64] + '…"(len 300)', '"end"')],
          "strings", texts)


# limit: 240
def test_values():
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        values_of(go, "plain")


# limit: 240
def test_values_pie():
    values_of(go_newest(), "pie")


def test_values_in_expressions():
    exe = build("calls")
    r = gft("-q", "-e", 'u:main.add / args.p.b > 2 / { printf("b %d\\n", args.p.b); } ur:main.minus { @[ret.0] = count(); } '
            'u:"main.(*Student).String" { @name[args.s.name] = count(); fetch(n = args.s.age); }',
            "-c", f"{exe} -n 3 -sleep 1ms").ok()
    check(re.findall(r"^b \d+$", r.out, re.M) == ["b 4", "b 6"], "fields in a predicate", r)
    check(sorted(re.findall(r"^@\[(-\d)\]: 1$", r.out, re.M)) == ["-1", "-2", "-3"], "results as keys", r)
    check("@name[Grace Hopper]: 3" in r.out, "text of a field as a key", r)


def test_no_dwarf():
    exe = build("calls", variant="stripped")
    r = gft("-e", "u:main.add { graph(args); }", exe, status=1)
    check("needs DWARF" in r.err and "fetch(" in r.err, "what to do without DWARF", r)
    r = gft("-e", "u:main.add { print(args.p.b); }", exe, status=1)
    check("DWARF" in r.err and "fetch(" in r.err, "what to do without DWARF", r)


def test_inlined():
    """A function that has no code of its own: where its copies are, with and without DWARF."""
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        for variant in ("plain", "stripped"):
            exe = build("calls", go, variant)
            r = gft("-e", "u:fmt.Println { graph(); }", exe, status=1)
            check("fmt.Println exists only inlined" in r.err and "into main.main (main.go:" in r.err, "where it was inlined", r)
            r = gft("-l", "u:sync.(*Mutex).Lock", exe, status=1)
            check("exists only inlined" in r.err and "sync.(*Mutex).Lock into sync." in r.err, "in a list", r)


def test_drop_and_every():
    exe = build("calls")
    r = gft("-q", "-e", "u:main.doSomething { graph(); } u:main.* {} ur:main.minus / ret.0 == -2 / { graph_drop(); }",
            "-c", f"{exe} -n 4 -sleep 1ms").ok()
    check(len(re.findall(r" main\.doSomething\(\) \{ .*goid=", r.out)) == 3, "one of four graphs was not dropped", r)
    check("made no sense" not in r.err and "without an entry" not in r.err, "a dropped graph left something", r)
    r = gft("-q", "-e", "u:main.add { graph(every = 3); } u:main.* {}", "-c", f"{exe} -n 10 -sleep 1ms").ok()
    check(len(re.findall(r" main\.add\(\) \{ .*goid=", r.out)) == 4, "every third of ten", r)
