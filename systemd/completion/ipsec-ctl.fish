# ipsec-ctl.fish - completion of ipsec-ctl's command line: what `complete` says.
# SPDX-License-Identifier: ISC

function __ipsec_ctl
	set -l program (command -s ipsec-ctl)
	set -l helper (dirname $program)/../share/ipsecd/complete
	set -l current (commandline -ct)
	set -l words (commandline -opc)
	for line in ($helper $program $words[2..-1] "$current" 2>/dev/null)
		switch $line
			case @files
				__fish_complete_path "$current"
			case @folders
				__fish_complete_directories "$current" ''
			case '*'
				echo $line
		end
	end
end
complete -c ipsec-ctl -f -a '(__ipsec_ctl)'
