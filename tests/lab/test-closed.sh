# test-closed.sh - a packet in clear from outside for a protected network is
# dropped, with the tunnel up and with it down.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

# The router plays the attacker: it says it is 10.2.0.9 and knows where left is.
ip -n router addr add 10.2.0.9/32 dev lo
ip -n router route add $LEFT_NET4 via $LEFT4
host left bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
host left nft -f - <<-END
table inet seen {
	counter forwarded { }
	chain forward {
		type filter hook forward priority 0;
		ip daddr $LEFT_NET4 counter name forwarded
	}
}
END

# Echo requests that left took in for itself, and packets it forwarded.
taken_in() {
	local line
	while read -r line; do
		# Icmp: InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds
		# InParmProbs InSrcQuenchs InRedirects InEchos ..
		case $line in
		"Icmp: "[0-9]*)
			# shellcheck disable=SC2086
			set -- $line
			in=${10} ;;
		esac
	done < <(host left cat /proc/net/snmp)
	line=$(host left nft list counter inet seen forwarded)
	line=${line#*packets }
	on=${line%% *}
}

# gets_in: was either of two packets in clear let in?
gets_in() {
	local in on in_before on_before
	taken_in
	in_before=$in on_before=$on
	host router ping -q -c 1 -W 1 -I 10.2.0.9 $LEFT_IN4 >/dev/null 2>&1
	host router ping -q -c 1 -W 1 -I 10.2.0.9 10.1.0.77 >/dev/null 2>&1
	taken_in
	[ "$in" != "$in_before" ] || [ "$on" != "$on_before" ]
}

check "without ipsecd such a packet gets in (the test can fail)" gets_in

site left now
site right wait
ours_start left left
check "start: now, not up yet: dropped" no gets_in
ours_start right right
check "comes up" ours_ctl left wait peer --for up --timeout 60s
check "carries" ping_left
check "start: now, up: dropped" no gets_in
ours_stop right
ours_ctl left wait peer --for down --timeout 30s >/dev/null
check "start: now, down: dropped" no gets_in
ours_stop left

site left on-demand
ours_start left left
check "on-demand, not up: dropped" no gets_in
ours_start right right
check "the first packets bring it up" wait_for 30 ping_left 1
check "on-demand, up: dropped" no gets_in
check "down" ours_ctl left down peer
check "on-demand, down again: dropped" no gets_in
