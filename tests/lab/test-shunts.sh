# test-shunts.sh - pass and drop: holes in a tunnel, with and without IKE.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

# gateway NAME [LINE]...: a tunnel between the two networks that starts by hand,
# and children beside it.
gateway() {
	local l4=$LEFT4 ln=$LEFT_NET4 r4=$RIGHT4 rn=$RIGHT_NET4 name=$1 line
	[ "$name" = left ] || l4=$RIGHT4 ln=$RIGHT_NET4 r4=$LEFT4 rn=$LEFT_NET4
	shift
	{
		cat <<-END
		peers:
		  peer:
		    local: $l4
		    remote: $r4
		    auth: psk
		    secret: psk
		    remote_ts: $rn
		    start: on-demand
		    children:
		      net: { local_ts: $ln }
		END
		for line; do echo "      $line"; done
	} | ours_write "$name"
}

shunts() { ip -n "$1" xfrm policy | grep -c "priority 6[56]..." ; }
has_shunts() { [ "$(shunts "$1")" = "$2" ]; }
esp_out() { kernel_bytes left; echo "$bytes_out"; }

hole="hole: { mode: pass, local_ts: $LEFT_IN4, remote_ts: $RIGHT_IN4 icmp }"
hole_back="hole: { mode: pass, local_ts: $RIGHT_IN4, remote_ts: $LEFT_IN4 icmp }"
wall="wall: { mode: drop, local_ts: $LEFT_IN4, remote_ts: $RIGHT_IN4 icmp }"

gateway right
gateway left
ours_start right right
ours_start left left
check "a tunnel without shunts carries" wait_for 20 ping_left 1
before=$(esp_out)
check "through ESP: $before octets" [ "$before" -gt 0 ]

gateway left "$wall"
check "reload with a drop policy" ours_ctl left reload
check "three policies of it: out, in, fwd" has_shunts left 3
check "list children shows it as up" \
	eval "ours_ctl left list children | grep -E 'wall .*up.*drop'"
check "what it drops does not pass" no ping_left 1
check "nor come in" no ping_right 1
check "the tunnel is still there" has_sas left 2 1
check "down of a shunt says how it goes" \
	eval "ours_ctl left down peer/wall 2>&1 | grep -q 'as it is configured'"
check "up of a shunt: it is up" ours_ctl left up peer/wall

# In clear the router has to know the way.
ip -n router route add $LEFT_NET4 via $LEFT4
ip -n router route add $RIGHT_NET4 via $RIGHT4
gateway left "$hole"
gateway right "$hole_back"
check "reload with a pass policy instead, at left" ours_ctl left reload
check "and at right" ours_ctl right reload
before=$(esp_out)
check "what passes is answered" ping_left
check "and did not go through the tunnel" [ "$(esp_out)" = "$before" ]

ours_kill left
check "after a crash they stand" has_shunts left 3
gateway left
ours_start left left
check "and are swept away when they are configured no more" has_shunts left 0
gateway left "$wall"
check "reload" ours_ctl left reload
ours_stop left
check "a clean end leaves none" kernel_empty left
