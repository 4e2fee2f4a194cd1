# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What gft makes is what this kernel's verifier takes: golden scripts and random ones are loaded and attached.

In the lane "vm" these are the objects that were compiled outside: the question
is about the kernel.
"""

import glob
import os
import re
import shlex
import sys

from gft import ROOT, Fail, Gft, check

sys.path.insert(0, os.path.join(ROOT, "tests/property"))

import scripts  # noqa: E402 (needs the path above)


# limit: 240
def test_golden_scripts():
    bad = []
    for path in sorted(glob.glob(f"{ROOT}/tests/golden/c/*.gft")):
        with open(path, encoding="utf-8") as f:
            m = re.match(r"(?://|#) gft:(.*)", f.readline())
        try:
            with Gft("--unsafe", *(shlex.split(m[1]) if m else []), path, f"{ROOT}/examples/bin/calls",
                     cwd=os.path.dirname(path)) as g:
                g.p.terminate()
                g.wait()
        except Fail as e:
            bad.append(f"{os.path.basename(path)}: {e}")
    check(not bad, f"{len(bad)} scripts do not load", "\n".join(bad))


# limit: 300
def test_random_scripts():
    """GFT_PROPERTY of them; the same seeds everywhere, so that they come from the cache."""
    n = int(os.environ.get("GFT_PROPERTY", 20))
    bad = [why for why in (scripts.run_one(f"{ROOT}/build/gft", seed, False, False) for seed in range(1, 1 + n)) if why]
    check(not bad, f"{len(bad)} of {n} scripts do not load", "\n".join(bad))
