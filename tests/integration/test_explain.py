# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Where a goroutine's time goes: graph(parks), graph(syscalls), graph(children), graph(stack), and tags."""

import json
import os
import re
import tempfile

from gft import OUT, NothingLeft, Skip, build, check, gft, go_newest, go_versions, losses, run
from newer import newer_compilers
import tree

CASES = "sleeps receives sends selects locks joins conds reads blocks spins crowds collects starts".split()
# what each waits for, in all versions
REASONS = {
    "sleeps": {"sleep"}, "receives": {"chan receive"}, "sends": {"chan send"}, "selects": {"select"},
    "locks": {"sync.Mutex.Lock", "semacquire"}, "joins": {"semacquire", "sync.WaitGroup.Wait"},
    "conds": {"sync.Cond.Wait"}, "reads": {"IO wait"}, "starts": {"chan receive"},
}
MS = 20
# what the runtime calls for itself, by the kernel where the clock is not to be had without it
RUNTIME_CALLS = ("clone", "rt_sigprocmask", "futex", "rt_sigreturn", "sched_yield", "nanosleep", "clock_gettime", "madvise", "mmap",
                 "tgkill", "getpid")
PARTS = ("running_ns", "runnable_ns", "parked_ns", "syscall_ns")
SCRIPT = "u:main.round { graph(parks); } " + ",".join(f"u:main.{c}" for c in CASES) + " {}"


def objects(r, kind):
    found = []
    for line in r.out.split("\n"):
        if line.startswith('{"type": "' + kind):
            found.append(json.loads(line)["data"])
    return found


def truth(r):
    m = re.search(r'^\{"blocks".*\}$', r.out, re.M)
    check(m and re.search(r"^ok$", r.out, re.M), "the target did not survive", r)
    return json.loads(m[0])


def check_sums(calls):
    for c in calls:
        if "func" not in c:
            continue
        s = c["split"]
        check(sum(s[p] for p in PARTS) == c["duration_ns"], "the parts are not the call's time", c)
        check(sum(w["ns"] for w in s.get("parked", {}).values()) == s["parked_ns"], "the waits are not the parked time", c)


def waits(go=None, variant="plain", names=True):
    exe = build("waits", go, variant)
    with NothingLeft():
        r = gft("-f", "json", "-e", SCRIPT, "-c", f"{exe} -ms {MS}").ok()
    took = truth(r)
    check(losses(r.err) == 0, "losses in a small program", r.err)
    (g,) = objects(r, "graph")
    check_sums(g["calls"])
    for name in CASES:
        (c,) = [c for c in g["calls"] if c.get("func") == "main." + name and c["depth"] == 1]
        s, where = c["split"], f"Go {go[0] if go else 'newest'} {variant}: {name}"
        # the program reads its own clock right around the call: never less, and more where it loses its processor there
        check(took[name] - 50e6 < c["duration_ns"] <= took[name], f"{where}: {c['duration_ns']} ns, {took[name]} by its own clock", c)
        if name in REASONS:
            waited = sum(w["ns"] for reason, w in s.get("parked", {}).items() if reason in REASONS[name])
            check(waited > 0.9 * MS * 1e6, f"{where}: waited {waited} ns for {REASONS[name]}", c)
        if name == "blocks":
            check(s["syscall_ns"] > 0.9 * MS * 1e6, f"{where}: the system call", c)
        if name in ("spins", "crowds"):
            check(s["running_ns"] > 0 and s["running_ns"] + s["runnable_ns"] > 0.95 * MS * 1e6 and s["parked_ns"] < 5e6,
                  f"{where}: neither running nor ready", c)
    # four more goroutines on one processor
    (c,) = [c for c in g["calls"] if c.get("func") == "main.crowds"]
    check(c["split"]["runnable_ns"] > 1e6, "nobody had to wait for a processor", c)
    # where: the call of the program that led into the runtime, with its line
    index = {i: c for i, c in enumerate(g["calls"])}
    for c in g["calls"]:
        # also where sync's own lines were copied into the function
        if names and c.get("place", {}).get("func", "").startswith("main."):
            check(c["place"]["file"].endswith(("main.go", "cgo.go", "coro.go")), "a line that is not the function's", c)
    for i, c in index.items():
        if c.get("park") != "sleep" or index[i - 1].get("func") != "main.sleeps":
            continue
        check(c["place"]["func"] == "main.sleeps" and c["in"]["func"] == "time.Sleep", "the place of a wait", c)
        if names:
            check(c["place"]["file"].endswith("main.go"), "the line of a wait", c)
        break
    else:
        check(False, "main.sleeps has no wait below it", g)


def test_waits():
    waits()


def test_waits_oldest_go():
    waits((go_versions() or [go_newest()])[0])


# limit: 240
def test_waits_go_in_between():
    between = go_versions()[1:-1]
    if not between:
        raise Skip("no more than two Go compilers here")
    for go in between:
        waits(go)


# limit: 480
def test_waits_newer_go():
    for go in newer_compilers():
        waits(go)


# limit: 240
def test_waits_stripped():
    """Without symbols the reasons are known by the version."""
    for go in (go_versions() or [go_newest()])[:1] + [go_newest()]:
        waits(go, "pie-stripped")


# limit: 240
def test_waits_cgo():
    """Linked with C: g is elsewhere, and C waits in system calls of its own, and calls back."""
    for variant in ("cgo", "cgo-pie", "cgo-static"):
        waits(go_newest(), variant)
        exe = build("waits", None, variant)
        r = gft("-f", "json", "-e", "u:main.naps { graph(parks, syscalls); } u:main.back {}", "-c", f"{exe} -ms {MS}").ok()
        truth(r)
        (g,) = objects(r, "graph")
        check_sums(g["calls"])
        (back,) = [c for c in g["calls"] if c.get("func") == "main.back"]
        check(back["split"]["parked"]["sleep"]["ns"] > 0.9 * MS * 1e6, f"{variant}: what C called", back)
        check(g["split"]["syscall_ns"] > 0.9 * MS * 1e6 and g["split"]["parked_ns"] < 1.5 * MS * 1e6, f"{variant}: in C", g)
        slept = [c for c in g["calls"] if c.get("syscall") in ("clock_nanosleep", "nanosleep")]
        check(slept and slept[0]["duration_ns"] > 0.9 * MS * 1e6, f"{variant}: the system call of C", g)


def reasons(go):
    """Every name that the program says itself is in the table, under the same number."""
    tool = os.path.join(OUT, "tools/reasons")
    plain, stripped = (run([tool, build("waits", go, variant)]).out for variant in ("plain", "stripped"))
    check("sync.Cond.Wait" in plain and plain == stripped, f"Go {go[0]}: names of wait reasons", plain, stripped)


# limit: 240
def test_reasons():
    for go in go_versions():
        if re.fullmatch(r"\d+\.\d+", go[0]):
            reasons(go)


# limit: 300
def test_reasons_newer_go():
    for go in newer_compilers():
        reasons(go)


def test_waits_text_recorded():
    """The same in text, and from a recording."""
    exe = build("waits")
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        rec = os.path.join(d, "rec")
        r = gft("--record", rec, "-e", SCRIPT, "-c", f"{exe} -ms {MS} -rounds 2").ok()
        truth(r)
        trees = tree.parse(r.out, [])
        check(len(trees) == 2, "trees", r)
        for t in trees:
            check(t.split["parked"] > 8 * 0.9 * MS * 1e6, "parked", t.line)
            kids = {c.name: c for c in t.children}
            check(kids["main.selects"].waits == "select", "waits of a call", kids["main.selects"].waits)
            leaf = [text for text, _ in kids["main.reads"].leaves]
            check(any(re.match(r"IO wait: main\.reads\+\d+ \S+main\.go:\d+ in runtime\.netpollblock$", text) for text in leaf),
                  "leaves", leaf)
        again = gft("replay", rec).ok()
        graphs = r.out[r.out.index(" main.round() {") - 29:]
        check(again.out.strip() == re.sub(r'^(\{"blocks".*|ok)\n', "", graphs, flags=re.M).strip(), "the replay differs",
              again.out[:1500], graphs[:1500])
        stream = gft("--stream", "-e", SCRIPT, "-c", f"{exe} -ms {MS}").ok()
        truth(stream)
        check(len(re.findall(r"~ sync\.Cond\.Wait: main\.conds\+", stream.out)) == 1, "leaves of --stream", stream)


def started(go=None):
    """What go statements start has trees of its own."""
    exe = build("waits", go)
    with NothingLeft():
        r = gft("-f", "json", "-e", "u:main.starts { graph(children, parks, stack); } u:main.child, u:main.leaf {}",
                "-c", f"{exe} -ms {MS} -rounds 3").ok()
    truth(r)
    graphs = objects(r, "graph")
    check(losses(r.err) == 0 and len(graphs) == 9, f"{len(graphs)} graphs", r.err)
    by_goid = {}
    for g in graphs:
        check_sums(g["calls"])
        by_goid.setdefault(g["goid"], []).append(g)
    roots = [g for g in graphs if "parent" not in g]
    check([g["func"] for g in roots] == ["main.starts"] * 3, "roots", roots)
    for g in roots:
        check([c["func"] for c in g["stack"]][:2] == ["main.timed", "main.round"] and
              [c["func"] for c in g["stack"]][-2:] == ["runtime.main", "runtime.goexit"], "the stack", g["stack"])
        (go1,) = [c for c in g["calls"] if "go" in c]
        (kid,) = by_goid[go1["child"]]
        check(kid["parent"] == g["goid"] and kid["func"] == go1["go"] and kid["caller"]["func"] == "main.starts",
              "the first child", kid)
        check([c["func"] for c in kid["calls"] if "func" in c][1:] == ["main.child", "main.leaf"], "its calls", kid)
        check(go1["followed"] and abs(kid["start_ns"] - (g["start_ns"] + go1["offset_ns"])) == 0, "when it began", kid)
        (go2,) = [c for c in kid["calls"] if "go" in c]
        (grandchild,) = by_goid[go2["child"]]
        check(grandchild["parent"] == kid["goid"] and grandchild["caller"]["func"] == "main.child", "the second", grandchild)
        check("flags" not in grandchild and grandchild["duration_ns"] > 0.9 * MS * 1e6, "its end", grandchild)


def coroutines(go):
    """iter.Pull: who pulls waits for the coroutine, which ends like any goroutine."""
    r = gft("-f", "json", "-e", "u:main.pulls { graph(parks, children); } u:main.generate {} go:exit { @[args.start] = count(); }",
            "-c", f"{build('waits', go)} -ms {MS}").ok()
    took = truth(r)
    graphs = objects(r, "graph")
    for g in graphs:
        check_sums(g["calls"])
        check("flags" not in g, f"Go {go[0]}: a graph that did not end", g)
    (pulls,) = [g for g in graphs if g["func"] == "main.pulls"]
    (coroutine,) = [g for g in graphs if g["func"] == "runtime.corostart"]
    check(pulls["split"]["parked"]["coroutine"]["count"] == 5 and took["pulls"] - 50e6 < pulls["duration_ns"] <= took["pulls"] and
          pulls["split"]["parked"]["coroutine"]["ns"] > 0.9 * MS * 1e6, f"Go {go[0]}: who pulls", pulls)
    check(coroutine["parent"] == pulls["goid"] and coroutine["split"]["parked"]["sleep"]["count"] == 4 and
          coroutine["split"]["parked"]["coroutine"]["count"] == 4, f"Go {go[0]}: the coroutine", coroutine)
    check('"runtime.corostart": 1' in r.out, f"Go {go[0]}: go:exit of a coroutine", r)


def test_coroutines():
    go = go_newest()
    if not re.fullmatch(r"\d+\.\d+", go[0]) or int(go[0].split(".")[1]) < 23:
        raise Skip("coroutines came with Go 1.23")
    coroutines(go)


# limit: 300
def test_coroutines_newer_go():
    for go in newer_compilers():
        coroutines(go)


def test_children():
    started()


def test_children_oldest_go():
    started((go_versions() or [go_newest()])[0])


# limit: 300
def test_children_newer_go():
    for go in newer_compilers():
        started(go)


def syscalls(go=None):
    exe = build("waits", go)
    with NothingLeft():
        r = gft("-f", "json", "-e", "u:main.blocks { graph(syscalls); }", "-c", f"{exe} -ms {MS} -rounds 3").ok()
    truth(r)
    graphs = objects(r, "graph")
    check(len(graphs) == 3, "graphs", r)
    for g in graphs:
        calls = [c for c in g["calls"] if "syscall" in c and c["syscall"] not in RUNTIME_CALLS]
        names = [c["syscall"] for c in calls]
        check(names == ["pipe2", "read", "close", "close"], "system calls", calls)
        read, ends = calls[1], [c["args"][0] for c in calls[2:]]
        check(read["nr"] == 0 and read["ret"] == 1 and read["args"][0] == ends[0] and read["args"][2] == 1 and
              read["duration_ns"] > 0.9 * MS * 1e6, "the read", read)


def test_syscalls():
    syscalls()


def test_syscalls_oldest_go():
    syscalls((go_versions() or [go_newest()])[0])


def test_tags():
    exe = build("calls")
    r = gft("-f", "json", "-e", 'u:main.doSomething { graph(); graph_tag("where", "root"); } u:main.add { graph_tag("b", fetch(+8(%ax):s64)); '
            'graph_tag("n", arg0); } ur:main.minus { graph_tag("n", retval); } u:main.main { graph_tag("never", 1); }',
            "-c", f"{exe} -n 3 -sleep 1ms").ok()
    graphs = objects(r, "graph")
    check([g["tags"]["b"] for g in graphs] == [2, 4, 6] and all(g["tags"]["where"] == "root" for g in graphs), "tags", r)
    check(all(list(g["tags"]) == ["where", "b", "n"] for g in graphs), "a tag's second value replaces the first", r)
    r = gft("-e", 'u:main.doSomething { graph(); } u:main.add { graph_tag("why", "slow"); }', "-c", f"{exe} -n 1").ok()
    check([t.notes for t in tree.parse(r.out, [])] == [["why=slow"]], "tags in text", r)


def test_rate():
    """A burst of the whole budget, then one for each part of the time."""
    exe = build("calls")
    r = gft("-e", "u:main.doSomething { graph(rate = 5/m); } u:main.add {}", "-c", f"{exe} -n 50 -sleep 1ms").ok()
    check(len(tree.parse(r.out, [])) == 5, "graphs of a burst", r)
    r = gft("-e", "u:main.doSomething { graph(rate = 20/s); } u:main.add {}", "-c", f"{exe} -n 400 -sleep 2ms").ok()
    n = len(tree.parse(r.out, []))
    # 20 at once, and 20 for each second of about one
    check(30 <= n <= 90, f"{n} graphs", r.err)



def records(r):
    return int(re.search(r"^(\d+) records, ", r.err, re.M)[1])


def test_min_in_the_kernel():
    """A graph of one call that is too short is never written; one with calls inside is judged at its end."""
    exe = build("calls")
    command = f"{exe} -n 5 -sleep 10ms"
    r = gft("-v", "-e", "u:main.doSomething { graph(min = 2s); } u:main.main {}", "-c", command).ok()
    check(records(r) == 0 and not tree.parse(r.out, []), "records of graphs that are too short", r)
    r = gft("-v", "-e", "u:main.doSomething { graph(min = 5ms); } ur:main.doSomething { fetch(v = %ax:s64); }", "-c", command).ok()
    trees = tree.parse(r.out, [])
    check(records(r) == 10 and len(trees) == 5 and all(t.ret for t in trees), "graphs that took long enough", r)
    check(all(t.caller["func"] == "main.main" and t.duration > 10e6 for t in trees), "their first line", r)
    r = gft("-v", "-e", "u:main.doSomething { graph(min = 5ms); } u:main.minus {}", "-c", command).ok()
    check([t.shape() for t in tree.parse(r.out, [])] == [("main.doSomething", ("main.minus",))] * 5, "with a call inside", r)
    r = gft("-v", "-e", "u:main.doSomething { graph(min = 2s); } u:main.minus {}", "-c", command).ok()
    check(records(r) == 20 and not tree.parse(r.out, []), "too short, with a call inside", r)
    r = gft("-v", "-e", "u:main.doSomething { graph(min = 1us); } u:main.minus { graph_drop(); }", "-c", command).ok()
    check(not tree.parse(r.out, []), "graphs that were dropped", r)
    # values of the first line wait with it: they are what they were when it was called
    r = gft("-v", "-e", "u:main.doSomething { graph(min = 2s, args); fetch(v = %ax:s64); }", "-c", command).ok()
    check(records(r) == 0 and not tree.parse(r.out, []), "records of graphs with values that are too short", r)
    r = gft("-v", "-e", "u:main.doSomething { graph(min = 5ms, args, ret); fetch(v = %ax:s64); }", "-c", command).ok()
    check(records(r) == 10 and [int(v) for v in re.findall(r"doSomething\(v=(\d), round=\1, sleep=10ms\)", r.out)] == [1, 2, 3, 4, 5],
          "the first lines' values", r)
    r = gft("-v", "-e", "u:main.doSomething { graph(min = 5ms, args); } u:main.minus {}", "-c", command).ok()
    check([t.shape() for t in tree.parse(r.out, [])] == [("main.doSomething", ("main.minus",))] * 5
          and r.out.count("minus(a=") == r.out.count("doSomething(round=") == 5, "values, and a call inside", r)
    # a panic takes the root away: its end is seen when it is recovered
    r = gft("-v", "-e", "u:main.bottom { graph(min = 1ns); }", "-c", f"{build('panics')} -rounds 3").ok()
    trees = tree.parse(r.out, [])
    check(trees and all(t.marks == {"unwound"} for t in trees), "roots that a panic removed", r)


def test_depth_in_the_kernel():
    """Where the kernel's half keeps frames, calls below the depth are not recorded."""
    exe = build("calls")
    script = "u:main.doSomething { graph(depth = 1); } u:main.* {}"
    with_frames = gft("-v", "-e", script + " ur:main.minus / duration > 1s / { exit(); }", "-c", f"{exe} -n 1 -sleep 1ms").ok()
    without = gft("-v", "-e", script, "-c", f"{exe} -n 1 -sleep 1ms").ok()
    shapes = [[t.shape() for t in tree.parse(r.out, [])] for r in (with_frames, without)]
    check(shapes[0] == shapes[1], "the trees differ", with_frames, without)
    check(records(with_frames) == 8 and records(without) == 12, "records", with_frames, without)
