# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The command lines of go-ftrace and gofuncgraph, unchanged."""

import tempfile

from gft import CALLS, Gft, NothingLeft, Target, check, gft
import tree

STRING = "main.(*Student).String(s.name=(*+0(%ax)):c64, s.name.len=(+8(%ax)):s64, s.age=(+16(%ax)):s64)"


def traced(*args, count=2, root=r"main\.\S+"):
    """Trees of gft ARGS with the program running."""
    with NothingLeft(), Target(CALLS, "-sleep", "50ms") as target:
        with Gft(*args) as g:
            g.until(rf"(?m)^.{{18}} \S+ +\}} {root}\+.*\n\n", count)
            r = g.stop()
        target.still_works()
    return tree.parse(r.out)


def test_one_function():
    for t in traced("-u", "main.add", "./examples/bin/calls"):
        check(t.shape() == ("main.add",), "not main.add", t)


def test_pattern():
    for t in traced("-u", "main.add*", "./examples/bin/calls"):
        check(t.shape() == ("main.add", ("main.add1", ("main.add3",))), "not add(add1(add3))", t)


def test_two_patterns():
    trees = traced("-u", "main.add*", "-u", "main.minus*", "./examples/bin/calls", count=4)
    check({t.name for t in trees} == {"main.add", "main.minus"}, "roots", *trees)


def test_functions_of_the_runtime():
    trees = traced("-u", "main.add", "-u", "runtime.chan*", "./examples/bin/calls")
    check(any(t.name == "main.add" for t in trees), "no main.add", *trees)


def test_method_with_values():
    trees = traced("-u", "main.*", "-u", "fmt.Print*", "./examples/bin/calls", STRING, root=r"main\.doSomething")
    trees = [t for t in trees if t.name == "main.doSomething"]
    check(len(trees) >= 2, "fewer than 2 trees of doSomething", *trees)
    ages = []
    for t in trees:
        check([c.name for c in t.children] == ["main.add", "main.minus", "fmt.Printf"], "children", t)
        (student,) = t.children[2].children
        check(student.name == "main.(*Student).String", "who prints", t)
        check(student.caller["func"].startswith("fmt.(*pp)"), "caller of String", student.line)
        values = student.values()
        # in the order of the command line, eight characters for c64
        check(list(values) == ["s.name", "s.name.len", "s.age"], "names of the values", student.line)
        check(values["s.name"].strip('"') == "Grace Ho" and values["s.name.len"] == "12", "values", student.line)
        ages.append(int(values["s.age"]))
    check(ages == list(range(ages[0], ages[0] + len(ages))), "ages do not count up", ages)


def test_long_option_and_target():
    """gofuncgraph: the operands are what matters, --uprobe-wildcards what it calls."""
    trees = traced("--uprobe-wildcards", "main.*", "./examples/bin/calls", "*doSomething")
    for t in trees:
        check(t.name == "main.doSomething" and len(t.children) == 3, "not a tree of doSomething", t)


def test_drilldown():
    for option in ("-D", "--drilldown"):
        for t in traced("-u", "main.*", option, "main.add1", "./examples/bin/calls"):
            check(t.shape() == ("main.add1", ("main.add3",)), "not add1(add3)", t)


def test_exclude_vendor_and_debug():
    for extra in (["-x"], ["--exclude-vendor"], ["-d"], ["-x", "-d"]):
        for t in traced("-u", "main.add", *extra, "./examples/bin/calls"):
            check(t.shape() == ("main.add",), f"with {extra}", t)


def test_translation():
    """--script prints a script that does the same."""
    r = gft("--script", "-u", "main.*", "-u", "fmt.Print*", "./examples/bin/calls", STRING).ok()
    check("s.name" in r.out and "u:" in r.out, "no script", r)
    with tempfile.NamedTemporaryFile("w", suffix=".gft") as f:
        f.write(r.out)
        f.flush()
        gft("--dry-run", f.name, "./examples/bin/calls").ok()
        trees = [t for t in traced(f.name, "./examples/bin/calls", root=r"main\.doSomething")
                 if t.name == "main.doSomething"]
    for t in trees:
        check([c.name for c in t.children] == ["main.add", "main.minus", "fmt.Printf"], "children", t)
        check("s.age" in t.children[2].children[0].values(), "values", t)
