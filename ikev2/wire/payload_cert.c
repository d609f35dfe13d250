/* payload_cert.c - Certificate and Certificate Request (RFC 7296 sections 3.6 and 3.7).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

void read_cert(struct reader *r, struct payload_cert *cert)
{
	cert->encoding = read_u8(r);
	cert->data = read_rest(r);
}

void write_cert(
	struct chain *c, uint8_t which, uint8_t encoding, struct bytes data)
{
	size_t at = payload_begin(c, which);

	write_u8(c->w, encoding);
	write_bytes(c->w, data);
	payload_end(c, at);
}
