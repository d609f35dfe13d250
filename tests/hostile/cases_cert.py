# cases_cert.py - proofs by certificates and raw keys: N25, N26, N28, N29.
# SPDX-License-Identifier: ISC

import struct

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

import certs
import crypto
import faults as f
import wire
from scenes import auth, auth_answer
from table import case

REJECTED = "sk AUTHENTICATION_FAILED"
REJECTS = "rejects AUTHENTICATION_FAILED 25|rejects AUTHENTICATION_FAILED 28"


def both(name, *faults, peer="cert", accepted=None):
    """In both roles; accepted: what is right about it."""
    case(name, auth, accepted or REJECTED, *faults, peer=peer)
    case(f"{name}_in_answer", auth_answer, accepted or REJECTS, *faults, peer=peer)


# --- N25: signatures (RFC 7427) ------------------------------------------------------


def signed(change):
    """AUTH as change(key, octets) makes it."""
    return f.prove(lambda sa, octets: change(sa.host.key, octets))


def ecdsa(key, octets, digest=None):
    return key.sign(octets, ec.ECDSA(digest or hashes.SHA256()))


def with_algorithm(octets):
    """The identifier of the algorithm is this, and the signature is right."""
    return signed(lambda key, data: crypto.digital_auth(octets, ecdsa(key, data)))


ALG = crypto.ALG_ECDSA_SHA256
ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)


def encoded(r, s):
    return lambda key, data: crypto.digital_auth(ALG, utils.encode_dss_signature(r, s))


def malleable(key, data):
    r, s = utils.decode_dss_signature(ecdsa(key, data))
    return crypto.digital_auth(ALG, utils.encode_dss_signature(r, ORDER - s))


def fixed_size(key, data):
    """As methods 9 to 11 have it (RFC 4754)."""
    r, s = utils.decode_dss_signature(ecdsa(key, data))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def auth_payload(method, data):
    return struct.pack(">BBH", method, 0, 0) + data


both("n25_good", accepted="ok")
both("n25_good_raw_key", peer="raw", accepted="ok")
SIGNATURES = {
    "empty": f.body(wire.AUTHP, auth_payload(14, b"")),
    "asn1_length_0": signed(lambda key, data: crypto.digital_auth(b"", ecdsa(key, data))),
    "asn1_length_255": signed(lambda key, data: crypto.digital_auth(ALG, ecdsa(key, data), 255)),
    "asn1_length_one_less": signed(
        lambda key, data: crypto.digital_auth(ALG, ecdsa(key, data), len(ALG) - 1)),
    "asn1_length_one_more": signed(
        lambda key, data: crypto.digital_auth(ALG, ecdsa(key, data), len(ALG) + 1)),
    "asn1_length_past_the_end": f.body(wire.AUTHP, auth_payload(14, b"\xff" + ALG)),
    "algorithm_alone": f.body(wire.AUTHP, auth_payload(14, bytes([len(ALG)]) + ALG)),
    "algorithm_junk": with_algorithm(b"\xff" * 12),
    "algorithm_deep": with_algorithm(b"\x30\x80" * 100),
    "algorithm_with_parameters": with_algorithm(ALG[:1] + bytes([ALG[1] + 2]) + ALG[2:] + b"\5\0"),
    "algorithm_unknown": with_algorithm(bytes.fromhex("300506032b6599")),
    "algorithm_of_ed25519": with_algorithm(crypto.ALG_ED25519),
    "algorithm_of_rsa": with_algorithm(crypto.ALG_RSA_SHA256),
    "sha1": signed(lambda key, data: crypto.digital_auth(
        crypto.ALG_ECDSA_SHA1, ecdsa(key, data, hashes.SHA1()))),
    "another_hash_than_said": signed(
        lambda key, data: crypto.digital_auth(ALG, ecdsa(key, data, hashes.SHA384()))),
    "first_bit": f.flip(wire.AUTHP, 20),
    "last_bit": f.flip(wire.AUTHP, -1),
    "one_octet_less": f.body(wire.AUTHP, lambda was: was[:-1]),
    "one_octet_more": f.longer(wire.AUTHP),
    "garbage_behind": f.longer(wire.AUTHP, b"1" * 5000),
    "r_and_s_of_0": signed(encoded(0, 0)),
    "r_of_0": signed(encoded(0, 1)),
    "r_and_s_of_1": signed(encoded(1, 1)),
    "r_and_s_of_the_order": signed(encoded(ORDER, ORDER)),
    "r_of_64k_bits": signed(encoded(1 << 65535, 1)),
    "negative": f.prove(lambda sa, data: crypto.digital_auth(
        ALG, bytes.fromhex("3006020180020180"))),
    "of_other_octets": signed(lambda key, data: crypto.digital_auth(ALG, ecdsa(key, data + b"1"))),
    "method_9_in_asn1": signed(lambda key, data: auth_payload(9, ecdsa(key, data))),
    "method_10": signed(lambda key, data: auth_payload(10, fixed_size(key, data))),
    "method_1": signed(lambda key, data: auth_payload(1, ecdsa(key, data))),
    "psk_of_nothing": f.prove(lambda sa, data: crypto.psk_auth(sa.suite.prf, b"", data)),
}
for name, fault in SIGNATURES.items():
    both(f"n25_{name}", fault)
both("n25_other_s", signed(malleable), accepted="ok")
both("n25_method_9", signed(lambda key, data: auth_payload(9, fixed_size(key, data))), accepted="ok")
for name, fault in {
        "flipped": f.flip(wire.AUTHP, -1), "cut": f.body(wire.AUTHP, lambda was: was[:-1]),
        "zeros": f.body(wire.AUTHP, crypto.digital_auth(crypto.ALG_ED25519, bytes(64))),
        "r_of_small_order": f.body(wire.AUTHP, crypto.digital_auth(
            crypto.ALG_ED25519, b"\1" + bytes(63))),
        "s_not_reduced": f.prove(lambda sa, data: not_reduced(sa.host.key.sign(data))),
        "with_parameters": f.prove(lambda sa, data: crypto.digital_auth(
            bytes.fromhex("300706032b65700500"), sa.host.key.sign(data))),
        "as_ecdsa": f.prove(lambda sa, data: crypto.digital_auth(ALG, sa.host.key.sign(data))),
        "as_ed448": f.prove(lambda sa, data: crypto.digital_auth(
            bytes.fromhex("300506032b6571"), sa.host.key.sign(data)))}.items():
    both(f"n25_ed25519_{name}", fault, peer="raw")


def not_reduced(signature):
    """The same, with S + L (RFC 8032 section 5.1.7)."""
    order = (1 << 252) + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    return crypto.digital_auth(crypto.ALG_ED25519, signature[:32] + s.to_bytes(32, "little"))


# --- N26: the keys of somebody else ----------------------------------------------------


def show(*ders, key=None, encoding=4):
    """Other CERT payloads, and AUTH by this key."""
    def bend(draft):
        draft.msg.payloads = [p for p in draft.msg.payloads if p.type != wire.CERT]
        draft.msg.payloads[1:1] = [wire.Payload(wire.CERT, bytes([encoding]) + der) for der in ders]
        if key is not None:
            where = wire.IDI if draft.sa.initiator else wire.IDR
            draft.msg.of(wire.AUTHP).body = crypto.sign(
                key, draft.sa.own_octets(draft.msg.of(where).body))
    return bend


STRANGER = ed25519.Ed25519PrivateKey.generate()
both("n26_raw_key_of_a_stranger", show(certs.spki(STRANGER), key=STRANGER, encoding=15), peer="raw")
both("n26_raw_key_shown_another_signs", show(certs.spki(certs.pki()["raw"]), key=STRANGER,
                                             encoding=15), peer="raw")
both("n26_raw_key_of_the_daemon", show(certs.spki(certs.pki()["gw_raw"]), encoding=15), peer="raw")
both("n26_certificate_instead_of_raw_key",
     show(certs.pki()["peer"].der, key=certs.pki()["peer"].key), peer="raw")
both("n26_raw_key_instead_of_certificate",
     show(certs.spki(certs.pki()["raw"]), key=certs.pki()["raw"], encoding=15))
for name, data in {"empty": b"", "junk": b"\xff" * 44, "cut": certs.spki(STRANGER)[:-1],
                   "of_60000": b"\x30" * 60000}.items():
    both(f"n26_raw_key_{name}", show(data, encoding=15), peer="raw", accepted="ok|" + REJECTED + "|" + REJECTS)

# --- N28, N29: certificates ---------------------------------------------------------------

OURS = certs.pki()["peer"].der
for name, (ders, key) in certs.wrong():
    number = "n26" if name.startswith(("the_daemons", "of_another_peer", "of_another_key")) else \
        "n28" if name.startswith(("rsa", "dsa", "loop", "unknown_curve", "secp")) else "n29"
    try:
        crypto.sign(key, b"")
    except (ValueError, UnsupportedAlgorithm):
        key = None  # too small for what is signed
    both(f"{number}_{name}", show(*ders, key=key))

SHOWN = {
    "none": show(), "empty": show(b""), "of_one_octet": show(b"\x30"), "junk": show(b"\xff" * 500),
    "cut": show(OURS[:-1]), "octet_behind": show(OURS + b"\0"), "length_lies": show(b"\x30\x84\xff\xff\xff\xff"),
    "deep": show(b"\x30\x80" * 20000), "of_60000": show(b"\x30\x82\xea\x5c" + bytes(60000)),
    "zeros": show(bytes(1000)), "junk_first": show(b"\xff" * 100, OURS),
    "64_of_them": show(*[OURS] * 50), "9_of_them": show(*[OURS] * 9),
    "signature_flipped": show(OURS[:-1] + bytes([OURS[-1] ^ 1])),
}
for name, fault in SHOWN.items():
    both(f"n28_{name}", fault)
both("n28_junk_behind", show(OURS, b"\xff" * 100), accepted="ok")
both("n28_empty_behind", show(OURS, b""), accepted="ok")
for encoding in (0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 200, 255):
    both(f"n28_encoding_{encoding}", show(OURS, encoding=encoding))
both("n28_url", show(b"1" * 20 + b"http://10.66.1.9/secret", encoding=12))
case("n28_payload_of_no_octets", auth, "sk INVALID_SYNTAX", f.body(wire.CERT, b""), peer="cert")
case("n28_payload_of_no_octets_in_answer", auth_answer, "rejects INVALID_SYNTAX 25",
     f.body(wire.CERT, b""), peer="cert")
for name, data in {"empty": b"", "encoding_255": b"\xff", "short_hash": b"\4" + b"1" * 7,
                   "of_60000": b"\4" + b"1" * 60000}.items():
    case(f"n28_request_{name}", auth, "sk INVALID_SYNTAX" if not data else "ok",
         f.append(wire.Payload(wire.CERTREQ, data)), peer="cert")

# --- N23: a shared key where a certificate is needed ----------------------------------------

both("n23_shared_key_instead_of_certificate", f.remove(wire.CERT), f.prove(
    lambda sa, octets: crypto.psk_auth(sa.suite.prf, b"a secret of the hostile peer's", octets)))
case("n23_certificate_instead_of_shared_key", auth, REJECTED,
     show(OURS, key=certs.pki()["peer"].key), peer="psk")
case("n23_certificate_instead_of_shared_key_in_answer", auth_answer, REJECTS,
     show(OURS, key=certs.pki()["peer"].key), peer="psk")
