/* reload.c - a new set of peers: what stays, what changes, what goes.
 * SPDX-License-Identifier: ISC
 *
 * A peer that did not change keeps its SAs, its traps, and its place among the
 * tries.  One whose change takes effect by itself, or at the next negotiation,
 * keeps its SAs too: they only get the new values.  A child whose SAs have to be
 * others is rekeyed, if they carry the same packets as before, or those and more;
 * else it is closed, and wanted again.  Everything else is a new peer.
 */
#include "ikev2/child.h"
#include "ikev2/exchange.h"

#include <stdlib.h>

enum { EFFECTS_A_PEER = 16 };

static enum ike_change change_of(const struct ike_peers *peers, size_t i)
{
	return peers->change ? peers->change[i] : IKE_CHANGE_PEER;
}

/* --- Children ------------------------------------------------------------- */

static const struct ike_child_policy *child_named(
	const struct ike_peer *peer, const char *name)
{
	for (size_t i = 0; i < peer->child_count; i++) {
		if (strcmp(peer->children[i].name, name) == 0)
			return &peer->children[i];
	}
	return NULL;
}

/* Make before break, as if its lifetime were over.  The peer need not know of a
 * reload: nothing that the two agreed on has changed, and if both begin, that is
 * a collision like any other (RFC 7296 section 2.8.1).  If it refuses, the old
 * one carries on, as all that it carries is still configured, and it is asked
 * again. */
static void rekey_now(struct child *child)
{
	uint64_t now = child->sa->ike->now.mono_ms;

	if (child->rekey_at_ms > now)
		child->rekey_at_ms = now;
}

/* A child of other marks or mode, or of selectors that are not all configured any
 * more, is closed, whatever the peer will say to the next one: what is configured
 * no more is to stop now, and a rekeying is not to narrow selectors (RFC 7296
 * section 2.9.2).  It may widen them. */
static void move_child(struct child *child, const struct ike_peer *peer)
{
	const struct ike_child_policy *was = child->policy;
	const struct ike_child_policy *now = child_named(peer, was->name);

	if (now && ike_child_wider(now, was))
		child_widen(child);
	if (child->state == CHILD_UP) {
		if (!now || !ike_child_replaceable(now, was)) {
			child_down(child, "its configuration changed");
			child_close(child);
		} else if (!ike_child_treated_same(now, was)) {
			rekey_now(child);
		}
	}
	/* Of one that goes its name is all that is still looked at, and the old
	 * peer goes away with its name: so it needs one of the new. */
	child->policy = now ? now : &peer->children[0];
	/* What is asked for in another mode will not be taken in that one. */
	if (child->state == CHILD_ASKED && !child->replaces)
		child->mode = child->policy->mode;
}

/* The SA's children are of the new peer now.  The engine is the only one to look
 * at them, so the pointer may change in place. */
static void move_sa(struct ike_sa *sa, struct ike_peer *peer)
{
	struct child *child, *next;

	for (child = sa->children; child; child = next) {
		next = child->next;
		move_child(child, peer);
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

		/* A wider trap must not find an SA that carries less: what is up
		 * keeps the old number, through its rekeyings. */
		if (child->reqid == 0)
			child->reqid = old && !ike_child_wider(child, old)
					       ? old->reqid
					       : policy_new_reqid(ike);
	}
}

/* What was taken down by command, and is no other child than it was, stays so. */
static bool stays_down(
	const struct dial *old, const struct ike_child_policy *now)
{
	int at = old ? dial_child_index(old, now->name) : -1;
	const struct ike_child_policy *was =
		at >= 0 ? &old->peer->children[at] : NULL;

	return was && old->asks[at].down && now->start == was->start &&
	       ike_child_same(now, was);
}

static void want_by_start(struct dial *dial, const struct dial *old)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		const struct ike_child_policy *child = &dial->peer->children[i];

		if (child->start == IKE_START_NOW && !stays_down(old, child))
			dial->wanted[i] = true;
	}
}

/* A child by another name may have the same selectors: it gets the policies as
 * they stand. */
static void disown_gone(struct dial *old, const struct ike_peer *now)
{
	for (size_t i = 0; i < old->peer->child_count; i++) {
		if (child_named(now, old->peer->children[i].name))
			continue;
		for (size_t n = 0; n < old->trap_counts[i]; n++)
			policy_disown(old->traps[i][n]);
	}
}

/* A dial of the new peer takes over what the old one has. */
static void take_over(struct ike *ike, struct dial *dial, struct dial *old)
{
	dial->birth = old->birth; /* policies are known by it */
	dial->tries = old->tries;
	dial->next_try_ms = old->next_try_ms;
	dial->since_ms = old->since_ms;
	dial->shown = old->shown;
	dial->cause = old->cause;
	dial->error = old->error;
	dial->failed_ms = old->failed_ms;
	dial->failures = old->failures;
	dial->remote = old->remote;
	dial->resolving = old->resolving;
	dial->again = old->again;
	memcpy(dial->text, old->text, sizeof(dial->text));
	memcpy(dial->pairs, old->pairs, sizeof(dial->pairs));
	dial->pair_count = old->pair_count;
	dial->pair_next = old->pair_next;
	for (size_t i = 0; i < old->peer->child_count; i++) {
		int at = dial_child_index(dial, old->peer->children[i].name);

		if (at < 0)
			continue;
		dial->wanted[at] |= old->wanted[i];
		dial->asks[at] = old->asks[i];
		dial->asks[at].down &= !dial->wanted[at];
	}
	/* The new traps first, then the old ones go: never a gap. */
	disown_gone(old, dial->peer);
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
	if (dial_is_trying(dial) && !dial_best(dial))
		dial_tell_taken_down(
			ike, dial, NULL, "its configuration is gone");
	dial_cancel(ike, dial);
	while (dial->sas && ike_reserve(ike, 4 * MAX_PAIRS)) {
		struct ike_sa *sa = dial->sas;

		sa_close(sa, "its configuration is gone");
		dial_abandon(sa);
	}
	dial_free(ike, dial);
}

/* --- Before and after ----------------------------------------------------- */

static void end_dials(struct ike *ike, struct dials *dials)
{
	for (size_t i = 0; i < dials->count; i++)
		dial_free(ike, dials->dial[i]);
	free(dials->dial);
	table_free(&dials->by_name);
}

/* They never go back, whatever changes. */
static void keep_counts(const struct ike *ike, struct dial *dial)
{
	const struct dial *old = dial_named(ike, dial->peer->name);

	if (old)
		dial->counts = old->counts;
}

/* False without memory: there are none. */
static bool new_dials(
	struct ike *ike, const struct ike_peers *peers, struct dials *dials)
{
	*dials = (struct dials){ .dial = calloc(peers->count ? peers->count : 1,
					 sizeof(struct dial *)) };
	for (size_t i = 0; dials->dial && i < peers->count; i++) {
		struct dial *dial = dial_new(ike, peers->peer[i]);

		if (!dial) {
			end_dials(ike, dials);
			return false;
		}
		keep_counts(ike, dial);
		dials_add(ike, dials, dial);
	}
	return dials->dial != NULL;
}

/* Who is what he was, but for what SAs can follow? */
static void mark_those_that_stay(
	const struct ike *ike, const struct ike_peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		struct dial *old = dial_named(ike, peers->peer[i]->name);

		if (old)
			old->stays = change_of(peers, i) != IKE_CHANGE_PEER;
	}
}

/* What goes makes room for what comes. */
static void remove_gone(struct ike *ike, struct dials *before)
{
	size_t kept = 0;

	for (size_t i = 0; i < before->count; i++) {
		struct dial *dial = before->dial[i];

		if (dial->stays || !ike_reserve(ike, 4 * MAX_PAIRS)) {
			before->dial[kept++] = dial;
			continue;
		}
		table_remove(&before->by_name, &dial->by_name);
		remove_dial(ike, dial);
	}
	before->count = kept;
}

/* SAs without a number of ours would be nobody's in the kernel. */
static void number_all(struct ike *ike, const struct dials *before,
	const struct ike_peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		struct ike_peer *peer = peers->peer[i];
		struct dial *old = dials_named(ike, before, peer->name);

		number_children(ike, peer, old ? old->peer : NULL);
	}
}

/* Something may be wanted now that was not before. */
static void look_after(struct ike *ike, struct dial *dial)
{
	if (dial->next_try_ms == IKE_NEVER && !dial->attempt &&
		!dial->resolving)
		dial->next_try_ms = ike->now.mono_ms;
	ike_touch_dial(ike, dial);
}

bool ike_set_peers(
	struct ike *ike, struct ike_now now, const struct ike_peers *peers)
{
	struct dials before = ike->dials, dials;

	/* What peers commonly need, before anything is changed. */
	if (!ike_begin(ike, now) || !ike_reserve(ike, 8 * MAX_PAIRS) ||
		!ike_reserve(
			ike, EFFECTS_A_PEER * (before.count + peers->count)))
		return false;
	if (!new_dials(ike, peers, &dials)) {
		ike_end(ike);
		return false;
	}
	mark_those_that_stay(ike, peers);
	ike->dials = dials;
	ike->generation++;
	remove_gone(ike, &before);
	number_all(ike, &before, peers);
	for (size_t i = 0; i < peers->count; i++) {
		struct ike_peer *peer = peers->peer[i];
		struct dial *old = dials_named(ike, &before, peer->name);

		/* Better some than none, and no peer is without its place. */
		if (!ike_reserve(ike, 8 * MAX_PAIRS)) {
			ike_note(ike, EVENT_NO_MEMORY, peer->name, NO_FACTS,
				"no memory for this and later peers: reload "
				"again");
			break;
		}
		want_by_start(dials.dial[i], old);
		if (!old) {
			begin(ike, dials.dial[i]);
			continue;
		}
		take_over(ike, dials.dial[i], old);
		look_after(ike, dials.dial[i]);
	}
	end_dials(ike, &before);
	ike_end(ike);
	return true;
}
