# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The style lane: each check gives a list of problems, one line each."""

import ast
import glob
import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAX_LINES = 1000
SPDX = "SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only"


class Cannot(Exception):
    """The check needs something that is not here; the text says what."""


def lines_of(argv):
    p = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return p.returncode, p.stdout.decode("utf-8", "backslashreplace").splitlines()


def ours():
    """Every file of the project: what git tracks, else what is there."""
    status, files = lines_of(["git", "ls-files"])
    if status != 0:
        files = [os.path.relpath(p, ROOT) for p in glob.glob(f"{ROOT}/**", recursive=True) if os.path.isfile(p)]
        files = [f for f in files if not re.match(r"build/|examples/bin/", f)] + [".ci/run"]
    return sorted(f for f in set(files) if os.path.isfile(f"{ROOT}/{f}"))


def read(path):
    with open(f"{ROOT}/{path}", encoding="utf-8", errors="replace") as f:
        return f.read()


def scripts(kind):
    """Files that begin with #! and name kind as their interpreter."""
    return [f for f in ours() if re.match(rf"#!.*\b{kind}\b", read(f)[:100])]


def is_data(path):
    """What tests feed to gft and expect from it: every byte of it counts."""
    return re.match(r"tests/golden/|tests/fuzz/corpus", path) is not None


def check_format():
    if not shutil.which("clang-format"):
        raise Cannot("clang-format is not installed")
    status, out = lines_of(["make", "-s", "--no-print-directory", "format-check"])
    counts, first = {}, {}
    for s in out:
        if m := re.match(r"([^:]+):(\d+):\d+: error: .*clang-format", s):
            counts[m[1]] = counts.get(m[1], 0) + 1
            first.setdefault(m[1], m[2])
    if status != 0 and not counts:
        return out[:20]
    return [f"{f}:{first[f]}: clang-format would change {n} place{'s' * (n > 1)} (make format)" for f, n in counts.items()]


def check_shell():
    problems = []
    for kind, argv in (("bash", ["bash", "-n"]), ("sh", ["sh", "-n"])):
        for f in scripts(kind):
            status, out = lines_of([*argv, f])
            if status != 0:
                problems += out or [f"{f}: bad syntax"]
    return problems


def check_python():
    problems = []
    for f in set(scripts("python3")) | {f for f in ours() if f.endswith(".py")}:
        try:
            ast.parse(read(f), f)
        except SyntaxError as e:
            problems.append(f"{f}:{e.lineno}: {e.msg}")
    return problems


def check_gofmt():
    found = sorted(glob.glob("/usr/lib/go-*/bin/gofmt"))
    gofmt = shutil.which("gofmt") or (found[-1] if found else None)
    if not gofmt:
        raise Cannot("no gofmt here")
    _, out = lines_of([gofmt, "-l", *[f for f in ours() if f.endswith(".go")]])
    return [f"{f}: gofmt would change it" for f in out]


def check_layers():
    status, out = lines_of(["tests/layers.sh"])
    return out if status == 0 or out else [f"tests/layers.sh: status {status}"]


def check_spdx():
    kinds = re.compile(r"(\.(c|h|cc|l|y|go|gft|py|sh)|/Makefile|^Makefile)$")
    return [f"{f}: no line \"{SPDX}\" among the first five" for f in ours()
            if (kinds.search(f) or read(f)[:2] == "#!") and not is_data(f)
            and SPDX not in "\n".join(read(f).split("\n")[:5])]


def check_size():
    problems = []
    for f in ours():
        n = read(f).count("\n")
        if n > MAX_LINES and not is_data(f):
            problems.append(f"{f}: {n} lines, more than {MAX_LINES}: which second idea hides in it?")
    return problems


def check_help():
    """Every target that a user may name is in make help, and says what it does."""
    phony = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^\.PHONY:(.*)$", read("Makefile"), re.M))))
    _, out = lines_of(["make", "-s", "--no-print-directory", "help"])
    listed = {m[1] for s in out if (m := re.match(r"\s+make ([\w-]+)\s+\S", s))}
    return [f"Makefile: target {t} is not in make help" for t in sorted(phony - listed)]


# what knows the words of the language by a list of its own
WORD_LISTS = ("packaging/vim/syntax/gft.vim", "packaging/vscode/syntaxes/gft.tmLanguage.json", "tests/fuzz/script.dict")


def check_names():
    """Every builtin and function is documented, and known to editors and the fuzzer; every option is in the man page and completed."""
    status, out = lines_of(["build/gft", "help"])
    names = {m[1] for s in out if (m := re.match(r"  ([a-z_0-9]+) ", s))} - {"arg0"}
    problems = [] if status == 0 and len(names) > 50 else ["build/gft help does not list the language"]
    docs = "".join(read(f) for f in ours() if f.startswith("docs/"))
    editors = {f: read(f) for f in WORD_LISTS}
    for n in sorted(names):
        if not re.search(rf"`[^`\n]*\b{n}\b[^`\n]*`", docs):
            problems.append(f"docs: {n} is not described")
        problems += [f"{f}: {n} is not known" for f, text in editors.items() if not re.search(rf"\b{n}\b", text)]
    options = set(re.findall(r'^\t\{ "([a-z-]+)", ', read("runtime/cli.c"), re.M))
    man, bash = read("packaging/gft.1").replace("\\-", "-"), read("packaging/completions/gft.bash")
    problems += [f"packaging/gft.1: --{o} is missing" for o in sorted(options) if f"--{o}" not in man]
    problems += [f"packaging/completions/gft.bash: --{o} is missing" for o in sorted(options) if f"--{o}" not in bash]
    return problems


def check_examples():
    """Every word of the language, setting, probe and option, as the program's tables have them, has an example that is run."""
    pages = "".join(read(f) for f in ours() if f.startswith("docs/"))
    scripts = re.findall(r"^```gft\n(.*?)^```$", pages, re.M | re.S)
    lines = re.findall(r"^\$ (.*)$", "".join(re.findall(r"^```console\n(.*?)^```$", pages, re.M | re.S)), re.M)
    text = re.sub(r"//.*", "", "\n".join(scripts)) + "\n".join(lines)
    _, out = lines_of(["build/gft", "help"])
    tables = {
        "builtin or function": {m[1] for s in out if (m := re.match(r"  ([a-z_0-9]+) ", s))},
        "word": set(re.findall(r'\{ "([a-z]+)", [A-Z]+ \}', read("parser/script.l"))),
        "setting": set(re.findall(r'^\t\{ "(\w+)", (?:NUMBER|FLAG|WORD|TEXT)', read("parser/sema_config.c"), re.M)),
        "probe": {n for m in re.finditer(r'^\t\{ "(\w+)", (?:"(\w+)"|NULL), PROV_', read("parser/attach.c"), re.M)
                  for n in m.groups() if n},
    }
    options = read("runtime/cli.c")
    longs = re.findall(r'^\t\{ "([a-z-]+)", \w+, NULL, (?:\'(.)\'|(\w+)) \}', options, re.M)
    short = re.search(r'optstring\[\] = ":([^"]+)"', options)[1].replace(":", "")
    problems = [f"{kind}: the table is not found" for kind, names in tables.items() if len(names) < 8]
    problems += [f"no example of the {kind} {n} in docs" for kind, names in tables.items() for n in sorted(names)
                 if n not in ("kfunc", "kretfunc") and not re.search(rf"\b{n}\b", text)]
    used = set(re.findall(r"(?<=\s)--?[a-zA-Z][a-z-]*", "\n".join(s for s in lines if "gft" in s)))
    same = {}  # --colour is --color
    for name, letter, number in longs:
        same.setdefault(letter or number, []).append(f"--{name}")
    for key, names in same.items():
        if not (set(names) | ({f"-{key}"} if len(key) == 1 else set())) & used:
            problems.append(f"no example of the option {names[0]} in docs")
    problems += [f"no example of the option -{c} in docs" for c in short
                 if f"-{c}" not in used and not set(same.get(c, [])) & used]
    for f in WORD_LISTS:
        known = read(f)
        kinds = ("word", "probe", "setting") if f.endswith(".dict") else ("word", "probe")
        problems += [f"{f}: {n} is not known" for kind in kinds for n in sorted(tables[kind])
                     if not re.search(rf"\b{n}\b", known)]
    return problems


def anchors(text):
    """What links can name: each heading in small letters, - for a blank, without other signs."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)}


def check_links():
    """A link between the pages leads to a file that is there, and to a heading of it."""
    problems, links = [], 0
    for f in (f for f in ours() if f.endswith(".md")):
        text = re.sub(r"^```.*?^```$", "", read(f), flags=re.M | re.S)
        for to in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
            if re.match(r"\w+:", to):
                continue
            path, _, anchor = to.partition("#")
            path, links = os.path.normpath(os.path.join(os.path.dirname(f), path)) if path else f, links + 1
            if not os.path.exists(f"{ROOT}/{path}"):
                problems.append(f"{f}: ({to}) is not there")
            elif anchor and anchor not in anchors(read(path)):
                problems.append(f"{f}: ({to}): {path} has no such heading")
    return problems if links > 30 else [*problems, f"only {links} links were found"]


def check_modes():
    """Scripts are executable, in the tree and in git."""
    return [f"{f}: begins with #! but is not executable" for f in ours()
            if read(f)[:2] == "#!" and not is_data(f) and not os.access(f"{ROOT}/{f}", os.X_OK)]


def check_parser():
    status, out = lines_of(["python3", "-B", "tests/lib/tree.py", "--self-test"])
    return [] if status == 0 else out[-3:]


CHECKS = [
    ("clang-format", check_format),
    ("shell", check_shell),
    ("python", check_python),
    ("gofmt", check_gofmt),
    ("layers", check_layers),
    ("spdx", check_spdx),
    ("size", check_size),
    ("help", check_help),
    ("names", check_names),
    ("examples", check_examples),
    ("links", check_links),
    ("modes", check_modes),
    ("tree-parser", check_parser),
]
