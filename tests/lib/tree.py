# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Reads gft's text output back into trees.

An opening line and a closing line of a call look like

    21 17:10:59.088813              main.add(arg1=2) { main.doSomething+37 /x/main.go:15
    21 17:10:59.088815 1.2us        } main.add+68 /x/main.go:29

Columns carry the nesting: the name of a root stands 12 columns behind the
clock, each level adds two; beyond 64 levels "[depth N]" does.  A call that had
not returned has a closing line without a clock.  What is no call has
one line, which begins with "~".  The calls that led to a root stand before it
("-- called from ...").  Remarks on a whole tree ("-- ...") follow its last line.  The parser is strict about this, about the
order of closing lines, and about the blank line after each tree: whatever does
not fit is a ParseError with the line, so that every test that parses a tree
also checks the layout.
"""

import re
import sys

BASE = 12  # columns between the clock and a root's name
CLOCK_WIDTH = 18
MAX_INDENT = 64  # levels

CLOCK = re.compile(r"(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6})")
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)(ns|us|ms|s))?\Z")
PLACE = re.compile(r"(?P<func>\S.*?)\+(?P<off>\d+)(?: (?P<file>\S+):(?P<line>\d+))?(?P<rest>(?: \(.*\))?)\Z")
SPLIT = re.compile(r" \[(running [^\]]*)\]\Z")
PART = re.compile(r"(running|runnable|parked|syscall) (\S+?)(?=[,:]|\Z)(?:: (.*?))?(?=, syscall |\Z|, (?:runnable|parked) )")
DEPTH = re.compile(r"\[depth (\d+)\] ")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


# shape() makes tuples as deep as the tree, and comparing them recurses
sys.setrecursionlimit(20000)


class ParseError(Exception):
    pass


def duration_ns(text):
    """Nanoseconds of "1.2us", "2m03.5s"; None when it is no duration."""
    m = DURATION.match(text)
    if not text or not m:
        return None
    unit = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    ns = int(m[1] or 0) * 3600e9 + int(m[2] or 0) * 60e9
    if m[3]:
        ns += float(m[3]) * unit[m[4]]
    return round(ns)


class Node:
    def __init__(self, name, args, caller, clock, depth, line):
        self.name = name  # function
        self.args = args  # text between the parentheses
        self.caller = caller  # match of PLACE, or None
        self.clock = clock  # microseconds since midnight, plus the day of month
        self.depth = depth  # 0: root
        self.line = line  # as printed
        self.children = []
        self.goid = self.pid = self.parent = None
        self.leaves = []  # (text, ns or None) of waits, system calls, go statements
        self.split = {}  # of graph(parks): ns by "running", "runnable", "parked", "syscall"
        self.waits = ""  # what "parked" is made of
        self.stack = []  # of a root with graph(stack): places, innermost first
        self.duration = None  # ns, from the closing line
        self.exit = None  # match of PLACE of the closing line, or None
        self.ret = ""  # text behind "} = "
        self.marks = set()  # "open", "unwound", "exit lost", "tail jump", "damaged"
        self.notes = []  # of a root: the remarks on its tree

    def walk(self):
        """All calls, in order; without recursion, for trees are deep."""
        todo = [self]
        while todo:
            n = todo.pop()
            yield n
            todo += reversed(n.children)

    def shape(self):
        """Nested tuples of names: two trees with the same calls are equal."""
        return (self.name,) + tuple(c.shape() for c in self.children)

    def values(self):
        """The arguments as a dict of texts; splits at commas outside quotes and brackets."""
        out, depth, quote, start, i = {}, 0, False, 0, 0
        text = self.args
        parts = []
        while i < len(text):
            c = text[i]
            if c == "\\":
                i += 1
            elif c == '"':
                quote = not quote
            elif not quote and c in "([{":
                depth += 1
            elif not quote and c in ")]}":
                depth -= 1
            elif not quote and not depth and c == ",":
                parts.append(text[start:i])
                start = i + 1
            i += 1
        parts.append(text[start:])
        for p in parts:
            if p.strip():
                key, _, val = p.strip().partition("=")
                out[key.strip()] = val.strip()
        return out

    def __repr__(self):
        return "\n".join("  " * n.depth + f"{n.name}({n.args})" + "".join(f" ({m})" for m in n.marks)
                         for n in self.walk())


def split_call(text):
    """"main.(*T).f(a=1) { caller" -> name, args, rest; None when it is no call."""
    depth = 0
    i = 0
    while i < len(text):
        c = text[i]
        if c in "[":
            depth += 1
        elif c in "]":
            depth -= 1
        elif c == "(" and not depth and (i == 0 or text[i - 1] not in "."):
            break
        elif c == "(":  # a receiver: main.(*T).f
            end = text.find(")", i)
            if end < 0:
                return None
            i = end
        i += 1
    else:
        return None
    name, args, quote, depth = text[:i], i + 1, False, 0
    while i < len(text):
        c = text[i]
        if c == "\\":
            i += 1
        elif c == '"':
            quote = not quote
        elif not quote and c == "(":
            depth += 1
        elif not quote and c == ")":
            depth -= 1
            if not depth:
                break
        i += 1
    else:
        # quotes of a target's text need not balance: take the last ") {"
        i = text.rfind(") {")
        if i < args:
            return None
    if not text.startswith(") {", i):
        return None
    return name, text[args:i], text[i + 3:].strip()


def clock_us(m):
    return ((int(m[1]) * 24 + int(m[2])) * 60 + int(m[3])) * 60_000_000 + int(m[4]) * 1_000_000 + int(m[5])


def parse(text, others=None, allow_open=False):
    """All trees of an output, in order.

    Lines that are no part of a tree are an error, or are appended to the list
    others when it is given (output of printf, maps, the target's own lines).
    allow_open: the last lines of an output that was cut off may be missing.
    """
    roots, stack, led = [], [], []
    after_tree = False
    for number, raw in enumerate(text.removesuffix("\n").split("\n"), 1):
        line = ANSI.sub("", raw)

        def bad(why):
            return ParseError(f"line {number}: {why}: {line!r}")

        m = CLOCK.match(line)
        if not m and stack and line.startswith(" " * (CLOCK_WIDTH + BASE)) and line.lstrip(" ").startswith("} "):
            rest = line[CLOCK_WIDTH:]  # a call that had not returned
        elif not m:
            if stack and line == "":
                raise bad("blank line inside a tree")
            if line.strip() == "":
                after_tree = False
                continue
            if not after_tree and not stack and re.match(r"-- (called from|           ) ", line):
                led.append(line[15:].strip())
                continue
            if after_tree and line.startswith("-- "):
                roots[-1].notes.append(line[3:])
                continue
            if others is None:
                raise bad("not a line of a tree")
            others.append(line)
            continue
        else:
            rest = line[m.end():]
        if after_tree:
            raise bad("no blank line after the tree before")
        body = rest.lstrip(" ")
        lead = len(rest) - len(body)
        dur = None
        if lead == 1:  # a closing line with its duration
            word, _, more = body.partition(" ")
            dur = duration_ns(word)
            if dur is None:
                raise bad(f"{word!r} is no duration")
            body = more.lstrip(" ")
        column = len(rest) - len(body)
        if column < BASE or (column - BASE) % 2:
            raise bad(f"text begins in column {column}")
        depth = (column - BASE) // 2
        deep = DEPTH.match(body)
        if deep:
            if depth != MAX_INDENT or int(deep[1]) <= MAX_INDENT:
                raise bad("[depth] at the wrong level")
            depth, body = int(deep[1]), body[deep.end():]
        elif depth > MAX_INDENT:
            raise bad(f"level {depth} without [depth]")
        if body.startswith("~ "):
            if not stack or depth != len(stack):
                raise bad(f"a leaf at level {depth} while {len(stack)} calls are open")
            stack[-1].leaves.append((body[2:], dur))
            continue
        if body.startswith("} "):
            if not stack:
                raise bad("closes a call, and none is open")
            node = stack.pop()
            if depth != node.depth:
                raise bad(f"closes at level {depth}, the open call {node.name} is at {node.depth}")
            name = body[2:]
            if split := SPLIT.search(name):
                name = name[:split.start()]
                for part in PART.finditer(split[1]):
                    node.split[part[1]] = duration_ns(part[2])
                    if part[1] == "parked":
                        node.waits = part[3]
            while mark := re.search(r" \((open|unwound|exit lost|tail jump|damaged)\)\Z", name):
                node.marks.add(mark[1])
                name = name[:mark.start()]
            if name.startswith("= "):
                at = name.rindex(" " + node.name)
                node.ret, name = name[2:at], name[at + 1:]
            node.exit = PLACE.match(name)
            if (node.exit["func"] if node.exit else name) != node.name:
                raise bad(f"closes {name}, but the open call is {node.name}")
            if ("open" in node.marks) != (m is None):
                raise bad("a call is marked open, or has a clock, but not both")
            node.duration = dur
            if m:
                if dur is None:
                    raise bad("no duration")
                node.end = clock_us(m)
                if node.end < node.clock:
                    raise bad("ends before it begins")
            if not stack:
                after_tree = True
            continue
        if not m:
            raise bad("no clock")
        call = split_call(body)
        if not call or dur is not None:
            raise bad("neither opens nor closes a call")
        name, args, where = call
        if depth != len(stack):
            raise bad(f"opens at level {depth} while {len(stack)} calls are open")
        tags = {}
        while True:
            where, _, last = where.rpartition(" ") if " " in where else ("", "", where)
            key, eq, val = last.partition("=")
            if eq and key.isidentifier():
                tags[key] = val
                continue
            where = f"{where} {last}".strip()
            break
        node = Node(name, args, PLACE.match(where), clock_us(m), depth, line)
        node.goid = int(tags["goid"]) if "goid" in tags else None
        node.pid = int(tags["pid"]) if "pid" in tags else None
        node.parent = int(tags["parent"]) if "parent" in tags else None
        if stack:
            if node.clock < stack[-1].clock:
                raise bad("begins before its caller")
            stack[-1].children.append(node)
        else:
            roots.append(node)
            node.stack, led = led, []
        stack.append(node)
    if stack and not allow_open:
        raise ParseError("end of output: these calls were not closed: " + ", ".join(n.name for n in stack))
    return roots


def self_test():
    sample = (
        "21 17:10:59.088812            main.doSomething() { main.main+15 /x/main.go:10 goid=1 pid=1234\n"
        "21 17:10:59.088813              main.(*T[a.b,c]).add(arg1=2, s=\"a, (b\\\"\") { main.doSomething+37 /x/main.go:15\n"
        "21 17:10:59.088815 1.2us        } main.(*T[a.b,c]).add+68 /x/main.go:29\n"
        "21 17:10:59.088820 1.001s     } main.doSomething+180 /x/main.go:24\n"
        "\n")
    (root,) = parse(sample)
    assert root.shape() == ("main.doSomething", ("main.(*T[a.b,c]).add",)), root.shape()
    assert (root.goid, root.pid, root.duration) == (1, 1234, 1.001e9)
    kid = root.children[0]
    assert kid.values() == {"arg1": "2", "s": '"a, (b\\""'}, kid.values()
    assert kid.exit["off"] == "68" and kid.caller["func"] == "main.doSomething"
    assert kid.duration == 1200
    assert duration_ns("2m03.5s") == 123.5e9 and duration_ns("5ms") == 5e6 and duration_ns("x") is None
    assert duration_ns("1h") == 3600e9 and duration_ns("2m") == 120e9
    for damage in (("  main.(*T", "   main.(*T"), ("} main.doS", "} main.other"), ("1.001s", "soon"),
                   (":24\n\n", ":24\n" + sample)):
        try:
            parse(sample.replace(*damage, 1))
        except ParseError:
            continue
        raise AssertionError(f"not noticed: {damage}")
    odd = (sample.replace("21 17:10:59.088820 1.001s     } main.doSomething+180 /x/main.go:24",
                          " " * 30 + "} main.doSomething (open)\n-- 3 calls not shown (limit)")
           .replace("add+68 /x/main.go:29", "add (unwound)"))
    (root,) = parse(odd)
    assert root.marks == {"open"} and root.children[0].marks == {"unwound"} and not root.children[0].exit
    assert root.notes == ["3 calls not shown (limit)"]
    n = 70
    deep = [(" " * 12 + "  " * min(i, 64) + (f"[depth {i}] " if i > 64 else "")) for i in range(n)]
    text = "".join(f"21 17:10:59.000000{d}f() {{ f+1\n" for d in deep)
    text += "".join(f"21 17:10:59.000000 1ns{d[4:]}}} f+2\n" for d in reversed(deep))
    assert len(list(parse(text)[0].walk())) == n
    explained = (
        "-- called from main.main+3 /x/main.go:1\n"
        "--             runtime.goexit+1\n" +
        sample.replace("21 17:10:59.088815 1.2us        }", "21 17:10:59.088814 1us            ~ sleep: f+3 in time.Sleep\n"
                       "21 17:10:59.088815 1.2us        }")
        .replace(":29\n", ":29 [running 200ns, parked 1us: sleep 900ns, chan receive 100ns in 2, syscall 7ns]\n"))
    (root,) = parse(explained)
    kid = root.children[0]
    assert kid.split == {"running": 200, "parked": 1000, "syscall": 7}, kid.split
    assert kid.waits == "sleep 900ns, chan receive 100ns in 2" and kid.exit["line"] == "29"
    assert kid.leaves == [("sleep: f+3 in time.Sleep", 1000)] and root.stack == ["main.main+3 /x/main.go:1", "runtime.goexit+1"]
    others = []
    assert len(parse("student: x\n" + sample + sample + "@: 3\n", others)) == 2
    assert others == ["student: x", "@: 3"]
    assert len(parse(sample[:sample.index("21 17:10:59.088820")], allow_open=True)) == 1
    print("ok")


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    else:
        print(*parse(sys.stdin.read(), []), sep="\n\n")
