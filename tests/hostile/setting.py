# setting.py - the network, the daemon's configuration, and the hosts that it knows.
# SPDX-License-Identifier: ISC

import os
import subprocess

from peer import OUR_NET, Host
from scenes import World

GATEWAY = "10.66.0.1"
SECRET = b"a secret of the hostile peer's"
OTHER_SECRET = b"another secret, of another peer"

# name: address, secret
PSK_PEERS = {
    "psk": ("10.66.1.1", SECRET),
    "other": ("10.66.1.4", OTHER_SECRET),
    "nokey": ("10.66.1.5", None),  # its file is not there
    "honest": ("10.66.1.9", b"the honest peer's"),
}

# Two peers cannot have one network at a time.
NETS = {"other": "10.12.0.0/16", "honest": "10.22.0.0/16"}
LANS = {"other": "10.13.0.0/16", "honest": "10.23.0.0/16"}

CONFIG = f"""
daemon:
  listen: [{GATEWAY}]
  cookie_threshold: 1000000
  half_open_limit: 100000
  half_open_per_source: 100000
  log: info
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
""" for name, (addr, _) in PSK_PEERS.items())


def files():
    return {f"secrets/{name}.psk": secret for name, (_, secret) in PSK_PEERS.items()
            if secret}


def network():
    """Addresses on the loopback; one processor for both sides, as the order of
    datagrams between two sockets is only certain there."""
    os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
    addresses = [GATEWAY] + [addr for addr, _ in PSK_PEERS.values()]
    batch = "link set lo up\n" + "".join(f"addr add {a}/32 dev lo\n" for a in addresses)
    subprocess.run(["ip", "-batch", "-"], input=batch.encode(), check=True)


def world(daemon):
    hosts = {name: Host(addr, GATEWAY, f"{name}.example", secret=secret)
             for name, (addr, secret) in PSK_PEERS.items()}
    for name, net in NETS.items():
        hosts[name].net = net
    return World(daemon, hosts)
