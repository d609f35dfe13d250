/* authority.c - certificates and CRLs that we make: what `ipsec-ctl ca` signs (RFC 5280, RFC 4945).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/authority.h"

#include "ikev2/crypto/openssl.h"
#include "ikev2/iana.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

AUTO_DEFINE(X509, X509_free)
AUTO_DEFINE(X509_NAME, X509_NAME_free)
AUTO_DEFINE(X509_CRL, X509_CRL_free)
AUTO_DEFINE(X509_EXTENSION, X509_EXTENSION_free)
AUTO_DEFINE(X509_REVOKED, X509_REVOKED_free)
AUTO_DEFINE(ASN1_INTEGER, ASN1_INTEGER_free)
AUTO_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
AUTO_DEFINE(ASN1_TIME, ASN1_TIME_free)

enum {
	TAG_OCTETS = 0x04,
	TAG_SEQUENCE = 0x30,
	TAG_KEY_ID = 0x80, /* [0] of AuthorityKeyIdentifier */
	/* GeneralName (RFC 5280 section 4.2.1.6) */
	TAG_RFC822_NAME = 0x81,
	TAG_DNS_NAME = 0x82,
	TAG_IP_ADDRESS = 0x87,
	MAX_KEY_ID = 100,
	/* Each at most 255 octets behind 3 of tag and length. */
	MAX_NAMES_DER = AUTHORITY_MAX_NAMES * (255 + 3),
};

static const char no_memory[] = "no memory";

static bool refuse(const char **why, const char *text)
{
	ERR_clear_error();
	*why = text;
	return false;
}

/* --- Extensions ------------------------------------------------------------ */

static void der(struct writer *w, uint8_t tag, struct bytes content)
{
	write_u8(w, tag);
	if (content.len < 0x80) {
		write_u8(w, (uint8_t)content.len);
	} else if (content.len <= UINT8_MAX) {
		write_u8(w, 0x81);
		write_u8(w, (uint8_t)content.len);
	} else {
		write_u8(w, 0x82);
		write_u16(w, (uint16_t)content.len);
	}
	write_bytes(w, content);
}

/* Adds one to a certificate or, if that is NULL, to a CRL. */
static bool extend(
	X509 *x509, X509_CRL *crl, int nid, bool critical, struct bytes value)
{
	AUTO(ASN1_OCTET_STRING) *octets = ASN1_OCTET_STRING_new();
	AUTO(X509_EXTENSION) *extension = NULL;

	if (!octets || value.len == 0 ||
		ASN1_OCTET_STRING_set(octets, value.at, (int)value.len) != 1)
		return false;
	extension = X509_EXTENSION_create_by_NID(NULL, nid, critical, octets);
	if (!extension)
		return false;
	return x509 ? X509_add_ext(x509, extension, -1) == 1
		    : X509_CRL_add_ext(crl, extension, -1) == 1;
}

/* RFC 5280 section 4.2.1.9 */
static bool add_constraints(X509 *x509, const struct authority_request *request)
{
	uint8_t value[16], content[8];
	struct writer w = writer_of(value, sizeof(value));
	struct writer in = writer_of(content, sizeof(content));

	if (request->ca)
		write_bytes(&in, bytes_of("\x01\x01\xff", 3));
	if (request->ca && request->path_len >= 0) {
		write_bytes(&in, bytes_of("\x02\x01", 2));
		write_u8(&in, (uint8_t)request->path_len);
	}
	der(&w, TAG_SEQUENCE, written(&in));
	return extend(x509, NULL, NID_basic_constraints, true, written(&w));
}

/* RFC 5280 section 4.2.1.3: a BIT STRING without trailing zero bits. */
static bool add_usage(X509 *x509, bool ca)
{
	static const uint8_t sign_certificates[] = { 0x03, 0x02, 0x01, 0x06 };
	static const uint8_t sign_data[] = { 0x03, 0x02, 0x07, 0x80 };

	return extend(x509, NULL, NID_key_usage, true,
		ca ? bytes_of(sign_certificates, sizeof(sign_certificates))
		   : bytes_of(sign_data, sizeof(sign_data)));
}

/* RFC 5280 section 4.2.1.12, RFC 4945 section 5.1.3.12 */
static bool add_extended_usage(X509 *x509)
{
	/* id-kp (1.3.6.1.5.5.7.3) and the last arc */
	static const uint8_t kp[] = { 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05,
		0x07, 0x03 };
	static const uint8_t last[] = { 1 /* serverAuth */, 2 /* clientAuth */,
		17 /* ipsecIKE */ };
	uint8_t value[64], content[64];
	struct writer w = writer_of(value, sizeof(value));
	struct writer in = writer_of(content, sizeof(content));

	for (size_t i = 0; i < sizeof(last); i++) {
		write_bytes(&in, bytes_of(kp, sizeof(kp)));
		write_u8(&in, last[i]);
	}
	der(&w, TAG_SEQUENCE, written(&in));
	return extend(x509, NULL, NID_ext_key_usage, false, written(&w));
}

/* IA5String, and nothing that could be taken for another name. */
static bool is_plain(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] <= 0x20 || text.at[i] >= 0x7f)
			return false;
	}
	return text.len > 0 && text.len <= UINT8_MAX;
}

static bool write_name(struct writer *w, const struct authority_name *name)
{
	switch (name->type) {
	case ID_FQDN:
		der(w, TAG_DNS_NAME, name->data);
		return is_plain(name->data);
	case ID_RFC822_ADDR:
		der(w, TAG_RFC822_NAME, name->data);
		return is_plain(name->data);
	case ID_IPV4_ADDR:
		der(w, TAG_IP_ADDRESS, name->data);
		return name->data.len == 4;
	case ID_IPV6_ADDR:
		der(w, TAG_IP_ADDRESS, name->data);
		return name->data.len == 16;
	}
	return false;
}

/* RFC 5280 section 4.2.1.6 */
static bool add_names(
	X509 *x509, const struct authority_request *request, const char **why)
{
	uint8_t value[MAX_NAMES_DER + 4], content[MAX_NAMES_DER];
	struct writer w = writer_of(value, sizeof(value));
	struct writer in = writer_of(content, sizeof(content));

	if (request->name_count == 0)
		return true;
	if (request->name_count > AUTHORITY_MAX_NAMES)
		return refuse(why, "more than 64 names");
	for (size_t i = 0; i < request->name_count; i++) {
		if (!write_name(&in, &request->names[i]))
			return refuse(why, "a name that is none");
	}
	der(&w, TAG_SEQUENCE, written(&in));
	return extend(x509, NULL, NID_subject_alt_name, false, written(&w)) ||
	       refuse(why, no_memory);
}

/* SHA-1 of the key: method (1) of RFC 5280 section 4.2.1.2. */
static struct bytes own_key_id(X509 *x509, uint8_t out[EVP_MAX_MD_SIZE])
{
	unsigned int len = 0;

	if (X509_pubkey_digest(x509, EVP_sha1(), out, &len) != 1)
		len = 0;
	return bytes_of(out, len);
}

/* An issuer of somebody else's making may have none; one that is longer than
 * any is passed over. */
static struct bytes issuer_key_id(X509 *issuer)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);

	if (!id || ASN1_STRING_length(id) > MAX_KEY_ID)
		return bytes_of(NULL, 0);
	return bytes_of(
		ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
}

static bool add_key_id(X509 *x509, struct bytes id)
{
	uint8_t value[MAX_KEY_ID + 2];
	struct writer w = writer_of(value, sizeof(value));

	der(&w, TAG_OCTETS, id);
	return id.len > 0 && extend(x509, NULL, NID_subject_key_identifier,
				     false, written(&w));
}

/* RFC 5280 section 4.2.1.1 */
static bool add_issuer_id(X509 *x509, X509_CRL *crl, struct bytes id)
{
	uint8_t value[MAX_KEY_ID + 4], content[MAX_KEY_ID + 2];
	struct writer w = writer_of(value, sizeof(value));
	struct writer in = writer_of(content, sizeof(content));

	der(&in, TAG_KEY_ID, id);
	der(&w, TAG_SEQUENCE, written(&in));
	return id.len == 0 || extend(x509, crl, NID_authority_key_identifier,
				      false, written(&w));
}

/* --- The fields ------------------------------------------------------------ */

static bool set_serial(
	ASN1_INTEGER *into, const uint8_t serial[AUTHORITY_SERIAL])
{
	uint8_t positive[AUTHORITY_SERIAL];
	AUTO(BIGNUM) *number = NULL;

	memcpy(positive, serial, sizeof(positive));
	positive[0] &= 0x7f;
	number = BN_bin2bn(positive, sizeof(positive), NULL);
	return number && BN_to_ASN1_INTEGER(number, into);
}

static bool set_subject(X509 *x509, const char *common_name)
{
	AUTO(X509_NAME) *name = X509_NAME_new();
	const unsigned char *text = (const unsigned char *)common_name;

	return name &&
	       X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		       text, (int)strlen(common_name), -1, 0) == 1 &&
	       X509_set_subject_name(x509, name) == 1;
}

/* UTCTime until 2049, then GeneralizedTime (RFC 5280 section 4.1.2.5). */
static bool set_validity(X509 *x509, const struct authority_request *request)
{
	return ASN1_TIME_set(X509_getm_notBefore(x509), request->not_before) &&
	       ASN1_TIME_set(X509_getm_notAfter(x509), request->not_after);
}

/* What goes with the key: EdDSA hashes for itself; a curve's strength is that
 * of the hash. */
static const EVP_MD *hash_of(enum key_kind kind)
{
	switch (kind) {
	case KEY_RSA:
	case KEY_P256:
		return EVP_sha256();
	case KEY_P384:
		return EVP_sha384();
	case KEY_P521:
		return EVP_sha512();
	case KEY_ED25519:
	case KEY_ED448:
		return NULL;
	}
	return NULL;
}

static const EVP_MD *hash_for(const struct private_key *key)
{
	return hash_of(public_key_kind(private_key_public(key)));
}

/* --- Out ------------------------------------------------------------------- */

static bool write_pem(struct authority_made *made, const char *label)
{
	enum { LINE = 48 }; /* octets of 64 characters */
	size_t size = made->len / LINE * 65 + 65 + 2 * (strlen(label) + 32);
	size_t len;

	made->pem = OPENSSL_zalloc(size);
	if (!made->pem)
		return false;
	len = (size_t)snprintf(made->pem, size, "-----BEGIN %s-----\n", label);
	for (size_t at = 0; at < made->len; at += LINE) {
		size_t part = made->len - at < LINE ? made->len - at : LINE;

		len += (size_t)EVP_EncodeBlock((unsigned char *)made->pem + len,
			made->der + at, (int)part);
		made->pem[len++] = '\n';
	}
	made->pem_len = len + (size_t)snprintf(made->pem + len, size - len,
				      "-----END %s-----\n", label);
	return true;
}

void authority_clear(struct authority_made *made)
{
	OPENSSL_free(made->der);
	OPENSSL_free(made->pem);
	*made = (struct authority_made){ 0 };
}

/* Takes over der; a negative len is an error of libcrypto. */
static bool give(struct authority_made *out, unsigned char *made, int len,
	const char *label, const char **why)
{
	if (len <= 0)
		return refuse(why, no_memory);
	out->der = made;
	out->len = (size_t)len;
	if (write_pem(out, label))
		return true;
	authority_clear(out);
	return refuse(why, no_memory);
}

/* --- Certificates ---------------------------------------------------------- */

static X509 *read_issuer(
	const struct private_key *key, struct bytes from, const char **why)
{
	const unsigned char *at = from.at;
	AUTO(X509) *issuer = d2i_X509(NULL, &at, (long)from.len);
	X509 *good;

	if (!issuer || at != from.at + from.len)
		return refuse(why, "that is no certificate of an authority"),
		       NULL;
	if (X509_check_ca(issuer) != 1 ||
		!(X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN))
		return refuse(why,
			       "that certificate is not one of an authority"),
		       NULL;
	if (X509_check_private_key(issuer, key->evp) != 1)
		return refuse(why,
			       "the key is not that of the authority's certificate"),
		       NULL;
	good = issuer;
	issuer = NULL;
	return good;
}

static bool may_issue(
	X509 *issuer, const struct authority_request *request, const char **why)
{
	if (ASN1_TIME_cmp_time_t(
		    X509_get0_notAfter(issuer), request->not_after) < 0)
		return refuse(
			why, "it would be valid longer than its authority");
	if (request->ca && X509_get_pathlen(issuer) == 0)
		return refuse(why, "that authority may not make another one");
	return true;
}

static bool is_sane(const struct authority_request *request, const char **why)
{
	size_t len = strlen(request->common_name);

	if (len == 0 || len > AUTHORITY_MAX_CN)
		return refuse(why, "a name of 1 to 64 characters it must be");
	if (request->not_after <= request->not_before)
		return refuse(why, "it would end before it begins");
	if (request->path_len > 100)
		return refuse(why, "a path longer than 100");
	return true;
}

/* issuer: NULL if it is signed by itself; then libcrypto could not yet say what
 * is in it. */
static bool fill(X509 *x509, X509 *issuer,
	const struct authority_request *request, const char **why)
{
	uint8_t id[EVP_MAX_MD_SIZE];
	struct bytes key_id;

	if (X509_set_version(x509, X509_VERSION_3) != 1 ||
		!set_serial(X509_get_serialNumber(x509), request->serial) ||
		!set_subject(x509, request->common_name) ||
		!set_validity(x509, request) ||
		X509_set_pubkey(x509, request->key->evp) != 1 ||
		X509_set_issuer_name(x509,
			X509_get_subject_name(issuer ? issuer : x509)) != 1)
		return refuse(why, no_memory);
	key_id = own_key_id(x509, id);
	if (!add_constraints(x509, request) || !add_usage(x509, request->ca) ||
		!(request->ca || add_extended_usage(x509)) ||
		!add_key_id(x509, key_id) ||
		!add_issuer_id(
			x509, NULL, issuer ? issuer_key_id(issuer) : key_id))
		return refuse(why, no_memory);
	return request->ca || add_names(x509, request, why);
}

bool authority_certificate(const struct private_key *key, struct bytes issuer,
	const struct authority_request *request, struct authority_made *out,
	const char **why)
{
	AUTO(X509) *x509 = X509_new();
	AUTO(X509) *from = NULL;
	unsigned char *made = NULL;
	int len;

	*out = (struct authority_made){ 0 };
	if (!x509)
		return refuse(why, no_memory);
	if (!is_sane(request, why))
		return false;
	if (issuer.len > 0) {
		from = read_issuer(key, issuer, why);
		if (!from || !may_issue(from, request, why))
			return false;
	} else if (!public_key_equal(request->key, private_key_public(key))) {
		return refuse(
			why, "signed by itself is only what has that key");
	}
	if (!fill(x509, from, request, why))
		return false;
	if (X509_sign(x509, key->evp, hash_for(key)) <= 0)
		return refuse(why, no_memory);
	len = i2d_X509(x509, &made);
	return give(out, made, len, "CERTIFICATE", why);
}

/* --- CRLs ------------------------------------------------------------------ */

static bool add_revoked(X509_CRL *crl, const struct authority_revoked *revoked)
{
	AUTO(X509_REVOKED) *entry = X509_REVOKED_new();
	AUTO(ASN1_INTEGER) *serial = ASN1_INTEGER_new();
	AUTO(ASN1_TIME) *at = ASN1_TIME_set(NULL, revoked->at);

	if (!entry || !serial || !at || !set_serial(serial, revoked->serial) ||
		X509_REVOKED_set_serialNumber(entry, serial) != 1 ||
		X509_REVOKED_set_revocationDate(entry, at) != 1 ||
		X509_CRL_add0_revoked(crl, entry) != 1)
		return false;
	entry = NULL;
	return true;
}

/* RFC 5280 section 5.2.3 */
static bool add_number(X509_CRL *crl, uint64_t number)
{
	AUTO(ASN1_INTEGER) *value = ASN1_INTEGER_new();

	return value && ASN1_INTEGER_set_uint64(value, number) == 1 &&
	       X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1;
}

static bool fill_crl(
	X509_CRL *crl, X509 *issuer, const struct authority_list *list)
{
	AUTO(ASN1_TIME) *this_update = ASN1_TIME_set(NULL, list->this_update);
	AUTO(ASN1_TIME) *next_update = ASN1_TIME_set(NULL, list->next_update);

	if (!this_update || !next_update ||
		X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
		X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) !=
			1 ||
		X509_CRL_set1_lastUpdate(crl, this_update) != 1 ||
		X509_CRL_set1_nextUpdate(crl, next_update) != 1)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (!add_revoked(crl, &list->revoked[i]))
			return false;
	}
	return X509_CRL_sort(crl) == 1 &&
	       add_issuer_id(NULL, crl, issuer_key_id(issuer)) &&
	       add_number(crl, list->number);
}

bool authority_crl(const struct private_key *key, struct bytes issuer,
	const struct authority_list *list, struct authority_made *out,
	const char **why)
{
	AUTO(X509) *from = read_issuer(key, issuer, why);
	AUTO(X509_CRL) *crl = X509_CRL_new();
	unsigned char *made = NULL;
	int len;

	*out = (struct authority_made){ 0 };
	if (!from)
		return false;
	if (list->next_update <= list->this_update)
		return refuse(why, "it would end before it begins");
	if (!(X509_get_key_usage(from) & KU_CRL_SIGN))
		return refuse(why, "that authority may not sign CRLs");
	if (!crl || !fill_crl(crl, from, list) ||
		X509_CRL_sign(crl, key->evp, hash_for(key)) <= 0)
		return refuse(why, no_memory);
	len = i2d_X509_CRL(crl, &made);
	return give(out, made, len, "X509 CRL", why);
}
