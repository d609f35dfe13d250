# test-kill.sh - kill -9 at random moments under traffic, in both roles: up again
# by itself, nothing stale, and never a packet in clear on the wire.
# SPDX-License-Identifier: ISC
#
# $KILLS moments a role (10; `make crash` takes 100), from $KILL_SEED (random,
# printed).  Half of them come just after a rekey was asked for; a few while the
# daemon starts again.
# shellcheck shell=bash disable=SC2154

kills=${KILLS:-10}
seed=${KILL_SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "        seed $seed: KILL_SEED=$seed KILLS=$kills tests/lab/run kill"

short=("dpd_delay: 2s" "retransmit: {tries: 3, base: 500ms, max: 1s}")

clear_watch
host left ping -q -c 1 -W 1 -I $LEFT_IN4 $RIGHT_IN4 >/dev/null 2>&1
clear_seen
check "without a tunnel the watch sees it in clear (the test can fail)" [ "$clear" -gt 0 ]
host router nft delete table inet watch
site left now "${short[@]}"
site right on-demand "${short[@]}"
ours_start right right
ours_start left left
check "up" ours_ctl left wait peer --for up --timeout 60s
clear_watch

policies() { ip -n "$1" xfrm policy list nosock | grep -c '^src '; }
held="$(policies left) $(policies right)"

recovered() { same_pair && has_sas right 2 1; }
nap() { # MILLISECONDS, at most
	local ms=$((RANDOM % ($1 + 1)))
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
}

# The side that has this role in the IKE SA.
side_that_is() { # initiator|responder
	local initiator=right responder=left
	if ours_ctl left -j list sas | grep -v '"closing"' | grep -qE '"initiator": ?true'; then
		initiator=left responder=right
	fi
	echo "${!1}"
}

# moment ROLE: one kill; false if not all is as it was.
moment() {
	local victim begin=$SECONDS
	victim=$(side_that_is "$1")
	nap 1000
	case $((RANDOM % 4)) in
	0) ours_ctl left rekey peer/peer >/dev/null 2>&1 & ;;
	1) ours_ctl right rekey peer --ike >/dev/null 2>&1 & ;;
	esac
	nap 300
	ours_kill "$victim"
	nap 1000
	if ((RANDOM % 4 == 0)); then
		ours_spawn "$victim" "$victim"
		nap 300
		ours_kill "$victim"
	fi
	ours_start "$victim" "$victim"
	wait_for 60 recovered && wait_for 10 ping_left 1 && wait_for 10 ping_right 1 && recovered &&
		[ "$(policies left) $(policies right)" = "$held" ] && return
	echo "        $1 ($victim) after $((SECONDS - begin)) s: left has $(kernel_sas left) SAs, $(ike_sas left) IKE SAs, $(policies left) policies; right has $(kernel_sas right), $(ike_sas right), $(policies right)"
	return 1
}

traffic_start 100
for role in initiator responder; do
	good=0 slowest_back=0
	for ((i = 0; i < kills; i++)); do
		began=$SECONDS
		moment $role && good=$((good + 1))
		((SECONDS - began <= slowest_back)) || slowest_back=$((SECONDS - began))
	done
	check "$role killed: $good of $kills times all as before, within $slowest_back s" [ $good = "$kills" ]
	clear_seen
	check "$role killed: $clear packets in clear on the wire" [ "$clear" = 0 ]
done
traffic_stop
echo "        of $sent packets $lost_right and $lost_left were lost meanwhile"
clear_seen
check "$clear packets in clear in the end" [ "$clear" = 0 ]
ours_stop left
ours_stop right
