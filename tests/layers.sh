#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Checks that no room of the source includes what it must not know.  The table
# below is the whole rule; each row is
#
#   files | project headers they may include | headers they must not, of any kind
#
# in extended regular expressions, matched against the text between the quotes
# or angle brackets of each #include line; "header.h" of the same folder counts
# as folder/header.h.  A file belongs to the first row that fits.
set -u
cd "$(dirname "$0")/.." || exit 1

LIBS='bpf/|libelf|gelf|dwarf|elfutils/|Zydis|clang|llvm'

rooms=(
	'^include/gft/      | gft/                                | '"$LIBS"
	'^parser/           | gft/|parser/|script\.(tab|lex)\.h   | gft/(kernel|compile|clang)\.h|'"$LIBS"
	'^codegen/clang\.cc | gft/clang\.h                        | bpf/|libelf|gelf|dwarf|elfutils/|Zydis'
	'^codegen/ctypes\.c | gft/ctypes\.h                       | bpf/|libelf|gelf|dwarf|elfutils/|Zydis|llvm'
	'^codegen/          | gft/|parser/|codegen/               | gft/kernel\.h|'"$LIBS"
	'^bpf-templates/    | gft/|bpf-templates/                 | gft/(kernel|target|output)\.h|stdio|stdlib|string'
	'^runtime/target/   | gft/|runtime/target/                | gft/(kernel|compile|clang)\.h|bpf/|clang|llvm'
	'^runtime/kernel/   | gft/|runtime/kernel/                | gft/(target|resolve|compile|clang)\.h|libelf|gelf|dwarf|elfutils/|Zydis|clang|llvm'
	'^runtime/graph/    | gft/|runtime/graph/                 | gft/(kernel|target|resolve|compile|clang)\.h|'"$LIBS"
	'^runtime/output/   | gft/|runtime/output/                | gft/(kernel|target|resolve|compile|clang)\.h|'"$LIBS"
	'^runtime/[^/]*$    | .*                                  | '"$LIBS"
)

bad=0
complain() {
	echo "$1: $2"
	bad=1
}

files=$(find include parser codegen bpf-templates runtime -name '*.[chly]' -o -name '*.cc' | sort)

for f in $files; do
	row=
	for r in "${rooms[@]}"; do
		IFS='|' read -r pattern _ <<<"$r"
		pattern=${pattern%%[[:space:]]*}
		[[ $f =~ $pattern ]] && {
			row=$r
			break
		}
	done
	[ -n "$row" ] || {
		complain "$f" "belongs to no room of tests/layers.sh"
		continue
	}
	# fields are separated by " | ", alternatives by a bare "|"
	mine=$(sed -E 's/^[^ ]+ +\| +//; s/ +\| .*$//' <<<"$row")
	never=$(sed -E 's/^.* \| //' <<<"$row")
	while IFS=: read -r line text; do
		name=$(sed -E 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]*)[>"].*/\1/' <<<"$text")
		if [[ $text == *'"'* ]]; then
			[ -f "${f%/*}/$name" ] && name=${f%/*}/$name
			[[ $name =~ ^($mine) ]] || complain "$f:$line" "includes \"$name\", which this room must not know"
		fi
		[[ $name =~ ^($never) ]] && complain "$f:$line" "includes $name, which this room must not use"
	done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' "$f")
done

# Only the output room and the driver write to stdout.  (diag_print() and the
# like write to a FILE that their caller gives them.)
mapfile -t silent < <(grep -vE '^(runtime/output/|runtime/[^/]*$|bpf-templates/)' <<<"$files")
while IFS=: read -r f line _; do
	complain "$f:$line" "writes to stdout: only runtime/output does"
done < <(grep -nE '(^|[^a-z_"])(printf|puts|putchar|vprintf) ?\(|\bstdout\b|\bSTDOUT_FILENO\b' \
	"${silent[@]}" /dev/null |
	grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)|__attribute__')

# Programs that tests trace are not gft: some must be C++.
while read -r f; do
	[[ $f = tests/integration/progs/* ]] && continue
	[ "$f" = codegen/clang.cc ] || complain "$f" "is C++: only codegen/clang.cc is"
done < <(find include parser codegen bpf-templates runtime tests -name '*.cc' -o -name '*.cpp' -o -name '*.cxx' -o -name '*.hpp' -o -name '*.hh')

exit $bad
