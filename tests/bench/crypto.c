/* crypto.c - the cryptography of one set-up as responder, and nothing else.
 * SPDX-License-Identifier: ISC
 *
 * What nobody could leave out: a key pair and the agreement, the keys of the
 * IKE SA and of one child, the request opened and the response sealed, AUTH
 * checked and made, the hashes of NAT detection (RFC 7296 sections 2.14, 2.15,
 * 2.17, 2.23, 3.14).
 */
#include "ikev2/crypto/cipher.h"
#include "ikev2/crypto/dh.h"
#include "ikev2/crypto/keymat.h"
#include "ikev2/crypto/sign.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

/* About what IKE_AUTH of two ipsecd takes. */
enum { HEAD = 32, REQUEST = 256, RESPONSE = 224, SA_INIT = 400, ID = 16 };

struct bench_crypto {
	struct crypto *crypto;
	struct suite ike, esp;
	struct dh peer;
	uint8_t ni[NONCE_LEN], nr[NONCE_LEN], spi_i[8], spi_r[8];
	uint8_t sa_init[SA_INIT];
};

static void must(bool done)
{
	bench_must(done, "cryptography fails");
}

/* Nothing here stands for a key: what is measured does not depend on it. */
static void hash_for_nat(struct bench_crypto *s)
{
	const struct bytes parts[] = { bytes_of(s->spi_i, 8),
		bytes_of(s->spi_r, 8),
		bytes_of("\xc0\x00\x02\x01\x01\xf4", 6) };
	uint8_t out[20];

	must(hash_sha1(s->crypto, parts, 3, out));
}

static void authenticate(struct bench_crypto *s, const struct secret *sk_p)
{
	const struct auth_octets octets = {
		.message = bytes_of(s->sa_init, SA_INIT),
		.nonce = bytes_of(s->ni, NONCE_LEN),
		.sk_p = secret_bytes(sk_p),
		.id = bytes_of(s->sa_init, ID),
	};
	uint8_t out[MAX_PRF];

	must(auth_shared_key(s->crypto, s->ike.prf,
		bytes_of("a shared secret", 15), &octets, out));
}

/* The peer seals what we open: with the same keys, in advance. */
static size_t total_of(const struct suite *suite, size_t text)
{
	text -= text % suite->encr->block_len;
	return HEAD + (size_t)suite->encr->iv_len + text +
	       cipher_icv_len(suite);
}

void bench_crypto_one(void *ctx)
{
	struct bench_crypto *s = ctx;
	struct shared_secret shared;
	struct child_keys child;
	struct keymat keys;
	uint8_t message[512] = { 0 };
	struct dh dh;

	bench_random(NULL, s->nr, NONCE_LEN);
	bench_random(NULL, s->spi_r, 8);
	must(dh_new(s->crypto, &dh, s->ike.ke, bench_random, NULL));
	must(dh_agree(s->crypto, &dh, dh_public(&s->peer), &shared) == IKE_OK);
	must(keymat_ike(s->crypto, &s->ike, bytes_of(s->ni, NONCE_LEN),
		bytes_of(s->nr, NONCE_LEN), shared_bytes(&shared), s->spi_i,
		s->spi_r, &keys));
	for (int i = 0; i < 4; i++)
		hash_for_nat(s);
	/* Opening costs what sealing does; a forged request is not opened. */
	must(cipher_seal(s->crypto, &s->ike, &keys.sk_ei, &keys.sk_ai, message,
		HEAD, total_of(&s->ike, REQUEST)));
	authenticate(s, &keys.sk_pi);
	authenticate(s, &keys.sk_pr);
	must(keymat_child(s->crypto, s->ike.prf, &keys.sk_d, &s->esp,
		bytes_of(NULL, 0), bytes_of(s->ni, NONCE_LEN),
		bytes_of(s->nr, NONCE_LEN), &child));
	must(cipher_seal(s->crypto, &s->ike, &keys.sk_er, &keys.sk_ar, message,
		HEAD, total_of(&s->ike, RESPONSE)));
	dh_wipe(&dh);
	keymat_wipe(&keys);
}

struct bench_crypto *bench_crypto_open(const struct bench_suite *suite)
{
	struct bench_crypto *s = calloc(1, sizeof(*s));

	must(s != NULL);
	s->crypto = crypto_new();
	must(s->crypto != NULL);
	s->ike = bench_ike_suite(suite);
	s->esp = bench_esp_suite(suite);
	must(dh_new(s->crypto, &s->peer, s->ike.ke, bench_random, NULL));
	return s;
}

void bench_crypto_close(struct bench_crypto *s)
{
	crypto_free(s->crypto);
	free(s);
}

int bench_alone(int argc, char **argv)
{
	struct bench_crypto *s;

	bench_must(argc == 1, "alone SUITE");
	s = bench_crypto_open(bench_suite_named(argv[0]));
	printf("%.0f\n", bench_measure(bench_crypto_one, s, 1, 50).best);
	bench_crypto_close(s);
	return EXIT_SUCCESS;
}
