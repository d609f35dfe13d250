# test-reload-child.sh - a reload that changes a child but not what it carries,
# or only adds to that, loses no packet: the child is rekeyed, or not touched.
# SPDX-License-Identifier: ISC
#
# Counted traffic in both directions goes on during each reload: at left, at
# right, at both at once; then at left, with strongSwan as the other side.  A
# network is added on one side, then on the other: it is carried after the second.
# shellcheck shell=bash disable=SC2034,SC2154

. tests/lab/peer-strongswan.sh

added=10.30.0.0/24 # behind left

# A run without a reload must lose nothing, else the rest says nothing.
calm() {
	local try
	for try in 1 2 3; do
		traffic_start 100
		sleep 3
		traffic_stop
		[ "$lost_left$lost_right" = 00 ] && return
		echo "        $kind: without a reload $lost_right and $lost_left of $sent lost (try $try)"
	done
	return 1
}

# What the other side's own kernel drops, while strongSwan takes the old SA away,
# never left it.
not_ours() {
	case $kind in
	ours) echo 0 ;;
	*) kernel_drops right XfrmOut ;;
	esac
}
none_lost() {
	[ "$lost_right" = 0 ] && [ "$lost_left" -ge 0 ] && [ "$lost_left" -le "$not_ours" ] ||
		{ echo "$traffic_said"; false; }
}

the_same() { [ "$(spis_of left)" = "$(</run/spis)" ]; }
others() { [ "$(kernel_sas left)" = 2 ] && [ -z "$(spis_of left | comm -12 - /run/spis)" ]; }
# The side that has no trap has a policy for what it carries only.
added_there() { ip -n right xfrm policy list nosock | grep -qF "src $added "; }
others_as_before() { others && ! added_there; }
others_with_more() { others && added_there; }
more_asked_for() { ours_ctl left status peer >/run/status.out && saw /run/status.out 'more asked for in'; }
window() { # NAME PACKETS: of the SA that receives
	[[ $(ip -n "$1" xfrm state list nokeys) =~ replay[-_]window\ $2[,[:space:]] ]]
}
priorities() { # NAME PRIORITY: all of them
	[ "$(ip -n "$1" xfrm policy list nosock | grep -o 'priority [0-9]*' | sort -u)" = "priority $2" ]
}

left_reloads() { ours_ctl left reload; }
right_reloads() { ours_ctl right reload; }
both_reload() {
	local right
	right_reloads &
	right=$!
	left_reloads && wait $right
}

# reload WHO WHAT AFTER: under traffic, and AFTER comes to be true of it.
reload() {
	local who=$1 what=$2 after=$3 before
	spis_of left >/run/spis
	before=$(not_ours)
	traffic_start 100
	sleep 1
	check "$kind: reload of $what" "$who"
	check "$kind: $what: the child's SAs are $after" wait_for 30 "$after"
	traffic_stop
	not_ours=$(($(not_ours) - before))
	check "$kind: $what: of $sent packets lost to right $lost_right, to left $lost_left ($not_ours not by us)" \
		none_lost
}

says() { # WORDS: of what a reload would do at left
	ours_ctl left reload --dry-run >/run/dry.out && saw /run/dry.out "^~ peer +$1\$"
}

for kind in ours strongswan; do
	if [ "$kind" = ours ]; then
		site right wait
		ours_start right right
	else
		rm -rf /run/ours
		c_mode=tunnel c_ike=default c_esp=default
		c_local=$RIGHT4 c_remote=$LEFT4 c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
		check "strongSwan starts" strongswan_start right
		check "and is configured" strongswan_configure
	fi
	site left wait
	ours_start left left
	check "$kind: up" ours_ctl left up peer
	calm || fail "$kind: the run without a reload is void"

	if [ "$kind" = ours ]; then
		site left on-demand
		check "$kind: says that no SA is touched" says "at once, no SA is touched"
		reload left_reloads start the_same
	fi
	more="local_ts: [$LEFT_NET4, $added]"
	site left on-demand "$more" "replay_window: 512"
	check "$kind: says that the child is rekeyed" says "child peer rekeyed"
	# What strongSwan takes is its matter.
	after=others
	[ "$kind" != ours ] || after=others_as_before
	reload left_reloads "a network and a window at left" $after
	check "$kind: the new window" window left 512
	check "$kind: the network is asked for again" more_asked_for
	if [ "$kind" = ours ]; then
		site right wait "remote_ts: [$LEFT_NET4, $added]"
		reload right_reloads "the network at right" others_with_more
		check "$kind: it is asked for no more" no more_asked_for
		check "$kind: it is there" ip -n left addr add "${added%0/24}1/32" dev lan0
		check "$kind: ping from it" net_ping left "${added%0/24}1" $RIGHT_IN4
		check "$kind: ping to it" net_ping right $RIGHT_IN4 "${added%0/24}1"
		site left on-demand "$more" "priority: 4712"
		site right wait "remote_ts: [$LEFT_NET4, $added]" "priority: 4713" "replay_window: 64"
		reload both_reload "both sides" others
		check "$kind: the new priority at left" priorities left 4712
		check "$kind: the new priority at right" priorities right 4713
		check "$kind: the new window at right" window right 64
		check "$kind: one pair of SAs, the same on each side" wait_for 30 same_pair
	else
		check "$kind: two SAs, and one IKE SA" wait_for 30 has_sas left 2 1
	fi
	check "$kind: ping from left" ping_left
	check "$kind: ping from right" ping_right
	ours_stop left
	case $kind in
	ours) ours_stop right ;;
	*) strongswan_stop ;;
	esac
	ip -n right xfrm state flush
	ip -n right xfrm policy flush
	keep_logs "reload-child-$kind"
done
