# test-limits.sh - packets that are used up: new keys in time, or the end of the child.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

site left now "rekey_packets: 50"
site right wait
ours_start right right
ours_start left left
check "comes up" ours_ctl left wait peer --for up --timeout 60s

rekeys() { ours_ctl "$1" -j status peer | grep -o '"rekeys":[0-9]*' | cut -d: -f2; }
downs() { grep -c 'child peer down' "$(ours_log left)"; }
slow_ping() { # COUNT: five a second, as the hard limit is five packets away
	local said
	said=$(host left ping -q -n -c "$1" -i 0.2 -W 10 -I $LEFT_IN4 $RIGHT_IN4 2>&1)
	[[ $said == *" 0% packet loss"* ]] || { echo "$said"; return 1; }
}

check "the kernel has both limits" saw <(ip -s -n left xfrm state list) 'soft (4[5-9]|50)\(packets\), hard 55\(packets\)'
check "and what it receives has a later one" saw <(ip -s -n left xfrm state list) 'soft 50\(packets\), hard 61\(packets\)'
check "200 pings over several keys, none lost" slow_ping 200
check "rekeyed at least three times: $(rekeys left)" [ "$(rekeys left)" -ge 3 ]
check "the other side says the same" [ "$(rekeys right)" = "$(rekeys left)" ]
check "the child was never down" [ "$(downs)" = 0 ]
check "one pair of SAs is left" wait_for 60 has_sas left 2 1

check "rekey by hand" ours_ctl left rekey peer
check "and of the IKE SA alone, from the other side" ours_ctl right rekey peer --ike
check "carries" ping_left

# Nobody answers: a hard limit ends the child, and nothing passes in clear.
before=$(rekeys left)
kill -STOP "$ours_right"
host left ping -q -n -c 80 -i 0.05 -W 1 -I $LEFT_IN4 $RIGHT_IN4 >/dev/null 2>&1
check "used up without an answer: the child is down" wait_for 20 [ "$(downs)" -ge 1 ]
check "no ping" no ping_left 1
kill -CONT "$ours_right"
check "with the answers it comes back" wait_for 60 ping_left
check "status still counts: $before" [ "$(rekeys left)" -ge "$before" ]
