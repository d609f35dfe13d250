/* prove.h - how each side proves in IKE_AUTH who it is: our part (RFC 7296 sections 2.15, 3.6 to 3.8, RFC 7427).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_PROVE_H
#define IKEV2_PROVE_H

#include "ikev2/sa.h"

/* What we call ourselves to this peer: configured, or our address. */
struct ike_id prove_own_id(
	const struct ike_peer *peer, const struct ike_sa *sa);

/* The octets that the AUTH of one side covers; id_body as on the wire. */
struct auth_octets prove_octets(
	const struct ike_sa *sa, bool of_initiator, struct bytes id_body);

/* With which hashes a peer of this configuration may sign: 1 << enum hash_id;
 * 0: it does not sign. */
uint32_t prove_hashes(const struct ike_peer *peer);
/* IKE_SA_INIT: these, if there are any (RFC 7427 section 4). */
void prove_announce(struct ike_sa *sa, uint32_t hashes, struct chain *c);
/* What the peer said of that, and which certificates it asks for. */
void prove_heed(struct ike_sa *sa, const struct message *in);

/* CERTREQ: the authorities of this configuration (RFC 7296 section 3.7); more
 * than one configuration, as long as the responder does not know whose it is. */
enum { PROVE_MAX_HASHES = 64 * 20 };

struct authorities {
	uint8_t hashes[PROVE_MAX_HASHES];
	size_t len;
	bool ocsp; /* RFC 4806: a fresh word on revocation is welcome */
	bool raw;  /* RFC 7670: of several keys, which is it? */
};

void prove_add_authorities(
	struct authorities *wanted, const struct ike_peer *peer);
void prove_ask(const struct authorities *wanted, struct chain *c);

/* Our certificates, if we have some: also when nobody has asked for them, as
 * many peers do not ask. */
void prove_write_certs(
	const struct ike_sa *sa, const struct ike_peer *peer, struct chain *c);
/* AUTH.  False: *why is a constant text. */
bool prove_write_auth(struct ike_sa *sa, const struct ike_peer *peer,
	const struct ike_id *id, struct chain *c, const char **why);

#endif
