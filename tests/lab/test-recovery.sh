# test-recovery.sh - what a tunnel survives by itself: a restart of either side
# and of both, a link that is down for minutes, a clock that is set.
# SPDX-License-Identifier: ISC
#
# In virtual time: minutes cost seconds.  Not among the usual ones yet:
#
#	tests/lab/run recovery
# shellcheck shell=bash disable=SC2154

. tests/lab/peer-strongswan.sh

short=("dpd_delay: 10s" "retransmit: {tries: 3, base: 1s, max: 5s}")

# All is well again within so many seconds, and another pair than before.
recovers() { # WHAT SECONDS
	check "$kind: $1: up again" wait_for "$2" fresh_pair
	check "$kind: $1: carries from left" wait_for 20 ping_left 1
	check "$kind: $1: and from right" wait_for 20 ping_right 1
	was=$(spis_of left)
}
fresh_pair() { same_pair && [ "$(spis_of left)" != "$was" ]; }
stays() { # WHAT
	check "$kind: $1: the SAs are the same" [ "$(spis_of left)" = "$was" ]
	check "$kind: $1: and carry" eval 'ping_left && ping_right'
}
link_goes() { # up|down
	ip -n router link set r0 "$1"
	ip -n right link set eth0 "$1"
	# The default route goes with its link.
	[ "$1" = down ] || ip -n right route replace default via 203.0.113.1
}

their_start() {
	if [ "$kind" = ours ]; then
		ours_start right right
	else
		strongswan_start right && strongswan_configure
	fi
}
their_stop() { if [ "$kind" = ours ]; then ours_stop right; else strongswan_stop; fi; }
their_crash() {
	if [ "$kind" = ours ]; then
		ours_kill right
	else
		kill -9 "$strongswan_pid"
		wait "$strongswan_pid" 2>/dev/null
		peer_close strongswan
		# Its kernel state goes with a machine that crashes.
		ip -n right xfrm state flush
		ip -n right xfrm policy flush
	fi
}

c_mode=tunnel c_ike=default c_esp=default
c_local=$RIGHT4 c_remote=$LEFT4 c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
c_options="dpd_delay = 10s"

for kind in ours strongswan; do
	was=
	rm -rf /run/ours
	site right now "${short[@]}"
	site left now "${short[@]}"
	their_start
	ours_start left left
	recovers "the first start" 60

	ours_stop left
	ours_start left left
	recovers "our restart" 60
	ours_kill left
	ours_start left left
	recovers "our crash" 60
	their_stop
	their_start
	recovers "their restart" 120
	their_crash
	their_start
	recovers "their crash" 120
	ours_kill left
	their_crash
	their_start
	ours_start left left
	recovers "both crash" 120

	# Shorter than it takes to give up: nothing happens.
	link_goes down
	sleep 5
	link_goes up
	stays "the link down for 5 s"
	link_goes down
	sleep 600
	check "$kind: the link down for 10 minutes: we know" no ours_ctl left status peer
	link_goes up
	# The next try may be five minutes away.
	sleep 310
	recovers "the link down for 10 minutes" 120

	if [ "$LAB" = vm ]; then
		for step in "+2 hours" "-4 hours" "+2 hours"; do
			date -s "$step" >/dev/null
			sleep 60
			stays "the clock set by $step"
		done
	else
		skipped=$((skipped + 1))
		echo "SKIPPED $test: the clock: it is this machine's own"
	fi
	ours_stop left
	their_stop
	ip -n right xfrm state flush
	ip -n right xfrm policy flush
done
unset c_options
