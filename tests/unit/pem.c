/* pem.c - files of certificates and keys: several in one, text between, broken ones.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/pem.h"

#include "tests/hex.h"
#include "tests/suite.h"

#include <stdlib.h>

/* "Zm9v" is "foo". */
#define CERT(BODY)                                                             \
	"-----BEGIN CERTIFICATE-----\n" BODY "-----END CERTIFICATE-----\n"

/* What a file holds: a letter for each item, and "foo" decoded for those that
 * are decoded; pem_next frees nothing itself, so each is cleared here. */
static void holds(struct bytes file, const char *expected)
{
	static const char letters[] = {
		[PEM_CERTIFICATE] = 'c',
		[PEM_CRL] = 'r',
		[PEM_PUBLIC_KEY] = 'p',
		[PEM_PRIVATE_KEY] = 'k',
		[PEM_ENCRYPTED_KEY] = 'e',
		[PEM_OTHER] = 'o',
		[PEM_DER] = 'd',
		[PEM_BROKEN] = 'b',
	};
	/* A copy that ends where it ends, so that ASan sees a step beyond. */
	uint8_t *copy = malloc(file.len ? file.len : 1);
	struct bytes rest = bytes_of(copy, file.len);
	struct pem_item item;
	char got[64] = "";
	size_t count = 0;

	memcpy(copy, file.at, file.len);
	while (pem_next(&rest, &item)) {
		ck_assert_uint_lt(count, sizeof(got) - 1);
		got[count++] = letters[item.kind];
		if (item.kind <= PEM_PRIVATE_KEY)
			assert_bytes("foo", bytes_of(item.der, item.len),
				bytes_of("foo", 3));
		if (item.kind == PEM_DER)
			assert_bytes("DER", bytes_of(item.der, item.len), file);
		if (item.kind == PEM_BROKEN || item.kind == PEM_OTHER ||
			item.kind == PEM_ENCRYPTED_KEY)
			ck_assert_ptr_null(item.der);
		pem_clear(&item);
		ck_assert_ptr_null(item.der);
	}
	free(copy);
	ck_assert_msg(strcmp(got, expected) == 0, "%.*s: got '%s', not '%s'",
		(int)file.len, (const char *)file.at, got, expected);
}

static const struct {
	const char *text;
	const char *holds;
} files[] = {
	{ "", "" },
	{ "\n", "" },
	{ "no PEM at all\n", "" },
	{ "0 is what DER begins with\n", "d" },
	{ CERT("Zm9v\n"), "c" },
	{ CERT("Zm\n9v\n"), "c" },
	{ CERT("Z\nm\n9\nv\n\n"), "c" },
	{ CERT("Zm9v\r\n"), "c" },
	{ CERT("  Zm9v \t\n"), "c" },
	{ "-----BEGIN CERTIFICATE-----\r\nZm9v\r\n"
	  "-----END CERTIFICATE-----\r\n",
		"c" },
	{ "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----", "c" },
	{ "-----BEGIN CERTIFICATE----- \nZm9v\n-----END CERTIFICATE----- ",
		"c" },
	{ CERT("Zm9v\n") CERT("Zm9v\n") CERT("Zm9v\n"), "ccc" },
	{ "subject=CN = a\n" CERT("Zm9v\n") "\ni:CN = b -----BEGIN\n" CERT(
		  "Zm9v\n") "the end",
		"cc" },
	{ " 0 s:CN = a\n" CERT("Zm9v\n") "0 text\n" CERT("Zm9v\n") "0 text\n",
		"cc" },
	{ "0 s:CN = a\n" CERT("Zm9v\n"), "c" },
	{ "-----BEGIN X509 CRL-----\nZm9v\n-----END X509 CRL-----\n", "r" },
	{ "-----BEGIN PUBLIC KEY-----\nZm9v\n-----END PUBLIC KEY-----\n", "p" },
	{ "-----BEGIN PRIVATE KEY-----\nZm9v\n-----END PRIVATE KEY-----\n",
		"k" },
	{ "-----BEGIN RSA PRIVATE KEY-----\nZm9v\n"
	  "-----END RSA PRIVATE KEY-----\n",
		"k" },
	{ "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
	  "-----END EC PARAMETERS-----\n"
	  "-----BEGIN EC PRIVATE KEY-----\nZm9v\n"
	  "-----END EC PRIVATE KEY-----\n",
		"ok" },
	{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\nZm9v\n"
	  "-----END ENCRYPTED PRIVATE KEY-----\n",
		"e" },
	{ "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
	  "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\nZm9v\n"
	  "-----END RSA PRIVATE KEY-----\n",
		"e" },
	{ "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n"
	  "DEK-Info: AES-256-CBC,00\r\n\r\nZm9v\r\n"
	  "-----END RSA PRIVATE KEY-----\r\n",
		"e" },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----\nZm9v\n"
	  "-----END OPENSSH PRIVATE KEY-----\n" CERT("Zm9v\n"),
		"oc" },
	/* broken */
	{ CERT(""), "b" },
	{ CERT("\n"), "b" },
	{ CERT("Zm9\n"), "b" },
	{ CERT("Zm9v=\n"), "b" },
	{ CERT("Zm9vZg=\n"), "b" },
	{ CERT("Zm9vZh==\n"), "b" },
	{ CERT("Zg==Zm9v\n"), "b" },
	{ CERT("Zm9v!\n"), "b" },
	{ CERT("Zm-_\n"), "b" },
	{ CERT("Comment: hm\n\nZm9v\n"), "b" },
	{ CERT("Zm9v\n") CERT("!\n") CERT("Zm9v\n"), "cbc" },
	{ "-----BEGIN CERTIFICATE-----\nZm9v\n", "b" },
	{ "-----BEGIN CERTIFICATE-----\n", "b" },
	{ "-----BEGIN CERTIFICATE-----", "b" },
	{ "-----BEGIN CERTIFICATE", "b" },
	{ "-----BEGIN ", "b" },
	{ "-----BEGIN -----\nZm9v\n-----END -----\n", "b" },
	{ "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE----", "b" },
	{ "-----BEGIN CERTIFICATE-----\nZm9v\n-----END PRIVATE KEY-----\n",
		"b" },
	{ "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----0\x82\n",
		"b" },
	{ "-----BEGIN CERTIFICATE-----\nZm9v\n" CERT("Zm9v\n"), "bc" },
	{ "-----BEGIN CERTIFICATE-----Zm9v-----END CERTIFICATE-----\n", "b" },
	{ "x-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n",
		"" },
	{ "-----END CERTIFICATE-----\n" CERT("Zm9v\n"), "c" },
	/* DER */
	{ "\x30\x03\x02\x01\x01", "d" },
	{ "\x30\x82\x7f\x7f\n-----BEGIN CERTIFICATE-----\nZm9v\n", "d" },
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

START_TEST(a_file_in_items)
{
	holds(bytes_of(files[_i].text, strlen(files[_i].text)),
		files[_i].holds);
}
END_TEST

/* Every file cut short is read to its end, in items. */
START_TEST(a_file_cut_at_every_octet)
{
	const char *text = files[_i].text;

	for (size_t len = 0; len < strlen(text); len++) {
		struct bytes rest = bytes_of(text, len);
		struct pem_item item;
		size_t before = SIZE_MAX;

		while (pem_next(&rest, &item)) {
			ck_assert_uint_lt(rest.len, before);
			before = rest.len;
			pem_clear(&item);
		}
	}
}
END_TEST

START_TEST(a_nul_is_no_base64)
{
	static const char nul[] = CERT("Zm\0009v\n"), last[] = CERT("Zm9v\0\n");

	holds(bytes_of(nul, sizeof(nul) - 1), "b");
	holds(bytes_of(last, sizeof(last) - 1), "b");
}
END_TEST

START_TEST(clear_is_for_all)
{
	struct pem_item item = { .kind = PEM_BROKEN };

	pem_clear(&item);
	pem_clear(&item);
	ck_assert_uint_eq(item.len, 0);
}
END_TEST

SUITE(pem)
{
	loop_test(a_file_in_items, FILES);
	loop_test(a_file_cut_at_every_octet, FILES);
	test(a_nul_is_no_base64);
	test(clear_is_for_all);
}
