/* payload_auth.c - the Authentication payload (RFC 7296 section 3.8).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

void read_auth(struct reader *r, struct payload_auth *auth)
{
	auth->method = read_u8(r);
	read_skip(r, 3);
	auth->data = read_rest(r);
}

void write_auth(struct chain *c, uint8_t method, struct bytes data)
{
	size_t at = payload_begin(c, PAYLOAD_AUTH);

	write_u8(c->w, method);
	write_zero(c->w, 3);
	write_bytes(c->w, data);
	payload_end(c, at);
}
