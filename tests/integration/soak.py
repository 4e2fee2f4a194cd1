# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The lane "soak": what may break a target, for minutes, and everything compared with its own notes.

Each test has its share of GFT_SOAK seconds (600), and makes rounds until they
are over.  A round is a program under gft from its start to its end: it must
end well, its own checks must pass, the graphs must be what it wrote down, and
gft's memory must stay below a bound.
"""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from gft import Skip, can_cgo, check, go_versions  # noqa: E402
import test_checker  # noqa: E402
import truth  # noqa: E402

SHARE = float(os.environ.get("GFT_SOAK", 600)) / 6
MEMORY = 700 << 20


def rounds(*what, env=(), **kw):
    """Situations in turns until the time is over."""
    end, n, most, calls = time.monotonic() + SHARE, 0, 0, 0
    while n < len(what) or time.monotonic() < end:
        seen, _, r = test_checker.situation(what[n % len(what)], prefix=("env", *env), **{"calls": 20000, **kw})
        most = max(most, r.memory)
        calls += sum(map(len, seen.calls.values()))
        n += 1
    print(f"{n} rounds, {calls} calls, gft took at most {most >> 20} MiB")
    check(most < MEMORY, f"gft took {most >> 20} MiB")


# limit: 120
def test_gc_all_the_time():
    rounds("system", "kinds", "grow", "migrate", env=("GOGC=1",))


# limit: 120
def test_gc_check_marks():
    """The collector marks twice and compares (GODEBUG=gccheckmark=1)."""
    rounds("system", "migrate", "goroutines", env=("GOGC=1", "GODEBUG=gccheckmark=1"), calls=8000)


# limit: 120
def test_stack_storm():
    rounds("grow", "recurse", env=("GOGC=5",))


# limit: 120
def test_panic_storm():
    rounds("panics", "goexit", "signals", env=("GOGC=1",))


# limit: 120
def test_whole_runtime():
    """Every function of the runtime that can be probed is, entries and exits, while graphs are made."""
    rounds("system", "panics", "grow", "signals", script=test_checker.GRAPH + " u:runtime.* {}", calls=1500,
           drop=lambda n: truth.WRAPPER.search(n) or n.startswith("runtime."), same=marked)


# limit: 120
def test_race_detector():
    version = next((v for v in reversed(go_versions()) if has_race(v[0])), None)
    if not version:
        raise Skip("no Go compiler here is packaged with the race detector's runtime")
    rounds("kinds", "panics", "goexit", "migrate", go=version, variant="race", calls=5000)


def has_race(version):
    try:
        can_cgo(version, "race")
        return True
    except Skip:
        return False


def marked(seen, notes, err, name):
    """Where all of the runtime is traced, panics and stack growth are calls too: only counts are compared."""
    for who, calls in notes.items():
        got = [c[1] for c in seen.calls.get(who, [])]
        check(got == [c[1] for c in calls] or "lost" in err, f"{name}: calls of goroutine {who}", len(got), len(calls))
