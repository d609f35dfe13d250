/* dial.c - what keeps a configured peer connected: its SAs, what is wanted, when it wakes.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"
#include "ikev2/exchange.h"
#include "ikev2/identity.h"

#include <stdlib.h>

enum {
	/* As responder: time for the peer to ask for the other children. */
	FILL_AS_RESPONDER_MS = 5000,
};

/* --- Birth and death ------------------------------------------------------ */

struct dial *dial_new(struct ike *ike, struct ike_peer *peer)
{
	struct dial *dial = calloc(1, sizeof(*dial));
	size_t n = peer->child_count ? peer->child_count : 1;

	if (!dial)
		return NULL;
	dial->wanted = calloc(n, sizeof(bool));
	dial->asks = calloc(n, sizeof(struct dial_ask));
	dial->traps = calloc(n, sizeof(struct policy **));
	dial->trap_counts = calloc(n, sizeof(size_t));
	dial->birth = ++ike->births;
	if (!dial->wanted || !dial->asks || !dial->traps ||
		!dial->trap_counts ||
		!wake_join(&ike->wakes, &dial->wake, WAKE_DIAL, dial->birth)) {
		free(dial->wanted);
		free(dial->asks);
		free(dial->traps);
		free(dial->trap_counts);
		free(dial);
		return NULL;
	}
	dial->peer = ike_peer_ref(peer);
	dial->next_try_ms = IKE_NEVER;
	dial->since_ms = ike->now.mono_ms;
	return dial;
}

static void untouch(struct ike *ike, const struct dial *dial)
{
	struct dial **at = &ike->touched_dials;

	if (!dial->touched)
		return;
	while (*at && *at != dial)
		at = &(*at)->touched_next;
	if (*at)
		*at = dial->touched_next;
}

void dial_free(struct ike *ike, struct dial *dial)
{
	while (dial->sas)
		dial_abandon(dial->sas);
	dial_drop_traps(ike, dial);
	untouch(ike, dial);
	wake_leave(&ike->wakes, &dial->wake);
	ike_peer_unref(dial->peer);
	free(dial->wanted);
	free(dial->asks);
	free(dial->traps);
	free(dial->trap_counts);
	free(dial);
}

void dials_free(struct ike *ike)
{
	for (size_t i = 0; i < ike->dials.count; i++) {
		/* No effects any more: the owner is going away. */
		struct dial *dial = ike->dials.dial[i];

		if (ike_reserve(ike, 4 * MAX_PAIRS))
			dial_free(ike, dial);
	}
	free(ike->dials.dial);
	table_free(&ike->dials.by_name);
	ike->dials = (struct dials){ 0 };
}

static uint64_t name_hash(const struct ike *ike, const char *name)
{
	return ike_hash(ike, name, strlen(name));
}

void dials_add(const struct ike *ike, struct dials *dials, struct dial *dial)
{
	dials->dial[dials->count++] = dial;
	table_add(&dials->by_name, &dial->by_name,
		name_hash(ike, dial->peer->name));
}

struct dial *dials_named(
	const struct ike *ike, const struct dials *dials, const char *name)
{
	struct table_node *node =
		table_first(&dials->by_name, name_hash(ike, name));

	for (; node; node = table_next(node)) {
		struct dial *dial = HOLDER(node, struct dial, by_name);

		if (strcmp(dial->peer->name, name) == 0)
			return dial;
	}
	return NULL;
}

struct dial *dial_named(const struct ike *ike, const char *name)
{
	return dials_named(ike, &ike->dials, name);
}

int dial_child_index(const struct dial *dial, const char *name)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		if (strcmp(dial->peer->children[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

/* --- Its IKE SAs ---------------------------------------------------------- */

void dial_adopt(struct dial *dial, struct ike_sa *sa)
{
	sa->dial = dial;
	sa->dial_newer = NULL;
	sa->dial_older = dial->sas;
	if (dial->sas)
		dial->sas->dial_newer = sa;
	dial->sas = sa;
	dial->remote = sa->remote.addr;
}

void dial_abandon(struct ike_sa *sa)
{
	struct dial *dial = sa->dial;

	if (!dial)
		return;
	if (dial->attempt == sa)
		dial->attempt = NULL;
	if (sa->dial_newer)
		sa->dial_newer->dial_older = sa->dial_older;
	else
		dial->sas = sa->dial_older;
	if (sa->dial_older)
		sa->dial_older->dial_newer = sa->dial_newer;
	sa->dial = NULL;
	sa->dial_newer = sa->dial_older = NULL;
	ike_touch_dial(sa->ike, dial);
}

struct ike_sa *dial_next_alike(const struct ike_sa *sa, struct ike_sa *after)
{
	struct ike_sa *next;

	if (!dial_is_template(sa->dial))
		return after ? after->dial_older : sa->dial->sas;
	next = ike_same_id(sa->ike, sa, after);
	while (next &&
		(next->dial != sa->dial ||
			!identity_equal(&next->remote_id, &sa->remote_id)))
		next = ike_same_id(sa->ike, sa, next);
	return next;
}

/* One that the peer has not used yet may still lose a collision. */
static bool is_usable(const struct ike_sa *sa)
{
	return sa->phase == PHASE_ESTABLISHED && !sa->predecessor &&
	       !sa->mobike.stranded;
}

struct ike_sa *dial_best(const struct dial *dial)
{
	struct ike_sa *sa = dial->sas;

	while (sa && !is_usable(sa))
		sa = sa->dial_older;
	return sa;
}

bool dial_has_other(const struct ike_sa *sa)
{
	const struct ike_sa *other = sa->dial->sas;

	while (other && (other == sa || !is_usable(other)))
		other = other->dial_older;
	return other != NULL;
}

bool dial_has_child(const struct dial *dial, const char *name)
{
	for (const struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		for (const struct child *c = sa->children; c; c = c->next) {
			if (c->state == CHILD_UP &&
				strcmp(c->policy->name, name) == 0)
				return true;
		}
	}
	return false;
}

bool dial_usable(const struct dial *dial)
{
	const struct ike_peer *peer = dial->peer;

	return peer->enabled && !peer->error[0] && ike_peer_can_prove(peer);
}

bool dial_is_template(const struct dial *dial)
{
	const struct ike_side *remote = &dial->peer->remote;

	for (size_t i = 0; i < remote->place_count; i++) {
		const struct ike_place *place = &remote->places[i];

		if (place->kind == IKE_PLACE_NAME ||
			(place->kind == IKE_PLACE_RANGE &&
				ike_addr_equal(&place->first, &place->last)))
			return false;
	}
	return true;
}

/* --- Being connected ------------------------------------------------------ */

void dial_ike_up(struct ike_sa *sa, bool others_gone)
{
	struct dial *dial = sa->dial;
	struct ike *ike = sa->ike;

	ike_touch_dial(ike, dial);
	dial->tries = 0;
	dial->remote = sa->remote.addr;
	if (dial->attempt == sa)
		dial->attempt = NULL;
	dial_settle_others(sa, others_gone);
	if (sa->initiator || dial_is_template(dial))
		return;
	/* Ours has not been answered yet, so nobody will miss it. */
	if (dial->attempt && dial->attempt->phase == PHASE_INIT)
		dial_cancel(ike, dial);
	dial->next_try_ms = ike->now.mono_ms + FILL_AS_RESPONDER_MS;
}

void dial_child_up(struct ike_sa *sa, const char *child)
{
	int i = dial_child_index(sa->dial, child);

	sa->dial->tries = 0;
	if (dial_is_served(sa->dial, child))
		dial_forget_packet(sa->dial, child);
	if (i >= 0)
		sa->dial->asks[i].again = sa->dial->asks[i].down = false;
	ike_touch_dial(sa->ike, sa->dial);
}

/* It is asked for again when its time has come, not with others before. */
static bool is_for_later(const struct dial *dial, size_t i)
{
	return dial->asks[i].later && dial->next_try_ms != IKE_NEVER;
}

static bool is_asked(
	const struct ike_sa *sa, const struct ike_child_policy *policy)
{
	const struct child *c = sa->children;

	while (c && (c->policy != policy || c->state != CHILD_ASKED))
		c = c->next;
	return c != NULL;
}

bool dial_wants_child(const struct dial *dial, size_t i)
{
	return dial->wanted[i] ||
	       dial_has_child(dial, dial->peer->children[i].name);
}

void dial_fill(struct ike *ike, struct dial *dial)
{
	struct ike_sa *sa = dial_best(dial);

	ike_touch_dial(ike, dial);
	if (!sa || ike->stopping)
		return;
	for (size_t i = 0; i < sa->peer->child_count; i++) {
		const struct ike_child_policy *policy = &sa->peer->children[i];
		struct work work = { .exchange = &exchange_child_new };
		struct child *child;

		if (!dial_wants_child(dial, i) || is_for_later(dial, i) ||
			is_asked(sa, policy) ||
			dial_is_served(dial, policy->name))
			continue;
		child = child_new(sa, policy, true);
		if (!child)
			return;
		work.child = child->birth;
		if (!sa_want(sa, &work)) {
			child_free(child);
			return;
		}
	}
}

void dial_retry_traps(struct ike *ike, struct dial *dial)
{
	ike_touch_dial(ike, dial);
	if (dial->next_try_ms == IKE_NEVER && !ike->stopping)
		dial->next_try_ms = ike->now.mono_ms + dial_retry_ms(ike, 1);
}

uint64_t dial_deadline(const struct dial *dial)
{
	return dial->next_try_ms;
}

void dial_wake(struct ike *ike, struct dial *dial)
{
	if (dial->next_try_ms > ike->now.mono_ms)
		return;
	dial->next_try_ms = IKE_NEVER;
	for (size_t i = 0; i < dial->peer->child_count; i++)
		dial->asks[i].later = false;
	/* The kernel may have refused one, and take it now. */
	dial_set_traps(ike, dial);
	if (dial_best(dial))
		dial_fill(ike, dial);
	else if (dial_wants_anything(dial))
		dial_start(ike, dial);
	else if (dial->pair_count == 0 && dial_has_name(dial))
		dial_look(ike, dial);
}

static bool all_in_place(const struct dial *dial)
{
	for (size_t i = 0; i < dial->peer->child_count; i++) {
		if (!dial_in_place(dial, i))
			return false;
	}
	return true;
}

enum ike_peer_state dial_state(const struct dial *dial)
{
	bool on_demand = false;

	if (ike_peer_only_shunts(dial->peer))
		return all_in_place(dial) ? IKE_PEER_UP : IKE_PEER_DOWN;

	for (const struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		if (sa->phase != PHASE_ESTABLISHED)
			continue;
		for (const struct child *c = sa->children; c; c = c->next) {
			if (c->state == CHILD_UP)
				return IKE_PEER_UP;
		}
	}
	if (dial->attempt || dial->resolving)
		return IKE_PEER_CONNECTING;
	for (size_t i = 0; i < dial->peer->child_count; i++)
		on_demand |= dial_waits(dial, i);
	return on_demand && dial_usable(dial) ? IKE_PEER_ON_DEMAND
					      : IKE_PEER_DOWN;
}

void dial_note_state(const struct ike *ike, struct dial *dial)
{
	const enum ike_peer_state state = dial_state(dial);

	if (state == dial->shown)
		return;
	dial->shown = state;
	dial->since_ms = ike->now.mono_ms;
}
