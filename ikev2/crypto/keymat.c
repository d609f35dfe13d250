/* keymat.c - SKEYSEED, SK_* and KEYMAT (RFC 7296 sections 2.14, 2.17, 2.18).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/keymat.h"

/* Seven keys of an IKE SA; the four of a pair of ESP SAs are fewer. */
enum { MAX_KEYMAT = 7 * MAX_SECRET };

static size_t encr_len(const struct suite *suite)
{
	return (size_t)suite->encr->key_len + suite->encr->salt_len;
}

static size_t integ_len(const struct suite *suite)
{
	return suite->integ ? suite->integ->key_len : 0;
}

static void take(struct reader *r, struct secret *key, size_t len)
{
	struct bytes from = read_bytes(r, len);

	key->len = (uint8_t)from.len;
	if (from.len > 0)
		memcpy(key->data, from.at, from.len);
}

/* {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr}
 *                   = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr) */
static bool expand_ike(struct crypto *crypto, const struct suite *suite,
	const uint8_t *skeyseed, size_t skeyseed_len, struct bytes ni,
	struct bytes nr, const uint8_t spi_i[static 8],
	const uint8_t spi_r[static 8], struct keymat *out)
{
	const struct bytes seed[] = {
		ni,
		nr,
		bytes_of(spi_i, IKE_SPI_LEN),
		bytes_of(spi_r, IKE_SPI_LEN),
	};
	size_t prf_len = suite->prf->key_len;
	size_t len = 3 * prf_len + 2 * integ_len(suite) + 2 * encr_len(suite);
	uint8_t keys[MAX_KEYMAT];
	struct reader r = reader_of(bytes_of(keys, len));

	*out = (struct keymat){ 0 };
	if (!prf_plus(crypto, suite->prf, bytes_of(skeyseed, skeyseed_len),
		    seed, 4, keys, len)) {
		sodium_memzero(keys, sizeof(keys));
		return false;
	}
	take(&r, &out->sk_d, prf_len);
	take(&r, &out->sk_ai, integ_len(suite));
	take(&r, &out->sk_ar, integ_len(suite));
	take(&r, &out->sk_ei, encr_len(suite));
	take(&r, &out->sk_er, encr_len(suite));
	take(&r, &out->sk_pi, prf_len);
	take(&r, &out->sk_pr, prf_len);
	sodium_memzero(keys, sizeof(keys));
	return true;
}

bool keymat_ike(struct crypto *crypto, const struct suite *suite,
	struct bytes ni, struct bytes nr, struct bytes shared,
	const uint8_t spi_i[static 8], const uint8_t spi_r[static 8],
	struct keymat *out)
{
	uint8_t skeyseed[MAX_PRF];
	uint8_t nonces[2 * NONCE_LEN_MAX];
	struct writer w = writer_of(nonces, sizeof(nonces));
	bool done;

	/* With HMAC the whole of both nonces is the key. */
	write_bytes(&w, ni);
	write_bytes(&w, nr);
	if (w.bad)
		return false;
	done = prf(crypto, suite->prf, written(&w), &shared, 1, skeyseed) &&
	       expand_ike(crypto, suite, skeyseed, suite->prf->output_len, ni,
		       nr, spi_i, spi_r, out);
	sodium_memzero(skeyseed, sizeof(skeyseed));
	return done;
}

bool keymat_ike_rekey(struct crypto *crypto, const struct transform *old_prf,
	const struct secret *old_sk_d, const struct suite *suite,
	struct bytes ni, struct bytes nr, struct bytes shared,
	const uint8_t spi_i[static 8], const uint8_t spi_r[static 8],
	struct keymat *out)
{
	const struct bytes parts[] = { shared, ni, nr };
	uint8_t skeyseed[MAX_PRF];
	bool done;

	done = prf(crypto, old_prf, secret_bytes(old_sk_d), parts, 3,
		       skeyseed) &&
	       expand_ike(crypto, suite, skeyseed, old_prf->output_len, ni, nr,
		       spi_i, spi_r, out);
	sodium_memzero(skeyseed, sizeof(skeyseed));
	return done;
}

/* RFC 7296 section 2.17: the keys of the SA from initiator to responder first,
 * and of one SA the encryption key first. */
bool keymat_child(struct crypto *crypto, const struct transform *prf,
	const struct secret *sk_d, const struct suite *suite,
	struct bytes shared, struct bytes ni, struct bytes nr,
	struct child_keys *out)
{
	const struct bytes seed[] = { shared, ni, nr };
	size_t len = 2 * encr_len(suite) + 2 * integ_len(suite);
	uint8_t keys[MAX_KEYMAT];
	struct reader r = reader_of(bytes_of(keys, len));

	*out = (struct child_keys){ 0 };
	if (!prf_plus(crypto, prf, secret_bytes(sk_d), seed, 3, keys, len)) {
		sodium_memzero(keys, sizeof(keys));
		return false;
	}
	take(&r, &out->encr_i, encr_len(suite));
	take(&r, &out->integ_i, integ_len(suite));
	take(&r, &out->encr_r, encr_len(suite));
	take(&r, &out->integ_r, integ_len(suite));
	sodium_memzero(keys, sizeof(keys));
	return true;
}

void keymat_wipe(struct keymat *keymat)
{
	sodium_memzero(keymat, sizeof(*keymat));
}
