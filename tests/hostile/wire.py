# wire.py - IKEv2 messages as lists of payloads that can be wrong (RFC 7296 section 3).
# SPDX-License-Identifier: ISC
"""Written from the RFC, and from nothing of the daemon's.  What is written here
is honest unless somebody changes it: every length, count and type can be set to
what it is not.  What is read is read strictly, as it comes from the daemon."""

import struct
from dataclasses import dataclass, field

# RFC 7296 section 3.1
SA_INIT, AUTH, CHILD, INFO = 34, 35, 36, 37
F_INITIATOR, F_RESPONSE = 0x08, 0x20

# RFC 7296 section 3.2, RFC 7383
SA, KE, IDI, IDR, CERT, CERTREQ, AUTHP, NONCE = 33, 34, 35, 36, 37, 38, 39, 40
NOTIFY, DELETE, VENDOR, TSI, TSR, SK, CP, EAP, SKF = 41, 42, 43, 44, 45, 46, 47, 48, 53

# RFC 7296 section 3.3
P_IKE, P_AH, P_ESP = 1, 2, 3
ENCR, PRF, INTEG, GROUP, ESN = 1, 2, 3, 4, 5
AES_CBC, AES_GCM16, CHACHA = 12, 20, 28
HMAC_SHA256, HMAC_SHA384, HMAC_SHA512 = 5, 6, 7
SHA256_128 = 12
MODP2048, ECP256, ECP384, X25519 = 14, 19, 20, 31

# RFC 7296 section 3.10.1 and the RFCs of the extensions
NOTIFIES = {
    "UNSUPPORTED_CRITICAL_PAYLOAD": 1, "INVALID_IKE_SPI": 4, "INVALID_MAJOR_VERSION": 5,
    "INVALID_SYNTAX": 7, "INVALID_MESSAGE_ID": 9, "INVALID_SPI": 11,
    "NO_PROPOSAL_CHOSEN": 14, "INVALID_KE_PAYLOAD": 17, "AUTHENTICATION_FAILED": 24,
    "SINGLE_PAIR_REQUIRED": 34, "NO_ADDITIONAL_SAS": 35, "INTERNAL_ADDRESS_FAILURE": 36,
    "FAILED_CP_REQUIRED": 37, "TS_UNACCEPTABLE": 38, "INVALID_SELECTORS": 39,
    "UNACCEPTABLE_ADDRESSES": 40, "UNEXPECTED_NAT_DETECTED": 41, "TEMPORARY_FAILURE": 43,
    "CHILD_SA_NOT_FOUND": 44,
    "INITIAL_CONTACT": 16384, "SET_WINDOW_SIZE": 16385, "ADDITIONAL_TS_POSSIBLE": 16386,
    "IPCOMP_SUPPORTED": 16387, "NAT_DETECTION_SOURCE_IP": 16388,
    "NAT_DETECTION_DESTINATION_IP": 16389, "COOKIE": 16390, "USE_TRANSPORT_MODE": 16391,
    "HTTP_CERT_LOOKUP_SUPPORTED": 16392, "REKEY_SA": 16393,
    "ESP_TFC_PADDING_NOT_SUPPORTED": 16394, "NON_FIRST_FRAGMENTS_ALSO": 16395,
    "MOBIKE_SUPPORTED": 16396, "ADDITIONAL_IP4_ADDRESS": 16397,
    "ADDITIONAL_IP6_ADDRESS": 16398, "NO_ADDITIONAL_ADDRESSES": 16399,
    "UPDATE_SA_ADDRESSES": 16400, "COOKIE2": 16401, "NO_NATS_ALLOWED": 16402,
    "AUTH_LIFETIME": 16403, "REDIRECT_SUPPORTED": 16406, "REDIRECT": 16407,
    "CHILDLESS_IKEV2_SUPPORTED": 16418, "IKEV2_FRAGMENTATION_SUPPORTED": 16430,
    "SIGNATURE_HASH_ALGORITHMS": 16431, "USE_PPK": 16435,
    "INTERMEDIATE_EXCHANGE_SUPPORTED": 16438,
}
NOTIFY_NAMES = {number: name for name, number in NOTIFIES.items()}


class Malformed(Exception):
    """The daemon sent what the RFC does not allow."""


@dataclass
class Payload:
    """type and body; the rest is what the generic header says, None: the truth."""
    type: int
    body: bytes = b""
    flags: int = 0
    length: int | None = None
    next: int | None = None


@dataclass
class Message:
    """A header and payloads; length, first and next: None is the truth."""
    spi_i: bytes
    spi_r: bytes
    exchange: int
    flags: int
    mid: int
    payloads: list = field(default_factory=list)
    version: int = 0x20
    length: int | None = None
    first: int | None = None

    def of(self, kind):
        """The first payload of a type."""
        for payload in self.payloads:
            if payload.type == kind:
                return payload
        raise KeyError(kind)

    def all(self, kind):
        return [payload for payload in self.payloads if payload.type == kind]

    def has(self, kind):
        return bool(self.all(kind))

    def notify(self, name):
        """The data of the first such notify, or None."""
        for payload in self.all(NOTIFY):
            kind, data = read_notify(payload.body)
            if kind == NOTIFIES[name]:
                return data
        return None

    def errors(self):
        """The names of all error notifies."""
        kinds = [read_notify(p.body)[0] for p in self.all(NOTIFY)]
        return [NOTIFY_NAMES.get(kind, str(kind)) for kind in kinds if kind < 16384]


# --- Writing ------------------------------------------------------------------

def chain(payloads):
    """The payloads' octets and the type of the first of them."""
    out = b""
    for i, payload in enumerate(payloads):
        following = payloads[i + 1].type if i + 1 < len(payloads) else 0
        nxt = following if payload.next is None else payload.next
        length = len(payload.body) + 4 if payload.length is None else payload.length
        out += struct.pack(">BBH", nxt, payload.flags, length & 0xFFFF) + payload.body
    return out, payloads[0].type if payloads else 0


def header(msg, first, body_len):
    length = 28 + body_len if msg.length is None else msg.length
    return (msg.spi_i + msg.spi_r + struct.pack(
        ">BBBBII", first if msg.first is None else msg.first, msg.version, msg.exchange,
        msg.flags, msg.mid, length & 0xFFFFFFFF))


def encode(msg):
    """A message in clear."""
    body, first = chain(msg.payloads)
    return header(msg, first, len(body)) + body


def attribute(kind, value):
    """Short form (section 3.3.5)."""
    return struct.pack(">HH", 0x8000 | kind, value)


def transform(kind, number, attributes=b"", last=False, length=None):
    length = 8 + len(attributes) if length is None else length
    return struct.pack(">BBHBBH", 0 if last else 3, 0, length & 0xFFFF, kind, 0,
                       number) + attributes


def proposal(number, protocol, spi, transforms, last=True, length=None, count=None,
             spi_size=None):
    """transforms: (type, id) or (type, id, bits), or octets as they are."""
    body = b""
    for i, one in enumerate(transforms):
        end = i + 1 == len(transforms)
        if isinstance(one, bytes):
            body += one
        else:
            body += transform(one[0], one[1], attribute(14, one[2]) if len(one) > 2 else b"",
                              end)
    length = 8 + len(spi) + len(body) if length is None else length
    return struct.pack(
        ">BBHBBBB", 0 if last else 2, 0, length & 0xFFFF, number & 0xFF, protocol & 0xFF,
        (len(spi) if spi_size is None else spi_size) & 0xFF,
        (len(transforms) if count is None else count) & 0xFF) + spi + body


def ke(group, public):
    return Payload(KE, struct.pack(">HH", group, 0) + public)


def notify(kind, data=b"", protocol=0, spi=b"", spi_size=None):
    number = NOTIFIES[kind] if isinstance(kind, str) else kind
    return Payload(NOTIFY, struct.pack(
        ">BBH", protocol, len(spi) if spi_size is None else spi_size, number) + spi + data)


def delete(protocol, spis=(), size=None, count=None):
    size = (len(spis[0]) if spis else 0) if size is None else size
    return Payload(DELETE, struct.pack(
        ">BBH", protocol, size, len(spis) if count is None else count) + b"".join(spis))


def identity(kind, number, data):
    return Payload(kind, struct.pack(">BBH", number, 0, 0) + data)


def selector(start, end, protocol=0, ports=(0, 65535), kind=7, length=None):
    length = 8 + len(start) + len(end) if length is None else length
    return struct.pack(">BBHHH", kind, protocol, length & 0xFFFF, *ports) + start + end


def selectors(kind, many, count=None):
    return Payload(kind, struct.pack(
        ">BBH", (len(many) if count is None else count) & 0xFF, 0, 0) + b"".join(many))


# --- Reading ------------------------------------------------------------------

def read_header(data):
    """A Message without payloads, and the octets behind its header."""
    if len(data) < 28:
        raise Malformed("shorter than a header")
    first, version, exchange, flags, mid, length = struct.unpack(">BBBBII", data[16:28])
    if length != len(data):
        raise Malformed(f"length {length} in a datagram of {len(data)}")
    if version != 0x20:
        raise Malformed(f"version {version:#x}")
    if flags & ~(F_INITIATOR | F_RESPONSE):
        raise Malformed(f"flags {flags:#x}")
    return Message(data[:8], data[8:16], exchange, flags, mid, first=first), data[28:]


def read_chain(first, data):
    """Payloads up to the end, or up to and with SK or SKF."""
    found = []
    while first:
        if len(data) < 4:
            raise Malformed("a payload's header is cut")
        nxt, flags, length = struct.unpack(">BBH", data[:4])
        if length < 4 or length > len(data):
            raise Malformed(f"payload {first} of length {length}")
        if flags & 0x7F:
            raise Malformed(f"reserved bits {flags:#x} in payload {first}")
        found.append(Payload(first, data[4:length], flags, next=nxt))
        data = data[length:]
        if first in (SK, SKF):
            break
        first = nxt
    if data:
        raise Malformed("octets behind the last payload")
    return found


def read_notify(body):
    if len(body) < 4 or len(body) < 4 + body[1]:
        raise Malformed("a notify payload that is cut")
    return struct.unpack(">H", body[2:4])[0], body[4 + body[1]:]


def read_proposals(body):
    """[(number, protocol, spi, [(type, id, bits or None)])]"""
    found = []
    while body:
        more, _, length, number, protocol, size, count = struct.unpack(">BBHBBBB", body[:8])
        spi, rest, body = body[8:8 + size], body[8 + size:length], body[length:]
        if (more == 2) != bool(body):
            raise Malformed("the last proposal is not the last")
        transforms = []
        while rest:
            _, _, length, kind, _, ident = struct.unpack(">BBHBBH", rest[:8])
            bits = None
            if length == 12:
                tag, bits = struct.unpack(">HH", rest[8:12])
                if tag != 0x800E:
                    raise Malformed("an attribute that is no key length")
            elif length != 8:
                raise Malformed(f"a transform of length {length}")
            transforms.append((kind, ident, bits))
            rest = rest[length:]
        if len(transforms) != count:
            raise Malformed("the number of transforms")
        found.append((number, protocol, spi, transforms))
    return found


def read_delete(body):
    protocol, size, count = struct.unpack(">BBH", body[:4])
    if len(body) != 4 + size * count:
        raise Malformed("a delete payload's counts")
    return protocol, [body[4 + i * size:4 + (i + 1) * size] for i in range(count)]
