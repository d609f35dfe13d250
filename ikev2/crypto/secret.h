/* secret.h - a key as a value: never printed, never compared with memcmp, wiped with what holds it.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_SECRET_H
#define IKEV2_CRYPTO_SECRET_H

#include "ikev2/bytes.h"

#include <sodium.h>

enum { MAX_SECRET = 64 }; /* a key of HMAC with SHA-512 */

struct secret {
	uint8_t len;
	uint8_t data[MAX_SECRET];
};

/* A Diffie-Hellman shared secret, leading zeros kept (RFC 7296 section 2.14). */
enum { MAX_SHARED = 1024 };

struct shared_secret {
	uint16_t len;
	uint8_t data[MAX_SHARED];
};

static inline struct bytes secret_bytes(const struct secret *s)
{
	return bytes_of(s->data, s->len);
}

static inline struct bytes shared_bytes(const struct shared_secret *s)
{
	return bytes_of(s->data, s->len);
}

static inline void secret_wipe(struct secret *s)
{
	sodium_memzero(s, sizeof(*s));
}

/* In constant time for equal lengths; the length of a key is no secret. */
static inline bool secret_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && sodium_memcmp(a.at, b.at, a.len) == 0;
}

#endif
