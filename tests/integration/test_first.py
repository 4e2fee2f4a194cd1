# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The main job: the first command lines that anyone types."""

from gft import ADD, CALLS, GFT, ROOT, Gft, NothingLeft, Target, check, gft, run
import tree

TREE = ("main.doSomething",
        ("main.add", ("main.add1", ("main.add3",))),
        ("main.minus",),
        ("main.(*Student).String",))


def seconds_of_pairs(trees):
    """The second field of each Pair, as add.gft shows it."""
    for t in trees:
        check(t.shape() == ("main.add",), "not a tree of main.add alone", t)
        check(list(t.values()) == ["arg1"], "the value is not named arg1", t.line)
    return [int(t.values()["arg1"]) for t in trees]


def check_running(*args):
    """gft ARGS while the program runs: every call from some round on, none left out."""
    with NothingLeft(), Target(CALLS, "-sleep", "50ms") as target:
        with Gft(*args) as g:
            g.until(r"\} main\.add\+", 4)
            r = g.stop()
        check("Attached " in r.err, "no message of how many probes were attached", r)
        values = seconds_of_pairs(tree.parse(r.out))
        check(len(values) >= 4, "fewer than 4 trees", r)
        check(values == list(range(values[0], values[0] + 2 * len(values), 2)), "calls are missing or doubled", values)
        target.still_works()


def test_script_while_it_runs():
    check_running("-e", ADD, "./examples/bin/calls")


def test_script_before_it_starts():
    with NothingLeft(), Gft("-e", ADD, "./examples/bin/calls") as g:
        out = run([CALLS, "-n", "3", "-sleep", "20ms", "-self-check"]).out
        g.until(r"\} main\.add\+", 3)
        r = g.stop()
    check("ok\n" in out, "the target's own check failed", out)
    check(seconds_of_pairs(tree.parse(r.out)) == [2, 4, 6], "not the three calls", r)


def test_script_with_command():
    with NothingLeft():
        r = gft("-e", ADD, "-c", "./examples/bin/calls -n 3 -sleep 20ms -self-check").ok()
    others = []
    check(seconds_of_pairs(tree.parse(r.out, others)) == [2, 4, 6], "not the three calls", r)
    check("ok" in others, "the target's own output is missing", r)


def test_script_file():
    check_running("examples/add.gft", "./examples/bin/calls")


def test_brace_block_is_the_same():
    check_running("-e", "u:main.add { fetch(+8(%ax):s64); graph(); }", "./examples/bin/calls")


def test_shebang():
    """The script as a program, gft found by PATH."""
    import os

    env = dict(os.environ, PATH=os.path.dirname(GFT) + ":" + os.environ["PATH"])
    r = run(["./examples/add.gft", "-c", "./examples/bin/calls -n 2 -sleep 20ms"], cwd=ROOT, env=env, timeout=60)
    check(seconds_of_pairs(tree.parse(r.out, [])) == [2, 4], "not the two calls", r)


def test_everything_with_command():
    with NothingLeft():
        r = gft("-e", "u:main.* { graph(); }", "-c", "./examples/bin/calls -n 3 -sleep 20ms").ok()
    others = []
    trees = tree.parse(r.out, others)
    check([t.shape() for t in trees] == [("main.main", TREE, TREE, TREE)], "not one tree of main.main", r)
    check(others == [f"student: Grace Hopper, {36 + i}" for i in (1, 2, 3)], "the target's output", r)


def test_everything_in_process():
    with NothingLeft(), Target(CALLS, "-sleep", "50ms") as target:
        with Gft("-e", "u:main.add { graph(); } u:main.* {} u:fmt.Print* {}", "-p", str(target.pid)) as g:
            g.until(r"    \} main\.add\+", 3)
            r = g.stop()
        trees = tree.parse(r.out)
        for t in trees:
            check(t.shape() == ("main.add", ("main.add1", ("main.add3",))), "not add(add1(add3))", t)
            check(t.pid == target.pid and t.goid == 1, "goroutine or process", t.line)
        check(len(trees) >= 3, "fewer than 3 trees", r)
        target.still_works()


def test_lines_and_times():
    """Places are those of the source, times are plausible and nest."""
    r = gft("-e", "u:main.doSomething { graph(); } u:main.* {}", "-c", "./examples/bin/calls -n 2 -sleep 200ms").ok()
    with open(f"{ROOT}/examples/calls/main.go", encoding="utf-8") as f:
        source = f.read().split("\n")
    trees = tree.parse(r.out, [])
    check([t.shape() for t in trees] == [TREE, TREE], "shape", r)
    for t in trees:
        check(200e6 <= t.duration < 2e9, f"duration {t.duration} of a function that sleeps 200 ms", t.line)
        for n in t.walk():
            check(n.caller and n.exit, "a place is missing", n.line)
            check(n.exit["file"].endswith("examples/calls/main.go"), "file of the exit", n.exit[0])
            check("return" in source[int(n.exit["line"]) - 1], "an exit that is no return", n.exit[0])
            # what is printed has four digits
            check(sum(c.duration for c in n.children) <= n.duration * 1.01, "times do not add up", t)
        (add,) = [n for n in t.walk() if n.name == "main.add"]
        check(add.caller["func"] == "main.doSomething", "caller of add", add.line)
        check("add(p)" in source[int(add.caller["line"]) - 1], "line of the call", add.line)
        check(t.caller["func"] == "main.main", "caller of doSomething", t.line)


def test_output_file():
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as d:
        r = gft("-o", f"{d}/out", "-e", ADD, "-c", "./examples/bin/calls -n 2 -sleep 20ms").ok()
        check("main.add" not in r.out, "a tree on standard output", r)
        with open(f"{d}/out", encoding="utf-8") as f:
            check(seconds_of_pairs(tree.parse(f.read())) == [2, 4], "trees in the file", r)
        check(os.listdir(d) == ["out"], "other files were left", os.listdir(d))


def test_quiet():
    r = gft("-q", "-e", ADD, "-c", "./examples/bin/calls -n 1 -sleep 20ms").ok()
    check(r.err == "", "messages in spite of -q", r)


def test_cache():
    """The second start takes the object from the cache, and behaves the same."""
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as d:
        env = dict(os.environ, GFT_CACHE_DIR=f"{d}/cache")
        for args in ([], [], ["--no-cache"]):
            r = gft(*args, "-e", ADD, "-c", "./examples/bin/calls -n 1 -sleep 20ms", env=env).ok()
            check(seconds_of_pairs(tree.parse(r.out, [])) == [2], f"with {args}", r)
        check(os.listdir(f"{d}/cache"), "nothing was cached")
