# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The options of graph() and the outputs with each other, against what the program (progs/combine) knows it did.

Each run takes one choice for each of OPTIONS.  The runs are so few that it takes a minute, and every two
choices of different options meet in one of them (GFT_COMBINE=3: every three).
"""

import itertools
import json
import os
import re
import signal
import tempfile
import time

from gft import Gft, NothingLeft, Target, build, cbuild, check, gft, losses
import render

MS = 20
MIN = MS // 2 * 1000000
ROUNDS = 10
LIMIT = 9
RUNTIME = "main.root main.step main.inner main.leaf main.asks main.waits main.rescued main.boom main.child main.childStep main.joins"

OPTIONS = {
    "parks": [True, False],
    "syscalls": [True, False],
    "children": [True, False],
    "stack": [True, False],
    "values": [False, True],
    "min": [False, True],
    "depth": [0, 1, 3],
    "limit": [False, True],
    "sample": ["", "every = 3", "rate = 4/h"],
    "drop": [False, True],
    "tag": [False, True],
    "frames": [False, True],  # the kernel half keeps a frame of each call
    "live": ["json", "text", "ftrace", "stream json", "stream text"],
}


def cover(strength):
    """Choices such that every STRENGTH of different options meet: each next one meets the most that have not yet."""
    names = list(OPTIONS)
    left = {tuple(zip(combo, vs)) for combo in itertools.combinations(names, strength)
            for vs in itertools.product(*(OPTIONS[n] for n in combo))}
    runs = []
    while left:
        chosen = dict(min(left, key=repr))
        for n in names:
            if n not in chosen:
                def met(v):
                    with_it = {**chosen, n: v}
                    return sum(all(k in with_it and with_it[k] == w for k, w in t) for t in left if n in dict(t))
                chosen[n] = max(OPTIONS[n], key=met)
        left -= {t for t in left if all(chosen[k] == w for k, w in t)}
        runs.append(chosen)
    return runs


LIBRARY = "library"


def script(c):
    opts = [o for o in ("parks", "syscalls", "children", "stack") if c[o]]
    opts += ["args", "ret"] * c["values"] + [f"min = {MIN}"] * c["min"] + [f"depth = {c['depth']}"] * (c["depth"] > 0)
    opts += [f"limit = {LIMIT}"] * c["limit"] + [c["sample"]] * bool(c["sample"])
    text = f"u:main.root {{ graph({', '.join(opts)}); }} {','.join('u:' + f for f in RUNTIME.split()[1:])} {{}}"
    if c["drop"]:
        text += " ur:main.rescued / retval % 5 == 4 / { graph_drop(); }"
    if c["tag"]:
        text += ' u:main.step { graph_tag("i", arg0); } u:main.childStep { graph_tag("kid", arg0); }'
    if c["frames"]:
        text += " ur:main.leaf / duration > 0 / { @depth[depth] = count(); }"
    return text.replace("u:main.", f"u:{c[LIBRARY]}:main.").replace("ur:main.", f"ur:{c[LIBRARY]}:main.") if LIBRARY in c else text


# --- what is to be seen ---------------------------------------------------------------------------

def root_calls(n):
    """(depth, function, what stands below it)"""
    out = [(0, "root"), (1, "step"), (2, "inner"), (3, "leaf"), (3, "leaf"), (1, "asks"), (1, "rescued"), (2, "boom"), (3, "leaf")]
    out += [(1, "waits")] * (n & 1) + [(1, "joins")] * (n & 1 == n >> 1 & 1)
    return out


def child_calls(n):
    out = [(0, ""), (1, "child"), (2, "childStep"), (3, "leaf"), (3, "asks")]
    return out + [(2, "waits")] * (n >> 1 & 1) * (1 + (n & 1))


def returned(n, kid):
    """(argument, result) of each function in round n."""
    asks = 20 - os.nice(0) + 9
    leaf = iter([n, n] if kid else [n, 10 * n, n])
    return {"step": (n, 11 * n + 3), "inner": (n, 11 * n + 2), "asks": (n, asks), "rescued": (n, n), "boom": (n, None),
            "waits": (n, None), "childStep": (n, n + 1 + asks), "child": (n, None), "leaf": leaf}


def check_values(g, n, note, kid, main):
    known = returned(n, kid)
    for c in g["calls"]:
        if "func" not in c or c["depth"] == 0 and kid:
            continue
        name = c["func"].removeprefix("main.")
        if not main:
            check("args" not in c and "ret" not in c, "values that nobody asked for", c)
            continue
        if name == "root":
            check(c["args"]["n"] == n and c["args"]["word"] == f"round {n}" and c["ret"] == {"sum": note["Sum"]}, "the root's values", c)
        elif name == "joins":
            check(c["args"]["done"].startswith("chan(") and c["ret"]["0"] == returned(n, True)["childStep"][1], "joins", c)
        elif name == "leaf":
            arg = next(known["leaf"])
            check(c["args"] == {"n": arg} and c["ret"] == {"0": arg + 1}, "leaf", c)
        else:
            arg, ret = known[name]
            check(c["args"]["n"] == arg and list(c.get("ret", {}).values()) == ([] if ret is None else [ret]), name, c)


def check_split(g, wanted):
    for c in g["calls"]:
        if "func" not in c:
            continue
        check(("split" in c) == wanted, "a split of time", c)
        if wanted:
            s = c["split"]
            check(sum(s[p] for p in ("running_ns", "runnable_ns", "parked_ns", "syscall_ns")) == c["duration_ns"], "the sum", c)
            check(sum(w["ns"] for w in s.get("parked", {}).values()) == s["parked_ns"], "the waits", c)


def check_leaves(g, c, n, calls, kid, note):
    """Each below the call that it is of, or, with depth, below the one that is shown; calls: those shown, with their own names."""
    deepest = c["depth"] or 99
    above, seen = [], []
    for x in g["calls"]:
        del above[x["depth"]:]
        if "func" in x:
            above.append(x["func"].removeprefix("main.") if x["depth"] or not kid else "")
        else:
            seen.append((above[-1], len(above) - 1, x))
            for inside in g["calls"][:1]:
                check(0 <= x["offset_ns"] and x["offset_ns"] + (x["duration_ns"] or 0) <= inside["duration_ns"], "a leaf outside of its tree", x)

    def under(name, kind, want):
        """The leaves of a kind that lie where those of the call name are shown."""
        d = next(d for d, f in calls if f == name)
        shown = name
        if d > deepest:
            shown = [f for d2, f in calls[:calls.index((d, name))] if d2 == deepest][-1]
        return [x for at, _, x in seen if at == shown and kind in x and want(x)]

    check(c["parks"] or not any("park" in x for _, _, x in seen), "parks", seen)
    check(c["syscalls"] or not any("syscall" in x for _, _, x in seen), "system calls", seen)
    check(c["children"] or not any("go" in x for _, _, x in seen), "go statements", seen)
    if c["syscalls"]:
        got = under("asks", "syscall", lambda x: x["syscall"] in ("getpriority", "close"))
        check([(x["syscall"], x["args"], x["ret"], x.get("error")) for x in got] ==
              [("getpriority", [0, 0], 20 - os.nice(0), None), ("close", [100000 + n], -9, "EBADF")], "system calls", g)
    if c["parks"]:
        times = 0 if not (n >> 1 if kid else n) & 1 else 1 + (n & 1) if kid else 1
        slept = [x for _, _, x in seen if x.get("park") == "sleep"]
        check(len(slept) == times and all(x["duration_ns"] > 0.9e6 * c.get("ms", MS) and x["in"]["func"] == "time.Sleep" and
                                          x["place"]["func"] == "main.waits" for x in slept), "sleeps", g)
        if times:
            check(len(under("waits", "park", lambda x: x["park"] == "sleep")) == times, "where it slept", g)
        got = [x for _, _, x in seen if x.get("park") == "chan receive"]
        if not kid and n & 3 == 3 and "ms" not in c:
            check(sum(x["duration_ns"] for x in got) > 0.5 * MS * 1e6 and
                  got == under("joins", "park", lambda x: x["park"] == "chan receive"), "the wait for the goroutine", g)
        check(all(x["place"]["func"] == "main.joins" for x in got), "where it waits for the goroutine", g)
    if c["children"]:
        got = [(at, d, x["child"], x["followed"]) for at, d, x in seen if "go" in x]
        check(got == ([] if kid else [("root", 0, note["Child"], True)]), "go statements", got, note)


def check_tree(g, c, n, note, kid, main):
    calls = child_calls(n) if kid else root_calls(n)
    want = [x for x in calls if not c["depth"] or x[0] <= c["depth"]]
    got = [(x["depth"], x["func"].removeprefix("main.")) for x in g["calls"] if "func" in x]
    if kid:
        check(got[0][1].startswith("root."), "a goroutine's first function", g)
        got[0] = (0, "")
    if g["dropped"]:
        check(c["limit"] and len(g["calls"]) == LIMIT and got == want[:len(got)], "a tree at its limit", g)
    else:
        check(got == want, "the calls", got, want)
        check(not c["limit"] or len(g["calls"]) <= LIMIT, "more than the limit", g)
        check_leaves(g, c, n, calls, kid, note)
    for x in g["calls"]:
        check(x.get("flags", []) == (["unwound"] if x.get("func") == "main.boom" else []), "flags", x)
    check_split(g, c["parks"])
    check_values(g, n, note, kid, c["values"])
    check(g.get("tags", {}) == ({"kid" if kid else "i": n} if c["tag"] else {}), "tags", g)
    check(g["goid"] == (note["Child"] if kid else main) and g.get("parent") == (main if kid else None), "whose", g)
    led = [x["func"] for x in g.get("stack", [])]
    want = ["main.round", "main.main", "runtime.main", "runtime.goexit"] if c["stack"] and not kid else []
    if want and LIBRARY in c:
        want[1:] = ["main.GoWork"]
        led = led[:2]
    check(led == want, "the stack", led)
    if not kid:
        check(note["Root"] - 50e6 < g["duration_ns"] <= note["Root"], "how long it took", note, g)


def check_graphs(c, graphs, notes, main, depths):
    """Every graph is there, and no other."""
    rounds = 4 if LIBRARY in c else ROUNDS
    opened = [x for x in range(rounds) if c["sample"] != "every = 3" or x % 3 == 0][:4 if c["sample"].startswith("rate") else rounds]
    kept = [n for n in opened if not (c["drop"] and n % 5 == 4)]
    seen = {"root": set(), "kid": set()}
    for g in graphs:
        kid = g["goid"] != main
        (note,) = [x for x in notes if (x["Child"] == g["goid"] if kid else
                                        x["Begin"] <= g["start_ns"] <= x["Begin"] + x["Root"] + 1000000)][:1] or [None]
        check(note, "a graph of no round", g)
        n = note["I"]
        check(n in kept and n not in seen["kid" if kid else "root"] and (not kid or c["children"]), f"round {n}'s graph", kept, g)
        check(not c["min"] or g["duration_ns"] >= MIN, "too short", g)
        seen["kid" if kid else "root"].add(n)
        check_tree(g, c, n, note, kid, main)
    if c["frames"]:
        deep = 3 * len(opened) + (len(kept) if c["children"] else 0)
        check(depths == {k: v for k, v in {3: deep, 0: 4 * rounds - deep}.items() if v}, "the depth of calls in the kernel", depths, deep)
    missing = {(k, n) for k in seen for n in kept if n not in seen[k] and (k == "root" or c["children"]) and
               (not c["min"] or (n if k == "root" else n >> 1) & 1)}
    check(not missing, "graphs that are not there", missing)


# --- the outputs ------------------------------------------------------------------------------------

def objects(text, kind="graph"):
    found = []
    for line in text.split("\n"):
        if line.startswith('{"type": '):
            o = json.loads(line)  # every one must be valid
            if o["type"] == kind:
                found.append(o["data"])
    return found


def blocks(text):
    return [b for b in ("\n" + text.strip("\n")).split("\n\n") if b.strip()]


def check_stream_text(out, graphs, c):
    """The same lines in another order, and those of graphs that are not shown in the end."""
    lines = [x for x in out.split("\n") if re.match(r"\d\d \d\d:|-- | {29}", x)]
    left = list(lines)
    for g in graphs:
        for line in render.graph(g, stream=True):
            check(line in left, "a line that --stream does not have", line, *lines)
            left.remove(line)
    check(c["min"] or c["drop"] or not left, "lines that no graph has", *left)


def check_stream_json(out, graphs, c):
    calls = []
    for g in graphs:
        for x in g["calls"]:
            who = {"pid": g["pid"], "goid": g["goid"], "depth": x["depth"]}
            begin = g["start_ns"] + x["offset_ns"]
            same = {k: v for k, v in x.items() if k not in ("depth", "offset_ns", "duration_ns")}
            if "func" not in x:
                calls.append(("leaf", {**who, "start_ns": begin, "duration_ns": x["duration_ns"], **same}))
                continue
            calls.append(("enter", {**who, "start_ns": begin, **{k: v for k, v in same.items() if k in ("func", "file", "line", "caller", "args")}}))
            end = {**who, "end_ns": begin + x["duration_ns"], "duration_ns": x["duration_ns"],
                   **{k: v for k, v in same.items() if k not in ("caller", "args")}}
            if x["depth"] == 0:
                end.update({k: g[k] for k in ("tags", "dropped") if k in g})
            calls.append(("leave", end))
        if "stack" in g:
            calls.append(("stack", {"pid": g["pid"], "goid": g["goid"], "stack": g["stack"]}))
    left = []
    for line in out.split("\n"):
        if line.startswith('{"type": '):
            o = json.loads(line)
            if o["type"] in ("enter", "leave", "leaf", "stack"):
                left.append((o["type"], {k: v for k, v in o["data"].items() if k not in ("tid", "parent", "start", "end")}))
    for x in calls:
        check(x in left, "an object that --stream does not have", x, *[y for y in left if y[0] == x[0]])
        left.remove(x)
    check(c["min"] or c["drop"] or not left, "objects that no graph has", *left)


def combine(c):
    command = f"{cbuild('loads', '-O2', '-g')} {c[LIBRARY]}" if LIBRARY in c else f"{build('combine')} -rounds {ROUNDS} -ms {MS}"
    kind, streamed = c["live"].split()[-1], c["live"].startswith("stream")
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        rec, out = os.path.join(d, "rec"), os.path.join(d, "out")
        r = gft("-f", kind, *["--stream"] * streamed, "--record", rec, "-o", out, "-e", script(c), "-c", command).ok()
        with open(out, encoding="utf-8") as f:
            live = f.read()
        replayed = {f: gft("replay", "-f", f, rec).ok() for f in ("json", "text", "ftrace")}
    m = re.search(r'^\{"main".*\}$', r.out, re.M)
    check(m and re.search(r"^ok$", r.out, re.M), "the target did not survive", r)
    said = json.loads(m[0])
    graphs = objects(replayed["json"].out)
    check(losses(re.sub(r"\d+ calls? not shown.*", "", r.err)) == 0, "losses in a small program", r.err)
    depths = {int(k): int(v) for k, v in re.findall(r'^@depth\[(\d+)\]: (\d+)$', live, re.M)}
    for o in objects(live, "map"):
        depths.update({int(k): v for k, v in o["@depth"].items()})
    check_graphs(c, graphs, said["rounds"], said["main"], depths)
    # text says what JSON says
    text = blocks(replayed["text"].out)
    check(len(text) == len(graphs), "graphs in text", replayed["text"].out)
    for g, b in zip(graphs, text):
        lines = render.graph(g)
        check(b.strip("\n").split("\n") == lines, "text and JSON differ", b, *lines)
    check(replayed["ftrace"].out == replayed["text"].out, "ftrace is text", replayed["ftrace"].out)
    if not streamed:
        mine = re.sub(r'^(\{"type": "(attached_probes|map)".*|@depth.*)\n', "", live, flags=re.M)
        check(mine.rstrip("\n") == replayed[kind].out.rstrip("\n"), "the replay differs", mine, replayed[kind].out)
    elif kind == "json":
        check_stream_json(live, graphs, c)
    else:
        check_stream_text(live, graphs, c)
    told = re.search(r"^(\d+) calls? not shown", r.err, re.M)
    total = sum(g["dropped"] for g in graphs)
    check((int(told[1]) if told else 0) >= total and (c["min"] or c["drop"] or streamed or not told or int(told[1]) == total), "what the limit cost", r.err, total)
    return r, replayed


# limit: 240
def tried(c):
    try:
        combine(c)
    except AssertionError as e:
        raise type(e)(f"{script(c)} -- {c['live']}: {e}") from e


# limit: 240
def test_pairs():
    for c in cover(int(os.environ.get("GFT_COMBINE", 2))):
        tried(c)


# limit: 240
def test_library():
    """The same with Go in a library, which C calls: every option with and without some of the others."""
    lib = build("combine", variant="cgo-library")
    for c in cover(1):
        tried({**c, LIBRARY: lib})
    for c in cover(2)[:4]:
        tried({**c, LIBRARY: lib})


def test_several_graphs():
    """Of several graph() at one call the last one counts, with nothing of the others; each graph has what its own asks for."""
    calls, all_of = build("calls"), "u:main.doSomething { graph(); } u:main.* {} ur:main.add { @us = hist(duration / 1000); }"
    for first, then in (("min = 10s", ""), ("depth = 1", ""), ("min = 10s, depth = 1", "limit = 100"), ("parks, min = 10s", "min = 1us")):
        text = all_of.replace("graph();", f"graph({first}); graph({then});")
        r = gft("-f", "json", "-e", text, "-c", f"{calls} -n 2 -sleep 1ms").ok()
        plain = gft("-f", "json", "-e", all_of, "-c", f"{calls} -n 2 -sleep 1ms").ok()
        shapes = [[[(c["depth"], c["func"]) for c in g["calls"]] for g in objects(x.out)] for x in (r, plain)]
        check(len(shapes[1]) == 2 and shapes[0] == shapes[1], f"graph({first}), then graph({then})", shapes)
        check("split" not in r.out, "parks", r)
    r = gft("-f", "json", "-e", "u:main.root { graph(parks, every = 2); } u:main.asks { graph(syscalls); } u:main.waits {}",
            "-c", f"{build('combine')} -rounds 4 -ms {MS}").ok()
    for g in objects(r.out):
        called = [c.get("syscall") for c in g["calls"] if "func" not in c and "park" not in c]
        if g["func"] == "main.root":
            check("split" in g and not called and [c["func"] for c in g["calls"] if "func" in c][1] == "main.asks", "the first graph", g)
        else:
            # a signal of the runtime's may end in it: rt_sigreturn
            check("split" not in g and [c for c in called if c != "rt_sigreturn"] == ["getpriority", "close"], "the second graph", g)
    # rounds 0 and 2 have a root; goroutines have none
    check(sorted(g["func"] for g in objects(r.out)) == ["main.asks"] * 6 + ["main.root"] * 2, "graphs", r)


# --- what is not whole ----------------------------------------------------------------------------

def recorded(args, command, out="json"):
    """gft's result, and the output live and replayed."""
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        rec, file = os.path.join(d, "rec"), os.path.join(d, "out")
        r = gft("-f", out, "--record", rec, "-o", file, *args, "-c", command.replace("LOG", os.path.join(d, "log"))).ok()
        with open(file, encoding="utf-8") as f:
            live = f.read()
        again = gft("replay", "-f", out, rec).ok()
    return r, re.sub(r'^(\{"type": "(attached_probes|map|stats)".*|@.*)\n', "", live, flags=re.M).strip(), again


def check_whole(c, graphs, said):
    """The parts of each call are its time; a graph that nothing marks is right.  Returns how many are whole, and marked."""
    whole = marked = 0
    for g in graphs:
        flags = {f for x in g["calls"] for f in x.get("flags", ())}
        if "open" not in flags:
            check_split(g, c["parks"])
        if flags & {"damaged", "exit_lost", "open"}:
            marked += 1
            continue
        kid = g["goid"] != said["main"]
        (note,) = [x for x in said["rounds"] if (x["Child"] == g["goid"] if kid else
                                                 x["Begin"] <= g["start_ns"] <= x["Begin"] + x["Root"])]
        check_tree(g, c, note["I"], note, kid, said["main"])
        whole += 1
    return whole, marked


# limit: 120
def test_explained_losses():
    """The buffer is full now and then: what is not marked is right in all of its parts."""
    for opts, more in (("parks syscalls children stack", {}), ("parks children", {"depth": 1}), ("parks syscalls", {"min": True}), ("children", {})):
        c = {**dict.fromkeys(OPTIONS, False), "sample": "", **{o: True for o in opts.split()}, **more, "ms": 1}
        with tempfile.TemporaryDirectory() as d:
            rec, out = os.path.join(d, "rec"), os.path.join(d, "out")
            text = script(c).replace(str(MIN), "500us")
            with Gft("-q", "-f", "json", "--record", rec, "-o", out, "--buffer", "4K", "-e", text, "-c",
                     f"{build('combine')} -rounds 200 -ms {c['ms']}") as g:
                while g.p.poll() is None:
                    g.p.send_signal(signal.SIGSTOP)
                    time.sleep(0.06)
                    g.p.send_signal(signal.SIGCONT)
                    time.sleep(0.03)
                r = g.wait().ok()
            with open(out, encoding="utf-8") as f:
                live = f.read()
            again = gft("replay", "-f", "json", rec).ok()
        check(live == again.out, f"{opts}: the replay differs", live[-1500:], again.out[-1500:])
        check([x for x in objects(live, "loss") if x["loss"] == "ring_full"], f"{opts}: nothing was lost", r.err)
        whole, marked = check_whole(c, objects(live), json.loads(re.search(r'^\{"main".*\}$', r.out, re.M)[0]))
        check(whole > 20 and marked, f"{opts}: {whole} whole graphs, {marked} marked", r.err)


def told(err):
    return re.findall(r"^\d+ .*\n(?:  \d+ at .*\n)*", err, re.M)


# limit: 120
def test_losses():
    """Each is told with where it was, in the output and by who shows the recording, in the same words."""
    checker, graph = build("checker"), "u:main.callRoot { graph(%s); } u:main.*call* {}"
    cases = [
        ({"ring_full"}, ["--buffer", "4K", "-e", graph % ""], f"{checker} -situation panics -calls 20000 -log LOG"),
        ({"read_fault"}, ["-e", graph % ""], f"{checker} -situation badg -calls 1000 -log LOG"),
        ({"over_limit"}, ["-e", graph % "limit = 100"], f"{checker} -situation recurse -calls 1000 -depth 1000 -log LOG"),
        ({"too_deep", "exit_without_entry"}, ["-e", "ur:main.callDeep { @ = stats(duration); } u:main.none* { graph(); }"],
         f"{checker} -situation recurse -calls 300001 -depth 300000 -log LOG"),
        ({"child_not_followed"}, ["-e", "u:main.chain { graph(children); } u:main.link {}"], f"{build('combine')} -rounds 0 -chain 12"),
    ]
    for kinds, args, command in cases:
        args[-1] = args[-1].replace("u:main.none* { graph(); }", "u:main.main { graph(); }")
        r, live, again = recorded(args, command)
        check(live == again.out.strip(), f"{kinds}: the replay differs", live[-1500:], again.out[-1500:])
        lost = {x["loss"]: x for x in objects(live, "loss")}
        check(kinds == set(lost) - {"graph_exit_without_entry", "open_at_end"}, f"{kinds}: losses", *lost.values())
        check(told(r.err) == told(again.err) and len(told(r.err)) == len(lost), f"{kinds}: what is told", r.err, again.err)
        for kind, x in lost.items():
            check(any(t.startswith(f"{x['count']} {x['what'][:20]}") for t in told(r.err)), f"{kind}: as it is told", x, r.err)
            check("at" not in x or sum(x["at"].values()) == x["count"], f"{kind}: the probes", x)
            check("at" in x or kind in ("over_limit", "graph_exit_without_entry", "open_at_end"), f"{kind}: where", x)
        check(("lost_events" in live) == ("ring_full" in kinds), f"{kinds}: bpftrace's word", live[-500:])
    check(lost["child_not_followed"]["count"] == 1, "8 levels", lost)


def test_drop_in_a_full_ring():
    """A graph that is dropped is not shown where the record that says so was lost: the root's end says it, too."""
    script = "u:main.root { graph(); } u:main.step / arg0 == 3 / { unroll(90) { printf(\"%d %d\\n\", arg0, pid); } unroll(90) { printf(\"%d %d\\n\", arg0, pid); } } ur:main.rescued / retval == 3 / { graph_drop(); }"
    with Target(build("combine"), "-rounds", "6", "-ms", "1000") as target:
        start = time.monotonic()
        with Gft("-f", "json", "--buffer", "4K", "-e", script, "-p", str(target.pid)) as g:
            for at, sig in ((1.5, signal.SIGSTOP), (2.7, signal.SIGCONT)):  # round 3 is from 2 to 4
                check(time.monotonic() < start + at, "this machine is too busy")
                time.sleep(start + at - time.monotonic())
                os.kill(g.pid, sig)
            r = g.wait()
        said = json.loads(target.wait().split("\n")[0])
    check([x["count"] for x in objects(r.out, "loss") if x["loss"] == "ring_full"], "nothing was lost", r)
    begins = [x["start_ns"] for x in objects(r.out)]
    rounds = [x["I"] for x in said["rounds"] if any(x["Begin"] <= b <= x["Begin"] + x["Root"] for b in begins)]
    check(rounds[-3:] == [2, 4, 5], "rounds whose graphs are shown", rounds, r)


def test_open_at_end():
    """What is open when exit() is called ends there, live and in a recording; also what a killed process had open."""
    text = "u:main.root { graph(parks, syscalls, children, min = 5ms%s); } u:main.waits,u:main.child,u:main.joins {}"
    command = f"{build('combine')} -rounds 4 -ms 300"  # the last begins after 600 ms
    for out in ("json", "text"):
        r, live, again = recorded(["-e", text % "" + " u:main.waits / ++@n == 4 / { @at = nsecs; } "
                                   "interval:ms:10 / @at && nsecs - @at > 100ms / { exit(); }"], command, out)
        check(live == again.out.strip(), "the replay differs", live[-1500:], again.out[-1500:])
        if out == "json":
            graphs = [g for g in objects(live) if "open" in g.get("flags", ())]
            check({g["func"].split(".")[1] for g in graphs} == {"root"} and len(graphs) == 2, "open graphs", live)
            for g in graphs:
                s = g["split"]
                check(g["duration_ns"] is None and 90e6 < s["parked"]["sleep"]["ns"] < 290e6, "how long it slept up to exit()", s)
            (lost,) = objects(live, "loss")
            check(lost["loss"] == "open_at_end" and lost["count"] == 2, "graphs that were open", lost)
        else:
            check(live.count("(open)") >= 6, "open calls", live)
    r, live, again = recorded(["-e", text % ""], f"{command} -die 900")
    check(live == again.out.strip(), "the replay differs", live[-1500:], again.out[-1500:])
    graphs = [g for g in objects(live) if "open" in g.get("flags", ())]
    check(len(graphs) == 2 and all(g["split"]["parked"]["sleep"]["ns"] > 100e6 for g in graphs), "what was open", live)
