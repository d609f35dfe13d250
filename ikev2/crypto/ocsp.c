/* ocsp.c - what one OCSP response says about one certificate (RFC 6960).
 * SPDX-License-Identifier: ISC
 *
 * A response is believed if the issuer of the certificate has signed it, or a
 * responder that this very issuer has certified for it (section 4.2.2.2).
 * Whether that responder is revoked itself is not asked: its certificate is there
 * for this alone, and its authority keeps its life short.  No nonce is sent, as
 * responses that are made beforehand have none (RFC 5019 section 4): what keeps
 * an old one from being shown again is its time.
 */
#include "ikev2/crypto/revocation_private.h"

AUTO_DEFINE(OCSP_RESPONSE, OCSP_RESPONSE_free)
AUTO_DEFINE(OCSP_REQUEST, OCSP_REQUEST_free)
AUTO_DEFINE(OCSP_CERTID, OCSP_CERTID_free)

enum {
	MAX_ANSWERS = 64, /* in one response; more are not looked at */
	MAX_RESPONDERS = 4,
	/* RFC 6960 section 4.2.2.1: without nextUpdate there is always
	 * something newer; so it counts only for a while. */
	UNTIL_NEWER_S = 3600,
};

OCSP_BASICRESP *ocsp_read(struct bytes der)
{
	const uint8_t *at = der.at;
	AUTO(OCSP_RESPONSE) *response =
		d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);

	if (!response || at != der.at + der.len ||
		OCSP_response_status(response) !=
			OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return NULL;
	return OCSP_response_get1_basic(response);
}

/* --- The one that is about it --------------------------------------------- */

/* Hashes are a name here, nothing rests on them. */
static const EVP_MD *digest_of(const OCSP_CERTID *id)
{
	AUTO(OCSP_CERTID) *copy = OCSP_CERTID_dup(id); /* for want of const */
	ASN1_OBJECT *algorithm = NULL;

	if (!copy)
		return NULL;
	(void)OCSP_id_get0_info(NULL, &algorithm, NULL, NULL, copy);
	switch (OBJ_obj2nid(algorithm)) {
	case NID_sha1:
		return EVP_sha1();
	case NID_sha256:
		return EVP_sha256();
	case NID_sha384:
		return EVP_sha384();
	case NID_sha512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

static bool is_about(const OCSP_SINGLERESP *single,
	const struct certificate *issuer, const struct certificate *certificate)
{
	const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(single);
	const EVP_MD *digest = digest_of(id);
	AUTO(OCSP_CERTID) *ours =
		digest ? OCSP_cert_to_id(digest, certificate_x509(certificate),
				 certificate_x509(issuer))
		       : NULL;

	return ours && OCSP_id_cmp(ours, id) == 0;
}

static OCSP_SINGLERESP *find(OCSP_BASICRESP *response,
	const struct certificate *issuer, const struct certificate *certificate)
{
	for (int i = 0; i < OCSP_resp_count(response) && i < MAX_ANSWERS; i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(response, i);

		if (is_about(single, issuer, certificate))
			return single;
	}
	return NULL;
}

/* --- Who says it ---------------------------------------------------------- */

/* By name, or by the SHA-1 of its key. */
static bool is_responder(const OCSP_BASICRESP *response, X509 *x509)
{
	const ASN1_OCTET_STRING *hash = NULL;
	const X509_NAME *name = NULL;
	uint8_t ours[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (!OCSP_resp_get0_id(response, &hash, &name))
		return false;
	if (name)
		return X509_NAME_cmp(name, X509_get_subject_name(x509)) == 0;
	return X509_pubkey_digest(x509, EVP_sha1(), ours, &len) == 1 &&
	       ASN1_STRING_length(hash) == (int)len &&
	       memcmp(ASN1_STRING_get0_data(hash), ours, len) == 0;
}

static bool is_valid_at(X509 *x509, int64_t unix_s)
{
	int64_t from, until;

	return x509_time(X509_get0_notBefore(x509), &from) &&
	       x509_time(X509_get0_notAfter(x509), &until) &&
	       has_begun(from, unix_s) && !has_ended(until, unix_s);
}

/* RFC 6960 section 4.2.2.2: the issuer itself has given it the right, by name:
 * anyExtendedKeyUsage is no such right. */
static bool is_delegate(
	X509 *x509, const struct certificate *issuer, int64_t unix_s)
{
	const uint32_t flags = X509_get_extension_flags(x509);
	const X509_ALGOR *algorithm;

	X509_get0_signature(NULL, &algorithm, x509);
	return X509_NAME_cmp(X509_get_issuer_name(x509),
		       X509_get_subject_name(certificate_x509(issuer))) == 0 &&
	       (flags & EXFLAG_XKUSAGE) &&
	       !(flags & (EXFLAG_INVALID | EXFLAG_CRITICAL)) &&
	       (X509_get_extended_key_usage(x509) & XKU_OCSP_SIGN) &&
	       (X509_get_key_usage(x509) &
		       (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) &&
	       is_valid_at(x509, unix_s) &&
	       !x509_signature_refused(algorithm, false) &&
	       X509_verify(x509, X509_get0_pubkey(certificate_x509(issuer))) ==
		       1;
}

static bool is_signed_by(const OCSP_BASICRESP *response, X509 *x509)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);

	return key && ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA),
			      OCSP_resp_get0_tbs_sigalg(response),
			      OCSP_resp_get0_signature(response),
			      OCSP_resp_get0_respdata(response), key) == 1;
}

/* One of the certificates that came along: read as any other, so that a key
 * that we would not use vouches for nothing. */
static bool is_signed_by_delegate(const OCSP_BASICRESP *response, X509 *sent,
	const struct certificate *issuer, int64_t unix_s)
{
	uint8_t der[X509_MAX_DER], *end = der;
	const int len = i2d_X509(sent, NULL);
	struct certificate *delegate;
	const char *why;
	bool good;

	if (len <= 0 || len > (int)sizeof(der) || i2d_X509(sent, &end) != len)
		return false;
	delegate = certificate_read(bytes_of(der, (size_t)len), &why);
	good = delegate && is_responder(response, certificate_x509(delegate)) &&
	       is_delegate(certificate_x509(delegate), issuer, unix_s) &&
	       is_signed_by(response, certificate_x509(delegate));
	certificate_unref(delegate);
	return good;
}

static const char *not_believed(const OCSP_BASICRESP *response,
	const struct certificate *issuer, int64_t unix_s)
{
	const STACK_OF(X509) *sent = OCSP_resp_get0_certs(response);

	if (x509_signature_refused(OCSP_resp_get0_tbs_sigalg(response), false))
		return "its OCSP response is signed with a weak algorithm";
	if (is_responder(response, certificate_x509(issuer)) &&
		is_signed_by(response, certificate_x509(issuer)))
		return NULL;
	for (int i = 0; i < sk_X509_num(sent) && i < MAX_RESPONDERS; i++) {
		if (is_signed_by_delegate(
			    response, sk_X509_value(sent, i), issuer, unix_s))
			return NULL;
	}
	return "its OCSP response is not signed by its issuer, nor by a "
	       "responder of that";
}

/* --- What it says --------------------------------------------------------- */

static const char *not_fresh(const ASN1_GENERALIZEDTIME *this_update,
	const ASN1_GENERALIZEDTIME *next_update, int64_t unix_s)
{
	int64_t this_s, next_s;

	if (!this_update || !x509_time(this_update, &this_s))
		return "its OCSP response has no proper date";
	if (!has_begun(this_s, unix_s))
		return "its OCSP response is of the future";
	next_s = this_s + UNTIL_NEWER_S;
	if (next_update && !x509_time(next_update, &next_s))
		return "its OCSP response has no proper date";
	if (has_ended(next_s, unix_s))
		return "its OCSP response is out of date";
	return NULL;
}

struct saying ocsp_says(OCSP_BASICRESP *response,
	const struct certificate *issuer, const struct certificate *certificate,
	int64_t unix_s)
{
	OCSP_SINGLERESP *single = find(response, issuer, certificate);
	ASN1_GENERALIZEDTIME *revoked, *this_update, *next_update;
	struct saying saying = { .reason = -1 };
	const char *why;
	int status;

	if (!single)
		return says_nothing("no OCSP response is about it");
	if (OCSP_BASICRESP_get_ext_by_critical(response, 1, -1) >= 0 ||
		OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1) >= 0)
		return says_nothing("its OCSP response has a critical "
				    "extension that is not known");
	why = not_believed(response, issuer, unix_s);
	if (why)
		return says_nothing(why);
	status = OCSP_single_get0_status(
		single, &saying.reason, &revoked, &this_update, &next_update);
	why = not_fresh(this_update, next_update, unix_s);
	if (status == V_OCSP_CERTSTATUS_REVOKED &&
		(!why || saying.reason != CRL_REASON_CERTIFICATE_HOLD)) {
		saying.says = SAYS_REVOKED;
		if (!revoked || !x509_time(revoked, &saying.revoked_s))
			saying.revoked_s = 0;
		return saying;
	}
	if (why)
		return says_nothing(why);
	if (status != V_OCSP_CERTSTATUS_GOOD)
		return says_nothing("the OCSP responder does not know it");
	saying.says = SAYS_GOOD;
	return saying;
}

/* --- Asking --------------------------------------------------------------- */

/* SHA-1 is what every responder knows (RFC 5019 section 2.1.1). */
size_t ocsp_request(const struct certificate *issuer,
	const struct certificate *certificate, uint8_t *out, size_t size)
{
	AUTO(OCSP_REQUEST) *request = OCSP_REQUEST_new();
	AUTO(OCSP_CERTID) *id = OCSP_cert_to_id(EVP_sha1(),
		certificate_x509(certificate), certificate_x509(issuer));
	int len;

	if (!request || !id || !OCSP_request_add0_id(request, id))
		return 0;
	id = NULL; /* it is the request's now */
	len = i2d_OCSP_REQUEST(request, NULL);
	if (len <= 0 || (size_t)len > size)
		return 0;
	return i2d_OCSP_REQUEST(request, &out) == len ? (size_t)len : 0;
}
