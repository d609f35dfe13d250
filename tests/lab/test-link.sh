# test-link.sh - two hosts on one link: neighbour discovery beside IPv6 policies,
# ESP in UDP over both families, names from /etc/hosts, selectors with ports.
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154

ip link add link0 netns left type veth peer name link0 netns right
for name in left right; do
	[ $name = left ] && n=1 || n=2
	ip -n $name -batch - <<-END
	link set link0 up
	addr add 10.5.0.$n/24 dev link0
	addr add fd05::$n/64 dev link0 nodad
	END
done

# pair FAMILY START_LEFT LINE...: the same peer on both sides, on the link.
pair() {
	local family=$1 start=$2 name line here there
	shift 2
	for name in left right; do
		[ "$family" = 4 ] && here=10.5.0.1 there=10.5.0.2
		[ "$family" = 6 ] && here=fd05::1 there=fd05::2
		[ "$family" = names ] && here=fd05::1 there=right.example
		if [ $name = right ]; then
			start=wait
			line=$here here=$there there=$line
			[ "$family" = names ] && here=fd05::2
		fi
		{
			cat <<-END
			peers:
			  peer:
			    local: "$here"
			    remote: "$there"
			    auth: psk
			    secret: psk
			    start: $start
			END
			for line; do
				[ $name = left ] ||
					line=$(sed 's/local_ts/L/; s/remote_ts/local_ts/; s/L/remote_ts/' <<<"$line")
				echo "    $line"
			done
		} | ours_write $name
	done
}
both_start() {
	ours_start right right
	ours_start left left
}
both_stop() {
	ours_stop left
	ours_stop right
}
forget_neighbours() {
	ip -n left neigh flush dev link0
	ip -n right neigh flush dev link0
}
policies_of() { ip -n "$1" xfrm policy list nosock | grep -c '^src '; }
octets() { # of both directions: kernel_bytes does not know these addresses
	kernel_bytes left
	echo $((bytes_in + bytes_out))
}
in_udp() { [[ $(ip -n left xfrm state list nokeys) == *"encap type espinudp"* ]]; }

# Host to host, each the other's neighbour: the trap covers the very packets
# that find it.
pair 6 on-demand "mode: transport"
both_start
check "two policies, and six for neighbour discovery" [ "$(policies_of left)" = 8 ]
forget_neighbours
check "the first packet brings it up" wait_for 20 net_ping left fd05::1 fd05::2 1
forget_neighbours
check "neighbours are found with the SAs in use" net_ping left fd05::1 fd05::2
check "and from the other side" net_ping right fd05::2 fd05::1
carried=$(octets)
check "through ESP: $carried octets, both ways" [ "$carried" -gt 0 ]
check "down" ours_ctl left down peer
forget_neighbours
check "IKE finds its neighbour with the trap in place" ours_ctl left up peer
ours_kill left
pair 4 wait
ours_start left left
check "after a crash nothing of it is left" wait_for 5 kernel_empty left
both_stop

for family in 4 6; do
	pair $family wait "local_ts: $LEFT_NET4" "remote_ts: $RIGHT_NET4" "encap: force"
	ip -n left route replace $RIGHT_NET4 dev link0 via inet$( [ $family = 6 ] && echo 6) \
		"$( [ $family = 6 ] && echo fd05::2 || echo 10.5.0.2)" src $LEFT_IN4
	ip -n right route replace $LEFT_NET4 dev link0 via inet$( [ $family = 6 ] && echo 6) \
		"$( [ $family = 6 ] && echo fd05::1 || echo 10.5.0.1)" src $RIGHT_IN4
	both_start
	check "ESP in UDP over IPv$family: up" ours_ctl left up peer
	check "in UDP" in_udp
	check "ping from left" ping_left
	check "ping from right" ping_right
	both_stop
	check "nothing is left" kernel_empty left
done

echo 'fd05::2 right.example' >>/etc/hosts
pair names wait "local_ts: $LEFT_NET4" "remote_ts: $RIGHT_NET4"
both_start
check "a name from /etc/hosts: up" ours_ctl left up peer
check "ping" ping_left
both_stop

# Ports 1000 to 1007 are one block, 1008 is another: six policies.
pair 4 wait 'local_ts: "10.1.0.0/24 udp"' 'remote_ts: "10.2.0.0/24 udp/1000-1008"'
both_start
check "a range of ports: up" ours_ctl left up peer
check "as blocks" [ "$(policies_of left)" = 6 ]
check "other traffic goes beside it" ping_left 1
say() { host left bash -c "echo hello >/dev/udp/10.2.0.1/$1"; }
before=$(octets)
say 1008
say 1003
say 1009
# 20 + 8 + 6 octets each, and no more than two packets.
check "the ports of the range alone go through: $(($(octets) - before)) octets" \
	[ $(($(octets) - before)) = 68 ]
both_stop
check "nothing is left in the end" kernel_empty left
