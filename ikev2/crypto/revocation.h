/* revocation.h - is a certificate still good: CRLs, OCSP, and what was fetched of them (RFC 5280 section 6.3, RFC 6960, RFC 4806).
 * SPDX-License-Identifier: ISC
 */
#ifndef IKEV2_CRYPTO_REVOCATION_H
#define IKEV2_CRYPTO_REVOCATION_H

#include "ikev2/crypto/trust.h"

enum revocation_rule {
	REVOCATION_OFF,
	REVOCATION_SOFT,   /* refused if it is known to be revoked */
	REVOCATION_STRICT, /* .. and if nobody says that it is not */
};

enum {
	REVOCATION_URL = 512,
	REVOCATION_MAX_CRL = 1 << 20, /* octets of a fetched answer */
	REVOCATION_MAX_REQUEST = 512,
};

/* What was fetched: the last 64 answers, and 4 MiB at most.  Owned by the
 * engine. */
struct revocations;

struct revocations *revocations_new(void);
void revocations_free(struct revocations *known);

/* A question for the outside: http only.  body: an OCSP request to POST, empty
 * for a CRL. */
struct revocation_question {
	enum trust_source source;
	char url[REVOCATION_URL];
	uint8_t body[REVOCATION_MAX_REQUEST];
	size_t body_len;
};

/* The same answer will do for both. */
static inline bool revocation_question_equal(
	const struct revocation_question *a,
	const struct revocation_question *b)
{
	return a->source == b->source && strcmp(a->url, b->url) == 0 &&
	       bytes_equal(bytes_of(a->body, a->body_len),
		       bytes_of(b->body, b->body_len));
}

/* The answer: data of length 0, or that is none, means that there was none, which
 * is remembered for a minute; what there was before stays.  One that is of use
 * is asked for anew after an hour. */
void revocations_answer(struct revocations *known,
	const struct revocation_question *question, struct bytes data,
	int64_t unix_s);

enum revocation_verdict {
	REVOCATION_GOOD, /* or: nothing is known, and rule is SOFT */
	REVOCATION_REVOKED,
	REVOCATION_UNKNOWN, /* rule is STRICT */
	REVOCATION_ASK,     /* *ask has to be answered first */
};

/* Judge each certificate of a path that trust_check found, from the root down:
 * by the CRLs of trust, by what the peer sent along (stapled: OCSP responses,
 * RFC 4806), by what is known, else by a question: the authority's URIs first,
 * then those that the certificate names.  Every answer is believed only with
 * the signature of the certificate's issuer (or of a responder that the issuer
 * certified for it), and only while it is fresh; but that a certificate is
 * revoked stays true for ever, unless it is on hold.  One that is revoked beats
 * all that say it is good.  ask: NULL if nothing is to be asked any more, and
 * what is known has to do.  why: for REVOKED and UNKNOWN, with the certificate
 * and the date; for GOOD empty, or what is not known with rule SOFT. */
enum revocation_verdict revocation_check(const struct trust *trust,
	const struct trust_path *path, const struct bytes *stapled,
	size_t stapled_count, enum revocation_rule rule,
	const struct revocations *known, int64_t unix_s,
	struct revocation_question *ask, char why[X509_WHY]);

#endif
