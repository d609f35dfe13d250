# cases_payloads.py - each payload of each exchange in each role, missing, twice, cut, of a length that lies: N05, N06.
# SPDX-License-Identifier: ISC

import faults as f
import wire
from scenes import auth, auth_answer, est, est_answer, init, init_answer
from table import case

NAMES = {wire.SA: "sa", wire.KE: "ke", wire.NONCE: "nonce", wire.IDI: "idi", wire.IDR: "idr",
         wire.AUTHP: "auth", wire.TSI: "tsi", wire.TSR: "tsr"}

WAYS = {
    "removed": ("n06", f.remove),
    "twice": ("n06", f.duplicate),
    "empty": ("n06", f.empty),
    "halved": ("n06", f.halve),
    "length_less": ("n05", lambda kind: f.length(kind, "-1")),
    "length_more": ("n05", lambda kind: f.length(kind, "+1")),
    "length_zero": ("n05", lambda kind: f.length(kind, 0)),
    "length_three": ("n05", lambda kind: f.length(kind, 3)),
    "length_max": ("n05", lambda kind: f.length(kind, 65535)),
}


def matrix(where, scene, required, kinds, other=None, **options):
    """required of all, but for those in `other`, by "payload way"."""
    for kind in kinds:
        for way, (number, fault) in WAYS.items():
            case(f"{number}_{where}_{NAMES[kind]}_{way}", scene,
                 (other or {}).get(f"{NAMES[kind]} {way}", required), fault(kind), **options)


def new_child(sa):
    return sa.child_request(ours="10.3.0.0/16")


def rekey_ike(sa):
    return sa.rekey_request()


FIRST = (wire.SA, wire.KE, wire.NONCE)
CHILD = (wire.SA, wire.NONCE, wire.TSI, wire.TSR)

matrix("init", init, "drop", FIRST)
matrix("init_answer", init_answer, "drop", FIRST)

# Without AUTH it asks for EAP (N23); a selector that makes no sense is the child's affair (N30).
matrix("auth", auth, "sk INVALID_SYNTAX", (wire.IDI, wire.AUTHP, wire.SA, wire.TSI, wire.TSR), {
    "idi halved": "sk AUTHENTICATION_FAILED",
    "auth removed": "sk AUTHENTICATION_FAILED",
    "auth halved": "sk AUTHENTICATION_FAILED",
    "tsi halved": "child TS_UNACCEPTABLE",
    "tsr halved": "child TS_UNACCEPTABLE",
})
matrix("auth_answer", auth_answer, "rejects INVALID_SYNTAX 25",
       (wire.IDR, wire.AUTHP, wire.SA, wire.TSI, wire.TSR), {
           "idr removed": "rejects AUTHENTICATION_FAILED 25",
           "idr halved": "rejects AUTHENTICATION_FAILED 25",
           "auth removed": "rejects AUTHENTICATION_FAILED 25",
           "auth halved": "rejects AUTHENTICATION_FAILED 25",
           "sa removed": "child 22",
           "tsi removed": "child 22",
           "tsr removed": "child 22",
           "tsi halved": "child 26 deleted",
           "tsr halved": "child 26 deleted",
       })

TS_HALVED = {"tsi halved": "sk TS_UNACCEPTABLE", "tsr halved": "sk TS_UNACCEPTABLE"}
for who, dialled in (("initiator", False), ("responder", True)):
    matrix(f"child_as_{who}", est, "sk INVALID_SYNTAX", CHILD, TS_HALVED, dialled=dialled,
           build=new_child)
    matrix(f"rekey_as_{who}", est, "sk INVALID_SYNTAX", (wire.SA, wire.NONCE, wire.KE),
           {"ke removed": "sk INVALID_SYNTAX"}, dialled=dialled, build=rekey_ike)

# The child is not there, and the peer is told so; the IKE SA stays, and what was there before.
ANSWER_HALVED = {"tsi halved": "26 1/1 delete-child", "tsr halved": "26 1/1 delete-child"}
matrix("child_answer", est_answer, "1 1/1 delete-child", CHILD, ANSWER_HALVED, wish="up")
matrix("rekey_child_answer", est_answer, "1 1/1 delete-child", CHILD, ANSWER_HALVED,
       wish="rekey-child")
matrix("rekey_answer", est_answer, "1 1/1", FIRST, wish="rekey-ike")
