# test-keylog.sh - ipsec-ctl keylog and a capture: tshark opens both IKE and ESP.
# SPDX-License-Identifier: ISC
#
# One capture of several tunnels, each with rekeys of the child and of the IKE SA,
# and the two files that were written meanwhile.  tshark reads it three times, each
# with a profile as the manual describes it: with these files, without, and with
# files whose keys are wrong by four bits, with which nothing may be seen either.
# (tshark 4.0 knows no ESN, and calls each ICV wrong that has some: so not all
# tunnels have them.)
# shellcheck shell=bash disable=SC2154

capture=/run/keylog.pcapng keys=/run/keylog
fields=(isakmp.ispi isakmp.exchangetype isakmp.typepayload isakmp.id.data.fqdn
	isakmp.ts.start_ipv4 isakmp.delete.protoid isakmp.spinum esp.spi esp.icv_good
	icmp.type udp.dstport ip.src)

# What is asked of what tshark said; nothing of it starts a process.
count() { # PATTERN: lines of the array `said` that have it; sets n
	local line
	n=0
	for line in "${said[@]}"; do
		[[ ! $line =~ $1 ]] || n=$((n + 1))
	done
}
auth_open() { # SPI: the identities and AUTH of both messages
	count "^$1\|35\|[^|]*,39,[^|]*\|(left|right)\.lab\.example" && [ $n = 2 ]
}
child_open() { # SPI: nonce and traffic selectors of request and answer
	count "^$1\|36\|[^|]*,40,([^|]*,)?44,45\|\|10\.1\.0\.0,10\.2\.0\.0\|" && [ $n = 2 ]
}
ike_open() { # SPI: SA, nonce and key exchange, and no traffic selectors
	count "^$1\|36\|[^|]*,33,[^|]*,40,34(,[^|]*)?\|\|\|" && [ $n = 2 ]
}
delete_open() { # SPI: of the IKE SA (protocol 1), which the new SA protects
	count "^$1\|37\|46,42\|\|\|1\|0\|" && [ $n -ge 1 ]
}
inside='[0-9.]+,10\.[12]\.0\.1$' # the addresses: that of the tunnel's end, and the true one
esp_open() { # SPI: there are packets, and all are echoes; sets all
	count "\|0x$1\|" && all=$n && count "\|0x$1\|[01]\|[08]\|[^|]*\|$inside" && [ $n = $all ] && [ $n -ge 2 ]
}
esp_good() { # SPI: and their ICV is right
	esp_open "$1" && count "\|0x$1\|1\|" && [ $n = $all ]
}
esp_in_udp() { # SPI: and they are in UDP
	esp_open "$1" && count "\|0x$1\|.*\|4500\|" && [ $n = $all ]
}
sealed() { # IKE_SPI NEW_IKE_SPI ESP_SPI..: nothing of it is open
	local spi
	! auth_open "$1" && ! child_open "$1" && ! ike_open "$1" && ! delete_open "$2" || return
	for spi in "${@:3}"; do
		count "\|0x$spi\|" && [ $n -ge 2 ] && count "\|0x$spi\|.*$inside" && [ $n = 0 ] || return
	done
}

# --- Tunnels ------------------------------------------------------------------

tunnel_remote='' # as right knows left, if not by its address
keylog_rows=() # of each tunnel: its name, two IKE SAs' SPIs, and four of children
# What was there before, and may be there for a while, is left out.
spi_of_ike() { # [BEFORE]
	ours_ctl left -j list sas | grep -oE '"spi_i":"[0-9a-f]+' | cut -d '"' -f 4 | grep -vxF "${1:-}"
}
spis_of_child() { # [BEFORE]
	ours_ctl left -j list children | grep -oE '"spi_(in|out)":"[0-9a-f]+' | cut -d '"' -f 4 | grep -vxF "${1:-}"
}

tunnel() { # NAME PROPOSALS
	local name=$1 ike old pid
	shift
	site left wait "local_id: left.lab.example" "remote_id: right.lab.example" "$@"
	site_remote=$tunnel_remote site right wait "local_id: right.lab.example" "remote_id: left.lab.example" "$@"
	ours_spawn right right
	ours_spawn left left
	ours_ready right
	ours_ready left
	"$OURS_BIN/ipsec-ctl" -s /run/ours/left/run/ipsecd/control.sock \
		keylog peer -o $keys >/run/keylog.out 2>&1 </dev/null &
	pid=$!
	check "$name: the log says to whom keys are given" wait_for 10 saw "$(ours_log left)" \
		"the keys of peer 'peer' are given to uid 0 \(pid $pid\) for 600 s"
	check "$name: up" ours_ctl left up peer
	ike=$(spi_of_ike) old=$(spis_of_child)
	check "$name: ping" ping_left
	check "$name: rekey of the child" ours_ctl left rekey peer/peer
	check "$name: ping" ping_left
	check "$name: rekey of the IKE SA" ours_ctl left rekey peer --ike
	check "$name: the SAs of before are gone" wait_for 60 same_pair
	check "$name: ping" ping_left
	keylog_rows+=("$name $ike $(spi_of_ike "$ike") ${old//$'\n'/ } $(spis_of_child "$old" | tr '\n' ' ')")
	[ "$name" != gcm ] || ends_and_refusals
	check "$name: down" ours_ctl left down peer
	kill $pid
	check "$name: the log says that it ended" wait_for 10 saw "$(ours_log left)" \
		"are no longer given to uid 0 \(pid $pid\): the client left\"\$"
	ours_stop left
	ours_stop right
}

# The tunnel is up.
ends_and_refusals() {
	local sock=/run/ours/left/run/ipsecd/control.sock
	timeout 60 "$OURS_BIN/ipsec-ctl" -s $sock -q keylog peer --for 2s -o /run/keylog.short
	check "--for: it ends by itself: exit code $?" [ $? = 0 ]
	check "--for: the log says so" saw "$(ours_log left)" "are no longer given to uid 0 .*: the time is over\"\$"
	check "--for: for how long" saw "$(ours_log left)" "are given to uid 0 .* for 2 s"
	check "--for: it had the IKE SA that was up" \
		saw /run/keylog.short/ikev2_decryption_table "^$(spi_of_ike "$ike"),"
	# Who may use the socket, but is not root.
	cp "$OURS_BIN/ipsec-ctl" /run/ipsec-ctl
	set -- setpriv --reuid 65534 --regid "$(stat -c %g $sock)" --clear-groups /run/ipsec-ctl -s $sock
	check "another user may ask for the status" "$@" status
	"$@" keylog peer --for 2s >/run/other.out 2>/run/other.err
	check "but gets no keys: exit code $?" [ $? = 7 ]
	check "and is told why" saw /run/other.err "keys are given to root alone"
	check "and nothing else" no [ -s /run/other.out ]
}

rm -rf $keys $keys.*
nsenter --net=/run/netns/router -- dumpcap -q -i l0 -w $capture >/run/dumpcap.out 2>&1 </dev/null &
dumpcap=$!
check "dumpcap captures" wait_for 30 [ -s $capture ]

tunnel gcm "ike: aes256gcm16-prfsha384-x25519" "esp: aes256gcm16-noesn"
tunnel cbc "ike: aes128-sha256-x25519" "esp: aes128-sha256-noesn"
net_nat left
tunnel_remote=any tunnel udp "ike: aes128gcm16-prfsha256-x25519" "esp: aes256-sha256"
net_clear

# Packets come in order, and late: when this one is there, the others are.
host left ping -q -c 1 -p 6b65796c6f67 198.51.100.1 >/dev/null
check "all is captured" wait_for 20 grep -q keylogkeylog $capture
kill $dumpcap
wait $dumpcap 2>/dev/null

# --- What there is to be seen -------------------------------------------------

profile() { # NAME: its folder in the environment's variable
	mkdir -p "/run/$1"
	printf 'esp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n' \
		>"/run/$1/preferences"
}
dissect() { # NAME
	local field ask=()
	for field in "${fields[@]}"; do ask+=(-e "$field"); done
	WIRESHARK_CONFIG_DIR=/run/$1 tshark -n -r $capture -T fields -E 'separator=|' \
		"${ask[@]}" >"/run/$1.seen" 2>"/run/$1.err"
}

check "the files are for root alone" \
	[ "$(stat -c '%a %n' $keys/* | tr '\n' ' ')" = "600 $keys/esp_sa 600 $keys/ikev2_decryption_table " ]
profile without
profile with
cp $keys/* /run/with/
profile wrong
# The first digit of both encryption keys, and of the one.
digit() { sed -E "s/$1[89a-f]/\\10/; t; s/$1[0-7]/\\1f/" "$2"; }
digit '^(([^,]*,){2})' $keys/ikev2_decryption_table >/run/wrong/half
digit '^(([^,]*,){3})' /run/wrong/half >/run/wrong/ikev2_decryption_table
digit '^(([^,]*,){5}"0x)' $keys/esp_sa >/run/wrong/esp_sa
dissectors=()
for profile in with without wrong; do
	dissect $profile &
	dissectors+=($!)
done
wait "${dissectors[@]}"
for profile in with without wrong; do
	check "tshark takes the profile '$profile'" no grep -v '^Running as user' /run/$profile.err
done

# TUNNEL IKE_SPI NEW_IKE_SPI ESP_SPI..
opened() {
	local name=$1 ike=$2 new=$3 spi
	shift 3
	check "$name: IKE_AUTH is open" auth_open "$ike"
	check "$name: the rekey of the child is open" child_open "$ike"
	check "$name: the rekey of the IKE SA is open" ike_open "$ike"
	check "$name: so is what the new IKE SA protects" delete_open "$new"
	for spi; do
		case $name in
		udp) check "$name: ESP in UDP is open ($spi)" esp_in_udp "$spi" ;;
		*) check "$name: ESP is open, and its ICV right ($spi)" esp_good "$spi" ;;
		esac
	done
}
for profile in with without wrong; do
	mapfile -t said </run/$profile.seen
	for row in "${keylog_rows[@]}"; do
		# shellcheck disable=SC2086
		set -- $row
		case $profile in
		with)
			check "$1: two IKE SAs and two pairs of SAs: $*" [ $# = 7 ]
			opened "$@" ;;
		without) check "$1: all is sealed without the files" sealed "${@:2}" ;;
		wrong) check "$1: all is sealed with wrong keys" sealed "${@:2}" ;;
		esac
	done
done
[ -z "$keep" ] || { mkdir -p "$keep/keylog" && cp -r $capture /run/{with,without,wrong}{,.seen,.err} "$keep/keylog"; }
