/* reload.c - a new set of peers: what stays, what changes, what goes.
 * SPDX-License-Identifier: ISC
 *
 * A peer that did not change keeps its SAs, its traps, and its place among the
 * tries.  One whose change takes effect by itself, or at the next negotiation,
 * keeps its SAs too: they only get the new values.  A child whose definition
 * changed is closed, and wanted again; everything else is a new peer.
 */
#include "ikev2/child.h"
#include "ikev2/exchange.h"

#include <stdlib.h>

static enum ike_change change_of(const struct ike_peers *peers, size_t i)
{
	return peers->change ? peers->change[i] : IKE_CHANGE_PEER;
}

/* --- Children ------------------------------------------------------------- */

static bool same_selectors(const struct ike_selector *a, size_t a_count,
	const struct ike_selector *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (!selector_equal(&a[i], &b[i]))
			return false;
	}
	return true;
}

static bool same_child(
	const struct ike_child_policy *a, const struct ike_child_policy *b)
{
	return a->mode == b->mode && a->start == b->start &&
	       a->priority == b->priority &&
	       a->replay_window == b->replay_window &&
	       same_selectors(a->local_ts, a->local_ts_count, b->local_ts,
		       b->local_ts_count) &&
	       same_selectors(a->remote_ts, a->remote_ts_count, b->remote_ts,
		       b->remote_ts_count);
}

static const struct ike_child_policy *child_named(
	const struct ike_peer *peer, const char *name)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		if (strcmp(peer->children[i].name, name) == 0)
			return &peer->children[i];
	}
	return NULL;
}

/* The SA's children are of the new peer now; those it has not, or has
 * otherwise, are closed.  The engine is the only one to look at them, so the
 * pointer may change in place. */
static void move_sa(struct ike_sa *sa, struct ike_peer *peer)
{
	struct child *child, *next;

	for (child = sa->children; child; child = next) {
		const struct ike_child_policy *now =
			child_named(peer, child->policy->name);

		next = child->next;
		if (now && same_child(now, child->policy)) {
			child->policy = now;
			continue;
		}
		if (child->state == CHILD_UP) {
			child_down(child, "its configuration changed");
			child_close(child);
		}
		/* Its name is all that is still looked at, and the old peer
		 * goes away with its name: so it needs one of the new. */
		if (child->state == CHILD_ASKED || !now)
			child->policy = now ? now : &peer->children[0];
		else
			child->policy = now;
	}
	ike_peer_ref(peer);
	ike_peer_unref(sa->peer);
	sa->peer = peer;
	ike_touch(sa);
}

/* --- Dials ---------------------------------------------------------------- */

static void number_children(
	struct ike *ike, struct ike_peer *peer, const struct ike_peer *before)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		struct ike_child_policy *child = &peer->children[i];
		const struct ike_child_policy *old =
			before ? child_named(before, child->name) : NULL;

		if (child->reqid == 0)
			child->reqid = old ? old->reqid : policy_new_reqid(ike);
	}
}

static void want_by_start(struct dial *dial)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		if (dial->peer->children[i].start == IKE_START_NOW)
			dial->wanted[i] = true;
	}
}

/* A dial of the new peer takes over what the old one has. */
static void take_over(struct ike *ike, struct dial *dial, struct dial *old)
{
	dial->birth = old->birth; /* policies are known by it */
	dial->tries = old->tries;
	dial->next_try_ms = old->next_try_ms;
	dial->since_ms = old->since_ms;
	dial->cause = old->cause;
	dial->error = old->error;
	dial->failed_ms = old->failed_ms;
	dial->failures = old->failures;
	dial->remote = old->remote;
	dial->resolving = old->resolving;
	memcpy(dial->text, old->text, sizeof(dial->text));
	memcpy(dial->pairs, old->pairs, sizeof(dial->pairs));
	dial->pair_count = old->pair_count;
	dial->pair_next = old->pair_next;
	for (size_t i = 0; i < old->peer->child_count; i++) {
		int at = dial_child_index(dial, old->peer->children[i].name);

		if (at >= 0)
			dial->wanted[at] |= old->wanted[i];
	}
	/* The new traps first, then the old ones go: never a gap. */
	dial_set_traps(ike, dial);
	dial->attempt = old->attempt;
	dial->sas = old->sas;
	old->attempt = NULL;
	old->sas = NULL;
	for (struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		sa->dial = dial;
		move_sa(sa, dial->peer);
	}
}

static void begin(struct ike *ike, struct dial *dial)
{
	bool any = false;

	dial_set_traps(ike, dial);
	for (size_t i = 0; i < dial->peer->child_count; i++)
		any |= dial->wanted[i];
	if (any)
		dial_start(ike, dial);
	else
		dial_look(ike, dial);
	ike_touch_dial(ike, dial);
}

static void remove_dial(struct ike *ike, struct dial *dial)
{
	dial_cancel(ike, dial);
	while (dial->sas && ike_reserve(ike, 4 * MAX_PAIRS)) {
		struct ike_sa *sa = dial->sas;

		sa_close(sa, "its configuration is gone");
		dial_abandon(sa);
	}
	dial_free(ike, dial);
}

static struct dial **new_dials(struct ike *ike, const struct ike_peers *peers)
{
	struct dial **dials =
		calloc(peers->count ? peers->count : 1, sizeof(struct dial *));

	if (!dials)
		return NULL;
	for (size_t i = 0; i < peers->count; i++) {
		dials[i] = dial_new(ike, peers->peer[i]);
		if (dials[i])
			continue;
		while (i > 0)
			dial_free(ike, dials[--i]);
		free(dials);
		return NULL;
	}
	return dials;
}

void ike_set_peers(
	struct ike *ike, struct ike_now now, const struct ike_peers *peers)
{
	struct dials before = ike->dials;
	struct dial **dials;

	if (!ike_begin(ike, now))
		return;
	dials = new_dials(ike, peers);
	if (!dials) {
		ike_say(ike, IKE_LOG_ERROR, NULL,
			"no memory for the new configuration");
		return;
	}
	/* What goes makes room for what comes. */
	for (size_t i = 0; i < before.count; i++) {
		const char *name = before.dial[i]->peer->name;
		bool stays = false;

		for (size_t n = 0; n < peers->count; n++)
			stays |= strcmp(peers->peer[n]->name, name) == 0 &&
				 change_of(peers, n) != IKE_CHANGE_PEER;
		if (stays || !ike_reserve(ike, 4 * MAX_PAIRS))
			continue;
		remove_dial(ike, before.dial[i]);
		before.dial[i] = NULL;
	}
	ike->dials = (struct dials){ dials, peers->count };
	for (size_t n = 0; n < peers->count; n++) {
		struct dial *old = NULL;

		for (size_t i = 0; i < before.count; i++) {
			if (before.dial[i] &&
				strcmp(before.dial[i]->peer->name,
					peers->peer[n]->name) == 0)
				old = before.dial[i];
		}
		if (!ike_reserve(ike, 8 * MAX_PAIRS))
			break;
		number_children(ike, peers->peer[n], old ? old->peer : NULL);
		want_by_start(dials[n]);
		if (old)
			take_over(ike, dials[n], old);
		else
			begin(ike, dials[n]);
		if (old && dials[n]->next_try_ms == IKE_NEVER &&
			!dials[n]->attempt && !dials[n]->resolving)
			dials[n]->next_try_ms = ike->now.mono_ms;
		ike_touch_dial(ike, dials[n]);
	}
	for (size_t i = 0; i < before.count; i++) {
		if (before.dial[i])
			dial_free(ike, before.dial[i]);
	}
	free(before.dial);
	ike_end(ike);
}
