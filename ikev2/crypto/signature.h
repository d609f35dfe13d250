/* signature.h - every signature scheme that we make and verify, a row each (RFC 7427, RFC 4754, RFC 8420).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_SIGNATURE_H
#define IKEV2_CRYPTO_SIGNATURE_H

#include "ikev2/crypto/key.h"
#include "ikev2/crypto/prf.h"
#include "ikev2/iana.h"

/* What is to be signed, or is said to be: part 0 | part 1 | .. */
struct signed_text {
	struct crypto *crypto;
	const struct bytes *parts;
	size_t count;
};

struct signature_form;

struct signature_scheme {
	const char *name;
	const struct signature_form *form;
	enum auth_method method;
	unsigned int keys;    /* 1 << enum key_kind of each that it is for */
	unsigned int prefers; /* .. of each that it is the first choice of */
	enum hash_id hash;
	/* Of PKCS#1 v1.5 without an AlgorithmIdentifier: hashes that are taken
	 * but not made, and whether it is taken only. */
	uint32_t also;
	bool only_taken;
	bool pss;
	/* AlgorithmIdentifier, with method 14: as we send it, and as it may
	 * come too. */
	struct bytes algorithm, other;
};

enum { SIGNATURE_SCHEMES = 18 };

/* In the order in which we choose. */
extern const struct signature_scheme signature_schemes[SIGNATURE_SCHEMES];

/* By its name, as "ECDSA with SHA2-256"; NULL: there is none. */
const struct signature_scheme *signature_scheme_named(const char *name);

/* Append the signature.  Only ECDSA and RSA-PSS are not the same each time.
 * False: the key is of another kind, no room, or libcrypto failed. */
bool signature_make(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct private_key *key,
	struct writer *out) __attribute__((warn_unused_result));

/* Is it the signature of the text?  At most one operation with the public key,
 * and none if it has not the one form that it can have.  False: *why is a
 * constant text. */
bool signature_verify(const struct signed_text *text,
	const struct signature_scheme *scheme, const struct public_key *key,
	struct bytes signature, const char **why)
	__attribute__((warn_unused_result));

#endif
