/* auth.c - IKE_AUTH, and the first child (RFC 7296 sections 1.2, 2.15, 2.21.2).
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, SK {IDi, [CERT,] [CERTREQ,]
 *	    [IDr,] AUTH, SAi2, TSi, TSr} -->
 *	                              <--  HDR, SK {IDr, [CERT,] AUTH,
 *	                                       SAr2, TSi, TSr}
 *
 *	or                            <--  HDR, SK {N(AUTHENTICATION_FAILED)}
 *	or, without the child         <--  HDR, SK {IDr, AUTH, N(error)}
 */
#include "ikev2/child.h"
#include "ikev2/exchange.h"
#include "ikev2/explain.h"
#include "ikev2/identify.h"
#include "ikev2/identity.h"
#include "ikev2/prove.h"
#include "ikev2/verify.h"
#include "ikev2/wire/names.h"

static void tell_up(const struct ike_sa *sa, const char *role)
{
	char id[IKE_ID_SIZE];

	identity_text(&sa->remote_id, id);
	ike_report(sa->ike, EVENT_IKE_UP, IKE_CAUSE_NONE, sa->peer->name, NULL,
		FACTS(fact_text("role", role), fact_text("id", id),
			fact_endpoint("local", &sa->local),
			fact_endpoint("remote", &sa->remote),
			fact_suite("suite", &sa->suite)),
		"IKE SA up with '%s' (we are %s)", id, role);
}

/* --- Initiator ------------------------------------------------------------ */

/* The first child that is wanted, else the first that is no shunt.  Where the
 * IKE SA may come without one (RFC 6023), only one that is wanted and possible,
 * or NULL. */
static const struct ike_child_policy *first_policy(const struct ike_sa *sa)
{
	const struct dial *dial = sa->dial;

	for (size_t i = 0; i < sa->peer->child_count; i++) {
		const struct ike_child_policy *policy = &sa->peer->children[i];

		if (dial && dial_wants_child(dial, i) &&
			(!sa->childless || !child_impossible(sa, policy)))
			return policy;
	}
	for (size_t i = 0; !sa->childless && i < sa->peer->child_count; i++) {
		if (!ike_is_shunt(sa->peer->children[i].mode))
			return &sa->peer->children[i];
	}
	return NULL;
}

/* RFC 7296 section 2.4: only if we know of no other SA with that peer; one that
 * the peer is just setting up counts as known. */
static bool is_initial_contact(const struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	if (!sa->dial || dial_best(sa->dial))
		return false;
	for (size_t i = 0; ike->half_open > 0 && i < ike->sa_count; i++) {
		const struct ike_sa *other = ike->sas[i];

		if (other->half_open &&
			ike_addr_equal(&other->remote.addr, &sa->remote.addr))
			return false;
	}
	return true;
}

/* Who we are and whom we want to speak to, with the proof. */
static bool write_proof(struct ike_sa *sa, struct chain *c)
{
	const struct ike_peer *peer = sa->peer;
	const struct ike_side *remote = &peer->remote;
	struct authorities wanted = { .len = 0 };
	const char *why = NULL;

	sa->local_id = prove_own_id(peer, sa);
	write_id(c, PAYLOAD_IDI, sa->local_id.type,
		bytes_of(sa->local_id.data, sa->local_id.len));
	prove_write_certs(sa, peer, c);
	prove_add_authorities(&wanted, peer);
	prove_ask(&wanted, c);
	if (remote->id.type != ID_NONE && !remote->id_wildcard)
		write_id(c, PAYLOAD_IDR, remote->id.type,
			bytes_of(remote->id.data, remote->id.len));
	if (prove_write_auth(sa, peer, &sa->local_id, c, &why))
		return true;
	dial_attempt_failed(sa, IKE_CAUSE_FAILED, IKE_OK,
		"we cannot prove who we are: %s", why);
	return false;
}

/*
 *	HDR, SK {IDi, [CERT,] [CERTREQ,] [IDr,] AUTH, SAi2, TSi, TSr}  -->
 */
bool auth_ask(struct ike_sa *sa, struct work *work, struct message_out *out)
{
	const struct ike_peer *peer = sa->peer;
	const struct ike_child_policy *policy = first_policy(sa);
	struct child *child;

	if (policy && child_impossible(sa, policy)) {
		dial_attempt_failed(sa, IKE_CAUSE_FAILED, IKE_OK,
			"child %s: %s", policy->name,
			child_impossible(sa, policy));
		return false;
	}
	child = policy ? child_new(sa, policy, true) : NULL;
	if (!child && !sa->childless)
		return false;
	sa->first_child = child ? child->birth : 0;
	if (!write_proof(sa, &out->c))
		return false;
	if (is_initial_contact(sa))
		write_notify(&out->c, INITIAL_CONTACT, bytes_of(NULL, 0));
	if (mobike_wanted(sa, peer))
		mobike_announce(sa, out);
	return !child || child_offer(child, work, out, true) == IKE_OK;
}

/* RFC 7296 section 2.21.2: the responder thinks it is authenticated, and has
 * to be told that it is not. */
static void disown(struct ike_sa *sa, enum ike_cause cause,
	enum ike_error error, const char *why)
{
	dial_attempt_failed(
		sa, cause, error, "%s: %s", notify_name((uint16_t)error), why);
	sa_disown(sa, error, why);
}

static enum ike_error reject(
	struct ike_sa *sa, enum ike_cause cause, const char *why)
{
	disown(sa, cause, AUTHENTICATION_FAILED, why);
	return AUTHENTICATION_FAILED;
}

/* The same: for the responder all is well. */
void auth_unreadable(struct ike_sa *sa, struct work *work)
{
	(void)work;
	disown(sa, IKE_CAUSE_REJECTED_PEER, INVALID_SYNTAX,
		"we cannot read the peer's IKE_AUTH response");
}

static enum ike_error rejected(struct ike_sa *sa, uint16_t error)
{
	char id[IKE_ID_SIZE];
	const char *name = notify_name(error);

	identity_text(&sa->local_id, id);
	explain_next(sa->ike, explain_rejected, sa);
	if (error == AUTHENTICATION_FAILED)
		dial_attempt_failed(sa, IKE_CAUSE_REJECTED_US,
			AUTHENTICATION_FAILED,
			"AUTHENTICATION_FAILED: the peer rejected our key or "
			"identity '%s'",
			id);
	else
		dial_attempt_failed(sa, IKE_CAUSE_REJECTED_US,
			(enum ike_error)error, "the peer refused IKE_AUTH: %s",
			name ? name : "unknown error");
	sa_die(sa, IKE_CAUSE_NONE, NULL);
	return IKE_OK;
}

static void first_child_settled(const struct message *in, struct child *child)
{
	const struct payload_notify *error = message_error(in);

	if (!child)
		return;
	if (has_payload(in, PAYLOAD_SA) && has_payload(in, PAYLOAD_TSI) &&
		has_payload(in, PAYLOAD_TSR)) {
		(void)child_settle(child, in, true);
		return;
	}
	child_refused(
		child, error ? error->type : NO_PROPOSAL_CHOSEN, in, true);
}

/* Is it the peer that we called?  If not, it is told. */
static enum ike_error check_peer(
	struct ike_sa *sa, const struct message *in, struct verified **proof)
{
	const struct ike_side *remote = &sa->peer->remote;
	struct rejection rejection = { .cause = IKE_CAUSE_REJECTED_PEER };
	struct explain_proof why = { .sa = sa, .in = in };
	struct presented shown;
	struct ike_id idr;

	if (!identity_read(&in->idr, &idr) ||
		!identity_match(&remote->id, remote->id_wildcard, &idr)) {
		explain_next(sa->ike, explain_id_rejected, &why);
		return reject(sa, rejection.cause,
			"the peer is not who we expect (remote_id)");
	}
	presented_read(&shown, in);
	*proof = verify_peer(sa, sa->peer, in, &in->idr, &shown, &rejection);
	presented_clear(&shown);
	if (*proof)
		return IKE_OK;
	if (rejection.wait)
		return IKE_WAIT;
	why.why = rejection.why;
	explain_next(sa->ike, explain_proof_rejected, &why);
	return reject(sa, rejection.cause, rejection.why);
}

/*
 *	                              <--  HDR, SK {IDr, [CERT,] AUTH, SAr2, TSi, TSr}
 */
enum ike_error auth_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	const struct payload_notify *error = message_error(in);
	struct verified *proof;
	enum ike_error err;

	(void)work;
	if (!has_payload(in, PAYLOAD_AUTH) && error)
		return rejected(sa, error->type);
	if (!has_payload(in, PAYLOAD_AUTH) || !has_payload(in, PAYLOAD_IDR))
		return reject(sa, IKE_CAUSE_REJECTED_PEER,
			"the peer sent no proof of its identity");
	err = check_peer(sa, in, &proof);
	if (err != IKE_OK)
		return err;
	sa_establish(sa, proof);
	reauth_begin(sa);
	reauth_heed(sa, in);
	mobike_agree(sa, in);
	tell_up(sa, "initiator");
	dial_ike_up(sa, message_notify(in, INITIAL_CONTACT) != NULL);
	if (sa->phase == PHASE_ESTABLISHED)
		first_child_settled(in, child_find(sa, sa->first_child));
	sa_handshake_done(sa);
	if (sa->phase == PHASE_ESTABLISHED && sa->dial)
		dial_fill(sa->ike, sa->dial);
	return IKE_OK;
}

void auth_give_up(struct ike_sa *sa, struct work *work)
{
	char addr[IKE_ADDR_SIZE];

	(void)work;
	ike_addr_text(&sa->remote.addr, addr);
	explain_next(sa->ike, explain_auth_silent, sa);
	dial_attempt_failed(sa, IKE_CAUSE_UNREACHABLE, IKE_OK,
		"%s answered IKE_SA_INIT, but not IKE_AUTH (port %u)", addr,
		sa->remote.port);
	sa_die(sa, IKE_CAUSE_NONE, NULL);
}

/* --- Responder ------------------------------------------------------------ */

static bool asks_whole_child(const struct message *in)
{
	return has_payload(in, PAYLOAD_SA) && has_payload(in, PAYLOAD_TSI) &&
	       has_payload(in, PAYLOAD_TSR);
}

/* RFC 6023 section 3 */
static bool asks_no_child(const struct message *in)
{
	return !has_payload(in, PAYLOAD_SA) && !has_payload(in, PAYLOAD_TSI) &&
	       !has_payload(in, PAYLOAD_TSR);
}

/* Who we are, with the proof; the peer has proven itself. */
static bool answer_proof(struct ike_sa *sa, struct dial *dial,
	const struct message *in, struct chain *c)
{
	const char *why = NULL;

	sa->handshake->requested |= in->requested;
	sa->local_id = prove_own_id(dial->peer, sa);
	write_id(c, PAYLOAD_IDR, sa->local_id.type,
		bytes_of(sa->local_id.data, sa->local_id.len));
	prove_write_certs(sa, dial->peer, c);
	if (prove_write_auth(sa, dial->peer, &sa->local_id, c, &why))
		return true;
	dial_refused(sa->ike, dial, IKE_CAUSE_FAILED, AUTHENTICATION_FAILED,
		NULL, "AUTHENTICATION_FAILED: we cannot prove who we are: %s",
		why);
	return false;
}

/*
 *	                              <--  HDR, SK {IDr, [CERT,] AUTH, SAr2, TSi, TSr}
 */
enum ike_error auth_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	struct verified *proof;
	enum ike_error err;
	struct dial *dial;

	if (!asks_whole_child(in) && !(sa->childless && asks_no_child(in)))
		return INVALID_SYNTAX;
	err = identify(sa, in, &proof, &dial);
	if (err != IKE_OK)
		return err;
	/* It may have floated to the NAT port since IKE_SA_INIT. */
	sa->local = sa->ike->datagram->local;
	sa->remote = sa->ike->datagram->remote;
	if (!answer_proof(sa, dial, in, &out->c)) {
		verified_free(proof);
		return AUTHENTICATION_FAILED;
	}
	dial_adopt(dial, sa);
	sa_establish(sa, proof);
	reauth_begin(sa);
	reauth_announce(sa, &out->c);
	mobike_agree(sa, in);
	if (sa->mobike.supported)
		mobike_announce(sa, out);
	tell_up(sa, "responder");
	dial_ike_up(sa, message_notify(in, INITIAL_CONTACT) != NULL);
	err = asks_no_child(in) ? IKE_OK : child_accept(sa, in, out, true);
	sa_handshake_done(sa);
	/* RFC 7296 section 2.21.2: the IKE SA stays without its child; of
	 * INVALID_SYNTAX the peer would think that it does not. */
	if (err == INVALID_SYNTAX)
		err = NO_PROPOSAL_CHOSEN;
	if (err != IKE_OK)
		write_notify(&out->c, (uint16_t)err, bytes_of(NULL, 0));
	return IKE_OK;
}
