# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Debian packages in a folder of our own: newer Go compilers, and Go programs that somebody else built.

Nothing is installed and no suite is mixed into the system: apt gets lists, cache
and status of its own, and the source entry is derived from the machine's.
"""

import contextlib
import fcntl
import glob
import os
import re
import subprocess

from gft import ROOT, Skip, go_versions

HOME = os.path.join(ROOT, "build/apt")
NEWER_SUITES = ("trixie", "forky", "sid")


def debian_uri():
    """Where this machine gets Debian's main archive from."""
    for path in glob.glob("/etc/apt/sources.list.d/*") + ["/etc/apt/sources.list"]:
        try:
            text = open(path, encoding="utf-8").read()
        except OSError:
            continue
        for uri in re.findall(r"^\s*(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(\S+/debian/?)(?:\s|$)", text, re.M):
            return uri
    raise Skip("no source entry of Debian's archive on this machine")


class Apt:
    def __init__(self, suites):
        self.dir = os.path.join(HOME, "-".join(suites))
        for d in ("lists/partial", "archives/partial", "etc", "root"):
            os.makedirs(os.path.join(self.dir, d), exist_ok=True)
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        sources = os.path.join(self.dir, "etc/sources.list")
        with open(sources, "w", encoding="utf-8") as f:
            f.writelines(f"deb [signed-by={keyring}] {debian_uri()} {s} main\n" for s in suites)
        self.opts = ["-q", "-o", f"Dir::State::lists={self.dir}/lists", "-o", f"Dir::Cache={self.dir}",
                     "-o", f"Dir::Cache::archives={self.dir}/archives", "-o", f"Dir::Etc::sourcelist={sources}",
                     "-o", "Dir::Etc::sourceparts=/nonexistent", "-o", "Dir::State::status=/dev/null",
                     "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"]
        with self.alone():
            if not glob.glob(f"{self.dir}/lists/*Packages*"):
                self.run("apt-get", "update")

    @contextlib.contextmanager
    def alone(self):
        """Tests that run at the same time share the folder: what is fetched by one waits for the other."""
        with open(os.path.join(self.dir, "lock"), "w", encoding="utf-8") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            yield

    def run(self, program, *args, timeout=150):
        try:
            p = subprocess.run([program, *self.opts, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               cwd=os.path.join(self.dir, "archives"), timeout=timeout)
        except (OSError, subprocess.SubprocessError) as e:
            raise Skip(f"packages cannot be fetched: {e}") from e
        if p.returncode:
            raise Skip(f"packages cannot be fetched: {(p.stderr.strip().splitlines() or ['?'])[-1]}")
        return p.stdout

    def names(self, pattern):
        return self.run("apt-cache", "search", "--names-only", pattern).split("\n")

    def unpack(self, *packages):
        """The folder that the packages were unpacked into."""
        with self.alone():
            for name in packages:
                mark = os.path.join(self.dir, f"root/.{name}")
                if os.path.exists(mark):
                    continue
                self.run("apt-get", "download", name)
                deb = sorted(glob.glob(f"{self.dir}/archives/{name}_*.deb"))[-1]
                subprocess.run(["dpkg-deb", "-x", deb, os.path.join(self.dir, "root")], check=True, timeout=100)
                os.unlink(deb)
                open(mark, "w").close()
        return os.path.join(self.dir, "root")


def newer_compilers():
    """The first and the last Go compiler of newer suites that are newer than this machine's."""
    have = max((tuple(map(int, v.split("."))) for v, _ in go_versions() if re.fullmatch(r"\d+\.\d+", v)), default=(0, 0))
    apt = Apt(NEWER_SUITES[::2])
    found = set()
    for line in apt.names(r"^golang-1\.[0-9]+-go$"):
        m = re.match(r"golang-(\d+)\.(\d+)-go ", line)
        if m and (int(m[1]), int(m[2])) > have:
            found.add((int(m[1]), int(m[2])))
    if not found:
        raise Skip("newer suites have no newer Go compiler")
    out = []
    for v in sorted({min(found), max(found)}):
        name = f"{v[0]}.{v[1]}"
        root = apt.unpack(f"golang-{name}-go", f"golang-{name}-src")
        out.append((name, f"{root}/usr/lib/go-{name}/bin/go"))
    return out
