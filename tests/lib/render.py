# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Writes a graph's JSON as gft's text: what the text says must be in the JSON, to the byte.

Where a value's text is not its JSON (a Go value, a string), the rules are those of docs/output.md.
"""

import datetime
import json


def fraction(v, unit):
    whole, part = divmod(v, 1000)
    return f"{whole}" + (f".{part:03}".rstrip("0") if part else "") + unit


def four_digits(v):
    """Thousandths, below a million, to four significant digits."""
    if v >= 100000:
        return (v + 50) // 100 * 100
    return (v + 5) // 10 * 10 if v >= 10000 else v


def duration(ns):
    """Up to a minute: longer ones are not needed here."""
    if ns < 1000:
        return f"{ns}ns"
    for unit, v in (("us", ns), ("ms", (ns + 500) // 1000)):
        v = four_digits(v) if v < 1000000 else 1000000
        if v < 1000000:
            return fraction(v, unit)
    v = four_digits((ns + 500000) // 1000000)
    assert v < 60000, ns
    return fraction(v, "s")


def place(c):
    if c.get("func") is None:
        return hex(c["addr"]) if "addr" in c else "?"
    return f"{c['func']}+{c['off']}" + (f" {c['file']}:{c['line']}" if "file" in c else "")


def value(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, int):
        return str(v)
    if v is None:
        return "nil"
    return v if v.startswith(("&", "chan(", "[", "main.")) else json.dumps(v)


def values(v):
    return ", ".join(value(x) if name.isdigit() else f"{name}={value(x)}" for name, x in v.items())


def word(v):
    """A word of a system call."""
    v &= 0xffffffffffffffff
    n = v - (1 << 32) if 1 << 31 <= v < 1 << 32 else v - (1 << 64) if v >> 63 else v
    return str(n) if -4096 < n < 65536 else hex(v)


def split(s):
    out = []
    for part in ("running", "runnable", "parked", "syscall"):
        if not s[part + "_ns"] and part != "running":
            continue
        text = f"{part} {duration(s[part + '_ns'])}"
        if part == "parked":
            reasons = s.get("parked", {})
            text += ": " + ", ".join(reason + (f" {duration(w['ns'])}" if len(reasons) > 1 else "") +
                                     (f" in {w['count']}" if w["count"] > 1 else "") for reason, w in reasons.items())
        out.append(text)
    return f" [{', '.join(out)}]"


class Clock:
    """The wall clock of a run, from a graph's own two times."""

    def __init__(self, g):
        at, _, ns = g["start"].removesuffix("Z").partition(".")
        wall = datetime.datetime.fromisoformat(at + "+00:00").timestamp()
        self.offset = int(wall) * 10**9 + int(ns) - g["start_ns"]

    def stamp(self, ns):
        s, ns = divmod(ns + self.offset, 10**9)
        return datetime.datetime.fromtimestamp(s).strftime("%d %H:%M:%S") + f".{ns // 1000:06}"


def leaf(c):
    if "park" in c:
        text = c["park"]
        if "place" in c:
            text += f": {place(c['place'])}"
        if "in" in c and (c["in"]["func"], c["in"]["off"]) != (c["place"]["func"], c["place"]["off"]):
            text += f" in {c['in']['func']}"
    elif "syscall" in c:
        text = f"syscall {c['syscall']}({', '.join(word(a) for a in c['args'])}) = "
        text += c.get("error") or (hex(c["ret"] & 0xffffffffffffffff) if not 0 <= c["ret"] <= 0x7fffffff else str(c["ret"]))
    else:
        text = f"go {c['go']} goid={c['child']}: {place(c['caller'])}" + ("" if c["followed"] else " (not followed)")
    return text


def whose(g):
    return (f" tid={g['thread']}" if "thread" in g else f" goid={g['goid']}") + f" pid={g['pid']}"


def graph(g, stream=False):
    """The lines of one graph; stream: those that --stream prints, in the order of the tree."""
    clock, lines, todo = Clock(g), [], []
    start = g["start_ns"]

    def close(c):
        flags = c.get("flags", ())
        if "open" in flags:
            text = " " * 29
        else:
            text = f"{clock.stamp(start + c['offset_ns'] + c['duration_ns'])} {duration(c['duration_ns']):10}"
        text += " " * (1 + 2 * c["depth"]) + "} "
        if "ret" in c:
            text += f"= {values(c['ret'])} "
        text += place({"func": c["func"], **c["exit"]}) if "exit" in c else c["func"]
        for flag in ("open", "unwound", "exit_lost", "tail_jump"):
            if flag in flags:
                text += f" ({flag.replace('_', ' ')})"
        if "damaged" in flags and "exit_lost" not in flags:
            text += " (damaged)"
        if "split" in c:
            text += split(c["split"])
        lines.append(text + (whose(g) if stream else ""))

    for i, at in enumerate(g.get("stack", ())):
        lines.append(("--             " if i else "-- called from ") + place(at) + (whose(g) if stream else ""))
    for c in g["calls"]:
        while todo and todo[-1]["depth"] >= c["depth"]:
            close(todo.pop())
        begin, indent = clock.stamp(start + c["offset_ns"]), " " * (1 + 2 * c["depth"])
        if "func" not in c:
            took = "" if "go" in c else duration(c["duration_ns"] or 0)
            opened = " (open)" if c["duration_ns"] is None else ""
            lines.append(f"{begin} {took:10}{indent}~ {leaf(c)}{opened}" + (whose(g) if stream else ""))
            continue
        text = f"{begin}           {indent}{c['func']}({values(c.get('args', {}))}) {{ {place(c['caller'])}"
        if c["depth"] == 0 and "parent" in g:
            text += f" parent={g['parent']}"
        lines.append(text + (whose(g) if stream or c["depth"] == 0 else ""))
        todo.append(c)
    while todo:
        close(todo.pop())
    for key, v in g.get("tags", {}).items():
        lines.append(f"-- {key}={v}")
    if g["dropped"]:
        lines.append(f"-- {g['dropped']} call{'' if g['dropped'] == 1 else 's'} not shown (limit)")
    if "damaged" in g.get("flags", ()):
        lines.append("-- damaged: records were lost here")
    return lines
