# test-reload.sh - reloads at random: who is equal in both configurations keeps
# its SAs, and loses no packet.
# SPDX-License-Identifier: ISC
#
# left is a gateway of six peers: `swan` is strongSwan at right, p1 to p5 are ours,
# each in a network of its own behind the router.  swan, p1 and p2 (with two
# children) are the same in every configuration, and carry counted traffic all the
# time.  p3 to p5 change by a deck of cards, so each in all ways; `nobody` never
# answers, and comes and goes, as `defaults` and `daemon` vary.  p2, p5 and nobody
# are now in the main file, now in peers.d/, which makes no difference.
#
# $RELOADS of them (8), from $RELOAD_SEED (random, printed), and how each is done
# is dealt, too: put in force, looked at, refused, tried and then kept, taken back,
# or left to go back by itself.
# shellcheck shell=bash disable=SC2034,SC2154

reloads=${RELOADS:-8}
seed=${RELOAD_SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "        seed $seed: RELOAD_SEED=$seed RELOADS=$reloads tests/lab/run reload"

kept="swan p1 p2" others="p3 p4 p5"
levels="same nothing rekey rekey-now child peer removed" # the effect of a change
ways="plain plain plain refused look back undone kept"
declare -A undealt value value_before level said counts
declare -A ike children birth ike_before children_before birth_before

# --- Networks: 198.18.N.2 outside, 10.20.N.1 inside, at left 10.1.0.1N ---------

more_net() {
	local n
	for n in 1 2 3 4 5; do
		ip -batch - <<-END
		netns add p$n
		link add eth0 netns p$n type veth peer name x$n netns router
		END
		ip -n "p$n" -batch - <<-END
		link set lo up
		link set eth0 up
		link add lan0 type dummy
		link set lan0 up
		addr add 198.18.$n.2/24 dev eth0
		addr add 10.20.$n.1/24 dev lan0
		addr add 10.20.$n.129/24 dev lan0
		route add default via 198.18.$n.1
		END
		ip -n router -batch - <<-END
		link set x$n up
		addr add 198.18.$n.1/24 dev x$n
		END
	done
	ip -n left -batch - <<-END
	addr add 10.1.0.11/24 dev lan0
	addr add 10.1.0.12/24 dev lan0
	addr add 10.1.0.13/24 dev lan0
	END
}

peer_side() { # NUMBER
	local ts="local_ts: 10.20.$1.0/24, remote_ts: $LEFT_NET4"
	[ "$1" != 2 ] || ts="children: {
		low: { local_ts: 10.20.2.0/25, remote_ts: $LEFT_NET4 },
		high: { local_ts: 10.20.2.128/25, remote_ts: $LEFT_NET4 } }"
	echo "peers: { left: { local: 198.18.$1.2, remote: $LEFT4, auth: psk, secret: psk, ${ts//$'\t'/} } }" |
		ours_write "p$1"
}

# --- Configurations of left -----------------------------------------------------

# deal LIST: the next `card` of the words in that variable; each comes once before
# one comes again.
deal() {
	local deck i
	read -ra deck <<<"${undealt[$1]:-${!1}}"
	i=$((RANDOM % ${#deck[@]}))
	card=${deck[i]}
	unset "deck[i]"
	undealt[$1]="${deck[*]}"
}

is_there() { [ "${value[$1.added]}" != "${value[$1.removed]}" ]; }

# draw: the next one.  What is drawn is counted, and values follow the counts.
draw() {
	local name key
	for key in "${!value[@]}"; do value_before[$key]=${value[$key]}; done
	for name in $others; do
		if is_there "$name"; then deal levels; else card=added; fi
		level[$name]=$card
		value[$name.$card]=$((${value[$name.$card]} + 1))
	done
}

draw_back() {
	local key
	for key in "${!value[@]}"; do value[$key]=${value_before[$key]}; done
}

# peer_of_left NAME REMOTE KEYS: in one of the two places.
peer_of_left() {
	local line="  $1: { local: $LEFT4, remote: $2, auth: psk, secret: psk, $3 }"
	if [[ $1 == @(p2|p5|nobody) ]] && ((RANDOM % 2)); then
		[ -d "$at/peers.d" ] || mkdir "$at/peers.d"
		printf 'peers:\n%s\n' "$line" >"$at/peers.d/$1.yaml"
	else
		main+=$line$'\n'
	fi
}

configure_left() {
	local name at=/run/ours/left/etc/ipsecd main n encap half
	rm -rf $at/peers.d
	main="daemon: { cookie_threshold: $((20 + RANDOM % 3)) }
defaults: { dpd_delay: $((20 + RANDOM % 3))s }
peers:
"
	peer_of_left swan "$RIGHT4" "local_ts: $LEFT_NET4, remote_ts: $RIGHT_NET4, dpd_delay: 25s"
	peer_of_left p1 198.18.1.2 "local_ts: $LEFT_NET4, remote_ts: 10.20.1.0/24, dpd_delay: 25s, start: now"
	peer_of_left p2 198.18.2.2 "dpd_delay: 25s, start: on-demand, children: {
    low: { local_ts: $LEFT_NET4, remote_ts: 10.20.2.0/25 },
    high: { local_ts: $LEFT_NET4, remote_ts: 10.20.2.128/25 } }"
	((RANDOM % 2)) || peer_of_left nobody 198.18.0.2 \
		"local_ts: $LEFT_NET4, remote_ts: 10.20.0.0/24, start: now"
	for name in $others; do
		n=${name#p} encap=auto half=0
		! ((${value[$name.child]} % 2)) || half=128 # to the one is without the other
		! ((${value[$name.peer]} % 2)) || encap=force
		! is_there "$name" || peer_of_left "$name" "198.18.$n.2" \
			"local_ts: ${LEFT_NET4%.*}.$half/25, remote_ts: 10.20.$n.0/24, start: now,
    dpd_delay: $((30 + ${value[$name.nothing]}))s, rekey_time: $((5 + ${value[$name.rekey]}))h,
    replay_window: $((64 << ${value[$name.rekey-now]} % 2)), encap: $encap"
	done
	[ "${1:-}" != refused ] || peer_of_left nobody 198.18.0.2 "secrte: psk"
	ours_write left <<<"$main"
}

# --- What there is --------------------------------------------------------------

# look: of each peer ike, the SPIs of its IKE SAs, and children, those of its
# children; without what is closing.
look() {
	local line peer part
	ike=() children=()
	while read -r line; do
		[[ $line =~ \"peer\":\"([a-z0-9]+)\",\"state\":\"established\".*\"spi_i\":\"([0-9a-f]+)\",\"spi_r\":\"([0-9a-f]+)\" ]] ||
			continue
		peer=${BASH_REMATCH[1]}
		ike[$peer]+="${BASH_REMATCH[2]}-${BASH_REMATCH[3]} "
		while [[ $line == *'"record":"child"'* ]]; do
			line=${line#*'"record":"child"'}
			part=${line%%'"record":"child"'*}
			[[ $part =~ \"state\":\"up\".*\"spi_in\":\"([0-9a-f]+)\",\"spi_out\":\"([0-9a-f]+)\" ]] &&
				children[$peer]+="${BASH_REMATCH[1]} ${BASH_REMATCH[2]} "
		done
	done < <(ours_ctl left -j list sas)
}

# look_at_kernel: when each of its SAs was made; an SPI of 0 only asks for one.
look_at_kernel() {
	local line spi
	birth=()
	while read -r line; do
		[[ $line =~ \ spi\ 0x([0-9a-f]+) ]] && spi=${BASH_REMATCH[1]}
		[[ $line =~ ^add\ ([0-9: -]+)\ use && $spi != 00000000 ]] && birth[$spi]=${BASH_REMATCH[1]}
	done < <(ip -n left -s xfrm state list nokeys)
}

# all_up: those of the configuration.
all_up() {
	local name spis want
	look
	for name in $kept $others; do
		[[ $others == *$name* ]] && ! is_there "$name" && continue
		want=2
		[ "$name" != p2 ] || want=4
		read -ra spis <<<"${children[$name]:-}"
		[ "${#spis[@]}" = $want ] || return
	done
}

same_children() { # NAME
	local spi
	[ "${children[$1]:-}" = "${children_before[$1]:-}" ] || return
	for spi in ${children_before[$1]:-}; do
		[ -n "${birth[$spi]:-}" ] && [ "${birth[$spi]}" = "${birth_before[$spi]:-}" ] || return
	done
}

# has_other_children NAME: in the IKE SA that it had.  Looks again.
has_other_children() {
	look
	look_at_kernel
	[ "${ike[$1]:-}" = "${ike_before[$1]:-}" ] && ! same_children "$1"
}

# is LEVEL NAME: what it has is what that leaves it, and nothing else.
is() {
	case $1 in
	same | nothing | rekey) [ "${ike[$2]:-}" = "${ike_before[$2]:-}" ] && same_children "$2" ;;
	rekey-now) wait_for 20 has_other_children "$2" ;;
	child) has_other_children "$2" ;;
	peer | removed) [ "${ike[$2]:-}" != "${ike_before[$2]:-}" ] ;;
	added) [ -z "${ike_before[$2]:-}" ] ;;
	esac && counts[$1]=$((${counts[$1]:-0} + 1))
}

# --- Traffic of those that stay ---------------------------------------------------

streams_start() {
	local to i=0
	streams=()
	for to in "right $RIGHT_IN4" "p1 10.20.1.1" "p2 10.20.2.1" "p2 10.20.2.129"; do
		# shellcheck disable=SC2086
		build/release/traffic 50 left "10.1.0.1${streams[*]:+$i}" $to \
			>"/run/stream.$i" 2>&1 </dev/null &
		streams+=($!)
		i=$((i + 1))
	done
}

# Both directions of all four have carried some, and lost none.
streams_stop() {
	local i line
	for i in "${streams[@]}"; do kill "$i"; done
	wait "${streams[@]}" 2>/dev/null
	sent=0 whole=0
	for i in 0 1 2 3; do
		while read -r line; do
			echo "$line"
			[[ $line =~ :\ ([0-9]+)\ sent,\ .*\ 0\ lost$ ]] || continue
			sent=$((sent + BASH_REMATCH[1]))
			[ "${BASH_REMATCH[1]}" -lt "$reloads" ] || whole=$((whole + 1))
		done <"/run/stream.$i"
	done
	[ $whole = 8 ]
}

# --- Reloads ------------------------------------------------------------------------

# reload OPTION..: sets code, and what is said of each peer.
reload() {
	local line
	said=() code=0
	ours_ctl left -j reload "$@" >/run/reload.out 2>&1 || code=$?
	while read -r line; do
		[[ $line =~ \"record\":\"change\",\"peer\":\"([a-z0-9]+)\",\"effect\":\"([a-z-]+)\" ]] &&
			said[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
	done </run/reload.out
}

went_back() { ours_ctl left -j status | grep -q '"went_back"'; }

# What was looked at last, and the kernel's.
remember() {
	local name
	ike_before=() children_before=() birth_before=()
	look_at_kernel
	for name in "${!ike[@]}"; do ike_before[$name]=${ike[$name]}; done
	for name in "${!children[@]}"; do children_before[$name]=${children[$name]}; done
	for name in "${!birth[@]}"; do birth_before[$name]=${birth[$name]}; done
}

wrong() {
	echo "reload $i ($way): $*"
	bad=$((bad + 1))
}

# must CODE [says]: that of the reload; and what it says of each is what was drawn.
must() {
	local name
	[ "$code" = "$1" ] || wrong "exit code $code and not $1: $(</run/reload.out)"
	[ $# = 2 ] || return 0
	for name in $kept; do
		[ -z "${said[$name]:-}" ] || wrong "$name, which is equal: ${said[$name]}"
	done
	for name in $others; do
		[ "${said[$name]:-same}" = "${level[$name]}" ] ||
			wrong "$name is ${level[$name]}, and not ${said[$name]:-same}"
	done
}

# holds WHAT: those that are kept are the same; and of the others, `nothing`: all,
# `levels`: those and as far as their levels say, `untouched`: those, and no more is
# known of the rest.
holds() {
	local name want
	look
	look_at_kernel
	for name in $kept $others; do
		want=same
		if [[ $others == *$name* ]]; then
			case $1:${level[$name]} in
			levels:*) want=${level[$name]} ;;
			nothing:*) ;;
			untouched:added | untouched:removed | untouched:rekey-now | untouched:child | untouched:peer) continue ;;
			esac
		fi
		is "$want" "$name" || wrong "$name should be '$want' and had ${ike_before[$name]:-no IKE SA}" \
			"${children_before[$name]:-}, and has ${ike[$name]:-no IKE SA} ${children[$name]:-}"
	done
}

level_back() {
	local name
	draw_back
	for name in $others; do
		case ${level[$name]} in
		added) level[$name]=removed ;;
		removed) level[$name]=added ;;
		esac
	done
}

settle() { wait_for 60 all_up || wrong "after 60 s not all are up"; }

one_reload() {
	deal ways
	way=$card
	draw
	configure_left "$way"
	remember
	case $way in
	plain)
		reload
		must 0 says
		holds levels
		;;
	look)
		reload --dry-run
		must 0 says
		holds nothing
		draw_back
		;;
	refused)
		reload
		must 5
		holds nothing
		draw_back
		;;
	kept)
		reload --confirm 10m
		must 0 says
		holds levels
		settle
		remember
		reload --keep
		must 0
		holds nothing
		;;
	undone)
		reload --confirm 10m
		must 0 says
		holds levels
		settle
		remember
		level_back
		reload --undo
		must 0
		holds levels
		;;
	back) # at any time while one looks
		reload --confirm 1s
		must 0 says
		holds untouched
		wait_for 60 went_back || wrong "it does not go back"
		holds untouched
		draw_back
		;;
	esac
	settle
}

random_reloads() {
	bad=0
	for ((i = 0; i < reloads; i++)); do one_reload; done
	[ $bad = 0 ]
}

# How often a peer was found to be as its level says.
counted() {
	local what
	for what in $levels added; do echo -n " $what ${counts[$what]:-0}"; done
}

# --- At the end ----------------------------------------------------------------------

# The kernel has what is listed, and nothing that was left behind.
kernel_has_these() {
	local spis
	look
	look_at_kernel
	read -ra spis <<<"${children[*]}"
	[ "$(printf '%s\n' "${spis[@]}" | sort)" = "$(printf '%s\n' "${!birth[@]}" | sort)" ]
}

all_in_sandbox() {
	local name pid
	for name in left p1 p2 p3 p4 p5; do
		pid=ours_$name
		grep -q '^Seccomp:[[:space:]]*2$' "/proc/${!pid}/status" || return
	done
}

more_net
for name in $others; do
	for card in $levels; do value[$name.$card]=0; done
	value[$name.added]=1
done
mkdir -p /run/ours/left/{etc/ipsecd/secrets,run/ipsecd,var/lib/ipsecd}
configure_left
for n in 1 2 3 4 5; do
	peer_side $n
	ours_spawn "p$n" "p$n"
done
. tests/lab/peer-strongswan.sh
c_mode=tunnel c_ike=default c_esp=default
c_local=$RIGHT4 c_remote=$LEFT4 c_local_ts=$RIGHT_NET4 c_remote_ts=$LEFT_NET4
strongswan_start right && strongswan_configure || fail "strongSwan does not start"
for n in 1 2 3 4 5; do ours_ready "p$n"; done
ours_start left left
for name in swan p1 p2; do check "up: $name" ours_ctl left up "$name" --timeout 60s; done
check "all are up" wait_for 60 all_up
streams_start
check "after each of $reloads reloads each peer has what it must" random_reloads
echo "       $(counted)"
check "nothing of those that stay was lost" streams_stop
echo "        $sent packets"
check "the kernel has the SAs that are listed, and no others" wait_for 60 kernel_has_these
check "all daemons live, in the sandbox" all_in_sandbox
strongswan_stop
for n in 1 2 3 4 5; do
	ours_stop "p$n"
	ip netns del "p$n"
done
unset undealt value value_before level said counts ike children birth
unset ike_before children_before birth_before
