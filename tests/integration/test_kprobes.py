# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Probes of kernel functions, where the kernel has them: most of this runs in the lane "vm"."""

import os
import re

from gft import Skip, check, gft, run

OPEN = "do_sys_openat2"  # (int dfd, const char *filename, struct open_how *how), since Linux 5.6
HEAD = "head -n 1 /etc/passwd"


def need(what):
    info = gft("--info").out
    if not re.search(rf"^  {what} +yes$", info, re.M):
        raise Skip(f"this kernel has no {what}")


def script(text, *args, command=HEAD, timeout=80):
    """What a script prints while the command runs under it."""
    r = gft("-q", *args, "-e", text, "-c", command, timeout=timeout).ok()
    check("root:" in r.out or "head" not in command, "the command printed nothing", r)
    return r


def has(r, *lines):
    for line in lines:
        check(re.search(rf"^{line}$", r.out, re.M), f"no line {line!r}", r)


def test_kprobe():
    need("kprobes")
    r = script(f'kprobe:{OPEN} / pid == cpid / {{ printf("open %s by %s in %s of %s, %d\\n", str(arg1), comm, func, probe, arg0); }}')
    has(r, rf"open /etc/passwd by head in {OPEN} of kprobe:{OPEN}, (-100|4294967196)")


def test_kretprobe():
    need("kprobes")
    r = script(f"k:{OPEN} / pid == cpid / {{ @at[tid] = nsecs; }} "
               f'kr:{OPEN} / @at[tid] / {{ printf("gives %d\\n", retval); @ns = hist(nsecs - @at[tid]); delete(@at[tid]); }}')
    has(r, "gives 3", "@ns:.*")


def test_kprobe_inside():
    need("kprobes")
    r = script(f'kprobe:{OPEN}+0 / pid == cpid / {{ @ = count(); }}')
    has(r, r"@: [1-9]\d*")


def test_kprobes_by_pattern():
    need("kprobes")
    r = script("kprobe:vfs_rea*, kprobe:vfs_op?n / pid == cpid / { @[func] = count(); }")
    has(r, r"@\[vfs_read\]: \d+", r"@\[vfs_open\]: \d+")
    r = script("kprobe:vfs_rea* / pid == cpid / { @[probe] = count(); } kretprobe:vfs_rea* / pid == cpid / { @[probe] = count(); }")
    has(r, r"@\[kprobe:vfs_read\]: \d+", r"@\[kretprobe:vfs_read\]: \d+")


def test_fentry():
    need("fentry")
    r = script(f'fentry:{OPEN} / pid == cpid / {{ printf("open %s %d\\n", str(args.filename), args.dfd); }}')
    has(r, "open /etc/passwd -100")


def test_fexit():
    need("fentry")
    r = script(f'fexit:{OPEN} / pid == cpid / {{ printf("open %s: %d\\n", str(args.filename), retval); }}')
    has(r, "open /etc/passwd: 3")


def test_structs_of_the_kernel():
    need("fentry")
    r = script('fentry:vfs_read / pid == cpid / '
               '{ printf("read %s, %d\\n", str(args.file->f_path.dentry->d_name.name), args.count > 0); }')
    has(r, "read passwd, 1")
    # the first argument of a kprobe is what a cast makes of it
    r = script('kprobe:vfs_read / pid == cpid / { $f = (struct file *)arg0; '
               'printf("read %s\\n", str($f->f_path.dentry->d_name.name)); }')
    has(r, "read passwd")


def test_fentry_by_pattern():
    need("fentry")
    r = script("fentry:vfs_rea* / pid == cpid / { @[probe] = count(); } fexit:vfs_rea* / pid == cpid / { @[probe] = count(); }")
    has(r, r"@\[fentry:(vmlinux:)?vfs_read\]: \d+", r"@\[fexit:(vmlinux:)?vfs_read\]: \d+")


def test_stack_of_the_kernel():
    need("kprobes")
    r = script("kprobe:vfs_read / pid == cpid / { @[kstack] = count(); @f[ksym(reg(\"ip\"))] = count(); @n[kstack(1)] = count(); }")
    check(re.search(r"^ +vfs_read\+\d+\n +ksys_read\+\d+\n", r.out, re.M), "no stack of vfs_read", r)
    has(r, r"@f\[vfs_read(\+\d+)?\]: \d+")
    if re.search(r"^  fentry +yes$", gft("--info").out, re.M):
        r = script("fentry:vfs_read / pid == cpid / { @[kstack] = count(); }")
        check("ksys_read" in r.out, "no stack of fentry's function", r)


def test_stacks_with_interrupts_off():
    """A program that the kernel cannot give memory to in the middle: several new stacks of one hit are all there."""
    for _ in range(3):
        r = script("rawtracepoint:sched_switch { @a[kstack(20), ustack] = count(); @b[kstack(3)] = count(); "
                   "@c[kstack(5)] = count(); }", command="sleep 0.5")
        check("lost" not in r.err and "@b[" in r.out, "lost stacks", r)


def test_goroutine_in_the_kernel():
    """What a goroutine asks of the kernel has its id, by the thread that runs it."""
    need("kprobes")
    r = gft("-q", "-e", "kprobe:vfs_write / pid == cpid / { @[goid > 0, comm] = count(); }", "-c",
            "./examples/bin/calls -n 2 -sleep 10ms", timeout=80).ok()
    has(r, r"@\[(1|true), calls\]: [1-9]\d*")


def test_lists():
    need("kprobes")
    r = gft("-l", "kprobe:vfs_rea*").ok()
    has(r, "kprobe:vfs_read", "kprobe:vfs_readv")
    if re.search(r"^  fentry +yes$", gft("--info").out, re.M):
        r = gft("-lv", f"fentry:{OPEN}").ok()
        check("filename" in r.out and "dfd" in r.out, "no parameters", r)


def test_no_such_function():
    need("kprobes")
    for probe in ("kprobe", "kretprobe", "fentry", "fexit"):
        r = gft("-q", "-e", f"{probe}:no_such_function_at_all {{ exit(); }}", timeout=80)
        check(r.status == 1 and "no_such_function_at_all" in r.err, f"{probe}: no clear message", r)
