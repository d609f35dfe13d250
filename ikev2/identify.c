/* identify.c - as responder: which of the configured peers has sent this IKE_AUTH (RFC 7296 section 2.15).
 * SPDX-License-Identifier: ISC
 *
 * The addresses have left some candidates (init.c); what the peer says of
 * itself picks one of them, and what it shows must then prove just that.
 */
#include "ikev2/identify.h"

#include "ikev2/exchange.h"
#include "ikev2/explain.h"
#include "ikev2/identity.h"
#include "ikev2/prove.h"
#include "ikev2/verify.h"

#include <stdio.h>

/* How far a candidate got, before it fell out. */
enum {
	MISSED_ID = 1,
	MISSED_IDR,
	MISSED_SUITE,
	MISSED_METHOD,
};

/* Why nobody was found, kept as the best so far: the further a peer got, the
 * more it is the one that was meant. */
struct near_miss {
	struct dial *dial;
	int got;
	struct rejection rejection;
};

static void missed(struct near_miss *miss, struct dial *dial, int got,
	enum ike_cause cause, const char *why)
{
	if (miss->dial && miss->got >= got)
		return;
	*miss = (struct near_miss){ .dial = dial, .got = got };
	miss->rejection.cause = cause;
	snprintf(miss->rejection.why, sizeof(miss->rejection.why), "%s", why);
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

/* What the sender says and shows of itself. */
struct claim {
	struct ike_id idi, idr;
	bool readable;      /* idi is an identity */
	bool asks_idr;      /* idr is one, and was sent */
	struct ike_id said; /* for people, whatever sense that makes (N27) */
	struct presented shown;
};

static struct ike_id as_sent(const struct payload_id *payload)
{
	struct ike_id id = { .type = payload->type };

	id.len = (uint16_t)(payload->data.len < MAX_ID_LEN ? payload->data.len
							   : MAX_ID_LEN);
	memcpy(id.data, payload->data.at, id.len);
	return id;
}

static void read_claim(struct claim *claim, const struct message *in)
{
	claim->readable = identity_read(&in->idi, &claim->idi);
	claim->asks_idr = has_payload(in, PAYLOAD_IDR) &&
			  identity_read(&in->idr, &claim->idr);
	claim->said = claim->readable ? claim->idi : as_sent(&in->idi);
	presented_read(&claim->shown, in);
}

/* Is it the one?  If not, why is noted. */
static bool is_meant(struct ike_sa *sa, struct dial *dial,
	const struct message *in, const struct claim *claim,
	struct near_miss *miss)
{
	const struct ike_peer *peer = dial->peer;
	const struct ike_id own = prove_own_id(peer, sa);
	struct rejection rejection;

	if (!identity_match(
		    &peer->remote.id, peer->remote.id_wildcard, &claim->idi))
		missed(miss, dial, MISSED_ID, IKE_CAUSE_REJECTED_PEER,
			"its identity is not the one configured (remote_id)");
	else if (claim->asks_idr && !identity_equal(&claim->idr, &own))
		missed(miss, dial, MISSED_IDR, IKE_CAUSE_REJECTED_PEER,
			"it asks for an identity that is not ours (local_id)");
	else if (!allows(&peer->ike, &sa->suite))
		missed(miss, dial, MISSED_SUITE, IKE_CAUSE_REJECTED_PEER,
			"its configuration does not allow the IKE suite "
			"negotiated");
	else if (!verify_possible(
			 peer, in, &claim->idi, &claim->shown, &rejection))
		missed(miss, dial, MISSED_METHOD, rejection.cause,
			rejection.why);
	else
		return true;
	return false;
}

enum { ANY_ID, WILDCARD_ID, EXACT_ID };

/* How well its configuration knows who comes: that before where from. */
static uint64_t rank_of(const struct ike_peer *peer, unsigned by_address)
{
	const unsigned by_id = peer->remote.id.type == ID_NONE ? ANY_ID
			       : peer->remote.id_wildcard      ? WILDCARD_ID
							       : EXACT_ID;

	return by_address ? (uint64_t)by_id << 32 | by_address : 0;
}

/* Among the peers whose addresses fit: by IDi, by IDr if it was sent, by what
 * their `ike` allows, and by how it proves itself.  Of several the one that
 * names the identity wins, then the one with the most specific address. */
static struct dial *find_peer(struct ike_sa *sa, const struct message *in,
	const struct claim *claim, struct near_miss *miss)
{
	struct ike *ike = sa->ike;
	struct dial *best = NULL;
	uint64_t best_rank = 0;

	for (size_t i = 0; i < ike->dials.count; i++) {
		struct dial *dial = ike->dials.dial[i];
		uint64_t rank = rank_of(
			dial->peer, dial_fits(dial, &ike->datagram->local,
					    &ike->datagram->remote));

		if (rank <= best_rank || !is_meant(sa, dial, in, claim, miss))
			continue;
		best = dial;
		best_rank = rank;
	}
	return best;
}

/* What all of a refusal is about. */
struct refusal {
	struct ike_sa *sa;
	const struct message *in;
	const struct claim *claim;
	struct dial *dial; /* the nearest, or NULL */
	const char *why;
	bool proof; /* it is the one that is meant, and has not proven it */
};

static const char *method_name(const struct message *in)
{
	return in->auth.method == AUTH_SHARED_KEY ? "psk" : "a signature";
}

static bool suite_fits(const struct ike_sa *sa, const struct ike_peer *peer)
{
	return allows(&peer->ike, &sa->suite);
}

/* With a certificate (NULL: without) only by a name that it has. */
static bool may_call_itself(
	const struct certificate *leaf, const struct ike_id *id)
{
	return !leaf ||
	       certificate_names(leaf, id->type, bytes_of(id->data, id->len));
}

static const struct certificate *own_certificate(const struct ike_peer *peer)
{
	return peer->local.auth == IKE_AUTH_CERT && peer->own
		       ? credential_certificate(peer->own, 0)
		       : NULL;
}

/* Four things must fit at once. */
struct comparison {
	bool id, idr, suite, proof;
	bool certificate; /* .. or else proof fails by it */
	char said[IKE_ID_SIZE], wanted[IKE_ID_SIZE]; /* remote_id */
	char asked[IKE_ID_SIZE], own[IKE_ID_SIZE];   /* local_id */
	char suite_text[96], method[IKE_AUTH_SIZE];
	struct rejection rejection;
};

static void compare(struct comparison *c, const struct refusal *refusal)
{
	const struct claim *claim = refusal->claim;
	const struct ike_peer *peer = refusal->dial->peer;
	const struct ike_side *remote = &peer->remote;
	const struct ike_id own = prove_own_id(peer, refusal->sa);

	*c = (struct comparison){ .wanted = "any",
		.asked = "any",
		.rejection = { .cause = IKE_CAUSE_NONE } };
	c->id = claim->readable &&
		identity_match(&remote->id, remote->id_wildcard, &claim->idi);
	c->idr = !claim->asks_idr || identity_equal(&claim->idr, &own);
	c->suite = suite_fits(refusal->sa, peer);
	c->proof = refusal->proof ||
		   verify_possible(peer, refusal->in, &claim->idi,
			   &claim->shown, &c->rejection);
	c->certificate =
		!c->proof && c->rejection.cause == IKE_CAUSE_CERTIFICATE;
	identity_text(&claim->said, c->said);
	identity_text(&own, c->own);
	if (remote->id.type != ID_NONE)
		identity_text(&remote->id, c->wanted);
	if (claim->asks_idr)
		identity_text(&claim->idr, c->asked);
	suite_name(&refusal->sa->suite, c->suite_text, sizeof(c->suite_text));
	ike_auth_text(remote->auth, " or ", c->method);
}

/* One of them alone would not do. */
static void explain_both_ids(struct ike_explanation *out,
	const struct refusal *refusal, const struct comparison *c)
{
	const struct claim *claim = refusal->claim;
	const struct ike_peer *peer = refusal->dial->peer;

	explain_key(out, "local_id, remote_id");
	if (may_call_itself(own_certificate(peer), &claim->idr))
		explain_fix_here(out, "remote_id: %.110s and local_id: %.110s",
			c->said, c->asked);
	if (!peer->remote.id_wildcard &&
		may_call_itself(claim->shown.chain.leaf, &peer->remote.id))
		explain_fix_there(out, "local_id: %.110s and remote_id: %.110s",
			c->wanted, c->own);
}

/* The one that does not fit is what to change, on either side. */
static void explain_fixes(struct ike_explanation *out,
	const struct refusal *refusal, const struct comparison *c)
{
	const struct claim *claim = refusal->claim;
	const struct ike_peer *peer = refusal->dial->peer;

	if (!c->id && !c->idr) {
		explain_both_ids(out, refusal, c);
	} else if (!c->id) {
		explain_key(out, "remote_id");
		explain_fix_here(out, "remote_id: %.200s", c->said);
		if (!peer->remote.id_wildcard &&
			may_call_itself(
				claim->shown.chain.leaf, &peer->remote.id))
			explain_fix_there(out, "local_id: %.200s", c->wanted);
	} else if (!c->idr) {
		explain_key(out, "local_id");
		if (may_call_itself(own_certificate(peer), &claim->idr))
			explain_fix_here(out, "local_id: %.200s", c->asked);
		explain_fix_there(out, "remote_id: %.200s", c->own);
	} else if (!c->suite) {
		explain_key(out, "ike");
		explain_fix_here(out, "add %s to 'ike'", c->suite_text);
	} else if (c->certificate) {
		explain_key(out, "certificate");
		explain_look(out, LOOK_CERTIFICATE);
	} else if (!c->proof) {
		explain_key(out, "remote_auth");
		explain_look(out, LOOK_METHOD, c->method,
			refusal->in->auth.method == AUTH_SHARED_KEY
				? "psk"
				: "cert or pubkey");
	}
}

static void compare_claim(
	struct ike_explanation *out, const struct refusal *refusal)
{
	struct comparison c;

	compare(&c, refusal);
	explain_row(out, "remote_id", !c.id, c.said, c.wanted);
	explain_row(out, "local_id", !c.idr, c.asked, c.own);
	explain_row(out, "ike", !c.suite, c.suite_text,
		c.suite ? "allowed" : "not allowed");
	explain_row(out, "remote_auth", !c.proof && !c.certificate,
		method_name(refusal->in), c.method);
	if (c.certificate)
		explain_row(out, "certificate", true, c.rejection.why, NULL);
	explain_fixes(out, refusal, &c);
}

static void explain_claim(struct ike_explanation *out, const void *ctx)
{
	const struct refusal *refusal = ctx;
	struct ike_sa *sa = refusal->sa;
	const struct dials *dials = &sa->ike->dials;

	explain_ends(out, sa);
	out->local = sa->ike->datagram->local;
	out->remote = sa->ike->datagram->remote;
	for (size_t i = 0; i < dials->count && !refusal->proof; i++) {
		struct dial *dial = dials->dial[i];
		struct near_miss miss = { .dial = NULL };

		if (dial_fits(dial, &out->local, &out->remote) > 0 &&
			!is_meant(sa, dial, refusal->in, refusal->claim, &miss))
			explain_tried(
				out, dial->peer->name, miss.rejection.why);
	}
	if (refusal->dial)
		compare_claim(out, refusal);
	if (refusal->dial && refusal->proof)
		explain_proof_of(out, &refusal->dial->peer->remote, refusal->in,
			refusal->why);
}

static void refuse(const struct refusal *refusal, enum ike_cause cause)
{
	struct ike *ike = refusal->sa->ike;
	char id[IKE_ID_SIZE], addr[IKE_ADDR_SIZE];

	identity_text(&refusal->claim->said, id);
	ike_addr_text(&refusal->sa->remote.addr, addr);
	explain_next(ike, explain_claim, refusal);
	if (refusal->dial)
		dial_refused(ike, refusal->dial, cause, AUTHENTICATION_FAILED,
			NULL,
			"AUTHENTICATION_FAILED: we rejected '%s' at %s: %s", id,
			addr, refusal->why);
	else
		explain_stranger(ike, EVENT_STRANGER_REJECTED,
			AUTHENTICATION_FAILED,
			FACTS(fact_notify("notify", AUTHENTICATION_FAILED),
				fact_text("id", id),
				fact_endpoint("remote", &refusal->sa->remote)),
			"AUTHENTICATION_FAILED: we rejected '%s' at %s: %s", id,
			addr, refusal->why);
}

/* `unique: keep`: there is one of that peer, and it does not say that it has
 * lost that one (INITIAL_CONTACT).  It may be dead for all we know: so we ask. */
static bool is_kept_out(const struct dial *dial, const struct ike_id *id,
	const struct message *in)
{
	const struct work ask = { .exchange = &exchange_liveness };
	struct ike_sa *old = dial->sas;

	if (dial->peer->unique != IKE_UNIQUE_KEEP ||
		message_notify(in, INITIAL_CONTACT))
		return false;
	while (old && (old->phase != PHASE_ESTABLISHED || old->outgoing ||
			      !identity_equal(&old->remote_id, id)))
		old = old->dial_older;
	if (old)
		(void)sa_want(old, &ask);
	return old != NULL;
}

/* The peer that was meant, if it has proven to be that. */
static enum ike_error prove_claim(struct ike_sa *sa, const struct message *in,
	const struct claim *claim, struct verified **proof, struct dial **found)
{
	struct near_miss miss = {
		.rejection = { .cause = IKE_CAUSE_REJECTED_PEER,
			.why = "no peer is configured for it" },
	};
	struct dial *dial =
		claim->readable ? find_peer(sa, in, claim, &miss) : NULL;
	struct rejection rejection = { .cause = IKE_CAUSE_REJECTED_PEER };
	struct refusal refusal = { sa, in, claim, dial, NULL, false };

	if (dial)
		sa_tell_keys(sa, dial->peer);
	if (!has_payload(in, PAYLOAD_AUTH)) {
		refusal.why = "it sent no AUTH, which asks for EAP: not "
			      "supported";
		refuse(&refusal, IKE_CAUSE_REJECTED_PEER);
		return AUTHENTICATION_FAILED;
	}
	*proof = verify_peer(sa, dial ? dial->peer : NULL, in, &in->idi,
		&claim->shown, &rejection);
	if (!dial) {
		refusal.dial = miss.dial;
		refusal.why = miss.rejection.why;
		refuse(&refusal, miss.rejection.cause);
		dial_look_again(sa->ike);
	} else if (rejection.wait) {
		return IKE_WAIT;
	} else if (!*proof) {
		refusal.why = rejection.why;
		refusal.proof = true;
		refuse(&refusal, rejection.cause);
	} else if (is_kept_out(dial, &claim->idi, in)) {
		refusal.why = "it has an IKE SA already (unique: keep)";
		refuse(&refusal, IKE_CAUSE_REJECTED_PEER);
	} else {
		*found = dial;
		return IKE_OK;
	}
	verified_free(*proof);
	return AUTHENTICATION_FAILED;
}

enum ike_error identify(struct ike_sa *sa, const struct message *in,
	struct verified **proof, struct dial **found)
{
	struct claim claim = { .readable = false };
	enum ike_error err;

	read_claim(&claim, in);
	err = prove_claim(sa, in, &claim, proof, found);
	presented_clear(&claim.shown);
	return err;
}
