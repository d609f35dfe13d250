# cases_child.py - children and rekeys with a peer that keeps to no rule: N09 to N13, N30 to N33, N40, N41, N43, N47.
# SPDX-License-Identifier: ISC

import hashlib
import socket
import struct

import faults as f
import wire
from peer import Failed, Sa, net
from scenes import auth, auth_answer, est, est_answer, honest_answer, wished
from table import case, story

GCM = (wire.ENCR, wire.AES_GCM16, 256)
NO_ESN = (wire.ESN, 0)
NONE = "NO_PROPOSAL_CHOSEN"


def new_child(sa):
    return sa.child_request(ours="10.3.0.0/16")


def rekey_child(sa):
    return sa.child_request(rekey=sa.children[0].spi_in)


def rekey_ike(sa):
    return sa.rekey_request()


def esp(transforms=(GCM, NO_ESN), number=1, protocol=wire.P_ESP, spi=None, **lies):
    return lambda was: wire.proposal(number, protocol, was if spi is None else spi,
                                     list(transforms), **lies)


# --- N09, N10: what a child is offered ------------------------------------------------

# What is wrong, and whether the proposal is none of ours or cannot be read.
OFFERS = {
    "count_too_high": (esp(count=3), "INVALID_SYNTAX"),
    "count_too_low": (esp(count=1), "INVALID_SYNTAX"),
    "number_0": (esp(number=0), "INVALID_SYNTAX"),
    "number_2": (esp(number=2), "INVALID_SYNTAX"),
    "length_zero": (esp(length=0), "INVALID_SYNTAX"),
    "length_one_less": (esp(length=31), "INVALID_SYNTAX"),
    "length_max": (esp(length=65535), "INVALID_SYNTAX"),
    "spi_size_0": (esp(spi=b""), NONE),
    "spi_size_2": (esp(spi=b"12"), NONE),
    "spi_size_8": (esp(spi=b"12345678"), NONE),
    "spi_size_255": (esp(spi_size=255), "INVALID_SYNTAX"),
    "spi_of_zeros": (esp(spi=bytes(4)), NONE),
    "protocol_0": (esp(protocol=0), NONE),
    "protocol_ah": (esp(protocol=wire.P_AH), NONE),
    "protocol_255": (esp(protocol=255), NONE),
    "no_esn": (esp([GCM]), NONE),
    "no_encr": (esp([NO_ESN]), NONE),
    "prf": (esp([GCM, (wire.PRF, 5), NO_ESN]), NONE),
    "unknown_type": (esp([GCM, (6, 0), NO_ESN]), NONE),
    "unknown_id_beside": (esp([GCM, (wire.ENCR, 999), NO_ESN]), "ok"),
    "aead_with_integ": (esp([GCM, (wire.INTEG, 12), NO_ESN]), NONE),
    "cbc_without_integ": (esp([(wire.ENCR, wire.AES_CBC, 256), NO_ESN]), NONE),
    "encr_null": (esp([(wire.ENCR, 11), (wire.INTEG, 12), NO_ESN]), NONE),
    "gmac": (esp([(wire.ENCR, 21, 256), NO_ESN]), NONE),
    "key_length_missing": (esp([(wire.ENCR, wire.AES_GCM16), NO_ESN]), NONE),
    "key_length_65535": (esp([(wire.ENCR, wire.AES_GCM16, 65535), NO_ESN]), NONE),
    "no_transforms": (esp([]), NONE),
    "bad_one_then_a_good_one": (lambda was: wire.proposal(1, 255, was, [GCM], last=False)
                                + wire.proposal(2, 3, was, [GCM, NO_ESN]), "ok"),
}
for name, (offer, said) in OFFERS.items():
    number = "n10" if "integ" in name or "null" in name else "n09"
    sk = said if said == "ok" else f"sk {said}"
    case(f"{number}_child_{name}", est, sk, f.propose(offer), build=new_child)
    case(f"{number}_rekey_child_{name}", est, sk, f.propose(offer), build=rekey_child,
         children=1)
    case(f"{number}_first_child_{name}", auth,
         {"ok": "ok", NONE: f"child {NONE}"}.get(said, sk + f"|child {NONE}"), f.propose(offer))

CHOICES = {
    "count_lies": esp(count=9), "number_0": esp(number=0), "number_9": esp(number=9),
    "spi_size_0": esp(spi=b""), "spi_of_zeros": esp(spi=bytes(4)), "protocol_ah": esp(protocol=2),
    "no_esn": esp([GCM]), "not_offered": esp([(wire.ENCR, 3), (wire.INTEG, 1), NO_ESN]),
    "two_of_a_type": esp([GCM, (wire.ENCR, wire.AES_GCM16, 128), NO_ESN]),
    "unknown_type": esp([GCM, (6, 0), NO_ESN]), "aead_with_integ": esp([GCM, (wire.INTEG, 12), NO_ESN]),
    "two_proposals": lambda was: wire.proposal(1, 3, was, [GCM, NO_ESN], last=False)
    + wire.proposal(2, 3, was, [GCM, NO_ESN]),
}
for name, choice in CHOICES.items():
    code = 1 if name in ("count_lies", "number_0") else 22  # 1: it cannot be read
    case(f"n09_choice_of_a_child_{name}", est_answer, f"{code} 1/1 delete-child",
         f.propose(choice), wish="up")
    case(f"n09_choice_of_a_rekeyed_child_{name}", est_answer, f"{code} 1/1 delete-child",
         f.propose(choice), wish="rekey-child")
    case(f"n09_choice_of_the_first_child_{name}", auth_answer,
         "rejects INVALID_SYNTAX 25" if code == 1 else "child 22 deleted", f.propose(choice))

# --- N11 to N13: key exchanges and nonces of children and rekeys --------------------------


def with_group(build, group=wire.X25519):
    if build is new_child:
        return lambda sa: sa.child_request(ours="10.3.0.0/16", group=group)
    return lambda sa: sa.child_request(rekey=sa.children[0].spi_in, group=group)


for where, build, children in (("child", with_group(new_child), 2),
                               ("rekey_child", with_group(rekey_child), 1),
                               ("rekey_ike", rekey_ike, 1)):
    case(f"n11_{where}_good", est, "ok", build=build, children=children)
    for group in (0, 14, 1025, 65535):
        case(f"n11_{where}_group_{group}", est, "sk INVALID_KE_PAYLOAD",
             f.patch(wire.KE, 0, struct.pack(">H", group)), build=build)
    for size in (0, 1, 31, 33, 60000):
        case(f"n11_{where}_length_{size}", est, "sk INVALID_SYNTAX",
             f.body(wire.KE, b"\0\x1f\0\0" + b"\1" * size), build=build)
    case(f"n11_{where}_without_its_payload", est, "sk INVALID_SYNTAX|sk INVALID_KE_PAYLOAD",
         f.remove(wire.KE), build=build)
    for name, point in (("0", bytes(32)), ("1", b"\1" + bytes(31)),
                        ("p", b"\xed" + b"\xff" * 30 + b"\x7f")):
        case(f"n12_{where}_x25519_{name}", est, "sk INVALID_SYNTAX",
             f.body(wire.KE, b"\0\x1f\0\0" + point), build=build)
    for size in (1, 15, 257, 60000):
        case(f"n13_{where}_nonce_of_{size}", est, "sk INVALID_SYNTAX",
             f.body(wire.NONCE, b"\1" * size), build=build)
case("n12_rekey_child_ecp256_off_the_curve", est, "sk INVALID_SYNTAX",
     f.body(wire.KE, b"\0\x13\0\0" + b"\1" * 64), build=with_group(rekey_child, wire.ECP256))
for name, ke in (("low_order", b"\0\x1f\0\0" + bytes(32)), ("short", b"\0\x1f\0\0" + b"\1" * 31),
                 ("other_group", b"\0\x0e\0\0" + b"\1" * 256), ("group_0", bytes(36))):
    case(f"n11_answer_to_rekey_child_{name}", est_answer, "1 1/1 delete-child", f.body(wire.KE, ke), wish="rekey-child")
    case(f"n11_answer_to_rekey_ike_{name}", est_answer, "1 1/1", f.body(wire.KE, ke), wish="rekey-ike")
case("n11_answer_to_rekey_child_without_ke", est_answer, "1 1/1 delete-child", f.remove(wire.KE), wish="rekey-child")

# --- N30: traffic selectors --------------------------------------------------------------


def v4(start, end, **options):
    return wire.selector(bytes(start), bytes(end), **options)


GOOD = net("10.3.0.0/16")
V6 = wire.selector(b"\xfd" + bytes(15), b"\xfd" + b"\xff" * 15, kind=8)
SELECTORS = {
    "count_0": (wire.selectors(0, [], 0).body, "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "count_lies_0": (wire.selectors(0, [GOOD], 0).body, "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "count_too_high": (wire.selectors(0, [GOOD], 2).body, "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "count_too_low": (wire.selectors(0, [GOOD, GOOD], 1).body, "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "count_255": (wire.selectors(0, [GOOD], 255).body, "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "length_0": (wire.selectors(0, [v4([10, 3, 0, 0], [10, 3, 255, 255], length=0)]).body,
                 "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "length_15": (wire.selectors(0, [v4([10, 3, 0, 0], [10, 3, 255, 255], length=15)]).body,
                  "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "length_17": (wire.selectors(0, [v4([10, 3, 0, 0], [10, 3, 255, 255], length=17)]).body,
                  "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "length_max": (wire.selectors(0, [v4([10, 3, 0, 0], [10, 3, 255, 255], length=65535)]).body,
                   "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "length_40_of_ipv4": (wire.selectors(0, [wire.selector(
        bytes(16), b"\xff" * 16, kind=7)]).body, "INVALID_SYNTAX|TS_UNACCEPTABLE"),
    "start_above_end": (wire.selectors(0, [v4([10, 3, 255, 255], [10, 3, 0, 0])]).body,
                        "TS_UNACCEPTABLE"),
    "ports_reversed": (wire.selectors(0, [v4([10, 3, 0, 0], [10, 3, 255, 255], protocol=6,
                                             ports=(80, 22))]).body, "TS_UNACCEPTABLE"),
    "type_0": (wire.selectors(0, [v4([10, 3, 0, 0], [10, 3, 255, 255], kind=0)]).body,
               "TS_UNACCEPTABLE"),
    "type_9": (wire.selectors(0, [v4([10, 3, 0, 0], [10, 3, 255, 255], kind=9)]).body,
               "TS_UNACCEPTABLE"),
    "type_255": (wire.selectors(0, [v4([10, 3, 0, 0], [10, 3, 255, 255], kind=255)]).body,
                 "TS_UNACCEPTABLE"),
    "ipv6_alone": (wire.selectors(0, [V6]).body, "TS_UNACCEPTABLE"),
    "of_somebody_else": (wire.selectors(0, [net("192.168.0.0/16")]).body, "TS_UNACCEPTABLE"),
    "unknown_beside_a_good_one": (wire.selectors(0, [v4([1, 1, 1, 1], [1, 1, 1, 1], kind=9), GOOD]).body,
                                  "ok"),
    "ipv6_beside_a_good_one": (wire.selectors(0, [V6, GOOD]).body, "ok"),
    "255_selectors": (wire.selectors(0, [net(f"10.3.{i}.0/24") for i in range(255)]).body, "ok"),
    "everything": (wire.selectors(0, [net("0.0.0.0/0")]).body, "ok"),
    "body_of_3": (b"\1\0\0", "INVALID_SYNTAX"),
}


def first_pair(said):
    """The same of the first child: TS_UNACCEPTABLE leaves the IKE SA up."""
    return "|".join({"ok": "ok", "TS_UNACCEPTABLE": "child TS_UNACCEPTABLE"}.get(
        one, f"sk {one}") for one in said.split("|"))


def later_pair(said):
    return "|".join(one if one == "ok" else f"sk {one}" for one in said.split("|"))


for name, (data, said) in SELECTORS.items():
    first = data.replace(b"\x0a\x03", b"\x0a\x02")
    case(f"n30_child_{name}", est, later_pair(said), f.body(wire.TSI, data), build=new_child)
    case(f"n30_child_{name}_in_tsr", est, later_pair(said),
         f.body(wire.TSR, data.replace(b"\x0a\x03", b"\x0a\x01")), build=new_child)
    case(f"n30_child_{name}_as_responder", est, later_pair(said), f.body(wire.TSI, data),
         build=new_child, dialled=True)
    case(f"n30_first_child_{name}", auth, first_pair(said), f.body(wire.TSI, first))
    if said != "ok":
        case(f"n30_answer_{name}", est_answer, "26 1/1 delete-child|1 1/1 delete-child",
             f.body(wire.TSR, data), wish="up")
        case(f"n30_first_answer_{name}", auth_answer,
             "child 26 deleted|rejects INVALID_SYNTAX 25|child 26", f.body(wire.TSR, first))
for name, ts in (("wider", net("10.0.0.0/8")), ("everything", net("0.0.0.0/0")),
                 ("of_the_other_child", net("10.2.0.0/16")), ("ipv6", V6)):
    case(f"n30_answer_{name}", est_answer, "26 1/1 delete-child",
         f.body(wire.TSR, wire.selectors(0, [ts]).body), wish="up")
    case(f"n30_answer_{name}_in_tsi", est_answer, "26 1/1 delete-child",
         f.body(wire.TSI, wire.selectors(0, [ts]).body), wish="up")

# --- N31: children that are refused ---------------------------------------------------------

REFUSED = {"NO_PROPOSAL_CHOSEN": 22, "TS_UNACCEPTABLE": 26, "INTERNAL_ADDRESS_FAILURE": 1,
           "FAILED_CP_REQUIRED": 1, "SINGLE_PAIR_REQUIRED": 26, "NO_ADDITIONAL_SAS": 1}
for name, code in REFUSED.items():
    case(f"n31_first_child_{name.lower()}", auth_answer, f"child {code}",
         f.remove(wire.SA, wire.TSI, wire.TSR), f.append(wire.notify(name)))
    case(f"n31_first_child_{name.lower()}_beside_it", auth_answer, "ok", f.append(wire.notify(name)))
    case(f"n31_child_{name.lower()}", est_answer, f"{code} 1/1", f.only(wire.notify(name)), wish="up")
case("n31_child_refused_with_junk", est_answer, "22 1/1",
     f.only(wire.notify("NO_PROPOSAL_CHOSEN", b"\x1b" * 3000, 9, b"1234567")), wish="up")
case("n31_child_refused_with_8000", est_answer, "1 1/1", f.only(wire.notify(8000)), wish="up")
case("n31_child_refused_with_nothing", est_answer, "1 1/1 delete-child", f.only(), wish="up")
for name in ("TEMPORARY_FAILURE", "CHILD_SA_NOT_FOUND", "NO_PROPOSAL_CHOSEN", "NO_ADDITIONAL_SAS",
             "TS_UNACCEPTABLE", "INVALID_SYNTAX"):
    later = name == "TEMPORARY_FAILURE"  # tried again, but not at once (RFC 7296 section 2.25)
    fatal = name == "INVALID_SYNTAX"  # for both sides (section 2.21.3)
    code = REFUSED.get(name, 1)
    case(f"n44_rekey_child_{name.lower()}", est_answer,
         "later" if later else "1 0/0 delete-ike" if fatal else f"{code} 1/1|1 1/0 child|1 1/0 delete-child",
         f.only(wire.notify(name)), wish="rekey-child", later=later)
    case(f"n44_rekey_ike_{name.lower()}", est_answer,
         "later" if later else "1 0/0 delete-ike" if fatal else f"{code} 1/1|1 1/1|1 1/1 child",
         f.only(wire.notify(name)), wish="rekey-ike", later=later)

# --- N32: REKEY_SA ------------------------------------------------------------------------------


def rekeys(protocol, spi, **lies):
    """Another REKEY_SA than the honest one."""
    def bend(draft):
        draft.msg.of(wire.NOTIFY).body = wire.notify("REKEY_SA", b"", protocol, spi, **lies).body
    return bend


REKEYS = {
    "protocol_0": rekeys(0, b"1234"), "protocol_ike": rekeys(1, b"1234"),
    "protocol_ah": rekeys(2, b"1234"), "protocol_255": rekeys(255, b"1234"),
    "spi_size_0": rekeys(3, b""), "spi_size_2": rekeys(3, b"12"), "spi_size_8": rekeys(3, b"12345678"),
    "spi_size_255": rekeys(3, b"1" * 255), "ike_spi_size_8": rekeys(1, b"12345678"),
    "unknown_spi": rekeys(3, b"1234"), "spi_of_zeros": rekeys(3, bytes(4)),
}
for name, fault in REKEYS.items():
    case(f"n32_{name}", est, "sk CHILD_SA_NOT_FOUND", fault, build=rekey_child)
    case(f"n32_{name}_as_responder", est, "sk CHILD_SA_NOT_FOUND", fault, build=rekey_child,
         dialled=True)
case("n32_spi_size_past_the_end", est, "sk INVALID_SYNTAX", rekeys(3, b"12", spi_size=9),
     build=rekey_child)
case("n32_spi_that_the_daemon_receives_on", est, "sk CHILD_SA_NOT_FOUND",
     build=lambda sa: sa.child_request(rekey=sa.children[0].spi_out))
case("n32_two_of_them_unknown", est, "sk CHILD_SA_NOT_FOUND", rekeys(3, b"1234"),
     f.prepend(wire.notify("REKEY_SA", b"", 3, b"5678")), build=rekey_child)
case("n32_with_data", est, "ok", f.body(wire.NOTIFY, lambda was: was + b"1" * 1000),
     build=rekey_child, children=1)
case("n32_in_a_rekey_of_the_ike_sa", est, "sk CHILD_SA_NOT_FOUND|sk INVALID_SYNTAX",
     f.prepend(wire.notify("REKEY_SA", b"", 3, b"1234")), build=rekey_ike)


@story()
def n32_spi_of_another_peer(world):
    sa = world.established()
    other = of_other_peer(world)
    draft = sa.child_request(rekey=other.children[0].spi_in)
    draft.send()
    if sa.response(wire.CHILD).errors() != ["CHILD_SA_NOT_FOUND"]:
        raise Failed("not CHILD_SA_NOT_FOUND")
    sa.out_id += 1
    other.alive()
    if len(world.daemon.children("other")) != 1:
        raise Failed("the other peer's child is touched")
    other.close()
    sa.alive()


def of_other_peer(world):
    return Sa(world.hosts["other"]).begin().authenticate()


# --- N33: Delete -------------------------------------------------------------------------------------

def deletes(*payloads):
    return lambda sa: sa.draft(wire.INFO, list(payloads))


DELETES = {
    "protocol_0": (wire.delete(0, [b"1234"]), "ok"), "protocol_ah": (wire.delete(2, [b"1234"]), "ok"),
    "protocol_255": (wire.delete(255, [b"1234"]), "ok"), "unknown_spi": (wire.delete(3, [b"1234"]), "ok"),
    "no_spi": (wire.delete(3, [], 4, 0), "ok"), "spi_size_0": (wire.delete(3, [], 0, 0), "ok"),
    "spi_size_0_many": (wire.delete(3, [], 0, 65535), "ok"),
    "spi_size_8": (wire.delete(3, [b"12345678"]), "ok"), "spi_size_1": (wire.delete(3, [b"1", b"2"]), "ok"),
    "count_too_high": (wire.delete(3, [b"1234"], count=2), "sk INVALID_SYNTAX"),
    "count_too_low": (wire.delete(3, [b"1234"], count=0), "sk INVALID_SYNTAX"),
    "count_max": (wire.delete(3, [b"1234"], count=65535), "sk INVALID_SYNTAX"),
    "spi_size_255": (wire.delete(3, [b"1234"], size=255), "sk INVALID_SYNTAX"),
    "of_3_octets": (wire.Payload(wire.DELETE, b"\3\4\0"), "sk INVALID_SYNTAX"),
    "empty": (wire.Payload(wire.DELETE, b""), "sk INVALID_SYNTAX"),
    "10000_unknown": (wire.delete(3, [struct.pack(">I", i) for i in range(10000)]), "ok"),
}
for name, (payload, required) in DELETES.items():
    case(f"n33_{name}", est, required, build=deletes(payload))
    case(f"n33_{name}_as_responder", est, required, build=deletes(payload), dialled=True)
case("n33_20_payloads", est, "ok|sk INVALID_SYNTAX", build=deletes(*[wire.delete(3, [b"1234"])] * 20))
case("n33_ike_with_an_spi", est, "gone|ok|sk INVALID_SYNTAX", build=deletes(wire.delete(1, [b"12345678"])))
case("n33_ike", est, "gone", build=deletes(wire.delete(1)))
case("n33_ike_and_more", est, "gone", build=deletes(wire.delete(1), wire.delete(3, [b"1234"]),
                                                    wire.notify("REKEY_SA", b"", 3, b"1234")))
case("n33_ike_twice", est, "gone", build=deletes(wire.delete(1), wire.delete(1)))
case("n33_ike_behind_others", est, "gone", build=deletes(
    wire.delete(3, [b"1234"]), wire.delete(2, [b"1234"]), wire.delete(1)))


@story()
def n33_the_same_spi_twice(world):
    sa = world.established()
    spi = sa.children[0].spi_in
    msg = sa.ask(wire.INFO, [wire.delete(3, [spi, spi]), wire.delete(3, [spi])])
    found = [wire.read_delete(p.body) for p in msg.all(wire.DELETE)]
    if found != [(3, [sa.children[0].spi_out])]:
        raise Failed(f"the answer has {found}")
    world.expect_up(1, 0)
    sa.alive()


@story()
def n33_its_own_spi(world):
    """A Delete names what its sender receives on, not what the daemon does."""
    sa = world.established()
    msg = sa.ask(wire.INFO, [wire.delete(3, [sa.children[0].spi_out])])
    if msg.has(wire.DELETE):
        raise Failed("something is deleted")
    world.expect_up(1, 1)
    sa.alive()


@story()
def n33_spi_of_another_peer(world):
    sa = world.established()
    other = of_other_peer(world)
    for spi in (other.children[0].spi_in, other.children[0].spi_out):
        if sa.ask(wire.INFO, [wire.delete(3, [spi])]).has(wire.DELETE):
            raise Failed("something is deleted")
    if len(world.daemon.children("other")) != 1:
        raise Failed("the other peer's child is touched")
    other.close()
    world.expect_up(1, 1)
    sa.alive()


@story()
def n33_both_at_once(world):
    """Both delete the child: neither answer names it (RFC 7296 section 1.4.1)."""
    sa = world.established()
    verdict = world.daemon.ask("down", peer="psk/net")
    asked = sa.request(wire.INFO)
    if wire.read_delete(asked.of(wire.DELETE).body) != (3, [sa.children[0].spi_out]):
        raise Failed("not the SPI that the daemon receives on")
    if sa.ask(wire.INFO, [wire.delete(3, [sa.children[0].spi_in])]).has(wire.DELETE):
        raise Failed("the answer names what is being deleted")
    sa.answer(asked)
    verdict.verdict()
    world.expect_up(1, 0)
    sa.alive()


for name, payloads in (("of_another_spi", [wire.delete(3, [b"1234"])]), ("of_the_ike_sa", [wire.delete(1)]),
                       ("that_lies", [wire.delete(3, [b"1234"], count=99)]),
                       ("with_an_error", [wire.notify("INVALID_SPI")])):
    case(f"n33_answer_{name}", est_answer, "ok 1/0", f.only(*payloads), wish="down-child")
    case(f"n33_answer_{name}_to_the_last", est_answer, "ok 0/0", f.only(*payloads), wish="down")

# --- N40, N41, N43: rekeys that meet what they should not -------------------------------------------


def rekeyed(sa, spi):
    """An honest rekey of the child by us, without the Delete that should follow."""
    sa.child_request(rekey=spi).send()
    msg = sa.response(wire.CHILD)
    sa.out_id += 1
    if not msg.errors():
        sa.take_child(msg)
    return msg


@story()
def n40_the_old_one_is_never_deleted(world):
    sa = world.established()
    if rekeyed(sa, sa.children[0].spi_in).errors():
        raise Failed("not rekeyed")
    for _ in range(5):
        sa.alive()
    sa.ask(wire.INFO, [wire.delete(3, [sa.children[1].spi_in])])
    sa.alive()


@story()
def n40_the_new_one_is_deleted_instead(world):
    sa = world.established()
    rekeyed(sa, sa.children[0].spi_in)
    sa.ask(wire.INFO, [wire.delete(3, [sa.children[1].spi_in])])
    if len(world.daemon.sas("psk")) != 1:
        raise Failed("the IKE SA is gone")
    sa.alive()
    # There is a child still, or none: but never one that is half there.
    sa.ask(wire.INFO, [wire.delete(3, [sa.children[0].spi_in])])
    world.expect_up(1, 0)
    sa.alive()


@story()
def n40_the_old_one_is_deleted_while_the_daemon_rekeys(world):
    sa = world.established()
    asked = wished(world, sa, "rekey-child")
    sa.ask(wire.INFO, [wire.delete(3, [sa.children[0].spi_in])])
    honest_answer(sa, asked).send()
    sa.in_id += 1
    world.verdict.verdict()
    sa.alive()
    if world.up()[0] != 1:
        raise Failed("the IKE SA is gone")


@story()
def n40_the_new_one_is_deleted_before_the_answer(world):
    sa = world.established()
    asked = wished(world, sa, "rekey-child")
    draft = honest_answer(sa, asked)
    sa.ask(wire.INFO, [wire.delete(3, [sa.children[-1].spi_in])])
    draft.send()
    world.nothing()
    sa.in_id += 1
    world.expect_up(1, 1)
    sa.alive()


@story()
def n41_a_second_rekey_before_the_delete(world):
    sa = world.established()
    old = sa.children[0].spi_in
    if rekeyed(sa, old).errors():
        raise Failed("not rekeyed")
    errors = rekeyed(sa, old).errors()
    if errors not in (["TEMPORARY_FAILURE"], ["CHILD_SA_NOT_FOUND"]):
        raise Failed(f"the second says {errors}")
    sa.ask(wire.INFO, [wire.delete(3, [old])])
    world.expect_up(1, 1)
    sa.alive()


@story()
def n43_ike_rekey_while_a_child_is_rekeyed(world):
    sa = world.established()
    asked = wished(world, sa, "rekey-child")
    sa.rekey_request().send()
    if sa.response(wire.CHILD).errors() != ["TEMPORARY_FAILURE"]:
        raise Failed("not TEMPORARY_FAILURE")
    sa.out_id += 1
    honest_answer(sa, asked).send()
    sa.in_id += 1
    if not world.verdict.verdict()["ok"]:
        raise Failed("the child is not rekeyed")
    sa.alive()


@story()
def n43_ike_rekey_while_a_child_is_made(world):
    sa = world.established()
    asked = wished(world, sa, "up")
    sa.rekey_request().send()
    if sa.response(wire.CHILD).errors() != ["TEMPORARY_FAILURE"]:
        raise Failed("not TEMPORARY_FAILURE")
    sa.out_id += 1
    honest_answer(sa, asked).send()
    sa.in_id += 1
    if not world.verdict.verdict()["ok"]:
        raise Failed("the child does not come up")
    world.expect_up(1, 2)


@story()
def n43_child_while_the_ike_sa_is_rekeyed(world):
    sa = world.established()
    asked = wished(world, sa, "rekey-ike")
    for build in (new_child, rekey_child):
        build(sa).send()
        if sa.response(wire.CHILD).errors() != ["TEMPORARY_FAILURE"]:
            raise Failed("not TEMPORARY_FAILURE")
        sa.out_id += 1
    sa.alive()
    honest_answer(sa, asked).send()
    sa.in_id += 1
    sa.answer(sa.request(wire.INFO))
    if not world.verdict.verdict()["ok"]:
        raise Failed("the IKE SA is not rekeyed")
    world.used.append(sa.heir)
    sa.heir.alive()


@story()
def n43_ike_sa_is_deleted_while_it_is_rekeyed(world):
    sa = world.established()
    asked = wished(world, sa, "rekey-ike")
    draft = honest_answer(sa, asked)
    sa.close()
    draft.send()
    world.nothing()
    world.expect_up(0, 0)


@story()
def n43_rekey_while_the_daemon_closes(world):
    sa = world.established()
    verdict = world.daemon.ask("down", peer="psk")
    asked = sa.request(wire.INFO)
    sa.rekey_request().send()
    errors = sa.response(wire.CHILD).errors()
    if errors != ["TEMPORARY_FAILURE"]:
        raise Failed(f"the answer says {errors}")
    sa.answer(asked)
    verdict.verdict()
    world.expect_up(0, 0)


# --- N22, N32 of the IKE SA's rekey: its SPI -------------------------------------------------------

for size in (0, 4, 7, 9, 16):
    case(f"n32_rekey_ike_spi_of_{size}", est, f"sk {NONE}",
         f.propose(lambda was, size=size: wire.proposal(1, 1, b"1" * size, [
             (1, 20, 256), (2, 5), (4, 31)])), build=rekey_ike)
    case(f"n32_rekey_ike_answer_spi_of_{size}", est_answer, "1 1/1" if size == 0 else "22 1/1",
         f.propose(lambda was, size=size: wire.proposal(1, 1, b"1" * size, [
             (1, 20, 256), (2, 5), (4, 31)])), wish="rekey-ike")
case("n32_rekey_ike_spi_of_zeros", est, f"sk {NONE}",
     f.propose(lambda was: wire.proposal(1, 1, bytes(8), [(1, 20, 256), (2, 5), (4, 31)])),
     build=rekey_ike)

# --- N47: addresses -----------------------------------------------------------------------------------

for name, payloads in (
        ("update", [wire.notify("UPDATE_SA_ADDRESSES")]),
        ("update_with_nat", [wire.notify("UPDATE_SA_ADDRESSES"),
                             wire.notify("NAT_DETECTION_SOURCE_IP", b"1" * 20),
                             wire.notify("NAT_DETECTION_DESTINATION_IP", b"1" * 20)]),
        ("no_nats_allowed", [wire.notify("NO_NATS_ALLOWED", b"1" * 12)]),
        ("no_nats_allowed_cut", [wire.notify("NO_NATS_ALLOWED", b"1")]),
        ("more_addresses", [wire.notify("ADDITIONAL_IP4_ADDRESS", b"\x0a\x42\1\4")] * 20),
        ("address_of_3", [wire.notify("ADDITIONAL_IP4_ADDRESS", b"\x0a\x42\1")]),
        ("cookie2_of_1", [wire.notify("COOKIE2", b"1")]),
        ("cookie2_of_1000", [wire.notify("COOKIE2", b"1" * 1000)]),
        ("mobike_now", [wire.notify("MOBIKE_SUPPORTED")])):
    case(f"n47_{name}_without_mobike", est, "ok", build=deletes(*payloads))


def moved(world, sa, send):
    """What is sent from another address of ours moves nothing."""
    elsewhere = world.hosts["other"]
    elsewhere.drain()
    send(elsewhere)
    world.fence()
    answers = elsewhere.drain()
    sas = world.daemon.sas("psk")
    if [one["remote"]["addr"] for one in sas] != [world.host.addr]:
        raise Failed(f"the SA is at {sas}")
    sa.alive()
    return answers


@story()
def n47_forged_from_another_address(world):
    sa = world.established()
    data = sa.draft(wire.INFO, [wire.notify("UPDATE_SA_ADDRESSES")]).encode()
    if moved(world, sa, lambda host: host.send(data[:-1] + bytes([data[-1] ^ 1]))):
        raise Failed("an answer to what is forged")


@story()
def n47_repeated_from_another_address(world):
    sa = world.established()
    data = sa.draft(wire.INFO, []).encode()
    sa.send(data)
    world.host.receive()
    sa.out_id += 1
    moved(world, sa, lambda host: host.send(data))


@story()
def n47_authentic_from_another_address_without_nat(world):
    sa = world.established()
    data = sa.draft(wire.INFO, []).encode()
    moved_sa = sa
    elsewhere = world.hosts["other"]
    elsewhere.send(data)
    world.fence()
    elsewhere.drain()
    if [one["remote"]["addr"] for one in world.daemon.sas("psk")] != [world.host.addr]:
        raise Failed("it is followed without a NAT")
    moved_sa.out_id += 1
    moved_sa.alive()


def nat_is_seen(draft):
    """As behind a NAT: the hash of some other address than ours, and of the daemon's
    (RFC 7296 section 2.23)."""
    where = socket.inet_aton(draft.sa.host.daemon) + struct.pack(">H", 500)
    there = hashlib.sha1(draft.msg.spi_i + draft.msg.spi_r + where).digest()
    draft.msg.payloads += [wire.notify("NAT_DETECTION_SOURCE_IP", b"\1" * 20),
                           wire.notify("NAT_DETECTION_DESTINATION_IP", there)]


def behind_a_nat(world):
    sa = world.sa()
    draft = sa.init_request()
    nat_is_seen(draft)
    sa.init_out = draft.encode()
    sa.send(sa.init_out)
    sa.take_init_response(sa.response(wire.SA_INIT, 0))
    sa.out_id = 1
    sa.port = 4500
    return sa.authenticate()


def address_of(world):
    return [one["remote"]["addr"] for one in world.daemon.sas("psk")]


@story()
def n47_behind_a_nat_what_is_authentic_and_new_is_followed(world):
    """The peer is behind a NAT, or so it seems: then this may happen, and only this."""
    sa = behind_a_nat(world)
    elsewhere = world.hosts["other"]
    data = sa.draft(wire.INFO, []).encode()
    elsewhere.send(data[:-1] + bytes([data[-1] ^ 1]), 4500)
    world.nothing()
    if elsewhere.drain() or address_of(world) != [world.host.addr]:
        raise Failed("what is forged is followed")
    sa.send(data)
    world.host.receive()
    elsewhere.send(data, 4500)
    world.fence()
    elsewhere.drain()
    if address_of(world) != [world.host.addr]:
        raise Failed("what is repeated is followed")
    sa.out_id += 1
    elsewhere.send(sa.draft(wire.INFO, []).encode(), 4500)
    sa.open(elsewhere.receive())
    sa.out_id += 1
    if address_of(world) != [elsewhere.addr]:
        raise Failed("a NAT that has changed is not followed")
    sa.alive()
    if address_of(world) != [world.host.addr]:
        raise Failed("it is not followed back")
