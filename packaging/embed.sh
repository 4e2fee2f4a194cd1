#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# embed.sh FILE...: an assembly file that carries the files and a table of
# struct embedded_file { const char *path; const char *text; uint64_t len; }.
# A file's path is the one that BPF code includes it by.
set -eu
n=0
echo '.section .rodata.gft_embed,"a",@progbits'
for f in "$@"; do
	printf '.Lt%d: .incbin "%s"\n.Le%d: .byte 0\n' $n "$f" $n
	case $f in
	bpf-templates/*) p=gft/${f#bpf-templates/} ;;
	include/*) p=${f#include/} ;;
	*/bpf/*) p=bpf/${f##*/} ;;
	*) p=$f ;;
	esac
	printf '.Lp%d: .asciz "%s"\n' $n "$p"
	n=$((n + 1))
done
echo '.section .data.rel.ro.gft_embed,"aw",@progbits'
echo '.balign 8'
echo '.globl gft_embedded_files'
echo '.hidden gft_embedded_files'
echo 'gft_embedded_files:'
i=0
while [ $i -lt $n ]; do
	printf '.quad .Lp%d, .Lt%d, .Le%d - .Lt%d\n' $i $i $i $i
	i=$((i + 1))
done
echo '.quad 0, 0, 0'
echo '.section .note.GNU-stack,"",@progbits'
