# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Every way to end: signals, the target's exit, a closed pipe, exit(), kill -9."""

import os
import re
import signal
import subprocess
import time

from gft import ADD, CALLS, GFT, ROOT, Gft, NothingLeft, Target, build, check, gft, wait_for
import tree


def ended_by(sig):
    with NothingLeft(), Target(CALLS, "-sleep", "30ms") as target:
        with Gft("-e", ADD, CALLS) as g:
            g.until(r"\} main\.add\+", 2)
            start = time.monotonic()
            r = g.stop(sig)
            check(time.monotonic() - start < 5, "it took more than 5 s to end")
        check(len(tree.parse(r.out)) >= 2, "trees", r)
        target.still_works()


def test_sigint():
    ended_by(signal.SIGINT)


def test_sigterm():
    ended_by(signal.SIGTERM)


def test_sigint_before_any_event():
    with NothingLeft(), Gft("-e", ADD, CALLS) as g:
        r = g.stop()
    check(r.out == "", "output without a call", r)


def test_sigint_twice():
    """A second signal while detaching does no harm."""
    with NothingLeft(), Target(CALLS, "-sleep", "30ms") as target:
        with Gft("-e", "u:runtime.* { @ = count(); }", CALLS) as g:
            g.p.send_signal(signal.SIGINT)
            time.sleep(0.01)
            if g.p.poll() is None:
                g.p.send_signal(signal.SIGINT)
            g.wait()
        target.still_works()


def test_target_exits():
    with NothingLeft(), Target(CALLS, "-n", "10", "-sleep", "100ms", "-self-check") as target:
        with Gft("-e", ADD, "-p", str(target.pid)) as g:
            r = g.wait(20).ok()
        check("ok\n" in target.wait(), "the target's own check failed")
    check(len(tree.parse(r.out)) >= 1, "trees", r)


def test_target_is_killed():
    with NothingLeft(), Target(CALLS, "-sleep", "100ms") as target:
        with Gft("-e", "u:main.doSomething { graph(); } u:main.* {}", "-p", str(target.pid)) as g:
            g.until(r"\} main\.doSomething\+", 1)
            target.p.kill()
            r = g.wait(20).ok()
    check(len(tree.parse(r.out, [], allow_open=True)) >= 1, "trees", r)


def test_command_status():
    """A command that fails is told of; gft itself did its work."""
    with NothingLeft():
        r = gft("-e", ADD, "-c", "./examples/bin/calls -no-such-flag")
    check(r.status in (0, 1, 2), "status", r)
    check("no-such-flag" in r.err, "the command's own message is missing", r)


def test_command_does_not_exist():
    r = gft("-e", ADD, "-c", "./examples/bin/nothing")
    r.fails_with_one_error()
    check("nothing" in r.err, "the command is not named", r)


def test_command_ends_with_gft():
    """The child of -c goes when gft is interrupted."""
    with NothingLeft(), Gft("-e", ADD, "-c", "./examples/bin/calls -sleep 30ms") as g:
        g.until(r"\} main\.add\+", 1)
        with open(f"/proc/{g.pid}/task/{g.pid}/children", encoding="ascii") as f:
            children = [int(p) for p in f.read().split()]
        check(len(children) == 1, "children of gft", children)
        g.stop()
    wait_for("the command to end", lambda: not os.path.exists(f"/proc/{children[0]}/exe"))


def test_closed_pipe():
    with NothingLeft(), Target(CALLS, "-sleep", "20ms") as target:
        p = subprocess.run(["bash", "-c", 'set -o pipefail; "$0" -e "$1" ./examples/bin/calls | head -n 1', GFT, ADD],
                           cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        check(p.returncode == 0, f"status {p.returncode}", p.stdout, p.stderr)
        check(p.stdout.count(b"\n") == 1 and b"main.add(" in p.stdout, "not one line", p.stdout)
        check(b"error" not in p.stderr.lower(), "an error was told", p.stderr)
        target.still_works()


def test_full_disk():
    """A write that fails is an error, told once."""
    with NothingLeft(), Target(CALLS, "-sleep", "20ms"), open("/dev/full", "wb") as full:
        with Gft("-e", ADD, "./examples/bin/calls", stdout=full) as g:
            r = g.wait(20)
    check(r.status == 1 and "No space left" in r.err, "not told", r)


def test_kill_9():
    """gft dies at once; the kernel takes its probes away, the target goes on."""
    with NothingLeft(), Target(CALLS, "-sleep", "20ms") as target:
        with Gft("-e", "u:main.* { graph(); }", CALLS) as g:
            g.until(r"\} main\.doSomething\+", 2)
            g.p.kill()
            g.p.wait(10)
        target.still_works()
        # and the next one can trace it
        with Gft("-e", ADD, CALLS) as g:
            g.until(r"\} main\.add\+", 2)
            g.stop()
        target.still_works()


def test_exit_without_room():
    """exit() whose record finds the buffer full ends the run all the same, with its status."""
    flood = 'for ($i : 0..20000) { printf("%d %s\\n", $i, "0123456789012345678901234567890123456789"); } '
    with NothingLeft():
        for text, command in (("begin { " + flood + "} begin { $n = 3; exit($n++); } interval:s:60 { }", ()),
                              ("begin { " + flood + "exit(3); } interval:s:60 { }", ("-c", f"{CALLS} -n 1"))):
            r = gft("-q", "--buffer", "64K", "-e", text, *command, timeout=30)
            check(r.status == 3 and "records lost" in r.err and "student" not in r.out, "its status, and no command", r.status, r.err, r.out[-300:])


def test_exit_in_script():
    with NothingLeft(), Target(CALLS, "-sleep", "20ms"):
        r = gft("-e", "u:main.add { @n = @n + 1; if (@n == 3) { exit(); } }", CALLS).ok()
    check(re.search(r"^@n: \d+$", r.out, re.M), "the map was not printed", r)


def test_begin_only_ends_by_itself():
    r = gft("-e", 'begin { printf("hello\\n"); }').ok()
    check(r.out == "hello\n", "output", r)


def test_many_starts():
    """Attach and detach, again and again, under load."""
    exe = build("storm")
    with NothingLeft(), Target(exe, "-goroutines", "20", "-rounds", "100000") as target:
        for _ in range(5):
            with Gft("-e", "u:main.root { graph(); } u:main.mid {} u:main.leaf {}", exe) as g:
                g.until(r"\} main\.root\+", 1)
                g.stop()
        check(target.alive(), "the target died", target.output())
