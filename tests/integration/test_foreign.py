# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Compilers and programs that are not this release's: newer Go, and Go programs from Debian's packages."""

import os
import re
import socket
import sys
import tempfile
import time
import urllib.request

from gft import Gft, NothingLeft, Skip, Target, check, gft, run, wait_for
from newer import Apt, newer_compilers

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_go  # noqa: E402
import test_sites  # noqa: E402
import test_values  # noqa: E402


# limit: 600
def test_newer_go():
    for go in newer_compilers():
        for variant in ("plain", "pie-stripped"):
            test_go.calls_of(go, variant)
        test_go.panics(go)
        test_values.values_of(go, "plain")


# limit: 300
def test_newer_go_sites():
    for go in newer_compilers():
        for variant in ("plain", "pie-stripped"):
            test_sites.sites_of(test_sites.build("panics", go, variant))


def release():
    with open("/etc/os-release", encoding="utf-8") as f:
        m = re.search(r"^VERSION_CODENAME=(\w+)", f.read(), re.M)
    if not m:
        raise Skip("this is no Debian release")
    return m[1]


def packaged(package, program, args, root, want_out):
    """A stripped program that somebody else built: every function counted, and a graph of its main."""
    exe = os.path.join(Apt((release(),)).unpack(package), program)
    check(os.path.exists(exe), f"{package} has no {program}")
    with NothingLeft():
        r = gft("-e", "u:* { @[func] = count(); }", "-c", f"{exe} {args}", timeout=120).ok()
    check(want_out in r.out, f"{program} does not work while it is traced", r.out[:2000])
    check(f"@[{root}]: 1\n" in r.out, f"{root} was not counted", r.out[-2000:])
    with NothingLeft():
        r = gft("-e", f"u:{root} {{ graph(limit = 2000); }} u:main.* {{}} u:runtime.chan* {{}}", "-c", f"{exe} {args}",
                timeout=120).ok()
    check(want_out in r.out, f"{program} does not work while it is traced", r.out[:2000])
    check(re.search(rf" {re.escape(root)}\(\) \{{ ", r.out), "no graph", r.out[:2000], r.err)
    check("made no sense" not in r.err, "damaged records", r.err)


# limit: 300
def test_age():
    packaged("age", "usr/bin/age-keygen", "", "main.main", "AGE-SECRET-KEY-")


# limit: 300
def test_fzf():
    packaged("fzf", "usr/bin/fzf", "--version", "main.main", "0.")


# A dozen stripped programs of Debian's packages, small ones first: of each linker mode, with and without cgo.
DOZEN = (("age", "usr/bin/age-keygen"), ("age", "usr/bin/age"), ("fzf", "usr/bin/fzf"), ("gopass", "usr/bin/gopass"),
         ("gocryptfs", "usr/bin/gocryptfs-xray"), ("gocryptfs", "usr/bin/gocryptfs"), ("gocryptfs", "usr/bin/statfs"),
         ("direnv", "usr/bin/direnv"), ("micro", "usr/bin/micro"), ("hub", "usr/bin/hub"), ("runc", "usr/sbin/runc"),
         ("acmetool", "usr/bin/acmetool"), ("etcd-client", "usr/bin/etcdctl"), ("etcd-server", "usr/bin/etcd"),
         ("caddy", "usr/bin/caddy"))


# limit: 400
def test_sites_of_a_dozen():
    """Functions are found, and every chosen site of every function is an instruction of another disassembler's."""
    apt, done, why, end = Apt((release(),)), 0, None, time.monotonic() + 200
    for package, program in DOZEN:
        if time.monotonic() > end:
            break
        try:
            exe = os.path.join(apt.unpack(package), program)
        except Skip as e:
            why = e
            continue
        r = gft("info", exe).ok()
        m = re.search(r"(\d+) Go, ", r.out)
        check(m and int(m[1]) > 1000 and "goid at" in r.out, f"what is known of {program}", r)
        test_sites.sites_of(exe)
        done += 1
    if not done:
        raise why or Skip("no packages")
    check(done >= 12 or why or time.monotonic() > end, f"only {done} programs were looked at")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# limit: 300
def test_caddy():
    """A stripped server of 40,000 functions, linked by gcc: a graph of each request."""
    exe = os.path.join(Apt((release(),)).unpack("caddy"), "usr/bin/caddy")
    url = f"http://127.0.0.1:{free_port()}/"
    serve = "github.com/caddyserver/caddy/v2/modules/caddyhttp.(*Server).ServeHTTP"
    with tempfile.TemporaryDirectory() as home, NothingLeft():
        env = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home)
        with Target("env", *(f"{k}={v}" for k, v in env.items() if k in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")), exe,
                    "respond", "--listen", url[7:-1], "hello") as t:
            def fetch():
                try:
                    return urllib.request.urlopen(url, timeout=5).read() == b"hello"
                except OSError:
                    return False
            wait_for("caddy", fetch, 30)
            with Gft("-q", "-e", f'u:"{serve}" {{ graph(limit = 500, parks, syscalls, stack); }} u:*caddyhttp.* {{}} '
                     f'ur:"{serve}" {{ @ = count(); @max = max(duration); }}', "-p", str(t.pid)) as g:
                for _ in range(5):
                    check(fetch(), "caddy does not answer while it is traced")
                r = g.stop()
            check(t.alive() and fetch(), "caddy does not answer afterwards")
    check(len(re.findall(re.escape(serve) + r"\(\) \{ .* goid=", r.out)) == 5, "a graph of each request", r)
    check(len(re.findall(r"\} " + re.escape(serve) + r"\+\S+ .*\[running ", r.out)) == 5, "where the time went", r)
    check(len(re.findall(r"^-- called from net/http\.", r.out, re.M)) == 5, "who called it", r)
    check(re.search(r"^@: 5$", r.out, re.M), "requests counted", r)
    check(re.search(r"caddyhttp\.\S*StaticResponse", r.out), "the handler that answered is in the graph", r)
    check("made no sense" not in r.err, "damaged records", r.err)


# limit: 300
def test_etcd():
    """A server that writes: its own latencies, by results of its clients."""
    root = Apt((release(),)).unpack("etcd-server", "etcd-client")
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    with tempfile.TemporaryDirectory() as d, NothingLeft():
        with Target(f"{root}/usr/bin/etcd", "--data-dir", d, "--listen-client-urls", client, "--advertise-client-urls", client,
                    "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}") as t:
            ctl = ["env", "ETCDCTL_API=3", f"{root}/usr/bin/etcdctl", f"--endpoints={client}"]
            wait_for("etcd", lambda: run([*ctl, "endpoint", "health"], status=None, timeout=60).status == 0, 60)
            with Gft("-q", "-e", 'ur:"*etcdserver.(*EtcdServer).Put" { @puts = count(); @ = hist(duration / 1000); } '
                     'u:"*etcdserver.(*EtcdServer).Put" { @who[goid] = count(); }', "-p", str(t.pid)) as g:
                for i in range(4):
                    run([*ctl, "put", f"key{i}", "value"])
                r = g.stop()
            check(run([*ctl, "get", "key3"]).out.split() == ["key3", "value"], "etcd does not answer afterwards")
    check(re.search(r"^@puts: 4$", r.out, re.M) and "@who[" in r.out, "writes counted", r)
