/* trust_private.h - certificates and trust from the inside, for x509.c, trust.c and revocation.c.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_TRUST_PRIVATE_H
#define IKEV2_CRYPTO_TRUST_PRIVATE_H

#include "ikev2/crypto/auto.h"
#include "ikev2/crypto/trust.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

AUTO_DEFINE(X509, X509_free)
AUTO_DEFINE(X509_CRL, X509_CRL_free)
AUTO_DEFINE(X509_NAME, X509_NAME_free)
AUTO_DEFINE(X509_STORE_CTX, X509_STORE_CTX_free)

/* --- x509.c --------------------------------------------------------------- */

/* Borrowed.  Not to be changed, although libcrypto wants few things const: all
 * that it works out by itself of a certificate is worked out already. */
X509 *certificate_x509(const struct certificate *certificate);

/* A subject in a line of the log: cut to what leaves room for a reason. */
enum { X509_SHORT_NAME = 120, X509_DATE = 32 };
const char *certificate_short_name(
	const struct certificate *certificate, char out[X509_SHORT_NAME]);

/* "2026-01-01 00:00:00 UTC" */
const char *x509_date(int64_t unix_s, char out[X509_DATE]);

/* A time as RFC 5280 section 4.1.2.5 wants it, with seconds and a Z; false: it
 * is something else. */
bool x509_time(const ASN1_TIME *time, int64_t *unix_s);

/* Would we believe what is signed so?  SHA-2 with ECDSA, RSA or RSA-PSS, or
 * Ed25519 or Ed448; SHA-1 if sha1.  NULL: yes; else a constant text: "is signed
 * with MD5".  For certificates, CRLs and OCSP responses. */
const char *x509_signature_refused(const X509_ALGOR *algorithm, bool sha1);

const char *certificate_signature_refused(
	const struct certificate *certificate, bool sha1);

/* Puts its subject and the text into why; always false. */
bool certificate_refuse(const struct certificate *certificate,
	char why[X509_WHY], const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* notBefore and notAfter are both within (RFC 5280 section 4.1.2.5). */
bool certificate_valid_at(const struct certificate *certificate, int64_t unix_s,
	char why[X509_WHY]);

/* --- trust.c -------------------------------------------------------------- */

/* The i-th of all CRLs; NULL past the last; borrowed. */
X509_CRL *trust_crl_at(const struct trust *trust, size_t i);

/* The i-th URI that is configured for what this authority has issued; NULL past
 * the last; borrowed. */
const char *trust_uri_at(const struct trust *trust,
	const struct certificate *authority, enum trust_source source,
	size_t i);

#endif
