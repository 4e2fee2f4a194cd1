" SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
" Syntax of gft scripts.  Copy this folder's contents into ~/.vim.
if exists("b:current_syntax")
  finish
endif

syn match gftComment "//.*$"
syn region gftComment start="/\*" end="\*/"
syn match gftShebang "\%1l^#!.*$"
syn region gftString start=+"+ skip=+\\.+ end=+"+ oneline contains=gftEscape,gftFormat
syn match gftEscape "\\\(x\x\{1,2}\|\o\{1,3}\|.\)" contained
syn match gftFormat "%[-+ #0]*\d*\(\.\d\+\)\=\(hh\|h\|ll\|l\|j\|z\|t\)\=[a-zA-Z%]" contained
syn match gftNumber "\<\(0x[0-9a-fA-F_]\+\|\d[0-9_]*\(e\d\+\)\=\(ns\|us\|ms\|s\|m\|h\|d\)\=\)\>"
syn match gftVariable "\$\(\h\w*\|\d\+\|#\)"
syn match gftMap "@\h\w*\|@"
syn match gftRegister "%\(r\|e\)\=\(ax\|bx\|cx\|dx\|si\|di\|bp\|sp\|ip\)\>\|%r\(8\|9\|1[0-5]\)\>"
syn match gftType ":\([usx]\(8\|16\|32\|64\)\|f32\|f64\|c\d\+\|u\=string\|gostring\|slice\|error\|[ei]face\|bool\|duration\)\>"
syn match gftProbe "^\s*\(u\|ur\|uprobe\|uretprobe\|i\|interval\|p\|profile\|t\|tracepoint\|rt\|rawtracepoint\|s\|software\|h\|hardware\|self\|k\|kprobe\|kr\|kretprobe\|f\|fentry\|kfunc\|fr\|fexit\|kretfunc\|go\|test\):[^ \t{<]*"
syn match gftProbe "^\s*\c\(begin\|end\)\>"
syn keyword gftStatement struct union enum sizeof offsetof container_of typeof if else while for unroll break continue return let config import macro
syn keyword gftBuiltin pid tid uid gid cpu rand cgroup comm goid nsecs elapsed username ncpus numaid jiffies cpid has_cpid func probe curtask ppid pcomm leader_tid leader_comm probetype usermode ctx retval duration unwound depth caller caller_line parent_goid go_start wait_reason go_version args ret
syn match gftBuiltin "\<arg\d\+\>"
syn keyword gftFunction graph_drop graph_tag graph printf print exit time count sum avg min max stats hist lhist tseries delete clear zero has_key reg str len find strlen strncmp strcontains strstr strcap str_concat memcmp strftime strerror syscall_name signal_name buf ksym usym uaddr ustack kstack gostack ntop bswap uptr kptr comm errorf warnf cat system join getopt is_ptr is_str is_array is_integer is_unsigned_integer is_scalar is_literal comptime assert static_assert fail cgroupid cgroup_path pton macaddr signal_thread signal debugf kaddr percpu_kaddr write_user fetch
syn keyword gftBoolean true false nil

hi def link gftComment Comment
hi def link gftShebang PreProc
hi def link gftString String
hi def link gftEscape SpecialChar
hi def link gftFormat SpecialChar
hi def link gftNumber Number
hi def link gftVariable Identifier
hi def link gftMap Identifier
hi def link gftRegister Special
hi def link gftType Type
hi def link gftProbe PreProc
hi def link gftStatement Statement
hi def link gftBuiltin Constant
hi def link gftFunction Function
hi def link gftBoolean Boolean

let b:current_syntax = "gft"
