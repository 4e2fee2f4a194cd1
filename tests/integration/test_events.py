# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""go:EVENT against a program that makes n of each, and what is known of a goroutine."""

import re
import tempfile

from gft import Skip, NothingLeft, build, check, gft, go_newest, go_versions, losses
from newer import newer_compilers

N = 20
EVENTS = r'''
u:main.allocates { @on = 1; } ur:main.allocates { @on = 0; }
go:malloc / @on / { @size[args.size] = count(); }
go:panic { @panic = count(); }
go:recover { @recover = count(); }
go:create { @created[args.start] = count(); @from[args.parent] = count(); @mine[args.child] = 1; }
go:exit / @mine[goid] / { @ended[args.start] = count(); }
go:park / args.reason == "sleep" / { @slept[go_start] = count(); @since[goid] = nsecs; }
go:unpark / wait_reason == "sleep" && @since[goid] / { @ms[go_start] = avg((nsecs - @since[goid]) / 1000); delete(@since[goid]); }
go:stack-grow / args.new == 2 * args.old / { @grown[args.new] = count(); }
go:stack-grow / args.new <= args.old / { @shrunk = count(); }
go:gc-start { @gc[probe] = count(); }
go:gc-end { @gc[probe] = count(); }
u:main.job { @job[go_start, caller_line] = count(); @version[go_version] = count(); }
end { clear(@mine); clear(@on); clear(@since); }
'''


def maps(out):
    return {m[1]: int(m[2]) for m in re.finditer(r"^(@\S.*): (\d+)$", out, re.M)}


def events(go=None, variant="plain"):
    exe = build("events", go, variant)
    where = f"Go {go[0] if go else 'newest'} {variant}"
    with NothingLeft():
        r = gft("-e", EVENTS, "-c", f"{exe} -n {N}").ok()
    check(re.search(r"^ok$", r.out, re.M), "the target did not survive", r)
    check(losses(r.err) == 0, "losses in a small program", r.err)
    m = maps(r.out)
    for size in (296, 328, 40000, 8):
        check(m.get(f"@size[{size}]") == N, f"{where}: allocations of {size} bytes", r)
    check(m["@panic"] == N and m["@recover"] == N, f"{where}: panics", r)
    check(m["@created[main.job]"] == N and m["@ended[main.job]"] == N, f"{where}: goroutines", r)
    check(m["@from[1]"] >= N, f"{where}: who started them", r)
    check(m["@slept[main.job]"] == N and 1000 <= m["@ms[main.job]"] < 100000, f"{where}: sleeps", r)
    # each job needs more than the 2 KiB that a goroutine begins with
    check(m["@grown[8192]"] >= N // 2 and "@grown[2048]" not in m, f"{where}: stacks", r)
    check(m["@shrunk"] == 0, f"{where}: a stack that shrinks", r)
    check(m["@gc[go:gc-start]"] >= N and 0 <= m["@gc[go:gc-start]"] - m["@gc[go:gc-end]"] <= 1, f"{where}: collections", r)
    (job,) = [k for k in m if k.startswith("@job[main.job, ")]
    check(m[job] == N, f"{where}: jobs", r)
    if go and re.fullmatch(r"\d+\.\d+", go[0]):
        check(any(k.startswith(f"@version[go{go[0]}") for k in m), f"{where}: version", r)


def test_events():
    events(go_newest())


def test_events_oldest_go():
    events((go_versions() or [go_newest()])[0])


# limit: 240
def test_events_go_in_between():
    between = go_versions()[1:-1]
    if not between:
        raise Skip("no more than two Go compilers here")
    for go in between:
        events(go)


# limit: 300
def test_events_newer_go():
    for go in newer_compilers():
        events(go)


def test_events_stripped():
    events(go_newest(), "stripped")


# What the checker's panics are (progs/checker/panics.go): text, errors of the runtime, numbers.
PANICS = {
    'int(1)', 'int(3)', 'string("again")', 'runtime.errorString("integer divide by zero")',
    'runtime.plainError("assignment to entry in nil map")',
    'runtime.errorString("invalid memory address or nil pointer dereference")',
}


def values(go=None, variant="plain"):
    exe = build("checker", go, variant)
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        r = gft("-e", 'go:panic { print(args.value); @[args.type] = count(); } '
                'go:malloc { @m[args.type] = count(); } go:malloc / args.type == "main.walker" / { @walkers = count(); } '
                'go:malloc / "nil" == args.type / { @nils = count(); } go:panic { $t = args.type; if ($t != "int") { @others = count(); } }',
                "-c", f"{exe} -situation panics -calls 1000 -log {d}/log").ok()
    lines = set(r.out.split("\n"))
    check(PANICS <= lines, f"{go} {variant}: {PANICS - lines} are missing", r)
    check(any(line.startswith("runtime.boundsError{x:4, y:3, ") for line in lines), "an index out of range", r)
    m = maps(r.out)
    for name in ("int", "string", "runtime.errorString", "runtime.plainError", "runtime.boundsError"):
        check(m.get(f"@[{name}]", 0) > 0, f"{go} {variant}: panics of type {name}", r)
    check(not [k for k in m if k.startswith("@[0x")], "types without a name", r)
    for name in ("nil", "string", "main.walker"):
        check(m.get(f"@m[{name}]", 0) > 0, f"{go} {variant}: allocations of {name}", r)
    # compared with text: the same
    check(m.get("@walkers") == m["@m[main.walker]"] and m.get("@nils") == m["@m[nil]"], f"{go} {variant}: compared with a name", r)
    panics = {k: v for k, v in m.items() if k.startswith("@[")}
    check(m.get("@others") == sum(panics.values()) - panics["@[int]"], f"{go} {variant}: compared with a name by !=", r)
    check(not [k for k in m if k.startswith("@m[0x")], "types without a name", r)


def test_values():
    """The value of a panic, and the types of values, by name."""
    values()
    for variant in ("stripped", "pie", "pie-stripped"):
        values(variant=variant)


def test_type_that_is_not_there():
    exe = build("checker")
    with NothingLeft():
        r = gft("-e", 'go:malloc / args.type == "main.wlker" / { @ = count(); } interval:ms:100 { exit(); }', exe).ok()
        check(re.search(r"WARNING: no type in \S*checker is called main.wlker\n", r.err), "a warning", r)
        r = gft("-e", 'go:malloc { @t = args.type; } interval:ms:100 { if (@t == "int") { exit(); } }', exe)
    check(r.status == 1 and "in go:EVENT it can be compared with a literal" in r.err, "a hint", r)


def test_values_oldest_go():
    values((go_versions() or [go_newest()])[0])


# limit: 300
def test_values_newer_go():
    for go in newer_compilers():
        values(go)


def test_parent_goid():
    """Since Go 1.21 a goroutine knows who started it; before that it is an error that says so."""
    r = gft("-e", "u:main.job { @[parent_goid] = count(); }", "-c", f"{build('events')} -n {N}").ok()
    check(maps(r.out) == {"@[1]": N}, "who started them", r)
    old = (go_versions() or [go_newest()])[0]
    if old[0] != "1.19":
        raise Skip("no Go 1.19 here")
    r = gft("--dry-run", "-e", "u:main.job { @[parent_goid] = count(); }", build("events", old)).fails_with_one_error()
    check("Go 1.21" in r.err, "the error does not say which Go has it", r)


def test_events_in_graphs():
    """An event can tag and drop the open graph of its goroutine."""
    r = gft("-e", "u:main.recovers { graph(); } u:main.fails {} go:panic { graph_tag(\"panicked\", 1); }",
            "-c", f"{build('events')} -n 3").ok()
    check("-- panicked=1" in r.out and r.out.count("main.fails(") == 3, "a tag", r)
    r = gft("-e", "u:main.job { graph(); } u:main.recovers { graph(); } go:panic { graph_drop(); }",
            "-c", f"{build('events')} -n 3").ok()
    check("main.recovers" not in r.out and r.out.count("main.job(") == 3, "a graph that was dropped", r)


def test_list():
    r = gft("-l", "go:*", build("events")).ok()
    for name in ("create", "exit", "park", "unpark", "gc-start", "gc-end", "panic", "recover", "stack-grow", "malloc"):
        check(len(re.findall(rf"^go:{name} ", r.out, re.M)) == 1, f"go:{name} is not listed once", r)
    check("args.reason" in r.out and "args.size" in r.out and "args.value any" in r.out, "arguments", r)


def test_mistakes():
    exe = build("events")
    for script, words in (("go:parc {}", "did you mean go:park"), ("go:park { print(args.size); }", "args.reason"),
                          ("go:panic { @[args.value] = count(); }", "it can be shown, by print()"),
                          ("go:panic, go:recover { print(args.value); }", "go:recover has no argument"),
                          ("go:park / args.reason == \"sleepp\" / {}", "did you mean 'sleep'"),
                          ("u:main.job { print(wait_reason); }", "wait_reason")):
        r = gft("--dry-run", "-e", script, exe).fails_with_one_error()
        check(words in r.err, f"{script}: {words!r} is missing", r)
    r = gft("--dry-run", "-e", "go:park {}", "/bin/sh").fails_with_one_error()
    check("no Go program" in r.err, "not said", r)
