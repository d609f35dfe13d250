/* identify.c - as responder: which of the configured peers has sent this IKE_AUTH (RFC 7296 section 2.15).
 * SPDX-License-Identifier: ISC
 *
 * The addresses have left some candidates (init.c); what the peer says of
 * itself picks one of them, and what it shows must then prove just that.
 */
#include "ikev2/identify.h"

#include "ikev2/exchange.h"
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

static void refuse(struct ike_sa *sa, struct dial *dial,
	const struct ike_id *idi, enum ike_cause cause, const char *why)
{
	char id[IKE_ID_SIZE], addr[IKE_ADDR_SIZE];

	identity_text(idi, id);
	ike_addr_text(&sa->remote.addr, addr);
	if (dial)
		dial_refused(sa->ike, dial, cause, AUTHENTICATION_FAILED, NULL,
			"AUTHENTICATION_FAILED: we rejected '%s' at %s: %s", id,
			addr, why);
	else if (ike_may_complain(sa->ike))
		ike_say(sa->ike, IKE_LOG_WARNING, NULL,
			"AUTHENTICATION_FAILED: we rejected '%s' at %s: %s", id,
			addr, why);
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

	if (!has_payload(in, PAYLOAD_AUTH)) {
		refuse(sa, dial, &claim->said, IKE_CAUSE_REJECTED_PEER,
			"it sent no AUTH, which asks for EAP: not supported");
		return AUTHENTICATION_FAILED;
	}
	*proof = verify_peer(sa, dial ? dial->peer : NULL, in, &in->idi,
		&claim->shown, &rejection);
	if (!dial) {
		refuse(sa, miss.dial, &claim->said, miss.rejection.cause,
			miss.rejection.why);
		dial_look_again(sa->ike);
	} else if (rejection.wait) {
		return IKE_WAIT;
	} else if (!*proof) {
		refuse(sa, dial, &claim->said, rejection.cause, rejection.why);
	} else if (is_kept_out(dial, &claim->idi, in)) {
		refuse(sa, dial, &claim->said, IKE_CAUSE_REJECTED_PEER,
			"it has an IKE SA already (unique: keep)");
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
