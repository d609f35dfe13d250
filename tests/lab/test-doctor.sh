# test-doctor.sh - rules of nftables that stop a tunnel, and the commands of doctor that let it go on.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

# What mends each problem with nftables, one command a line.
fixes() { ours_doctor left | sed -n '/^x nftables/{n;s/^ *-> //p}'; }

# Until nothing is found any more, six times at most: one rule may hide another.
mend() {
	local round
	for round in 1 2 3 4 5 6; do
		fixes >/run/fixes
		[ -s /run/fixes ] || return 0
		sed "s/^/$round: /" /run/fixes
		host left bash -e /run/fixes || return
	done
	return 1
}

site left wait
site right wait
ours_start right right
ours_start left left
check "up" ours_ctl left up peer
check "ping" ping_left
check "doctor: nftables is fine" saw <(ours_doctor left) 'nftables lets IKE and ESP pass'

host left nft -f - <<-END
table inet filter {
	chain input {
		type filter hook input priority 0; policy drop;
		icmp type { echo-request, echo-reply } accept
	}
	chain output {
		type filter hook output priority 0; policy accept;
		jump shut
	}
	chain shut {
		meta l4proto { esp, ah } drop
		udp dport 500-4500 reject
	}
}
table ip nat {
	chain post {
		type nat hook postrouting priority 100;
		masquerade
	}
}
END
check "no ping through these rules" no ping_left 1
check "doctor: incoming ESP is dropped" saw <(ours_doctor left) 'incoming ESP is dropped: table inet filter, chain input, policy drop'
check "doctor: outgoing ESP is dropped" saw <(ours_doctor left) 'outgoing ESP is dropped: table inet filter, chain shut, rule'
check "doctor: what goes in is masqueraded" saw <(ours_doctor left) 'another source address: table ip nat, chain post, rule'
check "its commands mend all it finds" mend
check "doctor: nftables is fine" saw <(ours_doctor left) 'nftables lets IKE and ESP pass'
check "ping" ping_left
check "up from the other side" eval 'ours_ctl left down peer && ours_ctl right up peer && ping_right'
