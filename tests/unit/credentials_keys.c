/* credentials_keys.c - keys and certificates from files of every form.
 * SPDX-License-Identifier: ISC
 */
#include "tests/suite.h"

#include "config/credentials.h"
#include "tests/unit/config_folder.h"
#include "tests/unit/pki.h"

static char error[CREDENTIALS_TEXT], hint[CREDENTIALS_TEXT];
static char folder[128];

static struct folder new_folder(void)
{
	struct folder f = folder_new();

	snprintf(folder, sizeof(folder), "%s/secrets", f.path);
	return f;
}

static void finish(struct folder *f)
{
	folder_remove(f);
	pki_end();
}

static struct bytes text_of(const char *text)
{
	return bytes_of(text, strlen(text));
}

/* Into the file that all these tests read. */
static void put(struct folder *f, struct bytes data, mode_t mode)
{
	folder_write(f, "secrets/file", (const char *)data.at, data.len, mode);
}

static void put_two(struct folder *f, const char *one, const char *two)
{
	char text[32768];

	snprintf(text, sizeof(text), "# a remark\n%s\n%s", one, two);
	put(f, text_of(text), 0600);
}

/* --- Private keys ------------------------------------------------------------ */

static void key_is(const struct pki_cert *of)
{
	struct private_key *key;
	struct certificate *certificate;
	const char *why = "";

	ck_assert_msg(credentials_read_key("file", folder, &key, error, hint) ==
			      CREDENTIALS_OK,
		"%s", error);
	certificate = certificate_read(of->der, &why);
	ck_assert_msg(certificate != NULL, "%s", why);
	ck_assert(public_key_equal(
		private_key_public(key), certificate_key(certificate)));
	certificate_unref(certificate);
	private_key_free(key);
}

static void key_refused(const char *why)
{
	struct private_key *key;

	ck_assert_int_eq(
		credentials_read_key("file", folder, &key, error, hint),
		CREDENTIALS_BAD_FILE);
	ck_assert_ptr_null(key);
	ck_assert_msg(strstr(error, why) != NULL, "%s", error);
	ck_assert_ptr_nonnull(strstr(error, "secrets/file'"));
}

/* PKCS#1 for RSA, SEC 1 for EC: as older tools write them. */
static struct bytes traditional(const struct pki_cert *cert)
{
	unsigned char *der = NULL;
	int len = i2d_PrivateKey(cert->key, &der);
	struct bytes kept;

	ck_assert_int_gt(len, 0);
	kept = pki_keep(bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	return kept;
}

START_TEST(private_keys_of_every_form)
{
	struct folder f = new_folder();
	static const enum pki_key kinds[] = { PKI_P256, PKI_P384, PKI_ED25519,
		PKI_ED448, PKI_RSA_2048 };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct pki_cert *cert =
			pki_issue(NULL, &(struct pki_want){ .subject = "CN=a",
						.key = kinds[i] });

		put(&f, text_of(cert->key_pem), 0600);
		key_is(cert);
		put(&f, cert->key_der, 0640);
		key_is(cert);
		put(&f, traditional(cert), 0400);
		key_is(cert);
		put_two(&f, cert->pem, cert->key_pem);
		key_is(cert);
	}
	finish(&f);
}
END_TEST

START_TEST(private_keys_that_are_refused)
{
	struct folder f = new_folder();
	struct pki_cert *one =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=a" });
	struct pki_cert *weak = pki_issue(NULL,
		&(struct pki_want){ .subject = "CN=a", .key = PKI_RSA_1024 });
	struct private_key *key;

	put(&f, text_of(one->pem), 0600);
	key_refused("holds no private key");
	put(&f, text_of("nothing\n"), 0600);
	key_refused("holds no private key");
	put(&f, bytes_of("", 0), 0600);
	key_refused("is empty");
	put(&f, bytes_of(one->key_der.at, one->key_der.len - 1), 0600);
	key_refused("secrets/file': ");
	put(&f, bytes_of(one->key_pem, strlen(one->key_pem) / 2), 0600);
	key_refused("a PEM block that has no end, or no base64");
	put(&f, weak->key_der, 0600);
	key_refused("secrets/file': ");
	put_two(&f, one->key_pem, one->key_pem);
	key_refused("private key 2: one is enough");
	put(&f,
		text_of("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
			"-----END ENCRYPTED PRIVATE KEY-----\n"),
		0600);
	key_refused("the key is encrypted");
	ck_assert_ptr_nonnull(strstr(hint, "cred:NAME with "
					   "LoadCredentialEncrypted="));
	ck_assert_int_eq(
		credentials_read_key("cred:a/b", folder, &key, error, hint),
		CREDENTIALS_BAD_TEXT);
	finish(&f);
}
END_TEST

START_TEST(n50_private_key_that_others_can_read)
{
	struct folder f = new_folder();
	struct pki_cert *one =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=a" });

	for (mode_t mode = 0400; mode < 01000; mode = (mode + 1) | 0400) {
		put(&f, one->key_der, mode);
		if ((mode & 0037) == 0)
			key_is(one);
		else
			key_refused("others can ");
	}
	finish(&f);
}
END_TEST

/* --- Certificates -------------------------------------------------------------- */

static void certificates_refused(const char *why)
{
	struct credentials_certificates list;

	ck_assert_int_eq(credentials_read_certificates(
				 "file", folder, &list, error, hint),
		CREDENTIALS_BAD_FILE);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_ptr_null(list.list);
	ck_assert_msg(strstr(error, why) != NULL, "%s", error);
}

START_TEST(certificates_in_their_order)
{
	struct folder f = new_folder();
	struct pki_cert *a =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=a" });
	struct pki_cert *b =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=b" });
	struct credentials_certificates list;

	put_two(&f, b->pem, a->pem);
	ck_assert_int_eq(credentials_read_certificates(
				 "file", folder, &list, error, hint),
		CREDENTIALS_OK);
	ck_assert_uint_eq(list.count, 2);
	ck_assert(bytes_equal(certificate_der(list.list[0]), b->der));
	ck_assert(bytes_equal(certificate_der(list.list[1]), a->der));
	credentials_certificates_clear(&list);
	put(&f, a->der, 0644);
	ck_assert_int_eq(credentials_read_certificates(
				 "file", folder, &list, error, hint),
		CREDENTIALS_OK);
	ck_assert_uint_eq(list.count, 1);
	credentials_certificates_clear(&list);
	put_two(&f, a->key_pem, a->pem);
	ck_assert_int_eq(credentials_read_certificates(
				 "file", folder, &list, error, hint),
		CREDENTIALS_OK);
	ck_assert_uint_eq(list.count, 1);
	credentials_certificates_clear(&list);
	finish(&f);
}
END_TEST

START_TEST(certificates_that_are_refused)
{
	struct folder f = new_folder();
	struct pki_cert *a =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=a" });

	put(&f, a->der, 0646);
	certificates_refused("has mode 0646: others can write it");
	put(&f, text_of(a->key_pem), 0600);
	certificates_refused("holds no certificate");
	put_two(&f, a->pem,
		"-----BEGIN CERTIFICATE-----\nMAA=\n"
		"-----END CERTIFICATE-----\n");
	certificates_refused("certificate 2: ");
	put_two(&f, a->pem, "-----BEGIN CERTIFICATE-----\nMAA=\n");
	certificates_refused("certificate 2: a PEM block that has no end");
	for (size_t len = 1; len < a->der.len; len += 7) {
		put(&f, bytes_of(a->der.at, len), 0600);
		certificates_refused("secrets/file'");
	}
	finish(&f);
}
END_TEST

/* --- Sizes ----------------------------------------------------------------------- */

START_TEST(files_that_are_too_long)
{
	struct folder f = new_folder();
	struct pki_cert *a =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=a" });
	char *text = calloc(1, CREDENTIALS_MAX_CERTIFICATES + 2);
	struct credentials_certificates list;

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', CREDENTIALS_MAX_CERTIFICATES + 1);
	memcpy(text, a->key_pem, strlen(a->key_pem));
	put(&f, bytes_of(text, CREDENTIALS_MAX_KEY), 0600);
	key_is(a);
	put(&f, bytes_of(text, CREDENTIALS_MAX_KEY + 1), 0600);
	key_refused("is longer than 65536 octets");
	memset(text, '\n', CREDENTIALS_MAX_CERTIFICATES + 1);
	memcpy(text, a->pem, strlen(a->pem));
	put(&f, bytes_of(text, CREDENTIALS_MAX_CERTIFICATES), 0600);
	ck_assert_int_eq(credentials_read_certificates(
				 "file", folder, &list, error, hint),
		CREDENTIALS_OK);
	credentials_certificates_clear(&list);
	put(&f, bytes_of(text, CREDENTIALS_MAX_CERTIFICATES + 1), 0600);
	certificates_refused("is longer than 1048576 octets");
	free(text);
	finish(&f);
}
END_TEST

/* --- Public keys, CRLs ------------------------------------------------------------- */

static void public_key_is(const struct pki_cert *of)
{
	struct certificate *certificate;
	struct public_key *key;
	const char *why = "";

	ck_assert_msg(credentials_read_public_key("file", folder, &key, error,
			      hint) == CREDENTIALS_OK,
		"%s", error);
	certificate = certificate_read(of->der, &why);
	ck_assert(public_key_equal(key, certificate_key(certificate)));
	certificate_unref(certificate);
	public_key_unref(key);
}

START_TEST(public_keys_of_every_form)
{
	struct folder f = new_folder();
	struct pki_cert *a =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=a" });
	struct pki_cert *b =
		pki_issue(NULL, &(struct pki_want){ .subject = "CN=b" });
	struct private_key *key;
	struct public_key *public_key;
	char pem[KEY_PEM_SIZE];
	const char *why;

	key = private_key_read(a->key_der, &why);
	put(&f, public_key_der(private_key_public(key)), 0644);
	public_key_is(a);
	ck_assert(public_key_pem(private_key_public(key), pem) > 0);
	put(&f, text_of(pem), 0644);
	public_key_is(a);
	put(&f, a->der, 0644);
	public_key_is(a);
	put_two(&f, a->pem, b->pem);
	public_key_is(a);
	private_key_free(key);
	put(&f, text_of(a->key_pem), 0600);
	ck_assert_int_eq(credentials_read_public_key(
				 "file", folder, &public_key, error, hint),
		CREDENTIALS_BAD_FILE);
	ck_assert_ptr_nonnull(strstr(error, "a private key, where"));
	put_two(&f, b->pem, a->key_pem);
	ck_assert_int_eq(credentials_read_public_key(
				 "file", folder, &public_key, error, hint),
		CREDENTIALS_BAD_FILE);
	ck_assert_ptr_null(public_key);
	finish(&f);
}
END_TEST

START_TEST(crls_of_every_form)
{
	struct folder f = new_folder();
	struct pki_cert *a = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=a", .ca = true });
	struct trust *trust = trust_new();
	struct bytes crl = pki_crl(a, &(struct pki_crl_want){ 0 });

	ck_assert_ptr_nonnull(trust);
	put(&f, crl, 0644);
	ck_assert_int_eq(
		credentials_read_crls("file", folder, trust, error, hint),
		CREDENTIALS_OK);
	put(&f, bytes_of(crl.at, crl.len - 1), 0644);
	ck_assert_int_eq(
		credentials_read_crls("file", folder, trust, error, hint),
		CREDENTIALS_BAD_FILE);
	put(&f, text_of(a->pem), 0644);
	ck_assert_int_eq(
		credentials_read_crls("file", folder, trust, error, hint),
		CREDENTIALS_BAD_FILE);
	ck_assert_ptr_nonnull(strstr(error, "holds no CRL"));
	trust_unref(trust);
	finish(&f);
}
END_TEST

SUITE(credentials_keys)
{
	test(private_keys_of_every_form);
	test(private_keys_that_are_refused);
	test(n50_private_key_that_others_can_read);
	test(certificates_in_their_order);
	test(certificates_that_are_refused);
	test(files_that_are_too_long);
	test(public_keys_of_every_form);
	test(crls_of_every_form);
}
