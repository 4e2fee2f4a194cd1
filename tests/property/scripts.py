#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Random scripts that mean something.

    tests/property/scripts.py                run 150 of them, from a fixed seed
    tests/property/scripts.py -n 5000        more of them
    tests/property/scripts.py -s 42 -n 1 -p  print the script of seed 42
    tests/property/scripts.py --dry-run      stop before the kernel (no root needed)
    tests/property/scripts.py --break        damage each first: status 0 or 1, and no crash

Every script is right by the rules of docs/language.md: what passes gft's own
checks must compile, and the kernel must take it.  A script that fails is
printed with its seed.  Each is made so that it ends at once (begin { exit(); }).
"""

import argparse
import concurrent.futures
import os
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from covers import Covers  # noqa: E402 (needs the path above)
from generate import CALLS, VALUES, make  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def damage(text, seed):
    """The same with something broken in it."""
    r = random.Random(seed)
    kind = r.randrange(5)
    if kind == 0:
        b = bytearray(text.encode())
        for _ in range(r.randint(1, 6)):
            b[r.randrange(len(b))] = r.randrange(256)
        return bytes(b)
    if kind == 1:
        return text.encode()[:r.randrange(len(text))]
    tokens = re.findall(r'"(?:\\.|[^"\\])*"|[@$%]?\w+|\s+|[^\w\s]', text)
    for _ in range(r.randint(1, 5)):
        i, j = r.randrange(len(tokens)), r.randrange(len(tokens))
        if kind == 2:
            tokens[i], tokens[j] = tokens[j], tokens[i]
        elif kind == 3:
            tokens[i] = tokens[j]
        else:
            tokens[i] = r.choice(["", "{", "}", "(", ")", "<", ">", "[", ",", ";", "=", "&&", "count()", "exit()",
                                  "args", "ret", "comm", "func", "@m0", "@m1", "$v0", "\"x\"", "caller", "let", "0",
                                  "unroll", "fetch(%ax)", "fetch(+0(%ax):slice)", "printf(\"\")", "1 ?", "!", ":"])
    return "".join(tokens).encode()


# what gft tells of the kernel's limits: an expression as large as random ones are may meet them
TOO_MUCH = "too much for the kernel's verifier"
TOO_DEEP = "more than the 512 bytes of stack"


def run_one(gft, seed, dry_run, broken, keep=None):
    """Why the script of that seed fails, TOO_MUCH when it is too large for the verifier, or None."""
    text = make(seed)
    data = damage(text, seed) if broken else text.encode()
    with tempfile.NamedTemporaryFile(suffix=".gft") as f:
        f.write(data)
        f.flush()
        if keep:
            with open(keep, "wb") as k:
                k.write(data)
        argv = [gft, "-q", "--color=never", "--no-warnings", *([] if os.environ.get("GFT_CACHE_DIR") else ["--no-cache"])]
        argv += ["-k"] if seed % 5 == 0 else []
        argv += ["--unsafe"] if re.search(r"\b(system|signal|signal_thread)\(", text) else []
        argv += ["-d", "c"] if broken else ["--dry-run"] if dry_run else []
        try:
            p = subprocess.run([*argv, f.name, f"./{CALLS}"], cwd=ROOT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return f"seed {seed}: hangs\n{text}"
    err = p.stderr.decode("utf-8", "backslashreplace").replace(f.name, "script")
    shown = data.decode("utf-8", "backslashreplace")
    if "Sanitizer" in err or "runtime error:" in err:
        return f"seed {seed}: a sanitizer complains\n{shown}\n{err}"
    if broken:
        ok = p.returncode in (0, 1) and (p.returncode == 0) == ("ERROR:" not in err and "\ngft: " not in "\n" + err)
        return None if ok else f"seed {seed}: status {p.returncode}\n{shown}\n{err}"
    errors = re.findall(r"^gft: .*|ERROR: (?!here, ).*", err, re.M)
    # the kernel's verifier gives up after a million instructions: told as that, it is no mistake
    if errors and all(TOO_MUCH in e or TOO_DEEP in e for e in errors) and p.returncode == 1:
        return TOO_MUCH
    # exit(STATUS) may give any status: only messages tell
    bad = p.returncode < 0 or errors
    return f"seed {seed}: status {p.returncode}\n{shown}\n{err}" if bad else None


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("-n", type=int, default=150)
    ap.add_argument("-s", "--seed", type=int, default=1)
    ap.add_argument("-p", "--print", action="store_true")
    ap.add_argument("-g", "--gft", default=f"{ROOT}/build/gft")
    ap.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    ap.add_argument("-x", "--max-failures", type=int, default=10)
    ap.add_argument("--dry-run", action="store_true")
    ap.add_argument("--break", dest="broken", action="store_true")
    o = ap.parse_args()
    seeds = range(o.seed, o.seed + o.n)
    if o.print:
        for s in seeds:
            sys.stdout.write(make(s) if not o.broken else damage(make(s), s).decode("utf-8", "backslashreplace"))
        return 0
    failed, large, covers, start = 0, 0, Covers(ROOT), time.monotonic()
    for s in seeds:
        covers.add(make(s))
    print(covers.text(), flush=True)
    done = 0
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        work = {pool.submit(run_one, o.gft, s, o.dry_run, o.broken): s for s in seeds}
        for f in concurrent.futures.as_completed(work):
            why = f.result()
            done += 1
            if done % 100 == 0:
                sys.stderr.write(f"{done} of {o.n}, {failed} failed, {time.monotonic() - start:.0f} s\n")
            if why == TOO_MUCH:
                large += 1
                print(f"seed {work[f]} is {TOO_MUCH}", flush=True)
            elif why:
                failed += 1
                print(f"FAIL {why}", flush=True)
                if failed >= o.max_failures:
                    pool.shutdown(cancel_futures=True)
                    break
    print(f"{done} scripts, {failed} failed, {large} were too much for the verifier, {time.monotonic() - start:.0f} s")
    return 1 if failed or large > 1 + o.n // 100 else 0


if __name__ == "__main__":
    sys.exit(main())
