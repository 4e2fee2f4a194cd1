# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Go in libraries and plugins, and C in Go programs."""

import json
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


PARTS = ("running_ns", "runnable_ns", "parked_ns", "syscall_ns")


def graphs(r):
    """Graphs of JSON output; the times of every call add up."""
    found = [json.loads(x)["data"] for x in r.out.split("\n") if x.startswith('{"type": "graph"')]
    for g in found:
        for c in g["calls"]:
            check("func" not in c or sum(c["split"][p] for p in PARTS) == c["duration_ns"], "the parts are not the time", c)
    return found


def explained(r):
    """GoWork of golib four times, each with the goroutine that it starts and waits for."""
    all_of = graphs(r)
    goes = [g for g in all_of if g["func"] == "main.GoWork"]
    for g in goes:
        (started,) = [c for c in g["calls"] if "go" in c]
        (child,) = [x for x in all_of if x.get("parent") == g["goid"] and x["goid"] == started["child"]
                    and 0 <= x["start_ns"] - g["start_ns"] < g["duration_ns"]]
        check(started["followed"] and child["func"] == started["go"] == "main.GoWork.gowrap1", "the goroutine", started)
    check(any(c.get("syscall") for g in all_of for c in g["calls"]), "system calls", r)
    waits = [c for g in goes for c in g["calls"] if "park" in c]
    check(any(c["park"] == "chan receive" and c["place"]["func"] == "main.GoWork" for c in waits), "what it waits for", waits)
    return goes


def test_library_explained():
    """Where time goes in a library of Go: its runtime is its own, and g is where its loader put it."""
    lib, user = build("golib", variant="cgo-library"), cbuild("loads", "-O2", "-g")
    with NothingLeft():
        r = gft("-f", "json", "-e", f"u:{lib}:main.GoWork {{ graph(parks, syscalls, children); }} u:{lib}:main.* {{}}",
                "-c", f"{user} {lib}").ok()
    check(len(explained(r)) == 4, "graphs", r)
    # of C's side it is the thread
    r = gft("-f", "json", "-e", f"u:{lib}:GoWork {{ graph(syscalls); }}", "-c", f"{user} {lib}").ok()
    found = [json.loads(x)["data"] for x in r.out.split("\n") if x.startswith('{"type": "graph"')]
    check(len(found) == 4 and any("syscall" in c for c in found[0]["calls"]) and "thread" in found[0], "a thread's calls", r)


def test_two_runtimes_explained():
    """Each runtime has its own places to look at, one clause or two."""
    a = build("golib", variant="cgo-library-stripped")
    user = cbuild("loads", "-O2", "-g")
    with tempfile.TemporaryDirectory() as d:
        b = os.path.join(d, "libtwo.so")
        shutil.copy(a, b)
        for script in (f"u:{a}:main.GoWork,u:{b}:main.GoWork {{ graph(parks, syscalls, children); }}",
                       f"u:{a}:main.GoWork {{ graph(parks, syscalls, children); }} "
                       f"u:{b}:main.GoWork {{ graph(children, parks, syscalls); }}"):
            r = gft("-f", "json", "-e", script, "-c", f"{user} {a} {b}").ok()
            check(len(explained(r)) == 8, "graphs", r)


def test_plugin_explained():
    """A plugin runs in its host's runtime, which is looked at also when the script names none of its functions."""
    host, plug = build("gohost", variant="cgo"), build("goplugin", variant="cgo-plugin")
    for script in (f"u:{plug}:main.W {{ graph(parks, syscalls, children); }} u:{plug}:main.* {{}}",
                   f"u:main.call {{ graph(parks, syscalls, children); }} u:{plug}:main.* {{}}"):
        with NothingLeft():
            r = gft("-f", "json", "-e", script, "-c", f"{host} {plug} W").ok()
        check(r.err.count("recovered 3") == 1, "the program", r)
        all_of = graphs(r)
        goes = [g for g in all_of if "parent" not in g]
        children = [g for g in all_of if "parent" in g]
        check(len(goes) == len(children) == 4, "graphs", r)
        for g in goes:
            calls = g["calls"]
            check("sleep" in {c.get("park") for c in calls}, "waits", g)
            check(any(c.get("syscall") in ("unlinkat", "unlink") and c["error"] == "ENOENT" for c in calls), "system calls", g)
            (gone,) = [c for c in calls if (c.get("func") or "").endswith(".fails")]
            check("unwound" in gone["flags"], "a panic", gone)
        for g in children:
            (ends,) = [c for c in g["calls"] if (c.get("func") or "").endswith(".ends")]
            check("unwound" in ends["flags"] and ends["duration_ns"] is not None, "Goexit", g)


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
