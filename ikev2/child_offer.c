/* child_offer.c - a child as its initiator offers and settles it (RFC 7296 sections 1.3.1, 2.9).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/child.h"

#include "ikev2/exchange.h"
#include "ikev2/explain.h"
#include "ikev2/negotiate.h"
#include "ikev2/wire/names.h"

#include <stdlib.h>

enum { RETRIES_KE = 2 };

/* The group of the first KE payload.  One that the peer has chosen before is
 * likely to be its choice again; Libreswan answers another one with an error
 * that does not say which it wants. */
static const struct transform *first_guess(const struct child *child)
{
	const struct ike_proposals *ours = &child->policy->esp;
	const struct child *old = child_find(child->sa, child->replaces);
	const struct transform *last =
		old && old->suite.ke ? old->suite.ke : child->sa->suite.ke;
	const struct transform *group =
		last ? negotiate_group(ours, last->id) : NULL;

	return group ? group : negotiate_first_group(ours);
}

/* KE and nonce of a CREATE_CHILD_SA; the group is the work's, or a guess. */
static bool offer_fresh(
	struct child *child, const struct work *work, struct message_out *out)
{
	struct ike *ike = child->sa->ike;
	const struct transform *group =
		work->group ? work->group : first_guess(child);

	child->nonce = calloc(1, sizeof(*child->nonce));
	if (!child->nonce)
		return false;
	nonce_new(&ike->env, child->nonce);
	write_nonce(&out->c, nonce_bytes(child->nonce));
	if (!group)
		return true;
	child->dh = calloc(1, sizeof(*child->dh));
	if (!child->dh || !dh_new(ike->crypto, child->dh, group,
				  ike->env.random, ike->env.ctx))
		return false;
	write_ke(&out->c, group->id, dh_public(child->dh));
	return true;
}

const char *child_impossible(
	const struct ike_sa *sa, const struct ike_child_policy *policy)
{
	/* RFC 7296 section 2.23.1, until it is built. */
	if (policy->mode == IKE_MODE_TRANSPORT && child_behind_nat(sa))
		return "transport mode behind a NAT is not supported";
	return NULL;
}

/* The packet that asks for it, as of now. */
static void take_packet(struct child *child)
{
	const struct dial_packet *packet =
		child->replaces
			? NULL
			: dial_packet_of(child->sa->dial, child->policy->name);

	free(child->packet);
	child->packet = packet ? calloc(1, sizeof(*packet)) : NULL;
	if (child->packet)
		*child->packet = *packet;
}

/* What we may get: what is configured, or what the old child has in use, if no
 * reload has widened it; for a peer that takes single pairs, the addresses of the
 * packet. */
static void offered_selectors(const struct child *child,
	struct selectors *local, struct selectors *remote)
{
	if (child->replaces) {
		if (child->wider && child_wider_offer(child, local, remote))
			return;
		*local = child->local_ts;
		*remote = child->remote_ts;
		return;
	}
	child_selectors(child->sa, child->policy, local, remote);
	if (child->packet && child->packet->alone) {
		selectors_only(local, &child->packet->local);
		selectors_only(remote, &child->packet->remote);
	}
}

enum ike_error child_offer(struct child *child, const struct work *work,
	struct message_out *out, bool first)
{
	struct selectors local, remote;
	uint8_t spi[ESP_SPI_LEN];

	child_spi_octets(child->spi_in, spi);
	take_packet(child);
	offered_selectors(child, &local, &remote);
	/* RFC 7296 section 2.9: the very packet first. */
	if (child->packet) {
		selectors_put_first(&local, &child->packet->local);
		selectors_put_first(&remote, &child->packet->remote);
	}
	if (child->mode == IKE_MODE_TRANSPORT)
		write_notify(&out->c, USE_TRANSPORT_MODE, bytes_of(NULL, 0));
	negotiate_propose(&out->c, &child->policy->esp, PROTOCOL_ESP,
		bytes_of(spi, sizeof(spi)),
		first ? NEGOTIATE_WITHOUT_KE : NEGOTIATE_KE);
	if (!first && !offer_fresh(child, work, out))
		return TEMPORARY_FAILURE;
	selectors_write(&out->c, PAYLOAD_TSI, &local);
	selectors_write(&out->c, PAYLOAD_TSR, &remote);
	return IKE_OK;
}

/* The reply's selectors are ours, or narrower; but of a rekey not narrower than
 * what the old child has, which its successor has until then. */
static enum ike_error take_selectors(
	struct child *child, const struct message *in)
{
	struct selectors local, remote, to_local, to_remote;
	enum ike_error err;

	offered_selectors(child, &local, &remote);
	selectors_read(&in->tsi, &to_local);
	selectors_read(&in->tsr, &to_remote);
	err = selectors_check(&local, &to_local);
	if (err == IKE_OK)
		err = selectors_check(&remote, &to_remote);
	if (err == IKE_OK && child->replaces)
		err = child_wider_take(&to_local, &child->local_ts);
	if (err == IKE_OK && child->replaces)
		err = child_wider_take(&to_remote, &child->remote_ts);
	if (err != IKE_OK)
		return err;
	child->local_ts = to_local;
	child->remote_ts = to_remote;
	if (!child->replaces) {
		selectors_tidy(&child->local_ts);
		selectors_tidy(&child->remote_ts);
	}
	return IKE_OK;
}

enum ike_error child_take_reply(struct child *child, const struct message *in,
	bool first, struct child_keys *keys)
{
	struct negotiated chosen;
	struct sa_nonce nonce_r;
	enum ike_error err;

	err = negotiate_check(&child->policy->esp, &in->sa, PROTOCOL_ESP,
		first ? NEGOTIATE_WITHOUT_KE : NEGOTIATE_KE, &chosen);
	if (err != IKE_OK)
		return err;
	child->suite = chosen.suite;
	child->spi_out = child_spi_number(chosen.spi);
	err = take_selectors(child, in);
	if (err != IKE_OK)
		return err;
	/* RFC 7296 section 1.3.1: an initiator that wants transport mode, and
	 * does not get it, deletes the SA. */
	if ((message_notify(in, USE_TRANSPORT_MODE) != NULL) !=
		(child->mode == IKE_MODE_TRANSPORT))
		return NO_PROPOSAL_CHOSEN;
	child_fix_endpoints(child);
	if (first)
		return child_first_keys(child, keys);
	if (!has_payload(in, PAYLOAD_NONCE))
		return INVALID_SYNTAX;
	if (chosen.suite.ke &&
		(!child->dh || child->dh->group != chosen.suite.ke ||
			!has_payload(in, PAYLOAD_KE) ||
			in->ke.group != chosen.suite.ke->id))
		return INVALID_SYNTAX;
	nonce_keep(&nonce_r, in->nonce);
	return child_fresh_keys(child, chosen.suite.ke ? child->dh : NULL, in,
		child->nonce, &nonce_r, keys);
}

/* RFC 7296 section 1.3.1: the same again, with the group the peer wants; false
 * if we do not have it, or have tried. */
static bool ask_with_group(
	struct child *child, const struct work *work, struct bytes data)
{
	struct reader r = reader_of(data);
	uint16_t id = read_u16(&r);
	const struct transform *group =
		r.bad ? NULL : negotiate_group(&child->policy->esp, id);
	struct work again = *work;

	if (!group || work->tries >= RETRIES_KE ||
		(child->dh && child->dh->group == group))
		return false;
	child_drop_asking(child);
	again.group = group;
	again.tries++;
	return sa_want(child->sa, &again);
}

/* RFC 7296 section 2.9: the peer takes one pair of addresses at a time, so that
 * of the packet is asked for alone. */
static bool ask_alone(struct child *child)
{
	struct dial *dial = child->sa->dial;
	struct ike *ike = child->sa->ike;
	int i = dial ? dial_child_index(dial, child->policy->name) : -1;

	if (i < 0 || !child->packet || child->packet->alone)
		return false;
	dial->asks[i].packet.alone = true;
	child_free(child);
	dial_fill(ike, dial);
	return true;
}

enum child_reply child_read_reply(struct child *child, const struct work *work,
	const struct message *in, uint16_t *error)
{
	const struct payload_notify *notify = message_error(in);

	*error = notify ? notify->type : INVALID_SYNTAX;
	if (notify && notify->type == INVALID_KE_PAYLOAD &&
		ask_with_group(child, work, notify->data))
		return CHILD_REPLY_AGAIN;
	if (notify)
		return CHILD_REPLY_REFUSED;
	return has_payload(in, PAYLOAD_SA) && has_payload(in, PAYLOAD_TSI) &&
			       has_payload(in, PAYLOAD_TSR)
		       ? CHILD_REPLY_MADE
		       : CHILD_REPLY_UNREADABLE;
}

void child_disown(struct child *child)
{
	const struct work work = { .exchange = &exchange_delete,
		.child = child->birth };

	child->state = CHILD_DELETING;
	(void)sa_want(child->sa, &work);
}

void child_refused(struct child *child, uint16_t error,
	const struct message *in, bool first)
{
	struct ike_sa *sa = child->sa;
	const char *name = notify_name(error);
	const struct ike_child_policy *policy = child->policy;
	const struct explain_child why = { .sa = sa,
		.policy = policy,
		.in = in,
		.error = error,
		.first = first };

	if (error == SINGLE_PAIR_REQUIRED && ask_alone(child))
		return;
	child_free(child);
	if (!sa->dial)
		return;
	if (error == TEMPORARY_FAILURE) {
		ike_report(sa->ike, EVENT_ASKED_LATER, IKE_CAUSE_NONE,
			sa->peer->name, policy->name,
			FACTS(fact_notify("notify", error)),
			"child %s: the peer answers %s: asked again later",
			policy->name, name);
		ike_touch_dial(sa->ike, sa->dial);
		sa_not_now(sa, &sa->busy_ms, &sa->dial->next_try_ms);
		return;
	}
	explain_next(sa->ike, explain_child_asked, &why);
	dial_failed(sa->ike, sa->dial, child_cause(error),
		(enum ike_error)error, policy->name,
		"child %s: the peer answers %s: %s", policy->name,
		name ? name : "an unknown error", child_words(error));
	dial_retry(sa->ike, sa->dial, policy->name);
}

void child_reject(struct child *child, enum ike_error err,
	const struct message *in, bool first)
{
	struct ike_sa *sa = child->sa;
	const struct explain_child why = { .sa = sa,
		.policy = child->policy,
		.in = in,
		.error = (uint16_t)err,
		.first = first };

	if (sa->dial) {
		explain_next(sa->ike, explain_child_asked, &why);
		dial_failed(sa->ike, sa->dial, child_cause((uint16_t)err), err,
			child->policy->name,
			"child %s: we do not accept the peer's answer: %s",
			child->policy->name, child_words((uint16_t)err));
	}
	child_disown(child);
	if (sa->dial)
		dial_retry(sa->ike, sa->dial, child->policy->name);
}

bool child_deleted_early(const struct child *child)
{
	const struct ike_sa *sa = child->sa;

	for (uint8_t i = 0; i < sa->early_deletes; i++) {
		if (sa->early_delete[i] == child->spi_out)
			return true;
	}
	return false;
}

static void taken_back(struct child *child)
{
	struct ike_sa *sa = child->sa;
	const char *name = child->policy->name;

	if (sa->dial)
		dial_failed(sa->ike, sa->dial, IKE_CAUSE_FAILED, IKE_OK, name,
			"child %s: the peer deleted it as soon as it was made",
			name);
	child_free(child);
	if (sa->dial)
		dial_retry(sa->ike, sa->dial, name);
}

enum ike_error child_settle(
	struct child *child, const struct message *in, bool first)
{
	struct child_keys keys;
	enum ike_error err;

	err = child_take_reply(child, in, first, &keys);
	if (err == IKE_OK && child_deleted_early(child)) {
		sodium_memzero(&keys, sizeof(keys));
		taken_back(child);
		return IKE_OK;
	}
	if (err == IKE_OK)
		err = child_install(child, &keys, CHILD_OUT_NOW);
	sodium_memzero(&keys, sizeof(keys));
	child_drop_asking(child);
	if (err != IKE_OK) {
		child_reject(child, err, in, first);
		return err;
	}
	ike_then(child, child_came_up);
	return IKE_OK;
}
