/* sign.c - AUTH: by shared key, the figures; by signature, every scheme.
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
#include "tests/hex.h"
#include "tests/unit/allocations.h"
#include "tests/unit/signing.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>

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

static char secret[] = "a secret that two know";

static void auth(const struct transform *prf, uint8_t *out)
{
	const struct auth_octets octets = {
		.message = bytes_of(signing.message, sizeof(signing.message)),
		.nonce = bytes_of(signing.nonce, sizeof(signing.nonce)),
		.sk_p = bytes_of(signing.sk_p, prf->output_len),
		.id = bytes_of(signing.id, sizeof(signing.id)),
	};

	ck_assert(auth_shared_key(signing.crypto, prf,
		bytes_of(secret, strlen(secret)), &octets, out));
}

START_TEST(auth_is_what_the_formula_says)
{
	const struct transform *prf = signing_row(figures[_i].prf);
	uint8_t out[MAX_PRF];

	auth(prf, out);
	assert_bytes(prf->name, bytes_of(out, prf->output_len),
		hex(figures[_i].auth));
}
END_TEST

/* Each octet in turn, the RESERVED ones of the ID payload among them. */
static void changes(uint8_t *octets, size_t len)
{
	const struct transform *prf = signing_row("prfsha256");
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
	changes(signing.message, sizeof(signing.message));
	changes(signing.nonce, sizeof(signing.nonce));
	changes(signing.sk_p, 32);
	changes(signing.id, sizeof(signing.id));
	changes((uint8_t *)secret, strlen(secret));
}
END_TEST

START_TEST(a_signature_is_of_the_scheme_that_suits)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);
	struct bytes signature = signing_signature(&s),
		     text = signing_covered();
	EVP_MD_CTX *context = signing_judge(use, false);

	ck_assert_uint_eq(s.method, use->method);
	if (s.method == 14)
		assert_bytes(use->scheme, bytes_of(s.data + 1, s.data[0]),
			hex(use->algorithm));
	if (s.method >= 9 && s.method <= 11)
		signature = signing_der(signature);
	ck_assert_int_eq(EVP_DigestVerify(context, signature.at, signature.len,
				 text.at, text.len),
		1);
	EVP_MD_CTX_free(context);
	ck_assert_msg(signing_verify(use, signing_data(&s)), "%s", signing.why);
}
END_TEST

/* libcrypto writes the same AlgorithmIdentifiers, where it writes them. */
START_TEST(algorithm_identifiers_are_those_of_libcrypto)
{
	const struct use *use = &signing_uses[_i];
	uint8_t octets_of[128];
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID,
			octets_of, sizeof(octets_of)),
		OSSL_PARAM_END,
	};
	EVP_MD_CTX *context;

	if (use->method != 14)
		return;
	context = signing_judge(use, true);
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
	const struct use *use = &signing_uses[_i];
	EVP_MD_CTX *context = signing_judge(use, true);
	struct bytes text = signing_covered(), data;
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
		data = signing_framed(hex(use->algorithm), data);
	ck_assert_msg(signing_verify(use, data), "%s", signing.why);
}
END_TEST

START_TEST(a_signature_covers_every_octet)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);
	struct {
		uint8_t *at;
		size_t len;
	} parts[] = {
		{ signing.message, sizeof(signing.message) },
		{ signing.nonce, sizeof(signing.nonce) },
		{ signing.sk_p, 32 },
		{ signing.id, sizeof(signing.id) },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (size_t at = 0; at < parts[i].len; at++) {
			parts[i].at[at] ^= 0x80;
			signing_refused(use, signing_data(&s),
				"a signature of something else, or by another "
				"key");
			parts[i].at[at] ^= 0x80;
		}
	}
	ck_assert(signing_verify(use, signing_data(&s)));
}
END_TEST

START_TEST(no_octet_of_auth_may_change)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);

	for (size_t at = 0; at < s.len; at++) {
		for (size_t bit = 0; bit < 8; bit += 1 + at % 3) {
			s.data[at] ^= (uint8_t)(1u << bit);
			signing_refused(use, signing_data(&s), NULL);
			s.data[at] ^= (uint8_t)(1u << bit);
		}
	}
	ck_assert(signing_verify(use, signing_data(&s)));
}
END_TEST

START_TEST(a_signature_by_another_key_is_none)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use);

	ck_assert(!signing_verify_with(
		private_key_public(signing_keys[use->kind].key[1]),
		signing_rules(use), s.method, signing_data(&s)));
}
END_TEST

START_TEST(eddsa_and_pkcs1_sign_the_same_twice)
{
	const struct use *use = &signing_uses[_i];
	struct auth_signature a = signing_sign(use), b = signing_sign(use);
	bool drawn =
		strncmp(use->scheme, "ECDSA", 5) == 0 || signing_is_pss(use);

	ck_assert(bytes_equal(signing_data(&a), signing_data(&b)) == !drawn);
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
		ck_assert(!signing_try(&none[i], &s));
		ck_assert_str_eq(signing.why, none[i].scheme);
	}
}
END_TEST

/* Whoever is asked for no SHA-1 in the old method may still come with SHA-2. */
START_TEST(method_1_with_sha2)
{
	static const char *const mds[] = { "SHA256", "SHA384", "SHA512" };
	struct bytes text = signing_covered();

	for (int i = 0; i < 3; i++) {
		for (int sha1 = 0; sha1 < 2; sha1++) {
			const struct use use = { KEY_RSA, 0, sha1, AUTH_RSA_PSS,
				"RSA, method 1", 1, mds[i], "" };
			EVP_MD_CTX *context = signing_judge(&use, true);
			uint8_t out[256];
			size_t len = sizeof(out);

			ck_assert_int_eq(EVP_DigestSign(context, out, &len,
						 text.at, text.len),
				1);
			EVP_MD_CTX_free(context);
			ck_assert_msg(signing_verify(&use, bytes_of(out, len)),
				"%s", signing.why);
		}
	}
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
	const struct signed_text text = { signing.crypto, &abc, 1 };
	struct public_key *key = public_key_read(hex(spki), &signing.why);

	ck_assert_msg(key != NULL, "%s", signing.why);
	ck_assert_msg(signature_verify(&text,
			      signature_scheme_named("ECDSA P-256, method 9"),
			      key, hex(rs), &signing.why),
		"%s", signing.why);
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

		for (size_t j = 0; j < SIGNING_USES; j++)
			found |= strcmp(signing_uses[j].scheme, scheme->name) ==
				 0;
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
	const struct use *use = &signing_uses[_i];
	struct auth_signature s = signing_sign(use), other;
	bool done = false;
	int times = 0;

	ck_assert(signing_verify(use, signing_data(&s)));
	for (size_t left = 0; !done; left++) {
		allocations_left = left;
		done = signing_try(use, &other);
		allocations_left = SIZE_MAX;
		ck_assert(done == !signing.why);
		if (done)
			ck_assert(signing_verify(use, signing_data(&other)));
		allocations_left = left;
		done &= signing_verify(use, signing_data(&s));
		allocations_left = SIZE_MAX;
		ck_assert(signing_verify(use, signing_data(&s)));
	}
	while (!signing_try(use, &other))
		ck_assert_int_lt(++times, use->kind == KEY_RSA ? 33 : 1);
	ck_assert(signing_verify(use, signing_data(&other)));
}
END_TEST

SUITE(sign)
{
	signing_fixtures(tcase);
	loop_test(auth_is_what_the_formula_says, FIGURES);
	test(auth_covers_every_octet);
	loop_test(a_signature_is_of_the_scheme_that_suits, SIGNING_USES);
	loop_test(algorithm_identifiers_are_those_of_libcrypto, SIGNING_USES);
	loop_test(what_libcrypto_signs_is_verified, SIGNING_USES);
	loop_test(a_signature_by_another_key_is_none, SIGNING_USES);
	loop_test(eddsa_and_pkcs1_sign_the_same_twice, SIGNING_USES);
	test(keys_that_cannot_sign_for_this_peer);
	test(method_1_with_sha2);
	test(the_first_example_of_rfc_4754);
	test(hashes_are_announced_and_read);
	test(n18_hashes_of_odd_length_or_none);
	test(every_scheme_is_tested);
}

/* What goes through all of something, and takes its time. */
SUITE(sign_all)
{
	signing_fixtures(tcase);
	loop_test(a_signature_covers_every_octet, SIGNING_USES);
	loop_test(no_octet_of_auth_may_change, SIGNING_USES);
	loop_test(memory_runs_out_anywhere, SIGNING_USES);
}
