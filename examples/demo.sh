#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What "make demo" runs once everything is built: starts the example program,
# attaches gft to it for a few seconds, shows the graph, and cleans up.  Where
# this user or this kernel cannot trace, it says what is lacking and shows what
# gft does up to that point.
set -u

cd "$(dirname "$0")/.." || exit 1
gft=${GFT:-build/gft}
calls=examples/bin/calls
script='u:main.add < fetch(+8(%ax):s64); graph(); >'
seconds=${DEMO_SECONDS:-4}

for f in "$gft" "$calls"; do
	[ -x "$f" ] || {
		echo "demo: $f is missing: run make demo, which builds it" >&2
		exit 1
	}
done

target='' tracer=''
cleanup() {
	trap - EXIT INT TERM HUP
	# gft first: it detaches from the target, which goes on as before
	for pid in $tracer $target; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	[ -z "${tmp:-}" ] || rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

section() { printf '\n--- %s\n\n' "$*"; }
show() { # a command as one would type it
	local arg line='$'
	for arg in "$@"; do
		case $arg in
		*[!A-Za-z0-9_./=:,@%+-]*) line+=" '$arg'" ;;
		*) line+=" $arg" ;;
		esac
	done
	printf '%s\n' "$line"
}
run() { # shows the command, then runs it
	show "$@"
	"$@"
}

# What can be shown without a kernel that lets us trace.
dry() {
	section "what this kernel offers (gft --info)"
	run "$gft" --info
	section "the script, checked against the program, without attaching"
	run "$gft" --dry-run -e "$script" "$calls" || return 1
	section "the BPF program that gft generates for it"
	run "$gft" -d c -e "$script" "$calls" || return 1
	section "to trace for real, run as root on a kernel that offers uprobes and BPF: sudo make demo"
}

if [ "$(id -u)" != 0 ]; then
	echo "demo: attaching to programs needs root, and this is user $(id -un): showing what works without."
	dry
	exit
fi
if ! why=$("$gft" --info 2>&1); then
	echo "demo: this kernel does not let gft trace. It says:"
	printf '%s\n' "$why" | sed 's/^/    /'
	dry
	exit
fi

tmp=$(mktemp -d) || exit 1

"$calls" >/dev/null &
target=$!

section "$calls runs as process $target; attaching for $seconds seconds"
show "$gft" -e "$script" "./$calls"
echo
# stdout passes through: the trees appear as their root calls return
"$gft" -e "$script" "./$calls" 2>"$tmp/err" &
tracer=$!

# the seconds count from the attach message on, not from the start
for ((i = 0; i < 100; i++)); do
	grep -q '^Attached' "$tmp/err" && break
	kill -0 "$tracer" 2>/dev/null || break
	sleep 0.1
done
if ! kill -0 "$tracer" 2>/dev/null; then
	wait "$tracer"
	status=$?
	tracer=''
	cat "$tmp/err" >&2
	echo "demo: gft ended with status $status before it was attached" >&2
	exit 1
fi
sleep "$seconds"
kill -INT "$tracer"
wait "$tracer"
status=$?
tracer=''
sed 's/^/gft: /' "$tmp/err" >&2
if [ "$status" != 0 ]; then
	echo "demo: gft ended with status $status" >&2
	exit 1
fi

section "what add calls: every function of main, from one round of a new process"
run "$gft" -q -e 'u:main.doSomething { graph(); } u:main.* {}' -c "./$calls -n 1" || exit 1

section "how often each function ran, counted in the kernel"
run "$gft" -q -e 'u:main.* { @[func] = count(); }' -c "./$calls -n 2 -sleep 100ms" || exit 1

kill -0 "$target" 2>/dev/null || {
	echo "demo: the traced program did not survive" >&2
	exit 1
}
section "the program was never stopped or changed: process $target still runs, and is ended now"
