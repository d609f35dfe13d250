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
	echo "# nothing yet" >$run/iked.conf
	chmod 600 $run/iked.conf
	peer_become openiked bash -c '
		echo "_iked:x:9990:9990::/var/lib/openiked/empty:/bin/false" >>/etc/passwd
		echo "_iked:x:9990:" >>/etc/group
		mkdir -p /var/lib/openiked/empty
		chmod 755 /var/lib/openiked/empty
		mkdir -p /etc/iked/private
		openssl ecparam -genkey -name prime256v1 -noout -out /etc/iked/private/local.key
		openssl ec -in /etc/iked/private/local.key -pubout -out /etc/iked/local.pub
		exec /usr/sbin/iked -d -v -f /run/iked.conf' >>$run/log 2>&1 </dev/null &
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
	local run=/run/peers/openiked/run ike='' esp='' from='' mode='' a b
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
	cat >$run/iked.conf <<-END
	ikev2 "t" $1 $mode esp $from local $c_local peer $c_remote $ike $esp srcid $c_local psk "$c_psk"
	END
}

openiked_ctl() {
	peer_run openiked /usr/sbin/ikectl "$@" >>/run/peers/openiked/run/ikectl.log 2>&1
}

openiked_configure() {
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

openiked_settle() { :; }

openiked_log() {
	echo /run/peers/openiked/run/log
}

openiked_stop() {
	kill "$openiked_pid"
	wait "$openiked_pid" 2>/dev/null
	peer_close openiked
}
