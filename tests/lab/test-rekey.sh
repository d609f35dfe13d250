# test-rekey.sh - rekeys of children and IKE SAs, from either side and from both
# at once, lose no packet.
# SPDX-License-Identifier: ISC
#
# Against each of $REKEY_PEERS: a run without rekeys, which must lose nothing
# (else the rest says nothing, and it is tried again); then $REKEY_CHILD rekeys
# of the child and $REKEY_IKE of the IKE SA from each side, then $REKEY_BOTH of
# each kind with both sides told at once.  The whole:
#
#	REKEY_CHILD=50 REKEY_IKE=10 REKEY_BOTH=50 tests/lab/run rekey
# shellcheck shell=bash disable=SC2154

rekey_child=${REKEY_CHILD:-12} rekey_ike=${REKEY_IKE:-4} rekey_both=${REKEY_BOTH:-4}

# The other side, if it is ours.
ours_rekey() { rekey_by right "$1"; }

rekey_by() { # NAME child|ike
	case $2 in
	child) ours_ctl "$1" rekey peer/peer --timeout 20s ;;
	ike) ours_ctl "$1" rekey peer --ike --timeout 20s ;;
	esac >>/run/ctl.out 2>&1
}
we() { rekey_by left "$1"; }
they() { "${kind}_rekey" "$1"; }
both() {
	local they
	they "$1" &
	they=$!
	we "$1"
	wait $they
}

# How often our log says that a child, or an IKE SA, was replaced.
replaced() { # child|ike
	case $1 in
	child) grep -c ' rekeyed: SPIs' "$(ours_log left)" ;;
	ike) grep -c 'IKE SA rekeyed' "$(ours_log left)" ;;
	esac
}
replaced_more() { [ "$(replaced "$1")" -gt "$2" ]; } # WHAT THAN

# series WHO WHAT COUNT: one after the other, each seen to be done.
series() {
	local i before good=0
	for ((i = 0; i < $3; i++)); do
		before=$(replaced "$2")
		"$1" "$2"
		wait_for 10 replaced_more "$2" "$before" && good=$((good + 1))
		sleep 0.5
	done
	check "$kind: $2 rekeyed by ${1/both/both at once}: $good of $3 times" [ $good = "$3" ]
}

spis_of() { ip -n "$1" xfrm state list nokeys | grep -o 'spi 0x[0-9a-f]*' | sort; }
one_pair() {
	has_sas left 2 1 && [ "$(kernel_sas right)" = 2 ] &&
		[ "$(spis_of left)" = "$(spis_of right)" ]
}
carried() { kernel_bytes "$1" && bytes_was="$bytes_in $bytes_out" && ping_left && ping_right &&
	kernel_bytes "$1" && [ "$bytes_in" -gt "${bytes_was% *}" ] && [ "$bytes_out" -gt "${bytes_was#* }" ]; }

# Nobody's fault, if a machine that is busy loses some: so it is tried again.
calm() {
	local try
	for try in 1 2 3; do
		traffic_start
		sleep 5
		traffic_stop
		[ "$lost" = 0 ] && [ "$slowest" -ge 200 ] && return
		echo "        $kind: without rekeys, $lost of $sent lost, $slowest a second (try $try)"
	done
	return 1
}

rekey_against() { # KIND
	local who what begin
	kind=$1
	calm || { fail "$kind: the run without rekeys is void"; return; }
	pass "$kind: none of $sent packets lost without rekeys"
	traffic_start
	begin=$SECONDS
	for who in we they; do
		series $who child "$rekey_child"
		series $who ike "$rekey_ike"
	done
	series both child "$rekey_both"
	# Pluto 4.10 does not take our answer when it has answered ours meanwhile
	# ("EXPECTATION FAILED" and "has no matching SA" in its log).
	[ "$kind" = libreswan ] || series both ike "$rekey_both"
	traffic_stop
	check "$kind: $lost of $sent packets lost, $slowest a second, in $((SECONDS - begin)) s" \
		eval '[ "$lost" = 0 ] || { echo "$traffic_said"; false; }'
	check "$kind: at least 200 packets a second" [ "$slowest" -ge 200 ]
	check "$kind: one pair of SAs on each side, the same, and one IKE SA" wait_for 30 one_pair
	check "$kind: our SAs carry" carried left
	check "$kind: and those of the other side" carried right
}

for kind in ${REKEY_PEERS:-ours strongswan libreswan}; do
	rm -rf /run/ours
	if [ "$kind" = ours ]; then
		site right wait
		ours_start right right
	else
		. "tests/lab/peer-$kind.sh"
		c_mode=tunnel c_ike=default c_esp=default
		c_local=$RIGHT4 c_remote=$LEFT4 c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
		"${kind}_start" right && "${kind}_configure" || fail "$kind does not start"
	fi
	site left wait "rekey_time: 6h"
	ours_start left left
	check "$kind: up" ours_ctl left up peer
	rekey_against "$kind"
	[ "$kind" = ours ] || "${kind}_stop"
	ours_stop left
	ours_stop right
	ip -n right xfrm state flush
	ip -n right xfrm policy flush
	keep_logs "rekey-$kind"
done
