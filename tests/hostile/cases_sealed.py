# cases_sealed.py - behind the encryption, or trying to get there: N05, N07, N08, N20 to N22, N34, N35, N37.
# SPDX-License-Identifier: ISC

import os
import struct

import crypto
import faults as f
import wire
from crypto import Suite
from peer import Failed
from scenes import auth, auth_answer, est, est_answer
from table import case, story

CBC = Suite(wire.AES_CBC, 256, wire.HMAC_SHA256, wire.SHA256_128, wire.X25519)
CHACHA = Suite(wire.CHACHA, 0)


def liveness(sa):
    return sa.draft(wire.INFO, [])


def vendors(sa):
    return sa.draft(wire.INFO, [wire.Payload(wire.VENDOR, b"twelve octets")])


# --- N05, N07, N08 under the keys --------------------------------------------------

for where, scene, syntax, critical, options in (
        ("auth", auth, "sk INVALID_SYNTAX", "sk UNSUPPORTED_CRITICAL_PAYLOAD", {}),
        ("auth_answer", auth_answer, "rejects INVALID_SYNTAX 25", "rejects INVALID_SYNTAX 25", {}),
        ("info", est, "sk INVALID_SYNTAX", "sk UNSUPPORTED_CRITICAL_PAYLOAD", {"build": vendors}),
        ("info_as_responder", est, "sk INVALID_SYNTAX", "sk UNSUPPORTED_CRITICAL_PAYLOAD",
         {"build": vendors, "dialled": True}),
        ("child", est, "sk INVALID_SYNTAX", "sk UNSUPPORTED_CRITICAL_PAYLOAD",
         {"build": lambda sa: sa.child_request(ours="10.3.0.0/16")}),
        ("child_answer", est_answer, "1 1/1 delete-child", "1 1/1 delete-child", {"wish": "up"})):
    good = {"child_answer": "ok 1/2"}.get(where, "ok")
    case(f"n05_{where}_next_payload_at_the_end", scene, syntax, f.last_next(wire.NOTIFY), **options)
    case(f"n05_{where}_next_payload_sk_at_the_end", scene, syntax, f.last_next(wire.SK), **options)
    case(f"n05_{where}_octets_behind", scene, syntax, f.plain(lambda was: was + b"\0"), **options)
    case(f"n05_{where}_one_octet_less", scene, syntax, f.plain(lambda was: was[:-1]), **options)
    case(f"n05_{where}_65_payloads", scene, syntax, f.append(*[wire.Payload(wire.VENDOR)] * 65),
         **options)
    case(f"n05_{where}_10000_payloads", scene, syntax,
         f.append(*[wire.Payload(wire.VENDOR)] * 10000), **options)
    case(f"n07_{where}_critical_200", scene, critical,
         f.append(wire.Payload(200, b"12", 0x80)), **options)
    case(f"n07_{where}_critical_200_first", scene, critical,
         f.prepend(wire.Payload(200, b"12", 0x80)), **options)
    case(f"n07_{where}_not_critical_200", scene, good, f.append(wire.Payload(200, b"12")), **options)
    case(f"n08_{where}_critical_5", scene, critical, f.append(wire.Payload(5, b"12", 0x80)),
         **options)
    case(f"n08_{where}_not_critical_5", scene, good, f.append(wire.Payload(5, b"12")), **options)
    case(f"n18_{where}_bogus_notifies", scene, good,
         f.append(wire.notify(40000, b"1" * 1000, 9, b"12345"), wire.notify(65535),
                  wire.notify("SET_WINDOW_SIZE", b"1"), wire.notify("COOKIE", b"1" * 100),
                  wire.notify("NAT_DETECTION_SOURCE_IP", b"1")), **options)
    case(f"n18_{where}_notify_past_the_end", scene, syntax,
         f.append(wire.notify(40000, b"12", spi_size=200)), **options)

for kind in (wire.IDI, wire.AUTHP, wire.SA, wire.TSI, wire.TSR):
    case(f"n07_auth_critical_bit_of_{kind}", auth, "ok", f.generic_flags(kind, 0x80))
    case(f"n07_auth_reserved_bits_of_{kind}", auth, "ok", f.generic_flags(kind, 0x7f))
case("n07_outside_sk_critical", auth, "drop|ok", f.draft(outer=[wire.Payload(200, b"12", 0x80)]))
case("n07_outside_sk_not_critical", auth, "drop|ok", f.draft(outer=[wire.Payload(200, b"12")]))
case("n07_critical_bit_of_sk", auth, "ok", f.draft(sk_flags=0x80))

# --- N20: the Encrypted payload ------------------------------------------------------

WRONG_ICV = f.sk(icv=lambda icv: icv[:-1] + bytes([icv[-1] ^ 1]))
SEALINGS = {
    "icv_flipped": WRONG_ICV,
    "icv_of_zeros": f.sk(icv=lambda icv: bytes(16)),
    "icv_cut": f.sk(icv=lambda icv: icv[:-1]),
    "icv_missing": f.sk(icv=lambda icv: b""),
    "icv_longer": f.sk(icv=lambda icv: icv + b"\0"),
    "sk_length_less": lambda d: setattr(d, "sk_length", sealed_size(d) - 1),
    "sk_length_more": lambda d: setattr(d, "sk_length", sealed_size(d) + 1),
    "sk_length_zero": f.draft(sk_length=0),
    "sk_length_three": f.draft(sk_length=3),
    "sk_length_four": f.draft(sk_length=4),
    "sk_length_max": f.draft(sk_length=65535),
    "cut_by_one": f.cut(1),
    "cut_by_one_and_says_so": f.cut(1, True),
    "cut_to_the_header": f.datagram(lambda data: data[:24] + struct.pack(">I", 28) + data[28:28]),
    "octets_behind": f.trailing(b"\0" * 16),
    "octets_behind_and_says_so": f.trailing(b"\0" * 16, True),
    "other_first_payload": f.header(first=wire.VENDOR),
    "initiator_flag_flipped": f.header(flags=lambda was: was ^ wire.F_INITIATOR),
    "spi_of_nobody": f.header(spi_i=b"\1" * 8),
    "responder_spi_of_nobody": f.header(spi_r=b"\1" * 8),
    "responder_spi_zero": f.header(spi_r=bytes(8)),
    "version_1": f.header(version=0x10),
}


def sealed_size(draft):
    plain, _ = draft.inside()
    return 4 + crypto.sealed_len(draft.sa.suite, len(plain))


def body_of(size):
    """Only so many octets behind SK's generic header."""
    return f.datagram(lambda data: data[:24] + struct.pack(">I", 32 + size)
                      + data[28:30] + struct.pack(">H", 4 + size) + data[32:32 + size])


SUITES = (("gcm", Suite()), ("cbc", CBC), ("chacha", CHACHA))
for suite_name, suite in SUITES:
    for name, fault in SEALINGS.items():
        case(f"n20_{suite_name}_auth_{name}", auth, "drop", fault, sa_options={"suite": suite})
    for size in (0, 1, 7, 8, 15, 16, 17, 23, 24, 31, 32, 33):
        case(f"n20_{suite_name}_sk_of_{size}", est, "drop", body_of(size), build=liveness,
             sa_options={"suite": suite})
    case(f"n20_{suite_name}_good", est, "ok", build=vendors, sa_options={"suite": suite})
    # Padding is authentic here: what lies is the peer itself.
    case(f"n20_{suite_name}_pad_length_255", est, "drop|sk INVALID_SYNTAX", f.sk(pad_length=255),
         build=liveness, sa_options={"suite": suite})
    case(f"n20_{suite_name}_pad_length_one_more", est, "drop|sk INVALID_SYNTAX",
         f.sk(pad_length=17), build=liveness, sa_options={"suite": suite})
    case(f"n20_{suite_name}_padding_of_255_octets", est, "ok", f.sk(pad=b"\7" * 255),
         build=liveness, sa_options={"suite": suite})
case("n20_cbc_no_whole_block", est, "drop", f.sk(pad=b"", pad_length=0), build=vendors,
     sa_options={"suite": CBC})
case("n20_gcm_iv_of_zeros", est, "ok", f.sk(iv=bytes(8)), build=vendors)
for name in ("icv_flipped", "icv_cut", "sk_length_less", "sk_length_more", "sk_length_zero",
             "cut_by_one", "cut_by_one_and_says_so", "cut_to_the_header", "octets_behind_and_says_so",
             "initiator_flag_flipped", "responder_spi_zero", "version_1"):
    case(f"n20_info_{name}", est, "drop", SEALINGS[name], build=liveness)
    case(f"n20_info_as_responder_{name}", est, "drop", SEALINGS[name], build=liveness, dialled=True)
    case(f"n20_auth_answer_{name}", auth_answer, "drop", SEALINGS[name])
    case(f"n20_child_answer_{name}", est_answer, "drop", SEALINGS[name], wish="up")
    case(f"n20_rekey_answer_{name}", est_answer, "drop", SEALINGS[name], wish="rekey-ike")
    # That child is down for us from the moment on in which it was wished.
    case(f"n20_delete_answer_{name}", est_answer, "ok 1/0", SEALINGS[name], wish="down-child")


@story()
def n20_each_octet_flipped(world):
    sa = world.established()
    data = vendors(sa).encode()
    for i in range(len(data)):
        # A major version of 6 is answered, whoever says so (RFC 7296 section 2.5).
        if i == 17:
            continue
        sa.send(data[:i] + bytes([data[i] ^ 0x40]) + data[i + 1:])
        if i % 40 == 39:
            world.nothing()
    world.nothing()
    world.expect_up(1, 1)
    sa.alive()


@story()
def n20_cut_at_each_octet(world):
    sa = world.established()
    data = vendors(sa).encode()
    for i in range(28, len(data)):
        cut = data[:24] + struct.pack(">I", i) + data[28:i]
        sa.send(cut)
        sa.send(cut[:30] + struct.pack(">H", i - 28) + cut[32:] if i >= 32 else cut)
        if i % 20 == 19:
            world.nothing()
    world.nothing()
    sa.alive()


# --- N21: payloads beside SK ------------------------------------------------------------

BESIDE = {
    "delete": wire.delete(wire.P_IKE),
    "error": wire.notify("AUTHENTICATION_FAILED"),
    "vendor": wire.Payload(wire.VENDOR, b"1234"),
    "second_auth": wire.Payload(wire.AUTHP, b"\2\0\0\0" + b"1" * 32),
}
for name, payload in BESIDE.items():
    for place in ("outer", "behind"):
        fault = f.draft(**{place: [payload]})
        case(f"n21_auth_{name}_{place}", auth, "drop|ok", fault)
        case(f"n21_auth_answer_{name}_{place}", auth_answer, "drop|ok", fault)
        case(f"n21_info_{name}_{place}", est, "drop|ok", fault, build=liveness)
case("n21_auth_in_clear", auth, "drop", f.in_clear())
case("n21_auth_answer_in_clear", auth_answer, "drop", f.in_clear())
case("n21_info_in_clear", est, "drop", f.in_clear(), build=vendors)
case("n21_child_in_clear", est, "drop", f.in_clear(), build=lambda sa: sa.child_request())
case("n21_child_answer_in_clear", est_answer, "drop", f.in_clear(), wish="up")
case("n21_empty_message_in_clear", est, "drop", f.in_clear(), build=liveness)
case("n21_sk_within_sk", est, "sk INVALID_SYNTAX|ok", f.append(wire.Payload(wire.SK, b"1" * 40)),
     build=liveness)
case("n21_skf_within_sk", est, "sk INVALID_SYNTAX|ok",
     f.append(wire.Payload(wire.SKF, b"\0\1\0\1" + b"1" * 40)), build=liveness)


# --- N22: exchanges that are not possible yet, or at all ----------------------------------

@story()
def n22_other_exchanges_before_auth(world):
    sa = world.keys()
    for exchange in range(256):
        if exchange == wire.AUTH:
            continue
        draft = sa.auth_request()
        draft.msg.exchange = exchange
        draft.send()
        if exchange % 40 == 39:
            world.nothing()
    world.nothing()
    world.expect_up(0, 0)
    sa.children = []
    sa.authenticate()
    sa.alive()


@story()
def n22_other_requests_to_an_initiator_before_auth(world):
    sa = world.dialled()
    sa.answer_init()
    sa.take_auth_request()
    for exchange in (34, 35, 36, 37, 38, 43, 44, 255):
        for mid in (0, 1):
            sa.draft(exchange, [], mid=mid).send()
            sa.draft(exchange, sa.auth_payloads(), mid=mid).send()
    world.nothing()
    world.expect_up(0, 0)
    sa.children = []
    sa.answer_auth()
    if not world.verdict.verdict()["ok"]:
        raise Failed("it does not come up")


@story()
def n22_other_answers_to_an_initiator_before_auth(world):
    sa = world.dialled()
    sa.answer_init()
    sa.take_auth_request()
    for exchange in range(256):
        if exchange == wire.AUTH:
            continue
        draft = sa.auth_response()
        draft.msg.exchange = exchange
        draft.send()
        if exchange % 40 == 39:
            world.nothing()
    world.nothing()
    world.expect_up(0, 0)
    sa.children = []
    sa.answer_auth()
    if not world.verdict.verdict()["ok"]:
        raise Failed("it does not come up")


for exchange in (0, 33, 38, 43, 44, 128, 255):
    case(f"n22_exchange_{exchange}_once_up", est, "sk INVALID_SYNTAX",
         f.header(exchange=exchange), build=vendors)
    case(f"n22_exchange_{exchange}_once_up_as_responder", est, "sk INVALID_SYNTAX",
         f.header(exchange=exchange), build=vendors, dialled=True)
    case(f"n22_exchange_{exchange}_as_answer", est_answer, "drop", f.header(exchange=exchange),
         wish="up")
case("n22_sa_init_once_up", est, "drop", f.header(exchange=wire.SA_INIT), build=vendors)
case("n23_auth_again_once_up", est, "sk INVALID_SYNTAX",
     build=lambda sa: sa.draft(wire.AUTH, sa.auth_payloads()))
case("n23_auth_again_once_up_as_responder", est, "sk INVALID_SYNTAX", dialled=True,
     build=lambda sa: sa.draft(wire.AUTH, sa.auth_payloads()))


# --- N34: fragments -------------------------------------------------------------------------

def fragments_of(sa, size=20, draft=None):
    return (draft or sa.draft(wire.INFO, [wire.Payload(wire.VENDOR, os.urandom(90))])).fragments(size)


def answered(world, sa):
    """The request whose fragments were sent is answered once."""
    said = world.fence()
    if len(said) != 1:
        raise Failed(f"{len(said)} answers")
    msg = sa.open(said[0])
    if msg.mid != sa.out_id or msg.payloads:
        raise Failed("not the answer")
    sa.out_id += 1
    sa.alive()


def up_with_fragments(world):
    sa = world.established(fragments=True)
    if not sa.fragments:
        raise Failed("no fragmentation")
    return sa


ORDERS = {
    "in_order": lambda n: range(n),
    "backwards": lambda n: reversed(range(n)),
    "first_last": lambda n: [*range(1, n), 0],
    "each_twice": lambda n: [i for i in range(n) for _ in range(2)],
    "all_twice": lambda n: [*range(n - 1), *range(n - 1), n - 1],
}


def in_this_order(name):
    def run(world):
        sa = up_with_fragments(world)
        parts = fragments_of(sa)
        for i in ORDERS[name](len(parts)):
            sa.send(parts[i])
        if name == "each_twice":
            # The last one's second comes when the answer is out: it is a repeat.
            said = world.fence()
            if not said or any(data != said[0] for data in said):
                raise Failed("other answers to the same")
            sa.out_id += 1
            sa.alive()
            return
        answered(world, sa)
    run.__name__ = f"n34_{name}"
    story()(run)


for order in ORDERS:
    in_this_order(order)


@story()
def n34_one_octet_each(world):
    sa = up_with_fragments(world)
    draft = sa.draft(wire.INFO, [wire.Payload(wire.VENDOR, b"1" * 40)])
    for part in draft.fragments(1):
        sa.send(part)
    answered(world, sa)


@story()
def n34_one_fragment_is_the_whole(world):
    sa = up_with_fragments(world)
    for part in fragments_of(sa, 1000):
        sa.send(part)
    answered(world, sa)


NUMBERS = {
    "number_0": (0, 3), "number_0_of_0": (0, 0), "total_0": (1, 0), "number_above_total": (4, 3),
    "number_65535": (65535, 1), "both_65535": (65535, 65535), "total_65535": (2, 65535),
}


def numbered(name):
    def run(world):
        sa = up_with_fragments(world)
        draft = sa.draft(wire.INFO, [wire.Payload(wire.VENDOR, b"1" * 40)])
        plain, first = draft.inside()
        sa.send(draft.seal(plain, first, NUMBERS[name]))
        world.nothing()
        # And then the message as it should be.
        for part in fragments_of(sa):
            sa.send(part)
        answered(world, sa)
    run.__name__ = f"n34_{name}"
    story()(run)


for numbers in NUMBERS:
    numbered(numbers)


@story()
def n34_total_goes_up(world):
    sa = up_with_fragments(world)
    draft = sa.draft(wire.INFO, [wire.Payload(wire.VENDOR, b"1" * 90)])
    for part in draft.fragments(50)[:-1]:
        sa.send(part)
    for part in draft.fragments(20):
        sa.send(part)
    answered(world, sa)


@story()
def n34_total_goes_down(world):
    sa = up_with_fragments(world)
    draft = sa.draft(wire.INFO, [wire.Payload(wire.VENDOR, b"1" * 90)])
    small = draft.fragments(20)
    for part in small[:-1]:
        sa.send(part)
    for part in draft.fragments(50):
        sa.send(part)
    world.nothing()
    sa.send(small[-1])
    answered(world, sa)


@story()
def n34_icv_flipped(world):
    sa = up_with_fragments(world)
    parts = fragments_of(sa)
    for part in parts:
        sa.send(part[:-1] + bytes([part[-1] ^ 1]))
    world.nothing()
    for part in parts:
        sa.send(part)
    answered(world, sa)


@story()
def n34_forged_total_goes_up(world):
    """Not authentic: what was collected is kept."""
    sa = up_with_fragments(world)
    parts = fragments_of(sa)
    for part in parts[:-1]:
        sa.send(part)
    forged = parts[0][:34] + struct.pack(">H", 60000) + parts[0][36:]
    sa.send(forged)
    sa.send(parts[-1])
    answered(world, sa)


@story()
def n34_of_another_message(world):
    sa = up_with_fragments(world)
    parts = fragments_of(sa)
    draft = sa.draft(wire.INFO, [wire.Payload(wire.VENDOR, b"1" * 90)], mid=sa.out_id + 1)
    for part in parts[:-1] + draft.fragments(20):
        sa.send(part)
    world.nothing()
    sa.send(parts[-1])
    answered(world, sa)


@story()
def n34_too_much_of_it(world):
    """More than a message can be: 65535 octets in fragments of 1000, and never the last."""
    sa = up_with_fragments(world)
    draft = sa.draft(wire.INFO, [])
    for i in range(1, 200):
        sa.send(draft.seal(os.urandom(1000), wire.VENDOR if i == 1 else 0, (i, 200)))
        if i % 20 == 0:
            world.nothing()
    world.nothing()
    sa.draft(wire.INFO, []).send()
    answered(world, sa)


@story()
def n34_whole_message_in_between(world):
    sa = up_with_fragments(world)
    parts = fragments_of(sa)
    for part in parts[:-1]:
        sa.send(part)
    sa.draft(wire.INFO, []).send()
    answered(world, sa)
    sa.send(parts[-1])
    world.nothing()
    sa.alive()


@story()
def n34_not_negotiated(world):
    sa = world.established()
    for part in fragments_of(sa):
        sa.send(part)
    world.nothing()
    sa.alive()


@story()
def n34_beside_other_payloads(world):
    sa = up_with_fragments(world)
    draft = sa.draft(wire.INFO, [wire.Payload(wire.VENDOR, b"1" * 90)])
    draft.outer = [wire.Payload(200, b"1234")]
    for part in draft.fragments(20):
        sa.send(part)
    world.nothing()
    sa.alive()


@story()
def n34_auth_in_fragments(world):
    sa = world.keys(fragments=True)
    for part in sa.auth_request().fragments(60):
        sa.send(part)
    sa.take_auth_response(sa.response(wire.AUTH))
    sa.alive()


@story()
def n34_auth_answer_in_fragments(world):
    sa = world.dialled(fragments=True)
    sa.answer_init()
    sa.fragments = True
    sa.take_auth_request()
    parts = sa.auth_response().fragments(60)
    for part in reversed(parts):
        sa.send(part)
    sa.in_id += 1
    if not world.verdict.verdict()["ok"]:
        raise Failed("it does not come up")
    sa.alive()


@story()
def n34_auth_answer_with_forged_fragments(world):
    sa = world.dialled(fragments=True)
    sa.answer_init()
    sa.take_auth_request()
    parts = sa.auth_response().fragments(60)
    for part in parts:
        sa.send(part[:-1] + bytes([part[-1] ^ 1]))
    world.nothing()
    for part in parts:
        sa.send(part)
    sa.in_id += 1
    if not world.verdict.verdict()["ok"]:
        raise Failed("it does not come up")


# --- N35: message IDs --------------------------------------------------------------------------

for name, change in (("next", 1), ("far_ahead", 1000), ("2_31", 1 << 31), ("all_ones", None)):
    def shift(was, change=change):
        return 0xFFFFFFFF if change is None else (was + change) & 0xFFFFFFFF
    for dialled in (False, True):
        role = "_as_responder" if dialled else ""
        case(f"n35_request_{name}{role}", est, "drop", f.header(mid=shift), build=vendors,
             dialled=dialled)
    case(f"n35_auth_{name}", auth, "drop", f.header(mid=shift))
    case(f"n35_auth_answer_{name}", auth_answer, "drop", f.header(mid=shift))
    case(f"n35_child_answer_{name}", est_answer, "drop", f.header(mid=shift), wish="up")
case("n35_auth_with_id_0", auth, "drop", f.header(mid=0))
case("n35_response_to_nothing", est, "drop", f.header(flags=lambda was: was | wire.F_RESPONSE),
     build=vendors)
case("n35_response_to_nothing_as_responder", est, "drop",
     f.header(flags=lambda was: was | wire.F_RESPONSE), build=vendors, dialled=True)
case("n35_request_instead_of_an_answer", est_answer, "drop",
     f.header(flags=lambda was: was & ~wire.F_RESPONSE, mid=77), wish="up")


@story()
def n35_the_same_octets_again(world):
    sa = world.established()
    data = vendors(sa).encode()
    answers = set()
    for _ in range(20):
        sa.send(data)
        answers.add(world.host.receive())
    if len(answers) != 1:
        raise Failed("the answer to a repeated request differs")
    sa.out_id += 1
    sa.alive()


@story()
def n35_other_octets_with_the_last_id(world):
    """Not the same request: it is not done, and whatever is answered is the old answer."""
    sa = world.established()
    vendors(sa).send()
    first = world.host.receive()
    sa.draft(wire.INFO, [wire.delete(wire.P_IKE)]).send()
    if any(data != first for data in world.fence()):
        raise Failed("another answer to the same message ID")
    world.expect_up(1, 1)
    sa.out_id += 1
    sa.alive()


@story()
def n35_ids_that_are_long_answered(world):
    sa = world.established()
    old = [vendors(sa).encode()]
    sa.send(old[0])
    world.host.receive()
    sa.out_id += 1
    for _ in range(5):
        sa.alive()
    sa.send(old[0])
    sa.draft(wire.INFO, [wire.delete(wire.P_IKE)], mid=0).send()
    sa.draft(wire.AUTH, sa.auth_payloads(), mid=1).send()
    world.nothing()
    world.expect_up(1, 1)
    sa.alive()


@story()
def n35_create_child_again(world):
    """One child, however often it is asked for with the same octets."""
    sa = world.established()
    data = sa.child_request(ours="10.3.0.0/16").encode()
    answers = set()
    for _ in range(10):
        sa.send(data)
        answers.add(world.host.receive())
    if len(answers) != 1:
        raise Failed("the answer to a repeated request differs")
    world.expect_up(1, 2)
    sa.out_id += 1
    sa.alive()


@story()
def n36_auth_again(world):
    sa = world.keys()
    data = sa.auth_request().encode()
    answers = set()
    for _ in range(20):
        sa.send(data)
        answers.add(world.host.receive())
    if len(answers) != 1:
        raise Failed("the answer to a repeated request differs")
    world.expect_up(1, 1)
    sa.out_id = 2
    sa.alive()


# --- N37: many that do not open, then the good one -------------------------------------------------

@story()
def n37_a_thousand_bad_ones_and_the_good_one(world):
    sa = world.keys()
    data = sa.auth_request().encode()
    for i in range(1000):
        sa.send(data[:60] + os.urandom(len(data) - 60))
        if i % 40 == 39:
            world.nothing()
    world.expect_up(0, 0)
    sa.children = []
    sa.authenticate()
    sa.alive()


@story()
def n37_bad_answers_and_the_good_one(world):
    sa = world.dialled()
    sa.answer_init()
    sa.take_auth_request()
    data = sa.auth_response().encode()
    for i in range(200):
        sa.send(data[:60] + os.urandom(len(data) - 60))
        if i % 40 == 39:
            world.nothing()
    sa.children = []
    sa.answer_auth()
    if not world.verdict.verdict()["ok"]:
        raise Failed("it does not come up")
    sa.alive()
