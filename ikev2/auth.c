/* auth.c - IKE_AUTH with pre-shared keys, and the first child (RFC 7296 sections 1.2, 2.15, 2.21.2).
 * SPDX-License-Identifier: ISC
 *
 *	Initiator                         Responder
 *	HDR, SK {IDi, [IDr,] AUTH,
 *	    SAi2, TSi, TSr}            -->
 *	                              <--  HDR, SK {IDr, AUTH,
 *	                                       SAr2, TSi, TSr}
 *
 *	or                            <--  HDR, SK {N(AUTHENTICATION_FAILED)}
 *	or, without the child         <--  HDR, SK {IDr, AUTH, N(error)}
 */
#include "ikev2/child.h"
#include "ikev2/crypto/sign.h"
#include "ikev2/exchange.h"
#include "ikev2/identity.h"
#include "ikev2/wire/names.h"

/* An ID payload after its generic header, as it goes on the wire. */
struct id_body {
	uint8_t octets[4 + MAX_ID_LEN];
	size_t len;
};

static void id_to_body(const struct ike_id *id, struct id_body *body)
{
	memset(body->octets, 0, 4);
	body->octets[0] = id->type;
	memcpy(body->octets + 4, id->data, id->len);
	body->len = 4 + (size_t)id->len;
}

/* What we call ourselves to this peer: configured, or our address. */
static struct ike_id own_id(
	const struct ike_peer *peer, const struct ike_sa *sa)
{
	return peer->local.id.type != ID_NONE
		       ? peer->local.id
		       : identity_of_addr(&sa->local.addr);
}

static struct bytes packet_bytes(const struct packet *packet)
{
	return bytes_of(packet->data, packet->len);
}

/* AUTH of one side (RFC 7296 section 2.15): its first message, the other's
 * nonce, its ID. */
static bool auth_of(struct ike_sa *sa, bool of_initiator, struct bytes id_body,
	struct bytes key, uint8_t out[MAX_PRF])
{
	const struct handshake *h = sa->handshake;
	const struct sa_nonce *nonce = of_initiator ? &h->nonce_r : &h->nonce_i;
	struct auth_octets octets = {
		.message = packet_bytes(
			of_initiator ? h->init_request : h->init_reply),
		.nonce = nonce_bytes(nonce),
		.sk_p = secret_bytes(
			of_initiator ? &sa->keys.sk_pi : &sa->keys.sk_pr),
		.id = id_body,
	};

	return auth_shared_key(
		sa->ike->crypto, sa->suite.prf, key, &octets, out);
}

static bool write_own_auth(struct ike_sa *sa, const struct ike_peer *peer,
	const struct ike_id *id, struct chain *c)
{
	uint8_t auth[MAX_PRF];
	struct id_body body;

	id_to_body(id, &body);
	if (!auth_of(sa, sa->initiator, bytes_of(body.octets, body.len),
		    bytes_of(peer->psk, peer->psk_len), auth))
		return false;
	write_auth(
		c, AUTH_SHARED_KEY, bytes_of(auth, sa->suite.prf->output_len));
	sodium_memzero(auth, sizeof(auth));
	return true;
}

/* Verified if the peer's AUTH is that of this key, in constant time. */
static struct sa_proof verify(struct ike_sa *sa, const struct message *in,
	const struct payload_id *id, struct bytes key)
{
	struct sa_proof proof = { sa, false };
	uint8_t auth[MAX_PRF];

	if (!auth_of(sa, !sa->initiator, id->body, key, auth))
		return proof;
	proof.verified = in->auth.method == AUTH_SHARED_KEY &&
			 secret_equal(in->auth.data,
				 bytes_of(auth, sa->suite.prf->output_len));
	sodium_memzero(auth, sizeof(auth));
	return proof;
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

/*
 *	HDR, SK {IDi, [IDr,] AUTH, SAi2, TSi, TSr}  -->
 */
bool auth_ask(struct ike_sa *sa, struct work *work, struct message_out *out)
{
	const struct ike_peer *peer = sa->peer;
	const struct ike_side *remote = &peer->remote;
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
	sa->local_id = own_id(peer, sa);
	write_id(&out->c, PAYLOAD_IDI, sa->local_id.type,
		bytes_of(sa->local_id.data, sa->local_id.len));
	if (remote->id.type != ID_NONE && !remote->id_wildcard)
		write_id(&out->c, PAYLOAD_IDR, remote->id.type,
			bytes_of(remote->id.data, remote->id.len));
	if (!write_own_auth(sa, peer, &sa->local_id, &out->c))
		return false;
	if (is_initial_contact(sa))
		write_notify(&out->c, INITIAL_CONTACT, bytes_of(NULL, 0));
	if (mobike_wanted(sa, peer))
		mobike_announce(sa, out);
	return !child || child_offer(child, work, out, true) == IKE_OK;
}

/* RFC 7296 section 2.21.2: the responder thinks it is authenticated, and has
 * to be told that it is not. */
static void disown(struct ike_sa *sa, enum ike_error error, const char *why)
{
	const struct work tell = { .exchange = &exchange_delete,
		.error = error };

	dial_attempt_failed(sa, IKE_CAUSE_REJECTED_PEER, error, "%s: %s",
		notify_name((uint16_t)error), why);
	sa_remove_children(sa, why);
	sa->phase = PHASE_CLOSING;
	(void)sa_want(sa, &tell);
}

static enum ike_error reject(struct ike_sa *sa, const char *why)
{
	disown(sa, AUTHENTICATION_FAILED, why);
	return AUTHENTICATION_FAILED;
}

/* The same: for the responder all is well. */
void auth_unreadable(struct ike_sa *sa, struct work *work)
{
	(void)work;
	disown(sa, INVALID_SYNTAX,
		"we cannot read the peer's IKE_AUTH response");
}

static enum ike_error rejected(struct ike_sa *sa, uint16_t error)
{
	char id[IKE_ID_SIZE];
	const char *name = notify_name(error);

	identity_text(&sa->local_id, id);
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
	child_refused(child, error ? error->type : NO_PROPOSAL_CHOSEN);
}

/*
 *	                              <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
 */
enum ike_error auth_finish(
	struct ike_sa *sa, struct work *work, const struct message *in)
{
	const struct ike_side *remote = &sa->peer->remote;
	const struct payload_notify *error = message_error(in);
	char id[IKE_ID_SIZE];
	struct sa_proof proof;

	(void)work;
	if (!has_payload(in, PAYLOAD_AUTH) && error)
		return rejected(sa, error->type);
	if (!has_payload(in, PAYLOAD_AUTH) || !has_payload(in, PAYLOAD_IDR))
		return reject(sa, "the peer sent no proof of its identity");
	if (!identity_read(&in->idr, &sa->remote_id) ||
		!identity_match(
			&remote->id, remote->id_wildcard, &sa->remote_id))
		return reject(sa, "the peer is not who we expect (remote_id)");
	proof = verify(
		sa, in, &in->idr, bytes_of(sa->peer->psk, sa->peer->psk_len));
	if (!proof.verified)
		return reject(sa, in->auth.method == AUTH_SHARED_KEY
					  ? "the peer's pre-shared key is not "
					    "ours"
					  : "the peer does not authenticate by "
					    "pre-shared key");
	sa_establish(sa, proof);
	reauth_begin(sa);
	reauth_heed(sa, in);
	mobike_agree(sa, in);
	identity_text(&sa->remote_id, id);
	ike_tell(sa->ike, IKE_REPORT_IKE_UP, IKE_CAUSE_NONE, sa->peer->name,
		NULL, "IKE SA up with '%s' (we are initiator)", id);
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
	dial_attempt_failed(sa, IKE_CAUSE_UNREACHABLE, IKE_OK,
		"%s answered IKE_SA_INIT, but not IKE_AUTH (port %u)", addr,
		sa->remote.port);
	sa_die(sa, IKE_CAUSE_NONE, NULL);
}

/* --- Responder ------------------------------------------------------------ */

/* Why nobody was found, kept as the best so far: the further a peer got, the
 * more it is the one that was meant. */
struct near_miss {
	struct dial *dial;
	int got;
	const char *why;
};

static void missed(
	struct near_miss *miss, struct dial *dial, int got, const char *why)
{
	if (miss->dial && miss->got >= got)
		return;
	*miss = (struct near_miss){ dial, got, why };
}

/* Does this configuration allow what was negotiated? */
static bool allows(const struct ike_proposals *ours, const struct suite *suite)
{
	const struct transform *needs[] = { suite->encr, suite->prf,
		suite->integ, suite->ke };

	for (size_t i = 0; i < ours->count; i++) {
		const struct ike_proposal *p = &ours->list[i];
		size_t found = 0, wanted = 0;

		for (size_t n = 0; n < sizeof(needs) / sizeof(needs[0]); n++) {
			if (!needs[n])
				continue;
			wanted++;
			for (size_t t = 0; t < p->count; t++) {
				if (p->transforms[t] == needs[n]) {
					found++;
					break;
				}
			}
		}
		if (found == wanted)
			return true;
	}
	return false;
}

/* Among the peers whose addresses fit: by IDi, by IDr if it was sent, and by
 * what their `ike` allows; the most specific address wins. */
static struct dial *identify(struct ike_sa *sa, const struct message *in,
	const struct ike_id *idi, struct near_miss *miss)
{
	struct ike *ike = sa->ike;
	struct dial *best = NULL;
	unsigned best_rank = 0;
	struct ike_id idr;
	bool named =
		has_payload(in, PAYLOAD_IDR) && identity_read(&in->idr, &idr);

	for (size_t i = 0; i < ike->dials.count; i++) {
		struct dial *dial = ike->dials.dial[i];
		const struct ike_peer *peer = dial->peer;
		unsigned rank = dial_fits(
			dial, &ike->datagram->local, &ike->datagram->remote);
		struct ike_id own = own_id(peer, sa);

		if (rank == 0)
			continue;
		if (!identity_match(
			    &peer->remote.id, peer->remote.id_wildcard, idi))
			missed(miss, dial, 1,
				"its identity is not the one "
				"configured (remote_id)");
		else if (named && !identity_equal(&idr, &own))
			missed(miss, dial, 2,
				"it asks for an identity that is "
				"not ours (local_id)");
		else if (!allows(&peer->ike, &sa->suite))
			missed(miss, dial, 3,
				"its configuration does not allow "
				"the IKE suite negotiated");
		else if (rank > best_rank) {
			best = dial;
			best_rank = rank;
		}
	}
	return best;
}

static enum ike_error refuse(struct ike_sa *sa, struct dial *dial,
	const struct ike_id *idi, const char *why)
{
	char id[IKE_ID_SIZE], addr[IKE_ADDR_SIZE];

	identity_text(idi, id);
	ike_addr_text(&sa->remote.addr, addr);
	if (dial)
		dial_refused(sa->ike, dial, IKE_CAUSE_REJECTED_PEER,
			AUTHENTICATION_FAILED, NULL,
			"AUTHENTICATION_FAILED: we rejected '%s' at %s: %s", id,
			addr, why);
	else if (ike_may_complain(sa->ike))
		ike_say(sa->ike, IKE_LOG_WARNING, NULL,
			"AUTHENTICATION_FAILED: we rejected '%s' at %s: %s", id,
			addr, why);
	return AUTHENTICATION_FAILED;
}

/* For people: what it called itself, whatever sense that makes (N27). */
static struct ike_id as_sent(const struct payload_id *payload)
{
	struct ike_id id = { .type = payload->type };

	id.len = (uint16_t)(payload->data.len < MAX_ID_LEN ? payload->data.len
							   : MAX_ID_LEN);
	memcpy(id.data, payload->data.at, id.len);
	return id;
}

/* `unique: keep`: there is one of that peer, and it does not say that it has
 * lost that one (INITIAL_CONTACT).  It may be dead for all we know: so we ask. */
static bool is_kept_out(const struct ike_sa *sa, const struct dial *dial,
	const struct message *in)
{
	const struct work ask = { .exchange = &exchange_liveness };
	struct ike_sa *old = dial->sas;

	if (dial->peer->unique != IKE_UNIQUE_KEEP ||
		message_notify(in, INITIAL_CONTACT))
		return false;
	while (old && (old->phase != PHASE_ESTABLISHED || old->outgoing ||
			      !identity_equal(&old->remote_id, &sa->remote_id)))
		old = old->dial_older;
	if (old)
		(void)sa_want(old, &ask);
	return old != NULL;
}

/* The one who proved to be a configured peer, or NULL with the reason told. */
static struct dial *authenticate(
	struct ike_sa *sa, const struct message *in, struct sa_proof *proof)
{
	/* An unknown identity costs what a known one does. */
	static const uint8_t dummy[32] = { 0x69 };
	struct near_miss miss = { NULL, 0, "no peer is configured for it" };
	struct ike_id idi = { .type = ID_NONE };
	bool readable = identity_read(&in->idi, &idi);
	struct dial *dial = readable ? identify(sa, in, &idi, &miss) : NULL;
	struct ike_id said = readable ? idi : as_sent(&in->idi);
	struct bytes key = dial ? bytes_of(dial->peer->psk, dial->peer->psk_len)
				: bytes_of(dummy, sizeof(dummy));

	if (!has_payload(in, PAYLOAD_AUTH)) {
		(void)refuse(sa, dial, &said,
			"it sent no AUTH, which asks for "
			"EAP: not supported");
		return NULL;
	}
	*proof = verify(sa, in, &in->idi, key);
	if (!dial) {
		proof->verified = false;
		(void)refuse(sa, miss.dial, &said, miss.why);
		dial_look_again(sa->ike);
		return NULL;
	}
	if (!proof->verified) {
		(void)refuse(sa, dial, &said,
			in->auth.method == AUTH_SHARED_KEY
				? "its pre-shared key is not ours"
				: "it does not authenticate by pre-shared key");
		return NULL;
	}
	sa->remote_id = idi;
	if (is_kept_out(sa, dial, in)) {
		(void)refuse(sa, dial, &said,
			"it has an IKE SA already (unique: keep)");
		return NULL;
	}
	return dial;
}

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

/*
 *	                              <--  HDR, SK {IDr, AUTH, SAr2, TSi, TSr}
 */
enum ike_error auth_answer(
	struct ike_sa *sa, const struct message *in, struct message_out *out)
{
	struct sa_proof proof = { sa, false };
	char id[IKE_ID_SIZE];
	enum ike_error err;
	struct dial *dial;

	if (!asks_whole_child(in) && !(sa->childless && asks_no_child(in)))
		return INVALID_SYNTAX;
	dial = authenticate(sa, in, &proof);
	if (!dial)
		return AUTHENTICATION_FAILED;
	/* It may have floated to the NAT port since IKE_SA_INIT. */
	sa->local = sa->ike->datagram->local;
	sa->remote = sa->ike->datagram->remote;
	sa->local_id = own_id(dial->peer, sa);
	write_id(&out->c, PAYLOAD_IDR, sa->local_id.type,
		bytes_of(sa->local_id.data, sa->local_id.len));
	if (!write_own_auth(sa, dial->peer, &sa->local_id, &out->c))
		return AUTHENTICATION_FAILED;
	sa->peer = ike_peer_ref(dial->peer);
	dial_adopt(dial, sa);
	sa_establish(sa, proof);
	reauth_begin(sa);
	reauth_announce(sa, &out->c);
	mobike_agree(sa, in);
	if (sa->mobike.supported)
		mobike_announce(sa, out);
	identity_text(&sa->remote_id, id);
	ike_tell(sa->ike, IKE_REPORT_IKE_UP, IKE_CAUSE_NONE, sa->peer->name,
		NULL, "IKE SA up with '%s' (we are responder)", id);
	dial_ike_up(sa, message_notify(in, INITIAL_CONTACT) != NULL);
	err = asks_no_child(in) ? IKE_OK : child_accept(sa, in, out, true);
	sa_handshake_done(sa);
	/* RFC 7296 section 2.21.2: the IKE SA stays without its child. */
	if (err != IKE_OK)
		write_notify(&out->c, (uint16_t)err, bytes_of(NULL, 0));
	return IKE_OK;
}
