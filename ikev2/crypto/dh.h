/* dh.h - key exchange: Curve25519, ECP and MODP groups (RFC 7296 section 2.14, RFC 3526, RFC 5903, RFC 8031).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_DH_H
#define IKEV2_CRYPTO_DH_H

#include "ikev2/crypto/prf.h"

enum { MAX_DH_PUBLIC = 1024, MAX_DH_PRIVATE = 66 };

struct dh {
	const struct transform *group;
	uint16_t private_len;
	uint8_t private[MAX_DH_PRIVATE];
	uint8_t public[MAX_DH_PUBLIC]; /* group->public_len octets */
};

/* A fresh pair.  The private value is drawn from random alone, so that a
 * simulation with a seeded source repeats to the octet. */
bool dh_new(struct crypto *crypto, struct dh *dh, const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx)
	__attribute__((warn_unused_result));

/* The same from a given private value (vectors; len as the group wants it). */
bool dh_from_private(struct crypto *crypto, struct dh *dh,
	const struct transform *group, struct bytes private)
	__attribute__((warn_unused_result));

/* The shared secret with the peer's public value, leading zeros kept.
 * INVALID_SYNTAX if the value has the wrong length or is none that the group
 * allows (RFC 6989 sections 2.1 to 2.3, RFC 8031); IKE_DROP if the library
 * fails. */
enum ike_error dh_agree(struct crypto *crypto, const struct dh *dh,
	struct bytes peer_public, struct shared_secret *shared)
	__attribute__((warn_unused_result));

/* Both at once, for who answers: a public value that the group forbids is
 * refused before anything is computed, so that nobody can have work done for
 * nothing.  Errors as above; then there is nothing in dh or shared. */
enum ike_error dh_answer(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx,
	struct bytes peer_public, struct shared_secret *shared)
	__attribute__((warn_unused_result));

void dh_wipe(struct dh *dh);

static inline struct bytes dh_public(const struct dh *dh)
{
	return bytes_of(dh->public, dh->group->public_len);
}

#endif
