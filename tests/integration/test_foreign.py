# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Compilers and programs that are not this release's: newer Go, and Go programs from Debian's packages."""

import os
import re
import sys

from gft import NothingLeft, Skip, check, gft
from newer import Apt, newer_compilers

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_go  # noqa: E402
import test_sites  # noqa: E402
import test_values  # noqa: E402


# limit: 600
def test_newer_go():
    for go in newer_compilers():
        for variant in ("plain", "pie-stripped"):
            test_go.calls_of(go, variant)
        test_go.panics(go)
        test_values.values_of(go, "plain")


# limit: 300
def test_newer_go_sites():
    for go in newer_compilers():
        for variant in ("plain", "pie-stripped"):
            test_sites.sites_of(test_sites.build("panics", go, variant))


def release():
    with open("/etc/os-release", encoding="utf-8") as f:
        m = re.search(r"^VERSION_CODENAME=(\w+)", f.read(), re.M)
    if not m:
        raise Skip("this is no Debian release")
    return m[1]


def packaged(package, program, args, root, want_out):
    """A stripped program that somebody else built: every function counted, and a graph of its main."""
    exe = os.path.join(Apt((release(),)).unpack(package), program)
    check(os.path.exists(exe), f"{package} has no {program}")
    with NothingLeft():
        r = gft("-e", "u:* { @[func] = count(); }", "-c", f"{exe} {args}", timeout=120).ok()
    check(want_out in r.out, f"{program} does not work while it is traced", r.out[:2000])
    check(f"@[{root}]: 1\n" in r.out, f"{root} was not counted", r.out[-2000:])
    with NothingLeft():
        r = gft("-e", f"u:{root} {{ graph(limit = 2000); }} u:main.* {{}} u:runtime.chan* {{}}", "-c", f"{exe} {args}",
                timeout=120).ok()
    check(want_out in r.out, f"{program} does not work while it is traced", r.out[:2000])
    check(re.search(rf" {re.escape(root)}\(\) \{{ ", r.out), "no graph", r.out[:2000], r.err)
    check("made no sense" not in r.err, "damaged records", r.err)


# limit: 300
def test_age():
    packaged("age", "usr/bin/age-keygen", "", "main.main", "AGE-SECRET-KEY-")


# limit: 300
def test_fzf():
    packaged("fzf", "usr/bin/fzf", "--version", "main.main", "0.")
