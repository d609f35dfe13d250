/* credential.h - what we prove ourselves with: a private key and the certificates that go with it.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_CREDENTIAL_H
#define IKEV2_CRYPTO_CREDENTIAL_H

#include "ikev2/crypto/x509.h"

enum { CREDENTIAL_MAX_CHAIN = 8 };

/* Immutable and counted. */
struct credential;

/* Takes the key, also when it fails; keeps references of its own to the
 * certificates: ours first, then those on the way to the root.  count 0: a raw
 * key (RFC 7670).  NULL: *why says why (the key is not that of the certificate,
 * no memory). */
struct credential *credential_new(struct private_key *key,
	struct certificate *const *chain, size_t count, const char **why);
struct credential *credential_ref(struct credential *credential);
void credential_unref(struct credential *credential); /* NULL is fine */

const struct private_key *credential_key(const struct credential *credential);
/* The i-th, NULL past the last; borrowed. */
struct certificate *credential_certificate(
	const struct credential *credential, size_t i);
/* The same key and certificates.  Two NULLs are the same. */
bool credential_equal(const struct credential *a, const struct credential *b);

#endif
