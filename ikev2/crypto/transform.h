/* transform.h - a transform as a row, a suite as the rows chosen (RFC 7296 section 3.3.2).
 * SPDX-License-Identifier: ISC
 *
 * Everything that differs between two algorithms of one kind is a number in
 * their rows.  To add a transform: one row in transform.c, its vector in
 * tests/unit/transform.c (which fails without it), its kernel name in
 * daemon/xfrm_names.c if ESP may use it.
 */
#ifndef IKEV2_CRYPTO_TRANSFORM_H
#define IKEV2_CRYPTO_TRANSFORM_H

#include "ikev2/bytes.h"
#include "ikev2/iana.h"

struct transform {
	uint8_t type; /* enum transform_type */
	uint16_t id;
	uint16_t key_bits; /* the Key Length attribute; 0: has none */
	const char *name;  /* in YAML, logs and ipsec-ctl */
	uint16_t key_len;  /* octets of key: ENCR (without salt), INTEG, PRF */
	uint8_t salt_len;  /* ENCR: octets after the key (RFC 5282, RFC 7634) */
	uint8_t iv_len;    /* ENCR: explicit IV in each message */
	uint8_t block_len; /* ENCR: plaintext is padded to it; 1: none */
	uint8_t icv_len;   /* AEAD and INTEG */
	uint16_t output_len; /* PRF */
	uint16_t public_len; /* KE: Key Exchange Data */
	uint16_t shared_len; /* KE: shared secret, leading zeros kept */
	bool aead;
	bool weak;          /* only where a peer's configuration names it */
	uint64_t max_bytes; /* ENCR: for one key; 0: any number */
};

struct suite {
	const struct transform *encr;
	const struct transform *prf;   /* NULL for ESP */
	const struct transform *integ; /* NULL with an AEAD */
	const struct transform *ke;    /* NULL: no key exchange */
	const struct transform *esn;   /* NULL for IKE */
};

/* The row of a transform, or NULL.  key_bits is the Key Length attribute, 0 if
 * there was none. */
const struct transform *transform_find(
	uint8_t type, uint16_t id, uint16_t key_bits);

/* The row named so (an alias such as "curve25519" counts), or NULL.  Names are
 * those of proposal strings: "aes256gcm16", "aes256", "sha256" (INTEG),
 * "prfsha256", "x25519", "esn". */
const struct transform *transform_named(struct bytes name);

/* The i-th row of the table, NULL past its end. */
const struct transform *transform_at(size_t i);

/* "aes256gcm16-prfsha256-x25519" into out, always terminated. */
void suite_name(const struct suite *suite, char *out, size_t size);

enum { SUITE_NAME_SIZE = 96 };

#endif
