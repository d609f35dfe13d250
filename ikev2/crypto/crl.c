/* crl.c - what one CRL says about one certificate (RFC 5280 sections 5 and 6.3.3).
 * SPDX-License-Identifier: ISC
 *
 * Only a complete CRL that the issuer of the certificate has signed itself can
 * say that it is good: no delta, no indirect one, none for some reasons or other
 * certificates.  That a certificate is revoked stands, once it is signed,
 * whatever else the CRL covers; and as a revocation is never taken back but from
 * "certificate hold", it stands also when the CRL is out of date.
 */
#include "ikev2/crypto/revocation_private.h"

AUTO_DEFINE(ISSUING_DIST_POINT, ISSUING_DIST_POINT_free)
AUTO_DEFINE(CRL_DIST_POINTS, CRL_DIST_POINTS_free)
AUTO_DEFINE(ASN1_ENUMERATED, ASN1_ENUMERATED_free)

static bool is_known(X509_EXTENSION *extension)
{
	const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

	return nid == NID_crl_number || nid == NID_authority_key_identifier ||
	       nid == NID_issuing_distribution_point || nid == NID_crl_reason;
}

/* RFC 5280 section 5.2: a CRL with a critical extension that we do not know says
 * nothing; nor does one with such an entry (section 5.3), whose certificate need
 * not be the issuer's. */
static const char *unknown_in(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);

	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *e = X509_CRL_get_ext(crl, i);

		if (X509_EXTENSION_get_critical(e) && !is_known(e))
			return "its CRL has a critical extension that is not "
			       "known";
	}
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);

		for (int n = 0; n < X509_REVOKED_get_ext_count(entry); n++) {
			X509_EXTENSION *e = X509_REVOKED_get_ext(entry, n);

			if (X509_EXTENSION_get_critical(e) && !is_known(e))
				return "an entry of its CRL has a critical "
				       "extension that is not known";
		}
	}
	return NULL;
}

/* --- What it covers ------------------------------------------------------- */

static bool names_meet(const GENERAL_NAMES *a, const GENERAL_NAMES *b)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(a); i++) {
		for (int n = 0; n < sk_GENERAL_NAME_num(b); n++) {
			if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(a, i),
				    sk_GENERAL_NAME_value(b, n)) == 0)
				return true;
		}
	}
	return false;
}

/* An authority may cut its CRL into parts; a certificate names its own. */
static bool is_named(const DIST_POINT_NAME *part, X509 *x509)
{
	AUTO(CRL_DIST_POINTS) *points =
		X509_get_ext_d2i(x509, NID_crl_distribution_points, NULL, NULL);

	if (part->type != 0) /* relative to a name: nobody does that */
		return false;
	for (int i = 0; points && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		if (!point->CRLissuer && point->distpoint &&
			point->distpoint->type == 0 &&
			names_meet(part->name.fullname,
				point->distpoint->name.fullname))
			return true;
	}
	return false;
}

/* NULL, or why it cannot say that the certificate is good. */
static const char *not_covered(
	X509_CRL *crl, const struct certificate *certificate)
{
	int critical;
	AUTO(ISSUING_DIST_POINT) *idp = X509_CRL_get_ext_d2i(
		crl, NID_issuing_distribution_point, &critical, NULL);

	if (!idp)
		return critical == -1 ? NULL
				      : "its CRL does not say what it covers";
	if (idp->onlyattr > 0 || idp->onlysomereasons)
		return "its CRL covers only some reasons";
	if ((idp->onlyuser > 0 && certificate_is_ca(certificate)) ||
		(idp->onlyCA > 0 && !certificate_is_ca(certificate)) ||
		(idp->distpoint && !is_named(idp->distpoint,
					   certificate_x509(certificate))))
		return "its CRL covers other certificates";
	return NULL;
}

/* Those whose entries may be about other issuers' certificates, or only what has
 * changed. */
static const char *of_another_kind(X509_CRL *crl)
{
	AUTO(ISSUING_DIST_POINT) *idp = X509_CRL_get_ext_d2i(
		crl, NID_issuing_distribution_point, NULL, NULL);

	if (idp && idp->indirectCRL > 0)
		return "its CRL is an indirect one";
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		return "its CRL is a delta CRL";
	return NULL;
}

/* --- Whose it is ---------------------------------------------------------- */

static const char *not_of(X509_CRL *crl, const struct certificate *issuer)
{
	X509 *x509 = certificate_x509(issuer);
	const X509_ALGOR *algorithm;
	EVP_PKEY *key = X509_get0_pubkey(x509);

	if (X509_NAME_cmp(
		    X509_CRL_get_issuer(crl), X509_get_subject_name(x509)) != 0)
		return "there is no CRL of its issuer";
	if (!(X509_get_key_usage(x509) & KU_CRL_SIGN))
		return "its issuer may not sign CRLs";
	X509_CRL_get0_signature(crl, NULL, &algorithm);
	if (x509_signature_refused(algorithm, false))
		return "its CRL is signed with a weak algorithm";
	if (!key || X509_CRL_verify(crl, key) != 1)
		return "its CRL is not signed by its issuer";
	return NULL;
}

static const char *not_fresh(const X509_CRL *crl, int64_t unix_s)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	int64_t this_s, next_s;

	if (!x509_time(X509_CRL_get0_lastUpdate(crl), &this_s))
		return "its CRL has no proper date";
	if (!has_begun(this_s, unix_s))
		return "its CRL is of the future";
	/* RFC 5280 section 5.1.2.5: there always is one. */
	if (!next || !x509_time(next, &next_s))
		return "its CRL does not say when the next one comes";
	if (has_ended(next_s, unix_s))
		return "its CRL is out of date";
	return NULL;
}

static int reason_of(const X509_REVOKED *entry)
{
	AUTO(ASN1_ENUMERATED) *reason =
		X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);

	return reason ? (int)ASN1_ENUMERATED_get(reason) : -1;
}

struct saying crl_says(X509_CRL *crl, const struct certificate *issuer,
	const struct certificate *certificate, int64_t unix_s)
{
	struct saying saying = { .says = SAYS_REVOKED };
	const char *why = not_of(crl, issuer);
	X509_REVOKED *entry = NULL;
	const char *stale;

	if (!why)
		why = of_another_kind(crl);
	if (!why)
		why = unknown_in(crl);
	if (why)
		return says_nothing(why);
	stale = not_fresh(crl, unix_s);
	/* 2: removed from a CRL before, which only a delta can say. */
	if (X509_CRL_get0_by_cert(crl, &entry, certificate_x509(certificate)) ==
		1) {
		saying.reason = reason_of(entry);
		if (!x509_time(X509_REVOKED_get0_revocationDate(entry),
			    &saying.revoked_s))
			saying.revoked_s = 0;
		if (!stale || saying.reason != CRL_REASON_CERTIFICATE_HOLD)
			return saying;
	}
	why = stale ? stale : not_covered(crl, certificate);
	if (why)
		return says_nothing(why);
	saying.says = SAYS_GOOD;
	return saying;
}
