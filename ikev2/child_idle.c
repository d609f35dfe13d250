/* child_idle.c - a child that nobody uses any more: `inactivity`.
 * SPDX-License-Identifier: ISC
 *
 * The kernel counts, and is asked only when the time would be over: if either
 * SA has had a packet since it was asked last, all of the time begins anew.  So
 * a child ends between one and two times `inactivity` after its last packet.
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"

enum { SAW_IN = 1, SAW_OUT = 2 };

void child_query(const struct child *child, bool out)
{
	struct ike_effect *effect = ike_emit(child->sa->ike, IKE_SA_QUERY);

	effect->sa = child->sa->birth;
	effect->child = child->birth;
	effect->query.ref = child_sa_ref(child, out);
	effect->query.src = out ? child->local : child->remote;
}

static void look(const struct child *child)
{
	child_query(child, false);
	if (child->out_added)
		child_query(child, true);
}

uint64_t child_idle_deadline(const struct child *child)
{
	uint32_t inactivity = child->policy->inactivity_ms;

	return inactivity && child->state == CHILD_UP && !child->held_back
		       ? child->used_ms + inactivity
		       : IKE_NEVER;
}

void child_idle_wake(struct child *child)
{
	if (child_idle_deadline(child) > child->sa->ike->now.mono_ms)
		return;
	/* As if it were used, for a kernel that does not answer. */
	child->used_ms = child->sa->ike->now.mono_ms;
	child->unused = 0;
	child->looked = true;
	look(child);
}

void child_idle_rekey(const struct child *old)
{
	if (old->policy->inactivity_ms)
		look(old);
}

static bool is_alone(const struct child *child)
{
	for (const struct child *c = child->sa->children; c; c = c->next) {
		if (c != child &&
			(c->state == CHILD_UP || c->state == CHILD_ASKED))
			return false;
	}
	return true;
}

/* It comes back with the next packet, if it has a trap to meet. */
static void end(struct child *child)
{
	struct ike_sa *sa = child->sa;
	bool all =
		is_alone(child) && child->policy->start == IKE_START_ON_DEMAND;

	dial_lose_child(child, child->policy->start == IKE_START_NOW
				       ? IKE_ACTION_ON_DEMAND
				       : IKE_ACTION_CLEAR);
	if (all) {
		sa_close(sa, "no traffic");
		return;
	}
	child_down(child, "no traffic");
	child_close(child);
}

/* The rekeyed one may have its successor beside it: both are one child. */
static void used(struct child *child)
{
	struct ike_sa *sa = child->sa;

	for (struct child *c = sa->children; c; c = c->next) {
		if (c == child || c->birth == child->successor ||
			c->birth == child->peer_successor) {
			c->used_ms = sa->ike->now.mono_ms;
			c->looked = false;
		}
	}
}

void child_counted(struct child *child, bool out, uint64_t packets)
{
	uint64_t *before = out ? &child->out_packets : &child->in_packets;

	if (packets > *before) {
		*before = packets;
		used(child);
		return;
	}
	if (!child->looked || child->state != CHILD_UP)
		return;
	child->unused |= out ? SAW_OUT : SAW_IN;
	if (child->unused != (SAW_IN | SAW_OUT))
		return;
	child->looked = false;
	end(child);
}
