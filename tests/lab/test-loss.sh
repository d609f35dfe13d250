# test-loss.sh - connecting over a line that loses packets.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

site left wait
site right wait
ours_start right right
ours_start left left

no_sas() { ! ours_ctl left -j list sas | grep -q '"spi_i"'; }

# connect ATTEMPTS: up within so many; then down, and the Delete is answered before
# the next one begins: requests of many that wait for an answer, which those of
# the other side that have been replaced no longer give, could be repeated in
# step with the packets that are dropped.
connect() {
	local try
	for ((try = 1; try <= $1; try++)); do
		ours_ctl left up peer >/run/ctl.out 2>&1 && break
		echo "        attempt $try of connection $i: exit status $?"
		sed 's/^/        /' /run/ctl.out
		tail -n 12 "$(ours_log left)" "$(ours_log right)" | sed 's/^/        /'
	done
	attempts=$try
	((try <= $1)) || return
	ours_ctl left down peer >/run/ctl.out 2>&1
	wait_for 60 no_sas
	return 0
}

# connect_often HOW ATTEMPTS
connect_often() {
	local good=0 more=0 i
	for i in {1..20}; do
		connect "$2" || continue
		good=$((good + 1))
		[ "$attempts" = 1 ] || more=$((more + 1))
	done
	check "$1: $good of 20 connected, $more of them with a new attempt" [ $good = 20 ]
}

net_drop_every 5
connect_often "every fifth packet dropped" 1
net_clear
net_loss 20
connect_often "20 % lost at random" 2
net_clear
