# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What gft makes is what this kernel's verifier takes: golden scripts and random ones are loaded and attached.

In the lane "vm" these are the objects that were compiled outside: the question
is about the kernel.
"""

import ctypes
import glob
import os
import re
import shlex
import struct
import sys

from gft import ROOT, Fail, Gft, Skip, check

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


def walked(pid):
    """{program: instructions that the verifier walked through} of what that process has loaded (struct bpf_prog_info)."""
    libc, found = ctypes.CDLL(None, use_errno=True), {}
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        try:
            with open(path, encoding="ascii") as f:
                m = re.search(r"^prog_id:\s+(\d+)", f.read(), re.M)
        except FileNotFoundError:
            continue
        if not m:
            continue
        attr = ctypes.create_string_buffer(struct.pack("III", int(m[1]), 0, 0), 128)
        fd = libc.syscall(321, 13, attr, 128)  # bpf(BPF_PROG_GET_FD_BY_ID)
        if fd < 0:
            continue
        info = ctypes.create_string_buffer(224)
        attr = ctypes.create_string_buffer(struct.pack("IIQ", fd, 224, ctypes.addressof(info)), 128)
        r = libc.syscall(321, 15, attr, 128)  # BPF_OBJ_GET_INFO_BY_FD
        os.close(fd)
        name = info.raw[64:80].split(b"\0")[0].decode()
        if not r and name.startswith("gft_"):
            found[name] = struct.unpack_from("I", info.raw, 216)[0]
    return found


def test_verifier_walks():
    """What a script costs the verifier, which gives up after a million instructions: growth is to be noticed here."""
    for text, most in (("u:main.add* { graph(); }", 6000),
                       ('u:main.add* { printf("%s", ustack); graph(); }', 25000),
                       ('u:main.add* { printf("%s %s", ustack, ustack(3)); @[ustack] = count(); graph(parks); }', 60000),
                       ('u:main.add* { for ($i : pid..10) { printf("%s %s", username, ustack); graph(parks); } }', 60000),
                       ('u:main.minus { if (strcontains("a longer text", str_concat(comm, "x"))) { print(1); } graph(); }', 40000)):
        with Gft("-q", "-e", text, f"{ROOT}/examples/bin/calls") as g:
            seen = walked(g.p.pid)
        check("gft_uprobe_0" in seen, f"{text}: no program was found", seen)
        if not any(seen.values()):
            raise Skip("this kernel does not tell how much the verifier walked (5.16 does)")
        worst = max(seen, key=seen.get)
        check(seen[worst] <= most, f"{text}: the verifier walks through {seen[worst]} instructions of {worst}, at most {most} are thought of", seen)
