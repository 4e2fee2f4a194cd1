# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Compares trees with what a program wrote of its own calls (tests/integration/progs/checker).

Both sides become the same thing: for each goroutine of each process the list
of its calls in order, each as (depth, function, how it was left).  The trees
are read here by a fast reader for millions of lines; tree.py is the strict one.
"""

import collections
import re
import struct

LEFT = {0: "open", 1: "", 2: "unwound"}

# What the compiler adds between a call and the function it means, and the assembly, which notes nothing.
WRAPPER = re.compile(r"-fm$|\.(deferwrap|gowrap)\d+$|^main\.(\(\*box\[\w+\]\)\.callMethod|\(\*outer\)\.callPromoted|\(\*value\)\.callMethod|callTail(End)?)$")


ONE = {}


def one(*call):
    """The same tuple for equal calls: there are millions, of few kinds."""
    return ONE.setdefault(call, call)


def notes(path, pid, into=None):
    """{(pid, goid): [(depth, name, left)]} of a program's log."""
    with open(path + ".names", encoding="utf-8") as f:
        names = f.read().split("\n")
    with open(path, "rb") as f:
        count, size = struct.unpack("<2Q", f.read(16))
        assert size == 16, size
        data = f.read(count * size)
    out = collections.defaultdict(list) if into is None else into
    for goid, depth, fn, left, _ in struct.iter_unpack("<QIHBB", data):
        out[pid, goid].append(one(depth, names[fn], LEFT[left]))
    return out


class Trees:
    """What an output says, and what it says of what it lost."""

    def __init__(self):
        self.calls = collections.defaultdict(list)  # (pid, goid): [(depth, name, left)]
        self.wrappers = collections.Counter()  # calls of functions that were left out, by name
        self.whole = collections.defaultdict(list)  # (pid, goid): the trees that nothing says are damaged, each a list
        self.trees = self.damaged = 0
        self.split = self.leaves = 0  # calls whose time is split, and lines that are no calls


# A generic function's types: the program does not know which of them share the code.
SHAPE = re.compile(r"\[go\.shape\..*\]")
# An argument, by the name that the tests' scripts give it.
ARGUMENT = "(w=0x"
HEAD = re.compile(r"goid=(\d+) pid=(\d+)")


def trees(path, drop=lambda name: WRAPPER.search(name)):
    """Reads gft's text.  Calls whose name drop() accepts are left out: theirs become their caller's."""
    out, stack, known, last = Trees(), [], {}, None

    def end(tree):
        if not tree:
            return
        who, first, damaged = tree
        out.trees += 1
        out.damaged += damaged
        if not damaged:
            out.whole[who].append(out.calls[who][first:])

    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.endswith("]\n") and " [running " in line:  # graph(parks)
                line = line[:line.rindex(" [running ")] + "\n"
                out.split += 1
            elif "  ~ " in line[28:]:  # a wait, a system call
                out.leaves += 1
                continue
            at = line.find("() {")
            if at < 0:
                at = line.find(ARGUMENT)
            if at > 0:
                start = line.rfind(" ", 0, at) + 1
                name = line[start:at]
                if "[go.shape." in line[30:at]:  # types that may hold blanks
                    name = re.search(r"\S+\[go\.shape\..*", line[30:at])[0]
                    start = at - len(name)
                if name not in known:
                    known[name] = bool(drop(name))
                if not stack:
                    m = HEAD.search(line, at)
                    calls = out.calls[int(m[2]), int(m[1])]
                    end(last)
                    last = [m and (int(m[2]), int(m[1])), len(calls), False]
                    hidden = 0
                mark = line.find("[depth ", 0, start)
                depth = int(line[mark + 7:line.index("]", mark)]) if mark > 0 else (start - 30) // 2
                if depth != len(stack):
                    raise ValueError(f"line {number}: level {depth} while {len(stack)} calls are open: {line}")
                if known[name]:
                    out.wrappers[name] += 1
                    hidden += 1
                    stack.append((-1, name))
                    continue
                stack.append((len(calls), name))
                calls.append(one(depth - hidden, SHAPE.sub("[...]", name), ""))
                continue
            at = line.find("} ", 18)
            if line.startswith("-- "):
                last[2] = True
            elif at < 0:
                if stack:
                    raise ValueError(f"line {number}: inside of a tree: {line}")
            if at < 0:
                continue
            i, name = stack.pop()
            line = line.replace(" (damaged)\n", "\n")
            if not line.startswith(name, at + 2):
                raise ValueError(f"line {number}: closes another call than {name}: {line}")
            if i < 0:
                hidden -= 1
                if line.endswith(")\n"):
                    out.wrappers[f"{name} {line[line.rindex('('):-1]}"] += 1
            elif line.endswith(")\n"):
                left = line[line.rindex("(") + 1:-2]
                last[2] = last[2] or left == "exit lost"
                calls[i] = one(calls[i][0], calls[i][1], left)
    end(last)
    if stack:
        raise ValueError(f"the output ends while {len(stack)} calls are open")
    return out


def misplaced(truth, seen):
    """The first tree that looks whole and is none that the program made, in order; or None."""
    for who, trees_of in seen.whole.items():
        made, at = [], None
        for call in truth.get(who, []):
            if call[0] == 0:
                made.append([])
            made[-1].append(call)
        at = iter(made)
        for t in trees_of:
            if t not in at:  # goes on behind the one that was found before
                return who, t
    return None


def differences(truth, seen, most=3):
    """Texts that show the first difference of each goroutine that differs, and how many goroutines differ."""
    found, wrong = [], 0
    for who in truth.keys() | seen.keys():
        a, b = truth.get(who, []), seen.get(who, [])
        if a == b:
            continue
        wrong += 1
        if len(found) >= most:
            continue
        i = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        show = "\n".join(f"   {'>' if k == i else ' '} {str(a[k]) if k < len(a) else '':64} "
                         f"{b[k] if k < len(b) else ''}" for k in range(max(0, i - 6), i + 5))
        found.append(f"process {who[0]}, goroutine {who[1]}: {len(b)} calls seen of {len(a)}; "
                     f"the program's notes left, gft's trees right:\n{show}")
    return found, wrong
