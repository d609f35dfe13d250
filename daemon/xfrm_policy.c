/* xfrm_policy.c - a policy of ours into the kernel and out of it, and neighbour discovery beside it.
 * SPDX-License-Identifier: ISC
 */
#include "daemon/xfrm.h"

#include <errno.h>
#include <netinet/in.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

/* --- Neighbour discovery -------------------------------------------------- */

static const uint8_t neighbour_directions[] = { XFRM_POLICY_OUT,
	XFRM_POLICY_IN };

static void let_neighbours_through(struct xfrm *xfrm, bool through)
{
	for (size_t d = 0; d < sizeof(neighbour_directions); d++) {
		uint8_t direction = neighbour_directions[d];

		for (size_t i = 0; i < XFRM_NEIGHBOUR_POLICIES; i++) {
			struct xfrm_selector selector =
				xfrm_neighbour_selector(i);
			int error = xfrm_ask(xfrm,
				through ? xfrm_neighbour_put(
						  xfrm->out, i, direction)
					: xfrm_selector_delete(xfrm->out,
						  &selector, NULL, direction),
				NULL);

			if (error < 0 && through)
				log_event(LOG_NEIGHBOURS_NOT_EXEMPT, NULL,
					FACTS(fact_text(
						"error", strerror(-error))),
					"neighbour discovery may not pass: %s",
					strerror(-error));
		}
	}
}

struct pair {
	struct ike_selector local, remote;
};

_Static_assert(sizeof(struct ike_selector) == 38, "compared as octets");

static int compare_pairs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct pair));
}

/* Where an IPv6 selector covers the link, its policy would catch the very
 * packets that find the peer on it; but not if it is for marked packets only, or
 * for those of an XFRM interface. */
static bool covers_neighbours(const struct ike_policy *policy)
{
	static const struct ike_label none;

	return policy->local_ts.family == 6 &&
	       ike_label_equal(&policy->out, &none) &&
	       ike_label_equal(&policy->in, &none) &&
	       (policy->local_ts.protocol == 0 ||
		       policy->local_ts.protocol == IPPROTO_ICMPV6);
}

/* *noted: it was not before.  -ENOMEM: a policy that would cut this host off from
 * its link must not be. */
static int note_policy(
	struct xfrm *xfrm, const struct ike_policy *policy, bool *noted)
{
	bool first = xfrm->neighbours == NULL;
	struct pair *pair, **found;

	*noted = false;
	if (!covers_neighbours(policy))
		return 0;
	pair = malloc(sizeof(*pair));
	if (!pair)
		return -ENOMEM;
	pair->local = policy->local_ts;
	pair->remote = policy->remote_ts;
	found = tsearch(pair, &xfrm->neighbours, compare_pairs);
	if (!found || *found != pair) {
		free(pair);
		return found ? 0 : -ENOMEM;
	}
	if (first)
		let_neighbours_through(xfrm, true);
	*noted = true;
	return 0;
}

static void forget_policy(struct xfrm *xfrm, const struct ike_policy *policy)
{
	const struct pair key = { policy->local_ts, policy->remote_ts };
	struct pair **found = tfind(&key, &xfrm->neighbours, compare_pairs);
	struct pair *gone;

	if (!found || !covers_neighbours(policy))
		return;
	gone = *found;
	tdelete(&key, &xfrm->neighbours, compare_pairs);
	free(gone);
	if (!xfrm->neighbours)
		let_neighbours_through(xfrm, false);
}

void xfrm_forget_policies(struct xfrm *xfrm)
{
	if (xfrm->neighbours)
		let_neighbours_through(xfrm, false);
	tdestroy(xfrm->neighbours, free);
	xfrm->neighbours = NULL;
}

/* --- Policies ------------------------------------------------------------- */

const uint8_t xfrm_directions[XFRM_DIRECTIONS] = { XFRM_POLICY_IN,
	XFRM_POLICY_FWD, XFRM_POLICY_OUT };

/* A policy of ours on its way into the kernel, or out of it. */
struct change {
	struct xfrm *xfrm;
	const struct ike_policy *policy;
	bool *added; /* room for what was not there before; NULL: deleting */
	size_t steps;
	size_t undo; /* how many steps to undo */
	char said[XFRM_TEXT];
};

bool xfrm_has_direction(const struct ike_policy *policy, uint8_t direction)
{
	return direction != XFRM_POLICY_FWD ||
	       policy->mode != IKE_MODE_TRANSPORT;
}

/* First as a new one, so that we know later what to take back; one that is
 * there is replaced in one step, and stays whatever comes after: taking it away
 * would open what it closes. */
static int put_one(struct change *change, const struct xfrm_piece *piece,
	uint8_t direction, bool *added)
{
	struct xfrm *xfrm = change->xfrm;
	int error = xfrm_ask(xfrm,
		xfrm_policy_put(xfrm->out, XFRM_MSG_NEWPOLICY, change->policy,
			piece, direction),
		change->said);

	*added = error == 0;
	if (error != -EEXIST)
		return error;
	return xfrm_ask(xfrm,
		xfrm_policy_put(xfrm->out, XFRM_MSG_UPDPOLICY, change->policy,
			piece, direction),
		change->said);
}

static int put_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct change *change = ctx;

	for (size_t i = 0; i < sizeof(xfrm_directions); i++) {
		int error;

		if (!xfrm_has_direction(change->policy, xfrm_directions[i])) {
			/* One of a tunnel with these selectors has no use. */
			(void)xfrm_ask(change->xfrm,
				xfrm_policy_delete(change->xfrm->out,
					change->policy, piece,
					xfrm_directions[i]),
				NULL);
			change->added[change->steps++] = false;
			continue;
		}
		error = put_one(change, piece, xfrm_directions[i],
			&change->added[change->steps]);
		if (error < 0)
			return error;
		change->steps++;
	}
	return 0;
}

static int undo_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct change *change = ctx;

	for (size_t i = 0; i < sizeof(xfrm_directions); i++) {
		if (change->undo == change->steps)
			return 1;
		if (change->added[change->undo++])
			(void)xfrm_ask(change->xfrm,
				xfrm_policy_delete(change->xfrm->out,
					change->policy, piece,
					xfrm_directions[i]),
				NULL);
	}
	return 0;
}

static int delete_piece(void *ctx, const struct xfrm_piece *piece)
{
	struct change *change = ctx;
	int result = 0;

	for (size_t i = 0; i < sizeof(xfrm_directions); i++) {
		int error = xfrm_ask(change->xfrm,
			xfrm_policy_delete(change->xfrm->out, change->policy,
				piece, xfrm_directions[i]),
			change->said);

		if (error < 0 && error != -ENOENT)
			result = error;
	}
	return result;
}

static void refused_policy(int error, const char *said, char text[KERNEL_TEXT])
{
	if (error == -EINVAL && said[0] == '\0')
		snprintf(text, KERNEL_TEXT,
			"the kernel has no policy for these selectors");
	else
		xfrm_error_text(error, said, NULL, text);
}

int xfrm_install_policy(struct xfrm *xfrm, const struct ike_policy *policy,
	char text[KERNEL_TEXT])
{
	bool added[XFRM_MAX_BLOCKS * XFRM_MAX_BLOCKS * sizeof(xfrm_directions)];
	struct change change = {
		.xfrm = xfrm, .policy = policy, .added = added
	};
	bool noted;
	int error = note_policy(xfrm, policy, &noted);

	if (error == 0)
		error = xfrm_pieces(&policy->local_ts, &policy->remote_ts,
			put_piece, &change);
	if (error == 0)
		return 0;
	refused_policy(error, change.said, text);
	(void)xfrm_pieces(
		&policy->local_ts, &policy->remote_ts, undo_piece, &change);
	if (noted)
		forget_policy(xfrm, policy);
	return error;
}

int xfrm_remove_policy(struct xfrm *xfrm, const struct ike_policy *policy,
	char text[KERNEL_TEXT])
{
	struct change change = { .xfrm = xfrm, .policy = policy };
	int error = xfrm_pieces(
		&policy->local_ts, &policy->remote_ts, delete_piece, &change);

	forget_policy(xfrm, policy);
	if (error < 0)
		refused_policy(error, change.said, text);
	return error;
}
