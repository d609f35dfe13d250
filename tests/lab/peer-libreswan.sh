# peer-libreswan.sh - Libreswan as the other side, inside the lab.
# SPDX-License-Identifier: ISC
#
# The functions are explained in peer-strongswan.sh.  Pluto chooses its
# connection by addresses alone, so there is never more than one; its tools are
# called directly, as the `ipsec` script around them starts dozens of processes.
# shellcheck shell=bash

libreswan_start() {
	local run=/run/peers/libreswan/run
	peer_open libreswan libreswan "$1" || return
	printf '%s\n' "config setup" "	logfile=/run/log" >$run/ipsec.conf
	echo ": PSK \"${c_psk:-lab test secret}\"" >$run/ipsec.secrets
	peer_become libreswan bash -c '
		mkdir -p /var/lib/ipsec/nss
		certutil -N -d sql:/var/lib/ipsec/nss --empty-password
		exec /usr/libexec/ipsec/pluto --nofork --config /run/ipsec.conf \
			--secretsfile /run/ipsec.secrets' >$run/out 2>&1 </dev/null &
	libreswan_pid=$!
	peer_ready $libreswan_pid $run/pluto/pluto.ctl $run/out
}

# Our spelling of a proposal in pluto's words; $2 is ike or esp.
libreswan_proposal() {
	local word encr='' integ='' prf='' group=''
	for word in ${1//-/ }; do
		case $word in
		aes*gcm16) encr=aes_gcm${word//[!0-9]/} encr=${encr%16} ;;
		aes[0-9]*) encr=$word ;;
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

libreswan_configure() {
	local run=/run/peers/libreswan/run
	{
		echo "conn t"
		echo "	ikev2=yes"
		echo "	authby=secret"
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
	peer_run libreswan /usr/libexec/ipsec/whack --initiate --name t \
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
