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

from gft import ROOT, Fail, Gft, Skip, check, gft

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


def test_more_stack_than_there_is():
    """What the kernel refuses for its stack is compiled once more, with its values in a map: nobody is told to write less."""
    words = r'"a longer text \t\x41 \"q\" ??="'
    text = ("u:main.add1 < unroll (20) { if ((fetch(%al:c64) != comm)) { break; } if (!rand) { return; } } "
            "graph(args, parks, min = 10ms, stack, rate = 1/ms, syscalls, ret, children); >\n"
            'u:main.minus / "' + "long text " * 13 + f'" == (!(arg1 > curtask.mm.mmap_base) ? {words} : {words}) / '
            "{ unroll (2) { if ((int8)(nsecs)) { continue; } let $n : uint64 = (uint64)(strlen((((1, comm), (arg0,), "
            f"(x = fetch(16($stack):b1@0/16), y = ({words}, 4294967296)))).2.y.0)); $n++; print($n); print(arg3); "
            '$s = str_concat((string[8])comm, (string[70])comm); } printf("%rh %c %*s %e\\n", buf((uint8[8])(nsecs + arg1)), @m, 12, '
            "(fetch(+4096(%r8)) > curtask->real_parent.tgid ? func : func), fetch(+4096(%r13):f32)); }\n"
            f'begin {{ @m = count(); @k[100, {words}] = lhist(has_key(@k, (elapsed, "x")), -10, 10, 1); print("ran"); exit(); }}')
    r = gft("-v", "-q", "--no-cache", "--no-warnings", "-e", text, "./examples/bin/calls").ok()
    check("its values are kept in a map" in r.err, "it was not too much: find another script", r)
    check(r.out.startswith("ran\n"), "it runs", r)


def test_compiler_is_gone():
    """Clang runs in a process of its own: what traces has none of its memory, also when it had to compile."""
    script = "begin { print(pid); } i:s:60 { exit(); }"
    with Gft("-q", "--no-cache", "-e", script) as g:
        with open(f"/proc/{g.pid}/maps") as f:
            check("libLLVM" not in f.read(), "LLVM is not in memory", None)


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
