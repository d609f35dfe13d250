/* verify.c - whether the peer has proven in IKE_AUTH who it is (RFC 7296 section 2.15, RFC 4945, RFC 7670).
 * SPDX-License-Identifier: ISC
 *
 * Who has proven nothing costs us the parsing of at most MAX_CERTS certificates
 * and one operation with a public key: names come before AUTH, AUTH before the
 * signatures of authorities, and all of that before anybody is asked whether
 * they still hold.
 */
#include "ikev2/verify.h"

#include "ikev2/engine.h"
#include "ikev2/identity.h"
#include "ikev2/prove.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef NDEBUG
#error "a proof is looked at by an assertion"
#endif

/* Who has proven to be whom, to which IKE SA. */
struct verified {
	uint64_t sa; /* birth */
	struct ike_peer *peer;
	struct ike_id id;
	uint8_t by; /* enum ike_auth; never 0 */
};

__attribute__((format(printf, 3, 4))) static bool reject(
	struct rejection *rejection, enum ike_cause cause, const char *format,
	...)
{
	va_list args;

	rejection->cause = cause;
	va_start(args, format);
	vsnprintf(rejection->why, sizeof(rejection->why), format, args);
	va_end(args);
	return false;
}

/* --- What is shown -------------------------------------------------------- */

/* RFC 7296 section 3.6: the first one is the sender's own.  One that we cannot
 * read is only missed if it is needed. */
static void take_certificate(struct presented *shown, struct bytes der)
{
	const char *why = NULL;
	struct certificate *certificate = certificate_read(der, &why);
	const bool first = !shown->chain.leaf && !shown->no_leaf;

	if (first && certificate)
		shown->chain.leaf = certificate;
	else if (first)
		shown->no_leaf = why;
	else if (certificate)
		shown->chain.others[shown->chain.count++] = certificate;
}

static void take_raw(struct presented *shown, struct bytes spki)
{
	const char *why;

	if (!shown->raw)
		shown->raw = public_key_read(spki, &why);
}

void presented_read(struct presented *shown, const struct message *in)
{
	*shown = (struct presented){ 0 };
	if (in->certs_left_off > 0) {
		shown->no_leaf = "it sends more certificates than we look at";
		return;
	}
	for (size_t i = 0; i < in->certs; i++) {
		const struct payload_cert *cert = &in->cert[i];

		if (cert->encoding == CERT_X509_SIGNATURE)
			take_certificate(shown, cert->data);
		else if (cert->encoding == CERT_RAW_PUBLIC_KEY)
			take_raw(shown, cert->data);
		else if (cert->encoding == CERT_OCSP)
			shown->stapled[shown->stapled_count++] = cert->data;
	}
}

void presented_clear(struct presented *shown)
{
	certificate_unref(shown->chain.leaf);
	for (size_t i = 0; i < shown->chain.count; i++)
		certificate_unref(shown->chain.others[i]);
	public_key_unref(shown->raw);
	*shown = (struct presented){ 0 };
}

/* --- Names in certificates ------------------------------------------------ */

/* RFC 4945 section 3.1: the identity is one that an authority vouches for. */
static bool names_id(const struct certificate *leaf, const struct ike_id *id,
	struct rejection *rejection)
{
	char text[IKE_ID_SIZE];

	if (certificate_names(leaf, id->type, bytes_of(id->data, id->len)))
		return true;
	identity_text(id, text);
	return reject(rejection, IKE_CAUSE_CERTIFICATE,
		"its certificate does not have its identity '%.160s'", text);
}

/* The name or the one address of a place, as an identity; false if it is a
 * range, or any. */
static bool place_id(const struct ike_place *place, struct ike_id *id)
{
	if (place->kind == IKE_PLACE_NAME)
		return identity_parse(place->name, id, NULL);
	if (place->kind != IKE_PLACE_RANGE ||
		!ike_addr_equal(&place->first, &place->last))
		return false;
	*id = identity_of_addr(&place->first);
	return true;
}

/* Without remote_id the certificate must have where we look for the peer: else
 * everybody whom the authority knows could take its place. */
static bool names_place(const struct certificate *leaf,
	const struct ike_side *remote, struct rejection *rejection)
{
	char text[IKE_ID_SIZE] = "";
	struct ike_id id;

	if (remote->id.type != ID_NONE)
		return true;
	for (size_t i = 0; i < remote->place_count; i++) {
		if (!place_id(&remote->places[i], &id))
			continue;
		if (certificate_names(leaf, id.type, bytes_of(id.data, id.len)))
			return true;
		identity_text(&id, text);
	}
	return text[0] == '\0' ||
	       reject(rejection, IKE_CAUSE_CERTIFICATE,
		       "its certificate does not have '%.120s' (remote), and "
		       "there is no remote_id",
		       text);
}

/* Is it by a host's name that the leaf is accepted? */
static bool is_by_host(const struct ike_peer *peer, const struct ike_id *id)
{
	const struct ike_side *remote = &peer->remote;

	if (id->type == ID_FQDN)
		return true;
	for (size_t i = 0;
		remote->id.type == ID_NONE && i < remote->place_count; i++) {
		if (remote->places[i].kind == IKE_PLACE_NAME)
			return true;
	}
	return false;
}

/* An authority that may name some hosts alone must not name others by a CN that
 * no constraint binds. */
static bool is_bound(const struct ike_peer *peer, const struct ike_id *id,
	const struct trust_path *path, struct rejection *rejection)
{
	if (certificate_has_alt_names(path->step[0]) || !is_by_host(peer, id))
		return true;
	for (size_t i = 1; i < path->count; i++) {
		if (certificate_constrains_names(path->step[i]))
			return reject(rejection, IKE_CAUSE_CERTIFICATE,
				"its certificate has a host's name as CN alone "
				"(no subjectAltName), which the name "
				"constraints of an authority above it do not "
				"bind");
	}
	return true;
}

/* --- Before any key is used ----------------------------------------------- */

/* The certificate that is meant: the one that it shows, else the one that is
 * known beforehand; NULL: there is none. */
static struct certificate *leaf_of(
	const struct ike_peer *peer, const struct presented *shown)
{
	return shown->chain.leaf ? shown->chain.leaf
				 : trust_leaf_at(peer->trust, 0);
}

static bool may_be_cert(const struct ike_peer *peer, const struct ike_id *id,
	const struct presented *shown, struct rejection *rejection)
{
	const struct certificate *leaf = leaf_of(peer, shown);
	char why[X509_WHY] = "";

	if (shown->no_leaf)
		return reject(rejection, IKE_CAUSE_CERTIFICATE,
			"its certificate cannot be used: %s", shown->no_leaf);
	if (!leaf)
		return reject(rejection, IKE_CAUSE_CERTIFICATE,
			"it sent no certificate, and none is configured");
	if (shown->chain.leaf &&
		!trust_may_lead(peer->trust, &shown->chain, why))
		return reject(rejection, IKE_CAUSE_CERTIFICATE,
			"its certificate leads to none of our authorities: %s",
			why);
	return names_id(leaf, id, rejection) &&
	       names_place(leaf, &peer->remote, rejection);
}

/* The raw key that is meant: the one that it shows, if that is configured; else
 * the first of those configured, unless it shows a certificate where that will
 * do.  NULL: it is no raw key that counts. */
static struct public_key *raw_key(
	const struct ike_peer *peer, const struct presented *shown)
{
	if (!(peer->remote.auth & IKE_AUTH_PUBKEY))
		return NULL;
	if (shown->raw)
		return trust_has_key(peer->trust, shown->raw) ? shown->raw
							      : NULL;
	if (shown->chain.leaf && (peer->remote.auth & IKE_AUTH_CERT))
		return NULL;
	return trust_key_at(peer->trust, 0);
}

bool verify_possible(const struct ike_peer *peer, const struct message *in,
	const struct ike_id *id, const struct presented *shown,
	struct rejection *rejection)
{
	const uint8_t allowed = peer->remote.auth;

	if (in->auth.method == AUTH_SHARED_KEY)
		return (allowed & IKE_AUTH_PSK) ||
		       reject(rejection, IKE_CAUSE_REJECTED_PEER,
			       "it authenticates by pre-shared key, which is "
			       "not allowed (remote_auth)");
	if (!(allowed & IKE_AUTH_SIGNATURE))
		return reject(rejection, IKE_CAUSE_REJECTED_PEER,
			"it does not authenticate by pre-shared key");
	if (raw_key(peer, shown))
		return true;
	if (allowed & IKE_AUTH_CERT)
		return may_be_cert(peer, id, shown, rejection);
	return reject(rejection, IKE_CAUSE_REJECTED_PEER,
		"its public key is not the one configured");
}

/* --- AUTH ----------------------------------------------------------------- */

static bool shared_key_holds(struct ike_sa *sa, const struct ike_peer *peer,
	const struct message *in, const struct auth_octets *octets,
	struct rejection *rejection)
{
	/* An unknown identity costs what a known one does. */
	static const uint8_t dummy[32] = { 0x69 };
	struct bytes key = peer ? bytes_of(peer->psk, peer->psk_len)
				: bytes_of(dummy, sizeof(dummy));
	uint8_t auth[MAX_PRF];
	bool holds;

	holds = auth_shared_key(
			sa->ike->crypto, sa->suite.prf, key, octets, auth) &&
		secret_equal(in->auth.data,
			bytes_of(auth, sa->suite.prf->output_len));
	sodium_memzero(auth, sizeof(auth));
	return holds || reject(rejection, IKE_CAUSE_REJECTED_PEER,
				"its pre-shared key is not ours");
}

static bool signature_holds(struct ike_sa *sa, const struct ike_peer *peer,
	const struct message *in, const struct auth_octets *octets,
	const struct public_key *key, struct rejection *rejection)
{
	const struct auth_rules rules = {
		.hashes = sa->handshake->our_hashes,
		.sha1 = peer && peer->sha1,
	};
	const char *why = NULL;

	/* N26: what is ours proves nothing for somebody else. */
	if (peer && peer->own &&
		public_key_equal(
			key, private_key_public(credential_key(peer->own))))
		return reject(rejection, IKE_CAUSE_REJECTED_PEER,
			"it shows our own key");
	return auth_verify(sa->ike->crypto, key, sa->suite.prf, octets, &rules,
		       in->auth.method, in->auth.data, &why) ||
	       reject(rejection, IKE_CAUSE_REJECTED_PEER,
		       "its signature in AUTH is not good: %s", why);
}

/* --- Revocation ----------------------------------------------------------- */

static bool is_not_revoked(struct ike_sa *sa, const struct ike_peer *peer,
	const struct message *in, const struct presented *shown,
	const struct trust_path *path, struct rejection *rejection)
{
	if (peer->revocation == REVOCATION_OFF)
		return true;
	switch (revocation_check(peer->trust, path, shown->stapled,
		shown->stapled_count, peer->revocation, sa->ike->revocations,
		sa->ike->now.unix_s, waiting_question(sa, in),
		rejection->why)) {
	case REVOCATION_GOOD:
		if (rejection->why[0] != '\0')
			ike_note(sa->ike, EVENT_REVOCATION_UNKNOWN, peer->name,
				FACTS(fact_text("why", rejection->why)), "%s",
				rejection->why);
		return true;
	case REVOCATION_ASK:
		rejection->wait = true;
		return false;
	case REVOCATION_REVOKED:
	case REVOCATION_UNKNOWN:
		return false;
	}
	return false;
}

/* --- Together ------------------------------------------------------------- */

static bool cert_holds(struct ike_sa *sa, const struct ike_peer *peer,
	const struct message *in, const struct ike_id *id,
	const struct auth_octets *octets, const struct presented *shown,
	struct rejection *rejection)
{
	struct cert_chain chain = shown->chain;
	struct trust_path path;

	chain.leaf = leaf_of(peer, shown);
	if (!signature_holds(sa, peer, in, octets, certificate_key(chain.leaf),
		    rejection))
		return false;
	rejection->cause = IKE_CAUSE_CERTIFICATE;
	return trust_check(peer->trust, &chain, sa->ike->now.unix_s, peer->sha1,
		       &path, rejection->why) &&
	       is_bound(peer, id, &path, rejection) &&
	       is_not_revoked(sa, peer, in, shown, &path, rejection);
}

/* Nobody is configured for it: as much work as for somebody. */
static void pretend(struct ike_sa *sa, const struct message *in,
	const struct auth_octets *octets, const struct presented *shown)
{
	struct rejection nobody;

	if (in->auth.method == AUTH_SHARED_KEY)
		(void)shared_key_holds(sa, NULL, in, octets, &nobody);
	else if (shown->chain.leaf)
		(void)signature_holds(sa, NULL, in, octets,
			certificate_key(shown->chain.leaf), &nobody);
}

/* --- The proof ------------------------------------------------------------ */

static struct verified *verified_new(const struct ike_sa *sa,
	struct ike_peer *peer, const struct ike_id *id, uint8_t by)
{
	struct verified *proof = calloc(1, sizeof(*proof));

	if (proof)
		*proof = (struct verified){ sa->birth, ike_peer_ref(peer), *id,
			by };
	return proof;
}

void verified_free(struct verified *proof)
{
	if (proof)
		ike_peer_unref(proof->peer);
	free(proof);
}

void verified_spend(struct verified *proof, struct ike_sa *sa)
{
	assert(proof && proof->sa == sa->birth && sa->phase == PHASE_AUTH);
	if (!sa->peer)
		sa->peer = ike_peer_ref(proof->peer);
	sa->remote_id = proof->id;
	sa->remote_auth = proof->by;
	verified_free(proof);
}

struct verified *verify_inherited(
	const struct ike_sa *fresh, const struct ike_sa *old)
{
	return old->remote_auth ? verified_new(fresh, old->peer,
					  &old->remote_id, old->remote_auth)
				: NULL;
}

/* How it proves itself, as far as that holds; 0: it does not. */
static uint8_t holds_by(struct ike_sa *sa, const struct ike_peer *peer,
	const struct message *in, const struct ike_id *id,
	const struct auth_octets *octets, const struct presented *shown,
	struct rejection *rejection)
{
	struct public_key *raw;

	if (in->auth.method == AUTH_SHARED_KEY)
		return shared_key_holds(sa, peer, in, octets, rejection)
			       ? IKE_AUTH_PSK
			       : 0;
	raw = raw_key(peer, shown);
	if (raw)
		return signature_holds(sa, peer, in, octets, raw, rejection)
			       ? IKE_AUTH_PUBKEY
			       : 0;
	return cert_holds(sa, peer, in, id, octets, shown, rejection)
		       ? IKE_AUTH_CERT
		       : 0;
}

struct verified *verify_peer(struct ike_sa *sa, struct ike_peer *peer,
	const struct message *in, const struct payload_id *id,
	const struct presented *shown, struct rejection *rejection)
{
	const struct auth_octets octets =
		prove_octets(sa, !sa->initiator, id->body);
	struct verified *proof;
	struct ike_id said;
	uint8_t by;

	if (!peer) {
		pretend(sa, in, &octets, shown);
		return NULL;
	}
	if (!identity_read(id, &said) ||
		!verify_possible(peer, in, &said, shown, rejection))
		return NULL;
	by = holds_by(sa, peer, in, &said, &octets, shown, rejection);
	proof = by ? verified_new(sa, peer, &said, by) : NULL;
	if (by && !proof)
		(void)reject(rejection, IKE_CAUSE_FAILED, "out of memory");
	return proof;
}
