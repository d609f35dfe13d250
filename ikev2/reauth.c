/* reauth.c - both sides prove themselves again (RFC 7296 section 2.8.3, RFC 4478).
 * SPDX-License-Identifier: ISC
 *
 * Rekeying makes new keys from old trust; only IKE_AUTH makes new trust.  The
 * side that dialled begins a second IKE SA while the first goes on, and asks
 * for the children under it anew; when they are there, the first is deleted.
 * The other side can but say how long a proof holds (AUTH_LIFETIME), and end
 * the IKE SA when that is over.
 */
#include "ikev2/engine.h"

enum {
	AGAIN_MS = 60000,
	LEAST_MS = 10000, /* whatever the peer says */
	/* What the old one still carries is on its way; its children appear on
	 * the new one.  Who did not begin that waits for the Delete first. */
	OUTGOING_MS = 5000,
	OUTGOING_AS_RESPONDER_MS = 15000,
};

void reauth_begin(struct ike_sa *sa)
{
	const uint32_t ms = sa->peer->reauth_ms;

	sa->dialled = sa->initiator;
	memcpy(sa->first_nonce, sa->low_nonce, NONCE_LEN);
	sa->reauth_at_ms = sa->dialled ? sa_soft_end(sa->ike, ms) : IKE_NEVER;
	sa->reauth_end_ms = sa_hard_end(sa->ike, ms);
}

void reauth_inherit(struct ike_sa *fresh, const struct ike_sa *old)
{
	fresh->dialled = old->dialled;
	fresh->vendor = old->vendor;
	memcpy(fresh->first_nonce, old->first_nonce, NONCE_LEN);
	fresh->reauth_at_ms = old->reauth_at_ms;
	fresh->reauth_end_ms = old->reauth_end_ms;
}

void reauth_announce(const struct ike_sa *sa, struct chain *c)
{
	const uint32_t s = sa->peer->reauth_ms / 1000;
	const uint8_t octets[4] = { (uint8_t)(s >> 24), (uint8_t)(s >> 16),
		(uint8_t)(s >> 8), (uint8_t)s };

	if (s > 0)
		write_notify(
			c, AUTH_LIFETIME, bytes_of(octets, sizeof(octets)));
}

void reauth_heed(struct ike_sa *sa, const struct message *in)
{
	const struct payload_notify *said = message_notify(in, AUTH_LIFETIME);
	const uint64_t now = sa->ike->now.mono_ms;
	struct reader r;
	uint64_t ms;

	if (!said || said->data.len != 4 || !sa->dialled)
		return;
	r = reader_of(said->data);
	ms = (uint64_t)read_u32(&r) * 1000;
	ms -= ms / 5; /* in time, also if it takes some tries */
	if (ms < LEAST_MS)
		ms = LEAST_MS;
	sa->reauth_at_ms = sooner(sa->reauth_at_ms, now + ms);
}

uint64_t reauth_deadline(const struct ike_sa *sa)
{
	if (sa->phase != PHASE_ESTABLISHED)
		return IKE_NEVER;
	return sa->outgoing ? sa->reauth_end_ms
			    : sooner(sa->reauth_at_ms, sa->reauth_end_ms);
}

void reauth_wake(struct ike_sa *sa)
{
	const uint64_t now = sa->ike->now.mono_ms;
	struct dial *dial = sa->dial;

	if (reauth_deadline(sa) > now)
		return;
	if (sa->reauth_end_ms <= now) {
		sa_close(sa, "the peer was not authenticated again in time");
		if (dial)
			dial_lost(sa->ike, dial);
		return;
	}
	/* Asked again if this one does not come to anything. */
	sa->reauth_at_ms = now + AGAIN_MS;
	if (dial && dial_best(dial) == sa)
		dial_again(sa->ike, dial);
}

void reauth_retire(struct ike_sa *old)
{
	old->outgoing = true;
	old->redundant = true;
	old->close_ms = old->ike->now.mono_ms +
			(old->dialled ? OUTGOING_MS : OUTGOING_AS_RESPONDER_MS);
	ike_touch(old);
}
