/* child.c - a child SA's life, and CREATE_CHILD_SA for new ones (RFC 7296 sections 1.3.1, 2.9, 2.17).
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, SK {SA, Ni, [KEi,]
 *	    TSi, TSr}                  -->
 *	                              <--  HDR, SK {SA, Nr, [KEr,]
 *	                                       TSi, TSr}
 */
#include "ikev2/child.h"

#include "ikev2/exchange.h"
#include "ikev2/negotiate.h"
#include "ikev2/wire/names.h"

#include <stdio.h>
#include <stdlib.h>

enum { RETRIES_KE = 2 };

/* --- Finding, birth, death ------------------------------------------------ */

struct child *child_find(const struct ike_sa *sa, uint64_t birth)
{
	struct child *c = sa->children;

	while (c && c->birth != birth)
		c = c->next;
	return c;
}

struct child *child_by_spi_out(const struct ike_sa *sa, uint32_t spi)
{
	struct child *c = sa->children;

	while (c && (c->state == CHILD_ASKED || c->spi_out != spi))
		c = c->next;
	return c;
}

struct child *child_up_like(const struct ike_sa *sa,
	const struct ike_child_policy *policy, const struct child *but)
{
	struct child *c = sa->children;

	while (c && (c == but || c->state != CHILD_UP || c->policy != policy))
		c = c->next;
	return c;
}

struct child *child_new(
	struct ike_sa *sa, const struct ike_child_policy *policy, bool ours)
{
	struct child *child, **at = &sa->children;

	if (sa->child_count >= MAX_CHILDREN)
		return NULL;
	child = calloc(1, sizeof(*child));
	if (!child)
		return NULL;
	child->sa = sa;
	child->birth = ++sa->ike->births;
	child->policy = policy;
	child->mode = policy->mode;
	child->ours = ours;
	child->spi_in = ike_new_esp_spi(sa->ike);
	table_add(&sa->ike->by_child_spi, &child->by_spi, child->spi_in);
	while (*at)
		at = &(*at)->next;
	*at = child;
	sa->child_count++;
	return child;
}

static void drop_asking(struct child *child)
{
	if (child->dh) {
		dh_wipe(child->dh);
		free(child->dh);
	}
	free(child->nonce);
	child->dh = NULL;
	child->nonce = NULL;
}

static void emit_delete(struct child *child, bool out)
{
	struct ike_sa *sa = child->sa;
	struct ike_effect *effect = ike_emit(sa->ike, IKE_SA_DELETE);

	effect->sa = sa->birth;
	effect->child = child->birth;
	effect->del.ref =
		(struct ike_sa_ref){ out ? child->remote : child->local,
			out ? child->spi_out : child->spi_in };
	effect->del.src = out ? child->local : child->remote;
}

/* SAs before policies: a policy without an SA lets nothing out in clear. */
static void remove_policies(struct child *child)
{
	for (size_t i = 0; i < child->held_count; i++)
		policy_release(child->sa->ike, child->held[i]);
	free(child->held);
	child->held = NULL;
	child->held_count = 0;
}

void child_remove_out(struct child *child)
{
	if (child->out_added)
		emit_delete(child, true);
	child->out_added = false;
	remove_policies(child);
}

void child_free(struct child *child)
{
	struct ike_sa *sa = child->sa;
	struct child **at = &sa->children;

	if (child->out_added)
		emit_delete(child, true);
	child->out_added = false;
	if (child->in_added)
		emit_delete(child, false);
	remove_policies(child);
	drop_asking(child);
	sa_forget_work(sa, child->birth);
	table_remove(&sa->ike->by_child_spi, &child->by_spi);
	while (*at != child)
		at = &(*at)->next;
	*at = child->next;
	sa->child_count--;
	sodium_memzero(child, sizeof(*child));
	free(child);
}

void child_down(struct child *child, const char *why)
{
	struct ike_sa *sa = child->sa;
	struct ike_effect *effect;

	effect = ike_tell(sa->ike, IKE_REPORT_CHILD_DOWN, IKE_CAUSE_NONE,
		sa->peer->name, child->policy->name, "child %s down: %s",
		child->policy->name, why);
	effect->sa = sa->birth;
	effect->child = child->birth;
}

void child_close(struct child *child)
{
	const struct work work = { .exchange = &exchange_delete,
		.child = child->birth };

	if (child->state != CHILD_UP)
		return;
	child->state = CHILD_DELETING;
	child_remove_out(child);
	(void)sa_want(child->sa, &work);
}

/* --- Selectors and policies ----------------------------------------------- */

static void own_selectors(const struct ike_sa *sa,
	const struct ike_child_policy *policy, struct selectors *local,
	struct selectors *remote)
{
	selectors_resolve(policy->local_ts, policy->local_ts_count,
		&sa->local.addr, local);
	selectors_resolve(policy->remote_ts, policy->remote_ts_count,
		&sa->remote.addr, remote);
}

/* The kernel policies that the child needs; what all of them share.  A child
 * with all its configured selectors uses the reqid of its trap; a narrowed one
 * goes in front of the trap, with a reqid of its own. */
static size_t kernel_policies(
	const struct child *child, struct ike_policy out[MAX_PAIRS])
{
	const struct ike_sa *sa = child->sa;
	struct selectors local, remote;
	size_t count = policy_pairs(child->local_ts.list, child->local_ts.count,
		child->remote_ts.list, child->remote_ts.count, out, MAX_PAIRS);
	uint64_t owner = dial_policy_owner(
		sa->ike, sa->dial, child->policy->name, &sa->remote_id);
	struct policy *there;
	uint32_t reqid;
	bool whole;

	own_selectors(sa, child->policy, &local, &remote);
	whole = selectors_equal(&local, &child->local_ts) &&
		selectors_equal(&remote, &child->remote_ts);
	there = count ? policy_find(
				sa->ike, &out[0].local_ts, &out[0].remote_ts)
		      : NULL;
	if (there && there->owner == owner)
		reqid = there->kernel.reqid;
	else if (whole && !dial_is_template(sa->dial))
		reqid = child->policy->reqid;
	else
		reqid = policy_new_reqid(sa->ike);
	for (size_t i = 0; i < count; i++) {
		out[i].local = child->local;
		out[i].remote = child->remote;
		out[i].mode = child->mode;
		out[i].reqid = reqid;
		out[i].priority =
			child->policy->priority
				? child->policy->priority
				: policy_priority(whole ? POLICY_BAND_CHILD
							: POLICY_BAND_NARROWED,
					  &out[i].local_ts, &out[i].remote_ts);
	}
	return count;
}

/* True if nobody else has any of these selectors. */
static bool policies_free(const struct ike *ike,
	const struct ike_policy *wanted, size_t count, uint64_t owner)
{
	for (size_t i = 0; i < count; i++) {
		const struct policy *there = policy_find(
			ike, &wanted[i].local_ts, &wanted[i].remote_ts);

		if (there && there->owner != owner)
			return false;
	}
	return true;
}

/* --- Into the kernel ------------------------------------------------------ */

static void emit_add(struct child *child, bool out, const struct secret *encr,
	const struct secret *integ_key)
{
	struct ike_sa *sa = child->sa;
	struct ike_effect *effect = ike_emit(sa->ike, IKE_SA_ADD);
	struct ike_ipsec_sa *add = &effect->add;

	effect->sa = sa->birth;
	effect->child = child->birth;
	add->ref = (struct ike_sa_ref){ out ? child->remote : child->local,
		out ? child->spi_out : child->spi_in };
	add->src = out ? child->local : child->remote;
	add->out = out;
	add->src_port = out ? sa->local.port : sa->remote.port;
	add->dst_port = out ? sa->remote.port : sa->local.port;
	add->encap = child->encap;
	add->mode = child->mode;
	add->reqid = child->reqid;
	add->encr = child->suite.encr;
	add->integ = child->suite.integ;
	add->esn = child->suite.esn && child->suite.esn->id == ESN_YES;
	add->encr_key = *encr;
	add->integ_key = *integ_key;
	add->replay_window = child->policy->replay_window;
	add->hard_bytes = child->policy->hard_bytes;
	add->hard_packets = child->policy->hard_packets;
	add->local_ts = child->local_ts.list[0];
	add->remote_ts = child->remote_ts.list[0];
}

/* Inbound first, then outbound, then policies: what is sent finds its SA. */
static enum ike_error install(struct child *child, struct child_keys *keys)
{
	struct ike_sa *sa = child->sa;
	uint64_t owner = dial_policy_owner(
		sa->ike, sa->dial, child->policy->name, &sa->remote_id);
	struct ike_policy wanted[MAX_PAIRS];
	size_t count = kernel_policies(child, wanted);
	bool i = child->ours;

	if (count == 0 || !policies_free(sa->ike, wanted, count, owner))
		return TS_UNACCEPTABLE;
	child->held = calloc(count, sizeof(struct policy *));
	if (!child->held)
		return TEMPORARY_FAILURE;
	child->reqid = wanted[0].reqid;
	emit_add(child, false, i ? &keys->encr_r : &keys->encr_i,
		i ? &keys->integ_r : &keys->integ_i);
	emit_add(child, true, i ? &keys->encr_i : &keys->encr_r,
		i ? &keys->integ_i : &keys->integ_r);
	child->in_added = child->out_added = true;
	for (size_t n = 0; n < count; n++) {
		struct policy *policy = policy_hold(
			sa->ike, &wanted[n], owner, sa->birth, child->birth);

		if (policy)
			child->held[child->held_count++] = policy;
	}
	child->state = CHILD_UP;
	child->up_ms = sa->ike->now.mono_ms;
	return IKE_OK;
}

static void tell_up(struct child *child)
{
	struct ike_sa *sa = child->sa;
	char suite[SUITE_NAME_SIZE], local[IKE_SELECTOR_SIZE],
		remote[IKE_SELECTOR_SIZE];
	struct ike_effect *effect;

	suite_name(&child->suite, suite, sizeof(suite));
	ike_selector_text(&child->local_ts.list[0], local);
	ike_selector_text(&child->remote_ts.list[0], remote);
	effect = ike_tell(sa->ike, IKE_REPORT_CHILD_UP, IKE_CAUSE_NONE,
		sa->peer->name, child->policy->name,
		"child %s up: %s to %s%s, %s%s, SPIs %08x in, %08x out",
		child->policy->name, local, remote,
		child->local_ts.count * child->remote_ts.count > 1 ? " .." : "",
		suite, child->encap ? " in UDP" : "", child->spi_in,
		child->spi_out);
	effect->sa = sa->birth;
	effect->child = child->birth;
	dial_child_up(sa);
}

/* --- Offering and settling: initiator ------------------------------------- */

static bool behind_nat(const struct ike_sa *sa)
{
	return sa->nat.supported && (sa->nat.local || sa->nat.remote);
}

static void fix_endpoints(struct child *child)
{
	child->local = child->sa->local.addr;
	child->remote = child->sa->remote.addr;
	child->encap =
		child->sa->local.port == child->sa->ike->limits.nat_port &&
		child->sa->peer->encap != IKE_ENCAP_NO &&
		(behind_nat(child->sa) ||
			child->sa->peer->encap == IKE_ENCAP_FORCE);
}

static void spi_octets(uint32_t spi, uint8_t out[ESP_SPI_LEN])
{
	out[0] = (uint8_t)(spi >> 24);
	out[1] = (uint8_t)(spi >> 16);
	out[2] = (uint8_t)(spi >> 8);
	out[3] = (uint8_t)spi;
}

static uint32_t spi_number(struct bytes spi)
{
	struct reader r = reader_of(spi);

	return read_u32(&r);
}

/* KE and nonce of a CREATE_CHILD_SA; the group is the work's, or our first. */
static bool offer_fresh(
	struct child *child, const struct work *work, struct message_out *out)
{
	struct ike *ike = child->sa->ike;
	const struct transform *group =
		work->group ? work->group
			    : negotiate_first_group(&child->policy->esp);

	child->nonce = calloc(1, sizeof(*child->nonce));
	if (!child->nonce)
		return false;
	child->nonce->len = NONCE_LEN;
	ike->env.random(ike->env.ctx, child->nonce->data, NONCE_LEN);
	write_nonce(&out->c, bytes_of(child->nonce->data, NONCE_LEN));
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
	if (policy->mode == IKE_MODE_TRANSPORT && behind_nat(sa))
		return "transport mode behind a NAT is not supported";
	return NULL;
}

enum ike_error child_offer(struct child *child, const struct work *work,
	struct message_out *out, bool first)
{
	struct ike_sa *sa = child->sa;
	struct selectors local, remote;
	uint8_t spi[ESP_SPI_LEN];

	spi_octets(child->spi_in, spi);
	own_selectors(sa, child->policy, &local, &remote);
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

/* The reply's selectors are ours, or narrower. */
static enum ike_error take_selectors(
	struct child *child, const struct message *in)
{
	struct selectors local, remote;
	enum ike_error err;

	own_selectors(child->sa, child->policy, &local, &remote);
	selectors_read(&in->tsi, &child->local_ts);
	selectors_read(&in->tsr, &child->remote_ts);
	err = selectors_check(&local, &child->local_ts);
	if (err != IKE_OK)
		return err;
	return selectors_check(&remote, &child->remote_ts);
}

/* KEYMAT of the first child: from the nonces of IKE_SA_INIT. */
static enum ike_error first_keys(struct child *child, struct child_keys *keys)
{
	const struct ike_sa *sa = child->sa;
	const struct handshake *h = sa->handshake;

	memcpy(child->low_nonce, sa->low_nonce, NONCE_LEN);
	if (!keymat_child(sa->ike->crypto, sa->suite.prf, &sa->keys.sk_d,
		    &child->suite, bytes_of(NULL, 0),
		    bytes_of(h->nonce_i.data, h->nonce_i.len),
		    bytes_of(h->nonce_r.data, h->nonce_r.len), keys))
		return TEMPORARY_FAILURE;
	return IKE_OK;
}

/* KEYMAT of a later child: from fresh nonces, and a key exchange if there is
 * one (RFC 7296 section 2.17).  dh is NULL without it. */
static enum ike_error fresh_keys(struct child *child, const struct dh *dh,
	const struct message *in, const struct sa_nonce *ni,
	const struct sa_nonce *nr, struct child_keys *keys)
{
	struct ike_sa *sa = child->sa;
	struct shared_secret shared = { .len = 0 };
	enum ike_error err = IKE_OK;

	if (dh)
		err = dh_agree(sa->ike->crypto, dh, in->ke.public, &shared);
	if (err == IKE_DROP)
		err = TEMPORARY_FAILURE;
	nonce_lower(ni, nr, child->low_nonce);
	if (err == IKE_OK &&
		!keymat_child(sa->ike->crypto, sa->suite.prf, &sa->keys.sk_d,
			&child->suite, shared_bytes(&shared),
			bytes_of(ni->data, ni->len),
			bytes_of(nr->data, nr->len), keys))
		err = TEMPORARY_FAILURE;
	sodium_memzero(&shared, sizeof(shared));
	return err;
}

/* Everything that the reply decides; nothing is in the kernel yet. */
static enum ike_error take_reply(struct child *child, const struct message *in,
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
	child->spi_out = spi_number(chosen.spi);
	err = take_selectors(child, in);
	if (err != IKE_OK)
		return err;
	/* RFC 7296 section 1.3.1: an initiator that wants transport mode, and
	 * does not get it, deletes the SA. */
	if ((message_notify(in, USE_TRANSPORT_MODE) != NULL) !=
		(child->mode == IKE_MODE_TRANSPORT))
		return NO_PROPOSAL_CHOSEN;
	fix_endpoints(child);
	if (first)
		return first_keys(child, keys);
	if (!has_payload(in, PAYLOAD_NONCE))
		return INVALID_SYNTAX;
	if (chosen.suite.ke &&
		(!child->dh || child->dh->group != chosen.suite.ke ||
			!has_payload(in, PAYLOAD_KE) ||
			in->ke.group != chosen.suite.ke->id))
		return INVALID_SYNTAX;
	nonce_r.len = (uint16_t)in->nonce.len;
	memcpy(nonce_r.data, in->nonce.at, in->nonce.len);
	return fresh_keys(child, chosen.suite.ke ? child->dh : NULL, in,
		child->nonce, &nonce_r, keys);
}

/* What a child's failure is called, for people and as exit code. */
static enum ike_cause cause_of(uint16_t error)
{
	return error == NO_PROPOSAL_CHOSEN   ? IKE_CAUSE_PROPOSAL
	       : error == TS_UNACCEPTABLE    ? IKE_CAUSE_SELECTORS
	       : error == INVALID_KE_PAYLOAD ? IKE_CAUSE_KEY_EXCHANGE
					     : IKE_CAUSE_FAILED;
}

static const char *words_of(uint16_t error)
{
	return error == NO_PROPOSAL_CHOSEN   ? "no ESP proposal in common"
	       : error == TS_UNACCEPTABLE    ? "no traffic selectors in common"
	       : error == INVALID_KE_PAYLOAD ? "no key exchange in common"
	       : error == TEMPORARY_FAILURE  ? "not at the moment"
	       : error == NO_ADDITIONAL_SAS  ? "no more SAs are allowed"
					     : "refused";
}

void child_refused(struct child *child, uint16_t error)
{
	struct ike_sa *sa = child->sa;
	const char *name = notify_name(error);
	const struct ike_child_policy *policy = child->policy;

	child_free(child);
	if (!sa->dial)
		return;
	dial_failed(sa->ike, sa->dial, cause_of(error), (enum ike_error)error,
		policy->name, "child %s: the peer answers %s: %s", policy->name,
		name ? name : "an unknown error", words_of(error));
	dial_retry(sa->ike, sa->dial);
}

/* The peer holds a child that we do not want: it has to be told. */
static void disown(struct child *child, enum ike_error err)
{
	struct ike_sa *sa = child->sa;
	const struct work work = { .exchange = &exchange_delete,
		.child = child->birth };

	if (sa->dial)
		dial_failed(sa->ike, sa->dial, cause_of((uint16_t)err), err,
			child->policy->name,
			"child %s: we do not accept the peer's answer: %s",
			child->policy->name, words_of((uint16_t)err));
	child->state = CHILD_DELETING;
	(void)sa_want(sa, &work);
	if (sa->dial)
		dial_retry(sa->ike, sa->dial);
}

/* Both sides made the same child at once: the one whose exchange has the lowest
 * nonce is closed by its initiator (the rule of RFC 7296 section 2.8.1, used
 * for what is not a rekey). */
static void drop_duplicate(struct child *child)
{
	struct child *other = child_up_like(child->sa, child->policy, child);
	struct child *loser;

	if (!other || other->ours == child->ours ||
		!selectors_equal(&other->local_ts, &child->local_ts) ||
		!selectors_equal(&other->remote_ts, &child->remote_ts))
		return;
	loser = memcmp(child->low_nonce, other->low_nonce, NONCE_LEN) < 0
			? child
			: other;
	if (!loser->ours)
		return;
	child_down(loser, "duplicate");
	child_close(loser);
}

static bool deleted_early(const struct child *child)
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

	if (sa->dial)
		dial_failed(sa->ike, sa->dial, IKE_CAUSE_FAILED, IKE_OK,
			child->policy->name,
			"child %s: the peer deleted it as soon as it was made",
			child->policy->name);
	child_free(child);
	if (sa->dial)
		dial_retry(sa->ike, sa->dial);
}

enum ike_error child_settle(
	struct child *child, const struct message *in, bool first)
{
	struct child_keys keys;
	enum ike_error err;

	err = take_reply(child, in, first, &keys);
	if (err == IKE_OK && deleted_early(child)) {
		sodium_memzero(&keys, sizeof(keys));
		taken_back(child);
		return IKE_OK;
	}
	if (err == IKE_OK)
		err = install(child, &keys);
	sodium_memzero(&keys, sizeof(keys));
	drop_asking(child);
	if (err != IKE_OK) {
		disown(child, err);
		return err;
	}
	tell_up(child);
	drop_duplicate(child);
	return IKE_OK;
}

/* --- Accepting: responder ------------------------------------------------- */

struct match {
	const struct ike_child_policy *policy;
	struct selectors local, remote;
};

/* Which of our children the peer means: the same selectors, else the first
 * whose selectors meet theirs (RFC 7296 section 2.9). */
static bool match_child(
	const struct ike_sa *sa, const struct message *in, struct match *match)
{
	bool transport = message_notify(in, USE_TRANSPORT_MODE) != NULL;
	struct selectors tsi, tsr;

	match->policy = NULL;
	selectors_read(&in->tsi, &tsi);
	selectors_read(&in->tsr, &tsr);
	for (size_t i = 0; i < sa->peer->child_count; i++) {
		const struct ike_child_policy *policy = &sa->peer->children[i];
		struct selectors local, remote, l, r;
		bool whole;

		/* A tunnel may answer a wish for transport mode: the peer then
		 * decides (RFC 7296 section 1.3.1); not the other way. */
		if (policy->mode == IKE_MODE_TRANSPORT &&
			(!transport || behind_nat(sa)))
			continue;
		own_selectors(sa, policy, &local, &remote);
		if (selectors_narrow(&local, &tsr, &l) != IKE_OK ||
			selectors_narrow(&remote, &tsi, &r) != IKE_OK)
			continue;
		whole = selectors_equal(&l, &local) &&
			selectors_equal(&r, &remote);
		if (match->policy && !whole)
			continue;
		match->policy = policy;
		match->local = l;
		match->remote = r;
		if (whole)
			break;
	}
	return match->policy != NULL;
}

static enum ike_error refuse_child(struct ike_sa *sa, enum ike_error err,
	const char *child, const struct message *in)
{
	char local[IKE_SELECTOR_SIZE] = "nothing";
	char remote[IKE_SELECTOR_SIZE] = "nothing";
	struct selectors tsi, tsr;

	if (!sa->dial)
		return err;
	selectors_read(&in->tsi, &tsi);
	selectors_read(&in->tsr, &tsr);
	if (tsi.count)
		ike_selector_text(&tsi.list[0], remote);
	if (tsr.count)
		ike_selector_text(&tsr.list[0], local);
	dial_refused(sa->ike, sa->dial, cause_of((uint16_t)err), err, child,
		"%s: %s (the peer asks for %s to %s%s%s)",
		notify_name((uint16_t)err), words_of((uint16_t)err), local,
		remote,
		message_notify(in, USE_TRANSPORT_MODE) ? ", transport mode"
						       : "",
		behind_nat(sa) ? ", behind a NAT" : "");
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

	fresh->nonce_r.len = NONCE_LEN;
	ike->env.random(ike->env.ctx, fresh->nonce_r.data, NONCE_LEN);
	fresh->nonce_i.len = (uint16_t)in->nonce.len;
	memcpy(fresh->nonce_i.data, in->nonce.at, in->nonce.len);
	if (group && !dh_new(ike->crypto, &fresh->dh, group, ike->env.random,
			     ike->env.ctx))
		return TEMPORARY_FAILURE;
	return fresh_keys(child, group ? &fresh->dh : NULL, in, &fresh->nonce_i,
		&fresh->nonce_r, keys);
}

/* What the reply says; only once nothing can fail any more. */
static void write_reply(const struct child *child,
	const struct negotiated *chosen, const struct fresh *fresh, bool first,
	struct message_out *out)
{
	uint8_t spi[ESP_SPI_LEN];

	spi_octets(child->spi_in, spi);
	if (child->mode == IKE_MODE_TRANSPORT)
		write_notify(&out->c, USE_TRANSPORT_MODE, bytes_of(NULL, 0));
	negotiate_answer(
		&out->c, chosen, PROTOCOL_ESP, bytes_of(spi, sizeof(spi)));
	if (!first) {
		write_nonce(&out->c,
			bytes_of(fresh->nonce_r.data, fresh->nonce_r.len));
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
		return refuse_child(sa, err, match->policy->name, in);
	if (chosen->suite.ke && (!has_payload(in, PAYLOAD_KE) ||
					in->ke.group != chosen->suite.ke->id)) {
		sa->ike->wanted_group = chosen->suite.ke->id;
		return INVALID_KE_PAYLOAD;
	}
	return IKE_OK;
}

enum ike_error child_accept(struct ike_sa *sa, const struct message *in,
	struct message_out *out, bool first)
{
	struct negotiated chosen;
	struct child_keys keys;
	struct fresh fresh;
	struct match match;
	struct child *child;
	enum ike_error err;

	if (!sa->dial)
		return NO_ADDITIONAL_SAS;
	if (!match_child(sa, in, &match))
		return refuse_child(sa, TS_UNACCEPTABLE, NULL, in);
	err = choose(sa, in, &match, first, &chosen);
	if (err != IKE_OK)
		return err;
	child = child_new(sa, match.policy, false);
	if (!child)
		return NO_ADDITIONAL_SAS;
	child->suite = chosen.suite;
	child->spi_out = spi_number(chosen.spi);
	child->local_ts = match.local;
	child->remote_ts = match.remote;
	fix_endpoints(child);
	err = first ? first_keys(child, &keys)
		    : answer_fresh(child, in, &fresh, &keys);
	if (err == IKE_OK)
		err = install(child, &keys);
	if (err == IKE_OK) {
		write_reply(child, &chosen, &fresh, first, out);
		tell_up(child);
	} else {
		child_free(child);
		(void)refuse_child(sa, err, match.policy->name, in);
	}
	sodium_memzero(&keys, sizeof(keys));
	sodium_memzero(&fresh, sizeof(fresh));
	return err;
}

/* --- CREATE_CHILD_SA ------------------------------------------------------ */

/*
 *	HDR, SK {SA, Ni, [KEi,] TSi, TSr}  -->
 */
bool child_ask(struct ike_sa *sa, struct work *work, struct message_out *out)
{
	struct child *child = child_find(sa, work->child);

	sa->early_deletes = 0;
	if (!child || child->state != CHILD_ASKED || !sa->dial)
		return false;
	/* The peer was faster: there is one already. */
	if (child_up_like(sa, child->policy, child))
		return false;
	if (child_impossible(sa, child->policy)) {
		dial_failed(sa->ike, sa->dial, IKE_CAUSE_FAILED, IKE_OK,
			child->policy->name, "child %s: %s",
			child->policy->name,
			child_impossible(sa, child->policy));
		return false;
	}
	return child_offer(child, work, out, false) == IKE_OK;
}

/*
 *	                              <--  HDR, SK {SA, Nr, [KEr,] TSi, TSr}
 */
enum ike_error child_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	enum ike_error err;
	struct child *child;

	/* RFC 7296 section 1.3.2, 1.3.3: rekeying.  NO_ADDITIONAL_SAS makes the
	 * peer close the old one and set up anew (section 2.8). */
	if (message_notify(in, REKEY_SA) || !has_payload(in, PAYLOAD_TSI) ||
		!has_payload(in, PAYLOAD_TSR))
		return NO_ADDITIONAL_SAS;
	err = child_accept(sa, in, out, false);
	if (err != IKE_OK)
		return err;
	for (child = sa->children; child->next; child = child->next)
		;
	drop_duplicate(child);
	return IKE_OK;
}

/* RFC 7296 section 1.3.1: the same again, with the group the peer wants. */
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
	drop_asking(child);
	again.group = group;
	again.tries++;
	return sa_want(child->sa, &again);
}

enum ike_error child_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	struct child *child = child_find(sa, work->child);
	const struct payload_notify *error = message_error(in);
	enum ike_error err;

	if (!child)
		return IKE_OK;
	if (error && error->type == INVALID_KE_PAYLOAD &&
		ask_with_group(child, work, error->data))
		return IKE_OK;
	if (error || !has_payload(in, PAYLOAD_SA) ||
		!has_payload(in, PAYLOAD_TSI) ||
		!has_payload(in, PAYLOAD_TSR)) {
		child_refused(child, error ? error->type : INVALID_SYNTAX);
		return IKE_OK;
	}
	err = child_settle(child, in, false);
	/* There may be more than the queue of wishes could hold. */
	if (err == IKE_OK && sa->dial)
		dial_fill(sa->ike, sa->dial);
	return err;
}

void child_give_up(struct ike_sa *sa, struct work *work)
{
	struct child *child = child_find(sa, work->child);

	if (child && child->state == CHILD_ASKED)
		child_free(child);
}
