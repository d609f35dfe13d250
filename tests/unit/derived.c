/* derived.c - where secrets come from: each is told to heap_secret() as soon as it exists.
 * SPDX-License-Identifier: ISC
 *
 * The linker's --wrap brings the calls here (WRAP_derived in the Makefile).
 */
#include "ikev2/crypto/dh.h"
#include "ikev2/crypto/keymat.h"
#include "ikev2/crypto/prf.h"
#include "tests/unit/heap.h"

unsigned long x25519_operations;

int __real_crypto_scalarmult_curve25519(
	unsigned char *q, const unsigned char *n, const unsigned char *p);
int __wrap_crypto_scalarmult_curve25519(
	unsigned char *q, const unsigned char *n, const unsigned char *p);
int __real_crypto_scalarmult_curve25519_base(
	unsigned char *q, const unsigned char *n);
int __wrap_crypto_scalarmult_curve25519_base(
	unsigned char *q, const unsigned char *n);

/* A point that is refused is refused before anything is computed. */
int __wrap_crypto_scalarmult_curve25519(
	unsigned char *q, const unsigned char *n, const unsigned char *p)
{
	int result = __real_crypto_scalarmult_curve25519(q, n, p);

	x25519_operations += result == 0;
	return result;
}

int __wrap_crypto_scalarmult_curve25519_base(
	unsigned char *q, const unsigned char *n)
{
	x25519_operations++;
	return __real_crypto_scalarmult_curve25519_base(q, n);
}

bool __real_dh_new(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx);
bool __wrap_dh_new(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx);

bool __wrap_dh_new(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx)
{
	bool done = __real_dh_new(crypto, dh, group, random, ctx);

	if (done)
		heap_secret("a private value", dh->private, dh->private_len);
	return done;
}

enum ike_error __real_dh_answer(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx,
	struct bytes peer, struct shared_secret *shared);
enum ike_error __wrap_dh_answer(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx,
	struct bytes peer, struct shared_secret *shared);

enum ike_error __wrap_dh_answer(struct crypto *crypto, struct dh *dh,
	const struct transform *group,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx,
	struct bytes peer, struct shared_secret *shared)
{
	enum ike_error err =
		__real_dh_answer(crypto, dh, group, random, ctx, peer, shared);

	if (err == IKE_OK) {
		heap_secret("a private value", dh->private, dh->private_len);
		heap_secret("a shared secret", shared->data, shared->len);
	}
	return err;
}

enum ike_error __real_dh_agree(struct crypto *crypto, const struct dh *dh,
	struct bytes peer, struct shared_secret *shared);
enum ike_error __wrap_dh_agree(struct crypto *crypto, const struct dh *dh,
	struct bytes peer, struct shared_secret *shared);

enum ike_error __wrap_dh_agree(struct crypto *crypto, const struct dh *dh,
	struct bytes peer, struct shared_secret *shared)
{
	enum ike_error err = __real_dh_agree(crypto, dh, peer, shared);

	if (err == IKE_OK)
		heap_secret("a shared secret", shared->data, shared->len);
	return err;
}

static void note_keys(const struct keymat *keys)
{
	heap_secret("SK_d", keys->sk_d.data, keys->sk_d.len);
	heap_secret("SK_ai", keys->sk_ai.data, keys->sk_ai.len);
	heap_secret("SK_ar", keys->sk_ar.data, keys->sk_ar.len);
	heap_secret("SK_ei", keys->sk_ei.data, keys->sk_ei.len);
	heap_secret("SK_er", keys->sk_er.data, keys->sk_er.len);
	heap_secret("SK_pi", keys->sk_pi.data, keys->sk_pi.len);
	heap_secret("SK_pr", keys->sk_pr.data, keys->sk_pr.len);
}

bool __real_keymat_ike(struct crypto *crypto, const struct suite *suite,
	struct bytes ni, struct bytes nr, struct bytes shared,
	const uint8_t spi_i[static 8], const uint8_t spi_r[static 8],
	struct keymat *out);
bool __wrap_keymat_ike(struct crypto *crypto, const struct suite *suite,
	struct bytes ni, struct bytes nr, struct bytes shared,
	const uint8_t spi_i[static 8], const uint8_t spi_r[static 8],
	struct keymat *out);

bool __wrap_keymat_ike(struct crypto *crypto, const struct suite *suite,
	struct bytes ni, struct bytes nr, struct bytes shared,
	const uint8_t spi_i[static 8], const uint8_t spi_r[static 8],
	struct keymat *out)
{
	bool done = __real_keymat_ike(
		crypto, suite, ni, nr, shared, spi_i, spi_r, out);

	if (done)
		note_keys(out);
	return done;
}

bool __real_keymat_ike_rekey(struct crypto *crypto,
	const struct transform *old_prf, const struct secret *old_sk_d,
	const struct suite *suite, struct bytes ni, struct bytes nr,
	struct bytes shared, const uint8_t spi_i[static 8],
	const uint8_t spi_r[static 8], struct keymat *out);
bool __wrap_keymat_ike_rekey(struct crypto *crypto,
	const struct transform *old_prf, const struct secret *old_sk_d,
	const struct suite *suite, struct bytes ni, struct bytes nr,
	struct bytes shared, const uint8_t spi_i[static 8],
	const uint8_t spi_r[static 8], struct keymat *out);

bool __wrap_keymat_ike_rekey(struct crypto *crypto,
	const struct transform *old_prf, const struct secret *old_sk_d,
	const struct suite *suite, struct bytes ni, struct bytes nr,
	struct bytes shared, const uint8_t spi_i[static 8],
	const uint8_t spi_r[static 8], struct keymat *out)
{
	bool done = __real_keymat_ike_rekey(crypto, old_prf, old_sk_d, suite,
		ni, nr, shared, spi_i, spi_r, out);

	if (done)
		note_keys(out);
	return done;
}

bool __real_keymat_child(struct crypto *crypto, const struct transform *prf,
	const struct secret *sk_d, const struct suite *suite,
	struct bytes shared, struct bytes ni, struct bytes nr,
	struct child_keys *out);
bool __wrap_keymat_child(struct crypto *crypto, const struct transform *prf,
	const struct secret *sk_d, const struct suite *suite,
	struct bytes shared, struct bytes ni, struct bytes nr,
	struct child_keys *out);

bool __wrap_keymat_child(struct crypto *crypto, const struct transform *prf,
	const struct secret *sk_d, const struct suite *suite,
	struct bytes shared, struct bytes ni, struct bytes nr,
	struct child_keys *out)
{
	bool done = __real_keymat_child(
		crypto, prf, sk_d, suite, shared, ni, nr, out);

	if (done) {
		heap_secret("a key of ESP", out->encr_i.data, out->encr_i.len);
		heap_secret("a key of ESP", out->encr_r.data, out->encr_r.len);
		heap_secret(
			"a key of ESP", out->integ_i.data, out->integ_i.len);
		heap_secret(
			"a key of ESP", out->integ_r.data, out->integ_r.len);
	}
	return done;
}

bool __real_prf(struct crypto *crypto, const struct transform *row,
	struct bytes key, const struct bytes *parts, size_t count,
	uint8_t *out);
bool __wrap_prf(struct crypto *crypto, const struct transform *row,
	struct bytes key, const struct bytes *parts, size_t count,
	uint8_t *out);

/* Of one part are SKEYSEED, the padded key, and the ID under SK_p; what is of
 * several may be an AUTH, which is sent. */
bool __wrap_prf(struct crypto *crypto, const struct transform *row,
	struct bytes key, const struct bytes *parts, size_t count, uint8_t *out)
{
	bool done = __real_prf(crypto, row, key, parts, count, out);

	if (done && count == 1)
		heap_secret("SKEYSEED or a padded key", out, row->output_len);
	return done;
}
