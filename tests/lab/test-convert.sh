# test-convert.sh - what another daemon had as its configuration, converted, speaks with its like.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154
#
# The daemon runs at right.  What it is configured with there is turned round, so
# that it is what the same daemon would have at left; that goes to ipsec-ctl convert.

turned() { # WORDS-OF-OURS WORDS-OF-THEIRS FILE: each pair swapped
	local ours theirs i script=''
	read -ra ours <<<"$1"
	read -ra theirs <<<"$2"
	for i in "${!ours[@]}"; do
		script="$script;s/\\b${ours[i]}/@$i@/g;s/\\b${theirs[i]}/${ours[i]}/g;s/@$i@/${theirs[i]}/g"
	done
	sed -E "${script#;}" "$3"
}

# converted NAME.CONF: from standard input, with secrets beside it if there are any.
converted() {
	local at=/run/convert etc=/run/ours/left/etc/ipsecd
	cat >"$at/$1"
	rm -rf "$etc"
	mkdir -p /run/ours/left/{etc,run/ipsecd,var/lib/ipsecd}
	"$OURS_BIN/ipsec-ctl" convert "$at/$1" --out "$etc"
}

carries() { # DAEMON
	ours_start left left
	check "$1: up" ours_ctl left up t
	check "$1: ping from left" ping_left
	check "$1: ping from right" ping_right
	kernel_bytes left
	check "$1: through ESP: $bytes_in in, $bytes_out out" \
		[ "$bytes_in" -gt 0 -a "$bytes_out" -gt 0 ]
	check "$1: down" ours_ctl left down t
	ours_stop left
	"${1}_stop"
	for name in left right; do
		ip -n "$name" xfrm state flush
		ip -n "$name" xfrm policy flush
	done
}

mkdir -p /run/convert
c_auth=psk c_mode=tunnel
c_local=$RIGHT4 c_remote=$LEFT4 c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4

. tests/lab/peer-strongswan.sh
c_ike=aes256gcm16-prfsha384-ecp384 c_esp=aes256gcm16
strongswan_start right
check "strongswan: its own configuration" strongswan_configure
check "strongswan: converted" converted swanctl.conf < <(turned local remote \
	/run/peers/strongswan/run/swanctl/swanctl.conf)
carries strongswan

. tests/lab/peer-libreswan.sh
c_ike=aes128-sha256-modp2048 c_esp=aes128-sha256 c_nss=
libreswan_start right
check "libreswan: its own configuration" libreswan_configure
cp /run/peers/libreswan/run/ipsec.secrets /run/convert/
check "libreswan: converted" converted ipsec.conf < <(turned left right \
	/run/peers/libreswan/run/conn.conf)
carries libreswan

. tests/lab/peer-openiked.sh
c_ike=aes256gcm16-prfsha256-ecp256 c_esp=aes256-sha512
openiked_start right
check "openiked: its own configuration" openiked_configure
check "openiked: converted" converted iked.conf < <(turned "local from srcid" "peer to dstid" \
	/run/peers/openiked/run/iked.conf)
carries openiked
unset c_local c_remote c_local_ts c_remote_ts c_mode c_ike c_esp
