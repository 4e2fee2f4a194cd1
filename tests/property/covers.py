# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Which constructs of the language a heap of scripts holds, and which it never does."""

import re

# name: what of it is in a script's text
CONSTRUCTS = {
    "struct": r"^struct T\d", "union": r"\bunion \{", "enum": r"^enum ", "typedef": r"^typedef ", "#define": r"^#define ",
    "bitfield": r"\bf\d : \d", "packed": r"\(packed\)", "C functions": r"^%\{", "config": r"^config = ",
    "map declaration": r"^let @", "macro": r"^macro ", "use of a macro": r"\b(half|least|seven|size|both)\((?!x|s\b)",
    "macro with $v": r"[^ ]* bump\(\$", "macro with @m": r" note\(@", "begin": r"^begin", "end": r"^end|begin, end",
    "interval": r"^(i|interval):", "profile": r"^(p|profile):", "uprobe": r"^u:", "uretprobe": r"^ur:",
    "entry and exit": r"^u:.*, ur:", "offset": r"^u:main.add\+", "other binary": r"^u:\./examples",
    "pattern": r"^ur?:main\.[^ ]*[*?\[]", "list with !": r",!main", "quoted name": r'^ur?:"', "tracepoint": r"^(t|tracepoint):",
    "rawtracepoint": r"^(rt|rawtracepoint):", "software": r"^(s|software):", "self:signal": r"^self:", "go: event": r"^go:",
    "named probe": r"^named=", "predicate": r"^\S+(, \S+)? / .* / [{<]", "angle block": r" < .* >$", "empty clause": r" \{\}$|^\S+$",
    "if": r"\bif \(", "if of one value": r"\bif [!~]?(pid|rand|nsecs)", "else if": r"\belse if ", "else": r"\belse \{",
    "if as a value": r"\(if \(", "block as a value": r"\{ let \$l\d+ = [^;]*; [^{}]* \}", "while": r"\bwhile \(", "for range": r"for \(\$i\d+ : [^@]*\.\.",
    "for map": r"for \(\$i\d+ : @\w* ?\)", "unroll": r"\bunroll \d", "unroll (N)": r"\bunroll \(\d+\)",
    "unroll (A..B)": r"\bunroll \(\d+\.\.", "break": r"\bbreak;", "continue": r"\bcontinue;", "return": r"\breturn;",
    "return VALUE": r"\breturn [^;]", "let": r"\blet \$\w+ = ", "let with a type": r"\blet \$\w+ : \w+ = ",
    "let without a value": r"\blet \$\w+ : \w+;", "_ =": r"\b_ = ", "++": r"\+\+[$@]|[$@\]\w]\+\+", "--": r"--[$@]|[$@\]\w]--",
    "?:": r" \? ", "a ?: b": r" \?: ", "&&": r"&&", "||": r"\|\|", "tuple": r"= \([^()]*, ", "tuple of one": r",\)",
    "tuple in a tuple": r"\(\(\(", "$t.0": r"\)\.0|\w\.0", "tuple[N]": r"\)\)\[1\]", "record": r"\(a = ", "record field": r"\.2\.x|\.a\b",
    "array cast": r"\(uint8\[8\]\)", "array cast without a length": r"\(int32\[\]\)", "array index": r"\]\)\w+[^;]*\)\[|\)\[\d\]",
    "text as bytes": r"\(\(int8\[\]\)", "unroll ($#)": r"\bunroll \(\$# ", "typeof(@m)": r"typeof\(@\w*\)", "text cast": r"\(string\[\d+\]\)", "text index": r"\)\[(cpu|\(cpu \+ 2000\))\]", "pointer cast": r"\((struct T\d|u?int\d+|void) \*\)",
    "dereference": r"\*\(", "pointer index": r"\*\)[^;]*\[", "->": r"->", "&": r"[( ]&[$(]", "sizeof TYPE": r"sizeof\(u?int\d+\)",
    "sizeof x": r"sizeof\((?!u?int|struct|string|bool)", "typeof": r"typeof\(", "offsetof": r"offsetof\(", "enum cast": r"\(enum kind\)",
    "positional": r"\$3\b", "$#": r"\$#", "nsecs(CLOCK)": r"nsecs\((boot|tai)\)", "config.NAME": r"config\.\w+", "comm(PID)": r"comm\(",
    "@ = aggregation in an expression": r"[=!<>(] ?@\w*\[[^=]*\]", "delete(@m[k])": r"delete\(@\w*\[", "print(@m, N)": r"print\(@\w*, ",
    "print(@m[k])": r"print\(@\w*\[", "stack with a mode": r"stack\((perf|raw)", "syscalls: tracepoint": r"syscalls:",
}
for op in ("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"):
    CONSTRUCTS[f"{op}="] = re.escape(f" {op}= ")
    CONSTRUCTS[op] = re.escape(f" {op} ")
for op in ("<", ">", "<=", ">=", "==", "!="):
    CONSTRUCTS[op] = re.escape(f" {op} ")
for t in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool", "size_t"):
    CONSTRUCTS[f"({t})"] = re.escape(f"({t})")
for f in ("d", "i", "u", "x", "X", "o", "c", "p", "s", "T", "r", "rx", "rh", "f", "e", "g"):
    CONSTRUCTS[f"%{f}"] = rf"%[-+ #0]*[0-9*]*(\.[0-9*]+)?(hh|h|l|ll|j|z|t)?{f}[ \\%]"
for f in ("hh", "h", "l", "ll", "j", "z", "t"):
    CONSTRUCTS[f"%{f}d"] = rf"%[-+ #0]*[0-9*]*(\.[0-9*]+)?{f}[diuxXo]"
for f in "-+ #0*":
    CONSTRUCTS[f"%{f} flag"] = rf"%[-+ #0*]*{re.escape(f)}[^ ]*[a-z]"
for t in ("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "x8", "x16", "x32", "x64", "f32", "f64", "c8", "c64", "c512",
          "string", "ustring", "b3@5/8", "bool", "duration", "gostring", "slice", "error", "iface", "eface"):
    CONSTRUCTS[f"fetch :{t}"] = rf"\)?:{re.escape(t)}\b"
for p in (r"%\w+", r"[-+]?\d+\(%", r"\(\*", r"\*\+0\(", "@0x", "@runtime", r"\$stack\b", r"\$stack\d", r"\$arg\d", r"\$retval", r"\\\d",
          r":\w+\[\d+\]"):
    CONSTRUCTS["fetch " + p.replace("\\", "")] = p
for o in ("min", "depth", "limit", "every", "rate"):
    CONSTRUCTS[f"graph {o}"] = rf"graph\([^;]*\b{o} = "
for o in ("args", "ret", "parks", "syscalls", "children", "stack"):
    CONSTRUCTS[f"graph {o}"] = rf"graph\([^;]*\b{o}\b"

ENOUGH = 5
# what random scripts cannot have: why
LEFT_OUT = {"write_user": "writes into the target", "percpu_kaddr": "few kernels list their variables",
            "unwound": "whatever else the clause reads must then stand behind !unwound: test_unwound.py"}


class Covers:
    """Counts constructs; the builtins and functions are those of parser/builtins.c."""

    def __init__(self, root):
        with open(f"{root}/parser/builtins.c", encoding="utf-8") as f:
            text = f.read()
        self.patterns = {k: re.compile(v, re.M) for k, v in CONSTRUCTS.items()}
        for name in re.findall(r'^\t\{ "(\w+)", &', text, re.M):
            self.patterns[name] = re.compile(rf"(?<![\w.]){name}\b(?! *\()")
        for name in re.findall(r'^\t\{ "(\w+)", FN_', text, re.M):
            # one that is a builtin too counts with its parentheses
            self.patterns[f"{name}()"] = re.compile(rf"(?<![\w.]){name}(?= ?\(|\b(?<=stack))")
        self.patterns = {k: v for k, v in self.patterns.items() if k.rstrip("()") not in LEFT_OUT}
        self.seen = dict.fromkeys(self.patterns, 0)

    def add(self, text):
        for k, v in self.patterns.items():
            if self.seen[k] < ENOUGH:  # looking is slow
                self.seen[k] += v.search(text) is not None

    def never(self):
        return [k for k, n in self.seen.items() if not n]

    def text(self):
        never = self.never()
        rare = sorted((n, k) for k, n in self.seen.items() if 0 < n < ENOUGH)[:6]
        return (f"{len(self.seen) - len(never)} of {len(self.seen)} constructs covered"
                + (f", never: {', '.join(never)}" if never else "")
                + (f"; seldom: {', '.join(k for _, k in rare)}" if rare else ""))
