# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What a machine may lack: one clear message each, or work all the same; and gft that is stopped for a while."""

import os
import re
import shlex
import signal
import time

from gft import GFT, ROOT, Gft, NothingLeft, Skip, Target, check, run

CALLS = f"{ROOT}/examples/bin/calls"
COUNT = "u:main.add { @ = count(); exit(); }"


def without(setup, script, *args):
    """gft in a mount namespace of its own, after the commands of setup."""
    if run(["unshare", "-m", "true"], status=None).status:
        raise Skip("unshare cannot make a mount namespace here")
    argv = [GFT, *args, "-e", script, "-c", f"{CALLS} -n 1 -sleep 1ms"]
    return run(["unshare", "-m", "sh", "-c", f"({setup}) 2>/dev/null; exec " + shlex.join(argv)], status=None, timeout=80,
               cwd=ROOT)


def works(r):
    check(r.status == 0 and re.search(r"^@: 1$", r.out, re.M), "it does not work", r)


def one_message(r, *words):
    lines = [s for s in r.err.split("\n") if re.search(r"gft: |ERROR|libbpf", s)]
    check(r.status == 1 and len(lines) <= 2 and "libbpf" not in r.err, "not one clear message", r)
    for w in words:
        check(w in r.err, f"nothing of {w!r}", r)


def test_no_tracefs():
    works(without("umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug", COUNT))
    r = without("umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug",
                "tracepoint:sched:sched_switch { @ = count(); exit(); }")
    check(r.status == 0 or "tracefs" in r.err, "a tracepoint without tracefs", r)


def test_read_only_sysfs():
    works(without("mount -o remount,ro,bind /sys", COUNT))


def test_no_sysfs():
    one_message(without("mount -t tmpfs none /sys", COUNT), "mount sysfs on /sys")


def test_no_btf():
    hide = "mount -t tmpfs none /sys/kernel/btf"
    works(without(hide, COUNT))
    one_message(without(hide, "u:runtime.memmove* { @[goid] = count(); }"), "/sys/kernel/btf/vmlinux is not there")
    one_message(without(hide, "u:main.add { @ = curtask->comm; }"), "/sys/kernel/btf/vmlinux cannot be read")


def test_few_files():
    r = run(["sh", "-c", "ulimit -n 12; exec " + shlex.join([GFT, "-e", "u:main.* { graph(); }", CALLS])], status=None,
            timeout=80, cwd=ROOT)
    one_message(r, "ulimit -n")


def test_no_memory_to_lock():
    r = run(["sh", "-c", "ulimit -l 0; exec " + shlex.join([GFT, "-e", COUNT, "-c", f"{CALLS} -n 1 -sleep 1ms"])],
            status=None, timeout=80, cwd=ROOT)
    works(r)


def test_stopped_for_a_while():
    """The buffer fills, the target goes on, and what was lost is told."""
    with NothingLeft(), Target(CALLS, "-sleep", "1ms") as t:
        with Gft("--buffer", "4K", "-e", "u:main.add { graph(); }", "-p", str(t.pid)) as g:
            g.until(r"main\.add")
            os.kill(g.pid, signal.SIGSTOP)
            time.sleep(2)
            t.still_works()
            os.kill(g.pid, signal.SIGCONT)
            r = g.stop()
            check("lost" in r.err, "no loss was told", r)
        t.still_works()
