/* credential.c - tests of ikev2/crypto/credential.c.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/credential.h"

#include "tests/suite.h"
#include "tests/unit/pki.h"

static struct pki_cert *root, *ours, *other;

static void setup(void)
{
	root = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=Root", .ca = true });
	ours = pki_issue(root, &(struct pki_want){ .subject = "CN=ours" });
	other = pki_issue(root, &(struct pki_want){ .subject = "CN=other" });
}

static struct certificate *read_certificate(const struct pki_cert *cert)
{
	const char *why = NULL;
	struct certificate *read = certificate_read(cert->der, &why);

	ck_assert_msg(read != NULL, "%s", why);
	return read;
}

static struct credential *make(const struct pki_cert *key,
	const struct pki_cert *first, const struct pki_cert *second,
	const char **why)
{
	const struct pki_cert *certs[] = { first, second };
	struct certificate *chain[2];
	struct credential *made;
	size_t count = 0;

	while (count < 2 && certs[count]) {
		chain[count] = read_certificate(certs[count]);
		count++;
	}
	made = credential_new(
		private_key_read(key->key_der, why), chain, count, why);
	while (count > 0)
		certificate_unref(chain[--count]);
	return made;
}

START_TEST(keeps_what_it_is_given)
{
	const char *why;
	struct credential *made = make(ours, ours, root, &why);

	ck_assert_ptr_nonnull(made);
	ck_assert(bytes_equal(
		certificate_der(credential_certificate(made, 0)), ours->der));
	ck_assert(bytes_equal(
		certificate_der(credential_certificate(made, 1)), root->der));
	ck_assert_ptr_null(credential_certificate(made, 2));
	ck_assert(public_key_equal(private_key_public(credential_key(made)),
		certificate_key(credential_certificate(made, 0))));
	credential_unref(credential_ref(made));
	credential_unref(made);
	credential_unref(NULL);
}
END_TEST

START_TEST(a_key_alone)
{
	const char *why;
	struct credential *made = make(ours, NULL, NULL, &why);

	ck_assert_ptr_nonnull(made);
	ck_assert_ptr_null(credential_certificate(made, 0));
	credential_unref(made);
}
END_TEST

START_TEST(the_key_of_another)
{
	const char *why = NULL;

	ck_assert_ptr_null(make(other, ours, root, &why));
	ck_assert_str_eq(why, "the key is not that of the certificate");
}
END_TEST

START_TEST(too_many)
{
	struct certificate *chain[CREDENTIAL_MAX_CHAIN + 1];
	struct certificate *one = read_certificate(ours);
	const char *why = NULL;

	for (size_t i = 0; i <= CREDENTIAL_MAX_CHAIN; i++)
		chain[i] = one;
	ck_assert_ptr_null(credential_new(private_key_read(ours->key_der, &why),
		chain, CREDENTIAL_MAX_CHAIN + 1, &why));
	ck_assert_str_eq(why, "more than 8 certificates");
	certificate_unref(one);
}
END_TEST

START_TEST(as_many_as_there_is_room_for)
{
	const char *why;
	struct certificate *one = read_certificate(ours);
	struct certificate *chain[CREDENTIAL_MAX_CHAIN];
	struct credential *made;

	for (size_t i = 0; i < CREDENTIAL_MAX_CHAIN; i++)
		chain[i] = one;
	made = credential_new(private_key_read(ours->key_der, &why), chain,
		CREDENTIAL_MAX_CHAIN, &why);
	ck_assert_msg(made != NULL, "%s", why);
	ck_assert_ptr_eq(
		credential_certificate(made, CREDENTIAL_MAX_CHAIN - 1), one);
	ck_assert_ptr_null(credential_certificate(made, CREDENTIAL_MAX_CHAIN));
	credential_unref(made);
	certificate_unref(one);
}
END_TEST

START_TEST(equal_by_content)
{
	const char *why;
	struct credential *rows[] = {
		make(ours, ours, root, &why),
		make(ours, ours, NULL, &why),
		make(ours, NULL, NULL, &why),
		make(other, other, root, &why),
		make(other, NULL, NULL, &why),
		NULL,
	};
	struct credential *again = make(ours, ours, root, &why);

	ck_assert(credential_equal(rows[0], again));
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < 6; j++)
			ck_assert_int_eq(
				credential_equal(rows[i], rows[j]), i == j);
	}
	for (size_t i = 0; i < 6; i++)
		credential_unref(rows[i]);
	credential_unref(again);
}
END_TEST

SUITE(credential)
{
	tcase_add_checked_fixture(tcase, setup, pki_end);
	test(keeps_what_it_is_given);
	test(a_key_alone);
	test(the_key_of_another);
	test(too_many);
	test(as_many_as_there_is_room_for);
	test(equal_by_content);
}
