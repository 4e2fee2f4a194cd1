#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What "make demo" shows, where gft can trace and where it cannot.  Each
# function is a test of the integration lane; it runs in a shell of its own.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

test_demo() {
	local out
	out=$(DEMO_SECONDS=3 examples/demo.sh 2>&1) || {
		echo "the demo failed: $out"
		return 1
	}
	# the first script's value, and a tree with three levels
	grep -q ' main\.add(arg1=[0-9]*) { main\.doSomething+' <<<"$out" || {
		echo "no call of main.add in: $out"
		return 1
	}
	grep -q '^.\{18\} \{16\}main\.add1() {' <<<"$out" || {
		echo "no nested call in: $out"
		return 1
	}
	if pgrep -x calls >/dev/null; then
		echo "the demo left its target running"
		return 1
	fi
}

# Without capabilities it says so, shows what works, and is content.
test_demo_without_rights() {
	local out
	command -v setpriv >/dev/null || {
		echo "no setpriv here"
		exit 77
	}
	out=$(setpriv --bounding-set=-all --inh-caps=-all -- examples/demo.sh 2>&1) || {
		echo "the demo failed: $out"
		return 1
	}
	grep -q 'does not let gft trace' <<<"$out" && grep -q 'nothing was loaded' <<<"$out" && grep -q 'SEC(' <<<"$out" || {
		echo "not the demo without a kernel: $out"
		return 1
	}
}
