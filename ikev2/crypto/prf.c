/* prf.c - prf, prf+ and HMAC (RFC 7296 section 2.13, RFC 2104, RFC 4868), and SHA-1.
 * SPDX-License-Identifier: ISC
 *
 * SHA-256 and SHA-512 are libsodium's, SHA-1 and SHA-384 libcrypto's.
 */
#include "ikev2/crypto/openssl.h"

#include <assert.h>

/* A hash is named by its octets, which is what the rows' key_len says too. */
enum hash { SHA1 = 20, SHA256 = 32, SHA384 = 48, SHA512 = 64 };

/* An HMAC that has its key and may be run any number of times.  The key of one
 * that is libcrypto's stays in the shared context until hmac_forget. */
struct hmac {
	enum hash hash;
	union {
		crypto_auth_hmacsha256_state sha256;
		crypto_auth_hmacsha512_state sha512;
		EVP_MAC_CTX *evp;
	} keyed, running;
};

static bool hmac_key(struct crypto *crypto, struct hmac *h,
	const struct transform *row, struct bytes key)
{
	static const uint8_t empty[1];
	const uint8_t *at = key.len > 0 ? key.at : empty;

	h->hash = (enum hash)row->key_len;
	switch (h->hash) {
	case SHA256:
		(void)crypto_auth_hmacsha256_init(
			&h->keyed.sha256, at, key.len);
		return true;
	case SHA512:
		(void)crypto_auth_hmacsha512_init(
			&h->keyed.sha512, at, key.len);
		return true;
	case SHA1:
		h->keyed.evp = crypto->hmac_sha1;
		return EVP_MAC_init(h->keyed.evp, at, key.len, NULL) == 1;
	case SHA384:
		h->keyed.evp = crypto->hmac_sha384;
		return EVP_MAC_init(h->keyed.evp, at, key.len, NULL) == 1;
	}
	return false;
}

static bool hmac_start(struct hmac *h)
{
	switch (h->hash) {
	case SHA256:
	case SHA512:
		h->running = h->keyed;
		return true;
	case SHA1:
	case SHA384:
		break;
	}
	h->running.evp = h->keyed.evp;
	return EVP_MAC_init(h->running.evp, NULL, 0, NULL) == 1;
}

static bool hmac_add(struct hmac *h, struct bytes part)
{
	if (part.len == 0)
		return true;
	switch (h->hash) {
	case SHA256:
		(void)crypto_auth_hmacsha256_update(
			&h->running.sha256, part.at, part.len);
		return true;
	case SHA512:
		(void)crypto_auth_hmacsha512_update(
			&h->running.sha512, part.at, part.len);
		return true;
	case SHA1:
	case SHA384:
		break;
	}
	return EVP_MAC_update(h->running.evp, part.at, part.len) == 1;
}

static bool hmac_end(struct hmac *h, uint8_t out[static MAX_PRF])
{
	switch (h->hash) {
	case SHA256:
		(void)crypto_auth_hmacsha256_final(&h->running.sha256, out);
		return true;
	case SHA512:
		(void)crypto_auth_hmacsha512_final(&h->running.sha512, out);
		return true;
	case SHA1:
	case SHA384:
		break;
	}
	return EVP_MAC_final(h->running.evp, out, NULL, MAX_PRF) == 1;
}

/* The contexts outlive the key: an empty one takes its place. */
static bool hmac_forget(struct hmac *h)
{
	static const uint8_t empty[1];
	bool forgot = true;

	switch (h->hash) {
	case SHA256:
	case SHA512:
		break;
	case SHA1:
	case SHA384:
		forgot = EVP_MAC_init(h->keyed.evp, empty, 1, NULL) == 1;
		break;
	}
	sodium_memzero(h, sizeof(*h));
	return forgot;
}

static bool hmac_parts(struct hmac *h, const struct bytes *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!hmac_add(h, parts[i]))
			return false;
	}
	return true;
}

/* HMAC over all parts, the first len octets of it. */
static bool hmac_once(struct crypto *crypto, const struct transform *row,
	struct bytes key, const struct bytes *parts, size_t count, uint8_t *out,
	size_t len)
{
	uint8_t full[MAX_PRF];
	struct hmac h;
	bool done;

	done = hmac_key(crypto, &h, row, key) && hmac_start(&h) &&
	       hmac_parts(&h, parts, count) && hmac_end(&h, full);
	done &= hmac_forget(&h);
	if (done)
		memcpy(out, full, len);
	sodium_memzero(full, sizeof(full));
	return done;
}

bool prf(struct crypto *crypto, const struct transform *prf, struct bytes key,
	const struct bytes *parts, size_t count, uint8_t *out)
{
	return hmac_once(crypto, prf, key, parts, count, out, prf->output_len);
}

bool integ(struct crypto *crypto, const struct transform *integ,
	struct bytes key, const struct bytes *parts, size_t count, uint8_t *out)
{
	return hmac_once(crypto, integ, key, parts, count, out, integ->icv_len);
}

/* T1 = prf (K, S | 0x01), Tn = prf (K, Tn-1 | S | n) */
static bool expand(struct hmac *h, size_t output_len, const struct bytes *parts,
	size_t count, uint8_t *out, size_t len)
{
	uint8_t block[MAX_PRF];
	struct bytes previous = bytes_of(block, 0);
	bool done = true;

	for (uint8_t n = 1; len > 0; n++) {
		size_t take = len < output_len ? len : output_len;

		done = hmac_start(h) && hmac_add(h, previous) &&
		       hmac_parts(h, parts, count) &&
		       hmac_add(h, bytes_of(&n, 1)) && hmac_end(h, block);
		if (!done)
			break;
		memcpy(out, block, take);
		previous.len = output_len;
		out += take;
		len -= take;
	}
	sodium_memzero(block, sizeof(block));
	return done;
}

bool prf_plus(struct crypto *crypto, const struct transform *prf,
	struct bytes key, const struct bytes *parts, size_t count, uint8_t *out,
	size_t len)
{
	struct hmac h;
	bool done;

	assert(len <= 255u * prf->output_len);
	done = hmac_key(crypto, &h, prf, key) &&
	       expand(&h, prf->output_len, parts, count, out, len);
	done &= hmac_forget(&h);
	return done;
}

bool hash_sha1(struct crypto *crypto, const struct bytes *parts, size_t count,
	uint8_t out[static 20])
{
	EVP_MD_CTX *context = crypto->digest;

	if (EVP_DigestInit_ex2(context, crypto->sha1, NULL) != 1)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (EVP_DigestUpdate(context, parts[i].at, parts[i].len) != 1)
			return false;
	}
	return EVP_DigestFinal_ex(context, out, NULL) == 1;
}
