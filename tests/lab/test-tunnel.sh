# test-tunnel.sh - a tunnel between two ipsecd, its life and its end.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

two_children() { # NAME LOCAL4 REMOTE4 LOCAL6 REMOTE6
	local l=$LEFT4 r=$RIGHT4
	[ "$1" = left ] || l=$RIGHT4 r=$LEFT4
	ours_write "$1" <<-END
	peers:
	  peer:
	    local: $l
	    remote: $r
	    auth: psk
	    secret: psk
	    ${6:-dpd_delay: 30s}
	    children:
	      four:
	        local_ts: $2
	        remote_ts: $3
	      six:
	        local_ts: "$4"
	        remote_ts: "$5"
	END
}

two_children left $LEFT_NET4 $RIGHT_NET4 $LEFT_NET6 $RIGHT_NET6
two_children right $RIGHT_NET4 $LEFT_NET4 $RIGHT_NET6 $LEFT_NET6
ours_start right right
ours_start left left

check "no ping without a tunnel" no ping_left 1
ours_doctor left >/run/doctor.out
check "doctor: the kernel takes SAs" saw /run/doctor.out 'kernel .* has ESP: it took SAs'
check "doctor: all algorithms of esp" saw /run/doctor.out 'algorithms .*takes each of the'
check "doctor: we hold the ports" saw /run/doctor.out 'ports .*UDP 500 is held by ipsecd'
check "doctor: and answer" saw /run/doctor.out 'daemon .*ipsecd answers'
check "doctor: its SAs are gone with their network" [ "$(kernel_sas left)" = 0 ]
check "up" ours_ctl left up peer
check "ping from left" ping_left
check "ping from right" ping_right
check "ping over IPv6 through the second child" net_ping left $LEFT_IN6 $RIGHT_IN6
kernel_bytes left
check "left's SAs carried octets: $bytes_in in, $bytes_out out" \
	[ "$bytes_in" -gt 0 -a "$bytes_out" -gt 0 ]
kernel_bytes right
check "right's SAs carried octets: $bytes_in in, $bytes_out out" \
	[ "$bytes_in" -gt 0 -a "$bytes_out" -gt 0 ]
check "one IKE SA and two children at left" has_sas left 4 1
check "one IKE SA and two children at right" has_sas right 4 1
check "status at right says up" ours_ctl right status peer
check "up again changes nothing" ours_ctl left up peer
check "no SA came of it" has_sas left 4 1

before=$(ip -n left xfrm state list nokeys | grep spi)
two_children left $LEFT_NET4 $RIGHT_NET4 $LEFT_NET6 $RIGHT_NET6 "dpd_delay: 45s"
check "reload with a changed dpd_delay" ours_ctl left reload
check "kept its SAs" [ "$before" = "$(ip -n left xfrm state list nokeys | grep spi)" ]
two_children left $LEFT_NET4 $RIGHT_NET4 $LEFT_NET6 $RIGHT_NET6 "unknown_key: 45s"
check "reload with an unknown key is refused" no ours_ctl left reload
check "and kept its SAs" [ "$before" = "$(ip -n left xfrm state list nokeys | grep spi)" ]
two_children left $LEFT_NET4 $RIGHT_NET4 $LEFT_NET6 $RIGHT_NET6

check "down of one child" ours_ctl left down peer/six
check "leaves the other" wait_for 10 has_sas right 2 1
check "which still carries" ping_left
check "down" ours_ctl left down peer
check "nothing is left at left" wait_for 10 kernel_empty left
check "nothing is left at right" wait_for 10 kernel_empty right
check "up from the other side" ours_ctl right up peer
check "ping" ping_left
ours_stop left
check "a daemon that ends tells its peer" wait_for 10 has_sas right 0 0
check "and leaves nothing" kernel_empty left

# Transport mode between the hosts themselves, over IPv6.
hosts() {
	local l=$LEFT6 r=$RIGHT6
	[ "$1" = left ] || l=$RIGHT6 r=$LEFT6
	ours_write "$1" <<-END
	peers:
	  peer:
	    local: "$l"
	    remote: "$r"
	    auth: psk
	    secret: psk
	    children:
	      c:
	        mode: transport
	        start: $2
	END
}
hosts left on-demand
hosts right wait
check "reload with other addresses" ours_ctl right reload
ours_start left left
check "the first packet brings a transport mode SA up (IPv6, on demand)" \
	wait_for 20 net_ping left $LEFT6 $RIGHT6 1
check "status says up" ours_ctl left status peer
kernel_bytes right
check "through ESP: $bytes_in in, $bytes_out out" [ "$bytes_in" -gt 0 -a "$bytes_out" -gt 0 ]
