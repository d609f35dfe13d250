# cases_proof.py - who it says it is, and whether it is: N23 to N29, N46.
# SPDX-License-Identifier: ISC

import struct

import crypto
import faults as f
import wire
from peer import Failed
from scenes import auth, auth_answer
from setting import OTHER_SECRET
from table import case, story

REJECTED = "sk AUTHENTICATION_FAILED"
REJECTS = "rejects AUTHENTICATION_FAILED 25"

# --- N23, N24: AUTH by a shared key ---------------------------------------------------


def other_secret(sa, octets):
    return crypto.psk_auth(sa.suite.prf, OTHER_SECRET, octets)


def no_secret(sa, octets):
    return crypto.psk_auth(sa.suite.prf, b"", octets)


def other_nonce(sa, octets):
    return sa.host.secret and crypto.psk_auth(
        sa.suite.prf, sa.host.secret, octets.replace(sa.peer_nonce, sa.nonce))


def without_pad(sa, octets):
    return struct.pack(">BBH", 2, 0, 0) + crypto.prf(sa.suite.prf, sa.host.secret, octets)


def other_init(change):
    """AUTH over an IKE_SA_INIT message that was another one."""
    def prove(sa, octets):
        size = len(sa.init_out)
        return crypto.psk_auth(sa.suite.prf, sa.host.secret, change(octets[:size]) + octets[size:])
    return prove


FORGERIES = {
    "empty": f.body(wire.AUTHP, b"\2\0\0\0"),
    "of_zeros": f.body(wire.AUTHP, b"\2\0\0\0" + bytes(32)),
    "of_one_octet": f.body(wire.AUTHP, lambda was: was[:5]),
    "one_octet_less": f.body(wire.AUTHP, lambda was: was[:-1]),
    "one_octet_more": f.longer(wire.AUTHP),
    "twice_as_long": f.body(wire.AUTHP, lambda was: was + was[4:]),
    "of_60000": f.longer(wire.AUTHP, b"1" * 60000),
    "first_bit": f.flip(wire.AUTHP, 4),
    "last_bit": f.flip(wire.AUTHP, -1),
    "other_secret": f.prove(other_secret),
    "no_secret": f.prove(no_secret),
    "other_nonce": f.prove(other_nonce),
    "without_key_pad": f.prove(without_pad),
    "first_message_altered": f.prove(other_init(lambda was: was[:-1] + bytes([was[-1] ^ 1]))),
    "first_message_without_spi": f.prove(other_init(lambda was: bytes(8) + was[8:])),
    "first_message_cut": f.prove(other_init(lambda was: was[:-1])),
    "id_altered_after": f.flip(wire.IDI, -1),
    "id_reserved_after": f.patch(wire.IDI, 1, b"\1"),
}
for name, fault in FORGERIES.items():
    case(f"n24_auth_{name}", auth, REJECTED, fault)
    fault = {"id_altered_after": f.flip(wire.IDR, -1),
             "id_reserved_after": f.patch(wire.IDR, 1, b"\1")}.get(name, fault)
    case(f"n24_auth_answer_{name}", auth_answer, REJECTS, fault)
case("n24_reserved_octets_of_auth", auth, "ok", f.patch(wire.AUTHP, 1, b"\xff\xff\xff"))
case("n24_reserved_octets_of_auth_in_answer", auth_answer, "ok",
     f.patch(wire.AUTHP, 1, b"\xff\xff\xff"))
case("n24_reserved_octets_of_the_id_as_signed", auth, "ok",
     lambda d: f.identify(*d.sa.host.id, reserved=0xffffff)(d))
case("n24_reserved_octets_of_the_id_as_signed_in_answer", auth_answer, "ok",
     lambda d: f.identify(*d.sa.host.id, reserved=0xffffff)(d))


def reflect(draft):
    """The daemon's own AUTH and identity, sent back to it."""
    asked = draft.sa.asked
    draft.msg.of(wire.IDR).body = asked.of(wire.IDI).body
    draft.msg.of(wire.AUTHP).body = asked.of(wire.AUTHP).body


case("n24_its_own_auth_comes_back", auth_answer, REJECTS, reflect)
case("n24_its_own_auth_with_our_id", auth_answer, REJECTS,
     lambda d: setattr(d.msg.of(wire.AUTHP), "body", d.sa.asked.of(wire.AUTHP).body))

for method in (0, 1, 3, 9, 10, 11, 12, 13, 14, 15, 201, 255):
    case(f"n23_method_{method}", auth, REJECTED, f.patch(wire.AUTHP, 0, bytes([method])))
    case(f"n23_method_{method}_in_answer", auth_answer, REJECTS,
         f.patch(wire.AUTHP, 0, bytes([method])))
case("n23_eap_instead_of_auth", auth, REJECTED, f.remove(wire.AUTHP),
     f.append(wire.Payload(wire.EAP, b"\2\1\0\5\1")))
case("n23_eap_beside_auth", auth, "ok", f.append(wire.Payload(wire.EAP, b"\2\1\0\5\1")))
case("n23_eap_instead_of_auth_in_answer", auth_answer, REJECTS, f.remove(wire.AUTHP),
     f.append(wire.Payload(wire.EAP, b"\1\1\0\5\1")))
case("n23_no_id_and_no_auth_in_answer", auth_answer, REJECTS, f.remove(wire.AUTHP, wire.IDR))
case("n23_nothing_in_answer", auth_answer, REJECTS, f.only())
case("n23_nothing", auth, "sk INVALID_SYNTAX", f.only())
for name, code in (("AUTHENTICATION_FAILED", 24), ("NO_PROPOSAL_CHOSEN", 24), ("INVALID_SYNTAX", 24),
                   ("INTERNAL_ADDRESS_FAILURE", 24), ("TEMPORARY_FAILURE", 24)):
    case(f"n16_protected_{name.lower()}", auth_answer, f"refused {code}",
         f.only(wire.notify(name)))
case("n16_protected_error_8000", auth_answer, "refused 24", f.only(wire.notify(8000)))


@story()
def n23_auth_in_a_second_round(world):
    """As after EAP: no proof in the first, and then one."""
    sa = world.keys()
    draft = sa.auth_request()
    proof = draft.msg.of(wire.AUTHP)
    f.remove(wire.AUTHP)(draft)
    draft.send()
    sa.response(wire.AUTH)
    sa.out_id = 2
    sa.draft(wire.AUTH, [wire.Payload(wire.EAP, b"\2\1\0\4")]).send()
    sa.draft(wire.AUTH, [proof]).send()
    world.nothing()
    world.expect_up(0, 0)


@story()
def n24_after_auth_has_failed(world):
    sa = world.keys()
    draft = sa.auth_request()
    f.flip(wire.AUTHP, 4)(draft)
    draft.send()
    if sa.response(wire.AUTH).errors() != ["AUTHENTICATION_FAILED"]:
        raise Failed("not refused")
    for mid in range(4):
        for exchange in (wire.AUTH, wire.CHILD):
            if (mid, exchange) != (1, wire.AUTH):
                sa.draft(exchange, sa.auth_payloads(), mid=mid).send()
    world.nothing()
    # A last word may be answered, but it does nothing.
    for mid, payload in enumerate((
            wire.delete(wire.P_ESP, [b"1234"]), wire.notify("UPDATE_SA_ADDRESSES"),
            wire.notify("COOKIE2", b"12345678"), wire.delete(wire.P_IKE)), 2):
        sa.draft(wire.INFO, [payload], mid=mid).send()
    for data in world.fence():
        if not sa.open(data).flags & wire.F_RESPONSE:
            raise Failed("a request under an SA that has failed")
    world.expect_up(0, 0)


# --- N26: the proof of somebody else ----------------------------------------------------

case("n26_identity_of_another_peer", auth, REJECTED, f.identify(2, b"other.example"))
case("n26_identity_and_secret_of_another_peer", auth, REJECTED,
     f.identify(2, b"other.example"), f.prove(other_secret))
case("n26_identity_of_another_peer_in_answer", auth_answer, REJECTS, f.identify(2, b"other.example"))
case("n26_identity_and_secret_of_another_peer_in_answer", auth_answer, REJECTS,
     f.identify(2, b"other.example"), f.prove(other_secret))
case("n26_identity_of_the_daemon", auth, REJECTED, f.identify(2, b"gw.example"))
case("n26_identity_of_the_daemon_in_answer", auth_answer, REJECTS, f.identify(2, b"gw.example"))
case("n26_asks_for_another_identity_of_ours", auth, REJECTED,
     f.append(wire.identity(wire.IDR, 2, b"somebody.example")))
case("n26_asks_for_our_identity", auth, "ok",
     f.append(wire.identity(wire.IDR, 2, b"gw.example")))

# --- N27: identities that are none --------------------------------------------------------

IDENTITIES = {
    "empty": (2, b""), "ipv4_empty": (1, b""), "ipv4_of_3": (1, b"\x0a\x42\1"),
    "ipv4_of_5": (1, b"\x0a\x42\1\1\0"), "ipv4_of_16": (1, b"\x0a\x42\1\1" * 4),
    "ipv4": (1, b"\x0a\x42\1\1"), "ipv6_of_4": (5, b"\x0a\x42\1\1"), "ipv6_of_17": (5, b"1" * 17),
    "type_0": (0, b"psk.example"), "type_4": (4, b"psk.example"), "type_255": (255, b"psk.example"),
    "email": (3, b"psk.example"), "key_id": (11, b"psk.example"), "key_id_of_zeros": (11, bytes(64)),
    "der_junk": (9, b"\xff\xff"), "der_empty": (9, b""), "der_length_lies": (9, b"\x30\x84\xff\xff\xff\xff"),
    "der_deep": (9, b"\x30\x80" * 400), "general_name": (10, b"\x82\x0bpsk.example"),
    "with_nul": (2, b"psk.example\0.evil.example"), "nul_alone": (2, b"\0"),
    "nul_behind": (2, b"psk.example\0"), "newline": (2, b"psk.example\nipsecd: all is well"),
    "escapes": (2, b"\x1b[2J\x1b]0;title\x07\x9b31m"), "percent_n": (2, b"%n%s%x%1000000d"),
    "shell": (2, b"$(reboot);`reboot`|reboot&&'\"reboot"), "not_utf8": (2, b"\xff\xfe\xc0\x80"),
    "utf8_direction": (2, "\u202egpj.exe".encode()), "wildcard": (2, b"*"),
    "wildcard_of_ours": (2, b"*.example"), "trailing_dot": (2, b"psk.example."),
    "of_300": (2, b"a" * 300), "of_60000": (2, b"\x1b" * 60000), "key_id_of_60000": (11, b"\0" * 60000),
}
for name, (kind, data) in IDENTITIES.items():
    case(f"n27_{name}", auth, REJECTED, f.identify(kind, data))
    case(f"n27_{name}_in_answer", auth_answer, REJECTS, f.identify(kind, data))
case("n27_other_case", auth, "ok", f.identify(2, b"PSK.Example"))
case("n27_asks_for_junk", auth, "ok|" + REJECTED,
     f.append(wire.identity(wire.IDR, 255, b"\x1b[2J" * 100)))
case("n27_asks_for_an_empty_identity", auth, "ok|" + REJECTED,
     f.append(wire.identity(wire.IDR, 2, b"")))


# --- N46: a secret that is not there -----------------------------------------------------

@story("nokey")
def n46_secret_is_missing(world):
    verdict = world.daemon.ask("up", peer="nokey").verdict()
    if verdict["ok"] or verdict["code"] != 5:
        raise Failed(f"up says {verdict}")
    sa = world.sa()
    sa.send_init()
    said = world.fence()
    if len(said) != 1:
        raise Failed("no answer")
    msg, rest = wire.read_header(said[0])
    msg.payloads = wire.read_chain(msg.first, rest)
    if msg.errors() != ["NO_PROPOSAL_CHOSEN"]:
        raise Failed("a peer without a secret is spoken with")
