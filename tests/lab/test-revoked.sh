# test-revoked.sh - a revoked certificate is refused, by us and by strongSwan and
# Libreswan, whoever initiates; one that is not revoked is taken.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

. tests/lab/peer-strongswan.sh
. tests/lab/peer-libreswan.sh

# ours CERTIFICATE: left starts anew with it.  Libreswan says nothing when it
# refuses an answer, so that only liveness can find out.
ours() {
	ours_stop left
	site_cert=$1
	site left wait "ike: $c_ike" "esp: $c_esp" "keep_trying: no" \
		"dpd_delay: 2s" "retransmit: {tries: 2, base: 1s, max: 1s}"
	: >"$(ours_log left)"
	ours_start left left
}

# up_fails CODE PATTERN
up_fails() {
	local status=0
	ours_ctl left up peer >/run/up.out 2>&1 || status=$?
	check "$what: exit code $1 (was $status)" [ "$status" = "$1" ]
	check "$what: up names the cause: $(grep -v -- '->' /run/up.out | tail -n 1)" saw /run/up.out "$2"
}

status_names() { # PATTERN
	ours_ctl left status peer >/run/status.out 2>&1
	ours_ctl left -j status peer >>/run/status.out 2>&1
	check "$what: status names it" saw /run/status.out "$1"
	check "$what: the log names it" saw "$(ours_log left)" "$1"
}

# refusals KIND PATTERN: its word for revoked, in its log.
refusals() {
	local what
	c_me=them
	"$1_configure"
	what="$1, nobody is revoked"
	ours us
	check "$what: up" ours_ctl left up peer
	check "$what: ping" ping_left
	check "$what: down" ours_ctl left down peer
	"$1_settle"

	what="$1 is revoked"
	c_me=revoked-them
	"$1_configure"
	up_fails 28 revoked
	status_names revoked
	"$1_down"
	"$1_settle"
	ours us
	what="$1 is revoked and initiates"
	T=5 "$1_up"
	check "$what: nothing is up" wait_for 10 has_sas left 0 0
	status_names revoked
	"$1_down"
	"$1_settle"

	what="we are revoked for $1"
	c_me=them
	"$1_configure"
	: >"$("$1_log")"
	ours revoked-us
	up_fails 24 AUTHENTICATION_FAILED
	check "$what: its log says why" saw "$("$1_log")" "$2"
	: >"$("$1_log")"
	what="we are revoked for $1, which initiates"
	T=5 "$1_up"
	check "$what: its log says why" saw "$("$1_log")" "$2"
	check "$what: nothing stays up" wait_for 20 has_sas left 0 0
	"$1_down"
	"$1_settle"
}

c_mode=tunnel c_ike=aes256gcm16-prfsha256-x25519 c_esp=aes256gcm16
c_local=$RIGHT4 c_remote=$LEFT4 c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
c_auth=cert c_key=p256 c_crl=yes c_me=them c_you=us c_nss="p256 crl"

strongswan_start right
refusals strongswan 'certificate was revoked'
strongswan_stop
libreswan_start right
refusals libreswan 'revoked'
libreswan_stop
unset c_auth c_key c_crl c_nss site_cert
