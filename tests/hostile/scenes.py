# scenes.py - how far an honest exchange goes before a fault, and what the daemon makes of it.
# SPDX-License-Identifier: ISC
"""A scene sends one bent message and says what came of it, in words:

    drop        nothing: what is honest still works
    ok          as if nothing were wrong
    clear NAME  this error in clear, no longer than the request
    sk NAME     this error and nothing else, protected
    ...

That nothing comes is proven by a fence: an honest IKE_SA_INIT request behind the
bent message, from another address.  Whatever the daemon has to say to the first
it has said before it answers the second."""

import collections
import select
import time

import wire
from peer import GUARD_S, Failed, Sa


class World:
    """The daemon, the hosts that it knows, and what a case has done so far."""

    def __init__(self, daemon, hosts, busy):
        self.daemon, self.hosts = daemon, hosts
        self.start_busy, self.busy = busy, None
        self.host = None
        self.owners = {}  # initiator's SPI: the case that it is of, and its end
        self.fences = []
        self.used = []
        self.answered = collections.deque(maxlen=50)

    def begin(self, case):
        self.peer = case.peer
        self.host = self.hosts[case.peer]
        self.case = case.name
        self.used = []
        for host in self.hosts.values():
            host.drain()

    def sa(self, **options):
        one = Sa(self.host, **options)
        self.used.append(one)
        return one

    def cookie_host(self):
        """A host of the daemon that asks for cookies."""
        if not self.busy:
            self.busy = self.start_busy(self.daemon.binary)
        return self.busy[1]

    def daemons(self):
        return [self.daemon] + ([self.busy[0]] if self.busy else [])

    def pace(self):
        """The daemon makes 100 replies without an SA a second, and no more."""
        if len(self.answered) == self.answered.maxlen:
            time.sleep(max(0, 1 - (time.monotonic() - self.answered[0])))

    def fence(self):
        """What the daemon has said to the case's host until now."""
        one = Sa(self.hosts["honest"])
        one.begin()
        self.fences.append(one)
        return [data for _, data in self.host.drain()]

    def nothing(self):
        """It has said nothing."""
        said = self.fence()
        if said:
            raise Failed(f"an answer where there should be none: {said[0].hex()}")

    def up(self):
        """IKE SAs and children of the case's peer that are up."""
        sas = self.daemon.sas(self.peer)
        return len(sas), sum(child["state"] == "up" for sa in sas for child in sa["children"])

    def expect_up(self, sas, children):
        have = self.up()
        if have != (sas, children):
            raise Failed(f"{have[0]} IKE SAs and {have[1]} children are up, "
                         f"not {sas} and {children}")

    # --- Beginnings

    def keys(self, **options):
        return self.sa(**options).begin()

    def established(self, dialled=False, **options):
        """dialled: the daemon was the initiator of the IKE SA."""
        if not dialled:
            return self.sa(**options).begin().authenticate()
        verdict = self.dial()
        one = self.sa(initiator=False, **options)
        one.take_init_request(self.host.receive()).answer_init()
        one.take_auth_request().answer_auth()
        said = verdict.verdict()
        if not said["ok"]:
            raise Failed(f"up: {said}")
        return one

    def dial(self, child="net"):
        return self.daemon.ask("up", peer=f"{self.peer}/{child}")

    def dialled(self, **options):
        """The daemon's IKE_SA_INIT request is in; its verdict is out."""
        self.verdict = self.dial()
        one = self.sa(initiator=False, **options)
        return one.take_init_request(self.host.receive())

    # --- The end of a case

    def settle(self):
        """All that is up goes, in an orderly way."""
        if not self.daemon.all_sas(self.peer):
            return
        request = self.daemon.ask("down", peer=self.peer)
        sockets = self.host.sockets
        end = time.monotonic() + GUARD_S
        while request.pending():
            left = end - time.monotonic()
            if left <= 0:
                raise Failed("`ipsec-ctl down` does not come to an end")
            found, _, _ = select.select([request.socket, *sockets.values()], [], [], left)
            for port in sockets:
                if sockets[port] in found:
                    data = self.host.take(port)
                    if data is not None:
                        self.serve(data, port)
        request.verdict()
        # It is down for us as soon as it is wished; the peer is told still.
        for data in self.fence():
            self.serve(data, self.host.port)

    def serve(self, data, port):
        """Answer a request of the daemon's, whichever of the case's SAs it is for."""
        if data[19] & wire.F_RESPONSE:
            return
        for one in self.used:
            if one.spi_i == data[:8] and one.keys and one.spi_r == data[8:16]:
                msg = one.open(data)
                one.draft(msg.exchange, [], True, msg.mid).send(port)

    def finish(self):
        """What must hold after every case (U)."""
        self.settle()
        self.expect_up(0, 0)
        if not self.fences:
            self.fence()
        last = self.fences.pop()
        last.authenticate()
        last.alive()
        last.close()
        for one in (*self.used, *self.fences, last):
            self.owners[one.spi_i.hex()] = self.case, time.monotonic()
        self.fences = []
        for daemon in self.daemons():
            daemon.check()


def bent(draft, faults):
    for fault in faults:
        fault(draft)
    return draft


def said_in_clear(data):
    msg, rest = wire.read_header(data)
    msg.payloads = wire.read_chain(msg.first, rest)
    return msg


def of_reply(msg):
    """A response in words."""
    errors = msg.errors()
    if not errors:
        return "ok"
    if len(errors) > 1:
        raise Failed("several errors in one message: " + ",".join(errors))
    if msg.has(wire.AUTHP):
        return "child " + errors[0]
    if len(msg.payloads) > 1:
        raise Failed("an error and other payloads")
    return "sk " + errors[0]


# --- Hostile initiator --------------------------------------------------------

def init(world, faults, port=500, **options):
    """IKE_SA_INIT request."""
    sa = world.sa(**options)
    draft = bent(sa.init_request(), faults)
    request = draft.encode()
    world.pace()
    world.host.send(request, port)
    said = world.fence()
    if not said:
        return "drop"
    if len(said) > 1:
        raise Failed(f"{len(said)} answers to one request")
    msg = said_in_clear(said[0])
    if msg.flags != wire.F_RESPONSE or msg.exchange != draft.msg.exchange & 0xFF \
            or msg.spi_i != draft.msg.spi_i or msg.mid != draft.msg.mid:
        raise Failed("the header of the answer")
    if msg.has(wire.SA):
        sa.init_out, sa.raw_in, sa.port = request, said[0], port
        sa.spi_i = draft.msg.spi_i
        nonces = draft.msg.all(wire.NONCE)
        sa.nonce = nonces[0].body
        sa.take_init_response(msg)
        sa.out_id = 1
        sa.authenticate()
        sa.alive()
        sa.close()
        return "ok"
    if len(said[0]) > len(request):
        raise Failed(f"an answer of {len(said[0])} octets to a request of {len(request)}")
    (payload,) = msg.payloads
    kind, data = wire.read_notify(payload.body)
    name = wire.NOTIFY_NAMES.get(kind, str(kind))
    world.answered.append(time.monotonic())
    return f"clear {name}" + (f" {data.hex()}" if data and name != "COOKIE" else "")


def auth(world, faults, sa_options=None, **options):
    """IKE_AUTH request."""
    sa = world.keys(**(sa_options or {}))
    bent(sa.auth_request(), faults).send()
    said = world.fence()
    if not said:
        world.expect_up(0, 0)
        sa.children = []
        sa.authenticate()
        sa.alive()
        sa.close()
        return "drop"
    sa.raw_in = said[0]
    msg = sa.open(said[0])
    if len(said) > 1 or msg.mid != 1 or msg.exchange != wire.AUTH \
            or not msg.flags & wire.F_RESPONSE:
        raise Failed("more than one answer, or not to the request")
    outcome = of_reply(msg)
    if outcome.startswith("sk "):
        world.expect_up(0, 0)
        # Nothing brings this SA up any more (N22).
        sa.out_id = 2
        sa.auth_request().send()
        world.nothing()
        world.expect_up(0, 0)
        return outcome
    sa.take_auth_response(msg, child=False)
    world.expect_up(1, 0 if outcome.startswith("child") or not msg.has(wire.SA) else 1)
    sa.alive()
    sa.close()
    return outcome


def est(world, faults, build=None, dialled=False, children=None, sa_options=None):
    """A request under an IKE SA that is up: build(sa) makes the honest Draft."""
    sa = world.established(dialled, **(sa_options or {}))
    draft = bent(build(sa), faults)
    draft.send()
    said = world.fence()
    if not said:
        world.expect_up(1, 1)
        sa.alive()
        sa.close()
        return "drop"
    msg = sa.open(said[0])
    if len(said) > 1 or msg.mid != sa.out_id or msg.exchange != draft.msg.exchange \
            or not msg.flags & wire.F_RESPONSE:
        raise Failed("more than one answer, or not to the request")
    outcome = of_reply(msg)
    if not world.daemon.sas(world.peer):
        world.expect_up(0, 0)
        return "gone" + outcome.removeprefix("ok").replace("sk", "", 1)
    sa.out_id += 1
    if outcome == "ok" and msg.has(wire.SA) and msg.has(wire.KE) and \
            wire.read_proposals(msg.of(wire.SA).body)[0][1] == wire.P_IKE:
        heir = sa.take_rekey_response(msg)
        world.used.append(heir)
        sa.close()
        sa = heir
    if outcome == "ok" and children is None:
        children = 2 if draft.msg.exchange == wire.CHILD and msg.has(wire.TSI) else 1
    world.expect_up(1, 1 if children is None or outcome != "ok" else children)
    sa.alive()
    sa.close()
    return outcome


# --- Hostile responder --------------------------------------------------------

def verdict_of(world):
    said = world.verdict.verdict()
    return "ok" if said["ok"] else f"code {said['code']}"


def honest_end(world, sa):
    """The exchange goes on as if nothing had been: it must come up."""
    sa.take_auth_request().answer_auth()
    if verdict_of(world) != "ok":
        raise Failed("an honest exchange does not come up")
    world.expect_up(1, 1)
    sa.alive()
    sa.close()


def init_answer(world, faults, **options):
    """IKE_SA_INIT response: drop, ok, or again (another request)."""
    sa = world.dialled(**options)
    draft = bent(sa.init_response(), faults)
    data = draft.encode()
    sa.send(data)
    said = world.fence()
    if not said:
        sa.answer_init()
        honest_end(world, sa)
        return "drop"
    if len(said) > 1:
        raise Failed(f"{len(said)} messages after one answer")
    if said[0][18] == wire.SA_INIT:
        sa.take_init_request(said[0]).answer_init()
        honest_end(world, sa)
        return "again"
    # Accepted: the keys are those of what was sent.
    sa.init_out = data
    sa.nonce = draft.msg.of(wire.NONCE).body
    sa._keys(sa.asked)
    sa.in_id = 1
    sa.asked = sa.open(said[0])
    sa.check_proof(sa.asked, wire.IDI)
    sa.answer_auth()
    if verdict_of(world) != "ok":
        raise Failed("accepted, but it does not come up")
    world.expect_up(1, 1)
    sa.alive()
    sa.close()
    return "ok"


def auth_answer(world, faults, **options):
    """IKE_AUTH response:

    drop | ok | refused CODE (quietly) | rejects NAME CODE (we are told) |
    child CODE (the IKE SA stays) | child CODE deleted (and we are told)"""
    sa = world.dialled(**options)
    sa.answer_init()
    sa.take_auth_request()
    draft = bent(sa.auth_response(), faults)
    draft.send()
    said = world.fence()
    asked = [sa.open(data) for data in said]
    if not asked and not world.daemon.sas(world.peer):
        if world.verdict.pending():
            sa.children = []
            sa.answer_auth()
            if verdict_of(world) != "ok":
                raise Failed("an honest exchange does not come up")
            world.expect_up(1, 1)
            sa.alive()
            sa.close()
            return "drop"
        return "refused " + verdict_of(world).removeprefix("code ")
    sa.in_id += 1
    if asked and (len(asked) > 1 or asked[0].exchange != wire.INFO or asked[0].mid != sa.in_id):
        raise Failed("something else than one INFORMATIONAL request")
    verdict = verdict_of(world)
    if asked and asked[0].errors():
        world.expect_up(0, 0)
        sa.answer(asked[0])
        return f"rejects {asked[0].errors()[0]} {verdict.removeprefix('code ')}"
    if asked:
        protocol, _ = wire.read_delete(asked[0].of(wire.DELETE).body)
        if protocol != wire.P_ESP:
            raise Failed("a delete of the IKE SA")
        sa.answer(asked[0])
    if verdict == "ok":
        world.expect_up(1, 1)
    else:
        world.expect_up(1, 0)
    sa.alive()
    sa.close()
    return verdict.replace("code", "child") + (" deleted" if asked else "")


WISHES = {
    "rekey-child": ("rekey", "{}/net"), "rekey-ike": ("rekey", "{}"),
    "up": ("up", "{}/lan"), "down-child": ("down", "{}/net"), "down": ("down", "{}"),
}


def wished(world, sa, wish):
    """Say the wish; the daemon's request for it."""
    method, peer = WISHES[wish]
    world.verdict = world.daemon.ask(method, peer=peer.format(world.peer))
    asked = sa.receive()
    # `rekey PEER` is about its children, too, and they come first.
    while wish == "rekey-ike" and not is_ike_rekey(asked):
        honest_answer(sa, asked).send()
        sa.in_id += 1
        asked = sa.receive()
    return asked


def is_ike_rekey(msg):
    return msg.exchange == wire.CHILD and not msg.has(wire.TSI)


def honest_answer(sa, asked):
    if is_ike_rekey(asked):
        return sa.rekey_response(asked)
    if asked.exchange == wire.CHILD:
        return sa.child_response(asked)
    return sa.draft(wire.INFO, [], True)


def est_answer(world, faults, wish="up", dialled=False, later=False):
    """A response under an IKE SA that is up:

    drop, or VERDICT SAS/CHILDREN [NEXT]: what ipsec-ctl is told (ok or its code),
    how many are up then, and what the daemon asks next; later: it has taken the
    answer, and will try again"""
    sa = world.established(dialled)
    asked = wished(world, sa, wish)
    draft = bent(honest_answer(sa, asked), faults)
    draft.send()
    said = world.fence()
    # The list comes behind the verdict, if there is one.
    up = world.up()
    pending = world.verdict.pending()
    if not said and pending and later:
        sa.in_id += 1
        sa.alive()
        return "later"
    if not said and pending and up[0]:
        honest_answer(sa, asked).send()
        sa.in_id += 1
        if wish == "rekey-ike":  # the old child goes a little later
            msg = sa.receive()
            if not msg.has(wire.DELETE):
                raise Failed("no delete of the old one")
            sa.answer(msg)
        if verdict_of(world) != "ok":
            raise Failed("an honest answer does not do")
        if sa.heir:
            world.used.append(sa.heir)
        return "drop"
    if not said and wish.startswith("down"):
        honest_answer(sa, asked).send()  # in case that the bent one was none
    sa.in_id += 1
    words = []
    now = sa
    for data in said:
        msg = sa.open(data)
        words.append(next_words(msg))
        if words[-1] == "delete-ike" and sa.heir and wish == "rekey-ike":
            now = sa.heir
            world.used.append(now)
        sa.answer(msg)
    verdict = verdict_of(world).removeprefix("code ")
    sas, children = world.up()
    now.polite = True
    if sas:
        now.alive()
    return " ".join([verdict, f"{sas}/{children}", *words])


def next_words(msg):
    if msg.errors():
        return msg.errors()[0]
    if msg.has(wire.DELETE):
        return "delete-ike" if wire.read_delete(msg.of(wire.DELETE).body)[0] == 1 \
            else "delete-child"
    return {wire.CHILD: "child", wire.INFO: "liveness"}.get(msg.exchange, str(msg.exchange))
