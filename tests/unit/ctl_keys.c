/* ctl_keys.c - ipsec-ctl keygen: keys of each kind, in their files.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/ctl_trial.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

START_TEST(keygen_makes_each_kind)
{
	struct trial t = trial_new();
	char file[PATH], expected[PATH], *text;
	EVP_PKEY *key, *half;
	BIO *said;

	snprintf(file, sizeof(file), "%s/k", t.root);
	RUN(&t, "keygen", trial_kinds[_i].kind, "-o", file);
	ck_assert_uint_eq(trial_mode(&t, "k"), 0600);
	ck_assert(trial_holds(&t, "k", "-----BEGIN PRIVATE KEY-----\n"));
	key = trial_key(&t, "k");
	ck_assert_int_eq(EVP_PKEY_get_base_id(key), trial_kinds[_i].id);
	if (trial_kinds[_i].id == EVP_PKEY_RSA)
		ck_assert_int_eq(EVP_PKEY_get_bits(key), trial_kinds[_i].bits);
	/* What is said is a file with the public half. */
	snprintf(expected, sizeof(expected),
		"/k: a new key, %s; the other side needs its public half:\n"
		"-----BEGIN PUBLIC KEY-----\n",
		trial_kinds[_i].name);
	ck_assert_msg(
		strncmp(t.out, expected, strlen(expected)) == 0, "%s", t.out);
	said = BIO_new_mem_buf(t.out, -1);
	half = PEM_read_bio_PUBKEY(said, NULL, NULL, NULL);
	ck_assert_int_eq(EVP_PKEY_eq(half, key), 1);
	EVP_PKEY_free(half);
	EVP_PKEY_free(key);
	BIO_free(said);
	/* Never over one that is there. */
	text = trial_text(&t, "k");
	FAILS(&t, 1, "'/k' is there already", "keygen", trial_kinds[_i].kind,
		"-o", file);
	ck_assert(trial_holds(&t, "k", text));
	free(text);
	trial_remove(&t);
}
END_TEST

START_TEST(keygen_elsewhere)
{
	struct trial t = trial_new();
	char file[PATH];
	json_t *record;

	RUN(&t, "keygen", "ed25519", "-o", "-");
	ck_assert(strncmp(t.out, "-----BEGIN PRIVATE KEY-----\n", 28) == 0);
	snprintf(file, sizeof(file), "%s/nowhere/k", t.root);
	FAILS(&t, 1, "No such file", "keygen", "ed25519", "-o", file);
	FAILS(&t, 2, "-o FILE says where", "keygen", "ed25519");
	snprintf(file, sizeof(file), "%s/k", t.root);
	RUN(&t, "-j", "keygen", "ed25519", "-o", file);
	record = json_loads(t.out, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(record, "schema")),
		"ipsecd/1");
	ck_assert_str_eq(
		json_string_value(json_object_get(record, "key")), "Ed25519");
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_object_get(record, "public_key")),
			"BEGIN PUBLIC KEY"));
	/* The key itself stands in the file alone. */
	ck_assert_ptr_null(strstr(t.out, "PRIVATE"));
	json_decref(record);
	snprintf(file, sizeof(file), "%s/q", t.root);
	RUN(&t, "-q", "keygen", "ecdsa", "-o", file);
	ck_assert_str_eq(t.out, "");
	trial_remove(&t);
}
END_TEST

START_TEST(keys_that_are_none)
{
	static const char *const bad[] = { "", "dsa", "rsa:", "rsa:1024",
		"rsa:2047", "rsa:2049", "rsa:8200", "rsa:99999", "rsa:4096x",
		"rsa:-4096", "ecdsa:", "ecdsa:255", "ecdsa:p256", "Ed25519",
		"ed448 " };
	struct trial t = trial_new();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FAILS(&t, 2, "no keys of kind", "keygen", bad[i], "-o", "/x/y");
		FAILS(&t, 2, "no keys of kind", "ca", "init", "--key", bad[i]);
	}
	ck_assert_uint_eq(trial_mode(&t, "etc"), MISSING);
	trial_remove(&t);
}
END_TEST

SUITE(ctl_keys)
{
	loop_test(keygen_makes_each_kind, TRIAL_KINDS);
	test(keygen_elsewhere);
	test(keys_that_are_none);
}
