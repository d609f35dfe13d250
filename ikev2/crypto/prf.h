/* prf.h - the library handle; prf, prf+ (RFC 7296 section 2.13) and the two plain hashes we need.
 * SPDX-License-Identifier: ISC
 *
 * Every function that returns bool returns false only when the crypto library
 * fails (no memory); its output is then not to be used.
 */
#ifndef IKEV2_CRYPTO_PRF_H
#define IKEV2_CRYPTO_PRF_H

#include "ikev2/crypto/secret.h"
#include "ikev2/crypto/transform.h"

enum { MAX_PRF = 64, MAX_PRF_PLUS = 255 * MAX_PRF };

/* What libcrypto wants fetched once and kept: algorithms and one context of
 * each kind.  One a struct ike; nothing in it depends on a key that is not in
 * use at that moment. */
struct crypto;

struct crypto *crypto_new(void);
void crypto_free(struct crypto *crypto);

/* prf(key, part 0 | part 1 | ...) into out, prf->output_len octets. */
bool prf(struct crypto *crypto, const struct transform *prf, struct bytes key,
	const struct bytes *parts, size_t count, uint8_t *out)
	__attribute__((warn_unused_result));

/* prf+(key, part 0 | part 1 | ...) into out, len octets (at most 255 outputs). */
bool prf_plus(struct crypto *crypto, const struct transform *prf,
	struct bytes key, const struct bytes *parts, size_t count, uint8_t *out,
	size_t len) __attribute__((warn_unused_result));

/* HMAC for an INTEG row, truncated to icv_len octets. */
bool integ(struct crypto *crypto, const struct transform *integ,
	struct bytes key, const struct bytes *parts, size_t count, uint8_t *out)
	__attribute__((warn_unused_result));

/* SHA-1, for NAT detection only (RFC 7296 section 2.23); 20 octets. */
bool hash_sha1(struct crypto *crypto, const struct bytes *parts, size_t count,
	uint8_t out[static 20]) __attribute__((warn_unused_result));

#endif
