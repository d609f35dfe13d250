/* prove.c - how we prove in IKE_AUTH who we are (RFC 7296 sections 2.15, 3.6 to 3.8, RFC 7427).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/prove.h"

#include "ikev2/engine.h"
#include "ikev2/identity.h"

enum { HASH_LEN = 20, MAX_HASH_ID = 31 };

struct ike_id prove_own_id(const struct ike_peer *peer, const struct ike_sa *sa)
{
	return peer->local.id.type != ID_NONE
		       ? peer->local.id
		       : identity_of_addr(&sa->local.addr);
}

static struct bytes packet_bytes(const struct packet *packet)
{
	return bytes_of(packet->data, packet->len);
}

struct auth_octets prove_octets(
	const struct ike_sa *sa, bool of_initiator, struct bytes id_body)
{
	const struct handshake *h = sa->handshake;

	return (struct auth_octets){
		.message = packet_bytes(
			of_initiator ? h->init_request : h->init_reply),
		.nonce = nonce_bytes(of_initiator ? &h->nonce_r : &h->nonce_i),
		.sk_p = secret_bytes(
			of_initiator ? &sa->keys.sk_pi : &sa->keys.sk_pr),
		.id = id_body,
	};
}

/* --- IKE_SA_INIT ---------------------------------------------------------- */

uint32_t prove_hashes(const struct ike_peer *peer)
{
	if (!(peer->remote.auth & IKE_AUTH_SIGNATURE))
		return 0;
	return auth_hashes() | (peer->sha1 ? UINT32_C(1) << HASH_SHA1 : 0);
}

void prove_announce(struct ike_sa *sa, uint32_t hashes, struct chain *c)
{
	uint8_t list[2 * MAX_HASH_ID];
	struct writer w = writer_of(list, sizeof(list));

	if (hashes == 0)
		return;
	for (unsigned int id = 1; id <= MAX_HASH_ID; id++) {
		if (hashes >> id & 1)
			write_u16(&w, (uint16_t)id);
	}
	write_notify(c, SIGNATURE_HASH_ALGORITHMS, written(&w));
	sa->handshake->our_hashes = hashes;
}

void prove_heed(struct ike_sa *sa, const struct message *in)
{
	const struct payload_notify *hashes =
		message_notify(in, SIGNATURE_HASH_ALGORITHMS);

	if (hashes)
		sa->handshake->peer_hashes = auth_read_hashes(hashes->data);
	sa->handshake->requested = in->requested;
}

/* --- Certificates --------------------------------------------------------- */

static bool has_hash(const struct authorities *wanted, const uint8_t *hash)
{
	for (size_t at = 0; at < wanted->len; at += HASH_LEN) {
		if (memcmp(wanted->hashes + at, hash, HASH_LEN) == 0)
			return true;
	}
	return false;
}

void prove_add_authorities(
	struct authorities *wanted, const struct ike_peer *peer)
{
	uint8_t hashes[PROVE_MAX_HASHES];
	size_t len;

	if (!peer->trust)
		return;
	if ((peer->remote.auth & IKE_AUTH_PUBKEY) &&
		trust_key_at(peer->trust, 1))
		wanted->raw = true;
	if (!(peer->remote.auth & IKE_AUTH_CERT))
		return;
	wanted->ocsp = wanted->ocsp || peer->revocation != REVOCATION_OFF;
	len = trust_hashes(peer->trust, hashes, sizeof(hashes));
	for (size_t at = 0; at < len; at += HASH_LEN) {
		if (has_hash(wanted, hashes + at) ||
			wanted->len + HASH_LEN > sizeof(wanted->hashes))
			continue;
		memcpy(wanted->hashes + wanted->len, hashes + at, HASH_LEN);
		wanted->len += HASH_LEN;
	}
}

void prove_ask(const struct authorities *wanted, struct chain *c)
{
	if (wanted->len > 0)
		write_cert(c, PAYLOAD_CERTREQ, CERT_X509_SIGNATURE,
			bytes_of(wanted->hashes, wanted->len));
	if (wanted->raw)
		write_cert(c, PAYLOAD_CERTREQ, CERT_RAW_PUBLIC_KEY,
			bytes_of(NULL, 0));
	if (wanted->len > 0 && wanted->ocsp)
		write_cert(c, PAYLOAD_CERTREQ, CERT_OCSP, bytes_of(NULL, 0));
}

static bool is_requested(const struct ike_sa *sa, uint8_t encoding)
{
	return (sa->handshake->requested >> encoding & 1) != 0;
}

void prove_write_certs(
	const struct ike_sa *sa, const struct ike_peer *peer, struct chain *c)
{
	const struct certificate *certificate;

	if (peer->local.auth == IKE_AUTH_PUBKEY &&
		is_requested(sa, CERT_RAW_PUBLIC_KEY))
		write_cert(c, PAYLOAD_CERT, CERT_RAW_PUBLIC_KEY,
			public_key_der(
				private_key_public(credential_key(peer->own))));
	if (peer->local.auth != IKE_AUTH_CERT)
		return;
	for (size_t i = 0; (certificate = credential_certificate(peer->own, i));
		i++)
		write_cert(c, PAYLOAD_CERT, CERT_X509_SIGNATURE,
			certificate_der(certificate));
}

/* --- AUTH ----------------------------------------------------------------- */

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

static bool write_shared_key(struct ike_sa *sa, const struct ike_peer *peer,
	const struct auth_octets *octets, struct chain *c, const char **why)
{
	uint8_t auth[MAX_PRF];
	bool done;

	done = auth_shared_key(sa->ike->crypto, sa->suite.prf,
		bytes_of(peer->psk, peer->psk_len), octets, auth);
	if (done)
		write_auth(c, AUTH_SHARED_KEY,
			bytes_of(auth, sa->suite.prf->output_len));
	else
		*why = "the crypto library failed";
	sodium_memzero(auth, sizeof(auth));
	return done;
}

static bool write_signature(struct ike_sa *sa, const struct ike_peer *peer,
	const struct auth_octets *octets, struct chain *c, const char **why)
{
	const struct auth_rules rules = {
		.hashes = sa->handshake->peer_hashes,
		.sha1 = peer->sha1,
		.rsa = peer->rsa,
	};
	struct auth_signature signature;

	if (!auth_sign(sa->ike->crypto, credential_key(peer->own),
		    sa->suite.prf, octets, &rules, &signature, why))
		return false;
	write_auth(
		c, signature.method, bytes_of(signature.data, signature.len));
	return true;
}

bool prove_write_auth(struct ike_sa *sa, const struct ike_peer *peer,
	const struct ike_id *id, struct chain *c, const char **why)
{
	struct auth_octets octets;
	struct id_body body;

	sa->local_auth = peer->local.auth;
	id_to_body(id, &body);
	octets = prove_octets(
		sa, sa->initiator, bytes_of(body.octets, body.len));
	return peer->local.auth == IKE_AUTH_PSK
		       ? write_shared_key(sa, peer, &octets, c, why)
		       : write_signature(sa, peer, &octets, c, why);
}
