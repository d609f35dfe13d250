/* revocation_private.h - what one CRL or one OCSP response says about one certificate, for revocation.c.
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_REVOCATION_PRIVATE_H
#define IKEV2_CRYPTO_REVOCATION_PRIVATE_H

#include "ikev2/crypto/revocation.h"
#include "ikev2/crypto/trust_private.h"

#include <openssl/ocsp.h>

enum says {
	SAYS_NOTHING, /* that could be believed, about this certificate */
	SAYS_GOOD,
	SAYS_REVOKED,
};

struct saying {
	enum says says;
	const char *why; /* NOTHING: a constant text, "its CRL ..." */
	int64_t revoked_s;
	int reason; /* CRLReason; -1: none is given */
};

static inline struct saying says_nothing(const char *why)
{
	return (struct saying){ .says = SAYS_NOTHING, .why = why };
}

/* Clocks differ, ours too. */
enum { CLOCK_TOLERANCE_S = 300 };

/* thisUpdate is no time of the future. */
static inline bool has_begun(int64_t this_s, int64_t unix_s)
{
	return this_s <= unix_s + CLOCK_TOLERANCE_S;
}

static inline bool has_ended(int64_t next_s, int64_t unix_s)
{
	return next_s < unix_s - CLOCK_TOLERANCE_S;
}

/* --- crl.c ---------------------------------------------------------------- */

/* RFC 5280 section 6.3.3, of one CRL that is complete, direct and of the issuer
 * itself. */
struct saying crl_says(X509_CRL *crl, const struct certificate *issuer,
	const struct certificate *certificate, int64_t unix_s);

/* --- ocsp.c --------------------------------------------------------------- */

/* The basic response in an OCSPResponse, or NULL: it is none, or an error. */
OCSP_BASICRESP *ocsp_read(struct bytes der);

/* RFC 6960 section 3.2. */
struct saying ocsp_says(OCSP_BASICRESP *response,
	const struct certificate *issuer, const struct certificate *certificate,
	int64_t unix_s);

/* An OCSPRequest for one certificate; its length, 0 without memory. */
size_t ocsp_request(const struct certificate *issuer,
	const struct certificate *certificate, uint8_t *out, size_t size);

#endif
