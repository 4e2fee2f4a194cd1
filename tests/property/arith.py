#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Random expressions, whose values gft prints and this program computes as well.

    tests/property/arith.py                 3000 expressions
    tests/property/arith.py -n 20000 -s 7   more of them, from another seed

The rules here are those of docs/language.md, written down a second time: widths
and signs of integers, what a literal is, division by zero, shifts, casts, what
choices and tuples make of several types, C's conversions of printf(), and the
functions on text.  What the leaves are is not known when the script is compiled:
they are maps.
"""

import random
import sys

sys.dont_write_bytecode = True
import known  # noqa: E402 (the folder of this file is where Python looks first)

M64 = (1 << 64) - 1
INTS = [("int8", 1, True), ("int16", 2, True), ("int32", 4, True), ("int64", 8, True),
        ("uint8", 1, False), ("uint16", 2, False), ("uint32", 4, False), ("uint64", 8, False)]
TEXTS = ["", "a", "ab", "abc", "hello, world", "hello", "a text of more than sixty-four bytes, which is handled piece by piece, "
         "as it lies in another place", "0123456789abcdef" * 9, "xyz" * 30 + "!", "0123456789"]


def wrap(v, size, signed):
    v &= (1 << 8 * size) - 1
    return v - (1 << 8 * size) if signed and v >> (8 * size - 1) else v


class Val:
    """A number: its value, its type, and whether it is a literal that takes the sign of what it meets."""

    def __init__(self, v, size, signed, literal=False, is_bool=False):
        self.v, self.size, self.signed, self.literal, self.is_bool = v, size, signed, literal, is_bool

    @property
    def flexible(self):
        return self.literal and self.v >= 0 and self.signed


def literal(v):
    """The least signed type that holds it; beyond int64, uint64."""
    for size in (1, 2, 4, 8):
        if wrap(v, size, True) == v:
            return Val(v, size, True, True)
    return Val(v, 8, False, True)


def boolean(b):
    return Val(int(bool(b)), 1, False, False, True)


def join(a, b):
    """(size, signed) of what holds both."""
    size = max(a.size, b.size)
    if a.flexible and b.flexible:
        return size, True
    sa, sb = a.signed, b.signed
    sa, sb = (sb if a.flexible else sa), (sa if b.flexible else sb)
    if sa != sb:
        s, u = (a, b) if sa else (b, a)
        if s.size <= u.size:
            size = min(8, size * 2)
        sa = True
    return size, sa


def arith(op, a, b):
    if a.literal and b.literal:
        v = exact(op, a.v, b.v)
        if v is not None and -(1 << 63) <= v <= M64:
            return literal(v)
    sa, sb = a.signed and not a.is_bool, b.signed and not b.is_bool
    sa, sb = (sb if a.flexible and not b.flexible else sa), (sa if b.flexible and not a.flexible else sb)
    signed = op == "-" or sa or sb
    x, y = wrap(a.v, 8, signed), wrap(b.v, 8, signed)
    if op in "/%":
        if y == 0:
            return Val(1, 8, signed)
        q = abs(x) // abs(y)
        q = -q if (x < 0) != (y < 0) else q
        return Val(wrap(q if op == "/" else x - q * y, 8, signed), 8, signed)
    ux, uy = x & M64, y & M64
    v = {"+": ux + uy, "-": ux - uy, "*": ux * uy, "&": ux & uy, "|": ux | uy, "^": ux ^ uy,
         "<<": ux << (uy & 63), ">>": ux >> (uy & 63)}[op]
    return Val(wrap(v, 8, signed), 8, signed)


def exact(op, x, y):
    """Of two literals, in numbers without an end; None: it is computed as what is no literal."""
    if op in ("/", "%"):
        if y == 0:
            return None
        q = abs(x) // abs(y)
        q = -q if (x < 0) != (y < 0) else q
        return q if op == "/" else x - q * y
    if op in ("<<", ">>"):
        if y < 0 or y > 63 or (x < 0 and y > (1 << 63) - 1):
            return None
        if op == ">>":
            return wrap((x & M64) >> y, 8, x < 0)
        v = (x & M64) << y & M64
        return wrap(v, 8, x < 0)
    if op in ("&", "|", "^"):
        neg = x < 0 or y < 0
        if neg and max(x, y) > (1 << 63) - 1:
            return None
        a, b = x & M64, y & M64
        return wrap({"&": a & b, "|": a | b, "^": a ^ b}[op], 8, neg)
    return {"+": x + y, "-": x - y, "*": x * y}[op]


def compare(op, a, b):
    _, signed = join(a, b)
    x, y = wrap(a.v, 8, signed), wrap(b.v, 8, signed)
    return {"<": x < y, ">": x > y, "<=": x <= y, ">=": x >= y, "==": x == y, "!=": x != y}[op]


class Maker:
    EACH = 15

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.maps, self.lines = [], []
        for i in range(20):
            name, size, signed = self.r.choice(INTS)
            v = self.number(size, signed)
            shown = f"(uint64){v & M64}" if v > (1 << 63) - 1 else str(v)
            self.lines.append(f"@n{i} = ({name})({shown});")
            self.maps.append((f"@n{i}", Val(v, size, signed)))
        self.texts = []
        for i in range(6):
            t = self.r.choice(TEXTS)
            self.lines.append(f'@t{i} = "{t}";')
            self.texts.append((f"@t{i}", t))

    def pick(self, *a):
        return self.r.choice(a)

    def number(self, size, signed):
        bits = 8 * size
        v = self.pick(0, 1, 2, 3, 7, (1 << bits - 1) - 1, 1 << bits - 1, (1 << bits) - 1, (1 << bits) - 2,
                      self.r.getrandbits(bits), self.r.getrandbits(bits), self.r.getrandbits(self.r.randint(1, bits)))
        return wrap(v, size, signed)

    def leaf(self):
        if self.r.random() < 0.3:
            v = self.pick(0, 1, 2, 5, 63, 127, 128, 255, 256, 32768, 65535, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, M64)
            return str(v), literal(v)
        return self.r.choice(self.maps)

    @staticmethod
    def wide(v, of):
        """64 bits with the sign of what it is made of."""
        signed = of.signed or of.is_bool
        return Val(wrap(v, 8, signed), 8, signed)

    def expr(self, d=0):
        """The text of a number, and the number."""
        n = self.r.randrange(16)
        if d >= 4 or n < 3:
            return self.leaf()
        a, x = self.expr(d + 1)
        if n < 9:
            op = self.pick("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>")
            b, y = self.expr(d + 1)
            if op in "/%" and (y.literal or y.v == 0 and not b.startswith("@")):
                b, y = next((m for m in self.maps if m[1].v), self.maps[0])  # what is plainly 0 is an error
            if op in ("<<", ">>") and y.literal and not 0 <= y.v <= 63:
                b, y = "7", literal(7)
            return f"({a} {op} {b})", arith(op, x, y)
        if n == 9:
            b, y = self.expr(d + 1)
            op = self.pick("<", ">", "<=", ">=", "==", "!=")
            return f"({a} {op} {b})", boolean(compare(op, x, y))
        if n == 10:
            b, y = self.cond(d + 1)
            return self.pick((f"({a} && {b})", boolean(x.v and y)), (f"({a} || {b})", boolean(x.v or y)),
                             (f"!({b})", boolean(not y)))
        if n == 11:
            return f"-({a})", literal(-x.v) if x.literal and -x.v >= -(1 << 63) else self.wide(-x.v, x)
        if n == 12 and x.is_bool:
            return f"~(int64)({a})", self.wide(~x.v, Val(x.v, 8, True))
        if n == 12:
            return f"~({a})", literal(~x.v & M64) if x.literal else self.wide(~x.v, x)
        if n == 13:
            name, size, signed = self.r.choice(INTS)
            return f"({name})({a})", Val(wrap(x.v, size, signed), size, signed)
        if n == 14:
            c, z = self.cond(d + 1)
            b, y = self.expr(d + 1)
            if x.is_bool != y.is_bool:
                a, x, b, y = f"({a} + @n0)", arith("+", x, self.maps[0][1]), f"({b} + @n0)", arith("+", y, self.maps[0][1])
            if x.is_bool:
                return f"({c} ? {a} : {b})", boolean(x.v if z else y.v)
            size, signed = join(x, y)
            return f"({c} ? {a} : {b})", Val(wrap((x if z else y).v, size, signed), size, signed)
        return self.of_text(d)

    def cond(self, d):
        n = self.r.randrange(3)
        if n == 0:
            s, t = self.text(d), self.text(d)
            op = self.pick("==", "!=")
            return f"({s[0]} {op} {t[0]})", (s[1] == t[1]) == (op == "==")
        if n == 1:
            s, t = self.text(d), self.text(d)
            return f"strcontains({s[0]}, {t[0]})", t[1] in s[1]
        a, x = self.expr(d + 1)
        return f"({a} != 0)", x.v != 0

    def text(self, d):
        n = self.r.randrange(6)
        if n == 0 and d < 3:
            (s, t), (u, v) = self.text(d + 1), self.text(d + 1)
            return f"str_concat({s}, {u})", t + v
        if n == 1 and d < 3:
            c, z = self.cond(d + 2)
            (s, t), (u, v) = self.text(d + 1), self.text(d + 1)
            return f"({c} ? {s} : {u})", t if z else v
        if n == 2:
            t = self.r.choice(TEXTS)
            return f'"{t}"', t
        return self.r.choice(self.texts)

    def of_text(self, d):
        s, t = self.text(d)
        n = self.r.randrange(4)
        if n == 0:
            return f"(uint64)strlen({s})", Val(len(t), 8, False)
        if n == 1:
            u, v = self.text(d)
            return f"(int64)strstr({s}, {u})", Val(t.find(v), 8, True)
        if n == 2:
            u, v = self.text(d)
            k = self.pick(0, 1, 3, 5, 20, 64, 100, 200)
            a, b = t[:k], v[:k]
            return f"(strncmp({s}, {u}, {k}) < 0)", boolean(a < b)
        i = self.r.randrange(12)
        # behind its end by a number that is plain is an error
        at = i if i < len(t) else f"{i} + (pid & 0)"
        return f"(uint64)({s})[{at}]", Val(ord(t[i]) if i < len(t) else 0, 8, False)

    # --- what is printed ---------------------------------------------------------------------

    def printed(self, v):
        return ("true" if v.v else "false") if v.is_bool else str(v.v)

    def tuple_(self, d=0):
        parts, shown = [], []
        for _ in range(self.r.randint(2, 3)):
            n = self.r.randrange(4)
            if n == 0 and d < 2:
                a, s = self.tuple_(d + 1)
            elif n == 1:
                a, s = self.text(2)
            else:
                a, x = self.expr(2)
                s = self.printed(x)
            parts.append(a)
            shown.append(s)
        return f"({', '.join(parts)})", f"({', '.join(shown)})"

    def formatted(self):
        """A conversion as C does it."""
        a, x = self.expr(1)
        size, bits = self.pick(("hh", 8), ("h", 16), ("", 32), ("l", 64), ("ll", 64), ("j", 64), ("z", 64))
        letter = self.pick("d", "i", "u", "x", "X", "o")
        flags = self.pick("", "", "-", "0", "+", " ", "#")
        width = self.pick("", "", "1", "8", "30")
        v = wrap(x.v, bits // 8, letter in "di")
        if letter in "uxXo" and flags in ("+", " "):
            flags = ""
        if letter in "diu" and flags == "#":
            flags = ""
        body = {"d": str(v), "i": str(v), "u": str(v), "x": f"{v:x}", "X": f"{v:X}", "o": f"{v:o}"}[letter]
        if flags == "#" and v:
            body = {"x": "0x", "X": "0X", "o": "0"}[letter] + body
        if flags in ("+", " ") and v >= 0:
            body = flags + body
        if width:
            if flags == "-":
                body = body.ljust(int(width))
            elif flags == "0":
                sign = "-" if body[0] == "-" else ""
                body = sign + body[len(sign):].rjust(int(width) - len(sign), "0")
            else:
                body = body.rjust(int(width))
        return f"%{flags}{width}{size}{letter}", a, body

    def stored(self, i):
        """Declared variables, ++ and the operators with '='; a map's value widens over what it is given."""
        name, size, signed = self.r.choice(INTS)
        a, x = self.expr(2)
        v = wrap(x.v, size, signed)
        lines, var = [f"let $d{i} : {name} = ({name})({a});"], Val(v, size, signed)
        for _ in range(self.r.randint(0, 3)):
            n = self.r.randrange(3)
            if n == 0:
                lines.append(self.pick(f"$d{i}++;", f"++$d{i};"))
                var.v = wrap(var.v + 1, size, signed)
            elif n == 1:
                lines.append(f"$d{i}--;")
                var.v = wrap(var.v - 1, size, signed)
            else:
                op = self.pick("+", "-", "*", "&", "|", "^", "<<", ">>", "/", "%")
                b, y = self.r.choice(self.maps)
                lines.append(f"$d{i} {op}= ({name}){b};")
                var.v = wrap(arith(op, var, Val(wrap(y.v, size, signed), size, signed)).v, size, signed)
        return lines, f"$d{i}", str(var.v)

    def part(self, i):
        """The statements of expression i, and the line that they must print."""
        k = self.r.randrange(8)
        if k == 0:
            a, s = self.tuple_()
            return [f"print(({i}, {a}));"], f"({i}, {s})"
        if k < 3:
            f, a, s = self.formatted()
            return [f'printf("{i} [{f}]\\n", {a});'], f"{i} [{s}]"
        if k == 3:
            more, a, s = self.stored(i)
            return [*more, f"print(({i}, {a}));"], f"({i}, {s})"
        a, x = self.expr()
        return [f"print(({i}, {a}));"], f"({i}, {self.printed(x)})"


if __name__ == "__main__":
    sys.exit(known.main(__doc__, Maker, 3000, 300))
