# test-certs.sh - five commands from nothing to a tunnel with certificates; and its end, when one is revoked.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

# The seven lines of the README.
seven() { # NAME REMOTE LOCAL_NET REMOTE_NET [CERTIFICATE]
	ours_write "$1" <<-END
	peers:
	  peer:
	    remote: $2
	    auth: cert
	    local: { cert: ${5:-vpn.$1.example}.pem }
	    local_ts: $3
	    remote_ts: $4
	END
}

# As where the authority is.
here() { "$OURS_BIN/ipsec-ctl" --root /run/ours/left "$@"; }

# What a bundle has, to where the other side looks for it.
bring() { # BUNDLE
	tar -C "$1" -c --owner=root --mode=u=rwX,g=rX,o= ca certs secrets | tar -C /run/ours/right/etc/ipsecd -x
}

fails_with() { # CODES COMMAND..
	local codes=$1 code=0
	shift
	"$@" || code=$?
	[[ " $codes " == *" $code "* ]]
}

etc=/run/ours/left/etc/ipsecd
seven left $RIGHT4 $LEFT_NET4 $RIGHT_NET4
seven right $LEFT4 $RIGHT_NET4 $LEFT_NET4
check "ca init" here ca init
check "ca issue, for this side" here ca issue vpn.left.example --san $LEFT4
check "ca issue, for the other" here ca issue vpn.right.example --san $RIGHT4 --out /run/ours/bundle
check "a copy of that" bring /run/ours/bundle
check "no error here" here check
check "none there" "$OURS_BIN/ipsec-ctl" --root /run/ours/right check
ours_start right right
ours_start left left

check "no ping without a tunnel" no ping_left 1
check "up" ours_ctl left up peer
check "ping from left" ping_left
check "ping from right" ping_right
kernel_bytes left
check "left's SAs carried octets: $bytes_in in, $bytes_out out" \
	[ "$bytes_in" -gt 0 -a "$bytes_out" -gt 0 ]
check "down" ours_ctl left down peer
check "up from the other side" ours_ctl right up peer
check "ping" ping_left
check "list certs knows who uses it" grep -q "used by peer" <<<"$(here list certs)"

# An authority below the first, which the other side has never seen.
check "ca init of one below" here ca init step --ca ca
check "ca issue by that" here ca issue second.left.example --san $LEFT4 --ca step
seven left $RIGHT4 $LEFT_NET4 $RIGHT_NET4 second.left.example
check "reload" ours_ctl left reload
check "down of what there was" ours_ctl left down peer
check "up with a certificate of that" ours_ctl left up peer
check "ping" ping_left

# A running tunnel stays; there is no new one.
before=$(spis_of left)
check "ca revoke" here ca revoke vpn.right.example
check "reload of what is revoked" ours_ctl left reload
check "which touches no tunnel that is there" [ "$before" = "$(spis_of left)" ]
check "down of that" ours_ctl left down peer
check "left refuses the other" fails_with "25 28" ours_ctl left up peer
check "and says why" saw "$(ours_log left)" "revoked"
check "right hears of it" fails_with "24" ours_ctl right up peer
check "no ping" no ping_left 1
check "the CRL is there" [ -s $etc/crls/ca.crl ]
