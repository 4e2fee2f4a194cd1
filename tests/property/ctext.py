# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Random C definitions for random scripts, and expressions that use them."""

INTS = ["char", "signed char", "short", "int", "long", "unsigned char", "unsigned short", "unsigned", "uint64_t",
        "__u32", "_Bool", "size_t", "enum kind", "port_t"]
BITS = [("int", 31), ("unsigned", 32), ("long", 63), ("unsigned long", 40), ("char", 7), ("enum kind", 5)]


class CText:
    """Structs T0, T1, ...; each may hold those before it, and point to all."""

    def __init__(self, r):
        self.r = r
        self.n = r.choice((0, 0, 1, 2, 3))
        self.structs = []  # [(name, kind, what)]: int, str, arr, st, ptr, starr
        self.sizes = []
        self.functions = bool(self.n) and r.random() < 0.4
        self.text = self.make() if self.n else ""

    def make(self):
        out = ["typedef unsigned short port_t;", "enum kind { K_ONE = 1, K_TWO, K_BIG = 70000, K_LOW = -3 };", "#define C_NUMBER (3 * K_TWO)"]
        for i in range(self.n):
            fields, lines, size = [], [], 0
            for k in range(self.r.randint(1, 7)):
                line, field, bytes_ = self.field(i, f"f{k}")
                if size + bytes_ > 1500:
                    break
                lines.append(line)
                fields += field
                size += bytes_
            packed = " __attribute__((packed))" if self.r.random() < 0.2 else ""
            self.structs.append(fields)
            self.sizes.append(size)
            out.append(f"struct T{i} {{ {' '.join(lines)} }}{packed};")
        if self.functions:
            out.append("%{\nstatic int c_twice(int x) { return x * C_NUMBER; }\n"
                       "static long c_first(const char *s, long n) { return s[0] + n; }\n"
                       f"static long c_touch(struct T0 *p) {{ return ((char *)p)[0]; }}\n"
                       "static int c_inc(long *n) { return ++*n > 3; }\n%}")
        return "\n".join(out) + "\n"

    def field(self, i, name):
        n = self.r.randrange(12)
        t = self.r.choice(INTS)
        if n < 4:
            return f"{t} {name};", [(name, "int", 0)], 8
        if n < 6:
            b, most = self.r.choice(BITS)
            return f"{b} {name} : {self.r.randint(1, most)};", [(name, "int", -1)], 8
        if n < 8:
            k = self.r.choice((1, 4, 16, 17, 64, 65, 100, 300))
            return f"char {name}[{k}];", [(name, "str", 0)], k
        if n == 8:
            k = self.r.choice((1, 3, 9))
            # an array of char is text
            return f"{t} {name}[{k}];", [(name, "str" if t == "char" else "arr", k)], 8 * k
        if n == 9 and i:
            j = self.r.randrange(i)
            if self.r.random() < 0.5:
                return f"struct T{j} {name};", [(name, "st", j)], self.sizes[j] * 2
            return f"struct T{j} {name}[2];", [(name, "starr", j)], self.sizes[j] * 4
        if n == 10:
            return f"union {{ int {name}a; long {name}b; }};", [(name + "a", "int", 0), (name + "b", "int", 0)], 8
        j = self.r.randrange(self.n)
        return f"struct T{j} *{name};", [(name, "ptr", j)], 8

    def path(self, i, want, index, depth=0):
        """What follows an expression of struct Ti to reach a value of that kind; None: there is none."""
        fields = list(self.structs[i])
        self.r.shuffle(fields)
        dot = self.r.choice((".", ".", "->"))
        for name, kind, what in fields:
            sub = None
            if kind == want:
                return f"{dot}{name}"
            if want == "int" and kind == "arr":
                return f"{dot}{name}[{index(what)}]"
            if depth < 3 and kind == "st":
                sub, by = self.path(what, want, index, depth + 1), ""
            elif depth < 3 and kind == "starr":
                sub, by = self.path(what, want, index, depth + 1), f"[{index(2)}]"
            elif depth < 3 and kind == "ptr":
                sub, by = self.path(what, want, index, depth + 1), ""
            if sub:
                return f".{name}{by}{sub}"
        return None
