/* wish.c - what people and packets ask for: up, down, acquire; and the end of it all.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/exchange.h"

/* Mark what is wanted; how many of those are not up yet. */
static size_t want(struct dial *dial, const char *child)
{
	size_t missing = 0;

	for (size_t i = 0; i < dial->peer->child_count; i++) {
		const char *name = dial->peer->children[i].name;

		if ((child && strcmp(child, name) != 0) ||
			ike_is_shunt(dial->peer->children[i].mode))
			continue;
		dial->wanted[i] = true;
		dial->asks[i].down = dial->asks[i].later = false;
		if (!dial_has_child(dial, name))
			missing++;
	}
	return missing;
}

/* Is it only about what IKE has no part in? */
static bool is_about_shunts(const struct dial *dial, const char *child)
{
	int index = child ? dial_child_index(dial, child) : -1;

	return index < 0 ? ike_peer_only_shunts(dial->peer)
			 : ike_is_shunt(dial->peer->children[index].mode);
}

static void connect_or_fill(struct ike *ike, struct dial *dial)
{
	if (dial_best(dial))
		dial_fill(ike, dial);
	else
		dial_start(ike, dial);
}

enum ike_wish_result ike_up(
	struct ike *ike, struct ike_now now, const struct ike_wish *wish)
{
	struct dial *dial = dial_named(ike, wish->peer);

	if (!dial)
		return IKE_WISH_NO_PEER;
	if (wish->child && dial_child_index(dial, wish->child) < 0)
		return IKE_WISH_NO_CHILD;
	if (is_about_shunts(dial, wish->child))
		return dial->peer->enabled ? IKE_WISH_ALREADY
					   : IKE_WISH_IMPOSSIBLE;
	if (!dial_usable(dial) || dial_is_template(dial) || ike->stopping ||
		!ike_begin(ike, now))
		return IKE_WISH_IMPOSSIBLE;
	if (want(dial, wish->child) == 0)
		return IKE_WISH_ALREADY;
	connect_or_fill(ike, dial);
	ike_end(ike);
	return IKE_WISH_STARTED;
}

static bool close_child(struct ike *ike, struct dial *dial, const char *name)
{
	bool found = false;

	for (struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		for (struct child *c = sa->children; c; c = c->next) {
			if ((c->state != CHILD_UP && c->state != CHILD_ASKED) ||
				strcmp(c->policy->name, name) != 0)
				continue;
			found = true;
			/* Its answer may be on its way: then it goes again. */
			c->unwanted = c->state == CHILD_ASKED;
			if (c->unwanted) {
				dial_tell_taken_down(
					ike, dial, name, "by command");
				continue;
			}
			child_down(c, "by command");
			child_close(c);
		}
	}
	return found;
}

static bool close_all(struct ike *ike, struct dial *dial, const char *why)
{
	bool found = dial_is_trying(dial);

	dial_cancel(ike, dial);
	while (dial->sas) {
		struct ike_sa *sa = dial->sas;

		if (!ike_reserve(ike, 4 * MAX_PAIRS))
			break;
		found = true;
		sa_close(sa, why);
		dial_abandon(sa);
	}
	return found;
}

/* Is it about SAs of that dial?  Then all is ready to begin. */
static enum ike_wish_result begin(struct ike *ike, struct ike_now now,
	const struct ike_wish *wish, const struct dial *dial)
{
	if (!dial)
		return IKE_WISH_NO_PEER;
	if (wish->child && dial_child_index(dial, wish->child) < 0)
		return IKE_WISH_NO_CHILD;
	if (is_about_shunts(dial, wish->child))
		return IKE_WISH_SHUNT;
	return ike_begin(ike, now) ? IKE_WISH_STARTED : IKE_WISH_IMPOSSIBLE;
}

enum ike_wish_result ike_down(
	struct ike *ike, struct ike_now now, const struct ike_wish *wish)
{
	struct dial *dial = dial_named(ike, wish->peer);
	const enum ike_wish_result result = begin(ike, now, wish, dial);
	bool found, tried = false, was_up;

	if (result != IKE_WISH_STARTED)
		return result;
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		if (wish->child &&
			strcmp(wish->child, dial->peer->children[i].name) != 0)
			continue;
		tried |= dial->wanted[i];
		dial->wanted[i] = false;
		dial->asks[i].down = true;
		dial_stop_waiting(ike, dial, i);
	}
	was_up = dial_best(dial) != NULL;
	found = wish->child ? close_child(ike, dial, wish->child)
			    : close_all(ike, dial, "by command");
	/* What was up has said itself that it is not any more. */
	if (wish->child ? tried && !found : found && !was_up) {
		dial_tell_taken_down(ike, dial, wish->child, "by command");
		found = true;
	}
	ike_end(ike);
	return found ? IKE_WISH_STARTED : IKE_WISH_ALREADY;
}

static bool rekey_children(struct ike_sa *sa, const char *name)
{
	bool found = false;

	for (struct child *c = sa->children; c; c = c->next) {
		/* What the peer has replaced is on its way out. */
		if (c->state != CHILD_UP || c->peer_successor ||
			(name && strcmp(c->policy->name, name) != 0))
			continue;
		c->rekey_at_ms = sa->ike->now.mono_ms;
		if (c->wider_at_ms != IKE_NEVER)
			c->wider_at_ms = sa->ike->now.mono_ms;
		found = true;
	}
	return found;
}

/* What is to be replaced: one child, or all of them, or the IKE SA, or both. */
struct old {
	const char *child; /* NULL: all */
	bool children, ike;
};

static enum ike_wish_result rekey(
	struct ike *ike, struct dial *dial, const struct old *old)
{
	bool found = false;

	for (struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		if (sa->phase != PHASE_ESTABLISHED)
			continue;
		if (old->children)
			found |= rekey_children(sa, old->child);
		if (old->ike && !rekey_heir(sa)) {
			sa->rekey_at_ms = ike->now.mono_ms;
			found = true;
		}
		ike_touch(sa);
	}
	return found ? IKE_WISH_STARTED : IKE_WISH_IMPOSSIBLE;
}

enum ike_wish_result ike_rekey(
	struct ike *ike, struct ike_now now, const struct ike_wish *wish)
{
	const struct old old = { wish->child, true, !wish->child };
	struct dial *dial = dial_named(ike, wish->peer);
	enum ike_wish_result result = begin(ike, now, wish, dial);

	if (result != IKE_WISH_STARTED)
		return result;
	result = rekey(ike, dial, &old);
	ike_end(ike);
	return result;
}

enum ike_wish_result ike_rekey_sa(
	struct ike *ike, struct ike_now now, const char *peer)
{
	const struct old old = { NULL, false, true };
	struct dial *dial = dial_named(ike, peer);
	enum ike_wish_result result;

	if (!dial)
		return IKE_WISH_NO_PEER;
	if (!ike_begin(ike, now))
		return IKE_WISH_IMPOSSIBLE;
	result = rekey(ike, dial, &old);
	ike_end(ike);
	return result;
}

void ike_acquire(struct ike *ike, struct ike_now now, uint32_t reqid,
	const struct ike_flow *flow)
{
	if (!ike_begin(ike, now))
		return;
	for (size_t i = 0; i < ike->dials.count; i++) {
		struct dial *dial = ike->dials.dial[i];

		for (size_t c = 0; c < dial->peer->child_count; c++) {
			const struct ike_child_policy *policy =
				&dial->peer->children[c];

			/* A child that was taken down by hand stays down; one
			 * that waits for packets has its packet now. */
			if (policy->reqid != reqid ||
				(!dial_waits(dial, c) && !dial->wanted[c]) ||
				child_wider_asked(dial, policy->name))
				continue;
			(void)want(dial, policy->name);
			dial_note_packet(dial, policy->name, flow);
			if (dial_is_served(dial, policy->name) ||
				dial->next_try_ms != IKE_NEVER)
				continue;
			ike_note(ike, EVENT_PACKET_WAITS, dial->peer->name,
				FACTS(fact_text("wanted", policy->name)),
				"a packet asks for child %s", policy->name);
			connect_or_fill(ike, dial);
		}
	}
	ike_end(ike);
}

void ike_shutdown(struct ike *ike, struct ike_now now)
{
	if (!ike_begin(ike, now))
		return;
	ike->stopping = true;
	for (size_t i = 0; i < ike->dials.count; i++)
		(void)close_all(ike, ike->dials.dial[i], "shutting down");
	for (size_t i = 0; i < ike->sa_count; i++) {
		if (!sa_is_over(ike->sas[i]) && ike_reserve(ike, 4 * MAX_PAIRS))
			sa_close(ike->sas[i], "shutting down");
	}
	ike_end(ike);
}

bool ike_idle(const struct ike *ike)
{
	for (size_t i = 0; i < ike->sa_count; i++) {
		if (ike->sas[i]->window.request)
			return false;
	}
	return true;
}
