/* deadline.c - why an IKE SA wakes up.
 * SPDX-License-Identifier: ISC
 *
 * Deadlines are derived from facts, never set, so there is no timer to forget.
 * An IKE SA wakes because
 *
 *  - its request in flight was not answered: send it again, or give up;
 *  - it is half-open for too long (as responder): forget it;
 *  - an answer from outside does not come: go on without it;
 *  - the rest of a message in fragments does not come: forget what there is;
 *  - nothing authentic was heard for dpd_delay: ask the kernel whether ESP
 *    came in, and a second later, if it did not, ask the peer;
 *  - it is behind a NAT, and nothing was sent for 20 s: a NAT keepalive;
 *  - it, or one of its children, is to be rekeyed, or is at its end;
 *  - both sides are to prove themselves again;
 *  - one of its children may have been idle for `inactivity`;
 *  - it is a duplicate, or lingers to answer repeats: its time is over.
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"
#include "ikev2/exchange.h"
#include "ikev2/strangers.h"

enum {
	PROBE_MS = 1000,
	REKEY_AGAIN_MS = 60000,
	KEEPALIVE_MS = 20000, /* RFC 3948 section 4 */
};

static uint64_t half_open_deadline(const struct ike_sa *sa)
{
	return sa->half_open ? sa->born_ms + sa->ike->limits.half_open_ms
			     : IKE_NEVER;
}

static uint64_t retransmit_deadline(const struct ike_sa *sa)
{
	return sa->window.request ? sa->window.due_ms : IKE_NEVER;
}

/* It lost a collision of rekeys, and its initiator is to delete it. */
static bool is_unused(const struct ike_sa *sa)
{
	return sa->redundant && sa->predecessor != 0;
}

/* A request in flight asks already whether the peer lives. */
static uint64_t liveness_deadline(const struct ike_sa *sa)
{
	if (sa->phase != PHASE_ESTABLISHED || sa->window.request ||
		is_unused(sa) || sa->peer->dpd_delay_ms == 0)
		return IKE_NEVER;
	if (sa->probe_ms)
		return sa->probe_ms + PROBE_MS;
	return sa->heard_ms + sa->peer->dpd_delay_ms;
}

static uint64_t keepalive_deadline(const struct ike_sa *sa)
{
	if (sa->phase != PHASE_ESTABLISHED || !sa->nat.local)
		return IKE_NEVER;
	return sa->sent_ms + KEEPALIVE_MS;
}

static uint64_t close_deadline(const struct ike_sa *sa)
{
	return sa->close_ms ? sa->close_ms : IKE_NEVER;
}

static uint64_t life_deadline(const struct ike_sa *sa)
{
	uint64_t at;

	if (sa->phase != PHASE_ESTABLISHED)
		return IKE_NEVER;
	at = sa->expire_at_ms;
	if (!sa_is_rekeying(sa))
		at = sooner(at, sa->rekey_at_ms);
	return at;
}

static uint64_t children_deadline(const struct ike_sa *sa)
{
	uint64_t at = IKE_NEVER;

	for (const struct child *c = sa->children; c; c = c->next)
		at = sooner(at, child_deadline(c));
	return at;
}

uint64_t sa_deadline(const struct ike_sa *sa)
{
	uint64_t at = half_open_deadline(sa);

	at = sooner(at, waiting_deadline(sa));
	at = sooner(at, fragment_deadline(sa));
	at = sooner(at, retransmit_deadline(sa));
	at = sooner(at, liveness_deadline(sa));
	at = sooner(at, keepalive_deadline(sa));
	at = sooner(at, life_deadline(sa));
	at = sooner(at, children_deadline(sa));
	at = sooner(at, reauth_deadline(sa));
	return sooner(at, close_deadline(sa));
}

static void probe_or_ask(struct ike_sa *sa)
{
	const struct work ask = { .exchange = &exchange_liveness };

	if (sa->probe_ms || sa->child_count == 0) {
		sa->probe_ms = 0;
		sa->heard_ms = sa->ike->now.mono_ms;
		(void)sa_want(sa, &ask);
		return;
	}
	sa->probe_ms = sa->ike->now.mono_ms;
	for (struct child *c = sa->children; c; c = c->next) {
		if (c->state == CHILD_UP)
			child_query(c, false);
	}
}

static void keepalive(struct ike_sa *sa)
{
	static const uint8_t octet = 0xff;
	struct packet *packet = packet_new(bytes_of(&octet, 1));

	sa->sent_ms = sa->ike->now.mono_ms;
	if (!packet)
		return;
	ike_send(sa->ike, &sa->local, &sa->remote, packet);
	packet_unref(packet);
}

static void close_now(struct ike_sa *sa)
{
	struct dial *dial = sa->dial;

	if (!sa->redundant) {
		sa_die(sa, IKE_CAUSE_NONE, NULL);
		return;
	}
	if (is_unused(sa)) {
		sa_close_quietly(sa);
		return;
	}
	sa->redundant = false;
	sa->close_ms = 0;
	/* The other one may be gone by now: then this one is needed. */
	if (!dial || !dial_has_other(sa))
		return;
	sa_close(sa, sa->outgoing ? "replaced by a newer one" : "duplicate");
	/* The other need not have all that this one had. */
	dial_fill(sa->ike, dial);
}

static void end_or_rekey(struct ike_sa *sa)
{
	const struct work rekey = { .exchange = &exchange_rekey };
	struct dial *dial = sa->dial;
	uint64_t now = sa->ike->now.mono_ms;

	if (sa->expire_at_ms > now) {
		/* Asked again if this one does not come to anything. */
		sa->rekey_at_ms = now + REKEY_AGAIN_MS;
		(void)sa_want(sa, &rekey);
	} else if (rekey_heir(sa)) {
		rekey_take_over(rekey_heir(sa));
		sa_close_quietly(sa);
	} else {
		sa_close(sa, "its lifetime is over");
		if (dial)
			dial_lost(sa->ike, dial);
	}
}

static void wake_children(struct ike_sa *sa)
{
	struct child *child = sa->children, *next;

	for (; child; child = next) {
		next = child->next;
		child_wake(child);
	}
}

void sa_wake(struct ike_sa *sa)
{
	uint64_t now = sa->ike->now.mono_ms;

	if (half_open_deadline(sa) <= now)
		strangers_expire(sa);
	else if (close_deadline(sa) <= now)
		close_now(sa);
	else if (retransmit_deadline(sa) <= now && !window_retransmit(sa))
		exchange_give_up(sa);
	if (sa->phase == PHASE_DEAD)
		return;
	if (waiting_deadline(sa) <= now)
		waiting_expire(sa);
	if (fragment_deadline(sa) <= now)
		fragment_expire(sa);
	if (liveness_deadline(sa) <= now)
		probe_or_ask(sa);
	if (keepalive_deadline(sa) <= now)
		keepalive(sa);
	wake_children(sa);
	if (life_deadline(sa) <= now)
		end_or_rekey(sa);
	reauth_wake(sa);
}

void ike_traffic(struct ike *ike, struct ike_now now, struct ike_sa_ref ref,
	struct ike_counters counters)
{
	bool out;
	struct child *child = ike_find_child_of(ike, ref, &out);
	struct ike_sa *sa;

	if (!child || !ike_begin(ike, now))
		return;
	sa = child->sa;
	ike_touch(sa);
	if (!out && counters.packets > child->in_packets) {
		sa->heard_ms = ike->now.mono_ms;
		sa->probe_ms = 0;
		child_activate(child);
	}
	child_counted(child, out, counters.packets);
	ike_end(ike);
}
