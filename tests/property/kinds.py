# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Values that are neither numbers nor text for random scripts, and what can be asked of them."""

VALUES = "build/fuzz-base/values"

# what can be named in functions of the program VALUES: expression and kind ("any": is only shown)
ARGS = {
    "main.ints": [("args.a", "int"), ("args.b", "int"), ("args.c", "int"), ("args.d", "int"), ("args.e", "int")],
    "main.small": [("args.b", "int"), ("args.r", "int"), ("args.c", "int")],
    "main.text": [("args.s", "str"), ("args.empty", "str"), ("len(args.s)", "int"), ("args.s[0]", "int")],
    "main.bytes": [("args.b", "any"), ("len(args.b)", "int"), ("args.b[2]", "int")],
    "main.slices": [("args.a", "any"), ("args.a[1]", "int"), ("len(args.s)", "int"), ("args.s[1]", "str")],
    "main.structs": [("args.p.name", "str"), ("args.p.age", "int"), ("args.p.at.x", "int"), ("args.q.at.y", "int"),
                     ("args.q", "any"), ("args.p", "any")],
    "main.fails": [("args.err", "any"), ("args.none", "any")],
    "main.faces": [("args.a", "any"), ("args.w", "any")],
    "main.floats": [("args.n", "int"), ("args.f", "any")],
    "main.many": [("args.a", "int"), ("args.k", "int")],
    "main.times": [("args.d", "int"), ("args.t", "any")],
    "main.maps": [("len(args.m)", "int"), ("len(args.c)", "int"), ("args.m", "any"), ("args.c", "any")],
    "main.arrays": [("args.three[1]", "int"), ("args.one", "any")],
    "main.funcs": [("args.f", "any")],
    "main.variadic": [("args.sep", "str"), ("len(args.xs)", "int"), ("args.xs[3]", "int")],
    "main.(*person).older": [("args.p.name", "str"), ("args.by", "int"), ("args.p", "any")],
    "main.nested": [("args.l.list[1].list[0].name", "str"), ("args.a[1].id", "int"), ("args.p.list", "any")],
}
RETS = {
    "main.small": [("ret.0", "int")], "main.text": [("ret.0", "str"), ("len(ret.0)", "int")],
    "main.slices": [("ret.0", "any"), ("len(ret.0)", "int"), ("ret.0[1]", "int")],
    "main.structs": [("ret.0", "any"), ("ret.0.x", "int")], "main.fails": [("ret.0", "any")],
    "main.many": [("ret.0", "int"), ("ret.1", "str")], "main.times": [("ret.0", "int")],
    "main.(*person).older": [("ret.age", "int"), ("ret.err", "any")],
}
EVENTS = {
    "create": [("args.parent", "int"), ("args.child", "int"), ("args.start", "any")], "exit": [("args.start", "any")],
    "park": [("args.reason", "any"), ("wait_reason", "any")], "unpark": [("args.reason", "any"), ("wait_reason", "any")],
    "gc-start": [], "gc-end": [], "panic": [], "recover": [], "gc-*": [],
    "stack-grow": [("args.old", "int"), ("args.new", "int")], "malloc": [("args.size", "int"), ("args.type", "any")],
}


class Kinds:
    """Mixed into the generator: of_other() gives an expression of a kind."""

    # kind: where it may stand (None: everywhere), and the expression
    OTHERS = {
        "ust": (None, lambda g, d: g.pick("ustack", "ustack()", "ustack")),
        "ust3": (None, lambda g, d: "ustack(perf, 3)"),
        "gst": (None, lambda g, d: "gostack(4)"),
        "kst": (("t", "rt", "sys", "i", "begin", "end"), lambda g, d: g.pick("kstack", "kstack()")),
        "kst2": (("t", "rt", "sys", "i", "begin", "end"), lambda g, d: "kstack(raw, 2)"),
        "usym": (None, lambda g, d: f"usym({g.expr(d + 1)})"),
        "ksym": (None, lambda g, d: f"ksym({g.expr(d + 1)})"),
        "when": (None, lambda g, d: f'strftime("%H:%M:%S.%f", {g.pick("nsecs", "nsecs", g.expr(d + 1))})'),
        "err": (None, lambda g, d: f"strerror({g.expr(d + 1)})"),
        "signal": (None, lambda g, d: f"signal_name({g.expr(d + 1)})"),
        "call": (None, lambda g, d: f"syscall_name({g.expr(d + 1)})"),
        "inet4": (None, lambda g, d: f"ntop((uint32)({g.expr(d + 1)}))"),
        "inet6": (None, lambda g, d: f"ntop({g.pick('AF_INET6', '10')}, (uint8 *)({g.expr(d + 1)}))"
                  if g.chance(0.5) else 'ntop(pton("fe80::1"))'),
        "mac": (None, lambda g, d: f"macaddr((uint8 *)({g.expr(d + 1)}))"),
        "cgroup": (None, lambda g, d: "cgroup_path(cgroup)"),
        "user": (None, lambda g, d: "username"),
        "other": (None, lambda g, d: f"comm({g.expr(d + 1)})"),
        "bytes": (None, lambda g, d: f"buf((uint64)({g.expr(d + 1)}), {g.pick(8, 8, 3, 17, 70)})" if g.chance(0.5) else
                  f"buf({g.string(d + 1)}, {g.pick(2, 12, 40)})" if g.chance(0.4) else
                  f"buf((uint8[8])({g.expr(d + 1)} + nsecs))"),
        "arr8": (None, lambda g, d: f"(uint8[8])(uint64)({g.expr(d + 1)})"),
        "arr2": (None, lambda g, d: g.pick("(int32[2])", "(int32[])") + f"(uint64)({g.expr(d + 1)})"),
        "arr4": (None, lambda g, d: g.pick('pton("127.0.0.1")', f"(uint8[4])(uint32)({g.expr(d + 1)})")),
        "ptr": (None, lambda g, d: f"({g.pick('int32', 'int32')} *)({g.expr(d + 1)})"),
        "nest": (None, lambda g, d: f"(({g.expr(d + 1)}, {g.string(d + 1)}), ({g.expr(d + 1)},), "
                                    f"(x = {g.expr(d + 1)}, y = ({g.string(d + 1)}, {g.expr(d + 1)})))"),
        "one": (None, lambda g, d: f"({g.expr(d + 1)},)"),
        "wide": (None, lambda g, d: f"({g.expr(d + 1)}, {g.expr(d + 1)}, {g.string(d + 1)}, nsecs, cpu, comm, {g.expr(d + 1)})"),
        "mixed": (None, lambda g, d: f"(ustack(2), usym({g.expr(d + 1)}), (uint8[4])(uint32)({g.expr(d + 1)}), probe, username)"),
        "caller": (("u", "ur"), lambda g, d: "caller"),
        "line": (("u", "ur"), lambda g, d: "caller_line"),
        "start": (("u", "ur", "go"), lambda g, d: "go_start"),
        "took": (("ur",), lambda g, d: "duration"),
    }
    # kinds that hold more than one value of the language are compared part by part
    EQUAL = ("bytes", "arr8", "arr2", "arr4", "nest", "one", "wide", "pair", "rec")

    def others(self):
        """The kinds that this clause can make."""
        return [k for k, (where, _) in self.OTHERS.items() if where is None or self.clause.where in where]

    def can(self, kind):
        where = self.OTHERS.get(kind, (None,))[0]
        return where is None or self.clause.where in where

    def of_other(self, kind, depth=1):
        known = self.known(kind)
        if known and self.chance(0.3):
            return self.r.choice(known)
        return self.OTHERS[kind][1](self, depth)

    def shown(self, depth=1):
        """A value of any kind, for what shows it."""
        named = [e for e, k in self.named() if k == "any"]
        if named and self.chance(0.5):
            return self.r.choice(named)
        if self.chance(0.1) and self.clause.func and self.clause.func in ARGS:
            return "args" if self.clause.where == "u" else "ret" if self.clause.where == "ur" and \
                self.clause.func in RETS else "pid"
        if self.clause.where in ("u", "ur", "go") and self.chance(0.1):
            return "go_version"
        return self.of_kind(self.r.choice(self.others()), depth)

    def asked(self, d):
        """A number that is learnt from such a value."""
        e, s = lambda: self.expr(d + 1), lambda: self.string(d + 1)
        nest = lambda: self.of_kind("nest", d)  # noqa: E731
        return self.pick(
            lambda: f"len({self.pick('ustack', 'ustack(5)', 'gostack')})",
            lambda: f"(uint64)kaddr(\"{self.pick('schedule', 'do_exit')}\")",
            lambda: f"len({s()})", lambda: f"strlen({s()})", lambda: f"strlen((int8 *)({e()}))", lambda: f"(bool){self.pick('comm', f'({s()})')}", lambda: f"strcap({s()})",
            lambda: f"({nest()}).0.0", lambda: f"({nest()}).2.x", lambda: f"({nest()})[1].0",
            lambda: f"strlen(({nest()}).2.y.0)",
            lambda: f"({self.of_kind('arr2', d)})[{self.pick(0, 1, 'cpu')}]",
            lambda: f"({self.of_kind('arr8', d)})[{self.pick(0, 7, 'pid', 'cpu')}]",
            lambda: f"(uint64)({self.of_kind('arr8', d)})",
            lambda: f"*({self.of_kind('ptr', d)})", lambda: f"({self.of_kind('ptr', d)})[{self.pick(0, 3, 'cpu')}]",
            lambda: f"(uint64)({self.of_kind('ptr', d)} + {e()})",
            lambda: f"*uptr((uint16 *)({e()}))", lambda: f"*kptr((int64 *)({e()}))",
            lambda: f"bswap({self.pick('(uint16)', '(uint32)', '(uint64)', '(uint8)')}({e()}))",
            lambda: f"(pton(\"10.0.0.1\"))[{self.pick(0, 3)}]",
            lambda: f"sizeof({self.of_kind(self.pick('arr8', 'nest', 'pair', 'ust3'), d)})",
            lambda: f"sizeof({self.pick('uint8', 'int16', 'uint32', 'int64', 'uint64 *', 'string[9]', 'int32[7]', 'bool')})",
            lambda: f"(typeof({e()}))({e()})", lambda: f"comptime({self.pick('1 + 2', '7 * 8', '3 < 4')})",
            lambda: f"{self.pick('is_ptr', 'is_str', 'is_array', 'is_integer', 'is_unsigned_integer', 'is_literal')}"
                    f"({self.pick(e, s, lambda: self.of_kind('arr4', d), lambda: self.of_kind('ptr', d))()})",
            lambda: f"nsecs({self.pick('boot', 'tai', 'monotonic')})",
            lambda: '*uaddr("runtime.ncpu")' if self.clause.where in ("u", "ur") and self.clause.func else "ncpus",
            lambda: self.pick("gid", "gid", "ncpus", "numaid", "jiffies", "cpid", "has_cpid", "leader_tid", "pid()", "nsecs()"),
            lambda: 'cgroupid("/sys/fs/cgroup")',
            lambda: f"strncmp({self.pick('pcomm', 'leader_comm')}, {s()}, 3)",
            lambda: f"({e()} ?: {e()})",
            lambda: f"({{ let {self.fresh()} = {e()}; {e()} }})",
            lambda: f"(if ({self.cond(d + 1)}) {{ {e()} }} else {{ {e()} }})",
            lambda: self.equal(d), lambda: f'getopt("n{self.pick(1, 2)}", 5, "a number")', lambda: "$#", lambda: "$3",
        )()

    def equal(self, d):
        k = self.pick(*self.EQUAL)
        return f"({self.of_kind(k, d)} {self.pick('==', '!=')} {self.of_kind(k, d)})"

    def told(self):
        """A statement for the sake of what it does."""
        e, s = lambda: self.expr(2), lambda: self.string(2)
        return self.pick(
            lambda: f'warnf("%d %s\\n", {e()}, {s()});', lambda: f'errorf("here, %s: %d\\n", probe, {e()});',
            lambda: f'assert({self.pick("1", "nsecs > 0", "true || " + self.cond(2))}, "never");',
            lambda: 'static_assert(sizeof(uint64) == 8, "8 bytes");',
            lambda: 'if (sizeof(uint32) == 5) { fail("never %d", 5); }',
            lambda: f'join({self.pick("(uint64)" + self.atom(2), "arg1" if self.clause.where == "u" else "8")});',
            lambda: f'join((uint64){self.atom(2)}, "{self.pick(",", " - ")}");',
            lambda: f'time("{self.pick("%F %T", "%j %p", "x")}\\n");',
            lambda: f'cat("/proc/sys/kernel/{self.pick("ostype", "osrelease")}");',
            lambda: f"_ = {self.of_kind(self.r.choice(self.others()), 2)};", lambda: f"printf(\"%s\\n\", {self.shown(2)});",
            lambda: f"print({self.shown(2)});", lambda: self.of_maps(), lambda: self.of_maps(),
            lambda: f'debugf("%d of %lu", {self.expr(2)}, {self.expr(2)});',
            lambda: self.unsafe(), lambda: self.in_c(),
        )()

    def in_c(self):
        if not self.c.functions:
            return f"print({self.expr(1)});"
        name = self.fresh()
        return f"{name} = (int64)({self.expr(2)}); if (c_inc(&{name})) {{ print({name}); }}"

    def unsafe(self):
        """Only where it never runs: nobody runs the programs."""
        self.needs_unsafe = True
        if self.clause.where not in ("u", "ur"):
            return "_ = uid;"
        what = self.pick(lambda: f'system("true %d %s", {self.expr(2)}, {self.string(2)});',
                         lambda: f"{self.pick('signal', 'signal_thread')}({self.pick('SIGCONT', '18')});")()
        return f"if (pid == 0) {{ {what} }}"

    def of_maps(self):
        maps = [m for m in self.maps if m["keys"] and self.keys_here(m)]
        if not maps:
            return f"print({self.shown(2)});"
        m = self.r.choice(maps)
        key = self.key(m)
        key = f"({key})" if len(m["keys"]) > 1 else key
        if m["value"] in ("int", "str", "pair", "rec") and self.chance(0.5):
            name = self.fresh()
            return f"if (find({m['name']}, {key}, {name})) {{ print({name}); }}"
        return self.pick(lambda: f"print(len({m['name']}));", lambda: f"if (delete({m['name']}, {key})) {{ print(1); }}",
                         lambda: f"if (!has_key({m['name']}, {key})) {{ print(2); }}",
                         lambda: f"print({m['name']}, {self.pick(1, 3)});")()
