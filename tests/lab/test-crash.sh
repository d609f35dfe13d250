# test-crash.sh - kill -9 and a new start: nothing stale, the tunnel by itself.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

site left now
site right wait
ours_start right right
ours_start left left
check "comes up" ours_ctl left wait peer --for up --timeout 60s
check "carries" ping_left

# What is not ours must survive.
key=0x000102030405060708090a0b0c0d0e0f01020304
ip -n left xfrm state add src $LEFT4 dst 192.0.2.99 proto esp spi 0x777 reqid 7 \
	mode tunnel aead 'rfc4106(gcm(aes))' $key 128
ip -n left xfrm policy add src 10.77.0.0/24 dst 10.78.0.0/24 dir out \
	tmpl src $LEFT4 dst 192.0.2.99 proto esp reqid 7 mode tunnel

spis() { ip -n "$1" xfrm state list nokeys | grep -o 'spi 0x[0-9a-f]*' | grep -v 0x00000777; }
policies() { ip -n left xfrm policy list nosock | grep -c '^src '; }

old=$(spis left)
held=$(policies)
ours_kill left
check "a killed daemon leaves its SAs (the test can fail)" [ "$(spis left)" = "$old" ]
ours_start left left
check "after a new start the tunnel is up by itself" \
	ours_ctl left wait peer --for up --timeout 60s
check "carries" wait_for 10 ping_left
check "from the other side, too" wait_for 10 ping_right

one_pair() { [ "$(spis left | wc -l)" = 2 ] && [ "$(spis right | wc -l)" = 2 ]; }
check "one pair of SAs on each side" wait_for 20 one_pair
none_old() {
	local spi now
	now=$(spis left; spis right)
	for spi in $old; do
		[ "$spi" = spi ] && continue
		[[ $now != *"$spi"* ]] || return
	done
}
check "none of the old SPIs" wait_for 10 none_old
check "as many policies as before" [ "$(policies)" = "$held" ]
check "what was not ours is still there" \
	saw <(kernel_state left) 'spi 0x00000777|10.77.0.0/24'
check "one IKE SA at left" [ "$(ike_sas left)" = 1 ]
check "one IKE SA at right" [ "$(ike_sas right)" = 1 ]

# A child that is no longer configured leaves no policy behind.
ours_kill left
site left now "local_ts: 10.1.0.128/25"
ours_start left left
check "after a start with other selectors it is up, narrowed" \
	ours_ctl left wait peer --for up --timeout 60s
check "no policy for the old ones" no saw <(ip -n left xfrm policy list nosock) "10.1.0.0/24"
