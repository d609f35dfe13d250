# cases_cookie.py - cookies, as a responder asks for them that has much to do: N14.
# SPDX-License-Identifier: ISC
"""The second daemon asks everybody for a cookie.  Each request is answered, so
nothing has to be proven by a fence."""

import faults as f
import wire
from peer import Failed, Sa
from table import story


def answer_to(host, draft, faults=()):
    """The answer to a request, never longer than it; and the request."""
    for fault in faults:
        fault(draft)
    request = draft.encode()
    host.send(request)
    data = host.receive()
    msg, rest = wire.read_header(data)
    msg.payloads = wire.read_chain(msg.first, rest)
    if msg.has(wire.SA):
        return data, request, None
    if len(data) > len(request):
        raise Failed(f"an answer of {len(data)} octets to a request of {len(request)}")
    cookie = msg.notify("COOKIE")
    if cookie is None or len(msg.payloads) != 1 or not 1 <= len(cookie) <= 64:
        raise Failed("no cookie is asked for")
    if msg.spi_r != bytes(8):
        raise Failed("an SPI where there is no state")
    return data, request, cookie


def with_cookie(cookie):
    return f.prepend(wire.notify("COOKIE", cookie))


def asked(world):
    """A request, and the cookie that it is to return."""
    host = world.cookie_host()
    sa = Sa(host)
    return host, sa, answer_to(host, sa.init_request())[2]


def still_asked(host, sa, *faults):
    if answer_to(host, sa.init_request(), faults)[2] is None:
        raise Failed("accepted without a cookie that is right")


def accepted(host, sa, cookie):
    """The cookie is still good: no state, and no harm, came of what was before."""
    data, sa.init_out, again = answer_to(host, sa.init_request(), [with_cookie(cookie)])
    if again is not None:
        raise Failed("a right cookie is not taken")
    sa.raw_in = data
    sa.take_init_response(sa.open(data))
    sa.out_id = 1
    sa.authenticate()
    sa.alive()
    sa.close()


@story()
def n14_returned(world):
    host, sa, cookie = asked(world)
    accepted(host, sa, cookie)


@story()
def n14_of_other_lengths(world):
    host, sa, cookie = asked(world)
    for size in (0, 1, len(cookie) - 1):
        still_asked(host, sa, with_cookie(cookie[:size]))
    for size in (1, 65 - len(cookie), 1000, 60000):
        still_asked(host, sa, with_cookie(cookie + b"\0" * size))
    accepted(host, sa, cookie)


@story()
def n14_each_octet_flipped(world):
    host, sa, cookie = asked(world)
    for i in range(len(cookie)):
        still_asked(host, sa, with_cookie(cookie[:i] + bytes([cookie[i] ^ 1]) + cookie[i + 1:]))
    accepted(host, sa, cookie)


@story()
def n14_of_another_address(world):
    host, sa, cookie = asked(world)
    elsewhere = world.hosts["honest"]
    was, elsewhere.daemon = elsewhere.daemon, host.daemon
    try:
        still_asked(elsewhere, sa, with_cookie(cookie))
    finally:
        elsewhere.daemon = was
    accepted(host, sa, cookie)


@story()
def n14_of_another_port(world):
    host, sa, cookie = asked(world)
    draft = sa.init_request()
    with_cookie(cookie)(draft)
    host.send(draft.encode(), 4500)
    msg = sa.open(host.receive())
    if msg.has(wire.SA):
        raise Failed("accepted from another port")
    accepted(host, sa, cookie)


@story()
def n14_of_another_spi(world):
    host, sa, cookie = asked(world)
    still_asked(host, sa, with_cookie(cookie), f.header(spi_i=b"\1" * 8))
    accepted(host, sa, cookie)


@story()
def n14_of_another_nonce(world):
    host, sa, cookie = asked(world)
    still_asked(host, sa, with_cookie(cookie), f.flip(wire.NONCE, 0))
    still_asked(host, sa, with_cookie(cookie), f.longer(wire.NONCE))
    accepted(host, sa, cookie)


@story()
def n14_not_the_first_payload(world):
    host, sa, cookie = asked(world)
    still_asked(host, sa, f.append(wire.notify("COOKIE", cookie)))
    still_asked(host, sa, with_cookie(cookie), f.prepend(wire.Payload(wire.VENDOR, b"1")))
    accepted(host, sa, cookie)


@story()
def n14_two_of_them(world):
    host, sa, cookie = asked(world)
    still_asked(host, sa, with_cookie(cookie), with_cookie(b"\1" * len(cookie)))
    accepted(host, sa, cookie)


@story()
def n14_before_anything_is_computed(world):
    """A key exchange that is none costs nothing before the cookie."""
    host, sa, cookie = asked(world)
    still_asked(host, sa, f.body(wire.KE, b"\0\x1f\0\0" + bytes(32)))
    still_asked(host, sa, f.patch(wire.KE, 0, b"\xff\xff"))
    accepted(host, sa, cookie)


@story()
def n14_with_a_bad_proposal(world):
    host, sa, cookie = asked(world)
    draft = sa.init_request()
    draft.msg.of(wire.SA).body = wire.proposal(1, 1, b"", [(1, 999), (2, 5), (4, 31)])
    with_cookie(cookie)(draft)
    host.send(draft.encode())
    msg = sa.open(host.receive())
    if msg.errors() != ["NO_PROPOSAL_CHOSEN"]:
        raise Failed("no NO_PROPOSAL_CHOSEN behind the cookie")
    accepted(host, sa, cookie)
