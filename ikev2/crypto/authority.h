/* authority.h - certificates and CRLs that we make: what `ipsec-ctl ca` signs (RFC 5280, RFC 4945).
 * SPDX-License-Identifier: ISC
 *
 * Time and serial numbers are the caller's; ECDSA takes its randomness from
 * libcrypto.  For ipsec-ctl, never for the daemon.
 */
#ifndef IKEV2_CRYPTO_AUTHORITY_H
#define IKEV2_CRYPTO_AUTHORITY_H

#include "ikev2/crypto/key.h"

enum {
	AUTHORITY_SERIAL = 16,
	AUTHORITY_MAX_CN = 64, /* ub-common-name (RFC 5280 appendix A.1) */
	AUTHORITY_MAX_NAMES = 64,
	AUTHORITY_NO_LIMIT = -1,
};

/* A subjectAltName, as in an ID payload: ID_FQDN, ID_RFC822_ADDR, ID_IPV4_ADDR
 * or ID_IPV6_ADDR. */
struct authority_name {
	uint8_t type;
	struct bytes data;
};

struct authority_request {
	const char *common_name; /* UTF-8: all there is in the subject */
	const struct public_key *key;
	/* Its first bit is not looked at: serial numbers are positive. */
	uint8_t serial[AUTHORITY_SERIAL];
	int64_t not_before, not_after; /* Unix time */
	/* An authority (then without names), that may be followed by so many
	 * others on the way to a peer; else what proves a peer. */
	bool ca;
	int path_len; /* AUTHORITY_NO_LIMIT */
	const struct authority_name *names;
	size_t name_count;
};

struct authority_made {
	uint8_t *der;
	size_t len;
	char *pem; /* the same as text */
	size_t pem_len;
};

/* A certificate.  issuer: that of the authority, in DER, and key its key; empty:
 * key's own, and the certificate is signed by itself.
 *
 * For an authority: basicConstraints and keyUsage keyCertSign and cRLSign, both
 * critical.  For others: keyUsage digitalSignature, critical; extendedKeyUsage
 * serverAuth, which phones and Windows want of a gateway, clientAuth and
 * ipsecIKE (RFC 4945 section 5.1.3.12); the names.  For all, subject and
 * authority key identifiers.  Signed with the hash that goes with the key.
 *
 * False: *why is a constant text: the issuer is no authority, not of this key,
 * would end before what it issues, or may not make another authority; a name is
 * none; no memory. */
bool authority_certificate(const struct private_key *key, struct bytes issuer,
	const struct authority_request *request, struct authority_made *out,
	const char **why);

struct authority_revoked {
	uint8_t serial[AUTHORITY_SERIAL];
	int64_t at; /* Unix time */
};

struct authority_list {
	uint64_t number; /* higher than that of the one before */
	int64_t this_update, next_update;
	const struct authority_revoked *revoked;
	size_t count;
};

/* What an authority has revoked (RFC 5280 section 5). */
bool authority_crl(const struct private_key *key, struct bytes issuer,
	const struct authority_list *list, struct authority_made *out,
	const char **why);

void authority_clear(struct authority_made *made);

#endif
