# peer.py - the hostile peer: an initiator and a responder that are honest until a fault bends them.
# SPDX-License-Identifier: ISC
"""A Host has an address and proves who it is; an Sa is one IKE SA of it, in
either role.  Each message is first a Draft, which faults change, then octets."""

import os
import select
import socket
import struct
import time
from dataclasses import dataclass, field, replace

import crypto
import wire

# Against hanging for ever; nothing is measured by it.
GUARD_S = float(os.environ.get("HOSTILE_GUARD_S", "60"))

OUR_NET, THEIR_NET = "10.2.0.0/16", "10.1.0.0/16"


class Failed(Exception):
    """The daemon did not do what is required."""


class Silent(Failed):
    """Nothing came until the guard struck."""


# --- One address --------------------------------------------------------------

class Host:
    def __init__(self, addr, daemon, name, secret=None, key=None, certs=(), raw=None):
        self.addr, self.daemon = addr, daemon
        self.id = (2, name.encode())
        self.secret, self.key, self.certs, self.raw = secret, key, certs, raw
        self.net = OUR_NET
        self.sockets = {}
        for port in (500, 4500):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            one.bind((addr, port))
            self.sockets[port] = one
        self.seen = set()

    def close(self):
        for one in self.sockets.values():
            one.close()

    def send(self, data, port=500, marker=True):
        """To the same port of the daemon's."""
        if port == 4500 and marker:
            data = bytes(4) + data
        self.sockets[port].sendto(data, (self.daemon, port))

    def take(self, port):
        """One datagram of this socket's, or None: it is nothing new."""
        data = self.sockets[port].recv(65536)
        self.port = port
        if port == 4500:
            if data == b"\xff":
                return None
            if data[:4] != bytes(4):
                raise Failed("no marker at port 4500")
            data = data[4:]
        if len(data) >= 28 and not data[19] & wire.F_RESPONSE:
            if data in self.seen:
                return None
            self.seen.add(data)
        return data

    def ready(self, seconds):
        found, _, _ = select.select(list(self.sockets.values()), [], [], seconds)
        return [port for port, one in self.sockets.items() if one in found]

    def receive(self):
        """The next datagram; a request that is repeated is passed over."""
        end = time.monotonic() + GUARD_S
        while time.monotonic() < end:
            for port in self.ready(end - time.monotonic()):
                data = self.take(port)
                if data is not None:
                    return data
        raise Silent("no answer")

    def drain(self):
        """What has come by now, with the port of each."""
        found = []
        while True:
            ports = self.ready(0)
            if not ports:
                return found
            data = self.take(ports[0])
            if data is not None:
                found.append((ports[0], data))


# --- One message --------------------------------------------------------------

@dataclass
class Draft:
    """msg.payloads are those inside SK, if there are keys."""
    sa: object
    msg: wire.Message
    sealed: bool = True
    outer: list = field(default_factory=list)     # in clear, before SK
    behind: list = field(default_factory=list)    # in clear, after SK
    bend: crypto.Bend = field(default_factory=crypto.Bend)
    inner_first: int | None = None                # type of the first one inside
    plain: list = field(default_factory=list)     # functions of the octets inside
    raw: list = field(default_factory=list)       # functions of the datagram
    sk_length: int | None = None
    sk_flags: int = 0
    fragment: tuple | None = None                 # number, total

    def inside(self):
        plain, first = wire.chain(self.msg.payloads)
        for change in self.plain:
            plain = change(plain)
        return plain, first if self.inner_first is None else self.inner_first

    def encode(self):
        data = self._sealed() if self.sealed else wire.encode(self.msg)
        for change in self.raw:
            data = change(data)
        return data

    def _sealed(self):
        plain, first = self.inside()
        return self.seal(plain, first, self.fragment)

    def seal(self, plain, first, fragment=None):
        """One datagram with these octets inside SK, or SKF (RFC 7383)."""
        kind = wire.SKF if fragment else wire.SK
        between = struct.pack(">HH", *fragment) if fragment else b""
        behind, behind_first = wire.chain(self.behind)
        outer, outer_first = wire.chain(self.outer + [wire.Payload(kind)])
        outer = outer[:-4]

        def head(length):
            said = length + 4 + len(between) if self.sk_length is None else self.sk_length
            generic = struct.pack(">BBH", behind_first if self.behind else first,
                                  self.sk_flags, said & 0xFFFF)
            whole = len(outer) + 4 + len(between) + length + len(behind)
            return wire.header(self.msg, outer_first, whole) + outer + generic + between

        body = crypto.seal(self.sa.keys, self.sa.initiator, plain, head, self.bend)
        return head(len(body)) + body + behind

    def fragments(self, size):
        """The message in fragments of `size` octets of plaintext."""
        plain, first = self.inside()
        cuts = [plain[i:i + size] for i in range(0, len(plain), size)]
        return [self.seal(cut, first if n == 0 else 0, (n + 1, len(cuts)))
                for n, cut in enumerate(cuts)]

    def send(self, port=None):
        self.sa.send(self.encode(), port)


# --- One IKE SA ---------------------------------------------------------------

@dataclass
class Child:
    spi_in: bytes
    spi_out: bytes = b""


ESP_TRANSFORMS = [(wire.ENCR, wire.AES_GCM16, 256), (wire.ESN, 0)]


def net(text):
    """A selector of a prefix."""
    addr, bits = text.split("/")
    start = int.from_bytes(socket.inet_aton(addr), "big")
    end = start | (1 << (32 - int(bits))) - 1
    return wire.selector(start.to_bytes(4, "big"), end.to_bytes(4, "big"))


class Sa:
    def __init__(self, host, initiator=True, suite=None, fragments=False):
        self.host, self.initiator = host, initiator
        self.suite = suite or crypto.Suite()
        self.spi_i = self.spi_r = bytes(8)
        self.fragments = fragments
        if initiator:
            self.spi_i = os.urandom(8)
        self.nonce = os.urandom(32)
        self.peer_nonce = b""
        self.group = crypto.Group(self.suite.group)
        self.keys = None
        self.out_id = self.in_id = 0
        self.init_out = self.init_in = b""
        self.children = []
        self.port = 500
        self.remote_id = None
        self.heir = None
        self.polite = False  # the daemon's requests in between are answered

    # --- Sending and receiving

    def send(self, data, port=None):
        self.host.send(data, self.port if port is None else port)

    def draft(self, exchange, payloads, response=False, mid=None):
        flags = (wire.F_INITIATOR if self.initiator else 0) | (
            wire.F_RESPONSE if response else 0)
        if mid is None:
            mid = self.in_id if response else self.out_id
        msg = wire.Message(self.spi_i, self.spi_r, exchange, flags, mid, list(payloads))
        return Draft(self, msg, sealed=self.keys is not None)

    def open(self, data):
        """The message that this datagram is, checked as the RFC has it."""
        msg, rest = wire.read_header(data)
        if msg.spi_i != self.spi_i:
            raise Failed("a message with another initiator's SPI")
        if bool(msg.flags & wire.F_INITIATOR) == self.initiator:
            raise Failed("the Initiator flag is wrong")
        payloads = wire.read_chain(msg.first, rest)
        if self.keys is None or not payloads or payloads[-1].type not in (wire.SK, wire.SKF):
            msg.payloads = payloads
            if self.keys is not None:
                raise Failed("a message in clear where there are keys")
            return msg
        if msg.spi_r != self.spi_r:
            raise Failed("a message with another responder's SPI")
        sealed = payloads[-1]
        skip = 4 if sealed.type == wire.SKF else 0
        at = len(data) - len(sealed.body) + skip
        plain = crypto.unseal(self.keys, not self.initiator, data[:at], data[at:])
        if sealed.type == wire.SKF:
            msg.fragment = struct.unpack(">HH", sealed.body[:4])
            msg.plain, msg.inner = plain, sealed.next
            return msg
        msg.payloads = wire.read_chain(sealed.next, plain)
        if any(p.flags for p in msg.payloads) and msg.flags & wire.F_RESPONSE:
            raise Failed("a critical bit in a response")
        return msg

    def receive(self):
        """The daemon's next message for this SA, whole."""
        data = self.host.receive()
        self.port = self.host.port
        msg = self.open(data)
        self.raw_in = data
        if hasattr(msg, "fragment"):
            parts = {msg.fragment[0]: msg.plain}
            inner = {msg.fragment[0]: msg.inner}
            total = msg.fragment[1]
            while len(parts) < total:
                more = self.open(self.host.receive())
                parts[more.fragment[0]] = more.plain
                inner[more.fragment[0]] = more.inner
            msg.payloads = wire.read_chain(
                inner[1], b"".join(parts[n] for n in sorted(parts)))
        return msg

    def response(self, exchange, mid=None):
        """The answer to our request, which must be the next message."""
        mid = self.out_id if mid is None else mid
        msg = self.receive()
        while self.polite and not msg.flags & wire.F_RESPONSE:
            self.answer(msg)
            msg = self.receive()
        if not msg.flags & wire.F_RESPONSE or msg.exchange != exchange or msg.mid != mid:
            raise Failed(f"expected the response to exchange {exchange} with ID {mid}, got "
                         f"{'response' if msg.flags & wire.F_RESPONSE else 'request'} "
                         f"{msg.exchange} with ID {msg.mid}: "
                         + ",".join(msg.errors() or ["no error"]))
        return msg

    def request(self, exchange):
        """The daemon's request, which must be the next message."""
        msg = self.receive()
        if msg.flags & wire.F_RESPONSE or msg.exchange != exchange or msg.mid != self.in_id:
            raise Failed(f"expected a request of exchange {exchange} with ID {self.in_id}, "
                         f"got {msg.exchange} with ID {msg.mid} flags {msg.flags:#x}")
        return msg

    # --- IKE_SA_INIT

    def init_payloads(self, response=False):
        found = [
            wire.Payload(wire.SA, wire.proposal(1, wire.P_IKE, b"", self.suite.transforms())),
            wire.ke(self.suite.group, self.group.public),
            wire.Payload(wire.NONCE, self.nonce)]
        if self.fragments:
            found.append(wire.notify("IKEV2_FRAGMENTATION_SUPPORTED"))
        if self.host.key:
            found.append(wire.notify("SIGNATURE_HASH_ALGORITHMS", bytes.fromhex("0002000300040005")))
        return found

    def init_request(self):
        return self.draft(wire.SA_INIT, self.init_payloads())

    def take_init_response(self, msg):
        """Keys, from what the daemon answered."""
        if not msg.has(wire.SA):
            raise Failed("IKE_SA_INIT refused: " + ",".join(msg.errors()))
        (number, protocol, spi, transforms), = wire.read_proposals(msg.of(wire.SA).body)
        want = [(t[0], t[1], t[2] if len(t) > 2 else None) for t in self.suite.transforms()]
        if sorted(transforms, key=str) != sorted(want, key=str) or protocol != wire.P_IKE or spi:
            raise Failed(f"chosen is {transforms}")
        if number != 1 or msg.spi_r == bytes(8):
            raise Failed("number or SPI of the answer")
        self.init_in = self.raw_in
        self.spi_r = msg.spi_r
        self.fragments = self.fragments and msg.notify("IKEV2_FRAGMENTATION_SUPPORTED") is not None
        self._keys(msg)

    def _keys(self, msg):
        body = msg.of(wire.KE).body
        if struct.unpack(">H", body[:2])[0] != self.suite.group:
            raise Failed("a key exchange of another group")
        self.peer_nonce = msg.of(wire.NONCE).body
        shared = self.group.shared(body[4:])
        pair = (self.nonce, self.peer_nonce)
        ni, nr = pair if self.initiator else pair[::-1]
        self.keys = crypto.derive(self.suite, shared, ni, nr, self.spi_i, self.spi_r)

    def send_init(self):
        draft = self.init_request()
        self.init_out = draft.encode()
        self.send(self.init_out)

    def begin(self):
        """As initiator, as far as the keys."""
        self.send_init()
        self.take_init_response(self.response(wire.SA_INIT, 0))
        self.out_id = 1
        return self

    def take_init_request(self, data):
        """As responder: read the daemon's request, before it is answered."""
        msg, rest = wire.read_header(data)
        msg.payloads = wire.read_chain(msg.first, rest)
        if msg.exchange != wire.SA_INIT or msg.flags != wire.F_INITIATOR or msg.mid:
            raise Failed("expected an IKE_SA_INIT request")
        if msg.spi_r != bytes(8):
            raise Failed("a request that names a responder")
        self.spi_i = msg.spi_i
        self.init_in = data
        self.asked = msg
        self.spi_r = os.urandom(8)
        self.number = 0
        for number, _, _, transforms in wire.read_proposals(msg.of(wire.SA).body):
            have = {(t[0], t[1], t[2]) for t in transforms}
            want = {(t[0], t[1], t[2] if len(t) > 2 else None)
                    for t in self.suite.transforms()}
            if want <= have and not self.number:
                self.number = number
        if not self.number:
            raise Failed("our suite is not offered")
        return self

    def init_response(self):
        payloads = self.init_payloads(True)
        payloads[0].body = wire.proposal(self.number, wire.P_IKE, b"", self.suite.transforms())
        draft = self.draft(wire.SA_INIT, payloads, True, 0)
        draft.sealed = False
        return draft

    def answer_init(self, draft=None):
        """Send it, honest or bent, and have the keys of the honest one."""
        draft = draft or self.init_response()
        self.init_out = draft.encode()
        self.send(self.init_out)
        self._keys(self.asked)
        self.in_id = 1

    # --- IKE_AUTH

    def own_octets(self, id_body):
        key = self.keys.pi if self.initiator else self.keys.pr
        return crypto.signed_octets(self.suite.prf, self.init_out, self.peer_nonce, key, id_body)

    def proof(self, id_body):
        """The body of our AUTH payload over this identity."""
        octets = self.own_octets(id_body)
        if self.host.key:
            return crypto.sign(self.host.key, octets)
        return crypto.psk_auth(self.suite.prf, self.host.secret, octets)

    def auth_payloads(self, response=False):
        kind = wire.IDR if response else wire.IDI
        own = wire.identity(kind, *self.host.id)
        found = [own]
        found += [wire.Payload(wire.CERT, b"\x04" + der) for der in self.host.certs]
        if self.host.raw:
            found.append(wire.Payload(wire.CERT, b"\x0f" + self.host.raw))
        found.append(wire.Payload(wire.AUTHP, self.proof(own.body)))
        found += self.child_sa()
        found += self.child_selectors(response)
        return found

    def child_sa(self, number=1):
        self.children.append(Child(os.urandom(4)))
        return [wire.Payload(wire.SA, wire.proposal(
            number, wire.P_ESP, self.children[-1].spi_in, ESP_TRANSFORMS))]

    def child_selectors(self, response=False, ours=None, theirs=THEIR_NET):
        ours = ours or self.host.net
        first, second = (theirs, ours) if response else (ours, theirs)
        return [wire.selectors(wire.TSI, [net(first)]), wire.selectors(wire.TSR, [net(second)])]

    def auth_request(self):
        return self.draft(wire.AUTH, self.auth_payloads())

    def check_proof(self, msg, kind):
        """Is it the daemon?  Shared keys only: the rest is checked by its trust in ours."""
        body = msg.of(wire.AUTHP).body
        self.remote_id = msg.of(kind).body
        if body[0] == 2:
            key = self.keys.pr if self.initiator else self.keys.pi
            octets = crypto.signed_octets(
                self.suite.prf, self.init_in, self.nonce, key, self.remote_id)
            if body != crypto.psk_auth(self.suite.prf, self.host.secret, octets):
                raise Failed("the daemon's AUTH is wrong")

    def take_auth_response(self, msg, child=True):
        if not msg.has(wire.AUTHP):
            raise Failed("IKE_AUTH refused: " + ",".join(msg.errors()))
        self.check_proof(msg, wire.IDR)
        self.out_id += 1
        if child:
            self.take_child(msg)

    def take_child(self, msg):
        if not msg.has(wire.SA):
            raise Failed("no child: " + ",".join(msg.errors()))
        (_, protocol, spi, _), = wire.read_proposals(msg.of(wire.SA).body)
        if protocol != wire.P_ESP or len(spi) != 4:
            raise Failed("the child's proposal")
        self.children[-1].spi_out = spi

    def authenticate(self):
        self.auth_request().send()
        self.take_auth_response(self.response(wire.AUTH))
        return self

    def take_auth_request(self):
        msg = self.request(wire.AUTH)
        self.check_proof(msg, wire.IDI)
        self.asked = msg
        return self

    def auth_response(self):
        payloads = self.auth_payloads(True)
        number, _, spi, _ = wire.read_proposals(self.asked.of(wire.SA).body)[0]
        self.children[-1].spi_out = spi
        at = [p.type for p in payloads].index(wire.SA)
        payloads[at].body = wire.proposal(number, wire.P_ESP, self.children[-1].spi_in,
                                          ESP_TRANSFORMS)
        return self.draft(wire.AUTH, payloads, True)

    def answer_auth(self, draft=None):
        (draft or self.auth_response()).send()
        self.in_id += 1

    # --- What comes after

    def child_request(self, rekey=None, ours=None, theirs=THEIR_NET, group=None):
        """CREATE_CHILD_SA for a child; rekey: our SPI of the old one."""
        found = []
        if rekey:
            found.append(wire.notify("REKEY_SA", protocol=wire.P_ESP, spi=rekey))
        found += self.child_sa()
        if group:
            self.child_group = crypto.Group(group)
            found[-1].body = wire.proposal(1, wire.P_ESP, self.children[-1].spi_in,
                                           ESP_TRANSFORMS + [(wire.GROUP, group)])
        self.child_nonce = os.urandom(32)
        found.append(wire.Payload(wire.NONCE, self.child_nonce))
        if group:
            found.append(wire.ke(group, self.child_group.public))
        found += self.child_selectors(False, ours, theirs)
        return self.draft(wire.CHILD, found)

    def rekey_request(self):
        """CREATE_CHILD_SA for a new IKE SA, with what its heir must know."""
        heir = Sa(self.host, self.initiator, replace(self.suite), self.fragments)
        heir.spi_i = os.urandom(8)
        heir.initiator = True
        self.heir = heir
        return self.draft(wire.CHILD, [
            wire.Payload(wire.SA, wire.proposal(1, wire.P_IKE, heir.spi_i,
                                                self.suite.transforms())),
            wire.Payload(wire.NONCE, heir.nonce),
            wire.ke(self.suite.group, heir.group.public)])

    def take_rekey_response(self, msg):
        if not msg.has(wire.SA):
            raise Failed("IKE rekey refused: " + ",".join(msg.errors()))
        (_, _, spi, _), = wire.read_proposals(msg.of(wire.SA).body)
        heir = self.heir
        heir.spi_r = spi
        heir.peer_nonce = msg.of(wire.NONCE).body
        heir.keys = crypto.derive(
            heir.suite, heir.group.shared(msg.of(wire.KE).body[4:]), heir.nonce,
            heir.peer_nonce, heir.spi_i, heir.spi_r, self.keys)
        heir.children, self.children = self.children, []
        heir.port = self.port
        return heir

    def rekey_response(self, asked):
        """The daemon rekeys the IKE SA: the answer, and the heir."""
        number, _, spi, _ = wire.read_proposals(asked.of(wire.SA).body)[0]
        heir = Sa(self.host, False, replace(self.suite), self.fragments)
        heir.spi_i, heir.spi_r = spi, os.urandom(8)
        for number, _, spi, transforms in wire.read_proposals(asked.of(wire.SA).body):
            if (wire.ENCR, self.suite.encr, self.suite.bits) in transforms:
                break
        heir.peer_nonce = asked.of(wire.NONCE).body
        group, public = asked.of(wire.KE).body[:2], asked.of(wire.KE).body[4:]
        heir.suite.group = struct.unpack(">H", group)[0]
        heir.group = crypto.Group(heir.suite.group)
        heir.keys = crypto.derive(heir.suite, heir.group.shared(public), heir.peer_nonce,
                                  heir.nonce, heir.spi_i, heir.spi_r, self.keys)
        heir.port = self.port
        self.heir = heir
        return self.draft(wire.CHILD, [
            wire.Payload(wire.SA, wire.proposal(number, wire.P_IKE, heir.spi_r,
                                                heir.suite.transforms())),
            wire.Payload(wire.NONCE, heir.nonce),
            wire.ke(heir.suite.group, heir.group.public)], True)

    def child_response(self, asked):
        """The daemon asks for a child, or to rekey one: the answer.  A key exchange
        is not taken: a proposal that has none is chosen."""
        first = asked.of(wire.TSI).body[4:]
        second = asked.of(wire.TSR).body[4:]
        number, _, spi, _ = wire.read_proposals(asked.of(wire.SA).body)[0]
        found = self.child_sa(number)
        self.children[-1].spi_out = spi
        found.append(wire.Payload(wire.NONCE, os.urandom(32)))
        if asked.has(wire.KE):
            group = struct.unpack(">H", asked.of(wire.KE).body[:2])[0]
            self.child_group = crypto.Group(group)
            found[0].body = wire.proposal(number, wire.P_ESP, self.children[-1].spi_in,
                                          ESP_TRANSFORMS + [(wire.GROUP, group)])
            found.append(wire.ke(group, self.child_group.public))
        found.append(wire.selectors(wire.TSI, [first[:16]]))
        found.append(wire.selectors(wire.TSR, [second[:16]]))
        return self.draft(wire.CHILD, found, True)

    def ask(self, exchange, payloads):
        """An honest request and its response."""
        self.draft(exchange, payloads).send()
        msg = self.response(exchange)
        self.out_id += 1
        return msg

    def alive(self):
        """The SA works, and nothing else is said before that."""
        msg = self.ask(wire.INFO, [])
        if msg.payloads:
            raise Failed("an answer to an empty request that is not empty")

    def close(self):
        """The SA goes, as it should."""
        self.ask(wire.INFO, [wire.delete(wire.P_IKE)])

    def answer(self, asked, payloads=()):
        """To the daemon's request."""
        self.draft(asked.exchange, payloads, True).send()
        self.in_id += 1
