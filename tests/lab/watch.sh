# watch.sh - counted traffic through the tunnel, and a watch on the wire.
# SPDX-License-Identifier: ISC
#
#	traffic_start [RATE]	packets a second, in each direction (220)
#	traffic_stop		sets traffic_said (all that it printed), sent of
#				both directions together, lost_right and
#				lost_left (on the way to that side), and
#				slowest, the lower of both measured rates
#	clear_watch		count on the router what has an inside address
#	clear_seen		sets clear, how many packets there were so far
#
# shellcheck shell=bash disable=SC2154

traffic_start() {
	build/release/traffic "${1:-220}" left $LEFT_IN4 right $RIGHT_IN4 \
		>/run/traffic.out 2>&1 </dev/null &
	traffic_pid=$!
}

traffic_stop() {
	local line sum='([0-9]+) sent, ([0-9]+) a second, [0-9]+ received, ([0-9]+) lost'
	kill "$traffic_pid"
	wait "$traffic_pid" 2>/dev/null
	traffic_said=$(</run/traffic.out)
	sent=0 lost_left=-1 lost_right=-1 slowest=0
	while read -r line; do
		[[ $line =~ $sum ]] || continue
		sent=$((sent + BASH_REMATCH[1]))
		case $line in
		$LEFT_IN4*) lost_right=${BASH_REMATCH[3]} ;;
		*) lost_left=${BASH_REMATCH[3]} ;;
		esac
		((slowest > 0 && slowest < BASH_REMATCH[2])) || slowest=${BASH_REMATCH[2]}
	done </run/traffic.out
}

kernel_drops() {
	local name count sum=0
	while read -r name count; do
		[[ $name != "$2"* ]] || sum=$((sum + count))
	done < <(host "$1" cat /proc/net/xfrm_stat)
	echo $sum
}

# What has an inside address on its outside went through no tunnel.
clear_watch() {
	host router nft -f - <<-END
	table inet watch {
		counter clear { }
		chain in {
			type filter hook prerouting priority -300;
			ip saddr { $LEFT_NET4, $RIGHT_NET4 } counter name clear
			ip daddr { $LEFT_NET4, $RIGHT_NET4 } counter name clear
		}
	}
	END
}

clear_seen() {
	clear=$(host router nft list counter inet watch clear)
	clear=${clear#*packets }
	clear=${clear%% *}
}
