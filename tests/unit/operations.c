/* operations.c - operations with public keys, counted where our code asks a library for one.
 * SPDX-License-Identifier: ISC
 *
 * The linker's --wrap brings the calls here (see the Makefile).
 */
#include "tests/unit/operations.h"

#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

int public_key_operations;

int __real_EVP_DigestVerifyFinal(
	EVP_MD_CTX *ctx, const unsigned char *sig, size_t len);
int __wrap_EVP_DigestVerifyFinal(
	EVP_MD_CTX *ctx, const unsigned char *sig, size_t len);
int __real_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig,
	size_t len, const unsigned char *data, size_t data_len);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig,
	size_t len, const unsigned char *data, size_t data_len);
int __real_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig,
	size_t len, const unsigned char *data, size_t data_len);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig,
	size_t len, const unsigned char *data, size_t data_len);
int __real_EVP_PKEY_verify_recover(EVP_PKEY_CTX *ctx, unsigned char *out,
	size_t *out_len, const unsigned char *sig, size_t len);
int __wrap_EVP_PKEY_verify_recover(EVP_PKEY_CTX *ctx, unsigned char *out,
	size_t *out_len, const unsigned char *sig, size_t len);
int __real_crypto_sign_verify_detached(const unsigned char *sig,
	const unsigned char *data, unsigned long long len,
	const unsigned char *key);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig,
	const unsigned char *data, unsigned long long len,
	const unsigned char *key);
int __real_X509_verify_cert(X509_STORE_CTX *ctx);
int __wrap_X509_verify_cert(X509_STORE_CTX *ctx);

enum { LONGEST_PATH = 10 };

int __wrap_EVP_DigestVerifyFinal(
	EVP_MD_CTX *ctx, const unsigned char *sig, size_t len)
{
	public_key_operations++;
	return __real_EVP_DigestVerifyFinal(ctx, sig, len);
}

int __wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig,
	size_t len, const unsigned char *data, size_t data_len)
{
	public_key_operations++;
	return __real_EVP_DigestVerify(ctx, sig, len, data, data_len);
}

int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig,
	size_t len, const unsigned char *data, size_t data_len)
{
	public_key_operations++;
	return __real_EVP_PKEY_verify(ctx, sig, len, data, data_len);
}

int __wrap_EVP_PKEY_verify_recover(EVP_PKEY_CTX *ctx, unsigned char *out,
	size_t *out_len, const unsigned char *sig, size_t len)
{
	public_key_operations++;
	return __real_EVP_PKEY_verify_recover(ctx, out, out_len, sig, len);
}

int __wrap_crypto_sign_verify_detached(const unsigned char *sig,
	const unsigned char *data, unsigned long long len,
	const unsigned char *key)
{
	public_key_operations++;
	return __real_crypto_sign_verify_detached(sig, data, len, key);
}

int __wrap_X509_verify_cert(X509_STORE_CTX *ctx)
{
	public_key_operations += LONGEST_PATH;
	return __real_X509_verify_cert(ctx);
}
