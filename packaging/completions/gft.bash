# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# bash completion for gft
_gft()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	case $prev in
	-e | -u | -D | --drilldown | --uprobe-wildcards | --buffer | --ready-fd | --probe-filter) return ;;
	-f) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$cur"); return ;;
	-B) mapfile -t COMPREPLY < <(compgen -W "line full none" -- "$cur"); return ;;
	-d) mapfile -t COMPREPLY < <(compgen -W "ast program c ir sites object" -- "$cur"); return ;;
	-p) mapfile -t COMPREPLY < <(compgen -W "$(ps -eo pid= 2>/dev/null)" -- "$cur"); return ;;
	-P | --trimprefix | --debuginfo | -I) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	-c) mapfile -t COMPREPLY < <(compgen -c -- "$cur"; compgen -f -- "$cur"); return ;;
	esac
	case $cur in
	--color=* | --colour=*) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "${cur#*=}") ;;
	-*) mapfile -t COMPREPLY < <(compgen -W "-e -c -p -u -D -x -o -f -P -B -q -v -k -l -d -I -h -V
		--uprobe-wildcards --drilldown --exclude-vendor --follow --no-follow --probe-filter --color --colour
		--trimprefix --stream --record --quiet --verbose --debug --no-warnings --script --fmt --test --dry-run --info
		--unsafe --include --buffer --no-cache --debuginfo --ready-fd --help --version" -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$cur"; [[ $COMP_CWORD == 1 ]] &&
		compgen -W "info replay help" -- "$cur") ;;
	esac
}
complete -o filenames -F _gft gft
