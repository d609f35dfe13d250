# test-fragment.sh - messages in fragments (RFC 7383), with strongSwan and
# Libreswan, over a path where longer datagrams and fragments of IP vanish.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

. tests/lab/peer-strongswan.sh
. tests/lab/peer-libreswan.sh

# narrow OCTETS: the router drops what is longer, and whatever is a fragment of
# IP; and counts IKE messages whose one payload is SKF (53), on both ports.
narrow() {
	net_clear
	host router nft -f - <<-END
	table ip narrow {
		counter by_left { }
		counter by_right { }
		chain forward {
			type filter hook forward priority 0;
			ip frag-off & 0x3fff != 0 drop
			udp dport { 500, 4500 } meta length > $1 drop
			ip saddr $LEFT4 udp dport 500 @th,192,8 53 counter name by_left
			ip saddr $LEFT4 udp dport 4500 @th,224,8 53 counter name by_left
			ip saddr $RIGHT4 udp dport 500 @th,192,8 53 counter name by_right
			ip saddr $RIGHT4 udp dport 4500 @th,224,8 53 counter name by_right
		}
	}
	END
}

# fragments SIDE LEAST: so many came from there, since the last look.
fragments() {
	local said
	said=$(host router nft reset counter ip narrow "by_$1") || return
	said=${said#*packets }
	echo "${said%% *} fragments"
	[ "${said%% *}" -ge "$2" ]
}


# left_site LINE...: left with a small limit of its own.
left_site() {
	site left wait "$@"
	printf '%s\n' "daemon:" "  fragment_size: 400" >>/run/ours/left/etc/ipsecd/ipsecd.yaml
}

# both_ways KIND: tunnels from either side.
both_ways() {
	check "$1: up, we initiate" ours_ctl left up peer
	check "$1: our IKE_AUTH came in fragments" fragments left 2
	check "$1: ping from left" ping_left
	check "$1: ping from right" ping_right
	check "$1: down" ours_ctl left down peer
	"$1_settle"
	fragments right 0 >/run/answered
	check "$1: up, the peer initiates" "$1_up"
	check "$1: we know it" ours_ctl left wait peer --for up --timeout 20s
	check "$1: its IKE_AUTH came in fragments" fragments right 2
	check "$1: our answer, too" fragments left 2
	check "$1: ping from left" ping_left
	check "$1: ping from right" ping_right
	check "$1: the peer's delete" "$1_down"
	check "$1: leaves nothing here" wait_for 10 has_sas left 0 0
	"$1_settle"
}

c_mode=tunnel c_ike=aes256gcm16-prfsha256-x25519 c_esp=aes256gcm16
c_local=$RIGHT4 c_remote=$LEFT4
OURS_LOG=info,ike=debug

# Eight networks a side are what makes the messages long.
c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
for i in {1..7}; do
	c_local_ts="$c_local_ts 10.22.$i.0/24"
	c_remote_ts="$c_remote_ts 10.21.$i.0/24"
done
narrow 400
strongswan_options="fragment_size = 400"
c_options="fragmentation = yes"
strongswan_start right
strongswan_configure
left_site "ike: $c_ike" "esp: $c_esp" "local_ts: [${c_remote_ts// /, }]" \
	"remote_ts: [${c_local_ts// /, }]"
ours_start left left
both_ways strongswan
cat /run/answered
check "strongswan: it answered in fragments" no saw /run/answered '^0 '
check "strongswan put ours together" saw "$(strongswan_log)" 'reassembled fragmented IKE message'
check "we put its together" saw "$(ours_log left)" 'fragments: whole'
strongswan_stop
ours_stop left

# Libreswan has one network a side, and cuts at 576 octets: long names.
long=$(printf '%.0sx' {1..60})
long=$long.$long.$long.$long
c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
narrow 576
c_options="fragmentation=force
	leftid=@right.$long
	rightid=@left.$long"
libreswan_start right
libreswan_configure
left_site "ike: $c_ike" "esp: $c_esp" "local_id: left.$long" "remote_id: right.$long"
: >"$(ours_log left)"
ours_start left left
both_ways libreswan
check "we put its together" saw "$(ours_log left)" 'fragments: whole'
libreswan_stop
ours_stop left

# Two RSA-4096 certificates and a signature by a third such key, each way, where
# only what every IPv6 path carries gets through.
narrow 1280
c_auth=cert c_key=rsa4096 c_rsa=pss c_me=them c_you=us
unset c_options strongswan_options
strongswan_start right
strongswan_configure
site left wait "ike: $c_ike" "esp: $c_esp"
: >"$(ours_log left)"
ours_start left left
both_ways strongswan
check "RSA-4096: it answered in fragments" no saw /run/answered '^[01] '
check "RSA-4096: strongSwan has our certificate and its issuer's" \
	saw "$(strongswan_log)" 'received issuer cert "?C=CH.*CN=us-ca'
check "RSA-4096: strongSwan put ours together" saw "$(strongswan_log)" 'reassembled fragmented IKE message'
check "RSA-4096: we put its together" saw "$(ours_log left)" 'fragments: whole'
strongswan_stop
net_clear
unset c_auth c_key c_rsa
unset c_options strongswan_options OURS_LOG
