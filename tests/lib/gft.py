# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What integration tests are made of: Go programs to trace, and gft itself.

    with Gft("-e", SCRIPT, target) as g:   # started, and attached (--ready-fd)
        run([target, "-n", "3"])           # the load starts after that
        r = g.stop()                       # SIGINT, r.status, r.out, r.err

Every wait has a deadline; whatever a test leaves running is ended by the
process that runs it (onetest.py), which is the parent of last resort.
"""

import glob
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, os.environ.get("GFT_OUT", "build"))
GFT = os.environ.get("GFT", os.path.join(OUT, "gft"))
CALLS = os.path.join(ROOT, "examples/bin/calls")
PROGS = os.path.join(ROOT, "tests/integration/progs")

# The script of the first example, by every name it has in these tests.
ADD = "u:main.add < fetch(+8(%ax):s64); graph(); >"


class Skip(Exception):
    """This machine cannot run the test; the text says why."""


class Fail(AssertionError):
    pass


def check(ok, why, *evidence):
    """Fails with why, and what was seen (long texts are cut in the middle)."""
    if ok:
        return
    seen = "\n".join(str(e) for e in evidence)
    if len(seen) > 3000:
        seen = seen[:1500] + "\n   ...\n" + seen[-1500:]
    raise Fail(why + ("\n" + seen if seen else ""))


def wait_for(what, cond, timeout=10.0):
    """Polls until cond() is true, and returns its value."""
    end = time.monotonic() + timeout
    while True:
        val = cond()
        if val:
            return val
        if time.monotonic() > end:
            raise Fail(f"after {timeout:g} s still waiting for {what}")
        time.sleep(0.02)


# --- Go programs ------------------------------------------------------------------

def go_versions():
    """[(version, path of go)], oldest first: Debian's packages, else the go of PATH."""
    found = []
    for path in glob.glob("/usr/lib/go-*/bin/go"):
        v = path.split("/")[3][3:]
        if re.fullmatch(r"\d+\.\d+", v):
            found.append((tuple(map(int, v.split("."))), v, path))
    if not found and shutil.which("go"):
        return [("path", shutil.which("go"))]
    return [(v, p) for _, v, p in sorted(found)]


def go_newest():
    v = go_versions()
    if not v:
        raise Skip("no Go compiler here (packages golang-go, golang-1.19-go, ...)")
    return v[-1]


def go_env():
    return dict(os.environ, GO111MODULE="off", GOTOOLCHAIN="local", GOFLAGS="", CGO_ENABLED="0",
                GOCACHE=os.path.join(ROOT, "build/gocache"))


VARIANTS = {
    "plain": [],
    "stripped": ["-ldflags=-s -w"],
    "pie": ["-buildmode=pie"],
    "pie-stripped": ["-buildmode=pie", "-ldflags=-s -w"],
    "unoptimised": ["-gcflags=all=-N -l"],
    "cgo": [],  # of a program that has a file with import "C": linked by the system's linker
    "cgo-pie": ["-buildmode=pie"],
    "cgo-static": ["-ldflags=-linkmode=external -extldflags=-static"],
    "cgo-library": ["-buildmode=c-shared"],
    "cgo-library-stripped": ["-buildmode=c-shared", "-ldflags=-s -w"],
    "cgo-plugin": ["-buildmode=plugin"],
    "race": ["-race"],
}


def can_cgo(version, variant):
    """Skips where this Go compiler cannot do what the variant needs."""
    if os.environ.get("GFT_PREBUILT") and os.path.isdir(os.path.join(ROOT, "build/progs", f"{version}-{variant}")):
        return
    if not shutil.which("gcc"):
        raise Skip("cgo needs gcc")
    if variant == "race" and not glob.glob(f"/usr/*/go-{version}/src/runtime/race/race_linux_amd64.syso") and \
            not glob.glob(f"/usr/*/go-{version}/src/runtime/race/internal/amd64v1/*.syso"):
        raise Skip(f"Go {version} is packaged without the race detector's runtime")


def up_to_date(exe, *sources):
    """Whether a program need not be compiled."""
    if not os.path.exists(exe):
        return False
    # in a virtual machine (tests/vm/run) nothing can be compiled, and times of files mean nothing
    if os.environ.get("GFT_PREBUILT"):
        return True
    return os.path.getmtime(exe) >= max(map(os.path.getmtime, sources))


def build(name, go=None, variant="plain"):
    """Path of test program name (or "calls"), compiled when it is not there yet."""
    version, compiler = go or go_newest()
    src = os.path.join(ROOT, "examples/calls") if name == "calls" else os.path.join(PROGS, name)
    exe = os.path.join(ROOT, "build/progs", f"{version}-{variant}", name)
    if up_to_date(exe, *glob.glob(src + "/*")):
        return exe
    env = go_env()
    if variant.startswith("cgo") or variant == "race":
        can_cgo(version, variant)
        env["CGO_ENABLED"] = "1"
    os.makedirs(os.path.dirname(exe), exist_ok=True)
    tmp = f"{exe}.{os.getpid()}"
    p = subprocess.run([compiler, "build", *VARIANTS[variant], "-o", tmp, "."], cwd=src, env=env,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
    check(p.returncode == 0, f"go build of {name} ({version}, {variant}) failed", p.stdout)
    os.rename(tmp, exe)
    return exe


# --- C programs -------------------------------------------------------------------

def cbuild(name, *flags, src=None, compiler="gcc", out=None):
    """Path of progs/c/NAME.c (or src) compiled with these flags, when it is not there yet."""
    src = os.path.join(PROGS, "c", src or f"{name}.c")
    if not shutil.which(compiler):
        raise Skip(f"no {compiler} here")
    where = re.sub(r"[^\w.=-]+", "", "".join(flags)) or "plain"
    exe = os.path.join(ROOT, "build/progs/c", f"{compiler}{where}"[:80], out or name)
    if up_to_date(exe, src):
        return exe
    os.makedirs(os.path.dirname(exe), exist_ok=True)
    tmp = f"{exe}.{os.getpid()}"
    p = subprocess.run([compiler, *flags, "-o", tmp, src], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=120)
    check(p.returncode == 0, f"{compiler} of {src} failed", p.stdout)
    os.rename(tmp, exe)
    return exe


# --- processes --------------------------------------------------------------------

class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __str__(self):
        return f"status {self.status}\nstdout:\n{self.out}stderr:\n{self.err}"

    def ok(self):
        check(self.status == 0, "gft did not end with status 0", self)
        return self

    def fails_with_one_error(self):
        """Status 1, nothing on stdout, one error on stderr, no crash."""
        check(self.status == 1, f"status {self.status}, not 1", self)
        check(self.out == "", "output in spite of the error", self)
        errors = [line for line in self.err.split("\n") if re.search(r": ERROR: |^gft: ", line)]
        check(len(errors) == 1, f"{len(errors)} errors, not 1", self)
        check("Sanitizer" not in self.err and "assert" not in self.err.lower(), "an internal error", self)
        return self


def text(data):
    return data.decode("utf-8", "backslashreplace")


def run(argv, timeout=30, status=0, **kw):
    """Runs a program to its end; checks its status unless status is None."""
    try:
        p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                           timeout=timeout, **kw)
    except subprocess.TimeoutExpired as e:
        raise Fail(f"{' '.join(argv)} did not end within {timeout} s\n{text(e.stdout or b'')}{text(e.stderr or b'')}") from None
    r = Result(p.returncode, text(p.stdout), text(p.stderr))
    if status is not None:
        check(r.status == status, f"{os.path.basename(argv[0])}: status {r.status}, not {status}", r)
    return r


def gft(*args, timeout=60, status=None, **kw):
    """Runs gft to its end, without waiting for anything else."""
    return run([GFT, *args], timeout=timeout, status=status, cwd=kw.pop("cwd", ROOT), **kw)


class Target:
    """A program that runs while it is traced; its output goes to a file."""

    def __init__(self, *argv, cwd=ROOT):
        self.file = tempfile.TemporaryFile()
        self.p = subprocess.Popen(argv, stdout=self.file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd)
        self.pid = self.p.pid

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.end()

    def alive(self):
        return self.p.poll() is None

    def output(self):
        self.file.seek(0)
        return text(self.file.read())

    def wait(self, timeout=60):
        """Waits for its own end; it must have survived being traced."""
        status = self.p.wait(timeout)
        check(status == 0, f"the target ended with status {status}", self.output())
        return self.output()

    def end(self):
        if self.alive():
            self.p.kill()
        self.p.wait()

    def still_works(self):
        """Proof that it was left running: it goes on printing."""
        before = len(self.output())
        check(self.alive(), "the target died", self.output())
        wait_for("more output of the target", lambda: len(self.output()) > before)


class Gft:
    """gft in the background."""

    def __init__(self, *args, ready=True, timeout=60, cwd=ROOT, stdout=None, prefix=()):
        self.out_file, self.err_file = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.rfd, wfd = os.pipe()
        argv = [*prefix, GFT, "--ready-fd", str(wfd), *args]
        self.start = time.monotonic()
        self.p = subprocess.Popen(argv, stdout=stdout or self.out_file, stderr=self.err_file,
                                  stdin=subprocess.DEVNULL, pass_fds=(wfd,), cwd=cwd)
        os.close(wfd)
        self.pid = self.p.pid
        if ready:
            self.wait_ready(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.p.poll() is None:
            # SIGTERM first: what is attached must go, also after a failed test
            self.p.terminate()
            try:
                self.p.wait(5)
            except subprocess.TimeoutExpired:
                self.p.kill()
        self.p.wait()
        os.close(self.rfd)

    def wait_ready(self, timeout=60):
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            check(left > 0, f"gft was not ready after {timeout} s", self.stderr())
            if select.select([self.rfd], [], [], min(left, 1))[0]:
                if os.read(self.rfd, 1):
                    break
                self.p.wait(10)
                raise Fail(f"gft ended before it was attached\n{self.result()}")
        self.ready_s = time.monotonic() - self.start

    def stdout(self):
        self.out_file.seek(0)
        return text(self.out_file.read())

    def stderr(self):
        self.err_file.seek(0)
        return text(self.err_file.read())

    def result(self):
        return Result(self.p.returncode, self.stdout(), self.stderr())

    def wait(self, timeout=60):
        try:
            self.p.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Fail(f"gft did not end within {timeout} s\nstdout:\n{self.stdout()[-1500:]}\n"
                       f"stderr:\n{self.stderr()}") from None
        return self.result()

    def stop(self, sig=signal.SIGINT, timeout=60):
        """Ends it as a user would, and expects it to end well."""
        self.p.send_signal(sig)
        return self.wait(timeout).ok()

    def until(self, pattern, count=1, timeout=15):
        """Waits until stdout holds pattern at least count times."""
        wait_for(f"{count} times {pattern!r} in gft's output",
                 lambda: len(re.findall(pattern, self.stdout())) >= count or self.p.poll() is not None, timeout)
        return self.stdout()


# --- losses and leftovers -----------------------------------------------------------

def losses(err):
    """What gft says it lost, in calls or records; 0 when it says nothing of the kind."""
    total = 0
    for line in err.split("\n"):
        if re.search(r"\b(lost|not tracked|not shown|ignored|skipped)\b", line):
            m = re.search(r"\b(\d[\d,]*)\b", line)
            if m:
                total += int(m[1].replace(",", ""))
    return total


def bpf_ids():
    """BPF programs and links that gft (or nobody) holds, or None without bpftool."""
    if not shutil.which("bpftool"):
        return None
    found = set()
    for kind in ("prog", "link"):
        p = subprocess.run(["bpftool", "-j", kind, "list"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20)
        try:
            rows = json.loads(p.stdout or b"[]")
        except ValueError:
            return None
        if not isinstance(rows, list):
            return None
        for row in rows:
            owners = [o.get("comm", "") for o in row.get("pids", [])]
            if not owners or any(o.startswith("gft") for o in owners):
                found.add((kind, row.get("id")))
    return found


class NothingLeft:
    """with NothingLeft(): ... checks that no program or link outlives the block."""

    def __enter__(self):
        self.before = bpf_ids()
        return self

    def __exit__(self, kind, *exc):
        if kind or self.before is None:
            return
        # the kernel frees them a moment after the last descriptor is closed
        wait_for("the kernel to drop gft's programs and links", lambda: not (bpf_ids() or set()) - self.before)
