# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Every chosen site of every function, against an independent disassembler: a probe inside an instruction kills the target."""

import glob
import os
import re
import shutil
import subprocess

from gft import ROOT, Skip, build, check, go_newest, go_versions, run

SITECHECK = os.path.join(ROOT, "build/tools/sitecheck")
EXITS = re.compile(r"^(ret|rep|repz|jmp|bnd|notrack)")


def boundaries(exe):
    """Address of each instruction to its mnemonic, by objdump."""
    if not shutil.which("objdump"):
        raise Skip("no objdump (binutils)")
    p = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", exe], stdout=subprocess.PIPE, text=True, errors="replace")
    found = {}
    for line in p.stdout:
        head, _, rest = line.partition(":\t")
        if rest:
            found[head.strip()] = rest
    p.wait()
    return found


def sites_of(exe):
    insns = boundaries(exe)
    check(insns, f"objdump finds no instruction in {exe}")
    entries = exits = 0
    for line in run([SITECHECK, exe], timeout=200).out.split("\n"):
        if not line:
            continue
        kind, addr = line.split()[:2]
        check(addr in insns, f"{exe}: {line} is not the start of an instruction")
        if kind == "X":
            check(EXITS.match(insns[addr]), f"{exe}: the exit {addr} is {insns[addr]}")
            exits += 1
        else:
            entries += 1
    check(entries and exits, f"{exe}: {entries} entries, {exits} exits")


# limit: 300
def test_built_here():
    """Each compiler, each way of linking."""
    for go in go_versions() or [go_newest()]:
        for variant in ("plain", "stripped", "pie", "pie-stripped"):
            sites_of(build("panics", go, variant))


# limit: 300
def test_programs_of_the_toolchain():
    """Stripped programs that somebody else built."""
    tools = [t for v in go_versions()[-1:] for t in glob.glob(f"/usr/lib/go-{v[0]}/pkg/tool/*/*")]
    tools = [t for t in tools if os.path.basename(t) in ("addr2line", "asm", "buildid", "cgo", "cover", "fix", "link", "nm", "pack",
                                                         "test2json", "vet")]
    if not tools:
        raise Skip("no Go toolchain in /usr/lib/go-*")
    for t in tools:
        sites_of(t)


# limit: 120
def test_not_go():
    sites_of(os.path.realpath("/bin/bash"))
