# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Exits where gft may return in the kernel's place: nothing that runs beside it may notice.

Where the kernel lets no program write registers these tests run too: each ret is stepped then.
"""

import ctypes
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from gft import Gft, Target, build, check, gft  # noqa: E402

PTRACE_SINGLESTEP, PTRACE_GETREGS, PTRACE_PEEKTEXT, PTRACE_DETACH, PTRACE_CONT = 9, 12, 1, 17, 7
PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
SIGTRAP = 5
RIP, RSP = 16, 19  # in words of struct user_regs_struct

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(what, pid, addr=None, data=None):
    ctypes.set_errno(0)
    r = libc.ptrace(what, pid, addr, data)
    check(r != -1 or not ctypes.get_errno(), f"ptrace({what:#x}): {os.strerror(ctypes.get_errno())}")
    return r & (1 << 64) - 1


def registers(pid):
    regs = (ctypes.c_uint64 * 27)()
    ptrace(PTRACE_GETREGS, pid, None, ctypes.addressof(regs))
    return regs[RIP], regs[RSP]


def stopped(pid):
    """Waits for the thread to stop; the signal that it would be given."""
    _, status = os.waitpid(pid, 0)
    check(os.WIFSTOPPED(status), f"the target ended: {status:#x}")
    sig = os.WSTOPSIG(status)
    return 0 if sig == SIGTRAP else sig


# limit: 180
def test_debugger_steps():
    """A debugger that steps over the probed instructions arrives where each of them leads, and no further."""
    exe = build("steps")
    with Target("env", "GOGC=off", "GODEBUG=asyncpreemptoff=1", exe, "-time", "170s") as t, \
            Gft("-v", "-e", "ur:main.half { @ = hist(duration); @ret[ret.ok] = count(); }", exe) as g:
        ptrace(PTRACE_SEIZE, t.pid)
        sig, rets, others, steps = 0, 0, 0, 0
        end = time.monotonic() + 40
        while rets < 400 and (rets < 3 or time.monotonic() < end):
            if steps % 40 == 0:  # stepped all the time, it would do nothing but yield where steps are slow
                if steps:
                    ptrace(PTRACE_CONT, t.pid, None, sig)
                time.sleep(0.001)
                ptrace(PTRACE_INTERRUPT, t.pid)
                sig = stopped(t.pid)
            steps += 1
            ip, sp = registers(t.pid)
            probed = ptrace(PTRACE_PEEKTEXT, t.pid, ip) & 0xff == 0xcc
            to = ptrace(PTRACE_PEEKTEXT, t.pid, sp)
            ptrace(PTRACE_SINGLESTEP, t.pid, None, sig)
            sig = stopped(t.pid)
            if probed and not sig:
                now, top = registers(t.pid)
                if top == sp + 8:
                    check(now == to, f"the step over the ret at {ip:#x} went to {now:#x}, not to {to:#x}")
                    rets += 1
                else:
                    check(ip < now <= ip + 15, f"the step over {ip:#x} went to {now:#x}")
                    others += 1
        ptrace(PTRACE_DETACH, t.pid, None, sig)
        check(others, f"{steps} steps, {rets} exits, and no entry among them")
        r = g.stop()
        m = [int(n) for n in re.findall(r"^@ret\[(?:true|false)\]: (\d+)$", r.out, re.M)]
        check(len(m) == 2 and sum(m) >= rets, "results", r)
        check("could not be read" not in r.err, "losses", r)


def test_setting():
    """ret_emulation changes the cost, and nothing else."""
    exe = build("steps")
    for on in (0, 1):
        r = gft("-e", f"config = {{ ret_emulation = {on} }} u:main.half {{ @in = count(); }} "
                "ur:main.half { @out = count(); @n[ret.ok] = sum(ret.h); }", "-c", f"{exe} -time 300ms").ok()
        calls = int(re.search(r"^(\d+)$", r.out, re.M)[1])
        for row in (f"@in: {calls}", f"@out: {calls}", f"@n[true]: {calls // 1000 * 124750}", "@n[false]: 0"):
            check(f"\n{row}\n" in r.out, row, r)
