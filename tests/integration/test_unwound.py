# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The builtin unwound: clauses of exits run once for each call that a panic or Goexit removed."""

import collections
import os
import re
import tempfile

from gft import Fail, NothingLeft, Skip, build, check, gft, go_newest, go_versions
from newer import newer_compilers
import truth

CALLS = 20000

COUNT = "config = { max_map_keys = 100000 } ur:main.*call* { @[func, unwound] = count(); @who[goid, unwound] = count(); }"


def left(notes):
    """{(function, whether it was removed): calls}, and the same by goroutine."""
    funcs, who = collections.Counter(), collections.Counter()
    for (_, goid), calls in notes.items():
        for _, name, how in calls:
            if how != "open":
                funcs[name, how == "unwound"] += 1
                who[goid, how == "unwound"] += 1
    return funcs, who


def counted(text, name):
    return {(m[1], m[2] == "true"): int(m[3])
            for m in re.finditer(rf"^{re.escape(name)}\[(.*), (true|false)\]: (\d+)$", text, re.M)}


def run(situation, script, calls=CALLS, go=None, prog="checker", variant="plain", status=0, args=()):
    exe = build(prog, go, variant)
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        log = os.path.join(d, "log")
        r = gft(*args, "-e", script, "-c", f"{exe} -situation {situation} -calls {calls} -log {log}", timeout=120)
        if not status:
            r.ok()
        return r, truth.notes(log, 1)


def since_1_23(go):
    return not re.match(r"1\.(19|2[012])$", go[0])


def exact(situation, removed=1, **kw):
    """Each call of the program's notes was counted once, as what it was."""
    r, notes = run(situation, COUNT, **kw)
    funcs, who = left(notes)
    seen = collections.Counter()
    for (name, how), n in counted(r.out, "@").items():
        if not truth.WRAPPER.search(name):
            seen[truth.SHAPE.sub("[...]", name), how] += n
    wrong = {k: (funcs[k], seen[k]) for k in funcs.keys() | seen.keys() if funcs[k] != seen[k]}
    check(not wrong, f"{situation}: {{function, removed: (calls, counted)}}", wrong, r)
    if not any(truth.WRAPPER.search(k[0]) for k in counted(r.out, "@")):
        seen = {(int(k[0]), k[1]): v for k, v in counted(r.out, "@who").items()}
        check(seen == dict(who), f"{situation}: by goroutine", r)
    check(sum(v for k, v in funcs.items() if k[1]) >= removed, f"{situation}: too few were removed", r)
    return r, notes


def test_panics():
    exact("panics", CALLS // 5)


def test_panics_oldest_go():
    exact("panics", CALLS // 5, go=(go_versions() or [go_newest()])[0])


def test_goexit():
    exact("goexit", CALLS // 10)


def test_goexit_oldest_go():
    exact("goexit", CALLS // 10, go=(go_versions() or [go_newest()])[0])


def test_deep_panics():
    """Thousands of frames at once; a hundred panics in each other."""
    exact("fall", CALLS // 2)


def test_odd_calls():
    """Deferred calls of all kinds, loops over functions, coroutines, goroutines of timers and the collector."""
    exact("defers", CALLS // 5)
    exact("background", CALLS // 50)
    exact("generics", 0)


def test_go_1_23():
    if not since_1_23(go_newest()):
        raise Skip("no Go 1.23 here")
    exact("ranges", CALLS // 50)
    exact("pulls", CALLS // 20)


# limit: 300
def test_newer_go():
    for go in newer_compilers():
        for situation in ("panics", "goexit", "fall", "defers", "ranges", "pulls"):
            exact(situation, CALLS // 200, calls=CALLS // 4, go=go)


def test_number_removed():
    """-v tells how many calls that were, whatever else the script has of them."""
    for situation in ("panics", "goexit", "fall"):
        for clause in ("@[unwound] = count();", "@ = sum(duration);"):
            r, notes = run(situation, f"ur:main.*call* {{ {clause} }}", args=["-v"])
            gone = sum(v for k, v in left(notes)[0].items() if k[1])
            told = re.search(r"^(\d+) calls that a panic or Goexit removed$", r.err, re.M)
            check(gone > 100 and told and int(told[1]) == gone, f"{situation}, {clause}: {gone} calls", r)


def test_returns_only():
    """Where nothing panics nothing is removed: stacks that grow, goroutines that move, kinds of calls."""
    for situation in ("grow", "migrate", "kinds"):
        _, notes = exact(situation, 0)
        check(not [1 for k in left(notes)[0] if k[1]], "the program's notes")


def test_cgo():
    exact("cgo", prog="cgocheck", variant="cgo")


def test_death():
    """What the process's end leaves open did not return, and no panic removed it."""
    r, notes = run("die", COUNT, status=2)
    funcs, _ = left(notes)
    open_calls = [name for calls in notes.values() for _, name, how in calls if how == "open"]
    check(open_calls == ["main.callRoot", "main.callMiddle", "main.callBoom"], "the program's notes", open_calls)
    check(counted(r.out, "@") == dict(funcs), f"the notes have {dict(funcs)}", r)


def test_predicates_and_values():
    r, notes = run("panics", """
ur:main.callBoom / unwound / { @u[func, probe == "uretprobe:CHECKER:main.callBoom", probe == "x"] = count(); @d = min(duration); }
ur:main.callLeaf,main.callBoom / !unwound / { @v[retval > 0, caller != 0] = count(); }
ur:main.callLeaf,main.callBoom { @all = count(); }
ur:main.callMiddle { $n = unwound ? 0 : retval; @m[$n] = count(); if (unwound) { return; } @never[usym(reg("ip"))] = count(); }
""".replace("CHECKER", build("checker")).replace(", caller != 0", ""))
    funcs, _ = left(notes)
    leaf, boom, middle = funcs["main.callLeaf", False], funcs["main.callBoom", True], funcs["main.callMiddle", True]
    check(f"@u[main.callBoom, true, false]: {boom}\n" in r.out, f"{boom} of callBoom", r)
    check(f"@v[true]: {leaf}\n" in r.out, f"{leaf} of callLeaf", r)
    check(f"@all: {leaf}\n" in r.out, "a clause without unwound runs for returns only", r)
    check(f"@m[0]: {middle}\n" in r.out and "@never" not in r.out, f"{middle} of callMiddle", r)
    d = re.search(r"^@d: (\d+)", r.out, re.M)
    check(d and 100 < int(d[1]) < 10**9, "a duration", r)


def test_in_graphs():
    """Depths are those of the graph, in the order in which the calls are left: the innermost first."""
    exe = build("checker")
    with tempfile.TemporaryDirectory() as d:
        r = gft("-e", 'u:main.callRoot { graph(); } ur:main.*call* { printf("%s %d %d %d\\n", func, depth, goid, unwound); }',
                "-c", f"{exe} -situation panics -calls 3000 -log {d}/log").ok()
        notes = truth.notes(f"{d}/log", 1)
    seen = collections.defaultdict(list)
    for m in re.finditer(r"^(main\S+) (\d+) (\d+) ([01])$", r.out, re.M):
        seen[int(m[3])].append((m[1], int(m[2]), m[4] == "1"))
    for (_, goid), calls in notes.items():
        want, stack = [], []
        for depth, name, how in calls + [(0, None, "")]:
            while stack and stack[-1][1] >= depth:
                want.append(stack.pop())
            stack.append((name, depth, how == "unwound"))
        for i, (a, b) in enumerate(zip(want, seen[goid])):
            if a != b:
                raise Fail(f"goroutine {goid}, exit {i}: {b}, not {a}: {want[i-3:i+3]} {seen[goid][i-3:i+3]}")
        check(len(want) == len(seen[goid]), f"{len(want)} exits", r)


def test_scratch_and_loops():
    """Clauses that need memory of their own, in both ways out of a call."""
    r, notes = run("panics", """
ur:main.call* {
	$s = str_concat(comm, "-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789");
	$n = 0;
	for ($i : 0..3) { for ($k : 0..4) { $n++; } }
	if (strcontains($s, "789-0")) { @[func, unwound] = count(); @n[$n, unwound] = count(); }
}""")
    funcs, _ = left(notes)
    seen = {k: v for k, v in counted(r.out, "@").items()}
    check(seen == {k: v for k, v in funcs.items() if k[0].startswith("main.call")}, "counts", funcs, r)
    check(counted(r.out, "@n").keys() == {("12", True), ("12", False)}, "loops", r)


def test_mistakes():
    for script, wrong in (
            ("ur:main.callBoom { @[unwound] = sum(retval); }", "retval: there is no exit when a panic removed the call"),
            ("ur:main.callBoom / unwound / { print(ret); }", "print(): there is no exit when"),
            ("ur:main.callBoom { @[unwound, caller] = count(); }", "caller: there is no exit when"),
            ("ur:main.callBoom { if (unwound) { @[ustack] = count(); } }", "ustack(): there is no exit when"),
            ("ur:main.callBoom / !unwound || retval > 1 / { @ = count(); }", "retval: there is no exit when"),
            ("u:main.callBoom { @[unwound] = count(); }", "unwound has no value in a uprobe")):
        r = gft("-e", script, build("checker"))
        check(r.status == 1 and wrong in r.err, f"{script}: {wrong}", r)
        check("HINT: " in r.err, "no hint", r)
