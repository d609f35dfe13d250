/* nonce.h - a nonce as it is kept: Ni or Nr of an exchange under way (RFC 7296 section 2.10).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_NONCE_H
#define IKEV2_NONCE_H

#include "ikev2/ikev2.h"

struct sa_nonce {
	uint16_t len;
	uint8_t data[NONCE_LEN_MAX];
};

/* A fresh one of ours. */
static inline void nonce_new(const struct ike_env *env, struct sa_nonce *nonce)
{
	nonce->len = NONCE_LEN;
	env->random(env->ctx, nonce->data, NONCE_LEN);
}

/* The peer's, from a message: at most NONCE_LEN_MAX octets, as read_nonce has
 * made sure. */
static inline void nonce_keep(struct sa_nonce *nonce, struct bytes from)
{
	nonce->len = (uint16_t)from.len;
	memcpy(nonce->data, from.at, from.len);
}

static inline struct bytes nonce_bytes(const struct sa_nonce *nonce)
{
	return bytes_of(nonce->data, nonce->len);
}

#endif
