# test-explain.sh - one knob of a working pair turned, against strongSwan and
# Libreswan: `ipsec-ctl explain` names it, or says what the protocol hides.
# SPDX-License-Identifier: ISC
#
# The pairs of ourselves are in tests/unit/explain.c, in virtual time; here are
# the other daemons' notifies, which are not always ours.  Each row is tried in
# both roles: `we` and `they` begin.  One line a cell, with the row's name.
#
#	EXPLAIN_PEERS	strongswan, libreswan (both)
#	EXPLAIN_ROWS	a bash pattern of rows' names (all)
#
# A cell is what `explain` has to say: KEY: WORDS, with the key of the
# configuration that is the knob, and words in the record; KEY? WORDS where the
# protocol hides which of several knobs it is: words of `look`, which says so;
# or - REASON: the cell is left out; or up: there is nothing to explain, as the
# other side bends.
# shellcheck shell=bash disable=SC2154

. tests/lab/peer-strongswan.sh
. tests/lab/peer-libreswan.sh

# Further addresses of both hosts, and what passes a path that is narrow.
LEFT4_TOO=198.51.100.7 RIGHT4_TOO=203.0.113.7 narrow=576
ip -n left addr add $LEFT4_TOO/24 dev eth0
ip -n right addr add $RIGHT4_TOO/24 dev eth0

declare -A o t x
named=0 hidden=0 out=0 count=0

# What a working pair has: ours by our keys, theirs as neutral words.
base() {
	o=(
		[remote]="{ address: $RIGHT4 }" [local]="{ address: $LEFT4 }"
		[auth]=psk [secret]=psk
		[local_id]=us.lab.example [remote_id]=them.lab.example
		[ike]=aes256-sha256-x25519 [esp]=aes256-sha256
		[local_ts]=$LEFT_NET4 [remote_ts]=$RIGHT_NET4
		[keep_trying]=no [revocation]=off
	)
	t=(
		[local]=$RIGHT4 [remote]=$LEFT4 [auth]=psk [secret]=$c_psk
		[id]=them.lab.example [you]=us.lab.example
		[ike]=aes256-sha256-x25519 [esp]=aes256-sha256
		[local_ts]=$RIGHT_NET4 [remote_ts]=$LEFT_NET4
		[mode]=tunnel
	)
	x=()
}

# Edits of a row: o.KEY=VALUE or t.KEY=VALUE, with ; between them; an empty value
# takes the key away.  x.lost=PORT: the router drops what goes to that UDP port;
# x.narrow=OCTETS: what is longer, and fragments of IP; x.rekey=yes: the pair comes
# up, and it is the child's rekey that fails.
turn() {
	local edit key
	local -a edits
	base
	IFS=';' read -ra edits <<<"$1"
	for edit in "${edits[@]}"; do
		key=${edit%%=*}
		case $key in
		o.*) o[${key#o.}]=${edit#*=} ;;
		t.*) t[${key#t.}]=${edit#*=} ;;
		x.*) x[${key#x.}]=${edit#*=} ;;
		*) echo "no such edit: $edit"; return 1 ;;
		esac
	done
}

# All that any row of ours names.
ours_have() {
	local at=/run/ours/left/etc/ipsecd pki=build/pki/p256 who
	mkdir -p $at/{secrets,ca,certs,crls}
	for who in us revoked-us; do
		cp $pki/$who-chain.pem $at/certs/$who.pem
		(umask 077; cp $pki/$who.key $at/secrets/)
	done
	cp $pki/us.pem $at/certs/alone.pem
	cp $pki/revoked-them.pub $at/certs/wrong.pub
	cp $pki/root.pem $at/ca/
	cp build/pki/ed25519/root.pem $at/ca/other.pem
	cp $pki/*.crl $at/crls/
}

strongswan_has() {
	local at=/run/peers/strongswan/run/swanctl pki=build/pki/p256
	mkdir -p $at/{x509,x509ca,x509crl,private}
	cp $pki/{them,revoked-them,late-them,early-them}.pem $at/x509/
	cp $pki/{them,revoked-them,late-them,early-them}.key $at/private/
	cp $pki/root.pem $at/x509ca/
	cp build/pki/ed25519/root.pem $at/x509ca/other.pem
	cp $pki/*.crl $at/x509crl/
}

libreswan_has() { :; } # its database is filled when it starts: c_nss

# A peer of another name has nothing of an earlier row to explain.
ours_take() {
	local key
	{
		# Who fails so often would not be answered any more.
		echo "daemon: { half_open_per_source: 1000, cookie_threshold: 1000, fragment_size: $narrow }"
		echo "peers:"
		echo "  $name:"
		for key in "${!o[@]}"; do
			[ -z "${o[$key]}" ] || echo "    $key: ${o[$key]}"
		done
	} | ours_write left
	ours_ctl left reload >/run/reload.out 2>&1
}

strongswan_take() {
	local child='' you='' key=${t[auth]} ca=/run/peers/strongswan/run/swanctl/x509ca
	[ "${t[mode]}" = transport ] || child="local_ts = ${t[local_ts]}${t[port]:+[${t[port]}]}
				remote_ts = ${t[remote_ts]}${t[your_port]:+[${t[your_port]}]}"
	# What it has of the authorities between is what it sends.
	if [ "${t[sendca]:-issuer}" = none ]; then
		rm -f $ca/them-ca.pem
	else
		cp build/pki/p256/them-ca.pem $ca/
	fi
	[ -z "${t[you]}" ] || you="id = ${t[you]}"
	cat >/run/peers/strongswan/run/swanctl/swanctl.conf <<-END
	connections {
		$name {
			version = 2
			local_addrs = ${t[local]}
			remote_addrs = ${t[remote]}
			proposals = ${t[ike]}
			fragmentation = ${t[fragmentation]:-yes}
			childless = ${t[childless]:-allow}
			local {
				auth = $key
				${t[id]:+id = ${t[id]}}
				${t[cert]:+certs = ${t[cert]}.pem}
			}
			remote {
				auth = ${t[your_auth]:-$key}
				$you
				${t[ca]:+cacerts = ${t[ca]}.pem}
			}
			children {
				$name {
					mode = ${t[mode]}
					esp_proposals = ${t[esp]}${t[esn]:+-${t[esn]}}
					$child
				}
			}
		}
	}
	secrets {
		ike-t {
			secret = "${t[secret]}"
		}
	}
	END
	strongswan_ctl --load-all --clear --noprompt
}

strongswan_has_none() {
	! STRONGSWAN_CONF=/run/strongswan.conf SWANCTL_DIR=/run/swanctl \
		peer_run strongswan swanctl --list-sas --noblock --ike "$name" 2>&1 | grep -q .
}

strongswan_begin() {
	strongswan_ctl --initiate --ike "$name" --child "$name" --timeout 8
}

strongswan_begin_rekey() { strongswan_ctl --rekey --child "$name"; }

libreswan_take() {
	local run=/run/peers/libreswan/run mine=@${t[id]} yours=@${t[you]}
	local ike esp pfs=no by=secret cert=${t[cert]:-}
	ike=$(libreswan_proposal "${t[ike]}" ike) || return
	esp=$(libreswan_proposal "${t[esp]}" esp) || return
	case ${t[esp]} in
	*-x25519) esp=$esp-dh31 pfs=yes ;;
	*-ecp256) esp=$esp-dh19 pfs=yes ;;
	esac
	case $mine in @*@*) mine=${mine#@} ;; esac
	case $yours in @*@*) yours=${yours#@} ;; esac
	[ "${t[auth]}" = psk ] || by=ecdsa
	[ "$cert" != them ] || cert=them-p256
	{
		echo "conn $name"
		echo "	ikev2=yes"
		echo "	authby=$by"
		[ -z "${t[id]}" ] || echo "	leftid=\"$mine\""
		[ -z "${t[you]}" ] || echo "	rightid=\"$yours\""
		[ "$by" = secret ] || printf '\t%s\n' "leftcert=$cert" \
			leftsendcert=always "sendca=${t[sendca]:-issuer}" rightca=%any
		printf '\t%s\n' "left=${t[local]}" "right=${t[remote]}" "type=${t[mode]}" \
			auto=add rekey=no leftupdown=/bin/true "ike=$ike" "esp=$esp" \
			"pfs=$pfs" "fragmentation=${t[fragmentation]:-yes}" keyingtries=1 retransmit-timeout=3s \
			retransmit-interval=1000
		[ "${t[mode]}" = transport ] || printf '\t%s\n' \
			"leftsubnet=${t[local_ts]}" "rightsubnet=${t[remote_ts]}"
		[ -z "${t[port]:-}" ] || printf '\t%s\n' "leftprotoport=${t[port]}" \
			"rightprotoport=${t[your_port]}"
		case ${t[esn]:-} in
		esn) echo "	esn=yes" ;;
		noesn) echo "	esn=no" ;;
		esac
		[ -z "${t[lsw]:-}" ] || printf '\t%s\n' "${t[lsw]}"
	} >$run/conn.conf
	echo ": PSK \"${t[secret]}\"" >$run/ipsec.secrets
	peer_run libreswan bash -c '
		[ -z "$1" ] || /usr/libexec/ipsec/whack --delete --name "$1"
		/usr/libexec/ipsec/whack --rereadsecrets
		exec /usr/libexec/ipsec/addconn --config /run/conn.conf "$2"' \
		take "$last" "$name" >>$run/whack.log 2>&1
}

libreswan_has_none() {
	! peer_run libreswan /usr/libexec/ipsec/whack --showstates 2>&1 | grep -q '"'"$name"'"'
}

# Where it was the responder and we did not take what it showed, it keeps the SA
# that it believes in, and would use that.
libreswan_begin() {
	local step
	for step in --terminate --initiate; do
		peer_run libreswan timeout 8 /usr/libexec/ipsec/whack $step --name "$name"
	done >>/run/peers/libreswan/run/whack.log 2>&1
}

libreswan_begin_rekey() {
	peer_run libreswan timeout 8 /usr/libexec/ipsec/whack --rekey-ipsec --name "$name" \
		--asynchronous >>/run/peers/libreswan/run/whack.log 2>&1
}

# The newest record of that role of this peer, as one line.
explains() { # ROLE
	record=$(ours_ctl left -j explain "$name" 2>/dev/null | sed 's/": /":/g' |
		grep -F '"role":"'"$1"'"' | grep -F -m1 '"peer":"'"$name"'"')
}

# cell ROLE EXPECTED
cell() {
	local role=initiator begin=$1 want=$2 key words
	local what="$kind, $row, $begin begin"
	[ "$begin" = we ] || role=responder
	if [[ $want == -* ]]; then
		out=$((out + 1))
		echo "LEFT OUT $what: ${want#- }"
		return
	fi
	if [ "$want" = up ]; then
		check "$what: up" comes_up "$begin"
		return
	fi
	case $begin-${x[rekey]:-no} in
	we-no) ours_ctl left up "$name" >/run/up.out 2>&1 ;;
	we-yes) ours_ctl left rekey "$name/$name" --timeout 5s >/run/up.out 2>&1 ;;
	they-no) "${kind}_begin" ;;
	they-yes) "${kind}_begin_rekey" ;;
	esac
	record=
	# Half a minute is how long we wait for IKE_AUTH.
	if ! wait_for 45 explains $role; then
		fail "$what: nothing is explained"
		return
	fi
	key=${want%%[:?]*} words=${want#*[:?] }
	if [[ $record != *'"key":"'"$key"'"'* && -n $key ]] ||
		[[ -z $key && $record == *'"key":"'* ]] ||
		[[ $record != *"$words"* ]] ||
		[[ $want == "$key?"* && $record != *'"look":"'* ]]; then
		echo "        wanted $want: $record"
		fail "$what"
		return
	fi
	# RFC 7296 section 2.21.2: it believed that the IKE SA is up.
	case $begin-$key in
	we-remote_id | we-remote_auth | we-certificate | we-pubkey)
		wait_for 10 "${kind}_has_none" ||
			fail "$what: they keep the IKE SA that we have refused" ;;
	esac
	case $want in
	"$key:"*) named=$((named + 1)) what="$what: names $key" ;;
	*) hidden=$((hidden + 1)) what="$what: says that it is hidden" ;;
	esac
	pass "$what"
}

comes_up() { # WE|THEY
	if [ "$1" = we ]; then
		ours_ctl left up "$name" >/run/up.out 2>&1
	else
		"${kind}_begin"
		ours_ctl left wait "$name" --for up --timeout 20s >/run/up.out 2>&1
	fi
}

# Between networks nothing gets across without a tunnel; between hosts it must
# have been in one.
carries() {
	if [ "${o[local_ts]}" = "$LEFT_NET4" ]; then
		ping_left 1
	else
		net_ping left $LEFT4 $RIGHT4 1 && kernel_bytes left && [ "$bytes_in" -gt 0 ]
	fi
}

try_row() { # EDITS WE THEY
	if [[ $2 == -* && $3 == -* ]]; then
		cell we "$2"
		cell they "$3"
		return
	fi
	last=${name:-}
	count=$((count + 1))
	name=r$count
	turn "$1" || { fail "$kind, $row"; return; }
	# Silence, and an answer that nobody vouches for, are waited out: the
	# more often it is asked, the less has to be waited after such an answer.
	case $2 in
	ike\?* | remote:* | fragmentation\?*) o[retransmit]="{ tries: 6, base: 300ms, max: 300ms }" ;;
	esac
	if ! ours_take; then
		sed 's/^/        /' /run/reload.out
		fail "$kind, $row: our configuration is refused"
		return
	fi
	"${kind}_take" || { fail "$kind, $row: the peer refuses its configuration"; return; }
	[ -z "${x[lost]:-}${x[narrow]:-}" ] || host router nft -f - <<-END || return
		table ip lost {
			chain forward {
				type filter hook forward priority 0
				${x[lost]:+udp dport ${x[lost]} drop}
				${x[narrow]:+ip frag-off & 0x3fff != 0 drop}
				${x[narrow]:+udp dport { 500, 4500 \} meta length > ${x[narrow]} drop}
			}
		}
	END
	if [ "$2" = up ]; then
		check "$kind, $row: up, we begin" comes_up we
		ours_ctl left down "$name" >/run/up.out 2>&1
		check "$kind, $row: up, they begin" comes_up they
		check "$kind, $row: ping" carries
	elif [ "${x[rekey]:-no}" = yes ]; then
		check "$kind, $row: up" comes_up we
		cell we "$2"
		cell they "$3"
	else
		cell we "$2"
		ours_ctl left down "$name" >/run/up.out 2>&1
		cell they "$3"
	fi
	ours_ctl left down "$name" >/run/up.out 2>&1
	[ -z "${x[lost]:-}${x[narrow]:-}" ] || host router nft delete table ip lost
}

# Name | edits | we begin | they begin [| we | they, for Libreswan]
rows() {
	local init="ike? the notify does not say whether 'ike' differs"
	local esp="esp? the notify does not say what they accept"
	local auth="? the notify does not say which of them"
	local ts="local_ts, remote_ts? in the same mode"
	local unseen="- nothing of theirs comes to us"
	local slow="IKE_SA_INIT is all that comes to us: said half a minute later, see strongSwan, firewall that drops 4500"
	local first="- $slow"
	local old="- Libreswan is built without modp1024"
	local bad="- Libreswan does not take such a certificate"
	local knows="- Libreswan has it from the rows before"
	local answer="- Libreswan says nothing when it refuses an answer"
	local rekey="x.rekey=yes;o.esp=aes256-sha256" frag="x.narrow=$narrow"
	local certs="o.auth=cert;o.secret=;o.local={ address: $LEFT4, cert: us.pem, key: us.key };o.remote={ address: $RIGHT4, ca: root.pem };t.auth=pubkey;t.cert=them"
	cat <<-END
	before||up|up
	ike encryption here|o.ike=aes128-sha256-x25519|$init|ike: no encryption in common
	ike encryption there|t.ike=aes128-sha256-x25519|$init|ike: no encryption in common
	ike integrity here|o.ike=aes256-sha512-prfsha256-x25519|$init|ike: no integrity algorithm in common
	ike prf here|o.ike=aes256-sha256-prfsha512-x25519|$init|ike: no PRF in common
	ike hash there|t.ike=aes256-sha512-x25519|$init|ike: sha512
	ike group here|o.ike=aes256-sha256-ecp256|$init|ike: no key exchange in common
	ike group there|t.ike=aes256-sha256-ecp256|$init|ike: no key exchange in common
	ike group of another kind|t.ike=aes256-sha256-modp2048|$init|ike: modp2048
	ike aead here|o.ike=aes256gcm16-prfsha256-x25519|$init|ike: aes256gcm16
	ike aead there|t.ike=aes256gcm16-prfsha256-x25519|$init|ike: aes256gcm16
	ike weak there|t.ike=aes256-sha1-x25519|$init|ike: allow_weak: [sha1]
	esp encryption here|o.esp=aes128-sha256|$esp|esp: no encryption in common
	esp encryption there|t.esp=aes128-sha256|$esp|esp: no encryption in common
	esp integrity here|o.esp=aes256-sha512|$esp|esp: no integrity algorithm in common
	esp integrity there|t.esp=aes256-sha512|$esp|esp: no integrity algorithm in common
	esp aead here|o.esp=chacha20poly1305|$esp|esp: chacha20poly1305
	esp aead there|t.esp=aes256gcm16|$esp|esp: aes256gcm16
	ike old encryption there|t.ike=3des-sha256-modp2048|$init|ike: 3des
	ike old group there|t.ike=aes256-sha256-modp1024|$init|ike: modp1024|$old|$old
	esp old encryption there|t.esp=3des-sha256|$esp|esp: 3des
	esp sequence numbers here|o.esp=aes256-sha256-esn;t.esn=noesn|$esp|esp: no sequence numbers in common
	esp sequence numbers there|o.esp=aes256-sha256-noesn;t.esn=esn|$esp|esp: no sequence numbers in common
	esp weak there|t.esp=aes256-sha1|$esp|esp: allow_weak: [sha1]
	esp group at rekey here|$rekey-ecp256;t.esp=aes256-sha256-x25519|esp? (here: ecp256) shows only when it is rekeyed|esp: they offer x25519; we accept ecp256
	esp group only here|$rekey-ecp256|esp? (here: ecp256) shows only when it is rekeyed|esp: they offer none; we accept ecp256
	esp group only there|$rekey;t.esp=aes256-sha256-x25519|esp? (here: none|esp: they offer x25519; we accept none
	secret there|t.secret=another secret of the lab|$auth|secret: pre-shared key is not ours
	local_id here|o.local_id=x.lab.example|$auth|local_id: x.lab.example
	kind of local_id here|o.local_id=us@lab.example|$auth|local_id: us@lab.example
	remote_id here|o.remote_id=x.lab.example|$auth|remote_id: them.lab.example|remote_id: them.lab.example
	pattern of remote_id here|o.remote_id="*.other.example"|remote_id: them.lab.example|remote_id: them.lab.example
	identity there|t.id=x.lab.example|$auth|remote_id: x.lab.example|remote_id: x.lab.example
	our identity there|t.you=x.lab.example|$auth|local_id: x.lab.example
	local_ts here|o.local_ts=10.9.0.0/24|$ts|local_ts: 10.9.0.0/24
	remote_ts here|o.remote_ts=10.9.0.0/24|$ts|remote_ts: 10.9.0.0/24
	both selectors here|o.local_ts=10.8.0.0/24;o.remote_ts=10.9.0.0/24|$ts|local_ts, remote_ts: 10.9.0.0/24
	local selector there|t.local_ts=10.9.0.0/24|$ts|remote_ts: 10.9.0.0/24
	remote selector there|t.remote_ts=10.9.0.0/24|$ts|local_ts: 10.9.0.0/24
	family of selectors there|t.local_ts=fd02::/64;t.remote_ts=fd01::/64|$ts|local_ts, remote_ts: fd02::/64
	family of selectors here|o.local_ts=fd01::/64;o.remote_ts=fd02::/64|$ts|local_ts, remote_ts: fd01::/64
	protocol of selectors here|o.local_ts=$LEFT_NET4 tcp;o.remote_ts=$RIGHT_NET4 tcp;t.port=udp;t.your_port=udp|$ts|local_ts, remote_ts: udp
	port of selectors here|o.local_ts=$LEFT_NET4 tcp/80;o.remote_ts=$RIGHT_NET4 tcp;t.port=tcp;t.your_port=tcp/443|$ts|local_ts: tcp/443
	remote here|o.remote={ address: 203.0.113.9 }|remote: 203.0.113.9|remote: its remote is 203.0.113.9
	port here|o.remote={ address: $RIGHT4, port: 501 }|remote: port 501|- it is where we send that is wrong, and they send rightly
	remote there|t.remote=198.51.100.9|$init|$unseen
	local here|o.local={ address: $LEFT4_TOO }|$init|local: its local is
	local there|t.local=$RIGHT4_TOO|$init|remote: $RIGHT4_TOO
	childless there|t.childless=force|childless? IKE_AUTH without a child|up|- Libreswan has no RFC 6023|- Libreswan has no RFC 6023
	firewall that drops 500|x.lost=500|remote: UDP 500|$unseen
	firewall that drops 4500|x.lost=4500|remote: UDP 4500|remote: did not send IKE_AUTH||- $slow
	mode here|o.mode=transport;o.local_ts=;o.remote_ts=;t.local_ts=$RIGHT4/32;t.remote_ts=$LEFT4/32|mode: tunnel|mode: transport
	mode there|o.local_ts=$LEFT4;o.remote_ts=$RIGHT4;t.mode=transport|up|up|esp? and 'mode' (here: tunnel)|mode: was given a tunnel
	remote_auth here|o.auth=;o.local_auth=psk;o.remote_auth=cert|remote_auth: psk|remote_auth: psk
	certificates, working|$certs|up|up
	auth here|$certs;t.auth=psk|$auth|remote_auth: psk
	auth there|t.auth=pubkey;t.cert=them|$auth|remote_auth: a signature
	authority here|$certs;o.remote={ address: $RIGHT4, ca: other.pem }|certificate: none of our authorities|certificate: none of our authorities
	their certificate is revoked|$certs;o.revocation=soft;t.cert=revoked-them|certificate: revoked|certificate: revoked
	their certificate is expired|$certs;t.cert=late-them|certificate: expired|certificate: expired|$bad|$bad
	their certificate is not valid yet|$certs;t.cert=early-them|certificate: not valid before|certificate: not valid before|$bad|$bad
	their authority between is not sent|$certs;t.sendca=none|certificate: them-ca|certificate: them-ca
	our authority between is not sent|$certs;o.local={ address: $LEFT4, cert: alone.pem, key: us.key }|$auth|$auth|$knows|$answer
	our certificate is revoked|$certs;o.local={ address: $LEFT4, cert: revoked-us.pem, key: revoked-us.key }|$auth|$auth||$answer
	path that drops fragments|$certs;$frag|up|up
	fragmentation here|$certs;$frag;o.fragmentation=no|fragmentation? is off here|$first
	fragmentation there|$certs;$frag;t.fragmentation=no|fragmentation? is off there|$first
	name of their certificate|$certs;o.remote_id=x.lab.example|$auth|remote_id: them.lab.example|remote_id: them.lab.example
	pubkey here|$certs;o.auth=;o.local_auth=cert;o.remote_auth=pubkey;o.remote={ address: $RIGHT4, pubkey: wrong.pub }|pubkey: signature in AUTH is not good|pubkey: signature in AUTH is not good
	after||up|up
	END
}

for kind in ${EXPLAIN_PEERS:-strongswan libreswan}; do
	name='' named=0 hidden=0 out=0 c_nss="p256 crl"
	strongswan_options="retransmit_tries = 1
		retransmit_timeout = 1.0
		fragment_size = $narrow" "${kind}_start" right || exit 1
	"${kind}_has"
	if ! ours_runs left; then
		ours_have
		base
		name=r0
		ours_take || :
		ours_start left left || exit 1
	fi
	name='' begun=$SECONDS
	while IFS='|' read -r row edits we they lwe lthey <&4; do
		# shellcheck disable=SC2053
		[[ $row == ${EXPLAIN_ROWS:-*} || $we == up ]] || continue
		[ "$kind" = strongswan ] || we=${lwe:-$we} they=${lthey:-$they}
		try_row "$edits" "$we" "$they"
	done 4< <(rows)
	"${kind}_stop"
	echo "     explain, $kind: $named named, $hidden hidden and said to be, $out left out, $((SECONDS - begun)) s"
done
