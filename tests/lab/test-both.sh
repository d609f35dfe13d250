# test-both.sh - both sides `start: now`, started together: one IKE SA remains.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

site left now
site right now

# One each, and the same one.
one_left() {
	has_sas left 2 1 && has_sas right 2 1 &&
		[ "$(ip -n left xfrm state list nokeys | grep -o 'spi 0x[0-9a-f]*' | sort)" = \
		"$(ip -n right xfrm state list nokeys | grep -o 'spi 0x[0-9a-f]*' | sort)" ]
}

good=0
for i in {1..10}; do
	ours_spawn left left
	ours_spawn right right
	ours_ready left
	ours_ready right
	ours_ctl left wait peer --for up --timeout 60s >/dev/null &&
		ours_ctl right wait peer --for up --timeout 60s >/dev/null
	# The one too many is deleted 5 s after it came up, at the earliest.
	sleep 7
	if wait_for 30 one_left && ping_left && one_left; then
		good=$((good + 1))
	else
		fail "time $i: left has $(kernel_sas left) SAs, $(ike_sas left) IKE SAs; right has $(kernel_sas right), $(ike_sas right)"
	fi
	ours_stop left
	ours_stop right
done
check "one IKE SA and one child remained $good of 10 times" [ $good = 10 ]
