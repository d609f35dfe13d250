/* sign.c - AUTH: by shared key, the figures; by signature, every scheme and every wrong form.
 * SPDX-License-Identifier: ISC
 *
 * RFC 7296 section 2.15.  No RFC prints an example for the shared key.  The
 * figures are those of Python's hmac:
 *
 *	P = lambda k, d: hmac.new(k, d, h).digest()
 *	P(P(secret, b"Key Pad for IKEv2"), message + nonce + P(sk_p, id))
 *
 * Of signatures libcrypto is the judge, by its other interfaces.
 */
#include "ikev2/crypto/sign.h"

#include "ikev2/crypto/signature.h"
#include "ikev2/iana.h"
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/allocations.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

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

/* --- signatures ------------------------------------------------------------- */

/* Two keys of each kind, ours and another, as libcrypto and as we have them. */
static struct {
	const char *type, *group;
	EVP_PKEY *evp[2];
	struct private_key *key[2];
} keys[] = {
	[KEY_RSA] = { "RSA", NULL, { NULL }, { NULL } },
	[KEY_P256] = { "EC", "P-256", { NULL }, { NULL } },
	[KEY_P384] = { "EC", "P-384", { NULL }, { NULL } },
	[KEY_P521] = { "EC", "P-521", { NULL }, { NULL } },
	[KEY_ED25519] = { "ED25519", NULL, { NULL }, { NULL } },
	[KEY_ED448] = { "ED448", NULL, { NULL }, { NULL } },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static const char *why;

static struct private_key *import(EVP_PKEY *from)
{
	OSSL_ENCODER_CTX *encoder = OSSL_ENCODER_CTX_new_for_pkey(
		from, EVP_PKEY_KEYPAIR, "DER", "PrivateKeyInfo", NULL);
	unsigned char *der = NULL;
	struct private_key *key;
	size_t len;

	ck_assert_int_eq(OSSL_ENCODER_to_data(encoder, &der, &len), 1);
	key = private_key_read(bytes_of(der, len), &why);
	ck_assert_msg(key != NULL, "%s", why);
	OPENSSL_clear_free(der, len);
	OSSL_ENCODER_CTX_free(encoder);
	return key;
}

static void make_keys(void)
{
	for (size_t i = 0; i < KEYS; i++) {
		for (int j = 0; j < 2; j++) {
			keys[i].evp[j] =
				keys[i].group
					? EVP_PKEY_Q_keygen(NULL, NULL,
						  keys[i].type, keys[i].group)
					: EVP_PKEY_Q_keygen(NULL, NULL,
						  keys[i].type, (size_t)2048);
			ck_assert_ptr_nonnull(keys[i].evp[j]);
			keys[i].key[j] = import(keys[i].evp[j]);
		}
	}
}

static void free_keys(void)
{
	for (size_t i = 0; i < KEYS; i++) {
		for (int j = 0; j < 2; j++) {
			private_key_free(keys[i].key[j]);
			EVP_PKEY_free(keys[i].evp[j]);
		}
	}
}

static struct public_key *public(enum key_kind kind)
{
	return private_key_public(keys[kind].key[0]);
}

#define BIT(HASH) (1u << (HASH))
#define SHA2      (BIT(HASH_SHA2_256) | BIT(HASH_SHA2_384) | BIT(HASH_SHA2_512))
#define PSS_PARAMETERS(HASH, SALT)                                             \
	"304106092a864886f70d01010a3034"                                       \
	"a00f300d060960864801650304020" HASH "0500"                            \
	"a11c301a06092a864886f70d010108300d060960864801650304020" HASH "0500"  \
	"a2030201" SALT

/* What one side has announced, and how a key of that kind signs for it; the
 * octets of RFC 7427 appendix A are written out. */
static const struct use {
	enum key_kind kind;
	uint32_t hashes;
	bool sha1;
	enum auth_rsa rsa;
	const char *scheme;
	uint8_t method;
	const char *md; /* libcrypto's */
	const char *algorithm;
} uses[] = {
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

enum { USES = sizeof(uses) / sizeof(uses[0]) };

static struct auth_octets octets(void)
{
	return (struct auth_octets){
		.message = bytes_of(message, sizeof(message)),
		.nonce = bytes_of(nonce, sizeof(nonce)),
		.sk_p = bytes_of(sk_p, 32),
		.id = bytes_of(id, sizeof(id)),
	};
}

static struct auth_rules rules_of(const struct use *use)
{
	return (struct auth_rules){ use->hashes, use->sha1, use->rsa };
}

static bool sign_with(const struct use *use, struct auth_signature *out)
{
	struct auth_octets o = octets();
	struct auth_rules rules = rules_of(use);

	why = NULL;
	return auth_sign(crypto, keys[use->kind].key[0], row("prfsha256"), &o,
		&rules, out, &why);
}

static struct auth_signature sign(const struct use *use)
{
	struct auth_signature out;

	ck_assert_msg(sign_with(use, &out), "%s", why);
	return out;
}

static bool verify_with(const struct public_key *key, struct auth_rules rules,
	uint8_t method, struct bytes data)
{
	struct auth_octets o = octets();
	/* A copy that ends where it ends, so that ASan sees a step beyond. */
	uint8_t *copy = malloc(data.len ? data.len : 1);
	bool right;

	if (data.len > 0)
		memcpy(copy, data.at, data.len);
	why = NULL;
	right = auth_verify(crypto, key, row("prfsha256"), &o, &rules, method,
		bytes_of(copy, data.len), &why);
	free(copy);
	ck_assert(right == !why);
	return right;
}

static bool verify(const struct use *use, struct bytes data)
{
	return verify_with(public(use->kind), rules_of(use), use->method, data);
}

static void refused(
	const struct use *use, struct bytes data, const char *because)
{
	ck_assert_msg(!verify(use, data), "%s: taken", use->scheme);
	if (because)
		ck_assert_str_eq(why, because);
}

static struct bytes data_of(const struct auth_signature *s)
{
	return bytes_of(s->data, s->len);
}

/* The signature itself, behind the AlgorithmIdentifier where there is one. */
static struct bytes signature_in(const struct auth_signature *s)
{
	size_t skip = s->method == 14 ? 1u + s->data[0] : 0;

	return bytes_of(s->data + skip, s->len - skip);
}

/* AUTH data of method 14. */
static struct bytes framed(struct bytes algorithm, struct bytes signature)
{
	static uint8_t out[2048];
	struct writer w = writer_of(out, sizeof(out));

	write_u8(&w, (uint8_t)algorithm.len);
	write_bytes(&w, algorithm);
	write_bytes(&w, signature);
	ck_assert(!w.bad);
	return written(&w);
}

/* The octets that AUTH covers, in one. */
static struct bytes covered(void)
{
	static uint8_t out[sizeof(message) + sizeof(nonce) + MAX_PRF];
	struct writer w = writer_of(out, sizeof(out));
	struct bytes part = bytes_of(id, sizeof(id));
	uint8_t maced[MAX_PRF];

	ck_assert(prf(
		crypto, row("prfsha256"), bytes_of(sk_p, 32), &part, 1, maced));
	write_bytes(&w, bytes_of(message, sizeof(message)));
	write_bytes(&w, bytes_of(nonce, sizeof(nonce)));
	write_bytes(&w, bytes_of(maced, 32));
	return written(&w);
}

/* r | s in DER, by libcrypto. */
static struct bytes to_der(struct bytes fixed)
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

static bool is_pss(const struct use *use)
{
	return strncmp(use->scheme, "RSA-PSS", 7) == 0;
}

/* A context of libcrypto's that signs or verifies the whole text. */
static EVP_MD_CTX *judge(const struct use *use, bool signs)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *key = keys[use->kind].evp[0];
	EVP_PKEY_CTX *options;

	ck_assert_int_eq(signs ? EVP_DigestSignInit_ex(context, &options,
					 use->md, NULL, NULL, key, NULL)
			       : EVP_DigestVerifyInit_ex(context, &options,
					 use->md, NULL, NULL, key, NULL),
		1);
	if (is_pss(use)) {
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(
					 options, RSA_PKCS1_PSS_PADDING),
			1);
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(
					 options, RSA_PSS_SALTLEN_DIGEST),
			1);
	}
	return context;
}

START_TEST(a_signature_is_of_the_scheme_that_suits)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);
	struct bytes signature = signature_in(&s), text = covered();
	EVP_MD_CTX *context = judge(use, false);

	ck_assert_uint_eq(s.method, use->method);
	if (s.method == 14)
		assert_bytes(use->scheme, bytes_of(s.data + 1, s.data[0]),
			hex(use->algorithm));
	if (s.method >= 9 && s.method <= 11)
		signature = to_der(signature);
	ck_assert_int_eq(EVP_DigestVerify(context, signature.at, signature.len,
				 text.at, text.len),
		1);
	EVP_MD_CTX_free(context);
	ck_assert_msg(verify(use, data_of(&s)), "%s", why);
}
END_TEST

/* libcrypto writes the same AlgorithmIdentifiers, where it writes them. */
START_TEST(algorithm_identifiers_are_those_of_libcrypto)
{
	const struct use *use = &uses[_i];
	uint8_t octets_of[128];
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID,
			octets_of, sizeof(octets_of)),
		OSSL_PARAM_END,
	};
	EVP_MD_CTX *context;

	if (use->method != 14)
		return;
	context = judge(use, true);
	ck_assert_int_eq(EVP_PKEY_CTX_get_params(
				 EVP_MD_CTX_get_pkey_ctx(context), params),
		1);
	assert_bytes(use->scheme, bytes_of(octets_of, params[0].return_size),
		hex(use->algorithm));
	EVP_MD_CTX_free(context);
}
END_TEST

START_TEST(what_libcrypto_signs_is_verified)
{
	const struct use *use = &uses[_i];
	EVP_MD_CTX *context = judge(use, true);
	struct bytes text = covered(), data;
	uint8_t signature[1024], fixed[132];
	size_t len = sizeof(signature);

	ck_assert_int_eq(
		EVP_DigestSign(context, signature, &len, text.at, text.len), 1);
	EVP_MD_CTX_free(context);
	data = bytes_of(signature, len);
	if (use->method >= 9 && use->method <= 11) {
		size_t half = use->kind == KEY_P521   ? 66
			      : use->kind == KEY_P384 ? 48
						      : 32;
		const uint8_t *at = signature;
		ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);

		ck_assert_int_gt(
			BN_bn2binpad(ECDSA_SIG_get0_r(sig), fixed, (int)half),
			0);
		ck_assert_int_gt(BN_bn2binpad(ECDSA_SIG_get0_s(sig),
					 fixed + half, (int)half),
			0);
		ECDSA_SIG_free(sig);
		data = bytes_of(fixed, 2 * half);
	}
	if (use->method == 14)
		data = framed(hex(use->algorithm), data);
	ck_assert_msg(verify(use, data), "%s", why);
}
END_TEST

START_TEST(a_signature_covers_every_octet)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);
	struct {
		uint8_t *at;
		size_t len;
	} parts[] = {
		{ message, sizeof(message) },
		{ nonce, sizeof(nonce) },
		{ sk_p, 32 },
		{ id, sizeof(id) },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (size_t at = 0; at < parts[i].len; at++) {
			parts[i].at[at] ^= 0x80;
			refused(use, data_of(&s),
				"a signature of something else, or by another "
				"key");
			parts[i].at[at] ^= 0x80;
		}
	}
	ck_assert(verify(use, data_of(&s)));
}
END_TEST

START_TEST(no_octet_of_auth_may_change)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);

	for (size_t at = 0; at < s.len; at++) {
		for (size_t bit = 0; bit < 8; bit += 1 + at % 3) {
			s.data[at] ^= (uint8_t)(1u << bit);
			refused(use, data_of(&s), NULL);
			s.data[at] ^= (uint8_t)(1u << bit);
		}
	}
	ck_assert(verify(use, data_of(&s)));
}
END_TEST

START_TEST(a_signature_by_another_key_is_none)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);

	ck_assert(!verify_with(private_key_public(keys[use->kind].key[1]),
		rules_of(use), s.method, data_of(&s)));
}
END_TEST

START_TEST(eddsa_and_pkcs1_sign_the_same_twice)
{
	const struct use *use = &uses[_i];
	struct auth_signature a = sign(use), b = sign(use);
	bool drawn = strncmp(use->scheme, "ECDSA", 5) == 0 || is_pss(use);

	ck_assert(bytes_equal(data_of(&a), data_of(&b)) == !drawn);
}
END_TEST

START_TEST(keys_that_cannot_sign_for_this_peer)
{
	static const struct use none[] = {
		{ KEY_ED25519, SHA2, true, AUTH_RSA_PSS,
			"the peer has not "
			"announced that it takes EdDSA",
			0, NULL, NULL },
		{ KEY_ED448, 0, true, AUTH_RSA_PSS,
			"the peer has not "
			"announced that it takes EdDSA",
			0, NULL, NULL },
		{ KEY_RSA, 0, false, AUTH_RSA_PSS,
			"the peer has announced no "
			"hash for RSA, and SHA-1 is not allowed",
			0, NULL, NULL },
		{ KEY_RSA, BIT(HASH_IDENTITY) | BIT(HASH_SHA1), false,
			AUTH_RSA_PKCS1,
			"the peer has announced no hash for "
			"RSA, and SHA-1 is not allowed",
			0, NULL, NULL },
	};
	struct auth_signature s;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ck_assert(!sign_with(&none[i], &s));
		ck_assert_str_eq(why, none[i].scheme);
	}
}
END_TEST

/* Whoever is asked for no SHA-1 in the old method may still come with SHA-2. */
START_TEST(method_1_with_sha2)
{
	static const char *const mds[] = { "SHA256", "SHA384", "SHA512" };
	struct bytes text = covered();

	for (int i = 0; i < 3; i++) {
		for (int sha1 = 0; sha1 < 2; sha1++) {
			const struct use use = { KEY_RSA, 0, sha1, AUTH_RSA_PSS,
				"RSA, method 1", 1, mds[i], "" };
			EVP_MD_CTX *context = judge(&use, true);
			uint8_t out[256];
			size_t len = sizeof(out);

			ck_assert_int_eq(EVP_DigestSign(context, out, &len,
						 text.at, text.len),
				1);
			EVP_MD_CTX_free(context);
			ck_assert_msg(
				verify(&use, bytes_of(out, len)), "%s", why);
		}
	}
}
END_TEST

#define UNKNOWN     "an AlgorithmIdentifier that is none of ours"
#define UNANNOUNCED "a signature algorithm that we have not announced"

START_TEST(n25_lengths_of_asn1)
{
	static const uint8_t wrong[] = { 0, 1, 127, 128, 255 };
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);

	if (use->method != 14)
		return;
	/* The octet that counts the AlgorithmIdentifier: anything else. */
	for (unsigned int len = 0; len < 256; len++) {
		uint8_t right = s.data[0];

		if (len == right)
			continue;
		s.data[0] = (uint8_t)len;
		refused(use, data_of(&s), UNKNOWN);
		s.data[0] = right;
	}
	/* The lengths in it, of the SEQUENCE and of the OID. */
	for (size_t at = 2; at <= 4; at += 2) {
		uint8_t right = s.data[at];

		for (size_t i = 0; i < sizeof(wrong); i++) {
			s.data[at] = wrong[i];
			refused(use, data_of(&s), UNKNOWN);
		}
		s.data[at] = right;
	}
	/* AUTH data cut anywhere. */
	for (size_t len = 0; len < s.len; len++)
		refused(use, bytes_of(s.data, len),
			len <= s.data[0] ? UNKNOWN : NULL);
	ck_assert(verify(use, data_of(&s)));
}
END_TEST

START_TEST(n25_algorithm_not_announced)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);
	const struct signature_scheme *scheme =
		signature_scheme_named(use->scheme);
	struct auth_rules rules = { ~BIT(scheme->hash), true, AUTH_RSA_PSS };

	if (use->method != 14)
		return;
	ck_assert(!verify_with(public(use->kind), rules, 14, data_of(&s)));
	ck_assert_str_eq(why, UNANNOUNCED);
	rules.hashes = 0;
	ck_assert(!verify_with(public(use->kind), rules, 14, data_of(&s)));
	ck_assert_str_eq(why, UNANNOUNCED);
	rules.hashes = BIT(scheme->hash);
	ck_assert(verify_with(public(use->kind), rules, 14, data_of(&s)));
}
END_TEST

START_TEST(n25_sha1_that_is_not_allowed)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);
	struct auth_rules rules = { ~0u, false, AUTH_RSA_PSS };

	if (!use->md || strcmp(use->md, "SHA1") != 0)
		return;
	ck_assert(
		!verify_with(public(use->kind), rules, s.method, data_of(&s)));
	ck_assert_str_eq(why,
		use->method == 14
			? UNANNOUNCED
			: "a signature with another hash than is allowed or "
			  "said");
	rules.sha1 = true;
	ck_assert(verify_with(public(use->kind), rules, s.method, data_of(&s)));
}
END_TEST

START_TEST(n25_ecdsa_with_sha1_is_none_of_ours)
{
	const struct use use = { KEY_P256, ~0u, true, AUTH_RSA_PSS, "ECDSA", 14,
		"SHA1", "300906072a8648ce3d0401" };
	EVP_MD_CTX *context = judge(&use, true);
	struct bytes text = covered();
	uint8_t out[160];
	size_t len = sizeof(out);

	ck_assert_int_eq(
		EVP_DigestSign(context, out, &len, text.at, text.len), 1);
	EVP_MD_CTX_free(context);
	refused(&use, framed(hex(use.algorithm), bytes_of(out, len)), UNKNOWN);
}
END_TEST

/* Other forms of PSS, each with a signature that would be right. */
START_TEST(n25_pss_with_other_parameters)
{
#define START  "06092a864886f70d01010a"
#define SHA256 "300d06096086480165030402010500"
#define MGF1   "06092a864886f70d010108"
	static const char *const wrong[] = {
		/* a salt of 2^31, of 2^31 - 1, of -2^31, of 31, 33 and 0 */
		"3045" START "3038 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a207 0205 0080000000",
		"3044" START "3037 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a206 0204 7fffffff",
		"3044" START "3037 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a206 0204 80000000",
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 1f",
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 21",
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 00",
		/* 32 in two octets */
		"3042" START "3035 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a204 0202 0020",
		/* the trailer field, which is its default */
		"3046" START "3039 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 20 a303 0201 01",
		/* MGF1 with SHA-512, and with SHA-1 by default */
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1
		"300d06096086480165030402030500 a203 0201 20",
		"3023" START "3016 a00f" SHA256 "a203 0201 20",
		/* no parameters at all, NULL */
		"300b" START,
		"300d" START "0500",
		/* one octet behind the SEQUENCE */
		"3041" START "3034 a00f" SHA256 "a11c301a" MGF1 SHA256
		"a203 0201 20 00",
	};
	const struct use use = { KEY_RSA, ~0u, false, AUTH_RSA_PSS,
		"RSA-PSS with SHA2-256", 14, "SHA256",
		PSS_PARAMETERS("1", "20") };
	struct auth_signature s = sign(&use);

	ck_assert(verify(&use, framed(hex(use.algorithm), signature_in(&s))));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refused(&use, framed(hex(wrong[i]), signature_in(&s)), UNKNOWN);
}
END_TEST

/* The right parameters, and a signature with other ones. */
START_TEST(n25_pss_with_another_salt_or_mask)
{
	static const struct {
		int salt;
		const char *mgf1;
		bool good;
	} made[] = {
		{ 32, "SHA256", true },
		{ 0, "SHA256", false },
		{ 31, "SHA256", false },
		{ 33, "SHA256", false },
		{ 222, "SHA256", false },
		{ 32, "SHA512", false },
		{ 32, "SHA1", false },
	};
	const struct use use = { KEY_RSA, ~0u, false, AUTH_RSA_PSS,
		"RSA-PSS with SHA2-256", 14, "SHA256",
		PSS_PARAMETERS("1", "20") };
	struct bytes text = covered();

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		EVP_MD_CTX *context = judge(&use, true);
		EVP_PKEY_CTX *options = EVP_MD_CTX_get_pkey_ctx(context);
		uint8_t out[256];
		size_t len = sizeof(out);

		ck_assert_int_eq(
			EVP_PKEY_CTX_set_rsa_pss_saltlen(options, made[i].salt),
			1);
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_mgf1_md_name(
					 options, made[i].mgf1, NULL),
			1);
		ck_assert_int_eq(
			EVP_DigestSign(context, out, &len, text.at, text.len),
			1);
		EVP_MD_CTX_free(context);
		ck_assert(verify(&use, framed(hex(use.algorithm),
					       bytes_of(out, len))) ==
			  made[i].good);
	}
}
END_TEST

/* As RFC 4055 sections 2.1 and 5 want it taken: without NULL. */
START_TEST(parameters_of_rsa_may_be_absent)
{
	static const struct {
		enum auth_rsa rsa;
		const char *algorithm;
	} bare[] = {
		{ AUTH_RSA_PKCS1, "300b06092a864886f70d01010b" },
		{ AUTH_RSA_PSS, "303d06092a864886f70d01010a3030"
				"a00d300b0609608648016503040201"
				"a11a301806092a864886f70d010108"
				"300b0609608648016503040201"
				"a203020120" },
	};

	for (int i = 0; i < 2; i++) {
		const struct use use = { KEY_RSA, SHA2, false, bare[i].rsa,
			"bare", 14, "SHA256", bare[i].algorithm };
		struct auth_signature s = sign(&use);

		ck_assert_msg(verify(&use, framed(hex(bare[i].algorithm),
						   signature_in(&s))),
			"%s", why);
	}
}
END_TEST

/* What comes before the private operation, made by hand. */
static struct bytes raw_rsa(struct bytes block)
{
	static uint8_t out[256];
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(keys[KEY_RSA].evp[0], NULL);
	size_t len = sizeof(out);

	ck_assert_uint_eq(block.len, sizeof(out));
	ck_assert_int_eq(EVP_PKEY_sign_init(context), 1);
	ck_assert_int_eq(
		EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
	ck_assert_int_eq(
		EVP_PKEY_sign(context, out, &len, block.at, block.len), 1);
	EVP_PKEY_CTX_free(context);
	return bytes_of(out, len);
}

#define INFO    "3031300d060960864801650304020105000420"
#define NO_PAD  "no padding of PKCS#1 v1.5 in the signature"
#define NO_INFO "no DigestInfo of SHA-2 or SHA-1 in the signature"
#define WRONG   "a signature of something else, or by another key"

START_TEST(n25_blocks_of_pkcs1)
{
	/* 256 octets: start, so many octets 0xff (-1: what is missing), then a
	 * DigestInfo, the hash less some octets, and octets behind. */
	static const struct {
		const char *what;
		const char *start;
		int padding;
		const char *info;
		size_t hash_len;
		const char *behind;
		const char *why; /* NULL: right */
	} blocks[] = {
		{ "right", "0001", -1, "00" INFO, 32, "", NULL },
		{ "garbage behind", "0001", 8, "00" INFO, 32, "*", NO_INFO },
		{ "garbage behind, 0x00", "0001", -1, "00" INFO, 32, "00",
			NO_INFO },
		{ "garbage in the padding", "0001", 100, "*00" INFO, 32, "",
			NO_PAD },
		{ "hash short by 1", "0001", -1, "00" INFO, 31, "", NO_INFO },
		{ "hash short by 1, and said so", "0001", -1,
			"00 3030300d06096086480165030402010500041f", 31, "",
			NO_INFO },
		{ "no hash", "0001", -1, "00" INFO, 0, "", NO_INFO },
		{ "no DigestInfo", "0001", -1, "00", 32, "", NO_INFO },
		{ "nothing", "0001", -1, "00", 0, "", NO_PAD },
		{ "no end of the padding", "0001", -1, "", 0, "", NO_PAD },
		{ "block type 0", "0000", -1, "00" INFO, 32, "", NO_PAD },
		{ "block type 2", "0002", -1, "00" INFO, 32, "", NO_PAD },
		{ "not 0 first", "0101", -1, "00" INFO, 32, "", NO_PAD },
		{ "padding of 7", "0001", 7, "00" INFO, 32, "*", NO_PAD },
		{ "padding that is not 0xff", "0001fe", -1, "00" INFO, 32, "",
			NO_PAD },
		{ "without NULL", "0001", -1,
			"00 302f300b060960864801650304020104 20", 32, "",
			NO_INFO },
		{ "BER: a long length", "0001", -1,
			"00 308131300d060960864801650304020105000420", 32, "",
			NO_INFO },
		{ "NULL with content", "0001", -1,
			"00 3033300f06096086480165030402010502 0000 0420", 32,
			"", NO_INFO },
		{ "SHA-224", "0001", -1,
			"00 302d300d06096086480165030402040500041c", 28, "",
			NO_INFO },
		{ "SHA-512 said of this hash", "0001", -1,
			"00 3051300d060960864801650304020305000440", 32,
			"0000000000000000000000000000000000000000000000000000"
			"000000000000",
			"a signature with another hash than is allowed or "
			"said" },
		{ "SHA3-256", "0001", -1,
			"00 3031300d060960864801650304020805000420", 32, "",
			NO_INFO },
	};
	const struct use use = { KEY_RSA, SHA2, false, AUTH_RSA_PKCS1,
		"RSA with SHA2-256", 14, "SHA256",
		"300d06092a864886f70d01010b0500" };
	struct bytes text = covered();
	uint8_t hash[32], out[512];

	ck_assert_int_eq(crypto_hash_sha256(hash, text.at, text.len), 0);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		bool starred = blocks[i].info[0] == '*';
		bool filled = blocks[i].behind[0] == '*';
		struct bytes info = hex(blocks[i].info + starred);
		struct bytes behind = hex(filled ? "" : blocks[i].behind);
		struct writer w = writer_of(out, sizeof(out));
		size_t end = info.len + blocks[i].hash_len + behind.len;
		size_t padding;

		write_bytes(&w, hex(blocks[i].start));
		padding = blocks[i].padding < 0 ? 256 - w.len - end
						: (size_t)blocks[i].padding;
		memset(write_room(&w, padding), 0xff, padding);
		padding = starred ? 256 - w.len - end : 0;
		if (starred)
			memset(write_room(&w, padding), 0x41, padding);
		write_bytes(&w, info);
		write_bytes(&w, bytes_of(hash, blocks[i].hash_len));
		write_bytes(&w, behind);
		if (w.len < 256)
			memset(out + w.len, 0x41, 256 - w.len);
		verify(&use, framed(hex(use.algorithm),
				     raw_rsa(bytes_of(out, 256))));
		if (blocks[i].why || why)
			ck_assert_msg(blocks[i].why && why &&
					      strcmp(why, blocks[i].why) == 0,
				"%s: %s", blocks[i].what, why ? why : "taken");
	}
}
END_TEST

START_TEST(n25_trailing_octets)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);

	for (size_t more = 1; more <= 8; more++) {
		memset(s.data + s.len, 0, more);
		refused(use, bytes_of(s.data, s.len + more), NULL);
		ck_assert_str_ne(why, WRONG); /* by its form */
	}
	/* And before it. */
	memmove(s.data + s.len - signature_in(&s).len + 1, signature_in(&s).at,
		signature_in(&s).len);
	s.data[s.len - signature_in(&s).len] = 0;
	refused(use, bytes_of(s.data, s.len + 1), NULL);
	ck_assert_str_ne(why, WRONG);
}
END_TEST

/* An RSA signature is a number below the modulus, as long as that. */
START_TEST(n25_rsa_numbers)
{
	const struct use *use = &uses[_i];
	uint8_t out[257] = { 0 };
	BIGNUM *n = NULL;

	if (use->kind != KEY_RSA)
		return;
	ck_assert_int_eq(EVP_PKEY_get_bn_param(keys[KEY_RSA].evp[0],
				 OSSL_PKEY_PARAM_RSA_N, &n),
		1);
	for (int i = 0; i < 6; i++) {
		struct bytes s = bytes_of(out, 256);

		memset(out, 0, sizeof(out));
		switch (i) {
		case 0: /* 0 */
			break;
		case 1: /* 1 */
			out[255] = 1;
			break;
		case 2: /* n - 1 */
		case 3: /* n */
			ck_assert_int_gt(BN_bn2binpad(n, out, 256), 0);
			out[255] &= (uint8_t)(i == 2 ? 0xfe : 0xff);
			break;
		case 4:
			memset(out, 0xff, 256);
			break;
		case 5: /* nothing */
			s.len = 0;
			break;
		}
		refused(use,
			use->method == 14 ? framed(hex(use->algorithm), s) : s,
			NULL);
	}
	BN_free(n);
}
END_TEST

/* r and s of a right signature, with one of them made something else. */
START_TEST(n25_r_and_s_out_of_range)
{
#define RANGE "an ECDSA signature with r or s out of range"
	static const struct {
		enum key_kind kind;
		uint8_t method;
		size_t len;
		const char *order;
	} curves[] = {
		{ KEY_P256, 9, 32,
			"ffffffff00000000ffffffffffffffff"
			"bce6faada7179e84f3b9cac2fc632551" },
		{ KEY_P384, 10, 48,
			"ffffffffffffffffffffffffffffffffffffffffffffffff"
			"c7634d81f4372ddf581a0db248b0a77aecec196accc52973" },
		{ KEY_P521, 11, 66,
			"01ffffffffffffffffffffffffffffffffffffffffffffffff"
			"fffffffffffffffffa51868783bf2f966b7fcc0148f709a5d0"
			"3bb5c9b8899c47aebb6fb71e91386409" },
	};
	struct bytes order = hex(curves[_i].order);
	size_t len = curves[_i].len;
	const struct use old = { curves[_i].kind, 0, false, AUTH_RSA_PSS, "old",
		curves[_i].method, NULL, "" };
	const struct use new = { curves[_i].kind, SHA2, false, AUTH_RSA_PSS,
		"new", 14, NULL, uses[_i].algorithm };
	struct auth_signature right = sign(&old);
	BIGNUM *n = NULL;
	uint8_t theirs[66];

	/* The order is libcrypto's too. */
	ck_assert_int_eq(EVP_PKEY_get_bn_param(keys[old.kind].evp[0],
				 OSSL_PKEY_PARAM_EC_ORDER, &n),
		1);
	ck_assert_int_eq(BN_bn2binpad(n, theirs, (int)len), (int)len);
	assert_bytes("order", bytes_of(theirs, len), order);
	BN_free(n);

	ck_assert(verify(&old, data_of(&right)));
	ck_assert(verify(
		&new, framed(hex(new.algorithm), to_der(data_of(&right)))));
	for (int which = 0; which < 3; which++) {
		for (int value = 0; value < 5; value++) {
			struct auth_signature s = right;
			uint8_t number[66];

			memset(number, 0, sizeof(number));
			if (value >= 1 && value <= 3)
				memcpy(number, order.at, len);
			if (value == 2) /* n + 1 or more */
				number[len - 1] |= 0x0e;
			if (value == 3) { /* n - 1, which may be one */
				number[len - 1]--;
			}
			if (value == 4)
				memset(number, 0xff, len);
			if (which != 1)
				memcpy(s.data, number, len);
			if (which != 0)
				memcpy(s.data + len, number, len);
			refused(&old, data_of(&s), value == 3 ? WRONG : RANGE);
			refused(&new,
				framed(hex(new.algorithm), to_der(data_of(&s))),
				value == 3 ? WRONG : RANGE);
		}
	}
	refused(&old, bytes_of(right.data, right.len - 1),
		"an ECDSA signature that is not r | s of the curve's length");
	refused(&old, to_der(data_of(&right)),
		"an ECDSA signature that is not r | s of the curve's length");
	refused(&new, framed(hex(new.algorithm), data_of(&right)), NULL);
}
END_TEST

/* Signatures of ECDSA that are none in DER, of whatever numbers. */
START_TEST(n25_forms_of_ecdsa)
{
	static const char *const forms[] = {
		"",
		"30",
		"3000",
		"3003020101",
		"30060201010201",
		"05 00",
		"3080 020101 020101 0000",
		"308106 020101 020101",
		"3006 020101 020101 00",
		"3007 020101 020101 00",
		"3009 020101 020101 020101",
		"3006 0201ff 020101",
		"3006 020101 020181",
		"3007 02020001 020101",
		"3007 020101 02020001",
		"3005 0200 020101",
		"3005 020101 0200",
		"3006 030101 020101",
		"3106 020101 020101",
		"3006 020101 0281ff",
		"30ff 020101 020101",
		"3006 0280 01 020101",
		"3084ffffffff 020101 020101",
	};
	struct use use = uses[0];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		refused(&use, framed(hex(use.algorithm), hex(forms[i])),
			"no ECDSA-Sig-Value in DER, or something behind it");
	refused(&use, framed(hex(use.algorithm), hex("3006 020101 020101")),
		WRONG);
	refused(&use, framed(hex(use.algorithm), hex("3006 020100 020101")),
		RANGE);
}
END_TEST

/* Right in itself, but the key at hand is of another kind. */
START_TEST(n25_a_key_of_another_kind)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);
	struct auth_rules rules = { ~0u, true, AUTH_RSA_PSS };

	for (size_t kind = 0; kind < KEYS; kind++) {
		bool ecdsa = use->kind >= KEY_P256 && use->kind <= KEY_P521 &&
			     kind >= KEY_P256 && kind <= KEY_P521 &&
			     use->method == 14;

		if (kind == use->kind)
			continue;
		ck_assert(!verify_with(public((enum key_kind)kind), rules,
			s.method, data_of(&s)));
		if (!ecdsa)
			ck_assert_str_eq(why,
				"a signature of another kind than the key");
	}
}
END_TEST

START_TEST(n25_methods_that_are_none_of_ours)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use);
	struct auth_rules rules = { ~0u, true, AUTH_RSA_PSS };

	for (unsigned int method = 0; method < 256; method++) {
		if (method == s.method)
			continue;
		ck_assert(!verify_with(public(use->kind), rules,
			(uint8_t)method, data_of(&s)));
		ck_assert(!verify_with(public(use->kind), rules,
			(uint8_t)method, bytes_of("", 0)));
		if (method != 1 && method != 14 && (method < 9 || method > 11))
			ck_assert_str_eq(why, "an authentication method that "
					      "is no signature of ours");
	}
}
END_TEST

/* What is wrong by its form costs nothing of libcrypto, which would allocate
 * for the least it does with a key. */
START_TEST(n25_wrong_forms_cost_no_operation)
{
	static const uint8_t zeros[1024];
	const struct use *use = &uses[_i];
	struct auth_octets o = octets();
	struct auth_rules rules = rules_of(use);
	struct auth_signature s = sign(use);
	size_t before;

	for (size_t len = 0; len < 1024; len++) {
		struct bytes data = bytes_of(zeros, len);

		if (len == signature_in(&s).len && use->kind >= KEY_ED25519)
			continue; /* any octets are a form of EdDSA's */
		if (len == signature_in(&s).len && use->kind == KEY_RSA)
			continue; /* .. and of RSA's */
		if (use->method == 14)
			data = framed(hex(use->algorithm), data);
		before = allocations;
		ck_assert(!auth_verify(crypto, public(use->kind),
			row("prfsha256"), &o, &rules, use->method, data, &why));
		ck_assert_uint_eq(allocations, before);
	}
	before = allocations;
	ck_assert(!auth_verify(crypto, public(use->kind), row("prfsha256"), &o,
		&rules, 14, bytes_of(zeros, sizeof(zeros)), &why));
	ck_assert_uint_eq(allocations, before);
}
END_TEST

/* RFC 4754 section 8.1, of the text "abc". */
START_TEST(the_first_example_of_rfc_4754)
{
	static const char spki[] =
		"3059301306072a8648ce3d020106082a8648ce3d03010703420004"
		"2442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb04235e970"
		"6fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d";
	static const char rs[] =
		"cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c"
		"86fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315";
	const struct bytes abc = bytes_of("abc", 3);
	const struct signed_text text = { crypto, &abc, 1 };
	struct public_key *key = public_key_read(hex(spki), &why);

	ck_assert_msg(key != NULL, "%s", why);
	ck_assert_msg(signature_verify(&text,
			      signature_scheme_named("ECDSA P-256, method 9"),
			      key, hex(rs), &why),
		"%s", why);
	public_key_unref(key);
}
END_TEST

START_TEST(hashes_are_announced_and_read)
{
	ck_assert_uint_eq(auth_hashes(), SHA2 | BIT(HASH_IDENTITY));
	ck_assert_uint_eq(auth_read_hashes(hex("0001 0002 0003 0004 0005")),
		SHA2 | BIT(HASH_IDENTITY) | BIT(HASH_SHA1));
	ck_assert_uint_eq(auth_read_hashes(hex("0002")), BIT(HASH_SHA2_256));
	ck_assert_uint_eq(
		auth_read_hashes(hex("0002 0002")), BIT(HASH_SHA2_256));
	/* unknown ones, among them those that would be bits of others */
	ck_assert_uint_eq(
		auth_read_hashes(hex("0000 0006 0022 0400 ffff 0003")),
		BIT(HASH_SHA2_384));
	ck_assert_uint_eq(auth_read_hashes(hex("0000 ffff")), 0);
}
END_TEST

START_TEST(n18_hashes_of_odd_length_or_none)
{
	ck_assert_uint_eq(auth_read_hashes(bytes_of("", 0)), 0);
	ck_assert_uint_eq(auth_read_hashes(hex("00")), 0);
	ck_assert_uint_eq(auth_read_hashes(hex("0002 00")), 0);
	ck_assert_uint_eq(auth_read_hashes(hex("0002 0003 04")), 0);
}
END_TEST

/* No scheme without a use of it here, but the one that is only taken. */
START_TEST(every_scheme_is_tested)
{
	for (size_t i = 0; i < SIGNATURE_SCHEMES; i++) {
		const struct signature_scheme *scheme = &signature_schemes[i];
		bool found = scheme->only_taken;

		for (size_t j = 0; j < USES; j++)
			found |= strcmp(uses[j].scheme, scheme->name) == 0;
		ck_assert_msg(found, "%s", scheme->name);
		ck_assert_ptr_eq(signature_scheme_named(scheme->name), scheme);
	}
	ck_assert_ptr_null(signature_scheme_named("none"));
}
END_TEST

/* False, nothing left behind (ASan tells), and later it works: at once, but for
 * RSA, where libcrypto's blinding may take 32 times until it is right again.
 * Nothing wrong is given out. */
START_TEST(memory_runs_out_anywhere)
{
	const struct use *use = &uses[_i];
	struct auth_signature s = sign(use), other;
	bool done = false;
	int times = 0;

	ck_assert(verify(use, data_of(&s)));
	for (size_t left = 0; !done; left++) {
		allocations_left = left;
		done = sign_with(use, &other);
		allocations_left = SIZE_MAX;
		ck_assert(done == !why);
		if (done)
			ck_assert(verify(use, data_of(&other)));
		allocations_left = left;
		done &= verify(use, data_of(&s));
		allocations_left = SIZE_MAX;
		ck_assert(verify(use, data_of(&s)));
	}
	while (!sign_with(use, &other))
		ck_assert_int_lt(++times, use->kind == KEY_RSA ? 33 : 1);
	ck_assert(verify(use, data_of(&other)));
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
	allocations_left = SIZE_MAX;
	crypto_free(crypto);
}

SUITE(sign)
{
	tcase_add_unchecked_fixture(tcase, make_keys, free_keys);
	tcase_add_checked_fixture(tcase, setup, teardown);
	loop_test(auth_is_what_the_formula_says, FIGURES);
	test(auth_covers_every_octet);
	loop_test(a_signature_is_of_the_scheme_that_suits, USES);
	loop_test(algorithm_identifiers_are_those_of_libcrypto, USES);
	loop_test(what_libcrypto_signs_is_verified, USES);
	loop_test(a_signature_by_another_key_is_none, USES);
	loop_test(eddsa_and_pkcs1_sign_the_same_twice, USES);
	test(keys_that_cannot_sign_for_this_peer);
	test(method_1_with_sha2);
	loop_test(n25_lengths_of_asn1, USES);
	loop_test(n25_algorithm_not_announced, USES);
	loop_test(n25_sha1_that_is_not_allowed, USES);
	test(n25_ecdsa_with_sha1_is_none_of_ours);
	test(n25_pss_with_other_parameters);
	test(n25_pss_with_another_salt_or_mask);
	test(parameters_of_rsa_may_be_absent);
	test(n25_blocks_of_pkcs1);
	loop_test(n25_trailing_octets, USES);
	loop_test(n25_rsa_numbers, USES);
	loop_test(n25_r_and_s_out_of_range, 3);
	test(n25_forms_of_ecdsa);
	loop_test(n25_a_key_of_another_kind, USES);
	loop_test(n25_methods_that_are_none_of_ours, USES);
	loop_test(n25_wrong_forms_cost_no_operation, USES);
	test(the_first_example_of_rfc_4754);
	test(hashes_are_announced_and_read);
	test(n18_hashes_of_odd_length_or_none);
	test(every_scheme_is_tested);
}

/* What goes through all of something, and takes its time. */
SUITE(sign_all)
{
	tcase_add_unchecked_fixture(tcase, make_keys, free_keys);
	tcase_add_checked_fixture(tcase, setup, teardown);
	loop_test(a_signature_covers_every_octet, USES);
	loop_test(no_octet_of_auth_may_change, USES);
	loop_test(memory_runs_out_anywhere, USES);
}
