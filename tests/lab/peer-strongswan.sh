# peer-strongswan.sh - strongSwan as the other side, inside the lab.
# SPDX-License-Identifier: ISC
#
# Every peer-KIND.sh gives the same functions, for one instance at a time:
#
#	KIND_start NAMESPACE	its daemon, ready for connections
#	KIND_configure		one connection and nothing else, from
#				c_local, c_remote		outside addresses
#				c_local_ts, c_remote_ts		networks
#				c_mode				tunnel | transport
#				c_ike, c_esp			proposals as we spell
#								them, or "default"
#				c_psk				the secret
#	KIND_up			initiate; true when the child is there
#	KIND_down		delete the IKE SA
#	KIND_rekey child|ike	replace the child, or the IKE SA; may be true
#				before it is done
#	KIND_settle		after the end of a tunnel, of either's doing: let
#				go of what is kept for the connection itself
#	KIND_log		the file its log is in
#	KIND_stop
# shellcheck shell=bash

strongswan_start() {
	local run=/run/peers/strongswan/run
	peer_open strongswan strongswan "$1" || return
	mkdir -p $run/swanctl
	cat >$run/strongswan.conf <<-END
	charon-systemd {
		load = random nonce openssl kdf kernel-netlink socket-default vici updown
		filelog {
			log {
				path = /run/log
				default = 1
				ike = 2
				flush_line = yes
			}
		}
		${strongswan_options:-}
	}
	swanctl {
		load = random openssl
	}
	END
	STRONGSWAN_CONF=/run/strongswan.conf peer_become strongswan charon-systemd \
		>$run/out 2>&1 </dev/null &
	strongswan_pid=$!
	peer_ready $strongswan_pid $run/charon.vici $run/out
}

strongswan_ctl() {
	STRONGSWAN_CONF=/run/strongswan.conf SWANCTL_DIR=/run/swanctl \
		peer_run strongswan swanctl "$@" >>/run/peers/strongswan/run/swanctl.log 2>&1
}

strongswan_configure() {
	local ike='' esp='' child=''
	[ "$c_ike" = default ] || ike="proposals = $c_ike"
	[ "$c_esp" = default ] || esp="esp_proposals = $c_esp"
	[ "$c_mode" = transport ] || child="local_ts = ${c_local_ts// /,}
				remote_ts = ${c_remote_ts// /,}"
	cat >/run/peers/strongswan/run/swanctl/swanctl.conf <<-END
	connections {
		t {
			version = 2
			local_addrs = $c_local
			remote_addrs = $c_remote
			$ike
			${c_options:-}
			local {
				auth = psk
			}
			remote {
				auth = psk
				id = %any
			}
			children {
				c {
					mode = $c_mode
					${c_child_options:-}
					$child
					$esp
				}
			}
		}
	}
	secrets {
		ike-t {
			secret = "$c_psk"
		}
	}
	END
	strongswan_ctl --load-all --noprompt
}

strongswan_up() {
	strongswan_ctl --initiate --child c --timeout ${T:-60}
}

strongswan_down() {
	strongswan_ctl --terminate --ike t --timeout 30
}

strongswan_rekey() {
	case $1 in
	child) strongswan_ctl --rekey --child c ;;
	ike) strongswan_ctl --rekey --ike t ;;
	esac
}

strongswan_settle() { :; }

strongswan_log() {
	echo /run/peers/strongswan/run/log
}

strongswan_stop() {
	kill "$strongswan_pid"
	wait "$strongswan_pid" 2>/dev/null
	peer_close strongswan
}
