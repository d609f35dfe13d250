/* x509.c - one certificate: read, judged by itself, and whose it is (RFC 5280, RFC 4945).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/crypto/x509.h"

#include "ikev2/crypto/der.h"
#include "ikev2/crypto/dn.h"
#include "ikev2/crypto/trust_private.h"
#include "ikev2/iana.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

AUTO_DEFINE(ASN1_TIME, ASN1_TIME_free)
AUTO_DEFINE(RSA_PSS_PARAMS, RSA_PSS_PARAMS_free)

enum { MAX_EXTENSIONS = 64, SECONDS_A_DAY = 86400 };

struct certificate {
	size_t references;
	uint8_t *octets;
	struct bytes der, issuer, subject; /* all in octets */
	X509 *x509;
	struct public_key *key;
	int64_t not_before, not_after;
	GENERAL_NAMES *names;         /* NULL: no subjectAltName */
	EXTENDED_KEY_USAGE *extended; /* NULL: none */
};

/* --- Read ----------------------------------------------------------------- */

/* The key is read before libcrypto sees the certificate, as libcrypto would make
 * a key of whatever stands there.  RFC 5280 section 4.1. */
static bool find_parts(struct certificate *c, struct bytes *spki)
{
	enum { VERSION = 0xa0 };
	struct reader whole = reader_of(c->der), signed_part, tbs;

	signed_part = reader_of(read_der(&whole, DER_SEQUENCE));
	tbs = reader_of(read_der(&signed_part, DER_SEQUENCE));
	if (reader_more(&tbs) && tbs.at[0] == VERSION)
		read_der(&tbs, VERSION);
	read_der(&tbs, DER_INTEGER);  /* serialNumber */
	read_der(&tbs, DER_SEQUENCE); /* signature */
	c->issuer = read_der_item(&tbs, DER_SEQUENCE);
	read_der(&tbs, DER_SEQUENCE); /* validity */
	c->subject = read_der_item(&tbs, DER_SEQUENCE);
	*spki = read_der_item(&tbs, DER_SEQUENCE);
	return !tbs.bad;
}

bool x509_time(const ASN1_TIME *time, int64_t *unix_s)
{
	AUTO(ASN1_TIME) *epoch = ASN1_TIME_set(NULL, 0);
	const int len = ASN1_STRING_length(time);
	const uint8_t *text = ASN1_STRING_get0_data(time);
	int days, seconds;

	if (len != (ASN1_STRING_type(time) == V_ASN1_UTCTIME ? 13 : 15) ||
		text[len - 1] != 'Z' || !epoch ||
		ASN1_TIME_diff(&days, &seconds, epoch, time) != 1)
		return false;
	*unix_s = (int64_t)days * SECONDS_A_DAY + seconds;
	return true;
}

/* RFC 5280 section 4.2: no extension stands twice. */
static const char *extensions_refused(const X509 *x509)
{
	const int count = X509_get_ext_count(x509);

	if (count > 0 && X509_get_version(x509) != X509_VERSION_3)
		return "extensions in a certificate before version 3";
	if (count > MAX_EXTENSIONS)
		return "more than 64 extensions";
	for (int i = 0; i < count; i++) {
		const X509_EXTENSION *extension = X509_get_ext(x509, i);
		const ASN1_OBJECT *oid = X509_EXTENSION_get_object(
			(X509_EXTENSION *)(uintptr_t)extension);

		if (X509_get_ext_by_OBJ(x509, oid, i) >= 0)
			return "an extension that stands twice";
	}
	return NULL;
}

static const char *form_refused(struct certificate *c)
{
	const X509 *x509 = c->x509;
	const ASN1_BIT_STRING *signature;
	const X509_ALGOR *outside;
	const char *why;

	X509_get0_signature(&signature, &outside, x509);
	if (X509_get_version(x509) < X509_VERSION_1 ||
		X509_get_version(x509) > X509_VERSION_3)
		return "a version that we do not know";
	if (X509_ALGOR_cmp(outside, X509_get0_tbs_sigalg(x509)) != 0)
		return "two algorithms of one signature";
	if (X509_NAME_entry_count(X509_get_issuer_name(x509)) == 0)
		return "no name of an issuer";
	if (!x509_time(X509_get0_notBefore(x509), &c->not_before) ||
		!x509_time(X509_get0_notAfter(x509), &c->not_after))
		return "a malformed validity";
	why = extensions_refused(x509);
	if (why)
		return why;
	/* Works out all that libcrypto wants to know of it. */
	if (X509_check_purpose(c->x509, -1, 0) != 1)
		return "a malformed extension";
	c->names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	c->extended = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
	/* Without memory for names that it has, its CN must not count. */
	if (!c->names !=
		(X509_get_ext_by_NID(x509, NID_subject_alt_name, -1) < 0))
		return "no memory";
	if (!c->extended !=
		(X509_get_ext_by_NID(x509, NID_ext_key_usage, -1) < 0))
		return "no memory";
	return NULL;
}

static const char *read_into(struct certificate *c)
{
	static const char none[] = "no certificate";
	const uint8_t *at = c->der.at;
	const char *why = none;
	struct bytes spki;

	if (!der_is_one(c->der))
		return "no DER, or octets behind it";
	if (!find_parts(c, &spki))
		return none;
	c->key = public_key_read(spki, &why);
	if (!c->key)
		return why;
	c->x509 = d2i_X509(NULL, &at, (long)c->der.len);
	if (!c->x509 || at != c->der.at + c->der.len)
		return none;
	return form_refused(c);
}

struct certificate *certificate_read(struct bytes der, const char **why)
{
	struct certificate *c;

	*why = "longer than 16384 octets";
	if (der.len > X509_MAX_DER)
		return NULL;
	*why = "no memory";
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->references = 1;
	c->octets = calloc(1, der.len + 1);
	if (c->octets) {
		if (der.len > 0)
			memcpy(c->octets, der.at, der.len);
		c->der = bytes_of(c->octets, der.len);
		*why = read_into(c);
	}
	if (*why) {
		ERR_clear_error();
		certificate_unref(c);
		return NULL;
	}
	return c;
}

struct certificate *certificate_ref(struct certificate *certificate)
{
	certificate->references++;
	return certificate;
}

void certificate_unref(struct certificate *certificate)
{
	if (!certificate || --certificate->references > 0)
		return;
	GENERAL_NAMES_free(certificate->names);
	EXTENDED_KEY_USAGE_free(certificate->extended);
	X509_free(certificate->x509);
	public_key_unref(certificate->key);
	free(certificate->octets);
	free(certificate);
}

/* --- What it says --------------------------------------------------------- */

X509 *certificate_x509(const struct certificate *certificate)
{
	return certificate->x509;
}

struct bytes certificate_der(const struct certificate *certificate)
{
	return certificate->der;
}

struct bytes certificate_subject(const struct certificate *certificate)
{
	return certificate->subject;
}

struct public_key *certificate_key(const struct certificate *certificate)
{
	return certificate->key;
}

bool certificate_is_ca(const struct certificate *certificate)
{
	return X509_get_extension_flags(certificate->x509) & EXFLAG_CA;
}

bool certificate_is_issued_by(
	const struct certificate *certificate, const struct certificate *issuer)
{
	return dn_equal(certificate->issuer, issuer->subject);
}

const char *certificate_subject_text(
	const struct certificate *certificate, char out[X509_TEXT])
{
	dn_text(certificate->subject, out, X509_TEXT);
	return out;
}

const char *certificate_issuer_text(
	const struct certificate *certificate, char out[X509_TEXT])
{
	dn_text(certificate->issuer, out, X509_TEXT);
	return out;
}

const char *certificate_short_name(
	const struct certificate *certificate, char out[X509_SHORT_NAME])
{
	dn_text(certificate->subject, out, X509_SHORT_NAME);
	if (out[0] == '\0')
		snprintf(out, X509_SHORT_NAME,
			"the certificate without a subject");
	return out;
}

void certificate_validity(const struct certificate *certificate,
	int64_t *not_before, int64_t *not_after)
{
	*not_before = certificate->not_before;
	*not_after = certificate->not_after;
}

const char *x509_date(int64_t unix_s, char out[X509_DATE])
{
	const time_t when = unix_s;
	struct tm tm;

	if (!OPENSSL_gmtime(&when, &tm)) {
		snprintf(out, X509_DATE, "a date that is none");
		return out;
	}
	if (strftime(out, X509_DATE, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, X509_DATE, "a date that is none");
	return out;
}

/* --- Whose it is ---------------------------------------------------------- */

/* A host name as it can be asked for: so no NUL, nor a space in it. */
static bool is_visible(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] <= ' ' || text.at[i] >= 0x7f)
			return false;
	}
	return text.len > 0;
}

static bool has(struct bytes text, char c)
{
	return text.len > 0 && memchr(text.at, c, text.len);
}

/* Both of visible characters, so without NUL. */
static bool same_host(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       strncasecmp((const char *)a.at, (const char *)b.at, a.len) == 0;
}

/* From the first dot on: ".example.com". */
static struct bytes after_label(struct bytes host)
{
	size_t at = 0;

	while (at < host.len && host.at[at] != '.')
		at++;
	return bytes_of(host.at + at, host.len - at);
}

/* "*.example.com" is one label in front of two or more. */
static bool host_matches(struct bytes pattern, struct bytes host)
{
	struct bytes rest;

	if (!is_visible(pattern) || !is_visible(host) || has(host, '*'))
		return false;
	if (!has(pattern, '*'))
		return same_host(pattern, host);
	rest = after_label(pattern);
	if (pattern.at[0] != '*' || pattern.len - rest.len != 1 ||
		rest.len < 2 || !has(bytes_of(rest.at + 1, rest.len - 1), '.'))
		return false;
	return host.at[0] != '.' && same_host(rest, after_label(host));
}

/* RFC 5280 section 7.5: the host has no case, the local part does. */
static bool mailbox_matches(struct bytes a, struct bytes b)
{
	const uint8_t *at = a.len ? memchr(a.at, '@', a.len) : NULL;
	size_t local;

	if (!at || a.len != b.len || !is_visible(a) || !is_visible(b))
		return false;
	local = (size_t)(at - a.at) + 1;
	return local > 1 && local < a.len && memcmp(a.at, b.at, local) == 0 &&
	       same_host(bytes_of(a.at + local, a.len - local),
		       bytes_of(b.at + local, b.len - local));
}

static struct bytes string_bytes(const ASN1_STRING *string)
{
	return bytes_of(ASN1_STRING_get0_data(string),
		(size_t)ASN1_STRING_length(string));
}

static bool is_address(struct bytes data, uint8_t type)
{
	return data.len == (type == ID_IPV4_ADDR ? 4u : 16u);
}

/* One subjectAltName against an identity of the kinds that they have. */
static bool name_fits(const GENERAL_NAME *name, uint8_t type, struct bytes data)
{
	const bool address = type == ID_IPV4_ADDR || type == ID_IPV6_ADDR;
	int kind;
	const void *value = GENERAL_NAME_get0_value(name, &kind);

	if (kind == GEN_DNS && type == ID_FQDN)
		return host_matches(string_bytes(value), data);
	if (kind == GEN_EMAIL && type == ID_RFC822_ADDR)
		return mailbox_matches(string_bytes(value), data);
	if (kind == GEN_IPADD && address)
		return bytes_equal(string_bytes(value), data);
	return false;
}

static bool an_alt_name_fits(
	const struct certificate *c, uint8_t type, struct bytes data)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(c->names); i++) {
		if (name_fits(sk_GENERAL_NAME_value(c->names, i), type, data))
			return true;
	}
	return false;
}

/* The last CN is the one nearest to the subject. */
static bool common_name_fits(const struct certificate *c, struct bytes host)
{
	const X509_NAME *subject = X509_get_subject_name(c->x509);
	int last = -1, next;
	uint8_t *text;
	int len;
	bool fits;

	while ((next = X509_NAME_get_index_by_NID(
			subject, NID_commonName, last)) >= 0)
		last = next;
	if (last < 0)
		return false;
	len = ASN1_STRING_to_UTF8(&text,
		X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
	if (len < 0)
		return false;
	fits = host_matches(bytes_of(text, (size_t)len), host);
	OPENSSL_free(text);
	return fits;
}

static bool key_id_fits(const struct certificate *c, struct bytes data)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(c->x509);

	return id && data.len > 0 && bytes_equal(string_bytes(id), data);
}

bool certificate_names(
	const struct certificate *c, uint8_t type, struct bytes data)
{
	switch (type) {
	case ID_FQDN:
		if (!c->names)
			return common_name_fits(c, data);
		return an_alt_name_fits(c, type, data);
	case ID_RFC822_ADDR:
		return an_alt_name_fits(c, type, data);
	case ID_IPV4_ADDR:
	case ID_IPV6_ADDR:
		return is_address(data, type) &&
		       an_alt_name_fits(c, type, data);
	case ID_DER_ASN1_DN:
		return c->subject.len > 2 && dn_equal(c->subject, data);
	case ID_KEY_ID:
		return key_id_fits(c, data);
	}
	return false;
}

bool certificate_has_alt_names(const struct certificate *certificate)
{
	return certificate->names != NULL;
}

bool certificate_constrains_names(const struct certificate *certificate)
{
	return X509_get_ext_by_NID(
		       certificate->x509, NID_name_constraints, -1) >= 0;
}

/* As an identity: 0 if it can be none. */
static uint8_t identity_type(const GENERAL_NAME *name, struct bytes *data)
{
	int kind;
	const void *value = GENERAL_NAME_get0_value(name, &kind);

	if (kind != GEN_DNS && kind != GEN_EMAIL && kind != GEN_IPADD)
		return ID_NONE;
	*data = string_bytes(value);
	if (kind == GEN_IPADD)
		return data->len == 4    ? ID_IPV4_ADDR
		       : data->len == 16 ? ID_IPV6_ADDR
					 : ID_NONE;
	if (!is_visible(*data))
		return ID_NONE;
	return kind == GEN_DNS ? ID_FQDN : ID_RFC822_ADDR;
}

bool certificate_alt_name(const struct certificate *certificate, size_t i,
	uint8_t *type, struct bytes *data)
{
	for (int at = 0; at < sk_GENERAL_NAME_num(certificate->names); at++) {
		*type = identity_type(
			sk_GENERAL_NAME_value(certificate->names, at), data);
		if (*type != ID_NONE && i-- == 0)
			return true;
	}
	return false;
}

/* --- What it may do ------------------------------------------------------- */

bool certificate_refuse(const struct certificate *certificate,
	char why[X509_WHY], const char *format, ...)
{
	char name[X509_SHORT_NAME];
	va_list arguments;
	size_t len;

	snprintf(why, X509_WHY, "%s ",
		certificate_short_name(certificate, name));
	len = strlen(why);
	va_start(arguments, format);
	vsnprintf(why + len, X509_WHY - len, format, arguments);
	va_end(arguments);
	return false;
}

bool certificate_valid_at(
	const struct certificate *c, int64_t unix_s, char why[X509_WHY])
{
	char date[X509_DATE], now[X509_DATE];

	x509_date(unix_s, now);
	if (unix_s < c->not_before)
		return certificate_refuse(c, why,
			"is not valid before %s (now it is %s)",
			x509_date(c->not_before, date), now);
	if (unix_s > c->not_after)
		return certificate_refuse(c, why,
			"expired on %s (now it is %s)",
			x509_date(c->not_after, date), now);
	return true;
}

/* RFC 4945 section 5.1.3.12, and what was there before it. */
static bool is_for_ike(const ASN1_OBJECT *purpose)
{
	static const int purposes[] = {
		NID_server_auth,
		NID_client_auth,
		NID_ipsec_IKE,
		NID_anyExtendedKeyUsage,
		NID_ipsecEndSystem,
		NID_ipsecTunnel,
		NID_ipsecUser,
	};
	const int nid = OBJ_obj2nid(purpose);

	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++) {
		if (purposes[i] == nid)
			return true;
	}
	return false;
}

static bool has_purpose(
	const struct certificate *c, bool (*wanted)(const ASN1_OBJECT *purpose))
{
	for (int i = 0; i < sk_ASN1_OBJECT_num(c->extended); i++) {
		if (wanted(sk_ASN1_OBJECT_value(c->extended, i)))
			return true;
	}
	return false;
}

bool certificate_may_prove(
	const struct certificate *c, int64_t unix_s, char why[X509_WHY])
{
	const uint32_t flags = X509_get_extension_flags(c->x509);
	const uint32_t usage = X509_get_key_usage(c->x509);

	if (!certificate_valid_at(c, unix_s, why))
		return false;
	if (certificate_is_ca(c))
		return certificate_refuse(
			c, why, "is that of an authority and proves no peer");
	if (flags & EXFLAG_PROXY)
		return certificate_refuse(
			c, why, "is a proxy certificate (RFC 3820)");
	if (flags & EXFLAG_CRITICAL)
		return certificate_refuse(
			c, why, "has a critical extension that we do not know");
	if (!(usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return certificate_refuse(
			c, why, "has no digitalSignature in its key usage");
	if (c->extended && !has_purpose(c, is_for_ike))
		return certificate_refuse(c, why,
			"has neither serverAuth nor clientAuth nor ipsecIKE "
			"in its extended key usage");
	return true;
}

/* --- Signatures ----------------------------------------------------------- */

/* Of RSA-PSS the hash is a parameter, SHA-1 if it is left out (RFC 4055 section
 * 3.1). */
static int pss_hash(const X509_ALGOR *algorithm)
{
	AUTO(RSA_PSS_PARAMS) *params = NULL;
	const ASN1_OBJECT *hash;
	const void *value;
	const uint8_t *at;
	int type;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return NID_undef;
	at = string_bytes(value).at;
	params = d2i_RSA_PSS_PARAMS(NULL, &at, (long)string_bytes(value).len);
	if (!params)
		return NID_undef;
	if (!params->hashAlgorithm)
		return NID_sha1;
	X509_ALGOR_get0(&hash, NULL, NULL, params->hashAlgorithm);
	return OBJ_obj2nid(hash);
}

/* The NID of its hash; NID_undef: it has none, or we do not know it. */
static int hash_of(const X509_ALGOR *algorithm, int *kind)
{
	const ASN1_OBJECT *oid;
	int hash = NID_undef, key = NID_undef;

	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	*kind = OBJ_obj2nid(oid);
	if (*kind == NID_rsassaPss)
		return pss_hash(algorithm);
	if (!OBJ_find_sigid_algs(*kind, &hash, &key))
		return NID_undef;
	return hash;
}

const char *x509_signature_refused(const X509_ALGOR *algorithm, bool sha1)
{
	static const struct {
		int hash;
		const char *refused;
	} rows[] = {
		{ NID_sha224, NULL },
		{ NID_sha256, NULL },
		{ NID_sha384, NULL },
		{ NID_sha512, NULL },
		{ NID_sha1, "is signed with SHA-1" },
		{ NID_md5, "is signed with MD5" },
		{ NID_md4, "is signed with MD4" },
		{ NID_md2, "is signed with MD2" },
	};
	int kind;
	const int hash = hash_of(algorithm, &kind);

	if (kind == NID_ED25519 || kind == NID_ED448 ||
		(hash == NID_sha1 && sha1))
		return NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].hash == hash)
			return rows[i].refused;
	}
	return "is signed with an algorithm that we do not know";
}

const char *certificate_signature_refused(
	const struct certificate *certificate, bool sha1)
{
	return x509_signature_refused(
		X509_get0_tbs_sigalg(certificate->x509), sha1);
}

/* --- What others would refuse --------------------------------------------- */

static bool is_server(const ASN1_OBJECT *purpose)
{
	return OBJ_obj2nid(purpose) == NID_server_auth;
}

size_t certificate_complaints(
	const struct certificate *c, const char *out[], size_t size)
{
	const enum key_kind kind = public_key_kind(c->key);
	const bool ecdsa = kind == KEY_P256 || kind == KEY_P384;
	const struct {
		bool bad;
		const char *text;
	} rows[] = {
		{ !has_purpose(c, is_server),
			"no serverAuth in its extended key usage: Windows, "
			"iOS and macOS refuse it" },
		{ !c->names,
			"no subjectAltName: Windows, iOS, macOS and Android "
			"refuse it" },
		{ kind != KEY_RSA && !ecdsa,
			"neither RSA nor ECDSA with P-256 or P-384: Windows, "
			"iOS and macOS refuse it" },
		{ ecdsa, "ECDSA: iOS, set up by hand, refuses it" },
		{ c->not_after - c->not_before > (int64_t)825 * SECONDS_A_DAY,
			"valid for more than 825 days: iOS and macOS refuse "
			"it" },
		{ certificate_signature_refused(c, false) != NULL,
			"not signed with SHA-2: Windows, iOS and macOS refuse "
			"it" },
	};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].bad && count < size)
			out[count++] = rows[i].text;
	}
	return count;
}
