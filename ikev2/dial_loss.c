/* dial_loss.c - what becomes of a child that ended without our wish: dpd_action, close_action, or as it starts.
 * SPDX-License-Identifier: ISC
 *
 * clear      it stays down until somebody asks for it
 * on-demand  the next packet asks for it, whatever `start` says
 * restart    it is asked for again, at once and then as keep_trying says
 *
 * Without a word about it a child does as its `start` says: now is restart, and
 * on-demand and wait are what they are called.
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"

static void apply(
	struct ike *ike, struct dial *dial, size_t i, enum ike_action action)
{
	struct dial_ask *ask = &dial->asks[i];

	switch (action) {
	case IKE_ACTION_START:
		break;
	case IKE_ACTION_CLEAR:
		dial->wanted[i] = false;
		dial_forget_packet(dial, dial->peer->children[i].name);
		break;
	case IKE_ACTION_ON_DEMAND:
		dial->wanted[i] = false;
		dial_forget_packet(dial, dial->peer->children[i].name);
		ask->waits = true;
		/* Before its own policies go: never a gap. */
		dial_set_traps(ike, dial);
		break;
	case IKE_ACTION_RESTART:
		dial->wanted[i] = true;
		ask->again = true;
		break;
	}
}

/* Up under another IKE SA of the same peer: then nothing is lost. */
static bool is_elsewhere(const struct child *child)
{
	const struct ike_sa *sa = child->sa->dial->sas;

	for (; sa; sa = sa->dial_older) {
		if (sa != child->sa && child_up_like(sa, child->policy, child))
			return true;
	}
	return false;
}

void dial_lose_child(struct child *child, enum ike_action action)
{
	struct dial *dial = child->sa->dial;
	int i = dial ? dial_child_index(dial, child->policy->name) : -1;

	if (i >= 0 && child->state == CHILD_UP && !is_elsewhere(child))
		apply(child->sa->ike, dial, (size_t)i, action);
}

void dial_lose_children(struct ike_sa *sa, enum ike_action action)
{
	for (struct child *c = sa->children; c; c = c->next)
		dial_lose_child(c, action);
}

void dial_lost(struct ike *ike, struct dial *dial)
{
	ike_touch_dial(ike, dial);
	dial_forget_once_wanted(dial, NULL);
	for (size_t i = 0; i < dial->peer->child_count; i++)
		dial->wanted[i] |= dial->asks[i].again;
	if (!dial_wants_anything(dial) || ike->stopping)
		return;
	dial->next_try_ms = ike->now.mono_ms + dial_retry_ms(ike, 1);
}
