# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Graphs against what the program itself wrote down, call by call (progs/checker).

GFT_CHECK calls in each situation: 20000 here, a million in the lane "checker".
Whatever differs is a failure, unless gft said that it lost something: then the
calls that are missing must not be more than those it counted, and what is
damaged must say so.
"""

import os
import re
import tempfile

from gft import Gft, NothingLeft, Skip, Target, build, check, gft, go_newest, go_versions, losses, wait_for
import truth

CALLS = int(os.environ.get("GFT_CHECK", 20000))
TIMEOUT = 60 + CALLS // 4000

GRAPH = "u:main.callRoot { graph(limit = 4000000); } u:main.*call* {}"


def compare(seen, notes, err, name):
    """The trees are the program's notes, or gft told what is missing."""
    found, wrong = truth.differences(notes, seen.calls)
    total, got = sum(map(len, notes.values())), sum(map(len, seen.calls.values()))
    lost = losses(err)
    if lost:
        # the record that opens a graph stands for all of its calls: they are counted each
        check(0 <= total - got <= lost, f"{name}: {got} calls of {total} seen, {lost} told as lost", err, *found)
        check(not [1 for who, calls in seen.calls.items() if len(calls) > len(notes.get(who, ()))],
              f"{name}: calls that never were", *found)
        return
    check(not wrong, f"{name}: {wrong} of {len(notes)} goroutines differ, and no loss was told", *found, err)


def situation(name, calls=CALLS, script=GRAPH, go=None, drop=None, goroutines=None, prog="checker"):
    """Runs the checker under gft from its start; the trees, its notes, gft's result."""
    exe = build(prog, go)
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        out, log = os.path.join(d, "out"), os.path.join(d, "log")
        with Gft("-v", "-o", out, "-e", script, "-c", f"{exe} -situation {name} -calls {calls} -log {log}",
                 ready=False) as g:
            pid = wait_for("the target", lambda: child_of(g.pid))
            r = g.wait(TIMEOUT).ok()
        check(re.search(r"^ok$", r.out, re.M), "the target did not survive", r)
        notes = truth.notes(log, pid)
        seen = truth.trees(out, *([drop] if drop else []))
    check(sum(map(len, notes.values())) >= calls * 9 // 10, "the program made too few calls", r)
    if goroutines:
        check(len(notes) >= goroutines, f"{len(notes)} goroutines", r)
    compare(seen, notes, r.err, name)
    return seen, notes, r


def child_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
            kids = f.read().split()
    except FileNotFoundError:
        raise Skip("this kernel lists no children of a task (CONFIG_PROC_CHILDREN)") from None
    return int(kids[0]) if kids else None


# limit: 240
def test_recursion():
    seen, _, _ = situation("recurse", max(CALLS, 100001))
    check(max(c[0] for calls in seen.calls.values() for c in calls) == 100001, "not 100,000 levels deep")


def test_stack_growth_and_shrink():
    situation("grow")


def test_migration():
    situation("migrate", goroutines=100)


def test_panics():
    situation("panics")


def test_panics_oldest_go():
    situation("panics", CALLS // 2, go=(go_versions() or [go_newest()])[0])


def test_goexit():
    situation("goexit")


def test_goexit_oldest_go():
    situation("goexit", CALLS // 2, go=(go_versions() or [go_newest()])[0])


def test_kinds_of_calls():
    seen, notes, r = situation("kinds", drop=lambda n: truth.WRAPPER.search(n) or n in (
        "main.(*outer).callPromoted", "main.(*value).callMethod", "main.callTail", "main.callTailEnd"))
    rounds = sum(c[1] == "main.callRoot" for calls in notes.values() for c in calls)
    want = {"main.(*outer).callPromoted": 1, "main.(*value).callMethod": 3, "main.(*pointer).callMethod-fm": 1,
            "main.caller.callMethod-fm": 1, "main.callTail": 1,
            "main.callTailEnd": 1, "main.callTail (tail jump)": 1}
    for name, n in want.items():
        check(seen.wrappers[name] == n * rounds, f"{name}: {seen.wrappers[name]} calls, not {n * rounds}", r)


def test_never_return():
    _, notes, _ = situation("forever")
    check(sum(c[2] == "open" for calls in notes.values() for c in calls) == 2 * len(notes), "open calls")


def test_process_exit():
    situation("exit")


def test_system_stack():
    """The runtime is traced too: its allocator, its scheduler, some of it on the system stack."""
    seen, _, _ = situation("system", CALLS // 4, GRAPH + " u:runtime.malloc*, u:runtime.newproc*, u:runtime.growslice,"
                           " u:runtime.(*mcache).*, u:runtime.(*mcentral).*, u:runtime.schedule, u:runtime.gcStart {}",
                           drop=lambda n: n.startswith("runtime."))
    check(seen.wrappers["runtime.mallocgc"] > CALLS // 20, "no call of mallocgc", seen.wrappers)
    check(seen.wrappers["runtime.newproc1"] > 0, "nothing on the system stack", seen.wrappers)


def test_signals():
    situation("signals")


def test_large_goids():
    _, notes, _ = situation("bigids")
    check(max(goid for _, goid in notes) >= 55 << 32, "no large ids")
    low = {}
    for _, goid in notes:
        low.setdefault(goid & 0xffffffff, set()).add(goid)
    check(any(len(ids) > 5 for ids in low.values()), "no ids that differ above 32 bits only")


def test_many_goroutines():
    situation("goroutines", goroutines=CALLS // 3)


def test_in_flight():
    """What ran when gft attached is ignored, and counted; what comes then is whole."""
    exe = build("checker")
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        out, log = os.path.join(d, "out"), os.path.join(d, "log")
        argv = [exe, "-situation", "inflight", "-calls", str(CALLS), "-log", log]
        r = inflight_under(argv, "-v", "-o", out, "-e", GRAPH)
        notes = truth.notes(log, r.pid)
        seen = truth.trees(out)
        for who, calls in notes.items():
            base = next(d for d, name, _ in calls if name == "main.callRoot")
            notes[who] = [(d - base, name, left) for d, name, left in calls if name != "main.callPlain"]
        compare(seen, notes, r.err, "inflight")
        # the same with durations: they need the entry
        log += "2"
        argv[-1] = log
        r = inflight_under(argv, "-e", "ur:main.callPlain { @plain = stats(duration); } ur:main.callLeaf { @leaf = stats(duration); }")
        notes = truth.notes(log, r.pid)
        plain = sum(c[1] == "main.callPlain" for calls in notes.values() for c in calls)
        leaf = sum(c[1] == "main.callLeaf" for calls in notes.values() for c in calls)
        check(f"@leaf: {{ .count = {leaf}," in r.out and "@plain" not in r.out, f"{leaf} calls of leaf", r)
        check(re.search(rf"^{plain} exits without an entry", r.err, re.M), f"{plain} exits were not told", r)


def inflight_under(argv, *args):
    import subprocess

    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        check(p.stdout.readline() == b"open\n", "the target did not start")
        with Gft("-p", str(p.pid), *args) as g:
            p.stdin.close()
            check(p.stdout.read() == b"ok\n" and p.wait(TIMEOUT) == 0, "the target did not survive")
            r = g.wait(TIMEOUT).ok()
    r.pid = p.pid
    return r


def test_fork_and_exec():
    """A program that starts others with the same code: each process has its own goroutine 1."""
    exe = build("checker")
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        out, log = os.path.join(d, "out"), os.path.join(d, "log")
        with Gft("-v", "-o", out, "-e", GRAPH, exe) as g, \
                Target(exe, "-situation", "forkexec", "-calls", str(CALLS), "-log", log) as target:
            said = target.wait(TIMEOUT)
            r = g.stop(timeout=TIMEOUT)
        check("ok" in said, "the target did not survive", said)
        notes = truth.notes(log, target.pid)
        for i in range(10):
            with open(f"{log}.child{i}.pid", encoding="utf-8") as f:
                truth.notes(f"{log}.child{i}", int(f.read()), notes)
        check(len({pid for pid, _ in notes}) == 11, "11 processes", notes.keys())
        compare(truth.trees(out), notes, r.err, "forkexec")
