# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Arguments and results by name, against the source that passes them (progs/values)."""

import os
import re
import shutil
import subprocess
import tempfile

from gft import NothingLeft, Skip, build, check, gft, go_newest, go_versions, run

# function: (arguments, result), as gft must print them; None: not looked at
TABLE = {
    "main.ints": ("a=-1, b=65535, c=-70000, d=9223372036854775813, e=42", "41"),
    "main.constant": ('s="456789abcd", fresh=(fault)(len 4194304), err=*errors.errorString("12345")', '"56789abcd"'),
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
    "main.keep[go.shape.string]": ('x="s", xs=["t"]', '"s"'),
    "main.(*stack[go.shape.string]).push": ('s=&main.stack[go.shape.string]{v:nil}, x="top", n=2', "2"),
    "main.apply": ("f=main.adder.func1, x=4", "15"),
    "main.adder.func1": (None, "15"),
}

ENTRY = re.compile(r"^\d+ [\d:.]+ +(main\.(?:\(\*[^)]*\)\.)?[^ (]+)\((.*)\) \{ ")
EXIT = re.compile(r"^\d+ [\d:.]+ \S+ +\} (?:= (.*) )?(main\.\S+)\+\d+ ")

# What fail() is called with, in order; errors.Join came with Go 1.20.
ERRORS = [
    r'*fs.PathError("open /nonexistent/file: no such file or directory")',
    r'*strconv.NumError("strconv.Atoi: parsing \"12x\": invalid syntax")',
    r"syscall.Errno(ENOENT)",
    r'*fmt.wrapError("reading: EOF")',
    r'*os.SyscallError("openat: permission denied")',
    r'context.deadlineExceededError("context deadline exceeded")',
    r"*main.codeError{code:404, msg:…}",
    r'main.textError("a text")',
    r'main.pairError{msg:"a pair", n:7}',
    r"nil",
]
NEWER_ERRORS = [r'*errors.joinError("one\ntwo: EOF\n… (3 errors)")', r'*fmt.wrapErrors("EOF and unexpected EOF")']


def plain(name):
    """Names of generics as Go >= 1.21 writes them; before, the types are left out."""
    return name.replace("[...]", "[go.shape.string]").replace("_0]", "]")


def values_of(go, variant):
    exe = build("values", go, variant)
    with NothingLeft():
        r = gft("-q", "-e", "u:main.work { graph(args, ret); } u:main.* {}", "-c", exe).ok()
    check(re.search(r"^ok$", r.out, re.M), "the target did not survive", r)
    args, rets = {}, {}
    for line in r.out.splitlines():
        line = re.sub(r"0x[0-9a-f]+", "0x…", line)
        if m := ENTRY.match(line):
            args.setdefault(plain(m[1]), plain(m[2]))
        elif m := EXIT.match(line):
            rets.setdefault(plain(m[2]), m[1])
    for name, (want_args, want_ret) in TABLE.items():
        check(want_args is None or args.get(name) == want_args, f"Go {go[0]} {variant}: arguments of {name}",
              f"want {want_args}", f"got  {args.get(name)}")
        check(rets.get(name) == want_ret, f"Go {go[0]} {variant}: result of {name}",
              f"want {want_ret}", f"got  {rets.get(name)}")
    texts = re.findall(r'main\.text\(s=(.*?), empty=(.*?)\) \{', r.out)
    check(texts == [(r'"hello \"world\"\n"', '""'), ('"' + ("abcdefghijklmnopqrstuvwxyz" * 3)[:64] + '…"(len 300)', '"end"')],
          "strings", texts)
    printed_of(go, variant, exe)


def minor(go):
    m = re.match(r"1\.(\d+)", go[0])
    return int(m[1]) if m else 99


def printed_of(go, variant, exe):
    """print() and printf() of Go values, whole and by path."""
    closure = "u:main.adder.func1 { print(args); } " if minor(go) >= 23 else ""
    with NothingLeft():
        r = gft("-q", "-e", r'u:main.fail { print(args.err); } u:main.dynamic { print(args.a); } ur:main.fail { @ = count(); } '
                r'u:main.nested { printf("%s %d %d %s %s %s|\n", args.l.list[1].name, args.l.list[1].list[0].id, '
                r'len(args.l.list), args.a[1], args.l.list[0], args.l.list[7]); } u:main.slices { print(args); } '
                rf'{closure}ur:main.many {{ print(ret); print(ret.1); }} u:main.ints,main.double {{ printf("%s\n", args); }}',
                "-c", exe).ok()
    lines = r.out.splitlines()
    want = ERRORS + (NEWER_ERRORS if minor(go) >= 20 else [])
    got = [line for line in lines if line in want or re.match(r"\*?\w+\.\w*Err", line)]
    check(got == want, f"Go {go[0]} {variant}: errors", *[f"{a}\n   {b}" for a, b in zip(want, got) if a != b], r)
    for line in ("main.color(7)", "float64(1.5)", "int8(-3)", "time.Duration(1s)", '21, "many"', "many", "x=1",
                 "a=-1, b=65535, c=-70000, d=9223372036854775813, e=42", 'a=[1 -2 3], s=["a" "bc"], none=nil',
                 'in1 4 2 main.node{id:6, name:"array", list:nil} main.node{id:2, name:"in0", list:nil} (no such element)|'):
        check(line in lines, f"Go {go[0]} {variant}: no line {line}", r)
    if closure:
        check("x=4, sum=5, n=3" in lines, f"Go {go[0]} {variant}: captured variables", r)


# limit: 400
def test_values():
    """Each compiler; the oldest and the newest in every way of linking."""
    versions = go_versions() or [go_newest()]
    for go in versions:
        for variant in ("plain", "unoptimised"):
            values_of(go, variant)
    for go in {versions[0], versions[-1]}:
        values_of(go, "pie")


# limit: 400
def test_values_cgo():
    for variant in ("cgo", "cgo-pie", "cgo-static"):
        values_of(go_newest(), variant)
    values_of((go_versions() or [go_newest()])[0], "cgo")


def test_recorded_values():
    """A recorded stream shows the values that were seen, without the binary."""
    exe = build("values")
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "rec")
        r = gft("-q", "--record", path, "-e", "u:main.work { graph(args, ret); } u:main.* {} "
                "u:main.fail { fetch(n = %ax:x64); }", "-c", exe).ok()
        again = gft("replay", path).ok()
        check(r.out.replace("ok\n", "") == again.out, "replayed values differ", r.out[:2000], again.out[:2000])
        data = open(path, "rb").read()
        check(len(data) < 60000, f"a recorded stream of {len(data)} bytes")
        # cut anywhere, it shows what is there
        for n in range(0, len(data), 1 + len(data) // 20):
            open(path, "wb").write(data[:n])
            gft("replay", path)


def test_long_text_on_lines():
    """Text on a graph line: 256 bytes, or what max_strlen says; what was cut says so."""
    exe = build("values")
    long = "".join(chr(ord("a") + i % 26) for i in range(300))
    for config, want in (("", long[:256] + ".."), ("config = { max_strlen = 40 }", long[:40] + ".."),
                         ("config = { max_strlen = 4096 }", long)):
        r = gft("-q", "-e", config + " u:main.text { graph(); fetch(s = %ax:gostring, t = +0(%ax):string); }", "-c", exe).ok()
        lines = [m.groups() for m in re.finditer(r"main\.text\(s=(.*), t=(.*)\) { main\.work", r.out)]
        check(len(lines) > 1 and lines[-1][0] == want, f"{config}: gostring {want}", r)
        # the zero byte may be far behind
        check(lines[-1][1] == want or len(want) == 300 and lines[-1][1].startswith(want), f"{config}: string {want}", r)


def test_recorded_names():
    """What only this run can name is in the recording too: probes, addresses, stacks, formats, users; in both formats."""
    tags = {"func": "func", "probe": "probe", "usym": 'usym(reg("ip"))', "ustack": "ustack(3)", "raw": "ustack(raw)",
            "gostack": "gostack", "start": "go_start", "caller": "caller", "line": "caller_line", "user": "username",
            "time": 'strftime("%Y-%m-%d %H:%M:%S", nsecs)', "group": "cgroup_path(cgroup)", "cut": 'str("' + 90 * "x" + '")',
            "tuple": '(1, func, (usym(reg("ip")), strftime("%s", nsecs)))', "net": "ntop(0x0100007f)"}
    tag = [f'graph_tag("{k}", {v});' for k, v in tags.items()]
    script = ("config = { max_strlen = 64 } u:main.work { graph(); %s } u:main.ints { graph(); %s } "
              "u:main.fail { graph(); fetch(f = func); %s }" % (" ".join(tag[:5]), " ".join(tag[5:10]), " ".join(tag[10:])))
    exe = build("values")
    for form in ("text", "json"):
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "rec")
            r = gft("-q", "--no-warnings", "-f", form, "--record", path, "-e", script, "-c", exe).ok()
            again = gft("replay", "-f", form, path).ok()
            check(r.out.replace("ok\n", "") == again.out, "replayed names differ", r.out[:3000], again.out[:3000])
            for text in ("main.work", "uprobe:", "runtime.main", "main.main+", "root", "unified:/", "main.fail"):
                check(text in again.out, f"no {text}", again)


def test_separate_debug_file():
    """DWARF in a file of its own: by .gnu_debuglink, and by build id as Debian's -dbgsym packages have it."""
    if not shutil.which("objcopy"):
        raise Skip("no objcopy (binutils)")
    exe = build("values", variant="cgo")
    with tempfile.TemporaryDirectory() as d:
        mine, debug = os.path.join(d, "values"), os.path.join(d, "values.debug")
        subprocess.run(["objcopy", "--only-keep-debug", exe, debug], check=True)
        subprocess.run(["objcopy", "--strip-all", f"--add-gnu-debuglink={debug}", exe, mine], check=True)
        script = "u:main.ints { print(args); }"
        want = "a=-1, b=65535, c=-70000, d=9223372036854775813, e=42"
        r = gft("-q", "-e", script, "-c", mine).ok()
        check(want in r.out, "a debug file beside the binary", r)
        away = os.path.join(d, "debug")
        os.mkdir(away)
        os.rename(debug, os.path.join(away, "values.debug"))
        r = gft("-q", "-e", script, "-c", mine, status=1)
        check("needs DWARF" in r.err and "--debuginfo" in r.err and "fetch(" in r.err, "no debug file", r)
        r = gft("-q", "--debuginfo", away, "-e", script, "-c", mine).ok()
        check(want in r.out, "--debuginfo with the debug file in it", r)
        notes = subprocess.run(["readelf", "-n", mine], stdout=subprocess.PIPE, text=True, check=True).stdout
        m = re.search(r"Build ID: ([0-9a-f]+)", notes)
        check(m, "a program linked by gcc has a build id", notes)
        tree = os.path.join(d, "tree/.build-id", m[1][:2])
        os.makedirs(tree)
        os.rename(os.path.join(away, "values.debug"), os.path.join(tree, m[1][2:] + ".debug"))
        r = gft("-q", "--debuginfo", os.path.join(d, "tree"), "-e", script, "-c", mine).ok()
        check(want in r.out, "--debuginfo with a tree of build ids", r)


def test_values_in_expressions():
    exe = build("calls")
    r = gft("-q", "-e", 'u:main.add / args.p.b > 2 / { printf("b %d\\n", args.p.b); } ur:main.minus { @[ret.0] = count(); } '
            'u:"main.(*Student).String" { @name[args.s.name] = count(); fetch(n = args.s.age); }',
            "-c", f"{exe} -n 3 -sleep 1ms").ok()
    check(re.findall(r"^b \d+$", r.out, re.M) == ["b 4", "b 6"], "fields in a predicate", r)
    check(sorted(re.findall(r"^@\[(-\d)\]: 1$", r.out, re.M)) == ["-1", "-2", "-3"], "results as keys", r)
    check("@name[Grace Hopper]: 3" in r.out, "text of a field as a key", r)
    r = gft("-q", "-e", 'u:main.add { print(*args.p); printf("%s %d|", *args.p, (*args.p).b); @[(*args.p).a] = count(); exit(); }',
            "-c", f"{exe} -n 1 -sleep 1ms").ok()
    check("main.Pair{a:1, b:2}\nmain.Pair{a:1, b:2} 2|" in r.out and "@[1]: 1" in r.out, "what a pointer leads to", r)
    exe = build("values")
    r = gft("-q", "-e", 'u:main.structs { print(*args.q); print((*args.q).name); print(*args.none); @ = *args.none == 0; }',
            "-c", exe, status=1)
    check("person" in r.err, "no number is compared with a struct", r)
    r = gft("-q", "-e", 'u:main.structs { print(*args.q); print((*args.q).name); print(*args.none); exit(); }', "-c", exe).ok()
    check(re.search(r"^main\.person\{name:.*\}\n\w+.*\n\(fault\)\n", r.out, re.M), "a pointer that is nil leads nowhere", r)


def test_no_room():
    """What the steps of a probe do not reach is "…": no empty text, and no number that is something else's."""
    exe = build("values")
    r = gft("-q", "-e", "u:main.fails { print(args.err); print(args); } "
            "u:main.faces { print(args.w); print(args.a); print(args.b); print(args); }", "-c", exe).ok()
    check('*errors.errorString("disk full")\nerr=*errors.errorString("…"), none=nil\n' in r.out, "an error's text", r)
    check(re.search(r'^a=string\("a string"\), b=int\(…\), w=', r.out, re.M), "a number in an interface", r)


def test_computed_indexes():
    exe = build("values")
    r = gft("-q", "-e", r"""u:main.nested {
        for ($i : 0..len(args.l.list)) { printf("%d %s %d|", args.l.list[$i].id, args.l.list[$i].name, len(args.l.list[$i].list)); }
        $k = 1; @n = 1; printf("%s %d %s %c %s\n", args.a[$k].name, args.a[@n].id, args.l.list[$k].list[$k - 1].name,
            args.l.name[$k], args.l.list[@n].name); }
        u:main.bytes { for ($i : 0..len(args.b)) { printf("%c", args.b[$i]); } printf("|\n"); }""", "-c", exe).ok()
    check("2 in0 0|3 in1 1|array 6 deep u in1\n" in r.out and "GET / HTTP/1.1|\n" in r.out, "elements", r)
    check("no element" not in r.err, "all of them are there", r)
    r = gft("-q", "-e", "u:main.nested {\n  $z = 7;\n  print(args.l.list[$z].id); print(args.a[$z].name); print(args.l.list[-1].id);\n}",
            "-c", exe).ok()
    check("0\n\n0\n" in r.out, "what is not there is 0", r)
    check(len(re.findall(r"script:3:\d+-\d+: WARNING: There is no element of that number", r.err)) == 3 or
          len(re.findall(r":3:\d+-\d+: WARNING: There is no element of that number", r.err)) == 3, "and is told", r)
    r = gft("-e", "u:main.nested { $i = 0; print(args.l.list[$i]); }", "-c", exe, status=1)
    check("only numbers and text can be had" in r.err, "nothing whole", r)


def test_wrong_version():
    """A program that lies about its version: goroutine ids of another layout are told, not printed."""
    for version, said, lie in (("1.23", b"go1.23.", b"go1.22."), ("1.22", b"go1.22.", b"go1.23.")):
        go = [g for g in go_versions() if g[0] == version]
        if not go:
            raise Skip(f"no Go {version} here")
        with open(build("values", go[0], "stripped"), "rb") as f:
            data = f.read()
        at = data.index(said, data.index(b"\xff Go buildinf:"))
        with tempfile.TemporaryDirectory() as d:
            exe = os.path.join(d, "values")
            with open(exe, "wb") as f:
                f.write(data[:at] + lie + data[at + len(lie):])
            os.chmod(exe, 0o755)
            r = gft("-q", "-e", r'u:main.ints { printf("goid %d\n", goid); } u:main.work { graph(); }', "-c", exe).ok()
        check(re.search(r"^\d+ hits ignored: the goroutine id made no sense .*layout", r.err, re.M), f"Go {version} said to be {lie}", r)
        check("goid" not in r.out and "ok" in r.out, "an id of another layout was shown", r)


def test_version_unknown():
    """A program that does not say which Go built it, as some are shipped: its tables tell."""
    for go in go_versions():
        exe = build("values", go, "stripped")
        notes = subprocess.run(["readelf", "-SW", exe], stdout=subprocess.PIPE, text=True, check=True).stdout
        m = re.search(r"\.go\.buildinfo\s+PROGBITS\s+\S+\s+(\S+)\s+(\S+)", notes)
        check(m, "no .go.buildinfo", notes)
        off, size = int(m[1], 16), int(m[2], 16)
        with tempfile.TemporaryDirectory() as d:
            blank = os.path.join(d, "values")
            with open(exe, "rb") as f:
                data = f.read()
            with open(blank, "wb") as f:
                f.write(data[:off] + bytes(size) + data[off + size:])
            os.chmod(blank, 0o755)
            r = gft("info", blank).ok()
            check("version not recorded" in r.out and "guessed" in r.out, f"Go {go[0]}: what is known", r)
            r = gft("-q", "-e", r'u:main.ints { printf("goid %d\n", goid); } u:main.fails { print(fetch(%ax:error)); }', "-c", blank).ok()
        check("goid 1\n" in r.out and 'errorString("disk full")' in r.out and not r.err, f"Go {go[0]}", r)


def test_values_by_place():
    """What a stripped program shows: errors with their text, other interfaces, text, from registers and memory."""
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        exe = build("values", go, "pie-stripped")
        r = gft("-q", "-e", "ur:main.fail / fetch(%bx:x64) != 0 / { print(fetch(%bx:error)); } "
                "u:main.dynamic { print(fetch(%ax:eface)); } u:main.bytes { print(fetch(%ax:slice)); } "
                r'u:main.many { printf("%s\n", fetch(%ax:s64)); } u:main.variadic { printf("<%s>\n", fetch(%ax:gostring)); } '
                "u:main.fails { fetch(err = %ax:error, none = %cx:error); graph(); }", "-c", exe).ok()
        want = ERRORS[:-1] + (NEWER_ERRORS if minor(go) >= 20 else [])
        got = [line for line in r.out.splitlines() if line in want or re.match(r"\*?\w+\.\w*Err", line)]
        check(got == want, f"Go {go[0]}: errors without DWARF", *[f"{a}\n   {b}" for a, b in zip(want, got) if a != b], r)
        for line in ("main.color(7)", "float64(1.5)", "int8(-3)", '"GET / HTTP/1.1"', "1", "<->"):
            check(line in r.out.splitlines(), f"Go {go[0]}: no line {line}", r)
        check('main.fails(err=*errors.errorString("disk full"), none=nil) {' in r.out, "on a graph's line", r)


def test_values_by_address():
    """Variables of the program, and what lies on the stack, have Go's types too; in PIE as well."""
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        for variant in ("plain", "pie"):
            exe = build("values", go, variant)
            r = gft("-q", "-e", "u:main.bytes { print(fetch(@main.lastErr:error)); print(fetch(@main.home:main.person)); } "
                    r'ur:main.bytes { printf("<%s>\n", fetch(+0(@main.guest):main.person)); }', "-c", exe).ok()
            lines = [re.sub("0x[0-9a-f]+", "0x…", line) for line in r.out.splitlines()]
            for line in ("*main.codeError{code:7, msg:…}", 'main.person{name:"Ada", age:36, at:&main.point{x:3, y:4}}',
                         '<main.person{name:"Ada", age:36, at:&main.point{x:3, y:4}}>'):
                check(line in lines, f"Go {go[0]} {variant}: no line {line}", r)
    r = gft("-q", "-e", "u:main.byStack { print(fetch(+8(%sp):main.room)); print(fetch(+0(+8(%sp)):main.point)); exit(); }",
            "-c", build("values")).ok()
    check("main.room{p:&main.point{x:3, y:4}, tiles:[1 2 3 4 5 6 7 8 …]}\nmain.point{x:3, y:4}\n" in r.out, "on the stack", r)
    for wrong, why in (("@main.nosuch:error", "no symbol main.nosuch"), ("@main.home:main.nosuch", "no type main.nosuch")):
        check(why in gft("-e", f"u:main.bytes {{ print(fetch({wrong})); }}", exe, status=1).err, why)


def test_signatures():
    """Names and numbers of arguments and results of all functions of a program, against their source."""
    for go in go_versions() or [go_newest()]:
        exe = build("signatures", go)
        for probe, what in (("u", "args"), ("ur", "ret")):
            with tempfile.NamedTemporaryFile("w") as f:
                f.write(gft("-lv", f"{probe}:*", exe).ok().out)
                f.flush()
                out = run([exe, what, f.name]).out
            m = re.search(r"^(\d+) functions, (\d+) differ$", out, re.M)
            check(m and int(m[1]) > 500 and m[2] == "0", f"Go {go[0]}: {what} against the source", out)


def test_unread_pages():
    """A constant whose page was never loaded: marked where it is fetched, told with -k, and empty in expressions."""
    exe = build("values")
    r = gft("-k", "-q", "-e", 'u:main.constant { fetch(f = %ax:gostring, g = +0(%ax):c64); graph(); printf("<%s> <%s> %d\\n", args.s, '
            "str(args.s), len(args.s)); @[args.s] = count(); @f[fetch(%ax:gostring)] = count(); }", "-c", exe).ok()
    check("main.constant(f=(fault), g=(fault)) {" in r.out and "<> <> 10" in r.out, "what could not be read", r)
    check(r.err.count("WARNING: Bad address") == 4, "-k tells of each read that failed", r)
    r = gft("-f", "json", "-q", "-e", "u:main.constant { graph(args); }", "-c", exe).ok()
    check('"args": {"s": "456789abcd", "fresh": {"fault": true, "len": 4194304}, "err": ' in r.out, "in JSON", r)


def test_nil():
    """== nil and != nil of every kind of value that can be, by name and by place."""
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        exe = build("values", go)
        r = gft("-q", "-e", """
            u:main.fails { @fails[args.err == nil, args.none == nil, fetch(%ax:error) != nil, nil == fetch(%cx:error)] = count(); }
            u:main.structs / args.q != nil && args.none == nil / { @structs[args.q.at == nil] = count(); }
            u:main.slices { @slices[args.a == nil, args.s == nil, args.none == nil] = count(); }
            u:main.maps { @maps[args.m == nil, args.none == nil, args.c != nil] = count(); }
            u:main.funcs { @funcs[args.f == nil, args.none == nil] = count(); }
            u:main.faces { @faces[args.a == nil, args.w != nil] = count(); }
            ur:main.fails { @ret[ret == nil, ret.0 != nil] = count(); }
            ur:"main.(*person).older" { @err[ret.err == nil] = count(); }""", "-c", exe).ok()
        for want in (r"@fails\[false, true, true, true\]: \d+", r"@structs\[false\]: 1", r"@slices\[false, false, true\]: 1",
                     r"@maps\[false, true, true\]: 1", r"@funcs\[false, true\]: 1", r"@faces\[false, true\]: \d+",
                     r"@ret\[false, true\]: \d+", r"@err\[true\]: 1"):
            check(re.search(f"^{want}$", r.out, re.M), f"Go {go[0]}: {want}", r)
    exe = build("values")
    for x, why in (("args.s", "string is never nil"), ("len(args.s)", "is never nil"), ("nil", "nil is for comparisons")):
        r = gft("-e", f"u:main.text / {x} == nil / {{ }}", exe, status=1)
        check(why in r.err, f"{x} == nil", r)


def test_missing_probes():
    """A clause whose probes are all missing takes part in nothing, where the script allows it."""
    r = gft("-q", "-e", "config = { missing_probes = ignore } u:main.nosuch { @x = args.q; graph(); } ur:main.nosuch { @y = ret.0; } "
            "t:no:such { print(args.x); } rt:no_such { print(args.x); } u:main.add { @x = args.p.a; }",
            "-c", f"{build('calls')} -n 1 -sleep 1ms").ok()
    check("@x: 1" in r.out.splitlines(), "the other clause", r)
    check("main.nosuch" not in r.err, "nothing is told", r)


def test_recorded_actions():
    """What a script prints between its graphs is in the recording too, in its place, and harmless on a terminal."""
    exe = build("calls")
    with tempfile.TemporaryDirectory() as d:
        rec = os.path.join(d, "rec")
        r = gft("-q", "--record", rec, "-e", 'u:main.add { graph(); printf("in %s\\n", "a\\x1b[1mb"); } ur:main.add { printf("out\\n"); }',
                "-c", f"{exe} -n 2 -sleep 1ms").ok()
        again = gft("replay", rec).ok().out
        kinds = [re.sub(r".* (main\.add)\(.*", r"\1", line)[:9] for line in again.splitlines() if re.search("^in |^out|main.add\\(", line)]
        check(kinds.count("main.add") == 2 and sum(k.startswith("in a") for k in kinds) == 2 and kinds.count("out") == 2, "all of it", again)
        check(again.index("in a") < again.index("main.add("), "in its order", again)
        check("\x1b" not in again, "no control characters", again)
        check('{"type": "printf", "data": "out\\n"}' in gft("replay", "-f", "json", rec).ok().out, "as JSON", r)


def test_recorded_losses():
    """Who reads a recording is told what was lost while it was made."""
    exe = build("checker")
    with tempfile.TemporaryDirectory() as d:
        rec = os.path.join(d, "rec")
        r = gft("-q", "--buffer", "4K", "--record", rec, "-o", "/dev/null", "-e", "u:main.callRoot { graph(); } u:main.*call* {}",
                "-c", f"{exe} -situation panics -calls 20000 -log {d}/log").ok()
        lost = re.findall(r"^\d+ records? lost.*\n(?:  \d+ at .*\n)+", r.err, re.M)
        check(len(lost) == 1, "nothing was lost", r)
        again = gft("replay", rec, "-o", "/dev/null").ok()
        check(lost[0] in again.err, "the replay says nothing of it", again.err, lost[0])
        again = gft("replay", "-f", "json", rec).ok()
        check(f'"lost_events", "count": {lost[0].split()[0]}' in again.out, "as JSON", again.out[-500:])


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
            r = gft("-l", "u:fmt.*,!fmt.F*", exe).ok()
            check(re.search(r"^inlined:\S+:fmt\.Println into main\.main \(main\.go:\d+\)", r.out, re.M), "functions without code in a list", r)
            check("fmt.Fprintln" not in r.out and "uprobe:" in r.out, "exclusions hold for them too", r)


def test_stack_of_copies():
    """A function that was copied into another is a frame of its own, with the lines of both; replayed too."""
    want = [r"syscall\.write\+\w+ ", r"syscall\.Write \(inlined\) \S*/syscall_unix\.go:\d+$", r"internal/poll\.ignoringEINTRIO \(inlined\) \S*/fd_unix\.go:\d+$",
            r"internal/poll\.\(\*FD\)\.Write\+\w+ \S*/fd_unix\.go:\d+$"]

    def told(lines, r):
        at = [i for i, s in enumerate(lines) if re.search(want[0], s)]
        check(at and all(re.search(w, s) for w, s in zip(want, lines[at[-1]:])), "the frames", r)

    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        for variant in ("plain", "stripped"):
            exe = build("calls", go, variant)
            with tempfile.NamedTemporaryFile() as f:
                r = gft("-q", "--record", f.name, "-e", 'u:main.main { graph(); } u:syscall.write { graph_tag("from", gostack(2)); @[gostack(2)] = count(); }',
                        "-c", f"{exe} -n 1 -sleep 10ms").ok()
                told(r.out.splitlines(), r)
                told(r.out[r.out.index("-- from="):].splitlines(), r)
                r = gft("replay", f.name).ok()
                told(r.out.splitlines(), r)
            r = gft("-q", "-e", "u:syscall.write { print(ustack(perf, 2)); exit(); }", "-c", f"{exe} -n 1 -sleep 10ms").ok()
            check(re.search(r"^\t[0-9a-f]+ syscall\.Write \(inlined\)$", r.out, re.M), "as perf says it", r)


def test_drop_and_every():
    exe = build("calls")
    r = gft("-q", "-e", "u:main.doSomething { graph(); } u:main.* {} ur:main.minus / ret.0 == -2 / { graph_drop(); }",
            "-c", f"{exe} -n 4 -sleep 1ms").ok()
    check(len(re.findall(r" main\.doSomething\(\) \{ .*goid=", r.out)) == 3, "one of four graphs was not dropped", r)
    check("made no sense" not in r.err and "without an entry" not in r.err, "a dropped graph left something", r)
    r = gft("-q", "-e", "u:main.add { graph(every = 3); } u:main.* {}", "-c", f"{exe} -n 10 -sleep 1ms").ok()
    check(len(re.findall(r" main\.add\(\) \{ .*goid=", r.out)) == 4, "every third of ten", r)
