# test-labels.sh - tunnels with equal selectors, apart by XFRM interface or by mark.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

# Two children between any and any: what enters ipsec42 goes through the one,
# what enters ipsec43 through the other, and all else through none.
interfaces() { # NAME START
	local l=$LEFT4 r=$RIGHT4
	[ "$1" = left ] || l=$RIGHT4 r=$LEFT4
	ours_write "$1" <<-END
	peers:
	  peer:
	    local: $l
	    remote: $r
	    auth: psk
	    secret: psk
	    local_ts: 0.0.0.0/0
	    remote_ts: 0.0.0.0/0
	    start: $2
	    children:
	      one: { if_id_in: 42, if_id_out: 42 }
	      two: { if_id_in: 43, if_id_out: 43 }
	END
}

for side in left right; do
	ip -n $side -batch - <<-END
	link add ipsec42 type xfrm dev eth0 if_id 42
	link add ipsec43 type xfrm dev eth0 if_id 43
	link set ipsec42 up
	link set ipsec43 up
	END
done
ip -n left -batch - <<-END
addr add 172.16.42.1/24 dev ipsec42
addr add 172.16.43.1/24 dev ipsec43
END
ip -n right -batch - <<-END
addr add 172.16.42.2/24 dev ipsec42
addr add 172.16.43.2/24 dev ipsec43
END
through() { # INTERFACE NUMBER: octets that left sent by it
	ip -n left -s xfrm state list nokeys | awk -v us="$LEFT4" -v id="if_id 0x$(printf %x "$1")" '
		/^src / { if (ours && named) sum += octets; ours = $2 == us; named = octets = 0 }
		index($0, id) { named = 1 }
		match($0, /[0-9]+\(bytes\)/) { octets = substr($0, RSTART) + 0 }
		END { if (ours && named) sum += octets; print sum + 0 }'
}
in_both() { [ "$(through 42)" -gt 0 ] && [ "$(through 43)" -gt 0 ]; }

interfaces left wait
interfaces right wait
ours_start right right
ours_start left left
check "two tunnels of equal selectors come up" ours_ctl left up peer
check "two pairs of SAs" has_sas left 4 1
check "ping through one" net_ping left 172.16.42.1 172.16.42.2
check "ping through the other" net_ping left 172.16.43.1 172.16.43.2
check "each went through its own: $(through 42), $(through 43) octets" in_both
check "and back" net_ping right 172.16.43.2 172.16.43.1
check "status names the interface" \
	eval "ours_ctl left -j list children | grep -q '\"if_id\": \\?42'"
check "the hosts still reach each other without a tunnel" \
	net_ping left $LEFT4 $RIGHT4
check "rekey of one" ours_ctl left rekey peer/one
check "ping through it" net_ping left 172.16.42.1 172.16.42.2
ours_kill left
interfaces left on-demand
ours_start left left
# In the order in which right has them: it cannot know which one is meant.
check "after a crash, by the first packet of an interface" \
	wait_for 30 net_ping left 172.16.42.1 172.16.42.2 1
check "and of the other" wait_for 30 net_ping left 172.16.43.1 172.16.43.2 1
check "nothing stale is left" wait_for 10 has_sas left 4 1
ours_stop left
check "a clean end leaves nothing" kernel_empty left

# One of equal selectors for marked packets, one for all others of these nets.
marks() { # NAME START
	local l=$LEFT4 ln=$LEFT_NET4 r=$RIGHT4 rn=$RIGHT_NET4
	[ "$1" = left ] || l=$RIGHT4 ln=$RIGHT_NET4 r=$LEFT4 rn=$LEFT_NET4
	ours_write "$1" <<-END
	peers:
	  peer:
	    local: $l
	    remote: $r
	    auth: psk
	    secret: psk
	    local_ts: $ln
	    remote_ts: $rn
	    start: $2
	    children:
	      marked: { mark_in: 0x10/0xff, mark_out: 0x10/0xff }
	END
}
marked() { host left ping -q -n -c 1 -W 5 -m 16 -I $LEFT_IN4 $RIGHT_IN4 >/dev/null 2>&1; }

# What comes out of the tunnel is marked by its address, as one would.
for side in left right; do
	host $side nft -f - <<-END
	table inet label {
		chain in {
			type filter hook prerouting priority -150;
			meta secpath exists meta mark set 0x10
		}
		chain out {
			type route hook output priority -150;
			meta l4proto icmp icmp type echo-reply meta mark set 0x10
		}
	}
	END
done
marks left wait
marks right wait
check "reload at right" ours_ctl right reload
ours_start left left
check "a tunnel for marked packets comes up" ours_ctl left up peer
check "a marked ping goes through it" marked
check "one without a mark does not" no ping_left 1
check "down, which deletes an SA with a mark" ours_ctl left down peer
check "nothing is left at left" wait_for 10 kernel_empty left
check "nor at right" wait_for 10 kernel_empty right
