# test-moves.sh - addresses that change under a tunnel: MOBIKE, and a NAT that forgets.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

. tests/lab/peer-strongswan.sh

MOVED4=198.51.100.77 # where left is afterwards
PINGS=200            # 20 a second
LATE=20              # of them, a second: what an emulated processor may take

# An address that is removed leaves its network to the one that is left.
for name in left right; do
	host $name bash -c 'echo 1 >/proc/sys/net/ipv4/conf/all/promote_secondaries'
done

now_ms() { printf '%s' "${EPOCHREALTIME/./}" | head -c 13; }
spis_of() { ip -n "$1" xfrm state list nokeys | grep -o 'spi 0x[0-9a-f]*' | grep -v 0x00000000 | sort; }
ends_in() { # NAMESPACE: where its SAs begin and end, those of a waiting packet left out
	ip -n "$1" xfrm state list nokeys |
		awk '/^src / { ends = $2 " " $4 } / spi 0x/ && !/ spi 0x00000000 / { print ends }' | sort
}
# Both kernels have their SAs between the same ends, none of them ADDRESS.
kernels_left() {
	local ends
	ends=$(ends_in left)
	[ -n "$ends" ] && [[ " ${ends//$'\n'/ } " != *" $1 "* ]] && [ "$ends" = "$(ends_in right)" ]
}
pings_begin() {
	host left ping -q -n -i 0.05 -c $PINGS -W 5 -I $LEFT_IN4 $RIGHT_IN4 >/run/moves.ping 2>&1 &
	pings_pid=$!
	sleep 2
}
pings_lost() { # sets lost
	local said
	wait $pings_pid
	said=$(grep 'packets transmitted' /run/moves.ping)
	said=${said#*transmitted, }
	lost=$((PINGS - ${said%% *}))
}

# replace OLD NEW WHAT: left has another address while a ping runs.
replace() {
	local before begin away
	before=$(spis_of left)
	pings_begin
	begin=$(now_ms)
	ip -n left -batch - <<-END
	addr add $2/24 dev eth0
	addr del $1/24 dev eth0
	END
	check "$3: both kernels follow from $1" wait_for 60 kernels_left "$1"
	away=$(($(now_ms) - begin))
	pings_lost
	check "$3: lost $lost of $PINGS pings, in $away ms without an address" \
		[ "$lost" -le $((away / 50 + LATE)) -a "$lost" -lt $PINGS ]
	check "$3: the SAs are those of before" [ "$before" = "$(spis_of left)" ]
	check "$3: ping from left" ping_left
	check "$3: ping from right" ping_right
}
home() { # the address that left has in the beginning
	ip -n left -batch - <<-END
	addr add $LEFT4/24 dev eth0
	addr del $MOVED4/24 dev eth0
	END
}

# --- Ours and ours ------------------------------------------------------------

site_local=any site left wait
site right wait
ours_start right right
ours_start left left
check "up" ours_ctl left up peer
replace $LEFT4 $MOVED4 "ours"
replace $MOVED4 $LEFT4 "ours, back"
check "down" ours_ctl left down peer

# The other side began: it is told, and asks for the move.
check "up by the other side" ours_ctl right up peer
check "known here" ours_ctl left wait peer --for up --timeout 10s
replace $LEFT4 $MOVED4 "ours as responder"
check "down" ours_ctl right down peer
home

# Without MOBIKE a new IKE SA takes over, where the other side takes it from there.
site_local=any site left wait "mobike: no" "local_id: left.example"
site_remote=any site right wait
check "reload" ours_ctl left reload
check "reload" ours_ctl right reload
check "up without MOBIKE" ours_ctl left up peer
ip -n left -batch - <<-END
addr add $MOVED4/24 dev eth0
addr del $LEFT4/24 dev eth0
END
check "without MOBIKE: connected anew" wait_for 60 kernels_left $LEFT4
check "without MOBIKE: ping" wait_for 20 ping_left
ours_stop left
ours_stop right
home

# --- strongSwan ---------------------------------------------------------------

c_mode=tunnel c_ike=default c_esp=default
c_local=$RIGHT4 c_remote=%any
c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
strongswan_start right
strongswan_configure
site_local=any site left wait
ours_start left left
check "up to strongSwan" ours_ctl left up peer
replace $LEFT4 $MOVED4 "to strongSwan"
replace $MOVED4 $LEFT4 "to strongSwan, back"
check "down" ours_ctl left down peer
ours_stop left
strongswan_stop

c_local=%any c_remote=$RIGHT4
c_local_ts=$LEFT_NET4 c_remote_ts=$RIGHT_NET4
strongswan_start left
strongswan_configure
site_remote=any site right wait
printf 'daemon:\n  listen: [%s]\n' $RIGHT4 >>/run/ours/right/etc/ipsecd/ipsecd.yaml
ours_start right right
check "up from strongSwan" strongswan_up
replace $LEFT4 $MOVED4 "from strongSwan"
replace $MOVED4 $LEFT4 "from strongSwan, back"
check "strongSwan's delete" strongswan_down
ours_stop right
strongswan_stop

# --- A NAT that forgets -------------------------------------------------------

# rebound WHO WHAT: what comes from inside has other ports, and is followed.
rebound() {
	local before
	before=$(spis_of left)
	net_rebind "$1"
	check "$2: ping from inside again" wait_for 30 "ping_$1"
	check "$2: ping from left" ping_left
	check "$2: ping from right" ping_right
	check "$2: the SAs are those of before" [ "$before" = "$(spis_of left)" ]
}

net_nat left
c_local=$RIGHT4 c_remote=%any
c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
strongswan_start right
strongswan_configure
site left wait
ours_start left left
check "up from behind a NAT" ours_ctl left up peer
check "ping" ping_left
rebound left "our NAT forgets"
check "down" ours_ctl left down peer
ours_stop left
net_clear

for mobike in yes no; do
	net_nat right
	c_options="mobike = $mobike"
	c_local=$RIGHT4 c_remote=$LEFT4
	strongswan_configure
	site_remote=any site left wait
	ours_start left left
	check "strongSwan comes up from behind a NAT (mobike: $mobike)" strongswan_up
	check "ping" ping_right
	rebound right "strongSwan's NAT forgets (mobike: $mobike)"
	check "strongSwan's delete" strongswan_down
	ours_stop left
	net_clear
done
strongswan_stop
unset c_options
