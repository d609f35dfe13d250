# test-kernel.sh - the unit tests of the kernel's side, on a kernel with ESP.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

CK_FORK=no "$OURS_BIN/unit" xfrm >/run/unit.out 2>&1
check "unit xfrm: $(tail -n 1 /run/unit.out)" \
	saw <(tail -n 1 /run/unit.out) '[1-9][0-9]* passed, 0 failed, 0 skipped'
grep -E '^SKIPPED|:[EF]:' /run/unit.out
