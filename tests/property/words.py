#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Random text and what scripts can do with it, compared with Python.

    tests/property/words.py [-n EXPRESSIONS] [-s SEED]

Text comes from literals, variables of several lengths, keys and values of maps,
parts of tuples, what other functions made, and names of the kernel's that have
places of their own.  It is compared, searched, cut, joined, measured and printed.
Runs on the real kernel.  What differs is printed with its seed.
"""

import random
import sys

sys.dont_write_bytecode = True
import known  # noqa: E402 (the folder of this file is where Python looks first)

LETTERS = "ab"  # few of them, so that texts have beginnings and parts in common


def text_bool(x):
    return "true" if x else "false"


class Maker:
    EACH = 8

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines, self.maps = [], []
        for i in range(self.r.randint(3, 6)):
            a, s = self.source(2)
            self.lines.append(f"@v{i} = {a};")
            self.maps.append((f"@v{i}", s))
        for i in range(self.r.randint(1, 3)):
            a, s = self.source(2)
            b, t = self.source(2)
            self.lines.append(f"@k{i}[{a}, {i}] = {b};")
            self.maps.append((f"@k{i}[{a}, {i}]", t))
            self.lines.append(f"@t{i} = ({a}, {i}, ({b}, 1));")
            self.maps += [(f"@t{i}.0", s), (f"@t{i}.2.0", t)]

    def pick(self, *a):
        return self.r.choice(a)

    def literal(self):
        n = self.pick(0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 200)
        s = "".join(self.r.choice(LETTERS) for _ in range(n))
        if self.r.random() < 0.2:
            s += self.pick("gft", "begin", 'q"q', "100%", "\u00e4", "b" * 40)
        return '"' + s.replace('"', '\\"') + '"', s

    def source(self, depth=0):
        """(text of the language, its value)"""
        n = self.r.randrange(12)
        if n < 4 or depth > 3:
            return self.literal()
        if n == 4:
            return self.pick(("comm", "gft"), ("probetype", "begin"), ("comm", "gft"))
        if n < 8 and self.maps:
            return self.r.choice(self.maps)
        if n == 8:
            a, s = self.source(depth + 1)
            b, t = self.source(depth + 1)
            return f"str_concat({a}, {b})", s + t
        if n == 9:
            a, s = self.source(depth + 1)
            size = self.pick(1, 2, 3, 5, 8, 16, 20, 64, 300)
            if a[0] == '"' or len(s.encode()) != len(s):
                return a, s
            return f"(string[{size}])({a})", s[:size]
        if n == 10:
            return self.choice(depth)
        return self.literal()

    def choice(self, depth):
        a, s = self.source(depth + 1)
        b, t = self.source(depth + 1)
        c, v = self.asked(depth + 2)
        return f"({c} ? {a} : {b})", s if v else t

    def other(self, s):
        """Another text that has something in common with s."""
        if self.r.random() < 0.5 and len(s.encode()) == len(s) and '"' not in s:
            i = self.r.randint(0, len(s))
            j = self.r.randint(i, len(s))
            t = self.pick(s, s[:i], s[i:j], s[i:], s[:i] + "b" + s[i + 1:], s + "a")
            return f'"{t}"', t
        return self.source(2)

    def asked(self, depth=0):
        """(a condition, whether it is true)"""
        a, s = self.source(depth + 1)
        b, t = self.other(s)
        n = self.r.randrange(4)
        if n == 0:
            return f"({a} == {b})", s == t
        if n == 1:
            return f"({a} != {b})", s != t
        if n == 2:
            return f"strcontains({a}, {b})", t in s
        k = self.r.randint(0, 40)
        return f"(strncmp({a}, {b}, {k}) == 0)", s.encode()[:k] == t.encode()[:k]

    def measured(self):
        """(a number's expression, its value as print() shows it)"""
        a, s = self.source(1)
        b, t = self.other(s)
        x, y = s.encode() + b"\0", t.encode() + b"\0"
        n = self.r.randrange(7)
        if n == 0:
            return f"strlen({a})", str(len(x) - 1)
        if n == 1:
            return f"len({a})", str(len(x) - 1)
        if n == 2:
            return f"strstr({a}, {b})", str(x[:-1].find(y[:-1]))
        if n == 3:
            k = self.pick(0, 1, 2, 3, 7, 8, 9, 16, 17, 40)
            d = next((p - q for p, q in zip(x[:k], y[:k]) if p != q), 0)
            return f"strncmp({a}, {b}, {k})", str(d)
        if n == 4:
            i = self.r.randrange(len(x))
            if a[:2] not in ("@t", "@k"):  # @v[3] would be a key
                return f"strlen({a})", str(len(x) - 1)
            v = x[i]
            return f"({a}[{i}] & 0xff)", str(v)
        if n == 5:
            c, v = self.asked()
            return c, text_bool(v)
        k = self.r.randint(1, max(1, min(3, len(x) - 1, len(y) - 1)))
        return f"(memcmp({a}, {b}, {k}) == 0)", text_bool((x + b"\0" * 4)[:k] == (y + b"\0" * 4)[:k])

    def formatted(self):
        a, s = self.source()
        if len(s.encode()) != len(s):
            return "%s", a, s
        flag, width, cut = self.pick("", "-"), self.pick("", "", "1", "12", "80"), self.pick("", "", "0", "1", "2", "9", "70")
        body = s[:int(cut)] if cut else s
        if width:
            body = body.ljust(int(width)) if flag else body.rjust(int(width))
        else:
            flag = ""
        return f"%{flag}{width}{'.' + cut if cut else ''}s", a, body

    def part(self, i):
        """The statements of expression i, and the line that they must print."""
        k = self.r.randrange(5)
        if k == 0:
            f, a, s = self.formatted()
            return [f'printf("{i} [{f}]\\n", {a});'], f"{i} [{s}]"
        if k == 1:
            a, s = self.source()
            return [f"print(({i}, {a}));"], f"({i}, {s})"
        if k == 2:  # a variable that grows
            a, s = self.source(1)
            b, t = self.source(1)
            c, v = self.asked(1)
            x = t if v else s
            return [f"$s{i} = {a};", f"if ({c}) {{ $s{i} = {b}; }}", f"print(({i}, $s{i}, strlen($s{i})));"], \
                f"({i}, {x}, {len(x.encode())})"
        a, s = self.measured()
        return [f"print(({i}, {a}));"], f"({i}, {s})"


if __name__ == "__main__":
    sys.exit(known.main(__doc__, Maker, 1000, 24))
