# setting.py - the network, the daemon's configuration, and the hosts that it knows.
# SPDX-License-Identifier: ISC

import os
import subprocess

import certs
from daemon import Daemon
from peer import OUR_NET, Host
from scenes import World

GATEWAY, BUSY_GATEWAY = "10.66.0.1", "10.66.0.2"
SECRET = b"a secret of the hostile peer's"
OTHER_SECRET = b"another secret, of another peer"

# name: address, secret
PSK_PEERS = {
    "psk": ("10.66.1.1", SECRET),
    "other": ("10.66.1.4", OTHER_SECRET),
    "nokey": ("10.66.1.5", None),  # its file is not there
    "honest": ("10.66.1.9", b"the honest peer's"),
}

CERT_ADDR, RAW_ADDR, BUSY_ADDR = "10.66.1.2", "10.66.1.3", "10.66.1.6"

# Two peers cannot have one network at a time.
NETS = {"other": "10.12.0.0/16", "honest": "10.22.0.0/16"}
LANS = {"other": "10.13.0.0/16", "honest": "10.23.0.0/16"}

CONFIG = f"""
daemon:
  listen: [{GATEWAY}]
  cookie_threshold: 1000000
  half_open_limit: 100000
  half_open_per_source: 100000
  log: debug
defaults:
  auth: psk
  local_id: gw.example
  dpd_delay: never
  keep_trying: no
  retransmit: {{ tries: 5, base: 10s, max: 60s }}
peers:
""" + "".join(f"""
  {name}:
    remote: {addr}
    remote_id: {name}.example
    children:
      net: {{ local_ts: 10.1.0.0/16, remote_ts: {NETS.get(name, OUR_NET)} }}
      lan: {{ local_ts: 10.1.0.0/16, remote_ts: {LANS.get(name, "10.3.0.0/16")} }}
""" for name, (addr, _) in PSK_PEERS.items()) + f"""
  cert:
    remote: {CERT_ADDR}
    auth: cert
    local: {{ cert: gw.pem }}
    remote_id: {certs.PEER}
    children:
      net: {{ local_ts: 10.1.0.0/16, remote_ts: 10.2.0.0/16 }}
  raw:
    remote: {{ address: {RAW_ADDR}, pubkey: raw.pub }}
    auth: pubkey
    local: {{ key: gw_raw.key }}
    remote_id: raw.example
    children:
      net: {{ local_ts: 10.1.0.0/16, remote_ts: 10.2.0.0/16 }}
"""


# Half-open IKE SAs are too many as soon as there is none.
BUSY_CONFIG = f"""
daemon:
  listen: [{BUSY_GATEWAY}]
  cookie_threshold: 0
defaults:
  auth: psk
  local_id: gw.example
  local_ts: 10.1.0.0/16
peers:
  busy:
    remote: {BUSY_ADDR}
    remote_id: busy.example
    remote_ts: 10.2.0.0/16
  honest:
    remote: 10.66.1.9
    remote_id: honest.example
    remote_ts: 10.22.0.0/16
"""


def files():
    found = {f"secrets/{name}.psk": secret for name, (_, secret) in PSK_PEERS.items() if secret}
    made = certs.pki()
    return found | {
        "ca/root.pem": made["ca"].pem, "certs/gw.pem": made["gw"].pem,
        "secrets/gw.key": certs.key_pem(made["gw"].key),
        "secrets/gw_raw.key": certs.key_pem(made["gw_raw"]),
        "certs/raw.pub": certs.spki_pem(made["raw"]),
        "crls/root.crl": certs.crl(made["ca"], [certs.REVOKED_SERIAL]),
    }


def network(part):
    """Addresses on the loopback; one processor for both sides, as the order of
    datagrams between two sockets is only certain there."""
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, [processors[part % len(processors)]])
    addresses = [GATEWAY, BUSY_GATEWAY, CERT_ADDR, RAW_ADDR, BUSY_ADDR] + [addr for addr, _ in PSK_PEERS.values()]
    batch = "link set lo up\n" + "".join(f"addr add {a}/32 dev lo\n" for a in addresses)
    subprocess.run(["ip", "-batch", "-"], input=batch.encode(), check=True)


def busy(binary):
    """The daemon that asks for cookies, and a host that it knows."""
    return (Daemon(binary, BUSY_CONFIG, {"secrets/busy.psk": SECRET, "secrets/honest.psk": SECRET}),
            Host(BUSY_ADDR, BUSY_GATEWAY, "busy.example", secret=SECRET))


def world(daemon):
    hosts = {name: Host(addr, GATEWAY, f"{name}.example", secret=secret)
             for name, (addr, secret) in PSK_PEERS.items()}
    for name, net in NETS.items():
        hosts[name].net = net
    made = certs.pki()
    hosts["cert"] = Host(CERT_ADDR, GATEWAY, certs.PEER, key=made["peer"].key,
                         certs=[made["peer"].der])
    hosts["raw"] = Host(RAW_ADDR, GATEWAY, "raw.example", key=made["raw"],
                        raw=certs.spki(made["raw"]))
    return World(daemon, hosts, busy)
