/* x509.h - one certificate: read, judged by itself, and whose it is (RFC 5280, RFC 4945).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_X509_H
#define IKEV2_CRYPTO_X509_H

#include "ikev2/crypto/key.h"

enum {
	X509_MAX_DER = 16384, /* longer ones are not looked at (N28) */
	X509_WHY = 256,
	X509_TEXT = 512,
};

/* Immutable and counted. */
struct certificate;

/* One certificate in DER, nothing behind it.  NULL: *why says why, a constant
 * text; a key that we would not use (key.h) is a reason.  No signature is looked
 * at. */
struct certificate *certificate_read(struct bytes der, const char **why);
struct certificate *certificate_ref(struct certificate *certificate);
void certificate_unref(struct certificate *certificate); /* NULL is fine */

struct bytes certificate_der(const struct certificate *certificate);
/* The Name of the subject, DER; of length 2 if it is empty. */
struct bytes certificate_subject(const struct certificate *certificate);
/* Borrowed. */
struct public_key *certificate_key(const struct certificate *certificate);
bool certificate_is_ca(const struct certificate *certificate);
/* By names alone (RFC 5280 section 7.1); by itself: it is self-issued. */
bool certificate_is_issued_by(const struct certificate *certificate,
	const struct certificate *issuer);
/* "C=CH, O=.., CN=.." */
const char *certificate_subject_text(
	const struct certificate *certificate, char out[X509_TEXT]);
const char *certificate_issuer_text(
	const struct certificate *certificate, char out[X509_TEXT]);
void certificate_validity(const struct certificate *certificate,
	int64_t *not_before, int64_t *not_after); /* Unix time */

/* Whose certificate is it?  type and data as in an ID payload (RFC 7296
 * section 3.5; RFC 4945 section 3.1): an FQDN against dNSName (a "*." in the
 * certificate stands for one label), RFC822_ADDR against rfc822Name, an address
 * against iPAddress (never a dNSName that looks like one, as name constraints on
 * addresses do not bind that), a DN against the subject.  The subject's CN counts for
 * an FQDN only when the certificate has no subjectAltName at all.  KEY_ID: by
 * the subject key identifier. */
bool certificate_names(
	const struct certificate *certificate, uint8_t type, struct bytes data);

/* Has it a subjectAltName at all, so that its CN is no host's name? */
bool certificate_has_alt_names(const struct certificate *certificate);
/* Does it limit the names in what is below it (RFC 5280 section 4.2.1.10)?  That
 * binds a subjectAltName and the subject, but a CN only as far as libcrypto takes
 * it for the name of a host: "*.example.com" and "vpn" are none to it. */
bool certificate_constrains_names(const struct certificate *certificate);

/* The i-th subjectAltName that can be an identity, as type and data; false past
 * the last. */
bool certificate_alt_name(const struct certificate *certificate, size_t i,
	uint8_t *type, struct bytes *data);

/* May it prove a peer in IKE?  Key usage digitalSignature or nonRepudiation if
 * there is one; extended key usage serverAuth, clientAuth, ipsecIKE (RFC 4945
 * section 5.1.3.12), anyExtendedKeyUsage or IP security end system/tunnel/user
 * if there is one; no CA; no critical extension that we do not know; valid at
 * unix_s.  False: why says so, with dates and names. */
bool certificate_may_prove(const struct certificate *certificate,
	int64_t unix_s, char why[X509_WHY]);

/* What a phone or Windows would refuse in it as the certificate of a gateway, a
 * line each, or nothing: no serverAuth, no subjectAltName, P-521 or EdDSA, ECDSA
 * for iOS, more than 825 days, SHA-1. */
size_t certificate_complaints(
	const struct certificate *certificate, const char *out[], size_t size);

#endif
