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
import time

from gft import Gft, NothingLeft, Skip, Target, build, check, gft, go_newest, go_versions, losses
from newer import newer_compilers
import truth

CALLS = int(os.environ.get("GFT_CHECK", 20000))
TIMEOUT = (60 + CALLS // 4000) * max(1, float(os.environ.get("GFT_TEST_PATIENCE", 1)))

GRAPH = "u:main.callRoot { graph(limit = 4000000); } u:main.*call* {}"


def compare(seen, notes, err, name):
    """The trees are the program's notes, or gft told what is missing."""
    found, wrong = truth.differences(notes, seen.calls)
    total, got = sum(map(len, notes.values())), sum(map(len, seen.calls.values()))
    lost = losses(err)
    if lost:
        # the record that opens a graph stands for all of its calls: they are counted each
        check(0 <= total - got <= lost, f"{name}: {got} calls of {total} seen, {lost} told as lost", err, *found)
        odd = truth.misplaced(notes, seen)
        check(not odd, f"{name}: a tree that never was, and nothing marks it as damaged", err, odd)
        check(not [1 for who, calls in seen.calls.items() if len(calls) > len(notes.get(who, ()))],
              f"{name}: calls that never were", *found)
        return
    check(not wrong, f"{name}: {wrong} of {len(notes)} goroutines differ, and no loss was told", *found, err)


def situation(name, calls=CALLS, script=GRAPH, go=None, drop=None, goroutines=None, prog="checker",
              variant="plain", args=(), flags="", prefix=(), same=compare):
    """Runs the checker under gft from its start; the trees, its notes, gft's result."""
    exe = build(prog, go, variant)
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        out, log = os.path.join(d, "out"), os.path.join(d, "log")
        with Gft(*args, "-v", "-o", out, "-e", script, "-c",
                 f"{exe} -situation {name} -calls {calls} {flags} -log {log}", prefix=prefix, timeout=TIMEOUT) as g:
            pid = child_of(g.pid)  # the only one: the compiler's process has ended
            memory = 0
            while g.p.poll() is None and time.monotonic() < g.start + TIMEOUT:
                memory = max(memory, peak(g.pid))
                time.sleep(0.05)
            r = g.wait(TIMEOUT).ok()
            r.memory = memory
        check(re.search(r"^ok$", r.out, re.M), "the target did not survive", r)
        notes = truth.notes(log, pid)
        seen = truth.trees(out, *([drop] if drop else []))
        with open(out, encoding="utf-8") as f:
            r.text = f.read(100000)
    check(sum(map(len, notes.values())) >= calls * 9 // 10, "the program made too few calls", r)
    if goroutines:
        check(len(notes) >= goroutines, f"{len(notes)} goroutines", r)
    same(seen, notes, r.err, name)
    return seen, notes, r


def peak(pid):
    """The most memory that a process has had, in bytes; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            m = re.search(r"^VmHWM:\s+(\d+) kB", f.read(), re.M)
            return 1024 * int(m[1]) if m else 0
    except OSError:
        return 0


def child_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
            kids = f.read().split()
    except FileNotFoundError:
        raise Skip("this kernel lists no children of a task (CONFIG_PROC_CHILDREN)") from None
    check(len(kids) == 1, f"children of gft: {kids}", None)
    return int(kids[0])


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
    seen, notes, r = situation("kinds")
    rounds = sum(c[1] == "main.callRoot" for calls in notes.values() for c in calls)
    want = {"main.(*outer).callPromoted": 1, "main.(*value).callMethod": 3, "main.(*pointer).callMethod-fm": 1,
            "main.caller.callMethod-fm": 1, "main.callTail": 1,
            "main.callTailEnd": 1, "main.callTail (tail jump)": 1}
    for name, n in want.items():
        check(seen.wrappers[name] == n * rounds, f"{name}: {seen.wrappers[name]} calls, not {n * rounds}", r)


def test_generics():
    """Functions of several types that share code, with the closures in them, and their methods' wrappers."""
    _, notes, r = situation("generics")
    check({n for calls in notes.values() for _, n, _ in calls} >= {"main.callGen[...].func1", "main.callEach[...]"}, "names", r)


def test_defers():
    """Defers in loops, of methods, of nil; panics in deferred functions of deferred functions."""
    situation("defers")


def test_defers_oldest_go():
    situation("defers", CALLS // 2, go=(go_versions() or [go_newest()])[0])


def test_background():
    """Goroutines of timers, finalizers and signals; other programs are started meanwhile."""
    situation("background", goroutines=CALLS // 100)


def test_range_over_functions():
    newest_since_1_23()
    situation("ranges")


def test_coroutines():
    """iter.Pull: each coroutine is a goroutine with trees of its own; panics and Goexit go through to who pulls."""
    newest_since_1_23()
    situation("pulls", goroutines=CALLS // 60)


# limit: 300
def test_odd_newer_go():
    for go in newer_compilers():
        for name in ("generics", "defers", "background", "ranges", "pulls"):
            situation(name, CALLS // 4, go=go)


def newest_since_1_23():
    if re.match(r"1\.(19|2[012])$", go_newest()[0]):
        raise Skip("no Go 1.23 here")


# limit: 180
def test_min():
    """A root that is held back until its graph is long enough, with its values and without: both are exact."""
    held = "u:main.callRoot { graph(min = 1ns, limit = 4000000); } u:main.*call* {}"
    for name in ("panics", "goexit", "forever"):
        situation(name, script=held)
        seen, _, r = situation(name, script=held.replace("; }", "; fetch(w = %ax:x64); }"))
        roots = sum(c[0] == 0 for calls in seen.calls.values() for c in calls)
        check(seen.trees == roots and "main.callRoot(w=0x" in r.text, "the roots' arguments", r)


# limit: 240
def test_explained():
    """The calls are the same where it is recorded what the goroutines do besides."""
    script = "u:main.callRoot { graph(parks, syscalls, limit = 4000000); } u:main.*call* {}"
    for name in ("panics", "goexit", "grow", "migrate", "defers", "kinds", "signals", "forever", "goroutines"):
        seen, notes, r = situation(name, CALLS // 4, script=script)
        got = sum(map(len, seen.calls.values())) + sum(n for name, n in seen.wrappers.items() if "(" not in name[-12:])
        check(losses(r.err) or seen.split == got, f"{name}: {seen.split} of {got} calls with their parts", r)
        check(seen.leaves or name not in ("migrate", "signals"), f"{name}: nobody waits", r)


# limit: 180
def test_explained_cgo():
    script = "u:main.callRoot { graph(parks, syscalls, limit = 4000000); } u:main.*call* {}"
    for name in ("cgo", "unwind", "threads"):
        situation(name, CALLS // 4, script=script, prog="cgocheck", variant="cgo")


def test_never_return():
    _, notes, _ = situation("forever")
    check(sum(c[2] == "open" for calls in notes.values() for c in calls) == 2 * len(notes), "open calls")


def test_goexit_of_main():
    _, notes, r = situation("mainexit")
    left = [c[2] for c in notes[min(notes)]]
    check("unwound" in left, "the main goroutine's last graph", left, r)


def test_process_exit():
    situation("exit")


def test_system_stack():
    """The runtime is traced too: its allocator, its scheduler, some of it on the system stack."""
    seen, _, _ = situation("system", CALLS // 4, GRAPH + " u:runtime.malloc*, u:runtime.newproc*, u:runtime.growslice,"
                           " u:runtime.(*mcache).*, u:runtime.(*mcentral).*, u:runtime.schedule, u:runtime.gcStart {}",
                           drop=lambda n: n.startswith("runtime."))
    check(seen.wrappers["runtime.mallocgc"] > CALLS // 20, "no call of mallocgc", seen.wrappers)
    check(seen.wrappers["runtime.newproc1"] > 0, "nothing on the system stack", seen.wrappers)


def test_cgo():
    """C, calls back from C, panics through C."""
    situation("cgo", prog="cgocheck", variant="cgo")


def test_cgo_unwound():
    """Panics upon panics, recovered below C and above it, and Goexit, with C in between."""
    situation("unwind", prog="cgocheck", variant="cgo")


def test_cgo_unwound_oldest_go():
    situation("unwind", CALLS // 4, prog="cgocheck", variant="cgo", go=(go_versions() or [go_newest()])[0])


def test_cgo_threads():
    """Threads that C made: a goroutine for each call of Go."""
    situation("threads", prog="cgocheck", variant="cgo")


def test_signals():
    situation("signals")


def test_large_goids():
    _, notes, _ = situation("bigids")
    check(max(goid for _, goid in notes) >= 55 << 32, "no large ids")
    low = {}
    for _, goid in notes:
        low.setdefault(goid & 0xffffffff, set()).add(goid)
    check(any(len(ids) > 5 for ids in low.values()), "no ids that differ above 32 bits only")


# limit: 120
def test_many_goroutines():
    """As many goroutines as other situations have calls: a million in the lane "checker", each with three calls of its own."""
    seen, notes, _ = situation("goroutines", 3 * CALLS, goroutines=CALLS)
    check(seen.trees == len(notes) == len(seen.calls), f"{seen.trees} trees of {len(notes)} goroutines")


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


def test_two_tracers():
    """Two gft on the same sites, one with other clauses: each sees all of it."""
    exe = build("checker")
    with tempfile.TemporaryDirectory() as d:
        out = [os.path.join(d, f"out{i}") for i in range(3)]
        log = os.path.join(d, "log")
        with Gft("-v", "-o", out[0], "-e", GRAPH, exe) as a, Gft("-v", "-o", out[1], "-e", GRAPH, exe) as b, \
                Gft("-o", out[2], "-e", "ur:main.callLeaf { @ = stats(duration); }", exe) as c, \
                Target(exe, "-situation", "panics", "-calls", str(CALLS // 2), "-log", log) as target:
            said = target.wait(TIMEOUT)
            results = [g.stop(timeout=TIMEOUT) for g in (a, b, c)]
        check("ok" in said, "the target did not survive", said)
        notes = truth.notes(log, target.pid)
        for i in (0, 1):
            compare(truth.trees(out[i]), notes, results[i].err, f"tracer {i}")
        leaf = sum(c[1] == "main.callLeaf" for calls in notes.values() for c in calls)
        with open(out[2], encoding="utf-8") as f:
            said = f.read()
        check(f".count = {leaf}," in said, f"{leaf} calls of leaf", said)


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


def test_many_ways_out():
    """A function's exits are one probe, however many ret there are, and func is the same at entry and exit."""
    situation("ways")
    exe = build("checker")
    with tempfile.TemporaryDirectory() as d:
        r = gft("-e", "u:main.callWays { @in[func]++; @both[func] = count(); } "
                "ur:main.callWays { @out[func] = count(); @both[func] = count(); @p[probe] = count(); "
                f'if (@in[func] > 0 && probe == "uretprobe:{exe}:main.callWays" && func == "main.callWays") {{ @named = count(); }} }}',
                "-c", f"{exe} -situation ways -calls 1000 -log {d}/log").ok()
        n = sum(c[1] == "main.callWays" for calls in truth.notes(f"{d}/log", 1).values() for c in calls)
    for row in (f"@in[main.callWays]: {n}", f"@out[main.callWays]: {n}", f"@both[main.callWays]: {2 * n}", f"@named: {n}",
                f"@p[uretprobe:{exe}:main.callWays]: {n}"):
        check(f"\n{row}\n" in r.out, row, r)
    check(r.out.count("main.callWays") == 4, "one row each", r)


# --- losses: each is provoked, counted, and told with the probes it happened at ----------------


def told(r, what, at=r"(?:main\.call|runtime\.)"):
    """The number in front of a loss in gft's messages; the probes below it add up to the same."""
    m = re.search(rf"^(\d+) {what}.*\n((?:  .*\n)*)", r.err, re.M)
    check(m, f"'{what}' is not told", r)
    rows = [int(n) for n in re.findall(rf"^  (\d+) at (?:\S*{at}|\d+ others)", m[2], re.M)]
    check(sum(rows) == int(m[1]), f"'{what}': {rows} at probes", r)
    return int(m[1])


def test_ring_full():
    """A buffer of one page: what is whole is right, what is not is marked, the rest is counted."""
    for name in ("panics", "migrate"):
        seen, notes, r = situation(name, args=("--buffer", "4K"))
        lost = told(r, "records lost: the ring buffer was full")
        total, got = sum(map(len, notes.values())), sum(map(len, seen.calls.values()))
        check(lost and got < total, f"{name}: nothing was lost, {got} of {total}", r)
        check(seen.damaged and seen.trees > seen.damaged, f"{name}: {seen.damaged} of {seen.trees} damaged", r)


# limit: 180
def test_goroutine_map_full():
    """70,000 graphs open at once, and room for 65,536."""
    def same(seen, notes, err, name):
        pass

    seen, notes, r = situation("manyopen", 70000, same=same)
    missing = told(r, "graphs not begun: too many goroutines at once")
    check(missing == 70000 - seen.trees and 4000 < missing < 5000, f"{seen.trees} trees, {missing} told as missing", r)
    check(not truth.misplaced(notes, seen) and seen.trees == len(seen.calls), "trees", r)


# limit: 180
def test_depth_limit():
    """300,000 levels, and room for 262,160 frames: the rest has no duration, and is counted."""
    seen, notes, r = situation("recurse", 300001, script="ur:main.callDeep { @ = stats(duration); }", flags="-depth 300000",
                               same=lambda *a: None)
    m = re.search(r"@: { .count = (\d+),", r.text)
    deep = told(r, "calls not tracked: too deep")
    check(m and int(m[1]) + deep == 300001, f"{m and m[1]} with a duration, {deep} told as too deep", r)
    check(told(r, "exits without an entry") == deep, "their exits", r)


def test_read_fault():
    """Code that runs without g in its register: no hit of it is attributed to a goroutine."""
    for name in ("badg", "badm", "badcurg"):
        seen, _, r = situation(name, 1000, same=lambda *a: None)
        check(told(r, "hits ignored: the goroutine or its stack could not be read") == 2000, f"{name}: each entry and exit", r)
        check(not seen.calls, "trees", seen.calls)


def test_value_fault():
    """A goroutine of which only a part can be read: what is not there is 0, and counted."""
    _, _, r = situation("halfg", 1000, script="u:main.callBadG { @[goid == 0, parent_goid] = count(); }", same=lambda *a: None)
    check(told(r, "values of goroutines that are 0: they could not be read") == 1000, "each", r)
    check("@[false, 0]: 1000" in r.text, "but its id is known", r.text)


def test_graph_limit():
    """What does not fit into graph(limit) is counted, and the tree says so."""
    seen, notes, r = situation("recurse", 1000, script="u:main.callRoot { graph(limit = 100); } u:main.call* {}",
                               flags="-depth 1000", same=lambda *a: None)
    total, got = sum(map(len, notes.values())), sum(map(len, seen.calls.values()))
    check(got == 100 and re.search(rf"^{total - got} calls not shown: graphs over their limit", r.err, re.M),
          f"{got} of {total} calls", r)
    check(seen.damaged == seen.trees == 1, "the tree does not say so", r)
