# test-fetched.sh - whether a certificate is revoked, asked over http: a CRL, and OCSP.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

pki=build/pki/p256 db=/run/fetched/db

# gateway NAME ME YOU CERTIFICATE REMOTE REVOCATION LOCAL_NET REMOTE_NET
gateway() {
	local etc=/run/ours/$1/etc/ipsecd
	mkdir -p "$etc"/{ca,certs,crls,secrets} /run/ours/"$1"/{run,var/lib}/ipsecd
	cp $pki/root.pem "$etc/ca/root.pem"
	cp $pki/root.crl "$etc/crls/root.crl"
	cp "$pki/$4-chain.pem" "$etc/certs/me.pem"
	(umask 077; cp "$pki/$4.key" "$etc/secrets/me.key")
	ours_write "$1" <<-END
	peers:
	  peer:
	    local: { id: $2.lab.example, cert: me.pem, key: me.key }
	    remote: { address: $5, id: $3.lab.example, ca: root.pem }
	    auth: cert
	    revocation: $6
	    keep_trying: no
	    local_ts: $7
	    remote_ts: $8
	END
}

# anew CERTIFICATE REVOCATION: both start, right with this certificate.
anew() {
	ours_stop left
	ours_stop right
	gateway left us them us $RIGHT4 "$2" $LEFT_NET4 $RIGHT_NET4
	gateway right them us "$1" $LEFT4 off $RIGHT_NET4 $LEFT_NET4
	: >"$(ours_log left)"
	ours_start right right && ours_start left left
}

authority() { # OPTION..
	DB=$db openssl ca -config build/pki/conf -name lab -keyfile $pki/them-ca.key \
		-cert $pki/them-ca.pem "$@"
}

publish() {
	authority -gencrl -crlexts crl -crldays 7 -out /run/fetched/new.crl &&
		openssl crl -in /run/fetched/new.crl -outform DER -out /run/fetched/http/them-ca.crl
}

listens() { host router ss -Hltn "sport = :$1" | grep -q .; } # PORT

serve() {
	(exec_in router python3 -m http.server 8080 --directory /run/fetched/http) \
		>/run/fetched/http.log 2>&1 </dev/null &
	http=$!
	(exec_in router openssl ocsp -index $db/index -CA $pki/them-ca.pem -rsigner $pki/them-ca.pem \
		-rkey $pki/them-ca.key -port 8081) >/run/fetched/ocsp.log 2>&1 </dev/null &
	ocsp=$!
	wait_for 60 listens 8080 && wait_for 60 listens 8081
}

unserve() {
	kill $http $ocsp
	wait $http $ocsp 2>/dev/null
	return 0
}

refused() { # HOW PATTERN
	local status=0
	ours_ctl left up peer >/run/up.out 2>&1 || status=$?
	check "$1: exit code 28 (was $status)" [ $status = 28 ]
	check "$1: the cause is named" saw /run/up.out "$2"
	check "$1: nothing is up" has_sas left 0 0
}

rm -rf /run/fetched
mkdir -p /run/fetched/http
cp -r $pki/them-ca.db/ $db
check "a CRL is published" publish
check "both servers answer" serve

check "strict, with a CRL to fetch: both start" anew crl-them strict
check "up" ours_ctl left up peer
check "ping" ping_left
check "the CRL was asked for once" [ "$(grep -c 'GET /them-ca.crl' /run/fetched/http.log)" = 1 ]
check "strict, with OCSP: both start" anew ocsp-them strict
check "up" ours_ctl left up peer
check "ping" ping_left

check "both certificates are revoked" authority -revoke $pki/crl-them.pem
check "and the other" authority -revoke $pki/ocsp-them.pem
check "which is published" publish
unserve
check "both servers answer again" serve
check "soft, revoked by the CRL: both start" anew crl-them soft
refused "revoked by the CRL" revoked
check "soft, revoked by OCSP: both start" anew ocsp-them soft
refused "revoked by OCSP" revoked

unserve
check "strict, with nobody to ask: both start" anew crl-them strict
refused "no CRL" "nobody says whether .* is revoked"
check "soft, with nobody to ask: both start" anew ocsp-them soft
check "up without an answer" ours_ctl left up peer
check "ping" ping_left
