/* payload_ke.c - the Key Exchange payload (RFC 7296 section 3.4).
 * SPDX-License-Identifier: ISC
 */
#include "ikev2/wire/payload.h"

/* Whether the length is the group's is for who knows the group. */
void read_ke(struct reader *r, struct payload_ke *ke)
{
	ke->group = read_u16(r);
	read_skip(r, 2);
	ke->public = read_rest(r);
	if (ke->public.len == 0)
		r->bad = true;
}

void write_ke(struct chain *c, uint16_t group, struct bytes public)
{
	size_t at = payload_begin(c, PAYLOAD_KE);

	write_u16(c->w, group);
	write_zero(c->w, 2);
	write_bytes(c->w, public);
	payload_end(c, at);
}
