# peer-libreswan.sh - Libreswan as the other side, inside the lab.
# SPDX-License-Identifier: ISC
#
# The functions are explained in peer-strongswan.sh.  Pluto chooses its
# connection by addresses alone, so there is never more than one; its tools are
# called directly, as the `ipsec` script around them starts dozens of processes.
# shellcheck shell=bash

# Where c_nss names kinds of keys, its database has their certificates and keys
# from the beginning: it keeps in memory what it has seen there.
libreswan_start() {
	local run=/run/peers/libreswan/run
	peer_open libreswan libreswan "$1" || return
	printf '%s\n' "config setup" "	logfile=/run/log" >$run/ipsec.conf
	echo ": PSK \"${c_psk:-lab test secret}\"" >$run/ipsec.secrets
	peer_become libreswan bash -c 'cd "$0"
		mkdir -p /var/lib/ipsec/nss
		. tests/lab/peer-libreswan.sh
		libreswan_nss "$@"
		exec /usr/libexec/ipsec/pluto --nofork --config /run/ipsec.conf \
			--secretsfile /run/ipsec.secrets' "$PWD" ${c_nss:-} >$run/out 2>&1 </dev/null &
	libreswan_pid=$!
	peer_ready $libreswan_pid $run/pluto/pluto.ctl $run/out
}

# Inside its mount namespace; "crl" among the kinds is all CRLs.
libreswan_nss() { # KIND..
	local db=sql:/var/lib/ipsec/nss kind file
	certutil -N -d $db --empty-password
	for kind; do
		if [ "$kind" = crl ]; then
			for file in build/pki/p256/*.crl; do
				openssl crl -in "$file" -outform DER -out /run/crl.der
				crlutil -I -B -i /run/crl.der -d $db
			done
			continue
		fi
		for file in root them-ca; do
			certutil -A -d $db -n "$file-$kind" -t CT,, -i "build/pki/$kind/$file.pem"
		done
		for file in build/pki/"$kind"/*.p12; do
			pk12util -i "$file" -d $db -W lab -K ''
		done
	done
}

# Our spelling of a proposal in pluto's words; $2 is ike or esp.
libreswan_proposal() {
	local word encr='' integ='' prf='' group=''
	for word in ${1//-/ }; do
		case $word in
		aes*gcm16) encr=aes_gcm${word//[!0-9]/} encr=${encr%16} ;;
		aes[0-9]* | 3des) encr=$word ;;
		chacha20poly1305) encr=chacha20_poly1305 ;;
		sha1 | sha2_*) integ=$word ;;
		sha*) integ=sha2_${word#sha} ;;
		prfsha*) prf=sha2_${word#prfsha} ;;
		x25519) group=dh31 ;;
		ecp256) group=dh19 ;;
		ecp384) group=dh20 ;;
		ecp521) group=dh21 ;;
		modp*) group=$word ;;
		*) echo "libreswan: no word for $word" >&2; return 1 ;;
		esac
	done
	case $2 in
	ike) echo "$encr-${prf:-$integ}${group:+-$group}" ;;
	esp) echo "$encr${integ:+-$integ}" ;;
	esac
}

libreswan_auth() {
	local by=ecdsa at='' me=${c_me:-} pki=build/pki/${c_key:-}
	case ${c_auth:-psk}-${c_key:-}-${c_rsa:-} in
	psk-*)
		echo "	authby=secret"
		return ;;
	*-rsa*-pkcs1) by=rsasig ;; # rsa-sha1 is method 1, rsa-sha2 PSS alone
	*-rsa*) by=rsa-sha2 ;;
	esac
	echo "	authby=$by"
	[ "${c_id:-}" = dn ] || at=@
	echo "	leftid=\"$at$(pki_id "$c_me")\""
	echo "	rightid=\"$at$(pki_id "$c_you")\""
	if [ "$c_auth" = cert ]; then
		[ "$me" != "${me#revoked-}" ] || me=$me-$c_key
		echo "	leftcert=$me"
		echo "	leftsendcert=always"
		echo "	sendca=issuer"
		echo "	rightca=%any"
	else
		echo "	leftsendcert=never"
		echo "	leftckaid=$(<"$pki/$c_me.ckaid")"
		echo "	rightpubkey=$(<"$pki/$c_you.spki")"
	fi
}

libreswan_configure() {
	local run=/run/peers/libreswan/run
	{
		echo "conn t"
		echo "	ikev2=yes"
		libreswan_auth
		echo "	left=$c_local"
		echo "	right=$c_remote"
		echo "	type=$c_mode"
		echo "	auto=add"
		# rekey=no: what the other side deletes is not brought up again.
		echo "	rekey=no"
		echo "	leftupdown=/bin/true"
		case $c_local in *:*) echo "	hostaddrfamily=ipv6" ;; esac
		[ "$c_mode" = transport ] || {
			echo "	leftsubnet=$c_local_ts"
			echo "	rightsubnet=$c_remote_ts"
		}
		[ "$c_ike" = default ] ||
			echo "	ike=$(libreswan_proposal "$c_ike" ike)"
		[ "$c_esp" = default ] ||
			echo "	esp=$(libreswan_proposal "$c_esp" esp)"
		[ -z "${c_options:-}" ] || echo "	$c_options"
	} >$run/conn.conf
	peer_run libreswan bash -c '
		/usr/libexec/ipsec/whack --delete --name t
		exec /usr/libexec/ipsec/addconn --config /run/conn.conf t' \
		>>$run/whack.log 2>&1
}

libreswan_up() {
	peer_run libreswan timeout ${T:-60} /usr/libexec/ipsec/whack --initiate --name t \
		>>/run/peers/libreswan/run/whack.log 2>&1
}

libreswan_down() {
	peer_run libreswan /usr/libexec/ipsec/whack --terminate --name t \
		>>/run/peers/libreswan/run/whack.log 2>&1
}

libreswan_rekey() {
	local what=ike
	[ "$1" = ike ] || what=ipsec
	peer_run libreswan /usr/libexec/ipsec/whack --rekey-$what --name t --asynchronous \
		>>/run/peers/libreswan/run/whack.log 2>&1
}

libreswan_proof() {
	sed -n "s/.*authenticated peer '\([^']*\)' \(.*\) using \(.*\)/\1 \2 \3/p" "$(libreswan_log)" | tail -n 1
}

# Pluto keeps a trap of its own for a connection that was up, until told.
libreswan_settle() {
	peer_run libreswan /usr/libexec/ipsec/whack --unroute --name t \
		>>/run/peers/libreswan/run/whack.log 2>&1
}

libreswan_log() {
	echo /run/peers/libreswan/run/log
}

libreswan_stop() {
	kill "$libreswan_pid"
	wait "$libreswan_pid" 2>/dev/null
	peer_close libreswan
}
