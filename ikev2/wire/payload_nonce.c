/* payload_nonce.c - the Nonce payload (RFC 7296 sections 3.9 and 2.10).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

void read_nonce(struct reader *r, struct bytes *nonce)
{
	*nonce = read_rest(r);
	if (nonce->len < NONCE_LEN_MIN || nonce->len > NONCE_LEN_MAX)
		r->bad = true;
}

void write_nonce(struct chain *c, struct bytes nonce)
{
	size_t at = payload_begin(c, PAYLOAD_NONCE);

	write_bytes(c->w, nonce);
	payload_end(c, at);
}
