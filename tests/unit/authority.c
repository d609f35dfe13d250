/* authority.c - certificates and CRLs that we make, read back by libcrypto.
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/authority.h"

#include "ikev2/iana.h"
#include "tests/suite.h"
#include "tests/unit/allocations.h"
#include "tests/unit/pki.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { YEAR = 365 * PKI_DAY };

static const uint8_t serial[AUTHORITY_SERIAL] = { 0x7f, 2, 3, 4, 5, 6, 7, 8, 9,
	10, 11, 12, 13, 14, 15, 16 };

static struct authority_name name_of(uint8_t type, const char *data, size_t len)
{
	return (struct authority_name){ type, bytes_of(data, len) };
}

static struct private_key *key_of(enum pki_key kind)
{
	const struct pki_cert *cert = pki_issue(
		NULL, &(struct pki_want){ .subject = "CN=key", .key = kind });
	const char *why;
	struct private_key *key = private_key_read(cert->key_der, &why);

	ck_assert_msg(key != NULL, "%s", why);
	return key;
}

static struct authority_request want(
	const struct private_key *key, const char *common_name)
{
	struct authority_request request = {
		.common_name = common_name,
		.key = private_key_public(key),
		.not_before = PKI_NOW,
		.not_after = PKI_NOW + YEAR,
		.path_len = AUTHORITY_NO_LIMIT,
	};

	memcpy(request.serial, serial, sizeof(serial));
	return request;
}

static struct bytes der_of(const struct authority_made *made)
{
	return bytes_of(made->der, made->len);
}

static const struct bytes none = { NULL, 0 };

static struct authority_made make(const struct private_key *key,
	struct bytes issuer, const struct authority_request *request)
{
	struct authority_made made;
	const char *why = "";

	ck_assert_msg(authority_certificate(key, issuer, request, &made, &why),
		"%s", why);
	return made;
}

static struct authority_made make_root(const struct private_key *key)
{
	struct authority_request request = want(key, "root");

	request.ca = true;
	request.not_after = PKI_NOW + 10 * YEAR;
	return make(key, none, &request);
}

static X509 *read_der(const struct authority_made *made)
{
	const unsigned char *at = made->der;
	X509 *x509 = d2i_X509(NULL, &at, (long)made->len);

	ck_assert_ptr_nonnull(x509);
	ck_assert_ptr_eq(at, made->der + made->len);
	return x509;
}

/* The PEM is the same certificate, and in lines as RFC 7468 has them. */
static void same_as_text(const struct authority_made *made, const char *label)
{
	BIO *bio = BIO_new_mem_buf(made->pem, (int)made->pem_len);
	char *name, *header;
	unsigned char *data;
	long len;

	ck_assert_uint_eq(strlen(made->pem), made->pem_len);
	ck_assert_int_eq(PEM_read_bio(bio, &name, &header, &data, &len), 1);
	ck_assert_str_eq(name, label);
	ck_assert_uint_eq((size_t)len, made->len);
	ck_assert_mem_eq(data, made->der, made->len);
	for (const char *at = made->pem; *at; at = strchr(at, '\n') + 1)
		ck_assert_uint_le(strcspn(at, "\n"), 64);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
}

static bool is_critical(const X509 *x509, int nid)
{
	int at = X509_get_ext_by_NID(x509, nid, -1);

	ck_assert_int_ge(at, 0);
	ck_assert_int_eq(X509_get_ext_by_NID(x509, nid, at), -1);
	return X509_EXTENSION_get_critical(X509_get_ext(x509, at)) == 1;
}

static bool has(const X509 *x509, int nid)
{
	return X509_get_ext_by_NID(x509, nid, -1) >= 0;
}

/* libcrypto's own path validation, at that time. */
static int verify(X509 *leaf, X509 *step, X509 *root, int64_t at)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	int result;

	X509_STORE_add_cert(store, root);
	if (step)
		sk_X509_push(others, step);
	X509_STORE_CTX_init(ctx, store, leaf, others);
	X509_STORE_CTX_set_time(ctx, 0, (time_t)at);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT);
	result = X509_verify_cert(ctx) == 1 ? X509_V_OK
					    : X509_STORE_CTX_get_error(ctx);
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return result;
}

/* --- What there is in it ------------------------------------------------------- */

START_TEST(a_root_is_an_authority)
{
	struct private_key *key = key_of(PKI_P256);
	struct authority_made made = make_root(key);
	X509 *root = read_der(&made);
	char cn[80];

	same_as_text(&made, "CERTIFICATE");
	ck_assert_int_eq(X509_get_version(root), X509_VERSION_3);
	ck_assert_int_eq(X509_check_ca(root), 1);
	ck_assert_int_eq(X509_get_pathlen(root), -1);
	ck_assert(is_critical(root, NID_basic_constraints));
	ck_assert(is_critical(root, NID_key_usage));
	ck_assert_uint_eq(
		X509_get_key_usage(root), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	ck_assert(!is_critical(root, NID_subject_key_identifier));
	ck_assert(!is_critical(root, NID_authority_key_identifier));
	ck_assert(!has(root, NID_ext_key_usage));
	ck_assert(!has(root, NID_subject_alt_name));
	ck_assert_int_eq(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(root),
				 X509_get0_authority_key_id(root)),
		0);
	ck_assert_int_eq(X509_NAME_cmp(X509_get_subject_name(root),
				 X509_get_issuer_name(root)),
		0);
	ck_assert_int_eq(X509_NAME_get_text_by_NID(X509_get_subject_name(root),
				 NID_commonName, cn, sizeof(cn)),
		4);
	ck_assert_str_eq(cn, "root");
	ck_assert_int_eq(X509_NAME_entry_count(X509_get_subject_name(root)), 1);
	X509_free(root);
	authority_clear(&made);
	private_key_free(key);
}
END_TEST

static void has_usage(const X509 *x509, const char *oid)
{
	EXTENDED_KEY_USAGE *usage =
		X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
	ASN1_OBJECT *wanted = OBJ_txt2obj(oid, 1);
	bool found = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++)
		found |= OBJ_cmp(sk_ASN1_OBJECT_value(usage, i), wanted) == 0;
	ck_assert_msg(found, "%s", oid);
	ck_assert_int_eq(sk_ASN1_OBJECT_num(usage), 3);
	ASN1_OBJECT_free(wanted);
	EXTENDED_KEY_USAGE_free(usage);
}

START_TEST(a_leaf_proves_a_peer)
{
	const struct authority_name names[] = {
		name_of(ID_FQDN, "vpn.example.com", 15),
		name_of(ID_RFC822_ADDR, "u@example.com", 13),
		name_of(ID_IPV4_ADDR, "\xc0\x00\x02\x01", 4),
		name_of(ID_IPV6_ADDR,
			"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16),
	};
	struct private_key *ca = key_of(PKI_P256), *key = key_of(PKI_P256);
	struct authority_made root = make_root(ca), made;
	struct authority_request request = want(key, "vpn.example.com");
	X509 *leaf, *from = read_der(&root);
	GENERAL_NAMES *alt;

	request.names = names;
	request.name_count = 4;
	made = make(ca, der_of(&root), &request);
	leaf = read_der(&made);
	same_as_text(&made, "CERTIFICATE");
	ck_assert_int_eq(X509_check_ca(leaf), 0);
	ck_assert(is_critical(leaf, NID_basic_constraints));
	ck_assert(is_critical(leaf, NID_key_usage));
	ck_assert_uint_eq(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
	ck_assert(!is_critical(leaf, NID_ext_key_usage));
	has_usage(leaf, "1.3.6.1.5.5.7.3.1");  /* serverAuth */
	has_usage(leaf, "1.3.6.1.5.5.7.3.2");  /* clientAuth */
	has_usage(leaf, "1.3.6.1.5.5.7.3.17"); /* ipsecIKE */
	ck_assert(!is_critical(leaf, NID_subject_alt_name));
	alt = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	ck_assert_int_eq(sk_GENERAL_NAME_num(alt), 4);
	GENERAL_NAMES_free(alt);
	ck_assert_int_eq(
		X509_check_host(leaf, "vpn.example.com", 0, 0, NULL), 1);
	ck_assert_int_eq(X509_check_email(leaf, "u@example.com", 0, 0), 1);
	ck_assert_int_eq(X509_check_ip_asc(leaf, "192.0.2.1", 0), 1);
	ck_assert_int_eq(X509_check_ip_asc(leaf, "2001:db8::1", 0), 1);
	ck_assert_int_eq(X509_check_ip_asc(leaf, "192.0.2.2", 0), 0);
	ck_assert_int_eq(X509_check_issued(from, leaf), X509_V_OK);
	ck_assert_int_eq(verify(leaf, NULL, from, PKI_NOW + 1), X509_V_OK);
	ck_assert_int_eq(verify(leaf, NULL, from, PKI_NOW - 1),
		X509_V_ERR_CERT_NOT_YET_VALID);
	ck_assert_int_eq(verify(leaf, NULL, from, PKI_NOW + YEAR + 1),
		X509_V_ERR_CERT_HAS_EXPIRED);
	X509_free(leaf);
	X509_free(from);
	authority_clear(&made);
	authority_clear(&root);
	private_key_free(key);
	private_key_free(ca);
}
END_TEST

/* Each kind of key signs, with the hash that goes with it. */
static const struct {
	enum pki_key kind;
	int signature;
} kinds[] = {
	{ PKI_P256, NID_ecdsa_with_SHA256 },
	{ PKI_P384, NID_ecdsa_with_SHA384 },
	{ PKI_P521, NID_ecdsa_with_SHA512 },
	{ PKI_ED25519, NID_ED25519 },
	{ PKI_ED448, NID_ED448 },
	{ PKI_RSA_2048, NID_sha256WithRSAEncryption },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

START_TEST(every_key_signs)
{
	struct private_key *ca = key_of(kinds[_i].kind);
	struct private_key *key = key_of(kinds[(_i + 1) % KINDS].kind);
	struct authority_made root = make_root(ca), made;
	struct authority_request request = want(key, "leaf");
	struct authority_name name = name_of(ID_FQDN, "leaf", 4);
	X509 *from = read_der(&root), *leaf;

	request.names = &name;
	request.name_count = 1;
	made = make(ca, der_of(&root), &request);
	leaf = read_der(&made);
	ck_assert_int_eq(X509_get_signature_nid(from), kinds[_i].signature);
	ck_assert_int_eq(X509_get_signature_nid(leaf), kinds[_i].signature);
	ck_assert_int_eq(verify(leaf, NULL, from, PKI_NOW), X509_V_OK);
	X509_free(leaf);
	X509_free(from);
	authority_clear(&made);
	authority_clear(&root);
	private_key_free(key);
	private_key_free(ca);
}
END_TEST

START_TEST(an_authority_below_another)
{
	struct private_key *root_key = key_of(PKI_P256);
	struct private_key *step_key = key_of(PKI_P256);
	struct private_key *key = key_of(PKI_P256);
	struct authority_request request = want(step_key, "step");
	struct authority_made root = make_root(root_key), step, made;
	X509 *from = read_der(&root), *between, *leaf;
	const char *why = "";

	request.ca = true;
	request.path_len = 0;
	step = make(root_key, der_of(&root), &request);
	between = read_der(&step);
	ck_assert_int_eq(X509_check_ca(between), 1);
	ck_assert_int_eq(X509_get_pathlen(between), 0);
	request = want(key, "leaf");
	made = make(step_key, der_of(&step), &request);
	leaf = read_der(&made);
	ck_assert_int_eq(verify(leaf, between, from, PKI_NOW), X509_V_OK);
	ck_assert_int_ne(verify(leaf, NULL, from, PKI_NOW), X509_V_OK);
	authority_clear(&made);
	/* But no third one. */
	request.ca = true;
	ck_assert(!authority_certificate(
		step_key, der_of(&step), &request, &made, &why));
	ck_assert_str_eq(why, "that authority may not make another one");
	X509_free(leaf);
	X509_free(between);
	X509_free(from);
	authority_clear(&step);
	authority_clear(&root);
	private_key_free(key);
	private_key_free(step_key);
	private_key_free(root_key);
}
END_TEST

/* RFC 5280 section 4.1.2.2: positive, at most 20 octets. */
START_TEST(serial_numbers_are_positive)
{
	static const struct {
		uint8_t first;
		const char *hex;
	} rows[] = {
		{ 0x7f, "7F02030405060708090A0B0C0D0E0F10" },
		{ 0xff, "7F02030405060708090A0B0C0D0E0F10" },
		{ 0x80, "02030405060708090A0B0C0D0E0F10" },
		{ 0x00, "02030405060708090A0B0C0D0E0F10" },
	};
	struct private_key *key = key_of(PKI_P256);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct authority_request request = want(key, "a");
		struct authority_made made;
		BIGNUM *number;
		X509 *x509;
		char *hex;

		request.ca = true;
		request.serial[0] = rows[i].first;
		made = make(key, none, &request);
		x509 = read_der(&made);
		number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
		hex = BN_bn2hex(number);
		ck_assert_str_eq(hex, rows[i].hex);
		OPENSSL_free(hex);
		BN_free(number);
		X509_free(x509);
		authority_clear(&made);
	}
	private_key_free(key);
}
END_TEST

/* RFC 5280 section 4.1.2.5: UTCTime through 2049, then GeneralizedTime. */
START_TEST(times_after_2049_are_of_another_type)
{
	const int64_t first_of_2050 = 2524608000;
	struct private_key *key = key_of(PKI_P256);
	struct authority_request request = want(key, "a");
	struct authority_made made;
	X509 *x509;

	request.ca = true;
	request.not_after = first_of_2050 - 1;
	made = make(key, none, &request);
	x509 = read_der(&made);
	ck_assert_int_eq(X509_get0_notBefore(x509)->type, V_ASN1_UTCTIME);
	ck_assert_int_eq(X509_get0_notAfter(x509)->type, V_ASN1_UTCTIME);
	X509_free(x509);
	authority_clear(&made);
	request.not_after = first_of_2050;
	made = make(key, none, &request);
	x509 = read_der(&made);
	ck_assert_int_eq(
		X509_get0_notAfter(x509)->type, V_ASN1_GENERALIZEDTIME);
	ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notAfter(x509),
				 (time_t)first_of_2050),
		0);
	X509_free(x509);
	authority_clear(&made);
	private_key_free(key);
}
END_TEST

/* The longest there can be. */
START_TEST(many_long_names)
{
	static char texts[AUTHORITY_MAX_NAMES][255];
	struct authority_name names[AUTHORITY_MAX_NAMES + 1];
	struct private_key *key = key_of(PKI_P256);
	struct authority_made root = make_root(key), made;
	struct authority_request request = want(key, "a");
	GENERAL_NAMES *alt;
	const char *why = "";
	X509 *x509;

	for (size_t i = 0; i < AUTHORITY_MAX_NAMES; i++) {
		memset(texts[i], 'a', sizeof(texts[i]));
		texts[i][0] = (char)('0' + i);
		names[i] = name_of(ID_FQDN, texts[i], sizeof(texts[i]));
	}
	names[AUTHORITY_MAX_NAMES] = names[0];
	request.names = names;
	request.name_count = AUTHORITY_MAX_NAMES;
	made = make(key, der_of(&root), &request);
	x509 = read_der(&made);
	alt = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	ck_assert_int_eq(sk_GENERAL_NAME_num(alt), AUTHORITY_MAX_NAMES);
	GENERAL_NAMES_free(alt);
	X509_free(x509);
	authority_clear(&made);
	request.name_count++;
	ck_assert(!authority_certificate(
		key, der_of(&root), &request, &made, &why));
	ck_assert_str_eq(why, "more than 64 names");
	authority_clear(&root);
	private_key_free(key);
}
END_TEST

/* --- What is refused ------------------------------------------------------------- */

static void refused(const struct private_key *key, struct bytes issuer,
	const struct authority_request *request, const char *reason)
{
	struct authority_made made;
	const char *why = "";

	ck_assert(!authority_certificate(key, issuer, request, &made, &why));
	ck_assert_str_eq(why, reason);
	ck_assert_ptr_null(made.der);
	ck_assert_ptr_null(made.pem);
}

START_TEST(bad_names_are_refused)
{
	static char longest[256];
	const struct authority_name bad[] = {
		name_of(ID_FQDN, "", 0),
		name_of(ID_FQDN, "a b", 3),
		name_of(ID_FQDN, "a\0b", 3),
		name_of(ID_FQDN, "\xc3\xa9", 2),
		name_of(ID_FQDN, longest, sizeof(longest)),
		name_of(ID_RFC822_ADDR, "u@\n", 3),
		name_of(ID_IPV4_ADDR, "\1\2\3", 3),
		name_of(ID_IPV4_ADDR, "\1\2\3\4\5", 5),
		name_of(ID_IPV6_ADDR, "\1\2\3\4", 4),
		name_of(ID_KEY_ID, "abc", 3),
		name_of(ID_DER_ASN1_DN, "\x30\0", 2),
	};
	struct private_key *key = key_of(PKI_P256);
	struct authority_made root = make_root(key);
	struct authority_request request = want(key, "a");

	memset(longest, 'a', sizeof(longest));
	request.name_count = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		request.names = &bad[i];
		refused(key, der_of(&root), &request, "a name that is none");
	}
	authority_clear(&root);
	private_key_free(key);
}
END_TEST

START_TEST(bad_requests_are_refused)
{
	static const char none_of_it[] =
		"that is no certificate of an authority";
	struct private_key *key = key_of(PKI_P256), *other = key_of(PKI_P256);
	struct authority_made root = make_root(key), leaf;
	struct authority_request request = want(other, "a");
	char longest[AUTHORITY_MAX_CN + 2];

	leaf = make(key, der_of(&root), &request);
	refused(other, der_of(&leaf), &request,
		"that certificate is not one of an authority");
	refused(other, der_of(&root), &request,
		"the key is not that of the authority's certificate");
	refused(key, none, &request,
		"signed by itself is only what has that key");
	refused(key, bytes_of("\x30\x00", 2), &request, none_of_it);
	refused(key, bytes_of(root.der, root.len - 1), &request, none_of_it);
	refused(key, bytes_of(root.pem, root.pem_len), &request, none_of_it);

	request.not_after = PKI_NOW + 10 * YEAR;
	authority_clear(&leaf);
	leaf = make(key, der_of(&root), &request);
	request.not_after++;
	refused(key, der_of(&root), &request,
		"it would be valid longer than its authority");
	request.not_after = request.not_before;
	refused(key, der_of(&root), &request, "it would end before it begins");

	request = want(other, "");
	refused(key, der_of(&root), &request,
		"a name of 1 to 64 characters it must be");
	memset(longest, 'a', sizeof(longest));
	longest[AUTHORITY_MAX_CN + 1] = '\0';
	request.common_name = longest;
	refused(key, der_of(&root), &request,
		"a name of 1 to 64 characters it must be");
	longest[AUTHORITY_MAX_CN] = '\0';
	authority_clear(&leaf);
	leaf = make(key, der_of(&root), &request);
	authority_clear(&leaf);
	authority_clear(&root);
	private_key_free(other);
	private_key_free(key);
}
END_TEST

/* An authority of somebody else's making, without the right to sign these. */
START_TEST(usage_of_the_issuer_counts)
{
	static const struct {
		const char *usage;
		bool certificates, crls;
	} rows[] = {
		{ "critical,keyCertSign,cRLSign", true, true },
		{ "critical,keyCertSign", true, false },
		{ "critical,cRLSign", false, false },
		{ "critical,digitalSignature", false, false },
		{ "", true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pki_cert *root = pki_issue(
			NULL, &(struct pki_want){ .subject = "CN=Root",
				      .ca = true,
				      .usage = rows[i].usage });
		const struct authority_list list = { .number = 1,
			.this_update = PKI_NOW,
			.next_update = PKI_NOW + 1 };
		const char *why;
		struct private_key *key = private_key_read(root->key_der, &why);
		struct authority_request request = want(key, "a");
		struct authority_made made;

		request.not_after = PKI_NOW + 1;
		ck_assert_int_eq(authority_certificate(
					 key, root->der, &request, &made, &why),
			rows[i].certificates);
		authority_clear(&made);
		ck_assert_int_eq(
			authority_crl(key, root->der, &list, &made, &why),
			rows[i].crls);
		authority_clear(&made);
		private_key_free(key);
	}
}
END_TEST

/* --- CRLs ------------------------------------------------------------------------ */

static X509_CRL *read_crl(const struct authority_made *made)
{
	const unsigned char *at = made->der;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)made->len);

	ck_assert_ptr_nonnull(crl);
	ck_assert_ptr_eq(at, made->der + made->len);
	return crl;
}

static bool is_revoked(X509_CRL *crl, const uint8_t number[AUTHORITY_SERIAL])
{
	BIGNUM *value = BN_bin2bn(number, AUTHORITY_SERIAL, NULL);
	ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(value, NULL);
	X509_REVOKED *entry;
	bool found = X509_CRL_get0_by_serial(crl, &entry, integer) == 1;

	if (found)
		ck_assert_int_eq(
			ASN1_TIME_cmp_time_t(
				X509_REVOKED_get0_revocationDate(entry),
				(time_t)PKI_NOW - 5),
			0);
	ASN1_INTEGER_free(integer);
	BN_free(value);
	return found;
}

START_TEST(a_crl_has_what_is_revoked)
{
	enum { REVOKED = 300 };
	static struct authority_revoked revoked[REVOKED];
	struct private_key *key = key_of(kinds[_i].kind);
	struct authority_made root = make_root(key), made;
	struct authority_list list = { .number = 258,
		.this_update = PKI_NOW,
		.next_update = PKI_NOW + 30 * PKI_DAY,
		.revoked = revoked };
	X509 *from = read_der(&root);
	const char *why = "";
	uint64_t number;

	for (size_t i = 0; i < REVOKED; i++) {
		memcpy(revoked[i].serial, serial, sizeof(serial));
		revoked[i].serial[14] = (uint8_t)(i * 37);
		revoked[i].serial[15] = (uint8_t)(i >> 8);
		revoked[i].at = PKI_NOW - 5;
	}
	for (list.count = 0; list.count <= REVOKED; list.count += REVOKED) {
		ASN1_INTEGER *value;
		X509_CRL *crl;

		ck_assert_msg(
			authority_crl(key, der_of(&root), &list, &made, &why),
			"%s", why);
		crl = read_crl(&made);
		same_as_text(&made, "X509 CRL");
		ck_assert_int_eq(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
		ck_assert_int_eq(
			X509_CRL_verify(crl, X509_get0_pubkey(from)), 1);
		ck_assert_int_eq(
			X509_CRL_get_signature_nid(crl), kinds[_i].signature);
		ck_assert_int_eq(
			ASN1_TIME_cmp_time_t(
				X509_CRL_get0_lastUpdate(crl), PKI_NOW),
			0);
		ck_assert_int_eq(
			ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(crl),
				PKI_NOW + 30 * PKI_DAY),
			0);
		value = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
		ck_assert_int_eq(ASN1_INTEGER_get_uint64(&number, value), 1);
		ck_assert_uint_eq(number, 258);
		ASN1_INTEGER_free(value);
		ck_assert_int_ge(X509_CRL_get_ext_by_NID(
					 crl, NID_authority_key_identifier, -1),
			0);
		ck_assert_int_eq(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)),
			list.count ? REVOKED : -1);
		for (size_t i = 0; i < REVOKED; i++)
			ck_assert_int_eq(is_revoked(crl, revoked[i].serial),
				list.count > 0);
		ck_assert(!is_revoked(crl, serial));
		X509_CRL_free(crl);
		authority_clear(&made);
	}
	X509_free(from);
	authority_clear(&root);
	private_key_free(key);
}
END_TEST

START_TEST(bad_crls_are_refused)
{
	struct private_key *key = key_of(PKI_P256), *other = key_of(PKI_P256);
	struct authority_made root = make_root(key), made;
	struct authority_list list = {
		.number = 1, .this_update = PKI_NOW, .next_update = PKI_NOW
	};
	const char *why = "";

	/* Nothing was made, whatever was there before. */
	memset(&made, 0xa5, sizeof(made));
	ck_assert(!authority_crl(key, der_of(&root), &list, &made, &why));
	ck_assert_str_eq(why, "it would end before it begins");
	ck_assert_ptr_null(made.der);
	ck_assert_ptr_null(made.pem);
	ck_assert_uint_eq(made.len, 0);
	list.next_update++;
	ck_assert(!authority_crl(other, der_of(&root), &list, &made, &why));
	ck_assert_str_eq(
		why, "the key is not that of the authority's certificate");
	ck_assert(!authority_crl(key, none, &list, &made, &why));
	ck_assert_str_eq(why, "that is no certificate of an authority");
	authority_clear(&root);
	private_key_free(other);
	private_key_free(key);
}
END_TEST

/* --- Memory ---------------------------------------------------------------------- */

/* At every allocation in turn: it fails as a whole, and leaves nothing. */
START_TEST(out_of_memory)
{
	const struct authority_name name = name_of(ID_FQDN, "a", 1);
	struct authority_revoked revoked = { .at = PKI_NOW };
	struct authority_list list = { .number = 1,
		.this_update = PKI_NOW,
		.next_update = PKI_NOW + 1,
		.revoked = &revoked,
		.count = 1 };
	struct private_key *key = key_of(PKI_P256);
	struct authority_made root = make_root(key), made;
	struct authority_request request = want(key, "a");
	bool certificate = false, crl = false;
	const char *why;

	request.names = &name;
	request.name_count = 1;
	memcpy(revoked.serial, serial, sizeof(serial));
	for (size_t left = 0; !certificate || !crl; left++) {
		ck_assert_uint_lt(left, 5000);
		allocations_left = left;
		certificate = authority_certificate(
			key, der_of(&root), &request, &made, &why);
		allocations_left = SIZE_MAX;
		ck_assert_int_eq(made.der != NULL, certificate);
		authority_clear(&made);
		allocations_left = left;
		crl = authority_crl(key, der_of(&root), &list, &made, &why);
		allocations_left = SIZE_MAX;
		ck_assert_int_eq(made.der != NULL, crl);
		authority_clear(&made);
	}
	authority_clear(&root);
	private_key_free(key);
}
END_TEST

SUITE(authority)
{
	tcase_add_checked_fixture(tcase, NULL, pki_end);
	test(a_root_is_an_authority);
	test(a_leaf_proves_a_peer);
	loop_test(every_key_signs, KINDS);
	test(an_authority_below_another);
	test(serial_numbers_are_positive);
	test(times_after_2049_are_of_another_type);
	test(many_long_names);
	test(bad_names_are_refused);
	test(bad_requests_are_refused);
	test(usage_of_the_issuer_counts);
	loop_test(a_crl_has_what_is_revoked, KINDS);
	test(bad_crls_are_refused);
	test(out_of_memory);
}
