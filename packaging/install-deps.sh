#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Installs what gft needs and this machine lacks, from Debian's packages only.
#
#   install-deps.sh build    what compiles and links gft (the default)
#   install-deps.sh demo     and one Go compiler, for the example programs
#   install-deps.sh test     and what the test lanes use: cmocka, several Go
#                            compilers, some Go programs that others built
#   install-deps.sh bench    and what the benchmark compares with: bpftrace
#   install-deps.sh vm       and what runs other kernels (tests/vm/run): QEMU
#
# Where the release's own libbpf is older than 1.3 (Debian 12), it comes from
# the release's backports suite.  The source entry for that suite is derived
# from the one that the machine already uses, so mirrors and keys stay yours.
set -eu

what=${1:-build}
case $what in
build | demo | test | bench | vm) ;;
*)
	sed -n '4,16p' "$0" >&2
	exit 2
	;;
esac

say() { echo "install-deps: $*"; }
die() {
	echo "install-deps: $*" >&2
	exit 1
}

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }

# Newest version that apt could install, in any suite it knows ("" when none).
newest() {
	apt-cache madison "$1" 2>/dev/null | awk -F'|' '{gsub(/ /, "", $2); print $2}' |
		while read -r v; do
			if [ -z "${best:-}" ] || dpkg --compare-versions "$v" gt "$best"; then
				best=$v
				echo "$best"
			fi
		done | tail -n 1
}

have_libbpf() { installed libbpf-dev && dpkg --compare-versions "$(dpkg-query -W -f '${Version}' libbpf-dev)" ge 1:1.3; }

updated=
update() {
	[ -n "$updated" ] && return
	say "updating the package lists"
	apt-get update -q >/dev/null || die "apt-get update failed: is the network up, and are apt's sources right?"
	updated=1
}

# One field of the source entry that the machine uses for its own release.
release_field() { # FIELD as in apt-get indextargets
	apt-get indextargets --format "\$(ORIGIN)|\$(CODENAME)|\$(COMPONENT)|\$($1)" 'Created-By: Packages' |
		awk -F'|' -v c="$codename" '$1 == "Debian" && $2 == c && $3 == "main" {print $4; exit}'
}

# Value of Signed-By of the stanza or line that an entry of the form FILE:N names.
signed_by() {
	file=${1%:*}
	[ -f "$file" ] || return 0
	case $file in
	*.sources) awk -v RS= -v n="${1##*:}" 'NR == n' "$file" | sed -n 's/^Signed-By:[ \t]*//Ip' | head -n 1 ;;
	*) sed -n "${1##*:}p" "$file" | sed -n 's/.*[[ ]signed-by=\([^] ]*\).*/\1/Ip' ;;
	esac
}

add_backports() {
	list=/etc/apt/sources.list.d/gft-backports.sources
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	[ -n "$codename" ] || die "libbpf >= 1.3 is needed, and this system does not say which Debian release it is"
	uri=$(release_field REPO_URI)
	[ -n "$uri" ] || die "libbpf >= 1.3 is needed; no Debian source for $codename was found to derive its backports suite from"
	key=$(signed_by "$(release_field SOURCESENTRY)")
	say "adding the suite $codename-backports, for libbpf >= 1.3, as $list"
	{
		printf 'Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\n' "$uri" "$codename"
		[ -z "$key" ] || printf 'Signed-By: %s\n' "$key"
	} >"$list"
	updated=
	update
}

# install PACKAGE...: those that are missing, from the release; at any failure stop.
install() {
	missing=
	for p in "$@"; do installed "$p" || missing="$missing $p"; done
	[ -n "$missing" ] || return 0
	update
	say "installing$missing"
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/tmp/gft-install.log 2>&1 || {
		tail -n 20 /tmp/gft-install.log >&2
		die "apt-get install failed for:$missing"
	}
}

# install_newest PACKAGE...: the newest version of any suite apt knows.
install_newest() {
	for p in "$@"; do
		v=$(newest "$p")
		[ -n "$v" ] || die "no package $p in any suite that apt knows"
		say "installing $p $v"
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$p=$v" >/tmp/gft-install.log 2>&1 ||
			# its dependencies may have to come from the same suite
			DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
				-t "$(. /etc/os-release && echo "$VERSION_CODENAME")-backports" "$p" >/tmp/gft-install.log 2>&1 || {
			tail -n 20 /tmp/gft-install.log >&2
			die "apt-get install failed for $p"
		}
	done
}

# install_optional PACKAGE...: as many as there are; a missing one only costs a skipped test.
install_optional() {
	for p in "$@"; do
		installed "$p" && continue
		update
		[ -n "$(newest "$p")" ] || {
			say "no package $p here: what needs it will be skipped"
			continue
		}
		(install_newest "$p") || say "could not install $p: what needs it will be skipped"
	done
}

[ "$(id -u)" = 0 ] || {
	# nothing to do is fine without root
	ok=1
	for p in gcc g++ make flex bison pkg-config libelf-dev libdw-dev libzydis-dev zlib1g-dev llvm-dev libclang-dev libclang-cpp-dev; do
		installed "$p" || ok=
	done
	[ -n "$ok" ] && have_libbpf && exit 0
	die "packages are missing and only root can install them: run it with sudo"
}
command -v apt-get >/dev/null || die "this is not a Debian system: install what packaging/README names by hand"

install gcc g++ libc6-dev make flex bison pkg-config libelf-dev libdw-dev libzydis-dev zlib1g-dev llvm-dev libclang-dev libclang-cpp-dev
if ! have_libbpf; then
	update
	v=$(newest libbpf-dev)
	[ -n "$v" ] && dpkg --compare-versions "$v" ge 1:1.3 || add_backports
	install_newest libbpf-dev
	have_libbpf || die "no libbpf >= 1.3 in any suite of this release"
fi

go_here() { ls -d /usr/lib/go-1.*/bin/go >/dev/null 2>&1 || command -v go >/dev/null 2>&1; }

case $what in
demo)
	go_here || {
		update
		install golang-go
	}
	;;
test)
	install libcmocka-dev python3 binutils procps
	go_here || install golang-go
	install_optional golang-1.19-go golang-1.21-go golang-1.22-go golang-1.23-go clang libclang-rt-dev clang-format
	;;
bench)
	go_here || install golang-go
	install_optional bpftrace
	;;
vm)
	install busybox-static cpio
	# Debian 12's own QEMU (7.2) breaks guests where there is no /dev/kvm
	dpkg --compare-versions "$(newest qemu-system-x86)" ge 1:8 || add_backports
	install_newest qemu-system-x86
	;;
esac
