/* child_accept.c - a child as its responder accepts it (RFC 7296 sections 1.3.1, 2.9).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"

#include "ikev2/difference.h"
#include "ikev2/exchange.h"
#include "ikev2/explain.h"
#include "ikev2/negotiate.h"
#include "ikev2/wire/names.h"

#include <stdio.h>

enum {
	PAIR_SIZE = 2 * IKE_SELECTOR_SIZE + 8,
	DECLINE_MS = 10000,
};

struct match {
	const struct ike_child_policy *policy;
	struct selectors local, remote;
};

/* Which of our children the peer means: one that holds its first choice, which
 * may be the packet that it has (RFC 7296 section 2.9: then it must be in the
 * answer); among those the same selectors, and of several with them (marks and
 * interfaces tell those apart, which the peer knows nothing of) one that is not
 * up; else the first whose selectors meet theirs. */
static bool match_child(
	const struct ike_sa *sa, const struct message *in, struct match *match)
{
	bool transport = message_notify(in, USE_TRANSPORT_MODE) != NULL;
	struct selectors tsi, tsr;
	unsigned best = 0;

	match->policy = NULL;
	selectors_read(&in->tsi, &tsi);
	selectors_read(&in->tsr, &tsr);
	for (size_t i = 0; i < sa->peer->child_count; i++) {
		const struct ike_child_policy *policy = &sa->peer->children[i];
		struct selectors local, remote, l, r;
		unsigned fit;

		if (ike_is_shunt(policy->mode))
			continue;
		/* A tunnel may answer a wish for transport mode: the peer then
		 * decides (RFC 7296 section 1.3.1); not the other way. */
		if (policy->mode == IKE_MODE_TRANSPORT &&
			(!transport || child_behind_nat(sa)))
			continue;
		child_selectors(sa, policy, &local, &remote);
		if (selectors_narrow(&local, &tsr, &l) != IKE_OK ||
			selectors_narrow(&remote, &tsi, &r) != IKE_OK)
			continue;
		fit = 1;
		if (selectors_cover(&l, &local) && selectors_cover(&r, &remote))
			fit += child_up_like(sa, policy, NULL) ? 1 : 2;
		if (selectors_around(&l, &tsr.list[0]) &&
			selectors_around(&r, &tsi.list[0]))
			fit += 3;
		if (fit <= best)
			continue;
		*match = (struct match){ policy, l, r };
		best = fit;
	}
	return match->policy != NULL;
}

/* "10.2.0.0/16 to 10.1.0.0/16": of several the first. */
static void write_pair(char out[PAIR_SIZE], const struct ike_selector *local,
	const struct ike_selector *remote)
{
	char from[IKE_SELECTOR_SIZE] = "nothing",
	     to[IKE_SELECTOR_SIZE] = "nothing";

	if (local)
		ike_selector_text(local, from);
	if (remote)
		ike_selector_text(remote, to);
	snprintf(out, PAIR_SIZE, "%s to %s", from, to);
}

/* As we see it, theirs and ours. */
static void refuse_selectors(
	struct ike_sa *sa, enum ike_error err, const struct message *in)
{
	const struct ike_peer *peer = sa->dial->peer;
	const struct ike_child_policy *own = peer->children;
	char asked[PAIR_SIZE], have[PAIR_SIZE] = "no child";
	struct selectors tsi, tsr;

	selectors_read(&in->tsi, &tsi);
	selectors_read(&in->tsr, &tsr);
	write_pair(asked, tsr.count ? tsr.list : NULL,
		tsi.count ? tsi.list : NULL);
	if (peer->child_count > 0)
		write_pair(have, own->local_ts, own->remote_ts);
	dial_refused(sa->ike, sa->dial, child_cause((uint16_t)err), err, NULL,
		"%s: the peer asks for %s%s%s, we have %s%s%s",
		notify_name((uint16_t)err), asked,
		message_notify(in, USE_TRANSPORT_MODE) ? ", transport mode"
						       : "",
		child_behind_nat(sa) ? ", behind a NAT" : "", have,
		peer->child_count > 0 && own->mode == IKE_MODE_TRANSPORT
			? ", transport mode"
			: "",
		peer->child_count > 1 ? " and others" : "");
}

/* policy NULL: none fits the selectors. */
static enum ike_error refuse_child(struct ike_sa *sa, enum ike_error err,
	const struct ike_child_policy *policy, const struct message *in,
	bool first)
{
	const struct explain_child why = { .sa = sa,
		.policy = policy,
		.in = in,
		.error = (uint16_t)err,
		.first = first };
	char difference[DIFFERENCE_SIZE];

	if (!sa->dial)
		return err;
	explain_next(sa->ike, explain_child_refused, &why);
	if (!policy) {
		refuse_selectors(sa, err, in);
		return err;
	}
	if (err == NO_PROPOSAL_CHOSEN)
		dial_refused(sa->ike, sa->dial, IKE_CAUSE_PROPOSAL, err,
			policy->name, "%s: child %s: %s",
			notify_name((uint16_t)err), policy->name,
			proposals_difference(&policy->esp, &in->sa,
				PROTOCOL_ESP,
				first ? NEGOTIATE_WITHOUT_KE : NEGOTIATE_KE,
				difference));
	else
		dial_refused(sa->ike, sa->dial, child_cause((uint16_t)err), err,
			policy->name, "%s: child %s: %s",
			notify_name((uint16_t)err), policy->name,
			child_words((uint16_t)err));
	return err;
}

/* The exchange's own key material, as responder. */
struct fresh {
	struct dh dh;
	struct sa_nonce nonce_i, nonce_r;
};

static enum ike_error answer_fresh(struct child *child,
	const struct message *in, struct fresh *fresh, struct child_keys *keys)
{
	struct ike *ike = child->sa->ike;
	const struct transform *group = child->suite.ke;

	nonce_new(&ike->env, &fresh->nonce_r);
	nonce_keep(&fresh->nonce_i, in->nonce);
	if (group && !dh_new(ike->crypto, &fresh->dh, group, ike->env.random,
			     ike->env.ctx))
		return TEMPORARY_FAILURE;
	return child_fresh_keys(child, group ? &fresh->dh : NULL, in,
		&fresh->nonce_i, &fresh->nonce_r, keys);
}

/* What the reply says; only once nothing can fail any more. */
static void write_reply(const struct child *child,
	const struct negotiated *chosen, const struct fresh *fresh, bool first,
	struct message_out *out)
{
	uint8_t spi[ESP_SPI_LEN];

	child_spi_octets(child->spi_in, spi);
	if (child->mode == IKE_MODE_TRANSPORT)
		write_notify(&out->c, USE_TRANSPORT_MODE, bytes_of(NULL, 0));
	negotiate_answer(
		&out->c, chosen, PROTOCOL_ESP, bytes_of(spi, sizeof(spi)));
	if (!first) {
		write_nonce(&out->c, nonce_bytes(&fresh->nonce_r));
		if (child->suite.ke)
			write_ke(&out->c, child->suite.ke->id,
				dh_public(&fresh->dh));
	}
	selectors_write(&out->c, PAYLOAD_TSI, &child->remote_ts);
	selectors_write(&out->c, PAYLOAD_TSR, &child->local_ts);
}

/* Choose a proposal and a group; nothing is made yet. */
static enum ike_error choose(struct ike_sa *sa, const struct message *in,
	const struct match *match, bool first, struct negotiated *chosen)
{
	enum ike_error err;

	err = negotiate_choose(&match->policy->esp, &in->sa, PROTOCOL_ESP,
		first ? NEGOTIATE_WITHOUT_KE : NEGOTIATE_KE, chosen);
	if (err != IKE_OK)
		return refuse_child(sa, err, match->policy, in, first);
	if (chosen->suite.ke && (!has_payload(in, PAYLOAD_KE) ||
					in->ke.group != chosen->suite.ke->id)) {
		sa->ike->wanted_group = chosen->suite.ke->id;
		return INVALID_KE_PAYLOAD;
	}
	return IKE_OK;
}

/* A child that is decided, into the kernel and the reply. */
static enum ike_error make(struct child *child, const struct message *in,
	const struct negotiated *chosen, bool first, enum child_out late,
	struct message_out *out)
{
	struct child_keys keys;
	struct fresh fresh;
	enum ike_error err;

	child->suite = chosen->suite;
	child->spi_out = child_spi_number(chosen->spi);
	child_fix_endpoints(child);
	err = first ? child_first_keys(child, &keys)
		    : answer_fresh(child, in, &fresh, &keys);
	if (err == IKE_OK)
		err = child_install(child, &keys, late);
	if (err == IKE_OK)
		write_reply(child, chosen, &fresh, first, out);
	sodium_memzero(&keys, sizeof(keys));
	sodium_memzero(&fresh, sizeof(fresh));
	return err;
}

/* Beside one that an older IKE SA still carries ours goes out later, as in a
 * rekey: when the peer is ready for it (RFC 7296 section 2.8). */
static enum child_out out_when(
	const struct ike_sa *sa, const struct ike_child_policy *policy)
{
	struct ike_sa *other = dial_next_alike(sa, NULL);

	while (other &&
		!(other->outgoing && child_up_like(other, policy, NULL)))
		other = dial_next_alike(sa, other);
	return other ? CHILD_OUT_LATER : CHILD_OUT_NOW;
}

enum ike_error child_accept(struct ike_sa *sa, const struct message *in,
	struct message_out *out, bool first)
{
	struct negotiated chosen;
	struct match match;
	struct child *child;
	enum ike_error err;

	if (!sa->dial)
		return NO_ADDITIONAL_SAS;
	if (!match_child(sa, in, &match))
		return refuse_child(sa, TS_UNACCEPTABLE, NULL, in, first);
	err = choose(sa, in, &match, first, &chosen);
	if (err != IKE_OK)
		return err;
	child = child_new(sa, match.policy, false);
	if (!child)
		return NO_ADDITIONAL_SAS;
	child->local_ts = match.local;
	child->remote_ts = match.remote;
	child->bent = child->mode == IKE_MODE_TUNNEL &&
		      message_notify(in, USE_TRANSPORT_MODE) != NULL;
	err = make(child, in, &chosen, first, out_when(sa, match.policy), out);
	if (err == IKE_OK) {
		ike_then(child, child_came_up);
		return IKE_OK;
	}
	child_free(child);
	return refuse_child(sa, err, match.policy, in, first);
}

/* What of these the peer asks for, if that is no less than the old child has in
 * use. */
static bool meet_old(const struct child *old, const struct message *in,
	const struct selectors *local, const struct selectors *remote,
	struct match *match)
{
	struct selectors tsi, tsr;

	selectors_read(&in->tsi, &tsi);
	selectors_read(&in->tsr, &tsr);
	return selectors_narrow(local, &tsr, &match->local) == IKE_OK &&
	       selectors_narrow(remote, &tsi, &match->remote) == IKE_OK &&
	       child_wider_take(&match->local, &old->local_ts) == IKE_OK &&
	       child_wider_take(&match->remote, &old->remote_ts) == IKE_OK;
}

/* RFC 7296 section 2.9.2: no less than what the old child has in use, and more,
 * if both sides are configured so by now and the kernel can have it. */
static bool match_old(
	const struct child *old, const struct message *in, struct match *match)
{
	bool transport = message_notify(in, USE_TRANSPORT_MODE) != NULL;
	struct selectors local, remote;

	match->policy = old->policy;
	if (!transport && old->mode != IKE_MODE_TUNNEL)
		return false;
	child_wider_allow(old, &local, &remote);
	if (meet_old(old, in, &local, &remote, match) &&
		child_can_hold(old, &match->local, &match->remote))
		return true;
	return meet_old(old, in, &old->local_ts, &old->remote_ts, match);
}

enum ike_error child_accept_rekey(
	struct child *old, const struct message *in, struct message_out *out)
{
	struct ike_sa *sa = old->sa;
	struct negotiated chosen;
	struct match match;
	struct child *child;
	enum ike_error err;

	if (!match_old(old, in, &match))
		return refuse_child(
			sa, TS_UNACCEPTABLE, old->policy, in, false);
	err = choose(sa, in, &match, false, &chosen);
	if (err != IKE_OK)
		return err;
	child = child_new(sa, old->policy, false);
	if (!child)
		return NO_ADDITIONAL_SAS;
	child->mode = old->mode;
	child->replaces = old->birth;
	child->local_ts = match.local;
	child->remote_ts = match.remote;
	child_wider_inherit(child, old);
	err = make(child, in, &chosen, false, CHILD_OUT_LATER, out);
	if (err == IKE_OK) {
		old->peer_successor = child->birth;
		return IKE_OK;
	}
	child_free(child);
	return refuse_child(sa, err, old->policy, in, false);
}

/* Whoever wanted transport mode says no to a tunnel at once; one that has lived
 * has another reason to end. */
void child_declined(const struct child *child)
{
	struct ike_sa *sa = child->sa;
	const struct explain_child why = { .sa = sa, .policy = child->policy };

	if (!child->bent || !sa->dial ||
		sa->ike->now.mono_ms - child->up_ms > DECLINE_MS)
		return;
	explain_next(sa->ike, explain_mode_declined, &why);
	dial_refused(sa->ike, sa->dial, IKE_CAUSE_PROPOSAL, IKE_OK,
		child->policy->name,
		"child %s: the peer asked for transport mode, was given a "
		"tunnel, and has deleted it",
		child->policy->name);
}

void child_unsaid(struct ike_sa *sa, uint64_t birth)
{
	struct child *child = sa->children, *next;

	for (; child; child = next) {
		next = child->next;
		if (child->birth > birth)
			child_free(child);
	}
}
