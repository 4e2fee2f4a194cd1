# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Go in libraries and plugins, and C in Go programs."""

import os
import re
import shutil
import tempfile

from gft import NothingLeft, build, cbuild, check, gft
import tree


def by_name(out):
    trees = {}
    for t in tree.parse(out):
        trees.setdefault(t.name, []).append(t)
    return trees


def test_library_of_go():
    """A C program loads it: goroutines, arguments, what C calls, callers in the program."""
    lib, user = build("golib", variant="cgo-library"), cbuild("loads", "-O2", "-g")
    script = f"u:{lib}:main.* {{ graph(args, ret); }} u:{lib}:GoWork {{ graph(args, ret); }}"
    with NothingLeft():
        r = gft("-q", "-e", script, "-c", f"{user} {lib}").ok()
    check(re.findall(r"(?m)^-?\d+$", r.err) == ["40", "43", "46", "-1"], "the program's output", r)
    check("made no sense" not in r.err and "ignored" not in r.err, "hits were ignored", r)
    t = by_name(r.out)
    goes = t["main.GoWork"]
    check([x.ret for x in goes] == ["40", "43", "46", "-1"], "results", *goes)
    check(all([c.name for c in x.children] == ["main.compute"] for x in goes), "children", *goes)
    check(goes[3].children[0].ret == '0, *errors.errorString("too big")', "an error", goes[3].children[0].line)
    check('Name:"it", N:40' in goes[0].children[0].args, "a struct", goes[0].children[0].line)
    threads = t["GoWork"]
    check([x.ret for x in threads] == ["40", "43", "46", "-1"] and threads[0].caller["func"] == "main", "C's side",
          *threads)
    check(sum("main.deeper" in str(x.shape()) for x in t["main.GoWork.gowrap1"]) == 4, "goroutines", r)


def test_two_runtimes():
    """Two libraries, two runtimes: goroutine 17 of one is not goroutine 17 of the other."""
    a = build("golib", variant="cgo-library-stripped")
    with tempfile.TemporaryDirectory() as d:
        b = os.path.join(d, "libtwo.so")
        shutil.copy(a, b)
        user = cbuild("loads", "-O2", "-g")
        script = f"u:{a}:main.GoWork,main.compute {{ graph(); }} u:{b}:main.GoWork,main.compute {{ graph(); }} " \
                 f"ur:{a}:main.compute {{ @a = count(); @d[goid] = count(); }} ur:{b}:main.compute {{ @b = count(); }} " \
                 f"ur:{a}:main.GoWork {{ @us = hist(duration / 1000); }}"
        r = gft("-q", "-e", script, "-c", f"{user} {a} {b}").ok()
    t = tree.parse(re.sub(r"(?s)\n\n\n@.*", "\n\n", r.out))
    check(len(t) == 8 and all(x.shape() == ("main.GoWork", ("main.compute",)) and not x.marks for x in t), "trees", r)
    check("@a: 4" in r.out and "@b: 4" in r.out, "counts", r)


def test_assembly_of_a_library():
    """There g is in thread-local storage, whose place the loader chose."""
    lib, user = build("golib", variant="cgo-library"), cbuild("loads", "-O2", "-g")
    r = gft("-q", "-e", f"u:{lib}:runtime.memmove,runtime.memclrNoHeapPointers {{ @[goid] = count(); }}",
            "-c", f"{user} {lib}").ok()
    goids = set(map(int, re.findall(r"@\[(\d+)\]", r.out)))
    check({1, 17} <= goids and "ignored" not in r.err, "goroutines", r)


def test_plugin():
    """Host and plugin share one runtime and one graph; main is the plugin's main."""
    host, plug = build("gohost", variant="cgo"), build("goplugin", variant="cgo-plugin")
    script = f"u:main.call {{ graph(args, ret); }} u:{plug}:main.* {{}} u:{plug}:main.F {{ printf(\"%s\\n\", caller); }}"
    r = gft("-q", "-e", script, "-c", f"{host} {plug}").ok()
    check(r.out.count("main.call+") >= 4, "callers in the host", r)
    t = tree.parse(re.sub(r"(?m)^main\.call\+\d+\n", "", r.out))
    check(len(t) == 4 and all(x.name == "main.call" for x in t), "trees", r)
    f = t[1].children[0]
    check(f.name.endswith(".F") and f.args == "n=1" and f.ret == '"2", nil', "F", f.line)
    check(f.children[0].name.endswith(".describe") and "Shape" in f.children[0].args, "a type of the plugin", f.children[0].line)
    check(f.children[0].children[0].name.endswith(".(*Shape).Count"), "a method", f.children[0].line)
    check("Bad" in t[3].children[0].ret, "an error of the plugin", t[3].children[0].line)


def test_c_in_go():
    """C functions are lines of the goroutine that called them, with arguments in C's way."""
    exe = build("gocallsc", variant="cgo")
    r = gft("-q", "-e", "u:main.call { graph(args, ret); } u:compute,inner {} u:inner { printf(\"inner %d %d\\n\", args.n, goid); }",
            "-c", exe).ok()
    check(re.findall(r"inner (\d) 1\n", r.out) == ["0", "1", "2"], "in expressions", r)
    for n, t in enumerate(tree.parse(re.sub(r"(?m)^inner.*\n", "", r.out))):
        check(t.shape() == ("main.call", ("compute", ("inner",))), "shape", t)
        c = t.children[0]
        check(c.args == f'n={n}, t="A"' and c.ret == str(2 * (n + 1) + 65) == t.ret, "values", c.line)
