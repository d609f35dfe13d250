/* rekey.c - CREATE_CHILD_SA that replaces the IKE SA, and collisions (RFC 7296 sections 1.3.2, 2.8, 2.8.2, 2.18, 2.25.2).
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, SK {SA, Ni, KEi}          -->
 *	                              <--  HDR, SK {SA, Nr, KEr}
 *	then: HDR, SK {D}              -->
 *	                              <--  HDR, SK {}
 *
 * The children move to the new IKE SA: at its initiator when the reply is in,
 * at its responder when the peer first uses it, or deletes the old one.  If
 * both sides rekey at once, the new SA whose exchange has the lowest of the
 * four nonces is deleted by its initiator, and the children go to the other.
 */
#include "ikev2/child.h"
#include "ikev2/counts.h"
#include "ikev2/exchange.h"
#include "ikev2/explain.h"
#include "ikev2/negotiate.h"
#include "ikev2/verify.h"
#include "ikev2/wire/names.h"

enum {
	RETRY_MS = 5000,          /* after TEMPORARY_FAILURE, at first */
	RETRY_REFUSED_MS = 60000, /* after an error that stays, and at most */
	REFUSED_TOO_LONG_MS = 180000,
	RETRIES_KE = 2,
	/* The peer has time to delete its one that lost a collision. */
	REDUNDANT_MS = 60000,
};

bool rekey_is_asked(const struct ike_sa *sa)
{
	return sa->window.request &&
	       sa->window.work.exchange == &exchange_rekey;
}

bool sa_is_rekeying(const struct ike_sa *sa)
{
	return rekey_heir(sa) || rekey_is_asked(sa);
}

/* Each wait is as long as all before it, and a quarter more or less: two sides
 * that refuse each other must not meet again. */
static uint64_t back_off(struct ike *ike, uint64_t waited_ms)
{
	uint64_t wait = RETRY_MS + waited_ms;
	uint8_t jitter;

	if (wait > RETRY_REFUSED_MS)
		wait = RETRY_REFUSED_MS;
	ike->env.random(ike->env.ctx, &jitter, 1);
	return wait - wait / 4 + wait * jitter / 512;
}

void sa_not_now(struct ike_sa *sa, uint64_t *since_ms, uint64_t *again_ms)
{
	uint64_t now = sa->ike->now.mono_ms;
	struct dial *dial = sa->dial;

	if (*since_ms == 0)
		*since_ms = now;
	*again_ms = now + back_off(sa->ike, now - *since_ms);
	if (now - *since_ms < REFUSED_TOO_LONG_MS)
		return;
	sa_close(sa, "the peer is busy for minutes");
	if (dial)
		dial_lost(sa->ike, dial);
}

/* --- The new SA ----------------------------------------------------------- */

/* RFC 7296 section 2.18: the old SK_d and the old PRF make the new SKEYSEED.
 * The old SA's proof of who the peer is, is the new one's. */
static enum ike_error inherit(
	struct ike_sa *fresh, struct ike_sa *old, struct bytes peer_public)
{
	struct handshake *h = fresh->handshake;
	struct shared_secret shared;
	struct verified *proof;
	enum ike_error err;
	bool ok;

	err = dh_agree(old->ike->crypto, &h->dh, peer_public, &shared);
	if (err != IKE_OK)
		return err == IKE_DROP ? TEMPORARY_FAILURE : INVALID_SYNTAX;
	ok = keymat_ike_rekey(old->ike->crypto, old->suite.prf, &old->keys.sk_d,
		&fresh->suite, nonce_bytes(&h->nonce_i),
		nonce_bytes(&h->nonce_r), shared_bytes(&shared), fresh->spi_i,
		fresh->spi_r, &fresh->keys);
	sodium_memzero(&shared, sizeof(shared));
	proof = ok ? verify_inherited(fresh, old) : NULL;
	if (!proof)
		return TEMPORARY_FAILURE;
	/* Its configuration may have changed since the new SA was asked for. */
	ike_peer_unref(fresh->peer);
	fresh->peer = ike_peer_ref(old->peer);
	fresh->local_id = old->local_id;
	fresh->local_auth = old->local_auth;
	fresh->window.rtt_ms = old->window.rtt_ms;
	fresh->window.rtt_known = old->window.rtt_known;
	fresh->nat = old->nat;
	reauth_inherit(fresh, old);
	fresh->fragmentation = old->fragmentation;
	mobike_inherit(fresh, old);
	fresh->forced_encap = old->forced_encap;
	/* It may have moved since its successor was asked for. */
	fresh->local = old->local;
	fresh->remote = old->remote;
	if (!fresh->dial && old->dial)
		dial_adopt(old->dial, fresh);
	sa_keyed(fresh);
	sa_establish(fresh, proof);
	sa_handshake_done(fresh);
	return IKE_OK;
}

static void tell_rekeyed(const struct ike_sa *sa)
{
	struct ike_effect *effect = ike_report(sa->ike, EVENT_REKEYED,
		IKE_CAUSE_NONE, sa->peer->name, NULL,
		FACTS(fact_text(
			"role", sa->initiator ? "initiator" : "responder")),
		"IKE SA rekeyed (we are %s)",
		sa->initiator ? "initiator" : "responder");

	effect->sa = sa->birth;
	count_rekey(sa, false);
}

/* The old one stays; for an error that passes it is not a failure yet. */
static void tell_refused(const struct ike_sa *sa, uint16_t error)
{
	const bool passes = error == TEMPORARY_FAILURE;
	const char *name = notify_name(error);
	char text[EXPLAIN_TEXT_SIZE];

	snprintf(text, sizeof(text), "the IKE SA is not rekeyed: %s",
		name ? name : "unknown error");
	if (!passes) {
		count_rekey_failed(sa);
		explain_next(sa->ike, explain_rekey_asked, sa);
		explain_tell(sa->ike, child_cause(error), (enum ike_error)error,
			sa->peer->name, NULL, text);
	}
	ike_report(sa->ike, passes ? EVENT_ASKED_LATER : EVENT_REKEY_FAILED,
		child_cause(error), sa->peer->name, NULL,
		FACTS(fact_notify("notify", error)), "%s", text);
}

/* All children, and what is still to be asked about them. */
static void move_children(struct ike_sa *to, struct ike_sa *from)
{
	struct child **at = &to->children;

	while (*at)
		at = &(*at)->next;
	*at = from->children;
	for (struct child *c = from->children; c; c = c->next)
		c->sa = to;
	to->child_count += from->child_count;
	from->children = NULL;
	from->child_count = 0;
	for (size_t i = 0; i < from->queue_count; i++) {
		if (from->queue[i].child)
			(void)sa_want(to, &from->queue[i]);
	}
	mobike_go_on(to, from);
	from->queue_count = 0;
	sa_children_follow(to);
	ike_touch(to);
	ike_touch(from);
}

void rekey_take_over(struct ike_sa *sa)
{
	struct ike_sa *old = ike_find_birth(sa->ike, sa->predecessor);

	sa->predecessor = 0;
	if (old && old->phase != PHASE_DEAD)
		move_children(sa, old);
}

struct ike_sa *rekey_heir(const struct ike_sa *sa)
{
	struct ike_sa *heir = ike_find_birth(sa->ike, sa->peer_successor);

	return heir && heir->phase == PHASE_ESTABLISHED && !heir->redundant
		       ? heir
		       : NULL;
}

/* Ours, asked for and not there yet. */
static struct ike_sa *asked(const struct ike_sa *sa)
{
	struct ike_sa *fresh = ike_find_birth(sa->ike, sa->successor);

	return fresh && fresh->phase == PHASE_INIT ? fresh : NULL;
}

void rekey_forget(struct ike_sa *sa)
{
	struct ike_sa *fresh = asked(sa);

	if (!fresh)
		return;
	sa->successor = 0;
	sa_die(fresh, IKE_CAUSE_NONE, NULL);
}

void rekey_unsaid(struct ike_sa *sa)
{
	struct ike_sa *fresh = rekey_heir(sa);

	sa->peer_successor = 0;
	sa->rival = false;
	if (!fresh)
		return;
	fresh->predecessor = 0;
	sa_close_quietly(fresh);
}

/* What we offer: with the PRF in use only, unless the peer has refused that. */
static void offered(const struct ike_sa *sa, const struct work *work,
	struct ike_proposals *out)
{
	if (work->any_prf)
		*out = sa->peer->ike;
	else
		negotiate_keep_prf(&sa->peer->ike, sa->suite.prf, out);
}

/* --- Initiator ------------------------------------------------------------ */

static struct ike_sa *successor_of(struct ike_sa *sa, const struct work *work)
{
	struct ike_sa *fresh = asked(sa);
	const struct transform *group =
		work->group ? work->group : sa->suite.ke;
	struct ike_proposals ours;
	struct ike *ike = sa->ike;

	offered(sa, work, &ours);
	if (!fresh) {
		fresh = sa_new(ike, true, &sa->local, &sa->remote);
		if (!fresh)
			return NULL;
		fresh->peer = ike_peer_ref(sa->peer);
		sa->successor = fresh->birth;
		nonce_new(&ike->env, &fresh->handshake->nonce_i);
	}
	/* The configuration may have changed: then its first group. */
	if (!negotiate_group(&ours, group->id))
		group = negotiate_first_group(&ours);
	if (!group || (fresh->handshake->dh.group != group &&
			      !dh_new(ike->crypto, &fresh->handshake->dh, group,
				      ike->env.random, ike->env.ctx)))
		return NULL;
	return fresh;
}

/*
 *	HDR, SK {SA, Ni, KEi}          -->
 */
bool rekey_ask(struct ike_sa *sa, struct work *work, struct message_out *out)
{
	struct ike_proposals ours;
	struct ike_sa *fresh;
	const struct handshake *h;

	if (rekey_heir(sa) || !sa->dial || sa->redundant)
		return false;
	fresh = successor_of(sa, work);
	if (!fresh)
		return false;
	h = fresh->handshake;
	offered(sa, work, &ours);
	negotiate_propose(&out->c, &ours, PROTOCOL_IKE,
		bytes_of(fresh->spi_i, IKE_SPI_LEN), NEGOTIATE_KE);
	write_nonce(&out->c, nonce_bytes(&h->nonce_i));
	write_ke(&out->c, h->dh.group->id, dh_public(&h->dh));
	return true;
}

static void try_later(struct ike_sa *sa)
{
	rekey_forget(sa);
	sa->refused_ms = 0;
	sa->rekey_at_ms = sa->ike->now.mono_ms + RETRY_REFUSED_MS;
}

static void refused(struct ike_sa *sa, uint16_t error)
{
	tell_refused(sa, error);
	rekey_forget(sa);
	if (error == TEMPORARY_FAILURE)
		sa_not_now(sa, &sa->refused_ms, &sa->rekey_at_ms);
	else
		try_later(sa);
}

static bool ask_with_group(
	struct ike_sa *sa, const struct work *work, struct bytes data)
{
	struct ike_sa *fresh = asked(sa);
	struct reader r = reader_of(data);
	uint16_t id = read_u16(&r);
	struct work again = *work;

	again.group = r.bad ? NULL : negotiate_group(&sa->peer->ike, id);
	if (!fresh || !again.group || again.tries >= RETRIES_KE ||
		fresh->handshake->dh.group == again.group)
		return false;
	again.tries++;
	return sa_want(sa, &again);
}

/* The peer may have given up the PRF in use. */
static bool ask_with_any_prf(struct ike_sa *sa, const struct work *work)
{
	struct work again = *work;

	again.any_prf = true;
	return asked(sa) && !work->any_prf && sa_want(sa, &again);
}

/* What the reply decides, checked against what we offered. */
static enum ike_error take_reply(struct ike_sa *sa, const struct work *work,
	struct ike_sa *fresh, const struct message *in)
{
	struct handshake *h = fresh->handshake;
	struct ike_proposals ours;
	struct negotiated chosen;
	enum ike_error err;

	if (!has_payload(in, PAYLOAD_SA) || !has_payload(in, PAYLOAD_KE) ||
		!has_payload(in, PAYLOAD_NONCE))
		return INVALID_SYNTAX;
	offered(sa, work, &ours);
	err = negotiate_check(
		&ours, &in->sa, PROTOCOL_IKE, NEGOTIATE_KE, &chosen);
	if (err != IKE_OK)
		return err;
	if (chosen.spi.len != IKE_SPI_LEN || chosen.suite.ke != h->dh.group ||
		in->ke.group != h->dh.group->id)
		return INVALID_SYNTAX;
	memcpy(fresh->spi_r, chosen.spi.at, IKE_SPI_LEN);
	fresh->suite = chosen.suite;
	nonce_keep(&h->nonce_r, in->nonce);
	return inherit(fresh, sa, in->ke.public);
}

/* RFC 7296 section 2.8.2 */
static bool lost(const struct ike_sa *sa, const struct ike_sa *fresh)
{
	return sa->rival &&
	       memcmp(fresh->low_nonce, sa->rival_nonce, NONCE_LEN) < 0;
}

/* The peer deletes the one that it asked for, but if it has not heard of it. */
static void make_redundant(struct ike_sa *rival)
{
	rival->redundant = true;
	rival->close_ms = rival->ike->now.mono_ms + REDUNDANT_MS;
	ike_touch(rival);
}

/* The new SA carries on: alone, or as winner of a collision. */
static void take_over(struct ike_sa *fresh, struct ike_sa *old)
{
	struct ike_sa *rival = rekey_heir(old);

	if (rival)
		make_redundant(rival);
	tell_rekeyed(fresh);
	/* The peer goes on with the old one, so its children are there. */
	rekey_take_over(old);
	move_children(fresh, old);
	sa_close_quietly(old);
	old->successor = fresh->birth; /* where that moves, its Delete goes */
}

/*
 *	                              <--  HDR, SK {SA, Nr, KEr}
 */
enum ike_error rekey_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	const struct payload_notify *error = message_error(in);
	struct ike_sa *fresh = asked(sa);
	/* or about to be, as a duplicate */
	bool closed = sa->phase != PHASE_ESTABLISHED || sa->redundant;
	enum ike_error err;

	if (!fresh || (error && closed))
		return IKE_OK;
	if (error && error->type == INVALID_KE_PAYLOAD &&
		ask_with_group(sa, work, error->data))
		return IKE_OK;
	if (error && error->type == NO_PROPOSAL_CHOSEN &&
		ask_with_any_prf(sa, work))
		return IKE_OK;
	if (error) {
		refused(sa, error->type);
		return IKE_OK;
	}
	err = take_reply(sa, work, fresh, in);
	if (err != IKE_OK && !closed) {
		tell_refused(sa, (uint16_t)err);
		try_later(sa);
	}
	if (err != IKE_OK)
		return err;
	if (closed || lost(sa, fresh))
		sa_close_quietly(fresh);
	else
		take_over(fresh, sa);
	return IKE_OK;
}

/* Not asked at all, or without an answer: then the SA itself ends. */
void rekey_give_up(struct ike_sa *sa, struct work *work)
{
	(void)work;
	try_later(sa);
}

void rekey_unreadable(struct ike_sa *sa, struct work *work)
{
	(void)work;
	if (asked(sa))
		tell_refused(sa, INVALID_SYNTAX);
	try_later(sa);
}

/* --- Responder ------------------------------------------------------------ */

/* RFC 7296 section 2.25.1: a child is being made, rekeyed or closed. */
static bool busy(const struct ike_sa *sa)
{
	const struct work *flight = &sa->window.work;

	/* A duplicate that we are about to delete must not live on as another. */
	if (sa->redundant)
		return true;
	return rekey_heir(sa) || (sa->window.request && !rekey_is_asked(sa) &&
					 flight->child != 0);
}

static enum ike_error choose(const struct ike_sa *sa,
	const struct payload_sa *theirs, struct negotiated *out)
{
	struct ike_proposals ours;
	enum ike_error err;

	negotiate_keep_prf(&sa->peer->ike, sa->suite.prf, &ours);
	err = negotiate_choose(&ours, theirs, PROTOCOL_IKE, NEGOTIATE_KE, out);
	if (err == NO_PROPOSAL_CHOSEN)
		err = negotiate_choose(&sa->peer->ike, theirs, PROTOCOL_IKE,
			NEGOTIATE_KE, out);
	return err;
}

/* No news: the old one stays, and the peer may ask otherwise; but why, if somebody
 * asks. */
static enum ike_error refuse(struct ike_sa *sa, const struct message *in)
{
	const struct explain_init why = { sa, in, sa->dial };

	if (!ike_may_complain(sa->ike))
		return NO_PROPOSAL_CHOSEN;
	explain_next(sa->ike, explain_rekey_refused, &why);
	explain_tell(sa->ike, IKE_CAUSE_PROPOSAL, NO_PROPOSAL_CHOSEN,
		sa->peer->name, NULL,
		"NO_PROPOSAL_CHOSEN: we refuse the peer's rekeying of the IKE "
		"SA");
	return NO_PROPOSAL_CHOSEN;
}

/* The one before that: its initiator has long moved on, and would have deleted it.
 * It is not to be one of any number that the peer leaves behind. */
static void end_forgotten(struct ike_sa *sa)
{
	struct ike_sa *old = ike_find_birth(sa->ike, sa->replaces);

	sa->replaces = 0;
	if (old && old->phase == PHASE_ESTABLISHED)
		sa_die(old, IKE_CAUSE_NONE, NULL);
}

/*
 *	                              <--  HDR, SK {SA, Nr, KEr}
 */
enum ike_error rekey_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	struct negotiated chosen;
	struct ike_sa *fresh;
	struct handshake *h;
	enum ike_error err;

	if (busy(sa) || !sa->dial || sa->ike->stopping)
		return TEMPORARY_FAILURE;
	if (choose(sa, &in->sa, &chosen) != IKE_OK ||
		chosen.spi.len != IKE_SPI_LEN)
		return refuse(sa, in);
	if (!has_payload(in, PAYLOAD_KE) ||
		in->ke.group != chosen.suite.ke->id) {
		sa->ike->wanted_group = chosen.suite.ke->id;
		return INVALID_KE_PAYLOAD;
	}
	fresh = sa_new(sa->ike, false, &sa->local, &sa->remote);
	if (!fresh)
		return TEMPORARY_FAILURE;
	h = fresh->handshake;
	memcpy(fresh->spi_i, chosen.spi.at, IKE_SPI_LEN);
	fresh->suite = chosen.suite;
	nonce_keep(&h->nonce_i, in->nonce);
	nonce_new(&sa->ike->env, &h->nonce_r);
	if (!dh_new(sa->ike->crypto, &h->dh, chosen.suite.ke,
		    sa->ike->env.random, sa->ike->env.ctx)) {
		sa_die(fresh, IKE_CAUSE_NONE, NULL);
		return TEMPORARY_FAILURE;
	}
	negotiate_answer(&out->c, &chosen, PROTOCOL_IKE,
		bytes_of(fresh->spi_r, IKE_SPI_LEN));
	write_nonce(&out->c, nonce_bytes(&h->nonce_r));
	write_ke(&out->c, h->dh.group->id, dh_public(&h->dh));
	err = inherit(fresh, sa, in->ke.public);
	if (err != IKE_OK) {
		sa_die(fresh, IKE_CAUSE_NONE, NULL);
		return err;
	}
	tell_rekeyed(fresh);
	end_forgotten(sa);
	fresh->replaces = fresh->predecessor = sa->birth;
	sa->peer_successor = fresh->birth;
	if (asked(sa)) {
		sa->rival = true;
		memcpy(sa->rival_nonce, fresh->low_nonce, NONCE_LEN);
	}
	return IKE_OK;
}
