# test-causes.sh - each way to fail has its exit code, and names its cause in
# `up`, in `status` and in the log, on both sides.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

# fails WHAT CODE PATTERN_LEFT [PATTERN_RIGHT]
fails() {
	local status=0
	: >"$(ours_log left)"
	: >"$(ours_log right)"
	if ours_runs left; then ours_ctl left reload; else ours_start left left; fi
	if ours_runs right; then ours_ctl right reload; else ours_start right right; fi
	ours_ctl left up peer >/run/up.out 2>&1 || status=$?
	check "$1: exit code $2 (was $status)" [ "$status" = "$2" ]
	check "$1: up names the cause: $(tail -n 1 /run/up.out)" saw /run/up.out "$3"
	check "$1: status names it" saw <(ours_ctl left status peer; ours_ctl left -j status peer) "$3"
	check "$1: the log names it" saw "$(ours_log left)" "$3"
	[ -n "${4:-}" ] || return
	check "$1: the other side's status names it" \
		saw <(ours_ctl right status peer; ours_ctl right -j status peer) "$4"
	check "$1: the other side's log names it" saw "$(ours_log right)" "$4"
}

few="retransmit: {tries: 2, base: 1s, max: 2s}"

site right wait
c_psk="some other secret, as long" site left wait "keep_trying: no"
fails "wrong PSK" 24 AUTHENTICATION_FAILED 'AUTHENTICATION_FAILED|key|AUTH'
check "wrong PSK: the other side calls it 25, for it rejected us" \
	saw <(ours_ctl right -j status peer) '"code": ?25'
site left wait "keep_trying: no" "remote_id: somebody.else"
fails "the peer is somebody else" 24 AUTHENTICATION_FAILED 'AUTHENTICATION_FAILED|somebody'
site left wait "keep_trying: no" "ike: aes256-sha256-modp3072"
site right wait "ike: aes128gcm16-prfsha256-x25519"
fails "no common proposal" 22 NO_PROPOSAL_CHOSEN NO_PROPOSAL_CHOSEN
site left wait "keep_trying: no" "esp: aes256-sha256"
site right wait "esp: aes128gcm16"
fails "no common proposal for ESP" 22 NO_PROPOSAL_CHOSEN NO_PROPOSAL_CHOSEN
site left wait "keep_trying: no" "remote_ts: 10.77.0.0/24"
site right wait
fails "no common traffic selectors" 26 TS_UNACCEPTABLE TS_UNACCEPTABLE
ours_stop right
host right nft 'add table ip silent; add chain ip silent in { type filter hook input priority 0; }; add rule ip silent in udp dport { 500, 4500 } drop'
site left wait "keep_trying: no" "$few"
fails "a silent peer" 20 'no answer|not answer|unreachable|timed out|silent|no reply'
