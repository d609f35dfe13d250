/* dial_duplicates.c - which of several IKE SAs with one identity stays (RFC 7296 sections 2.4, 2.8.1).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"
#include "ikev2/identity.h"

/* A duplicate is left alone until both sides have seen both. */
enum { DUPLICATE_MS = 5000 };

/* Two IKE SAs of one pair of identities, each begun by another side: the one
 * with the lowest nonce is closed by its initiator, as in a collision of
 * rekeys (RFC 7296 section 2.8.1), once both sides must have seen both.  Either
 * may have been rekeyed at one side when it looks, and not yet when the other
 * did; so what counts is how each was begun, which both see alike. */
static void settle_duplicate(struct ike_sa *a, struct ike_sa *b)
{
	struct ike_sa *loser =
		memcmp(a->first_nonce, b->first_nonce, NONCE_LEN) < 0 ? a : b;

	if (!loser->dialled)
		return;
	loser->redundant = true;
	loser->close_ms = loser->ike->now.mono_ms + DUPLICATE_MS;
	ike_touch(loser);
}

void dial_settle_others(struct ike_sa *sa, bool others_gone)
{
	struct ike_sa *old = ike_same_id(sa->ike, sa, NULL), *next;

	for (; old; old = next) {
		next = ike_same_id(sa->ike, sa, old);
		if (old == sa || old->dial != sa->dial ||
			old->phase != PHASE_ESTABLISHED ||
			!identity_equal(&old->remote_id, &sa->remote_id) ||
			!identity_equal(&old->local_id, &sa->local_id))
			continue;
		/* Nobody is left there to answer a Delete (RFC 7296 section
		 * 2.4). */
		if (others_gone)
			sa_die(old, IKE_CAUSE_NONE,
				"the peer has started anew");
		else if (old->mobike.stranded)
			sa_close(old, "our address has changed");
		else if (!sa->peer->unique)
			continue;
		else if (old->dialled == sa->dialled)
			reauth_retire(old);
		else
			settle_duplicate(old, sa);
	}
}

void dial_carry_on(struct dial *dial)
{
	for (struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		for (struct child *c = sa->children; c; c = c->next) {
			if (c->state == CHILD_UP && c->replaces == 0)
				child_activate(c);
		}
	}
}
