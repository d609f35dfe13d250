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
#				c_auth				psk, cert or raw (a key
#								by itself)
#				c_psk				the secret; or else:
#				c_key				kind of key: a folder
#								of build/pki
#				c_rsa				pss | pkcs1, how RSA is
#								to sign
#				c_me, c_you			names there: of the
#								peer, and of us
#				c_id				fqdn | dn, by what both
#								name themselves
#				c_crl				not empty: with CRLs
#	KIND_proof		after KIND_up: by what the peer says that it
#				knows us, as its log has it
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
		load = random nonce openssl kdf kernel-netlink socket-default vici updown x509 pubkey pkcs1 pkcs8 pem curve25519 constraints revocation
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
		load = random openssl x509 pubkey pkcs1 pkcs8 pem
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

# What swanctl loads beside connections: nothing but what this one needs.
strongswan_files() {
	local at=/run/peers/strongswan/run/swanctl pki=build/pki/${c_key:-}
	rm -rf $at/{x509,x509ca,x509crl,pubkey,private}
	mkdir -p $at/{x509,x509ca,x509crl,pubkey,private}
	case ${c_auth:-psk} in
	cert)
		cp "$pki/$c_me.pem" $at/x509/me.pem
		cp "$pki/root.pem" "$pki/${c_me#revoked-}-ca.pem" $at/x509ca/
		[ -z "${c_crl:-}" ] || cp "$pki"/*.crl $at/x509crl/ ;;
	raw)
		cp "$pki/$c_me.pub" $at/pubkey/me.pub
		cp "$pki/$c_you.pub" $at/pubkey/you.pub ;;
	*) return ;;
	esac
	cp "$pki/$c_me.key" $at/private/
}

strongswan_configure() {
	local ike='' esp='' child='' auth=pubkey me='' you=''
	[ "$c_ike" = default ] || ike="proposals = $c_ike"
	[ "$c_esp" = default ] || esp="esp_proposals = $c_esp"
	[ "$c_mode" = transport ] || child="local_ts = ${c_local_ts// /,}
				remote_ts = ${c_remote_ts// /,}"
	case ${c_key:-}-${c_rsa:-} in
	rsa*-pss) auth=ike:rsa/pss-sha256-sha384-sha512 ;;
	rsa*-pkcs1) auth=ike:rsa-sha256-sha384-sha512 ;;
	esac
	case ${c_auth:-psk} in
	psk)
		auth=psk
		you="id = %any" ;;
	cert)
		me="certs = me.pem
				id = \"$(pki_id "$c_me")\""
		you="cacerts = root.pem
				id = \"$(pki_id "$c_you")\"" ;;
	raw)
		me="pubkeys = me.pub
				id = $c_me.lab.example"
		you="pubkeys = you.pub
				id = $c_you.lab.example" ;;
	esac
	strongswan_files
	cat >/run/peers/strongswan/run/swanctl/swanctl.conf <<-END
	connections {
		t {
			version = 2
			local_addrs = $c_local
			remote_addrs = $c_remote
			$ike
			${c_options:-}
			local {
				auth = $auth
				$me
			}
			remote {
				auth = $auth
				$you
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
	strongswan_ctl --load-all --clear --noprompt
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

strongswan_proof() {
	sed -n "s/.*authentication of '[^']*' with \(.*\) successful.*/\1/p" \
		"$(strongswan_log)" | tail -n 1
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
