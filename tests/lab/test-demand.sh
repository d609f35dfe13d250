# test-demand.sh - tunnels on demand with strongSwan: the first packet starts
# them, from either side.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

. tests/lab/peer-strongswan.sh

c_mode=tunnel c_ike=default c_esp=default
c_local=$RIGHT4 c_remote=$LEFT4 c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4

# The first packets may be lost, not more: up by the third.
third_answered() { # NAMESPACE SOURCE DESTINATION
	local try
	for try in 1 2 3; do
		host "$1" ping -q -c 1 -W 2 -I "$2" "$3" >/dev/null 2>&1 && return
	done
	return 1
}
traps() { ip -n "$1" xfrm policy list nosock | grep -c '^src '; }

strongswan_start right
strongswan_configure
site left on-demand
ours_start left left
check "ours: a trap, and no SA" eval '[ "$(traps left)" = 3 ] && has_sas left 0 0'
for i in 1 2; do
	check "ours: a ping starts it, and runs by its third packet (time $i)" \
		third_answered left $LEFT_IN4 $RIGHT_IN4
	check "ours: one pair of SAs on each side" \
		eval 'has_sas left 2 1 && [ "$(kernel_sas right)" = 2 ]'
	check "ours: and from the other side" ping_right
	if [ $i = 1 ]; then
		check "ours: our delete leaves the trap" eval \
			'ours_ctl left down peer && has_sas left 0 0 && [ "$(traps left)" = 3 ]'
	else
		check "ours: strongSwan's delete leaves the trap" eval \
			'strongswan_down && wait_for 10 has_sas left 0 0 && [ "$(traps left)" = 3 ]'
	fi
done
check "ours: and a ping starts it again" third_answered left $LEFT_IN4 $RIGHT_IN4
check "down" ours_ctl left down peer
ours_stop left
strongswan_stop

# What strongSwan's children start with.
c_child_options="start_action = trap"
strongswan_start right
strongswan_configure
site left wait
ours_start left left
check "strongSwan: a trap, and no SA" eval '[ "$(traps right)" = 3 ] && has_sas left 0 0'
for i in 1 2; do
	check "strongSwan: a ping starts it, and runs by its third packet (time $i)" \
		third_answered right $RIGHT_IN4 $LEFT_IN4
	check "strongSwan: one pair of SAs on each side" \
		eval 'has_sas left 2 1 && [ "$(kernel_sas right)" = 2 ]'
	check "strongSwan: and from our side" ping_left
	check "strongSwan: $([ $i = 1 ] && echo its || echo our) delete leaves nothing here" eval \
		'if [ $i = 1 ]; then strongswan_down; else ours_ctl left down peer; fi &&
			wait_for 10 kernel_empty left'
done
unset c_child_options
strongswan_stop
