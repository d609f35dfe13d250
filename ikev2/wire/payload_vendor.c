/* payload_vendor.c - the Vendor ID payload (RFC 7296 section 3.12).
 * SPDX-License-Identifier: ISC
 *
 * Nothing here depends on who made the peer, so there is nothing to read.
 */
#include "ikev2/wire/payload.h"

void write_vendor(struct chain *c, struct bytes id)
{
	size_t at = payload_begin(c, PAYLOAD_VENDOR);

	write_bytes(c->w, id);
	payload_end(c, at);
}
