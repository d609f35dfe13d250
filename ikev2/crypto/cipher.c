/* cipher.c - AEAD, and AES-CBC with an HMAC over it (RFC 7296 section 3.14, RFC 5282, RFC 7634).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/cipher.h"

#include "ikev2/crypto/openssl.h"

#include <assert.h>

enum { NONCE_SIZE = 12, TAG_LEN = 16, MAX_KEY = 32 };

/* A message taken apart, all of it in the caller's buffer. */
struct sealed {
	struct bytes head;
	uint8_t *iv;
	uint8_t *text;
	size_t text_len;
	uint8_t *icv;
};

size_t cipher_icv_len(const struct suite *suite)
{
	return suite->encr->aead ? suite->encr->icv_len : suite->integ->icv_len;
}

/* False if there is no room for IV and ICV, or the text is no whole number of
 * blocks. */
static bool take_apart(struct sealed *s, const struct suite *suite,
	uint8_t *message, size_t head_len, size_t total)
{
	const struct transform *encr = suite->encr;
	size_t icv_len = cipher_icv_len(suite);
	size_t text_len;

	if (total > MAX_MESSAGE_LEN || head_len > total ||
		total - head_len < encr->iv_len + icv_len)
		return false;
	text_len = total - head_len - encr->iv_len - icv_len;
	if (text_len % encr->block_len != 0)
		return false;
	s->head = bytes_of(message, head_len);
	s->iv = message + head_len;
	s->text = s->iv + encr->iv_len;
	s->text_len = text_len;
	s->icv = s->text + text_len;
	return true;
}

static EVP_CIPHER_CTX *aes_of(EVP_CIPHER_CTX *const by_size[AES_KEY_SIZES],
	const struct transform *encr)
{
	return by_size[(encr->key_len - 16) / 8];
}

/* The context outlives the key: a zero one takes its place. */
static bool aes_forget(EVP_CIPHER_CTX *context)
{
	static const uint8_t zero[MAX_KEY];

	return EVP_CipherInit_ex2(context, NULL, zero, zero, 1, NULL) == 1;
}

/* RFC 5282 section 4: the salt, then the IV that the message shows. */
static void make_nonce(uint8_t nonce[static NONCE_SIZE],
	const struct secret *sk_e, const struct transform *encr,
	const uint8_t *iv)
{
	memcpy(nonce, sk_e->data + encr->key_len, encr->salt_len);
	memcpy(nonce + encr->salt_len, iv, encr->iv_len);
}

static bool gcm_run(EVP_CIPHER_CTX *context, const struct secret *sk_e,
	const uint8_t nonce[static NONCE_SIZE], const struct sealed *s,
	bool seal)
{
	int len; /* EVP counts in int */

	if (EVP_CipherInit_ex2(context, NULL, sk_e->data, nonce, seal, NULL) !=
		1)
		return false;
	if (!seal && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG,
			     TAG_LEN, s->icv) != 1)
		return false;
	if (EVP_CipherUpdate(
		    context, NULL, &len, s->head.at, (int)s->head.len) != 1)
		return false;
	if (EVP_CipherUpdate(
		    context, s->text, &len, s->text, (int)s->text_len) != 1)
		return false;
	if (EVP_CipherFinal_ex(context, s->icv, &len) != 1)
		return false;
	return !seal || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG,
				TAG_LEN, s->icv) == 1;
}

static bool chacha_seal(const struct secret *sk_e,
	const uint8_t nonce[static NONCE_SIZE], const struct sealed *s)
{
	return crypto_aead_chacha20poly1305_ietf_encrypt_detached(s->text,
		       s->icv, NULL, s->text, s->text_len, s->head.at,
		       s->head.len, NULL, nonce, sk_e->data) == 0;
}

static bool chacha_open(const struct secret *sk_e,
	const uint8_t nonce[static NONCE_SIZE], const struct sealed *s)
{
	return crypto_aead_chacha20poly1305_ietf_decrypt_detached(s->text, NULL,
		       s->text, s->text_len, s->icv, s->head.at, s->head.len,
		       nonce, sk_e->data) == 0;
}

static bool aead_run(struct crypto *crypto, const struct transform *encr,
	const struct secret *sk_e, const struct sealed *s, bool seal)
{
	uint8_t nonce[NONCE_SIZE];
	EVP_CIPHER_CTX *context;
	bool done;

	make_nonce(nonce, sk_e, encr, s->iv);
	if (encr->id == ENCR_CHACHA20_POLY1305) {
		done = seal ? chacha_seal(sk_e, nonce, s)
			    : chacha_open(sk_e, nonce, s);
	} else {
		context = aes_of(crypto->gcm, encr);
		done = gcm_run(context, sk_e, nonce, s, seal);
		done &= aes_forget(context);
	}
	sodium_memzero(nonce, sizeof(nonce));
	return done;
}

static bool cbc_run(struct crypto *crypto, const struct transform *encr,
	const struct secret *sk_e, const struct sealed *s, bool seal)
{
	EVP_CIPHER_CTX *context = aes_of(crypto->cbc, encr);
	int len;
	bool done;

	done = EVP_CipherInit_ex2(
		       context, NULL, sk_e->data, s->iv, seal, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
	       EVP_CipherUpdate(
		       context, s->text, &len, s->text, (int)s->text_len) == 1;
	done &= aes_forget(context);
	return done;
}

/* RFC 7296 section 3.14: over everything from the header to the ciphertext. */
static bool cbc_icv(struct crypto *crypto, const struct suite *suite,
	const struct secret *sk_a, const struct sealed *s, uint8_t *out)
{
	const struct bytes covered =
		bytes_of(s->head.at, (size_t)(s->icv - s->head.at));

	return integ(
		crypto, suite->integ, secret_bytes(sk_a), &covered, 1, out);
}

static void assert_keys(const struct suite *suite, const struct secret *sk_e,
	const struct secret *sk_a)
{
	assert(sk_e->len == suite->encr->key_len + suite->encr->salt_len);
	assert(suite->encr->aead || sk_a->len == suite->integ->key_len);
}

bool cipher_seal(struct crypto *crypto, const struct suite *suite,
	const struct secret *sk_e, const struct secret *sk_a, uint8_t *message,
	size_t head_len, size_t total)
{
	struct sealed s;

	assert_keys(suite, sk_e, sk_a);
	if (!take_apart(&s, suite, message, head_len, total))
		return false;
	if (suite->encr->aead)
		return aead_run(crypto, suite->encr, sk_e, &s, true);
	return cbc_run(crypto, suite->encr, sk_e, &s, true) &&
	       cbc_icv(crypto, suite, sk_a, &s, s.icv);
}

bool cipher_open(struct crypto *crypto, const struct suite *suite,
	const struct secret *sk_e, const struct secret *sk_a, uint8_t *message,
	size_t head_len, size_t total)
{
	uint8_t icv[MAX_PRF];
	struct sealed s;
	bool right;

	assert_keys(suite, sk_e, sk_a);
	if (!take_apart(&s, suite, message, head_len, total))
		return false;
	if (suite->encr->aead)
		return aead_run(crypto, suite->encr, sk_e, &s, false);
	right = cbc_icv(crypto, suite, sk_a, &s, icv) &&
		sodium_memcmp(icv, s.icv, suite->integ->icv_len) == 0;
	sodium_memzero(icv, sizeof(icv));
	return right && cbc_run(crypto, suite->encr, sk_e, &s, false);
}
