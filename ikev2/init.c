/* init.c - IKE_SA_INIT (RFC 7296 sections 1.2, 2.6, 2.7, 2.10, 2.14, 2.23).
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, [N(COOKIE),] SAi1, KEi, Ni  -->
 *	                              <--  HDR, SAr1, KEr, Nr, [CERTREQ]
 *
 *	or, any number of times:      <--  HDR, N(COOKIE)
 *	                              <--  HDR, N(INVALID_KE_PAYLOAD)
 */
#include "ikev2/difference.h"
#include "ikev2/exchange.h"
#include "ikev2/explain.h"
#include "ikev2/ms_status.h"
#include "ikev2/negotiate.h"
#include "ikev2/prove.h"
#include "ikev2/wire/names.h"

enum { MAX_ROUNDS = 3 }; /* of cookies, and of other groups (N15) */

/* The keys of the new SA; the shared secret is wiped. */
static bool derive(struct ike_sa *sa, struct shared_secret *shared)
{
	const struct handshake *h = sa->handshake;
	bool ok = keymat_ike(sa->ike->crypto, &sa->suite,
		nonce_bytes(&h->nonce_i), nonce_bytes(&h->nonce_r),
		shared_bytes(shared), sa->spi_i, sa->spi_r, &sa->keys);

	sodium_memzero(shared, sizeof(*shared));
	return ok;
}

/* RFC 7383 section 2.3 */
static void announce_fragmentation(
	const struct ike_sa *sa, struct message_out *out)
{
	if (sa->fragmentation)
		write_notify(&out->c, IKEV2_FRAGMENTATION_SUPPORTED,
			bytes_of(NULL, 0));
}

/* --- Initiator ------------------------------------------------------------ */

/*
 *	HDR, [N(COOKIE),] SAi1, KEi, Ni  -->
 */
bool init_ask(struct ike_sa *sa, struct work *work, struct message_out *out)
{
	const struct ike_proposals *ours = &sa->peer->ike;
	struct handshake *h = sa->handshake;
	struct ike_header header = protect_header(sa, IKE_SA_INIT, false, 0);
	struct ike *ike = sa->ike;

	(void)work;
	if (!h->group)
		h->group = negotiate_first_group(ours);
	if (!h->group)
		return false;
	if (h->dh.group != h->group && !dh_new(ike->crypto, &h->dh, h->group,
					       ike->env.random, ike->env.ctx))
		return false;
	if (h->nonce_i.len == 0)
		nonce_new(&ike->env, &h->nonce_i);

	sa->forced_encap = sa->peer->encap == IKE_ENCAP_FORCE;
	if (h->cookie_len > 0)
		write_notify(
			&out->c, COOKIE, bytes_of(h->cookie, h->cookie_len));
	negotiate_propose(
		&out->c, ours, PROTOCOL_IKE, bytes_of(NULL, 0), NEGOTIATE_KE);
	write_ke(&out->c, h->group->id, dh_public(&h->dh));
	write_nonce(&out->c, nonce_bytes(&h->nonce_i));
	sa->fragmentation = sa->peer->fragmentation;
	announce_fragmentation(sa, out);
	prove_announce(sa, prove_hashes(sa->peer), &out->c);
	return nat_announce(ike->crypto, &out->c, &header, &sa->local,
		&sa->remote, sa->forced_encap);
}

static void ask_again(struct ike_sa *sa)
{
	const struct work again = { .exchange = &exchange_init };

	window_restart(sa);
	(void)sa_want(sa, &again);
}

/* RFC 7296 section 2.6: the same request again, the cookie in front. */
static void take_cookie(struct ike_sa *sa, struct bytes cookie)
{
	struct handshake *h = sa->handshake;

	if (cookie.len < COOKIE_LEN_MIN || cookie.len > COOKIE_LEN_MAX ||
		h->cookies == MAX_ROUNDS)
		return;
	h->cookies++;
	h->cookie_len = (uint8_t)cookie.len;
	memcpy(h->cookie, cookie.at, cookie.len);
	ask_again(sa);
}

/* RFC 7296 section 1.2: all proposals again, with the group the peer wants, if
 * that is one we offered and have not just used (N15). */
static void take_group(struct ike_sa *sa, struct bytes data)
{
	struct handshake *h = sa->handshake;
	struct reader r = reader_of(data);
	uint16_t id = read_u16(&r);
	const struct transform *group =
		r.bad ? NULL : negotiate_group(&sa->peer->ike, id);

	if (!group || group == h->group || h->regroups == MAX_ROUNDS) {
		h->hint = INVALID_KE_PAYLOAD;
		h->wanted = id;
		window_hasten(sa);
		return;
	}
	h->regroups++;
	h->group = group;
	ask_again(sa);
}

/* RFC 7296 section 2.21.1: anybody can have sent this, so it is a hint. */
static void take_hint(struct ike_sa *sa, const struct message *in)
{
	const struct payload_notify *notify = message_error(in);
	struct handshake *h = sa->handshake;

	sa->ms_status = ms_status_read(in);

	if (message_notify(in, COOKIE)) {
		take_cookie(sa, message_notify(in, COOKIE)->data);
	} else if (notify && notify->type == INVALID_KE_PAYLOAD) {
		take_group(sa, notify->data);
	} else if (notify) {
		if (h->hint == IKE_OK)
			ike_report(sa->ike, EVENT_UNPROVEN_NOTIFY,
				IKE_CAUSE_NONE, sa_peer_name(sa), NULL,
				FACTS(fact_notify("notify", notify->type)),
				"the peer answers %s, but anybody could have "
				"sent that: trying on for a while",
				notify_name(notify->type)
					? notify_name(notify->type)
					: "an unknown error");
		h->hint = (enum ike_error)notify->type;
		h->bad_answer = false;
		window_hasten(sa);
	}
}

static bool agree(struct ike_sa *sa, struct bytes peer_public)
{
	struct dh *dh = &sa->handshake->dh;
	struct shared_secret shared;

	if (dh_agree(sa->ike->crypto, dh, peer_public, &shared) != IKE_OK ||
		!derive(sa, &shared))
		return false;
	dh_wipe(dh);
	return true;
}

static void float_ports(struct ike_sa *sa)
{
	const struct nat_found *nat = &sa->nat;

	/* Another path may have a NAT: with MOBIKE always (RFC 4555 section
	 * 3.3). */
	if (!nat->supported || (!nat->local && !nat->remote &&
				       !sa->forced_encap && !sa->peer->mobike))
		return;
	sa->local.port = sa->ike->limits.nat_port;
	sa->remote.port = sa->ike->limits.nat_port;
}

/*
 *	                              <--  HDR, SAr1, KEr, Nr
 */
enum ike_error init_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	static const uint8_t none[IKE_SPI_LEN];
	const struct work auth = { .exchange = &exchange_auth };
	struct handshake *h = sa->handshake;
	struct negotiated chosen;

	(void)work;
	vendor_look(in, false, &sa->vendor);
	if (!has_payload(in, PAYLOAD_SA) || !has_payload(in, PAYLOAD_KE) ||
		!has_payload(in, PAYLOAD_NONCE) ||
		memcmp(in->header.spi_r, none, IKE_SPI_LEN) == 0) {
		take_hint(sa, in);
		return IKE_DROP;
	}
	if (negotiate_check(&sa->peer->ike, &in->sa, PROTOCOL_IKE, NEGOTIATE_KE,
		    &chosen) != IKE_OK ||
		chosen.spi.len > 0 || chosen.suite.ke != h->group ||
		in->ke.group != h->group->id) {
		h->hint = NO_PROPOSAL_CHOSEN;
		h->bad_answer = true;
		window_hasten(sa);
		return IKE_DROP;
	}
	/* Our own request, come back with another flag. */
	if (bytes_equal(in->nonce, nonce_bytes(&h->nonce_i)))
		return IKE_DROP;
	if (!nat_detect(sa->ike->crypto, in, &sa->local, &sa->remote, &sa->nat))
		return IKE_DROP;
	h->init_reply = packet_new(sa->ike->datagram->data);
	if (!h->init_reply)
		return IKE_DROP;
	memcpy(sa->spi_r, in->header.spi_r, IKE_SPI_LEN);
	sa->suite = chosen.suite;
	sa->childless = sa->peer->childless &&
			message_notify(in, CHILDLESS_IKEV2_SUPPORTED);
	nonce_keep(&h->nonce_r, in->nonce);
	prove_heed(sa, in);
	/* Not a key exchange: as if it had not come, so that our request, if it
	 * has to change, names no responder. */
	if (!agree(sa, in->ke.public)) {
		packet_unref(h->init_reply);
		h->init_reply = NULL;
		memset(sa->spi_r, 0, IKE_SPI_LEN);
		return IKE_DROP;
	}
	sa_keyed(sa);
	sa->fragmentation = sa->fragmentation &&
			    message_notify(in, IKEV2_FRAGMENTATION_SUPPORTED);
	float_ports(sa);
	(void)sa_want(sa, &auth);
	return IKE_OK;
}

void init_give_up(struct ike_sa *sa, struct work *work)
{
	enum ike_error hint = sa->handshake->hint;
	char addr[IKE_ADDR_SIZE];

	(void)work;
	ike_addr_text(&sa->remote.addr, addr);
	explain_next(sa->ike, explain_init_asked, sa);
	if (hint == NO_PROPOSAL_CHOSEN && sa->handshake->bad_answer)
		dial_attempt_failed(sa, IKE_CAUSE_PROPOSAL, hint,
			"NO_PROPOSAL_CHOSEN: %s answers with an IKE proposal "
			"that we did not make",
			addr);
	else if (hint == NO_PROPOSAL_CHOSEN)
		dial_attempt_failed(sa, IKE_CAUSE_PROPOSAL, hint,
			"NO_PROPOSAL_CHOSEN: %s accepts none of our IKE "
			"proposals, or knows no peer at our address",
			addr);
	else if (hint == INVALID_KE_PAYLOAD)
		dial_attempt_failed(sa, IKE_CAUSE_KEY_EXCHANGE, hint,
			"INVALID_KE_PAYLOAD: %s wants a key exchange that we "
			"do not offer",
			addr);
	else if (hint != IKE_OK)
		dial_attempt_failed(sa, IKE_CAUSE_REJECTED_US, hint,
			"%s refused our IKE_SA_INIT: %s", addr,
			notify_name((uint16_t)hint)
				? notify_name((uint16_t)hint)
				: "unknown error");
	else
		dial_attempt_failed(sa, IKE_CAUSE_UNREACHABLE, IKE_OK,
			"no answer from %s port %u%s", addr, sa->remote.port,
			sa->handshake->cookies > 0
				? " since it asked for a cookie"
				: "");
	sa_die(sa, IKE_CAUSE_NONE, NULL);
}

/* --- Responder ------------------------------------------------------------ */

/* The peer whose proposals decide: of those whose addresses fit and who accept
 * one of the offers, the most specific; IKE_AUTH says who it really is.  The
 * SPIs are in the header: an offer has none (RFC 7296 section 3.3.1). */
static const struct dial *choose_candidate(
	struct ike_sa *sa, const struct message *in, struct negotiated *chosen)
{
	struct ike *ike = sa->ike;
	/* Most peers have the default: what one refuses, the next one does. */
	const struct ike_proposals *refuses = NULL;
	struct dial *best = NULL, *fits = NULL;
	unsigned best_rank = 0;
	struct explain_init refused;
	char difference[DIFFERENCE_SIZE];
	char addr[IKE_ADDR_SIZE];

	for (size_t i = 0; i < ike->dials.count; i++) {
		struct dial *dial = ike->dials.dial[i];
		const struct ike_proposals *ours = &dial->peer->ike;
		unsigned rank = dial_fits(dial, &sa->local, &sa->remote);
		struct negotiated one;

		if (rank > 0 && !fits)
			fits = dial;
		if (rank <= best_rank ||
			(refuses && ike_proposals_equal(refuses, ours)))
			continue;
		if (negotiate_choose(ours, &in->sa, PROTOCOL_IKE, NEGOTIATE_KE,
			    &one) != IKE_OK ||
			one.spi.len > 0) {
			refuses = ours;
			continue;
		}
		best = dial;
		best_rank = rank;
		*chosen = one;
	}
	ike_addr_text(&sa->remote.addr, addr);
	refused = (struct explain_init){ sa, in, fits };
	if (!best)
		explain_next(ike, explain_init_refused, &refused);
	if (!best && fits)
		dial_refused(ike, fits, IKE_CAUSE_PROPOSAL, NO_PROPOSAL_CHOSEN,
			NULL, "NO_PROPOSAL_CHOSEN: IKE with %s: %s", addr,
			proposals_difference(&fits->peer->ike, &in->sa,
				PROTOCOL_IKE, NEGOTIATE_KE, difference));
	else if (!best)
		explain_stranger(ike, EVENT_STRANGER_UNKNOWN,
			NO_PROPOSAL_CHOSEN,
			FACTS(fact_notify("notify", NO_PROPOSAL_CHOSEN),
				fact_endpoint("remote", &sa->remote)),
			"%s asks for IKE, but no peer is configured for that "
			"address: NO_PROPOSAL_CHOSEN",
			addr);
	/* It may be one that is known by a name. */
	if (!best)
		dial_look_again(ike);
	return best;
}

/* How it may prove itself, whoever of those that fit it turns out to be. */
static void ask_for_proof(struct ike_sa *sa, struct chain *c)
{
	const struct dials *dials = &sa->ike->dials;
	struct authorities wanted = { .len = 0 };
	uint32_t hashes = 0;

	for (size_t i = 0; i < dials->count; i++) {
		const struct ike_peer *peer = dials->dial[i]->peer;

		if (prove_hashes(peer) == 0 ||
			dial_fits(dials->dial[i], &sa->local, &sa->remote) == 0)
			continue;
		hashes |= prove_hashes(peer);
		prove_add_authorities(&wanted, peer);
	}
	prove_announce(sa, hashes, c);
	prove_ask(&wanted, c);
}

/* A public value that the group forbids gets no answer. */
static bool agree_as_responder(struct ike_sa *sa, const struct message *in)
{
	struct handshake *h = sa->handshake;
	struct ike *ike = sa->ike;
	struct shared_secret shared;

	if (dh_answer(ike->crypto, &h->dh, h->group, ike->env.random,
		    ike->env.ctx, in->ke.public, &shared) != IKE_OK)
		return false;
	nonce_keep(&h->nonce_i, in->nonce);
	nonce_new(&ike->env, &h->nonce_r);
	return derive(sa, &shared);
}

/*
 *	                              <--  HDR, SAr1, KEr, Nr, [CERTREQ]
 */
enum ike_error init_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	struct handshake *h = sa->handshake;
	struct ike *ike = sa->ike;
	struct negotiated chosen;
	struct ike_header header = protect_header(sa, IKE_SA_INIT, true, 0);
	const struct dial *dial;

	vendor_look(in, true, &sa->vendor);
	dial = choose_candidate(sa, in, &chosen);
	if (!dial)
		return NO_PROPOSAL_CHOSEN;
	if (in->ke.group != chosen.suite.ke->id) {
		ike->wanted_group = chosen.suite.ke->id;
		return INVALID_KE_PAYLOAD;
	}
	sa->suite = chosen.suite;
	sa->childless = dial->peer->childless;
	h->group = chosen.suite.ke;
	sa->forced_encap = dial->peer->encap == IKE_ENCAP_FORCE;
	sa->fragmentation = dial->peer->fragmentation &&
			    message_notify(in, IKEV2_FRAGMENTATION_SUPPORTED);
	if (!nat_detect(ike->crypto, in, &sa->local, &sa->remote, &sa->nat) ||
		!agree_as_responder(sa, in))
		return IKE_DROP;
	prove_heed(sa, in);

	negotiate_answer(&out->c, &chosen, PROTOCOL_IKE, bytes_of(NULL, 0));
	write_ke(&out->c, h->group->id, dh_public(&h->dh));
	write_nonce(&out->c, nonce_bytes(&h->nonce_r));
	announce_fragmentation(sa, out);
	if (!nat_announce(ike->crypto, &out->c, &header, &sa->local,
		    &sa->remote, sa->forced_encap))
		return IKE_DROP;
	/* RFC 6023 section 3 */
	if (sa->childless)
		write_notify(
			&out->c, CHILDLESS_IKEV2_SUPPORTED, bytes_of(NULL, 0));
	ask_for_proof(sa, &out->c);
	dh_wipe(&h->dh);
	sa_keyed(sa);
	return IKE_OK;
}
