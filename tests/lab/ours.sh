# ours.sh - ipsecd and ipsec-ctl in the lab, any number of instances.
# SPDX-License-Identifier: ISC
#
#	ours_write NAME <<<YAML	configuration and secrets/psk ($c_psk)
#	pki_id NAME		who a certificate of build/pki is for: its FQDN, or its
#				subject if $c_id is dn
#	ours_credentials NAME ME YOU	certificates or keys of build/pki, as $c_auth,
#				$c_key and $c_crl say (peer-strongswan.sh); sets
#				ours_auth, and what goes into `local` and `remote`
#				as ours_proof and ours_trust
#	ours_start NAME NETNS	start the daemon, wait for its control socket
#	ours_ctl NAME VERB..	ipsec-ctl to it
#	ours_doctor NAME	what ipsec-ctl doctor finds in the network of that name
#	ours_log NAME		the file its log is in
#	ours_stop NAME		a clean stop
#	ours_kill NAME		kill -9
#
# Everything of an instance lies under /run/ours/NAME (ipsecd --root).
# shellcheck shell=bash disable=SC2154

OURS_BIN=${OURS_BIN:-build/release}

ours_write() {
	local at=/run/ours/$1
	[ -d "$at/etc" ] || mkdir -p "$at"/etc/ipsecd/secrets "$at"/run/ipsecd "$at"/var/lib/ipsecd
	cat >"$at/etc/ipsecd/ipsecd.yaml"
	(umask 077; echo "$c_psk" >"$at/etc/ipsecd/secrets/psk")
}

pki_id() {
	local name=${1#revoked-}.lab.example
	[ "${c_id:-}" != dn ] || name="C=CH, O=ipsecd lab, OU=$c_key $1, CN=$name"
	echo "$name"
}

ours_credentials() {
	local at=/run/ours/$1/etc/ipsecd pki=build/pki/$c_key
	rm -rf "$at"/{ca,certs,crls}
	mkdir -p "$at"/{secrets,ca,certs,crls}
	(umask 077; cp "$pki/$2.key" "$at/secrets/me.key")
	if [ "$c_auth" = cert ]; then
		ours_auth=cert
		cp "$pki/$2-chain.pem" "$at/certs/me.pem"
		cp "$pki/root.pem" "$at/ca/root.pem"
		[ -z "${c_crl:-}" ] || cp "$pki"/*.crl "$at/crls/"
		ours_proof="id: \"$(pki_id "$2")\", cert: me.pem, key: me.key"
		ours_trust="id: \"$(pki_id "$3")\", ca: root.pem"
	else
		ours_auth=pubkey
		cp "$pki/$3.pub" "$at/certs/you.pub"
		ours_proof="id: $2.lab.example, key: me.key"
		ours_trust="id: $3.lab.example, pubkey: you.pub"
	fi
}

# The two halves of ours_start, for starting several at once.
ours_spawn() { # NAME NETNS
	local at=/run/ours/$1
	rm -f "$at/run/ipsecd/control.sock"
	(exec_in "$2" ${OURS_UNDER:-} "$OURS_BIN/ipsecd" --root "$at" -f --log "${OURS_LOG:-info}" ${OURS_OPTIONS:-}) \
		>>"$at/log" 2>&1 </dev/null &
	printf -v "ours_$1" %s "$!"
}

# Its socket is there early; it answers when its policies are in the kernel.
ours_ready() { # NAME
	local at=/run/ours/$1
	until [ -S "$at/run/ipsecd/control.sock" ]; do
		ours_runs "$1" || {
			echo "ipsecd $1 ended:" >&2
			tail -n 20 "$at/log" >&2
			return 1
		}
		sleep 0.1
	done
	ours_ctl "$1" -q status >/dev/null 2>&1 || :
}

ours_start() {
	ours_spawn "$1" "$2" && ours_ready "$1"
}

ours_runs() { # NAME
	local pid=ours_$1
	[ -n "${!pid:-}" ] && kill -0 "${!pid}" 2>/dev/null
}

ours_ctl() {
	local at=/run/ours/$1
	shift
	"$OURS_BIN/ipsec-ctl" -s "$at/run/ipsecd/control.sock" "$@"
}

ours_doctor() {
	ip netns exec "$1" "$OURS_BIN/ipsec-ctl" --root "/run/ours/$1" doctor || :
}

ours_log() {
	echo "/run/ours/$1/log"
}

ours_stop() {
	local pid=ours_$1
	ours_runs "$1" || return 0
	kill "${!pid}"
	wait "${!pid}" 2>/dev/null
}

ours_kill() {
	local pid=ours_$1
	kill -9 "${!pid}"
	wait "${!pid}" 2>/dev/null
	return 0
}
