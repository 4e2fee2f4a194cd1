# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Makes random scripts that are right by the rules of docs/language.md: make(SEED)."""

import os
import random
import re

from ctext import CText
from kinds import ARGS, EVENTS, RETS, VALUES, Kinds

CALLS = "examples/bin/calls"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

FUNCS = ["main.add", "main.add1", "main.add3", "main.minus", "main.doSomething", "main.(*Student).String",
         "main.add*", "main.*,!main.main", "main.m*", "main.add1,main.minus", "main.[a-d]*", "fmt.Printf",
         "main.add?,!main.add3", '"main.add"']
REGS = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "ip", "flags", "rax", "ebx", "r8d", "al"]
# arguments that are known by name: function, expression, kind
NAMED = {"main.add1": [("args.a", "int"), ("args.b", "int")],
         "main.add": [("args.p.a", "int"), ("args.p.b", "int"), ("args.p", "int")],
         "main.(*Student).String": [("args.s.name", "str"), ("args.s.age", "int")],
         "main.doSomething": [("args.round", "int"), ("args.sleep", "int")]}
RESULTS = {"main.add1": [("ret.0", "int")], "main.(*Student).String": [("ret.0", "str")],
           "main.doSomething": [("ret.0", "int")]}
TRACEPOINTS = {"sched:sched_switch": [("args.prev_pid", "int"), ("args.next_pid", "int"), ("args.prev_comm", "str"),
                                      ("args.next_prio", "int")],
               "sched:sched_wakeup": [("args.pid", "int"), ("args.comm", "str")],
               "syscalls:sys_enter_openat": [("args.dfd", "int"), ("args.flags", "int"), ("str(args.filename)", "str"),
                                             ("(uint64)args.filename", "int")],
               "syscalls:sys_exit_w*": [],
               "syscalls:sys_enter_open,t:syscalls:sys_enter_openat": [("args.flags", "int"), ("str(args.filename)", "str"),
                                                                      ("(args.filename != 0)", "int"), ("args.mode", "int")],
               "sched:sched_process_exec": [("args.filename", "str"), ("args.pid", "int")]}
RAW = {"sched_switch": [("args.preempt", "int"), ("arg0", "int"), ("args.prev.pid", "int"), ("args.next.comm", "str"),
                        ("args.next.__state", "int")],
       "sched_wakeup": [("args.p.pid", "int"), ("args.p.comm", "str"), ("arg0", "int")],
       "sched_wakeup*": [("args.p.tgid", "int"), ("args.p.comm", "str")]}
AGGS = ["count", "sum", "avg", "min", "max", "stats", "hist", "lhist", "tseries"]


class Clause:
    """What may be used where."""

    def __init__(self, where, func=None, tp=None):
        self.where, self.func, self.tp = where, func, tp


class Script(Kinds):
    def __init__(self, seed, values=True):
        self.values = values  # whether there is a program VALUES
        self.r = random.Random(seed)
        self.c = CText(self.r)
        self.maps = []
        self.vars = []  # of each open block: [(name, kind)]
        self.nvars = 0
        self.graph = False
        self.clause = None
        self.depth = 0
        self.last = False
        self.macros = []
        self.needs_unsafe = False

    def pick(self, *a):
        return self.r.choice(a)

    def chance(self, p):
        return self.r.random() < p

    # --- the places that values come from ---------------------------------------------

    def place(self, depth=0):
        """A LOCATION in memory."""
        off = self.pick("+0", "+8", "-8", "16", "+0x18", "+1", "+4096")
        if depth < 3 and self.chance(0.3):
            return f"{off}({self.place(depth + 1)})"
        if self.chance(0.15):
            return f"(*+{self.pick(0, 8)}(%{self.reg()}))" if self.chance(0.5) else f"*+0(%{self.reg()})"
        base = f"%{self.reg()}"
        if self.chance(0.2):
            base = self.pick("$stack", "$stack2", "@runtime.buildVersion") if depth else "$stack"
        if self.clause.where == "u" and self.chance(0.15):
            base = f"$arg{self.r.randint(1, 12)}"
        if self.clause.where == "ur" and self.chance(0.15):
            base = "$retval"
        return f"{off}({base})"

    def reg(self):
        return self.r.choice(REGS)

    def value(self):
        """A LOCATION that is no memory."""
        c = [f"%{self.reg()}", "$stack", f"$stack{self.r.randint(0, 40)}", f"\\{self.pick(0, 7, -3, '0xff')}"]
        if self.clause.where == "u":
            c.append(f"$arg{self.r.randint(1, 12)}")
        if self.clause.where == "ur":
            c.append("$retval")
        return self.r.choice(c)

    def fetch_int(self):
        t = self.pick("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "x8", "x16", "x32", "x64", "bool",
                      "duration", "b3@5/8", "b1@0/16", "b31@1/32", "b64@0/64", "b12@40/64")
        where = self.place() if self.chance(0.6) else self.value()
        if self.chance(0.1):
            where = self.pick("@runtime.buildVersion", "@runtime.ncpu", "@0x400000", "@runtime.buildVersion+8")
        # @NAME alone is a map
        return f"{where}:{t}" if where[0] == "@" or self.chance(0.9) else where

    def fetch_any(self):
        """One argument of a fetch() statement."""
        if self.chance(0.45):
            s = self.fetch_int()
        elif self.chance(0.2):
            s = self.pick(self.expr(1), self.string(1))
            if not re.match(r"[a-z(~!\"]", s) or s.startswith("fetch"):
                s = f"0 + {self.expr(0)}" if self.chance(0.5) else "nsecs"
        else:
            t = self.pick("string", "ustring", "gostring", "slice", "error", "iface", "eface", "f32", "f64", "c8",
                          "c64", "c128", "c512", "u8[4]", "s16[64]", "x64[3]", "f64[2]", "bool[8]", "c64[2]",
                          "duration[4]", "slice[2]")
            s = f"{self.place()}:{t}"
            if self.chance(0.1):
                s = f"%{self.reg()}:{self.pick('c8', 'c64', 'f64', 'c24')}"
        return f"{self.pick('n', 'len', 's.name', 'x1')} = {s}" if self.chance(0.3) else s

    # --- expressions --------------------------------------------------------------------

    def number(self):
        return self.pick("0", "1", "2", "7", "100", "0xff", "0644", "1_000_000", "4294967296", "9223372036854775807",
                         "18446744073709551615", "10ms", "2s", "5us", "true", "false")

    def known(self, kind):
        """Variables and maps of that kind that can be read here."""
        if self.depth > 3:
            return []
        kinds = (kind, "counter") if kind == "int" else (kind,)
        names = [n for block in self.vars for n, k in block if k in kinds]
        # what gives the maps their types must not need them
        values = {"int": ("int", "count", "sum", "min", "max", "avg")}.get(kind, (kind,))
        names += [self.map_ref(m) for m in self.maps
                  if m["value"] in values and not self.last and self.keys_here(m)]
        return names

    def named(self):
        """What has a name of its own here: (expression, kind)."""
        w, f = self.clause.where, self.clause.func
        if w in ("t", "rt"):
            return {**TRACEPOINTS, **RAW}[self.clause.tp]
        if w == "go":
            return EVENTS[self.clause.tp]
        if w == "u":
            return NAMED.get(f) or ARGS.get(f) or []
        return (RESULTS.get(f) or RETS.get(f) or []) if w == "ur" else []

    def leaf(self):
        w = self.clause.where
        c = ["pid", "tid", "nsecs", "uid", "cpu", "rand", "elapsed", self.number(), self.number()]
        if w == "u":
            c += ["arg0", "arg1", f"arg{self.r.randint(2, 12)}"]
        if w == "ur":
            c += ["retval", "duration", "(duration / 1000)"]
        if w in ("u", "ur"):
            c += ["goid", "depth", f'reg("{self.reg()}")', f"fetch({self.fetch_int()})", f"fetch({self.fetch_int()})"]
        c += [e for e, k in self.named() if k == "int"] * 2
        if w in ("t", "rt", "i", "go"):
            c += ["goid"]
        if w in ("u", "ur", "go"):
            c += ["parent_goid"]
        if w == "i":
            c += ["usermode", 'reg("ip")']
        if self.chance(0.1):
            c += ["config.max_map_keys", "config.print_maps_on_exit", "(ctx != 0)", "ppid", "curtask.pid", "cgroup"]
        c += self.known("int") * 2
        if self.c.n and self.depth < 2 and self.chance(0.4):
            c = [self.c_int() or "C_NUMBER"]
        elif self.chance(0.05):
            c = ["curtask.pid", "ppid", "curtask->real_parent.tgid", "leader_tid", "curtask.mm.mmap_base"]
        return self.r.choice(c)

    # --- structs of C ---------------------------------------------------------------------

    def struct_base(self):
        """An expression that .field can follow, and the number of its struct."""
        known = [(n, k) for block in self.vars for n, k in block if k[0] == "T" or k[0] == "P"]
        if known and self.chance(0.6):
            n, k = self.r.choice(known)
            return n, int(k[1:])
        i = self.r.randrange(self.c.n)
        self.depth += 1
        at = self.leaf()
        self.depth -= 1
        star = f"(struct T{i} *)({at})"
        return self.pick(f"({star})", f"(*{star})", f"({star})[{self.pick(0, 1, 'cpu')}]", f"({star} + 1)",
                         f"(*&({star})[1])"), i

    def struct_path(self, want):
        base, i = self.struct_base()
        path = self.c.path(i, want, lambda n: self.pick("0", str(n - 1), "cpu", "1 - 1"))
        if not path:
            return None
        if path.startswith("->") and self.chance(0.5):
            path = "." + path[2:]
        return base + path

    def c_int(self):
        n = self.r.randrange(10)
        if n == 0:
            i = self.r.randrange(self.c.n)
            return f"sizeof(struct T{i})" if self.chance(0.5) or not self.c.structs[i] or \
                self.c.structs[i][0][2] < 0 else \
                f"offsetof(struct T{i}, {self.c.structs[i][0][0]})"
        if n == 1:
            return self.pick("K_TWO", "C_NUMBER", "K_BIG", f"(enum kind){self.pick(1, 2)}")
        if n == 2 and self.c.functions:
            return self.pick(f"c_twice({self.pick(3, 'pid', 'cpu')})", "c_first(comm, pid)", 'c_first("x", 2)',
                             "c_twice(K_TWO)")
        if n == 3:
            return self.pick("(uint64)((struct T0 *)8 + 1)", "(((struct T0 *)nsecs + 3) - (struct T0 *)nsecs)",
                             "((struct T0 *)pid == 0)")
        return self.struct_path("int")

    def assign_struct(self):
        i = self.r.randrange(self.c.n)
        name = f"$v{self.nvars}"
        self.nvars += 1
        self.depth += 1
        at = self.leaf()
        self.depth -= 1
        kind = self.pick("P", "P", "T")
        if self.c.sizes[i] > 1000:
            kind = "P"
        more = self.pick("", f" print({name});", f' printf("%s\\n", {name});') if kind == "T" else ""
        if kind == "T" and i == 0 and self.c.functions and self.chance(0.5):
            more += f" print(c_touch(&{name}));"
        self.vars[-1].append((name, f"{kind}{i}"))
        return f"{name} = {'*' if kind == 'T' else ''}(struct T{i} *)({at});{more}"

    def cast(self):
        t = self.pick("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "size_t",
                      "uint64)(int64 *", "int64)(void *")
        return f"({t}){self.atom()}"

    @staticmethod
    def constant(text):
        """Whether nothing in an expression has a value that is known only when it runs."""
        known = r"(offsetof|sizeof)\([^()]*\)|\b(true|false|comptime|K_\w+|C_NUMBER|AF_\w+|u?int\d+|\d\w*)\b|\$#|\$3"
        return not re.search(r"[A-Za-z@$]", re.sub(known, "", text))

    def atom(self, depth=3):
        return f"({self.expr(depth)})"

    def expr(self, depth=0):
        """A number."""
        if depth >= 3 or self.chance(0.25):
            return self.leaf()
        d = depth + 1
        n = self.r.randrange(16)
        if n == 14:
            return self.asked(d)
        if n == 15:
            return self.use_macro(d) or self.asked(d)
        if n < 5:
            op = self.pick("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>")
            right = self.expr(d)
            if op in "/%" and self.constant(right):  # it could be 0, which is an error
                right = "3"
            return f"({self.expr(d)} {op} {right})"
        if n < 7:
            return f"({self.cond(d)})"
        if n == 7:
            return f"{self.pick('!', '~(int64)', '-')}{self.atom(d)}"
        if n == 8:
            return self.cast()
        if n == 9:
            return f"({self.cond(d)} ? {self.expr(d)} : {self.expr(d)})"
        if n == 10:
            return f"sizeof({self.pick('int64', 'uint8', self.leaf())})"
        if n == 11:
            return self.incdec() or self.leaf()
        if n == 12 and self.maps:
            m = self.r.choice(self.maps)
            if m["keys"] and self.keys_here(m):
                return f"has_key({m['name']}, ({self.key(m)}))"
        if n == 13:
            return f"*{self.pick(f'((uint64){self.leaf()})', '(uint8 *)' + self.atom(d), '(int32 *)' + self.atom(d))}" \
                if self.chance(0.5) else f"({self.tuple_field(d)})"
        return self.leaf()

    def tuple_field(self, d):
        t = self.known("pair")
        if t:
            return f"{self.r.choice(t)}.0"
        t = self.known("rec")
        return f"{self.r.choice(t)}.a" if t else self.leaf()

    def incdec(self):
        names = [n for block in self.vars for n, k in block if k == "int"]
        names += [self.map_ref(m) for m in self.maps if m["value"] == "int" and self.keys_here(m)]
        if not names:
            return None
        n, op = self.r.choice(names), self.pick("++", "--")
        return f"{op}{n}" if self.chance(0.5) else f"{n}{op}"

    def cond(self, depth=0):
        if depth >= 3:
            return f"{self.leaf()} {self.pick('<', '>', '<=', '>=', '==', '!=')} {self.leaf()}"
        d = depth + 1
        n = self.r.randrange(8)
        if n < 3:
            return f"{self.expr(d)} {self.pick('<', '>', '<=', '>=', '==', '!=')} {self.expr(d)}"
        if n < 5:
            return f"({self.cond(d)} {self.pick('&&', '||')} {self.cond(d)})"
        if n == 5 and self.chance(0.4):
            return self.text_cond(d)
        if n == 5:
            return f"{self.string(d)} {self.pick('==', '!=')} {self.string(d)}"
        if n == 6:
            return f"!({self.cond(d)})"
        return self.incdec() or self.expr(d)

    def text_cond(self, d):
        """A condition on text, bytes or names."""
        d += 1
        t, e = lambda: self.string(d), lambda: self.expr(d)
        name = self.pick("func", "probe")
        return self.pick(
            lambda: f"strcontains({t()}, {t()})",
            lambda: f"strncmp({t()}, {t()}, {self.pick(0, 3, 64, 500)}) == 0",
            lambda: f"strstr({t()}, {t()}) > 2",
            lambda: f"strlen({t()}) < len({t()})",
            lambda: f'{name} {self.pick("==", "!=")} "{self.pick("main.add", "begin", "uprobe:x")}"',
            lambda: f'strncmp({name}, "main.", {self.pick(3, 5, 9)}) != 0',
            lambda: f'strcontains({name}, "add")',
            lambda: f"memcmp({t()}, {t()}, 1) < 0",
            lambda: f"(uint8[8])({e()} + 0) == (uint8[8])({e()} + 0)",
            lambda: f"({e()}, {t()}) == ({e()}, {t()})",
            lambda: f"is_str({t()})",
            lambda: f"((uint8[4])(uint32)({e()}))[{self.pick(0, 3)}] > 7",
            lambda: f"({t()})[{self.pick(0, 'cpu', '(cpu + 2000)')}] == 97",
            lambda: f"(({t()}) {self.pick('&&', '||')} !({t()}))",
            lambda: f"(({t()}) ? 1 : 2) > {e()}",
            lambda: f"((int8[])({t()}))[0] == 97",
            lambda: f"(bool)({t()}) == !({t()})")()

    def string(self, depth=0):
        w, d = self.clause.where, depth + 1
        plain = ["comm", "probetype", '"x"', '"a longer text \\t\\x41 \\"q\\" ??="', '""', '"%d\\n"',
                 '"' + "long text " * self.pick(7, 13, 99) + '"']
        if depth >= 3 or self.last or self.chance(0.3):
            return self.r.choice(plain)
        c = [lambda: f"str_concat({self.string(d)}, {self.string(d)})",
             lambda: f"(string[{self.pick(4, 8, 70, 600)}]){self.pick('comm', '(' + self.string(d) + ')')}",
             lambda: f"str({self.expr(2)})",
             lambda: f"str({self.expr(2)}, {self.pick('1', '16', 'pid + 0', f'{self.leaf()} + cpu')})",
             lambda: f"({self.cond(2)} ? {self.string(d)} : {self.string(d)})",
             lambda: self.r.choice(self.known("str") or plain), lambda: self.r.choice(self.known("str") or plain)]
        if w in ("u", "ur"):
            c += [lambda: f"fetch({self.place()}:{self.pick('string', 'gostring', 'c64', 'c256', 'ustring')})",
                  lambda: f"fetch(%{self.reg()}:{self.pick('c8', 'c64')})"]
        named = [e for e, k in self.named() if k == "str"]
        c += [lambda: self.r.choice(named)] * (3 if named else 0)
        if self.chance(0.1):
            c += [lambda: self.pick("pcomm", "leader_comm", f"({self.of_kind('nest', 2)}).0.1", "(string[16])comm")]
        if self.c.n and self.depth < 2 and self.chance(0.4):
            text = self.struct_path("str")
            if text:
                c = [lambda: text, lambda: f"str({text})"]
        return self.r.choice(c)()

    def of_kind(self, kind, depth=1):
        if kind == "int":
            return self.expr(depth)
        if kind == "str":
            return self.string(depth)
        if kind == "func":
            return self.pick("func", f"({self.cond(2)} ? func : func)")
        if kind == "probe":
            return "probe"
        if kind == "pair":
            k = self.known("pair")
            if k and self.chance(0.2):
                return self.r.choice(k)
            if self.chance(0.2):
                return f"({self.cond(2)} ? ({self.expr(2)}, {self.string(2)}) : ({self.expr(2)}, comm))"
            return f"({self.expr(2)}, {self.string(2)})"
        if kind == "rec":
            k = self.known("rec")
            if k and self.chance(0.2):
                return self.r.choice(k)
            first, then = self.pick(("a", "b"), ("a", "b"), ("b", "a"))
            return f"({first} = {self.expr(2)}, {then} = {self.expr(2)})"
        return self.of_other(kind, depth)

    # --- macros ----------------------------------------------------------------------------

    MACROS = [("half", "macro half(x) { x / 2 }", "int"),
              ("least", "macro least(x, y) { $a = x; $b = y; if ($a < $b) { $a } else { $b } }", "int2"),
              ("seven", "macro seven() { 7 }", "int0"), ("bump", "macro bump($v, n) { $v += n; }", "var"),
              ("note", "macro note(@m, k) { @m[k] = count(); }", "map"),
              ("size", "macro size(s) { strlen(s) + len(s) }", "str"),
              ("both", "macro both(x) { $t = half(x); $t * half(x + 1) }", "int"),
              ("half", "macro half(x, y) { (x + y) / 2 }", "int2"), ("twice", "macro twice($x) { $x + $x }", "int"),
              ("kind", "macro kind($x) { $x } macro kind(x) { let $x = x; kind($x) }", "int")]

    def make_macros(self):
        if not self.chance(0.4):
            return ""
        self.macros = self.r.sample(self.MACROS, 3)
        if any(m[0] == "both" for m in self.macros) and self.MACROS[0] not in self.macros:
            self.macros.append(self.MACROS[0])
        return "".join(m[1] + "\n" for m in self.macros)

    def use_macro(self, d):
        m = [m for m in self.macros if m[2] in ("int", "int0", "int2", "str")]
        if not m or d > 2:
            return None
        name, _, kind = self.r.choice(m)
        if kind == "str":
            return f"{name}({self.string(d + 1)})"
        n = {"int": 1, "int0": 0, "int2": 2}[kind]
        return f"{name}({', '.join(self.expr(d + 1) for _ in range(n))})"

    def macro_statement(self):
        for name, _, kind in self.r.sample(self.macros, len(self.macros)):
            if kind == "var":
                names = [n for block in self.vars for n, k in block if k == "int" and n.startswith("$v")]
                if names:
                    return f"{name}({self.r.choice(names)}, {self.expr(2)});"
            if kind == "map":
                return f"{name}(@noted, {self.expr(2)});"
        return self.told()

    # --- maps ------------------------------------------------------------------------------

    def make_maps(self):
        for i in range(self.r.randint(1, 6)):
            kinds = ["int", "int", "str", "func", "probe", self.r.choice(list(self.OTHERS))]
            keys = [self.r.choice(kinds) for _ in range(self.pick(0, 0, 1, 1, 2, 3))]
            value = self.pick("int", "int", "int", "str", "pair", "rec", *AGGS, *AGGS,
                              *self.r.sample(list(self.OTHERS), 4))
            extra = ""
            if value == "hist" and self.chance(0.6):
                extra = f", {self.r.randint(0, 5)}"
            if value == "tseries":
                extra = self.pick(", 1s, 10", ', 100ms, 60, "avg"', ', 1us, 1, "max"', ', 1s, 1000, "sum"')
            if value == "lhist":
                extra = self.pick(", 0, 100, 10", ", -10, 10, 1", ", 0, 1000, 1", ", 1ms, 1s, 10ms")
            m = {"name": "@" if i == 0 and self.chance(0.3) else f"@m{i}", "keys": keys, "value": value, "extra": extra}
            if not self.typed_in(m):  # a stack of the kernel by a caller: there is no such place
                m["keys"] = []
            self.maps.append(m)

    def typed_in(self, m):
        """A clause that can give a map its type, or None."""
        here, found = self.clause, None
        for where in (Clause("begin"), Clause("ur", "main.minus")):
            self.clause = where
            if not found and self.keys_here(m) and self.can(m["value"]):
                found = where
        self.clause = here
        return found

    def key(self, m):
        return ", ".join(self.of_kind(k, 2) for k in m["keys"])

    def map_ref(self, m):
        # a key whose parts are read from maps again would go on forever
        self.depth += 1
        simple = {"int": "pid", "str": "comm", "func": "func", "probe": "probe"}
        k = self.key(m) if self.depth < 2 else ", ".join(
            simple[x] if x in simple else self.of_other(x, 3) for x in m["keys"])
        self.depth -= 1
        return f"{m['name']}[{k}]" if m["keys"] else m["name"]

    def keys_here(self, m):
        return all(self.can(k) for k in m["keys"])

    def assign_map(self, m):
        if not self.keys_here(m) or not self.can(m["value"]):
            return f"print({self.expr(1)});"
        if m["value"] in AGGS:
            v = "" if m["value"] == "count" else self.expr(1)
            return f"{self.map_ref(m)} = {m['value']}({v}{m['extra']});"
        if m["value"] == "int" and self.chance(0.5):
            op = self.pick("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>")
            return f"{self.map_ref(m)} {op}= {self.expr(1)};"
        return f"{self.map_ref(m)} = {self.of_kind(m['value'])};"

    # --- statements ---------------------------------------------------------------------------

    def block(self, depth, body=None):
        self.vars.append([])
        lines = [self.stmt(depth + 1) for _ in range(self.r.randint(0 if depth else 1, 4 - depth))]
        if body:
            lines.append(body)
        self.vars.pop()
        return " ".join(lines)

    def braces(self, depth):
        return f"{{ {self.block(depth)} }}" if self.chance(0.85) else f"< {self.block(depth)} >"

    def stmt(self, depth):
        n = self.r.randrange(26)
        if n == 23:
            n = 14
        if n == 24:
            return self.of_maps()
        if n in (20, 25):
            return self.told()
        if n == 21:
            return self.macro_statement()
        if n == 22:
            return self.declared()
        if n < 4 and self.maps:
            return self.assign_map(self.r.choice(self.maps))
        if n < 6:
            return self.assign_var()
        if n < 8 and depth < 3:
            if self.chance(0.2):  # one value needs no parentheses
                s = f"if {self.pick('', '!', '~(int64)')}{self.pick('pid', 'rand', 'nsecs', '(' + self.expr(2) + ')')} " \
                    f"{{ {self.block(depth)} }}"
            else:
                s = f"if ({self.cond()}) {self.braces(depth)}"
            if self.chance(0.4):
                s += f" else if ({self.cond()}) {self.braces(depth)}"
            if self.chance(0.4):
                s += f" else {self.braces(depth)}"
            return s
        if n == 8 and depth < 2:
            extra = self.pick("", "", f"if ({self.cond()}) {{ break; }} ", f"if ({self.cond()}) {{ continue; }} ")
            return self.loop(depth, extra)
        if n == 9:
            return self.printf()
        if n == 10:
            return f"print({self.of_kind(self.pick('int', 'str', 'func', 'probe', 'pair', 'rec', *self.others()))});"
        if n == 11 and self.maps:
            m = self.r.choice(self.maps)
            if m["value"] in AGGS and m["keys"] and self.keys_here(m) and self.chance(0.3):
                return f"print({m['name']}[{self.key(m)}]);"
            if m["keys"] and self.chance(0.3):
                return f"print({m['name']}, {self.pick('3', '10, 1000', 'pid', 'pid % 5, 2')});"
            return f"print({m['name']});"
        if n == 12 and self.maps:
            m = self.r.choice(self.maps)
            if m["keys"] and self.keys_here(m):
                return self.pick(f"delete({m['name']}, ({self.key(m)}));" if len(m["keys"]) > 1
                                 else f"delete({m['name']}, {self.key(m)});",
                                 f"delete({m['name']}[{self.key(m)}]);", f"clear({m['name']});", f"zero({m['name']});")
            return f"{self.pick('clear', 'zero')}({m['name']});"
        if n == 13 and self.clause.where in ("u", "ur"):
            return f"fetch({', '.join(self.fetch_any() for _ in range(self.r.randint(1, 4)))});"
        if n == 14 and self.clause.where == "u":
            return self.graph_call()
        if n == 14 and self.clause.where in ("t", "rt", "i", "ur", "go") and self.graph:
            return self.pick("graph_drop();", f'graph_tag("k", {self.expr(2)});')
        if n == 15:
            return (self.incdec() or "time()") + ";"
        if n == 16:
            return self.pick("time();", 'time("%H:%M:%S\\n");', f"_ = {self.expr(1)};", f"{{ {self.block(3)} }}",
                             f"let {self.fresh()} = {self.expr(2)};",
                             f"let {self.fresh()} : {self.pick('uint8', 'int64', 'uint32')};", "_ = probetype;")
        if n == 17 and depth > 1:
            return self.pick("return;", f"return {self.expr(2)};", "exit();", f"exit({self.expr(2)});")
        if n == 18 and self.clause.where in ("u", "ur"):
            return 'printf("%s from %s %d\\n", func, caller, depth);'
        return self.printf()

    def declared(self):
        """let with a type."""
        name = self.fresh()
        plain = [m["name"] for m in self.maps if m["value"] in ("int", "str", "pair", "rec")] or ["nsecs"]
        t, kind = self.pick(("uint8", "int"), ("int8", "int"), ("uint16", "int"), ("int16", "int"), ("uint32", "int"),
                            ("int32", "int"), ("uint64", "int"), ("int64", "int"), ("bool", "flag"), ("size_t", "int"),
                            ("string[40]", "text"), (f"typeof({self.expr(2)})", "as"), (f"typeof({self.pick(*plain)})", "as"), ("int32 *", "ptr"),
                            ("uint8[8]", "arr8"))
        if kind == "as":
            return f"let {name} : {t}; print({name});"
        use = ""
        if kind == "int":
            value = self.pick("7", f"({t})({self.expr(2)})", f"({t})({self.expr(2)})")
            use = self.pick(f"{name}++; ", f"--{name}; ", f"{name} += ({t}){self.leaf()}; ", f"{name} <<= 3; ", "")
        else:
            if kind == "ptr":
                use = self.pick(f"{name}++; ", f"--{name}; ", f"{name} += {self.leaf()}; ", f"{name} -= 2; ", "")
            value = {"flag": lambda: f"(bool)({self.expr(2)})", "text": lambda: '"text"',
                     "ptr": lambda: self.of_kind("ptr"), "arr8": lambda: self.of_kind("arr8")}[kind]()
        return f"let {name} : {t} = {value}; {use}print({name});"

    def fresh(self):
        self.nvars += 1
        return f"$l{self.nvars}"

    def loop(self, depth, extra):
        kind = self.pick("unroll", "for", "while", "map")
        name = f"$i{self.nvars}"
        self.nvars += 1
        maps = [m for m in self.maps if m["keys"] and m["value"] not in ("hist", "lhist", "stats", "tseries")]
        if kind == "for":
            bounds = f"{self.pick('0', '-3', self.leaf())}..{self.pick('10', '300', self.leaf())}"
            if self.chance(0.2):
                head = f"for {name} : {self.pick('0', 'cpu')}..{self.pick('10', 'pid', '(' + self.expr(2) + ')')}"
            else:
                head = f"for ({name} : {bounds})"
            self.vars.append([(name, "counter")])
            s = f"{head} {{ {extra}{self.block(depth)} }}"
            self.vars.pop()
            return s
        if kind == "while":
            self.vars.append([(name, "counter")])
            s = f"{name} = 0; while ({name} < {self.pick(3, 50)}) {{ {name}++; {extra}{self.block(depth)} }}"
            self.vars.pop()
            return f"if (1) {{ {s} }}"
        if kind == "map" and maps:
            return f"for ({name} : {self.r.choice(maps)['name']}) {{ print({name}{self.pick('', '.0', '.1')}); " \
                   f"{extra}{self.block(depth)} }}"
        n = self.pick(1, 2, 5, 20)
        if self.chance(0.2):
            return f"unroll ($# + 1) {{ {extra}{self.block(depth)} }}"
        if self.chance(0.3):
            n = self.pick("0..3", "2..9")
            return f"unroll ({n}) {{ {extra}{self.block(depth)} }}"
        return f"unroll {n if self.chance(0.3) else f'({n})'} {{ {extra}{self.block(depth)} }}"

    def assign_var(self):
        block = self.vars[-1]
        if self.c.n and self.chance(0.35) and self.depth < 2:
            return self.assign_struct()
        names = [(n, k) for b in self.vars for n, k in b if k != "counter" and k[0] not in "TP"]
        if names and self.chance(0.5):
            n, k = self.r.choice(names)
            if k == "int" and self.chance(0.5):
                return f"{n} {self.pick('+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>')}= {self.expr(1)};"
            return f"{n} = {self.of_kind(k)};"
        kind = self.pick("int", "int", "int", "str", "pair", "rec", "func", self.r.choice(self.others()))
        value = self.of_kind(kind)
        name = f"$v{self.nvars}"
        self.nvars += 1
        block.append((name, kind))
        return f"{name} = {value};"

    def number_format(self):
        """A conversion of one number; '*' in it takes one more."""
        flags = "".join(f for f in "-+ #0" if self.chance(0.15))
        width = self.pick("", "", "3", "17", "*", "40")
        size = self.pick("", "", "hh", "h", "l", "ll", "j", "z", "t")
        letter = self.pick("d", "d", "i", "u", "x", "X", "o")
        return f"%{flags}{width}{self.pick('', '', '.3', '.*')}{size}{letter}"

    def printf(self):
        parts, args = [], []
        for _ in range(self.r.randint(0, 5)):
            kind = self.pick("int", "int", "str", "str", "func", "probe", "bytes", "time", "char", "other", "float")
            if kind == "bytes":
                parts.append(self.pick("%r", "%rx", "%rh"))
                args.append(self.pick(lambda: f"buf({self.string(2)})",
                                      lambda: f"buf({self.expr(2)}, {self.pick(1, 8, 16, 'cpu')})",
                                      lambda: f"buf((uint8[8])(nsecs + {self.expr(2)}))",
                                      lambda: self.of_kind("arr8"))())
            elif kind == "float":
                if self.clause.where in ("u", "ur"):
                    parts.append(self.pick("%f", "%.2f", "%e", "%g", "%10.3g"))
                    args.append(f"fetch({self.place()}:{self.pick('f32', 'f64')})")
            elif kind == "int":
                parts.append(self.number_format())
                args += [self.pick("4", "cpu")] * parts[-1].count("*") + [self.of_kind("int")]
            elif kind == "char":
                parts.append(self.pick("%c", "%5c", "%p", "%T"))
                args.append(self.of_kind("int"))
            elif kind == "time":
                parts.append("%T")
                args.append("duration" if self.clause.where == "ur" else self.expr(2))
            else:
                parts.append(self.pick("%s", "%-20s", "%.5s", "%*s"))
                args += ["12"] * parts[-1].count("*") + [self.shown() if kind == "other" else self.of_kind(kind)]
        return f'printf("{" ".join(parts)} %%\\n"{"".join(", " + a for a in args)});'

    def graph_call(self):
        self.graph = True
        opts = [f"min = {self.pick('10ms', '1us', 0)}", f"depth = {self.r.randint(0, 40)}",
                f"limit = {self.r.randint(1, 100000)}", "args", "ret", "parks", "syscalls", "children", "stack",
                self.pick("every = 3", "rate = 10/s", "rate = 5/m", "rate = 1/ms")]
        return f"graph({', '.join(self.r.sample(opts, self.r.choice((0, 0, 1, 2, 4, 10))))});"

    def make_clause(self):
        self.vars, self.depth = [], 0
        where = self.pick("u", "u", "u", "u", "ur", "ur", "ur", "begin", "i", "t", "rt", "both", "end", "go",
                          "self")
        func = self.r.choice(FUNCS)
        head = {"u": f"u:{func}", "ur": f"ur:{func}", "begin": "begin", "end": "end",
                "i": self.pick("interval:s:1", "i:ms:100", "profile:hz:99", "i:hz:10", "p:1ms", "s:cs:1", "software:faults",
                               "i:us:200000", "interval:1s", "software:*-faults:10", "profile:ms:100"),
                "go": "", "self": "self:signal:SIGUSR1",
                "t": "", "rt": "",
                "both": f"u:{func}, ur:{self.r.choice(FUNCS)}"}[where]
        tp = self.r.choice(sorted(TRACEPOINTS))
        if where == "t":
            head = f"{self.pick('t', 'tracepoint')}:{tp}"
        if where == "rt":
            tp = self.r.choice(sorted(RAW))
            head = f"{self.pick('rt', 'rawtracepoint')}:{tp}"
        if where == "go":
            tp = self.r.choice(sorted(EVENTS))
            head = f"go:{self.pick('', f'./{CALLS}:')}{tp}"
        if where == "begin" and self.chance(0.2):
            head = "begin, end"
        if where == "self":
            where = "end"
        if self.chance(0.05):
            head = "named=" + head
        if where == "u" and self.chance(0.1):
            head, func = f"u:main.add+{self.pick(0, 4)}", None
            if head.endswith("4"):
                head = "u:main.add+0"
        if where == "u" and self.chance(0.1):
            head, func = f"u:./{CALLS}:main.add1", "main.add1"
        if where in ("u", "ur") and self.values and self.chance(0.35):
            func = self.r.choice(sorted(ARGS if where == "u" else RETS))
            head = f'{where}:./{VALUES}:{self.pick(func, chr(34) + func + chr(34))}'
        self.clause = Clause(where, func, tp)
        if where in ("u", "ur") and self.chance(0.08):
            return head + self.pick(" {}", "" if where == "u" else " {}")
        pred = f" / {self.cond(1)} /" if self.chance(0.3) else ""
        body = f"{{ {self.block(0)} }}" if self.chance(0.8) else f"< {self.block(0)} >"
        return f"{head}{pred} {body}"

    SETTINGS = ["max_map_keys = 100", "max_strlen = 64", "max_strlen = 200", "max_strlen = 5000", 'str_trunc_trailer = "~"',
                "print_maps_on_exit = 0", "missing_probes = warn", "stack_mode = perf", "max_cat_bytes = 100",
                "show_debug_info = false", "ret_emulation = 0", "perf_rb_pages = 64", "on_stack_limit = 32", "MAX_PROBES = 500"]

    def text(self):
        macros = self.make_macros()
        self.make_maps()
        clauses = [self.make_clause() for _ in range(self.r.randint(1, 5))]
        # every map gets its type
        self.clause, self.vars, self.last = Clause("begin"), [], True
        for m in self.maps:  # what begin cannot make gets its type elsewhere
            self.clause = self.typed_in(m)
            if self.clause.where != "begin":
                clauses.append(f"ur:main.minus {{ {self.assign_map(m)} }}")
        self.clause = Clause("begin")
        clauses.append("begin { " + " ".join(self.assign_map(m) for m in self.maps
                                             if self.keys_here(m) and self.can(m["value"])) + " exit(); }")
        if any("graph_drop(" in c or "graph_tag(" in c for c in clauses) and not any(re.search(r"\bgraph\(", c) for c in clauses):
            clauses.append("u:main.add { graph(); }")  # the one that was made is not in the text
        if self.chance(0.2):
            m = self.r.choice(self.maps)
            kind = self.pick("percpuhash", "percpulruhash") if m["value"] in AGGS else self.pick("hash", "lruhash")
            clauses.insert(0, f"let {m['name']} = {kind}({self.pick(1, 50)});")
        clauses.insert(0, macros)
        if self.chance(0.25):
            clauses.insert(0, f"config = {{ {'; '.join(self.r.sample(self.SETTINGS, self.pick(1, 1, 3)))} }}")
        return self.c.text + "\n".join(clauses) + "\n"


def make(seed):
    return Script(seed, os.path.exists(f"{ROOT}/{VALUES}")).text()
