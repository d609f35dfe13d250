# ipsec-ctl.bash - completion of ipsec-ctl's command line: what `complete` says.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash

_ipsec_ctl() { # PROGRAM CURRENT
	local program line
	program=$(type -P "$1") || return 0
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		@files) compopt -o filenames 2>/dev/null; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$2") ;;
		@folders) compopt -o filenames 2>/dev/null; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$2") ;;
		*) COMPREPLY+=("$line") ;;
		esac
	done < <("${program%/*}/../share/ipsecd/complete" "$program" \
		"${COMP_WORDS[@]:1:COMP_CWORD-1}" "${COMP_WORDS[COMP_CWORD]}" 2>/dev/null)
	# One that begins with a folder is not at its end.
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != */ ]] || compopt -o nospace 2>/dev/null
}
complete -F _ipsec_ctl ipsec-ctl
