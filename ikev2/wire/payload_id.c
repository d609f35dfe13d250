/* payload_id.c - the Identification payloads (RFC 7296 section 3.5).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

/* Whether the data fits the type is identity.c's question: an identity that
 * makes no sense is one that nobody has, not a message that is malformed. */
void read_id(struct reader *r, struct payload_id *id)
{
	struct reader whole = *r;

	id->type = read_u8(r);
	read_skip(r, 3);
	id->data = read_rest(r);
	id->body = read_rest(&whole);
}

void write_id(struct chain *c, uint8_t which, uint8_t type, struct bytes data)
{
	size_t at = payload_begin(c, which);

	write_u8(c->w, type);
	write_zero(c->w, 3);
	write_bytes(c->w, data);
	payload_end(c, at);
}
