" SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
au BufRead,BufNewFile *.gft setfiletype gft
au BufRead * if getline(1) =~# '^#!.*\<gft\>' | setfiletype gft | endif
