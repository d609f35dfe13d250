/* trust.h - what a peer's certificate must lead to: authorities, revocation, keys known by themselves (RFC 5280 section 6).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_TRUST_H
#define IKEV2_CRYPTO_TRUST_H

#include "ikev2/crypto/x509.h"

/* Filled by config/, then shared, counted and read only. */
struct trust;

struct trust *trust_new(void); /* NULL without memory */
struct trust *trust_ref(struct trust *trust);
void trust_unref(struct trust *trust); /* NULL is fine */

/* All keep references of their own; false without memory. */
bool trust_add_root(struct trust *trust, struct certificate *root);
/* Untrusted by itself, but a step on the way that peers may leave out. */
bool trust_add_step(struct trust *trust, struct certificate *step);
/* The peer's own certificate, known beforehand: it needs no authority, but must
 * be valid; with no root at all only such ones are taken. */
bool trust_add_leaf(struct trust *trust, struct certificate *leaf);
/* A raw public key (RFC 7670). */
bool trust_add_key(struct trust *trust, struct public_key *key);
/* A CRL in DER.  *why: no CRL, or no memory; its signature is looked at when it
 * is used. */
bool trust_add_crl(struct trust *trust, struct bytes der, const char **why);

enum trust_source {
	TRUST_CRL,
	TRUST_OCSP,
};

/* Where revocation is asked for what this authority has issued, before what the
 * certificates say themselves. */
bool trust_add_uri(struct trust *trust, const struct certificate *authority,
	enum trust_source source, const char *uri);

bool trust_has_roots(const struct trust *trust);
bool trust_has_keys(const struct trust *trust); /* raw ones, or leaves */
bool trust_has_key(const struct trust *trust, const struct public_key *key);
/* The i-th raw key, or leaf; NULL past the last; borrowed. */
struct public_key *trust_key_at(const struct trust *trust, size_t i);
struct certificate *trust_leaf_at(const struct trust *trust, size_t i);
/* SHA-1 of the roots' SubjectPublicKeyInfo, 20 octets each, for CERTREQ
 * (RFC 7296 section 3.7): how many octets; those that fit. */
size_t trust_hashes(const struct trust *trust, uint8_t *out, size_t size);
/* The same by content. */
bool trust_equal(const struct trust *a, const struct trust *b);

/* What the peer sent: others may be NULL when there are none. */
struct cert_chain {
	struct certificate *leaf;
	struct certificate *others[8];
	size_t count; /* of others */
};

/* Could it lead to a root at all?  By names and key identifiers alone, without
 * a signature: cheap, for a peer that has proven nothing.  False: why says which
 * step is missing. */
bool trust_may_lead(const struct trust *trust, const struct cert_chain *chain,
	char why[X509_WHY]);

enum { TRUST_MAX_PATH = 10 };

/* The whole of RFC 5280 section 6 at unix_s but revocation: signatures (SHA-1
 * only if sha1), validity, CA and path length, key usage, name constraints,
 * critical extensions, and certificate_may_prove for the leaf.  True: *path is
 * the way from the leaf (0) to the root, borrowed from chain and trust.
 * False: why has the reason and the certificate that it is about. */
struct trust_path {
	struct certificate *step[TRUST_MAX_PATH];
	size_t count;
};

bool trust_check(const struct trust *trust, const struct cert_chain *chain,
	int64_t unix_s, bool sha1, struct trust_path *path, char why[X509_WHY]);

#endif
