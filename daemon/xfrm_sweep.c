/* xfrm_sweep.c - what a crash has left in the kernel goes, and what went without us is told.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm.h"

#include <errno.h>
#include <netinet/in.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>

enum { SWEEP_ROOM = 64 };

/* One kernel policy: a selector, a direction, and a mark or an interface. */
struct place {
	struct xfrm_selector selector;
	struct ike_label label;
	uint8_t direction;
};

/* A selector up to its protocol: what comes after is padding, and what none of
 * ours has. */
enum { SELECTOR_LEN = offsetof(struct xfrm_selector, proto) + 1 };

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	int order = memcmp(&left->label, &right->label, sizeof(left->label));

	if (left->direction != right->direction)
		return left->direction < right->direction ? -1 : 1;
	if (order != 0)
		return order;
	return memcmp(&left->selector, &right->selector, SELECTOR_LEN);
}

struct sweep {
	struct xfrm *xfrm;
	uint32_t base;
	void *keep; /* tree of struct place */
	const struct ike_policy *policy;
	const struct kernel_owned *owned;
	void *refs;     /* tree of the owned SAs .. */
	uint8_t *found; /* .. and the state of each */
	/* What goes, as much as there is room for at a time: at the end of the
	 * daemon there may be no memory for more. */
	struct place policies[SWEEP_ROOM];
	struct xfrm_seen_sa sas[SWEEP_ROOM];
	size_t count;
};

static bool is_ours(const struct sweep *sweep, uint32_t reqid)
{
	return reqid - sweep->base < 0x01000000;
}

static int keep_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct sweep *sweep = ctx;

	for (size_t i = 0; i < sizeof(xfrm_directions); i++) {
		struct place *place, **found;

		if (!xfrm_has_direction(sweep->policy, xfrm_directions[i]))
			continue;
		place = calloc(1, sizeof(*place));
		if (!place)
			return -ENOMEM;
		place->selector = xfrm_policy_selector(
			sweep->policy, piece, xfrm_directions[i]);
		place->direction = xfrm_directions[i];
		place->label =
			*xfrm_policy_label(sweep->policy, xfrm_directions[i]);
		found = tsearch(place, &sweep->keep, compare_places);
		if (!found || *found != place)
			free(place);
		if (!found)
			return -ENOMEM;
	}
	return 0;
}

/* Neighbour discovery let through by us: exactly our selectors and priority. */
static bool is_neighbour_policy(const struct xfrm_seen_policy *policy)
{
	static const struct ike_label none;

	if (policy->templates > 0 || policy->action != XFRM_POLICY_ALLOW ||
		policy->priority != XFRM_NEIGHBOUR_PRIORITY ||
		!ike_label_equal(&policy->label, &none))
		return false;
	for (size_t i = 0; i < XFRM_NEIGHBOUR_POLICIES; i++) {
		struct xfrm_selector ours = xfrm_neighbour_selector(i);

		if (memcmp(&policy->selector, &ours, SELECTOR_LEN) == 0)
			return true;
	}
	return false;
}

static void judge_policy(void *ctx, const struct nlmsghdr *message)
{
	struct sweep *sweep = ctx;
	struct xfrm_seen_policy seen;
	struct place place;

	if (!xfrm_read_policy(message, &seen) ||
		seen.direction >= XFRM_POLICY_MAX)
		return;
	memset(&place, 0, sizeof(place));
	place.selector = seen.selector;
	place.direction = seen.direction;
	place.label = seen.label;
	if (is_neighbour_policy(&seen)) {
		if (sweep->xfrm->neighbours)
			return;
	} else if (!(seen.templates > 0 ? is_ours(sweep, seen.reqid)
					: xfrm_is_shunt(&seen)) ||
		   tfind(&place, &sweep->keep, compare_places)) {
		return;
	}
	if (sweep->count < SWEEP_ROOM)
		sweep->policies[sweep->count++] = place;
}

/* What stays is not swept; what has gone meanwhile is. */
static void note_error(int *error, int result)
{
	if (result < 0 && result != -ESRCH && result != -ENOENT)
		*error = result;
}

static int sweep_some_policies(struct sweep *sweep)
{
	struct xfrm *xfrm = sweep->xfrm;
	int error;

	sweep->count = 0;
	error = xfrm_dump(xfrm, xfrm_policy_dump, judge_policy, sweep);
	for (size_t i = 0; i < sweep->count; i++)
		note_error(
			&error, xfrm_ask(xfrm,
					xfrm_selector_delete(xfrm->out,
						&sweep->policies[i].selector,
						&sweep->policies[i].label,
						sweep->policies[i].direction),
					NULL));
	return error;
}

static int sweep_policies(struct sweep *sweep)
{
	size_t total = 0;
	int error;

	do {
		error = sweep_some_policies(sweep);
		total += sweep->count;
	} while (error == 0 && sweep->count == SWEEP_ROOM);
	if (total > 0)
		log_event(LOG_POLICIES_REMOVED, NULL,
			FACTS(fact_number("policies", total)),
			"removed %zu policies that were left", total);
	return error;
}

enum { NOT_FOUND, FOUND, USED_UP };

static int compare_refs(const void *a, const void *b)
{
	const struct ike_sa_ref *left = a, *right = b;

	if (left->spi != right->spi)
		return left->spi < right->spi ? -1 : 1;
	if (left->dst.family != right->dst.family)
		return left->dst.family < right->dst.family ? -1 : 1;
	return memcmp(left->dst.octets, right->dst.octets,
		ike_addr_len(left->dst.family));
}

static void judge_sa(void *ctx, const struct nlmsghdr *message)
{
	struct sweep *sweep = ctx;
	struct xfrm_seen_sa seen;
	const struct ike_sa_ref **owned;

	if (!xfrm_read_sa(message, &seen) || seen.protocol != IPPROTO_ESP ||
		seen.ref.spi == 0 || !is_ours(sweep, seen.reqid))
		return;
	owned = tfind(&seen.ref, &sweep->refs, compare_refs);
	if (owned) {
		sweep->found[*owned - sweep->owned->sas] =
			seen.used_up ? USED_UP : FOUND;
		return;
	}
	if (sweep->count < SWEEP_ROOM)
		sweep->sas[sweep->count++] = seen;
}

static int sweep_some_sas(struct sweep *sweep)
{
	struct xfrm *xfrm = sweep->xfrm;
	int error;

	sweep->count = 0;
	error = xfrm_dump(xfrm, xfrm_sa_dump, judge_sa, sweep);
	for (size_t i = 0; i < sweep->count; i++)
		note_error(&error,
			xfrm_ask(xfrm,
				xfrm_sa_delete(xfrm->out, &sweep->sas[i].ref,
					&sweep->sas[i].src),
				NULL));
	return error;
}

static int sweep_sas(struct sweep *sweep)
{
	size_t total = 0;
	int error;

	do {
		error = sweep_some_sas(sweep);
		total += sweep->count;
	} while (error == 0 && sweep->count == SWEEP_ROOM);
	if (total > 0)
		log_event(LOG_SAS_REMOVED, NULL,
			FACTS(fact_number("sas", total)),
			"removed %zu SAs that were left", total);
	return error;
}

static void tell_missing(const struct sweep *sweep)
{
	const struct kernel_events *events = &sweep->xfrm->events;
	const struct kernel_owned *owned = sweep->owned;

	for (size_t i = 0; i < owned->sa_count; i++) {
		if (sweep->found[i] != FOUND)
			events->expire(events->ctx, owned->sas[i],
				sweep->found[i] == NOT_FOUND);
	}
}

static void leave(void *node)
{
	(void)node;
}

static bool note_owned(struct sweep *sweep)
{
	const struct kernel_owned *owned = sweep->owned;

	if (owned->sa_count == 0)
		return true;
	sweep->found = calloc(owned->sa_count, 1);
	for (size_t i = 0; sweep->found && i < owned->sa_count; i++) {
		if (!tsearch(&owned->sas[i], &sweep->refs, compare_refs))
			return false;
	}
	return sweep->found != NULL;
}

static int resync_sas(struct xfrm *xfrm, uint32_t reqid_base,
	const struct kernel_owned *owned)
{
	struct sweep sweep = {
		.xfrm = xfrm, .base = reqid_base, .owned = owned
	};
	int error = note_owned(&sweep) ? sweep_sas(&sweep) : -ENOMEM;

	if (error == 0)
		tell_missing(&sweep);
	tdestroy(sweep.refs, leave);
	free(sweep.found);
	return error;
}

int xfrm_resync(struct xfrm *xfrm, uint32_t reqid_base,
	const struct kernel_owned *owned)
{
	struct sweep policies = { .xfrm = xfrm, .base = reqid_base };
	int error = 0, sa_error;

	for (size_t i = 0; i < owned->policy_count && error != -ENOMEM; i++) {
		policies.policy = &owned->policies[i];
		error = xfrm_pieces(&policies.policy->local_ts,
			&policies.policy->remote_ts, keep_piece, &policies);
	}
	/* Without the whole list of what to keep, rather too much stays. */
	if (error != -ENOMEM)
		error = sweep_policies(&policies);
	tdestroy(policies.keep, free);
	sa_error = resync_sas(xfrm, reqid_base, owned);
	return error < 0 ? error : sa_error;
}
