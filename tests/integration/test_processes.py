# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Several processes: forks, execs, ends, namespaces, names that are files no more."""

import os
import re
import shutil
import signal
import subprocess
import tempfile

from gft import CALLS, GFT, ROOT, Gft, NothingLeft, Skip, Target, build, cbuild, check, gft, run, wait_for
import tree


def forks():
    return cbuild("forks", "-O2", "-g")


def test_children_of_a_command():
    """-c follows: each process has its own key, another program ends nothing that is not its own."""
    with NothingLeft():
        r = gft("-q", "-e", "u:work { @[pid] = count(); } ur:work { @v[pid, retval] = count(); }", "-c", forks()).ok()
    me, *kids = re.findall(r"(?m)^(\d+)$", r.out)
    got = {k: int(v) for k, v in re.findall(r"@\[(\d+)\]: (\d+)", r.out)}
    check(got == {me: 3, kids[0]: 1, kids[1]: 3, kids[2]: 1}, "calls by process", r)
    check(f"@v[{kids[1]}, 202]: 1" in r.out and f"@v[{kids[2]}, 24]: 1" in r.out, "results by process", r)


def test_no_follow():
    r = gft("-q", "--no-follow", "-e", "u:work { @[pid] = count(); }", "-c", forks()).ok()
    me = re.findall(r"(?m)^(\d+)$", r.out)[0]
    check(re.findall(r"@\[(\d+)\]: (\d+)", r.out) == [(me, "3")], "only the first process", r)


def test_children_of_a_process():
    """-p follows as well: a child that is started later is traced from its first call."""
    for option, kids in ((), 1), (("--no-follow",), 0):
        with NothingLeft(), Target(forks(), "loop") as target, Target(forks(), "loop") as other:
            with Gft("-q", *option, "-e", "u:work { @[pid] = count(); }", "-p", str(target.pid)) as g:
                target.p.send_signal(signal.SIGUSR1)
                wait_for("a child", lambda: re.search(r"\d+", target.output()))
                r = g.stop()
            got = dict(re.findall(r"@\[(\d+)\]: (\d+)", r.out))
            kid = re.search(r"\d+", target.output())[0]
            check(int(got.get(str(target.pid), 0)) > 0 and str(other.pid) not in got, "the process, not another one", r)
            check(got.get(kid) == ("1" if kids else None), f"the child with {option}", r)


def test_a_program_that_ends_inside():
    """exec and kill end the graphs of a process, and nothing of it is left for the next program."""
    for how, trees in ("exec", 1), ("kill", 1), ("again", 3):
        r = gft("-q", "-e", "u:outer,work { graph(); }", "-c", f"{forks()} end {how}").ok()
        t = tree.parse(r.out)
        check(len(t) == trees and t[0].name == "outer" and "open" in t[0].marks, how, r)
        check([c.name for c in t[0].children] == ["work"], "what it called", r)
        check(all(x.name == "work" and not x.marks for x in t[1:]), "the next program's calls", r)


def test_its_own_end():
    """gft forgets a process that ends only after the script has seen it end."""
    r = gft("-q", "-e", "t:sched:sched_process_exit { @[pid == cpid] = count(); }", "-c", f"{CALLS} -n 1 -sleep 10ms").ok()
    check(re.search(r"(?m)^@\[true\]: [1-9]", r.out), "threads of the command that ended", r)


def test_command_words_and_status():
    """Quotes in -c; what the command ended with is told; gft's own status is its own."""
    r = gft("-e", "begin { printf(\"on\\n\"); } i:s:9 { exit(); }", "-c", "sh -c 'echo \"a  b\" $0 \"$1\"; exit 3' 'c d' \"e'f\"")
    check(r.status == 0 and "a  b c d e'f" in r.out, "words of the command", r)
    check("sh ended with status 3" in r.err, "its status", r)
    r = gft("-e", "i:s:9 { exit(); }", "-c", f"{forks()} end kill")
    check(r.status == 0 and "was ended by signal 9 (SIGKILL)" in r.err, "its signal", r)


def test_deeper_pid_namespace():
    """gft in a pid namespace, its target in one below: ids are those of gft's namespace."""
    if run(["unshare", "-p", "-f", "--mount-proc", "true"], status=None).status:
        raise Skip("unshare cannot make a pid namespace here")
    exe = forks()
    script = f"""
unshare -p -f --mount-proc {exe} loop & u=$!
while ! p=$(pgrep -x forks); do sleep 0.05; done
{GFT} -q -e 'u:work {{ printf("%d %d\\n", pid == '$p', tid == '$p'); exit(); }}' -p $p
{GFT} -q -e 'u:work {{ graph(); }} i:ms:200 {{ exit(); }}' -p $p | grep -c "pid=$p\\$"
kill -9 $p $u
"""
    r = run(["unshare", "-p", "-f", "--mount-proc", "sh", "-c", script], status=None, timeout=60)
    lines = r.out.split()
    check(lines[:2] == ["1", "1"] and int(lines[-1]) > 3, "ids in a namespace", r)


def test_outside_of_the_pid_namespace():
    """gft in a pid namespace, a program of the same file outside: it is no process here, and its graphs go on."""
    if run(["unshare", "-p", "-f", "--mount-proc", "true"], status=None).status:
        raise Skip("unshare cannot make a pid namespace here")
    with Target(CALLS, "-n", "9", "-sleep", "2500ms") as t:
        out = run(["unshare", "-p", "-f", "--mount-proc", GFT, "-q", "-e",
                   "u:main.doSomething { graph(); } i:s:8 { exit(); }", CALLS], status=None, timeout=40).out
    whole = re.findall(r" 2\.[5-9]\d*s +\} main\.doSomething\+\d+ ", out)
    check(len(whole) >= 2 and out.count("(open)") <= 1 and f"pid={t.pid}" in out, "whole calls", out)


def test_other_root():
    """A process in another mount namespace, with another root: its file is not the one that the name means here."""
    with tempfile.TemporaryDirectory() as d:
        os.makedirs(f"{d}/opt")
        exe = f"{d}/opt/prog"
        shutil.copy(CALLS, exe)
        for argv in (["chroot", d, "/opt/prog"], ["unshare", "-m", "chroot", d, "/opt/prog"]):
            with NothingLeft(), Target(*argv, "-sleep", "20ms") as target:
                wait_for("the program", lambda: os.readlink(f"/proc/{target.pid}/exe").endswith("/prog"))
                with Gft("-e", "u:main.add { graph(); printf(\"%s\\n\", ustack(2)); }", "-p", str(target.pid)) as g:
                    g.until(r"main\.add\+", 3)
                    r = g.stop()
                check(re.search(r"main\.add\+\d+\S*\n +main\.doSomething\+", r.out), "its stack", r)
                target.still_works()


def test_overlay():
    """An overlay file system, as containers have: the file lies in a layer, its path in the container's root."""
    with tempfile.TemporaryDirectory() as d:
        for sub in "lower", "upper", "work", "m":
            os.makedirs(f"{d}/{sub}")
        shutil.copy(CALLS, f"{d}/lower/prog")
        mount = f"mount -t overlay o -o lowerdir={d}/lower,upperdir={d}/upper,workdir={d}/work {d}/m"
        if run(["unshare", "-m", "sh", "-c", mount], status=None).status:
            raise Skip("no overlay file system here")
        with NothingLeft(), Target("unshare", "-m", "sh", "-c", f"{mount} && exec chroot {d}/m /prog -sleep 20ms") as t:
            wait_for("the program", lambda: os.readlink(f"/proc/{t.pid}/exe") == "/prog" or
                     os.readlink(f"/proc/{t.pid}/exe").endswith("/m/prog"))
            for name in "", "/prog:":
                with Gft("-e", f"u:{name}main.add {{ printf(\"%s\\n\", ustack(2)); }}", "-p", str(t.pid)) as g:
                    g.until(r"main\.add\+\d+\S*\n +main\.doSomething\+", 2)
                    g.stop()
            t.still_works()


def test_deleted_and_replaced():
    """The executable that runs is traced, not the file that has taken its name."""
    with tempfile.TemporaryDirectory() as d:
        exe = f"{d}/prog"
        shutil.copy(build("calls", variant="pie"), exe)
        with NothingLeft(), Target(exe, "-sleep", "20ms") as target:
            wait_for("the program", lambda: target.output())
            os.unlink(exe)
            for replaced in False, True:
                if replaced:
                    shutil.copy(forks(), exe)
                with Gft("-e", "u:main.add { graph(); @[ustack(2)] = count(); }", "-p", str(target.pid)) as g:
                    g.until(r"\} main\.add\+", 3)
                    r = g.stop()
                check(re.search(r"main\.add\+\d+\S*\n +main\.doSomething\+", r.out), "its stack", r)
            target.still_works()


def test_several_of_one_binary():
    """Bias, addresses and stacks are each process's own."""
    exe = build("calls", variant="pie")
    script = "u:main.add { @[pid, ustack(2)] = count(); @f[pid, *uaddr(\"runtime.ncpu\")] = count(); }"
    with NothingLeft(), Target(exe, "-sleep", "20ms") as a, Target(exe, "-sleep", "20ms") as b:
        with Gft("-e", script + " u:main.doSomething { graph(); }", "-p", f"{a.pid},{b.pid}") as g:
            for t in a, b:
                g.until(rf"goid=1 pid={t.pid}\b", 2)
            r = g.stop()
        for t in a, b:
            check(re.search(rf"@\[{t.pid}, \n +main\.add\+\d+\S*\n +main\.doSomething\+", r.out), "stack by process", r)
            check(re.search(rf"@f\[{t.pid}, {os.cpu_count()}\]", r.out), "a variable by process", r)


def test_used_again():
    """A process that gets the id of one that has ended is another process."""
    if run(["unshare", "-p", "-f", "--mount-proc", "sh", "-c", "echo 5 > /proc/sys/kernel/ns_last_pid"], status=None).status:
        raise Skip("the next process id cannot be chosen here")
    exe = forks()
    with tempfile.NamedTemporaryFile("r") as out:
        script = f"""
{exe} loop & a=$!
{exe} loop & b=$!
{GFT} -q -e 'u:{exe}:work {{ @[pid] = count(); }} i:ms:200 {{ print(@); clear(@); }}' -p $a,$b >> {out.name} & g=$!
while ! grep -q "@.$a." {out.name}; do sleep 0.05; done
kill -9 $a; wait $a
for i in 1 2 3 4 5 6 7 8 9; do
	echo $((a-1)) > /proc/sys/kernel/ns_last_pid
	sh -c 'exec {exe} loop' & c=$!
	[ $c = $a ] && break
	kill -9 $c
done
sleep 0.5; echo again >> {out.name}; sleep 0.7
kill -INT $g; wait $g
kill -9 $b $c
echo $a $b $c
"""
        r = run(["unshare", "-p", "-f", "--mount-proc", "bash", "-c", script], status=None, timeout=60)
        a, b, c = r.out.split()
        if a != c:
            raise Skip("no process got the same id")
        before, after = out.read().split("again\n")
        check(f"@[{a}]: " in before and f"@[{b}]: " in before, "both were traced", before)
        check(f"@[{a}]: " not in after and f"@[{b}]: " in after, "the process that came later was traced", before, after)


def test_another_program_in_its_place():
    """Stacks of a process that runs another program from now on are named by that one."""
    first = cbuild("becomes", "-O1", "-g", "-no-pie", "-fno-omit-frame-pointer")
    second = cbuild("becomes2", "-O1", "-g", "-no-pie", "-fno-omit-frame-pointer", "-DSECOND", src="becomes.c")
    with Gft("-q", "-e", f'u:{first}:first,u:{second}:second {{ printf("%s %s\\n", func, ustack(2)); }}') as g:
        run([first, second])
        r = g.stop()
    got = re.findall(r"^ +(\w+)\+\d+", r.out, re.M)
    check(got == ["first", "main", "second", "main"], f"{got}", r)

