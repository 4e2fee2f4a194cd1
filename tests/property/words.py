#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Random text and what scripts can do with it, compared with Python.

    tests/property/words.py [-n EXPRESSIONS] [-s SEED]

Text comes from literals, variables of several lengths, keys and values of maps,
parts of tuples, what other functions made, and names of the kernel's that have
places of their own.  It is compared, searched, cut, joined, measured and printed.
Runs on the real kernel.  What differs is printed with its seed.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOO_MUCH = "too much for the verifier"  # eight statements with text that all search in each other
LETTERS = "ab"  # few of them, so that texts have beginnings and parts in common


def text_bool(x):
    return "true" if x else "false"


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.vars, self.lines, self.maps = [], [], []
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

    def script(self, n):
        want, blocks = [], []
        while len(want) < n:
            lines = []
            for _ in range(8):
                i = len(want)
                k = self.r.randrange(5)
                if k == 0:
                    f, a, s = self.formatted()
                    lines.append(f'printf("{i} [{f}]\\n", {a});')
                    want.append(f"{i} [{s}]")
                elif k == 1:
                    a, s = self.source()
                    lines.append(f"print(({i}, {a}));")
                    want.append(f"({i}, {s})")
                elif k == 2:  # a variable that grows
                    a, s = self.source(1)
                    b, t = self.source(1)
                    c, v = self.asked(1)
                    lines += [f"$s{i} = {a};", f"if ({c}) {{ $s{i} = {b}; }}", f"print(({i}, $s{i}, strlen($s{i})));"]
                    x = t if v else s
                    want.append(f"({i}, {x}, {len(x.encode())})")
                else:
                    a, s = self.measured()
                    lines.append(f"print(({i}, {a}));")
                    want.append(f"({i}, {s})")
            blocks.append("begin {\n\t" + "\n\t".join(lines) + "\n}")
        head = "config = { print_maps_on_exit = 0 }\nbegin {\n\t" + "\n\t".join(self.lines) + "\n}\n"
        return head + "\n".join(blocks) + "\n", want


def run_one(gft, seed, n):
    """Differences between gft and Python, as text; None: there are none."""
    text, want = Maker(seed).script(n)
    with tempfile.NamedTemporaryFile("w", suffix=".gft") as f:
        f.write(text)
        f.flush()
        try:
            p = subprocess.run([gft, "-q", "--color=never", "--no-cache", "--no-warnings", f.name], cwd=ROOT,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            return f"seed {seed}: hangs\n{text}"
        err = p.stderr.decode().replace(f.name, "script")
    if "too much for the kernel's verifier" in err:
        return TOO_MUCH
    errors = re.findall(r"^.*ERROR:.*\n.*\n.*|^gft: .*", err, re.M)
    if p.returncode or errors:
        return f"seed {seed}: status {p.returncode}\n" + "\n".join(errors) + "\n" + "\n".join(err.split("\n")[-5:])
    got = {int(m[1]): m[0] for m in re.finditer(r"^\(?(\d+)[, ].*$", p.stdout.decode(errors="replace"), re.M)}
    bad = []
    for i, w in enumerate(want):
        if got.get(i) != w:
            line = next((x for x in text.split("\n") if re.match(rf"\tprint(f\(\"|\(\(){i}[, ]", x)), "")
            names = re.findall(r"@\w+|\$s\d+", line)
            values = "\n          where    ".join(x.strip() for k in dict.fromkeys(names) for x in text.split("\n")
                                                  if x.startswith(f"\t{k}") or f"{{ {k} = " in x)
            bad.append(f"seed {seed}: expected {w}\n          got      {got.get(i)}\n          of       {line.strip()}\n"
                       f"          where    {values}")
    return "\n".join(bad) or None


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("-n", type=int, default=1000)
    ap.add_argument("-s", "--seed", type=int, default=1)
    ap.add_argument("-e", "--each", type=int, default=24, help="expressions in one script")
    ap.add_argument("-g", "--gft", default=f"{ROOT}/build/gft")
    ap.add_argument("-p", "--print", action="store_true", help="print the script of the seed")
    o = ap.parse_args()
    if o.print:
        sys.stdout.write(Maker(o.seed).script(o.each)[0])
        return 0
    bad = much = 0
    for seed in range(o.seed, o.seed + max(1, o.n // o.each)):
        why = run_one(o.gft, seed, o.each)
        if why == TOO_MUCH:
            much += 1
        elif why:
            bad += 1
            print(why, flush=True)
    print(f"{max(1, o.n // o.each) * o.each} expressions, {bad} scripts with differences, {much} were too much for the verifier")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
