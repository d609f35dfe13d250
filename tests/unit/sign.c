/* sign.c - AUTH by shared key: the figures, and that it covers all it must (RFC 7296 section 2.15).
 * SPDX-License-Identifier: ISC
 *
 * No RFC prints an example.  The figures are those of Python's hmac:
 *
 *	P = lambda k, d: hmac.new(k, d, h).digest()
 *	P(P(secret, b"Key Pad for IKEv2"), message + nonce + P(sk_p, id))
 */
#include "ikev2/crypto/sign.h"

#include "tests/hex.h"
#include "tests/suite.h"

static const struct {
	const char *prf;
	const char *auth;
} figures[] = {
	{ "prfsha1", "c5599a501531854c08262fd15bd86d589d808f76" },
	{ "prfsha256", "eb80cc87d0ba3dbc866265bfb6feda67"
		       "f45fdcdf581128fd8c6f07ca0dc027de" },
	{ "prfsha384", "38df678d8c541d7e14593abd831e539523ff9910fbe3fc18"
		       "ab694a94f14d25377427285ffda6e21d0c402f5a4a466b25" },
	{ "prfsha512",
		"27b9d4e828e6bb5b748cbc3055e2d2fdec223cd4f14fa06ebc91b7b92d8ddae4"
		"b0de22f79430fad88cea64955769ec96cdc92ffca49914488aabee0f6cdb7b5c" },
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

static struct crypto *crypto;
static uint8_t message[200], nonce[32], sk_p[MAX_PRF];
static uint8_t id[] = { 2, 0, 0, 0, 'b', '.', 'e', 'x', 'a', 'm', 'p', 'l',
	'e' };
static char secret[] = "a secret that two know";

static void auth(const struct transform *prf, uint8_t *out)
{
	const struct auth_octets octets = {
		.message = bytes_of(message, sizeof(message)),
		.nonce = bytes_of(nonce, sizeof(nonce)),
		.sk_p = bytes_of(sk_p, prf->output_len),
		.id = bytes_of(id, sizeof(id)),
	};

	ck_assert(auth_shared_key(
		crypto, prf, bytes_of(secret, strlen(secret)), &octets, out));
}

static const struct transform *row(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

START_TEST(auth_is_what_the_formula_says)
{
	const struct transform *prf = row(figures[_i].prf);
	uint8_t out[MAX_PRF];

	auth(prf, out);
	assert_bytes(prf->name, bytes_of(out, prf->output_len),
		hex(figures[_i].auth));
}
END_TEST

/* Each octet in turn, the RESERVED ones of the ID payload among them. */
static void changes(uint8_t *octets, size_t len)
{
	const struct transform *prf = row("prfsha256");
	uint8_t right[MAX_PRF], wrong[MAX_PRF];

	auth(prf, right);
	for (size_t i = 0; i < len; i++) {
		octets[i] ^= 1;
		auth(prf, wrong);
		octets[i] ^= 1;
		ck_assert(memcmp(right, wrong, prf->output_len) != 0);
	}
}

START_TEST(auth_covers_every_octet)
{
	changes(message, sizeof(message));
	changes(nonce, sizeof(nonce));
	changes(sk_p, 32);
	changes(id, sizeof(id));
	changes((uint8_t *)secret, strlen(secret));
}
END_TEST

static void setup(void)
{
	crypto = crypto_new();
	ck_assert_ptr_nonnull(crypto);
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	memset(nonce, 0xee, sizeof(nonce));
	memset(sk_p, 0x77, sizeof(sk_p));
}

static void teardown(void)
{
	crypto_free(crypto);
}

SUITE(sign)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	loop_test(auth_is_what_the_formula_says, FIGURES);
	test(auth_covers_every_octet);
}
