# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What goes wrong in a script while it runs is told with its place, once, and how often."""

import json
import re

from gft import NothingLeft, check, gft

ZERO = ("Divide or modulo by 0 detected. This can lead to unexpected results. "
        "1 is being used as the result.")
FULL = ("Map full; can't update element. Try increasing max_map_keys config or manually setting the max entries in a "
        "map declaration e.g. `let @a = hash(5000)`")
LOOKUP = "Can't lookup map element because it does not exist."


def script(text, *args, command=()):
    with NothingLeft():
        return gft("-q", *args, "-e", text, *command).ok()


def warnings(r):
    """The lines of warnings, without the end of their places."""
    return [re.sub(r"^(\w+:\d+:\d+)-\d+:", r"\1:", s) for s in r.err.split("\n") if ": WARNING: " in s]


def test_division():
    r = script("begin { $x = 0; print(5/$x); @y = 6; @y %= $x; for ($i : 0..5) { print(6 / ($i - $i)); } }")
    check(warnings(r) == [f"stdin:1:25: WARNING: {ZERO}", f"stdin:1:44: WARNING: {ZERO}",
                          f"stdin:1:77: WARNING: {ZERO} (5 times)"], "places", r)
    check(f"stdin:1:25-27: WARNING: {ZERO}\n" in r.err, "the whole place", r)
    check(r.err.count("~~") > 2 and "@y: 1" in r.out, "underlined, and 1", r)


def test_full_map():
    r = script("let @m = hash(2); begin { @m[1] = 1; @m[2] = 2; @m[3] = 3; @m[4]++; @m[5] += 1; } ")
    check(warnings(r) == [f"stdin:1:{c}: WARNING: {FULL}" for c in (49, 60, 69)], "places", r)
    check(r.err.count("Additional Info - helper: map_update_elem, retcode: -7") == 3, "helper", r)
    r = script("config = { max_map_keys = 1 } begin { @m[1] = count(); @m[2] = count(); }")
    check(warnings(r) == [f"stdin:1:56: WARNING: {FULL}"], "aggregations", r)


def test_reads():
    text = "begin { @m[1] = 1; print(@m[2]); print(*(uint64 *)8); delete(@m, 5); $p = (uint32 *)16; print($p[2]); }"
    check(not warnings(script(text)), "without -k nothing is told", None)
    r = script(text, "-k")
    check([s.split(": ", 2)[2] for s in warnings(r)] ==
          [LOOKUP, "Bad address", "Can't delete map element because it does not exist.", "Bad address"], "places", r)
    check(not warnings(script(text, "-k", "--no-warnings")), "--no-warnings", None)


def test_hot_probe():
    """A probe that hits the same mistake many times says it once at once, and the number at the end."""
    r = script("u:main.add { print(@x[1]); @x[1] = 1; delete(@x, 1); }", "-k",
               command=("-c", "./examples/bin/calls -n 3 -sleep 100ms"))
    check(warnings(r) == [f"stdin:1:20: WARNING: {LOOKUP}", f"stdin:1:20: WARNING: {LOOKUP} (3 times)"], "count", r)


def test_json():
    """As bpftrace writes them; the count is ours."""
    r = script("begin { $x = 0; @m[1] = 4 / $x; for ($i : 0..2) { print(@m[5]); } }", "-k", "-f", "json")
    place = '"filename": "stdin", "line": 1, "col": '
    helper = f'{{"type": "helper_error", "msg": "{LOOKUP}", "helper": "map_lookup_elem", "retcode": 0, {place}57'
    check(f'{{"type": "runtime_error", "msg": "{ZERO}", {place}29}}\n' in r.out, "division", r)
    check(f'{helper}}}\n{helper}, "count": 2}}\n' in r.out, "look-up", r)
    for line in r.out.splitlines():
        json.loads(line)


def test_macros():
    r = script("macro odd($n) { 7 / $n }\nmacro twice($m) { odd($m) + 1 }\n"
               "begin { $z = 0; print(odd($z)); print(twice($z)); print(odd($z)); }")
    check(warnings(r) == [f"stdin:1:21: WARNING: {ZERO}"] * 3, "each use is one of its own", r)
    body = "macro odd($n) { 7 / $n }\n                    ~~\n"
    check(f"{body}stdin:3:23-30: NOTE: expanded from macro odd here\n" in r.err, "where it is used", r)
    check(f"{body}stdin:2:19-26: NOTE: expanded from macro odd here\n" in r.err, "in another macro", r)
    check("stdin:3:39-48: NOTE: expanded from macro twice here\n" in r.err and r.err.count("NOTE") == 4, "and that", r)
    r = script("macro look(@m, k) { @m[k] }\nbegin { @a[1] = 2; print(look(@a, 3)); }", "-k")
    check(f"stdin:1:21: WARNING: {LOOKUP}" in warnings(r) and "stdin:2:26-37: NOTE: expanded from macro look here"
          in r.err, "a look-up", r)
    r = script("macro odd(n) { 7 / n }\nbegin { $z = 0; print(odd($z)); }")
    check(warnings(r) == [f"stdin:2:27: WARNING: {ZERO}"] and "NOTE" not in r.err, "an argument is the caller's", r)
