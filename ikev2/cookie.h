/* cookie.h - stateless cookies against floods from addresses that are not the sender's (RFC 7296 section 2.6).
 * SPDX-License-Identifier: ISC
 *
 *	Cookie = <version> | MAC(<secret of that version>, Ni | IPi | port | SPIi)
 *
 * The secret is renewed every COOKIE_SECRET_MS; the one before stays valid for
 * as long again.
 */
#ifndef IKEV2_COOKIE_H
#define IKEV2_COOKIE_H

#include "ikev2/peer.h"
#include "ikev2/wire/message.h"

enum { COOKIE_SECRET_LEN = 32, COOKIE_SECRET_MS = 60000, OUR_COOKIE_LEN = 17 };

struct cookies {
	uint8_t version;
	bool has_previous;
	uint64_t made_ms;
	uint8_t secret[2][COOKIE_SECRET_LEN]; /* [version & 1] is the current */
};

/* Renew the secret if it is time to (also at the first call). */
void cookies_renew(struct cookies *cookies, uint64_t now_ms,
	void (*random)(void *ctx, uint8_t *out, size_t len), void *ctx);

/* The cookie for this request. */
void cookie_make(const struct cookies *cookies, const struct message *request,
	const struct ike_endpoint *from, uint8_t out[static OUR_COOKIE_LEN]);

/* Is the cookie that the request carries one of ours for it?  It must be the
 * first payload; compared in constant time. */
bool cookie_valid(const struct cookies *cookies, const struct message *request,
	const struct ike_endpoint *from);

#endif
