# cases_clear.py - in clear, as anybody can send it: N01 to N04, N07 to N13, N15 to N19, N36.
# SPDX-License-Identifier: ISC

import os
import struct
from dataclasses import replace

import crypto
import faults as f
import wire
from crypto import Suite
from peer import Failed
from scenes import init, init_answer
from table import case, story

# --- N01, N02: the datagram and its length ------------------------------------


def all_dropped(world, datagrams, port=500, marker=True):
    """None of these is answered; a few at a time, so that none is lost on the way."""
    for i, data in enumerate(datagrams):
        world.host.send(data, port, marker)
        if i % 40 == 39:
            world.nothing()
    world.nothing()


def honest_request(world):
    return world.sa().init_request().encode()


def fixed(data):
    """Its header has the length that it has."""
    return data[:24] + struct.pack(">I", len(data)) + data[28:]


@story()
def n01_shorter_than_a_header(world):
    data = honest_request(world)
    all_dropped(world, [data[:size] for size in range(28)])
    all_dropped(world, [b"\xff" * size for size in range(28)])


@story()
def n01_shorter_than_a_marker(world):
    all_dropped(world, [b"", b"\0", b"\0\0", b"\0\0\0"], 4500, False)


@story()
def n01_keepalives(world):
    all_dropped(world, [b"\xff"] * 10, 4500, False)
    all_dropped(world, [b"\xff"] * 10)


@story()
def n01_marker_and_less_than_a_header(world):
    data = honest_request(world)
    all_dropped(world, [data[:size] for size in range(28)], 4500)


@story()
def n01_esp_of_nobody(world):
    all_dropped(world, [os.urandom(4 + size) for size in range(1, 64)], 4500, False)


@story()
def n01_request_without_its_marker(world):
    """At the NAT port it is ESP, and of no SA."""
    all_dropped(world, [honest_request(world)], 4500, False)


@story()
def n01_cut_at_each_octet(world):
    data = honest_request(world)
    all_dropped(world, [data[:size] for size in range(28, len(data))])


@story()
def n02_cut_at_each_octet_and_says_so(world):
    data = honest_request(world)
    all_dropped(world, [fixed(data[:size]) for size in range(28, len(data))])


for name, value in (("zero", 0), ("27", 27), ("28", 28), ("one_less", "-1"), ("one_more", "+1"),
                    ("2_31", 1 << 31), ("all_ones", 0xFFFFFFFF)):
    case(f"n02_length_{name}", init, "drop", f.says_length(value))
    case(f"n02_length_{name}_in_answer", init_answer, "drop", f.says_length(value))
case("n02_octets_behind", init, "drop", f.trailing(b"\0" * 8))
case("n02_octets_behind_the_last_payload", init, "drop", f.trailing(b"\0" * 8, fix=True))
case("n02_octets_behind_in_answer", init_answer, "drop", f.trailing(b"\0" * 8, fix=True))
case("n02_length_of_64k", init, "drop", f.trailing(b"\0" * 60000, fix=True))

# --- N03, N04: the header's other fields ---------------------------------------

for version in (0x00, 0x10, 0x1f):
    case(f"n03_version_{version:02x}", init, "drop", f.header(version=version))
for version in (0x30, 0x3f, 0xf0, 0xff):
    case(f"n03_version_{version:02x}", init, "clear INVALID_MAJOR_VERSION",
         f.header(version=version))
    case(f"n03_version_{version:02x}_in_answer", init_answer, "drop", f.header(version=version))
for version in (0x21, 0x2f):
    case(f"n03_version_{version:02x}", init, "ok", f.header(version=version))
    case(f"n03_version_{version:02x}_in_answer", init_answer, "ok", f.header(version=version))
# An answer that would be longer than its request is none (section 2.5 asks for it, N38 for this).
case("n03_version_30_alone", init, "drop", f.header(version=0x30), f.only())
case("n03_version_30_and_a_little", init, "clear INVALID_MAJOR_VERSION", f.header(version=0x30),
     f.only(wire.Payload(wire.VENDOR, b"1234")))
case("n07_critical_200_alone", init, "drop", f.only(wire.Payload(200, b"1234", 0x80)))
case("n03_version_flag", init, "ok", f.header(flags=0x18))
case("n03_reserved_flags", init, "ok", f.header(flags=0xcf))

case("n04_initiator_spi_zero", init, "drop", f.header(spi_i=bytes(8)))
case("n04_responder_spi_in_the_first_request", init, "drop", f.header(spi_r=b"\1" * 8))
case("n04_response_to_nothing", init, "drop", f.header(flags=0x20))
case("n04_response_from_the_initiator", init, "drop", f.header(flags=0x28))
case("n04_request_without_the_initiator_flag", init, "drop", f.header(flags=0))
for mid in (1, 0x7fffffff, 0xffffffff):
    case(f"n04_message_id_{mid:x}", init, "drop", f.header(mid=mid))
    case(f"n04_message_id_{mid:x}_in_answer", init_answer, "drop", f.header(mid=mid))
case("n04_answer_without_the_response_flag", init_answer, "drop", f.header(flags=0))
case("n04_answer_with_the_initiator_flag", init_answer, "drop", f.header(flags=0x28))
case("n04_answer_without_a_responder_spi", init_answer, "drop", f.header(spi_r=bytes(8)))
case("n04_answer_to_another_spi", init_answer, "drop", f.header(spi_i=b"\1" * 8))


@story()
def n04_other_exchanges_of_nobody(world):
    datagrams = []
    for exchange in range(256):
        if exchange == wire.SA_INIT:
            continue
        draft = world.sa().init_request()
        draft.msg.exchange = exchange
        draft.msg.spi_r = os.urandom(8)
        datagrams.append(draft.encode())
    all_dropped(world, datagrams)


@story()
def n04_other_exchanges_as_answer(world):
    sa = world.dialled()
    datagrams = []
    for exchange in range(256):
        if exchange == wire.SA_INIT:
            continue
        draft = sa.init_response()
        draft.msg.exchange = exchange
        datagrams.append(draft.encode())
    all_dropped(world, datagrams)
    sa.answer_init()
    sa.take_auth_request().answer_auth()
    if not world.verdict.verdict()["ok"]:
        raise Failed("it does not come up")


# --- N05: chains ---------------------------------------------------------------

case("n05_next_payload_at_the_end", init, "drop", f.last_next(wire.NOTIFY))
case("n05_next_payload_sa_at_the_end", init, "drop", f.last_next(wire.SA))
case("n05_first_payload_none", init, "drop", f.header(first=0))
case("n05_chain_ends_early", init, "drop", f.next_of(wire.SA, 0))
case("n05_65_payloads", init, "drop", f.append(*[wire.notify(40000)] * 65))
case("n05_60_payloads", init, "ok", f.append(*[wire.notify(40000)] * 60))
case("n05_16000_payloads", init, "drop", f.append(*[wire.Payload(wire.VENDOR)] * 16000))
case("n05_16000_unknown_payloads", init, "drop", f.append(*[wire.Payload(200)] * 16000))
case("n05_next_payload_at_the_end_of_answer", init_answer, "drop", f.last_next(wire.NOTIFY))
case("n05_16000_payloads_in_answer", init_answer, "drop",
     f.append(*[wire.Payload(wire.VENDOR)] * 16000))
case("n05_payloads_backwards", init, "ok", f.backwards())

# --- N07, N08: payloads that nobody knows --------------------------------------

for kind in (1, 13, 32, 49, 54, 128, 255):
    number = "n08" if kind < 33 else "n07"
    critical = f.append(wire.Payload(kind, b"1234", 0x80))
    first = f.prepend(wire.Payload(kind, b"1234", 0x80))
    case(f"{number}_critical_{kind}", init, f"clear UNSUPPORTED_CRITICAL_PAYLOAD {kind:02x}",
         critical)
    case(f"{number}_critical_{kind}_first", init,
         f"clear UNSUPPORTED_CRITICAL_PAYLOAD {kind:02x}", first)
    case(f"{number}_not_critical_{kind}", init, "ok", f.append(wire.Payload(kind, b"1234")))
    case(f"{number}_not_critical_{kind}_twice", init, "ok",
         f.prepend(wire.Payload(kind, b"1234", 0x7f), wire.Payload(kind)))
    case(f"{number}_critical_{kind}_in_answer", init_answer, "drop", critical)
    case(f"{number}_not_critical_{kind}_in_answer", init_answer, "ok",
         f.append(wire.Payload(kind, b"1234")))
for kind in (wire.SA, wire.KE, wire.NONCE):
    case(f"n07_critical_bit_of_{kind}", init, "ok", f.generic_flags(kind, 0x80))
    case(f"n07_reserved_bits_of_{kind}", init, "ok", f.generic_flags(kind, 0x7f))
    case(f"n07_critical_bit_of_{kind}_in_answer", init_answer, "ok", f.generic_flags(kind, 0x80))

# --- N09, N10: proposals ---------------------------------------------------------

GCM = (wire.ENCR, wire.AES_GCM16, 256)
PRF = (wire.PRF, wire.HMAC_SHA256)
DH = (wire.GROUP, wire.X25519)
GOOD = [GCM, PRF, DH]


def ike(transforms=GOOD, number=1, protocol=wire.P_IKE, **lies):
    return lambda spi: wire.proposal(number, protocol, lies.pop("spi", b""), transforms, **lies)


def octets(transforms=GOOD, number=1, protocol=wire.P_IKE, spi=b"", **lies):
    return wire.proposal(number, protocol, spi, transforms, **lies)


def encr(attributes, length=None):
    return wire.transform(wire.ENCR, wire.AES_GCM16, attributes, length=length)


KEY = wire.attribute(14, 256)
# name: the SA payload's body, what the responder says, whether it is worth an answer
OFFERS = {
    "count_too_high": (octets(count=4), "drop"),
    "count_too_low": (octets(count=2), "drop"),
    "count_255": (octets(count=255), "drop"),
    "count_0": (octets([], count=0), "clear NO_PROPOSAL_CHOSEN"),
    "number_0": (octets(number=0), "drop"),
    "number_2": (octets(number=2), "clear NO_PROPOSAL_CHOSEN"),
    "number_255": (octets(number=255), "clear NO_PROPOSAL_CHOSEN"),
    "same_number_twice": (octets(last=False) + octets(), "drop|ok"),
    "length_zero": (octets(length=0), "drop"),
    "length_7": (octets(length=7), "drop"),
    "length_8": (octets(length=8), "drop"),
    "length_one_less": (octets(length=8 + 12 + 8 + 8 - 1), "drop"),
    "length_one_more": (octets(length=8 + 12 + 8 + 8 + 1), "drop"),
    "length_max": (octets(length=65535), "drop"),
    "more_follow_but_none_does": (octets(last=False), "drop|ok"),
    "last_substructure_1": (b"\1" + octets()[1:], "drop|ok"),
    "last_substructure_255": (b"\xff" + octets()[1:], "drop|ok"),
    "octets_behind": (octets() + b"\0", "drop"),
    "spi_size_1": (octets(spi=b"\1"), "clear NO_PROPOSAL_CHOSEN"),
    "spi_size_4": (octets(spi=b"1234"), "clear NO_PROPOSAL_CHOSEN"),
    "spi_size_8": (octets(spi=b"12345678"), "clear NO_PROPOSAL_CHOSEN"),
    "spi_size_255": (octets(spi_size=255), "drop"),
    "protocol_0": (octets(protocol=0), "clear NO_PROPOSAL_CHOSEN"),
    "protocol_2": (octets(protocol=2), "clear NO_PROPOSAL_CHOSEN"),
    "protocol_3": (octets(protocol=3), "clear NO_PROPOSAL_CHOSEN"),
    "protocol_4": (octets(protocol=4), "clear NO_PROPOSAL_CHOSEN"),
    "protocol_255": (octets(protocol=255), "clear NO_PROPOSAL_CHOSEN"),
    "no_encr": (octets([PRF, DH]), "clear NO_PROPOSAL_CHOSEN"),
    "no_prf": (octets([GCM, DH]), "clear NO_PROPOSAL_CHOSEN"),
    "no_group": (octets([GCM, PRF]), "clear NO_PROPOSAL_CHOSEN"),
    "group_none": (octets([GCM, PRF, (wire.GROUP, 0)]), "clear NO_PROPOSAL_CHOSEN"),
    "key_length_missing": (octets([encr(b""), PRF, DH]), "clear NO_PROPOSAL_CHOSEN"),
    "key_length_twice": (octets([encr(KEY + KEY), PRF, DH]), "clear NO_PROPOSAL_CHOSEN"),
    "key_length_0": (octets([encr(wire.attribute(14, 0)), PRF, DH]), "clear NO_PROPOSAL_CHOSEN"),
    "key_length_1": (octets([encr(wire.attribute(14, 1)), PRF, DH]), "clear NO_PROPOSAL_CHOSEN"),
    "key_length_257": (octets([encr(wire.attribute(14, 257)), PRF, DH]),
                       "clear NO_PROPOSAL_CHOSEN"),
    "key_length_65535": (octets([encr(wire.attribute(14, 65535)), PRF, DH]),
                         "clear NO_PROPOSAL_CHOSEN"),
    "key_length_long_form": (octets([encr(struct.pack(">HHH", 14, 2, 256)), PRF, DH]),
                             "clear NO_PROPOSAL_CHOSEN"),
    "attribute_longer_than_there_is": (
        octets([encr(struct.pack(">HHH", 14, 65535, 256)), PRF, DH]), "drop"),
    "attribute_cut": (octets([encr(b"\x80\x0e"), PRF, DH]), "drop"),
    "attribute_of_one_octet": (octets([encr(b"\x80"), PRF, DH]), "drop"),
    "unknown_attribute": (octets([encr(KEY + wire.attribute(99, 1)), PRF, DH]),
                          "clear NO_PROPOSAL_CHOSEN"),
    "unknown_long_attribute": (octets([encr(KEY + struct.pack(">HH", 99, 4) + b"1234"), PRF, DH]),
                               "clear NO_PROPOSAL_CHOSEN"),
    "key_length_of_the_prf": (octets([
        GCM, wire.transform(wire.PRF, wire.HMAC_SHA256, KEY), DH]), "clear NO_PROPOSAL_CHOSEN"),
    "transform_length_0": (octets([encr(KEY, 0), PRF, DH]), "drop"),
    "transform_length_7": (octets([encr(KEY, 7), PRF, DH]), "drop"),
    "transform_length_11": (octets([encr(KEY, 11), PRF, DH]), "drop"),
    "transform_length_13": (octets([encr(KEY, 13), PRF, DH]), "drop"),
    "transform_length_max": (octets([encr(KEY, 65535), PRF, DH]), "drop"),
    "unknown_id_beside_a_good_one": (octets([GCM, (wire.PRF, 99), PRF, DH]), "ok"),
    "unknown_ids_alone": (octets([(wire.ENCR, 999, 256), PRF, DH]), "clear NO_PROPOSAL_CHOSEN"),
    "unknown_type": (octets([GCM, PRF, (6, 1), DH]), "clear NO_PROPOSAL_CHOSEN"),
    "unknown_type_255": (octets([GCM, PRF, (255, 1), DH]), "clear NO_PROPOSAL_CHOSEN"),
    "type_0": (octets([GCM, PRF, (0, 1), DH]), "clear NO_PROPOSAL_CHOSEN"),
    "esn_for_ike": (octets([GCM, PRF, (wire.ESN, 0), DH]), "clear NO_PROPOSAL_CHOSEN"),
    "255_transforms": (octets([GCM, PRF, DH] + [(wire.GROUP, 1024 + i) for i in range(252)]),
                       "ok"),
    "300_transforms": (octets([GCM, PRF, DH] + [(wire.GROUP, 1024 + i) for i in range(297)]),
                       "drop"),
    "64_proposals": (b"".join(octets([(wire.ENCR, 999, 256), PRF, DH], n, last=n == 64)
                              for n in range(1, 65)), "clear NO_PROPOSAL_CHOSEN"),
    "300_proposals": (b"".join(octets([(wire.ENCR, 999, 256), PRF, DH], n, last=n == 300)
                               for n in range(1, 301)), "drop|clear NO_PROPOSAL_CHOSEN"),
}
AEAD = {
    "aead_with_integ": ([GCM, PRF, (wire.INTEG, wire.SHA256_128), DH], "clear NO_PROPOSAL_CHOSEN"),
    "encr_null": ([(wire.ENCR, 11), PRF, (wire.INTEG, wire.SHA256_128), DH],
                  "clear NO_PROPOSAL_CHOSEN"),
    "encr_0": ([(wire.ENCR, 0), PRF, (wire.INTEG, wire.SHA256_128), DH],
               "clear NO_PROPOSAL_CHOSEN"),
    "cbc_without_integ": ([(wire.ENCR, wire.AES_CBC, 256), PRF, DH], "clear NO_PROPOSAL_CHOSEN"),
    "cbc_with_integ_none": ([(wire.ENCR, wire.AES_CBC, 256), PRF, (wire.INTEG, 0), DH],
                            "clear NO_PROPOSAL_CHOSEN"),
    "integ_alone": ([PRF, (wire.INTEG, wire.SHA256_128), DH], "clear NO_PROPOSAL_CHOSEN"),
    "aes_ctr": ([(wire.ENCR, 13, 256), PRF, (wire.INTEG, 0), DH], "clear NO_PROPOSAL_CHOSEN"),
    "des_md5": ([(wire.ENCR, 2), (wire.PRF, 1), (wire.INTEG, 1), (wire.GROUP, 1)],
                "clear NO_PROPOSAL_CHOSEN"),
}
for name, (sa_body, required) in OFFERS.items():
    case(f"n09_{name}", init, required, f.body(wire.SA, sa_body))
for name, (transforms, required) in AEAD.items():
    case(f"n10_{name}", init, required, f.body(wire.SA, octets(transforms)))
case("n09_bad_one_and_then_a_good_one", init, "drop|clear NO_PROPOSAL_CHOSEN|clear INVALID_KE_PAYLOAD 001f",
     f.body(wire.SA, octets(number=0, last=False) + octets(number=2)))

# Answers that choose what was not offered, or not one of each: waited on (section 2.21.1).
CHOICES = {
    "other_key_length": [(wire.ENCR, wire.AES_GCM16, 192), PRF, DH],
    "key_length_missing": [(wire.ENCR, wire.AES_GCM16), PRF, DH],
    "not_offered": [(wire.ENCR, wire.AES_GCM16, 256), (wire.PRF, 1), DH],
    "encr_null": [(wire.ENCR, 11), PRF, (wire.INTEG, wire.SHA256_128), DH],
    "two_of_a_type": [GCM, (wire.ENCR, wire.AES_GCM16, 128), PRF, DH],
    "two_groups": [GCM, PRF, DH, (wire.GROUP, wire.ECP256)],
    "no_prf": [GCM, DH],
    "no_group": [GCM, PRF],
    "unknown_type": [GCM, PRF, (6, 1), DH],
    "integ_with_aead": [GCM, PRF, (wire.INTEG, wire.SHA256_128), DH],
    "cbc_with_integ_none": [(wire.ENCR, wire.AES_CBC, 256), PRF, (wire.INTEG, 0), DH],
}
for name, transforms in CHOICES.items():
    number = "n10" if "integ" in name or "null" in name else "n09"
    case(f"{number}_choice_{name}", init_answer, "drop", f.body(wire.SA, octets(transforms)))
for name, sa_body in {
        "number_0": octets(number=0), "number_9": octets(number=9), "protocol_esp": octets(protocol=3),
        "spi": octets(spi=b"12345678"), "two_proposals": octets(last=False) + octets(number=2),
        "count_lies": octets(count=9), "octets_behind": octets() + b"\0"}.items():
    case(f"n09_choice_{name}", init_answer, "drop", f.body(wire.SA, sa_body))

# --- N11, N12: key exchange -------------------------------------------------------

for group in (0, 14, 19, 1025, 65535):
    case(f"n11_group_{group}", init, "clear INVALID_KE_PAYLOAD 001f",
         f.patch(wire.KE, 0, struct.pack(">H", group)))
    case(f"n11_group_{group}_in_answer", init_answer, "drop",
         f.patch(wire.KE, 0, struct.pack(">H", group)))
for group in (0, 1025, 65535):
    case(f"n11_group_{group}_offered", init, "clear NO_PROPOSAL_CHOSEN",
         f.patch(wire.KE, 0, struct.pack(">H", group)),
         f.body(wire.SA, octets([GCM, PRF, (wire.GROUP, group)])))
for size in (0, 1, 31, 33, 64, 60000):
    case(f"n11_length_{size}", init, "drop", f.body(wire.KE, b"\0\x1f\0\0" + b"\1" * size))
    case(f"n11_length_{size}_in_answer", init_answer, "drop",
         f.body(wire.KE, b"\0\x1f\0\0" + b"\1" * size))
case("n11_two_octets", init, "drop", f.body(wire.KE, b"\0\x1f"))
case("n11_reserved_octets", init, "ok", f.patch(wire.KE, 2, b"\xff\xff"))

# RFC 7748: points of low order; the last one has the bit set that is to be ignored.
LOW_ORDER = {
    "0": bytes(32), "1": b"\1" + bytes(31),
    "8a": bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    "8b": bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    "p_minus_1": b"\xec" + b"\xff" * 30 + b"\x7f",
    "p": b"\xed" + b"\xff" * 30 + b"\x7f",
    "p_plus_1": b"\xee" + b"\xff" * 30 + b"\x7f",
    "p_high_bit": b"\xed" + b"\xff" * 31,
}
for name, point in LOW_ORDER.items():
    case(f"n12_x25519_{name}", init, "drop", f.body(wire.KE, b"\0\x1f\0\0" + point))
    case(f"n12_x25519_{name}_in_answer", init_answer, "drop",
         f.body(wire.KE, b"\0\x1f\0\0" + point))

ECP256_P = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
POINTS = {
    "infinity": bytes(64), "not_on_the_curve": b"\1" * 64, "all_ones": b"\xff" * 64,
    "x_of_p": ECP256_P.to_bytes(32, "big") + bytes(32), "compressed": b"\2" + b"\1" * 32,
    "uncompressed_with_its_octet": b"\4" + b"\1" * 64,
}
MODP_P = crypto.MODP2048
VALUES = {"0": 0, "1": 1, "p_minus_1": MODP_P - 1, "p": MODP_P, "p_plus_1": MODP_P + 1,
          "all_ones": (1 << 2048) - 1}
ECP = Suite(group=wire.ECP256)
MODP = Suite(group=wire.MODP2048)
case("n12_ecp256_good", init, "ok", suite=ECP)
case("n12_modp2048_good", init, "ok", suite=MODP)
case("n12_ecp384_good", init, "ok", suite=Suite(group=wire.ECP384))
for name, point in POINTS.items():
    case(f"n12_ecp256_{name}", init, "drop", f.body(wire.KE, b"\0\x13\0\0" + point), suite=ECP)
for name, value in VALUES.items():
    case(f"n12_modp2048_{name}", init, "drop",
         f.body(wire.KE, b"\0\x0e\0\0" + value.to_bytes(256, "big")), suite=MODP)
case("n12_modp2048_without_leading_zeros", init, "drop", f.body(wire.KE, b"\0\x0e\0\0\2"),
     suite=MODP)
case("n12_modp2048_longer", init, "drop",
     f.body(wire.KE, lambda was: was[:4] + b"\0" + was[4:]), suite=MODP)

# --- N13: nonces -----------------------------------------------------------------

for size in (1, 15, 257, 1000, 60000):
    case(f"n13_nonce_of_{size}", init, "drop", f.body(wire.NONCE, b"\1" * size))
    case(f"n13_nonce_of_{size}_in_answer", init_answer, "drop", f.body(wire.NONCE, b"\1" * size))
for size in (16, 256):
    case(f"n13_nonce_of_{size}", init, "ok", f.body(wire.NONCE, b"\1" * size))
    case(f"n13_nonce_of_{size}_in_answer", init_answer, "ok", f.body(wire.NONCE, b"\1" * size))


def is_up(world, sa):
    sa.answer_init()
    sa.take_auth_request().answer_auth()
    if not world.verdict.verdict()["ok"]:
        raise Failed("it does not come up")
    world.expect_up(1, 1)
    sa.alive()


@story()
def n13_its_own_request_comes_back(world):
    sa = world.dialled()
    world.host.send(sa.init_in)
    world.host.send(sa.init_in[:19] + b"\x28" + sa.init_in[20:])
    world.host.send(sa.init_in[:8] + b"\1" * 8 + sa.init_in[16:19] + b"\x20" + sa.init_in[20:])
    world.nothing()
    is_up(world, sa)


def own_nonce(draft):
    draft.msg.of(wire.NONCE).body = draft.sa.asked.of(wire.NONCE).body


case("n13_its_own_nonce_comes_back", init_answer, "drop", own_nonce)


# --- N15, N16: as initiator, what nobody vouches for ------------------------------

def bare(sa, *payloads, spi_r=bytes(8)):
    """A response that has no SA, as those are that keep no state."""
    draft = sa.init_response()
    draft.msg.spi_r = spi_r
    draft.msg.payloads = list(payloads)
    return draft.encode()


@story()
def n15_cookies_without_end(world):
    sa = world.dialled()
    rounds = 0
    while rounds < 20:
        sa.send(bare(sa, wire.notify("COOKIE", bytes([rounds]) * 64)))
        said = world.fence()
        if not said:
            break
        sa.take_init_request(said[0])
        if sa.asked.payloads[0].body[4:] != bytes([rounds]) * 64:
            raise Failed("the cookie does not come back as the first payload")
        rounds += 1
    if not 1 <= rounds <= 3:
        raise Failed(f"{rounds} rounds of cookies")
    is_up(world, sa)


@story()
def n15_groups_without_end(world):
    sa = world.dialled()
    rounds = 0
    while rounds < 20:
        group = (wire.ECP256, wire.ECP384, wire.X25519)[rounds % 3]
        sa.send(bare(sa, wire.notify("INVALID_KE_PAYLOAD", struct.pack(">H", group))))
        said = world.fence()
        if not said:
            break
        sa.take_init_request(said[0])
        if sa.asked.of(wire.KE).body[:2] != struct.pack(">H", group):
            raise Failed("another group than was asked for")
        rounds += 1
    if not 1 <= rounds <= 3:
        raise Failed(f"{rounds} rounds of groups")
    group = struct.unpack(">H", sa.asked.of(wire.KE).body[:2])[0]
    sa.suite = replace(sa.suite, group=group)
    sa.group = crypto.Group(group)
    is_up(world, sa)


for name, data in {
        "not_offered": b"\4\1", "same": b"\0\x1f", "zero": b"\0\0", "one": b"\0\1", "ones": b"\xff\xff",
        "cut": b"\0", "empty": b""}.items():
    case(f"n15_wants_a_group_{name}", init_answer, "drop",
         f.header(spi_r=bytes(8)), f.only(wire.notify("INVALID_KE_PAYLOAD", data)))
for size, required in ((0, "drop"), (1, "again"), (64, "again"), (65, "drop"), (1000, "drop")):
    case(f"n15_cookie_of_{size}", init_answer, required, f.header(spi_r=bytes(8)),
         f.only(wire.notify("COOKIE", b"\1" * size)))
case("n15_redirect", init_answer, "drop", f.header(spi_r=bytes(8)),
     f.only(wire.notify("REDIRECT", b"\1\4\x0a\x42\1\1")))

for name in ("NO_PROPOSAL_CHOSEN", "INVALID_SYNTAX", "AUTHENTICATION_FAILED", "INVALID_IKE_SPI",
             "INVALID_MAJOR_VERSION", "UNSUPPORTED_CRITICAL_PAYLOAD", "INVALID_MESSAGE_ID",
             "TEMPORARY_FAILURE", "TS_UNACCEPTABLE"):
    case(f"n16_forged_{name.lower()}", init_answer, "drop", f.header(spi_r=bytes(8)),
         f.only(wire.notify(name)))
case("n16_forged_error_16000", init_answer, "drop", f.only(wire.notify(8191)))
case("n16_error_beside_a_good_answer", init_answer, "ok|drop",
     f.append(wire.notify("NO_PROPOSAL_CHOSEN")))


@story()
def n16_second_answer_behind_the_first(world):
    sa = world.dialled()
    other = world.sa(initiator=False).take_init_request(sa.init_in)
    sa.answer_init()
    other.answer_init()
    world.host.send(bare(sa, wire.notify("NO_PROPOSAL_CHOSEN")))
    said = world.fence()
    if len(said) != 1:
        raise Failed(f"{len(said)} messages")
    sa.asked = sa.open(said[0])
    sa.answer_auth()
    if not world.verdict.verdict()["ok"]:
        raise Failed("it does not come up")


# --- N17: errors in clear for an SA that is up --------------------------------------

@story()
def n17_errors_in_clear(world):
    sa = world.established()
    for name in ("INVALID_IKE_SPI", "INVALID_SPI", "INVALID_MESSAGE_ID", "AUTHENTICATION_FAILED",
                 "INVALID_SYNTAX", "INVALID_MAJOR_VERSION", "CHILD_SA_NOT_FOUND"):
        for response in (False, True):
            for exchange in (wire.SA_INIT, wire.AUTH, wire.CHILD, wire.INFO):
                draft = sa.draft(exchange, [wire.notify(name, protocol=3, spi=sa.children[0].spi_out)],
                                 response)
                draft.sealed = False
                draft.send()
    world.nothing()
    world.expect_up(1, 1)
    sa.alive()


@story()
def n17_delete_in_clear(world):
    sa = world.established()
    for protocol, spis in ((wire.P_IKE, ()), (wire.P_ESP, (sa.children[0].spi_out,)),
                           (wire.P_ESP, (sa.children[0].spi_in,))):
        draft = sa.draft(wire.INFO, [wire.delete(protocol, spis)])
        draft.sealed = False
        draft.send()
    world.nothing()
    world.expect_up(1, 1)
    sa.alive()


# --- N18, N19: notifies that make no sense, or were not asked for --------------------

BOGUS = {
    "nat_detection_of_0": [wire.notify("NAT_DETECTION_SOURCE_IP"),
                           wire.notify("NAT_DETECTION_DESTINATION_IP")],
    "nat_detection_of_19": [wire.notify("NAT_DETECTION_SOURCE_IP", b"\1" * 19),
                            wire.notify("NAT_DETECTION_DESTINATION_IP", b"\1" * 21)],
    "nat_detection_source_alone": [wire.notify("NAT_DETECTION_SOURCE_IP", b"\1" * 20)],
    "nat_detection_of_1000": [wire.notify("NAT_DETECTION_SOURCE_IP", b"\1" * 1000)],
    "hashes_empty": [wire.notify("SIGNATURE_HASH_ALGORITHMS")],
    "hashes_odd": [wire.notify("SIGNATURE_HASH_ALGORITHMS", b"\0\2\0")],
    "hashes_unknown": [wire.notify("SIGNATURE_HASH_ALGORITHMS", b"\xff\xff" * 500)],
    "fragmentation_with_data": [wire.notify("IKEV2_FRAGMENTATION_SUPPORTED", b"1234")],
    "mobike_too_early": [wire.notify("MOBIKE_SUPPORTED", b"1234")],
    "childless_with_data": [wire.notify("CHILDLESS_IKEV2_SUPPORTED", b"1234")],
    "rekey_sa": [wire.notify("REKEY_SA", protocol=3, spi=b"1234")],
    "initial_contact": [wire.notify("INITIAL_CONTACT")],
    "spi_size_4": [wire.notify(40000, b"", 3, b"1234")],
    "unknown_status_65535": [wire.notify(65535, b"1" * 3000)],
    "unknown_error": [wire.notify(8000)],
    "intermediate": [wire.notify("INTERMEDIATE_EXCHANGE_SUPPORTED")],
    "ppk": [wire.notify("USE_PPK")],
    "redirect": [wire.notify("REDIRECT_SUPPORTED")],
    "certreq_junk": [wire.Payload(wire.CERTREQ, b"\4" + b"1" * 7)],
    "vendor_empty": [wire.Payload(wire.VENDOR)],
    "configuration": [wire.Payload(wire.CP, b"\1\0\0\0")],
    "eap": [wire.Payload(wire.EAP, b"\1\1\0\4")],
}
for name, payloads in BOGUS.items():
    case(f"n18_{name}", init, "ok", f.append(*payloads))
    case(f"n19_{name}_in_answer", init_answer, "ok", f.append(*payloads))
case("n18_50_nat_detections", init, "ok",
     f.append(*[wire.notify("NAT_DETECTION_SOURCE_IP", bytes([i]) * 20) for i in range(50)]))
case("n18_spi_size_past_the_end", init, "drop", f.append(wire.notify(40000, b"12", spi_size=200)))
case("n18_notify_of_3_octets", init, "drop", f.append(wire.Payload(wire.NOTIFY, b"\0\0\x40")))
case("n19_spi_size_past_the_end_in_answer", init_answer, "drop",
     f.append(wire.notify(40000, b"12", spi_size=200)))


# --- N36: IKE_SA_INIT again -------------------------------------------------------------

@story()
def n36_the_same_request_a_thousand_times(world):
    sa = world.sa()
    sa.send_init()
    first = world.host.receive()
    for _ in range(2):
        for _ in range(10):
            sa.send(sa.init_out)
        for _ in range(10):
            if world.host.receive() != first:
                raise Failed("another answer to the same request")
    # Twenty are enough for who is honest; nobody else is to be flooded by us.
    for _ in range(20):
        for _ in range(49):
            sa.send(sa.init_out)
        world.nothing()
    sa.raw_in = first
    sa.take_init_response(sa.open(first))
    sa.out_id = 1
    sa.authenticate()
    # After that it is a request like any other's, or none at all.
    world.expect_up(1, 1)
    sa.alive()
    sa.close()


@story()
def n36_the_same_spi_with_another_nonce(world):
    first, second = world.sa(), world.sa()
    second.spi_i = first.spi_i
    first.begin()
    second.begin()
    if first.spi_r == second.spi_r:
        raise Failed("one SA for two requests")
    first.authenticate()
    first.alive()
    world.expect_up(1, 1)


@story()
def n36_the_same_from_another_address(world):
    sa = world.sa()
    sa.begin()
    elsewhere = world.hosts["other"]
    elsewhere.send(sa.init_out)
    world.fence()
    said = [data for _, data in elsewhere.drain()]
    if any(data[8:16] == sa.spi_r for data in said):
        raise Failed("the answer of one address to another")
    sa.authenticate()
    sa.alive()


