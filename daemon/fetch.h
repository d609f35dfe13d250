/* fetch.h - CRLs and OCSP answers from http servers, bounded in every way, never blocking.
 * SPDX-License-Identifier: ISC
 *
 * Nobody vouches for what comes: the core believes an answer only with the
 * signature of the certificate's issuer.  So plain http is enough (RFC 5280
 * section 8, RFC 6960 appendix A), and nothing else is spoken.
 */
#ifndef DAEMON_FETCH_H
#define DAEMON_FETCH_H

#include "ikev2/crypto/revocation.h"

struct event_base;
struct fetcher;

enum {
	FETCH_ACTIVE = 8, /* at once .. */
	FETCH_QUEUE = 32, /* .. and waiting for their turn */
	FETCH_MS = 5000,  /* for name, connection and answer together: half of
	                    * what an exchange waits, so that a second source
	                    * has its turn */
	FETCH_REASON = 256,
};

/* From the event loop, never from within fetcher_ask().  data: borrowed; of
 * length 0 if there is none, and reason then says why. */
typedef void fetcher_done(void *ctx, const struct revocation_question *question,
	struct bytes data, const char *reason);

/* Borrowed as long as the fetcher lives; for tests.  NULL and 0:
 * /etc/resolv.conf, /etc/hosts, FETCH_MS. */
struct fetcher_options {
	const char *resolv_conf, *hosts;
	uint32_t limit_ms;
};

/* NULL without memory.  base and ctx are borrowed as long as it lives; options
 * are copied, NULL: the usual. */
struct fetcher *fetcher_new(struct event_base *base, fetcher_done *done,
	void *ctx, const struct fetcher_options *options);

/* Fetches under way are dropped without an answer; the loop has to turn once
 * more for them. */
void fetcher_free(struct fetcher *fetcher);

/* GET what is at the question's URL, or POST its body there, as an OCSP request.
 * No redirect is followed, no proxy used.  Copies the question; one that is
 * asked already is not asked again: one fetch, one answer.  False: nothing is
 * asked, and *reason says why, a constant text. */
bool fetcher_ask(struct fetcher *fetcher,
	const struct revocation_question *question, const char **reason);

#endif
