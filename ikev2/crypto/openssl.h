/* openssl.h - what the files of crypto/ share of libcrypto; nobody else includes it.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_OPENSSL_H
#define IKEV2_CRYPTO_OPENSSL_H

#include "ikev2/crypto/auto.h"
#include "ikev2/crypto/key.h"
#include "ikev2/crypto/prf.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

AUTO_DEFINE(BIGNUM, BN_clear_free)
AUTO_DEFINE(BN_CTX, BN_CTX_free)
AUTO_DEFINE(EC_POINT, EC_POINT_clear_free)
AUTO_DEFINE(EVP_MD_CTX, EVP_MD_CTX_free)
AUTO_DEFINE(EVP_PKEY, EVP_PKEY_free)
AUTO_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

/* One context for each AES cipher and key size, as naming a cipher to a context
 * allocates; then only key and IV change. */
enum { AES_KEY_SIZES = 3, DH_GROUPS = 9, SHA2_SIZES = 3 };

/* What a group costs to set up, made when the group is first used. */
struct dh_group {
	EC_GROUP *curve;   /* ECP */
	BIGNUM *order;     /* ECP */
	BIGNUM *prime;     /* MODP */
	BIGNUM *last;      /* MODP: prime - 1 */
	BN_MONT_CTX *mont; /* MODP */
};

void dh_group_unload(struct dh_group *group);

struct public_key {
	uint32_t refs;
	enum key_kind kind;
	unsigned int bits;
	EVP_PKEY *evp;
	size_t len;
	uint8_t der[]; /* SubjectPublicKeyInfo; a key of EdDSA is its end */
};

struct private_key {
	struct public_key *public;
	EVP_PKEY *evp;
	uint8_t ed25519[crypto_sign_SECRETKEYBYTES]; /* as libsodium has it */
};

struct crypto {
	EVP_MD *sha1;
	EVP_MD *sha2[SHA2_SIZES]; /* for signatures */
	EVP_MD_CTX *digest;
	EVP_MAC_CTX *hmac_sha1;
	EVP_MAC_CTX *hmac_sha384;
	EVP_CIPHER_CTX *cbc[AES_KEY_SIZES];
	EVP_CIPHER_CTX *gcm[AES_KEY_SIZES];
	struct dh_group groups[DH_GROUPS];
};

#endif
