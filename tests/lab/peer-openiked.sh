# peer-openiked.sh - OpenIKED as the other side, inside the lab.
# SPDX-License-Identifier: ISC
#
# The functions are explained in peer-strongswan.sh.  OpenIKED has no command
# to initiate: an active policy does so when it is loaded.  On Linux it speaks
# PF_KEY with the kernel (module af_key).
# shellcheck shell=bash

openiked_start() {
	local run=/run/peers/openiked/run
	peer_open openiked openiked "$1" || return
	mkdir -p $run/iked/{ca,certs,crls,private,pubkeys}
	cp build/pki/p256/them.key $run/iked/private/local.key
	echo "# nothing yet" >$run/iked.conf
	chmod 600 $run/iked.conf
	peer_become openiked bash -c '
		echo "_iked:x:9990:9990::/var/lib/openiked/empty:/bin/false" >>/etc/passwd
		echo "_iked:x:9990:" >>/etc/group
		mkdir -p /var/lib/openiked/empty
		chmod 755 /var/lib/openiked/empty
		rm -r /etc/iked
		ln -s /run/iked /etc/iked
		exec /usr/sbin/iked -d -vv -f /run/iked.conf' >>$run/log 2>&1 </dev/null &
	openiked_pid=$!
	peer_ready $openiked_pid $run/iked.sock $run/log
}

# Our spelling of a proposal in iked's words; $2 is ike or esp.
openiked_proposal() {
	local word said='' bits
	for word in ${1//-/ }; do
		case $word in
		aes*gcm16)
			bits=${word#aes} bits=${bits%gcm16}
			said="$said enc aes-$bits-gcm" ;;
		aes[0-9]*) said="$said enc aes-${word#aes}" ;;
		chacha20poly1305) said="$said enc chacha20-poly1305" ;;
		sha1)
			said="$said auth hmac-sha1" ;;
		sha*)
			said="$said auth hmac-sha2-${word#sha}"
			[ "$2" = esp ] || [[ $1 = *prf* ]] ||
				said="$said prf hmac-sha2-${word#sha}" ;;
		prfsha*) said="$said prf hmac-sha2-${word#prfsha}" ;;
		x25519) said="$said group curve25519" ;;
		ecp256 | ecp384 | ecp521 | modp*) said="$said group $word" ;;
		*) echo "openiked: no word for $word" >&2; return 1 ;;
		esac
	done
	echo "$said"
}

openiked_write() { # active | passive
	local run=/run/peers/openiked/run ike='' esp='' from='' mode='' id auth me you a b
	[ "$c_ike" = default ] || ike="ikesa$(openiked_proposal "$c_ike" ike)"
	[ "$c_esp" = default ] || esp="childsa$(openiked_proposal "$c_esp" esp)"
	if [ "$c_mode" = transport ]; then
		mode=transport from="from $c_local to $c_remote"
	else
		for a in $c_local_ts; do
			for b in $c_remote_ts; do
				case $a:$b in
				*.*:*.* | *::*:*::*) from="$from from $a to $b" ;;
				esac
			done
		done
	fi
	case ${c_auth:-psk} in
	psk) id="srcid $c_local" auth="psk \"$c_psk\"" ;;
	*)
		me=$(pki_id "$c_me") you=$(pki_id "$c_you") auth=rfc7427
		[ "${c_id:-}" != dn ] || me="/${me//, //}" you="/${you//, //}"
		id="srcid \"$me\" dstid \"$you\"" ;;
	esac
	cat >$run/iked.conf <<-END
	ikev2 "t" $1 $mode esp $from local $c_local peer $c_remote $ike $esp $id $auth
	END
}

# What it loads from /etc/iked.  OpenIKED 7.2 sends its intermediate authority's
# certificate, but ignores all that the other side sends behind the first.
openiked_files() {
	local at=/run/peers/openiked/run/iked pki=build/pki/${c_key:-}
	[ "${c_auth:-psk}" != psk ] || return
	rm -rf $at/{ca,certs,crls}
	mkdir -p $at/{ca,certs,crls}
	cp "$pki"/{root,us-ca,them-ca}.pem $at/ca/
	cp "$pki/$c_me.pem" $at/certs/
	cp "$pki/$c_me.key" $at/private/local.key
	[ -z "${c_crl:-}" ] || cp "$pki"/*.crl $at/crls/
}

openiked_ctl() {
	peer_run openiked /usr/sbin/ikectl "$@" >>/run/peers/openiked/run/ikectl.log 2>&1
}

openiked_configure() {
	openiked_files
	openiked_write passive
	openiked_ctl reload
}

openiked_up() {
	openiked_write active
	openiked_ctl reload
	wait_for ${T:-60} openiked_is_up
}

openiked_is_up() {
	[[ $(peer_run openiked /usr/sbin/ikectl show sa 2>/dev/null) == *ESTABLISHED* ]]
}

openiked_down() {
	# Passive first: a policy that is active would come up again by itself.
	openiked_write passive
	openiked_ctl reload
	openiked_ctl reset sa
}

# Its log numbers the signature schemes of RFC 7427 as its source does.
openiked_proof() {
	local names line scheme=''
	names=(RSA_PKCS1_SHA256 RSA_PKCS1_SHA384 RSA_PKCS1_SHA512
		ECDSA_WITH_SHA256 ECDSA_WITH_SHA384 ECDSA_WITH_SHA512
		RSA_PSS_SHA256 RSA_PSS_SHA384 RSA_PSS_SHA512
		RSA_PSS_SHA256 RSA_PSS_SHA384 RSA_PSS_SHA512)
	while read -r line; do
		case $line in
		*"_dsa_verify_init: signature scheme "*)
			line=${line##*scheme } scheme=${names[${line%% *}]} ;;
		*"ikev2_msg_authverify: authentication successful"*)
			[ -z "$scheme" ] || echo "$scheme" ;;
		esac
	done <"$(openiked_log)" | tail -n 1
}

openiked_settle() { :; }

openiked_log() {
	echo /run/peers/openiked/run/log
}

openiked_stop() {
	kill "$openiked_pid"
	wait "$openiked_pid" 2>/dev/null
	peer_close openiked
}
