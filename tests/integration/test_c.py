# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Programs of C: arguments and results by name, whatever the compiler and its DWARF."""

import os
import re
import shutil
import subprocess

from gft import GFT, ROOT, Gft, NothingLeft, Skip, Target, cbuild, check, gft, run, wait_for
import tree

# What the program calls, as a graph shows it: name, arguments, result.
STUDENT = '&{ .name = "Al \\"x\\"\\n", .age = 22, .at = { .x = -1, .y = 2 }, .next = 0x*, .mean = 3.5, ' \
          '.tag = [9,8,7,6], .nick = "al" }'
BITS = '{ .a = 5, .b = 4097, .c = -7, .d = BLUE, .e = 78187493520 }'
CALLS = [
    ("add", "a=1, b=-2", "-1"),
    ("widths", "a=-1, b=-2, c=-3, d=1099511627776, e=250, f=4000000000, g=7, h=-8, i=true", "1103511628020"),
    ("show", f's={STUDENT}, c=BLUE, text="hello"', "33"),
    ("make", "x=3, y=-4", "{ .x = 3, .y = -4 }"),
    ("swap", "p={ .x = 1, .y = 2 }, u={ .i = 1, .f = 1.401298e-45, .b = [1,0,0,0] }", "{ .x = 3, .y = 1 }"),
    ("real", "d=(xmm), f=(xmm), k=3", "(xmm)"),
    ("mixed", "m={ .d = (xmm), .n = 40 }, k=2", "{ .d = (xmm), .n = 42 }"),
    ("large", "a=1, b={ .v = [1,2,3,4,5] }, c=2", "{ .v = [4,2,3,4,5] }"),
    ("packed", f"b={BITS}, p=&{BITS}", None),
    ("nested", "o=&{ .kind = 2, { .n = 77, .text = 0x4d (fault) }, .grid = [[1,2,3],[4,5,6]] }, "
               "f=F_READ | F_EXEC, fn=0x*, none=NULL", None),
    ("pointers", "p=0x*, list=0x*, neg=-5, yes=true", "26"),
    ("text_of", f"s={STUDENT}", '"al"'),
    ("nothing", "", ""),
    ("wide", "w=0xfffffffffffffffffffffffffffffff7, l=*, last=6", "1"),
    ("leaves", "n=1", None),
]
FUNCS = ",".join(["add"] + [c[0] for c in CALLS[1:]])


def same(got, want):
    return re.fullmatch(re.escape(want).replace(r"\*", r"(?:[0-9a-f]+|\S*)"), got) is not None


def values_shown(exe):
    with NothingLeft():
        r = gft("-q", "-e", "u:main { graph(args, ret); } u:" + FUNCS + " {}", "-c", exe).ok()
    (root,) = tree.parse(r.out)
    check(root.name == "main" and root.args.startswith("argc=1, argv=0x"), "main", root.line)
    seen = {}
    for c in root.children:
        seen.setdefault(c.name, c)
    for name, args, ret in CALLS:
        check(name in seen, f"{name} was not called", r)
        c = seen[name]
        check(same(c.args, args), f"arguments of {name}: {c.args}\nwanted {args}", c.line)
        if ret is not None:
            check(same(c.ret, ret), f"result of {name}: {c.ret}\nwanted {ret}", c.line)
    return root


def test_optimised():
    values_shown(cbuild("cvalues", "-O2", "-g"))


def test_not_optimised():
    """-O0 spills its arguments first: DWARF's own places are wrong at the entry."""
    values_shown(cbuild("cvalues", "-O0", "-gdwarf-4", "-fcf-protection=full"))


def test_position_and_compression():
    values_shown(cbuild("cvalues", "-O1", "-gdwarf-5", "-no-pie", "-gz"))


def test_clang():
    values_shown(cbuild("cvalues", "-O2", "-g", compiler="clang"))


def test_in_expressions():
    """The same values, one by one."""
    script = r"""
u:add { printf("add %d %d\n", args.a, args.b); } ur:add { printf("add= %d\n", ret); @r[ret] = count(); }
u:widths { printf("widths %d %d %d %ld %d %u %d %d %d\n", args.a, args.b, args.c, args.d, args.e, args.f, args.g, args.h, args.i); }
u:show / args.s.age == 22 / { printf("show %s %d %d,%d %d %s %s %d %s\n", str(args.s.name), args.c, args.s.at.x, args.s->at.y,
    args.s.tag[2], str(args.s.next.name), args.s.next.nick, args.s.next.tag[0], str(args.text)); }
ur:make { printf("make %d %d\n", ret.x, ret.y); }
u:swap { printf("swap %d %d %d\n", args.p.x, args.p.y, args.u.i); }
u:mixed { printf("mixed %d\n", args.m.n); } ur:mixed { printf("mixed= %d\n", ret.n); }
u:large { printf("large %d %d %d\n", args.a, args.b.v[4], args.c); } ur:large { printf("large= %d\n", ret.v[0]); }
u:packed { printf("packed %d %d %d %lu\n", args.b.a, args.b.b, args.p.a, args.p.e); }
u:nested { printf("nested %d %d %d %d\n", args.o.kind, args.o.n, args.o.grid[1][2], args.f); }
u:pointers { printf("pointers %d %d %s %d\n", args.p[1], args.neg, str(args.list[1]), args.yes); }
ur:text_of { printf("text_of %s\n", str(ret)); }
"""
    for flags in ("-O2", "-g"), ("-O0", "-g"):
        r = gft("-q", "-e", script, "-c", cbuild("cvalues", *flags)).ok()
        want = ["add 1 -2", "add= -1", "widths -1 -2 -3 1099511627776 250 4000000000 7 -8 1",
                "show Al \"x\"\\n 6 -1,2 7 Bob bo 1 hello", "make 3 -4", "swap 1 2 1", "mixed 40", "mixed= 42",
                "large 1 5 2", "large= 4", "packed 5 4097 5 78187493520", "nested 2 77 6 5", "pointers 20 -5 two 1",
                "text_of al"]
        for w in want:
            check(w in r.out, f"no line {w!r}", r)
        check("@r[-1]: 1" in r.out, "results as keys", r)


def test_printed_whole():
    """print() and %s show what is no number."""
    script = r"""
u:show { print(args); printf("%s|%s|%s|%s\n", args.s.at, args.s.next.tag, args.text, args.s); }
ur:mixed,make { print(ret); }
u:packed { printf("%s %s\n", args.p, args.b.c); }
u:real { print(args.d); }
u:nested { print(args.o.grid); print(args.o.grid[1]); print(args.o.text); }
ur:swap { print(ret.y); }
"""
    r = gft("-q", "-e", script, "-c", cbuild("cvalues", "-O2", "-g")).ok()
    for want in ("{ .x = -1, .y = 2 }|[1,2,3,4]|\"hello\"|&{ .name = ", "{ .d = (xmm), .n = 42 }", "{ .x = 3, .y = -4 }",
                 f"&{BITS} -7", "(xmm)", "[[1,2,3],[4,5,6]]", "[4,5,6]", "c=BLUE, text=\"hello\""):
        check(want in r.out, f"no {want!r}", r)


def test_mistakes():
    exe = cbuild("cvalues", "-O2", "-g")
    for script, text in (
        ("u:add { print(args.c); }", "add has no argument 'c'"),
        ("u:show { print(args.s.nam); }", "has no field 'nam'"),
        ("u:show { print(args.s.tag[9]); }", "has no element 9"),
        ("u:real { @ = args.d; }", "cannot be used in an expression"),
        ("u:show { @ = args.s.at; }", "cannot be used in an expression"),
        ("ur:nothing { @ = ret; }", "nothing has no result"),
    ):
        r = gft("-e", script, exe)
        check(r.status == 1 and text in r.err, f"no error {text!r}", r)
    bare = cbuild("cvalues", "-O2", "-s", out="bare")
    r = gft("-e", "u:main { print(args.x); }", bare)
    check(r.status == 1 and "no function of" in r.err, "a stripped program", r)


def test_lines():
    """file.c:LINE by the line table; places of calls and returns with their lines."""
    exe = cbuild("cvalues", "-O0", "-g")
    src = os.path.join(ROOT, "tests/integration/progs/c/cvalues.c")
    line = next(i for i, s in enumerate(open(src), 1) if "return a + b;" in s)
    r = gft("-q", "-e", f"u:{exe}@cvalues.c:{line} {{ printf(\"%s %d\\n\", func, fetch(%ip:u64) > 0); }}", "-c", exe).ok()
    check(r.out.count("add 1\n") == 3, "hits of the line", r)
    # gcc has a statement begin at its operator
    column = next(s for s in open(src) if "return a + b;" in s).index("+") + 1
    r = gft("-q", "-e", f"u:{exe}@cvalues.c:{line}:{column} {{ printf(\"%s\\n\", func); }}", "-c", exe).ok()
    check(r.out.count("add\n") == 3, "hits of the column", r)
    r = gft("-e", f"u:{exe}@cvalues.c:{line}:{column - 1} {{ }}", exe)
    check(r.status == 1 and f"has no code that begins at cvalues.c:{line}:{column - 1}" in r.err, "a column without code", r)
    r = gft("-e", f"u:@main.go:52:{column} {{ }}", f"{ROOT}/examples/bin/calls")
    check(r.status == 1 and "no columns" in r.err, "a column of Go", r)
    (root,) = tree.parse(gft("-q", "-e", "u:main { graph(); } u:nested,add {}", "-c", exe).ok().out)
    add = [c for c in root.children if c.name == "nested"][0].children[0]
    check(add.caller["file"].endswith("cvalues.c") and int(add.exit["line"]) == line + 1, "lines", add.line)
    r = gft("-e", f"u:{exe}@cvalues.c:9999 {{ }}", exe)
    check(r.status == 1 and "has no code at cvalues.c:9999" in r.err, "a line without code", r)


def test_every_way_out():
    """Results are right also where a function ends in a jump; a longjmp is no return."""
    script = """
ur:jumps_away { @jumps[ret] = count(); }
ur:through_table { @table[retval] = count(); }
ur:jumper { @jumper[ret] = count(); }
ur:rarely { @rarely[ret] = count(); @t = count(); }
ur:instant { @instant = count(); }
"""
    want = {"@jumps": {"0": "1", "1": "2", "2": "1", "9": "1", "12": "1"}, "@table": {"1": "1"},
            "@jumper": {"0": "1", "1": "1"}, "@rarely": {"1": "1", "2": "1", "3": "1", "-1": "1", "5": "1"}}
    for flags in ("-O2", "-g"), ("-O2", "-g", "-fcf-protection=full", "-no-pie"), ("-O0", "-g"):
        exe = cbuild("exits", *flags)
        plain = run([exe]).err
        r = gft("-q", "-e", script, "-c", exe).ok()
        check(plain in r.err, "the program's own output changed", r)
        for name, rows in want.items():
            got = dict(re.findall(re.escape(name) + r"\[(-?\d+)\]: (\d+)", r.out))
            check(got == rows, f"{name} {flags}: {got}", r)
        check("@instant: 5" in r.out, "a function that does nothing", r)


def test_cplusplus():
    """Names as the source has them, or mangled; exceptions are no returns and do no harm."""
    exe = cbuild("names", "-O2", "-g", src="names.cc", compiler="g++")
    names = gft("-l", "u:ns::*", exe).ok().out
    for n in "ns::Foo::bar", "ns::twice<int>", "ns::twice<long>", "ns::thrower":
        check(f":{n}\n" in names, f"no {n}", names)
    script = r"""
u:ns::Foo::bar { printf("%s %d %d\n", func, args.this.n, args.this.id); @bar = count(); }
u:"ns::Foo::bar(double) const" { @double = count(); }
u:_ZN2ns5twice* { @[func] = count(); }
ur:ns::thrower { @returned = count(); }
u:main { graph(args); } u:"ns::thrower",ns::by_value {}
"""
    r = gft("-q", "-e", script, "-c", exe).ok()
    check(run([exe]).err in r.err, "the program's own result", r)
    for w in ("ns::Foo::bar 5 3\n", "@bar: 2", "@double: 1", "@[ns::twice<int>]: 1", "@[ns::twice<long>]: 1",
              "@returned: 2", "ns::thrower(k=2)", "(unwound)", '._M_p = "text"'):
        check(w in r.out, f"no {w!r}", r)
    r = gft("-q", "-e", 'u:"ns::Foo::bar(double) const" { $f = (ns::Foo *)arg0; print(($f.id, $f.n)); '
            "let $g : struct Foo * = $f; $t = args.this; print((((struct ns::Foo *)arg0)->n, $g.n, $t.n)); }", "-c", exe).ok()
    check(r.out == "(3, 5)\n(5, 5, 5)\n", "casts to classes", r)
    r = gft("-q", "-e", f"u:{exe}:cpp:\"ns::thrower\" {{ @ = count(); }}", "-c", exe).ok()
    check("@: 3" in r.out, "bpftrace's form", r)


def test_library_names():
    """libc, libc.so.6, c and a pattern of paths are all the one library; strings of another program."""
    exe = cbuild("forks", "-O2", "-g")
    for name in "libc", "libc.so.6", "c", "/lib/x86_64-linux-gnu/libc.so*":
        r = gft("-q", "-e", f"u:{name}:usleep {{ @[comm, arg0] = count(); }}", "-c", exe + " again").ok()
        check("@[forks, 1000]: 2" in r.out, name, r)
    with Target(exe, "loop") as target:
        for name in "*", "libc", os.path.dirname(exe) + "/for*":
            funcs = {"*": "usleep,work", "libc": "usleep"}.get(name, "work")
            with Gft("-e", f"u:{name}:{funcs} {{ @[probe] = count(); }}", "-p", str(target.pid)) as g:
                run(["sleep", "0.3"])
                r = g.stop()
            got = sorted(x.split("/")[-1] for x in re.findall(r"@\[uprobe:(\S+)\]", r.out))
            want = {"*": ["forks:work", "libc.so.6:usleep"], "libc": ["libc.so.6:usleep"]}.get(name, ["forks:work"])
            check(got == want, f"{name}: {got}", r)
    r = gft("-e", "u:libnosuch:f {}")
    check(r.status == 1 and "libnosuch" in r.err, "a library that is not there", r)
    r = gft("-e", "u:libc:strlen {}")
    check(r.status == 1 and "is an IFUNC" in r.err, "a function that the loader chooses", r)
    r = gft("-e", "u:usleep {}", exe)
    check(r.status == 1 and "in one of its shared libraries" in r.err, "a function of a library", r)
    r = gft("-e", "u:*:f {}", exe)
    check(r.status == 1 and "-p PID" in r.err, "'*' without a process", r)


def test_programs_of_debian():
    """Not built here, without DWARF: readline of bash, malloc of what runs python."""
    import pty

    if not shutil.which("bash") or not shutil.which("python3"):
        raise Skip("no bash or python3 here")
    pid, fd = pty.fork()
    if not pid:
        os.environ["PS1"] = "$ "
        os.execv("/bin/bash", ["bash", "--norc", "--noprofile", "-i"])
    try:
        with Gft("-e", r'ur:/bin/bash:readline { printf("line %s\n", str(retval)); }', "-p", str(pid)) as g:
            os.write(fd, b"echo a word\n")
            g.until("line echo a word")
            g.stop()
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(fd)
    r = gft("-q", "-e", "u:libc:malloc { @ = sum(arg0); @n = count(); } ur:libc:malloc / retval == 0 / { @zero = count(); }",
            "-c", "python3 -c 'x = [bytearray(100000) for i in range(10)]'").ok()
    total = int(re.search(r"@: (\d+)", r.out)[1])
    check(total > 1000000 and "@zero: 0\n" in r.out, "bytes of malloc", r)


def test_programs_of_several_processes():
    """-p with two programs: a pattern is looked for in both."""
    a, b = cbuild("forks", "-O2", "-g"), cbuild("forks", "-O0", "-g")
    with Target(a, "loop") as x, Target(b, "loop") as y:
        with Gft("-e", "u:work { @[pid, probe] = count(); }", "-p", f"{x.pid},{y.pid}") as g:
            run(["sleep", "0.3"])
            r = g.stop()
        for t, exe in (x, a), (y, b):
            check(re.search(rf"@\[{t.pid}, uprobe:{re.escape(exe)}:work\]: \d+", r.out), "a process", r)


def test_changed_functions():
    """What the compiler left out of a function's arguments is not shown with a value."""
    for compiler in "gcc", "clang":
        exe = cbuild("clones", "-O2", "-g", compiler=compiler)
        r = gft("-q", "-e", "u:constant*,member*,unused* { graph(args); }", "-c", exe).ok()
        for t in tree.parse(r.out):
            values = dict(x.split("=", 1) for x in t.args.split(", ") if x[:1].islower() and "=" in x)
            name = t.name.split(".")[0]
            right = {"constant": {"a": ("1", "2"), "b": ("7",), "k": ("3",)}, "unused": {"n": ("6",), "no": ("1",)},
                     "member": {"k": ("1", "2")}}[name]
            check("k" in values or "a" in values or "n" in values, "no argument at all", t.line)
            for k, v in values.items():
                check(k == "p" or v in right[k], f"{compiler}: {name} has {k}={v}", t.line)


def test_rust():
    """Names without hash, numbers and pointers; what Rust passes its own way has no value."""
    if not shutil.which("rustc"):
        raise Skip("no rustc here")
    src = os.path.join(ROOT, "tests/integration/progs/c/crate.rs")
    exe = os.path.join(ROOT, "build/progs/c/crate")
    run(["rustc", "-g", "-C", "opt-level=1", "-o", exe, src], timeout=120)
    r = gft("-q", "-e", "u:crate::main { graph(args, ret); } u:crate::* {} u:crate::add { printf(\"add %d %d\\n\", args.a, args.b); }",
            "-c", exe).ok()
    check(re.findall(r"add (\d+) 5\n", r.out) == ["0", "1", "2"], "in expressions", r)
    for want in 'crate::text(s="hello", v={ .data_ptr = 0x', "crate::add(a=2, b=5)", "} = 7 crate::add", "crate::by_ref(p=&{ .x = 2, .y = 7 })":
        check(want in r.out, f"no {want!r}", r)
    r = gft("-q", "-e", "u:crate::by_ref { $p = (struct P *)arg0; print(($p.x, ((crate::P *)arg0).y, sizeof(crate::P))); }",
            "-c", exe).ok()
    check(r.out == "(0, 7, 16)\n(1, 7, 16)\n(2, 7, 16)\n", "casts to Rust's structs", r)


def test_threads_that_end_inside():
    """What a thread has open ends with it: not with the process, and never in a thread that gets its number."""
    with NothingLeft():
        r = gft("-q", "-e", "u:work { graph(); } ur:leaf { @ = count(); @d = max(duration); }", "-c",
                cbuild("threads", "-O1", "-g", "-pthread")).ok()
    roots = tree.parse(r.out[:r.out.index("@:")])
    check(len(roots) == 20, f"{len(roots)} graphs", r)
    check(r.out.count("(unwound)") == 20 and "(open)" not in r.out, "each ended with its thread", r)
    check(r.out.count("leaf(") == 20, "with its call", r)
    check(not r.err, "nothing was left", r)
