# test-nat.sh - through a router that translates addresses, with strongSwan.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

. tests/lab/peer-strongswan.sh

# A NAT keepalive is a datagram of one octet: 9 with the UDP header.
count_keepalives() {
	host router nft -f - <<-END
	table inet seen {
		counter keepalives { }
		chain forward {
			type filter hook forward priority 0;
			udp length 9 counter name keepalives
		}
	}
	END
}
keepalive_seen() {
	[[ $(host router nft list counter inet seen keepalives) != *"packets 0 "* ]]
}
encapsulated() { # NAMESPACE
	[[ $(ip -n "$1" xfrm state list nokeys) == *"encap type espinudp"* ]]
}

c_mode=tunnel c_ike=default c_esp=default
c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4

# We are behind it and initiate.
net_nat left
count_keepalives
c_local=$RIGHT4 c_remote=%any
strongswan_start right
strongswan_configure
site left wait
ours_start left left
check "up from behind the NAT" ours_ctl left up peer
check "ping from left" ping_left
check "ping from right" ping_right
check "ESP in UDP in our kernel" encapsulated left
check "ESP in UDP in strongSwan's kernel" encapsulated right
kernel_bytes right
check "strongSwan's SAs carried octets: $bytes_in in, $bytes_out out" \
	[ "$bytes_in" -gt 0 -a "$bytes_out" -gt 0 ]
check "status shows the NAT" saw <(ours_ctl left -j status peer) '"nat": ?(true|"[^n])'
check "keepalives from us within 60 s" wait_for 60 keepalive_seen
check "ping after them" ping_right
check "down" ours_ctl left down peer
ours_stop left
net_clear

# strongSwan is behind it and initiates.
net_nat right
count_keepalives
c_local=$RIGHT4 c_remote=$LEFT4
strongswan_configure
site_remote=any site left wait
ours_start left left
check "strongSwan comes up from behind the NAT" strongswan_up
check "we know it" ours_ctl left wait peer --for up --timeout 10s
check "ping from left" ping_left
check "ping from right" ping_right
check "ESP in UDP in our kernel" encapsulated left
kernel_bytes left
check "our SAs carried octets: $bytes_in in, $bytes_out out" \
	[ "$bytes_in" -gt 0 -a "$bytes_out" -gt 0 ]
check "keepalives from strongSwan within 60 s" wait_for 60 keepalive_seen
check "ping after them" ping_left
check "strongSwan's delete" strongswan_down
check "leaves nothing here" wait_for 10 has_sas left 0 0
strongswan_stop
