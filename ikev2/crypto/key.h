/* key.h - public and private keys: read, judged, compared (RFC 5280 section 4.1.2.7, RFC 5958, RFC 8017, RFC 5915).
 * SPDX-License-Identifier: ISC
 *
 * A key that was read is one that we are willing to use: of a kind below, RSA
 * with 2048 to 8192 bits and an odd exponent from 3 on (to 64 bits), a point on
 * its curve (of Ed448 that shows only when it verifies).
 * Everything else is refused with a reason in words, without an operation that
 * costs more than reading it.
 */
#ifndef IKEV2_CRYPTO_KEY_H
#define IKEV2_CRYPTO_KEY_H

#include "ikev2/bytes.h"

enum key_kind {
	KEY_RSA,
	KEY_P256,
	KEY_P384,
	KEY_P521,
	KEY_ED25519,
	KEY_ED448,
};

/* Immutable and counted. */
struct public_key;

/* From a SubjectPublicKeyInfo in DER, nothing behind it.  NULL: *why says why,
 * a constant text. */
struct public_key *public_key_read(struct bytes spki, const char **why);
struct public_key *public_key_ref(struct public_key *key);
void public_key_unref(struct public_key *key); /* NULL is fine */

enum key_kind public_key_kind(const struct public_key *key);
unsigned int public_key_bits(const struct public_key *key);
/* "RSA-2048", "ECDSA P-256", "Ed25519" */
const char *public_key_name(const struct public_key *key, char out[24]);
/* Its SubjectPublicKeyInfo in DER; the key's own octets. */
struct bytes public_key_der(const struct public_key *key);
bool public_key_equal(const struct public_key *a, const struct public_key *b);

/* Wiped when it is freed; never printed. */
struct private_key;

/* From PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC 1 (RFC 5915), in DER. */
struct private_key *private_key_read(struct bytes der, const char **why);
/* A new one, from libcrypto's own randomness: for `ipsec-ctl keygen`, never for
 * the daemon.  bits: of RSA. */
struct private_key *private_key_generate(
	enum key_kind kind, unsigned int bits, const char **why);
void private_key_free(struct private_key *key); /* NULL is fine */
/* Borrowed from the key. */
struct public_key *private_key_public(const struct private_key *key);

/* As PEM text, PKCS#8 without a password, and SubjectPublicKeyInfo; the length
 * without its NUL, 0 if it does not fit. */
enum { KEY_PEM_SIZE = 8192 };
size_t private_key_pem(const struct private_key *key, char out[KEY_PEM_SIZE]);
size_t public_key_pem(const struct public_key *key, char out[KEY_PEM_SIZE]);

#endif
