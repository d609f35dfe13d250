# cases_clear.py - cases in clear: what anybody can send, N01 to N19.
# SPDX-License-Identifier: ISC

import faults as f
import wire
from scenes import auth, auth_answer, est, est_answer, init, init_answer
from table import case, story

NAMES = {wire.SA: "sa", wire.KE: "ke", wire.NONCE: "nonce", wire.IDI: "idi", wire.IDR: "idr",
         wire.AUTHP: "auth", wire.TSI: "tsi", wire.TSR: "tsr", wire.NOTIFY: "notify",
         wire.DELETE: "delete"}

# Each payload, bent in each of these ways.
WAYS = {
    "n06_{}_{}_removed": f.remove, "n06_{}_{}_twice": f.duplicate, "n06_{}_{}_empty": f.empty,
    "n06_{}_{}_halved": f.halve,
    "n05_{}_{}_length_less": lambda kind: f.length(kind, "-1"),
    "n05_{}_{}_length_more": lambda kind: f.length(kind, "+1"),
    "n05_{}_{}_length_zero": lambda kind: f.length(kind, 0),
    "n05_{}_{}_length_three": lambda kind: f.length(kind, 3),
    "n05_{}_{}_length_max": lambda kind: f.length(kind, 65535),
}


def matrix(where, scene, required, kinds, other=None, **options):
    """required, but for those in `other`, by (payload, way)."""
    for kind in kinds:
        for pattern, way in WAYS.items():
            name = pattern.format(where, NAMES[kind])
            short = pattern.rsplit("}_", 1)[1]
            case(name, scene, (other or {}).get((kind, short), required), way(kind), **options)


matrix("init", init, "drop", (wire.SA, wire.KE, wire.NONCE))
matrix("init_answer", init_answer, "drop", (wire.SA, wire.KE, wire.NONCE))
matrix("auth", auth, "sk INVALID_SYNTAX", (wire.IDI, wire.AUTHP, wire.SA, wire.TSI, wire.TSR))
matrix("auth_answer", auth_answer, "rejects", (wire.IDR, wire.AUTHP, wire.SA, wire.TSI, wire.TSR))

CHILD_KINDS = (wire.SA, wire.NONCE, wire.TSI, wire.TSR)
for who, dialled in (("as_initiator", False), ("as_responder", True)):
    matrix(f"child_{who}", est, "sk INVALID_SYNTAX", CHILD_KINDS, dialled=dialled,
           build=lambda sa: sa.child_request(theirs="10.1.0.0/16", ours="10.3.0.0/16"))
matrix("rekey", est, "sk INVALID_SYNTAX", (wire.SA, wire.NONCE, wire.KE),
       build=lambda sa: sa.rekey_request())
matrix("child_answer", est_answer, "x", CHILD_KINDS, wish="up")
matrix("rekey_child_answer", est_answer, "x", CHILD_KINDS, wish="rekey-child")
matrix("rekey_answer", est_answer, "x", (wire.SA, wire.NONCE, wire.KE), wish="rekey-ike")
