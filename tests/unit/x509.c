/* x509.c - tests of ikev2/crypto/x509.c: what is read, and whose it is; the wrong ones are in wrong_certs.c.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/x509.h"

#include "ikev2/crypto/dn.h"
#include "ikev2/crypto/trust_private.h"
#include "ikev2/iana.h"
#include "tests/hex.h"
#include "tests/suite.h"
#include "tests/unit/pki.h"

static struct certificate *read_certificate(struct bytes der)
{
	const char *why = NULL;
	struct certificate *read = certificate_read(der, &why);

	ck_assert_msg(read != NULL, "%s", why);
	ck_assert_ptr_null(why);
	return read;
}

static struct certificate *issue(const struct pki_want *want)
{
	return read_certificate(pki_issue(NULL, want)->der);
}

static struct bytes text(const char *from)
{
	return bytes_of(from, strlen(from));
}

START_TEST(says_what_is_in_it)
{
	const struct pki_cert *root = pki_issue(NULL,
		&(struct pki_want){ .subject = "C=CH, CN=Root", .ca = true });
	const struct pki_cert *made = pki_issue(
		root, &(struct pki_want){ .subject = "C=CH, O=A, CN=a",
			      .from = PKI_NOW - 5,
			      .until = PKI_NOW + 7 });
	struct certificate *read = read_certificate(made->der);
	struct certificate *ca = read_certificate(root->der);
	int64_t not_before, not_after;
	char out[X509_TEXT];

	ck_assert(bytes_equal(certificate_der(read), made->der));
	ck_assert_ptr_ne(certificate_der(read).at, made->der.at);
	ck_assert_str_eq(
		certificate_subject_text(read, out), "C=CH, O=A, CN=a");
	ck_assert_str_eq(certificate_issuer_text(read, out), "C=CH, CN=Root");
	ck_assert(dn_is(certificate_subject(read)));
	ck_assert(!certificate_is_ca(read));
	ck_assert(certificate_is_ca(ca));
	certificate_validity(read, &not_before, &not_after);
	ck_assert_int_eq(not_before, PKI_NOW - 5);
	ck_assert_int_eq(not_after, PKI_NOW + 7);
	ck_assert_int_eq(public_key_kind(certificate_key(read)), KEY_P256);
	certificate_unref(certificate_ref(read));
	certificate_unref(read);
	certificate_unref(ca);
	certificate_unref(NULL);
}
END_TEST

START_TEST(every_kind_of_key)
{
	static const struct {
		enum pki_key key;
		enum key_kind kind;
	} rows[] = {
		{ PKI_P256, KEY_P256 },
		{ PKI_P384, KEY_P384 },
		{ PKI_P521, KEY_P521 },
		{ PKI_ED25519, KEY_ED25519 },
		{ PKI_ED448, KEY_ED448 },
		{ PKI_RSA_2048, KEY_RSA },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct certificate *read = issue(&(struct pki_want){
			.subject = "CN=a", .key = rows[i].key });

		ck_assert_int_eq(
			public_key_kind(certificate_key(read)), rows[i].kind);
		certificate_unref(read);
	}
}
END_TEST

START_TEST(dates_in_both_forms)
{
	static const struct {
		int64_t unix_s;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01 00:00:00 UTC" },
		{ PKI_NOW, "2026-01-01 00:00:00 UTC" },
		{ INT64_C(2524607999), "2049-12-31 23:59:59 UTC" },
		{ INT64_C(2524608000), "2050-01-01 00:00:00 UTC" },
		{ INT64_C(253402300799), "9999-12-31 23:59:59 UTC" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ASN1_TIME *time = ASN1_TIME_set(NULL, rows[i].unix_s);
		char out[X509_DATE];
		int64_t unix_s;

		ck_assert(x509_time(time, &unix_s));
		ck_assert_int_eq(unix_s, rows[i].unix_s);
		ck_assert_str_eq(x509_date(unix_s, out), rows[i].text);
		ASN1_TIME_free(time);
	}
}
END_TEST

START_TEST(times_that_are_none)
{
	static const struct {
		int type;
		const char *text;
	} rows[] = {
		{ V_ASN1_UTCTIME, "2601010000Z" },
		{ V_ASN1_UTCTIME, "260101000000+0100" },
		{ V_ASN1_UTCTIME, "261301000000Z" },
		{ V_ASN1_UTCTIME, "260101000000" },
		{ V_ASN1_UTCTIME, "2601010000x0Z" },
		{ V_ASN1_UTCTIME, "" },
		{ V_ASN1_GENERALIZEDTIME, "20260101000000.5Z" },
		{ V_ASN1_GENERALIZEDTIME, "20260230000000Z" },
		{ V_ASN1_GENERALIZEDTIME, "202601010000Z" },
		{ V_ASN1_GENERALIZEDTIME, "20260101000000" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ASN1_STRING *time = ASN1_STRING_type_new(rows[i].type);
		int64_t unix_s;

		ASN1_STRING_set(time, rows[i].text, -1);
		ck_assert_msg(!x509_time(time, &unix_s), "%s", rows[i].text);
		ASN1_STRING_free(time);
	}
}
END_TEST

/* --- Whose it is ---------------------------------------------------------- */

#define IPV6_1 "00000000000000000000000000000001"

static const struct {
	const char *subject, *san; /* san NULL: none */
	uint8_t type;
	const char *identity; /* in hex for addresses */
	bool fits;
} names[] = {
	{ "CN=x", "DNS:vpn.example.com", ID_FQDN, "vpn.example.com", true },
	{ "CN=x", "DNS:vpn.example.com", ID_FQDN, "VPN.Example.COM", true },
	{ "CN=x", "DNS:a, DNS:vpn.example.com", ID_FQDN, "vpn.example.com",
		true },
	{ "CN=x", "DNS:vpn", ID_FQDN, "vpn", true },
	{ "CN=x", "DNS:vpn.example.com", ID_FQDN, "example.com", false },
	{ "CN=x", "DNS:vpn.example.com", ID_FQDN, "a.vpn.example.com", false },
	{ "CN=x", "DNS:vpn.example.com", ID_FQDN, "vpn.example.co", false },
	{ "CN=x", "DNS:vpn.example.com", ID_FQDN, "vpn.example.com.", false },
	{ "CN=x", "DNS:vpn.example.com", ID_FQDN, "", false },
	{ "CN=x", "DNS:vpn.example.com", ID_FQDN, "vpn.example.com ", false },
	{ "CN=x", "DNS:vpn.example.com", ID_RFC822_ADDR, "vpn.example.com",
		false },
	{ "CN=x", "DNS:vpn.example.com", ID_KEY_ID, "vpn.example.com", false },
	{ "CN=x", "email:vpn.example.com", ID_FQDN, "vpn.example.com", false },
	{ "CN=x", "URI:vpn.example.com", ID_FQDN, "vpn.example.com", false },

	{ "CN=x", "DNS:*.example.com", ID_FQDN, "vpn.example.com", true },
	{ "CN=x", "DNS:*.example.com", ID_FQDN, "VPN.EXAMPLE.com", true },
	{ "CN=x", "DNS:*.example.com", ID_FQDN, "a.vpn.example.com", false },
	{ "CN=x", "DNS:*.example.com", ID_FQDN, "example.com", false },
	{ "CN=x", "DNS:*.example.com", ID_FQDN, ".example.com", false },
	{ "CN=x", "DNS:*.example.com", ID_FQDN, "*.example.com", false },
	{ "CN=x", "DNS:*.com", ID_FQDN, "example.com", false },
	{ "CN=x", "DNS:*", ID_FQDN, "vpn", false },
	{ "CN=x", "DNS:*.", ID_FQDN, "vpn.", false },
	{ "CN=x", "DNS:v*.example.com", ID_FQDN, "vpn.example.com", false },
	{ "CN=x", "DNS:*n.example.com", ID_FQDN, "vpn.example.com", false },
	{ "CN=x", "DNS:vpn.*.com", ID_FQDN, "vpn.example.com", false },
	{ "CN=x", "DNS:*.*.com", ID_FQDN, "vpn.example.com", false },
	{ "CN=x", "DNS:**.example.com", ID_FQDN, "vpn.example.com", false },

	{ "CN=vpn.example.com", NULL, ID_FQDN, "vpn.example.com", true },
	{ "CN=a, CN=vpn.example.com", NULL, ID_FQDN, "vpn.example.com", true },
	{ "CN=vpn.example.com, CN=a", NULL, ID_FQDN, "vpn.example.com", false },
	{ "OU=vpn.example.com", NULL, ID_FQDN, "vpn.example.com", false },
	{ "CN=vpn.example.com", "DNS:other.example.com", ID_FQDN,
		"vpn.example.com", false },
	{ "CN=vpn.example.com", "email:u@h", ID_FQDN, "vpn.example.com",
		false },
	{ "CN=u@h", NULL, ID_RFC822_ADDR, "u@h", false },
	{ "E=u@h", NULL, ID_RFC822_ADDR, "u@h", false },
	{ "CN=192.0.2.1", NULL, ID_IPV4_ADDR, "c0000201", false },

	{ "CN=x", "email:u@example.com", ID_RFC822_ADDR, "u@example.com",
		true },
	{ "CN=x", "email:u@example.com", ID_RFC822_ADDR, "u@EXAMPLE.com",
		true },
	{ "CN=x", "email:u@example.com", ID_RFC822_ADDR, "U@example.com",
		false },
	{ "CN=x", "email:u@example.com", ID_RFC822_ADDR, "v@example.com",
		false },
	{ "CN=x", "email:u@example.com", ID_RFC822_ADDR, "u@example.org",
		false },
	{ "CN=x", "email:@example.com", ID_RFC822_ADDR, "@example.com", false },
	{ "CN=x", "email:u@", ID_RFC822_ADDR, "u@", false },
	{ "CN=x", "DNS:u@example.com", ID_RFC822_ADDR, "u@example.com", false },

	{ "CN=x", "IP:192.0.2.1", ID_IPV4_ADDR, "c0000201", true },
	{ "CN=x", "IP:192.0.2.1", ID_IPV4_ADDR, "c0000202", false },
	{ "CN=x", "DNS:192.0.2.1", ID_IPV4_ADDR, "c0000201", false },
	{ "CN=x", "DNS:192.0.2.11", ID_IPV4_ADDR, "c0000201", false },
	{ "CN=x", "DNS:+192.0.2.1", ID_IPV4_ADDR, "c0000201", false },
	{ "CN=x", "IP:192.0.2.1", ID_IPV4_ADDR, "c00002", false },
	{ "CN=x", "IP:192.0.2.1", ID_FQDN, "c0000201", false },
	{ "CN=x", "IP:192.0.2.1", ID_IPV6_ADDR,
		"00000000000000000000ffffc0000201", false },
	{ "CN=x", "DNS:192.0.2.1", ID_IPV6_ADDR,
		"00000000000000000000ffffc0000201", false },
	{ "CN=x", "IP:::1", ID_IPV6_ADDR, IPV6_1, true },
	{ "CN=x", "DNS:::1", ID_IPV6_ADDR, IPV6_1, false },
	{ "CN=x", "DNS:0:0:0:0:0:0:0:1", ID_IPV6_ADDR, IPV6_1, false },
	{ "CN=x", "IP:::2", ID_IPV6_ADDR, IPV6_1, false },
	{ "CN=x", "IP:::1", ID_IPV4_ADDR, "00000001", false },

	{ "C=CH, CN=x", NULL, ID_DER_ASN1_DN, "C=CH, CN=x", true },
	{ "C=CH, CN=x", NULL, ID_DER_ASN1_DN, "c=ch, cn=X", true },
	{ "C=CH, CN=x", NULL, ID_DER_ASN1_DN, "CN=x, C=CH", false },
	{ "C=CH, CN=x", NULL, ID_DER_ASN1_DN, "CN=x", false },
	{ "C=CH, CN=x", NULL, ID_DER_ASN1_DN, "C=CH, CN=*", false },
	{ "CN=x", "DNS:x", 0, "x", false },
	{ "CN=x", "DNS:x", 201, "x", false },
};

START_TEST(n29_names_fit_or_not)
{
	struct certificate *read = issue(&(struct pki_want){
		.subject = names[_i].subject, .san = names[_i].san });
	const uint8_t type = names[_i].type;
	struct bytes data = text(names[_i].identity);
	uint8_t dn[200];

	if (type == ID_IPV4_ADDR || type == ID_IPV6_ADDR)
		data = hex(names[_i].identity);
	if (type == ID_DER_ASN1_DN)
		data = bytes_of(
			dn, dn_parse(names[_i].identity, dn, sizeof(dn)));
	ck_assert_msg(certificate_names(read, type, data) == names[_i].fits,
		"'%s' '%s' and type %d '%s'", names[_i].subject,
		names[_i].san ? names[_i].san : "-", type, names[_i].identity);
	certificate_unref(read);
}
END_TEST

/* A NUL or an escape inside of a name, which a C string would end at. */
START_TEST(n29_octets_in_names)
{
	static const struct {
		const char *san; /* GeneralNames in hex */
		uint8_t type;
		const char *identity; /* in hex */
		bool fits;
	} rows[] = {
		{ "3003 8201 61", ID_FQDN, "61", true },
		{ "3005 8203 610062", ID_FQDN, "61", false },
		{ "3005 8203 610062", ID_FQDN, "610062", false },
		{ "3005 8103 614062", ID_RFC822_ADDR, "614062", true },
		{ "3007 8105 6140620063", ID_RFC822_ADDR, "614062", false },
		{ "3007 8105 6140620063", ID_RFC822_ADDR, "6140620063", false },
		{ "3004 8202 611b", ID_FQDN, "611b", false },
		{ "3002 8200", ID_FQDN, "", false },
		{ "3002 8700", ID_IPV4_ADDR, "", false },
		{ "3007 8705 c000020100", ID_IPV4_ADDR, "c0000201", false },
		{ "300a 8708 c0000201ffffffff", ID_IPV4_ADDR, "c0000201",
			false },
		{ "3000", ID_FQDN, "76706e",
			false }, /* and the CN is no name */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct certificate *read =
			issue(&(struct pki_want){ .subject = "CN=vpn",
				.extensions = { { "2.5.29.17", false,
					hex(rows[i].san) } } });

		ck_assert_msg(certificate_names(read, rows[i].type,
				      hex(rows[i].identity)) == rows[i].fits,
			"%s", rows[i].san);
		certificate_unref(read);
	}
}
END_TEST

START_TEST(n29_key_id_is_the_subject_key_identifier)
{
	struct certificate *read = issue(
		&(struct pki_want){ .subject = "CN=x", .skid = "01020304" });
	struct certificate *without =
		issue(&(struct pki_want){ .subject = "CN=x", .skid = "" });

	ck_assert(certificate_names(read, ID_KEY_ID, hex("01020304")));
	ck_assert(!certificate_names(read, ID_KEY_ID, hex("0102030405")));
	ck_assert(!certificate_names(read, ID_KEY_ID, hex("")));
	ck_assert(!certificate_names(without, ID_KEY_ID, hex("01020304")));
	ck_assert(!certificate_names(without, ID_KEY_ID, hex("")));
	certificate_unref(without);
	without = issue(&(struct pki_want){ .subject = "CN=x",
		.skid = "",
		.extensions = { { "2.5.29.14", false, hex("0400") } } });
	ck_assert(!certificate_names(without, ID_KEY_ID, hex("")));
	certificate_unref(read);
	certificate_unref(without);
}
END_TEST

START_TEST(no_subject_is_nobody)
{
	struct certificate *read = issue(
		&(struct pki_want){ .san = "DNS:a", .issuer = "CN=Root" });
	char out[X509_TEXT], name[X509_SHORT_NAME];

	ck_assert_uint_eq(certificate_subject(read).len, 2);
	ck_assert(!certificate_names(
		read, ID_DER_ASN1_DN, certificate_subject(read)));
	ck_assert(certificate_names(read, ID_FQDN, text("a")));
	ck_assert_str_eq(certificate_subject_text(read, out), "");
	ck_assert_str_eq(certificate_short_name(read, name),
		"the certificate without a subject");
	certificate_unref(read);
}
END_TEST

START_TEST(alt_names_that_can_be_identities)
{
	struct certificate *read = issue(&(struct pki_want){ .subject = "CN=x",
		.san = "URI:http://a/, DNS:a.example, email:u@h, IP:192.0.2.1, "
		       "RID:1.2.3, IP:::1, DNS:*.b.example" });
	static const struct {
		uint8_t type;
		const char *octets;
	} rows[] = {
		{ ID_FQDN, "612e6578616d706c65" },
		{ ID_RFC822_ADDR, "754068" },
		{ ID_IPV4_ADDR, "c0000201" },
		{ ID_IPV6_ADDR, IPV6_1 },
		{ ID_FQDN, "2a2e622e6578616d706c65" },
	};
	struct bytes data;
	uint8_t type;

	for (size_t i = 0; i < 5; i++) {
		ck_assert(certificate_alt_name(read, i, &type, &data));
		ck_assert_uint_eq(type, rows[i].type);
		assert_bytes("alt name", data, hex(rows[i].octets));
	}
	ck_assert(!certificate_alt_name(read, 5, &type, &data));
	certificate_unref(read);
	read = issue(&(struct pki_want){ .subject = "CN=x" });
	ck_assert(!certificate_alt_name(read, 0, &type, &data));
	certificate_unref(read);
}
END_TEST

/* --- What it may do ------------------------------------------------------- */

START_TEST(those_that_may_prove)
{
	static const struct pki_want rows[] = {
		{ .subject = "CN=x" },
		{ .subject = "CN=x", .usage = "" },
		{ .subject = "CN=x", .usage = "nonRepudiation" },
		{ .subject = "CN=x",
			.usage = "keyEncipherment,"
				 "digitalSignature" },
		{ .subject = "CN=x", .extended = "serverAuth" },
		{ .subject = "CN=x", .extended = "clientAuth" },
		{ .subject = "CN=x", .extended = "emailProtection,clientAuth" },
		{ .subject = "CN=x", .extended = "anyExtendedKeyUsage" },
		{ .subject = "CN=x", .extended = "1.3.6.1.5.5.7.3.17" },
		{ .subject = "CN=x", .extended = "critical,ipsecEndSystem" },
		{ .subject = "CN=x", .extended = "ipsecTunnel" },
		{ .subject = "CN=x", .extended = "ipsecUser" },
		{ .subject = "CN=x", .basic = "" },
		{ .subject = "CN=x", .v1 = true },
		{ .subject = "CN=x", .from = PKI_NOW },
		{ .subject = "CN=x", .until = PKI_NOW },
	};
	char why[X509_WHY];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct certificate *read = issue(&rows[i]);

		ck_assert_msg(certificate_may_prove(read, PKI_NOW, why),
			"row %zu: %s", i, why);
		certificate_unref(read);
	}
}
END_TEST

START_TEST(complaints_of_phones)
{
	static const struct {
		struct pki_want want;
		const char *complaint; /* NULL: there is none */
	} rows[] = {
		{ { .key = PKI_RSA_2048 }, NULL },
		{ { .key = PKI_RSA_2048, .extended = "clientAuth" },
			"no serverAuth" },
		{ { .key = PKI_RSA_2048, .extended = "" }, "no serverAuth" },
		{ { .key = PKI_RSA_2048, .san = "" }, "no subjectAltName" },
		{ { .key = PKI_P256 }, "ECDSA: iOS" },
		{ { .key = PKI_P384 }, "ECDSA: iOS" },
		{ { .key = PKI_P521 }, "neither RSA nor ECDSA" },
		{ { .key = PKI_ED25519 }, "neither RSA nor ECDSA" },
		{ { .key = PKI_RSA_2048, .digest = "SHA1" },
			"not signed with SHA-2" },
		{ { .key = PKI_RSA_2048,
			  .until = PKI_NOW + (int64_t)900 * PKI_DAY },
			"more than 825 days" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pki_want want = rows[i].want;
		struct certificate *read;
		const char *out[8];
		size_t count;

		want.subject = "CN=x";
		want.san = want.san ? want.san : "DNS:x";
		want.extended = want.extended ? want.extended : "serverAuth";
		read = issue(&want);
		count = certificate_complaints(read, out, 8);
		ck_assert_uint_eq(count, rows[i].complaint ? 1 : 0);
		if (rows[i].complaint)
			ck_assert_msg(strstr(out[0], rows[i].complaint) != NULL,
				"row %zu: %s", i, out[0]);
		ck_assert_uint_eq(certificate_complaints(read, out, 0), 0);
		certificate_unref(read);
	}
}
END_TEST

SUITE(x509)
{
	tcase_add_checked_fixture(tcase, NULL, pki_end);
	test(says_what_is_in_it);
	test(every_kind_of_key);
	test(dates_in_both_forms);
	test(times_that_are_none);
	loop_test(n29_names_fit_or_not, sizeof(names) / sizeof(names[0]));
	test(n29_octets_in_names);
	test(n29_key_id_is_the_subject_key_identifier);
	test(no_subject_is_nobody);
	test(alt_names_that_can_be_identities);
	test(those_that_may_prove);
	test(complaints_of_phones);
}
