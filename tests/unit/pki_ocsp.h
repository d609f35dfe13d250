/* pki_ocsp.h - OCSP responses of every shape, right and wrong, for tests.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_PKI_OCSP_H
#define TESTS_UNIT_PKI_OCSP_H

#include "tests/unit/pki.h"

#include <openssl/ocsp.h>

/* What is left out is as a careful responder does it: "good", signed by the
 * issuer itself, from an hour before PKI_NOW for a day. */
struct pki_ocsp_want {
	int status;         /* V_OCSP_CERTSTATUS_..; 0: good */
	int reason;         /* CRLReason and its number; 0: none is said */
	int64_t revoked_at; /* 0: PKI_NOW - 3600 */
	int64_t from;       /* thisUpdate; 0: PKI_NOW - 3600 */
	int64_t until;      /* nextUpdate; 0: from + 1 day; -1: none */
	const struct pki_cert
		*responder; /* signs, and is named; NULL: issuer */
	const struct pki_cert
		*signer;      /* signs in its place; NULL: it does not */
	bool by_key;          /* the responder is named by its key */
	bool bare;            /* without the responder's certificate */
	const char *digest;   /* of the signature: "SHA256" */
	const char *id;       /* .. and of the certificate's ID: "SHA1" */
	bool critical;        /* an extension that nobody knows */
	bool critical_single; /* .. in the answer about the certificate */
	int error; /* OCSP_RESPONSE_STATUS_..: nothing else is said */
	bool bad_signature;
};

/* In DER; lives until pki_end(). */
struct bytes pki_ocsp(const struct pki_cert *issuer,
	const struct pki_cert *certificate, const struct pki_ocsp_want *want);

#endif
