/* wycheproof.c - the files of Project Wycheproof, where they are at hand.
 * SPDX-License-Identifier: ISC
 *
 * They are big and not ours, so they stand beside the project, in
 * ../shared/vectors/wycheproof or where WYCHEPROOF says.  Cases that our
 * interface cannot put (other sizes of IV and tag, padding) are left out; each
 * file must still yield most of its cases.
 */
#define HEX_SIZE 8192 /* signatures that would make lengths overflow */

#include "ikev2/crypto/cipher.h"
#include "ikev2/crypto/dh.h"
#include "ikev2/crypto/signature.h"
#include "tests/hex.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct crypto *crypto;

static const struct transform *row(const char *name)
{
	return transform_named(bytes_of(name, strlen(name)));
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	ck_assert_msg(value != NULL, "no %s", key);
	return value;
}

static struct bytes octets(const json_t *object, const char *key)
{
	return hex(text(object, key));
}

static int integer(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

static bool has_flag(const json_t *test, const char *flag)
{
	const json_t *flags = json_object_get(test, "flags");

	for (size_t i = 0; i < json_array_size(flags); i++) {
		if (strcmp(json_string_value(json_array_get(flags, i)), flag) ==
			0)
			return true;
	}
	return false;
}

static bool is_result(const json_t *test, const char *result)
{
	return strcmp(text(test, "result"), result) == 0;
}

#define MUST(TEST, WHAT)                                                       \
	ck_assert_msg((WHAT), "case %d (%s)", integer(TEST, "tcId"),           \
		text(TEST, "comment"))

/* NULL if the file is not there. */
static json_t *open_file(const char *name)
{
	const char *folder = getenv("WYCHEPROOF");
	char path[512];
	FILE *file;
	json_t *root;

	snprintf(path, sizeof(path), "%s/%s",
		folder ? folder : "../shared/vectors/wycheproof", name);
	file = fopen(path, "r");
	if (!file && !folder) { /* from a worktree one deeper */
		snprintf(path, sizeof(path),
			"../../shared/vectors/wycheproof/%s", name);
		file = fopen(path, "r");
	}
	if (!file)
		return NULL;
	root = json_loadf(file, 0, NULL);
	fclose(file);
	ck_assert_msg(root != NULL, "%s: no JSON", path);
	return root;
}

/* Runs each case; true if it was one that we can put. */
typedef bool run_case(
	const struct transform *row, const json_t *group, const json_t *test);

static int run_groups(
	const json_t *root, const struct transform *of, run_case *run)
{
	const json_t *groups = json_object_get(root, "testGroups");
	int count = 0;

	for (size_t i = 0; i < json_array_size(groups); i++) {
		const json_t *group = json_array_get(groups, i);
		const json_t *tests = json_object_get(group, "tests");

		for (size_t j = 0; j < json_array_size(tests); j++)
			count += run(of, group, json_array_get(tests, j));
	}
	return count;
}

static bool run_ecp(
	const struct transform *group, const json_t *in, const json_t *test)
{
	struct bytes public = octets(test, "public");
	struct bytes private = octets(test, "private");
	uint8_t scalar[MAX_DH_PRIVATE] = { 0 };
	size_t len = group->shared_len;
	struct shared_secret shared;
	enum ike_error err;
	struct dh dh;

	(void)in;
	/* Numbers there, octets of a fixed length here. */
	while (private.len > len && private.at[0] == 0) {
		private.at++;
		private.len--;
	}
	ck_assert_uint_le(private.len, len);
	memcpy(scalar + len - private.len, private.at, private.len);
	MUST(test, dh_from_private(crypto, &dh, group, bytes_of(scalar, len)));
	if (public.len > 0 && public.at[0] == 4) { /* the mark of SEC 1 */
		public.at++;
		public.len--;
	}
	err = dh_agree(crypto, &dh, public, &shared);
	if (is_result(test, "valid")) {
		MUST(test, err == IKE_OK);
		assert_bytes(text(test, "comment"), shared_bytes(&shared),
			octets(test, "shared"));
	} else {
		MUST(test, err == INVALID_SYNTAX); /* compressed ones too */
	}
	return true;
}

static bool run_x25519(
	const struct transform *group, const json_t *in, const json_t *test)
{
	struct shared_secret shared;
	enum ike_error err;
	struct dh dh;

	(void)in;
	MUST(test,
		dh_from_private(crypto, &dh, group, octets(test, "private")));
	err = dh_agree(crypto, &dh, octets(test, "public"), &shared);
	if (has_flag(test, "ZeroSharedSecret")) {
		MUST(test, err == INVALID_SYNTAX);
		return true;
	}
	MUST(test, err == IKE_OK);
	assert_bytes(text(test, "comment"), shared_bytes(&shared),
		octets(test, "shared"));
	return true;
}

static bool run_hmac(const struct transform *prf_row, const json_t *group,
	const json_t *test)
{
	size_t tag_len = (size_t)integer(group, "tagSize") / 8;
	struct bytes msg = octets(test, "msg");
	struct bytes tag = octets(test, "tag");
	uint8_t out[MAX_PRF];

	MUST(test, prf(crypto, prf_row, octets(test, "key"), &msg, 1, out));
	ck_assert_uint_le(tag_len, prf_row->output_len);
	MUST(test, bytes_equal(bytes_of(out, tag_len), tag) ==
			   is_result(test, "valid"));
	return true;
}

static struct secret secret_of(struct bytes a, struct bytes b)
{
	struct secret secret = { .len = (uint8_t)(a.len + b.len) };

	memcpy(secret.data, a.at, a.len);
	memcpy(secret.data + a.len, b.at, b.len);
	return secret;
}

static bool run_aead(
	const struct transform *encr, const json_t *group, const json_t *test)
{
	const struct suite suite = { .encr = encr };
	const struct secret no_key = { 0 };
	struct bytes iv = octets(test, "iv"), msg = octets(test, "msg");
	struct bytes aad = octets(test, "aad"), tag = octets(test, "tag");
	struct bytes ct = octets(test, "ct");
	uint8_t sealed[2048], plain[2048];
	struct writer w = writer_of(sealed, sizeof(sealed));
	struct writer p = writer_of(plain, sizeof(plain));
	struct secret key;

	if (integer(group, "ivSize") != 96 || tag.len != encr->icv_len ||
		integer(group, "keySize") != 8 * encr->key_len)
		return false;
	key = secret_of(octets(test, "key"), bytes_of(iv.at, 4));
	write_bytes(&w, aad);
	write_bytes(&w, bytes_of(iv.at + 4, 8));
	write_bytes(&w, ct);
	write_bytes(&w, tag);
	write_bytes(&p, aad);
	write_bytes(&p, bytes_of(iv.at + 4, 8));
	write_bytes(&p, msg);
	write_zero(&p, tag.len);
	ck_assert(!w.bad && !p.bad);
	if (is_result(test, "valid")) {
		MUST(test, cipher_seal(crypto, &suite, &key, &no_key, plain,
				   aad.len, p.len));
		MUST(test, bytes_equal(written(&p), written(&w)));
		MUST(test, cipher_open(crypto, &suite, &key, &no_key, sealed,
				   aad.len, w.len));
		MUST(test, memcmp(sealed + aad.len + 8, msg.at, msg.len) == 0);
		return true;
	}
	MUST(test, !cipher_open(crypto, &suite, &key, &no_key, sealed, aad.len,
			   w.len));
	return true;
}

/* Their padding is PKCS #5; ours is not this layer's, so only what they call
 * valid can be put: the padded text must become their ciphertext. */
static bool run_cbc(
	const struct transform *encr, const json_t *group, const json_t *test)
{
	const struct suite suite = { .encr = encr, .integ = row("sha256") };
	const struct secret mac_key = { .len = 32 };
	struct bytes iv = octets(test, "iv"), msg = octets(test, "msg");
	struct bytes ct = octets(test, "ct");
	struct secret key;
	uint8_t message[2048];
	struct writer w = writer_of(message, sizeof(message));
	size_t pad = 16 - msg.len % 16;

	if (!is_result(test, "valid") ||
		integer(group, "keySize") != 8 * encr->key_len)
		return false;
	key = secret_of(octets(test, "key"), bytes_of("", 0));
	write_bytes(&w, iv);
	write_bytes(&w, msg);
	for (size_t i = 0; i < pad; i++)
		write_u8(&w, (uint8_t)pad);
	write_zero(&w, cipher_icv_len(&suite));
	ck_assert(!w.bad);
	MUST(test,
		cipher_seal(crypto, &suite, &key, &mac_key, message, 0, w.len));
	MUST(test, bytes_equal(bytes_of(message + 16, msg.len + pad), ct));
	return true;
}

static const struct {
	const char *file;
	const char *row;
	run_case *run;
	int at_least;
} files[] = {
	{ "ecdh_secp256r1_ecpoint_test.json", "ecp256", run_ecp, 350 },
	{ "ecdh_secp384r1_ecpoint_test.json", "ecp384", run_ecp, 780 },
	{ "ecdh_secp521r1_ecpoint_test.json", "ecp521", run_ecp, 650 },
	{ "x25519_test.json", "x25519", run_x25519, 510 },
	{ "hmac_sha1_test.json", "prfsha1", run_hmac, 170 },
	{ "hmac_sha256_test.json", "prfsha256", run_hmac, 170 },
	{ "hmac_sha384_test.json", "prfsha384", run_hmac, 170 },
	{ "hmac_sha512_test.json", "prfsha512", run_hmac, 170 },
	{ "aes_gcm_test.json", "aes128gcm16", run_aead, 60 },
	{ "aes_gcm_test.json", "aes192gcm16", run_aead, 60 },
	{ "aes_gcm_test.json", "aes256gcm16", run_aead, 60 },
	{ "chacha20_poly1305_test.json", "chacha20poly1305", run_aead, 300 },
	{ "aes_cbc_pkcs5_test.json", "aes128", run_cbc, 24 },
	{ "aes_cbc_pkcs5_test.json", "aes192", run_cbc, 24 },
	{ "aes_cbc_pkcs5_test.json", "aes256", run_cbc, 24 },
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

START_TEST(wycheproof)
{
	json_t *root = open_file(files[_i].file);
	char why[128];
	int count;

	snprintf(why, sizeof(why), "%s is not at hand", files[_i].file);
	if (!root)
		SKIP(why);
	count = run_groups(root, row(files[_i].row), files[_i].run);
	json_decref(root);
	ck_assert_msg(count >= files[_i].at_least, "%s: only %d cases for %s",
		files[_i].file, count, files[_i].row);
}
END_TEST

static const struct {
	const char *file;
	const char *scheme;
	int at_least;
} signatures[] = {
	{ "ed25519_test.json", "Ed25519", 150 },
	{ "ed448_test.json", "Ed448", 86 },
	{ "ecdsa_secp256r1_sha256_test.json", "ECDSA with SHA2-256", 480 },
	{ "ecdsa_secp384r1_sha384_test.json", "ECDSA with SHA2-384", 500 },
	{ "ecdsa_secp521r1_sha512_test.json", "ECDSA with SHA2-512", 540 },
	{ "rsa_signature_2048_sha256_test.json", "RSA with SHA2-256", 250 },
	{ "rsa_signature_3072_sha384_test.json", "RSA with SHA2-384", 250 },
	{ "rsa_pss_2048_sha256_mgf1_32_test.json", "RSA-PSS with SHA2-256",
		100 },
	{ "rsa_pss_3072_sha256_mgf1_32_test.json", "RSA-PSS with SHA2-256",
		100 },
};

enum { SIGNATURES = sizeof(signatures) / sizeof(signatures[0]) };

/* What is valid verifies, and nothing else.  "acceptable" is only MissingNull,
 * a DigestInfo without its parameters, which is none to us: one that had to be
 * looked at for another reason would fail here. */
static void run_signature(const struct signature_scheme *scheme,
	const struct public_key *key, const json_t *test)
{
	struct bytes msg = octets(test, "msg");
	const struct signed_text signed_text = { crypto, &msg, 1 };
	bool right = is_result(test, "valid");
	const char *why;

	MUST(test, right || is_result(test, "invalid") ||
			   has_flag(test, "MissingNull"));
	MUST(test, signature_verify(&signed_text, scheme, key,
			   octets(test, "sig"), &why) == right);
}

START_TEST(wycheproof_signatures)
{
	const struct signature_scheme *scheme =
		signature_scheme_named(signatures[_i].scheme);
	json_t *root = open_file(signatures[_i].file);
	const json_t *groups, *tests;
	char why_not[128];
	size_t count = 0;

	snprintf(why_not, sizeof(why_not), "%s is not at hand",
		signatures[_i].file);
	if (!root)
		SKIP(why_not);
	groups = json_object_get(root, "testGroups");
	for (size_t i = 0; i < json_array_size(groups); i++) {
		const json_t *group = json_array_get(groups, i);
		struct public_key *key;
		const char *why;

		key = public_key_read(octets(group, "publicKeyDer"), &why);
		ck_assert_msg(key != NULL, "group %zu: %s", i, why);
		tests = json_object_get(group, "tests");
		for (size_t j = 0; j < json_array_size(tests); j++, count++)
			run_signature(scheme, key, json_array_get(tests, j));
		public_key_unref(key);
	}
	json_decref(root);
	ck_assert_msg(count >= (size_t)signatures[_i].at_least,
		"%s: only %zu cases", signatures[_i].file, count);
}
END_TEST

static void setup(void)
{
	crypto = crypto_new();
	ck_assert_ptr_nonnull(crypto);
}

static void teardown(void)
{
	crypto_free(crypto);
}

SUITE(wycheproof)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	loop_test(wycheproof, FILES);
	loop_test(wycheproof_signatures, SIGNATURES);
}
