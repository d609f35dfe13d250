/* child_wider.c - a child that a reload has given more selectors than it carries (RFC 7296 section 2.9.2).
 * SPDX-License-Identifier: ISC
 *
 * A rekeying may not narrow, but it may widen.  So what is up goes on, and is
 * rekeyed at once with all that is configured now.  A peer that is not configured
 * so yet narrows that to what there was, or refuses; then it is asked again, less
 * and less often, unless it asks itself first, and rekeyings because of a lifetime
 * meanwhile ask for what is in use.
 */
#include "ikev2/child.h"
#include "ikev2/engine.h"
#include "ikev2/explain.h"

#include <stdio.h>

enum {
	AGAIN_MS = 60000,
	AGAIN_AT_MOST_MS = 3600000,
};

void child_widen(struct child *child)
{
	child->wider_at_ms = child->sa->ike->now.mono_ms;
	child->wider_wait_ms = AGAIN_MS;
}

void child_wider_inherit(struct child *child, const struct child *old)
{
	child->wider_at_ms = old->wider_at_ms;
	child->wider_wait_ms = old->wider_wait_ms;
	/* Its turn to ask for them would have been now, and the peer was faster. */
	if (old->wider)
		child_widen(child);
}

void child_wider_forget(struct child *child)
{
	child->wider_at_ms = IKE_NEVER;
	child->wider = false;
}

void child_wider_settle(struct child *child)
{
	if (child_is_whole(child))
		child_wider_forget(child);
}

/* The first of these that the others do not hold. */
static const struct ike_selector *first_without(
	const struct selectors *these, const struct selectors *others)
{
	for (size_t i = 0; i < these->count; i++) {
		if (!selectors_around(others, &these->list[i]))
			return &these->list[i];
	}
	return NULL;
}

static void write_missing(
	const struct child *child, char out[IKE_SELECTOR_SIZE])
{
	const struct ike_selector *missing;
	struct selectors local, remote;

	child_selectors(child->sa, child->policy, &local, &remote);
	missing = first_without(&local, &child->local_ts);
	if (!missing)
		missing = first_without(&remote, &child->remote_ts);
	if (missing)
		ike_selector_text(missing, out);
	else
		snprintf(out, IKE_SELECTOR_SIZE, "all");
}

void child_wider_tell(struct child *child)
{
	struct ike_sa *sa = child->sa;
	char missing[IKE_SELECTOR_SIZE], text[EXPLAIN_TEXT_SIZE];
	const uint64_t wait_ms = child->wider_at_ms - sa->ike->now.mono_ms;
	const unsigned wait_s = (unsigned)((wait_ms + 999) / 1000);

	if (!child->wider)
		return;
	child->wider = false;
	write_missing(child, missing);
	snprintf(text, sizeof(text),
		"child %s: the peer does not take %.90s: asked again in %u s",
		child->policy->name, missing, wait_s);
	explain_next(sa->ike, explain_not_wider, child);
	explain_tell(sa->ike, IKE_CAUSE_SELECTORS, TS_UNACCEPTABLE,
		sa->peer->name, child->policy->name, text);
	ike_report(sa->ike, EVENT_NOT_WIDER, IKE_CAUSE_SELECTORS,
		sa->peer->name, child->policy->name,
		FACTS(fact_text("missing", missing),
			fact_number("seconds", wait_s)),
		"%s", text);
}

/* Of several narrowed ones, each for its own packets, none is to be all. */
static bool is_alone(const struct child *child)
{
	for (const struct child *c = child->sa->children; c; c = c->next) {
		if (c != child && c->state == CHILD_UP &&
			c->policy == child->policy &&
			c->replaces != child->birth &&
			child->replaces != c->birth)
			return false;
	}
	return true;
}

bool child_wider_offer(const struct child *child, struct selectors *local,
	struct selectors *remote)
{
	child_selectors(child->sa, child->policy, local, remote);
	return selectors_cover(local, &child->local_ts) &&
	       selectors_cover(remote, &child->remote_ts);
}

bool child_wider_begin(struct child *child)
{
	struct selectors local, remote;

	child->wider_at_ms = child->sa->ike->now.mono_ms + child->wider_wait_ms;
	child->wider_wait_ms *= 2;
	if (child->wider_wait_ms > AGAIN_AT_MOST_MS)
		child->wider_wait_ms = AGAIN_AT_MOST_MS;
	child->wider = child->sa->dial && is_alone(child) &&
		       child_wider_offer(child, &local, &remote) &&
		       child_can_hold(child, &local, &remote);
	return child->wider;
}

/* A client of a template has what it got when it came, and no more of what all
 * of them may have, unless a reload says so. */
void child_wider_allow(const struct child *old, struct selectors *local,
	struct selectors *remote)
{
	bool shared = dial_is_template(old->sa->dial) &&
		      old->wider_at_ms == IKE_NEVER;

	if (!shared && is_alone(old) && child_wider_offer(old, local, remote))
		return;
	*local = old->local_ts;
	*remote = old->remote_ts;
}

enum ike_error child_wider_take(
	struct selectors *now, const struct selectors *was)
{
	if (!selectors_cover(now, was))
		return TS_UNACCEPTABLE;
	if (selectors_cover(was, now))
		*now = *was;
	else
		selectors_tidy(now);
	return IKE_OK;
}

bool child_wider_asked(struct dial *dial, const char *child)
{
	bool found = false;

	for (struct ike_sa *sa = dial->sas; sa; sa = sa->dial_older) {
		for (struct child *c = sa->children; c; c = c->next) {
			if (c->state != CHILD_UP ||
				c->wider_at_ms == IKE_NEVER ||
				strcmp(c->policy->name, child) != 0)
				continue;
			c->wider_at_ms = sa->ike->now.mono_ms;
			found = true;
		}
		ike_touch(sa);
	}
	return found;
}
