# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the documentation shows is run, and prints what it says.

A block "console" holds commands behind "$ " and what they print.  "..." stands for any text, alone on its line for any
lines; empty lines and what examples/calls prints itself do not matter.  A block "gft" is a script, run on examples/calls.
"""

import glob
import os
import re
import shlex

from gft import GFT, ROOT, NothingLeft, check, gft, run

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
FENCE = re.compile(r"^```gft\n(.*?)^```$", re.M | re.S)
PAGES = sorted(glob.glob(f"{ROOT}/*.md") + glob.glob(f"{ROOT}/docs/*.md"))
LANGUAGE = [f"{ROOT}/docs/{page}.md" for page in ("language", "probes", "functions")]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def section(title):
    """The commands of a section of docs/reference.md."""
    m = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", read(f"{ROOT}/docs/reference.md"), re.M | re.S)
    return "".join(CONSOLE.findall(m[1]))


def lines(text):
    return [s.rstrip() for s in text.split("\n") if s.strip() and not s.startswith("student: ")]


def pattern(want):
    parts = [r"(?:.*\n)*?" if s == "..." else re.escape(s).replace(r"\.\.\.", ".*") + "\n" for s in want]
    return re.compile("".join(parts))


def commands(text):
    at = [m.start() for m in re.finditer(r"^\$ ", text, re.M)] + [len(text)]
    check(len(at) > 1, "no commands", text)
    env = {**os.environ, "PATH": f"{os.path.dirname(GFT)}:{os.environ['PATH']}"}
    with NothingLeft():
        for begin, end in zip(at, at[1:]):
            command, _, want = text[begin + 2:end].partition("\n")
            r = run(["sh", "-c", command], env=env, cwd=ROOT, status=None, timeout=60)
            got = "".join(s + "\n" for s in lines(r.out))
            check(pattern(lines(want)).fullmatch(got), f"not what the page says: {command}", f"said: {want}", r)


def test_probes():
    commands(section("Probes"))


def test_statements():
    commands(section("Statements"))


def test_builtins():
    commands(section("Builtins"))


def test_functions():
    commands(section("Functions"))


def test_settings():
    commands(section("Settings"))


def test_options():
    commands(section("Options"))


def test_other_pages():
    for path in PAGES:
        if not path.endswith("/reference.md"):
            for m in CONSOLE.finditer(read(path)):
                commands(m[1])


def examples(paths):
    """Each runs to the end of the program, or to its exit(), without a complaint."""
    with NothingLeft():
        for path in paths:
            for m in FENCE.finditer(read(path)):
                text, fails = m[1], re.match(r"// fails: (.*)", m[1])
                asked = re.match(r"(?:// gft:)(.*)", text)
                r = gft("-q", *shlex.split(asked[1] if asked else ""), "-e", text, "-c", "./examples/bin/calls -n 3 -sleep 20ms")
                check((r.status == 1) == bool(fails) and (not fails or fails[1].strip() in r.err),
                      f"{os.path.basename(path)}: status {r.status}", text, r)
                check(fails or ("ERROR" not in r.err and "gft: " not in r.err), f"{os.path.basename(path)}: complaints", text, r)


def test_examples_of_the_language():
    examples(LANGUAGE)


def test_examples_of_other_pages():
    examples([p for p in PAGES if p not in LANGUAGE])
