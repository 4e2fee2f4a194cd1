# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Go programs of all kinds: versions, link modes, deep stacks, many goroutines, panics."""

import json
import os
import re
import tempfile

from gft import Gft, NothingLeft, Skip, Target, build, check, gft, go_newest, go_versions, losses, run
import tree

CALLS_TREE = ("main.doSomething",
              ("main.add", ("main.add1", ("main.add3",))),
              ("main.minus",),
              ("fmt.Printf", ("main.(*Student).String",)))


def calls_of(go, variant="plain"):
    """The example program, built by that compiler in that way, gives the tree it must give."""
    exe = build("calls", go, variant)
    with NothingLeft():
        r = gft("-e", "u:main.doSomething { graph(); } u:main.* {} u:fmt.Printf {} "
                "u:main.add { fetch(b = +8(%ax):s64); }",
                "-c", f"{exe} -n 3 -sleep 10ms -self-check").ok()
    others = []
    trees = tree.parse(r.out, others)
    check([t.shape() for t in trees] == [CALLS_TREE] * 3, f"Go {go[0]} {variant}", r)
    check([t.children[0].values() for t in trees] == [{"b": "2"}, {"b": "4"}, {"b": "6"}], "values", r)
    check("ok" in others, "the target did not survive", r)


def test_oldest_go():
    calls_of((go_versions() or [go_newest()])[0])


def test_newest_go():
    calls_of(go_newest())


# limit: 240
def test_go_in_between():
    between = go_versions()[1:-1]
    if not between:
        raise Skip("no more than two Go compilers here")
    for go in between:
        calls_of(go)


# limit: 240
def test_stripped():
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        calls_of(go, "stripped")


# limit: 240
def test_pie():
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        calls_of(go, "pie")


# limit: 240
def test_pie_stripped():
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        calls_of(go, "pie-stripped")


def test_attach_to_running_pie():
    exe = build("calls", variant="pie")
    with NothingLeft(), Target(exe, "-sleep", "50ms") as target:
        with Gft("-e", "u:main.add { graph(); } u:main.add* {}", "-p", str(target.pid)) as g:
            g.until(r"\} main\.add\+", 2)
            r = g.stop()
        for t in tree.parse(r.out):
            check(t.shape() == ("main.add", ("main.add1", ("main.add3",))), "tree", t)
        target.still_works()


def test_two_processes():
    """Goroutine 1 of one process is not goroutine 1 of the other."""
    exe = build("calls")
    script = "u:main.doSomething { graph(); } u:main.* {} u:main.add { fetch(b = +8(%ax):s64); }"
    with NothingLeft(), Gft("-e", script, exe) as g:
        with Target(exe, "-n", "5", "-sleep", "30ms") as a, Target(exe, "-n", "5", "-sleep", "20ms") as b:
            a.wait(), b.wait()
            g.until(r"\} main\.doSomething\+", 10)
            r = g.stop()
    trees = tree.parse(r.out)
    for target in (a, b):
        mine = [t for t in trees if t.pid == target.pid]
        values = [t.children[0].values()["b"] for t in mine]
        check(values == ["2", "4", "6", "8", "10"], f"trees of process {target.pid}", r)
    check(len(trees) == 10, "trees of others", r)


def test_one_of_two_processes():
    exe = build("calls")
    with Target(exe, "-sleep", "30ms") as a, Target(exe, "-sleep", "30ms") as b:
        with NothingLeft(), Gft("-e", "u:main.add { graph(); }", "-p", str(a.pid)) as g:
            g.until(r"\} main\.add\+", 5)
            r = g.stop()
        check({t.pid for t in tree.parse(r.out)} == {a.pid}, "trees of another process", r)
        with NothingLeft(), Gft("-e", "u:main.add { graph(); }", "-p", f"{a.pid},{b.pid}") as g:
            g.until(r"\} main\.add\+", 8)
            r = g.stop()
        check({t.pid for t in tree.parse(r.out)} == {a.pid, b.pid}, "not both processes", r)
        a.still_works(), b.still_works()


def walk(depth, branch):
    if depth == 0:
        return ("main.walk", ("main.leaf", ("main.pad",)))
    below = walk(depth - 1, branch)
    return ("main.walk", below, below) if depth <= branch else ("main.walk", below)


def recursion(*flags, depth=60, branch=3, rounds=5, go=None):
    exe = build("recurse", go)
    r = gft("-e", "u:main.root { graph(); } u:main.walk {} u:main.leaf {} u:main.pad {}",
            "-c", " ".join([exe, f"-depth {depth} -branch {branch} -rounds {rounds}", *flags])).ok()
    others = []
    trees = tree.parse(r.out, others)
    check(others == ["ok"], "the target did not survive", r)
    check(len(trees) == rounds, f"{len(trees)} trees, not {rounds}", r)
    for t in trees:
        check(t.shape() == ("main.root", walk(depth, branch)), "wrong shape", t)
        check(not any(n.marks - {"tail jump"} for n in t.walk()), "a call that returned is marked", t)


def test_recursion():
    recursion()


def test_recursion_oldest_go():
    recursion(go=(go_versions() or [go_newest()])[0])


def test_recursion_deep():
    recursion(depth=500, branch=5, rounds=3)


def test_recursion_while_collecting():
    recursion("-gc", rounds=20)


STORM_TREE = ("main.root", ("main.mid",), ("main.mid", ("main.leaf",)), ("main.mid", ("main.leaf",), ("main.leaf",)))


def storm(*flags, script="u:main.root { graph(); } u:main.mid {} u:main.leaf {}", go=None):
    """(gft's result, the target's own counts)."""
    exe = build("storm", go)
    with NothingLeft():
        r = gft("-e", script, "-c", " ".join([exe, *flags])).ok()
    m = re.search(r'^\{"root".*\}$', r.out, re.M)
    check(m and re.search(r"^ok$", r.out, re.M), "the target did not survive", r)
    return r, json.loads(m[0])


def check_storm(r, truth):
    trees = tree.parse(r.out, [])
    lost = losses(r.err)
    seen = sum(1 for t in trees for _ in t.walk())
    total = truth["root"] + truth["mid"] + truth["leaf"]
    # a tree that lost something says so itself
    wrong = [t for t in trees if t.shape() != STORM_TREE and not t.notes and not any(n.marks for n in t.walk())]
    check(not wrong, f"{len(wrong)} trees of the wrong shape, and not marked", *wrong[:3])
    if not lost:
        check(len(trees) == truth["root"], f"{len(trees)} trees of {truth['root']}, and no loss was told", r.err)
        check(all(t.shape() == STORM_TREE for t in trees), "damaged, and no loss was told", r.err)
        check(len({t.goid for t in trees}) == truth["goroutines"], "number of goroutines")
    # the record that opens a graph stands for all of its calls
    check(0 <= total - seen <= lost * 7, f"{seen} calls of {total} seen, {lost} told as lost", r.err)


def test_storm():
    check_storm(*storm("-goroutines 100 -rounds 20"))


def test_storm_many_goroutines():
    check_storm(*storm("-goroutines 5000 -rounds 1"))


def test_storm_flat_out():
    check_storm(*storm("-goroutines 20 -rounds 500 -sleep 0 -yield=false"))


def test_storm_oldest_go():
    check_storm(*storm("-goroutines 50 -rounds 20", go=(go_versions() or [go_newest()])[0]))


def test_storm_small_buffer():
    """Whatever a buffer of one page cannot hold is counted."""
    exe = build("storm")
    r = gft("--buffer", "4K", "-e", "u:main.root { graph(); } u:main.mid {} u:main.leaf {}",
            "-c", f"{exe} -goroutines 20 -rounds 500 -sleep 0 -yield=false").ok()
    check_storm(r, json.loads(re.search(r'^\{"root".*\}$', r.out, re.M)[0]))


def test_storm_counted():
    """Counting loses nothing, ever."""
    r, truth = storm("-goroutines 20 -rounds 500 -sleep 0 -yield=false",
                     script="u:main.root, u:main.mid, u:main.leaf { @[func] = count(); }")
    counts = {k: int(v) for k, v in re.findall(r"^@\[main\.(\w+)\]: (\d+)$", r.out, re.M)}
    check(counts == {k: truth[k] for k in ("root", "mid", "leaf")}, f"{counts}, but the target says {truth}", r.err)


def without_closures(node):
    """Shape without deferred functions, which run below the frame that panicked."""
    kids = []
    for c in node.children:
        if re.search(r"\.(func|deferwrap|gowrap)\d", c.name):
            kids += without_closures(c)[1:]
        else:
            kids.append(without_closures(c))
    return (node.name, *kids)


def panics(go=None):
    exe = build("panics", go)
    with NothingLeft():
        r = gft("-e", "u:main.round { graph(); } u:main.goexit { graph(); } u:main.* {}",
                "-c", f"{exe} -rounds 20").ok()
    others = []
    trees = tree.parse(r.out, others)
    check(others == ["ok"], "the target did not survive", r)
    rounds = [t for t in trees if t.name == "main.round"]
    check(len(rounds) == 20, f"{len(rounds)} trees of round, not 20", r)
    for t in rounds:
        shape = without_closures(t)
        check(shape == ("main.round",
                        ("main.same", ("main.bottom",)),
                        ("main.above", ("main.middle", ("main.bottom",))),
                        ("main.outer", ("main.again", ("main.middle", ("main.bottom",)))),
                        ("main.runtimePanic",),
                        ("main.plain", ("main.one", ("main.two",)))), "wrong shape", shape, t)
        for n in t.walk():
            removed = n.name in ("main.bottom", "main.middle", "main.again", "main.again.func1")
            check(removed == ("unwound" in n.marks), "a panic removed it, and no mark says so" if removed else
                  "marked, but it returned", n.line, n.marks)
    gone = [t for t in trees if t.name == "main.goexit"]
    check(len(gone) == 20, f"{len(gone)} trees of goexit, not 20", r)
    for t in gone:
        check(without_closures(t) == ("main.goexit", ("main.leave",)), "shape of goexit", t)
        check("unwound" in t.marks & t.children[0].marks, "Goexit removed it, and no mark says so", t)


def test_panics():
    panics()


def test_panics_oldest_go():
    panics((go_versions() or [go_newest()])[0])


def test_call_log():
    """Every call of a random program, in order, on the right goroutine."""
    exe = build("truth")
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        for seed in (1, 2):
            log = os.path.join(d, f"log{seed}")
            r = gft("-e", "u:main.stepRoot { graph(); } u:main.step* {}",
                    "-c", f"{exe} -seed {seed} -log {log}").ok()
            with open(log, encoding="utf-8") as f:
                lines = [s.split() for s in f]
            truth = {}
            for goid, _, depth, name in lines:
                truth.setdefault(int(goid), []).append((int(depth), name))
            seen = {}
            for t in tree.parse(r.out, []):
                seen.setdefault(t.goid, []).extend((n.depth, n.name) for n in t.walk())
            check(losses(r.err) == 0, "losses in a small program", r.err)
            check(seen.keys() == truth.keys(), "goroutines", seen.keys(), truth.keys())
            for goid, calls in truth.items():
                wrong = next((i for i, (a, b) in enumerate(zip(calls, seen[goid])) if a != b), None)
                check(wrong is None and len(calls) == len(seen[goid]),
                      f"goroutine {goid}: {len(seen[goid])} calls of {len(calls)}, first difference at {wrong}",
                      calls[max(0, (wrong or 0) - 3):(wrong or 0) + 3], seen[goid][max(0, (wrong or 0) - 3):(wrong or 0) + 3])


def test_untouched_without_graph():
    """The same program with and without gft gives the same output."""
    exe = build("recurse")
    r = gft("-q", "-e", "u:main.* { @ = count(); }", "-c", f"{exe} -rounds 50").ok()
    plain = run([exe, "-rounds", "50"])
    check(r.out.startswith(plain.out), "the target's output differs", r)
