# faults.py - what can be wrong with a message: each fault bends a Draft in one place.
# SPDX-License-Identifier: ISC
"""A fault is a function of a Draft; these make them.  Payloads are named by
their type: the first of that type inside SK, or in clear where there is none."""

import struct

import wire


def at(draft, kind):
    return [p.type for p in draft.msg.payloads].index(kind)


# --- Payloads -----------------------------------------------------------------

def remove(*kinds):
    def bend(draft):
        draft.msg.payloads = [p for p in draft.msg.payloads if p.type not in kinds]
    return bend


def duplicate(kind):
    def bend(draft):
        payload = draft.msg.of(kind)
        draft.msg.payloads.insert(at(draft, kind), wire.Payload(kind, payload.body))
    return bend


def body(kind, data):
    """data: octets, or a function of those that were there."""
    def bend(draft):
        payload = draft.msg.of(kind)
        payload.body = data(payload.body) if callable(data) else data
    return bend


def empty(kind):
    return body(kind, b"")


def halve(kind):
    """A little less than half of it is left: 15 octets of a nonce."""
    return body(kind, lambda was: was[:len(was) // 2 - 1])


def longer(kind, more=b"\0"):
    return body(kind, lambda was: was + more)


def patch(kind, offset, data):
    """Other octets at this place of the body."""
    def change(was):
        start = offset if offset >= 0 else len(was) + offset
        return was[:start] + data + was[start + len(data):]
    return body(kind, change)


def flip(kind, offset):
    def change(was):
        start = offset if offset >= 0 else len(was) + offset
        return was[:start] + bytes([was[start] ^ 1]) + was[start + 1:]
    return body(kind, change)


def length(kind, value):
    """What its generic header says; "-1" and "+1" against the truth."""
    def bend(draft):
        payload = draft.msg.of(kind)
        true = len(payload.body) + 4
        payload.length = true + int(value) if isinstance(value, str) else value
    return bend


def next_of(kind, value):
    def bend(draft):
        draft.msg.of(kind).next = value
    return bend


def last_next(value):
    """The last payload says that another one follows."""
    def bend(draft):
        draft.msg.payloads[-1].next = value
    return bend


def generic_flags(kind, value):
    """The octet with the critical bit and the reserved ones."""
    def bend(draft):
        draft.msg.of(kind).flags = value
    return bend


def append(*payloads):
    def bend(draft):
        draft.msg.payloads += payloads
    return bend


def prepend(*payloads):
    def bend(draft):
        draft.msg.payloads[:0] = payloads
    return bend


def only(*payloads):
    def bend(draft):
        draft.msg.payloads = list(payloads)
    return bend


def backwards():
    def bend(draft):
        draft.msg.payloads.reverse()
    return bend


# --- The header ---------------------------------------------------------------

def header(**values):
    """Any field of wire.Message by its name."""
    def bend(draft):
        for name, value in values.items():
            setattr(draft.msg, name, value(getattr(draft.msg, name))
                    if callable(value) else value)
    return bend


def datagram(change):
    """A function of the whole datagram."""
    def bend(draft):
        draft.raw.append(change)
    return bend


def says_length(value):
    """The header's Length; a string is against the truth."""
    def change(data):
        said = len(data) + int(value) if isinstance(value, str) else value
        return data[:24] + struct.pack(">I", said & 0xFFFFFFFF) + data[28:]
    return datagram(change)


def cut(octets, fix=False):
    """So many octets are missing at the end; fix: the header knows."""
    def change(data):
        data = data[:max(0, len(data) - octets)]
        return data[:24] + struct.pack(">I", len(data)) + data[28:] if fix else data
    return datagram(change)


def trailing(more, fix=False):
    def change(data):
        data += more
        return data[:24] + struct.pack(">I", len(data)) + data[28:] if fix else data
    return datagram(change)


# --- SK -----------------------------------------------------------------------

def sk(**values):
    """Fields of crypto.Bend."""
    def bend(draft):
        for name, value in values.items():
            setattr(draft.bend, name, value)
    return bend


def draft(**values):
    """Fields of the Draft itself."""
    def bend(one):
        for name, value in values.items():
            setattr(one, name, value)
    return bend


def plain(change):
    """A function of the octets inside SK."""
    def bend(one):
        one.plain.append(change)
    return bend


def in_clear():
    """What should be sealed is not."""
    return draft(sealed=False)


# --- What is proven -----------------------------------------------------------

def identify(kind, data, reserved=0):
    """Another identity, and AUTH over it."""
    def bend(one):
        where = wire.IDI if one.sa.initiator else wire.IDR
        one.msg.of(where).body = struct.pack(">BBH", kind, reserved & 0xFF,
                                             reserved >> 8 & 0xFFFF) + data
        one.msg.of(wire.AUTHP).body = one.sa.proof(one.msg.of(where).body)
    return bend


def prove(change):
    """AUTH as change(sa, the octets that are signed) makes it."""
    def bend(one):
        where = wire.IDI if one.sa.initiator else wire.IDR
        octets = one.sa.own_octets(one.msg.of(where).body)
        one.msg.of(wire.AUTHP).body = change(one.sa, octets)
    return bend


# --- Proposals ----------------------------------------------------------------

def propose(*proposals):
    """The SA payload's body: functions of the SPI that stood there, or octets."""
    def bend(one):
        found = wire.read_proposals(one.msg.of(wire.SA).body)
        spi = found[0][2]
        one.msg.of(wire.SA).body = b"".join(
            p(spi) if callable(p) else p for p in proposals)
    return bend
