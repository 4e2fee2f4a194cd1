# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs scripts whose lines are known before: what arith.py and words.py share.

A maker is made from a seed.  It has EACH, the number of expressions in a clause,
lines, statements that come before all others, and part(i), which gives the
statements of expression i and the line that they must print.  That has the number
in front: "(7, x)" by print(), "7 [x]" by printf().
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOO_MUCH = "too much for the verifier"  # several statements with text that all search in each other


def clause(lines):
    return "begin {\n\t" + "\n\t".join(lines) + "\n}\n"


def script(maker, n):
    """A script with n expressions or a few more, and the lines that it must print."""
    want, blocks = [], [clause(maker.lines)]
    while len(want) < n:
        lines = []
        for _ in range(maker.EACH):
            more, line = maker.part(len(want))
            lines += more
            want.append(line)
        blocks.append(clause(lines))
    return "config = { print_maps_on_exit = 0 }\n" + "".join(blocks), want


def run_one(maker, gft, seed, n):
    """Differences between gft and what maker expects, as text, or TOO_MUCH; None: there are none."""
    text, want = script(maker(seed), n)
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
            names = dict.fromkeys(re.findall(r"@\w+|\$s\d+", line))
            values = "\n          where    ".join(x.strip() for k in names for x in text.split("\n")
                                                  if x.startswith(f"\t{k}") or f"{{ {k} = " in x)
            bad.append(f"seed {seed}: expected {w}\n          got      {got.get(i)}\n          of       {line.strip()}\n"
                       f"          where    {values}")
    return "\n".join(bad) or None


def main(doc, maker, n, each):
    """The command line of such a test: n expressions, each so many in one script."""
    ap = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("-n", type=int, default=n)
    ap.add_argument("-s", "--seed", type=int, default=1)
    ap.add_argument("-e", "--each", type=int, default=each, help="expressions in one script")
    ap.add_argument("-g", "--gft", default=f"{ROOT}/build/gft")
    ap.add_argument("-p", "--print", action="store_true", help="print the script of the seed")
    o = ap.parse_args()
    if o.print:
        sys.stdout.write(script(maker(o.seed), o.each)[0])
        return 0
    bad = much = 0
    scripts = max(1, o.n // o.each)
    for seed in range(o.seed, o.seed + scripts):
        why = run_one(maker, o.gft, seed, o.each)
        if why == TOO_MUCH:
            much += 1
        elif why:
            bad += 1
            print(why, flush=True)
    print(f"{scripts * o.each} expressions, {bad} scripts with differences, {much} were too much for the verifier")
    return 1 if bad else 0
