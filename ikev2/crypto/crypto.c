/* crypto.c - the library handle: what libcrypto wants fetched once and kept.
 * SPDX-License-Identifier: ISC
 *
 * Fetching an algorithm costs more than a small message does.
 */
#include "ikev2/crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

static const char *const cbc_names[AES_KEY_SIZES] = {
	"AES-128-CBC",
	"AES-192-CBC",
	"AES-256-CBC",
};
static const char *const gcm_names[AES_KEY_SIZES] = {
	"AES-128-GCM",
	"AES-192-GCM",
	"AES-256-GCM",
};

static const char *const sha2_names[SHA2_SIZES] = {
	"SHA2-256",
	"SHA2-384",
	"SHA2-512",
};

static EVP_CIPHER_CTX *load_cipher(const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

	if (!cipher || !context ||
		EVP_CipherInit_ex2(context, cipher, NULL, NULL, 1, NULL) != 1) {
		EVP_CIPHER_CTX_free(context);
		context = NULL;
	}
	EVP_CIPHER_free(cipher); /* the context holds it */
	return context;
}

static bool load_aes(struct crypto *crypto)
{
	for (size_t i = 0; i < AES_KEY_SIZES; i++) {
		crypto->cbc[i] = load_cipher(cbc_names[i]);
		crypto->gcm[i] = load_cipher(gcm_names[i]);
		if (!crypto->cbc[i] || !crypto->gcm[i])
			return false;
	}
	return true;
}

static bool load_sha2(struct crypto *crypto)
{
	for (size_t i = 0; i < SHA2_SIZES; i++) {
		crypto->sha2[i] = EVP_MD_fetch(NULL, sha2_names[i], NULL);
		if (!crypto->sha2[i])
			return false;
	}
	return true;
}

static EVP_MAC_CTX *load_hmac(EVP_MAC *hmac, char *digest)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_END,
	};
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);

	if (!context)
		return NULL;
	if (EVP_MAC_CTX_set_params(context, params) != 1) {
		EVP_MAC_CTX_free(context);
		return NULL;
	}
	return context;
}

static bool load_hashes(struct crypto *crypto)
{
	char sha1[] = "SHA1", sha384[] = "SHA2-384";
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	crypto->sha1 = EVP_MD_fetch(NULL, sha1, NULL);
	crypto->digest = EVP_MD_CTX_new();
	if (hmac) {
		crypto->hmac_sha1 = load_hmac(hmac, sha1);
		crypto->hmac_sha384 = load_hmac(hmac, sha384);
		EVP_MAC_free(hmac);
	}
	return crypto->sha1 && crypto->digest && crypto->hmac_sha1 &&
	       crypto->hmac_sha384;
}

struct crypto *crypto_new(void)
{
	struct crypto *crypto = calloc(1, sizeof(*crypto));

	if (!crypto)
		return NULL;
	if (!load_hashes(crypto) || !load_sha2(crypto) || !load_aes(crypto)) {
		crypto_free(crypto);
		return NULL;
	}
	return crypto;
}

void crypto_free(struct crypto *crypto)
{
	if (!crypto)
		return;
	EVP_MD_free(crypto->sha1);
	for (size_t i = 0; i < SHA2_SIZES; i++)
		EVP_MD_free(crypto->sha2[i]);
	EVP_MD_CTX_free(crypto->digest);
	EVP_MAC_CTX_free(crypto->hmac_sha1);
	EVP_MAC_CTX_free(crypto->hmac_sha384);
	for (size_t i = 0; i < AES_KEY_SIZES; i++) {
		EVP_CIPHER_CTX_free(crypto->cbc[i]);
		EVP_CIPHER_CTX_free(crypto->gcm[i]);
	}
	for (size_t i = 0; i < DH_GROUPS; i++)
		dh_group_unload(&crypto->groups[i]);
	free(crypto);
}
