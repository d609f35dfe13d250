# test-noesp.sh - on a kernel without ESP: said so, and the IKE SA stays.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

check "this kernel has no ESP (the test can fail)" no ip -n left xfrm state add \
	src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x101 mode tunnel \
	aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f01020304 128
site left wait "keep_trying: no"
site right wait
ours_start right right
ours_start left left
status=0
ours_ctl left up peer >/run/up.out 2>&1 || status=$?
check "up: exit code 27 (was $status)" [ "$status" = 27 ]
check "up says what is missing: $(tail -n 1 /run/up.out)" saw /run/up.out 'kernel.*ESP|ESP.*kernel'
check "the log says it" saw "$(ours_log left)" 'kernel.*ESP|ESP.*kernel'
check "status says it" saw <(ours_ctl left status peer; ours_ctl left -j status peer) 'ESP'
check "doctor says it" saw <(ours_doctor left) 'kernel .*this kernel has no ESP'
check "the IKE SA is up" [ "$(ike_sas left)" = 1 ]
check "the daemons run" eval 'ours_runs left && ours_runs right'
check "nothing is in the kernel" [ "$(kernel_sas left)" = 0 ]
