/* pki.c - keys, certificates and CRLs of every shape, for tests.
 * SPDX-License-Identifier: ISC
 */
#include "tests/unit/pki.h"

#include <check.h>
#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* --- What is kept until the end ------------------------------------------- */

struct kept {
	struct kept *next;
	void *at;
	void (*free)(void *at);
};

static struct kept *all_kept;
static int64_t next_serial = 1000;

static void keep(void *at, void (*free_it)(void *))
{
	struct kept *kept = calloc(1, sizeof(*kept));

	ck_assert_ptr_nonnull(kept);
	ck_assert_ptr_nonnull(at);
	*kept = (struct kept){ all_kept, at, free_it };
	all_kept = kept;
}

void pki_end(void)
{
	while (all_kept) {
		struct kept *kept = all_kept;

		all_kept = kept->next;
		kept->free(kept->at);
		free(kept);
	}
}

static void free_x509(void *at)
{
	X509_free(at);
}

static void free_key(void *at)
{
	EVP_PKEY_free(at);
}

void pki_keep_x509(X509 *x509)
{
	keep(x509, free_x509);
}

struct bytes pki_keep(struct bytes der)
{
	uint8_t *copy = calloc(1, der.len + 1);

	keep(copy, free);
	memcpy(copy, der.at, der.len);
	return bytes_of(copy, der.len);
}

static struct bytes keep_der(uint8_t *der, int len)
{
	struct bytes kept;

	ck_assert_int_gt(len, 0);
	kept = pki_keep(bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	return kept;
}

static const char *keep_pem(BIO *bio)
{
	char *text;
	const long len = BIO_get_mem_data(bio, &text);
	struct bytes kept = pki_keep(bytes_of(text, (size_t)len));

	BIO_free(bio);
	return (const char *)kept.at;
}

static void free_certificate(void *at)
{
	certificate_unref(at);
}

struct certificate *pki_certificate(const struct pki_cert *cert)
{
	const char *why = NULL;
	struct certificate *read = certificate_read(cert->der, &why);

	ck_assert_msg(read != NULL, "%s", why);
	keep(read, free_certificate);
	return read;
}

/* --- Keys ----------------------------------------------------------------- */

enum { RSA_KEYS = 4, KINDS = PKI_RSA_4096 + 1 };

static const struct {
	const char *algorithm, *curve;
	unsigned int bits;
} kinds[KINDS] = {
	[PKI_P256] = { "EC", "P-256", 0 },
	[PKI_P384] = { "EC", "P-384", 0 },
	[PKI_P521] = { "EC", "P-521", 0 },
	[PKI_SECP256K1] = { "EC", "secp256k1", 0 },
	[PKI_ED25519] = { "ED25519", NULL, 0 },
	[PKI_ED448] = { "ED448", NULL, 0 },
	[PKI_X25519] = { "X25519", NULL, 0 },
	[PKI_RSA_1024] = { "RSA", NULL, 1024 },
	[PKI_RSA_2048] = { "RSA", NULL, 2048 },
	[PKI_RSA_3072] = { "RSA", NULL, 3072 },
	[PKI_RSA_4096] = { "RSA", NULL, 4096 },
};

static EVP_PKEY *rsa_keys[KINDS][RSA_KEYS];
static size_t next_rsa_key[KINDS];

__attribute__((destructor)) static void forget_rsa_keys(void)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		for (size_t i = 0; i < RSA_KEYS; i++)
			EVP_PKEY_free(rsa_keys[kind][i]);
	}
}

static EVP_PKEY *rsa_key(enum pki_key kind)
{
	EVP_PKEY **key = &rsa_keys[kind][next_rsa_key[kind]++ % RSA_KEYS];

	if (!*key)
		*key = EVP_PKEY_Q_keygen(
			NULL, NULL, "RSA", (size_t)kinds[kind].bits);
	ck_assert_int_eq(EVP_PKEY_up_ref(*key), 1);
	return *key;
}

EVP_PKEY *pki_key(enum pki_key kind)
{
	EVP_PKEY *key;

	if (kinds[kind].bits > 0)
		return rsa_key(kind);
	key = EVP_PKEY_Q_keygen(
		NULL, NULL, kinds[kind].algorithm, kinds[kind].curve);
	ck_assert_ptr_nonnull(key);
	return key;
}

EVP_PKEY *pki_rsa_public(unsigned int bits, uint64_t e)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	BIGNUM *n = BN_new(), *exponent = BN_new();
	EVP_PKEY *key = NULL;

	ck_assert_int_eq(
		BN_rand(n, (int)bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), 1);
	ck_assert_int_eq(BN_set_word(exponent, e), 1);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent);
	params = OSSL_PARAM_BLD_to_param(build);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
	ck_assert_int_eq(
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params),
		1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(exponent);
	EVP_PKEY_CTX_free(context);
	return key;
}

/* --- Names, times, extensions --------------------------------------------- */

/* Straight by libcrypto: not with the product's own reader, which is under
 * test.  A "+" in front of an attribute puts it into the RDN before. */
static X509_NAME *name_of(const char *text)
{
	X509_NAME *name = X509_NAME_new();
	char copy[1024], *rest = copy, *part;

	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	while ((part = strsep(&rest, ","))) {
		char *value = strchr(part, '=');
		int set = 0;

		part += strspn(part, " ");
		if (*part == '\0')
			continue;
		if (*part == '+') {
			set = -1;
			part++;
		}
		ck_assert_msg(value != NULL, "'%s' is no name", text);
		*value++ = '\0';
		ck_assert_msg(
			X509_NAME_add_entry_by_txt(name,
				strcmp(part, "E") == 0 ? "emailAddress" : part,
				MBSTRING_UTF8, (const uint8_t *)value, -1, -1,
				set) == 1,
			"'%s=%s' is no name", part, value);
	}
	return name;
}

static ASN1_TIME *time_of(int64_t unix_s)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, unix_s);

	ck_assert_ptr_nonnull(time);
	return time;
}

static X509_EXTENSION *extension_of(const struct pki_extension *from)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(from->oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	ASN1_OCTET_STRING_set(value, from->value.at, (int)from->value.len);
	extension = X509_EXTENSION_create_by_OBJ(
		NULL, oid, from->critical ? 1 : 0, value);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
	ck_assert_ptr_nonnull(extension);
	return extension;
}

static void add_text(X509 *x509, X509V3_CTX *context, int nid, const char *text,
	const char *otherwise)
{
	X509_EXTENSION *extension;

	if (!text)
		text = otherwise;
	if (text[0] == '\0')
		return;
	extension = X509V3_EXT_nconf_nid(NULL, context, nid, text);
	ck_assert_msg(extension != NULL, "no extension: '%s'", text);
	ck_assert_int_eq(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void add_extensions(
	X509 *x509, X509 *issuer, const struct pki_want *want)
{
	const struct {
		int nid;
		const char *text, *otherwise;
	} rows[] = {
		{ NID_subject_key_identifier, want->skid, "hash" },
		{ NID_authority_key_identifier, want->akid,
			issuer == x509 || !X509_get0_subject_key_id(issuer)
				? ""
				: "keyid" },
		{ NID_basic_constraints, want->basic,
			want->ca ? "critical,CA:TRUE" : "CA:FALSE" },
		{ NID_key_usage, want->usage,
			want->ca ? "critical,keyCertSign,cRLSign"
				 : "critical,digitalSignature" },
		{ NID_ext_key_usage, want->extended, "" },
		{ NID_subject_alt_name, want->san, "" },
		{ NID_name_constraints, want->constraints, "" },
		{ NID_certificate_policies, want->policies, "" },
		{ NID_policy_constraints, want->policy_constraints, "" },
		{ NID_crl_distribution_points, want->crl, "" },
		{ NID_info_access, want->ocsp, "" },
	};
	CONF *none = NCONF_new(NULL); /* policies insist on one */
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	X509V3_set_nconf(&context, none);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add_text(x509, &context, rows[i].nid, rows[i].text,
			rows[i].otherwise);
	NCONF_free(none);
	for (size_t i = 0; i < PKI_MAX_EXTENSIONS; i++) {
		X509_EXTENSION *extension;

		if (!want->extensions[i].oid)
			break;
		extension = extension_of(&want->extensions[i]);
		ck_assert_int_eq(X509_add_ext(x509, extension, -1), 1);
		X509_EXTENSION_free(extension);
	}
}

/* --- Certificates --------------------------------------------------------- */

static EVP_MD_CTX *signer(EVP_PKEY *key, const char *digest, bool pss)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_context;
	const bool edwards = EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ||
			     EVP_PKEY_get_id(key) == EVP_PKEY_ED448;

	ck_assert_int_eq(EVP_DigestSignInit_ex(context, &key_context,
				 edwards  ? NULL
				 : digest ? digest
					  : "SHA256",
				 NULL, NULL, key, NULL),
		1);
	if (pss) {
		EVP_PKEY_CTX_set_rsa_padding(
			key_context, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(
			key_context, RSA_PSS_SALTLEN_DIGEST);
	}
	return context;
}

/* The last octet of a certificate or a CRL is its signature's. */
static struct bytes spoil(struct bytes der, bool really)
{
	uint8_t *copy;

	if (!really)
		return der;
	copy = calloc(1, der.len);
	keep(copy, free);
	memcpy(copy, der.at, der.len);
	copy[der.len - 1] ^= 1;
	return bytes_of(copy, der.len);
}

static struct bytes finish(X509 *x509, const struct pki_want *want)
{
	const X509_ALGOR *algorithm;
	const ASN1_BIT_STRING *signature;
	uint8_t *der = NULL;
	int len;

	if (want->resigned_as) {
		X509_get0_signature(&signature, &algorithm, x509);
		X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)algorithm,
			OBJ_nid2obj(want->resigned_as), V_ASN1_UNDEF, NULL);
	}
	len = i2d_X509(x509, &der);
	return spoil(keep_der(der, len), want->bad_signature);
}

static EVP_PKEY *key_for(const struct pki_want *want)
{
	EVP_PKEY *key;

	if (want->public_key)
		key = want->public_key;
	else if (want->key_of)
		key = want->key_of->key;
	else
		return pki_key(want->key);
	ck_assert_int_eq(EVP_PKEY_up_ref(key), 1);
	return key;
}

static void set_names(
	X509 *x509, const struct pki_cert *issuer, const struct pki_want *want)
{
	X509_NAME *subject = name_of(want->subject);
	X509_NAME *said = want->issuer ? name_of(want->issuer) : NULL;

	X509_set_subject_name(x509, subject);
	X509_set_issuer_name(x509, said ? said
				   : issuer
					   ? X509_get_subject_name(issuer->x509)
					   : subject);
	X509_NAME_free(subject);
	X509_NAME_free(said);
}

static void set_validity(X509 *x509, const struct pki_want *want)
{
	const int64_t from = want->from ? want->from : PKI_NOW - PKI_DAY;
	ASN1_TIME *first = time_of(from);
	ASN1_TIME *last =
		time_of(want->until ? want->until : from + 365 * PKI_DAY);

	X509_set1_notBefore(x509, first);
	X509_set1_notAfter(x509, last);
	ASN1_TIME_free(first);
	ASN1_TIME_free(last);
}

static void add_texts(struct pki_cert *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	PKCS8_PRIV_KEY_INFO *info;
	uint8_t *der = NULL;
	int len;

	PEM_write_bio_X509(bio, cert->x509);
	cert->pem = keep_pem(bio);
	if (!cert->key)
		return;
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, cert->key, NULL, NULL, 0, NULL, NULL);
	cert->key_pem = keep_pem(bio);
	info = EVP_PKEY2PKCS8(cert->key);
	len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	cert->key_der = keep_der(der, len);
	PKCS8_PRIV_KEY_INFO_free(info);
}

struct pki_cert *pki_issue(
	const struct pki_cert *issuer, const struct pki_want *want)
{
	struct pki_cert *cert = calloc(1, sizeof(*cert));
	X509 *x509 = X509_new();
	EVP_PKEY *key = key_for(want), *other = key;
	EVP_MD_CTX *context;

	keep(cert, free);
	keep(x509, free_x509);
	keep(key, free_key);
	cert->x509 = x509;
	cert->key = want->public_key ? NULL : key;
	X509_set_version(x509, want->v1 ? X509_VERSION_1 : X509_VERSION_3);
	ASN1_INTEGER_set_int64(X509_get_serialNumber(x509),
		want->serial ? want->serial : next_serial++);
	set_names(x509, issuer, want);
	set_validity(x509, want);
	ck_assert_int_eq(X509_set_pubkey(x509, key), 1);
	if (!want->v1)
		add_extensions(x509, issuer ? issuer->x509 : x509, want);
	if (want->public_key && !issuer)
		keep(other = pki_key(PKI_P256), free_key);
	context = signer(issuer ? issuer->key : other, want->digest, want->pss);
	ck_assert_int_gt(X509_sign_ctx(x509, context), 0);
	EVP_MD_CTX_free(context);
	cert->der = finish(x509, want);
	add_texts(cert);
	return cert;
}

/* --- CRLs ----------------------------------------------------------------- */

static void revoke(X509_CRL *crl, const ASN1_INTEGER *serial,
	const struct pki_crl_want *want)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *date =
		time_of(want->revoked_at ? want->revoked_at : PKI_NOW - 3600);
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

	X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)(uintptr_t)serial);
	X509_REVOKED_set_revocationDate(entry, date);
	if (want->reason) {
		ASN1_ENUMERATED_set(reason, want->reason);
		X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
	}
	ck_assert_int_eq(X509_CRL_add0_revoked(crl, entry), 1);
	ASN1_TIME_free(date);
	ASN1_ENUMERATED_free(reason);
}

static void set_updates(X509_CRL *crl, const struct pki_crl_want *want)
{
	const int64_t from = want->from ? want->from : PKI_NOW - 3600;
	ASN1_TIME *date = time_of(from);

	X509_CRL_set1_lastUpdate(crl, date);
	ASN1_TIME_free(date);
	if (want->until < 0)
		return;
	date = time_of(want->until ? want->until : from + 7 * PKI_DAY);
	X509_CRL_set1_nextUpdate(crl, date);
	ASN1_TIME_free(date);
}

static void add_crl_extensions(
	X509_CRL *crl, X509 *issuer, const struct pki_crl_want *want)
{
	X509V3_CTX context;
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_EXTENSION *extension;

	ASN1_INTEGER_set_int64(number, want->number ? want->number : 1);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	ASN1_INTEGER_free(number);
	X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
	if (X509_get0_subject_key_id(issuer)) {
		extension = X509V3_EXT_nconf_nid(
			NULL, &context, NID_authority_key_identifier, "keyid");
		X509_CRL_add_ext(crl, extension, -1);
		X509_EXTENSION_free(extension);
	}
	for (size_t i = 0; i < PKI_MAX_EXTENSIONS; i++) {
		if (!want->extensions[i].oid)
			break;
		extension = extension_of(&want->extensions[i]);
		X509_CRL_add_ext(crl, extension, -1);
		X509_EXTENSION_free(extension);
	}
}

static void add_revoked(X509_CRL *crl, const struct pki_crl_want *want)
{
	for (size_t i = 0; i < PKI_MAX_REVOKED && want->revoked[i]; i++)
		revoke(crl, X509_get0_serialNumber(want->revoked[i]->x509),
			want);
	for (size_t i = 0; i < PKI_MAX_REVOKED && want->serials[i]; i++) {
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		ASN1_INTEGER_set_int64(serial, want->serials[i]);
		revoke(crl, serial, want);
		ASN1_INTEGER_free(serial);
	}
	X509_CRL_sort(crl);
}

struct bytes pki_crl(
	const struct pki_cert *issuer, const struct pki_crl_want *want)
{
	X509_CRL *crl = X509_CRL_new();
	X509_NAME *said = want->issuer ? name_of(want->issuer) : NULL;
	EVP_MD_CTX *context;
	uint8_t *der = NULL;
	int len;
	struct bytes made;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(
		crl, said ? said : X509_get_subject_name(issuer->x509));
	set_updates(crl, want);
	add_crl_extensions(crl, issuer->x509, want);
	add_revoked(crl, want);
	context = signer(issuer->key, want->digest, false);
	ck_assert_int_gt(X509_CRL_sign_ctx(crl, context), 0);
	EVP_MD_CTX_free(context);
	len = i2d_X509_CRL(crl, &der);
	made = spoil(keep_der(der, len), want->bad_signature);
	X509_CRL_free(crl);
	X509_NAME_free(said);
	return made;
}
