/* pki_shapes.c - that tests/unit/pki.c makes what it is asked for, as libcrypto sees it.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/pki.h"

#include "tests/suite.h"

#include <openssl/x509v3.h>

START_TEST(a_chain_verifies)
{
	const struct pki_cert *root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Root", .ca = true });
	const struct pki_cert *sub = pki_issue(
		root, &(struct pki_want){ .subject = "CN=Sub",
			      .ca = true,
			      .key = PKI_RSA_2048,
			      .basic = "critical,CA:TRUE,pathlen:0" });
	const struct pki_cert *leaf =
		pki_issue(sub, &(struct pki_want){ .subject = "C=CH, CN=vpn",
				       .san = "DNS:vpn.example.com",
				       .key = PKI_ED25519 });

	ck_assert_int_eq(X509_verify(root->x509, root->key), 1);
	ck_assert_int_eq(X509_verify(sub->x509, root->key), 1);
	ck_assert_int_eq(X509_verify(leaf->x509, sub->key), 1);
	ck_assert_int_eq(X509_check_issued(sub->x509, leaf->x509), X509_V_OK);
	ck_assert_int_eq(X509_get_pathlen(sub->x509), 0);
	ck_assert_int_eq(
		X509_check_host(leaf->x509, "vpn.example.com", 0, 0, NULL), 1);
	ck_assert_ptr_nonnull(strstr(leaf->pem, "BEGIN CERTIFICATE"));
	ck_assert_ptr_nonnull(strstr(leaf->key_pem, "BEGIN PRIVATE KEY"));
	ck_assert_uint_gt(leaf->key_der.len, 0);
}
END_TEST

START_TEST(a_spoilt_signature_does_not_verify)
{
	const struct pki_cert *root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Root", .ca = true });
	const struct pki_cert *bad = pki_issue(root,
		&(struct pki_want){ .subject = "CN=a", .bad_signature = true });
	const uint8_t *at = bad->der.at;
	X509 *read = d2i_X509(NULL, &at, (long)bad->der.len);

	ck_assert_ptr_nonnull(read);
	ck_assert_int_ne(X509_verify(read, root->key), 1);
	X509_free(read);
}
END_TEST

START_TEST(rsa_keys_are_made_once)
{
	EVP_PKEY *first = pki_key(PKI_RSA_2048), *again;

	for (int i = 0; i < 3; i++)
		EVP_PKEY_free(pki_key(PKI_RSA_2048));
	again = pki_key(PKI_RSA_2048);
	ck_assert_ptr_eq(first, again);
	EVP_PKEY_free(first);
	EVP_PKEY_free(again);
}
END_TEST

START_TEST(a_crl_names_what_is_revoked)
{
	const struct pki_cert *root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Root", .ca = true });
	const struct pki_cert *leaf =
		pki_issue(root, &(struct pki_want){ .subject = "CN=a" });
	const struct bytes der =
		pki_crl(root, &(struct pki_crl_want){ .revoked = { leaf } });
	const uint8_t *at = der.at;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
	X509_REVOKED *found;

	ck_assert_ptr_nonnull(crl);
	ck_assert_int_eq(X509_CRL_verify(crl, root->key), 1);
	ck_assert_int_eq(X509_CRL_get0_by_cert(crl, &found, leaf->x509), 1);
	ck_assert_int_eq(X509_CRL_get0_by_cert(crl, &found, root->x509), 0);
	X509_CRL_free(crl);
}
END_TEST

START_TEST(keys_that_nobody_should_use)
{
	EVP_PKEY *small = pki_rsa_public(512, 3);
	EVP_PKEY *large = pki_rsa_public(32768, 65537);
	EVP_PKEY *one = pki_rsa_public(2048, 1),
		 *zero = pki_rsa_public(2048, 0);

	ck_assert_int_eq(EVP_PKEY_get_bits(small), 512);
	ck_assert_int_eq(EVP_PKEY_get_bits(large), 32768);
	pki_issue(NULL,
		&(struct pki_want){
			.public_key = one, .key_of = NULL, .subject = "CN=a" });
	EVP_PKEY_free(small);
	EVP_PKEY_free(large);
	EVP_PKEY_free(one);
	EVP_PKEY_free(zero);
}
END_TEST

SUITE(pki_shapes)
{
	tcase_add_checked_fixture(tcase, NULL, pki_end);
	test(a_chain_verifies);
	test(a_spoilt_signature_does_not_verify);
	test(rsa_keys_are_made_once);
	test(a_crl_names_what_is_revoked);
	test(keys_that_nobody_should_use);
}
