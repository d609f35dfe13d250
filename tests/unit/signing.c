/* signing.c - keys of each kind, how each signs for a peer, and libcrypto as the judge.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/signing.h"

#include "tests/hex.h"
#include "tests/unit/allocations.h"

#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/rsa.h>
#include <stdlib.h>

struct signing signing = {
	.id = { 2, 0, 0, 0, 'b', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e' },
};

const struct transform *signing_row(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

struct signing_key signing_keys[SIGNING_KEYS] = {
	[KEY_RSA] = { "RSA", NULL, { NULL }, { NULL } },
	[KEY_P256] = { "EC", "P-256", { NULL }, { NULL } },
	[KEY_P384] = { "EC", "P-384", { NULL }, { NULL } },
	[KEY_P521] = { "EC", "P-521", { NULL }, { NULL } },
	[KEY_ED25519] = { "ED25519", NULL, { NULL }, { NULL } },
	[KEY_ED448] = { "ED448", NULL, { NULL }, { NULL } },
};

static struct private_key *import(EVP_PKEY *from)
{
	OSSL_ENCODER_CTX *encoder = OSSL_ENCODER_CTX_new_for_pkey(
		from, EVP_PKEY_KEYPAIR, "DER", "PrivateKeyInfo", NULL);
	unsigned char *der = NULL;
	struct private_key *key;
	size_t len;

	ck_assert_int_eq(OSSL_ENCODER_to_data(encoder, &der, &len), 1);
	key = private_key_read(bytes_of(der, len), &signing.why);
	ck_assert_msg(key != NULL, "%s", signing.why);
	OPENSSL_clear_free(der, len);
	OSSL_ENCODER_CTX_free(encoder);
	return key;
}

static void make_keys(void)
{
	for (size_t i = 0; i < SIGNING_KEYS; i++) {
		for (int j = 0; j < 2; j++) {
			signing_keys[i].evp[j] =
				signing_keys[i].group
					? EVP_PKEY_Q_keygen(NULL, NULL,
						  signing_keys[i].type,
						  signing_keys[i].group)
					: EVP_PKEY_Q_keygen(NULL, NULL,
						  signing_keys[i].type,
						  (size_t)2048);
			ck_assert_ptr_nonnull(signing_keys[i].evp[j]);
			signing_keys[i].key[j] = import(signing_keys[i].evp[j]);
		}
	}
}

static void free_keys(void)
{
	for (size_t i = 0; i < SIGNING_KEYS; i++) {
		for (int j = 0; j < 2; j++) {
			private_key_free(signing_keys[i].key[j]);
			EVP_PKEY_free(signing_keys[i].evp[j]);
		}
	}
}

struct public_key *signing_public(enum key_kind kind)
{
	return private_key_public(signing_keys[kind].key[0]);
}

const struct use signing_uses[SIGNING_USES] = {
	{ KEY_P256, SHA2, false, AUTH_RSA_PSS, "ECDSA with SHA2-256", 14,
		"SHA256", "300a06082a8648ce3d040302" },
	{ KEY_P384, SHA2, false, AUTH_RSA_PSS, "ECDSA with SHA2-384", 14,
		"SHA384", "300a06082a8648ce3d040303" },
	{ KEY_P521, SHA2, false, AUTH_RSA_PSS, "ECDSA with SHA2-512", 14,
		"SHA512", "300a06082a8648ce3d040304" },
	{ KEY_P256, BIT(HASH_SHA2_512), false, AUTH_RSA_PSS,
		"ECDSA with SHA2-512", 14, "SHA512",
		"300a06082a8648ce3d040304" },
	{ KEY_P521, BIT(HASH_SHA2_256) | BIT(HASH_SHA1), true, AUTH_RSA_PSS,
		"ECDSA with SHA2-256", 14, "SHA256",
		"300a06082a8648ce3d040302" },
	{ KEY_ED25519, BIT(HASH_IDENTITY), false, AUTH_RSA_PSS, "Ed25519", 14,
		NULL, "300506032b6570" },
	{ KEY_ED448, SHA2 | BIT(HASH_IDENTITY), false, AUTH_RSA_PSS, "Ed448",
		14, NULL, "300506032b6571" },
	{ KEY_RSA, SHA2, false, AUTH_RSA_PSS, "RSA-PSS with SHA2-256", 14,
		"SHA256", PSS_PARAMETERS("1", "20") },
	{ KEY_RSA, BIT(HASH_SHA2_512) | BIT(HASH_SHA2_384), false, AUTH_RSA_PSS,
		"RSA-PSS with SHA2-384", 14, "SHA384",
		PSS_PARAMETERS("2", "30") },
	{ KEY_RSA, BIT(HASH_SHA2_512), false, AUTH_RSA_PSS,
		"RSA-PSS with SHA2-512", 14, "SHA512",
		PSS_PARAMETERS("3", "40") },
	{ KEY_RSA, BIT(HASH_SHA1), true, AUTH_RSA_PSS, "RSA-PSS with SHA-1", 14,
		"SHA1", "300d06092a864886f70d01010a3000" },
	{ KEY_RSA, SHA2 | BIT(HASH_SHA1), true, AUTH_RSA_PKCS1,
		"RSA with SHA2-256", 14, "SHA256",
		"300d06092a864886f70d01010b0500" },
	{ KEY_RSA, BIT(HASH_SHA2_384), false, AUTH_RSA_PKCS1,
		"RSA with SHA2-384", 14, "SHA384",
		"300d06092a864886f70d01010c0500" },
	{ KEY_RSA, BIT(HASH_SHA2_512), false, AUTH_RSA_PKCS1,
		"RSA with SHA2-512", 14, "SHA512",
		"300d06092a864886f70d01010d0500" },
	{ KEY_RSA, BIT(HASH_SHA1), true, AUTH_RSA_PKCS1, "RSA with SHA-1", 14,
		"SHA1", "300d06092a864886f70d0101050500" },
	{ KEY_P256, 0, false, AUTH_RSA_PSS, "ECDSA P-256, method 9", 9,
		"SHA256", "" },
	{ KEY_P384, 0, false, AUTH_RSA_PSS, "ECDSA P-384, method 10", 10,
		"SHA384", "" },
	{ KEY_P521, BIT(HASH_IDENTITY) | BIT(HASH_SHA1), false, AUTH_RSA_PSS,
		"ECDSA P-521, method 11", 11, "SHA512", "" },
	{ KEY_RSA, 0, true, AUTH_RSA_PSS, "RSA, method 1", 1, "SHA1", "" },
};

struct auth_octets signing_octets(void)
{
	return (struct auth_octets){
		.message = bytes_of(signing.message, sizeof(signing.message)),
		.nonce = bytes_of(signing.nonce, sizeof(signing.nonce)),
		.sk_p = bytes_of(signing.sk_p, 32),
		.id = bytes_of(signing.id, sizeof(signing.id)),
	};
}

struct auth_rules signing_rules(const struct use *use)
{
	return (struct auth_rules){ use->hashes, use->sha1, use->rsa };
}

bool signing_try(const struct use *use, struct auth_signature *out)
{
	struct auth_octets o = signing_octets();
	struct auth_rules rules = signing_rules(use);

	signing.why = NULL;
	return auth_sign(signing.crypto, signing_keys[use->kind].key[0],
		signing_row("prfsha256"), &o, &rules, out, &signing.why);
}

struct auth_signature signing_sign(const struct use *use)
{
	struct auth_signature out;

	ck_assert_msg(signing_try(use, &out), "%s", signing.why);
	return out;
}

bool signing_verify_with(const struct public_key *key, struct auth_rules rules,
	uint8_t method, struct bytes data)
{
	struct auth_octets o = signing_octets();
	/* A copy that ends where it ends, so that ASan sees a step beyond. */
	uint8_t *copy = malloc(data.len ? data.len : 1);
	bool right;

	if (data.len > 0)
		memcpy(copy, data.at, data.len);
	signing.why = NULL;
	right = auth_verify(signing.crypto, key, signing_row("prfsha256"), &o,
		&rules, method, bytes_of(copy, data.len), &signing.why);
	free(copy);
	ck_assert(right == !signing.why);
	return right;
}

bool signing_verify(const struct use *use, struct bytes data)
{
	return signing_verify_with(signing_public(use->kind),
		signing_rules(use), use->method, data);
}

void signing_refused(
	const struct use *use, struct bytes data, const char *because)
{
	ck_assert_msg(!signing_verify(use, data), "%s: taken", use->scheme);
	if (because)
		ck_assert_str_eq(signing.why, because);
}

struct bytes signing_data(const struct auth_signature *s)
{
	return bytes_of(s->data, s->len);
}

struct bytes signing_signature(const struct auth_signature *s)
{
	size_t skip = s->method == 14 ? 1u + s->data[0] : 0;

	return bytes_of(s->data + skip, s->len - skip);
}

struct bytes signing_framed(struct bytes algorithm, struct bytes signature)
{
	static uint8_t out[2048];
	struct writer w = writer_of(out, sizeof(out));

	write_u8(&w, (uint8_t)algorithm.len);
	write_bytes(&w, algorithm);
	write_bytes(&w, signature);
	ck_assert(!w.bad);
	return written(&w);
}

struct bytes signing_covered(void)
{
	static uint8_t
		out[sizeof(signing.message) + sizeof(signing.nonce) + MAX_PRF];
	struct writer w = writer_of(out, sizeof(out));
	struct bytes part = bytes_of(signing.id, sizeof(signing.id));
	uint8_t maced[MAX_PRF];

	ck_assert(prf(signing.crypto, signing_row("prfsha256"),
		bytes_of(signing.sk_p, 32), &part, 1, maced));
	write_bytes(&w, bytes_of(signing.message, sizeof(signing.message)));
	write_bytes(&w, bytes_of(signing.nonce, sizeof(signing.nonce)));
	write_bytes(&w, bytes_of(maced, 32));
	return written(&w);
}

struct bytes signing_der(struct bytes fixed)
{
	static uint8_t out[160];
	size_t half = fixed.len / 2;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *at = out;
	int len;

	ck_assert_int_eq(
		ECDSA_SIG_set0(sig, BN_bin2bn(fixed.at, (int)half, NULL),
			BN_bin2bn(fixed.at + half, (int)half, NULL)),
		1);
	len = i2d_ECDSA_SIG(sig, &at);
	ck_assert_int_gt(len, 0);
	ECDSA_SIG_free(sig);
	return bytes_of(out, (size_t)len);
}

bool signing_is_pss(const struct use *use)
{
	return strncmp(use->scheme, "RSA-PSS", 7) == 0;
}

EVP_MD_CTX *signing_judge(const struct use *use, bool signs)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *key = signing_keys[use->kind].evp[0];
	EVP_PKEY_CTX *options;

	ck_assert_int_eq(signs ? EVP_DigestSignInit_ex(context, &options,
					 use->md, NULL, NULL, key, NULL)
			       : EVP_DigestVerifyInit_ex(context, &options,
					 use->md, NULL, NULL, key, NULL),
		1);
	if (signing_is_pss(use)) {
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(
					 options, RSA_PKCS1_PSS_PADDING),
			1);
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(
					 options, RSA_PSS_SALTLEN_DIGEST),
			1);
	}
	return context;
}

static void setup(void)
{
	signing.crypto = crypto_new();
	ck_assert_ptr_nonnull(signing.crypto);
	for (size_t i = 0; i < sizeof(signing.message); i++)
		signing.message[i] = (uint8_t)i;
	memset(signing.nonce, 0xee, sizeof(signing.nonce));
	memset(signing.sk_p, 0x77, sizeof(signing.sk_p));
}

static void teardown(void)
{
	allocations_left = SIZE_MAX;
	crypto_free(signing.crypto);
}

void signing_fixtures(TCase *tcase)
{
	tcase_add_unchecked_fixture(tcase, make_keys, free_keys);
	tcase_add_checked_fixture(tcase, setup, teardown);
}
