#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs one integration test: onetest.py FILE FUNCTION SECONDS.

The test runs in a child; this process is the parent of last resort of
everything it starts (a subreaper), ends what is left, and enforces the time
limit.  Exit status: 0 passed, 1 failed, 77 skipped; the reason is on stdout.
"""

import ctypes
import importlib.util
import os
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

PR_SET_CHILD_SUBREAPER = 36
PASSED, FAILED, SKIPPED = 0, 1, 77


def python_test(path, func):
    import gft

    spec = importlib.util.spec_from_file_location("test", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        getattr(module, func)()
    except gft.Skip as e:
        print(e)
        return SKIPPED
    except gft.Fail as e:
        where = [f for f in traceback.extract_tb(e.__traceback__) if f.filename == path]
        at = f"{os.path.basename(path)}:{where[-1].lineno}: " if where else ""
        print(f"{at}{e}")
        return FAILED
    except Exception:
        print(traceback.format_exc())
        return FAILED
    return PASSED


def shell_test(path, func):
    """A function of a bash file; it skips with: echo REASON; exit 77."""
    os.execvp("bash", ["bash", "-eu", "-c", 'source "$1"; "$2"', path, path, func])


def descendants():
    """Processes below this one, nearest first."""
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                parents[int(pid)] = int(f.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, level = [], {os.getpid()}
    while level:
        level = {p for p, parent in parents.items() if parent in level}
        found += level
    return found


def end_descendants(sig):
    for pid in descendants():
        try:
            os.kill(pid, sig)
        except OSError:
            pass


def main():
    path, func, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: (end_descendants(signal.SIGKILL), os._exit(FAILED)))
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        status = FAILED
        try:
            status = (python_test if path.endswith(".py") else shell_test)(path, func)
        finally:
            sys.stdout.flush()
            os._exit(status)

    end, status = time.monotonic() + limit, None
    while status is None:
        try:
            pid, raw = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if pid == child:
            status = os.waitstatus_to_exitcode(raw)
        elif not pid:
            if time.monotonic() > end:
                print(f"timed out after {limit:g} s")
                status = FAILED
            time.sleep(0.01)
    # SIGTERM first: a gft that still runs must detach, not just die
    end_descendants(signal.SIGTERM)
    deadline = time.monotonic() + 3
    while descendants() and time.monotonic() < deadline:
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            break
        time.sleep(0.01)
    end_descendants(signal.SIGKILL)
    if status not in (PASSED, FAILED, SKIPPED):
        print(f"the test ended with status {status}")
        status = FAILED
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
